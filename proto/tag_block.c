#include "proto/tag_block.h"

#include <string.h>

/* A tag as a number, right-aligned: tags have up to 128 bits. */
struct wide {
    uint64_t high;
    uint64_t low;
};

size_t sym_tag_bytes(unsigned bits)
{
    return (bits + 7u) / 8u;
}

static unsigned spare_bits(unsigned bits)
{
    return (unsigned)sym_tag_bytes(bits) * 8u - bits;
}

static bool is_possible(const struct sym_tag_code *code, size_t n)
{
    return code->bits >= SYM_TAG_BITS_MIN && code->bits <= SYM_TAG_BITS_MAX &&
           code->rice < code->bits && n > 0 && n <= SYM_TAG_BLOCK;
}

enum sym_err sym_tag_code_for(struct sym_tag_code *out, unsigned bits, uint32_t n)
{
    unsigned log = 0;
    if (bits < SYM_TAG_BITS_MIN || bits > SYM_TAG_BITS_MAX) {
        return SYM_BAD_VALUE;
    }
    while (log < 32 && UINT64_C(1) << log < n) {
        log++;
    }
    *out = (struct sym_tag_code){.bits = bits, .rice = bits - log - (log > 0 ? 0u : 1u)};
    return SYM_OK;
}

void sym_tag_trim(uint8_t *tags, size_t n, unsigned bits)
{
    size_t len = sym_tag_bytes(bits);
    for (size_t i = 0; i < n; i++) {
        tags[(i + 1) * len - 1] &= (uint8_t)(0xffu << spare_bits(bits));
    }
}

/* Numbers --------------------------------------------------------------------------------------
 */

static struct wide shift_right(struct wide a, unsigned by)
{
    if (by == 0) {
        return a;
    }
    if (by >= 64) {
        return (struct wide){0, by >= 128 ? 0 : a.high >> (by - 64)};
    }
    return (struct wide){a.high >> by, a.low >> by | a.high << (64 - by)};
}

static struct wide shift_left(struct wide a, unsigned by)
{
    if (by == 0) {
        return a;
    }
    if (by >= 64) {
        return (struct wide){by >= 128 ? 0 : a.low << (by - 64), 0};
    }
    return (struct wide){a.high << by | a.low >> (64 - by), a.low << by};
}

static struct wide subtract(struct wide a, struct wide b)
{
    return (struct wide){a.high - b.high - (a.low < b.low), a.low - b.low};
}

/* False when the sum does not fit. */
static bool add(struct wide *a, struct wide b)
{
    uint64_t low = a->low + b.low;
    uint64_t carry = low < b.low;
    uint64_t high = a->high + b.high;
    bool fits = high >= b.high && (high < UINT64_MAX || carry == 0);
    *a = (struct wide){high + carry, low};
    return fits;
}

static bool is_below(struct wide a, struct wide b)
{
    return a.high < b.high || (a.high == b.high && a.low < b.low);
}

static struct wide load(const uint8_t *tag, unsigned bits)
{
    struct wide a = {0, 0};
    for (size_t i = 0; i < sym_tag_bytes(bits); i++) {
        a = shift_left(a, 8);
        a.low |= tag[i];
    }
    return shift_right(a, spare_bits(bits));
}

static void store(uint8_t *tag, struct wide a, unsigned bits)
{
    a = shift_left(a, spare_bits(bits));
    for (size_t i = sym_tag_bytes(bits); i > 0; i--) {
        tag[i - 1] = (uint8_t)a.low;
        a = shift_right(a, 8);
    }
}

/* Writing --------------------------------------------------------------------------------------
 */

struct bit_writer {
    uint8_t *out;
    size_t max;
    size_t len;    /* bytes begun */
    unsigned free; /* bits of the last one */
    bool full;
};

/* The lowest n bits of a, n up to 128, the highest of them first. */
static void put_bits(struct bit_writer *w, struct wide a, unsigned n)
{
    while (n > 0 && !w->full) {
        if (w->free == 0) {
            w->full = w->len == w->max;
            if (w->full) {
                return;
            }
            w->out[w->len++] = 0;
            w->free = 8;
        }
        unsigned now = n < w->free ? n : w->free;
        uint64_t part = shift_right(a, n - now).low & ((1u << now) - 1u);
        w->out[w->len - 1] |= (uint8_t)(part << (w->free - now));
        w->free -= now;
        n -= now;
    }
}

/* So many ones and a zero. */
static void put_unary(struct bit_writer *w, struct wide quotient)
{
    const struct wide ones = {UINT64_MAX, UINT64_MAX};
    if (quotient.high > 0 || quotient.low > 8u * SYM_TAG_BLOCK_BYTES_MAX) {
        w->full = true;
        return;
    }
    for (uint64_t left = quotient.low; left > 0 && !w->full;) {
        unsigned now = left < 128 ? (unsigned)left : 128;
        put_bits(w, ones, now);
        left -= now;
    }
    put_bits(w, (struct wide){0, 0}, 1);
}

enum sym_err sym_tag_block_write(uint8_t *out, size_t max, size_t *len,
                                 const struct sym_tag_code *code, const uint8_t *tags, size_t n)
{
    struct bit_writer w = {.out = out, .max = max};
    size_t tag_len = sym_tag_bytes(code->bits);
    if (!is_possible(code, n)) {
        return SYM_BAD_VALUE;
    }
    struct wide before = load(tags, code->bits);
    put_bits(&w, before, code->bits);
    for (size_t i = 1; i < n; i++) {
        struct wide tag = load(tags + i * tag_len, code->bits);
        if (is_below(tag, before)) {
            return SYM_BAD_VALUE;
        }
        struct wide distance = subtract(tag, before);
        put_unary(&w, shift_right(distance, code->rice));
        put_bits(&w, distance, code->rice);
        before = tag;
    }
    if (w.full) {
        return SYM_TOO_LONG;
    }
    *len = w.len;
    return SYM_OK;
}

/* Reading --------------------------------------------------------------------------------------
 */

struct bit_reader {
    struct sym_span in;
    size_t at; /* bits */
    bool over; /* beyond the end */
};

static bool take_bit(struct bit_reader *r)
{
    if (r->at >= 8 * r->in.len) {
        r->over = true;
        return false;
    }
    bool bit = (r->in.data[r->at / 8] >> (7 - r->at % 8) & 1u) != 0;
    r->at++;
    return bit;
}

static struct wide take_bits(struct bit_reader *r, unsigned n)
{
    struct wide a = {0, 0};
    while (n > 0) {
        unsigned here = 8 - (unsigned)(r->at % 8);
        unsigned now = n < here ? n : here;
        if (r->at >= 8 * r->in.len) {
            r->over = true;
            return a;
        }
        uint64_t part = (uint64_t)r->in.data[r->at / 8] >> (here - now) & ((1u << now) - 1u);
        a = shift_left(a, now);
        a.low |= part;
        r->at += now;
        n -= now;
    }
    return a;
}

static uint64_t take_unary(struct bit_reader *r)
{
    uint64_t n = 0;
    while (take_bit(r)) {
        n++;
    }
    return n;
}

/* Nothing but zeros up to the end of the byte, and no byte more. */
static bool ends_here(struct bit_reader *r)
{
    if ((r->at + 7) / 8 != r->in.len) {
        return false;
    }
    unsigned spare = (unsigned)(8 * r->in.len - r->at);
    return take_bits(r, spare).low == 0 && !r->over;
}

enum sym_err sym_tag_block_read(uint8_t *tags, size_t n, const struct sym_tag_code *code,
                                struct sym_span block)
{
    struct bit_reader r = {.in = block};
    size_t tag_len = sym_tag_bytes(code->bits);
    if (!is_possible(code, n)) {
        return SYM_BAD_VALUE;
    }
    if (block.len > SYM_TAG_BLOCK_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    struct wide most = shift_right((struct wide){UINT64_MAX, UINT64_MAX}, 128 - code->bits);
    struct wide tag = take_bits(&r, code->bits);
    store(tags, tag, code->bits);
    for (size_t i = 1; i < n && !r.over; i++) {
        struct wide quotient = {0, take_unary(&r)};
        struct wide low = take_bits(&r, code->rice);
        if (is_below(shift_right(most, code->rice), quotient)) {
            return SYM_BAD_FORMAT;
        }
        struct wide distance = shift_left(quotient, code->rice);
        distance.high |= low.high;
        distance.low |= low.low;
        if (!add(&tag, distance) || is_below(most, tag)) {
            return SYM_BAD_FORMAT;
        }
        store(tags + i * tag_len, tag, code->bits);
    }
    return !r.over && ends_here(&r) ? SYM_OK : SYM_BAD_FORMAT;
}
