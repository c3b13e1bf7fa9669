#include "node/work/workers.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define ITEMS 1000u

static struct sym_loop *loop;
static struct sym_workers *workers;
static unsigned left; /* jobs to end before the loop stops */
static unsigned ended;
static atomic_uint started;

static void open_pool(unsigned threads)
{
    left = 0;
    ended = 0;
    atomic_store(&started, 0u);
    assert_int_equal(sym_loop_new(&loop), SYM_OK);
    assert_int_equal(sym_workers_new(&workers, loop, threads), SYM_OK);
}

static void close_pool(void)
{
    sym_workers_free(workers);
    sym_loop_free(loop);
    workers = NULL;
    loop = NULL;
}

static int tear_down(void **state)
{
    (void)state;
    close_pool();
    return 0;
}

/* One job and what became of it. Items are plain bytes, so that the thread sanitizer tells when one
 * is touched twice, or read by done before it was written. */
struct job {
    uint8_t seen[ITEMS];
    size_t n;
    size_t grain;
    size_t fails_from; /* the first item that fails; ITEMS: none */
    atomic_uint pieces;
    atomic_bool cut_wrong;
    bool ended;
    unsigned started_as; /* how many jobs had started before */
    unsigned ended_as;
    enum sym_err result;
    pthread_t ended_on;
};

/* Each failing item has an error of its own. */
static enum sym_err error_of(size_t item)
{
    return (enum sym_err)(1 + item % (SYM_ERR_COUNT - 1));
}

static enum sym_err touch(void *context, size_t first, size_t n)
{
    struct job *j = context;
    atomic_fetch_add(&j->pieces, 1u);
    if (n == 0 || n > j->grain || first >= j->n || n > j->n - first) {
        atomic_store(&j->cut_wrong, true);
        return SYM_INTERNAL;
    }
    if (first == 0) {
        j->started_as = atomic_fetch_add(&started, 1u);
    }
    for (size_t i = first; i < first + n; i++) {
        j->seen[i]++;
    }
    return first >= j->fails_from ? error_of(first) : SYM_OK;
}

static void note_end(void *context, enum sym_err err)
{
    struct job *j = context;
    assert_false(j->ended);
    j->ended = true;
    j->ended_as = ended++;
    j->result = err;
    j->ended_on = pthread_self();
    if (--left == 0) {
        sym_loop_stop(loop);
    }
}

static struct job *start(size_t n, size_t grain, size_t fails_from)
{
    struct job *j = calloc(1, sizeof *j);
    assert_non_null(j);
    j->n = n;
    j->grain = grain;
    j->fails_from = fails_from;
    assert_int_equal(sym_workers_run(workers, NULL, n, grain, touch, note_end, j), SYM_OK);
    left++;
    return j;
}

static void check_cut(const struct job *j)
{
    assert_true(j->ended);
    assert_true(pthread_equal(j->ended_on, pthread_self()));
    assert_false(atomic_load(&j->cut_wrong));
    size_t pieces = j->n / j->grain + (j->n % j->grain != 0);
    assert_int_equal(atomic_load(&j->pieces), pieces);
    for (size_t i = 0; i < ITEMS; i++) {
        assert_int_equal(j->seen[i], i < j->n);
    }
}

static void gives_each_item_to_exactly_one_piece_and_ends_on_the_loops_thread(void **state)
{
    (void)state;
    const size_t grains[] = {1, 3, 7, 250, 999, 1000, 1001, SIZE_MAX};
    const size_t ns[] = {1, 2, 999, ITEMS};
    const unsigned threads[] = {1, 2, 5};
    struct job *jobs[32];
    for (size_t t = 0; t < 3; t++) {
        open_pool(threads[t]);
        assert_int_equal(sym_workers_count(workers), threads[t]);
        for (size_t i = 0; i < 32; i++) {
            jobs[i] = start(ns[i / 8], grains[i % 8], ITEMS);
        }
        assert_int_equal(sym_loop_run(loop), SYM_OK);
        for (size_t i = 0; i < 32; i++) {
            check_cut(jobs[i]);
            assert_int_equal(jobs[i]->result, SYM_OK);
            free(jobs[i]);
        }
        close_pool();
    }
}

static void reports_the_first_error_of_a_job_and_of_no_other(void **state)
{
    (void)state;
    open_pool(1);
    struct job *before = start(100, 10, ITEMS);
    struct job *failing = start(100, 10, 30);
    struct job *after = start(100, 10, ITEMS);
    assert_int_equal(sym_loop_run(loop), SYM_OK);
    assert_int_equal(before->result, SYM_OK);
    assert_int_equal(failing->result, error_of(30));
    assert_int_equal(after->result, SYM_OK);
    check_cut(failing);
    free(before);
    free(failing);
    free(after);
}

static void reports_an_error_whatever_piece_it_comes_from(void **state)
{
    (void)state;
    struct job *jobs[100];
    open_pool(4);
    for (size_t i = 0; i < 100; i++) {
        jobs[i] = start(100, 1, i);
    }
    assert_int_equal(sym_loop_run(loop), SYM_OK);
    for (size_t i = 0; i < 100; i++) {
        assert_int_not_equal(jobs[i]->result, SYM_OK);
        check_cut(jobs[i]);
        free(jobs[i]);
    }
}

static void runs_many_jobs_in_the_order_in_which_they_came(void **state)
{
    (void)state;
    static struct job *jobs[SYM_JOBS_MAX];
    open_pool(1);
    for (size_t i = 0; i < SYM_JOBS_MAX; i++) {
        jobs[i] = start(1 + i % 20, 3, ITEMS);
    }
    assert_int_equal(sym_loop_run(loop), SYM_OK);
    for (size_t i = 0; i < SYM_JOBS_MAX; i++) {
        assert_int_equal(jobs[i]->started_as, i);
        assert_int_equal(jobs[i]->ended_as, i);
        check_cut(jobs[i]);
        free(jobs[i]);
    }
}

struct turns {
    char order[64];
    size_t n;
};

struct turn_taker {
    struct turns *turns;
    char name;
};

static enum sym_err take_turn(void *context, size_t first, size_t n)
{
    const struct turn_taker *t = context;
    (void)first;
    (void)n;
    t->turns->order[t->turns->n++] = t->name;
    return SYM_OK;
}

static void note_taken(void *context, enum sym_err err)
{
    (void)context;
    assert_int_equal(err, SYM_OK);
    if (--left == 0) {
        sym_loop_stop(loop);
    }
}

static atomic_bool may_begin;

static enum sym_err hold_up(void *context, size_t first, size_t n)
{
    (void)context;
    (void)first;
    (void)n;
    while (!atomic_load(&may_begin)) {
        (void)usleep(1000);
    }
    return SYM_OK;
}

/* One has four jobs of two pieces, two others come later with one each. */
static void lets_those_who_have_few_jobs_take_turns_with_who_has_many(void **state)
{
    (void)state;
    struct turns turns = {.n = 0};
    struct turn_taker takers[] = {{&turns, 'a'}, {&turns, 'b'}, {&turns, 'c'}};
    open_pool(1);
    atomic_store(&may_begin, false);
    left = 7;
    assert_int_equal(sym_workers_run(workers, &left, 1, 1, hold_up, note_taken, NULL), SYM_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(
            sym_workers_run(workers, &takers[0], 2, 1, take_turn, note_taken, &takers[0]), SYM_OK);
    }
    for (int i = 1; i < 3; i++) {
        assert_int_equal(
            sym_workers_run(workers, &takers[i], 2, 1, take_turn, note_taken, &takers[i]), SYM_OK);
    }
    atomic_store(&may_begin, true);
    assert_int_equal(sym_loop_run(loop), SYM_OK);
    assert_string_equal(turns.order, "abcabcaaaaaa");
}

/* Pieces that wait for each other, so that they end only if all run at the same time. */
struct meeting {
    pthread_barrier_t all;
};

static enum sym_err meet(void *context, size_t first, size_t n)
{
    struct meeting *m = context;
    (void)first;
    (void)n;
    (void)pthread_barrier_wait(&m->all);
    return SYM_OK;
}

static void stop_loop(void *context, enum sym_err err)
{
    (void)context;
    assert_int_equal(err, SYM_OK);
    sym_loop_stop(loop);
}

static void runs_as_many_pieces_at_once_as_there_are_threads(void **state)
{
    (void)state;
    struct meeting m;
    open_pool(4);
    assert_int_equal(pthread_barrier_init(&m.all, NULL, 4), 0);
    assert_int_equal(sym_workers_run(workers, NULL, 4, 1, meet, stop_loop, &m), SYM_OK);
    assert_int_equal(sym_loop_run(loop), SYM_OK);
    (void)pthread_barrier_destroy(&m.all);
}

/* A piece that lasts until it is let go. */
struct gate {
    atomic_bool entered;
    atomic_bool open;
    atomic_uint passed;
    atomic_uint ends;
};

static enum sym_err pass(void *context, size_t first, size_t n)
{
    struct gate *g = context;
    (void)first;
    (void)n;
    atomic_store(&g->entered, true);
    while (!atomic_load(&g->open)) {
        (void)usleep(100);
    }
    atomic_fetch_add(&g->passed, 1u);
    return SYM_OK;
}

static void count_end(void *context, enum sym_err err)
{
    struct gate *g = context;
    (void)err;
    atomic_fetch_add(&g->ends, 1u);
}

static void refuses_more_jobs_than_the_limit_until_some_have_ended(void **state)
{
    (void)state;
    static struct gate g; /* the last jobs outlive this function */
    struct job *jobs[SYM_JOBS_MAX];
    open_pool(1);
    assert_int_equal(sym_workers_run(workers, NULL, 1, 1, pass, count_end, &g), SYM_OK);
    for (size_t i = 1; i < SYM_JOBS_MAX; i++) {
        jobs[i] = start(1, 1, ITEMS);
    }
    assert_int_equal(sym_workers_run(workers, NULL, 1, 1, pass, count_end, &g), SYM_LIMIT);
    atomic_store(&g.open, true);
    assert_int_equal(sym_loop_run(loop), SYM_OK);
    assert_int_equal(atomic_load(&g.ends), 1);
    assert_int_equal(ended, SYM_JOBS_MAX - 1);
    for (size_t i = 1; i < SYM_JOBS_MAX; i++) {
        free(jobs[i]);
        assert_int_equal(sym_workers_run(workers, NULL, 1, 1, pass, count_end, &g), SYM_OK);
    }
}

static void refuses_jobs_without_items_or_without_a_grain(void **state)
{
    (void)state;
    struct gate g = {.entered = false};
    open_pool(1);
    assert_int_equal(sym_workers_run(workers, NULL, 0, 1, pass, count_end, &g), SYM_BAD_VALUE);
    assert_int_equal(sym_workers_run(workers, NULL, 1, 0, pass, count_end, &g), SYM_BAD_VALUE);
    struct job *j = start(5, 2, ITEMS);
    assert_int_equal(sym_loop_run(loop), SYM_OK);
    assert_int_equal(atomic_load(&g.ends), 0);
    free(j);
}

static void refuses_too_many_threads(void **state)
{
    (void)state;
    struct sym_workers *none = NULL;
    open_pool(1);
    assert_int_equal(sym_workers_new(&none, loop, 257), SYM_BAD_VALUE);
    assert_null(none);
}

/* A job that starts the next one and waits for it in done: the worst neighbour a watch can have. */
struct chain {
    atomic_uint worked;
    unsigned links;
    struct sym_timer *timer;
    bool loop_had_a_turn;
};

static enum sym_err count_work(void *context, size_t first, size_t n)
{
    struct chain *c = context;
    (void)first;
    (void)n;
    atomic_fetch_add(&c->worked, 1u);
    return SYM_OK;
}

static void note_turn(void *context)
{
    struct chain *c = context;
    c->loop_had_a_turn = c->links < 500;
    sym_loop_stop(loop);
}

static void start_next(void *context, enum sym_err err)
{
    struct chain *c = context;
    assert_int_equal(err, SYM_OK);
    unsigned worked = atomic_load(&c->worked);
    if (c->links == 0) {
        assert_int_equal(sym_loop_timer(loop, &c->timer, 5, note_turn, c), SYM_OK);
    }
    if (++c->links == 500) {
        sym_loop_stop(loop);
        return;
    }
    assert_int_equal(sym_workers_run(workers, NULL, 1, 1, count_work, start_next, c), SYM_OK);
    while (atomic_load(&c->worked) == worked) {
        (void)usleep(10);
    }
    (void)usleep(200);
}

static void lets_done_start_jobs_without_starving_the_loop(void **state)
{
    (void)state;
    struct chain c = {.links = 0};
    open_pool(1);
    assert_int_equal(sym_workers_run(workers, NULL, 1, 1, count_work, start_next, &c), SYM_OK);
    assert_int_equal(sym_loop_run(loop), SYM_OK);
    assert_true(c.loop_had_a_turn);
    assert_true(c.links > 0);
}

/* Opened by the first wait for a thread: whoever waits there has been told to end. */
static struct gate *opened_by_join;

int __real_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result);

int __wrap_pthread_join(pthread_t thread, void **result)
{
    if (opened_by_join != NULL) {
        atomic_store(&opened_by_join->open, true);
        opened_by_join = NULL;
    }
    return __real_pthread_join(thread, result);
}

static void waits_for_running_pieces_when_freed_and_runs_no_others(void **state)
{
    (void)state;
    static struct gate g; /* a piece that is not waited for outlives this function */
    open_pool(2);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(sym_workers_run(workers, NULL, 50, 1, pass, count_end, &g), SYM_OK);
    }
    while (!atomic_load(&g.entered)) {
        (void)usleep(100);
    }
    opened_by_join = &g;
    sym_workers_free(workers);
    workers = NULL;
    unsigned passed = atomic_load(&g.passed);
    assert_true(passed >= 1 && passed <= 2);
    assert_int_equal(atomic_load(&g.ends), 0);
}

static void never_calls_done_when_freed_before_the_loop_ran(void **state)
{
    (void)state;
    struct gate g = {.open = true};
    open_pool(3);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(sym_workers_run(workers, NULL, 2, 1, pass, count_end, &g), SYM_OK);
    }
    while (atomic_load(&g.passed) < 40) {
        (void)usleep(100);
    }
    sym_workers_free(workers);
    workers = NULL;
    assert_int_equal(atomic_load(&g.ends), 0);
    sym_workers_free(NULL);
}

static enum sym_err look_at_signals(void *context, size_t first, size_t n)
{
    atomic_bool *blocked = context;
    sigset_t set;
    (void)first;
    (void)n;
    (void)pthread_sigmask(SIG_BLOCK, NULL, &set);
    atomic_store(blocked, sigismember(&set, SIGTERM) == 1 && sigismember(&set, SIGCHLD) == 1);
    return SYM_OK;
}

static void leaves_signals_to_the_loops_thread(void **state)
{
    (void)state;
    atomic_bool blocked = false;
    sigset_t set;
    open_pool(1);
    assert_int_equal(sym_workers_run(workers, NULL, 1, 1, look_at_signals, stop_loop, &blocked),
                     SYM_OK);
    assert_int_equal(sym_loop_run(loop), SYM_OK);
    assert_true(atomic_load(&blocked));
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &set), 0);
    assert_int_equal(sigismember(&set, SIGTERM), 0);
}

static void has_one_thread_for_each_processor_it_may_use(void **state)
{
    (void)state;
    cpu_set_t before;
    cpu_set_t one;
    size_t first = 0;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    while (!CPU_ISSET(first, &before)) {
        first++;
    }
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    open_pool(0);
    assert_int_equal(sym_workers_count(workers), CPU_COUNT(&before));
    close_pool();
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    open_pool(0);
    assert_int_equal(sym_workers_count(workers), 1);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gives_each_item_to_exactly_one_piece_and_ends_on_the_loops_thread),
        TEST(reports_the_first_error_of_a_job_and_of_no_other),
        TEST(reports_an_error_whatever_piece_it_comes_from),
        TEST(runs_many_jobs_in_the_order_in_which_they_came),
        TEST(lets_those_who_have_few_jobs_take_turns_with_who_has_many),
        TEST(runs_as_many_pieces_at_once_as_there_are_threads),
        TEST(refuses_more_jobs_than_the_limit_until_some_have_ended),
        TEST(refuses_jobs_without_items_or_without_a_grain),
        TEST(refuses_too_many_threads),
        TEST(lets_done_start_jobs_without_starving_the_loop),
        TEST(waits_for_running_pieces_when_freed_and_runs_no_others),
        TEST(never_calls_done_when_freed_before_the_loop_ran),
        TEST(leaves_signals_to_the_loops_thread),
        TEST(has_one_thread_for_each_processor_it_may_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
