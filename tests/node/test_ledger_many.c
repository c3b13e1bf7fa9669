/* The budget under 64 queries at once: steps of all of them in any order, with restarts between,
 * compared after each with a count that is kept beside it. */
#include "node/tabulation/ledger.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NANO    UINT64_C(1000000000)
#define CAP     (8 * NANO)
#define PEER    (3 * NANO)
#define NOW     UINT64_C(1780272000000) /* 2026-06-01 */
#define LIFE_MS UINT64_C(1000)
#define QUERIES 64u
#define PEERS   4u

enum stage { UNKNOWN, RESERVED, GIVEN_BACK, DEBITED, UNMASKED };

struct query {
    enum stage stage;
    uint64_t expires_ms;
};

static struct room *room;
static struct sym_ledger ledger;
static struct query queries[QUERIES];
static uint64_t now_ms;
static uint64_t seed;

static uint64_t draw(uint64_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % n;
}

/* What the ledger has to say ------------------------------------------------------------------- */

static uint64_t epsilon_of(size_t q)
{
    return (1 + q % 3) * NANO / 2;
}

static bool counts(size_t q, bool of_debits)
{
    return of_debits ? queries[q].stage >= DEBITED
                     : queries[q].stage == RESERVED && queries[q].expires_ms > now_ms;
}

/* Of all queries, or of one peer's. */
static uint64_t sum(bool of_debits, size_t peer)
{
    uint64_t total = 0;
    for (size_t q = 0; q < QUERIES; q++) {
        total += counts(q, of_debits) && (peer == PEERS || q % PEERS == peer) ? epsilon_of(q) : 0;
    }
    return total;
}

static uint64_t left_for(size_t peer)
{
    uint64_t of_all = CAP - sum(true, PEERS) - sum(false, PEERS);
    uint64_t of_peer = PEER - sum(true, peer) - sum(false, peer);
    return of_all < of_peer ? of_all : of_peer;
}

/* Steps ---------------------------------------------------------------------------------------- */

struct step {
    size_t q;
    uint8_t qid[SYM_HASH_BYTES];
    struct sym_node_id peer;
    struct sym_ledger_ask ask;
    struct sym_ledger_left left;
};

static struct step step_of(size_t q)
{
    struct step s = {.q = q, .qid = {(uint8_t)q, 7}, .peer = {.bytes = {(uint8_t)(1 + q % PEERS)}}};
    s.ask = (struct sym_ledger_ask){.dataset = sym_span_text("cases"),
                                    .cap_nano = CAP,
                                    .peer_cap_nano = PEER,
                                    .now_ms = now_ms};
    return s;
}

static enum sym_err reserve_fn(struct sym_transaction *t, void *context)
{
    struct step *s = context;
    return sym_ledger_reserve(&ledger, t, s->qid, &s->ask, epsilon_of(s->q), now_ms + LIFE_MS);
}

static enum sym_err debit_fn(struct sym_transaction *t, void *context)
{
    struct step *s = context;
    const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {(uint8_t)s->q};
    const struct sym_ledger_exchange x = {.kind = SYM_KIND_TABULATE,
                                          .id = id,
                                          .initiator = &s->peer,
                                          .responder = &room->self,
                                          .alias = "peer",
                                          .purpose = SYM_PURPOSE_STATISTICS,
                                          .basis = SYM_BASIS_PUBLIC_TASK};
    return sym_ledger_debit(&ledger, t, s->qid, &x, now_ms);
}

static enum sym_err release_fn(struct sym_transaction *t, void *context)
{
    struct step *s = context;
    return sym_ledger_release(t, s->qid);
}

static enum sym_err unmask_fn(struct sym_transaction *t, void *context)
{
    struct step *s = context;
    return sym_ledger_unmask(t, s->qid);
}

static enum sym_err left_fn(struct sym_transaction *t, void *context)
{
    struct step *s = context;
    return sym_ledger_left(&ledger, t, &s->left, &s->ask);
}

static enum sym_err take(sym_store_fn *fn, struct step *s)
{
    s->ask.peer = &s->peer;
    return sym_store_write(room->store, fn, s);
}

static void reserve(size_t q)
{
    struct step s = step_of(q);
    bool known = queries[q].stage != UNKNOWN;
    bool fits = left_for(q % PEERS) >= epsilon_of(q);
    assert_int_equal(take(reserve_fn, &s), known ? SYM_REPLAY : fits ? SYM_OK : SYM_LIMIT);
    if (!known && fits) {
        queries[q] = (struct query){RESERVED, now_ms + LIFE_MS};
    }
}

static void debit(size_t q)
{
    struct step s = step_of(q);
    enum stage stage = queries[q].stage;
    enum sym_err wanted = stage == UNKNOWN      ? SYM_NOT_FOUND
                          : stage >= DEBITED    ? SYM_REPLAY
                          : stage == GIVEN_BACK ? SYM_EXPIRED
                          : counts(q, false)    ? SYM_OK
                                                : SYM_EXPIRED;
    assert_int_equal(take(debit_fn, &s), wanted);
    queries[q].stage = wanted == SYM_OK ? DEBITED : stage;
}

static void release(size_t q)
{
    struct step s = step_of(q);
    assert_int_equal(take(release_fn, &s), SYM_OK);
    queries[q].stage = queries[q].stage == RESERVED ? GIVEN_BACK : queries[q].stage;
}

static void unmask(size_t q)
{
    struct step s = step_of(q);
    enum stage stage = queries[q].stage;
    assert_int_equal(take(unmask_fn, &s), stage == DEBITED    ? SYM_OK
                                          : stage == UNMASKED ? SYM_REPLAY
                                                              : SYM_NOT_FOUND);
    queries[q].stage = stage == DEBITED ? UNMASKED : stage;
}

static void restart(void)
{
    room_reopen(room);
    ledger.log = room_log(room);
}

static void assert_counts(size_t q)
{
    struct step s = step_of(q);
    assert_int_equal(take(left_fn, &s), SYM_OK);
    assert_int_equal(s.left.spent_nano, sum(true, PEERS));
    assert_int_equal(s.left.reserved_nano, sum(false, PEERS));
    assert_int_equal(s.left.left_nano, left_for(q % PEERS));
    assert_true(sum(true, PEERS) + sum(false, PEERS) <= CAP);
}

static size_t debited(void)
{
    size_t n = 0;
    for (size_t q = 0; q < QUERIES; q++) {
        n += queries[q].stage >= DEBITED;
    }
    return n;
}

static int set_up(void **state)
{
    int failed = room_set_up(state);
    room = *state;
    ledger = (struct sym_ledger){.log = failed == 0 ? room_log(room) : NULL};
    memset(queries, 0, sizeof queries);
    now_ms = NOW;
    seed = 1;
    return failed;
}

/* Tests ---------------------------------------------------------------------------------------- */

static void of_64_that_ask_at_once_as_many_go_on_as_the_budget_allows(void **state)
{
    (void)state;
    for (size_t q = 0; q < QUERIES; q++) {
        reserve(q);
        assert_counts(q);
    }
    assert_true(sum(false, PEERS) > CAP - NANO);
    restart();
    for (size_t q = QUERIES; q-- > 0;) {
        debit(q);
        assert_counts(q);
    }
    assert_int_equal(room_lines(room, "debited").found, debited());
    now_ms += LIFE_MS;
    for (size_t q = 0; q < QUERIES; q++) {
        reserve(q);
    }
    assert_counts(0);
}

static void steps_of_64_in_any_order_never_count_too_little(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1500; i++) {
        size_t q = draw(QUERIES);
        static void (*const steps[])(size_t) = {reserve, reserve, debit, release, unmask};
        steps[draw(5)](q);
        assert_counts(q);
        now_ms += draw(50) == 0 ? LIFE_MS / 4 : 1;
        if (draw(100) == 0) {
            restart();
        }
    }
    assert_true(debited() > 4);
    assert_int_equal(room_lines(room, "debited").found, debited());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(of_64_that_ask_at_once_as_many_go_on_as_the_budget_allows,
                                        set_up, room_tear_down),
        cmocka_unit_test_setup_teardown(steps_of_64_in_any_order_never_count_too_little, set_up,
                                        room_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
