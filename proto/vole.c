#include "proto/vole_state.h"

#include <stdlib.h>

/* Vectors of 64 bytes, and lines of the cache. */
#define ALIGNMENT 64u

static enum sym_err die(struct sym_vole_run *run, enum sym_err err, const char *why)
{
    if (err != SYM_OK && run->state != VOLE_DONE) {
        err = sym_vole_blame(run, err, why);
        run->state = VOLE_DEAD;
    }
    return err;
}

/* What both sides share ------------------------------------------------------------------------
 */

enum sym_err sym_vole_blame(struct sym_vole_run *run, enum sym_err err, const char *why)
{
    if (err == SYM_OK || run->fault.err != SYM_OK) {
        return err;
    }
    if (err == SYM_NO_MEMORY) {
        why = "no memory was left for engine vole";
    }
    return sym_fail(&run->fault, err, "%s", why);
}

/* The caller's memory, for a large buffer. */
static const struct sym_vole_memory *memory_for(const struct sym_vole_run *run, size_t len)
{
    return len >= VOLE_LARGE ? run->config.memory : NULL;
}

enum sym_err sym_vole_buffer_make(const struct sym_vole_run *run, struct vole_buffer *b, size_t len)
{
    const struct sym_vole_memory *memory = memory_for(run, len);
    if (b->at == NULL) {
        size_t whole = (len + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
        b->at = memory != NULL ? memory->take(len) : aligned_alloc(ALIGNMENT, whole);
        b->len = len;
    }
    return b->at == NULL ? SYM_NO_MEMORY : SYM_OK;
}

enum sym_err sym_vole_buffer_zero(const struct sym_vole_run *run, struct vole_buffer *b, size_t len)
{
    enum sym_err err = sym_vole_buffer_make(run, b, len);
    if (err == SYM_OK) {
        memset(b->at, 0, len);
    }
    return err;
}

void sym_vole_buffer_free(const struct sym_vole_run *run, struct vole_buffer *b)
{
    const struct sym_vole_memory *memory = memory_for(run, b->len);
    if (memory != NULL && b->at != NULL) {
        memory->give(b->at, b->len);
    } else {
        free(b->at);
    }
    *b = (struct vole_buffer){0};
}

void sym_vole_buffer_wipe(const struct sym_vole_run *run, struct vole_buffer *b)
{
    if (b->at != NULL) {
        sym_wipe(b->at, b->len);
    }
    sym_vole_buffer_free(run, b);
}

struct vole_buffer sym_vole_scratch(const struct sym_vole_run *run, size_t len)
{
    struct vole_buffer b = {0};
    for (size_t i = 0; i < VOLE_SCRATCH_MAX; i++) {
        struct vole_buffer *room = &run->scratch->of[i].room;
        if (__atomic_exchange_n(&run->scratch->of[i].taken, true, __ATOMIC_ACQUIRE)) {
            continue;
        }
        if (room->len < len) {
            sym_vole_buffer_free(run, room);
        }
        if (sym_vole_buffer_make(run, room, len) == SYM_OK) {
            __atomic_store_n(&run->scratch->of[i].at, room->at, __ATOMIC_RELAXED);
            return *room;
        }
        *room = (struct vole_buffer){0};
        __atomic_store_n(&run->scratch->of[i].taken, false, __ATOMIC_RELEASE);
        return b;
    }
    return sym_vole_buffer_make(run, &b, len) == SYM_OK ? b : (struct vole_buffer){0};
}

void sym_vole_scratch_back(const struct sym_vole_run *run, struct vole_buffer *b)
{
    for (size_t i = 0; i < VOLE_SCRATCH_MAX; i++) {
        if (b->at != NULL && __atomic_load_n(&run->scratch->of[i].at, __ATOMIC_RELAXED) == b->at) {
            __atomic_store_n(&run->scratch->of[i].at, NULL, __ATOMIC_RELAXED);
            __atomic_store_n(&run->scratch->of[i].taken, false, __ATOMIC_RELEASE);
            *b = (struct vole_buffer){0};
            return;
        }
    }
    sym_vole_buffer_free(run, b);
}

struct sym_block sym_vole_sum(const struct vole_room *room)
{
    struct sym_block sum = {0};
    for (size_t i = 0; i < SYM_VOLE_TREES; i++) {
        sum = sym_block_add(sum, room->sums[i]);
    }
    return sum;
}

size_t sym_vole_column(const struct sym_vole_run *run, size_t bin_of_batch)
{
    return bin_of_batch * run->g.columns;
}

/* Beginning and end ----------------------------------------------------------------------------
 */

static bool is_possible(const struct sym_vole_config *c)
{
    return c->with != NULL && c->kernel != NULL && (c->digests != NULL || c->n == 0) &&
           c->n <= c->own_size && c->own_size > 0 && c->own_size <= SYM_SET_MAX &&
           c->peer_size > 0 && c->peer_size <= SYM_SET_MAX;
}

static enum sym_err set_up(struct sym_vole_run *run)
{
    bool is_r = sym_vole_is_r(run);
    run->n_r = is_r ? run->config.own_size : run->config.peer_size;
    run->n_s = is_r ? run->config.peer_size : run->config.own_size;
    enum sym_err err = sym_vole_geometry_for(&run->g, run->n_r);
    if (err == SYM_OK) {
        run->cots = calloc(run->g.batches, sizeof *run->cots);
        run->scratch = calloc(1, sizeof *run->scratch);
        err = run->cots == NULL || run->scratch == NULL ? SYM_NO_MEMORY : SYM_OK;
    }
    if (err == SYM_OK) {
        err = sym_vole_buffer_zero(run, &run->end, run->g.batches * sizeof(struct sym_block));
    }
    if (err == SYM_OK) {
        err = sym_vole_setup_new(run);
    }
    if (err == SYM_OK) {
        err = is_r ? sym_vole_r_new(run) : sym_vole_s_new(run);
    }
    return err;
}

enum sym_err sym_vole_new(struct sym_vole_run **out, const struct sym_vole_config *config)
{
    if (!is_possible(config)) {
        return SYM_BAD_VALUE;
    }
    struct sym_vole_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return SYM_NO_MEMORY;
    }
    run->config = *config;
    enum sym_err err = set_up(run);
    if (err != SYM_OK) {
        sym_vole_free(run);
        return err;
    }
    *out = run;
    return SYM_OK;
}

static void release_cots(struct sym_vole_run *run, struct vole_cots *c)
{
    sym_vole_buffer_free(run, &c->m4);
    sym_vole_buffer_free(run, &c->m5);
    sym_vole_buffer_wipe(run, &c->cots);
    sym_vole_buffer_wipe(run, &c->row);
    sym_wipe(c->base, sizeof c->base);
    sym_wipe(c->alpha, sizeof c->alpha);
}

static void release_vectors(struct sym_vole_run *run, struct vole_vectors *v)
{
    sym_vole_buffer_wipe(run, &v->leaves);
    sym_vole_buffer_wipe(run, &v->noise);
    sym_vole_buffer_wipe(run, &v->pairs);
}

static void release_room(struct sym_vole_run *run, struct vole_room *room)
{
    sym_vole_buffer_free(run, &room->m5);
    sym_vole_buffer_wipe(run, &room->m6);
    sym_vole_buffer_wipe(run, &room->seeds);
    release_vectors(run, &room->v);
    sym_wipe(room->sums, sizeof room->sums);
}

void sym_vole_release(struct sym_vole_run *run)
{
    for (size_t i = 0; run->cots != NULL && i < run->g.batches; i++) {
        release_cots(run, &run->cots[i]);
    }
    free(run->cots);
    run->cots = NULL;
    for (size_t i = 0; i < VOLE_ROOMS_MAX; i++) {
        release_room(run, &run->rooms[i]);
    }
    release_vectors(run, &run->spare);
    sym_vole_list_release(run);
    for (size_t i = 0; run->scratch != NULL && i < VOLE_SCRATCH_MAX; i++) {
        sym_vole_buffer_free(run, &run->scratch->of[i].room);
    }
    sym_vole_buffer_wipe(run, &run->end);
    sym_vole_buffer_free(run, &run->m3);
    sym_secret_clear(&run->secrets);
    sym_secret_clear(&run->scalar);
    sym_wipe(run->m7, sizeof run->m7);
    sym_wipe(run->m8, sizeof run->m8);
}

void sym_vole_free(struct sym_vole_run *run)
{
    if (run == NULL) {
        return;
    }
    sym_vole_release(run);
    free(run->scratch);
    sym_wipe_free(run->list.matches, ((size_t)run->list.common + 1) * sizeof(uint32_t));
    free(run);
}

/* What leaves ----------------------------------------------------------------------------------
 */

static bool departs(const struct sym_vole_run *run, struct vole_departure *out)
{
    *out = (struct vole_departure){0};
    return sym_vole_is_r(run) ? sym_vole_r_departs(run, out) : sym_vole_s_departs(run, out);
}

enum sym_vole_step sym_vole_step(const struct sym_vole_run *run, size_t *len)
{
    struct vole_departure d;
    *len = 0;
    if (run->state == VOLE_CLOSES) {
        return SYM_VOLE_CLOSE;
    }
    if (departs(run, &d)) {
        *len = sym_vole_frame_due(run, &d);
    }
    return *len > 0 ? SYM_VOLE_DATA : SYM_VOLE_WAIT;
}

static enum sym_err send_frame(struct sym_vole_run *run, uint8_t *payload)
{
    struct vole_departure d;
    if (!departs(run, &d) || !sym_vole_frame_put(run, &d, payload)) {
        return SYM_OK;
    }
    return sym_vole_is_r(run) ? sym_vole_r_departed(run, d.type) : sym_vole_s_departed(run, d.type);
}

enum sym_err sym_vole_write(struct sym_vole_run *run, uint8_t *payload, size_t len)
{
    size_t due = 0;
    switch (sym_vole_step(run, &due)) {
    case SYM_VOLE_WAIT:
        return die(run, SYM_WRONG_STATE, "nothing was to be written");
    case SYM_VOLE_CLOSE:
        run->state = sym_vole_is_r(run) ? VOLE_CLOSED : VOLE_DONE;
        return SYM_OK;
    case SYM_VOLE_DATA:
        break;
    }
    if (len != due) {
        return die(run, SYM_TOO_LONG, "a frame was to be written into room of another length");
    }
    return die(run, send_frame(run, payload), "a message could not be sent");
}

/* What arrives ---------------------------------------------------------------------------------
 */

static enum sym_err take_close(struct sym_vole_run *run)
{
    if (run->state == VOLE_AWAITS_CLOSE) {
        run->state = VOLE_CLOSES;
        return SYM_OK;
    }
    if (run->state == VOLE_CLOSED) {
        run->state = VOLE_DONE;
        return SYM_OK;
    }
    return SYM_WRONG_STATE;
}

enum sym_err sym_vole_take(struct sym_vole_run *run, enum sym_session_event_kind kind,
                           struct sym_span payload)
{
    if (kind == SYM_EVENT_DATA) {
        return die(run, sym_vole_frame_take(run, payload), "a message was not as it should be");
    }
    if (kind == SYM_EVENT_CLOSED) {
        return die(run, take_close(run), "the other side closed too early");
    }
    return die(run, SYM_WRONG_STATE, "an event came that no overlap meets");
}

/* What is computed -----------------------------------------------------------------------------
 */

void sym_vole_describe(struct vole_job *job, const struct vole_stage_work *work, size_t n,
                       enum sym_err (*done)(struct sym_vole_run *run, const struct vole_job *job))
{
    job->piece = work->piece;
    job->done = done;
    job->fault = work->fault;
    job->n = n;
    job->grain = work->grain;
}

size_t sym_vole_groups(const struct sym_vole_run *run, uint32_t batch)
{
    return (sym_vole_batch_columns(&run->g, batch) + SYM_CODE_GRAIN - 1) / SYM_CODE_GRAIN;
}

bool sym_vole_offer_rooms(struct sym_vole_run *run, uint32_t rooms, vole_offer_fn *offer,
                          struct vole_job *job)
{
    uint32_t oldest = run->list.batches;
    for (uint32_t i = 0; i < rooms; i++) {
        struct vole_room *room = &run->rooms[(oldest + i) % rooms];
        if (room->stage != VOLE_IDLE && !room->working && offer(run, room, job)) {
            room->working = true;
            job->room = room;
            job->batch = room->batch;
            return true;
        }
    }
    return false;
}

static enum sym_err run_piece(void *context, size_t first, size_t n)
{
    const struct vole_job *job = context;
    return job->piece(job, first, n);
}

static struct vole_job *free_job(struct sym_vole_run *run)
{
    for (size_t i = 0; i < SYM_WORKS_OUT_MAX; i++) {
        if (!run->jobs[i].out) {
            return &run->jobs[i];
        }
    }
    return NULL;
}

bool sym_vole_work(struct sym_vole_run *run, struct sym_work *out)
{
    struct vole_job *job = free_job(run);
    if (job == NULL || run->state == VOLE_DEAD) {
        return false;
    }
    *job = (struct vole_job){.run = run, .n = 1, .grain = 1, .fault = "a work failed"};
    job->out = sym_vole_is_r(run) ? sym_vole_r_offer(run, job) : sym_vole_s_offer(run, job);
    if (!job->out) {
        return false;
    }
    run->out++;
    *out = (struct sym_work){.run = run_piece, .context = job, .n = job->n, .grain = job->grain};
    return true;
}

enum sym_err sym_vole_worked(struct sym_vole_run *run, void *context, enum sym_err err)
{
    struct vole_job *job = context;
    job->out = false;
    run->out--;
    if (job->room != NULL) {
        job->room->working = false;
    }
    if (run->state == VOLE_DEAD) {
        return SYM_OK;
    }
    return die(run, err == SYM_OK ? job->done(run, job) : err, job->fault);
}

size_t sym_vole_works_out(const struct sym_vole_run *run)
{
    return run->out;
}

/* What is asked --------------------------------------------------------------------------------
 */

/* Own items are hashed, binned, decoded, masked and partitioned; masks leave, or come and are
 * looked for. */
struct sym_vole_progress sym_vole_progress(const struct sym_vole_run *run)
{
    uint64_t own = run->config.own_size;
    return (struct sym_vole_progress){.done = run->list.passed, .total = 5 * own + run->n_s};
}

const char *sym_vole_fault(const struct sym_vole_run *run)
{
    return run->state == VOLE_DEAD ? run->fault.text : "";
}

enum sym_err sym_vole_result(const struct sym_vole_run *run, struct sym_vole_result *out)
{
    bool knows = sym_vole_is_r(run) && run->list.stage == LIST_DONE;
    if (!knows || run->state == VOLE_DEAD) {
        return SYM_WRONG_STATE;
    }
    *out = (struct sym_vole_result){.common = run->list.common, .matches = run->list.matches};
    return SYM_OK;
}
