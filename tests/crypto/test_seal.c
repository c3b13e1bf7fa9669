/* Sealed values and subkeys. */
#include "crypto/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

static const uint8_t key[SYM_SEAL_KEY_BYTES] = {7};

static size_t unhex(uint8_t *out, const char *text)
{
    size_t len = strlen(text) / 2;
    assert_int_equal(sym_unhex(out, len, sym_span_text(text)), SYM_OK);
    return len;
}

/* draft-irtf-cfrg-xchacha-03, appendix A.3.1. */
static void opens_the_vector_of_the_xchacha_draft(void **state)
{
    (void)state;
    static const char plain[] =
        "Ladies and Gentlemen of the class of '99: If I could offer you only "
        "one tip for the future, sunscreen would be it.";
    uint8_t k[SYM_SEAL_KEY_BYTES];
    uint8_t ad[12];
    uint8_t sealed[sizeof plain - 1 + SYM_SEAL_OVERHEAD_BYTES];
    uint8_t out[sizeof plain - 1];
    (void)unhex(k, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    (void)unhex(ad, "50515253c0c1c2c3c4c5c6c7");
    size_t len =
        unhex(sealed, "404142434445464748494a4b4c4d4e4f5051525354555657"
                      "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c"
                      "7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba4"
                      "0db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c9763"
                      "7da9768812f615c68b13b52e"
                      "c0875924c1c7987947deafd8780acf49");
    assert_int_equal(len, sizeof sealed);
    assert_int_equal(sym_unseal(out, k, sym_span(ad, sizeof ad), sym_span(sealed, len)), SYM_OK);
    assert_memory_equal(out, plain, sizeof out);
}

static void a_value_sealed_twice_looks_different_and_opens(void **state)
{
    (void)state;
    uint8_t sealed[2][4 + SYM_SEAL_OVERHEAD_BYTES];
    uint8_t out[4];
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sym_seal(sealed[i], key, sym_span_text("t/1"), sym_span_text("text")),
                         SYM_OK);
        assert_int_equal(
            sym_unseal(out, key, sym_span_text("t/1"), sym_span(sealed[i], sizeof sealed[i])),
            SYM_OK);
        assert_memory_equal(out, "text", 4);
    }
    assert_memory_not_equal(sealed[0], sealed[1], 24);
    assert_memory_not_equal(sealed[0] + 24, sealed[1] + 24, 4);
    uint8_t empty[SYM_SEAL_OVERHEAD_BYTES];
    struct sym_span none = sym_span(NULL, 0);
    assert_int_equal(sym_seal(empty, key, none, none), SYM_OK);
    assert_int_equal(sym_unseal(out, key, none, sym_span(empty, sizeof empty)), SYM_OK);
}

static void refuses_a_sealed_value_with_any_bit_flipped(void **state)
{
    (void)state;
    static const uint8_t zeros[4];
    uint8_t sealed[4 + SYM_SEAL_OVERHEAD_BYTES];
    struct sym_span ad = sym_span_text("t/1");
    assert_int_equal(sym_seal(sealed, key, ad, sym_span_text("text")), SYM_OK);
    for (size_t bit = 0; bit < sizeof sealed * 8; bit++) {
        uint8_t out[4] = "text";
        sealed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(sym_unseal(out, key, ad, sym_span(sealed, sizeof sealed)), SYM_BAD_TAG);
        assert_memory_equal(out, zeros, sizeof out);
        sealed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
}

/* Short and long values go through different libraries: lengths on both sides of that. */
static const size_t lengths[] = {1, 2047, 2048, 2049, 70000};

static void seals_values_of_every_length_as_libsodium_does(void **state)
{
    (void)state;
    static uint8_t plain[70000];
    static uint8_t sealed[sizeof plain + SYM_SEAL_OVERHEAD_BYTES];
    static uint8_t wanted[sizeof sealed];
    static uint8_t out[sizeof plain];
    struct sym_span ad = sym_span_text("table/1");
    uint8_t nonce[SYM_SEAL_NONCE_BYTES];
    struct sym_aead kept = {0};
    sym_random(plain, sizeof plain);
    sym_random(nonce, sizeof nonce);
    memcpy(wanted, nonce, sizeof nonce);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t n = lengths[i];
        struct sym_span whole = sym_span(sealed, n + SYM_SEAL_OVERHEAD_BYTES);
        assert_int_equal(sym_seal_with(sealed, &kept, key, nonce, ad, sym_span(plain, n)), SYM_OK);
        (void)crypto_aead_xchacha20poly1305_ietf_encrypt(wanted + sizeof nonce, NULL, plain, n,
                                                         ad.data, ad.len, NULL, nonce, key);
        assert_memory_equal(sealed, wanted, whole.len);
        assert_int_equal(sym_unseal(out, key, ad, whole), SYM_OK);
        assert_memory_equal(out, plain, n);
    }
    sym_aead_clear(&kept);
}

/* What is kept from one to the next is neither key nor nonce. */
static void seals_under_one_key_after_the_other(void **state)
{
    (void)state;
    enum { N = 5000 };
    static const uint8_t plain[N] = "a long value";
    static const uint8_t other[SYM_SEAL_KEY_BYTES] = {9};
    const uint8_t *const keys[] = {key, other, key, key, other};
    uint8_t sealed[N + SYM_SEAL_OVERHEAD_BYTES];
    uint8_t wanted[sizeof sealed];
    struct sym_aead kept = {0};
    struct sym_span ad = sym_span_text("t/1");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        uint8_t nonce[SYM_SEAL_NONCE_BYTES];
        sym_random(nonce, sizeof nonce);
        memcpy(wanted, nonce, sizeof nonce);
        assert_int_equal(sym_seal_with(sealed, &kept, keys[i], nonce, ad, sym_span(plain, N)),
                         SYM_OK);
        (void)crypto_aead_xchacha20poly1305_ietf_encrypt(wanted + sizeof nonce, NULL, plain, N,
                                                         ad.data, ad.len, NULL, nonce, keys[i]);
        assert_memory_equal(sealed, wanted, sizeof sealed);
    }
    sym_aead_clear(&kept);
}

static void refuses_a_long_value_that_was_altered_cut_or_moved(void **state)
{
    (void)state;
    enum { N = 3000 };
    static const uint8_t zeros[N];
    static const uint8_t plain[N] = "a long value";
    static const size_t places[] = {0, 15, 16, 23, 24, 2000, N + 23, N + 24, N + 39};
    uint8_t sealed[N + SYM_SEAL_OVERHEAD_BYTES];
    uint8_t out[N];
    struct sym_span ad = sym_span_text("t/1");
    assert_int_equal(sym_seal(sealed, key, ad, sym_span(plain, N)), SYM_OK);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        memset(out, 1, sizeof out);
        sealed[places[i]] ^= 4;
        assert_int_equal(sym_unseal(out, key, ad, sym_span(sealed, sizeof sealed)), SYM_BAD_TAG);
        assert_memory_equal(out, zeros, sizeof out);
        sealed[places[i]] ^= 4;
    }
    struct sym_span cut = sym_span(sealed, sizeof sealed - 1);
    assert_int_equal(sym_unseal(out, key, ad, cut), SYM_BAD_TAG);
    struct sym_span whole = sym_span(sealed, sizeof sealed);
    assert_int_equal(sym_unseal(out, key, sym_span_text("t/2"), whole), SYM_BAD_TAG);
    assert_int_equal(sym_unseal(out, key, ad, whole), SYM_OK);
}

static void refuses_a_sealed_value_in_another_place_or_under_another_key(void **state)
{
    (void)state;
    uint8_t sealed[4 + SYM_SEAL_OVERHEAD_BYTES] = {0};
    uint8_t out[4];
    uint8_t other[SYM_SEAL_KEY_BYTES] = {8};
    struct sym_span span = sym_span(sealed, sizeof sealed);
    assert_int_equal(sym_seal(sealed, key, sym_span_text("t/1"), sym_span_text("text")), SYM_OK);
    assert_int_equal(sym_unseal(out, key, sym_span_text("t/2"), span), SYM_BAD_TAG);
    assert_int_equal(sym_unseal(out, key, sym_span_text(""), span), SYM_BAD_TAG);
    assert_int_equal(sym_unseal(out, other, sym_span_text("t/1"), span), SYM_BAD_TAG);
    for (size_t len = 0; len < sizeof sealed; len++) {
        assert_int_equal(sym_unseal(out, key, sym_span_text("t/1"), sym_span(sealed, len)),
                         len < SYM_SEAL_OVERHEAD_BYTES ? SYM_SHORT : SYM_BAD_TAG);
    }
    assert_int_equal(sym_seal(out, key, sym_span_text(""), sym_span(out, SIZE_MAX - 39)),
                     SYM_TOO_LONG);
}

/* python3 -c "import hashlib; print(hashlib.blake2b(b'purpose\0\1\2\3', digest_size=32,
 *     key=bytes(range(32))).hexdigest())" */
static void a_subkey_is_keyed_blake2b(void **state)
{
    (void)state;
    uint8_t root[SYM_SEAL_KEY_BYTES];
    uint8_t want[SYM_SEAL_KEY_BYTES];
    uint8_t got[SYM_SEAL_KEY_BYTES];
    for (uint8_t i = 0; i < sizeof root; i++) {
        root[i] = i;
    }
    (void)unhex(want, "62c104d8b9ccdf6155da8a068259b75160cb8146c095dbab88e66cad65094432");
    sym_subkey(got, root, "purpose", sym_span("\1\2\3", 3));
    assert_memory_equal(got, want, sizeof got);
}

static void subkeys_of_other_keys_purposes_and_contexts_differ(void **state)
{
    (void)state;
    uint8_t other[SYM_SEAL_KEY_BYTES] = {8};
    uint8_t keys[5][SYM_SEAL_KEY_BYTES];
    sym_subkey(keys[0], key, "a", sym_span_text("bc"));
    sym_subkey(keys[1], key, "ab", sym_span_text("c"));
    sym_subkey(keys[2], key, "abc", sym_span_text(""));
    sym_subkey(keys[3], key, "", sym_span_text("abc"));
    sym_subkey(keys[4], other, "a", sym_span_text("bc"));
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(keys[i], keys[j], sizeof keys[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_the_vector_of_the_xchacha_draft),
        cmocka_unit_test(a_value_sealed_twice_looks_different_and_opens),
        cmocka_unit_test(refuses_a_sealed_value_with_any_bit_flipped),
        cmocka_unit_test(seals_values_of_every_length_as_libsodium_does),
        cmocka_unit_test(seals_under_one_key_after_the_other),
        cmocka_unit_test(refuses_a_long_value_that_was_altered_cut_or_moved),
        cmocka_unit_test(refuses_a_sealed_value_in_another_place_or_under_another_key),
        cmocka_unit_test(a_subkey_is_keyed_blake2b),
        cmocka_unit_test(subkeys_of_other_keys_purposes_and_contexts_differ),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
