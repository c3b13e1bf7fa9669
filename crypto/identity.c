#include "crypto/identity.h"

#include "crypto/digest.h"
#include "crypto/words.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define EXPANDED_BYTES (crypto_sign_SECRETKEYBYTES + SYM_DIGEST_BYTES)

static void digest_expanded(uint8_t out[SYM_DIGEST_BYTES],
                            const uint8_t expanded[crypto_sign_SECRETKEYBYTES])
{
    const struct sym_span part = sym_span(expanded, crypto_sign_SECRETKEYBYTES);
    sym_digest(out, "symbolon-signkey", &part, 1);
}

enum sym_err sym_sign_key_new(struct sym_sign_key *k)
{
    uint8_t drawn[SYM_SEED_BYTES];
    sym_random(drawn, sizeof drawn);
    enum sym_err err = sym_sign_key_from(k, sym_span(drawn, sizeof drawn));
    sym_wipe(drawn, sizeof drawn);
    return err;
}

enum sym_err sym_sign_key_from(struct sym_sign_key *k, struct sym_span seed)
{
    if (seed.len != SYM_SEED_BYTES) {
        return SYM_BAD_FORMAT;
    }
    enum sym_err err = sym_secret_copy(&k->seed, seed);
    if (err == SYM_OK) {
        err = sym_secret_new(&k->expanded, EXPANDED_BYTES);
    }
    if (err == SYM_OK) {
        (void)crypto_sign_seed_keypair(k->public_key, k->expanded.data, k->seed.data);
        digest_expanded(k->expanded.data + crypto_sign_SECRETKEYBYTES, k->expanded.data);
    } else {
        sym_sign_key_clear(k);
    }
    return err;
}

void sym_sign_key_clear(struct sym_sign_key *k)
{
    sym_secret_clear(&k->seed);
    sym_secret_clear(&k->expanded);
    *k = (struct sym_sign_key){0};
}

/* domain and message side by side, as Ed25519 wants to see them; free() what it returns. */
static enum sym_err join(uint8_t **out, size_t *len, const char *domain, struct sym_span message)
{
    struct sym_span first = sym_span_text(domain);
    if (message.len > SIZE_MAX - first.len - 1) {
        return SYM_TOO_LONG;
    }
    size_t total = first.len + message.len;
    uint8_t *joined = malloc(total + 1);
    if (joined == NULL) {
        return SYM_NO_MEMORY;
    }
    struct sym_writer w = sym_writer(joined, total);
    sym_write_span(&w, first);
    sym_write_span(&w, message);
    *out = joined;
    *len = total;
    return SYM_OK;
}

enum sym_err sym_sign(uint8_t signature[SYM_SIGNATURE_BYTES], const struct sym_sign_key *k,
                      const char *domain, struct sym_span message)
{
    uint8_t digest[SYM_DIGEST_BYTES];
    uint8_t *joined = NULL;
    size_t len = 0;
    if (k->seed.len != SYM_SEED_BYTES || k->expanded.len != EXPANDED_BYTES) {
        return SYM_BAD_FORMAT;
    }
    /* Signing with a public half that was altered in memory would give the private key away. */
    digest_expanded(digest, k->expanded.data);
    if (!sym_equal(digest, k->expanded.data + crypto_sign_SECRETKEYBYTES, sizeof digest)) {
        return SYM_INTERNAL;
    }
    enum sym_err err = join(&joined, &len, domain, message);
    if (err != SYM_OK) {
        return err;
    }
    (void)crypto_sign_detached(signature, NULL, joined, len, k->expanded.data);
    free(joined);
    return SYM_OK;
}

enum sym_err sym_verify(const uint8_t signature[SYM_SIGNATURE_BYTES],
                        const uint8_t public_key[SYM_ED25519_BYTES], const char *domain,
                        struct sym_span message)
{
    uint8_t *joined = NULL;
    size_t len = 0;
    enum sym_err err = join(&joined, &len, domain, message);
    if (err != SYM_OK) {
        return err;
    }
    if (crypto_sign_verify_detached(signature, joined, len, public_key) != 0) {
        err = SYM_BAD_SIGNATURE;
    }
    free(joined);
    return err;
}

/* SHA-256 of first and second. libsodium's, because it cannot fail and these are short. */
static void hash_pair(uint8_t out[SYM_HASH_BYTES], struct sym_span first, struct sym_span second)
{
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, first.data, first.len);
    (void)crypto_hash_sha256_update(&state, second.data, second.len);
    (void)crypto_hash_sha256_final(&state, out);
}

void sym_node_id_of(struct sym_node_id *out, const uint8_t identity[SYM_ED25519_BYTES])
{
    hash_pair(out->bytes, sym_span_text("symbolon-node-1"), sym_span(identity, SYM_ED25519_BYTES));
}

struct sym_span sym_node_id_span(const struct sym_node_id *id)
{
    return sym_span(id->bytes, sizeof id->bytes);
}

bool sym_node_id_equal(const struct sym_node_id *a, const struct sym_node_id *b)
{
    return sym_equal(a->bytes, b->bytes, sizeof a->bytes);
}

_Static_assert(SYM_FINGERPRINT_WORDS <= SYM_NODE_ID_BYTES, "one word a byte");
_Static_assert(SYM_FINGERPRINT_WORDS *(SYM_WORD_BYTES_MAX + 1) <= SYM_FINGERPRINT_BYTES,
               "the longest words, each with a space or the terminator");

void sym_fingerprint_words(char out[SYM_FINGERPRINT_BYTES], const struct sym_node_id *id)
{
    char *at = out;
    for (size_t i = 0; i < SYM_FINGERPRINT_WORDS; i++) {
        if (i > 0) {
            *at++ = ' ';
        }
        at = stpcpy(at, sym_word(i, id->bytes[i]));
    }
}

void sym_pin_of(uint8_t out[SYM_PIN_BYTES], const uint8_t tls_key[SYM_ED25519_BYTES])
{
    /* SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING of 32 bytes }: RFC 8410, section 4. */
    static const uint8_t head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                   0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    hash_pair(out, sym_span(head, sizeof head), sym_span(tls_key, SYM_ED25519_BYTES));
}

enum sym_err sym_node_keys_new(struct sym_node_keys *keys)
{
    struct sym_sign_key *sign[] = {&keys->identity, &keys->tls[0], &keys->log, &keys->cosign};
    enum sym_err err = sym_secret_random(&keys->storage, SYM_STORAGE_KEY_BYTES);
    for (size_t i = 0; i < sizeof sign / sizeof sign[0] && err == SYM_OK; i++) {
        err = sym_sign_key_new(sign[i]);
    }
    if (err == SYM_OK) {
        err = sym_exchange_key_new(&keys->exchange[0]);
    }
    if (err != SYM_OK) {
        sym_node_keys_clear(keys);
    }
    return err;
}

void sym_node_keys_clear(struct sym_node_keys *keys)
{
    sym_sign_key_clear(&keys->identity);
    for (size_t i = 0; i < 2; i++) {
        sym_sign_key_clear(&keys->tls[i]);
        sym_exchange_key_clear(&keys->exchange[i]);
    }
    sym_sign_key_clear(&keys->log);
    sym_sign_key_clear(&keys->cosign);
    sym_secret_clear(&keys->storage);
}
