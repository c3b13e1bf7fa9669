#include "proto/shuffle.h"

#include "crypto/secret.h"

struct draws {
    uint32_t words[256];
    size_t left;
};

/* Uniform below bound > 0 (Lemire's method). */
static uint32_t draw_below(struct draws *d, uint32_t bound)
{
    for (;;) {
        if (d->left == 0) {
            sym_random((uint8_t *)d->words, sizeof d->words);
            d->left = sizeof d->words / sizeof *d->words;
        }
        uint64_t product = (uint64_t)d->words[--d->left] * bound;
        uint32_t low = (uint32_t)product;
        if (low >= bound || low >= (uint32_t)-bound % bound) {
            return (uint32_t)(product >> 32);
        }
    }
}

/* Fisher and Yates, inside out. */
void sym_shuffle(uint32_t *order, uint32_t n)
{
    struct draws d = {.left = 0};
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = draw_below(&d, i + 1);
        order[i] = order[at];
        order[at] = i;
    }
    sym_wipe(&d, sizeof d);
}
