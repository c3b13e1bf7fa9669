#include "crypto/sha256_many.h"

#include "crypto/cpu.h"
#include "crypto/sha256/sha_avx512.h"
#include "crypto/sha256/sha_ni.h"

#include <string.h>

_Static_assert(SYM_SHA256_PREFIX_MAX <= SYM_SHA_BLOCK, "the first block holds the prefix");

/* With fewer messages left, sixteen at once would take longer than two and two. */
#define WIDE_FROM 10u

void sym_sha256_many_init(struct sym_sha256_many *m)
{
    m->width = 1;
#ifdef __x86_64__
    const uint32_t features = sym_cpu_features();
    if (sym_cpu_has(features, SYM_CPU_SHA | SYM_CPU_AVX2)) {
        bool wide = sym_cpu_has(features, SYM_CPU_AVX512F | SYM_CPU_AVX512BW);
        m->width = wide ? SYM_SHA_WIDE : SYM_SHA_PAIR;
    }
#endif
}

static enum sym_err one_by_one(uint8_t (*out)[SYM_HASH_BYTES], struct sym_span prefix,
                               const struct sym_span *messages, size_t n)
{
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < n; i++) {
        const struct sym_span parts[] = {prefix, messages[i]};
        err = sym_sha256_parts(out[i], parts, sizeof parts / sizeof *parts);
    }
    return err;
}

#ifdef __x86_64__

#define RUNS 3u

/* Blocks that lie one after the other. */
struct run {
    const uint8_t *blocks;
    size_t n;
};

/* One message on its way: a block of the prefix and its beginning, blocks that are hashed where
 * they lie, and what is left of it with the padding. */
struct lane {
    uint8_t *out; /* NULL: it has no message */
    struct run runs[RUNS];
    size_t at;
    uint8_t head[SYM_SHA_BLOCK];
    uint8_t tail[2 * SYM_SHA_BLOCK];
};

struct lanes {
    uint32_t states[SYM_SHA_WIDE][SYM_SHA_STATE];
    struct lane of[SYM_SHA_WIDE];
    struct run *runs[SYM_SHA_WIDE]; /* where each is; NULL: it has no message */
};

static void begin(struct lanes *l, size_t i, uint8_t *out, struct sym_span prefix,
                  struct sym_span message)
{
    struct lane *lane = &l->of[i];
    size_t total = prefix.len + message.len;
    size_t whole = total / SYM_SHA_BLOCK;
    size_t rest = total % SYM_SHA_BLOCK;
    size_t tail_len = (rest + 9 > SYM_SHA_BLOCK ? 2 : 1) * SYM_SHA_BLOCK;
    uint8_t *first = whole > 0 ? lane->head : lane->tail;
    size_t here = whole > 0 ? SYM_SHA_BLOCK - prefix.len : message.len;
    memset(lane->tail, 0, sizeof lane->tail);
    if (prefix.len > 0) {
        memcpy(first, prefix.data, prefix.len);
    }
    if (here > 0) {
        memcpy(first + prefix.len, message.data, here);
    }
    if (whole > 0 && rest > 0) {
        memcpy(lane->tail, message.data + message.len - rest, rest);
    }
    lane->tail[rest] = 0x80;
    sym_put_u64(lane->tail + tail_len - 8, (uint64_t)total * 8);
    lane->runs[0] = (struct run){lane->head, whole > 0 ? 1 : 0};
    lane->runs[1] = (struct run){whole > 1 ? message.data + here : NULL, whole > 1 ? whole - 1 : 0};
    lane->runs[2] = (struct run){lane->tail, tail_len / SYM_SHA_BLOCK};
    lane->at = 0;
    lane->out = out;
    memcpy(l->states[i], sym_sha_initial, sizeof l->states[i]);
}

static void store_hash(uint8_t out[SYM_HASH_BYTES], const uint32_t state[SYM_SHA_STATE])
{
    for (size_t w = 0; w < SYM_SHA_STATE; w++) {
        uint32_t word = __builtin_bswap32(state[w]);
        memcpy(out + 4 * w, &word, sizeof word);
    }
}

/* The run that the lane is at; ends the message when there is none left. */
static struct run *run_of(struct lanes *l, size_t i)
{
    struct lane *lane = &l->of[i];
    while (lane->out != NULL && lane->at < RUNS && lane->runs[lane->at].n == 0) {
        lane->at++;
    }
    if (lane->out != NULL && lane->at == RUNS) {
        store_hash(lane->out, l->states[i]);
        lane->out = NULL;
    }
    return lane->out == NULL ? NULL : &lane->runs[lane->at];
}

static void took(struct run *r, size_t n)
{
    r->blocks += n * SYM_SHA_BLOCK;
    r->n -= n;
}

/* All lanes that have a message, as far as the shortest run goes. */
static void go_wide(struct lanes *l)
{
    const uint8_t *blocks[SYM_SHA_WIDE] = {NULL};
    const uint8_t *any = NULL;
    size_t n = SIZE_MAX;
    for (size_t i = 0; i < SYM_SHA_WIDE; i++) {
        if (l->runs[i] != NULL) {
            any = l->runs[i]->blocks;
            n = l->runs[i]->n < n ? l->runs[i]->n : n;
        }
    }
    for (size_t i = 0; i < SYM_SHA_WIDE; i++) {
        blocks[i] = l->runs[i] != NULL ? l->runs[i]->blocks : any;
    }
    sym_sha_avx512_compress_wide(l->states, blocks, n);
    for (size_t i = 0; i < SYM_SHA_WIDE; i++) {
        if (l->runs[i] != NULL) {
            took(l->runs[i], n);
        }
    }
}

static void go_together(struct lanes *l, size_t i, size_t j)
{
    uint32_t states[SYM_SHA_PAIR][SYM_SHA_STATE];
    const uint8_t *const blocks[] = {l->runs[i]->blocks, l->runs[j]->blocks};
    size_t n = l->runs[i]->n < l->runs[j]->n ? l->runs[i]->n : l->runs[j]->n;
    memcpy(states[0], l->states[i], sizeof states[0]);
    memcpy(states[1], l->states[j], sizeof states[1]);
    sym_sha_ni_compress_pair(states, blocks, n);
    memcpy(l->states[i], states[0], sizeof states[0]);
    memcpy(l->states[j], states[1], sizeof states[1]);
    took(l->runs[i], n);
    took(l->runs[j], n);
}

static void go_alone(struct lanes *l, size_t i)
{
    sym_sha_ni_compress(l->states[i], l->runs[i]->blocks, l->runs[i]->n);
    took(l->runs[i], l->runs[i]->n);
}

/* Blocks of a message that is short: copied whole, it takes less time than what follows. */
#define SHORT_BLOCKS 4u

static size_t blocks_of(struct sym_span prefix, struct sym_span message)
{
    return (prefix.len + message.len + 8) / SYM_SHA_BLOCK + 1;
}

/* The whole message as blocks, of which there are n. */
static void pad(uint8_t *out, size_t n, struct sym_span prefix, struct sym_span message)
{
    const size_t total = prefix.len + message.len;
    const size_t end = n * SYM_SHA_BLOCK;
    if (prefix.len > 0) {
        memcpy(out, prefix.data, prefix.len);
    }
    if (message.len > 0) {
        memcpy(out + prefix.len, message.data, message.len);
    }
    out[total] = 0x80;
    memset(out + total + 1, 0, end - total - 1);
    sym_put_u64(out + end - 8, (uint64_t)total * 8);
}

/* At most sixteen messages that are short and of as many blocks each. */
static void short_ones(uint8_t (*out)[SYM_HASH_BYTES], unsigned width, struct sym_span prefix,
                       const struct sym_span *messages, size_t n, size_t blocks)
{
    uint32_t states[SYM_SHA_WIDE][SYM_SHA_STATE];
    uint8_t padded[SYM_SHA_WIDE * SHORT_BLOCKS * SYM_SHA_BLOCK];
    const uint8_t *at[SYM_SHA_WIDE];
    for (size_t i = 0; i < SYM_SHA_WIDE; i++) {
        at[i] = padded + (i < n ? i : 0) * blocks * SYM_SHA_BLOCK;
    }
    for (size_t i = 0; i < n; i++) {
        pad(padded + i * blocks * SYM_SHA_BLOCK, blocks, prefix, messages[i]);
    }
    for (size_t i = 0; i < SYM_SHA_WIDE; i++) {
        memcpy(states[i], sym_sha_initial, sizeof states[i]);
    }
    if (width == SYM_SHA_WIDE && n >= WIDE_FROM) {
        sym_sha_avx512_compress_wide(states, at, blocks);
    } else {
        for (size_t i = 0; i < n && i < SYM_SHA_WIDE - 1; i += SYM_SHA_PAIR) {
            sym_sha_ni_compress_pair(&states[i], &at[i], blocks);
        }
    }
    for (size_t i = 0; i < n; i++) {
        store_hash(out[i], states[i]);
    }
    sym_wipe(padded, n * blocks * SYM_SHA_BLOCK);
    sym_wipe(states, sizeof states);
}

/* How many of the first messages are hashed as short ones. */
static size_t begin_short(uint8_t (*out)[SYM_HASH_BYTES], unsigned width, struct sym_span prefix,
                          const struct sym_span *messages, size_t n)
{
    size_t at = 0;
    while (at < n) {
        const size_t most = n - at < SYM_SHA_WIDE ? n - at : SYM_SHA_WIDE;
        const size_t blocks = blocks_of(prefix, messages[at]);
        size_t same = 1;
        while (same < most && blocks_of(prefix, messages[at + same]) == blocks) {
            same++;
        }
        if (same < most || blocks > SHORT_BLOCKS) {
            break;
        }
        short_ones(out + at, width, prefix, messages + at, same, blocks);
        at += same;
    }
    return at;
}

static void side_by_side(uint8_t (*out)[SYM_HASH_BYTES], unsigned width, struct sym_span prefix,
                         const struct sym_span *messages, size_t n)
{
    struct lanes l;
    size_t next = 0;
    for (size_t i = 0; i < SYM_SHA_WIDE; i++) {
        l.of[i].out = NULL;
        l.runs[i] = NULL;
    }
    for (;;) {
        size_t busy[SYM_SHA_WIDE];
        size_t n_busy = 0;
        for (size_t i = 0; i < width; i++) {
            l.runs[i] = run_of(&l, i);
            if (l.runs[i] == NULL && next < n) {
                begin(&l, i, out[next], prefix, messages[next]);
                next++;
                l.runs[i] = run_of(&l, i);
            }
            if (l.runs[i] != NULL) {
                busy[n_busy++] = i;
            }
        }
        if (n_busy == 0) {
            break;
        }
        if (n_busy >= WIDE_FROM) {
            go_wide(&l);
        } else if (n_busy >= SYM_SHA_PAIR) {
            go_together(&l, busy[0], busy[1]);
        } else {
            go_alone(&l, busy[0]);
        }
    }
    sym_wipe(&l, sizeof l);
}
#endif

enum sym_err sym_sha256_many(uint8_t (*out)[SYM_HASH_BYTES], const struct sym_sha256_many *m,
                             struct sym_span prefix, const struct sym_span *messages, size_t n)
{
    if (prefix.len > SYM_SHA256_PREFIX_MAX) {
        return SYM_TOO_LONG;
    }
#ifdef __x86_64__
    if (m->width > 1) {
        size_t begun = begin_short(out, m->width, prefix, messages, n);
        if (begun < n) {
            side_by_side(out + begun, m->width, prefix, messages + begun, n - begun);
        }
        return SYM_OK;
    }
#endif
    (void)m;
    return one_by_one(out, prefix, messages, n);
}
