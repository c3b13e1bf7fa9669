#include "node/loop.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* The clock: it stands still while a test sets timers. */
static bool still;
static struct timespec stood;

int __real_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
    if (still && clock == CLOCK_MONOTONIC) {
        *t = stood;
        return 0;
    }
    return __real_clock_gettime(clock, t);
}

static uint64_t stop_clock(void)
{
    (void)__real_clock_gettime(CLOCK_MONOTONIC, &stood);
    still = true;
    return sym_now_ms();
}

/* What one test needs: a loop, two socket pairs, and a diary of who ran. */
struct fixture {
    struct sym_loop *loop;
    int a[2];
    int b[2];
    struct sym_watch *wa;
    struct sym_watch *wb;
    struct sym_timer *timers[64];
    int diary[64];
    size_t n;
    short ready;
};

struct entry {
    struct fixture *f;
    int name;
    int times; /* stops the loop after so many calls */
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    still = false;
    if (f == NULL || sym_loop_new(&f->loop) != SYM_OK ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, f->a) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, f->b) != 0) {
        return -1;
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    sym_loop_free(f->loop);
    for (int i = 0; i < 2; i++) {
        (void)close(f->a[i]);
        (void)close(f->b[i]);
    }
    free(f);
    return 0;
}

static void note(struct fixture *f, int name)
{
    assert_true(f->n < 64);
    f->diary[f->n++] = name;
}

static void on_ready(void *owner, short ready)
{
    struct entry *e = owner;
    note(e->f, e->name);
    e->f->ready = ready;
    if (--e->times <= 0) {
        sym_loop_stop(e->f->loop);
    }
}

static void on_time(void *owner)
{
    struct entry *e = owner;
    note(e->f, e->name);
    if (--e->times <= 0) {
        sym_loop_stop(e->f->loop);
    }
}

static void say(int fd)
{
    assert_int_equal(write(fd, "x", 1), 1);
}

static void calls_a_watch_again_until_its_descriptor_is_read(void **state)
{
    struct fixture *f = *state;
    struct entry e = {f, 1, 3};
    assert_int_equal(sym_loop_watch(f->loop, &f->wa, f->a[0], POLLIN, on_ready, &e), SYM_OK);
    say(f->a[1]);
    assert_int_equal(sym_loop_run(f->loop), SYM_OK);
    assert_int_equal(f->n, 3);
    assert_int_equal(f->ready, POLLIN);
}

static void calls_every_ready_watch_in_a_turn(void **state)
{
    struct fixture *f = *state;
    struct entry ea = {f, 1, 100};
    struct entry eb = {f, 2, 3};
    assert_int_equal(sym_loop_watch(f->loop, &f->wa, f->a[0], POLLIN, on_ready, &ea), SYM_OK);
    assert_int_equal(sym_loop_watch(f->loop, &f->wb, f->b[0], POLLIN, on_ready, &eb), SYM_OK);
    say(f->a[1]);
    say(f->b[1]);
    assert_int_equal(sym_loop_run(f->loop), SYM_OK);
    for (size_t i = 1; i < f->n; i++) {
        assert_int_not_equal(f->diary[i], f->diary[i - 1]);
    }
}

static void does_not_call_a_paused_watch_even_when_the_other_side_hangs_up(void **state)
{
    struct fixture *f = *state;
    struct entry ea = {f, 1, 1};
    struct entry end = {f, 9, 1};
    assert_int_equal(sym_loop_watch(f->loop, &f->wa, f->a[0], POLLIN, on_ready, &ea), SYM_OK);
    assert_int_equal(sym_loop_timer(f->loop, &f->timers[0], 80, on_time, &end), SYM_OK);
    sym_watch_set(f->wa, 0);
    say(f->a[1]);
    (void)shutdown(f->a[1], SHUT_RDWR);
    clock_t before = clock();
    assert_int_equal(sym_loop_run(f->loop), SYM_OK);
    assert_int_equal(f->n, 1);
    assert_int_equal(f->diary[0], 9);
    /* Nor does it turn without a pause. */
    assert_true(clock() - before < CLOCKS_PER_SEC / 250);
}

static void wakes_a_paused_watch_up_again(void **state)
{
    struct fixture *f = *state;
    struct entry ea = {f, 1, 1};
    assert_int_equal(sym_loop_watch(f->loop, &f->wa, f->a[0], 0, on_ready, &ea), SYM_OK);
    sym_watch_set(f->wa, POLLIN);
    sym_watch_set(f->wa, POLLIN | POLLOUT);
    sym_watch_set(f->wa, POLLOUT);
    say(f->a[1]);
    assert_int_equal(sym_loop_run(f->loop), SYM_OK);
    assert_int_equal(f->ready, POLLOUT);
}

static void reports_that_the_other_side_hung_up(void **state)
{
    struct fixture *f = *state;
    struct entry ea = {f, 1, 1};
    assert_int_equal(sym_loop_watch(f->loop, &f->wa, f->a[0], POLLOUT, on_ready, &ea), SYM_OK);
    (void)shutdown(f->a[0], SHUT_RDWR);
    assert_int_equal(sym_loop_run(f->loop), SYM_OK);
    assert_true((f->ready & POLLHUP) != 0);
}

static void remove_both(void *owner, short ready)
{
    struct entry *e = owner;
    (void)ready;
    note(e->f, e->name);
    sym_watch_remove(&e->f->wa);
    sym_watch_remove(&e->f->wb);
}

static void forgets_a_watch_that_was_removed_in_the_same_turn(void **state)
{
    struct fixture *f = *state;
    struct entry ea = {f, 1, 1};
    struct entry eb = {f, 2, 1};
    struct entry end = {f, 9, 1};
    assert_int_equal(sym_loop_watch(f->loop, &f->wa, f->a[0], POLLIN, remove_both, &ea), SYM_OK);
    assert_int_equal(sym_loop_watch(f->loop, &f->wb, f->b[0], POLLIN, remove_both, &eb), SYM_OK);
    assert_int_equal(sym_loop_timer(f->loop, &f->timers[0], 30, on_time, &end), SYM_OK);
    say(f->a[1]);
    say(f->b[1]);
    assert_int_equal(sym_loop_run(f->loop), SYM_OK);
    assert_int_equal(f->n, 2);
    assert_int_equal(f->diary[1], 9);
    assert_null(f->wa);
    assert_null(f->wb);
}

static void pause_other(void *owner, short ready)
{
    struct entry *e = owner;
    (void)ready;
    note(e->f, e->name);
    sym_watch_set(e->name == 1 ? e->f->wb : e->f->wa, 0);
}

static void forgets_a_watch_that_was_paused_in_the_same_turn(void **state)
{
    struct fixture *f = *state;
    struct entry ea = {f, 1, 1};
    struct entry eb = {f, 2, 1};
    struct entry end = {f, 9, 1};
    assert_int_equal(sym_loop_watch(f->loop, &f->wa, f->a[0], POLLIN, pause_other, &ea), SYM_OK);
    assert_int_equal(sym_loop_watch(f->loop, &f->wb, f->b[0], POLLIN, pause_other, &eb), SYM_OK);
    assert_int_equal(sym_loop_timer(f->loop, &f->timers[0], 0, on_time, &end), SYM_OK);
    /* Hung up as well: that would be reported uninvited. */
    (void)shutdown(f->a[0], SHUT_RDWR);
    (void)shutdown(f->b[0], SHUT_RDWR);
    assert_int_equal(sym_loop_run(f->loop), SYM_OK);
    assert_int_equal(f->n, 2);
}

static void refuses_what_cannot_be_waited_for(void **state)
{
    struct fixture *f = *state;
    struct entry e = {f, 1, 1};
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(sym_loop_watch(f->loop, &f->wa, file, POLLIN, on_ready, &e), SYM_IO);
    assert_int_equal(close(file), 0);
    assert_int_equal(sym_loop_watch(f->loop, &f->wa, -1, POLLIN, on_ready, &e), SYM_IO);
    assert_null(f->wa);
}

static void refuses_to_watch_a_descriptor_twice(void **state)
{
    struct fixture *f = *state;
    struct entry e = {f, 1, 1};
    assert_int_equal(sym_loop_watch(f->loop, &f->wa, f->a[0], POLLIN, on_ready, &e), SYM_OK);
    assert_int_equal(sym_loop_watch(f->loop, &f->wb, f->a[0], POLLIN, on_ready, &e), SYM_IO);
}

static void ends_with_an_error_when_a_watch_cannot_be_set(void **state)
{
    struct fixture *f = *state;
    struct entry e = {f, 1, 1};
    assert_int_equal(sym_loop_watch(f->loop, &f->wa, f->a[0], 0, on_ready, &e), SYM_OK);
    assert_int_equal(sym_loop_watch(f->loop, &f->wb, f->a[0], POLLIN, on_ready, &e), SYM_OK);
    sym_watch_set(f->wa, POLLIN);
    say(f->a[1]);
    e.times = 100;
    assert_int_equal(sym_loop_run(f->loop), SYM_IO);
}

static void runs_timers_in_the_order_of_their_times(void **state)
{
    struct fixture *f = *state;
    static const int delays[] = {12, 3, 9, 0, 6, 15, 1};
    struct entry entries[7];
    const uint64_t start_ms = stop_clock();
    for (int i = 0; i < 7; i++) {
        entries[i] = (struct entry){f, delays[i], delays[i] == 15 ? 1 : 100};
        assert_int_equal(
            sym_loop_timer(f->loop, &f->timers[i], (uint64_t)delays[i], on_time, &entries[i]),
            SYM_OK);
    }
    still = false;
    assert_int_equal(sym_loop_run(f->loop), SYM_OK);
    assert_true(sym_now_ms() - start_ms >= 15);
    assert_int_equal(f->n, 7);
    for (size_t i = 1; i < f->n; i++) {
        assert_true(f->diary[i - 1] < f->diary[i]);
    }
}

static void keeps_the_order_when_timers_are_moved_stopped_and_removed(void **state)
{
    struct fixture *f = *state;
    struct entry entries[50];
    unsigned next = 12345;
    int last = 0;
    (void)stop_clock();
    for (int i = 0; i < 50; i++) {
        entries[i] = (struct entry){f, i, 100};
        assert_int_equal(sym_loop_timer(f->loop, &f->timers[i], 1000, on_time, &entries[i]),
                         SYM_OK);
    }
    /* A third is stopped, a third removed, a third gets pseudo-random times. */
    for (int i = 0; i < 50; i++) {
        next = next * 1103515245u + 12345u;
        if (i % 3 == 0) {
            sym_timer_stop(f->timers[i]);
        } else if (i % 3 == 1) {
            sym_timer_remove(&f->timers[i]);
        } else {
            entries[i].name = (int)(next >> 16) % 40;
            sym_timer_set(f->timers[i], (uint64_t)entries[i].name);
            last = entries[i].name > last ? entries[i].name : last;
        }
    }
    struct entry end = {f, 1000, 1};
    assert_int_equal(sym_loop_timer(f->loop, &f->timers[1], 60, on_time, &end), SYM_OK);
    still = false;
    assert_int_equal(sym_loop_run(f->loop), SYM_OK);
    assert_int_equal(f->n, 17);
    for (size_t i = 1; i < f->n; i++) {
        assert_true(f->diary[i - 1] <= f->diary[i]);
    }
    assert_int_equal(f->diary[f->n - 2], last);
}

static void rearm(void *owner)
{
    struct entry *e = owner;
    note(e->f, e->name);
    sym_timer_set(e->f->timers[0], 0);
}

static void a_timer_that_rearms_itself_at_once_does_not_starve_the_watches(void **state)
{
    struct fixture *f = *state;
    struct entry e = {f, 1, 1};
    struct entry w = {f, 2, 3};
    assert_int_equal(sym_loop_timer(f->loop, &f->timers[0], 0, rearm, &e), SYM_OK);
    assert_int_equal(sym_loop_watch(f->loop, &f->wa, f->a[0], POLLIN, on_ready, &w), SYM_OK);
    say(f->a[1]);
    assert_int_equal(sym_loop_run(f->loop), SYM_OK);
    assert_true(f->n <= 6);
}

static void remove_itself(void *owner)
{
    struct entry *e = owner;
    note(e->f, e->name);
    sym_timer_remove(&e->f->timers[0]);
}

static void a_timer_may_remove_itself(void **state)
{
    struct fixture *f = *state;
    struct entry e = {f, 1, 1};
    struct entry end = {f, 9, 1};
    assert_int_equal(sym_loop_timer(f->loop, &f->timers[0], 0, remove_itself, &e), SYM_OK);
    assert_int_equal(sym_loop_timer(f->loop, &f->timers[1], 20, on_time, &end), SYM_OK);
    assert_int_equal(sym_loop_run(f->loop), SYM_OK);
    assert_int_equal(f->n, 2);
    assert_null(f->timers[0]);
}

static void a_time_beyond_all_times_never_comes(void **state)
{
    struct fixture *f = *state;
    struct entry never = {f, 1, 1};
    struct entry end = {f, 9, 1};
    assert_int_equal(sym_loop_timer(f->loop, &f->timers[0], UINT64_MAX, on_time, &never), SYM_OK);
    assert_int_equal(sym_loop_timer(f->loop, &f->timers[1], 10, on_time, &end), SYM_OK);
    assert_int_equal(sym_loop_run(f->loop), SYM_OK);
    assert_int_equal(f->n, 1);
    assert_int_equal(f->diary[0], 9);
}

static void a_stop_before_the_run_counts(void **state)
{
    struct fixture *f = *state;
    sym_loop_stop(f->loop);
    assert_int_equal(sym_loop_run(f->loop), SYM_OK);
}

static void on_stop_time(void *owner)
{
    struct fixture *f = owner;
    sym_loop_stop(f->loop);
    f->n++;
}

static void runs_again_after_a_stop(void **state)
{
    struct fixture *f = *state;
    struct sym_timer *timer = NULL;
    assert_int_equal(sym_loop_timer(f->loop, &timer, 0, on_stop_time, f), SYM_OK);
    for (size_t i = 1; i <= 2; i++) {
        assert_int_equal(sym_loop_run(f->loop), SYM_OK);
        assert_int_equal(f->n, i);
        sym_timer_set(timer, 0);
    }
    sym_timer_remove(&timer);
}

static void clocks_agree_with_the_century(void **state)
{
    (void)state;
    assert_true(sym_wall_ms() > 1700000000000u);
    assert_true(sym_wall_ms() < 4102444800000u);
    uint64_t before_ms = sym_now_ms();
    assert_true(sym_now_ms() >= before_ms);
}

static void removing_nothing_is_fine(void **state)
{
    (void)state;
    struct sym_watch *w = NULL;
    struct sym_timer *t = NULL;
    sym_watch_remove(&w);
    sym_timer_remove(&t);
    sym_loop_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(calls_a_watch_again_until_its_descriptor_is_read),
        TEST(calls_every_ready_watch_in_a_turn),
        TEST(does_not_call_a_paused_watch_even_when_the_other_side_hangs_up),
        TEST(wakes_a_paused_watch_up_again),
        TEST(reports_that_the_other_side_hung_up),
        TEST(forgets_a_watch_that_was_removed_in_the_same_turn),
        TEST(forgets_a_watch_that_was_paused_in_the_same_turn),
        TEST(refuses_what_cannot_be_waited_for),
        TEST(refuses_to_watch_a_descriptor_twice),
        TEST(ends_with_an_error_when_a_watch_cannot_be_set),
        TEST(runs_timers_in_the_order_of_their_times),
        TEST(keeps_the_order_when_timers_are_moved_stopped_and_removed),
        TEST(a_timer_that_rearms_itself_at_once_does_not_starve_the_watches),
        TEST(a_timer_may_remove_itself),
        TEST(a_time_beyond_all_times_never_comes),
        TEST(a_stop_before_the_run_counts),
        TEST(runs_again_after_a_stop),
        cmocka_unit_test(clocks_agree_with_the_century),
        cmocka_unit_test(removing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
