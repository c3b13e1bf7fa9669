/* evidence_room.h - a log in a store, filled with entries, and its head computed in the plainest
 * way: for the tests of the log. */
#ifndef SYM_TESTS_NODE_EVIDENCE_ROOM_H
#define SYM_TESTS_NODE_EVIDENCE_ROOM_H

#include "node/evidence/log_state.h"
#include "node/loop.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t exchange_a[SYM_EXCHANGE_ID_BYTES] = "exchange number";
static const uint8_t exchange_b[SYM_EXCHANGE_ID_BYTES] = "another of them";
static const struct sym_node_id bank_b = {.bytes = "the bank on the other side"};
static const struct sym_node_id police = {.bytes = "the police, who asks often"};

static inline enum sym_err try_add(struct room *s, unsigned i)
{
    char text[32];
    (void)snprintf(text, sizeof text, "entry %u", i);
    const struct sym_entry_body body = {.event = sym_span_text("tested"),
                                        .detail = sym_span_text(text)};
    const struct sym_entry entry = {.kind = SYM_ENTRY_SETTING, .body = &body};
    return sym_log_add(room_log(s), &entry);
}

static inline void add(struct room *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(try_add(s, i), SYM_OK);
    }
}

struct many {
    struct sym_log *log;
    unsigned n;
    unsigned runs;
    enum sym_err end;
};

static inline enum sym_err add_many(struct sym_transaction *t, void *context)
{
    struct many *m = context;
    const struct sym_entry_body body = {.event = sym_span_text("tested")};
    const struct sym_entry entry = {.kind = SYM_ENTRY_SETTING, .body = &body};
    m->runs++;
    for (unsigned i = 0; i < m->n; i++) {
        uint64_t index = 0;
        enum sym_err err = sym_log_append(m->log, t, &entry, &index);
        if (err != SYM_OK) {
            return err;
        }
        assert_int_equal(index, sym_log_head(m->log)->size + i);
    }
    return m->end;
}

static inline enum sym_err try_many(struct room *s, unsigned n, enum sym_err end, unsigned *runs)
{
    struct many m = {.log = room_log(s), .n = n, .end = end};
    enum sym_err err = sym_store_write(s->store, add_many, &m);
    if (runs != NULL) {
        *runs = m.runs;
    }
    return err;
}

struct naive {
    struct sym_merkle_edge edge;
    uint64_t size;
};

static inline enum sym_err add_leaf(void *context, const struct sym_log_row *row)
{
    uint8_t hash[SYM_HASH_BYTES];
    struct naive *n = context;
    if (row->index == n->size) {
        return SYM_LIMIT;
    }
    assert_int_equal(sym_merkle_leaf(hash, row->leaf), SYM_OK);
    return sym_merkle_add(&n->edge, hash);
}

/* The root over leaves as the store gives them, without a tile or an edge. */
static inline void naive_root(struct room *s, uint8_t out[SYM_HASH_BYTES], uint64_t size)
{
    struct naive n = {.size = size};
    struct sym_log_query q = {.first = 0};
    for (bool more = true; more && q.first < size;) {
        assert_int_equal(sym_log_rows(room_log(s), &q, &q.first, &more, add_leaf, &n), SYM_OK);
    }
    assert_int_equal(n.edge.size, size);
    assert_int_equal(sym_merkle_edge_root(out, &n.edge), SYM_OK);
}

static inline void check_head(struct room *s, uint64_t size)
{
    struct sym_note note;
    struct sym_checkpoint c;
    const struct sym_head *h = sym_log_head(room_log(s));
    assert_int_equal(h->size, size);
    assert_int_equal(h->signed_size, size);
    assert_int_equal(sym_checkpoint_open(&c, &note, sym_span(h->checkpoint, h->checkpoint_len),
                                         s->log_key.public_key),
                     SYM_OK);
    assert_int_equal(c.size, size);
    assert_memory_equal(c.root, h->root, sizeof c.root);
}

static inline void spans_of(struct sym_span out[SYM_MERKLE_PROOF_MAX],
                            const struct sym_merkle_proof *p)
{
    for (size_t i = 0; i < p->n; i++) {
        out[i] = sym_span(p->hash[i], SYM_HASH_BYTES);
    }
}

static inline void check_inclusion(struct room *s, uint64_t index, uint64_t size)
{
    struct sym_merkle_proof p;
    struct sym_span spans[SYM_MERKLE_PROOF_MAX];
    uint8_t root[SYM_HASH_BYTES];
    uint8_t leaf[SYM_LEAF_BYTES_MAX];
    uint8_t hash[SYM_HASH_BYTES];
    size_t len = 0;
    assert_int_equal(sym_log_prove_inclusion(s->log, &p, index, size), SYM_OK);
    assert_int_equal(sym_log_root(s->log, root, size), SYM_OK);
    assert_int_equal(sym_log_leaf(s->log, leaf, &len, index), SYM_OK);
    assert_int_equal(sym_merkle_leaf(hash, sym_span(leaf, len)), SYM_OK);
    spans_of(spans, &p);
    assert_int_equal(sym_merkle_check_inclusion(root, hash, index, size, spans, p.n), SYM_OK);
}

static inline void check_consistency(struct room *s, uint64_t from, uint64_t size)
{
    struct sym_merkle_proof p;
    struct sym_span spans[SYM_MERKLE_PROOF_MAX];
    uint8_t old[SYM_HASH_BYTES];
    uint8_t root[SYM_HASH_BYTES];
    assert_int_equal(sym_log_prove_consistency(s->log, &p, from, size), SYM_OK);
    assert_int_equal(sym_log_root(s->log, old, from), SYM_OK);
    assert_int_equal(sym_log_root(s->log, root, size), SYM_OK);
    spans_of(spans, &p);
    assert_int_equal(sym_merkle_check_consistency(old, from, root, size, spans, p.n), SYM_OK);
}

static inline void check_body(struct room *s, uint64_t index, const char *event)
{
    SYM_SECRET_AUTO body = {0};
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO leaf_arena = {0};
    uint8_t salt[SYM_HASH_BYTES];
    uint8_t commitment[SYM_HASH_BYTES];
    uint8_t bytes[SYM_LEAF_BYTES_MAX];
    size_t len = 0;
    struct sym_leaf leaf;
    struct sym_entry_body b;
    assert_int_equal(sym_log_leaf(s->log, bytes, &len, index), SYM_OK);
    assert_int_equal(sym_decode(&leaf_arena, &leaf, &sym_msg_leaf, sym_span(bytes, len)), SYM_OK);
    assert_int_equal(sym_log_body(s->log, salt, &body, index), SYM_OK);
    assert_int_equal(sym_body_commit(commitment, salt, sym_secret_span(&body)), SYM_OK);
    assert_true(sym_span_equal(leaf.commitment, sym_span(commitment, sizeof commitment)));
    assert_int_equal(sym_decode(&arena, &b, &sym_msg_entry_body, sym_secret_span(&body)), SYM_OK);
    assert_true(sym_span_equal(b.event, sym_span_text(event)));
}

static inline uint64_t time_of(struct room *s, uint64_t index)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    uint8_t bytes[SYM_LEAF_BYTES_MAX];
    size_t len = 0;
    assert_int_equal(sym_log_leaf(room_log(s), bytes, &len, index), SYM_OK);
    assert_int_equal(sym_decode(&arena, &leaf, &sym_msg_leaf, sym_span(bytes, len)), SYM_OK);
    return leaf.time_ms;
}

static inline void pass_a_moment(void)
{
    uint64_t now_ms = sym_wall_ms();
    while (sym_wall_ms() < now_ms + 3) {
    }
}

#endif
