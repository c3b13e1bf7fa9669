#include "proto/codec.h"
#include "proto/tab_lead_state.h"

#include <stdlib.h>
#include <string.h>

/* Beginning and end ----------------------------------------------------------------------------
 */

static enum sym_err make_cube(struct sym_tab_lead *l, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_query query;
    enum sym_err err = sym_decode(&arena, &query, &sym_msg_tab_query, l->config.question.query);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the query %s", sym_err_text(err));
    }
    err = sym_cube_new(&l->cube, &query, fault);
    if (err != SYM_OK) {
        return err;
    }
    l->cells = (uint32_t)sym_cube_cells(l->cube);
    l->noise_params = (struct sym_laplace_params){.epsilon_nano = query.epsilon_nano,
                                                  .sensitivity = sym_cube_sensitivity(l->cube),
                                                  .shares = l->rules.noise_shares};
    return sym_tab_qid(l->qid, &l->config.question, l->cube);
}

static enum sym_err make_room(struct sym_tab_lead *l)
{
    uint32_t n = l->rules.n;
    l->legs = calloc(n, sizeof *l->legs);
    l->consenting = calloc(n, sizeof *l->consenting);
    l->epochs = calloc(n, sizeof *l->epochs);
    l->verdicts = calloc(n, sizeof *l->verdicts);
    bool room =
        l->legs != NULL && l->consenting != NULL && l->epochs != NULL && l->verdicts != NULL;
    for (uint32_t i = 0; room && i < n; i++) {
        l->legs[i].due = 1u << TAB_PROPOSE;
    }
    return room ? SYM_OK : SYM_NO_MEMORY;
}

static enum sym_err set_up(struct sym_tab_lead *l, const struct sym_tab_lead_config *config,
                           struct sym_fault *fault)
{
    enum sym_err err = sym_tab_question_copy(&l->config.question, NULL, &config->question);
    if (err == SYM_OK) {
        l->rules = sym_tab_rules(l->config.question.n);
        l->least = config->minimum > l->rules.quorum ? config->minimum : l->rules.quorum;
        err = sym_tab_cohort_new(&l->cohort, &l->config.question);
    }
    if (err == SYM_OK) {
        err = make_room(l);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the cohort %s", sym_err_text(err));
    }
    return make_cube(l, fault);
}

enum sym_err sym_tab_lead_new(struct sym_tab_lead **out, const struct sym_tab_lead_config *config,
                              struct sym_fault *fault)
{
    uint32_t n = config->question.n;
    if (config->minimum < SYM_TAB_MEMBERS_MIN || n < config->minimum) {
        return sym_fail(
            fault, SYM_BAD_VALUE, "%u participants are too few: this node asks for at least %u", n,
            config->minimum > SYM_TAB_MEMBERS_MIN ? config->minimum : SYM_TAB_MEMBERS_MIN);
    }
    if (config->phase_ms == 0 || config->question.dataset.len == 0) {
        return sym_fail(fault, SYM_BAD_VALUE, "a tabulation needs a dataset and a deadline");
    }
    struct sym_tab_lead *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "the tabulation %s", sym_err_text(SYM_NO_MEMORY));
    }
    l->config = *config;
    l->config.question = (struct sym_tab_question){0};
    enum sym_err err = set_up(l, config, fault);
    if (err != SYM_OK) {
        sym_tab_lead_free(l);
        return err;
    }
    *out = l;
    return SYM_OK;
}

static void leg_clear(struct lead_leg *leg)
{
    sym_tab_bytes_clear(&leg->consent);
    sym_tab_bytes_clear(&leg->boxes);
    sym_secret_clear(&leg->shares);
}

void sym_tab_lead_free(struct sym_tab_lead *l)
{
    if (l == NULL) {
        return;
    }
    for (uint32_t i = 0; l->legs != NULL && i < l->rules.n; i++) {
        leg_clear(&l->legs[i]);
    }
    sym_lead_sum_clear(l);
    sym_lead_search_clear(l);
    free(l->legs);
    free(l->consenting);
    free(l->epochs);
    free(l->verdicts);
    sym_tab_question_clear(&l->config.question);
    sym_tab_bytes_clear(&l->cohort);
    sym_cube_free(l->cube);
    sym_tab_bytes_clear(&l->consents);
    sym_tab_bytes_clear(&l->survivors_said);
    sym_tab_bytes_clear(&l->signatures);
    sym_tab_bytes_clear(&l->released);
    sym_tab_bytes_clear(&l->head);
    free(l);
}

/* What is asked --------------------------------------------------------------------------------
 */

enum sym_tab_phase sym_tab_lead_phase(const struct sym_tab_lead *l)
{
    return l->phase;
}

const char *sym_tab_lead_fault(const struct sym_tab_lead *l)
{
    return l->fault;
}

bool sym_tab_lead_unspent(const struct sym_tab_lead *l)
{
    return l->phase == SYM_TAB_FAILED && !l->asked;
}

enum sym_tab_lead_want sym_tab_lead_wants(const struct sym_tab_lead *l)
{
    if (l->phase == SYM_TAB_FAILED) {
        return SYM_TAB_LEAD_WANTS_NOTHING;
    }
    return l->wants_look   ? SYM_TAB_LEAD_WANTS_LOOK
           : l->wants_keep ? SYM_TAB_LEAD_WANTS_KEEP
                           : SYM_TAB_LEAD_WANTS_NOTHING;
}

bool sym_tab_lead_misfits(const struct sym_tab_lead *l, uint32_t place)
{
    return place < l->rules.n && l->legs[place].misfits;
}

const uint8_t *sym_tab_lead_question_id(const struct sym_tab_lead *l)
{
    return l->question_id;
}

uint32_t sym_tab_lead_consenting(const struct sym_tab_lead *l, uint8_t places[SYM_TAB_MEMBERS_MAX])
{
    for (uint32_t i = 0; i < l->n_consents; i++) {
        places[i] = (uint8_t)l->consenting[i].place;
    }
    return l->n_consents;
}

uint64_t sym_tab_lead_epoch(const struct sym_tab_lead *l, uint32_t place)
{
    return place < l->rules.n ? l->epochs[place] : 0;
}

const uint8_t *sym_tab_lead_consents_hash(const struct sym_tab_lead *l)
{
    return l->n_consents > 0 ? l->consents_hash : NULL;
}

struct sym_tab_progress sym_tab_lead_progress(const struct sym_tab_lead *l)
{
    uint64_t tiles = (l->cells + SYM_TAB_TILE_CELLS - 1) / SYM_TAB_TILE_CELLS;
    uint64_t each = tiles + 6; /* consent, shares, vector, signature, unmasking, kept */
    uint64_t total = each * (l->n_consents > 0 ? l->n_consents : l->rules.n);
    uint64_t done = l->phase == SYM_TAB_DONE || l->steps > total ? total : l->steps;
    return (struct sym_tab_progress){.done = done, .total = total};
}

/* Legs: what leaves ----------------------------------------------------------------------------
 */

static enum tab_type next_due(const struct lead_leg *leg)
{
    unsigned type = TAB_PROPOSE;
    while (type < TAB_TYPE_COUNT && (leg->due & (1u << type)) == 0) {
        type++;
    }
    return leg->gone || type == TAB_TYPE_COUNT ? TAB_NO_TYPE : (enum tab_type)type;
}

/* What stands behind the type; BOXES are put together when they are written. */
static struct sym_span content_due(const struct sym_tab_lead *l, const struct lead_leg *leg,
                                   enum tab_type type)
{
    switch (type) {
    case TAB_PROPOSE:
        return l->config.question.query;
    case TAB_CONSENTS:
        return sym_tab_bytes_span(&l->consents);
    case TAB_BOXES:
        return sym_span(NULL, (l->n_consents - 1) * (size_t)SYM_TAB_BOX_BYTES);
    case TAB_SURVIVORS:
        return sym_tab_bytes_span(&l->survivors_said);
    case TAB_SIGNATURES:
        return sym_tab_bytes_span(&l->signatures);
    case TAB_RELEASE:
        return sym_tab_bytes_span(&l->head);
    case TAB_CELLS:
        return sym_cells_page(sym_span(l->released.data + leg->page, l->released_len - leg->page));
    case TAB_DONE:
        return sym_span(l->done, sizeof l->done);
    case TAB_NO_TYPE:
    case TAB_CONSENT:
    case TAB_SHARES:
    case TAB_SEND:
    case TAB_TILE:
    case TAB_VECTOR:
    case TAB_SIGNATURE:
    case TAB_UNMASK:
    case TAB_KEPT:
    case TAB_TYPE_COUNT:
        break;
    }
    return sym_span(NULL, 0);
}

enum sym_tab_step sym_tab_lead_step(const struct sym_tab_lead *l, uint32_t place, size_t *len)
{
    *len = 0;
    if (place >= l->rules.n || l->phase == SYM_TAB_FAILED) {
        return SYM_TAB_WAIT;
    }
    const struct lead_leg *leg = &l->legs[place];
    enum tab_type type = next_due(leg);
    if (type == TAB_NO_TYPE) {
        return leg->wants_close ? SYM_TAB_CLOSE : SYM_TAB_WAIT;
    }
    *len = 1 + content_due(l, leg, type).len;
    return SYM_TAB_DATA;
}

/* From each other who consented, what it sealed for this one. */
static void put_boxes(const struct sym_tab_lead *l, const struct lead_leg *to, uint8_t *out)
{
    for (uint32_t i = 0; i < l->n_consents; i++) {
        const struct lead_leg *from = &l->legs[l->consenting[i].place];
        if (from != to) {
            size_t at = to->index < i ? to->index : to->index - 1;
            memcpy(out, from->boxes.data + at * SYM_TAB_BOX_BYTES, SYM_TAB_BOX_BYTES);
            out += SYM_TAB_BOX_BYTES;
        }
    }
}

static void was_sent(struct sym_tab_lead *l, struct lead_leg *leg, enum tab_type type, size_t len)
{
    if (type == TAB_SEND) {
        l->asked = true;
    } else if (type == TAB_CELLS) {
        leg->page += len;
        if (leg->page < l->released_len) {
            return;
        }
    } else if (type == TAB_DONE) {
        leg->wants_close = true;
    }
    leg->due &= ~(1u << type);
}

static void closed(struct sym_tab_lead *l, struct lead_leg *leg)
{
    leg->wants_close = false;
    sym_lead_drop(leg);
    sym_lead_advance(l, 0);
}

enum sym_err sym_tab_lead_write(struct sym_tab_lead *l, uint32_t place, uint8_t *payload,
                                size_t len)
{
    size_t due = 0;
    enum sym_tab_step step = sym_tab_lead_step(l, place, &due);
    if (step == SYM_TAB_WAIT || len != due) {
        return step == SYM_TAB_WAIT ? SYM_WRONG_STATE : SYM_TOO_LONG;
    }
    struct lead_leg *leg = &l->legs[place];
    if (step == SYM_TAB_CLOSE) {
        closed(l, leg);
        return SYM_OK;
    }
    enum tab_type type = next_due(leg);
    struct sym_span content = content_due(l, leg, type);
    payload[0] = (uint8_t)type;
    if (type == TAB_BOXES) {
        put_boxes(l, leg, payload + 1);
    } else if (content.len > 0) {
        memcpy(payload + 1, content.data, content.len);
    }
    was_sent(l, leg, type, content.len);
    return SYM_OK;
}

/* Legs: what arrives, and what does not --------------------------------------------------------
 */

enum sym_err sym_tab_lead_take(struct sym_tab_lead *l, uint32_t place, struct sym_span payload,
                               uint64_t now_ms)
{
    if (place >= l->rules.n || l->phase == SYM_TAB_FAILED || l->legs[place].gone) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_lead_take(l, place, payload);
    if (err != SYM_OK) {
        sym_lead_drop(&l->legs[place]);
    } else {
        l->steps++;
    }
    sym_lead_advance(l, now_ms);
    return err;
}

void sym_tab_lead_lost(struct sym_tab_lead *l, uint32_t place, uint64_t now_ms)
{
    if (place < l->rules.n) {
        sym_lead_drop(&l->legs[place]);
        sym_lead_advance(l, now_ms);
    }
}

void sym_tab_lead_tick(struct sym_tab_lead *l, uint64_t now_ms)
{
    sym_lead_advance(l, now_ms);
}

/* Works ----------------------------------------------------------------------------------------
 */

bool sym_tab_lead_work(struct sym_tab_lead *l, struct sym_work *out)
{
    struct tab_job *job = sym_tab_job(&l->jobs);
    if (job == NULL || l->phase == SYM_TAB_FAILED) {
        return false;
    }
    *job = (struct tab_job){.owner = l, .grain = 1};
    if (!sym_lead_offer(l, job)) {
        return false;
    }
    sym_tab_job_give(&l->jobs, job, out);
    return true;
}

enum sym_err sym_tab_lead_worked(struct sym_tab_lead *l, void *context, enum sym_err err,
                                 uint64_t now_ms)
{
    struct tab_job *job = context;
    job->out = false;
    l->jobs.out--;
    if (l->phase == SYM_TAB_FAILED) {
        return SYM_OK;
    }
    err = job->done(job, err);
    if (err != SYM_OK) {
        sym_lead_fail(l, "what the participants sent could not be added up: it %s",
                      sym_err_text(err));
    }
    sym_lead_advance(l, now_ms);
    return err;
}
