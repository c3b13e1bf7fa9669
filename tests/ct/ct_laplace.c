/* Noise: the key of the noise and the cells are undefined for valgrind, tables are public. */
#include "crypto/laplace.h"

#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#define CELLS 1501u

static bool add_with(const char *name, const struct sym_laplace *t)
{
    static uint64_t cells[CELLS];
    struct sym_masker m = {0};
    uint8_t key[SYM_MASK_KEY_BYTES] = {5};
    (void)VALGRIND_MAKE_MEM_UNDEFINED(key, sizeof key);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(cells, sizeof cells);
    enum sym_err err = sym_masker_new_with(&m, name);
    if (err == SYM_OK) {
        err = sym_laplace_add(cells, CELLS, 0, t, &m, key);
        (void)printf("%s\n", name);
    } else if (err == SYM_UNSUPPORTED) {
        err = SYM_OK; /* valgrind's CPU cannot */
    }
#ifdef PLANT_BRANCH
    if (cells[CELLS - 1] > 7) {
        (void)fputs("planted\n", stderr);
    }
#endif
    sym_masker_clear(&m);
    return err == SYM_OK;
}

int main(void)
{
    const struct sym_laplace_params p = {
        .epsilon_nano = 1000000000u, .sensitivity = 2, .shares = 4};
    struct sym_laplace *t = NULL;
    bool done = sym_crypto_init() == SYM_OK && sym_laplace_new(&t, &p) == SYM_OK;
    for (size_t at = 0; done && sym_masker_name_at(at) != NULL; at++) {
        done = add_with(sym_masker_name_at(at), t);
    }
    sym_laplace_free(t);
    (void)puts(done ? "noise was added" : "adding noise failed");
    return done ? 0 : 1;
}
