#include "proto/codec.h"
#include "proto/tab_member_state.h"

#include <string.h>

/* Who survived ---------------------------------------------------------------------------------
 */

static bool is_bound(const struct sym_tab_member *m, struct sym_span qid,
                     struct sym_span consents_hash)
{
    return sym_span_equal(qid, sym_span(m->qid, sizeof m->qid)) &&
           sym_span_equal(consents_hash, sym_span(m->consents_hash, sizeof m->consents_hash));
}

static enum sym_err check_places(struct sym_tab_member *m, struct sym_span members)
{
    if (members.len < sym_member_least(m)) {
        return sym_member_blame_initiator(m, SYM_BAD_VALUE, "it names too few survivors");
    }
    for (size_t i = 0; i < members.len; i++) {
        bool ascends = i == 0 || members.data[i] > members.data[i - 1];
        if (!ascends || sym_member_index(m, members.data[i]) == m->n_consents) {
            return sym_member_blame_initiator(m, SYM_BAD_VALUE,
                                              "it names survivors that did not consent");
        }
    }
    return SYM_OK;
}

static enum sym_err check_own(struct sym_tab_member *m, const struct sym_tab_survivors *s)
{
    size_t i = 0;
    while (i < s->members.len && s->members.data[i] != m->config.place) {
        i++;
    }
    if (i == s->members.len) {
        return sym_member_blame_initiator(m, SYM_BAD_VALUE,
                                          "it leaves this node out of the survivors");
    }
    struct sym_span listed = sym_span(s->vector_hashes.data + i * SYM_HASH_BYTES, SYM_HASH_BYTES);
    if (!sym_span_equal(listed, sym_span(m->vector_hash, sizeof m->vector_hash))) {
        return sym_member_blame_initiator(
            m, SYM_BAD_VALUE, "it lists another vector than the one that this node sent");
    }
    return SYM_OK;
}

static enum sym_err check_survivors(struct sym_tab_member *m, const struct sym_tab_survivors *s)
{
    if (!is_bound(m, s->qid, s->consents_hash)) {
        return sym_member_blame_initiator(m, SYM_REPLAY, "a list of survivors of another query");
    }
    if (s->vector_hashes.len != s->members.len * SYM_HASH_BYTES) {
        return SYM_BAD_FORMAT;
    }
    enum sym_err err = check_places(m, s->members);
    return err == SYM_OK ? check_own(m, s) : err;
}

enum sym_err sym_member_take_survivors(struct sym_tab_member *m, struct sym_span content,
                                       uint64_t now_ms)
{
    (void)now_ms;
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_survivors s;
    uint8_t signature[SYM_SIGNATURE_BYTES];
    enum sym_err err = sym_decode(&arena, &s, &sym_msg_tab_survivors, content);
    if (err == SYM_OK) {
        err = check_survivors(m, &s);
    }
    if (err == SYM_OK) {
        err = sym_tab_bytes_copy(&m->survivors_said, content);
    }
    if (err == SYM_OK) {
        err = sym_sha256(m->survivors_hash, content);
    }
    if (err == SYM_OK) {
        err = sym_sign(signature, m->config.identity, SYM_DOMAIN_TABULATE, content);
    }
    if (err == SYM_OK) {
        err = sym_tab_payload_new(&m->due, TAB_SIGNATURE, sym_span(signature, sizeof signature));
    }
    if (err == SYM_OK) {
        memcpy(m->survivors, s.members.data, s.members.len);
        m->n_survivors = (uint32_t)s.members.len;
        m->state = MEMBER_SAYS_SIGNATURE;
    }
    return err;
}

static bool survives(const struct sym_tab_member *m, uint32_t place)
{
    for (uint32_t i = 0; i < m->n_survivors; i++) {
        if (m->survivors[i] == place) {
            return true;
        }
    }
    return false;
}

/* Their signatures -----------------------------------------------------------------------------
 */

#define SIGNED_BYTES (1u + SYM_SIGNATURE_BYTES)

static const uint8_t *signature_at(const struct sym_tab_member *m, size_t i)
{
    return m->signatures.data + 1 + i * SIGNED_BYTES;
}

enum sym_err sym_member_take_signatures(struct sym_tab_member *m, struct sym_span content,
                                        uint64_t now_ms)
{
    (void)now_ms;
    size_t n = content.len > 0 ? content.data[0] : 0;
    if (content.len != 1 + n * SIGNED_BYTES) {
        return SYM_BAD_FORMAT;
    }
    if (n < m->rules.quorum) {
        return sym_member_blame_initiator(m, SYM_BAD_VALUE,
                                          "it shows too few signatures of survivors");
    }
    enum sym_err err = sym_tab_bytes_copy(&m->signatures, content);
    for (size_t i = 0; err == SYM_OK && i < n; i++) {
        uint8_t place = signature_at(m, i)[0];
        bool ascends = i == 0 || place > signature_at(m, i - 1)[0];
        if (!ascends || !survives(m, place)) {
            err = sym_member_blame_initiator(m, SYM_BAD_VALUE,
                                             "it shows signatures of who did not survive");
        }
    }
    if (err == SYM_OK) {
        sym_member_compute(m, MEMBER_VERIFIES_SIGNATURES);
    }
    return err;
}

static enum sym_err verify(const struct tab_job *job, size_t first, size_t n)
{
    struct sym_tab_member *m = job->owner;
    for (size_t i = first; i < first + n; i++) {
        const uint8_t *at = signature_at(m, i);
        m->verdicts[i] = sym_verify(at + 1, m->config.question.cohort[at[0]].identity,
                                    SYM_DOMAIN_TABULATE, sym_tab_bytes_span(&m->survivors_said));
    }
    return SYM_OK;
}

static enum sym_err verified(const struct tab_job *job, enum sym_err err)
{
    struct sym_tab_member *m = job->owner;
    for (size_t i = 0; err == SYM_OK && i < job->n; i++) {
        if (m->verdicts[i] != SYM_OK) {
            err = sym_member_blame(m, m->verdicts[i], signature_at(m, i)[0],
                                   "its signature on the survivors");
        }
    }
    if (err == SYM_OK) {
        m->state = MEMBER_WANTS_UNMASK;
    }
    return err;
}

void sym_member_job_verify_signatures(struct sym_tab_member *m, struct tab_job *job)
{
    job->piece = verify;
    job->done = verified;
    job->n = m->signatures.data[0];
    job->grain = 8;
}

/* Unmasking ------------------------------------------------------------------------------------
 */

/* Of each pair either half, never both: this is called once, and the pairs are wiped here. */
static enum sym_err give_shares(struct sym_tab_member *m, uint8_t *shares)
{
    const struct sym_tab_unmask unmask = {
        .qid = sym_span(m->qid, sizeof m->qid),
        .consents_hash = sym_span(m->consents_hash, sizeof m->consents_hash),
        .survivors_hash = sym_span(m->survivors_hash, sizeof m->survivors_hash),
        .member = m->config.place,
        .shares = sym_span(shares, m->n_consents * SYM_SHAMIR_BYTES),
    };
    for (uint32_t i = 0; i < m->n_consents; i++) {
        size_t half = survives(m, m->consenting[i].place) ? 0 : SYM_SHAMIR_BYTES;
        memcpy(shares + i * SYM_SHAMIR_BYTES, m->pairs.data + i * TAB_PAIR_BYTES + half,
               SYM_SHAMIR_BYTES);
    }
    sym_secret_clear(&m->pairs);
    return sym_tab_signed_new(&m->due, TAB_UNMASK, m->config.identity, &sym_msg_tab_unmask, &unmask,
                              unmask.shares.len);
}

enum sym_err sym_tab_member_unmasked(struct sym_tab_member *m)
{
    uint8_t shares[SYM_TAB_MEMBERS_MAX * SYM_SHAMIR_BYTES];
    enum sym_err err = SYM_WRONG_STATE;
    if (m->state == MEMBER_WANTS_UNMASK && !m->unmasked) {
        m->unmasked = true;
        err = give_shares(m, shares);
        sym_wipe(shares, sizeof shares);
    }
    m->state = err == SYM_OK ? MEMBER_SAYS_UNMASK : MEMBER_DEAD;
    return err;
}
