/* Secret sharing: secrets, coefficients and shares are undefined for valgrind, points and
 * thresholds are public. */
#include "crypto/shamir.h"

#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#define N 9u
#define T 6u

#define SECRET(object) ((void)VALGRIND_MAKE_MEM_UNDEFINED(&(object), sizeof(object)))
#define PUBLIC(object) ((void)VALGRIND_MAKE_MEM_DEFINED(&(object), sizeof(object)))

int main(void)
{
    static const uint8_t points[T] = {9, 2, 3, 7, 5, 6};
    struct sym_share rows[T];
    struct sym_share shares[N];
    struct sym_share chosen[T];
    struct sym_share out;
    uint8_t weights[T];
    memset(rows, 0x35, sizeof rows);
    SECRET(rows);
    bool done = sym_crypto_init() == SYM_OK &&
                sym_shamir_split_with(shares, N, T, &rows[0], &rows[1]) == SYM_OK &&
                sym_shamir_weights(weights, points, T) == SYM_OK;
    for (size_t i = 0; i < T; i++) {
        chosen[i] = shares[points[i] - 1];
    }
    sym_shamir_combine(&out, weights, chosen, T);
#ifdef PLANT_BRANCH
    if (out.bytes[0] > 7) {
        (void)fputs("planted\n", stderr);
    }
#endif
    PUBLIC(out);
    PUBLIC(rows);
    done = done && memcmp(&out, &rows[0], sizeof out) == 0 &&
           sym_shamir_split(shares, N, T, &rows[0]) == SYM_OK;
    (void)puts(done ? "a secret was shared and recovered" : "sharing failed");
    return done ? 0 : 1;
}
