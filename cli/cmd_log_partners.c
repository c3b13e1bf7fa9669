#include "cli/answers.h"
#include "cli/client.h"
#include "cli/file.h"
#include "cli/json.h"
#include "cli/pinned.h"
#include "cli/prompt.h"
#include "cli/table.h"
#include "proto/breach.h"
#include "proto/exhibit.h"

#include <inttypes.h>
#include <string.h>

/* witnesses ---------------------------------------------------------------------------------- */

static enum sym_err witnesses_table(const struct sym_witness_list *list)
{
    static const struct sym_column columns[] = {{.title = "PEER"},
                                                {.title = "STATE"},
                                                {.title = "ITS ENTRIES", .right = true},
                                                {.title = "COSIGNED", .right = true},
                                                {.title = "HOLDS OF US", .right = true},
                                                {.title = "OPEN", .right = true},
                                                {.title = "SINCE"},
                                                {.title = "ALARM"}};
    struct sym_table *t = sym_table_new(columns, 8);
    sym_table_when_empty(
        t, "no peers yet who could be witnesses: \"symbolon peer add CARD --alias NAME\"");
    for (size_t i = 0; i < list->n_witnesses; i++) {
        const struct sym_witness_row *w = &list->witnesses[i];
        sym_table_text(t, w->alias);
        sym_table_format(t, "%s", sym_witness_state_text(w->state));
        sym_table_format(t, "%" PRIu64, w->size);
        sym_table_format(t, "%" PRIu64, w->cosigned);
        sym_table_format(t, "%" PRIu64, w->ours);
        sym_table_format(t, "%" PRIu32, w->open);
        sym_table_time(t, w->since_ms / 1000);
        sym_table_text(t, w->fault.len > 0 ? w->fault : sym_span_text("-"));
    }
    return sym_table_print(t, stdout);
}

static enum sym_err witnesses_json(FILE *to, const struct sym_witness_list *list)
{
    struct sym_json *j = sym_json_new(to);
    sym_json_array(j, NULL);
    for (size_t i = 0; i < list->n_witnesses; i++) {
        const struct sym_witness_row *w = &list->witnesses[i];
        sym_json_object(j, NULL);
        sym_json_text(j, "peer", w->alias);
        sym_json_hex(j, "peer_id", w->peer);
        sym_json_string(j, "state", sym_witness_state_text(w->state));
        sym_json_number(j, "entries", w->size);
        sym_json_number(j, "cosigned", w->cosigned);
        sym_json_number(j, "holds_of_this_log", w->ours);
        sym_json_number(j, "open", w->open);
        sym_json_time(j, "since", w->since_ms / 1000);
        sym_json_text(j, "alarm", w->fault);
        sym_json_text(j, "checkpoint", w->checkpoint);
        sym_json_end(j);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

enum sym_err sym_witnesses_answer(FILE *to, struct sym_client *client, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_empty nothing = {0};
    struct sym_witness_list list;
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_LOG_WITNESSES, &nothing, &arena, &list, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = witnesses_json(to, &list);
    return err == SYM_OK ? err : sym_fail(fault, err, "the answer %s", sym_err_text(err));
}

static enum sym_exit run_witnesses(const struct sym_call *call)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_witness_list list;
    struct sym_fault fault;
    fault.err = sym_client_fetch(call, SYM_VERB_LOG_WITNESSES, &arena, &list, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    return sym_command_printed(sym_args_has(&call->args, "json") ? witnesses_json(stdout, &list)
                                                                 : witnesses_table(&list));
}

static const char *const witnesses_notes[] = {
    "STATE: new (nothing was seen yet), good (each head extends the one before), unproven (a newer",
    "head was told, its proof not yet), shorter (an older head than one seen before), split (two",
    "heads contradict each other: see log exhibit). ITS ENTRIES is the newest head seen of the",
    "partner's log, COSIGNED the newest that this node has signed, HOLDS OF US the newest head of",
    "this log that the partner is known to hold. OPEN counts exchanges without both closes: while",
    "there is one, that partner gets no new one; see exchange settle.",
    NULL,
};

const struct sym_command sym_cmd_log_witnesses = {
    .name = "log witnesses",
    .summary = "list what is known of partners' logs, and they of this one",
    .usage = {"[--json]"},
    .notes = witnesses_notes,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run_witnesses,
};

/* exhibit ------------------------------------------------------------------------------------ */

/* What leaves here must hold before others. */
static bool is_alias(const struct sym_call *call)
{
    return sym_alias_check(sym_span_text(call->args.operands[0])) == SYM_OK;
}

static enum sym_exit no_alias(const struct sym_call *call)
{
    return sym_command_usage(call, "\"%s\" is not the alias of a peer", call->args.operands[0]);
}

static enum sym_err check_exhibit(const struct sym_exhibit *e, struct sym_fault *fault)
{
    struct sym_split_exhibit split = {.memory = NULL};
    const struct sym_ristretto *with = NULL;
    struct sym_card card;
    struct sym_fault why;
    enum sym_err err = SYM_OK;
    if (e->text.len < strlen(SYM_BREACH_HEAD) ||
        memcmp(e->text.data, SYM_BREACH_HEAD, strlen(SYM_BREACH_HEAD)) != 0) {
        err = sym_split_read(&split, e->text, "the node's exhibit", &why);
        sym_split_clear(&split);
    } else if ((err = sym_ristretto_choose(&with, NULL)) != SYM_OK) {
        (void)sym_fail(&why, err, "the node's exhibit: %s", sym_err_text(err));
    } else {
        err = sym_breach_read(&card, e->text, with, "the node's exhibit", &why);
    }
    return err == SYM_OK ? err : sym_fail(fault, err, "%s", why.text);
}

static enum sym_exit run_exhibit(const struct sym_call *call)
{
    SYM_CLIENT_AUTO client = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_exhibit exhibit;
    struct sym_fault fault;
    struct sym_new_file file = {0};
    const char *alias = call->args.operands[0];
    const char *path = sym_args_value(&call->args, "out");
    const struct sym_witness_query query = {.alias = sym_span_text(alias)};
    if (!is_alias(call)) {
        return no_alias(call);
    }
    if (path == NULL) {
        return sym_command_usage(call, "--out is missing");
    }
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = sym_client_ask(&client, SYM_VERB_LOG_EXHIBIT, &query, &arena, &exhibit, &fault);
    }
    if (fault.err == SYM_OK) {
        fault.err = check_exhibit(&exhibit, &fault);
    }
    if (fault.err == SYM_OK && (fault.err = sym_new_file_open(&file, path, &fault)) == SYM_OK) {
        (void)fwrite(exhibit.text.data, 1, exhibit.text.len, file.stream);
        fault.err = sym_new_file_close(&file, SYM_OK, false, &fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    char shown[SYM_FAULT_BYTES];
    (void)printf("%s: proof against %s; \"symbolon verify\" checks it anywhere\n",
                 sym_file_show(shown, path), alias);
    return SYM_EXIT_DONE;
}

static const struct sym_option exhibit_options[] = {
    {.name = "out", .argument = "FILE", .help = "the new file to write"},
    {0},
};

const struct sym_command sym_cmd_log_exhibit = {
    .name = "log exhibit",
    .summary = "write the proof that a partner broke its word: in its log, or in a table",
    .usage = {"ALIAS --out FILE"},
    .example = "log exhibit bank-b --out split --as anna",
    .options = exhibit_options,
    .takes = SYM_TAKES_NODE,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_exhibit,
};

/* accept ------------------------------------------------------------------------------------- */

static enum sym_exit run_accept(const struct sym_call *call)
{
    SYM_CLIENT_AUTO client = {0};
    struct sym_fault fault;
    const char *alias = call->args.operands[0];
    const struct sym_witness_query query = {.alias = sym_span_text(alias)};
    char question[SYM_FAULT_BYTES];
    if (!is_alias(call)) {
        return no_alias(call);
    }
    (void)snprintf(question, sizeof question,
                   "Has %s explained why its log began anew, or what it did to a table or to "
                   "overlaps, and is that accepted? The proof against an old log is kept. [y/N]",
                   alias);
    bool asks = !sym_args_has(&call->args, "yes");
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK && asks) {
        fault.err = sym_pinned_check(&client, alias, &fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    if (asks && sym_prompt_confirm(question) != SYM_ANSWER_YES) {
        fault.err = sym_fail(&fault, SYM_CANCELLED,
                             "%s: not accepted; where nobody can be asked, give --yes", alias);
        return sym_command_failed(&fault);
    }
    fault.err = sym_client_do(&client, SYM_VERB_LOG_ACCEPT, &query, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    (void)printf("%s: accepted\n", alias);
    return SYM_EXIT_DONE;
}

static const struct sym_option accept_options[] = {
    {.name = "yes", .help = "do not ask"},
    {0},
};

const struct sym_command sym_cmd_log_accept = {
    .name = "log accept",
    .summary = "accept a partner's new log, or what it broke",
    .usage = {"ALIAS [--yes]"},
    .example = "log accept bank-b",
    .options = accept_options,
    .takes = SYM_TAKES_NODE,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_accept,
};
