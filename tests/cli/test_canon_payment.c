#include "tests/cli/canon_case.h"

static void a_uetr_is_written_in_capitals(void **state)
{
    static const char want[] = "EB6305C9-1F7F-49DE-AED0-16487C27B42D";
    accepts(*state, SYM_TOKEN_PAYMENT_REF, "eb6305c9-1f7f-49de-aed0-16487c27b42d", want);
    accepts(*state, SYM_TOKEN_PAYMENT_REF, " EB6305C9-1F7F-49DE-AED0-16487C27B42D\r\n", want);
}

static void end_to_end_ids_keep_their_characters(void **state)
{
    accepts(*state, SYM_TOKEN_PAYMENT_REF, "inv 2024/0001", "INV 2024/0001");
    accepts(*state, SYM_TOKEN_PAYMENT_REF, "RF18539007547034", "RF18539007547034");
    accepts(*state, SYM_TOKEN_PAYMENT_REF, "/-?:().,'+", "/-?:().,'+");
    accepts(*state, SYM_TOKEN_PAYMENT_REF, "12345678901234567890123456789012345",
            "12345678901234567890123456789012345");
}

/* ISO 11649 prints it in groups of four. */
static void a_creditor_reference_has_no_spaces(void **state)
{
    accepts(*state, SYM_TOKEN_PAYMENT_REF, "rf18 5390 0754 7034", "RF18539007547034");
    accepts(*state, SYM_TOKEN_PAYMENT_REF, "RF18539007547034", "RF18539007547034");
    accepts(*state, SYM_TOKEN_PAYMENT_REF, "RF18 5390 0754 7035", "RF18 5390 0754 7035");
    accepts(*state, SYM_TOKEN_PAYMENT_REF, "RF18 order 7", "RF18 ORDER 7");
    accepts(*state, SYM_TOKEN_PAYMENT_REF, "RF18", "RF18");
}

static void refuses_uuids_of_another_version_or_variant(void **state)
{
    refuses(*state, SYM_TOKEN_PAYMENT_REF, "eb6305c9-1f7f-19de-aed0-16487c27b42d", "version 4");
    refuses(*state, SYM_TOKEN_PAYMENT_REF, "eb6305c9-1f7f-49de-ced0-16487c27b42d", "version 4");
    refuses(*state, SYM_TOKEN_PAYMENT_REF, "00000000-0000-0000-0000-000000000000", "version 4");
}

static void refuses_what_no_payment_carries(void **state)
{
    refuses(*state, SYM_TOKEN_PAYMENT_REF, "", "is empty");
    refuses(*state, SYM_TOKEN_PAYMENT_REF, "NotProvided", "no reference was given");
    refuses(*state, SYM_TOKEN_PAYMENT_REF, "123456789012345678901234567890123456",
            "longer than 35");
    refuses(*state, SYM_TOKEN_PAYMENT_REF, "1234567890123456789012345678901234567", "has 37");
    refuses(*state, SYM_TOKEN_PAYMENT_REF, "inv#1", "character 4 may not stand");
    refuses(*state, SYM_TOKEN_PAYMENT_REF, "invé", "character 4 may not stand");
    refuses(*state, SYM_TOKEN_PAYMENT_REF, "eb6305c9-1f7f-49de-aed0_16487c27b42d",
            "longer than 35");
}

/* They stand in the place of a reference in many payments, which have nothing in common. */
static void refuses_what_stands_for_no_reference(void **state)
{
    static const char *const words[] = {"NONREF", "not provided", "N/A", "none", "NOTPROVIDED"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        refuses(*state, SYM_TOKEN_PAYMENT_REF, words[i], "no reference was given");
    }
    refuses(*state, SYM_TOKEN_PAYMENT_REF, "000-000", "one character repeated");
    accepts(*state, SYM_TOKEN_PAYMENT_REF, "none of 7", "NONE OF 7");
    accepts(*state, SYM_TOKEN_PAYMENT_REF, "111", "111");
}

/* A spreadsheet makes one number of many. */
static void refuses_numbers_that_a_spreadsheet_has_rounded(void **state)
{
    static const char *const rounded[] = {"1.23457E+11", "1,23457e+11", "1E+12"};
    static const char *const others[] = {"1.23457E11", "1.23457E-11", "E+11", "1.2E+", "1.2E+1A"};
    for (size_t i = 0; i < sizeof rounded / sizeof *rounded; i++) {
        refuses(*state, SYM_TOKEN_PAYMENT_REF, rounded[i], "spreadsheet has rounded");
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        accepts(*state, SYM_TOKEN_PAYMENT_REF, others[i], others[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uetr_is_written_in_capitals),
        cmocka_unit_test(end_to_end_ids_keep_their_characters),
        cmocka_unit_test(a_creditor_reference_has_no_spaces),
        cmocka_unit_test(refuses_uuids_of_another_version_or_variant),
        cmocka_unit_test(refuses_what_no_payment_carries),
        cmocka_unit_test(refuses_what_stands_for_no_reference),
        cmocka_unit_test(refuses_numbers_that_a_spreadsheet_has_rounded),
    };
    return cmocka_run_group_tests_name("canon_payment", tests, case_setup, case_teardown);
}
