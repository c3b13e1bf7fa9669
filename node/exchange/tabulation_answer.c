/* Requests to take part in a joint tabulation: what is checked before anything is promised. The
 * query itself comes later, in the first frame; what it may cost is in the request. */
#include "node/exchange/exchanges_state.h"
#include "node/loop.h"
#include "node/tabulation/tab_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NANO          UINT64_C(1000000000)
#define MICRO_IN_NANO UINT64_C(1000)

/* The request, and what it is judged by. */
struct joint {
    struct sym_exchanges *x;
    struct sym_exchange *e;
    const struct sym_peer *peer;
    const struct sym_request *request;
    struct sym_tabulate asked;
    struct sym_tab_outline outline;
    struct sym_tab_party *cohort;
    uint32_t n;
    uint32_t place;
    uint64_t peer_cap_nano;
    bool may_be_close;
    bool delivers; /* a release that is owed, which it says of this one */
    struct sym_tab_owed owed;
    struct sym_answer_given *out;
};

uint64_t sym_exchange_budget_cap(const struct sym_exchanges *x)
{
    return NANO * sym_settings_number(x->config.settings, SYM_SETTING_EPSILON);
}

struct budget {
    struct sym_ledger ledger;
    struct sym_ledger_ask ask;
    struct sym_ledger_left *left;
};

static enum sym_err look_at_budget(struct sym_transaction *t, void *context)
{
    const struct budget *b = context;
    return sym_ledger_left(&b->ledger, t, b->left, &b->ask);
}

enum sym_err sym_exchange_budget_left(const struct sym_exchanges *x, struct sym_ledger_left *out,
                                      struct sym_span dataset, const struct sym_node_id *peer,
                                      uint64_t peer_cap_nano)
{
    struct budget b = {.ledger = {.log = x->config.log, .restored_ms = x->config.restored_ms},
                       .ask = {.dataset = dataset,
                               .peer = peer,
                               .cap_nano = sym_exchange_budget_cap(x),
                               .peer_cap_nano = peer_cap_nano,
                               .now_ms = sym_wall_ms()},
                       .left = out};
    return sym_store_read(x->config.store, look_at_budget, &b);
}

void sym_exchange_joint_config(struct sym_exchanges *x, struct sym_tab_part_config *out)
{
    *out = (struct sym_tab_part_config){
        .loop = x->config.loop,
        .errands = &x->errands,
        .datasets = x->config.datasets,
        .ledger = {.log = x->config.log, .restored_ms = x->config.restored_ms},
        .self = x->config.self,
        .cap_nano = sym_exchange_budget_cap(x),
        .member = {.identity = &x->config.keys->identity,
                   .minimum =
                       (uint32_t)sym_settings_number(x->config.settings, SYM_SETTING_MINIMUM)}};
}

bool sym_exchange_party(const struct sym_exchanges *x, const uint8_t id[SYM_HASH_BYTES],
                        uint8_t identity[SYM_ED25519_BYTES], const struct sym_peer **peer)
{
    struct sym_node_id node;
    memcpy(node.bytes, id, sizeof node.bytes);
    *peer = NULL;
    if (sym_node_id_equal(&node, &x->config.self)) {
        memcpy(identity, x->config.keys->identity.public_key, SYM_ED25519_BYTES);
        return true;
    }
    const struct sym_peer *found = sym_peers_by_id(x->config.peers, &node);
    if (found == NULL || sym_peer_is_expired(found, (int64_t)(sym_wall_ms() / 1000))) {
        return false;
    }
    memcpy(identity, found->card.identity, SYM_ED25519_BYTES);
    *peer = found;
    return true;
}

enum sym_err sym_exchange_parties_of(const struct sym_exchanges *x, struct sym_tab_party *out,
                                     struct sym_span cohort, size_t *unknown)
{
    size_t n = cohort.len / SYM_HASH_BYTES;
    *unknown = 0;
    for (size_t i = 0; i < n; i++) {
        const struct sym_peer *peer = NULL;
        memcpy(out[i].id, cohort.data + i * SYM_HASH_BYTES, SYM_HASH_BYTES);
        *unknown += !sym_exchange_party(x, out[i].id, out[i].identity, &peer);
        out[i].psk = peer != NULL && peer->psk.len > 0 ? peer->psk.data : NULL;
    }
    return *unknown == 0 ? SYM_OK : SYM_NOT_FOUND;
}

static bool check_cohort(struct joint *j)
{
    size_t unknown = 0;
    uint32_t minimum = (uint32_t)sym_settings_number(j->x->config.settings, SYM_SETTING_MINIMUM);
    if (sym_tab_cohort_check(j->asked.cohort) != SYM_OK ||
        sym_tab_place(&j->place, j->asked.cohort, j->x->config.self.bytes) != SYM_OK) {
        sym_answer_deny(j->out, SYM_REASON_PROTOCOL,
                        "the list of participants is impossible, or without this node");
        return false;
    }
    j->n = (uint32_t)(j->asked.cohort.len / SYM_HASH_BYTES);
    if (j->n < minimum) {
        sym_answer_deny(j->out, SYM_REASON_TERMS,
                        "%u participants are fewer than the %u that this node asks for",
                        (unsigned)j->n, (unsigned)minimum);
        return false;
    }
    j->cohort = calloc(j->n, sizeof *j->cohort);
    if (j->cohort == NULL) {
        sym_answer_deny(j->out, SYM_REASON_FAULT, "no memory");
        return false;
    }
    if (sym_exchange_parties_of(j->x, j->cohort, j->asked.cohort, &unknown) != SYM_OK) {
        sym_answer_deny(j->out, SYM_REASON_TERMS,
                        "%zu of the participants %s pinned at this node, or the card has expired",
                        unknown, unknown == 1 ? "is not" : "are not");
        return false;
    }
    return true;
}

/* The dataset ------------------------------------------------------------------------------------
 */

static bool find_dataset(const struct joint *j, struct sym_dataset_row *row)
{
    size_t at = 0;
    *row = (struct sym_dataset_row){.epoch = 0};
    if (sym_datasets_find(j->x->config.datasets, &at, j->request->dataset, NULL) != SYM_OK) {
        return false;
    }
    sym_datasets_row(j->x->config.datasets, at, row);
    return true;
}

static bool check_dataset(struct joint *j)
{
    struct sym_dataset_row row;
    if (!find_dataset(j, &row)) {
        sym_answer_deny(j->out, SYM_REASON_FAULT, "the dataset is gone");
        return false;
    }
    if (row.kind == SYM_DATASET_IDENTIFIERS) {
        sym_answer_deny(j->out, SYM_REASON_UNSUPPORTED,
                        "the dataset holds identifiers, nothing that is tabulated");
        return false;
    }
    if (row.published_ms == 0) {
        sym_answer_deny(j->out, SYM_REASON_UNREADY,
                        "the dataset was never published; somebody there has to run: \"symbolon "
                        "dataset publish "
                        "%s\"",
                        j->e->matter->mine);
        return false;
    }
    return true;
}

/* The store --------------------------------------------------------------------------------------
 */

struct looked {
    const struct joint *j;
    struct sym_ledger_ask ask;
    struct sym_ledger ledger;
    struct sym_ledger_left left;
    uint64_t epoch;
    bool withheld;
    bool too_close;
};

static enum sym_err look(struct sym_transaction *t, void *context)
{
    struct looked *l = context;
    uint8_t tabulation[SYM_EXCHANGE_ID_BYTES];
    enum sym_err err = sym_withheld_find(t, tabulation, &l->j->peer->id, l->ask.now_ms);
    l->withheld = err == SYM_OK;
    err = err == SYM_NOT_FOUND ? SYM_OK : err;
    if (err == SYM_OK) {
        const struct sym_cohort c = {
            .dataset = l->ask.dataset, .epoch = l->epoch, .ids = l->j->asked.cohort};
        err = sym_cohort_too_close(t, &l->too_close, &c);
    }
    return err == SYM_OK ? sym_ledger_left(&l->ledger, t, &l->left, &l->ask) : err;
}

static void deny_budget(struct joint *j, const struct sym_ledger_left *left)
{
    char text[SYM_LEDGER_TEXT_BYTES];
    sym_ledger_left_text(text, left->left_nano, left->renews_ms);
    sym_answer_deny(j->out, SYM_REASON_BUDGET, "%s", text);
}

/* The initiator has the answer, and asks whether the edition is still that: no approver has to
 * agree to what was told before, and nothing is spent, or can be. */
static bool confirms(const struct joint *j)
{
    return j->asked.answered.len > 0;
}

/* Grants and approvals, the history of cohorts, the budget. A peer without a grant learns no more
 * than that. */
static bool judge(struct joint *j)
{
    struct sym_policy_verdict verdict = {.cause = NULL};
    struct sym_approval approval = {.approver = ""};
    struct sym_tab_part_config c;
    struct sym_dataset_row row;
    bool known = find_dataset(j, &row);
    sym_exchange_joint_config(j->x, &c);
    struct looked l = {.j = j,
                       .ledger = c.ledger,
                       .epoch = row.epoch,
                       .ask = {.dataset = sym_span_text(j->e->matter->mine),
                               .peer = &j->peer->id,
                               .cap_nano = c.cap_nano,
                               .now_ms = sym_wall_ms()}};
    enum sym_err err = sym_store_read(j->x->config.store, look, &l);
    uint8_t bound[SYM_DIGEST_BYTES];
    sym_joint_bound(bound, &j->asked);
    struct sym_ask ask = {.peer = j->peer,
                          .request = j->request,
                          .bound = sym_span(bound, sizeof bound),
                          .must_hold = l.too_close
                                           ? "the participants are almost those of an earlier query"
                                           : sym_exchange_must_hold(j->x, &j->peer->id),
                          .is_known = confirms(j),
                          .dataset_known = known,
                          .wall_ms = l.ask.now_ms};
    if (err == SYM_OK) {
        err = sym_grants_begin(j->x->config.grants, &j->e->step, &verdict, &approval, &ask);
    }
    if (err != SYM_OK) {
        sym_answer_deny(j->out, SYM_REASON_FAULT, "the decision could not be recorded");
        return false;
    }
    *j->out = (struct sym_answer_given){.decision = verdict.decision, .reason = verdict.reason};
    (void)snprintf(j->out->room[0], sizeof j->out->room[0], "%s", verdict.remark);
    j->out->remark = j->out->room[0];
    j->out->cause = verdict.cause;
    if (verdict.decision != SYM_DECISION_GRANTED) {
        return false;
    }
    memcpy(j->e->matter->approver, approval.approver, sizeof j->e->matter->approver);
    memcpy(j->e->matter->approved, approval.held_id, sizeof j->e->matter->approved);
    j->peer_cap_nano = verdict.epsilon_micro * MICRO_IN_NANO;
    j->may_be_close = l.too_close; /* it was held, and an approver agreed */
    if (l.withheld) {
        sym_answer_deny(
            j->out, SYM_REASON_UNREADY,
            "the release of an earlier tabulation never came; an approver of this node can close "
            "it: \"symbolon exchange settle\"");
        return false;
    }
    if (confirms(j)) {
        return true;
    }
    l.ask.peer_cap_nano = j->peer_cap_nano;
    err = sym_store_read(j->x->config.store, look, &l);
    if (err != SYM_OK || l.left.left_nano < j->asked.epsilon_nano) {
        deny_budget(j, &l.left);
        return false;
    }
    return true;
}

/* Taking part ------------------------------------------------------------------------------------
 */

static void wake(void *owner)
{
    struct sym_exchange *e = owner;
    sym_exchange_pump(e->matter->owner, e);
}

static enum sym_err open_part(struct joint *j)
{
    struct sym_tab_part_config c;
    struct sym_tab_part *part = NULL;
    struct sym_exchange *e = j->e;
    sym_exchange_joint_config(j->x, &c);
    c.initiator = j->peer->id;
    c.dataset = e->matter->mine;
    c.id = e->id;
    c.alias = e->alias;
    c.purpose = j->request->purpose;
    c.basis = j->request->basis;
    c.peer_cap_nano = j->peer_cap_nano;
    c.may_be_close = j->may_be_close;
    c.wake = wake;
    c.owner = e;
    c.member.place = j->place;
    c.member.query_hash = j->asked.query_hash;
    c.member.outline = j->asked.outline;
    c.member.epsilon_nano = j->asked.epsilon_nano;
    c.member.cells = j->asked.cells;
    c.member.only_confirms = confirms(j);
    c.member.owed = j->delivers ? &j->owed : NULL;
    c.member.question = (struct sym_tab_question){.cohort = j->cohort,
                                                  .n = j->n,
                                                  .dataset = sym_span_text(e->matter->mine),
                                                  .purpose = j->request->purpose,
                                                  .basis = j->request->basis};
    memcpy(c.member.question.tabulation, j->asked.tabulation.data, SYM_EXCHANGE_ID_BYTES);
    memcpy(c.member.question.initiator, j->peer->id.bytes, SYM_HASH_BYTES);
    enum sym_err err = sym_tab_part_new(&part, &c);
    if (err != SYM_OK) {
        return err;
    }
    const struct sym_run_plan plan = {
        .kind = SYM_KIND_TABULATE, .role = SYM_SESSION_RESPONDER, .part = part};
    err = sym_run_new(&e->run, &plan);
    if (err != SYM_OK) {
        sym_tab_part_free(part);
    }
    return err;
}

static enum sym_err keep_request(struct joint *j)
{
    struct sym_exchange *e = j->e;
    bool is_name = sym_alias_check(j->request->dataset) == SYM_OK;
    enum sym_err err = sym_matter_new(&e->matter, j->x);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_exchange_matter *m = e->matter;
    m->is_joint = true;
    m->purpose = j->request->purpose;
    m->basis = j->request->basis;
    m->participants = (uint32_t)(j->asked.cohort.len / SYM_HASH_BYTES);
    m->cells = j->asked.cells;
    m->epsilon_nano = j->asked.epsilon_nano;
    m->shape = j->outline.shape;
    memcpy(m->tabulation, j->asked.tabulation.data, sizeof m->tabulation);
    sym_matter_text(m->mine, sizeof m->mine, is_name ? j->request->dataset : sym_span_text("?"));
    return SYM_OK;
}

/* This one is among those that are counted. */
static bool deny_busy(struct joint *j)
{
    const struct sym_exchange_table *t = &j->x->table;
    size_t of_peer = 0;
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct sym_exchange *e = t->items[i];
        bool counts = e->kind == SYM_KIND_TABULATE && !sym_exchange_ended(e) &&
                      e->role == SYM_SESSION_RESPONDER;
        n += counts;
        of_peer += counts && sym_node_id_equal(&e->peer, &j->peer->id);
    }
    if (of_peer > SYM_TABULATIONS_IN_PEER_MAX) {
        sym_answer_deny(j->out, SYM_REASON_BUSY,
                        "it takes part in %u of yours already; try again later",
                        SYM_TABULATIONS_IN_PEER_MAX);
    } else if (n > SYM_TABULATIONS_IN_MAX) {
        sym_answer_deny(j->out, SYM_REASON_BUSY, "it takes part in %u others; try again later",
                        SYM_TABULATIONS_IN_MAX);
    }
    return j->out->decision == SYM_DECISION_DENIED;
}

/* A release that is owed ------------------------------------------------------------------------
 */

/* The tabulation itself is named as the answer: its release is brought. */
static bool delivers(const struct joint *j)
{
    return confirms(j) && sym_span_equal(j->asked.answered, j->asked.tabulation);
}

struct owed {
    const struct joint *j;
    struct sym_tab_owed owed;
    bool is_here;
};

static enum sym_err look_for_owed(struct sym_transaction *t, void *context)
{
    struct owed *o = context;
    SYM_SECRET_AUTO head = {0};
    enum sym_err err = sym_release_head(t, &head, o->j->asked.tabulation);
    o->is_here = err == SYM_OK;
    return err != SYM_NOT_FOUND
               ? err
               : sym_withheld_owed(t, &o->owed, o->j->asked.tabulation, &o->j->peer->id);
}

/* An honest node brings one after the other. */
static bool brings_another(const struct joint *j)
{
    const struct sym_exchange_table *t = &j->x->table;
    for (size_t i = 0; i < t->n; i++) {
        const struct sym_exchange *e = t->items[i];
        if (e != j->e && !sym_exchange_ended(e) && e->matter != NULL && e->matter->delivers &&
            sym_node_id_equal(&e->peer, &j->e->peer)) {
            return true;
        }
    }
    return false;
}

/* No grant has to allow what was agreed to before: so it has other bounds. */
static void answer_delivery(struct joint *j)
{
    struct owed o = {.j = j};
    enum sym_err err = sym_store_read(j->x->config.store, look_for_owed, &o);
    if (err != SYM_OK || o.is_here) {
        sym_answer_deny(j->out,
                        err == SYM_OK || err == SYM_NOT_FOUND ? SYM_REASON_TERMS : SYM_REASON_FAULT,
                        "%s", o.is_here ? SYM_TAB_IS_THERE : "it waits for no release of this one");
    } else if (brings_another(j)) {
        sym_answer_deny(j->out, SYM_REASON_BUSY, "a release of yours is being brought already");
    } else if (!check_cohort(j)) {
        return;
    } else if (!sym_delivery_pause_over(&j->x->delivery_pauses, j->asked.tabulation.data,
                                        sym_now_ms())) {
        sym_answer_deny(j->out, SYM_REASON_BUSY,
                        "it was brought a moment ago and broken off; try again later");
    } else {
        j->delivers = true;
        j->owed = o.owed;
        j->e->matter->delivers = true;
        if (open_part(j) != SYM_OK) {
            sym_answer_deny(j->out, SYM_REASON_FAULT, "no memory");
        }
    }
}

static void take_part(struct joint *j)
{
    struct sym_exchange_matter *m = j->e->matter;
    enum sym_err err = m->approver[0] != '\0' ? sym_matter_commit(m) : SYM_OK;
    if (err == SYM_OK) {
        err = open_part(j);
    }
    if (err != SYM_OK) {
        sym_answer_deny(j->out, SYM_REASON_FAULT, "no memory");
    }
}

static void answer(struct joint *j)
{
    enum sym_err err = keep_request(j);
    if (err != SYM_OK) {
        sym_answer_deny(j->out, SYM_REASON_FAULT, "no memory");
    } else if (deny_busy(j)) {
        return;
    } else if (j->asked.suite != SYM_TAB_SUITE) {
        sym_answer_deny(j->out, SYM_REASON_UNSUPPORTED,
                        "this node knows another version of joint tabulation");
    } else if (sym_tabulation_has_id(j->x, j->asked.tabulation)) {
        sym_answer_deny(j->out, SYM_REASON_PROTOCOL, "the tabulation has the id of another");
    } else if (delivers(j)) {
        answer_delivery(j);
    } else if (judge(j) && check_dataset(j) && check_cohort(j)) {
        take_part(j);
    } else {
        sym_exchange_keep_approval(j->e);
    }
}

void sym_exchange_answer_joint(struct sym_exchanges *x, struct sym_exchange *e,
                               const struct sym_peer *peer, const struct sym_request *request,
                               struct sym_answer_given *out)
{
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO outlined = {0};
    struct joint j = {.x = x, .e = e, .peer = peer, .request = request, .out = out};
    *out = (struct sym_answer_given){.decision = SYM_DECISION_GRANTED, .remark = ""};
    if (sym_decode(&arena, &j.asked, &sym_msg_tabulate, request->parameters) != SYM_OK ||
        sym_decode(&outlined, &j.outline, &sym_msg_tab_outline, j.asked.outline) != SYM_OK) {
        sym_answer_deny(j.out, SYM_REASON_PROTOCOL, "the parameters are impossible");
    } else {
        answer(&j);
    }
    free(j.cohort);
}
