#include "cli/ingest/country.h"
#include "cli/ingest/id_check.h"
#include "tests/cli/canon_case.h"

#include <stdio.h>

/* The specimen of ICAO Doc 9303-4, appendix B; its Utopia is no issuer, so other states stand in
 * the first line, which no check digit covers. */
#define MRZ_NAME "ERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
#define MRZ_LINE "L898902C36UTO7408122F1204159ZE184226B<<<<<10"

static void a_document_is_its_issuer_and_its_number(void **state)
{
    accepts(*state, SYM_TOKEN_PASSPORT, "DE:C01X00T47", "DE:C01X00T47");
    accepts(*state, SYM_TOKEN_PASSPORT, "deu: c01x-00 t47", "DE:C01X00T47");
    accepts_parts(*state, SYM_TOKEN_PASSPORT, "c01x00t47<", "D", "DE:C01X00T47");
    accepts_parts(*state, SYM_TOKEN_PASSPORT, "925665416", "UK", "GB:925665416");
    accepts_parts(*state, SYM_TOKEN_PASSPORT, "925665416", "gbr", "GB:925665416");
    accepts_parts(*state, SYM_TOKEN_PASSPORT, "A1234567", "UNO", "UNO:A1234567");
    accepts_parts(*state, SYM_TOKEN_PASSPORT, "P1234567", "RKS", "XK:P1234567");
}

static void reads_issuer_and_number_from_a_machine_readable_zone(void **state)
{
    accepts(*state, SYM_TOKEN_PASSPORT, "P<GBR" MRZ_NAME MRZ_LINE, "GB:L898902C3");
    accepts(*state, SYM_TOKEN_PASSPORT, "P<GBR" MRZ_NAME "\r\n" MRZ_LINE "\n", "GB:L898902C3");
    accepts(*state, SYM_TOKEN_PASSPORT, "p<d<<" MRZ_NAME " " MRZ_LINE, "DE:L898902C3");
    accepts_parts(*state, SYM_TOKEN_PASSPORT, "P<GBR" MRZ_NAME MRZ_LINE, "FR", "GB:L898902C3");
}

static void refuses_a_machine_readable_zone_with_one_wrong_character(void **state)
{
    static const size_t covered[] = {0, 9, 13, 19, 21, 27, 29, 42, 43};
    for (size_t i = 0; i < sizeof covered / sizeof *covered; i++) {
        char text[] = "P<GBR" MRZ_NAME MRZ_LINE;
        char *c = &text[44 + covered[i]];
        *c = *c == '9' ? '0' : (char)(*c + 1);
        refuses(*state, SYM_TOKEN_PASSPORT, text, "check digits of the machine-readable zone");
    }
    refuses(*state, SYM_TOKEN_PASSPORT, "P<UTO" MRZ_NAME MRZ_LINE, "no country code");
}

/* One check digit is wrong, and the last one, over all of the line, is made to agree. */
static void each_check_digit_of_a_machine_readable_zone_counts(void **state)
{
    static const char *const lines[] = {
        "L898902C37UTO7408122F1204159ZE184226B<<<<<17",
        "L898902C36UTO7408123F1204159ZE184226B<<<<<13",
        "L898902C36UTO7408122F1204150ZE184226B<<<<<11",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<21",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[89];
        (void)snprintf(text, sizeof text, "P<GBR" MRZ_NAME "%s", lines[i]);
        refuses(*state, SYM_TOKEN_PASSPORT, text, "check digits of the machine-readable zone");
    }
}

static void an_optional_field_that_is_not_used_needs_no_check_digit(void **state)
{
    accepts(*state, SYM_TOKEN_PASSPORT,
            "P<GBR" MRZ_NAME "L898902C36UTO7408122F1204159<<<<<<<<<<<<<<<8", "GB:L898902C3");
    accepts(*state, SYM_TOKEN_PASSPORT,
            "P<GBR" MRZ_NAME "L898902C36UTO7408122F1204159<<<<<<<<<<<<<<08", "GB:L898902C3");
}

static void refuses_documents_without_an_issuer(void **state)
{
    refuses(*state, SYM_TOKEN_PASSPORT, "C01X00T47", "the issuer is missing");
    refuses(*state, SYM_TOKEN_NATIONAL_ID, "12345678Z", "the issuer is missing");
    refuses(*state, SYM_TOKEN_PLATE, "AB12CDE", "the issuer is missing");
    refuses(*state, SYM_TOKEN_PASSPORT, "XX:C01X00T47", "no country code");
    refuses(*state, SYM_TOKEN_PASSPORT, "Germany:C01X00T47", "no country code");
    refuses(*state, SYM_TOKEN_PASSPORT, ":C01X00T47", "no country code");
    refuses_parts(*state, SYM_TOKEN_PLATE, "AB12CDE", "G8", "no country code");
}

static void refuses_numbers_that_no_document_has(void **state)
{
    refuses(*state, SYM_TOKEN_PASSPORT, "DE:123", "has 3 letters and digits; 5 to 14");
    refuses(*state, SYM_TOKEN_PASSPORT, "DE:123456789012345", "5 to 14");
    refuses(*state, SYM_TOKEN_PASSPORT, "DE:C01X00Ö47", "character 7 of the number");
    refuses(*state, SYM_TOKEN_PASSPORT, "DE:000000000", "a placeholder");
    refuses(*state, SYM_TOKEN_NATIONAL_ID, "DE:XXXXXXX", "a placeholder");
    refuses(*state, SYM_TOKEN_NATIONAL_ID, "DE:1", "4 to 24");
    refuses(*state, SYM_TOKEN_PLATE, "DE:B", "2 to 12");
    refuses(*state, SYM_TOKEN_PLATE, "DE:?", "character 1 of the plate");
}

/* Of two people, one and the same would match. */
static void refuses_numbers_that_stand_for_those_of_many(void **state)
{
    refuses(*state, SYM_TOKEN_NATIONAL_ID, "ZA:8.00101E+12", "spreadsheet has rounded");
    refuses_parts(*state, SYM_TOKEN_NATIONAL_ID, "9,00101e+11", "GB", "spreadsheet has rounded");
    refuses(*state, SYM_TOKEN_PASSPORT, "DE:1.23457E+11", "spreadsheet has rounded");
    refuses(*state, SYM_TOKEN_PASSPORT, "GB:unknown", "says that it is not known");
    refuses(*state, SYM_TOKEN_NATIONAL_ID, "DE: not known", "says that it is not known");
    refuses(*state, SYM_TOKEN_PLATE, "GB:NONE", "says that it is not known");
    refuses(*state, SYM_TOKEN_PLATE, "US:n/a", "says that it is not known");
    accepts(*state, SYM_TOKEN_PASSPORT, "DE:CFGHJKLMN", "DE:CFGHJKLMN");
}

/* A point is left out between digits, and what is left would be ten times the number. */
static void refuses_numbers_with_a_zero_for_decimals(void **state)
{
    refuses(*state, SYM_TOKEN_NATIONAL_ID, "ZA:8001015009087.0", "ends in .0");
    refuses(*state, SYM_TOKEN_PASSPORT, "GB:925665416.0", "ends in .0");
    refuses_parts(*state, SYM_TOKEN_ACCOUNT, "123456.0", "200001", "ends in .0");
    refuses(*state, SYM_TOKEN_PHONE, "7911123456.0", "ends in .0");
    refuses(*state, SYM_TOKEN_PAYMENT_REF, "123456.0", "ends in .0");
    accepts(*state, SYM_TOKEN_PAYMENT_REF, "123456.00", "123456.00");
    accepts(*state, SYM_TOKEN_PAYMENT_REF, "A23456.0", "A23456.0");
    accepts_parts(*state, SYM_TOKEN_ACCOUNT, "12.345.0", "200001", "200001:123450");
}

static void national_numbers_keep_letters_and_digits(void **state)
{
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "es:12345678-z", "ES:12345678Z");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "ES: X-2482300 W", "ES:X2482300W");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "FI:131052-308T", "FI:131052308T");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "BR:529.982.247-25", "BR:52998224725");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "GB:QQ 12 34 56 C", "GB:QQ123456C"); /* unchecked */
}

/* Authorities write it in ten digits, with a plus from a hundred years on, banks in twelve. */
static void a_swedish_number_has_its_century(void **state)
{
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "SE:811218-9876", "SE:198112189876");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "SE:8112189876", "SE:198112189876");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "SE:19811218-9876", "SE:198112189876");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "SE:110101-1235", "SE:201101011235");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "SE:110101+1235", "SE:191101011235");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "SE:261101-1236", "SE:202611011236");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "SE:271101-1235", "SE:192711011235");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "SE:556016-0680", "SE:5560160680"); /* a company */
}

static void a_french_number_has_its_key(void **state)
{
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "FR:2 95 10 99 126 111", "FR:295109912611193");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "FR:2530 72B 073 004", "FR:253072B07300470");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "FR:295109912611193", "FR:295109912611193");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "FR:9951099126111", "FR:9951099126111");
    accepts(*state, SYM_TOKEN_NATIONAL_ID, "FR:295109912611", "FR:295109912611");
}

struct id {
    const char *country;
    const char *number;
};

/* Numbers that authorities, encyclopaedias and other libraries print as examples. */
static const struct id published[] = {
    {"BE", "85073003328"},        {"BE", "17073003384"},   {"BG", "7523169263"},
    {"BG", "7111042925"},         {"BR", "52998224725"},   {"CL", "125319092"},
    {"CN", "11010519491231002X"}, {"CZ", "7103192745"},    {"EE", "37605030299"},
    {"EE", "36805280109"},        {"ES", "54362315K"},     {"ES", "X2482300W"},
    {"FI", "131052308T"},         {"FI", "131052A308T"},   {"FR", "295109912611193"},
    {"FR", "253072B07300470"},    {"HR", "33392005961"},   {"IT", "RSSMRA85T10A562S"},
    {"IT", "RCCMNL83S18D969H"},   {"LT", "33309240064"},   {"MX", "BOXW310820HNERXN09"},
    {"NL", "111222333"},          {"NO", "15108695088"},   {"PL", "44051401359"},
    {"PL", "02070803628"},        {"RO", "1630615123457"}, {"SE", "8803200016"},
    {"SE", "198803200016"},       {"SK", "7103192745"},    {"TR", "10000000146"},
    {"TR", "17291716060"},        {"ZA", "7503305044089"}, {"ZA", "8001015009087"},
};

static void check_digits_of_published_examples_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        const char *kind = NULL;
        enum sym_id_check check =
            sym_id_check(&kind, published[i].country, sym_span_text(published[i].number));
        if (check != SYM_ID_MATCHES) {
            fail_msg("%s %s", published[i].country, published[i].number);
        }
        assert_non_null(kind);
    }
}

/* A single wrong digit is what each of these schemes is made to notice. */
static void a_changed_last_character_is_noticed(void **state)
{
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        char number[32];
        char value[40];
        (void)snprintf(number, sizeof number, "%s", published[i].number);
        char *last = &number[strlen(number) - 1];
        *last = *last == '9' ? '0' : *last == 'Z' ? 'A' : (char)(*last + 1);
        (void)snprintf(value, sizeof value, "%s:%s", published[i].country, number);
        refuses(*state, SYM_TOKEN_NATIONAL_ID, value, "check digits do not match");
    }
}

/* 02070803628 in a column of numbers. */
static void remarks_on_a_number_that_lost_its_zeros(void **state)
{
    struct sym_canonical out;
    struct sym_fault fault;
    assert_int_equal(case_run(&out, *state, SYM_TOKEN_NATIONAL_ID, "PL:2070803628", "", &fault),
                     SYM_OK);
    assert_string_equal(out.text, "PL:2070803628");
    assert_non_null(strstr(out.remark, "zeros in front"));
    assert_int_equal(case_run(&out, *state, SYM_TOKEN_NATIONAL_ID, "PL:2070803629", "", &fault),
                     SYM_OK);
    assert_null(out.remark);
    assert_int_equal(case_run(&out, *state, SYM_TOKEN_NATIONAL_ID, "PL:02070803628", "", &fault),
                     SYM_OK);
    assert_null(out.remark);
    assert_false(sym_id_lacks_zeros("GB", sym_span_text("2070803628")));
    assert_false(sym_id_lacks_zeros("PL", sym_span_text("207080362A")));
    assert_false(sym_id_lacks_zeros("PL", sym_span_text("0000000")));
    assert_false(sym_id_lacks_zeros("PL", sym_span_text("123456789012345678")));
}

static void numbers_of_another_shape_or_country_are_not_checked(void **state)
{
    (void)state;
    const char *kind = NULL;
    assert_int_equal(sym_id_check(&kind, "PL", sym_span_text("ABC123456")), SYM_ID_UNCHECKED);
    assert_int_equal(sym_id_check(&kind, "PL", sym_span_text("4405140135")), SYM_ID_UNCHECKED);
    assert_int_equal(sym_id_check(&kind, "PL", sym_span_text("440514013590")), SYM_ID_UNCHECKED);
    assert_int_equal(sym_id_check(&kind, "ES", sym_span_text("P1234567D")), SYM_ID_UNCHECKED);
    assert_int_equal(sym_id_check(&kind, "GB", sym_span_text("44051401350")), SYM_ID_UNCHECKED);
    assert_int_equal(sym_id_check(&kind, "", sym_span_text("")), SYM_ID_UNCHECKED);
}

static void plates_are_read_by_the_look_of_their_letters(void **state)
{
    accepts(*state, SYM_TOKEN_PLATE, "RU:А123ВС77", "RU:A123BC77"); /* Cyrillic */
    accepts(*state, SYM_TOKEN_PLATE, "RU:а 123 вс 77", "RU:A123BC77");
    accepts(*state, SYM_TOKEN_PLATE, "RU:A123BC77", "RU:A123BC77"); /* Latin */
    accepts(*state, SYM_TOKEN_PLATE, "GR:ΙΝΡ-3456", "GR:INP3456");
    accepts(*state, SYM_TOKEN_PLATE, "DE:WÜ-AB 123", "DE:WUAB123");
    accepts_parts(*state, SYM_TOKEN_PLATE, "ab12 cde", "GB", "GB:AB12CDE");
}

static void country_codes_have_one_form(void **state)
{
    (void)state;
    static const char *const codes[][2] = {
        {"DE", "DE"},   {"de", "DE"},   {"DEU", "DE"},  {"D", "DE"},    {"uk", "GB"},
        {"EL", "GR"},   {"XKX", "XK"},  {"XK", "XK"},   {"UNO", "UNO"}, {"AND", "AD"},
        {"ZW", "ZW"},   {"ZWE", "ZW"},  {"AX", "AX"},   {"ALA", "AX"},  {"ROM", "RO"},
        {"xxa", "XXA"}, {"XAA", "XAA"}, {"XXC", "XXC"},
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char out[SYM_COUNTRY_BYTES];
        assert_int_equal(sym_country_parse(out, sym_span_text(codes[i][0])), SYM_OK);
        assert_string_equal(out, codes[i][1]);
    }
}

static void refuses_codes_of_no_country(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",   "G",  "QQ", "ZZ",  "XYZ", "GBRX", "G1",
                                        "ÄÖ", "G ", "SU", "NOU", "OUN", "XA",   "AXB"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char out[SYM_COUNTRY_BYTES] = "?";
        assert_int_equal(sym_country_parse(out, sym_span_text(wrong[i])), SYM_NOT_FOUND);
        assert_string_equal(out, "?");
        assert_false(sym_country_is_alpha2(sym_span_text(wrong[i])));
    }
    assert_false(sym_country_is_alpha2(sym_span_text("gb")));
    assert_false(sym_country_is_alpha2(sym_span_text("UK")));
    assert_true(sym_country_is_alpha2(sym_span_text("GB")));
    assert_true(sym_country_is_alpha2(sym_span_text("XK")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_its_issuer_and_its_number),
        cmocka_unit_test(reads_issuer_and_number_from_a_machine_readable_zone),
        cmocka_unit_test(refuses_a_machine_readable_zone_with_one_wrong_character),
        cmocka_unit_test(each_check_digit_of_a_machine_readable_zone_counts),
        cmocka_unit_test(an_optional_field_that_is_not_used_needs_no_check_digit),
        cmocka_unit_test(refuses_documents_without_an_issuer),
        cmocka_unit_test(refuses_numbers_that_no_document_has),
        cmocka_unit_test(refuses_numbers_that_stand_for_those_of_many),
        cmocka_unit_test(refuses_numbers_with_a_zero_for_decimals),
        cmocka_unit_test(national_numbers_keep_letters_and_digits),
        cmocka_unit_test(a_swedish_number_has_its_century),
        cmocka_unit_test(a_french_number_has_its_key),
        cmocka_unit_test(check_digits_of_published_examples_match),
        cmocka_unit_test(a_changed_last_character_is_noticed),
        cmocka_unit_test(remarks_on_a_number_that_lost_its_zeros),
        cmocka_unit_test(numbers_of_another_shape_or_country_are_not_checked),
        cmocka_unit_test(plates_are_read_by_the_look_of_their_letters),
        cmocka_unit_test(country_codes_have_one_form),
        cmocka_unit_test(refuses_codes_of_no_country),
    };
    return cmocka_run_group_tests_name("canon_document", tests, case_setup, case_teardown);
}
