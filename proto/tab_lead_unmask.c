#include "proto/tab_lead_state.h"

#include <stdlib.h>
#include <string.h>

static struct lead_leg *leg_of(const struct sym_tab_lead *l, size_t index)
{
    return &l->legs[l->consenting[index].place];
}

static bool has_survived(const struct sym_tab_lead *l, size_t index)
{
    return leg_of(l, index)->stage >= LEG_SENT;
}

/* Who helps ------------------------------------------------------------------------------------
 */

static uint32_t count_helpers(const struct sym_tab_lead *l)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->rules.n; i++) {
        n += l->legs[i].shares.len > 0;
    }
    return n;
}

static void list_helpers(struct sym_tab_lead *l)
{
    l->tried = 0;
    for (uint32_t i = 0; i < l->rules.n; i++) {
        if (l->legs[i].shares.len > 0) {
            l->helpers[l->tried++] = (uint8_t)i;
        }
    }
}

static enum sym_err make_secrets(struct sym_tab_lead *l)
{
    for (uint32_t i = 0; i < l->n_consents; i++) {
        l->verdicts[i] = SYM_AGAIN;
    }
    return sym_secret_new(&l->secrets, l->n_consents * (size_t)SYM_SHAMIR_BYTES);
}

enum sym_err sym_lead_weights(uint8_t *weights, const uint8_t *places, uint32_t n)
{
    uint8_t points[SYM_TAB_MEMBERS_MAX];
    for (uint32_t i = 0; i < n; i++) {
        points[i] = (uint8_t)(places[i] + 1);
    }
    return sym_shamir_weights(weights, points, n);
}

enum sym_err sym_lead_recover(struct sym_tab_lead *l)
{
    uint32_t n = count_helpers(l);
    if (n < l->rules.quorum || n <= l->tried) {
        return SYM_AGAIN;
    }
    list_helpers(l);
    enum sym_err err = sym_lead_weights(l->weights, l->helpers, l->rules.quorum);
    if (err == SYM_OK && l->secrets.len == 0) {
        err = make_secrets(l);
    }
    if (err == SYM_OK) {
        l->unmasking = UNMASK_RECOVERS;
    }
    return err;
}

/* Recovering -----------------------------------------------------------------------------------
 */

static enum sym_err check_secret(const struct sym_tab_lead *l, size_t index, const uint8_t *secret)
{
    const struct tab_consent *c = &l->consenting[index];
    uint8_t hash[SYM_HASH_BYTES];
    if (has_survived(l, index)) {
        enum sym_err err = sym_mask_commit(hash, secret, l->qid);
        bool fits = err == SYM_OK && sym_equal(hash, c->seed_hash, sizeof hash);
        return err == SYM_OK && !fits ? SYM_BAD_VALUE : err;
    }
    struct sym_exchange_key key = {0};
    enum sym_err err = sym_exchange_key_from(&key, sym_span(secret, SYM_X25519_BYTES));
    if (err == SYM_OK && !sym_equal(key.public_key, c->mask_key, SYM_X25519_BYTES)) {
        err = SYM_BAD_VALUE;
    }
    sym_exchange_key_clear(&key);
    return err;
}

enum sym_err sym_lead_combine(const struct sym_tab_lead *l, struct sym_share *secret,
                              uint32_t index, const uint8_t *places, const uint8_t *weights)
{
    struct sym_share shares[SYM_TAB_MEMBERS_MAX];
    for (uint32_t i = 0; i < l->rules.quorum; i++) {
        memcpy(shares[i].bytes, l->legs[places[i]].shares.data + index * SYM_SHAMIR_BYTES,
               SYM_SHAMIR_BYTES);
    }
    sym_shamir_combine(secret, weights, shares, l->rules.quorum);
    sym_wipe(shares, sizeof shares);
    return check_secret(l, index, secret->bytes);
}

static enum sym_err recover_one(const struct sym_tab_lead *l, size_t index)
{
    struct sym_share secret;
    enum sym_err err = sym_lead_combine(l, &secret, (uint32_t)index, l->helpers, l->weights);
    memcpy(l->secrets.data + index * SYM_SHAMIR_BYTES, secret.bytes, SYM_SHAMIR_BYTES);
    sym_wipe(&secret, sizeof secret);
    return err;
}

static enum sym_err recover(const struct tab_job *job, size_t first, size_t n)
{
    struct sym_tab_lead *l = job->owner;
    for (size_t i = first; i < first + n; i++) {
        if (l->verdicts[i] != SYM_OK) {
            l->verdicts[i] = recover_one(l, i);
        }
    }
    return SYM_OK;
}

static enum sym_err make_keys(struct sym_tab_lead *l)
{
    size_t n = (size_t)l->n_survivors * (1 + l->n_dropped);
    l->signs = calloc(n, sizeof *l->signs);
    if (l->signs == NULL) {
        return SYM_NO_MEMORY;
    }
    l->unmasking = UNMASK_DERIVES;
    return sym_secret_new(&l->keys, n * SYM_MASK_KEY_BYTES);
}

static enum sym_err recovered(const struct tab_job *job, enum sym_err err)
{
    struct sym_tab_lead *l = job->owner;
    l->task_out = false;
    for (uint32_t i = 0; err == SYM_OK && i < l->n_consents; i++) {
        if (l->verdicts[i] != SYM_OK) {
            return sym_lead_search(l, i);
        }
    }
    return err == SYM_OK ? make_keys(l) : err;
}

/* Keys of the masks ----------------------------------------------------------------------------
 */

static const struct tab_consent *survivor(const struct sym_tab_lead *l, size_t i)
{
    return &l->consenting[l->legs[l->survivors[i]].index];
}

static enum sym_err self_key(struct sym_tab_lead *l, size_t i)
{
    uint32_t index = l->legs[l->survivors[i]].index;
    l->signs[i] = sym_mask_sign_inverse(SYM_MASK_ADD);
    return sym_mask_self_key(l->keys.data + i * SYM_MASK_KEY_BYTES,
                             l->secrets.data + index * SYM_SHAMIR_BYTES, l->qid);
}

/* What each survivor has put on for the one that dropped out. */
static enum sym_err pair_keys(struct sym_tab_lead *l, size_t d)
{
    size_t index = l->dropped[d];
    struct sym_exchange_key key = {0};
    enum sym_err err = sym_exchange_key_from(
        &key, sym_span(l->secrets.data + index * SYM_SHAMIR_BYTES, SYM_SHAMIR_BYTES));
    for (size_t i = 0; err == SYM_OK && i < l->n_survivors; i++) {
        const struct tab_consent *s = survivor(l, i);
        size_t at = (1 + d) * l->n_survivors + i;
        l->signs[at] =
            sym_mask_sign_inverse(sym_mask_sign_of(s->place, l->consenting[index].place));
        err = sym_mask_pair_key(l->keys.data + at * SYM_MASK_KEY_BYTES, &key, s->mask_key, l->qid);
    }
    sym_exchange_key_clear(&key);
    return err;
}

/* Items: one for each who dropped out, and one for all self seeds. */
static enum sym_err derive(const struct tab_job *job, size_t first, size_t n)
{
    struct sym_tab_lead *l = job->owner;
    enum sym_err err = SYM_OK;
    for (size_t item = first; err == SYM_OK && item < first + n; item++) {
        if (item < l->n_dropped) {
            err = pair_keys(l, item);
            continue;
        }
        for (size_t i = 0; err == SYM_OK && i < l->n_survivors; i++) {
            err = self_key(l, i);
        }
    }
    return err;
}

static enum sym_err derived(const struct tab_job *job, enum sym_err err)
{
    struct sym_tab_lead *l = job->owner;
    l->task_out = false;
    sym_secret_clear(&l->secrets);
    l->unmasking = UNMASK_SUBTRACTS;
    return err;
}

/* Masks ----------------------------------------------------------------------------------------
 */

static enum sym_err subtract(const struct tab_job *job, size_t first, size_t n)
{
    struct sym_tab_lead *l = job->owner;
    struct sym_masker masker = {0};
    size_t at = first * TAB_RANGE_CELLS;
    size_t left = l->cells - at;
    size_t len = n * TAB_RANGE_CELLS < left ? n * TAB_RANGE_CELLS : left;
    enum sym_err err = sym_masker_new(&masker);
    if (err == SYM_OK) {
        err = sym_mask_cells(l->sum + at, len, at, &masker, sym_secret_span(&l->keys), l->signs);
    }
    sym_masker_clear(&masker);
    return err;
}

static enum sym_err subtracted(const struct tab_job *job, enum sym_err err)
{
    struct sym_tab_lead *l = job->owner;
    l->task_out = false;
    sym_secret_clear(&l->keys);
    l->unmasking = UNMASK_RELEASES;
    return err;
}

void sym_lead_job_unmask(struct sym_tab_lead *l, struct tab_job *job)
{
    if (l->unmasking == UNMASK_SEARCHES) {
        sym_lead_job_search(l, job);
    } else if (l->unmasking == UNMASK_RECOVERS) {
        job->piece = recover;
        job->done = recovered;
        job->n = l->n_consents;
        job->grain = 4;
    } else if (l->unmasking == UNMASK_DERIVES) {
        job->piece = derive;
        job->done = derived;
        job->n = l->n_dropped + 1;
    } else {
        job->piece = subtract;
        job->done = subtracted;
        job->n = (l->cells + TAB_RANGE_CELLS - 1) / TAB_RANGE_CELLS;
    }
}
