#include "proto/codec.h"
#include "proto/tab_member_state.h"

#include <stdlib.h>
#include <string.h>

static bool is_bytes(struct sym_span s, const void *data, size_t len)
{
    return sym_span_equal(s, sym_span(data, len));
}

/* What it says of the question. */
static bool fits_question(const struct sym_tab_member *m, const struct sym_release *r)
{
    const struct sym_tab_question *q = &m->config.question;
    return is_bytes(r->tabulation, q->tabulation, sizeof q->tabulation) &&
           is_bytes(r->initiator, q->initiator, sizeof q->initiator) &&
           sym_span_equal(r->query, q->query) && sym_span_equal(r->dataset, q->dataset) &&
           r->purpose == q->purpose && r->basis == q->basis &&
           sym_span_equal(r->cohort, sym_tab_bytes_span(&m->cohort)) &&
           is_bytes(r->qid, m->qid, sizeof m->qid) && r->cells == m->cells &&
           r->sensitivity == m->noise_params.sensitivity && r->quorum == m->rules.quorum &&
           r->colluders == m->rules.colluders && r->noise_shares == m->rules.noise_shares;
}

/* What it says of who took part. */
static bool fits_parties(const struct sym_tab_member *m, const struct sym_release *r)
{
    if (r->epochs.len != 8 * (size_t)m->rules.n) {
        return false;
    }
    for (uint32_t place = 0; place < m->rules.n; place++) {
        uint32_t i = sym_member_index(m, place);
        uint64_t epoch = i < m->n_consents ? m->consenting[i].epoch : 0;
        if (sym_get_u64(r->epochs.data + 8 * (size_t)place) != epoch) {
            return false;
        }
    }
    return is_bytes(r->survivors, m->survivors, m->n_survivors) &&
           is_bytes(r->consents_hash, m->consents_hash, sizeof m->consents_hash) &&
           is_bytes(r->survivors_hash, m->survivors_hash, sizeof m->survivors_hash);
}

/* What is owed -----------------------------------------------------------------------------------
 */

/* Of a query id, consents and epochs (8 bytes each). */
static enum sym_err hash_agreed(uint8_t out[SYM_HASH_BYTES], struct sym_span qid,
                                struct sym_span consents_hash, struct sym_span epochs)
{
    const struct sym_span parts[] = {sym_span_text("symbolon-owed-1"), qid, consents_hash, epochs};
    return sym_sha256_parts(out, parts, sizeof parts / sizeof *parts);
}

/* Of survivors. */
static enum sym_err hash_outcome(uint8_t out[SYM_HASH_BYTES], struct sym_span survivors_hash,
                                 struct sym_span members)
{
    const struct sym_span parts[] = {sym_span_text("symbolon-owed-2"), survivors_hash, members};
    return sym_sha256_parts(out, parts, sizeof parts / sizeof *parts);
}

enum sym_err sym_tab_member_owed(const struct sym_tab_member *m, struct sym_tab_owed *out)
{
    uint8_t epochs[8 * SYM_TAB_MEMBERS_MAX] = {0};
    if (!m->agreed) {
        return SYM_WRONG_STATE;
    }
    for (uint32_t i = 0; i < m->n_consents; i++) {
        sym_put_u64(epochs + 8 * (size_t)m->consenting[i].place, m->consenting[i].epoch);
    }
    *out = (struct sym_tab_owed){.has_outcome = m->n_survivors > 0};
    enum sym_err err = hash_agreed(out->agreed, sym_span(m->qid, sizeof m->qid),
                                   sym_span(m->consents_hash, sizeof m->consents_hash),
                                   sym_span(epochs, 8 * (size_t)m->rules.n));
    return err == SYM_OK && out->has_outcome
               ? hash_outcome(out->outcome, sym_span(m->survivors_hash, sizeof m->survivors_hash),
                              sym_span(m->survivors, m->n_survivors))
               : err;
}

/* Places, ascending, the own among them, and enough. */
static bool are_survivors(const struct sym_tab_member *m, struct sym_span members)
{
    bool own = false;
    for (size_t i = 0; i < members.len; i++) {
        if (members.data[i] >= m->rules.n || (i > 0 && members.data[i] <= members.data[i - 1])) {
            return false;
        }
        own = own || members.data[i] == m->config.place;
    }
    return own && members.len >= sym_member_least(m);
}

/* The same of a machine that only remembers what it was. */
static bool fits_owed(struct sym_tab_member *m, const struct sym_release *r)
{
    uint8_t agreed[SYM_HASH_BYTES];
    uint8_t outcome[SYM_HASH_BYTES];
    if (r->epochs.len != 8 * (size_t)m->rules.n || !are_survivors(m, r->survivors) ||
        hash_agreed(agreed, r->qid, r->consents_hash, r->epochs) != SYM_OK ||
        hash_outcome(outcome, r->survivors_hash, r->survivors) != SYM_OK) {
        return false;
    }
    memcpy(m->survivors, r->survivors.data, r->survivors.len);
    m->n_survivors = (uint32_t)r->survivors.len;
    return sym_equal(agreed, m->owed.agreed, sizeof agreed) &&
           (!m->owed.has_outcome || sym_equal(outcome, m->owed.outcome, sizeof outcome));
}

enum sym_err sym_member_take_release(struct sym_tab_member *m, struct sym_span content,
                                     uint64_t now_ms)
{
    (void)now_ms;
    SYM_ARENA_AUTO arena = {0};
    struct sym_release r;
    enum sym_err err = sym_decode(&arena, &r, &sym_msg_release, content);
    if (err == SYM_OK &&
        !(fits_question(m, &r) && (m->is_late ? fits_owed(m, &r) : fits_parties(m, &r)))) {
        err = sym_member_blame_initiator(m, SYM_BAD_VALUE,
                                         "its release is not of what was consented to");
    }
    if (err == SYM_OK) {
        err = sym_tab_bytes_copy(&m->head, content);
    }
    if (err == SYM_OK) {
        m->state = MEMBER_AWAITS_CELLS;
    }
    return err;
}

/* Cells ----------------------------------------------------------------------------------------
 */

/* Varints that end in this page; the shortest form of each is looked at later. */
static uint32_t ends_in(struct sym_span page)
{
    uint32_t n = 0;
    for (size_t i = 0; i < page.len; i++) {
        n += page.data[i] < 0x80u;
    }
    return n;
}

static enum sym_err grow(struct sym_tab_member *m, struct sym_span page)
{
    uint8_t *grown = realloc(m->released.data, m->released_len + page.len);
    if (grown == NULL) {
        return SYM_NO_MEMORY;
    }
    memcpy(grown + m->released_len, page.data, page.len);
    m->released_len += page.len;
    m->released = (struct tab_bytes){.data = grown, .len = m->released_len};
    return SYM_OK;
}

enum sym_err sym_member_take_cells(struct sym_tab_member *m, struct sym_span content,
                                   uint64_t now_ms)
{
    (void)now_ms;
    if (content.len > SYM_CELLS_PAGE_BYTES || !sym_cells_are_whole(content)) {
        return SYM_BAD_FORMAT;
    }
    uint32_t n = ends_in(content);
    if (n > m->cells - m->released_cells) {
        return sym_member_blame_initiator(m, SYM_LIMIT,
                                          "its release has more cells than the query");
    }
    enum sym_err err = grow(m, content);
    m->released_cells += n;
    if (err == SYM_OK && m->released_cells == m->cells) {
        sym_member_compute(m, MEMBER_CHECKS_RELEASE);
    }
    return err;
}

/* By the rule, and with nothing below the threshold. */
static bool fits_noise(const struct sym_release *r, const struct tab_noise *noise)
{
    return r->threshold == noise->release.threshold && r->half_width == noise->release.half_width &&
           r->ghosts_per_million == noise->ghosts_per_million;
}

static bool fits_cells(const struct sym_release *r, const uint64_t *cells)
{
    uint32_t suppressed = 0;
    for (uint32_t i = 0; i < r->cells; i++) {
        if (cells[i] != 0 && cells[i] < r->threshold) {
            return false;
        }
        suppressed += cells[i] == 0;
    }
    return suppressed == r->suppressed;
}

static enum sym_err check_cells(const struct sym_release *r, struct sym_span packed)
{
    uint8_t hash[SYM_HASH_BYTES];
    size_t n = 0;
    uint64_t *cells = malloc(r->cells * sizeof *cells);
    enum sym_err err = cells == NULL ? SYM_NO_MEMORY : sym_sha256(hash, packed);
    if (err == SYM_OK && !is_bytes(r->cells_hash, hash, sizeof hash)) {
        err = SYM_BAD_VALUE;
    }
    if (err == SYM_OK) {
        err = sym_cells_read(cells, r->cells, &n, packed);
    }
    if (err == SYM_OK && (n != r->cells || !fits_cells(r, cells))) {
        err = SYM_BAD_VALUE;
    }
    free(cells);
    return err;
}

static enum sym_err check(const struct tab_job *job, size_t first, size_t n)
{
    const struct sym_tab_member *m = job->owner;
    SYM_ARENA_AUTO arena = {0};
    struct sym_release r;
    struct tab_noise noise;
    (void)first;
    (void)n;
    enum sym_err err = sym_decode(&arena, &r, &sym_msg_release, sym_tab_bytes_span(&m->head));
    if (err == SYM_OK) {
        err = sym_tab_noise_of(&noise, &m->noise_params, m->n_survivors, m->cells);
    }
    if (err == SYM_OK && !fits_noise(&r, &noise)) {
        err = SYM_BAD_VALUE;
    }
    return err == SYM_OK ? check_cells(&r, sym_span(m->released.data, m->released_len)) : err;
}

static enum sym_err checked(const struct tab_job *job, enum sym_err err)
{
    struct sym_tab_member *m = job->owner;
    if (err != SYM_OK) {
        return sym_member_blame_initiator(m, err, "its release does not fit its own head");
    }
    m->state = MEMBER_WANTS_KEEP;
    return SYM_OK;
}

void sym_member_job_check_release(struct sym_tab_member *m, struct tab_job *job)
{
    (void)m;
    job->piece = check;
    job->done = checked;
    job->n = 1;
}

enum sym_err sym_tab_member_kept(struct sym_tab_member *m)
{
    uint8_t hash[SYM_HASH_BYTES];
    uint8_t signature[SYM_SIGNATURE_BYTES];
    enum sym_err err = m->state == MEMBER_WANTS_KEEP
                           ? sym_release_hash(hash, sym_tab_bytes_span(&m->head))
                           : SYM_WRONG_STATE;
    if (err == SYM_OK) {
        err = sym_sign(signature, m->config.identity, SYM_DOMAIN_TABULATE,
                       sym_span(hash, sizeof hash));
    }
    if (err == SYM_OK) {
        err = sym_tab_payload_new(&m->due, TAB_KEPT, sym_span(signature, sizeof signature));
    }
    m->state = err == SYM_OK ? MEMBER_SAYS_KEPT : MEMBER_DEAD;
    return err;
}
