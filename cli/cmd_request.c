#include "cli/answers.h"
#include "cli/exchange_id.h"
#include "cli/format.h"
#include "cli/request_row.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <string.h>

/* Requests of peers, with what is needed to show them. */
struct held {
    struct sym_arena arena;
    struct sym_request_list list;
    struct sym_parties parties;
};

/* Names of participants only where there are some. */
static enum sym_err fetch(struct held *h, struct sym_client *client, struct sym_fault *fault)
{
    const struct sym_empty nothing = {0};
    bool named = false;
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_REQUEST_LIST, &nothing, &h->arena, &h->list, fault);
    for (size_t i = 0; err == SYM_OK && i < h->list.n_requests; i++) {
        named = named || sym_request_names_nodes(&h->list.requests[i]);
    }
    return named ? sym_parties_fetch(&h->parties, client, fault) : err;
}

enum sym_err sym_requests_answer(FILE *to, struct sym_client *client, struct sym_fault *fault)
{
    struct held h = {.list = {.n_requests = 0}};
    enum sym_err err = fetch(&h, client, fault);
    if (err == SYM_OK && (err = sym_request_write_json(to, &h.list, &h.parties)) != SYM_OK) {
        err = sym_fail(fault, err, "the answer %s", sym_err_text(err));
    }
    sym_parties_clear(&h.parties);
    sym_arena_clear(&h.arena);
    return err;
}

static enum sym_exit run_requests(const struct sym_call *call)
{
    struct sym_fault fault;
    SYM_CLIENT_AUTO client = {0};
    struct held h = {.list = {.n_requests = 0}};
    enum sym_err printed = SYM_OK;
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = fetch(&h, &client, &fault);
    }
    if (fault.err == SYM_OK) {
        printed = sym_args_has(&call->args, "json")
                      ? sym_request_write_json(stdout, &h.list, &h.parties)
                      : sym_request_print_table(&h.list, &h.parties);
    }
    sym_parties_clear(&h.parties);
    sym_arena_clear(&h.arena);
    return fault.err != SYM_OK ? sym_command_failed(&fault) : sym_command_printed(printed);
}

static const char *const requests_notes[] = {
    "SIZE is the number of the peer's identifiers. Which case it is about stays at the peer; "
    "--json",
    "has its commitment to that, which can be opened later and tells nothing before.",
    "Of joint tabulations that wait, the question follows below the list: what is counted by what,",
    "with which codes, what it costs, who takes part, and why it is held.",
    NULL,
};

const struct sym_command sym_cmd_requests = {
    .name = "requests",
    .summary = "list requests of peers and own commands that wait for an approver",
    .usage = {"[--json]"},
    .notes = requests_notes,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run_requests,
};

static enum sym_err find(uint8_t id[SYM_EXCHANGE_ID_BYTES], struct sym_client *client,
                         struct sym_id_search *search, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_request_list list;
    const struct sym_empty nothing = {0};
    if (sym_id_is_whole(search)) {
        return sym_unhex(id, SYM_EXCHANGE_ID_BYTES, sym_span_text(search->digits));
    }
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_REQUEST_LIST, &nothing, &arena, &list, fault);
    if (err != SYM_OK) {
        return err;
    }
    for (size_t i = 0; i < list.n_requests; i++) {
        sym_id_try(search, list.requests[i].id);
    }
    err = sym_id_found(search, "request", "requests", fault);
    if (err == SYM_OK) {
        memcpy(id, search->id, SYM_EXCHANGE_ID_BYTES);
    }
    return err;
}

static void print_decision(const struct sym_held_request *r)
{
    char peer[SYM_FORMAT_TEXT_BYTES(SYM_ALIAS_BYTES)];
    char dataset[SYM_FORMAT_TEXT_BYTES(SYM_ALIAS_BYTES)];
    char id[SYM_ID_SHOWN_BYTES];
    sym_id_show(id, r->id);
    sym_format_text(peer, sizeof peer, r->alias);
    sym_format_text(dataset, sizeof dataset, r->dataset);
    if (r->verb != 0) {
        char what[SYM_FORMAT_TEXT_BYTES(SYM_DETAIL_BYTES_MAX)];
        char user[SYM_FORMAT_TEXT_BYTES(SYM_ALIAS_BYTES)];
        sym_format_text(what, sizeof what, r->what);
        sym_format_text(user, sizeof user, r->user);
        (void)printf("%s: %s: %s, as %s asked\n", id,
                     r->state == SYM_HELD_DENIED ? "denied" : "done", what, user);
        return;
    }
    (void)printf("%s: %s: %s of %s by %s", id, sym_held_state_text(r->state),
                 sym_request_kind_text(r), dataset, peer);
    if (r->kind != SYM_KIND_TABULATE && r->kind != SYM_KIND_OVERLAP_TABLE) {
        (void)printf(", %" PRIu32 " %s", r->elements,
                     r->elements == 1 ? "identifier" : "identifiers");
    }
    (void)putchar('\n');
}

static enum sym_err write_decision(FILE *to, const struct sym_held_request *r,
                                   struct sym_client *client, struct sym_fault *fault)
{
    struct sym_parties parties = {.peers = {.n_peers = 0}};
    enum sym_err err =
        sym_request_names_nodes(r) ? sym_parties_fetch(&parties, client, fault) : SYM_OK;
    if (err == SYM_OK) {
        struct sym_json *j = sym_json_new(to);
        sym_request_put_json(j, r, &parties);
        err = sym_json_finish(j);
        if (err != SYM_OK) {
            err = sym_fail(fault, err, "the answer %s", sym_err_text(err));
        }
    }
    sym_parties_clear(&parties);
    return err;
}

enum sym_err sym_decision_answer(FILE *to, struct sym_client *client,
                                 const struct sym_request_decision *decision,
                                 struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_held_request decided;
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_REQUEST_DECIDE, decision, &arena, &decided, fault);
    return err != SYM_OK ? err : write_decision(to, &decided, client, fault);
}

static enum sym_exit decide(const struct sym_call *call, bool approve, const char *why)
{
    SYM_CLIENT_AUTO client = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_id_search search;
    struct sym_held_request decided;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct sym_fault fault;
    if (sym_id_search(&search, call->args.operands[0], &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = find(id, &client, &search, &fault);
    }
    if (fault.err == SYM_OK) {
        const struct sym_request_decision decision = {
            .id = sym_span(id, sizeof id), .approve = approve, .why = sym_span_text(why)};
        fault.err =
            sym_client_ask(&client, SYM_VERB_REQUEST_DECIDE, &decision, &arena, &decided, &fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    if (sym_args_has(&call->args, "json")) {
        fault.err = write_decision(stdout, &decided, &client, &fault);
        return fault.err != SYM_OK ? sym_command_failed(&fault) : SYM_EXIT_DONE;
    }
    print_decision(&decided);
    return SYM_EXIT_DONE;
}

static enum sym_exit run_approve(const struct sym_call *call)
{
    return decide(call, true, "");
}

static const char *const approve_notes[] = {
    "Only an approver can; the peer then has 24 hours for one exchange on these terms: this "
    "dataset,",
    "kind, type, purpose and basis, no more identifiers, and the case that the peer has committed "
    "to.",
    "A command of an own user is done at once, in that user's name; nobody approves an own one.",
    NULL,
};

const struct sym_command sym_cmd_approve = {
    .name = "approve",
    .summary = "let a request of a peer be answered, or an own command be done, once",
    .usage = {"ID [--json]"},
    .example = "approve 4f1c --as anna",
    .notes = approve_notes,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_approve,
};

static enum sym_exit run_deny(const struct sym_call *call)
{
    const char *why = sym_args_value(&call->args, "why");
    if (why == NULL) {
        return sym_command_usage(call, "--why is missing");
    }
    if (strlen(why) > SYM_REASON_BYTES_MAX || !sym_text_is_name(sym_span_text(why))) {
        return sym_command_usage(
            call, "--why: is not one line of 1 to %u bytes without invisible characters",
            SYM_REASON_BYTES_MAX);
    }
    return decide(call, false, why);
}

static const struct sym_option deny_options[] = {
    {.name = "why", .argument = "TEXT", .help = "the reason; the peer reads it"},
    {0},
};

const struct sym_command sym_cmd_deny = {
    .name = "deny",
    .summary = "refuse a request or an own command that waits for an approver",
    .usage = {"ID --why TEXT [--json]"},
    .example = "deny 4f1c --why \"the case was closed\" --as anna",
    .options = deny_options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_deny,
};
