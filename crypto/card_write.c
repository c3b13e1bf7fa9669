#include "crypto/card_parse.h"
#include "crypto/utc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_present(const struct sym_secret *s)
{
    return s->len > 0;
}

void sym_card_keys(struct sym_card *card, const struct sym_node_keys *keys)
{
    memcpy(card->identity, keys->identity.public_key, sizeof card->identity);
    memcpy(card->log, keys->log.public_key, sizeof card->log);
    memcpy(card->cosign, keys->cosign.public_key, sizeof card->cosign);
    for (size_t i = 0; i < 2; i++) {
        memcpy(card->tls[i], keys->tls[i].public_key, sizeof card->tls[i]);
        memcpy(card->exchange[i], keys->exchange[i].public_key, sizeof card->exchange[i]);
    }
    card->n_tls = is_present(&keys->tls[1].seed) ? 2 : 1;
    card->n_exchange = is_present(&keys->exchange[1].private_key) ? 2 : 1;
}

static void put_line(struct sym_writer *w, const char *key, struct sym_span value)
{
    sym_write_span(w, sym_span_text(key));
    sym_write_span(w, sym_span_text(": "));
    sym_write_span(w, value);
    sym_write_u8(w, '\n');
}

static void put_text(struct sym_writer *w, const char *key, const char *text, size_t max)
{
    put_line(w, key, sym_span(text, strnlen(text, max)));
}

static void put_bytes(struct sym_writer *w, const char *key, const uint8_t *data, size_t len)
{
    char text[SYM_BASE64_BYTES(SYM_SIGNATURE_BYTES)];
    sym_base64(text, data, len);
    put_line(w, key, sym_span_text(text));
}

static void put_time(struct sym_writer *w, const char *key, int64_t time_s)
{
    char text[SYM_UTC_BYTES];
    enum sym_err err = sym_utc_format(text, time_s);
    if (err == SYM_OK) {
        put_line(w, key, sym_span_text(text));
    } else if (w->err == SYM_OK) {
        w->err = err;
    }
}

static void put_slots(struct sym_writer *w, const char *key, const char *next_key,
                      const uint8_t keys[][32], size_t n)
{
    put_bytes(w, key, keys[0], 32);
    if (n > 1) {
        put_bytes(w, next_key, keys[1], 32);
    }
}

static void put_unsigned(struct sym_writer *w, const struct sym_card *card)
{
    char serial[24];
    const char *role = sym_role_text(card->role);
    size_t endpoints =
        card->n_endpoint < SYM_CARD_ENDPOINTS_MAX ? card->n_endpoint : SYM_CARD_ENDPOINTS_MAX;
    (void)snprintf(serial, sizeof serial, "%" PRIu64, card->serial);
    sym_write_span(w, sym_span_text(SYM_CARD_FAMILY SYM_CARD_VERSION "\n"));
    put_text(w, "name", card->name, sizeof card->name);
    put_line(w, "role", sym_span_text(role != NULL ? role : ""));
    put_line(w, "serial", sym_span_text(serial));
    put_time(w, "issued", card->issued_s);
    put_time(w, "expires", card->expires_s);
    put_bytes(w, "identity", card->identity, sizeof card->identity);
    put_slots(w, "tls", "tls-next", card->tls, card->n_tls);
    put_slots(w, "exchange", "exchange-next", card->exchange, card->n_exchange);
    put_bytes(w, "log", card->log, sizeof card->log);
    put_bytes(w, "cosign", card->cosign, sizeof card->cosign);
    for (size_t i = 0; i < endpoints; i++) {
        put_text(w, "endpoint", card->endpoint[i], sizeof card->endpoint[i]);
    }
    if (card->has_previous) {
        put_bytes(w, "previous", card->previous, sizeof card->previous);
    }
}

/* Signs what was written so far and writes the line. */
static void put_signature(struct sym_writer *w, const char *name, const struct sym_sign_key *key)
{
    uint8_t signature[SYM_SIGNATURE_BYTES];
    if (w->err == SYM_OK) {
        w->err = sym_sign(signature, key, SYM_DOMAIN_CARD, sym_span(w->start, w->len));
    }
    if (w->err == SYM_OK) {
        put_bytes(w, name, signature, sizeof signature);
    }
}

enum sym_err sym_card_write(char *out, size_t max, size_t *len, const struct sym_card *card,
                            const struct sym_sign_key *identity,
                            const struct sym_sign_key *previous, struct sym_fault *fault)
{
    struct sym_writer w = sym_writer((uint8_t *)out, max);
    struct sym_span text;
    struct sym_card again;
    if (card->has_previous && previous == NULL) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "card: the previous identity has to sign it; give its key as well");
    }
    put_unsigned(&w, card);
    if (card->has_previous) {
        put_signature(&w, "previous-signature", previous);
    }
    put_signature(&w, "signature", identity);
    enum sym_err err = sym_write_end(&w, &text);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "card: cannot be written: it %s; correct what it should say",
                        sym_err_text(err));
    }
    err = sym_card_parse_as(&again, text, "correct what the card should say", fault);
    if (err == SYM_OK && !sym_card_equal(&again, card)) {
        err = sym_fail(fault, SYM_BAD_VALUE,
                       "card: a value holds line breaks; correct what the card should say");
    }
    if (err == SYM_OK) {
        *len = text.len;
    }
    return err;
}
