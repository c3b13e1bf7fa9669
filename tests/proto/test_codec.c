#include "proto/codec.h"

#include "proto/limits.h"
#include "tests/support/messages.h"
#include "tests/support/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_BYTES  SYM_CONTROL_BYTES_MAX
#define ALL_TABLES 64u
#define SEEDS      20u

/* Every table, those inside other messages included. */
static const struct sym_message *all[ALL_TABLES];
static size_t n_all;

static void collect(const struct sym_message *message)
{
    for (size_t i = 0; i < n_all; i++) {
        if (all[i] == message) {
            return;
        }
    }
    assert_true(n_all < ALL_TABLES);
    all[n_all++] = message;
    for (size_t i = 0; i < message->n_fields; i++) {
        if (message->fields[i].sub != NULL) {
            collect(message->fields[i].sub);
        }
    }
}

static int collect_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < MESSAGE_TABLES; i++) {
        collect(message_tables[i]);
    }
    return 0;
}

/* What one test needs of memory. */
struct desk {
    struct sample sample;
    struct wire wire;
    uint8_t *out;
    void *value; /* where decoded values go */
};

static struct desk desk_open(enum sample_size size, uint64_t seed)
{
    struct desk d = {.out = malloc(OUT_BYTES)};
    assert_non_null(d.out);
    sample_open(&d.sample, size, seed);
    wire_open(&d.wire);
    d.value = sample_take(&d.sample, 4096);
    return d;
}

static void desk_close(struct desk *d)
{
    sample_close(&d->sample);
    wire_close(&d->wire);
    free(d->out);
}

static struct sym_span encoded(struct desk *d, const struct sym_message *m, const void *value)
{
    size_t len = 0;
    enum sym_err err = sym_encode(d->out, OUT_BYTES, &len, m, value);
    if (err != SYM_OK) {
        fail_msg("%s: cannot be encoded: %s", m->name, sym_err_name(err));
    }
    return sym_span(d->out, len);
}

/* Decodes; a refusal must leave value and arena untouched. */
static enum sym_err decode(struct desk *d, const struct sym_message *m, struct sym_span bytes)
{
    struct sym_arena arena = {0};
    assert_true(m->size <= 4096);
    memset(d->value, 0x5a, m->size);
    enum sym_err err = sym_decode(&arena, d->value, m, bytes);
    if (err != SYM_OK) {
        assert_null(arena.block);
        for (size_t i = 0; i < m->size; i++) {
            assert_int_equal(((const uint8_t *)d->value)[i], 0x5a);
        }
    }
    sym_arena_clear(&arena);
    return err;
}

static void assert_refused(struct desk *d, const struct sym_message *m, enum sym_err want,
                           const char *field, const char *what)
{
    enum sym_err err = decode(d, m, wire_span(&d->wire));
    if (err != want) {
        fail_msg("%s.%s: %s: %s instead of %s", m->name, field, what, sym_err_name(err),
                 sym_err_name(want));
    }
}

static bool is_many(const struct sym_field *f)
{
    return f->kind == SYM_MANY_BYTES || f->kind == SYM_MANY_TEXT || f->kind == SYM_MANY_SUB;
}

static bool is_number(const struct sym_field *f)
{
    return f->kind == SYM_U32 || f->kind == SYM_U64 || f->kind == SYM_BOOL;
}

/* One encoding in which every field is present, taken apart. */
struct taken {
    struct piece *pieces;
    size_t n;
};

static struct taken take_apart(struct desk *d, const struct sym_message *m)
{
    struct taken t = {.pieces = sample_take(&d->sample, PIECES_MAX * sizeof(struct piece))};
    t.n = pieces_of(t.pieces, encoded(d, m, sample_value(&d->sample, m)));
    return t;
}

/* Puts all pieces before index i onto an emptied wire; finish_wire adds those behind it. */
static void start_wire(struct desk *d, const struct taken *t, size_t i)
{
    d->wire.len = 0;
    for (size_t k = 0; k < i; k++) {
        wire_raw(&d->wire, t->pieces[k].all);
    }
}

static void finish_wire(struct desk *d, const struct taken *t, size_t i)
{
    for (size_t k = i + 1; k < t->n; k++) {
        wire_raw(&d->wire, t->pieces[k].all);
    }
}

static const struct sym_field *field_of(const struct sym_message *m, const struct piece *p)
{
    assert_true(p->field >= 1 && p->field <= m->n_fields);
    return &m->fields[p->field - 1];
}

/* Tables ----------------------------------------------------------------------------------------
 */

static void every_table_agrees_with_its_schema(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_all; i++) {
        struct sym_fault fault = {.text = ""};
        if (sym_message_check(all[i], &fault) != SYM_OK) {
            fail_msg("%s", fault.text);
        }
    }
}

/* Reads "message Name {" at the start of a line. */
static size_t names_covered(const char *path)
{
    char line[256];
    char name[64];
    size_t n = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("cannot open %s: run from the top of the tree", path);
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "message %63[A-Za-z0-9]", name) != 1) {
            continue;
        }
        bool found = false;
        for (size_t i = 0; i < n_all; i++) {
            found = found || strcmp(all[i]->name + strlen("symbolon."), name) == 0;
        }
        if (!found) {
            fail_msg("%s: message %s has no table, or tables.h does not list it", path, name);
        }
        n++;
    }
    (void)fclose(file);
    return n;
}

static void every_message_of_the_schemas_has_a_table(void **state)
{
    (void)state;
    size_t n = names_covered("proto/exchange.proto") + names_covered("proto/control.proto") +
               names_covered("proto/local.proto");
    assert_int_equal(n, n_all);
}

static void refuses_a_table_that_disagrees_with_its_schema(void **state)
{
    (void)state;
    struct sym_field fields[2] = {sym_msg_signed.fields[0], sym_msg_signed.fields[1]};
    struct sym_message m = sym_msg_signed;
    m.fields = fields;
    assert_int_equal(sym_message_check(&m, NULL), SYM_OK);
    fields[1].name = "seal";
    assert_int_equal(sym_message_check(&m, NULL), SYM_BAD_FORMAT);
    fields[1].name = "signature";
    fields[1].kind = SYM_TEXT;
    assert_int_equal(sym_message_check(&m, NULL), SYM_BAD_FORMAT);
    fields[1].kind = SYM_MANY_BYTES;
    assert_int_equal(sym_message_check(&m, NULL), SYM_BAD_FORMAT);
    fields[1].kind = SYM_BYTES;
    m.n_fields = 1;
    assert_int_equal(sym_message_check(&m, NULL), SYM_BAD_FORMAT);
    m.n_fields = 2;
    m.name = "symbolon.Unheard";
    assert_int_equal(sym_message_check(&m, NULL), SYM_NOT_FOUND);
    struct sym_field list = sym_msg_peer_list.fields[0];
    struct sym_message peers = sym_msg_peer_list;
    peers.fields = &list;
    list.sub = &sym_msg_setting;
    assert_int_equal(sym_message_check(&peers, NULL), SYM_BAD_FORMAT);
    list.sub = NULL;
    assert_int_equal(sym_message_check(&peers, NULL), SYM_BAD_FORMAT);
}

static void refuses_a_message_that_is_in_no_schema(void **state)
{
    (void)state;
    struct sym_message m = sym_msg_empty;
    m.name = "symbolon.Unheard";
    struct sym_empty value = {0};
    struct sym_arena arena = {0};
    uint8_t out[8];
    size_t len = 0;
    assert_int_equal(sym_decode(&arena, &value, &m, sym_span(NULL, 0)), SYM_INTERNAL);
    assert_int_equal(sym_encode(out, sizeof out, &len, &m, &value), SYM_INTERNAL);
}

/* There and back --------------------------------------------------------------------------------
 */

static void assert_survives(const struct sym_message *m, enum sample_size size, uint64_t seed)
{
    struct desk d = desk_open(size, seed);
    void *value = sample_value(&d.sample, m);
    struct sym_span first = encoded(&d, m, value);
    struct sym_arena arena = {0};
    uint8_t *again = malloc(first.len + 1);
    assert_non_null(again);
    size_t len = 0;
    enum sym_err err = sym_decode(&arena, d.value, m, first);
    if (err != SYM_OK) {
        fail_msg("%s: size %d: %s", m->name, (int)size, sym_err_name(err));
    }
    assert_true(message_equal(m, value, d.value));
    assert_int_equal(sym_encode(again, first.len, &len, m, d.value), SYM_OK);
    assert_true(sym_span_equal(first, sym_span(again, len)));
    if (first.len > 0) {
        assert_int_equal(sym_encode(again, first.len - 1, &len, m, d.value), SYM_TOO_LONG);
    }
    free(again);
    sym_arena_clear(&arena);
    desk_close(&d);
}

static void the_smallest_of_every_message_survives_a_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_all; i++) {
        assert_survives(all[i], SAMPLE_LEAST, 0);
    }
}

static void the_largest_of_every_message_survives_a_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_all; i++) {
        assert_survives(all[i], SAMPLE_MOST, 1);
    }
}

static void every_message_survives_a_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_all; i++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            assert_survives(all[i], SAMPLE_MIXED, seed);
        }
    }
}

static void an_empty_message_is_no_bytes(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    struct sym_empty empty = {0};
    struct sym_gate_stop stop = {0};
    struct sym_ping ping = {0};
    assert_int_equal(encoded(&d, &sym_msg_empty, &empty).len, 0);
    assert_int_equal(encoded(&d, &sym_msg_gate_stop, &stop).len, 0);
    assert_int_equal(encoded(&d, &sym_msg_ping, &ping).len, 0);
    assert_int_equal(decode(&d, &sym_msg_empty, sym_span(NULL, 0)), SYM_OK);
    assert_int_equal(decode(&d, &sym_msg_gate_stop, sym_span(NULL, 0)), SYM_OK);
    assert_int_equal(decode(&d, &sym_msg_empty, sym_span("\0", 1)), SYM_BAD_FORMAT);
    assert_int_equal(decode(&d, &sym_msg_empty, sym_span("\x08\x01", 2)), SYM_BAD_FORMAT);
    size_t len = 9;
    assert_int_equal(sym_encode(d.out, 0, &len, &sym_msg_empty, &empty), SYM_OK);
    assert_int_equal(len, 0);
    desk_close(&d);
}

static void a_decoded_value_does_not_borrow_from_its_input(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    struct sym_peer_name name = {.alias = sym_span_text("bank-b")};
    struct sym_span bytes = encoded(&d, &sym_msg_peer_name, &name);
    struct sym_arena arena = {0};
    struct sym_peer_name got;
    assert_int_equal(sym_decode(&arena, &got, &sym_msg_peer_name, bytes), SYM_OK);
    memset(d.out, 'x', bytes.len);
    assert_true(sym_span_equal(got.alias, sym_span_text("bank-b")));
    sym_arena_clear(&arena);
    assert_null(arena.block);
    sym_arena_clear(&arena);
    desk_close(&d);
}

/* One encoding only -----------------------------------------------------------------------------
 */

static void refuses_an_unknown_field_in_every_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_all; i++) {
        struct desk d = desk_open(SAMPLE_MIXED, 1);
        struct taken t = take_apart(&d, all[i]);
        const uint32_t unknown[] = {(uint32_t)all[i]->n_fields + 1, 1000, 536870911};
        for (size_t k = 0; k < 3; k++) {
            start_wire(&d, &t, t.n);
            wire_number(&d.wire, unknown[k], 1);
            assert_refused(&d, all[i], SYM_BAD_FORMAT, "?", "unknown number");
            start_wire(&d, &t, t.n);
            wire_bytes(&d.wire, unknown[k], sym_span_text("hi"));
            assert_refused(&d, all[i], SYM_BAD_FORMAT, "?", "unknown bytes");
        }
        desk_close(&d);
    }
}

static void refuses_an_unknown_field_inside_a_sub_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_all; i++) {
        struct desk d = desk_open(SAMPLE_MOST, 1);
        struct taken t = take_apart(&d, all[i]);
        for (size_t k = 0; k < t.n; k++) {
            const struct sym_field *f = field_of(all[i], &t.pieces[k]);
            if (f->sub == NULL) {
                continue;
            }
            struct wire inner;
            wire_open(&inner);
            wire_raw(&inner, t.pieces[k].value);
            wire_number(&inner, 999, 1);
            start_wire(&d, &t, k);
            wire_bytes(&d.wire, t.pieces[k].field, wire_span(&inner));
            finish_wire(&d, &t, k);
            assert_refused(&d, all[i], SYM_BAD_FORMAT, f->name, "unknown field inside");
            wire_close(&inner);
        }
        desk_close(&d);
    }
}

static void refuses_every_single_field_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_all; i++) {
        struct desk d = desk_open(SAMPLE_MOST, 2);
        struct taken t = take_apart(&d, all[i]);
        for (size_t k = 0; k < t.n; k++) {
            const struct sym_field *f = field_of(all[i], &t.pieces[k]);
            if (!is_many(f)) {
                start_wire(&d, &t, k);
                wire_raw(&d.wire, t.pieces[k].all);
                wire_raw(&d.wire, t.pieces[k].all);
                finish_wire(&d, &t, k);
                assert_refused(&d, all[i], SYM_BAD_FORMAT, f->name, "twice");
            }
        }
        desk_close(&d);
    }
}

static void refuses_a_zero_that_is_spelt_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_all; i++) {
        struct desk d = desk_open(SAMPLE_MOST, 3);
        struct taken t = take_apart(&d, all[i]);
        for (size_t k = 0; k < t.n; k++) {
            const struct sym_field *f = field_of(all[i], &t.pieces[k]);
            if (is_many(f) || f->kind == SYM_SUB) {
                continue;
            }
            start_wire(&d, &t, k);
            if (is_number(f)) {
                wire_number(&d.wire, t.pieces[k].field, 0);
            } else {
                wire_bytes(&d.wire, t.pieces[k].field, sym_span(NULL, 0));
            }
            finish_wire(&d, &t, k);
            assert_refused(&d, all[i], SYM_BAD_FORMAT, f->name, "zero");
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
    for (size_t i = 0; i < n_all; i++) {
        struct desk d = desk_open(SAMPLE_MIXED, 4);
        struct taken t = take_apart(&d, all[i]);
        for (size_t k = 0; k < t.n; k++) {
            const char *name = field_of(all[i], &t.pieces[k])->name;
            start_wire(&d, &t, k);
            wire_number_padded(&d.wire, &t.pieces[k], 0, 0);
            finish_wire(&d, &t, k);
            assert_int_equal(decode(&d, all[i], wire_span(&d.wire)), SYM_OK);
            start_wire(&d, &t, k);
            wire_number_padded(&d.wire, &t.pieces[k], 1, 0);
            finish_wire(&d, &t, k);
            assert_refused(&d, all[i], SYM_BAD_FORMAT, name, "overlong tag");
            start_wire(&d, &t, k);
            wire_number_padded(&d.wire, &t.pieces[k], 0, 1);
            finish_wire(&d, &t, k);
            assert_refused(&d, all[i], SYM_BAD_FORMAT, name, "overlong number");
        }
        desk_close(&d);
    }
}

static void refuses_a_number_too_large_for_its_type(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    wire_number(&d.wire, 1, 1);
    assert_int_equal(decode(&d, &sym_msg_ping, wire_span(&d.wire)), SYM_OK);
    static const char eleven[] = "\x08\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01";
    assert_int_equal(decode(&d, &sym_msg_ping, sym_span(eleven, sizeof eleven - 1)),
                     SYM_BAD_FORMAT);
    static const char ten[] = "\x08\x81\x80\x80\x80\x80\x80\x80\x80\x80\x02";
    assert_int_equal(decode(&d, &sym_msg_ping, sym_span(ten, sizeof ten - 1)), SYM_BAD_FORMAT);
    /* A uint32 of which the library drops the upper half, and a bool above 1. */
    struct taken t = take_apart(&d, &sym_msg_process);
    start_wire(&d, &t, 1);
    wire_number(&d.wire, 2, (1ull << 32) + 7);
    assert_refused(&d, &sym_msg_process, SYM_BAD_FORMAT, "pid", "33 bits");
    start_wire(&d, &t, 2);
    wire_number(&d.wire, 3, 1);
    assert_int_equal(decode(&d, &sym_msg_process, wire_span(&d.wire)), SYM_OK);
    start_wire(&d, &t, 2);
    wire_number(&d.wire, 3, 2);
    assert_refused(&d, &sym_msg_process, SYM_BAD_FORMAT, "seccomp", "bool of 2");
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
    for (size_t i = 0; i < n_all; i++) {
        struct desk d = desk_open(SAMPLE_MOST, 5);
        struct taken t = take_apart(&d, all[i]);
        for (size_t k = 0; k < t.n; k++) {
            const struct sym_field *f = field_of(all[i], &t.pieces[k]);
            for (unsigned type = 0; type < 8; type++) {
                if (type == t.pieces[k].type) {
                    continue;
                }
                start_wire(&d, &t, k);
                wire_as_type(&d.wire, t.pieces[k].field, type);
                finish_wire(&d, &t, k);
                assert_refused(&d, all[i], SYM_BAD_FORMAT, f->name, "wrong wire type");
            }
        }
        desk_close(&d);
    }
}

static void refuses_fields_out_of_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_all; i++) {
        struct desk d = desk_open(SAMPLE_MOST, 6);
        struct taken t = take_apart(&d, all[i]);
        for (size_t k = 0; k + 1 < t.n; k++) {
            if (t.pieces[k].field == t.pieces[k + 1].field) {
                continue;
            }
            start_wire(&d, &t, k);
            wire_raw(&d.wire, t.pieces[k + 1].all);
            wire_raw(&d.wire, t.pieces[k].all);
            finish_wire(&d, &t, k + 1);
            assert_refused(&d, all[i], SYM_BAD_FORMAT, field_of(all[i], &t.pieces[k])->name,
                           "out of order");
        }
        desk_close(&d);
    }
}

static void refuses_bytes_after_the_end_of_every_message(void **state)
{
    (void)state;
    static const char *const tails[] = {"\x01", "\x7f", "\x80", "\xff", "\x08"};
    for (size_t i = 0; i < n_all; i++) {
        struct desk d = desk_open(SAMPLE_MIXED, 7);
        struct taken t = take_apart(&d, all[i]);
        for (size_t k = 0; k < sizeof tails / sizeof *tails; k++) {
            start_wire(&d, &t, t.n);
            wire_raw(&d.wire, sym_span_text(tails[k]));
            assert_refused(&d, all[i], SYM_BAD_FORMAT, "?", "trailing byte");
        }
        start_wire(&d, &t, t.n);
        wire_raw(&d.wire, sym_span("\0", 1));
        assert_refused(&d, all[i], SYM_BAD_FORMAT, "?", "trailing zero");
        desk_close(&d);
    }
}

/* Where optional fields are cut off, what is left may be a message of its own: then it must be
 * exactly that message's encoding. */
static void refuses_every_message_cut_off_inside_a_field(void **state)
{
    (void)state;
    size_t accepted = 0;
    for (size_t i = 0; i < n_all; i++) {
        struct desk d = desk_open(SAMPLE_MIXED, 8);
        d.sample.longest = 100;
        struct taken t = take_apart(&d, all[i]);
        start_wire(&d, &t, t.n);
        size_t boundary = 0;
        size_t at_boundary = 0;
        for (size_t len = 0; len < d.wire.len; len++) {
            while (at_boundary < len && boundary < t.n) {
                at_boundary += t.pieces[boundary++].all.len;
            }
            enum sym_err err = decode(&d, all[i], sym_span(d.wire.bytes, len));
            if (err == SYM_OK && at_boundary != len) {
                fail_msg("%s: accepted with %zu bytes of %zu", all[i]->name, len, d.wire.len);
            }
            accepted += err == SYM_OK ? 1 : 0;
        }
        desk_close(&d);
    }
    assert_true(accepted > 0);
}

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
    assert_int_equal(sym_encode(d->out, OUT_BYTES, &len, m, sample_value(&least, m)), SYM_OK);
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
    for (size_t i = 0; i < n_all; i++) {
        for (size_t k = 0; k < all[i]->n_fields; k++) {
            const struct sym_field *f = &all[i]->fields[k];
            uint64_t type_max = f->kind == SYM_U32 ? UINT32_MAX : UINT64_MAX;
            if (!is_number(f) || f->kind == SYM_BOOL) {
                continue;
            }
            struct desk d = desk_open(SAMPLE_LEAST, 0);
            wire_with(&d, all[i], k, put_number, f->max);
            assert_int_equal(decode(&d, all[i], wire_span(&d.wire)), SYM_OK);
            if (f->max < type_max) {
                wire_with(&d, all[i], k, put_number, f->max + 1);
                assert_refused(&d, all[i], SYM_BAD_VALUE, f->name, "one too large");
                checked++;
            }
            if (f->min > 0) {
                wire_with(&d, all[i], k, put_number, f->min - 1);
                assert_refused(&d, all[i], SYM_BAD_VALUE, f->name, "one too small");
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
    for (size_t i = 0; i < n_all; i++) {
        for (size_t k = 0; k < all[i]->n_fields; k++) {
            const struct sym_field *f = &all[i]->fields[k];
            if (f->kind != SYM_BYTES && f->kind != SYM_TEXT) {
                continue;
            }
            struct desk d = desk_open(SAMPLE_LEAST, 0);
            wire_with(&d, all[i], k, put_span, f->max);
            bool fits = d.wire.len <= SYM_CONTROL_BYTES_MAX;
            assert_int_equal(decode(&d, all[i], wire_span(&d.wire)), fits ? SYM_OK : SYM_TOO_LONG);
            wire_with(&d, all[i], k, put_span, f->max + 1);
            assert_refused(&d, all[i], SYM_TOO_LONG, f->name, "one byte too long");
            if (f->min > 0) {
                wire_with(&d, all[i], k, put_span, f->min - 1);
                bool absent_is_fine = f->or_absent && f->min == 1;
                assert_refused(&d, all[i], absent_is_fine ? SYM_OK : SYM_BAD_VALUE, f->name,
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
    for (size_t i = 0; i < n_all; i++) {
        for (size_t k = 0; k < all[i]->n_fields; k++) {
            const struct sym_field *f = &all[i]->fields[k];
            if (!is_many(f)) {
                continue;
            }
            struct desk d = desk_open(SAMPLE_LEAST, 0);
            wire_with(&d, all[i], k, put_elements, f->max_count);
            assert_refused(&d, all[i], SYM_OK, f->name, "as many as allowed");
            wire_with(&d, all[i], k, put_elements, f->max_count + 1);
            assert_refused(&d, all[i], SYM_LIMIT, f->name, "one element too many");
            desk_close(&d);
            checked++;
        }
    }
    assert_true(checked >= 9);
}

static void refuses_elements_just_outside_their_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_all; i++) {
        for (size_t k = 0; k < all[i]->n_fields; k++) {
            const struct sym_field *f = &all[i]->fields[k];
            if (f->kind != SYM_MANY_BYTES && f->kind != SYM_MANY_TEXT) {
                continue;
            }
            struct desk d = desk_open(SAMPLE_LEAST, 0);
            wire_with(&d, all[i], k, put_span, f->max);
            assert_int_equal(decode(&d, all[i], wire_span(&d.wire)), SYM_OK);
            wire_with(&d, all[i], k, put_span, f->max + 1);
            assert_refused(&d, all[i], SYM_TOO_LONG, f->name, "element one byte too long");
            d.wire.len = 0;
            wire_with(&d, all[i], k, put_elements, 1);
            /* An element is never absent, so that one of no bytes is too short. */
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
            assert_int_equal(decode(&d, all[i], wire_span(&empty)), SYM_BAD_VALUE);
            wire_close(&empty);
            desk_close(&d);
        }
    }
}

static void refuses_a_message_without_a_required_sub_message(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < n_all; i++) {
        for (size_t k = 0; k < all[i]->n_fields; k++) {
            const struct sym_field *f = &all[i]->fields[k];
            if (f->kind != SYM_SUB || f->or_absent) {
                continue;
            }
            struct desk d = desk_open(SAMPLE_MIXED, 11);
            struct taken t = take_apart(&d, all[i]);
            d.wire.len = 0;
            for (size_t p = 0; p < t.n; p++) {
                if (t.pieces[p].field != k + 1) {
                    wire_raw(&d.wire, t.pieces[p].all);
                }
            }
            assert_refused(&d, all[i], SYM_BAD_VALUE, f->name, "absent");
            uint8_t *value = sample_value(&d.sample, all[i]);
            const void *none = NULL;
            memcpy(value + f->offset, &none, sizeof none);
            size_t len = 7;
            assert_int_equal(sym_encode(d.out, OUT_BYTES, &len, all[i], value), SYM_BAD_VALUE);
            assert_int_equal(len, 7);
            desk_close(&d);
            checked++;
        }
    }
    assert_int_equal(checked, 5); /* sent and received of close and abort; peer of a pin */
}

static void refuses_input_longer_than_any_message(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    put_span(&d.wire, NULL, 1, SYM_CONTROL_BYTES_MAX);
    assert_int_equal(decode(&d, &sym_msg_card_text, wire_span(&d.wire)), SYM_TOO_LONG);
    d.wire.len = SYM_CONTROL_BYTES_MAX;
    assert_int_equal(decode(&d, &sym_msg_card_text, wire_span(&d.wire)), SYM_BAD_FORMAT);
    desk_close(&d);
}

/* Encoding refuses what decoding would refuse. */
static void does_not_encode_what_is_outside_the_limits(void **state)
{
    (void)state;
    static uint8_t long_bytes[SYM_CONTROL_BYTES_MAX + 1];
    memset(long_bytes, 'a', sizeof long_bytes);
    for (size_t i = 0; i < n_all; i++) {
        struct desk d = desk_open(SAMPLE_LEAST, 12);
        for (size_t k = 0; k < all[i]->n_fields; k++) {
            const struct sym_field *f = &all[i]->fields[k];
            uint8_t *value = sample_value(&d.sample, all[i]);
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
            } else if (is_many(f)) {
                size_t count = f->max_count + 1;
                memcpy(value + f->count_offset, &count, sizeof count);
                want = SYM_LIMIT;
            }
            assert_int_equal(sym_encode(d.out, OUT_BYTES, &len, all[i], value), want);
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

/* Text ------------------------------------------------------------------------------------------
 */

static const struct sym_span unclean[] = {
#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }
    TEXT("a\0b"),              /* a C string would end here */
    TEXT("\0"),                /* … and be empty */
    TEXT("ab\0"),              /* … and lose its last byte */
    TEXT("\0ab"),              /* … or all of them */
    TEXT("\x01"),              /* C0 */
    TEXT("a\rb"),              /* CR would hide what stands before it on a terminal */
    TEXT("\x1b[31m"),          /* escape sequence */
    TEXT("a\x7f"),             /* DEL */
    TEXT("\xc2\x80"),          /* C1, U+0080 */
    TEXT("\xc2\x9b"),          /* C1, CSI */
    TEXT("\xc2\x9f"),          /* C1, U+009F */
    TEXT("\x80"),              /* continuation without a start */
    TEXT("a\xbf"),             /* the same, later */
    TEXT("\xc0\xaf"),          /* overlong slash */
    TEXT("\xc1\x81"),          /* overlong A */
    TEXT("\xe0\x80\xaf"),      /* overlong, three bytes */
    TEXT("\xe0\x9f\xbf"),      /* the largest overlong of three */
    TEXT("\xf0\x80\x80\xaf"),  /* overlong, four bytes */
    TEXT("\xf0\x8f\xbf\xbf"),  /* the largest overlong of four */
    TEXT("\xed\xa0\x80"),      /* first surrogate */
    TEXT("\xed\xbf\xbf"),      /* last surrogate */
    TEXT("\xf4\x90\x80\x80"),  /* above U+10FFFF */
    TEXT("\xf5\x80\x80\x80"),  /* starts no sequence */
    TEXT("\xf8\x88\x80\x80"),  /* five bytes of old */
    TEXT("\xff"),              /* never */
    TEXT("\xc3"),              /* cut off after one of two */
    TEXT("\xe2\x82"),          /* two of three */
    TEXT("\xf0\x9f\x94"),      /* three of four */
    TEXT("\xc3\x28"),          /* no continuation */
    TEXT("\xe2\x82\x28"),      /* no second one */
    TEXT("\xf0\x9f\x94\x28z"), /* no third one */
};

static const struct sym_span clean[] = {
    TEXT("a"),
    TEXT("two\nlines\tand a tab"),
    TEXT("~ \x7e"),
    TEXT("\xc2\xa0"),         /* U+00A0, the first after C1 */
    TEXT("\xdf\xbf"),         /* U+07FF */
    TEXT("\xe0\xa0\x80"),     /* U+0800 */
    TEXT("\xed\x9f\xbf"),     /* U+D7FF */
    TEXT("\xee\x80\x80"),     /* U+E000 */
    TEXT("\xef\xbf\xbf"),     /* U+FFFF */
    TEXT("\xf0\x90\x80\x80"), /* U+10000 */
    TEXT("\xf4\x8f\xbf\xbf"), /* U+10FFFF */
    TEXT("Caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac"),
#undef TEXT
};

static enum sym_err decode_as_text(struct desk *d, struct sym_span text, bool element)
{
    d->wire.len = 0;
    if (!element) {
        wire_bytes(&d->wire, 1, text);
        return decode(d, &sym_msg_peer_name, wire_span(&d->wire));
    }
    static const uint8_t id[32] = {1};
    wire_bytes(&d->wire, 1, sym_span(id, sizeof id));
    wire_bytes(&d->wire, 2, sym_span_text("first"));
    wire_bytes(&d->wire, 2, text);
    return decode(d, &sym_msg_gate_dial, wire_span(&d->wire));
}

static enum sym_err encode_text(struct desk *d, struct sym_span text, bool element)
{
    static const uint8_t id[32] = {1};
    size_t len = 0;
    struct sym_peer_name name = {.alias = text};
    struct sym_gate_dial dial = {
        .id = sym_span(id, sizeof id), .addresses = &text, .n_addresses = 1};
    return element ? sym_encode(d->out, OUT_BYTES, &len, &sym_msg_gate_dial, &dial)
                   : sym_encode(d->out, OUT_BYTES, &len, &sym_msg_peer_name, &name);
}

static void refuses_text_that_is_not_clean(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    for (size_t i = 0; i < sizeof unclean / sizeof *unclean; i++) {
        for (int element = 0; element < 2; element++) {
            if (decode_as_text(&d, unclean[i], element == 1) != SYM_BAD_FORMAT ||
                encode_text(&d, unclean[i], element == 1) != SYM_BAD_FORMAT) {
                fail_msg("text %zu is not refused (as an element: %d)", i, element);
            }
        }
    }
    desk_close(&d);
}

static void takes_text_that_is_clean(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    for (size_t i = 0; i < sizeof clean / sizeof *clean; i++) {
        for (int element = 0; element < 2; element++) {
            if (decode_as_text(&d, clean[i], element == 1) != SYM_OK ||
                encode_text(&d, clean[i], element == 1) != SYM_OK) {
                fail_msg("text %zu is refused (as an element: %d)", i, element);
            }
        }
    }
    desk_close(&d);
}

static void takes_any_bytes_where_bytes_are_meant(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    for (size_t i = 0; i < sizeof unclean / sizeof *unclean; i++) {
        d.wire.len = 0;
        wire_bytes(&d.wire, 1, unclean[i]);
        assert_int_equal(decode(&d, &sym_msg_card_text, wire_span(&d.wire)), SYM_OK);
    }
    desk_close(&d);
}

/* Memory ----------------------------------------------------------------------------------------
 */

/* A megabyte of two-byte sub-messages would be half a million structs. */
static void refuses_a_flood_of_empty_sub_messages(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    for (size_t i = 0; i < SYM_CONTROL_BYTES_MAX / 2; i++) {
        wire_raw(&d.wire, sym_span("\x0a\0", 2));
    }
    assert_int_equal(decode(&d, &sym_msg_peer_list, wire_span(&d.wire)), SYM_LIMIT);
    assert_int_equal(decode(&d, &sym_msg_setting_list, wire_span(&d.wire)), SYM_LIMIT);
    assert_int_equal(decode(&d, &sym_msg_user_list, wire_span(&d.wire)), SYM_LIMIT);
    assert_int_equal(decode(&d, &sym_msg_card_renew, wire_span(&d.wire)), SYM_LIMIT);
    assert_int_equal(decode(&d, &sym_msg_signed, wire_span(&d.wire)), SYM_LIMIT);
    desk_close(&d);
}

/* The library merges a repeated sub-message into the first, copying the lists inside each time. */
static void refuses_a_flood_of_sub_messages_that_merge(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_LEAST, 0);
    for (size_t i = 0; i < SYM_SIGNED_BYTES_MAX / 4; i++) {
        wire_raw(&d.wire, sym_span("\x7a\x02\x1a\0", 4)); /* evidence { consistency: "" } */
    }
    assert_int_equal(decode(&d, &sym_msg_request, wire_span(&d.wire)), SYM_LIMIT);
    desk_close(&d);
}

static void memory_stays_a_small_multiple_of_the_input(void **state)
{
    (void)state;
    struct desk d = desk_open(SAMPLE_MOST, 13);
    for (size_t i = 0; i < n_all; i++) {
        struct sym_arena arena = {0};
        struct sym_span bytes = encoded(&d, all[i], sample_value(&d.sample, all[i]));
        assert_int_equal(sym_decode(&arena, d.value, all[i], bytes), SYM_OK);
        assert_true(arena.used <= arena.max && arena.max <= 16 * bytes.len + 16384);
        sym_arena_clear(&arena);
    }
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table_agrees_with_its_schema),
        cmocka_unit_test(every_message_of_the_schemas_has_a_table),
        cmocka_unit_test(refuses_a_table_that_disagrees_with_its_schema),
        cmocka_unit_test(refuses_a_message_that_is_in_no_schema),
        cmocka_unit_test(the_smallest_of_every_message_survives_a_round_trip),
        cmocka_unit_test(the_largest_of_every_message_survives_a_round_trip),
        cmocka_unit_test(every_message_survives_a_round_trip),
        cmocka_unit_test(an_empty_message_is_no_bytes),
        cmocka_unit_test(a_decoded_value_does_not_borrow_from_its_input),
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
        cmocka_unit_test(refuses_every_number_just_outside_its_range),
        cmocka_unit_test(refuses_every_length_just_outside_its_range),
        cmocka_unit_test(refuses_one_element_more_than_the_limit),
        cmocka_unit_test(refuses_elements_just_outside_their_length),
        cmocka_unit_test(refuses_a_message_without_a_required_sub_message),
        cmocka_unit_test(refuses_input_longer_than_any_message),
        cmocka_unit_test(does_not_encode_what_is_outside_the_limits),
        cmocka_unit_test(does_not_encode_more_than_a_decoder_takes),
        cmocka_unit_test(refuses_text_that_is_not_clean),
        cmocka_unit_test(takes_text_that_is_clean),
        cmocka_unit_test(takes_any_bytes_where_bytes_are_meant),
        cmocka_unit_test(refuses_a_flood_of_empty_sub_messages),
        cmocka_unit_test(refuses_a_flood_of_sub_messages_that_merge),
        cmocka_unit_test(memory_stays_a_small_multiple_of_the_input),
    };
    return cmocka_run_group_tests(tests, collect_all, NULL);
}
