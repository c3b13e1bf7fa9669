/* ascii.h - text of ASCII and its characters, whatever the locale. */
#ifndef SYM_CLI_INGEST_ASCII_H
#define SYM_CLI_INGEST_ASCII_H

#include "crypto/bytes.h"

static inline bool sym_is_ascii(struct sym_span text)
{
    size_t n = 0;
    while (n < text.len && text.data[n] < 0x80) {
        n++;
    }
    return n == text.len;
}

static inline bool sym_is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static inline bool sym_is_capital(int c)
{
    return c >= 'A' && c <= 'Z';
}

static inline uint8_t sym_to_lower(uint8_t c)
{
    return sym_is_capital(c) ? (uint8_t)(c - 'A' + 'a') : c;
}

#endif
