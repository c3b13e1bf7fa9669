/* merkle.h - the Merkle tree of RFC 6962: leaf and node hashes (SHA-256), roots, inclusion and
 * consistency proofs, made from any source of subtree hashes and checked without one.
 *
 * Hashes are 32 bytes. A proof has at most SYM_MERKLE_PROOF_MAX hashes, in the order of RFC 6962
 * section 2.1. Nothing here is secret. Errors: SYM_BAD_VALUE (index, size or length of a proof that
 * cannot be), SYM_BAD_TAG (a proof that does not lead to the root), SYM_TOO_LONG, those of the
 * reader.
 */
#ifndef SYM_CRYPTO_MERKLE_H
#define SYM_CRYPTO_MERKLE_H

#include "crypto/sha256_many.h"

#define SYM_MERKLE_PROOF_MAX 64u

/* SHA-256 over 0x00 and the data. */
SYM_MUST enum sym_err sym_merkle_leaf(uint8_t out[SYM_HASH_BYTES], struct sym_span data);
/* The same for n of them: out[i] is of data[i]. */
SYM_MUST enum sym_err sym_merkle_leaf_many(uint8_t (*out)[SYM_HASH_BYTES],
                                           const struct sym_sha256_many *m,
                                           const struct sym_span *data, size_t n);
/* SHA-256 over 0x01, left and right; out may be either of them. */
SYM_MUST enum sym_err sym_merkle_node(uint8_t out[SYM_HASH_BYTES],
                                      const uint8_t left[SYM_HASH_BYTES],
                                      const uint8_t right[SYM_HASH_BYTES]);

/* The right edge of a growing tree: the roots of its perfect subtrees, the largest first. */
struct sym_merkle_edge {
    uint64_t size; /* leaves */
    uint8_t hash[SYM_MERKLE_PROOF_MAX][SYM_HASH_BYTES];
    size_t n; /* bits that are set in size */
};

/* Adds the hash of one leaf. SYM_LIMIT at 2^63 - 1 leaves. */
SYM_MUST enum sym_err sym_merkle_add(struct sym_merkle_edge *edge,
                                     const uint8_t leaf[SYM_HASH_BYTES]);
/* The same for n of them, in their order; nodes of one level are hashed side by side. After an
 * error the edge is as it was before, or has the first of them. */
SYM_MUST enum sym_err sym_merkle_add_many(struct sym_merkle_edge *edge,
                                          const struct sym_sha256_many *m,
                                          uint8_t (*leaves)[SYM_HASH_BYTES], size_t n);
/* Of the empty tree: SHA-256 of nothing. */
SYM_MUST enum sym_err sym_merkle_edge_root(uint8_t out[SYM_HASH_BYTES],
                                           const struct sym_merkle_edge *edge);

/* Reads the root of the perfect subtree over leaves [index * 2^level, (index + 1) * 2^level). */
typedef enum sym_err sym_merkle_read_fn(void *context, uint8_t out[SYM_HASH_BYTES], unsigned level,
                                        uint64_t index);

struct sym_merkle_proof {
    uint8_t hash[SYM_MERKLE_PROOF_MAX][SYM_HASH_BYTES];
    size_t n;
};

/* The root over the first size leaves. */
SYM_MUST enum sym_err sym_merkle_root(uint8_t out[SYM_HASH_BYTES], uint64_t size,
                                      sym_merkle_read_fn *read, void *context);
/* Of leaf index in the tree of size leaves; index < size. */
SYM_MUST enum sym_err sym_merkle_prove_inclusion(struct sym_merkle_proof *out, uint64_t index,
                                                 uint64_t size, sym_merkle_read_fn *read,
                                                 void *context);
/* That the tree of size leaves begins with that of `from` leaves; 0 <= from <= size. Empty for from
 * of 0 or size. */
SYM_MUST enum sym_err sym_merkle_prove_consistency(struct sym_merkle_proof *out, uint64_t from,
                                                   uint64_t size, sym_merkle_read_fn *read,
                                                   void *context);

/* Does the proof lead from the leaf to this root? index < size. */
SYM_MUST enum sym_err sym_merkle_check_inclusion(const uint8_t root[SYM_HASH_BYTES],
                                                 const uint8_t leaf[SYM_HASH_BYTES], uint64_t index,
                                                 uint64_t size, const struct sym_span *proof,
                                                 size_t n);
/* As the vectors have it: from of 0 is refused. */
SYM_MUST enum sym_err sym_merkle_check_consistency(const uint8_t from_root[SYM_HASH_BYTES],
                                                   uint64_t from,
                                                   const uint8_t root[SYM_HASH_BYTES],
                                                   uint64_t size, const struct sym_span *proof,
                                                   size_t n);

#endif
