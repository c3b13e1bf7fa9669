#include "crypto/utc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void times_are_read_and_written_the_same(void **state)
{
    (void)state;
    /* date -u -d TEXT +%s */
    static const struct {
        const char *text;
        int64_t time_s;
    } times[] = {{"2000-01-01T00:00:00Z", 946684800},   {"2000-02-29T12:34:56Z", 951827696},
                 {"2026-11-21T20:00:00Z", 1795291200},  {"2027-11-21T20:00:00Z", 1826827200},
                 {"2100-03-01T00:00:00Z", 4107542400},  {"2400-12-31T23:59:59Z", 13601087999},
                 {"9999-12-31T23:59:59Z", 253402300799}};
    char text[SYM_UTC_BYTES];
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        int64_t time_s = 0;
        assert_int_equal(sym_utc_parse(&time_s, sym_span_text(times[i].text)), SYM_OK);
        assert_true(time_s == times[i].time_s);
        assert_int_equal(sym_utc_format(text, time_s), SYM_OK);
        assert_string_equal(text, times[i].text);
    }
    assert_int_equal(sym_utc_format(text, 946684799), SYM_BAD_VALUE);
    assert_int_equal(sym_utc_format(text, 253402300800), SYM_BAD_VALUE);
    assert_int_equal(sym_utc_format(text, INT64_MIN), SYM_BAD_VALUE);
    assert_int_equal(sym_utc_format(text, INT64_MAX), SYM_BAD_VALUE);
}

static void refuses_times_that_do_not_exist(void **state)
{
    (void)state;
    static const char *const times[] = {"2026-11-21T20:00:00",       "2026-11-21 20:00:00Z",
                                        "2026-11-21T20:00:00z",      "2026-11-21T20:00Z",
                                        "2026-1-21T20:00:00Z",       "02026-11-21T20:00:00Z",
                                        "2026-13-01T00:00:00Z",      "2026-00-01T00:00:00Z",
                                        "2026-11-31T00:00:00Z",      "2026-11-00T00:00:00Z",
                                        "2027-02-29T00:00:00Z",      "2100-02-29T00:00:00Z",
                                        "2026-11-21T24:00:00Z",      "2026-11-21T20:60:00Z",
                                        "2026-11-21T20:00:60Z",      "1999-12-31T23:59:59Z",
                                        "2026-11-21T20:00:00+00:00", "-026-11-21T20:00:00Z",
                                        "2026-11-21T20:00:0:Z",      "",
                                        "2026-11-21T20:00:00Z "};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        int64_t time_s = 7;
        assert_int_not_equal(sym_utc_parse(&time_s, sym_span_text(times[i])), SYM_OK);
        assert_int_equal(time_s, 7);
    }
}

static void tells_what_is_not_a_time_from_what_does_not_exist(void **state)
{
    (void)state;
    int64_t time_s = 0;
    assert_int_equal(sym_utc_parse(&time_s, sym_span_text("2026-11-21")), SYM_BAD_FORMAT);
    assert_int_equal(sym_utc_parse(&time_s, sym_span_text("2026-02-30T00:00:00Z")), SYM_BAD_VALUE);
    assert_int_equal(sym_utc_parse(&time_s, sym_span(NULL, 0)), SYM_BAD_FORMAT);
}

static void every_day_of_four_centuries_is_one_later(void **state)
{
    (void)state;
    char text[SYM_UTC_BYTES];
    char before[SYM_UTC_BYTES] = "";
    for (int64_t day = 10957; day < 10957 + 146097; day++) {
        int64_t time_s = 0;
        assert_int_equal(sym_utc_format(text, day * 86400 + 1), SYM_OK);
        assert_int_equal(sym_utc_parse(&time_s, sym_span_text(text)), SYM_OK);
        assert_true(time_s == day * 86400 + 1);
        assert_true(strcmp(before, text) < 0);
        memcpy(before, text, sizeof before);
    }
    assert_string_equal(text, "2399-12-31T00:00:01Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_and_written_the_same),
        cmocka_unit_test(refuses_times_that_do_not_exist),
        cmocka_unit_test(tells_what_is_not_a_time_from_what_does_not_exist),
        cmocka_unit_test(every_day_of_four_centuries_is_one_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
