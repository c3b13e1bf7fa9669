/* Counting a dataset that changes under it: whoever waits hears of it once, when nothing of it is
 * at work any more. Segments, workers and timers are the test's own. */
#include "node/tabulation/contribution.h"

#include "node/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENTS 3u

static struct {
    sym_timer_fn *turn;
    void *owner;
    bool has_timer;
    size_t lost; /* the first segment that is gone */
    size_t held; /* contents */
    struct sym_work work;
    struct sym_errand_report report;
    bool working;
    unsigned told;
    enum sym_err err;
} stage;

/* What it is made from ---------------------------------------------------------------------------
 */

enum sym_err sym_loop_timer(struct sym_loop *loop, struct sym_timer **timer, uint64_t delay_ms,
                            sym_timer_fn *fn, void *context)
{
    (void)loop;
    (void)delay_ms;
    stage.turn = fn;
    stage.owner = context;
    stage.has_timer = true;
    *timer = (void *)&stage;
    return SYM_OK;
}

void sym_timer_set(struct sym_timer *timer, uint64_t delay_ms)
{
    (void)delay_ms;
    assert_ptr_equal(timer, &stage);
    assert_true(stage.has_timer);
}

void sym_timer_remove(struct sym_timer **timer)
{
    if (*timer != NULL) {
        stage.has_timer = false;
        *timer = NULL;
    }
}

size_t sym_content_segments(const struct sym_content *c)
{
    assert_non_null(c);
    return SEGMENTS;
}

enum sym_err sym_content_segment(const struct sym_content *c, size_t at, struct sym_segment *out)
{
    (void)c;
    *out = (struct sym_segment){.n_records = 0};
    return at >= stage.lost ? SYM_CANCELLED : SYM_OK;
}

void sym_segment_clear(struct sym_segment *s)
{
    memset(s, 0, sizeof *s);
}

size_t sym_segment_row_length(const struct sym_segment *s, size_t i)
{
    (void)s;
    (void)i;
    return 0;
}

void sym_content_release(struct sym_content *c)
{
    (void)c;
    stage.held--;
}

enum sym_err sym_errands_run(struct sym_errands *e, const struct sym_work *work,
                             const struct sym_errand_report *report)
{
    (void)e;
    assert_false(stage.working);
    stage.work = *work;
    stage.report = *report;
    stage.working = true;
    return SYM_OK;
}

/* The course -------------------------------------------------------------------------------------
 */

static void work_ends(void)
{
    assert_true(stage.working);
    stage.working = false;
    enum sym_err err = stage.work.run(stage.work.context, 0, stage.work.n);
    stage.report.fn(stage.report.owner, stage.report.subject, stage.work.context, err);
}

static void turn(void)
{
    assert_true(stage.has_timer);
    stage.turn(stage.owner);
}

static void on_done(void *owner, struct sym_contribution *c, enum sym_err err)
{
    (void)owner;
    (void)c;
    assert_false(stage.working);
    stage.told++;
    stage.err = err;
}

static struct sym_contribution *begin(size_t lost)
{
    const struct sym_span codes[] = {sym_span_text("male")};
    const struct sym_tab_dimension dimension = {
        .dimension = SYM_DIMENSION_SEX, .codes = codes, .n_codes = 1};
    const struct sym_tab_level level = {.dimensions = sym_span("", 1)};
    const struct sym_tab_query query = {.version = 1,
                                        .dimensions = &dimension,
                                        .n_dimensions = 1,
                                        .levels = &level,
                                        .n_levels = 1,
                                        .persons_max = 1,
                                        .cells_per_incident = 1,
                                        .epsilon_nano = 1000000000};
    struct sym_contribution *c = NULL;
    struct sym_contribution_config config = {.content = (void *)&stage, .records_per_incident = 1};
    struct sym_fault fault;
    memset(&stage, 0, sizeof stage);
    stage.lost = lost;
    stage.held = 1;
    assert_int_equal(sym_cube_new(&config.cube, &query, &fault), SYM_OK);
    assert_int_equal(sym_contribution_new(&c, &config, on_done, NULL), SYM_OK);
    sym_cube_free(config.cube);
    return c;
}

static void end(struct sym_contribution *c, enum sym_err err)
{
    assert_int_equal(stage.told, 1);
    assert_int_equal(stage.err, err);
    assert_int_equal(stage.held, 0);
    assert_false(stage.has_timer);
    sym_contribution_free(c);
}

static void counts_one_segment_while_it_reads_the_next(void **state)
{
    (void)state;
    struct sym_contribution *c = begin(SEGMENTS);
    turn();
    for (size_t i = 1; i < SEGMENTS; i++) {
        turn();
        work_ends();
    }
    assert_int_equal(stage.told, 0);
    work_ends();
    end(c, SYM_OK);
}

static void a_dataset_that_goes_while_it_is_counted_ends_it_once(void **state)
{
    (void)state;
    for (size_t lost = 0; lost < SEGMENTS; lost++) {
        struct sym_contribution *c = begin(lost);
        for (size_t i = 0; i < lost; i++) {
            turn();
            if (i > 0) {
                work_ends();
            }
        }
        turn(); /* finds it gone, with a segment at work */
        if (lost > 0) {
            assert_int_equal(stage.told, 0);
            work_ends();
        }
        end(c, SYM_CANCELLED);
    }
}

static void one_that_is_freed_at_work_tells_nobody(void **state)
{
    (void)state;
    for (size_t lost = 1; lost <= SEGMENTS; lost++) {
        struct sym_contribution *c = begin(lost);
        turn();
        turn();
        sym_contribution_free(c);
        work_ends();
        assert_int_equal(stage.told, 0);
        assert_int_equal(stage.held, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_one_segment_while_it_reads_the_next),
        cmocka_unit_test(a_dataset_that_goes_while_it_is_counted_ends_it_once),
        cmocka_unit_test(one_that_is_freed_at_work_tells_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
