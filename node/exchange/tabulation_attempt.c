#include "node/exchange/tabulations_state.h"
#include "node/log.h"
#include "node/loop.h"

#include <stdlib.h>
#include <string.h>

/* How long one phase waits for those who are late. */
#define PHASE_MS 30000u

/* Legs ----------------------------------------------------------------------------------------- */

static enum sym_tab_step leg_step(const struct sym_leg *leg, size_t *len)
{
    return leg->of->lead == NULL ? SYM_TAB_WAIT : sym_tab_lead_step(leg->of->lead, leg->place, len);
}

static enum sym_err leg_write(struct sym_leg *leg, uint8_t *payload, size_t len)
{
    return payload == NULL && len == 0
               ? SYM_OK /* a close */
               : sym_tab_lead_write(leg->of->lead, leg->place, payload, len);
}

static enum sym_err leg_take(struct sym_leg *leg, struct sym_span payload)
{
    if (leg->of->lead == NULL) {
        return SYM_WRONG_STATE;
    }
    sym_tabulation_turn_soon(leg->of);
    return sym_tab_lead_take(leg->of->lead, leg->place, payload, sym_now_ms());
}

static void leg_closing(const struct sym_leg *leg, struct sym_statement *word)
{
    const struct sym_tabulation *t = leg->of;
    const uint8_t *consents = t->lead != NULL ? sym_tab_lead_consents_hash(t->lead) : NULL;
    if (consents != NULL) {
        word->has_consents = true;
        memcpy(word->consents_hash, consents, sizeof word->consents_hash);
    }
    /* An earlier one, which answers, is not what came of this. */
    if (t->has_release && sym_equal(t->released, t->id, sizeof t->id)) {
        word->has_release = true;
        memcpy(word->release_hash, t->release_hash, sizeof word->release_hash);
    }
}

static const struct sym_leg_calls leg_calls = {
    .step = leg_step, .write = leg_write, .take = leg_take, .closing = leg_closing};

bool sym_tabulation_legs_are_over(const struct sym_tabulation *t)
{
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        if (t->legs[i].exchange != NULL) {
            return false;
        }
    }
    return true;
}

void sym_tabulation_abort_legs(struct sym_tabulation *t, enum sym_reason reason,
                               enum sym_err result, const char *why)
{
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        if (t->legs[i].exchange != NULL) {
            sym_exchange_abort(t->x, t->legs[i].exchange, reason, result, why);
        }
    }
}

/* Over all legs of all attempts. */
void sym_tabulation_count_bytes(const struct sym_tabulation *t, uint64_t *sent, uint64_t *received)
{
    *sent = t->bytes_sent;
    *received = t->bytes_received;
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        const struct sym_leg *leg = &t->legs[i];
        const struct sym_exchange *e = leg->exchange;
        *sent += e != NULL ? e->bytes_sent : leg->bytes_sent;
        *received += e != NULL ? e->bytes_received : leg->bytes_received;
    }
}

/* Attempts ------------------------------------------------------------------------------------- */

static enum sym_err new_part(struct sym_tabulation *t, const struct sym_tab_question *q)
{
    uint8_t query_hash[SYM_HASH_BYTES];
    struct sym_tab_part_config c;
    if (t->cohort.own == SYM_TAB_NO_PLACE) {
        return SYM_OK;
    }
    enum sym_err err = sym_sha256(query_hash, sym_kept_span(&t->query));
    sym_exchange_joint_config(t->x, &c);
    c.initiator = t->x->config.self;
    c.dataset = t->dataset;
    c.id = t->id;
    c.alias = "";
    c.purpose = t->purpose;
    c.basis = t->basis;
    c.wake = sym_tabulation_wake;
    c.owner = t;
    c.member.question = *q;
    c.member.question.query = sym_span(NULL, 0);
    c.member.place = t->cohort.own;
    c.member.query_hash = sym_span(query_hash, sizeof query_hash);
    c.member.outline = sym_span(t->outline, t->outline_len);
    c.member.epsilon_nano = sym_cube_epsilon(t->cube);
    c.member.cells = (uint32_t)sym_cube_cells(t->cube);
    c.member.only_confirms = t->confirms;
    return err == SYM_OK ? sym_tab_part_new(&t->part, &c) : err;
}

static enum sym_err new_machines(struct sym_tabulation *t, struct sym_fault *fault)
{
    struct sym_tab_part_config own;
    sym_exchange_joint_config(t->x, &own);
    struct sym_tab_lead_config c = {.question = {.cohort = t->cohort.parties,
                                                 .n = t->cohort.n,
                                                 .query = sym_kept_span(&t->query),
                                                 .dataset = sym_span_text(t->dataset),
                                                 .purpose = t->purpose,
                                                 .basis = t->basis},
                                    .minimum = own.member.minimum,
                                    .phase_ms = PHASE_MS};
    memcpy(c.question.tabulation, t->id, sizeof c.question.tabulation);
    memcpy(c.question.initiator, t->x->config.self.bytes, sizeof c.question.initiator);
    enum sym_err err = sym_tab_lead_new(&t->lead, &c, fault);
    if (err == SYM_OK && (err = new_part(t, &c.question)) != SYM_OK) {
        err = sym_fail(fault, err, "tabulation: the own part %s", sym_err_text(err));
    }
    return err;
}

static enum sym_err write_parameters(const struct sym_tabulation *t, uint8_t *out, size_t max,
                                     size_t *len, uint8_t bound[SYM_DIGEST_BYTES])
{
    uint8_t hash[SYM_HASH_BYTES];
    enum sym_err err = sym_sha256(hash, sym_kept_span(&t->query));
    const struct sym_tabulate p = {
        .suite = SYM_TAB_SUITE,
        .tabulation = sym_span(t->id, sizeof t->id),
        .query_hash = sym_span(hash, sizeof hash),
        .cohort = sym_span(t->cohort.ids, t->cohort.n * SYM_HASH_BYTES),
        .epsilon_nano = sym_cube_epsilon(t->cube),
        .cells = (uint32_t)sym_cube_cells(t->cube),
        .outline = sym_span(t->outline, t->outline_len),
        .answered = t->confirms ? sym_span(t->answered, sizeof t->answered) : sym_span(NULL, 0)};
    sym_joint_bound(bound, &p);
    return err == SYM_OK ? sym_encode(out, max, len, &sym_msg_tabulate, &p) : err;
}

/* A leg that cannot be begun is one that drops out at once. */
static enum sym_err begin_legs(struct sym_tabulation *t)
{
    uint8_t parameters[SYM_TABULATE_BYTES_MAX];
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint8_t bound[SYM_DIGEST_BYTES];
    size_t len = 0;
    enum sym_err err = write_parameters(t, parameters, sizeof parameters, &len, bound);
    const struct sym_joint joint = {.tabulation = t->id,
                                    .purpose = t->purpose,
                                    .basis = t->basis,
                                    .case_ref = t->case_ref,
                                    .note = t->note,
                                    .user = t->user,
                                    .dataset = t->dataset,
                                    .bound = sym_span(bound, sizeof bound),
                                    .participants = t->cohort.n,
                                    .cells = (uint32_t)sym_cube_cells(t->cube),
                                    .epsilon_nano = sym_cube_epsilon(t->cube),
                                    .shape = t->shape};
    for (uint32_t i = 0; err == SYM_OK && i < t->cohort.n; i++) {
        struct sym_leg *leg = &t->legs[i];
        struct sym_fault fault = {.text = ""};
        t->bytes_sent += leg->bytes_sent;
        t->bytes_received += leg->bytes_received;
        *leg = (struct sym_leg){.calls = &leg_calls, .of = t, .place = i};
        t->told[i] = false;
        if (i == t->cohort.own) {
            continue;
        }
        const struct sym_exchange_plan plan = {.peer = sym_tab_cohort_peer(&t->cohort, t->x, i),
                                               .kind = SYM_KIND_TABULATE,
                                               .parameters = sym_span(parameters, len),
                                               .timeout_ms = t->timeout_ms,
                                               .user = t->user,
                                               .joint = &joint,
                                               .leg = leg};
        if (sym_exchanges_start(t->x, id, &plan, &fault) != SYM_OK) {
            leg->over = true;
            leg->state = SYM_EXCHANGE_ABORTED;
            memcpy(leg->fault, fault.text, sizeof leg->fault);
        }
    }
    return err;
}

enum sym_err sym_tabulation_begin_attempt(struct sym_tabulation *t, struct sym_fault *fault)
{
    t->attempts += !t->confirms;
    t->attempt_ms = sym_now_ms();
    t->again = false;
    t->part_over = false;
    enum sym_err err = new_machines(t, fault);
    if (err == SYM_OK && (err = begin_legs(t)) != SYM_OK) {
        err = sym_fail(fault, err, "tabulation: its request %s", sym_err_text(err));
    }
    return err;
}

bool sym_tabulation_is_quiet(const struct sym_tabulation *t)
{
    return t->works == 0 && !t->writes && !t->part_writes;
}

void sym_tabulation_drop_machines(struct sym_tabulation *t)
{
    sym_tab_part_free(t->part);
    sym_tab_lead_free(t->lead);
    t->part = NULL;
    t->lead = NULL;
}

/* What the own part reserved and did not spend. */
void sym_tabulation_give_back(struct sym_tabulation *t)
{
    if (t->part != NULL &&
        sym_store_write(t->x->config.store, sym_tabulation_put_part_end, t) != SYM_OK) {
        sym_log(SYM_LEVEL_WARN, "reservation-not-released", NULL); /* it expires by itself */
    }
}

void sym_tabulation_begin_again(struct sym_tabulation *t)
{
    struct sym_fault fault = {.text = ""};
    sym_tabulation_give_back(t);
    sym_tabulation_drop_machines(t);
    sym_random(t->id, sizeof t->id);
    enum sym_err err = sym_tab_cohort_look_up(&t->cohort, t->x, &fault);
    if (err == SYM_OK) {
        err = sym_tabulation_begin_attempt(t, &fault);
    }
    if (err != SYM_OK) {
        sym_tabulation_end(t, SYM_EXCHANGE_ABORTED, err, fault.text);
    }
}
