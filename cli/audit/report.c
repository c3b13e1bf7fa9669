#include "cli/audit/report.h"

#include "crypto/digest.h"
#include "proto/history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum exchange_number {
    REQUESTED,
    GRANTED,
    HELD,
    DENIED,
    ANSWERED_BEFORE,
    CLOSED,
    ABORTED,
    BYTES_SENT,
    BYTES_RECEIVED
};

static struct sym_span text(const char *s)
{
    return sym_span_text(s);
}

static const char *code(const char *word, uint32_t number)
{
    return number != 0 ? word : "";
}

static void begin(struct sym_report *r)
{
    r->exchanges = (struct sym_tally){
        .word_names = {"asked_by", "peer", "user", "kind", "purpose", "basis", NULL},
        .number_names = {"requested", "granted", "held", "denied", "answered_before", "closed",
                         "aborted", "bytes_sent", "bytes_received", NULL}};
    r->denials = (struct sym_tally){
        .word_names = {"asked_by", "peer", "kind", "purpose", "reason", "detail", NULL},
        .number_names = {"times", NULL}};
    r->approvals = (struct sym_tally){.word_names = {"approver", "entry", "event", "user", NULL},
                                      .number_names = {"times", NULL}};
    r->budgets = (struct sym_tally){.word_names = {"peer", "dataset", "event", "detail", NULL},
                                    .number_names = {"times", "spent", NULL},
                                    .epsilon_name = "spent"};
    r->changes = (struct sym_tally){.word_names = {"entry", "event", "user", NULL},
                                    .number_names = {"times", "count", NULL}};
    r->refused = (struct sym_tally){.word_names = {"event", "peer", "user", "detail", NULL},
                                    .number_names = {"times", NULL}};
    r->alarms = (struct sym_tally){.word_names = {"entry", "peer", "event", "detail", NULL},
                                   .number_names = {"index", "time_ms", NULL}};
}

void sym_report_free(struct sym_report *r)
{
    struct sym_tally *const all[] = {&r->exchanges, &r->denials, &r->approvals, &r->budgets,
                                     &r->changes,   &r->refused, &r->alarms};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        sym_tally_clear(all[i]);
    }
    sym_ids_clear(&r->ids);
    sym_ids_clear(&r->asked);
    sym_ids_clear(&r->held);
    free(r->of_id);
    r->of_id = NULL;
    sym_audit_head_clear(&r->head);
}

/* Exchanges ---------------------------------------------------------------------------------- */

static bool is_own(const struct sym_report *r, const struct sym_audit_entry *e)
{
    return sym_span_equal(e->leaf.initiator, sym_span(r->self.bytes, sizeof r->self.bytes));
}

static struct sym_span asked_by(const struct sym_report *r, const struct sym_audit_entry *e)
{
    return text(is_own(r, e) ? "this node" : "the peer");
}

/* The alias, or of an erased body the node id. */
static struct sym_span peer_of(const struct sym_report *r, const struct sym_audit_entry *e,
                               char hex[2 * SYM_NODE_ID_BYTES + 1])
{
    struct sym_span id = is_own(r, e) ? e->leaf.responder : e->leaf.initiator;
    hex[0] = '\0';
    if (e->body.alias.len > 0 || id.len != SYM_NODE_ID_BYTES) {
        return e->body.alias;
    }
    sym_hex(hex, id.data, id.len);
    return text(hex);
}

static size_t row_of_body(struct sym_report *r, const struct sym_audit_entry *e)
{
    char hex[2 * SYM_NODE_ID_BYTES + 1];
    const struct sym_entry_body *b = &e->body;
    const struct sym_span words[] = {asked_by(r, e),
                                     peer_of(r, e, hex),
                                     b->user,
                                     text(code(sym_kind_text(b->exchange_kind), b->exchange_kind)),
                                     text(code(sym_purpose_text(b->purpose), b->purpose)),
                                     text(code(sym_basis_text(b->basis), b->basis))};
    return sym_tally_row(&r->exchanges, words);
}

static bool make_room(struct sym_report *r, size_t number)
{
    size_t max = number < 256 ? 512 : 2 * number;
    if (number < r->max_ids) {
        return true;
    }
    struct sym_report_exchange *of_id = reallocarray(r->of_id, max, sizeof *of_id);
    if (of_id == NULL) {
        return false;
    }
    r->of_id = of_id;
    r->max_ids = max;
    return true;
}

/* All entries of an exchange count in the row of its first one. The request stands in that of the
 * first where it was received, and where it was made in a later one. */
static struct sym_report_exchange exchange_of(struct sym_report *r, const struct sym_audit_entry *e)
{
    const struct sym_report_exchange none = {.row = SYM_NO_TALLY};
    size_t number = sym_ids_find(&r->ids, e->leaf.exchange_id.data);
    if (number == SYM_NO_ID) {
        number = sym_ids_add(&r->ids, e->leaf.exchange_id.data);
        if (number == SYM_NO_ID || !make_room(r, number)) {
            r->exchanges.failed = true;
            return none;
        }
        r->of_id[number] = (struct sym_report_exchange){.row = row_of_body(r, e)};
    }
    enum sym_audit_repeat repeat = sym_audit_repeat(e);
    if (repeat != SYM_REPEAT_NONE) {
        r->of_id[number].repeat = repeat;
    }
    return r->of_id[number];
}

static void count_denial(struct sym_report *r, const struct sym_audit_entry *e, size_t row)
{
    const struct sym_entry_body *b = &e->body;
    if (row == SYM_NO_TALLY) {
        return;
    }
    char *const *known = r->exchanges.rows[row].words;
    const struct sym_span words[] = {text(known[0]),
                                     text(known[1]),
                                     text(known[3]),
                                     text(known[4]),
                                     text(code(sym_reason_text(b->reason), b->reason)),
                                     b->detail};
    sym_tally_add(&r->denials, sym_tally_row(&r->denials, words), 0, 1);
}

/* What was asked once may have several exchanges: a held one asks again by itself, under other ids
 * with the handle of the first, until it is decided; those of a tabulation have the handle of that,
 * and those of a table, of which there are several kinds, likewise. */
static bool is_first(struct sym_report *r, struct sym_ids *seen, const struct sym_audit_entry *e)
{
    uint8_t hash[SYM_HASH_BYTES];
    const uint8_t kind = (uint8_t)e->body.exchange_kind;
    const struct sym_span parts[] = {e->body.handle.len > 0 ? e->body.handle : e->leaf.exchange_id,
                                     e->leaf.initiator, e->leaf.responder, sym_span(&kind, 1)};
    if (sym_sha256_parts(hash, parts, sizeof parts / sizeof *parts) != SYM_OK) {
        r->exchanges.failed = true;
        return false;
    }
    size_t known = seen->n;
    r->exchanges.failed |= sym_ids_add(seen, hash) == SYM_NO_ID; /* its first 16 bytes */
    return seen->n > known;
}

static void count_decision(struct sym_report *r, const struct sym_audit_entry *e,
                           struct sym_report_exchange x, bool is_new)
{
    bool is_there = sym_audit_is_there(x.repeat, &e->body);
    switch (e->body.decision) {
    case SYM_DECISION_GRANTED:
        sym_tally_add(&r->exchanges, x.row, GRANTED, 1);
        sym_tally_add(&r->exchanges, x.row, ANSWERED_BEFORE, x.repeat != SYM_REPEAT_NONE ? 1 : 0);
        break;
    case SYM_DECISION_HELD:
        sym_tally_add(&r->exchanges, x.row, HELD, is_new ? 1 : 0);
        break;
    case SYM_DECISION_DENIED:
        sym_tally_add(&r->exchanges, x.row, is_there ? ANSWERED_BEFORE : DENIED, 1);
        if (!is_there) {
            count_denial(r, e, x.row);
        }
        break;
    default:
        break;
    }
}

static void count_exchange(struct sym_report *r, const struct sym_audit_entry *e, bool counts)
{
    const struct sym_report_exchange x = exchange_of(r, e);
    size_t row = x.row;
    bool is_held = e->leaf.kind == SYM_ENTRY_DECIDED && e->body.decision == SYM_DECISION_HELD;
    bool is_request = e->leaf.kind == SYM_ENTRY_REQUESTED;
    bool is_new = (is_request || is_held) && is_first(r, is_held ? &r->held : &r->asked, e);
    if (!counts) {
        return;
    }
    sym_tally_add(&r->exchanges, row, REQUESTED, is_request && is_new ? 1 : 0);
    sym_tally_add(&r->exchanges, row, CLOSED, e->leaf.kind == SYM_ENTRY_CLOSED ? 1 : 0);
    sym_tally_add(&r->exchanges, row, ABORTED, e->leaf.kind == SYM_ENTRY_ABORTED ? 1 : 0);
    if (e->leaf.kind == SYM_ENTRY_DECIDED) {
        count_decision(r, e, x, is_new);
    }
    if (e->leaf.kind == SYM_ENTRY_CLOSED || e->leaf.kind == SYM_ENTRY_ABORTED) {
        sym_tally_add(&r->exchanges, row, BYTES_SENT, e->body.bytes_sent);
        sym_tally_add(&r->exchanges, row, BYTES_RECEIVED, e->body.bytes_received);
    }
}

/* All else ----------------------------------------------------------------------------------- */

static void count_approval(struct sym_report *r, const struct sym_audit_entry *e)
{
    const struct sym_entry_body *b = &e->body;
    bool erased = e->leaf.kind == SYM_ENTRY_APPROVAL && e->state == SYM_BODY_ERASED;
    if (b->approver.len == 0 && !erased) {
        return;
    }
    const struct sym_span words[] = {b->approver, text(sym_entry_kind_text(e->leaf.kind)), b->event,
                                     b->user};
    sym_tally_add(&r->approvals, sym_tally_row(&r->approvals, words), 0, 1);
}

/* The peer is who asked. Answers that cost nothing differ in the release that gave them: they count
 * together. */
static void count_budget(struct sym_report *r, const struct sym_audit_entry *e)
{
    char hex[2 * SYM_NODE_ID_BYTES + 1];
    const struct sym_entry_body *b = &e->body;
    const struct sym_span words[] = {is_own(r, e) ? text("this node") : peer_of(r, e, hex),
                                     b->subject.len > 0 ? b->subject : b->mine, b->event,
                                     b->count > 0 ? b->detail : text("")};
    size_t row = sym_tally_row(&r->budgets, words);
    sym_tally_add(&r->budgets, row, 0, 1);
    sym_tally_add(&r->budgets, row, 1, b->count);
}

static void count_refusal(struct sym_report *r, const struct sym_audit_entry *e)
{
    const struct sym_entry_body *b = &e->body;
    const struct sym_span words[] = {b->event, b->alias, b->user,
                                     b->detail.len > 0 ? b->detail : b->subject};
    sym_tally_add(&r->refused, sym_tally_row(&r->refused, words), 0, 1);
}

static void count_alarm(struct sym_report *r, const struct sym_audit_entry *e)
{
    const struct sym_entry_body *b = &e->body;
    char detail[SYM_DETAIL_BYTES_MAX + 32];
    int len = snprintf(detail, sizeof detail, "%.*s (entry %" PRIu64 ")", (int)b->detail.len,
                       b->detail.len > 0 ? (const char *)b->detail.data : "", e->index);
    const struct sym_span words[] = {text(sym_entry_kind_text(e->leaf.kind)), b->alias, b->event,
                                     sym_span(detail, len > 0 ? (size_t)len : 0)};
    size_t row = sym_tally_row(&r->alarms, words);
    sym_tally_add(&r->alarms, row, 0, e->index);
    sym_tally_add(&r->alarms, row, 1, e->leaf.time_ms);
}

static void count_change(struct sym_report *r, const struct sym_audit_entry *e)
{
    const struct sym_entry_body *b = &e->body;
    const struct sym_span words[] = {text(sym_entry_kind_text(e->leaf.kind)), b->event, b->user};
    size_t row = sym_tally_row(&r->changes, words);
    sym_tally_add(&r->changes, row, 0, 1);
    sym_tally_add(&r->changes, row, 1, b->count);
}

static void count_entry(struct sym_report *r, const struct sym_audit_entry *e)
{
    const struct sym_leaf *l = &e->leaf;
    bool counts = l->time_ms >= r->from_ms && (r->until_ms == 0 || l->time_ms < r->until_ms);
    bool of_exchange = l->exchange_id.len == SYM_EXCHANGE_ID_BYTES &&
                       l->kind >= SYM_ENTRY_REQUESTED && l->kind <= SYM_ENTRY_SETTLED;
    if (of_exchange) {
        count_exchange(r, e, counts);
    }
    if (!counts) {
        return;
    }
    r->entries++;
    r->erased += e->state == SYM_BODY_ERASED ? 1 : 0;
    count_approval(r, e);
    if (l->kind == SYM_ENTRY_BUDGET) {
        count_budget(r, e);
    } else if (l->kind == SYM_ENTRY_REFUSED) {
        count_refusal(r, e);
    } else if (l->kind == SYM_ENTRY_WITNESS || l->kind == SYM_ENTRY_RESTORED) {
        count_alarm(r, e);
    } else if (!of_exchange) {
        count_change(r, e);
    }
}

static bool take(void *context, const struct sym_audit_entry *e)
{
    struct sym_report *r = context;
    uint8_t hash[SYM_HASH_BYTES];
    if (r->tree.size == r->head.checkpoint.size) {
        return false;
    }
    if (e->fault != NULL || e->index != r->tree.size) {
        r->err = sym_fail(&r->fault, SYM_BAD_TAG,
                          "entry %" PRIu64 " %s; there is no report of a log that is wrong, see "
                          "\"symbolon log verify\"",
                          r->tree.size, e->fault != NULL ? e->fault : "is missing");
        return false;
    }
    sym_erasures_take(&r->erasures, e->index, &e->leaf,
                      e->state == SYM_BODY_ERASED ? NULL : &e->body);
    r->err = sym_merkle_leaf(hash, e->leaf_bytes);
    if (r->err == SYM_OK) {
        r->err = sym_audit_tree_add(&r->tree, hash);
    }
    count_entry(r, e);
    return r->err == SYM_OK && !r->exchanges.failed;
}

static enum sym_err check(struct sym_report *r, struct sym_fault *fault)
{
    uint8_t root[SYM_HASH_BYTES];
    if (r->err != SYM_OK) {
        *fault = r->fault;
        return r->err;
    }
    if (r->erasures.open) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "entry %" PRIu64 " " SYM_ERASURES_FAULT
                        "; there is no report of a log that is wrong",
                        r->erasures.index);
    }
    if (r->exchanges.failed || r->denials.failed || r->approvals.failed || r->budgets.failed ||
        r->changes.failed || r->refused.failed || r->alarms.failed) {
        return sym_fail(fault, SYM_NO_MEMORY, "the report %s", sym_err_text(SYM_NO_MEMORY));
    }
    if (r->tree.size != r->head.checkpoint.size || sym_audit_tree_root(root, &r->tree) != SYM_OK ||
        memcmp(root, r->head.checkpoint.root, sizeof root) != 0) {
        return sym_fail(fault, SYM_BAD_TAG,
                        "the entries do not make the root of the signed checkpoint; there is no "
                        "report of a log that is wrong, see \"symbolon log verify\"");
    }
    return SYM_OK;
}

enum sym_err sym_report_collect(struct sym_report *r, struct sym_client *client,
                                struct sym_fault *fault)
{
    begin(r);
    r->self = client->node;
    memcpy(r->name, client->card.name, sizeof r->name);
    enum sym_err err = sym_audit_head_good(&r->head, client, fault);
    if (err == SYM_OK) {
        const struct sym_audit_walk walk = {
            .query = {.bodies = true, .generation = r->head.head.generation},
            .label = "reading the log",
            .total = r->head.checkpoint.size};
        err = sym_audit_walk(client, &walk, take, r, fault);
    }
    return err == SYM_OK ? check(r, fault) : err;
}
