#include "node/supervisor/init.h"

#include "crypto/userkey.h"
#include "node/loop.h"
#include "node/supervisor/keyring.h"
#include "node/supervisor/report.h"
#include "node/supervisor/vacant.h"
#include "proto/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_S      86400
#define USER_NAME  "operator"
#define USER_ROLES (SYM_USER_OPERATOR | SYM_USER_ANALYST)
#define USERS_DIR  "users"
#define USER_FILE  USERS_DIR "/" USER_NAME ".key"

static const struct sym_settler settler = {.name = "symbolon init",
                                           .advice = "choose another directory",
                                           .left = SYM_FILE_UNFINISHED,
                                           .left_more = true};

#define SYM_TEXT_OF(x) #x
#define FORMAT_TEXT(x) "symbolon " SYM_TEXT_OF(x) "\n"

struct work {
    struct sym_disk disk;
    bool made_dir;
    struct sym_keyring keyring;
    struct sym_sign_key user;
};

static void clear_work(struct work *w)
{
    sym_keyring_clear(&w->keyring);
    sym_sign_key_clear(&w->user);
    sym_disk_close(&w->disk); /* with it goes the lock */
}

/* The directory ------------------------------------------------------------------------------ */

/* What an init writes, in the order in which it is removed: the mark of its being unfinished last.
 */
static enum sym_err remove_all(const struct sym_disk *disk, struct sym_fault *fault)
{
    static const char *const files[] = {SYM_FILE_INIT, USER_FILE, SYM_FILE_MASTER, SYM_FILE_CARD,
                                        SYM_FILE_KEYS};
    enum sym_err err = SYM_OK;
    for (size_t i = 0; i < sizeof files / sizeof files[0] && err == SYM_OK; i++) {
        err = sym_disk_remove(disk, files[i], fault);
    }
    if (err == SYM_OK && unlinkat(disk->fd, USERS_DIR, AT_REMOVEDIR) != 0 && errno != ENOENT) {
        err = sym_disk_fail(fault, disk, USERS_DIR, errno);
    }
    if (err == SYM_OK) {
        err = sym_disk_sync(disk, fault);
    }
    return err == SYM_OK ? sym_disk_remove(disk, SYM_FILE_UNFINISHED, fault) : err;
}

/* The files ---------------------------------------------------------------------------------- */

static enum sym_err write_master(const struct work *w, struct sym_fault *fault)
{
    uint8_t master[SYM_MASTER_BYTES];
    uint8_t key[SYM_SEAL_KEY_BYTES];
    uint8_t sealed[SYM_MASTER_BYTES + SYM_SEAL_OVERHEAD_BYTES];

    sym_random(master, sizeof master);
    sym_subkey(key, w->keyring.keys.storage.data, SYM_MASTER_PURPOSE, sym_span(NULL, 0));
    enum sym_err err =
        sym_seal(sealed, key, sym_span_text(SYM_MASTER_AD), sym_span(master, sizeof master));
    sym_wipe(master, sizeof master);
    sym_wipe(key, sizeof key);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s/" SYM_FILE_MASTER ": %s", w->disk.shown, sym_err_text(err));
    }
    return sym_disk_write(&w->disk, SYM_FILE_MASTER, 0600, sym_span(sealed, sizeof sealed), fault);
}

static enum sym_err write_user_file(const struct work *w, struct sym_fault *fault)
{
    char text[SYM_USERKEY_BYTES_MAX];
    size_t len = 0;
    enum sym_err err =
        sym_userkey_write(text, sizeof text, &len, sym_span_text(USER_NAME), &w->user);
    if (err == SYM_OK) {
        err = sym_disk_write(&w->disk, USER_FILE, 0600, sym_span(text, len), fault);
    } else {
        (void)sym_fail(fault, err, "%s/" USER_FILE ": %s", w->disk.shown, sym_err_text(err));
    }
    sym_wipe(text, sizeof text);
    return err;
}

static enum sym_err write_user(const struct work *w, struct sym_fault *fault)
{
    if (mkdirat(w->disk.fd, USERS_DIR, 0700) != 0) {
        return sym_disk_fail(fault, &w->disk, USERS_DIR, errno);
    }
    struct sym_disk users = w->disk;
    users.fd = openat(w->disk.fd, USERS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (users.fd < 0) {
        return sym_disk_fail(fault, &w->disk, USERS_DIR, errno);
    }
    enum sym_err err = write_user_file(w, fault);
    if (err == SYM_OK) {
        err = sym_disk_sync(&users, fault);
    }
    sym_disk_close(&users);
    return err;
}

static enum sym_err write_first_start(const struct work *w, const char *listen,
                                      struct sym_fault *fault)
{
    char key[SYM_BASE64_BYTES(SYM_ED25519_BYTES)];
    char text[sizeof "listen: \nuser: " USER_NAME " 255 \n" + SYM_ENDPOINT_BYTES + sizeof key];
    sym_base64(key, w->user.public_key, sizeof w->user.public_key);
    int len = snprintf(text, sizeof text, "listen: %s\nuser: " USER_NAME " %u %s\n", listen,
                       (unsigned)USER_ROLES, key);
    if (len < 0 || (size_t)len >= sizeof text) {
        return sym_fail(fault, SYM_TOO_LONG, "--listen: is too long");
    }
    return sym_disk_write(&w->disk, SYM_FILE_INIT, 0600, sym_span(text, (size_t)len), fault);
}

static enum sym_err write_files(const struct work *w, const char *listen, struct sym_fault *fault)
{
    enum sym_err err = sym_disk_write(&w->disk, SYM_FILE_UNFINISHED, 0600,
                                      sym_span_text(FORMAT_TEXT(SYM_DIRECTORY_FORMAT)), fault);
    if (err == SYM_OK) {
        err = sym_disk_sync(&w->disk, fault);
    }
    if (err == SYM_OK) {
        err = sym_keyring_write(&w->keyring, &w->disk, SYM_FILE_KEYS, SYM_FILE_CARD, NULL, fault);
    }
    if (err == SYM_OK) {
        err = write_master(w, fault);
    }
    if (err == SYM_OK) {
        err = write_user(w, fault);
    }
    if (err == SYM_OK) {
        err = write_first_start(w, listen, fault);
    }
    return err == SYM_OK ? sym_disk_sync(&w->disk, fault) : err;
}

/* From here on it is a node. */
static enum sym_err commit(const struct work *w, struct sym_fault *fault)
{
    enum sym_err err = sym_disk_rename(&w->disk, SYM_FILE_UNFINISHED, SYM_FILE_FORMAT, fault);
    if (err == SYM_OK) {
        err = sym_disk_sync(&w->disk, fault);
    }
    return err == SYM_OK && w->made_dir ? sym_vacant_sync_above(&w->disk, fault) : err;
}

static enum sym_err write_all(struct work *w, const struct sym_init *init, struct sym_fault *fault)
{
    enum sym_err err = sym_vacant_take(&w->disk, &w->made_dir, init->dir, &settler, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = remove_all(&w->disk, fault);
    if (err == SYM_OK) {
        err = write_files(w, init->listen, fault);
    }
    if (err != SYM_OK) {
        (void)remove_all(&w->disk, NULL);
        return err;
    }
    return commit(w, fault);
}

/* Keys and card ------------------------------------------------------------------------------ */

static void describe(struct sym_card *card, const struct sym_init *init)
{
    const char *const *endpoint = init->n_endpoint > 0 ? init->endpoint : &init->listen;
    *card = (struct sym_card){.role = init->role, .serial = 1};
    (void)snprintf(card->name, sizeof card->name, "%s", init->name);
    card->n_endpoint = init->n_endpoint > 0 ? init->n_endpoint : 1;
    for (size_t i = 0; i < card->n_endpoint; i++) {
        (void)snprintf(card->endpoint[i], sizeof card->endpoint[i], "%s", endpoint[i]);
    }
    card->issued_s = (int64_t)(sym_wall_ms() / 1000);
    card->expires_s = card->issued_s + (int64_t)init->days * DAY_S;
}

static enum sym_err draw(struct work *w, const struct sym_init *init, struct sym_fault *fault)
{
    enum sym_err err = sym_node_keys_new(&w->keyring.keys);
    if (err == SYM_OK) {
        err = sym_sign_key_new(&w->user);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "keys: %s", sym_err_text(err));
    }
    describe(&w->keyring.card, init);
    sym_card_keys(&w->keyring.card, &w->keyring.keys);
    return SYM_OK;
}

static void report(const struct work *w, const struct sym_init *init)
{
    const char *dir = init->dir;
    sym_report_card(&w->keyring.card);
    (void)printf("Next:\n");
    sym_report_start(dir, w->keyring.wrap, &init->from);
    sym_report_step("give its card to your partners:", "symbolon card --dir %s --out FILE", dir);
    sym_report_step("take theirs:", "symbolon peer add FILE --alias NAME --dir %s", dir);
    (void)printf("Partners compare the fingerprint with you by phone. Keep the %s safe: without it "
                 "nobody can start this node again.\n",
                 w->keyring.wrap == SYM_WRAP_KEY ? "key file" : "passphrase");
    (void)fflush(stdout);
}

enum sym_err sym_init_run(const struct sym_init *init, struct sym_fault *fault)
{
    struct work w = {.disk = {.fd = -1}};
    char of[SYM_SHOWN_BYTES];

    enum sym_err err = sym_vacant_check(init->dir, &settler, fault);
    if (err == SYM_OK) {
        err = draw(&w, init, fault);
    }
    if (err == SYM_OK) {
        sym_disk_show(of, init->dir);
        err = sym_passphrase_choose(&w.keyring.secret, &w.keyring.wrap, &init->from, of, fault);
    }
    if (err == SYM_OK) {
        err = write_all(&w, init, fault);
    }
    if (err == SYM_OK) {
        report(&w, init);
    } else if (w.made_dir) {
        (void)rmdir(init->dir); /* stays if anybody has put something there */
    }
    clear_work(&w);
    return err;
}
