#include "tests/support/desk.h"

#include "tests/support/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define TABLES_MAX  192u
#define VALUE_BYTES 4096u

const struct sym_message *tables[TABLES_MAX];
size_t tables_count;

static void collect(const struct sym_message *message)
{
    for (size_t i = 0; i < tables_count; i++) {
        if (tables[i] == message) {
            return;
        }
    }
    assert_true(tables_count < TABLES_MAX);
    tables[tables_count++] = message;
    for (size_t i = 0; i < message->n_fields; i++) {
        if (message->fields[i].sub != NULL) {
            collect(message->fields[i].sub);
        }
    }
}

int tables_collect(void **state)
{
    (void)state;
    for (size_t i = 0; i < MESSAGE_TABLES; i++) {
        collect(message_tables[i]);
    }
    return 0;
}

struct desk desk_open(enum sample_size size, uint64_t seed)
{
    struct desk d = {.out = malloc(DESK_BYTES)};
    assert_non_null(d.out);
    sample_open(&d.sample, size, seed);
    wire_open(&d.wire);
    d.value = sample_take(&d.sample, VALUE_BYTES);
    return d;
}

void desk_close(struct desk *d)
{
    sample_close(&d->sample);
    wire_close(&d->wire);
    free(d->out);
}

struct sym_span desk_encode(struct desk *d, const struct sym_message *m, const void *value)
{
    size_t len = 0;
    enum sym_err err = sym_encode(d->out, DESK_BYTES, &len, m, value);
    if (err != SYM_OK) {
        fail_msg("%s: cannot be encoded: %s", m->name, sym_err_name(err));
    }
    return sym_span(d->out, len);
}

enum sym_err desk_decode(struct desk *d, const struct sym_message *m, struct sym_span bytes)
{
    struct sym_arena arena = {0};
    assert_true(m->size <= VALUE_BYTES);
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

void desk_refuses(struct desk *d, const struct sym_message *m, enum sym_err want, const char *field,
                  const char *what)
{
    enum sym_err err = desk_decode(d, m, wire_span(&d->wire));
    if (err != want) {
        fail_msg("%s.%s: %s: %s instead of %s", m->name, field, what, sym_err_name(err),
                 sym_err_name(want));
    }
}

bool field_is_many(const struct sym_field *f)
{
    return f->kind == SYM_MANY_BYTES || f->kind == SYM_MANY_TEXT || f->kind == SYM_MANY_SUB;
}

bool field_is_number(const struct sym_field *f)
{
    return f->kind == SYM_U32 || f->kind == SYM_U64 || f->kind == SYM_BOOL;
}

struct taken desk_take_apart(struct desk *d, const struct sym_message *m)
{
    struct taken t = {.pieces = sample_take(&d->sample, PIECES_MAX * sizeof(struct piece))};
    t.n = pieces_of(t.pieces, desk_encode(d, m, sample_value(&d->sample, m)));
    return t;
}

void desk_before(struct desk *d, const struct taken *t, size_t i)
{
    d->wire.len = 0;
    for (size_t k = 0; k < i; k++) {
        wire_raw(&d->wire, t->pieces[k].all);
    }
}

void desk_behind(struct desk *d, const struct taken *t, size_t i)
{
    for (size_t k = i + 1; k < t->n; k++) {
        wire_raw(&d->wire, t->pieces[k].all);
    }
}

const struct sym_field *field_of_piece(const struct sym_message *m, const struct piece *p)
{
    assert_true(p->field >= 1 && p->field <= m->n_fields);
    return &m->fields[p->field - 1];
}
