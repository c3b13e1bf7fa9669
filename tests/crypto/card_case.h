/* card_case.h - cards of nodes with fixed keys, as text and edited: for the tests of cards. */
#ifndef SYM_TESTS_CRYPTO_CARD_CASE_H
#define SYM_TESTS_CRYPTO_CARD_CASE_H

#include "crypto/card.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define ISSUED  1795291200 /* 2026-11-21T20:00:00Z */
#define EXPIRES 1826827200 /* 2027-11-21T20:00:00Z */
#define DAY_S   86400

struct text {
    char data[SYM_CARD_BYTES_MAX + 1];
    size_t len;
};

static inline struct sym_span span_of(const struct text *t)
{
    return sym_span(t->data, t->len);
}

static inline void sign_key(struct sym_sign_key *k, uint8_t fill)
{
    uint8_t seed[SYM_SEED_BYTES];
    memset(seed, fill, sizeof seed);
    *k = (struct sym_sign_key){0};
    assert_int_equal(sym_sign_key_from(k, sym_span(seed, sizeof seed)), SYM_OK);
}

/* A node with fixed keys; fill tells nodes apart. */
static inline struct sym_node_keys keys_of(uint8_t fill)
{
    struct sym_node_keys keys = {0};
    uint8_t private_key[SYM_X25519_BYTES];
    sign_key(&keys.identity, fill);
    sign_key(&keys.tls[0], fill + 1);
    sign_key(&keys.log, fill + 2);
    sign_key(&keys.cosign, fill + 3);
    memset(private_key, fill, sizeof private_key);
    assert_int_equal(
        sym_exchange_key_from(&keys.exchange[0], sym_span(private_key, sizeof private_key)),
        SYM_OK);
    return keys;
}

static inline void announce_next_keys(struct sym_node_keys *keys)
{
    uint8_t private_key[SYM_X25519_BYTES];
    sign_key(&keys->tls[1], 201);
    memset(private_key, 202, sizeof private_key);
    assert_int_equal(
        sym_exchange_key_from(&keys->exchange[1], sym_span(private_key, sizeof private_key)),
        SYM_OK);
}

static inline struct sym_card card_of(const struct sym_node_keys *keys)
{
    struct sym_card card = {.name = "Bank A",
                            .role = SYM_ROLE_BANK,
                            .serial = 3,
                            .issued_s = ISSUED,
                            .expires_s = EXPIRES,
                            .endpoint = {"bank-a.example:7701"},
                            .n_endpoint = 1};
    sym_card_keys(&card, keys);
    return card;
}

static inline struct text written(const struct sym_card *card, const struct sym_sign_key *identity,
                                  const struct sym_sign_key *previous)
{
    struct text t = {.len = 0};
    struct sym_fault fault = {SYM_OK, ""};
    enum sym_err err =
        sym_card_write(t.data, SYM_CARD_BYTES_MAX, &t.len, card, identity, previous, &fault);
    if (err != SYM_OK) {
        fail_msg("%s", fault.text);
    }
    return t;
}

/* The card in the simplest form, and with every optional line there is. */
static inline struct text plain_card(void)
{
    struct sym_node_keys keys = keys_of(10);
    struct sym_card card = card_of(&keys);
    struct text t = written(&card, &keys.identity, NULL);
    sym_node_keys_clear(&keys);
    return t;
}

static inline struct sym_card full_contents(const struct sym_node_keys *keys,
                                            const struct sym_sign_key *previous)
{
    struct sym_card card = card_of(keys);
    (void)strcpy(card.name, "Zürich – Kantonspolizei 警察");
    (void)strcpy(card.endpoint[1], "192.0.2.7:1");
    (void)strcpy(card.endpoint[2], "[2001:db8::7]:65535");
    (void)strcpy(card.endpoint[3], "localhost:7702");
    card.role = SYM_ROLE_POLICE;
    card.serial = UINT64_MAX;
    card.n_endpoint = 4;
    card.has_previous = true;
    memcpy(card.previous, previous->public_key, sizeof card.previous);
    return card;
}

static inline struct text full_card(struct sym_card *contents)
{
    struct sym_node_keys keys = keys_of(10);
    struct sym_sign_key previous;
    announce_next_keys(&keys);
    sign_key(&previous, 99);
    *contents = full_contents(&keys, &previous);
    struct text t = written(contents, &keys.identity, &previous);
    sym_node_keys_clear(&keys);
    sym_sign_key_clear(&previous);
    return t;
}

static inline enum sym_err parse(struct sym_card *card, const struct text *t,
                                 struct sym_fault *fault)
{
    return sym_card_parse(card, span_of(t), fault);
}

static inline void assert_refused(const struct text *t, enum sym_err err, const char *fault_start)
{
    struct sym_card card = {.serial = 77};
    struct sym_fault fault = {SYM_OK, ""};
    assert_int_equal(parse(&card, t, &fault), err);
    assert_int_equal(fault.err, err);
    assert_int_equal(card.serial, 77);
    if (strncmp(fault.text, fault_start, strlen(fault_start)) != 0) {
        fail_msg("%s\ndoes not begin with\n%s", fault.text, fault_start);
    }
    assert_non_null(strchr(fault.text, ';'));
}

/* Replaces the first occurrence of a piece of text by another, keeping the signatures as they are
 * (which every parser of values must notice before it comes to them). */
static inline struct text replaced(const struct text *from, const char *old, const char *new_text)
{
    struct text t = {.len = 0};
    const char *at = strstr(from->data, old);
    assert_non_null(at);
    int len = snprintf(t.data, sizeof t.data, "%.*s%s%s", (int)(at - from->data), from->data,
                       new_text, at + strlen(old));
    assert_true(len > 0 && (size_t)len < sizeof t.data);
    t.len = (size_t)len;
    return t;
}

static inline void assert_edit_refused(const char *old, const char *new_text, enum sym_err err,
                                       const char *fault_start)
{
    struct text t = plain_card();
    struct text edited = replaced(&t, old, new_text);
    assert_refused(&edited, err, fault_start);
}

#endif
