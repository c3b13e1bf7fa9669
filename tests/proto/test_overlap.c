/* Two machines agree with plain intersection, also where both run at once or pad. */
#include "tests/proto/overlap_bout.h"
#include "tests/support/pair.h"

#include <malloc.h>

/* Agreement ------------------------------------------------------------------------------------
 */

static void small_sets_meet_as_they_should(void **state)
{
    (void)state;
    for (size_t a = 1; a < 6; a++) {
        for (size_t b = 0; b < 6; b++) {
            for (size_t common = 0; common <= (a < b ? a : b); common++) {
                agrees(a, b, common);
            }
        }
    }
}

static void none_one_and_all_in_common(void **state)
{
    (void)state;
    agrees(2000, 3000, 0);
    agrees(2000, 3000, 1);
    agrees(2000, 2000, 2000);
    agrees(3000, 5000, 1234);
}

static void one_against_many_and_many_against_one(void **state)
{
    (void)state;
    agrees(1, 20000, 0);
    agrees(1, 20000, 1);
    agrees(20000, 1, 0);
    agrees(20000, 1, 1);
}

static void sets_that_just_fill_frames_and_windows(void **state)
{
    (void)state;
    size_t frame = SYM_OVERLAP_ITEMS_MAX;
    size_t window = frame * SYM_OVERLAP_WINDOW;
    agrees(frame - 1, frame + 1, 100);
    agrees(frame, frame, 100);
    agrees(frame + 1, 2 * frame, frame);
    agrees(window, 10, 5);
    agrees(window + 1, 10, 5);
    agrees(window + 2 * frame + 7, 2 * frame + 9, 77);
}

static void the_real_group_gives_the_same_answers(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct bout t = {.rig.seed = 0};
        token_set_make(&t.a, 7, 41, 59, 0);
        token_set_make(&t.b, 7, 41, 109, 1);
        rig_open(&t.rig, kinds[k], ristretto(), &t.a, &t.b, unpadded);
        assert_agrees(&t, 41);
        bout_close(&t);
    }
}

static void threads_give_the_same_answers(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct bout t;
        bout_open(&t, kinds[k], 9000, 13000, 777, unpadded);
        t.rig.crew = crew_new(3);
        assert_agrees(&t, 777);
        struct crew *crew = t.rig.crew;
        bout_close(&t);
        crew_free(crew);
    }
}

/* Two links, each with room for one payload, shared by an exchange in either direction. */
static void exchanges_in_opposite_directions_do_not_lock_each_other_up(void **state)
{
    (void)state;
    struct bout t[2];
    struct {
        bool full;
        size_t bout;
        struct rig_payload payload;
    } links[2] = {{.full = false}};
    uint8_t *room[2] = {malloc(RIG_PAYLOAD_BYTES), malloc(RIG_PAYLOAD_BYTES)};
    assert_true(room[0] != NULL && room[1] != NULL);
    for (size_t i = 0; i < 2; i++) {
        bout_open(&t[i], SYM_KIND_OVERLAP_MATCHES, 40000, 100, 50, unpadded);
    }
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t turn = 0; turn < 4; turn++) {
            size_t i = turn >> 1;
            int side = (int)(turn & 1);
            size_t link = (size_t)side ^ i; /* the node that holds this side */
            struct sym_overlap_run *run = t[i].rig.runs[side];
            assert_int_equal(rig_work(run), SYM_OK);
            size_t len = 0;
            enum sym_overlap_step step = sym_overlap_step(run, &len);
            if (step != SYM_OVERLAP_WAIT && !links[link].full) {
                links[link].full = moved = true;
                links[link].bout = i;
                links[link].payload.kind =
                    step == SYM_OVERLAP_CLOSE ? SYM_EVENT_CLOSED : SYM_EVENT_DATA;
                links[link].payload.len = len;
                assert_int_equal(sym_overlap_write(run, room[link], len), SYM_OK);
            }
        }
        for (size_t link = 0; link < 2; link++) {
            if (links[link].full) {
                struct rig *r = &t[links[link].bout].rig;
                struct sym_overlap_run *to = r->runs[1 - (link ^ links[link].bout)];
                assert_int_equal(sym_overlap_take(to, links[link].payload.kind,
                                                  sym_span(room[link], links[link].payload.len)),
                                 SYM_OK);
                links[link].full = false;
                moved = true;
            }
        }
    }
    for (size_t i = 0; i < 2; i++) {
        assert_agrees(&t[i], 50);
        bout_close(&t[i]);
        free(room[i]);
    }
}

/* Inside two sessions, as a node runs it. */
static void an_overlap_runs_inside_two_sessions(void **state)
{
    (void)state;
    struct bout t;
    struct pair p;
    bout_open(&t, SYM_KIND_OVERLAP_MATCHES, 5000, 6000, 42, unpadded);
    pair_open(&p, true);
    pair_ask(&p);
    pair_pass(&p, p.responder, SYM_EVENT_REQUESTED);
    pair_answer(&p, SYM_DECISION_GRANTED);
    pair_pass(&p, p.initiator, SYM_EVENT_ANSWERED);
    assert_int_equal(sym_session_confirm(p.initiator), SYM_OK);
    struct sym_session *sessions[2] = {p.initiator, p.responder};
    for (int side = 0, idle = 0; idle < 2; side = 1 - side) {
        struct sym_overlap_run *run = t.rig.runs[side];
        size_t len = 0;
        assert_int_equal(rig_work(run), SYM_OK);
        enum sym_overlap_step step = sym_overlap_step(run, &len);
        idle = step == SYM_OVERLAP_WAIT ? idle + 1 : 0;
        if (step == SYM_OVERLAP_WAIT) {
            continue;
        }
        assert_int_equal(sym_overlap_write(run, p.frame + SYM_FRAME_HEAD_BYTES, len), SYM_OK);
        if (step == SYM_OVERLAP_CLOSE) {
            pair_end(&p, sessions[side]);
        } else {
            assert_int_equal(sym_session_seal(sessions[side], p.frame, len), SYM_OK);
            p.len = SYM_FRAME_HEAD_BYTES + len + SYM_FRAME_TAIL_BYTES;
        }
        assert_int_equal(pair_give(&p, sessions[1 - side]), SYM_OK);
        assert_int_equal(sym_overlap_take(t.rig.runs[1 - side], p.event.kind, p.event.data),
                         SYM_OK);
    }
    assert_int_equal(sym_session_state(p.initiator), SYM_SESSION_ENDED);
    assert_int_equal(sym_session_state(p.responder), SYM_SESSION_ENDED);
    assert_agrees(&t, 42);
    pair_close(&p);
    bout_close(&t);
}

/* Padding --------------------------------------------------------------------------------------
 */

static void padding_changes_no_answer(void **state)
{
    (void)state;
    static const struct rig_sizes sizes[] = {{4096, 0}, {0, 4096}, {4096, 4096}, {5000, 10000}};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct bout t;
            bout_open(&t, kinds[k], 700, 900, 333, sizes[i]);
            assert_agrees(&t, 333);
            bout_close(&t);
        }
    }
}

static void empty_sets_hide_behind_padding(void **state)
{
    (void)state;
    struct rig_sizes sizes = {64, 32};
    for (size_t k = 0; k < 2; k++) {
        for (size_t full = 0; full < 4; full++) {
            struct bout t;
            bout_open(&t, kinds[k], (full & 1) * 9, (full >> 1) * 9, full == 3 ? 5 : 0, sizes);
            assert_agrees(&t, full == 3 ? 5 : 0);
            assert_int_equal(t.rig.bytes[RIG_INITIATOR], 5 + 64 * 32);
            assert_int_equal(t.rig.bytes[RIG_RESPONDER], 5 + 64 * 32 + 5 + 32 * 8);
            bout_close(&t);
        }
    }
}

static void what_is_sent_depends_on_the_padded_sizes_only(void **state)
{
    (void)state;
    struct rig_sizes sizes = {9000, 5000};
    static const size_t own[][3] = {{1, 1, 0}, {9000, 5000, 5000}, {4000, 10, 3}};
    for (size_t i = 0; i < 3; i++) {
        struct bout t;
        bout_open(&t, SYM_KIND_OVERLAP_MATCHES, own[i][0], own[i][1], own[i][2], sizes);
        assert_agrees(&t, own[i][2]);
        assert_int_equal(t.rig.payloads[RIG_INITIATOR], 3);
        assert_int_equal(t.rig.payloads[RIG_RESPONDER], 3 + 2);
        assert_int_equal(t.rig.bytes[RIG_INITIATOR], 3 * 5 + 9000 * 32);
        assert_int_equal(t.rig.bytes[RIG_RESPONDER], 3 * 5 + 9000 * 32 + 2 * 5 + 5000 * 9);
        bout_close(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_sets_meet_as_they_should),
        cmocka_unit_test(none_one_and_all_in_common),
        cmocka_unit_test(one_against_many_and_many_against_one),
        cmocka_unit_test(sets_that_just_fill_frames_and_windows),
        cmocka_unit_test(the_real_group_gives_the_same_answers),
        cmocka_unit_test(threads_give_the_same_answers),
        cmocka_unit_test(exchanges_in_opposite_directions_do_not_lock_each_other_up),
        cmocka_unit_test(an_overlap_runs_inside_two_sessions),
        cmocka_unit_test(padding_changes_no_answer),
        cmocka_unit_test(empty_sets_hide_behind_padding),
        cmocka_unit_test(what_is_sent_depends_on_the_padded_sizes_only),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
