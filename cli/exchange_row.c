#include "cli/exchange_row.h"

#include "cli/epsilon.h"
#include "cli/format.h"
#include "cli/terms.h"
#include "proto/control.h"
#include "proto/keys.h"
#include "proto/overlap_agree.h"
#include "proto/table_mode.h"
#include "proto/tabulation.h"

#include <inttypes.h>

const struct sym_column sym_exchange_columns[2] = {{.title = NULL}, {.title = NULL}};

const char *sym_exchange_state_text(uint32_t state)
{
    static const char *const texts[SYM_EXCHANGE_STATE_COUNT] = {
        [SYM_EXCHANGE_WAITING] = "waiting", [SYM_EXCHANGE_RUNNING] = "running",
        [SYM_EXCHANGE_HELD] = "held",       [SYM_EXCHANGE_DONE] = "done",
        [SYM_EXCHANGE_DENIED] = "denied",   [SYM_EXCHANGE_ABORTED] = "aborted"};
    return state < SYM_EXCHANGE_STATE_COUNT ? texts[state] : "unknown";
}

const char *sym_exchange_kind_text(const struct sym_exchange_entry *e)
{
    return e->kind == SYM_KIND_TABULATE ? sym_tab_shape_text(e->shape) : sym_kind_text(e->kind);
}

bool sym_exchange_is_of_many(const struct sym_exchange_entry *e)
{
    return e->kind == SYM_KIND_TABULATE || e->kind == SYM_KIND_OVERLAP_TABLE;
}

static const char *mode_of(const struct sym_exchange_entry *e)
{
    return sym_table_mode_text(e->epsilon_nano == 0 ? SYM_TABLE_EXACT : SYM_TABLE_DP);
}

static size_t lists_of(const struct sym_exchange_entry *e)
{
    size_t n = e->parties.len / SYM_NODE_ID_BYTES;
    return n > 0 ? n - 1 : 0;
}

static struct sym_span party_at(const struct sym_exchange_entry *e, size_t i)
{
    return sym_span(e->parties.data + i * SYM_NODE_ID_BYTES, SYM_NODE_ID_BYTES);
}

static void put_parties(struct sym_json *j, const struct sym_exchange_entry *e,
                        const struct sym_parties *parties)
{
    if (parties == NULL || lists_of(e) == 0) {
        return;
    }
    sym_json_array(j, "lists");
    for (size_t i = 0; i < lists_of(e); i++) {
        sym_party_put_json(j, NULL, parties, party_at(e, i));
    }
    sym_json_end(j);
    sym_party_put_json(j, "tallier", parties, party_at(e, lists_of(e)));
}

void sym_exchange_put_json(struct sym_json *j, const char *key, const struct sym_exchange_entry *e,
                           const struct sym_parties *parties)
{
    sym_json_object(j, key);
    sym_json_hex(j, "id", e->id);
    sym_json_text(j, "peer", e->alias);
    sym_json_hex(j, "peer_id", e->peer);
    sym_json_string(j, "role", sym_exchange_role_text(e->role));
    sym_json_string(j, "kind", sym_kind_text(e->kind));
    sym_json_string(j, "state", sym_exchange_state_text(e->state));
    sym_json_string(j, "result", sym_err_name((enum sym_err)e->result));
    sym_json_text(j, "fault", e->fault);
    sym_json_string(j, "reason", sym_reason_text(e->reason));
    sym_json_string(j, "purpose", sym_purpose_text(e->purpose));
    sym_json_string(j, "basis", sym_basis_text(e->basis));
    sym_json_text(j, "case", e->case_ref);
    sym_json_text(j, "note", e->note);
    sym_json_text(j, "user", e->user);
    sym_json_text(j, "approver", e->approver);
    sym_json_text(j, "mine", e->mine);
    sym_json_text(j, "theirs", e->theirs);
    sym_json_string(j, "type", sym_terms_type_text(e->type));
    sym_json_number(j, "own_size", e->own_size);
    sym_json_number(j, "peer_size", e->peer_size);
    sym_json_number(j, "common", e->common);
    sym_json_number(j, "records", e->records);
    sym_json_bool(j, "has_result", e->has_result);
    sym_json_time(j, "started", e->started_ms / 1000);
    sym_json_time(j, "ended", e->ended_ms / 1000);
    sym_json_number(j, "bytes_sent", e->bytes_sent);
    sym_json_number(j, "bytes_received", e->bytes_received);
    sym_json_number(j, "min_result", e->min_result);
    sym_json_bool(j, "withheld", e->withheld);
    if (e->engine != 0) {
        sym_json_string(j, "engine", sym_overlap_engine_text(e->engine));
        sym_json_string(j, "engine_why", sym_overlap_why_text(e->why));
    }
    if (e->kind == SYM_KIND_OVERLAP_MATCHES && e->role == SYM_AS_INITIATOR) {
        sym_json_string(j, "rule", sym_overlap_rule_text(e->rule));
    }
    if (e->kind == SYM_KIND_TABULATE) {
        sym_json_string(j, "shape", sym_tab_shape_text(e->shape));
        sym_json_hex(j, "tabulation", e->tabulation);
        sym_json_number(j, "participants", e->participants);
        sym_json_number(j, "cells", e->cells);
        sym_json_number(j, "epsilon_nano", e->epsilon_nano);
        sym_json_bool(j, "answered_before", e->answered_before);
    }
    if (e->kind == SYM_KIND_OVERLAP_TABLE) {
        sym_json_hex(j, "table", e->tabulation);
        sym_json_string(j, "mode", mode_of(e));
        sym_json_number(j, "participants", e->participants);
        sym_json_number(j, "cells", e->cells);
        sym_json_number(j, "epsilon_nano", e->epsilon_nano);
        put_parties(j, e, parties);
    }
    sym_json_end(j);
}

static void put_text(struct sym_table *t, const char *name, struct sym_span text)
{
    if (text.len > 0) {
        sym_table_format(t, "%s", name);
        sym_table_text(t, text);
    }
}

static void put_time(struct sym_table *t, const char *name, uint64_t time_ms)
{
    if (time_ms > 0) {
        sym_table_format(t, "%s", name);
        sym_table_time(t, time_ms / 1000);
    }
}

static const char *identifiers(uint32_t n)
{
    return n == 1 ? "identifier" : "identifiers";
}

static void put_size(struct sym_table *t, const char *name, struct sym_span dataset, uint32_t size)
{
    char text[SYM_FORMAT_TEXT_BYTES(SYM_ALIAS_BYTES)];
    sym_format_text(text, sizeof text, dataset);
    if (dataset.len == 0 && size == 0) {
        return;
    }
    sym_table_format(t, "%s", name);
    if (size > 0) {
        sym_table_format(t, "%s%s%" PRIu32 " %s", text, *text != '\0' ? ", " : "", size,
                         identifiers(size));
    } else {
        sym_table_format(t, "%s", text);
    }
}

static void put_state(struct sym_table *t, const struct sym_exchange_entry *e)
{
    char fault[SYM_FORMAT_TEXT_BYTES(SYM_FAULT_BYTES)];
    sym_format_text(fault, sizeof fault, e->fault);
    sym_table_format(t, "state");
    if (e->fault.len > 0 && e->state != SYM_EXCHANGE_DONE) {
        sym_table_format(t, "%s: %s", sym_exchange_state_text(e->state), fault);
    } else if (e->reason != SYM_REASON_NONE) {
        sym_table_format(t, "%s: %s", sym_exchange_state_text(e->state),
                         sym_reason_text(e->reason));
    } else {
        sym_table_format(t, "%s", sym_exchange_state_text(e->state));
    }
}

/* What the side that asked learned of the other. */
static void put_answer(struct sym_table *t, bool matches, const char *other)
{
    if (matches) {
        sym_table_format(t, "which of its own records %s has, too, and how many identifiers %s has",
                         other, other);
    } else {
        sym_table_format(t, "how many identifiers both have, and how many %s has", other);
    }
}

/* For an overlap that is done: what each side knows now. */
static void put_learned(struct sym_table *t, const struct sym_exchange_entry *e)
{
    bool matches = e->kind == SYM_KIND_OVERLAP_MATCHES;
    if (e->state != SYM_EXCHANGE_DONE || (e->kind != SYM_KIND_OVERLAP_COUNT && !matches)) {
        return;
    }
    if (e->role != SYM_AS_INITIATOR) {
        sym_table_format(t, "this node learned");
        sym_table_format(t, "how many identifiers the peer has");
        sym_table_format(t, "the peer learned");
        put_answer(t, matches, "this node");
        return;
    }
    sym_table_format(t, "common");
    if (e->withheld) {
        sym_table_format(t, "withheld: fewer than %" PRIu32 " %s", e->min_result,
                         identifiers(e->min_result));
        sym_table_format(t, "this node learned");
        sym_table_format(t, "how many identifiers the peer has; the result was not kept");
        sym_table_format(t, "the peer learned");
        sym_table_format(t, "how many identifiers this node has");
        return;
    }
    sym_table_format(t, "%" PRIu32 " %s", e->common, identifiers(e->common));
    if (matches) {
        sym_table_format(t, "records");
        sym_table_format(t, "%" PRIu64, e->records);
    }
    sym_table_format(t, "this node learned");
    put_answer(t, matches, "the peer");
    sym_table_format(t, "the peer learned");
    sym_table_format(t, "how many identifiers this node has");
}

static void put_kind(struct sym_table *t, const struct sym_exchange_entry *e)
{
    const char *asked = e->role == SYM_AS_INITIATOR ? "asked by this node" : "asked by the peer";
    sym_table_format(t, "kind");
    if (e->kind == SYM_KIND_TABULATE) {
        sym_table_format(t, "%s, %s", sym_exchange_kind_text(e), asked);
    } else {
        bool two = e->rule == SYM_RULE_TWO;
        sym_table_format(t, "%s, %s; identifiers: %s%s", sym_kind_text(e->kind), asked,
                         sym_terms_type_text(e->type),
                         two ? "; keys of persons: two at least" : "");
    }
}

/* Who has a list, and who counts. */
static void put_lists(struct sym_table *t, const struct sym_exchange_entry *e,
                      const struct sym_parties *parties)
{
    char names[SYM_PARTIES_BYTES] = "";
    char name[SYM_PARTY_BYTES];
    if (parties == NULL || lists_of(e) == 0) {
        return;
    }
    for (size_t i = 0; i < lists_of(e); i++) {
        sym_party_name(name, parties, party_at(e, i));
        sym_parties_add(names, i, name);
    }
    sym_parties_end(names, lists_of(e));
    sym_table_format(t, "of");
    sym_table_format(t, "%s", names);
    sym_party_name(name, parties, party_at(e, lists_of(e)));
    sym_table_format(t, "counted by");
    sym_table_format(t, "%s", name);
}

/* What was counted together, and what that cost. */
static void put_tabulation(struct sym_table *t, const struct sym_exchange_entry *e,
                           const struct sym_parties *parties)
{
    char epsilon[SYM_EPSILON_BYTES];
    sym_epsilon_text(epsilon, e->epsilon_nano);
    if (e->kind == SYM_KIND_OVERLAP_TABLE && e->tabulation.len == SYM_EXCHANGE_ID_BYTES) {
        char hex[2 * SYM_EXCHANGE_ID_BYTES + 1];
        sym_hex(hex, e->tabulation.data, e->tabulation.len);
        sym_table_format(t, "table"); /* the same at all parties; the exchange is not */
        sym_table_format(t, "%s", hex);
    }
    put_text(t, "dataset", e->mine.len > 0 ? e->mine : e->theirs);
    if (e->participants > 0) {
        sym_table_format(t, e->kind == SYM_KIND_OVERLAP_TABLE ? "lists" : "participants");
        sym_table_format(t, "%" PRIu32, e->participants);
    }
    put_lists(t, e, parties);
    if (e->kind == SYM_KIND_OVERLAP_TABLE && e->own_size > 0) {
        sym_table_format(t, "own list");
        sym_table_format(t, "%" PRIu32 " %s", e->own_size, identifiers(e->own_size));
    }
    if (e->cells > 0) {
        bool exact = e->kind == SYM_KIND_OVERLAP_TABLE && e->epsilon_nano == 0;
        sym_table_format(t, "cells");
        sym_table_format(t, "%" PRIu32, e->cells);
        sym_table_format(t, "epsilon");
        sym_table_format(t, "%s%s", exact ? "none: exact counts" : epsilon,
                         e->answered_before ? " when it was first answered, and nothing here" : "");
        if (e->kind == SYM_KIND_OVERLAP_TABLE) {
            sym_table_format(t, "mode");
            sym_table_format(t, "%s", mode_of(e));
        }
    }
    if (e->withheld) {
        sym_table_format(t, "release");
        sym_table_format(t, "withheld: who asked has it, and has not passed it on");
    } else if (e->has_result) {
        sym_table_format(t, "release");
        sym_table_format(t, "the same for all participants; see \"symbolon exchange result\"");
    }
}

static void put_sizes(struct sym_table *t, const struct sym_exchange_entry *e,
                      const struct sym_parties *parties)
{
    if (sym_exchange_is_of_many(e)) {
        put_tabulation(t, e, parties);
        return;
    }
    put_size(t, "own dataset", e->mine, e->own_size);
    put_size(t, "peer's dataset", e->theirs, e->peer_size);
    if (e->engine != 0) {
        sym_table_format(t, "engine");
        sym_table_format(t, "%s%s%s", sym_overlap_engine_text(e->engine), e->why != 0 ? ": " : "",
                         sym_overlap_why_text(e->why));
    }
}

void sym_exchange_put_lines(struct sym_table *t, const struct sym_exchange_entry *e,
                            const struct sym_parties *parties)
{
    char sent[SYM_FORMAT_BYTES];
    char received[SYM_FORMAT_BYTES];
    char hex[2 * SYM_EXCHANGE_ID_BYTES + 1] = "";
    sym_hex(hex, e->id.data, e->id.len);
    sym_format_bytes(sent, e->bytes_sent);
    sym_format_bytes(received, e->bytes_received);
    sym_table_format(t, "exchange");
    sym_table_format(t, "%s", hex);
    put_text(t, "peer", e->alias);
    put_kind(t, e);
    put_state(t, e);
    sym_table_format(t, "purpose");
    sym_table_format(t, "%s, basis %s", sym_purpose_text(e->purpose), sym_basis_text(e->basis));
    put_text(t, "case", e->case_ref);
    put_text(t, "note", e->note);
    put_text(t, "user", e->user);
    put_text(t, "approver", e->approver);
    put_sizes(t, e, parties);
    put_time(t, "started", e->started_ms);
    put_time(t, "ended", e->ended_ms);
    /* Of an own tabulation the bytes are those of its parts. */
    if (!sym_exchange_is_of_many(e) || e->bytes_sent > 0 || e->bytes_received > 0) {
        sym_table_format(t, "sent");
        sym_table_format(t, "%s", sent);
        sym_table_format(t, "received");
        sym_table_format(t, "%s", received);
    }
    put_learned(t, e);
}
