#include "node/supervisor/rotate.h"

#include "node/loop.h"
#include "node/supervisor/keyring.h"
#include "node/supervisor/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const texts[] = {
#define ROTATE_TEXT(name, text) [SYM_ROTATE_##name] = (text),
    SYM_ROTATE_LIST(ROTATE_TEXT)
#undef ROTATE_TEXT
};

enum sym_err sym_rotate_parse(enum sym_rotate *out, const char *text)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(text, texts[i]) == 0) {
            *out = (enum sym_rotate)i;
            return SYM_OK;
        }
    }
    return SYM_BAD_VALUE;
}

static enum sym_err refuse_announced(enum sym_rotate what, const struct sym_directory *d,
                                     struct sym_fault *fault)
{
    return sym_fail(fault, SYM_EXISTS,
                    "%s: the card announces the next %s key already: give it to all partners, then "
                    "rotate finish",
                    d->disk.shown, texts[what]);
}

static void replace_sign_key(struct sym_sign_key *old, struct sym_sign_key *made)
{
    sym_sign_key_clear(old);
    *old = *made;
    *made = (struct sym_sign_key){0};
}

/* Draws a key into *at, whose key is lost. */
static enum sym_err redraw(struct sym_sign_key *at)
{
    struct sym_sign_key made = {0};
    enum sym_err err = sym_sign_key_new(&made);
    if (err == SYM_OK) {
        replace_sign_key(at, &made);
    }
    return err;
}

static enum sym_err new_identity(struct sym_keyring *k, struct sym_sign_key *previous)
{
    struct sym_sign_key made = {0};
    enum sym_err err = sym_sign_key_new(&made);
    if (err == SYM_OK) {
        *previous = k->keys.identity;
        k->keys.identity = made;
        memcpy(k->card.previous, previous->public_key, sizeof k->card.previous);
        k->card.has_previous = true;
    }
    return err;
}

static enum sym_err finish(struct sym_keyring *k, const struct sym_directory *d,
                           struct sym_fault *fault)
{
    struct sym_node_keys *keys = &k->keys;
    bool tls = keys->tls[1].seed.len > 0;
    bool exchange = keys->exchange[1].private_key.len > 0;

    if (!tls && !exchange) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "%s: no key is announced: rotate tls or rotate exchange comes first",
                        d->disk.shown);
    }
    if (tls) {
        replace_sign_key(&keys->tls[0], &keys->tls[1]);
    }
    if (exchange) {
        sym_exchange_key_clear(&keys->exchange[0]);
        keys->exchange[0] = keys->exchange[1];
        keys->exchange[1] = (struct sym_exchange_key){0};
    }
    return SYM_OK;
}

/* previous: receives the identity that is replaced, if any. */
static enum sym_err change(struct sym_keyring *k, enum sym_rotate what,
                           struct sym_sign_key *previous, const struct sym_directory *d,
                           struct sym_fault *fault)
{
    struct sym_node_keys *keys = &k->keys;
    switch (what) {
    case SYM_ROTATE_TLS:
        return keys->tls[1].seed.len > 0 ? refuse_announced(what, d, fault)
                                         : sym_sign_key_new(&keys->tls[1]);
    case SYM_ROTATE_EXCHANGE:
        return keys->exchange[1].private_key.len > 0 ? refuse_announced(what, d, fault)
                                                     : sym_exchange_key_new(&keys->exchange[1]);
    case SYM_ROTATE_LOG:
        return redraw(&keys->log);
    case SYM_ROTATE_COSIGN:
        return redraw(&keys->cosign);
    case SYM_ROTATE_IDENTITY:
        return new_identity(k, previous);
    case SYM_ROTATE_FINISH:
        return finish(k, d, fault);
    }
    return SYM_INTERNAL;
}

/* Only the card of a new identity can carry the old one's signature: that key is gone. */
static void renew(struct sym_card *card)
{
    int64_t life_s = card->expires_s - card->issued_s;
    card->serial++;
    card->issued_s = (int64_t)(sym_wall_ms() / 1000);
    card->expires_s = card->issued_s + life_s;
    card->has_previous = false;
    memset(card->previous, 0, sizeof card->previous);
}

static void report(const struct sym_keyring *k, enum sym_rotate what, const char *dir,
                   const struct sym_secret_source *from)
{
    sym_report_card(&k->card);
    (void)printf("Next:\n");
    sym_report_start(dir, k->wrap, from);
    sym_report_step("give the new card to your partners:", "symbolon card --dir %s --out FILE",
                    dir);
    switch (what) {
    case SYM_ROTATE_TLS:
    case SYM_ROTATE_EXCHANGE:
        sym_report_step("when all of them have taken it:", "symbolon rotate finish --dir %s", dir);
        break;
    case SYM_ROTATE_IDENTITY:
        sym_report_step("they compare the fingerprint, and:",
                        "symbolon peer add FILE --alias NAME --replace-identity", dir);
        (void)printf("Only card %" PRIu64
                     " is signed by the old identity: let all partners take it "
                     "before it is renewed.\n",
                     k->card.serial);
        break;
    case SYM_ROTATE_LOG:
    case SYM_ROTATE_COSIGN:
    case SYM_ROTATE_FINISH:
        sym_report_step("they take it with:", "symbolon peer add FILE", dir);
        break;
    }
    (void)fflush(stdout);
}

static enum sym_err rotate(struct sym_keyring *k, enum sym_rotate what,
                           const struct sym_directory *d, struct sym_fault *fault)
{
    struct sym_sign_key previous = {0};
    struct sym_fault why = {.text = ""};

    renew(&k->card);
    enum sym_err err = change(k, what, &previous, d, &why);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s", why.text[0] == '\0' ? sym_err_text(err) : why.text);
    }
    err = sym_keyring_replace(k, d, k->card.has_previous ? &previous : NULL, fault);
    sym_sign_key_clear(&previous);
    return err;
}

enum sym_err sym_rotate_run(const char *dir, enum sym_rotate what,
                            const struct sym_secret_source *from, struct sym_fault *fault)
{
    struct sym_directory d = SYM_DIRECTORY_CLOSED;
    struct sym_keyring k = {.secret = {0}};
    enum sym_err err = sym_directory_open(&d, dir, fault);
    if (err == SYM_OK) {
        err = sym_keyring_open(&k, &d, from, fault);
    }
    if (err == SYM_OK) {
        err = rotate(&k, what, &d, fault);
    }
    if (err == SYM_OK) {
        report(&k, what, dir, from);
    }
    sym_keyring_clear(&k);
    sym_directory_close(&d);
    return err;
}
