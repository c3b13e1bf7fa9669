/* mask_kernel.h - what a way to make masks has to provide; for crypto/mask and its kernels only.
 *
 * A kernel expands keys of AES-256 into a schedule that only it reads, and adds or subtracts words
 * of the key stream to or from cells without writing them anywhere else. mask.c has checked
 * arguments and wipes schedules. Time depends on n only.
 */
#ifndef SYM_CRYPTO_MASK_KERNEL_H
#define SYM_CRYPTO_MASK_KERNEL_H

#include "crypto/mask.h"

#define SYM_MASK_SCHEDULE_BYTES 240u
_Static_assert(sizeof((struct sym_masker){0}.schedule) == SYM_MASK_SCHEDULE_BYTES, "one schedule");

struct sym_mask_kernel {
    const char *name;
    uint32_t wants; /* sym_cpu_features */
    void (*expand)(uint8_t schedule[SYM_MASK_SCHEDULE_BYTES],
                   const uint8_t key[SYM_MASK_KEY_BYTES]);
    /* Words of the stream from block number `block` on, to n cells. */
    void (*add)(uint64_t *cells, size_t n, uint64_t block,
                const uint8_t schedule[SYM_MASK_SCHEDULE_BYTES]);
    void (*subtract)(uint64_t *cells, size_t n, uint64_t block,
                     const uint8_t schedule[SYM_MASK_SCHEDULE_BYTES]);
};

#ifdef __x86_64__
extern const struct sym_mask_kernel sym_mask_vaes;
extern const struct sym_mask_kernel sym_mask_aesni;
#endif

#endif
