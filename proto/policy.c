#include "proto/policy.h"

#include "proto/overlap_agree.h"
#include "proto/table_mode.h"
#include "proto/token.h"

#include <stdarg.h>
#include <stdio.h>

#define PURPOSES_KNOWN (((1u << (SYM_PURPOSE_TEST + 1u)) - 1u) & ~(1u << SYM_PURPOSE_NONE))
#define TYPES_KNOWN    ((UINT64_C(1) << SYM_TOKEN_TYPE_COUNT) - 1u)

static bool can_be_granted(uint32_t kind)
{
    return kind == SYM_KIND_OVERLAP_MATCHES || kind == SYM_KIND_OVERLAP_COUNT ||
           kind == SYM_KIND_OVERLAP_TABLE || kind == SYM_KIND_TABULATE;
}

/* Has the peer a list of its own, of identifiers of some type? */
static bool brings_list(uint32_t kind)
{
    return kind != SYM_KIND_TABULATE;
}

static bool has_bit(uint64_t bits, uint32_t bit)
{
    return bit < 64 && (bits >> bit & 1u) != 0;
}

static void deny(struct sym_policy_verdict *out, enum sym_reason reason, const char *cause,
                 const char *format, ...) SYM_PRINTF(4, 5);

static void deny(struct sym_policy_verdict *out, enum sym_reason reason, const char *cause,
                 const char *format, ...)
{
    out->decision = SYM_DECISION_DENIED;
    out->reason = reason;
    out->cause = cause;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out->remark, sizeof out->remark, format, args);
    va_end(args);
}

static bool refuse_use(struct sym_policy_verdict *out, const struct sym_grant *grant,
                       const struct sym_policy_ask *ask)
{
    if (!has_bit(PURPOSES_KNOWN, ask->purpose)) {
        deny(out, SYM_REASON_POLICY, "no purpose", "a purpose that this node knows is needed");
    } else if (!has_bit(grant->purposes, ask->purpose)) {
        deny(out, SYM_REASON_POLICY, "purpose",
             "the grant does not cover the purpose %s; agree on it first",
             sym_purpose_text(ask->purpose));
    } else if (ask->basis == SYM_BASIS_NONE || ask->basis > SYM_BASIS_AGREEMENT) {
        deny(out, SYM_REASON_POLICY, "no basis", "a legal basis that this node knows is needed");
    } else {
        return false;
    }
    return true;
}

static const char *only_engine(uint32_t engines)
{
    for (uint32_t e = 1; e < SYM_OVERLAP_ENGINE_END; e++) {
        if (engines == 1u << e) {
            return sym_overlap_engine_text(e);
        }
    }
    return "asked for";
}

/* Leaves those engines with which the list is not too long. */
static bool fits_one(uint32_t *engines, const struct sym_grant *grant,
                     const struct sym_policy_ask *ask)
{
    for (uint32_t e = 1; e < SYM_OVERLAP_ENGINE_END; e++) {
        if (sym_overlap_testable((enum sym_overlap_engine)e, ask->elements) > grant->max_elements) {
            *engines &= ~(1u << e);
        }
    }
    return *engines != 0;
}

/* Leaves `standing` only where its limits allow so many elements more. */
static bool fits_day(uint32_t *engines, const struct sym_grant *grant,
                     const struct sym_policy_ask *ask)
{
    uint32_t day = grant->elements_per_day;
    if (grant->standing_days == 0 || ask->evaluated > day || ask->elements > day - ask->evaluated) {
        *engines &= ~(1u << SYM_OVERLAP_ENGINE_STANDING);
    }
    return *engines != 0;
}

static bool refuse_mode(struct sym_policy_verdict *out, const struct sym_grant *grant,
                        const struct sym_policy_ask *ask)
{
    if (ask->kind != SYM_KIND_OVERLAP_TABLE || has_bit(grant->modes & SYM_TABLE_MODES, ask->mode)) {
        return false;
    }
    if (!has_bit(SYM_TABLE_MODES, ask->mode)) {
        deny(out, SYM_REASON_POLICY, "unknown mode",
             "this node does not know that mode of a table; it may be older");
    } else {
        deny(out, SYM_REASON_POLICY, "mode",
             "the grant does not cover tables in the mode %s; agree on it, or ask with --mode %s",
             sym_table_mode_text(ask->mode),
             sym_table_mode_text(ask->mode == SYM_TABLE_EXACT ? SYM_TABLE_DP : SYM_TABLE_EXACT));
    }
    return true;
}

static bool refuse_size(struct sym_policy_verdict *out, const struct sym_grant *grant,
                        const struct sym_policy_ask *ask)
{
    if (ask->kind == SYM_KIND_OVERLAP_TABLE && ask->no_list) {
        return false;
    }
    if (ask->elements < grant->min_elements) {
        deny(out, SYM_REASON_LIMIT, "min-size",
             "the list is too short: the grant asks for at least %u identifiers",
             grant->min_elements);
    } else if (ask->elements > grant->max_elements) {
        deny(out, SYM_REASON_LIMIT, "max-size",
             "the list is too long: the grant allows at most %u identifiers, padding included",
             grant->max_elements);
    } else if (!fits_one(&out->engines, grant, ask)) {
        deny(out, SYM_REASON_LIMIT, "max-size",
             "the list is too long: the grant allows at most %u identifiers, and with the engine "
             "vole this one counts as %llu",
             grant->max_elements,
             (unsigned long long)sym_overlap_testable(SYM_OVERLAP_ENGINE_VOLE, ask->elements));
    } else if (out->engines == 1u << SYM_OVERLAP_ENGINE_STANDING &&
               ask->elements > SYM_STANDING_QUERY_MAX) {
        deny(out, SYM_REASON_LIMIT, "standing",
             "the list is too long: with the engine standing it has at most %u identifiers",
             SYM_STANDING_QUERY_MAX);
    } else if (!fits_day(&out->engines, grant, ask)) {
        deny(out, SYM_REASON_LIMIT, "elements-per-day",
             "the grant allows %u identifiers within 24 hours with the engine standing; try again "
             "later",
             grant->elements_per_day);
    } else {
        return false;
    }
    return true;
}

static bool refuse_list(struct sym_policy_verdict *out, const struct sym_grant *grant,
                        const struct sym_policy_ask *ask)
{
    uint32_t known = ask->engines & sym_overlap_engines_of(ask->kind);
    out->engines = known & grant->engines;
    if (known == 0) {
        deny(out, SYM_REASON_POLICY, "unknown engine",
             "this node knows no such engine for this kind of exchange; it may be older");
    } else if (out->engines == 0) {
        deny(out, SYM_REASON_POLICY, "engine",
             "the grant does not cover the engine %s; agree on it, or choose another with --engine",
             only_engine(known));
    } else if (refuse_mode(out, grant, ask)) {
        return true;
    } else if (!has_bit(TYPES_KNOWN, ask->type)) {
        deny(out, SYM_REASON_POLICY, "unknown type",
             "this node does not know that type of identifier; it may be older");
    } else if (!has_bit(grant->types, ask->type) && ask->type == 0) {
        deny(out, SYM_REASON_POLICY, "any type",
             "the grant does not cover all types of identifiers at once; ask for one with --type");
    } else if (!has_bit(grant->types, ask->type)) {
        deny(out, SYM_REASON_POLICY, "type",
             "the grant does not cover identifiers of type %s; agree on it first",
             sym_token_type_name((enum sym_token_type)ask->type));
    } else {
        return refuse_size(out, grant, ask);
    }
    return true;
}

/* An approver is told what the size of the list alone does not say. */
static void say_held(struct sym_policy_verdict *out, const struct sym_policy_ask *ask)
{
    static const char why[] = "an approver has to agree first";
    bool vole = brings_list(ask->kind) && has_bit(out->engines, SYM_OVERLAP_ENGINE_VOLE);
    char counts[64] = "";
    if (vole) {
        (void)snprintf(
            counts, sizeof counts, "%swith the engine vole this list counts as %llu",
            ask->must_hold != NULL ? "; " : "",
            (unsigned long long)sym_overlap_testable(SYM_OVERLAP_ENGINE_VOLE, ask->elements));
    }
    (void)snprintf(out->remark, sizeof out->remark, "%s%s%s%s", why,
                   vole || ask->must_hold != NULL ? ": " : "",
                   ask->must_hold != NULL ? ask->must_hold : "", counts);
}

void sym_policy_decide(struct sym_policy_verdict *out, const struct sym_grant *grant,
                       const struct sym_policy_ask *ask)
{
    *out = (struct sym_policy_verdict){
        .decision = SYM_DECISION_DENIED, .reason = SYM_REASON_POLICY, .cause = ""};
    if (grant == NULL || grant->kind != ask->kind || !can_be_granted(ask->kind)) {
        deny(out, SYM_REASON_POLICY, "no grant",
             "ask the other side for a grant, and check the dataset's name");
    } else if (grant->expires_s != 0 && ask->now_s >= grant->expires_s) {
        deny(out, SYM_REASON_POLICY, "expired",
             "the grant has expired; ask the other side to renew it");
    } else if (ask->asked >= grant->per_day) {
        deny(out, SYM_REASON_LIMIT, "per-day",
             "the grant allows %u requests within 24 hours, denied ones included; try again later",
             grant->per_day);
    } else if (refuse_use(out, grant, ask) ||
               (brings_list(ask->kind) && refuse_list(out, grant, ask))) {
        return;
    } else if ((grant->approval || ask->must_hold != NULL) && !ask->approved && !ask->is_known) {
        out->decision = SYM_DECISION_HELD;
        out->reason = SYM_REASON_NONE;
        say_held(out, ask);
        out->cause = ask->must_hold != NULL ? ask->must_hold : "approval";
    } else {
        out->decision = SYM_DECISION_GRANTED;
        out->reason = SYM_REASON_NONE;
        out->min_result = grant->min_result;
        out->epsilon_micro = grant->epsilon_micro;
    }
}

/* What limits the list of a peer that brings one. */
static enum sym_err check_list(const struct sym_grant *grant, struct sym_fault *fault)
{
    bool stands = (grant->engines >> SYM_OVERLAP_ENGINE_STANDING & 1u) != 0;
    if ((grant->types & TYPES_KNOWN) == 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "grant: it names no type of identifier; give at least one with --type");
    }
    if ((grant->engines & SYM_OVERLAP_ENGINES) == 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "grant: it names no engine; give at least one with --engines");
    }
    if (grant->kind == SYM_KIND_OVERLAP_TABLE && (grant->modes & SYM_TABLE_MODES) == 0) {
        return sym_fail(fault, SYM_BAD_VALUE, "grant: it names no mode; give one with --mode");
    }
    if (grant->kind == SYM_KIND_OVERLAP_TABLE && grant->min_result > 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "grant: a table has no least result; leave --min-result");
    }
    if (grant->standing_days > 0 && grant->kind != SYM_KIND_OVERLAP_MATCHES) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "grant: only overlap:matches has a standing list; leave --standing");
    }
    if (stands != (grant->standing_days > 0) || stands != (grant->elements_per_day > 0)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "grant: a standing list needs both --standing DAYS and --elements-per-day "
                        "N, and the engine standing needs a standing list");
    }
    if (grant->min_result > grant->max_elements) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "grant: of lists of at most %u identifiers no result has %u; choose a "
                        "smaller --min-result",
                        grant->max_elements, grant->min_result);
    }
    return SYM_OK;
}

/* A tabulation has none. */
static enum sym_err check_no_list(const struct sym_grant *grant, struct sym_fault *fault)
{
    if (grant->standing_days > 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "grant: only overlap:matches has a standing list; leave --standing");
    }
    return grant->min_result > 0
               ? sym_fail(fault, SYM_BAD_VALUE,
                          "grant: a tabulation finds no identifiers in common; leave --min-result")
               : SYM_OK;
}

enum sym_err sym_policy_check(const struct sym_grant *grant, uint64_t now_s,
                              struct sym_fault *fault)
{
    if (!can_be_granted(grant->kind)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "grant: this kind of exchange is not one that is granted; choose "
                        "overlap:matches, overlap:count, overlap:table or tabulate");
    }
    if (brings_list(grant->kind) &&
        (grant->max_elements == 0 || grant->max_elements < grant->min_elements)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "grant: lists of at least %u and at most %u identifiers do not exist; "
                        "choose a larger --max-size",
                        grant->min_elements, grant->max_elements);
    }
    if (grant->max_elements > SYM_SET_MAX) {
        return sym_fail(fault, SYM_BAD_VALUE, "grant: --max-size can be %u at most", SYM_SET_MAX);
    }
    if (grant->per_day == 0 || grant->per_day > SYM_EXCHANGES_PER_DAY_MAX) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "grant: 1 to %u exchanges a day can be granted; choose another --per-day",
                        SYM_EXCHANGES_PER_DAY_MAX);
    }
    if ((grant->purposes & PURPOSES_KNOWN) == 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "grant: it names no purpose; give at least one with --purpose");
    }
    enum sym_err err =
        brings_list(grant->kind) ? check_list(grant, fault) : check_no_list(grant, fault);
    if (err != SYM_OK) {
        return err;
    }
    if (grant->epsilon_micro > SYM_EPSILON_MICRO_MAX) {
        return sym_fail(fault, SYM_BAD_VALUE, "grant: --epsilon can be %u at most",
                        SYM_EPSILON_MICRO_MAX / 1000000u);
    }
    if (grant->expires_s != 0 && grant->expires_s <= now_s) {
        return sym_fail(fault, SYM_EXPIRED,
                        "grant: its expiry has passed already; choose a later one");
    }
    return SYM_OK;
}
