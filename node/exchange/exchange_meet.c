#include "node/exchange/compares.h"
#include "node/exchange/exchanges_state.h"
#include "node/log.h"

#include <string.h>

/* How often it is looked who has to meet, and how long a link is left to the one who has dialled,
 * milliseconds. */
#define LOOK_MS    500u
#define DIALLER_MS 3000u

struct sym_run_evidence sym_exchange_run_evidence(const struct sym_exchanges *x,
                                                  const struct sym_exchange *e,
                                                  const struct sym_peer *peer)
{
    struct sym_run_evidence out = {.log = x->config.log,
                                   .witness = x->config.witness,
                                   .opens = x->config.opens,
                                   .compares = x->config.compares,
                                   .grants = x->config.grants,
                                   .self = x->config.self,
                                   .id = e->id,
                                   .handle = e->handle};
    memcpy(out.own_identity, x->config.keys->identity.public_key, sizeof out.own_identity);
    sym_peer_witnessed(&out.peer, peer);
    return out;
}

void sym_exchange_meet(struct sym_exchanges *x, const struct sym_peer *peer)
{
    struct sym_fault fault = {.text = ""};
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct sym_exchange_plan plan = {
        .peer = peer, .kind = SYM_KIND_WITNESS, .timeout_ms = SYM_EXCHANGE_LINK_MS};
    enum sym_err err = sym_witness_may_meet(x->config.witness, &fault);
    if (err == SYM_OK) {
        err = sym_exchanges_start(x, id, &plan, &fault);
    }
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_WARN, "heads-not-exchanged", "peer", peer->alias, "reason", fault.text,
                NULL);
    }
}

static bool is_of(const struct sym_exchange *e, const struct sym_node_id *peer)
{
    return !sym_exchange_ended(e) && sym_node_id_equal(&e->peer, peer);
}

static bool waits_for_heads(const struct sym_exchange *e)
{
    return e->kind != SYM_KIND_WITNESS && e->role == SYM_SESSION_INITIATOR && e->link == NULL &&
           e->writing == NULL && e->phase == SYM_PHASE_ASKING;
}

/* Somebody waits, or a head or withdrawal does, and nobody is at it. */
static bool must_meet(const struct sym_exchanges *x, const struct sym_peer *peer)
{
    const struct sym_link *link = sym_links_of(x->links, &peer->id);
    bool waits = false;
    if (link == NULL || sym_wall_ms() - sym_link_counts(link).since_ms <= DIALLER_MS) {
        return false;
    }
    for (size_t i = 0; i < x->table.n; i++) {
        const struct sym_exchange *e = x->table.items[i];
        if (is_of(e, &peer->id)) {
            waits = waits || waits_for_heads(e);
            if (e->kind == SYM_KIND_WITNESS) {
                return false;
            }
        }
    }
    return sym_opens_withdraws(x->config.opens, &peer->id) ||
           sym_witness_must_meet(x->config.witness, &peer->id, waits);
}

void sym_exchange_meet_again(struct sym_exchanges *x, uint64_t now_ms)
{
    const struct sym_peers *peers = x->config.peers;
    if (now_ms - x->met_ms < LOOK_MS || x->links == NULL) {
        return;
    }
    x->met_ms = now_ms;
    for (size_t i = 0; i < peers->n; i++) {
        if (must_meet(x, peers->items[i])) {
            sym_exchange_meet(x, peers->items[i]);
        }
    }
}

static void end_waiting(struct sym_exchanges *x, const struct sym_node_id *peer, const char *why)
{
    for (size_t i = 0; i < x->table.n; i++) {
        struct sym_exchange *e = x->table.items[i];
        if (is_of(e, peer) && waits_for_heads(e)) {
            sym_exchange_abort(x, e, SYM_REASON_EVIDENCE, SYM_DENIED, why);
        }
    }
}

void sym_exchange_has_met(struct sym_exchanges *x, const struct sym_exchange *meeting)
{
    struct sym_fault fault = {.text = ""};
    sym_witness_set_met(x->config.witness, &meeting->peer);
    sym_opens_withdrawn(x->config.opens, &meeting->peer);
    if (sym_witness_trusts(x->config.witness, &meeting->peer, &fault) != SYM_OK) {
        end_waiting(x, &meeting->peer, fault.text);
    } else {
        sym_exchanges_met(x, &meeting->peer);
    }
}

void sym_exchange_not_met(struct sym_exchanges *x, const struct sym_exchange *meeting)
{
    end_waiting(x, &meeting->peer, meeting->fault.text);
}
