/* What this node would add, for its own users: how a count that fails ends, and who has to wait for
 * whom. Datasets and counting are the test's own. */
#include "node/core/preview.h"

#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct sym_preview preview;
    uint8_t *room;
    struct sym_fault fault;
    unsigned begun;
    sym_contribution_fn *done;
    bool is_there;   /* the dataset */
    uint8_t edition; /* of it */
    uint32_t cells_per_incident;
    unsigned held;
} stage;

/* What it is made from ---------------------------------------------------------------------------
 */

enum sym_err sym_datasets_find(const struct sym_datasets *d, size_t *at, struct sym_span name,
                               struct sym_fault *fault)
{
    (void)d;
    (void)name;
    *at = 0;
    return stage.is_there ? SYM_OK : sym_fail(fault, SYM_NOT_FOUND, "dataset: does not exist");
}

void sym_datasets_basis(const struct sym_datasets *d, size_t at, uint8_t out[SYM_DIGEST_BYTES])
{
    (void)d;
    (void)at;
    memset(out, stage.edition, SYM_DIGEST_BYTES);
}

enum sym_err sym_snapshot_hold(struct sym_content **out, struct sym_dataset_row *row,
                               struct sym_datasets *d, struct sym_span name,
                               struct sym_fault *fault)
{
    (void)d;
    (void)name;
    *row = (struct sym_dataset_row){.name = sym_span_text("cases"),
                                    .kind = SYM_DATASET_AGGREGATES,
                                    .epoch = 1,
                                    .cells_per_incident = stage.cells_per_incident,
                                    .persons_max = 1};
    *out = (void *)&stage;
    stage.held += stage.is_there;
    return stage.is_there ? SYM_OK : sym_fail(fault, SYM_NOT_FOUND, "dataset: does not exist");
}

void sym_content_release(struct sym_content *c)
{
    (void)c;
    stage.held--;
}

enum sym_err sym_contribution_new(struct sym_contribution **out,
                                  const struct sym_contribution_config *config,
                                  sym_contribution_fn *done, void *owner)
{
    assert_ptr_equal(owner, &stage.preview);
    assert_non_null(config->cube);
    *out = (void *)&stage;
    stage.done = done;
    stage.begun++;
    return SYM_OK;
}

void sym_contribution_free(struct sym_contribution *c)
{
    stage.held -= c != NULL;
}

uint64_t *sym_contribution_take(struct sym_contribution *c)
{
    (void)c;
    uint64_t *cells = calloc(2, sizeof *cells);
    assert_non_null(cells);
    cells[0] = stage.begun;
    return cells;
}

void sym_contribution_records(const struct sym_contribution *c, uint64_t *counted,
                              uint64_t *left_out)
{
    (void)c;
    *counted = stage.begun;
    *left_out = 0;
}

/* The course -------------------------------------------------------------------------------------
 */

static int set_up(void **state)
{
    (void)state;
    memset(&stage, 0, sizeof stage);
    stage.is_there = true;
    stage.cells_per_incident = 1;
    stage.room = malloc(SYM_CELLS_PAGE_BYTES);
    assert_non_null(stage.room);
    sym_preview_init(&stage.preview, NULL, NULL, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sym_preview_clear(&stage.preview);
    assert_int_equal(stage.held, 0);
    free(stage.room);
    return 0;
}

/* The counts by sex of this dataset. */
static enum sym_err ask_from(const char *dataset, uint32_t first)
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
    uint8_t bytes[256];
    size_t len = 0;
    struct sym_cells_page page;
    assert_int_equal(sym_encode(bytes, sizeof bytes, &len, &sym_msg_tab_query, &query), SYM_OK);
    const struct sym_tabulate_start start = {.dataset = sym_span_text(dataset),
                                             .query = sym_span(bytes, len)};
    enum sym_err err =
        sym_preview_page(&stage.preview, &page, stage.room, &start, first, &stage.fault);
    if (err == SYM_OK) {
        assert_int_equal(page.records, stage.begun);
        assert_int_equal(page.next, 0);
    }
    return err;
}

static enum sym_err ask(const char *dataset)
{
    return ask_from(dataset, 0);
}

static void ends(enum sym_err err)
{
    stage.done(&stage.preview, (void *)&stage, err);
}

static void nobody_came_for_a_second(void)
{
    stage.preview.asked_ms -= 1000;
}

static void is_counted_once_and_kept(void **state)
{
    (void)state;
    assert_int_equal(ask("cases"), SYM_AGAIN);
    assert_int_equal(ask("cases"), SYM_AGAIN);
    ends(SYM_OK);
    assert_int_equal(ask("cases"), SYM_OK);
    assert_int_equal(ask("cases"), SYM_OK);
    assert_int_equal(stage.begun, 1);
}

static void counts_no_more_than_the_question_promises(void **state)
{
    (void)state;
    stage.cells_per_incident = 2;
    assert_int_equal(ask("cases"), SYM_DENIED);
    assert_non_null(strstr(stage.fault.text, "ask with --cells-per-incident 2"));
    assert_int_equal(stage.begun, 0);
    stage.cells_per_incident = 1;
    assert_int_equal(ask("cases"), SYM_AGAIN);
}

static void a_count_that_failed_is_told_once_and_begun_by_the_next(void **state)
{
    (void)state;
    assert_int_equal(ask("cases"), SYM_AGAIN);
    ends(SYM_LIMIT);
    assert_int_equal(ask("cases"), SYM_LIMIT);
    assert_int_equal(stage.begun, 1);
    assert_int_equal(ask("cases"), SYM_AGAIN);
    assert_int_equal(stage.begun, 2);
}

static void a_dataset_that_changed_meanwhile_is_counted_again(void **state)
{
    (void)state;
    assert_int_equal(ask("cases"), SYM_AGAIN);
    ends(SYM_CANCELLED);
    assert_int_equal(ask("cases"), SYM_AGAIN);
    assert_int_equal(stage.begun, 2);
    ends(SYM_CANCELLED);
    stage.is_there = false;
    assert_int_equal(ask("cases"), SYM_NOT_FOUND);
    assert_string_equal(stage.fault.text, "dataset: does not exist");
}

static void a_dataset_that_changed_since_is_counted_again(void **state)
{
    (void)state;
    assert_int_equal(ask("cases"), SYM_AGAIN);
    ends(SYM_OK);
    assert_int_equal(ask("cases"), SYM_OK);
    stage.edition++;
    assert_int_equal(ask_from("cases", 1), SYM_CANCELLED);
    assert_int_equal(ask("cases"), SYM_AGAIN);
    assert_int_equal(stage.begun, 2);
    ends(SYM_OK);
    assert_int_equal(ask("cases"), SYM_OK);
}

static void a_dataset_that_was_dropped_is_told_no_more(void **state)
{
    (void)state;
    assert_int_equal(ask("cases"), SYM_AGAIN);
    ends(SYM_OK);
    stage.is_there = false;
    assert_int_equal(ask("cases"), SYM_NOT_FOUND);
    assert_string_equal(stage.fault.text, "dataset: does not exist");
    assert_null(stage.preview.cells);
}

static void a_change_wipes_what_was_counted_at_once(void **state)
{
    (void)state;
    assert_int_equal(ask("cases"), SYM_AGAIN);
    ends(SYM_OK);
    sym_preview_look(&stage.preview);
    assert_non_null(stage.preview.cells);
    stage.edition++;
    sym_preview_look(&stage.preview);
    assert_null(stage.preview.cells);
    assert_int_equal(stage.held, 0);
}

static void a_change_ends_the_count_that_runs(void **state)
{
    (void)state;
    assert_int_equal(ask("cases"), SYM_AGAIN);
    stage.is_there = false;
    sym_preview_look(&stage.preview);
    assert_int_equal(stage.held, 0);
    sym_preview_look(&stage.preview);
}

static void two_questions_wait_for_each_other(void **state)
{
    (void)state;
    assert_int_equal(ask("cases"), SYM_AGAIN);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(ask("other"), SYM_AGAIN);
        assert_int_equal(ask("cases"), SYM_AGAIN);
    }
    assert_int_equal(stage.begun, 1);
    ends(SYM_OK);
    assert_int_equal(ask("other"), SYM_AGAIN); /* who began it comes for it first */
    assert_int_equal(ask("cases"), SYM_OK);
    assert_int_equal(ask("other"), SYM_AGAIN);
    assert_int_equal(stage.begun, 2);
    ends(SYM_OK);
    assert_int_equal(ask("other"), SYM_OK);
}

static void one_that_nobody_comes_for_gives_way(void **state)
{
    (void)state;
    assert_int_equal(ask("cases"), SYM_AGAIN);
    nobody_came_for_a_second();
    assert_int_equal(ask("other"), SYM_AGAIN);
    assert_int_equal(stage.begun, 2);
    ends(SYM_OK);
    assert_int_equal(ask("other"), SYM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        T(is_counted_once_and_kept),
        T(counts_no_more_than_the_question_promises),
        T(a_count_that_failed_is_told_once_and_begun_by_the_next),
        T(a_dataset_that_changed_meanwhile_is_counted_again),
        T(a_dataset_that_changed_since_is_counted_again),
        T(a_dataset_that_was_dropped_is_told_no_more),
        T(a_change_wipes_what_was_counted_at_once),
        T(a_change_ends_the_count_that_runs),
        T(two_questions_wait_for_each_other),
        T(one_that_nobody_comes_for_gives_way),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
