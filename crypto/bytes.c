#include "crypto/bytes.h"

#include <sodium.h>
#include <string.h>

struct sym_span sym_span(const void *data, size_t len)
{
    return (struct sym_span){.data = data, .len = len};
}

struct sym_span sym_span_text(const char *text)
{
    return sym_span(text, strlen(text));
}

int sym_span_compare(struct sym_span a, struct sym_span b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        if (a.data[i] != b.data[i]) {
            return a.data[i] < b.data[i] ? -1 : 1;
        }
    }
    return (a.len > b.len) - (a.len < b.len);
}

/* Every message that is decoded goes through here once more, so eight bytes at a time. */
bool sym_span_equal(struct sym_span a, struct sym_span b)
{
    uint64_t differs = 0;
    size_t i = 0;
    if (a.len != b.len) {
        return false;
    }
    for (; a.len - i >= sizeof differs; i += sizeof differs) {
        uint64_t x;
        uint64_t y;
        memcpy(&x, a.data + i, sizeof x);
        memcpy(&y, b.data + i, sizeof y);
        differs |= x ^ y;
    }
    for (; i < a.len; i++) {
        differs |= (uint64_t)(a.data[i] ^ b.data[i]);
    }
    return differs == 0;
}

bool sym_span_begins(struct sym_span all, struct sym_span start)
{
    return all.len >= start.len && sym_span_equal(sym_span(all.data, start.len), start);
}

bool sym_equal(const void *a, const void *b, size_t len)
{
    return len == 0 || sodium_memcmp(a, b, len) == 0;
}

struct sym_reader sym_reader(struct sym_span from)
{
    return (struct sym_reader){.at = from.data, .left = from.len, .err = SYM_OK};
}

struct sym_span sym_read_span(struct sym_reader *r, size_t len)
{
    if (r->err == SYM_OK && len > r->left) {
        r->err = SYM_SHORT;
    }
    if (r->err != SYM_OK) {
        return sym_span(NULL, 0);
    }
    struct sym_span got = sym_span(r->at, len);
    if (len > 0) {
        r->at += len;
        r->left -= len;
    }
    return got;
}

void sym_read_text(struct sym_reader *r, const char *text)
{
    struct sym_span got = sym_read_span(r, strlen(text));
    if (r->err == SYM_OK && !sym_span_equal(got, sym_span_text(text))) {
        r->err = SYM_BAD_FORMAT;
    }
}

void sym_read_bytes(struct sym_reader *r, uint8_t *out, size_t len)
{
    struct sym_span got = sym_read_span(r, len);
    if (got.len > 0) {
        memcpy(out, got.data, got.len);
    } else if (len > 0) {
        memset(out, 0, len);
    }
}

static uint64_t read_be(struct sym_reader *r, size_t len)
{
    struct sym_span got = sym_read_span(r, len);
    uint64_t v = 0;
    for (size_t i = 0; i < got.len; i++) {
        v = (v << 8) | got.data[i];
    }
    return v;
}

uint8_t sym_read_u8(struct sym_reader *r)
{
    return (uint8_t)read_be(r, 1);
}

uint16_t sym_read_u16(struct sym_reader *r)
{
    return (uint16_t)read_be(r, 2);
}

uint32_t sym_read_u32(struct sym_reader *r)
{
    return (uint32_t)read_be(r, 4);
}

uint64_t sym_read_u64(struct sym_reader *r)
{
    return read_be(r, 8);
}

enum sym_err sym_read_end(const struct sym_reader *r)
{
    if (r->err != SYM_OK) {
        return r->err;
    }
    return r->left > 0 ? SYM_TRAILING : SYM_OK;
}

struct sym_writer sym_writer(uint8_t *out, size_t max)
{
    return (struct sym_writer){.start = out, .len = 0, .max = max, .err = SYM_OK};
}

void sym_write_bytes(struct sym_writer *w, const void *data, size_t len)
{
    if (w->err == SYM_OK && len > w->max - w->len) {
        w->err = SYM_TOO_LONG;
    }
    if (w->err != SYM_OK || len == 0) {
        return;
    }
    memcpy(w->start + w->len, data, len);
    w->len += len;
}

void sym_write_span(struct sym_writer *w, struct sym_span s)
{
    sym_write_bytes(w, s.data, s.len);
}

static void write_be(struct sym_writer *w, uint64_t v, size_t len)
{
    uint8_t be[8];
    sym_put_u64(be, v);
    sym_write_bytes(w, be + sizeof be - len, len);
}

void sym_write_u8(struct sym_writer *w, uint8_t v)
{
    write_be(w, v, 1);
}

void sym_write_u16(struct sym_writer *w, uint16_t v)
{
    write_be(w, v, 2);
}

void sym_write_u32(struct sym_writer *w, uint32_t v)
{
    write_be(w, v, 4);
}

void sym_write_u64(struct sym_writer *w, uint64_t v)
{
    write_be(w, v, 8);
}

enum sym_err sym_write_end(const struct sym_writer *w, struct sym_span *out)
{
    if (w->err != SYM_OK) {
        return w->err;
    }
    *out = sym_span(w->start, w->len);
    return SYM_OK;
}

void sym_hex(char *text, const uint8_t *data, size_t len)
{
    (void)sodium_bin2hex(text, 2 * len + 1, data, len);
}

enum sym_err sym_unhex(uint8_t *out, size_t len, struct sym_span text)
{
    size_t got = 0;
    const char *end = NULL;
    if (text.len != 2 * len ||
        sodium_hex2bin(out, len, (const char *)text.data, text.len, NULL, &got, &end) != 0) {
        return SYM_BAD_FORMAT;
    }
    return got == len && end == (const char *)text.data + text.len ? SYM_OK : SYM_BAD_FORMAT;
}

void sym_base64(char *text, const uint8_t *data, size_t len)
{
    (void)sodium_bin2base64(text, SYM_BASE64_BYTES(len), data, len, sodium_base64_VARIANT_ORIGINAL);
}

enum sym_err sym_unbase64(uint8_t *out, size_t *len, struct sym_span text)
{
    size_t got = 0;
    const char *end = NULL;
    uint8_t all = 0;
    for (size_t i = 0; i < text.len; i++) {
        all |= text.data[i];
    }
    if (all >= 0x80) { /* libsodium 1.0.18 takes such bytes for digits of value 255 */
        return SYM_BAD_FORMAT;
    }
    if (text.len == 0) {
        *len = 0;
        return SYM_OK;
    }
    if (sodium_base642bin(out, *len, (const char *)text.data, text.len, NULL, &got, &end,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        end != (const char *)text.data + text.len) {
        return SYM_BAD_FORMAT;
    }
    *len = got;
    return SYM_OK;
}
