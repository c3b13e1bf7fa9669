#include "crypto/expand.h"
#include "tests/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static struct sym_span domain(void)
{
    return sym_span_text("symbolon-test-domain");
}

static size_t length_of(const cJSON *test)
{
    return (size_t)strtoul(vectors_text(test, "len_in_bytes"), NULL, 0);
}

static void expands_all_vectors_of_rfc_9380(void **state)
{
    (void)state;
    cJSON *file = vectors_load("rfc9380-expand-message-xmd-sha512.json");
    struct sym_span tag = sym_span_text(vectors_text(file, "DST"));
    const cJSON *tests = vectors_get(file, "tests");
    assert_int_equal(cJSON_GetArraySize(tests), 10);
    const cJSON *test;
    cJSON_ArrayForEach(test, tests)
    {
        uint8_t want[128];
        uint8_t got[128];
        size_t len = length_of(test);
        struct sym_span message = sym_span_text(vectors_text(test, "msg"));
        vectors_bytes(want, len, test, "uniform_bytes");
        assert_int_equal(sym_expand_xmd(got, len, &message, 1, tag), SYM_OK);
        assert_memory_equal(got, want, len);
    }
    cJSON_Delete(file);
}

static void expands_the_vectors_of_one_length_as_one_batch(void **state)
{
    (void)state;
    cJSON *file = vectors_load("rfc9380-expand-message-xmd-sha512.json");
    struct sym_span messages[5];
    uint8_t want[5][128];
    uint8_t got[5][128];
    size_t n = 0;
    const cJSON *test;
    cJSON_ArrayForEach(test, vectors_get(file, "tests"))
    {
        if (length_of(test) == 128) {
            assert_true(n < 5);
            messages[n] = sym_span_text(vectors_text(test, "msg"));
            vectors_bytes(want[n], 128, test, "uniform_bytes");
            n++;
        }
    }
    assert_int_equal(n, 5);
    assert_int_equal(sym_expand_xmd_batch(got[0], 128, NULL, messages, n,
                                          sym_span_text(vectors_text(file, "DST"))),
                     SYM_OK);
    assert_memory_equal(got, want, sizeof want);
    cJSON_Delete(file);
}

static void joins_the_parts_of_a_message(void **state)
{
    (void)state;
    const struct sym_span whole = sym_span_text("abcdef0123456789");
    const struct sym_span parts[] = {sym_span_text("abc"), sym_span(NULL, 0),
                                     sym_span_text("def0123456"), sym_span_text("789"),
                                     sym_span_text("")};
    uint8_t a[100];
    uint8_t b[100];
    assert_int_equal(sym_expand_xmd(a, sizeof a, &whole, 1, domain()), SYM_OK);
    assert_int_equal(sym_expand_xmd(b, sizeof b, parts, 5, domain()), SYM_OK);
    assert_memory_equal(a, b, sizeof a);
    assert_int_equal(sym_expand_xmd(a, sizeof a, NULL, 0, domain()), SYM_OK);
    assert_int_equal(sym_expand_xmd(b, sizeof b, &parts[4], 1, domain()), SYM_OK);
    assert_memory_equal(a, b, sizeof a);
}

/* RFC 9380 section 5.3.3, computed here by hand from its definition. */
static void hashes_a_domain_tag_of_more_than_255_bytes(void **state)
{
    (void)state;
    static const size_t lens[] = {256, 257, 1000};
    const struct sym_span message = sym_span_text("abc");
    uint8_t text[17 + 1000] = "H2C-OVERSIZE-DST-";
    for (size_t i = 0; i < 1000; i++) {
        text[17 + i] = (uint8_t)('a' + i % 26);
    }
    for (size_t i = 0; i < 3; i++) {
        uint8_t hashed[64];
        uint8_t want[64];
        uint8_t got[64];
        assert_int_equal(crypto_hash_sha512(hashed, text, 17 + lens[i]), 0);
        assert_int_equal(sym_expand_xmd(want, 64, &message, 1, sym_span(hashed, 64)), SYM_OK);
        assert_int_equal(sym_expand_xmd(got, 64, &message, 1, sym_span(text + 17, lens[i])),
                         SYM_OK);
        assert_memory_equal(got, want, sizeof got);
    }
}

static void takes_a_domain_tag_of_255_bytes_as_it_is(void **state)
{
    (void)state;
    const struct sym_span message = sym_span_text("abc");
    uint8_t tag[255] = {1};
    uint8_t a[64];
    uint8_t b[64];
    uint8_t block[128 + 3 + 3 + 255 + 1] = {0};
    uint8_t b0[64 + 1 + 255 + 1];
    assert_int_equal(sym_expand_xmd(a, 64, &message, 1, sym_span(tag, sizeof tag)), SYM_OK);
    memcpy(block + 128, "abc\0\x40\0", 6);
    memcpy(block + 134, tag, sizeof tag);
    block[sizeof block - 1] = 255;
    assert_int_equal(crypto_hash_sha512(b0, block, sizeof block), 0);
    b0[64] = 1;
    memcpy(b0 + 65, tag, sizeof tag);
    b0[64 + 1 + 255] = 255;
    assert_int_equal(crypto_hash_sha512(b, b0, sizeof b0), 0);
    assert_memory_equal(a, b, sizeof a);
}

/* The output length is hashed too: a shorter output is not the beginning of a longer one. */
static void gives_unrelated_bytes_for_another_length_or_domain(void **state)
{
    (void)state;
    const struct sym_span message = sym_span_text("abc");
    uint8_t a[64];
    uint8_t b[64];
    assert_int_equal(sym_expand_xmd(a, 64, &message, 1, domain()), SYM_OK);
    assert_int_equal(sym_expand_xmd(b, 63, &message, 1, domain()), SYM_OK);
    assert_memory_not_equal(a, b, 16);
    assert_int_equal(sym_expand_xmd(b, 64, &message, 1, sym_span_text("another")), SYM_OK);
    assert_memory_not_equal(a, b, 16);
}

static void expands_to_the_limit_and_writes_no_further(void **state)
{
    (void)state;
    static uint8_t out[SYM_EXPAND_MAX_BYTES + 1];
    const struct sym_span message = sym_span_text("abc");
    static const size_t lens[] = {1, 63, 64, 65, 127, 129, SYM_EXPAND_MAX_BYTES};
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        memset(out, 0x5a, sizeof out);
        assert_int_equal(sym_expand_xmd(out, lens[i], &message, 1, domain()), SYM_OK);
        assert_int_equal(out[lens[i]], 0x5a);
    }
}

static void refuses_an_output_longer_than_255_blocks_or_empty(void **state)
{
    (void)state;
    static uint8_t out[SYM_EXPAND_MAX_BYTES + 1];
    const struct sym_span message = sym_span_text("abc");
    assert_int_equal(sym_expand_xmd(out, sizeof out, &message, 1, domain()), SYM_TOO_LONG);
    assert_int_equal(sym_expand_xmd(out, SIZE_MAX, &message, 1, domain()), SYM_TOO_LONG);
    assert_int_equal(sym_expand_xmd(out, 0, &message, 1, domain()), SYM_BAD_VALUE);
    assert_int_equal(sym_expand_xmd_batch(out, sizeof out, NULL, &message, 1, domain()),
                     SYM_TOO_LONG);
    assert_int_equal(sym_expand_xmd_batch(out, 0, NULL, &message, 1, domain()), SYM_BAD_VALUE);
    for (size_t i = 0; i < sizeof out; i++) {
        assert_int_equal(out[i], 0);
    }
}

static void refuses_an_empty_domain_tag(void **state)
{
    (void)state;
    uint8_t out[64] = {0};
    const uint8_t zeros[64] = {0};
    const struct sym_span message = sym_span_text("abc");
    assert_int_equal(sym_expand_xmd(out, 64, &message, 1, sym_span(NULL, 0)), SYM_BAD_VALUE);
    assert_int_equal(sym_expand_xmd_batch(out, 64, NULL, &message, 1, sym_span_text("")),
                     SYM_BAD_VALUE);
    assert_memory_equal(out, zeros, sizeof out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expands_all_vectors_of_rfc_9380),
        cmocka_unit_test(expands_the_vectors_of_one_length_as_one_batch),
        cmocka_unit_test(joins_the_parts_of_a_message),
        cmocka_unit_test(hashes_a_domain_tag_of_more_than_255_bytes),
        cmocka_unit_test(takes_a_domain_tag_of_255_bytes_as_it_is),
        cmocka_unit_test(gives_unrelated_bytes_for_another_length_or_domain),
        cmocka_unit_test(expands_to_the_limit_and_writes_no_further),
        cmocka_unit_test(refuses_an_output_longer_than_255_blocks_or_empty),
        cmocka_unit_test(refuses_an_empty_domain_tag),
    };
    return sym_crypto_init() != SYM_OK ? 1
                                       : cmocka_run_group_tests_name("expand", tests, NULL, NULL);
}
