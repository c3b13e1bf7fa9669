/* overlap_of_two.h - two nodes that compare lists, and what both must remember of it: for the tests
 * of overlaps. */
#ifndef SYM_TESTS_NODE_OVERLAP_OF_TWO_H
#define SYM_TESTS_NODE_OVERLAP_OF_TWO_H

#include "tests/node/exchange_rig.c"

#include "tests/support/toy_group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct exchange_rig *rig;
static uint8_t id[SYM_EXCHANGE_ID_BYTES];

static inline int set_up(void **state)
{
    (void)state;
    rig = exchange_rig_open(NULL);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    exchange_rig_close(rig);
    return 0;
}

/* With the real group's long works, or with the short ones of the toy group. */
static inline void begin_again(void **state, bool real)
{
    tear_down(state);
    rig = exchange_rig_open(real ? NULL : &toy_group);
}

static inline void expect_span(struct sym_span got, const char *wanted)
{
    assert_int_equal(got.len, strlen(wanted));
    assert_memory_equal(got.len > 0 ? got.data : (const uint8_t *)"", wanted, got.len);
}

/* Both entries of the only exchange: state, and the reason of an end that was none of the good. */
static inline void expect_ends(enum sym_exchange_state state, enum sym_reason here,
                               enum sym_reason there)
{
    const enum sym_reason reasons[2] = {here, there};
    for (unsigned side = 0; side < 2; side++) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_exchange_entry e = exchange_rig_entry(rig, side, &arena, NULL);
        assert_int_equal(e.role, side == 0 ? SYM_AS_INITIATOR : SYM_AS_PARTICIPANT);
        assert_int_equal(e.state, state);
        assert_int_equal(e.reason, reasons[side]);
        assert_true(e.ended_ms >= e.started_ms && e.ended_ms > 0);
        assert_int_equal(e.has_result, false);
    }
}

/* The only exchange is done at side 1, and has no result at side 0, for this reason. */
static inline void expect_lost_here_as(enum sym_reason reason, const char *why)
{
    SYM_ARENA_AUTO ours = {0};
    SYM_ARENA_AUTO theirs = {0};
    char words[SYM_FAULT_BYTES];
    struct sym_exchange_entry a = exchange_rig_entry(rig, 0, &ours, NULL);
    struct sym_exchange_entry b = exchange_rig_entry(rig, 1, &theirs, NULL);
    (void)snprintf(words, sizeof words,
                   "done at bank-b, but the result could not be kept here: %s; ask again", why);
    expect_span(a.fault, words);
    assert_int_equal(a.state, SYM_EXCHANGE_ABORTED);
    assert_int_equal(a.reason, reason);
    assert_false(a.has_result);
    assert_int_equal(room_count(&rig->sides[0].room, SYM_TABLE_RESULTS), 0);
    assert_int_equal(b.state, SYM_EXCHANGE_DONE);
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(exchange_rig_count(rig, side, SYM_ENTRY_ABORTED), 0);
        assert_int_equal(exchange_rig_count(rig, side, SYM_ENTRY_CLOSED), 1);
    }
}

static inline void expect_lost_here(const char *why)
{
    expect_lost_here_as(SYM_REASON_FAULT, why);
}

/* What one side sent the other received, but for the last message, which leaves after the entry
 * that counts. */
static inline void expect_received(uint64_t received, uint64_t sent)
{
    assert_true(received >= sent && received - sent < 8192);
}

static inline void expect_same_bytes(void)
{
    SYM_ARENA_AUTO ours = {0};
    SYM_ARENA_AUTO theirs = {0};
    struct sym_exchange_entry a = exchange_rig_entry(rig, 0, &ours, NULL);
    struct sym_exchange_entry b = exchange_rig_entry(rig, 1, &theirs, NULL);
    assert_true(a.bytes_sent > 0 && b.bytes_received > 0);
    expect_received(a.bytes_received, b.bytes_sent);
    expect_received(b.bytes_received, a.bytes_sent);
}

/* The rows of the result, read page by page; counts them. */
static inline size_t read_result(unsigned side, const uint8_t *exchange, uint32_t first_record,
                                 uint64_t types)
{
    size_t n = 0;
    for (bool more = true; more;) {
        SYM_SECRET_AUTO value = {0};
        struct sym_result_page page = {.first = 0};
        enum sym_err err = sym_results_get(&rig->sides[side].results, &value, &page,
                                           sym_span(exchange, SYM_EXCHANGE_ID_BYTES), n);
        if (err == SYM_NOT_FOUND && n == 0) {
            return 0;
        }
        assert_int_equal(err, SYM_OK);
        const uint8_t *at = page.ids.data;
        for (size_t i = 0; i < page.id_lengths.len; i++, n++) {
            char wanted[16];
            (void)snprintf(wanted, sizeof wanted, "r%zu", first_record + n);
            expect_span(sym_span(at, page.id_lengths.data[i]), wanted);
            at += page.id_lengths.data[i];
            assert_int_equal(sym_get_u64(page.types.data + 8 * i), types);
        }
        more = page.more;
    }
    return n;
}

static inline struct sym_exchange_entry expect_done(struct sym_arena *arena,
                                                    const uint8_t *exchange, size_t own,
                                                    size_t peer, size_t common)
{
    SYM_ARENA_AUTO theirs = {0};
    struct sym_exchange_entry b = exchange_rig_entry(rig, 1, &theirs, NULL);
    struct sym_exchange_entry a = exchange_rig_entry(rig, 0, arena, exchange);
    if (a.state != SYM_EXCHANGE_DONE) {
        fail_msg("%.*s", (int)a.fault.len, (const char *)a.fault.data);
    }
    assert_int_equal(a.own_size, own);
    assert_int_equal(a.peer_size, peer);
    assert_int_equal(a.common, common);
    assert_int_equal(b.state, SYM_EXCHANGE_DONE);
    assert_int_equal(b.own_size, peer);
    assert_int_equal(b.peer_size, own);
    assert_int_equal(b.common, 0);
    assert_true(a.bytes_sent > 32 * own && b.bytes_sent > 32 * own);
    if (rig->sides[1].asked == 1) { /* the bytes of asks before are not the other's */
        expect_received(a.bytes_received, b.bytes_sent);
        expect_received(b.bytes_received, a.bytes_sent);
    }
    return a;
}

#endif
