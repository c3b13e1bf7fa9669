#include "cli/client.h"
#include "cli/json.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>

/* An object: settings are looked up by name. Their names come from the node's own table. */
static enum sym_err print_json(const struct sym_setting_list *list)
{
    struct sym_json *j = sym_json_new(stdout);
    sym_json_object(j, NULL);
    for (size_t i = 0; i < list->n_settings; i++) {
        char name[SYM_ALIAS_BYTES] = "";
        struct sym_span from = list->settings[i].name;
        memcpy(name, from.data, from.len < sizeof name ? from.len : sizeof name - 1);
        sym_json_text(j, name, list->settings[i].value);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

static enum sym_err print_table(const struct sym_setting_list *list)
{
    static const struct sym_column columns[] = {{.title = "SETTING"}, {.title = "VALUE"}};
    struct sym_table *t = sym_table_new(columns, 2);
    for (size_t i = 0; i < list->n_settings; i++) {
        sym_table_text(t, list->settings[i].name);
        sym_table_text(t, list->settings[i].value);
    }
    return sym_table_print(t, stdout);
}

static enum sym_exit run_list(const struct sym_call *call)
{
    struct sym_fault fault;
    SYM_ARENA_AUTO arena = {0};
    struct sym_setting_list list;
    fault.err = sym_client_fetch(call, SYM_VERB_SETTING_LIST, &arena, &list, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    return sym_command_printed(sym_args_has(&call->args, "json") ? print_json(&list)
                                                                 : print_table(&list));
}

const struct sym_command sym_cmd_settings_list = {
    .name = "settings list",
    .summary = "list the settings of the node and their values",
    .usage = {"[--json]"},
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run_list,
};

/* What is read once, when links begin to be made. */
static bool waits_for_start(const char *name)
{
    return strcmp(name, "listen") == 0 || strcmp(name, "link-idle-seconds") == 0;
}

static enum sym_exit run_set(const struct sym_call *call)
{
    struct sym_setting wish = {.name = sym_span_text(call->args.operands[0]),
                               .value = sym_span_text(call->args.operands[1])};
    struct sym_fault fault;
    SYM_CLIENT_AUTO client = {0};
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = sym_client_do(&client, SYM_VERB_SETTING_SET, &wish, &fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    (void)printf("%s: %s, %s\n", call->args.operands[0], call->args.operands[1],
                 waits_for_start(call->args.operands[0]) ? "from the next start on"
                                                         : "from now on");
    return SYM_EXIT_DONE;
}

const struct sym_command sym_cmd_settings_set = {
    .name = "settings set",
    .summary = "change a setting of the node",
    .usage = {"NAME VALUE"},
    .example = "settings set own-approval matches",
    .takes = SYM_TAKES_NODE,
    .min_operands = 2,
    .max_operands = 2,
    .run = run_set,
};
