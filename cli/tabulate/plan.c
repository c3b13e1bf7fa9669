#include "cli/tabulate/plan.h"

#include "cli/epsilon.h"
#include "cli/format.h"
#include "cli/table.h"
#include "cli/tabulate/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MILLION       UINT64_C(1000000)
#define ID_DIGITS     8
#define MEMBERS_SHOWN 40u

static uint32_t needed_of(const struct sym_tabulate_plan *p)
{
    return p->quorum > p->minimum ? p->quorum : p->minimum;
}

static void put_members(struct sym_table *t, const struct sym_tabulate_plan *p)
{
    char text[MEMBERS_SHOWN * (SYM_ALIAS_BYTES + 2)] = "";
    for (size_t i = 0; i < p->n_members && i < MEMBERS_SHOWN; i++) {
        size_t used = strlen(text);
        struct sym_span name = p->members[i];
        (void)snprintf(text + used, sizeof text - used, "%s%.*s", i > 0 ? ", " : "",
                       name.len > 0 ? (int)name.len : 9,
                       name.len > 0 ? (const char *)name.data : "this node");
    }
    char shown[SYM_FORMAT_TEXT_BYTES(sizeof text)];
    sym_format_text(shown, sizeof shown, sym_span_text(text));
    sym_table_format(t, "participants");
    sym_table_format(t, "%zu: %s%s", p->n_members, shown,
                     p->n_members > MEMBERS_SHOWN ? ", ..." : "");
    sym_table_format(t, "needed");
    sym_table_format(t, "%" PRIu32 " of them; the others may ask for more", needed_of(p));
}

static void put_cells(struct sym_table *t, const struct sym_question *q)
{
    sym_table_format(t, "cells");
    sym_table_format(t, "%zu", sym_cube_cells(q->cube));
    for (size_t i = 0; i < q->query.n_levels; i++) {
        char name[SYM_LEVEL_BYTES];
        size_t first = 0;
        size_t n = 0;
        sym_level_text(name, &q->query, i);
        sym_cube_level(q->cube, i, &first, &n);
        sym_table_format(t, "  %s", name);
        sym_table_format(t, "%zu", n);
    }
    if (q->periods.is_default) {
        sym_table_format(t, "period");
        sym_table_format(t, "%" PRIu32 " to %" PRIu32 ", as nothing was said; see --from and --to",
                         q->periods.first / 12, q->periods.last / 12);
    }
}

static void put_noise(struct sym_table *t, const struct sym_tabulate_plan *p,
                      const struct sym_question *q)
{
    uint64_t thousandths = (uint64_t)p->ghosts_per_million * p->cells / (MILLION / 1000);
    sym_table_format(t, "sensitivity");
    sym_table_format(
        t, "%" PRIu32 ": %" PRIu32 " (cells per incident) x %" PRIu32 " (persons) x %zu (levels)",
        p->sensitivity, q->query.cells_per_incident, q->query.persons_max, q->query.n_levels);
    sym_table_format(t, "noise");
    sym_table_format(t, "95 %% of counts within %" PRIu64 " of the true sum", p->half_width);
    sym_table_format(t, "not shown");
    sym_table_format(t, "cells below %" PRIu64, p->threshold);
    sym_table_format(t, "false cells");
    sym_table_format(t, "%" PRIu64 ".%03" PRIu64 " expected: empty, and shown as if they were not",
                     thousandths / 1000, thousandths % 1000);
}

static void put_budget(struct sym_table *t, const struct sym_tabulate_plan *p)
{
    char epsilon[SYM_EPSILON_BYTES];
    char held[SYM_EPSILON_BYTES];
    char left[SYM_EPSILON_BYTES];
    char cap[SYM_EPSILON_BYTES];
    char renews[SYM_FORMAT_BYTES];
    sym_epsilon_text(epsilon, p->epsilon_nano);
    sym_epsilon_text(held, 3 * p->epsilon_nano);
    sym_epsilon_text(left, p->budget_left_nano);
    sym_epsilon_text(cap, p->budget_cap_nano);
    sym_format_time(renews, p->renews_ms / 1000);
    sym_table_format(t, "epsilon");
    sym_table_format(
        t, "%s of each participant's budget; in effect %s for an incident that 3 of them hold",
        epsilon, held);
    if (p->contributes) {
        sym_table_format(t, "budget left");
        sym_table_format(t, "%s of %s of the own dataset; renews %s", left, cap, renews);
    } else {
        sym_table_format(t, "budget");
        sym_table_format(t, "that of the participants; this node contributes nothing");
    }
}

static bool is_too_dear(const struct sym_tabulate_plan *p)
{
    return p->contributes && p->budget_left_nano < p->epsilon_nano;
}

bool sym_plan_is_refused(const struct sym_tabulate_plan *plan)
{
    return is_too_dear(plan) && plan->released.len == 0;
}

static void put_warnings(FILE *to, const struct sym_tabulate_plan *p,
                         const struct sym_tabulate_start *start)
{
    if (!p->contributes && !start->without_own) {
        (void)fprintf(to,
                      "This node has no dataset %.*s and adds nothing: is that the name? "
                      "\"symbolon dataset list\" shows those there are.\n",
                      (int)start->dataset.len, (const char *)start->dataset.data);
    }
    if (p->released.len == SYM_EXCHANGE_ID_BYTES) {
        char hex[2 * SYM_EXCHANGE_ID_BYTES + 1];
        sym_hex(hex, p->released.data, p->released.len);
        (void)fprintf(to,
                      "This question was answered already (exchange %.*s): while the participants' "
                      "data are the same, the same answer comes again and costs nothing. "
                      "\"symbolon exchange result %.*s\" shows it without asking.\n",
                      ID_DIGITS, hex, ID_DIGITS, hex);
    }
    if (sym_plan_is_refused(p)) {
        (void)fprintf(to, "The budget that is left does not suffice: the question will not be "
                          "asked.\n");
    }
    if (p->n_members <= needed_of(p)) {
        (void)fprintf(to, "With %zu participants, one that drops out ends it without a result.\n",
                      p->n_members);
    }
    if (!is_too_dear(p)) {
        (void)fprintf(to,
                      "If it %sfails after the counts were sent, the budget is spent all the same: "
                      "it is never given back.\n",
                      p->released.len > 0 ? "is computed anew and " : "");
    }
}

enum sym_err sym_plan_write(FILE *to, const struct sym_tabulate_plan *plan,
                            const struct sym_question *question,
                            const struct sym_tabulate_start *start)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    struct sym_table *t = sym_table_new(columns, 2);
    put_members(t, plan);
    put_cells(t, question);
    put_noise(t, plan, question);
    put_budget(t, plan);
    enum sym_err err = sym_table_print(t, to);
    if (err == SYM_OK) {
        put_warnings(to, plan, start);
    }
    return err;
}
