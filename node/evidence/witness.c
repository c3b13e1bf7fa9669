#include "node/evidence/witness_state.h"
#include "node/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sym_witness_peer *sym_witness_find(const struct sym_witness *w, const struct sym_node_id *id)
{
    for (size_t i = 0; i < w->n; i++) {
        if (sym_node_id_equal(&w->peers[i]->id, id)) {
            return w->peers[i];
        }
    }
    return NULL;
}

static void free_peer(struct sym_witness_peer *p)
{
    if (p != NULL) {
        free(p->message);
        free(p->exhibit);
        free(p->owed);
        free(p);
    }
}

enum sym_err sym_witness_add(struct sym_witness *w, struct sym_witness_peer **out,
                             const struct sym_node_id *id)
{
    if (w->n == SYM_PEERS_MAX) {
        return SYM_LIMIT;
    }
    struct sym_witness_peer *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return SYM_NO_MEMORY;
    }
    p->id = *id;
    w->peers[w->n++] = p;
    *out = p;
    return SYM_OK;
}

static enum sym_err drop_row(struct sym_transaction *t, void *context)
{
    const struct sym_witness_peer *p = context;
    enum sym_err err =
        sym_store_delete(t, SYM_TABLE_WITNESSES, sym_span(p->id.bytes, SYM_NODE_ID_BYTES));
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

/* A peer is known by its card. */
static bool may_go(const struct sym_witness *w, const struct sym_witness_peer *p)
{
    char card[SYM_CARD_BYTES_MAX];
    size_t len = 0;
    return p->state != SYM_WITNESS_SPLIT && p->state != SYM_WITNESS_SHORTER &&
           w->config.card(w->config.owner, card, sizeof card, &len, &p->id) == SYM_NOT_FOUND;
}

/* In a full table one goes that was removed as a peer, and whose log has shown nothing wrong. */
static enum sym_err make_room(struct sym_witness *w)
{
    size_t at = 0;
    if (w->n < SYM_PEERS_MAX) {
        return SYM_OK;
    }
    while (at < w->n && !may_go(w, w->peers[at])) {
        at++;
    }
    if (at == w->n) {
        return SYM_LIMIT;
    }
    struct sym_witness_peer *p = w->peers[at];
    w->peers[at] = w->peers[--w->n]; /* first, so that it is not written again */
    enum sym_err err = sym_store_write(w->config.store, drop_row, p);
    if (err != SYM_OK) {
        w->peers[w->n++] = p;
        return err;
    }
    free_peer(p);
    return SYM_OK;
}

enum sym_err sym_witness_of(struct sym_witness *w, struct sym_witness_peer **out,
                            const struct sym_witnessed *peer)
{
    struct sym_witness_peer *p = sym_witness_find(w, &peer->id);
    enum sym_err err = p != NULL ? SYM_OK : make_room(w);
    if (err == SYM_OK && p == NULL) {
        err = sym_witness_add(w, &p, &peer->id);
    }
    if (err != SYM_OK) {
        return err;
    }
    const char *alias = peer->alias != NULL ? peer->alias : "?";
    p->dirty = p->dirty || strcmp(p->alias, alias) != 0;
    (void)snprintf(p->alias, sizeof p->alias, "%s", alias);
    *out = p;
    return SYM_OK;
}

void sym_witness_set_state(struct sym_witness_peer *p, enum sym_witness_state state,
                           const char *fault)
{
    if (p->state != state) {
        p->since_ms = sym_wall_ms();
    }
    p->state = state;
    (void)snprintf(p->fault, sizeof p->fault, "%s", fault);
    p->dirty = true;
}

void sym_own_head_set(struct sym_own_head *out, uint32_t generation, uint64_t size,
                      struct sym_span note)
{
    out->generation = generation;
    out->size = size;
    (void)snprintf(out->note, sizeof out->note, "%.*s", (int)note.len,
                   note.len > 0 ? (const char *)note.data : "");
}

static enum sym_err load(struct sym_transaction *t, void *context)
{
    struct sym_witness *w = context;
    for (size_t i = 0; i < w->n; i++) {
        free_peer(w->peers[i]);
    }
    w->n = 0;
    return sym_store_each(t, SYM_TABLE_WITNESSES, sym_witness_load, w);
}

/* Durable with whatever is written next -------------------------------------------------------
 */

static enum sym_err on_seal(struct sym_transaction *t, void *owner)
{
    struct sym_witness *w = owner;
    for (size_t i = 0; i < w->n; i++) {
        struct sym_witness_peer *p = w->peers[i];
        if (!p->dirty) {
            continue;
        }
        enum sym_err err = sym_witness_put(t, p);
        if (err == SYM_OK && p->exhibit != NULL) {
            err = sym_store_put(t, SYM_TABLE_EXHIBITS, sym_span(p->id.bytes, SYM_NODE_ID_BYTES),
                                sym_span(p->exhibit, p->exhibit_len));
        }
        if (err == SYM_OK && p->owed != NULL) {
            err = sym_witness_log_alarm(w, t, p, p->owed);
        }
        if (err != SYM_OK) {
            return err;
        }
        const struct sym_signed_head *newest = sym_held_newest(&p->held);
        p->saving = true;
        p->saving_head = newest != NULL ? *newest : (struct sym_signed_head){.size = 0};
    }
    return SYM_OK;
}

static void on_done(void *owner, bool committed)
{
    struct sym_witness *w = owner;
    for (size_t i = 0; i < w->n; i++) {
        struct sym_witness_peer *p = w->peers[i];
        if (p->saving && committed) {
            bool same = p->saving_head.note_len == p->durable.note_len &&
                        strcmp(p->saving_head.note, p->durable.note) == 0;
            p->dirty = false;
            free(p->exhibit);
            p->exhibit = NULL;
            free(p->owed);
            p->owed = NULL;
            p->durable = p->saving_head;
            if (!same) {
                p->cosignature[0] = '\0';
            }
        }
        p->saving = false;
    }
}

enum sym_err sym_witness_open(struct sym_witness **out, const struct sym_witness_config *config,
                              struct sym_fault *fault)
{
    struct sym_witness *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "witness: no memory");
    }
    w->config = *config;
    w->peers = calloc(SYM_PEERS_MAX, sizeof *w->peers);
    enum sym_err err = w->peers == NULL ? SYM_NO_MEMORY : sym_store_read(config->store, load, w);
    if (err != SYM_OK) {
        sym_witness_close(w);
        return sym_fail(fault, err, "witness: what was kept of other logs %s; restore a backup",
                        sym_err_text(err));
    }
    w->watch = (struct sym_store_watch){.seal = on_seal, .done = on_done, .owner = w};
    sym_store_watch(config->store, &w->watch);
    *out = w;
    return SYM_OK;
}

void sym_witness_close(struct sym_witness *w)
{
    if (w == NULL) {
        return;
    }
    sym_store_unwatch(w->config.store, &w->watch);
    for (size_t i = 0; w->peers != NULL && i < w->n; i++) {
        free_peer(w->peers[i]);
    }
    free(w->peers);
    sym_arena_clear(&w->arena);
    free(w);
}

/* Links and states -----------------------------------------------------------------------------
 */

static void forget_sent(const struct sym_witness *w, struct sym_witness_peer *p)
{
    uint32_t generation = sym_log_head(w->config.log)->generation;
    p->sent = p->said.generation == generation ? p->said.size : 0;
    p->met = false;
}

void sym_witness_link_up(struct sym_witness *w, const struct sym_node_id *peer)
{
    struct sym_witness_peer *p = sym_witness_find(w, peer);
    if (p == NULL) {
        return;
    }
    forget_sent(w, p);
    if (p->held.n_pending > 0 && p->links < SYM_WITNESS_LINKS_MAX) {
        p->links++;
        p->patient_ms = sym_now_ms();
    }
    p->tries = 0;
}

void sym_witness_begin_meeting(struct sym_witness *w, const struct sym_node_id *peer)
{
    struct sym_witness_peer *p = sym_witness_find(w, peer);
    if (p == NULL) {
        return;
    }
    forget_sent(w, p);
    if (p->held.n_pending > 0) {
        p->tried_ms = sym_now_ms();
        p->tries += p->tries < SYM_WITNESS_DOUBLED_MAX ? 1 : 0;
    }
}

void sym_witness_look(struct sym_witness_peer *p)
{
    if (p->held.n_pending == 0) {
        p->patient_ms = 0;
        p->links = 0;
        p->tries = 0;
        p->unproven = false;
    }
}

void sym_witness_answered(struct sym_witness *w, const struct sym_node_id *peer,
                          const uint64_t *sizes, size_t n)
{
    struct sym_witness_peer *p = sym_witness_find(w, peer);
    if (p == NULL) {
        return;
    }
    p->unproven = false;
    for (size_t i = 0; i < n; i++) {
        p->unproven = p->unproven || sym_held_is_pending(&p->held, sizes[i]);
    }
}

static bool waits_since(const struct sym_witness_peer *p, uint64_t for_ms)
{
    uint64_t first_ms = sym_held_pending_since(&p->held);
    first_ms = p->patient_ms > first_ms ? p->patient_ms : first_ms;
    return first_ms != UINT64_MAX && sym_now_ms() - first_ms > for_ms;
}

static bool is_overdue(const struct sym_witness_peer *p)
{
    return p->unproven || waits_since(p, SYM_WITNESS_PATIENCE_MS);
}

bool sym_witness_is_met(const struct sym_witness *w, const struct sym_node_id *peer)
{
    const struct sym_witness_peer *p = sym_witness_find(w, peer);
    return p != NULL && p->met && !is_overdue(p);
}

void sym_witness_set_met(struct sym_witness *w, const struct sym_node_id *peer)
{
    struct sym_witness_peer *p = sym_witness_find(w, peer);
    if (p != NULL) {
        p->met = true;
    }
}

bool sym_witness_must_meet(const struct sym_witness *w, const struct sym_node_id *peer, bool waits)
{
    const struct sym_witness_peer *p = sym_witness_find(w, peer);
    if (p == NULL || !p->met) {
        return waits || (p != NULL && p->held.n_pending > 0);
    }
    uint64_t pause_ms = (uint64_t)SYM_WITNESS_RETRY_MS << (waits ? 0 : p->tries);
    return waits_since(p, SYM_WITNESS_HURRY_MS) &&
           (p->tries == 0 || sym_now_ms() - p->tried_ms > pause_ms);
}

size_t sym_witness_wants(const struct sym_witness *w, const struct sym_node_id *peer,
                         uint64_t sizes[SYM_WITNESS_WANTS_MAX])
{
    const struct sym_witness_peer *p = sym_witness_find(w, peer);
    return p == NULL ? 0 : sym_held_wants(&p->held, sizes);
}

enum sym_err sym_witness_may_meet(const struct sym_witness *w, struct sym_fault *fault)
{
    const char *why = NULL;
    return sym_log_is_frozen(w->config.log, &why)
               ? sym_fail(fault, SYM_DENIED, "the evidence log of this node is frozen: %s", why)
               : SYM_OK;
}

enum sym_err sym_witness_allows(const struct sym_witness *w, const struct sym_node_id *peer,
                                struct sym_fault *fault)
{
    const struct sym_witness_peer *p = sym_witness_find(w, peer);
    enum sym_err err = sym_witness_may_meet(w, fault);
    if (err != SYM_OK || p == NULL) {
        return err;
    }
    if (p->state == SYM_WITNESS_SPLIT || p->state == SYM_WITNESS_SHORTER) {
        return sym_fail(fault, SYM_DENIED, "%s: %s", p->alias, p->fault);
    }
    if (p->later.generation != 0) {
        return sym_fail(fault, SYM_DENIED,
                        "%s has begun a new evidence log, and has not shown that it continues the "
                        "one this node holds; accept it with: \"symbolon log accept %s\"",
                        p->alias, p->alias);
    }
    return SYM_OK;
}

enum sym_err sym_witness_trusts(const struct sym_witness *w, const struct sym_node_id *peer,
                                struct sym_fault *fault)
{
    const struct sym_witness_peer *p = sym_witness_find(w, peer);
    enum sym_err err = sym_witness_allows(w, peer, fault);
    if (err != SYM_OK || p == NULL || !is_overdue(p)) {
        return err;
    }
    return sym_fail(fault, SYM_DENIED,
                    "%s has signed a state of its evidence log and not proven that it continues "
                    "the one before",
                    p->alias);
}

bool sym_witness_may_complain(struct sym_witness *w, const struct sym_node_id *peer)
{
    struct sym_witness_peer *p = sym_witness_find(w, peer);
    uint64_t now_ms = sym_now_ms();
    if (p == NULL) {
        return true;
    }
    if (p->complained_ms != 0 && now_ms - p->complained_ms < SYM_WITNESS_COMPLAINT_MS) {
        return false;
    }
    p->complained_ms = now_ms;
    return true;
}

void sym_witness_row(const struct sym_witness *w, struct sym_witness_row *row,
                     const struct sym_node_id *peer)
{
    const struct sym_witness_peer *p = sym_witness_find(w, peer);
    *row = (struct sym_witness_row){.peer = sym_span(peer->bytes, SYM_NODE_ID_BYTES)};
    if (p == NULL) {
        return;
    }
    const struct sym_signed_head *newest = sym_held_newest(&p->held);
    row->state = (uint32_t)p->state;
    row->since_ms = p->since_ms;
    row->fault = sym_span_text(p->fault);
    row->cosigned = p->cosigned;
    row->ours = p->said.generation == sym_log_head(w->config.log)->generation ? p->said.size : 0;
    if (newest != NULL) {
        row->checkpoint = sym_span(newest->note, newest->note_len);
        row->size = newest->size;
    }
    bool calm = p->state == SYM_WITNESS_NEW || p->state == SYM_WITNESS_GOOD;
    if (calm && (p->later.generation != 0 || is_overdue(p))) {
        row->state = SYM_WITNESS_UNPROVEN;
        row->fault = sym_span_text(p->later.generation != 0
                                       ? "has begun a new evidence log that does not continue the "
                                         "one known here; ask its operator why, by telephone, then "
                                         "run: \"symbolon log accept ALIAS\""
                                       : "has signed a head and not proven how it follows");
    }
}
