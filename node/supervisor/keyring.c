#include "node/supervisor/keyring.h"

#include <stdio.h>

#define NEW_KEYS SYM_FILE_KEYS ".rotated"
#define NEW_CARD SYM_FILE_CARD ".rotated"

void sym_keyring_clear(struct sym_keyring *k)
{
    sym_node_keys_clear(&k->keys);
    sym_secret_clear(&k->secret);
}

static enum sym_err finish_rotation(const struct sym_disk *disk, struct sym_fault *fault)
{
    enum sym_err err = sym_disk_rename(disk, NEW_CARD, SYM_FILE_CARD, fault);
    return err == SYM_OK ? sym_disk_sync(disk, fault) : err;
}

static enum sym_err undo_rotation(const struct sym_disk *disk, struct sym_fault *fault)
{
    enum sym_err err = sym_disk_remove(disk, NEW_CARD, fault);
    if (err == SYM_OK) {
        err = sym_disk_sync(disk, fault);
    }
    if (err == SYM_OK) {
        err = sym_disk_remove(disk, NEW_KEYS, fault);
    }
    return err == SYM_OK ? sym_disk_sync(disk, fault) : err;
}

static enum sym_err repair(const struct sym_disk *disk, struct sym_fault *fault)
{
    if (sym_disk_has(disk, NEW_KEYS)) {
        return undo_rotation(disk, fault);
    }
    return sym_disk_has(disk, NEW_CARD) ? finish_rotation(disk, fault) : SYM_OK;
}

static enum sym_err explain(enum sym_err err, enum sym_wrap wrap, const char *of,
                            struct sym_fault *fault)
{
    if (err == SYM_OK) {
        return SYM_OK;
    }
    if (err == SYM_BAD_TAG) {
        return sym_fail(fault, err,
                        "%s: does not open with this %s (or the file was altered): try again, or "
                        "restore it from a backup",
                        of, wrap == SYM_WRAP_KEY ? "key" : "passphrase");
    }
    if (err == SYM_NO_MEMORY) {
        return sym_fail(fault, err,
                        "%s: opening it takes 256 MiB of memory for a moment: free some", of);
    }
    return sym_fail(fault, err, "%s: %s: restore it from a backup", of, sym_err_text(err));
}

static enum sym_err open_keys(struct sym_keyring *k, const struct sym_disk *disk,
                              const struct sym_secret_source *from, struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    char of[SYM_SHOWN_BYTES + sizeof SYM_FILE_KEYS + 1];
    (void)snprintf(of, sizeof of, "%s/" SYM_FILE_KEYS, disk->shown);
    enum sym_err err = sym_disk_read(&text, disk, SYM_FILE_KEYS, SYM_KEYFILE_BYTES_MAX, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = explain(sym_keyfile_wrap(&k->wrap, sym_secret_span(&text)), SYM_WRAP_KEY, of, fault);
    if (err == SYM_OK) {
        err = sym_passphrase_get(&k->secret, k->wrap, from, of, fault);
    }
    if (err == SYM_OK) {
        err =
            explain(sym_keyfile_read(&k->keys, sym_secret_span(&text), sym_secret_span(&k->secret)),
                    k->wrap, of, fault);
    }
    return err;
}

static bool fits(const struct sym_card *card, const struct sym_node_keys *keys)
{
    struct sym_card own = *card;
    sym_card_keys(&own, keys);
    return own.n_tls == card->n_tls && own.n_exchange == card->n_exchange &&
           sym_equal(own.identity, card->identity, sizeof own.identity) &&
           sym_equal(own.tls, card->tls, own.n_tls * sizeof own.tls[0]) &&
           sym_equal(own.exchange, card->exchange, own.n_exchange * sizeof own.exchange[0]) &&
           sym_equal(own.log, card->log, sizeof own.log) &&
           sym_equal(own.cosign, card->cosign, sizeof own.cosign);
}

static enum sym_err open_card(struct sym_keyring *k, const struct sym_disk *disk,
                              struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    struct sym_fault why = {.text = ""};
    enum sym_err err = sym_disk_read(&text, disk, SYM_FILE_CARD, SYM_CARD_BYTES_MAX, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_card_parse(&k->card, sym_secret_span(&text), &why);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s/" SYM_FILE_CARD ": %.120s: restore it from a backup",
                        disk->shown, why.text[0] == '\0' ? sym_err_text(err) : why.text);
    }
    if (!fits(&k->card, &k->keys)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%s/" SYM_FILE_CARD ": does not name the keys of " SYM_FILE_KEYS
                        ": restore both from the same backup",
                        disk->shown);
    }
    return SYM_OK;
}

enum sym_err sym_keyring_open(struct sym_keyring *k, const struct sym_directory *d,
                              const struct sym_secret_source *from, struct sym_fault *fault)
{
    enum sym_err err = repair(&d->disk, fault);
    if (err == SYM_OK) {
        err = open_keys(k, &d->disk, from, fault);
    }
    if (err == SYM_OK) {
        err = open_card(k, &d->disk, fault);
    }
    if (err != SYM_OK) {
        sym_keyring_clear(k);
    }
    return err;
}

static enum sym_err write_keys(const struct sym_keyring *k, const struct sym_disk *disk,
                               const char *name, struct sym_fault *fault)
{
    char text[SYM_KEYFILE_BYTES_MAX];
    char of[SYM_SHOWN_BYTES + 32];
    size_t len = 0;
    (void)snprintf(of, sizeof of, "%s/%s", disk->shown, name);
    enum sym_err err = explain(
        sym_keyfile_write(text, sizeof text, &len, &k->keys, k->wrap, sym_secret_span(&k->secret)),
        k->wrap, of, fault);
    return err == SYM_OK ? sym_disk_write(disk, name, 0600, sym_span(text, len), fault) : err;
}

static enum sym_err write_card(const struct sym_keyring *k, const struct sym_disk *disk,
                               const char *name, const struct sym_sign_key *previous,
                               struct sym_fault *fault)
{
    char text[SYM_CARD_BYTES_MAX];
    size_t len = 0;
    enum sym_err err =
        sym_card_write(text, sizeof text, &len, &k->card, &k->keys.identity, previous, fault);
    return err == SYM_OK ? sym_disk_write(disk, name, 0644, sym_span(text, len), fault) : err;
}

enum sym_err sym_keyring_write(const struct sym_keyring *k, const struct sym_disk *disk,
                               const char *keys_name, const char *card_name,
                               const struct sym_sign_key *previous, struct sym_fault *fault)
{
    enum sym_err err = write_keys(k, disk, keys_name, fault);
    if (err == SYM_OK) {
        err = sym_disk_sync(disk, fault);
    }
    if (err == SYM_OK) {
        err = write_card(k, disk, card_name, previous, fault);
    }
    return err == SYM_OK ? sym_disk_sync(disk, fault) : err;
}

enum sym_err sym_keyring_replace(struct sym_keyring *k, const struct sym_directory *d,
                                 const struct sym_sign_key *previous, struct sym_fault *fault)
{
    const struct sym_disk *disk = &d->disk;
    sym_card_keys(&k->card, &k->keys);
    enum sym_err err = sym_keyring_write(k, disk, NEW_KEYS, NEW_CARD, previous, fault);
    if (err != SYM_OK) {
        (void)undo_rotation(disk, NULL);
        return err;
    }
    err = sym_disk_rename(disk, NEW_KEYS, SYM_FILE_KEYS, fault);
    if (err == SYM_OK) {
        err = sym_disk_sync(disk, fault);
    }
    return err == SYM_OK ? finish_rotation(disk, fault) : err;
}
