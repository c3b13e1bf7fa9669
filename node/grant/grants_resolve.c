#include "node/grant/grants_state.h"

#include <stdio.h>
#include <string.h>

static enum sym_err check_decision(const struct sym_held_item *item,
                                   const struct sym_request_decision *decision,
                                   const struct sym_author *author, struct sym_fault *fault)
{
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1] = "";
    if (decision->id.len == SYM_EXCHANGE_ID_BYTES) {
        sym_hex(id, decision->id.data, SYM_EXCHANGE_ID_BYTES);
    }
    if ((author->roles & SYM_USER_APPROVER) == 0) {
        return sym_fail(fault, SYM_DENIED,
                        "request %s: %s has not the approver role; ask somebody who has", id,
                        author->user);
    }
    if (item == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "request %s: does not exist, or was decided more than a day ago; "
                        "\"symbolon requests\" lists those that wait",
                        id);
    }
    if (item->terms.state == SYM_HELD_EXPIRED) {
        return sym_fail(fault, SYM_EXPIRED,
                        "request %s: has waited for a day and expired; the peer has to ask again",
                        id);
    }
    if (item->terms.state == SYM_HELD_CANCELLED) {
        return sym_fail(fault, SYM_WRONG_STATE,
                        "request %s: was cancelled by the peer; nothing is left to decide", id);
    }
    if (item->terms.state != SYM_HELD_WAITING) {
        return sym_fail(fault, SYM_WRONG_STATE, "request %s: was decided before: %s%s%s", id,
                        sym_held_state_text(item->terms.state),
                        item->decided_by[0] != '\0' ? ", by " : "", item->decided_by);
    }
    if (decision->why.len > SYM_REASON_BYTES_MAX ||
        (!decision->approve && decision->why.len == 0)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "request %s: a denial needs a reason of 1 to %u bytes, which the peer will "
                        "read; give one with --why",
                        id, SYM_REASON_BYTES_MAX);
    }
    return SYM_OK;
}

struct resolving {
    struct sym_grants *grants;
    const struct sym_author *author;
    const struct sym_held_item *item;
    bool approved; /* now, or when it was cancelled */
};

/* The item as it is now, and an entry about it; the rest of body is filled in. */
static enum sym_err put_with_entry(struct sym_transaction *t, const struct resolving *c,
                                   enum sym_entry_kind kind, struct sym_entry_body *body)
{
    struct sym_held_request row;
    sym_held_item_row(c->grants, &row, c->item);
    body->alias = row.alias;
    body->subject = sym_span_text(c->item->dataset);
    body->exchange_kind = row.kind;
    const struct sym_entry entry = {
        .kind = kind, .exchange_id = c->item->id, .initiator = &c->item->peer, .body = body};
    enum sym_err err = sym_held_item_put(c->grants, t, c->item);
    return err == SYM_OK ? sym_log_append(c->grants->config.log, t, &entry, NULL) : err;
}

static enum sym_err put_resolved(struct sym_transaction *t, void *context)
{
    const struct resolving *c = context;
    struct sym_entry_body body = {
        .event = sym_span_text(c->approved ? "request-approved" : "request-refused"),
        .approver = sym_span_text(c->author->user),
        .approval = c->author->command};
    return put_with_entry(t, c, SYM_ENTRY_APPROVAL, &body);
}

enum sym_err sym_grants_resolve(struct sym_grants *g, struct sym_held_request *out,
                                const struct sym_request_decision *decision,
                                const struct sym_author *author, struct sym_fault *fault)
{
    uint64_t now_ms = sym_grants_now(g);
    enum sym_err err = sym_held_tidy(g, now_ms);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "requests: the change %s; nothing was decided",
                        sym_err_text(err));
    }
    struct sym_held_item *item = sym_held_find(g, decision->id);
    err = check_decision(item, decision, author, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_held_item decided = *item;
    decided.terms.state = decision->approve ? SYM_HELD_APPROVED : SYM_HELD_DENIED;
    decided.terms.decided_ms = now_ms;
    decided.reason = decision->approve ? SYM_REASON_NONE : SYM_REASON_APPROVER;
    if (decision->approve) {
        decided.terms.expires_ms = now_ms + SYM_HELD_MS;
    }
    (void)snprintf(decided.decided_by, sizeof decided.decided_by, "%s", author->user);
    if (decision->why.len > 0) {
        memcpy(decided.why, decision->why.data, decision->why.len);
    }
    struct resolving c = {
        .grants = g, .author = author, .item = &decided, .approved = decision->approve};
    err = sym_store_write(g->config.store, put_resolved, &c);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "request: the decision %s; nothing was decided",
                        sym_err_text(err));
    }
    *item = decided;
    sym_held_item_row(g, out, item);
    return SYM_OK;
}

/* Cancelled by the peer ------------------------------------------------------------------------ */

static enum sym_err put_withdrawn(struct sym_transaction *t, void *context)
{
    const struct resolving *c = context;
    struct sym_entry_body body = {.event = sym_span_text("request-cancelled"),
                                  .reason = SYM_REASON_CANCELLED,
                                  .detail = sym_span_text(c->approved
                                                              ? "by the peer, after it was approved"
                                                              : "by the peer, while it waited")};
    return put_with_entry(t, c, SYM_ENTRY_DECIDED, &body);
}

static bool is_asked_as(const struct sym_held_item *item, const uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    static const uint8_t none[SYM_EXCHANGE_ID_BYTES];
    bool newest =
        sym_equal(item->asked_id, id, sizeof item->asked_id) && !sym_equal(id, none, sizeof none);
    return newest || sym_equal(item->id, id, sizeof item->id);
}

static struct sym_held_item *find_asked(struct sym_grants *g, const struct sym_node_id *peer,
                                        const uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    for (size_t i = 0; i < g->n_held; i++) {
        struct sym_held_item *item = &g->held[i];
        if (sym_node_id_equal(&item->peer, peer) && is_asked_as(item, id)) {
            return item;
        }
    }
    return NULL;
}

enum sym_err sym_grants_withdraw(struct sym_grants *g, const struct sym_node_id *peer,
                                 const uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    struct sym_held_item *item = find_asked(g, peer, id);
    if (item == NULL) {
        return SYM_NOT_FOUND;
    }
    if (!sym_held_is_open(item)) {
        return SYM_OK;
    }
    struct sym_held_item withdrawn = *item;
    withdrawn.terms.state = SYM_HELD_CANCELLED;
    withdrawn.terms.decided_ms = sym_grants_now(g);
    struct resolving c = {
        .grants = g, .item = &withdrawn, .approved = item->terms.state == SYM_HELD_APPROVED};
    enum sym_err err = sym_store_write(g->config.store, put_withdrawn, &c);
    if (err == SYM_OK) {
        *item = withdrawn;
    }
    return err;
}
