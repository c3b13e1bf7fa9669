/* A log whose clock was ahead once: times never go back, and what lies before them can still go. */
#include "tests/node/evidence_room.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define YEAR_S 31556952

static time_t shift_s; /* of the wall clock */

static int set_back(void **state)
{
    shift_s = 0;
    return room_tear_down(state);
}

/* In the place of the C library's. */
int clock_gettime(clockid_t which, struct timespec *out);
int clock_gettime(clockid_t which, struct timespec *out)
{
    int r = (int)syscall(SYS_clock_gettime, which, out);
    out->tv_sec += which == CLOCK_REALTIME ? shift_s : 0;
    return r;
}

/* Three entries, one that is ten years ahead, and more behind that. */
static void jump_ahead_once(struct room *s, unsigned more)
{
    add(s, 3);
    shift_s = (time_t)10 * YEAR_S;
    add(s, 1);
    shift_s = 0;
    add(s, more);
}

static void the_time_of_the_newest_entry_is_known(void **state)
{
    struct room *s = *state;
    add(s, 1);
    assert_true(sym_log_time_ms(s->log) <= sym_wall_ms());
    jump_ahead_once(s, 5);
    for (int restart = 0; restart < 2; restart++) {
        uint64_t now_ms = sym_wall_ms();
        assert_true(sym_log_time_ms(room_log(s)) > now_ms + UINT64_C(9000) * YEAR_S);
        room_reopen(s);
    }
}

static void a_date_erases_none_of_which_nobody_knows_how_old_it_is(void **state)
{
    struct room *s = *state;
    uint64_t n = 0;
    jump_ahead_once(s, 300);
    pass_a_moment();
    assert_int_equal(sym_log_erase_bodies(s->log, NULL, sym_wall_ms(), &n, NULL), SYM_OK);
    assert_int_equal(n, 3);
    check_body(s, 3, "tested");
    check_body(s, 303, "tested");
}

static void all_until_now_are_erased_whatever_their_time_is(void **state)
{
    struct room *s = *state;
    uint8_t salt[SYM_HASH_BYTES];
    uint64_t n = 0;
    jump_ahead_once(s, 300);
    struct sym_author olga = {.log = s->log, .user = "olga"};
    assert_int_equal(sym_log_erase_bodies(s->log, &olga, SYM_LOG_ERASE_ALL, &n, NULL), SYM_OK);
    assert_int_equal(n, 304);
    add(s, 2);
    for (int restart = 0; restart < 2; restart++) {
        for (uint64_t i = 0; i < 304; i += 101) {
            SYM_SECRET_AUTO body = {0};
            assert_int_equal(sym_log_body(room_log(s), salt, &body, i), SYM_NOT_FOUND);
        }
        /* What says so is not old itself, and neither is what came since. */
        check_body(s, 304, "bodies-erased");
        check_body(s, 306, "tested");
        room_reopen(s);
    }
    assert_true(time_of(s, 303) < time_of(s, 304));
    assert_int_equal(sym_log_erase_bodies(room_log(s), &olga, SYM_LOG_ERASE_ALL, &n, NULL), SYM_OK);
    assert_int_equal(n, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, set_back)
    const struct CMUnitTest tests[] = {
        TEST(the_time_of_the_newest_entry_is_known),
        TEST(a_date_erases_none_of_which_nobody_knows_how_old_it_is),
        TEST(all_until_now_are_erased_whatever_their_time_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
