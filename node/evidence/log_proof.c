/* Tiles, and the proofs that are made of them. */
#include "node/evidence/log_state.h"

#include <stdlib.h>
#include <string.h>

#define TILE_KEY_BYTES 13u /* generation, level, number */
#define TILE_BYTES     (SYM_TILE_WIDTH * SYM_HASH_BYTES)

static struct sym_span tile_key(uint8_t out[TILE_KEY_BYTES], uint32_t generation, unsigned level,
                                uint64_t number)
{
    struct sym_writer w = sym_writer(out, TILE_KEY_BYTES);
    sym_write_u32(&w, generation);
    sym_write_u8(&w, (uint8_t)level);
    sym_write_u64(&w, number);
    return sym_span(out, TILE_KEY_BYTES);
}

/* Hashes and, at level 0, marks. */
struct tile_row {
    uint8_t hashes[SYM_TILE_WIDTH][SYM_HASH_BYTES];
    struct sym_log_mark marks[SYM_TILE_WIDTH];
};

_Static_assert(sizeof(struct tile_row) == TILE_BYTES + SYM_TILE_WIDTH * 3u * SYM_LOG_MARK_BYTES,
               "nothing between them");

static size_t row_len(unsigned level)
{
    return level == 0 ? sizeof(struct tile_row) : TILE_BYTES;
}

enum sym_err sym_log_get_tile(struct sym_transaction *t,
                              uint8_t out[SYM_TILE_WIDTH][SYM_HASH_BYTES],
                              struct sym_log_mark marks[SYM_TILE_WIDTH], uint32_t generation,
                              unsigned level, uint64_t number)
{
    struct tile_row row;
    uint8_t key[TILE_KEY_BYTES];
    size_t len = 0;
    enum sym_err err =
        sym_store_get_into(t, SYM_TABLE_TILES, tile_key(key, generation, level, number), NULL,
                           (uint8_t *)&row, sizeof row, &len);
    if (err == SYM_OK && len != row_len(level)) {
        err = SYM_BAD_FORMAT;
    }
    if (err == SYM_OK) {
        memcpy(out, row.hashes, sizeof row.hashes);
    }
    if (err == SYM_OK && marks != NULL && level == 0) {
        memcpy(marks, row.marks, sizeof row.marks);
    }
    return err;
}

enum sym_err sym_log_put_tile(struct sym_transaction *t,
                              uint8_t hashes[SYM_TILE_WIDTH][SYM_HASH_BYTES],
                              const struct sym_log_mark marks[SYM_TILE_WIDTH], uint32_t generation,
                              unsigned level, uint64_t number)
{
    struct tile_row row;
    uint8_t key[TILE_KEY_BYTES];
    memcpy(row.hashes, hashes, sizeof row.hashes);
    memcpy(row.marks, marks, sizeof row.marks);
    return sym_store_put(t, SYM_TABLE_TILES, tile_key(key, generation, level, number),
                         sym_span(&row, row_len(level)));
}

enum sym_err sym_log_side_of(struct sym_log *l, struct sym_transaction *t,
                             struct sym_log_side **out, uint32_t generation)
{
    if (generation == 0 || generation == l->durable.head.generation) {
        *out = &l->durable;
        return SYM_OK;
    }
    if (generation > l->durable.head.generation) {
        return SYM_NOT_FOUND;
    }
    if (l->past == NULL) {
        l->past = calloc(1, sizeof *l->past);
    }
    if (l->past == NULL) {
        return SYM_NO_MEMORY;
    }
    enum sym_err err = SYM_OK;
    if (l->past->head.generation != generation) {
        err = sym_log_load(l, t, l->past, generation, NULL);
    }
    if (err != SYM_OK) {
        l->past->head.generation = 0;
        return err;
    }
    *out = l->past;
    return SYM_OK;
}

/* The hashes of a tile, and how many of them there are; those of a full one in the view. */
static enum sym_err find_tile(struct sym_log_view *v, uint8_t (**out)[SYM_HASH_BYTES], size_t *n,
                              unsigned level, uint64_t number)
{
    uint64_t size = v->side->head.size;
    uint64_t full = level + 1 < SYM_TILE_LEVELS_MAX ? size >> (SYM_TILE_BITS * (level + 1)) : 0;
    if (number > full) {
        return SYM_BAD_VALUE;
    }
    if (number == full) {
        *out = v->side->edge.tiles[level];
        *n = sym_log_edge_width(size, level);
        return SYM_OK;
    }
    enum sym_err err = SYM_OK;
    if (!v->has_tile || v->level != level || v->number != number) {
        err = sym_log_get_tile(v->t, v->tile, NULL, v->side->head.generation, level, number);
    }
    v->has_tile = err == SYM_OK;
    v->level = level;
    v->number = number;
    *out = v->tile;
    *n = SYM_TILE_WIDTH;
    return err == SYM_NOT_FOUND ? SYM_BAD_TAG : err;
}

enum sym_err sym_log_read_node(void *view, uint8_t out[SYM_HASH_BYTES], unsigned level,
                               uint64_t index)
{
    struct sym_log_view *v = view;
    uint8_t(*hashes)[SYM_HASH_BYTES] = NULL;
    size_t n = 0;
    unsigned bits = level % SYM_TILE_BITS;
    if (level / SYM_TILE_BITS >= SYM_TILE_LEVELS_MAX || index > UINT64_MAX >> bits) {
        return SYM_BAD_VALUE;
    }
    uint64_t first = index << bits;
    size_t at = (size_t)(first % SYM_TILE_WIDTH);
    enum sym_err err = find_tile(v, &hashes, &n, level / SYM_TILE_BITS, first / SYM_TILE_WIDTH);
    if (err == SYM_OK && at + ((size_t)1 << bits) > n) {
        err = SYM_BAD_VALUE;
    }
    return err == SYM_OK ? sym_log_tile_node(out, hashes, at, bits) : err;
}

/* One question about hashes, in a transaction of its own. */
struct question {
    struct sym_log *log;
    uint32_t generation;
    uint64_t size; /* 0: the last one */
    struct sym_merkle_proof *inclusion;
    uint64_t index;
    struct sym_merkle_proof *consistency;
    uint64_t from;
    uint8_t *root;
    uint8_t (*hashes)[SYM_HASH_BYTES];
    const struct sym_tile_query *tile;
};

static enum sym_err copy_tile(struct sym_log_view *v, const struct question *q)
{
    uint8_t(*hashes)[SYM_HASH_BYTES] = NULL;
    size_t n = 0;
    if (q->tile->level >= SYM_TILE_LEVELS_MAX) {
        return SYM_BAD_VALUE;
    }
    enum sym_err err = find_tile(v, &hashes, &n, q->tile->level, q->tile->number);
    if (err == SYM_OK && (q->tile->width > n || q->tile->width < 1)) {
        err = SYM_BAD_VALUE;
    }
    if (err == SYM_OK) {
        memcpy(q->hashes, hashes, q->tile->width * SYM_HASH_BYTES);
    }
    return err;
}

static enum sym_err prove(struct sym_log_view *v, const struct question *q, uint64_t size)
{
    enum sym_err err = SYM_OK;
    if (q->inclusion != NULL) {
        err = q->index < size
                  ? sym_merkle_prove_inclusion(q->inclusion, q->index, size, sym_log_read_node, v)
                  : SYM_BAD_VALUE;
    }
    if (err == SYM_OK && q->consistency != NULL) {
        err = q->from <= size ? sym_merkle_prove_consistency(q->consistency, q->from, size,
                                                             sym_log_read_node, v)
                              : SYM_BAD_VALUE;
    }
    if (err == SYM_OK && q->root != NULL) {
        err = sym_merkle_root(q->root, size, sym_log_read_node, v);
    }
    return err;
}

static enum sym_err answer(struct sym_transaction *t, void *context)
{
    const struct question *q = context;
    struct sym_log_view v = {.log = q->log, .t = t};
    enum sym_err err = sym_log_side_of(q->log, t, &v.side, q->generation);
    if (err != SYM_OK) {
        return err;
    }
    uint64_t size = q->size == 0 && q->root == NULL ? v.side->head.size : q->size;
    if (size > v.side->head.size) {
        return SYM_BAD_VALUE;
    }
    return q->tile != NULL ? copy_tile(&v, q) : prove(&v, q, size);
}

enum sym_err sym_log_prove_inclusion(struct sym_log *l, struct sym_merkle_proof *out,
                                     uint64_t index, uint64_t size)
{
    struct question q = {.log = l, .size = size, .inclusion = out, .index = index};
    return size == 0 ? SYM_BAD_VALUE : sym_log_look(l, answer, &q);
}

enum sym_err sym_log_prove_consistency(struct sym_log *l, struct sym_merkle_proof *out,
                                       uint64_t from, uint64_t size)
{
    struct question q = {.log = l, .size = size, .consistency = out, .from = from};
    if (from > size) {
        return SYM_BAD_VALUE;
    }
    out->n = 0;
    return from == size && size <= l->durable.head.size ? SYM_OK : sym_log_look(l, answer, &q);
}

enum sym_err sym_log_root(struct sym_log *l, uint8_t out[SYM_HASH_BYTES], uint64_t size)
{
    struct question q = {.log = l, .size = size, .root = out};
    return sym_log_look(l, answer, &q);
}

enum sym_err sym_log_prove(struct sym_log *l, struct sym_merkle_proof *inclusion,
                           struct sym_merkle_proof *consistency, const struct sym_proof_query *p)
{
    struct question q = {.log = l,
                         .generation = p->generation,
                         .size = p->size,
                         .inclusion = inclusion,
                         .index = p->index,
                         .consistency = p->from > 0 ? consistency : NULL,
                         .from = p->from};
    consistency->n = 0;
    return sym_log_look(l, answer, &q);
}

enum sym_err sym_log_tile(struct sym_log *l, uint8_t out[][SYM_HASH_BYTES],
                          const struct sym_tile_query *tile)
{
    struct question q = {.log = l, .generation = tile->generation, .hashes = out, .tile = tile};
    return sym_log_look(l, answer, &q);
}
