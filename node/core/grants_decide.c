#include "node/core/grants_state.h"
#include "proto/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELD_FULL "too many requests of this kind wait for an approver; try again later"

/* One decision, as it becomes durable. */
struct step {
    struct sym_grants *grants;
    const struct sym_ask *ask;
    const struct sym_policy_verdict *verdict;
    const struct sym_grant_item *counted; /* NULL: not counted */
    struct sym_pattern_item *pattern;     /* of the peer; NULL: a repetition, or no memory */
    struct sym_pattern_item pattern_next; /* with this request */
    const struct sym_held_item *held;     /* to be put; NULL: none */
    const char *event;                    /* NULL: no line */
    const char *approver;
    uint64_t left_out; /* requests that the line stands for beside this one */
};

/* A name that a peer made up is not repeated: it could look like more of the line. */
static struct sym_span shown_dataset(const struct sym_request *r)
{
    return sym_alias_check(r->dataset) == SYM_OK ? r->dataset : sym_span_text("?");
}

static enum sym_err put_line(const struct step *s, struct sym_transaction *t)
{
    const struct sym_request *r = s->ask->request;
    struct sym_span dataset = shown_dataset(r);
    char words[SYM_DETAIL_BYTES_MAX + 1];
    char held[2 * SYM_EXCHANGE_ID_BYTES + 1] = "none";
    if (s->held != NULL) {
        sym_hex(held, s->held->id, SYM_EXCHANGE_ID_BYTES);
    }
    const struct sym_entry_body body = {
        .event = sym_span_text(s->event),
        .approver = sym_span_text(s->approver != NULL ? s->approver : ""),
        .alias = sym_span_text(s->ask->peer->alias),
        .subject = dataset,
        .role = SYM_AS_PARTICIPANT,
        .exchange_kind = r->kind,
        .purpose = r->purpose,
        .basis = r->basis,
        .type = s->ask->type,
        .peer_size = s->ask->elements,
        .count = s->left_out,
        .detail = sym_log_words(words, sizeof words, "kind=%s cause=%s held=%s left-out=%llu",
                                sym_kind_text(r->kind),
                                s->verdict->cause[0] != '\0' ? s->verdict->cause : "none", held,
                                (unsigned long long)s->left_out)};
    const struct sym_entry entry = {.kind = SYM_ENTRY_DECIDED,
                                    .exchange_id = r->exchange_id.data,
                                    .initiator = &s->ask->peer->id,
                                    .body = &body};
    return sym_log_append(s->grants->config.log, t, &entry, NULL);
}

static enum sym_err put_step(struct sym_transaction *t, void *context)
{
    const struct step *s = context;
    enum sym_err err = s->counted != NULL ? sym_asked_item_put(t, s->counted) : SYM_OK;
    if (err == SYM_OK && s->pattern != NULL) {
        err = sym_pattern_item_put(t, &s->pattern_next);
    }
    if (err == SYM_OK && s->held != NULL) {
        err = sym_held_item_put(s->grants, t, s->held);
    }
    return err == SYM_OK && s->event != NULL ? put_line(s, t) : err;
}

static enum sym_err commit(const struct step *s)
{
    struct step copy = *s;
    bool due = s->counted != NULL || s->held != NULL || s->event != NULL;
    enum sym_err err = due ? sym_store_write(s->grants->config.store, put_step, &copy) : SYM_OK;
    if (err == SYM_OK && s->pattern != NULL) {
        *s->pattern = s->pattern_next;
        s->pattern->dirty = !due;
    }
    return err;
}

static void count_pattern(struct step *s, bool probe)
{
    s->pattern = sym_pattern_item_of(s->grants, &s->ask->peer->id);
    if (s->pattern != NULL) {
        s->pattern_next = *s->pattern;
        sym_pattern_add(&s->pattern_next.pattern, s->ask->request->kind, probe, s->ask->wall_ms);
    }
}

/* For what a peer can cause without end: a line when one is due. */
static enum sym_err commit_quietly(struct step *s)
{
    struct sym_quiet *q = &s->grants->quiet;
    const struct sym_node_id *peer = &s->ask->peer->id;
    bool due = sym_quiet_due(q, peer, s->ask->wall_ms, &s->left_out);
    s->event = due ? s->event : NULL;
    enum sym_err err = commit(s);
    if (err == SYM_OK && due) {
        sym_quiet_said(q, peer, s->ask->wall_ms);
    } else if (err == SYM_OK) {
        sym_quiet_skip(q, peer);
    }
    return err;
}

/* Lines for peers who were left out and have not asked again. */
static void say_overdue(struct sym_grants *g, uint64_t wall_ms, uint64_t until_ms)
{
    const struct sym_quiet_row *row;
    while ((row = sym_quiet_overdue(&g->quiet, until_ms)) != NULL) {
        const struct sym_peer *peer = sym_peers_by_id(g->config.peers, &row->peer);
        struct sym_node_id id = row->peer;
        char words[SYM_DETAIL_BYTES_MAX + 1];
        const struct sym_entry_body body = {
            .event = sym_span_text("requests-denied"),
            .alias = sym_span_text(peer != NULL ? peer->alias : "removed"),
            .count = row->left_out,
            .detail = sym_log_words(words, sizeof words, "left-out=%llu",
                                    (unsigned long long)row->left_out)};
        const struct sym_entry entry = {.kind = SYM_ENTRY_REFUSED, .initiator = &id, .body = &body};
        if (sym_log_add(g->config.log, &entry) != SYM_OK) {
            return; /* they stay counted */
        }
        sym_quiet_said(&g->quiet, &id, wall_ms);
    }
}

void sym_grants_close(struct sym_grants *g)
{
    if (g != NULL) {
        say_overdue(g, sym_grants_now(g), UINT64_MAX);
        sym_patterns_clear(g);
        free(g);
    }
}

static struct sym_policy_ask policy_ask(const struct sym_ask *ask, uint32_t asked, bool approved)
{
    return (struct sym_policy_ask){.kind = ask->request->kind,
                                   .purpose = ask->request->purpose,
                                   .basis = ask->request->basis,
                                   .engine = ask->engine,
                                   .type = ask->type,
                                   .elements = ask->elements,
                                   .now_s = ask->wall_ms / 1000,
                                   .asked = asked,
                                   .approved = approved};
}

static void set_approval(struct sym_approval *approval, const struct sym_held_item *item)
{
    memcpy(approval->approver, item->decided_by, sizeof approval->approver);
    memcpy(approval->held_id, item->id, sizeof approval->held_id);
}

/* A request that was held before and comes again: counted then. The grant may have changed since.
 */
static enum sym_err decide_again(struct sym_grants *g, struct sym_policy_verdict *out,
                                 struct sym_approval *approval, const struct sym_ask *ask,
                                 const struct sym_grant *grant, struct sym_held_item *item)
{
    if (item->terms.state == SYM_HELD_DENIED) {
        *out = (struct sym_policy_verdict){.decision = SYM_DECISION_DENIED,
                                           .reason = (enum sym_reason)item->reason,
                                           .cause = "approver"};
        memcpy(out->remark, item->why, sizeof out->remark);
        return SYM_OK;
    }
    struct sym_policy_ask p = policy_ask(ask, 0, item->terms.state == SYM_HELD_APPROVED);
    sym_policy_decide(out, grant, &p);
    if (out->decision == SYM_DECISION_HELD) {
        memcpy(approval->held_id, item->id, sizeof approval->held_id);
        return SYM_OK;
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
    struct step s = {.grants = g,
                     .ask = ask,
                     .verdict = out,
                     .held = &decided,
                     .event = out->decision == SYM_DECISION_DENIED ? "request-denied"
                                                                   : "request-granted",
                     .approver = decided.decided_by};
    enum sym_err err = commit(&s);
    if (err == SYM_OK) {
        *item = decided;
        set_approval(approval, item);
    }
    return err;
}

/* Beyond its rate a peer can ask without end. */
static bool is_endless(const struct sym_grant_item *item, const struct sym_ask *ask)
{
    return sym_asked_count(&item->asked, ask->wall_ms) >= item->limits.per_day;
}

static enum sym_err decide_fresh(struct sym_grants *g, struct sym_policy_verdict *out,
                                 struct sym_approval *approval, const struct sym_ask *ask,
                                 struct sym_grant_item *item)
{
    struct sym_grant_item counted = *item;
    struct sym_held_item held;
    struct sym_policy_ask p = policy_ask(ask, sym_asked_count(&item->asked, ask->wall_ms), false);
    struct step s = {.grants = g, .ask = ask, .verdict = out};
    enum sym_err err = SYM_OK;
    sym_policy_decide(out, &item->limits, &p);
    if (out->decision == SYM_DECISION_HELD) {
        err = sym_held_make_room(g, &ask->peer->id);
        if (err == SYM_LIMIT) {
            *out = (struct sym_policy_verdict){.decision = SYM_DECISION_DENIED,
                                               .reason = SYM_REASON_LIMIT,
                                               .remark = HELD_FULL,
                                               .cause = "held"};
        } else if (err == SYM_OK) {
            sym_held_item_new(&held, ask);
            s.held = &held;
        } else {
            return err;
        }
    }
    s.event = out->decision == SYM_DECISION_GRANTED ? "request-granted"
              : out->decision == SYM_DECISION_HELD  ? "request-held"
                                                    : "request-denied";
    s.counted = sym_asked_add(&counted.asked, ask->wall_ms) ? &counted : NULL;
    count_pattern(&s, false);
    err = is_endless(item, ask) ? commit_quietly(&s) : commit(&s);
    if (err != SYM_OK) {
        return err;
    }
    *item = counted;
    if (s.held != NULL) {
        g->held[g->n_held++] = held;
        memcpy(approval->held_id, held.id, sizeof approval->held_id);
    }
    return SYM_OK;
}

enum sym_err sym_grants_decide(struct sym_grants *g, struct sym_policy_verdict *out,
                               struct sym_approval *approval, const struct sym_ask *ask)
{
    const struct sym_request *r = ask->request;
    *approval = (struct sym_approval){.approver = ""};
    say_overdue(g, ask->wall_ms, ask->wall_ms);
    enum sym_err err = sym_held_tidy(g, ask->wall_ms);
    if (err == SYM_OK && r->exchange_id.len != SYM_EXCHANGE_ID_BYTES) {
        err = SYM_BAD_VALUE;
    }
    if (err != SYM_OK) {
        return err;
    }
    struct sym_grant_item *item =
        ask->dataset_known ? sym_grants_find(g, &ask->peer->id, r->dataset, r->kind) : NULL;
    if (item == NULL) {
        struct sym_policy_ask p = policy_ask(ask, 0, false);
        struct step s = {.grants = g, .ask = ask, .verdict = out, .event = "request-denied"};
        sym_policy_decide(out, NULL, &p);
        count_pattern(&s, true);
        return commit_quietly(&s);
    }
    struct sym_held_item *held = sym_held_match(g, ask);
    if (held != NULL) {
        return decide_again(g, out, approval, ask, &item->limits, held);
    }
    return sym_held_find(g, r->exchange_id) == NULL ? decide_fresh(g, out, approval, ask, item)
                                                    : SYM_REPLAY;
}
