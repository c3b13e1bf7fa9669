#include "node/core/own_card.h"

#include <string.h>

#define CARD_FILE     "node.card"
#define CARD_FILE_NEW "node.card.new"
#define DAY_S         86400

static enum sym_err adopt(struct sym_own_card *own, struct sym_span text, struct sym_fault *fault)
{
    struct sym_card card;
    if (text.len > sizeof own->text) {
        return sym_fail(fault, SYM_TOO_LONG, CARD_FILE ": is longer than %u bytes",
                        SYM_CARD_BYTES_MAX);
    }
    enum sym_err err = sym_card_parse(&card, text, fault);
    if (err == SYM_OK) {
        own->card = card;
        sym_node_id_of(&own->id, card.identity);
        memcpy(own->text, text.data, text.len);
        own->len = text.len;
    }
    return err;
}

enum sym_err sym_own_card_load(struct sym_own_card *own, const struct sym_disk *dir,
                               const struct sym_node_keys *keys, struct sym_fault *fault)
{
    struct sym_secret text = {0};
    enum sym_err err = sym_disk_read(&text, dir, CARD_FILE, SYM_CARD_BYTES_MAX, fault);
    if (err == SYM_OK) {
        err = adopt(own, sym_secret_span(&text), fault);
    }
    sym_secret_clear(&text);
    if (err == SYM_OK &&
        !sym_equal(own->card.identity, keys->identity.public_key, SYM_ED25519_BYTES)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        CARD_FILE ": belongs to other keys than node.keys; restore both from one "
                                  "backup");
    }
    return err;
}

static void apply(struct sym_card *card, const struct sym_card_renew *asked, int64_t now_s)
{
    int64_t life_s = card->expires_s - card->issued_s;
    card->serial++;
    card->issued_s = now_s;
    card->expires_s = now_s + (asked->days > 0 ? (int64_t)asked->days * DAY_S : life_s);
    card->has_previous = false; /* its key is gone; partners have moved on or pin anew */
    if (asked->name.len > 0 && asked->name.len < sizeof card->name) {
        memcpy(card->name, asked->name.data, asked->name.len);
        card->name[asked->name.len] = '\0';
    }
    for (size_t i = 0; i < asked->n_endpoints; i++) {
        struct sym_span endpoint = asked->endpoints[i];
        memcpy(card->endpoint[i], endpoint.data, endpoint.len);
        card->endpoint[i][endpoint.len] = '\0';
        card->n_endpoint = asked->n_endpoints;
    }
}

enum sym_err sym_own_card_renew(struct sym_own_card *own, const struct sym_disk *dir,
                                const struct sym_node_keys *keys,
                                const struct sym_card_renew *asked, int64_t now_s,
                                struct sym_fault *fault)
{
    char text[SYM_CARD_BYTES_MAX];
    size_t len = 0;
    struct sym_card next = own->card;
    for (size_t i = 0; i < asked->n_endpoints; i++) {
        if (sym_endpoint_check(asked->endpoints[i]) != SYM_OK) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "endpoint: host:port is needed, such as bank-a.example:7701");
        }
    }
    apply(&next, asked, now_s);
    enum sym_err err = sym_card_write(text, sizeof text, &len, &next, &keys->identity, NULL, fault);
    if (err == SYM_OK) {
        err = sym_disk_remove(dir, CARD_FILE_NEW, fault);
    }
    if (err == SYM_OK) {
        err = sym_disk_write(dir, CARD_FILE_NEW, 0644, sym_span(text, len), fault);
    }
    if (err == SYM_OK) {
        err = sym_disk_rename(dir, CARD_FILE_NEW, CARD_FILE, fault);
    }
    if (err == SYM_OK) {
        err = sym_disk_sync(dir, fault);
    }
    return err == SYM_OK ? adopt(own, sym_span(text, len), fault) : err;
}
