/* The vole engine at S: delta, keys, seeds, and what comes from them are undefined for valgrind.
 * Public are M4 and that its check succeeded. R: its row, streams and answers; its noise positions
 * are not marked, as its addresses may depend on them (design, section 10). Runs each kernel that
 * the CPU under valgrind can run. */
#include "crypto/vole/batch.h"
#include "crypto/vole/code.h"
#include "crypto/vole/cot.h"
#include "crypto/vole/okvs.h"
#include "crypto/vole/trees.h"

#include "tests/support/vole_kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <valgrind/memcheck.h>

#define ITEMS 40u

static void make_secret(void *data, size_t len)
{
    (void)VALGRIND_MAKE_MEM_UNDEFINED(data, len);
}

static void make_public(void *data, size_t len)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(data, len);
}

struct memory {
    struct sym_block *row, *t, *q, *v, *scratch, *out;
    uint8_t *m4, *m5, *a;
};

static bool allocate(struct memory *m, const struct sym_vole_geometry *g)
{
    m->row = calloc(g->row_blocks, sizeof *m->row);
    m->t = calloc(sym_vole_cots(g), sizeof *m->t);
    m->q = calloc(sym_vole_cots(g), sizeof *m->q);
    m->v = calloc(g->length, sizeof *m->v);
    m->scratch = calloc(sym_cot_scratch_blocks(g), sizeof *m->scratch);
    m->out = calloc(ITEMS, sizeof *m->out);
    m->m4 = calloc(1, sym_vole_m4_bytes(g));
    m->m5 = calloc(1, sym_vole_m5_bytes(g));
    m->a = calloc(g->outputs, SYM_BLOCK_BYTES);
    return m->row != NULL && m->t != NULL && m->q != NULL && m->v != NULL && m->scratch != NULL &&
           m->out != NULL && m->m4 != NULL && m->m5 != NULL && m->a != NULL;
}

static bool run(const struct sym_vole_kernel *with)
{
    static uint8_t keys_r[2 * SYM_VOLE_ROWS][SYM_COT_KEY_BYTES];
    static uint8_t keys_s[SYM_VOLE_ROWS][SYM_COT_KEY_BYTES];
    static struct sym_block seeds[SYM_VOLE_TREES];
    static struct sym_block base_r[SYM_VOLE_BASE], base_s[SYM_VOLE_BASE];
    static const struct sym_okvs_item items[ITEMS];
    static const uint8_t ctx[32] = {1};
    struct sym_block delta = {0x0123456789abcdefu, 0xfedcba9876543210u};
    uint32_t alpha[SYM_VOLE_TREES];
    struct sym_vole_geometry g;
    struct sym_code code;
    struct memory m;
    if (sym_vole_geometry_for(&g, 100) != SYM_OK || !allocate(&m, &g)) {
        return false;
    }
    for (unsigned i = 0; i < 2 * SYM_VOLE_ROWS; i++) {
        keys_r[i][0] = (uint8_t)i;
        if (i % 2 == (sym_block_bit_mask(delta, i / 2) & 1)) {
            keys_s[i / 2][0] = (uint8_t)i;
        }
    }
    sym_cot_draw(m.row, alpha, &g);
    make_secret(keys_r, sizeof keys_r);
    make_secret(m.row, g.row_blocks * sizeof *m.row);
    sym_cot_offer(m.m4, m.t, base_r, with, &g, ctx, 0, (const uint8_t(*)[SYM_COT_KEY_BYTES])keys_r,
                  m.row, m.scratch);
    make_public(m.m4, sym_vole_m4_bytes(&g));

    make_secret(keys_s, sizeof keys_s);
    make_secret(&delta, sizeof delta);
    make_secret(seeds, sizeof seeds);
    if (sym_cot_accept(m.q, base_s, with, &g, ctx, 0, (const uint8_t(*)[SYM_COT_KEY_BYTES])keys_s,
                       &delta, m.m4, m.scratch) != SYM_OK) {
        return false;
    }
    const struct sym_trees trees = {with, &g, ctx, 0};
    sym_trees_grow(m.v, m.m5, &trees, seeds, m.q, base_s, &delta, 0, 4, m.scratch);
    make_public(m.m5, sym_vole_m5_bytes(&g));
    struct sym_block chi = sym_batch_challenge(with, &g, ctx, 0, m.m5);
    struct sym_block sum = sym_batch_sum(with, m.v, 0, g.length, chi);
    struct sym_block e = sym_batch_end_s(with, sum, base_s, &delta, m.a);
    sym_code_init(&code, with, &g, ctx);
    sym_code_accumulate(&code, m.v + g.outputs);
    sym_code_spread(m.v, &code, m.v + g.outputs, 0, g.outputs, code_scratch());
    sym_batch_shift(m.v, with, &delta, m.a, g.outputs);
    sym_okvs_decode_shifted(m.out, with, &g, items, ITEMS, m.v, &delta);
#ifdef PLANT_BRANCH
    if ((m.out[0].low & 1) != 0) {
        (void)fputs("planted\n", stderr);
    }
#endif
    make_public(&e, sizeof e);
    void *all[] = {m.row, m.t, m.q, m.v, m.scratch, m.out, m.m4, m.m5, m.a};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
    return true;
}

int main(void)
{
    if (sym_crypto_init() != SYM_OK) {
        return 2;
    }
    for (size_t at = 0; sym_vole_kernel_name_at(at) != NULL; at++) {
        const struct sym_vole_kernel *with = NULL;
        if (sym_vole_kernel_choose(&with, sym_vole_kernel_name_at(at)) != SYM_OK) {
            continue;
        }
        (void)printf("%s\n", sym_vole_kernel_name_at(at));
        if (!run(with)) {
            return 2;
        }
    }
    return 0;
}
