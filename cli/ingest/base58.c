#include "cli/ingest/base58.h"

#include "crypto/aead.h"

#include <string.h>

#define CHECKSUM 4u

static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/* number = number * 58 + digit, in big-endian bytes at the end of the array. */
static bool append(uint8_t number[SYM_BASE58_BYTES_MAX], size_t *used, unsigned digit)
{
    unsigned carry = digit;
    for (size_t i = 0; i < *used; i++) {
        uint8_t *byte = &number[SYM_BASE58_BYTES_MAX - 1 - i];
        carry += 58u * *byte;
        *byte = (uint8_t)carry;
        carry >>= 8;
    }
    if (carry > 0 && *used == SYM_BASE58_BYTES_MAX) {
        return false;
    }
    if (carry > 0) {
        number[SYM_BASE58_BYTES_MAX - 1 - (*used)++] = (uint8_t)carry;
    }
    return true;
}

static enum sym_err decode(uint8_t out[SYM_BASE58_BYTES_MAX], size_t *len, struct sym_span text)
{
    uint8_t number[SYM_BASE58_BYTES_MAX] = {0};
    size_t used = 0;
    size_t zeros = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *at = memchr(alphabet, text.data[i], sizeof alphabet - 1);
        if (at == NULL) {
            return SYM_BAD_FORMAT;
        }
        zeros += at == alphabet && zeros == i ? 1 : 0;
        if (!append(number, &used, (unsigned)(at - alphabet))) {
            return SYM_TOO_LONG;
        }
    }
    if (zeros > SYM_BASE58_BYTES_MAX - used) {
        return SYM_TOO_LONG;
    }
    memset(out, 0, zeros);
    memcpy(out + zeros, number + SYM_BASE58_BYTES_MAX - used, used);
    *len = zeros + used;
    return SYM_OK;
}

enum sym_err sym_base58check(uint8_t out[SYM_BASE58_BYTES_MAX], size_t *len, struct sym_span text)
{
    uint8_t bytes[SYM_BASE58_BYTES_MAX];
    uint8_t hash[SYM_HASH_BYTES];
    size_t n = 0;
    enum sym_err err = decode(bytes, &n, text);
    if (err != SYM_OK) {
        return err;
    }
    if (n <= CHECKSUM) {
        return SYM_BAD_FORMAT;
    }
    n -= CHECKSUM;
    err = sym_sha256(hash, sym_span(bytes, n));
    if (err == SYM_OK) {
        err = sym_sha256(hash, sym_span(hash, sizeof hash));
    }
    if (err != SYM_OK) {
        return err;
    }
    if (memcmp(hash, bytes + n, CHECKSUM) != 0) {
        return SYM_BAD_VALUE;
    }
    memcpy(out, bytes, n);
    *len = n;
    return SYM_OK;
}
