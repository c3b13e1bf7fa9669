/* Overlaps that wait for an approver, and those that end early. */
#include "tests/node/overlap_of_two.h"

static bool approve_after_a_while(struct exchange_rig *r)
{
    struct rig_side *b = &r->sides[1];
    if (b->asked == 2 && b->verdict.decision == SYM_DECISION_HELD) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_exchange_entry e = exchange_rig_entry(r, 0, &arena, id);
        assert_int_equal(e.state, SYM_EXCHANGE_HELD);
        assert_int_equal(e.ended_ms, 0);
        b->verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_GRANTED};
        strcpy(b->approval.approver, "bob");
    }
    return exchange_rig_quiet(r);
}

static void asks_again_until_an_approver_decides(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    exchange_rig_fill(rig, 0, 0, 10);
    exchange_rig_fill(rig, 1, 5, 10);
    memset(rig->sides[1].approval.held_id, 0x5a, SYM_EXCHANGE_ID_BYTES);
    rig->sides[1].verdict = (struct sym_policy_verdict){
        .decision = SYM_DECISION_HELD, .reason = SYM_REASON_APPROVER, .cause = "approval"};
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, approve_after_a_while);
    assert_int_equal(rig->sides[1].asked, 3);
    (void)expect_done(&arena, id, 10, 10, 5);
    /* One entry at the other side, under the id of the held request, with its approver. */
    SYM_ARENA_AUTO theirs = {0};
    struct sym_exchange_entry b = exchange_rig_entry(rig, 1, &theirs, NULL);
    assert_memory_equal(b.id.data, rig->sides[1].approval.held_id, SYM_EXCHANGE_ID_BYTES);
    expect_span(b.approver, "bob");
}

/* Ends as soon as the request is held that was started last. */
static bool stop_when_held(struct exchange_rig *r)
{
    struct sym_exchange_row row;
    assert_int_equal(sym_exchanges_row(r->sides[0].exchanges, sym_span(id, sizeof id), &row, NULL),
                     SYM_OK);
    return row.state == SYM_EXCHANGE_HELD && !is_writing(&r->sides[0]);
}

/* Asks about this case until that is held; the commitment that travelled. */
static void hold_case(const char *case_ref, uint8_t commitment[SYM_HASH_BYTES])
{
    exchange_rig_start_case(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, case_ref, id);
    exchange_rig_run(rig, stop_when_held);
    memcpy(commitment, rig->sides[1].case_hash, SYM_HASH_BYTES);
}

static void a_held_wish_keeps_its_commitments_until_it_was_decided(void **state)
{
    (void)state;
    uint8_t first[SYM_HASH_BYTES];
    uint8_t other[SYM_HASH_BYTES];
    uint8_t again[SYM_HASH_BYTES];
    exchange_rig_fill(rig, 0, 0, 10);
    exchange_rig_fill(rig, 1, 5, 10);
    rig->sides[1].verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_HELD};
    hold_case("case 7", first);
    hold_case("case 8", other);
    assert_memory_not_equal(first, other, sizeof first);
    for (unsigned restart = 0; restart < 2; restart++) {
        exchange_rig_kill(rig, 0);
        exchange_rig_relink(rig);
        hold_case("case 7", again);
        assert_memory_equal(again, first, sizeof again);
    }
    exchange_rig_kill(rig, 0);
    exchange_rig_relink(rig);
    rig->sides[1].verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_GRANTED};
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    assert_memory_equal(rig->sides[1].case_hash, first, sizeof first);
    rig->sides[1].verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_HELD};
    hold_case("case 7", again);
    assert_memory_not_equal(again, first, sizeof again);
    exchange_rig_kill(rig, 0);
    exchange_rig_relink(rig);
    hold_case("case 8", again);
    assert_memory_equal(again, other, sizeof again);
}

static void a_wish_for_another_engine_is_another_one(void **state)
{
    (void)state;
    uint8_t commitment[SYM_HASH_BYTES];
    uint8_t first[SYM_EXCHANGE_ID_BYTES];
    exchange_rig_fill(rig, 0, 0, 10);
    exchange_rig_fill(rig, 1, 5, 10);
    rig->sides[1].verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_HELD};
    rig->engine = SYM_OVERLAP_ENGINE_DH;
    hold_case("case 7", commitment);
    memcpy(first, id, sizeof first);
    hold_case("case 7", commitment);
    assert_memory_equal(id, first, sizeof first);
    rig->engine = SYM_OVERLAP_ENGINE_VOLE;
    hold_case("case 7", commitment);
    assert_memory_not_equal(id, first, sizeof first);
}

static bool cancel_when_held(struct exchange_rig *r)
{
    SYM_ARENA_AUTO arena = {0};
    if (r->step == 0 && exchange_rig_entries(r, 0) > 0 &&
        exchange_rig_entry(r, 0, &arena, id).state == SYM_EXCHANGE_HELD) {
        r->step = 1;
        expect_same_bytes();
        assert_int_equal(sym_exchanges_cancel(r->sides[0].exchanges, sym_span(id, sizeof id), NULL),
                         SYM_OK);
    }
    return r->step == 1 && exchange_rig_quiet(r);
}

static enum sym_err read_withdrawal(void *context, struct sym_span statement)
{
    struct sym_statement *st = context;
    assert_false(st->is_abort); /* one only */
    return sym_statement_read(st, statement, rig->sides[0].self.card.identity);
}

static void can_be_cancelled_while_it_is_held(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_opens *opens = rig->sides[0].opens;
    const struct sym_node_id *peer = &rig->sides[1].self.id;
    struct sym_statement st = {.is_abort = false};
    exchange_rig_fill(rig, 0, 0, 10);
    rig->sides[1].verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_HELD};
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, cancel_when_held);
    struct sym_exchange_entry e = exchange_rig_entry(rig, 0, &arena, id);
    assert_int_equal(e.state, SYM_EXCHANGE_ABORTED);
    assert_int_equal(e.reason, SYM_REASON_CANCELLED);
    /* The other side is told when the two meet next. */
    assert_true(sym_opens_withdraws(opens, peer));
    assert_int_equal(sym_opens_each(opens, peer, read_withdrawal, &st), SYM_OK);
    assert_true(st.is_abort);
    assert_int_equal(st.reason, SYM_REASON_CANCELLED);
    assert_memory_equal(st.exchange_id, id, sizeof st.exchange_id);
    assert_true(sym_node_id_equal(&st.responder, peer));
    assert_int_equal(st.sent_frames + st.received_frames, 0);
    assert_false(sym_opens_withdraws(opens, peer));
    assert_int_equal(sym_opens_count(opens, peer), 0); /* nothing is owed for it */
    sym_opens_withdrawn(opens, peer);
    assert_int_equal(sym_opens_each(opens, peer, read_withdrawal, &st), SYM_OK);
}

static bool cancel_when_granted(struct exchange_rig *r)
{
    const struct sym_exchange_table *all = &r->sides[0].exchanges->table;
    if (all->n > 0 && all->items[0]->state == SYM_EXCHANGE_HELD) {
        r->sides[1].verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_GRANTED};
    }
    if (r->step == 0 && all->n > 0 && all->items[0]->granted) {
        r->step = 1;
        exchange_rig_cancel(r, 0);
    }
    return r->step == 1 && exchange_rig_quiet(r);
}

static void what_is_held_no_longer_is_not_withdrawn(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    exchange_rig_fill(rig, 0, 0, 4200);
    exchange_rig_fill(rig, 1, 0, 4200);
    rig->sides[1].verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_HELD};
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, cancel_when_granted);
    assert_int_equal(exchange_rig_entry(rig, 0, &arena, id).reason, SYM_REASON_CANCELLED);
    assert_false(sym_opens_withdraws(rig->sides[0].opens, &rig->sides[1].self.id));
}

/* Ends at a given frame, in one of some ways. */
static uint64_t stop_at;
static unsigned stop_side;
static enum { STOP_CANCEL, STOP_CUT, STOP_FORGET, STOP_NODE } stop_how;

static bool stop_it(struct exchange_rig *r)
{
    if (r->step > 0) {
        return exchange_rig_quiet(r);
    }
    if (r->frames[0] + r->frames[1] < stop_at) {
        return exchange_rig_quiet(r) && r->frames[0] > 0;
    }
    r->step = 1;
    struct rig_side *s = &r->sides[stop_side];
    switch (stop_how) {
    case STOP_CANCEL:
        exchange_rig_cancel(r, stop_side);
        break;
    case STOP_CUT:
        exchange_rig_cut(r, "cut");
        break;
    case STOP_FORGET:
        s->list.gone = true;
        break;
    case STOP_NODE:
        sym_exchanges_stop(s->exchanges);
        break;
    }
    return false;
}

static void stop_during(uint32_t kind, uint64_t frame)
{
    exchange_rig_fill(rig, 0, 0, 4200);
    exchange_rig_fill(rig, 1, 0, 4200);
    stop_at = frame;
    exchange_rig_start(rig, 0, kind, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, stop_it);
    assert_int_equal(rig->step, 1);
}

static void is_cancelled_cleanly_by_either_side(void **state)
{
    const uint64_t frames[] = {2, 3, 5, 7};
    stop_how = STOP_CANCEL;
    for (uint32_t kind = SYM_KIND_OVERLAP_MATCHES; kind <= SYM_KIND_OVERLAP_COUNT; kind++) {
        for (size_t i = 0; i < 8; i++) {
            begin_again(state, kind == SYM_KIND_OVERLAP_MATCHES && frames[i / 2] == 5);
            stop_side = i % 2;
            stop_during(kind, frames[i / 2]);
            expect_ends(SYM_EXCHANGE_ABORTED, SYM_REASON_CANCELLED, SYM_REASON_CANCELLED);
            SYM_ARENA_AUTO arena = {0};
            expect_span(exchange_rig_entry(rig, 1 - stop_side, &arena, NULL).fault,
                        stop_side == 0 ? "bank-a ended it: cancelled by its user"
                                       : "bank-b ended it: cancelled by its user");
        }
    }
}

static void expect_holds(struct sym_span got, const char *wanted)
{
    char text[SYM_DETAIL_BYTES_MAX + 1];
    assert_true(got.len < sizeof text);
    sym_matter_text(text, sizeof text, got);
    if (strstr(text, wanted) == NULL) {
        fail_msg("%s: not in: %s", wanted, text);
    }
}

/* There is a link, and no session over it yet: nothing is said, and nothing waited for. A ping has
 * nothing to prepare: its request is written at once. */
static void is_cancelled_while_its_request_is_written(void **state)
{
    struct sym_fault fault = {.text = ""};
    struct sym_exchanges *x = rig->sides[0].exchanges;
    const struct sym_exchange_plan plan = {
        .peer = rig->sides[0].peers.items[0], .kind = SYM_KIND_PING, .timeout_ms = 30000};
    (void)state;
    assert_int_equal(sym_exchanges_start(x, id, &plan, &fault), SYM_OK);
    assert_non_null(x->table.items[0]->link);
    assert_non_null(x->table.items[0]->writing);
    assert_int_equal(sym_exchanges_cancel(x, sym_span(id, sizeof id), &fault), SYM_OK);
    exchange_rig_run(rig, NULL);
    struct sym_exchange_row row;
    assert_int_equal(sym_exchanges_row(x, sym_span(id, sizeof id), &row, NULL), SYM_OK);
    assert_int_equal(row.state, SYM_EXCHANGE_ABORTED);
    assert_int_equal(exchange_rig_count(rig, 0, SYM_ENTRY_REQUESTED), 1);
    assert_int_equal(exchange_rig_count(rig, 0, SYM_ENTRY_ABORTED), 1);
    assert_int_equal(rig->frames[0], 0);
}

/* The other side has been asked, and is about to grant: it hears nevertheless. */
static void tells_of_a_cancel_that_crosses_the_grant(void **state)
{
    (void)state;
    stop_how = STOP_CANCEL;
    stop_side = 0;
    stop_during(SYM_KIND_OVERLAP_MATCHES, 1);
    expect_ends(SYM_EXCHANGE_ABORTED, SYM_REASON_CANCELLED, SYM_REASON_CANCELLED);
}

/* What is written of it is what it says, and what was asked: not how the request had ended. */
static void a_denial_that_crosses_a_cancel_keeps_its_own_words(void **state)
{
    (void)state;
    struct rig_logged l;
    rig->sides[1].verdict = (struct sym_policy_verdict){
        .decision = SYM_DECISION_DENIED, .reason = SYM_REASON_LIMIT, .remark = "too long a list"};
    stop_how = STOP_CANCEL;
    stop_side = 0;
    stop_during(SYM_KIND_OVERLAP_MATCHES, 1);
    assert_true(exchange_rig_logged(rig, 0, SYM_ENTRY_ABORTED, id, 0, &l));
    assert_int_equal(l.body.reason, SYM_REASON_CANCELLED);
    rig_logged_clear(&l);
    bool found = exchange_rig_logged(rig, 0, SYM_ENTRY_DECIDED, id, 0, &l);
    assert_true(found);
    expect_span(l.body.event, "denied");
    assert_int_equal(l.body.reason, SYM_REASON_LIMIT);
    assert_true(l.body.receipt.len > 0);
    expect_holds(l.body.detail, "bank-b denied it: ");
    expect_holds(l.body.detail, "too long a list");
    assert_int_not_equal(l.body.purpose, 0);
    expect_span(l.body.case_ref, "case 7");
    rig_logged_clear(&l);
    /* To its user it was cancelled. */
    SYM_ARENA_AUTO arena = {0};
    expect_span(exchange_rig_entry(rig, 0, &arena, id).fault, "cancelled");
}

static void denies_when_it_is_cancelled_before_the_answer(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    stop_how = STOP_CANCEL;
    stop_side = 1;
    stop_during(SYM_KIND_OVERLAP_MATCHES, 1);
    struct sym_exchange_entry e = exchange_rig_entry(rig, 0, &arena, NULL);
    assert_int_equal(e.state, SYM_EXCHANGE_DENIED);
    assert_int_equal(e.reason, SYM_REASON_CANCELLED);
    expect_same_bytes();
}

static void ends_with_the_link_at_any_frame(void **state)
{
    const uint64_t frames[] = {2, 3, 4, 6, 8};
    stop_how = STOP_CUT;
    for (uint32_t kind = SYM_KIND_OVERLAP_MATCHES; kind <= SYM_KIND_OVERLAP_COUNT; kind++) {
        for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
            begin_again(state, kind == SYM_KIND_OVERLAP_MATCHES && frames[i] == 4);
            stop_during(kind, frames[i]);
            expect_ends(SYM_EXCHANGE_ABORTED, SYM_REASON_LINK_LOST, SYM_REASON_LINK_LOST);
            assert_int_equal(room_count(&rig->sides[0].room, SYM_TABLE_RESULTS), 0);
        }
    }
}

/* Not as cancelled: who was told that would take a request that waits for it off its list. */
static void ends_when_the_node_is_stopped(void **state)
{
    (void)state;
    stop_how = STOP_NODE;
    stop_side = 1;
    stop_during(SYM_KIND_OVERLAP_MATCHES, 4);
    expect_ends(SYM_EXCHANGE_ABORTED, SYM_REASON_UNREADY, SYM_REASON_UNREADY);
}

static void keeps_no_result_of_a_dataset_that_was_dropped_meanwhile(void **state)
{
    (void)state;
    stop_how = STOP_FORGET;
    stop_side = 0;
    stop_during(SYM_KIND_OVERLAP_MATCHES, 4);
    expect_lost_here("dataset list was changed meanwhile");
}

/* It was read to its end by then, for the second time, and nothing kept of it yet. */
static void keeps_no_result_of_a_dataset_that_was_dropped_while_it_was_searched(void **state)
{
    (void)state;
    exchange_rig_fill(rig, 0, 0, 5);
    exchange_rig_fill(rig, 1, 0, 5);
    rig->sides[0].list.gone_after = 2;
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    assert_int_equal(rig->sides[0].list.reads, 2);
    expect_lost_here("dataset list was changed meanwhile");
    assert_int_equal(rig->sides[0].list.held, 0);
}

/* Keeps a page in the name of the search, which keeps as many as one commit takes, and goes on. */
static bool keep_a_page_first(struct exchange_rig *r)
{
    struct rig_side *s = &r->sides[0];
    const struct sym_exchange_table *all = &s->exchanges->table;
    if (r->step == 0 && all->n > 0) {
        static struct sym_result_rows rows;
        struct sym_result_pages pages = {.n = 0};
        memset(&rows, 0, sizeof rows);
        assert_int_equal(sym_result_rows_add(&rows, sym_span_text("r1"), 1), SYM_OK);
        assert_int_equal(sym_result_pages_add(&pages, &rows), SYM_OK);
        assert_int_equal(sym_results_put(&s->results, sym_span(id, SYM_EXCHANGE_ID_BYTES), &pages),
                         SYM_OK);
        assert_int_equal(room_count(&s->room, SYM_TABLE_RESULTS), 1);
        r->step = 1;
    }
    return r->step == 1 && exchange_rig_quiet(r);
}

static void keeps_no_part_of_a_result_whose_rest_could_not_be_kept(void **state)
{
    (void)state;
    exchange_rig_fill(rig, 0, 0, 5);
    exchange_rig_fill(rig, 1, 0, 5);
    rig->sides[0].list.gone_after = 2;
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, keep_a_page_first);
    expect_lost_here("dataset list was changed meanwhile");
    assert_int_equal(room_count(&rig->sides[0].room, SYM_TABLE_RESULTS), 0);
    assert_int_equal(room_count(&rig->sides[0].room, SYM_TABLE_VAULT), 0);
    assert_false(sym_vault_is_due(rig->sides[0].vault));
}

/* Forgets, once the result is there and before the exchange is written down as done. */
static const char *record_that_goes; /* empty: the dataset */

static enum sym_err forget_fn(struct sym_transaction *t, void *context)
{
    struct sym_results_gone gone;
    return sym_results_forget_of(context, t, sym_span_text("list"), sym_span_text(record_that_goes),
                                 &gone);
}

static bool forget_before_the_end(struct exchange_rig *r)
{
    struct rig_side *s = &r->sides[0];
    const struct sym_exchange_table *all = &s->exchanges->table;
    r->holds[1] = r->step == 0 && all->n > 0 && all->items[0]->phase == SYM_PHASE_SAVING;
    if (r->step == 0 && all->n > 0 && all->items[0]->matter->has_result) {
        SYM_ARENA_AUTO arena = {0};
        assert_int_equal(exchange_rig_entry(r, 0, &arena, id).ended_ms, 0);
        assert_int_equal(sym_store_write(s->room.store, forget_fn, &s->results), SYM_OK);
        r->step = 1;
    }
    return r->step == 1 && exchange_rig_quiet(r);
}

static void tells_of_the_records_that_are_still_there_when_it_ends(void **state)
{
    static const char *const goes[] = {"r2", "", "r9"};
    static const uint64_t left[] = {4099, 0, 4099};
    for (size_t i = 0; i < sizeof goes / sizeof *goes; i++) {
        SYM_ARENA_AUTO arena = {0};
        begin_again(state, false);
        record_that_goes = goes[i];
        exchange_rig_fill(rig, 0, 0, 4100);
        exchange_rig_fill(rig, 1, 0, 4100);
        exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
        exchange_rig_run(rig, forget_before_the_end);
        struct sym_exchange_entry e = exchange_rig_entry(rig, 0, &arena, id);
        assert_int_equal(e.state, SYM_EXCHANGE_DONE);
        assert_int_equal(e.has_result, left[i] > 0);
        assert_int_equal(e.records, left[i]);
        assert_int_equal(e.common, 4100);
    }
}

static void swallow(struct exchange_rig *r, uint8_t *frame, size_t len)
{
    (void)r;
    (void)frame;
    (void)len;
}

static void cancels_what_nobody_looks_at_any_more(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    exchange_rig_fill(rig, 0, 0, 10);
    exchange_rig_fill(rig, 1, 0, 10);
    rig->liar = swallow;
    rig->users_are_gone = true;
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    struct sym_exchange_entry e = exchange_rig_entry(rig, 0, &arena, id);
    assert_int_equal(e.state, SYM_EXCHANGE_ABORTED);
    assert_int_equal(e.reason, SYM_REASON_CANCELLED);
    expect_span(e.fault, "cancelled: the command that asked has gone");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(asks_again_until_an_approver_decides),
        TEST(a_held_wish_keeps_its_commitments_until_it_was_decided),
        TEST(a_wish_for_another_engine_is_another_one),
        TEST(can_be_cancelled_while_it_is_held),
        TEST(what_is_held_no_longer_is_not_withdrawn),
        TEST(is_cancelled_cleanly_by_either_side),
        TEST(is_cancelled_while_its_request_is_written),
        TEST(tells_of_a_cancel_that_crosses_the_grant),
        TEST(a_denial_that_crosses_a_cancel_keeps_its_own_words),
        TEST(denies_when_it_is_cancelled_before_the_answer),
        TEST(ends_with_the_link_at_any_frame),
        TEST(ends_when_the_node_is_stopped),
        TEST(keeps_no_result_of_a_dataset_that_was_dropped_meanwhile),
        TEST(keeps_no_result_of_a_dataset_that_was_dropped_while_it_was_searched),
        TEST(keeps_no_part_of_a_result_whose_rest_could_not_be_kept),
        TEST(tells_of_the_records_that_are_still_there_when_it_ends),
        TEST(cancels_what_nobody_looks_at_any_more),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
