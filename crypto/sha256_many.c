#include "crypto/sha256_many.h"

#include "crypto/cpu.h"
#include "crypto/sha256/sha_ni.h"

#include <string.h>

_Static_assert(SYM_SHA256_PREFIX_MAX <= SYM_SHA_BLOCK, "the first block holds the prefix");

void sym_sha256_many_init(struct sym_sha256_many *m)
{
#ifdef __x86_64__
    m->in_pairs = sym_cpu_has(sym_cpu_features(), SYM_CPU_SHA | SYM_CPU_AVX2);
#else
    m->in_pairs = false;
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
    uint32_t states[SYM_SHA_PAIR][SYM_SHA_STATE];
    struct lane of[SYM_SHA_PAIR];
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

/* The run that the lane is at; ends the message when there is none left. */
static struct run *run_of(struct lanes *l, size_t i)
{
    struct lane *lane = &l->of[i];
    while (lane->out != NULL && lane->at < RUNS && lane->runs[lane->at].n == 0) {
        lane->at++;
    }
    if (lane->out != NULL && lane->at == RUNS) {
        for (size_t w = 0; w < SYM_SHA_STATE; w++) {
            uint32_t word = __builtin_bswap32(l->states[i][w]);
            memcpy(lane->out + 4 * w, &word, sizeof word);
        }
        lane->out = NULL;
    }
    return lane->out == NULL ? NULL : &lane->runs[lane->at];
}

static void took(struct run *r, size_t n)
{
    r->blocks += n * SYM_SHA_BLOCK;
    r->n -= n;
}

static void in_pairs(uint8_t (*out)[SYM_HASH_BYTES], struct sym_span prefix,
                     const struct sym_span *messages, size_t n)
{
    struct lanes l;
    struct run *runs[SYM_SHA_PAIR];
    size_t next = 0;
    l.of[0].out = NULL;
    l.of[1].out = NULL;
    for (;;) {
        for (size_t i = 0; i < SYM_SHA_PAIR; i++) {
            runs[i] = run_of(&l, i);
            if (runs[i] == NULL && next < n) {
                begin(&l, i, out[next], prefix, messages[next]);
                next++;
                runs[i] = run_of(&l, i);
            }
        }
        if (runs[0] != NULL && runs[1] != NULL) {
            const uint8_t *const blocks[] = {runs[0]->blocks, runs[1]->blocks};
            size_t both = runs[0]->n < runs[1]->n ? runs[0]->n : runs[1]->n;
            sym_sha_ni_compress_pair(l.states, blocks, both);
            took(runs[0], both);
            took(runs[1], both);
        } else if (runs[0] != NULL || runs[1] != NULL) {
            size_t i = runs[0] != NULL ? 0 : 1;
            sym_sha_ni_compress(l.states[i], runs[i]->blocks, runs[i]->n);
            took(runs[i], runs[i]->n);
        } else {
            break;
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
    if (m->in_pairs) {
        in_pairs(out, prefix, messages, n);
        return SYM_OK;
    }
#endif
    (void)m;
    return one_by_one(out, prefix, messages, n);
}
