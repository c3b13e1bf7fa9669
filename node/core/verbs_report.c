#include "node/core/verbs.h"
#include "proto/codec.h"

#include <stdlib.h>
#include <string.h>

/* How many times the log is looked at for one entry; each look has a bound of its own. */
#define LOOKS_MAX 64u
/* And in how many logs that ended with a restore. */
#define EARLIER_MAX 16u

/* What proves a result ------------------------------------------------------------------------- */

/* The entry with which this node closed an exchange, or one of those of a joint computation. */
struct closing {
    struct sym_span id; /* of the exchange as users know it, or of the joint computation */
    bool joint; /* then the close names the release: those between two parties alone do not */
    uint32_t generation; /* of an earlier log; 0: the present one */
    uint64_t below;      /* entries of the signed head */
    bool found;
    uint64_t index;
    size_t leaf_len;
    size_t body_len;
    uint8_t leaf[SYM_LEAF_BYTES_MAX];
    uint8_t salt[SYM_HASH_BYTES];
    uint8_t body[SYM_BODY_BYTES_MAX];
};

static bool names_release(struct sym_span statement)
{
    SYM_ARENA_AUTO outer = {0};
    SYM_ARENA_AUTO inner = {0};
    struct sym_signed word;
    struct sym_close close;
    return sym_decode(&outer, &word, &sym_msg_signed, statement) == SYM_OK &&
           sym_decode(&inner, &close, &sym_msg_close, word.body) == SYM_OK &&
           close.release_hash.len > 0;
}

static enum sym_err take_closing(void *context, const struct sym_log_row *row)
{
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO of_leaf = {0};
    struct closing *c = context;
    struct sym_entry_body body;
    struct sym_leaf leaf;
    if (row->index >= c->below || row->body.len == 0 || row->body.len > sizeof c->body ||
        row->leaf.len > sizeof c->leaf || row->salt.len != sizeof c->salt ||
        sym_decode(&arena, &body, &sym_msg_entry_body, row->body) != SYM_OK ||
        sym_decode(&of_leaf, &leaf, &sym_msg_leaf, row->leaf) != SYM_OK ||
        body.statement.len == 0 ||
        !sym_span_equal(body.handle.len > 0 ? body.handle : leaf.exchange_id, c->id) ||
        (c->joint && !names_release(body.statement))) {
        return SYM_OK;
    }
    c->found = true;
    c->index = row->index;
    c->leaf_len = row->leaf.len;
    c->body_len = row->body.len;
    memcpy(c->leaf, row->leaf.data, row->leaf.len);
    memcpy(c->salt, row->salt.data, row->salt.len);
    memcpy(c->body, row->body.data, row->body.len);
    return SYM_LIMIT; /* one is enough */
}

static enum sym_err find_closing(struct sym_core *core, struct closing *c)
{
    bool more = true;
    enum sym_err err = SYM_OK;
    struct sym_log_query q = {.generation = c->generation,
                              .kinds = UINT64_C(1) << SYM_ENTRY_CLOSED,
                              .exchange_id = c->id,
                              .bodies = true};
    for (unsigned i = 0; err == SYM_OK && more && !c->found && i < LOOKS_MAX; i++) {
        err = sym_log_rows(core->log, &q, &q.first, &more, take_closing, c);
    }
    return err == SYM_OK && !c->found ? SYM_NOT_FOUND : err;
}

/* The log in which it is: the present one, or one from before a restore, as far as it is there. */
static enum sym_err find_in_all(struct sym_core *core, struct closing *c)
{
    const struct sym_head *present = sym_log_head(core->log);
    c->below = present->signed_size;
    enum sym_err err = find_closing(core, c);
    for (unsigned i = 0; err == SYM_NOT_FOUND && i < EARLIER_MAX; i++) {
        struct sym_head head;
        if (sym_log_generation_after(core->log, &c->generation, c->generation) != SYM_OK ||
            c->generation == present->generation) {
            break;
        }
        if (sym_log_head_of(core->log, &head, c->generation) == SYM_OK) {
            c->below = head.signed_size;
            err = find_closing(core, c) == SYM_OK ? SYM_OK : SYM_NOT_FOUND;
        }
    }
    return err;
}

/* Of an earlier log, without cosignatures. */
static enum sym_err write_checkpoint(struct sym_core *core, const struct sym_head *head,
                                     uint32_t generation, char *out, size_t *len)
{
    if (generation == 0) {
        return sym_witness_checkpoint(core->witness, out, SYM_CHECKPOINT_SHOWN_BYTES_MAX, len);
    }
    memcpy(out, head->checkpoint, head->checkpoint_len);
    *len = head->checkpoint_len;
    return SYM_OK;
}

static enum sym_err answer_closing(struct sym_core *core, const struct closing *c,
                                   struct sym_answer *answer)
{
    struct sym_merkle_proof inclusion = {.n = 0};
    struct sym_merkle_proof consistency = {.n = 0};
    struct sym_span hashes[SYM_MERKLE_PROOF_MAX];
    struct sym_head head;
    struct sym_proof_query asked = {
        .generation = c->generation, .index = c->index, .size = c->below};
    char *checkpoint = malloc(SYM_CHECKPOINT_SHOWN_BYTES_MAX);
    size_t checkpoint_len = 0;
    enum sym_err err =
        checkpoint == NULL ? SYM_NO_MEMORY : sym_log_head_of(core->log, &head, c->generation);
    if (err == SYM_OK) {
        err = sym_log_prove(core->log, &inclusion, &consistency, &asked);
    }
    if (err == SYM_OK) {
        err = write_checkpoint(core, &head, c->generation, checkpoint, &checkpoint_len);
    }
    for (size_t i = 0; err == SYM_OK && i < inclusion.n; i++) {
        hashes[i] = sym_span(inclusion.hash[i], SYM_HASH_BYTES);
    }
    const struct sym_release_evidence evidence = {.index = c->index,
                                                  .size = c->below,
                                                  .leaf = sym_span(c->leaf, c->leaf_len),
                                                  .inclusion = hashes,
                                                  .n_inclusion = inclusion.n,
                                                  .salt = sym_span(c->salt, sizeof c->salt),
                                                  .body = sym_span(c->body, c->body_len),
                                                  .checkpoint =
                                                      sym_span(checkpoint, checkpoint_len),
                                                  .generation = c->generation};
    err = err == SYM_OK ? sym_answer_write(answer, &evidence) : err;
    free(checkpoint);
    return err;
}

/* Entries about joint computations name those, not the exchange by which users know them. */
static void find_id(struct sym_core *core, bool *joint, uint8_t id[SYM_EXCHANGE_ID_BYTES],
                    struct sym_span asked)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry entry;
    *joint = sym_history_get(&core->history, &arena, &entry, asked) == SYM_OK &&
             entry.tabulation.len == SYM_EXCHANGE_ID_BYTES;
    memcpy(id, *joint ? entry.tabulation.data : asked.data, SYM_EXCHANGE_ID_BYTES);
}

static enum sym_err verb_release_evidence(struct sym_core *core, const struct sym_author *author,
                                          const void *arguments, struct sym_answer *answer,
                                          struct sym_fault *fault)
{
    const struct sym_exchange_name *asked = arguments;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct closing *c = calloc(1, sizeof *c);
    (void)author;
    if (c == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "exchange: no memory for its evidence");
    }
    find_id(core, &c->joint, id, asked->id);
    c->id = sym_span(id, sizeof id);
    enum sym_err err = find_in_all(core, c);
    if (err == SYM_OK) {
        err = answer_closing(core, c, answer);
    }
    if (err != SYM_OK && c->generation != 0) {
        err = SYM_NOT_FOUND; /* an earlier log may be damaged, which is why there is another */
    }
    if (err != SYM_OK) {
        err = sym_fail(fault, err, "exchange: no entry of a signed head of the log closes it");
    }
    sym_wipe(c, sizeof *c);
    free(c);
    return err;
}

/* Reports -------------------------------------------------------------------------------------- */

/* "4f1c…: REASON" */
static enum sym_err refuse(struct sym_fault *fault, enum sym_err err, struct sym_span id,
                           const char *reason)
{
    char hex[2 * SYM_EXCHANGE_ID_BYTES + 1];
    sym_hex(hex, id.data, SYM_EXCHANGE_ID_BYTES);
    return sym_fail(fault, err, "%s: %s", hex, reason);
}

/* A page leaves the node, so the node itself looks: only numbers that were released to it, and
 * nothing about a single record. */
static enum sym_err check_result(const struct sym_exchange_entry *e, struct sym_fault *fault)
{
    bool joint = e->kind == SYM_KIND_TABULATE || e->kind == SYM_KIND_OVERLAP_TABLE;
    if (e->kind == SYM_KIND_OVERLAP_MATCHES) {
        return refuse(
            fault, SYM_DENIED, e->id,
            "says which records matched, and a report holds nothing about single records; "
            "ask for the count, or for an overlap table");
    }
    if (!joint && e->kind != SYM_KIND_OVERLAP_COUNT) {
        return refuse(fault, SYM_UNSUPPORTED, e->id,
                      "counts nothing, and has no place in a report");
    }
    bool has = joint ? e->has_result
                     : e->role == SYM_AS_INITIATOR && e->state == SYM_EXCHANGE_DONE && !e->withheld;
    return has ? SYM_OK
               : refuse(fault, SYM_NOT_FOUND, e->id,
                        "has no result here; see \"symbolon exchange show\"");
}

static enum sym_err check_exchange(struct sym_core *core, struct sym_span id,
                                   struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry entry;
    enum sym_err err = sym_history_get(&core->history, &arena, &entry, id);
    if (err == SYM_NOT_FOUND) {
        return refuse(fault, err, id,
                      "does not exist; \"symbolon exchange list\" shows the exchanges that do");
    }
    return err == SYM_OK
               ? check_result(&entry, fault)
               : refuse(fault, err, id, "its stored entry cannot be read; restore a backup");
}

/* One entry for the whole page. */
static enum sym_err enter(struct sym_core *core, const struct sym_author *author,
                          const struct sym_report_made *made)
{
    char ids[SYM_REPORT_EXCHANGES_MAX * (2 * SYM_EXCHANGE_ID_BYTES + 1)] = "";
    char hash[2 * SYM_HASH_BYTES + 1];
    size_t at = 0;
    for (size_t i = 0; i < made->n_exchanges; i++) {
        if (at > 0) {
            ids[at++] = ' ';
        }
        sym_hex(ids + at, made->exchanges[i].data, SYM_EXCHANGE_ID_BYTES);
        at += (size_t)2 * SYM_EXCHANGE_ID_BYTES;
    }
    sym_hex(hash, made->hash.data, SYM_HASH_BYTES);
    const struct sym_entry_body body = {.event = sym_span_text(SYM_EVENT_REPORT_MADE),
                                        .subject = sym_span_text(hash),
                                        .detail = sym_span(ids, at),
                                        .count = made->size};
    const struct sym_entry entry = {.kind = SYM_ENTRY_REPORT, .author = author, .body = &body};
    return sym_log_add(core->log, &entry);
}

static enum sym_err verb_report_made(struct sym_core *core, const struct sym_author *author,
                                     const void *arguments, struct sym_answer *answer,
                                     struct sym_fault *fault)
{
    const struct sym_report_made *made = arguments;
    if (made->n_exchanges == 0) {
        return sym_fail(fault, SYM_BAD_VALUE, "report: names no exchange");
    }
    for (size_t i = 0; i < made->n_exchanges; i++) {
        enum sym_err err = check_exchange(core, made->exchanges[i], fault);
        if (err != SYM_OK) {
            return err;
        }
    }
    enum sym_err err = enter(core, author, made);
    return err == SYM_OK
               ? sym_answer_write(answer, &(struct sym_empty){0})
               : sym_fail(fault, err,
                          "report: it could not be entered into the log (%s), and is not made",
                          sym_err_text(err));
}

sym_verb_fn *const sym_verbs_report[SYM_VERB_COUNT] = {
    [SYM_VERB_RELEASE_EVIDENCE] = verb_release_evidence,
    [SYM_VERB_REPORT_MADE] = verb_report_made,
};
