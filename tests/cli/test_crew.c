#include "cli/ingest/crew.h"
#include "crypto/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define ROWS    20u
#define BATCHES 60u

/* Telephone numbers take long: a batch that came back too early would have no tokens. */
static const struct sym_binding binding = {.id = 0,
                                           .n_columns = 2,
                                           .identifiers = {{.type = SYM_TOKEN_PHONE,
                                                            .values = {1},
                                                            .n_values = 1,
                                                            .second = SYM_BOUND_NONE}},
                                           .n = 1};
static const struct sym_canon_rules rules = {.region = "GB"};

static struct sym_crew *crew_of(unsigned threads)
{
    struct sym_crew *c = NULL;
    assert_int_equal(sym_crew_new(&c, &binding, &rules, threads, NULL), SYM_OK);
    return c;
}

static void fill(struct sym_batch *b, unsigned number)
{
    for (unsigned i = 0; i < ROWS; i++) {
        char phone[32];
        char id[32];
        (void)snprintf(phone, sizeof phone, "020 7946 %04u", i);
        (void)snprintf(id, sizeof id, "%u", number);
        const struct sym_span fields[] = {sym_span_text(id), sym_span_text(phone)};
        const struct sym_csv_row row = {.fields = fields, .n = 2, .line = number};
        assert_int_equal(sym_batch_add(b, &row), SYM_OK);
    }
}

static void assert_worked(const struct sym_batch *b, unsigned number)
{
    assert_int_equal(b->err, SYM_OK);
    assert_int_equal(b->n_rows, ROWS);
    assert_int_equal(b->rows[0].line, number);
    assert_int_equal(b->n_tokens, ROWS);
    assert_int_equal(b->n_remarks, 0);
}

static void batches_come_back_in_order_and_worked_on(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 5; threads += 2) {
        struct sym_crew *c = crew_of(threads);
        unsigned back = 0;
        for (unsigned i = 0; i < BATCHES; i++) {
            struct sym_batch *b = sym_crew_free_batch(c);
            if (b == NULL) {
                assert_worked(sym_crew_get_back(c, true), back++);
                b = sym_crew_free_batch(c);
            }
            fill(b, i);
            sym_crew_hand_in(c);
            while ((b = sym_crew_get_back(c, false)) != NULL) {
                assert_worked(b, back++);
            }
        }
        for (struct sym_batch *b; (b = sym_crew_get_back(c, true)) != NULL;) {
            assert_worked(b, back++);
        }
        assert_int_equal(back, BATCHES);
        sym_crew_free(c);
    }
}

static void there_are_two_batches_more_than_threads(void **state)
{
    (void)state;
    struct sym_crew *c = crew_of(2);
    for (unsigned i = 0; i < 4; i++) {
        struct sym_batch *b = sym_crew_free_batch(c);
        assert_non_null(b);
        fill(b, i);
        sym_crew_hand_in(c);
    }
    assert_null(sym_crew_free_batch(c));
    assert_worked(sym_crew_get_back(c, true), 0);
    assert_non_null(sym_crew_free_batch(c));
    sym_crew_free(c);
}

static void nothing_comes_back_when_nothing_is_out(void **state)
{
    (void)state;
    struct sym_crew *c = crew_of(1);
    assert_null(sym_crew_get_back(c, false));
    assert_null(sym_crew_get_back(c, true));
    sym_crew_free(c);
    sym_crew_free(NULL);
}

static void a_crew_may_be_left_with_work_undone(void **state)
{
    (void)state;
    struct sym_crew *c = crew_of(1);
    for (unsigned i = 0; i < 3; i++) {
        fill(sym_crew_free_batch(c), i);
        sym_crew_hand_in(c);
    }
    sym_crew_free(c);
}

static void refuses_rules_that_cannot_be(void **state)
{
    (void)state;
    const struct sym_canon_rules wrong = {.region = "XX"};
    struct sym_crew *c = NULL;
    struct sym_fault fault = {SYM_OK, ""};
    assert_int_equal(sym_crew_new(&c, &binding, &wrong, 2, &fault), SYM_BAD_VALUE);
    assert_null(c);
    assert_non_null(strstr(fault.text, "region: \"XX\""));
}

static int setup(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_come_back_in_order_and_worked_on),
        cmocka_unit_test(there_are_two_batches_more_than_threads),
        cmocka_unit_test(nothing_comes_back_when_nothing_is_out),
        cmocka_unit_test(a_crew_may_be_left_with_work_undone),
        cmocka_unit_test(refuses_rules_that_cannot_be),
    };
    return cmocka_run_group_tests_name("crew", tests, setup, NULL);
}
