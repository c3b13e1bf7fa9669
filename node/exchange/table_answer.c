/* Requests of the kinds of overlap tables: what is checked before anything is promised. */
#include "node/exchange/exchanges_state.h"
#include "node/exchange/table_part.h"
#include "node/loop.h"
#include "node/tabulation/ledger.h"
#include "proto/overlap_agree.h"

#include <stdio.h>
#include <string.h>

#define MICRO_IN_NANO UINT64_C(1000)

/* The request, and what it is judged by. */
struct judged {
    struct sym_exchanges *x;
    struct sym_exchange *e;
    const struct sym_peer *peer;
    const struct sym_request *request;
    struct sym_overlap_table asked;
    struct sym_table_question question;
    uint32_t place;
    uint64_t peer_cap_nano;
    struct sym_answer_given *out;
};

void sym_table_bound(uint8_t out[SYM_DIGEST_BYTES], const struct sym_overlap_table *asked)
{
    uint8_t numbers[48];
    sym_put_u64(numbers, asked->suite);
    sym_put_u64(numbers + 8, asked->type);
    sym_put_u64(numbers + 16, asked->type_version);
    sym_put_u64(numbers + 24, asked->canon_version);
    sym_put_u64(numbers + 32, asked->mode);
    sym_put_u64(numbers + 40, asked->epsilon_nano);
    const struct sym_span parts[] = {sym_span(numbers, sizeof numbers), asked->cohort,
                                     asked->tallier};
    sym_digest(out, "symbolon-table-1", parts, sizeof parts / sizeof *parts);
}

/* The dataset ---------------------------------------------------------------------------------- */

enum sym_err sym_table_list_fits(const struct sym_exchanges *x, struct sym_span dataset,
                                 uint32_t type, struct sym_fault *fault)
{
    size_t at = 0;
    uint64_t tokens = 0;
    struct sym_dataset_row row;
    enum sym_err err = sym_datasets_find(x->config.datasets, &at, dataset, fault);
    if (err != SYM_OK) {
        return err;
    }
    sym_datasets_row(x->config.datasets, at, &row);
    for (size_t i = 0; i < row.n_types; i++) {
        tokens += row.types[i].type == type ? row.types[i].tokens : 0;
    }
    if (row.kind != SYM_DATASET_IDENTIFIERS) {
        return sym_fail(fault, SYM_UNSUPPORTED,
                        "dataset %.*s: holds %s, not identifiers; count them with \"symbolon "
                        "hotspots\", \"routes\", \"trends\" or \"tabulate\"",
                        (int)row.name.len, (const char *)row.name.data,
                        sym_dataset_kind_text(row.kind));
    }
    if (type == SYM_TOKEN_NONE || type >= SYM_TOKEN_TYPE_COUNT) {
        return sym_fail(fault, SYM_UNSUPPORTED, "type: a table is about one type of identifiers");
    }
    if (tokens == 0) {
        return sym_fail(fault, SYM_NOT_FOUND, "dataset %.*s: holds no identifiers of type %s",
                        (int)row.name.len, (const char *)row.name.data,
                        sym_token_type_name((enum sym_token_type)type));
    }
    /* One record would count several times. */
    return tokens <= row.records
               ? SYM_OK
               : sym_fail(fault, SYM_UNSUPPORTED,
                          "dataset %.*s: has records with several identifiers of type %s; a table "
                          "counts records that have one",
                          (int)row.name.len, (const char *)row.name.data,
                          sym_token_type_name((enum sym_token_type)type));
}

static bool is_known(const struct judged *j)
{
    size_t at = 0;
    return sym_datasets_find(j->x->config.datasets, &at, j->request->dataset, NULL) == SYM_OK;
}

/* Who takes part ------------------------------------------------------------------------------- */

static bool check_parties(struct judged *j)
{
    struct sym_fault fault = {.text = ""};
    struct sym_table_question *q = &j->question;
    unsigned unknown = 0;
    enum sym_err err = sym_table_check(&j->asked, j->peer->id.bytes, &fault);
    if (err != SYM_OK) {
        sym_answer_deny(j->out,
                        err == SYM_UNSUPPORTED ? SYM_REASON_UNSUPPORTED : SYM_REASON_PROTOCOL, "%s",
                        fault.text);
        return false;
    }
    if (j->asked.type_version != SYM_TOKEN_LIST_VERSION ||
        j->asked.canon_version != SYM_CANON_VERSION) {
        sym_answer_deny(j->out, SYM_REASON_UNSUPPORTED,
                        "this node has other rules for identifiers");
        return false;
    }
    sym_table_question_from(q, &j->asked, j->peer->id.bytes);
    q->purpose = j->request->purpose;
    q->basis = j->request->basis;
    sym_matter_text(q->dataset, sizeof q->dataset, j->request->dataset);
    if (sym_table_place(&j->place, q, j->x->config.self.bytes) != SYM_OK) {
        sym_answer_deny(j->out, SYM_REASON_PROTOCOL, "this node is no party of the table");
        return false;
    }
    for (uint32_t i = 0; i <= q->n; i++) {
        const struct sym_peer *peer = NULL;
        unknown += !sym_exchange_party(j->x, q->parties[i].id, q->parties[i].identity, &peer);
    }
    if (unknown > 0) {
        sym_answer_deny(j->out, SYM_REASON_TERMS,
                        "%u of the parties %s pinned at this node, or the card has expired",
                        unknown, unknown == 1 ? "is not" : "are not");
    }
    return unknown == 0;
}

/* Grants --------------------------------------------------------------------------------------- */

static struct sym_ask ask_of(const struct judged *j, const struct sym_peer *peer,
                             const struct sym_request *request)
{
    return (struct sym_ask){.peer = peer,
                            .request = request,
                            .engines = 1u << SYM_OVERLAP_ENGINE_DH,
                            .type = j->question.type,
                            .mode = j->question.mode,
                            .no_list = true,
                            .dataset_known = j->place == j->question.n || is_known(j),
                            .wall_ms = sym_wall_ms()};
}

/* Each that brings a list has something evaluated here, for which it needs a grant of its own.
 * *held: one of them has one that asks for an approver. */
static bool others_may(struct judged *j, const char **held)
{
    const struct sym_table_question *q = &j->question;
    unsigned without = 0;
    struct sym_policy_verdict why = {.remark = ""};
    for (uint32_t i = 0; i < q->n && j->place < q->n; i++) {
        struct sym_policy_verdict verdict;
        struct sym_node_id id;
        memcpy(id.bytes, q->parties[i].id, sizeof id.bytes);
        const struct sym_peer *peer = sym_peers_by_id(j->x->config.peers, &id);
        if (i == j->place || peer == NULL || peer == j->peer) {
            continue;
        }
        const struct sym_ask ask = ask_of(j, peer, j->request);
        sym_grants_look(j->x->config.grants, &verdict, &ask);
        if (sym_exchange_must_hold(j->x, &id) != NULL) {
            *held = "one that contributes broke an earlier table";
        }
        if (verdict.decision == SYM_DECISION_DENIED) {
            without++;
            why = verdict;
        } else if (verdict.decision == SYM_DECISION_HELD) {
            *held = "the grant of another that contributes asks for it";
        }
    }
    if (without > 0) {
        sym_answer_deny(j->out, why.reason, "it has no such grant for %u that contribute: %s",
                        without, why.remark);
    }
    return without == 0;
}

static bool judge(struct judged *j)
{
    struct sym_policy_verdict verdict = {.cause = NULL};
    struct sym_approval approval = {.approver = ""};
    uint8_t bound[SYM_DIGEST_BYTES];
    const char *held = NULL;
    struct sym_ask ask = ask_of(j, j->peer, j->request);
    sym_table_bound(bound, &j->asked);
    ask.bound = sym_span(bound, sizeof bound);
    struct sym_answer_given others = {.decision = SYM_DECISION_GRANTED};
    struct judged second = *j;
    second.out = &others;
    bool may = others_may(&second, &held);
    const char *broke = sym_exchange_must_hold(j->x, &j->peer->id);
    ask.must_hold = broke != NULL ? broke : may ? held : NULL;
    if (sym_grants_begin(j->x->config.grants, &j->e->step, &verdict, &approval, &ask) != SYM_OK) {
        sym_answer_deny(j->out, SYM_REASON_FAULT, "the decision could not be recorded");
        return false;
    }
    *j->out = (struct sym_answer_given){.decision = verdict.decision, .reason = verdict.reason};
    (void)snprintf(j->out->room[0], sizeof j->out->room[0], "%s", verdict.remark);
    j->out->remark = j->out->room[0];
    j->out->cause = verdict.cause;
    if (verdict.decision == SYM_DECISION_DENIED) {
        return false; /* a peer without a grant learns no more than that */
    }
    if (!may) {
        sym_answer_deny(j->out, others.reason, "%s", others.room[0]);
        return false;
    }
    if (verdict.decision != SYM_DECISION_GRANTED) {
        return false;
    }
    memcpy(j->e->matter->approver, approval.approver, sizeof j->e->matter->approver);
    memcpy(j->e->matter->approved, approval.held_id, sizeof j->e->matter->approved);
    j->peer_cap_nano = verdict.epsilon_micro * MICRO_IN_NANO;
    return true;
}

static bool can_pay(struct judged *j)
{
    char text[SYM_LEDGER_TEXT_BYTES];
    struct sym_ledger_left left = {0};
    if (j->question.mode != SYM_TABLE_DP || j->place == j->question.n) {
        return true;
    }
    struct sym_span dataset = sym_span_text(j->question.dataset);
    if (sym_exchange_budget_left(j->x, &left, dataset, &j->peer->id, j->peer_cap_nano) == SYM_OK &&
        left.left_nano >= j->question.epsilon_nano) {
        return true;
    }
    sym_ledger_left_text(text, left.left_nano, left.renews_ms);
    sym_answer_deny(j->out, SYM_REASON_BUDGET, "%s", text);
    return false;
}

/* A contributor has a list that fits; the tallier has none of that name, so that it need not be
 * believed that it uses none. */
static bool check_role(struct judged *j)
{
    struct sym_fault fault = {.text = ""};
    if (j->place == j->question.n && is_known(j)) {
        sym_answer_deny(j->out, SYM_REASON_TERMS,
                        "it has a list of this name itself, so it can contribute but not "
                        "tally");
        return false;
    }
    if (j->place < j->question.n &&
        sym_table_list_fits(j->x, j->request->dataset, j->question.type, &fault) != SYM_OK) {
        sym_answer_deny(j->out, SYM_REASON_UNSUPPORTED, "%s", fault.text);
        return false;
    }
    return true;
}

/* Taking part ---------------------------------------------------------------------------------- */

static bool open_run(struct judged *j, struct sym_leg *leg)
{
    const struct sym_run_plan plan = {
        .kind = j->e->kind, .role = SYM_SESSION_RESPONDER, .leg = leg};
    if (sym_run_new(&j->e->run, &plan) != SYM_OK) {
        sym_answer_deny(j->out, SYM_REASON_FAULT, "no memory");
        return false;
    }
    j->e->leg = leg;
    leg->exchange = j->e;
    return true;
}

static void take_part(struct judged *j)
{
    struct sym_table_part *part = NULL;
    struct sym_fault fault = {.text = ""};
    const struct sym_table_part_config c = {.question = j->question,
                                            .place = j->place,
                                            .alias = j->e->alias,
                                            .id = j->e->id,
                                            .peer_cap_nano = j->peer_cap_nano,
                                            .user = "",
                                            .case_ref = "",
                                            .note = "",
                                            .until_ms = sym_now_ms() + SYM_TABLE_MS_MAX};
    bool approved = j->e->matter->approver[0] != '\0';
    enum sym_err err = approved ? sym_matter_commit(j->e->matter) : SYM_OK;
    if (err == SYM_OK) {
        err = sym_table_part_new(&part, j->x, &c, &fault);
    }
    if (err != SYM_OK) {
        sym_answer_deny(j->out, err == SYM_LIMIT ? SYM_REASON_BUSY : SYM_REASON_FAULT, "%s",
                        fault.text);
    } else if (!open_run(j, sym_table_part_leg(part))) {
        sym_table_part_leave(part);
    }
}

static bool keep_request(struct judged *j, struct sym_span table)
{
    struct sym_exchange *e = j->e;
    bool is_name = sym_alias_check(j->request->dataset) == SYM_OK;
    if (sym_matter_new(&e->matter, j->x) != SYM_OK) {
        sym_answer_deny(j->out, SYM_REASON_FAULT, "no memory");
        return false;
    }
    struct sym_exchange_matter *m = e->matter;
    m->is_joint = true;
    m->purpose = j->request->purpose;
    m->basis = j->request->basis;
    m->type = j->asked.type;
    m->participants = (uint32_t)(j->asked.cohort.len / SYM_HASH_BYTES);
    m->epsilon_nano = j->asked.epsilon_nano;
    memcpy(m->tabulation, table.data, sizeof m->tabulation);
    sym_matter_text(m->mine, sizeof m->mine, is_name ? j->request->dataset : sym_span_text("?"));
    return true;
}

static void answer_table(struct judged *j)
{
    SYM_ARENA_AUTO arena = {0};
    if (sym_decode(&arena, &j->asked, &sym_msg_overlap_table, j->request->parameters) != SYM_OK ||
        sym_alias_check(j->request->dataset) != SYM_OK) {
        sym_answer_deny(j->out, SYM_REASON_PROTOCOL, "the parameters are impossible");
        return;
    }
    if (!keep_request(j, j->asked.table) || !check_parties(j)) {
        return;
    }
    j->e->matter->cells = sym_table_cells(j->question.n);
    sym_matter_parties(j->e->matter, &j->question);
    if (sym_table_part_find(j->x, j->asked.table) != NULL) {
        sym_answer_deny(j->out, SYM_REASON_PROTOCOL, "the table has the id of another");
    } else if (judge(j) && check_role(j) && can_pay(j)) {
        take_part(j);
    } else {
        sym_exchange_keep_approval(j->e);
    }
}

/* Steps of a table that is under way ----------------------------------------------------------- */

/* Counted under the grant of who asks; an approver has agreed to the table as a whole. */
static bool count_evaluation(struct judged *j, uint32_t elements)
{
    struct sym_policy_verdict verdict = {.cause = NULL};
    struct sym_approval approval = {.approver = ""};
    struct sym_request request = *j->request;
    request.kind = SYM_KIND_OVERLAP_TABLE;
    struct sym_ask ask = ask_of(j, j->peer, &request);
    ask.no_list = false;
    ask.elements = elements;
    ask.is_known = true;
    ask.bound = sym_span(j->question.table, sizeof j->question.table);
    if (sym_grants_begin(j->x->config.grants, &j->e->step, &verdict, &approval, &ask) != SYM_OK) {
        sym_answer_deny(j->out, SYM_REASON_FAULT, "the decision could not be recorded");
    } else if (verdict.decision != SYM_DECISION_GRANTED) {
        sym_answer_deny(j->out, verdict.reason, "%s", verdict.remark);
        j->out->cause = verdict.cause;
    }
    return j->out->decision == SYM_DECISION_GRANTED;
}

static void deny_step(struct judged *j, enum sym_err err)
{
    if (err == SYM_EXISTS) {
        sym_answer_deny(j->out, SYM_REASON_PROTOCOL, "that was asked for before");
    } else if (err == SYM_WRONG_STATE) {
        sym_answer_deny(j->out, SYM_REASON_UNREADY, "the table does not go on here");
    } else if (err == SYM_NO_MEMORY) {
        sym_answer_deny(j->out, SYM_REASON_FAULT, "no memory");
    } else {
        sym_answer_deny(j->out, SYM_REASON_PROTOCOL, "that is not what was agreed");
    }
}

/* err: of reading the parameters, which name the suite and the table. */
static struct sym_table_part *find_part(struct judged *j, enum sym_err err, uint32_t suite,
                                        struct sym_span table)
{
    if (err != SYM_OK || suite != SYM_TABLE_SUITE) {
        sym_answer_deny(j->out, SYM_REASON_PROTOCOL, "the parameters are impossible");
        return NULL;
    }
    struct sym_table_part *part = sym_table_part_find(j->x, table);
    if (!keep_request(j, table)) {
        return NULL;
    }
    if (part == NULL) {
        sym_answer_deny(j->out, SYM_REASON_UNREADY, "this node has no part in that table");
        return NULL;
    }
    j->question = *sym_table_part_question(part);
    j->e->matter->type = j->question.type;
    j->e->matter->participants = j->question.n;
    if (j->request->purpose != j->question.purpose || j->request->basis != j->question.basis ||
        !sym_span_equal(j->request->dataset, sym_span_text(j->question.dataset)) ||
        sym_table_place(&j->place, &j->question, j->x->config.self.bytes) != SYM_OK) {
        sym_answer_deny(j->out, SYM_REASON_PROTOCOL, "that is not what was agreed");
        return NULL;
    }
    return part;
}

static void answer_evaluate(struct judged *j)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_overlap_evaluate asked = {.suite = 0};
    struct sym_leg *leg = NULL;
    enum sym_err err =
        sym_decode(&arena, &asked, &sym_msg_overlap_evaluate, j->request->parameters);
    struct sym_table_part *part = find_part(j, err, asked.suite, asked.table);
    if (part == NULL) {
        return;
    }
    err = sym_table_part_evaluates(&leg, part, &j->peer->id, asked.consents_hash, asked.elements);
    if (err != SYM_OK) {
        deny_step(j, err);
        return;
    }
    j->e->matter->peer_size = asked.elements;
    if (!count_evaluation(j, asked.elements) || !open_run(j, leg)) {
        sym_table_part_refused(part, leg, j->out->room[0]);
    }
}

static void answer_rows(struct judged *j)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_overlap_rows asked = {.suite = 0};
    struct sym_leg *leg = NULL;
    enum sym_err err = sym_decode(&arena, &asked, &sym_msg_overlap_rows, j->request->parameters);
    struct sym_table_part *part = find_part(j, err, asked.suite, asked.table);
    if (part == NULL) {
        return;
    }
    err = sym_table_part_tallies(&leg, part, &j->peer->id, asked.consents_hash);
    if (err != SYM_OK) {
        deny_step(j, err);
    } else if (!open_run(j, leg)) {
        sym_table_part_refused(part, leg, j->out->room[0]);
    }
}

void sym_exchange_answer_table(struct sym_exchanges *x, struct sym_exchange *e,
                               const struct sym_peer *peer, const struct sym_request *request,
                               struct sym_answer_given *out)
{
    struct judged j = {.x = x, .e = e, .peer = peer, .request = request, .out = out};
    *out = (struct sym_answer_given){.decision = SYM_DECISION_GRANTED, .remark = ""};
    if (request->kind == SYM_KIND_OVERLAP_TABLE) {
        answer_table(&j);
    } else if (request->kind == SYM_KIND_OVERLAP_EVALUATE) {
        answer_evaluate(&j);
    } else {
        answer_rows(&j);
    }
}
