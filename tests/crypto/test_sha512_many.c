#include "crypto/cpu.h"
#include "crypto/sha512_many.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#define MESSAGES 70u
#define LONGEST  600u
#define PARTS    3u

static uint8_t bytes[MESSAGES][LONGEST];
static size_t lens[MESSAGES];
static struct sym_span parts[MESSAGES][PARTS];
static uint8_t got[MESSAGES + 1][SYM_SHA512_BYTES];

/* Each message in three parts, of which the first may be empty. */
static void fill(size_t (*len_of)(size_t))
{
    for (size_t i = 0; i < MESSAGES; i++) {
        lens[i] = len_of(i);
        for (size_t j = 0; j < LONGEST; j++) {
            bytes[i][j] = (uint8_t)(31 * i + 7 * j + (j >> 8));
        }
        const size_t first = lens[i] / 5;
        const size_t second = lens[i] / 2;
        parts[i][0] = sym_span(first > 0 ? bytes[i] : NULL, first);
        parts[i][1] = sym_span(bytes[i] + first, second);
        parts[i][2] = sym_span(bytes[i] + first + second, lens[i] - first - second);
    }
}

static void hash_whole(uint8_t out[SYM_SHA512_BYTES], struct sym_span begin, size_t i,
                       struct sym_span end)
{
    crypto_hash_sha512_state hash;
    (void)crypto_hash_sha512_init(&hash);
    (void)crypto_hash_sha512_update(&hash, begin.data, begin.len);
    (void)crypto_hash_sha512_update(&hash, bytes[i], lens[i]);
    (void)crypto_hash_sha512_update(&hash, end.data, end.len);
    (void)crypto_hash_sha512_final(&hash, out);
}

/* Every way that this processor has gives what libsodium does. */
static void compare(struct sym_span begin, struct sym_span end, size_t n)
{
    sym_sha512_lanes *ways[3] = {NULL};
    size_t n_ways = 1;
    struct sym_sha512_start start;
#ifdef __x86_64__
    if (sym_cpu_has(sym_cpu_features(), SYM_CPU_AVX2)) {
        ways[n_ways++] = sym_sha512_avx2;
    }
    if (sym_cpu_has(sym_cpu_features(), SYM_CPU_AVX512F)) {
        ways[n_ways++] = sym_sha512_avx512;
    }
#endif
    sym_sha512_start(&start, begin.data, begin.len / SYM_SHA512_BLOCK);
    for (size_t way = 0; way < n_ways; way++) {
        memset(got, 0xaa, sizeof got);
        sym_sha512_many(got, ways[way], begin.len > 0 ? &start : NULL, parts[0], PARTS, end, n);
        for (size_t i = 0; i < n; i++) {
            uint8_t want[SYM_SHA512_BYTES];
            hash_whole(want, begin, i, end);
            assert_memory_equal(got[i], want, sizeof want);
        }
        assert_int_equal(got[n][0], 0xaa);
    }
}

static struct sym_span of_blocks(size_t n)
{
    static const uint8_t blocks[3 * SYM_SHA512_BLOCK] = {1, 2, 3};
    return sym_span(blocks, n * SYM_SHA512_BLOCK);
}

static size_t wanted_len;
static size_t as_wanted(size_t i)
{
    (void)i;
    return wanted_len;
}

static size_t each_longer(size_t i)
{
    return 7 * i;
}

static size_t long_and_short(size_t i)
{
    return i % 5 == 0 ? LONGEST : i % 3;
}

static void hashes_every_number_of_messages_as_one_by_one(void **state)
{
    (void)state;
    wanted_len = 76;
    fill(as_wanted);
    for (size_t n = 0; n <= MESSAGES; n++) {
        compare(of_blocks(0), sym_span_text("Finalize"), n);
        compare(of_blocks(1), sym_span_text(""), n);
    }
}

static void hashes_messages_of_all_lengths_around_a_block_as_one_by_one(void **state)
{
    (void)state;
    for (wanted_len = 0; wanted_len <= 2 * SYM_SHA512_BLOCK + 1; wanted_len++) {
        fill(as_wanted);
        compare(of_blocks(0), sym_span_text(""), 3);
        compare(of_blocks(3), sym_span_text("the end"), 19);
    }
}

static void hashes_messages_of_different_lengths(void **state)
{
    (void)state;
    fill(each_longer);
    compare(of_blocks(1), sym_span_text("the end"), MESSAGES);
    fill(long_and_short);
    compare(of_blocks(0), sym_span_text(""), MESSAGES);
    compare(of_blocks(2), sym_span_text("the end"), MESSAGES - 1);
}

static void hashes_an_end_that_is_long_by_itself(void **state)
{
    static const uint8_t end[1000] = {9};
    static const size_t end_lens[] = {127, 128, 238, 239, 240, 1000};
    (void)state;
    wanted_len = 1;
    fill(as_wanted);
    for (size_t i = 0; i < sizeof end_lens / sizeof *end_lens; i++) {
        compare(of_blocks(0), sym_span(end, end_lens[i]), 9);
    }
}

/* FIPS 180-4's examples: one block and two. */
static void hashes_as_the_standard_says(void **state)
{
    static const char one[] = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    static const char two[] = "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
                              "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909";
    const struct sym_span abc[] = {sym_span_text("a"), sym_span_text("a"), sym_span_text("a")};
    const struct sym_span longer[] = {
        sym_span_text("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"),
        sym_span_text("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn")};
    sym_sha512_lanes *lanes = NULL;
    uint8_t want[SYM_SHA512_BYTES];
    (void)state;
#ifdef __x86_64__
    if (sym_cpu_has(sym_cpu_features(), SYM_CPU_AVX512F)) {
        lanes = sym_sha512_avx512;
    }
#endif
    assert_int_equal(sym_unhex(want, sizeof want, sym_span_text(one)), SYM_OK);
    sym_sha512_many(got, lanes, NULL, abc, 1, sym_span_text("bc"), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_memory_equal(got[i], want, sizeof want);
    }
    assert_int_equal(sym_unhex(want, sizeof want, sym_span_text(two)), SYM_OK);
    sym_sha512_many(got, lanes, NULL, longer, 1,
                    sym_span_text("hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"), 2);
    assert_memory_equal(got[0], want, sizeof want);
    assert_memory_equal(got[1], want, sizeof want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_as_the_standard_says),
        cmocka_unit_test(hashes_every_number_of_messages_as_one_by_one),
        cmocka_unit_test(hashes_messages_of_all_lengths_around_a_block_as_one_by_one),
        cmocka_unit_test(hashes_messages_of_different_lengths),
        cmocka_unit_test(hashes_an_end_that_is_long_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
