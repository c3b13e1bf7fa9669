/* The ids of queries: each is consented to, paid for and unmasked once, over restarts and kills. */
#include "tests/node/ledger_room.h"
#include "tests/support/crashing.h"

static void restart(struct fixture *f)
{
    room_reopen(&f->room);
    f->ledger.log = room_log(&f->room);
}

static void stays_as_it_is_when_the_node_is_started_again(void **state)
{
    struct fixture *f = *state;
    spend(f, 1);
    assert_int_equal(change(f, 2, do_reserve), SYM_OK);
    restart(f);
    assert_left(f, CAP - 2 * NANO, NANO, NANO);
    assert_int_equal(change(f, 2, do_debit), SYM_OK);
    assert_left(f, CAP - 2 * NANO, 2 * NANO, 0);
}

static void one_that_was_given_back_is_available_and_its_query_is_used(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(change(f, 1, do_reserve), SYM_OK);
    assert_int_equal(change(f, 1, do_release), SYM_OK);
    assert_left(f, CAP, 0, 0);
    assert_int_equal(change(f, 1, do_debit), SYM_EXPIRED);
    assert_int_equal(change(f, 1, do_reserve), SYM_REPLAY);
}

static enum sym_err do_note(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    const struct sym_ledger_ask ask = ask_of(d);
    return sym_ledger_note(t, d->qid, &ask);
}

static enum sym_err count_row(void *context, struct sym_span key, struct sym_span value)
{
    (void)key;
    (void)value;
    ++*(size_t *)context;
    return SYM_OK;
}

static enum sym_err count_ids(struct sym_transaction *t, void *context)
{
    return sym_store_each(t, SYM_TABLE_QUERY_IDS, count_row, context);
}

static size_t ids_kept(struct fixture *f)
{
    size_t n = 0;
    assert_int_equal(sym_store_read(f->room.store, count_ids, &n), SYM_OK);
    return n;
}

/* Else a peer that asks and never goes on fills the node, a row for each time. */
static void what_was_not_paid_for_is_forgotten_a_day_after_its_consent_is_void(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(change(f, 1, do_note), SYM_OK);
    assert_int_equal(change(f, 2, do_reserve), SYM_OK);
    assert_int_equal(change(f, 3, do_reserve), SYM_OK);
    assert_int_equal(change(f, 3, do_release), SYM_OK);
    f->now_ms += 24 * HOUR_MS - 1;
    assert_int_equal(change(f, 4, do_note), SYM_OK);
    assert_int_equal(ids_kept(f), 4);
    assert_int_equal(change(f, 1, do_note), SYM_REPLAY);
    f->now_ms += 1;
    assert_int_equal(change(f, 5, do_reserve), SYM_OK);
    assert_int_equal(ids_kept(f), 4); /* the first one is gone */
    f->now_ms += HOUR_MS - 1;
    assert_int_equal(change(f, 2, do_reserve), SYM_REPLAY);
    assert_int_equal(change(f, 3, do_note), SYM_REPLAY);
    f->now_ms += 1;
    assert_int_equal(change(f, 3, do_reserve), SYM_OK);
    assert_int_equal(ids_kept(f), 3);
    assert_left(f, CAP - NANO, 0, NANO);
}

static void what_was_paid_for_is_never_forgotten(void **state)
{
    struct fixture *f = *state;
    spend(f, 1);
    spend(f, 2);
    assert_int_equal(change(f, 2, do_unmask), SYM_OK);
    f->now_ms += UINT64_C(10) * 366 * 24 * HOUR_MS;
    assert_int_equal(change(f, 3, do_reserve), SYM_OK);
    assert_int_equal(change(f, 1, do_reserve), SYM_REPLAY);
    assert_int_equal(change(f, 2, do_note), SYM_REPLAY);
    assert_int_equal(change(f, 1, do_debit), SYM_REPLAY);
    assert_int_equal(change(f, 2, do_unmask), SYM_REPLAY);
}

static enum sym_err do_start(struct sym_transaction *t, void *context)
{
    (void)context;
    return sym_ledger_start(t);
}

static void what_was_reserved_when_the_node_ended_is_given_back_and_no_debit_is(void **state)
{
    struct fixture *f = *state;
    spend(f, 1);
    spend(f, 2);
    assert_int_equal(change(f, 2, do_unmask), SYM_OK);
    for (uint8_t query = 3; query < 6; query++) {
        assert_int_equal(change(f, query, do_reserve), SYM_OK);
    }
    assert_left(f, CAP - 5 * NANO, 2 * NANO, 3 * NANO);
    restart(f);
    assert_int_equal(change(f, 0, do_start), SYM_OK);
    assert_left(f, CAP - 2 * NANO, 2 * NANO, 0);
    /* The ids stay used, whatever state they were in. */
    for (uint8_t query = 1; query < 6; query++) {
        assert_int_equal(change(f, query, do_reserve), SYM_REPLAY);
        assert_int_equal(change(f, query, do_debit), query < 3 ? SYM_REPLAY : SYM_EXPIRED);
    }
    assert_int_equal(change(f, 1, do_unmask), SYM_OK);
    assert_int_equal(change(f, 2, do_unmask), SYM_REPLAY);
    assert_left(f, CAP - 2 * NANO, 2 * NANO, 0);
    assert_int_equal(debits_in_log(f), 2);
}

static void refuses_a_query_that_was_consented_to_before(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(change(f, 1, do_reserve), SYM_OK);
    assert_int_equal(change(f, 1, do_reserve), SYM_REPLAY);
    assert_int_equal(change(f, 1, do_debit), SYM_OK);
    assert_int_equal(change(f, 1, do_reserve), SYM_REPLAY);
    restart(f);
    assert_int_equal(change(f, 1, do_reserve), SYM_REPLAY);
    assert_left(f, CAP - NANO, NANO, 0);
}

static void refuses_a_second_debit(void **state)
{
    struct fixture *f = *state;
    spend(f, 1);
    assert_int_equal(change(f, 1, do_debit), SYM_REPLAY);
    restart(f);
    assert_int_equal(change(f, 1, do_debit), SYM_REPLAY);
    assert_left(f, CAP - NANO, NANO, 0);
    assert_int_equal(debits_in_log(f), 1);
}

static void refuses_a_second_unmasking_ever(void **state)
{
    struct fixture *f = *state;
    spend(f, 1);
    assert_int_equal(change(f, 1, do_unmask), SYM_OK);
    assert_int_equal(change(f, 1, do_unmask), SYM_REPLAY);
    restart(f);
    assert_int_equal(change(f, 1, do_unmask), SYM_REPLAY);
    assert_int_equal(change(f, 1, do_debit), SYM_REPLAY);
}

static void refuses_to_unmask_what_was_not_debited(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(change(f, 1, do_unmask), SYM_NOT_FOUND);
    assert_int_equal(change(f, 1, do_reserve), SYM_OK);
    assert_int_equal(change(f, 1, do_unmask), SYM_NOT_FOUND);
}

static int debit_in_child(void *context)
{
    struct fixture *f = context;
    restart(f);
    return change(f, 1, do_debit) == SYM_OK ? 0 : 1;
}

static int reserve_in_child(void *context)
{
    struct fixture *f = context;
    restart(f);
    return change(f, 1, do_reserve) == SYM_OK ? 0 : 1;
}

/* Its children open the store; two processes cannot. */
static void leave_store(struct fixture *f)
{
    sym_log_close(f->room.log);
    f->room.log = NULL;
    sym_store_close(f->room.store);
    f->room.store = NULL;
}

static void a_reservation_is_there_or_not_when_killed_at_any_step(void **state)
{
    bool more = true;
    unsigned seen[2] = {0, 0};
    (void)state;
    for (long steps = 0; more; steps++) {
        struct fixture f;
        int code = 0;
        assert_true(steps < 200);
        begin(&f);
        leave_store(&f);
        more = crash_at(steps, reserve_in_child, &f, &code);
        assert_true(more || code == 0);
        restart(&f);
        struct sym_ledger_left l = left(&f);
        assert_int_equal(l.left_nano + l.reserved_nano, CAP);
        assert_true(l.reserved_nano == 0 || l.reserved_nano == NANO);
        assert_true(more || l.reserved_nano == NANO);
        seen[l.reserved_nano != 0]++;
        room_close(&f.room);
    }
    assert_true(seen[0] > 0 && seen[1] > 0);
}

static void a_debit_and_its_entry_are_both_there_or_neither_when_killed_at_any_step(void **state)
{
    bool more = true;
    unsigned seen[2] = {0, 0};
    (void)state;
    for (long steps = 0; more; steps++) {
        struct fixture f;
        int code = 0;
        assert_true(steps < 200);
        begin(&f);
        assert_int_equal(change(&f, 1, do_reserve), SYM_OK);
        leave_store(&f);
        more = crash_at(steps, debit_in_child, &f, &code);
        assert_true(more || code == 0);
        restart(&f);
        struct sym_ledger_left l = left(&f);
        assert_int_equal(l.left_nano, CAP - NANO);
        assert_int_equal(l.spent_nano + l.reserved_nano, NANO);
        assert_int_equal(debits_in_log(&f), l.spent_nano / NANO);
        assert_true(more || l.spent_nano == NANO);
        seen[l.spent_nano != 0]++;
        /* Whoever goes on with it spends it once. */
        assert_int_equal(change(&f, 1, do_debit), l.spent_nano != 0 ? SYM_REPLAY : SYM_OK);
        assert_left(&f, CAP - NANO, NANO, 0);
        assert_int_equal(debits_in_log(&f), 1);
        room_close(&f.room);
    }
    assert_true(seen[0] > 0 && seen[1] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stays_as_it_is_when_the_node_is_started_again),
        TEST(one_that_was_given_back_is_available_and_its_query_is_used),
        TEST(what_was_not_paid_for_is_forgotten_a_day_after_its_consent_is_void),
        TEST(what_was_paid_for_is_never_forgotten),
        TEST(what_was_reserved_when_the_node_ended_is_given_back_and_no_debit_is),
        TEST(refuses_a_query_that_was_consented_to_before),
        TEST(refuses_a_second_debit),
        TEST(refuses_a_second_unmasking_ever),
        TEST(refuses_to_unmask_what_was_not_debited),
        cmocka_unit_test(a_reservation_is_there_or_not_when_killed_at_any_step),
        cmocka_unit_test(a_debit_and_its_entry_are_both_there_or_neither_when_killed_at_any_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
