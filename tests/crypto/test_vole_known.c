/* The known answers of suite overlap-vole-1, which two programs that share no code agree on, by
 * each kernel that this CPU can run. */
#include "crypto/vole/code.h"
#include "crypto/vole/kernel_table.h"
#include "crypto/vole/okvs_place.h"
#include "crypto/vole/trees.h"
#include "tests/support/vole_kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KNOWN_FILE "vole-known-answers.txt"

static char known[16384];
static const struct sym_vole_kernel *kernels[MOST_KERNELS];
static size_t n_kernels;

static struct sym_block seq(uint8_t first)
{
    uint8_t bytes[SYM_BLOCK_BYTES];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(first + i);
    }
    return sym_block_load(bytes);
}

/* What stands behind this in the file. */
static const char *behind(const char *before)
{
    const char *at = strstr(known, before);
    if (at == NULL) {
        fail_msg("%s: nothing behind \"%s\"", KNOWN_FILE, before);
        return "";
    }
    return at + strlen(before);
}

/* The digits behind `before` (and then behind `then`, if any) are this. */
static void assert_known(const void *data, size_t len, const char *before, const char *then)
{
    char text[2 * SYM_PREFIX_HASH_BYTES + 1];
    const char *expected = behind(before);
    if (then != NULL) {
        expected = strstr(expected, then);
        assert_non_null(expected);
        expected += strlen(then);
    }
    sym_hex(text, data, len);
    if (strncmp(text, expected, 2 * len) != 0) {
        fail_msg("behind \"%s\": %s, not %.*s", before, text, (int)(2 * len), expected);
    }
}

static int load(void **state)
{
    (void)state;
    char path[512];
    const char *folder = getenv("SYMBOLON_VECTORS");
    (void)snprintf(path, sizeof path, "%s/%s", folder == NULL ? "tests/vectors" : folder,
                   KNOWN_FILE);
    FILE *file = fopen(path, "r");
    if (file == NULL || sym_crypto_init() != SYM_OK) {
        return -1;
    }
    known[fread(known, 1, sizeof known - 1, file)] = '\0';
    (void)fclose(file);
    n_kernels = usable_kernels(kernels);
    return n_kernels > 0 ? 0 : -1;
}

static void hashes_with_a_prefix_as_known(void **state)
{
    (void)state;
    static const uint8_t zeros[64];
    uint8_t hash[SYM_PREFIX_HASH_BYTES];
    for (size_t i = 0; i < n_kernels; i++) {
        const struct sym_span data = sym_span(zeros, sizeof zeros);
        sym_prefix_hash_once(hash, kernels[i], sym_prefix_no_context, "commit", 0, 0, &data, 1);
        assert_known(hash, sizeof hash, "D(0,commit,0,0;64 zero bytes) = ", NULL);
        const struct sym_span parts[2] = {sym_span_text("a"), sym_span_text("bc")};
        sym_prefix_hash_once(hash, kernels[i], sym_prefix_no_context, "x", 1, 2, parts, 2);
        assert_known(hash, sizeof hash, "D(0,x,1,2;abc) = ", NULL);
    }
}

static void multiplies_as_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_kernels; i++) {
        struct sym_block product = kernels[i]->multiply(seq(0), seq(16));
        assert_known(&product, sizeof product, "gmul(00..0f,10..1f) = ", NULL);
    }
}

static void ciphers_counters_as_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_kernels; i++) {
        struct sym_block keys[SYM_AES_ROUND_KEYS];
        struct sym_block key = seq(0);
        struct sym_block out;
        kernels[i]->expand_key(keys, (const uint8_t *)&key);
        kernels[i]->counter(&out, keys, (uint64_t)1 << 40, 1);
        assert_known(&out, sizeof out, "CTR(00..0f, 2^40, 1) = ", NULL);
    }
}

static void hashes_rows_as_known(void **state)
{
    (void)state;
    enum { ROWS = 16, BLOCKS = 5 };
    struct sym_block rows[ROWS * BLOCKS] = {{0, 0}};
    struct sym_block out[ROWS];
    for (uint64_t j = 0; j < BLOCKS; j++) {
        rows[7 * BLOCKS + j].low = j + 1;
    }
    for (size_t i = 0; i < n_kernels; i++) {
        kernels[i]->hash_rows(out, rows, ROWS, BLOCKS, seq(0));
        assert_known(&out[7], sizeof out[7], "h(1,2,3,4,5), chi=00..0f: ", NULL);
        assert_true(out[6].low == 0 && out[8].high == 0);
    }
}

static void places_items_as_known(void **state)
{
    (void)state;
    static const struct {
        uint64_t n_r;
        const char *name;
    } cases[] = {{1000, "row(00..0f) n_R=1000: "}, {100000, "row(00..0f) n_R=100000: "}};
    for (size_t i = 0; i < 2; i++) {
        struct sym_vole_geometry g;
        const struct sym_okvs_item item = {.place = seq(0)};
        uint32_t c[3];
        char text[64];
        assert_int_equal(sym_vole_geometry_for(&g, cases[i].n_r), SYM_OK);
        sym_okvs_columns(c, &item, g.sparse);
        int len = snprintf(text, sizeof text, "(%u, (%u, %u, %u))", sym_okvs_bin(&item, g.bins),
                           c[0], c[1], c[2]);
        assert_memory_equal(text, behind(cases[i].name), (size_t)len);
    }
}

/* Grown level by level: the leaves are tested further in test_vole_correlation. */
static void grows_a_tree_as_known(void **state)
{
    (void)state;
    const char *line = "tree ctx=0 seed=00..0f L=16: ";
    enum { LEAVES = 16 };
    for (size_t i = 0; i < n_kernels; i++) {
        struct sym_block keys[2][SYM_AES_ROUND_KEYS];
        struct sym_block level[LEAVES] = {seq(0)};
        struct sym_block next[LEAVES];
        struct sym_block sums[2];
        uint8_t hash[SYM_PREFIX_HASH_BYTES];
        sym_prefix_hash_once(hash, kernels[i], sym_prefix_no_context, "ggm", 0, 0, NULL, 0);
        kernels[i]->expand_key(keys[0], hash);
        kernels[i]->expand_key(keys[1], hash + 16);
        for (size_t n = 1; n < LEAVES; n *= 2) {
            kernels[i]->grow(next, sums, (const struct sym_block(*)[SYM_AES_ROUND_KEYS])keys, level,
                             n);
            memcpy(level, next, sizeof level);
        }
        sums[0] = sym_block_add(sums[0], sums[1]);
        assert_known(&level[0], 16, line, "leaf0 ");
        assert_known(&level[15], 16, line, "leaf15 ");
        assert_known(&sums[0], 16, line, "sum ");
    }
}

static void codes_as_known(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1000, 5000};
    for (size_t i = 0; i < 2 * n_kernels; i++) {
        const struct sym_vole_kernel *with = kernels[i / 2];
        struct sym_vole_geometry g;
        struct sym_code code;
        char line[64];
        uint8_t hash[SYM_PREFIX_HASH_BYTES];
        assert_int_equal(sym_vole_geometry_for(&g, sizes[i % 2]), SYM_OK);
        struct sym_block *e = test_calloc(g.length, sizeof *e);
        for (uint64_t p = 0; p < g.length; p++) {
            __extension__ const unsigned __int128 product =
                (unsigned __int128)0x9e3779b97f4a7c15u * (p + 1);
            e[p] = (struct sym_block){(uint64_t)product, (uint64_t)(product >> 64)};
        }
        sym_code_init(&code, with, &g, sym_prefix_no_context);
        sym_code_accumulate(&code, e + g.outputs);
        sym_code_spread(e, &code, e + g.outputs, 0, g.outputs, code_scratch());
        (void)snprintf(line, sizeof line, "code n_R=%u ", (unsigned)sizes[i % 2]);
        assert_known(&e[0], sizeof e[0], line, "out[0] ");
        struct sym_prefix_running all;
        memcpy(all.state, sym_sha_initial, sizeof all.state);
        all.len = 0;
        sym_prefix_update(&all, with, sym_span(e, g.outputs * sizeof *e));
        sym_prefix_end(hash, &all, with);
        assert_known(hash, sizeof hash, line, "SHA-256(all m outputs) ");
        test_free(e);
    }
}

static void has_the_known_geometry(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 5000, 16385, 100000, 262144, 262145, 1 << 20, 1 << 24};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct sym_vole_geometry g;
        char text[256];
        assert_int_equal(sym_vole_geometry_for(&g, sizes[i]), SYM_OK);
        (void)snprintf(text, sizeof text,
                       "geometry n_R=%u: {'nb': %u, 'cap': %u, 'msp': %u, 'nbat': %u, 'bpb': %u, "
                       "'L': %u, 'd': %u, 'N': %u, 'm': %u, 'nq': %u, 'k': %u}\n",
                       g.n_r, g.bins, g.capacity, g.sparse, g.batches, g.bins_per_batch, g.leaves,
                       g.depth, g.length, g.outputs, g.choice_blocks, g.row_blocks);
        (void)behind(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_with_a_prefix_as_known),
        cmocka_unit_test(multiplies_as_known),
        cmocka_unit_test(ciphers_counters_as_known),
        cmocka_unit_test(hashes_rows_as_known),
        cmocka_unit_test(places_items_as_known),
        cmocka_unit_test(grows_a_tree_as_known),
        cmocka_unit_test(codes_as_known),
        cmocka_unit_test(has_the_known_geometry),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
