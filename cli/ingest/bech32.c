#include "cli/ingest/bech32.h"

#include <string.h>

#define CHECKSUM      6u
#define CONSTANT      1u
#define CONSTANT_M    0x2bc830a3u
#define PREFIX_MIN    1u
#define PRINTABLE_MIN 33u
#define PRINTABLE_MAX 126u

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* One step of the BCH code over GF(32). */
static uint32_t polymod(uint32_t sum, uint8_t value)
{
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                          0x2a1462b3};
    uint32_t top = sum >> 25;
    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++) {
        sum ^= (top >> i & 1) != 0 ? generator[i] : 0;
    }
    return sum;
}

/* Copies text in lower case; false when cases are mixed or a character is not printable. */
static bool lower(char *out, struct sym_span text)
{
    bool small = false;
    bool capital = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c < PRINTABLE_MIN || c > PRINTABLE_MAX) {
            return false;
        }
        bool is_capital = c >= 'A' && c <= 'Z';
        capital = capital || is_capital;
        small = small || (c >= 'a' && c <= 'z');
        out[i] = (char)(is_capital ? c - 'A' + 'a' : c);
    }
    out[text.len] = '\0';
    return !small || !capital;
}

static uint32_t checksum(const struct sym_bech32 *b, const uint8_t *values, size_t n)
{
    uint32_t sum = 1;
    for (size_t i = 0; i < b->prefix_len; i++) {
        sum = polymod(sum, (uint8_t)b->text[i] >> 5);
    }
    sum = polymod(sum, 0);
    for (size_t i = 0; i < b->prefix_len; i++) {
        sum = polymod(sum, (uint8_t)b->text[i] & 31);
    }
    for (size_t i = 0; i < n; i++) {
        sum = polymod(sum, values[i]);
    }
    return sum;
}

enum sym_err sym_bech32_parse(struct sym_bech32 *out, struct sym_span text)
{
    struct sym_bech32 b = {.prefix_len = 0};
    if (text.len > SYM_BECH32_BYTES_MAX || !lower(b.text, text)) {
        return SYM_BAD_FORMAT;
    }
    const char *separator = strrchr(b.text, '1');
    b.prefix_len = separator != NULL ? (size_t)(separator - b.text) : 0;
    if (b.prefix_len < PREFIX_MIN || text.len - b.prefix_len - 1 < CHECKSUM) {
        return SYM_BAD_FORMAT;
    }
    size_t n = text.len - b.prefix_len - 1;
    for (size_t i = 0; i < n; i++) {
        const char *at = strchr(alphabet, b.text[b.prefix_len + 1 + i]);
        if (at == NULL) {
            return SYM_BAD_FORMAT;
        }
        b.data[i] = (uint8_t)(at - alphabet);
    }
    uint32_t sum = checksum(&b, b.data, n);
    if (sum != CONSTANT && sum != CONSTANT_M) {
        return SYM_BAD_VALUE;
    }
    b.kind = sum == CONSTANT ? SYM_BECH32 : SYM_BECH32M;
    b.data_len = n - CHECKSUM;
    *out = b;
    return SYM_OK;
}

enum sym_err sym_bech32_bytes(uint8_t *out, size_t *len, const uint8_t *values, size_t n)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t written = 0;
    for (size_t i = 0; i < n; i++) {
        bits = (bits << 5 | values[i]) & 0xfff;
        held += 5;
        if (held >= 8) {
            held -= 8;
            out[written++] = (uint8_t)(bits >> held);
        }
    }
    if (held >= 5 || (bits & ((1u << held) - 1)) != 0) {
        return SYM_BAD_FORMAT;
    }
    *len = written;
    return SYM_OK;
}
