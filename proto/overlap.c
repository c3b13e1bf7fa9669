#include "proto/overlap_state.h"

#include <stdlib.h>
#include <string.h>

static bool initiates(const struct sym_overlap_run *run)
{
    return run->config.role == SYM_SESSION_INITIATOR;
}

static enum sym_err die(struct sym_overlap_run *run, enum sym_err err)
{
    if (err != SYM_OK && run->state != OVERLAP_DONE) {
        run->state = OVERLAP_DEAD;
    }
    return err;
}

/* What both sides share ------------------------------------------------------------------------
 */

size_t sym_overlap_item_bytes(const struct sym_overlap_run *run, enum overlap_message type)
{
    return type == OVERLAP_TAGS ? run->tag_len : SYM_ELEMENT_BYTES;
}

size_t sym_overlap_slot(const struct overlap_stream *s)
{
    return s->at / SYM_OVERLAP_ITEMS_MAX % SYM_OVERLAP_WINDOW;
}

struct sym_element *sym_overlap_slot_elements(const struct sym_overlap_run *run,
                                              const struct overlap_stream *s)
{
    struct sym_element *first = run->matches ? run->window : run->elements;
    return first + sym_overlap_slot(s) * SYM_OVERLAP_ITEMS_MAX;
}

void sym_overlap_inputs(struct sym_span inputs[OVERLAP_GRAIN],
                        uint8_t padding[OVERLAP_GRAIN][SYM_HASH_BYTES],
                        const struct sym_overlap_run *run, size_t place, size_t n)
{
    const struct sym_overlap_config *c = &run->config;
    if (c->n < c->own_size) {
        sym_random(padding[0], n * SYM_HASH_BYTES);
    }
    for (size_t i = 0; i < n; i++) {
        size_t index = run->initiator.order != NULL ? run->initiator.order[place + i] : place + i;
        inputs[i] = sym_span(index < c->n ? c->digests + index * SYM_HASH_BYTES : padding[i],
                             SYM_HASH_BYTES);
    }
}

/* Beginning and end ----------------------------------------------------------------------------
 */

static bool is_possible(const struct sym_overlap_config *c)
{
    uint32_t asked = c->role == SYM_SESSION_INITIATOR ? c->own_size : c->peer_size;
    return (c->kind == SYM_KIND_OVERLAP_MATCHES || c->kind == SYM_KIND_OVERLAP_COUNT) &&
           c->with != NULL && (c->digests != NULL || c->n == 0) && c->n <= c->own_size &&
           c->own_size <= SYM_SET_MAX && c->peer_size <= SYM_SET_MAX && asked > 0;
}

/* The window is as large as the set, where that is smaller. */
static size_t window_bytes(uint32_t elements)
{
    size_t most = (size_t)SYM_OVERLAP_WINDOW * SYM_OVERLAP_ITEMS_MAX;
    return (elements < most ? elements : most) * sizeof(struct sym_element);
}

/* In a count nothing is answered before all has been sent: until then the room of the answers is
 * the window. */
static enum sym_err make_elements(struct sym_overlap_run *run, uint32_t elements)
{
    if (!run->matches) {
        run->elements = malloc(elements * sizeof *run->elements);
        return run->elements == NULL ? SYM_NO_MEMORY : SYM_OK;
    }
    run->window = malloc(window_bytes(elements));
    return run->window == NULL ? SYM_NO_MEMORY : sym_seen_new(&run->seen, elements);
}

static enum sym_err set_up(struct sym_overlap_run *run)
{
    const struct sym_overlap_config *c = &run->config;
    uint32_t elements = initiates(run) ? c->own_size : c->peer_size;
    uint32_t tags = initiates(run) ? c->peer_size : c->own_size;
    run->tag_len = sym_overlap_tag_bytes(elements, tags);
    run->blinded_gone.total = run->evaluated_gone.total = elements;
    run->tags_gone.total = tags;
    enum sym_err err = sym_secret_new(&run->scalar, SYM_SCALAR_BYTES);
    if (err == SYM_OK) {
        sym_scalar_random(sym_scalar_in(&run->scalar));
        err = make_elements(run, elements);
    }
    if (err == SYM_OK) {
        run->tags = malloc(tags > 0 ? tags * run->tag_len : 1);
        err = run->tags == NULL ? SYM_NO_MEMORY : SYM_OK;
    }
    if (err != SYM_OK) {
        return err;
    }
    return initiates(run) ? sym_overlap_initiator_new(run) : sym_overlap_responder_new(run);
}

enum sym_err sym_overlap_new(struct sym_overlap_run **out, const struct sym_overlap_config *config)
{
    if (!is_possible(config)) {
        return SYM_BAD_VALUE;
    }
    struct sym_overlap_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return SYM_NO_MEMORY;
    }
    run->config = *config;
    run->matches = config->kind == SYM_KIND_OVERLAP_MATCHES;
    enum sym_err err = set_up(run);
    if (err != SYM_OK) {
        sym_overlap_free(run);
        return err;
    }
    *out = run;
    return SYM_OK;
}

void sym_overlap_release(struct sym_overlap_run *run)
{
    sym_overlap_initiator_release(run);
    sym_secret_clear(&run->scalar);
    sym_seen_free(run->seen);
    run->seen = NULL;
    sym_wipe_free(run->window, window_bytes(run->blinded_gone.total));
    run->window = NULL;
    sym_wipe_free(run->elements, run->blinded_gone.total * sizeof *run->elements);
    run->elements = NULL;
    sym_wipe_free(run->tags, run->tags_gone.total * run->tag_len);
    run->tags = NULL;
}

void sym_overlap_free(struct sym_overlap_run *run)
{
    if (run == NULL) {
        return;
    }
    sym_overlap_release(run);
    sym_wipe_free(run->initiator.matches, run->initiator.common * sizeof(uint32_t));
    free(run);
}

/* What leaves ----------------------------------------------------------------------------------
 */

static bool is_ready(const struct sym_overlap_run *run, struct overlap_payload *out)
{
    return initiates(run) ? sym_overlap_initiator_ready(run, out)
                          : sym_overlap_responder_ready(run, out);
}

enum sym_overlap_step sym_overlap_step(const struct sym_overlap_run *run, size_t *len)
{
    struct overlap_payload payload;
    *len = 0;
    if (run->state == OVERLAP_CLOSES) {
        return SYM_OVERLAP_CLOSE;
    }
    if (!is_ready(run, &payload)) {
        return SYM_OVERLAP_WAIT;
    }
    *len = sym_overlap_payload_bytes(payload.n, sym_overlap_item_bytes(run, payload.type));
    return SYM_OVERLAP_DATA;
}

static void send_payload(struct sym_overlap_run *run, uint8_t *out)
{
    struct overlap_payload payload;
    if (!is_ready(run, &payload)) {
        return;
    }
    sym_overlap_put(out, &payload, sym_overlap_item_bytes(run, payload.type));
    if (initiates(run)) {
        sym_overlap_initiator_sent(run, &payload);
    } else {
        sym_overlap_responder_sent(run, &payload);
    }
}

enum sym_err sym_overlap_write(struct sym_overlap_run *run, uint8_t *payload, size_t len)
{
    size_t due = 0;
    switch (sym_overlap_step(run, &due)) {
    case SYM_OVERLAP_WAIT:
        return die(run, SYM_WRONG_STATE);
    case SYM_OVERLAP_CLOSE:
        run->state = initiates(run) ? OVERLAP_CLOSED : OVERLAP_DONE;
        return SYM_OK;
    case SYM_OVERLAP_DATA:
        break;
    }
    if (len != due) {
        return die(run, SYM_TOO_LONG);
    }
    send_payload(run, payload);
    return SYM_OK;
}

/* What arrives ---------------------------------------------------------------------------------
 */

typedef enum sym_err take_fn(struct sym_overlap_run *run, const struct overlap_payload *payload);

static enum sym_err take_first_close(struct sym_overlap_run *run,
                                     const struct overlap_payload *payload)
{
    (void)payload;
    run->state = OVERLAP_CLOSES;
    return SYM_OK;
}

static enum sym_err take_second_close(struct sym_overlap_run *run,
                                      const struct overlap_payload *payload)
{
    (void)payload;
    run->state = OVERLAP_DONE;
    return SYM_OK;
}

/* An empty cell is a refusal. */
#define ROWS_OF_BOTH_KINDS                                                                         \
    [OVERLAP_GATHERS] = {[OVERLAP_EVALUATED] = sym_overlap_take_evaluated,                         \
                         [OVERLAP_TAGS] = sym_overlap_take_tags},                                  \
    [OVERLAP_LISTENS] = {[OVERLAP_BLINDED] = sym_overlap_take_blinded},                            \
    [OVERLAP_TAKES] = {[OVERLAP_BLINDED] = sym_overlap_take_blinded},                              \
    [OVERLAP_AWAITS_CLOSE] = {[OVERLAP_OTHER_CLOSED] = take_first_close},                          \
    [OVERLAP_CLOSED] = {[OVERLAP_OTHER_CLOSED] = take_second_close}

static take_fn *const count_table[OVERLAP_STATE_COUNT][OVERLAP_MESSAGE_COUNT] = {
    ROWS_OF_BOTH_KINDS,
};

/* In matches answers may come while questions are still being sent. */
static take_fn *const matches_table[OVERLAP_STATE_COUNT][OVERLAP_MESSAGE_COUNT] = {
    ROWS_OF_BOTH_KINDS,
    [OVERLAP_SENDS] =
        {[OVERLAP_EVALUATED] = sym_overlap_take_evaluated, [OVERLAP_TAGS] = sym_overlap_take_tags},
};

enum sym_err sym_overlap_take(struct sym_overlap_run *run, enum sym_session_event_kind kind,
                              struct sym_span payload)
{
    struct overlap_payload got = {.type = OVERLAP_OTHER_CLOSED};
    enum sym_err err = SYM_OK;
    if (kind == SYM_EVENT_DATA) {
        err = sym_overlap_get(&got, run->tag_len, payload);
    } else if (kind != SYM_EVENT_CLOSED) {
        err = SYM_WRONG_STATE;
    }
    if (err != SYM_OK) {
        return die(run, err);
    }
    take_fn *take = (run->matches ? matches_table : count_table)[run->state][got.type];
    return die(run, take == NULL ? SYM_WRONG_STATE : take(run, &got));
}

/* What is computed -----------------------------------------------------------------------------
 */

static enum sym_err run_piece(void *context, size_t first, size_t n)
{
    const struct overlap_job *job = context;
    return job->piece(job, first, n);
}

static struct overlap_job *free_job(struct sym_overlap_run *run)
{
    for (size_t i = 0; i < SYM_WORKS_OUT_MAX; i++) {
        if (!run->jobs[i].out) {
            return &run->jobs[i];
        }
    }
    return NULL;
}

bool sym_overlap_work(struct sym_overlap_run *run, struct sym_work *out)
{
    struct overlap_job *job = free_job(run);
    if (job == NULL) {
        return false;
    }
    *job = (struct overlap_job){.run = run, .grain = OVERLAP_GRAIN};
    job->out = initiates(run) ? sym_overlap_initiator_offer(run, job)
                              : sym_overlap_responder_offer(run, job);
    if (!job->out) {
        return false;
    }
    run->out++;
    *out = (struct sym_work){.run = run_piece, .context = job, .n = job->n, .grain = job->grain};
    return true;
}

enum sym_err sym_overlap_worked(struct sym_overlap_run *run, void *context, enum sym_err err)
{
    struct overlap_job *job = context;
    job->out = false;
    run->out--;
    if (run->state == OVERLAP_DEAD) {
        return SYM_OK;
    }
    return die(run, err == SYM_OK ? job->done(run, job) : err);
}

size_t sym_overlap_works_out(const struct sym_overlap_run *run)
{
    return run->out;
}

/* What is asked --------------------------------------------------------------------------------
 */

struct sym_overlap_progress sym_overlap_progress(const struct sym_overlap_run *run)
{
    uint64_t elements = run->blinded_gone.total;
    uint64_t tags = run->tags_gone.total;
    uint64_t done = (uint64_t)run->blinded_gone.at + run->evaluated_gone.at + run->tags_gone.at +
                    run->initiator.finished + run->responder.tagged;
    uint64_t own = initiates(run) ? elements : tags;
    return (struct sym_overlap_progress){.done = done, .total = 2 * elements + tags + own};
}

enum sym_err sym_overlap_result(const struct sym_overlap_run *run, struct sym_overlap_result *out)
{
    if (!run->initiator.knows || run->state == OVERLAP_DEAD) {
        return SYM_WRONG_STATE;
    }
    *out = (struct sym_overlap_result){.common = run->initiator.common,
                                       .matches = run->initiator.matches};
    return SYM_OK;
}
