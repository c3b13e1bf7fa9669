/* runner: timeout=300 */
#include "crypto/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define CREDENTIAL "a credential of at least 32 bytes"
#define PASSPHRASE "correct horse battery"
#define KEYS_BYTES 258u

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

struct text {
    char data[SYM_KEYFILE_BYTES_MAX + 1];
    size_t len;
};

static struct sym_span span_of(const struct text *t)
{
    return sym_span(t->data, t->len);
}

static void new_keys(struct sym_node_keys *keys)
{
    *keys = (struct sym_node_keys){0};
    assert_int_equal(sym_node_keys_new(keys), SYM_OK);
}

static struct text wrapped(const struct sym_node_keys *keys, enum sym_wrap wrap, const char *secret)
{
    struct text t = {.len = 0};
    assert_int_equal(
        sym_keyfile_write(t.data, SYM_KEYFILE_BYTES_MAX, &t.len, keys, wrap, sym_span_text(secret)),
        SYM_OK);
    return t;
}

static struct text some_keyfile(void)
{
    struct sym_node_keys keys;
    new_keys(&keys);
    struct text t = wrapped(&keys, SYM_WRAP_KEY, CREDENTIAL);
    sym_node_keys_clear(&keys);
    return t;
}

static enum sym_err open_with(const struct text *t, const char *secret)
{
    struct sym_node_keys keys = {0};
    enum sym_err err = sym_keyfile_read(&keys, span_of(t), sym_span_text(secret));
    assert_true(err == SYM_OK || (keys.identity.seed.data == NULL && keys.storage.data == NULL));
    sym_node_keys_clear(&keys);
    return err;
}

static void assert_same_secret(const struct sym_secret *a, const struct sym_secret *b)
{
    assert_true(sym_span_equal(sym_secret_span(a), sym_secret_span(b)));
}

static void assert_same_keys(const struct sym_node_keys *a, const struct sym_node_keys *b)
{
    assert_same_secret(&a->identity.seed, &b->identity.seed);
    assert_same_secret(&a->log.seed, &b->log.seed);
    assert_same_secret(&a->cosign.seed, &b->cosign.seed);
    assert_same_secret(&a->storage, &b->storage);
    for (size_t i = 0; i < 2; i++) {
        assert_same_secret(&a->tls[i].seed, &b->tls[i].seed);
        assert_same_secret(&a->exchange[i].private_key, &b->exchange[i].private_key);
        assert_memory_equal(a->tls[i].public_key, b->tls[i].public_key, SYM_ED25519_BYTES);
        assert_memory_equal(a->exchange[i].public_key, b->exchange[i].public_key, SYM_X25519_BYTES);
    }
    assert_memory_equal(a->identity.public_key, b->identity.public_key, SYM_ED25519_BYTES);
}

static void reads_back_keys_with_and_without_announced_ones(void **state)
{
    (void)state;
    for (unsigned announced = 0; announced < 4; announced++) {
        struct sym_node_keys keys;
        struct sym_node_keys read = {0};
        enum sym_wrap wrap = SYM_WRAP_PASSPHRASE;
        new_keys(&keys);
        if ((announced & 1) != 0) {
            assert_int_equal(sym_sign_key_new(&keys.tls[1]), SYM_OK);
        }
        if ((announced & 2) != 0) {
            assert_int_equal(sym_exchange_key_new(&keys.exchange[1]), SYM_OK);
        }
        struct text t = wrapped(&keys, SYM_WRAP_KEY, CREDENTIAL);
        assert_int_equal(sym_keyfile_wrap(&wrap, span_of(&t)), SYM_OK);
        assert_int_equal(wrap, SYM_WRAP_KEY);
        assert_int_equal(sym_keyfile_read(&read, span_of(&t), sym_span_text(CREDENTIAL)), SYM_OK);
        assert_same_keys(&read, &keys);
        sym_node_keys_clear(&keys);
        sym_node_keys_clear(&read);
    }
}

static void a_passphrase_opens_what_it_sealed_and_no_other_does(void **state)
{
    (void)state;
    struct sym_node_keys keys;
    struct sym_node_keys read = {0};
    enum sym_wrap wrap = SYM_WRAP_KEY;
    new_keys(&keys);
    struct text t = wrapped(&keys, SYM_WRAP_PASSPHRASE, PASSPHRASE);
    assert_int_equal(strncmp(t.data, "symbolon-keys/1\nwrap: argon2id m=268435456 t=3 salt=", 52),
                     0);
    assert_int_equal(sym_keyfile_wrap(&wrap, span_of(&t)), SYM_OK);
    assert_int_equal(wrap, SYM_WRAP_PASSPHRASE);
    assert_int_equal(sym_keyfile_read(&read, span_of(&t), sym_span_text(PASSPHRASE)), SYM_OK);
    assert_same_keys(&read, &keys);
    assert_int_equal(open_with(&t, PASSPHRASE " "), SYM_BAD_TAG);
    sym_node_keys_clear(&keys);
    sym_node_keys_clear(&read);
}

static void a_credential_opens_what_it_sealed_and_no_other_does(void **state)
{
    (void)state;
    struct text t = some_keyfile();
    assert_int_equal(strncmp(t.data, "symbolon-keys/1\nwrap: key salt=", 31), 0);
    assert_int_equal(open_with(&t, CREDENTIAL), SYM_OK);
    assert_int_equal(open_with(&t, CREDENTIAL "\n"), SYM_BAD_TAG);
    assert_int_equal(open_with(&t, "another credential of >= 32 bytes"), SYM_BAD_TAG);
}

/* Kept so that a later program still opens it. */
static void opens_a_file_written_by_the_first_version(void **state)
{
    (void)state;
    static const char first[] =
        "symbolon-keys/1\n"
        "wrap: key salt=4tQLQAtjI0bLCQI4eRaARg==\n"
        "keys: j5jkEa+4hE6YgftLkxCwI8kTounjD5IDy2kw8PqPz9kaOfwZmVMazOgs3kJyz1yQaiYHUA"
        "N1f3A3ZSrFC7569pU5wHI97bdsSW/q9tvPaOaE0UiDU8zz2/wGjFi/bFFhlCFhI/ph5EJQw8E49i"
        "kfsMXCqssI3hsi1GEK4/9j/o+2D1oOZHJY+fvgZreXbx0vruR5ZuBledRq796aH3KLfMKUrg40HZ"
        "DTLcvD+78AErvpuXu7VhRxR+yJq/spPqXU38+Uuh0s5UQtmbHyU/IIWBqTq9t0TCOM3PW1dHmTLZ"
        "lLqt5fzdOBLzZ5hAwSpDofRr9NZ1FshA98pDMVexQxoBeUcwrQvzT5ykagmnE/P+WyrDURYAWlhr"
        "dYgARiEd3vcR1/qEb2REYlWw==\n";
    static const char identity[] =
        "c193740d2d31cb0d219c79edb3c447e0877ab09113dca234bbb4cea757f68161";
    struct sym_node_keys keys = {0};
    uint8_t want[SYM_ED25519_BYTES];
    (void)unhex(want, identity);
    assert_int_equal(sym_keyfile_read(&keys, sym_span_text(first), sym_span_text(CREDENTIAL)),
                     SYM_OK);
    assert_memory_equal(keys.identity.public_key, want, sizeof want);
    assert_int_equal(keys.tls[1].seed.len, 32);
    assert_int_equal(keys.exchange[1].private_key.len, 0);
    sym_node_keys_clear(&keys);
}

static void secrets_of_other_lengths_neither_seal_nor_open(void **state)
{
    (void)state;
    static char longest[SYM_PASSPHRASE_BYTES_MAX + 2];
    struct sym_node_keys keys;
    struct text t = {.len = 0};
    memset(longest, 'p', sizeof longest - 1);
    new_keys(&keys);
    const struct {
        enum sym_wrap wrap;
        struct sym_span secret;
        enum sym_err err;
    } cases[] = {
        {SYM_WRAP_PASSPHRASE, sym_span_text("elevenbytes"), SYM_SHORT},
        {SYM_WRAP_PASSPHRASE, sym_span(NULL, 0), SYM_SHORT},
        {SYM_WRAP_PASSPHRASE, sym_span_text(longest), SYM_TOO_LONG},
        {SYM_WRAP_KEY, sym_span(CREDENTIAL, 31), SYM_SHORT},
        {SYM_WRAP_KEY, sym_span(NULL, 0), SYM_SHORT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(
            sym_keyfile_write(t.data, sizeof t.data, &t.len, &keys, cases[i].wrap, cases[i].secret),
            cases[i].err);
        assert_int_equal(t.len, 0);
    }
    t = some_keyfile();
    assert_int_equal(open_with(&t, "short"), SYM_BAD_TAG);
    (void)snprintf(
        t.data, sizeof t.data,
        "symbolon-keys/1\nwrap: argon2id m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==\n%s",
        strstr(some_keyfile().data, "keys: "));
    t.len = strlen(t.data);
    assert_int_equal(open_with(&t, "elevenbytes"), SYM_BAD_TAG);
    assert_int_equal(open_with(&t, longest), SYM_BAD_TAG);
    sym_node_keys_clear(&keys);
}

static void refuses_to_write_without_a_key_or_room(void **state)
{
    (void)state;
    struct sym_node_keys keys;
    struct text t = {.len = 0};
    struct sym_span secret = sym_span_text(CREDENTIAL);
    new_keys(&keys);
    struct text whole = wrapped(&keys, SYM_WRAP_KEY, CREDENTIAL);
    assert_int_equal(sym_keyfile_write(t.data, whole.len - 1, &t.len, &keys, SYM_WRAP_KEY, secret),
                     SYM_TOO_LONG);
    assert_int_equal(sym_keyfile_write(t.data, whole.len, &t.len, &keys, SYM_WRAP_KEY, secret),
                     SYM_OK);
    sym_sign_key_clear(&keys.cosign);
    assert_int_equal(sym_keyfile_write(t.data, sizeof t.data, &t.len, &keys, SYM_WRAP_KEY, secret),
                     SYM_BAD_VALUE);
    sym_node_keys_clear(&keys);
}

/* None of these may cost an Argon2id run: with m or t as claimed it would be a long one. */
static void refuses_forged_parameters_before_using_them(void **state)
{
    (void)state;
    static const char *const forged[] = {
        "argon2id m=1073741825 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=1074790400 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=4294967296 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=4563402752 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=18446744073977987072 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=8192 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=66060288 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435457 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=0 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m= t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=-268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=0268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=0x10000000 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435456 t=0 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435456 t=11 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435456 t=03 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435456 t=4294967299 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435456 t=3 salt=",
        "argon2id m=268435456 t=3 salt=AAAA",
        "argon2id m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAAAA",
        "argon2id m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAB==",
        "argon2id m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA",
        "argon2id m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA== ",
        "argon2id m=268435456 t=3 salt=\257AAAAAAAAAAAAAAAAAAAAA==",
        "argon2id t=3 m=268435456 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435456  t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2i m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435456 t=3 p=1 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "scrypt m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "key salt=AAAA",
        "key m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "none",
        "",
    };
    struct text from = some_keyfile();
    const char *keys_line = strstr(from.data, "keys: ");
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        struct text t;
        enum sym_wrap wrap;
        (void)snprintf(t.data, sizeof t.data, "symbolon-keys/1\nwrap: %s\n%s", forged[i],
                       keys_line);
        t.len = strlen(t.data);
        if (open_with(&t, PASSPHRASE PASSPHRASE) != SYM_BAD_FORMAT) {
            fail_msg("%s was used", forged[i]);
        }
        assert_int_equal(sym_keyfile_wrap(&wrap, span_of(&t)), SYM_BAD_FORMAT);
    }
}

static void refuses_a_key_file_with_any_bit_flipped(void **state)
{
    (void)state;
    struct text t = some_keyfile();
    for (size_t bit = 0; bit < t.len * 8; bit++) {
        struct text flipped = t;
        flipped.data[bit / 8] = (char)((uint8_t)flipped.data[bit / 8] ^ 1u << (bit % 8));
        enum sym_err err = open_with(&flipped, CREDENTIAL);
        assert_true(err == SYM_BAD_FORMAT || err == SYM_BAD_TAG || err == SYM_BAD_VERSION);
    }
    assert_int_equal(open_with(&t, CREDENTIAL), SYM_OK);
}

static void refuses_a_key_file_that_is_cut_or_goes_on(void **state)
{
    (void)state;
    struct text t = some_keyfile();
    for (size_t len = 0; len < t.len; len++) {
        struct text cut = t;
        cut.len = len;
        assert_int_equal(open_with(&cut, CREDENTIAL), SYM_BAD_FORMAT);
    }
    t.data[t.len++] = '\n';
    assert_int_equal(open_with(&t, CREDENTIAL), SYM_BAD_FORMAT);
    memset(t.data, 'a', sizeof t.data);
    t.len = sizeof t.data;
    assert_int_equal(open_with(&t, CREDENTIAL), SYM_TOO_LONG);
}

static void tells_another_version_from_another_file(void **state)
{
    (void)state;
    struct text t = some_keyfile();
    enum sym_wrap wrap;
    t.data[strlen("symbolon-keys/")] = '2';
    assert_int_equal(open_with(&t, CREDENTIAL), SYM_BAD_VERSION);
    assert_int_equal(sym_keyfile_wrap(&wrap, span_of(&t)), SYM_BAD_VERSION);
    t.data[0] = 'S';
    assert_int_equal(open_with(&t, CREDENTIAL), SYM_BAD_FORMAT);
}

static void refuses_the_head_of_another_file(void **state)
{
    (void)state;
    struct text a = some_keyfile();
    struct text b = some_keyfile();
    struct text mixed;
    int head = (int)(strstr(a.data, "keys: ") - a.data);
    (void)snprintf(mixed.data, sizeof mixed.data, "%.*s%s", head, a.data, strstr(b.data, "keys: "));
    mixed.len = strlen(mixed.data);
    assert_int_equal(open_with(&mixed, CREDENTIAL), SYM_BAD_TAG);
}

/* The derivation and the layout, done by hand: what stands where, and what is refused there. */
struct opened {
    struct text text;
    uint8_t wrap_key[SYM_SEAL_KEY_BYTES];
    size_t head_len;
    uint8_t plain[KEYS_BYTES];
};

static void open_by_hand(struct opened *o)
{
    uint8_t sealed[KEYS_BYTES + SYM_SEAL_OVERHEAD_BYTES];
    uint8_t root[SYM_SEAL_KEY_BYTES];
    uint8_t salt[16];
    size_t len = sizeof sealed;
    size_t salt_len = sizeof salt;
    char *line = strstr(o->text.data, "keys: ");
    o->head_len = (size_t)(line - o->text.data);
    assert_int_equal(sym_unbase64(salt, &salt_len, sym_span(strstr(o->text.data, "salt=") + 5, 24)),
                     SYM_OK);
    assert_int_equal(sym_unbase64(sealed, &len, sym_span(line + 6, strlen(line) - 7)), SYM_OK);
    assert_int_equal(len, sizeof sealed);
    (void)crypto_generichash(root, sizeof root, (const uint8_t *)CREDENTIAL, strlen(CREDENTIAL),
                             NULL, 0);
    sym_subkey(o->wrap_key, root, "symbolon-wrap-1", sym_span(salt, salt_len));
    assert_int_equal(sym_unseal(o->plain, o->wrap_key, sym_span(o->text.data, o->head_len),
                                sym_span(sealed, len)),
                     SYM_OK);
}

static void seal_by_hand(struct opened *o)
{
    uint8_t sealed[KEYS_BYTES + SYM_SEAL_OVERHEAD_BYTES];
    char text[SYM_BASE64_BYTES(sizeof sealed)];
    assert_int_equal(sym_seal(sealed, o->wrap_key, sym_span(o->text.data, o->head_len),
                              sym_span(o->plain, sizeof o->plain)),
                     SYM_OK);
    sym_base64(text, sealed, sizeof sealed);
    (void)snprintf(o->text.data + o->head_len, sizeof o->text.data - o->head_len, "keys: %s\n",
                   text);
}

static void keys_lie_in_the_documented_layout(void **state)
{
    (void)state;
    struct sym_node_keys keys;
    struct opened o;
    new_keys(&keys);
    assert_int_equal(sym_exchange_key_new(&keys.exchange[1]), SYM_OK);
    o.text = wrapped(&keys, SYM_WRAP_KEY, CREDENTIAL);
    open_by_hand(&o);
    const uint8_t *at = o.plain;
    static const uint8_t absent[33];
    assert_memory_equal(at, keys.identity.seed.data, 32);
    assert_memory_equal(at + 32, keys.tls[0].seed.data, 32);
    assert_memory_equal(at + 64, absent, 33);
    assert_memory_equal(at + 97, keys.exchange[0].private_key.data, 32);
    assert_int_equal(at[129], 1);
    assert_memory_equal(at + 130, keys.exchange[1].private_key.data, 32);
    assert_memory_equal(at + 162, keys.log.seed.data, 32);
    assert_memory_equal(at + 194, keys.cosign.seed.data, 32);
    assert_memory_equal(at + 226, keys.storage.data, 32);
    sym_node_keys_clear(&keys);
}

static void refuses_a_presence_byte_that_is_neither_0_nor_1(void **state)
{
    (void)state;
    static const size_t presence[] = {64, 129};
    for (size_t i = 0; i < 2; i++) {
        struct opened o = {.text = some_keyfile()};
        open_by_hand(&o);
        assert_int_equal(o.plain[presence[i]], 0);
        seal_by_hand(&o);
        assert_int_equal(open_with(&o.text, CREDENTIAL), SYM_OK);
        o.plain[presence[i]] = 2;
        seal_by_hand(&o);
        assert_int_equal(open_with(&o.text, CREDENTIAL), SYM_BAD_FORMAT);
    }
}

static void refuses_bytes_where_an_absent_key_would_be(void **state)
{
    (void)state;
    struct opened o = {.text = some_keyfile()};
    open_by_hand(&o);
    o.plain[70] = 1;
    seal_by_hand(&o);
    assert_int_equal(open_with(&o.text, CREDENTIAL), SYM_BAD_FORMAT);
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
        cmocka_unit_test(reads_back_keys_with_and_without_announced_ones),
        cmocka_unit_test(a_passphrase_opens_what_it_sealed_and_no_other_does),
        cmocka_unit_test(a_credential_opens_what_it_sealed_and_no_other_does),
        cmocka_unit_test(opens_a_file_written_by_the_first_version),
        cmocka_unit_test(secrets_of_other_lengths_neither_seal_nor_open),
        cmocka_unit_test(refuses_to_write_without_a_key_or_room),
        cmocka_unit_test(refuses_forged_parameters_before_using_them),
        cmocka_unit_test(refuses_a_key_file_with_any_bit_flipped),
        cmocka_unit_test(refuses_a_key_file_that_is_cut_or_goes_on),
        cmocka_unit_test(tells_another_version_from_another_file),
        cmocka_unit_test(refuses_the_head_of_another_file),
        cmocka_unit_test(keys_lie_in_the_documented_layout),
        cmocka_unit_test(refuses_a_presence_byte_that_is_neither_0_nor_1),
        cmocka_unit_test(refuses_bytes_where_an_absent_key_would_be),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
