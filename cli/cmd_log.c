#include "cli/audit/filter.h"
#include "cli/audit/newest.h"
#include "cli/audit/row.h"
#include "cli/file.h"
#include "cli/pause.h"
#include "cli/target.h"
#include "cli/terms.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct sym_option list_options[] = {
    SYM_AUDIT_FILTER_OPTIONS,
    {.name = "format",
     .argument = "table|csv|json",
     .help = "how the entries are written; default: table"},
    {0},
};

/* The answer so far; nothing of it is shown before it is whole. */
struct listing {
    struct sym_audit_filter filter;
    enum sym_format format;
    FILE *to;
    struct sym_table *table;
    struct sym_json *json;
    uint64_t wrong, first_wrong;
    const char *fault; /* of that one */
};

static void again(void *context)
{
    struct listing *l = context;
    sym_audit_filter_forget(&l->filter);
}

static bool wants(void *context, const struct sym_audit_entry *entry)
{
    struct listing *l = context;
    return sym_audit_filter_takes(&l->filter, entry);
}

static bool put(void *context, const struct sym_audit_entry *entry)
{
    struct listing *l = context;
    if (entry->fault != NULL && l->wrong++ == 0) {
        l->first_wrong = entry->index;
        l->fault = entry->fault;
    }
    if (l->format == SYM_FORMAT_TABLE) {
        sym_audit_put_row(l->table, entry);
    } else if (l->format == SYM_FORMAT_CSV) {
        sym_audit_put_csv(l->to, entry);
    } else {
        sym_audit_put_json(l->json, entry);
    }
    return true;
}

static bool take(void *context, const struct sym_audit_entry *entry)
{
    struct listing *l = context;
    if (wants(l, entry)) {
        (void)put(l, entry);
    }
    return !l->filter.failed && l->filter.taken < l->filter.limit;
}

static void begin(struct listing *l)
{
    if (l->format == SYM_FORMAT_TABLE) {
        l->table = sym_table_new(sym_audit_columns, SYM_AUDIT_COLUMNS);
        sym_table_when_empty(l->table, "no entries match: \"symbolon log list --help\"");
    } else if (l->format == SYM_FORMAT_CSV) {
        sym_audit_put_csv_head(l->to);
    } else {
        l->json = sym_json_new(l->to);
        sym_json_array(l->json, NULL);
    }
}

static enum sym_err end(struct listing *l)
{
    if (l->format == SYM_FORMAT_TABLE) {
        return sym_table_print(l->table, l->to);
    }
    if (l->format == SYM_FORMAT_JSON) {
        sym_json_end(l->json);
        return sym_json_finish(l->json);
    }
    return SYM_OK;
}

/* The first of them where a beginning was named, otherwise the last. */
static enum sym_err read_log(struct listing *l, struct sym_client *client, struct sym_fault *fault)
{
    const struct sym_audit_walk walk = {.query = l->filter.asked, .label = "reading the log"};
    const struct sym_audit_newest newest = {.walk = walk,
                                            .limit = l->filter.limit,
                                            .whole = sym_audit_filter_remembers(&l->filter),
                                            .again = again,
                                            .wants = wants,
                                            .show = put,
                                            .context = l};
    bool from_first = l->filter.limit == UINT64_MAX || l->filter.query.from_ms > 0;
    return from_first ? sym_audit_walk(client, &walk, take, l, fault)
                      : sym_audit_newest(client, &newest, fault);
}

static enum sym_err list(struct listing *l, const struct sym_call *call, struct sym_fault *fault)
{
    SYM_CLIENT_AUTO client = {0};
    enum sym_err err = sym_client_open(&client, call, fault);
    if (err == SYM_OK) {
        err = sym_audit_filter_resolve(&l->filter, &client, fault);
    }
    begin(l);
    if (err == SYM_OK) {
        err = read_log(l, &client, fault);
    }
    enum sym_err written = end(l);
    written = l->filter.failed ? SYM_NO_MEMORY : written;
    if (err == SYM_OK && written != SYM_OK) {
        err = sym_fail(fault, written, "the answer %s", sym_err_text(written));
    }
    return err;
}

static enum sym_exit say_wrong(const struct listing *l)
{
    struct sym_fault fault;
    if (l->wrong == 0) {
        return SYM_EXIT_DONE;
    }
    fault.err = sym_fail(&fault, SYM_BAD_TAG,
                         "entry %" PRIu64 " %s; wrong among these entries: %" PRIu64
                         "; \"symbolon log verify\" looks at all of the log",
                         l->first_wrong, l->fault, l->wrong);
    return sym_command_failed(&fault);
}

static enum sym_exit run_list(const struct sym_call *call)
{
    struct listing l = {.wrong = 0};
    struct sym_fault fault;
    char *text = NULL;
    size_t len = 0;
    if (sym_audit_filter_read(&l.filter, &call->args, &fault) != SYM_OK ||
        sym_target_format(&l.format, 3, &call->args, &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    sym_pause_begin();
    l.to = open_memstream(&text, &len);
    if (l.to == NULL) {
        return sym_command_printed(SYM_NO_MEMORY);
    }
    fault.err = list(&l, call, &fault);
    if (fclose(l.to) != 0 && fault.err == SYM_OK) {
        fault.err = sym_fail(&fault, SYM_NO_MEMORY, "the answer %s", sym_err_text(SYM_NO_MEMORY));
    }
    if (fault.err == SYM_OK) {
        (void)fwrite(text, 1, len, stdout);
    }
    free(text);
    sym_audit_filter_clear(&l.filter);
    return fault.err != SYM_OK ? sym_command_failed(&fault) : say_wrong(&l);
}

static const char *const list_notes[] = {
    "Oldest first. --limit takes the newest N of what was asked for; with --since, the first N "
    "from",
    "then on.",
    "",
    "Each row is compared here with what the log has committed to, and one that does not fit is",
    "shown as WRONG. BODY: it fits, or was erased. A case is found by its commitment: salt and "
    "text",
    "must make the value that travelled, which only the node that asked can tell: the other side "
    "has",
    "no entry of a case. Times are UTC: YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS.",
    "",
    "KIND of what touches an exchange: requested, decided (see DECISION), then closed (this node "
    "has",
    "signed how it ended) or aborted, and settled (the other side has signed the same). A held",
    "exchange asks again under new ids; --exchange with the first one finds all.",
    NULL,
};

const struct sym_command sym_cmd_log_list = {
    .name = "log list",
    .summary = "list entries of the evidence log, each one checked",
    .usage = {"[--peer ALIAS] [--purpose PURPOSE] [--case REF] [--decision DECISION]\n"
              "           [--kind KIND]... [--since DATE] [--until DATE] [--exchange ID]\n"
              "           [--limit N] [--format table|csv|json] [--json]"},
    .example = "log list --peer bank-b --purpose aml --since 2026-01-01 --as anna",
    .notes = list_notes,
    .options = list_options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run_list,
};
