#include "node/tabulation/ledger.h"

#include "tests/support/crashing.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define NANO    UINT64_C(1000000000)
#define CAP     (8 * NANO)
#define DAY_MS  UINT64_C(86400000)
#define HOUR_MS UINT64_C(3600000)
/* 2026-06-01, and the last second of that year. */
#define NOW      UINT64_C(1780272000000)
#define YEAR_END UINT64_C(1798761599000)

static const struct sym_node_id police = {.bytes = {1}};
static const struct sym_node_id agency = {.bytes = {2}};

struct fixture {
    struct room room;
    struct sym_ledger ledger;
    uint64_t now_ms;
    uint64_t peer_cap;
    uint64_t cap;
    const char *dataset;
};

static void begin(struct fixture *f)
{
    *f = (struct fixture){.now_ms = NOW, .cap = CAP, .dataset = "cases"};
    room_open(&f->room);
    f->ledger.log = room_log(&f->room);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    begin(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    room_close(&f->room);
    free(f);
    return 0;
}

static void restart(struct fixture *f)
{
    room_reopen(&f->room);
    f->ledger.log = room_log(&f->room);
}

/* One call in a transaction of its own ----------------------------------------------------------
 */

struct doing {
    const struct fixture *f;
    uint8_t qid[SYM_HASH_BYTES];
    const struct sym_node_id *peer;
    uint64_t epsilon;
    uint64_t expires_ms;
    struct sym_ledger_left left;
};

static struct doing doing(const struct fixture *f, uint8_t query)
{
    return (struct doing){.f = f,
                          .qid = {query, 0x51},
                          .peer = &police,
                          .epsilon = NANO,
                          .expires_ms = f->now_ms + HOUR_MS};
}

static struct sym_ledger_ask ask_of(const struct doing *d)
{
    return (struct sym_ledger_ask){.dataset = sym_span_text(d->f->dataset),
                                   .peer = d->peer,
                                   .cap_nano = d->f->cap,
                                   .peer_cap_nano = d->f->peer_cap,
                                   .now_ms = d->f->now_ms};
}

static enum sym_err do_reserve(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    const struct sym_ledger_ask ask = ask_of(d);
    return sym_ledger_reserve(&d->f->ledger, t, d->qid, &ask, d->epsilon, d->expires_ms);
}

static enum sym_err do_debit(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {9};
    const struct sym_ledger_exchange x = {.kind = SYM_KIND_TABULATE,
                                          .id = id,
                                          .initiator = d->peer,
                                          .responder = &d->f->room.self,
                                          .alias = "police",
                                          .purpose = SYM_PURPOSE_STATISTICS,
                                          .basis = SYM_BASIS_PUBLIC_TASK};
    return sym_ledger_debit(&d->f->ledger, t, d->qid, &x, d->f->now_ms);
}

static enum sym_err do_release(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    return sym_ledger_release(t, d->qid);
}

static enum sym_err do_unmask(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    return sym_ledger_unmask(t, d->qid);
}

static enum sym_err do_note(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    const struct sym_ledger_ask ask = ask_of(d);
    return sym_ledger_note(t, d->qid, &ask);
}

static enum sym_err do_left(struct sym_transaction *t, void *context)
{
    struct doing *d = context;
    const struct sym_ledger_ask ask = ask_of(d);
    return sym_ledger_left(&d->f->ledger, t, &d->left, &ask);
}

static enum sym_err run(sym_store_fn *fn, struct doing *d)
{
    return sym_store_write(d->f->room.store, fn, d);
}

static enum sym_err change(struct fixture *f, uint8_t query, sym_store_fn *fn)
{
    struct doing d = doing(f, query);
    return run(fn, &d);
}

static struct sym_ledger_left left(struct fixture *f)
{
    struct doing d = doing(f, 0);
    assert_int_equal(run(do_left, &d), SYM_OK);
    return d.left;
}

static void assert_left(struct fixture *f, uint64_t left_nano, uint64_t spent, uint64_t reserved)
{
    struct sym_ledger_left l = left(f);
    assert_int_equal(l.left_nano, left_nano);
    assert_int_equal(l.spent_nano, spent);
    assert_int_equal(l.reserved_nano, reserved);
}

static size_t debits_in_log(struct fixture *f)
{
    return room_lines(&f->room, "debited").found;
}

static void spend(struct fixture *f, uint8_t query)
{
    assert_int_equal(change(f, query, do_reserve), SYM_OK);
    assert_int_equal(change(f, query, do_debit), SYM_OK);
}

/* What it keeps ---------------------------------------------------------------------------------
 */

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

static void one_that_was_given_back_is_available_and_its_query_is_used(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(change(f, 1, do_reserve), SYM_OK);
    assert_int_equal(change(f, 1, do_release), SYM_OK);
    assert_left(f, CAP, 0, 0);
    assert_int_equal(change(f, 1, do_debit), SYM_EXPIRED);
    assert_int_equal(change(f, 1, do_reserve), SYM_REPLAY);
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
    f->ledger.restored_ms = NOW - 364 * DAY_MS;
    assert_int_equal(left(f).left_nano, 0);
    assert_int_equal(left(f).renews_ms, NOW + DAY_MS);
    assert_int_equal(change(f, 1, do_reserve), SYM_LIMIT);
    f->now_ms = NOW + DAY_MS;
    assert_int_equal(left(f).left_nano, CAP);
    assert_int_equal(change(f, 1, do_reserve), SYM_OK);
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

/* Refusals --------------------------------------------------------------------------------------
 */

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

/* kill -9 ---------------------------------------------------------------------------------------
 */

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

/* Listing ---------------------------------------------------------------------------------------
 */

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
    return sym_ledger_each(&e->f->ledger, t, e->f->now_ms, keep_row, &e->listed);
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
        assert_int_equal(r->renews_ms, YEAR_END + 1000);
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
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        T(a_reservation_is_not_available_and_becomes_the_debit),
        T(stays_as_it_is_when_the_node_is_started_again),
        T(a_reservation_that_expired_is_available_again_and_cannot_be_debited),
        T(one_that_was_given_back_is_available_and_its_query_is_used),
        T(what_was_not_paid_for_is_forgotten_a_day_after_its_consent_is_void),
        T(what_was_paid_for_is_never_forgotten),
        T(a_debit_is_never_given_back),
        T(each_dataset_has_its_own),
        T(a_peer_has_no_more_than_its_grant_says_and_others_go_on),
        T(all_peers_together_have_no_more_than_the_dataset),
        T(a_year_ends_at_midnight_in_utc_and_renews_the_budget),
        T(a_reservation_of_the_old_year_is_debited_from_that),
        T(after_a_restore_all_is_spent_for_a_year),
        T(what_was_reserved_when_the_node_ended_is_given_back_and_no_debit_is),
        T(refuses_a_query_that_was_consented_to_before),
        T(refuses_a_second_debit),
        T(refuses_a_second_unmasking_ever),
        T(refuses_to_unmask_what_was_not_debited),
        T(refuses_to_debit_what_was_not_reserved),
        T(refuses_more_than_is_left_and_none_at_all),
        T(leaves_nothing_when_it_was_lowered_below_what_is_spent),
        T(lists_the_whole_and_each_peer_of_this_year_alone),
#undef T
        cmocka_unit_test(a_reservation_is_there_or_not_when_killed_at_any_step),
        cmocka_unit_test(a_debit_and_its_entry_are_both_there_or_neither_when_killed_at_any_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
