#include "crypto/vole/prefix.h"

#include "crypto/vole/kernel_table.h"

#define LENGTH_BYTES 8u
#define PADDING      0x80

const uint8_t sym_prefix_no_context[SYM_PREFIX_CONTEXT_BYTES];

void sym_prefix_init(struct sym_prefix *p, const struct sym_vole_kernel *with,
                     const uint8_t c[SYM_PREFIX_CONTEXT_BYTES], const char *label, uint64_t a,
                     uint64_t b)
{
    uint8_t block[SYM_SHA_BLOCK] = {0};
    memcpy(block, c, SYM_PREFIX_CONTEXT_BYTES);
    memcpy(block + 32, label, strnlen(label, SYM_PREFIX_LABEL_MAX));
    memcpy(block + 48, &a, sizeof a);
    memcpy(block + 56, &b, sizeof b);
    memcpy(p->state, sym_sha_initial, sizeof p->state);
    with->compress(p->state, block, 1);
    sym_wipe(block, sizeof block);
}

void sym_prefix_begin(struct sym_prefix_running *r, const struct sym_prefix *p)
{
    memcpy(r->state, p->state, sizeof r->state);
    r->len = SYM_SHA_BLOCK;
}

void sym_prefix_update(struct sym_prefix_running *r, const struct sym_vole_kernel *with,
                       struct sym_span data)
{
    const uint8_t *at = data.data;
    size_t left = data.len;
    size_t held = r->len % SYM_SHA_BLOCK;
    r->len += data.len;
    if (held > 0) {
        size_t some = left < SYM_SHA_BLOCK - held ? left : SYM_SHA_BLOCK - held;
        if (some > 0) {
            memcpy(r->pending + held, at, some);
        }
        if (held + some < SYM_SHA_BLOCK) {
            return;
        }
        with->compress(r->state, r->pending, 1);
        at += some;
        left -= some;
    }
    with->compress(r->state, at, left / SYM_SHA_BLOCK);
    if (left % SYM_SHA_BLOCK > 0) {
        memcpy(r->pending, at + left / SYM_SHA_BLOCK * SYM_SHA_BLOCK, left % SYM_SHA_BLOCK);
    }
}

void sym_prefix_end(uint8_t out[SYM_PREFIX_HASH_BYTES], struct sym_prefix_running *r,
                    const struct sym_vole_kernel *with)
{
    uint8_t tail[2 * SYM_SHA_BLOCK] = {0};
    size_t held = r->len % SYM_SHA_BLOCK;
    size_t blocks = held + 1 + LENGTH_BYTES <= SYM_SHA_BLOCK ? 1 : 2;
    memcpy(tail, r->pending, held);
    tail[held] = PADDING;
    sym_put_u64(tail + blocks * SYM_SHA_BLOCK - LENGTH_BYTES, 8 * r->len);
    with->compress(r->state, tail, blocks);
    for (size_t i = 0; i < SYM_SHA_STATE; i++) {
        uint32_t word = __builtin_bswap32(r->state[i]);
        memcpy(out + sizeof word * i, &word, sizeof word);
    }
    sym_wipe(tail, sizeof tail);
    sym_wipe(r, sizeof *r);
}

void sym_prefix_hash(uint8_t out[SYM_PREFIX_HASH_BYTES], const struct sym_vole_kernel *with,
                     const struct sym_prefix *p, const struct sym_span *parts, size_t n)
{
    struct sym_prefix_running r;
    sym_prefix_begin(&r, p);
    for (size_t i = 0; i < n; i++) {
        sym_prefix_update(&r, with, parts[i]);
    }
    sym_prefix_end(out, &r, with);
}

void sym_prefix_hash_once(uint8_t out[SYM_PREFIX_HASH_BYTES], const struct sym_vole_kernel *with,
                          const uint8_t c[SYM_PREFIX_CONTEXT_BYTES], const char *label, uint64_t a,
                          uint64_t b, const struct sym_span *parts, size_t n)
{
    struct sym_prefix p;
    sym_prefix_init(&p, with, c, label, a, b);
    sym_prefix_hash(out, with, &p, parts, n);
    sym_wipe(&p, sizeof p);
}
