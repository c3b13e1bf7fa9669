#include "node/exchange/compare_page.h"

#include <stdlib.h>
#include <string.h>

/* Entries with their proofs and statements, as long as they fit a frame. */
struct page {
    const struct sym_run_evidence *with;
    uint64_t index[SYM_COMPARE_ENTRIES_MAX]; /* of n own leaves about the peer */
    uint8_t leaf[SYM_COMPARE_ENTRIES_MAX][SYM_LEAF_BYTES_MAX];
    size_t leaf_len[SYM_COMPARE_ENTRIES_MAX];
    size_t n;
    struct sym_compare_entry entries[SYM_COMPARE_ENTRIES_MAX];
    struct sym_merkle_proof proofs[SYM_COMPARE_ENTRIES_MAX];
    struct sym_span spans[SYM_COMPARE_ENTRIES_MAX][SYM_MERKLE_PROOF_MAX];
    struct sym_arena arenas[SYM_COMPARE_ENTRIES_MAX]; /* of the bodies */
    struct sym_compare_show show;
};

static void free_page(struct page *p)
{
    for (size_t i = 0; i < SYM_COMPARE_ENTRIES_MAX; i++) {
        sym_arena_clear(&p->arenas[i]);
    }
    free(p);
}

static enum sym_err keep_leaf(void *context, const struct sym_log_row *row)
{
    struct page *p = context;
    if (row->leaf.len == 0) {
        return SYM_BAD_TAG;
    }
    if (p->n == SYM_COMPARE_ENTRIES_MAX) {
        return SYM_LIMIT;
    }
    p->index[p->n] = row->index;
    memcpy(p->leaf[p->n], row->leaf.data, row->leaf.len);
    p->leaf_len[p->n++] = row->leaf.len;
    return SYM_OK;
}

/* From the part of the log that one look covers: there may be none, and more behind. */
static enum sym_err read_leaves(struct page *p, uint64_t first)
{
    const struct sym_log_query q = {.first = first,
                                    .peer = sym_span(p->with->peer.id.bytes, SYM_NODE_ID_BYTES)};
    bool more = false;
    enum sym_err err = sym_log_rows(p->with->log, &q, &p->show.next, &more, keep_leaf, p);
    p->show.last = !more;
    return err;
}

/* The EntryBody of an own entry; none when it was erased. */
static enum sym_err read_body(struct sym_log *log, struct sym_secret *body, uint64_t index)
{
    uint8_t salt[SYM_HASH_BYTES];
    enum sym_err err = sym_log_body(log, salt, body, index);
    sym_wipe(salt, sizeof salt);
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

static enum sym_err fill_statement(struct page *p, size_t at)
{
    SYM_SECRET_AUTO body = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    struct sym_entry_body b;
    enum sym_err err = sym_decode(&arena, &leaf, &sym_msg_leaf, p->entries[at].leaf);
    if (err != SYM_OK || (leaf.kind != SYM_ENTRY_CLOSED && leaf.kind != SYM_ENTRY_ABORTED)) {
        return err;
    }
    err = read_body(p->with->log, &body, p->index[at]);
    if (err == SYM_OK && body.len > 0) {
        err = sym_decode(&p->arenas[at], &b, &sym_msg_entry_body, sym_secret_span(&body));
        p->entries[at].statement = b.statement;
    }
    return err;
}

static enum sym_err fill_entry(struct page *p, size_t at, uint64_t head_size)
{
    struct sym_compare_entry *e = &p->entries[at];
    *e = (struct sym_compare_entry){.index = p->index[at],
                                    .leaf = sym_span(p->leaf[at], p->leaf_len[at]),
                                    .inclusion = p->spans[at]};
    enum sym_err err =
        sym_log_prove_inclusion(p->with->log, &p->proofs[at], p->index[at], head_size);
    if (err != SYM_OK) {
        return err;
    }
    e->n_inclusion = p->proofs[at].n;
    for (size_t i = 0; i < e->n_inclusion; i++) {
        p->spans[at][i] = sym_span(p->proofs[at].hash[i], SYM_HASH_BYTES);
    }
    return fill_statement(p, at);
}

static enum sym_err show_head(struct page *p, struct sym_compare_told *told)
{
    if (told->has_head) {
        return SYM_OK;
    }
    enum sym_err err = sym_witness_give(p->with->witness, &p->show.evidence, &p->with->peer, 0);
    told->has_head = true;
    told->head_size = sym_log_head(p->with->log)->signed_size;
    return err;
}

static size_t bytes_of(const struct sym_compare_entry *e)
{
    return e->leaf.len + e->statement.len + e->n_inclusion * (SYM_HASH_BYTES + 2u) + 32;
}

static enum sym_err fill_page(struct page *p, uint64_t head_size, uint64_t first)
{
    size_t bytes = 0;
    p->show.entries = p->entries;
    enum sym_err err = read_leaves(p, first);
    /* What came later than the head that was shown is not part of the comparison. */
    p->show.last = p->show.last || p->show.next >= head_size;
    for (size_t i = 0; err == SYM_OK && i < p->n && p->index[i] < head_size; i++) {
        err = fill_entry(p, i, head_size);
        bytes += bytes_of(&p->entries[i]);
        if (bytes > SYM_COMPARE_FRAME_BYTES && i > 0) {
            p->show.next = p->index[i];
            p->show.last = false;
            break;
        }
        p->show.n_entries = i + 1;
    }
    return err;
}

static enum sym_err write_empty(uint8_t *frame, size_t *len, const struct sym_compare_told *told)
{
    const struct sym_compare_show show = {.next = told->next, .last = true};
    return sym_encode(frame, SYM_DATA_BYTES_MAX, len, &sym_msg_compare_show, &show);
}

enum sym_err sym_compare_page_write(uint8_t *frame, size_t *len, struct sym_compare_told *told,
                                    const struct sym_run_evidence *with, uint64_t first)
{
    if (first != told->next) {
        return SYM_WRONG_STATE;
    }
    if (++told->asks > SYM_COMPARE_ASKS_MAX) {
        return SYM_LIMIT;
    }
    if (told->all) {
        return write_empty(frame, len, told);
    }
    struct page *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return SYM_NO_MEMORY;
    }
    p->with = with;
    enum sym_err err = show_head(p, told);
    if (err == SYM_OK) {
        err = fill_page(p, told->head_size, first);
    }
    if (err == SYM_OK) {
        err = sym_encode(frame, SYM_DATA_BYTES_MAX, len, &sym_msg_compare_show, &p->show);
        told->entries += p->show.n_entries;
        told->next = p->show.next > first ? p->show.next : first;
        told->all = p->show.last;
    }
    free_page(p);
    return err;
}
