#include "crypto/mask.h"

#include "crypto/cpu.h"
#include "crypto/mask_kernel.h"

#include <string.h>

/* Each of one purpose; the terminator is hashed, too. */
static const char domain_commit[] = "symbolon-mask-commit-1";
static const char domain_self[] = "symbolon-mask-self-1";
static const char domain_pair[] = "symbolon-mask-pair-1";

/* Words that OpenSSL makes at once: what fits beside the cells into the first cache of a core. */
#define PIECE 2048u
/* Cells that a kernel goes over once for each key: what stays in that cache. */
#define KERNEL_PIECE 4096u
_Static_assert(PIECE % 2 == 0 && KERNEL_PIECE % 2 == 0, "a piece begins with a block");

/* Fastest first; the last one stands for OpenSSL. */
static const struct sym_mask_kernel portable = {.name = "portable"};
static const struct sym_mask_kernel *const kernels[] = {
#ifdef __x86_64__
    &sym_mask_vaes,
    &sym_mask_aesni,
#endif
    &portable,
};
#define KERNEL_COUNT (sizeof kernels / sizeof *kernels)

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

enum sym_err sym_mask_pair_key_from(uint8_t key[SYM_MASK_KEY_BYTES],
                                    const uint8_t shared[SYM_X25519_BYTES],
                                    const uint8_t own[SYM_X25519_BYTES],
                                    const uint8_t remote[SYM_X25519_BYTES],
                                    const uint8_t qid[SYM_QID_BYTES])
{
    bool own_first = precedes(own, remote);
    const struct sym_span parts[] = {
        sym_span(domain_pair, sizeof domain_pair),
        sym_span(qid, SYM_QID_BYTES),
        sym_span(own_first ? own : remote, SYM_X25519_BYTES),
        sym_span(own_first ? remote : own, SYM_X25519_BYTES),
    };
    return derive(key, parts, sizeof parts / sizeof *parts, sym_span(shared, SYM_X25519_BYTES));
}

enum sym_err sym_mask_pair_key(uint8_t key[SYM_MASK_KEY_BYTES], const struct sym_exchange_key *own,
                               const uint8_t remote[SYM_X25519_BYTES],
                               const uint8_t qid[SYM_QID_BYTES])
{
    uint8_t shared[SYM_X25519_BYTES];
    enum sym_err err = sym_exchange_key_agree(shared, own, remote);
    if (err == SYM_OK) {
        err = sym_mask_pair_key_from(key, shared, own->public_key, remote, qid);
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

const char *sym_masker_name_at(size_t at)
{
    return at < KERNEL_COUNT ? kernels[at]->name : NULL;
}

static enum sym_err choose(struct sym_masker *m, const char *forced)
{
    enum sym_err err = SYM_NOT_FOUND;
    uint32_t features = sym_cpu_features();
    for (size_t i = 0; i < KERNEL_COUNT; i++) {
        if (forced != NULL && strcmp(forced, kernels[i]->name) != 0) {
            continue;
        }
        if (sym_cpu_has(features, kernels[i]->wants)) {
            m->kernel = kernels[i] != &portable ? kernels[i] : NULL;
            m->features = forced != NULL ? kernels[i]->wants : features;
            return SYM_OK;
        }
        err = SYM_UNSUPPORTED;
    }
    return err;
}

enum sym_err sym_masker_new_with(struct sym_masker *m, const char *forced)
{
    enum sym_err err = choose(m, forced);
    if (err == SYM_OK && m->kernel == NULL) {
        err = sym_stream_init(&m->stream);
        if (err == SYM_OK) {
            err = sym_secret_new(&m->words, PIECE * sizeof(uint64_t));
        }
    }
    if (err != SYM_OK) {
        sym_masker_clear(m);
    }
    return err;
}

enum sym_err sym_masker_new(struct sym_masker *m)
{
    return sym_masker_new_with(m, NULL);
}

void sym_masker_clear(struct sym_masker *m)
{
    sym_stream_clear(&m->stream);
    sym_secret_clear(&m->words);
    sym_wipe(m->schedule, sizeof m->schedule);
    *m = (struct sym_masker){0};
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

static bool within(size_t n, uint64_t first)
{
    return first % 2 == 0 && first <= SYM_MASK_CELLS_MAX && n <= SYM_MASK_CELLS_MAX - first;
}

static enum sym_err stream_words(uint64_t *words, size_t n, uint64_t block, struct sym_masker *m,
                                 const uint8_t key[SYM_MASK_KEY_BYTES])
{
    enum sym_err err = sym_stream_start(&m->stream, key, block);
    return err == SYM_OK ? sym_stream_next(&m->stream, (uint8_t *)words, n * sizeof *words) : err;
}

enum sym_err sym_mask_words(uint64_t *words, size_t n, uint64_t first, struct sym_masker *m,
                            const uint8_t key[SYM_MASK_KEY_BYTES])
{
    if (!within(n, first)) {
        return SYM_BAD_VALUE;
    }
    if (m->kernel == NULL) {
        return stream_words(words, n, first / 2, m, key);
    }
    memset(words, 0, n * sizeof *words);
    m->kernel->expand(m->schedule, key);
    m->kernel->add(words, n, first / 2, m->schedule);
    return SYM_OK;
}

/* At most PIECE or KERNEL_PIECE cells. */
static enum sym_err mask_piece(uint64_t *cells, size_t n, uint64_t block, struct sym_masker *m,
                               const uint8_t key[SYM_MASK_KEY_BYTES], enum sym_mask_sign sign)
{
    if (m->kernel != NULL) {
        m->kernel->expand(m->schedule, key);
        (sign == SYM_MASK_ADD ? m->kernel->add : m->kernel->subtract)(cells, n, block, m->schedule);
        return SYM_OK;
    }
    uint64_t *words = (void *)m->words.data;
    enum sym_err err = stream_words(words, n, block, m, key);
    if (err == SYM_OK) {
        (sign == SYM_MASK_ADD ? add : subtract)(cells, words, n);
    }
    return err;
}

enum sym_err sym_mask_cells(uint64_t *cells, size_t n, uint64_t first, struct sym_masker *m,
                            struct sym_span keys, const enum sym_mask_sign *signs)
{
    if (keys.len % SYM_MASK_KEY_BYTES != 0) {
        return SYM_BAD_FORMAT;
    }
    if (!within(n, first)) {
        return SYM_BAD_VALUE;
    }
    size_t most = m->kernel != NULL ? KERNEL_PIECE : PIECE;
    enum sym_err err = SYM_OK;
    for (size_t at = 0; at < n && err == SYM_OK; at += most) {
        size_t piece = n - at < most ? n - at : most;
        for (size_t k = 0; k * SYM_MASK_KEY_BYTES < keys.len && err == SYM_OK; k++) {
            err = mask_piece(cells + at, piece, (first + at) / 2, m,
                             keys.data + k * SYM_MASK_KEY_BYTES, signs[k]);
        }
    }
    return err;
}
