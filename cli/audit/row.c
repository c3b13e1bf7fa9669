#include "cli/audit/row.h"

#include "cli/exchange_id.h"
#include "cli/format.h"
#include "cli/ingest/csv.h"
#include "cli/terms.h"
#include "proto/history.h"
#include "proto/keys.h"

#include <inttypes.h>
#include <string.h>

const struct sym_column sym_audit_columns[SYM_AUDIT_COLUMNS] = {
    {.title = "ENTRY", .right = true},
    {.title = "TIME"},
    {.title = "KIND"},
    {.title = "PEER"},
    {.title = "EXCHANGE"},
    {.title = "PURPOSE"},
    {.title = "DECISION"},
    {.title = "USER"},
    {.title = "ABOUT"},
    {.title = "BODY"},
};

/* A word, or "-" for the number that stands for none. */
static const char *word(const char *text, uint32_t number)
{
    return number != 0 ? text : "-";
}

#define HASH_DIGITS 12

/* Of how many results, and the first digits of the SHA-256 of the file. */
static void put_page(struct sym_table *t, const struct sym_entry_body *b)
{
    char hash[SYM_FORMAT_TEXT_BYTES(HASH_DIGITS)];
    size_t ids = (b->detail.len + 1) / (2 * (size_t)SYM_EXCHANGE_ID_BYTES + 1);
    size_t len = b->subject.len < HASH_DIGITS ? b->subject.len : HASH_DIGITS;
    sym_format_text(hash, sizeof hash, sym_span(b->subject.data, len));
    sym_table_format(t, "%zu %s, SHA-256 %s", ids, ids == 1 ? "result" : "results", hash);
}

/* What happened: the event, or where the columns say that already, the kind of exchange. */
static void put_about(struct sym_table *t, const struct sym_audit_entry *e)
{
    const struct sym_entry_body *b = &e->body;
    if (sym_span_equal(b->event, sym_span_text(SYM_EVENT_REPORT_MADE))) {
        put_page(t, b);
        return;
    }
    char event[SYM_FORMAT_TEXT_BYTES(64)];
    char subject[SYM_FORMAT_TEXT_BYTES(SYM_SETTING_BYTES_MAX)];
    char approver[SYM_FORMAT_TEXT_BYTES(SYM_ALIAS_BYTES)];
    struct sym_span what = b->subject.len > 0  ? b->subject
                           : b->mine.len > 0   ? b->mine
                           : b->theirs.len > 0 ? b->theirs
                                               : b->case_ref;
    bool said = sym_span_equal(b->event, sym_span_text(sym_entry_kind_text(e->leaf.kind))) ||
                sym_span_equal(b->event, sym_span_text(sym_decision_text(b->decision)));
    sym_format_text(event, sizeof event, b->event);
    sym_format_text(subject, sizeof subject, what);
    sym_format_text(approver, sizeof approver, b->approver);
    sym_table_format(
        t, "%s%s%s%s%s", said && b->exchange_kind != 0 ? sym_kind_text(b->exchange_kind) : event,
        what.len > 0 ? " " : "", subject, b->approver.len > 0 ? ", approver " : "", approver);
}

void sym_audit_put_row(struct sym_table *t, const struct sym_audit_entry *e)
{
    char id[SYM_ID_SHOWN_BYTES] = "-";
    const struct sym_entry_body *b = &e->body;
    if (e->leaf.exchange_id.len > 0) {
        sym_id_show(id, e->leaf.exchange_id);
    }
    sym_table_format(t, "%" PRIu64, e->index);
    sym_table_time(t, e->leaf.time_ms / 1000);
    sym_table_format(t, "%s", sym_entry_kind_text(e->leaf.kind));
    sym_table_text(t, b->alias.len > 0 ? b->alias : sym_span_text("-"));
    sym_table_format(t, "%s", id);
    sym_table_format(t, "%s", word(sym_purpose_text(b->purpose), b->purpose));
    sym_table_format(t, "%s", word(sym_decision_text(b->decision), b->decision));
    sym_table_text(t, b->user.len > 0 ? b->user : sym_span_text("-"));
    put_about(t, e);
    sym_table_format(t, "%s", e->fault != NULL ? "WRONG" : sym_body_state_text(e->state));
}

/* Which records an own overlap was to keep; "" of anything else. */
static const char *rule_of(const struct sym_entry_body *b)
{
    bool has_rule = b->exchange_kind == SYM_KIND_OVERLAP_MATCHES && b->role == SYM_AS_INITIATOR;
    return has_rule ? sym_overlap_rule_text(b->rule) : "";
}

static const char *const csv_columns[] = {
    "entry",        "time",   "kind",  "event",         "exchange",  "handle",     "initiator",
    "responder",    "peer",   "role",  "exchange_kind", "purpose",   "basis",      "type",
    "decision",     "reason", "user",  "approver",      "subject",   "detail",     "own_dataset",
    "peer_dataset", "case",   "note",  "own_size",      "peer_size", "bytes_sent", "bytes_received",
    "count",        "body",   "fault", "rule",
};
#define CSV_COLUMNS (sizeof csv_columns / sizeof *csv_columns)
#define CELL_BYTES  (SYM_NOTE_BYTES_MAX / 2u * 3u + 2u) /* the longest text, and apostrophes */

/* One row on its way. */
struct cells {
    char text[CSV_COLUMNS][CELL_BYTES];
    size_t len[CSV_COLUMNS];
    size_t n;
};

static void add(struct cells *c, struct sym_span text)
{
    char *to = c->text[c->n];
    c->len[c->n++] = sym_csv_disarm(to, CELL_BYTES, text);
}

static void add_text(struct cells *c, const char *text)
{
    add(c, sym_span_text(text));
}

static void add_code(struct cells *c, const char *text, uint32_t number)
{
    add_text(c, number != 0 ? text : "");
}

static void add_number(struct cells *c, uint64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    add_text(c, text);
}

static void add_hex(struct cells *c, struct sym_span bytes)
{
    char text[2 * SYM_NODE_ID_BYTES + 1] = "";
    if (bytes.len <= SYM_NODE_ID_BYTES) {
        sym_hex(text, bytes.data, bytes.len);
    }
    add_text(c, text);
}

static void put(FILE *to, const struct cells *c)
{
    struct sym_span fields[CSV_COLUMNS];
    for (size_t i = 0; i < c->n; i++) {
        fields[i] = sym_span(c->text[i], c->len[i]);
    }
    sym_csv_write(to, fields, c->n);
}

void sym_audit_put_csv_head(FILE *to)
{
    for (size_t i = 0; i < CSV_COLUMNS; i++) {
        (void)fprintf(to, "%s%c", csv_columns[i], i + 1 < CSV_COLUMNS ? ',' : '\n');
    }
}

static void add_exchange(struct cells *c, const struct sym_entry_body *b)
{
    add(c, b->alias);
    add_code(c, sym_exchange_role_text(b->role), b->role);
    add_code(c, sym_kind_text(b->exchange_kind), b->exchange_kind);
    add_code(c, sym_purpose_text(b->purpose), b->purpose);
    add_code(c, sym_basis_text(b->basis), b->basis);
    add_code(c, sym_terms_type_text(b->type), b->type);
    add_code(c, sym_decision_text(b->decision), b->decision);
    add_code(c, sym_reason_text(b->reason), b->reason);
}

static void add_texts(struct cells *c, const struct sym_entry_body *b)
{
    const struct sym_span texts[] = {b->user, b->approver, b->subject,  b->detail,
                                     b->mine, b->theirs,   b->case_ref, b->note};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        add(c, texts[i]);
    }
}

void sym_audit_put_csv(FILE *to, const struct sym_audit_entry *e)
{
    struct cells c;
    char time[SYM_FORMAT_BYTES];
    const struct sym_entry_body *b = &e->body;
    c.n = 0;
    sym_format_time(time, e->leaf.time_ms / 1000);
    add_number(&c, e->index);
    add_text(&c, strcmp(time, "-") != 0 ? time : "");
    add_text(&c, sym_entry_kind_text(e->leaf.kind));
    add(&c, b->event);
    add_hex(&c, e->leaf.exchange_id);
    add_hex(&c, b->handle);
    add_hex(&c, e->leaf.initiator);
    add_hex(&c, e->leaf.responder);
    add_exchange(&c, b);
    add_texts(&c, b);
    const uint64_t numbers[] = {b->own_size, b->peer_size, b->bytes_sent, b->bytes_received,
                                b->count};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        add_number(&c, numbers[i]);
    }
    add_text(&c, sym_body_state_text(e->state));
    add_text(&c, e->fault != NULL ? e->fault : "");
    add_text(&c, rule_of(b));
    put(to, &c);
}

static void put_code(struct sym_json *j, const char *key, const char *text, uint32_t number)
{
    sym_json_string(j, key, number != 0 ? text : "");
}

static void put_body(struct sym_json *j, const struct sym_entry_body *b)
{
    sym_json_text(j, "event", b->event);
    sym_json_hex(j, "handle", b->handle);
    sym_json_text(j, "peer", b->alias);
    put_code(j, "role", sym_exchange_role_text(b->role), b->role);
    put_code(j, "exchange_kind", sym_kind_text(b->exchange_kind), b->exchange_kind);
    put_code(j, "purpose", sym_purpose_text(b->purpose), b->purpose);
    put_code(j, "basis", sym_basis_text(b->basis), b->basis);
    put_code(j, "type", sym_terms_type_text(b->type), b->type);
    put_code(j, "decision", sym_decision_text(b->decision), b->decision);
    put_code(j, "reason", sym_reason_text(b->reason), b->reason);
    sym_json_text(j, "user", b->user);
    sym_json_text(j, "approver", b->approver);
    sym_json_text(j, "subject", b->subject);
    sym_json_text(j, "detail", b->detail);
    sym_json_text(j, "own_dataset", b->mine);
    sym_json_text(j, "peer_dataset", b->theirs);
    sym_json_text(j, "case", b->case_ref);
    sym_json_text(j, "note", b->note);
    sym_json_number(j, "own_size", b->own_size);
    sym_json_number(j, "peer_size", b->peer_size);
    sym_json_number(j, "bytes_sent", b->bytes_sent);
    sym_json_number(j, "bytes_received", b->bytes_received);
    sym_json_number(j, "count", b->count);
    sym_json_string(j, "rule", rule_of(b));
}

void sym_audit_put_members(struct sym_json *j, const struct sym_audit_entry *e)
{
    sym_json_number(j, "entry", e->index);
    sym_json_time(j, "time", e->leaf.time_ms / 1000);
    sym_json_number(j, "time_ms", e->leaf.time_ms);
    sym_json_string(j, "kind", sym_entry_kind_text(e->leaf.kind));
    sym_json_hex(j, "exchange", e->leaf.exchange_id);
    sym_json_hex(j, "initiator", e->leaf.initiator);
    sym_json_hex(j, "responder", e->leaf.responder);
    sym_json_hex(j, "commitment", e->leaf.commitment);
    sym_json_string(j, "body", sym_body_state_text(e->state));
    sym_json_string(j, "fault", e->fault != NULL ? e->fault : "");
    put_body(j, &e->body);
}

void sym_audit_put_json(struct sym_json *j, const struct sym_audit_entry *e)
{
    sym_json_object(j, NULL);
    sym_audit_put_members(j, e);
    sym_json_end(j);
}
