/* compare_scene.h - two nodes, what their logs say of the exchanges between them, and one that
 * compares: for the tests of comparing. */
#ifndef SYM_TESTS_PROTO_COMPARE_SCENE_H
#define SYM_TESTS_PROTO_COMPARE_SCENE_H

#include "proto/compare_state.h"
#include "tests/support/toy_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BEGAN_MS 1000000u
#define NONE     UINT64_MAX

/* Two nodes, A (who compares) and B, and what their logs say of the exchanges between them. */
struct side {
    struct sym_sign_key identity;
    struct toy_log log;
    uint8_t bodies[TOY_LOG_MAX][8192];
    size_t body_len[TOY_LOG_MAX];
    uint8_t statements[TOY_LOG_MAX][SYM_STATEMENT_BYTES];
    size_t statement_len[TOY_LOG_MAX];
};

struct scene {
    struct side a;
    struct side b;
    struct sym_compare *compare;
    uint64_t now_ms;
    size_t began;      /* entries of A that came later are of what is going on; 0: none are */
    uint64_t since_ms; /* of B's log */
    uint64_t own_since_ms;
    struct sym_compare_gap gap; /* of A's log; zeros: none */
    size_t earlier;             /* so many of the entries of A are of its log 1 */
};

static inline int set_up(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    toy_log_open(&s->a.log);
    toy_log_open(&s->b.log);
    assert_int_equal(sym_sign_key_new(&s->a.identity), SYM_OK);
    assert_int_equal(sym_sign_key_new(&s->b.identity), SYM_OK);
    sym_node_id_of(&s->a.log.id, s->a.identity.public_key);
    sym_node_id_of(&s->b.log.id, s->b.identity.public_key);
    toy_log_add(&s->a.log, 100);
    toy_log_add(&s->b.log, 100);
    s->now_ms = 1000;
    s->since_ms = 100;
    s->own_since_ms = 100;
    *state = s;
    return 0;
}

static inline int tear_down(void **state)
{
    struct scene *s = *state;
    sym_compare_free(s->compare);
    toy_log_close(&s->a.log);
    toy_log_close(&s->b.log);
    sym_sign_key_clear(&s->a.identity);
    sym_sign_key_clear(&s->b.identity);
    free(s);
    return 0;
}

/* Writing logs ---------------------------------------------------------------------------------
 */

struct exchange {
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    bool a_asks;
};

static inline struct exchange new_exchange(bool a_asks)
{
    struct exchange x = {.a_asks = a_asks};
    sym_random(x.id, sizeof x.id);
    return x;
}

static inline size_t put(struct scene *s, struct side *side, const struct exchange *x,
                         enum sym_entry_kind kind, const struct sym_entry_body *body)
{
    uint8_t commitment[SYM_HASH_BYTES];
    struct sym_node_id *asks = x->a_asks ? &s->a.log.id : &s->b.log.id;
    struct sym_node_id *answers = x->a_asks ? &s->b.log.id : &s->a.log.id;
    size_t at = side->log.size;
    sym_random(commitment, sizeof commitment);
    struct sym_leaf leaf = {.version = 1,
                            .time_ms = s->now_ms++,
                            .kind = kind,
                            .exchange_id = sym_span(x->id, sizeof x->id),
                            .initiator = sym_span(asks->bytes, SYM_NODE_ID_BYTES),
                            .responder = sym_span(answers->bytes, SYM_NODE_ID_BYTES),
                            .commitment = sym_span(commitment, sizeof commitment)};
    toy_log_add_leaf(&side->log, &leaf);
    assert_int_equal(sym_encode(side->bodies[at], sizeof side->bodies[at], &side->body_len[at],
                                &sym_msg_entry_body, body),
                     SYM_OK);
    return at;
}

static inline void put_plain(struct scene *s, struct side *side, const struct exchange *x,
                             enum sym_entry_kind kind, uint32_t decision)
{
    struct sym_entry_body body = {.event = sym_span_text("event"), .decision = decision};
    (void)put(s, side, x, kind, &body);
}

/* A counts what it did not record of B's requests. */
static inline void put_count(struct scene *s, const struct sym_entry_body *body)
{
    uint8_t commitment[SYM_HASH_BYTES] = {7};
    size_t at = s->a.log.size;
    struct sym_leaf leaf = {.version = 1,
                            .time_ms = s->now_ms++,
                            .kind = SYM_ENTRY_REFUSED,
                            .initiator = sym_span(s->b.log.id.bytes, SYM_NODE_ID_BYTES),
                            .responder = sym_span(s->a.log.id.bytes, SYM_NODE_ID_BYTES),
                            .commitment = sym_span(commitment, sizeof commitment)};
    toy_log_add_leaf(&s->a.log, &leaf);
    assert_int_equal(sym_encode(s->a.bodies[at], sizeof s->a.bodies[at], &s->a.body_len[at],
                                &sym_msg_entry_body, body),
                     SYM_OK);
}

static inline void both_granted(struct scene *s, const struct exchange *x)
{
    put_plain(s, &s->a, x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_plain(s, &s->a, x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
}

/* The end at one side: sent and received frames, all hashes alike but for `twist`. */
static inline void put_end(struct scene *s, struct side *side, const struct exchange *x,
                           bool is_abort, uint64_t sent, uint64_t received, uint8_t twist)
{
    struct sym_statement st = {.is_abort = is_abort,
                               .initiator = x->a_asks ? s->a.log.id : s->b.log.id,
                               .responder = x->a_asks ? s->b.log.id : s->a.log.id,
                               .signer = side->log.id,
                               .time_ms = s->now_ms,
                               .has_receipt = true,
                               .sent_frames = sent,
                               .received_frames = received,
                               .reason = is_abort ? SYM_REASON_CANCELLED : 0};
    size_t at = side->log.size;
    memcpy(st.exchange_id, x->id, sizeof st.exchange_id);
    memset(st.sent_hash, (int)sent, sizeof st.sent_hash);
    memset(st.received_hash, (int)received, sizeof st.received_hash);
    st.sent_hash[0] ^= twist;
    assert_int_equal(sym_statement_write(side->statements[at], SYM_STATEMENT_BYTES,
                                         &side->statement_len[at], &st, &side->identity),
                     SYM_OK);
    struct sym_entry_body body = {.event = sym_span_text("closed"),
                                  .statement =
                                      sym_span(side->statements[at], side->statement_len[at])};
    (void)put(s, side, x, is_abort ? SYM_ENTRY_ABORTED : SYM_ENTRY_CLOSED, &body);
}

static inline void both_closed(struct scene *s, const struct exchange *x)
{
    put_end(s, &s->a, x, false, 3, 5, 0);
    put_end(s, &s->b, x, false, 5, 3, 0);
}

/* Comparing ------------------------------------------------------------------------------------
 */

static inline void begin(struct scene *s)
{
    struct sym_compare_plan plan = {.self = s->a.log.id,
                                    .peer = s->b.log.id,
                                    .began_ms = BEGAN_MS,
                                    .own_size = s->began > 0 ? s->began : s->a.log.size,
                                    .since_ms = s->own_since_ms,
                                    .gaps = {s->gap},
                                    .n_gaps = s->gap.until_ms > 0};
    memcpy(plan.peer_identity, s->b.identity.public_key, sizeof plan.peer_identity);
    memcpy(plan.own_identity, s->a.identity.public_key, sizeof plan.own_identity);
    assert_int_equal(sym_compare_new(&s->compare, &plan), SYM_OK);
    for (size_t i = 0; i < s->a.log.size; i++) {
        sym_compare_own_log(s->compare, i < s->earlier ? 1 : 0);
        assert_int_equal(sym_compare_own(s->compare, i,
                                         sym_span(s->a.log.leaves[i], s->a.log.len[i]),
                                         sym_span(s->a.bodies[i], s->a.body_len[i])),
                         SYM_OK);
    }
}

static inline enum sym_err show(struct scene *s, size_t at)
{
    struct toy_evidence e;
    toy_log_show(&s->b.log, &e, s->b.log.size, 0, at);
    struct sym_compare_entry entry = {.index = at,
                                      .leaf = e.evidence.leaf,
                                      .inclusion = e.evidence.inclusion,
                                      .n_inclusion = e.evidence.n_inclusion,
                                      .statement =
                                          sym_span(s->b.statements[at], s->b.statement_len[at])};
    return sym_compare_theirs(s->compare, &entry);
}

static inline void show_head(struct scene *s)
{
    struct toy_evidence e;
    struct sym_shown head;
    toy_log_show(&s->b.log, &e, s->b.log.size, 0, NONE);
    assert_int_equal(
        sym_shown_read(&head, &e.evidence, &s->b.log.id, s->b.log.key.public_key, false), SYM_OK);
    assert_int_equal(sym_compare_head(s->compare, &head, s->since_ms), SYM_OK);
}

/* A log of B that is bigger than a toy one: only its newest leaf is ever proven. */
static inline enum sym_err show_more(struct scene *s, uint64_t *index, const struct exchange *x,
                                     enum sym_entry_kind kind)
{
    uint8_t bytes[SYM_LEAF_BYTES_MAX];
    uint8_t commitment[SYM_HASH_BYTES] = {1};
    size_t len = 0;
    struct sym_node_id *asks = x->a_asks ? &s->a.log.id : &s->b.log.id;
    struct sym_node_id *answers = x->a_asks ? &s->b.log.id : &s->a.log.id;
    struct sym_leaf leaf = {.version = 1,
                            .time_ms = s->now_ms,
                            .kind = kind,
                            .exchange_id = sym_span(x->id, sizeof x->id),
                            .initiator = sym_span(asks->bytes, SYM_NODE_ID_BYTES),
                            .responder = sym_span(answers->bytes, SYM_NODE_ID_BYTES),
                            .commitment = sym_span(commitment, sizeof commitment)};
    assert_int_equal(sym_encode(bytes, sizeof bytes, &len, &sym_msg_leaf, &leaf), SYM_OK);
    /* As if it were the only one of a tree: what a liar would take the trouble to prove. */
    assert_int_equal(sym_merkle_leaf(s->compare->root, sym_span(bytes, len)), SYM_OK);
    s->compare->size = 1;
    struct sym_compare_entry entry = {.index = 0, .leaf = sym_span(bytes, len)};
    s->compare->next_there = 0;
    (*index)++;
    return sym_compare_theirs(s->compare, &entry);
}

/* Everything that B has but the entry `but`; the findings. */
static inline const struct sym_compared_finding *compare_but(struct scene *s, size_t but, size_t *n)
{
    begin(s);
    show_head(s);
    for (size_t i = 0; i < s->b.log.size; i++) {
        if (i != but) {
            assert_int_equal(show(s, i), SYM_OK);
        }
    }
    assert_int_equal(sym_compare_finish(s->compare), SYM_OK);
    return sym_compare_findings(s->compare, n);
}

static inline void is_clean(struct scene *s, uint64_t exchanges)
{
    size_t n = 0;
    (void)compare_but(s, SIZE_MAX, &n);
    assert_int_equal(n, 0);
    assert_int_equal(sym_compare_counts(s->compare).exchanges, exchanges);
}

static inline void finds_only(struct scene *s, enum sym_finding_code code, const struct exchange *x)
{
    size_t n = 0;
    const struct sym_compared_finding *f = compare_but(s, SIZE_MAX, &n);
    assert_int_equal(n, 1);
    assert_int_equal(f[0].code, code);
    assert_memory_equal(f[0].exchange_id, x->id, sizeof x->id);
}

/* B asks; the request that A has logged rests on the entry `at` of B. */
static inline void put_proof(struct scene *s, const struct exchange *x, size_t at)
{
    uint8_t bytes[8192];
    uint8_t filler[SYM_HASH_BYTES];
    size_t len = 0;
    struct toy_evidence e;
    memset(filler, 1, sizeof filler);
    toy_log_show(&s->b.log, &e, s->b.log.size, 0, at);
    struct sym_request r = {.version = 1,
                            .exchange_id = sym_span(x->id, sizeof x->id),
                            .initiator = sym_span(s->b.log.id.bytes, SYM_NODE_ID_BYTES),
                            .responder = sym_span(s->a.log.id.bytes, SYM_NODE_ID_BYTES),
                            .issued_ms = 1,
                            .expires_ms = 2,
                            .ephemeral = sym_span(filler, sizeof filler),
                            .exporter = sym_span(filler, sizeof filler),
                            .kind = SYM_KIND_PING,
                            .purpose = SYM_PURPOSE_TEST,
                            .evidence = &e.evidence};
    assert_int_equal(sym_signed_write(bytes, sizeof bytes, &len, &sym_msg_request, &r,
                                      &s->b.identity, SYM_DOMAIN_REQUEST),
                     SYM_OK);
    struct sym_entry_body body = {.event = sym_span_text("requested"),
                                  .request = sym_span(bytes, len)};
    (void)put(s, &s->a, x, SYM_ENTRY_REQUESTED, &body);
}

#endif
