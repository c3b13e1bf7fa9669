/* bytes.h - spans, a sticky reader and a sticky bounded writer, hex and base64.
 *
 * Reader and writer are *sticky* (after Core Lightning): the first short read or overlong write
 * poisons the cursor, later reads yield zero and later writes do nothing, and one call at the end
 * reports it. So a decoder is a list of reads and one test. Nothing here allocates; spans borrow.
 * Integers on the wire are big-endian. Lengths are bytes.
 * Errors: SYM_SHORT, SYM_TRAILING, SYM_TOO_LONG, SYM_BAD_FORMAT.
 */
#ifndef SYM_CRYPTO_BYTES_H
#define SYM_CRYPTO_BYTES_H

#include "crypto/result.h"

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed bytes. data may be NULL only when len is 0. */
struct sym_span {
    const uint8_t *data;
    size_t len;
};

struct sym_span sym_span(const void *data, size_t len);
struct sym_span sym_span_text(const char *text);

/* True when both hold the same bytes. For public data only: time depends on the contents. */
bool sym_span_equal(struct sym_span a, struct sym_span b);
/* The same for the beginning of `all`. */
bool sym_span_begins(struct sym_span all, struct sym_span start);

/* Negative, 0 or positive, as a comes before, is, or comes behind b, byte by byte, the shorter of
 * two that begin alike first. For public data only. */
int sym_span_compare(struct sym_span a, struct sym_span b);

/* True when a and b (len bytes each) are equal, in time that depends on len only. */
bool sym_equal(const void *a, const void *b, size_t len);

struct sym_reader {
    const uint8_t *at; /* next byte */
    size_t left;
    enum sym_err err; /* first failure, sticky */
};

struct sym_reader sym_reader(struct sym_span from);
uint8_t sym_read_u8(struct sym_reader *r);
uint16_t sym_read_u16(struct sym_reader *r);
uint32_t sym_read_u32(struct sym_reader *r);
uint64_t sym_read_u64(struct sym_reader *r);
/* Borrows len bytes; an empty span after a failure. */
struct sym_span sym_read_span(struct sym_reader *r, size_t len);
/* Steps over exactly this text; SYM_BAD_FORMAT when something else stands there. */
void sym_read_text(struct sym_reader *r, const char *text);
/* Copies len bytes to out, or zeros out after a failure. */
void sym_read_bytes(struct sym_reader *r, uint8_t *out, size_t len);
/* SYM_OK when every read succeeded and nothing is left over. */
SYM_MUST enum sym_err sym_read_end(const struct sym_reader *r);

struct sym_writer {
    uint8_t *start;
    size_t len; /* bytes written so far */
    size_t max; /* bytes that fit */
    enum sym_err err;
};

struct sym_writer sym_writer(uint8_t *out, size_t max);
void sym_write_u8(struct sym_writer *w, uint8_t v);
void sym_write_u16(struct sym_writer *w, uint16_t v);
void sym_write_u32(struct sym_writer *w, uint32_t v);
void sym_write_u64(struct sym_writer *w, uint64_t v);
void sym_write_span(struct sym_writer *w, struct sym_span s);
void sym_write_bytes(struct sym_writer *w, const void *data, size_t len);
/* SYM_OK, with the written bytes in *out, when everything fitted. */
SYM_MUST enum sym_err sym_write_end(const struct sym_writer *w, struct sym_span *out);

/* Big-endian integers in place. */
static inline void sym_put_u64(uint8_t out[8], uint64_t v)
{
    v = htobe64(v);
    memcpy(out, &v, sizeof v);
}

static inline uint64_t sym_get_u64(const uint8_t in[8])
{
    uint64_t v;
    memcpy(&v, in, sizeof v);
    return be64toh(v);
}

static inline void sym_put_u32(uint8_t out[4], uint32_t v)
{
    v = htobe32(v);
    memcpy(out, &v, sizeof v);
}

static inline uint32_t sym_get_u32(const uint8_t in[4])
{
    uint32_t v;
    memcpy(&v, in, sizeof v);
    return be32toh(v);
}

/* Lower-case hex with terminator: text holds 2 * len + 1 bytes. */
void sym_hex(char *text, const uint8_t *data, size_t len);
/* Exactly 2 * len hex digits of either case. SYM_BAD_FORMAT otherwise. */
SYM_MUST enum sym_err sym_unhex(uint8_t *out, size_t len, struct sym_span text);

/* Characters of the standard padded base64 of len bytes, terminator included. */
#define SYM_BASE64_BYTES(len) ((((len) + 2) / 3) * 4 + 1)
/* text holds SYM_BASE64_BYTES(len) bytes. Constant time in the data. */
void sym_base64(char *text, const uint8_t *data, size_t len);
/* Strict: padded, canonical, no white space. *len is the room in out, then the bytes written. */
SYM_MUST enum sym_err sym_unbase64(uint8_t *out, size_t *len, struct sym_span text);

#endif
