/* exhibit_case.h - two nodes, a twin of one that tells another story, and what they sign: for the
 * tests of exhibits. */
#ifndef SYM_TESTS_PROTO_EXHIBIT_CASE_H
#define SYM_TESTS_PROTO_EXHIBIT_CASE_H

#include "proto/exhibit.h"
#include "tests/support/exported.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 20u

static struct exported node;
static struct exported other; /* another node */
static struct exported twin;  /* the same node with other entries: it tells two stories */

struct text {
    char bytes[65536];
    size_t len;
};

static inline struct sym_span span_of(const struct text *t)
{
    return sym_span(t->bytes, t->len);
}

static inline int make(void **state)
{
    (void)state;
    exported_new(&node, 1, SIZE);
    exported_new(&other, 2, SIZE);
    exported_new(&twin, 1, SIZE);
    for (size_t i = 7; i < SIZE; i++) {
        twin.hashes[i][0] ^= 1;
    }
    return 0;
}

static inline int drop(void **state)
{
    (void)state;
    exported_free(&node);
    exported_free(&other);
    exported_free(&twin);
    return 0;
}

/* Signed messages -------------------------------------------------------------------------------
 */

/* What a message of the node shows of its log, and what the evidence is made of. */
struct shown {
    struct sym_evidence evidence;
    char checkpoint[EXPORTED_NOTE_BYTES];
    struct exported_entry entry;
    struct sym_merkle_proof path, extends;
    struct sym_span hashes[2][SYM_MERKLE_PROOF_MAX];
    uint8_t prefix_root[SYM_HASH_BYTES];
};

static inline size_t spans(struct sym_span *out, const struct sym_merkle_proof *p)
{
    for (size_t i = 0; i < p->n; i++) {
        out[i] = sym_span(p->hash[i], SYM_HASH_BYTES);
    }
    return p->n;
}

/* Not 0: the time of the entry that a log other than the node's shows. */
static uint64_t late;

/* The log of `of` with size entries; with the entry at index unless that is size. */
static inline void show(struct shown *s, struct exported *of, uint64_t size, uint64_t index)
{
    *s = (struct shown){.evidence = {.leaf_index = 0}};
    s->evidence.checkpoint = sym_span(s->checkpoint, exported_checkpoint(s->checkpoint, of, size));
    exported_entry(&s->entry, of, index);
    if (late > 0 && of != &node) {
        exported_entry_at(&s->entry, of, index, late);
    }
    if (index < size) {
        assert_int_equal(sym_merkle_prove_inclusion(&s->path, index, size, exported_read, of),
                         SYM_OK);
        s->evidence.leaf = sym_span(s->entry.leaf, s->entry.leaf_len);
        s->evidence.leaf_index = index;
        s->evidence.inclusion = s->hashes[0];
        s->evidence.n_inclusion = spans(s->hashes[0], &s->path);
    }
}

/* And that it extends its first `from` entries. */
static inline void show_prefix(struct shown *s, struct exported *of, uint64_t size, uint64_t from)
{
    assert_int_equal(sym_merkle_prove_consistency(&s->extends, from, size, exported_read, of),
                     SYM_OK);
    assert_int_equal(sym_merkle_root(s->prefix_root, from, exported_read, of), SYM_OK);
    s->evidence.consistent_from = from;
    s->evidence.prefix_root = sym_span(s->prefix_root, SYM_HASH_BYTES);
    s->evidence.consistency = s->hashes[1];
    s->evidence.n_consistency = spans(s->hashes[1], &s->extends);
}

struct named {
    uint8_t zeros[SYM_HASH_BYTES];
    struct sym_span responder; /* of entry 0: the same for entries 0 to 3 */
    struct sym_arena arena;
};

/* The other node of the exchange that the entry tells of. */
static inline void name_nodes(struct named *n, const struct shown *s)
{
    struct sym_leaf leaf;
    *n = (struct named){.responder = {NULL, 0}};
    assert_int_equal(
        sym_decode(&n->arena, &leaf, &sym_msg_leaf, sym_span(s->entry.leaf, s->entry.leaf_len)),
        SYM_OK);
    n->responder = leaf.responder;
}

static inline void sign_request(struct text *out, const struct exported *signer,
                                const struct shown *s, uint64_t time_ms)
{
    struct named n;
    name_nodes(&n, s);
    const struct sym_request r = {
        .version = SYM_EXCHANGE_VERSION,
        .exchange_id = sym_span(s->entry.exchange_id, SYM_EXCHANGE_ID_BYTES),
        .initiator = sym_span(signer->id.bytes, SYM_NODE_ID_BYTES),
        .responder = n.responder,
        .issued_ms = time_ms,
        .expires_ms = time_ms + 1,
        .ephemeral = sym_span(n.zeros, SYM_X25519_BYTES),
        .exporter = sym_span(n.zeros, SYM_HASH_BYTES),
        .kind = SYM_KIND_PING,
        .evidence = &s->evidence,
    };
    assert_int_equal(sym_signed_write((uint8_t *)out->bytes, sizeof out->bytes, &out->len,
                                      &sym_msg_request, &r, &signer->keys.identity,
                                      SYM_DOMAIN_REQUEST),
                     SYM_OK);
    sym_arena_clear(&n.arena);
}

static inline void sign_close(struct text *out, const struct exported *signer,
                              const struct shown *s, uint64_t time_ms)
{
    struct named n;
    name_nodes(&n, s);
    const struct sym_transcript t = {.frames = 3, .hash = sym_span(n.zeros, SYM_HASH_BYTES)};
    const struct sym_close c = {
        .version = SYM_EXCHANGE_VERSION,
        .exchange_id = sym_span(s->entry.exchange_id, SYM_EXCHANGE_ID_BYTES),
        .initiator = sym_span(signer->id.bytes, SYM_NODE_ID_BYTES),
        .responder = n.responder,
        .closer = sym_span(signer->id.bytes, SYM_NODE_ID_BYTES),
        .closed_ms = time_ms,
        .request_hash = sym_span(n.zeros, SYM_HASH_BYTES),
        .receipt_hash = sym_span(n.zeros, SYM_HASH_BYTES),
        .sent = &t,
        .received = &t,
        .evidence = &s->evidence,
    };
    assert_int_equal(sym_signed_write((uint8_t *)out->bytes, sizeof out->bytes, &out->len,
                                      &sym_msg_close, &c, &signer->keys.identity, SYM_DOMAIN_CLOSE),
                     SYM_OK);
    sym_arena_clear(&n.arena);
}

static inline void write_receipt(struct text *out, enum sym_told kind, const struct text *message,
                                 const struct exported *signer)
{
    assert_int_equal(sym_receipt_write(out->bytes, sizeof out->bytes, &out->len, kind,
                                       span_of(message), exported_card(signer)),
                     SYM_OK);
}

static inline enum sym_err read_receipt(const struct text *t, struct sym_fault *fault)
{
    struct sym_receipt_exhibit e = {.memory = NULL};
    enum sym_err err = sym_receipt_read(&e, span_of(t), "file", fault);
    sym_receipt_clear(&e);
    return err;
}

#endif
