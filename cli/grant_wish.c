#include "cli/grant_wish.h"

#include "cli/epsilon.h"
#include "cli/terms.h"
#include "crypto/utc.h"
#include "proto/control.h"
#include "proto/overlap_agree.h"
#include "proto/table_mode.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define MAX_SIZE_DEFAULT 1048576u
#define PER_DAY_DEFAULT  100u
#define ELEMENTS_DEFAULT 1000u
#define DAYS_DEFAULT     365u
#define DAYS_MAX         36500u
#define DAY_S            86400u
#define MICRO            1000000u
#define MICRO_DIGITS     6u

enum sym_err sym_grant_names_read(struct sym_span *alias, struct sym_span *dataset, uint32_t *kind,
                                  const struct sym_args *args, struct sym_fault *fault)
{
    *alias = sym_span_text(args->operands[0]);
    *dataset = sym_span_text(args->operands[1]);
    if (sym_alias_check(*alias) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "\"%.64s\" is not the alias of a peer",
                        args->operands[0]);
    }
    if (sym_alias_check(*dataset) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "\"%.64s\" is not the name of a dataset",
                        args->operands[1]);
    }
    return sym_terms_kind(kind, args->operands[2], fault);
}

/* "never", a number of days from now on, or the day on which it ends. */
static enum sym_err read_expiry(uint64_t *out, const char *text, uint64_t now_s,
                                struct sym_fault *fault)
{
    uint64_t days = DAYS_DEFAULT;
    int64_t date_s = 0;
    char utc[SYM_UTC_BYTES];
    if (text != NULL && strcmp(text, "never") == 0) {
        *out = 0;
        return SYM_OK;
    }
    if (text == NULL || sym_number_parse(&days, text, 1, DAYS_MAX) == SYM_OK) {
        *out = now_s + days * DAY_S;
        return SYM_OK;
    }
    (void)snprintf(utc, sizeof utc, "%.10sT00:00:00Z", text);
    if (strlen(text) != 10 || sym_utc_parse(&date_s, sym_span_text(utc)) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--expires: \"%.64s\" is not a number of days from 1 to %u, a date "
                        "YYYY-MM-DD or never",
                        text, DAYS_MAX);
    }
    if ((uint64_t)date_s <= now_s) {
        return sym_fail(fault, SYM_BAD_VALUE, "--expires: %s has begun already", text);
    }
    *out = (uint64_t)date_s;
    return SYM_OK;
}

static enum sym_err read_sizes(struct sym_grant *g, const struct sym_args *args,
                               struct sym_fault *fault)
{
    uint64_t least = 1;
    uint64_t most = MAX_SIZE_DEFAULT;
    uint64_t per_day = PER_DAY_DEFAULT;
    enum sym_err err = sym_args_number(&least, args, "min-size", 1, SYM_SET_MAX, fault);
    if (err == SYM_OK) {
        err = sym_args_number(&most, args, "max-size", 1, SYM_SET_MAX, fault);
    }
    if (err == SYM_OK) {
        err = sym_args_number(&per_day, args, "per-day", 1, SYM_EXCHANGES_PER_DAY_MAX, fault);
    }
    if (err == SYM_OK && least > most) {
        err = sym_fail(fault, SYM_BAD_VALUE,
                       "--min-size %" PRIu64 " is more than --max-size %" PRIu64, least, most);
    }
    g->min_elements = (uint32_t)least;
    g->max_elements = (uint32_t)most;
    g->per_day = (uint32_t)per_day;
    return err;
}

/* "1", "0.25": at most six digits behind the point; nothing without the option. */
static enum sym_err read_epsilon(uint32_t *out, const char *text, struct sym_fault *fault)
{
    uint64_t micro = 0;
    if (text != NULL &&
        sym_epsilon_parse(&micro, text, MICRO_DIGITS, SYM_EPSILON_MICRO_MAX) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--epsilon: \"%.64s\" is not a number from 0 to %u with at most six digits "
                        "behind the point",
                        text, SYM_EPSILON_MICRO_MAX / MICRO);
    }
    *out = (uint32_t)micro;
    return SYM_OK;
}

/* A standing list, and the engine that goes with it. */
static enum sym_err read_standing(struct sym_grant *g, const struct sym_args *args,
                                  struct sym_fault *fault)
{
    uint64_t days = 0;
    uint64_t elements = ELEMENTS_DEFAULT;
    uint32_t bit = 1u << SYM_OVERLAP_ENGINE_STANDING;
    enum sym_err err = sym_args_number(&days, args, "standing", 0, SYM_STANDING_DAYS_MAX, fault);
    if (err == SYM_OK) {
        err = sym_args_number(&elements, args, "elements-per-day", 1, SYM_STANDING_PER_DAY_MAX,
                              fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (days == 0 && ((g->engines & bit) != 0 || sym_args_has(args, "elements-per-day"))) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%s: needs a standing list; say for how many days with --standing DAYS",
                        (g->engines & bit) != 0 ? "--engines standing" : "--elements-per-day");
    }
    if (days > 0 && g->kind != SYM_KIND_OVERLAP_MATCHES) {
        return sym_fail(fault, SYM_BAD_VALUE, "--standing: only overlap:matches has such a list");
    }
    g->standing_days = (uint32_t)days;
    g->elements_per_day = days > 0 ? (uint32_t)elements : 0;
    g->engines |= days > 0 ? bit : 0;
    return SYM_OK;
}

/* The words behind --engines; dh without them. A grant that no question could use is a slip. */
static enum sym_err read_engines(struct sym_grant *g, const char *engines, struct sym_fault *fault)
{
    struct sym_fault why;
    g->engines = 1u << SYM_OVERLAP_ENGINE_DH;
    if (engines == NULL) {
        return SYM_OK;
    }
    if (g->kind == SYM_KIND_TABULATE || g->kind == SYM_KIND_OVERLAP_TABLE) {
        return sym_fail(fault, SYM_BAD_VALUE, "--engines: a %s is always computed in the same way",
                        g->kind == SYM_KIND_TABULATE ? "tabulation" : "table");
    }
    if (sym_terms_engines(&g->engines, engines, &why) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "--engines: %.280s", why.text);
    }
    if (g->kind == SYM_KIND_OVERLAP_COUNT && (g->engines & sym_overlap_engines_of(g->kind)) == 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--engines: %s computes matches only: a count needs dh", engines);
    }
    return SYM_OK;
}

/* The words behind --mode, of a table; dp without them: exact counts as matches do. */
static enum sym_err read_modes(struct sym_grant *g, const char *modes, struct sym_fault *fault)
{
    struct sym_fault why;
    bool is_table = g->kind == SYM_KIND_OVERLAP_TABLE;
    g->modes = is_table ? 1u << SYM_TABLE_DP : 0;
    if (modes == NULL) {
        return SYM_OK;
    }
    if (!is_table) {
        return sym_fail(fault, SYM_BAD_VALUE, "--mode: is for overlap:table");
    }
    return sym_terms_modes(&g->modes, modes, &why) == SYM_OK
               ? SYM_OK
               : sym_fail(fault, SYM_BAD_VALUE, "--mode: %.280s", why.text);
}

/* What is not about the list that the peer brings. */
static enum sym_err read_outcome(struct sym_grant *g, const struct sym_args *args,
                                 struct sym_fault *fault)
{
    uint64_t least = 0;
    enum sym_err err = sym_args_number(&least, args, "min-result", 0, SYM_SET_MAX, fault);
    if (err == SYM_OK && least > g->max_elements) {
        err = sym_fail(fault, SYM_BAD_VALUE,
                       "--min-result %" PRIu64 " is more than --max-size %" PRIu32, least,
                       g->max_elements);
    }
    if (err == SYM_OK && least > 0 && g->kind == SYM_KIND_TABULATE) {
        err = sym_fail(fault, SYM_BAD_VALUE,
                       "--min-result: a tabulation finds no identifiers in common");
    }
    if (err == SYM_OK && least > 0 && g->kind == SYM_KIND_OVERLAP_TABLE) {
        err = sym_fail(fault, SYM_BAD_VALUE, "--min-result: a table has none");
    }
    g->min_result = (uint32_t)least;
    if (err == SYM_OK) {
        err = read_engines(g, sym_args_value(args, "engines"), fault);
    }
    if (err == SYM_OK) {
        err = read_modes(g, sym_args_value(args, "mode"), fault);
    }
    if (err == SYM_OK) {
        err = read_standing(g, args, fault);
    }
    return err == SYM_OK ? read_epsilon(&g->epsilon_micro, sym_args_value(args, "epsilon"), fault)
                         : err;
}

bool sym_grant_shuts_out_vole(const struct sym_grant *g)
{
    return g->kind == SYM_KIND_OVERLAP_MATCHES &&
           (g->engines & 1u << SYM_OVERLAP_ENGINE_VOLE) != 0 &&
           sym_overlap_testable(SYM_OVERLAP_ENGINE_VOLE, g->min_elements) > g->max_elements;
}

static enum sym_err check_sizes(const struct sym_grant *g, struct sym_fault *fault)
{
    if (g->engines != 1u << SYM_OVERLAP_ENGINE_VOLE || !sym_grant_shuts_out_vole(g)) {
        return SYM_OK;
    }
    return sym_fail(fault, SYM_BAD_VALUE,
                    "--engines: with vole alone the shortest list counts as %" PRIu64
                    ", and --max-size is %" PRIu32 "; raise --max-size to that at least, or add dh",
                    sym_overlap_testable(SYM_OVERLAP_ENGINE_VOLE, g->min_elements),
                    g->max_elements);
}

/* The words behind --purposes and --types; all without them. */
static enum sym_err read_sets(struct sym_grant *g, const struct sym_args *args,
                              struct sym_fault *fault)
{
    const char *purposes = sym_args_value(args, "purposes");
    const char *types = sym_args_value(args, "types");
    struct sym_fault why;
    g->purposes = sym_terms_all_purposes();
    g->types = sym_terms_all_types();
    if (purposes != NULL && sym_terms_purposes(&g->purposes, purposes, &why) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "--purposes: %.280s", why.text);
    }
    if (types != NULL && sym_terms_types(&g->types, types, &why) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "--types: %.280s", why.text);
    }
    return SYM_OK;
}

/* What would be kept and listed, and limit nothing. */
static enum sym_err check_meant(const struct sym_grant *g, const struct sym_args *args,
                                struct sym_fault *fault)
{
    static const char *const of_lists[] = {"min-size", "max-size", "types"};
    bool tabulates = g->kind == SYM_KIND_TABULATE;
    if (!tabulates && g->kind != SYM_KIND_OVERLAP_TABLE && sym_args_has(args, "epsilon")) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--epsilon: is for tabulate and overlap:table; an overlap has no noise and "
                        "no budget");
    }
    for (size_t i = 0; tabulates && i < sizeof of_lists / sizeof *of_lists; i++) {
        if (sym_args_has(args, of_lists[i])) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "--%s: with a tabulation the peer brings no list of identifiers",
                            of_lists[i]);
        }
    }
    return SYM_OK;
}

enum sym_err sym_grant_wish_read(struct sym_grant *g, const struct sym_args *args,
                                 struct sym_fault *fault)
{
    enum sym_err err = sym_grant_names_read(&g->alias, &g->dataset, &g->kind, args, fault);
    if (err == SYM_OK) {
        err = check_meant(g, args, fault);
    }
    if (err == SYM_OK) {
        err = read_sizes(g, args, fault);
    }
    if (err == SYM_OK) {
        err = read_sets(g, args, fault);
    }
    if (err == SYM_OK) {
        err = read_outcome(g, args, fault);
    }
    if (err == SYM_OK) {
        err = check_sizes(g, fault);
    }
    if (err == SYM_OK) {
        err = read_expiry(&g->expires_s, sym_args_value(args, "expires"), (uint64_t)time(NULL),
                          fault);
    }
    g->approval = sym_args_has(args, "approval");
    return err;
}
