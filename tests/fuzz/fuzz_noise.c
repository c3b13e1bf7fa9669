/* Noise: what a responder makes of a first message. The first byte says whether there is a psk and
 * whether the rest is the message itself, or a payload that a true initiator wraps (and that must
 * come out again, after which the rest of the handshake and a frame must pass, too). */
#include "crypto/noise.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WITH_PSK 1u
#define WRAPPED  2u
#define ROOM     70000u

static uint8_t message[ROOM];
static uint8_t opened[ROOM];

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

struct side {
    struct sym_exchange_key own;
    struct sym_noise *noise;
    struct sym_channel sending, receiving;
};

static void set_up(struct side *s, uint8_t seed)
{
    uint8_t private_key[SYM_X25519_BYTES];
    memset(private_key, seed, sizeof private_key);
    insist(sym_exchange_key_from(&s->own, sym_span(private_key, sizeof private_key)) == SYM_OK);
}

static void begin(struct side *s, enum sym_noise_role role, const struct side *other, uint8_t flags)
{
    static const uint8_t psk[SYM_PSK_BYTES] = {7};
    uint8_t fixed[SYM_X25519_BYTES];
    uint8_t public_key[SYM_X25519_BYTES];
    memset(fixed, role == SYM_NOISE_INITIATOR ? 3 : 4, sizeof fixed);
    insist(sym_noise_new(&s->noise, role, sym_span_text("fuzz"), &s->own, other->own.public_key,
                         sym_span(psk, (flags & WITH_PSK) != 0 ? sizeof psk : 0)) == SYM_OK);
    insist(sym_noise_ephemeral(s->noise, public_key, sym_span(fixed, sizeof fixed)) == SYM_OK);
}

static void end(struct side *s)
{
    sym_noise_free(s->noise);
    sym_channel_clear(&s->sending);
    sym_channel_clear(&s->receiving);
    sym_exchange_key_clear(&s->own);
}

static void pass_message(struct side *from, struct side *to, struct sym_span payload)
{
    size_t len = 0;
    insist(sym_noise_write(from->noise, message, sizeof message, &len, payload) == SYM_OK);
    insist(len == payload.len + SYM_NOISE_OVERHEAD_BYTES);
    insist(sym_noise_read(to->noise, opened, sizeof opened, &len, sym_span(message, len)) ==
           SYM_OK);
    insist(sym_span_equal(sym_span(opened, len), payload));
}

/* A frame passes; the next one does not once a bit of it is flipped. */
static void pass_frames(struct side *from, struct side *to, struct sym_span payload)
{
    size_t len = payload.len + SYM_AEAD_TAG_BYTES;
    for (size_t i = 0; i < 2; i++) {
        memcpy(message, payload.data, payload.len);
        insist(sym_channel_seal(&from->sending, message, payload.len) == SYM_OK);
        message[payload.data[0] % len] ^= (uint8_t)(i << (payload.data[0] % 8));
        insist(sym_channel_open(&to->receiving, message, len) == (i > 0 ? SYM_BAD_TAG : SYM_OK));
    }
}

static void pass_wrapped(struct side *init, struct side *resp, struct sym_span payload)
{
    if (payload.len > SYM_NOISE_MESSAGE_BYTES_MAX - SYM_NOISE_OVERHEAD_BYTES || payload.len == 0) {
        return;
    }
    pass_message(init, resp, payload);
    pass_message(resp, init, payload);
    insist(sym_noise_split(init->noise, &init->sending, &init->receiving) == SYM_OK);
    insist(sym_noise_split(resp->noise, &resp->sending, &resp->receiving) == SYM_OK);
    pass_frames(init, resp, payload);
    pass_frames(resp, init, payload);
}

/* What a responder accepts is what the only other holder of a key would have written. */
static void read_raw(struct side *init, struct side *resp, struct sym_span raw)
{
    size_t len = 0;
    size_t again = 0;
    enum sym_err err = sym_noise_read(resp->noise, opened, sizeof opened, &len, raw);
    if (err == SYM_OK) {
        insist(len + SYM_NOISE_OVERHEAD_BYTES == raw.len);
        insist(sym_noise_write(init->noise, message, sizeof message, &again,
                               sym_span(opened, len)) == SYM_OK);
        insist(sym_span_equal(sym_span(message, again), raw));
    } else {
        insist(sym_noise_read(resp->noise, opened, sizeof opened, &len, raw) == SYM_WRONG_STATE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct side init = {0};
    struct side resp = {0};
    if (size == 0) {
        return 0;
    }
    struct sym_span rest = sym_span(data + 1, size - 1);
    insist(sym_crypto_init() == SYM_OK);
    set_up(&init, 1);
    set_up(&resp, 2);
    begin(&init, SYM_NOISE_INITIATOR, &resp, data[0]);
    begin(&resp, SYM_NOISE_RESPONDER, &init, data[0]);
    if ((data[0] & WRAPPED) != 0) {
        pass_wrapped(&init, &resp, rest);
    } else {
        read_raw(&init, &resp, rest);
    }
    end(&init);
    end(&resp);
    return 0;
}
