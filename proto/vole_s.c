#include "crypto/vole/batch.h"
#include "crypto/vole/cot.h"
#include "crypto/vole/trees.h"
#include "proto/vole_state.h"

/* Trees of one piece of work. */
#define TREES_GRAIN 26u

enum sym_err sym_vole_s_new(struct sym_vole_run *run)
{
    const struct sym_vole_geometry *g = &run->g;
    enum sym_err err = SYM_OK;
    run->state = VOLE_S_COMMITS;
    for (uint32_t i = 0; i < VOLE_ROOMS_MAX; i++) {
        struct vole_room *room = &run->rooms[i];
        *room = (struct vole_room){.batch = i, .stage = VOLE_IDLE};
        if (err != SYM_OK || i >= g->batches) {
            continue;
        }
        room->stage = S_GROWS;
        err = sym_vole_buffer_make(run, &room->m5, sym_vole_m5_bytes(g));
        err = err == SYM_OK ? sym_vole_buffer_make(run, &room->m6, sym_vole_m6_bytes(g, 0)) : err;
        err = err == SYM_OK
                  ? sym_vole_buffer_make(run, &room->v.leaves, g->length * sizeof(struct sym_block))
                  : err;
        err = err == SYM_OK ? sym_vole_buffer_make(run, &room->seeds,
                                                   SYM_VOLE_TREES * sizeof(struct sym_block))
                            : err;
    }
    return err;
}

/* What comes -----------------------------------------------------------------------------------
 */

static struct vole_room *room_of(struct sym_vole_run *run, uint32_t batch)
{
    return &run->rooms[batch % VOLE_S_ROOMS];
}

static enum sym_err begin_m2(struct sym_vole_run *run, struct vole_arrival *a)
{
    a->to = run->m2;
    a->len = VOLE_M2_BYTES;
    return SYM_OK;
}

static enum sym_err end_m2(struct sym_vole_run *run)
{
    run->state = VOLE_S_CHOOSES;
    return sym_vole_name_session(run);
}

static enum sym_err begin_m4(struct sym_vole_run *run, struct vole_arrival *a)
{
    if (run->m4_gone == run->g.batches) {
        return sym_vole_blame(run, SYM_WRONG_STATE, "M4 came for a batch that is none");
    }
    struct vole_buffer *m4 = &run->cots[run->m4_gone].m4;
    enum sym_err err = sym_vole_buffer_make(run, m4, sym_vole_m4_bytes(&run->g));
    a->to = m4->at;
    a->len = sym_vole_m4_bytes(&run->g);
    return err;
}

static enum sym_err end_m4(struct sym_vole_run *run)
{
    run->m4_gone++;
    return SYM_OK;
}

static enum sym_err begin_m6(struct sym_vole_run *run, struct vole_arrival *a)
{
    if (run->m6_gone == run->m5_gone) {
        return sym_vole_blame(run, SYM_WRONG_STATE, "M6 came before its M5 was sent");
    }
    a->to = room_of(run, run->m6_gone)->m6.at;
    a->len = sym_vole_m6_bytes(&run->g, run->m6_gone);
    return SYM_OK;
}

static enum sym_err end_m6(struct sym_vole_run *run)
{
    room_of(run, run->m6_gone++)->m6_came = true;
    return SYM_OK;
}

static enum sym_err begin_m7(struct sym_vole_run *run, struct vole_arrival *a)
{
    if (run->m6_gone < run->g.batches) {
        return sym_vole_blame(run, SYM_WRONG_STATE, "M7 came before the last M6");
    }
    a->to = run->m7;
    a->len = VOLE_M7_BYTES;
    return SYM_OK;
}

/* M8, once w_R and all e are known. e itself never leaves: R could read delta out of it. */
static void find_words(struct sym_vole_run *run)
{
    if (run->state == VOLE_S_ANSWERS && run->ends == run->g.batches) {
        sym_vole_equality(run->m8, run);
        memcpy(run->m8 + 32, sym_vole_secrets(run)->w, 32);
    }
}

static enum sym_err end_m7(struct sym_vole_run *run)
{
    sym_vole_name_masks(run, run->m7, sym_vole_secrets(run)->w);
    run->state = VOLE_S_ANSWERS;
    find_words(run);
    return sym_vole_list_go_on(run);
}

/* An empty cell is a refusal. */
static const struct vole_taker takers[VOLE_STATE_COUNT][VOLE_MESSAGE_COUNT] = {
    [VOLE_S_AWAITS_ELEMENT] = {[VOLE_M2] = {begin_m2, end_m2}},
    [VOLE_S_RUNS] = {[VOLE_M4] = {begin_m4, end_m4},
                     [VOLE_M6] = {begin_m6, end_m6},
                     [VOLE_M7] = {begin_m7, end_m7}},
};

const struct vole_taker *sym_vole_s_taker(enum vole_state state, enum vole_message type)
{
    const struct vole_taker *t = &takers[state][type];
    return t->begin != NULL ? t : NULL;
}

/* Section 6: COT matrices ------------------------------------------------------------------------
 */

static enum sym_err matrix_piece(const struct vole_job *job, size_t first, size_t n)
{
    struct sym_vole_run *run = job->run;
    struct vole_secrets *s = sym_vole_secrets(run);
    struct vole_cots *c = &run->cots[job->batch];
    const struct sym_vole_geometry *g = &run->g;
    size_t blocks = sym_cot_scratch_blocks(g);
    struct vole_buffer scratch = sym_vole_scratch(run, blocks * sizeof(struct sym_block));
    (void)first;
    (void)n;
    enum sym_err err =
        sym_vole_buffer_make(run, &c->cots, sym_vole_cots(g) * sizeof(struct sym_block));
    if (err == SYM_OK && scratch.at != NULL) {
        err = sym_cot_accept(sym_vole_blocks(&c->cots), c->base, run->config.kernel, g, run->ctx,
                             job->batch, (const uint8_t(*)[SYM_COT_KEY_BYTES])s->keys, &s->delta,
                             c->m4.at, sym_vole_blocks(&scratch));
    }
    err = scratch.at == NULL ? SYM_NO_MEMORY : err;
    sym_vole_scratch_back(run, &scratch);
    return err;
}

static enum sym_err matrix_done(struct sym_vole_run *run, const struct vole_job *job)
{
    sym_vole_buffer_free(run, &run->cots[job->batch].m4);
    run->cots_made++;
    return SYM_OK;
}

static bool offer_matrix(struct sym_vole_run *run, struct vole_job *job)
{
    for (uint32_t b = run->cots_made; b < run->m4_gone; b++) {
        if (!run->cots[b].given) {
            run->cots[b].given = true;
            job->piece = matrix_piece;
            job->done = matrix_done;
            job->fault = "the OT check failed: a COT matrix is wrong, or of another session";
            job->batch = b;
            return true;
        }
    }
    return false;
}

/* Sections 7 and 8: what is done with a batch ----------------------------------------------------
 */

static enum sym_err grow_piece(const struct vole_job *job, size_t first, size_t n)
{
    struct sym_vole_run *run = job->run;
    const struct vole_room *room = job->room;
    const struct vole_cots *c = &run->cots[job->batch];
    const struct sym_trees trees = {run->config.kernel, &run->g, run->ctx, job->batch};
    size_t blocks = sym_trees_scratch_blocks(&run->g);
    struct vole_buffer scratch = sym_vole_scratch(run, blocks * sizeof(struct sym_block));
    if (scratch.at == NULL) {
        return SYM_NO_MEMORY;
    }
    sym_trees_grow(sym_vole_blocks(&room->v.leaves), room->m5.at, &trees,
                   sym_vole_blocks(&room->seeds), sym_vole_blocks(&c->cots), c->base,
                   &sym_vole_secrets(run)->delta, first, n, sym_vole_blocks(&scratch));
    sym_vole_scratch_back(run, &scratch);
    return SYM_OK;
}

static enum sym_err challenge_piece(const struct vole_job *job, size_t first, size_t n)
{
    const struct sym_vole_run *run = job->run;
    struct vole_room *room = job->room;
    (void)first;
    (void)n;
    room->chi = sym_batch_challenge(run->config.kernel, &run->g, run->ctx, job->batch, room->m5.at);
    memset(room->sums, 0, sizeof room->sums);
    return SYM_OK;
}

static enum sym_err sum_piece(const struct vole_job *job, size_t first, size_t n)
{
    const struct sym_vole_run *run = job->run;
    struct vole_room *room = job->room;
    size_t leaves = run->g.leaves;
    room->sums[first] = sym_batch_sum(run->config.kernel, sym_vole_blocks(&room->v.leaves),
                                      first * leaves, n * leaves, room->chi);
    return SYM_OK;
}

static enum sym_err accumulate_piece(const struct vole_job *job, size_t first, size_t n)
{
    const struct sym_vole_run *run = job->run;
    (void)first;
    (void)n;
    sym_code_accumulate(&run->code, sym_vole_blocks(&job->room->v.leaves) + run->g.outputs);
    return SYM_OK;
}

static enum sym_err spread_piece(const struct vole_job *job, size_t first, size_t n)
{
    const struct sym_vole_run *run = job->run;
    struct sym_block *v = sym_vole_blocks(&job->room->v.leaves);
    size_t all = sym_vole_batch_columns(&run->g, job->batch);
    size_t from = first * SYM_CODE_GRAIN;
    size_t end = (first + n) * SYM_CODE_GRAIN;
    struct vole_buffer scratch = sym_vole_scratch(run, sym_code_scratch_bytes(&run->code));
    if (scratch.at == NULL) {
        return SYM_NO_MEMORY;
    }
    sym_code_spread(v, &run->code, v + run->g.outputs, from, (end < all ? end : all) - from,
                    scratch.at);
    sym_vole_scratch_back(run, &scratch);
    return SYM_OK;
}

/* K = V + delta A for the columns of a bin, and acc of its items. */
static enum sym_err answer_piece(const struct vole_job *job, size_t first, size_t n)
{
    const struct sym_vole_run *run = job->run;
    const struct vole_room *room = job->room;
    const struct sym_block *delta = &sym_vole_secrets(run)->delta;
    for (size_t bin = first; bin < first + n; bin++) {
        uint32_t number = sym_vole_first_bin(&run->g, job->batch) + (uint32_t)bin;
        size_t column = sym_vole_column(run, bin);
        struct sym_block *k = sym_vole_blocks(&room->v.leaves) + column;
        size_t items = 0;
        const struct sym_okvs_item *in = sym_vole_list_bin(run, number, &items);
        sym_batch_shift(k, run->config.kernel, delta, room->m6.at + (1 + column) * SYM_BLOCK_BYTES,
                        run->g.columns);
        sym_okvs_decode_shifted(sym_vole_list_acc(run, number), run->config.kernel, &run->g, in,
                                items, k, delta);
    }
    return SYM_OK;
}

/* Section 7, "Check": S's side of the equality. */
static void end_check(struct sym_vole_run *run, const struct vole_room *room)
{
    sym_vole_blocks(&run->end)[room->batch] =
        sym_batch_end_s(run->config.kernel, sym_vole_sum(room), run->cots[room->batch].base,
                        &sym_vole_secrets(run)->delta, room->m6.at);
    run->ends++;
    find_words(run);
}

static void leave(struct sym_vole_run *run, struct vole_room *room)
{
    struct vole_cots *c = &run->cots[room->batch];
    sym_vole_buffer_wipe(run, &c->cots);
    sym_vole_list_passed(run, room->batch);
    room->m6_came = false;
    room->batch += VOLE_S_ROOMS;
    room->stage = room->batch < run->g.batches ? S_GROWS : VOLE_IDLE;
}

static enum sym_err stage_done(struct sym_vole_run *run, const struct vole_job *job)
{
    struct vole_room *room = job->room;
    if (room->stage < S_ANSWERS) {
        room->stage++;
        return SYM_OK;
    }
    leave(run, room);
    return sym_vole_list_go_on(run);
}

/* Can this stage begin, and of how many items is it? */
static size_t stage_items(const struct sym_vole_run *run, const struct vole_room *room)
{
    switch ((unsigned)room->stage) {
    case S_GROWS:
        return run->cots_made == run->g.batches ? SYM_VOLE_TREES : 0;
    case S_SUMS:
        return SYM_VOLE_TREES;
    case S_CHALLENGES:
    case S_ACCUMULATES:
        return 1;
    case S_SPREADS:
        return sym_vole_groups(run, room->batch);
    case S_ANSWERS:
        return room->m6_came && run->list.stage == LIST_READY
                   ? sym_vole_batch_bins(&run->g, room->batch)
                   : 0;
    }
    return 0;
}

static const struct vole_stage_work stages[VOLE_STAGE_COUNT] = {
    [S_GROWS] = {grow_piece, TREES_GRAIN, "the trees could not be computed"},
    [S_CHALLENGES] = {challenge_piece, 1, "the VOLE check could not be computed"},
    [S_SUMS] = {sum_piece, TREES_GRAIN, "the VOLE check could not be computed"},
    [S_ACCUMULATES] = {accumulate_piece, 1, "the code could not be computed"},
    [S_SPREADS] = {spread_piece, SYM_CODE_PANEL, "the code could not be computed"},
    [S_ANSWERS] = {answer_piece, 1, "own items could not be decoded"},
};

static bool offer_stage(struct sym_vole_run *run, struct vole_room *room, struct vole_job *job)
{
    size_t n = stage_items(run, room);
    if (n == 0) {
        return false;
    }
    if (room->stage == S_GROWS) {
        sym_random_many(room->seeds.at, room->seeds.len);
    }
    if (room->stage == S_ANSWERS) {
        end_check(run, room);
    }
    sym_vole_describe(job, &stages[room->stage], n, stage_done);
    return true;
}

bool sym_vole_s_offer(struct sym_vole_run *run, struct vole_job *job)
{
    return sym_vole_offer_base(run, job) || offer_matrix(run, job) ||
           sym_vole_offer_rooms(run, VOLE_S_ROOMS, offer_stage, job) ||
           sym_vole_offer_list(run, job);
}

/* What leaves ----------------------------------------------------------------------------------
 */

static bool tree_ready(const struct vole_room *room, uint32_t batch)
{
    return room->batch == batch && room->stage > S_GROWS && room->stage <= S_ANSWERS;
}

bool sym_vole_s_departs(const struct sym_vole_run *run, struct vole_departure *out)
{
    const struct vole_room *room = &run->rooms[run->m5_gone % VOLE_S_ROOMS];
    if (run->state == VOLE_S_COMMITS) {
        return sym_vole_leaves(out, VOLE_M1, run->m1, VOLE_M1_BYTES);
    }
    if (run->state == VOLE_S_OFFERS) {
        return sym_vole_leaves(out, VOLE_M3, run->m3.at, SYM_BASE_OT_PAIRS_BYTES);
    }
    if (run->state == VOLE_S_RUNS) {
        return tree_ready(room, run->m5_gone) &&
               sym_vole_leaves(out, VOLE_M5, room->m5.at, sym_vole_m5_bytes(&run->g));
    }
    if (run->state == VOLE_S_ANSWERS) {
        return run->ends == run->g.batches && sym_vole_leaves(out, VOLE_M8, run->m8, VOLE_M8_BYTES);
    }
    if (run->state == VOLE_S_LISTS) {
        out->type = VOLE_M9;
        out->from = sym_vole_list_sorted(run, &out->ready);
        out->len = run->n_s * (size_t)SYM_VOLE_MASK_BYTES;
        return true;
    }
    return false;
}

enum sym_err sym_vole_s_departed(struct sym_vole_run *run, enum vole_message type)
{
    if (type == VOLE_M1) {
        run->state = VOLE_S_AWAITS_ELEMENT;
    } else if (type == VOLE_M3) {
        run->state = VOLE_S_RUNS;
    } else if (type == VOLE_M5) {
        run->m5_gone++;
    } else if (type == VOLE_M8) {
        run->state = VOLE_S_LISTS;
    } else if (type == VOLE_M9) {
        run->state = VOLE_AWAITS_CLOSE;
        sym_vole_release(run);
    }
    return SYM_OK;
}
