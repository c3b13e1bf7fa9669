/* What either side of engine vole refuses: frames that are none, lengths, order, states, and what
 * the caller does wrong. Cheats that look like the protocol are in test_vole_cheats.c. */
#include "tests/support/vole_rig.h"

#include "tests/support/toy_group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define TOKENS 5000u

static struct token_set tokens;

static struct sym_vole_config usual(enum sym_session_role role)
{
    struct sym_vole_config c = {.role = role,
                                .with = &toy_group,
                                .digests = tokens.digests[0],
                                .n = 300,
                                .own_size = 300,
                                .peer_size = 300};
    assert_int_equal(sym_vole_kernel_choose(&c.kernel, NULL), SYM_OK);
    return c;
}

/* Sessions that stop ------------------------------------------------------------------------------
 */

/* Two machines that have come to where one of them awaits something. */
struct scene {
    struct token_set x, y;
    struct vole_rig rig;
};

static void scene_open(struct scene *s, size_t x, size_t y)
{
    s->x = (struct token_set){.digests = tokens.digests, .n = x};
    s->y = (struct token_set){.digests = tokens.digests + x / 2, .n = y};
    vole_rig_open(&s->rig, &s->x, &s->y, NULL);
    s->rig.prompt = true;
}

static void scene_close(struct scene *s)
{
    vole_rig_close(&s->rig);
}

/* Plays until this side is in that state. */
static struct sym_vole_run *come_to(struct scene *s, int side, enum vole_state state)
{
    while (s->rig.runs[side]->state != state) {
        assert_true(vole_rig_step(&s->rig));
    }
    return s->rig.runs[side];
}

static void assert_dead(struct sym_vole_run *run)
{
    struct sym_work work;
    size_t len = 7;
    assert_int_equal(run->state, VOLE_DEAD);
    assert_int_equal(sym_vole_step(run, &len), SYM_VOLE_WAIT);
    assert_int_equal(len, 0);
    assert_false(sym_vole_work(run, &work));
    assert_int_not_equal(run->state, VOLE_DONE);
    assert_string_not_equal(sym_vole_fault(run), "");
    assert_int_not_equal(sym_vole_take(run, SYM_EVENT_DATA, sym_span("\1", 1)), SYM_OK);
}

static enum sym_err take(struct sym_vole_run *run, uint8_t type, size_t len)
{
    uint8_t *payload = calloc(1, 1 + len);
    assert_non_null(payload);
    payload[0] = type;
    enum sym_err err = sym_vole_take(run, SYM_EVENT_DATA, sym_span(payload, 1 + len));
    free(payload);
    return err;
}

/* Where each message is awaited, its length, and that of its last frame. */
struct place {
    int side;
    enum vole_state state;
    uint8_t type;
    size_t len;
};

static struct place places[] = {
    {VOLE_R, VOLE_R_LISTENS, VOLE_M1, 64},     {VOLE_S, VOLE_S_AWAITS_ELEMENT, VOLE_M2, 64},
    {VOLE_R, VOLE_R_AWAITS_PAIRS, VOLE_M3, 0}, {VOLE_S, VOLE_S_RUNS, VOLE_M4, 0},
    {VOLE_R, VOLE_R_AWAITS_WORD, VOLE_M8, 64}, {VOLE_R, VOLE_R_MATCHES, VOLE_M9, 4800},
};

#define N_PLACES (sizeof places / sizeof *places)

static void measure_places(void)
{
    struct sym_vole_geometry g;
    assert_int_equal(sym_vole_geometry_for(&g, 300), SYM_OK);
    places[2].len = SYM_BASE_OT_PAIRS_BYTES;
    places[3].len = sym_vole_m4_bytes(&g);
}

static size_t first_frame(const struct place *p)
{
    return p->len < SYM_VOLE_FRAME_BYTES ? p->len : SYM_VOLE_FRAME_BYTES;
}

/* Frames -----------------------------------------------------------------------------------------
 */

static void refuses_frames_that_are_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PLACES; i++) {
        for (unsigned bad = 0; bad < 4; bad++) {
            static const uint8_t types[] = {0, VOLE_M9 + 1, 0xff, 0};
            struct scene s;
            scene_open(&s, 300, 300);
            struct sym_vole_run *run = come_to(&s, places[i].side, places[i].state);
            enum sym_err err = bad < 3 ? take(run, types[bad], first_frame(&places[i]))
                                       : sym_vole_take(run, SYM_EVENT_DATA, sym_span(NULL, 0));
            assert_int_equal(err, SYM_BAD_FORMAT);
            assert_dead(run);
            scene_close(&s);
        }
    }
}

static void refuses_frames_of_any_other_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PLACES; i++) {
        size_t due = first_frame(&places[i]);
        const size_t lengths[] = {0, 1, due - 1, due + 1, due - 16, due + 16, 2 * due};
        for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
            struct scene s;
            scene_open(&s, 300, 300);
            struct sym_vole_run *run = come_to(&s, places[i].side, places[i].state);
            assert_int_equal(take(run, places[i].type, lengths[k]), SYM_BAD_VALUE);
            assert_dead(run);
            scene_close(&s);
        }
    }
}

static void refuses_a_last_frame_of_any_other_length(void **state)
{
    (void)state;
    size_t last = places[3].len % SYM_VOLE_FRAME_BYTES;
    const size_t lengths[] = {0, last - 1, last + 1, SYM_VOLE_FRAME_BYTES};
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        struct scene s;
        scene_open(&s, 300, 300);
        struct sym_vole_run *run = come_to(&s, VOLE_S, VOLE_S_RUNS);
        for (size_t at = 0; at + last < places[3].len; at += SYM_VOLE_FRAME_BYTES) {
            assert_int_equal(take(run, VOLE_M4, SYM_VOLE_FRAME_BYTES), SYM_OK);
        }
        assert_int_equal(take(run, VOLE_M4, lengths[k]), SYM_BAD_VALUE);
        assert_dead(run);
        scene_close(&s);
    }
}

static void refuses_a_message_inside_another_one(void **state)
{
    (void)state;
    for (uint8_t type = VOLE_M1; type <= VOLE_M9; type++) {
        struct scene s;
        scene_open(&s, 300, 300);
        struct sym_vole_run *run = come_to(&s, VOLE_S, VOLE_S_RUNS);
        assert_int_equal(take(run, VOLE_M4, SYM_VOLE_FRAME_BYTES), SYM_OK);
        enum sym_err err = take(run, type, SYM_VOLE_FRAME_BYTES);
        assert_int_equal(err, type == VOLE_M4 ? SYM_OK : SYM_WRONG_STATE);
        scene_close(&s);
    }
}

/* States -----------------------------------------------------------------------------------------
 */

static bool is_awaited(int side, enum vole_state state, uint8_t type)
{
    for (size_t i = 0; i < N_PLACES; i++) {
        if (places[i].side == side && places[i].state == state && places[i].type == type) {
            return true;
        }
    }
    return false;
}

/* Every state that a side comes through, and every message: all but the one in its table kill. */
static void every_state_refuses_what_its_table_does_not_have(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++) {
        for (unsigned where = 0; where < VOLE_DEAD; where++) {
            for (uint8_t type = VOLE_M1; type <= VOLE_M9; type++) {
                struct scene s;
                scene_open(&s, 300, 300);
                struct sym_vole_run *run = s.rig.runs[side];
                while (run->state != (enum vole_state)where && vole_rig_step(&s.rig)) {
                }
                if (run->state == (enum vole_state)where && run->arrival.type == VOLE_NO_MESSAGE &&
                    !is_awaited(side, run->state, type)) {
                    enum vole_state before = run->state;
                    assert_int_equal(take(run, type, 64), SYM_WRONG_STATE);
                    assert_true(before == VOLE_DONE || run->state == VOLE_DEAD);
                }
                scene_close(&s);
            }
        }
    }
}

static void refuses_m5_before_m4_was_sent(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 300, 300);
    struct sym_vole_run *run = come_to(&s, VOLE_R, VOLE_R_RUNS);
    assert_int_equal(take(run, VOLE_M5, 4992), SYM_WRONG_STATE);
    assert_dead(run);
    scene_close(&s);
}

static void refuses_m6_before_m5_was_sent_and_m7_before_m6_came(void **state)
{
    (void)state;
    for (uint8_t type = VOLE_M6; type <= VOLE_M7; type++) {
        struct scene s;
        scene_open(&s, 300, 300);
        struct sym_vole_run *run = come_to(&s, VOLE_S, VOLE_S_RUNS);
        assert_int_equal(take(run, type, 32), SYM_WRONG_STATE);
        assert_dead(run);
        scene_close(&s);
    }
}

static void refuses_m5_too_far_ahead_of_m6(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 300, 300);
    struct sym_vole_run *run = come_to(&s, VOLE_R, VOLE_R_RUNS);
    run->m4_gone = SYM_VOLE_AHEAD + 1; /* as with more batches */
    run->m5_gone = SYM_VOLE_AHEAD;
    assert_int_equal(take(run, VOLE_M5, 4992), SYM_LIMIT);
    run->m4_gone = 0;
    assert_dead(run);
    scene_close(&s);
}

static void refuses_masks_after_the_last(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 300, 300);
    struct sym_vole_run *run = come_to(&s, VOLE_R, VOLE_CLOSES);
    assert_int_equal(run->list.masks_come, 300);
    assert_int_equal(take(run, VOLE_M9, 4800), SYM_WRONG_STATE);
    assert_dead(run);
    scene_close(&s);
}

/* One work looks for 65,536 masks. */
static void swap_between_works(void *context, int from, struct rig_payload *p)
{
    size_t *masks = context;
    if (from != VOLE_S || p->len == 0 || p->bytes[0] != VOLE_M9) {
        return;
    }
    size_t n = (p->len - 1) / 16;
    if (*masks + n == VOLE_SEARCH_MASKS) {
        memset(p->bytes + p->len - 16, 0xff, 16); /* ascends up to here */
    }
    *masks += n;
}

static void refuses_masks_that_descend_between_two_works(void **state)
{
    (void)state;
    struct token_set x = {.digests = tokens.digests, .n = 300};
    struct vole_terms terms = {.s_size = VOLE_SEARCH_MASKS + 1000};
    struct vole_rig rig;
    size_t masks = 0;
    vole_rig_open(&rig, &x, &x, &terms);
    rig.tap = swap_between_works;
    rig.context = &masks;
    vole_rig_run(&rig);
    assert_int_equal(rig.err, SYM_BAD_FORMAT);
    assert_int_equal(rig.failed, VOLE_R);
    assert_dead(rig.runs[VOLE_R]);
    vole_rig_close(&rig);
}

static void refuses_a_close_before_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PLACES; i++) {
        struct scene s;
        scene_open(&s, 300, 300);
        struct sym_vole_run *run = come_to(&s, places[i].side, places[i].state);
        assert_int_equal(sym_vole_take(run, SYM_EVENT_CLOSED, sym_span(NULL, 0)), SYM_WRONG_STATE);
        assert_dead(run);
        scene_close(&s);
    }
}

static void refuses_events_that_no_overlap_meets(void **state)
{
    (void)state;
    static const enum sym_session_event_kind kinds[] = {SYM_EVENT_REQUESTED, SYM_EVENT_ANSWERED,
                                                        SYM_EVENT_FILLER, SYM_EVENT_ABORTED};
    for (size_t i = 0; i < 4; i++) {
        struct sym_vole_run *run = NULL;
        struct sym_vole_config c = usual(SYM_SESSION_INITIATOR);
        assert_int_equal(sym_vole_new(&run, &c), SYM_OK);
        assert_int_equal(sym_vole_take(run, kinds[i], sym_span(NULL, 0)), SYM_WRONG_STATE);
        assert_dead(run);
        sym_vole_free(run);
    }
}

/* Another engine speaks: its frames begin with a type and a number of items. */
static void refuses_what_engine_dh_says(void **state)
{
    (void)state;
    for (uint8_t type = 1; type <= 3; type++) {
        for (int role = 0; role < 2; role++) {
            struct sym_vole_run *run = NULL;
            struct sym_vole_config c =
                usual(role == 0 ? SYM_SESSION_INITIATOR : SYM_SESSION_RESPONDER);
            assert_int_equal(sym_vole_new(&run, &c), SYM_OK);
            assert_int_not_equal(take(run, type, 4 + 300 * 32), SYM_OK);
            assert_dead(run);
            sym_vole_free(run);
        }
    }
}

/* The caller ---------------------------------------------------------------------------------- */

static void refuses_to_begin_with_impossible_sizes(void **state)
{
    (void)state;
    struct sym_vole_config bad[9];
    for (size_t i = 0; i < 9; i++) {
        bad[i] = usual(i % 2 == 0 ? SYM_SESSION_INITIATOR : SYM_SESSION_RESPONDER);
    }
    bad[0].with = NULL;
    bad[1].kernel = NULL;
    bad[2].digests = NULL;
    bad[3].own_size = 299;
    bad[4].own_size = SYM_SET_MAX + 1;
    bad[5].peer_size = SYM_SET_MAX + 1;
    bad[6].peer_size = 0;
    bad[7].n = 0;
    bad[7].own_size = 0;
    bad[8].n = (size_t)UINT32_MAX + 1;
    for (size_t i = 0; i < 9; i++) {
        struct sym_vole_run *run = NULL;
        assert_int_equal(sym_vole_new(&run, &bad[i]), SYM_BAD_VALUE);
        assert_null(run);
    }
    sym_vole_free(NULL);
}

static void refuses_own_digests_that_do_not_ascend(void **state)
{
    (void)state;
    uint8_t(*at)[SYM_HASH_BYTES] = &tokens.digests[310]; /* in both lists */
    for (size_t same = 0; same < 2; same++) {
        uint8_t kept[2][SYM_HASH_BYTES];
        struct scene s;
        memcpy(kept, at, sizeof kept);
        memcpy(at[0], kept[1 - same], SYM_HASH_BYTES);
        memcpy(at[1], kept[0], SYM_HASH_BYTES);
        scene_open(&s, 400, 400);
        vole_rig_run(&s.rig);
        assert_int_equal(s.rig.err, SYM_INTERNAL);
        assert_dead(s.rig.runs[s.rig.failed]);
        scene_close(&s);
        memcpy(at, kept, sizeof kept);
    }
}

static void refuses_to_write_what_it_did_not_announce(void **state)
{
    (void)state;
    uint8_t room[128];
    struct sym_vole_run *run = NULL;
    struct sym_vole_config c = usual(SYM_SESSION_RESPONDER);
    assert_int_equal(sym_vole_new(&run, &c), SYM_OK);
    assert_int_equal(sym_vole_write(run, room, 64), SYM_TOO_LONG);
    assert_dead(run);
    sym_vole_free(run);
    c = usual(SYM_SESSION_INITIATOR);
    assert_int_equal(sym_vole_new(&run, &c), SYM_OK);
    assert_int_equal(sym_vole_write(run, room, 65), SYM_WRONG_STATE);
    assert_dead(run);
    sym_vole_free(run);
}

static void dies_of_a_work_that_failed_and_lets_the_others_end(void **state)
{
    (void)state;
    struct sym_work works[SYM_WORKS_OUT_MAX];
    struct scene s;
    size_t n = 0;
    scene_open(&s, 5000, 300);
    s.rig.prompt = false;
    struct sym_vole_run *run = come_to(&s, VOLE_R, VOLE_R_RUNS);
    while (sym_vole_work(run, &works[n])) {
        n++;
    }
    assert_true(n >= 1);
    assert_int_equal(sym_vole_worked(run, works[n - 1].context, SYM_NO_MEMORY), SYM_NO_MEMORY);
    assert_dead(run);
    for (size_t i = 0; i + 1 < n; i++) {
        assert_int_equal(works[i].run(works[i].context, 0, works[i].n), SYM_OK);
        assert_int_equal(sym_vole_worked(run, works[i].context, SYM_OK), SYM_OK);
    }
    assert_dead(run);
    scene_close(&s);
}

static void s_has_no_result_and_r_none_before_the_end(void **state)
{
    (void)state;
    struct sym_vole_result result;
    struct scene s;
    scene_open(&s, 300, 300);
    struct sym_vole_run *run = come_to(&s, VOLE_R, VOLE_R_MATCHES);
    assert_int_equal(sym_vole_result(run, &result), SYM_WRONG_STATE);
    vole_rig_run(&s.rig);
    assert_true(vole_rig_done(&s.rig));
    assert_int_equal(sym_vole_result(s.rig.runs[VOLE_S], &result), SYM_WRONG_STATE);
    assert_int_equal(sym_vole_result(run, &result), SYM_OK);
    assert_int_equal(result.common, 150);
    scene_close(&s);
}

/* However much is computed before: when the close leaves cannot depend on what matches. */
static void nothing_is_looked_up_before_the_close_has_left(void **state)
{
    (void)state;
    struct sym_vole_result result;
    struct scene s;
    scene_open(&s, 300, 300);
    struct sym_vole_run *run = come_to(&s, VOLE_R, VOLE_CLOSES);
    assert_int_equal(vole_rig_work(run), SYM_OK);
    assert_int_equal(run->state, VOLE_CLOSES);
    assert_int_equal(run->list.stage, LIST_SEARCHES);
    assert_int_equal(run->list.given, 0);
    assert_int_equal(sym_vole_result(run, &result), SYM_WRONG_STATE);
    vole_rig_run(&s.rig);
    assert_int_equal(sym_vole_result(run, &result), SYM_OK);
    assert_int_equal(result.common, 150);
    scene_close(&s);
}

/* After the end -----------------------------------------------------------------------------------
 */

static void a_run_that_is_done_holds_no_secret_any_more(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, 300, 300);
    vole_rig_run(&s.rig);
    assert_true(vole_rig_done(&s.rig));
    for (int side = 0; side < 2; side++) {
        const struct sym_vole_run *run = s.rig.runs[side];
        assert_null(run->secrets.data);
        assert_null(run->scalar.data);
        assert_null(run->cots);
        assert_null(run->end.at);
        assert_null(run->list.room.at);
        assert_null(run->list.binned.at);
        assert_null(run->spare.leaves.at);
        for (size_t i = 0; i < VOLE_ROOMS_MAX; i++) {
            assert_null(run->rooms[i].m6.at);
            assert_null(run->rooms[i].v.leaves.at);
        }
    }
    scene_close(&s);
}

static int set_up(void **state)
{
    (void)state;
    token_set_make(&tokens, 1, 2 * TOKENS, 0, 0);
    measure_places();
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    token_set_free(&tokens);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_frames_that_are_none),
        cmocka_unit_test(refuses_frames_of_any_other_length),
        cmocka_unit_test(refuses_a_last_frame_of_any_other_length),
        cmocka_unit_test(refuses_a_message_inside_another_one),
        cmocka_unit_test(every_state_refuses_what_its_table_does_not_have),
        cmocka_unit_test(refuses_m5_before_m4_was_sent),
        cmocka_unit_test(refuses_m6_before_m5_was_sent_and_m7_before_m6_came),
        cmocka_unit_test(refuses_m5_too_far_ahead_of_m6),
        cmocka_unit_test(refuses_masks_after_the_last),
        cmocka_unit_test(refuses_masks_that_descend_between_two_works),
        cmocka_unit_test(refuses_a_close_before_the_end),
        cmocka_unit_test(refuses_events_that_no_overlap_meets),
        cmocka_unit_test(refuses_what_engine_dh_says),
        cmocka_unit_test(refuses_to_begin_with_impossible_sizes),
        cmocka_unit_test(refuses_own_digests_that_do_not_ascend),
        cmocka_unit_test(refuses_to_write_what_it_did_not_announce),
        cmocka_unit_test(dies_of_a_work_that_failed_and_lets_the_others_end),
        cmocka_unit_test(s_has_no_result_and_r_none_before_the_end),
        cmocka_unit_test(nothing_is_looked_up_before_the_close_has_left),
        cmocka_unit_test(a_run_that_is_done_holds_no_secret_any_more),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
