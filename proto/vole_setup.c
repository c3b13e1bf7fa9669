#include "crypto/vole/prefix.h"
#include "proto/vole_state.h"

/* Base OTs of one piece of work. */
#define BASE_GRAIN 32u

/* Section 5: session setup -----------------------------------------------------------------------
 */

static void join_base_ots(struct sym_base_ots *ots, const struct sym_vole_run *run)
{
    *ots = (struct sym_base_ots){.group = run->config.with,
                                 .with = run->config.kernel,
                                 .sid = run->sid,
                                 .y_r = (const struct sym_element *)(const void *)(run->m2 + 32)};
}

_Static_assert(_Alignof(struct sym_element) == 1, "an element may lie anywhere in a message");

void sym_vole_commitment(uint8_t out[32], const struct sym_vole_run *run, const uint8_t w_s[32])
{
    const struct sym_span parts[] = {sym_span(run->m1, 32), sym_span(w_s, 32)};
    sym_prefix_hash_once(out, run->config.kernel, sym_prefix_no_context, "commit", 0, 0, parts, 2);
}

static enum sym_err draw_y(struct sym_vole_run *run)
{
    struct sym_element y_r;
    enum sym_err err = sym_secret_new(&run->scalar, SYM_SCALAR_BYTES);
    if (err == SYM_OK) {
        sym_scalar_random(sym_scalar_in(&run->scalar));
        err = sym_ristretto_multiply(&y_r, NULL, run->config.with, &sym_ristretto_generator, 1,
                                     sym_scalar_in(&run->scalar));
    }
    if (err == SYM_OK) {
        memcpy(run->m2 + 32, y_r.bytes, sizeof y_r.bytes);
    }
    return err;
}

static void draw_delta(struct sym_vole_run *run)
{
    struct vole_secrets *s = sym_vole_secrets(run);
    uint8_t delta[SYM_BLOCK_BYTES];
    sym_random(delta, sizeof delta);
    s->delta = sym_block_load(delta);
    sym_wipe(delta, sizeof delta);
    sym_random(run->m1, 32);
    sym_vole_commitment(run->m1 + 32, run, s->w);
}

enum sym_err sym_vole_setup_new(struct sym_vole_run *run)
{
    enum sym_err err = sym_secret_new(&run->secrets, sizeof(struct vole_secrets));
    if (err == SYM_OK) {
        err = sym_vole_buffer_make(run, &run->m3, SYM_BASE_OT_PAIRS_BYTES);
    }
    if (err != SYM_OK) {
        return err;
    }
    sym_random(sym_vole_secrets(run)->w, 32);
    if (sym_vole_is_r(run)) {
        return draw_y(run);
    }
    draw_delta(run);
    return SYM_OK;
}

void sym_vole_draw_nonce(struct sym_vole_run *run)
{
    sym_random(run->m2, 32);
}

enum sym_err sym_vole_name_session(struct sym_vole_run *run)
{
    const struct sym_span parts[] = {sym_span(SYM_VOLE_SUITE, sizeof SYM_VOLE_SUITE),
                                     sym_span(run->config.context, SYM_VOLE_CONTEXT_BYTES),
                                     sym_span(run->m1, VOLE_M1_BYTES), sym_span(run->m2, 32)};
    sym_prefix_hash_once(run->sid, run->config.kernel, sym_prefix_no_context, "sid", run->n_r,
                         run->n_s, parts, sizeof parts / sizeof *parts);
    sym_code_init(&run->code, run->config.kernel, &run->g, run->sid);
    return sym_vole_list_begin(run);
}

void sym_vole_name_context(struct sym_vole_run *run)
{
    const struct sym_span parts[] = {sym_span(run->m1, VOLE_M1_BYTES),
                                     sym_span(run->m2, VOLE_M2_BYTES),
                                     sym_span(run->m3.at, SYM_BASE_OT_PAIRS_BYTES)};
    sym_prefix_hash_once(run->ctx, run->config.kernel, run->sid, "ctx", 0, 0, parts,
                         sizeof parts / sizeof *parts);
}

/* Section 7, "Check": one equality for the session. */
void sym_vole_equality(uint8_t out[32], const struct sym_vole_run *run)
{
    const uint8_t *w_r = sym_vole_is_r(run) ? sym_vole_secrets(run)->w : run->m7;
    const struct sym_span parts[] = {sym_span(w_r, 32), sym_span(run->end.at, run->end.len)};
    sym_prefix_hash_once(out, run->config.kernel, run->ctx, "eq", run->g.batches, 0, parts,
                         sizeof parts / sizeof *parts);
}

/* Section 8, step 3. */
void sym_vole_name_masks(struct sym_vole_run *run, const uint8_t w_r[32], const uint8_t w_s[32])
{
    struct vole_secrets *s = sym_vole_secrets(run);
    uint8_t w[32];
    for (size_t i = 0; i < sizeof w; i++) {
        w[i] = w_r[i] ^ w_s[i];
    }
    const struct sym_span part = sym_span(w, sizeof w);
    sym_prefix_hash_once(s->c2, run->config.kernel, run->ctx, "final", 0, 0, &part, 1);
    sym_wipe(w, sizeof w);
}

/* Section 6: base OTs ----------------------------------------------------------------------------
 */

static enum sym_err base_piece(const struct vole_job *job, size_t first, size_t n)
{
    const struct sym_vole_run *run = job->run;
    struct vole_secrets *s = sym_vole_secrets(run);
    struct sym_element *pairs = (struct sym_element *)(void *)run->m3.at;
    struct sym_base_ots ots;
    join_base_ots(&ots, run);
    if (!sym_vole_is_r(run)) {
        return sym_base_ot_choose(pairs, s->keys, &ots, &s->delta, first, n);
    }
    return sym_base_ot_offer(s->keys, &ots, pairs, sym_scalar_in(&run->scalar), first, n);
}

static enum sym_err base_done(struct sym_vole_run *run, const struct vole_job *job)
{
    (void)job;
    sym_vole_name_context(run);
    sym_secret_clear(&run->scalar);
    run->state = sym_vole_is_r(run) ? VOLE_R_RUNS : VOLE_S_OFFERS;
    return SYM_OK;
}

bool sym_vole_offer_base(struct sym_vole_run *run, struct vole_job *job)
{
    bool due = run->state == VOLE_R_OPENS || run->state == VOLE_S_CHOOSES;
    if (!due || run->opening) {
        return false;
    }
    run->opening = true;
    job->piece = base_piece;
    job->done = base_done;
    job->n = SYM_VOLE_ROWS;
    job->grain = BASE_GRAIN;
    job->fault = "an element of the base OTs is none, or leads to the identity";
    return true;
}
