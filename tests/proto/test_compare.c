#include "proto/compare_state.h"

#include "tests/support/toy_log.h"

#include <malloc.h>
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

static int set_up(void **state)
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

static int tear_down(void **state)
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

static struct exchange new_exchange(bool a_asks)
{
    struct exchange x = {.a_asks = a_asks};
    sym_random(x.id, sizeof x.id);
    return x;
}

static size_t put(struct scene *s, struct side *side, const struct exchange *x,
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

static void put_plain(struct scene *s, struct side *side, const struct exchange *x,
                      enum sym_entry_kind kind, uint32_t decision)
{
    struct sym_entry_body body = {.event = sym_span_text("event"), .decision = decision};
    (void)put(s, side, x, kind, &body);
}

/* A counts what it did not record of B's requests. */
static void put_count(struct scene *s, const struct sym_entry_body *body)
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

static void both_granted(struct scene *s, const struct exchange *x)
{
    put_plain(s, &s->a, x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_plain(s, &s->a, x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
}

/* The end at one side: sent and received frames, all hashes alike but for `twist`. */
static void put_end(struct scene *s, struct side *side, const struct exchange *x, bool is_abort,
                    uint64_t sent, uint64_t received, uint8_t twist)
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

static void both_closed(struct scene *s, const struct exchange *x)
{
    put_end(s, &s->a, x, false, 3, 5, 0);
    put_end(s, &s->b, x, false, 5, 3, 0);
}

/* Comparing ------------------------------------------------------------------------------------
 */

static void begin(struct scene *s)
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

static enum sym_err show(struct scene *s, size_t at)
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

static void show_head(struct scene *s)
{
    struct toy_evidence e;
    struct sym_shown head;
    toy_log_show(&s->b.log, &e, s->b.log.size, 0, NONE);
    assert_int_equal(
        sym_shown_read(&head, &e.evidence, &s->b.log.id, s->b.log.key.public_key, false), SYM_OK);
    assert_int_equal(sym_compare_head(s->compare, &head, s->since_ms), SYM_OK);
}

/* A log of B that is bigger than a toy one: only its newest leaf is ever proven. */
static enum sym_err show_more(struct scene *s, uint64_t *index, const struct exchange *x,
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
static const struct sym_compared_finding *compare_but(struct scene *s, size_t but, size_t *n)
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

static void is_clean(struct scene *s, uint64_t exchanges)
{
    size_t n = 0;
    (void)compare_but(s, SIZE_MAX, &n);
    assert_int_equal(n, 0);
    assert_int_equal(sym_compare_counts(s->compare).exchanges, exchanges);
}

static void finds_only(struct scene *s, enum sym_finding_code code, const struct exchange *x)
{
    size_t n = 0;
    const struct sym_compared_finding *f = compare_but(s, SIZE_MAX, &n);
    assert_int_equal(n, 1);
    assert_int_equal(f[0].code, code);
    assert_memory_equal(f[0].exchange_id, x->id, sizeof x->id);
}

static void finds_nothing_wrong_with_what_fits(void **state)
{
    struct scene *s = *state;
    for (unsigned i = 0; i < 6; i++) {
        struct exchange x = new_exchange(i % 2 == 0);
        both_granted(s, &x);
        both_closed(s, &x);
    }
    is_clean(s, 6);
}

static void finds_nothing_wrong_with_denials(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    put_plain(s, &s->a, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &x, SYM_ENTRY_DECIDED, SYM_DECISION_DENIED);
    put_plain(s, &s->a, &x, SYM_ENTRY_DECIDED, SYM_DECISION_DENIED);
    is_clean(s, 1);
}

static void finds_nothing_wrong_with_a_request_that_did_not_arrive(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    struct exchange y = new_exchange(false);
    put_plain(s, &s->a, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->a, &x, SYM_ENTRY_ABORTED, 0);
    put_plain(s, &s->b, &y, SYM_ENTRY_REQUESTED, 0);
    is_clean(s, 2);
}

static void finds_an_exchange_that_the_other_side_does_not_show(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(false);
    put_plain(s, &s->a, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->a, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    finds_only(s, SYM_FINDING_MISSING_THERE, &x);
}

static void finds_an_exchange_that_this_side_does_not_know(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    finds_only(s, SYM_FINDING_MISSING_HERE, &x);
}

/* The partner asks so much that its denials are only counted here. */
static void counts_denials_that_are_not_recorded_here(void **state)
{
    struct scene *s = *state;
    struct sym_entry_body body = {.event = sym_span_text(SYM_EVENT_NOT_RECORDED), .count = 2};
    for (unsigned i = 0; i < 3; i++) {
        struct exchange x = new_exchange(false);
        put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
        put_plain(s, &s->b, &x, SYM_ENTRY_DECIDED, SYM_DECISION_DENIED);
        if (i == 2) {
            put_plain(s, &s->b, &x, SYM_ENTRY_ABORTED, 0);
        }
    }
    put_count(s, &body);
    is_clean(s, 0);
    assert_int_equal(sym_compare_counts(s->compare).unrecorded, 3);
    assert_int_equal(sym_compare_counts(s->compare).denied, 2);
}

static void finds_a_request_that_was_granted_and_is_not_recorded_here(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(false);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_end(s, &s->b, &x, false, 5, 3, 0);
    finds_only(s, SYM_FINDING_MISSING_HERE, &x);
    assert_int_equal(sym_compare_counts(s->compare).unrecorded, 0);
}

static void counts_what_a_log_that_was_begun_again_does_not_show(void **state)
{
    struct scene *s = *state;
    for (unsigned i = 0; i < 4; i++) {
        struct exchange x = new_exchange(false);
        put_plain(s, &s->a, &x, SYM_ENTRY_REQUESTED, 0);
        put_plain(s, &s->a, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
        put_end(s, &s->a, &x, false, 3, 5, 0);
    }
    struct exchange away = new_exchange(true);
    put_plain(s, &s->a, &away, SYM_ENTRY_REQUESTED, 0);
    s->now_ms = s->since_ms = 5000;
    s->b.log.generation = 2;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    both_closed(s, &x);
    is_clean(s, 1);
    assert_int_equal(sym_compare_counts(s->compare).lost_there, 4);
    assert_int_equal(sym_compare_counts(s->compare).lost_here, 0);
}

static void counts_what_the_own_log_lost_when_it_was_begun_again(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    struct exchange y = new_exchange(false);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_plain(s, &s->b, &y, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &y, SYM_ENTRY_DECIDED, SYM_DECISION_DENIED);
    s->own_since_ms = 5000;
    is_clean(s, 0);
    assert_int_equal(sym_compare_counts(s->compare).lost_here, 2);
    assert_int_equal(sym_compare_counts(s->compare).lost_there, 0);
}

/* A was taken back to a backup: what came between that and its next log it does not have. */
static void compares_what_is_there_on_both_sides_of_a_gap(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    struct exchange before = new_exchange(true);
    struct exchange lost = new_exchange(false);
    struct exchange cut = new_exchange(true);
    struct exchange after = new_exchange(true);
    both_granted(s, &before);
    put_end(s, &s->a, &before, false, 3, 5, 1);
    put_end(s, &s->b, &before, false, 5, 3, 0);
    both_granted(s, &cut);
    s->earlier = s->a.log.size;
    s->now_ms = s->gap.from_ms = 1000 + 2 * SYM_CLOCK_SKEW_MS;
    put_end(s, &s->b, &cut, false, 5, 3, 0);
    put_plain(s, &s->b, &lost, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &lost, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_end(s, &s->b, &lost, false, 5, 3, 0);
    s->now_ms = s->gap.until_ms = s->now_ms + 1000;
    both_granted(s, &after);
    both_closed(s, &after);
    const struct sym_compared_finding *f = compare_but(s, SIZE_MAX, &n);
    assert_int_equal(n, 1);
    assert_int_equal(f[0].code, SYM_FINDING_TRANSCRIPT);
    assert_memory_equal(f[0].exchange_id, before.id, sizeof before.id);
    assert_int_equal(f[0].generation_here, 1);
    assert_int_equal(sym_compare_counts(s->compare).exchanges, 2);
    assert_int_equal(sym_compare_counts(s->compare).lost_here, 2);
}

/* Whoever was restored once does not have every excuse. */
static void finds_what_is_missing_here_outside_of_a_gap(void **state)
{
    struct scene *s = *state;
    struct exchange early = new_exchange(false);
    put_plain(s, &s->b, &early, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &early, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_end(s, &s->b, &early, false, 5, 3, 0);
    s->gap.from_ms = s->now_ms + SYM_CLOCK_SKEW_MS + 1;
    s->gap.until_ms = s->gap.from_ms + 1000;
    finds_only(s, SYM_FINDING_MISSING_HERE, &early);
}

static void finds_two_tales_of_who_asked(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    struct exchange y = x;
    y.a_asks = false;
    put_plain(s, &s->a, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &y, SYM_ENTRY_REQUESTED, 0);
    finds_only(s, SYM_FINDING_DIFFERENT, &x);
}

static void finds_transcripts_that_differ(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    put_end(s, &s->a, &x, false, 3, 5, 1);
    put_end(s, &s->b, &x, false, 5, 3, 0);
    finds_only(s, SYM_FINDING_TRANSCRIPT, &x);
}

static void finds_closes_with_other_counts(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    put_end(s, &s->a, &x, false, 3, 5, 0);
    put_end(s, &s->b, &x, false, 5, 2, 0);
    finds_only(s, SYM_FINDING_TRANSCRIPT, &x);
}

static void finds_transcripts_that_differ_also_in_an_abort(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    put_end(s, &s->a, &x, true, 3, 5, 1);
    put_end(s, &s->b, &x, true, 5, 3, 0);
    finds_only(s, SYM_FINDING_TRANSCRIPT, &x);
}

static void takes_the_beginning_of_a_transcript_for_what_it_is(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    put_end(s, &s->a, &x, true, 3, 5, 0);
    put_end(s, &s->b, &x, true, 6, 0, 0);
    finds_only(s, SYM_FINDING_PREFIX, &x);
}

static void finds_an_exchange_that_one_side_has_not_closed(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    put_end(s, &s->a, &x, false, 3, 5, 0);
    finds_only(s, SYM_FINDING_OPEN, &x);
}

static void leaves_out_what_is_going_on(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    struct exchange y = new_exchange(true);
    s->now_ms = BEGAN_MS - 100; /* its word may be on the way */
    both_granted(s, &x);
    put_end(s, &s->a, &x, false, 3, 5, 0);
    s->now_ms = BEGAN_MS;
    s->began = s->a.log.size;
    put_plain(s, &s->a, &y, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->a, &y, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    is_clean(s, 1);
}

/* Clocks ---------------------------------------------------------------------------------------
 */

/* Whoever writes times to come would otherwise never be compared. */
static void the_other_sides_clock_hides_nothing(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    struct exchange x = new_exchange(true);
    struct exchange y = new_exchange(true);
    struct exchange z = new_exchange(true);
    put_plain(s, &s->a, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->a, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_end(s, &s->a, &x, false, 3, 5, 0);
    put_plain(s, &s->a, &y, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->a, &y, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_end(s, &s->a, &y, false, 3, 5, 0);
    s->now_ms = BEGAN_MS + SYM_CLOCK_SKEW_MS + 1;
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_end(s, &s->b, &x, false, 5, 2, 0);
    put_plain(s, &s->b, &y, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &y, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_plain(s, &s->b, &z, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &z, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    const struct sym_compared_finding *f = compare_but(s, SIZE_MAX, &n);
    assert_int_equal(n, 3);
    unsigned codes = 0;
    for (size_t i = 0; i < n; i++) {
        codes |= 1u << f[i].code;
    }
    assert_int_equal(codes, 1u << SYM_FINDING_TRANSCRIPT | 1u << SYM_FINDING_OPEN |
                                1u << SYM_FINDING_MISSING_HERE);
    assert_int_equal(sym_compare_counts(s->compare).exchanges, 3);
}

static void a_log_that_says_to_begin_in_the_future_hides_nothing(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(false);
    put_plain(s, &s->a, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->a, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    s->since_ms = BEGAN_MS + SYM_CLOCK_SKEW_MS + 1;
    finds_only(s, SYM_FINDING_MISSING_THERE, &x);
}

/* Its log's times do not go back with it, and are later than the present one then. */
static void an_own_clock_that_was_set_back_hides_nothing(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    s->now_ms = BEGAN_MS + 5000;
    both_granted(s, &x);
    put_end(s, &s->a, &x, false, 3, 5, 1);
    put_end(s, &s->b, &x, false, 5, 3, 0);
    finds_only(s, SYM_FINDING_TRANSCRIPT, &x);
}

static void finds_a_close_whose_statement_is_an_abort(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    put_end(s, &s->a, &x, false, 3, 5, 0);
    put_end(s, &s->b, &x, false, 5, 3, 0);
    /* What B would rather have said, under the entry that it has. */
    size_t closed = s->b.log.size - 1;
    put_end(s, &s->b, &x, true, 0, 0, 0);
    s->b.log.size--;
    memcpy(s->b.statements[closed], s->b.statements[closed + 1], SYM_STATEMENT_BYTES);
    s->b.statement_len[closed] = s->b.statement_len[closed + 1];
    const struct sym_compared_finding *f = compare_but(s, SIZE_MAX, &n);
    assert_int_equal(n, 1);
    assert_int_equal(f[0].code, SYM_FINDING_DIFFERENT);
}

static void counts_what_could_not_be_compared(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    struct exchange x = new_exchange(true);
    struct exchange y = new_exchange(true);
    both_granted(s, &x);
    both_closed(s, &x);
    s->b.statement_len[s->b.log.size - 1] = 0; /* erased, says B */
    both_granted(s, &y);
    both_closed(s, &y);
    (void)compare_but(s, SIZE_MAX, &n);
    assert_int_equal(n, 0);
    assert_int_equal(sym_compare_counts(s->compare).exchanges, 2);
    assert_int_equal(sym_compare_counts(s->compare).untold, 1);
}

static void finds_an_entry_that_is_not_in_the_tree(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    both_closed(s, &x);
    begin(s);
    show_head(s);
    s->b.log.leaves[2][s->b.log.len[2] - 1] ^= 1; /* after the head was signed */
    for (size_t i = 0; i < s->b.log.size; i++) {
        assert_int_equal(show(s, i), SYM_OK);
    }
    assert_int_equal(sym_compare_finish(s->compare), SYM_OK);
    const struct sym_compared_finding *f = sym_compare_findings(s->compare, &n);
    assert_int_equal(n, 1);
    assert_int_equal(f[0].code, SYM_FINDING_NOT_PROVEN);
    assert_int_equal(f[0].index_there, 3);
}

static void refuses_entries_out_of_order_and_those_that_are_none(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    begin(s);
    show_head(s);
    assert_int_equal(show(s, 2), SYM_OK);
    assert_int_equal(show(s, 2), SYM_BAD_VALUE);
    assert_int_equal(show(s, 1), SYM_BAD_VALUE);
    struct sym_compare_entry none = {.index = 9, .leaf = sym_span_text("no leaf")};
    assert_int_not_equal(sym_compare_theirs(s->compare, &none), SYM_OK);
}

static void refuses_a_statement_of_somebody_else(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    both_closed(s, &x);
    size_t last = s->b.log.size - 1;
    memcpy(s->b.statements[last], s->a.statements[s->a.log.size - 1], SYM_STATEMENT_BYTES);
    s->b.statement_len[last] = s->a.statement_len[s->a.log.size - 1];
    const struct sym_compared_finding *f = compare_but(s, SIZE_MAX, &n);
    assert_int_equal(n, 1);
    assert_int_equal(f[0].code, SYM_FINDING_DIFFERENT);
}

/* What B may show -------------------------------------------------------------------------------
 */

static void what_the_other_side_shows_takes_no_memory(void **state)
{
    struct scene *s = *state;
    uint64_t shown = 0;
    struct exchange x = new_exchange(false);
    both_granted(s, &x);
    both_closed(s, &x);
    begin(s);
    assert_int_equal(sym_compare_own_end(s->compare), SYM_OK);
    size_t before = mallinfo2().uordblks;
    for (unsigned i = 0; i < 100000; i++) {
        struct exchange y = new_exchange(false);
        assert_int_equal(show_more(s, &shown, &y, SYM_ENTRY_REQUESTED), SYM_OK);
        assert_int_equal(show_more(s, &shown, &y, SYM_ENTRY_DECIDED), SYM_OK);
        assert_int_equal(show_more(s, &shown, &x, SYM_ENTRY_CLOSED), SYM_OK);
    }
    assert_true(mallinfo2().uordblks < before + 4096);
    assert_int_equal(sym_compare_finish(s->compare), SYM_OK);
    assert_int_equal(sym_compare_counts(s->compare).entries, shown);
    assert_int_equal(sym_compare_counts(s->compare).unrecorded, 100000);
}

static void strangers_are_found_however_many_they_are(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    uint64_t shown = 0;
    struct exchange all[1000];
    begin(s);
    assert_int_equal(sym_compare_own_end(s->compare), SYM_OK);
    for (unsigned i = 0; i < 1000; i++) {
        all[i] = new_exchange(true);
        assert_int_equal(show_more(s, &shown, &all[i], SYM_ENTRY_REQUESTED), SYM_OK);
        assert_int_equal(show_more(s, &shown, &all[i], SYM_ENTRY_DECIDED), SYM_OK);
    }
    assert_int_equal(sym_compare_finish(s->compare), SYM_OK);
    const struct sym_compared_finding *f = sym_compare_findings(s->compare, &n);
    assert_int_equal(n, 1000);
    bool found[1000] = {false};
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(f[i].code, SYM_FINDING_MISSING_HERE);
        for (size_t k = 0; k < n; k++) {
            found[k] = found[k] || memcmp(f[i].exchange_id, all[k].id, sizeof all[k].id) == 0;
        }
    }
    for (size_t k = 0; k < n; k++) {
        assert_true(found[k]);
    }
}

static void refuses_more_than_it_can_keep_before_the_own_entries_are_in(void **state)
{
    struct scene *s = *state;
    uint64_t shown = 0;
    enum sym_err err = SYM_OK;
    begin(s);
    while (err == SYM_OK && shown < 100000) {
        struct exchange x = new_exchange(false);
        err = show_more(s, &shown, &x, SYM_ENTRY_REQUESTED);
    }
    assert_int_equal(err, SYM_LIMIT);
    assert_true(shown < 1000);
}

static void takes_own_entries_until_they_have_ended(void **state)
{
    struct scene *s = *state;
    begin(s);
    assert_int_equal(sym_compare_own_end(s->compare), SYM_OK);
    assert_int_equal(sym_compare_own_end(s->compare), SYM_WRONG_STATE);
    assert_int_equal(sym_compare_own(s->compare, 1, sym_span(s->a.log.leaves[0], s->a.log.len[0]),
                                     sym_span(NULL, 0)),
                     SYM_WRONG_STATE);
}

/* Both ways of taking what is shown: before and after the own ones have ended. */
static void finds_the_same_when_the_own_entries_end_late(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    put_end(s, &s->a, &x, false, 3, 5, 1);
    put_end(s, &s->b, &x, false, 5, 3, 0);
    for (unsigned late = 0; late < 2; late++) {
        size_t n = 0;
        begin(s);
        show_head(s);
        if (late == 0) {
            assert_int_equal(sym_compare_own_end(s->compare), SYM_OK);
        }
        for (size_t i = 0; i < s->b.log.size; i++) {
            assert_int_equal(show(s, i), SYM_OK);
        }
        assert_int_equal(sym_compare_finish(s->compare), SYM_OK);
        const struct sym_compared_finding *f = sym_compare_findings(s->compare, &n);
        assert_int_equal(n, 1);
        assert_int_equal(f[0].code, SYM_FINDING_TRANSCRIPT);
        if (late == 0) {
            sym_compare_free(s->compare);
        }
    }
}

/* Proofs from before ---------------------------------------------------------------------------
 */

/* B asks; the request that A has logged rests on the entry `at` of B. */
static void put_proof(struct scene *s, const struct exchange *x, size_t at)
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

static void finds_that_what_was_proven_is_still_there(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(false);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_proof(s, &x, 1);
    is_clean(s, 1);
}

static void finds_an_entry_that_was_proven_and_is_not_shown_any_more(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    struct exchange x = new_exchange(false);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &x, SYM_ENTRY_DECIDED, 0);
    put_proof(s, &x, 1);
    const struct sym_compared_finding *f = compare_but(s, 1, &n);
    assert_int_equal(n, 1);
    assert_int_equal(f[0].code, SYM_FINDING_MISSING_THERE);
    assert_int_equal(f[0].index_there, 2);
}

static void finds_an_entry_that_is_another_than_was_proven(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(false);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_proof(s, &x, 1);
    /* B rebuilds its whole tree with another entry there. */
    s->b.log.size = 1;
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    finds_only(s, SYM_FINDING_DIFFERENT, &x);
}

static void does_not_ask_a_new_log_for_what_an_earlier_one_proved(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(false);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_proof(s, &x, 1);
    s->b.log.size = 1;
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    s->b.log.generation = 2;
    is_clean(s, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_nothing_wrong_with_what_fits),
        TEST(finds_nothing_wrong_with_denials),
        TEST(finds_nothing_wrong_with_a_request_that_did_not_arrive),
        TEST(finds_an_exchange_that_the_other_side_does_not_show),
        TEST(finds_an_exchange_that_this_side_does_not_know),
        TEST(counts_denials_that_are_not_recorded_here),
        TEST(finds_a_request_that_was_granted_and_is_not_recorded_here),
        TEST(counts_what_a_log_that_was_begun_again_does_not_show),
        TEST(counts_what_the_own_log_lost_when_it_was_begun_again),
        TEST(compares_what_is_there_on_both_sides_of_a_gap),
        TEST(finds_what_is_missing_here_outside_of_a_gap),
        TEST(finds_two_tales_of_who_asked),
        TEST(finds_transcripts_that_differ),
        TEST(finds_closes_with_other_counts),
        TEST(finds_transcripts_that_differ_also_in_an_abort),
        TEST(takes_the_beginning_of_a_transcript_for_what_it_is),
        TEST(finds_an_exchange_that_one_side_has_not_closed),
        TEST(leaves_out_what_is_going_on),
        TEST(the_other_sides_clock_hides_nothing),
        TEST(a_log_that_says_to_begin_in_the_future_hides_nothing),
        TEST(an_own_clock_that_was_set_back_hides_nothing),
        TEST(finds_a_close_whose_statement_is_an_abort),
        TEST(counts_what_could_not_be_compared),
        TEST(finds_an_entry_that_is_not_in_the_tree),
        TEST(refuses_entries_out_of_order_and_those_that_are_none),
        TEST(refuses_a_statement_of_somebody_else),
        TEST(what_the_other_side_shows_takes_no_memory),
        TEST(strangers_are_found_however_many_they_are),
        TEST(refuses_more_than_it_can_keep_before_the_own_entries_are_in),
        TEST(takes_own_entries_until_they_have_ended),
        TEST(finds_the_same_when_the_own_entries_end_late),
        TEST(finds_that_what_was_proven_is_still_there),
        TEST(finds_an_entry_that_was_proven_and_is_not_shown_any_more),
        TEST(finds_an_entry_that_is_another_than_was_proven),
        TEST(does_not_ask_a_new_log_for_what_an_earlier_one_proved),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
