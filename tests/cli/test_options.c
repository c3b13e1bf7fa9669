#include "cli/nearest.h"
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct sym_option table[] = {
    {.name = "dir", .argument = "DIR", .help = ""},
    {.name = "json", .help = ""},
    {.name = "days", .argument = "N", .help = ""},
    {.name = "endpoint", .argument = "HOST:PORT", .help = "", .many = true},
    {.name = "help", .help = ""},
    {0},
};

#define WORDS_MAX 300

/* A command line under test. */
struct line {
    char text[8192];
    char *argv[WORDS_MAX];
    int argc;
    struct sym_args args;
    struct sym_fault fault;
};

static void cut(struct line *l, const char *words)
{
    memset(l, 0, sizeof *l);
    assert_true(strlen(words) < sizeof l->text);
    memcpy(l->text, words, strlen(words) + 1);
    char *rest = NULL;
    for (char *word = strtok_r(l->text, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        assert_true(l->argc + 1 < WORDS_MAX);
        l->argv[l->argc++] = word;
    }
    sym_args_know(&l->args, table);
}

static enum sym_err parse(struct line *l, const char *words)
{
    cut(l, words);
    return sym_args_parse(&l->args, l->argc, l->argv, &l->fault);
}

static void takes_options_and_operands_in_any_order(void **state)
{
    (void)state;
    struct line l;
    assert_int_equal(parse(&l, "x one --dir D two --json three"), SYM_OK);
    assert_string_equal(sym_args_value(&l.args, "dir"), "D");
    assert_true(sym_args_has(&l.args, "json"));
    assert_int_equal(l.args.n_operands, 3);
    assert_string_equal(l.args.operands[0], "one");
    assert_string_equal(l.args.operands[2], "three");
}

static void takes_a_value_behind_an_equals_sign(void **state)
{
    (void)state;
    struct line l;
    assert_int_equal(parse(&l, "x --dir=a=b"), SYM_OK);
    assert_string_equal(sym_args_value(&l.args, "dir"), "a=b");
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    struct line l;
    assert_int_equal(parse(&l, "x -- --json -y"), SYM_OK);
    assert_false(sym_args_has(&l.args, "json"));
    assert_int_equal(l.args.n_operands, 2);
    assert_string_equal(l.args.operands[1], "-y");
}

static void parses_again_from_the_start(void **state)
{
    (void)state;
    struct line l;
    assert_int_equal(parse(&l, "x a b c d --json"), SYM_OK);
    assert_int_equal(parse(&l, "x --dir D"), SYM_OK);
    assert_string_equal(sym_args_value(&l.args, "dir"), "D");
    assert_int_equal(l.args.n_operands, 0);
}

static void an_option_that_was_not_given_has_no_value(void **state)
{
    (void)state;
    struct line l;
    const char *values[2];
    uint64_t days = 42;
    assert_int_equal(parse(&l, "x"), SYM_OK);
    assert_null(sym_args_value(&l.args, "dir"));
    assert_int_equal(sym_args_values(values, 2, &l.args, "endpoint"), 0);
    assert_int_equal(sym_args_number(&days, &l.args, "days", 1, 9, &l.fault), SYM_OK);
    assert_int_equal(days, 42);
}

static void keeps_repeated_options_in_order_up_to_a_number(void **state)
{
    (void)state;
    struct line l;
    const char *values[2] = {NULL};
    assert_int_equal(parse(&l, "x --endpoint a:1 --json --endpoint b:2 --endpoint c:3"), SYM_OK);
    assert_int_equal(sym_args_values(values, 2, &l.args, "endpoint"), 2);
    assert_string_equal(values[0], "a:1");
    assert_string_equal(values[1], "b:2");
}

static void h_is_short_for_help(void **state)
{
    (void)state;
    struct line l;
    assert_int_equal(parse(&l, "x -h"), SYM_OK);
    assert_true(sym_args_has(&l.args, "help"));
}

static void finds_the_first_operand_behind_options_with_values(void **state)
{
    (void)state;
    struct line l;
    int at = 0;
    cut(&l, "x --dir D --json command --unknown");
    assert_int_equal(sym_args_first_operand(&at, &l.args, l.argc, l.argv, &l.fault), SYM_OK);
    assert_int_equal(at, 4);
    cut(&l, "x --json");
    assert_int_equal(sym_args_first_operand(&at, &l.args, l.argc, l.argv, &l.fault), SYM_OK);
    assert_int_equal(at, 2);
}

static void refuse(const char *words, const char *fault)
{
    struct line l;
    assert_int_equal(parse(&l, words), SYM_BAD_VALUE);
    assert_string_equal(l.fault.text, fault);
    assert_int_equal(l.fault.err, SYM_BAD_VALUE);
}

static void refuses_an_unknown_option_with_a_hint_where_one_is_close(void **state)
{
    (void)state;
    refuse("x --jsno", "--jsno: there is no such option; did you mean --json?");
    refuse("x --quantum", "--quantum: there is no such option");
    refuse("x --from", "--from: there is no such option");
    refuse("x -q", "-q: there is no such option; options are written out, such as --help");
}

/* Somebody meant another, or had not finished. */
static void refuses_an_option_that_is_cut(void **state)
{
    (void)state;
    struct line l;
    int at = 0;
    refuse("x --js", "--js: there is no such option; did you mean --json?");
    refuse("x --di D", "--di: there is no such option; did you mean --dir?");
    refuse("x --endp=a:1", "--endp: there is no such option; did you mean --endpoint?");
    refuse("x operand --js other", "--js: there is no such option; did you mean --json?");
    assert_int_equal(parse(&l, "x --dir=D --endpoint a:1 --json"), SYM_OK);
    cut(&l, "x --di D command");
    assert_int_equal(sym_args_first_operand(&at, &l.args, l.argc, l.argv, &l.fault), SYM_BAD_VALUE);
}

/* As in a script whose variable is empty. */
static void does_not_take_an_option_for_the_value_of_another(void **state)
{
    (void)state;
    struct line l;
    refuse("x --dir --json", "--dir: needs a value: --dir DIR");
    refuse("x --dir --endpoint=a:1", "--dir: needs a value: --dir DIR");
    assert_int_equal(parse(&l, "x --dir=--json"), SYM_OK);
    assert_string_equal(sym_args_value(&l.args, "dir"), "--json");
    assert_int_equal(parse(&l, "x --dir --folder"), SYM_OK);
    assert_string_equal(sym_args_value(&l.args, "dir"), "--folder");
}

static void shows_no_control_character_of_an_argument(void **state)
{
    (void)state;
    refuse("x --\033[31mred", "--\\x1b[31mred: there is no such option");
    refuse("x -\033", "-\\x1b: there is no such option; options are written out, such as --help");
}

static void refuses_an_option_without_its_value(void **state)
{
    (void)state;
    refuse("x --json --dir", "--dir: needs a value: --dir DIR");
}

static void refuses_a_value_where_none_belongs(void **state)
{
    (void)state;
    refuse("x --json=yes", "--json: takes no value");
}

static void refuses_an_option_that_is_given_twice(void **state)
{
    (void)state;
    refuse("x --dir A --dir B", "--dir: was given twice");
    refuse("x --json --json", "--json: was given twice");
}

static void refuses_an_unknown_option_before_the_first_operand(void **state)
{
    (void)state;
    struct line l;
    int at = 7;
    cut(&l, "x --bogus command");
    assert_int_equal(sym_args_first_operand(&at, &l.args, l.argc, l.argv, &l.fault), SYM_BAD_VALUE);
    assert_int_equal(at, 7);
}

static void refuses_more_options_than_it_can_keep(void **state)
{
    (void)state;
    struct line l;
    char words[8192] = "x";
    for (unsigned i = 0; i <= SYM_GIVEN_MAX; i++) {
        strcat(words, " --endpoint=a:1");
    }
    assert_int_equal(parse(&l, words), SYM_LIMIT);
}

static void numbers_are_taken_within_their_bounds_only(void **state)
{
    (void)state;
    uint64_t n = 5;
    assert_int_equal(sym_number_parse(&n, "18446744073709551615", 0, UINT64_MAX), SYM_OK);
    assert_true(n == UINT64_MAX);
    assert_int_equal(sym_number_parse(&n, "007", 1, 7), SYM_OK);
    assert_int_equal(n, 7);
    static const char *const bad[] = {"",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1x",
                                      "0x1",
                                      "1.0",
                                      "1e3",
                                      "0",
                                      "8",
                                      "18446744073709551616",
                                      "18446744073709551617"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(sym_number_parse(&n, bad[i], 1, 7), SYM_BAD_VALUE);
    }
    assert_int_equal(n, 7);
}

static void a_refused_number_is_named_with_its_bounds(void **state)
{
    (void)state;
    struct line l;
    uint64_t days = 0;
    assert_int_equal(parse(&l, "x --days 0"), SYM_OK);
    assert_int_equal(sym_args_number(&days, &l.args, "days", 1, 1096, &l.fault), SYM_BAD_VALUE);
    assert_string_equal(l.fault.text, "--days: \"0\" is not a whole number from 1 to 1096");
}

static const char *nearest(const char *typed)
{
    static const char *const words[] = {"status", "peer list", "peer add", "card"};
    struct sym_nearest n = sym_nearest(typed);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        sym_nearest_try(&n, words[i], words[i]);
    }
    return n.best;
}

static void finds_the_word_that_was_meant(void **state)
{
    (void)state;
    assert_string_equal(nearest("staus"), "status");
    assert_string_equal(nearest("peer lst"), "peer list");
    assert_string_equal(nearest("peers add"), "peer add");
    assert_string_equal(nearest("crd"), "card");
    assert_string_equal(nearest("card"), "card");
}

static void guesses_nothing_for_words_that_are_far_off(void **state)
{
    (void)state;
    assert_null(nearest("x"));
    assert_null(nearest("overlap"));
    assert_null(nearest("a word that is longer than any that a person could have meant to type"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_options_and_operands_in_any_order),
        cmocka_unit_test(takes_a_value_behind_an_equals_sign),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(parses_again_from_the_start),
        cmocka_unit_test(an_option_that_was_not_given_has_no_value),
        cmocka_unit_test(keeps_repeated_options_in_order_up_to_a_number),
        cmocka_unit_test(h_is_short_for_help),
        cmocka_unit_test(finds_the_first_operand_behind_options_with_values),
        cmocka_unit_test(refuses_an_unknown_option_with_a_hint_where_one_is_close),
        cmocka_unit_test(shows_no_control_character_of_an_argument),
        cmocka_unit_test(refuses_an_option_that_is_cut),
        cmocka_unit_test(does_not_take_an_option_for_the_value_of_another),
        cmocka_unit_test(refuses_an_option_without_its_value),
        cmocka_unit_test(refuses_a_value_where_none_belongs),
        cmocka_unit_test(refuses_an_option_that_is_given_twice),
        cmocka_unit_test(refuses_an_unknown_option_before_the_first_operand),
        cmocka_unit_test(refuses_more_options_than_it_can_keep),
        cmocka_unit_test(numbers_are_taken_within_their_bounds_only),
        cmocka_unit_test(a_refused_number_is_named_with_its_bounds),
        cmocka_unit_test(finds_the_word_that_was_meant),
        cmocka_unit_test(guesses_nothing_for_words_that_are_far_off),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
