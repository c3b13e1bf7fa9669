/* prefix.h - the hash D of suite overlap-vole-1 (its design, section 2):
 *
 *   D(c, label, a, b; data) = SHA-256(c (32 bytes) || label in ASCII, zero-padded to 16
 *                                     || LE64(a) || LE64(b) || data)
 *
 * The prefix is one block of SHA-256, so the state behind it is computed once and kept; a kept
 * prefix is immutable and may be used by many threads. Where data is secret or the prefix has a
 * secret in it, time depends on lengths only; a prefix with a secret in it is wiped by its owner.
 * Lengths are bytes. Nothing here fails or allocates.
 */
#ifndef SYM_CRYPTO_VOLE_PREFIX_H
#define SYM_CRYPTO_VOLE_PREFIX_H

#include "crypto/vole/block.h"
#include "crypto/vole/kernel.h"

#define SYM_PREFIX_CONTEXT_BYTES 32u
#define SYM_PREFIX_LABEL_MAX     16u
#define SYM_PREFIX_HASH_BYTES    32u

/* 0^32, the context where there is none yet. */
extern const uint8_t sym_prefix_no_context[SYM_PREFIX_CONTEXT_BYTES];

struct sym_prefix {
    uint32_t state[8]; /* of SHA-256, behind the block */
};

/* label: 1 to SYM_PREFIX_LABEL_MAX characters. */
void sym_prefix_init(struct sym_prefix *p, const struct sym_vole_kernel *with,
                     const uint8_t c[SYM_PREFIX_CONTEXT_BYTES], const char *label, uint64_t a,
                     uint64_t b);

/* D over the parts one after the other, without their lengths. */
void sym_prefix_hash(uint8_t out[SYM_PREFIX_HASH_BYTES], const struct sym_vole_kernel *with,
                     const struct sym_prefix *p, const struct sym_span *parts, size_t n);

/* Both steps for a hash that is computed once. */
void sym_prefix_hash_once(uint8_t out[SYM_PREFIX_HASH_BYTES], const struct sym_vole_kernel *with,
                          const uint8_t c[SYM_PREFIX_CONTEXT_BYTES], const char *label, uint64_t a,
                          uint64_t b, const struct sym_span *parts, size_t n);

/* Data that comes in pieces. */
struct sym_prefix_running {
    uint32_t state[8];
    uint8_t pending[64]; /* what does not fill a block yet */
    uint64_t len;        /* bytes hashed, prefix included */
};

void sym_prefix_begin(struct sym_prefix_running *r, const struct sym_prefix *p);
void sym_prefix_update(struct sym_prefix_running *r, const struct sym_vole_kernel *with,
                       struct sym_span data);
/* Ends it and wipes r. */
void sym_prefix_end(uint8_t out[SYM_PREFIX_HASH_BYTES], struct sym_prefix_running *r,
                    const struct sym_vole_kernel *with);

/* D128: the first 16 bytes of a hash, as an element. */
static inline struct sym_block sym_prefix_element(const uint8_t hash[SYM_PREFIX_HASH_BYTES])
{
    return sym_block_load(hash);
}

#endif
