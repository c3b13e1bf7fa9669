#include "crypto/vole/cot.h"

#include "crypto/ristretto_backend.h"
#include "crypto/vole/kernel_table.h"
#include "crypto/vole/prefix.h"

/* Streams of a batch begin at its number times this. */
#define BATCH_COUNTERS ((uint64_t)1 << 40)

/* Writes the choice bits of these positions over those of row. */
static void choose(struct sym_block *row, const uint32_t *alpha, const struct sym_vole_geometry *g)
{
    uint8_t *bytes = (uint8_t *)row;
    for (uint32_t i = 0; i < SYM_VOLE_TREES; i++) {
        for (uint32_t l = 1; l <= g->depth; l++) {
            uint32_t j = i * g->depth + l - 1;
            uint32_t choice = 1 - (alpha[i] >> (g->depth - l) & 1);
            uint32_t kept = bytes[j / 8] & ~(1u << (j % 8));
            bytes[j / 8] = (uint8_t)(kept | choice << (j % 8));
        }
    }
}

void sym_cot_draw(struct sym_block *row, uint32_t *alpha, const struct sym_vole_geometry *g)
{
    uint64_t random[SYM_VOLE_TREES];
    sym_random_many((uint8_t *)random, sizeof random);
    sym_random_many((uint8_t *)row, g->row_blocks * sizeof *row);
    for (uint32_t i = 0; i < SYM_VOLE_TREES; i++) {
        /* floor(random L / 2^64), with L below 2^32 */
        uint64_t low = (random[i] & 0xffffffffu) * g->leaves >> 32;
        alpha[i] = (uint32_t)(((random[i] >> 32) * g->leaves + low) >> 32);
    }
    choose(row, alpha, g);
    sym_wipe(random, sizeof random);
}

/* Bit i of byte k of x becomes bit k of byte i. */
static uint64_t transpose_bits(uint64_t x)
{
    uint64_t t = (x ^ x >> 7) & 0x00aa00aa00aa00aau;
    x ^= t ^ t << 7;
    t = (x ^ x >> 14) & 0x0000cccc0000ccccu;
    x ^= t ^ t << 14;
    t = (x ^ x >> 28) & 0x00000000f0f0f0f0u;
    return x ^ t ^ t << 28;
}

/* Coefficient X^i of out[j] = bit j of row i, for the choice blocks: 8 rows by 8 columns at a time.
 */
static void transpose_rows(struct sym_block *out, const struct sym_block *rows,
                           const struct sym_vole_geometry *g)
{
    const uint8_t *from = (const uint8_t *)rows;
    const size_t row_bytes = (size_t)g->row_blocks * SYM_BLOCK_BYTES;
    uint8_t *to = (uint8_t *)out;
    for (size_t j = 0; j < (size_t)g->choice_blocks * SYM_BLOCK_BYTES; j++) {
        for (size_t i = 0; i < SYM_VOLE_ROWS / 8; i++) {
            uint64_t square = 0;
            for (size_t k = 0; k < 8; k++) {
                square |= (uint64_t)from[(8 * i + k) * row_bytes + j] << (8 * k);
            }
            square = transpose_bits(square);
            for (size_t k = 0; k < 8; k++) {
                to[(8 * j + k) * SYM_BLOCK_BYTES + i] = (uint8_t)(square >> (8 * k));
            }
        }
    }
}

static struct sym_block times_x(struct sym_block a)
{
    uint64_t over = (uint64_t)0 - (a.high >> 63);
    return (struct sym_block){a.low << 1 ^ (over & 0x87), a.high << 1 | a.low >> 63};
}

/* out[e] = sum of X^i times block nq + e of row i, by Horner. */
static void pack_rows(struct sym_block *out, const struct sym_block *rows,
                      const struct sym_vole_geometry *g)
{
    memset(out, 0, SYM_VOLE_BASE * sizeof *out);
    for (size_t i = SYM_VOLE_ROWS; i-- > 0;) {
        const struct sym_block *row = rows + i * g->row_blocks + g->choice_blocks;
        for (size_t e = 0; e < SYM_VOLE_BASE; e++) {
            out[e] = sym_block_add(times_x(out[e]), row[e]);
        }
    }
}

static struct sym_block challenge(const struct sym_vole_kernel *with,
                                  const struct sym_vole_geometry *g, const uint8_t ctx[32],
                                  uint32_t batch, const uint8_t *m4)
{
    uint8_t hash[SYM_PREFIX_HASH_BYTES];
    size_t rows_len = (size_t)SYM_VOLE_ROWS * g->row_blocks * SYM_BLOCK_BYTES;
    const struct sym_span rows = sym_span(m4, rows_len);
    sym_prefix_hash_once(hash, with, ctx, "ot-chi", batch, 0, &rows, 1);
    return sym_prefix_element(hash);
}

static void stream(struct sym_block *out, const struct sym_vole_kernel *with,
                   const uint8_t key[SYM_COT_KEY_BYTES], uint32_t batch, size_t n)
{
    struct sym_block round_keys[SYM_AES_ROUND_KEYS];
    with->expand_key(round_keys, key);
    with->counter(out, round_keys, batch * BATCH_COUNTERS, n);
    sym_wipe(round_keys, sizeof round_keys);
}

void sym_cot_offer(uint8_t *m4, struct sym_block *t, struct sym_block *base,
                   const struct sym_vole_kernel *with, const struct sym_vole_geometry *g,
                   const uint8_t ctx[32], uint32_t batch,
                   const uint8_t keys[2 * SYM_VOLE_ROWS][SYM_COT_KEY_BYTES],
                   const struct sym_block *row, struct sym_block *scratch)
{
    const size_t k = g->row_blocks;
    struct sym_block *rows = scratch;
    struct sym_block *other = scratch + SYM_VOLE_ROWS * k;
    uint8_t *at = m4;
    for (size_t i = 0; i < SYM_VOLE_ROWS; i++) {
        stream(rows + i * k, with, keys[2 * i], batch, k);
        stream(other, with, keys[2 * i + 1], batch, k);
        for (size_t j = 0; j < k; j++, at += SYM_BLOCK_BYTES) {
            struct sym_block sum = sym_block_add(rows[i * k + j], other[j]);
            sym_block_store(at, sym_block_add(sum, row[j]));
        }
    }
    struct sym_block chi = challenge(with, g, ctx, batch, m4);
    struct sym_block answers[SYM_VOLE_ROWS];
    struct sym_block x = {0, 0};
    for (size_t j = 0; j + 1 < k; j++) {
        x = with->multiply(sym_block_add(x, row[j]), chi);
    }
    sym_block_store(at, sym_block_add(x, row[k - 1]));
    with->hash_rows(answers, rows, SYM_VOLE_ROWS, k, chi);
    memcpy(at + SYM_BLOCK_BYTES, answers, sizeof answers);
    transpose_rows(t, rows, g);
    pack_rows(base, rows, g);
    sym_wipe(scratch, sym_cot_scratch_blocks(g) * sizeof *scratch);
}

/* What the rows of S should hash to is in the answers; all zero when they do. */
static struct sym_block compare_answers(const struct sym_block *hashes, const uint8_t *answers,
                                        const struct sym_block *delta)
{
    struct sym_block wrong = {0, 0};
    struct sym_block x = sym_block_load(answers);
    for (unsigned i = 0; i < SYM_VOLE_ROWS; i++) {
        struct sym_block expected = sym_block_load(answers + (size_t)(i + 1) * SYM_BLOCK_BYTES);
        struct sym_block chosen = sym_block_and(x, sym_block_bit_mask(*delta, i));
        struct sym_block d = sym_block_add(hashes[i], sym_block_add(expected, chosen));
        wrong.low |= d.low;
        wrong.high |= d.high;
    }
    return wrong;
}

enum sym_err sym_cot_accept(struct sym_block *q, struct sym_block *base,
                            const struct sym_vole_kernel *with, const struct sym_vole_geometry *g,
                            const uint8_t ctx[32], uint32_t batch,
                            const uint8_t keys[SYM_VOLE_ROWS][SYM_COT_KEY_BYTES],
                            const struct sym_block *delta, const uint8_t *m4,
                            struct sym_block *scratch)
{
    const size_t k = g->row_blocks;
    struct sym_block *rows = scratch;
    const uint8_t *at = m4;
    for (unsigned i = 0; i < SYM_VOLE_ROWS; i++) {
        const uint64_t mask = sym_block_bit_mask(*delta, i);
        struct sym_block *own = rows + i * k;
        stream(own, with, keys[i], batch, k);
        for (size_t j = 0; j < k; j++, at += SYM_BLOCK_BYTES) {
            own[j] = sym_block_add(own[j], sym_block_and(sym_block_load(at), mask));
        }
    }
    struct sym_block hashes[SYM_VOLE_ROWS];
    with->hash_rows(hashes, rows, SYM_VOLE_ROWS, k, challenge(with, g, ctx, batch, m4));
    struct sym_block wrong = compare_answers(hashes, at, delta);
    transpose_rows(q, rows, g);
    pack_rows(base, rows, g);
    sym_wipe(hashes, sizeof hashes);
    sym_wipe(scratch, sym_cot_scratch_blocks(g) * sizeof *scratch);
    bool good = (wrong.low | wrong.high) == 0;
    SYM_DECLASSIFY(good);
    if (!good) {
        sym_wipe(q, sym_vole_cots(g) * sizeof *q);
        sym_wipe(base, SYM_VOLE_BASE * sizeof *base);
        return SYM_BAD_TAG;
    }
    return SYM_OK;
}
