#include "crypto/seal.h"

#include "crypto/aead.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define NONCE_BYTES SYM_SEAL_NONCE_BYTES
/* From here on a context of OpenSSL's costs less than it saves. */
#define LONG_BYTES 2048u

_Static_assert(NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(SYM_SEAL_OVERHEAD_BYTES == NONCE_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "nonce and tag");
_Static_assert(SYM_SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");

/* XChaCha20-Poly1305 is ChaCha20-Poly1305 under a key and a nonce that HChaCha20 makes of the first
 * and the last bytes of the long nonce: what is long goes to the quicker of two libraries. */
static enum sym_err inner(struct sym_aead *a, uint64_t *counter,
                          const uint8_t key[SYM_SEAL_KEY_BYTES], const uint8_t nonce[NONCE_BYTES])
{
    uint8_t own[SYM_AEAD_KEY_BYTES];
    (void)crypto_core_hchacha20(own, nonce, key, NULL);
    enum sym_err err = sym_aead_renew(a, own);
    sym_wipe(own, sizeof own);
    *counter = 0;
    for (unsigned i = 0; i < 8; i++) {
        *counter |= (uint64_t)nonce[crypto_core_hchacha20_INPUTBYTES + i] << (8 * i);
    }
    return err;
}

static enum sym_err seal_long(uint8_t *out, struct sym_aead *kept,
                              const uint8_t key[SYM_SEAL_KEY_BYTES],
                              const uint8_t nonce[NONCE_BYTES], struct sym_span ad,
                              struct sym_span plain)
{
    static const uint8_t no_key[SYM_AEAD_KEY_BYTES];
    uint64_t counter = 0;
    enum sym_err err = inner(kept, &counter, key, nonce);
    if (err == SYM_OK) {
        err = sym_aead_seal_to(kept, out, counter, ad, plain);
    }
    if (err != SYM_OK || sym_aead_renew(kept, no_key) != SYM_OK) {
        sym_aead_clear(kept);
    }
    return err;
}

static enum sym_err unseal_long(uint8_t *out, const uint8_t key[SYM_SEAL_KEY_BYTES],
                                const uint8_t nonce[NONCE_BYTES], struct sym_span ad,
                                struct sym_span sealed)
{
    struct sym_aead a = {0};
    uint64_t counter = 0;
    enum sym_err err = inner(&a, &counter, key, nonce);
    if (err == SYM_OK) {
        err = sym_aead_open_to(&a, out, counter, ad, sealed);
    }
    sym_aead_clear(&a);
    return err;
}

enum sym_err sym_seal_with(uint8_t *out, struct sym_aead *kept,
                           const uint8_t key[SYM_SEAL_KEY_BYTES],
                           const uint8_t nonce[SYM_SEAL_NONCE_BYTES], struct sym_span ad,
                           struct sym_span plain)
{
    if (plain.len > SIZE_MAX - SYM_SEAL_OVERHEAD_BYTES) {
        return SYM_TOO_LONG;
    }
    memcpy(out, nonce, NONCE_BYTES);
    if (plain.len >= LONG_BYTES) {
        return seal_long(out + NONCE_BYTES, kept, key, out, ad, plain);
    }
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_BYTES, NULL, plain.data, plain.len,
                                                     ad.data, ad.len, NULL, out, key);
    return SYM_OK;
}

enum sym_err sym_seal(uint8_t *out, const uint8_t key[SYM_SEAL_KEY_BYTES], struct sym_span ad,
                      struct sym_span plain)
{
    uint8_t nonce[NONCE_BYTES];
    struct sym_aead a = {0};
    sym_random(nonce, sizeof nonce);
    enum sym_err err = sym_seal_with(out, &a, key, nonce, ad, plain);
    sym_aead_clear(&a);
    return err;
}

enum sym_err sym_unseal(uint8_t *out, const uint8_t key[SYM_SEAL_KEY_BYTES], struct sym_span ad,
                        struct sym_span sealed)
{
    struct sym_reader r = sym_reader(sealed);
    struct sym_span nonce = sym_read_span(&r, NONCE_BYTES);
    struct sym_span rest = sym_read_span(&r, r.left);
    if (r.err != SYM_OK || rest.len < crypto_aead_xchacha20poly1305_ietf_ABYTES) {
        return SYM_SHORT;
    }
    if (rest.len >= LONG_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES) {
        return unseal_long(out, key, nonce.data, ad, rest);
    }
    int refused = crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, rest.data, rest.len,
                                                             ad.data, ad.len, nonce.data, key);
    return refused == 0 ? SYM_OK : SYM_BAD_TAG;
}

void sym_subkey(uint8_t out[SYM_SEAL_KEY_BYTES], const uint8_t key[SYM_SEAL_KEY_BYTES],
                const char *purpose, struct sym_span context)
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, key, SYM_SEAL_KEY_BYTES, SYM_SEAL_KEY_BYTES);
    (void)crypto_generichash_update(&state, (const uint8_t *)purpose, strlen(purpose) + 1);
    (void)crypto_generichash_update(&state, context.data, context.len);
    (void)crypto_generichash_final(&state, out, SYM_SEAL_KEY_BYTES);
    sym_wipe(&state, sizeof state);
}

#define FAMILY           "symbolon-keys/"
#define VERSION          "1"
#define FIRST            FAMILY VERSION "\n"
#define SALT_BYTES       crypto_pwhash_SALTBYTES
#define HEAD_BYTES_MAX   128
#define MEMORY_STEP      (1u << 20)
#define MEMORY_MIN_BYTES (64u << 20)
#define MEMORY_MAX_BYTES (1024u << 20)
#define MEMORY_BYTES     (256u << 20)
#define PASSES           3u
#define PASSES_MAX       10u

_Static_assert(MEMORY_BYTES == crypto_pwhash_MEMLIMIT_MODERATE &&
                   PASSES == crypto_pwhash_OPSLIMIT_MODERATE,
               "libsodium's moderate parameters");

/* The first two lines of a key file. */
struct head {
    enum sym_wrap wrap;
    uint32_t memory_bytes; /* these two for a passphrase only */
    uint32_t passes;
    uint8_t salt[SALT_BYTES];
};

static enum sym_err write_head(char out[HEAD_BYTES_MAX], size_t *len, const struct head *h)
{
    char salt[SYM_BASE64_BYTES(SALT_BYTES)];
    sym_base64(salt, h->salt, sizeof h->salt);
    int written = h->wrap == SYM_WRAP_KEY
                      ? snprintf(out, HEAD_BYTES_MAX, FIRST "wrap: key salt=%s\n", salt)
                      : snprintf(out, HEAD_BYTES_MAX,
                                 FIRST "wrap: argon2id m=%" PRIu32 " t=%" PRIu32 " salt=%s\n",
                                 h->memory_bytes, h->passes, salt);
    if (written < 0 || written >= HEAD_BYTES_MAX) {
        return SYM_INTERNAL;
    }
    *len = (size_t)written;
    return SYM_OK;
}

static bool next_is(const struct sym_reader *r, const char *text)
{
    struct sym_reader ahead = *r;
    sym_read_text(&ahead, text);
    return ahead.err == SYM_OK;
}

/* What stands before the next end byte, which is taken too. */
static struct sym_span read_until(struct sym_reader *r, char end)
{
    const uint8_t *at = r->left > 0 ? memchr(r->at, end, r->left) : NULL;
    if (at == NULL && r->err == SYM_OK) {
        r->err = SYM_SHORT;
    }
    struct sym_span got = sym_read_span(r, at != NULL ? (size_t)(at - r->at) : 0);
    (void)sym_read_u8(r);
    return got;
}

static uint32_t read_number(struct sym_reader *r, uint32_t min, uint32_t max)
{
    struct sym_span text = read_until(r, ' ');
    uint64_t v = 0;
    for (size_t i = 0; i < text.len && v <= max; i++) {
        v = 10 * v + (uint8_t)(text.data[i] - '0');
    }
    if (r->err == SYM_OK && (v < min || v > max)) {
        r->err = SYM_BAD_FORMAT;
    }
    return (uint32_t)v;
}

/* *ad is the text of the head. What a number or the salt may look like is not looked into: the head
 * must be what would be written for what was read. */
static void read_head(struct head *h, struct sym_span *ad, struct sym_reader *r)
{
    const uint8_t *start = r->at;
    sym_read_text(r, FIRST);
    h->wrap = next_is(r, "wrap: key ") ? SYM_WRAP_KEY : SYM_WRAP_PASSPHRASE;
    if (h->wrap == SYM_WRAP_KEY) {
        sym_read_text(r, "wrap: key ");
    } else {
        sym_read_text(r, "wrap: argon2id m=");
        h->memory_bytes = read_number(r, MEMORY_MIN_BYTES, MEMORY_MAX_BYTES);
        sym_read_text(r, "t=");
        h->passes = read_number(r, 1, PASSES_MAX);
    }
    sym_read_text(r, "salt=");
    struct sym_span salt = read_until(r, '\n');
    size_t salt_len = sizeof h->salt;
    char again[HEAD_BYTES_MAX];
    size_t len = 0;
    if (r->err != SYM_OK) {
        return;
    }
    *ad = sym_span(start, (size_t)(r->at - start));
    if (h->memory_bytes % MEMORY_STEP != 0 || sym_unbase64(h->salt, &salt_len, salt) != SYM_OK ||
        salt_len != sizeof h->salt || write_head(again, &len, h) != SYM_OK ||
        !sym_span_equal(*ad, sym_span(again, len))) {
        r->err = SYM_BAD_FORMAT;
    }
}

static void hash_secret(uint8_t out[SYM_SEAL_KEY_BYTES], struct sym_span secret)
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, SYM_SEAL_KEY_BYTES);
    (void)crypto_generichash_update(&state, secret.data, secret.len);
    (void)crypto_generichash_final(&state, out, SYM_SEAL_KEY_BYTES);
    sym_wipe(&state, sizeof state);
}

/* Argon2id is for what people can remember. A credential is long and uniform already, and a node
 * that starts from one should not need 256 MiB for it. */
static enum sym_err wrapping_key(struct sym_secret *out, const struct head *h,
                                 struct sym_span secret)
{
    uint8_t root[SYM_SEAL_KEY_BYTES];
    enum sym_err err = sym_secret_new(out, SYM_SEAL_KEY_BYTES);
    if (err != SYM_OK) {
        return err;
    }
    switch (h->wrap) {
    case SYM_WRAP_PASSPHRASE:
        return crypto_pwhash(out->data, out->len, (const char *)secret.data, secret.len, h->salt,
                             h->passes, h->memory_bytes, crypto_pwhash_ALG_ARGON2ID13) == 0
                   ? SYM_OK
                   : SYM_NO_MEMORY;
    case SYM_WRAP_KEY:
        hash_secret(root, secret);
        sym_subkey(out->data, root, "symbolon-wrap-1", sym_span(h->salt, sizeof h->salt));
        sym_wipe(root, sizeof root);
        return SYM_OK;
    }
    return SYM_INTERNAL;
}

/* The sealed keys: 32 bytes each, in this order; each that may be absent has a byte before it that
 * says whether it is there (1) or zeros stand for it (0). */
#define SECRET_BYTES 32u
#define SECRETS      8u
#define OPTIONAL     2u
#define KEYS_BYTES   (SECRETS * SECRET_BYTES + OPTIONAL)
#define SEALED_BYTES (KEYS_BYTES + SYM_SEAL_OVERHEAD_BYTES)

static const uint8_t absent[SECRET_BYTES];

static void put_secret(struct sym_writer *w, const struct sym_secret *s)
{
    if (s->len != SECRET_BYTES && w->err == SYM_OK) {
        w->err = SYM_BAD_VALUE;
    }
    sym_write_span(w, sym_secret_span(s));
}

static void put_optional(struct sym_writer *w, const struct sym_secret *s)
{
    sym_write_u8(w, s->len > 0 ? 1 : 0);
    if (s->len > 0) {
        put_secret(w, s);
    } else {
        sym_write_bytes(w, absent, sizeof absent);
    }
}

static enum sym_err put_keys(uint8_t out[KEYS_BYTES], const struct sym_node_keys *keys)
{
    struct sym_writer w = sym_writer(out, KEYS_BYTES);
    struct sym_span written;
    put_secret(&w, &keys->identity.seed);
    put_secret(&w, &keys->tls[0].seed);
    put_optional(&w, &keys->tls[1].seed);
    put_secret(&w, &keys->exchange[0].private_key);
    put_optional(&w, &keys->exchange[1].private_key);
    put_secret(&w, &keys->log.seed);
    put_secret(&w, &keys->cosign.seed);
    put_secret(&w, &keys->storage);
    return sym_write_end(&w, &written);
}

/* Empty when the key is absent. */
static struct sym_span get_optional(struct sym_reader *r)
{
    uint8_t there = sym_read_u8(r);
    struct sym_span got = sym_read_span(r, SECRET_BYTES);
    if (r->err == SYM_OK &&
        (there > 1 || (there == 0 && !sym_equal(got.data, absent, sizeof absent)))) {
        r->err = SYM_BAD_FORMAT;
    }
    return there == 1 ? got : sym_span(NULL, 0);
}

static void get_sign(struct sym_reader *r, struct sym_sign_key *k, struct sym_span seed)
{
    if (r->err == SYM_OK && seed.len > 0) {
        r->err = sym_sign_key_from(k, seed);
    }
}

static void get_exchange(struct sym_reader *r, struct sym_exchange_key *k,
                         struct sym_span private_key)
{
    if (r->err == SYM_OK && private_key.len > 0) {
        r->err = sym_exchange_key_from(k, private_key);
    }
}

static enum sym_err get_keys(struct sym_node_keys *keys, struct sym_span from)
{
    struct sym_reader r = sym_reader(from);
    get_sign(&r, &keys->identity, sym_read_span(&r, SECRET_BYTES));
    get_sign(&r, &keys->tls[0], sym_read_span(&r, SECRET_BYTES));
    get_sign(&r, &keys->tls[1], get_optional(&r));
    get_exchange(&r, &keys->exchange[0], sym_read_span(&r, SECRET_BYTES));
    get_exchange(&r, &keys->exchange[1], get_optional(&r));
    get_sign(&r, &keys->log, sym_read_span(&r, SECRET_BYTES));
    get_sign(&r, &keys->cosign, sym_read_span(&r, SECRET_BYTES));
    struct sym_span storage = sym_read_span(&r, SECRET_BYTES);
    enum sym_err err = sym_read_end(&r);
    if (err == SYM_OK) {
        err = sym_secret_copy(&keys->storage, storage);
    }
    if (err != SYM_OK) {
        sym_node_keys_clear(keys);
    }
    return err;
}

static enum sym_err check_secret(enum sym_wrap wrap, struct sym_span secret)
{
    bool passphrase = wrap == SYM_WRAP_PASSPHRASE;
    if (secret.len < (passphrase ? SYM_PASSPHRASE_BYTES_MIN : SYM_WRAP_KEY_BYTES_MIN)) {
        return SYM_SHORT;
    }
    return passphrase && secret.len > SYM_PASSPHRASE_BYTES_MAX ? SYM_TOO_LONG : SYM_OK;
}

static enum sym_err seal_keys(uint8_t out[SEALED_BYTES], const struct sym_node_keys *keys,
                              const struct head *h, struct sym_span ad, struct sym_span secret)
{
    SYM_SECRET_AUTO plain = {0};
    SYM_SECRET_AUTO key = {0};
    enum sym_err err = sym_secret_new(&plain, KEYS_BYTES);
    if (err == SYM_OK) {
        err = put_keys(plain.data, keys);
    }
    if (err == SYM_OK) {
        err = wrapping_key(&key, h, secret);
    }
    return err == SYM_OK ? sym_seal(out, key.data, ad, sym_secret_span(&plain)) : err;
}

enum sym_err sym_keyfile_write(char *out, size_t max, size_t *len, const struct sym_node_keys *keys,
                               enum sym_wrap wrap, struct sym_span secret)
{
    struct head h = {.wrap = wrap, .memory_bytes = MEMORY_BYTES, .passes = PASSES};
    char head[HEAD_BYTES_MAX];
    size_t head_len = 0;
    uint8_t sealed[SEALED_BYTES];
    char text[SYM_BASE64_BYTES(SEALED_BYTES)];
    enum sym_err err = check_secret(wrap, secret);
    if (err != SYM_OK) {
        return err;
    }
    sym_random(h.salt, sizeof h.salt);
    err = write_head(head, &head_len, &h);
    if (err == SYM_OK) {
        err = seal_keys(sealed, keys, &h, sym_span(head, head_len), secret);
    }
    if (err != SYM_OK) {
        return err;
    }
    sym_base64(text, sealed, sizeof sealed);
    struct sym_writer w = sym_writer((uint8_t *)out, max);
    struct sym_span written;
    sym_write_bytes(&w, head, head_len);
    sym_write_span(&w, sym_span_text("keys: "));
    sym_write_span(&w, sym_span_text(text));
    sym_write_u8(&w, '\n');
    err = sym_write_end(&w, &written);
    if (err == SYM_OK) {
        *len = written.len;
    }
    return err;
}

struct keyfile {
    struct head head;
    struct sym_span ad;
    uint8_t sealed[SEALED_BYTES];
};

static bool is_of_another_version(struct sym_reader r)
{
    sym_read_text(&r, FAMILY);
    struct sym_span version = read_until(&r, '\n');
    return r.err == SYM_OK && !sym_span_equal(version, sym_span_text(VERSION));
}

static enum sym_err parse(struct keyfile *file, struct sym_span text)
{
    struct sym_reader r = sym_reader(text);
    if (text.len > SYM_KEYFILE_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    if (is_of_another_version(r)) {
        return SYM_BAD_VERSION;
    }
    *file = (struct keyfile){.ad = {NULL, 0}};
    read_head(&file->head, &file->ad, &r);
    sym_read_text(&r, "keys: ");
    struct sym_span sealed = read_until(&r, '\n');
    size_t len = sizeof file->sealed;
    if (sym_read_end(&r) != SYM_OK || sym_unbase64(file->sealed, &len, sealed) != SYM_OK ||
        len != sizeof file->sealed) {
        return SYM_BAD_FORMAT;
    }
    return SYM_OK;
}

enum sym_err sym_keyfile_wrap(enum sym_wrap *out, struct sym_span text)
{
    struct keyfile file;
    enum sym_err err = parse(&file, text);
    if (err == SYM_OK) {
        *out = file.head.wrap;
    }
    return err;
}

enum sym_err sym_keyfile_read(struct sym_node_keys *keys, struct sym_span text,
                              struct sym_span secret)
{
    SYM_SECRET_AUTO key = {0};
    SYM_SECRET_AUTO plain = {0};
    struct keyfile file;
    enum sym_err err = parse(&file, text);
    if (err == SYM_OK && check_secret(file.head.wrap, secret) != SYM_OK) {
        err = SYM_BAD_TAG;
    }
    if (err == SYM_OK) {
        err = sym_secret_new(&plain, KEYS_BYTES);
    }
    if (err == SYM_OK) {
        err = wrapping_key(&key, &file.head, secret);
    }
    if (err == SYM_OK) {
        err = sym_unseal(plain.data, key.data, file.ad, sym_span(file.sealed, sizeof file.sealed));
    }
    return err == SYM_OK ? get_keys(keys, sym_secret_span(&plain)) : err;
}
