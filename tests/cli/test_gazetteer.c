#include "cli/ingest/gazetteer.h"

#include "cli/ingest/place_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

static int open_it(void **state)
{
    struct sym_gazetteer *g = NULL;
    assert_int_equal(sym_gazetteer_new(&g), SYM_OK);
    *state = g;
    return 0;
}

static int close_it(void **state)
{
    sym_gazetteer_free(*state);
    return 0;
}

struct spelling {
    const char *text, *code;
};

static void finds_countries_by_code_and_by_many_names(void **state)
{
    static const struct spelling known[] = {
        {"IT", "IT"},
        {"it", "IT"},
        {"ITA", "IT"},
        {"gbr", "GB"},
        {"United Kingdom of Great Britain and Northern Ireland", "GB"},
        {"UK", "GB"},
        {"Iran (Islamic Republic of)", "IR"},
        {"Iran", "IR"},
        {"Syrian Arab Republic", "SY"},
        {"Palestinian Territory, Occupied", "PS"},
        {"State of Palestine", "PS"},
        {"C\xc3\xb4te d'Ivoire", "CI"},
        {"Cote d\xe2\x80\x99Ivoire", "CI"},
        {"Ivory Coast", "CI"},
        {"T\xc3\xbcrkiye", "TR"},
        {"turkey", "TR"},
        {"Democratic Republic of the Congo", "CD"},
        {"Congo", "CG"},
        {"Cabo Verde", "CV"},
        {"North Macedonia", "MK"},
        {"Russian Federation", "RU"},
        {"Viet Nam", "VN"},
        {"Kosovo", "XK"},
        {"Bolivia (Plurinational State of)", "BO"},
        {"Republic of Moldova", "MD"},
        {"United Republic of Tanzania", "TZ"},
        {"Lao People's Democratic Republic", "LA"},
        {"Democratic People's Republic of Korea", "KP"},
    };
    struct sym_place p;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (sym_gazetteer_country(&p, *state, sym_span_text(known[i].text)) != SYM_OK ||
            strcmp(p.code, known[i].code) != 0) {
            fail_msg("%s is not %s", known[i].text, known[i].code);
        }
        assert_string_equal(p.country, p.code);
        assert_string_equal(p.admin1, "");
        assert_true(p.has_point);
    }
}

static void refuses_what_is_no_country(void **state)
{
    static const char *const none[] = {
        "",        "Unknown", "Mixed", "ZZ", "A", "--", "Libya - presumed departure",
        "012 52E", "It aly x"};
    struct sym_place p;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(sym_gazetteer_country(&p, *state, sym_span_text(none[i])), SYM_NOT_FOUND);
    }
}

static void finds_divisions_within_a_country(void **state)
{
    static const struct {
        const char *country, *text, *code;
    } known[] = {{"IT", "Lombardy", "IT.09"},
                 {"IT", "09", "IT.09"},
                 {"", "IT.09", "IT.09"},
                 {"IT", "IT.09", "IT.09"},
                 {"GB", "england", "GB.ENG"},
                 {"US", "CA", "US.CA"},
                 {"US", "california", "US.CA"},
                 {"AF", "Sar-e Pol", "AF.33"},
                 {"IT", "LOMBARDY REGION", "IT.09"}};
    struct sym_place p;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_int_equal(
            sym_gazetteer_admin1(&p, *state, known[i].country, sym_span_text(known[i].text)),
            SYM_OK);
        assert_string_equal(p.code, known[i].code);
        assert_string_equal(p.admin1, known[i].code);
    }
}

static void refuses_divisions_of_another_country(void **state)
{
    static const struct {
        const char *country, *text;
    } none[] = {{"FR", "Lombardy"}, {"FR", "IT.09"}, {"", "Lombardy"},
                {"", "09"},         {"IT", "99"},    {"IT", ""},
                {"ZZ", "09"},       {"AW", "00"},    {"IT", "Province"}};
    struct sym_place p;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(
            sym_gazetteer_admin1(&p, *state, none[i].country, sym_span_text(none[i].text)),
            SYM_NOT_FOUND);
    }
}

static void finds_towns_by_name(void **state)
{
    struct sym_place p;
    assert_int_equal(sym_gazetteer_city(&p, *state, "IT", "", sym_span_text("MILAN")), SYM_OK);
    assert_string_equal(p.code, "IT.09.Milan");
    assert_string_equal(p.admin1, "IT.09");
    assert_string_equal(p.name, "Milan");
    assert_int_equal(p.latitude_e6 / 100000, 454);
    assert_int_equal(
        sym_gazetteer_city(&p, *state, "AD", "AD.06", sym_span_text("sant julia de loria")),
        SYM_OK);
    assert_int_equal(sym_gazetteer_city(&p, *state, "AW", "", sym_span_text("Oranjestad")), SYM_OK);
    assert_string_equal(p.code, "AW.00.Oranjestad");
    assert_string_equal(p.admin1, "");
}

static void refuses_towns_that_are_not_there_or_several(void **state)
{
    struct sym_place p;
    const struct sym_gazetteer *g = *state;
    assert_int_equal(sym_gazetteer_city(&p, g, "FR", "", sym_span_text("Milan, the one")),
                     SYM_NOT_FOUND);
    assert_int_equal(sym_gazetteer_city(&p, g, "IT", "IT.07", sym_span_text("Milan")),
                     SYM_NOT_FOUND);
    assert_int_equal(sym_gazetteer_city(&p, g, "ZZ", "", sym_span_text("Milan")), SYM_NOT_FOUND);
    assert_int_equal(sym_gazetteer_city(&p, g, "IT", "", sym_span_text("")), SYM_NOT_FOUND);
    assert_int_equal(sym_gazetteer_city(&p, g, "US", "", sym_span_text("Springfield")), SYM_EXISTS);
    assert_int_equal(sym_gazetteer_city(&p, g, "US", "US.IL", sym_span_text("Springfield")),
                     SYM_OK);
}

static void every_place_is_found_by_its_code_which_has_the_right_form(void **state)
{
    const struct sym_gazetteer *g = *state;
    struct sym_place c, d, t, found;
    size_t towns = 0;
    size_t divisions = 0;
    size_t at = 0;
    for (; sym_gazetteer_country_at(&c, g, at) == SYM_OK; at++) {
        struct sym_span code = sym_span_text(c.code);
        assert_int_equal(sym_dimension_check(SYM_DIMENSION_COUNTRY, code), SYM_OK);
        assert_int_equal(sym_gazetteer_find(&found, g, code), SYM_OK);
        assert_string_equal(found.name, c.name);
        for (size_t i = 0; sym_gazetteer_admin1_at(&d, g, c.code, i) == SYM_OK; i++) {
            divisions++;
            code = sym_span_text(d.code);
            assert_int_equal(sym_dimension_check(SYM_DIMENSION_ADMIN1, code), SYM_OK);
            assert_int_equal(sym_gazetteer_find(&found, g, code), SYM_OK);
            assert_string_equal(found.name, d.name);
            for (size_t j = 0; sym_gazetteer_city_at(&t, g, d.code, j) == SYM_OK; j++) {
                towns++;
                code = sym_span_text(t.code);
                assert_int_equal(sym_dimension_check(SYM_DIMENSION_CITY, code), SYM_OK);
                assert_int_equal(sym_gazetteer_find(&found, g, code), SYM_OK);
                assert_int_equal(found.latitude_e6, t.latitude_e6);
            }
        }
    }
    assert_int_equal(at, 250);
    assert_int_equal(divisions, 3865);
    assert_in_range(towns, 168000, 168747);
}

static void refuses_codes_that_name_nothing(void **state)
{
    static const char *const none[] = {"",       "ZZ",    "it",        "unknown",      "several",
                                       "at-sea", "IT.99", "IT.09.",    "IT.09.Milano", "AW.00",
                                       "IT.",    "IT..",  "ZZ.09.Foo", "ITA"};
    struct sym_place p;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(sym_gazetteer_find(&p, *state, sym_span_text(none[i])), SYM_NOT_FOUND);
    }
}

/* As sym_gazetteer_nearest, by looking at all. */
static double nearest_of_all(const struct sym_gazetteer *g, int32_t latitude, int32_t longitude)
{
    struct sym_place c, d, t;
    double best = 1e9;
    for (size_t i = 0; sym_gazetteer_country_at(&c, g, i) == SYM_OK; i++) {
        for (size_t j = 0; sym_gazetteer_admin1_at(&d, g, c.code, j) == SYM_OK; j++) {
            for (size_t k = 0; sym_gazetteer_city_at(&t, g, d.code, k) == SYM_OK; k++) {
                double km = sym_gazetteer_km(latitude, longitude, t.latitude_e6, t.longitude_e6);
                best = km < best ? km : best;
            }
        }
    }
    return best;
}

static void the_nearest_town_is_the_nearest_of_all(void **state)
{
    static const int32_t points[][2] = {{45464000, 9190000},     {38610762, 26651187},
                                        {0, -30000000},          {-17000000, 179990000},
                                        {-17000000, -179990000}, {89900000, 10000000},
                                        {-54800000, -68300000},  {31965203, -113011894},
                                        {71000000, -156000000},  {23248841, 19724216}};
    const struct sym_gazetteer *g = *state;
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        struct sym_place p;
        double km = 0;
        double best = nearest_of_all(g, points[i][0], points[i][1]);
        assert_int_equal(sym_gazetteer_nearest(&p, &km, g, points[i][0], points[i][1], 20100),
                         SYM_OK);
        /* Towns without a division are not looked at above. */
        assert_true(km < best + 0.01);
        assert_true(fabs(km - sym_gazetteer_km(points[i][0], points[i][1], p.latitude_e6,
                                               p.longitude_e6)) < 0.01);
        if (p.admin1[0] != '\0') {
            assert_true(km > best - 0.01);
        }
    }
}

static void nothing_is_near_in_the_middle_of_an_ocean(void **state)
{
    struct sym_place p;
    assert_int_equal(sym_gazetteer_nearest(&p, NULL, *state, 0, -30000000, 200), SYM_NOT_FOUND);
    assert_int_equal(sym_gazetteer_nearest(&p, NULL, *state, 35000000, 18000000, 100),
                     SYM_NOT_FOUND);
    assert_int_equal(sym_gazetteer_nearest(&p, NULL, *state, 45464000, 9190000, 200), SYM_OK);
    assert_string_equal(p.country, "IT");
}

static void knows_the_country_of_a_desert_and_none_at_sea(void **state)
{
    static const struct {
        int32_t latitude, longitude;
        const char *country; /* NULL: none */
    } points[] = {{23248841, 19724216, "LY"},  {24404460, -316673, "DZ"},
                  {20670675, 24074248, "LY"},  {34387888, 17975902, NULL},
                  {23624400, -86286600, NULL}, {0, -30000000, NULL},
                  {90000000, 180000000, NULL}, {-80000000, 10000000, "AQ"}};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        struct sym_place p;
        enum sym_err err = sym_gazetteer_land(&p, *state, points[i].latitude, points[i].longitude);
        assert_int_equal(err, points[i].country != NULL ? SYM_OK : SYM_NOT_FOUND);
        if (err == SYM_OK) {
            assert_string_equal(p.code, points[i].country);
        }
    }
}

static void measures_great_circles(void **state)
{
    (void)state;
    /* A quarter of a meridian, and across the date line. */
    assert_true(fabs(sym_gazetteer_km(0, 0, 90000000, 0) - 10007.557) < 0.01);
    assert_true(fabs(sym_gazetteer_km(0, 179500000, 0, -179500000) - 111.195) < 0.01);
    assert_true(sym_gazetteer_km(1, 1, 1, 1) < 1e-9);
}

static void folds_names(void **state)
{
    static const struct spelling known[] = {
        {"Sant Juli\xc3\xa0 de L\xc3\xb2ria", "santjuliadeloria"},
        {"Stra\xc3\x9f"
         "e",
         "strasse"},
        {"\xc3\x86r\xc3\xb8", "aero"},
        {"Al Jaz\xc4\xabrah al \xe1\xb8\xa8"
         "amr\xc4\x81\xe2\x80\x99",
         "aljazirahalhamra"},
        {"e\xcc\x81", "e"},
        {"\xd0\x9c\xd0\xbe\xd1\x81", "\xd0\x9c\xd0\xbe\xd1\x81"},
        {"a\xff"
         "b",
         "a"},
        {" -'", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char out[64];
        size_t n = sym_place_name_fold(out, sizeof out, sym_span_text(known[i].text));
        assert_true(sym_span_equal(sym_span(out, n), sym_span_text(known[i].code)));
    }
    char two[2];
    assert_int_equal(sym_place_name_fold(two, 2, sym_span_text("abc")), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_countries_by_code_and_by_many_names),
        cmocka_unit_test(refuses_what_is_no_country),
        cmocka_unit_test(finds_divisions_within_a_country),
        cmocka_unit_test(refuses_divisions_of_another_country),
        cmocka_unit_test(finds_towns_by_name),
        cmocka_unit_test(refuses_towns_that_are_not_there_or_several),
        cmocka_unit_test(every_place_is_found_by_its_code_which_has_the_right_form),
        cmocka_unit_test(refuses_codes_that_name_nothing),
        cmocka_unit_test(the_nearest_town_is_the_nearest_of_all),
        cmocka_unit_test(nothing_is_near_in_the_middle_of_an_ocean),
        cmocka_unit_test(knows_the_country_of_a_desert_and_none_at_sea),
        cmocka_unit_test(measures_great_circles),
        cmocka_unit_test(folds_names),
    };
    return cmocka_run_group_tests(tests, open_it, close_it);
}
