#include "crypto/vole/aes_portable.h"

/* Bitsliced: 8 blocks lie in 8 planes of 128 bits, one per bit of a byte. In each half of a plane
 * bit 16 row + 4 column + block is that bit of the byte in this row and column of the state, for
 * blocks 0 … 3 in the one and 4 … 7 in the other half. So ShiftRows rotates 16 bits, MixColumns 64.
 */
#define LANES    2u
#define AT_ONCE  (4u * LANES)
#define PLANES   8u
#define BYTE_SUB 0x63

typedef uint64_t plane __attribute__((vector_size(8 * LANES)));

struct sliced {
    plane bit[PLANES];
};

/* An element of GF(16) = GF(2)[z]/(z^4+z+1), by planes. */
struct nibble {
    plane bit[4];
};

static inline struct nibble nibble_add(const struct nibble *a, const struct nibble *b)
{
    struct nibble r;
    for (unsigned i = 0; i < 4; i++) {
        r.bit[i] = a->bit[i] ^ b->bit[i];
    }
    return r;
}

static inline struct nibble nibble_multiply(const struct nibble *a, const struct nibble *b)
{
    const plane *x = a->bit;
    const plane *y = b->bit;
    plane z4 = (x[1] & y[3]) ^ (x[2] & y[2]) ^ (x[3] & y[1]);
    plane z5 = (x[2] & y[3]) ^ (x[3] & y[2]);
    plane z6 = x[3] & y[3];
    return (struct nibble){{
        (x[0] & y[0]) ^ z4,
        (x[0] & y[1]) ^ (x[1] & y[0]) ^ z4 ^ z5,
        (x[0] & y[2]) ^ (x[1] & y[1]) ^ (x[2] & y[0]) ^ z5 ^ z6,
        (x[0] & y[3]) ^ (x[1] & y[2]) ^ (x[2] & y[1]) ^ (x[3] & y[0]) ^ z6,
    }};
}

/* x^14 = 1/x, and 0 for 0: the algebraic normal form of each bit. */
static inline struct nibble nibble_invert(const struct nibble *a)
{
    const plane *x = a->bit;
    plane x01 = x[0] & x[1];
    plane x02 = x[0] & x[2];
    plane x12 = x[1] & x[2];
    plane x03 = x[0] & x[3];
    plane x13 = x[1] & x[3];
    plane x123 = x12 & x[3];
    return (struct nibble){{
        x[0] ^ x[1] ^ x[2] ^ x02 ^ x12 ^ (x01 & x[2]) ^ x[3] ^ x123,
        x01 ^ x02 ^ x12 ^ x[3] ^ x13 ^ (x01 & x[3]),
        x01 ^ x[2] ^ x02 ^ x[3] ^ x03 ^ (x02 & x[3]),
        x[1] ^ x[2] ^ x[3] ^ x03 ^ x13 ^ (x[2] & x[3]) ^ x123,
    }};
}

/* The S-box of AES: into GF(16)[Y]/(Y^2+Y+z^3), where inverting costs one inversion in GF(16), and
 * back through the affine map. Both linear maps come from a search over all isomorphisms for the
 * fewest additions. */
static void substitute(struct sliced *s)
{
    plane *x = s->bit;
    plane a = x[5] ^ x[7];
    plane b = x[4] ^ x[6];
    plane c = x[2] ^ x[3];
    plane d = a ^ c;
    plane e = b ^ d;
    struct nibble low = {{x[0] ^ a, x[2], e, x[3] ^ x[4]}};
    struct nibble high = {{x[5] ^ b, b ^ x[1] ^ x[7], d, a}};

    /* 1/(high Y + low) = (high Y + high + low) / (z^3 high^2 + high low + low^2) */
    struct nibble both = nibble_add(&high, &low);
    struct nibble product = nibble_multiply(&both, &low); /* high low + low^2 */
    const plane *h = high.bit;
    struct nibble square = {{h[2], h[1] ^ h[2] ^ h[3], h[1], h[0] ^ h[2] ^ h[3]}};
    struct nibble norm = nibble_add(&square, &product);
    norm = nibble_invert(&norm);
    struct nibble low_inverse = nibble_multiply(&both, &norm);
    struct nibble high_inverse = nibble_multiply(&high, &norm);

    const plane *l = low_inverse.bit;
    h = high_inverse.bit;
    plane p = l[0] ^ h[1];
    plane q = l[1] ^ l[2];
    plane r = l[3] ^ p;
    plane t = h[2] ^ h[3];
    plane u = h[0] ^ r;
    plane v = l[0] ^ l[2];
    x[0] = ~(h[2] ^ v);
    x[1] = ~(q ^ u);
    x[2] = h[2] ^ r;
    x[3] = l[2] ^ p;
    x[4] = l[1] ^ u;
    x[5] = ~(l[3] ^ h[1] ^ q ^ t);
    x[6] = ~(h[0] ^ t);
    x[7] = q;
}

static inline plane shift_rows(plane x)
{
    const plane row0 = {0xffff, 0xffff};
    plane row1 = x >> 16 & row0;
    plane row2 = x >> 32 & row0;
    plane row3 = x >> 48;
    row1 = (row1 >> 4 | row1 << 12) & row0;
    row2 = (row2 >> 8 | row2 << 8) & row0;
    row3 = (row3 >> 12 | row3 << 4) & row0;
    return (x & row0) | row1 << 16 | row2 << 32 | row3 << 48;
}

static inline plane rotate(plane x, int bits)
{
    return x >> bits | x << (64 - bits);
}

static void mix_columns(struct sliced *s)
{
    plane next[PLANES]; /* the row below */
    plane sum[PLANES];  /* this row and the one below */
    for (unsigned i = 0; i < PLANES; i++) {
        next[i] = rotate(s->bit[i], 16);
        sum[i] = s->bit[i] ^ next[i];
    }
    for (unsigned i = 0; i < PLANES; i++) {
        plane doubled = i == 0 ? sum[7] : sum[i - 1];
        if (i == 1 || i == 3 || i == 4) {
            doubled ^= sum[7];
        }
        s->bit[i] = doubled ^ next[i] ^ rotate(sum[i], 32);
    }
}

/* Exchanges the bits of a under mask << shift with those of b under mask. */
static inline void exchange(plane *a, plane *b, uint64_t mask, int shift)
{
    const plane m = {mask, mask};
    plane t = (*a >> shift ^ *b) & m;
    *a ^= t << shift;
    *b ^= t;
}

/* Bit i of byte k of word j <-> bit j of byte k of word i. */
static void transpose(struct sliced *s)
{
    plane *w = s->bit;
    for (unsigned i = 0; i < PLANES; i += 2) {
        exchange(&w[i], &w[i + 1], 0x5555555555555555u, 1);
    }
    for (unsigned i = 0; i < PLANES; i += 4) {
        exchange(&w[i], &w[i + 2], 0x3333333333333333u, 2);
        exchange(&w[i + 1], &w[i + 3], 0x3333333333333333u, 2);
    }
    for (unsigned i = 0; i < 4; i++) {
        exchange(&w[i], &w[i + 4], 0x0f0f0f0f0f0f0f0fu, 4);
    }
}

/* The four bytes of x at bytes 0, 2, 4, 6. */
static inline uint64_t widen(uint64_t x)
{
    x = (x | x << 16) & 0x0000ffff0000ffffu;
    return (x | x << 8) & 0x00ff00ff00ff00ffu;
}

static inline uint64_t narrow(uint64_t x)
{
    x &= 0x00ff00ff00ff00ffu;
    x = (x | x >> 8) & 0x0000ffff0000ffffu;
    return (x | x >> 16) & 0xffffffffu;
}

/* Word j < 4 takes columns 0 and 2 of block j, word 4 + j columns 1 and 3; byte by byte the columns
 * alternate. Transposing that gives the planes. */
static void slice(struct sliced *s, const struct sym_block in[AT_ONCE])
{
    for (unsigned j = 0; j < 4; j++) {
        for (unsigned lane = 0; lane < LANES; lane++) {
            const struct sym_block *b = &in[4 * lane + j];
            s->bit[j][lane] = widen(b->low & 0xffffffffu) | widen(b->high & 0xffffffffu) << 8;
            s->bit[4 + j][lane] = widen(b->low >> 32) | widen(b->high >> 32) << 8;
        }
    }
    transpose(s);
}

static void unslice(struct sym_block out[AT_ONCE], struct sliced *s)
{
    transpose(s);
    for (unsigned j = 0; j < 4; j++) {
        for (unsigned lane = 0; lane < LANES; lane++) {
            uint64_t even = s->bit[j][lane];
            uint64_t odd = s->bit[4 + j][lane];
            out[4 * lane + j] = (struct sym_block){narrow(even) | narrow(odd) << 32,
                                                   narrow(even >> 8) | narrow(odd >> 8) << 32};
        }
    }
}

static void slice_key(struct sliced out[SYM_AES_ROUND_KEYS],
                      const struct sym_block keys[SYM_AES_ROUND_KEYS])
{
    for (unsigned r = 0; r < SYM_AES_ROUND_KEYS; r++) {
        struct sym_block copies[AT_ONCE];
        for (unsigned i = 0; i < AT_ONCE; i++) {
            copies[i] = keys[r];
        }
        slice(&out[r], copies);
        sym_wipe(copies, sizeof copies);
    }
}

static inline void add_key(struct sliced *s, const struct sliced *key)
{
    for (unsigned i = 0; i < PLANES; i++) {
        s->bit[i] ^= key->bit[i];
    }
}

static void encrypt(struct sliced *s, const struct sliced keys[SYM_AES_ROUND_KEYS])
{
    add_key(s, &keys[0]);
    for (unsigned r = 1; r < SYM_AES_ROUND_KEYS; r++) {
        substitute(s);
        for (unsigned i = 0; i < PLANES; i++) {
            s->bit[i] = shift_rows(s->bit[i]);
        }
        if (r < SYM_AES_ROUND_KEYS - 1) {
            mix_columns(s);
        }
        add_key(s, &keys[r]);
    }
}

/* The S-box on each of four bytes. */
static uint32_t substitute_word(uint32_t word)
{
    struct sym_block blocks[AT_ONCE] = {{word, 0}};
    struct sliced s;
    slice(&s, blocks);
    substitute(&s);
    unslice(blocks, &s);
    uint32_t out = (uint32_t)blocks[0].low;
    sym_wipe(blocks, sizeof blocks);
    sym_wipe(&s, sizeof s);
    return out;
}

void sym_aes_portable_expand_key(struct sym_block keys[SYM_AES_ROUND_KEYS], const uint8_t key[16])
{
    uint32_t w[4];
    memcpy(w, key, sizeof w);
    memcpy(&keys[0], w, sizeof w);
    uint32_t constant = 1;
    for (unsigned r = 1; r < SYM_AES_ROUND_KEYS; r++) {
        w[0] ^= substitute_word(w[3] >> 8 | w[3] << 24) ^ constant;
        for (unsigned i = 1; i < 4; i++) {
            w[i] ^= w[i - 1];
        }
        memcpy(&keys[r], w, sizeof w);
        constant = constant == 0x80 ? 0x1b : constant << 1;
    }
    sym_wipe(w, sizeof w);
}

void sym_aes_portable_counter(struct sym_block *out,
                              const struct sym_block keys[SYM_AES_ROUND_KEYS], uint64_t start,
                              size_t n)
{
    struct sliced sliced_keys[SYM_AES_ROUND_KEYS];
    slice_key(sliced_keys, keys);
    for (size_t at = 0; at < n; at += AT_ONCE) {
        struct sym_block blocks[AT_ONCE];
        struct sliced s;
        for (size_t i = 0; i < AT_ONCE; i++) {
            blocks[i] = (struct sym_block){start + at + i, 0};
        }
        slice(&s, blocks);
        encrypt(&s, sliced_keys);
        unslice(blocks, &s);
        size_t some = n - at < AT_ONCE ? n - at : AT_ONCE;
        memcpy(out + at, blocks, some * sizeof *out);
    }
    sym_wipe(sliced_keys, sizeof sliced_keys);
}

/* MMO of up to AT_ONCE nodes into every second place of out; returns their sum. */
static struct sym_block grow_some(struct sym_block *out,
                                  const struct sliced keys[SYM_AES_ROUND_KEYS],
                                  const struct sym_block *in, size_t n)
{
    struct sym_block nodes[AT_ONCE] = {{0, 0}};
    struct sym_block blocks[AT_ONCE];
    struct sym_block sum = {0, 0};
    struct sliced s;
    memcpy(nodes, in, n * sizeof *in);
    slice(&s, nodes);
    encrypt(&s, keys);
    unslice(blocks, &s);
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = sym_block_add(blocks[i], nodes[i]);
        sum = sym_block_add(sum, out[2 * i]);
    }
    return sum;
}

void sym_aes_portable_grow(struct sym_block *out, struct sym_block sums[2],
                           const struct sym_block keys[2][SYM_AES_ROUND_KEYS],
                           const struct sym_block *in, size_t n)
{
    struct sliced sliced_keys[SYM_AES_ROUND_KEYS];
    for (unsigned b = 0; b < 2; b++) {
        struct sym_block sum = {0, 0};
        slice_key(sliced_keys, keys[b]);
        for (size_t at = 0; at < n; at += AT_ONCE) {
            size_t some = n - at < AT_ONCE ? n - at : AT_ONCE;
            sum = sym_block_add(sum, grow_some(out + 2 * at + b, sliced_keys, in + at, some));
        }
        sums[b] = sum;
    }
    sym_wipe(sliced_keys, sizeof sliced_keys);
}
