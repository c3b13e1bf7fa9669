#include "proto/compare_state.h"

#include <stdlib.h>
#include <string.h>

enum sym_err sym_compare_new(struct sym_compare **out, const struct sym_compare_plan *plan)
{
    struct sym_compare *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return SYM_NO_MEMORY;
    }
    c->plan = *plan;
    if (plan->exchange_id != NULL) {
        memcpy(c->own_id, plan->exchange_id, sizeof c->own_id);
    }
    c->plan.exchange_id = NULL;
    *out = c;
    return SYM_OK;
}

/* All but the findings. */
static void forget_entries(struct sym_compare *c)
{
    sym_compare_forget(&c->own);
    sym_compare_forget(&c->early);
    sym_compare_forget(&c->tales);
    sym_compare_forget(&c->words);
    sym_compare_forget(&c->proofs);
}

void sym_compare_free(struct sym_compare *c)
{
    if (c == NULL) {
        return;
    }
    forget_entries(c);
    sym_compare_forget(&c->findings);
    free(c);
}

void sym_compare_own_log(struct sym_compare *c, uint32_t generation)
{
    c->own_generation = generation;
}

enum sym_err sym_compare_own(struct sym_compare *c, uint64_t index, struct sym_span leaf,
                             struct sym_span body)
{
    struct sym_compared e;
    if (c->own_ended) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_compare_read(c, &e, index, leaf);
    if (err != SYM_OK) {
        return err == SYM_NOT_FOUND ? sym_compare_count_denied(c, leaf, body) : err;
    }
    e.generation = c->own_generation;
    if (body.len > 0) {
        err = sym_compare_read_body(c, &e, body);
    }
    return err == SYM_OK ? sym_compare_append(&c->own, &e, sizeof e, SYM_COMPARED_MAX) : err;
}

enum sym_err sym_compare_own_end(struct sym_compare *c)
{
    if (c->own_ended) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_compare_make_tales(c);
    const struct sym_compare_told *all = (const void *)c->early.items;
    for (size_t i = 0; err == SYM_OK && i < c->early.n; i++) {
        err = sym_compare_tell(c, &all[i]);
    }
    sym_compare_forget(&c->early);
    c->own_ended = true;
    return err;
}

enum sym_err sym_compare_head(struct sym_compare *c, const struct sym_shown *head,
                              uint64_t since_ms)
{
    if (c->generation != 0) {
        return SYM_WRONG_STATE;
    }
    c->generation = head->generation;
    c->counts.generation_there = head->generation;
    c->size = head->head.size;
    memcpy(c->root, head->head.root, sizeof c->root);
    c->there_since_ms = sym_compare_is_to_come(c, since_ms) ? 0 : since_ms;
    return SYM_OK;
}

/* Of what the other side shows. */
static enum sym_err accuse(struct sym_compare *c, enum sym_finding_code code,
                           const struct sym_compared *there, const char *text)
{
    struct sym_compared_finding f = {.code = code, .index_there = there->index + 1, .text = text};
    memcpy(f.exchange_id, there->id, sizeof f.exchange_id);
    return sym_compare_find(c, &f);
}

/* One that is in the tree. Until the own ones are all in, it is kept: as one page of either side
 * comes after the other, these are no more than those. */
static enum sym_err take_proven(struct sym_compare *c, struct sym_compare_told *told,
                                struct sym_span statement)
{
    const struct sym_compared *e = &told->entry;
    c->counts.entries++;
    if (statement.len > 0) {
        told->has_word = sym_compare_read_word(&told->word, e, statement, c->plan.peer_identity);
        enum sym_err err =
            told->has_word ? SYM_OK
                           : accuse(c, SYM_FINDING_DIFFERENT, e,
                                    "the other side shows a statement that is not its own, or of "
                                    "another exchange");
        if (err != SYM_OK) {
            return err;
        }
    }
    return c->own_ended ? sym_compare_tell(c, told)
                        : sym_compare_append(&c->early, told, sizeof *told,
                                             c->own.n + 2u * SYM_COMPARE_ENTRIES_MAX);
}

enum sym_err sym_compare_theirs(struct sym_compare *c, const struct sym_compare_entry *entry)
{
    struct sym_compare_told told = {.has_word = false};
    if (entry->index < c->next_there) {
        return SYM_BAD_VALUE;
    }
    c->next_there = entry->index + 1;
    enum sym_err err = sym_merkle_leaf(told.leaf, entry->leaf);
    if (err == SYM_OK) {
        err = sym_compare_read(c, &told.entry, entry->index, entry->leaf);
    }
    if (err != SYM_OK) {
        return err == SYM_NOT_FOUND ? SYM_OK : err;
    }
    if (entry->index >= c->size ||
        sym_merkle_check_inclusion(c->root, told.leaf, entry->index, c->size, entry->inclusion,
                                   entry->n_inclusion) != SYM_OK) {
        return accuse(c, SYM_FINDING_NOT_PROVEN, &told.entry,
                      "the other side shows an entry that is not in the log it has signed");
    }
    return take_proven(c, &told, entry->statement);
}

enum sym_err sym_compare_finish(struct sym_compare *c)
{
    enum sym_err err = c->own_ended ? SYM_OK : sym_compare_own_end(c);
    if (err == SYM_OK) {
        err = sym_compare_match_all(c);
    }
    forget_entries(c); /* the findings may be kept for long */
    return err;
}

struct sym_compare_counts sym_compare_counts(const struct sym_compare *c)
{
    return c->counts;
}
