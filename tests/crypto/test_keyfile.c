/* The wrapped key file: which secret opens it, and where the keys lie in it.
 *
 * runner: timeout=300 */
#include "tests/crypto/keyfile_case.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define KEYS_BYTES 258u

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
    assert_int_equal(sym_unhex(want, sizeof want, sym_span_text(identity)), SYM_OK);
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
        cmocka_unit_test(reads_back_keys_with_and_without_announced_ones),
        cmocka_unit_test(a_passphrase_opens_what_it_sealed_and_no_other_does),
        cmocka_unit_test(a_credential_opens_what_it_sealed_and_no_other_does),
        cmocka_unit_test(opens_a_file_written_by_the_first_version),
        cmocka_unit_test(secrets_of_other_lengths_neither_seal_nor_open),
        cmocka_unit_test(refuses_to_write_without_a_key_or_room),
        cmocka_unit_test(keys_lie_in_the_documented_layout),
        cmocka_unit_test(refuses_a_presence_byte_that_is_neither_0_nor_1),
        cmocka_unit_test(refuses_bytes_where_an_absent_key_would_be),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
