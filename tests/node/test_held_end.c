/* What the exchange of a held request shows, once that was decided, has ended or is forgotten. */
#include "node/core/held_end.h"
#include "tests/node/held_requests.h"

static char words[SYM_FAULT_BYTES];

/* As the history has it since the request was held. */
static struct sym_exchange_entry told(struct grants_rig *r, const struct rig_ask *ask)
{
    struct sym_exchange_entry e = {.id = sym_span(ask->id, sizeof ask->id),
                                   .alias = sym_span_text("peer-0"),
                                   .role = SYM_AS_PARTICIPANT,
                                   .kind = ask->request.kind,
                                   .state = SYM_EXCHANGE_HELD,
                                   .fault = sym_span_text("as it was")};
    sym_held_end_tell(r->grants, &e, words);
    return e;
}

static void assert_told(const struct sym_exchange_entry *e, enum sym_exchange_state state,
                        const char *fault)
{
    assert_int_equal(e->state, state);
    assert_true(sym_span_equal(e->fault, sym_span_text(fault)));
}

static void what_waits_is_as_it_was(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    hold(r, &ask);
    struct sym_exchange_entry e = told(r, &ask);
    assert_told(&e, SYM_EXCHANGE_HELD, "as it was");
    assert_int_equal(e.ended_ms, 0);
}

static void what_was_approved_waits_for_the_peer(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    hold(r, &ask);
    approve(r, &ask);
    struct sym_exchange_entry e = told(r, &ask);
    assert_told(&e, SYM_EXCHANGE_HELD, "approved by anna; the peer has to ask again");
    assert_true(sym_span_equal(e.approver, sym_span_text("anna")));
    assert_int_equal(decide_again(r, &ask), GRANTED);
    e = told(r, &ask);
    assert_told(&e, SYM_EXCHANGE_HELD,
                "approved by anna; the peer has asked again, as another exchange");
}

static void what_was_denied_says_by_whom_and_why(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask ask;
    hold(r, &ask);
    grants_rig_set_clock(RIG_NOW + RIG_MINUTE);
    assert_int_equal(grants_rig_resolve(r, &row, ask.id, false), SYM_OK);
    struct sym_exchange_entry e = told(r, &ask);
    assert_told(&e, SYM_EXCHANGE_DENIED, "by anna: why");
    assert_int_equal(e.reason, SYM_REASON_APPROVER);
    assert_int_equal(e.ended_ms, RIG_NOW + RIG_MINUTE);
}

static void what_expired_ended_then(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask waiting;
    struct rig_ask approved;
    hold(r, &waiting);
    hold(r, &approved);
    grants_rig_set_clock(RIG_NOW + RIG_MINUTE);
    approve(r, &approved);
    grants_rig_set_clock(RIG_NOW + RIG_DAY + RIG_HOUR);
    struct sym_exchange_entry e = told(r, &waiting);
    assert_told(&e, SYM_EXCHANGE_ABORTED, "expired");
    assert_int_equal(e.ended_ms, RIG_NOW + RIG_DAY);
    e = told(r, &approved);
    assert_told(&e, SYM_EXCHANGE_ABORTED, "expired; approved before by anna");
    assert_int_equal(e.ended_ms, RIG_NOW + RIG_MINUTE + RIG_DAY);
}

static void what_the_peer_cancelled_says_whether_it_was_approved(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask waiting;
    struct rig_ask approved;
    hold(r, &waiting);
    hold(r, &approved);
    approve(r, &approved);
    assert_int_equal(sym_grants_withdraw(r->grants, &r->peer[0].id, waiting.id), SYM_OK);
    assert_int_equal(sym_grants_withdraw(r->grants, &r->peer[0].id, approved.id), SYM_OK);
    struct sym_exchange_entry e = told(r, &waiting);
    assert_told(&e, SYM_EXCHANGE_ABORTED, "cancelled by the peer");
    e = told(r, &approved);
    assert_told(&e, SYM_EXCHANGE_ABORTED, "cancelled by the peer; approved before by anna");
}

static void what_is_forgotten_is_held_no_more(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    grants_rig_ask(r, &ask, 0);
    struct sym_exchange_entry e = told(r, &ask);
    assert_told(&e, SYM_EXCHANGE_ABORTED,
                "it waits no more, and never began; \"symbolon log list --peer peer-0\" says why");
    ask.request.kind = SYM_KIND_TABULATE;
    e = told(r, &ask);
    assert_told(&e, SYM_EXCHANGE_ABORTED,
                "it waits no more, and went on as another exchange or not at all; \"symbolon log "
                "list --peer peer-0\" says which");
}

static void leaves_own_requests_and_what_is_not_held(void **state)
{
    struct grants_rig *r = *state;
    static const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {1};
    struct sym_exchange_entry own = {.id = sym_span(id, sizeof id),
                                     .role = SYM_AS_INITIATOR,
                                     .kind = SYM_KIND_OVERLAP_COUNT,
                                     .state = SYM_EXCHANGE_HELD};
    struct sym_exchange_entry done = own;
    done.role = SYM_AS_PARTICIPANT;
    done.state = SYM_EXCHANGE_DONE;
    sym_held_end_tell(r->grants, &own, words);
    sym_held_end_tell(r->grants, &done, words);
    assert_told(&own, SYM_EXCHANGE_HELD, "");
    assert_told(&done, SYM_EXCHANGE_DONE, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, grants_rig_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_waits_is_as_it_was),
        TEST(what_was_approved_waits_for_the_peer),
        TEST(what_was_denied_says_by_whom_and_why),
        TEST(what_expired_ended_then),
        TEST(what_the_peer_cancelled_says_whether_it_was_approved),
        TEST(what_is_forgotten_is_held_no_more),
        TEST(leaves_own_requests_and_what_is_not_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
