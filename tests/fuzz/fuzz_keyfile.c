/* Key files: the input is read as a file (opened only where that costs no Argon2id), and as keys
 * that are sealed properly first, so that the fuzzer gets behind the tag. Keys that are accepted
 * must survive being written and read once more. */
#include "crypto/seal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CREDENTIAL "a credential of at least 32 bytes"
#define HEAD       "symbolon-keys/1\nwrap: key salt=AAAAAAAAAAAAAAAAAAAAAA==\n"
#define KEYS_BYTES 258u

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool same(const struct sym_secret *a, const struct sym_secret *b)
{
    return sym_span_equal(sym_secret_span(a), sym_secret_span(b));
}

static void write_again(const struct sym_node_keys *keys)
{
    struct sym_node_keys again = {0};
    struct sym_span secret = sym_span_text(CREDENTIAL);
    char text[SYM_KEYFILE_BYTES_MAX];
    size_t len = 0;
    insist(sym_keyfile_write(text, sizeof text, &len, keys, SYM_WRAP_KEY, secret) == SYM_OK);
    insist(sym_keyfile_read(&again, sym_span(text, len), secret) == SYM_OK);
    insist(same(&keys->identity.seed, &again.identity.seed) &&
           same(&keys->log.seed, &again.log.seed) && same(&keys->cosign.seed, &again.cosign.seed) &&
           same(&keys->storage, &again.storage));
    for (size_t i = 0; i < 2; i++) {
        insist(same(&keys->tls[i].seed, &again.tls[i].seed) &&
               same(&keys->exchange[i].private_key, &again.exchange[i].private_key));
    }
    sym_node_keys_clear(&again);
}

static bool read_file(struct sym_span text)
{
    struct sym_node_keys keys = {0};
    enum sym_wrap wrap = SYM_WRAP_PASSPHRASE;
    enum sym_err known = sym_keyfile_wrap(&wrap, text);
    if (known == SYM_OK && wrap == SYM_WRAP_PASSPHRASE) {
        return false;
    }
    enum sym_err err = sym_keyfile_read(&keys, text, sym_span_text(CREDENTIAL));
    insist(known == SYM_OK ? err == SYM_OK || err == SYM_BAD_TAG || err == SYM_BAD_FORMAT
                           : err == known);
    if (err == SYM_OK) {
        write_again(&keys);
    }
    sym_node_keys_clear(&keys);
    return err == SYM_OK;
}

/* The payload is the input, cut or filled up with zeros. */
static void read_sealed(struct sym_span input)
{
    static const uint8_t salt[16];
    uint8_t root[SYM_SEAL_KEY_BYTES];
    uint8_t wrap_key[SYM_SEAL_KEY_BYTES];
    uint8_t plain[KEYS_BYTES] = {0};
    uint8_t sealed[KEYS_BYTES + SYM_SEAL_OVERHEAD_BYTES];
    char base64[SYM_BASE64_BYTES(sizeof sealed)];
    char text[sizeof HEAD + sizeof base64 + 8];
    struct sym_span made;
    memcpy(plain, input.data, input.len < sizeof plain ? input.len : sizeof plain);
    (void)crypto_generichash(root, sizeof root, (const uint8_t *)CREDENTIAL, strlen(CREDENTIAL),
                             NULL, 0);
    sym_subkey(wrap_key, root, "symbolon-wrap-1", sym_span(salt, sizeof salt));
    insist(sym_seal(sealed, wrap_key, sym_span_text(HEAD), sym_span(plain, sizeof plain)) ==
           SYM_OK);
    sym_base64(base64, sealed, sizeof sealed);
    struct sym_writer w = sym_writer((uint8_t *)text, sizeof text);
    sym_write_span(&w, sym_span_text(HEAD "keys: "));
    sym_write_span(&w, sym_span_text(base64));
    sym_write_span(&w, sym_span_text("\n"));
    insist(sym_write_end(&w, &made) == SYM_OK);
    insist(read_file(made) == (plain[64] <= 1 && plain[129] <= 1 &&
                               (plain[64] == 1 || sodium_is_zero(plain + 65, 32)) &&
                               (plain[129] == 1 || sodium_is_zero(plain + 130, 32))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_span input = sym_span(data, size);
    insist(sym_crypto_init() == SYM_OK);
    (void)read_file(input);
    if (size > 0) {
        read_sealed(input);
    }
    return 0;
}
