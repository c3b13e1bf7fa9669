/* How an overlap runs: its works, its memory, its progress, and its end at any step. */
#include "tests/proto/overlap_bout.h"

#include <malloc.h>

/* Works ----------------------------------------------------------------------------------------
 */

static void works_are_few_and_short(void **state)
{
    (void)state;
    struct bout t;
    bout_open(&t, SYM_KIND_OVERLAP_MATCHES, 50000, 70000, 5, unpadded);
    for (int side = 0; side < 2; side++) {
        struct sym_overlap_run *run = t.rig.runs[side];
        struct sym_work works[SYM_WORKS_OUT_MAX];
        size_t n = 0;
        while (n < SYM_WORKS_OUT_MAX && sym_overlap_work(run, &works[n])) {
            assert_true(works[n].n > 0 && works[n].n <= 65536 && works[n].grain > 0);
            n++;
            assert_int_equal(sym_overlap_works_out(run), n);
        }
        /* shuffling is alone; half of the works are left for answers */
        assert_int_equal(n, side == RIG_INITIATOR ? 1 : OVERLAP_OWN_WORKS_MAX);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(works[i].run(works[i].context, 0, works[i].n), SYM_OK);
            assert_int_equal(sym_overlap_worked(run, works[i].context, SYM_OK), SYM_OK);
        }
    }
    struct sym_work work;
    for (size_t i = 0; i < SYM_WORKS_OUT_MAX; i++) {
        assert_true(sym_overlap_work(t.rig.runs[RIG_INITIATOR], &work));
    }
    assert_false(sym_overlap_work(t.rig.runs[RIG_INITIATOR], &work));
    bout_close(&t);
}

/* The last of three frames is done first, and leaves last. */
static void frames_leave_in_order_whatever_the_order_of_works(void **state)
{
    (void)state;
    struct bout t;
    struct sym_work works[3];
    size_t len = 0;
    bout_open(&t, SYM_KIND_OVERLAP_MATCHES, 8193, 1, 0, unpadded);
    struct sym_overlap_run *run = t.rig.runs[RIG_INITIATOR];
    assert_true(sym_overlap_work(run, &works[0]));
    assert_int_equal(works[0].run(works[0].context, 0, 1), SYM_OK);
    assert_int_equal(sym_overlap_worked(run, works[0].context, SYM_OK), SYM_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_true(sym_overlap_work(run, &works[i]));
        assert_int_equal(works[i].run(works[i].context, 0, works[i].n), SYM_OK);
    }
    for (size_t i = 3; i-- > 0;) {
        assert_int_equal(sym_overlap_step(run, &len), SYM_OVERLAP_WAIT);
        assert_int_equal(sym_overlap_worked(run, works[i].context, SYM_OK), SYM_OK);
    }
    for (size_t i = 0; i < 3; i++) {
        uint8_t *payload = malloc(RIG_PAYLOAD_BYTES);
        assert_non_null(payload);
        assert_int_equal(sym_overlap_step(run, &len), SYM_OVERLAP_DATA);
        assert_int_equal(len, i < 2 ? 5 + 4096 * 32 : 5 + 32);
        assert_int_equal(sym_overlap_write(run, payload, len), SYM_OK);
        assert_memory_equal(payload, i < 2 ? "\1\0\0\x10\0" : "\1\0\0\0\1", 5);
        assert_memory_equal(payload + 5, run->window + i * 4096, len - 5);
        free(payload);
    }
    bout_close(&t);
}

static void no_more_than_a_window_is_on_its_way_unanswered(void **state)
{
    (void)state;
    struct bout t;
    uint8_t *payload = malloc(RIG_PAYLOAD_BYTES);
    size_t sent[2] = {0, 0};
    assert_non_null(payload);
    for (size_t k = 0; k < 2; k++) {
        bout_open(&t, kinds[k], (SYM_OVERLAP_WINDOW + 3) * SYM_OVERLAP_ITEMS_MAX, 1, 0, unpadded);
        struct sym_overlap_run *run = t.rig.runs[RIG_INITIATOR];
        size_t len = 0;
        for (;; sent[k]++) {
            assert_int_equal(rig_work(run), SYM_OK);
            if (sym_overlap_step(run, &len) == SYM_OVERLAP_WAIT) {
                break;
            }
            assert_int_equal(sym_overlap_write(run, payload, len), SYM_OK);
        }
        bout_close(&t);
    }
    assert_int_equal(sent[0], SYM_OVERLAP_WINDOW);
    assert_int_equal(sent[1], SYM_OVERLAP_WINDOW + 3); /* in count the responder holds them all */
    free(payload);
}

/* Memory, time, endings ------------------------------------------------------------------------
 */

static size_t allocated(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Sanitizers and valgrind have allocators of their own, which tell nothing: then 0 is compared. */
static void memory_stays_within_what_the_header_says(void **state)
{
    (void)state;
    size_t n = 1u << 16;
    size_t window = SYM_OVERLAP_WINDOW * SYM_OVERLAP_ITEMS_MAX * 32;
    for (size_t k = 0; k < 2; k++) {
        for (int side = 0; side < 2; side++) {
            struct token_set own;
            struct sym_overlap_run *run = NULL;
            token_set_make(&own, 1, n, 0, 0);
            struct sym_overlap_config c = {.kind = kinds[k],
                                           .role = side == RIG_INITIATOR ? SYM_SESSION_INITIATOR
                                                                         : SYM_SESSION_RESPONDER,
                                           .with = &toy_group,
                                           .digests = own.digests[0],
                                           .n = n,
                                           .own_size = (uint32_t)n,
                                           .peer_size = (uint32_t)n};
            size_t fixed = k == 0 ? window + 65536 : 65536;
            size_t before = allocated();
            assert_int_equal(sym_overlap_new(&run, &c), SYM_OK);
            size_t per_element = side == RIG_INITIATOR ? (k == 0 ? 25 : 36) : (k == 0 ? 20 : 32);
            size_t tags = side == RIG_INITIATOR && k == 0 ? 2 * 9 : 9;
            assert_true(allocated() - before <= (per_element + tags) * n + fixed);
            assert_true(per_element + tags <= 100);
            sym_overlap_free(run);
            token_set_free(&own);
        }
    }
}

static void a_run_allocates_nothing_more_but_its_result(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct bout t;
        size_t len = 0;
        bout_open(&t, kinds[k], 9000, 9000, 4000, unpadded);
        uint8_t *payload = malloc(RIG_PAYLOAD_BYTES);
        assert_non_null(payload);
        size_t before = allocated();
        for (int side = 0, idle = 0; idle < 2; side = 1 - side) {
            struct sym_overlap_run *run = t.rig.runs[side];
            assert_int_equal(rig_work(run), SYM_OK);
            enum sym_overlap_step step = sym_overlap_step(run, &len);
            idle = step == SYM_OVERLAP_WAIT ? idle + 1 : 0;
            if (step != SYM_OVERLAP_WAIT) {
                assert_int_equal(sym_overlap_write(run, payload, len), SYM_OK);
                assert_int_equal(
                    sym_overlap_take(t.rig.runs[1 - side],
                                     step == SYM_OVERLAP_DATA ? SYM_EVENT_DATA : SYM_EVENT_CLOSED,
                                     sym_span(payload, len)),
                    SYM_OK);
            }
            assert_true(allocated() <= before + 4000 * sizeof(uint32_t) + 64);
        }
        free(payload);
        assert_agrees(&t, 4000);
        bout_close(&t);
    }
}

static void progress_grows_to_its_total(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct bout t;
        uint64_t done[2] = {0, 0};
        bout_open(&t, kinds[k], 5000, 6000, 1000, unpadded);
        do {
            for (int side = 0; side < 2; side++) {
                struct sym_overlap_progress p = sym_overlap_progress(t.rig.runs[side]);
                assert_int_equal(p.total, side == 0 ? 3 * 5000 + 6000 : 2 * 5000 + 2 * 6000);
                assert_true(p.done >= done[side] && p.done <= p.total);
                done[side] = p.done;
            }
        } while (rig_step(&t.rig));
        assert_int_equal(done[0], 3 * 5000 + 6000);
        assert_int_equal(done[1], 2 * 5000 + 2 * 6000);
        bout_close(&t);
    }
}

static void secrets_go_before_the_run_does(void **state)
{
    (void)state;
    struct bout t;
    bout_open(&t, SYM_KIND_OVERLAP_MATCHES, 10, 10, 3, unpadded);
    assert_int_equal(t.rig.runs[0]->scalar.len, SYM_SCALAR_BYTES);
    assert_int_equal(t.rig.runs[1]->scalar.len, SYM_SCALAR_BYTES);
    assert_false(sym_equal(t.rig.runs[0]->scalar.data, t.rig.runs[1]->scalar.data, 32));
    assert_agrees(&t, 3);
    assert_int_equal(t.rig.runs[0]->scalar.len, 0);
    assert_int_equal(t.rig.runs[1]->scalar.len, 0);
    bout_close(&t);
}

/* However much is computed before: when the close leaves cannot depend on what matches. */
static void nothing_is_looked_up_before_the_close_has_left(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct bout t;
        struct sym_overlap_result result;
        bout_open(&t, kinds[k], 5000, 6000, 1000, unpadded);
        struct sym_overlap_run *run = t.rig.runs[RIG_INITIATOR];
        while (run->state != OVERLAP_CLOSES) {
            assert_true(rig_step(&t.rig));
        }
        assert_int_equal(rig_work(run), SYM_OK);
        assert_int_equal(run->state, OVERLAP_CLOSES);
        assert_int_equal(run->initiator.join.at, 0);
        assert_int_equal(sym_overlap_result(run, &result), SYM_WRONG_STATE);
        assert_agrees(&t, 1000);
        bout_close(&t);
    }
}

/* Each prefix of a whole exchange; leaks and late touches are what the sanitizers look for. */
static void can_be_stopped_after_every_step(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        bool done = false;
        for (size_t steps = 0; !done; steps++) {
            struct bout t;
            bout_open(&t, kinds[k], 6, 5, 3, unpadded);
            for (size_t i = 0; i < steps && rig_step(&t.rig); i++) {
            }
            done = rig_done(&t.rig);
            assert_int_equal(t.rig.err, SYM_OK);
            assert_true(steps < 1000);
            bout_close(&t);
        }
    }
}

static void can_be_stopped_while_threads_work(void **state)
{
    (void)state;
    struct crew *crew = crew_new(2);
    for (size_t steps = 0; steps < 60; steps += 3) {
        struct bout t;
        bout_open(&t, kinds[steps & 1], 9000, 9000, 3, unpadded);
        t.rig.crew = crew;
        for (size_t i = 0; i < steps && rig_step(&t.rig); i++) {
        }
        bout_close(&t);
    }
    crew_free(crew);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(works_are_few_and_short),
        cmocka_unit_test(frames_leave_in_order_whatever_the_order_of_works),
        cmocka_unit_test(no_more_than_a_window_is_on_its_way_unanswered),
        cmocka_unit_test(memory_stays_within_what_the_header_says),
        cmocka_unit_test(a_run_allocates_nothing_more_but_its_result),
        cmocka_unit_test(progress_grows_to_its_total),
        cmocka_unit_test(secrets_go_before_the_run_does),
        cmocka_unit_test(nothing_is_looked_up_before_the_close_has_left),
        cmocka_unit_test(can_be_stopped_after_every_step),
        cmocka_unit_test(can_be_stopped_while_threads_work),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
