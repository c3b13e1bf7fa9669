#include "proto/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct sym_envelope sealed(void)
{
    struct sym_envelope e = {.type = SYM_FRAME_SEALED};
    for (size_t i = 0; i < sizeof e.exchange_id; i++) {
        e.exchange_id[i] = (uint8_t)(0x10 + i);
    }
    return e;
}

/* A refusal leaves both outputs alone. */
static enum sym_err read_frame(struct sym_span frame)
{
    struct sym_envelope e;
    struct sym_envelope before;
    struct sym_span body = sym_span("before", 6);
    memset(&e, 0x5a, sizeof e);
    memcpy(&before, &e, sizeof e);
    enum sym_err err = sym_envelope_read(&e, &body, frame);
    if (err != SYM_OK) {
        assert_memory_equal(&e, &before, sizeof e);
        assert_int_equal(body.len, 6);
    }
    return err;
}

static void an_envelope_is_version_type_and_exchange_id(void **state)
{
    (void)state;
    static const uint8_t want[SYM_ENVELOPE_BYTES] = {1,    3,    0x10, 0x11, 0x12, 0x13,
                                                     0x14, 0x15, 0x16, 0x17, 0x18, 0x19,
                                                     0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f};
    uint8_t out[SYM_ENVELOPE_BYTES];
    struct sym_envelope e = sealed();
    sym_envelope_write(out, &e);
    assert_memory_equal(out, want, sizeof want);
}

static void reads_every_type_that_it_writes(void **state)
{
    (void)state;
    static const enum sym_frame_type types[] = {SYM_FRAME_ASK, SYM_FRAME_ANSWER, SYM_FRAME_SEALED};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        uint8_t frame[SYM_ENVELOPE_BYTES + 5];
        struct sym_envelope e = sealed();
        struct sym_envelope got;
        struct sym_span body;
        e.type = types[i];
        memset(frame, 'b', sizeof frame);
        sym_envelope_write(frame, &e);
        assert_int_equal(sym_envelope_read(&got, &body, sym_span(frame, sizeof frame)), SYM_OK);
        assert_int_equal(got.type, e.type);
        assert_memory_equal(got.exchange_id, e.exchange_id, sizeof e.exchange_id);
        assert_ptr_equal(body.data, frame + SYM_ENVELOPE_BYTES);
        assert_int_equal(body.len, 5);
    }
}

static void a_body_may_be_empty(void **state)
{
    (void)state;
    uint8_t frame[SYM_ENVELOPE_BYTES];
    struct sym_envelope e = sealed();
    struct sym_span body;
    sym_envelope_write(frame, &e);
    assert_int_equal(sym_envelope_read(&e, &body, sym_span(frame, sizeof frame)), SYM_OK);
    assert_int_equal(body.len, 0);
}

static void refuses_a_frame_shorter_than_an_envelope(void **state)
{
    (void)state;
    uint8_t frame[SYM_ENVELOPE_BYTES];
    struct sym_envelope e = sealed();
    sym_envelope_write(frame, &e);
    for (size_t len = 0; len < sizeof frame; len++) {
        assert_int_equal(read_frame(sym_span(frame, len)), SYM_SHORT);
    }
    assert_int_equal(read_frame(sym_span(NULL, 0)), SYM_SHORT);
}

static void refuses_a_frame_longer_than_any_may_be(void **state)
{
    (void)state;
    uint8_t *frame = calloc(1, SYM_FRAME_BYTES_MAX + 1);
    assert_non_null(frame);
    struct sym_envelope e = sealed();
    sym_envelope_write(frame, &e);
    assert_int_equal(read_frame(sym_span(frame, SYM_FRAME_BYTES_MAX)), SYM_OK);
    assert_int_equal(read_frame(sym_span(frame, SYM_FRAME_BYTES_MAX + 1)), SYM_TOO_LONG);
    free(frame);
}

static void refuses_every_other_version(void **state)
{
    (void)state;
    uint8_t frame[SYM_ENVELOPE_BYTES];
    struct sym_envelope e = sealed();
    sym_envelope_write(frame, &e);
    for (unsigned version = 0; version < 256; version++) {
        frame[0] = (uint8_t)version;
        assert_int_equal(read_frame(sym_span(frame, sizeof frame)),
                         version == 1 ? SYM_OK : SYM_BAD_VERSION);
    }
}

static void refuses_every_other_type(void **state)
{
    (void)state;
    uint8_t frame[SYM_ENVELOPE_BYTES];
    struct sym_envelope e = sealed();
    sym_envelope_write(frame, &e);
    for (unsigned type = 0; type < 256; type++) {
        frame[1] = (uint8_t)type;
        assert_int_equal(read_frame(sym_span(frame, sizeof frame)),
                         type >= 1 && type <= 3 ? SYM_OK : SYM_BAD_VALUE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_envelope_is_version_type_and_exchange_id),
        cmocka_unit_test(reads_every_type_that_it_writes),
        cmocka_unit_test(a_body_may_be_empty),
        cmocka_unit_test(refuses_a_frame_shorter_than_an_envelope),
        cmocka_unit_test(refuses_a_frame_longer_than_any_may_be),
        cmocka_unit_test(refuses_every_other_version),
        cmocka_unit_test(refuses_every_other_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
