#include "crypto/agree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define MOST 33u

/* What is tested now. */
static const char *with;

static struct sym_exchange_key key_of(const uint8_t private_key[SYM_X25519_BYTES])
{
    struct sym_exchange_key k = {0};
    assert_int_equal(sym_exchange_key_from(&k, sym_span(private_key, SYM_X25519_BYTES)), SYM_OK);
    return k;
}

static struct sym_exchange_key key_from_hex(const char *hex)
{
    uint8_t private_key[SYM_X25519_BYTES];
    assert_int_equal(sym_unhex(private_key, sizeof private_key, sym_span_text(hex)), SYM_OK);
    return key_of(private_key);
}

/* shared and verdict of own with one public key. */
static enum sym_err agree(uint8_t shared[SYM_X25519_BYTES], const struct sym_exchange_key *own,
                          const uint8_t *remote)
{
    enum sym_err verdict = SYM_INTERNAL;
    uint8_t out[1][SYM_X25519_BYTES];
    assert_int_equal(sym_agree_many_with(out, &verdict, own, &remote, 1, with), SYM_OK);
    memcpy(shared, out[0], sizeof out[0]);
    return verdict;
}

static void assert_agrees(const char *private_hex, const char *remote_hex, const char *shared_hex)
{
    uint8_t remote[SYM_X25519_BYTES];
    uint8_t want[SYM_X25519_BYTES];
    uint8_t got[SYM_X25519_BYTES];
    struct sym_exchange_key own = key_from_hex(private_hex);
    assert_int_equal(sym_unhex(remote, sizeof remote, sym_span_text(remote_hex)), SYM_OK);
    assert_int_equal(sym_unhex(want, sizeof want, sym_span_text(shared_hex)), SYM_OK);
    assert_int_equal(agree(got, &own, remote), SYM_OK);
    assert_memory_equal(got, want, sizeof want);
    sym_exchange_key_clear(&own);
}

/* RFC 7748, sections 5.2 (the second of these has bit 255 set) and 6.1. */
static void agrees_as_rfc_7748_shows(void **state)
{
    (void)state;
    assert_agrees("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                  "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
                  "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
    assert_agrees("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                  "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
                  "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

/* The same section: k and u start as 9, and each result is the next k. */
static void agrees_a_thousand_times_over(void **state)
{
    (void)state;
    static const char *const after[] = {
        "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
        "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"};
    uint8_t k[SYM_X25519_BYTES] = {9};
    uint8_t u[SYM_X25519_BYTES] = {9};
    uint8_t want[SYM_X25519_BYTES];
    for (unsigned round = 1; round <= 1000; round++) {
        struct sym_exchange_key own = key_of(k);
        uint8_t next[SYM_X25519_BYTES];
        assert_int_equal(agree(next, &own, u), SYM_OK);
        sym_exchange_key_clear(&own);
        memcpy(u, k, sizeof u);
        memcpy(k, next, sizeof k);
        if (round == 1 || round == 1000) {
            const char *hex = after[round == 1 ? 0 : 1];
            assert_int_equal(sym_unhex(want, sizeof want, sym_span_text(hex)), SYM_OK);
            assert_memory_equal(k, want, sizeof want);
        }
    }
}

/* Public keys of others, and those that are none: of small order, not reduced, with bit 255 set. */
static void every_key_gets_what_it_would_get_alone(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "efffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0900000000000000000000000000000000000000000000000000000000000080"};
    enum { ODD = sizeof odd / sizeof *odd };
    uint8_t keys[MOST][SYM_X25519_BYTES];
    const uint8_t *remotes[MOST];
    size_t refused = 0;
    for (size_t i = 0; i < MOST; i++) {
        sym_random(keys[i], sizeof keys[i]);
        remotes[i] = keys[i];
        if (i % 3 == 1) {
            const char *hex = odd[i / 3 % ODD];
            assert_int_equal(sym_unhex(keys[i], sizeof keys[i], sym_span_text(hex)), SYM_OK);
        }
    }
    for (size_t n = 0; n <= MOST; n++) {
        struct sym_exchange_key own = {0};
        uint8_t shared[MOST + 1][SYM_X25519_BYTES];
        uint8_t want[SYM_X25519_BYTES];
        enum sym_err verdicts[MOST + 1];
        assert_int_equal(sym_exchange_key_new(&own), SYM_OK);
        memset(shared, 0x5a, sizeof shared);
        memset(want, 0x5a, sizeof want);
        verdicts[n] = SYM_INTERNAL;
        assert_int_equal(sym_agree_many_with(shared, verdicts, &own, remotes, n, with), SYM_OK);
        assert_memory_equal(shared[n], want, sizeof want);
        assert_int_equal(verdicts[n], SYM_INTERNAL);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(verdicts[i], sym_exchange_key_agree(want, &own, remotes[i]));
            refused += verdicts[i] != SYM_OK ? 1 : 0;
            if (verdicts[i] == SYM_OK) {
                assert_memory_equal(shared[i], want, sizeof want);
            }
        }
        sym_exchange_key_clear(&own);
    }
    assert_true(refused > 0);
}

static void both_sides_get_the_same(void **state)
{
    (void)state;
    struct sym_exchange_key a = {0};
    struct sym_exchange_key b = {0};
    uint8_t ab[SYM_X25519_BYTES];
    uint8_t ba[SYM_X25519_BYTES];
    assert_int_equal(sym_exchange_key_new(&a), SYM_OK);
    assert_int_equal(sym_exchange_key_new(&b), SYM_OK);
    assert_int_equal(agree(ab, &a, b.public_key), SYM_OK);
    assert_int_equal(agree(ba, &b, a.public_key), SYM_OK);
    assert_memory_equal(ab, ba, sizeof ab);
    sym_exchange_key_clear(&a);
    sym_exchange_key_clear(&b);
}

static void refuses_a_private_key_that_is_absent(void **state)
{
    (void)state;
    static const struct sym_exchange_key absent;
    uint8_t remote[SYM_X25519_BYTES] = {9};
    const uint8_t *remotes[] = {remote};
    uint8_t shared[1][SYM_X25519_BYTES];
    enum sym_err verdict;
    assert_int_equal(sym_agree_many_with(shared, &verdict, &absent, remotes, 1, with),
                     SYM_BAD_FORMAT);
    assert_int_equal(sym_agree_many(shared, &verdict, &absent, remotes, 0), SYM_BAD_FORMAT);
}

static void refuses_a_way_that_is_not_known(void **state)
{
    (void)state;
    struct sym_exchange_key own = {0};
    assert_int_equal(sym_exchange_key_new(&own), SYM_OK);
    assert_int_equal(sym_agree_many_with(NULL, NULL, &own, NULL, 0, "abacus"), SYM_NOT_FOUND);
    sym_exchange_key_clear(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_as_rfc_7748_shows),
        cmocka_unit_test(agrees_a_thousand_times_over),
        cmocka_unit_test(every_key_gets_what_it_would_get_alone),
        cmocka_unit_test(both_sides_get_the_same),
        cmocka_unit_test(refuses_a_private_key_that_is_absent),
        cmocka_unit_test(refuses_a_way_that_is_not_known),
    };
    static const char *const ways[] = {"sodium", "ifma"};
    uint8_t key[SYM_X25519_BYTES] = {1};
    int failed = sym_crypto_init() == SYM_OK ? 0 : 1;
    for (size_t i = 0; failed == 0 && i < sizeof ways / sizeof *ways; i++) {
        struct sym_exchange_key own = key_of(key);
        with = ways[i];
        if (sym_agree_many_with(NULL, NULL, &own, NULL, 0, with) == SYM_OK) {
            failed += cmocka_run_group_tests_name(with, tests, NULL, NULL);
        } else {
            (void)printf("%s: not on this CPU\n", with);
        }
        sym_exchange_key_clear(&own);
    }
    return failed;
}
