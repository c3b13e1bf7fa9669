#include "node/overlap/standing_making.h"

#include "crypto/oprf.h"
#include "proto/sorted.h"

#include <stdlib.h>
#include <string.h>

/* Elements of one work, and of one piece of it. */
#define PER_WORK 16384u
#define GRAIN    128u

typedef enum sym_err stage_fn(void *context, size_t first, size_t n);

struct sym_standing_making {
    struct sym_standing_making_config config;
    sym_standing_made_fn *done_fn;
    void *owner;
    struct sym_overlap_set *set;
    const uint8_t *digests;
    size_t n;
    struct sym_standing_list list;
    struct sym_tag_code code;
    size_t tag_len;
    struct sym_secret key;
    uint8_t *tags;
    size_t done;  /* elements evaluated */
    size_t first; /* of the work that is out */
    struct sym_span *blocks;
    stage_fn *stage;
    bool working;
    bool given_up;
};

static void destroy(struct sym_standing_making *g)
{
    for (size_t i = 0; g->blocks != NULL && i < sym_standing_blocks(g->list.n); i++) {
        free((uint8_t *)(uintptr_t)g->blocks[i].data);
    }
    free(g->blocks);
    free(g->tags);
    sym_secret_clear(&g->key);
    sym_overlap_set_free(g->set);
    free(g);
}

void sym_standing_making_free(struct sym_standing_making *g)
{
    if (g != NULL) {
        g->given_up = true;
        if (!g->working) {
            destroy(g);
        }
    }
}

/* Stages ---------------------------------------------------------------------------------------
 */

static enum sym_err evaluate(void *context, size_t first, size_t n)
{
    struct sym_standing_making *g = context;
    struct sym_span inputs[GRAIN];
    enum sym_err err = SYM_OK;
    for (size_t m = 0; err == SYM_OK && n > 0; first += m, n -= m) {
        m = n < GRAIN ? n : GRAIN;
        size_t at = g->first + first;
        sym_oprf_spans(inputs, m, g->digests + at * SYM_DIGEST_BYTES, SYM_DIGEST_BYTES);
        struct sym_oprf_tags tags = {.data = g->tags + at * g->tag_len, .len = g->tag_len};
        err = sym_oprf_evaluate_own(tags, NULL, g->config.ristretto, inputs, m,
                                    sym_scalar_in(&g->key), SYM_OPRF_INPUT);
    }
    return err;
}

/* Tags of padding are random, as all are. */
static enum sym_err sort(void *context, size_t first, size_t n)
{
    struct sym_standing_making *g = context;
    (void)first;
    (void)n;
    sym_random(g->tags + g->n * g->tag_len, (g->list.n - g->n) * g->tag_len);
    sym_tag_trim(g->tags, g->list.n, g->list.bits);
    sym_sorted_sort(g->tags, g->list.n, g->tag_len);
    return SYM_OK;
}

static enum sym_err encode(void *context, size_t first, size_t n)
{
    struct sym_standing_making *g = context;
    uint8_t *room = malloc(SYM_TAG_BLOCK_BYTES_MAX);
    enum sym_err err = room == NULL ? SYM_NO_MEMORY : SYM_OK;
    for (size_t i = first; err == SYM_OK && i < first + n; i++) {
        size_t len = 0;
        err = sym_tag_block_write(room, SYM_TAG_BLOCK_BYTES_MAX, &len, &g->code,
                                  g->tags + i * SYM_TAG_BLOCK * g->tag_len,
                                  sym_standing_block_tags(g->list.n, (uint32_t)i));
        uint8_t *copy = err == SYM_OK ? malloc(len) : NULL;
        if (err == SYM_OK && copy == NULL) {
            err = SYM_NO_MEMORY;
        }
        if (err == SYM_OK) {
            memcpy(copy, room, len);
            g->blocks[i] = sym_span(copy, len);
        }
    }
    free(room);
    return err;
}

static void on_worked(void *owner, void *subject, void *context, enum sym_err err);

static enum sym_err give_out(struct sym_standing_making *g, stage_fn *stage, size_t n, size_t grain)
{
    struct sym_work work = {.run = stage, .context = g, .n = n, .grain = grain};
    struct sym_errand_report report = {.fn = on_worked, .subject = g};
    enum sym_err err = sym_errands_run(g->config.errands, &work, &report);
    g->working = err == SYM_OK;
    g->stage = stage;
    return err;
}

static enum sym_err evaluate_more(struct sym_standing_making *g)
{
    size_t left = g->n - g->done;
    g->first = g->done;
    g->done += left < PER_WORK ? left : PER_WORK;
    return give_out(g, evaluate, g->done - g->first, GRAIN);
}

static enum sym_err begin_evaluating(struct sym_standing_making *g)
{
    g->digests = sym_overlap_set_digests(g->set, &g->n);
    g->list.n = sym_overlap_set_size(g->set);
    if (g->n == 0 || g->list.n > SYM_STANDING_LIST_MAX) {
        return SYM_LIMIT;
    }
    g->list.bits = sym_standing_bits(g->list.n, g->config.most);
    g->tag_len = sym_tag_bytes(g->list.bits);
    enum sym_err err = sym_tag_code_for(&g->code, g->list.bits, g->list.n);
    if (err == SYM_OK) {
        err = sym_secret_new(&g->key, SYM_SCALAR_BYTES);
    }
    if (err == SYM_OK) {
        sym_scalar_random(sym_scalar_in(&g->key));
        g->tags = malloc(g->list.n * g->tag_len);
        g->blocks = calloc(sym_standing_blocks(g->list.n), sizeof *g->blocks);
        err = g->tags == NULL || g->blocks == NULL ? SYM_NO_MEMORY : evaluate_more(g);
    }
    return err;
}

/* What follows -----------------------------------------------------------------------------------
 */

static void on_worked(void *owner, void *subject, void *context, enum sym_err err)
{
    struct sym_standing_making *g = subject;
    (void)owner;
    (void)context;
    g->working = false;
    if (g->given_up) {
        destroy(g);
        return;
    }
    if (err == SYM_OK && g->stage == evaluate && g->done < g->n) {
        err = evaluate_more(g);
    } else if (err == SYM_OK && g->stage == evaluate) {
        err = give_out(g, sort, 1, 1);
    } else if (err == SYM_OK && g->stage == sort) {
        err = give_out(g, encode, sym_standing_blocks(g->list.n), 1);
    } else {
        g->done_fn(g->owner, err);
        return;
    }
    if (err != SYM_OK) {
        g->done_fn(g->owner, err);
    }
}

static void on_read(void *owner, struct sym_overlap_set *set, enum sym_err err)
{
    struct sym_standing_making *g = owner;
    (void)set;
    if (err == SYM_OK) {
        err = begin_evaluating(g);
    }
    if (err != SYM_OK) {
        g->done_fn(g->owner, err);
    }
}

enum sym_err sym_standing_making_new(struct sym_standing_making **out,
                                     const struct sym_standing_making_config *config,
                                     sym_standing_made_fn *done, void *owner)
{
    struct sym_standing_making *g = calloc(1, sizeof *g);
    if (g == NULL) {
        return SYM_NO_MEMORY;
    }
    *g = (struct sym_standing_making){.config = *config, .done_fn = done, .owner = owner};
    struct sym_overlap_set_config c = {.loop = config->loop,
                                       .errands = config->errands,
                                       .content = config->content,
                                       .type = config->type,
                                       .padding = config->padding};
    enum sym_err err = sym_overlap_set_new(&g->set, &c, on_read, g);
    if (err != SYM_OK) {
        free(g);
        return err;
    }
    *out = g;
    return SYM_OK;
}

void sym_standing_making_result(const struct sym_standing_making *g, struct sym_standing_made *out)
{
    *out = (struct sym_standing_made){
        .list = g->list, .key = sym_secret_span(&g->key), .blocks = g->blocks};
}
