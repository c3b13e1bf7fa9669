#include "tests/support/messages.h"

#include "proto/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES     (8u << 20)
#define WIRE_BYTES      (4u << 20)
#define MOST_SPAN_BYTES 40000u /* a longer maximum has a test of its own */
#define MOST_ELEMENTS   6u

void sample_open(struct sample *s, enum sample_size size, uint64_t seed)
{
    *s = (struct sample){
        .size = size, .seed = seed, .longest = MOST_SPAN_BYTES, .block = calloc(1, BLOCK_BYTES)};
    assert_non_null(s->block);
}

void sample_close(struct sample *s)
{
    free(s->block);
    *s = (struct sample){0};
}

void *sample_take(struct sample *s, size_t size)
{
    size_t rounded = (size + 15u) & ~(size_t)15u;
    assert_true(rounded <= BLOCK_BYTES - s->used);
    void *got = s->block + s->used;
    s->used += rounded;
    return got;
}

/* splitmix64 */
uint64_t sample_draw(struct sample *s)
{
    uint64_t z = s->seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t between(struct sample *s, uint64_t least, uint64_t most)
{
    uint64_t width = most - least;
    uint64_t drawn = sample_draw(s);
    /* Small values are as likely as large ones: both ends of a varint are met. */
    drawn >>= sample_draw(s) % 64;
    return least + (width == UINT64_MAX ? drawn : drawn % (width + 1));
}

static uint64_t number(struct sample *s, const struct sym_field *f)
{
    switch (s->size) {
    case SAMPLE_LEAST:
        return f->min;
    case SAMPLE_MOST:
        return f->max;
    case SAMPLE_MIXED:
        return between(s, f->min, f->max);
    }
    return 0;
}

static void write_text(struct sample *s, uint8_t *out, size_t len)
{
    static const char *const points[] = {"\xf0\x9f\x94\x91", "\xe2\x82\xac", "\xc3\xa4", "~"};
    size_t at = 0;
    size_t pick = 0;
    while (at < len) {
        size_t size = strlen(points[pick]);
        if (size > len - at || (s->size == SAMPLE_MIXED && sample_draw(s) % 4 != 0)) {
            out[at] = (uint8_t)('a' + at % 26);
            at++;
        } else {
            memcpy(out + at, points[pick], size);
            at += size;
        }
        pick = (pick + 1) % (sizeof points / sizeof *points);
    }
}

static struct sym_span span_of(struct sample *s, const struct sym_field *f, bool element)
{
    uint64_t least = f->or_absent ? 0 : f->min;
    uint64_t most = f->max < s->longest ? f->max : s->longest;
    most = most < f->min ? f->min : most;
    uint64_t len = least;
    if (s->size == SAMPLE_MOST) {
        len = most;
    } else if (s->size == SAMPLE_MIXED) {
        len = between(s, f->min, most);
        if (f->or_absent && sample_draw(s) % 2 == 0) {
            len = 0;
        }
        len = len > 2000 && element ? 2000 : len;
    }
    uint8_t *bytes = sample_take(s, len + 1);
    if (f->kind == SYM_TEXT || f->kind == SYM_MANY_TEXT) {
        write_text(s, bytes, len);
    } else {
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (uint8_t)sample_draw(s);
        }
    }
    return sym_span(bytes, len);
}

static void *member(void *value, size_t offset)
{
    return (uint8_t *)value + offset;
}

static const void *member_const(const void *value, size_t offset)
{
    return (const uint8_t *)value + offset;
}

static void fill(struct sample *s, void *value, const struct sym_message *message);

static void fill_many(struct sample *s, void *value, const struct sym_field *f)
{
    size_t most = f->max_count < MOST_ELEMENTS ? f->max_count : MOST_ELEMENTS;
    size_t count = s->size == SAMPLE_LEAST  ? 0
                   : s->size == SAMPLE_MOST ? most
                                            : (size_t)between(s, 0, most);
    bool sub = f->kind == SYM_MANY_SUB;
    size_t each = sub ? f->sub->size : sizeof(struct sym_span);
    uint8_t *items = sample_take(s, count * each + 1);
    for (size_t i = 0; i < count; i++) {
        if (sub) {
            fill(s, items + i * each, f->sub);
        } else {
            struct sym_span span = span_of(s, f, true);
            memcpy(items + i * each, &span, sizeof span);
        }
    }
    memcpy(member(value, f->offset), &items, sizeof items);
    memcpy(member(value, f->count_offset), &count, sizeof count);
}

static void fill_field(struct sample *s, void *value, const struct sym_field *f)
{
    void *out = member(value, f->offset);
    switch (f->kind) {
    case SYM_U32:
        *(uint32_t *)out = (uint32_t)number(s, f);
        break;
    case SYM_U64:
        *(uint64_t *)out = number(s, f);
        break;
    case SYM_BOOL:
        *(bool *)out = number(s, f) != 0;
        break;
    case SYM_BYTES:
    case SYM_TEXT:
        *(struct sym_span *)out = span_of(s, f, false);
        break;
    case SYM_SUB: {
        bool absent = f->or_absent && (s->size == SAMPLE_LEAST ||
                                       (s->size == SAMPLE_MIXED && sample_draw(s) % 2 == 0));
        void *sub = absent ? NULL : sample_value(s, f->sub);
        memcpy(out, &sub, sizeof sub);
        break;
    }
    case SYM_MANY_BYTES:
    case SYM_MANY_TEXT:
    case SYM_MANY_SUB:
        fill_many(s, value, f);
        break;
    }
}

static void fill(struct sample *s, void *value, const struct sym_message *message)
{
    for (size_t i = 0; i < message->n_fields; i++) {
        fill_field(s, value, &message->fields[i]);
    }
}

void *sample_value(struct sample *s, const struct sym_message *message)
{
    void *value = sample_take(s, message->size);
    fill(s, value, message);
    return value;
}

static bool many_equal(const struct sym_field *f, const void *a, const void *b)
{
    size_t count = *(const size_t *)member_const(a, f->count_offset);
    const uint8_t *left = *(const uint8_t *const *)member_const(a, f->offset);
    const uint8_t *right = *(const uint8_t *const *)member_const(b, f->offset);
    if (count != *(const size_t *)member_const(b, f->count_offset)) {
        return false;
    }
    bool sub = f->kind == SYM_MANY_SUB;
    size_t each = sub ? f->sub->size : sizeof(struct sym_span);
    for (size_t i = 0; i < count; i++) {
        const void *x = left + i * each;
        const void *y = right + i * each;
        bool same = sub ? message_equal(f->sub, x, y)
                        : sym_span_equal(*(const struct sym_span *)x, *(const struct sym_span *)y);
        if (!same) {
            return false;
        }
    }
    return true;
}

static bool field_equal(const struct sym_field *f, const void *a, const void *b)
{
    const void *x = member_const(a, f->offset);
    const void *y = member_const(b, f->offset);
    switch (f->kind) {
    case SYM_U32:
        return *(const uint32_t *)x == *(const uint32_t *)y;
    case SYM_U64:
        return *(const uint64_t *)x == *(const uint64_t *)y;
    case SYM_BOOL:
        return *(const bool *)x == *(const bool *)y;
    case SYM_BYTES:
    case SYM_TEXT:
        return sym_span_equal(*(const struct sym_span *)x, *(const struct sym_span *)y);
    case SYM_SUB: {
        const void *left = *(const void *const *)x;
        const void *right = *(const void *const *)y;
        return left == NULL || right == NULL ? left == right : message_equal(f->sub, left, right);
    }
    case SYM_MANY_BYTES:
    case SYM_MANY_TEXT:
    case SYM_MANY_SUB:
        return many_equal(f, a, b);
    }
    return false;
}

bool message_equal(const struct sym_message *message, const void *a, const void *b)
{
    for (size_t i = 0; i < message->n_fields; i++) {
        if (!field_equal(&message->fields[i], a, b)) {
            return false;
        }
    }
    return true;
}

void wire_open(struct wire *w)
{
    *w = (struct wire){.bytes = malloc(WIRE_BYTES)};
    assert_non_null(w->bytes);
}

void wire_close(struct wire *w)
{
    free(w->bytes);
    *w = (struct wire){0};
}

struct sym_span wire_span(const struct wire *w)
{
    return sym_span(w->bytes, w->len);
}

void wire_raw(struct wire *w, struct sym_span bytes)
{
    assert_true(bytes.len <= WIRE_BYTES - w->len);
    if (bytes.len > 0) {
        memcpy(w->bytes + w->len, bytes.data, bytes.len);
    }
    w->len += bytes.len;
}

void wire_varint(struct wire *w, uint64_t v, size_t padding)
{
    while (v >= 0x80 || padding > 0) {
        uint8_t byte = (uint8_t)(v | 0x80);
        padding -= v < 0x80 ? 1 : 0;
        wire_raw(w, sym_span(&byte, 1));
        v >>= 7;
    }
    uint8_t last = (uint8_t)v;
    wire_raw(w, sym_span(&last, 1));
}

void wire_tag(struct wire *w, uint32_t field, unsigned type)
{
    wire_varint(w, ((uint64_t)field << 3) | type, 0);
}

void wire_number(struct wire *w, uint32_t field, uint64_t v)
{
    wire_tag(w, field, WIRE_VARINT);
    wire_varint(w, v, 0);
}

void wire_bytes(struct wire *w, uint32_t field, struct sym_span bytes)
{
    wire_tag(w, field, WIRE_LENGTH);
    wire_varint(w, bytes.len, 0);
    wire_raw(w, bytes);
}

static uint64_t read_varint(struct sym_reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = sym_read_u8(r);
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return v;
        }
    }
    fail_msg("a varint without end");
    return 0;
}

size_t pieces_of(struct piece *out, struct sym_span encoding)
{
    struct sym_reader r = sym_reader(encoding);
    size_t n = 0;
    while (r.left > 0) {
        assert_true(n < PIECES_MAX);
        const uint8_t *start = r.at;
        uint64_t tag = read_varint(&r);
        struct piece *p = &out[n++];
        *p = (struct piece){.field = (uint32_t)(tag >> 3), .type = (unsigned)(tag & 7)};
        if (p->type == WIRE_VARINT) {
            const uint8_t *value = r.at;
            (void)read_varint(&r);
            p->value = sym_span(value, (size_t)(r.at - value));
        } else {
            assert_int_equal(p->type, WIRE_LENGTH);
            p->value = sym_read_span(&r, (size_t)read_varint(&r));
        }
        assert_int_equal(r.err, SYM_OK);
        p->all = sym_span(start, (size_t)(r.at - start));
    }
    return n;
}
