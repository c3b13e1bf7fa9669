/* Dates of incidents, and the words of other standards. */
#include "cli/ingest/vocabulary.h"
#include "cli/ingest/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void reads_dates_as_closely_as_they_say_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum sym_dates order;
        enum sym_date_precision precision;
        unsigned year, month, day;
    } known[] = {
        {"2020-01-05", SYM_DATES_ISO, SYM_DATE_DAY, 2020, 1, 5},
        {"2020-01-05T23:59:00Z", SYM_DATES_ISO, SYM_DATE_DAY, 2020, 1, 5},
        {"2020-01-05 10:00:00.123+02:00", SYM_DATES_ISO, SYM_DATE_DAY, 2020, 1, 5},
        {"2020-01-05 10:00:00 UTC", SYM_DATES_ISO, SYM_DATE_DAY, 2020, 1, 5},
        {"05/01/2020 00:00:00", SYM_DATES_DMY, SYM_DATE_DAY, 2020, 1, 5},
        {"2020-01-05 00:00", SYM_DATES_ISO, SYM_DATE_DAY, 2020, 1, 5},
        {"20200105", SYM_DATES_ISO, SYM_DATE_DAY, 2020, 1, 5},
        {"January 05, 2020", SYM_DATES_ISO, SYM_DATE_DAY, 2020, 1, 5},
        {"Jan 5 2020", SYM_DATES_MDY, SYM_DATE_DAY, 2020, 1, 5},
        {"5 january 2020", SYM_DATES_ISO, SYM_DATE_DAY, 2020, 1, 5},
        {"05/01/2020", SYM_DATES_DMY, SYM_DATE_DAY, 2020, 1, 5},
        {"01/05/2020", SYM_DATES_MDY, SYM_DATE_DAY, 2020, 1, 5},
        {"Sep 2019", SYM_DATES_ISO, SYM_DATE_MONTH, 2019, 9, 1},
        {"2019-09", SYM_DATES_ISO, SYM_DATE_MONTH, 2019, 9, 1},
        {"2019-Q3", SYM_DATES_ISO, SYM_DATE_QUARTER, 2019, 7, 1},
        {"2019", SYM_DATES_ISO, SYM_DATE_YEAR, 2019, 1, 1},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct sym_when when = {.precision = SYM_DATE_NONE};
        int32_t days = 0;
        if (sym_when_parse(&when, sym_span_text(known[i].text), known[i].order) != SYM_OK) {
            fail_msg("refuses %s", known[i].text);
        }
        assert_int_equal(when.precision, known[i].precision);
        assert_int_equal(sym_incident_days(&days, known[i].year, known[i].month, known[i].day),
                         SYM_OK);
        assert_int_equal(when.days, days);
    }
}

static void refuses_what_is_no_date(void **state)
{
    (void)state;
    static const char *const none[] = {
        "",
        "x",
        "05/01/2020",
        "2020-13-01",
        "2019-02-29",
        "2020-13",
        "2020-Q5",
        "2020-Q0",
        "1899",
        "2200-01-01",
        "202",
        "20201",
        "Janua 5, 2020",
        "5 2020",
        "Jan 32, 2020",
        "Jan 5, 20",
        "2020 Jan 5",
        "Jan 5 2020 foo",
        "Feb 30, 2020",
        "1 5 2020",
        "2020-1-5",
        "2020-01-0",
        "31.12.2020",
        "2020-01-05 to 2021-01-01",
        "2020-01-05 - 2021-01-01",
        "2020-01-05 or later",
        "2020-01-05 10:00 - 2020-01-06 10:00",
        "2020-01-05 1",
        "2020-01-05T",
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct sym_when when;
        if (sym_when_parse(&when, sym_span_text(none[i]), SYM_DATES_ISO) == SYM_OK) {
            fail_msg("takes %s", none[i]);
        }
    }
}

static void reads_years_and_months_that_stand_alone(void **state)
{
    (void)state;
    unsigned n = 0;
    assert_int_equal(sym_when_year(&n, sym_span_text("2014")), SYM_OK);
    assert_int_equal(n, 2014);
    assert_int_equal(sym_when_month(&n, sym_span_text("12")), SYM_OK);
    assert_int_equal(n, 12);
    assert_int_equal(sym_when_month(&n, sym_span_text("SEPTEMBER")), SYM_OK);
    assert_int_equal(n, 9);
    static const char *const months[] = {"", "0", "13", "Janu", "123", "-1"};
    for (size_t i = 0; i < sizeof months / sizeof *months; i++) {
        assert_int_not_equal(sym_when_month(&n, sym_span_text(months[i])), SYM_OK);
    }
    static const char *const years[] = {"", "14", "20144", "1899", "201x"};
    for (size_t i = 0; i < sizeof years / sizeof *years; i++) {
        assert_int_not_equal(sym_when_year(&n, sym_span_text(years[i])), SYM_OK);
    }
}

static const struct {
    enum sym_dimension dimension;
    const char *text, *code;
} words[] = {
    {SYM_DIMENSION_EXPLOITATION, "ForcedLabour", "forced-labour"},
    {SYM_DIMENSION_EXPLOITATION, "Forced military (by non-state actors)", "forced-military"},
    {SYM_DIMENSION_EXPLOITATION, "ForcedMilitaryByNonStateActors", "forced-military"},
    {SYM_DIMENSION_EXPLOITATION, "organ-removal", "organ-removal"},
    {SYM_DIMENSION_SUBTYPE, "A_AgricultureForestryAndFishing", "agriculture"},
    {SYM_DIMENSION_SUBTYPE, "Accommodation and food service activities", "hospitality"},
    {SYM_DIMENSION_SUBTYPE, "RemoteInteractiveServices", "remote-interactive-services"},
    {SYM_DIMENSION_SUBTYPE, "U_ActivitiesOfExtraterritorialOrganizations",
     "extraterritorial-organisations"},
    {SYM_DIMENSION_SEX, "Woman", "female"},
    {SYM_DIMENSION_SEX, "Masculine", "male"},
    {SYM_DIMENSION_SEX, "Trans/Transgender/NonConforming", "trans-or-non-conforming"},
    {SYM_DIMENSION_SEX, "NonSpecifiedUnknown", "unknown"},
    {SYM_DIMENSION_AGE,
     "0\xe2\x80\x94"
     "8",
     "0-8"},
    {SYM_DIMENSION_AGE, "48+", "48+"},
    {SYM_DIMENSION_AGE, "Adult", "adult"},
    {SYM_DIMENSION_RECRUITMENT, "Through friends or social events", "friends"},
    {SYM_DIMENSION_CONTROL, "ThreatsLawEnforcement", "threats"},
    {SYM_DIMENSION_CONTROL, "WithholdsDocuments", "withheld-documents"},
    {SYM_DIMENSION_TRANSPORT, "Boat", "sea"},
};

static void knows_the_words_of_other_standards(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *code = sym_vocabulary_code(words[i].dimension, sym_span_text(words[i].text));
        if (code == NULL || strcmp(code, words[i].code) != 0) {
            fail_msg("%s is %s", words[i].text, code != NULL ? code : "nothing");
        }
    }
}

static void knows_no_other_words(void **state)
{
    (void)state;
    assert_null(sym_vocabulary_code(SYM_DIMENSION_EXPLOITATION, sym_span_text("agriculture")));
    assert_null(sym_vocabulary_code(SYM_DIMENSION_EXPLOITATION, sym_span_text("")));
    assert_null(sym_vocabulary_code(SYM_DIMENSION_SEX, sym_span_text("ForcedLabour")));
    assert_null(sym_vocabulary_code(SYM_DIMENSION_AGE, sym_span_text("08")));
    assert_null(sym_vocabulary_code(SYM_DIMENSION_AGE, sym_span_text("9-20")));
    assert_null(sym_vocabulary_code(SYM_DIMENSION_COUNTRY, sym_span_text("IT")));
}

static void every_age_has_its_band(void **state)
{
    (void)state;
    static const unsigned first[] = {0, 9, 18, 21, 24, 27, 30, 39, 48};
    size_t n = 0;
    const char *const *bands = sym_dimension_words(SYM_DIMENSION_AGE, &n);
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        assert_string_equal(sym_vocabulary_age(first[i]), bands[i]);
        if (i > 0) {
            assert_string_equal(sym_vocabulary_age(first[i] - 1), bands[i - 1]);
        }
    }
}

static void tells_blank_from_something(void **state)
{
    (void)state;
    static const char *const blank[] = {"", "unknown", "Unknown", "N/A", "NULL", "-99", "-", "?"};
    static const char *const not [] = {"99", "0", "no", "Nadir", "several", "\xd0\x9c"};
    for (size_t i = 0; i < sizeof blank / sizeof *blank; i++) {
        assert_true(sym_vocabulary_is_blank(sym_span_text(blank[i])));
    }
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++) {
        assert_false(sym_vocabulary_is_blank(sym_span_text(not [i])));
    }
    assert_true(sym_vocabulary_is_several(sym_span_text("Mixed")));
    assert_false(sym_vocabulary_is_several(sym_span_text("Mixco")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_dates_as_closely_as_they_say_it),
        cmocka_unit_test(refuses_what_is_no_date),
        cmocka_unit_test(reads_years_and_months_that_stand_alone),
        cmocka_unit_test(knows_the_words_of_other_standards),
        cmocka_unit_test(knows_no_other_words),
        cmocka_unit_test(every_age_has_its_band),
        cmocka_unit_test(tells_blank_from_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
