#include "tests/cli/canon_case.h"

static void keeps_leading_zeros_and_drops_separators(void **state)
{
    accepts(*state, SYM_TOKEN_ACCOUNT, "20-00-00:00123456", "200000:00123456");
    accepts(*state, SYM_TOKEN_ACCOUNT, "20 00 00 : 0012-3456", "200000:00123456");
    accepts(*state, SYM_TOKEN_ACCOUNT, "20\u201300\u201300:00.123/456", "200000:00123456");
    accepts(*state, SYM_TOKEN_ACCOUNT, "123:0", "123:0");
}

static void takes_the_bank_from_the_second_part(void **state)
{
    accepts_parts(*state, SYM_TOKEN_ACCOUNT, "0012345678", "deutdeff", "DEUTDEFFXXX:0012345678");
    accepts_parts(*state, SYM_TOKEN_ACCOUNT, "0012345678", "DEUTDEFF500", "DEUTDEFF500:0012345678");
    accepts_parts(*state, SYM_TOKEN_ACCOUNT, " 7 ", " 20-00-00 ", "200000:7");
}

static void two_banks_may_have_the_same_number(void **state)
{
    accepts_parts(*state, SYM_TOKEN_ACCOUNT, "1", "200001", "200001:1");
    accepts_parts(*state, SYM_TOKEN_ACCOUNT, "1", "200002", "200002:1");
}

static void refuses_an_account_without_a_bank(void **state)
{
    refuses(*state, SYM_TOKEN_ACCOUNT, "12345678", "the bank is missing");
    refuses(*state, SYM_TOKEN_ACCOUNT, ":12345678", "the bank has to be");
    refuses(*state, SYM_TOKEN_ACCOUNT, "12:12345678", "3 to 12 digits");
    refuses(*state, SYM_TOKEN_ACCOUNT, "1234567890123:1", "3 to 12 digits");
    refuses(*state, SYM_TOKEN_ACCOUNT, "BANK:12345678", "8 or 11 characters, not 4");
    refuses(*state, SYM_TOKEN_ACCOUNT, "DEUTZZFF:1", "no country code");
    refuses_parts(*state, SYM_TOKEN_ACCOUNT, "1", "20\u00e9", "character 3 of the bank");
}

static void refuses_numbers_that_are_not_digits(void **state)
{
    refuses(*state, SYM_TOKEN_ACCOUNT, "200000:", "is empty");
    refuses(*state, SYM_TOKEN_ACCOUNT, "200000:-", "1 to 34 digits");
    refuses(*state, SYM_TOKEN_ACCOUNT, "200000:12A", "1 to 34 digits");
    refuses(*state, SYM_TOKEN_ACCOUNT, "200000:1:2", "character 2 of the number");
    refuses(*state, SYM_TOKEN_ACCOUNT, "200000:12345678901234567890123456789012345", "1 to 34");
    refuses_parts(*state, SYM_TOKEN_ACCOUNT, "", "200000", "is empty");
}

static void a_bic_of_eight_gets_the_branch_of_the_head_office(void **state)
{
    accepts(*state, SYM_TOKEN_BIC, "deutdeff", "DEUTDEFFXXX");
    accepts(*state, SYM_TOKEN_BIC, "DEUT DE FF", "DEUTDEFFXXX");
    accepts(*state, SYM_TOKEN_BIC, "DEUTDEFFXXX", "DEUTDEFFXXX");
    accepts(*state, SYM_TOKEN_BIC, "NBKOXKPR", "NBKOXKPRXXX"); /* Kosovo is in no ISO list */
}

static void remarks_on_a_test_bic(void **state)
{
    struct sym_canonical out;
    struct sym_fault fault;
    assert_int_equal(case_run(&out, *state, SYM_TOKEN_BIC, "DEUTDEF0", "", &fault), SYM_OK);
    assert_non_null(strstr(out.remark, "test BIC"));
    assert_int_equal(case_run(&out, *state, SYM_TOKEN_BIC, "DEUTDEFF", "", &fault), SYM_OK);
    assert_null(out.remark);
}

static void refuses_what_is_no_bic(void **state)
{
    refuses(*state, SYM_TOKEN_BIC, "DEUTDEF", "8 or 11 characters, not 7");
    refuses(*state, SYM_TOKEN_BIC, "DEUTDEFF50", "not 10");
    refuses(*state, SYM_TOKEN_BIC, "DEUTXXFF", "no country code");
    refuses(*state, SYM_TOKEN_BIC, "DEUT12FF", "no country code");
    refuses(*state, SYM_TOKEN_BIC, "DEUT-DEFF", "character 5 of the BIC");
    refuses(*state, SYM_TOKEN_BIC, "NOTPROVIDED", "no BIC was given");
    refuses(*state, SYM_TOKEN_BIC, "not known", "no BIC was given");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_leading_zeros_and_drops_separators),
        cmocka_unit_test(takes_the_bank_from_the_second_part),
        cmocka_unit_test(two_banks_may_have_the_same_number),
        cmocka_unit_test(refuses_an_account_without_a_bank),
        cmocka_unit_test(refuses_numbers_that_are_not_digits),
        cmocka_unit_test(a_bic_of_eight_gets_the_branch_of_the_head_office),
        cmocka_unit_test(remarks_on_a_test_bic),
        cmocka_unit_test(refuses_what_is_no_bic),
    };
    return cmocka_run_group_tests_name("canon_account", tests, case_setup, case_teardown);
}
