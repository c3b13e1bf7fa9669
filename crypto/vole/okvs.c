#include "crypto/vole/okvs.h"

#include "crypto/vole/kernel_table.h"
#include "crypto/vole/okvs_place.h"
#include "crypto/vole/partition.h"

_Static_assert(SYM_VOLE_MAX_ITEMS / 16384 <= SYM_PARTITION_MOST, "there is a line for each bin");

/* Items that are hashed, or decoded, at a time. */
#define SOME 32u

void sym_okvs_hash(struct sym_okvs_item *items, uint32_t *counts,
                   const struct sym_vole_kernel *with, const struct sym_vole_geometry *g,
                   const struct sym_prefix *prefix, const uint8_t *digests, size_t n)
{
    uint8_t tails[SOME][SYM_SHA_BLOCK] = {{0}};
    for (size_t i = 0; i < SOME; i++) {
        tails[i][SYM_OKVS_DIGEST_BYTES] = 0x80;
        sym_put_u64(tails[i] + SYM_SHA_BLOCK - 8,
                    (SYM_SHA_BLOCK + (uint64_t)SYM_OKVS_DIGEST_BYTES) * 8);
    }
    for (size_t at = 0; at < n; at += SOME) {
        size_t some = n - at < SOME ? n - at : SOME;
        for (size_t i = 0; i < some; i++) {
            memcpy(tails[i], digests + (at + i) * SYM_OKVS_DIGEST_BYTES, SYM_OKVS_DIGEST_BYTES);
        }
        with->finish((uint8_t(*)[SYM_PREFIX_HASH_BYTES])(items + at), prefix->state,
                     (const uint8_t(*)[SYM_SHA_BLOCK])tails, some);
        for (size_t i = 0; i < some; i++) {
            counts[sym_okvs_bin(&items[at + i], g->bins)]++;
        }
    }
    sym_wipe(tails, sizeof tails);
}

void sym_okvs_offsets(uint32_t *offsets, uint32_t *counts, const struct sym_vole_geometry *g,
                      size_t pieces)
{
    sym_partition_offsets(offsets, counts, g->bins, pieces);
}

static void scatter_few(struct sym_okvs_item *out, uint32_t *index, uint32_t *positions,
                        uint32_t bins, const struct sym_okvs_item *items, size_t first, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t to = positions[sym_okvs_bin(&items[i], bins)]++;
        out[to] = items[i];
        if (index != NULL) {
            index[to] = (uint32_t)(first + i);
        }
    }
}

static void scatter_many(struct sym_okvs_item *out, uint32_t *index, uint32_t *positions,
                         uint32_t bins, const struct sym_okvs_item *items, size_t first, size_t n)
{
    struct sym_partition_lines lines;
    sym_partition_begin(&lines, bins);
    for (size_t i = 0; i < n; i++) {
        const uint32_t bin = sym_okvs_bin(&items[i], bins);
        const uint32_t to = positions[bin]++;
        sym_partition_put(&lines, out, bin, to, &items[i], sizeof items[i]);
        if (index != NULL) {
            index[to] = (uint32_t)(first + i);
        }
    }
    sym_partition_end(&lines, out, positions, bins, sizeof *out);
    sym_wipe(lines.line, bins * sizeof lines.line[0]);
}

void sym_okvs_scatter(struct sym_okvs_item *out, uint32_t *index, uint32_t *positions,
                      const struct sym_vole_geometry *g, const struct sym_okvs_item *items,
                      size_t first, size_t n)
{
    if (g->bins < SYM_PARTITION_FEW) {
        scatter_few(out, index, positions, g->bins, items, first, n);
    } else {
        scatter_many(out, index, positions, g->bins, items, first, n);
    }
}

static void decode(struct sym_block *out, const struct sym_vole_kernel *with,
                   const struct sym_vole_geometry *g, const struct sym_okvs_item *items, size_t n,
                   const struct sym_block *p, const struct sym_block *delta)
{
    for (size_t at = 0; at < n; at += SOME) {
        size_t some = n - at < SOME ? n - at : SOME;
        for (size_t i = at; i < at + some; i++) {
            uint32_t column[3];
            sym_okvs_columns(column, &items[i], g->sparse);
            out[i] = sym_block_add(sym_block_add(p[column[0]], p[column[1]]), p[column[2]]);
        }
        with->dense(out + at, (const struct sym_block *)(items + at), some, p + g->sparse, delta);
    }
}

void sym_okvs_decode(struct sym_block *out, const struct sym_vole_kernel *with,
                     const struct sym_vole_geometry *g, const struct sym_okvs_item *items, size_t n,
                     const struct sym_block *p)
{
    decode(out, with, g, items, n, p, NULL);
}

void sym_okvs_decode_shifted(struct sym_block *out, const struct sym_vole_kernel *with,
                             const struct sym_vole_geometry *g, const struct sym_okvs_item *items,
                             size_t n, const struct sym_block *p, const struct sym_block *delta)
{
    decode(out, with, g, items, n, p, delta);
}
