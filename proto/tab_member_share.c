#include "crypto/agree.h"
#include "crypto/sharebox.h"
#include "proto/tab_member_state.h"

#include <stdlib.h>
#include <string.h>

/* Boxes that are sealed or opened at once. */
#define GRAIN SYM_AGREE_LANES

/* Box number of the participant at index i: there is none of the own one. */
static size_t box_at(const struct sym_tab_member *m, size_t i)
{
    return (i < m->own_index ? i : i - 1) * SYM_TAB_BOX_BYTES;
}

static uint8_t *pair_at(const struct sym_tab_member *m, size_t i)
{
    return m->pairs.data + i * TAB_PAIR_BYTES;
}

static void route_of(struct sym_sharebox_route *route, const struct sym_tab_member *m)
{
    memcpy(route->qid, m->qid, sizeof route->qid);
    memcpy(route->consents, m->consents_hash, sizeof route->consents);
}

static struct sym_span psk_of(const struct sym_tab_member *m, uint32_t place)
{
    const uint8_t *psk = m->config.question.cohort[place].psk;
    return sym_span(psk, psk != NULL ? SYM_PSK_BYTES : 0);
}

/* The consent keys of this node and the one at index i. */
static struct sym_sharebox_pair keys_with(const struct sym_tab_member *m, size_t i)
{
    return (struct sym_sharebox_pair){
        .shared = m->shared.data + i * SYM_X25519_BYTES,
        .own = m->consenting[m->own_index].channel_key,
        .remote = m->consenting[i].channel_key,
    };
}

static enum sym_err by_grains(enum sym_err (*some)(struct sym_tab_member *, size_t, size_t),
                              struct sym_tab_member *m, size_t first, size_t n)
{
    enum sym_err err = SYM_OK;
    for (size_t at = 0; err == SYM_OK && at < n; at += GRAIN) {
        err = some(m, first + at, n - at < GRAIN ? n - at : GRAIN);
    }
    return err;
}

/* Sharing --------------------------------------------------------------------------------------
 */

/* Puts the shares of a secret at `half` of the pair of everybody who consented. */
static enum sym_err split_into(struct sym_tab_member *m, size_t half, const uint8_t *secret,
                               struct sym_share *shares)
{
    struct sym_share whole;
    memcpy(whole.bytes, secret, sizeof whole.bytes);
    enum sym_err err = sym_shamir_split(shares, m->rules.n, m->rules.quorum, &whole);
    for (uint32_t i = 0; err == SYM_OK && i < m->n_consents; i++) {
        memcpy(pair_at(m, i) + half, shares[m->consenting[i].place].bytes, SYM_SHAMIR_BYTES);
    }
    sym_wipe(&whole, sizeof whole);
    return err;
}

enum sym_err sym_member_split(struct sym_tab_member *m)
{
    struct sym_share shares[SYM_TAB_MEMBERS_MAX];
    enum sym_err err = sym_secret_new(&m->pairs, m->n_consents * TAB_PAIR_BYTES);
    if (err == SYM_OK) {
        err = split_into(m, 0, m->seed.data, shares);
    }
    if (err == SYM_OK) {
        err = split_into(m, SYM_SHAMIR_BYTES, m->mask.private_key.data, shares);
    }
    if (err == SYM_OK) {
        err = sym_secret_new(&m->shared, m->n_consents * SYM_X25519_BYTES);
    }
    if (err == SYM_OK) {
        err = sym_tab_bytes_new(&m->boxes, (m->n_consents - 1) * SYM_TAB_BOX_BYTES);
    }
    sym_wipe(shares, sizeof shares);
    return err;
}

static enum sym_err seal_one(struct sym_tab_member *m, size_t i)
{
    const struct tab_consent *c = &m->consenting[i];
    struct sym_sharebox_pair pair = keys_with(m, i);
    struct sym_sharebox_route route = {.from = (uint8_t)m->config.place, .to = (uint8_t)c->place};
    route_of(&route, m);
    return sym_sharebox_seal(m->boxes.data + box_at(m, i), &pair, psk_of(m, c->place), &route,
                             sym_span(pair_at(m, i), TAB_PAIR_BYTES));
}

/* At most GRAIN. To agree with oneself is harmless, and leaves no gap. */
static enum sym_err seal_some(struct sym_tab_member *m, size_t first, size_t n)
{
    enum sym_err verdicts[GRAIN];
    const uint8_t *remotes[GRAIN] = {0};
    for (size_t i = 0; i < n; i++) {
        remotes[i] = m->consenting[first + i].channel_key;
    }
    enum sym_err err = sym_agree_many((void *)(m->shared.data + first * SYM_X25519_BYTES), verdicts,
                                      &m->channel, remotes, n);
    for (size_t i = 0; err == SYM_OK && i < n; i++) {
        if (first + i != m->own_index) {
            err = verdicts[i] == SYM_OK ? seal_one(m, first + i) : verdicts[i];
        }
    }
    return err;
}

static enum sym_err seal(const struct tab_job *job, size_t first, size_t n)
{
    return by_grains(seal_some, job->owner, first, n);
}

static enum sym_err sealed(const struct tab_job *job, enum sym_err err)
{
    struct sym_tab_member *m = job->owner;
    const struct sym_tab_shares shares = {
        .qid = sym_span(m->qid, sizeof m->qid),
        .consents_hash = sym_span(m->consents_hash, sizeof m->consents_hash),
        .member = m->config.place,
        .sealed = sym_tab_bytes_span(&m->boxes),
    };
    if (err == SYM_OK) {
        err = sym_tab_signed_new(&m->due, TAB_SHARES, m->config.identity, &sym_msg_tab_shares,
                                 &shares, m->boxes.len);
    }
    sym_tab_bytes_clear(&m->boxes);
    sym_exchange_key_clear(&m->channel);
    /* The own pair stays; what is for others was for them only. */
    for (uint32_t i = 0; i < m->n_consents; i++) {
        if (i != m->own_index) {
            sym_wipe(pair_at(m, i), TAB_PAIR_BYTES);
        }
    }
    if (err == SYM_OK) {
        m->state = MEMBER_SAYS_SHARES;
    }
    return err;
}

void sym_member_job_seal(struct sym_tab_member *m, struct tab_job *job)
{
    job->piece = seal;
    job->done = sealed;
    job->n = m->n_consents;
    job->grain = GRAIN;
}

/* Opening --------------------------------------------------------------------------------------
 */

static enum sym_err make_keys(struct sym_tab_member *m)
{
    m->signs = calloc(m->n_consents, sizeof *m->signs);
    if (m->signs == NULL) {
        return SYM_NO_MEMORY;
    }
    return sym_secret_new(&m->keys, m->n_consents * SYM_MASK_KEY_BYTES);
}

enum sym_err sym_member_take_boxes(struct sym_tab_member *m, struct sym_span content,
                                   uint64_t now_ms)
{
    (void)now_ms;
    if (content.len != (m->n_consents - 1) * SYM_TAB_BOX_BYTES) {
        return sym_member_blame_initiator(m, SYM_BAD_FORMAT, "boxes of shares are missing");
    }
    enum sym_err err = sym_tab_bytes_copy(&m->boxes, content);
    if (err == SYM_OK) {
        err = make_keys(m);
    }
    if (err == SYM_OK) {
        sym_member_compute(m, MEMBER_OPENS);
    }
    return err;
}

/* One box, and the key of the mask that is shared with who sent it, of what both keys have in
 * common. */
static enum sym_err open_one(struct sym_tab_member *m, size_t i,
                             const uint8_t shared[SYM_X25519_BYTES])
{
    const struct tab_consent *c = &m->consenting[i];
    uint8_t *key = m->keys.data + i * SYM_MASK_KEY_BYTES;
    if (i == m->own_index) {
        m->signs[i] = SYM_MASK_ADD;
        return sym_mask_self_key(key, m->seed.data, m->qid);
    }
    struct sym_sharebox_route route = {.from = (uint8_t)c->place, .to = (uint8_t)m->config.place};
    route_of(&route, m);
    struct sym_sharebox_pair pair = keys_with(m, i);
    enum sym_err err = sym_sharebox_open(pair_at(m, i), &pair, psk_of(m, c->place), &route,
                                         sym_span(m->boxes.data + box_at(m, i), SYM_TAB_BOX_BYTES));
    if (err == SYM_OK) {
        m->signs[i] = sym_mask_sign_of(m->config.place, c->place);
        err = sym_mask_pair_key_from(key, shared, m->mask.public_key, c->mask_key, m->qid);
    }
    return err;
}

/* At most GRAIN. */
static enum sym_err open_some(struct sym_tab_member *m, size_t first, size_t n)
{
    uint8_t shared[GRAIN][SYM_X25519_BYTES];
    enum sym_err *verdicts = m->verdicts + first;
    const uint8_t *remotes[GRAIN] = {0};
    for (size_t i = 0; i < n; i++) {
        remotes[i] = m->consenting[first + i].mask_key;
    }
    enum sym_err err = sym_agree_many(shared, verdicts, &m->mask, remotes, n);
    for (size_t i = 0; err == SYM_OK && i < n; i++) {
        if (verdicts[i] == SYM_OK) {
            verdicts[i] = open_one(m, first + i, shared[i]);
        }
    }
    sym_wipe(shared, sizeof shared);
    return err;
}

static enum sym_err open_boxes(const struct tab_job *job, size_t first, size_t n)
{
    return by_grains(open_some, job->owner, first, n);
}

/* Of the secrets nothing is needed any more but the keys of the masks, and what the others gave. */
static enum sym_err opened(const struct tab_job *job, enum sym_err err)
{
    struct sym_tab_member *m = job->owner;
    for (uint32_t i = 0; err == SYM_OK && i < m->n_consents; i++) {
        if (m->verdicts[i] == SYM_BAD_TAG) {
            err = sym_member_cannot_open(m, m->consenting[i].place);
        } else if (m->verdicts[i] != SYM_OK) {
            err = sym_member_blame(m, m->verdicts[i], m->consenting[i].place,
                                   "its shares for this node");
        }
    }
    sym_tab_bytes_clear(&m->boxes);
    sym_secret_clear(&m->shared);
    sym_exchange_key_clear(&m->mask);
    sym_secret_clear(&m->seed);
    sym_secret_clear(&m->psks);
    for (uint32_t i = 0; i < m->rules.n; i++) {
        struct sym_tab_party *party = (void *)(uintptr_t)&m->config.question.cohort[i];
        party->psk = NULL;
    }
    if (err == SYM_OK) {
        m->state = m->asked ? MEMBER_WANTS_DEBIT : MEMBER_AWAITS_SEND;
    }
    return err;
}

void sym_member_job_open(struct sym_tab_member *m, struct tab_job *job)
{
    job->piece = open_boxes;
    job->done = opened;
    job->n = m->n_consents;
    job->grain = GRAIN;
}

enum sym_err sym_member_take_send(struct sym_tab_member *m, struct sym_span content,
                                  uint64_t now_ms)
{
    (void)now_ms;
    if (content.len != 0 || m->asked) {
        return content.len != 0 ? SYM_BAD_FORMAT : SYM_WRONG_STATE;
    }
    m->asked = true;
    if (m->state == MEMBER_AWAITS_SEND) {
        m->state = MEMBER_WANTS_DEBIT;
    }
    return SYM_OK;
}
