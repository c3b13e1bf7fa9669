#include "cli/exchange_id.h"
#include "cli/exchange_row.h"
#include "cli/format.h"
#include "cli/pause.h"
#include "cli/pinned.h"
#include "cli/result.h"
#include "cli/terms.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct sym_option list_options[] = {
    {.name = "peer", .argument = "ALIAS", .help = "with this peer only"},
    {0},
};

static const struct sym_option result_options[] = {
    {.name = "at-least",
     .argument = "K",
     .help = "of an exact overlap table: only records on K lists or more"},
    SYM_TARGET_OPTIONS,
    SYM_FORMAT_OPTIONS_OF_MAPS,
    {0},
};

static void count_one(void *context, const struct sym_exchange_entry *e)
{
    size_t *n = context;
    (void)e;
    ++*n;
}

/* A mistyped alias must not read as "nothing was asked"; that of a removed peer has its past. */
static enum sym_err check_peer(struct sym_client *client, const char *alias,
                               struct sym_fault *fault)
{
    size_t n = 0;
    enum sym_err err = sym_pinned_check(client, alias, fault);
    if (err != SYM_NOT_FOUND) {
        return err;
    }
    err = sym_exchange_each(client, alias, count_one, &n, fault);
    return err != SYM_OK || n > 0
               ? err
               : sym_fail(fault, SYM_NOT_FOUND,
                          "peer %s: is not pinned, and no exchange was with it; \"symbolon peer "
                          "list\" names those that are",
                          alias);
}

static void list_json(void *context, const struct sym_exchange_entry *e)
{
    sym_exchange_put_json(context, NULL, e, NULL);
}

static void put_count(struct sym_table *t, bool known, uint32_t count)
{
    if (known) {
        sym_table_format(t, "%" PRIu32, count);
    } else {
        sym_table_format(t, "-");
    }
}

/* At the node that was asked an approval may come long before the peer does. */
static const char *listed_state(const struct sym_exchange_entry *e)
{
    bool approved =
        e->state == SYM_EXCHANGE_HELD && e->role != SYM_AS_INITIATOR && e->approver.len > 0;
    return approved ? "approved" : sym_exchange_state_text(e->state);
}

static void list_row(void *context, const struct sym_exchange_entry *e)
{
    struct sym_table *t = context;
    char id[SYM_ID_SHOWN_BYTES];
    bool of_many = sym_exchange_is_of_many(e);
    /* Of one that was denied or cut off a side may not have said its size. */
    bool told = e->state == SYM_EXCHANGE_DONE;
    bool counted = !of_many && told && e->role == SYM_AS_INITIATOR;
    sym_id_show(id, e->id);
    sym_table_format(t, "%s", id);
    if (of_many && e->alias.len == 0) {
        sym_table_format(t, "%" PRIu32 " %s", e->participants,
                         e->kind == SYM_KIND_OVERLAP_TABLE ? "lists" : "nodes");
    } else {
        sym_table_text(t, e->alias);
    }
    sym_table_format(t, "%s", sym_exchange_role_text(e->role));
    sym_table_format(t, "%s", sym_exchange_kind_text(e));
    sym_table_format(t, "%s", listed_state(e));
    put_count(t, !of_many && (told || e->own_size > 0), e->own_size);
    put_count(t, !of_many && (told || e->peer_size > 0), e->peer_size);
    if (e->withheld) {
        sym_table_format(t, "withheld");
    } else {
        put_count(t, counted, e->common);
    }
    sym_table_time(t, e->started_ms / 1000);
    sym_table_text(t, e->case_ref);
}

static enum sym_err print_table(struct sym_client *client, const char *peer,
                                struct sym_fault *fault)
{
    static const struct sym_column columns[] = {{.title = "ID"},
                                                {.title = "PEER"},
                                                {.title = "ROLE"},
                                                {.title = "KIND"},
                                                {.title = "STATE"},
                                                {.title = "OWN SIZE", .right = true},
                                                {.title = "PEER SIZE", .right = true},
                                                {.title = "COMMON", .right = true},
                                                {.title = "STARTED"},
                                                {.title = "CASE"}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    sym_table_when_empty(t, peer == NULL
                                ? "no exchanges yet: \"symbolon overlap --help\""
                                : "no exchanges with this peer: \"symbolon exchange list\"");
    enum sym_err err = sym_exchange_each(client, peer, list_row, t, fault);
    if (err != SYM_OK) {
        sym_table_free(t);
        return err;
    }
    err = sym_table_print(t, stdout);
    return err == SYM_OK ? err : sym_fail(fault, err, "the answer %s", sym_err_text(err));
}

/* Nothing is printed before the last page is there. */
static enum sym_err print_json(struct sym_client *client, const char *peer, struct sym_fault *fault)
{
    char *text = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&text, &len);
    if (memory == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "the answer %s", sym_err_text(SYM_NO_MEMORY));
    }
    struct sym_json *j = sym_json_new(memory);
    sym_json_array(j, NULL);
    enum sym_err err = sym_exchange_each(client, peer, list_json, j, fault);
    sym_json_end(j);
    enum sym_err written = sym_json_finish(j);
    if (fclose(memory) != 0) {
        written = SYM_NO_MEMORY;
    }
    if (err == SYM_OK && written != SYM_OK) {
        err = sym_fail(fault, written, "the answer %s", sym_err_text(written));
    }
    if (err == SYM_OK) {
        (void)fwrite(text, 1, len, stdout);
    }
    free(text);
    return err;
}

static enum sym_exit run_list(const struct sym_call *call)
{
    const char *peer = sym_args_value(&call->args, "peer");
    if (peer != NULL && sym_alias_check(sym_span_text(peer)) != SYM_OK) {
        return sym_command_usage(call, "--peer: \"%s\" is not a name", peer);
    }
    SYM_CLIENT_AUTO client = {0};
    struct sym_fault fault;
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK && peer != NULL) {
        fault.err = check_peer(&client, peer, &fault);
    }
    if (fault.err == SYM_OK) {
        fault.err = sym_args_has(&call->args, "json") ? print_json(&client, peer, &fault)
                                                      : print_table(&client, peer, &fault);
    }
    return fault.err != SYM_OK ? sym_command_failed(&fault) : SYM_EXIT_DONE;
}

const struct sym_command sym_cmd_exchange_list = {
    .name = "exchange list",
    .summary = "list the exchanges of this node, the latest first",
    .usage = {"[--peer ALIAS] [--json]"},
    .example = "exchange list --peer bank-b",
    .options = list_options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run_list,
};

/* Opens the client and finds the exchange that the first operand names. */
typedef enum sym_err find_fn(uint8_t id[SYM_EXCHANGE_ID_BYTES], struct sym_client *client,
                             const char *text, struct sym_fault *fault);

static enum sym_exit open_found(struct sym_client *client, uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                const struct sym_call *call, find_fn *find)
{
    struct sym_id_search search;
    struct sym_fault fault;
    const char *text = call->args.operands[0];
    if (sym_id_search(&search, text, &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    fault.err = sym_client_open(client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = find(id, client, text, &fault);
    }
    return fault.err != SYM_OK ? sym_command_failed(&fault) : SYM_EXIT_DONE;
}

static enum sym_exit open_named(struct sym_client *client, uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                const struct sym_call *call)
{
    return open_found(client, id, call, sym_exchange_id);
}

static enum sym_err show(const struct sym_exchange_entry *e, const struct sym_parties *parties,
                         bool json)
{
    if (json) {
        struct sym_json *j = sym_json_new(stdout);
        sym_exchange_put_json(j, NULL, e, parties);
        return sym_json_finish(j);
    }
    struct sym_table *t = sym_table_new(sym_exchange_columns, 2);
    sym_exchange_put_lines(t, e, parties);
    return sym_table_print(t, stdout);
}

static enum sym_exit run_show(const struct sym_call *call)
{
    SYM_CLIENT_AUTO client = {0};
    SYM_ARENA_AUTO arena = {0};
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct sym_exchange_entry entry;
    struct sym_fault fault;
    enum sym_exit code = open_named(&client, id, call);
    if (code != SYM_EXIT_DONE) {
        return code;
    }
    struct sym_exchange_name name = {.id = sym_span(id, sizeof id)};
    fault.err = sym_client_ask(&client, SYM_VERB_EXCHANGE_SHOW, &name, &arena, &entry, &fault);
    struct sym_parties parties = {.self = {{0}}};
    if (fault.err == SYM_OK && entry.parties.len > 0) {
        fault.err = sym_parties_fetch(&parties, &client, &fault);
    }
    code = fault.err != SYM_OK
               ? sym_command_failed(&fault)
               : sym_command_printed(show(&entry, &parties, sym_args_has(&call->args, "json")));
    sym_parties_clear(&parties);
    return code;
}

const struct sym_command sym_cmd_exchange_show = {
    .name = "exchange show",
    .summary = "show what is known of one exchange",
    .usage = {"ID [--json]"},
    .example = "exchange show 4f1c",
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_show,
};

static enum sym_exit run_result(const struct sym_call *call)
{
    SYM_CLIENT_AUTO client = {0};
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct sym_target target;
    struct sym_fault fault;
    fault.err = sym_target_read(&target, &call->args, &fault);
    if (fault.err != SYM_OK) {
        return fault.err == SYM_EXISTS ? sym_command_failed(&fault)
                                       : sym_command_usage(call, "%s", fault.text);
    }
    enum sym_exit code = open_named(&client, id, call);
    if (code != SYM_EXIT_DONE) {
        return code;
    }
    sym_pause_begin();
    fault.err = sym_result_show(&target, &client, sym_span(id, sizeof id), &fault);
    return fault.err != SYM_OK ? sym_command_failed(&fault) : SYM_EXIT_DONE;
}

const struct sym_command sym_cmd_exchange_result = {
    .name = "exchange result",
    .summary = "fetch the result of an exchange",
    .usage = {"ID [--format table|csv|json|geojson] [--out FILE [--force]]\n"
              "           [--population FILE] [--scan] [--gi-star] [--top N] [--at-least K]"},
    .example = "exchange result 4f1c --format csv --out common.csv",
    .options = result_options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_result,
};

/* The node says "exchange: …" where the person named one of several. */
static enum sym_exit failed_on(const char *id, const struct sym_fault *fault)
{
    static const char thing[] = "exchange: ";
    struct sym_fault named;
    if (strncmp(fault->text, thing, sizeof thing - 1) != 0) {
        return sym_command_failed(fault);
    }
    named.err = sym_fail(&named, fault->err, "%s: %s", id, fault->text + sizeof thing - 1);
    return sym_command_failed(&named);
}

static enum sym_exit change(const struct sym_call *call, find_fn *find, enum sym_verb verb,
                            const char *done)
{
    SYM_CLIENT_AUTO client = {0};
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    char shown[SYM_ID_SHOWN_BYTES];
    struct sym_fault fault;
    enum sym_exit code = open_found(&client, id, call, find);
    if (code != SYM_EXIT_DONE) {
        return code;
    }
    struct sym_exchange_name name = {.id = sym_span(id, sizeof id)};
    sym_id_show(shown, name.id);
    fault.err = sym_client_do(&client, verb, &name, &fault);
    if (fault.err != SYM_OK) {
        return failed_on(shown, &fault);
    }
    (void)printf("%s: %s\n", shown, done);
    return SYM_EXIT_DONE;
}

static enum sym_exit run_cancel(const struct sym_call *call)
{
    return change(call, sym_exchange_or_command_id, SYM_VERB_EXCHANGE_CANCEL, "cancelled");
}

const struct sym_command sym_cmd_exchange_cancel = {
    .name = "exchange cancel",
    .summary = "end an exchange in flight, or take back a command that waits",
    .usage = {"ID"},
    .example = "exchange cancel 4f1c",
    .takes = SYM_TAKES_NODE,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_cancel,
};

static enum sym_exit run_settle(const struct sym_call *call)
{
    return change(call, sym_exchange_id, SYM_VERB_EXCHANGE_SETTLE,
                  "it is settled without the other side's word");
}

static const char *const settle_notes[] = {
    "For an approver, when a partner is gone for good: \"log witnesses\" counts the exchanges that "
    "are",
    "open with it, \"log list --peer ALIAS\" shows which were closed here and not settled there. "
    "What",
    "this node knows of the end is written down as its own word alone. A partner whose joint",
    "tabulation this node took part in, and whose release never came, may ask again then.",
    NULL,
};

const struct sym_command sym_cmd_exchange_settle = {
    .name = "exchange settle",
    .summary = "close an exchange alone, when the other side does not say how it ended",
    .usage = {"ID"},
    .notes = settle_notes,
    .example = "exchange settle 4f1c --as anna",
    .takes = SYM_TAKES_NODE,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_settle,
};

static enum sym_exit run_forget(const struct sym_call *call)
{
    return change(call, sym_exchange_id, SYM_VERB_EXCHANGE_FORGET, "its result is forgotten");
}

const struct sym_command sym_cmd_exchange_forget = {
    .name = "exchange forget",
    .summary = "erase the result of an exchange; that it took place stays known",
    .usage = {"ID"},
    .example = "exchange forget 4f1c",
    .takes = SYM_TAKES_NODE,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_forget,
};
