#include "proto/compare_state.h"

#include <string.h>

enum sym_err sym_compare_read(const struct sym_compare *c, struct sym_compared *e, uint64_t index,
                              struct sym_span bytes)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    struct sym_span self = sym_span(c->plan.self.bytes, SYM_NODE_ID_BYTES);
    struct sym_span peer = sym_span(c->plan.peer.bytes, SYM_NODE_ID_BYTES);
    *e = (struct sym_compared){.index = index};
    enum sym_err err = sym_decode(&arena, &leaf, &sym_msg_leaf, bytes);
    if (err != SYM_OK) {
        return err;
    }
    bool asked = sym_span_equal(leaf.initiator, self) && sym_span_equal(leaf.responder, peer);
    bool answered = sym_span_equal(leaf.initiator, peer) && sym_span_equal(leaf.responder, self);
    if (leaf.exchange_id.len != SYM_EXCHANGE_ID_BYTES || (!asked && !answered) ||
        leaf.kind > SYM_ENTRY_SETTLED) {
        return SYM_NOT_FOUND;
    }
    memcpy(e->id, leaf.exchange_id.data, sizeof e->id);
    e->time_ms = leaf.time_ms;
    e->kind = leaf.kind;
    e->self_asked = asked;
    return SYM_OK;
}

/* Anything but what was signed so is left out: who may show an abort for a close would explain away
 * any difference. */
bool sym_compare_read_word(struct sym_compare_word *out, const struct sym_compared *e,
                           struct sym_span bytes, const uint8_t identity[SYM_ED25519_BYTES])
{
    struct sym_statement s;
    if (sym_statement_read(&s, bytes, identity) != SYM_OK ||
        !sym_equal(s.exchange_id, e->id, sizeof e->id) ||
        e->kind != (uint32_t)(s.is_abort ? SYM_ENTRY_ABORTED : SYM_ENTRY_CLOSED)) {
        return false;
    }
    *out = (struct sym_compare_word){.is_abort = s.is_abort,
                                     .frames = {s.sent_frames, s.received_frames}};
    memcpy(out->hash[0], s.sent_hash, SYM_HASH_BYTES);
    memcpy(out->hash[1], s.received_hash, SYM_HASH_BYTES);
    return true;
}

static enum sym_err add_word(struct sym_compare *c, struct sym_compared *e, struct sym_span bytes)
{
    struct sym_compare_word w;
    if (!sym_compare_read_word(&w, e, bytes, c->plan.own_identity)) {
        return SYM_OK;
    }
    e->word = c->words.n + 1;
    return sym_compare_append(&c->words, &w, sizeof w, SYM_COMPARED_MAX);
}

/* The entry there that this message of the other side rests on. */
static enum sym_err add_proof(struct sym_compare *c, const struct sym_compared *e,
                              const struct sym_evidence *evidence)
{
    struct sym_compare_proof p = {.index_here = e->index, .generation_here = e->generation};
    struct sym_note note;
    struct sym_checkpoint head;
    if (evidence == NULL || evidence->leaf.len == 0 ||
        sym_note_parse(&note, evidence->checkpoint) != SYM_OK ||
        sym_checkpoint_read(&head, note.text) != SYM_OK ||
        sym_origin_generation(&p.generation, head.origin, &c->plan.peer) != SYM_OK) {
        return SYM_OK;
    }
    p.index = evidence->leaf_index;
    memcpy(p.id, e->id, sizeof p.id);
    enum sym_err err = sym_merkle_leaf(p.leaf, evidence->leaf);
    return err == SYM_OK ? sym_compare_append(&c->proofs, &p, sizeof p, SYM_COMPARED_MAX) : err;
}

typedef const struct sym_evidence *evidence_fn(const void *body);

static const struct sym_evidence *of_request(const void *body)
{
    return ((const struct sym_request *)body)->evidence;
}

static const struct sym_evidence *of_receipt(const void *body)
{
    return ((const struct sym_receipt *)body)->evidence;
}

static const struct sym_evidence *of_close(const void *body)
{
    return ((const struct sym_close *)body)->evidence;
}

static const struct sym_evidence *of_abort(const void *body)
{
    return ((const struct sym_abort *)body)->evidence;
}

union message {
    struct sym_request request;
    struct sym_receipt receipt;
    struct sym_close close;
    struct sym_abort abort;
};

/* What the message, if it is of this kind, rests on. rests may be NULL. */
static enum sym_err take_message(struct sym_compare *c, const struct sym_compared *e,
                                 struct sym_span bytes, const struct sym_message *kind,
                                 evidence_fn *evidence_of, bool *rests)
{
    SYM_ARENA_AUTO outer = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_signed s;
    union message m;
    if (bytes.len == 0 || sym_decode(&outer, &s, &sym_msg_signed, bytes) != SYM_OK ||
        sym_decode(&arena, &m, kind, s.body) != SYM_OK) {
        return SYM_OK;
    }
    const struct sym_evidence *evidence = evidence_of(&m);
    if (rests != NULL) {
        *rests = evidence != NULL && evidence->leaf.len > 0;
    }
    return add_proof(c, e, evidence);
}

/* What an own body holds of the other side's log. */
static enum sym_err take_proofs(struct sym_compare *c, struct sym_compared *e,
                                const struct sym_entry_body *b)
{
    bool rests = false;
    enum sym_err err = SYM_OK;
    if (!e->self_asked) {
        err = take_message(c, e, b->request, &sym_msg_request, of_request, NULL);
    } else {
        err = take_message(c, e, b->receipt, &sym_msg_receipt, of_receipt, &rests);
        e->unproven = e->kind == SYM_ENTRY_DECIDED && !rests;
    }
    if (err == SYM_OK) {
        err = take_message(c, e, b->peer_statement, &sym_msg_close, of_close, NULL);
    }
    return err == SYM_OK ? take_message(c, e, b->peer_statement, &sym_msg_abort, of_abort, NULL)
                         : err;
}

enum sym_err sym_compare_read_body(struct sym_compare *c, struct sym_compared *e,
                                   struct sym_span body)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_entry_body b;
    enum sym_err err = sym_decode(&arena, &b, &sym_msg_entry_body, body);
    if (err == SYM_OK) {
        e->granted = e->kind == SYM_ENTRY_DECIDED && b.decision == SYM_DECISION_GRANTED;
        err = take_proofs(c, e, &b);
    }
    if (err == SYM_OK && b.statement.len > 0 && e->kind != SYM_ENTRY_SETTLED) {
        err = add_word(c, e, b.statement);
    }
    return err;
}

enum sym_err sym_compare_count_denied(struct sym_compare *c, struct sym_span leaf,
                                      struct sym_span body)
{
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO inner = {0};
    struct sym_leaf l;
    struct sym_entry_body b;
    enum sym_err err = sym_decode(&arena, &l, &sym_msg_leaf, leaf);
    if (err != SYM_OK || l.kind != SYM_ENTRY_REFUSED || body.len == 0 ||
        !sym_span_equal(l.initiator, sym_span(c->plan.peer.bytes, SYM_NODE_ID_BYTES))) {
        return err;
    }
    err = sym_decode(&inner, &b, &sym_msg_entry_body, body);
    if (err == SYM_OK && sym_span_equal(b.event, sym_span_text(SYM_EVENT_NOT_RECORDED))) {
        c->counts.denied += b.count;
    }
    return err;
}
