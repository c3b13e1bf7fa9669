/* overlap_lies.h - an overlap machine and any payload for it, good or bad: for the tests of what it
 * refuses. */
#ifndef SYM_TESTS_PROTO_OVERLAP_LIES_H
#define SYM_TESTS_PROTO_OVERLAP_LIES_H

#include "proto/overlap_state.h"

#include "tests/support/overlap_rig.h"
#include "tests/support/toy_group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define MATCHES SYM_KIND_OVERLAP_MATCHES
#define COUNT   SYM_KIND_OVERLAP_COUNT
#define FRAME   SYM_OVERLAP_ITEMS_MAX

static const enum sym_kind kinds[] = {MATCHES, COUNT};
static struct token_set tokens;
static uint8_t *payload; /* the last one made */

/* Runs and payloads ----------------------------------------------------------------------------
 */

static inline struct sym_overlap_run *started_with(const struct sym_ristretto *with,
                                                   enum sym_kind kind, enum sym_session_role role,
                                                   uint32_t own, uint32_t peer)
{
    struct sym_overlap_run *run = NULL;
    struct sym_overlap_config c = {.kind = kind,
                                   .role = role,
                                   .with = with,
                                   .digests = tokens.digests[0],
                                   .n = own < tokens.n ? own : tokens.n,
                                   .own_size = own,
                                   .peer_size = peer};
    assert_int_equal(sym_overlap_new(&run, &c), SYM_OK);
    return run;
}

static inline struct sym_overlap_run *responder(enum sym_kind kind, uint32_t own, uint32_t peer)
{
    return started_with(&toy_group, kind, SYM_SESSION_RESPONDER, own, peer);
}

static inline struct sym_overlap_run *initiator(enum sym_kind kind, uint32_t own, uint32_t peer)
{
    return started_with(&toy_group, kind, SYM_SESSION_INITIATOR, own, peer);
}

/* The i-th element: i + 1, so that elements ascend with i where their last bytes are compared. */
static inline void element(uint8_t out[32], uint32_t i)
{
    memset(out, 0, 32);
    out[0] = (uint8_t)((i + 1) >> 16);
    out[1] = (uint8_t)((i + 1) >> 8);
    out[2] = (uint8_t)(i + 1);
}

static inline void tag(uint8_t *out, size_t len, uint32_t i)
{
    memset(out, 0, len);
    out[5] = (uint8_t)(i >> 16);
    out[6] = (uint8_t)(i >> 8);
    out[7] = (uint8_t)i;
}

/* A payload of n items from number first on, in a block of its exact size. */
static inline struct sym_span frame(uint8_t type, uint32_t n, uint32_t first, size_t item_len)
{
    size_t len = 5 + n * item_len;
    free(payload);
    payload = malloc(len);
    assert_non_null(payload);
    payload[0] = type;
    payload[1] = (uint8_t)(n >> 24);
    payload[2] = (uint8_t)(n >> 16);
    payload[3] = (uint8_t)(n >> 8);
    payload[4] = (uint8_t)n;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t whole[64] = {0};
        if (type == OVERLAP_TAGS) {
            tag(whole, item_len, first + i);
        } else {
            element(whole, first + i);
        }
        memcpy(payload + 5 + i * item_len, whole, item_len);
    }
    return sym_span(payload, len);
}

static inline uint8_t *item(size_t i, size_t item_len)
{
    return payload + 5 + i * item_len;
}

static inline enum sym_err give(struct sym_overlap_run *run, struct sym_span bytes)
{
    return sym_overlap_take(run, SYM_EVENT_DATA, bytes);
}

static inline void pass(struct sym_overlap_run *run, struct sym_span bytes)
{
    assert_int_equal(give(run, bytes), SYM_OK);
}

/* Dead: nothing is taken, said or offered any more. */
static inline void assert_dead(struct sym_overlap_run *run)
{
    struct sym_work work;
    struct sym_overlap_result result;
    size_t len = 7;
    assert_int_equal(run->state, OVERLAP_DEAD);
    assert_int_equal(sym_overlap_step(run, &len), SYM_OVERLAP_WAIT);
    assert_false(sym_overlap_work(run, &work));
    assert_int_equal(sym_overlap_take(run, SYM_EVENT_CLOSED, sym_span(NULL, 0)), SYM_WRONG_STATE);
    assert_int_equal(sym_overlap_write(run, NULL, 0), SYM_WRONG_STATE);
    assert_int_equal(sym_overlap_result(run, &result), SYM_WRONG_STATE);
    assert_int_not_equal(run->state, OVERLAP_DONE);
}

static inline void refuses(struct sym_overlap_run *run, struct sym_span bytes, enum sym_err want)
{
    assert_int_equal(give(run, bytes), want);
    assert_dead(run);
    sym_overlap_free(run);
}

static inline void refuses_when_computed(struct sym_overlap_run *run, struct sym_span bytes,
                                         enum sym_err want)
{
    enum sym_err err = give(run, bytes);
    assert_int_equal(err == SYM_OK ? rig_work(run) : err, want);
    assert_dead(run);
    sym_overlap_free(run);
}

/* Works and sends all it can. */
static inline size_t send_all(struct sym_overlap_run *run)
{
    static uint8_t out[RIG_PAYLOAD_BYTES];
    size_t n = 0;
    for (;; n++) {
        size_t len = 0;
        assert_int_equal(rig_work(run), SYM_OK);
        if (sym_overlap_step(run, &len) != SYM_OVERLAP_DATA) {
            return n;
        }
        assert_int_equal(sym_overlap_write(run, out, len), SYM_OK);
    }
}

/* An initiator that waits for answers. */
static inline struct sym_overlap_run *asking(enum sym_kind kind, uint32_t own, uint32_t peer)
{
    struct sym_overlap_run *run = initiator(kind, own, peer);
    assert_true(send_all(run) > 0);
    return run;
}

static inline int set_up(void **state)
{
    (void)state;
    token_set_make(&tokens, 1, 3 * FRAME, 0, 0);
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)state;
    token_set_free(&tokens);
    free(payload);
    return 0;
}

#endif
