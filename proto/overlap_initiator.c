#include "proto/overlap_state.h"

#include <stdlib.h>
#include <string.h>

enum sym_err sym_overlap_initiator_new(struct sym_overlap_run *run)
{
    struct overlap_initiator *a = &run->initiator;
    size_t size = run->config.own_size;
    run->state = OVERLAP_SHUFFLES;
    a->blind.total = a->finish.total = a->join.total = run->config.own_size;
    a->order = malloc(size * sizeof *a->order);
    a->own_tags = malloc(size * run->tag_len);
    a->hits = calloc(size, 1);
    return a->order == NULL || a->own_tags == NULL || a->hits == NULL ? SYM_NO_MEMORY : SYM_OK;
}

void sym_overlap_initiator_free(struct sym_overlap_run *run)
{
    struct overlap_initiator *a = &run->initiator;
    free(a->order);
    free(a->own_tags);
    free(a->hits);
    free(a->matches);
}

/* Shuffling ------------------------------------------------------------------------------------
 */

struct draws {
    uint32_t words[256];
    size_t left;
};

/* Uniform below bound > 0 (Lemire's method). */
static uint32_t draw_below(struct draws *d, uint32_t bound)
{
    for (;;) {
        if (d->left == 0) {
            sym_random((uint8_t *)d->words, sizeof d->words);
            d->left = sizeof d->words / sizeof *d->words;
        }
        uint64_t product = (uint64_t)d->words[--d->left] * bound;
        uint32_t low = (uint32_t)product;
        if (low >= bound || low >= (uint32_t)-bound % bound) {
            return (uint32_t)(product >> 32);
        }
    }
}

/* Fisher and Yates, inside out. */
static void shuffle(uint32_t *order, uint32_t n)
{
    struct draws d = {.left = 0};
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = draw_below(&d, i + 1);
        order[i] = order[at];
        order[at] = i;
    }
    sym_wipe(&d, sizeof d);
}

static enum sym_err shuffle_piece(const struct overlap_job *job, size_t first, size_t n)
{
    const struct sym_overlap_config *c = &job->run->config;
    (void)first;
    (void)n;
    if (c->n > 0 && sym_sorted_break(c->digests, c->n, SYM_HASH_BYTES, true) < c->n) {
        return SYM_INTERNAL;
    }
    shuffle(job->run->initiator.order, c->own_size);
    return SYM_OK;
}

static enum sym_err shuffled(struct sym_overlap_run *run, const struct overlap_job *job)
{
    (void)job;
    run->state = OVERLAP_SENDS;
    return SYM_OK;
}

static bool offer_shuffle(struct sym_overlap_run *run, struct overlap_job *job)
{
    if (run->state != OVERLAP_SHUFFLES || run->out > 0) {
        return false;
    }
    job->piece = shuffle_piece;
    job->done = shuffled;
    job->n = 1;
    return true;
}

/* Blinding -------------------------------------------------------------------------------------
 */

static enum sym_err blind_piece(const struct overlap_job *job, size_t first, size_t n)
{
    const struct sym_overlap_run *run = job->run;
    struct sym_span inputs[OVERLAP_GRAIN];
    uint8_t padding[OVERLAP_GRAIN][SYM_HASH_BYTES];
    enum sym_err err = SYM_OK;
    for (size_t m = 0; err == SYM_OK && n > 0; first += m, n -= m) {
        m = n < OVERLAP_GRAIN ? n : OVERLAP_GRAIN;
        sym_overlap_inputs(inputs, padding, run, job->at + first, m);
        err = sym_oprf_blind(job->frame + first, NULL, run->config.with, inputs, m,
                             sym_scalar_in(&run->scalar));
    }
    return err;
}

static enum sym_err blinded(struct sym_overlap_run *run, const struct overlap_job *job)
{
    (void)run;
    *job->slot = SLOT_READY;
    return SYM_OK;
}

static bool offer_blind(struct sym_overlap_run *run, struct overlap_job *job)
{
    struct overlap_stream *s = &run->initiator.blind;
    job->slot = &run->slots[sym_overlap_slot(s)];
    if (run->state != OVERLAP_SENDS || sym_overlap_over(s) || *job->slot != SLOT_FREE) {
        return false;
    }
    *job->slot = SLOT_WORKING;
    job->piece = blind_piece;
    job->done = blinded;
    job->frame = sym_overlap_slot_elements(run, s);
    job->at = s->at;
    job->n = sym_overlap_due(s);
    s->at += sym_overlap_due(s);
    return true;
}

bool sym_overlap_initiator_ready(const struct sym_overlap_run *run, struct overlap_payload *out)
{
    const struct overlap_stream *s = &run->blinded_gone;
    if (run->state != OVERLAP_SENDS || run->slots[sym_overlap_slot(s)] != SLOT_READY) {
        return false;
    }
    *out = (struct overlap_payload){.type = OVERLAP_BLINDED,
                                    .n = sym_overlap_due(s),
                                    .items = sym_overlap_slot_elements(run, s)->bytes};
    return true;
}

void sym_overlap_initiator_sent(struct sym_overlap_run *run, const struct overlap_payload *payload)
{
    run->slots[sym_overlap_slot(&run->blinded_gone)] = run->matches ? SLOT_SENT : SLOT_FREE;
    run->blinded_gone.at += payload->n;
    if (!sym_overlap_over(&run->blinded_gone)) {
        return;
    }
    run->state = OVERLAP_GATHERS;
    if (!run->matches) { /* answers come in another order */
        free(run->initiator.order);
        run->initiator.order = NULL;
    }
}

/* What comes back ------------------------------------------------------------------------------
 */

static void gathered(struct sym_overlap_run *run)
{
    if (sym_overlap_over(&run->evaluated_gone) && sym_overlap_over(&run->tags_gone)) {
        run->state = OVERLAP_JOINS;
    }
}

/* In matches: the answer to the oldest frame that has none. */
static enum sym_err take_answer(struct sym_overlap_run *run, const struct overlap_payload *payload)
{
    const struct overlap_stream *s = &run->evaluated_gone;
    enum overlap_slot *slot = &run->slots[sym_overlap_slot(s)];
    enum sym_err err = *slot == SLOT_SENT ? SYM_OK : SYM_WRONG_STATE;
    for (size_t i = 0; err == SYM_OK && i < payload->n; i++) {
        err = sym_seen_add(run->seen, payload->items + i * SYM_ELEMENT_BYTES);
    }
    if (err == SYM_OK) {
        memcpy(sym_overlap_slot_elements(run, s), payload->items, payload->n * SYM_ELEMENT_BYTES);
        *slot = SLOT_RECEIVED;
    }
    return err;
}

/* Each item comes behind the one in front of it; `at` items lie there already. */
static enum sym_err append(uint8_t *items, uint32_t at, const struct overlap_payload *payload,
                           size_t len, bool strictly)
{
    size_t before = at > 0 ? 1 : 0;
    size_t n = payload->n + before;
    uint8_t *from = items + (at - before) * len;
    memcpy(items + at * len, payload->items, payload->n * len);
    size_t broken = sym_sorted_break(from, n, len, strictly);
    if (broken == n) {
        return SYM_OK;
    }
    bool repeated = sym_sorted_compare(from + (broken - 1) * len, from + broken * len, len) == 0;
    return repeated ? SYM_REPLAY : SYM_BAD_VALUE;
}

enum sym_err sym_overlap_take_evaluated(struct sym_overlap_run *run,
                                        const struct overlap_payload *payload)
{
    struct overlap_stream *s = &run->evaluated_gone;
    enum sym_err err = sym_overlap_expect(s, payload);
    if (err == SYM_OK && run->matches) {
        err = take_answer(run, payload);
    } else if (err == SYM_OK) {
        err = append(run->elements->bytes, s->at, payload, SYM_ELEMENT_BYTES, true);
    }
    if (err == SYM_OK) {
        s->at += payload->n;
        gathered(run);
    }
    return err;
}

enum sym_err sym_overlap_take_tags(struct sym_overlap_run *run,
                                   const struct overlap_payload *payload)
{
    struct overlap_stream *s = &run->tags_gone;
    if (run->blinded_gone.at == 0) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_overlap_expect(s, payload);
    if (err == SYM_OK) {
        err = append(run->tags, s->at, payload, run->tag_len, false);
    }
    if (err == SYM_OK) {
        s->at += payload->n;
        gathered(run);
    }
    return err;
}

/* Unblinding -----------------------------------------------------------------------------------
 */

static enum sym_err finish_piece(const struct overlap_job *job, size_t first, size_t n)
{
    const struct sym_overlap_run *run = job->run;
    struct sym_span inputs[OVERLAP_GRAIN];
    uint8_t padding[OVERLAP_GRAIN][SYM_HASH_BYTES];
    enum sym_err err = SYM_OK;
    for (size_t m = 0; err == SYM_OK && n > 0; first += m, n -= m) {
        struct sym_oprf_tags tags = {.data =
                                         run->initiator.own_tags + (job->at + first) * run->tag_len,
                                     .len = run->tag_len};
        m = n < OVERLAP_GRAIN ? n : OVERLAP_GRAIN;
        if (run->matches) {
            sym_overlap_inputs(inputs, padding, run, job->at + first, m);
        }
        err = sym_oprf_finalize(tags, NULL, run->config.with, run->matches ? inputs : NULL,
                                job->frame + first, m, sym_scalar_in(&run->scalar));
    }
    return err;
}

static enum sym_err finished(struct sym_overlap_run *run, const struct overlap_job *job)
{
    run->initiator.finished += (uint32_t)job->n;
    if (job->slot != NULL) {
        *job->slot = SLOT_FREE;
    }
    if (run->initiator.finished == run->config.own_size) {
        sym_secret_clear(&run->scalar);
    }
    return SYM_OK;
}

static bool offer_finish(struct sym_overlap_run *run, struct overlap_job *job)
{
    struct overlap_stream *s = &run->initiator.finish;
    job->slot = run->matches ? &run->slots[sym_overlap_slot(s)] : NULL;
    bool here = run->matches ? *job->slot == SLOT_RECEIVED : s->at < run->evaluated_gone.at;
    if (sym_overlap_over(s) || !here) {
        return false;
    }
    if (run->matches) {
        *job->slot = SLOT_WORKING;
    }
    job->piece = finish_piece;
    job->done = finished;
    job->frame = run->matches ? sym_overlap_slot_elements(run, s) : run->elements + s->at;
    job->at = s->at;
    job->n = sym_overlap_due(s);
    s->at += sym_overlap_due(s);
    return true;
}

/* Joining --------------------------------------------------------------------------------------
 */

static enum sym_err join_piece(const struct overlap_job *job, size_t first, size_t n)
{
    const struct sym_overlap_run *run = job->run;
    const struct overlap_initiator *a = &run->initiator;
    for (size_t place = job->at + first, end = place + n; place < end; place++) {
        size_t index = run->matches ? a->order[place] : place;
        a->hits[index] = sym_sorted_has(run->tags, run->tags_gone.total, run->tag_len,
                                        a->own_tags + place * run->tag_len);
    }
    return SYM_OK;
}

/* Padding does not match but by an accident that the length of tags makes rare. */
static enum sym_err collect(struct sym_overlap_run *run)
{
    struct overlap_initiator *a = &run->initiator;
    size_t n = run->matches ? run->config.n : run->config.own_size;
    for (size_t i = 0; i < n; i++) {
        a->common += a->hits[i];
    }
    if (run->matches) {
        a->matches = malloc(a->common > 0 ? a->common * sizeof *a->matches : 1);
        if (a->matches == NULL) {
            return SYM_NO_MEMORY;
        }
        for (size_t i = 0, found = 0; i < n; i++) {
            if (a->hits[i] != 0) {
                a->matches[found++] = (uint32_t)i;
            }
        }
    }
    run->state = OVERLAP_CLOSES;
    return SYM_OK;
}

static enum sym_err joined(struct sym_overlap_run *run, const struct overlap_job *job)
{
    run->initiator.joined += (uint32_t)job->n;
    return run->initiator.joined == run->config.own_size ? collect(run) : SYM_OK;
}

static bool offer_join(struct sym_overlap_run *run, struct overlap_job *job)
{
    struct overlap_stream *s = &run->initiator.join;
    uint32_t left = s->total - s->at;
    if (run->state != OVERLAP_JOINS || run->initiator.finished < s->total || left == 0) {
        return false;
    }
    job->piece = join_piece;
    job->done = joined;
    job->at = s->at;
    job->n = left < OVERLAP_JOIN_ITEMS ? left : OVERLAP_JOIN_ITEMS;
    job->grain = SYM_OVERLAP_ITEMS_MAX;
    s->at += (uint32_t)job->n;
    return true;
}

bool sym_overlap_initiator_offer(struct sym_overlap_run *run, struct overlap_job *job)
{
    return run->state != OVERLAP_DEAD && (offer_shuffle(run, job) || offer_blind(run, job) ||
                                          offer_finish(run, job) || offer_join(run, job));
}
