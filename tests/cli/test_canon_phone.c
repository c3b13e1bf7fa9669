#include "cli/ingest/phone_shim.h"
#include "tests/cli/canon_case.h"

#include <pthread.h>
#include <stdio.h>

static void one_number_in_many_spellings_is_one(void **state)
{
    static const char *const spellings[] = {
        "+442079460958",         "020 7946 0958",
        "(020) 7946-0958",       "0044 20 7946 0958",
        "+44 (0)20 7946 0958",   "tel:+44-20-7946-0958",
        "020.7946.0958",         "\u202d+44 20 7946 0958\u202c",
        "٠٢٠٧٩٤٦٠٩٥٨",           "020\u00a07946\u20110958",
        "020 7946 0958 ext. 12",
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        accepts(*state, SYM_TOKEN_PHONE, spellings[i], "+442079460958");
    }
}

static void numbers_of_other_countries_need_no_region(void **state)
{
    accepts(*state, SYM_TOKEN_PHONE, "+33 6 12 34 56 78", "+33612345678");
    accepts(*state, SYM_TOKEN_PHONE, "+39 06 698 83145",
            "+390669883145"); /* Italy keeps its zero */
    accepts(*state, SYM_TOKEN_PHONE, "+1 (212) 555-2368", "+12125552368");
    accepts(*state, SYM_TOKEN_PHONE, "+234 803 123 4567", "+2348031234567");
}

static void refuses_what_is_no_number(void **state)
{
    refuses(*state, SYM_TOKEN_PHONE, "unknown", "not written like a telephone number");
    refuses(*state, SYM_TOKEN_PHONE, "", "is empty");
    refuses(*state, SYM_TOKEN_PHONE, "+", "not written like");
    refuses(*state, SYM_TOKEN_PHONE,
            "020 7946 0958, 020 7946 0959, 020 7946 0957, 020 7946 0956, or 020 7946 0955",
            "longer than 64 bytes; one number in a field");
    refuses(*state, SYM_TOKEN_PHONE, "020 7946 0958 / 020 7946 0959", "too many digits");
    refuses(*state, SYM_TOKEN_PHONE, "+999 123456789", "country code that is not used");
    refuses(*state, SYM_TOKEN_PHONE, "12", "too few digits");
    refuses(*state, SYM_TOKEN_PHONE, "+44 20 7946 0958 1234", "too many digits");
    refuses(*state, SYM_TOKEN_PHONE, "+44", "");
}

/* libphonenumber would dial them: 030 1234567 Bob is a number in Germany, and somebody else's. */
static void refuses_numbers_with_a_word_behind_them(void **state)
{
    static const char *const with_words[] = {
        "+49 30 1234567 Bob",       "+49 (30) 1234567 (Anna)", "+49 30 1234567 home!",
        "call +49 30 1234567 home", "+1 800 FLOWERS",          "0800 FLOWERS",
    };
    for (size_t i = 0; i < sizeof with_words / sizeof *with_words; i++) {
        refuses(*state, SYM_TOKEN_PHONE, with_words[i], "holds a word");
    }
    accepts(*state, SYM_TOKEN_PHONE, "Bob: +49 30 1234567", "+49301234567");
    accepts(*state, SYM_TOKEN_PHONE, "+49 30 1234567 p", "+49301234567");
    accepts(*state, SYM_TOKEN_PHONE, "celular +54 11 15-2345-6789", "+5491123456789");
    accepts(*state, SYM_TOKEN_PHONE, "office 020 7946 0958 ext. 12", "+442079460958");
}

static void remarks_on_an_extension(void **state)
{
    struct sym_canonical out;
    struct sym_fault fault;
    assert_int_equal(case_run(&out, *state, SYM_TOKEN_PHONE, "020 7946 0958 x12", "", &fault),
                     SYM_OK);
    assert_non_null(strstr(out.remark, "extension is left out"));
    assert_int_equal(case_run(&out, *state, SYM_TOKEN_PHONE, "020 7946 0958", "", &fault), SYM_OK);
    assert_null(out.remark);
}

/* Such numbers stand in forms of many people, and would match in two lists. */
static void refuses_placeholders(void **state)
{
    refuses(*state, SYM_TOKEN_PHONE, "0000000000", "no range of numbers that GB uses");
    refuses(*state, SYM_TOKEN_PHONE, "+44 0000000000", "its country uses");
    refuses(*state, SYM_TOKEN_PHONE, "999999999", "");
}

static void without_a_region_only_a_plus_helps(void **state)
{
    (void)state;
    const struct sym_canon_rules none = {.region = ""};
    struct sym_canon *c = NULL;
    assert_int_equal(sym_canon_new(&c, &none, NULL), SYM_OK);
    accepts(c, SYM_TOKEN_PHONE, "+44 20 7946 0958", "+442079460958");
    refuses(c, SYM_TOKEN_PHONE, "020 7946 0958", "has no country code; start it with +");
    sym_canon_free(c);
}

static void refuses_a_region_without_telephones(void **state)
{
    (void)state;
    static const char *const wrong[] = {"XX", "gb", "U"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct sym_canon_rules rules = {.region = ""};
        struct sym_canon *c = NULL;
        struct sym_fault fault = {SYM_OK, ""};
        memcpy(rules.region, wrong[i], strlen(wrong[i]));
        assert_int_equal(sym_canon_new(&c, &rules, &fault), SYM_BAD_VALUE);
        assert_null(c);
        assert_non_null(strstr(fault.text, "two-letter "));
    }
}

static void a_profile_may_keep_numbers_outside_known_ranges(void **state)
{
    (void)state;
    const struct sym_canon_rules rules = {.region = "GB", .phones_possible = true};
    struct sym_canon *c = NULL;
    struct sym_canonical out;
    struct sym_fault fault;
    assert_int_equal(sym_canon_new(&c, &rules, NULL), SYM_OK);
    assert_int_equal(case_run(&out, c, SYM_TOKEN_PHONE, "07700 900123", "", &fault), SYM_OK);
    assert_string_equal(out.text, "+447700900123");
    assert_non_null(out.remark);
    assert_int_equal(case_run(&out, c, SYM_TOKEN_PHONE, "020 7946 0958", "", &fault), SYM_OK);
    assert_null(out.remark);
    refuses(c, SYM_TOKEN_PHONE, "0000000000", "no range");
    refuses(c, SYM_TOKEN_PHONE, "12", "too few");
    sym_canon_free(c);
    refuses(*state, SYM_TOKEN_PHONE, "07700 900123", "no range of numbers that GB uses");
}

#define THREADS 4
#define NUMBERS 500

static void *check_numbers(void *wrong)
{
    for (int i = 0; i < NUMBERS; i++) {
        char text[32];
        char want[32];
        char out[SYM_PHONE_BYTES];
        bool extension = false;
        (void)snprintf(text, sizeof text, "020 7946 %04d", i);
        (void)snprintf(want, sizeof want, "+44207946%04d", i);
        if (sym_phone_e164(out, &extension, text, strlen(text), "GB") != SYM_PHONE_OK ||
            strcmp(out, want) != 0) {
            *(int *)wrong = 1;
        }
    }
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    int wrong[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, check_numbers, &wrong[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(wrong[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_number_in_many_spellings_is_one),
        cmocka_unit_test(numbers_of_other_countries_need_no_region),
        cmocka_unit_test(refuses_what_is_no_number),
        cmocka_unit_test(refuses_numbers_with_a_word_behind_them),
        cmocka_unit_test(remarks_on_an_extension),
        cmocka_unit_test(refuses_placeholders),
        cmocka_unit_test(without_a_region_only_a_plus_helps),
        cmocka_unit_test(refuses_a_region_without_telephones),
        cmocka_unit_test(a_profile_may_keep_numbers_outside_known_ranges),
        cmocka_unit_test(threads_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests_name("canon_phone", tests, case_setup, case_teardown);
}
