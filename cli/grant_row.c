#include "cli/grant_row.h"

#include "cli/epsilon.h"
#include "cli/format.h"
#include "cli/grant_wider.h"
#include "cli/table.h"
#include "cli/terms.h"

#include <inttypes.h>
#include <time.h>

#define NANO_PER_MICRO 1000u

static void put_members(struct sym_json *j, const struct sym_grant *g)
{
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
    sym_json_number(j, "epsilon_nano", (uint64_t)g->epsilon_micro * NANO_PER_MICRO);
    sym_terms_json_modes(j, "modes", g->modes);
    sym_json_number(j, "standing_days", g->standing_days);
    sym_json_number(j, "elements_per_day", g->elements_per_day);
    sym_json_number(j, "evaluated", g->evaluated);
    sym_json_time(j, "standing_until", g->standing_until_s);
}

enum sym_err sym_grant_write_added_json(FILE *to, const struct sym_grant_added *added)
{
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    put_members(j, added->grant);
    if (added->replaced == NULL) {
        sym_json_null(j, "replaced");
    } else {
        sym_json_object(j, "replaced");
        put_members(j, added->replaced);
        sym_json_end(j);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

enum sym_err sym_grant_write_json(FILE *to, const struct sym_grant_list *list)
{
    struct sym_json *j = sym_json_new(to);
    sym_json_array(j, NULL);
    for (size_t i = 0; i < list->n_grants; i++) {
        sym_json_object(j, NULL);
        put_members(j, &list->grants[i]);
        sym_json_end(j);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

/* What it is limited to, a line for each: the first beside the grant, the others below it. */
struct limits {
    struct sym_table *table;
    size_t n;
};

#define COLUMNS_BEFORE 5u

/* The value comes next. */
static struct sym_table *limit(struct limits *l, const char *name)
{
    for (size_t i = 0; l->n > 0 && i < COLUMNS_BEFORE; i++) {
        sym_table_format(l->table, "%s", "");
    }
    l->n++;
    sym_table_format(l->table, "%s", name);
    return l->table;
}

static void put_standing(struct limits *l, const struct sym_grant *g)
{
    char until[SYM_FORMAT_BYTES];
    sym_format_time(until, g->standing_until_s);
    if (g->standing_days > 0) {
        sym_table_format(limit(l, "standing list"), "%s%s; %" PRIu32 " of %" PRIu32 " used today",
                         g->standing_until_s == 0 ? "being prepared" : "until ",
                         g->standing_until_s == 0 ? "" : until, g->evaluated, g->elements_per_day);
    }
}

/* An overlap of two lists spends no budget; what is joint has no engine. */
static void put_terms_of_kind(struct limits *l, const struct sym_grant *g)
{
    char epsilon[SYM_EPSILON_BYTES];
    bool is_table = g->kind == SYM_KIND_OVERLAP_TABLE;
    if (g->kind != SYM_KIND_TABULATE && !is_table) {
        sym_terms_put_engines(limit(l, "engines"), g->engines);
        return;
    }
    if (is_table) {
        sym_terms_put_modes(limit(l, "mode"), g->modes);
    }
    sym_epsilon_text(epsilon, (uint64_t)g->epsilon_micro * NANO_PER_MICRO);
    sym_table_format(limit(l, "epsilon"), "%s", g->epsilon_micro == 0 ? "the dataset's" : epsilon);
}

static void put_limits(struct sym_table *t, const struct sym_grant *g)
{
    struct limits l = {.table = t};
    char expires[SYM_FORMAT_BYTES];
    uint64_t now_s = (uint64_t)time(NULL);
    put_terms_of_kind(&l, g);
    if (g->approval) {
        sym_table_format(limit(&l, "approval"), "yes");
    }
    if (g->expires_s > 0) {
        sym_format_time(expires, g->expires_s);
        sym_table_format(limit(&l, "expires"), "%s%s", expires,
                         g->expires_s <= now_s ? " (expired)" : "");
    }
    if (!sym_terms_are_all_purposes(g->purposes)) {
        sym_terms_put_purposes(limit(&l, "purposes"), g->purposes);
    }
    if (!sym_terms_are_all_types(g->types)) {
        sym_terms_put_types(limit(&l, "types"), g->types, ",");
    }
    if (g->min_result > 0) {
        sym_table_format(limit(&l, "min result"), "%" PRIu32, g->min_result);
    }
    put_standing(&l, g);
}

/* Of the list that the peer brings; with a tabulation it brings none. */
static void put_sizes(struct sym_table *t, const struct sym_grant *g)
{
    if (g->kind == SYM_KIND_TABULATE) {
        sym_table_format(t, "-");
    } else {
        sym_table_format(t, "%" PRIu32 " to %" PRIu32, g->min_elements, g->max_elements);
    }
}

enum sym_err sym_grant_print_table(const struct sym_grant_list *list)
{
    static const struct sym_column columns[] = {
        {.title = "PEER"},  {.title = "DATASET"}, {.title = "KIND"}, {.title = "SIZE"},
        {.title = "TODAY"}, {.title = "LIMIT"},   {.title = "IS"}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    sym_table_when_empty(t, "no grants yet, all peers are denied: \"symbolon grant --help\"");
    for (size_t i = 0; i < list->n_grants; i++) {
        const struct sym_grant *g = &list->grants[i];
        sym_table_text(t, g->alias);
        sym_table_text(t, g->dataset);
        sym_table_format(t, "%s", sym_kind_text(g->kind));
        put_sizes(t, g);
        sym_table_format(t, "%" PRIu32 " of %" PRIu32, g->asked, g->per_day);
        put_limits(t, g);
    }
    return sym_table_print(t, stdout);
}

enum sym_err sym_grant_print_added(const struct sym_grant_added *added)
{
    char since[SYM_FORMAT_BYTES];
    const struct sym_grant *old = added->replaced;
    const struct sym_grant_list now = {.grants = added->grant, .n_grants = 1};
    const struct sym_grant_list before = {.grants = old, .n_grants = 1};
    enum sym_err err = sym_grant_print_table(&now);
    if (err != SYM_OK || old == NULL) {
        return err;
    }
    sym_format_time(since, old->added_s);
    (void)printf("\nIt replaces this one, which %.*s gave on %s:\n", (int)old->added_by.len,
                 old->added_by.len > 0 ? (const char *)old->added_by.data : "", since);
    if ((err = sym_grant_print_table(&before)) != SYM_OK) {
        return err;
    }
    char wider[SYM_GRANT_WIDER_BYTES];
    sym_grant_wider_text(wider, added->grant, old);
    if (wider[0] != '\0') {
        (void)printf("\nwider: %s\n", wider);
    }
    return SYM_OK;
}
