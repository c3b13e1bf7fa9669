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

/* A word whose bytes are, or are to be, in this order. */
static uint64_t big_endian(uint64_t v)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? v : __builtin_bswap64(v);
}

/* Tags stand left-aligned, the highest byte first. */
static struct wide load(const uint8_t *tag, unsigned bits)
{
    uint64_t words[2] = {0, 0};
    memcpy(words, tag, sym_tag_bytes(bits));
    return shift_right((struct wide){big_endian(words[0]), big_endian(words[1])}, 128 - bits);
}

static void store(uint8_t *tag, struct wide a, unsigned bits)
{
    a = shift_left(a, 128 - bits);
    const uint64_t words[2] = {big_endian(a.high), big_endian(a.low)};
    memcpy(tag, words, sym_tag_bytes(bits));
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

/* The next 64 bits; zeros behind the end. */
static uint64_t peek(const struct sym_tag_reader *r)
{
    size_t byte = r->at / 8;
    unsigned shift = (unsigned)(r->at % 8);
    uint8_t end[9] = {0};
    const uint8_t *p = end;
    uint64_t v = 0;
    if (byte < r->block.len) {
        size_t left = r->block.len - byte;
        p = r->block.data + byte;
        if (left < sizeof end) {
            memcpy(end, p, left);
            p = end;
        }
    }
    memcpy(&v, p, sizeof v);
    v = big_endian(v);
    return shift == 0 ? v : v << shift | (uint64_t)p[8] >> (8 - shift);
}

static bool is_over(const struct sym_tag_reader *r)
{
    return r->at > 8 * r->block.len;
}

static uint64_t take_word(struct sym_tag_reader *r, unsigned n)
{
    uint64_t v = n == 0 ? 0 : peek(r) >> (64 - n);
    r->at += n;
    return v;
}

static struct wide take_bits(struct sym_tag_reader *r, unsigned n)
{
    struct wide a = {0, 0};
    a.high = n > 64 ? take_word(r, n - 64) : 0;
    a.low = take_word(r, n > 64 ? 64 : n);
    return a;
}

/* So many ones before a zero. */
static uint64_t take_unary(struct sym_tag_reader *r)
{
    uint64_t n = 0;
    unsigned ones = 64;
    while (ones == 64 && !is_over(r)) {
        uint64_t zeros = ~peek(r);
        ones = zeros == 0 ? 64 : (unsigned)__builtin_clzll(zeros);
        r->at += ones;
        n += ones;
    }
    r->at++;
    return n;
}

/* Nothing but zeros up to the end of the byte, and no byte more. */
static bool ends_here(struct sym_tag_reader *r)
{
    if ((r->at + 7) / 8 != r->block.len) {
        return false;
    }
    return take_word(r, (unsigned)(8 * r->block.len - r->at)) == 0;
}

static struct wide tag_of(const struct sym_tag_reader *r)
{
    return (struct wide){r->high, r->low};
}

static enum sym_err next(struct sym_tag_reader *r)
{
    unsigned rice = r->code.rice;
    struct wide tag = tag_of(r);
    struct wide most = shift_right((struct wide){UINT64_MAX, UINT64_MAX}, 128 - r->code.bits);
    struct wide quotient = {0, take_unary(r)};
    struct wide distance = take_bits(r, rice);
    if (is_over(r) || is_below(shift_right(most, rice), quotient)) {
        return SYM_BAD_FORMAT;
    }
    quotient = shift_left(quotient, rice);
    distance.high |= quotient.high;
    distance.low |= quotient.low;
    if (!add(&tag, distance) || is_below(most, tag)) {
        return SYM_BAD_FORMAT;
    }
    r->high = tag.high;
    r->low = tag.low;
    r->left--;
    return SYM_OK;
}

enum sym_err sym_tag_reader_open(struct sym_tag_reader *r, size_t n,
                                 const struct sym_tag_code *code, struct sym_span block)
{
    if (!is_possible(code, n)) {
        return SYM_BAD_VALUE;
    }
    if (block.len > SYM_TAG_BLOCK_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    *r = (struct sym_tag_reader){.block = block, .code = *code, .left = n - 1};
    struct wide tag = take_bits(r, code->bits);
    r->high = tag.high;
    r->low = tag.low;
    return is_over(r) ? SYM_BAD_FORMAT : SYM_OK;
}

enum sym_err sym_tag_reader_seek(bool *found, struct sym_tag_reader *r, const uint8_t *tag)
{
    struct wide wanted = load(tag, r->code.bits);
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && r->left > 0 && is_below(tag_of(r), wanted)) {
        err = next(r);
    }
    *found = err == SYM_OK && r->high == wanted.high && r->low == wanted.low;
    return err;
}

enum sym_err sym_tag_block_read(uint8_t *tags, size_t n, const struct sym_tag_code *code,
                                struct sym_span block)
{
    struct sym_tag_reader r;
    size_t tag_len = sym_tag_bytes(code->bits);
    enum sym_err err = sym_tag_reader_open(&r, n, code, block);
    for (size_t i = 0; err == SYM_OK && i < n; i++) {
        err = i > 0 ? next(&r) : SYM_OK;
        if (err == SYM_OK) {
            store(tags + i * tag_len, tag_of(&r), code->bits);
        }
    }
    return err == SYM_OK && !ends_here(&r) ? SYM_BAD_FORMAT : err;
}
