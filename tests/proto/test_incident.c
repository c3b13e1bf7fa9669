#include "proto/incident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define HEAD_BYTES 28u /* up to the number of codes, with it */

static void add(struct sym_incident *i, enum sym_incident_field field, const char *code)
{
    assert_int_equal(sym_incident_add(i, field, sym_span_text(code)), SYM_OK);
}

static struct sym_incident example(void)
{
    struct sym_incident i = {.precision = SYM_DATE_DAY,
                             .has_point = true,
                             .latitude_e6 = 38610762,
                             .longitude_e6 = -26651187,
                             .persons = 5,
                             .count = 1};
    assert_int_equal(sym_incident_days(&i.days, 2020, 1, 5), SYM_OK);
    add(&i, SYM_FIELD_OF_EXPLOITATION, "servitude");
    add(&i, SYM_FIELD_OF_COUNTRY, "IT");
    add(&i, SYM_FIELD_OF_EXPLOITATION, "forced-labour");
    add(&i, SYM_FIELD_OF_CITY, "IT.09.Milan");
    return i;
}

struct record {
    uint8_t bytes[SYM_INCIDENT_BYTES_MAX + 1];
    size_t len;
};

static struct record written(const struct sym_incident *i)
{
    struct record r = {.len = 0};
    assert_int_equal(sym_incident_write(r.bytes, sizeof r.bytes, &r.len, i), SYM_OK);
    return r;
}

static enum sym_err read_back(const struct record *r)
{
    struct sym_incident i;
    return sym_incident_read(&i, sym_span(r->bytes, r->len));
}

static enum sym_err write_it(const struct sym_incident *i)
{
    struct record r;
    return sym_incident_write(r.bytes, sizeof r.bytes, &r.len, i);
}

static void a_record_reads_as_it_was_written(void **state)
{
    (void)state;
    struct sym_incident i = example();
    struct record r = written(&i);
    struct sym_incident back;
    assert_int_equal(sym_incident_read(&back, sym_span(r.bytes, r.len)), SYM_OK);
    assert_int_equal(back.precision, SYM_DATE_DAY);
    assert_int_equal(back.days, i.days);
    assert_true(back.has_point);
    assert_int_equal(back.latitude_e6, 38610762);
    assert_int_equal(back.longitude_e6, -26651187);
    assert_int_equal(back.persons, 5);
    assert_int_equal(back.count, 1);
    assert_int_equal(back.n_codes, 4);
    static const char *const codes[] = {"IT", "IT.09.Milan", "servitude", "forced-labour"};
    for (size_t at = 0; at < 4; at++) {
        assert_true(sym_span_equal(back.codes[at].text, sym_span_text(codes[at])));
    }
}

static void an_empty_record_has_28_bytes(void **state)
{
    (void)state;
    struct sym_incident i = {.count = 1};
    struct record r = written(&i);
    assert_int_equal(r.len, HEAD_BYTES);
    assert_int_equal(read_back(&r), SYM_OK);
}

static void refuses_a_code_that_is_there(void **state)
{
    (void)state;
    struct sym_incident i = example();
    assert_int_equal(sym_incident_add(&i, SYM_FIELD_OF_COUNTRY, sym_span_text("IT")), SYM_EXISTS);
    assert_int_equal(sym_incident_add(&i, SYM_FIELD_OF_COUNTRY, sym_span_text("FR")), SYM_OK);
    assert_int_equal(i.n_codes, 5);
}

static void refuses_a_code_of_another_field(void **state)
{
    (void)state;
    struct sym_incident i = example();
    assert_int_equal(sym_incident_add(&i, SYM_FIELD_OF_SEX, sym_span_text("IT")), SYM_BAD_VALUE);
    assert_int_equal(sym_incident_add(&i, SYM_FIELD_OF_DATE, sym_span_text("2019")), SYM_BAD_VALUE);
    assert_int_equal(sym_incident_add(&i, SYM_FIELD_OF_POINT, sym_span_text("u0")), SYM_BAD_VALUE);
    assert_int_equal(i.n_codes, 4);
}

static void refuses_a_ninth_value(void **state)
{
    (void)state;
    static const char *const codes[] = {"AA", "AB", "AC", "AD", "AE", "AF", "AG", "AH"};
    struct sym_incident i = {.count = 1};
    for (size_t at = 0; at < 8; at++) {
        add(&i, SYM_FIELD_OF_TRANSIT, codes[at]);
    }
    assert_int_equal(sym_incident_add(&i, SYM_FIELD_OF_TRANSIT, sym_span_text("AI")), SYM_LIMIT);
    assert_int_equal(sym_incident_add(&i, SYM_FIELD_OF_TRANSIT, sym_span_text("AH")), SYM_EXISTS);
}

static void refuses_more_codes_than_a_record_has(void **state)
{
    (void)state;
    char texts[SYM_INCIDENT_CODES_MAX + 1][3];
    struct sym_incident i = {.count = 1};
    static const enum sym_incident_field places[] = {
        SYM_FIELD_OF_COUNTRY, SYM_FIELD_OF_ORIGIN, SYM_FIELD_OF_TRANSIT, SYM_FIELD_OF_DESTINATION};
    size_t n = 0;
    for (size_t f = 0; f < 4; f++) {
        for (unsigned at = 0; at < SYM_INCIDENT_VALUES_MAX; at++, n++) {
            (void)snprintf(texts[n], 3, "A%c", (int)('A' + at));
            add(&i, places[f], texts[n]);
        }
    }
    static const char *const ages[] = {"0-8", "9-17", "18-20", "21-23"};
    for (size_t at = 0; at < 4; at++) {
        add(&i, SYM_FIELD_OF_AGE, ages[at]);
    }
    static const char *const controls[] = {"threats", "abuse", "other"};
    for (size_t at = 0; at < 3; at++) {
        add(&i, SYM_FIELD_OF_CONTROL, controls[at]);
    }
    static const char *const kinds[] = {"forced-labour",   "sexual-exploitation", "child-labour",
                                        "forced-marriage", "servitude",           "other",
                                        "surrogacy",       "forced-begging"};
    for (size_t at = 0; at < 8; at++) {
        add(&i, SYM_FIELD_OF_EXPLOITATION, kinds[at]);
    }
    add(&i, SYM_FIELD_OF_SEX, "male");
    assert_int_equal(i.n_codes, SYM_INCIDENT_CODES_MAX);
    assert_int_equal(sym_incident_add(&i, SYM_FIELD_OF_SEX, sym_span_text("female")), SYM_LIMIT);
    struct record r = written(&i);
    assert_int_equal(read_back(&r), SYM_OK);
}

static void refuses_a_record_longer_than_its_limit(void **state)
{
    (void)state;
    char cities[16][SYM_CODE_BYTES_MAX];
    struct sym_incident i = {.count = 1};
    for (size_t at = 0; at < 8; at++) {
        memset(cities[at], (int)('a' + at), SYM_CODE_BYTES_MAX);
        memcpy(cities[at], "IT.09.", 6);
        assert_int_equal(
            sym_incident_add(&i, SYM_FIELD_OF_CITY, sym_span(cities[at], SYM_CODE_BYTES_MAX)),
            SYM_OK);
    }
    for (size_t at = 0; at < 8; at++) {
        static const char *const divisions[] = {"IT.01111111", "IT.02222222", "IT.03333333",
                                                "IT.04444444", "IT.05555555", "IT.06666666",
                                                "IT.07777777", "IT.08888888"};
        add(&i, SYM_FIELD_OF_ADMIN1, divisions[at]);
    }
    for (size_t at = 0; at < 8; at++) {
        static const char *const kinds[] = {
            "information-and-communication", "extraterritorial-organisations",
            "remote-interactive-services",   "private-sexual-services",
            "administrative-services",       "professional-services",
            "health-and-social-work",        "transport-and-storage"};
        add(&i, SYM_FIELD_OF_SUBTYPE, kinds[at]);
    }
    assert_int_equal(write_it(&i), SYM_OK);
    add(&i, SYM_FIELD_OF_RECRUITMENT, "television-advertisement");
    add(&i, SYM_FIELD_OF_CONTROL, "excessive-working-hours");
    assert_int_equal(write_it(&i), SYM_LIMIT);
}

static void refuses_heads_outside_their_range(void **state)
{
    (void)state;
    struct sym_incident good = example();
    struct sym_incident i = good;
    i.precision = (enum sym_date_precision)5;
    assert_int_equal(write_it(&i), SYM_BAD_VALUE);
    i = good;
    i.precision = SYM_DATE_NONE; /* and days */
    assert_int_equal(write_it(&i), SYM_BAD_VALUE);
    i = good;
    i.precision = SYM_DATE_MONTH; /* the fifth */
    assert_int_equal(write_it(&i), SYM_BAD_VALUE);
    i.days -= 4;
    assert_int_equal(write_it(&i), SYM_OK);
    i.precision = SYM_DATE_YEAR;
    assert_int_equal(write_it(&i), SYM_OK);
    i.precision = SYM_DATE_QUARTER;
    assert_int_equal(write_it(&i), SYM_OK);
    i.days += 31; /* February */
    assert_int_equal(write_it(&i), SYM_BAD_VALUE);
    i.precision = SYM_DATE_YEAR;
    assert_int_equal(write_it(&i), SYM_BAD_VALUE);
    i = good;
    i.days = INT32_MAX;
    assert_int_equal(write_it(&i), SYM_BAD_VALUE);
    i.days = INT32_MIN;
    assert_int_equal(write_it(&i), SYM_BAD_VALUE);
    i = good;
    i.latitude_e6 = 90000001;
    assert_int_equal(write_it(&i), SYM_BAD_VALUE);
    i = good;
    i.longitude_e6 = -180000001;
    assert_int_equal(write_it(&i), SYM_BAD_VALUE);
    i = good;
    i.has_point = false; /* but it is there */
    assert_int_equal(write_it(&i), SYM_BAD_VALUE);
    i = good;
    i.count = 0;
    assert_int_equal(write_it(&i), SYM_BAD_VALUE);
    i.count = SYM_INCIDENT_COUNT_MAX + 1u;
    assert_int_equal(write_it(&i), SYM_BAD_VALUE);
    i = good;
    i.persons = SYM_INCIDENT_PERSONS_MAX + 1u;
    assert_int_equal(write_it(&i), SYM_BAD_VALUE);
    i.count = 2;
    assert_int_equal(write_it(&i), SYM_OK);
}

static void refuses_codes_out_of_order(void **state)
{
    (void)state;
    struct sym_incident i = example();
    struct sym_incident_code first = i.codes[0];
    i.codes[0] = i.codes[1];
    i.codes[1] = first;
    assert_int_equal(write_it(&i), SYM_BAD_FORMAT);
    i = example();
    i.codes[3] = i.codes[2];
    assert_int_equal(write_it(&i), SYM_BAD_FORMAT);
    i.n_codes = SYM_INCIDENT_CODES_MAX + 1;
    assert_int_equal(write_it(&i), SYM_LIMIT);
}

static void refuses_bytes_that_no_writer_makes(void **state)
{
    (void)state;
    struct sym_incident i = example();
    const struct record good = written(&i);
    struct record r = good;
    for (r.len = 0; r.len < good.len; r.len++) {
        assert_int_equal(read_back(&r), SYM_SHORT);
    }
    r = good;
    r.len++;
    assert_int_equal(read_back(&r), SYM_TRAILING);
    r = good;
    r.bytes[0] = 2;
    assert_int_equal(read_back(&r), SYM_BAD_VERSION);
    r = good;
    r.bytes[1] = 5;
    assert_int_equal(read_back(&r), SYM_BAD_VALUE);
    r = good;
    r.bytes[6] = 2; /* has a point */
    assert_int_equal(read_back(&r), SYM_BAD_VALUE);
    r = good;
    r.bytes[HEAD_BYTES - 1] = SYM_INCIDENT_CODES_MAX + 1;
    assert_int_equal(read_back(&r), SYM_LIMIT);
    r = good;
    r.bytes[HEAD_BYTES] = SYM_FIELD_OF_CODES;
    assert_int_equal(read_back(&r), SYM_BAD_VALUE);
    r = good;
    r.bytes[HEAD_BYTES] = SYM_FIELD_OF_TRANSPORT; /* holds "IT" */
    assert_int_equal(read_back(&r), SYM_BAD_VALUE);
    r = good;
    r.bytes[HEAD_BYTES + 2] = 'i';
    assert_int_equal(read_back(&r), SYM_BAD_VALUE);
    r = good;
    r.len = SYM_INCIDENT_BYTES_MAX + 1;
    assert_int_equal(read_back(&r), SYM_LIMIT);
}

static void counts_days_as_the_calendar_does(void **state)
{
    (void)state;
    static const struct {
        unsigned year, month, day;
        int32_t days;
    } known[] = {{1970, 1, 1, 0},     {1969, 12, 31, -1},   {2000, 2, 29, 11016},
                 {2020, 1, 5, 18266}, {1900, 1, 1, -25567}, {2199, 12, 31, 84005}};
    int32_t days = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_int_equal(sym_incident_days(&days, known[i].year, known[i].month, known[i].day),
                         SYM_OK);
        assert_int_equal(days, known[i].days);
    }
    static const unsigned none[][3] = {{1900, 2, 29}, {2019, 2, 29}, {2019, 4, 31},  {2019, 13, 1},
                                       {2019, 0, 1},  {2019, 1, 0},  {1899, 12, 31}, {2200, 1, 1}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(sym_incident_days(&days, none[i][0], none[i][1], none[i][2]),
                         SYM_BAD_VALUE);
    }
}

static const char *derived(const struct sym_incident *i, enum sym_dimension d)
{
    static char text[SYM_CODE_BYTES_MAX + 1];
    char room[SYM_CODE_BYTES_MAX];
    struct sym_span code = sym_incident_derived(room, i, d);
    assert_int_equal(sym_dimension_check(d, code), SYM_OK);
    memcpy(text, code.data, code.len);
    text[code.len] = '\0';
    return text;
}

static void derives_periods_and_geohashes(void **state)
{
    (void)state;
    struct sym_incident i = example();
    assert_string_equal(derived(&i, SYM_DIMENSION_YEAR), "2020");
    assert_string_equal(derived(&i, SYM_DIMENSION_QUARTER), "2020-Q1");
    assert_string_equal(derived(&i, SYM_DIMENSION_MONTH), "2020-01");
    i.latitude_e6 = 57649110;
    i.longitude_e6 = 10407440;
    assert_string_equal(derived(&i, SYM_DIMENSION_GEOHASH1), "u");
    assert_string_equal(derived(&i, SYM_DIMENSION_GEOHASH2), "u4");
    assert_string_equal(derived(&i, SYM_DIMENSION_GEOHASH3), "u4p");
    assert_string_equal(derived(&i, SYM_DIMENSION_GEOHASH4), "u4pr");
}

static void every_day_of_three_centuries_has_its_month(void **state)
{
    (void)state;
    int32_t days = 0;
    for (unsigned year = SYM_YEAR_MIN; year <= SYM_YEAR_MAX; year++) {
        for (unsigned month = 1; month <= 12; month++) {
            for (unsigned day = 1; day <= 31; day++) {
                struct sym_incident i = {.precision = SYM_DATE_DAY, .count = 1};
                char text[16];
                if (sym_incident_days(&days, year, month, day) != SYM_OK) {
                    assert_true(day > 28);
                    continue;
                }
                i.days = days;
                (void)snprintf(text, sizeof text, "%04u-%02u", year, month);
                assert_string_equal(derived(&i, SYM_DIMENSION_MONTH), text);
                (void)snprintf(text, sizeof text, "%04u-Q%u", year, (month - 1) / 3 + 1);
                assert_string_equal(derived(&i, SYM_DIMENSION_QUARTER), text);
            }
        }
    }
}

static void says_unknown_where_the_record_does_not_say_it_so_closely(void **state)
{
    (void)state;
    struct sym_incident i = {.count = 1};
    assert_string_equal(derived(&i, SYM_DIMENSION_YEAR), "unknown");
    assert_string_equal(derived(&i, SYM_DIMENSION_GEOHASH1), "unknown");
    i.precision = SYM_DATE_YEAR;
    assert_string_equal(derived(&i, SYM_DIMENSION_YEAR), "1970");
    assert_string_equal(derived(&i, SYM_DIMENSION_QUARTER), "unknown");
    assert_string_equal(derived(&i, SYM_DIMENSION_MONTH), "unknown");
    i.precision = SYM_DATE_QUARTER;
    assert_string_equal(derived(&i, SYM_DIMENSION_QUARTER), "1970-Q1");
    assert_string_equal(derived(&i, SYM_DIMENSION_MONTH), "unknown");
    i.precision = SYM_DATE_MONTH;
    assert_string_equal(derived(&i, SYM_DIMENSION_MONTH), "1970-01");
}

static void knows_geohashes_at_the_ends_of_the_earth(void **state)
{
    (void)state;
    static const struct {
        int32_t latitude, longitude;
        const char *hash;
    } known[] = {{57649110, 10407440, "u4pruydq"},
                 {-90000000, -180000000, "00000000"},
                 {90000000, 180000000, "zzzzzzzz"},
                 {0, 0, "s0000000"},
                 {-1, -1, "7zzzzzzz"},
                 {42605000, -5603000, "ezs42s00"},
                 {48668983, -4329021, "gbsuv7zt"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char hash[9];
        sym_geohash(hash, i == 5 ? 5 : 8, known[i].latitude, known[i].longitude);
        assert_memory_equal(hash, known[i].hash, i == 5 ? 5 : 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_reads_as_it_was_written),
        cmocka_unit_test(an_empty_record_has_28_bytes),
        cmocka_unit_test(refuses_a_code_that_is_there),
        cmocka_unit_test(refuses_a_code_of_another_field),
        cmocka_unit_test(refuses_a_ninth_value),
        cmocka_unit_test(refuses_more_codes_than_a_record_has),
        cmocka_unit_test(refuses_a_record_longer_than_its_limit),
        cmocka_unit_test(refuses_heads_outside_their_range),
        cmocka_unit_test(refuses_codes_out_of_order),
        cmocka_unit_test(refuses_bytes_that_no_writer_makes),
        cmocka_unit_test(counts_days_as_the_calendar_does),
        cmocka_unit_test(derives_periods_and_geohashes),
        cmocka_unit_test(every_day_of_three_centuries_has_its_month),
        cmocka_unit_test(says_unknown_where_the_record_does_not_say_it_so_closely),
        cmocka_unit_test(knows_geohashes_at_the_ends_of_the_earth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
