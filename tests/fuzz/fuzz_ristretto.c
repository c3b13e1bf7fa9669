/* Group arithmetic: a scalar, elements and uniform bytes, whatever they are. Every backend that
 * runs here answers as libsodium's does. */
#include "tests/support/ristretto_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Few, because every one costs a multiplication by libsodium. */
#define MOST 9u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_scalar k = {{0}};
    struct sym_element in[MOST];
    struct sym_uniform uniform[MOST];
    if (size < sizeof k || sym_crypto_init() != SYM_OK) {
        return 0;
    }
    memcpy(k.bytes, data, sizeof k);
    data += sizeof k;
    size -= sizeof k;
    /* every element and half stands in the input; what is missing is the generator */
    size_t n = size / SYM_ELEMENT_BYTES < MOST ? size / SYM_ELEMENT_BYTES : MOST;
    for (size_t i = 0; i < MOST; i++) {
        in[i] = sym_ristretto_generator;
        memcpy(uniform[i].bytes, in[i].bytes, SYM_ELEMENT_BYTES);
        memcpy(uniform[i].bytes + SYM_ELEMENT_BYTES, in[0].bytes, SYM_ELEMENT_BYTES);
        if (i < n) {
            memcpy(in[i].bytes, data + i * SYM_ELEMENT_BYTES, SYM_ELEMENT_BYTES);
            memcpy(uniform[i].bytes, in[i].bytes, SYM_ELEMENT_BYTES);
        }
    }
    for (size_t i = 0; sym_ristretto_name_at(i) != NULL; i++) {
        const struct sym_ristretto *with = NULL;
        const char *name = sym_ristretto_name_at(i);
        if (sym_ristretto_choose(&with, name) == SYM_OK) {
            const char *what = ristretto_pair_differs(with, in, uniform, n, &k);
            if (what != NULL) {
                (void)fprintf(stderr, "%s: %s differs from libsodium\n", name, what);
                abort();
            }
        }
    }
    return 0;
}
