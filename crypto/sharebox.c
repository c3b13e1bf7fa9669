#include "crypto/sharebox.h"

#include "crypto/seal.h"

#include <string.h>

_Static_assert(SYM_SHAREBOX_OVERHEAD_BYTES == SYM_SEAL_OVERHEAD_BYTES, "a box is a sealed value");

/* The terminators are hashed, too. */
static const char domain_key[] = "symbolon-sharebox-key-1";
static const char domain_box[] = "symbolon-sharebox-1";

static enum sym_err derive(uint8_t key[1][SYM_HASH_BYTES], const struct sym_sharebox_pair *pair,
                           bool sends, struct sym_span psk, const struct sym_sharebox_route *route)
{
    const struct sym_span parts[] = {
        sym_span(domain_key, sizeof domain_key),
        sym_span(route->qid, sizeof route->qid),
        sym_span(&route->from, 1),
        sym_span(&route->to, 1),
        sym_span(sends ? pair->own : pair->remote, SYM_X25519_BYTES),
        sym_span(sends ? pair->remote : pair->own, SYM_X25519_BYTES),
    };
    uint8_t salt[SYM_HASH_BYTES];
    uint8_t material[SYM_X25519_BYTES + SYM_PSK_BYTES] = {0};
    if (psk.len != 0 && psk.len != SYM_PSK_BYTES) {
        return SYM_BAD_FORMAT;
    }
    if (route->from == route->to) {
        return SYM_BAD_VALUE;
    }
    memcpy(material, pair->shared, SYM_X25519_BYTES);
    if (psk.len > 0) {
        memcpy(material + SYM_X25519_BYTES, psk.data, SYM_PSK_BYTES);
    }
    enum sym_err err = sym_sha256_parts(salt, parts, sizeof parts / sizeof *parts);
    if (err == SYM_OK) {
        err = sym_hkdf(key, 1, salt, sym_span(material, sizeof material));
    }
    sym_wipe(material, sizeof material);
    return err;
}

#define AD_BYTES (sizeof domain_box + SYM_QID_BYTES + SYM_HASH_BYTES + 2)

static struct sym_span associated(uint8_t bytes[AD_BYTES], const struct sym_sharebox_route *route)
{
    struct sym_writer w = sym_writer(bytes, AD_BYTES);
    sym_write_bytes(&w, domain_box, sizeof domain_box);
    sym_write_bytes(&w, route->qid, sizeof route->qid);
    sym_write_bytes(&w, route->consents, sizeof route->consents);
    sym_write_u8(&w, route->from);
    sym_write_u8(&w, route->to);
    return sym_span(bytes, w.len);
}

enum sym_err sym_sharebox_seal(uint8_t *out, const struct sym_sharebox_pair *pair,
                               struct sym_span psk, const struct sym_sharebox_route *route,
                               struct sym_span plain)
{
    uint8_t ad[AD_BYTES];
    uint8_t key[1][SYM_HASH_BYTES];
    enum sym_err err = derive(key, pair, true, psk, route);
    if (err == SYM_OK) {
        err = sym_seal(out, key[0], associated(ad, route), plain);
    }
    sym_wipe(key, sizeof key);
    return err;
}

enum sym_err sym_sharebox_open(uint8_t *out, const struct sym_sharebox_pair *pair,
                               struct sym_span psk, const struct sym_sharebox_route *route,
                               struct sym_span box)
{
    uint8_t ad[AD_BYTES];
    uint8_t key[1][SYM_HASH_BYTES];
    enum sym_err err = derive(key, pair, false, psk, route);
    if (err == SYM_OK) {
        err = sym_unseal(out, key[0], associated(ad, route), box);
    }
    sym_wipe(key, sizeof key);
    return err;
}
