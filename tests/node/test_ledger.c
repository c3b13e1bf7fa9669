/* The budget: what is left of it for a dataset and for each of its peers, from year to year. */
#include "tests/node/ledger_room.h"

#include <string.h>

#define DAY_MS    UINT64_C(86400000)
#define YEAR_END  UINT64_C(1798761599000) /* the last second of the year of NOW */
#define LEAP_YEAR UINT64_C(1830297600000) /* 2028-01-01 */

static const struct sym_node_id agency = {.bytes = {2}};

static void a_reservation_is_not_available_and_becomes_the_debit(void **state)
{
    struct fixture *f = *state;
    assert_left(f, CAP, 0, 0);
    assert_int_equal(change(f, 1, do_reserve), SYM_OK);
    assert_left(f, CAP - NANO, 0, NANO);
    assert_int_equal(debits_in_log(f), 0);
    assert_int_equal(change(f, 1, do_debit), SYM_OK);
    assert_left(f, CAP - NANO, NANO, 0);
    assert_int_equal(debits_in_log(f), 1);
}

static void a_reservation_that_expired_is_available_again_and_cannot_be_debited(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(change(f, 1, do_reserve), SYM_OK);
    f->now_ms += HOUR_MS;
    assert_left(f, CAP, 0, 0);
    assert_int_equal(change(f, 1, do_debit), SYM_EXPIRED);
    assert_left(f, CAP, 0, 0);
    assert_int_equal(debits_in_log(f), 0);
}

static void a_debit_is_never_given_back(void **state)
{
    struct fixture *f = *state;
    spend(f, 1);
    assert_int_equal(change(f, 1, do_release), SYM_OK);
    assert_left(f, CAP - NANO, NANO, 0);
    assert_int_equal(change(f, 1, do_unmask), SYM_OK);
    assert_int_equal(change(f, 1, do_release), SYM_OK);
    assert_left(f, CAP - NANO, NANO, 0);
}

static void each_dataset_has_its_own(void **state)
{
    struct fixture *f = *state;
    spend(f, 1);
    f->dataset = "case"; /* a name that another begins with */
    assert_left(f, CAP, 0, 0);
    f->dataset = "cases";
    assert_left(f, CAP - NANO, NANO, 0);
}

static void the_longest_name_has_room_in_a_key(void **state)
{
    struct fixture *f = *state;
    char name[SYM_DATASET_BYTES_MAX + 1] = "";
    memset(name, 'n', sizeof name - 1);
    f->dataset = name;
    spend(f, 1);
    assert_left(f, CAP - NANO, NANO, 0);
    name[sizeof name - 2] = 'm';
    assert_left(f, CAP, 0, 0);
}

static void a_peer_has_no_more_than_its_grant_says_and_others_go_on(void **state)
{
    struct fixture *f = *state;
    f->peer_cap = 2 * NANO;
    spend(f, 1);
    spend(f, 2);
    assert_int_equal(left(f).left_nano, 0);
    assert_int_equal(change(f, 3, do_reserve), SYM_LIMIT);
    struct doing other = doing(f, 4);
    other.peer = &agency;
    assert_int_equal(run(do_left, &other), SYM_OK);
    assert_int_equal(other.left.left_nano, 2 * NANO);
    assert_int_equal(run(do_reserve, &other), SYM_OK);
}

static void all_peers_together_have_no_more_than_the_dataset(void **state)
{
    struct fixture *f = *state;
    for (uint8_t query = 1; query <= 8; query++) {
        struct doing d = doing(f, query);
        d.peer = query % 2 == 0 ? &police : &agency;
        assert_int_equal(run(do_reserve, &d), SYM_OK);
    }
    struct doing more = doing(f, 9);
    more.epsilon = 1;
    assert_int_equal(run(do_reserve, &more), SYM_LIMIT);
    assert_left(f, 0, 0, CAP);
}

static void a_year_ends_at_midnight_in_utc_and_renews_the_budget(void **state)
{
    struct fixture *f = *state;
    f->now_ms = YEAR_END;
    spend(f, 1);
    struct sym_ledger_left l = left(f);
    assert_int_equal(l.renews_ms, YEAR_END + 1000);
    assert_int_equal(l.left_nano, CAP - NANO);
    f->now_ms = YEAR_END + 1000;
    assert_left(f, CAP, 0, 0);
}

static void a_reservation_of_the_old_year_is_debited_from_that(void **state)
{
    struct fixture *f = *state;
    f->now_ms = YEAR_END;
    assert_int_equal(change(f, 1, do_reserve), SYM_OK);
    f->now_ms = YEAR_END + 1000;
    assert_int_equal(change(f, 1, do_debit), SYM_OK);
    assert_left(f, CAP, 0, 0);
    f->now_ms = YEAR_END;
    assert_left(f, CAP - NANO, NANO, 0);
}

static void after_a_restore_all_is_spent_for_a_year(void **state)
{
    struct fixture *f = *state;
    assert_false(left(f).restored);
    f->restored_ms = NOW - 365 * DAY_MS;
    assert_int_equal(left(f).left_nano, 0);
    assert_true(left(f).restored);
    assert_int_equal(left(f).renews_ms, NOW + DAY_MS);
    assert_int_equal(change(f, 1, do_reserve), SYM_LIMIT);
    f->now_ms = NOW + DAY_MS;
    assert_int_equal(left(f).left_nano, CAP);
    assert_int_equal(change(f, 1, do_reserve), SYM_OK);
}

/* Where a year has 366 days. */
static void after_a_restore_nothing_of_its_calendar_year_is_left(void **state)
{
    struct fixture *f = *state;
    f->restored_ms = LEAP_YEAR + HOUR_MS;
    f->now_ms = LEAP_YEAR + 366 * DAY_MS - 1;
    assert_int_equal(left(f).left_nano, 0);
    assert_int_equal(change(f, 1, do_reserve), SYM_LIMIT);
    f->now_ms = LEAP_YEAR + 366 * DAY_MS + HOUR_MS;
    assert_int_equal(change(f, 1, do_reserve), SYM_OK);
}

static void a_clock_that_was_set_back_revives_no_reservation_that_expired(void **state)
{
    struct fixture *f = *state;
    f->cap = NANO;
    struct doing first = doing(f, 1);
    assert_int_equal(run(do_reserve, &first), SYM_OK);
    f->now_ms += HOUR_MS;
    struct doing second = doing(f, 2);
    assert_int_equal(run(do_reserve, &second), SYM_OK);
    f->now_ms -= HOUR_MS;
    assert_int_equal(run(do_debit, &first), SYM_EXPIRED);
    assert_left(f, 0, 0, NANO);
    assert_int_equal(run(do_debit, &second), SYM_OK);
    assert_left(f, 0, NANO, 0);
}

static void refuses_to_debit_what_was_not_reserved(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(change(f, 1, do_debit), SYM_NOT_FOUND);
    assert_left(f, CAP, 0, 0);
    assert_int_equal(debits_in_log(f), 0);
}

static void refuses_more_than_is_left_and_none_at_all(void **state)
{
    struct fixture *f = *state;
    struct doing d = doing(f, 1);
    d.epsilon = CAP + 1;
    assert_int_equal(run(do_reserve, &d), SYM_LIMIT);
    d.epsilon = 0;
    assert_int_equal(run(do_reserve, &d), SYM_LIMIT);
    d.epsilon = UINT64_MAX;
    assert_int_equal(run(do_reserve, &d), SYM_LIMIT);
    d.epsilon = CAP;
    assert_int_equal(run(do_reserve, &d), SYM_OK);
    assert_left(f, 0, 0, CAP);
}

static void leaves_nothing_when_it_was_lowered_below_what_is_spent(void **state)
{
    struct fixture *f = *state;
    spend(f, 1);
    spend(f, 2);
    f->cap = NANO;
    assert_left(f, 0, 2 * NANO, 0);
    assert_int_equal(change(f, 3, do_reserve), SYM_LIMIT);
}

struct listed {
    size_t n;
    struct sym_ledger_row rows[8];
};

static enum sym_err keep_row(void *context, const struct sym_ledger_row *row)
{
    struct listed *l = context;
    assert_true(l->n < 8);
    l->rows[l->n] = *row;
    l->rows[l->n++].dataset = sym_span(NULL, 0);
    return SYM_OK;
}

struct each {
    const struct fixture *f;
    struct listed listed;
};

static enum sym_err do_each(struct sym_transaction *t, void *context)
{
    struct each *e = context;
    return sym_ledger_each(t, e->f->now_ms, keep_row, &e->listed);
}

static void lists_the_whole_and_each_peer_of_this_year_alone(void **state)
{
    struct fixture *f = *state;
    spend(f, 1);
    spend(f, 2);
    struct doing d = doing(f, 3);
    d.peer = &agency;
    assert_int_equal(run(do_reserve, &d), SYM_OK);
    assert_int_equal(run(do_debit, &d), SYM_OK);
    assert_int_equal(change(f, 4, do_reserve), SYM_OK);
    struct each e = {.f = f};
    assert_int_equal(sym_store_read(f->room.store, do_each, &e), SYM_OK);
    assert_int_equal(e.listed.n, 3);
    uint64_t of_peers = 0;
    for (size_t i = 0; i < 3; i++) {
        const struct sym_ledger_row *r = &e.listed.rows[i];
        bool is_whole = r->peer.bytes[0] == 0;
        assert_int_equal(r->year, 2026);
        assert_int_equal(r->spent_nano, (is_whole ? 3u : r->peer.bytes[0] == 1 ? 2u : 1u) * NANO);
        assert_int_equal(r->reserved_nano, r->peer.bytes[0] == 2 ? 0 : NANO);
        of_peers += is_whole ? 0 : r->spent_nano;
    }
    assert_int_equal(of_peers, 3 * NANO);
    f->now_ms = YEAR_END + 1000;
    e.listed.n = 0;
    assert_int_equal(sym_store_read(f->room.store, do_each, &e), SYM_OK);
    assert_int_equal(e.listed.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reservation_is_not_available_and_becomes_the_debit),
        TEST(a_reservation_that_expired_is_available_again_and_cannot_be_debited),
        TEST(a_debit_is_never_given_back),
        TEST(each_dataset_has_its_own),
        TEST(the_longest_name_has_room_in_a_key),
        TEST(a_peer_has_no_more_than_its_grant_says_and_others_go_on),
        TEST(all_peers_together_have_no_more_than_the_dataset),
        TEST(a_year_ends_at_midnight_in_utc_and_renews_the_budget),
        TEST(a_reservation_of_the_old_year_is_debited_from_that),
        TEST(after_a_restore_all_is_spent_for_a_year),
        TEST(after_a_restore_nothing_of_its_calendar_year_is_left),
        TEST(a_clock_that_was_set_back_revives_no_reservation_that_expired),
        TEST(refuses_to_debit_what_was_not_reserved),
        TEST(refuses_more_than_is_left_and_none_at_all),
        TEST(leaves_nothing_when_it_was_lowered_below_what_is_spent),
        TEST(lists_the_whole_and_each_peer_of_this_year_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
