/* canon_case.h - values in, canonical forms or refusals out: for the tests of the families. What is
 * accepted has to be its own canonical form, too. */
#ifndef SYM_TESTS_CLI_CANON_CASE_H
#define SYM_TESTS_CLI_CANON_CASE_H

#include "cli/ingest/canon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct sym_canon_rules case_rules = {.region = "GB", .today_yyyymmdd = 20261121};

/* Group set-up and tear-down; *state is the canoniser. */
static inline int case_setup(void **state)
{
    struct sym_canon *c = NULL;
    if (sym_canon_new(&c, &case_rules, NULL) != SYM_OK) {
        return -1;
    }
    *state = c;
    return 0;
}

static inline int case_teardown(void **state)
{
    sym_canon_free(*state);
    return 0;
}

static inline enum sym_err case_run(struct sym_canonical *out, void *canon,
                                    enum sym_token_type type, const char *value, const char *part,
                                    struct sym_fault *fault)
{
    struct sym_canon_value v = {sym_span_text(value), sym_span_text(part)};
    *fault = (struct sym_fault){SYM_OK, ""};
    return sym_canon(out, NULL, canon, type, v, fault);
}

static inline void accepts_parts(void *canon, enum sym_token_type type, const char *value,
                                 const char *part, const char *want)
{
    struct sym_canonical out = {.len = 0};
    struct sym_fault fault;
    if (case_run(&out, canon, type, value, part, &fault) != SYM_OK) {
        fail_msg("%s: %s", value, fault.text);
    }
    assert_string_equal(out.text, want);
    assert_int_equal(out.len, strlen(want));
    if (case_run(&out, canon, type, want, "", &fault) != SYM_OK) {
        fail_msg("%s, again: %s", want, fault.text);
    }
    assert_string_equal(out.text, want);
}

static inline void accepts(void *canon, enum sym_token_type type, const char *value,
                           const char *want)
{
    accepts_parts(canon, type, value, "", want);
}

/* The fault names the type, and holds why. */
static inline void refuses_parts(void *canon, enum sym_token_type type, const char *value,
                                 const char *part, const char *why)
{
    struct sym_canonical out = {.len = 0};
    struct sym_fault fault;
    enum sym_err err = case_run(&out, canon, type, value, part, &fault);
    if (err == SYM_OK) {
        fail_msg("%s was taken as %s", value, out.text);
    }
    assert_int_equal(err, fault.err);
    size_t name = strlen(sym_token_type_name(type));
    if (strncmp(fault.text, sym_token_type_name(type), name) != 0 || fault.text[name] != ':' ||
        strstr(fault.text, why) == NULL) {
        fail_msg("%s: \"%s\" instead of \"%s\"", value, fault.text, why);
    }
    assert_int_equal(out.len, 0);
}

static inline void refuses(void *canon, enum sym_token_type type, const char *value,
                           const char *why)
{
    refuses_parts(canon, type, value, "", why);
}

#endif
