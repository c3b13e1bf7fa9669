#include "crypto/vole/code_vaes512.h"

#ifdef __x86_64__

#include "crypto/vole/wide_indices.h"

/* Every block where it lies, asked for in time. Processors whose third cache is near have it in the
 * second by then, as long as there are that many outputs between the asking and the adding. */
#define AHEAD 32u

_Static_assert(AHEAD < SYM_CODE_GRAIN, "indices are drawn one group ahead");

/* Of a group, as offsets in bytes; more are drawn than there are. */
struct offsets {
    _Alignas(64) uint32_t of[(SYM_CODE_INDICES / (4 * WIDE_BLOCKS) + 1) * 4 * WIDE_BLOCKS];
};

static inline void draw_offsets(struct offsets *to, const struct wide_keys *keys, size_t m,
                                size_t b, const unsigned vectors)
{
    const __m512i anywhere = _mm512_set1_epi64((long long)m);
    const __m512i stripe = _mm512_set1_epi64((long long)(m / WIDE_STRIPES));
    const __m512i stride = _mm512_set1_epi32((int)(vectors * sizeof(struct sym_block)));
    for (unsigned at = 0; at < SYM_CODE_INDICES; at += 4 * WIDE_BLOCKS) {
        __m512i x[WIDE_AT_ONCE];
        wide_counter(x, keys, row_counter(b, 0) + at / 4);
        for (unsigned i = 0; i < WIDE_AT_ONCE; i++) {
            const unsigned j = (at + 16 * i) / SYM_CODE_GRAIN;
            const bool striped = j >= SYM_CODE_UNIFORM;
            const size_t base = striped ? (j - SYM_CODE_UNIFORM) * (m / WIDE_STRIPES) : 0;
            const __m512i index = _mm512_add_epi32(scaled(x[i], striped ? stripe : anywhere),
                                                   _mm512_set1_epi32((int)base));
            wide_store(to->of + at + 16 * i, _mm512_mullo_epi32(index, stride));
        }
    }
}

static inline __attribute__((always_inline)) void
gather(struct sym_block *w, struct sym_block *u, const unsigned vectors,
       const struct sym_block keys[SYM_AES_ROUND_KEYS], const struct sym_block *y, size_t m,
       size_t first, size_t n)
{
    const uint8_t *bytes = (const uint8_t *)y;
    struct offsets drawn[2]; /* of even and of odd groups */
    struct wide_keys k;
    wide_keys_init(&k, keys);
    draw_offsets(&drawn[first / SYM_CODE_GRAIN % 2], &k, m, first / SYM_CODE_GRAIN, vectors);
    for (size_t o = first; o < first + n; o++) {
        const size_t b = o / SYM_CODE_GRAIN;
        const uint32_t *now = drawn[b % 2].of + o % SYM_CODE_GRAIN;
        if (o % SYM_CODE_GRAIN == 0) {
            draw_offsets(&drawn[(b + 1) % 2], &k, m, b + 1, vectors);
        }
        const uint32_t *soon =
            drawn[(o + AHEAD) / SYM_CODE_GRAIN % 2].of + (o + AHEAD) % SYM_CODE_GRAIN;
        for (unsigned j = 0; j < SYM_CODE_WEIGHT; j++) {
            _mm_prefetch((const char *)bytes + soon[j * SYM_CODE_GRAIN], _MM_HINT_T1);
        }
        __m128i sum_w = _mm_loadu_si128((const __m128i *)(w + o));
        if (vectors == 1) {
            for (unsigned j = 0; j < SYM_CODE_WEIGHT; j++) {
                const void *from = bytes + now[j * SYM_CODE_GRAIN];
                sum_w = _mm_xor_si128(sum_w, _mm_loadu_si128(from));
            }
        } else {
            __m256i sum = _mm256_set_m128i(_mm_loadu_si128((const __m128i *)(u + o)), sum_w);
            for (unsigned j = 0; j < SYM_CODE_WEIGHT; j++) {
                const void *from = bytes + now[j * SYM_CODE_GRAIN];
                sum = _mm256_xor_si256(sum, _mm256_loadu_si256(from));
            }
            sum_w = _mm256_castsi256_si128(sum);
            _mm_storeu_si128((__m128i *)(u + o), _mm256_extracti128_si256(sum, 1));
        }
        _mm_storeu_si128((__m128i *)(w + o), sum_w);
    }
}

void sym_code_vaes512_gather(struct sym_block *out, const struct sym_block keys[SYM_AES_ROUND_KEYS],
                             const struct sym_block *y, size_t m, size_t first, size_t n,
                             void *scratch)
{
    (void)scratch;
    gather(out, out, 1, keys, y, m, first, n);
}

void sym_code_vaes512_gather_pairs(struct sym_block *w, struct sym_block *u,
                                   const struct sym_block keys[SYM_AES_ROUND_KEYS],
                                   const struct sym_block *pairs, size_t m, size_t first, size_t n,
                                   void *scratch)
{
    (void)scratch;
    gather(w, u, 2, keys, pairs, m, first, n);
}

#else
typedef int sym_gather_vaes512_is_of_x86;
#endif
