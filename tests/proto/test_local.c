#include "proto/local.h"

#include "proto/codec.h"
#include "tests/support/messages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const uint8_t id[32] = {0xaa, 0xbb};

static void every_type_has_a_message_of_its_own(void **state)
{
    (void)state;
    for (unsigned i = SYM_LOCAL_NONE + 1; i < SYM_LOCAL_COUNT; i++) {
        const struct sym_message *m = sym_local_message((enum sym_local_type)i);
        assert_non_null(m);
        assert_int_equal(strncmp(m->name, "symbolon.Gate", 13), 0);
        for (unsigned k = SYM_LOCAL_NONE + 1; k < i; k++) {
            assert_ptr_not_equal(m, sym_local_message((enum sym_local_type)k));
        }
    }
    assert_ptr_equal(sym_local_message(SYM_LOCAL_LINK_UP), &sym_msg_gate_link_up);
}

static void a_type_that_does_not_exist_has_no_message(void **state)
{
    (void)state;
    struct sym_gate_stop stop = {0};
    uint8_t out[8];
    size_t len = 7;
    assert_null(sym_local_message(SYM_LOCAL_NONE));
    assert_null(sym_local_message(SYM_LOCAL_COUNT));
    assert_null(sym_local_message((enum sym_local_type)255));
    assert_int_equal(sym_local_encode(out, sizeof out, &len, SYM_LOCAL_NONE, &stop), SYM_INTERNAL);
    assert_int_equal(sym_local_encode(out, sizeof out, &len, SYM_LOCAL_COUNT, &stop), SYM_INTERNAL);
    assert_int_equal(len, 7);
}

static void every_message_survives_behind_its_type_byte(void **state)
{
    (void)state;
    for (unsigned i = SYM_LOCAL_NONE + 1; i < SYM_LOCAL_COUNT; i++) {
        for (uint64_t seed = 0; seed < 10; seed++) {
            struct sample sample;
            const struct sym_message *m = sym_local_message((enum sym_local_type)i);
            sample_open(&sample, SAMPLE_MIXED, seed);
            void *value = sample_value(&sample, m);
            void *got = sample_take(&sample, m->size);
            uint8_t out[SYM_LOCAL_BYTES_MAX];
            size_t len = 0;
            assert_int_equal(sym_local_encode(out, sizeof out, &len, (enum sym_local_type)i, value),
                             SYM_OK);
            assert_int_equal(out[0], i);
            enum sym_local_type type;
            struct sym_span rest;
            assert_int_equal(sym_local_type(&type, &rest, sym_span(out, len)), SYM_OK);
            assert_int_equal(type, i);
            SYM_ARENA_AUTO arena = {0};
            assert_int_equal(sym_decode(&arena, got, m, rest), SYM_OK);
            assert_true(message_equal(m, value, got));
            sample_close(&sample);
        }
    }
}

/* Also with the longest addresses and texts in all their numbers. */
static void the_largest_message_of_every_type_fits_the_promised_room(void **state)
{
    (void)state;
    size_t longest = 0;
    for (unsigned i = SYM_LOCAL_NONE + 1; i < SYM_LOCAL_COUNT; i++) {
        struct sample sample;
        uint8_t out[SYM_LOCAL_BYTES_MAX];
        size_t len = 0;
        sample_open(&sample, SAMPLE_MOST, 1);
        void *value = sample_value(&sample, sym_local_message((enum sym_local_type)i));
        struct sym_span addresses[SYM_ADDRESSES_MAX];
        if (i == SYM_LOCAL_DIAL) {
            struct sym_gate_dial *dial = value;
            for (size_t k = 0; k < SYM_ADDRESSES_MAX; k++) {
                addresses[k] = dial->addresses[0];
            }
            dial->addresses = addresses;
            dial->n_addresses = SYM_ADDRESSES_MAX;
        }
        assert_int_equal(sym_local_encode(out, sizeof out, &len, (enum sym_local_type)i, value),
                         SYM_OK);
        longest = len > longest ? len : longest;
        sample_close(&sample);
    }
    assert_true(longest > 2000);
}

static void refuses_every_type_byte_that_is_none(void **state)
{
    (void)state;
    enum sym_local_type type = SYM_LOCAL_STOP;
    struct sym_span rest = sym_span("rest", 4);
    for (unsigned i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i;
        bool known = i > SYM_LOCAL_NONE && i < SYM_LOCAL_COUNT;
        if (!known) {
            assert_int_equal(sym_local_type(&type, &rest, sym_span(&byte, 1)), SYM_BAD_VALUE);
            assert_int_equal(type, SYM_LOCAL_STOP);
            assert_int_equal(rest.len, 4);
        }
    }
    assert_int_equal(sym_local_type(&type, &rest, sym_span(NULL, 0)), SYM_SHORT);
}

static void a_message_may_be_its_type_byte_alone(void **state)
{
    (void)state;
    struct sym_gate_stop stop = {0};
    uint8_t out[1];
    size_t len = 0;
    enum sym_local_type type;
    struct sym_span rest;
    assert_int_equal(sym_local_encode(out, 1, &len, SYM_LOCAL_STOP, &stop), SYM_OK);
    assert_int_equal(len, 1);
    assert_int_equal(sym_local_type(&type, &rest, sym_span(out, 1)), SYM_OK);
    assert_int_equal(rest.len, 0);
}

static void refuses_to_encode_without_room(void **state)
{
    (void)state;
    struct sym_gate_unpin unpin = {.id = sym_span(id, sizeof id)};
    uint8_t out[64];
    size_t len = 7;
    assert_int_equal(sym_local_encode(out, 0, &len, SYM_LOCAL_UNPIN, &unpin), SYM_INTERNAL);
    for (size_t max = 1; max < 35; max++) {
        assert_int_equal(sym_local_encode(out, max, &len, SYM_LOCAL_UNPIN, &unpin), SYM_TOO_LONG);
    }
    assert_int_equal(len, 7);
    assert_int_equal(sym_local_encode(out, 35, &len, SYM_LOCAL_UNPIN, &unpin), SYM_OK);
}

static void refuses_a_message_under_the_type_of_another(void **state)
{
    (void)state;
    struct sym_gate_unpin unpin = {.id = sym_span(id, sizeof id)};
    struct sym_gate_hang_up hang_up = {.link = 1};
    uint8_t out[64];
    size_t len = 0;
    SYM_ARENA_AUTO arena = {0};
    assert_int_equal(sym_local_encode(out, sizeof out, &len, SYM_LOCAL_UNPIN, &unpin), SYM_OK);
    assert_int_equal(sym_decode(&arena, &hang_up, sym_local_message(SYM_LOCAL_HANG_UP),
                                sym_span(out + 1, len - 1)),
                     SYM_BAD_FORMAT);
    assert_int_equal(hang_up.link, 1);
}

static void refuses_more_than_two_pins(void **state)
{
    (void)state;
    struct sym_span pins[3] = {sym_span(id, 32), sym_span(id, 32), sym_span(id, 32)};
    struct sym_pinned_peer peer = {.id = sym_span(id, 32), .pins = pins, .n_pins = 2};
    struct sym_gate_pin pin = {.peer = &peer};
    uint8_t out[256];
    size_t len = 0;
    assert_int_equal(sym_local_encode(out, sizeof out, &len, SYM_LOCAL_PIN, &pin), SYM_OK);
    peer.n_pins = 3;
    assert_int_equal(sym_local_encode(out, sizeof out, &len, SYM_LOCAL_PIN, &pin), SYM_LIMIT);
    pins[1].len = 31;
    peer.n_pins = 2;
    assert_int_equal(sym_local_encode(out, sizeof out, &len, SYM_LOCAL_PIN, &pin), SYM_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_a_message_of_its_own),
        cmocka_unit_test(a_type_that_does_not_exist_has_no_message),
        cmocka_unit_test(every_message_survives_behind_its_type_byte),
        cmocka_unit_test(the_largest_message_of_every_type_fits_the_promised_room),
        cmocka_unit_test(refuses_every_type_byte_that_is_none),
        cmocka_unit_test(a_message_may_be_its_type_byte_alone),
        cmocka_unit_test(refuses_to_encode_without_room),
        cmocka_unit_test(refuses_a_message_under_the_type_of_another),
        cmocka_unit_test(refuses_more_than_two_pins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
