/* A peer that lies to an overlap machine, at every place where it can; and a caller that errs. */
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

static struct sym_overlap_run *started_with(const struct sym_ristretto *with, enum sym_kind kind,
                                            enum sym_session_role role, uint32_t own, uint32_t peer)
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

static struct sym_overlap_run *responder(enum sym_kind kind, uint32_t own, uint32_t peer)
{
    return started_with(&toy_group, kind, SYM_SESSION_RESPONDER, own, peer);
}

static struct sym_overlap_run *initiator(enum sym_kind kind, uint32_t own, uint32_t peer)
{
    return started_with(&toy_group, kind, SYM_SESSION_INITIATOR, own, peer);
}

/* The i-th element: i + 1, so that elements ascend with i where their last bytes are compared. */
static void element(uint8_t out[32], uint32_t i)
{
    memset(out, 0, 32);
    out[0] = (uint8_t)((i + 1) >> 16);
    out[1] = (uint8_t)((i + 1) >> 8);
    out[2] = (uint8_t)(i + 1);
}

static void tag(uint8_t *out, size_t len, uint32_t i)
{
    memset(out, 0, len);
    out[5] = (uint8_t)(i >> 16);
    out[6] = (uint8_t)(i >> 8);
    out[7] = (uint8_t)i;
}

/* A payload of n items from number first on, in a block of its exact size. */
static struct sym_span frame(uint8_t type, uint32_t n, uint32_t first, size_t item_len)
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

static uint8_t *item(size_t i, size_t item_len)
{
    return payload + 5 + i * item_len;
}

static enum sym_err give(struct sym_overlap_run *run, struct sym_span bytes)
{
    return sym_overlap_take(run, SYM_EVENT_DATA, bytes);
}

static void pass(struct sym_overlap_run *run, struct sym_span bytes)
{
    assert_int_equal(give(run, bytes), SYM_OK);
}

/* Dead: nothing is taken, said or offered any more. */
static void assert_dead(struct sym_overlap_run *run)
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
    assert_false(sym_overlap_done(run));
}

static void refuses(struct sym_overlap_run *run, struct sym_span bytes, enum sym_err want)
{
    assert_int_equal(give(run, bytes), want);
    assert_dead(run);
    sym_overlap_free(run);
}

static void refuses_when_computed(struct sym_overlap_run *run, struct sym_span bytes,
                                  enum sym_err want)
{
    enum sym_err err = give(run, bytes);
    assert_int_equal(err == SYM_OK ? rig_work(run) : err, want);
    assert_dead(run);
    sym_overlap_free(run);
}

/* Works and sends all it can. */
static size_t send_all(struct sym_overlap_run *run)
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
static struct sym_overlap_run *asking(enum sym_kind kind, uint32_t own, uint32_t peer)
{
    struct sym_overlap_run *run = initiator(kind, own, peer);
    assert_true(send_all(run) > 0);
    return run;
}

/* Payloads that are none -----------------------------------------------------------------------
 */

static void refuses_payloads_that_are_none(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        for (size_t len = 0; len < 5; len++) {
            struct sym_overlap_run *run = responder(kinds[k], 3, 3);
            refuses(run, sym_span(frame(1, 3, 0, 32).data, len), SYM_BAD_FORMAT);
        }
        for (unsigned type = 0; type < 256; type++) {
            if (type < OVERLAP_BLINDED || type > OVERLAP_TAGS) {
                struct sym_overlap_run *run = responder(kinds[k], 3, 3);
                refuses(run, frame((uint8_t)type, 3, 0, 32), SYM_BAD_FORMAT);
            }
        }
    }
}

static void refuses_items_that_do_not_fill_the_payload(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct sym_span whole = frame(1, 3, 0, 32);
        for (size_t cut = 1; cut <= 96; cut += 19) {
            refuses(responder(kinds[k], 3, 3), sym_span(whole.data, whole.len - cut),
                    SYM_BAD_FORMAT);
        }
        whole = frame(1, 4, 0, 32);
        payload[4] = 3;
        refuses(responder(kinds[k], 3, 3), sym_span(whole.data, whole.len - 31), SYM_BAD_FORMAT);
        refuses(responder(kinds[k], 3, 3), whole, SYM_BAD_FORMAT);
        refuses(responder(kinds[k], 3, 3), frame(1, 3, 0, 31), SYM_BAD_FORMAT);
        refuses(responder(kinds[k], 3, 3), frame(1, 3, 0, 33), SYM_BAD_FORMAT);
    }
}

static void refuses_tags_of_another_length(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        refuses(asking(kinds[k], 3, 5), frame(3, 5, 0, 9), SYM_BAD_FORMAT);
        refuses(asking(kinds[k], 3, 5), sym_span(frame(3, 5, 0, 8).data, 5 + 35), SYM_BAD_FORMAT);
        refuses(asking(kinds[k], 5000, 4096), frame(3, 4096, 0, 8), SYM_BAD_FORMAT);
        struct sym_overlap_run *run = asking(kinds[k], 5000, 4096);
        pass(run, frame(3, 4096, 0, 9));
        sym_overlap_free(run);
    }
}

/* Numbers --------------------------------------------------------------------------------------
 */

static void refuses_any_number_of_items_but_the_one_that_is_due(void **state)
{
    (void)state;
    static const uint32_t wrong[] = {0, 1, 2, 4, FRAME - 1, FRAME};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            refuses(responder(kinds[k], 3, 3), frame(1, wrong[i], 0, 32), SYM_BAD_VALUE);
            refuses(asking(kinds[k], 3, 3), frame(2, wrong[i], 0, 32), SYM_BAD_VALUE);
            refuses(asking(kinds[k], 3, 3), frame(3, wrong[i], 0, 8), SYM_BAD_VALUE);
        }
        refuses(responder(kinds[k], 3, FRAME + 3), frame(1, 3, 0, 32), SYM_BAD_VALUE);
        refuses(responder(kinds[k], 3, FRAME + 3), frame(1, FRAME - 1, 0, 32), SYM_BAD_VALUE);
        struct sym_overlap_run *run = responder(kinds[k], 3, FRAME + 3);
        pass(run, frame(1, FRAME, 0, 32));
        refuses(run, frame(1, 4, FRAME, 32), SYM_BAD_VALUE);
    }
}

static void refuses_a_number_that_no_frame_holds(void **state)
{
    (void)state;
    static const uint8_t numbers[][4] = {
        {0, 0, 16, 1}, {0, 1, 0, 3}, {8, 0, 0, 3}, {255, 255, 255, 255}};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            struct sym_span bytes = frame(1, 3, 0, 32);
            memcpy(payload + 1, numbers[i], 4);
            refuses(responder(kinds[k], 3, 2 * FRAME), bytes, SYM_BAD_VALUE);
        }
    }
}

static void refuses_more_than_was_announced(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct sym_overlap_run *run = responder(kinds[k], 3, 3);
        pass(run, frame(1, 3, 0, 32));
        refuses(run, frame(1, 3, 3, 32), SYM_WRONG_STATE);
        run = responder(kinds[k], 3, 3);
        pass(run, frame(1, 3, 0, 32));
        assert_int_equal(send_all(run), 2);
        refuses(run, frame(1, 3, 3, 32), SYM_WRONG_STATE);
        run = responder(kinds[k], 3, 3);
        pass(run, frame(1, 3, 0, 32));
        assert_int_equal(rig_work(run), SYM_OK); /* everything is ready, nothing was sent */
        refuses(run, frame(1, 3, 3, 32), SYM_WRONG_STATE);
        run = asking(kinds[k], 3, 3);
        pass(run, frame(3, 3, 0, 8));
        refuses(run, frame(3, 3, 3, 8), SYM_WRONG_STATE);
        run = asking(kinds[k], 3, 3);
        pass(run, frame(2, 3, 0, 32));
        refuses(run, frame(2, 3, 3, 32), SYM_WRONG_STATE);
        refuses(asking(kinds[k], 3, 0), frame(3, 1, 0, 8), SYM_WRONG_STATE);
    }
}

static void refuses_more_unanswered_frames_than_a_window_holds(void **state)
{
    (void)state;
    uint32_t n = (SYM_OVERLAP_WINDOW + 2) * FRAME;
    struct sym_overlap_run *run = responder(MATCHES, 3, n);
    for (uint32_t i = 0; i < SYM_OVERLAP_WINDOW; i++) {
        pass(run, frame(1, FRAME, i * FRAME, 32));
    }
    refuses(run, frame(1, FRAME, SYM_OVERLAP_WINDOW * FRAME, 32), SYM_LIMIT);
    /* A frame that is evaluated but not sent still fills its place. */
    static uint8_t out[RIG_PAYLOAD_BYTES];
    run = responder(MATCHES, 3, n);
    for (uint32_t i = 0; i < SYM_OVERLAP_WINDOW; i++) {
        pass(run, frame(1, FRAME, i * FRAME, 32));
    }
    assert_int_equal(rig_work(run), SYM_OK);
    assert_int_equal(sym_overlap_write(run, out, sizeof out), SYM_OK);
    pass(run, frame(1, FRAME, SYM_OVERLAP_WINDOW * FRAME, 32));
    refuses(run, frame(1, FRAME, (SYM_OVERLAP_WINDOW + 1) * FRAME, 32), SYM_LIMIT);
    /* In a count the announced set is the limit. */
    run = responder(COUNT, 3, n);
    for (uint32_t i = 0; i < SYM_OVERLAP_WINDOW + 2; i++) {
        pass(run, frame(1, FRAME, i * FRAME, 32));
    }
    assert_int_equal(run->state, OVERLAP_ANSWERS);
    sym_overlap_free(run);
}

/* Elements -------------------------------------------------------------------------------------
 */

static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

static void refuses_the_identity_and_what_is_not_canonical_wherever_it_lies(void **state)
{
    (void)state;
    static const uint32_t places[] = {0, 1, 255, 256, 299};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            struct sym_span bytes = frame(1, 300, 0, 32);
            memset(item(places[i], 32), 0, 32);
            refuses_when_computed(responder(kinds[k], 3, 300), bytes, SYM_BAD_ELEMENT);
            memcpy(item(places[i], 32), order, 32);
            refuses_when_computed(responder(kinds[k], 3, 300), bytes, SYM_BAD_ELEMENT);
            element(item(places[i], 32), places[i]);
            item(places[i], 32)[31] |= 0x80;
            refuses_when_computed(responder(kinds[k], 3, 300), bytes, SYM_BAD_ELEMENT);
        }
        struct sym_span bytes = frame(2, 300, 0, 32);
        memset(item(0, 32), 0, 32);
        refuses_when_computed(asking(kinds[k], 300, 3), bytes, SYM_BAD_ELEMENT);
        bytes = frame(2, 300, 0, 32);
        memset(item(299, 32), 0xff, 32);
        refuses_when_computed(asking(kinds[k], 300, 3), bytes, SYM_BAD_ELEMENT);
    }
}

/* With ristretto255: bit 255, which libsodium 1.0.18 lets pass, a negative one, one that is no
 * point; and the same in the last frame of several. */
static void refuses_encodings_that_ristretto_refuses(void **state)
{
    (void)state;
    const struct sym_ristretto *with = NULL;
    assert_int_equal(sym_ristretto_choose(&with, NULL), SYM_OK);
    for (size_t k = 0; k < 2; k++) {
        for (size_t bad = 0; bad < 4; bad++) {
            struct sym_overlap_run *runs[2] = {
                started_with(with, kinds[k], SYM_SESSION_RESPONDER, 1, 1),
                started_with(with, kinds[k], SYM_SESSION_INITIATOR, 1, 1)};
            (void)send_all(runs[1]);
            for (size_t side = 0; side < 2; side++) {
                struct sym_span bytes = frame((uint8_t)(1 + side), 1, 0, 32);
                memcpy(item(0, 32), sym_ristretto_generator.bytes, 32);
                if (bad == 0) {
                    item(0, 32)[31] |= 0x80;
                } else if (bad == 1) {
                    item(0, 32)[0] |= 1;
                } else if (bad == 2) {
                    memset(item(0, 32), 0, 32);
                } else {
                    memset(item(0, 32), 0xff, 32);
                }
                refuses_when_computed(runs[side], bytes, SYM_BAD_ELEMENT);
            }
        }
    }
}

static void refuses_an_element_for_the_second_time(void **state)
{
    (void)state;
    struct sym_span bytes = frame(1, 300, 0, 32);
    memcpy(item(299, 32), item(17, 32), 32);
    refuses(responder(MATCHES, 3, 300), bytes, SYM_REPLAY);
    refuses_when_computed(responder(COUNT, 3, 300), bytes, SYM_REPLAY);
    payload[0] = OVERLAP_EVALUATED;
    refuses(asking(MATCHES, 300, 3), bytes, SYM_REPLAY);
    /* In another frame than the first time. */
    for (size_t k = 0; k < 2; k++) {
        struct sym_overlap_run *run = responder(kinds[k], 3, FRAME + 2);
        pass(run, frame(1, FRAME, 0, 32));
        refuses_when_computed(run, frame(1, 2, FRAME - 1, 32), SYM_REPLAY);
    }
    struct sym_overlap_run *run = asking(MATCHES, FRAME + 2, 3);
    pass(run, frame(2, FRAME, 0, 32));
    refuses(run, frame(2, 2, 100, 32), SYM_REPLAY);
}

static void a_count_that_asks_twice_gets_nothing_at_all(void **state)
{
    (void)state;
    struct sym_overlap_run *run = responder(COUNT, 3, FRAME + 2);
    struct sym_work work;
    size_t len = 0;
    pass(run, frame(1, FRAME, 0, 32));
    pass(run, frame(1, 2, FRAME - 1, 32));
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && sym_overlap_work(run, &work)) {
        assert_int_equal(sym_overlap_step(run, &len), SYM_OVERLAP_WAIT);
        err = work.run(work.context, 0, work.n);
        err = sym_overlap_worked(run, work.context, err);
    }
    assert_int_equal(err, SYM_REPLAY);
    assert_dead(run);
    sym_overlap_free(run);
}

/* Order ----------------------------------------------------------------------------------------
 */

static void refuses_tags_that_descend(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct sym_span bytes = frame(3, 10, 0, 8);
        tag(item(9, 8), 8, 7);
        refuses(asking(kinds[k], 3, 10), bytes, SYM_BAD_VALUE);
        bytes = frame(3, 10, 1, 8);
        tag(item(1, 8), 8, 0);
        refuses(asking(kinds[k], 3, 10), bytes, SYM_BAD_VALUE);
        struct sym_overlap_run *run = asking(kinds[k], 3, FRAME + 10);
        pass(run, frame(3, FRAME, 0, 8));
        refuses(run, frame(3, 10, FRAME - 2, 8), SYM_BAD_VALUE);
    }
}

static void takes_tags_that_repeat(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct sym_overlap_run *run = asking(kinds[k], 3, FRAME + 10);
        struct sym_span bytes = frame(3, FRAME, 0, 8);
        tag(item(9, 8), 8, 8);
        pass(run, bytes);
        pass(run, frame(3, 10, FRAME - 1, 8));
        assert_true(sym_overlap_over(&run->tags_gone));
        sym_overlap_free(run);
    }
}

static void refuses_the_answers_of_a_count_in_any_order_but_the_ascending(void **state)
{
    (void)state;
    struct sym_span bytes = frame(2, 10, 1, 32);
    element(item(1, 32), 0);
    refuses(asking(COUNT, 10, 3), bytes, SYM_BAD_VALUE);
    bytes = frame(2, 10, 0, 32);
    element(item(9, 32), 8);
    refuses(asking(COUNT, 10, 3), bytes, SYM_REPLAY);
    struct sym_overlap_run *run = asking(COUNT, FRAME + 2, 3);
    pass(run, frame(2, FRAME, 0, 32));
    refuses(run, frame(2, 2, FRAME - 1, 32), SYM_REPLAY);
    /* Also when what came before is gone: unblinded, and its tag in its place. */
    run = asking(COUNT, FRAME + 2, 3);
    pass(run, frame(2, FRAME, 0, 32));
    assert_int_equal(rig_work(run), SYM_OK);
    refuses(run, frame(2, 2, FRAME - 1, 32), SYM_REPLAY);
    run = asking(COUNT, FRAME + 2, 3);
    pass(run, frame(2, FRAME, 0, 32));
    assert_int_equal(rig_work(run), SYM_OK);
    pass(run, frame(2, 2, FRAME, 32));
    sym_overlap_free(run);
    run = asking(COUNT, FRAME + 2, 3);
    pass(run, frame(2, FRAME, 0, 32));
    refuses(run, frame(2, 2, FRAME - 2, 32), SYM_BAD_VALUE);
}

/* Too early ------------------------------------------------------------------------------------
 */

static void refuses_answers_and_tags_before_anything_was_asked(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        for (size_t worked = 0; worked < 2; worked++) {
            struct sym_overlap_run *run = initiator(kinds[k], 3, 3);
            assert_int_equal(worked ? rig_work(run) : SYM_OK, SYM_OK);
            refuses(run, frame(2, 3, 0, 32), SYM_WRONG_STATE);
            run = initiator(kinds[k], 3, 3);
            assert_int_equal(worked ? rig_work(run) : SYM_OK, SYM_OK);
            refuses(run, frame(3, 3, 0, 8), SYM_WRONG_STATE);
        }
    }
}

/* One frame of two is on its way. */
static struct sym_overlap_run *half_asked(enum sym_kind kind)
{
    static uint8_t out[RIG_PAYLOAD_BYTES];
    struct sym_overlap_run *run = initiator(kind, FRAME + 3, 3);
    assert_int_equal(rig_work(run), SYM_OK);
    assert_int_equal(sym_overlap_write(run, out, sizeof out), SYM_OK);
    return run;
}

static void refuses_an_answer_to_a_frame_that_is_not_on_its_way(void **state)
{
    (void)state;
    struct sym_overlap_run *run = half_asked(MATCHES);
    pass(run, frame(2, FRAME, 0, 32));
    refuses(run, frame(2, 3, FRAME, 32), SYM_WRONG_STATE);
    run = half_asked(MATCHES);
    pass(run, frame(3, 3, 0, 8));
    sym_overlap_free(run);
}

static void refuses_anything_in_a_count_before_all_was_asked(void **state)
{
    (void)state;
    refuses(half_asked(COUNT), frame(2, FRAME, 0, 32), SYM_WRONG_STATE);
    refuses(half_asked(COUNT), frame(3, 3, 0, 8), SYM_WRONG_STATE);
}

/* Walking the table ----------------------------------------------------------------------------
 */

static bool is_responders(enum overlap_state state)
{
    return state >= OVERLAP_LISTENS && state <= OVERLAP_AWAITS_CLOSE;
}

/* Two machines that run until one of them is in this state; the other is freed. */
static struct sym_overlap_run *in_state(enum sym_kind kind, enum overlap_state state)
{
    struct token_set few = {.digests = tokens.digests, .n = 3};
    struct token_set many = {.digests = tokens.digests, .n = FRAME + 3};
    struct rig r;
    int side = is_responders(state) ? RIG_RESPONDER : RIG_INITIATOR;
    rig_open(&r, kind, &toy_group, &many, &few, (struct rig_sizes){0, 0});
    bool there = false;
    do {
        struct sym_overlap_run *run = r.runs[side];
        there = run->state == state && (state != OVERLAP_SENDS || run->blinded_gone.at > 0);
    } while (!there && rig_step(&r));
    struct sym_overlap_run *run = r.runs[side];
    if (state == OVERLAP_DEAD) {
        run->state = OVERLAP_DEAD;
    }
    assert_int_equal(run->state, state);
    r.runs[side] = NULL;
    for (size_t i = 0; i < r.n_works[side]; i++) { /* those that are out end first */
        struct rig_work *w = &r.works[side][i];
        enum sym_err err = w->work.run(w->work.context, w->at, w->work.n - w->at);
        (void)err;
    }
    rig_close(&r);
    return run;
}

static enum overlap_state after(enum sym_kind kind, enum overlap_state state,
                                enum overlap_message message)
{
    static const struct {
        enum overlap_state from;
        enum overlap_message message;
        enum overlap_state to; /* or later */
        bool only_matches;
    } rows[] = {
        {OVERLAP_SENDS, OVERLAP_EVALUATED, OVERLAP_SENDS, true},
        {OVERLAP_SENDS, OVERLAP_TAGS, OVERLAP_SENDS, true},
        {OVERLAP_GATHERS, OVERLAP_EVALUATED, OVERLAP_GATHERS, false},
        {OVERLAP_GATHERS, OVERLAP_TAGS, OVERLAP_GATHERS, false},
        {OVERLAP_LISTENS, OVERLAP_BLINDED, OVERLAP_TAKES, false},
        {OVERLAP_TAKES, OVERLAP_BLINDED, OVERLAP_ANSWERS, false},
        {OVERLAP_AWAITS_CLOSE, OVERLAP_OTHER_CLOSED, OVERLAP_CLOSES, false},
        {OVERLAP_CLOSED, OVERLAP_OTHER_CLOSED, OVERLAP_DONE, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].from == state && rows[i].message == message &&
            (kind == MATCHES || !rows[i].only_matches)) {
            return rows[i].to;
        }
    }
    return OVERLAP_STATE_COUNT;
}

/* The payload of this type that would be the next. */
static struct sym_span due_frame(const struct sym_overlap_run *run, enum overlap_message message)
{
    const struct overlap_stream *s = message == OVERLAP_BLINDED     ? &run->blinded_gone
                                     : message == OVERLAP_EVALUATED ? &run->evaluated_gone
                                                                    : &run->tags_gone;
    uint32_t due = sym_overlap_due(s);
    struct sym_span bytes =
        frame((uint8_t)message, due > 0 ? due : 3, 1u << 20, message == OVERLAP_TAGS ? 8 : 32);
    for (uint32_t i = 0; i < due; i++) { /* behind whatever came before it */
        item(i, message == OVERLAP_TAGS ? 8 : 32)[0] = 0xff;
    }
    return bytes;
}

static void every_state_takes_what_its_table_says_and_dies_of_anything_else(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        for (int s = 0; s < OVERLAP_STATE_COUNT; s++) {
            for (int m = OVERLAP_BLINDED; m < OVERLAP_MESSAGE_COUNT; m++) {
                struct sym_overlap_run *run = in_state(kinds[k], (enum overlap_state)s);
                enum overlap_state to =
                    after(kinds[k], (enum overlap_state)s, (enum overlap_message)m);
                /* a stream that is over has no next frame */
                bool over = (m == OVERLAP_EVALUATED && sym_overlap_over(&run->evaluated_gone)) ||
                            (m == OVERLAP_TAGS && sym_overlap_over(&run->tags_gone));
                struct sym_span bytes = m == OVERLAP_OTHER_CLOSED
                                            ? sym_span(NULL, 0)
                                            : due_frame(run, (enum overlap_message)m);
                bool taken = to != OVERLAP_STATE_COUNT && !over;
                enum sym_err err = sym_overlap_take(
                    run, m == OVERLAP_OTHER_CLOSED ? SYM_EVENT_CLOSED : SYM_EVENT_DATA, bytes);
                assert_int_equal(err, taken ? SYM_OK : SYM_WRONG_STATE);
                if (taken) {
                    assert_true(run->state == to ||
                                (to == OVERLAP_GATHERS && run->state == OVERLAP_JOINS));
                } else {
                    assert_int_equal(run->state, s == OVERLAP_DONE ? OVERLAP_DONE : OVERLAP_DEAD);
                }
                sym_overlap_free(run);
            }
        }
    }
}

static void every_state_dies_of_events_that_no_overlap_meets(void **state)
{
    (void)state;
    static const int events[] = {SYM_EVENT_REQUESTED, SYM_EVENT_ANSWERED, SYM_EVENT_FILLER,
                                 SYM_EVENT_ABORTED, SYM_EVENT_ABORTED + 1};
    for (int s = 0; s < OVERLAP_STATE_COUNT; s++) {
        for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
            struct sym_overlap_run *run = in_state(MATCHES, (enum overlap_state)s);
            assert_int_equal(sym_overlap_take(run, (enum sym_session_event_kind)events[i],
                                              due_frame(run, OVERLAP_BLINDED)),
                             SYM_WRONG_STATE);
            assert_int_equal(run->state, s == OVERLAP_DONE ? OVERLAP_DONE : OVERLAP_DEAD);
            sym_overlap_free(run);
        }
    }
}

/* Only CLOSES closes, only the initiator from there on has a result. */
static void every_state_says_what_it_should(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        for (int s = 0; s < OVERLAP_STATE_COUNT; s++) {
            struct sym_overlap_run *run = in_state(kinds[k], (enum overlap_state)s);
            struct sym_overlap_result result;
            size_t len = 7;
            enum sym_overlap_step step = sym_overlap_step(run, &len);
            bool known = s == OVERLAP_CLOSES || s == OVERLAP_CLOSED || s == OVERLAP_DONE;
            bool says = s == OVERLAP_SENDS || s == OVERLAP_TAKES || s == OVERLAP_ANSWERS;
            assert_int_equal(step == SYM_OVERLAP_CLOSE, s == OVERLAP_CLOSES);
            assert_true(says || step != SYM_OVERLAP_DATA);
            assert_int_equal(len > 0, step == SYM_OVERLAP_DATA);
            assert_int_equal(sym_overlap_result(run, &result), known ? SYM_OK : SYM_WRONG_STATE);
            assert_int_equal(sym_overlap_done(run), s == OVERLAP_DONE);
            sym_overlap_free(run);
        }
    }
}

/* Errors of this side --------------------------------------------------------------------------
 */

static void a_responder_has_no_result(void **state)
{
    (void)state;
    struct token_set few = {.digests = tokens.digests, .n = 3};
    struct sym_overlap_result result;
    struct rig r;
    rig_open(&r, MATCHES, &toy_group, &few, &few, (struct rig_sizes){0, 0});
    rig_run(&r);
    assert_true(rig_done(&r));
    assert_int_equal(sym_overlap_result(r.runs[RIG_RESPONDER], &result), SYM_WRONG_STATE);
    rig_close(&r);
}

static void refuses_to_write_what_it_did_not_announce(void **state)
{
    (void)state;
    static uint8_t out[RIG_PAYLOAD_BYTES];
    static const size_t wrong[] = {0, 5, 5 + 95, 5 + 97, sizeof out};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct sym_overlap_run *run = initiator(MATCHES, 3, 3);
        assert_int_equal(rig_work(run), SYM_OK);
        assert_int_equal(sym_overlap_write(run, out, wrong[i]), SYM_TOO_LONG);
        assert_dead(run);
        sym_overlap_free(run);
    }
    struct sym_overlap_run *run = initiator(MATCHES, 3, 3);
    assert_int_equal(sym_overlap_write(run, out, 5 + 96), SYM_WRONG_STATE);
    assert_dead(run);
    sym_overlap_free(run);
}

static void refuses_own_digests_that_do_not_ascend(void **state)
{
    (void)state;
    uint32_t n = FRAME + 300;
    static const size_t places[] = {1, 256, 300, FRAME - 1, FRAME, FRAME + 1, FRAME + 299};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        for (size_t same = 0; same < 2; same++) {
            uint8_t kept[2][32];
            uint8_t(*at)[32] = &tokens.digests[places[i] - 1];
            memcpy(kept, at, sizeof kept);
            memcpy(at[1], kept[0], 32);
            memcpy(at[0], kept[1 - same], 32);
            for (size_t k = 0; k < 2; k++) {
                struct sym_overlap_run *run = initiator(kinds[k], n, 3);
                assert_int_equal(rig_work(run), SYM_INTERNAL);
                assert_dead(run);
                sym_overlap_free(run);
                run = responder(kinds[k], n, 3);
                assert_int_equal(rig_work(run), SYM_INTERNAL);
                assert_dead(run);
                sym_overlap_free(run);
            }
            memcpy(at, kept, sizeof kept);
        }
    }
}

static void dies_of_a_work_that_failed_and_lets_the_others_end(void **state)
{
    (void)state;
    struct sym_overlap_run *run = responder(MATCHES, 3 * FRAME, 3 * FRAME);
    struct sym_work works[SYM_WORKS_OUT_MAX];
    pass(run, frame(1, FRAME, 0, 32));
    pass(run, frame(1, FRAME, FRAME, 32));
    for (size_t i = 0; i < SYM_WORKS_OUT_MAX; i++) {
        assert_true(sym_overlap_work(run, &works[i]));
    }
    assert_int_equal(sym_overlap_worked(run, works[1].context, SYM_NO_MEMORY), SYM_NO_MEMORY);
    assert_dead(run);
    assert_int_equal(sym_overlap_worked(run, works[0].context, SYM_BAD_ELEMENT), SYM_OK);
    assert_int_equal(works[2].run(works[2].context, 0, works[2].n), SYM_OK);
    assert_int_equal(sym_overlap_worked(run, works[2].context, SYM_OK), SYM_OK);
    assert_int_equal(sym_overlap_worked(run, works[3].context, SYM_OK), SYM_OK);
    assert_int_equal(sym_overlap_works_out(run), 0);
    assert_dead(run);
    sym_overlap_free(run);
}

static void refuses_to_begin_with_impossible_sizes(void **state)
{
    (void)state;
    const struct sym_overlap_config good = {.kind = MATCHES,
                                            .role = SYM_SESSION_INITIATOR,
                                            .with = &toy_group,
                                            .digests = tokens.digests[0],
                                            .n = 3,
                                            .own_size = 3,
                                            .peer_size = 3};
    struct sym_overlap_config bad[10];
    for (size_t i = 0; i < 10; i++) {
        bad[i] = good;
    }
    bad[0].kind = SYM_KIND_PING;
    bad[1].kind = SYM_KIND_OVERLAP_TABLE;
    bad[2].with = NULL;
    bad[3].digests = NULL;
    bad[4].own_size = 2;
    bad[5].own_size = SYM_SET_MAX + 1;
    bad[6].peer_size = SYM_SET_MAX + 1;
    bad[7].n = 0;
    bad[7].own_size = 0;
    bad[8].role = SYM_SESSION_RESPONDER;
    bad[8].peer_size = 0;
    bad[9].n = (size_t)UINT32_MAX + 1;
    for (size_t i = 0; i < 10; i++) {
        struct sym_overlap_run *run = NULL;
        assert_int_equal(sym_overlap_new(&run, &bad[i]), SYM_BAD_VALUE);
        assert_null(run);
    }
    sym_overlap_free(NULL);
}

static int set_up(void **state)
{
    (void)state;
    token_set_make(&tokens, 1, 3 * FRAME, 0, 0);
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    token_set_free(&tokens);
    free(payload);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_payloads_that_are_none),
        cmocka_unit_test(refuses_items_that_do_not_fill_the_payload),
        cmocka_unit_test(refuses_tags_of_another_length),
        cmocka_unit_test(refuses_any_number_of_items_but_the_one_that_is_due),
        cmocka_unit_test(refuses_a_number_that_no_frame_holds),
        cmocka_unit_test(refuses_more_than_was_announced),
        cmocka_unit_test(refuses_more_unanswered_frames_than_a_window_holds),
        cmocka_unit_test(refuses_the_identity_and_what_is_not_canonical_wherever_it_lies),
        cmocka_unit_test(refuses_encodings_that_ristretto_refuses),
        cmocka_unit_test(refuses_an_element_for_the_second_time),
        cmocka_unit_test(a_count_that_asks_twice_gets_nothing_at_all),
        cmocka_unit_test(refuses_tags_that_descend),
        cmocka_unit_test(takes_tags_that_repeat),
        cmocka_unit_test(refuses_the_answers_of_a_count_in_any_order_but_the_ascending),
        cmocka_unit_test(refuses_answers_and_tags_before_anything_was_asked),
        cmocka_unit_test(refuses_an_answer_to_a_frame_that_is_not_on_its_way),
        cmocka_unit_test(refuses_anything_in_a_count_before_all_was_asked),
        cmocka_unit_test(every_state_takes_what_its_table_says_and_dies_of_anything_else),
        cmocka_unit_test(every_state_dies_of_events_that_no_overlap_meets),
        cmocka_unit_test(every_state_says_what_it_should),
        cmocka_unit_test(a_responder_has_no_result),
        cmocka_unit_test(refuses_to_write_what_it_did_not_announce),
        cmocka_unit_test(refuses_own_digests_that_do_not_ascend),
        cmocka_unit_test(dies_of_a_work_that_failed_and_lets_the_others_end),
        cmocka_unit_test(refuses_to_begin_with_impossible_sizes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
