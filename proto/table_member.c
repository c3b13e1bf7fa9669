#include "proto/table_member.h"

#include "proto/codec.h"
#include "proto/table_came.h"
#include "proto/table_frames.h"
#include "proto/tabulate.h"

#include <stdlib.h>
#include <string.h>

/* SAYS: what it has to say is in `due`. */
enum member_state {
    MEMBER_WANTS_CONSENT,
    MEMBER_SAYS_CONSENT,
    MEMBER_AWAITS_CONSENTS,
    MEMBER_WANTS_AGREE,
    MEMBER_SAYS_READY,
    MEMBER_AWAITS_GO,
    MEMBER_WANTS_START,
    MEMBER_COMPUTES, /* a contributor has its list evaluated, the tallier awaits rows */
    MEMBER_WANTS_DEBIT,
    MEMBER_WANTS_ROWS,
    MEMBER_AWAITS_RELEASE,
    MEMBER_WANTS_KEEP,
    MEMBER_SAYS_DONE,
    MEMBER_CLOSES,
    MEMBER_OVER,
    MEMBER_SAYS_FAILED,
    MEMBER_DEAD,
};

struct sym_table_member {
    struct sym_table_question question;
    const struct sym_ristretto *with;
    enum member_state state;
    struct sym_table_agreed agreed;
    bool has_agreed;
    struct tab_bytes own_consent;
    struct tab_bytes consents; /* the list as it came */
    struct tab_bytes due;      /* a payload to be sent */
    struct tab_bytes release;  /* signature and message */
    struct sym_table_came came;
    bool has_news; /* of these, that were not said */
    struct sym_table_failure failure;
    struct sym_table_failure lost; /* cause NONE: nobody has been */
    uint64_t lost_until_ms;
};

static bool tallies(const struct sym_table_member *m)
{
    return m->agreed.place == m->question.n;
}

static enum sym_err die(struct sym_table_member *m, enum sym_err err, uint32_t place,
                        enum sym_table_cause cause)
{
    if (err != SYM_OK) {
        m->failure = sym_table_failure_of(err, m->agreed.place, place, cause);
        m->state = MEMBER_DEAD;
    }
    return err;
}

/* Beginning and end ----------------------------------------------------------------------------
 */

static enum sym_err check_config(const struct sym_table_member_config *c)
{
    const struct sym_table_question *q = &c->question;
    uint8_t cohort[SYM_TABLE_LISTS_MAX * SYM_HASH_BYTES];
    struct sym_overlap_table p;
    if (q->n < SYM_TABLE_LISTS_MIN || q->n > SYM_TABLE_LISTS_MAX || c->place > q->n ||
        c->identity == NULL || c->with == NULL || q->dataset[0] == '\0') {
        return SYM_BAD_VALUE;
    }
    if (!table_same(q->parties[c->place].identity, c->identity->public_key, SYM_ED25519_BYTES)) {
        return SYM_BAD_VALUE;
    }
    sym_table_parameters(&p, cohort, q);
    return sym_table_check(&p, q->asker, NULL);
}

enum sym_err sym_table_member_new(struct sym_table_member **out,
                                  const struct sym_table_member_config *config)
{
    enum sym_err err = check_config(config);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_table_member *m = calloc(1, sizeof *m);
    if (m == NULL) {
        return SYM_NO_MEMORY;
    }
    m->question = config->question;
    m->with = config->with;
    m->failure = (struct sym_table_failure){.place = SYM_TABLE_NOBODY, .said_by = SYM_TABLE_NOBODY};
    m->agreed.question = &m->question;
    m->agreed.place = config->place;
    m->agreed.identity = config->identity;
    err = sym_table_qid(m->agreed.qid, &m->question);
    if (err == SYM_OK && !tallies(m)) {
        err = sym_secret_new(&m->agreed.secret, SYM_SCALAR_BYTES);
    }
    if (err != SYM_OK) {
        sym_table_member_free(m);
        return err;
    }
    *out = m;
    return SYM_OK;
}

void sym_table_member_free(struct sym_table_member *m)
{
    if (m == NULL) {
        return;
    }
    sym_secret_clear(&m->agreed.secret);
    sym_tab_bytes_clear(&m->own_consent);
    sym_tab_bytes_clear(&m->consents);
    sym_tab_bytes_clear(&m->due);
    sym_tab_bytes_clear(&m->release);
    free(m);
}

/* What it wants --------------------------------------------------------------------------------
 */

/* It is about to fail, and only does not know why. */
static bool has_lost(const struct sym_table_member *m)
{
    return m->lost.cause != SYM_TABLE_CAUSE_NONE;
}

enum sym_table_want sym_table_member_wants(const struct sym_table_member *m)
{
    return has_lost(m)                        ? SYM_TABLE_WANTS_NOTHING
           : m->state == MEMBER_WANTS_CONSENT ? SYM_TABLE_WANTS_CONSENT
           : m->state == MEMBER_WANTS_AGREE   ? SYM_TABLE_WANTS_AGREE
           : m->state == MEMBER_WANTS_START   ? SYM_TABLE_WANTS_START
           : m->state == MEMBER_WANTS_DEBIT   ? SYM_TABLE_WANTS_DEBIT
           : m->state == MEMBER_WANTS_ROWS    ? SYM_TABLE_WANTS_ROWS
           : m->state == MEMBER_WANTS_KEEP    ? SYM_TABLE_WANTS_KEEP
                                              : SYM_TABLE_WANTS_NOTHING;
}

const struct sym_table_agreed *sym_table_member_agreed(const struct sym_table_member *m)
{
    return m->has_agreed ? &m->agreed : NULL;
}

bool sym_table_member_is_open(const struct sym_table_member *m)
{
    return m->state > MEMBER_WANTS_AGREE && m->state < MEMBER_CLOSES;
}

bool sym_table_member_has_started(const struct sym_table_member *m)
{
    return !has_lost(m) && m->state >= MEMBER_COMPUTES && m->state < MEMBER_SAYS_FAILED;
}

bool sym_table_member_sends_rows(const struct sym_table_member *m)
{
    return !has_lost(m) && !tallies(m) &&
           (m->state == MEMBER_WANTS_ROWS || m->state == MEMBER_AWAITS_RELEASE);
}

struct sym_span sym_table_member_release(const struct sym_table_member *m)
{
    return sym_tab_bytes_span(&m->release);
}

struct sym_table_failure sym_table_member_failure(const struct sym_table_member *m)
{
    return m->failure;
}

/* Moves on, with a payload to be sent. */
static enum sym_err say(struct sym_table_member *m, enum member_state state, enum table_type type,
                        struct sym_span content)
{
    enum sym_err err = sym_table_payload_new(&m->due, type, content);
    if (err == SYM_OK) {
        m->state = state;
    }
    return die(m, err, m->agreed.place, SYM_TABLE_CAUSE_OTHER);
}

/* Moves on from one state to another. */
static enum sym_err move(struct sym_table_member *m, enum member_state from, enum member_state to)
{
    if (m->state != from) {
        return SYM_WRONG_STATE;
    }
    m->state = to;
    return SYM_OK;
}

static enum sym_err draw_key(struct sym_table_member *m)
{
    struct sym_scalar *k = sym_scalar_in(&m->agreed.secret);
    sym_scalar_random(k);
    return sym_ristretto_multiply(&m->agreed.consented[m->agreed.place].key, NULL, m->with,
                                  &sym_ristretto_generator, 1, k);
}

enum sym_err sym_table_member_consent(struct sym_table_member *m, uint32_t elements, uint64_t epoch)
{
    struct sym_table_consented *own = &m->agreed.consented[m->agreed.place];
    if (m->state != MEMBER_WANTS_CONSENT) {
        return SYM_WRONG_STATE;
    }
    if (elements > SYM_TABLE_SET_MAX || (tallies(m) && (elements > 0 || epoch > 0))) {
        return SYM_BAD_VALUE;
    }
    enum sym_err err = tallies(m) ? SYM_OK : draw_key(m);
    const struct sym_table_consent c = {
        .qid = sym_span(m->agreed.qid, sizeof m->agreed.qid),
        .member = m->agreed.place,
        .key = tallies(m) ? sym_span(NULL, 0) : sym_span(own->key.bytes, sizeof own->key.bytes),
        .elements = elements,
        .epoch = epoch,
    };
    if (err == SYM_OK) {
        err = sym_table_signed_new(&m->own_consent, m->agreed.identity, &sym_msg_table_consent, &c,
                                   0);
    }
    if (err != SYM_OK) {
        return die(m, err, m->agreed.place, SYM_TABLE_CAUSE_OTHER);
    }
    return say(m, MEMBER_SAYS_CONSENT, TABLE_CONSENT, sym_tab_bytes_span(&m->own_consent));
}

enum sym_err sym_table_member_agree(struct sym_table_member *m)
{
    if (m->state != MEMBER_WANTS_AGREE) {
        return SYM_WRONG_STATE;
    }
    return say(m, MEMBER_SAYS_READY, TABLE_READY,
               sym_span(m->agreed.consents_hash, sizeof m->agreed.consents_hash));
}

enum sym_err sym_table_member_started(struct sym_table_member *m)
{
    return move(m, MEMBER_WANTS_START, MEMBER_COMPUTES);
}

void sym_table_member_came(struct sym_table_member *m, uint32_t place, uint32_t count)
{
    if (place < m->question.n && count > m->came.of[place]) {
        m->came.of[place] = count;
        m->has_news = true;
    }
}

enum sym_err sym_table_member_evaluated(struct sym_table_member *m)
{
    bool noisy = m->question.mode == SYM_TABLE_DP;
    return tallies(m) ? SYM_WRONG_STATE
                      : move(m, MEMBER_COMPUTES, noisy ? MEMBER_WANTS_DEBIT : MEMBER_WANTS_ROWS);
}

enum sym_err sym_table_member_debited(struct sym_table_member *m)
{
    return move(m, MEMBER_WANTS_DEBIT, MEMBER_WANTS_ROWS);
}

enum sym_err sym_table_member_sending(struct sym_table_member *m)
{
    return move(m, MEMBER_WANTS_ROWS, MEMBER_AWAITS_RELEASE);
}

/* An exact table shows as many records on the own list as there are. */
static enum sym_err check_own(const struct sym_table_member *m, const struct sym_table_release *r,
                              uint64_t rows)
{
    uint32_t cells = sym_table_cells(m->question.n);
    uint64_t *counts = malloc(cells * sizeof *counts);
    enum sym_err err = counts == NULL ? SYM_NO_MEMORY : sym_table_counts(counts, cells, r);
    uint64_t seen = 0;
    for (uint32_t cell = 0; err == SYM_OK && cell < cells; cell++) {
        seen += ((cell + 1) >> m->agreed.place & 1) != 0 ? counts[cell] : 0;
    }
    free(counts);
    return err == SYM_OK && seen != rows ? SYM_BAD_VALUE : err;
}

enum sym_err sym_table_member_released(struct sym_table_member *m, struct sym_span bytes,
                                       uint64_t rows)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_table_release r;
    if (m->state != (tallies(m) ? MEMBER_COMPUTES : MEMBER_AWAITS_RELEASE)) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_table_release_open(&arena, &r, bytes, &m->agreed);
    if (err == SYM_OK && !tallies(m) && r.mode == SYM_TABLE_EXACT) {
        err = check_own(m, &r, rows);
    }
    if (err != SYM_OK) {
        sym_table_member_fail(
            m, sym_table_failure_of(err, m->agreed.place, m->question.n, SYM_TABLE_CAUSE_RELEASE));
        return err;
    }
    err = sym_tab_bytes_copy(&m->release, bytes);
    if (err == SYM_OK) {
        m->state = MEMBER_WANTS_KEEP;
    }
    return die(m, err, m->agreed.place, SYM_TABLE_CAUSE_OTHER);
}

enum sym_err sym_table_member_kept(struct sym_table_member *m)
{
    uint8_t hash[SYM_HASH_BYTES];
    if (m->state != MEMBER_WANTS_KEEP) {
        return SYM_WRONG_STATE;
    }
    if (tallies(m)) {
        return say(m, MEMBER_SAYS_DONE, TABLE_RELEASE, sym_tab_bytes_span(&m->release));
    }
    enum sym_err err = sym_table_release_hash(hash, sym_tab_bytes_span(&m->release));
    if (err != SYM_OK) {
        return die(m, err, m->agreed.place, SYM_TABLE_CAUSE_OTHER);
    }
    return say(m, MEMBER_SAYS_DONE, TABLE_DONE, sym_span(hash, sizeof hash));
}

void sym_table_member_fail(struct sym_table_member *m, struct sym_table_failure failure)
{
    uint8_t content[TABLE_FAILED_BYTES];
    if (m->state >= MEMBER_CLOSES) {
        return;
    }
    sym_tab_bytes_clear(&m->due);
    sym_table_failure_put(content, &failure);
    m->failure = failure;
    enum sym_err err =
        sym_table_payload_new(&m->due, TABLE_FAILED, sym_span(content, sizeof content));
    m->state = err == SYM_OK ? MEMBER_SAYS_FAILED : MEMBER_DEAD;
}

void sym_table_member_lost(struct sym_table_member *m, struct sym_table_failure failure,
                           uint64_t now_ms)
{
    if (!has_lost(m) && m->state < MEMBER_CLOSES) {
        m->lost = failure;
        m->lost_until_ms = now_ms + SYM_TABLE_WORD_MS;
    }
}

void sym_table_member_tick(struct sym_table_member *m, uint64_t now_ms)
{
    if (has_lost(m) && now_ms >= m->lost_until_ms) {
        sym_table_member_fail(m, m->lost);
    }
}

/* What leaves ----------------------------------------------------------------------------------
 */

static bool says_what_came(const struct sym_table_member *m)
{
    return m->has_news && m->state >= MEMBER_COMPUTES && m->state < MEMBER_CLOSES;
}

enum sym_table_step sym_table_member_step(const struct sym_table_member *m, size_t *len)
{
    *len = 0;
    if (m->state == MEMBER_CLOSES) {
        return SYM_TABLE_CLOSE;
    }
    if (says_what_came(m)) {
        *len = 1 + (size_t)4 * m->question.n;
        return SYM_TABLE_DATA;
    }
    *len = m->state != MEMBER_DEAD ? m->due.len : 0;
    return *len > 0 ? SYM_TABLE_DATA : SYM_TABLE_WAIT;
}

enum sym_err sym_table_member_write(struct sym_table_member *m, uint8_t *payload, size_t len)
{
    size_t due = 0;
    enum sym_table_step step = sym_table_member_step(m, &due);
    if (step == SYM_TABLE_CLOSE) {
        m->state = MEMBER_OVER;
        return SYM_OK;
    }
    if (step == SYM_TABLE_WAIT || len != due) {
        return die(m, step == SYM_TABLE_WAIT ? SYM_WRONG_STATE : SYM_TOO_LONG, m->agreed.place,
                   SYM_TABLE_CAUSE_OTHER);
    }
    if (says_what_came(m)) {
        uint8_t content[TABLE_CAME_BYTES_MAX];
        struct sym_span came = sym_table_came_put(content, &m->came, m->question.n);
        payload[0] = TABLE_CAME;
        memcpy(payload + 1, came.data, came.len);
        m->has_news = false;
        return SYM_OK;
    }
    memcpy(payload, m->due.data, len);
    sym_tab_bytes_clear(&m->due);
    m->state = m->state == MEMBER_SAYS_FAILED ? MEMBER_DEAD : (enum member_state)(m->state + 1);
    return SYM_OK;
}

/* What arrives ---------------------------------------------------------------------------------
 */

static enum sym_err take_one_consent(struct sym_table_member *m, uint32_t place,
                                     struct sym_span from)
{
    enum sym_err err = SYM_OK;
    if (place == m->agreed.place && !sym_span_equal(from, sym_tab_bytes_span(&m->own_consent))) {
        err = SYM_BAD_VALUE;
    }
    if (err == SYM_OK) {
        err = sym_table_consent_open(&m->agreed.consented[place], from, &m->question, m->agreed.qid,
                                     place, m->with);
    }
    /* Signed by that party for this table, and not fitting, is its own doing: these come of no
     * other. Anything else is the asker's. */
    bool own_doing = (err == SYM_BAD_VALUE || err == SYM_BAD_ELEMENT) && place != m->agreed.place;
    return die(m, err, own_doing ? place : SYM_TABLE_ASKER,
               own_doing ? SYM_TABLE_CAUSE_CONSENT : SYM_TABLE_CAUSE_CONSENTS);
}

static enum sym_err take_consents(struct sym_table_member *m, struct sym_span content)
{
    enum sym_err err = sym_tab_bytes_copy(&m->consents, content);
    struct sym_reader r = sym_reader(sym_tab_bytes_span(&m->consents));
    if (err == SYM_OK) {
        err = sym_sha256(m->agreed.consents_hash, content);
    }
    for (uint32_t i = 0; err == SYM_OK && i <= m->question.n; i++) {
        struct sym_span from = sym_tab_consents_next(&r);
        err = r.err != SYM_OK ? SYM_BAD_FORMAT : take_one_consent(m, i, from);
    }
    if (err == SYM_OK && sym_read_end(&r) != SYM_OK) {
        err = SYM_BAD_FORMAT;
    }
    if (err == SYM_OK) {
        err = sym_table_consents_fit(m->agreed.consented, m->question.n, m->with);
    }
    if (err == SYM_OK) {
        m->agreed.consents = sym_tab_bytes_span(&m->consents);
        m->has_agreed = true;
        m->state = MEMBER_WANTS_AGREE;
    }
    return m->state == MEMBER_DEAD ? err : die(m, err, SYM_TABLE_ASKER, SYM_TABLE_CAUSE_CONSENTS);
}

static enum sym_err take_go(struct sym_table_member *m, struct sym_span content)
{
    if (content.len != 0) {
        return die(m, SYM_BAD_FORMAT, SYM_TABLE_ASKER, SYM_TABLE_CAUSE_PROTOCOL);
    }
    m->state = MEMBER_WANTS_START;
    return SYM_OK;
}

/* Is it this party that said so? All that it can have said, and be told, is who was late. */
static bool is_own_word(const struct sym_table_member *m, const struct sym_table_failure *f)
{
    uint32_t set = f->place < m->question.n ? 1u << f->place : f->awaited;
    bool late = f->cause == SYM_TABLE_CAUSE_LATE || f->cause == SYM_TABLE_CAUSE_NO_ROWS;
    return late && m->has_agreed &&
           sym_table_came_lacks(&m->came, set, &m->agreed, m->agreed.place);
}

/* It has failed elsewhere, the asker says. The machine has nothing more to say. */
static enum sym_err take_failed(struct sym_table_member *m, struct sym_span content)
{
    struct sym_table_failure failure;
    enum sym_err err = sym_table_failure_get(&failure, content, m->question.n);
    if (err != SYM_OK) {
        return die(m, err, SYM_TABLE_ASKER, SYM_TABLE_CAUSE_PROTOCOL);
    }
    if (failure.said_by == SYM_TABLE_NOBODY || failure.said_by == failure.place ||
        (failure.said_by == m->agreed.place && !is_own_word(m, &failure))) {
        failure.said_by = SYM_TABLE_ASKER;
    }
    m->failure = failure;
    m->state = MEMBER_DEAD;
    return SYM_OK;
}

enum sym_err sym_table_member_take(struct sym_table_member *m, struct sym_span payload)
{
    enum table_type type = TABLE_NO_TYPE;
    struct sym_span content = {0};
    if (m->state == MEMBER_DEAD) {
        return SYM_WRONG_STATE;
    }
    if (m->state == MEMBER_SAYS_FAILED) {
        return SYM_OK; /* on its way when this failed: the asker is about to be told */
    }
    enum sym_err err = sym_table_payload_read(&type, &content, payload);
    if (err == SYM_OK && type == TABLE_FAILED && m->state < MEMBER_CLOSES) {
        return take_failed(m, content);
    }
    if (err == SYM_OK && type == TABLE_CONSENTS && m->state == MEMBER_AWAITS_CONSENTS) {
        return take_consents(m, content);
    }
    if (err == SYM_OK && type == TABLE_GO && m->state == MEMBER_AWAITS_GO) {
        return take_go(m, content);
    }
    return die(m, err == SYM_OK ? SYM_WRONG_STATE : err, SYM_TABLE_ASKER, SYM_TABLE_CAUSE_PROTOCOL);
}
