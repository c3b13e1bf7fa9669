/* The moment at which who asked closes, and all that leaves before and after it, tell nothing of
 * what matched: the result is found and kept when the close is on its way. And what becomes of it
 * when that fails. */
#include "tests/node/overlap_of_two.h"

#include <time.h>

#define RECORDS  4200u
#define SEGMENTS 5u
#define FRAMES   64u

/* What side 0 handed to its link, and how many segments it had read by then. */
static struct {
    size_t len[FRAMES];
    size_t reads[FRAMES];
    size_t n;
} said;

static void note(struct exchange_rig *r, unsigned from, size_t len)
{
    if (from == 0) {
        assert_true(said.n < FRAMES);
        said.len[said.n] = len;
        said.reads[said.n++] = r->sides[0].list.reads;
    }
}

/* An overlap of RECORDS with as many, of which so many are the same. */
static void compare(void **state, uint32_t kind, uint32_t engine, size_t same)
{
    begin_again(state, false);
    memset(&said, 0, sizeof said);
    rig->tap = note;
    rig->engine = engine;
    rig->sides[1].engines = 1u << engine;
    exchange_rig_fill(rig, 0, 0, RECORDS);
    exchange_rig_fill(rig, 1, RECORDS - same, RECORDS);
    exchange_rig_start(rig, 0, kind, SYM_TOKEN_NONE, id);
}

static void what_is_said_and_when_is_the_same_whatever_matches(void **state)
{
    static const struct {
        uint32_t kind;
        uint32_t engine;
    } rows[] = {{SYM_KIND_OVERLAP_MATCHES, SYM_OVERLAP_ENGINE_DH},
                {SYM_KIND_OVERLAP_MATCHES, SYM_OVERLAP_ENGINE_VOLE},
                {SYM_KIND_OVERLAP_COUNT, SYM_OVERLAP_ENGINE_DH}};
    static const size_t same[] = {0, 1, RECORDS};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len[FRAMES] = {0};
        for (size_t k = 0; k < sizeof same / sizeof *same; k++) {
            SYM_ARENA_AUTO arena = {0};
            compare(state, rows[i].kind, rows[i].engine, same[k]);
            exchange_rig_run(rig, NULL);
            (void)expect_done(&arena, id, RECORDS, RECORDS, same[k]);
            /* Read once, to ask; for the result only when the last frame has left. */
            assert_true(said.n > 2);
            assert_int_equal(said.reads[said.n - 1], SEGMENTS);
            if (k == 0) {
                memcpy(len, said.len, sizeof len);
            }
            assert_memory_equal(said.len, len, sizeof len);
        }
    }
}

static void a_result_that_is_withheld_is_not_noticed_either(void **state)
{
    size_t len[FRAMES] = {0};
    for (size_t same = 4; same < 6; same++) {
        SYM_ARENA_AUTO arena = {0};
        compare(state, SYM_KIND_OVERLAP_MATCHES, SYM_OVERLAP_ENGINE_DH, same);
        rig->sides[1].verdict.min_result = 5;
        exchange_rig_run(rig, NULL);
        struct sym_exchange_entry e = expect_done(&arena, id, RECORDS, RECORDS, same < 5 ? 0 : 5);
        assert_int_equal(e.withheld, same < 5);
        assert_int_equal(said.reads[said.n - 1], SEGMENTS);
        if (same == 4) {
            memcpy(len, said.len, sizeof len);
        }
        assert_memory_equal(said.len, len, sizeof len);
    }
}

/* Both closes are in both logs while side 0 has the result still to find. A disk may be slow beside
 * the search, which waits for it here. */
static bool is_settled(struct exchange_rig *r)
{
    static const struct timespec pause = {.tv_nsec = 5000000};
    const struct sym_exchange *e = r->sides[0].exchanges->table.items[0];
    if (e->phase == SYM_PHASE_SAVING) {
        (void)nanosleep(&pause, NULL);
    }
    return e->phase == SYM_PHASE_SAVING && exchange_rig_count(r, 0, SYM_ENTRY_SETTLED) == 1;
}

static bool is_ending(struct exchange_rig *r)
{
    return r->sides[0].exchanges->table.items[0]->phase == SYM_PHASE_ENDING;
}

static bool writes_settled(struct exchange_rig *r)
{
    const struct sym_exchange *e = r->sides[0].exchanges->table.items[0];
    return sym_exchange_is_settled(e) && e->writing != NULL;
}

/* Records without identifiers make the search long: a segment a turn, many more turns than the two
 * closes take. */
static void settle(void **state, size_t same)
{
    compare(state, SYM_KIND_OVERLAP_MATCHES, SYM_OVERLAP_ENGINE_DH, same);
    rig->sides[0].list.records = 250000;
    exchange_rig_run(rig, is_settled);
    const struct sym_exchange *e = rig->sides[0].exchanges->table.items[0];
    assert_true(e->matter->find != NULL && !e->matter->has_result);
}

static void the_log_does_not_wait_for_the_result(void **state)
{
    SYM_ARENA_AUTO before = {0};
    SYM_ARENA_AUTO after = {0};
    settle(state, RECORDS);
    size_t entries = exchange_rig_count(rig, 0, 0);
    struct sym_exchange_entry e = exchange_rig_entry(rig, 0, &before, id);
    assert_int_equal(e.state, SYM_EXCHANGE_RUNNING);
    assert_int_equal(e.ended_ms, 0);
    exchange_rig_run(rig, NULL);
    e = expect_done(&after, id, RECORDS, RECORDS, RECORDS);
    assert_int_equal(e.records, RECORDS);
    assert_true(e.has_result);
    assert_int_equal(exchange_rig_count(rig, 0, 0), entries);
}

/* What comes then neither ends it nor is answered, so that nobody can find out when it ends. */
static void what_happens_on_the_link_meanwhile_changes_nothing(void **state)
{
    static const uint8_t junk[100] = {SYM_FRAME_SEALED};
    for (unsigned how = 0; how < 2; how++) {
        SYM_ARENA_AUTO arena = {0};
        settle(state, RECORDS);
        size_t n = said.n;
        if (how == 0) {
            exchange_rig_cut(rig, "cut");
        } else {
            sym_exchange_take_frame(rig->sides[0].exchanges,
                                    rig->sides[0].exchanges->table.items[0],
                                    memcpy((uint8_t[100]){0}, junk, sizeof junk), sizeof junk);
        }
        exchange_rig_run(rig, NULL);
        (void)expect_done(&arena, id, RECORDS, RECORDS, RECORDS);
        assert_int_equal(ends[0].hung_up, 0);
        assert_int_equal(said.n, n);
    }
}

/* Or it would see by a denial whether something is still being kept. */
static void what_is_left_to_do_does_not_count_against_the_peer(void **state)
{
    struct sym_exchange_table many = {.n = SYM_EXCHANGES_PER_PEER_MAX + 1};
    settle(state, RECORDS);
    struct sym_exchange *e = rig->sides[0].exchanges->table.items[0];
    for (size_t i = 0; i < many.n; i++) {
        many.items[i] = e;
    }
    assert_false(sym_exchange_table_busy(&many, e));
    e->phase = SYM_PHASE_RUNNING;
    assert_true(sym_exchange_table_busy(&many, e));
    e->phase = SYM_PHASE_SAVING;
    exchange_rig_run(rig, NULL);
}

/* Cancelled, of a peer that is removed, or of a node that is stopped. */
static void what_ends_it_meanwhile_is_not_told_and_hides_nothing(void **state)
{
    static const char *const why[] = {"cancelled", "the peer was removed", "the node was stopped"};
    for (size_t how = 0; how < sizeof why / sizeof *why; how++) {
        settle(state, RECORDS);
        size_t n = said.n;
        struct sym_exchanges *x = rig->sides[0].exchanges;
        if (how == 0) {
            exchange_rig_cancel(rig, 0);
        } else if (how == 1) {
            sym_exchanges_drop_peer(x, &rig->sides[1].self.id);
        } else {
            sym_exchanges_stop(x);
        }
        exchange_rig_run(rig, NULL);
        expect_lost_here_as(how == 2 ? SYM_REASON_UNREADY : SYM_REASON_CANCELLED, why[how]);
        assert_int_equal(said.n, n);
    }
}

/* While the other side's close is being written. */
static void the_end_of_a_settled_one_is_put_in_words_once(void **state)
{
    compare(state, SYM_KIND_OVERLAP_MATCHES, SYM_OVERLAP_ENGINE_DH, RECORDS);
    rig->sides[0].list.records = 250000;
    exchange_rig_run(rig, writes_settled);
    exchange_rig_cancel(rig, 0);
    exchange_rig_run(rig, NULL);
    expect_lost_here_as(SYM_REASON_CANCELLED, "cancelled");
}

static void a_result_that_cannot_be_kept_is_lost_here_alone(void **state)
{
    char why[SYM_FAULT_BYTES];
    settle(state, RECORDS);
    size_t n = said.n;
    rig->sides[0].list.unreadable = 1;
    exchange_rig_run(rig, NULL);
    (void)snprintf(why, sizeof why, "dataset list %s", sym_err_text(SYM_BAD_TAG));
    expect_lost_here(why);
    assert_int_equal(said.n, n);
}

static void a_full_disk_is_not_blamed_on_the_dataset(void **state)
{
    settle(state, RECORDS);
    room_fill_disk(true);
    exchange_rig_run(rig, is_ending);
    room_fill_disk(false);
    exchange_rig_run(rig, NULL);
    expect_lost_here("it does not fit on the disk");
}

/* The search has failed while the other side's close was being written. */
static void no_second_search_begins_while_an_end_is_due(void **state)
{
    compare(state, SYM_KIND_OVERLAP_MATCHES, SYM_OVERLAP_ENGINE_DH, RECORDS);
    rig->sides[0].list.records = 250000;
    exchange_rig_run(rig, writes_settled);
    struct sym_exchange *e = rig->sides[0].exchanges->table.items[0];
    sym_overlap_find_free(e->matter->find);
    e->matter->find = NULL;
    sym_exchange_lose_result(rig->sides[0].exchanges, e, SYM_REASON_FAULT, SYM_NO_SPACE,
                             "it fails");
    sym_exchange_pump(rig->sides[0].exchanges, e);
    assert_null(e->matter->find);
    exchange_rig_run(rig, NULL);
    expect_lost_here("it fails");
}

/* Before the other side has closed, too: its word is awaited all the same. */
static void a_failure_before_the_other_close_is_not_told_either(void **state)
{
    compare(state, SYM_KIND_OVERLAP_MATCHES, SYM_OVERLAP_ENGINE_DH, RECORDS);
    rig->sides[0].list.gone_after = SEGMENTS + 1;
    exchange_rig_run(rig, NULL);
    expect_lost_here("dataset list was changed meanwhile");
    assert_int_equal(exchange_rig_count(rig, 0, SYM_ENTRY_SETTLED), 1);
}

static void a_crash_meanwhile_leaves_both_words_and_no_result(void **state)
{
    SYM_ARENA_AUTO ours = {0};
    SYM_ARENA_AUTO theirs = {0};
    settle(state, RECORDS);
    exchange_rig_kill(rig, 0);
    struct sym_exchange_entry a = exchange_rig_entry(rig, 0, &ours, id);
    assert_int_equal(a.state, SYM_EXCHANGE_ABORTED);
    expect_span(a.fault, "the node was restarted; the other side may count it as done: ask again");
    assert_int_equal(exchange_rig_entry(rig, 1, &theirs, NULL).state, SYM_EXCHANGE_DONE);
    assert_int_equal(room_count(&rig->sides[0].room, SYM_TABLE_RESULTS), 0);
    assert_int_equal(exchange_rig_count(rig, 0, SYM_ENTRY_ABORTED), 0);
    assert_int_equal(exchange_rig_count(rig, 0, SYM_ENTRY_SETTLED), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_said_and_when_is_the_same_whatever_matches),
        TEST(a_result_that_is_withheld_is_not_noticed_either),
        TEST(the_log_does_not_wait_for_the_result),
        TEST(what_happens_on_the_link_meanwhile_changes_nothing),
        TEST(what_is_left_to_do_does_not_count_against_the_peer),
        TEST(what_ends_it_meanwhile_is_not_told_and_hides_nothing),
        TEST(the_end_of_a_settled_one_is_put_in_words_once),
        TEST(a_result_that_cannot_be_kept_is_lost_here_alone),
        TEST(a_full_disk_is_not_blamed_on_the_dataset),
        TEST(no_second_search_begins_while_an_end_is_due),
        TEST(a_failure_before_the_other_close_is_not_told_either),
        TEST(a_crash_meanwhile_leaves_both_words_and_no_result),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
