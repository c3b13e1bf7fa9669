/* bech32.h - Bech32 (BIP-173) and Bech32m (BIP-350): checked, split and unpacked.
 *
 * Pure; nothing here allocates.
 * Errors: SYM_BAD_FORMAT (no such text), SYM_BAD_VALUE (the checksum does not match).
 */
#ifndef SYM_CLI_INGEST_BECH32_H
#define SYM_CLI_INGEST_BECH32_H

#include "crypto/bytes.h"

#define SYM_BECH32_BYTES_MAX 90u

enum sym_bech32_kind { SYM_BECH32, SYM_BECH32M };

struct sym_bech32 {
    enum sym_bech32_kind kind;
    char text[SYM_BECH32_BYTES_MAX + 1]; /* all of it, in lower case */
    size_t prefix_len;                   /* the part of text before the separator */
    uint8_t data[SYM_BECH32_BYTES_MAX];  /* values of five bits, without the checksum */
    size_t data_len;
};

/* SYM_BAD_FORMAT: no such text; SYM_BAD_VALUE: its checksum does not hold. */
SYM_MUST enum sym_err sym_bech32_parse(struct sym_bech32 *out, struct sym_span text);

/* Repacks n values of five bits into bytes; out has room for 5 * n / 8 bytes. SYM_BAD_FORMAT when
 * five or more bits are left over, or one of them is set. */
SYM_MUST enum sym_err sym_bech32_bytes(uint8_t *out, size_t *len, const uint8_t *values, size_t n);

#endif
