/* Noise: the key of the noise and the cells are undefined for valgrind, tables are public. */
#include "crypto/laplace.h"

#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#define CELLS 1501u

int main(void)
{
    const struct sym_laplace_params p = {
        .epsilon_nano = 1000000000u, .sensitivity = 2, .shares = 4};
    static uint64_t cells[CELLS];
    struct sym_laplace *t = NULL;
    struct sym_masker m = {0};
    uint8_t key[SYM_MASK_KEY_BYTES] = {5};
    (void)VALGRIND_MAKE_MEM_UNDEFINED(key, sizeof key);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(cells, sizeof cells);
    bool done = sym_crypto_init() == SYM_OK && sym_masker_new(&m) == SYM_OK &&
                sym_laplace_new(&t, &p) == SYM_OK &&
                sym_laplace_add(cells, CELLS, 0, t, &m, key) == SYM_OK;
#ifdef PLANT_BRANCH
    if (cells[CELLS - 1] > 7) {
        (void)fputs("planted\n", stderr);
    }
#endif
    sym_laplace_free(t);
    sym_masker_clear(&m);
    (void)puts(done ? "noise was added" : "adding noise failed");
    return done ? 0 : 1;
}
