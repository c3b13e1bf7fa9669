#include "crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_digest(const char *personalisation, const struct sym_span *parts, size_t n,
                          const char *want)
{
    uint8_t digest[SYM_DIGEST_BYTES];
    char hex[2 * SYM_DIGEST_BYTES + 1];
    sym_digest(digest, personalisation, parts, n);
    sym_hex(hex, digest, sizeof digest);
    assert_string_equal(hex, want);
}

/* From Python: hashlib.blake2b(b"abc", digest_size=32, person=b"0123456789abcdef") */
static void hashes_as_another_implementation_does(void **state)
{
    (void)state;
    const struct sym_span abc = sym_span_text("abc");
    assert_digest("0123456789abcdef", NULL, 0,
                  "745c7fe5b8e12c96be18655ca261179a1774125f0018174f2a220f203da8fe47");
    assert_digest("0123456789abcdef", &abc, 1,
                  "139dad3b92ad7c4601ae1ba6c616ca59699c6b1e8e789d095e1bec905871f612");
    assert_digest("symbolon-row-set", &abc, 1,
                  "a6f7416e7a14a658b66dd52ac177192b514f94c73078b737f60993a2a82f1ab8");
}

static void parts_are_hashed_as_one_text(void **state)
{
    (void)state;
    const struct sym_span parts[] = {sym_span_text("a"), sym_span(NULL, 0), sym_span_text("bc")};
    assert_digest("0123456789abcdef", parts, 3,
                  "139dad3b92ad7c4601ae1ba6c616ca59699c6b1e8e789d095e1bec905871f612");
}

static void another_personalisation_is_another_digest(void **state)
{
    (void)state;
    uint8_t a[SYM_DIGEST_BYTES];
    uint8_t b[SYM_DIGEST_BYTES];
    const struct sym_span abc = sym_span_text("abc");
    sym_digest(a, "0123456789abcdef", &abc, 1);
    sym_digest(b, "0123456789abcdeg", &abc, 1);
    assert_memory_not_equal(a, b, sizeof a);
}

static void looks_at_sixteen_bytes_and_no_more(void **state)
{
    (void)state;
    uint8_t a[SYM_DIGEST_BYTES];
    uint8_t b[SYM_DIGEST_BYTES];
    const struct sym_span abc = sym_span_text("abc");
    sym_digest(a, "0123456789abcdef", &abc, 1);
    sym_digest(b, "0123456789abcdefghi", &abc, 1);
    assert_memory_equal(a, b, sizeof a);
}

/* FIPS 180-2, appendix C.1. */
static void sha_512_is_that_of_the_standard(void **state)
{
    (void)state;
    uint8_t digest[SYM_SHA512_BYTES];
    char hex[2 * SYM_SHA512_BYTES + 1];
    const struct sym_span parts[] = {sym_span_text("a"), sym_span(NULL, 0), sym_span_text("bc")};
    sym_sha512(digest, parts, 3);
    sym_hex(hex, digest, sizeof digest);
    assert_string_equal(hex, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                             "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha_512_is_that_of_the_standard),
        cmocka_unit_test(hashes_as_another_implementation_does),
        cmocka_unit_test(parts_are_hashed_as_one_text),
        cmocka_unit_test(another_personalisation_is_another_digest),
        cmocka_unit_test(looks_at_sixteen_bytes_and_no_more),
    };
    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
