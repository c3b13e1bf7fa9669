#include "proto/tab_member_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum sym_err die(struct sym_tab_member *m, enum sym_err err)
{
    if (err != SYM_OK) {
        if (m->fault[0] == '\0') {
            (void)snprintf(m->fault, sizeof m->fault, "the tabulation ended here: %s",
                           sym_err_text(err));
        }
        m->state = MEMBER_DEAD;
    }
    return err;
}

/* A failure of this node itself: nobody is named, and die says what it was. */
static bool is_own(enum sym_err err)
{
    return err == SYM_NO_MEMORY || err == SYM_INTERNAL;
}

enum sym_err sym_member_blame(struct sym_tab_member *m, enum sym_err err, uint32_t place,
                              const char *what)
{
    char id[2 * 8 + 1];
    if (is_own(err)) {
        return err;
    }
    sym_hex(id, m->config.question.cohort[place].id, 8);
    (void)snprintf(m->fault, sizeof m->fault,
                   "participant %u of %u (node %s): %s, or what the initiator brought instead, %s",
                   place + 1u, m->rules.n, id, what, sym_err_text(err));
    return err;
}

enum sym_err sym_member_blame_initiator(struct sym_tab_member *m, enum sym_err err,
                                        const char *what)
{
    char id[2 * 8 + 1];
    if (is_own(err)) {
        return err;
    }
    sym_hex(id, m->config.question.initiator, 8);
    (void)snprintf(m->fault, sizeof m->fault, "the initiator (node %s): %s", id, what);
    return err;
}

enum sym_err sym_member_cannot_open(struct sym_tab_member *m, uint32_t place)
{
    char id[2 * 8 + 1];
    sym_hex(id, m->config.question.cohort[place].id, 8);
    (void)snprintf(m->fault, sizeof m->fault,
                   "shares between this node and participant %u of %u (node %s) do not open: their "
                   "preshared keys differ, or one was changed meanwhile, or bytes were altered by "
                   "that node or the initiator; both run: \"symbolon peer psk ALIAS --file FILE\"",
                   place + 1u, m->rules.n, id);
    return SYM_BAD_TAG;
}

uint32_t sym_member_least(const struct sym_tab_member *m)
{
    return m->config.minimum > m->rules.quorum ? m->config.minimum : m->rules.quorum;
}

uint32_t sym_member_index(const struct sym_tab_member *m, uint32_t place)
{
    uint32_t i = 0;
    while (i < m->n_consents && m->consenting[i].place != place) {
        i++;
    }
    return i;
}

void sym_member_compute(struct sym_tab_member *m, enum member_state state)
{
    m->state = state;
    m->task = TASK_DUE;
}

/* Beginning and end ----------------------------------------------------------------------------
 */

static bool is_possible(const struct sym_tab_member_config *c)
{
    const struct sym_tab_question *q = &c->question;
    return c->identity != NULL && q->query.len == 0 && c->query_hash.len == SYM_HASH_BYTES &&
           c->outline.len > 0 && c->place < q->n && c->minimum >= SYM_TAB_MEMBERS_MIN &&
           q->n >= c->minimum && c->cells > 0 && c->cells <= SYM_TAB_CELLS_MAX;
}

static enum sym_err set_up(struct sym_tab_member *m, const struct sym_tab_member_config *config)
{
    enum sym_err err = sym_tab_question_copy(&m->config.question, &m->psks, &config->question);
    if (err == SYM_OK) {
        err = sym_tab_cohort_new(&m->cohort, &m->config.question);
    }
    if (err == SYM_OK) {
        struct sym_span own =
            sym_span(config->question.cohort[config->place].identity, SYM_ED25519_BYTES);
        struct sym_span key = sym_span(config->identity->public_key, SYM_ED25519_BYTES);
        err = sym_span_equal(own, key) ? SYM_OK : SYM_BAD_VALUE;
    }
    if (err == SYM_OK) {
        err = sym_tab_bytes_copy(&m->outline, config->outline);
    }
    m->config.outline = sym_tab_bytes_span(&m->outline);
    memcpy(m->query_hash, config->query_hash.data, sizeof m->query_hash);
    m->config.query_hash = sym_span(m->query_hash, sizeof m->query_hash);
    m->rules = sym_tab_rules(config->question.n);
    return err;
}

enum sym_err sym_tab_member_new(struct sym_tab_member **out,
                                const struct sym_tab_member_config *config)
{
    if (!is_possible(config)) {
        return SYM_BAD_VALUE;
    }
    struct sym_tab_member *m = calloc(1, sizeof *m);
    if (m == NULL) {
        return SYM_NO_MEMORY;
    }
    m->config = *config;
    m->config.question = (struct sym_tab_question){0};
    m->is_late = config->owed != NULL;
    if (m->is_late) {
        m->owed = *config->owed;
        m->config.owed = &m->owed;
    }
    m->cells = config->cells;
    enum sym_err err = set_up(m, config);
    if (err != SYM_OK) {
        sym_tab_member_free(m);
        return err;
    }
    *out = m;
    return SYM_OK;
}

static void clear_secrets(struct sym_tab_member *m)
{
    sym_exchange_key_clear(&m->channel);
    sym_exchange_key_clear(&m->mask);
    sym_secret_clear(&m->seed);
    sym_secret_clear(&m->shared);
    sym_secret_clear(&m->pairs);
    sym_secret_clear(&m->keys);
    sym_secret_clear(&m->noise_key);
    sym_secret_clear(&m->psks);
    sym_member_tiles_clear(&m->tiles);
}

void sym_tab_member_free(struct sym_tab_member *m)
{
    if (m == NULL) {
        return;
    }
    clear_secrets(m);
    m->config.question.query = sym_span(NULL, 0);
    sym_tab_question_clear(&m->config.question);
    sym_tab_bytes_clear(&m->cohort);
    sym_tab_bytes_clear(&m->outline);
    sym_tab_bytes_clear(&m->query);
    sym_tab_bytes_clear(&m->due);
    sym_cube_free(m->cube);
    sym_laplace_free(m->noise);
    sym_tab_bytes_clear(&m->own_consent);
    sym_tab_bytes_clear(&m->consents);
    free(m->consenting);
    free(m->consent_spans);
    free(m->verdicts);
    sym_tab_bytes_clear(&m->boxes);
    free(m->signs);
    sym_tab_bytes_clear(&m->survivors_said);
    sym_tab_bytes_clear(&m->signatures);
    sym_tab_bytes_clear(&m->head);
    sym_tab_bytes_clear(&m->released);
    free(m);
}

/* What it wants, and what is asked -------------------------------------------------------------
 */

enum sym_tab_want sym_tab_member_wants(const struct sym_tab_member *m)
{
    return m->state == MEMBER_WANTS_CONSENT  ? SYM_TAB_WANTS_CONSENT
           : m->state == MEMBER_WANTS_DEBIT  ? SYM_TAB_WANTS_DEBIT
           : m->state == MEMBER_WANTS_UNMASK ? SYM_TAB_WANTS_UNMASK
           : m->state == MEMBER_WANTS_KEEP   ? SYM_TAB_WANTS_KEEP
                                             : SYM_TAB_WANTS_NOTHING;
}

struct sym_cube *sym_tab_member_cube(const struct sym_tab_member *m)
{
    return m->cube;
}

const uint8_t *sym_tab_member_qid(const struct sym_tab_member *m)
{
    return m->qid;
}

const uint8_t *sym_tab_member_consents_hash(const struct sym_tab_member *m)
{
    return m->agreed ? m->consents_hash : NULL;
}

uint32_t sym_tab_member_consenting(const struct sym_tab_member *m,
                                   uint8_t places[SYM_TAB_MEMBERS_MAX])
{
    uint32_t n = m->agreed ? m->n_consents : 0;
    for (uint32_t i = 0; i < n; i++) {
        places[i] = (uint8_t)m->consenting[i].place;
    }
    return n;
}

struct sym_span sym_tab_member_survivors(const struct sym_tab_member *m)
{
    return sym_span(m->survivors, m->n_survivors);
}

void sym_tab_member_release(const struct sym_tab_member *m, struct sym_span *head,
                            struct sym_span *cells)
{
    *head = sym_tab_bytes_span(&m->head);
    *cells = sym_span(m->released.data, m->released_len);
}

const char *sym_tab_member_fault(const struct sym_tab_member *m)
{
    return m->fault;
}

static size_t tiles_of(const struct sym_tab_member *m)
{
    return (m->cells + SYM_TAB_TILE_CELLS - 1) / SYM_TAB_TILE_CELLS;
}

struct sym_tab_progress sym_tab_member_progress(const struct sym_tab_member *m)
{
    /* Payloads in either direction beside tiles, with one of cells. */
    uint64_t total = tiles_of(m) + 14;
    uint64_t done = m->state == MEMBER_CLOSES || m->state == MEMBER_OVER ? total : m->steps;
    return (struct sym_tab_progress){.done = done < total ? done : total, .total = total};
}

/* What leaves ----------------------------------------------------------------------------------
 */

enum sym_tab_step sym_tab_member_step(const struct sym_tab_member *m, size_t *len)
{
    *len = 0;
    if (m->state == MEMBER_CLOSES) {
        return SYM_TAB_CLOSE;
    }
    if (m->state != MEMBER_DEAD) {
        *len = m->state == MEMBER_SAYS_TILES ? sym_member_tile_bytes(m) : m->due.len;
    }
    return *len > 0 ? SYM_TAB_DATA : SYM_TAB_WAIT;
}

/* What follows when a payload is on its way. */
static enum member_state after(enum member_state said)
{
    return said == MEMBER_SAYS_UNMASK ? MEMBER_AWAITS_RELEASE
           : said == MEMBER_SAYS_KEPT ? MEMBER_CLOSES
                                      : (enum member_state)(said + 1);
}

enum sym_err sym_tab_member_write(struct sym_tab_member *m, uint8_t *payload, size_t len)
{
    size_t due = 0;
    enum sym_tab_step step = sym_tab_member_step(m, &due);
    if (step == SYM_TAB_CLOSE) {
        m->state = MEMBER_OVER;
        return SYM_OK;
    }
    if (step == SYM_TAB_WAIT || len != due) {
        return die(m, step == SYM_TAB_WAIT ? SYM_WRONG_STATE : SYM_TOO_LONG);
    }
    m->steps++;
    if (m->state == MEMBER_SAYS_TILES) {
        return die(m, sym_member_write_tile(m, payload));
    }
    memcpy(payload, m->due.data, len);
    sym_tab_bytes_clear(&m->due);
    m->state = after(m->state);
    return SYM_OK;
}

/* What arrives ---------------------------------------------------------------------------------
 */

/* An empty cell is a refusal. */
static member_take_fn *const table[MEMBER_STATE_COUNT][TAB_TYPE_COUNT] = {
    [MEMBER_AWAITS_QUERY] = {[TAB_PROPOSE] = sym_member_take_query},
    [MEMBER_AWAITS_CONSENTS] =
        {[TAB_CONSENTS] = sym_member_take_consents, [TAB_DONE] = sym_member_take_done},
    [MEMBER_AWAITS_BOXES] = {[TAB_BOXES] = sym_member_take_boxes},
    [MEMBER_OPENS] = {[TAB_SEND] = sym_member_take_send},
    [MEMBER_AWAITS_SEND] = {[TAB_SEND] = sym_member_take_send},
    [MEMBER_AWAITS_SURVIVORS] = {[TAB_SURVIVORS] = sym_member_take_survivors},
    [MEMBER_AWAITS_SIGNATURES] = {[TAB_SIGNATURES] = sym_member_take_signatures},
    [MEMBER_AWAITS_RELEASE] = {[TAB_RELEASE] = sym_member_take_release},
    [MEMBER_AWAITS_CELLS] = {[TAB_CELLS] = sym_member_take_cells},
};

enum sym_err sym_tab_member_take(struct sym_tab_member *m, struct sym_span payload, uint64_t now_ms)
{
    enum tab_type type = TAB_NO_TYPE;
    struct sym_span content = {0};
    if (m->state == MEMBER_DEAD) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_tab_payload_read(&type, &content, payload);
    if (err != SYM_OK) {
        return die(m, sym_member_blame_initiator(m, err, "a payload of no known type"));
    }
    member_take_fn *take = table[m->state][type];
    if (take == NULL) {
        return die(
            m, sym_member_blame_initiator(m, SYM_WRONG_STATE, "a payload that is not its turn"));
    }
    m->steps++;
    err = take(m, content, now_ms);
    if (err != SYM_OK && m->fault[0] == '\0') {
        err = sym_member_blame_initiator(m, err, "what it sent is not what its turn asks for");
    }
    return die(m, err);
}

/* What is computed -----------------------------------------------------------------------------
 */

static bool describe(struct sym_tab_member *m, struct tab_job *job)
{
    if (m->state == MEMBER_SAYS_TILES) {
        return sym_member_offer_tile(m, job);
    }
    if (m->task != TASK_DUE) {
        return false;
    }
    if (m->state == MEMBER_PREPARES) {
        sym_member_job_prepare(m, job);
    } else if (m->state == MEMBER_VERIFIES_CONSENTS) {
        sym_member_job_verify_consents(m, job);
    } else if (m->state == MEMBER_SEALS) {
        sym_member_job_seal(m, job);
    } else if (m->state == MEMBER_OPENS) {
        sym_member_job_open(m, job);
    } else if (m->state == MEMBER_VERIFIES_SIGNATURES) {
        sym_member_job_verify_signatures(m, job);
    } else if (m->state == MEMBER_CHECKS_RELEASE) {
        sym_member_job_check_release(m, job);
    } else {
        return false;
    }
    m->task = TASK_OUT;
    return true;
}

bool sym_tab_member_work(struct sym_tab_member *m, struct sym_work *out)
{
    struct tab_job *job = sym_tab_job(&m->jobs);
    if (job == NULL) {
        return false;
    }
    *job = (struct tab_job){.owner = m, .grain = 1};
    if (!describe(m, job)) {
        return false;
    }
    sym_tab_job_give(&m->jobs, job, out);
    return true;
}

enum sym_err sym_tab_member_worked(struct sym_tab_member *m, void *context, enum sym_err err)
{
    struct tab_job *job = context;
    job->out = false;
    m->jobs.out--;
    if (m->state == MEMBER_DEAD) {
        return SYM_OK;
    }
    if (m->state != MEMBER_SAYS_TILES) {
        m->task = TASK_NONE;
    }
    return die(m, job->done(job, err));
}

size_t sym_tab_member_works_out(const struct sym_tab_member *m)
{
    return m->jobs.out;
}
