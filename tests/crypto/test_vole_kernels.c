/* All kernels give the same bytes as the portable one, for lengths around those that they work in,
 * and the portable one gives what the standards and OpenSSL say. */
#include "crypto/aead.h"
#include "crypto/vole/kernel_table.h"
#include "crypto/vole/prefix.h"
#include "tests/support/vole_kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MOST 150u
#define M    (64u * 41)

static const struct sym_vole_kernel *kernels[MOST_KERNELS];
static const struct sym_vole_kernel *portable;
static size_t others; /* kernels before it */

static struct sym_block data[2 * MOST + 1];
static struct sym_block keys[2][SYM_AES_ROUND_KEYS];

static int start(void **state)
{
    (void)state;
    others = sym_crypto_init() == SYM_OK ? usable_kernels(kernels) : 0;
    if (others == 0) {
        return -1;
    }
    portable = kernels[--others];
    sym_random_many((uint8_t *)data, sizeof data);
    for (size_t i = 0; i < 2; i++) {
        portable->expand_key(keys[i], (const uint8_t *)&data[i]);
    }
    return 0;
}

/* Fresh memory of n blocks, random, so that writing too far is seen in what lies behind. */
static struct sym_block *blocks(size_t n, const struct sym_block *copy_of)
{
    struct sym_block *b = malloc((n + 1) * sizeof *b);
    assert_non_null(b);
    if (copy_of != NULL) {
        memcpy(b, copy_of, (n + 1) * sizeof *b);
    } else {
        sym_random_many((uint8_t *)b, (n + 1) * sizeof *b);
    }
    return b;
}

static void is_chosen_by_name_and_refuses_others(void **state)
{
    (void)state;
    const struct sym_vole_kernel *k = NULL;
    assert_int_equal(sym_vole_kernel_choose(&k, "portable"), SYM_OK);
    assert_string_equal(k->name, "portable");
    assert_int_equal(sym_vole_kernel_choose(&k, NULL), SYM_OK);
    assert_ptr_equal(k, kernels[0]);
    assert_int_equal(sym_vole_kernel_choose(&k, "portabl"), SYM_NOT_FOUND);
    assert_int_equal(sym_vole_kernel_choose(&k, ""), SYM_NOT_FOUND);
    assert_null(sym_vole_kernel_name_at(99));
}

/* FIPS 197 appendices A.1 and C.1; the block there is a counter when read as little-endian. */
static void ciphers_as_the_standard_says(void **state)
{
    (void)state;
    static const uint8_t key[16] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                    0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
    static const uint8_t last[16] = {0xd0, 0x14, 0xf9, 0xa8, 0xc9, 0xee, 0x25, 0x89,
                                     0xe1, 0x3f, 0x0c, 0xc8, 0xb6, 0x63, 0x0c, 0xa6};
    static const uint8_t key_c[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const uint8_t plain[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                      0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    static const uint8_t sealed[16] = {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30,
                                       0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a};
    for (size_t k = 0; k <= others; k++) {
        struct sym_block round[2][SYM_AES_ROUND_KEYS];
        struct sym_block in = sym_block_load(plain);
        struct sym_block out[2];
        struct sym_block sums[2];
        kernels[k]->expand_key(round[0], key);
        assert_memory_equal(&round[0][10], last, sizeof last);
        kernels[k]->expand_key(round[0], key_c);
        kernels[k]->expand_key(round[1], key);
        kernels[k]->grow(out, sums, (const struct sym_block(*)[SYM_AES_ROUND_KEYS])round, &in, 1);
        out[0] = sym_block_add(out[0], in);
        assert_memory_equal(&out[0], sealed, sizeof sealed);
    }
}

static void expands_keys_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < others * MOST; i++) {
        struct sym_block a[SYM_AES_ROUND_KEYS];
        struct sym_block b[SYM_AES_ROUND_KEYS];
        portable->expand_key(a, (const uint8_t *)&data[i % MOST]);
        kernels[i / MOST]->expand_key(b, (const uint8_t *)&data[i % MOST]);
        assert_memory_equal(a, b, sizeof a);
    }
}

static void ciphers_counters_alike(void **state)
{
    (void)state;
    static const uint64_t starts[] = {0, 1, 0xffffffffu, 0x7fffffffffu, (uint64_t)7 << 40};
    for (size_t i = 0; i < others * MOST; i++) {
        const size_t n = i % MOST;
        struct sym_block *a = blocks(n, NULL);
        struct sym_block *b = blocks(n, a);
        portable->counter(a, keys[0], starts[n % 5], n);
        kernels[i / MOST]->counter(b, keys[0], starts[n % 5], n);
        assert_memory_equal(a, b, (n + 1) * sizeof *a);
        free(a);
        free(b);
    }
}

static void grows_levels_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < others * MOST; i++) {
        const size_t n = i % MOST;
        struct sym_block sums[2][2];
        struct sym_block *a = blocks(2 * n, NULL);
        struct sym_block *b = blocks(2 * n, a);
        portable->grow(a, sums[0], (const struct sym_block(*)[SYM_AES_ROUND_KEYS])keys, data, n);
        kernels[i / MOST]->grow(b, sums[1], (const struct sym_block(*)[SYM_AES_ROUND_KEYS])keys,
                                data, n);
        assert_memory_equal(a, b, (2 * n + 1) * sizeof *a);
        assert_memory_equal(sums[0], sums[1], sizeof sums[0]);
        free(a);
        free(b);
    }
}

/* By shifting and adding, from the definition. */
static struct sym_block slow_product(struct sym_block a, struct sym_block b)
{
    struct sym_block r = {0, 0};
    for (unsigned i = 128; i-- > 0;) {
        uint64_t over = r.high >> 63;
        r = (struct sym_block){r.low << 1 ^ (over ? 0x87 : 0), r.high << 1 | r.low >> 63};
        r = sym_block_add(r, sym_block_and(b, sym_block_bit_mask(a, i)));
    }
    return r;
}

static void multiplies_as_defined(void **state)
{
    (void)state;
    const struct sym_block edges[] = {
        {0, 0}, {1, 0}, {2, 0}, {0, 1}, {0, (uint64_t)1 << 63}, {UINT64_MAX, UINT64_MAX}, data[9]};
    for (size_t k = 0; k <= others; k++) {
        for (size_t i = 0; i < 49; i++) {
            struct sym_block p = kernels[k]->multiply(edges[i / 7], edges[i % 7]);
            struct sym_block q = slow_product(edges[i / 7], edges[i % 7]);
            assert_memory_equal(&p, &q, sizeof p);
        }
        for (size_t i = 0; i < MOST; i++) {
            struct sym_block p = kernels[k]->multiply(data[i], data[MOST + i]);
            struct sym_block q = slow_product(data[i], data[MOST + i]);
            assert_memory_equal(&p, &q, sizeof p);
        }
    }
}

static void sums_and_hashes_rows_as_defined(void **state)
{
    (void)state;
    const struct sym_block chi = data[5];
    for (size_t k = 0; k <= others; k++) {
        for (size_t n = 0; n <= 128; n += 16) {
            struct sym_block expected = {0, 0};
            struct sym_block sum = kernels[k]->sum(data, n, chi);
            for (size_t i = n; i-- > 0;) {
                expected = slow_product(sym_block_add(expected, data[i]), chi);
            }
            assert_memory_equal(&sum, &expected, sizeof sum);
        }
        for (size_t row = 1; row <= 9; row++) {
            struct sym_block out[32];
            kernels[k]->hash_rows(out, data, 32, row, chi);
            for (size_t r = 0; r < 32; r++) {
                struct sym_block h = data[r * row];
                for (size_t j = 1; j < row; j++) {
                    h = sym_block_add(slow_product(h, chi), data[r * row + j]);
                }
                assert_memory_equal(&out[r], &h, sizeof h);
            }
        }
    }
}

static void shifts_and_decodes_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < others * MOST; i++) {
        const size_t n = i % MOST;
        const struct sym_vole_kernel *k = kernels[i / MOST];
        struct sym_block *a = blocks(n, NULL);
        struct sym_block *b = blocks(n, a);
        portable->shift(a, data[3], (const uint8_t *)data, n);
        k->shift(b, data[3], (const uint8_t *)data, n);
        portable->dense(a, data, n, data + 7, NULL);
        k->dense(b, data, n, data + 7, NULL);
        portable->dense(a, data, n, data + 7, &data[11]);
        k->dense(b, data, n, data + 7, &data[11]);
        assert_memory_equal(a, b, (n + 1) * sizeof *a);
        free(a);
        free(b);
    }
}

static void convolves_alike(void **state)
{
    (void)state;
    for (size_t k = 0; k < others; k++) {
        for (size_t m = 64; m <= M; m += 64 * 8) {
            struct sym_block *a = blocks(m, NULL);
            struct sym_block *b = blocks(m, a);
            struct sym_block *w = blocks(m, a);
            struct sym_block *u = blocks(m, NULL);
            struct sym_block *u2 = blocks(m, u);
            struct sym_block *pairs = blocks(2 * m, NULL);
            portable->accumulate(a, keys[0], m);
            kernels[k]->accumulate(b, keys[0], m);
            assert_memory_equal(a, b, (m + 1) * sizeof *a);
            portable->accumulate(u2, keys[0], m);
            kernels[k]->accumulate_pairs(pairs, w, u, keys[0], m);
            for (size_t i = 0; i < m; i++) {
                assert_memory_equal(&pairs[2 * i], &a[i], sizeof *a);
                assert_memory_equal(&pairs[2 * i + 1], &u2[i], sizeof *a);
            }
            void *all[] = {a, b, w, u, u2, pairs};
            for (size_t i = 0; i < 6; i++) {
                free(all[i]);
            }
        }
    }
}

static void spreads_alike(void **state)
{
    (void)state;
    static const size_t ranges[][2] = {{0, M}, {0, 1}, {64, 63}, {128, 65}, {M - 64, 64}, {0, 0}};
    struct sym_block *y = blocks(2 * M, NULL);
    for (size_t i = 0; i < others * 6; i++) {
        const struct sym_vole_kernel *k = kernels[i / 6];
        const size_t first = ranges[i % 6][0];
        const size_t n = ranges[i % 6][1];
        struct sym_block *a = blocks(M, NULL);
        struct sym_block *b = blocks(M, a);
        struct sym_block *a2 = blocks(M, NULL);
        struct sym_block *b2 = blocks(M, a2);
        portable->spread(a, keys[1], y, M, first, n, code_scratch());
        k->spread(b, keys[1], y, M, first, n, code_scratch());
        portable->spread_pairs(a, a2, keys[1], y, M, first, n, code_scratch());
        k->spread_pairs(b, b2, keys[1], y, M, first, n, code_scratch());
        assert_memory_equal(a, b, (M + 1) * sizeof *a);
        assert_memory_equal(a2, b2, (M + 1) * sizeof *a);
        void *all[] = {a, b, a2, b2};
        for (size_t j = 0; j < 4; j++) {
            free(all[j]);
        }
    }
    free(y);
}

/* Vectors that do not fit into a cache are added up in another order. */
static void spreads_long_vectors_alike(void **state)
{
    (void)state;
    enum { LONG = SYM_CODE_NEAR_BYTES / 16 + 64 * 3, PANEL = SYM_CODE_PANEL * 64 };
    static const size_t ranges[][2] = {{0, LONG}, {64, PANEL + 1}, {64 * 7, 65}, {LONG - 64, 64}};
    struct sym_block *y = blocks(2 * (size_t)LONG, NULL);
    for (size_t i = 0; i < others * 4; i++) {
        const struct sym_vole_kernel *k = kernels[i / 4];
        const size_t first = ranges[i % 4][0];
        const size_t n = ranges[i % 4][1];
        struct sym_block *a = blocks(LONG, NULL);
        struct sym_block *b = blocks(LONG, a);
        struct sym_block *a2 = blocks(LONG, NULL);
        struct sym_block *b2 = blocks(LONG, a2);
        portable->spread(a, keys[1], y, LONG, first, n, code_scratch());
        k->spread(b, keys[1], y, LONG, first, n, code_scratch());
        portable->spread_pairs(a, a2, keys[1], y, LONG, first, n, code_scratch());
        k->spread_pairs(b, b2, keys[1], y, LONG, first, n, code_scratch());
        assert_memory_equal(a, b, (LONG + 1) * sizeof *a);
        assert_memory_equal(a2, b2, (LONG + 1) * sizeof *a);
        void *all[] = {a, b, a2, b2};
        for (size_t j = 0; j < 4; j++) {
            free(all[j]);
        }
    }
    free(y);
}

/* A running hash of any length, cut anywhere, is SHA-256. */
static void hashes_as_openssl_does(void **state)
{
    (void)state;
    static const uint8_t context[32] = {1, 2, 3};
    static const uint8_t label[16] = "test";
    static const uint8_t numbers[16] = {5, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    for (size_t len = 0; len <= 400; len++) {
        const size_t cut = len * 3 / 7;
        const struct sym_span whole[] = {sym_span(context, 32), sym_span(label, 16),
                                         sym_span(numbers, 16), sym_span(data, len)};
        const struct sym_span parts[] = {sym_span(data, cut),
                                         sym_span((const uint8_t *)data + cut, len - cut)};
        uint8_t expected[SYM_HASH_BYTES];
        assert_int_equal(sym_sha256_parts(expected, whole, 4), SYM_OK);
        for (size_t k = 0; k <= others; k++) {
            uint8_t hash[SYM_PREFIX_HASH_BYTES];
            sym_prefix_hash_once(hash, kernels[k], context, "test", 5, 256, parts, 2);
            assert_memory_equal(hash, expected, sizeof hash);
        }
    }
}

static void finishes_many_hashes_alike(void **state)
{
    (void)state;
    enum { TAILS = 2 * MOST / 4 };
    const uint8_t(*tails)[SYM_SHA_BLOCK] = (const uint8_t(*)[SYM_SHA_BLOCK])data;
    for (size_t k = 0; k <= others; k++) {
        for (size_t n = 0; n <= 20; n++) {
            uint8_t out[TAILS][SYM_SHA_BYTES] = {{0}};
            kernels[k]->finish(out, sym_sha_initial, tails, n);
            for (size_t i = 0; i < n; i++) {
                uint32_t s[SYM_SHA_STATE];
                memcpy(s, sym_sha_initial, sizeof s);
                portable->compress(s, tails[i], 1);
                for (size_t w = 0; w < SYM_SHA_STATE; w++) {
                    s[w] = __builtin_bswap32(s[w]);
                }
                assert_memory_equal(out[i], s, sizeof s);
            }
            assert_int_equal(out[n][0] | out[n][31], 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_chosen_by_name_and_refuses_others),
        cmocka_unit_test(ciphers_as_the_standard_says),
        cmocka_unit_test(expands_keys_alike),
        cmocka_unit_test(ciphers_counters_alike),
        cmocka_unit_test(grows_levels_alike),
        cmocka_unit_test(multiplies_as_defined),
        cmocka_unit_test(sums_and_hashes_rows_as_defined),
        cmocka_unit_test(shifts_and_decodes_alike),
        cmocka_unit_test(convolves_alike),
        cmocka_unit_test(spreads_alike),
        cmocka_unit_test(spreads_long_vectors_alike),
        cmocka_unit_test(hashes_as_openssl_does),
        cmocka_unit_test(finishes_many_hashes_alike),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
