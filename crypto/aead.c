/* The SHA256_* functions are marked as deprecated, because EVP is to be preferred; but for the
 * short inputs of Merkle trees EVP spends four fifths of its time on looking up the algorithm. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/aead.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>

#define NONCE_BYTES 12

static enum sym_err fetch_error(const void *made)
{
    return made == NULL ? SYM_NO_MEMORY : SYM_UNSUPPORTED;
}

enum sym_err sym_aead_init(struct sym_aead *a, const uint8_t key[SYM_AEAD_KEY_BYTES])
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context == NULL ||
        EVP_CipherInit_ex(context, EVP_chacha20_poly1305(), NULL, key, NULL, 1) != 1) {
        enum sym_err err = fetch_error(context);
        EVP_CIPHER_CTX_free(context);
        return err;
    }
    a->context = context;
    return SYM_OK;
}

enum sym_err sym_aead_renew(struct sym_aead *a, const uint8_t key[SYM_AEAD_KEY_BYTES])
{
    if (a->context == NULL) {
        return sym_aead_init(a, key);
    }
    return EVP_CipherInit_ex(a->context, NULL, NULL, key, NULL, 1) == 1 ? SYM_OK : SYM_NO_MEMORY;
}

void sym_aead_clear(struct sym_aead *a)
{
    EVP_CIPHER_CTX_free(a->context);
    a->context = NULL;
}

/* Sets the nonce, keeping the key, and absorbs the associated data. */
static bool begin(EVP_CIPHER_CTX *context, int seal, uint64_t nonce, struct sym_span ad)
{
    uint8_t bytes[NONCE_BYTES] = {0};
    for (size_t i = 0; i < 8; i++) {
        bytes[4 + i] = (uint8_t)(nonce >> (8 * i));
    }
    int done = 0;
    return EVP_CipherInit_ex(context, NULL, NULL, NULL, bytes, seal) == 1 &&
           (ad.len == 0 || EVP_CipherUpdate(context, NULL, &done, ad.data, (int)ad.len) == 1);
}

enum sym_err sym_aead_seal_to(struct sym_aead *a, uint8_t *out, uint64_t nonce, struct sym_span ad,
                              struct sym_span plain)
{
    EVP_CIPHER_CTX *context = a->context;
    int done = 0;
    if (plain.len > SYM_AEAD_BYTES_MAX || ad.len > SYM_AEAD_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    uint8_t *tag = out + plain.len;
    if (!begin(context, 1, nonce, ad) ||
        EVP_CipherUpdate(context, out, &done, plain.data, (int)plain.len) != 1 ||
        EVP_CipherFinal_ex(context, tag, &done) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SYM_AEAD_TAG_BYTES, tag) != 1) {
        sym_wipe(out, plain.len + SYM_AEAD_TAG_BYTES);
        return SYM_NO_MEMORY;
    }
    return SYM_OK;
}

enum sym_err sym_aead_open_to(struct sym_aead *a, uint8_t *out, uint64_t nonce, struct sym_span ad,
                              struct sym_span sealed)
{
    EVP_CIPHER_CTX *context = a->context;
    uint8_t tag[SYM_AEAD_TAG_BYTES];
    int done = 0;
    if (sealed.len < sizeof tag) {
        return SYM_SHORT;
    }
    size_t len = sealed.len - sizeof tag;
    if (len > SYM_AEAD_BYTES_MAX || ad.len > SYM_AEAD_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    memcpy(tag, sealed.data + len, sizeof tag);
    if (!begin(context, 0, nonce, ad) ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SYM_AEAD_TAG_BYTES, tag) != 1 ||
        EVP_CipherUpdate(context, out, &done, sealed.data, (int)len) != 1 ||
        EVP_CipherFinal_ex(context, tag, &done) != 1) {
        sym_wipe(out, len);
        return SYM_BAD_TAG;
    }
    return SYM_OK;
}

enum sym_err sym_aead_seal(struct sym_aead *a, uint64_t nonce, struct sym_span ad, uint8_t *data,
                           size_t len)
{
    return sym_aead_seal_to(a, data, nonce, ad, sym_span(data, len));
}

enum sym_err sym_aead_open(struct sym_aead *a, uint64_t nonce, struct sym_span ad, uint8_t *data,
                           size_t len)
{
    enum sym_err err = sym_aead_open_to(a, data, nonce, ad, sym_span(data, len));
    if (err == SYM_BAD_TAG) {
        sym_wipe(data, len);
    }
    return err;
}

enum sym_err sym_sha256(uint8_t out[SYM_HASH_BYTES], struct sym_span data)
{
    return sym_sha256_parts(out, &data, 1);
}

enum sym_err sym_sha256_parts(uint8_t out[SYM_HASH_BYTES], const struct sym_span *parts, size_t n)
{
    SHA256_CTX context;
    bool ok = SHA256_Init(&context) == 1;
    for (size_t i = 0; ok && i < n; i++) {
        ok = parts[i].len == 0 || SHA256_Update(&context, parts[i].data, parts[i].len) == 1;
    }
    ok = ok && SHA256_Final(out, &context) == 1;
    sym_wipe(&context, sizeof context);
    return ok ? SYM_OK : SYM_INTERNAL;
}

enum sym_err sym_hash_init(struct sym_hash *h)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_MD_CTX *scratch = EVP_MD_CTX_new();
    if (context == NULL || scratch == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        enum sym_err err = context == NULL ? SYM_NO_MEMORY : fetch_error(scratch);
        EVP_MD_CTX_free(context);
        EVP_MD_CTX_free(scratch);
        return err;
    }
    *h = (struct sym_hash){.context = context, .scratch = scratch, .failed = false};
    return SYM_OK;
}

void sym_hash_update(struct sym_hash *h, struct sym_span data)
{
    if (data.len > 0 && EVP_DigestUpdate(h->context, data.data, data.len) != 1) {
        h->failed = true;
    }
}

enum sym_err sym_hash_value(uint8_t out[SYM_HASH_BYTES], const struct sym_hash *h)
{
    if (h->failed || EVP_MD_CTX_copy_ex(h->scratch, h->context) != 1 ||
        EVP_DigestFinal_ex(h->scratch, out, NULL) != 1) {
        return SYM_NO_MEMORY;
    }
    return SYM_OK;
}

void sym_hash_clear(struct sym_hash *h)
{
    EVP_MD_CTX_free(h->context);
    EVP_MD_CTX_free(h->scratch);
    *h = (struct sym_hash){0};
}

static bool hmac(uint8_t out[SYM_HASH_BYTES], const uint8_t key[SYM_HASH_BYTES],
                 struct sym_span data)
{
    return HMAC(EVP_sha256(), key, SYM_HASH_BYTES, data.data, data.len, out, NULL) != NULL;
}

enum sym_err sym_hkdf(uint8_t out[][SYM_HASH_BYTES], size_t n,
                      const uint8_t chaining_key[SYM_HASH_BYTES], struct sym_span material)
{
    uint8_t temp_key[SYM_HASH_BYTES];
    uint8_t input[SYM_HASH_BYTES + 1];
    bool ok = hmac(temp_key, chaining_key, material);
    for (size_t i = 0; i < n && ok; i++) {
        input[SYM_HASH_BYTES] = (uint8_t)(i + 1);
        if (i > 0) {
            memcpy(input, out[i - 1], SYM_HASH_BYTES);
        }
        ok = hmac(out[i], temp_key,
                  i > 0 ? sym_span(input, sizeof input) : sym_span(input + SYM_HASH_BYTES, 1));
    }
    sym_wipe(temp_key, sizeof temp_key);
    sym_wipe(input, sizeof input);
    return ok ? SYM_OK : SYM_NO_MEMORY;
}

/* What is enciphered to have the bare key stream, piece by piece. */
static const uint8_t zeros[8192];

enum sym_err sym_stream_init(struct sym_stream *s)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context == NULL ||
        EVP_CipherInit_ex(context, EVP_aes_256_ctr(), NULL, NULL, NULL, 1) != 1) {
        enum sym_err err = fetch_error(context);
        EVP_CIPHER_CTX_free(context);
        return err;
    }
    s->context = context;
    return SYM_OK;
}

void sym_stream_clear(struct sym_stream *s)
{
    EVP_CIPHER_CTX_free(s->context);
    s->context = NULL;
}

enum sym_err sym_stream_start(struct sym_stream *s, const uint8_t key[SYM_STREAM_KEY_BYTES],
                              uint64_t block)
{
    uint8_t counter[SYM_STREAM_BLOCK_BYTES] = {0};
    sym_put_u64(counter + 8, block);
    return EVP_CipherInit_ex(s->context, NULL, NULL, key, counter, 1) == 1 ? SYM_OK : SYM_NO_MEMORY;
}

enum sym_err sym_stream_next(struct sym_stream *s, uint8_t *out, size_t len)
{
    while (len > 0) {
        size_t n = len < sizeof zeros ? len : sizeof zeros;
        int done = 0;
        if (EVP_CipherUpdate(s->context, out, &done, zeros, (int)n) != 1) {
            return SYM_WRONG_STATE;
        }
        out += n;
        len -= n;
    }
    return SYM_OK;
}
