#include "crypto/identity.h"

#include "crypto/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <strings.h>

static struct sym_span unhex(uint8_t *out, const char *text)
{
    size_t len = strlen(text) / 2;
    assert_int_equal(sym_unhex(out, len, sym_span_text(text)), SYM_OK);
    return sym_span(out, len);
}

static void sign_key(struct sym_sign_key *k, const char *seed)
{
    uint8_t bytes[SYM_SEED_BYTES];
    *k = (struct sym_sign_key){0};
    assert_int_equal(sym_sign_key_from(k, unhex(bytes, seed)), SYM_OK);
}

/* RFC 8032, section 7.1, tests 1 to 3. */
static const struct {
    const char *seed, *public_key, *message, *signature;
} rfc_8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "46b"
     "d25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "659"
     "4a7c15e9716ed28dc027beceea1ec40a"},
};

static void signs_and_verifies_the_vectors_of_rfc_8032(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc_8032 / sizeof rfc_8032[0]; i++) {
        struct sym_sign_key k;
        uint8_t want[SYM_SIGNATURE_BYTES];
        uint8_t got[SYM_SIGNATURE_BYTES];
        uint8_t message[8];
        sign_key(&k, rfc_8032[i].seed);
        assert_memory_equal(k.public_key, unhex(want, rfc_8032[i].public_key).data,
                            SYM_ED25519_BYTES);
        struct sym_span text = unhex(message, rfc_8032[i].message);
        assert_int_equal(sym_sign(got, &k, "", text), SYM_OK);
        assert_memory_equal(got, unhex(want, rfc_8032[i].signature).data, sizeof got);
        assert_int_equal(sym_verify(got, k.public_key, "", text), SYM_OK);
        sym_sign_key_clear(&k);
    }
}

static void a_signature_holds_for_its_domain_only(void **state)
{
    (void)state;
    struct sym_sign_key k;
    uint8_t signature[SYM_SIGNATURE_BYTES];
    sign_key(&k, rfc_8032[0].seed);
    struct sym_span text = sym_span_text("message");
    assert_int_equal(sym_sign(signature, &k, SYM_DOMAIN_REQUEST, text), SYM_OK);
    assert_int_equal(sym_verify(signature, k.public_key, SYM_DOMAIN_REQUEST, text), SYM_OK);
    assert_int_equal(sym_verify(signature, k.public_key, SYM_DOMAIN_RECEIPT, text),
                     SYM_BAD_SIGNATURE);
    assert_int_equal(sym_verify(signature, k.public_key, "", text), SYM_BAD_SIGNATURE);
    assert_int_equal(
        sym_verify(signature, k.public_key, "", sym_span_text(SYM_DOMAIN_REQUEST "message")),
        SYM_OK);
    sym_sign_key_clear(&k);
}

static void no_domain_begins_another(void **state)
{
    (void)state;
    static const char *const domains[] = {SYM_DOMAIN_CARD,  SYM_DOMAIN_REQUEST, SYM_DOMAIN_RECEIPT,
                                          SYM_DOMAIN_CLOSE, SYM_DOMAIN_ABORT,   SYM_DOMAIN_CONTROL};
    size_t n = sizeof domains / sizeof domains[0];
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            assert_true(i == j || strncmp(domains[i], domains[j], strlen(domains[i])) != 0);
        }
    }
}

static void refuses_every_flipped_bit_of_signature_key_and_message(void **state)
{
    (void)state;
    struct sym_sign_key k;
    uint8_t signature[SYM_SIGNATURE_BYTES];
    uint8_t message[8] = "message";
    sign_key(&k, rfc_8032[1].seed);
    struct sym_span text = sym_span(message, sizeof message);
    assert_int_equal(sym_sign(signature, &k, SYM_DOMAIN_CARD, text), SYM_OK);
    struct {
        uint8_t *data;
        size_t len;
    } parts[] = {{signature, sizeof signature},
                 {k.public_key, sizeof k.public_key},
                 {message, sizeof message}};
    for (size_t part = 0; part < 3; part++) {
        for (size_t bit = 0; bit < parts[part].len * 8; bit++) {
            uint8_t *at = parts[part].data + bit / 8;
            *at ^= (uint8_t)(1u << (bit % 8));
            assert_int_equal(sym_verify(signature, k.public_key, SYM_DOMAIN_CARD, text),
                             SYM_BAD_SIGNATURE);
            *at ^= (uint8_t)(1u << (bit % 8));
        }
    }
    assert_int_equal(sym_verify(signature, k.public_key, SYM_DOMAIN_CARD, text), SYM_OK);
    sym_sign_key_clear(&k);
}

static void refuses_a_signature_whose_scalar_is_not_reduced(void **state)
{
    (void)state;
    static const char order[] = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    struct sym_sign_key k;
    uint8_t l[32];
    uint8_t signature[SYM_SIGNATURE_BYTES];
    sign_key(&k, rfc_8032[0].seed);
    (void)unhex(l, order);
    assert_int_equal(sym_sign(signature, &k, "", sym_span_text("text")), SYM_OK);
    unsigned carry = 0;
    for (size_t i = 0; i < sizeof l; i++) {
        carry += (unsigned)signature[32 + i] + l[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(sym_verify(signature, k.public_key, "", sym_span_text("text")),
                     SYM_BAD_SIGNATURE);
    sym_sign_key_clear(&k);
}

/* With the neutral element as key, R = B and S = 1 would fit every message. */
static void refuses_a_key_of_small_order(void **state)
{
    (void)state;
    uint8_t key[SYM_ED25519_BYTES] = {1};
    uint8_t signature[SYM_SIGNATURE_BYTES];
    memset(signature, 0x66, 32);
    memset(signature + 32, 0, 32);
    signature[0] = 0x58;
    signature[32] = 1;
    assert_int_equal(sym_verify(signature, key, "", sym_span_text("any")), SYM_BAD_SIGNATURE);
}

static void refuses_seeds_of_other_lengths_and_absent_keys(void **state)
{
    (void)state;
    struct sym_sign_key k = {0};
    uint8_t seed[33] = {0};
    uint8_t signature[SYM_SIGNATURE_BYTES];
    assert_int_equal(sym_sign_key_from(&k, sym_span(seed, 31)), SYM_BAD_FORMAT);
    assert_int_equal(sym_sign_key_from(&k, sym_span(seed, 33)), SYM_BAD_FORMAT);
    assert_int_equal(sym_sign(signature, &k, "", sym_span_text("text")), SYM_BAD_FORMAT);
    sym_sign_key_clear(&k);
}

static void refuses_a_message_longer_than_memory(void **state)
{
    (void)state;
    struct sym_sign_key k;
    uint8_t signature[SYM_SIGNATURE_BYTES] = {0};
    struct sym_span endless = sym_span(signature, SIZE_MAX - 3);
    sign_key(&k, rfc_8032[0].seed);
    assert_int_equal(sym_sign(signature, &k, SYM_DOMAIN_CARD, endless), SYM_TOO_LONG);
    assert_int_equal(sym_verify(signature, k.public_key, SYM_DOMAIN_CARD, endless), SYM_TOO_LONG);
    sym_sign_key_clear(&k);
}

/* Signs with the public half taken from the seed, whatever stands in memory. */
static void signs_with_the_true_public_key_only(void **state)
{
    (void)state;
    struct sym_sign_key k;
    uint8_t want[SYM_SIGNATURE_BYTES];
    uint8_t got[SYM_SIGNATURE_BYTES];
    sign_key(&k, rfc_8032[0].seed);
    assert_int_equal(sym_sign(want, &k, "", sym_span_text("text")), SYM_OK);
    k.public_key[5] ^= 1;
    assert_int_equal(sym_sign(got, &k, "", sym_span_text("text")), SYM_OK);
    assert_memory_equal(got, want, sizeof got);
    sym_sign_key_clear(&k);
}

/* (printf symbolon-node-1; printf PUBLIC_KEY | xxd -r -p) | openssl dgst -sha256 */
static void the_node_id_hashes_the_identity_key(void **state)
{
    (void)state;
    static const char node_id[] =
        "2a065cf60940f6c234dce61e14f19b228ec5c3135e927aabdbb8118b8acbb2c6";
    uint8_t key[SYM_ED25519_BYTES];
    uint8_t want[SYM_NODE_ID_BYTES];
    struct sym_node_id id;
    struct sym_node_id other;
    sym_node_id_of(&id, unhex(key, rfc_8032[0].public_key).data);
    assert_memory_equal(id.bytes, unhex(want, node_id).data, sizeof want);
    other = id;
    assert_true(sym_node_id_equal(&id, &other));
    other.bytes[31] ^= 1;
    assert_false(sym_node_id_equal(&id, &other));
}

/* (printf 302e020100300506032b657004220420; printf SEED) | xxd -r -p |
 *     openssl pkey -inform DER -pubout -outform DER | openssl dgst -sha256 */
static void the_pin_is_what_openssl_computes(void **state)
{
    (void)state;
    static const char pin[] = "06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9";
    uint8_t key[SYM_ED25519_BYTES];
    uint8_t want[SYM_PIN_BYTES];
    uint8_t got[SYM_PIN_BYTES];
    sym_pin_of(got, unhex(key, rfc_8032[0].public_key).data);
    assert_memory_equal(got, unhex(want, pin).data, sizeof got);
}

/* Published examples of the word list, end to end. */
static void reads_a_fingerprint_as_words(void **state)
{
    (void)state;
    struct sym_node_id id = {{0}};
    char words[SYM_FINGERPRINT_BYTES];
    (void)unhex(id.bytes, "4d41defd31940ade976578fcba7e5690");
    sym_fingerprint_words(words, &id);
    assert_string_equal(
        words, "dreadful decadence tactics Wyoming chatter molecule allow telephone "
               "preshrunk glossary island Wilmington shadow insurgent egghead millionaire");
}

static void the_longest_fingerprint_fits(void **state)
{
    (void)state;
    for (size_t position = 0; position < 2; position++) {
        for (size_t value = 0; value < 256; value++) {
            assert_true(strlen(sym_word(position, (uint8_t)value)) <= SYM_WORD_BYTES_MAX);
        }
    }
}

static void no_two_of_the_512_words_are_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < 512; i++) {
        const char *word = sym_word(i / 256, (uint8_t)i);
        assert_true(strlen(word) > 3);
        for (size_t j = 0; j < i; j++) {
            assert_true(strcasecmp(word, sym_word(j / 256, (uint8_t)j)) != 0);
        }
    }
}

/* SHA-256 of all words, even ones first, a line feed between two: the digest that independent
 * copies of the list agree on. */
static void the_word_list_is_the_published_one(void **state)
{
    (void)state;
    static const char published[] =
        "e9b7b0052233a74aa56724ed3f79c272036aed68d8f4c0856e833c8043b9ac62";
    uint8_t want[SYM_HASH_BYTES];
    uint8_t got[SYM_HASH_BYTES];
    struct sym_hash h = {0};
    assert_int_equal(sym_hash_init(&h), SYM_OK);
    for (size_t i = 0; i < 512; i++) {
        sym_hash_update(&h, sym_span_text(i > 0 ? "\n" : ""));
        sym_hash_update(&h, sym_span_text(sym_word(i / 256, (uint8_t)i)));
    }
    assert_int_equal(sym_hash_value(got, &h), SYM_OK);
    assert_memory_equal(got, unhex(want, published).data, sizeof got);
    sym_hash_clear(&h);
}

static void a_new_node_has_different_keys_and_none_announced(void **state)
{
    (void)state;
    struct sym_node_keys keys = {0};
    assert_int_equal(sym_node_keys_new(&keys), SYM_OK);
    const struct sym_secret *secrets[] = {&keys.identity.seed, &keys.tls[0].seed,
                                          &keys.log.seed,      &keys.cosign.seed,
                                          &keys.storage,       &keys.exchange[0].private_key};
    size_t n = sizeof secrets / sizeof secrets[0];
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(secrets[i]->len, 32);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(secrets[i]->data, secrets[j]->data, 32);
        }
    }
    assert_int_equal(keys.tls[1].seed.len, 0);
    assert_int_equal(keys.exchange[1].private_key.len, 0);
    sym_node_keys_clear(&keys);
    assert_null(keys.identity.seed.data);
    assert_null(keys.storage.data);
    sym_node_keys_clear(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_and_verifies_the_vectors_of_rfc_8032),
        cmocka_unit_test(a_signature_holds_for_its_domain_only),
        cmocka_unit_test(no_domain_begins_another),
        cmocka_unit_test(refuses_every_flipped_bit_of_signature_key_and_message),
        cmocka_unit_test(refuses_a_signature_whose_scalar_is_not_reduced),
        cmocka_unit_test(refuses_a_key_of_small_order),
        cmocka_unit_test(refuses_seeds_of_other_lengths_and_absent_keys),
        cmocka_unit_test(refuses_a_message_longer_than_memory),
        cmocka_unit_test(signs_with_the_true_public_key_only),
        cmocka_unit_test(the_node_id_hashes_the_identity_key),
        cmocka_unit_test(the_pin_is_what_openssl_computes),
        cmocka_unit_test(reads_a_fingerprint_as_words),
        cmocka_unit_test(the_longest_fingerprint_fits),
        cmocka_unit_test(no_two_of_the_512_words_are_alike),
        cmocka_unit_test(the_word_list_is_the_published_one),
        cmocka_unit_test(a_new_node_has_different_keys_and_none_announced),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
