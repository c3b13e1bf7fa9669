#include "node/core/first_start.h"

#include "crypto/seal.h"
#include "node/loop.h"

#define INIT_BYTES_MAX 4096u

enum sym_err sym_first_start_master(struct sym_secret *master, const struct sym_disk *dir,
                                    const struct sym_node_keys *keys, struct sym_fault *fault)
{
    SYM_SECRET_AUTO sealed = {0};
    uint8_t key[SYM_SEAL_KEY_BYTES];
    enum sym_err err = sym_disk_read(&sealed, dir, SYM_FILE_MASTER,
                                     SYM_MASTER_BYTES + SYM_SEAL_OVERHEAD_BYTES, fault);
    if (err != SYM_OK) {
        return err;
    }
    sym_subkey(key, keys->storage.data, SYM_MASTER_PURPOSE, sym_span(NULL, 0));
    err = sealed.len != SYM_MASTER_BYTES + SYM_SEAL_OVERHEAD_BYTES
              ? SYM_BAD_FORMAT
              : sym_secret_new(master, SYM_MASTER_BYTES);
    if (err == SYM_OK) {
        err = sym_unseal(master->data, key, sym_span_text(SYM_MASTER_AD), sym_secret_span(&sealed));
    }
    sym_wipe(key, sizeof key);
    if (err != SYM_OK) {
        sym_secret_clear(master);
        return sym_fail(fault, err, "%s/" SYM_FILE_MASTER ": %s; restore it with " SYM_FILE_KEYS,
                        dir->shown, sym_err_text(err));
    }
    return SYM_OK;
}

static enum sym_err bad_line(const struct sym_disk *dir, struct sym_fault *fault)
{
    return sym_fail(fault, SYM_BAD_FORMAT,
                    "%s/" SYM_FILE_INIT
                    ": is not as symbolon init wrote it; run it again in a new directory",
                    dir->shown);
}

/* Cuts off what stands before the separator, which must be there. */
static bool cut(struct sym_span *out, struct sym_span *rest, uint8_t separator)
{
    for (size_t i = 0; i < rest->len; i++) {
        if (rest->data[i] == separator) {
            *out = sym_span(rest->data, i);
            *rest = sym_span(rest->data + i + 1, rest->len - i - 1);
            return true;
        }
    }
    return false;
}

/* A set of SYM_USER_… bits in decimal; 0 when it is none. */
static uint32_t read_roles(struct sym_span text)
{
    uint32_t roles = 0;
    for (size_t i = 0; i < text.len && i < 3; i++) {
        uint8_t digit = (uint8_t)(text.data[i] - '0');
        roles = digit > 9 ? SYM_USER_ANY + 1 : roles * 10 + digit;
    }
    return text.len > 2 || roles > SYM_USER_ANY ? 0 : roles;
}

/* "NAME ROLES BASE64". */
static enum sym_err import_user(const struct sym_disk *dir, struct sym_users *users,
                                struct sym_log *log, struct sym_span line, struct sym_fault *fault)
{
    struct sym_user_add add = {.roles = 0};
    struct sym_span roles = {NULL, 0};
    uint8_t key[SYM_ED25519_BYTES + 3];
    size_t key_len = sizeof key;
    bool whole = cut(&add.name, &line, ' ') && cut(&roles, &line, ' ');
    if (!whole || sym_unbase64(key, &key_len, line) != SYM_OK) {
        return bad_line(dir, fault);
    }
    add.roles = read_roles(roles);
    add.key = sym_span(key, key_len);
    const struct sym_user *known = sym_users_by_key(users, add.key);
    return known != NULL ? SYM_OK
                         : sym_users_introduce(users, &add, log, sym_wall_ms() / 1000, fault);
}

static bool starts_with(struct sym_span *rest, const char *head)
{
    struct sym_span wanted = sym_span_text(head);
    if (rest->len <= wanted.len || !sym_span_equal(sym_span(rest->data, wanted.len), wanted)) {
        return false;
    }
    *rest = sym_span(rest->data + wanted.len, rest->len - wanted.len);
    return true;
}

static enum sym_err import_line(const struct sym_disk *dir, struct sym_settings *settings,
                                struct sym_users *users, struct sym_log *log, struct sym_span line,
                                struct sym_fault *fault)
{
    if (starts_with(&line, "listen: ")) {
        return sym_settings_set(settings, sym_span_text(sym_setting_text(SYM_SETTING_LISTEN)), line,
                                NULL, fault);
    }
    if (starts_with(&line, "user: ")) {
        return import_user(dir, users, log, line, fault);
    }
    return bad_line(dir, fault);
}

static enum sym_err import_file(const struct sym_disk *dir, struct sym_settings *settings,
                                struct sym_users *users, struct sym_log *log,
                                struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    struct sym_span line;
    enum sym_err err = sym_disk_read(&text, dir, SYM_FILE_INIT, INIT_BYTES_MAX, fault);
    struct sym_span rest = sym_secret_span(&text);
    while (err == SYM_OK && cut(&line, &rest, '\n')) {
        err = import_line(dir, settings, users, log, line, fault);
    }
    if (err == SYM_OK && (rest.len > 0 || users->n == 0)) {
        return bad_line(dir, fault);
    }
    if (err == SYM_OK) {
        err = sym_disk_remove(dir, SYM_FILE_INIT, fault);
    }
    return err == SYM_OK ? sym_disk_sync(dir, fault) : err;
}

enum sym_err sym_first_start_check(const struct sym_disk *dir, const struct sym_users *users,
                                   struct sym_fault *fault)
{
    return users->n > 0 || sym_disk_has(dir, SYM_FILE_INIT)
               ? SYM_OK
               : sym_fail(fault, SYM_NOT_FOUND,
                          "%s/store: holds no user, so nobody could give an order; "
                          "restore it from a backup",
                          dir->shown);
}

enum sym_err sym_first_start_import(const struct sym_disk *dir, struct sym_settings *settings,
                                    struct sym_users *users, struct sym_log *log,
                                    struct sym_fault *fault)
{
    return sym_disk_has(dir, SYM_FILE_INIT) ? import_file(dir, settings, users, log, fault)
                                            : SYM_OK;
}
