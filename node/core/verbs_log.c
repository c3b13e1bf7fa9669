#include "node/core/verbs.h"
#include "node/evidence/log.h"
#include "proto/codec.h"
#include "proto/exhibit.h"

#include <stdlib.h>
#include <string.h>

static enum sym_err unreadable(struct sym_fault *fault, enum sym_err err)
{
    if (err == SYM_NOT_FOUND) {
        return sym_fail(fault, err,
                        "evidence log: there is no such generation; \"symbolon log "
                        "checkpoint\" names the present one");
    }
    return sym_fail(fault, err,
                    err == SYM_BAD_VALUE
                        ? "evidence log: there is no such entry or tile: it is smaller"
                        : "evidence log: what the store holds of it %s; restore a backup",
                    sym_err_text(err));
}

/* Rows -----------------------------------------------------------------------------------------
 */

/* What a row needs in an answer beside its bytes, at most. */
#define ROW_OVERHEAD_BYTES 48u
/* What the answer has room for beside its rows. */
#define PAGE_BYTES (SYM_CONTROL_BYTES_MAX - SYM_CONTROL_OVERHEAD_BYTES - 256u)

/* The rows of one answer, with their bytes, which hold what only auditors may read. */
struct page {
    struct sym_log_row rows[SYM_LOG_ROWS_MAX];
    size_t n;
    size_t used;
    size_t overhead;
    uint8_t bytes[PAGE_BYTES];
};

static struct sym_span keep(struct page *p, struct sym_span s)
{
    if (s.len == 0) {
        return sym_span(NULL, 0);
    }
    uint8_t *to = p->bytes + p->used;
    memcpy(to, s.data, s.len);
    p->used += s.len;
    return sym_span(to, s.len);
}

static enum sym_err take_row(void *context, const struct sym_log_row *row)
{
    struct page *p = context;
    size_t len = row->leaf.len + row->salt.len + row->body.len;
    if (p->n == SYM_LOG_ROWS_MAX || len + ROW_OVERHEAD_BYTES > PAGE_BYTES - p->used - p->overhead) {
        return SYM_LIMIT;
    }
    p->overhead += ROW_OVERHEAD_BYTES;
    p->rows[p->n++] = (struct sym_log_row){.index = row->index,
                                           .leaf = keep(p, row->leaf),
                                           .salt = keep(p, row->salt),
                                           .body = keep(p, row->body),
                                           .erased = row->erased};
    return SYM_OK;
}

static enum sym_err verb_log_list(struct sym_core *core, const struct sym_author *author,
                                  const void *arguments, struct sym_answer *answer,
                                  struct sym_fault *fault)
{
    (void)author;
    const struct sym_log_query *asked = arguments;
    struct sym_log_list list = {.more = false};
    struct sym_head head;
    struct page *p = malloc(sizeof *p);
    if (p == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "evidence log: no memory");
    }
    p->n = p->used = p->overhead = 0;
    enum sym_err err = sym_log_head_of(core->log, &head, asked->generation);
    if (err == SYM_OK) {
        err = sym_log_rows(core->log, asked, &list.next, &list.more, take_row, p);
    }
    if (err == SYM_OK) {
        err = sym_log_generation_after(core->log, &list.later, head.generation);
        err = err == SYM_NOT_FOUND ? SYM_OK : err;
    }
    if (err == SYM_OK) {
        list.size = head.size;
        list.rows = p->rows;
        list.n_rows = p->n;
        err = sym_answer_write(answer, &list);
    } else {
        err = unreadable(fault, err);
    }
    sym_wipe(p->bytes, p->used);
    free(p);
    return err;
}

/* Hashes ---------------------------------------------------------------------------------------
 */

static enum sym_err verb_log_tile(struct sym_core *core, const struct sym_author *author,
                                  const void *arguments, struct sym_answer *answer,
                                  struct sym_fault *fault)
{
    (void)author;
    uint8_t hashes[SYM_TILE_WIDTH][SYM_HASH_BYTES];
    const struct sym_tile_query *asked = arguments;
    enum sym_err err = sym_log_tile(core->log, hashes, asked);
    if (err != SYM_OK) {
        return unreadable(fault, err);
    }
    const struct sym_tile tile = {.hashes =
                                      sym_span(hashes[0], (size_t)asked->width * SYM_HASH_BYTES)};
    return sym_answer_write(answer, &tile);
}

/* The leaf alone: one row, whatever else is in it. */
struct one_leaf {
    uint8_t bytes[SYM_LEAF_BYTES_MAX];
    size_t len;
};

static enum sym_err take_leaf(void *context, const struct sym_log_row *row)
{
    struct one_leaf *leaf = context;
    leaf->len = row->leaf.len;
    if (leaf->len > 0) {
        memcpy(leaf->bytes, row->leaf.data, leaf->len);
    }
    return leaf->len > 0 ? SYM_OK : SYM_BAD_TAG;
}

static enum sym_err find_leaf(struct sym_log *l, struct one_leaf *out,
                              const struct sym_proof_query *asked)
{
    uint64_t next = 0;
    bool more = false;
    const struct sym_log_query q = {
        .generation = asked->generation, .first = asked->index, .most = 1};
    return sym_log_rows(l, &q, &next, &more, take_leaf, out);
}

static void list_hashes(struct sym_span out[SYM_MERKLE_PROOF_MAX],
                        const struct sym_merkle_proof *proof)
{
    for (size_t i = 0; i < proof->n; i++) {
        out[i] = sym_span(proof->hash[i], SYM_HASH_BYTES);
    }
}

static enum sym_err verb_log_proof(struct sym_core *core, const struct sym_author *author,
                                   const void *arguments, struct sym_answer *answer,
                                   struct sym_fault *fault)
{
    (void)author;
    struct sym_proof_query asked = *(const struct sym_proof_query *)arguments;
    struct sym_head head;
    struct one_leaf leaf = {.len = 0};
    struct sym_merkle_proof inclusion = {.n = 0};
    struct sym_merkle_proof consistency = {.n = 0};
    struct sym_span inclusion_spans[SYM_MERKLE_PROOF_MAX];
    struct sym_span consistency_spans[SYM_MERKLE_PROOF_MAX];
    enum sym_err err = sym_log_head_of(core->log, &head, asked.generation);
    if (err == SYM_OK) {
        asked.size = asked.size == 0 ? head.signed_size : asked.size;
        err = asked.size == 0 ? SYM_BAD_VALUE
                              : sym_log_prove(core->log, &inclusion, &consistency, &asked);
    }
    if (err == SYM_OK) {
        err = find_leaf(core->log, &leaf, &asked);
    }
    if (err != SYM_OK) {
        return unreadable(fault, err);
    }
    list_hashes(inclusion_spans, &inclusion);
    list_hashes(consistency_spans, &consistency);
    const struct sym_log_proof proof = {.index = asked.index,
                                        .size = asked.size,
                                        .leaf = sym_span(leaf.bytes, leaf.len),
                                        .inclusion = inclusion_spans,
                                        .n_inclusion = inclusion.n,
                                        .consistency = consistency_spans,
                                        .n_consistency = consistency.n,
                                        .checkpoint =
                                            asked.size == head.signed_size
                                                ? sym_span(head.checkpoint, head.checkpoint_len)
                                                : sym_span(NULL, 0)};
    return sym_answer_write(answer, &proof);
}

/* Changes --------------------------------------------------------------------------------------
 */

static enum sym_err verb_log_erase(struct sym_core *core, const struct sym_author *author,
                                   const void *arguments, struct sym_answer *answer,
                                   struct sym_fault *fault)
{
    const struct sym_log_erase *asked = arguments;
    struct sym_log_erased erased = {.bodies = 0};
    if (asked->before_ms != SYM_LOG_ERASE_ALL && asked->before_ms > sym_wall_ms()) {
        return sym_fail(
            fault, SYM_BAD_VALUE,
            "evidence log: nothing was erased: the date lies in the future, and no body "
            "of the log would stay; give one that has passed, or --all");
    }
    enum sym_err err =
        sym_log_erase_bodies(core->log, author, asked->before_ms, &erased.bodies, fault);
    return err == SYM_OK ? sym_answer_write(answer, &erased) : err;
}

/* In the log first: its head, which the report carries, covers the entry about it. */
static enum sym_err log_report(struct sym_log *l, const struct sym_author *author,
                               struct sym_span text)
{
    uint8_t hash[SYM_HASH_BYTES];
    char hex[2 * SYM_HASH_BYTES + 1];
    enum sym_err err = sym_sha256(hash, text);
    if (err != SYM_OK) {
        return err;
    }
    sym_hex(hex, hash, sizeof hash);
    struct sym_author by = *author;
    by.hash_only = true; /* the report says the same as the log */
    const struct sym_entry_body body = {.event = sym_span_text("report-signed"),
                                        .subject = sym_span_text(hex),
                                        .detail = sym_span_text("SHA-256 of the report"),
                                        .count = text.len};
    const struct sym_entry entry = {.kind = SYM_ENTRY_REPORT, .author = &by, .body = &body};
    return sym_log_add(l, &entry);
}

static enum sym_err verb_log_sign_report(struct sym_core *core, const struct sym_author *author,
                                         const void *arguments, struct sym_answer *answer,
                                         struct sym_fault *fault)
{
    const struct sym_exhibit *asked = arguments;
    const char *why = NULL;
    if (sym_log_is_frozen(core->log, &why)) {
        return sym_fail(fault, SYM_DENIED, "report: this node signs nothing: %s", why);
    }
    enum sym_err err = log_report(core->log, author, asked->text);
    if (err != SYM_OK) {
        return sym_fail(fault, err,
                        "report: it could not be entered into the log (%s), and is not "
                        "signed",
                        sym_err_text(err));
    }
    char *text = malloc(SYM_EXHIBIT_BYTES_MAX);
    if (text == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "report: no memory");
    }
    size_t len = 0;
    const struct sym_head *h = sym_log_head(core->log);
    err = sym_report_write(text, SYM_EXHIBIT_BYTES_MAX, &len, asked->text,
                           sym_span(h->checkpoint, h->checkpoint_len),
                           sym_span(core->card.text, core->card.len), &core->keys.identity);
    if (err == SYM_OK) {
        const struct sym_exhibit exhibit = {.text = sym_span(text, len)};
        err = sym_answer_write(answer, &exhibit);
    } else {
        (void)sym_fail(fault, err, "report: it %s; make a report of a shorter time",
                       sym_err_text(err));
    }
    free(text);
    return err;
}

sym_verb_fn *const sym_verbs_log[SYM_VERB_COUNT] = {
    [SYM_VERB_LOG_LIST] = verb_log_list,
    [SYM_VERB_LOG_TILE] = verb_log_tile,
    [SYM_VERB_LOG_PROOF] = verb_log_proof,
    [SYM_VERB_LOG_ERASE] = verb_log_erase,
    [SYM_VERB_LOG_SIGN_REPORT] = verb_log_sign_report,
};
