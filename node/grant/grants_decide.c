#include "node/grant/grants_state.h"
#include "proto/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELD_FULL "too many requests of this kind wait for an approver; try again later"

/* What a decision has changed in memory, to be put into the store, or taken back. */
struct sym_grants_step {
    struct sym_grants *grants;
    bool patterned; /* counted as one of its peer's */
    bool counts;
    struct sym_node_id peer; /* and number: the grant it is counted under */
    uint64_t number;
    struct sym_asked before;
    struct sym_asked after;
    bool holds;
    bool gives_back; /* an approval */
    bool held_is_new;
    uint8_t held_id[SYM_EXCHANGE_ID_BYTES];
    struct sym_held_item held_before;
};

static struct sym_grant_item *find_number(struct sym_grants *g, const struct sym_grants_step *s)
{
    for (size_t i = 0; i < g->n; i++) {
        if (g->items[i].number == s->number && sym_node_id_equal(&g->items[i].peer, &s->peer)) {
            return &g->items[i];
        }
    }
    return NULL;
}

static enum sym_err log_given_back(struct sym_grants *g, struct sym_transaction *t,
                                   const struct sym_held_item *item)
{
    struct sym_held_request row;
    sym_held_item_row(g, &row, item);
    const struct sym_entry_body body = {
        .event = sym_span_text("approval-kept"),
        .alias = row.alias,
        .subject = row.dataset,
        .exchange_kind = row.kind,
        .detail = sym_span_text("what it was given for came to nothing, and cost nothing")};
    const struct sym_entry entry = {.kind = SYM_ENTRY_DECIDED,
                                    .exchange_id = item->id,
                                    .initiator = &item->peer,
                                    .body = &body};
    return sym_log_append(g->config.log, t, &entry, NULL);
}

/* As they are now: a grant may have been revoked since, or a later decision counted. */
enum sym_err sym_grants_put(const struct sym_grants_step *s, struct sym_transaction *t)
{
    struct sym_grants *g = s->grants;
    const struct sym_grant_item *item = s->counts ? find_number(g, s) : NULL;
    const struct sym_held_item *held =
        s->holds ? sym_held_find(g, sym_span(s->held_id, sizeof s->held_id)) : NULL;
    const struct sym_pattern_item *pattern = s->patterned ? sym_pattern_item_of(g, &s->peer) : NULL;
    enum sym_err err = item != NULL ? sym_asked_item_put(t, item) : SYM_OK;
    if (err == SYM_OK && pattern != NULL) {
        err = sym_pattern_item_put(t, pattern);
    }
    if (err == SYM_OK && held != NULL) {
        err = sym_held_item_put(g, t, held);
    }
    return err == SYM_OK && held != NULL && s->gives_back ? log_given_back(g, t, held) : err;
}

static void take_back_held(struct sym_grants *g, const struct sym_grants_step *s)
{
    struct sym_held_item *held = sym_held_find(g, sym_span(s->held_id, sizeof s->held_id));
    if (held == NULL) {
        return;
    }
    if (!s->held_is_new) {
        *held = s->held_before;
        return;
    }
    size_t at = (size_t)(held - g->held);
    sym_held_item_clear(held);
    g->n_held--;
    memmove(held, held + 1, (g->n_held - at) * sizeof *held);
}

void sym_grants_end(struct sym_grants_step *s, enum sym_err err)
{
    if (s == NULL) {
        return;
    }
    struct sym_grant_item *item = s->counts ? find_number(s->grants, s) : NULL;
    /* What was counted on top of it stays, and this one with it. */
    if (err != SYM_OK && item != NULL && memcmp(&item->asked, &s->after, sizeof s->after) == 0) {
        item->asked = s->before;
    }
    struct sym_pattern_item *pattern =
        s->patterned ? sym_pattern_item_of(s->grants, &s->peer) : NULL;
    if (pattern != NULL && err == SYM_OK) {
        pattern->dirty = false; /* otherwise it is counted all the same, and written later */
    }
    if (err != SYM_OK && s->holds) {
        take_back_held(s->grants, s);
    }
    free(s);
}

void sym_grants_close(struct sym_grants *g)
{
    if (g != NULL) {
        sym_patterns_clear(g);
        sym_held_clear(g);
        free(g);
    }
}

static void count_pattern(struct sym_grants_step *s, const struct sym_ask *ask, bool probe)
{
    struct sym_pattern_item *item = sym_pattern_item_of(s->grants, &ask->peer->id);
    if (item != NULL) {
        sym_pattern_add(&item->pattern, ask->request->kind, probe, ask->wall_ms);
        item->dirty = true;
        s->patterned = true;
    }
}

static struct sym_policy_ask policy_ask(const struct sym_ask *ask, uint32_t asked, bool approved)
{
    return (struct sym_policy_ask){.kind = ask->request->kind,
                                   .purpose = ask->request->purpose,
                                   .basis = ask->request->basis,
                                   .engines = ask->engines,
                                   .type = ask->type,
                                   .elements = ask->elements,
                                   .mode = ask->mode,
                                   .no_list = ask->no_list,
                                   .now_s = ask->wall_ms / 1000,
                                   .asked = asked,
                                   .approved = approved,
                                   .must_hold = ask->must_hold,
                                   .is_known = ask->is_known};
}

static struct sym_grant_item *find_item(struct sym_grants *g, const struct sym_ask *ask)
{
    const struct sym_request *r = ask->request;
    return ask->dataset_known ? sym_grants_find(g, &ask->peer->id, r->dataset, r->kind) : NULL;
}

void sym_grants_look(struct sym_grants *g, struct sym_policy_verdict *out,
                     const struct sym_ask *ask)
{
    const struct sym_grant_item *item = find_item(g, ask);
    uint32_t asked = item != NULL ? sym_asked_count(&item->asked, ask->wall_ms) : 0;
    struct sym_policy_ask p = policy_ask(ask, asked, false);
    sym_policy_decide(out, item != NULL ? &item->limits : NULL, &p);
}

static void set_approval(struct sym_approval *approval, const struct sym_held_item *item)
{
    memcpy(approval->approver, item->decided_by, sizeof approval->approver);
    memcpy(approval->held_id, item->id, sizeof approval->held_id);
}

/* Was an approver told of what makes it wait now? It may have come up since. */
static bool told_of(const struct sym_held_item *item, const char *must_hold)
{
    return must_hold == NULL || strstr(item->because, must_hold) != NULL;
}

/* It waits for a decision that knows of this. */
static void hold_anew(struct sym_grants_step *s, struct sym_held_item *item,
                      const struct sym_ask *ask, const char *because)
{
    s->holds = true;
    s->held_before = *item;
    memcpy(s->held_id, item->id, sizeof s->held_id);
    item->terms.state = SYM_HELD_WAITING;
    item->terms.received_ms = ask->wall_ms;
    item->terms.expires_ms = ask->wall_ms + SYM_HELD_MS;
    item->terms.decided_ms = 0;
    memset(item->decided_by, 0, sizeof item->decided_by);
    memset(item->why, 0, sizeof item->why);
    (void)snprintf(item->because, sizeof item->because, "%s", because);
}

/* A request that was held before and comes again: counted then. The grant may have changed since.
 */
static void decide_again(struct sym_grants_step *s, struct sym_policy_verdict *out,
                         struct sym_approval *approval, const struct sym_ask *ask,
                         const struct sym_grant *grant, struct sym_held_item *item)
{
    if (item->terms.state == SYM_HELD_DENIED) {
        *out = (struct sym_policy_verdict){.decision = SYM_DECISION_DENIED,
                                           .reason = (enum sym_reason)item->reason,
                                           .cause = "approver"};
        memcpy(out->remark, item->why, sizeof out->remark);
        return;
    }
    bool told = told_of(item, ask->must_hold);
    struct sym_policy_ask p = policy_ask(ask, 0, told && item->terms.state == SYM_HELD_APPROVED);
    const struct sym_grant_item *given =
        sym_grants_find(s->grants, &ask->peer->id, ask->request->dataset, ask->request->kind);
    p.evaluated = given != NULL ? sym_asked_count(&given->evaluated, ask->wall_ms) : 0;
    sym_policy_decide(out, grant, &p);
    if (out->decision == SYM_DECISION_HELD) {
        memcpy(approval->held_id, item->id, sizeof approval->held_id);
        if (!told) {
            hold_anew(s, item, ask, out->remark);
        }
        memcpy(item->asked_id, ask->request->exchange_id.data, sizeof item->asked_id);
        return;
    }
    struct sym_held_item decided = *item;
    decided.terms.state = SYM_HELD_USED;
    if (out->decision == SYM_DECISION_DENIED) {
        decided.terms.state = SYM_HELD_DENIED;
        decided.reason = (uint32_t)out->reason;
        memset(decided.decided_by, 0, sizeof decided.decided_by);
        memcpy(decided.why, out->remark, sizeof decided.why);
    }
    decided.terms.decided_ms = ask->wall_ms;
    decided.in_use = decided.terms.state == SYM_HELD_USED;
    s->holds = true;
    s->held_before = *item;
    memcpy(s->held_id, item->id, sizeof s->held_id);
    *item = decided;
    set_approval(approval, item);
}

static void count(struct sym_grants_step *s, struct sym_grant_item *item, uint64_t wall_ms)
{
    s->before = item->asked;
    s->counts = sym_asked_add(&item->asked, wall_ms);
    s->after = item->asked;
    s->number = item->number;
}

static enum sym_err decide_fresh(struct sym_grants_step *s, struct sym_policy_verdict *out,
                                 struct sym_approval *approval, const struct sym_ask *ask,
                                 struct sym_grant_item *item)
{
    struct sym_grants *g = s->grants;
    struct sym_policy_ask p = policy_ask(ask, sym_asked_count(&item->asked, ask->wall_ms), false);
    enum sym_err err = SYM_OK;
    p.evaluated = sym_asked_count(&item->evaluated, ask->wall_ms);
    sym_policy_decide(out, &item->limits, &p);
    if (out->decision == SYM_DECISION_HELD) {
        err = sym_held_make_room(g, &ask->peer->id);
        if (err == SYM_LIMIT) {
            *out = (struct sym_policy_verdict){.decision = SYM_DECISION_DENIED,
                                               .reason = SYM_REASON_LIMIT,
                                               .remark = HELD_FULL,
                                               .cause = "held"};
        } else if (err == SYM_OK) {
            struct sym_held_item *held = &g->held[g->n_held];
            err = sym_held_item_new(held, ask, out->remark);
            if (err != SYM_OK) {
                return err;
            }
            g->n_held++;
            s->holds = true;
            s->held_is_new = true;
            memcpy(s->held_id, held->id, sizeof s->held_id);
            memcpy(approval->held_id, held->id, sizeof approval->held_id);
        } else {
            return err;
        }
    }
    count(s, item, ask->wall_ms);
    count_pattern(s, ask, false);
    return SYM_OK;
}

static enum sym_err decide(struct sym_grants_step *s, struct sym_policy_verdict *out,
                           struct sym_approval *approval, const struct sym_ask *ask)
{
    struct sym_grants *g = s->grants;
    const struct sym_request *r = ask->request;
    enum sym_err err = sym_held_tidy(g, ask->wall_ms);
    if (err == SYM_OK && r->exchange_id.len != SYM_EXCHANGE_ID_BYTES) {
        err = SYM_BAD_VALUE;
    }
    if (err != SYM_OK) {
        return err;
    }
    struct sym_grant_item *item = find_item(g, ask);
    if (item == NULL) {
        struct sym_policy_ask p = policy_ask(ask, 0, false);
        sym_policy_decide(out, NULL, &p);
        count_pattern(s, ask, true);
        return SYM_OK;
    }
    struct sym_held_item *held = sym_held_match(g, ask);
    if (held != NULL) {
        decide_again(s, out, approval, ask, &item->limits, held);
        return SYM_OK;
    }
    return sym_held_find(g, r->exchange_id) == NULL ? decide_fresh(s, out, approval, ask, item)
                                                    : SYM_REPLAY;
}

enum sym_err sym_grants_begin(struct sym_grants *g, struct sym_grants_step **out,
                              struct sym_policy_verdict *verdict, struct sym_approval *approval,
                              const struct sym_ask *ask)
{
    struct sym_grants_step *s = calloc(1, sizeof *s);
    *approval = (struct sym_approval){.approver = ""};
    if (s == NULL) {
        return SYM_NO_MEMORY;
    }
    s->grants = g;
    s->peer = ask->peer->id;
    enum sym_err err = decide(s, verdict, approval, ask);
    if (err != SYM_OK) {
        free(s);
        return err;
    }
    *out = s;
    return SYM_OK;
}

/* Approvals that are not used up after all ------------------------------------------------------
 */

static struct sym_grant_item *grant_of(struct sym_grants *g, const struct sym_held_item *held)
{
    return sym_grants_find(g, &held->peer, sym_span_text(held->dataset), held->terms.kind);
}

void sym_grants_keep_approval(struct sym_grants_step *s, uint64_t wall_ms)
{
    struct sym_held_item *held =
        s != NULL && s->holds ? sym_held_find(s->grants, sym_span(s->held_id, sizeof s->held_id))
                              : NULL;
    struct sym_grant_item *item = held != NULL ? grant_of(s->grants, held) : NULL;
    if (item != NULL && held->terms.state == SYM_HELD_USED) {
        *held = s->held_before;
        s->holds = false;
        count(s, item, wall_ms);
    }
}

/* The attempt is paid for as any request is, so that what fails is not tried for ever. */
static bool may_give_back(struct sym_grants *g, const struct sym_held_item *held, uint64_t now_ms)
{
    const struct sym_grant_item *item = held != NULL ? grant_of(g, held) : NULL;
    return item != NULL && held->in_use && now_ms < held->terms.expires_ms &&
           sym_asked_count(&item->asked, now_ms) < item->limits.per_day;
}

enum sym_err sym_grants_give_back(struct sym_grants *g, struct sym_grants_step **out,
                                  const uint8_t held_id[SYM_EXCHANGE_ID_BYTES])
{
    uint64_t now_ms = sym_grants_now(g);
    struct sym_held_item *held = sym_held_find(g, sym_span(held_id, SYM_EXCHANGE_ID_BYTES));
    *out = NULL;
    if (!may_give_back(g, held, now_ms)) {
        return SYM_OK;
    }
    struct sym_grants_step *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return SYM_NO_MEMORY;
    }
    *s = (struct sym_grants_step){
        .grants = g, .peer = held->peer, .holds = true, .gives_back = true, .held_before = *held};
    memcpy(s->held_id, held->id, sizeof s->held_id);
    held->in_use = false;
    held->terms.state = SYM_HELD_APPROVED;
    held->terms.decided_ms = held->terms.expires_ms - SYM_HELD_MS;
    count(s, grant_of(g, held), now_ms);
    *out = s;
    return SYM_OK;
}

static enum sym_err put_alone(struct sym_transaction *t, void *context)
{
    return sym_grants_put(context, t);
}

enum sym_err sym_grants_decide(struct sym_grants *g, struct sym_policy_verdict *out,
                               struct sym_approval *approval, const struct sym_ask *ask)
{
    struct sym_grants_step *s = NULL;
    enum sym_err err = sym_grants_begin(g, &s, out, approval, ask);
    if (err == SYM_OK && (s->counts || s->holds || s->patterned)) {
        err = sym_store_write(g->config.store, put_alone, s);
    }
    sym_grants_end(s, err);
    return err;
}
