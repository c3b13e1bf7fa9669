#include "crypto/merkle.h"

#include <string.h>

static struct sym_span hash_span(const uint8_t hash[SYM_HASH_BYTES])
{
    return sym_span(hash, SYM_HASH_BYTES);
}

enum sym_err sym_merkle_leaf(uint8_t out[SYM_HASH_BYTES], struct sym_span data)
{
    static const uint8_t mark = 0x00;
    const struct sym_span parts[] = {sym_span(&mark, 1), data};
    return sym_sha256_parts(out, parts, 2);
}

enum sym_err sym_merkle_leaf_many(uint8_t (*out)[SYM_HASH_BYTES], const struct sym_sha256_many *m,
                                  const struct sym_span *data, size_t n)
{
    static const uint8_t mark = 0x00;
    return sym_sha256_many(out, m, sym_span(&mark, 1), data, n);
}

enum sym_err sym_merkle_node(uint8_t out[SYM_HASH_BYTES], const uint8_t left[SYM_HASH_BYTES],
                             const uint8_t right[SYM_HASH_BYTES])
{
    uint8_t joined[1 + 2 * SYM_HASH_BYTES] = {0x01};
    memcpy(joined + 1, left, SYM_HASH_BYTES);
    memcpy(joined + 1 + SYM_HASH_BYTES, right, SYM_HASH_BYTES);
    return sym_sha256(out, sym_span(joined, sizeof joined));
}

enum sym_err sym_merkle_add(struct sym_merkle_edge *edge, const uint8_t leaf[SYM_HASH_BYTES])
{
    uint8_t hash[SYM_HASH_BYTES];
    size_t n = edge->n;
    enum sym_err err = SYM_OK;
    if (edge->size >= INT64_MAX) {
        return SYM_LIMIT;
    }
    memcpy(hash, leaf, sizeof hash);
    for (uint64_t s = edge->size; (s & 1) != 0 && err == SYM_OK; s >>= 1) {
        n--;
        err = sym_merkle_node(hash, edge->hash[n], hash);
    }
    if (err == SYM_OK) {
        memcpy(edge->hash[n], hash, sizeof hash);
        edge->n = n + 1;
        edge->size++;
    }
    return err;
}

/* Leaves whose nodes are hashed together. */
#define MANY 256u

/* What is new on one level, from hash[1] on, and before it the root that the edge has there. */
struct row {
    uint8_t hash[1 + MANY][SYM_HASH_BYTES];
    size_t n; /* without the first */
};

/* The level above, of n hashes; n is even. */
static enum sym_err join_pairs(struct row *above, const struct sym_sha256_many *m,
                               uint8_t (*hashes)[SYM_HASH_BYTES], size_t n)
{
    static const uint8_t mark = 0x01;
    struct sym_span pairs[(1 + MANY) / 2];
    above->n = n / 2;
    if (above->n < 2) {
        return n == 0 ? SYM_OK : sym_merkle_node(above->hash[1], hashes[0], hashes[1]);
    }
    for (size_t i = 0; i < above->n; i++) {
        pairs[i] = sym_span(hashes[2 * i], 2 * sizeof hashes[0]);
    }
    return sym_sha256_many(&above->hash[1], m, sym_span(&mark, 1), pairs, above->n);
}

/* At most MANY leaves: level by level, whatever has no neighbour becomes a root of the edge. */
static enum sym_err add_some(struct sym_merkle_edge *edge, const struct sym_sha256_many *m,
                             uint8_t (*leaves)[SYM_HASH_BYTES], size_t n)
{
    struct row rows[2];
    struct row *row = rows;
    uint8_t roots[SYM_MERKLE_PROOF_MAX][SYM_HASH_BYTES];
    size_t n_roots = 0;
    size_t kept = edge->n;
    enum sym_err err = SYM_OK;
    memcpy(rows[0].hash[1], leaves, n * sizeof leaves[0]);
    rows[0].n = n;
    for (uint64_t s = edge->size; err == SYM_OK && row->n > 0; s >>= 1) {
        bool joins = (s & 1) != 0;
        uint8_t(*hashes)[SYM_HASH_BYTES] = &row->hash[joins ? 0 : 1];
        size_t here = row->n + (joins ? 1 : 0);
        if (joins) {
            memcpy(hashes[0], edge->hash[--kept], sizeof hashes[0]);
        }
        if (here % 2 != 0) {
            memcpy(roots[n_roots++], hashes[--here], sizeof hashes[0]);
        }
        row = row == &rows[0] ? &rows[1] : &rows[0];
        err = join_pairs(row, m, hashes, here);
    }
    if (err != SYM_OK) {
        return err;
    }
    edge->size += n;
    edge->n = kept;
    while (n_roots > 0) {
        memcpy(edge->hash[edge->n++], roots[--n_roots], sizeof roots[0]);
    }
    return SYM_OK;
}

enum sym_err sym_merkle_add_many(struct sym_merkle_edge *edge, const struct sym_sha256_many *m,
                                 uint8_t (*leaves)[SYM_HASH_BYTES], size_t n)
{
    enum sym_err err = n > (uint64_t)INT64_MAX - edge->size ? SYM_LIMIT : SYM_OK;
    for (size_t at = 0; err == SYM_OK && at < n; at += MANY) {
        err = add_some(edge, m, leaves + at, n - at < MANY ? n - at : MANY);
    }
    return err;
}

enum sym_err sym_merkle_edge_root(uint8_t out[SYM_HASH_BYTES], const struct sym_merkle_edge *edge)
{
    uint8_t hash[SYM_HASH_BYTES];
    if (edge->n == 0) {
        return sym_sha256(out, sym_span(NULL, 0));
    }
    size_t n = edge->n - 1;
    enum sym_err err = SYM_OK;
    memcpy(hash, edge->hash[n], sizeof hash);
    while (n > 0 && err == SYM_OK) {
        n--;
        err = sym_merkle_node(hash, edge->hash[n], hash);
    }
    if (err == SYM_OK) {
        memcpy(out, hash, sizeof hash);
    }
    return err;
}

/* Leaves start <= i < end, where start is a multiple of the smallest power of two that is not
 * less than end - start: all ranges that RFC 6962 splits a tree into are of that form. */
struct range {
    uint64_t start, end;
};

static enum sym_err range_root(uint8_t out[SYM_HASH_BYTES], struct range r,
                               sym_merkle_read_fn *read, void *context)
{
    uint8_t hash[SYM_HASH_BYTES];
    uint8_t left[SYM_HASH_BYTES];
    uint64_t at = r.end;
    bool begun = false;
    enum sym_err err = SYM_OK;
    for (unsigned level = 0; at > r.start && err == SYM_OK; level++) {
        uint64_t width = (uint64_t)1 << level;
        if (((r.end - r.start) & width) == 0) {
            continue;
        }
        at -= width;
        err = read(context, begun ? left : hash, level, at >> level);
        if (err == SYM_OK && begun) {
            err = sym_merkle_node(hash, left, hash);
        }
        begun = true;
    }
    if (err == SYM_OK) {
        memcpy(out, hash, sizeof hash);
    }
    return err;
}

enum sym_err sym_merkle_root(uint8_t out[SYM_HASH_BYTES], uint64_t size, sym_merkle_read_fn *read,
                             void *context)
{
    if (size > INT64_MAX) {
        return SYM_BAD_VALUE;
    }
    if (size == 0) {
        return sym_sha256(out, sym_span(NULL, 0));
    }
    return range_root(out, (struct range){0, size}, read, context);
}

/* Where RFC 6962 splits a range of more than one leaf. */
static uint64_t middle(struct range r)
{
    return r.start + ((uint64_t)1 << (63 - __builtin_clzll(r.end - r.start - 1)));
}

/* Writes the roots of the ranges, the last one first: the order of a proof goes upwards. */
static enum sym_err write_proof(struct sym_merkle_proof *out, const struct range *siblings,
                                size_t n, sym_merkle_read_fn *read, void *context)
{
    struct sym_merkle_proof proof = {.n = 0};
    enum sym_err err = SYM_OK;
    while (proof.n < n && err == SYM_OK) {
        err = range_root(proof.hash[proof.n], siblings[n - 1 - proof.n], read, context);
        proof.n++;
    }
    if (err == SYM_OK) {
        *out = proof;
    }
    return err;
}

enum sym_err sym_merkle_prove_inclusion(struct sym_merkle_proof *out, uint64_t index, uint64_t size,
                                        sym_merkle_read_fn *read, void *context)
{
    struct range siblings[SYM_MERKLE_PROOF_MAX];
    size_t n = 0;
    if (size > INT64_MAX || index >= size) {
        return SYM_BAD_VALUE;
    }
    struct range r = {0, size};
    while (r.end - r.start > 1) {
        uint64_t split = middle(r);
        if (index < split) {
            siblings[n++] = (struct range){split, r.end};
            r.end = split;
        } else {
            siblings[n++] = (struct range){r.start, split};
            r.start = split;
        }
    }
    return write_proof(out, siblings, n, read, context);
}

enum sym_err sym_merkle_prove_consistency(struct sym_merkle_proof *out, uint64_t from,
                                          uint64_t size, sym_merkle_read_fn *read, void *context)
{
    struct range siblings[SYM_MERKLE_PROOF_MAX];
    size_t n = 0;
    if (size > INT64_MAX || from > size) {
        return SYM_BAD_VALUE;
    }
    if (from == 0 || from == size) {
        *out = (struct sym_merkle_proof){.n = 0};
        return SYM_OK;
    }
    struct range r = {0, size};
    while (r.end != from) {
        uint64_t split = middle(r);
        if (from <= split) {
            siblings[n++] = (struct range){split, r.end};
            r.end = split;
        } else {
            siblings[n++] = (struct range){r.start, split};
            r.start = split;
        }
    }
    /* Who checks knows the root of the first `from` leaves, but of no other part of them. */
    if (r.start != 0) {
        siblings[n++] = r;
    }
    return write_proof(out, siblings, n, read, context);
}

/* How a proof for a leaf divides: `inner` hashes up to where the path joins the right edge of the
 * tree, at either side; then `border` hashes, all at the left. */
struct shape {
    size_t inner, border;
};

static struct shape shape_of(uint64_t index, uint64_t size)
{
    uint64_t differ = index ^ (size - 1);
    size_t inner = differ == 0 ? 0 : 64 - (size_t)__builtin_clzll(differ);
    uint64_t above = inner < 64 ? index >> inner : 0;
    return (struct shape){inner, (size_t)__builtin_popcountll(above)};
}

static bool are_hashes(const struct sym_span *proof, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (proof[i].len != SYM_HASH_BYTES) {
            return false;
        }
    }
    return true;
}

/* Joins hash with proof[i], first <= i < end: bit i - first of path says that it is at the left. */
static enum sym_err climb(uint8_t hash[SYM_HASH_BYTES], uint64_t path, const struct sym_span *proof,
                          size_t first, size_t end)
{
    enum sym_err err = SYM_OK;
    for (size_t i = first; i < end && err == SYM_OK; i++) {
        err = ((path >> (i - first)) & 1) != 0 ? sym_merkle_node(hash, proof[i].data, hash)
                                               : sym_merkle_node(hash, hash, proof[i].data);
    }
    return err;
}

/* Only those of the proof that are at the left. */
static enum sym_err climb_left(uint8_t hash[SYM_HASH_BYTES], uint64_t path,
                               const struct sym_span *proof, size_t first, size_t end)
{
    enum sym_err err = SYM_OK;
    for (size_t i = first; i < end && err == SYM_OK; i++) {
        if (((path >> (i - first)) & 1) != 0) {
            err = sym_merkle_node(hash, proof[i].data, hash);
        }
    }
    return err;
}

/* The root that the proof leads to. */
static enum sym_err inclusion_root(uint8_t out[SYM_HASH_BYTES], const uint8_t leaf[SYM_HASH_BYTES],
                                   uint64_t index, uint64_t size, const struct sym_span *proof,
                                   size_t n)
{
    uint8_t hash[SYM_HASH_BYTES];
    if (index >= size) {
        return SYM_BAD_VALUE;
    }
    struct shape shape = shape_of(index, size);
    if (n != shape.inner + shape.border || !are_hashes(proof, n)) {
        return SYM_BAD_VALUE;
    }
    memcpy(hash, leaf, sizeof hash);
    enum sym_err err = climb(hash, index, proof, 0, shape.inner);
    if (err == SYM_OK) {
        err = climb(hash, UINT64_MAX, proof, shape.inner, n);
    }
    if (err == SYM_OK) {
        memcpy(out, hash, sizeof hash);
    }
    return err;
}

static enum sym_err compare(const uint8_t a[SYM_HASH_BYTES], const uint8_t b[SYM_HASH_BYTES])
{
    return sym_span_equal(hash_span(a), hash_span(b)) ? SYM_OK : SYM_BAD_TAG;
}

enum sym_err sym_merkle_check_inclusion(const uint8_t root[SYM_HASH_BYTES],
                                        const uint8_t leaf[SYM_HASH_BYTES], uint64_t index,
                                        uint64_t size, const struct sym_span *proof, size_t n)
{
    uint8_t got[SYM_HASH_BYTES];
    enum sym_err err = inclusion_root(got, leaf, index, size, proof, n);
    return err != SYM_OK ? err : compare(got, root);
}

enum sym_err sym_merkle_check_consistency(const uint8_t from_root[SYM_HASH_BYTES], uint64_t from,
                                          const uint8_t root[SYM_HASH_BYTES], uint64_t size,
                                          const struct sym_span *proof, size_t n)
{
    uint8_t old[SYM_HASH_BYTES];
    uint8_t new[SYM_HASH_BYTES];
    if (from == 0 || from > size || !are_hashes(proof, n)) {
        return SYM_BAD_VALUE;
    }
    if (from == size) {
        return n != 0 ? SYM_BAD_VALUE : compare(from_root, root);
    }
    /* The proof starts from the largest perfect subtree that the old tree ends with. */
    size_t shift = (size_t)__builtin_ctzll(from);
    struct shape shape = shape_of(from - 1, size);
    bool whole = from == (uint64_t)1 << shift;
    size_t first = whole ? 0 : 1;
    size_t border = first + shape.inner - shift;
    if (n != border + shape.border) {
        return SYM_BAD_VALUE;
    }
    uint64_t path = (from - 1) >> shift;
    memcpy(old, whole ? from_root : proof[0].data, sizeof old);
    memcpy(new, old, sizeof new);
    enum sym_err err = climb_left(old, path, proof, first, border);
    if (err == SYM_OK) {
        err = climb(old, UINT64_MAX, proof, border, n);
    }
    if (err == SYM_OK) {
        err = climb(new, path, proof, first, border);
    }
    if (err == SYM_OK) {
        err = climb(new, UINT64_MAX, proof, border, n);
    }
    if (err == SYM_OK) {
        err = compare(old, from_root);
    }
    return err != SYM_OK ? err : compare(new, root);
}
