#include "crypto/secret.h"

#include <sodium.h>
#include <string.h>

enum sym_err sym_crypto_init(void)
{
    return sodium_init() < 0 ? SYM_INTERNAL : SYM_OK;
}

enum sym_err sym_secret_new(struct sym_secret *s, size_t len)
{
    uint8_t *data = sodium_malloc(len);
    if (data == NULL) {
        return SYM_NO_MEMORY;
    }
    memset(data, 0, len);
    *s = (struct sym_secret){.data = data, .len = len};
    return SYM_OK;
}

enum sym_err sym_secret_random(struct sym_secret *s, size_t len)
{
    enum sym_err err = sym_secret_new(s, len);
    if (err == SYM_OK) {
        sym_random(s->data, len);
    }
    return err;
}

enum sym_err sym_secret_copy(struct sym_secret *s, struct sym_span from)
{
    enum sym_err err = sym_secret_new(s, from.len);
    if (err == SYM_OK) {
        memcpy(s->data, from.data, from.len);
    }
    return err;
}

void sym_secret_clear(struct sym_secret *s)
{
    sodium_free(s->data);
    *s = (struct sym_secret){0};
}

struct sym_span sym_secret_span(const struct sym_secret *s)
{
    return sym_span(s->data, s->len);
}

void sym_wipe(void *data, size_t len)
{
    sodium_memzero(data, len);
}

void sym_wipe_free(void *data, size_t len)
{
    if (data != NULL) {
        sym_wipe(data, len);
        free(data);
    }
}

void sym_wipe_stack(size_t len)
{
    sodium_stackzero(len);
}

void sym_random(uint8_t *out, size_t len)
{
    randombytes_buf(out, len);
}

_Static_assert(randombytes_SEEDBYTES == 32, "a key of 256 bits");

void sym_random_many(uint8_t *out, size_t len)
{
    uint8_t seed[randombytes_SEEDBYTES];
    randombytes_buf(seed, sizeof seed);
    randombytes_buf_deterministic(out, len, seed);
    sym_wipe(seed, sizeof seed);
}
