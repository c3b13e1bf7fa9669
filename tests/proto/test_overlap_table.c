/* Walks the table of an overlap machine: every state with every payload; and a caller that errs. */
#include "tests/proto/overlap_lies.h"

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
                                (to == OVERLAP_GATHERS && run->state == OVERLAP_UNBLINDS));
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

/* Only CLOSES closes; no state has a result that was not looked up. */
static void every_state_says_what_it_should(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        for (int s = 0; s < OVERLAP_STATE_COUNT; s++) {
            struct sym_overlap_run *run = in_state(kinds[k], (enum overlap_state)s);
            struct sym_overlap_result result;
            size_t len = 7;
            enum sym_overlap_step step = sym_overlap_step(run, &len);
            bool says = s == OVERLAP_SENDS || s == OVERLAP_TAKES || s == OVERLAP_ANSWERS;
            assert_int_equal(step == SYM_OVERLAP_CLOSE, s == OVERLAP_CLOSES);
            assert_true(says || step != SYM_OVERLAP_DATA);
            assert_int_equal(len > 0, step == SYM_OVERLAP_DATA);
            assert_int_equal(sym_overlap_result(run, &result), SYM_WRONG_STATE);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
