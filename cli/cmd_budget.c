#include "cli/answers.h"
#include "cli/epsilon.h"
#include "cli/format.h"
#include "cli/json.h"
#include "cli/table.h"

#include <inttypes.h>

static enum sym_err write_json(FILE *to, const struct sym_budget_list *list)
{
    struct sym_json *j = sym_json_new(to);
    sym_json_array(j, NULL);
    for (size_t i = 0; i < list->n_budgets; i++) {
        const struct sym_budget *b = &list->budgets[i];
        sym_json_object(j, NULL);
        sym_json_text(j, "dataset", b->dataset);
        sym_json_text(j, "peer", b->alias);
        sym_json_number(j, "year", b->year);
        sym_json_number(j, "cap_nano", b->cap_nano);
        sym_json_number(j, "spent_nano", b->spent_nano);
        sym_json_number(j, "reserved_nano", b->reserved_nano);
        sym_json_number(j, "left_nano", b->left_nano);
        sym_json_time(j, "renews", b->renews_ms / 1000);
        sym_json_bool(j, "restored", b->restored);
        sym_json_end(j);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

enum sym_err sym_budgets_answer(FILE *to, struct sym_client *client, struct sym_span dataset,
                                struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_budget_query query = {.dataset = dataset};
    struct sym_budget_list list;
    enum sym_err err = sym_client_ask(client, SYM_VERB_BUDGET_LIST, &query, &arena, &list, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = write_json(to, &list);
    return err == SYM_OK ? err : sym_fail(fault, err, "the answer %s", sym_err_text(err));
}

static void put_epsilon(struct sym_table *t, uint64_t nano)
{
    char text[SYM_EPSILON_BYTES];
    sym_epsilon_text(text, nano);
    sym_table_format(t, "%s", text);
}

static enum sym_err print_table(const struct sym_budget_list *list)
{
    static const struct sym_column columns[] = {{.title = "DATASET"},
                                                {.title = "ASKED BY"},
                                                {.title = "CAP", .right = true},
                                                {.title = "SPENT", .right = true},
                                                {.title = "RESERVED", .right = true},
                                                {.title = "LEFT", .right = true},
                                                {.title = "RENEWS"}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    sym_table_when_empty(t,
                         "no datasets of incidents or aggregates yet: \"symbolon import --help\"");
    for (size_t i = 0; i < list->n_budgets; i++) {
        const struct sym_budget *b = &list->budgets[i];
        sym_table_text(t, b->dataset);
        sym_table_text(t, b->alias.len > 0 ? b->alias : sym_span_text("all together"));
        put_epsilon(t, b->cap_nano);
        put_epsilon(t, b->spent_nano);
        put_epsilon(t, b->reserved_nano);
        put_epsilon(t, b->left_nano);
        sym_table_time(t, b->renews_ms / 1000);
    }
    enum sym_err err = sym_table_print(t, stdout);
    if (err == SYM_OK && list->n_budgets > 0 && list->budgets[0].restored) {
        char renews[SYM_FORMAT_BYTES];
        sym_format_time(renews, list->budgets[0].renews_ms / 1000);
        (void)printf("nothing is left before %s: this node is a restored copy, and what was spent "
                     "since it was made is not known\n",
                     renews);
    }
    return err;
}

static enum sym_exit run(const struct sym_call *call)
{
    SYM_CLIENT_AUTO client = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_budget_list list;
    struct sym_fault fault;
    const char *name = sym_args_value(&call->args, "dataset");
    const struct sym_budget_query query = {.dataset = sym_span_text(name != NULL ? name : "")};
    if (name != NULL && sym_alias_check(query.dataset) != SYM_OK) {
        return sym_command_usage(call, "--dataset: \"%.64s\" is not a name", name);
    }
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = sym_client_ask(&client, SYM_VERB_BUDGET_LIST, &query, &arena, &list, &fault);
    }
    if (fault.err == SYM_OK && name != NULL && list.n_budgets == 0) {
        fault.err = sym_fail(&fault, SYM_NOT_FOUND,
                             "%s: there is no such dataset of incidents or aggregates; \"symbolon "
                             "dataset list\" shows those that are",
                             name);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    return sym_command_printed(sym_args_has(&call->args, "json") ? write_json(stdout, &list)
                                                                 : print_table(&list));
}

static const struct sym_option options[] = {
    {.name = "dataset", .argument = "NAME", .help = "of this dataset only"},
    {0},
};

static const char *const notes[] = {
    "Amounts are epsilon: what joint tabulations, and overlap tables with noise, may tell of one",
    "incident or record in a calendar year (UTC).",
    "What is spent never comes back; it renews with the next year, so that over the years there is",
    "no bound. Reserved is what waits for a question that is under way. The setting",
    "epsilon-per-year is the cap of each dataset, a grant can have one of its own. After a restore",
    "nothing is left for 366 days.",
    NULL,
};

const struct sym_command sym_cmd_budget = {
    .name = "budget",
    .summary = "show the privacy budget of each dataset",
    .usage = {"[--dataset NAME] [--json]"},
    .example = "budget --dataset incidents",
    .notes = notes,
    .options = options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run,
};
