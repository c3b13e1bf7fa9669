#include "cli/client.h"
#include "cli/dataset_row.h"
#include "cli/format.h"
#include "cli/prompt.h"
#include "cli/runs.h"
#include "cli/terms.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* One cell: "iban 20000, phone 12". */
static void put_types(struct sym_table *t, const struct sym_dataset_row *row)
{
    char text[1024] = "";
    for (size_t i = 0; i < row->n_types; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, "%s%s %" PRIu64, i > 0 ? ", " : "",
                       sym_terms_type_text(row->types[i].type), row->types[i].tokens);
    }
    sym_table_format(t, "%s", text);
}

static enum sym_err print_list(const struct sym_dataset_list *list)
{
    static const struct sym_column columns[] = {{.title = "NAME"},
                                                {.title = "KIND"},
                                                {.title = "PROFILE"},
                                                {.title = "RECORDS", .right = true},
                                                {.title = "IDENTIFIERS"},
                                                {.title = "EPOCH", .right = true},
                                                {.title = "IMPORTED"},
                                                {.title = "BY"},
                                                {.title = "STORED", .right = true}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    sym_table_when_empty(
        t, "no datasets yet: \"symbolon import FILE --dataset NAME --profile PROFILE\"");
    for (size_t i = 0; i < list->n_datasets; i++) {
        const struct sym_dataset_row *row = &list->datasets[i];
        char bytes[SYM_FORMAT_BYTES];
        sym_format_bytes(bytes, row->bytes);
        sym_table_text(t, row->name);
        sym_table_format(t, "%s", sym_dataset_kind_text(row->kind));
        sym_table_text(t, row->profile);
        sym_table_format(t, "%" PRIu64, row->records);
        put_types(t, row);
        sym_table_format(t, "%" PRIu64, row->epoch);
        sym_table_time(t, row->imported_ms / 1000);
        sym_table_text(t, row->imported_by);
        sym_table_format(t, "%s", bytes);
    }
    return sym_table_print(t, stdout);
}

static enum sym_err print_list_json(const struct sym_dataset_list *list)
{
    struct sym_json *j = sym_json_new(stdout);
    sym_json_array(j, NULL);
    for (size_t i = 0; i < list->n_datasets; i++) {
        sym_dataset_put_json(j, NULL, &list->datasets[i]);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

static enum sym_err print_copies(const struct sym_standing_copies *list)
{
    static const struct sym_column columns[] = {
        {.title = "PEER"},     {.title = "DATASET"},
        {.title = "TYPE"},     {.title = "SIZE", .right = true},
        {.title = "RECEIVED"}, {.title = "STORED", .right = true}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    sym_table_when_empty(
        t, "no standing lists yet: a peer offers one with \"symbolon grant --standing DAYS\"");
    for (size_t i = 0; i < list->n_copies; i++) {
        const struct sym_standing_copy *copy = &list->copies[i];
        char bytes[SYM_FORMAT_BYTES];
        sym_format_bytes(bytes, copy->bytes);
        sym_table_text(t, copy->alias);
        sym_table_text(t, copy->dataset);
        sym_table_format(t, "%s", copy->type == 0 ? "any" : sym_terms_type_text(copy->type));
        sym_table_format(t, "%" PRIu32, copy->size);
        sym_table_time(t, copy->received_ms / 1000);
        sym_table_format(t, "%s", bytes);
    }
    return sym_table_print(t, stdout);
}

static enum sym_err print_copies_json(const struct sym_standing_copies *list)
{
    struct sym_json *j = sym_json_new(stdout);
    sym_json_array(j, NULL);
    for (size_t i = 0; i < list->n_copies; i++) {
        const struct sym_standing_copy *copy = &list->copies[i];
        sym_json_object(j, NULL);
        sym_json_text(j, "peer", copy->alias);
        sym_json_text(j, "dataset", copy->dataset);
        sym_json_string(j, "type", copy->type == 0 ? "any" : sym_terms_type_text(copy->type));
        sym_json_number(j, "size", copy->size);
        sym_json_time(j, "received", copy->received_ms / 1000);
        sym_json_number(j, "bytes", copy->bytes);
        sym_json_end(j);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

static enum sym_exit list_copies(const struct sym_call *call)
{
    struct sym_fault fault;
    SYM_ARENA_AUTO arena = {0};
    struct sym_standing_copies list;
    fault.err = sym_client_fetch(call, SYM_VERB_STANDING_LIST, &arena, &list, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    return sym_command_printed(sym_args_has(&call->args, "json") ? print_copies_json(&list)
                                                                 : print_copies(&list));
}

static enum sym_exit run_list(const struct sym_call *call)
{
    if (sym_args_has(&call->args, "received")) {
        return list_copies(call);
    }
    struct sym_fault fault;
    SYM_ARENA_AUTO arena = {0};
    struct sym_dataset_list list;
    fault.err = sym_client_fetch(call, SYM_VERB_DATASET_LIST, &arena, &list, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    return sym_command_printed(sym_args_has(&call->args, "json") ? print_list_json(&list)
                                                                 : print_list(&list));
}

static const struct sym_option list_options[] = {
    {.name = "received", .help = "standing lists of peers instead, as this node has received them"},
    {0},
};

const struct sym_command sym_cmd_dataset_list = {
    .name = "dataset list",
    .summary = "list the datasets of this node",
    .usage = {"[--received] [--json]"},
    .options = list_options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run_list,
};

/* Usage for a name that no dataset can have: the node need not be asked. */
static enum sym_exit check_name(const struct sym_call *call)
{
    const char *name = call->args.operands[0];
    return sym_alias_check(sym_span_text(name)) == SYM_OK
               ? SYM_EXIT_DONE
               : sym_command_usage(call, "\"%s\" is not the name of a dataset", name);
}

static enum sym_err print_one(const struct sym_dataset_row *row, bool json)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    if (json) {
        struct sym_json *j = sym_json_new(stdout);
        sym_dataset_put_json(j, NULL, row);
        return sym_json_finish(j);
    }
    struct sym_table *t = sym_table_new(columns, 2);
    sym_dataset_put_lines(t, row);
    return sym_table_print(t, stdout);
}

/* Asks something of the dataset that the operand names and shows it as it is then. */
static enum sym_exit ask_and_show(const struct sym_call *call, enum sym_verb verb)
{
    SYM_CLIENT_AUTO client = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_dataset_row row;
    struct sym_dataset_name name = {.name = sym_span_text(call->args.operands[0])};
    struct sym_fault fault;
    enum sym_exit code = check_name(call);
    if (code != SYM_EXIT_DONE) {
        return code;
    }
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = sym_client_ask(&client, verb, &name, &arena, &row, &fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    return sym_command_printed(print_one(&row, sym_args_has(&call->args, "json")));
}

static enum sym_exit run_show(const struct sym_call *call)
{
    return ask_and_show(call, SYM_VERB_DATASET_SHOW);
}

const struct sym_command sym_cmd_dataset_show = {
    .name = "dataset show",
    .summary = "show what a dataset holds, in numbers",
    .usage = {"NAME [--json]"},
    .example = "dataset show suspects",
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_show,
};

static enum sym_exit run_publish(const struct sym_call *call)
{
    return ask_and_show(call, SYM_VERB_DATASET_PUBLISH);
}

static const char *const publish_notes[] = {
    "Raises the epoch of the dataset, which tables over several nodes refer to. It opens nothing:",
    "what a peer may ask of a dataset is what a grant says.",
    NULL,
};

const struct sym_command sym_cmd_dataset_publish = {
    .name = "dataset publish",
    .summary = "declare the present content of a dataset its next edition",
    .usage = {"NAME [--json]"},
    .example = "dataset publish suspects",
    .notes = publish_notes,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_publish,
};

static enum sym_exit run_forget(const struct sym_call *call)
{
    const char *record = sym_args_value(&call->args, "record");
    enum sym_exit code = check_name(call);
    if (code != SYM_EXIT_DONE) {
        return code;
    }
    if (record == NULL || *record == '\0' || strlen(record) > SYM_RECORD_ID_BYTES_MAX) {
        return sym_command_usage(call, record == NULL ? "--record is missing"
                                                      : "--record: is not an id of 1 to 128 bytes");
    }
    return sym_forget_run(call);
}

_Static_assert(SYM_RECORD_ID_BYTES_MAX == 128, "as the refusal above says");

static const struct sym_option forget_options[] = {
    {.name = "record", .argument = "ID", .help = "the id of the record, as the file had it"},
    {0},
};

const struct sym_command sym_cmd_dataset_forget = {
    .name = "dataset forget",
    .summary = "erase one record and its identifiers from a dataset",
    .usage = {"NAME --record ID [--json]"},
    .example = "dataset forget suspects --record case-17",
    .options = forget_options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_forget,
};

/* A person is asked once more, about what is there; who wrote a script has said it. */
static enum sym_err confirm(const struct sym_call *call, struct sym_client *client,
                            struct sym_fault *fault)
{
    const char *name = call->args.operands[0];
    const struct sym_dataset_name wish = {.name = sym_span_text(name)};
    SYM_ARENA_AUTO arena = {0};
    struct sym_dataset_row row;
    char question[160];
    if (sym_args_has(&call->args, "yes") || sym_args_has(&call->args, "received-from") ||
        !isatty(STDIN_FILENO)) {
        return SYM_OK;
    }
    enum sym_err err = sym_client_ask(client, SYM_VERB_DATASET_SHOW, &wish, &arena, &row, fault);
    if (err == SYM_NOT_FOUND) {
        return err;
    }
    (void)snprintf(question, sizeof question, "Erase all that %.64s holds? [y/N]", name);
    return sym_prompt_confirm(question) == SYM_ANSWER_YES
               ? SYM_OK
               : sym_fail(fault, SYM_CANCELLED, "%s: stays", name);
}

static enum sym_exit run_drop(const struct sym_call *call)
{
    SYM_CLIENT_AUTO client = {0};
    struct sym_dataset_name name = {.name = sym_span_text(call->args.operands[0])};
    struct sym_fault fault;
    enum sym_exit code = check_name(call);
    if (code != SYM_EXIT_DONE) {
        return code;
    }
    const char *peer = sym_args_value(&call->args, "received-from");
    struct sym_standing_copy_name copy = {.alias = sym_span_text(peer != NULL ? peer : ""),
                                          .dataset = name.name};
    if (peer != NULL && sym_alias_check(copy.alias) != SYM_OK) {
        return sym_command_usage(call, "--received-from: \"%s\" is not the alias of a peer", peer);
    }
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = confirm(call, &client, &fault);
    }
    if (fault.err == SYM_OK) {
        fault.err = peer != NULL ? sym_client_do(&client, SYM_VERB_STANDING_DROP, &copy, &fault)
                                 : sym_client_do(&client, SYM_VERB_DATASET_DROP, &name, &fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    if (peer != NULL) {
        (void)printf("%s: the standing list of %s is erased\n", call->args.operands[0], peer);
    } else {
        (void)printf("%s: erased\n", call->args.operands[0]);
    }
    return SYM_EXIT_DONE;
}

static const struct sym_option drop_options[] = {
    {.name = "received-from",
     .argument = "ALIAS",
     .help = "erase the standing list of this name that the peer has sent, instead"},
    {.name = "yes", .help = "do not ask"},
    {0},
};

static const char *const drop_notes[] = {
    "Asks first when standard input is a terminal, and only then. A list that was received comes",
    "again with the next query that needs it.",
    NULL,
};

const struct sym_command sym_cmd_dataset_drop = {
    .name = "dataset drop",
    .summary = "erase a dataset and all its records",
    .usage = {"NAME [--yes]", "NAME --received-from ALIAS"},
    .example = "dataset drop suspects",
    .notes = drop_notes,
    .options = drop_options,
    .takes = SYM_TAKES_NODE,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_drop,
};
