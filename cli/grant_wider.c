#include "cli/grant_wider.h"

#include "cli/epsilon.h"
#include "cli/format.h"
#include "cli/terms.h"
#include "proto/tabulation.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NANO_PER_MICRO 1000u
#define DAY_S          86400u

static void __attribute__((format(printf, 2, 3))) add(char *out, const char *format, ...)
{
    size_t used = strlen(out);
    va_list arguments;
    (void)snprintf(out + used, SYM_GRANT_WIDER_BYTES - used, "%s", used > 0 ? ", " : "");
    used = strlen(out);
    va_start(arguments, format);
    (void)vsnprintf(out + used, SYM_GRANT_WIDER_BYTES - used, format, arguments);
    va_end(arguments);
}

static bool has_more(uint64_t now, uint64_t before)
{
    return (now & ~before) != 0;
}

static void add_sizes(char *out, const struct sym_grant *now, const struct sym_grant *before)
{
    if (now->min_elements < before->min_elements) {
        add(out, "lists from %" PRIu32 " (was %" PRIu32 ")", now->min_elements,
            before->min_elements);
    }
    if (now->max_elements > before->max_elements) {
        add(out, "lists to %" PRIu32 " (was %" PRIu32 ")", now->max_elements, before->max_elements);
    }
    if (now->per_day > before->per_day) {
        add(out, "%" PRIu32 " a day (was %" PRIu32 ")", now->per_day, before->per_day);
    }
    if (now->min_result < before->min_result) {
        add(out, "results from %" PRIu32 " (was %" PRIu32 ")", now->min_result, before->min_result);
    }
}

static void add_terms(char *out, const struct sym_grant *now, const struct sym_grant *before)
{
    char is[SYM_TERMS_BYTES];
    char was[SYM_TERMS_BYTES];
    sym_terms_purposes_text(is, now->purposes);
    sym_terms_purposes_text(was, before->purposes);
    if (has_more(now->purposes, before->purposes)) {
        bool all = sym_terms_are_all_purposes(now->purposes);
        add(out, "%s%s (was %s)", all ? "any purpose" : "purposes ", all ? "" : is, was);
    }
    sym_terms_types_text(is, now->types & ~UINT64_C(1), ",");
    sym_terms_types_text(was, before->types & ~UINT64_C(1), ",");
    if (has_more(now->types, before->types)) {
        bool all = sym_terms_are_all_types(now->types);
        add(out, "%s%s (was %s)", all ? "any type" : "types ", all ? "" : is, was);
    }
    sym_terms_engines_text(is, now->engines);
    sym_terms_engines_text(was, before->engines);
    if (has_more(now->engines, before->engines)) {
        add(out, "engines %s (was %s)", is, was);
    }
    sym_terms_modes_text(is, now->modes);
    sym_terms_modes_text(was, before->modes);
    if (has_more(now->modes, before->modes)) {
        add(out, "mode %s (was %s)", is, was);
    }
}

/* A grant that is repeated later ends later: told from a day on. */
static void add_times(char *out, const struct sym_grant *now, const struct sym_grant *before)
{
    char is[SYM_FORMAT_BYTES];
    char was[SYM_FORMAT_BYTES];
    sym_format_time(is, now->expires_s);
    sym_format_time(was, before->expires_s);
    if (before->expires_s > 0 && now->expires_s == 0) {
        add(out, "never expires (was %s)", was);
    } else if (before->expires_s > 0 && now->expires_s >= before->expires_s + DAY_S) {
        add(out, "expires %s (was %s)", is, was);
    }
    if (before->approval && !now->approval) {
        add(out, "no approval (was needed)");
    }
}

/* An amount of 0 is the dataset's. */
static void add_amounts(char *out, const struct sym_grant *now, const struct sym_grant *before)
{
    char is[SYM_EPSILON_BYTES];
    char was[SYM_EPSILON_BYTES];
    sym_epsilon_text(is, (uint64_t)now->epsilon_micro * NANO_PER_MICRO);
    sym_epsilon_text(was, (uint64_t)before->epsilon_micro * NANO_PER_MICRO);
    if (before->epsilon_micro > 0 &&
        (now->epsilon_micro == 0 || now->epsilon_micro > before->epsilon_micro)) {
        add(out, "epsilon %s (was %s)", now->epsilon_micro == 0 ? "the dataset's" : is, was);
    }
    if (now->standing_days > before->standing_days) {
        add(out, "a standing list for %" PRIu32 " days (was %" PRIu32 ")", now->standing_days,
            before->standing_days);
    }
    if (before->standing_days > 0 && now->standing_days > 0 &&
        now->elements_per_day > before->elements_per_day) {
        add(out, "%" PRIu32 " looked up a day (was %" PRIu32 ")", now->elements_per_day,
            before->elements_per_day);
    }
}

void sym_grant_wider_text(char out[SYM_GRANT_WIDER_BYTES], const struct sym_grant *now,
                          const struct sym_grant *before)
{
    out[0] = '\0';
    add_terms(out, now, before);
    add_sizes(out, now, before);
    add_times(out, now, before);
    add_amounts(out, now, before);
}
