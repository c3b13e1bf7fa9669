/* policy_case.h - a grant and a request that fit each other, and what is decided of the two: for
 * the tests of the policy. */
#ifndef SYM_TESTS_PROTO_POLICY_CASE_H
#define SYM_TESTS_PROTO_POLICY_CASE_H

#include "proto/policy.h"

#include "proto/overlap_agree.h"
#include "proto/table_mode.h"
#include "proto/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW_S 1790000000u

static inline struct sym_grant a_grant(void)
{
    return (struct sym_grant){.kind = SYM_KIND_OVERLAP_MATCHES,
                              .min_elements = 10,
                              .max_elements = 1000,
                              .per_day = 5,
                              .purposes = 1u << SYM_PURPOSE_AML | 1u << SYM_PURPOSE_TEST,
                              .types = UINT64_C(1) << SYM_TOKEN_IBAN | 1u,
                              .engines = 1u << SYM_OVERLAP_ENGINE_DH,
                              .modes = 1u << SYM_TABLE_EXACT |
                                       1u << SYM_TABLE_DP, /* read of a table only */
                              .expires_s = NOW_S + 1};
}

static inline struct sym_policy_ask an_ask(void)
{
    return (struct sym_policy_ask){.kind = SYM_KIND_OVERLAP_MATCHES,
                                   .purpose = SYM_PURPOSE_AML,
                                   .basis = SYM_BASIS_CONSENT,
                                   .engines = 1u << SYM_OVERLAP_ENGINE_DH,
                                   .type = SYM_TOKEN_IBAN,
                                   .elements = 10,
                                   .mode = SYM_TABLE_EXACT,
                                   .now_s = NOW_S,
                                   .asked = 4};
}

static inline struct sym_policy_verdict decide(const struct sym_grant *grant,
                                               const struct sym_policy_ask *ask)
{
    struct sym_policy_verdict v;
    memset(&v, 0xee, sizeof v);
    sym_policy_decide(&v, grant, ask);
    assert_non_null(v.cause);
    assert_non_null(memchr(v.remark, '\0', sizeof v.remark));
    assert_int_equal(v.decision == SYM_DECISION_DENIED, v.reason != SYM_REASON_NONE);
    assert_int_equal(v.decision == SYM_DECISION_GRANTED, v.remark[0] == '\0');
    /* The reason stands before it where somebody reads it. */
    assert_int_not_equal(strncmp(v.remark, sym_reason_text(v.reason), 12), 0);
    assert_int_equal(v.decision == SYM_DECISION_GRANTED, v.cause[0] == '\0');
    return v;
}

#endif
