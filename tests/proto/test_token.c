#include "proto/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

struct known {
    enum sym_token_type type;
    const char *canonical;
    const char *digest;
};

/* From Python: hashlib.blake2b(b"iban\0GB29…", digest_size=32, person=b"symbolon-token-1") */
static const struct known answers[] = {
    {SYM_TOKEN_IBAN, "GB29NWBK60161331926819",
     "6dce59635f53c95adb48e2fa66ce33c18ac055aea515aa966e573e9e56fd68d1"},
    {SYM_TOKEN_PHONE, "+442079460958",
     "a8fcae8804c72b2d2309df12bb9ae50b74f7c333c28cc9a449d271fa5d3cf703"},
    {SYM_TOKEN_NAME_DOB, "doe jane:1980-02-03",
     "4034d851d0b38008ec8477de5cfcc35ba8119fcf59255306f6fe5f852ce38c73"},
    {SYM_TOKEN_EMAIL, "ü@xn--strae-oqa.de",
     "879b5e8e97b1e78cccbcae0cb32b39a8b34f674c690d5ceac1c8134a3f8b722e"},
};

static void digests_are_blake2b_with_the_personalisation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        uint8_t want[SYM_DIGEST_BYTES];
        uint8_t got[SYM_DIGEST_BYTES];
        assert_int_equal(sym_unhex(want, sizeof want, sym_span_text(answers[i].digest)), SYM_OK);
        assert_int_equal(
            sym_token_digest(got, answers[i].type, sym_span_text(answers[i].canonical)), SYM_OK);
        assert_memory_equal(got, want, sizeof want);
    }
}

static void every_type_has_a_name_that_leads_back_to_it(void **state)
{
    (void)state;
    for (enum sym_token_type t = SYM_TOKEN_NONE + 1; t < SYM_TOKEN_TYPE_COUNT; t++) {
        enum sym_token_type back = SYM_TOKEN_NONE;
        struct sym_span name = sym_span_text(sym_token_type_name(t));
        assert_int_equal(sym_token_type_parse(&back, name), SYM_OK);
        assert_int_equal(back, t);
        assert_null(memchr(name.data, '\0', name.len));
    }
}

/* They are stored: a new type goes to the end. */
static void the_numbers_of_types_do_not_move(void **state)
{
    (void)state;
    static const char *const order[] = {"none",       "iban",
                                        "account",    "bic",
                                        "phone",      "email",
                                        "passport",   "national_id",
                                        "plate",      "name_dob",
                                        "handle",     "url",
                                        "wallet",     "payment_ref",
                                        "names_dob",  "surname_dob",
                                        "given_dob",  "dob_postcode",
                                        "dob_town",   "names_postcode",
                                        "names_town", "surname_postcode_year"};
    assert_int_equal(sizeof order / sizeof *order, SYM_TOKEN_TYPE_COUNT);
    for (size_t i = 0; i < SYM_TOKEN_TYPE_COUNT; i++) {
        assert_string_equal(sym_token_type_name((enum sym_token_type)i), order[i]);
    }
}

static void one_value_of_two_types_is_two_tokens(void **state)
{
    (void)state;
    uint8_t a[SYM_DIGEST_BYTES];
    uint8_t b[SYM_DIGEST_BYTES];
    struct sym_span value = sym_span_text("GB:1234567");
    assert_int_equal(sym_token_digest(a, SYM_TOKEN_PASSPORT, value), SYM_OK);
    assert_int_equal(sym_token_digest(b, SYM_TOKEN_NATIONAL_ID, value), SYM_OK);
    assert_memory_not_equal(a, b, sizeof a);
}

static void refuses_names_that_are_no_type(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "none", "IBAN", "iba", "ibann", "iban ", "phone\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        enum sym_token_type t = SYM_TOKEN_BIC;
        assert_int_equal(sym_token_type_parse(&t, sym_span_text(wrong[i])), SYM_NOT_FOUND);
        assert_int_equal(t, SYM_TOKEN_BIC);
    }
}

static void refuses_values_that_are_empty_or_too_long(void **state)
{
    (void)state;
    static char text[SYM_CANONICAL_BYTES_MAX + 1];
    uint8_t out[SYM_DIGEST_BYTES] = {7};
    memset(text, 'a', sizeof text);
    assert_int_equal(sym_token_digest(out, SYM_TOKEN_URL, sym_span("", 0)), SYM_BAD_VALUE);
    assert_int_equal(sym_token_digest(out, SYM_TOKEN_URL, sym_span(text, sizeof text)),
                     SYM_BAD_VALUE);
    assert_int_equal(out[0], 7);
    assert_int_equal(sym_token_digest(out, SYM_TOKEN_URL, sym_span(text, sizeof text - 1)), SYM_OK);
}

static void refuses_numbers_that_are_no_type(void **state)
{
    (void)state;
    uint8_t out[SYM_DIGEST_BYTES];
    struct sym_span value = sym_span_text("x");
    assert_int_equal(sym_token_digest(out, SYM_TOKEN_NONE, value), SYM_BAD_VALUE);
    assert_int_equal(sym_token_digest(out, SYM_TOKEN_TYPE_COUNT, value), SYM_BAD_VALUE);
    assert_string_equal(sym_token_type_name(SYM_TOKEN_TYPE_COUNT), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_blake2b_with_the_personalisation),
        cmocka_unit_test(every_type_has_a_name_that_leads_back_to_it),
        cmocka_unit_test(the_numbers_of_types_do_not_move),
        cmocka_unit_test(one_value_of_two_types_is_two_tokens),
        cmocka_unit_test(refuses_names_that_are_no_type),
        cmocka_unit_test(refuses_values_that_are_empty_or_too_long),
        cmocka_unit_test(refuses_numbers_that_are_no_type),
    };
    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
