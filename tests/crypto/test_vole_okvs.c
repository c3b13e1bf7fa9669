/* Items in bins, and the store that maps each to its value. */
#include "crypto/aead.h"
#include "crypto/vole/batch.h"
#include "crypto/vole/kernel_table.h"
#include "crypto/vole/okvs_place.h"
#include "tests/support/vole_kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct sym_vole_kernel *kernels[MOST_KERNELS];
static size_t n_kernels;

static int find_kernels(void **state)
{
    (void)state;
    n_kernels = sym_crypto_init() == SYM_OK ? usable_kernels(kernels) : 0;
    return n_kernels > 0 ? 0 : -1;
}

static void *zeroed(size_t n, size_t each)
{
    void *p = calloc(n, each);
    assert_non_null(p);
    return p;
}

static struct sym_vole_geometry geometry(uint64_t n)
{
    struct sym_vole_geometry g;
    assert_int_equal(sym_vole_geometry_for(&g, n), SYM_OK);
    return g;
}

static bool same(struct sym_block a, struct sym_block b)
{
    return a.low == b.low && a.high == b.high;
}

/* One bin, with all that encoding it takes. */
struct bin {
    struct sym_vole_geometry g;
    struct sym_okvs_item *items;
    struct sym_block *p;
    struct sym_block *out;
    void *scratch;
    size_t n;
};

static struct bin make_bin(struct sym_vole_geometry g, size_t n)
{
    struct bin b = {.g = g, .n = n};
    b.items = zeroed(n + 1, sizeof *b.items);
    b.p = zeroed(g.columns, sizeof *b.p);
    b.out = zeroed(n + 1, sizeof *b.out);
    b.scratch = zeroed(1, sym_okvs_scratch_bytes(&g));
    sym_random_many((uint8_t *)b.items, n * sizeof *b.items);
    return b;
}

static void free_bin(struct bin b)
{
    free(b.items);
    free(b.p);
    free(b.out);
    free(b.scratch);
}

static enum sym_err encode(const struct bin *b, unsigned *aside, const struct sym_vole_kernel *with)
{
    return sym_okvs_encode(b->p, aside, with, &b->g, b->items, b->n, b->scratch);
}

static bool decodes_to_values(const struct bin *b, const struct sym_vole_kernel *with)
{
    bool good = true;
    sym_okvs_decode(b->out, with, &b->g, b->items, b->n, b->p);
    for (size_t i = 0; i < b->n; i++) {
        good = good && same(b->out[i], b->items[i].value);
    }
    return good;
}

static void places_each_item_in_three_different_columns(void **state)
{
    (void)state;
    struct sym_vole_geometry g = geometry(1);
    for (int i = 0; i < 20000; i++) {
        struct sym_okvs_item item;
        uint32_t c[3];
        sym_random((uint8_t *)&item, sizeof item);
        if (i < 200) {
            item.place.low = i % 2 == 0 ? UINT64_MAX : 0; /* the edges */
            item.place.high = i % 4 < 2 ? UINT64_MAX : 0;
        }
        sym_okvs_columns(c, &item, g.sparse);
        assert_true(c[0] < g.sparse && c[1] < g.sparse && c[2] < g.sparse);
        assert_true(c[0] != c[1] && c[0] != c[2] && c[1] != c[2]);
    }
}

static void encodes_and_decodes_any_number_of_items(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 31, 32, 33, 700, 1024};
    for (size_t i = 0; i < 8 * n_kernels; i++) {
        struct bin b = make_bin(geometry(1024), sizes[i % 8]);
        unsigned aside = 9;
        assert_int_equal(encode(&b, &aside, kernels[i / 8]), SYM_OK);
        assert_true(aside <= SYM_VOLE_DENSE);
        assert_true(decodes_to_values(&b, kernels[i / 8]));
        free_bin(b);
    }
}

static void encodes_full_bins_of_every_tier(void **state)
{
    (void)state;
    static const uint64_t tiers[] = {2048, 4096, 8192, 16384, 100000};
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++) {
        struct sym_vole_geometry g = geometry(tiers[i]);
        struct bin b = make_bin(g, g.capacity);
        for (size_t run = 0; run < 5; run++) {
            sym_random_many((uint8_t *)b.items, b.n * sizeof *b.items);
            assert_int_equal(encode(&b, NULL, kernels[0]), SYM_OK);
            assert_true(decodes_to_values(&b, kernels[0]));
        }
        free_bin(b);
    }
}

static void refuses_a_bin_above_its_capacity(void **state)
{
    (void)state;
    struct bin b = make_bin(geometry(1024), 1025);
    assert_int_equal(encode(&b, NULL, kernels[0]), SYM_LIMIT);
    b.n = 1024;
    assert_int_equal(encode(&b, NULL, kernels[0]), SYM_OK);
    free_bin(b);
}

/* Items on the same three columns: two of them always put one aside, five are one too many. */
static void solves_up_to_three_items_aside_and_no_more(void **state)
{
    (void)state;
    for (size_t alike = 1; alike <= 6; alike++) {
        struct bin b = make_bin(geometry(1024), 300);
        unsigned aside = 9;
        for (size_t i = 1; i < alike; i++) {
            b.items[i].place = b.items[0].place;
            b.items[i].place.low ^= i; /* of the bin; eta differs */
        }
        enum sym_err err = encode(&b, &aside, kernels[n_kernels - 1]);
        assert_int_equal(err, alike <= 4 ? SYM_OK : SYM_LIMIT);
        if (err == SYM_OK) {
            assert_int_equal(aside, alike - 1);
            assert_true(decodes_to_values(&b, kernels[0]));
            for (size_t k = 0; k < SYM_VOLE_DENSE; k++) {
                struct sym_block d = b.p[b.g.sparse + k];
                assert_int_equal((d.low | d.high) != 0, k < aside);
            }
        }
        free_bin(b);
    }
}

/* The same place twice can be satisfied by nothing. */
static void refuses_two_values_for_one_place(void **state)
{
    (void)state;
    struct bin b = make_bin(geometry(1024), 300);
    b.items[1].place = b.items[0].place;
    assert_int_equal(encode(&b, NULL, kernels[0]), SYM_LIMIT);
    free_bin(b);
}

/* With fewer columns than the table has, encoding fails at times; what it does not refuse is right.
 */
static void is_right_whenever_it_does_not_fail_with_too_few_columns(void **state)
{
    (void)state;
    unsigned with_aside[SYM_VOLE_DENSE + 1] = {0};
    unsigned refused = 0;
    for (uint32_t sparse = 200 * 124 / 100; sparse <= 200 * 150 / 100; sparse += 2) {
        struct sym_vole_geometry g = geometry(1024);
        g.sparse = sparse;
        g.columns = sparse + SYM_VOLE_DENSE;
        struct bin b = make_bin(g, 200);
        for (size_t run = 0; run < 100; run++) {
            unsigned aside = 0;
            sym_random_many((uint8_t *)b.items, b.n * sizeof *b.items);
            if (encode(&b, &aside, kernels[0]) != SYM_OK) {
                refused++;
                continue;
            }
            assert_true(decodes_to_values(&b, kernels[0]));
            with_aside[aside]++;
        }
        free_bin(b);
    }
    for (size_t k = 0; k <= SYM_VOLE_DENSE; k++) {
        assert_true(with_aside[k] > 0);
    }
    assert_true(refused > 0);
}

/* With the columns of the table: one item aside in 296 of 300,000 bins of 1024, never two. Such a
 * step and the next are alike, so that what is refused is as rare as the table says. */
static void sets_an_item_aside_as_rarely_as_the_table_was_made_for(void **state)
{
    (void)state;
    enum { RUNS = 30000 };
    unsigned with_aside[SYM_VOLE_DENSE + 1] = {0};
    struct bin b = make_bin(geometry(1024), 1024);
    if (getenv("SYMBOLON_WRAP") != NULL) {
        free_bin(b);
        print_message("SKIP: thousands of encodings take minutes under valgrind\n");
        skip();
    }
    for (size_t run = 0; run < RUNS; run++) {
        unsigned aside = 0;
        sym_random_many((uint8_t *)b.items, b.n * sizeof *b.items);
        assert_int_equal(encode(&b, &aside, kernels[0]), SYM_OK);
        with_aside[aside]++;
    }
    assert_in_range(with_aside[1], 5, 70); /* 30 are expected: seven standard deviations */
    assert_true(with_aside[2] <= 2);
    assert_int_equal(with_aside[3], 0);
    free_bin(b);
}

/* The fewer columns, the more is refused: half of all with as many as make it a coin toss, none
 * with one and a half for each item. */
static void fails_more_often_the_fewer_columns_there_are(void **state)
{
    (void)state;
    enum { ITEMS = 1000, RUNS = 200 };
    static const uint32_t hundredths[] = {118, 122, 126, 130, 150};
    unsigned refused[5] = {0};
    for (size_t i = 0; i < 5; i++) {
        struct sym_vole_geometry g = geometry(1024);
        g.sparse = ITEMS * hundredths[i] / 100;
        g.columns = g.sparse + SYM_VOLE_DENSE;
        struct bin b = make_bin(g, ITEMS);
        for (size_t run = 0; run < RUNS; run++) {
            sym_random_many((uint8_t *)b.items, b.n * sizeof *b.items);
            refused[i] += encode(&b, NULL, kernels[0]) != SYM_OK;
        }
        free_bin(b);
        print_message("%u columns for 100 items: refused %u of %d\n", hundredths[i], refused[i],
                      RUNS);
        assert_true(i == 0 || refused[i] <= refused[i - 1] + RUNS / 20);
    }
    assert_true(refused[0] > RUNS * 9 / 10);
    assert_int_equal(refused[4], 0);
}

static void decodes_linearly(void **state)
{
    (void)state;
    for (size_t k = 0; k < n_kernels; k++) {
        const struct sym_vole_kernel *with = kernels[k];
        struct bin b = make_bin(geometry(1024), 77);
        struct sym_block *other = zeroed(b.g.columns, sizeof *other);
        struct sym_block *sum = zeroed(b.g.columns, sizeof *sum);
        struct sym_block out[3][77];
        struct sym_block delta;
        sym_random((uint8_t *)&delta, sizeof delta);
        sym_random_many((uint8_t *)b.p, b.g.columns * sizeof *b.p);
        sym_random_many((uint8_t *)other, b.g.columns * sizeof *b.p);
        for (size_t i = 0; i < b.g.columns; i++) {
            sum[i] = sym_block_add(b.p[i], with->multiply(delta, other[i]));
        }
        sym_okvs_decode(out[0], with, &b.g, b.items, 77, b.p);
        sym_okvs_decode(out[1], with, &b.g, b.items, 77, other);
        sym_okvs_decode_shifted(out[2], with, &b.g, b.items, 77, sum, &delta);
        for (size_t i = 0; i < 77; i++) {
            struct sym_block d = with->multiply(delta, sym_block_add(out[1][i], b.items[i].value));
            assert_true(same(out[2][i], sym_block_add(out[0][i], d)));
        }
        free(other);
        free(sum);
        free_bin(b);
    }
}

/* S's acc and R's acc are the same for an item of R: what the protocol stands on. */
static void gives_both_the_same_for_common_items_only(void **state)
{
    (void)state;
    const struct sym_vole_kernel *with = kernels[0];
    struct bin b = make_bin(geometry(1024), 500);
    struct sym_block *w = zeroed(b.g.columns, sizeof *w);
    struct sym_block *k = zeroed(b.g.columns, sizeof *k);
    struct sym_block *s_out = zeroed(500, sizeof *s_out);
    struct sym_block delta;
    sym_random((uint8_t *)&delta, sizeof delta);
    sym_random_many((uint8_t *)w, b.g.columns * sizeof *w);
    assert_int_equal(encode(&b, NULL, with), SYM_OK);
    memcpy(k, w, b.g.columns * sizeof *k);
    sym_batch_shift(k, with, &delta, (const uint8_t *)b.p, b.g.columns);
    sym_random_many((uint8_t *)(b.items + 400), 100 * sizeof *b.items);
    sym_okvs_decode(b.out, with, &b.g, b.items, 500, w);
    sym_okvs_decode_shifted(s_out, with, &b.g, b.items, 500, k, &delta);
    for (size_t i = 0; i < 500; i++) {
        assert_int_equal(same(b.out[i], s_out[i]), i < 400);
    }
    free(w);
    free(k);
    free(s_out);
    free_bin(b);
}

static void hashes_items_as_defined(void **state)
{
    (void)state;
    static const char label[16] = "item";
    static const uint8_t none[16];
    struct sym_vole_geometry g = geometry(100000);
    uint8_t digests[45][SYM_OKVS_DIGEST_BYTES];
    uint8_t sid[32] = {9};
    sym_random((uint8_t *)digests, sizeof digests);
    for (size_t k = 0; k < n_kernels; k++) {
        struct sym_okvs_item items[45];
        uint32_t counts[16] = {0};
        struct sym_prefix prefix;
        sym_prefix_init(&prefix, kernels[k], sid, "item", 0, 0);
        sym_okvs_hash(items, counts, kernels[k], &g, &prefix, digests[0], 45);
        for (size_t i = 0; i < 45; i++) {
            const struct sym_span parts[] = {sym_span(sid, sizeof sid), sym_span(label, 16),
                                             sym_span(none, 16), sym_span(digests[i], 32)};
            uint8_t hash[SYM_HASH_BYTES];
            assert_int_equal(sym_sha256_parts(hash, parts, 4), SYM_OK);
            assert_memory_equal(&items[i], hash, sizeof hash);
            counts[sym_okvs_bin(&items[i], g.bins)]--;
        }
        for (size_t b = 0; b < 16; b++) {
            assert_int_equal(counts[b], 0);
        }
    }
}

static void fills_bins_alike_in_one_piece_and_in_five(void **state)
{
    (void)state;
    enum { N = 50000, PIECES = 5 };
    struct sym_vole_geometry g = geometry(3000000);
    struct sym_okvs_item *items = zeroed(N, sizeof *items);
    struct sym_okvs_item *out[2] = {zeroed(N, sizeof *items), zeroed(N, sizeof *items)};
    uint32_t *index[2] = {zeroed(N, 4), zeroed(N, 4)};
    uint32_t *offsets = zeroed(g.bins + 1, sizeof *offsets);
    uint32_t *counts = zeroed((size_t)PIECES * g.bins, sizeof *counts);
    uint8_t *digests = zeroed(N, SYM_OKVS_DIGEST_BYTES);
    struct sym_prefix prefix;
    sym_random_many(digests, (size_t)N * SYM_OKVS_DIGEST_BYTES);
    sym_prefix_init(&prefix, kernels[0], sym_prefix_no_context, "item", 0, 0);
    for (size_t way = 0; way < 2; way++) {
        const size_t pieces = way == 0 ? 1 : PIECES;
        const size_t each = N / pieces;
        memset(counts, 0, (size_t)PIECES * g.bins * sizeof *counts);
        for (size_t i = 0; i < pieces; i++) {
            sym_okvs_hash(items + i * each, counts + i * g.bins, kernels[0], &g, &prefix,
                          digests + i * each * SYM_OKVS_DIGEST_BYTES, each);
        }
        sym_okvs_offsets(offsets, counts, &g, pieces);
        for (size_t i = pieces; i-- > 0;) {
            sym_okvs_scatter(out[way], index[way], counts + i * g.bins, &g, items + i * each,
                             i * each, each);
        }
    }
    assert_int_equal(offsets[g.bins], N);
    assert_memory_equal(out[0], out[1], (size_t)N * sizeof *items);
    assert_memory_equal(index[0], index[1], (size_t)N * sizeof *index[0]);
    for (uint32_t b = 0; b < g.bins; b++) {
        for (uint32_t i = offsets[b]; i < offsets[b + 1]; i++) {
            assert_int_equal(sym_okvs_bin(&out[0][i], g.bins), b);
            assert_memory_equal(&out[0][i], &items[index[0][i]], sizeof *items);
        }
    }
    void *all[] = {items, out[0], out[1], index[0], index[1], offsets, counts, digests};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_each_item_in_three_different_columns),
        cmocka_unit_test(encodes_and_decodes_any_number_of_items),
        cmocka_unit_test(encodes_full_bins_of_every_tier),
        cmocka_unit_test(refuses_a_bin_above_its_capacity),
        cmocka_unit_test(solves_up_to_three_items_aside_and_no_more),
        cmocka_unit_test(refuses_two_values_for_one_place),
        cmocka_unit_test(is_right_whenever_it_does_not_fail_with_too_few_columns),
        cmocka_unit_test(sets_an_item_aside_as_rarely_as_the_table_was_made_for),
        cmocka_unit_test(fails_more_often_the_fewer_columns_there_are),
        cmocka_unit_test(decodes_linearly),
        cmocka_unit_test(gives_both_the_same_for_common_items_only),
        cmocka_unit_test(hashes_items_as_defined),
        cmocka_unit_test(fills_bins_alike_in_one_piece_and_in_five),
    };
    return cmocka_run_group_tests(tests, find_kernels, NULL);
}
