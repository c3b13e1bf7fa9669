#include "cli/audit/erasures.h"
#include "cli/audit/head.h"
#include "cli/audit/keys.h"
#include "cli/audit/outdir.h"
#include "cli/audit/tree.h"
#include "cli/file.h"
#include "cli/pause.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 96u

/* One run. The tree alone has 64 KiB, so it is allocated. */
struct export
{
    struct sym_client client;
    struct sym_audit_head head;
    struct sym_audit_keys keys;
    struct sym_audit_tree tree;
    struct sym_outdir dir;
    FILE *bodies; /* NULL: left out */
    char *bundle; /* entries of the tile that is being filled */
    size_t bundle_len;
    FILE *bundle_stream;
    uint64_t erased;
    struct sym_erasures erasures;
    struct sym_fault fault;
};

static enum sym_err no_memory(struct sym_fault *fault)
{
    return sym_fail(fault, SYM_NO_MEMORY, "the export %s", sym_err_text(SYM_NO_MEMORY));
}

/* "tile/0/003", "tile/entries/x001/234.p/17". */
static void tile_name(char out[NAME_BYTES], const char *level, uint64_t number, size_t width)
{
    char digits[SYM_TILE_NUMBER_BYTES];
    char partial[16] = "";
    sym_tile_number(digits, number);
    if (width < SYM_TILE_WIDTH) {
        (void)snprintf(partial, sizeof partial, ".p/%zu", width);
    }
    (void)snprintf(out, NAME_BYTES, "tile/%s/%s%s", level, digits, partial);
}

/* The entries of one tile, each behind its length. */
static enum sym_err write_bundle(struct export *x, uint64_t number, size_t width)
{
    char name[NAME_BYTES];
    bool lost = x->bundle_stream == NULL || fclose(x->bundle_stream) != 0;
    enum sym_err err = lost ? no_memory(&x->fault) : SYM_OK;
    x->bundle_stream = NULL;
    if (err == SYM_OK) {
        tile_name(name, "entries", number, width);
        err = sym_outdir_write(&x->dir, name, sym_span(x->bundle, x->bundle_len), &x->fault);
    }
    free(x->bundle);
    x->bundle = NULL;
    return err;
}

static enum sym_err write_tile(void *context, unsigned level, uint64_t number,
                               const uint8_t *hashes, size_t width)
{
    struct export *x = context;
    char name[NAME_BYTES];
    char level_text[8];
    (void)snprintf(level_text, sizeof level_text, "%u", level);
    tile_name(name, level_text, number, width);
    enum sym_err err =
        sym_outdir_write(&x->dir, name, sym_span(hashes, width * SYM_HASH_BYTES), &x->fault);
    return err == SYM_OK && level == 0 ? write_bundle(x, number, width) : err;
}

static enum sym_err add_to_bundle(struct export *x, struct sym_span leaf)
{
    if (x->bundle_stream == NULL) {
        x->bundle_stream = open_memstream(&x->bundle, &x->bundle_len);
    }
    if (x->bundle_stream == NULL) {
        return no_memory(&x->fault);
    }
    (void)fputc((int)(leaf.len >> 8), x->bundle_stream);
    (void)fputc((int)(leaf.len & 255), x->bundle_stream);
    (void)fwrite(leaf.data, 1, leaf.len, x->bundle_stream);
    return SYM_OK;
}

static enum sym_err write_body(struct export *x, const struct sym_audit_entry *e)
{
    if (e->state == SYM_BODY_ERASED) {
        x->erased++;
        (void)fprintf(x->bodies, "{\"index\":%" PRIu64 ",\"erased\":true}\n", e->index);
        return SYM_OK;
    }
    char salt[SYM_BASE64_BYTES(SYM_HASH_BYTES)];
    char *body = malloc(SYM_BASE64_BYTES(e->body_bytes.len));
    if (body == NULL) {
        return no_memory(&x->fault);
    }
    sym_base64(salt, e->salt.data, e->salt.len);
    sym_base64(body, e->body_bytes.data, e->body_bytes.len);
    (void)fprintf(x->bodies, "{\"index\":%" PRIu64 ",\"salt\":\"%s\",\"body\":\"%s\"}\n", e->index,
                  salt, body);
    free(body);
    return SYM_OK;
}

static bool take(void *context, const struct sym_audit_entry *e)
{
    struct export *x = context;
    uint8_t hash[SYM_HASH_BYTES];
    if (x->tree.size == x->head.checkpoint.size) {
        return false; /* what the checkpoint does not cover stays out */
    }
    enum sym_err err = SYM_OK;
    if (e->fault != NULL || e->index != x->tree.size) {
        err = sym_fail(&x->fault, SYM_BAD_TAG,
                       "entry %" PRIu64 " %s; nothing was exported, see \"symbolon log verify\"",
                       x->tree.size, e->fault != NULL ? e->fault : "is missing");
    }
    if (err == SYM_OK) {
        err = add_to_bundle(x, e->leaf_bytes);
    }
    if (err == SYM_OK && x->bodies != NULL) {
        bool erased = e->state == SYM_BODY_ERASED;
        sym_erasures_take(&x->erasures, e->index, &e->leaf, erased ? NULL : &e->body);
        err = write_body(x, e);
    }
    if (err == SYM_OK) {
        err = sym_merkle_leaf(hash, e->leaf_bytes);
    }
    if (err == SYM_OK) {
        err = sym_audit_tree_add(&x->tree, hash);
    }
    x->fault.err = err;
    return err == SYM_OK;
}

/* Does what was written make the tree that is signed? */
static enum sym_err check_root(struct export *x)
{
    uint8_t root[SYM_HASH_BYTES];
    enum sym_err err = SYM_OK;
    if (x->tree.size < x->head.checkpoint.size) {
        return sym_fail(&x->fault, SYM_BAD_TAG,
                        "entry %" PRIu64 " is missing; nothing was exported, see \"symbolon log "
                        "verify\"",
                        x->tree.size);
    }
    if (x->erasures.open) {
        return sym_fail(&x->fault, SYM_NOT_FOUND,
                        "entry %" PRIu64 " " SYM_ERASURES_FAULT "; nothing was exported",
                        x->erasures.index);
    }
    if ((err = sym_audit_tree_end(&x->tree)) != SYM_OK) {
        return err;
    }
    if ((err = sym_audit_tree_root(root, &x->tree)) == SYM_OK &&
        memcmp(root, x->head.checkpoint.root, sizeof root) != 0) {
        err = sym_fail(&x->fault, SYM_BAD_TAG,
                       "the entries do not make the root of the signed checkpoint; nothing was "
                       "exported, see \"symbolon log verify\"");
    }
    return err;
}

static enum sym_err write_entries(struct export *x, bool bodies)
{
    struct sym_fault fault;
    const struct sym_audit_walk walk = {
        .query = {.bodies = bodies, .generation = x->head.head.generation},
        .label = "exporting",
        .total = x->head.checkpoint.size};
    enum sym_err err = SYM_OK;
    if (bodies) {
        err = sym_outdir_file(&x->bodies, &x->dir, "bodies.jsonl", &x->fault);
    }
    if (err == SYM_OK) {
        x->fault.err = SYM_OK;
        err = sym_audit_walk(&x->client, &walk, take, x, &fault);
        if (err != SYM_OK) {
            x->fault = fault;
        } else {
            err = x->fault.err;
        }
    }
    if (x->bodies != NULL) {
        struct sym_fault why;
        enum sym_err written = sym_outdir_end(x->bodies, &x->dir, &why);
        if (err == SYM_OK && written != SYM_OK) {
            x->fault = why;
            err = written;
        }
    }
    return err == SYM_OK ? check_root(x) : err;
}

/* A key, and the line of the checkpoint that it has signed. */
static void put_key(FILE *keys, FILE *checkpoint, const struct sym_note *note,
                    const struct sym_note_key *key)
{
    char text[SYM_VKEY_BYTES];
    uint8_t id[SYM_NOTE_KEY_ID_BYTES];
    struct sym_note_line line;
    struct sym_span rest = note->signatures;
    const uint8_t *start = rest.data;
    if (sym_vkey_write(text, key) != SYM_OK || sym_note_key_id(id, key) != SYM_OK) {
        return;
    }
    (void)fprintf(keys, "%s\n", text);
    for (; sym_note_next(&line, &rest) == SYM_OK; start = rest.data) {
        if (sym_span_equal(line.name, sym_span_text(key->name)) &&
            sym_span_equal(sym_span(line.key_id, sizeof id), sym_span(id, sizeof id))) {
            (void)fwrite(start, 1, (size_t)(rest.data - start), checkpoint);
        }
    }
}

/* The log's, and those of the partners that have cosigned and are known. */
static void put_keys(struct export *x, FILE *keys, FILE *checkpoint)
{
    struct sym_note_key log = {.type = SYM_NOTE_ED25519};
    const struct sym_note *note = &x->head.note;
    (void)snprintf(log.name, sizeof log.name, "%.*s", (int)x->head.checkpoint.origin.len,
                   (const char *)x->head.checkpoint.origin.data);
    memcpy(log.key, x->client.card.log, sizeof log.key);
    (void)fwrite(note->text.data, 1, note->text.len, checkpoint);
    (void)fputc('\n', checkpoint);
    put_key(keys, checkpoint, note, &log);
    for (size_t i = 1; i < x->keys.n_nodes; i++) {
        const struct sym_audit_node *n = &x->keys.nodes[i];
        struct sym_span id = sym_span(n->id.bytes, sizeof n->id.bytes);
        struct sym_note_key key = {.type = SYM_NOTE_COSIGNATURE};
        sym_witness_name(key.name, &n->id);
        memcpy(key.key, n->card.cosign, sizeof key.key);
        if (sym_audit_keys_node(&x->keys, id) == n && sym_note_verify(note, &key, NULL) == SYM_OK) {
            put_key(keys, checkpoint, note, &key);
        }
    }
}

/* Keys and checkpoint name the same signers: a line of a key that is not there could be altered
 * without anybody being able to tell. */
static enum sym_err write_head(struct export *x)
{
    FILE *keys = NULL;
    char *text = NULL;
    size_t len = 0;
    enum sym_err err = sym_outdir_file(&keys, &x->dir, "keys", &x->fault);
    if (err != SYM_OK) {
        return err;
    }
    FILE *checkpoint = open_memstream(&text, &len);
    if (checkpoint != NULL) {
        put_keys(x, keys, checkpoint);
    }
    bool lost = checkpoint == NULL || fclose(checkpoint) != 0;
    err = sym_outdir_end(keys, &x->dir, &x->fault);
    if (err == SYM_OK) {
        err = lost ? no_memory(&x->fault)
                   : sym_outdir_write(&x->dir, "checkpoint", sym_span(text, len), &x->fault);
    }
    free(text);
    return err;
}

static enum sym_err export_all(struct export *x, const struct sym_call *call)
{
    enum sym_err err = sym_client_open(&x->client, call, &x->fault);
    if (err == SYM_OK) {
        err = sym_outdir_open(&x->dir, call->args.operands[0], &x->fault);
    }
    if (err == SYM_OK) {
        err = sym_audit_keys_gather(&x->keys, &x->client, &call->args, &x->fault);
    }
    if (err == SYM_OK) {
        err = sym_audit_head_good(&x->head, &x->client, &x->fault);
    }
    if (err == SYM_OK) {
        err = write_entries(x, !sym_args_has(&call->args, "no-bodies"));
    }
    if (err == SYM_OK) {
        err = write_head(x);
    }
    if (err == SYM_OK) {
        struct sym_span card = sym_span(x->keys.nodes[0].text, x->keys.nodes[0].len);
        err = sym_outdir_write(&x->dir, "card", card, &x->fault);
    }
    return sym_outdir_close(&x->dir, err, &x->fault);
}

static void export_free(struct export *x)
{
    if (x->bundle_stream != NULL) {
        (void)fclose(x->bundle_stream);
    }
    free(x->bundle);
    sym_client_close(&x->client);
    sym_audit_head_clear(&x->head);
    sym_audit_keys_clear(&x->keys);
    free(x);
}

static enum sym_exit run(const struct sym_call *call)
{
    struct export *x = calloc(1, sizeof *x);
    if (x == NULL) {
        return sym_command_printed(SYM_NO_MEMORY);
    }
    x->tree.tile = write_tile;
    x->tree.context = x;
    sym_pause_begin();
    x->fault.err = export_all(x, call);
    enum sym_exit code = SYM_EXIT_DONE;
    if (x->fault.err != SYM_OK) {
        code = sym_command_failed(&x->fault);
    } else {
        char shown[SYM_FAULT_BYTES];
        (void)printf("%s: %" PRIu64 " entries, %" PRIu64 " of them with an erased body\n",
                     sym_file_show(shown, call->args.operands[0]), x->tree.size, x->erased);
        if (x->head.note.n_signatures < 2 && x->head.has_cosigned) {
            (void)fprintf(stderr,
                          "note: no partner has cosigned this head yet; the newest that one has is "
                          "of %" PRIu64 " entries, take it along: \"symbolon log checkpoint "
                          "--cosigned --out FILE\"\n",
                          x->head.cosigned.size);
        }
    }
    export_free(x);
    return code;
}

static const struct sym_option options[] = {
    {.name = "no-bodies", .help = "leave out what the entries say: the tree alone"},
    SYM_AUDIT_CARD_OPTION,
    {0},
};

static const char *const notes[] = {
    "The new directory DIR holds what the newest checkpoint covers, in the layout of C2SP",
    "tlog-tiles: checkpoint, tile/, keys, card, bodies.jsonl; see symbolon-evidence(7). It is "
    "there",
    "whole or not at all. \"symbolon verify DIR\" checks it without a node.",
    NULL,
};

const struct sym_command sym_cmd_log_export = {
    .name = "log export",
    .summary = "write the whole log to a directory that stock tools verify",
    .usage = {"DIR [--no-bodies] [--card FILE]..."},
    .example = "log export evidence --as anna",
    .notes = notes,
    .options = options,
    .takes = SYM_TAKES_NODE,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
