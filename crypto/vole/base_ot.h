/* base_ot.h - the 128 base OTs of suite overlap-vole-1 (its design, section 6, "Base OT"):
 * one-round endemic OT after Masny and Rindal (CCS 2019) in the group of ristretto.h. R offers two
 * keys for each i, S learns the one that bit i of delta chooses:
 *
 *   S   r_{i,1-b} random, x_i random, r_{i,b} = x_i G - HG(sid || i || b || r_{i,1-b}), b = delta_i
 *   R   P_{i,c} = r_{i,c} + HG(sid || i || c || r_{i,1-c}), c = 0, 1
 *   k_{i,c} = first 16 bytes of D(sid, "bot-key", i, c; Y_R || r_{i,0} || r_{i,1} || Z),
 *   Z = y P_{i,c} at R, x_i Y_R at S
 *
 * with Y_R = y G, and HG = HashToGroup of RFC 9497 with the domain "overlap-vole-1-baseot". One y
 * serves all 128; the hash gives each its own oracle.
 *
 * pairs are r_{0,0}, r_{0,1}, r_{1,0}, …, as in M3. Both functions work on instances first … first
 * + n - 1 (at most to 127) and touch only their part of the arrays, which are passed whole: pieces
 * may run at the same time. Running time depends on n and on encodings that are refused, never on
 * delta, scalars or keys. Nothing allocates; 32 KiB of stack beside what the group uses.
 *
 * Errors: SYM_BAD_ELEMENT (what the other side sent is no element, or leads to the identity),
 * SYM_BAD_SCALAR. Keys are then undefined: end the session.
 */
#ifndef SYM_CRYPTO_VOLE_BASE_OT_H
#define SYM_CRYPTO_VOLE_BASE_OT_H

#include "crypto/ristretto.h"
#include "crypto/vole/cot.h"

#define SYM_BASE_OT_PAIRS_BYTES (2u * SYM_VOLE_ROWS * SYM_ELEMENT_BYTES)

struct sym_base_ots {
    const struct sym_ristretto *group;
    const struct sym_vole_kernel *with;
    const uint8_t *sid;            /* 32 bytes */
    const struct sym_element *y_r; /* Y_R */
};

/* S: pairs, and the keys k_{i,delta_i}. */
SYM_MUST enum sym_err sym_base_ot_choose(struct sym_element pairs[2 * SYM_VOLE_ROWS],
                                         uint8_t keys[SYM_VOLE_ROWS][SYM_COT_KEY_BYTES],
                                         const struct sym_base_ots *ots,
                                         const struct sym_block *delta, size_t first, size_t n);

/* R: the keys k_{0,0}, k_{0,1}, k_{1,0}, … . y: the scalar of Y_R. */
SYM_MUST enum sym_err sym_base_ot_offer(uint8_t keys[2 * SYM_VOLE_ROWS][SYM_COT_KEY_BYTES],
                                        const struct sym_base_ots *ots,
                                        const struct sym_element pairs[2 * SYM_VOLE_ROWS],
                                        const struct sym_scalar *y, size_t first, size_t n);

#endif
