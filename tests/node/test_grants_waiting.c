/* Held requests that wait: who sees them, who decides, and how many there may be. */
#include "tests/node/held_requests.h"

#include <stdlib.h>

static void shows_the_question_of_a_tabulation_and_why_it_is_held(void **state)
{
    struct grants_rig *r = *state;
    const struct sym_held_request *rows;
    struct rig_ask ask;
    struct sym_span parameters = sym_span_text("what is asked");
    struct sym_grant row = grants_rig_row();
    row.kind = SYM_KIND_TABULATE;
    row.min_result = 0;
    grants_rig_add(r, &row);
    grants_rig_ask(r, &ask, 0);
    ask.request.kind = SYM_KIND_TABULATE;
    ask.request.parameters = parameters;
    ask.ask.must_hold = "the participants are almost those of an earlier query";
    assert_int_equal(decide(r, &ask), HELD);
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(sym_grants_requests(r->grants, &rows), 1);
        assert_true(sym_span_equal(rows[0].parameters, parameters));
        assert_true(rows[0].parameters.data != parameters.data);
        assert_true(sym_span_equal(rows[0].because,
                                   sym_span_text("an approver has to agree first: the participants "
                                                 "are almost those of an earlier query")));
        grants_rig_restart(r);
    }
    approve(r, &ask);
    assert_int_equal(sym_grants_requests(r->grants, &rows), 1);
    assert_true(sym_span_equal(rows[0].parameters, parameters));
    grants_rig_set_clock(grants_rig_clock() + 3 * RIG_DAY);
    hold(r, &ask); /* an overlap, which has no such question; the other is forgotten */
    size_t n = sym_grants_requests(r->grants, &rows);
    assert_int_equal(rows[n - 1].parameters.len, 0);
    assert_true(
        sym_span_equal(rows[n - 1].because, sym_span_text("an approver has to agree first")));
}

static void shows_a_request_that_waits_after_a_restart(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    const struct sym_held_request *rows;
    hold(r, &ask);
    assert_memory_equal(r->approval.held_id, ask.id, sizeof ask.id);
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(sym_grants_requests(r->grants, &rows), 1);
        assert_true(sym_span_equal(rows[0].id, sym_span(ask.id, sizeof ask.id)));
        assert_true(sym_span_equal(rows[0].alias, sym_span_text("peer-0")));
        assert_true(sym_span_equal(rows[0].dataset, sym_span_text("suspects")));
        assert_int_equal(rows[0].kind, SYM_KIND_OVERLAP_MATCHES);
        assert_int_equal(rows[0].type, SYM_TOKEN_IBAN);
        assert_int_equal(rows[0].purpose, SYM_PURPOSE_AML);
        assert_int_equal(rows[0].basis, SYM_BASIS_314B);
        assert_int_equal(rows[0].elements, 100);
        assert_int_equal(rows[0].received_ms, RIG_NOW);
        assert_int_equal(rows[0].expires_ms, RIG_NOW + RIG_DAY);
        assert_int_equal(rows[0].state, SYM_HELD_WAITING);
        assert_int_equal(rows[0].decided_by.len, 0);
        grants_rig_restart(r);
    }
}

static void lists_the_oldest_first(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    const struct sym_held_request *rows;
    for (unsigned i = 0; i < 5; i++) {
        grants_rig_set_clock(RIG_NOW + i);
        grants_rig_ask(r, &ask, 0);
        ask.id[0] = (uint8_t)(0xf0 - i); /* not the order of the ids */
        ask.ask.elements = 10 + i;
        assert_int_equal(decide(r, &ask), HELD);
    }
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(sym_grants_requests(r->grants, &rows), 5);
        for (unsigned i = 0; i < 5; i++) {
            assert_int_equal(rows[i].elements, 10 + i);
        }
        grants_rig_restart(r);
    }
}

static void one_who_asks_again_is_neither_counted_nor_written_down(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    hold(r, &ask);
    for (unsigned i = 0; i < 50; i++) {
        if (i == 25) {
            grants_rig_restart(r);
        }
        assert_int_equal(decide_again(r, &ask), HELD);
        assert_memory_equal(r->approval.held_id, ask.id, sizeof ask.id);
    }
    assert_int_equal(grants_rig_asked(r), 1);
    assert_int_equal(count(r, SYM_HELD_WAITING), 1);
    room_fill_disk(true); /* it takes no room at all */
    enum sym_decision decision = decide_again(r, &ask);
    room_fill_disk(false);
    assert_int_equal(decision, HELD);
}

static void nobody_decides_twice(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask first;
    struct rig_ask second;
    hold(r, &first);
    approve(r, &first);
    assert_int_equal(grants_rig_resolve(r, &row, first.id, false), SYM_WRONG_STATE);
    assert_non_null(strstr(r->fault.text, "approved, by anna"));
    assert_int_equal(grants_rig_resolve(r, &row, first.id, true), SYM_WRONG_STATE);
    assert_int_equal(decide_again(r, &first), GRANTED);
    assert_int_equal(grants_rig_resolve(r, &row, first.id, true), SYM_WRONG_STATE);
    hold(r, &second);
    deny(r, &second);
    assert_int_equal(grants_rig_resolve(r, &row, second.id, true), SYM_WRONG_STATE);
    assert_non_null(strstr(r->fault.text, "denied, by anna"));
    assert_int_equal(decide_again(r, &second), DENIED);
}

static void nobody_decides_what_does_not_wait(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask ask;
    static const uint8_t nothing[SYM_EXCHANGE_ID_BYTES] = {0};
    hold(r, &ask);
    assert_int_equal(grants_rig_resolve(r, &row, nothing, true), SYM_NOT_FOUND);
    assert_non_null(strstr(r->fault.text, "symbolon requests"));
    for (size_t i = 0; i < sizeof ask.id; i++) {
        uint8_t id[SYM_EXCHANGE_ID_BYTES];
        memcpy(id, ask.id, sizeof id);
        id[i] ^= 1;
        assert_int_equal(grants_rig_resolve(r, &row, id, true), SYM_NOT_FOUND);
    }
    struct sym_request_decision part = {.id = sym_span(ask.id, 15), .approve = true};
    assert_int_equal(sym_grants_resolve(r->grants, &row, &part, &r->approver, &r->fault),
                     SYM_NOT_FOUND);
    assert_int_equal(decide_again(r, &ask), HELD);
}

static void only_an_approver_decides(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask ask;
    struct sym_author user = {.user = "olga", .roles = SYM_USER_ANY & ~(unsigned)SYM_USER_APPROVER};
    hold(r, &ask);
    struct sym_request_decision d = {.id = sym_span(ask.id, sizeof ask.id), .approve = true};
    assert_int_equal(sym_grants_resolve(r->grants, &row, &d, &user, &r->fault), SYM_DENIED);
    assert_int_equal(decide_again(r, &ask), HELD);
    user.roles = SYM_USER_APPROVER | SYM_USER_OPERATOR; /* who has added the grant herself */
    assert_int_equal(sym_grants_resolve(r->grants, &row, &d, &user, &r->fault), SYM_OK);
    assert_int_equal(row.state, SYM_HELD_APPROVED);
    assert_true(sym_span_equal(row.decided_by, sym_span_text("olga")));
    assert_int_equal(row.decided_ms, RIG_NOW);
}

static void a_denial_needs_a_reason_that_fits(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask ask;
    char why[SYM_REASON_BYTES_MAX + 1];
    memset(why, 'w', sizeof why);
    hold(r, &ask);
    struct sym_request_decision d = {.id = sym_span(ask.id, sizeof ask.id)};
    assert_int_equal(sym_grants_resolve(r->grants, &row, &d, &r->approver, &r->fault),
                     SYM_BAD_VALUE);
    assert_non_null(strstr(r->fault.text, "--why"));
    d.why = sym_span(why, sizeof why);
    assert_int_equal(sym_grants_resolve(r->grants, &row, &d, &r->approver, &r->fault),
                     SYM_BAD_VALUE);
    d.why.len--;
    assert_int_equal(sym_grants_resolve(r->grants, &row, &d, &r->approver, &r->fault), SYM_OK);
    grants_rig_restart(r);
    assert_int_equal(decide_again(r, &ask), DENIED);
    assert_int_equal(strlen(r->verdict.remark), SYM_REASON_BYTES_MAX);
}

static void a_request_that_nobody_decides_expires_after_a_day(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask ask;
    hold(r, &ask);
    grants_rig_set_clock(RIG_NOW + RIG_DAY - 1);
    assert_int_equal(decide_again(r, &ask), HELD);
    assert_int_equal(grants_rig_asked(r), 1);
    grants_rig_set_clock(RIG_NOW + RIG_DAY);
    assert_int_equal(count(r, SYM_HELD_EXPIRED), 1);
    assert_int_equal(grants_rig_resolve(r, &row, ask.id, true), SYM_EXPIRED);
    assert_non_null(strstr(r->fault.text, "ask again"));
    grants_rig_set_clock(RIG_NOW); /* does not come back when the clock is set back */
    assert_int_equal(grants_rig_resolve(r, &row, ask.id, true), SYM_EXPIRED);
    grants_rig_restart(r);
    assert_int_equal(decide_again(r, &ask), HELD);
    assert_int_equal(grants_rig_asked(r), 2);
    assert_int_equal(grants_rig_lines(r, "request-expired"), 1);
}

static void an_approval_that_nobody_used_ended_when_it_expired(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask waiting;
    struct rig_ask approved;
    hold(r, &waiting);
    hold(r, &approved);
    grants_rig_set_clock(RIG_NOW + RIG_SECOND);
    approve(r, &approved);
    grants_rig_set_clock(RIG_NOW + 2 * RIG_DAY);
    assert_true(sym_grants_request(r->grants, &row, sym_span(waiting.id, sizeof waiting.id)));
    assert_int_equal(row.state, SYM_HELD_EXPIRED);
    assert_int_equal(row.decided_ms, RIG_NOW + RIG_DAY);
    assert_true(sym_grants_request(r->grants, &row, sym_span(approved.id, sizeof approved.id)));
    assert_int_equal(row.state, SYM_HELD_EXPIRED);
    assert_int_equal(row.decided_ms, RIG_NOW + RIG_SECOND + RIG_DAY);
}

static enum sym_err withdraw(struct grants_rig *r, size_t peer, const struct rig_ask *ask)
{
    return sym_grants_withdraw(r->grants, &r->peer[peer].id, ask->id);
}

static void what_the_peer_cancels_waits_no_longer(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask waiting;
    struct rig_ask approved;
    hold(r, &waiting);
    hold(r, &approved);
    approve(r, &approved);
    assert_int_equal(withdraw(r, 0, &waiting), SYM_OK);
    assert_int_equal(withdraw(r, 0, &approved), SYM_OK);
    assert_int_equal(withdraw(r, 0, &waiting), SYM_OK); /* told again */
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(count(r, SYM_HELD_CANCELLED), 2);
        assert_int_equal(grants_rig_resolve(r, &row, waiting.id, true), SYM_WRONG_STATE);
        assert_non_null(strstr(r->fault.text, "was cancelled by the peer"));
        grants_rig_restart(r);
    }
    assert_int_equal(grants_rig_lines(r, "request-cancelled peer=peer-0 subject=suspects"), 2);
    assert_int_equal(grants_rig_lines(r, "by the peer, while it waited"), 1);
    assert_int_equal(grants_rig_lines(r, "by the peer, after it was approved"), 1);
    assert_int_equal(decide_again(r, &approved), HELD); /* its approval is gone */
    grants_rig_set_clock(RIG_NOW + RIG_DAY);
    assert_int_equal(count(r, SYM_HELD_CANCELLED), 0);
}

static void a_request_can_be_cancelled_by_the_id_that_asked_for_it_again(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask first;
    hold(r, &first);
    struct rig_ask second = again(r, &first);
    assert_int_equal(decide(r, &second), HELD);
    assert_int_equal(count(r, SYM_HELD_WAITING), 1);
    assert_int_equal(withdraw(r, 0, &second), SYM_OK);
    assert_int_equal(count(r, SYM_HELD_CANCELLED), 1);
}

static void refuses_to_cancel_what_is_anothers_or_over(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask waiting;
    struct rig_ask used;
    struct rig_ask unknown;
    hold(r, &used);
    approve(r, &used);
    assert_int_equal(decide_again(r, &used), GRANTED);
    hold(r, &waiting);
    grants_rig_ask(r, &unknown, 0);
    assert_int_equal(withdraw(r, 1, &waiting), SYM_NOT_FOUND);
    assert_int_equal(withdraw(r, 0, &unknown), SYM_NOT_FOUND);
    memset(unknown.id, 0, sizeof unknown.id); /* as what was not asked for again since the start */
    grants_rig_restart(r);
    assert_int_equal(withdraw(r, 0, &unknown), SYM_NOT_FOUND);
    assert_int_equal(withdraw(r, 0, &used), SYM_OK);
    room_fill_disk(true);
    enum sym_err full = withdraw(r, 0, &waiting);
    room_fill_disk(false);
    assert_int_equal(full, SYM_NO_SPACE);
    assert_int_equal(count(r, SYM_HELD_WAITING), 1);
    assert_int_equal(count(r, SYM_HELD_USED), 1);
    assert_int_equal(grants_rig_lines(r, "request-cancelled"), 0);
}

static void revoking_a_grant_denies_what_waits_under_it(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct sym_held_request out;
    struct rig_ask waiting;
    struct rig_ask approved;
    struct rig_ask elsewhere;
    struct sym_grant_name name = {.alias = sym_span_text("peer-0"),
                                  .dataset = sym_span_text("suspects"),
                                  .kind = SYM_KIND_OVERLAP_MATCHES};
    row.approval = true;
    row.dataset = sym_span_text("clients");
    grants_rig_add(r, &row);
    hold(r, &approved);
    approve(r, &approved);
    grants_rig_ask(r, &waiting, 0);
    waiting.ask.elements = 500;
    assert_int_equal(decide(r, &waiting), HELD);
    grants_rig_ask(r, &elsewhere, 0);
    elsewhere.request.dataset = sym_span_text("clients");
    assert_int_equal(decide(r, &elsewhere), HELD);
    assert_int_equal(sym_grants_revoke(r->grants, &name, &r->operator_, &r->fault), SYM_OK);
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(count(r, SYM_HELD_DENIED), 2);
        assert_int_equal(count(r, SYM_HELD_WAITING), 1);
        assert_int_equal(decide_again(r, &approved), DENIED);
        assert_int_equal(grants_rig_resolve(r, &out, waiting.id, true), SYM_WRONG_STATE);
        grants_rig_restart(r);
    }
    assert_int_equal(grants_rig_resolve(r, &out, elsewhere.id, true), SYM_OK);
}

static void a_peer_has_a_limited_number_of_requests_that_wait(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct rig_ask ask;
    struct rig_ask first;
    row.approval = true;
    row.per_day = 100;
    grants_rig_add(r, &row);
    for (unsigned i = 0; i < 16; i++) {
        grants_rig_ask(r, &ask, 0);
        ask.ask.elements = 100 + i;
        assert_int_equal(decide(r, &ask), HELD);
        first = i == 0 ? ask : first;
    }
    grants_rig_ask(r, &ask, 0);
    ask.ask.elements = 200;
    assert_int_equal(decide(r, &ask), DENIED);
    assert_int_equal(r->verdict.reason, SYM_REASON_LIMIT);
    assert_non_null(strstr(r->verdict.remark, "try again later"));
    assert_int_equal(grants_rig_asked(r), 17);
    deny(r, &first);
    assert_int_equal(decide(r, &ask), HELD);
}

static void all_peers_together_have_a_limited_number_of_requests(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct rig_ask ask;
    struct rig_ask first;
    row.approval = true;
    row.per_day = 100;
    for (unsigned peer = 0; peer < 33; peer++) {
        row.alias = sym_span_text(r->peer[peer].alias);
        grants_rig_add(r, &row);
        for (unsigned i = 0; i < 16 && peer < 32; i++) {
            grants_rig_ask(r, &ask, peer);
            ask.ask.elements = 100 + i;
            assert_int_equal(decide(r, &ask), HELD);
            first = peer == 0 && i == 0 ? ask : first;
        }
    }
    const struct sym_held_request *rows;
    assert_int_equal(sym_grants_requests(r->grants, &rows), SYM_HELD_MAX);
    assert_int_equal(grants_rig_decision(r, 32), DENIED);
    assert_string_equal(r->verdict.cause, "held");
    deny(r, &first); /* what was decided makes room */
    grants_rig_ask(r, &ask, 32);
    assert_int_equal(decide(r, &ask), HELD);
    assert_int_equal(sym_grants_requests(r->grants, &rows), SYM_HELD_MAX);
    assert_int_equal(room_count(&r->room, SYM_TABLE_HELD), SYM_HELD_MAX);
    struct rig_ask same;
    grants_rig_ask(r, &same, 32);
    memcpy(same.case_ref, ask.case_ref, sizeof same.case_ref);
    assert_int_equal(decide(r, &same), HELD);
    assert_int_equal(grants_rig_decision(r, 32), DENIED); /* of another case */
    grants_rig_restart(r);
    assert_int_equal(sym_grants_requests(r->grants, &rows), SYM_HELD_MAX);
}

static void the_id_of_a_held_request_is_not_taken_for_another(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    hold(r, &ask);
    ask.ask.elements = 101;
    assert_int_equal(grants_rig_decide(r, &ask), SYM_REPLAY);
    ask.ask.elements = 100;
    approve(r, &ask);
    assert_int_equal(decide_again(r, &ask), GRANTED);
    assert_int_equal(grants_rig_decide(r, &ask), SYM_REPLAY);
    assert_int_equal(grants_rig_asked(r), 1);
    assert_int_equal(room_count(&r->room, SYM_TABLE_HELD), 1);
}

static void a_full_disk_neither_holds_nor_approves_nor_grants(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask ask;
    grants_rig_ask(r, &ask, 0);
    room_fill_disk(true);
    enum sym_err held = grants_rig_decide(r, &ask);
    room_fill_disk(false);
    assert_int_equal(held, SYM_NO_SPACE);
    assert_int_equal(count(r, SYM_HELD_WAITING), 0);
    assert_int_equal(decide(r, &ask), HELD);
    room_fill_disk(true);
    enum sym_err approved = grants_rig_resolve(r, &row, ask.id, true);
    room_fill_disk(false);
    assert_int_equal(approved, SYM_NO_SPACE);
    assert_int_equal(decide_again(r, &ask), HELD);
    approve(r, &ask);
    struct rig_ask second = again(r, &ask);
    room_fill_disk(true);
    enum sym_err granted = grants_rig_decide(r, &second);
    room_fill_disk(false);
    assert_int_equal(granted, SYM_NO_SPACE);
    assert_int_equal(count(r, SYM_HELD_APPROVED), 1);
    grants_rig_restart(r);
    assert_int_equal(decide(r, &second), GRANTED);
    assert_int_equal(decide_again(r, &ask), HELD);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, grants_rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shows_the_question_of_a_tabulation_and_why_it_is_held),
        TEST(shows_a_request_that_waits_after_a_restart),
        TEST(lists_the_oldest_first),
        TEST(one_who_asks_again_is_neither_counted_nor_written_down),
        TEST(nobody_decides_twice),
        TEST(nobody_decides_what_does_not_wait),
        TEST(only_an_approver_decides),
        TEST(a_denial_needs_a_reason_that_fits),
        TEST(a_request_that_nobody_decides_expires_after_a_day),
        TEST(an_approval_that_nobody_used_ended_when_it_expired),
        TEST(what_the_peer_cancels_waits_no_longer),
        TEST(a_request_can_be_cancelled_by_the_id_that_asked_for_it_again),
        TEST(refuses_to_cancel_what_is_anothers_or_over),
        TEST(revoking_a_grant_denies_what_waits_under_it),
        TEST(a_peer_has_a_limited_number_of_requests_that_wait),
        TEST(all_peers_together_have_a_limited_number_of_requests),
        TEST(the_id_of_a_held_request_is_not_taken_for_another),
        TEST(a_full_disk_neither_holds_nor_approves_nor_grants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
