/* Every range, length and count of every table, one step inside and one outside. */
#include "tests/support/desk.h"
#include "tests/support/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* Limits ----------------------------------------------------------------------------------------
 */

/* A field may be put into a smallest message in place of what is there. */
static void wire_with(struct desk *d, const struct sym_message *m, size_t field,
                      void (*put)(struct wire *w, const struct sym_field *f, uint32_t number,
                                  uint64_t amount),
                      uint64_t amount)
{
    struct sample least;
    sample_open(&least, SAMPLE_LEAST, 9);
    size_t len = 0;
    assert_int_equal(sym_encode(d->out, DESK_BYTES, &len, m, sample_value(&least, m)), SYM_OK);
    struct piece *pieces = sample_take(&least, PIECES_MAX * sizeof *pieces);
    size_t n = pieces_of(pieces, sym_span(d->out, len));
    d->wire.len = 0;
    bool done = false;
    for (size_t i = 0; i <= n; i++) {
        if (!done && (i == n || pieces[i].field > field)) {
            put(&d->wire, &m->fields[field], (uint32_t)field + 1, amount);
            done = true;
        }
        if (i < n && pieces[i].field != field + 1) {
            wire_raw(&d->wire, pieces[i].all);
        }
    }
    sample_close(&least);
}

static void put_number(struct wire *w, const struct sym_field *f, uint32_t number, uint64_t v)
{
    (void)f;
    if (v != 0) {
        wire_number(w, number, v);
    }
}

static void put_span(struct wire *w, const struct sym_field *f, uint32_t number, uint64_t len)
{
    (void)f;
    uint8_t *bytes = malloc(len + 1);
    assert_non_null(bytes);
    memset(bytes, 'a', len);
    if (len > 0) {
        wire_bytes(w, number, sym_span(bytes, len));
    }
    free(bytes);
}

/* This many smallest elements. */
static void put_elements(struct wire *w, const struct sym_field *f, uint32_t number, uint64_t count)
{
    uint8_t element[512];
    size_t len = f->min;
    memset(element, 'a', sizeof element);
    if (f->kind == SYM_MANY_SUB) {
        struct sample least;
        sample_open(&least, SAMPLE_LEAST, 10);
        assert_int_equal(
            sym_encode(element, sizeof element, &len, f->sub, sample_value(&least, f->sub)),
            SYM_OK);
        sample_close(&least);
    }
    for (uint64_t i = 0; i < count; i++) {
        wire_bytes(w, number, sym_span(element, len));
    }
}

static void refuses_every_number_just_outside_its_range(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < tables_count; i++) {
        for (size_t k = 0; k < tables[i]->n_fields; k++) {
            const struct sym_field *f = &tables[i]->fields[k];
            uint64_t type_max = f->kind == SYM_U32 ? UINT32_MAX : UINT64_MAX;
            if (!field_is_number(f) || f->kind == SYM_BOOL) {
                continue;
            }
            struct desk d = desk_open(SAMPLE_LEAST, 0);
            wire_with(&d, tables[i], k, put_number, f->max);
            assert_int_equal(desk_decode(&d, tables[i], wire_span(&d.wire)), SYM_OK);
            if (f->max < type_max) {
                wire_with(&d, tables[i], k, put_number, f->max + 1);
                desk_refuses(&d, tables[i], SYM_BAD_VALUE, f->name, "one too large");
                checked++;
            }
            if (f->min > 0) {
                wire_with(&d, tables[i], k, put_number, f->min - 1);
                desk_refuses(&d, tables[i], SYM_BAD_VALUE, f->name, "one too small");
                checked++;
            }
            desk_close(&d);
        }
    }
    assert_true(checked > 40);
}

static void refuses_every_length_just_outside_its_range(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < tables_count; i++) {
        for (size_t k = 0; k < tables[i]->n_fields; k++) {
            const struct sym_field *f = &tables[i]->fields[k];
            if (f->kind != SYM_BYTES && f->kind != SYM_TEXT) {
                continue;
            }
            struct desk d = desk_open(SAMPLE_LEAST, 0);
            wire_with(&d, tables[i], k, put_span, f->max);
            bool fits = d.wire.len <= SYM_CONTROL_BYTES_MAX;
            assert_int_equal(desk_decode(&d, tables[i], wire_span(&d.wire)),
                             fits ? SYM_OK : SYM_TOO_LONG);
            wire_with(&d, tables[i], k, put_span, f->max + 1);
            desk_refuses(&d, tables[i], SYM_TOO_LONG, f->name, "one byte too long");
            if (f->min > 0) {
                wire_with(&d, tables[i], k, put_span, f->min - 1);
                bool absent_is_fine = f->or_absent && f->min == 1;
                desk_refuses(&d, tables[i], absent_is_fine ? SYM_OK : SYM_BAD_VALUE, f->name,
                             "one byte too short");
                checked++;
            }
            desk_close(&d);
        }
    }
    assert_true(checked > 40);
}

static void refuses_one_element_more_than_the_limit(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < tables_count; i++) {
        for (size_t k = 0; k < tables[i]->n_fields; k++) {
            const struct sym_field *f = &tables[i]->fields[k];
            if (!field_is_many(f)) {
                continue;
            }
            struct desk d = desk_open(SAMPLE_LEAST, 0);
            wire_with(&d, tables[i], k, put_elements, f->max_count);
            desk_refuses(&d, tables[i], SYM_OK, f->name, "as many as allowed");
            wire_with(&d, tables[i], k, put_elements, f->max_count + 1);
            desk_refuses(&d, tables[i], SYM_LIMIT, f->name, "one element too many");
            desk_close(&d);
            checked++;
        }
    }
    assert_true(checked >= 9);
}

static void refuses_elements_just_outside_their_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < tables_count; i++) {
        for (size_t k = 0; k < tables[i]->n_fields; k++) {
            const struct sym_field *f = &tables[i]->fields[k];
            if (f->kind != SYM_MANY_BYTES && f->kind != SYM_MANY_TEXT) {
                continue;
            }
            struct desk d = desk_open(SAMPLE_LEAST, 0);
            wire_with(&d, tables[i], k, put_span, f->max);
            assert_int_equal(desk_decode(&d, tables[i], wire_span(&d.wire)), SYM_OK);
            wire_with(&d, tables[i], k, put_span, f->max + 1);
            desk_refuses(&d, tables[i], SYM_TOO_LONG, f->name, "element one byte too long");
            d.wire.len = 0;
            wire_with(&d, tables[i], k, put_elements, 1);
            /* An element is never absent, so that one of no bytes is too short unless none may be.
             */
            struct wire empty;
            wire_open(&empty);
            struct taken t = {.pieces = sample_take(&d.sample, PIECES_MAX * sizeof(struct piece))};
            t.n = pieces_of(t.pieces, wire_span(&d.wire));
            for (size_t p = 0; p < t.n; p++) {
                if (t.pieces[p].field == k + 1) {
                    wire_bytes(&empty, t.pieces[p].field, sym_span(NULL, 0));
                } else {
                    wire_raw(&empty, t.pieces[p].all);
                }
            }
            assert_int_equal(desk_decode(&d, tables[i], wire_span(&empty)),
                             f->min > 0 ? SYM_BAD_VALUE : SYM_OK);
            wire_close(&empty);
            desk_close(&d);
        }
    }
}

static void refuses_a_message_without_a_required_sub_message(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < tables_count; i++) {
        for (size_t k = 0; k < tables[i]->n_fields; k++) {
            const struct sym_field *f = &tables[i]->fields[k];
            if (f->kind != SYM_SUB || f->or_absent) {
                continue;
            }
            struct desk d = desk_open(SAMPLE_MIXED, 11);
            struct taken t = desk_take_apart(&d, tables[i]);
            d.wire.len = 0;
            for (size_t p = 0; p < t.n; p++) {
                if (t.pieces[p].field != k + 1) {
                    wire_raw(&d.wire, t.pieces[p].all);
                }
            }
            desk_refuses(&d, tables[i], SYM_BAD_VALUE, f->name, "absent");
            uint8_t *value = sample_value(&d.sample, tables[i]);
            const void *none = NULL;
            memcpy(value + f->offset, &none, sizeof none);
            size_t len = 7;
            assert_int_equal(sym_encode(d.out, DESK_BYTES, &len, tables[i], value), SYM_BAD_VALUE);
            assert_int_equal(len, 7);
            desk_close(&d);
            checked++;
        }
    }
    assert_int_equal(checked, 7); /* sent and received of close and abort; peer of a pin; exchange
                                   * of a result page; the grant that was added */
}

static void refuses_input_longer_than_any_message(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    put_span(&d.wire, NULL, 1, SYM_CONTROL_BYTES_MAX);
    assert_int_equal(desk_decode(&d, &sym_msg_card_text, wire_span(&d.wire)), SYM_TOO_LONG);
    d.wire.len = SYM_CONTROL_BYTES_MAX;
    assert_int_equal(desk_decode(&d, &sym_msg_card_text, wire_span(&d.wire)), SYM_BAD_FORMAT);
    desk_close(&d);
}

/* Encoding refuses what decoding would refuse. */
static void does_not_encode_what_is_outside_the_limits(void **state)
{
    (void)state;
    static uint8_t long_bytes[SYM_CONTROL_BYTES_MAX + 1];
    memset(long_bytes, 'a', sizeof long_bytes);
    for (size_t i = 0; i < tables_count; i++) {
        struct desk d = desk_open(SAMPLE_LEAST, 12);
        for (size_t k = 0; k < tables[i]->n_fields; k++) {
            const struct sym_field *f = &tables[i]->fields[k];
            uint8_t *value = sample_value(&d.sample, tables[i]);
            void *member = value + f->offset;
            enum sym_err want = SYM_OK;
            size_t len = 7;
            if (f->kind == SYM_U32 && f->max < UINT32_MAX) {
                *(uint32_t *)member = (uint32_t)f->max + 1;
                want = SYM_BAD_VALUE;
            } else if (f->kind == SYM_U64 && f->max < UINT64_MAX) {
                *(uint64_t *)member = f->max + 1;
                want = SYM_BAD_VALUE;
            } else if (f->kind == SYM_BYTES || f->kind == SYM_TEXT) {
                *(struct sym_span *)member = sym_span(long_bytes, f->max + 1);
                want = SYM_TOO_LONG;
            } else if (field_is_many(f)) {
                size_t count = f->max_count + 1;
                memcpy(value + f->count_offset, &count, sizeof count);
                want = SYM_LIMIT;
            }
            assert_int_equal(sym_encode(d.out, DESK_BYTES, &len, tables[i], value), want);
            assert_true(want == SYM_OK || len == 7);
        }
        desk_close(&d);
    }
}

static void does_not_encode_more_than_a_decoder_takes(void **state)
{
    (void)state;
    size_t max = (size_t)SYM_CONTROL_BYTES_MAX + 1024;
    uint8_t *bytes = calloc(1, 2 * max);
    assert_non_null(bytes);
    struct sym_control_reply reply = {.answer = sym_span(bytes, SYM_CONTROL_BYTES_MAX)};
    size_t len = 0;
    assert_int_equal(sym_encode(bytes + max, max, &len, &sym_msg_control_reply, &reply),
                     SYM_TOO_LONG);
    reply.answer.len = SYM_CONTROL_BYTES_MAX - 4; /* tag, and three bytes of length */
    assert_int_equal(sym_encode(bytes + max, max, &len, &sym_msg_control_reply, &reply), SYM_OK);
    assert_int_equal(len, SYM_CONTROL_BYTES_MAX);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_every_number_just_outside_its_range),
        cmocka_unit_test(refuses_every_length_just_outside_its_range),
        cmocka_unit_test(refuses_one_element_more_than_the_limit),
        cmocka_unit_test(refuses_elements_just_outside_their_length),
        cmocka_unit_test(refuses_a_message_without_a_required_sub_message),
        cmocka_unit_test(refuses_input_longer_than_any_message),
        cmocka_unit_test(does_not_encode_what_is_outside_the_limits),
        cmocka_unit_test(does_not_encode_more_than_a_decoder_takes),
    };
    return cmocka_run_group_tests(tests, tables_collect, NULL);
}
