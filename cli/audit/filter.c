#include "cli/audit/filter.h"

#include "cli/audit/when.h"
#include "cli/exchange_id.h"
#include "cli/format.h"
#include "cli/terms.h"

#include <string.h>

#define KINDS_MAX (SYM_ENTRY_KIND_MAX + 1u)

static enum sym_err unknown_word(struct sym_fault *fault, const char *option, const char *text,
                                 const char *words)
{
    char shown[SYM_FAULT_BYTES];
    sym_format_text(shown, sizeof shown, sym_span_text(text));
    return sym_fail(fault, SYM_BAD_VALUE, "--%s: \"%.40s\" is not one of %s", option, shown, words);
}

static enum sym_err read_kinds(struct sym_audit_filter *f, const struct sym_args *args,
                               struct sym_fault *fault)
{
    const char *words[SYM_GIVEN_MAX];
    size_t n = sym_args_values(words, SYM_GIVEN_MAX, args, "kind");
    for (size_t i = 0; i < n; i++) {
        uint32_t kind = 1;
        while (kind < KINDS_MAX && strcmp(words[i], sym_entry_kind_text(kind)) != 0) {
            kind++;
        }
        if (kind == KINDS_MAX || strcmp(words[i], "unknown") == 0) {
            return unknown_word(fault, "kind", words[i], SYM_AUDIT_KINDS);
        }
        f->query.kinds |= UINT64_C(1) << kind;
    }
    return SYM_OK;
}

static enum sym_err read_decision(struct sym_audit_filter *f, const struct sym_args *args,
                                  struct sym_fault *fault)
{
    const char *text = sym_args_value(args, "decision");
    if (text == NULL) {
        return SYM_OK;
    }
    for (uint32_t d = SYM_DECISION_GRANTED; d <= SYM_DECISION_DENIED; d++) {
        f->decision = strcmp(text, sym_decision_text(d)) == 0 ? d : f->decision;
    }
    return f->decision != 0 ? SYM_OK
                            : unknown_word(fault, "decision", text, "granted, held, denied");
}

static enum sym_err read_period(struct sym_audit_filter *f, const struct sym_args *args,
                                struct sym_fault *fault)
{
    enum sym_err err = sym_when_from(&f->query.from_ms, args, "since", fault);
    if (err == SYM_OK) {
        err = sym_when_until(&f->query.until_ms, args, "until", fault);
    }
    if (err == SYM_OK && f->query.until_ms != 0 && f->query.from_ms >= f->query.until_ms) {
        return sym_fail(fault, SYM_BAD_VALUE, "--since lies behind --until");
    }
    return err;
}

enum sym_err sym_audit_filter_read(struct sym_audit_filter *out, const struct sym_args *args,
                                   struct sym_fault *fault)
{
    *out = (struct sym_audit_filter){.peer = sym_args_value(args, "peer"),
                                     .exchange = sym_args_value(args, "exchange"),
                                     .case_ref = sym_args_value(args, "case"),
                                     .limit = UINT64_MAX,
                                     .query = {.bodies = true}};
    const char *purpose = sym_args_value(args, "purpose");
    struct sym_id_search digits;
    struct sym_fault why;
    if (purpose != NULL && sym_terms_purpose(&out->purpose, purpose, &why) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "--purpose: %.280s", why.text);
    }
    if (out->exchange != NULL && sym_id_search(&digits, out->exchange, &why) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "--exchange: %.280s", why.text);
    }
    if (out->case_ref != NULL &&
        (*out->case_ref == '\0' || strlen(out->case_ref) > SYM_CASE_BYTES_MAX)) {
        return sym_fail(fault, SYM_BAD_VALUE, "--case: takes 1 to %u bytes", SYM_CASE_BYTES_MAX);
    }
    enum sym_err err = read_kinds(out, args, fault);
    if (err == SYM_OK) {
        err = read_decision(out, args, fault);
    }
    if (err == SYM_OK) {
        err = read_period(out, args, fault);
    }
    return err == SYM_OK
               ? sym_args_number(&out->limit, args, "limit", 1, (uint64_t)INT64_MAX, fault)
               : err;
}

bool sym_audit_filter_remembers(const struct sym_audit_filter *f)
{
    return f->purpose != 0 || f->case_ref != NULL;
}

void sym_audit_filter_forget(struct sym_audit_filter *f)
{
    sym_ids_clear(&f->wanted);
    f->taken = 0;
}

enum sym_err sym_audit_filter_resolve(struct sym_audit_filter *f, struct sym_client *client,
                                      struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    if (f->peer != NULL) {
        err = sym_audit_peer(f->peer_id, client, f->peer, fault);
        f->query.peer = sym_span(f->peer_id, sizeof f->peer_id);
    }
    if (err == SYM_OK && f->exchange != NULL) {
        err = sym_audit_exchange(f->exchange_id, client, f->exchange, fault);
        f->query.exchange_id = sym_span(f->exchange_id, sizeof f->exchange_id);
    }
    f->asked = f->query;
    if (sym_audit_filter_remembers(f)) {
        f->asked.kinds = 0;
        f->asked.from_ms = 0;
    }
    return err;
}

/* What the node was asked to leave out. */
static bool is_in_query(const struct sym_log_query *q, const struct sym_audit_entry *e)
{
    const struct sym_leaf *l = &e->leaf;
    bool in_time = l->time_ms >= q->from_ms && (q->until_ms == 0 || l->time_ms < q->until_ms);
    bool of_kind = q->kinds == 0 || (l->kind < 64 && (q->kinds >> l->kind & 1) != 0);
    bool of_peer = q->peer.len == 0 || sym_span_equal(q->peer, l->initiator) ||
                   sym_span_equal(q->peer, l->responder);
    bool of_exchange = q->exchange_id.len == 0 || sym_audit_is_of(e, q->exchange_id);
    return in_time && of_kind && of_peer && of_exchange;
}

static bool is_of_matter(struct sym_audit_filter *f, const struct sym_audit_entry *e)
{
    struct sym_span id = e->leaf.exchange_id;
    if (!sym_audit_filter_remembers(f)) {
        return true;
    }
    if (id.len == SYM_EXCHANGE_ID_BYTES && sym_ids_find(&f->wanted, id.data) != SYM_NO_ID) {
        return true;
    }
    bool wanted = (f->purpose == 0 || e->body.purpose == f->purpose) &&
                  (f->case_ref == NULL ||
                   sym_audit_opens(&e->body, SYM_OPENED_CASE, sym_span_text(f->case_ref)));
    if (wanted && id.len == SYM_EXCHANGE_ID_BYTES) {
        f->failed |= sym_ids_add(&f->wanted, id.data) == SYM_NO_ID;
    }
    return wanted;
}

bool sym_audit_filter_takes(struct sym_audit_filter *f, const struct sym_audit_entry *entry)
{
    bool takes = entry->fault != NULL;
    if (!takes) {
        bool of_matter = is_of_matter(f, entry);
        takes = of_matter && is_in_query(&f->query, entry) &&
                (f->decision == 0 || entry->body.decision == f->decision);
    }
    f->taken += takes ? 1 : 0;
    return takes;
}

void sym_audit_filter_clear(struct sym_audit_filter *f)
{
    sym_ids_clear(&f->wanted);
}
