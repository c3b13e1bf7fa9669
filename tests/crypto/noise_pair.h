/* noise_pair.h - two nodes that hold each other's keys and one handshake between them, made from a
 * vector: for the tests of Noise. */
#ifndef SYM_TESTS_CRYPTO_NOISE_PAIR_H
#define SYM_TESTS_CRYPTO_NOISE_PAIR_H

#include "crypto/noise.h"
#include "tests/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER   256u
#define MESSAGES 6u

static const struct sym_span none;

struct bytes {
    uint8_t data[BUFFER];
    size_t len;
};

static inline struct sym_span span_of(const struct bytes *b)
{
    return sym_span(b->data, b->len);
}

struct vector {
    struct bytes init_prologue, resp_prologue;
    struct bytes init_static, resp_static;
    struct bytes init_remote, resp_remote;
    struct bytes init_ephemeral, resp_ephemeral;
    struct bytes init_psk, resp_psk;
    struct bytes hash;
    struct bytes payload[MESSAGES], message[MESSAGES];
};

static inline void read_bytes(struct bytes *out, const cJSON *object, const char *name)
{
    out->len = vectors_unhex(out->data, sizeof out->data, vectors_get(object, name));
}

static inline void read_psk(struct bytes *out, const cJSON *object, const char *name)
{
    const cJSON *psks = cJSON_GetObjectItemCaseSensitive(object, name);
    if (psks != NULL) {
        out->len = vectors_unhex(out->data, sizeof out->data, cJSON_GetArrayItem(psks, 0));
    }
}

static inline const cJSON *find_vector(const cJSON *json, const char *protocol)
{
    const cJSON *one = NULL;
    const cJSON *found = NULL;
    cJSON_ArrayForEach(one, vectors_get(json, "vectors"))
    {
        if (strcmp(vectors_text(one, "protocol_name"), protocol) == 0) {
            found = one;
        }
    }
    assert_non_null(found);
    return found;
}

static inline struct vector read_vector(const char *protocol)
{
    struct vector v = {0};
    cJSON *json = vectors_load("noise-kk-25519-chachapoly-sha256.json");
    const cJSON *found = find_vector(json, protocol);
    read_bytes(&v.init_prologue, found, "init_prologue");
    read_bytes(&v.resp_prologue, found, "resp_prologue");
    read_bytes(&v.init_static, found, "init_static");
    read_bytes(&v.resp_static, found, "resp_static");
    read_bytes(&v.init_remote, found, "init_remote_static");
    read_bytes(&v.resp_remote, found, "resp_remote_static");
    read_bytes(&v.init_ephemeral, found, "init_ephemeral");
    read_bytes(&v.resp_ephemeral, found, "resp_ephemeral");
    read_bytes(&v.hash, found, "handshake_hash");
    read_psk(&v.init_psk, found, "init_psks");
    read_psk(&v.resp_psk, found, "resp_psks");
    const cJSON *messages = vectors_get(found, "messages");
    assert_int_equal(cJSON_GetArraySize(messages), MESSAGES);
    for (int i = 0; i < (int)MESSAGES; i++) {
        read_bytes(&v.payload[i], cJSON_GetArrayItem(messages, i), "payload");
        read_bytes(&v.message[i], cJSON_GetArrayItem(messages, i), "ciphertext");
    }
    cJSON_Delete(json);
    return v;
}

/* Two nodes that hold each other's keys, and one handshake between them. */
struct pair {
    struct sym_exchange_key init_key, resp_key;
    struct sym_noise *init, *resp;
};

static inline void begin_pair(struct pair *p, const struct vector *v)
{
    *p = (struct pair){0};
    uint8_t ephemeral[SYM_X25519_BYTES];
    assert_int_equal(sym_exchange_key_from(&p->init_key, span_of(&v->init_static)), SYM_OK);
    assert_int_equal(sym_exchange_key_from(&p->resp_key, span_of(&v->resp_static)), SYM_OK);
    assert_int_equal(sym_noise_new(&p->init, SYM_NOISE_INITIATOR, span_of(&v->init_prologue),
                                   &p->init_key, v->init_remote.data, span_of(&v->init_psk)),
                     SYM_OK);
    assert_int_equal(sym_noise_new(&p->resp, SYM_NOISE_RESPONDER, span_of(&v->resp_prologue),
                                   &p->resp_key, v->resp_remote.data, span_of(&v->resp_psk)),
                     SYM_OK);
    assert_int_equal(sym_noise_ephemeral(p->init, ephemeral, span_of(&v->init_ephemeral)), SYM_OK);
    assert_int_equal(sym_noise_ephemeral(p->resp, ephemeral, span_of(&v->resp_ephemeral)), SYM_OK);
}

static inline void end_pair(struct pair *p)
{
    sym_noise_free(p->init);
    sym_noise_free(p->resp);
    sym_exchange_key_clear(&p->init_key);
    sym_exchange_key_clear(&p->resp_key);
}

static inline struct bytes written(struct sym_noise *n, struct sym_span payload)
{
    struct bytes b = {0};
    assert_int_equal(sym_noise_write(n, b.data, sizeof b.data, &b.len, payload), SYM_OK);
    return b;
}

static inline enum sym_err read_by(struct sym_noise *n, struct bytes *out,
                                   const struct bytes *message)
{
    return sym_noise_read(n, out->data, sizeof out->data, &out->len, span_of(message));
}

static inline void pass(struct sym_noise *from, struct sym_noise *to, const char *payload)
{
    struct bytes got = {0};
    struct bytes message = written(from, sym_span_text(payload));
    assert_int_equal(read_by(to, &got, &message), SYM_OK);
    assert_int_equal(got.len, strlen(payload));
    assert_memory_equal(got.data, payload, got.len);
}

static inline void begin_agreed_pair(struct pair *p)
{
    struct vector v = read_vector("Noise_KKpsk0_25519_ChaChaPoly_SHA256");
    begin_pair(p, &v);
    pass(p->init, p->resp, "request");
    pass(p->resp, p->init, "receipt");
}

static inline void assert_refuses_everything(struct sym_noise *n)
{
    struct bytes b = {.len = 100};
    struct sym_channel sending = {0};
    struct sym_channel receiving = {0};
    assert_int_equal(sym_noise_ephemeral(n, b.data, none), SYM_WRONG_STATE);
    assert_int_equal(sym_noise_write(n, b.data, sizeof b.data, &b.len, none), SYM_WRONG_STATE);
    assert_int_equal(read_by(n, &b, &b), SYM_WRONG_STATE);
    assert_int_equal(sym_noise_remote_ephemeral(n, b.data), SYM_WRONG_STATE);
    assert_int_equal(sym_noise_hash(n, b.data), SYM_WRONG_STATE);
    assert_int_equal(sym_noise_split(n, &sending, &receiving), SYM_WRONG_STATE);
    assert_null(sending.aead.context);
    assert_null(receiving.aead.context);
}

#endif
