#include "crypto/expand.h"

#include <sodium.h>
#include <string.h>

#define HASH_BYTES  64u  /* b_in_bytes of RFC 9380 */
#define BLOCK_BYTES 128u /* s_in_bytes */
#define DOMAIN_MAX  255u

/* What all messages of a batch share. */
struct expander {
    crypto_hash_sha512_state padded; /* after Z_pad: one compression saved for each message */
    uint8_t domain[DOMAIN_MAX + 1];  /* DST_prime */
    size_t domain_len;
    size_t out_len;
};

static enum sym_err expander_init(struct expander *x, struct sym_span domain, size_t out_len)
{
    static const uint8_t z_pad[BLOCK_BYTES];
    static const uint8_t oversize[] = {'H', '2', 'C', '-', 'O', 'V', 'E', 'R', 'S',
                                       'I', 'Z', 'E', '-', 'D', 'S', 'T', '-'};
    if (domain.len == 0 || out_len == 0) {
        return SYM_BAD_VALUE;
    }
    if (out_len > SYM_EXPAND_MAX_BYTES) {
        return SYM_TOO_LONG;
    }
    if (domain.len > DOMAIN_MAX) {
        (void)crypto_hash_sha512_init(&x->padded);
        (void)crypto_hash_sha512_update(&x->padded, oversize, sizeof oversize);
        (void)crypto_hash_sha512_update(&x->padded, domain.data, domain.len);
        (void)crypto_hash_sha512_final(&x->padded, x->domain);
        x->domain_len = HASH_BYTES;
    } else {
        memcpy(x->domain, domain.data, domain.len);
        x->domain_len = domain.len;
    }
    x->domain[x->domain_len] = (uint8_t)x->domain_len;
    x->domain_len++;
    x->out_len = out_len;
    (void)crypto_hash_sha512_init(&x->padded);
    (void)crypto_hash_sha512_update(&x->padded, z_pad, sizeof z_pad);
    return SYM_OK;
}

/* b_0 = H(Z_pad || message || I2OSP(out_len, 2) || 0 || DST_prime) */
static void first_hash(uint8_t b0[HASH_BYTES], const struct expander *x,
                       const struct sym_span *parts, size_t n_parts)
{
    const uint8_t suffix[] = {(uint8_t)(x->out_len >> 8), (uint8_t)x->out_len, 0};
    crypto_hash_sha512_state hash = x->padded;
    for (size_t i = 0; i < n_parts; i++) {
        if (parts[i].len > 0) {
            (void)crypto_hash_sha512_update(&hash, parts[i].data, parts[i].len);
        }
    }
    (void)crypto_hash_sha512_update(&hash, suffix, sizeof suffix);
    (void)crypto_hash_sha512_update(&hash, x->domain, x->domain_len);
    (void)crypto_hash_sha512_final(&hash, b0); /* wipes the state */
}

/* b_i = H((b_0 xor b_(i-1)) || i || DST_prime), with b_0 alone for i = 1 */
static void expand(uint8_t *out, const struct expander *x, const struct sym_span *parts,
                   size_t n_parts)
{
    uint8_t b0[HASH_BYTES];
    uint8_t bi[HASH_BYTES] = {0};
    uint8_t mixed[HASH_BYTES + 1];
    first_hash(b0, x, parts, n_parts);
    for (size_t at = 0; at < x->out_len; at += HASH_BYTES) {
        crypto_hash_sha512_state hash;
        for (size_t j = 0; j < HASH_BYTES; j++) {
            mixed[j] = b0[j] ^ bi[j];
        }
        mixed[HASH_BYTES] = (uint8_t)(at / HASH_BYTES + 1);
        (void)crypto_hash_sha512_init(&hash);
        (void)crypto_hash_sha512_update(&hash, mixed, sizeof mixed);
        (void)crypto_hash_sha512_update(&hash, x->domain, x->domain_len);
        (void)crypto_hash_sha512_final(&hash, bi);
        size_t left = x->out_len - at;
        memcpy(out + at, bi, left < HASH_BYTES ? left : HASH_BYTES);
    }
    sym_wipe(b0, sizeof b0);
    sym_wipe(bi, sizeof bi);
    sym_wipe(mixed, sizeof mixed);
}

enum sym_err sym_expand_xmd(uint8_t *out, size_t out_len, const struct sym_span *parts,
                            size_t n_parts, struct sym_span domain)
{
    struct expander x;
    enum sym_err err = expander_init(&x, domain, out_len);
    if (err == SYM_OK) {
        expand(out, &x, parts, n_parts);
    }
    return err;
}

enum sym_err sym_expand_xmd_batch(uint8_t *out, size_t each, const struct sym_span *messages,
                                  size_t n, struct sym_span domain)
{
    struct expander x;
    enum sym_err err = expander_init(&x, domain, each);
    for (size_t i = 0; err == SYM_OK && i < n; i++) {
        expand(out + i * each, &x, &messages[i], 1);
    }
    return err;
}
