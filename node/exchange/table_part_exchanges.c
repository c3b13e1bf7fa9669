/* The exchanges of one part of an overlap table: begun here or by others, watched, ended. */
#include "node/exchange/table_part_state.h"
#include "node/loop.h"
#include "proto/codec.h"

#include <string.h>

/* Two that would dial each other at once: the one with the later place waits a moment. */
#define YIELD_MS 2000u

/* Beginning ------------------------------------------------------------------------------------ */

static const struct sym_peer *peer_of(const struct sym_table_part *p, uint32_t place)
{
    struct sym_node_id id;
    memcpy(id.bytes, p->question.parties[place].id, sizeof id.bytes);
    return sym_peers_by_id(p->x->config.peers, &id);
}

static enum sym_err begin(struct sym_table_leg *l, uint32_t kind, struct sym_span parameters,
                          struct sym_fault *fault)
{
    struct sym_table_part *p = l->part;
    const struct sym_peer *peer = peer_of(p, l->place);
    const struct sym_table_agreed *a = sym_table_member_agreed(p->member);
    uint64_t now_ms = sym_now_ms();
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    const struct sym_joint joint = {.tabulation = p->question.table,
                                    .purpose = p->question.purpose,
                                    .basis = p->question.basis,
                                    .case_ref = p->case_ref,
                                    .note = p->note,
                                    .user = p->user,
                                    .dataset = p->question.dataset,
                                    .bound = sym_span(p->qid, sizeof p->qid),
                                    .own_size = a->consented[p->place].elements,
                                    .participants = p->question.n};
    const struct sym_exchange_plan plan = {
        .peer = peer,
        .kind = kind,
        .parameters = parameters,
        .timeout_ms = p->until_ms > now_ms ? (uint32_t)(p->until_ms - now_ms) : 1,
        .user = p->user,
        .joint = &joint,
        .leg = &l->leg};
    l->begun = true;
    return peer == NULL ? sym_fail(fault, SYM_NOT_FOUND, "it was removed")
                        : sym_exchanges_start(p->x, id, &plan, fault);
}

static enum sym_err ask_one(struct sym_table_part *p, uint32_t place, struct sym_fault *fault)
{
    const struct sym_table_agreed *a = sym_table_member_agreed(p->member);
    const struct sym_overlap_evaluate asked = {
        .suite = SYM_TABLE_SUITE,
        .table = sym_span(p->question.table, SYM_EXCHANGE_ID_BYTES),
        .consents_hash = sym_span(a->consents_hash, SYM_HASH_BYTES),
        .elements = a->consented[p->place].elements};
    uint8_t bytes[128];
    size_t len = 0;
    enum sym_err err = sym_table_owner_new(&p->owners[place], p->list, place);
    if (err == SYM_OK) {
        err = sym_encode(bytes, sizeof bytes, &len, &sym_msg_overlap_evaluate, &asked);
    }
    return err == SYM_OK
               ? begin(&p->asks[place], SYM_KIND_OVERLAP_EVALUATE, sym_span(bytes, len), fault)
               : sym_fail(fault, err, "it could not be asked: %s", sym_err_text(err));
}

void sym_table_part_ask_all(struct sym_table_part *p)
{
    uint64_t waited_ms = sym_now_ms() - p->started_ms;
    for (uint32_t i = 0; p->list != NULL && i < p->question.n; i++) {
        struct sym_fault fault = {.text = ""};
        const struct sym_peer *peer = peer_of(p, i);
        if (i == p->place || p->asks[i].begun ||
            (peer != NULL && i < p->place && waited_ms < YIELD_MS &&
             sym_links_of(p->x->links, &peer->id) == NULL)) {
            continue;
        }
        if (ask_one(p, i, &fault) != SYM_OK) {
            sym_table_part_fail(p,
                                (struct sym_table_failure){.place = i,
                                                           .cause = SYM_TABLE_CAUSE_GONE,
                                                           .said_by = SYM_TABLE_NOBODY},
                                fault.text);
            return;
        }
    }
}

enum sym_err sym_table_part_send_rows(struct sym_table_part *p)
{
    const struct sym_table_agreed *a = sym_table_member_agreed(p->member);
    const struct sym_overlap_rows asked = {
        .suite = SYM_TABLE_SUITE,
        .table = sym_span(p->question.table, SYM_EXCHANGE_ID_BYTES),
        .consents_hash = sym_span(a->consents_hash, SYM_HASH_BYTES)};
    struct sym_fault fault = {.text = ""};
    uint8_t bytes[128];
    size_t len = 0;
    enum sym_err err = sym_table_rows_new(&p->rows, p->member, p->list);
    if (err == SYM_OK) {
        err = sym_encode(bytes, sizeof bytes, &len, &sym_msg_overlap_rows, &asked);
    }
    if (err == SYM_OK &&
        begin(&p->sends, SYM_KIND_OVERLAP_ROWS, sym_span(bytes, len), &fault) != SYM_OK) {
        sym_table_part_fail(p,
                            (struct sym_table_failure){.place = p->question.n,
                                                       .cause = SYM_TABLE_CAUSE_GONE,
                                                       .said_by = SYM_TABLE_NOBODY},
                            fault.text);
    }
    return err;
}

/* Others begin --------------------------------------------------------------------------------- */

static enum sym_err find_contributor(uint32_t *place, const struct sym_table_part *p,
                                     const struct sym_node_id *owner, struct sym_span consents_hash)
{
    const struct sym_table_agreed *a = sym_table_member_agreed(p->member);
    if (a == NULL || p->failure.cause != SYM_TABLE_CAUSE_NONE ||
        !sym_table_member_is_open(p->member)) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_table_place(place, &p->question, owner->bytes);
    if (err != SYM_OK || *place >= p->question.n || *place == p->place ||
        !sym_span_equal(consents_hash, sym_span(a->consents_hash, SYM_HASH_BYTES))) {
        return SYM_BAD_VALUE;
    }
    return SYM_OK;
}

enum sym_err sym_table_part_evaluates(struct sym_leg **out, struct sym_table_part *p,
                                      const struct sym_node_id *owner,
                                      struct sym_span consents_hash, uint32_t elements)
{
    uint32_t place = 0;
    enum sym_err err = find_contributor(&place, p, owner, consents_hash);
    if (err != SYM_OK || sym_table_part_is_tallier(p)) {
        return err == SYM_OK ? SYM_BAD_VALUE : err;
    }
    if (p->answers[place].begun) {
        return SYM_EXISTS;
    }
    if (sym_table_member_agreed(p->member)->consented[place].elements != elements) {
        return SYM_BAD_VALUE; /* the evaluator of an earlier link does not look again */
    }
    if (p->evaluators[place] == NULL) {
        err = sym_table_evaluator_new(&p->evaluators[place], sym_table_member_agreed(p->member),
                                      p->x->config.ristretto, place, elements);
    }
    if (err == SYM_OK) {
        sym_table_part_make_answer(p, place);
        p->answers[place].begun = true;
        *out = &p->answers[place].leg;
    }
    return err;
}

enum sym_err sym_table_part_tallies(struct sym_leg **out, struct sym_table_part *p,
                                    const struct sym_node_id *owner, struct sym_span consents_hash)
{
    uint32_t place = 0;
    enum sym_err err = find_contributor(&place, p, owner, consents_hash);
    if (err != SYM_OK || p->tally == NULL) {
        return err == SYM_OK ? SYM_BAD_VALUE : err;
    }
    if (p->tallies[place].begun) {
        return SYM_EXISTS;
    }
    err = sym_table_tally_begin(p->tally, place);
    if (err == SYM_OK) {
        p->tallies[place].begun = true;
        *out = &p->tallies[place].leg;
    }
    return err;
}

void sym_table_part_refused(struct sym_table_part *p, struct sym_leg *leg, const char *why)
{
    leg->over = true;
    leg->state = SYM_EXCHANGE_DENIED;
    sym_table_part_fail(p,
                        (struct sym_table_failure){
                            .place = ((const struct sym_table_leg *)(const void *)leg)->place,
                            .cause = SYM_TABLE_CAUSE_TERMS,
                            .said_by = SYM_TABLE_NOBODY},
                        why);
}

/* Watching ------------------------------------------------------------------------------------- */

struct sym_table_failure sym_table_part_lost(const struct sym_leg *leg, uint32_t place)
{
    return (struct sym_table_failure){
        .place = place, .cause = sym_table_cause_of_leg(leg), .said_by = SYM_TABLE_NOBODY};
}

static bool has_ended_early(const struct sym_table_leg *l)
{
    return l->leg.over && l->leg.state != SYM_EXCHANGE_DONE && !l->done;
}

static void watch_asker(struct sym_table_leg *l)
{
    if (has_ended_early(l)) {
        sym_table_part_fail(l->part, sym_table_part_lost(&l->leg, l->place), l->leg.fault);
    }
}

/* Why that was, the asker tells. */
static void watch(struct sym_table_leg *l)
{
    struct sym_table_part *p = l->part;
    if (has_ended_early(l) && p->lost == NULL) {
        p->lost = l;
        sym_table_member_lost(p->member, sym_table_part_lost(&l->leg, l->place), sym_now_ms());
    }
}

/* A link that was replaced by another before anything had come over it: its owner asks again. */
static bool may_come_again(const struct sym_table_leg *l)
{
    const struct sym_table_evaluator *e = l->part->evaluators[l->place];
    return l->leg.over && l->leg.state == SYM_EXCHANGE_ABORTED &&
           l->leg.reason == SYM_REASON_LINK_LOST && e != NULL &&
           sym_table_evaluator_progress(e).done == 0;
}

void sym_table_part_watch_legs(struct sym_table_part *p)
{
    watch_asker(&p->with_asker);
    watch(&p->sends);
    for (uint32_t i = 0; i < p->question.n; i++) {
        if (may_come_again(&p->answers[i])) {
            sym_table_part_make_answer(p, i);
        }
        watch(&p->asks[i]);
        watch(&p->answers[i]);
        watch(&p->tallies[i]);
    }
}

static void pump(struct sym_table_leg *l)
{
    struct sym_exchange *e = l->leg.exchange;
    if (e != NULL && e->phase == SYM_PHASE_RUNNING && e->writing == NULL) {
        sym_exchange_pump(l->part->x, e);
    }
}

void sym_table_part_pump_legs(struct sym_table_part *p)
{
    pump(&p->with_asker);
    pump(&p->sends);
    for (uint32_t i = 0; i < p->question.n; i++) {
        pump(&p->asks[i]);
        pump(&p->answers[i]);
        pump(&p->tallies[i]);
    }
}

static void abort_one(struct sym_table_leg *l)
{
    struct sym_table_part *p = l->part;
    if (l->leg.exchange != NULL) {
        sym_exchange_abort(p->x, l->leg.exchange, sym_table_reason_to(p->failure, l->place),
                           sym_table_result(p->failure), p->fault);
    }
}

void sym_table_part_abort_legs(struct sym_table_part *p)
{
    abort_one(&p->sends);
    for (uint32_t i = 0; i < p->question.n; i++) {
        abort_one(&p->asks[i]);
        abort_one(&p->answers[i]);
        abort_one(&p->tallies[i]);
    }
}

bool sym_table_part_legs_are_over(const struct sym_table_part *p)
{
    bool over = p->sends.leg.exchange == NULL;
    for (uint32_t i = 0; i < p->question.n; i++) {
        over = over && p->asks[i].leg.exchange == NULL && p->answers[i].leg.exchange == NULL &&
               p->tallies[i].leg.exchange == NULL;
    }
    return over;
}
