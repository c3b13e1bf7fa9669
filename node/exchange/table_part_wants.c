/* What the member of an overlap table wants of the node before it goes on. */
#include "node/exchange/table_part_state.h"
#include "node/log.h"
#include "node/loop.h"
#include "node/tabulation/table_releases.h"
#include "proto/overlap_agree.h"

#include <stdio.h>
#include <string.h>

/* How long budget stays reserved for one table: from the consent to the rows. */
#define RESERVED_MS 3600000u

static bool costs(const struct sym_table_part *p)
{
    return p->question.mode == SYM_TABLE_DP && !sym_table_part_is_tallier(p);
}

static struct sym_ledger ledger_of(const struct sym_table_part *p)
{
    return (struct sym_ledger){.log = p->x->config.log, .restored_ms = p->x->config.restored_ms};
}

static struct sym_node_id asker_of(const struct sym_table_part *p)
{
    struct sym_node_id id;
    memcpy(id.bytes, p->question.asker, sizeof id.bytes);
    return id;
}

/* Durable -------------------------------------------------------------------------------------- */

static enum sym_err put_consent(struct sym_table_part *p, struct sym_transaction *t)
{
    const struct sym_node_id asker = asker_of(p);
    const struct sym_ledger ledger = ledger_of(p);
    const struct sym_ledger_ask ask = {.dataset = sym_span_text(p->question.dataset),
                                       .peer = &asker,
                                       .cap_nano = sym_exchange_budget_cap(p->x),
                                       .peer_cap_nano = p->peer_cap_nano,
                                       .now_ms = sym_wall_ms()};
    if (!costs(p)) {
        return sym_ledger_note(t, p->qid, &ask); /* no table has the id of another */
    }
    return sym_ledger_reserve(&ledger, t, p->qid, &ask, p->question.epsilon_nano,
                              ask.now_ms + RESERVED_MS);
}

static enum sym_err put_debit(const struct sym_table_part *p, struct sym_transaction *t)
{
    const struct sym_node_id asker = asker_of(p);
    const struct sym_ledger ledger = ledger_of(p);
    bool own = sym_node_id_equal(&asker, &p->x->config.self);
    const struct sym_ledger_exchange x = {.id = p->id,
                                          .initiator = &asker,
                                          .responder = own ? NULL : &p->x->config.self,
                                          .handle = own ? NULL : p->question.table,
                                          .alias = p->alias,
                                          .kind = SYM_KIND_OVERLAP_TABLE,
                                          .purpose = p->question.purpose,
                                          .basis = p->question.basis};
    return sym_ledger_debit(&ledger, t, p->qid, &x, sym_wall_ms());
}

static enum sym_err put(struct sym_transaction *t, void *context)
{
    struct sym_table_part *p = context;
    switch (p->writing) {
    case SYM_TABLE_WANTS_CONSENT:
        return put_consent(p, t);
    case SYM_TABLE_WANTS_DEBIT:
        return put_debit(p, t);
    case SYM_TABLE_WANTS_KEEP:
        return sym_table_release_put(t, p->question.table, sym_table_member_release(p->member));
    case SYM_TABLE_WANTS_NOTHING:
    case SYM_TABLE_WANTS_AGREE:
    case SYM_TABLE_WANTS_START:
    case SYM_TABLE_WANTS_ROWS:
        break;
    }
    return SYM_INTERNAL;
}

static enum sym_err consented(struct sym_table_part *p)
{
    struct sym_exchange *e = p->with_asker.leg.exchange;
    uint32_t elements = p->set != NULL ? sym_overlap_set_size(p->set) : 0;
    p->is_reserved = costs(p);
    if (e != NULL && e->matter != NULL) {
        e->matter->own_size = elements;
    }
    return sym_table_member_consent(p->member, elements, p->epoch);
}

static enum sym_err kept(struct sym_table_part *p)
{
    struct sym_exchange *e = p->with_asker.leg.exchange;
    p->is_kept = true;
    if (e != NULL && e->matter != NULL) {
        e->matter->has_result = true;
    }
    return sym_table_member_kept(p->member);
}

static enum sym_err made(struct sym_table_part *p, enum sym_table_want what)
{
    switch (what) {
    case SYM_TABLE_WANTS_CONSENT:
        return consented(p);
    case SYM_TABLE_WANTS_DEBIT:
        p->is_debited = true;
        return sym_table_member_debited(p->member);
    case SYM_TABLE_WANTS_KEEP:
        return kept(p);
    case SYM_TABLE_WANTS_NOTHING:
    case SYM_TABLE_WANTS_AGREE:
    case SYM_TABLE_WANTS_START:
    case SYM_TABLE_WANTS_ROWS:
        break;
    }
    return SYM_INTERNAL;
}

static void fail_own(struct sym_table_part *p, enum sym_table_cause cause, const char *detail)
{
    sym_table_part_fail(
        p,
        (struct sym_table_failure){.place = p->place, .cause = cause, .said_by = SYM_TABLE_NOBODY},
        detail);
}

static void on_made(void *context, enum sym_err err)
{
    struct sym_table_part *p = context;
    enum sym_table_want what = p->writing;
    bool budget = what == SYM_TABLE_WANTS_DEBIT || (what == SYM_TABLE_WANTS_CONSENT && costs(p));
    p->writing = SYM_TABLE_WANTS_NOTHING;
    if (err == SYM_OK && what == SYM_TABLE_WANTS_CONSENT && costs(p)) {
        p->is_reserved = true; /* whatever comes, it is given back or debited */
    }
    if (err != SYM_OK && err == SYM_LIMIT && budget) {
        fail_own(p, SYM_TABLE_CAUSE_BUDGET, "not enough is left");
    } else if (err != SYM_OK) {
        fail_own(p, budget ? SYM_TABLE_CAUSE_BUDGET : SYM_TABLE_CAUSE_OTHER, sym_err_text(err));
    } else if (p->failure.cause == SYM_TABLE_CAUSE_NONE && made(p, what) != SYM_OK) {
        fail_own(p, SYM_TABLE_CAUSE_OTHER, "");
    }
    sym_table_part_turn_soon(p);
}

static void write(struct sym_table_part *p, enum sym_table_want what)
{
    p->writing = what;
    enum sym_err err = sym_group_write(p->x->config.group, put, p, on_made);
    if (err != SYM_OK) {
        on_made(p, err);
    }
}

static enum sym_err give_back(struct sym_transaction *t, void *context)
{
    const struct sym_table_part *p = context;
    return sym_ledger_release(t, p->qid);
}

void sym_table_part_give_back(struct sym_table_part *p)
{
    struct sym_store *store = p->x->config.store;
    if (p->is_reserved && !p->is_debited && sym_store_write(store, give_back, p) != SYM_OK) {
        sym_log(SYM_LEVEL_WARN, "reservation-not-released", NULL); /* it expires by itself */
    }
}

/* Agreeing ------------------------------------------------------------------------------------- */

/* What the others announced, each may have evaluated here. Nobody has to approve once more: that
 * was asked when the table was. */
static bool may_be_evaluated(struct sym_table_part *p, uint32_t place, char detail[SYM_FAULT_BYTES])
{
    const struct sym_table_agreed *a = sym_table_member_agreed(p->member);
    struct sym_policy_verdict verdict;
    struct sym_node_id id;
    memcpy(id.bytes, p->question.parties[place].id, sizeof id.bytes);
    const struct sym_request request = {.kind = SYM_KIND_OVERLAP_TABLE,
                                        .purpose = p->question.purpose,
                                        .basis = p->question.basis,
                                        .dataset = sym_span_text(p->question.dataset)};
    const struct sym_ask ask = {.peer = sym_peers_by_id(p->x->config.peers, &id),
                                .request = &request,
                                .engines = 1u << SYM_OVERLAP_ENGINE_DH,
                                .type = p->question.type,
                                .mode = p->question.mode,
                                .elements = a->consented[place].elements,
                                .is_known = true,
                                .dataset_known = true,
                                .wall_ms = sym_wall_ms()};
    if (ask.peer == NULL) {
        return false;
    }
    sym_grants_look(p->x->config.grants, &verdict, &ask);
    (void)snprintf(detail, SYM_FAULT_BYTES, "%s", verdict.remark);
    return verdict.decision == SYM_DECISION_GRANTED;
}

static void agree(struct sym_table_part *p)
{
    char detail[SYM_FAULT_BYTES] = "";
    for (uint32_t i = 0; !sym_table_part_is_tallier(p) && i < p->question.n; i++) {
        if (i != p->place && !may_be_evaluated(p, i, detail)) {
            sym_table_part_fail(p,
                                (struct sym_table_failure){.place = i,
                                                           .cause = SYM_TABLE_CAUSE_TERMS,
                                                           .said_by = SYM_TABLE_NOBODY},
                                detail);
            return;
        }
    }
    enum sym_err err =
        sym_table_part_is_tallier(p) ? sym_table_tally_new(&p->tally, p->member) : SYM_OK;
    if (err == SYM_OK) {
        err = sym_table_member_agree(p->member);
    }
    if (err != SYM_OK) {
        fail_own(p, SYM_TABLE_CAUSE_OTHER, sym_err_text(err));
    }
}

static void start(struct sym_table_part *p)
{
    enum sym_err err = SYM_OK;
    p->started_ms = sym_now_ms();
    if (!sym_table_part_is_tallier(p)) {
        struct sym_table_list_config c = {.agreed = sym_table_member_agreed(p->member),
                                          .with = p->x->config.ristretto};
        c.digests = sym_overlap_set_digests(p->set, &c.n);
        err = sym_table_list_new(&p->list, &c);
    }
    if (err == SYM_OK) {
        err = sym_table_member_started(p->member);
    }
    if (err != SYM_OK) {
        fail_own(p, SYM_TABLE_CAUSE_OTHER, sym_err_text(err));
    }
}

static void send_rows(struct sym_table_part *p)
{
    enum sym_err err = sym_table_member_sending(p->member);
    if (err == SYM_OK) {
        err = sym_table_part_send_rows(p);
    }
    if (err != SYM_OK) {
        fail_own(p, SYM_TABLE_CAUSE_OTHER, sym_err_text(err));
    }
}

void sym_table_part_want(struct sym_table_part *p)
{
    enum sym_table_want what = sym_table_member_wants(p->member);
    if (p->writing != SYM_TABLE_WANTS_NOTHING) {
        return;
    }
    switch (what) {
    case SYM_TABLE_WANTS_NOTHING:
        break;
    case SYM_TABLE_WANTS_CONSENT:
        if (p->set_is_ready || sym_table_part_is_tallier(p)) {
            write(p, what);
        }
        break;
    case SYM_TABLE_WANTS_DEBIT:
    case SYM_TABLE_WANTS_KEEP:
        write(p, what);
        break;
    case SYM_TABLE_WANTS_AGREE:
        agree(p);
        break;
    case SYM_TABLE_WANTS_START:
        start(p);
        break;
    case SYM_TABLE_WANTS_ROWS:
        send_rows(p);
        break;
    }
    sym_table_part_ask_all(p);
}
