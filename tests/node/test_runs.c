#include "node/exchange/leg.h"
#include "node/exchange/runs.h"
#include "proto/codec.h"
#include "proto/overlap_agree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t payload[SYM_DATA_BYTES_MAX];

static struct sym_span ping_parameters(uint8_t out[32], uint64_t bytes)
{
    struct sym_ping ping = {.bytes = bytes};
    size_t len = 0;
    assert_int_equal(sym_encode(out, 32, &len, &sym_msg_ping, &ping), SYM_OK);
    return sym_span(out, len);
}

static enum sym_err try_open(struct sym_run **run, uint32_t kind, enum sym_session_role role,
                             struct sym_span parameters)
{
    struct sym_run_plan plan = {.kind = kind, .role = role, .parameters = parameters};
    return sym_run_new(run, &plan);
}

static struct sym_run *open_run(enum sym_session_role role, uint64_t bytes)
{
    uint8_t parameters[32];
    struct sym_run *run = NULL;
    assert_int_equal(try_open(&run, SYM_KIND_PING, role, ping_parameters(parameters, bytes)),
                     SYM_OK);
    return run;
}

/* Lets `from` say what it has to, once, and `to` take it; what it was, SYM_STEP_WAIT: nothing. */
static enum sym_step turn(struct sym_run *from, struct sym_run *to, uint64_t now_us, size_t *len)
{
    *len = 0;
    enum sym_step step = sym_run_step(from, len);
    if (step == SYM_STEP_WAIT) {
        return step;
    }
    assert_true(*len <= sizeof payload);
    memset(payload, 0xee, sizeof payload);
    assert_int_equal(sym_run_write(from, step == SYM_STEP_CLOSE ? NULL : payload, *len, now_us),
                     SYM_OK);
    if (step == SYM_STEP_CLOSE) {
        assert_int_equal(sym_run_closed(to), SYM_OK);
    } else {
        assert_int_equal(
            sym_run_take(to, step == SYM_STEP_FILLER, sym_span(payload, *len), now_us + 5), SYM_OK);
        assert_true(*len == sizeof payload || payload[*len] == 0xee);
    }
    return step;
}

static void measures_a_round_trip(void **state)
{
    (void)state;
    struct sym_run *a = open_run(SYM_SESSION_INITIATOR, 0);
    struct sym_run *b = open_run(SYM_SESSION_RESPONDER, 0);
    size_t len = 0;
    assert_int_equal(turn(b, a, 0, &len), SYM_STEP_WAIT);
    assert_int_equal(turn(a, b, 1000, &len), SYM_STEP_DATA);
    assert_int_equal(len, 32);
    assert_int_equal(turn(a, b, 1000, &len), SYM_STEP_WAIT);
    assert_int_equal(sym_run_progress(a).round_trip_us, 0);
    assert_int_equal(turn(b, a, 4000, &len), SYM_STEP_DATA);
    assert_int_equal(sym_run_progress(a).round_trip_us, 3005);
    assert_int_equal(turn(a, b, 5000, &len), SYM_STEP_CLOSE);
    assert_int_equal(turn(b, a, 5000, &len), SYM_STEP_CLOSE);
    assert_int_equal(turn(a, b, 5000, &len), SYM_STEP_WAIT);
    assert_int_equal(turn(b, a, 5000, &len), SYM_STEP_WAIT);
    assert_int_equal(sym_run_progress(a).round_trip_us, 3005);
    assert_int_equal(sym_run_progress(b).round_trip_us, 0);
    assert_int_equal(sym_run_progress(a).total, 0);
    sym_run_free(a);
    sym_run_free(b);
}

static void sends_another_nonce_each_time(void **state)
{
    (void)state;
    static const uint8_t zeros[32];
    uint8_t first[32] = {0};
    for (int i = 0; i < 3; i++) {
        struct sym_run *a = open_run(SYM_SESSION_INITIATOR, 0);
        assert_int_equal(sym_run_write(a, payload, 32, 1), SYM_OK);
        assert_memory_not_equal(payload, zeros, 32);
        assert_memory_not_equal(payload, first, 32);
        memcpy(first, payload, sizeof first);
        sym_run_free(a);
    }
}

static void moves_exactly_the_bytes_that_were_asked_for(void **state)
{
    (void)state;
    const uint64_t sizes[] = {1,
                              31,
                              32,
                              33,
                              1000,
                              SYM_DATA_BYTES_MAX - 1,
                              SYM_DATA_BYTES_MAX,
                              SYM_DATA_BYTES_MAX + 1,
                              3u * SYM_DATA_BYTES_MAX + 31};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct sym_run *a = open_run(SYM_SESSION_INITIATOR, sizes[i]);
        struct sym_run *b = open_run(SYM_SESSION_RESPONDER, sizes[i]);
        uint64_t moved = 0;
        size_t len = 0;
        while (turn(a, b, moved < sizes[i] ? 100 : 1000, &len) == SYM_STEP_FILLER) {
            assert_true(len == SYM_DATA_BYTES_MAX || moved + len == sizes[i]);
            for (size_t k = 0; k < len; k++) {
                assert_int_equal(payload[k], 0);
            }
            moved += len;
            assert_int_equal(sym_run_progress(a).done, moved);
            assert_int_equal(sym_run_progress(b).done, moved);
            assert_int_equal(sym_run_progress(b).total, sizes[i]);
        }
        assert_int_equal(moved, sizes[i]);
        assert_int_equal(len, 8); /* the count was the next */
        assert_int_equal(turn(b, a, 2000, &len), SYM_STEP_DATA);
        assert_int_equal(len, 8);
        assert_int_equal(sym_run_progress(a).round_trip_us, 1005);
        assert_int_equal(turn(a, b, 3000, &len), SYM_STEP_CLOSE);
        assert_int_equal(turn(b, a, 3000, &len), SYM_STEP_CLOSE);
        sym_run_free(a);
        sym_run_free(b);
    }
}

static void refuses_kinds_without_a_machine(void **state)
{
    (void)state;
    struct sym_run *run = NULL;
    uint8_t bytes[32];
    struct sym_span parameters = ping_parameters(bytes, 0);
    for (uint32_t kind = 0; kind < 300; kind++) {
        bool overlap = kind == SYM_KIND_OVERLAP_MATCHES || kind == SYM_KIND_OVERLAP_COUNT;
        bool evidence = kind == SYM_KIND_WITNESS || kind == SYM_KIND_COMPARE;
        bool joint = kind == SYM_KIND_TABULATE || kind == SYM_KIND_OVERLAP_TABLE ||
                     kind == SYM_KIND_OVERLAP_EVALUATE || kind == SYM_KIND_OVERLAP_ROWS;
        if (kind != SYM_KIND_PING && !overlap && !joint) {
            assert_int_equal(try_open(&run, kind, SYM_SESSION_RESPONDER, parameters),
                             evidence ? SYM_BAD_VALUE : SYM_UNSUPPORTED);
            assert_null(run);
        }
    }
}

static void refuses_a_tabulation_without_a_leg_or_a_part(void **state)
{
    (void)state;
    struct sym_run *run = NULL;
    const enum sym_session_role roles[] = {SYM_SESSION_INITIATOR, SYM_SESSION_RESPONDER};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(try_open(&run, SYM_KIND_TABULATE, roles[i], sym_span(NULL, 0)),
                         SYM_INTERNAL);
        assert_null(run);
    }
}

static enum sym_tab_step offers_a_close(const struct sym_leg *leg, size_t *len)
{
    (void)leg;
    *len = 0;
    return SYM_TAB_CLOSE;
}

static enum sym_err takes_a_close(struct sym_leg *leg, uint8_t *bytes, size_t len)
{
    (void)leg;
    return bytes == NULL && len == 0 ? SYM_OK : SYM_WRONG_STATE;
}

/* A turn of the tabulation between the own close and the other side's made it close once more,
 * which failed, and ended with a fault what was done. */
static void a_leg_of_a_tabulation_closes_once(void **state)
{
    (void)state;
    static const struct sym_leg_calls calls = {.step = offers_a_close, .write = takes_a_close};
    struct sym_leg leg = {.calls = &calls};
    const struct sym_run_plan plan = {
        .kind = SYM_KIND_TABULATE, .role = SYM_SESSION_INITIATOR, .leg = &leg};
    struct sym_run *run = NULL;
    size_t len = 0;
    assert_int_equal(sym_run_new(&run, &plan), SYM_OK);
    assert_int_equal(sym_run_closed(run), SYM_OK); /* the other side may be first */
    assert_int_equal(sym_run_step(run, &len), SYM_STEP_CLOSE);
    assert_int_equal(sym_run_write(run, NULL, 0, 1), SYM_OK);
    assert_int_equal(sym_run_step(run, &len), SYM_STEP_WAIT);
    assert_int_equal(sym_run_closed(run), SYM_OK);
    sym_run_free(run);
}

static void refuses_an_overlap_without_own_elements(void **state)
{
    (void)state;
    struct sym_run *run = NULL;
    const struct sym_run_plan plan = {.kind = SYM_KIND_OVERLAP_COUNT,
                                      .role = SYM_SESSION_RESPONDER,
                                      .engine = SYM_OVERLAP_ENGINE_DH};
    assert_int_equal(sym_run_new(&run, &plan), SYM_INTERNAL);
    assert_null(run);
}

static void refuses_an_overlap_without_an_engine(void **state)
{
    (void)state;
    struct sym_run *run = NULL;
    assert_int_equal(
        try_open(&run, SYM_KIND_OVERLAP_COUNT, SYM_SESSION_RESPONDER, sym_span(NULL, 0)),
        SYM_UNSUPPORTED);
    assert_null(run);
}

static void has_neither_works_nor_a_result_for_a_ping(void **state)
{
    (void)state;
    struct sym_run *a = open_run(SYM_SESSION_INITIATOR, 0);
    struct sym_work work;
    struct sym_run_result result;
    assert_false(sym_run_work(a, &work));
    assert_int_equal(sym_run_result(a, &result), SYM_UNSUPPORTED);
    sym_run_free(a);
}

static void refuses_parameters_that_do_not_decode(void **state)
{
    (void)state;
    struct sym_run *run = NULL;
    /* An unknown field; a cut number; one byte more than may be asked for. */
    const uint8_t unknown[] = {0x7a, 0x01, 0x00};
    const uint8_t cut[] = {0x08, 0x80};
    const uint8_t too_many[] = {0x08, 0x81, 0x80, 0x80, 0x80, 0x10};
    const uint8_t most[] = {0x08, 0x80, 0x80, 0x80, 0x80, 0x10};
    const struct sym_span bad[] = {sym_span(unknown, sizeof unknown), sym_span(cut, sizeof cut),
                                   sym_span(too_many, sizeof too_many)};
    for (size_t i = 0; i < 3; i++) {
        assert_int_not_equal(try_open(&run, SYM_KIND_PING, SYM_SESSION_RESPONDER, bad[i]), SYM_OK);
        assert_null(run);
    }
    assert_int_equal(
        try_open(&run, SYM_KIND_PING, SYM_SESSION_RESPONDER, sym_span(most, sizeof most)), SYM_OK);
    assert_int_equal(sym_run_progress(run).total, SYM_PING_BYTES_MAX);
    sym_run_free(run);
    sym_run_free(NULL);
}

static void refuses_another_answer_than_it_sent(void **state)
{
    (void)state;
    struct sym_run *a = open_run(SYM_SESSION_INITIATOR, 0);
    size_t len = 0;
    assert_int_equal(sym_run_step(a, &len), SYM_STEP_DATA);
    assert_int_equal(sym_run_write(a, payload, len, 1), SYM_OK);
    payload[31] ^= 1;
    assert_int_equal(sym_run_take(a, false, sym_span(payload, 32), 2), SYM_BAD_VALUE);
    assert_int_equal(sym_run_step(a, &len), SYM_STEP_WAIT);
    sym_run_free(a);
}

static void refuses_more_or_other_frames_than_were_announced(void **state)
{
    (void)state;
    struct sym_run *b = open_run(SYM_SESSION_RESPONDER, 10);
    assert_int_equal(sym_run_take(b, true, sym_span(payload, 11), 1), SYM_LIMIT);
    sym_run_free(b);
    b = open_run(SYM_SESSION_RESPONDER, 10);
    assert_int_not_equal(sym_run_take(b, false, sym_span(payload, 8), 1), SYM_OK);
    sym_run_free(b);
    b = open_run(SYM_SESSION_RESPONDER, 0);
    assert_int_equal(sym_run_take(b, true, sym_span(payload, 1), 1), SYM_WRONG_STATE);
    sym_run_free(b);
}

static void refuses_a_close_that_comes_too_early(void **state)
{
    (void)state;
    struct sym_run *a = open_run(SYM_SESSION_INITIATOR, 0);
    struct sym_run *b = open_run(SYM_SESSION_RESPONDER, 5);
    assert_int_equal(sym_run_closed(a), SYM_WRONG_STATE);
    assert_int_equal(sym_run_closed(b), SYM_WRONG_STATE);
    sym_run_free(a);
    sym_run_free(b);
}

static void refuses_to_write_what_it_did_not_announce(void **state)
{
    (void)state;
    struct sym_run *a = open_run(SYM_SESSION_INITIATOR, 0);
    assert_int_equal(sym_run_write(a, payload, 31, 1), SYM_INTERNAL);
    sym_run_free(a);
    struct sym_run *b = open_run(SYM_SESSION_RESPONDER, 0);
    assert_int_equal(sym_run_write(b, payload, 32, 1), SYM_INTERNAL);
    sym_run_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_a_round_trip),
        cmocka_unit_test(sends_another_nonce_each_time),
        cmocka_unit_test(moves_exactly_the_bytes_that_were_asked_for),
        cmocka_unit_test(refuses_kinds_without_a_machine),
        cmocka_unit_test(refuses_a_tabulation_without_a_leg_or_a_part),
        cmocka_unit_test(a_leg_of_a_tabulation_closes_once),
        cmocka_unit_test(refuses_an_overlap_without_own_elements),
        cmocka_unit_test(refuses_an_overlap_without_an_engine),
        cmocka_unit_test(has_neither_works_nor_a_result_for_a_ping),
        cmocka_unit_test(refuses_parameters_that_do_not_decode),
        cmocka_unit_test(refuses_another_answer_than_it_sent),
        cmocka_unit_test(refuses_more_or_other_frames_than_were_announced),
        cmocka_unit_test(refuses_a_close_that_comes_too_early),
        cmocka_unit_test(refuses_to_write_what_it_did_not_announce),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
