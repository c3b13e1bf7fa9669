#include "crypto/expand.h"

#include <string.h>

#define HASH_BYTES  SYM_SHA512_BYTES /* b_in_bytes of RFC 9380 */
#define BLOCK_BYTES SYM_SHA512_BLOCK /* s_in_bytes */
#define DOMAIN_MAX  255u

/* Messages of a batch that are expanded side by side. */
#define TOGETHER 32u

/* What all messages of a batch share. */
struct expander {
    struct sym_sha512_start padded; /* after Z_pad: one compression saved for each message */
    uint8_t end[4 + DOMAIN_MAX];    /* I2OSP(out_len, 2) || 0 || DST_prime */
    size_t end_len;
    size_t out_len;
};

static enum sym_err expander_init(struct expander *x, struct sym_span domain, size_t out_len)
{
    static const uint8_t z_pad[BLOCK_BYTES];
    static const char oversize[] = "H2C-OVERSIZE-DST-";
    uint8_t hashed[HASH_BYTES];
    if (domain.len == 0 || out_len == 0) {
        return SYM_BAD_VALUE;
    }
    if (out_len > SYM_EXPAND_MAX_BYTES) {
        return SYM_TOO_LONG;
    }
    if (domain.len > DOMAIN_MAX) {
        const struct sym_span parts[] = {sym_span_text(oversize), domain};
        sym_sha512(hashed, parts, sizeof parts / sizeof *parts);
        domain = sym_span(hashed, sizeof hashed);
    }
    x->end[0] = (uint8_t)(out_len >> 8);
    x->end[1] = (uint8_t)out_len;
    x->end[2] = 0;
    memcpy(x->end + 3, domain.data, domain.len);
    x->end[3 + domain.len] = (uint8_t)domain.len;
    x->end_len = 4 + domain.len;
    x->out_len = out_len;
    sym_sha512_start(&x->padded, z_pad, 1);
    return SYM_OK;
}

/* At most TOGETHER messages of n_parts parts each.
 * b_0 = H(Z_pad || message || I2OSP(out_len, 2) || 0 || DST_prime),
 * b_i = H((b_0 xor b_(i-1)) || i || DST_prime), with b_0 alone for i = 1 */
static void expand(uint8_t *out, const struct expander *x, sym_sha512_lanes *lanes,
                   const struct sym_span *parts, size_t n_parts, size_t n)
{
    uint8_t b0[TOGETHER][HASH_BYTES];
    uint8_t bi[TOGETHER][HASH_BYTES] = {{0}};
    uint8_t mixed[TOGETHER][HASH_BYTES + 1];
    struct sym_span mixed_at[TOGETHER];
    const struct sym_span domain = sym_span(x->end + 3, x->end_len - 3);
    sym_sha512_many(b0, lanes, &x->padded, parts, n_parts, sym_span(x->end, x->end_len), n);
    for (size_t at = 0; at < x->out_len; at += HASH_BYTES) {
        const size_t left = x->out_len - at;
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < HASH_BYTES; j++) {
                mixed[i][j] = b0[i][j] ^ bi[i][j];
            }
            mixed[i][HASH_BYTES] = (uint8_t)(at / HASH_BYTES + 1);
            mixed_at[i] = sym_span(mixed[i], sizeof mixed[i]);
        }
        sym_sha512_many(bi, lanes, NULL, mixed_at, 1, domain, n);
        for (size_t i = 0; i < n; i++) {
            memcpy(out + i * x->out_len + at, bi[i], left < HASH_BYTES ? left : HASH_BYTES);
        }
    }
    sym_wipe(b0, n * sizeof *b0);
    sym_wipe(bi, n * sizeof *bi);
    sym_wipe(mixed, n * sizeof *mixed);
}

enum sym_err sym_expand_xmd(uint8_t *out, size_t out_len, const struct sym_span *parts,
                            size_t n_parts, struct sym_span domain)
{
    struct expander x;
    enum sym_err err = expander_init(&x, domain, out_len);
    if (err == SYM_OK) {
        expand(out, &x, NULL, parts, n_parts, 1);
    }
    return err;
}

enum sym_err sym_expand_xmd_batch(uint8_t *out, size_t each, sym_sha512_lanes *lanes,
                                  const struct sym_span *messages, size_t n, struct sym_span domain)
{
    struct expander x;
    enum sym_err err = expander_init(&x, domain, each);
    for (size_t at = 0; err == SYM_OK && at < n; at += TOGETHER) {
        expand(out + at * each, &x, lanes, messages + at, 1, n - at < TOGETHER ? n - at : TOGETHER);
    }
    return err;
}
