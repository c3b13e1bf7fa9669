/* secret.h - key memory: locked, left out of core dumps, between guard pages, wiped when freed.
 *
 * A struct sym_secret owns one sodium_malloc region. Declare it with SYM_SECRET_AUTO to have it
 * wiped and freed on every way out of the scope. Zero-initialised means empty; clearing an empty
 * one is fine. Lengths are bytes. Small fixed-size intermediates that live for one function are
 * wiped with sym_wipe instead.
 * Errors: SYM_NO_MEMORY. Where RLIMIT_MEMLOCK is exhausted the region is guarded and wiped, but may
 * be swapped; the daemon raises the limit as far as it may.
 */
#ifndef SYM_CRYPTO_SECRET_H
#define SYM_CRYPTO_SECRET_H

#include "crypto/bytes.h"

struct sym_secret {
    uint8_t *data;
    size_t len;
};

/* Must be called once, before anything else of crypto/. */
SYM_MUST enum sym_err sym_crypto_init(void);

/* A new zeroed region of len > 0 bytes; s must be empty. */
SYM_MUST enum sym_err sym_secret_new(struct sym_secret *s, size_t len);
/* A new region of len > 0 random bytes; s must be empty. */
SYM_MUST enum sym_err sym_secret_random(struct sym_secret *s, size_t len);
/* A new region holding a copy of from; s must be empty. */
SYM_MUST enum sym_err sym_secret_copy(struct sym_secret *s, struct sym_span from);
/* Wipes and frees; s is empty afterwards. */
void sym_secret_clear(struct sym_secret *s);

struct sym_span sym_secret_span(const struct sym_secret *s);

#define SYM_SECRET_AUTO __attribute__((cleanup(sym_secret_clear))) struct sym_secret

/* Overwrites len bytes in a way the compiler keeps. */
void sym_wipe(void *data, size_t len);
/* Overwrites len bytes that lie in ordinary memory of malloc, and frees it. NULL is fine. */
void sym_wipe_free(void *data, size_t len);
/* Zeroes so many bytes of the stack below the caller's frame. */
void sym_wipe_stack(size_t len);

/* Fills out with len bytes from the operating system's generator. */
void sym_random(uint8_t *out, size_t len);
/* The same for many bytes at once, as quick as ciphering them: 32 from there, expanded by ChaCha20.
 */
void sym_random_many(uint8_t *out, size_t len);

#endif
