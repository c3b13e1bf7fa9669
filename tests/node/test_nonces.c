#include "node/core/nonces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* By the clock that nobody sets, and by the other. */
#define NOW  5000000u
#define WALL 1790000000000u
#define LIFE SYM_CONTROL_LIFE_MS

static struct sym_nonces *nonces;

static const uint8_t keys[6][32] = {{1}, {2}, {3}, {4}, {5}, {6}};
static const struct sym_nonce_holder operator= {.user = {keys[0], 32}, .is_operator = true};

static int set_up(void **state)
{
    (void)state;
    return sym_nonces_new(&nonces) == SYM_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    sym_nonces_free(nonces);
    return 0;
}

/* The nonce of this number; valid until the next call. */
static struct sym_span nonce(uint64_t number)
{
    static uint8_t bytes[SYM_NONCE_BYTES];
    memset(bytes, 0, sizeof bytes);
    sym_put_u64(bytes + 8, number);
    return sym_span(bytes, sizeof bytes);
}

/* One that is signed at this time of the wall clock. */
static enum sym_err add(uint64_t number, uint64_t signed_ms, uint64_t now_ms)
{
    return sym_nonces_add(nonces, &operator, nonce(number), signed_ms + LIFE, now_ms, NULL);
}

/* As many as are remembered, a millisecond after the other. */
static void fill(void)
{
    for (uint64_t i = 0; i < SYM_CONTROL_NONCES_MAX; i++) {
        assert_int_equal(add(i, WALL + i, NOW + i), SYM_OK);
    }
}

static void keep(uint64_t number, const char *answer)
{
    sym_nonces_keep(nonces, operator.user, nonce(number), sym_span_text(answer));
}

static void check_answer(uint64_t number, const char *wanted)
{
    struct sym_span answer = {NULL, 0};
    enum sym_err err = sym_nonces_answer(nonces, operator.user, nonce(number), &answer);
    assert_int_equal(err, wanted == NULL ? SYM_NOT_FOUND : SYM_OK);
    if (wanted != NULL) {
        assert_true(sym_span_equal(answer, sym_span_text(wanted)));
    }
}

static void refuses_a_nonce_that_was_there(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(add(1, WALL, NOW), SYM_OK);
    assert_int_equal(sym_nonces_add(nonces, &operator, nonce(1), WALL + LIFE, NOW + 1, &fault),
                     SYM_REPLAY);
    assert_non_null(strstr(fault.text, "made before"));
    assert_int_equal(add(1, WALL + LIFE - 1, NOW + LIFE - 1), SYM_REPLAY);
    assert_int_equal(add(2, WALL, NOW), SYM_OK);
}

/* The request is alive again then. */
static void refuses_a_replay_after_the_clock_was_set_back(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    fill();
    assert_int_equal(add(90000, WALL + LIFE, NOW + LIFE), SYM_OK); /* in the place of the first */
    assert_int_equal(sym_nonces_add(nonces, &operator, nonce(0), WALL + LIFE, NOW + LIFE, &fault),
                     SYM_REPLAY);
    assert_non_null(strstr(fault.text, "the clock was set back"));
    for (uint64_t i = 1; i < SYM_CONTROL_NONCES_MAX; i++) {
        assert_int_equal(add(i, WALL + i, NOW + 2 * LIFE), SYM_REPLAY);
    }
}

static void who_sets_the_clock_back_is_not_locked_out_while_there_is_room(void **state)
{
    (void)state;
    fill();
    for (uint64_t i = 0; i < SYM_CONTROL_NONCES_MAX; i++) {
        assert_int_equal(add(90000 + i, WALL + i + 1, NOW + 2 * LIFE), SYM_OK);
    }
}

static void tells_nonces_apart_by_every_byte(void **state)
{
    (void)state;
    uint8_t bytes[SYM_NONCE_BYTES] = {0};
    struct sym_span span = sym_span(bytes, sizeof bytes);
    assert_int_equal(sym_nonces_add(nonces, &operator, span, WALL + LIFE, NOW, NULL), SYM_OK);
    sym_nonces_keep(nonces, operator.user, span, sym_span_text("none"));
    for (size_t i = 0; i < sizeof bytes; i++) {
        struct sym_span answer;
        bytes[i] = 1;
        assert_int_equal(sym_nonces_answer(nonces, operator.user, span, &answer), SYM_NOT_FOUND);
        assert_int_equal(sym_nonces_add(nonces, &operator, span, WALL + LIFE, NOW, NULL), SYM_OK);
        bytes[i] = 0;
    }
    assert_int_equal(sym_nonces_add(nonces, &operator, span, WALL + LIFE, NOW, NULL), SYM_REPLAY);
}

/* A nonce behind slots that have become free again must still be found. */
static void refuses_a_nonce_that_lies_behind_expired_ones(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 10; i++) {
        assert_int_equal(add(i, WALL, NOW), SYM_OK);
    }
    assert_int_equal(add(99, WALL + LIFE - 1, NOW + LIFE - 1), SYM_OK);
    assert_int_equal(add(99, WALL + LIFE - 1, NOW + LIFE + 20), SYM_REPLAY);
}

static enum sym_err add_for(size_t user, uint64_t number)
{
    struct sym_nonce_holder holder = {.user = sym_span(keys[user], sizeof keys[user])};
    return sym_nonces_add(nonces, &holder, nonce(number), WALL + LIFE, NOW, NULL);
}

static void one_user_cannot_lock_the_others_out(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < SYM_CONTROL_NONCES_PER_USER_MAX; i++) {
        assert_int_equal(add_for(1, i), SYM_OK);
    }
    assert_int_equal(add_for(1, 50000), SYM_LIMIT);
    assert_int_equal(add_for(2, 50001), SYM_OK);
    assert_int_equal(add(50002, WALL, NOW), SYM_OK);
}

static void all_users_together_cannot_lock_operators_out(void **state)
{
    (void)state;
    size_t taken = 0;
    for (uint64_t i = 0; i < 2 * SYM_CONTROL_NONCES_MAX; i++) {
        taken += add_for(1 + i % 5, i) == SYM_OK;
    }
    assert_int_equal(taken, SYM_CONTROL_NONCES_MAX - SYM_CONTROL_NONCES_PER_USER_MAX);
    assert_int_equal(add(99999, WALL, NOW), SYM_OK);
}

static void refuses_more_nonces_than_it_remembers_until_some_expire(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    uint64_t last = SYM_CONTROL_NONCES_MAX - 1;
    fill();
    assert_int_equal(
        sym_nonces_add(nonces, &operator, nonce(99999), WALL + last + LIFE, NOW + last, &fault),
        SYM_LIMIT);
    assert_non_null(strstr(fault.text, "try again later"));
    /* What it knows is still a replay. */
    assert_int_equal(add(last, WALL + last, NOW + last), SYM_REPLAY);
    assert_int_equal(add(99999, WALL + LIFE - 1, NOW + LIFE - 1), SYM_LIMIT);
    assert_int_equal(add(99999, WALL + LIFE, NOW + LIFE), SYM_OK);
    assert_int_equal(add(99998, WALL + LIFE, NOW + LIFE), SYM_LIMIT);
}

static void repeats_the_answers_it_was_given_last(void **state)
{
    (void)state;
    char text[32];
    check_answer(1, NULL);
    for (uint64_t i = 0; i < 100; i++) {
        (void)snprintf(text, sizeof text, "answer %u", (unsigned)i);
        keep(i, text);
    }
    check_answer(99, "answer 99");
    check_answer(68, "answer 68");
    check_answer(67, NULL);
    check_answer(0, NULL);
}

static void keeps_the_first_answer_to_a_nonce(void **state)
{
    (void)state;
    keep(1, "first");
    keep(1, "second");
    check_answer(1, "first");
    /* Nor does the second take the room of another. */
    for (uint64_t i = 2; i <= 32; i++) {
        keep(i, "other");
    }
    check_answer(1, "first");
}

static void keeps_no_answer_that_is_empty_or_too_long(void **state)
{
    (void)state;
    static uint8_t long_answer[4097];
    struct sym_span answer;
    sym_nonces_keep(nonces, operator.user, nonce(1), sym_span(long_answer, 4097));
    check_answer(1, NULL);
    sym_nonces_keep(nonces, operator.user, nonce(2), sym_span(NULL, 0));
    check_answer(2, NULL);
    sym_nonces_keep(nonces, operator.user, nonce(3), sym_span(long_answer, 4096));
    assert_int_equal(sym_nonces_answer(nonces, operator.user, nonce(3), &answer), SYM_OK);
    assert_int_equal(answer.len, 4096);
}

static void gives_an_answer_only_to_the_user_who_had_it(void **state)
{
    (void)state;
    struct sym_span answer;
    struct sym_span other = sym_span(keys[1], sizeof keys[1]);
    uint8_t alike[32] = {1}; /* as the operator's, but for its last byte */
    alike[31] = 1;
    keep(1, "for the operator");
    assert_int_equal(sym_nonces_answer(nonces, other, nonce(1), &answer), SYM_NOT_FOUND);
    assert_int_equal(sym_nonces_answer(nonces, sym_span(alike, 32), nonce(1), &answer),
                     SYM_NOT_FOUND);
    check_answer(1, "for the operator");
}

static void frees_none_as_well(void **state)
{
    (void)state;
    sym_nonces_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refuses_a_nonce_that_was_there),
        TEST(refuses_a_replay_after_the_clock_was_set_back),
        TEST(who_sets_the_clock_back_is_not_locked_out_while_there_is_room),
        TEST(tells_nonces_apart_by_every_byte),
        TEST(refuses_a_nonce_that_lies_behind_expired_ones),
        TEST(one_user_cannot_lock_the_others_out),
        TEST(all_users_together_cannot_lock_operators_out),
        TEST(refuses_more_nonces_than_it_remembers_until_some_expire),
        TEST(repeats_the_answers_it_was_given_last),
        TEST(keeps_the_first_answer_to_a_nonce),
        TEST(keeps_no_answer_that_is_empty_or_too_long),
        TEST(gives_an_answer_only_to_the_user_who_had_it),
        TEST(frees_none_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
