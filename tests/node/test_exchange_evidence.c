/* What both sides have in their logs after every kind of end, and what does not leave before. */
#include "tests/node/exchange_rig.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct exchange_rig *rig;
static uint8_t id[SYM_EXCHANGE_ID_BYTES];

static int set_up(void **state)
{
    (void)state;
    rig = exchange_rig_open(NULL);
    exchange_rig_fill(rig, 0, 0, 40);
    exchange_rig_fill(rig, 1, 10, 40);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    room_fill_disk(false);
    exchange_rig_close(rig);
    return 0;
}

static void start(void)
{
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
}

static bool has(unsigned side, enum sym_entry_kind kind)
{
    struct rig_logged l;
    bool found = exchange_rig_logged(rig, side, kind, id, 0, &l);
    rig_logged_clear(&l);
    return found;
}

/* The transcripts of the own word of a side; false when it has given none. */
struct word {
    bool given;
    uint64_t sent;
    uint64_t received;
    uint8_t sent_hash[SYM_HASH_BYTES];
    uint8_t received_hash[SYM_HASH_BYTES];
    bool has_statement;
};

static struct word word_of(unsigned side)
{
    static const enum sym_entry_kind kinds[] = {SYM_ENTRY_CLOSED, SYM_ENTRY_ABORTED,
                                                SYM_ENTRY_SETTLED};
    struct word w = {.given = false};
    for (size_t i = 0; i < 3 && !w.given; i++) {
        for (size_t nth = 0; nth < 2 && !w.given; nth++) {
            struct rig_logged l;
            if (exchange_rig_logged(rig, side, kinds[i], id, nth, &l) && l.body.sent != NULL) {
                w.given = true;
                w.sent = l.body.sent->frames;
                w.received = l.body.received->frames;
                memcpy(w.sent_hash, l.body.sent->hash.data, sizeof w.sent_hash);
                memcpy(w.received_hash, l.body.received->hash.data, sizeof w.received_hash);
                w.has_statement = l.body.statement.len > 0;
            }
            rig_logged_clear(&l);
        }
    }
    return w;
}

/* What one sent is what the other received, or a beginning of it. */
static void expect_words_fit(void)
{
    struct word a = word_of(0);
    struct word b = word_of(1);
    assert_int_equal(a.given, b.given);
    if (a.sent == b.received) {
        assert_memory_equal(a.sent_hash, b.received_hash, SYM_HASH_BYTES);
    }
    if (b.sent == a.received) {
        assert_memory_equal(b.sent_hash, a.received_hash, SYM_HASH_BYTES);
    }
}

static void expect_nothing_open(void)
{
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(sym_opens_count(rig->sides[side].opens, &rig->sides[1 - side].self.id), 0);
        assert_int_equal(room_count(&rig->sides[side].room, SYM_TABLE_OPENS), 0);
    }
}

static void a_granted_exchange_has_the_same_transcripts_in_both_logs(void **state)
{
    (void)state;
    start();
    exchange_rig_run(rig, NULL);
    for (unsigned side = 0; side < 2; side++) {
        assert_true(has(side, SYM_ENTRY_REQUESTED) && has(side, SYM_ENTRY_DECIDED));
        assert_true(has(side, SYM_ENTRY_CLOSED) && !has(side, SYM_ENTRY_ABORTED));
    }
    struct word a = word_of(0);
    struct word b = word_of(1);
    assert_true(a.given && b.given && a.has_statement && b.has_statement);
    assert_true(a.sent > 0 && a.sent == b.received && b.sent == a.received);
    expect_words_fit();
    expect_nothing_open();
    /* The exact request is the same at both sides, and so is the receipt. */
    struct rig_logged decided;
    struct rig_logged requested;
    struct rig_logged closed;
    assert_true(exchange_rig_logged(rig, 0, SYM_ENTRY_DECIDED, id, 0, &decided));
    assert_true(exchange_rig_logged(rig, 1, SYM_ENTRY_REQUESTED, id, 0, &requested));
    assert_true(exchange_rig_logged(rig, 1, SYM_ENTRY_CLOSED, id, 0, &closed));
    assert_true(decided.body.request.len > 0 && decided.body.receipt.len > 0);
    assert_true(sym_span_equal(decided.body.request, requested.body.request));
    assert_true(sym_span_equal(decided.body.receipt, closed.body.receipt));
    rig_logged_clear(&decided);
    rig_logged_clear(&requested);
    rig_logged_clear(&closed);
}

static void salts_open_the_commitments(void **state)
{
    (void)state;
    start();
    exchange_rig_run(rig, NULL);
    struct rig_logged l;
    assert_true(exchange_rig_logged(rig, 0, SYM_ENTRY_REQUESTED, id, 0, &l));
    uint8_t hash[SYM_HASH_BYTES];
    uint8_t bytes[SYM_HASH_BYTES + 6];
    assert_int_equal(l.body.salts.len, 4 * SYM_HASH_BYTES);
    memcpy(bytes, l.body.salts.data, SYM_HASH_BYTES);
    memcpy(bytes + SYM_HASH_BYTES, "case 7", 6);
    assert_int_equal(sym_sha256(hash, sym_span(bytes, sizeof bytes)), SYM_OK);
    assert_memory_equal(hash, l.body.commitments->case_ref.data, SYM_HASH_BYTES);
    rig_logged_clear(&l);
}

static void a_denial_is_in_both_logs_and_nothing_is_owed(void **state)
{
    (void)state;
    rig->sides[1].verdict = (struct sym_policy_verdict){
        .decision = SYM_DECISION_DENIED, .reason = SYM_REASON_LIMIT, .cause = "max-size"};
    start();
    exchange_rig_run(rig, NULL);
    for (unsigned side = 0; side < 2; side++) {
        struct rig_logged l;
        assert_true(exchange_rig_logged(rig, side, SYM_ENTRY_DECIDED, id, 0, &l));
        assert_int_equal(l.body.decision, SYM_DECISION_DENIED);
        assert_int_equal(l.body.reason, SYM_REASON_LIMIT);
        assert_int_equal(l.leaf.kind, SYM_ENTRY_DECIDED);
        rig_logged_clear(&l);
        assert_true(has(side, SYM_ENTRY_REQUESTED));
        assert_false(word_of(side).given);
    }
    expect_nothing_open();
}

static enum { CANCEL, CUT, KILL, FULL } how;
static uint64_t stop_at;
static unsigned stop_side;
static bool relinks;

static bool stop_it(struct exchange_rig *r)
{
    if (r->step > 0) {
        r->step++;
        if (r->step == 20 && !r->linked && relinks) {
            exchange_rig_relink(r);
        }
        return exchange_rig_quiet(r) && (r->linked || !relinks);
    }
    if (r->frames[0] + r->frames[1] < stop_at) {
        return exchange_rig_quiet(r) && r->frames[0] > 0;
    }
    r->step = 1;
    switch (how) {
    case CANCEL:
        exchange_rig_cancel(r, stop_side);
        break;
    case CUT:
        exchange_rig_cut(r, "cut");
        break;
    case KILL:
        exchange_rig_kill(r, stop_side);
        break;
    case FULL:
        break;
    }
    return false;
}

static void stop_at_each(void **state, uint64_t frames)
{
    relinks = true;
    for (uint64_t frame = 1; frame <= frames; frame++) {
        for (stop_side = 0; stop_side < 2; stop_side++) {
            tear_down(state);
            set_up(state);
            stop_at = frame;
            start();
            exchange_rig_run(rig, stop_it);
            if (how != CANCEL) {
                exchange_rig_tell(rig, 1);
                exchange_rig_tell(rig, 0);
            }
            expect_words_fit();
            for (unsigned side = 0; side < 2; side++) {
                assert_int_equal(
                    sym_opens_count(rig->sides[side].opens, &rig->sides[1 - side].self.id), 0);
            }
        }
    }
}

static void a_cancel_at_each_step_leaves_both_words_at_both_sides(void **state)
{
    how = CANCEL;
    stop_at_each(state, 8);
}

static void words_are_told_again_after_the_link_was_cut_at_any_step(void **state)
{
    how = CUT;
    stop_at_each(state, 8);
}

static void words_are_told_after_either_side_was_killed_at_any_step(void **state)
{
    how = KILL;
    stop_at_each(state, 8);
}

/* The disk is full from the beginning: not even the request leaves. */
static bool a_while(struct exchange_rig *r)
{
    r->step++;
    return r->step > 300;
}

static void nothing_leaves_when_the_request_cannot_be_written(void **state)
{
    (void)state;
    struct sym_exchange_row row;
    start();
    room_fill_disk(true);
    exchange_rig_run(rig, a_while);
    assert_int_equal(rig->frames[0], 0);
    assert_int_equal(
        sym_exchanges_row(rig->sides[0].exchanges, sym_span(id, sizeof id), &row, NULL), SYM_OK);
    assert_int_equal(row.state, SYM_EXCHANGE_ABORTED);
    assert_true(row.fault.len > 0);
    room_fill_disk(false);
    exchange_rig_run(rig, NULL); /* the end is written when there is room */
    assert_int_equal(rig->frames[0], 0);
    SYM_ARENA_AUTO arena = {0};
    assert_int_equal(exchange_rig_entry(rig, 0, &arena, id).state, SYM_EXCHANGE_ABORTED);
    /* And the node is usable. */
    start();
    exchange_rig_run(rig, NULL);
    assert_true(has(1, SYM_ENTRY_CLOSED));
}

static bool asked_once(struct exchange_rig *r)
{
    return r->frames[0] == 1;
}

static bool fill_when_asked(struct exchange_rig *r)
{
    if (r->frames[0] == 1 && r->step == 0) {
        room_fill_disk(true);
        r->step = 1;
    }
    return r->step > 0 && r->step++ > 300;
}

static void nothing_leaves_when_the_decision_cannot_be_written(void **state)
{
    (void)state;
    start();
    exchange_rig_run(rig, fill_when_asked);
    assert_int_equal(rig->frames[1], 0);
    assert_false(has(1, SYM_ENTRY_REQUESTED));
    assert_int_equal(rig->sides[1].taken_back, 1);
    room_fill_disk(false);
}

static bool fill_for_a_moment(struct exchange_rig *r)
{
    if (r->frames[0] == 1 && r->step == 0) {
        room_fill_disk(true);
        r->step = 1;
    } else if (r->step > 0 && r->step++ == 100) {
        room_fill_disk(false);
    }
    return r->step > 100 && exchange_rig_quiet(r);
}

static void expect_denied_for_a_fault(void)
{
    struct rig_logged l;
    assert_true(has(1, SYM_ENTRY_REQUESTED));
    assert_true(exchange_rig_logged(rig, 1, SYM_ENTRY_DECIDED, id, 0, &l));
    assert_int_equal(l.body.decision, SYM_DECISION_DENIED);
    assert_int_equal(l.body.reason, SYM_REASON_FAULT);
    rig_logged_clear(&l);
}

static void a_request_that_could_not_be_written_is_denied_when_it_can_be(void **state)
{
    (void)state;
    struct sym_exchange_row row;
    start();
    exchange_rig_run(rig, fill_for_a_moment);
    assert_int_equal(
        sym_exchanges_row(rig->sides[0].exchanges, sym_span(id, sizeof id), &row, NULL), SYM_OK);
    assert_int_equal(row.state, SYM_EXCHANGE_DENIED);
    assert_int_equal(rig->frames[1], 1);
    assert_int_equal(ends[1].hung_up, 0);
    expect_denied_for_a_fault();
    assert_true(has(0, SYM_ENTRY_DECIDED));
    assert_false(has(0, SYM_ENTRY_ABORTED));
}

static bool fill_until_hung_up(struct exchange_rig *r)
{
    if (r->frames[0] == 1 && r->step == 0) {
        room_fill_disk(true);
        r->step = 1;
    }
    return ends[1].hung_up > 0;
}

static void who_can_write_no_answer_hangs_up(void **state)
{
    (void)state;
    start();
    exchange_rig_run(rig, fill_until_hung_up);
    assert_int_equal(rig->frames[1], 0);
    assert_false(has(1, SYM_ENTRY_REQUESTED));
    room_fill_disk(false);
    exchange_rig_cut(rig, "closed the connection");
    assert_int_equal(sym_exchanges_cancel(rig->sides[0].exchanges, sym_span(id, sizeof id), NULL),
                     SYM_OK);
    exchange_rig_run(rig, NULL);
    expect_denied_for_a_fault(); /* as soon as it can be */
    assert_int_equal(rig->frames[1], 0);
}

static bool until_ended(struct exchange_rig *r)
{
    return sym_exchanges_in_flight(r->sides[0].exchanges) == 0;
}

static void who_is_cut_off_before_each_answer_gives_up(void **state)
{
    (void)state;
    struct sym_exchange_row row;
    start();
    exchange_rig_run(rig, asked_once);
    exchange_rig_cut(rig, "closed the connection");
    sym_group_flush(rig->sides[0].group);
    for (unsigned i = 0; i < 3; i++) {
        rig->linked = true; /* and no heads are told */
        exchange_rig_cut(rig, "closed the connection");
    }
    exchange_rig_run(rig, until_ended);
    assert_int_equal(
        sym_exchanges_row(rig->sides[0].exchanges, sym_span(id, sizeof id), &row, NULL), SYM_OK);
    assert_int_equal(row.state, SYM_EXCHANGE_ABORTED);
    assert_non_null(memmem(row.fault.data, row.fault.len, "unable to write its log", 23));
}

static uint64_t commits;

static void on_commit(void *owner, bool committed)
{
    (void)owner;
    commits += committed;
}

static enum sym_err seal_nothing(struct sym_transaction *t, void *owner)
{
    (void)t;
    (void)owner;
    return SYM_OK;
}

static bool until_asked(struct exchange_rig *r)
{
    return r->sides[1].asked == 8;
}

static void requests_of_one_turn_share_a_commit(void **state)
{
    (void)state;
    struct sym_store_watch watch = {.seal = seal_nothing, .done = on_commit};
    sym_store_watch(rig->sides[0].room.store, &watch);
    commits = 0;
    for (unsigned i = 0; i < 8; i++) {
        start();
    }
    sym_group_flush(rig->sides[0].group);
    assert_int_equal(commits, 1);
    exchange_rig_run(rig, until_asked);
    assert_true(commits <= 9);
    sym_store_unwatch(rig->sides[0].room.store, &watch);
    exchange_rig_run(rig, NULL);
    assert_int_equal(exchange_rig_count(rig, 0, SYM_ENTRY_CLOSED), 8);
}

/* Replay ---------------------------------------------------------------------------------------
 */

static uint8_t captured[SYM_SESSION_FRAME_BYTES];
static size_t captured_len;

static void capture(struct exchange_rig *r, uint8_t *frame, size_t len)
{
    assert_true(len <= sizeof captured);
    if (captured_len == 0) {
        memcpy(captured, frame, len);
        captured_len = len;
    }
    uint8_t *copy = sym_bus_buffer(len);
    assert_non_null(copy);
    memcpy(copy, frame, len);
    r->liar = NULL;
    sym_exchanges_frame(r->sides[1].exchanges, &ends[1], copy, len);
}

static void replay(void)
{
    uint8_t *copy = sym_bus_buffer(captured_len);
    assert_non_null(copy);
    memcpy(copy, captured, captured_len);
    sym_exchanges_frame(rig->sides[1].exchanges, &ends[1], copy, captured_len);
}

static void a_request_that_is_played_again_is_refused_and_logged(void **state)
{
    (void)state;
    captured_len = 0;
    rig->liar = capture;
    start();
    exchange_rig_run(rig, NULL);
    unsigned asked = rig->sides[1].asked;
    uint64_t sent = rig->frames[1];
    replay(); /* on the same link */
    assert_int_equal(exchange_rig_count(rig, 1, SYM_ENTRY_REFUSED), 1);
    exchange_rig_relink(rig);
    sym_exchange_table_clear(&rig->sides[1].exchanges->table);
    replay(); /* on another one, by a node that remembers no more than its store */
    assert_int_equal(exchange_rig_count(rig, 1, SYM_ENTRY_REFUSED), 2);
    assert_int_equal(rig->sides[1].asked, asked);
    assert_int_equal(rig->frames[1], sent);
}

static bool one_is_refused(struct exchange_rig *r)
{
    return exchange_rig_count(r, 1, SYM_ENTRY_REFUSED) > 0;
}

static void a_request_from_before_a_restore_is_refused_and_logged(void **state)
{
    (void)state;
    uint64_t restored_ms = sym_wall_ms() + 60000;
    rig->sides[1].exchanges->config.restored_ms = &restored_ms;
    start();
    exchange_rig_run(rig, one_is_refused);
    assert_int_equal(rig->sides[1].asked, 0);
    assert_int_equal(rig->frames[1], 0);
    assert_false(has(1, SYM_ENTRY_REQUESTED));
}

/* Open exchanges -------------------------------------------------------------------------------
 */

static void an_approver_settles_one_alone(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    struct rig_logged l;
    relinks = false;
    how = CUT;
    stop_at = 4;
    stop_side = 0;
    start();
    exchange_rig_run(rig, stop_it);
    struct rig_side *s = &rig->sides[0];
    const struct sym_author anna = {
        .log = s->log, .user = "anna", .command = sym_span_text("the exact command")};
    assert_int_equal(sym_opens_count(s->opens, &rig->sides[1].self.id), 1);
    assert_int_equal(sym_opens_allow(s->opens, &rig->sides[1].self.id, &fault), SYM_OK);
    assert_int_equal(sym_opens_settle(s->opens, &anna, id, &fault), SYM_OK);
    assert_int_equal(sym_opens_settle(s->opens, &anna, id, &fault), SYM_NOT_FOUND);
    assert_int_equal(sym_opens_count(s->opens, &rig->sides[1].self.id), 0);
    assert_true(exchange_rig_logged(rig, 0, SYM_ENTRY_SETTLED, id, 0, &l));
    assert_true(sym_span_equal(l.body.user, sym_span_text("anna")));
    assert_true(sym_span_equal(l.body.command, anna.command));
    rig_logged_clear(&l);
    /* The other side's word is still heard. */
    exchange_rig_tell(rig, 0);
    assert_int_equal(sym_opens_count(rig->sides[1].opens, &s->self.id), 0);
}

static struct sym_statement old_word;

static enum sym_err read_word(void *context, struct sym_span statement)
{
    const struct rig_side *s = context;
    return sym_statement_read(&old_word, statement, s->self.card.identity);
}

static enum sym_err put_word(struct sym_transaction *t, void *context)
{
    const struct rig_side *s = context;
    return sym_opens_state(s->opens, t, &old_word);
}

static void a_peer_that_has_not_said_how_one_ended_gets_no_new_one(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    relinks = false;
    how = CUT;
    stop_at = 4;
    stop_side = 0;
    start();
    exchange_rig_run(rig, stop_it);
    struct rig_side *s = &rig->sides[0];
    const struct sym_node_id *peer = &rig->sides[1].self.id;
    const struct sym_author anna = {.log = s->log, .user = "anna"};
    assert_int_equal(sym_opens_each(s->opens, peer, read_word, s), SYM_OK);
    assert_int_equal(sym_opens_allow(s->opens, peer, &fault), SYM_OK);
    old_word.time_ms -= SYM_OPEN_MS + 1000;
    assert_int_equal(sym_store_write(s->room.store, put_word, s), SYM_OK);
    const struct sym_exchange_plan ping = {
        .peer = s->peers.items[0], .kind = SYM_KIND_PING, .timeout_ms = 1000};
    uint8_t other[SYM_EXCHANGE_ID_BYTES];
    assert_int_equal(sym_exchanges_start(s->exchanges, other, &ping, &fault), SYM_LIMIT);
    assert_non_null(strstr(fault.text, "symbolon exchange settle"));
    assert_int_equal(sym_opens_settle(s->opens, &anna, id, &fault), SYM_OK);
    assert_int_equal(sym_exchanges_start(s->exchanges, other, &ping, &fault), SYM_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_granted_exchange_has_the_same_transcripts_in_both_logs),
        TEST(salts_open_the_commitments),
        TEST(a_denial_is_in_both_logs_and_nothing_is_owed),
        TEST(a_cancel_at_each_step_leaves_both_words_at_both_sides),
        TEST(words_are_told_again_after_the_link_was_cut_at_any_step),
        TEST(words_are_told_after_either_side_was_killed_at_any_step),
        TEST(nothing_leaves_when_the_request_cannot_be_written),
        TEST(nothing_leaves_when_the_decision_cannot_be_written),
        TEST(a_request_that_could_not_be_written_is_denied_when_it_can_be),
        TEST(who_can_write_no_answer_hangs_up),
        TEST(who_is_cut_off_before_each_answer_gives_up),
        TEST(requests_of_one_turn_share_a_commit),
        TEST(a_request_that_is_played_again_is_refused_and_logged),
        TEST(a_request_from_before_a_restore_is_refused_and_logged),
        TEST(an_approver_settles_one_alone),
        TEST(a_peer_that_has_not_said_how_one_ended_gets_no_new_one),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
