#include "node/store/sealed.h"

#define TABLE_BYTES_MAX 32u
#define AD_BYTES        (TABLE_BYTES_MAX + 1u + 4u + SYM_STORE_KEY_BYTES)

/* Associated data: table, terminator, format (4 bytes), key. No table name is empty or has a
 * terminator inside, so no two places share it. */
static enum sym_err associated(uint8_t out[AD_BYTES], struct sym_span *ad,
                               const struct sym_place *place)
{
    struct sym_writer w = sym_writer(out, AD_BYTES);
    if (place->key.len > SYM_STORE_KEY_BYTES) {
        return SYM_TOO_LONG;
    }
    sym_write_span(&w, sym_span_text(place->table));
    sym_write_u8(&w, 0);
    sym_write_u32(&w, SYM_STORE_FORMAT);
    sym_write_span(&w, place->key);
    return sym_write_end(&w, ad);
}

enum sym_err sym_sealed_write(uint8_t *out, struct sym_aead *kept, const struct sym_secret *key,
                              const uint8_t nonce[SYM_SEAL_NONCE_BYTES],
                              const struct sym_place *place, struct sym_span value)
{
    uint8_t bytes[AD_BYTES];
    struct sym_span ad;
    enum sym_err err = associated(bytes, &ad, place);
    return err == SYM_OK ? sym_seal_with(out, kept, key->data, nonce, ad, value) : err;
}

enum sym_err sym_sealed_read_into(uint8_t *out, size_t max, size_t *len,
                                  const struct sym_secret *key, const struct sym_place *place,
                                  struct sym_span sealed)
{
    uint8_t bytes[AD_BYTES];
    struct sym_span ad;
    if (sealed.len <= SYM_SEAL_OVERHEAD_BYTES) {
        return SYM_BAD_TAG;
    }
    if (sealed.len - SYM_SEAL_OVERHEAD_BYTES > max) {
        return SYM_TOO_LONG;
    }
    enum sym_err err = associated(bytes, &ad, place);
    if (err == SYM_OK) {
        err = sym_unseal(out, key->data, ad, sealed);
    }
    if (err == SYM_OK) {
        *len = sealed.len - SYM_SEAL_OVERHEAD_BYTES;
    }
    return err;
}

enum sym_err sym_sealed_read(struct sym_secret *value, const struct sym_secret *key,
                             const struct sym_place *place, struct sym_span sealed)
{
    size_t len = 0;
    if (sealed.len <= SYM_SEAL_OVERHEAD_BYTES) {
        return SYM_BAD_TAG;
    }
    enum sym_err err = sym_secret_new(value, sealed.len - SYM_SEAL_OVERHEAD_BYTES);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_sealed_read_into(value->data, value->len, &len, key, place, sealed);
    if (err != SYM_OK) {
        sym_secret_clear(value);
    }
    return err;
}

enum sym_err sym_sealed_again(uint8_t *out, const struct sym_secret *from,
                              const struct sym_secret *to, const struct sym_place *place,
                              struct sym_span sealed)
{
    uint8_t bytes[AD_BYTES];
    uint8_t plain[SYM_SEALED_SHORT_BYTES];
    struct sym_span ad;
    if (sealed.len > sizeof plain + SYM_SEAL_OVERHEAD_BYTES) {
        return SYM_TOO_LONG;
    }
    enum sym_err err = associated(bytes, &ad, place);
    if (err == SYM_OK) {
        err = sym_unseal(plain, from->data, ad, sealed);
        err = err == SYM_SHORT ? SYM_BAD_TAG : err;
    }
    if (err == SYM_OK) {
        err = sym_seal(out, to->data, ad, sym_span(plain, sealed.len - SYM_SEAL_OVERHEAD_BYTES));
    }
    sym_wipe(plain, sizeof plain);
    return err;
}
