/* One message has one encoding: all others, and all damaged ones, are refused. */
#include "tests/support/desk.h"
#include "tests/support/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* One encoding only -----------------------------------------------------------------------------
 */

static void refuses_an_unknown_field_in_every_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < tables_count; i++) {
        struct desk d = desk_open(SAMPLE_MIXED, 1);
        struct taken t = desk_take_apart(&d, tables[i]);
        const uint32_t unknown[] = {(uint32_t)tables[i]->n_fields + 1, 1000, 536870911};
        for (size_t k = 0; k < 3; k++) {
            desk_before(&d, &t, t.n);
            wire_number(&d.wire, unknown[k], 1);
            desk_refuses(&d, tables[i], SYM_BAD_FORMAT, "?", "unknown number");
            desk_before(&d, &t, t.n);
            wire_bytes(&d.wire, unknown[k], sym_span_text("hi"));
            desk_refuses(&d, tables[i], SYM_BAD_FORMAT, "?", "unknown bytes");
        }
        desk_close(&d);
    }
}

static void refuses_an_unknown_field_inside_a_sub_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < tables_count; i++) {
        struct desk d = desk_open(SAMPLE_MOST, 1);
        struct taken t = desk_take_apart(&d, tables[i]);
        for (size_t k = 0; k < t.n; k++) {
            const struct sym_field *f = field_of_piece(tables[i], &t.pieces[k]);
            if (f->sub == NULL) {
                continue;
            }
            struct wire inner;
            wire_open(&inner);
            wire_raw(&inner, t.pieces[k].value);
            wire_number(&inner, 999, 1);
            desk_before(&d, &t, k);
            wire_bytes(&d.wire, t.pieces[k].field, wire_span(&inner));
            desk_behind(&d, &t, k);
            desk_refuses(&d, tables[i], SYM_BAD_FORMAT, f->name, "unknown field inside");
            wire_close(&inner);
        }
        desk_close(&d);
    }
}

static void refuses_every_single_field_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < tables_count; i++) {
        struct desk d = desk_open(SAMPLE_MOST, 2);
        struct taken t = desk_take_apart(&d, tables[i]);
        for (size_t k = 0; k < t.n; k++) {
            const struct sym_field *f = field_of_piece(tables[i], &t.pieces[k]);
            if (!field_is_many(f)) {
                desk_before(&d, &t, k);
                wire_raw(&d.wire, t.pieces[k].all);
                wire_raw(&d.wire, t.pieces[k].all);
                desk_behind(&d, &t, k);
                desk_refuses(&d, tables[i], SYM_BAD_FORMAT, f->name, "twice");
            }
        }
        desk_close(&d);
    }
}

static void refuses_a_zero_that_is_spelt_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < tables_count; i++) {
        struct desk d = desk_open(SAMPLE_MOST, 3);
        struct taken t = desk_take_apart(&d, tables[i]);
        for (size_t k = 0; k < t.n; k++) {
            const struct sym_field *f = field_of_piece(tables[i], &t.pieces[k]);
            if (field_is_many(f) || f->kind == SYM_SUB) {
                continue;
            }
            desk_before(&d, &t, k);
            if (field_is_number(f)) {
                wire_number(&d.wire, t.pieces[k].field, 0);
            } else {
                wire_bytes(&d.wire, t.pieces[k].field, sym_span(NULL, 0));
            }
            desk_behind(&d, &t, k);
            desk_refuses(&d, tables[i], SYM_BAD_FORMAT, f->name, "zero");
        }
        desk_close(&d);
    }
}

static void wire_number_padded(struct wire *w, const struct piece *p, size_t tag, size_t value)
{
    wire_varint(w, ((uint64_t)p->field << 3) | p->type, tag);
    if (p->type == WIRE_LENGTH) {
        wire_varint(w, p->value.len, value);
        wire_raw(w, p->value);
        return;
    }
    uint64_t v = 0;
    for (size_t i = p->value.len; i-- > 0;) {
        v = (v << 7) | (p->value.data[i] & 0x7f);
    }
    wire_varint(w, v, value);
}

static void refuses_a_number_length_or_tag_that_is_longer_than_it_need_be(void **state)
{
    (void)state;
    for (size_t i = 0; i < tables_count; i++) {
        struct desk d = desk_open(SAMPLE_MIXED, 4);
        struct taken t = desk_take_apart(&d, tables[i]);
        for (size_t k = 0; k < t.n; k++) {
            const char *name = field_of_piece(tables[i], &t.pieces[k])->name;
            desk_before(&d, &t, k);
            wire_number_padded(&d.wire, &t.pieces[k], 0, 0);
            desk_behind(&d, &t, k);
            assert_int_equal(desk_decode(&d, tables[i], wire_span(&d.wire)), SYM_OK);
            desk_before(&d, &t, k);
            wire_number_padded(&d.wire, &t.pieces[k], 1, 0);
            desk_behind(&d, &t, k);
            desk_refuses(&d, tables[i], SYM_BAD_FORMAT, name, "overlong tag");
            desk_before(&d, &t, k);
            wire_number_padded(&d.wire, &t.pieces[k], 0, 1);
            desk_behind(&d, &t, k);
            desk_refuses(&d, tables[i], SYM_BAD_FORMAT, name, "overlong number");
        }
        desk_close(&d);
    }
}

static void refuses_a_number_too_large_for_its_type(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    wire_number(&d.wire, 1, 1);
    assert_int_equal(desk_decode(&d, &sym_msg_ping, wire_span(&d.wire)), SYM_OK);
    static const char eleven[] = "\x08\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01";
    assert_int_equal(desk_decode(&d, &sym_msg_ping, sym_span(eleven, sizeof eleven - 1)),
                     SYM_BAD_FORMAT);
    static const char ten[] = "\x08\x81\x80\x80\x80\x80\x80\x80\x80\x80\x02";
    assert_int_equal(desk_decode(&d, &sym_msg_ping, sym_span(ten, sizeof ten - 1)), SYM_BAD_FORMAT);
    /* A uint32 of which the library drops the upper half, and a bool above 1. */
    struct taken t = desk_take_apart(&d, &sym_msg_process);
    desk_before(&d, &t, 1);
    wire_number(&d.wire, 2, (1ull << 32) + 7);
    desk_refuses(&d, &sym_msg_process, SYM_BAD_FORMAT, "pid", "33 bits");
    desk_before(&d, &t, 2);
    wire_number(&d.wire, 3, 1);
    assert_int_equal(desk_decode(&d, &sym_msg_process, wire_span(&d.wire)), SYM_OK);
    desk_before(&d, &t, 2);
    wire_number(&d.wire, 3, 2);
    desk_refuses(&d, &sym_msg_process, SYM_BAD_FORMAT, "seccomp", "bool of 2");
    desk_close(&d);
}

static void wire_as_type(struct wire *w, uint32_t field, unsigned type)
{
    static const uint8_t ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    wire_tag(w, field, type);
    switch (type) {
    case WIRE_VARINT:
        wire_varint(w, 1, 0);
        break;
    case WIRE_FIXED64:
        wire_raw(w, sym_span(ones, 8));
        break;
    case WIRE_LENGTH:
        wire_varint(w, 1, 0);
        wire_raw(w, sym_span(ones, 1));
        break;
    case WIRE_FIXED32:
        wire_raw(w, sym_span(ones, 4));
        break;
    case WIRE_START:
        wire_tag(w, field, WIRE_END);
        break;
    default:
        break;
    }
}

static void refuses_every_field_under_another_wire_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < tables_count; i++) {
        struct desk d = desk_open(SAMPLE_MOST, 5);
        struct taken t = desk_take_apart(&d, tables[i]);
        for (size_t k = 0; k < t.n; k++) {
            const struct sym_field *f = field_of_piece(tables[i], &t.pieces[k]);
            for (unsigned type = 0; type < 8; type++) {
                if (type == t.pieces[k].type) {
                    continue;
                }
                desk_before(&d, &t, k);
                wire_as_type(&d.wire, t.pieces[k].field, type);
                desk_behind(&d, &t, k);
                desk_refuses(&d, tables[i], SYM_BAD_FORMAT, f->name, "wrong wire type");
            }
        }
        desk_close(&d);
    }
}

static void refuses_fields_out_of_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < tables_count; i++) {
        struct desk d = desk_open(SAMPLE_MOST, 6);
        struct taken t = desk_take_apart(&d, tables[i]);
        for (size_t k = 0; k + 1 < t.n; k++) {
            if (t.pieces[k].field == t.pieces[k + 1].field) {
                continue;
            }
            desk_before(&d, &t, k);
            wire_raw(&d.wire, t.pieces[k + 1].all);
            wire_raw(&d.wire, t.pieces[k].all);
            desk_behind(&d, &t, k + 1);
            desk_refuses(&d, tables[i], SYM_BAD_FORMAT,
                         field_of_piece(tables[i], &t.pieces[k])->name, "out of order");
        }
        desk_close(&d);
    }
}

static void refuses_bytes_after_the_end_of_every_message(void **state)
{
    (void)state;
    static const char *const tails[] = {"\x01", "\x7f", "\x80", "\xff", "\x08"};
    for (size_t i = 0; i < tables_count; i++) {
        struct desk d = desk_open(SAMPLE_MIXED, 7);
        struct taken t = desk_take_apart(&d, tables[i]);
        for (size_t k = 0; k < sizeof tails / sizeof *tails; k++) {
            desk_before(&d, &t, t.n);
            wire_raw(&d.wire, sym_span_text(tails[k]));
            desk_refuses(&d, tables[i], SYM_BAD_FORMAT, "?", "trailing byte");
        }
        desk_before(&d, &t, t.n);
        wire_raw(&d.wire, sym_span("\0", 1));
        desk_refuses(&d, tables[i], SYM_BAD_FORMAT, "?", "trailing zero");
        desk_close(&d);
    }
}

/* Where optional fields are cut off, what is left may be a message of its own: then it must be
 * exactly that message's encoding. */
static void refuses_every_message_cut_off_inside_a_field(void **state)
{
    (void)state;
    size_t accepted = 0;
    for (size_t i = 0; i < tables_count; i++) {
        struct desk d = desk_open(SAMPLE_MIXED, 8);
        d.sample.longest = 100;
        struct taken t = desk_take_apart(&d, tables[i]);
        desk_before(&d, &t, t.n);
        size_t boundary = 0;
        size_t at_boundary = 0;
        for (size_t len = 0; len < d.wire.len; len++) {
            while (at_boundary < len && boundary < t.n) {
                at_boundary += t.pieces[boundary++].all.len;
            }
            enum sym_err err = desk_decode(&d, tables[i], sym_span(d.wire.bytes, len));
            if (err == SYM_OK && at_boundary != len) {
                fail_msg("%s: accepted with %zu bytes of %zu", tables[i]->name, len, d.wire.len);
            }
            accepted += err == SYM_OK ? 1 : 0;
        }
        desk_close(&d);
    }
    assert_true(accepted > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_an_unknown_field_in_every_message),
        cmocka_unit_test(refuses_an_unknown_field_inside_a_sub_message),
        cmocka_unit_test(refuses_every_single_field_twice),
        cmocka_unit_test(refuses_a_zero_that_is_spelt_out),
        cmocka_unit_test(refuses_a_number_length_or_tag_that_is_longer_than_it_need_be),
        cmocka_unit_test(refuses_a_number_too_large_for_its_type),
        cmocka_unit_test(refuses_every_field_under_another_wire_type),
        cmocka_unit_test(refuses_fields_out_of_order),
        cmocka_unit_test(refuses_bytes_after_the_end_of_every_message),
        cmocka_unit_test(refuses_every_message_cut_off_inside_a_field),
    };
    return cmocka_run_group_tests(tests, tables_collect, NULL);
}
