#include "cli/answers.h"
#include "cli/cards.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/pinned.h"
#include "cli/prompt.h"
#include "cli/table.h"

#include <unistd.h>

static const char *link_text(uint32_t link)
{
    switch ((enum sym_link_state)link) {
    case SYM_LINK_NONE:
    case SYM_LINK_STATE_COUNT:
        break;
    case SYM_LINK_DIALLING:
        return "dialling";
    case SYM_LINK_LIVE:
        return "live";
    }
    return "none";
}

static void put_peer_json(struct sym_json *j, const struct sym_peer_row *peer)
{
    sym_json_object(j, NULL);
    sym_json_text(j, "alias", peer->alias);
    sym_json_text(j, "name", peer->name);
    sym_json_string(j, "role", sym_role_text((enum sym_role)peer->role));
    sym_cards_json_fingerprint(j, "fingerprint", peer->id);
    sym_json_number(j, "serial", peer->serial);
    sym_json_time(j, "expires", peer->expires_s);
    sym_json_bool(j, "expired", peer->expired);
    sym_json_array(j, "endpoints");
    for (size_t i = 0; i < peer->n_endpoints; i++) {
        sym_json_text(j, NULL, peer->endpoints[i]);
    }
    sym_json_end(j);
    sym_json_bool(j, "preshared_key", peer->has_psk);
    sym_json_string(j, "link", link_text(peer->link));
    sym_json_time(j, "link_since", peer->link_since_ms / 1000);
    sym_json_number(j, "bytes_sent", peer->bytes_sent);
    sym_json_number(j, "bytes_received", peer->bytes_received);
    sym_json_end(j);
}

static enum sym_err write_json(FILE *to, const struct sym_peer_list *list)
{
    struct sym_json *j = sym_json_new(to);
    sym_json_array(j, NULL);
    for (size_t i = 0; i < list->n_peers; i++) {
        put_peer_json(j, &list->peers[i]);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

enum sym_err sym_peers_answer(FILE *to, struct sym_client *client, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_empty nothing = {0};
    struct sym_peer_list list;
    enum sym_err err = sym_client_ask(client, SYM_VERB_PEER_LIST, &nothing, &arena, &list, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = write_json(to, &list);
    return err == SYM_OK ? err : sym_fail(fault, err, "the answer %s", sym_err_text(err));
}

static enum sym_err print_table(const struct sym_peer_list *list)
{
    static const struct sym_column columns[] = {{.title = "ALIAS"},
                                                {.title = "NAME"},
                                                {.title = "ROLE"},
                                                {.title = "LINK"},
                                                {.title = "PSK"},
                                                {.title = "SENT", .right = true},
                                                {.title = "RECEIVED", .right = true},
                                                {.title = "CARD EXPIRES"}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    sym_table_when_empty(t, "no peers yet: \"symbolon peer add CARD --alias NAME\"");
    for (size_t i = 0; i < list->n_peers; i++) {
        const struct sym_peer_row *peer = &list->peers[i];
        char expires[SYM_FORMAT_BYTES];
        char sent[SYM_FORMAT_BYTES];
        char received[SYM_FORMAT_BYTES];
        sym_format_time(expires, peer->expires_s);
        sym_format_bytes(sent, peer->bytes_sent);
        sym_format_bytes(received, peer->bytes_received);
        sym_table_text(t, peer->alias);
        sym_table_text(t, peer->name);
        sym_table_format(t, "%s", sym_role_text((enum sym_role)peer->role));
        sym_table_format(t, "%s", link_text(peer->link));
        sym_table_bool(t, peer->has_psk);
        sym_table_format(t, "%s", sent);
        sym_table_format(t, "%s", received);
        sym_table_format(t, "%s%s", expires, peer->expired ? " (expired)" : "");
    }
    return sym_table_print(t, stdout);
}

static enum sym_exit run_list(const struct sym_call *call)
{
    struct sym_fault fault;
    SYM_ARENA_AUTO arena = {0};
    struct sym_peer_list list;
    fault.err = sym_client_fetch(call, SYM_VERB_PEER_LIST, &arena, &list, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    return sym_command_printed(sym_args_has(&call->args, "json") ? write_json(stdout, &list)
                                                                 : print_table(&list));
}

const struct sym_command sym_cmd_peer_list = {
    .name = "peer list",
    .summary = "list the pinned peers, their links and their cards",
    .usage = {"[--json]"},
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run_list,
};

static const struct sym_option remove_options[] = {
    {.name = "yes", .help = "do not ask"},
    {0},
};

/* Less trust needs no confirmation from a script, and nobody is asked about a peer that is not
 * there. */
static enum sym_err confirm_removal(const struct sym_call *call, struct sym_client *client,
                                    struct sym_fault *fault)
{
    const char *alias = call->args.operands[0];
    char question[160];
    if (sym_args_has(&call->args, "yes") || !isatty(STDIN_FILENO)) {
        return SYM_OK;
    }
    enum sym_err err = sym_pinned_check(client, alias, fault);
    (void)snprintf(question, sizeof question,
                   "Remove %.64s? Its link closes at once, and it is no longer trusted. [y/N]",
                   alias);
    if (err == SYM_OK && sym_prompt_confirm(question) == SYM_ANSWER_NO) {
        err = sym_fail(fault, SYM_CANCELLED, "%s: stays", alias);
    }
    return err;
}

static enum sym_exit run_remove(const struct sym_call *call)
{
    const char *alias = call->args.operands[0];
    struct sym_fault fault;
    SYM_CLIENT_AUTO client = {0};
    struct sym_peer_name name = {.alias = sym_span_text(alias)};
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = confirm_removal(call, &client, &fault);
    }
    if (fault.err == SYM_OK) {
        fault.err = sym_client_do(&client, SYM_VERB_PEER_REMOVE, &name, &fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    (void)printf("%s: removed\n", alias);
    return SYM_EXIT_DONE;
}

const struct sym_command sym_cmd_peer_remove = {
    .name = "peer remove",
    .summary = "stop trusting a peer and close its link",
    .usage = {"ALIAS [--yes]"},
    .example = "peer remove bank-b",
    .options = remove_options,
    .takes = SYM_TAKES_NODE,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_remove,
};
