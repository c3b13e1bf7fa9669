/* Asking for an overlap table: who is asked what, and the legs with them. */
#include "node/exchange/tables_state.h"
#include "node/loop.h"
#include "node/tabulation/ledger.h"
#include "proto/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 3600000u
/* How long consents may take, and again until all are ready. */
#define PHASE_MS 60000u
/* For how long after the time of the table its exchanges go on, so that all hear who was late. */
#define GRACE_MS 10000u

/* Legs ----------------------------------------------------------------------------------------- */

static struct sym_asked_leg *of(const struct sym_leg *leg)
{
    return (struct sym_asked_leg *)(uintptr_t)leg;
}

static enum sym_tab_step leg_step(const struct sym_leg *leg, size_t *len)
{
    enum sym_table_step step = sym_table_lead_step(of(leg)->of->lead, leg->place, len);
    return step == SYM_TABLE_DATA    ? SYM_TAB_DATA
           : step == SYM_TABLE_CLOSE ? SYM_TAB_CLOSE
                                     : SYM_TAB_WAIT;
}

static enum sym_err leg_write(struct sym_leg *leg, uint8_t *payload, size_t len)
{
    sym_asked_turn_soon(of(leg)->of);
    return payload == NULL && len == 0
               ? SYM_OK /* a close */
               : sym_table_lead_write(of(leg)->of->lead, leg->place, payload, len);
}

static enum sym_err leg_take(struct sym_leg *leg, struct sym_span payload)
{
    sym_asked_turn_soon(of(leg)->of);
    return sym_table_lead_take(of(leg)->of->lead, leg->place, payload, sym_now_ms());
}

static void leg_closing(const struct sym_leg *leg, struct sym_statement *word)
{
    const struct sym_asked_table *t = of(leg)->of;
    const uint8_t *consents = sym_table_lead_consents_hash(t->lead);
    if (consents != NULL) {
        word->has_consents = true;
        memcpy(word->consents_hash, consents, sizeof word->consents_hash);
    }
    if (t->has_release) {
        word->has_release = true;
        memcpy(word->release_hash, t->release_hash, sizeof word->release_hash);
    }
}

static const struct sym_leg_calls leg_calls = {
    .step = leg_step, .write = leg_write, .take = leg_take, .closing = leg_closing};

/* Who ------------------------------------------------------------------------------------------ */

static enum sym_err find_peer(const struct sym_peer **out, const struct sym_asked_table *t,
                              struct sym_span alias, struct sym_fault *fault)
{
    const struct sym_peer *peer = sym_peers_by_alias(t->x->config.peers, alias);
    if (peer == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "peer %.*s: is not pinned; \"symbolon peer list\" names those that are",
                        (int)alias.len, (const char *)alias.data);
    }
    if (sym_peer_is_expired(peer, (int64_t)(sym_wall_ms() / 1000u))) {
        return sym_fail(fault, SYM_EXPIRED, "peer %s: its card has expired", peer->alias);
    }
    *out = peer;
    return SYM_OK;
}

/* Has this node a list to add? */
static enum sym_err contributes(bool *out, const struct sym_asked_table *t,
                                const struct sym_overlap_table_start *start,
                                struct sym_fault *fault)
{
    struct sym_exchanges *x = t->x;
    size_t at = 0;
    *out = false;
    if (start->without_own ||
        sym_datasets_find(x->config.datasets, &at, start->dataset, NULL) != SYM_OK) {
        return SYM_OK;
    }
    *out = true;
    return sym_table_list_fits(x, start->dataset, start->type, fault);
}

static const uint8_t *id_of(const struct sym_asked_table *t, const struct sym_peer *peer)
{
    return peer != NULL ? peer->id.bytes : t->x->config.self.bytes;
}

/* Insertion sort: at most sixteen. */
static enum sym_err add(struct sym_asked_table *t, const struct sym_peer *peer,
                        struct sym_fault *fault)
{
    uint32_t at = t->question.n;
    if (at == SYM_TABLE_LISTS_MAX) {
        return sym_fail(fault, SYM_LIMIT, "table: %u lists are the most there can be",
                        SYM_TABLE_LISTS_MAX);
    }
    while (at > 0 && memcmp(id_of(t, t->peers[at - 1]), id_of(t, peer), SYM_HASH_BYTES) > 0) {
        t->peers[at] = t->peers[at - 1];
        at--;
    }
    if (at > 0 && t->peers[at - 1] == peer) {
        return sym_fail(fault, SYM_BAD_VALUE, "table: names the peer %s twice", peer->alias);
    }
    t->peers[at] = peer;
    t->question.n++;
    return SYM_OK;
}

static void fill_party(const struct sym_asked_table *t, struct sym_table_party *out,
                       const struct sym_peer *peer)
{
    const uint8_t *identity =
        peer != NULL ? peer->card.identity : t->x->config.keys->identity.public_key;
    memcpy(out->id, id_of(t, peer), sizeof out->id);
    memcpy(out->identity, identity, sizeof out->identity);
}

static enum sym_err fill_parties(struct sym_asked_table *t,
                                 const struct sym_overlap_table_start *start,
                                 struct sym_fault *fault)
{
    const struct sym_peer *peer = NULL;
    bool own = false;
    enum sym_err err = contributes(&own, t, start, fault);
    if (err == SYM_OK && own) {
        err = add(t, NULL, fault);
    }
    for (size_t i = 0; err == SYM_OK && i < start->n_peers; i++) {
        err = find_peer(&peer, t, start->peers[i], fault);
        if (err == SYM_OK) {
            err = add(t, peer, fault);
        }
    }
    if (err == SYM_OK) {
        err = find_peer(&peer, t, start->tallier, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    for (uint32_t i = 0; i < t->question.n; i++) {
        if (t->peers[i] == peer) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "table: %s has a list; choose a tallier that has none, so that nobody "
                            "sees rows and knows whose they are",
                            peer->alias);
        }
    }
    if (t->question.n < SYM_TABLE_LISTS_MIN && !own && !start->without_own) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "dataset %s: does not exist here, and %u lists of others are too few, %u "
                        "are needed; \"symbolon dataset list\" names those that are here",
                        t->question.dataset, (unsigned)t->question.n, SYM_TABLE_LISTS_MIN);
    }
    if (t->question.n < SYM_TABLE_LISTS_MIN) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "table: %u lists are too few, %u are needed; of two lists \"symbolon "
                        "overlap\" tells",
                        (unsigned)t->question.n, SYM_TABLE_LISTS_MIN);
    }
    t->peers[t->question.n] = peer;
    t->own = SYM_TABLE_NOBODY;
    for (uint32_t i = 0; i <= t->question.n; i++) {
        fill_party(t, &t->question.parties[i], t->peers[i]);
        t->own = t->peers[i] == NULL ? i : t->own;
    }
    return SYM_OK;
}

/* What it costs -------------------------------------------------------------------------------- */

/* A table that the own dataset cannot pay would end without an answer. */
static enum sym_err can_pay(const struct sym_asked_table *t, struct sym_fault *fault)
{
    char text[SYM_LEDGER_TEXT_BYTES];
    struct sym_ledger_left left;
    if (t->question.mode != SYM_TABLE_DP || t->own == SYM_TABLE_NOBODY) {
        return SYM_OK;
    }
    struct sym_span dataset = sym_span_text(t->question.dataset);
    enum sym_err err = sym_exchange_budget_left(t->x, &left, dataset, &t->x->config.self, 0);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "budget: the stored table %s; restore a backup",
                        sym_err_text(err));
    }
    sym_ledger_left_text(text, left.left_nano, left.renews_ms);
    return left.left_nano >= t->question.epsilon_nano
               ? SYM_OK
               : sym_fail(fault, SYM_DENIED, "dataset %s: %s; nobody was asked",
                          t->question.dataset, text);
}

/* Beginning ------------------------------------------------------------------------------------ */

static enum sym_err fill(struct sym_asked_table *t, const struct sym_overlap_table_start *start,
                         const char *user, struct sym_fault *fault)
{
    struct sym_table_question *q = &t->question;
    q->type = start->type;
    q->type_version = SYM_TOKEN_LIST_VERSION;
    q->canon_version = SYM_CANON_VERSION;
    q->mode = start->mode;
    q->epsilon_nano = start->epsilon_nano;
    q->purpose = start->purpose;
    q->basis = start->basis;
    sym_matter_text(q->dataset, sizeof q->dataset, start->dataset);
    sym_matter_text(t->user, sizeof t->user, sym_span_text(user));
    sym_matter_text(t->case_ref, sizeof t->case_ref, start->case_ref);
    sym_matter_text(t->note, sizeof t->note, start->note);
    sym_random(q->table, sizeof q->table);
    memcpy(q->asker, t->x->config.self.bytes, sizeof q->asker);
    t->timeout_ms = start->timeout_ms > 0 ? start->timeout_ms : TIMEOUT_MS;
    t->began_ms = sym_now_ms();
    t->until_ms = t->began_ms + t->timeout_ms;
    t->started_us = sym_now_us();
    t->started_ms = sym_wall_ms();
    t->state = SYM_EXCHANGE_RUNNING;
    t->reason = SYM_REASON_FAULT;
    enum sym_err err = fill_parties(t, start, fault);
    if (err == SYM_OK) {
        uint8_t cohort[SYM_TABLE_LISTS_MAX * SYM_HASH_BYTES];
        struct sym_overlap_table asked;
        sym_table_parameters(&asked, cohort, q);
        err = sym_table_check(&asked, q->asker, fault);
    }
    return err == SYM_OK ? can_pay(t, fault) : err;
}

static void wake(void *owner)
{
    sym_asked_turn_soon(owner);
}

static enum sym_err new_machines(struct sym_asked_table *t, struct sym_fault *fault)
{
    const struct sym_table_lead_config c = {.question = t->question,
                                            .with = t->x->config.ristretto,
                                            .phase_ms = PHASE_MS,
                                            .compute_ms = t->timeout_ms,
                                            .own = t->own};
    const struct sym_table_part_config own = {.question = t->question,
                                              .place = t->own,
                                              .alias = "",
                                              .id = t->question.table,
                                              .user = t->user,
                                              .case_ref = t->case_ref,
                                              .note = t->note,
                                              .until_ms = t->until_ms + GRACE_MS,
                                              .wake = wake,
                                              .owner = t};
    enum sym_err err = sym_table_lead_new(&t->lead, &c, sym_now_ms());
    if (err != SYM_OK) {
        return sym_fail(fault, err, "table: it %s", sym_err_text(err));
    }
    return t->own == SYM_TABLE_NOBODY ? SYM_OK : sym_table_part_new(&t->part, t->x, &own, fault);
}

/* A leg that cannot be begun is one that drops out at once. */
static enum sym_err begin_legs(struct sym_asked_table *t)
{
    uint8_t cohort[SYM_TABLE_LISTS_MAX * SYM_HASH_BYTES];
    uint8_t parameters[SYM_PARAMETERS_BYTES_MAX];
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint8_t bound[SYM_DIGEST_BYTES];
    struct sym_overlap_table asked;
    size_t len = 0;
    sym_table_parameters(&asked, cohort, &t->question);
    sym_table_bound(bound, &asked);
    enum sym_err err =
        sym_encode(parameters, sizeof parameters, &len, &sym_msg_overlap_table, &asked);
    const struct sym_joint joint = {.tabulation = t->question.table,
                                    .purpose = t->question.purpose,
                                    .basis = t->question.basis,
                                    .case_ref = t->case_ref,
                                    .note = t->note,
                                    .user = t->user,
                                    .dataset = t->question.dataset,
                                    .bound = sym_span(bound, sizeof bound),
                                    .participants = t->question.n,
                                    .cells = sym_table_cells(t->question.n),
                                    .epsilon_nano = t->question.epsilon_nano,
                                    .table = &t->question};
    for (uint32_t i = 0; err == SYM_OK && i <= t->question.n; i++) {
        struct sym_leg *leg = &t->legs[i].leg;
        struct sym_fault fault = {.text = ""};
        t->legs[i] = (struct sym_asked_leg){.leg = {.calls = &leg_calls, .place = i}, .of = t};
        if (i == t->own) {
            continue;
        }
        const struct sym_exchange_plan plan = {.peer = t->peers[i],
                                               .kind = SYM_KIND_OVERLAP_TABLE,
                                               .parameters = sym_span(parameters, len),
                                               .timeout_ms = t->timeout_ms + GRACE_MS,
                                               .user = t->user,
                                               .joint = &joint,
                                               .leg = leg};
        if (sym_exchanges_start(t->x, id, &plan, &fault) != SYM_OK) {
            leg->over = true;
            leg->state = SYM_EXCHANGE_ABORTED;
            memcpy(leg->fault, fault.text, sizeof leg->fault);
        }
    }
    return err;
}

/* A free place, or that of the one that ended first. */
static size_t free_place(const struct sym_exchanges *x)
{
    size_t oldest = SYM_TABLES_MAX;
    for (size_t i = 0; i < SYM_TABLES_MAX; i++) {
        const struct sym_asked_table *t = x->tables[i];
        if (t == NULL) {
            return i;
        }
        if (t->ended_us != 0 && !t->writes &&
            (oldest == SYM_TABLES_MAX || t->ended_us < x->tables[oldest]->ended_us)) {
            oldest = i;
        }
    }
    return oldest;
}

enum sym_err sym_table_ask(struct sym_exchanges *x, uint8_t id[SYM_EXCHANGE_ID_BYTES],
                           const struct sym_overlap_table_start *start, const char *user,
                           struct sym_fault *fault)
{
    size_t at = free_place(x);
    if (at == SYM_TABLES_MAX) {
        return sym_fail(fault, SYM_LIMIT,
                        "table: %u are in flight, the most there can be; try again later",
                        SYM_TABLES_MAX);
    }
    struct sym_asked_table *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "table: no memory");
    }
    t->x = x;
    enum sym_err err = fill(t, start, user, fault);
    if (err == SYM_OK && (err = sym_asked_timer(t)) != SYM_OK) {
        err = sym_fail(fault, err, "table: no memory");
    }
    if (err == SYM_OK) {
        err = new_machines(t, fault);
    }
    if (err == SYM_OK && (err = begin_legs(t)) != SYM_OK) {
        err = sym_fail(fault, err, "table: its request %s", sym_err_text(err));
    }
    if (err == SYM_OK && (err = sym_asked_write_row(t, false, sym_span(NULL, 0))) != SYM_OK) {
        err = sym_fail(fault, err, "table: it could not be recorded");
    }
    if (err != SYM_OK) {
        sym_asked_destroy(t);
        return err;
    }
    if (x->tables[at] != NULL) {
        sym_asked_destroy(x->tables[at]);
    }
    x->tables[at] = t;
    memcpy(id, t->question.table, SYM_EXCHANGE_ID_BYTES);
    sym_asked_turn_soon(t);
    return SYM_OK;
}
