#include "proto/ping.h"

#include "tests/support/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t nonce[SYM_PING_NONCE_BYTES] = {1, 2, 3, 4};
static const uint8_t other_nonce[SYM_PING_NONCE_BYTES] = {1, 2, 3, 5};

static struct sym_ping_run started(enum sym_session_role role, uint64_t bytes)
{
    struct sym_ping_run run;
    assert_int_equal(
        sym_ping_start(&run, role, bytes, role == SYM_SESSION_INITIATOR ? nonce : NULL), SYM_OK);
    return run;
}

static enum sym_ping_step next(struct sym_ping_run *run, uint8_t *payload, size_t max, size_t *len)
{
    enum sym_ping_step step = SYM_PING_WAIT;
    assert_int_equal(sym_ping_next(run, &step, payload, max, len), SYM_OK);
    return step;
}

/* A count as it travels. */
struct count {
    uint8_t bytes[SYM_PING_COUNT_BYTES];
};

static struct count count_of(uint64_t n)
{
    struct count c;
    sym_put_u64(c.bytes, n);
    return c;
}

/* Two machines ----------------------------------------------------------------------------------
 */

/* Lets from say all it has to say to to; payloads have at most max bytes. */
static size_t pump(struct sym_ping_run *from, struct sym_ping_run *to, size_t max)
{
    uint8_t *payload = malloc(max);
    assert_non_null(payload);
    size_t steps = 0;
    for (;; steps++) {
        size_t len = 0;
        enum sym_ping_step step = next(from, payload, max, &len);
        if (step == SYM_PING_WAIT) {
            break;
        }
        enum sym_session_event_kind kind = step == SYM_PING_SEND_DATA     ? SYM_EVENT_DATA
                                           : step == SYM_PING_SEND_FILLER ? SYM_EVENT_FILLER
                                                                          : SYM_EVENT_CLOSED;
        assert_true(len <= max);
        assert_int_equal(sym_ping_take(to, kind, sym_span(payload, len)), SYM_OK);
    }
    free(payload);
    return steps;
}

static void run_both(uint64_t bytes, size_t max, size_t filler_frames)
{
    struct sym_ping_run a = started(SYM_SESSION_INITIATOR, bytes);
    struct sym_ping_run b = started(SYM_SESSION_RESPONDER, bytes);
    assert_int_equal(pump(&b, &a, max), 0);
    assert_int_equal(pump(&a, &b, max), filler_frames + 1);
    assert_int_equal(pump(&b, &a, max), 1);
    assert_int_equal(pump(&a, &b, max), 1); /* close */
    assert_int_equal(pump(&b, &a, max), 1); /* close */
    assert_int_equal(a.state, SYM_PING_DONE);
    assert_int_equal(b.state, SYM_PING_DONE);
    assert_true(a.moved == bytes && b.moved == bytes);
    assert_int_equal(pump(&a, &b, max) + pump(&b, &a, max), 0);
}

static void two_machines_measure_a_round_trip(void **state)
{
    (void)state;
    run_both(0, SYM_PING_NONCE_BYTES, 0);
    run_both(0, SYM_DATA_BYTES_MAX, 0);
}

static void two_machines_move_exactly_what_was_announced(void **state)
{
    (void)state;
    run_both(1, 32, 1);
    run_both(31, 32, 1);
    run_both(32, 32, 1);
    run_both(33, 32, 2);
    run_both(SYM_DATA_BYTES_MAX, SYM_DATA_BYTES_MAX, 1);
    run_both(3ull * SYM_DATA_BYTES_MAX + 1, SYM_DATA_BYTES_MAX, 4);
    run_both(1000000, 4096, 245);
}

static void a_chunk_is_never_longer_than_a_frame_holds(void **state)
{
    (void)state;
    struct sym_ping_run run = started(SYM_SESSION_INITIATOR, SYM_PING_BYTES_MAX);
    size_t room = 2 * (size_t)SYM_DATA_BYTES_MAX;
    uint8_t *payload = malloc(room);
    size_t len = 0;
    assert_non_null(payload);
    memset(payload, 'x', room);
    assert_int_equal(next(&run, payload, room, &len), SYM_PING_SEND_FILLER);
    assert_int_equal(len, SYM_DATA_BYTES_MAX);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(payload[i], 0);
    }
    assert_int_equal(payload[len], 'x');
    assert_int_equal(run.moved, SYM_DATA_BYTES_MAX);
    free(payload);
}

/* Inside two sessions, as a node runs it. */
static void a_ping_runs_inside_two_sessions(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 1, 5000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct pair p;
        pair_open(&p, true);
        pair_ask(&p);
        pair_pass(&p, p.responder, SYM_EVENT_REQUESTED);
        pair_answer(&p, SYM_DECISION_GRANTED);
        pair_pass(&p, p.initiator, SYM_EVENT_ANSWERED);
        assert_int_equal(sym_session_confirm(p.initiator), SYM_OK);
        struct sym_ping_run runs[2] = {started(SYM_SESSION_INITIATOR, sizes[i]),
                                       started(SYM_SESSION_RESPONDER, sizes[i])};
        struct sym_session *sessions[2] = {p.initiator, p.responder};
        for (size_t side = 0, idle = 0; idle < 2; side = 1 - side) {
            size_t len = 0;
            enum sym_ping_step step =
                next(&runs[side], p.frame + SYM_FRAME_HEAD_BYTES, SYM_DATA_BYTES_MAX, &len);
            idle = step == SYM_PING_WAIT ? idle + 1 : 0;
            if (step == SYM_PING_WAIT) {
                continue;
            }
            if (step == SYM_PING_CLOSE) {
                pair_end(&p, sessions[side]);
            } else {
                assert_int_equal(step == SYM_PING_SEND_DATA
                                     ? sym_session_seal(sessions[side], p.frame, len)
                                     : sym_session_fill(sessions[side], p.frame, len),
                                 SYM_OK);
                p.len = SYM_FRAME_HEAD_BYTES + len + SYM_FRAME_TAIL_BYTES;
            }
            assert_int_equal(pair_give(&p, sessions[1 - side]), SYM_OK);
            assert_int_equal(sym_ping_take(&runs[1 - side], p.event.kind, p.event.data), SYM_OK);
        }
        assert_int_equal(runs[0].state, SYM_PING_DONE);
        assert_int_equal(runs[1].state, SYM_PING_DONE);
        assert_int_equal(sym_session_state(p.initiator), SYM_SESSION_ENDED);
        assert_int_equal(sym_session_state(p.responder), SYM_SESSION_ENDED);
        pair_close(&p);
    }
}

/* Walking the table -----------------------------------------------------------------------------
 */

static struct sym_ping_run in_state(enum sym_ping_state state)
{
    bool counts = state == SYM_PING_SENDS_FILLER || state == SYM_PING_SENDS_COUNT ||
                  state == SYM_PING_AWAITS_COUNT || state == SYM_PING_DRAINS ||
                  state == SYM_PING_RETURNS_COUNT;
    bool initiator = state < SYM_PING_ECHOES || state == SYM_PING_CLOSED;
    struct sym_ping_run run =
        started(initiator ? SYM_SESSION_INITIATOR : SYM_SESSION_RESPONDER, counts ? 100 : 0);
    memcpy(run.nonce, nonce, sizeof nonce);
    run.moved = state == SYM_PING_AWAITS_COUNT ? 100 : 0;
    run.state = state;
    return run;
}

/* What a run in this state takes, and what it becomes; the count where nothing is taken. */
static enum sym_ping_state after(enum sym_ping_state state, enum sym_session_event_kind kind)
{
    static const struct {
        enum sym_ping_state from;
        enum sym_session_event_kind kind;
        enum sym_ping_state to;
    } rows[] = {
        {SYM_PING_AWAITS_NONCE, SYM_EVENT_DATA, SYM_PING_CLOSES},
        {SYM_PING_AWAITS_COUNT, SYM_EVENT_DATA, SYM_PING_CLOSES},
        {SYM_PING_ECHOES, SYM_EVENT_DATA, SYM_PING_RETURNS_NONCE},
        {SYM_PING_DRAINS, SYM_EVENT_FILLER, SYM_PING_DRAINS},
        {SYM_PING_AWAITS_CLOSE, SYM_EVENT_CLOSED, SYM_PING_CLOSES},
        {SYM_PING_CLOSED, SYM_EVENT_CLOSED, SYM_PING_DONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].from == state && rows[i].kind == kind) {
            return rows[i].to;
        }
    }
    return SYM_PING_STATE_COUNT;
}

static void every_state_takes_what_its_table_says_and_dies_of_anything_else(void **state)
{
    (void)state;
    struct count hundred = count_of(100);
    for (int s = 0; s < SYM_PING_STATE_COUNT; s++) {
        for (int kind = SYM_EVENT_REQUESTED; kind <= SYM_EVENT_ABORTED + 1; kind++) {
            struct sym_ping_run run = in_state((enum sym_ping_state)s);
            struct sym_span payload = sym_span(nonce, sizeof nonce);
            if (s == SYM_PING_AWAITS_COUNT && kind == SYM_EVENT_DATA) {
                payload = sym_span(hundred.bytes, sizeof hundred.bytes);
            }
            /* DRAINS takes data, too, but only once all filler has come: see below. */
            bool early = s == SYM_PING_DRAINS && kind == SYM_EVENT_DATA;
            enum sym_ping_state to =
                after((enum sym_ping_state)s, (enum sym_session_event_kind)kind);
            bool taken = to != SYM_PING_STATE_COUNT;
            assert_int_equal(sym_ping_take(&run, (enum sym_session_event_kind)kind, payload),
                             taken   ? SYM_OK
                             : early ? SYM_BAD_VALUE
                                     : SYM_WRONG_STATE);
            enum sym_ping_state refused = s == SYM_PING_DONE ? SYM_PING_DONE : SYM_PING_DEAD;
            assert_int_equal(run.state, taken ? to : refused);
        }
    }
}

static void every_state_says_what_it_should(void **state)
{
    (void)state;
    static const struct {
        enum sym_ping_step step;
        enum sym_ping_state to;
        size_t len;
    } want[SYM_PING_STATE_COUNT] = {
        [SYM_PING_SENDS_NONCE] = {SYM_PING_SEND_DATA, SYM_PING_AWAITS_NONCE, 32},
        [SYM_PING_AWAITS_NONCE] = {SYM_PING_WAIT, SYM_PING_AWAITS_NONCE, 0},
        [SYM_PING_SENDS_FILLER] = {SYM_PING_SEND_FILLER, SYM_PING_SENDS_COUNT, 100},
        [SYM_PING_SENDS_COUNT] = {SYM_PING_SEND_DATA, SYM_PING_AWAITS_COUNT, 8},
        [SYM_PING_AWAITS_COUNT] = {SYM_PING_WAIT, SYM_PING_AWAITS_COUNT, 0},
        [SYM_PING_ECHOES] = {SYM_PING_WAIT, SYM_PING_ECHOES, 0},
        [SYM_PING_DRAINS] = {SYM_PING_WAIT, SYM_PING_DRAINS, 0},
        [SYM_PING_RETURNS_NONCE] = {SYM_PING_SEND_DATA, SYM_PING_AWAITS_CLOSE, 32},
        [SYM_PING_RETURNS_COUNT] = {SYM_PING_SEND_DATA, SYM_PING_AWAITS_CLOSE, 8},
        [SYM_PING_AWAITS_CLOSE] = {SYM_PING_WAIT, SYM_PING_AWAITS_CLOSE, 0},
        [SYM_PING_CLOSES] = {SYM_PING_CLOSE, SYM_PING_DONE, 0},
        [SYM_PING_CLOSED] = {SYM_PING_WAIT, SYM_PING_CLOSED, 0},
        [SYM_PING_DONE] = {SYM_PING_WAIT, SYM_PING_DONE, 0},
    };
    for (int s = 0; s < SYM_PING_DEAD; s++) {
        struct sym_ping_run run = in_state((enum sym_ping_state)s);
        uint8_t payload[256];
        size_t len = 7;
        assert_int_equal(next(&run, payload, sizeof payload, &len), want[s].step);
        assert_int_equal(run.state, want[s].to);
        assert_int_equal(len, want[s].len);
    }
}

static void a_dead_run_says_nothing(void **state)
{
    (void)state;
    struct sym_ping_run run = in_state(SYM_PING_DEAD);
    uint8_t payload[64];
    size_t len = 7;
    enum sym_ping_step step = SYM_PING_CLOSE;
    assert_int_equal(sym_ping_next(&run, &step, payload, sizeof payload, &len), SYM_WRONG_STATE);
}

/* Lies ------------------------------------------------------------------------------------------
 */

static void assert_dies(struct sym_ping_run *run, enum sym_session_event_kind kind,
                        struct sym_span payload, enum sym_err want)
{
    assert_int_equal(sym_ping_take(run, kind, payload), want);
    assert_int_equal(run->state, SYM_PING_DEAD);
    assert_int_equal(sym_ping_take(run, kind, payload), SYM_WRONG_STATE);
}

static void refuses_an_echo_that_is_not_the_nonce(void **state)
{
    (void)state;
    uint8_t longer[SYM_PING_NONCE_BYTES + 1] = {1, 2, 3, 4};
    const struct sym_span echoes[] = {sym_span(other_nonce, sizeof other_nonce),
                                      sym_span(nonce, sizeof nonce - 1),
                                      sym_span(longer, sizeof longer), sym_span(NULL, 0)};
    for (size_t i = 0; i < sizeof echoes / sizeof *echoes; i++) {
        struct sym_ping_run run = in_state(SYM_PING_AWAITS_NONCE);
        assert_dies(&run, SYM_EVENT_DATA, echoes[i], SYM_BAD_VALUE);
    }
}

static void refuses_an_echo_before_the_nonce_was_sent(void **state)
{
    (void)state;
    struct sym_ping_run run = started(SYM_SESSION_INITIATOR, 0);
    assert_dies(&run, SYM_EVENT_DATA, sym_span(nonce, sizeof nonce), SYM_WRONG_STATE);
}

static void refuses_to_echo_anything_but_a_nonce(void **state)
{
    (void)state;
    static const uint8_t longer[SYM_PING_NONCE_BYTES + 1] = {0};
    static const size_t lengths[] = {0, 8, 31, 33};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct sym_ping_run run = started(SYM_SESSION_RESPONDER, 0);
        assert_dies(&run, SYM_EVENT_DATA, sym_span(longer, lengths[i]), SYM_BAD_VALUE);
    }
    struct sym_ping_run run = started(SYM_SESSION_RESPONDER, 0);
    assert_dies(&run, SYM_EVENT_FILLER, sym_span(longer, 1), SYM_WRONG_STATE);
}

static void refuses_more_filler_than_was_announced(void **state)
{
    (void)state;
    static const uint8_t zeros[101] = {0};
    struct sym_ping_run run = started(SYM_SESSION_RESPONDER, 100);
    assert_dies(&run, SYM_EVENT_FILLER, sym_span(zeros, 101), SYM_LIMIT);
    run = started(SYM_SESSION_RESPONDER, 100);
    assert_int_equal(sym_ping_take(&run, SYM_EVENT_FILLER, sym_span(zeros, 99)), SYM_OK);
    assert_int_equal(run.moved, 99);
    assert_dies(&run, SYM_EVENT_FILLER, sym_span(zeros, 2), SYM_LIMIT);
    run = started(SYM_SESSION_RESPONDER, 100);
    assert_int_equal(sym_ping_take(&run, SYM_EVENT_FILLER, sym_span(zeros, 100)), SYM_OK);
    assert_dies(&run, SYM_EVENT_FILLER, sym_span(zeros, 1), SYM_LIMIT);
}

static void refuses_filler_of_no_bytes(void **state)
{
    (void)state;
    struct sym_ping_run run = started(SYM_SESSION_RESPONDER, 100);
    assert_dies(&run, SYM_EVENT_FILLER, sym_span(NULL, 0), SYM_BAD_VALUE);
}

static void refuses_a_count_that_does_not_fit(void **state)
{
    (void)state;
    static const uint8_t zeros[100] = {0};
    static const uint64_t wrong[] = {0, 99, 101, UINT64_MAX, 100ull << 32, 100ull << 56};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct count c = count_of(wrong[i]);
        struct sym_ping_run run = started(SYM_SESSION_RESPONDER, 100);
        assert_int_equal(sym_ping_take(&run, SYM_EVENT_FILLER, sym_span(zeros, 100)), SYM_OK);
        assert_dies(&run, SYM_EVENT_DATA, sym_span(c.bytes, 8), SYM_BAD_VALUE);
        run = in_state(SYM_PING_AWAITS_COUNT);
        assert_dies(&run, SYM_EVENT_DATA, sym_span(c.bytes, 8), SYM_BAD_VALUE);
    }
    static const size_t lengths[] = {0, 7, 9, 32};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t bytes[32] = {0, 0, 0, 0, 0, 0, 0, 100};
        struct sym_ping_run run = in_state(SYM_PING_AWAITS_COUNT);
        assert_dies(&run, SYM_EVENT_DATA, sym_span(bytes, lengths[i]), SYM_BAD_VALUE);
    }
}

static void refuses_a_count_before_all_filler_has_come(void **state)
{
    (void)state;
    static const uint8_t zeros[100] = {0};
    struct count c = count_of(100);
    struct sym_ping_run run = started(SYM_SESSION_RESPONDER, 100);
    assert_int_equal(sym_ping_take(&run, SYM_EVENT_FILLER, sym_span(zeros, 99)), SYM_OK);
    assert_dies(&run, SYM_EVENT_DATA, sym_span(c.bytes, 8), SYM_BAD_VALUE);
    run = started(SYM_SESSION_RESPONDER, 100);
    assert_int_equal(sym_ping_take(&run, SYM_EVENT_FILLER, sym_span(zeros, 100)), SYM_OK);
    assert_int_equal(sym_ping_take(&run, SYM_EVENT_DATA, sym_span(c.bytes, 8)), SYM_OK);
    assert_int_equal(run.state, SYM_PING_RETURNS_COUNT);
}

static void refuses_a_close_before_the_measurement_is_over(void **state)
{
    (void)state;
    static const enum sym_ping_state states[] = {SYM_PING_ECHOES,        SYM_PING_DRAINS,
                                                 SYM_PING_AWAITS_NONCE,  SYM_PING_AWAITS_COUNT,
                                                 SYM_PING_RETURNS_NONCE, SYM_PING_CLOSES};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct sym_ping_run run = in_state(states[i]);
        assert_dies(&run, SYM_EVENT_CLOSED, sym_span(NULL, 0), SYM_WRONG_STATE);
    }
}

static void refuses_to_start_above_the_limit(void **state)
{
    (void)state;
    struct sym_ping_run run = in_state(SYM_PING_DONE);
    assert_int_equal(sym_ping_start(&run, SYM_SESSION_INITIATOR, SYM_PING_BYTES_MAX + 1ull, nonce),
                     SYM_LIMIT);
    assert_int_equal(sym_ping_start(&run, SYM_SESSION_RESPONDER, UINT64_MAX, NULL), SYM_LIMIT);
    assert_int_equal(run.state, SYM_PING_DONE);
    assert_int_equal(sym_ping_start(&run, SYM_SESSION_RESPONDER, SYM_PING_BYTES_MAX, NULL), SYM_OK);
}

static void refuses_room_that_is_too_small(void **state)
{
    (void)state;
    struct sym_ping_run run = started(SYM_SESSION_INITIATOR, 100);
    uint8_t payload[SYM_PING_NONCE_BYTES];
    size_t len = 7;
    enum sym_ping_step step = SYM_PING_CLOSE;
    assert_int_equal(sym_ping_next(&run, &step, payload, sizeof payload - 1, &len), SYM_TOO_LONG);
    assert_int_equal(run.state, SYM_PING_DEAD);
    assert_int_equal(step, SYM_PING_CLOSE);
    assert_int_equal(len, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_machines_measure_a_round_trip),
        cmocka_unit_test(two_machines_move_exactly_what_was_announced),
        cmocka_unit_test(a_chunk_is_never_longer_than_a_frame_holds),
        cmocka_unit_test(a_ping_runs_inside_two_sessions),
        cmocka_unit_test(every_state_takes_what_its_table_says_and_dies_of_anything_else),
        cmocka_unit_test(every_state_says_what_it_should),
        cmocka_unit_test(a_dead_run_says_nothing),
        cmocka_unit_test(refuses_an_echo_that_is_not_the_nonce),
        cmocka_unit_test(refuses_an_echo_before_the_nonce_was_sent),
        cmocka_unit_test(refuses_to_echo_anything_but_a_nonce),
        cmocka_unit_test(refuses_more_filler_than_was_announced),
        cmocka_unit_test(refuses_filler_of_no_bytes),
        cmocka_unit_test(refuses_a_count_that_does_not_fit),
        cmocka_unit_test(refuses_a_count_before_all_filler_has_come),
        cmocka_unit_test(refuses_a_close_before_the_measurement_is_over),
        cmocka_unit_test(refuses_to_start_above_the_limit),
        cmocka_unit_test(refuses_room_that_is_too_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
