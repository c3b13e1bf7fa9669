/* What grants count of their peers' requests, and what is unusual about them. */
#include "proto/codec.h"
#include "proto/overlap_agree.h"
#include "proto/token.h"
#include "tests/support/grants_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GRANTED SYM_DECISION_GRANTED
#define DENIED  SYM_DECISION_DENIED

static enum sym_err put_charge(struct sym_transaction *t, void *context)
{
    struct grants_rig *r = context;
    return sym_grants_put_charge(r->grants, t, &r->peers.items[0]->id, sym_span_text("suspects"));
}

static enum sym_err charge(struct grants_rig *r, uint32_t elements)
{
    return sym_grants_charge(r->grants, &r->peers.items[0]->id, sym_span_text("suspects"),
                             elements);
}

static void evaluated_elements_stay_counted(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    const struct sym_grant *rows;
    struct sym_standing_offer offer;
    grants_rig_add(r, &row);
    assert_int_equal(charge(r, 1), SYM_NOT_FOUND);
    assert_int_equal(sym_grants_offers(r->grants, &offer, 1), 0);
    row.engines |= 1u << SYM_OVERLAP_ENGINE_STANDING;
    row.standing_days = 30;
    row.elements_per_day = 200;
    grants_rig_add(r, &row);
    assert_int_equal(sym_grants_offers(r->grants, &offer, 1), 1);
    assert_int_equal(offer.days, 30);
    assert_int_equal(offer.elements_per_day, 200);
    assert_int_equal(offer.restored_ms, 0);
    r->restored_ms = RIG_NOW;
    assert_int_equal(sym_grants_offers(r->grants, &offer, 1), 1);
    assert_int_equal(offer.restored_ms, RIG_NOW);
    assert_int_equal(charge(r, 150), SYM_OK);
    assert_int_equal(charge(r, 51), SYM_LIMIT);
    assert_int_equal(sym_store_write(r->room.store, put_charge, r), SYM_OK);
    grants_rig_restart(r);
    assert_int_equal(sym_grants_list(r->grants, &rows), 1);
    assert_int_equal(rows[0].evaluated, 150);
    assert_int_equal(charge(r, 51), SYM_LIMIT);
    grants_rig_add(r, &row); /* replaced: stays counted */
    assert_int_equal(charge(r, UINT32_MAX), SYM_LIMIT);
    assert_int_equal(charge(r, 50), SYM_OK);
    assert_int_equal(charge(r, 1), SYM_LIMIT);
}

static void counts_denied_requests_too(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct rig_ask ask;
    grants_rig_add(r, &row);
    for (unsigned i = 0; i < 5; i++) {
        grants_rig_ask(r, &ask, 0);
        ask.ask.elements = 9;
        assert_int_equal(grants_rig_decide(r, &ask), SYM_OK);
        assert_string_equal(r->verdict.cause, "min-size");
        assert_int_equal(grants_rig_asked(r), i + 1);
    }
    assert_int_equal(grants_rig_decision(r, 0), DENIED);
    assert_string_equal(r->verdict.cause, "per-day");
}

static void the_rate_holds_over_a_day_and_a_restart(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    grants_rig_add(r, &row);
    for (unsigned i = 0; i < 5; i++) {
        grants_rig_set_clock(RIG_NOW + i * RIG_HOUR);
        assert_int_equal(grants_rig_decision(r, 0), GRANTED);
        grants_rig_restart(r);
    }
    grants_rig_set_clock(RIG_NOW + RIG_DAY - 1);
    assert_int_equal(grants_rig_decision(r, 0), DENIED); /* the sixth */
    grants_rig_restart(r);
    assert_int_equal(grants_rig_asked(r), 6);
    grants_rig_set_clock(RIG_NOW + RIG_DAY + 15 * RIG_MINUTE);
    assert_int_equal(grants_rig_decision(r, 0), DENIED); /* one is forgotten, two were denied */
    grants_rig_set_clock(RIG_NOW + RIG_DAY + 4 * RIG_HOUR + 15 * RIG_MINUTE);
    assert_int_equal(grants_rig_asked(r), 2);
    assert_int_equal(grants_rig_decision(r, 0), GRANTED);
}

static void a_clock_set_back_refunds_no_request(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    static const uint64_t back[] = {RIG_SECOND, RIG_HOUR, RIG_DAY, 100 * RIG_DAY};
    grants_rig_add(r, &row);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(grants_rig_decision(r, 0), GRANTED);
    }
    for (size_t i = 0; i < sizeof back / sizeof *back; i++) {
        grants_rig_set_clock(RIG_NOW - back[i]);
        grants_rig_restart(r);
        assert_int_equal(grants_rig_decision(r, 0), DENIED);
        assert_string_equal(r->verdict.cause, "per-day");
    }
}

static void what_has_no_grant_is_counted_nowhere_and_written_down_once_a_minute(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    grants_rig_add(r, &row);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(grants_rig_decision(r, 1), DENIED);
    }
    assert_int_equal(grants_rig_decision(r, 2), DENIED); /* another peer has a line of its own */
    assert_int_equal(grants_rig_asked(r), 0);
    assert_int_equal(room_count(&r->room, SYM_TABLE_ASKED), 0);
    grants_rig_set_clock(RIG_NOW + RIG_MINUTE);
    assert_int_equal(grants_rig_decision(r, 2), DENIED);
}

static void a_node_that_stops_says_how_many_were_left_out(void **state)
{
    struct grants_rig *r = *state;
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(grants_rig_decision(r, 0), DENIED);
    }
    sym_grants_close(r->grants);
    r->grants = NULL;
    assert_int_equal(grants_rig_open(r), SYM_OK);
}

static void a_peer_that_asks_for_ever_fills_neither_disk_nor_journal(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    grants_rig_add(r, &row);
    for (unsigned i = 0; i < 600; i++) {
        grants_rig_set_clock(RIG_NOW + i * RIG_SECOND);
        (void)grants_rig_decision(r, 0);
    }
    assert_int_equal(grants_rig_asked(r), 600);
    assert_int_equal(room_count(&r->room, SYM_TABLE_ASKED), 1);
    assert_int_equal(room_count(&r->room, SYM_TABLE_HELD), 0);
}

static void a_made_up_name_is_not_repeated_in_the_journal(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    grants_rig_ask(r, &ask, 0);
    ask.request.dataset = sym_span_text("x approver=anna\n");
    assert_int_equal(grants_rig_decide(r, &ask), SYM_OK);
}

static struct sym_pattern_finding unusual(struct grants_rig *r, size_t expected)
{
    struct sym_unusual rows[RIG_PEERS] = {{.peer = NULL}};
    assert_int_equal(sym_grants_unusual(r->grants, rows, RIG_PEERS), expected);
    return rows[0].finding;
}

static void a_sudden_change_is_seen_also_after_a_restart(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    grants_rig_add(r, &row);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(grants_rig_decision(r, 0), i < 5 ? GRANTED : DENIED);
    }
    unusual(r, 0);
    grants_rig_restart(r);
    assert_int_equal(grants_rig_decision(r, 0), DENIED); /* what is denied counts, too */
    for (int again = 0; again < 2; again++) {
        struct sym_pattern_finding f = unusual(r, 1);
        assert_int_equal(f.asked, 21);
        assert_int_equal(f.probes, 0);
        grants_rig_restart(r);
    }
    grants_rig_set_clock(RIG_NOW + RIG_DAY);
    unusual(r, 0);
}

static void who_tries_what_it_has_no_grant_for_is_seen(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    grants_rig_add(r, &row);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(grants_rig_decision(r, 1), DENIED);
    }
    unusual(r, 0);
    grants_rig_restart(r); /* most of them made no line of their own */
    struct rig_ask ask;
    grants_rig_ask(r, &ask, 1);
    ask.ask.dataset_known = false;
    assert_int_equal(grants_rig_decide(r, &ask), SYM_OK);
    assert_int_equal(unusual(r, 1).probes, 5);
    assert_int_equal(grants_rig_drop(r, 1), SYM_OK);
    unusual(r, 0);
    grants_rig_restart(r);
    unusual(r, 0);
}

static void a_held_request_that_is_asked_again_is_one(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct rig_ask ask;
    row.approval = true;
    grants_rig_add(r, &row);
    grants_rig_ask(r, &ask, 0);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(grants_rig_decide(r, &ask), SYM_OK);
        assert_int_equal(r->verdict.decision, SYM_DECISION_HELD);
    }
    unusual(r, 0);
}

static void what_could_not_be_recorded_is_seen_all_the_same(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct rig_ask ask;
    grants_rig_add(r, &row);
    room_fill_disk(true);
    for (int i = 0; i < 30; i++) {
        grants_rig_ask(r, &ask, 0);
        assert_int_not_equal(grants_rig_decide(r, &ask), SYM_OK);
    }
    room_fill_disk(false);
    assert_int_equal(unusual(r, 1).asked, 30);
}

static void refuses_a_request_whose_id_is_not_whole(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    grants_rig_ask(r, &ask, 0);
    ask.request.exchange_id = sym_span(ask.id, 15);
    ask.ask.request = &ask.request;
    ask.ask.wall_ms = RIG_NOW;
    assert_int_equal(sym_grants_decide(r->grants, &r->verdict, &r->approval, &ask.ask),
                     SYM_BAD_VALUE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, grants_rig_set_up, grants_rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(evaluated_elements_stay_counted),
        TEST(counts_denied_requests_too),
        TEST(the_rate_holds_over_a_day_and_a_restart),
        TEST(a_clock_set_back_refunds_no_request),
        TEST(what_has_no_grant_is_counted_nowhere_and_written_down_once_a_minute),
        TEST(a_node_that_stops_says_how_many_were_left_out),
        TEST(a_peer_that_asks_for_ever_fills_neither_disk_nor_journal),
        TEST(a_made_up_name_is_not_repeated_in_the_journal),
        TEST(a_sudden_change_is_seen_also_after_a_restart),
        TEST(who_tries_what_it_has_no_grant_for_is_seen),
        TEST(a_held_request_that_is_asked_again_is_one),
        TEST(what_could_not_be_recorded_is_seen_all_the_same),
        TEST(refuses_a_request_whose_id_is_not_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
