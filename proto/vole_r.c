#include "crypto/vole/batch.h"
#include "crypto/vole/cot.h"
#include "crypto/vole/trees.h"
#include "proto/vole_state.h"

/* Trees of one piece of work. */
#define TREES_GRAIN 26u

enum sym_err sym_vole_r_new(struct sym_vole_run *run)
{
    const struct sym_vole_geometry *g = &run->g;
    enum sym_err err = SYM_OK;
    run->state = VOLE_R_LISTENS;
    for (uint32_t i = 0; i < VOLE_ROOMS_MAX; i++) {
        struct vole_room *room = &run->rooms[i];
        *room = (struct vole_room){.batch = i, .stage = VOLE_IDLE};
        if (err != SYM_OK || i >= VOLE_R_ROOMS || i >= g->batches) {
            continue;
        }
        room->stage = R_ENCODES;
        /* All outputs of the code: those that are not used may have noise, too. */
        err = sym_vole_buffer_zero(run, &room->m6,
                                   (1 + (size_t)g->outputs) * sizeof(struct sym_block));
    }
    return err;
}

/* What comes -----------------------------------------------------------------------------------
 */

static enum sym_err begin_m1(struct sym_vole_run *run, struct vole_arrival *a)
{
    a->to = run->m1;
    a->len = VOLE_M1_BYTES;
    return SYM_OK;
}

static enum sym_err end_m1(struct sym_vole_run *run)
{
    sym_vole_draw_nonce(run);
    run->state = VOLE_R_GREETS;
    return sym_vole_name_session(run);
}

static enum sym_err begin_m3(struct sym_vole_run *run, struct vole_arrival *a)
{
    a->to = run->m3.at;
    a->len = SYM_BASE_OT_PAIRS_BYTES;
    return SYM_OK;
}

static enum sym_err end_m3(struct sym_vole_run *run)
{
    run->state = VOLE_R_OPENS;
    return SYM_OK;
}

/* S has passed every M4 that it answers, and is not too far ahead. */
static enum sym_err begin_m5(struct sym_vole_run *run, struct vole_arrival *a)
{
    if (run->m5_gone >= run->m4_gone) {
        return sym_vole_blame(run, SYM_WRONG_STATE, "M5 came before its M4 was sent");
    }
    if (run->m5_gone >= run->m6_gone + SYM_VOLE_AHEAD) {
        return sym_vole_blame(run, SYM_LIMIT, "M5 came too far ahead of M6");
    }
    struct vole_buffer *m5 = &run->cots[run->m5_gone].m5;
    enum sym_err err = sym_vole_buffer_make(run, m5, sym_vole_m5_bytes(&run->g));
    a->to = m5->at;
    a->len = sym_vole_m5_bytes(&run->g);
    return err;
}

static enum sym_err end_m5(struct sym_vole_run *run)
{
    run->m5_gone++;
    return SYM_OK;
}

static enum sym_err begin_m8(struct sym_vole_run *run, struct vole_arrival *a)
{
    a->to = run->m8;
    a->len = VOLE_M8_BYTES;
    return SYM_OK;
}

/* Sections 7 and 8, step 3: what was guessed wrong comes to light here, all at once. */
static enum sym_err end_m8(struct sym_vole_run *run)
{
    const uint8_t *w_s = run->m8 + 32;
    uint8_t want[32];
    sym_vole_commitment(want, run, w_s);
    if (!sym_equal(want, run->m1 + 32, sizeof want)) {
        return sym_vole_blame(run, SYM_BAD_TAG, "the other side opened another commitment");
    }
    sym_vole_equality(want, run);
    if (!sym_equal(want, run->m8, sizeof want)) {
        return sym_vole_blame(run, SYM_BAD_TAG, "the VOLE check failed: a tree, or x*, is wrong");
    }
    sym_vole_name_masks(run, sym_vole_secrets(run)->w, w_s);
    run->state = VOLE_R_MATCHES;
    return sym_vole_list_go_on(run);
}

static enum sym_err begin_m9(struct sym_vole_run *run, struct vole_arrival *a)
{
    size_t len = run->n_s * (size_t)SYM_VOLE_MASK_BYTES;
    enum sym_err err = sym_vole_buffer_make(run, &run->list.masks, len);
    a->to = run->list.masks.at;
    a->len = len;
    return err;
}

/* Section 10: no sign after M6 depends on matches, neither does the moment of the close. */
static enum sym_err end_m9(struct sym_vole_run *run)
{
    run->state = VOLE_CLOSES;
    return SYM_OK;
}

/* An empty cell is a refusal. */
static const struct vole_taker takers[VOLE_STATE_COUNT][VOLE_MESSAGE_COUNT] = {
    [VOLE_R_LISTENS] = {[VOLE_M1] = {begin_m1, end_m1}},
    [VOLE_R_AWAITS_PAIRS] = {[VOLE_M3] = {begin_m3, end_m3}},
    [VOLE_R_RUNS] = {[VOLE_M5] = {begin_m5, end_m5}},
    [VOLE_R_AWAITS_WORD] = {[VOLE_M8] = {begin_m8, end_m8}},
    [VOLE_R_MATCHES] = {[VOLE_M9] = {begin_m9, end_m9}},
};

const struct vole_taker *sym_vole_r_taker(enum vole_state state, enum vole_message type)
{
    const struct vole_taker *t = &takers[state][type];
    return t->begin != NULL ? t : NULL;
}

/* Section 6: COT matrices ------------------------------------------------------------------------
 */

static enum sym_err matrix_piece(const struct vole_job *job, size_t first, size_t n)
{
    struct sym_vole_run *run = job->run;
    struct vole_cots *c = &run->cots[job->batch];
    const struct sym_vole_geometry *g = &run->g;
    size_t blocks = sym_cot_scratch_blocks(g);
    struct vole_buffer scratch = sym_vole_scratch(run, blocks * sizeof(struct sym_block));
    (void)first;
    (void)n;
    enum sym_err err = sym_vole_buffer_make(run, &c->m4, sym_vole_m4_bytes(g));
    if (err == SYM_OK) {
        err = sym_vole_buffer_make(run, &c->row, g->row_blocks * sizeof(struct sym_block));
    }
    if (err == SYM_OK) {
        err = sym_vole_buffer_make(run, &c->cots, sym_vole_cots(g) * sizeof(struct sym_block));
    }
    if (err == SYM_OK && scratch.at != NULL) {
        sym_cot_draw(sym_vole_blocks(&c->row), c->alpha, g);
        sym_cot_offer(c->m4.at, sym_vole_blocks(&c->cots), c->base, run->config.kernel, g, run->ctx,
                      job->batch, (const uint8_t(*)[SYM_COT_KEY_BYTES])sym_vole_secrets(run)->keys,
                      sym_vole_blocks(&c->row), sym_vole_blocks(&scratch));
    }
    err = scratch.at == NULL ? SYM_NO_MEMORY : err;
    sym_vole_scratch_back(run, &scratch);
    return err;
}

static enum sym_err matrix_done(struct sym_vole_run *run, const struct vole_job *job)
{
    run->cots[job->batch].made = true;
    while (run->cots_made < run->g.batches && run->cots[run->cots_made].made) {
        run->cots_made++;
    }
    return SYM_OK;
}

static bool offer_matrix(struct sym_vole_run *run, struct vole_job *job)
{
    if (run->state != VOLE_R_RUNS) {
        return false;
    }
    for (uint32_t b = run->m4_gone; b < run->g.batches && b < run->m4_gone + VOLE_M4_READY_MAX;
         b++) {
        if (!run->cots[b].given) {
            run->cots[b].given = true;
            job->piece = matrix_piece;
            job->done = matrix_done;
            job->fault = "a COT matrix could not be made";
            job->batch = b;
            return true;
        }
    }
    return false;
}

/* Sections 7 and 8: what is done with a batch ----------------------------------------------------
 */

/* P, and later A, behind x*. */
static struct sym_block *vector_p(const struct vole_room *room)
{
    return sym_vole_blocks(&room->m6) + 1;
}

static enum sym_err encode_piece(const struct vole_job *job, size_t first, size_t n)
{
    const struct sym_vole_run *run = job->run;
    struct vole_buffer scratch = sym_vole_scratch(run, sym_okvs_scratch_bytes(&run->g));
    enum sym_err err = scratch.at == NULL ? SYM_NO_MEMORY : SYM_OK;
    for (size_t bin = first; err == SYM_OK && bin < first + n; bin++) {
        size_t items = 0;
        const struct sym_okvs_item *in =
            sym_vole_list_bin(run, sym_vole_first_bin(&run->g, job->batch) + (uint32_t)bin, &items);
        err = sym_okvs_encode(vector_p(job->room) + sym_vole_column(run, bin), NULL,
                              run->config.kernel, &run->g, in, items, scratch.at);
    }
    sym_vole_scratch_back(run, &scratch);
    return err == SYM_LIMIT ? SYM_BAD_VALUE : err;
}

/* Vectors that another batch has left are warm. */
static enum sym_err take_vectors(struct sym_vole_run *run, struct vole_vectors *v)
{
    const size_t half = run->g.outputs * sizeof(struct sym_block);
    if (v->leaves.at == NULL) {
        *v = run->spare;
        run->spare = (struct vole_vectors){.leaves = {0}};
    }
    enum sym_err err = sym_vole_buffer_make(run, &v->leaves, 2 * half);
    err = err == SYM_OK ? sym_vole_buffer_make(run, &v->noise, half) : err;
    return err == SYM_OK ? sym_vole_buffer_make(run, &v->pairs, 2 * half) : err;
}

static enum sym_err claim_piece(const struct vole_job *job, size_t first, size_t n)
{
    struct sym_vole_run *run = job->run;
    struct vole_room *room = job->room;
    const struct vole_cots *c = &run->cots[job->batch];
    (void)first;
    (void)n;
    room->chi = sym_batch_challenge(run->config.kernel, &run->g, run->ctx, job->batch, c->m5.at);
    struct sym_block x_star = sym_batch_claim(run->config.kernel, &run->g, room->chi, c->alpha,
                                              sym_cot_noise(sym_vole_blocks(&c->row), &run->g));
    sym_block_store(room->m6.at, x_star);
    memset(room->sums, 0, sizeof room->sums);
    return SYM_OK;
}

static enum sym_err follow_piece(const struct vole_job *job, size_t first, size_t n)
{
    struct sym_vole_run *run = job->run;
    struct vole_room *room = job->room;
    const struct sym_vole_geometry *g = &run->g;
    const struct vole_cots *c = &run->cots[job->batch];
    const struct sym_trees trees = {run->config.kernel, g, run->ctx, job->batch};
    size_t blocks = sym_trees_scratch_blocks(g);
    struct vole_buffer scratch = sym_vole_scratch(run, blocks * sizeof(struct sym_block));
    if (scratch.at == NULL) {
        return SYM_NO_MEMORY;
    }
    struct sym_block *w = sym_vole_blocks(&room->v.leaves);
    sym_trees_follow(w, &trees, c->m5.at, c->alpha, sym_vole_blocks(&c->cots), c->base, first, n,
                     sym_vole_blocks(&scratch));
    room->sums[first] =
        sym_batch_sum(run->config.kernel, w, first * g->leaves, n * (size_t)g->leaves, room->chi);
    sym_vole_scratch_back(run, &scratch);
    return SYM_OK;
}

static enum sym_err accumulate_piece(const struct vole_job *job, size_t first, size_t n)
{
    const struct sym_vole_run *run = job->run;
    const struct vole_room *room = job->room;
    (void)first;
    (void)n;
    sym_code_accumulate_pairs(sym_vole_blocks(&room->v.pairs), &run->code,
                              sym_vole_blocks(&room->v.leaves) + run->g.outputs,
                              sym_vole_blocks(&room->v.noise));
    return SYM_OK;
}

static enum sym_err spread_piece(const struct vole_job *job, size_t first, size_t n)
{
    const struct sym_vole_run *run = job->run;
    const struct vole_room *room = job->room;
    size_t all = sym_vole_batch_columns(&run->g, job->batch);
    size_t from = first * SYM_CODE_GRAIN;
    size_t end = (first + n) * SYM_CODE_GRAIN;
    size_t m = (end < all ? end : all) - from;
    struct vole_buffer scratch = sym_vole_scratch(run, sym_code_scratch_bytes(&run->code));
    if (scratch.at == NULL) {
        return SYM_NO_MEMORY;
    }
    sym_code_spread_pairs(sym_vole_blocks(&room->v.leaves), vector_p(room), &run->code,
                          sym_vole_blocks(&room->v.pairs), from, m, scratch.at);
    sym_vole_scratch_back(run, &scratch);
    return SYM_OK;
}

static enum sym_err decode_piece(const struct vole_job *job, size_t first, size_t n)
{
    const struct sym_vole_run *run = job->run;
    const struct sym_block *w = sym_vole_blocks(&job->room->v.leaves);
    for (size_t bin = first; bin < first + n; bin++) {
        uint32_t number = sym_vole_first_bin(&run->g, job->batch) + (uint32_t)bin;
        size_t items = 0;
        const struct sym_okvs_item *in = sym_vole_list_bin(run, number, &items);
        sym_okvs_decode(sym_vole_list_acc(run, number), run->config.kernel, &run->g, in, items,
                        w + sym_vole_column(run, bin));
    }
    return SYM_OK;
}

static void give_vectors(struct sym_vole_run *run, struct vole_vectors *v)
{
    if (run->spare.leaves.at == NULL) {
        run->spare = *v;
        *v = (struct vole_vectors){.leaves = {0}};
    }
}

/* U: half of it goes through the code, the other half is added to P, where U ends. */
static void place_noise(const struct sym_vole_run *run, const struct vole_room *room)
{
    const struct vole_cots *c = &run->cots[room->batch];
    const struct sym_block *noise = sym_cot_noise(sym_vole_blocks(&c->row), &run->g);
    memset(room->v.noise.at, 0, run->g.outputs * sizeof(struct sym_block));
    sym_trees_noise(vector_p(room), &run->g, c->alpha, noise, false);
    sym_trees_noise(sym_vole_blocks(&room->v.noise), &run->g, c->alpha, noise, true);
}

/* The room turns to its next batch. */
static void leave(struct sym_vole_run *run, struct vole_room *room)
{
    if (room->stage != R_RESTS || run->m6_gone <= room->batch) {
        return;
    }
    room->batch += VOLE_R_ROOMS;
    room->stage = room->batch < run->g.batches ? R_ENCODES : VOLE_IDLE;
}

static enum sym_err stage_done(struct sym_vole_run *run, const struct vole_job *job)
{
    struct vole_room *room = job->room;
    struct vole_cots *c = &run->cots[room->batch];
    enum sym_err err = SYM_OK;
    if (room->stage == R_CLAIMS) {
        err = take_vectors(run, &room->v);
    }
    if (room->stage == R_FOLLOWS) {
        place_noise(run, room);
        sym_vole_blocks(&run->end)[room->batch] = sym_batch_end_r(sym_vole_sum(room), c->base);
        run->ends++;
        sym_vole_buffer_free(run, &c->m5);
        sym_vole_buffer_wipe(run, &c->cots);
        sym_vole_buffer_wipe(run, &c->row);
    }
    if (room->stage == R_DECODES) {
        sym_vole_list_passed(run, room->batch);
        give_vectors(run, &room->v);
    }
    room->stage++;
    leave(run, room);
    return err == SYM_OK ? sym_vole_list_go_on(run) : err;
}

/* Can this stage begin, and of how many items is it? */
static size_t stage_items(const struct sym_vole_run *run, const struct vole_room *room)
{
    switch ((unsigned)room->stage) {
    case R_ENCODES:
        return run->list.stage == LIST_READY ? sym_vole_batch_bins(&run->g, room->batch) : 0;
    case R_CLAIMS:
        return room->batch < run->m5_gone ? 1 : 0;
    case R_FOLLOWS:
        return SYM_VOLE_TREES;
    case R_ACCUMULATES:
        return 1;
    case R_SPREADS:
        return sym_vole_groups(run, room->batch);
    case R_DECODES:
        return sym_vole_batch_bins(&run->g, room->batch);
    }
    return 0;
}

static const struct vole_stage_work stages[VOLE_STAGE_COUNT] = {
    [R_ENCODES] = {encode_piece, 1, "own items could not be encoded: begin a new exchange"},
    [R_CLAIMS] = {claim_piece, 1, "x* could not be computed"},
    [R_FOLLOWS] = {follow_piece, TREES_GRAIN, "the trees could not be computed"},
    [R_ACCUMULATES] = {accumulate_piece, 1, "the code could not be computed"},
    [R_SPREADS] = {spread_piece, SYM_CODE_PANEL, "the code could not be computed"},
    [R_DECODES] = {decode_piece, 1, "own items could not be decoded"},
};

static bool offer_stage(struct sym_vole_run *run, struct vole_room *room, struct vole_job *job)
{
    size_t n = stage_items(run, room);
    if (n == 0) {
        return false;
    }
    sym_vole_describe(job, &stages[room->stage], n, stage_done);
    return true;
}

bool sym_vole_r_offer(struct sym_vole_run *run, struct vole_job *job)
{
    return sym_vole_offer_base(run, job) || offer_matrix(run, job) ||
           sym_vole_offer_rooms(run, VOLE_R_ROOMS, offer_stage, job) ||
           sym_vole_offer_list(run, job);
}

/* What leaves ----------------------------------------------------------------------------------
 */

bool sym_vole_r_departs(const struct sym_vole_run *run, struct vole_departure *out)
{
    const struct sym_vole_geometry *g = &run->g;
    const struct vole_room *room = &run->rooms[run->m6_gone % VOLE_R_ROOMS];
    if (run->state == VOLE_R_GREETS) {
        return sym_vole_leaves(out, VOLE_M2, run->m2, VOLE_M2_BYTES);
    }
    if (run->state == VOLE_R_SHARES) {
        return sym_vole_leaves(out, VOLE_M7, sym_vole_secrets(run)->w, VOLE_M7_BYTES);
    }
    if (run->state != VOLE_R_RUNS) {
        return false;
    }
    if (run->m4_gone < g->batches) {
        return run->m4_gone < run->cots_made &&
               sym_vole_leaves(out, VOLE_M4, run->cots[run->m4_gone].m4.at, sym_vole_m4_bytes(g));
    }
    bool ready =
        room->batch == run->m6_gone && (room->stage == R_DECODES || room->stage == R_RESTS);
    return ready && sym_vole_leaves(out, VOLE_M6, room->m6.at, sym_vole_m6_bytes(g, room->batch));
}

enum sym_err sym_vole_r_departed(struct sym_vole_run *run, enum vole_message type)
{
    if (type == VOLE_M2) {
        run->state = VOLE_R_AWAITS_PAIRS;
    } else if (type == VOLE_M4) {
        sym_vole_buffer_free(run, &run->cots[run->m4_gone++].m4);
    } else if (type == VOLE_M6) {
        struct vole_room *room = &run->rooms[run->m6_gone++ % VOLE_R_ROOMS];
        leave(run, room);
        run->state = run->m6_gone == run->g.batches ? VOLE_R_SHARES : run->state;
    } else if (type == VOLE_M7) {
        run->state = VOLE_R_AWAITS_WORD;
    }
    return SYM_OK;
}
