#include "proto/told.h"

#include "crypto/lines.h"

#include <string.h>

static const char *const told_texts[] = {
#define TOLD_TEXT(name, text) [SYM_TOLD_##name] = (text),
    SYM_TOLD_LIST(TOLD_TEXT)
#undef TOLD_TEXT
};

const char *sym_told_text(enum sym_told kind)
{
    return (size_t)kind < SYM_TOLD_COUNT ? told_texts[kind] : "unknown";
}

void sym_told_clear(struct sym_told_message *m)
{
    sym_arena_clear(&m->arena[0]);
    sym_arena_clear(&m->arena[1]);
    *m = (struct sym_told_message){.kind = SYM_TOLD_REQUEST};
}

/* The messages are the same for the reader, but for their names. Each of these fills m from one of
 * them and tells who must have signed it. */
static enum sym_err read_request(struct sym_told_message *m, struct sym_span *signer,
                                 struct sym_span bytes, const uint8_t *key)
{
    struct sym_request r;
    enum sym_err err =
        sym_signed_read(&m->arena[0], &r, &sym_msg_request, bytes, key, SYM_DOMAIN_REQUEST);
    if (err == SYM_OK) {
        *signer = r.initiator;
        m->exchange_id = r.exchange_id;
        m->initiator = r.initiator;
        m->responder = r.responder;
        m->time_ms = r.issued_ms;
        m->exchange_kind = r.kind;
        m->purpose = r.purpose;
        m->basis = r.basis;
        m->evidence = r.evidence;
    }
    return err;
}

static enum sym_err read_receipt(struct sym_told_message *m, struct sym_span *signer,
                                 struct sym_span bytes, const uint8_t *key)
{
    struct sym_receipt r;
    enum sym_err err =
        sym_signed_read(&m->arena[0], &r, &sym_msg_receipt, bytes, key, SYM_DOMAIN_RECEIPT);
    if (err == SYM_OK) {
        *signer = r.responder;
        m->exchange_id = r.exchange_id;
        m->initiator = r.initiator;
        m->responder = r.responder;
        m->request_hash = r.request_hash;
        m->time_ms = r.issued_ms;
        m->decision = r.decision;
        m->reason = r.reason;
        m->evidence = r.evidence;
    }
    return err;
}

static enum sym_err read_close(struct sym_told_message *m, struct sym_span *signer,
                               struct sym_span bytes, const uint8_t *key)
{
    struct sym_close c;
    enum sym_err err =
        sym_signed_read(&m->arena[0], &c, &sym_msg_close, bytes, key, SYM_DOMAIN_CLOSE);
    if (err == SYM_OK) {
        *signer = c.closer;
        m->exchange_id = c.exchange_id;
        m->initiator = c.initiator;
        m->responder = c.responder;
        m->request_hash = c.request_hash;
        m->time_ms = c.closed_ms;
        m->sent = c.sent;
        m->received = c.received;
        m->evidence = c.evidence;
    }
    return err;
}

static enum sym_err read_abort(struct sym_told_message *m, struct sym_span *signer,
                               struct sym_span bytes, const uint8_t *key)
{
    struct sym_abort a;
    enum sym_err err =
        sym_signed_read(&m->arena[0], &a, &sym_msg_abort, bytes, key, SYM_DOMAIN_ABORT);
    if (err == SYM_OK) {
        *signer = a.aborter;
        m->exchange_id = a.exchange_id;
        m->initiator = a.initiator;
        m->responder = a.responder;
        m->request_hash = a.request_hash;
        m->time_ms = a.aborted_ms;
        m->reason = a.reason;
        m->sent = a.sent;
        m->received = a.received;
        m->evidence = a.evidence;
    }
    return err;
}

typedef enum sym_err read_fn(struct sym_told_message *m, struct sym_span *signer,
                             struct sym_span bytes, const uint8_t *key);

static read_fn *const readers[SYM_TOLD_COUNT] = {
    [SYM_TOLD_REQUEST] = read_request,
    [SYM_TOLD_RECEIPT] = read_receipt,
    [SYM_TOLD_CLOSE] = read_close,
    [SYM_TOLD_ABORT] = read_abort,
};

enum sym_err sym_origin_generation(uint32_t *generation, struct sym_span origin,
                                   const struct sym_node_id *id)
{
    char name[SYM_KEY_NAME_BYTES];
    uint64_t n = 1;
    sym_log_origin(name, id, 1);
    struct sym_reader r = sym_reader(origin);
    struct sym_span first = sym_read_span(&r, strlen(name));
    if (r.err != SYM_OK || !sym_span_equal(first, sym_span_text(name))) {
        return SYM_BAD_VALUE;
    }
    if (r.left > 0) {
        bool numbered = sym_read_u8(&r) == '/' && sym_text_number(&n, sym_read_span(&r, r.left));
        if (!numbered || n < 2 || n > UINT32_MAX) {
            return SYM_BAD_VALUE;
        }
    }
    *generation = (uint32_t)n;
    return SYM_OK;
}

bool sym_origin_is_of(struct sym_span origin, const struct sym_node_id *id)
{
    uint32_t generation = 0;
    return sym_origin_generation(&generation, origin, id) == SYM_OK;
}

static enum sym_err check_head(struct sym_told_message *m, const struct sym_card *card,
                               struct sym_fault *fault)
{
    struct sym_note note;
    struct sym_node_id id;
    enum sym_err err = sym_checkpoint_open(&m->head, &note, m->evidence->checkpoint, card->log);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "its checkpoint %s",
                        err == SYM_NOT_FOUND ? "is not signed by the log key of the card"
                                             : sym_err_text(err));
    }
    sym_node_id_of(&id, card->identity);
    return sym_origin_is_of(m->head.origin, &id)
               ? SYM_OK
               : sym_fail(fault, SYM_BAD_VALUE, "its checkpoint is of the log of another node");
}

static bool same_or_none(struct sym_span in_leaf, struct sym_span in_message)
{
    return in_leaf.len == 0 || sym_span_equal(in_leaf, in_message);
}

/* The entry that the message rests on. */
static enum sym_err check_leaf(struct sym_told_message *m, struct sym_fault *fault)
{
    uint8_t hash[SYM_HASH_BYTES];
    const struct sym_evidence *e = m->evidence;
    enum sym_err err = sym_merkle_leaf(hash, e->leaf);
    if (err == SYM_OK) {
        err = sym_merkle_check_inclusion(m->head.root, hash, e->leaf_index, m->head.size,
                                         e->inclusion, e->n_inclusion);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the entry %llu that it rests on is not in the tree it shows",
                        (unsigned long long)e->leaf_index);
    }
    err = sym_decode(&m->arena[1], &m->leaf, &sym_msg_leaf, e->leaf);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the entry %llu that it rests on is not an entry of a log",
                        (unsigned long long)e->leaf_index);
    }
    if (!sym_span_equal(m->leaf.exchange_id, m->exchange_id) ||
        !same_or_none(m->leaf.initiator, m->initiator) ||
        !same_or_none(m->leaf.responder, m->responder)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "the entry %llu that it rests on tells of another exchange",
                        (unsigned long long)e->leaf_index);
    }
    m->rests = true;
    return SYM_OK;
}

static enum sym_err check_evidence(struct sym_told_message *m, const struct sym_card *card,
                                   struct sym_fault *fault)
{
    const struct sym_evidence *e = m->evidence;
    if (e == NULL || e->checkpoint.len == 0) {
        return SYM_OK;
    }
    enum sym_err err = check_head(m, card, fault);
    if (err == SYM_OK && e->leaf.len > 0) {
        err = check_leaf(m, fault);
    }
    if (err == SYM_OK && e->consistent_from > 0 && e->prefix_root.len == SYM_HASH_BYTES) {
        err = sym_merkle_check_consistency(e->prefix_root.data, e->consistent_from, m->head.root,
                                           m->head.size, e->consistency, e->n_consistency);
        if (err != SYM_OK) {
            err = sym_fail(fault, err, "the tree that it says it extends does not lead to its own");
        }
    }
    return err;
}

enum sym_err sym_told_read(struct sym_told_message *m, enum sym_told kind,
                           struct sym_span signed_bytes, const struct sym_card *card,
                           struct sym_fault *fault)
{
    struct sym_span signer;
    struct sym_node_id id;
    if ((size_t)kind >= SYM_TOLD_COUNT) {
        return sym_fail(fault, SYM_BAD_VALUE, "there is no such kind of message");
    }
    m->kind = kind;
    enum sym_err err = readers[kind](m, &signer, signed_bytes, card->identity);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the %s %s", sym_told_text(kind),
                        err == SYM_BAD_SIGNATURE ? "is not signed by the identity of the card"
                                                 : sym_err_text(err));
    }
    sym_node_id_of(&id, card->identity);
    bool takes_part = sym_span_equal(signer, m->initiator) || sym_span_equal(signer, m->responder);
    if (!takes_part || !sym_span_equal(signer, sym_span(id.bytes, sizeof id.bytes))) {
        return sym_fail(fault, SYM_BAD_VALUE, "the %s names another node as its signer",
                        sym_told_text(kind));
    }
    return check_evidence(m, card, fault);
}
