/* Masks: hashed, sorted, and searched for. */
#include "crypto/aead.h"
#include "crypto/vole/kernel_table.h"
#include "crypto/vole/match.h"
#include "tests/support/vole_kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define LARGE 200000u

static void *zeroed(size_t n, size_t each)
{
    void *p = calloc(n, each);
    assert_non_null(p);
    return p;
}

static struct sym_block *random_masks(size_t n)
{
    struct sym_block *masks = zeroed(n + 1, sizeof *masks);
    sym_random_many((uint8_t *)masks, n * sizeof *masks);
    return masks;
}

struct partition {
    struct sym_match_record *records;
    uint32_t *offsets;
    uint32_t bits;
};

/* In some pieces, as several threads would. */
static struct partition partition(const struct sym_block *masks, size_t n, bool numbered,
                                  size_t pieces)
{
    struct partition p = {.bits = sym_match_bits(n)};
    const size_t buckets = (size_t)1 << p.bits;
    uint32_t *counts = zeroed(pieces * buckets, sizeof *counts);
    p.records = zeroed(n + 1, sizeof *p.records);
    p.offsets = zeroed(buckets + 1, sizeof *p.offsets);
    for (size_t i = 0; i < pieces; i++) {
        sym_match_count(counts + i * buckets, p.bits, masks + n * i / pieces,
                        n * (i + 1) / pieces - n * i / pieces);
    }
    sym_match_offsets(p.offsets, counts, p.bits, pieces);
    for (size_t i = pieces; i-- > 0;) {
        sym_match_scatter(p.records, counts + i * buckets, p.bits, masks, n * i / pieces,
                          n * (i + 1) / pieces - n * i / pieces, numbered);
    }
    assert_int_equal(p.offsets[buckets], n);
    free(counts);
    return p;
}

static void free_partition(struct partition p)
{
    free(p.records);
    free(p.offsets);
}

/* M9 for these masks. */
static uint8_t *sorted_list(const struct sym_block *masks, size_t n, size_t pieces)
{
    struct partition p = partition(masks, n, false, pieces);
    void *scratch = zeroed(1, sym_match_sort_bytes(p.offsets, p.bits));
    const size_t buckets = (size_t)1 << p.bits;
    sym_match_sort(p.records, p.offsets, p.bits, buckets / 2, buckets - buckets / 2, scratch);
    sym_match_sort(p.records, p.offsets, p.bits, 0, buckets / 2, scratch);
    free(scratch);
    free(p.offsets);
    return (uint8_t *)p.records;
}

static int compare(const void *a, const void *b)
{
    return sym_span_compare(sym_span(a, SYM_VOLE_MASK_BYTES), sym_span(b, SYM_VOLE_MASK_BYTES));
}

static void hashes_masks_as_defined(void **state)
{
    (void)state;
    const struct sym_vole_kernel *kernels[MOST_KERNELS];
    size_t n_kernels = usable_kernels(kernels);
    struct sym_okvs_item items[70];
    struct sym_block acc[70];
    uint8_t c2[32] = {7};
    sym_random((uint8_t *)items, sizeof items);
    sym_random((uint8_t *)acc, sizeof acc);
    for (size_t k = 0; k < n_kernels; k++) {
        struct sym_block masks[70];
        struct sym_prefix prefix;
        memcpy(masks, acc, sizeof masks);
        sym_prefix_init(&prefix, kernels[k], c2, "mask", 0, 0);
        sym_match_masks(masks, kernels[k], &prefix, items, 70);
        for (size_t i = 0; i < 70; i++) {
            static const char label[16] = "mask";
            static const uint8_t none[16];
            const struct sym_span parts[] = {sym_span(c2, sizeof c2), sym_span(label, 16),
                                             sym_span(none, 16), sym_span(&acc[i], 16),
                                             sym_span(&items[i], 32)};
            uint8_t hash[SYM_HASH_BYTES];
            assert_int_equal(sym_sha256_parts(hash, parts, 5), SYM_OK);
            assert_memory_equal(&masks[i], hash, SYM_VOLE_MASK_BYTES);
        }
    }
}

static void sorts_any_number_of_masks(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 3, 1023, 1024, 1025, 20000, LARGE};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t n = sizes[i];
        struct sym_block *masks = random_masks(n);
        uint8_t *list = sorted_list(masks, n, 1);
        uint8_t *again = sorted_list(masks, n, 3);
        qsort(masks, n, sizeof *masks, compare);
        assert_memory_equal(list, masks, n * sizeof *masks);
        assert_memory_equal(again, masks, n * sizeof *masks);
        free(masks);
        free(list);
        free(again);
    }
}

static void sorts_masks_that_begin_alike(void **state)
{
    (void)state;
    struct sym_block *masks = random_masks(5000);
    for (size_t i = 0; i < 5000; i++) {
        masks[i].low = i % 3 == 0 ? masks[0].low : masks[i].low & 0xff;
    }
    uint8_t *list = sorted_list(masks, 5000, 2);
    qsort(masks, 5000, sizeof *masks, compare);
    assert_memory_equal(list, masks, 5000 * sizeof *masks);
    free(masks);
    free(list);
}

/* The order of the items does not show. */
static void sorts_to_the_same_list_whatever_the_order_was(void **state)
{
    (void)state;
    struct sym_block *masks = random_masks(3000);
    uint8_t *list = sorted_list(masks, 3000, 1);
    for (size_t i = 0; i < 1500; i++) {
        struct sym_block swapped = masks[i];
        masks[i] = masks[2999 - i];
        masks[2999 - i] = swapped;
    }
    uint8_t *again = sorted_list(masks, 3000, 1);
    assert_memory_equal(list, again, 3000 * sizeof *masks);
    free(masks);
    free(list);
    free(again);
}

static struct sym_match_search search_of(struct partition p, const struct sym_block *masks,
                                         const uint32_t *index, size_t left)
{
    return (struct sym_match_search){
        .records = p.records,
        .offsets = p.offsets,
        .masks = masks,
        .index = index,
        .bits = p.bits,
        .left = left,
        .table = zeroed(1, sym_match_search_bytes(p.offsets, p.bits)),
    };
}

/* n_r and n_s masks with common ones, S's list given in chunks: the right items come out. */
static void find(size_t n_r, size_t n_s, size_t common, size_t chunk)
{
    struct sym_block *r = random_masks(n_r);
    struct sym_block *s = random_masks(n_s);
    uint32_t *index = zeroed(n_r + 1, sizeof *index);
    uint32_t *found = zeroed(n_s + 1, sizeof *found);
    uint8_t *seen = zeroed(n_r + 1, 1);
    for (size_t i = 0; i < common; i++) {
        s[n_s - 1 - i] = r[i];
    }
    for (size_t i = 0; i < n_r; i++) {
        index[i] = (uint32_t)(n_r - 1 - i);
    }
    uint8_t *list = sorted_list(s, n_s, 2);
    struct partition p = partition(r, n_r, true, 2);
    struct sym_match_search search = search_of(p, r, index, n_s);
    size_t total = 0;
    for (size_t at = 0; at < n_s; at += chunk) {
        size_t n = 0;
        size_t some = n_s - at < chunk ? n_s - at : chunk;
        assert_int_equal(sym_match_next(found, &n, &search, list + 16 * at, some), SYM_OK);
        for (size_t i = 0; i < n; i++) {
            assert_true(found[i] >= n_r - common);
            assert_int_equal(seen[found[i]]++, 0);
        }
        total += n;
    }
    assert_int_equal(total, common);
    assert_int_equal(search.left, 0);
    free_partition(p);
    free(search.table);
    free(r);
    free(s);
    free(index);
    free(found);
    free(seen);
    free(list);
}

static void finds_exactly_what_is_common(void **state)
{
    (void)state;
    find(1, 1, 0, 1);
    find(1, 1, 1, 1);
    find(1, 5000, 1, 64);
    find(5000, 1, 1, 1);
    find(1000, 1000, 1000, 7);
    find(1024, 1025, 0, 100);
    find(3000, 70000, 1234, 4096);
    find(LARGE, 10, 10, 3);
    find(LARGE, LARGE, LARGE / 3, 65536);
}

/* Twelve bytes are in the record; that the last four count, too, these show. */
static void does_not_find_what_differs_in_the_last_byte(void **state)
{
    (void)state;
    struct sym_block *r = random_masks(100);
    struct sym_block s[2] = {r[50], r[50]};
    uint32_t found[2];
    size_t n = 9;
    s[0].high ^= (uint64_t)1 << 56;
    uint8_t *list = sorted_list(s, 2, 1);
    struct partition p = partition(r, 100, true, 1);
    struct sym_match_search search = search_of(p, r, NULL, 2);
    assert_int_equal(sym_match_next(found, &n, &search, list, 2), SYM_OK);
    assert_int_equal(n, 1);
    assert_int_equal(found[0], 50);
    free_partition(p);
    free(search.table);
    free(list);
    free(r);
}

/* As masks of a hash hardly ever do: more of them than wait for each other at once. */
static void finds_all_masks_that_begin_alike(void **state)
{
    (void)state;
    enum { ALIKE = 300, ALL = 3000 };
    struct sym_block *r = random_masks(ALL);
    uint32_t found[ALIKE];
    bool seen[ALIKE] = {false};
    for (size_t i = 0; i < ALIKE; i++) {
        r[i] = (struct sym_block){r[0].low, r[0].high & UINT32_MAX};
        r[i].high |= (uint64_t)i << 32;
    }
    uint8_t *list = sorted_list(r, ALIKE, 1);
    struct partition p = partition(r, ALL, true, 2);
    struct sym_match_search search = search_of(p, r, NULL, ALIKE);
    size_t n = 0;
    assert_int_equal(sym_match_next(found, &n, &search, list, ALIKE), SYM_OK);
    assert_int_equal(n, ALIKE);
    for (size_t i = 0; i < ALIKE; i++) {
        assert_true(found[i] < ALIKE && !seen[found[i]]);
        seen[found[i]] = true;
    }
    free_partition(p);
    free(search.table);
    free(list);
    free(r);
}

static void refuses_a_list_that_does_not_ascend(void **state)
{
    (void)state;
    struct sym_block *r = random_masks(500);
    uint8_t *list = sorted_list(r, 500, 1);
    struct partition p = partition(r, 500, true, 1);
    uint32_t found[500];
    for (size_t at = 1; at < 500; at += 50) {
        for (unsigned repeated = 0; repeated < 2; repeated++) {
            uint8_t wrong[500 * 16];
            struct sym_match_search search = search_of(p, r, NULL, 500);
            size_t n = 9;
            memcpy(wrong, list, sizeof wrong);
            memcpy(wrong + 16 * at, list + 16 * (at - 1), 16);
            if (!repeated) {
                memcpy(wrong + 16 * (at - 1), list + 16 * at, 16);
            }
            /* Cut just there, and not. */
            if (repeated) {
                assert_int_equal(sym_match_next(found, &n, &search, wrong, at), SYM_OK);
                assert_int_equal(sym_match_next(found, &n, &search, wrong + 16 * at, 500 - at),
                                 SYM_BAD_FORMAT);
            } else {
                assert_int_equal(sym_match_next(found, &n, &search, wrong, 500), SYM_BAD_FORMAT);
            }
            assert_int_equal(n, 0);
            free(search.table);
        }
    }
    free_partition(p);
    free(list);
    free(r);
}

static void refuses_more_masks_than_were_announced(void **state)
{
    (void)state;
    struct sym_block *r = random_masks(10);
    uint8_t *list = sorted_list(r, 10, 1);
    struct partition p = partition(r, 10, true, 1);
    struct sym_match_search search = search_of(p, r, NULL, 9);
    uint32_t found[10];
    size_t n = 9;
    assert_int_equal(sym_match_next(found, &n, &search, list, 10), SYM_TRAILING);
    assert_int_equal(n, 0);
    assert_int_equal(sym_match_next(found, &n, &search, list, 9), SYM_OK);
    assert_int_equal(n, 9);
    assert_int_equal(sym_match_next(found, &n, &search, list + 144, 1), SYM_TRAILING);
    free_partition(p);
    free(search.table);
    free(list);
    free(r);
}

static int start(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_masks_as_defined),
        cmocka_unit_test(sorts_any_number_of_masks),
        cmocka_unit_test(sorts_masks_that_begin_alike),
        cmocka_unit_test(sorts_to_the_same_list_whatever_the_order_was),
        cmocka_unit_test(finds_exactly_what_is_common),
        cmocka_unit_test(does_not_find_what_differs_in_the_last_byte),
        cmocka_unit_test(finds_all_masks_that_begin_alike),
        cmocka_unit_test(refuses_a_list_that_does_not_ascend),
        cmocka_unit_test(refuses_more_masks_than_were_announced),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
