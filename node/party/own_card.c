#include "node/party/own_card.h"

#include "node/loop.h"
#include "node/supervisor/directory.h"

#include <string.h>

#define CARD_FILE_NEW SYM_FILE_CARD ".new"
#define DAY_S         86400

static enum sym_err adopt(struct sym_own_card *own, const struct sym_disk *dir,
                          struct sym_span text, struct sym_fault *fault)
{
    struct sym_card card;
    enum sym_err err = sym_card_parse(&card, text, NULL);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s/" SYM_FILE_CARD ": %s: restore it from a backup",
                        dir->shown, sym_err_text(err));
    }
    own->card = card;
    sym_node_id_of(&own->id, card.identity);
    memcpy(own->text, text.data, text.len);
    own->len = text.len;
    return SYM_OK;
}

enum sym_err sym_own_card_load(struct sym_own_card *own, const struct sym_disk *dir,
                               const struct sym_node_keys *keys, struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    enum sym_err err = sym_disk_read(&text, dir, SYM_FILE_CARD, SYM_CARD_BYTES_MAX, fault);
    if (err == SYM_OK) {
        err = adopt(own, dir, sym_secret_span(&text), fault);
    }
    if (err == SYM_OK &&
        !sym_equal(own->card.identity, keys->identity.public_key, SYM_ED25519_BYTES)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%s/" SYM_FILE_CARD ": belongs to other keys than " SYM_FILE_KEYS
                        "; restore both from one backup",
                        dir->shown);
    }
    return err;
}

static enum sym_err check_asked(const struct sym_card_renew *asked, struct sym_fault *fault)
{
    if (asked->name.len >= SYM_NAME_BYTES) {
        return sym_fail(fault, SYM_TOO_LONG, "name: at most %u bytes fit", SYM_NAME_BYTES - 1);
    }
    if (asked->n_endpoints > SYM_CARD_ENDPOINTS_MAX) {
        return sym_fail(fault, SYM_LIMIT, "endpoint: a card names at most %u",
                        SYM_CARD_ENDPOINTS_MAX);
    }
    for (size_t i = 0; i < asked->n_endpoints; i++) {
        if (sym_endpoint_check(asked->endpoints[i]) != SYM_OK) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "endpoint: host:port is needed, such as bank-a.example:7701");
        }
    }
    return SYM_OK;
}

static void apply(struct sym_card *card, const struct sym_card_renew *asked, int64_t now_s)
{
    int64_t life_s = card->expires_s - card->issued_s;
    card->serial++;
    card->issued_s = now_s;
    card->expires_s = now_s + (asked->days > 0 ? (int64_t)asked->days * DAY_S : life_s);
    card->has_previous = false; /* its key is gone; partners have moved on or pin anew */
    if (asked->name.len > 0) {
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

/* A file and the store cannot change together: the line is written when only the renaming of the
 * new card is left to fail. */
static enum sym_err record(const struct sym_author *author, uint64_t serial,
                           struct sym_fault *fault)
{
    if (author == NULL) {
        return SYM_OK;
    }
    char words[32];
    const struct sym_entry_body body = {
        .event = sym_span_text("card-renewed"),
        .subject = sym_log_words(words, sizeof words, "%llu", (unsigned long long)serial)};
    const struct sym_entry entry = {.kind = SYM_ENTRY_CARD, .author = author, .body = &body};
    enum sym_err err = sym_log_add(author->log, &entry);
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err,
                                    "card: its renewal could not be recorded (%s); nothing was "
                                    "changed",
                                    sym_err_text(err));
}

static enum sym_err replace_file(const struct sym_disk *dir, struct sym_span text,
                                 const struct sym_author *author, uint64_t serial,
                                 struct sym_fault *fault)
{
    enum sym_err err = sym_disk_remove(dir, CARD_FILE_NEW, fault);
    if (err == SYM_OK) {
        err = sym_disk_write(dir, CARD_FILE_NEW, 0644, text, fault);
    }
    if (err == SYM_OK) {
        err = record(author, serial, fault);
        if (err != SYM_OK) {
            enum sym_err swept = sym_disk_remove(dir, CARD_FILE_NEW, NULL);
            (void)swept; /* the next renewal does it */
        }
    }
    return err == SYM_OK ? sym_disk_rename(dir, CARD_FILE_NEW, SYM_FILE_CARD, fault) : err;
}

enum sym_err sym_own_card_renew(struct sym_own_card *own, const struct sym_disk *dir,
                                const struct sym_node_keys *keys,
                                const struct sym_card_renew *asked, const struct sym_author *author,
                                int64_t now_s, struct sym_fault *fault)
{
    char text[SYM_CARD_BYTES_MAX];
    size_t len = 0;
    struct sym_card next = own->card;
    enum sym_err err = check_asked(asked, fault);
    if (err == SYM_OK) {
        apply(&next, asked, now_s);
        err = sym_card_write(text, sizeof text, &len, &next, &keys->identity, NULL, fault);
    }
    if (err == SYM_OK) {
        err = replace_file(dir, sym_span(text, len), author, next.serial, fault);
    }
    if (err == SYM_OK) {
        /* Before the sync: what others can read in the file is the card, or its serial would be
         * given to another one. */
        err = adopt(own, dir, sym_span(text, len), fault);
    }
    return err == SYM_OK ? sym_disk_sync(dir, fault) : err;
}
