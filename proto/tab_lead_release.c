#include "proto/tab_lead_state.h"

#include <stdlib.h>
#include <string.h>

/* Below the threshold a cell is 0, and nothing else is left of it. A noisy sum may be negative. */
static void suppress(struct sym_tab_lead *l)
{
    uint64_t threshold = l->noise.release.threshold;
    l->suppressed = 0;
    for (uint32_t i = 0; i < l->cells; i++) {
        bool below = l->sum[i] > INT64_MAX || l->sum[i] < threshold;
        l->sum[i] = below ? 0 : l->sum[i];
        l->suppressed += below;
    }
}

static size_t varint_bytes(uint64_t v)
{
    size_t len = 1;
    while (v >= 0x80u) {
        v >>= 7;
        len++;
    }
    return len;
}

static enum sym_err pack(struct sym_tab_lead *l)
{
    size_t len = 0;
    size_t done = 0;
    for (uint32_t i = 0; i < l->cells; i++) {
        len += varint_bytes(l->sum[i]);
    }
    enum sym_err err = sym_tab_bytes_new(&l->released, len);
    if (err == SYM_OK) {
        sym_cells_write(l->released.data, len, &l->released_len, l->sum, l->cells, &done);
    }
    return err;
}

static enum sym_err threshold(const struct tab_job *job, size_t first, size_t n)
{
    struct sym_tab_lead *l = job->owner;
    (void)first;
    (void)n;
    enum sym_err err = sym_tab_noise_of(&l->noise, &l->noise_params, l->n_survivors, l->cells);
    if (err == SYM_OK) {
        suppress(l);
        err = pack(l);
    }
    return err;
}

static enum sym_err thresholded(const struct tab_job *job, enum sym_err err)
{
    struct sym_tab_lead *l = job->owner;
    l->task_out = false;
    sym_lead_sum_clear(l);
    for (uint32_t i = 0; i < l->rules.n; i++) {
        sym_secret_clear(&l->legs[i].shares);
    }
    l->unmasking = UNMASK_DONE;
    return err;
}

void sym_lead_job_release(struct sym_tab_lead *l, struct tab_job *job)
{
    (void)l;
    job->piece = threshold;
    job->done = thresholded;
    job->n = 1;
}

/* The head -------------------------------------------------------------------------------------
 */

static void describe(struct sym_release *r, const struct sym_tab_lead *l)
{
    const struct sym_tab_question *q = &l->config.question;
    *r = (struct sym_release){
        .version = 1,
        .tabulation = sym_span(q->tabulation, sizeof q->tabulation),
        .qid = sym_span(l->qid, sizeof l->qid),
        .initiator = sym_span(q->initiator, sizeof q->initiator),
        .dataset = q->dataset,
        .purpose = q->purpose,
        .basis = q->basis,
        .query = q->query,
        .cohort = sym_tab_bytes_span(&l->cohort),
        .survivors = sym_span(l->survivors, l->n_survivors),
        .quorum = l->rules.quorum,
        .colluders = l->rules.colluders,
        .noise_shares = l->rules.noise_shares,
        .sensitivity = l->noise_params.sensitivity,
        .half_width = l->noise.release.half_width,
        .threshold = l->noise.release.threshold,
        .cells = l->cells,
        .suppressed = l->suppressed,
        .ghosts_per_million = l->noise.ghosts_per_million,
        .consents_hash = sym_span(l->consents_hash, sizeof l->consents_hash),
        .survivors_hash = sym_span(l->survivors_hash, sizeof l->survivors_hash),
    };
}

static enum sym_err make_head(struct sym_tab_lead *l, uint64_t wall_ms)
{
    struct sym_release r;
    uint8_t epochs[8 * SYM_TAB_MEMBERS_MAX];
    uint8_t cells_hash[SYM_HASH_BYTES];
    enum sym_err err = sym_sha256(cells_hash, sym_span(l->released.data, l->released_len));
    for (uint32_t i = 0; i < l->rules.n; i++) {
        sym_put_u64(epochs + 8 * (size_t)i, l->epochs[i]);
    }
    describe(&r, l);
    r.released_ms = wall_ms;
    r.epochs = sym_span(epochs, 8 * (size_t)l->rules.n);
    r.cells_hash = sym_span(cells_hash, sizeof cells_hash);
    if (err == SYM_OK) {
        err = sym_tab_encode(&l->head, &sym_msg_release, &r,
                             r.query.len + r.cohort.len + r.epochs.len + r.survivors.len +
                                 r.dataset.len);
    }
    return err == SYM_OK ? sym_release_hash(l->release_hash, sym_tab_bytes_span(&l->head)) : err;
}

enum sym_err sym_tab_lead_release(struct sym_tab_lead *l, struct sym_span *head,
                                  struct sym_span *cells, uint64_t wall_ms)
{
    if (l->unmasking != UNMASK_DONE || l->phase == SYM_TAB_FAILED) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = l->head.len == 0 ? make_head(l, wall_ms) : SYM_OK;
    if (err == SYM_OK) {
        *head = sym_tab_bytes_span(&l->head);
        *cells = sym_span(l->released.data, l->released_len);
    }
    return err;
}
