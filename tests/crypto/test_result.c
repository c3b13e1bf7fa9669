/* Results: every error has a name and a text of its own, and faults stay inside their bounds. */
#include "crypto/result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void ok_is_zero_and_done(void **state)
{
    (void)state;
    assert_int_equal(SYM_OK, 0);
    assert_string_equal(sym_err_name(SYM_OK), "OK");
    assert_string_equal(sym_err_text(SYM_OK), "done");
}

static void names_and_texts_belong_to_their_error(void **state)
{
    (void)state;
    assert_string_equal(sym_err_name(SYM_BAD_TAG), "BAD_TAG");
    assert_string_equal(sym_err_text(SYM_SHORT), "ends too early");
    assert_string_equal(sym_err_name(SYM_INTERNAL), "INTERNAL");
}

static void no_two_errors_share_a_name_or_a_text(void **state)
{
    (void)state;
    for (int a = 0; a < SYM_ERR_COUNT; a++) {
        assert_true(strlen(sym_err_name((enum sym_err)a)) > 0);
        assert_true(strlen(sym_err_text((enum sym_err)a)) > 0);
        for (int b = 0; b < a; b++) {
            assert_string_not_equal(sym_err_name((enum sym_err)a), sym_err_name((enum sym_err)b));
            assert_string_not_equal(sym_err_text((enum sym_err)a), sym_err_text((enum sym_err)b));
        }
    }
}

static void calls_a_number_that_is_no_error_internal(void **state)
{
    (void)state;
    static const int numbers[] = {SYM_ERR_COUNT, SYM_ERR_COUNT + 1, -1, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        assert_string_equal(sym_err_name((enum sym_err)numbers[i]), "INTERNAL");
        assert_string_equal(sym_err_text((enum sym_err)numbers[i]), sym_err_text(SYM_INTERNAL));
    }
}

static void a_fault_keeps_the_error_and_the_line(void **state)
{
    (void)state;
    struct sym_fault fault;
    enum sym_err err = sym_fail(&fault, SYM_EXPIRED, "card %s: expired %d days ago", "bank-b", 3);
    assert_int_equal(err, SYM_EXPIRED);
    assert_int_equal(fault.err, SYM_EXPIRED);
    assert_string_equal(fault.text, "card bank-b: expired 3 days ago");
}

static void a_fault_that_nobody_wants_still_returns_the_error(void **state)
{
    (void)state;
    assert_int_equal(sym_fail(NULL, SYM_DENIED, "%s", "unused"), SYM_DENIED);
}

static void cuts_a_line_that_is_longer_than_a_fault(void **state)
{
    (void)state;
    char line[2 * SYM_FAULT_BYTES];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = 0;
    struct {
        struct sym_fault fault;
        char after[8];
    } held = {.after = "guarded"};
    (void)sym_fail(&held.fault, SYM_LIMIT, "%s", line);
    assert_int_equal(strlen(held.fault.text), SYM_FAULT_BYTES - 1);
    assert_string_equal(held.after, "guarded");
}

static void cuts_no_character_in_two(void **state)
{
    (void)state;
    static const char *const characters[] = {"\xc3\xa4", "\xe6\x97\xa5", "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < 3; i++) {
        size_t whole = strlen(characters[i]);
        for (size_t before = SYM_FAULT_BYTES - 8; before < SYM_FAULT_BYTES; before++) {
            char line[SYM_FAULT_BYTES + 32];
            struct sym_fault fault;
            memset(line, 'x', sizeof line);
            memcpy(line + before, characters[i], whole);
            line[sizeof line - 1] = 0;
            (void)sym_fail(&fault, SYM_LIMIT, "%s", line);
            bool fits = before + whole <= SYM_FAULT_BYTES - 1;
            size_t expected = fits ? SYM_FAULT_BYTES - 1 : before;
            expected = expected < SYM_FAULT_BYTES - 1 ? expected : SYM_FAULT_BYTES - 1;
            assert_int_equal(strlen(fault.text), expected);
            assert_memory_equal(fault.text, line, expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ok_is_zero_and_done),
        cmocka_unit_test(names_and_texts_belong_to_their_error),
        cmocka_unit_test(no_two_errors_share_a_name_or_a_text),
        cmocka_unit_test(calls_a_number_that_is_no_error_internal),
        cmocka_unit_test(a_fault_keeps_the_error_and_the_line),
        cmocka_unit_test(a_fault_that_nobody_wants_still_returns_the_error),
        cmocka_unit_test(cuts_a_line_that_is_longer_than_a_fault),
        cmocka_unit_test(cuts_no_character_in_two),
    };
    return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
