#include "cli/ingest/base58.h"
#include "cli/ingest/bech32.h"
#include "cli/ingest/canon_run.h"
#include "cli/ingest/keccak.h"
#include "crypto/secret.h"

#include <string.h>
#include <strings.h>

#define WALLET_BYTES_MAX 128u
#define ETHEREUM_DIGITS  40u

/* BIP-173 and SLIP-173: prefixes whose addresses are segregated witness programs. */
static const char *const segwit_prefixes[] = {"bc", "tb", "bcrt", "ltc", "tltc", "vtc", "dgb"};

static enum sym_err write_address(struct sym_canon_run *run, const char *what, struct sym_span text)
{
    sym_canon_step(run, what, text);
    sym_write_span(&run->out, text);
    return SYM_OK;
}

static bool is_segwit_prefix(struct sym_span prefix)
{
    for (size_t i = 0; i < sizeof segwit_prefixes / sizeof *segwit_prefixes; i++) {
        if (prefix.len == strlen(segwit_prefixes[i]) &&
            strncasecmp((const char *)prefix.data, segwit_prefixes[i], prefix.len) == 0) {
            return true;
        }
    }
    return false;
}

/* BIP-173 and BIP-350: version 0 is Bech32 with 20 or 32 bytes, later ones are Bech32m. */
static bool is_witness(const struct sym_bech32 *b)
{
    uint8_t program[SYM_BECH32_BYTES_MAX];
    size_t len = 0;
    if (b->data_len == 0 || b->data[0] > 16 ||
        sym_bech32_bytes(program, &len, b->data + 1, b->data_len - 1) != SYM_OK) {
        return false;
    }
    if (b->data[0] == 0) {
        return b->kind == SYM_BECH32 && (len == 20 || len == 32);
    }
    return b->kind == SYM_BECH32M && len >= 2 && len <= 40;
}

/* Other chains put a hash of 20 bytes, a key or more behind their own prefix. */
static bool is_other_address(const struct sym_bech32 *b)
{
    uint8_t bytes[SYM_BECH32_BYTES_MAX];
    size_t len = 0;
    return sym_bech32_bytes(bytes, &len, b->data, b->data_len) == SYM_OK && len >= 20;
}

static enum sym_err write_bech32(struct sym_canon_run *run, const struct sym_bech32 *b)
{
    bool segwit = is_segwit_prefix(sym_span(b->text, b->prefix_len));
    if (segwit ? !is_witness(b) : !is_other_address(b)) {
        return sym_canon_refuse(run, SYM_BAD_VALUE,
                                "the Bech32 checksum matches, but what it holds is no address");
    }
    return write_address(run, b->kind == SYM_BECH32 ? "Bech32, lower case" : "Bech32m, lower case",
                         sym_span_text(b->text));
}

/* Keys must never stand in such a list: whoever reads it could empty the wallet. */
static bool is_private_key(const uint8_t *bytes, size_t len)
{
    static const uint8_t extended[4] = {0x04, 0x88, 0xad, 0xe4}; /* BIP-32 "xprv" */
    return ((len == 33 || len == 34) && bytes[0] >= 0x80) ||
           (len == 78 && memcmp(bytes, extended, sizeof extended) == 0);
}

static enum sym_err write_base58(struct sym_canon_run *run)
{
    uint8_t bytes[SYM_BASE58_BYTES_MAX];
    size_t len = 0;
    enum sym_err err = sym_base58check(bytes, &len, run->value);
    bool private_key = err == SYM_OK && is_private_key(bytes, len);
    sym_wipe(bytes, sizeof bytes);
    if (err == SYM_BAD_VALUE) {
        return sym_canon_refuse(run, err,
                                "the Base58Check checksum does not match; is this an address "
                                "without checksum, such as Solana's? Those cannot be checked");
    }
    if (err != SYM_OK) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                "is no address in Base58Check, Bech32, Bech32m or hexadecimal");
    }
    if (private_key) {
        return sym_canon_refuse(run, SYM_BAD_VALUE,
                                "is a private key, not an address; remove it from the file");
    }
    if (len != 21 && len != 22) {
        return sym_canon_refuse(
            run, SYM_BAD_VALUE,
            "the Base58Check checksum matches, but what it holds is no address");
    }
    return write_address(run, "Base58Check, checksum matches", run->value);
}

/* EIP-55: a letter is a capital when its place in the hash of the small letters is 8 or more. */
static enum sym_err capitals_match(bool *match, const char *lower, const char *digits)
{
    uint8_t hash[32];
    enum sym_err err = sym_keccak256(hash, sym_span(lower, ETHEREUM_DIGITS));
    if (err != SYM_OK) {
        return err;
    }
    *match = true;
    for (size_t i = 0; i < ETHEREUM_DIGITS; i++) {
        unsigned place = hash[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
        bool capital = sym_is_capital(digits[i]);
        *match = *match && (sym_is_digit(digits[i]) || capital == (place >= 8));
    }
    return SYM_OK;
}

static enum sym_err check_capitals(struct sym_canon_run *run, const char *lower, const char *digits,
                                   bool small, bool capital)
{
    bool match = false;
    if (!small || !capital) {
        run->remark = "an address in one case carries no checksum";
        return SYM_OK;
    }
    enum sym_err err = capitals_match(&match, lower, digits);
    if (err != SYM_OK) {
        return sym_canon_refuse(run, err, "%s", sym_err_text(err));
    }
    return match ? SYM_OK
                 : sym_canon_refuse(run, SYM_BAD_VALUE,
                                    "capitals do not match the checksum (EIP-55)");
}

static enum sym_err write_ethereum(struct sym_canon_run *run)
{
    char address[2 + ETHEREUM_DIGITS + 1] = "0x";
    const char *digits = (const char *)run->value.data + 2;
    bool small = false;
    bool capital = false;
    if (run->value.len != 2 + ETHEREUM_DIGITS) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT, "has %zu digits behind 0x; addresses have %u",
                                run->value.len - 2, ETHEREUM_DIGITS);
    }
    for (size_t i = 0; i < ETHEREUM_DIGITS; i++) {
        char c = digits[i];
        bool is_capital = c >= 'A' && c <= 'F';
        bool is_small = c >= 'a' && c <= 'f';
        if (!is_capital && !is_small && !sym_is_digit(c)) {
            return sym_canon_refuse(run, SYM_BAD_FORMAT, "character %zu is no hexadecimal digit",
                                    i + 3);
        }
        address[2 + i] = (char)(is_capital ? c - 'A' + 'a' : c);
        small = small || is_small;
        capital = capital || is_capital;
    }
    enum sym_err err = check_capitals(run, address + 2, digits, small, capital);
    return err == SYM_OK ? write_address(run, "hexadecimal, lower case", sym_span_text(address))
                         : err;
}

enum sym_err sym_canon_wallet(struct sym_canon_run *run)
{
    struct sym_bech32 b;
    const uint8_t *text = run->value.data;
    if (run->value.len > WALLET_BYTES_MAX) {
        return sym_canon_refuse(run, SYM_TOO_LONG, "is longer than %u characters",
                                WALLET_BYTES_MAX);
    }
    if (run->value.len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        return write_ethereum(run);
    }
    enum sym_err err = sym_bech32_parse(&b, run->value);
    if (err == SYM_OK) {
        return write_bech32(run, &b);
    }
    const uint8_t *separator = memrchr(text, '1', run->value.len);
    if (separator != NULL && is_segwit_prefix(sym_span(text, (size_t)(separator - text)))) {
        return sym_canon_refuse(
            run, err,
            err == SYM_BAD_VALUE ? "the Bech32 checksum does not match"
                                 : "starts like Bech32, but mixes cases or has other characters");
    }
    return write_base58(run);
}
