#include "node/exchange/exchanges_state.h"

#include <string.h>

void sym_exchange_witnessed(struct sym_witnessed *out, const struct sym_peer *peer)
{
    sym_peer_witnessed(out, peer);
}

enum sym_err sym_exchange_give(struct sym_exchanges *x, const struct sym_exchange *e,
                               const struct sym_evidence **out)
{
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, &e->peer);
    struct sym_witnessed with;
    if (peer == NULL) {
        return SYM_NOT_FOUND;
    }
    sym_exchange_witnessed(&with, peer);
    return sym_witness_give(x->config.witness, out, &with, e->leaf);
}

/* The entry tells of this exchange. */
static bool leaf_fits(const struct sym_exchanges *x, const struct sym_exchange *e,
                      const struct sym_leaf *leaf, enum sym_entry_kind kind)
{
    bool initiates = e->role == SYM_SESSION_INITIATOR;
    struct sym_span self = sym_span(x->config.self.bytes, SYM_NODE_ID_BYTES);
    struct sym_span peer = sym_span(e->peer.bytes, SYM_NODE_ID_BYTES);
    return leaf->kind == (uint32_t)kind &&
           sym_span_equal(leaf->exchange_id, sym_span(e->id, sizeof e->id)) &&
           sym_span_equal(leaf->initiator, initiates ? self : peer) &&
           sym_span_equal(leaf->responder, initiates ? peer : self);
}

enum sym_err sym_exchange_check(struct sym_exchanges *x, const struct sym_exchange *e,
                                const struct sym_evidence *evidence, struct sym_span signed_bytes,
                                enum sym_entry_kind kind, struct sym_fault *fault)
{
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, &e->peer);
    struct sym_witnessed from;
    struct sym_leaf leaf = {.version = 0};
    bool must_rest = kind != SYM_EXCHANGE_RESTS_ON_NOTHING && e->kind != SYM_KIND_WITNESS;
    if (peer == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND, "%s: was removed", e->alias);
    }
    if (evidence == NULL) {
        return must_rest || e->kind == SYM_KIND_WITNESS
                   ? sym_fail(fault, SYM_DENIED, "%s: shows no evidence of its log", e->alias)
                   : SYM_OK;
    }
    sym_exchange_witnessed(&from, peer);
    enum sym_err err =
        sym_witness_take(x->config.witness, &from, evidence, signed_bytes, must_rest, &leaf, fault);
    if (err == SYM_OK && must_rest && !leaf_fits(x, e, &leaf, kind)) {
        return sym_fail(fault, SYM_DENIED,
                        "%s: the entry of its log that it shows is about something else", e->alias);
    }
    return err;
}
