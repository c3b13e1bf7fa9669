/* SHA-512 of LANES messages at once. Whoever includes this has defined LANES and HASH, the name of
 * the function of sha512.h, and may have defined what sha_rounds.h says. */

#include <string.h>

typedef uint64_t word __attribute__((vector_size(8 * LANES)));

#define WORD_BITS       64
#define ROUND_CONSTANTS sym_sha512_round
#include "crypto/sha256/sha_rounds.h"

/* Lanes that are too many hash the last message once more, and are not stored. */
static inline size_t message_of(size_t lane, size_t n)
{
    return lane < n ? lane : n - 1;
}

/* Apart from the rounds, so that no pointer is kept in a vector register meanwhile
 * (tests/ct/check_object.py). */
static __attribute__((noinline)) void load_words(uint64_t words[16][LANES], const uint8_t *padded,
                                                 size_t each, size_t n)
{
    for (size_t lane = 0; lane < LANES; lane++) {
        const uint8_t *block = padded + message_of(lane, n) * each;
        for (size_t t = 0; t < 16; t++) {
            uint64_t big_endian;
            memcpy(&big_endian, block + 8 * t, sizeof big_endian);
            words[t][lane] = __builtin_bswap64(big_endian);
        }
    }
}

static __attribute__((noinline)) void store_hashes(uint8_t (*out)[SYM_SHA512_BYTES],
                                                   const uint64_t words[SYM_SHA512_STATE][LANES],
                                                   size_t n)
{
    for (size_t lane = 0; lane < n; lane++) {
        for (size_t t = 0; t < SYM_SHA512_STATE; t++) {
            const uint64_t big_endian = __builtin_bswap64(words[t][lane]);
            memcpy(out[lane] + 8 * t, &big_endian, sizeof big_endian);
        }
    }
}

void HASH(uint8_t (*out)[SYM_SHA512_BYTES], const uint64_t state[SYM_SHA512_STATE],
          const uint8_t *padded, size_t blocks, size_t n)
{
    const size_t each = blocks * SYM_SHA512_BLOCK;
    uint64_t words[16][LANES];
    word s[SYM_SHA512_STATE];
    word w[16];
    for (size_t at = 0; at < n; at += LANES) {
        const size_t some = n - at < LANES ? n - at : LANES;
        for (size_t t = 0; t < SYM_SHA512_STATE; t++) {
            s[t] = (word){0} + state[t];
        }
        for (size_t block = 0; block < blocks; block++) {
            load_words(words, padded + at * each + block * SYM_SHA512_BLOCK, each, some);
            memcpy(w, words, sizeof w);
            compress(s, w);
        }
        memcpy(words, s, sizeof s);
        store_hashes(out + at, (const uint64_t(*)[LANES])words, some);
    }
    sym_wipe(words, sizeof words);
    sym_wipe(s, sizeof s);
    sym_wipe(w, sizeof w);
}
