#include "node/tabulation/breaches.h"
#include "proto/table.h"
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

static int set_up(void **state)
{
    (void)state;
    rig = exchange_rig_open(NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    exchange_rig_close(rig);
    return 0;
}

/* With the real group's long works, or with the short ones of the toy group. */
static void begin_again(void **state, bool real)
{
    tear_down(state);
    rig = exchange_rig_open(real ? NULL : &toy_group);
}

static void expect_span(struct sym_span got, const char *wanted)
{
    assert_int_equal(got.len, strlen(wanted));
    assert_memory_equal(got.len > 0 ? got.data : (const uint8_t *)"", wanted, got.len);
}

/* Both entries of the only exchange: state, and the reason of an end that was none of the good. */
static void expect_ends(enum sym_exchange_state state, enum sym_reason here, enum sym_reason there)
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

/* What one side sent the other received, but for the last message, which leaves after the entry
 * that counts. */
static void expect_received(uint64_t received, uint64_t sent)
{
    assert_true(received >= sent && received - sent < 8192);
}

static void expect_same_bytes(void)
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
static size_t read_result(unsigned side, const uint8_t *exchange, uint32_t first_record,
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

static struct sym_exchange_entry expect_done(struct sym_arena *arena, const uint8_t *exchange,
                                             size_t own, size_t peer, size_t common)
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

static void finds_own_records_that_the_other_holds(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    exchange_rig_fill(rig, 0, 0, 5000);
    exchange_rig_fill(rig, 1, 1500, 4500);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    struct sym_exchange_entry e = expect_done(&arena, id, 5000, 4500, 3500);
    assert_int_equal(e.records, 3500);
    assert_true(e.has_result);
    assert_int_equal(read_result(0, id, 1500, 1u << SYM_TOKEN_ACCOUNT), 3500);
    expect_span(e.user, "ada");
    expect_span(e.case_ref, "case 7");
    expect_span(e.note, "a note");
    expect_span(e.mine, "list");
    expect_span(e.theirs, "list");
    assert_int_equal(rig->sides[1].asked, 1);
    assert_int_equal(rig->sides[0].asked, 0);
}

static void counts_without_naming(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    exchange_rig_fill(rig, 0, 0, 5000);
    exchange_rig_fill(rig, 1, 4990, 200);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_COUNT, SYM_TOKEN_ACCOUNT, id);
    exchange_rig_run(rig, NULL);
    struct sym_exchange_entry e = expect_done(&arena, id, 5000, 200, 10);
    assert_false(e.has_result);
    assert_int_equal(e.records, 0);
    assert_int_equal(read_result(0, id, 0, 0), 0);
}

static void tells_what_stays_from_what_travels(void **state)
{
    (void)state;
    exchange_rig_fill(rig, 0, 0, 2);
    exchange_rig_fill(rig, 1, 1, 2);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry b = exchange_rig_entry(rig, 1, &arena, NULL);
    expect_span(b.case_ref, "");
    expect_span(b.note, "");
    expect_span(b.user, "");
    expect_span(b.mine, "list");
    assert_int_equal(b.purpose, SYM_PURPOSE_AML);
    assert_int_equal(b.basis, SYM_BASIS_AGREEMENT);
}

static void finds_by_the_types_that_matched(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    exchange_rig_token(rig, 0, 0, SYM_TOKEN_IBAN, 1);
    exchange_rig_token(rig, 0, 0, SYM_TOKEN_PHONE, 1);
    exchange_rig_token(rig, 0, 1, SYM_TOKEN_IBAN, 1);
    exchange_rig_token(rig, 0, 1, SYM_TOKEN_PHONE, 1);
    exchange_rig_token(rig, 0, 2, SYM_TOKEN_PHONE, 2);
    exchange_rig_token(rig, 1, 0, SYM_TOKEN_IBAN, 1);
    exchange_rig_token(rig, 1, 1, SYM_TOKEN_PHONE, 1);
    exchange_rig_token(rig, 1, 2, SYM_TOKEN_IBAN, 2);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    /* Two records share both identifiers: 3 elements, 2 common, 2 records. */
    struct sym_exchange_entry e = expect_done(&arena, id, 3, 3, 2);
    assert_int_equal(e.records, 2);
    assert_int_equal(read_result(0, id, 0, 1u << SYM_TOKEN_IBAN | 1u << SYM_TOKEN_PHONE), 2);
}

/* Record 0 shares one key, record 1 two, with two records of the other side; record 2 an
 * identifier, record 3 nothing. Records 1 and 3 of the own list share a key. */
static void fill_keys(void)
{
    static const struct rig_token own[] = {
        {0, SYM_TOKEN_DOB_TOWN, 1},  {0, SYM_TOKEN_NAMES_DOB, 1}, {1, SYM_TOKEN_DOB_TOWN, 2},
        {1, SYM_TOKEN_NAMES_DOB, 2}, {2, SYM_TOKEN_IBAN, 3},      {2, SYM_TOKEN_NAMES_DOB, 3},
        {3, SYM_TOKEN_NAMES_DOB, 2}, {3, SYM_TOKEN_GIVEN_DOB, 4},
    };
    static const struct rig_token theirs[] = {
        {0, SYM_TOKEN_DOB_TOWN, 1},
        {1, SYM_TOKEN_DOB_TOWN, 2},
        {2, SYM_TOKEN_NAMES_DOB, 2},
        {3, SYM_TOKEN_IBAN, 3},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        exchange_rig_token(rig, 0, own[i].record, own[i].type, own[i].number);
    }
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++) {
        exchange_rig_token(rig, 1, theirs[i].record, theirs[i].type, theirs[i].number);
    }
}

static void expect_shared(const struct sym_exchange_entry *e)
{
    struct sym_shared_keys s;
    assert_int_equal(sym_shared_keys_read(&s, e->shared), SYM_OK);
    assert_int_equal(s.records, 4);
    assert_int_equal(s.tokens[SYM_TOKEN_NAMES_DOB], 4);
    assert_int_equal(s.tokens[SYM_TOKEN_IBAN], 0);
    assert_int_equal(s.shared[SYM_TOKEN_NAMES_DOB], 2);
    assert_int_equal(s.shared[SYM_TOKEN_DOB_TOWN], 0);
    assert_int_equal(s.shared_two, 0);
}

static void any_key_is_enough_unless_the_rule_says_two(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    uint8_t other[SYM_EXCHANGE_ID_BYTES];
    fill_keys();
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    struct sym_exchange_entry e = expect_done(&arena, id, 7, 4, 4);
    assert_int_equal(e.records, 4); /* record 3 has what record 1 has */
    assert_int_equal(e.rule, SYM_RULE_ANY);
    expect_shared(&e);
    rig->rule = SYM_RULE_TWO;
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, other);
    exchange_rig_run(rig, NULL);
    SYM_ARENA_AUTO arena_two = {0};
    e = exchange_rig_entry(rig, 0, &arena_two, other);
    assert_int_equal(e.state, SYM_EXCHANGE_DONE);
    assert_int_equal(e.common, 4);
    assert_int_equal(e.records, 2);
    assert_int_equal(e.rule, SYM_RULE_TWO);
    expect_shared(&e);
    SYM_SECRET_AUTO value = {0};
    struct sym_result_page page;
    assert_int_equal(
        sym_results_get(&rig->sides[0].results, &value, &page, sym_span(other, sizeof other), 0),
        SYM_OK);
    assert_int_equal(page.id_lengths.len, 2);
    expect_span(page.ids, "r1r2");
    assert_int_equal(sym_get_u64(page.types.data),
                     1u << SYM_TOKEN_DOB_TOWN | 1u << SYM_TOKEN_NAMES_DOB);
    assert_int_equal(sym_get_u64(page.types.data + 8), 1u << SYM_TOKEN_IBAN);
}

static void keys_are_counted_when_nothing_matches_and_never_at_the_other_side(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO arena_b = {0};
    struct sym_shared_keys s;
    exchange_rig_token(rig, 0, 0, SYM_TOKEN_DOB_TOWN, 1);
    exchange_rig_token(rig, 0, 1, SYM_TOKEN_DOB_TOWN, 1);
    exchange_rig_token(rig, 1, 0, SYM_TOKEN_DOB_TOWN, 2);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_DOB_TOWN, id);
    exchange_rig_run(rig, NULL);
    struct sym_exchange_entry e = expect_done(&arena, id, 1, 1, 0);
    assert_int_equal(sym_shared_keys_read(&s, e.shared), SYM_OK);
    assert_int_equal(s.records, 2);
    assert_int_equal(s.shared[SYM_TOKEN_DOB_TOWN], 2);
    e = exchange_rig_entry(rig, 1, &arena_b, id);
    assert_int_equal(e.shared.len, 0);
}

static void works_for_one_and_for_none(void **state)
{
    const size_t sizes[][2] = {{1, 1}, {1, 4100}, {4100, 1}, {5, 0}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (uint32_t kind = SYM_KIND_OVERLAP_MATCHES; kind <= SYM_KIND_OVERLAP_COUNT; kind++) {
            SYM_ARENA_AUTO arena = {0};
            begin_again(state, kind == SYM_KIND_OVERLAP_MATCHES);
            exchange_rig_fill(rig, 0, 0, sizes[i][0]);
            exchange_rig_fill(rig, 1, 0, sizes[i][1]);
            exchange_rig_start(rig, 0, kind, SYM_TOKEN_NONE, id);
            exchange_rig_run(rig, NULL);
            size_t common = sizes[i][0] < sizes[i][1] ? sizes[i][0] : sizes[i][1];
            (void)expect_done(&arena, id, sizes[i][0], sizes[i][1], common);
        }
    }
}

static void pads_what_the_other_learns(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(sym_settings_set(&rig->sides[side].settings,
                                          sym_span_text("overlap-padding"),
                                          sym_span_text("power-of-two"), NULL, NULL),
                         SYM_OK);
    }
    exchange_rig_fill(rig, 0, 0, 100);
    exchange_rig_fill(rig, 1, 40, 70);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    (void)expect_done(&arena, id, 128, 128, 60);
}

static void is_denied_and_both_remember(void **state)
{
    (void)state;
    exchange_rig_fill(rig, 0, 0, 10);
    exchange_rig_fill(rig, 1, 0, 10);
    rig->sides[1].verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_DENIED,
                                                        .reason = SYM_REASON_LIMIT,
                                                        .remark = "fewer elements",
                                                        .cause = "max-size"};
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    expect_ends(SYM_EXCHANGE_DENIED, SYM_REASON_LIMIT, SYM_REASON_LIMIT);
    expect_same_bytes();
    SYM_ARENA_AUTO a = {0};
    SYM_ARENA_AUTO b = {0};
    expect_span(exchange_rig_entry(rig, 0, &a, id).fault,
                "bank-b denied it: a limit of the grant is reached: fewer elements");
    expect_span(exchange_rig_entry(rig, 1, &b, NULL).fault, "max-size");
}

static enum sym_err accuse(struct sym_transaction *t, void *context)
{
    return sym_breach_put(t, context, SYM_TABLE_CAUSE_PROOF, sym_span(NULL, 0));
}

static void who_broke_a_table_needs_an_approver_for_whatever_it_asks(void **state)
{
    (void)state;
    exchange_rig_fill(rig, 0, 0, 10);
    exchange_rig_fill(rig, 1, 0, 10);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    assert_int_equal(rig->sides[1].held_back, 0);
    assert_int_equal(sym_store_write(rig->sides[1].room.store, accuse, &rig->sides[0].self.id),
                     SYM_OK);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    assert_int_equal(rig->sides[1].asked, 2);
    assert_int_equal(rig->sides[1].held_back, 1);
}

static bool approve_after_a_while(struct exchange_rig *r)
{
    struct rig_side *b = &r->sides[1];
    if (b->asked == 2 && b->verdict.decision == SYM_DECISION_HELD) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_exchange_entry e = exchange_rig_entry(r, 0, &arena, id);
        assert_int_equal(e.state, SYM_EXCHANGE_HELD);
        assert_int_equal(e.ended_ms, 0);
        b->verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_GRANTED};
        strcpy(b->approval.approver, "bob");
    }
    return exchange_rig_quiet(r);
}

static void asks_again_until_an_approver_decides(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    exchange_rig_fill(rig, 0, 0, 10);
    exchange_rig_fill(rig, 1, 5, 10);
    memset(rig->sides[1].approval.held_id, 0x5a, SYM_EXCHANGE_ID_BYTES);
    rig->sides[1].verdict = (struct sym_policy_verdict){
        .decision = SYM_DECISION_HELD, .reason = SYM_REASON_APPROVER, .cause = "approval"};
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, approve_after_a_while);
    assert_int_equal(rig->sides[1].asked, 3);
    (void)expect_done(&arena, id, 10, 10, 5);
    /* One entry at the other side, under the id of the held request, with its approver. */
    SYM_ARENA_AUTO theirs = {0};
    struct sym_exchange_entry b = exchange_rig_entry(rig, 1, &theirs, NULL);
    assert_memory_equal(b.id.data, rig->sides[1].approval.held_id, SYM_EXCHANGE_ID_BYTES);
    expect_span(b.approver, "bob");
}

/* Ends as soon as the request is held that was started last. */
static bool stop_when_held(struct exchange_rig *r)
{
    struct sym_exchange_row row;
    assert_int_equal(sym_exchanges_row(r->sides[0].exchanges, sym_span(id, sizeof id), &row, NULL),
                     SYM_OK);
    return row.state == SYM_EXCHANGE_HELD && !is_writing(&r->sides[0]);
}

/* Asks about this case until that is held; the commitment that travelled. */
static void hold_case(const char *case_ref, uint8_t commitment[SYM_HASH_BYTES])
{
    exchange_rig_start_case(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, case_ref, id);
    exchange_rig_run(rig, stop_when_held);
    memcpy(commitment, rig->sides[1].case_hash, SYM_HASH_BYTES);
}

static void a_held_wish_keeps_its_commitments_until_it_was_decided(void **state)
{
    (void)state;
    uint8_t first[SYM_HASH_BYTES];
    uint8_t other[SYM_HASH_BYTES];
    uint8_t again[SYM_HASH_BYTES];
    exchange_rig_fill(rig, 0, 0, 10);
    exchange_rig_fill(rig, 1, 5, 10);
    rig->sides[1].verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_HELD};
    hold_case("case 7", first);
    hold_case("case 8", other);
    assert_memory_not_equal(first, other, sizeof first);
    for (unsigned restart = 0; restart < 2; restart++) {
        exchange_rig_kill(rig, 0);
        exchange_rig_relink(rig);
        hold_case("case 7", again);
        assert_memory_equal(again, first, sizeof again);
    }
    exchange_rig_kill(rig, 0);
    exchange_rig_relink(rig);
    rig->sides[1].verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_GRANTED};
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    assert_memory_equal(rig->sides[1].case_hash, first, sizeof first);
    rig->sides[1].verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_HELD};
    hold_case("case 7", again);
    assert_memory_not_equal(again, first, sizeof again);
    exchange_rig_kill(rig, 0);
    exchange_rig_relink(rig);
    hold_case("case 8", again);
    assert_memory_equal(again, other, sizeof again);
}

static void a_wish_for_another_engine_is_another_one(void **state)
{
    (void)state;
    uint8_t commitment[SYM_HASH_BYTES];
    uint8_t first[SYM_EXCHANGE_ID_BYTES];
    exchange_rig_fill(rig, 0, 0, 10);
    exchange_rig_fill(rig, 1, 5, 10);
    rig->sides[1].verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_HELD};
    rig->engine = SYM_OVERLAP_ENGINE_DH;
    hold_case("case 7", commitment);
    memcpy(first, id, sizeof first);
    hold_case("case 7", commitment);
    assert_memory_equal(id, first, sizeof first);
    rig->engine = SYM_OVERLAP_ENGINE_VOLE;
    hold_case("case 7", commitment);
    assert_memory_not_equal(id, first, sizeof first);
}

static bool cancel_when_held(struct exchange_rig *r)
{
    SYM_ARENA_AUTO arena = {0};
    if (r->step == 0 && exchange_rig_entries(r, 0) > 0 &&
        exchange_rig_entry(r, 0, &arena, id).state == SYM_EXCHANGE_HELD) {
        r->step = 1;
        expect_same_bytes();
        assert_int_equal(sym_exchanges_cancel(r->sides[0].exchanges, sym_span(id, sizeof id), NULL),
                         SYM_OK);
    }
    return r->step == 1 && exchange_rig_quiet(r);
}

static void can_be_cancelled_while_it_is_held(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    exchange_rig_fill(rig, 0, 0, 10);
    rig->sides[1].verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_HELD};
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, cancel_when_held);
    struct sym_exchange_entry e = exchange_rig_entry(rig, 0, &arena, id);
    assert_int_equal(e.state, SYM_EXCHANGE_ABORTED);
    assert_int_equal(e.reason, SYM_REASON_CANCELLED);
}

/* Ends at a given frame, in one of some ways. */
static uint64_t stop_at;
static unsigned stop_side;
static enum { STOP_CANCEL, STOP_CUT, STOP_FORGET, STOP_NODE } stop_how;

static bool stop_it(struct exchange_rig *r)
{
    if (r->step > 0) {
        return exchange_rig_quiet(r);
    }
    if (r->frames[0] + r->frames[1] < stop_at) {
        return exchange_rig_quiet(r) && r->frames[0] > 0;
    }
    r->step = 1;
    struct rig_side *s = &r->sides[stop_side];
    switch (stop_how) {
    case STOP_CANCEL:
        exchange_rig_cancel(r, stop_side);
        break;
    case STOP_CUT:
        exchange_rig_cut(r, "cut");
        break;
    case STOP_FORGET:
        s->list.gone = true;
        break;
    case STOP_NODE:
        sym_exchanges_stop(s->exchanges);
        break;
    }
    return false;
}

static void stop_during(uint32_t kind, uint64_t frame)
{
    exchange_rig_fill(rig, 0, 0, 4200);
    exchange_rig_fill(rig, 1, 0, 4200);
    stop_at = frame;
    exchange_rig_start(rig, 0, kind, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, stop_it);
    assert_int_equal(rig->step, 1);
}

static void is_cancelled_cleanly_by_either_side(void **state)
{
    const uint64_t frames[] = {2, 3, 5, 7};
    stop_how = STOP_CANCEL;
    for (uint32_t kind = SYM_KIND_OVERLAP_MATCHES; kind <= SYM_KIND_OVERLAP_COUNT; kind++) {
        for (size_t i = 0; i < 8; i++) {
            begin_again(state, kind == SYM_KIND_OVERLAP_MATCHES && frames[i / 2] == 5);
            stop_side = i % 2;
            stop_during(kind, frames[i / 2]);
            expect_ends(SYM_EXCHANGE_ABORTED, SYM_REASON_CANCELLED, SYM_REASON_CANCELLED);
            SYM_ARENA_AUTO arena = {0};
            expect_span(exchange_rig_entry(rig, 1 - stop_side, &arena, NULL).fault,
                        stop_side == 0 ? "bank-a ended it: cancelled by its user"
                                       : "bank-b ended it: cancelled by its user");
        }
    }
}

/* The other side has been asked, and is about to grant: it hears nevertheless. */
static void tells_of_a_cancel_that_crosses_the_grant(void **state)
{
    (void)state;
    stop_how = STOP_CANCEL;
    stop_side = 0;
    stop_during(SYM_KIND_OVERLAP_MATCHES, 1);
    expect_ends(SYM_EXCHANGE_ABORTED, SYM_REASON_CANCELLED, SYM_REASON_CANCELLED);
}

static void denies_when_it_is_cancelled_before_the_answer(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    stop_how = STOP_CANCEL;
    stop_side = 1;
    stop_during(SYM_KIND_OVERLAP_MATCHES, 1);
    struct sym_exchange_entry e = exchange_rig_entry(rig, 0, &arena, NULL);
    assert_int_equal(e.state, SYM_EXCHANGE_DENIED);
    assert_int_equal(e.reason, SYM_REASON_CANCELLED);
    expect_same_bytes();
}

static void ends_with_the_link_at_any_frame(void **state)
{
    const uint64_t frames[] = {2, 3, 4, 6, 8};
    stop_how = STOP_CUT;
    for (uint32_t kind = SYM_KIND_OVERLAP_MATCHES; kind <= SYM_KIND_OVERLAP_COUNT; kind++) {
        for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
            begin_again(state, kind == SYM_KIND_OVERLAP_MATCHES && frames[i] == 4);
            stop_during(kind, frames[i]);
            expect_ends(SYM_EXCHANGE_ABORTED, SYM_REASON_LINK_LOST, SYM_REASON_LINK_LOST);
            assert_int_equal(room_count(&rig->sides[0].room, SYM_TABLE_RESULTS), 0);
        }
    }
}

static void ends_when_the_node_is_stopped(void **state)
{
    (void)state;
    stop_how = STOP_NODE;
    stop_side = 1;
    stop_during(SYM_KIND_OVERLAP_MATCHES, 4);
    expect_ends(SYM_EXCHANGE_ABORTED, SYM_REASON_CANCELLED, SYM_REASON_CANCELLED);
}

static void keeps_no_result_of_a_dataset_that_was_dropped_meanwhile(void **state)
{
    (void)state;
    stop_how = STOP_FORGET;
    stop_side = 0;
    stop_during(SYM_KIND_OVERLAP_MATCHES, 4);
    expect_ends(SYM_EXCHANGE_ABORTED, SYM_REASON_FAULT, SYM_REASON_FAULT);
    assert_int_equal(room_count(&rig->sides[0].room, SYM_TABLE_RESULTS), 0);
}

/* It was read to its end by then, for the second time, and nothing kept of it yet. */
static void keeps_no_result_of_a_dataset_that_was_dropped_while_it_was_searched(void **state)
{
    (void)state;
    exchange_rig_fill(rig, 0, 0, 5);
    exchange_rig_fill(rig, 1, 0, 5);
    rig->sides[0].list.gone_after = 2;
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    assert_int_equal(rig->sides[0].list.reads, 2);
    expect_ends(SYM_EXCHANGE_ABORTED, SYM_REASON_FAULT, SYM_REASON_FAULT);
    assert_int_equal(room_count(&rig->sides[0].room, SYM_TABLE_RESULTS), 0);
    assert_int_equal(rig->sides[0].list.held, 0);
}

static void swallow(struct exchange_rig *r, uint8_t *frame, size_t len)
{
    (void)r;
    (void)frame;
    (void)len;
}

static void cancels_what_nobody_looks_at_any_more(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    exchange_rig_fill(rig, 0, 0, 10);
    exchange_rig_fill(rig, 1, 0, 10);
    rig->liar = swallow;
    rig->users_are_gone = true;
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    struct sym_exchange_entry e = exchange_rig_entry(rig, 0, &arena, id);
    assert_int_equal(e.state, SYM_EXCHANGE_ABORTED);
    assert_int_equal(e.reason, SYM_REASON_CANCELLED);
    expect_span(e.fault, "cancelled: the command that asked has gone");
}

static void runs_several_at_once_both_ways(void **state)
{
    (void)state;
    enum { EACH = 3 };
    uint8_t ids[2][EACH][SYM_EXCHANGE_ID_BYTES];
    exchange_rig_fill(rig, 0, 0, 3000);
    exchange_rig_fill(rig, 1, 1000, 3000);
    for (unsigned i = 0; i < 2 * EACH; i++) {
        exchange_rig_start(rig, i % 2, i < 4 ? SYM_KIND_OVERLAP_MATCHES : SYM_KIND_OVERLAP_COUNT,
                           SYM_TOKEN_NONE, ids[i % 2][i / 2]);
    }
    exchange_rig_run(rig, NULL);
    for (unsigned i = 0; i < 2 * EACH; i++) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_exchange_entry e = exchange_rig_entry(rig, i % 2, &arena, ids[i % 2][i / 2]);
        assert_int_equal(e.state, SYM_EXCHANGE_DONE);
        assert_int_equal(e.common, 2000);
        assert_int_equal(e.records, i < 4 ? 2000 : 0);
    }
    assert_int_equal(read_result(0, ids[0][0], 1000, 1u << SYM_TOKEN_ACCOUNT), 2000);
    assert_int_equal(read_result(1, ids[1][0], 0, 1u << SYM_TOKEN_ACCOUNT), 2000);
    assert_int_equal(exchange_rig_entries(rig, 0), 2 * EACH);
}

static void refuses_to_count_records_with_several_identifiers(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    exchange_rig_fill(rig, 0, 0, 5);
    exchange_rig_token(rig, 1, 0, SYM_TOKEN_IBAN, 1);
    exchange_rig_token(rig, 1, 0, SYM_TOKEN_PHONE, 1);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_COUNT, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    expect_ends(SYM_EXCHANGE_DENIED, SYM_REASON_UNSUPPORTED, SYM_REASON_UNSUPPORTED);
    struct sym_overlap_start o = {.mine = sym_span_text("list"), .kind = SYM_KIND_OVERLAP_COUNT};
    struct sym_fault fault = {.text = ""};
    assert_int_equal(sym_exchanges_countable(rig->sides[1].exchanges, &o, &fault), SYM_UNSUPPORTED);
    assert_non_null(strstr(fault.text, "--type"));
    expect_span(exchange_rig_entry(rig, 0, &arena, NULL).user, "ada");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(finds_own_records_that_the_other_holds),
        TEST(counts_without_naming),
        TEST(tells_what_stays_from_what_travels),
        TEST(finds_by_the_types_that_matched),
        TEST(any_key_is_enough_unless_the_rule_says_two),
        TEST(keys_are_counted_when_nothing_matches_and_never_at_the_other_side),
        TEST(works_for_one_and_for_none),
        TEST(pads_what_the_other_learns),
        TEST(is_denied_and_both_remember),
        TEST(asks_again_until_an_approver_decides),
        TEST(a_held_wish_keeps_its_commitments_until_it_was_decided),
        TEST(a_wish_for_another_engine_is_another_one),
        TEST(can_be_cancelled_while_it_is_held),
        TEST(is_cancelled_cleanly_by_either_side),
        TEST(tells_of_a_cancel_that_crosses_the_grant),
        TEST(denies_when_it_is_cancelled_before_the_answer),
        TEST(ends_with_the_link_at_any_frame),
        TEST(ends_when_the_node_is_stopped),
        TEST(keeps_no_result_of_a_dataset_that_was_dropped_meanwhile),
        TEST(keeps_no_result_of_a_dataset_that_was_dropped_while_it_was_searched),
        TEST(cancels_what_nobody_looks_at_any_more),
        TEST(runs_several_at_once_both_ways),
        TEST(refuses_to_count_records_with_several_identifiers),
        TEST(who_broke_a_table_needs_an_approver_for_whatever_it_asks),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
