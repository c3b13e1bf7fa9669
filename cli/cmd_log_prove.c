#include "cli/audit/head.h"
#include "cli/audit/signed.h"
#include "cli/exchange_id.h"
#include "cli/file.h"
#include "cli/pause.h"
#include "crypto/tlog_proof.h"
#include "proto/exhibit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PROOF_BYTES (SYM_CHECKPOINT_SHOWN_BYTES_MAX + 16384u)

/* Proves entries one after the other. */
struct prove {
    struct sym_client client;
    struct sym_audit_head head;
    struct sym_audit_keys keys;
    const char *dir; /* NULL: standard output */
    uint64_t only;   /* ALL: all of an exchange */
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint64_t entries;
    char *text; /* SYM_EXHIBIT_BYTES_MAX, which is more than PROOF_BYTES */
    struct sym_fault fault;
};

#define ALL UINT64_MAX

_Static_assert(PROOF_BYTES <= SYM_EXHIBIT_BYTES_MAX, "room for a proof");

/* The proof of the node, checked against the signed checkpoint. */
static enum sym_err fetch(struct sym_tlog_proof *out, struct prove *p, uint64_t index,
                          struct sym_span leaf)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_log_proof proof;
    uint8_t hash[SYM_HASH_BYTES];
    const struct sym_checkpoint *c = &p->head.checkpoint;
    const struct sym_proof_query query = {
        .generation = p->head.head.generation, .index = index, .size = c->size};
    enum sym_err err =
        sym_client_ask(&p->client, SYM_VERB_LOG_PROOF, &query, &arena, &proof, &p->fault);
    if (err != SYM_OK) {
        return err;
    }
    if (!sym_span_equal(proof.leaf, leaf) || sym_merkle_leaf(hash, leaf) != SYM_OK ||
        proof.n_inclusion > SYM_MERKLE_PROOF_MAX ||
        sym_merkle_check_inclusion(c->root, hash, index, c->size, proof.inclusion,
                                   proof.n_inclusion) != SYM_OK) {
        return sym_fail(&p->fault, SYM_BAD_TAG,
                        "entry %" PRIu64
                        ": the node's proof of it does not hold; see \"symbolon log "
                        "verify\"",
                        index);
    }
    *out = (struct sym_tlog_proof){
        .index = index, .extra_len = leaf.len, .checkpoint = p->head.head.checkpoint};
    memcpy(out->extra, leaf.data, leaf.len);
    out->path.n = proof.n_inclusion;
    for (size_t i = 0; i < proof.n_inclusion; i++) {
        memcpy(out->path.hash[i], proof.inclusion[i].data, SYM_HASH_BYTES);
    }
    return SYM_OK;
}

static enum sym_err put(struct prove *p, const char *name, struct sym_span text)
{
    char path[SYM_PATH_BYTES];
    struct sym_new_file file = {0};
    if (p->dir == NULL) {
        (void)fwrite(text.data, 1, text.len, stdout);
        return SYM_OK;
    }
    enum sym_err err = sym_nodedir_path(path, p->dir, name, &p->fault);
    if (err == SYM_OK) {
        err = sym_new_file_open(&file, path, &p->fault);
    }
    if (err == SYM_OK) {
        (void)fwrite(text.data, 1, text.len, file.stream);
        err = sym_new_file_close(&file, SYM_OK, false, &p->fault);
    }
    if (err == SYM_OK) {
        char shown[SYM_FAULT_BYTES];
        (void)printf("%s\n", sym_file_show(shown, path));
    }
    return err;
}

static enum sym_err put_proof(struct prove *p, const struct sym_audit_entry *e)
{
    struct sym_tlog_proof proof;
    char name[64];
    size_t len = 0;
    enum sym_err err = fetch(&proof, p, e->index, e->leaf_bytes);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_tlog_proof_write(p->text, SYM_EXHIBIT_BYTES_MAX, &len, &proof);
    if (err != SYM_OK) {
        return sym_fail(&p->fault, err, "the proof of entry %" PRIu64 " %s", e->index,
                        sym_err_text(err));
    }
    (void)snprintf(name, sizeof name, "entry-%" PRIu64 ".tlog-proof", e->index);
    return put(p, name, sym_span(p->text, len));
}

/* What opens the commitment of the leaf: one line, as in bodies.jsonl of an export. */
static enum sym_err put_body(struct prove *p, const struct sym_audit_entry *e)
{
    char salt[SYM_BASE64_BYTES(SYM_HASH_BYTES)];
    char name[64];
    char *body = NULL;
    char *line = NULL;
    if (e->state != SYM_BODY_FITS) {
        return SYM_OK;
    }
    body = malloc(SYM_BASE64_BYTES(e->body_bytes.len));
    if (body == NULL) {
        return sym_fail(&p->fault, SYM_NO_MEMORY, "the body %s", sym_err_text(SYM_NO_MEMORY));
    }
    sym_base64(salt, e->salt.data, e->salt.len);
    sym_base64(body, e->body_bytes.data, e->body_bytes.len);
    int len = asprintf(&line, "{\"index\":%" PRIu64 ",\"salt\":\"%s\",\"body\":\"%s\"}\n", e->index,
                       salt, body);
    free(body);
    if (len < 0) {
        return sym_fail(&p->fault, SYM_NO_MEMORY, "the body %s", sym_err_text(SYM_NO_MEMORY));
    }
    (void)snprintf(name, sizeof name, "entry-%" PRIu64 ".body.jsonl", e->index);
    enum sym_err err = put(p, name, sym_span(line, (size_t)len));
    free(line);
    return err;
}

static enum sym_err put_receipts(struct prove *p, const struct sym_audit_entry *e)
{
    struct sym_audit_signed all[SYM_SIGNED_MAX];
    size_t n = sym_audit_signed(all, e, &p->keys, &p->client.node);
    enum sym_err err = SYM_OK;
    for (size_t i = 0; i < n && err == SYM_OK; i++) {
        char name[96];
        size_t len = 0;
        if (all[i].state == SYM_SIGNED_BAD) {
            return sym_fail(&p->fault, SYM_BAD_TAG, "entry %" PRIu64 ": its %s: %s", e->index,
                            all[i].what, all[i].text);
        }
        if (all[i].card.len == 0) {
            continue;
        }
        err = sym_receipt_write(p->text, SYM_EXHIBIT_BYTES_MAX, &len, all[i].kind, all[i].bytes,
                                all[i].card);
        if (err != SYM_OK) {
            return sym_fail(&p->fault, err, "entry %" PRIu64 ": its %s %s", e->index, all[i].what,
                            sym_err_text(err));
        }
        bool theirs = all[i].bytes.data == e->body.peer_statement.data;
        (void)snprintf(name, sizeof name, "entry-%" PRIu64 ".%s%s.exhibit", e->index,
                       theirs ? "peer-" : "", all[i].what);
        err = put(p, name, sym_span(p->text, len));
    }
    return err;
}

static bool prove_entry(void *context, const struct sym_audit_entry *e)
{
    struct prove *p = context;
    enum sym_err err = SYM_OK;
    if ((p->only != ALL && e->index != p->only) || e->index >= p->head.checkpoint.size) {
        return e->index < p->only && e->index < p->head.checkpoint.size;
    }
    if (p->only == ALL && !sym_audit_is_of(e, sym_span(p->id, sizeof p->id))) {
        return true;
    }
    if (e->fault != NULL) {
        err = sym_fail(&p->fault, SYM_BAD_TAG, "entry %" PRIu64 " %s; see \"symbolon log verify\"",
                       e->index, e->fault);
    }
    if (err == SYM_OK) {
        err = put_proof(p, e);
    }
    if (err == SYM_OK && p->dir != NULL) {
        err = put_body(p, e);
    }
    if (err == SYM_OK && p->dir != NULL) {
        err = put_receipts(p, e);
    }
    p->entries++;
    p->fault.err = err;
    return err == SYM_OK && p->only == ALL;
}

static enum sym_err make_directory(const char *dir, struct sym_fault *fault)
{
    bool there = dir == NULL || mkdir(dir, 0700) == 0 || errno == EEXIST;
    return there ? SYM_OK : sym_file_new_fault(fault, dir);
}

static enum sym_err prove(struct prove *p, const struct sym_call *call)
{
    const char *text = call->args.operands[0];
    struct sym_audit_walk walk = {.query = {.bodies = true}};
    struct sym_fault fault;
    enum sym_err err = sym_client_open(&p->client, call, &p->fault);
    if (err == SYM_OK) {
        err = sym_audit_keys_gather(&p->keys, &p->client, &call->args, &p->fault);
    }
    if (err == SYM_OK) {
        err = sym_audit_head_good(&p->head, &p->client, &p->fault);
    }
    if (err == SYM_OK && p->only == ALL) {
        err = sym_audit_exchange(p->id, &p->client, text, &p->fault);
        walk.query.exchange_id = sym_span(p->id, sizeof p->id);
    }
    if (err == SYM_OK) {
        err = make_directory(p->dir, &p->fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    walk.query.first = p->only != ALL ? p->only : 0;
    walk.query.most = p->only != ALL ? 1 : 0;
    p->fault.err = SYM_OK;
    err = sym_audit_walk(&p->client, &walk, prove_entry, p, &fault);
    if (err != SYM_OK) {
        p->fault = fault;
    } else if (p->fault.err == SYM_OK && p->entries == 0) {
        p->fault.err = sym_fail(&p->fault, SYM_NOT_FOUND,
                                "%.64s: no entry of it is in the newest checkpoint; see "
                                "\"symbolon log list\"",
                                text);
    }
    return p->fault.err;
}

static enum sym_exit run_prove(const struct sym_call *call)
{
    struct prove p = {.only = ALL, .dir = sym_args_value(&call->args, "out")};
    struct sym_id_search digits;
    const char *text = call->args.operands[0];
    bool is_index = sym_number_parse(&p.only, text, 0, INT64_MAX) == SYM_OK;
    if (!is_index && sym_id_search(&digits, text, &p.fault) != SYM_OK) {
        return sym_command_usage(call, "%s", p.fault.text);
    }
    if (!is_index && p.dir == NULL) {
        return sym_command_usage(call, "an exchange has several entries: give --out DIR");
    }
    p.only = is_index ? p.only : ALL;
    p.text = malloc(SYM_EXHIBIT_BYTES_MAX);
    if (p.text == NULL) {
        return sym_command_printed(SYM_NO_MEMORY);
    }
    sym_pause_begin();
    p.fault.err = prove(&p, call);
    enum sym_exit code = p.fault.err != SYM_OK ? sym_command_failed(&p.fault) : SYM_EXIT_DONE;
    sym_client_close(&p.client);
    sym_audit_head_clear(&p.head);
    sym_audit_keys_clear(&p.keys);
    free(p.text);
    return code;
}

static const struct sym_option prove_options[] = {
    {.name = "out", .argument = "DIR", .help = "write files to this directory"},
    SYM_AUDIT_CARD_OPTION,
    {0},
};

static const char *const prove_notes[] = {
    "Writes for each entry its proof (c2sp.org/tlog-proof@v1), what opens its commitment, and one",
    "exhibit for each signed message in it. Without --out the proof of one entry is printed.",
    "\"symbolon verify FILE\" checks them without a node.",
    NULL,
};

const struct sym_command sym_cmd_log_prove = {
    .name = "log prove",
    .summary = "write portable proofs of an entry, or of all entries of an exchange",
    .usage = {"INDEX|EXCHANGE-ID [--out DIR] [--card FILE]..."},
    .example = "log prove 4f1c --out proofs --as anna",
    .notes = prove_notes,
    .options = prove_options,
    .takes = SYM_TAKES_NODE,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_prove,
};

/* The newest one, or the newest that a partner has cosigned. */
static enum sym_err choose_checkpoint(struct sym_audit_head *head, const struct sym_args *args,
                                      struct sym_span *text, struct sym_fault *fault)
{
    *text = head->head.checkpoint;
    if (!sym_args_has(args, "cosigned")) {
        return SYM_OK;
    }
    *text = head->head.cosigned;
    head->checkpoint = head->cosigned;
    head->note = head->cosigned_note;
    return head->has_cosigned
               ? SYM_OK
               : sym_fail(fault, SYM_NOT_FOUND, "no partner has cosigned a head of this log yet");
}

static enum sym_exit run_checkpoint(const struct sym_call *call)
{
    SYM_CLIENT_AUTO client = {0};
    SYM_AUDIT_HEAD_AUTO head = {.is_signed = false};
    struct sym_fault fault;
    const char *path = sym_args_value(&call->args, "out");
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = sym_audit_head_good(&head, &client, &fault);
    }
    struct sym_span text = {.len = 0};
    if (fault.err == SYM_OK) {
        fault.err = choose_checkpoint(&head, &call->args, &text, &fault);
    }
    if (fault.err == SYM_OK && path != NULL) {
        fault.err = sym_file_create_private(path, text, &fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    if (path == NULL) {
        (void)fwrite(text.data, 1, text.len, stdout);
    } else {
        char shown[SYM_FAULT_BYTES];
        (void)printf("%s: %" PRIu64 " %s, %zu %s\n", sym_file_show(shown, path),
                     head.checkpoint.size, head.checkpoint.size == 1 ? "entry" : "entries",
                     head.note.n_signatures - 1,
                     head.note.n_signatures == 2 ? "cosignature" : "cosignatures");
    }
    return SYM_EXIT_DONE;
}

static const struct sym_option checkpoint_options[] = {
    {.name = "out", .argument = "FILE", .help = "write it to a new file"},
    {.name = "cosigned", .help = "the newest one that a partner has cosigned"},
    {0},
};

const struct sym_command sym_cmd_log_checkpoint = {
    .name = "log checkpoint",
    .summary = "print the newest signed head of the log, with its cosignatures",
    .usage = {"[--cosigned] [--out FILE]"},
    .example = "log checkpoint --cosigned --out head --as anna",
    .options = checkpoint_options,
    .takes = SYM_TAKES_NODE,
    .run = run_checkpoint,
};
