#include "cli/ui/views.h"

#include "cli/answers.h"
#include "cli/audit/pages.h"
#include "cli/audit/row.h"
#include "cli/exchange_id.h"
#include "cli/exchange_row.h"
#include "cli/json.h"
#include "cli/report/entry.h"
#include "cli/report/estimates.h"
#include "cli/roles_json.h"
#include "crypto/text.h"

#include <string.h>

static enum sym_err written(enum sym_err err, struct sym_fault *fault)
{
    return err == SYM_OK ? err : sym_fail(fault, err, "the answer %s", sym_err_text(err));
}

/* A number in the query; 0 for none. */
static enum sym_err read_before(uint64_t *out, const char *text, struct sym_fault *fault)
{
    *out = 0;
    return text == NULL || sym_number_parse(out, text, 0, UINT64_MAX / 2) == SYM_OK
               ? SYM_OK
               : sym_fail(fault, SYM_BAD_VALUE,
                          "before: is not a number; leave it out for the newest");
}

/* What the page can ask for, and of all verbs that it takes the one that fewest may run. */
static const struct {
    const char *what;
    enum sym_verb verb;
} things[] = {{"peers", SYM_VERB_PEER_LIST},         {"exchanges", SYM_VERB_EXCHANGE_LIST},
              {"progress", SYM_VERB_EXCHANGE_STATE}, {"results", SYM_VERB_REPORT_MADE},
              {"requests", SYM_VERB_REQUEST_LIST},   {"decisions", SYM_VERB_REQUEST_DECIDE},
              {"grants", SYM_VERB_GRANT_LIST},       {"budgets", SYM_VERB_BUDGET_LIST},
              {"partners", SYM_VERB_LOG_WITNESSES},  {"log", SYM_VERB_LOG_LIST},
              {"comparison", SYM_VERB_COMPARE_START}};

enum sym_err sym_ui_session(FILE *to, struct sym_client *client, bool may_decide,
                            struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_empty nothing = {0};
    struct sym_status status;
    enum sym_err err = sym_client_ask(client, SYM_VERB_STATUS, &nothing, &arena, &status, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    sym_json_string(j, "node", client->card.name);
    sym_json_string(j, "user", client->user_name);
    sym_json_bool(j, "approve", may_decide);
    sym_roles_put_json(j, "roles", status.asker_roles);
    sym_json_object(j, "for");
    for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
        sym_roles_put_json(j, things[i].what, sym_verb_row(things[i].verb)->roles);
    }
    sym_json_end(j);
    sym_json_end(j);
    return written(sym_json_finish(j), fault);
}

/* Exchanges ---------------------------------------------------------------------------------- */

enum sym_err sym_ui_exchanges(FILE *to, struct sym_client *client, const char *before,
                              struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_query query = {.most = SYM_UI_ROWS};
    struct sym_exchange_list list;
    enum sym_err err = read_before(&query.before_ms, before, fault);
    if (err == SYM_OK) {
        err = sym_client_ask(client, SYM_VERB_EXCHANGE_LIST, &query, &arena, &list, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    sym_json_array(j, "exchanges");
    for (size_t i = 0; i < list.n_exchanges; i++) {
        sym_exchange_put_json(j, NULL, &list.exchanges[i], NULL);
    }
    sym_json_end(j);
    sym_json_bool(j, "more", list.more && list.n_exchanges > 0);
    /* Others of the same millisecond may be on the next page: that begins with it again. */
    sym_json_number(j, "before",
                    list.n_exchanges > 0 ? list.exchanges[list.n_exchanges - 1].started_ms + 1 : 0);
    sym_json_end(j);
    return written(sym_json_finish(j), fault);
}

enum sym_err sym_ui_exchange(FILE *to, struct sym_client *client, struct sym_span id,
                             struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_exchange_name name = {.id = id};
    struct sym_exchange_entry entry;
    enum sym_err err = sym_client_ask(client, SYM_VERB_EXCHANGE_SHOW, &name, &arena, &entry, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_json *j = sym_json_new(to);
    sym_exchange_put_json(j, NULL, &entry, NULL);
    return written(sym_json_finish(j), fault);
}

enum sym_err sym_ui_progress(FILE *to, struct sym_client *client, struct sym_span id,
                             struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_exchange_name name = {.id = id};
    struct sym_exchange_row row;
    enum sym_err err = sym_client_ask(client, SYM_VERB_EXCHANGE_STATE, &name, &arena, &row, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    sym_json_string(j, "state", sym_exchange_state_text(row.state));
    sym_json_number(j, "done", row.done);
    sym_json_number(j, "total", row.total);
    sym_json_number(j, "bytes", row.bytes_sent + row.bytes_received);
    sym_json_text(j, "fault", row.fault);
    sym_json_end(j);
    return written(sym_json_finish(j), fault);
}

/* Of an overlap table it is estimated how many are on none of the lists. */
static enum sym_err wish_for(struct sym_document_wish *wish, struct sym_client *client,
                             const char *exchange, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    const struct sym_exchange_name name = {.id = sym_span(id, sizeof id)};
    struct sym_exchange_entry entry;
    enum sym_err err = sym_exchange_id(id, client, exchange, fault);
    if (err == SYM_OK) {
        err = sym_client_ask(client, SYM_VERB_EXCHANGE_SHOW, &name, &arena, &entry, fault);
    }
    if (err == SYM_OK && entry.kind == SYM_KIND_OVERLAP_TABLE) {
        wish->estimate = sym_report_estimate;
    }
    return err;
}

enum sym_err sym_ui_report(FILE *to, struct sym_client *client, const char *exchange,
                           const char *language, struct sym_fault *fault)
{
    struct sym_document_wish wish = {.exchanges = &exchange, .n_exchanges = 1};
    struct sym_document document = {.text = NULL};
    uint8_t hash[SYM_HASH_BYTES];
    if (exchange == NULL ||
        (language != NULL && sym_language_parse(&wish.language, language) != SYM_OK)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        exchange == NULL
                            ? "exchange: none is named; \"Exchanges\" has a button for each result"
                            : "lang: is not one of en, fr");
    }
    enum sym_err err = wish_for(&wish, client, exchange, fault);
    if (err == SYM_OK) {
        err = sym_document_make(&document, client, &wish, fault);
    }
    if (err == SYM_OK) {
        const struct sym_span bytes = sym_span((const uint8_t *)document.text, document.len);
        err = sym_report_enter(hash, client, &document, bytes, fault);
    }
    if (err == SYM_OK) {
        (void)fwrite(document.text, 1, document.len, to);
    }
    sym_document_clear(&document);
    return err;
}

/* The log ------------------------------------------------------------------------------------ */

struct listing {
    struct sym_json *json;
    uint64_t end;
};

static bool put_entry(void *context, const struct sym_audit_entry *entry)
{
    struct listing *l = context;
    if (entry->index >= l->end) {
        return false;
    }
    sym_audit_put_json(l->json, entry);
    return true;
}

static enum sym_err log_size(uint64_t *out, struct sym_client *client, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_empty nothing = {0};
    struct sym_log_head head;
    enum sym_err err = sym_client_ask(client, SYM_VERB_LOG_HEAD, &nothing, &arena, &head, fault);
    if (err == SYM_OK) {
        *out = head.size;
    }
    return err;
}

enum sym_err sym_ui_log(FILE *to, struct sym_client *client, const char *before,
                        struct sym_fault *fault)
{
    uint64_t size = 0;
    uint64_t end = 0;
    enum sym_err err = read_before(&end, before, fault);
    if (err == SYM_OK) {
        err = log_size(&size, client, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    end = end == 0 || end > size ? size : end;
    const uint64_t first = end > SYM_UI_ROWS ? end - SYM_UI_ROWS : 0;
    struct listing l = {.json = sym_json_new(to), .end = end};
    sym_json_object(l.json, NULL);
    sym_json_number(l.json, "size", size);
    sym_json_number(l.json, "first", first);
    sym_json_array(l.json, "entries");
    const struct sym_audit_walk walk = {
        .query = {.first = first, .most = SYM_UI_ROWS, .bodies = true}};
    err = sym_audit_walk(client, &walk, put_entry, &l, fault);
    sym_json_end(l.json);
    sym_json_end(l.json);
    enum sym_err wrote = sym_json_finish(l.json);
    return err != SYM_OK ? err : written(wrote, fault);
}

/* Decisions ---------------------------------------------------------------------------------- */

static enum sym_err check_typed(const struct sym_request_list *list, struct sym_span id,
                                struct sym_span typed, struct sym_fault *fault)
{
    for (size_t i = 0; i < list->n_requests; i++) {
        const struct sym_held_request *r = &list->requests[i];
        if (!sym_span_equal(r->id, id)) {
            continue;
        }
        bool own = r->verb != 0;
        if (sym_span_equal(own ? r->user : r->alias, typed)) {
            return SYM_OK;
        }
        return sym_fail(fault, SYM_BAD_VALUE,
                        "nothing was approved: type the %s, %.*s, exactly as it stands there",
                        own ? "name of the user who asks" : "alias of the peer that asks",
                        (int)(own ? r->user : r->alias).len,
                        (const char *)(own ? r->user : r->alias).data);
    }
    return sym_fail(fault, SYM_NOT_FOUND, "there is no such request any more");
}

enum sym_err sym_ui_approve(FILE *to, struct sym_client *client, struct sym_span id,
                            struct sym_span typed, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_empty nothing = {0};
    struct sym_request_list list;
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_REQUEST_LIST, &nothing, &arena, &list, fault);
    if (err == SYM_OK) {
        err = check_typed(&list, id, typed, fault);
    }
    const struct sym_request_decision decision = {.id = id, .approve = true};
    return err != SYM_OK ? err : sym_decision_answer(to, client, &decision, fault);
}

enum sym_err sym_ui_deny(FILE *to, struct sym_client *client, struct sym_span id,
                         struct sym_span why, struct sym_fault *fault)
{
    if (why.len > SYM_REASON_BYTES_MAX || !sym_text_is_name(why)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "nothing was denied: the reason, which the peer reads, is one line of 1 to "
                        "%u bytes without invisible characters",
                        SYM_REASON_BYTES_MAX);
    }
    const struct sym_request_decision decision = {.id = id, .approve = false, .why = why};
    return sym_decision_answer(to, client, &decision, fault);
}
