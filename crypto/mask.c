#include "crypto/mask.h"

#include <string.h>

/* Each of one purpose; the terminator is hashed, too. */
static const char domain_commit[] = "symbolon-mask-commit-1";
static const char domain_self[] = "symbolon-mask-self-1";
static const char domain_pair[] = "symbolon-mask-pair-1";

/* Words that are made at once: what fits beside the cells into the first cache of a core. */
#define PIECE 2048u
_Static_assert(PIECE % 2 == 0, "a piece begins with a block");

enum sym_err sym_mask_commit(uint8_t out[SYM_HASH_BYTES], const uint8_t seed[SYM_MASK_SEED_BYTES],
                             const uint8_t qid[SYM_QID_BYTES])
{
    const struct sym_span parts[] = {
        sym_span(domain_commit, sizeof domain_commit),
        sym_span(qid, SYM_QID_BYTES),
        sym_span(seed, SYM_MASK_SEED_BYTES),
    };
    return sym_sha256_parts(out, parts, sizeof parts / sizeof *parts);
}

/* The salt is the hash of the parts, all of them public and of fixed length. */
static enum sym_err derive(uint8_t key[SYM_MASK_KEY_BYTES], const struct sym_span *parts, size_t n,
                           struct sym_span secret)
{
    uint8_t salt[SYM_HASH_BYTES];
    uint8_t out[1][SYM_HASH_BYTES];
    enum sym_err err = sym_sha256_parts(salt, parts, n);
    if (err == SYM_OK) {
        err = sym_hkdf(out, 1, salt, secret);
    }
    if (err == SYM_OK) {
        memcpy(key, out[0], SYM_MASK_KEY_BYTES);
    }
    sym_wipe(out, sizeof out);
    return err;
}

enum sym_err sym_mask_self_key(uint8_t key[SYM_MASK_KEY_BYTES],
                               const uint8_t seed[SYM_MASK_SEED_BYTES],
                               const uint8_t qid[SYM_QID_BYTES])
{
    const struct sym_span parts[] = {
        sym_span(domain_self, sizeof domain_self),
        sym_span(qid, SYM_QID_BYTES),
    };
    return derive(key, parts, sizeof parts / sizeof *parts, sym_span(seed, SYM_MASK_SEED_BYTES));
}

/* Both are public. */
static bool precedes(const uint8_t a[SYM_X25519_BYTES], const uint8_t b[SYM_X25519_BYTES])
{
    size_t i = 0;
    while (i + 1 < SYM_X25519_BYTES && a[i] == b[i]) {
        i++;
    }
    return a[i] < b[i];
}

enum sym_err sym_mask_pair_key(uint8_t key[SYM_MASK_KEY_BYTES], const struct sym_exchange_key *own,
                               const uint8_t remote[SYM_X25519_BYTES],
                               const uint8_t qid[SYM_QID_BYTES])
{
    bool own_first = precedes(own->public_key, remote);
    const struct sym_span parts[] = {
        sym_span(domain_pair, sizeof domain_pair),
        sym_span(qid, SYM_QID_BYTES),
        sym_span(own_first ? own->public_key : remote, SYM_X25519_BYTES),
        sym_span(own_first ? remote : own->public_key, SYM_X25519_BYTES),
    };
    uint8_t shared[SYM_X25519_BYTES];
    enum sym_err err = sym_exchange_key_agree(shared, own, remote);
    if (err == SYM_OK) {
        err = derive(key, parts, sizeof parts / sizeof *parts, sym_span(shared, sizeof shared));
    }
    sym_wipe(shared, sizeof shared);
    return err;
}

enum sym_mask_sign sym_mask_sign_of(size_t own, size_t other)
{
    return own < other ? SYM_MASK_ADD : SYM_MASK_SUBTRACT;
}

enum sym_mask_sign sym_mask_sign_inverse(enum sym_mask_sign sign)
{
    return sign == SYM_MASK_ADD ? SYM_MASK_SUBTRACT : SYM_MASK_ADD;
}

enum sym_err sym_masker_new(struct sym_masker *m)
{
    enum sym_err err = sym_stream_init(&m->stream);
    if (err == SYM_OK) {
        err = sym_secret_new(&m->words, PIECE * sizeof(uint64_t));
    }
    if (err != SYM_OK) {
        sym_masker_clear(m);
    }
    return err;
}

void sym_masker_clear(struct sym_masker *m)
{
    sym_stream_clear(&m->stream);
    sym_secret_clear(&m->words);
}

/* A loop of fixed length becomes vector instructions. */
#define LANES 16u

static void add(uint64_t *restrict cells, const uint64_t *restrict words, size_t n)
{
    size_t i = 0;
    for (; n - i >= LANES; i += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            cells[i + j] += sym_mask_word(words[i + j]);
        }
    }
    for (; i < n; i++) {
        cells[i] += sym_mask_word(words[i]);
    }
}

static void subtract(uint64_t *restrict cells, const uint64_t *restrict words, size_t n)
{
    size_t i = 0;
    for (; n - i >= LANES; i += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            cells[i + j] -= sym_mask_word(words[i + j]);
        }
    }
    for (; i < n; i++) {
        cells[i] -= sym_mask_word(words[i]);
    }
}

enum sym_err sym_mask_cells(uint64_t *cells, size_t n, uint64_t first, struct sym_masker *m,
                            struct sym_span keys, const enum sym_mask_sign *signs)
{
    if (keys.len % SYM_MASK_KEY_BYTES != 0) {
        return SYM_BAD_FORMAT;
    }
    if (first % 2 != 0 || first > SYM_MASK_CELLS_MAX || n > SYM_MASK_CELLS_MAX - first) {
        return SYM_BAD_VALUE;
    }
    const uint64_t *words = (const void *)m->words.data;
    enum sym_err err = SYM_OK;
    for (size_t at = 0; at < n && err == SYM_OK; at += PIECE) {
        size_t piece = n - at < PIECE ? n - at : PIECE;
        for (size_t k = 0; k * SYM_MASK_KEY_BYTES < keys.len && err == SYM_OK; k++) {
            err =
                sym_stream_start(&m->stream, keys.data + k * SYM_MASK_KEY_BYTES, (first + at) / 2);
            if (err == SYM_OK) {
                err = sym_stream_next(&m->stream, m->words.data, piece * sizeof(uint64_t));
            }
            if (err == SYM_OK) {
                (signs[k] == SYM_MASK_ADD ? add : subtract)(cells + at, words, piece);
            }
        }
    }
    return err;
}
