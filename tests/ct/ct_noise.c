/* Noise: private keys, ephemeral keys and the preshared key are undefined for valgrind while two
 * nodes shake hands and pass frames. Three things that follow from them are public and marked so:
 * ephemeral public keys, what goes over the wire, and whether a message was refused. */
#include "crypto/noise.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#define ROOM 256u

int CRYPTO_memcmp(const void *a, const void *b, size_t len);

static void make_secret(void *data, size_t len)
{
    (void)VALGRIND_MAKE_MEM_UNDEFINED(data, len);
}

static void make_public(void *data, size_t len)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(data, len);
}

/* Stands in for libsodium's: that a shared secret is zero is told to everybody. */
int crypto_scalarmult(unsigned char *out, const unsigned char *scalar, const unsigned char *point)
{
    int refused = crypto_scalarmult_curve25519(out, scalar, point);
    make_public(&refused, sizeof refused);
    return refused;
}

/* Stands in for the one with which OpenSSL compares tags: that one is wrong is told, too. */
int CRYPTO_memcmp(const void *a, const void *b, size_t len)
{
    int differ = sodium_memcmp(a, b, len);
    make_public(&differ, sizeof differ);
    return differ;
}

struct side {
    struct sym_exchange_key own;
    struct sym_noise *noise;
    struct sym_channel sending, receiving;
};

static bool set_up(struct side *s, uint8_t seed)
{
    uint8_t private_key[SYM_X25519_BYTES];
    memset(private_key, seed, sizeof private_key);
    make_secret(private_key, sizeof private_key);
    bool done = sym_exchange_key_from(&s->own, sym_span(private_key, sizeof private_key)) == SYM_OK;
    make_public(s->own.public_key, sizeof s->own.public_key);
    return done;
}

static bool begin(struct side *s, enum sym_noise_role role, const struct side *other, uint8_t seed)
{
    uint8_t psk[SYM_PSK_BYTES] = {0};
    uint8_t ephemeral[SYM_X25519_BYTES];
    uint8_t public_key[SYM_X25519_BYTES];
    memset(ephemeral, seed, sizeof ephemeral);
    make_secret(psk, sizeof psk);
    make_secret(ephemeral, sizeof ephemeral);
    return sym_noise_new(&s->noise, role, sym_span_text("ct"), &s->own, other->own.public_key,
                         sym_span(psk, sizeof psk)) == SYM_OK &&
           sym_noise_ephemeral(s->noise, public_key, sym_span(ephemeral, sizeof ephemeral)) ==
               SYM_OK;
}

static bool pass_message(struct side *from, struct side *to)
{
    uint8_t payload[ROOM] = {0};
    uint8_t message[ROOM];
    size_t len = 0;
    make_secret(payload, sizeof payload);
    if (sym_noise_write(from->noise, message, sizeof message, &len, sym_span(payload, 64)) !=
        SYM_OK) {
        return false;
    }
    make_public(message, len);
    return sym_noise_read(to->noise, payload, sizeof payload, &len, sym_span(message, len)) ==
           SYM_OK;
}

static bool pass_frame(struct side *from, struct side *to)
{
    uint8_t frame[ROOM] = {0};
    size_t len = sizeof frame - SYM_AEAD_TAG_BYTES;
    make_secret(frame, len);
    if (sym_channel_seal(&from->sending, frame, len) != SYM_OK) {
        return false;
    }
    make_public(frame, sizeof frame);
    return sym_channel_open(&to->receiving, frame, sizeof frame) == SYM_OK;
}

static bool refuse_frame(struct side *from, struct side *to)
{
    uint8_t frame[ROOM] = {0};
    if (sym_channel_seal(&from->sending, frame, sizeof frame - SYM_AEAD_TAG_BYTES) != SYM_OK) {
        return false;
    }
    make_public(frame, sizeof frame);
    frame[0] ^= 1;
    return sym_channel_open(&to->receiving, frame, sizeof frame) == SYM_BAD_TAG;
}

#ifdef PLANT_BRANCH
static void branch_on(const struct side *s)
{
    if (s->own.private_key.data[0] > 7) {
        (void)fputs("planted\n", stderr);
    }
}
#endif

int main(void)
{
    struct side a = {0};
    struct side b = {0};
    bool passed = sym_crypto_init() == SYM_OK && set_up(&a, 1) && set_up(&b, 2) &&
                  begin(&a, SYM_NOISE_INITIATOR, &b, 3) && begin(&b, SYM_NOISE_RESPONDER, &a, 4) &&
                  pass_message(&a, &b) && pass_message(&b, &a) &&
                  sym_noise_split(a.noise, &a.sending, &a.receiving) == SYM_OK &&
                  sym_noise_split(b.noise, &b.sending, &b.receiving) == SYM_OK &&
                  pass_frame(&a, &b) && pass_frame(&b, &a) && refuse_frame(&a, &b);
#ifdef PLANT_BRANCH
    branch_on(&a);
#endif
    sym_noise_free(a.noise);
    sym_noise_free(b.noise);
    sym_channel_clear(&a.sending);
    sym_channel_clear(&a.receiving);
    sym_channel_clear(&b.sending);
    sym_channel_clear(&b.receiving);
    sym_exchange_key_clear(&a.own);
    sym_exchange_key_clear(&b.own);
    (void)puts(passed ? "handshake and frames passed" : "the handshake failed");
    return passed ? 0 : 1;
}
