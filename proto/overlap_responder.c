#include "proto/overlap_state.h"

#include <string.h>

/* Parts that one piece of work sorts. */
#define PARTS_GRAIN 4u

enum sym_err sym_overlap_responder_new(struct sym_overlap_run *run)
{
    struct overlap_responder *b = &run->responder;
    run->state = OVERLAP_LISTENS;
    b->evaluate.total = run->config.peer_size;
    b->own.total = run->config.own_size;
    b->tags =
        (struct overlap_sorter){.items = run->tags, .n = run->config.own_size, .len = run->tag_len};
    if (!run->matches) {
        b->elements = (struct overlap_sorter){.items = run->elements->bytes,
                                              .n = run->config.peer_size,
                                              .len = SYM_ELEMENT_BYTES,
                                              .strictly = true};
    }
    return SYM_OK;
}

/* What comes -----------------------------------------------------------------------------------
 */

static enum sym_err take_question(struct sym_overlap_run *run,
                                  const struct overlap_payload *payload)
{
    const struct overlap_stream *s = &run->blinded_gone;
    enum overlap_slot *slot = &run->slots[sym_overlap_slot(s)];
    enum sym_err err = *slot == SLOT_FREE ? SYM_OK : SYM_LIMIT;
    for (size_t i = 0; err == SYM_OK && i < payload->n; i++) {
        err = sym_seen_add(run->seen, payload->items + i * SYM_ELEMENT_BYTES);
    }
    if (err == SYM_OK) {
        memcpy(sym_overlap_slot_elements(run, s), payload->items, payload->n * SYM_ELEMENT_BYTES);
        *slot = SLOT_RECEIVED;
    }
    return err;
}

enum sym_err sym_overlap_take_blinded(struct sym_overlap_run *run,
                                      const struct overlap_payload *payload)
{
    struct overlap_stream *s = &run->blinded_gone;
    enum sym_err err = sym_overlap_expect(s, payload);
    if (err == SYM_OK && run->matches) {
        err = take_question(run, payload);
    } else if (err == SYM_OK) {
        memcpy(run->elements + s->at, payload->items, payload->n * SYM_ELEMENT_BYTES);
    }
    if (err == SYM_OK) {
        s->at += payload->n;
        run->state = sym_overlap_over(s) ? OVERLAP_ANSWERS : OVERLAP_TAKES;
    }
    return err;
}

/* Evaluating -----------------------------------------------------------------------------------
 */

static enum sym_err evaluate_piece(const struct overlap_job *job, size_t first, size_t n)
{
    struct sym_element *at = job->frame + first;
    return sym_oprf_evaluate(at, NULL, job->run->config.with, at, n,
                             sym_scalar_in(&job->run->scalar));
}

static enum sym_err evaluated(struct sym_overlap_run *run, const struct overlap_job *job)
{
    run->responder.evaluated += (uint32_t)job->n;
    if (job->slot != NULL) {
        *job->slot = SLOT_READY;
    }
    return SYM_OK;
}

static bool offer_evaluate(struct sym_overlap_run *run, struct overlap_job *job)
{
    struct overlap_stream *s = &run->responder.evaluate;
    job->slot = run->matches ? &run->slots[sym_overlap_slot(s)] : NULL;
    bool here = run->matches ? *job->slot == SLOT_RECEIVED : s->at < run->blinded_gone.at;
    if (sym_overlap_over(s) || !here) {
        return false;
    }
    if (run->matches) {
        *job->slot = SLOT_WORKING;
    }
    job->piece = evaluate_piece;
    job->done = evaluated;
    job->frame = run->matches ? sym_overlap_slot_elements(run, s) : run->elements + s->at;
    job->n = sym_overlap_due(s);
    s->at += sym_overlap_due(s);
    return true;
}

/* Own tags -------------------------------------------------------------------------------------
 */

/* The digests at these places, and the one before, ascend. */
static bool own_ascend(const struct sym_overlap_config *c, size_t place, size_t n)
{
    size_t from = place > 0 ? place - 1 : 0;
    size_t end = place + n < c->n ? place + n : c->n;
    return end <= from || sym_sorted_break(c->digests + from * SYM_HASH_BYTES, end - from,
                                           SYM_HASH_BYTES, true) == end - from;
}

static enum sym_err own_piece(const struct overlap_job *job, size_t first, size_t n)
{
    const struct sym_overlap_run *run = job->run;
    struct sym_span inputs[OVERLAP_GRAIN];
    uint8_t padding[OVERLAP_GRAIN][SYM_HASH_BYTES];
    enum sym_err err = own_ascend(&run->config, job->at + first, n) ? SYM_OK : SYM_INTERNAL;
    for (size_t m = 0; err == SYM_OK && n > 0; first += m, n -= m) {
        struct sym_oprf_tags tags = {.data = run->tags + (job->at + first) * run->tag_len,
                                     .len = run->tag_len};
        m = n < OVERLAP_GRAIN ? n : OVERLAP_GRAIN;
        sym_overlap_inputs(inputs, padding, run, job->at + first, m);
        err = sym_oprf_evaluate_own(tags, NULL, run->config.with, inputs, m,
                                    sym_scalar_in(&run->scalar),
                                    run->matches ? SYM_OPRF_INPUT : SYM_OPRF_NO_INPUT);
    }
    return err;
}

static enum sym_err tagged(struct sym_overlap_run *run, const struct overlap_job *job)
{
    run->responder.tagged += (uint32_t)job->n;
    run->responder.own_out--;
    return SYM_OK;
}

static bool offer_own(struct sym_overlap_run *run, struct overlap_job *job)
{
    struct overlap_stream *s = &run->responder.own;
    if (sym_overlap_over(s) || run->responder.own_out == OVERLAP_OWN_WORKS_MAX) {
        return false;
    }
    run->responder.own_out++;
    job->piece = own_piece;
    job->done = tagged;
    job->at = s->at;
    job->n = sym_overlap_due(s);
    s->at += sym_overlap_due(s);
    return true;
}

/* Sorting --------------------------------------------------------------------------------------
 */

static enum sym_err split_piece(const struct overlap_job *job, size_t first, size_t n)
{
    struct overlap_sorter *s = job->sorter;
    (void)first;
    (void)n;
    sym_sorted_split(s->starts, s->items, s->n, s->len);
    return SYM_OK;
}

static enum sym_err was_split(struct sym_overlap_run *run, const struct overlap_job *job)
{
    (void)run;
    job->sorter->state = SORT_SPLIT;
    return SYM_OK;
}

/* A multiple of a secret repeats only where the element did. */
static enum sym_err sort_piece(const struct overlap_job *job, size_t first, size_t n)
{
    const struct overlap_sorter *s = job->sorter;
    for (size_t part = first; part < first + n; part++) {
        uint8_t *items = s->items + s->starts[part] * s->len;
        size_t count = s->starts[part + 1] - s->starts[part];
        sym_sorted_sort(items, count, s->len);
        if (s->strictly && sym_sorted_break(items, count, s->len, true) < count) {
            return SYM_REPLAY;
        }
    }
    return SYM_OK;
}

static enum sym_err sorted(struct sym_overlap_run *run, const struct overlap_job *job)
{
    (void)run;
    job->sorter->state = SORT_DONE;
    return SYM_OK;
}

static bool offer_sort(struct overlap_sorter *s, bool complete, struct overlap_job *job)
{
    job->sorter = s;
    if (s->state == SORT_LATER && complete && s->n > 0) {
        s->state = SORT_SPLITTING;
        job->piece = split_piece;
        job->done = was_split;
        job->n = 1;
        return true;
    }
    if (s->state == SORT_SPLIT) {
        s->state = SORT_WORKING;
        job->piece = sort_piece;
        job->done = sorted;
        job->n = SYM_SORTED_PARTS;
        job->grain = PARTS_GRAIN;
        return true;
    }
    return false;
}

bool sym_overlap_responder_offer(struct sym_overlap_run *run, struct overlap_job *job)
{
    struct overlap_responder *b = &run->responder;
    return run->state != OVERLAP_DEAD &&
           (offer_evaluate(run, job) ||
            offer_sort(&b->elements, b->evaluated == run->config.peer_size, job) ||
            offer_sort(&b->tags, b->tagged == run->config.own_size, job) || offer_own(run, job));
}

/* What leaves ----------------------------------------------------------------------------------
 */

static bool answer_ready(const struct sym_overlap_run *run, const uint8_t **items)
{
    const struct overlap_stream *s = &run->evaluated_gone;
    if (sym_overlap_over(s)) {
        return false;
    }
    if (!run->matches) {
        *items = run->elements[s->at].bytes;
        return true;
    }
    *items = sym_overlap_slot_elements(run, s)->bytes;
    return run->slots[sym_overlap_slot(s)] == SLOT_READY;
}

bool sym_overlap_responder_ready(const struct sym_overlap_run *run, struct overlap_payload *out)
{
    const struct overlap_responder *b = &run->responder;
    bool asked = run->matches ? run->state == OVERLAP_TAKES || run->state == OVERLAP_ANSWERS
                              : run->state == OVERLAP_ANSWERS && b->elements.state == SORT_DONE;
    if (!asked) {
        return false;
    }
    *out = (struct overlap_payload){.type = OVERLAP_EVALUATED};
    if (answer_ready(run, &out->items)) {
        out->n = sym_overlap_due(&run->evaluated_gone);
        return true;
    }
    *out = (struct overlap_payload){.type = OVERLAP_TAGS,
                                    .n = sym_overlap_due(&run->tags_gone),
                                    .items = run->tags + run->tags_gone.at * run->tag_len};
    return b->tags.state == SORT_DONE && !sym_overlap_over(&run->tags_gone);
}

void sym_overlap_responder_sent(struct sym_overlap_run *run, const struct overlap_payload *payload)
{
    if (payload->type == OVERLAP_TAGS) {
        run->tags_gone.at += payload->n;
    } else {
        if (run->matches) {
            run->slots[sym_overlap_slot(&run->evaluated_gone)] = SLOT_FREE;
        }
        run->evaluated_gone.at += payload->n;
    }
    if (sym_overlap_over(&run->evaluated_gone) && sym_overlap_over(&run->tags_gone)) {
        run->state = OVERLAP_AWAITS_CLOSE;
        sym_overlap_release(run);
    }
}
