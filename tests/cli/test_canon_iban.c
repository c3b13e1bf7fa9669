#include "tests/cli/canon_case.h"
#include "tests/support/vectors.h"

#include <stdio.h>

static void takes_the_example_of_every_country_in_the_registry(void **state)
{
    cJSON *file = vectors_load("iban-registry-examples.json");
    const cJSON *examples = vectors_get(file, "examples");
    const cJSON *example;
    assert_int_equal(cJSON_GetArraySize(examples), 89);
    cJSON_ArrayForEach(example, examples)
    {
        accepts(*state, SYM_TOKEN_IBAN, example->valuestring, example->valuestring);
    }
    cJSON_Delete(file);
}

static void refuses_every_example_with_a_digit_changed_added_or_lost(void **state)
{
    cJSON *file = vectors_load("iban-registry-examples.json");
    const cJSON *example;
    cJSON_ArrayForEach(example, vectors_get(file, "examples"))
    {
        char text[64];
        size_t len = strlen(example->valuestring);
        (void)snprintf(text, sizeof text, "%s", example->valuestring);
        text[2] = text[2] == '9' ? '0' : (char)(text[2] + 1);
        refuses(*state, SYM_TOKEN_IBAN, text, "");
        (void)snprintf(text, sizeof text, "%s0", example->valuestring);
        refuses(*state, SYM_TOKEN_IBAN, text, "characters; numbers of");
        (void)snprintf(text, sizeof text, "%.*s", (int)len - 1, example->valuestring);
        refuses(*state, SYM_TOKEN_IBAN, text, "characters; numbers of");
    }
    cJSON_Delete(file);
}

static void takes_spaces_dots_hyphens_small_letters_and_the_word_iban(void **state)
{
    static const char want[] = "GB29NWBK60161331926819";
    accepts(*state, SYM_TOKEN_IBAN, "GB29 NWBK 6016 1331 9268 19", want);
    accepts(*state, SYM_TOKEN_IBAN, "  gb29nwbk60161331926819\t", want);
    accepts(*state, SYM_TOKEN_IBAN, "IBAN: GB29-NWBK-6016-1331-9268-19", want);
    accepts(*state, SYM_TOKEN_IBAN, "iban gb29.nwbk.6016.1331.9268.19", want);
    /* no-break space, zero width space, direction marks, en dash */
    accepts(*state, SYM_TOKEN_IBAN,
            "\u202aGB29\u00a0NWBK\u200b6016\u20131331\u20099268\u202f19\u202c", want);
}

static void names_the_remainder_of_wrong_check_digits(void **state)
{
    refuses(*state, SYM_TOKEN_IBAN, "GB29NWBK60161331926818",
            "check digits do not match (mod 97 = 71)");
    refuses(*state, SYM_TOKEN_IBAN, "GB92NWBK60161331926819",
            "check digits do not match (mod 97 =");
}

/* 00, 01 and 99 leave the remainder of 97, 98 and 02: a second spelling of one account. */
static void refuses_check_digits_that_are_never_issued(void **state)
{
    accepts(*state, SYM_TOKEN_IBAN, "GB98WEST12345600000035", "GB98WEST12345600000035");
    refuses(*state, SYM_TOKEN_IBAN, "GB01WEST12345600000035", "outside 02 to 98");
}

static void refuses_letters_where_digits_stand_and_the_reverse(void **state)
{
    refuses(*state, SYM_TOKEN_IBAN, "GB29NWBK6016133192681O", "character 22 has to be a digit");
    refuses(*state, SYM_TOKEN_IBAN, "GB29NWB060161331926819", "character 8 has to be a letter");
    refuses(*state, SYM_TOKEN_IBAN, "DE8937040044053201300A", "numbers of DE");
}

static void refuses_what_is_no_iban_at_all(void **state)
{
    refuses(*state, SYM_TOKEN_IBAN, "", "is empty");
    refuses(*state, SYM_TOKEN_IBAN, " \u00a0\u200b", "is empty");
    refuses(*state, SYM_TOKEN_IBAN, "12345678", "does not start with two letters");
    refuses(*state, SYM_TOKEN_IBAN, "GB", "does not start with two letters");
    refuses(*state, SYM_TOKEN_IBAN, "IBAN", "does not start with two letters");
    refuses(*state, SYM_TOKEN_IBAN, "US12345678901234567890", "the country US has no such numbers");
    refuses(*state, SYM_TOKEN_IBAN, "GB29NWBK6016133192681\u0663",
            "neither a letter A-Z nor a digit");
    refuses(*state, SYM_TOKEN_IBAN, "GB29*WBK60161331926819", "character 5 of the number");
    refuses(*state, SYM_TOKEN_IBAN, "GB29NWBK\x01", "control character (U+0001)");
    refuses(*state, SYM_TOKEN_IBAN, "GB29\xff", "is not UTF-8");
}

static void refuses_a_value_of_any_length(void **state)
{
    static char text[SYM_CSV_FIELD_BYTES_MAX + 1];
    memset(text, '1', sizeof text - 1);
    refuses(*state, SYM_TOKEN_IBAN, text, "longer than 2048 bytes");
    text[2000] = '\0';
    refuses(*state, SYM_TOKEN_IBAN, text, "more than 128 characters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_example_of_every_country_in_the_registry),
        cmocka_unit_test(refuses_every_example_with_a_digit_changed_added_or_lost),
        cmocka_unit_test(takes_spaces_dots_hyphens_small_letters_and_the_word_iban),
        cmocka_unit_test(names_the_remainder_of_wrong_check_digits),
        cmocka_unit_test(refuses_check_digits_that_are_never_issued),
        cmocka_unit_test(refuses_letters_where_digits_stand_and_the_reverse),
        cmocka_unit_test(refuses_what_is_no_iban_at_all),
        cmocka_unit_test(refuses_a_value_of_any_length),
    };
    return cmocka_run_group_tests_name("canon_iban", tests, case_setup, case_teardown);
}
