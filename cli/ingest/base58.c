#include "cli/ingest/base58.h"

#include "crypto/aead.h"
#include "crypto/secret.h"

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

/* *used bytes at the end of number, before which text has *zeros ones. */
static enum sym_err read_digits(uint8_t number[SYM_BASE58_BYTES_MAX], size_t *used, size_t *zeros,
                                struct sym_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char *at = memchr(alphabet, text.data[i], sizeof alphabet - 1);
        if (at == NULL) {
            return SYM_BAD_FORMAT;
        }
        *zeros += at == alphabet && *zeros == i ? 1 : 0;
        if (!append(number, used, (unsigned)(at - alphabet))) {
            return SYM_TOO_LONG;
        }
    }
    return *zeros > SYM_BASE58_BYTES_MAX - *used ? SYM_TOO_LONG : SYM_OK;
}

static enum sym_err decode(uint8_t out[SYM_BASE58_BYTES_MAX], size_t *len, struct sym_span text)
{
    uint8_t number[SYM_BASE58_BYTES_MAX] = {0};
    size_t used = 0;
    size_t zeros = 0;
    enum sym_err err = read_digits(number, &used, &zeros, text);
    if (err == SYM_OK) {
        memset(out, 0, zeros);
        memcpy(out + zeros, number + SYM_BASE58_BYTES_MAX - used, used);
        *len = zeros + used;
    }
    sym_wipe(number, sizeof number); /* a private key, where somebody left one */
    return err;
}

/* Bytes of the payload, behind which the checksum stands. */
static enum sym_err check_sum(const uint8_t *bytes, size_t len)
{
    uint8_t hash[SYM_HASH_BYTES];
    enum sym_err err = sym_sha256(hash, sym_span(bytes, len));
    if (err == SYM_OK) {
        err = sym_sha256(hash, sym_span(hash, sizeof hash));
    }
    if (err != SYM_OK) {
        return err;
    }
    return memcmp(hash, bytes + len, CHECKSUM) == 0 ? SYM_OK : SYM_BAD_VALUE;
}

enum sym_err sym_base58check(uint8_t out[SYM_BASE58_BYTES_MAX], size_t *len, struct sym_span text)
{
    uint8_t bytes[SYM_BASE58_BYTES_MAX];
    size_t n = 0;
    enum sym_err err = decode(bytes, &n, text);
    if (err == SYM_OK) {
        err = n <= CHECKSUM ? SYM_BAD_FORMAT : check_sum(bytes, n - CHECKSUM);
    }
    if (err == SYM_OK) {
        *len = n - CHECKSUM;
        memcpy(out, bytes, *len);
    }
    sym_wipe(bytes, sizeof bytes);
    return err;
}
