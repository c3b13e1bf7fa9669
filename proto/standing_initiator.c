#include "proto/shuffle.h"
#include "proto/sorted.h"
#include "proto/standing_state.h"

#include <stdlib.h>
#include <string.h>

enum sym_err sym_standing_initiator_new(struct sym_standing_run *run)
{
    const struct sym_standing_config *c = &run->config;
    run->state = STANDING_BLINDS;
    run->order = malloc(c->query_size * sizeof *run->order);
    run->tags = calloc(c->query_size, sizeof *run->tags);
    run->padding = malloc(c->query_size * sizeof *run->padding);
    run->matches = malloc(c->query_size * sizeof *run->matches);
    run->decoded = malloc(SYM_TAG_BLOCK * run->tag_len);
    if (c->sends_list) {
        run->blocks = calloc(run->n_blocks, sizeof *run->blocks);
        run->firsts = malloc(run->n_blocks * run->tag_len);
    }
    if (run->order == NULL || run->tags == NULL || run->padding == NULL || run->matches == NULL ||
        run->decoded == NULL || (c->sends_list && (run->blocks == NULL || run->firsts == NULL))) {
        return SYM_NO_MEMORY;
    }
    sym_random(run->padding[0], c->query_size * sizeof *run->padding);
    sym_shuffle(run->order, c->query_size);
    sym_scalar_random(sym_scalar_in(&run->scalar));
    return c->n > 0 && sym_sorted_break(c->digests, c->n, SYM_HASH_BYTES, true) < c->n
               ? SYM_INTERNAL
               : SYM_OK;
}

void sym_standing_initiator_release(struct sym_standing_run *run)
{
    for (size_t i = 0; run->blocks != NULL && i < run->n_blocks; i++) {
        free((uint8_t *)(uintptr_t)run->blocks[i].data);
    }
    size_t size = run->config.query_size;
    sym_wipe_free(run->order, size * sizeof *run->order);
    sym_wipe_free(run->padding, size * sizeof *run->padding);
    sym_wipe_free(run->tags, size * sizeof *run->tags);
    sym_wipe_free(run->matches, size * sizeof *run->matches);
    free(run->decoded);
    free(run->blocks);
    free(run->firsts);
}

/* Looking up -----------------------------------------------------------------------------------
 */

static int by_tag(const void *a, const void *b)
{
    const struct standing_tag *x = a;
    const struct standing_tag *y = b;
    return sym_sorted_compare(x->tag, y->tag, sizeof x->tag);
}

static const uint8_t *first_of(const struct sym_standing_run *run, uint32_t block)
{
    const uint8_t *firsts = run->config.sends_list ? run->firsts : run->config.firsts;
    return firsts + block * run->tag_len;
}

/* The last block that does not begin behind this tag; n_blocks when all do. */
static uint32_t block_of(const struct sym_standing_run *run, const uint8_t *tag)
{
    uint32_t low = 0;
    uint32_t high = (uint32_t)run->n_blocks;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (sym_sorted_compare(first_of(run, middle), tag, run->tag_len) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? (uint32_t)run->n_blocks : low - 1;
}

/* Passes over tags that come before the whole list. */
static uint32_t next_block(struct sym_standing_run *run)
{
    uint32_t block = (uint32_t)run->n_blocks;
    while (run->at < run->config.query_size &&
           (block = block_of(run, run->tags[run->at].tag)) == run->n_blocks) {
        run->at++;
    }
    return block;
}

static int by_index(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void finish(struct sym_standing_run *run)
{
    qsort(run->matches, run->common, sizeof *run->matches, by_index);
    run->search = SEARCH_DONE;
}

/* All own tags that could lie in this block. Padding does not match but by an accident that the
 * length of tags makes rare. */
static enum sym_err search(struct sym_standing_run *run, uint32_t block, struct sym_span bytes)
{
    struct sym_tag_reader reader;
    enum sym_err err = sym_tag_reader_open(
        &reader, sym_standing_block_tags(run->config.list.n, block), &run->code, bytes);
    for (; err == SYM_OK && run->at < run->config.query_size; run->at++) {
        const struct standing_tag *own = &run->tags[run->at];
        bool found = false;
        if (block_of(run, own->tag) != block) {
            break;
        }
        err = sym_tag_reader_seek(&found, &reader, own->tag);
        if (found && own->index < run->config.n) {
            run->matches[run->common++] = own->index;
        }
    }
    return err;
}

bool sym_standing_wants(const struct sym_standing_run *run, uint32_t *block)
{
    if (run->search != SEARCH_WANTS || run->state == STANDING_DEAD) {
        return false;
    }
    *block = block_of(run, run->tags[run->at].tag);
    return true;
}

enum sym_err sym_standing_give(struct sym_standing_run *run, struct sym_span block)
{
    uint32_t wanted = 0;
    if (!sym_standing_wants(run, &wanted)) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = search(run, wanted, block);
    if (err == SYM_OK && next_block(run) == run->n_blocks) {
        finish(run);
    }
    return sym_standing_die(run, err);
}

/* In a list that came. */
enum sym_err sym_standing_look_up(void *context, size_t first, size_t n)
{
    struct sym_standing_run *run = context;
    enum sym_err err = SYM_OK;
    (void)first;
    (void)n;
    for (uint32_t block = next_block(run);
         err == SYM_OK && run->config.sends_list && block < run->n_blocks;
         block = next_block(run)) {
        err = search(run, block, run->blocks[block]);
    }
    return err;
}

void sym_standing_looked_up(struct sym_standing_run *run)
{
    if (next_block(run) < run->n_blocks) {
        run->search = SEARCH_WANTS;
    } else {
        finish(run);
    }
}

/* What is computed -----------------------------------------------------------------------------
 */

static struct sym_span input_at(const struct sym_standing_run *run, size_t place)
{
    uint32_t index = run->order[place];
    return sym_span(index < run->config.n ? run->config.digests + index * SYM_HASH_BYTES
                                          : run->padding[index],
                    SYM_HASH_BYTES);
}

enum sym_err sym_standing_blind(void *context, size_t first, size_t n)
{
    const struct sym_standing_run *run = context;
    struct sym_span inputs[STANDING_GRAIN];
    enum sym_err err = SYM_OK;
    for (size_t m = 0; err == SYM_OK && n > 0; first += m, n -= m) {
        m = n < STANDING_GRAIN ? n : STANDING_GRAIN;
        for (size_t i = 0; i < m; i++) {
            inputs[i] = input_at(run, first + i);
        }
        err = sym_oprf_blind(run->elements + first, NULL, run->config.with, inputs, m,
                             sym_scalar_in(&run->scalar));
    }
    return err;
}

enum sym_err sym_standing_unblind(void *context, size_t first, size_t n)
{
    const struct sym_standing_run *run = context;
    struct sym_span inputs[STANDING_GRAIN];
    uint8_t data[STANDING_GRAIN * SYM_TAG_BITS_MAX / 8];
    struct sym_oprf_tags tags = {.data = data, .len = run->tag_len};
    enum sym_err err = SYM_OK;
    for (size_t m = 0; err == SYM_OK && n > 0; first += m, n -= m) {
        m = n < STANDING_GRAIN ? n : STANDING_GRAIN;
        for (size_t i = 0; i < m; i++) {
            inputs[i] = input_at(run, first + i);
        }
        err = sym_oprf_finalize(tags, NULL, run->config.with, inputs, run->elements + first, m,
                                sym_scalar_in(&run->scalar));
        if (err != SYM_OK) {
            return err;
        }
        sym_tag_trim(data, m, run->config.list.bits);
        for (size_t i = 0; i < m; i++) {
            memcpy(run->tags[first + i].tag, data + i * run->tag_len, run->tag_len);
            run->tags[first + i].index = run->order[first + i];
        }
    }
    return err;
}

/* Own tags are complete, and so is the list: the close is due. What matched is not known yet, so
 * that its moment cannot tell. */
static void close_when_all_is_here(struct sym_standing_run *run)
{
    if (run->complete && (!run->config.sends_list || run->blocks_gone == run->n_blocks)) {
        run->state = STANDING_CLOSES;
    }
}

void sym_standing_completed(struct sym_standing_run *run)
{
    qsort(run->tags, run->config.query_size, sizeof *run->tags, by_tag);
    run->complete = true;
    close_when_all_is_here(run);
}

/* What arrives ---------------------------------------------------------------------------------
 */

enum sym_err sym_standing_take_evaluated(struct sym_standing_run *run,
                                         const struct standing_payload *got)
{
    enum sym_err err = sym_standing_keep_elements(run, got);
    if (err == SYM_OK) {
        run->state = STANDING_COMPLETES;
    }
    return err;
}

static enum sym_err check_block(struct sym_standing_run *run, struct sym_span block)
{
    uint32_t n = sym_standing_block_tags(run->config.list.n, run->blocks_gone);
    enum sym_err err = sym_tag_block_read(run->decoded, n, &run->code, block);
    if (err == SYM_OK && run->blocks_gone > 0 &&
        sym_sorted_compare(run->last, run->decoded, run->tag_len) > 0) {
        err = SYM_BAD_VALUE;
    }
    if (err == SYM_OK) {
        memcpy(run->last, run->decoded + (n - 1) * run->tag_len, run->tag_len);
        memcpy(run->firsts + run->blocks_gone * run->tag_len, run->decoded, run->tag_len);
    }
    return err;
}

enum sym_err sym_standing_take_block(struct sym_standing_run *run,
                                     const struct standing_payload *got)
{
    if (!run->config.sends_list || run->blocks_gone == run->n_blocks) {
        return SYM_WRONG_STATE;
    }
    if (got->number != run->blocks_gone) {
        return SYM_BAD_VALUE;
    }
    enum sym_err err = check_block(run, got->body);
    uint8_t *copy = err == SYM_OK ? malloc(got->body.len) : NULL;
    if (err != SYM_OK || copy == NULL) {
        return err != SYM_OK ? err : SYM_NO_MEMORY;
    }
    memcpy(copy, got->body.data, got->body.len);
    run->blocks[run->blocks_gone++] = sym_span(copy, got->body.len);
    close_when_all_is_here(run);
    return SYM_OK;
}

/* What is asked --------------------------------------------------------------------------------
 */

bool sym_standing_knows(const struct sym_standing_run *run)
{
    return run->search == SEARCH_DONE && run->state != STANDING_DEAD;
}

enum sym_err sym_standing_received(const struct sym_standing_run *run,
                                   const struct sym_span **blocks, const uint8_t **firsts)
{
    if (!sym_standing_knows(run)) {
        return SYM_WRONG_STATE;
    }
    if (!run->config.sends_list) {
        return SYM_NOT_FOUND;
    }
    *blocks = run->blocks;
    *firsts = run->firsts;
    return SYM_OK;
}
