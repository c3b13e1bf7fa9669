#include "proto/dimension.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static enum sym_err check(enum sym_dimension d, const char *code)
{
    return sym_dimension_check(d, sym_span_text(code));
}

static void every_dimension_is_found_by_its_text(void **state)
{
    (void)state;
    for (enum sym_dimension d = SYM_DIMENSION_NONE + 1; d < SYM_DIMENSION_COUNT; d++) {
        enum sym_dimension found = SYM_DIMENSION_NONE;
        assert_int_equal(sym_dimension_parse(&found, sym_span_text(sym_dimension_text(d))), SYM_OK);
        assert_int_equal(found, d);
    }
    assert_int_equal(SYM_DIMENSION_COUNT, 21);
}

static void refuses_a_dimension_that_does_not_exist(void **state)
{
    enum sym_dimension d;
    (void)state;
    static const char *const names[] = {"", "unknown", "Country", "country ", "geohash-5"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(sym_dimension_parse(&d, sym_span_text(names[i])), SYM_NOT_FOUND);
    }
    assert_string_equal(sym_dimension_text(SYM_DIMENSION_COUNT), "unknown");
    assert_int_equal(check(SYM_DIMENSION_NONE, "unknown"), SYM_OK);
    assert_int_equal(check(SYM_DIMENSION_NONE, "IT"), SYM_BAD_VALUE);
    assert_int_equal(check(SYM_DIMENSION_COUNT, "unknown"), SYM_BAD_VALUE);
    assert_int_equal(check((enum sym_dimension)200, "unknown"), SYM_BAD_VALUE);
}

static void knows_role_and_field(void **state)
{
    (void)state;
    assert_int_equal(sym_dimension_role(SYM_DIMENSION_TRANSIT), SYM_ROLE_PLACE);
    assert_int_equal(sym_dimension_role(SYM_DIMENSION_ORIGIN), SYM_ROLE_ORIGIN);
    assert_int_equal(sym_dimension_role(SYM_DIMENSION_QUARTER), SYM_ROLE_TIME);
    assert_int_equal(sym_dimension_field(SYM_DIMENSION_QUARTER), SYM_FIELD_OF_DATE);
    assert_int_equal(sym_dimension_field(SYM_DIMENSION_GEOHASH3), SYM_FIELD_OF_POINT);
    assert_int_equal(sym_dimension_field(SYM_DIMENSION_CONTROL), SYM_FIELD_OF_CONTROL);
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '+';
}

static void words_are_plain_and_distinct_and_end_with_unknown(void **state)
{
    (void)state;
    for (enum sym_dimension d = SYM_DIMENSION_NONE + 1; d < SYM_DIMENSION_COUNT; d++) {
        size_t n = 99;
        const char *const *words = sym_dimension_words(d, &n);
        assert_true((words == NULL) == (sym_dimension_role(d) != SYM_ROLE_CATEGORY));
        if (words == NULL) {
            assert_int_equal(n, 0);
            continue;
        }
        assert_in_range(n, 3, 40);
        assert_string_equal(words[n - 1], SYM_CODE_UNKNOWN);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(check(d, words[i]), SYM_OK);
            for (const char *c = words[i]; *c != '\0'; c++) {
                assert_true(is_plain(*c));
            }
            for (size_t j = 0; j < i; j++) {
                assert_string_not_equal(words[i], words[j]);
            }
        }
    }
}

struct code {
    enum sym_dimension dimension;
    const char *code;
};

static void takes_codes_of_every_form(void **state)
{
    (void)state;
    static const struct code good[] = {
        {SYM_DIMENSION_COUNTRY, "IT"},
        {SYM_DIMENSION_COUNTRY, "at-sea"},
        {SYM_DIMENSION_ORIGIN, "several"},
        {SYM_DIMENSION_DESTINATION, "XK"},
        {SYM_DIMENSION_TRANSIT, "unknown"},
        {SYM_DIMENSION_ADMIN1, "IT.09"},
        {SYM_DIMENSION_ADMIN1, "GB.ENG"},
        {SYM_DIMENSION_ADMIN1, "AI.11205389"},
        {SYM_DIMENSION_CITY, "IT.09.Milan"},
        {SYM_DIMENSION_CITY, "GB.ENG.St. Helens"},
        {SYM_DIMENSION_CITY, "AD.06.Sant Juli\xc3\xa0 de L\xc3\xb2ria"},
        {SYM_DIMENSION_GEOHASH1, "u"},
        {SYM_DIMENSION_GEOHASH4, "u0nd"},
        {SYM_DIMENSION_YEAR, "1900"},
        {SYM_DIMENSION_YEAR, "2199"},
        {SYM_DIMENSION_QUARTER, "2019-Q4"},
        {SYM_DIMENSION_MONTH, "2019-12"},
        {SYM_DIMENSION_MONTH, "unknown"},
        {SYM_DIMENSION_EXPLOITATION, "forced-labour"},
        {SYM_DIMENSION_AGE, "48+"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(check(good[i].dimension, good[i].code), SYM_OK);
    }
}

static void refuses_codes_of_another_form(void **state)
{
    (void)state;
    static const struct code bad[] = {
        {SYM_DIMENSION_COUNTRY, ""},
        {SYM_DIMENSION_COUNTRY, "it"},
        {SYM_DIMENSION_COUNTRY, "ITA"},
        {SYM_DIMENSION_COUNTRY, "I"},
        {SYM_DIMENSION_COUNTRY, "IT.09"},
        {SYM_DIMENSION_ADMIN1, "IT"},
        {SYM_DIMENSION_ADMIN1, "IT."},
        {SYM_DIMENSION_ADMIN1, "IT.123456789"},
        {SYM_DIMENSION_ADMIN1, "IT.0a"},
        {SYM_DIMENSION_ADMIN1, "IT-09"},
        {SYM_DIMENSION_ADMIN1, "IT.09.Milan"},
        {SYM_DIMENSION_CITY, "IT.09"},
        {SYM_DIMENSION_CITY, "IT.09."},
        {SYM_DIMENSION_CITY, "IT.09. Milan"},
        {SYM_DIMENSION_CITY, "IT..Milan"},
        {SYM_DIMENSION_CITY, "IT.09.Mi\tlan"},
        {SYM_DIMENSION_CITY, "IT.09.Mil\xff"},
        {SYM_DIMENSION_GEOHASH1, "at-sea"},
        {SYM_DIMENSION_GEOHASH1, "several"},
        {SYM_DIMENSION_GEOHASH1, "a"},
        {SYM_DIMENSION_GEOHASH2, "U0"},
        {SYM_DIMENSION_GEOHASH3, "u0"},
        {SYM_DIMENSION_GEOHASH4, "u0ndd"},
        {SYM_DIMENSION_YEAR, "1899"},
        {SYM_DIMENSION_YEAR, "2200"},
        {SYM_DIMENSION_YEAR, "201"},
        {SYM_DIMENSION_YEAR, "20199"},
        {SYM_DIMENSION_YEAR, "several"},
        {SYM_DIMENSION_QUARTER, "2019-Q0"},
        {SYM_DIMENSION_QUARTER, "2019-Q5"},
        {SYM_DIMENSION_QUARTER, "2019-q1"},
        {SYM_DIMENSION_QUARTER, "2019-01"},
        {SYM_DIMENSION_MONTH, "2019-00"},
        {SYM_DIMENSION_MONTH, "2019-13"},
        {SYM_DIMENSION_MONTH, "2019-1"},
        {SYM_DIMENSION_MONTH, "2019/01"},
        {SYM_DIMENSION_EXPLOITATION, "Forced-labour"},
        {SYM_DIMENSION_EXPLOITATION, "forced-labou"},
        {SYM_DIMENSION_EXPLOITATION, "agriculture"},
        {SYM_DIMENSION_SEX, "several"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (check(bad[i].dimension, bad[i].code) != SYM_BAD_VALUE) {
            fail_msg("took \"%s\" as %s", bad[i].code, sym_dimension_text(bad[i].dimension));
        }
    }
}

static void refuses_a_city_longer_than_a_code(void **state)
{
    (void)state;
    char code[SYM_CODE_BYTES_MAX + 1];
    memset(code, 'x', sizeof code);
    memcpy(code, "IT.09.", 6);
    assert_int_equal(sym_dimension_check(SYM_DIMENSION_CITY, sym_span(code, SYM_CODE_BYTES_MAX)),
                     SYM_OK);
    assert_int_equal(sym_dimension_check(SYM_DIMENSION_CITY, sym_span(code, sizeof code)),
                     SYM_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dimension_is_found_by_its_text),
        cmocka_unit_test(refuses_a_dimension_that_does_not_exist),
        cmocka_unit_test(knows_role_and_field),
        cmocka_unit_test(words_are_plain_and_distinct_and_end_with_unknown),
        cmocka_unit_test(takes_codes_of_every_form),
        cmocka_unit_test(refuses_codes_of_another_form),
        cmocka_unit_test(refuses_a_city_longer_than_a_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
