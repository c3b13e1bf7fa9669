#include "proto/codec.h"
#include "proto/outline.h"
#include "proto/tab_member_state.h"

#include <stdlib.h>
#include <string.h>

/* The query ------------------------------------------------------------------------------------
 */

static enum sym_err check_query(struct sym_tab_member *m, const struct sym_tab_query *query)
{
    struct sym_fault fault = {0};
    enum sym_err err = sym_cube_new(&m->cube, query, &fault);
    if (err != SYM_OK) {
        return sym_member_blame_initiator(m, err, fault.text);
    }
    if (sym_cube_cells(m->cube) != m->config.cells ||
        query->epsilon_nano != m->config.epsilon_nano ||
        sym_tab_outline_check(m->config.outline, query) != SYM_OK) {
        return sym_member_blame_initiator(m, SYM_BAD_VALUE,
                                          "its query does not fit what its request says of it");
    }
    m->noise_params = (struct sym_laplace_params){.epsilon_nano = query->epsilon_nano,
                                                  .sensitivity = sym_cube_sensitivity(m->cube),
                                                  .shares = m->rules.noise_shares};
    return sym_tab_qid(m->qid, &m->config.question, m->cube);
}

enum sym_err sym_member_take_query(struct sym_tab_member *m, struct sym_span content,
                                   uint64_t now_ms)
{
    (void)now_ms;
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_query query;
    uint8_t hash[SYM_HASH_BYTES];
    enum sym_err err = sym_sha256(hash, content);
    if (err == SYM_OK && !sym_span_equal(sym_span(hash, sizeof hash), m->config.query_hash)) {
        err = sym_member_blame_initiator(m, SYM_BAD_VALUE,
                                         "its query is not the one that its request names");
    }
    if (err == SYM_OK) {
        err = sym_decode(&arena, &query, &sym_msg_tab_query, content);
    }
    if (err == SYM_OK) {
        err = sym_tab_bytes_copy(&m->query, content);
    }
    if (err == SYM_OK) {
        m->config.question.query = sym_tab_bytes_span(&m->query);
        err = check_query(m, &query);
    }
    if (err == SYM_OK && m->is_late) {
        m->state = MEMBER_SAYS_READY;
        return sym_tab_payload_new(&m->due, TAB_SEND, sym_span(NULL, 0));
    }
    if (err == SYM_OK) {
        sym_member_compute(m, MEMBER_PREPARES);
    }
    return err;
}

static enum sym_err prepare(const struct tab_job *job, size_t first, size_t n)
{
    struct sym_tab_member *m = job->owner;
    (void)first;
    (void)n;
    return sym_laplace_new(&m->noise, &m->noise_params);
}

static enum sym_err prepared(const struct tab_job *job, enum sym_err err)
{
    struct sym_tab_member *m = job->owner;
    if (err != SYM_OK) {
        return sym_member_blame_initiator(m, err, "there is no noise for its parameters");
    }
    m->state = MEMBER_WANTS_CONSENT;
    return SYM_OK;
}

void sym_member_job_prepare(struct sym_tab_member *m, struct tab_job *job)
{
    (void)m;
    job->piece = prepare;
    job->done = prepared;
    job->n = 1;
}

/* The own consent ------------------------------------------------------------------------------
 */

#ifdef SYM_TEST_SEEDED_NOISE
/* For tests that compare: the same noise whenever this node answers this question again. */
extern const char sym_test_seeded_noise[];
const char sym_test_seeded_noise[] = "a build for tests: its noise is known";

static enum sym_err draw_noise_key(struct sym_tab_member *m, uint64_t epoch)
{
    uint8_t number[8];
    uint8_t key[SYM_HASH_BYTES];
    const uint8_t *id = m->config.question.cohort[m->config.place].id;
    sym_put_u64(number, epoch);
    const struct sym_span parts[] = {
        sym_span_text(sym_test_seeded_noise), sym_span(id, SYM_HASH_BYTES),
        sym_span(sym_cube_hash(m->cube), SYM_HASH_BYTES), sym_span(number, sizeof number)};
    enum sym_err err = sym_sha256_parts(key, parts, sizeof parts / sizeof *parts);
    return err == SYM_OK ? sym_secret_copy(&m->noise_key, sym_span(key, sizeof key)) : err;
}
#else
static enum sym_err draw_noise_key(struct sym_tab_member *m, uint64_t epoch)
{
    (void)epoch;
    return sym_secret_random(&m->noise_key, SYM_MASK_KEY_BYTES);
}
#endif

static enum sym_err draw_keys(struct sym_tab_member *m, uint64_t epoch)
{
    enum sym_err err = sym_exchange_key_new(&m->channel);
    if (err == SYM_OK) {
        err = sym_exchange_key_new(&m->mask);
    }
    if (err == SYM_OK) {
        err = sym_secret_random(&m->seed, SYM_MASK_SEED_BYTES);
    }
    return err == SYM_OK ? draw_noise_key(m, epoch) : err;
}

static enum sym_err fail(struct sym_tab_member *m, enum sym_err err)
{
    if (err != SYM_OK) {
        m->state = MEMBER_DEAD;
    }
    return err;
}

enum sym_err sym_tab_member_consent(struct sym_tab_member *m, uint64_t epoch, uint64_t expires_ms)
{
    if (m->state != MEMBER_WANTS_CONSENT) {
        return fail(m, SYM_WRONG_STATE);
    }
    uint8_t seed_hash[SYM_HASH_BYTES];
    enum sym_err err = draw_keys(m, epoch);
    if (err == SYM_OK) {
        err = sym_mask_commit(seed_hash, m->seed.data, m->qid);
    }
    if (err != SYM_OK) {
        return fail(m, err);
    }
    const struct sym_tab_consent consent = {
        .qid = sym_span(m->qid, sizeof m->qid),
        .member = m->config.place,
        .channel_key = sym_span(m->channel.public_key, SYM_X25519_BYTES),
        .mask_key = sym_span(m->mask.public_key, SYM_X25519_BYTES),
        .seed_hash = sym_span(seed_hash, sizeof seed_hash),
        .epoch = epoch,
        .expires_ms = expires_ms,
    };
    m->expires_ms = expires_ms;
    err = sym_tab_signed_new(&m->due, TAB_CONSENT, m->config.identity, &sym_msg_tab_consent,
                             &consent, 0);
    if (err == SYM_OK) {
        err = sym_tab_bytes_copy(&m->own_consent, sym_span(m->due.data + 1, m->due.len - 1));
    }
    if (err == SYM_OK) {
        m->state = MEMBER_SAYS_CONSENT;
    }
    return fail(m, err);
}

/* All consents ---------------------------------------------------------------------------------
 */

/* What the message says of its sender, before its signature is looked at: only to know whose it
 * may be. */
static enum sym_err place_of(uint32_t *out, struct sym_span content)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_consent c;
    struct tab_signed s;
    enum sym_err err = sym_tab_signed_read(&s, content);
    if (err == SYM_OK) {
        err = sym_decode(&arena, &c, &sym_msg_tab_consent, s.message);
    }
    if (err == SYM_OK) {
        *out = c.member;
    }
    return err;
}

static enum sym_err make_room(struct sym_tab_member *m, uint32_t n)
{
    m->consenting = calloc(n, sizeof *m->consenting);
    m->consent_spans = calloc(n, sizeof *m->consent_spans);
    m->verdicts = calloc(SYM_TAB_MEMBERS_MAX, sizeof *m->verdicts);
    bool room = m->consenting != NULL && m->consent_spans != NULL && m->verdicts != NULL;
    return room ? SYM_OK : SYM_NO_MEMORY;
}

static enum sym_err list_consents(struct sym_tab_member *m, uint32_t n, struct sym_reader *r)
{
    enum sym_err err = SYM_OK;
    m->own_index = n;
    for (uint32_t i = 0; err == SYM_OK && i < n; i++) {
        struct tab_consent *c = &m->consenting[i];
        m->consent_spans[i] = sym_tab_consents_next(r);
        err = r->err != SYM_OK ? SYM_BAD_FORMAT : place_of(&c->place, m->consent_spans[i]);
        bool ascends = i == 0 || c->place > m->consenting[i - 1].place;
        if (err == SYM_OK && (c->place >= m->rules.n || !ascends)) {
            err = SYM_BAD_VALUE;
        }
        if (err == SYM_OK && c->place == m->config.place) {
            m->own_index = i;
        }
    }
    return err == SYM_OK && sym_read_end(r) != SYM_OK ? SYM_BAD_FORMAT : err;
}

enum sym_err sym_member_take_consents(struct sym_tab_member *m, struct sym_span content,
                                      uint64_t now_ms)
{
    (void)now_ms;
    if (m->config.only_confirms) {
        return sym_member_blame_initiator(m, SYM_WRONG_STATE,
                                          "it goes on where it asked for an edition alone");
    }
    enum sym_err err = sym_tab_bytes_copy(&m->consents, content);
    struct sym_reader r = sym_reader(sym_tab_bytes_span(&m->consents));
    uint32_t n = sym_read_u8(&r);
    if (err == SYM_OK && (r.err != SYM_OK || n < sym_member_least(m) || n > m->rules.n)) {
        err = sym_member_blame_initiator(m, SYM_BAD_VALUE, "its list of consents is too short");
    }
    if (err == SYM_OK) {
        err = make_room(m, n);
    }
    if (err == SYM_OK) {
        err = list_consents(m, n, &r);
    }
    if (err == SYM_OK) {
        bool own = m->own_index < n && sym_span_equal(m->consent_spans[m->own_index],
                                                      sym_tab_bytes_span(&m->own_consent));
        err = own ? sym_sha256(m->consents_hash, content)
                  : sym_member_blame_initiator(
                        m, SYM_BAD_VALUE,
                        "its list of consents is without this node's, or with another");
    }
    if (err == SYM_OK) {
        m->n_consents = n;
        sym_member_compute(m, MEMBER_VERIFIES_CONSENTS);
    }
    return err;
}

static enum sym_err verify(const struct tab_job *job, size_t first, size_t n)
{
    struct sym_tab_member *m = job->owner;
    for (size_t i = first; i < first + n; i++) {
        uint32_t place = m->consenting[i].place;
        m->verdicts[i] =
            sym_tab_consent_open(&m->consenting[i], m->consent_spans[i],
                                 m->config.question.cohort[place].identity, m->qid, place);
    }
    return SYM_OK;
}

static enum sym_err verified(const struct tab_job *job, enum sym_err err)
{
    struct sym_tab_member *m = job->owner;
    for (uint32_t i = 0; err == SYM_OK && i < m->n_consents; i++) {
        if (m->verdicts[i] != SYM_OK) {
            err = sym_member_blame(m, m->verdicts[i], m->consenting[i].place, "its consent");
        }
        for (uint32_t j = 0; err == SYM_OK && j <= i; j++) {
            if (sym_tab_consents_clash(&m->consenting[i], &m->consenting[j])) {
                err =
                    sym_member_blame(m, SYM_REPLAY, m->consenting[i].place, "a key of its consent");
            }
        }
    }
    if (err == SYM_OK) {
        err = sym_member_split(m);
    }
    if (err == SYM_OK) {
        m->agreed = true;
        sym_member_compute(m, MEMBER_SEALS);
    }
    return err;
}

void sym_member_job_verify_consents(struct sym_tab_member *m, struct tab_job *job)
{
    job->piece = verify;
    job->done = verified;
    job->n = m->n_consents;
    job->grain = 8;
}

enum sym_err sym_member_take_done(struct sym_tab_member *m, struct sym_span content,
                                  uint64_t now_ms)
{
    (void)now_ms;
    if (content.len != SYM_EXCHANGE_ID_BYTES) {
        return SYM_BAD_FORMAT;
    }
    m->state = MEMBER_CLOSES;
    return SYM_OK;
}

enum sym_err sym_tab_member_question_id(const struct sym_tab_member *m, uint8_t out[SYM_HASH_BYTES])
{
    return m->agreed || m->is_late ? sym_tab_question_id(out, &m->config.question)
                                   : SYM_WRONG_STATE;
}
