#include "cli/grant_row.h"

#include "cli/epsilon.h"
#include "cli/format.h"
#include "cli/table.h"
#include "cli/terms.h"

#include <inttypes.h>
#include <time.h>

#define NANO_PER_MICRO 1000u

void sym_grant_put_json(struct sym_json *j, const struct sym_grant *g)
{
    sym_json_object(j, NULL);
    sym_json_text(j, "peer", g->alias);
    sym_json_text(j, "dataset", g->dataset);
    sym_json_string(j, "kind", sym_kind_text(g->kind));
    sym_json_number(j, "min_size", g->min_elements);
    sym_json_number(j, "max_size", g->max_elements);
    sym_json_number(j, "per_day", g->per_day);
    sym_json_number(j, "asked", g->asked);
    sym_terms_json_purposes(j, "purposes", g->purposes);
    sym_terms_json_types(j, "types", g->types);
    sym_json_time(j, "expires", g->expires_s);
    sym_json_bool(j, "approval", g->approval);
    sym_json_time(j, "added", g->added_s);
    sym_json_text(j, "added_by", g->added_by);
    sym_json_number(j, "min_result", g->min_result);
    sym_terms_json_engines(j, "engines", g->engines);
    sym_json_number(j, "epsilon_micro", g->epsilon_micro);
    sym_terms_json_modes(j, "modes", g->modes);
    sym_json_number(j, "standing_days", g->standing_days);
    sym_json_number(j, "elements_per_day", g->elements_per_day);
    sym_json_number(j, "evaluated", g->evaluated);
    sym_json_time(j, "standing_until", g->standing_until_s);
    sym_json_end(j);
}

enum sym_err sym_grant_print_json(const struct sym_grant_list *list)
{
    struct sym_json *j = sym_json_new(stdout);
    sym_json_array(j, NULL);
    for (size_t i = 0; i < list->n_grants; i++) {
        sym_grant_put_json(j, &list->grants[i]);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

static void put_standing(struct sym_table *t, const struct sym_grant *g)
{
    char until[SYM_FORMAT_BYTES];
    sym_format_time(until, g->standing_until_s);
    if (g->standing_days == 0) {
        sym_table_format(t, g->kind == SYM_KIND_OVERLAP_MATCHES ? "none" : "-");
    } else {
        sym_table_format(t, "%s%s; %" PRIu32 " of %" PRIu32 " elements used today",
                         g->standing_until_s == 0 ? "being prepared" : "prepared, until ",
                         g->standing_until_s == 0 ? "" : until, g->evaluated, g->elements_per_day);
    }
}

/* An overlap of two lists spends no budget; what is joint has no engine. */
static void put_terms_of_kind(struct sym_table *t, const struct sym_grant *g)
{
    char epsilon[SYM_EPSILON_BYTES];
    bool is_table = g->kind == SYM_KIND_OVERLAP_TABLE;
    if (g->kind != SYM_KIND_TABULATE && !is_table) {
        sym_terms_put_engines(t, g->engines);
        sym_table_format(t, "-");
        sym_table_format(t, "-");
        return;
    }
    sym_epsilon_text(epsilon, (uint64_t)g->epsilon_micro * NANO_PER_MICRO);
    sym_table_format(t, "-");
    sym_table_format(t, "%s", g->epsilon_micro == 0 ? "the dataset's" : epsilon);
    if (is_table) {
        sym_terms_put_modes(t, g->modes);
    } else {
        sym_table_format(t, "-");
    }
}

enum sym_err sym_grant_print_table(const struct sym_grant_list *list)
{
    static const struct sym_column columns[] = {{.title = "PEER"},
                                                {.title = "DATASET"},
                                                {.title = "KIND"},
                                                {.title = "MIN SIZE", .right = true},
                                                {.title = "MAX SIZE", .right = true},
                                                {.title = "PER DAY", .right = true},
                                                {.title = "ASKED", .right = true},
                                                {.title = "APPROVAL"},
                                                {.title = "EXPIRES"},
                                                {.title = "PURPOSES"},
                                                {.title = "TYPES"},
                                                {.title = "MIN RESULT", .right = true},
                                                {.title = "ENGINES"},
                                                {.title = "EPSILON", .right = true},
                                                {.title = "MODE"},
                                                {.title = "STANDING LIST"}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    uint64_t now_s = (uint64_t)time(NULL);
    for (size_t i = 0; i < list->n_grants; i++) {
        const struct sym_grant *g = &list->grants[i];
        char expires[SYM_FORMAT_BYTES];
        sym_format_time(expires, g->expires_s);
        sym_table_text(t, g->alias);
        sym_table_text(t, g->dataset);
        sym_table_format(t, "%s", sym_kind_text(g->kind));
        sym_table_format(t, "%" PRIu32, g->min_elements);
        sym_table_format(t, "%" PRIu32, g->max_elements);
        sym_table_format(t, "%" PRIu32, g->per_day);
        sym_table_format(t, "%" PRIu32, g->asked);
        sym_table_bool(t, g->approval);
        sym_table_format(t, "%s%s", g->expires_s == 0 ? "never" : expires,
                         g->expires_s != 0 && g->expires_s <= now_s ? " (expired)" : "");
        sym_terms_put_purposes(t, g->purposes);
        sym_terms_put_types(t, g->types, ",");
        sym_table_format(t, "%" PRIu32, g->min_result);
        put_terms_of_kind(t, g);
        put_standing(t, g);
    }
    return sym_table_print(t, stdout);
}
