#include "crypto/digest.h"

#include <sodium.h>

_Static_assert(SYM_PERSONALISATION_BYTES == crypto_generichash_blake2b_PERSONALBYTES,
               "as libsodium takes it");

void sym_digest(uint8_t out[SYM_DIGEST_BYTES], const char *personalisation,
                const struct sym_span *parts, size_t n)
{
    uint8_t personal[SYM_PERSONALISATION_BYTES];
    for (size_t i = 0; i < sizeof personal; i++) {
        personal[i] = (uint8_t)personalisation[i];
    }
    crypto_generichash_blake2b_state state;
    (void)crypto_generichash_blake2b_init_salt_personal(&state, NULL, 0, SYM_DIGEST_BYTES, NULL,
                                                        personal);
    for (size_t i = 0; i < n; i++) {
        (void)crypto_generichash_blake2b_update(&state, parts[i].data, parts[i].len);
    }
    (void)crypto_generichash_blake2b_final(&state, out, SYM_DIGEST_BYTES);
    sodium_memzero(&state, sizeof state);
}

void sym_sha512(uint8_t out[SYM_SHA512_BYTES], const struct sym_span *parts, size_t n)
{
    crypto_hash_sha512_state hash;
    (void)crypto_hash_sha512_init(&hash);
    for (size_t i = 0; i < n; i++) {
        if (parts[i].len > 0) {
            (void)crypto_hash_sha512_update(&hash, parts[i].data, parts[i].len);
        }
    }
    (void)crypto_hash_sha512_final(&hash, out); /* wipes the state */
}
