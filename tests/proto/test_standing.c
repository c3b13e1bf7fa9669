#include "proto/limits.h"
#include "proto/sorted.h"
#include "proto/standing_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define LIST   5000u /* five blocks */
#define BLOCKS 5u
#define BITS   70u
#define TAG    9u
#define QUERY  40u
#define COMMON 13u

/* A list under a key, and a query that has some of it. */
struct rig {
    const struct sym_ristretto *with;
    struct sym_scalar key;
    uint8_t digests[LIST * SYM_HASH_BYTES];
    uint8_t tags[LIST * TAG];
    uint8_t firsts[BLOCKS * TAG];
    uint8_t bytes[BLOCKS][SYM_TAG_BLOCK_BYTES_MAX];
    struct sym_span blocks[BLOCKS];
    uint8_t query[QUERY * SYM_HASH_BYTES];
    struct sym_standing_run *side[2]; /* initiator, responder */
};

enum { ASKER, HOLDER };

static int make_rig(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    struct sym_span *inputs = calloc(LIST, sizeof *inputs);
    struct sym_tag_code code;
    if (r == NULL || inputs == NULL || sym_crypto_init() != SYM_OK ||
        sym_ristretto_choose(&r->with, NULL) != SYM_OK) {
        return -1;
    }
    sym_scalar_random(&r->key);
    sym_random(r->digests, sizeof r->digests);
    sym_sorted_sort(r->digests, LIST, SYM_HASH_BYTES);
    sym_oprf_spans(inputs, LIST, r->digests, SYM_HASH_BYTES);
    assert_int_equal(sym_oprf_evaluate_own((struct sym_oprf_tags){.data = r->tags, .len = TAG},
                                           NULL, r->with, inputs, LIST, &r->key, SYM_OPRF_INPUT),
                     SYM_OK);
    sym_tag_trim(r->tags, LIST, BITS);
    sym_sorted_sort(r->tags, LIST, TAG);
    assert_int_equal(sym_tag_code_for(&code, BITS, LIST), SYM_OK);
    for (uint32_t b = 0; b < BLOCKS; b++) {
        const uint8_t *tags = r->tags + b * SYM_TAG_BLOCK * TAG;
        size_t len = 0;
        assert_int_equal(sym_tag_block_write(r->bytes[b], sizeof r->bytes[b], &len, &code, tags,
                                             sym_standing_block_tags(LIST, b)),
                         SYM_OK);
        r->blocks[b] = sym_span(r->bytes[b], len);
        memcpy(r->firsts + b * TAG, tags, TAG);
    }
    sym_random(r->query, sizeof r->query);
    for (size_t i = 0; i < COMMON; i++) {
        memcpy(r->query + i * SYM_HASH_BYTES, r->digests + i * 391 * SYM_HASH_BYTES,
               SYM_HASH_BYTES);
    }
    sym_sorted_sort(r->query, QUERY, SYM_HASH_BYTES);
    free(inputs);
    *state = r;
    return 0;
}

static int clear_rig(void **state)
{
    free(*state);
    return 0;
}

static struct sym_standing_config config_of(const struct rig *r, int side, bool sends_list)
{
    bool asks = side == ASKER;
    return (struct sym_standing_config){.role =
                                            asks ? SYM_SESSION_INITIATOR : SYM_SESSION_RESPONDER,
                                        .with = r->with,
                                        .list = {.n = LIST, .bits = BITS},
                                        .query_size = QUERY + 5,
                                        .sends_list = sends_list,
                                        .digests = asks ? r->query : NULL,
                                        .n = asks ? QUERY : 0,
                                        .firsts = asks && !sends_list ? r->firsts : NULL,
                                        .key = asks ? NULL : &r->key,
                                        .blocks = !asks && sends_list ? r->blocks : NULL};
}

static void begin(struct rig *r, bool sends_list)
{
    for (int side = 0; side < 2; side++) {
        struct sym_standing_config c = config_of(r, side, sends_list);
        assert_int_equal(sym_standing_new(&r->side[side], &c), SYM_OK);
    }
}

static void end(struct rig *r)
{
    for (int side = 0; side < 2; side++) {
        sym_standing_free(r->side[side]);
        r->side[side] = NULL;
    }
}

static enum sym_err compute(struct sym_standing_run *run)
{
    struct sym_work work;
    enum sym_err end = SYM_OK;
    while (sym_standing_work(run, &work)) {
        enum sym_err err = SYM_OK;
        for (size_t at = 0; err == SYM_OK && at < work.n; at += work.grain) {
            err = work.run(work.context, at, work.n - at < work.grain ? work.n - at : work.grain);
        }
        end = sym_standing_worked(run, work.context, err);
    }
    return end;
}

/* Alters the payload that is the `nth` of this side; another length where the change says so. */
typedef size_t change_fn(uint8_t *payload, size_t len);
struct change {
    change_fn *fn;
    int side;
    unsigned nth;
};

static enum sym_err send_all(struct rig *r, int side, unsigned *sent, const struct change *change)
{
    static uint8_t payload[SYM_DATA_BYTES_MAX];
    struct sym_standing_run *to = r->side[1 - side];
    size_t len = 0;
    enum sym_overlap_step step;
    while ((step = sym_standing_step(r->side[side], &len)) != SYM_OVERLAP_WAIT) {
        bool closes = step == SYM_OVERLAP_CLOSE;
        enum sym_err err = sym_standing_write(r->side[side], payload, len);
        if (err == SYM_OK && change != NULL && change->side == side && change->nth == *sent) {
            len = change->fn(payload, len);
        }
        ++*sent;
        if (err == SYM_OK) {
            err = sym_standing_take(to, closes ? SYM_EVENT_CLOSED : SYM_EVENT_DATA,
                                    sym_span(payload, len));
        }
        if (err != SYM_OK || closes) {
            return err;
        }
    }
    return SYM_OK;
}

static enum sym_err play(struct rig *r, const struct change *change)
{
    unsigned sent[2] = {0, 0};
    uint32_t wanted = 0;
    enum sym_err err = SYM_OK;
    for (int turn = 0; err == SYM_OK && turn < 20; turn++) {
        int side = turn % 2;
        err = compute(r->side[side]);
        while (err == SYM_OK && sym_standing_wants(r->side[side], &wanted)) {
            err = sym_standing_give(r->side[side], r->blocks[wanted]);
        }
        if (err == SYM_OK) {
            err = send_all(r, side, &sent[side], change);
        }
    }
    return err;
}

static void assert_found(struct rig *r)
{
    struct sym_overlap_result result;
    assert_int_equal(r->side[ASKER]->state, STANDING_DONE);
    assert_int_equal(r->side[HOLDER]->state, STANDING_DONE);
    assert_int_equal(sym_standing_result(r->side[ASKER], &result), SYM_OK);
    assert_int_equal(result.common, COMMON);
    for (size_t i = 0; i < COMMON; i++) {
        assert_true(sym_sorted_has(r->digests, LIST, SYM_HASH_BYTES,
                                   r->query + result.matches[i] * SYM_HASH_BYTES));
        assert_true(i == 0 || result.matches[i - 1] < result.matches[i]);
    }
    assert_int_equal(sym_standing_result(r->side[HOLDER], &result), SYM_WRONG_STATE);
}

static void finds_what_both_have_and_keeps_the_list(void **state)
{
    struct rig *r = *state;
    const struct sym_span *blocks = NULL;
    const uint8_t *firsts = NULL;
    begin(r, true);
    assert_int_equal(sym_standing_received(r->side[ASKER], &blocks, &firsts), SYM_WRONG_STATE);
    assert_int_equal(play(r, NULL), SYM_OK);
    assert_found(r);
    assert_int_equal(sym_standing_received(r->side[ASKER], &blocks, &firsts), SYM_OK);
    for (size_t b = 0; b < BLOCKS; b++) {
        assert_true(sym_span_equal(blocks[b], r->blocks[b]));
    }
    assert_memory_equal(firsts, r->firsts, sizeof r->firsts);
    assert_int_equal(sym_standing_received(r->side[HOLDER], &blocks, &firsts), SYM_WRONG_STATE);
    end(r);
}

static void finds_the_same_in_a_list_that_it_holds(void **state)
{
    struct rig *r = *state;
    const struct sym_span *blocks = NULL;
    const uint8_t *firsts = NULL;
    begin(r, false);
    assert_int_equal(play(r, NULL), SYM_OK);
    assert_found(r);
    assert_int_equal(sym_standing_received(r->side[ASKER], &blocks, &firsts), SYM_NOT_FOUND);
    end(r);
}

static struct rig *watched;

static size_t knows_nothing(uint8_t *payload, size_t len)
{
    struct sym_overlap_result result;
    uint32_t wanted = 0;
    (void)payload;
    assert_int_equal(watched->side[ASKER]->state, STANDING_CLOSED);
    assert_int_equal(watched->side[ASKER]->at, 0);
    assert_false(sym_standing_wants(watched->side[ASKER], &wanted));
    assert_int_equal(sym_standing_result(watched->side[ASKER], &result), SYM_WRONG_STATE);
    return len;
}

/* When the close leaves cannot depend on what matches. */
static void nothing_is_looked_up_before_the_close_has_left(void **state)
{
    struct rig *r = *state;
    static const struct change close = {knows_nothing, ASKER, 1};
    watched = r;
    for (int sends = 0; sends < 2; sends++) {
        begin(r, sends != 0);
        assert_int_equal(play(r, &close), SYM_OK);
        assert_found(r);
        end(r);
    }
}

static void a_list_of_another_key_has_nothing_in_common(void **state)
{
    struct rig *r = *state;
    struct sym_overlap_result result;
    struct sym_scalar kept = r->key;
    sym_scalar_random(&r->key);
    begin(r, true);
    r->key = kept;
    assert_int_equal(play(r, NULL), SYM_OK);
    assert_int_equal(sym_standing_result(r->side[ASKER], &result), SYM_OK);
    assert_int_equal(result.common, 0);
    end(r);
}

/* The same elements never leave twice, and say nothing of the digests they came from. */
static void two_queries_look_unlike(void **state)
{
    struct rig *r = *state;
    uint8_t sent[2][5 + (QUERY + 5) * SYM_ELEMENT_BYTES];
    size_t len = 0;
    for (int i = 0; i < 2; i++) {
        begin(r, false);
        assert_int_equal(compute(r->side[ASKER]), SYM_OK);
        assert_int_equal(sym_standing_step(r->side[ASKER], &len), SYM_OVERLAP_DATA);
        assert_int_equal(len, sizeof sent[i]);
        assert_int_equal(sym_standing_write(r->side[ASKER], sent[i], len), SYM_OK);
        end(r);
    }
    for (size_t a = 5; a < sizeof sent[0]; a += SYM_ELEMENT_BYTES) {
        for (size_t b = 5; b < sizeof sent[1]; b += SYM_ELEMENT_BYTES) {
            assert_memory_not_equal(sent[0] + a, sent[1] + b, SYM_ELEMENT_BYTES);
        }
    }
}

/* Refusals ---------------------------------------------------------------------------------------
 */

static size_t cut_one(uint8_t *payload, size_t len)
{
    (void)payload;
    return len - 1;
}

static size_t add_one(uint8_t *payload, size_t len)
{
    payload[len] = 0;
    return len + 1;
}

static size_t leave_nothing(uint8_t *payload, size_t len)
{
    (void)payload;
    (void)len;
    return 0;
}

static size_t count_one_less(uint8_t *payload, size_t len)
{
    payload[4]--;
    return len;
}

static size_t unknown_type(uint8_t *payload, size_t len)
{
    payload[0] = 4;
    return len;
}

static size_t other_type(uint8_t *payload, size_t len)
{
    payload[0] = (uint8_t)(payload[0] % 3 + 1);
    return len;
}

static size_t repeat_an_element(uint8_t *payload, size_t len)
{
    memcpy(payload + 5, payload + 5 + SYM_ELEMENT_BYTES, SYM_ELEMENT_BYTES);
    return len;
}

static size_t identity(uint8_t *payload, size_t len)
{
    memset(payload + 5, 0, SYM_ELEMENT_BYTES);
    return len;
}

static size_t not_canonical(uint8_t *payload, size_t len)
{
    payload[5 + 31] |= 0x80;
    return len;
}

static size_t descending_block(uint8_t *payload, size_t len)
{
    memset(payload + 5, 0, 8);
    return len;
}

static size_t leftover_in_a_block(uint8_t *payload, size_t len)
{
    payload[len] = 0;
    payload[len + 1] = 0;
    return len + 2;
}

static void ends_with_what_no_honest_peer_sends(void **state)
{
    struct rig *r = *state;
    static const struct {
        struct change change;
        enum sym_err want;
    } rows[] = {
        {{cut_one, ASKER, 0}, SYM_BAD_FORMAT},
        {{add_one, ASKER, 0}, SYM_BAD_FORMAT},
        {{leave_nothing, ASKER, 0}, SYM_BAD_FORMAT},
        {{count_one_less, ASKER, 0}, SYM_BAD_VALUE},
        {{unknown_type, ASKER, 0}, SYM_BAD_FORMAT},
        {{other_type, ASKER, 0}, SYM_WRONG_STATE},
        {{repeat_an_element, ASKER, 0}, SYM_REPLAY},
        {{cut_one, HOLDER, 0}, SYM_BAD_FORMAT},
        {{count_one_less, HOLDER, 0}, SYM_BAD_VALUE},
        {{other_type, HOLDER, 0}, SYM_WRONG_STATE},
        {{repeat_an_element, HOLDER, 0}, SYM_REPLAY},
        {{cut_one, HOLDER, 1}, SYM_BAD_FORMAT},
        {{leftover_in_a_block, HOLDER, 1}, SYM_BAD_FORMAT},
        {{unknown_type, HOLDER, 1}, SYM_BAD_FORMAT},
        {{other_type, HOLDER, 1}, SYM_WRONG_STATE},
        {{count_one_less, HOLDER, 2}, SYM_BAD_VALUE},
        {{descending_block, HOLDER, 2}, SYM_BAD_VALUE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(r, true);
        assert_int_equal(play(r, &rows[i].change), rows[i].want);
        assert_int_equal(sym_standing_take(r->side[1 - rows[i].change.side], SYM_EVENT_CLOSED,
                                           sym_span(NULL, 0)),
                         SYM_WRONG_STATE); /* it is dead */
        end(r);
    }
}

/* Found by the work, not by what takes the frame. */
static void ends_with_elements_that_are_none(void **state)
{
    struct rig *r = *state;
    static const struct change rows[] = {{identity, ASKER, 0},
                                         {not_canonical, ASKER, 0},
                                         {identity, HOLDER, 0},
                                         {not_canonical, HOLDER, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sym_overlap_result result;
        begin(r, true);
        assert_int_equal(play(r, &rows[i]), SYM_BAD_ELEMENT);
        assert_int_not_equal(r->side[1 - rows[i].side]->state, STANDING_DONE);
        assert_int_equal(sym_standing_result(r->side[ASKER], &result), SYM_WRONG_STATE);
        end(r);
    }
}

static void refuses_to_begin_with_impossible_sizes(void **state)
{
    struct rig *r = *state;
    for (int side = 0; side < 2; side++) {
        struct sym_standing_config bad[9];
        for (size_t i = 0; i < 9; i++) {
            bad[i] = config_of(r, side, true);
        }
        bad[0].query_size = 0;
        bad[1].query_size = SYM_STANDING_QUERY_MAX + 1;
        bad[2].list.n = 0;
        bad[3].list.n = SYM_STANDING_LIST_MAX + 1;
        bad[4].list.bits = SYM_TAG_BITS_MIN - 1;
        bad[5].list.bits = SYM_TAG_BITS_MAX + 1;
        bad[6].with = NULL;
        bad[7].key = NULL;
        bad[7].digests = NULL;
        bad[8].blocks = NULL;
        bad[8].query_size = QUERY - 1;
        for (size_t i = 0; i < 9; i++) {
            bad[8].query_size = side == ASKER ? QUERY - 1 : QUERY;
            assert_int_equal(sym_standing_new(&r->side[side], &bad[i]), SYM_BAD_VALUE);
        }
    }
}

static void refuses_digests_that_do_not_ascend(void **state)
{
    struct rig *r = *state;
    struct sym_standing_config c = config_of(r, ASKER, true);
    uint8_t two[2 * SYM_HASH_BYTES] = {0};
    c.digests = two;
    c.n = 2;
    assert_int_equal(sym_standing_new(&r->side[ASKER], &c), SYM_INTERNAL);
}

static void refuses_a_block_that_it_does_not_want(void **state)
{
    struct rig *r = *state;
    uint32_t wanted = 0;
    begin(r, false);
    assert_false(sym_standing_wants(r->side[ASKER], &wanted));
    assert_int_equal(sym_standing_give(r->side[ASKER], r->blocks[0]), SYM_WRONG_STATE);
    end(r);
}

/* Figures ----------------------------------------------------------------------------------------
 */

static void tags_are_as_long_as_the_epoch_needs(void **state)
{
    (void)state;
    assert_int_equal(sym_standing_bits(1u << 20, 1u << 17), 77);
    assert_int_equal(sym_standing_bits((1u << 20) + 1, (1u << 17) + 1), 79);
    assert_int_equal(sym_standing_bits(1, 1), 64);
    assert_int_equal(sym_standing_bits(SYM_STANDING_LIST_MAX, UINT64_MAX), 125);
    assert_int_equal(sym_standing_blocks(1), 1);
    assert_int_equal(sym_standing_blocks(1024), 1);
    assert_int_equal(sym_standing_blocks(1025), 2);
    assert_int_equal(sym_standing_block_tags(1025, 0), 1024);
    assert_int_equal(sym_standing_block_tags(1025, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_both_have_and_keeps_the_list),
        cmocka_unit_test(finds_the_same_in_a_list_that_it_holds),
        cmocka_unit_test(nothing_is_looked_up_before_the_close_has_left),
        cmocka_unit_test(a_list_of_another_key_has_nothing_in_common),
        cmocka_unit_test(two_queries_look_unlike),
        cmocka_unit_test(ends_with_what_no_honest_peer_sends),
        cmocka_unit_test(ends_with_elements_that_are_none),
        cmocka_unit_test(refuses_to_begin_with_impossible_sizes),
        cmocka_unit_test(refuses_digests_that_do_not_ascend),
        cmocka_unit_test(refuses_a_block_that_it_does_not_want),
        cmocka_unit_test(tags_are_as_long_as_the_epoch_needs),
    };
    return cmocka_run_group_tests(tests, make_rig, clear_rig);
}
