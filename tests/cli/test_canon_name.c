#include "cli/ingest/date.h"
#include "cli/ingest/unicode.h"
#include "tests/cli/canon_case.h"

#include <stdio.h>

static void accents_case_order_and_punctuation_do_not_matter(void **state)
{
    static const char want[] = "garcia jose marquez:1980-02-03";
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, "José García Márquez", "1980-02-03", want);
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, "GARCIA MARQUEZ, Jose", "19800203", want);
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, "Garci\u0301a-Ma\u0301rquez  Jose\u0301",
                  "1980-02-03", want);
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, "ＪＯＳＥ\u3000ＧＡＲＣＩＡ\nＭＡＲＱＵＥＺ",
                  "1980-02-03", want);
    accepts(*state, SYM_TOKEN_NAME_DOB, "José García Márquez : 1980-02-03", want);
}

static void apostrophes_join_in_all_their_forms(void **state)
{
    static const char *const forms[] = {"Seán O'Brien", "Sean O’Brien", "SEAN O`BRIEN",
                                        "Sean Oʼbrien", "Sean OBrien",  "Seán O´Brien"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        accepts_parts(*state, SYM_TOKEN_NAME_DOB, forms[i], "1980-02-03", "obrien sean:1980-02-03");
    }
}

static void accents_that_stand_alone_are_none(void **state)
{
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, "Jan Mu¨ller", "1980-02-03", "jan muller:1980-02-03");
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, "Jan D\u1ffdAngelo", "1980-02-03",
                  "dangelo jan:1980-02-03");
}

static void other_scripts_are_written_in_latin_letters(void **state)
{
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, "Мария Иванова", "1980-02-03",
                  "ivanova maria:1980-02-03");
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, "Γιώργος Παπαδόπουλος", "1980-02-03",
                  "giorgos papadopoulos:1980-02-03");
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, "毛 泽东", "1980-02-03", "dong mao ze:1980-02-03");
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, "Łukasz Żółć", "1980-02-03",
                  "lukasz zolc:1980-02-03");
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, "Größe Æsir Þór", "1980-02-03",
                  "aesir grosse thor:1980-02-03");
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, "Игорь", "1980-02-03", "igor:1980-02-03");
}

/* Plain names do not go through ICU: both ways must come to the same. */
static void ascii_is_its_own_transliteration(void **state)
{
    (void)state;
    struct sym_unicode *u = NULL;
    assert_int_equal(sym_unicode_new(&u), SYM_OK);
    for (int c = 0x20; c < 0x7f; c++) {
        char text[4] = {'a', (char)c, 'b', '\0'};
        uint8_t out[32];
        char want[4] = {'a', (char)(c >= 'A' && c <= 'Z' ? c + 32 : c), 'b', '\0'};
        struct sym_writer w = sym_writer(out, sizeof out);
        assert_int_equal(sym_unicode_latin(&w, u, sym_span_text(text)), SYM_OK);
        assert_int_equal(w.len, 3);
        assert_memory_equal(out, want, 3);
    }
    sym_unicode_free(u);
}

static void refuses_names_that_say_nothing(void **state)
{
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, "X", "1980-02-03", "fewer than two letters");
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, "--- ...", "1980-02-03", "fewer than two letters");
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, "12345", "1980-02-03", "fewer than two letters");
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, "UNKNOWN, unknown", "1980-02-03", "placeholder");
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, "Not Known", "1980-02-03", "placeholder");
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, "Unbekannt", "1980-02-03", "placeholder");
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, "ᚠᚢᚦ", "1980-02-03", "no Latin spelling");
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, "Unknown Smith", "1980-02-03",
                  "smith unknown:1980-02-03");
}

static void refuses_names_that_are_too_long(void **state)
{
    char text[2 * 600 + 1] = "";
    for (size_t i = 0; i < 600; i++) {
        memcpy(text + 2 * i, i < 33 ? "a " : "bb", 3);
    }
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, text, "1980-02-03", "longer than the limit");
    text[66] = '\0';
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, text, "1980-02-03", "more than 32 words");
    text[64] = '\0';
    char want[80];
    (void)snprintf(want, sizeof want, "%.63s:1980-02-03", text);
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, text, "1980-02-03", want);
}

static void refuses_placeholders_for_a_date_of_birth(void **state)
{
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, "Jane Doe", "1900-01-01",
                  "1900-01-01 is a placeholder");
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, "Jane Doe", "18991230", "placeholder");
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, "Jane Doe", "1849-12-31", "before 1850");
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, "Jane Doe", "9999-12-31", "in the future");
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, "Jane Doe", "2026-11-22", "in the future");
    accepts_parts(*state, SYM_TOKEN_NAME_DOB, "Jane Doe", "2026-11-21", "doe jane:2026-11-21");
    refuses(*state, SYM_TOKEN_NAME_DOB, "Jane Doe", "the dob is missing");
    refuses(*state, SYM_TOKEN_NAME_DOB, "Jane Doe:", "not written YYYY-MM-DD");
}

static void remarks_on_a_name_of_one_word(void **state)
{
    struct sym_canonical out;
    struct sym_fault fault;
    assert_int_equal(case_run(&out, *state, SYM_TOKEN_NAME_DOB, "Jane", "1980-02-03", &fault),
                     SYM_OK);
    assert_non_null(strstr(out.remark, "one word"));
    assert_int_equal(case_run(&out, *state, SYM_TOKEN_NAME_DOB, "Jane D", "1980-02-03", &fault),
                     SYM_OK);
    assert_null(out.remark);
}

static void remarks_on_the_first_of_january(void **state)
{
    struct sym_canonical out;
    struct sym_fault fault;
    assert_int_equal(case_run(&out, *state, SYM_TOKEN_NAME_DOB, "Jane Doe", "1980-01-01", &fault),
                     SYM_OK);
    assert_non_null(strstr(out.remark, "1 January"));
    assert_int_equal(case_run(&out, *state, SYM_TOKEN_NAME_DOB, "Jane Doe", "1980-01-02", &fault),
                     SYM_OK);
    assert_null(out.remark);
}

/* A date of birth that comes out of a database has a midnight behind it; another time is that of
 * another place, and the day may be the one before. */
static void a_date_may_have_a_midnight_behind_it(void **state)
{
    static const char *const days[] = {"1980-02-03 00:00:00", "1980-02-03T00:00:00.000Z",
                                       "19800203 0:00", "1980-02-03 12:00:00 AM"};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        accepts_parts(*state, SYM_TOKEN_NAME_DOB, "Jane Doe", days[i], "doe jane:1980-02-03");
    }
    accepts(*state, SYM_TOKEN_NAME_DOB, "Jane Doe: 1980-02-03 00:00:00", "doe jane:1980-02-03");
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, "Jane Doe", "1980-02-02T23:00:00Z", "not written");
    refuses_parts(*state, SYM_TOKEN_NAME_DOB, "Jane Doe", " 00:00:00", "not written");
}

struct day {
    const char *text;
    enum sym_dates order;
    uint32_t want; /* 0: refused */
};

static void dates_are_read_in_the_order_of_the_profile(void **state)
{
    (void)state;
    static const struct day days[] = {
        {"1980-02-03", SYM_DATES_ISO, 19800203}, {"19800203", SYM_DATES_ISO, 19800203},
        {"1980-02-03", SYM_DATES_DMY, 19800203}, {"03/02/1980", SYM_DATES_DMY, 19800203},
        {"3.2.1980", SYM_DATES_DMY, 19800203},   {"3-2-1980", SYM_DATES_DMY, 19800203},
        {"03 02 1980", SYM_DATES_DMY, 19800203}, {"02/03/1980", SYM_DATES_MDY, 19800203},
        {"2000-02-29", SYM_DATES_ISO, 20000229}, {"29/02/2024", SYM_DATES_DMY, 20240229},
    };
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        struct sym_date d;
        assert_int_equal(sym_date_parse(&d, sym_span_text(days[i].text), days[i].order), SYM_OK);
        assert_int_equal(sym_date_number(&d), days[i].want);
    }
}

static void refuses_days_that_do_not_exist(void **state)
{
    (void)state;
    static const char *const days[] = {"1980-02-30", "1981-02-29", "1900-02-29",
                                       "1980-00-03", "1980-13-03", "1980-02-00",
                                       "1980-04-31", "00000000",   "0999-01-02"};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        struct sym_date d;
        assert_int_equal(sym_date_parse(&d, sym_span_text(days[i]), SYM_DATES_ISO), SYM_BAD_VALUE);
    }
}

static void refuses_dates_in_another_order(void **state)
{
    (void)state;
    static const struct day days[] = {
        {"03/02/1980", SYM_DATES_ISO, 0},
        {"1980/02/03", SYM_DATES_DMY, 0},
        {"03/02.1980", SYM_DATES_DMY, 0},
        {"03/02/80", SYM_DATES_DMY, 0},
        {"003/02/1980", SYM_DATES_DMY, 0},
        {"03/02/1980/", SYM_DATES_DMY, 0},
        {"1980-2-3", SYM_DATES_ISO, 0},
        {"1980-02-03T00:00", SYM_DATES_ISO, 0},
        {"", SYM_DATES_ISO, 0},
        {"/", SYM_DATES_MDY, 0},
        {"198002O3", SYM_DATES_ISO, 0},
        {"3 Feb 1980", SYM_DATES_DMY, 0},
        {"12345/1/1980", SYM_DATES_DMY, 0},
    };
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        struct sym_date d;
        if (sym_date_parse(&d, sym_span_text(days[i].text), days[i].order) != SYM_BAD_FORMAT) {
            fail_msg("%s was taken", days[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accents_case_order_and_punctuation_do_not_matter),
        cmocka_unit_test(apostrophes_join_in_all_their_forms),
        cmocka_unit_test(accents_that_stand_alone_are_none),
        cmocka_unit_test(other_scripts_are_written_in_latin_letters),
        cmocka_unit_test(ascii_is_its_own_transliteration),
        cmocka_unit_test(refuses_names_that_say_nothing),
        cmocka_unit_test(refuses_names_that_are_too_long),
        cmocka_unit_test(refuses_placeholders_for_a_date_of_birth),
        cmocka_unit_test(remarks_on_a_name_of_one_word),
        cmocka_unit_test(remarks_on_the_first_of_january),
        cmocka_unit_test(a_date_may_have_a_midnight_behind_it),
        cmocka_unit_test(dates_are_read_in_the_order_of_the_profile),
        cmocka_unit_test(refuses_days_that_do_not_exist),
        cmocka_unit_test(refuses_dates_in_another_order),
    };
    return cmocka_run_group_tests_name("canon_name", tests, case_setup, case_teardown);
}
