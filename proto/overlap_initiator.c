#include "proto/overlap_state.h"
#include "proto/shuffle.h"

#include <stdlib.h>
#include <string.h>

enum sym_err sym_overlap_initiator_new(struct sym_overlap_run *run)
{
    struct overlap_initiator *a = &run->initiator;
    size_t size = run->config.own_size;
    run->state = OVERLAP_SHUFFLES;
    a->blind.total = a->finish.total = a->join.total = run->config.own_size;
    a->order = malloc(size * sizeof *a->order);
    if (run->matches) {
        a->own_tags = malloc(size * run->tag_len);
        a->hits = calloc(size, 1);
    }
    bool here = a->order != NULL && (!run->matches || (a->own_tags != NULL && a->hits != NULL));
    return here ? SYM_OK : SYM_NO_MEMORY;
}

void sym_overlap_initiator_release(struct sym_overlap_run *run)
{
    struct overlap_initiator *a = &run->initiator;
    size_t size = run->config.own_size;
    sym_wipe_free(a->order, size * sizeof *a->order);
    a->order = NULL;
    sym_wipe_free(a->own_tags, size * run->tag_len);
    a->own_tags = NULL;
    sym_wipe_free(a->hits, size);
    a->hits = NULL;
}

/* Shuffling ------------------------------------------------------------------------------------
 */

static enum sym_err shuffle_piece(const struct overlap_job *job, size_t first, size_t n)
{
    const struct sym_overlap_config *c = &job->run->config;
    (void)first;
    (void)n;
    if (c->n > 0 && sym_sorted_break(c->digests, c->n, SYM_HASH_BYTES, true) < c->n) {
        return SYM_INTERNAL;
    }
    sym_shuffle(job->run->initiator.order, c->own_size);
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
        sym_wipe_free(run->initiator.order, run->config.own_size * sizeof *run->initiator.order);
        run->initiator.order = NULL;
    }
}

/* What comes back ------------------------------------------------------------------------------
 */

/* All has come, and each element was one: the close is due. What matched is not known yet, so that
 * its moment cannot tell. */
static void gathered(struct sym_overlap_run *run)
{
    if (sym_overlap_over(&run->evaluated_gone) && sym_overlap_over(&run->tags_gone)) {
        bool all = run->initiator.finished == run->config.own_size;
        run->state = all ? OVERLAP_CLOSES : OVERLAP_UNBLINDS;
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

static enum sym_err check_pair(const uint8_t *item, const uint8_t *next, size_t len, bool strictly)
{
    int order = sym_sorted_compare(item, next, len);
    if (order > 0) {
        return SYM_BAD_VALUE;
    }
    return order == 0 && strictly ? SYM_REPLAY : SYM_OK;
}

/* Each item comes behind the one in front of it, the first behind `last` (NULL: nothing). */
static enum sym_err check_order(const struct overlap_payload *payload, const uint8_t *last,
                                size_t len, bool strictly)
{
    const uint8_t *items = payload->items;
    enum sym_err err = last == NULL ? SYM_OK : check_pair(last, items, len, strictly);
    size_t broken = sym_sorted_break(items, payload->n, len, strictly);
    if (err != SYM_OK || broken == payload->n) {
        return err;
    }
    return check_pair(items + (broken - 1) * len, items + broken * len, len, strictly);
}

/* In count. The last element may have become a tag already, hence a copy of it. */
static enum sym_err keep_answers(struct sym_overlap_run *run, const struct overlap_payload *payload)
{
    uint32_t at = run->evaluated_gone.at;
    struct sym_element *last = &run->initiator.last;
    enum sym_err err = check_order(payload, at > 0 ? last->bytes : NULL, SYM_ELEMENT_BYTES, true);
    if (err == SYM_OK) {
        memcpy(run->elements + at, payload->items, payload->n * SYM_ELEMENT_BYTES);
        *last = run->elements[at + payload->n - 1];
    }
    return err;
}

static enum sym_err keep_tags(struct sym_overlap_run *run, const struct overlap_payload *payload)
{
    uint8_t *to = run->tags + run->tags_gone.at * run->tag_len;
    enum sym_err err =
        check_order(payload, run->tags_gone.at > 0 ? to - run->tag_len : NULL, run->tag_len, false);
    if (err == SYM_OK) {
        memcpy(to, payload->items, payload->n * run->tag_len);
    }
    return err;
}

enum sym_err sym_overlap_take_evaluated(struct sym_overlap_run *run,
                                        const struct overlap_payload *payload)
{
    struct overlap_stream *s = &run->evaluated_gone;
    enum sym_err err = sym_overlap_expect(s, payload);
    if (err == SYM_OK) {
        err = run->matches ? take_answer(run, payload) : keep_answers(run, payload);
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
        err = keep_tags(run, payload);
    }
    if (err == SYM_OK) {
        s->at += payload->n;
        gathered(run);
    }
    return err;
}

/* Unblinding -----------------------------------------------------------------------------------
 */

static enum sym_err finish_matches(const struct overlap_job *job, size_t first, size_t n)
{
    const struct sym_overlap_run *run = job->run;
    struct sym_span inputs[OVERLAP_GRAIN];
    uint8_t padding[OVERLAP_GRAIN][SYM_HASH_BYTES];
    struct sym_oprf_tags tags = {.data = run->initiator.own_tags + (job->at + first) * run->tag_len,
                                 .len = run->tag_len};
    sym_overlap_inputs(inputs, padding, run, job->at + first, n);
    return sym_oprf_finalize(tags, NULL, run->config.with, inputs, job->frame + first, n,
                             sym_scalar_in(&run->scalar));
}

/* An element that was unblinded is needed no more: its tag takes its place. */
static enum sym_err finish_count(const struct overlap_job *job, size_t first, size_t n)
{
    const struct sym_overlap_run *run = job->run;
    uint8_t data[OVERLAP_GRAIN * SYM_ELEMENT_BYTES];
    struct sym_oprf_tags tags = {.data = data, .len = run->tag_len};
    enum sym_err err = sym_oprf_finalize(tags, NULL, run->config.with, NULL, job->frame + first, n,
                                         sym_scalar_in(&run->scalar));
    for (size_t i = 0; err == SYM_OK && i < n; i++) {
        memcpy(job->frame[first + i].bytes, data + i * run->tag_len, run->tag_len);
    }
    return err;
}

static enum sym_err finish_piece(const struct overlap_job *job, size_t first, size_t n)
{
    enum sym_err err = SYM_OK;
    for (size_t m = 0; err == SYM_OK && n > 0; first += m, n -= m) {
        m = n < OVERLAP_GRAIN ? n : OVERLAP_GRAIN;
        err = job->run->matches ? finish_matches(job, first, m) : finish_count(job, first, m);
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
        gathered(run);
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

/* The tag of an own element; in a count its first byte becomes the hit. */
static uint8_t *own_tag(const struct sym_overlap_run *run, size_t place)
{
    return run->matches ? run->initiator.own_tags + place * run->tag_len
                        : run->elements[place].bytes;
}

static enum sym_err join_piece(const struct overlap_job *job, size_t first, size_t n)
{
    const struct sym_overlap_run *run = job->run;
    const struct overlap_initiator *a = &run->initiator;
    for (size_t place = job->at + first, end = place + n; place < end; place++) {
        uint8_t *tag = own_tag(run, place);
        uint8_t *hit = run->matches ? a->hits + a->order[place] : tag;
        *hit = sym_sorted_has(run->tags, run->tags_gone.total, run->tag_len, tag);
    }
    return SYM_OK;
}

/* Padding does not match but by an accident that the length of tags makes rare. */
static enum sym_err list_matches(struct sym_overlap_run *run)
{
    struct overlap_initiator *a = &run->initiator;
    for (size_t i = 0; i < run->config.n; i++) {
        a->common += a->hits[i];
    }
    a->matches = malloc(a->common > 0 ? a->common * sizeof *a->matches : 1);
    for (size_t i = 0, found = 0; a->matches != NULL && i < run->config.n; i++) {
        if (a->hits[i] != 0) {
            a->matches[found++] = (uint32_t)i;
        }
    }
    return a->matches == NULL ? SYM_NO_MEMORY : SYM_OK;
}

/* What the caller does with the result may take its time, and memory. */
static enum sym_err collect(struct sym_overlap_run *run)
{
    enum sym_err err = SYM_OK;
    if (run->matches) {
        err = list_matches(run);
    } else {
        for (size_t i = 0; i < run->config.own_size; i++) {
            run->initiator.common += own_tag(run, i)[0];
        }
    }
    if (err == SYM_OK) {
        sym_overlap_release(run);
        run->initiator.knows = true;
    }
    return err;
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
    bool closed = run->state == OVERLAP_CLOSED || run->state == OVERLAP_DONE;
    if (!closed || left == 0) {
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
