/* Which grants can be given, whatever is asked under them later. */
#include "tests/proto/policy_case.h"

static enum sym_err check(const struct sym_grant *grant)
{
    struct sym_fault fault = {.text = ""};
    enum sym_err err = sym_policy_check(grant, NOW_S, &fault);
    assert_int_equal(err == SYM_OK, fault.text[0] == '\0');
    return err;
}

static void keeps_grants_of_every_kind_that_can_be_granted(void **state)
{
    (void)state;
    struct sym_grant grant = a_grant();
    for (uint32_t kind = 0; kind < 300; kind++) {
        grant.kind = kind;
        bool can = kind == SYM_KIND_OVERLAP_MATCHES || kind == SYM_KIND_OVERLAP_COUNT ||
                   kind == SYM_KIND_OVERLAP_TABLE || kind == SYM_KIND_TABULATE;
        assert_int_equal(check(&grant), can ? SYM_OK : SYM_BAD_VALUE);
    }
}

static void refuses_grants_that_exclude_everything(void **state)
{
    (void)state;
    struct sym_grant grant = a_grant();
    grant.max_elements = 9;
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
    grant.max_elements = 10;
    assert_int_equal(check(&grant), SYM_OK);
    grant.min_elements = grant.max_elements = 0;
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
    grant = a_grant();
    grant.per_day = 0;
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
    grant = a_grant();
    grant.purposes = 1u << SYM_PURPOSE_NONE | 1u << 31;
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
    grant = a_grant();
    grant.types = UINT64_C(1) << SYM_TOKEN_TYPE_COUNT;
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
    grant.types = 1; /* any */
    assert_int_equal(check(&grant), SYM_OK);
}

static void a_standing_list_has_limits_of_its_own(void **state)
{
    (void)state;
    const uint32_t bit = 1u << SYM_OVERLAP_ENGINE_STANDING;
    struct sym_grant grant = a_grant();
    struct sym_policy_ask ask = an_ask();
    grant.engines |= bit;
    assert_int_equal(check(&grant), SYM_BAD_VALUE); /* without a list */
    grant.standing_days = 30;
    assert_int_equal(check(&grant), SYM_BAD_VALUE); /* without elements */
    grant.elements_per_day = 100;
    assert_int_equal(check(&grant), SYM_OK);
    ask.engines = bit | 1u << SYM_OVERLAP_ENGINE_DH;
    ask.evaluated = 90;
    struct sym_policy_verdict v = decide(&grant, &ask);
    assert_int_equal(v.decision, SYM_DECISION_GRANTED);
    assert_int_equal(v.engines, ask.engines);
    ask.evaluated = 91; /* 10 more would be too many */
    v = decide(&grant, &ask);
    assert_int_equal(v.decision, SYM_DECISION_GRANTED);
    assert_int_equal(v.engines, 1u << SYM_OVERLAP_ENGINE_DH);
    ask.engines = bit;
    v = decide(&grant, &ask);
    assert_int_equal(v.reason, SYM_REASON_LIMIT);
    assert_string_equal(v.cause, "elements-per-day");
    ask.evaluated = 0;
    grant.max_elements = grant.elements_per_day = ask.elements = SYM_STANDING_QUERY_MAX + 1;
    v = decide(&grant, &ask);
    assert_int_equal(v.reason, SYM_REASON_LIMIT);
    assert_string_equal(v.cause, "standing");
    grant = a_grant();
    grant.standing_days = 30;
    grant.elements_per_day = 100;
    assert_int_equal(check(&grant), SYM_BAD_VALUE); /* without the engine */
    grant.engines |= bit;
    grant.kind = SYM_KIND_OVERLAP_COUNT;
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
}

static void refuses_grants_without_an_engine_or_with_a_result_beyond_their_lists(void **state)
{
    (void)state;
    struct sym_grant grant = a_grant();
    grant.engines = 1; /* which is no engine */
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
    grant.engines = 1u << SYM_OVERLAP_ENGINE_END;
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
    grant.engines = 1u << SYM_OVERLAP_ENGINE_VOLE;
    assert_int_equal(check(&grant), SYM_OK);
    grant.min_result = grant.max_elements;
    assert_int_equal(check(&grant), SYM_OK);
    grant.min_result = grant.max_elements + 1;
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
    grant = a_grant();
    grant.kind = SYM_KIND_OVERLAP_TABLE;
    assert_int_equal(check(&grant), SYM_OK);
    grant.modes = 1;
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
    grant.modes = 1u << SYM_TABLE_DP;
    assert_int_equal(check(&grant), SYM_OK);
    grant.min_result = 1;
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
    grant.kind = SYM_KIND_TABULATE;
    grant.min_result = 1;
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
    grant.min_result = 0;
    grant.engines = 0;
    assert_int_equal(check(&grant), SYM_OK);
}

static void refuses_grants_beyond_the_limits_of_this_program(void **state)
{
    (void)state;
    struct sym_grant grant = a_grant();
    grant.max_elements = SYM_SET_MAX;
    grant.per_day = SYM_EXCHANGES_PER_DAY_MAX;
    assert_int_equal(check(&grant), SYM_OK);
    grant.max_elements = SYM_SET_MAX + 1;
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
    grant = a_grant();
    grant.per_day = SYM_EXCHANGES_PER_DAY_MAX + 1;
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
    grant = a_grant();
    grant.epsilon_micro = SYM_EPSILON_MICRO_MAX;
    assert_int_equal(check(&grant), SYM_OK);
    grant.epsilon_micro = SYM_EPSILON_MICRO_MAX + 1;
    assert_int_equal(check(&grant), SYM_BAD_VALUE);
}

static void refuses_a_grant_whose_expiry_has_passed(void **state)
{
    (void)state;
    struct sym_grant grant = a_grant();
    grant.expires_s = NOW_S;
    assert_int_equal(check(&grant), SYM_EXPIRED);
    grant.expires_s = 1;
    assert_int_equal(check(&grant), SYM_EXPIRED);
    grant.expires_s = 0;
    assert_int_equal(check(&grant), SYM_OK);
}

static void a_grant_of_tabulation_needs_no_type_and_no_size(void **state)
{
    (void)state;
    struct sym_grant grant = a_grant();
    grant.kind = SYM_KIND_TABULATE;
    grant.types = 0;
    grant.min_elements = grant.max_elements = 0;
    assert_int_equal(check(&grant), SYM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_grants_of_every_kind_that_can_be_granted),
        cmocka_unit_test(refuses_grants_that_exclude_everything),
        cmocka_unit_test(a_standing_list_has_limits_of_its_own),
        cmocka_unit_test(refuses_grants_without_an_engine_or_with_a_result_beyond_their_lists),
        cmocka_unit_test(refuses_grants_beyond_the_limits_of_this_program),
        cmocka_unit_test(refuses_a_grant_whose_expiry_has_passed),
        cmocka_unit_test(a_grant_of_tabulation_needs_no_type_and_no_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
