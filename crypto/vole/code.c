#include "crypto/vole/code.h"

#include "crypto/vole/kernel_table.h"
#include "crypto/vole/prefix.h"

_Static_assert(SYM_CODE_ROUND_KEYS == SYM_AES_ROUND_KEYS, "a code holds the round keys of AES-128");

void sym_code_init(struct sym_code *c, const struct sym_vole_kernel *with,
                   const struct sym_vole_geometry *g, const uint8_t sid[32])
{
    uint8_t hash[SYM_PREFIX_HASH_BYTES];
    sym_prefix_hash_once(hash, with, sid, "code", 0, 0, NULL, 0);
    *c = (struct sym_code){.with = with, .m = g->outputs};
    with->expand_key(c->key, hash);
}

void sym_code_accumulate(const struct sym_code *c, struct sym_block *x)
{
    c->with->accumulate(x, c->key, c->m);
}

void sym_code_accumulate_pairs(struct sym_block *pairs, const struct sym_code *c,
                               struct sym_block *w, struct sym_block *u)
{
    c->with->accumulate_pairs(pairs, w, u, c->key, c->m);
}

size_t sym_code_scratch_bytes(const struct sym_code *c)
{
    const bool near = c->m * 2 * sizeof(struct sym_block) < SYM_CODE_NEAR_BYTES;
    const size_t least = sizeof(struct sym_block);
    return near || c->with->spread_bytes < least ? least : c->with->spread_bytes;
}

void sym_code_spread(struct sym_block *out, const struct sym_code *c, const struct sym_block *y,
                     size_t first, size_t n, void *scratch)
{
    c->with->spread(out, c->key, y, c->m, first, n, scratch);
}

void sym_code_spread_pairs(struct sym_block *w, struct sym_block *u, const struct sym_code *c,
                           const struct sym_block *pairs, size_t first, size_t n, void *scratch)
{
    c->with->spread_pairs(w, u, c->key, pairs, c->m, first, n, scratch);
}
