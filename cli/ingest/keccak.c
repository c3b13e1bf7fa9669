#include "cli/ingest/keccak.h"

#include <string.h>

#define LANES  25u
#define ROUNDS 24u
#define RATE   136u /* bytes */

_Static_assert(SYM_KECCAK_BYTES_MAX < RATE, "the padding takes a byte");

static const uint64_t round_constants[ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

/* FIPS 202, 3.2.2 and 3.2.3, as one walk over the lanes from (1, 0): by how much each is rotated,
 * and where it goes. */
static const unsigned rotations[24] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                       27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};
static const unsigned places[24] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                    15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};

static uint64_t rotate(uint64_t v, unsigned n)
{
    return v << n | v >> (64 - n);
}

static void theta(uint64_t a[LANES])
{
    uint64_t parity[5];
    for (size_t x = 0; x < 5; x++) {
        parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    }
    for (size_t i = 0; i < LANES; i++) {
        a[i] ^= parity[(i + 4) % 5] ^ rotate(parity[(i + 1) % 5], 1);
    }
}

static void rho_pi(uint64_t a[LANES])
{
    uint64_t moving = a[1];
    for (size_t i = 0; i < 24; i++) {
        uint64_t displaced = a[places[i]];
        a[places[i]] = rotate(moving, rotations[i]);
        moving = displaced;
    }
}

static void chi(uint64_t a[LANES])
{
    for (size_t y = 0; y < LANES; y += 5) {
        uint64_t row[5];
        memcpy(row, a + y, sizeof row);
        for (size_t x = 0; x < 5; x++) {
            a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
        }
    }
}

static void xor_byte(uint64_t a[LANES], size_t at, uint8_t byte)
{
    a[at / 8] ^= (uint64_t)byte << (8 * (at % 8));
}

enum sym_err sym_keccak256(uint8_t out[32], struct sym_span data)
{
    uint64_t a[LANES] = {0};
    if (data.len > SYM_KECCAK_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    for (size_t i = 0; i < data.len; i++) {
        xor_byte(a, i, data.data[i]);
    }
    xor_byte(a, data.len, 0x01);
    xor_byte(a, RATE - 1, 0x80);
    for (size_t round = 0; round < ROUNDS; round++) {
        theta(a);
        rho_pi(a);
        chi(a);
        a[0] ^= round_constants[round];
    }
    for (size_t i = 0; i < 32; i++) {
        out[i] = (uint8_t)(a[i / 8] >> (8 * (i % 8)));
    }
    return SYM_OK;
}
