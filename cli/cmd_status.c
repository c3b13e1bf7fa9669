#include "cli/answers.h"
#include "cli/cards.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/roles_json.h"
#include "cli/table.h"

#include <inttypes.h>
#include <time.h>

static void put_process_json(struct sym_json *j, const struct sym_process_row *p)
{
    sym_json_object(j, NULL);
    sym_json_text(j, "name", p->name);
    sym_json_number(j, "pid", p->pid);
    sym_json_bool(j, "seccomp", p->seccomp);
    sym_json_bool(j, "no_new_privileges", p->no_new_privs);
    sym_json_bool(j, "not_dumpable", p->not_dumpable);
    sym_json_bool(j, "no_core_dumps", p->no_core);
    sym_json_bool(j, "no_capabilities", p->no_capabilities);
    sym_json_bool(j, "own_network", p->own_network);
    sym_json_bool(j, "own_root", p->own_root);
    sym_json_bool(j, "landlock", p->landlock);
    sym_json_end(j);
}

static enum sym_err write_json(FILE *to, const struct sym_status *s)
{
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    sym_json_text(j, "version", s->version);
    sym_json_text(j, "name", s->name);
    sym_json_string(j, "role", sym_role_text((enum sym_role)s->role));
    sym_cards_json_fingerprint(j, "fingerprint", s->id);
    sym_json_number(j, "card_serial", s->serial);
    sym_json_time(j, "card_expires", s->expires_s);
    sym_json_text(j, "listening", s->listening);
    sym_json_time(j, "started", s->started_ms / 1000);
    sym_json_number(j, "peers", s->peers);
    sym_json_number(j, "links", s->links);
    sym_json_number(j, "exchanges", s->exchanges);
    sym_json_number(j, "users", s->users);
    sym_json_number(j, "refused_connections", s->refused_connections);
    sym_json_number(j, "half_open_connections", s->half_open);
    sym_json_text(j, "ristretto", s->ristretto);
    sym_json_number(j, "workers", s->workers);
    sym_json_number(j, "store_bytes", s->store_bytes);
    sym_json_object(j, "standing_lists");
    sym_json_number(j, "prepared", s->standing_made);
    sym_json_number(j, "being_prepared", s->standing_due);
    sym_json_number(j, "received", s->standing_received);
    sym_json_number(j, "bytes", s->standing_bytes);
    sym_json_end(j);
    sym_roles_put_json(j, "asker_roles", s->asker_roles);
    sym_json_array(j, "processes");
    for (size_t i = 0; i < s->n_processes; i++) {
        put_process_json(j, &s->processes[i]);
    }
    sym_json_end(j);
    sym_json_array(j, "warnings");
    for (size_t i = 0; i < s->n_warnings; i++) {
        sym_json_text(j, NULL, s->warnings[i]);
    }
    sym_json_end(j);
    sym_json_end(j);
    return sym_json_finish(j);
}

enum sym_err sym_status_answer(FILE *to, struct sym_client *client, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_empty nothing = {0};
    struct sym_status status;
    enum sym_err err = sym_client_ask(client, SYM_VERB_STATUS, &nothing, &arena, &status, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = write_json(to, &status);
    return err == SYM_OK ? err : sym_fail(fault, err, "the answer %s", sym_err_text(err));
}

static enum sym_err print_node(const struct sym_status *s)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    struct sym_table *t = sym_table_new(columns, 2);
    char text[SYM_FORMAT_BYTES];
    char hex[SYM_FORMAT_BYTES];
    uint64_t now_s = (uint64_t)time(NULL);
    uint64_t started_s = s->started_ms / 1000;
    sym_format_hex_groups(hex, sizeof hex, s->id.data, s->id.len < 8 ? s->id.len : 8);
    sym_table_format(t, "node");
    sym_table_text(t, s->name);
    sym_table_format(t, "role");
    sym_table_format(t, "%s", sym_role_text((enum sym_role)s->role));
    sym_table_format(t, "fingerprint");
    sym_table_format(t, "%s …", hex);
    sym_table_format(t, "card");
    sym_format_time(text, s->expires_s);
    sym_table_format(t, "serial %" PRIu64 ", expires %s%s", s->serial, text,
                     s->expires_s <= now_s ? " (expired)" : "");
    sym_table_format(t, "listening");
    sym_table_text(t, s->listening.len > 0 ? s->listening : sym_span_text("no"));
    sym_table_format(t, "running");
    sym_format_duration(text, now_s > started_s ? now_s - started_s : 0);
    sym_table_format(t, "%s, version %.*s", text, (int)s->version.len,
                     (const char *)s->version.data);
    sym_table_format(t, "peers");
    sym_table_format(t, "%" PRIu32 " pinned, %" PRIu32 " linked, %" PRIu32 " exchange%s", s->peers,
                     s->links, s->exchanges, s->exchanges == 1 ? "" : "s");
    sym_table_format(t, "users");
    sym_table_format(t, "%" PRIu32, s->users);
    sym_table_format(t, "connections");
    sym_table_format(t, "%" PRIu64 " half open, %" PRIu64 " refused", s->half_open,
                     s->refused_connections);
    sym_table_format(t, "store");
    sym_format_bytes(text, s->store_bytes);
    sym_table_format(t, "%s", text);
    sym_format_bytes(text, s->standing_bytes);
    sym_table_format(t, "standing");
    sym_table_format(t,
                     "%" PRIu32 " prepared and %" PRIu32
                     " being prepared, one for each peer and type; %" PRIu32 " received; %s",
                     s->standing_made, s->standing_due, s->standing_received, text);
    sym_table_format(t, "computing");
    sym_table_format(t, "ristretto255 %.*s, %" PRIu32 " worker%s", (int)s->ristretto.len,
                     (const char *)s->ristretto.data, s->workers, s->workers == 1 ? "" : "s");
    return sym_table_print(t, stdout);
}

static enum sym_err print_processes(const struct sym_status *s)
{
    static const struct sym_column columns[] = {
        {.title = "PROCESS"},         {.title = "PID", .right = true},
        {.title = "SECCOMP"},         {.title = "NO NEW PRIVILEGES"},
        {.title = "NOT DUMPABLE"},    {.title = "NO CORE DUMPS"},
        {.title = "NO CAPABILITIES"}, {.title = "OWN NETWORK OR ROOT"},
        {.title = "LANDLOCK"}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < s->n_processes; i++) {
        const struct sym_process_row *p = &s->processes[i];
        sym_table_text(t, p->name);
        sym_table_format(t, "%" PRIu32, p->pid);
        sym_table_bool(t, p->seccomp);
        sym_table_bool(t, p->no_new_privs);
        sym_table_bool(t, p->not_dumpable);
        sym_table_bool(t, p->no_core);
        sym_table_bool(t, p->no_capabilities);
        /* Core is shut off from the network, gate from the file system. */
        sym_table_bool(t, p->own_network || p->own_root);
        sym_table_bool(t, p->landlock);
    }
    (void)putchar('\n');
    return sym_table_print(t, stdout);
}

static enum sym_err print_warnings(const struct sym_status *s)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    struct sym_table *t = sym_table_new(columns, 2);
    for (size_t i = 0; i < s->n_warnings; i++) {
        sym_table_format(t, "warning:");
        sym_table_text(t, s->warnings[i]);
    }
    (void)putchar('\n');
    return sym_table_print(t, stdout);
}

static enum sym_err print_all(const struct sym_status *s)
{
    enum sym_err err = print_node(s);
    if (err == SYM_OK && s->n_processes > 0) {
        err = print_processes(s);
    }
    if (err == SYM_OK && s->n_warnings > 0) {
        err = print_warnings(s);
    }
    return err;
}

static enum sym_exit run(const struct sym_call *call)
{
    struct sym_fault fault;
    SYM_ARENA_AUTO arena = {0};
    struct sym_status status;
    fault.err = sym_client_fetch(call, SYM_VERB_STATUS, &arena, &status, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    return sym_command_printed(sym_args_has(&call->args, "json") ? write_json(stdout, &status)
                                                                 : print_all(&status));
}

const struct sym_command sym_cmd_status = {
    .name = "status",
    .summary = "show how the node is doing, and how its processes are confined",
    .usage = {"[--json]"},
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run,
};
