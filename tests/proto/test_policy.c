/* What is decided of a request under a grant: each limit at its edge, their order, and what the
 * peer and an approver are told. */
#include "tests/proto/policy_case.h"

/* One change to a grant and a request that fit each other. Of the members, those that differ from
 * UNTOUCHED are set. */
#define UNTOUCHED UINT64_C(0x7777777777777777)
struct change {
    const char *name;
    enum sym_decision decision;
    enum sym_reason reason;
    const char *cause;
    uint64_t kind, purpose, basis, asks, type, elements, now_s, asked, approved; /* asked */
    uint64_t min, max, per_day, purposes, engines, types, expires_s, approval;   /* granted */
};

#define NOTHING                                                                                    \
    .kind = UNTOUCHED, .purpose = UNTOUCHED, .basis = UNTOUCHED, .type = UNTOUCHED,                \
    .elements = UNTOUCHED, .now_s = UNTOUCHED, .asked = UNTOUCHED, .approved = UNTOUCHED,          \
    .asks = UNTOUCHED, .engines = UNTOUCHED, .min = UNTOUCHED, .max = UNTOUCHED,                   \
    .per_day = UNTOUCHED, .purposes = UNTOUCHED, .types = UNTOUCHED, .expires_s = UNTOUCHED,       \
    .approval = UNTOUCHED
#define GRANTED     .decision = SYM_DECISION_GRANTED, .reason = SYM_REASON_NONE, .cause = ""
#define HELD        .decision = SYM_DECISION_HELD, .reason = SYM_REASON_NONE, .cause = "approval"
#define POLICY(why) .decision = SYM_DECISION_DENIED, .reason = SYM_REASON_POLICY, .cause = why
#define LIMIT(why)  .decision = SYM_DECISION_DENIED, .reason = SYM_REASON_LIMIT, .cause = why

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct change changes[] = {
    {NOTHING, .name = "fits", GRANTED},
    {NOTHING, .name = "count for matches", POLICY("no grant"), .kind = SYM_KIND_OVERLAP_COUNT},
    {NOTHING, .name = "table for matches", POLICY("no grant"), .kind = SYM_KIND_OVERLAP_TABLE},
    {NOTHING, .name = "kind 0", POLICY("no grant"), .kind = 0},
    {NOTHING, .name = "kind of the future", POLICY("no grant"), .kind = 255},
    {NOTHING, .name = "last second", GRANTED, .now_s = NOW_S},
    {NOTHING, .name = "expires now", POLICY("expired"), .now_s = NOW_S + 1},
    {NOTHING, .name = "has expired", POLICY("expired"), .now_s = NOW_S + 100},
    {NOTHING, .name = "never expires", GRANTED, .now_s = UINT64_MAX - 1, .expires_s = 0},
    {NOTHING, .name = "first of the day", GRANTED, .asked = 0},
    {NOTHING, .name = "last of the day", GRANTED, .asked = 4},
    {NOTHING, .name = "one too many", LIMIT("per-day"), .asked = 5},
    {NOTHING, .name = "far too many", LIMIT("per-day"), .asked = UINT32_MAX},
    {NOTHING, .name = "no requests", LIMIT("per-day"), .asked = 0, .per_day = 0},
    {NOTHING, .name = "other purpose", GRANTED, .purpose = SYM_PURPOSE_TEST},
    {NOTHING, .name = "purpose below", POLICY("no purpose"), .purpose = 0},
    {NOTHING, .name = "purpose 0 granted", POLICY("no purpose"), .purpose = 0,
     .purposes = UINT32_MAX},
    {NOTHING, .name = "purpose beside", POLICY("purpose"), .purpose = SYM_PURPOSE_CFT},
    {NOTHING, .name = "unknown purpose", POLICY("no purpose"), .purpose = SYM_PURPOSE_TEST + 1,
     .purposes = UINT32_MAX},
    {NOTHING, .name = "purpose beyond the bits", POLICY("no purpose"), .purpose = 33,
     .purposes = UINT32_MAX},
    {NOTHING, .name = "purpose beyond all bits", POLICY("no purpose"), .purpose = 65,
     .purposes = UINT32_MAX},
    {NOTHING, .name = "last basis", GRANTED, .basis = SYM_BASIS_AGREEMENT},
    {NOTHING, .name = "no basis", POLICY("no basis"), .basis = 0},
    {NOTHING, .name = "unknown basis", POLICY("no basis"), .basis = SYM_BASIS_AGREEMENT + 1},
    {NOTHING, .name = "no engine", POLICY("unknown engine"), .asks = 0, .engines = UINT32_MAX},
    {NOTHING, .name = "engine beside", POLICY("engine"), .asks = 1u << SYM_OVERLAP_ENGINE_VOLE},
    {NOTHING, .name = "second engine", GRANTED, .asks = 1u << SYM_OVERLAP_ENGINE_VOLE,
     .engines = SYM_OVERLAP_ENGINES, .max = 1469},
    {NOTHING, .name = "second engine tests more", LIMIT("max-size"),
     .asks = 1u << SYM_OVERLAP_ENGINE_VOLE, .engines = SYM_OVERLAP_ENGINES, .max = 1468},
    {NOTHING, .name = "either engine", GRANTED, .asks = UINT32_MAX},
    {NOTHING, .name = "engine not granted", POLICY("engine"), .engines = 4},
    {NOTHING, .name = "unknown engine", POLICY("unknown engine"),
     .asks = 1u << SYM_OVERLAP_ENGINE_END, .engines = UINT32_MAX},
    {NOTHING, .name = "engine 0", POLICY("unknown engine"), .asks = 1, .engines = UINT32_MAX},
    {NOTHING, .name = "any type", GRANTED, .type = 0},
    {NOTHING, .name = "any type not granted", POLICY("any type"), .type = 0,
     .types = UINT64_C(1) << SYM_TOKEN_IBAN},
    {NOTHING, .name = "type beside", POLICY("type"), .type = SYM_TOKEN_IBAN + 1},
    {NOTHING, .name = "any does not mean each", POLICY("type"), .types = 1},
    {NOTHING, .name = "last type", GRANTED, .type = SYM_TOKEN_TYPE_COUNT - 1, .types = UINT64_MAX},
    {NOTHING, .name = "unknown type", POLICY("unknown type"), .type = SYM_TOKEN_TYPE_COUNT,
     .types = UINT64_MAX},
    {NOTHING, .name = "type beyond the bits", POLICY("unknown type"), .type = 65,
     .types = UINT64_MAX},
    {NOTHING, .name = "shortest", GRANTED, .elements = 10},
    {NOTHING, .name = "one too short", LIMIT("min-size"), .elements = 9},
    {NOTHING, .name = "empty", LIMIT("min-size"), .elements = 0},
    {NOTHING, .name = "empty but allowed", GRANTED, .elements = 0, .min = 0},
    {NOTHING, .name = "longest", GRANTED, .elements = 1000},
    {NOTHING, .name = "one too long", LIMIT("max-size"), .elements = 1001},
    {NOTHING, .name = "longest of all", LIMIT("max-size"), .elements = UINT32_MAX},
    {NOTHING, .name = "exactly one length", GRANTED, .elements = 10, .max = 10},
    {NOTHING, .name = "waits", HELD, .approval = 1},
    {NOTHING, .name = "approved", GRANTED, .approval = 1, .approved = 1},
    {NOTHING, .name = "approved, not needed", GRANTED, .approved = 1},
    {NOTHING, .name = "approved but expired", POLICY("expired"), .approval = 1, .approved = 1,
     .now_s = NOW_S + 1},
    {NOTHING, .name = "approved but too long", LIMIT("max-size"), .approval = 1, .approved = 1,
     .elements = 1001},
    {NOTHING, .name = "approved but for another purpose", POLICY("purpose"), .approval = 1,
     .approved = 1, .purpose = SYM_PURPOSE_CFT},
    {NOTHING, .name = "does not wait when denied", LIMIT("max-size"), .approval = 1,
     .elements = 1001},
};
#pragma GCC diagnostic pop

static void apply(const struct change *c, struct sym_grant *grant, struct sym_policy_ask *ask)
{
#define SET(to, from, type)                                                                        \
    if (c->from != UNTOUCHED) {                                                                    \
        to = (type)c->from;                                                                        \
    }
    SET(ask->kind, kind, uint32_t)
    SET(ask->purpose, purpose, uint32_t)
    SET(ask->basis, basis, uint32_t)
    SET(ask->engines, asks, uint32_t)
    SET(ask->type, type, uint32_t)
    SET(ask->elements, elements, uint32_t)
    SET(ask->now_s, now_s, uint64_t)
    SET(ask->asked, asked, uint32_t)
    SET(ask->approved, approved, bool)
    SET(grant->min_elements, min, uint32_t)
    SET(grant->max_elements, max, uint32_t)
    SET(grant->per_day, per_day, uint32_t)
    SET(grant->purposes, purposes, uint32_t)
    SET(grant->expires_s, expires_s, uint64_t)
    SET(grant->approval, approval, bool)
    SET(grant->types, types, uint64_t)
    SET(grant->engines, engines, uint32_t)
#undef SET
}

static void check_changes(uint32_t kind)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const struct change *c = &changes[i];
        struct sym_grant grant = a_grant();
        struct sym_policy_ask ask = an_ask();
        grant.kind = kind;
        ask.kind = kind;
        apply(c, &grant, &ask);
        if (kind == ask.kind && c->kind != UNTOUCHED) {
            continue; /* the kind that the row means to be another */
        }
        if (kind != SYM_KIND_OVERLAP_MATCHES && c->asks == 1u << SYM_OVERLAP_ENGINE_VOLE) {
            assert_string_equal(decide(&grant, &ask).cause, "unknown engine");
            continue; /* it computes matches only */
        }
        struct sym_policy_verdict v = decide(&grant, &ask);
        if (v.decision != c->decision || v.reason != c->reason || strcmp(v.cause, c->cause) != 0) {
            fail_msg("%s, kind %u: decided %s, %s, \"%s\"", c->name, kind,
                     sym_decision_text(v.decision), sym_reason_text(v.reason), v.cause);
        }
    }
}

static void each_limit_holds_at_its_edge_and_alone(void **state)
{
    (void)state;
    check_changes(SYM_KIND_OVERLAP_MATCHES);
}

static void a_count_is_judged_as_matches_are(void **state)
{
    (void)state;
    check_changes(SYM_KIND_OVERLAP_COUNT);
}

static void a_table_is_judged_as_matches_are(void **state)
{
    (void)state;
    check_changes(SYM_KIND_OVERLAP_TABLE);
}

static void a_table_in_another_mode_needs_another_grant(void **state)
{
    (void)state;
    struct sym_grant grant = a_grant();
    struct sym_policy_ask ask = an_ask();
    grant.kind = ask.kind = SYM_KIND_OVERLAP_TABLE;
    grant.modes = 1u << SYM_TABLE_DP;
    struct sym_policy_verdict v = decide(&grant, &ask);
    assert_int_equal(v.reason, SYM_REASON_POLICY);
    assert_string_equal(v.cause, "mode");
    assert_non_null(strstr(v.remark, "ask with --mode dp"));
    ask.mode = SYM_TABLE_DP;
    assert_int_equal(decide(&grant, &ask).decision, SYM_DECISION_GRANTED);
    grant.modes = 1u << SYM_TABLE_EXACT;
    assert_string_equal(decide(&grant, &ask).cause, "mode");
    grant.modes = UINT32_MAX;
    for (uint32_t mode = SYM_TABLE_MODE_END; mode < 70; mode++) {
        ask.mode = mode;
        assert_string_equal(decide(&grant, &ask).cause, "unknown mode");
    }
    ask.mode = SYM_TABLE_MODE_NONE;
    assert_string_equal(decide(&grant, &ask).cause, "unknown mode");
}

static void the_size_of_a_list_for_a_table_may_be_told_later(void **state)
{
    (void)state;
    struct sym_grant grant = a_grant();
    struct sym_policy_ask ask = an_ask();
    grant.kind = ask.kind = SYM_KIND_OVERLAP_TABLE;
    ask.elements = 0;
    assert_string_equal(decide(&grant, &ask).cause, "min-size");
    ask.no_list = true;
    assert_int_equal(decide(&grant, &ask).decision, SYM_DECISION_GRANTED);
    grant.approval = true;
    assert_int_equal(decide(&grant, &ask).decision, SYM_DECISION_HELD);
    /* Not of matches, whatever is said. */
    grant = a_grant();
    ask.kind = SYM_KIND_OVERLAP_MATCHES;
    assert_string_equal(decide(&grant, &ask).cause, "min-size");
}

static void denies_what_has_no_grant(void **state)
{
    (void)state;
    struct sym_policy_ask ask = an_ask();
    for (uint32_t kind = 0; kind < 300; kind++) {
        ask.kind = kind;
        struct sym_policy_verdict v = decide(NULL, &ask);
        assert_int_equal(v.decision, SYM_DECISION_DENIED);
        assert_int_equal(v.reason, SYM_REASON_POLICY);
        assert_string_equal(v.cause, "no grant");
    }
}

static void no_grant_opens_a_kind_that_is_not_granted(void **state)
{
    (void)state;
    static const uint32_t kinds[] = {0, SYM_KIND_PING, SYM_KIND_WITNESS, SYM_KIND_WITNESS + 1, 255};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct sym_grant grant = a_grant();
        struct sym_policy_ask ask = an_ask();
        grant.kind = ask.kind = kinds[i];
        assert_int_equal(decide(&grant, &ask).decision, SYM_DECISION_DENIED);
    }
}

static void a_grant_of_another_kind_and_none_sound_the_same(void **state)
{
    (void)state;
    struct sym_grant grant = a_grant();
    struct sym_policy_ask ask = an_ask();
    ask.kind = SYM_KIND_OVERLAP_COUNT;
    struct sym_policy_verdict none = decide(NULL, &ask);
    assert_string_equal(decide(&grant, &ask).remark, none.remark);
}

static void tabulation_brings_no_list_and_is_judged_by_the_rest(void **state)
{
    (void)state;
    struct sym_grant grant = a_grant();
    struct sym_policy_ask ask = an_ask();
    grant.kind = ask.kind = SYM_KIND_TABULATE;
    grant.types = 0;
    ask.elements = 0;
    assert_int_equal(decide(&grant, &ask).decision, SYM_DECISION_GRANTED);
    ask.asked = 5;
    assert_string_equal(decide(&grant, &ask).cause, "per-day");
    ask.asked = 0;
    ask.purpose = SYM_PURPOSE_CFT;
    assert_string_equal(decide(&grant, &ask).cause, "purpose");
}

/* Everything is wrong at first; one thing after the other is put right. */
static void looks_at_the_limits_in_the_order_that_is_documented(void **state)
{
    (void)state;
    static const char *const order[] = {"no grant", "expired",  "per-day",  "no purpose",
                                        "purpose",  "no basis", "engine",   "unknown type",
                                        "type",     "min-size", "approval", ""};
    struct sym_grant grant = a_grant();
    struct sym_policy_ask ask = an_ask();
    grant.approval = true;
    grant.types = UINT64_C(1) << SYM_TOKEN_IBAN;
    ask = (struct sym_policy_ask){.kind = SYM_KIND_OVERLAP_COUNT,
                                  .now_s = NOW_S + 1,
                                  .asked = 5,
                                  .engines = 1u << SYM_OVERLAP_ENGINE_VOLE,
                                  .type = SYM_TOKEN_TYPE_COUNT};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        assert_string_equal(decide(&grant, &ask).cause, order[i]);
        ask.kind = SYM_KIND_OVERLAP_MATCHES;
        ask.now_s = i >= 1 ? NOW_S : ask.now_s;
        ask.asked = i >= 2 ? 4 : ask.asked;
        ask.purpose = i >= 4 ? SYM_PURPOSE_AML : i == 3 ? SYM_PURPOSE_CFT : 0;
        ask.basis = i >= 5 ? SYM_BASIS_314B : 0;
        ask.engines = i >= 6 ? 1u << SYM_OVERLAP_ENGINE_DH : ask.engines;
        ask.type = i >= 8 ? SYM_TOKEN_IBAN : i == 7 ? SYM_TOKEN_BIC : ask.type;
        ask.elements = i >= 9 ? 10 : 0;
        ask.approved = i >= 10;
    }
}

static void tells_a_peer_over_its_rate_of_no_other_limit(void **state)
{
    (void)state;
    struct sym_grant grant = a_grant();
    struct sym_policy_ask ask = an_ask();
    ask.asked = 5;
    struct sym_policy_verdict plain = decide(&grant, &ask);
    ask.elements = 0;
    ask.type = SYM_TOKEN_TYPE_COUNT;
    ask.purpose = 0;
    assert_string_equal(decide(&grant, &ask).remark, plain.remark);
}

static void names_the_limit_that_the_peer_has_to_keep(void **state)
{
    (void)state;
    struct sym_grant grant = a_grant();
    struct sym_policy_ask ask = an_ask();
    ask.elements = 9;
    assert_non_null(strstr(decide(&grant, &ask).remark, "at least 10 "));
    ask.elements = 1001;
    assert_non_null(strstr(decide(&grant, &ask).remark, "at most 1000 "));
    ask = an_ask();
    ask.asked = 5;
    assert_non_null(strstr(decide(&grant, &ask).remark, "5 requests within 24 hours"));
    ask = an_ask();
    ask.type = SYM_TOKEN_PHONE;
    assert_non_null(strstr(decide(&grant, &ask).remark, "type phone"));
    ask = an_ask();
    ask.purpose = SYM_PURPOSE_CFT;
    struct sym_policy_verdict v = decide(&grant, &ask);
    assert_non_null(strstr(v.remark, "purpose cft"));
    assert_null(strstr(v.remark, "aml")); /* what else is granted is not its business */
}

static void an_approver_hears_how_many_the_engine_tests(void **state)
{
    (void)state;
    struct sym_policy_verdict verdict;
    struct sym_grant grant = {.kind = SYM_KIND_OVERLAP_MATCHES,
                              .max_elements = 10000,
                              .per_day = 10,
                              .purposes = UINT32_MAX,
                              .types = UINT64_MAX,
                              .engines = SYM_OVERLAP_ENGINES,
                              .approval = true};
    struct sym_policy_ask ask = {.kind = SYM_KIND_OVERLAP_MATCHES,
                                 .purpose = SYM_PURPOSE_AML,
                                 .basis = SYM_BASIS_AGREEMENT,
                                 .engines = 1u << SYM_OVERLAP_ENGINE_VOLE,
                                 .elements = 3};
    sym_policy_decide(&verdict, &grant, &ask);
    assert_int_equal(verdict.decision, SYM_DECISION_HELD);
    assert_string_equal(verdict.remark, "an approver has to agree first: with the engine vole this "
                                        "list counts as 1469");
    ask.must_hold = "it broke an overlap table";
    sym_policy_decide(&verdict, &grant, &ask);
    assert_string_equal(verdict.remark,
                        "an approver has to agree first: it broke an overlap table; with the "
                        "engine vole this list counts as 1469");
    ask.must_hold = NULL;
    ask.engines = 1u << SYM_OVERLAP_ENGINE_DH;
    sym_policy_decide(&verdict, &grant, &ask);
    assert_string_equal(verdict.remark, "an approver has to agree first");
}

static void no_remark_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct sym_grant grant = a_grant();
        struct sym_policy_ask ask = an_ask();
        grant.min_elements = grant.max_elements = UINT32_MAX - 1;
        apply(&changes[i], &grant, &ask);
        assert_true(strlen(decide(&grant, &ask).remark) < SYM_REASON_BYTES_MAX);
    }
}

static void the_least_result_travels_with_what_is_granted_only(void **state)
{
    (void)state;
    struct sym_grant grant = a_grant();
    struct sym_policy_ask ask = an_ask();
    grant.min_result = 7;
    assert_int_equal(decide(&grant, &ask).min_result, 7);
    grant.approval = true;
    assert_int_equal(decide(&grant, &ask).min_result, 0);
    ask.approved = true;
    assert_int_equal(decide(&grant, &ask).min_result, 7);
    ask.elements = 9;
    assert_int_equal(decide(&grant, &ask).min_result, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_limit_holds_at_its_edge_and_alone),
        cmocka_unit_test(a_count_is_judged_as_matches_are),
        cmocka_unit_test(a_table_is_judged_as_matches_are),
        cmocka_unit_test(a_table_in_another_mode_needs_another_grant),
        cmocka_unit_test(the_size_of_a_list_for_a_table_may_be_told_later),
        cmocka_unit_test(denies_what_has_no_grant),
        cmocka_unit_test(no_grant_opens_a_kind_that_is_not_granted),
        cmocka_unit_test(a_grant_of_another_kind_and_none_sound_the_same),
        cmocka_unit_test(tabulation_brings_no_list_and_is_judged_by_the_rest),
        cmocka_unit_test(looks_at_the_limits_in_the_order_that_is_documented),
        cmocka_unit_test(tells_a_peer_over_its_rate_of_no_other_limit),
        cmocka_unit_test(names_the_limit_that_the_peer_has_to_keep),
        cmocka_unit_test(an_approver_hears_how_many_the_engine_tests),
        cmocka_unit_test(no_remark_is_cut),
        cmocka_unit_test(the_least_result_travels_with_what_is_granted_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
