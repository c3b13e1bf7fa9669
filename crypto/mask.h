/* mask.h - the masks of secure aggregation by double masking (Bonawitz et al., CCS 2017): keys, and
 * their streams added to cells modulo 2^64.
 *
 * A node i hides its cells under one mask of its own, from a seed b_i, and one shared with every
 * other node j, from X25519(s_i, s_j): of these the node with the lower index adds, the other
 * subtracts, so that they vanish in the sum. A mask is the key stream of AES-256 in counter mode
 * from counter 0, read as 64-bit little-endian words; word c hides cell c. Every key is bound to
 * the query id, and HKDF (crypto/aead.h) derives it from the secret with a salt that names its
 * purpose: SHA-256 of a domain and the public values.
 *
 * A struct sym_masker holds what one thread needs to make streams; its owner calls
 * sym_masker_clear, which wipes. Keys are spans of 32 bytes each, one after the other, which belong
 * in a struct sym_secret; keys written to plain arrays are wiped by who asked for them. Errors:
 * SYM_BAD_ELEMENT (an all-zero X25519 output), SYM_BAD_FORMAT (a key of another length),
 * SYM_BAD_VALUE (a first cell that is odd, or cells beyond SYM_MASK_CELLS_MAX), SYM_NO_MEMORY,
 * SYM_UNSUPPORTED (OpenSSL withholds AES).
 */
#ifndef SYM_CRYPTO_MASK_H
#define SYM_CRYPTO_MASK_H

#include "crypto/noise.h"

#define SYM_QID_BYTES       32u
#define SYM_MASK_KEY_BYTES  32u
#define SYM_MASK_SEED_BYTES 32u
/* Far above any cube; keeps counters from wrapping. */
#define SYM_MASK_CELLS_MAX ((uint64_t)1 << 40)

/* H(b_i), which a node consents with: SHA-256 of a domain, the query id and the seed. */
SYM_MUST enum sym_err sym_mask_commit(uint8_t out[SYM_HASH_BYTES],
                                      const uint8_t seed[SYM_MASK_SEED_BYTES],
                                      const uint8_t qid[SYM_QID_BYTES]);
/* The key of the mask that belongs to the seed b_i. */
SYM_MUST enum sym_err sym_mask_self_key(uint8_t key[SYM_MASK_KEY_BYTES],
                                        const uint8_t seed[SYM_MASK_SEED_BYTES],
                                        const uint8_t qid[SYM_QID_BYTES]);
/* The key of the mask that the owner of own shares with the owner of remote: the same at either
 * side, and the same when one of them was recovered from shares. */
SYM_MUST enum sym_err sym_mask_pair_key(uint8_t key[SYM_MASK_KEY_BYTES],
                                        const struct sym_exchange_key *own,
                                        const uint8_t remote[SYM_X25519_BYTES],
                                        const uint8_t qid[SYM_QID_BYTES]);
/* The same from what sym_exchange_key_agree gave for them, for who agrees with many at once. */
SYM_MUST enum sym_err sym_mask_pair_key_from(uint8_t key[SYM_MASK_KEY_BYTES],
                                             const uint8_t shared[SYM_X25519_BYTES],
                                             const uint8_t own[SYM_X25519_BYTES],
                                             const uint8_t remote[SYM_X25519_BYTES],
                                             const uint8_t qid[SYM_QID_BYTES]);

/* A word of a stream as a number: streams are little-endian on every machine. */
static inline uint64_t sym_mask_word(uint64_t as_loaded)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return __builtin_bswap64(as_loaded);
#else
    return as_loaded;
#endif
}

enum sym_mask_sign { SYM_MASK_ADD, SYM_MASK_SUBTRACT };

/* What node own has to do with the mask that it shares with node other (indices, different). */
enum sym_mask_sign sym_mask_sign_of(size_t own, size_t other);
/* How to take off what was put on. */
enum sym_mask_sign sym_mask_sign_inverse(enum sym_mask_sign sign);

/* How words are made: in registers, by instructions that the CPU has, or by OpenSSL. */
struct sym_mask_kernel;

struct sym_masker {
    const struct sym_mask_kernel *kernel; /* NULL: OpenSSL, and the two below are there */
    struct sym_stream stream;
    struct sym_secret words; /* a piece of a stream */
    uint32_t features;       /* of the CPU, as far as it may use them (crypto/cpu.h) */
    uint8_t schedule[240];   /* of the key in use, for the kernel */
};

/* m must be empty. Takes what is fastest on this CPU. */
SYM_MUST enum sym_err sym_masker_new(struct sym_masker *m);
/* The same, or by what is called forced ("portable" is OpenSSL): for tests and for comparing.
 * SYM_NOT_FOUND when nothing has that name, SYM_UNSUPPORTED when this CPU lacks what it needs. */
SYM_MUST enum sym_err sym_masker_new_with(struct sym_masker *m, const char *forced);
/* The name of each, fastest first; NULL after the last. */
const char *sym_masker_name_at(size_t at);
void sym_masker_clear(struct sym_masker *m);

/* Words [first, first + n) of the stream of a key, as they lie in memory (see sym_mask_word). first
 * is even. */
SYM_MUST enum sym_err sym_mask_words(uint64_t *words, size_t n, uint64_t first,
                                     struct sym_masker *m, const uint8_t key[SYM_MASK_KEY_BYTES]);

/* Adds or subtracts words [first, first + n) of the stream of each key, by the sign of the same
 * index, to or from cells[0..n). first is even. signs has keys.len / 32 elements. */
SYM_MUST enum sym_err sym_mask_cells(uint64_t *cells, size_t n, uint64_t first,
                                     struct sym_masker *m, struct sym_span keys,
                                     const enum sym_mask_sign *signs);

#endif
