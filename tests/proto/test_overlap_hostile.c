/* A peer that lies to an overlap machine, at every place where it can. */
#include "tests/proto/overlap_lies.h"

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
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
