#include "cli/exchange_id.h"
#include "cli/format.h"
#include "cli/overlap_table/asked.h"
#include "cli/tabulate/outlined.h"
#include "cli/terms.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <string.h>

/* Requests of peers, with what is needed to show them. */
struct held {
    struct sym_arena arena;
    struct sym_request_list list;
    struct sym_parties parties;
};

static bool is_tabulation(const struct sym_held_request *r)
{
    return r->verb == 0 && r->kind == SYM_KIND_TABULATE && r->parameters.len > 0;
}

static bool is_table(const struct sym_held_request *r)
{
    return r->verb == 0 && r->kind == SYM_KIND_OVERLAP_TABLE && r->parameters.len > 0;
}

static void put_question_json(struct sym_json *j, const struct sym_held_request *r,
                              const struct sym_parties *parties)
{
    struct sym_outlined o = {.outline = {.shape = 0}};
    struct sym_table_asked a = {.asked = {.suite = 0}};
    if (is_tabulation(r) && sym_outlined_read(&o, r->parameters) == SYM_OK) {
        sym_outlined_put_json(j, "question", &o, parties);
    } else if (is_table(r) && sym_table_asked_read(&a, r->parameters) == SYM_OK) {
        sym_table_asked_put_json(j, "question", &a, parties);
    } else {
        sym_json_null(j, "question");
    }
    sym_table_asked_clear(&a);
    sym_outlined_clear(&o);
}

static void put_json(struct sym_json *j, const struct sym_held_request *r,
                     const struct sym_parties *parties)
{
    sym_json_object(j, NULL);
    sym_json_hex(j, "id", r->id);
    sym_json_text(j, "peer", r->alias);
    sym_json_text(j, "dataset", r->dataset);
    sym_json_string(j, "kind", sym_kind_text(r->kind));
    sym_json_string(j, "type", sym_terms_type_text(r->type));
    sym_json_string(j, "purpose", sym_purpose_text(r->purpose));
    sym_json_string(j, "basis", sym_basis_text(r->basis));
    sym_json_number(j, "elements", r->elements);
    sym_json_time(j, "received", r->received_ms / 1000);
    sym_json_time(j, "expires", r->expires_ms / 1000);
    sym_json_string(j, "state", sym_held_state_text(r->state));
    sym_json_text(j, "decided_by", r->decided_by);
    sym_json_time(j, "decided", r->decided_ms / 1000);
    sym_json_text(j, "why", r->why);
    sym_json_hex(j, "case_commitment", r->case_hash);
    sym_json_bool(j, "own", r->verb != 0);
    sym_json_text(j, "user", r->user);
    sym_json_text(j, "what", r->what);
    sym_json_hex(j, "exchange", r->exchange);
    sym_json_text(j, "because", r->because);
    put_question_json(j, r, parties);
    sym_json_end(j);
}

static enum sym_err print_json(const struct held *h)
{
    const struct sym_request_list *list = &h->list;
    struct sym_json *j = sym_json_new(stdout);
    sym_json_array(j, NULL);
    for (size_t i = 0; i < list->n_requests; i++) {
        put_json(j, &list->requests[i], &h->parties);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

static size_t count_own(const struct sym_request_list *list)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n_requests; i++) {
        n += list->requests[i].verb != 0;
    }
    return n;
}

static void put_state(struct sym_table *t, const struct sym_held_request *r)
{
    char by[SYM_FORMAT_TEXT_BYTES(SYM_ALIAS_BYTES)];
    sym_format_text(by, sizeof by, r->decided_by);
    const char *state = sym_held_state_text(r->state);
    if (r->state == SYM_HELD_USED) { /* an approval that served its exchange, or a command done */
        state = r->verb != 0 ? "done, approved" : "used, approved";
    }
    sym_table_format(t, "%s%s%s", state, *by != '\0' ? " by " : "", by);
}

/* Commands of own users, with a line of titles of their own. */
static enum sym_err print_own(const struct sym_request_list *list)
{
    static const struct sym_column columns[] = {{.title = "ID"},       {.title = "USER"},
                                                {.title = "RECEIVED"}, {.title = "EXPIRES"},
                                                {.title = "STATE"},    {.title = "COMMAND"}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < list->n_requests; i++) {
        const struct sym_held_request *r = &list->requests[i];
        char id[SYM_ID_SHOWN_BYTES];
        if (r->verb == 0) {
            continue;
        }
        sym_id_show(id, r->id);
        sym_table_format(t, "%s", id);
        sym_table_text(t, r->user);
        sym_table_time(t, r->received_ms / 1000);
        sym_table_time(t, r->expires_ms / 1000);
        put_state(t, r);
        sym_table_text(t, r->what);
    }
    return sym_table_print(t, stdout);
}

/* The first digits tell whether two requests are about the same case. */
static void put_case(struct sym_table *t, struct sym_span hash)
{
    char hex[9] = "-";
    if (hash.len >= 4) {
        sym_hex(hex, hash.data, 4);
    }
    sym_table_format(t, "%s", hex);
}

/* The kind as it was asked: "hotspots"; of a list that had no room for it, the plain kind. */
static const char *kind_text(const struct sym_held_request *r)
{
    struct sym_outlined o = {.outline = {.shape = 0}};
    const char *text = sym_kind_text(r->kind);
    if (is_tabulation(r) && sym_outlined_read(&o, r->parameters) == SYM_OK) {
        text = sym_tab_shape_text(o.outline.shape);
    }
    sym_outlined_clear(&o);
    return text;
}

/* What an approver has to know of a tabulation: nothing of it fits a column. */
static enum sym_err print_question(const struct sym_held_request *r,
                                   const struct sym_parties *parties)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    struct sym_outlined o = {.outline = {.shape = 0}};
    char id[SYM_ID_SHOWN_BYTES];
    enum sym_err err = sym_outlined_read(&o, r->parameters);
    if (err == SYM_OK) {
        struct sym_table *t = sym_table_new(columns, 2);
        sym_id_show(id, r->id);
        (void)printf("\n%s: %s\n", id, sym_tab_shape_text(o.outline.shape));
        sym_outlined_put_lines(t, &o, parties);
        sym_table_format(t, "  held");
        sym_table_text(t, r->because);
        err = sym_table_print(t, stdout);
    }
    sym_outlined_clear(&o);
    return err;
}

static enum sym_err print_table_question(const struct sym_held_request *r,
                                         const struct sym_parties *parties)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    struct sym_table_asked a = {.asked = {.suite = 0}};
    char id[SYM_ID_SHOWN_BYTES];
    enum sym_err err = sym_table_asked_read(&a, r->parameters);
    if (err == SYM_OK) {
        struct sym_table *t = sym_table_new(columns, 2);
        sym_id_show(id, r->id);
        (void)printf("\n%s: %s\n", id, sym_kind_text(r->kind));
        sym_table_asked_put_lines(t, &a, parties);
        sym_table_format(t, "  held");
        sym_table_text(t, r->because);
        err = sym_table_print(t, stdout);
    }
    sym_table_asked_clear(&a);
    return err;
}

/* Of an overlap: how many identifiers it tests beside its size. */
static bool says_more(const struct sym_held_request *r)
{
    return !is_tabulation(r) && r->because.len > 0 &&
           memchr(r->because.data, ':', r->because.len) != NULL;
}

static enum sym_err print_because(const struct sym_held_request *r)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    struct sym_table *t = sym_table_new(columns, 2);
    char id[SYM_ID_SHOWN_BYTES];
    sym_id_show(id, r->id);
    (void)printf("\n%s\n", id);
    sym_table_format(t, "  held");
    sym_table_text(t, r->because);
    return sym_table_print(t, stdout);
}

static enum sym_err print_questions(const struct held *h)
{
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < h->list.n_requests; i++) {
        const struct sym_held_request *r = &h->list.requests[i];
        if (is_tabulation(r) && r->state == SYM_HELD_WAITING) {
            err = print_question(r, &h->parties);
        } else if (is_table(r) && r->state == SYM_HELD_WAITING) {
            err = print_table_question(r, &h->parties);
        } else if (says_more(r) && r->state == SYM_HELD_WAITING) {
            err = print_because(r);
        }
    }
    return err;
}

static enum sym_err print_peers(const struct sym_request_list *list)
{
    static const struct sym_column columns[] = {
        {.title = "ID"},       {.title = "PEER"},
        {.title = "DATASET"},  {.title = "KIND"},
        {.title = "TYPE"},     {.title = "PURPOSE"},
        {.title = "BASIS"},    {.title = "SIZE", .right = true},
        {.title = "RECEIVED"}, {.title = "EXPIRES"},
        {.title = "STATE"},    {.title = "CASE"}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < list->n_requests; i++) {
        const struct sym_held_request *r = &list->requests[i];
        char id[SYM_ID_SHOWN_BYTES];
        if (r->verb != 0) {
            continue;
        }
        sym_id_show(id, r->id);
        sym_table_format(t, "%s", id);
        sym_table_text(t, r->alias);
        sym_table_text(t, r->dataset);
        bool tabulation = r->kind == SYM_KIND_TABULATE;
        sym_table_format(t, "%s", kind_text(r));
        sym_table_format(t, "%s", tabulation ? "-" : sym_terms_type_text(r->type));
        sym_table_format(t, "%s", sym_purpose_text(r->purpose));
        sym_table_format(t, "%s", sym_basis_text(r->basis));
        if (tabulation || r->kind == SYM_KIND_OVERLAP_TABLE) {
            sym_table_format(t, "-");
        } else {
            sym_table_format(t, "%" PRIu32, r->elements);
        }
        sym_table_time(t, r->received_ms / 1000);
        sym_table_time(t, r->expires_ms / 1000);
        put_state(t, r);
        put_case(t, r->case_hash);
    }
    return sym_table_print(t, stdout);
}

static enum sym_err print_table(const struct held *h)
{
    const struct sym_request_list *list = &h->list;
    size_t own = count_own(list);
    enum sym_err err = own == 0 || own < list->n_requests ? print_peers(list) : SYM_OK;
    if (err == SYM_OK) {
        err = print_questions(h);
    }
    if (err == SYM_OK && own > 0) {
        (void)fputs(own < list->n_requests ? "\n" : "", stdout);
        err = print_own(list);
    }
    return err;
}

/* Names of participants only where there are some. */
static enum sym_err fetch(struct held *h, struct sym_client *client, struct sym_fault *fault)
{
    const struct sym_empty nothing = {0};
    bool named = false;
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_REQUEST_LIST, &nothing, &h->arena, &h->list, fault);
    for (size_t i = 0; err == SYM_OK && i < h->list.n_requests; i++) {
        named = named || is_tabulation(&h->list.requests[i]) || is_table(&h->list.requests[i]);
    }
    return named ? sym_parties_fetch(&h->parties, client, fault) : err;
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
        printed = sym_args_has(&call->args, "json") ? print_json(&h) : print_table(&h);
    }
    sym_parties_clear(&h.parties);
    sym_arena_clear(&h.arena);
    return fault.err != SYM_OK ? sym_command_failed(&fault) : sym_command_printed(printed);
}

static const char *const requests_notes[] = {
    "SIZE is the number of the peer's identifiers. CASE is the beginning of the peer's commitment "
    "to",
    "its case: it can be opened later, and tells nothing before. Different requests of a peer have",
    "different ones, also for the same case; one that is made again keeps its own.",
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
    (void)printf("%s: %s: %s of %s by %s", id, sym_held_state_text(r->state), kind_text(r), dataset,
                 peer);
    if (r->kind != SYM_KIND_TABULATE && r->kind != SYM_KIND_OVERLAP_TABLE) {
        (void)printf(", %" PRIu32 " %s", r->elements,
                     r->elements == 1 ? "identifier" : "identifiers");
    }
    (void)putchar('\n');
}

static enum sym_exit print_decision_json(const struct sym_held_request *r,
                                         struct sym_client *client)
{
    struct sym_parties parties = {.peers = {.n_peers = 0}};
    struct sym_fault fault;
    fault.err =
        is_tabulation(r) || is_table(r) ? sym_parties_fetch(&parties, client, &fault) : SYM_OK;
    enum sym_err printed = SYM_OK;
    if (fault.err == SYM_OK) {
        struct sym_json *j = sym_json_new(stdout);
        put_json(j, r, &parties);
        printed = sym_json_finish(j);
    }
    sym_parties_clear(&parties);
    return fault.err != SYM_OK ? sym_command_failed(&fault) : sym_command_printed(printed);
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
        return print_decision_json(&decided, &client);
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
