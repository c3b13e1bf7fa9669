/* One compression of SHA-256 (FIPS 180-4 section 6.2.2) for LANES messages at once. Whoever
 * includes this has defined LANES and FINISH, the name of the function for
 * crypto/vole/kernel_table.h. */

#include <string.h>

typedef uint32_t word __attribute__((vector_size(4 * LANES)));

#define WORD_BITS       32
#define ROUND_CONSTANTS sym_sha_round
#include "crypto/sha256/sha_rounds.h"

void FINISH(uint8_t (*out)[SYM_SHA_BYTES], const uint32_t state[SYM_SHA_STATE],
            const uint8_t (*tails)[SYM_SHA_BLOCK], size_t n)
{
    word s[SYM_SHA_STATE];
    word w[16];
    for (size_t at = 0; at < n; at += LANES) {
        for (unsigned lane = 0; lane < LANES; lane++) {
            size_t i = at + lane < n ? at + lane : n - 1;
            uint32_t words[16];
            memcpy(words, tails[i], sizeof words);
            for (unsigned t = 0; t < 16; t++) {
                w[t][lane] = __builtin_bswap32(words[t]);
            }
            for (unsigned t = 0; t < SYM_SHA_STATE; t++) {
                s[t][lane] = state[t];
            }
        }
        compress(s, w);
        for (unsigned lane = 0; lane < LANES && at + lane < n; lane++) {
            uint32_t words[SYM_SHA_STATE];
            for (unsigned t = 0; t < SYM_SHA_STATE; t++) {
                words[t] = __builtin_bswap32(s[t][lane]);
            }
            memcpy(out[at + lane], words, sizeof words);
        }
    }
    sym_wipe(s, sizeof s);
    sym_wipe(w, sizeof w);
}
