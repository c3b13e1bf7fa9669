#include "cli/audit/pages.h"
#include "cli/audit/row.h"
#include "cli/audit/signed.h"
#include "cli/exchange_id.h"
#include "cli/format.h"
#include "cli/pause.h"
#include "cli/terms.h"
#include "proto/history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ALL UINT64_MAX

/* Shows entries one after the other. */
struct show {
    struct sym_client client;
    struct sym_audit_keys keys;
    bool as_json;
    struct sym_json *json; /* NULL: not begun */
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint64_t shown, wrong;
    uint64_t only; /* ALL: all of an exchange */
    enum sym_err err;
};

static void line_text(struct sym_table *t, const char *name, struct sym_span text)
{
    if (text.len > 0) {
        sym_table_format(t, "%s", name);
        sym_table_text(t, text);
    }
}

static void line_code(struct sym_table *t, const char *name, const char *text, uint32_t number)
{
    if (number != 0) {
        sym_table_format(t, "%s", name);
        sym_table_format(t, "%s", text);
    }
}

static void line_number(struct sym_table *t, const char *name, uint64_t number)
{
    if (number != 0) {
        sym_table_format(t, "%s", name);
        sym_table_format(t, "%" PRIu64, number);
    }
}

static void line_hex(struct sym_table *t, const char *name, struct sym_span bytes)
{
    char text[2 * SYM_NODE_ID_BYTES + 1];
    if (bytes.len > 0 && bytes.len <= SYM_NODE_ID_BYTES) {
        sym_hex(text, bytes.data, bytes.len);
        sym_table_format(t, "%s", name);
        sym_table_format(t, "%s", text);
    }
}

/* A node by its id, with the name on its card where that is known. */
static void line_node(struct sym_table *t, const struct show *s, const char *name,
                      struct sym_span id)
{
    const struct sym_audit_node *node = sym_audit_keys_node(&s->keys, id);
    char hex[2 * SYM_NODE_ID_BYTES + 1];
    if (id.len != SYM_NODE_ID_BYTES) {
        return;
    }
    sym_hex(hex, id.data, id.len);
    bool own = sym_span_equal(id, sym_span(s->client.node.bytes, SYM_NODE_ID_BYTES));
    sym_table_format(t, "%s", name);
    if (node != NULL) {
        char shown[SYM_FORMAT_TEXT_BYTES(SYM_NAME_BYTES)];
        sym_format_text(shown, sizeof shown, sym_span_text(node->card.name));
        sym_table_format(t, "%s (%s%s)", hex, shown, own ? ", this node" : "");
    } else {
        sym_table_format(t, "%s", hex);
    }
}

static void line_transcript(struct sym_table *t, const char *name, const struct sym_transcript *x,
                            uint64_t bytes)
{
    char hash[2 * SYM_HASH_BYTES + 1];
    char amount[SYM_FORMAT_BYTES];
    if (x == NULL && bytes == 0) {
        return;
    }
    sym_format_bytes(amount, bytes);
    sym_table_format(t, "%s", name);
    if (x == NULL) {
        sym_table_format(t, "%s", amount);
        return;
    }
    sym_hex(hash, x->hash.data, x->hash.len);
    sym_table_format(t, "%s in %" PRIu64 " frames, transcript %s", amount, x->frames, hash);
}

/* Does the text open the commitment that travelled? */
static void line_committed(struct sym_table *t, const char *name, const struct sym_entry_body *b,
                           enum sym_opened what, struct sym_span text)
{
    char shown[SYM_FORMAT_TEXT_BYTES(SYM_NOTE_BYTES_MAX)];
    if (text.len == 0) {
        return;
    }
    sym_format_text(shown, sizeof shown, text);
    sym_table_format(t, "%s", name);
    sym_table_format(t, "%s%s", shown,
                     sym_audit_opens(b, what, text) ? " (a commitment to it travelled)" : "");
}

static void put_exchange(struct sym_table *t, const struct sym_entry_body *b)
{
    line_text(t, "peer", b->alias);
    line_code(t, "role of this node", sym_exchange_role_text(b->role), b->role);
    line_code(t, "asked", sym_kind_text(b->exchange_kind), b->exchange_kind);
    line_code(t, "purpose", sym_purpose_text(b->purpose), b->purpose);
    line_code(t, "legal basis", sym_basis_text(b->basis), b->basis);
    line_code(t, "identifiers", sym_terms_type_text(b->type), b->type);
    line_code(t, "decision", sym_decision_text(b->decision), b->decision);
    line_code(t, "reason", sym_reason_text(b->reason), b->reason);
    line_text(t, "own dataset", b->mine);
    line_text(t, "peer's dataset", b->theirs);
    line_number(t, "own size", b->own_size);
    line_number(t, "peer's size", b->peer_size);
    line_transcript(t, "sent", b->sent, b->bytes_sent);
    line_transcript(t, "received", b->received, b->bytes_received);
    line_hex(t, "known here as", b->handle);
}

/* A page of results that left the node: of what, and how its file is known again. */
static void put_page(struct sym_table *t, const struct sym_entry_body *b)
{
    line_text(t, "event", sym_span_text("a report of results was made"));
    line_text(t, "SHA-256 of the file", b->subject);
    line_number(t, "bytes of the file", b->count);
    line_text(t, "of exchanges", b->detail);
}

static void put_body(struct sym_table *t, const struct sym_audit_entry *e)
{
    const struct sym_entry_body *b = &e->body;
    if (sym_span_equal(b->event, sym_span_text(SYM_EVENT_REPORT_MADE))) {
        put_page(t, b);
    } else {
        line_text(t, "event", b->event);
        line_text(t, "subject", b->subject);
        line_text(t, "detail", b->detail);
        line_number(t, "count", b->count);
    }
    line_committed(t, "user", b, SYM_OPENED_USER, b->user);
    line_committed(t, "approver", b, SYM_OPENED_APPROVER, b->approver);
    put_exchange(t, b);
    line_committed(t, "case", b, SYM_OPENED_CASE, b->case_ref);
    line_committed(t, "note", b, SYM_OPENED_NOTE, b->note);
    line_hex(t, "command's SHA-256", b->command_hash);
    line_text(t, "checkpoint", b->checkpoint);
}

static void put_verdict(struct sym_table *t, const struct sym_audit_entry *e)
{
    sym_table_format(t, "body");
    if (e->fault != NULL) {
        sym_table_format(t, "WRONG: the entry %s", e->fault);
    } else if (e->state == SYM_BODY_ERASED) {
        sym_table_format(t, "erased; the entry and its proofs stay");
    } else {
        sym_table_format(t, "is the one that the log has committed to");
    }
}

static void put_text(struct show *s, const struct sym_audit_entry *e,
                     const struct sym_audit_signed *all, size_t n)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    struct sym_table *t = sym_table_new(columns, 2);
    sym_table_format(t, "entry");
    sym_table_format(t, "%" PRIu64 ", %s", e->index, sym_entry_kind_text(e->leaf.kind));
    sym_table_format(t, "time");
    sym_table_time(t, e->leaf.time_ms / 1000);
    line_hex(t, "exchange", e->leaf.exchange_id);
    line_node(t, s, "initiator", e->leaf.initiator);
    line_node(t, s, "responder", e->leaf.responder);
    line_hex(t, "commitment", e->leaf.commitment);
    put_verdict(t, e);
    put_body(t, e);
    for (size_t i = 0; i < n; i++) {
        sym_table_format(t, "%s", all[i].what);
        char text[SYM_FORMAT_TEXT_BYTES(SYM_SIGNED_TEXT_BYTES)];
        sym_format_text(text, sizeof text, sym_span_text(all[i].text));
        sym_table_format(t, "%s: %s",
                         all[i].state == SYM_SIGNED_BAD    ? "WRONG"
                         : all[i].state == SYM_SIGNED_GOOD ? "verified"
                                                           : "not checked",
                         text);
    }
    (void)printf("%s", s->shown > 0 ? "\n" : "");
    enum sym_err err = sym_table_print(t, stdout);
    s->err = s->err == SYM_OK ? err : s->err;
}

static void put_json(struct show *s, const struct sym_audit_entry *e,
                     const struct sym_audit_signed *all, size_t n)
{
    sym_json_object(s->json, NULL);
    sym_audit_put_members(s->json, e);
    sym_json_hex(s->json, "leaf", e->leaf_bytes);
    sym_json_text(s->json, "checkpoint", e->body.checkpoint);
    sym_json_hex(s->json, "command_hash", e->body.command_hash);
    sym_json_array(s->json, "signed");
    for (size_t i = 0; i < n; i++) {
        sym_json_object(s->json, NULL);
        sym_json_string(s->json, "what", all[i].what);
        sym_json_string(s->json, "signature", sym_signed_state_text(all[i].state));
        sym_json_string(s->json, "text", all[i].text);
        sym_json_hex(s->json, "bytes", all[i].bytes);
        sym_json_end(s->json);
    }
    sym_json_end(s->json);
    sym_json_end(s->json);
}

static bool show_entry(void *context, const struct sym_audit_entry *e)
{
    struct show *s = context;
    struct sym_audit_signed all[SYM_SIGNED_MAX];
    if (s->only != ALL && e->index != s->only) {
        return e->index < s->only;
    }
    if (s->only == ALL && !sym_audit_is_of(e, sym_span(s->id, sizeof s->id))) {
        return true;
    }
    size_t n = sym_audit_signed(all, e, &s->keys, &s->client.node);
    s->wrong += e->fault != NULL ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        s->wrong += all[i].state == SYM_SIGNED_BAD ? 1 : 0;
    }
    if (s->as_json) {
        if (s->json == NULL) {
            s->json = sym_json_new(stdout);
            sym_json_array(s->json, NULL);
        }
        put_json(s, e, all, n);
    } else {
        put_text(s, e, all, n);
    }
    s->shown++;
    return s->only == ALL;
}

/* A decimal number of up to 19 digits is the index of an entry; all else an id. Four digits and
 * more may be both: an index is meant then, and more digits of the id tell otherwise. */
static bool is_index(uint64_t *index, const char *text)
{
    return sym_number_parse(index, text, 0, INT64_MAX) == SYM_OK;
}

static enum sym_err show(struct show *s, const struct sym_call *call, struct sym_fault *fault)
{
    const char *text = call->args.operands[0];
    struct sym_audit_walk walk = {.query = {.bodies = true}};
    enum sym_err err = sym_client_open(&s->client, call, fault);
    if (err == SYM_OK) {
        err = sym_audit_keys_gather(&s->keys, &s->client, &call->args, fault);
    }
    if (err == SYM_OK && is_index(&s->only, text)) {
        walk.query.first = s->only;
        walk.query.most = 1;
    } else if (err == SYM_OK) {
        s->only = ALL;
        err = sym_audit_exchange(s->id, &s->client, text, fault);
        walk.query.exchange_id = sym_span(s->id, sizeof s->id);
    }
    if (err == SYM_OK) {
        err = sym_audit_walk(&s->client, &walk, show_entry, s, fault);
    }
    if (err == SYM_OK && s->shown == 0) {
        err = sym_fail(fault, SYM_NOT_FOUND,
                       "%.64s: the log has no such entry; see \"symbolon log list\"", text);
    }
    return err;
}

static enum sym_exit conclude(const struct show *s)
{
    struct sym_fault fault;
    if (s->err != SYM_OK || s->keys.failed) {
        return sym_command_printed(s->err != SYM_OK ? s->err : SYM_NO_MEMORY);
    }
    if (s->wrong == 0) {
        return SYM_EXIT_DONE;
    }
    fault.err =
        sym_fail(&fault, SYM_BAD_TAG,
                 "something here is wrong; \"symbolon log verify\" looks at all of the log");
    return sym_command_failed(&fault);
}

static enum sym_exit run(const struct sym_call *call)
{
    struct show s = {.only = ALL};
    struct sym_fault fault;
    struct sym_id_search digits;
    uint64_t index = 0;
    if (!is_index(&index, call->args.operands[0]) &&
        sym_id_search(&digits, call->args.operands[0], &fault) != SYM_OK) {
        return sym_command_usage(call, "%s; nor is it the number of an entry", fault.text);
    }
    sym_pause_begin();
    s.as_json = sym_args_has(&call->args, "json");
    fault.err = show(&s, call, &fault);
    if (s.json != NULL) {
        sym_json_end(s.json);
        enum sym_err err = sym_json_finish(s.json);
        s.err = s.err == SYM_OK ? err : s.err;
    }
    enum sym_exit code = fault.err != SYM_OK ? sym_command_failed(&fault) : conclude(&s);
    sym_client_close(&s.client);
    sym_audit_keys_clear(&s.keys);
    return code;
}

static const struct sym_option options[] = {
    SYM_AUDIT_CARD_OPTION,
    {0},
};

static const char *const notes[] = {
    "INDEX is the number of an entry, from 0. Commands of users and messages of partners are",
    "verified with the keys that the log introduces, and with the cards in --card.",
    NULL,
};

const struct sym_command sym_cmd_log_show = {
    .name = "log show",
    .summary = "show all that an entry says, or all entries of an exchange",
    .usage = {"INDEX|EXCHANGE-ID [--card FILE]... [--json]"},
    .example = "log show 4f1c --as anna",
    .notes = notes,
    .options = options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
