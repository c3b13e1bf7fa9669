#include "crypto/noise.h"

#include <sodium.h>
#include <string.h>

enum sym_err sym_exchange_key_new(struct sym_exchange_key *k)
{
    uint8_t drawn[SYM_X25519_BYTES];
    sym_random(drawn, sizeof drawn);
    enum sym_err err = sym_exchange_key_from(k, sym_span(drawn, sizeof drawn));
    sym_wipe(drawn, sizeof drawn);
    return err;
}

enum sym_err sym_exchange_key_from(struct sym_exchange_key *k, struct sym_span private_key)
{
    if (private_key.len != SYM_X25519_BYTES) {
        return SYM_BAD_FORMAT;
    }
    enum sym_err err = sym_secret_copy(&k->private_key, private_key);
    if (err == SYM_OK) {
        (void)crypto_scalarmult_base(k->public_key, k->private_key.data);
    }
    return err;
}

void sym_exchange_key_clear(struct sym_exchange_key *k)
{
    sym_secret_clear(&k->private_key);
    *k = (struct sym_exchange_key){0};
}

enum sym_err sym_exchange_key_agree(uint8_t shared[SYM_X25519_BYTES],
                                    const struct sym_exchange_key *own,
                                    const uint8_t remote[SYM_X25519_BYTES])
{
    if (own->private_key.len != SYM_X25519_BYTES) {
        return SYM_BAD_FORMAT;
    }
    return crypto_scalarmult(shared, own->private_key.data, remote) == 0 ? SYM_OK : SYM_BAD_ELEMENT;
}

/* Noise section 5.2, with the CipherState of section 5.1 inside: no message of KK is encrypted
 * before the first MixKey, so that there is always a key. */
struct symmetric {
    uint8_t ck[SYM_HASH_BYTES];
    uint8_t h[SYM_HASH_BYTES];
    uint8_t k[SYM_AEAD_KEY_BYTES];
    uint64_t nonce;
};

static enum sym_err mix_hash(struct symmetric *s, struct sym_span data)
{
    struct sym_hash hash = {0};
    enum sym_err err = sym_hash_init(&hash);
    if (err == SYM_OK) {
        sym_hash_update(&hash, sym_span(s->h, sizeof s->h));
        sym_hash_update(&hash, data);
        err = sym_hash_value(s->h, &hash);
    }
    sym_hash_clear(&hash);
    return err;
}

static void take_key(struct symmetric *s, const uint8_t ck[SYM_HASH_BYTES],
                     const uint8_t k[SYM_AEAD_KEY_BYTES])
{
    memcpy(s->ck, ck, sizeof s->ck);
    memcpy(s->k, k, sizeof s->k);
    s->nonce = 0;
}

static enum sym_err mix_key(struct symmetric *s, struct sym_span material)
{
    uint8_t out[2][SYM_HASH_BYTES];
    enum sym_err err = sym_hkdf(out, 2, s->ck, material);
    if (err == SYM_OK) {
        take_key(s, out[0], out[1]);
    }
    sym_wipe(out, sizeof out);
    return err;
}

static enum sym_err mix_key_and_hash(struct symmetric *s, struct sym_span material)
{
    uint8_t out[3][SYM_HASH_BYTES];
    enum sym_err err = sym_hkdf(out, 3, s->ck, material);
    if (err == SYM_OK) {
        err = mix_hash(s, sym_span(out[1], sizeof out[1]));
    }
    if (err == SYM_OK) {
        take_key(s, out[0], out[2]);
    }
    sym_wipe(out, sizeof out);
    return err;
}

/* data has room for len and a tag. */
static enum sym_err encrypt_and_hash(struct symmetric *s, uint8_t *data, size_t len)
{
    struct sym_aead aead = {0};
    enum sym_err err = sym_aead_init(&aead, s->k);
    if (err == SYM_OK) {
        err = sym_aead_seal(&aead, s->nonce++, sym_span(s->h, sizeof s->h), data, len);
    }
    sym_aead_clear(&aead);
    return err == SYM_OK ? mix_hash(s, sym_span(data, len + SYM_AEAD_TAG_BYTES)) : err;
}

/* out has room for all of sealed, tag included. */
static enum sym_err decrypt_and_hash(struct symmetric *s, uint8_t *out, struct sym_span sealed)
{
    struct sym_aead aead = {0};
    enum sym_err err = sym_aead_init(&aead, s->k);
    if (err == SYM_OK) {
        memcpy(out, sealed.data, sealed.len);
        err = sym_aead_open(&aead, s->nonce++, sym_span(s->h, sizeof s->h), out, sealed.len);
    }
    sym_aead_clear(&aead);
    return err == SYM_OK ? mix_hash(s, sealed) : err;
}

/* Noise section 5.3. Which side writes follows from the step and the role. */
enum step { FIRST_MESSAGE, SECOND_MESSAGE, AGREED, FINISHED, DEAD };

struct sym_noise {
    struct sym_secret home; /* the region that holds this very struct */
    struct symmetric symmetric;
    enum sym_noise_role role;
    enum step step;
    const struct sym_exchange_key *own;
    uint8_t remote[SYM_X25519_BYTES];
    uint8_t ephemeral_private[SYM_X25519_BYTES];
    uint8_t ephemeral[SYM_X25519_BYTES];
    uint8_t remote_ephemeral[SYM_X25519_BYTES];
    uint8_t psk[SYM_PSK_BYTES];
    bool has_ephemeral;
    bool has_remote_ephemeral;
    bool has_psk;
};

/* The KK row of section 7.5, and KKpsk0 of section 9.4: PSK counts only where there is one. */
enum token { END, PSK, E, EE, ES, SE, SS };

static const enum token patterns[2][5] = {
    [FIRST_MESSAGE] = {PSK, E, ES, SS, END},
    [SECOND_MESSAGE] = {E, EE, SE, END},
};

static const char name_kk[] = "Noise_KK_25519_ChaChaPoly_SHA256";
static const char name_kkpsk0[] = "Noise_KKpsk0_25519_ChaChaPoly_SHA256";

static enum sym_err start(struct symmetric *s, struct sym_span name)
{
    enum sym_err err = SYM_OK;
    if (name.len <= sizeof s->h) {
        memcpy(s->h, name.data, name.len);
    } else {
        err = sym_sha256(s->h, name);
    }
    memcpy(s->ck, s->h, sizeof s->ck);
    return err;
}

static enum sym_err open_handshake(struct sym_noise *n, struct sym_span prologue)
{
    bool initiates = n->role == SYM_NOISE_INITIATOR;
    const uint8_t *initiator = initiates ? n->own->public_key : n->remote;
    const uint8_t *responder = initiates ? n->remote : n->own->public_key;
    enum sym_err err = start(&n->symmetric, sym_span_text(n->has_psk ? name_kkpsk0 : name_kk));
    if (err == SYM_OK) {
        err = mix_hash(&n->symmetric, prologue);
    }
    if (err == SYM_OK) {
        err = mix_hash(&n->symmetric, sym_span(initiator, SYM_X25519_BYTES));
    }
    if (err == SYM_OK) {
        err = mix_hash(&n->symmetric, sym_span(responder, SYM_X25519_BYTES));
    }
    return err;
}

enum sym_err sym_noise_new(struct sym_noise **out, enum sym_noise_role role,
                           struct sym_span prologue, const struct sym_exchange_key *own,
                           const uint8_t remote[SYM_X25519_BYTES], struct sym_span psk)
{
    struct sym_secret home = {0};
    if ((psk.len != 0 && psk.len != SYM_PSK_BYTES) || own->private_key.len != SYM_X25519_BYTES) {
        return SYM_BAD_FORMAT;
    }
    enum sym_err err = sym_secret_new(&home, sizeof(struct sym_noise));
    if (err != SYM_OK) {
        return err;
    }
    /* The region ends at a page's end, so that a struct in it is aligned. */
    struct sym_noise *n = (void *)home.data;
    *n = (struct sym_noise){.home = home, .role = role, .own = own, .has_psk = psk.len > 0};
    memcpy(n->remote, remote, sizeof n->remote);
    if (n->has_psk) {
        memcpy(n->psk, psk.data, sizeof n->psk);
    }
    err = open_handshake(n, prologue);
    if (err != SYM_OK) {
        sym_noise_free(n);
        return err;
    }
    *out = n;
    return SYM_OK;
}

void sym_noise_free(struct sym_noise *n)
{
    if (n != NULL) {
        struct sym_secret home = n->home;
        sym_secret_clear(&home);
    }
}

static enum sym_err die(struct sym_noise *n, enum sym_err err)
{
    struct sym_secret home = n->home;
    sym_wipe(n, sizeof *n);
    n->home = home;
    n->step = DEAD;
    return err;
}

static bool may_write(const struct sym_noise *n)
{
    return n->step == (n->role == SYM_NOISE_INITIATOR ? FIRST_MESSAGE : SECOND_MESSAGE);
}

static bool may_read(const struct sym_noise *n)
{
    return n->step == (n->role == SYM_NOISE_INITIATOR ? SECOND_MESSAGE : FIRST_MESSAGE);
}

enum sym_err sym_noise_ephemeral(struct sym_noise *n, uint8_t public_key[SYM_X25519_BYTES],
                                 struct sym_span fixed)
{
    bool writes_later = n->role == SYM_NOISE_RESPONDER && n->step == FIRST_MESSAGE;
    if (n->has_ephemeral || !(may_write(n) || writes_later)) {
        return die(n, SYM_WRONG_STATE);
    }
    if (fixed.len != 0 && fixed.len != SYM_X25519_BYTES) {
        return die(n, SYM_BAD_FORMAT);
    }
    if (fixed.len > 0) {
        memcpy(n->ephemeral_private, fixed.data, sizeof n->ephemeral_private);
    } else {
        sym_random(n->ephemeral_private, sizeof n->ephemeral_private);
    }
    (void)crypto_scalarmult_base(n->ephemeral, n->ephemeral_private);
    n->has_ephemeral = true;
    memcpy(public_key, n->ephemeral, SYM_X25519_BYTES);
    return SYM_OK;
}

static enum sym_err mix_dh(struct symmetric *s, const uint8_t private_key[SYM_X25519_BYTES],
                           const uint8_t public_key[SYM_X25519_BYTES])
{
    uint8_t shared[SYM_X25519_BYTES];
    enum sym_err err = SYM_BAD_ELEMENT;
    if (crypto_scalarmult(shared, private_key, public_key) == 0) {
        err = mix_key(s, sym_span(shared, sizeof shared));
    }
    sym_wipe(shared, sizeof shared);
    return err;
}

static enum sym_err mix_ephemeral(struct sym_noise *n, const uint8_t e[SYM_X25519_BYTES])
{
    struct sym_span span = sym_span(e, SYM_X25519_BYTES);
    enum sym_err err = mix_hash(&n->symmetric, span);
    /* Section 9.2: with a psk the ephemeral randomises the key as well. */
    return err == SYM_OK && n->has_psk ? mix_key(&n->symmetric, span) : err;
}

static enum sym_err mix_token(struct sym_noise *n, enum token token)
{
    struct symmetric *s = &n->symmetric;
    bool initiates = n->role == SYM_NOISE_INITIATOR;
    const uint8_t *own = n->own->private_key.data;
    switch (token) {
    case PSK:
        return n->has_psk ? mix_key_and_hash(s, sym_span(n->psk, sizeof n->psk)) : SYM_OK;
    case E:
        return mix_ephemeral(n, may_write(n) ? n->ephemeral : n->remote_ephemeral);
    case EE:
        return mix_dh(s, n->ephemeral_private, n->remote_ephemeral);
    case ES:
        return initiates ? mix_dh(s, n->ephemeral_private, n->remote)
                         : mix_dh(s, own, n->remote_ephemeral);
    case SE:
        return initiates ? mix_dh(s, own, n->remote_ephemeral)
                         : mix_dh(s, n->ephemeral_private, n->remote);
    case SS:
        return mix_dh(s, own, n->remote);
    case END:
        break;
    }
    return SYM_INTERNAL;
}

static enum sym_err mix_pattern(struct sym_noise *n)
{
    enum sym_err err = SYM_OK;
    for (const enum token *token = patterns[n->step]; *token != END && err == SYM_OK; token++) {
        err = mix_token(n, *token);
    }
    return err;
}

enum sym_err sym_noise_write(struct sym_noise *n, uint8_t *out, size_t max, size_t *len,
                             struct sym_span payload)
{
    if (!may_write(n) || !n->has_ephemeral) {
        return die(n, SYM_WRONG_STATE);
    }
    size_t room = max < SYM_NOISE_MESSAGE_BYTES_MAX ? max : SYM_NOISE_MESSAGE_BYTES_MAX;
    if (room < SYM_NOISE_OVERHEAD_BYTES || payload.len > room - SYM_NOISE_OVERHEAD_BYTES) {
        return die(n, SYM_TOO_LONG);
    }
    enum sym_err err = mix_pattern(n);
    if (err != SYM_OK) {
        return die(n, err);
    }
    memcpy(out, n->ephemeral, sizeof n->ephemeral);
    if (payload.len > 0) {
        memcpy(out + SYM_X25519_BYTES, payload.data, payload.len);
    }
    err = encrypt_and_hash(&n->symmetric, out + SYM_X25519_BYTES, payload.len);
    if (err != SYM_OK) {
        sym_wipe(out, payload.len + SYM_NOISE_OVERHEAD_BYTES);
        return die(n, err);
    }
    *len = payload.len + SYM_NOISE_OVERHEAD_BYTES;
    n->step++;
    return SYM_OK;
}

/* The payload is opened in a region of its own, so that out never holds what did not authenticate.
 */
static enum sym_err read_payload(struct sym_noise *n, uint8_t *out, size_t len,
                                 struct sym_span sealed)
{
    SYM_SECRET_AUTO opened = {0};
    enum sym_err err = mix_pattern(n);
    if (err == SYM_OK) {
        err = sym_secret_new(&opened, sealed.len);
    }
    if (err == SYM_OK) {
        err = decrypt_and_hash(&n->symmetric, opened.data, sealed);
    }
    if (err == SYM_OK && len > 0) {
        memcpy(out, opened.data, len);
    }
    return err;
}

enum sym_err sym_noise_read(struct sym_noise *n, uint8_t *out, size_t max, size_t *len,
                            struct sym_span message)
{
    if (!may_read(n)) {
        return die(n, SYM_WRONG_STATE);
    }
    if (message.len < SYM_NOISE_OVERHEAD_BYTES) {
        return die(n, SYM_SHORT);
    }
    size_t payload_len = message.len - SYM_NOISE_OVERHEAD_BYTES;
    if (message.len > SYM_NOISE_MESSAGE_BYTES_MAX || payload_len > max) {
        return die(n, SYM_TOO_LONG);
    }
    struct sym_reader r = sym_reader(message);
    sym_read_bytes(&r, n->remote_ephemeral, sizeof n->remote_ephemeral);
    enum sym_err err = read_payload(n, out, payload_len, sym_read_span(&r, r.left));
    if (err != SYM_OK) {
        return die(n, err);
    }
    n->has_remote_ephemeral = true;
    *len = payload_len;
    n->step++;
    return SYM_OK;
}

enum sym_err sym_noise_remote_ephemeral(const struct sym_noise *n,
                                        uint8_t public_key[SYM_X25519_BYTES])
{
    if (!n->has_remote_ephemeral) {
        return SYM_WRONG_STATE;
    }
    memcpy(public_key, n->remote_ephemeral, SYM_X25519_BYTES);
    return SYM_OK;
}

enum sym_err sym_noise_hash(const struct sym_noise *n, uint8_t out[SYM_HASH_BYTES])
{
    if (n->step != AGREED && n->step != FINISHED) {
        return SYM_WRONG_STATE;
    }
    memcpy(out, n->symmetric.h, SYM_HASH_BYTES);
    return SYM_OK;
}

/* What stays is public: the transcript hash and the ephemeral keys. */
static void finish(struct sym_noise *n)
{
    sym_wipe(n->symmetric.ck, sizeof n->symmetric.ck);
    sym_wipe(n->symmetric.k, sizeof n->symmetric.k);
    sym_wipe(n->ephemeral_private, sizeof n->ephemeral_private);
    sym_wipe(n->psk, sizeof n->psk);
    n->own = NULL;
    n->step = FINISHED;
}

enum sym_err sym_noise_split(struct sym_noise *n, struct sym_channel *sending,
                             struct sym_channel *receiving)
{
    if (n->step != AGREED) {
        return die(n, SYM_WRONG_STATE);
    }
    bool initiates = n->role == SYM_NOISE_INITIATOR;
    struct sym_channel from_initiator = {0};
    struct sym_channel from_responder = {0};
    uint8_t keys[2][SYM_HASH_BYTES];
    enum sym_err err = sym_hkdf(keys, 2, n->symmetric.ck, sym_span(NULL, 0));
    if (err == SYM_OK) {
        err = sym_aead_init(&from_initiator.aead, keys[0]);
    }
    if (err == SYM_OK) {
        err = sym_aead_init(&from_responder.aead, keys[1]);
    }
    sym_wipe(keys, sizeof keys);
    if (err != SYM_OK) {
        sym_channel_clear(&from_initiator);
        return die(n, err);
    }
    *sending = initiates ? from_initiator : from_responder;
    *receiving = initiates ? from_responder : from_initiator;
    finish(n);
    return SYM_OK;
}

void sym_channel_clear(struct sym_channel *c)
{
    sym_aead_clear(&c->aead);
    *c = (struct sym_channel){0};
}

static enum sym_err next_nonce(struct sym_channel *c, uint64_t *nonce)
{
    if (c->dead || c->aead.context == NULL) {
        return SYM_WRONG_STATE;
    }
    /* Noise reserves the last nonce (section 5.1). */
    if (c->counter == UINT64_MAX) {
        return SYM_LIMIT;
    }
    *nonce = c->counter++;
    return SYM_OK;
}

/* After an error the key goes at once. */
static enum sym_err passed(struct sym_channel *c, enum sym_err err)
{
    if (err != SYM_OK) {
        sym_aead_clear(&c->aead);
        c->dead = true;
    }
    return err;
}

enum sym_err sym_channel_seal(struct sym_channel *c, uint8_t *data, size_t len)
{
    uint64_t nonce = 0;
    enum sym_err err = next_nonce(c, &nonce);
    if (err == SYM_OK) {
        err = sym_aead_seal(&c->aead, nonce, sym_span(NULL, 0), data, len);
    }
    return passed(c, err);
}

enum sym_err sym_channel_open(struct sym_channel *c, uint8_t *data, size_t len)
{
    uint64_t nonce = 0;
    enum sym_err err = next_nonce(c, &nonce);
    if (err == SYM_OK) {
        err = sym_aead_open(&c->aead, nonce, sym_span(NULL, 0), data, len);
    }
    return passed(c, err);
}
