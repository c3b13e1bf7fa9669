/* Channels: frames come whole, once and in order, or none comes any more. */
#include "tests/crypto/noise_pair.h"

#define FRAME 64u

struct line {
    struct sym_channel sending, receiving;
    uint8_t frame[3][FRAME + SYM_AEAD_TAG_BYTES];
};

/* The direction initiator to responder, and three frames sealed for it. */
static void begin_line(struct line *l)
{
    struct pair p;
    begin_agreed_pair(&p);
    struct sym_channel unused[2] = {{{0}, 0, false}};
    *l = (struct line){0};
    assert_int_equal(sym_noise_split(p.init, &l->sending, &unused[0]), SYM_OK);
    assert_int_equal(sym_noise_split(p.resp, &unused[1], &l->receiving), SYM_OK);
    sym_channel_clear(&unused[0]);
    sym_channel_clear(&unused[1]);
    end_pair(&p);
    for (uint8_t i = 0; i < 3; i++) {
        memset(l->frame[i], i, FRAME);
        assert_int_equal(sym_channel_seal(&l->sending, l->frame[i], FRAME), SYM_OK);
    }
}

static void end_line(struct line *l)
{
    sym_channel_clear(&l->sending);
    sym_channel_clear(&l->receiving);
}

static enum sym_err open_frame(struct line *l, size_t i)
{
    uint8_t data[FRAME + SYM_AEAD_TAG_BYTES];
    memcpy(data, l->frame[i], sizeof data);
    return sym_channel_open(&l->receiving, data, sizeof data);
}

static void assert_dead(struct line *l)
{
    assert_true(l->receiving.dead);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(open_frame(l, i), SYM_WRONG_STATE);
    }
    end_line(l);
}

static void a_lost_frame_kills_the_channel(void **state)
{
    (void)state;
    struct line l;
    begin_line(&l);
    assert_int_equal(open_frame(&l, 0), SYM_OK);
    assert_int_equal(open_frame(&l, 2), SYM_BAD_TAG);
    assert_dead(&l);
}

static void a_repeated_frame_kills_the_channel(void **state)
{
    (void)state;
    struct line l;
    begin_line(&l);
    assert_int_equal(open_frame(&l, 0), SYM_OK);
    assert_int_equal(open_frame(&l, 0), SYM_BAD_TAG);
    assert_dead(&l);
}

static void a_reordered_frame_kills_the_channel(void **state)
{
    (void)state;
    struct line l;
    begin_line(&l);
    assert_int_equal(open_frame(&l, 1), SYM_BAD_TAG);
    assert_dead(&l);
}

static void an_altered_frame_kills_the_channel(void **state)
{
    (void)state;
    for (size_t at = 0; at < FRAME + SYM_AEAD_TAG_BYTES; at++) {
        struct line l;
        begin_line(&l);
        l.frame[0][at] ^= 0x10;
        assert_int_equal(open_frame(&l, 0), SYM_BAD_TAG);
        l.frame[0][at] ^= 0x10;
        assert_dead(&l);
    }
}

static void a_frame_sent_back_kills_the_channel(void **state)
{
    (void)state;
    struct pair p;
    begin_agreed_pair(&p);
    struct sym_channel out = {0};
    struct sym_channel in = {0};
    uint8_t frame[FRAME + SYM_AEAD_TAG_BYTES] = {0};
    assert_int_equal(sym_noise_split(p.init, &out, &in), SYM_OK);
    assert_int_equal(sym_channel_seal(&out, frame, FRAME), SYM_OK);
    assert_int_equal(sym_channel_open(&in, frame, sizeof frame), SYM_BAD_TAG);
    assert_true(in.dead);
    sym_channel_clear(&out);
    sym_channel_clear(&in);
    end_pair(&p);
}

static void a_cut_frame_kills_the_channel(void **state)
{
    (void)state;
    struct line l;
    uint8_t data[FRAME];
    begin_line(&l);
    memcpy(data, l.frame[0], sizeof data);
    assert_int_equal(sym_channel_open(&l.receiving, data, 15), SYM_SHORT);
    assert_dead(&l);
    begin_line(&l);
    assert_int_equal(sym_channel_open(&l.receiving, data, sizeof data), SYM_BAD_TAG);
    assert_dead(&l);
}

static void the_last_counter_is_refused(void **state)
{
    (void)state;
    struct line l;
    begin_line(&l);
    l.sending.counter = UINT64_MAX - 1;
    l.receiving.counter = UINT64_MAX - 1;
    memset(l.frame[0], 7, FRAME);
    assert_int_equal(sym_channel_seal(&l.sending, l.frame[0], FRAME), SYM_OK);
    assert_int_equal(sym_channel_seal(&l.sending, l.frame[1], FRAME), SYM_LIMIT);
    assert_true(l.sending.dead);
    assert_int_equal(sym_channel_seal(&l.sending, l.frame[1], FRAME), SYM_WRONG_STATE);
    assert_int_equal(open_frame(&l, 0), SYM_OK);
    assert_int_equal(open_frame(&l, 0), SYM_LIMIT);
    assert_dead(&l);
}

static void an_empty_channel_refuses(void **state)
{
    (void)state;
    struct sym_channel c = {0};
    uint8_t data[FRAME] = {0};
    assert_int_equal(sym_channel_seal(&c, data, 8), SYM_WRONG_STATE);
    c = (struct sym_channel){0};
    assert_int_equal(sym_channel_open(&c, data, sizeof data), SYM_WRONG_STATE);
    sym_channel_clear(&c);
}

static void carries_frames_of_a_mebibyte(void **state)
{
    (void)state;
    size_t len = 1u << 20;
    struct line l;
    begin_line(&l);
    l.receiving.counter = 3;
    uint8_t *data = malloc(len + SYM_AEAD_TAG_BYTES);
    uint8_t *want = malloc(len);
    assert_non_null(data);
    assert_non_null(want);
    for (uint8_t i = 0; i < 3; i++) {
        memset(want, 'a' + i, len);
        memcpy(data, want, len);
        assert_int_equal(sym_channel_seal(&l.sending, data, len), SYM_OK);
        assert_memory_not_equal(data, want, 64);
        assert_int_equal(sym_channel_open(&l.receiving, data, len + SYM_AEAD_TAG_BYTES), SYM_OK);
        assert_memory_equal(data, want, len);
    }
    free(data);
    free(want);
    end_line(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_frame_kills_the_channel),
        cmocka_unit_test(a_repeated_frame_kills_the_channel),
        cmocka_unit_test(a_reordered_frame_kills_the_channel),
        cmocka_unit_test(an_altered_frame_kills_the_channel),
        cmocka_unit_test(a_frame_sent_back_kills_the_channel),
        cmocka_unit_test(a_cut_frame_kills_the_channel),
        cmocka_unit_test(the_last_counter_is_refused),
        cmocka_unit_test(an_empty_channel_refuses),
        cmocka_unit_test(carries_frames_of_a_mebibyte),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
