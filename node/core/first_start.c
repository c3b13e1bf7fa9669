#include "node/core/first_start.h"

#include "crypto/seal.h"
#include "node/loop.h"

#include <stdlib.h>
#include <string.h>

#define MASTER_AD      "symbolon-master-1"
#define MASTER_PURPOSE "master key file"
#define MASTER_BYTES   32u
#define INIT_BYTES_MAX 4096u

enum sym_err sym_first_start_master(struct sym_secret *master, const struct sym_disk *dir,
                                    const struct sym_node_keys *keys, struct sym_fault *fault)
{
    struct sym_secret sealed = {0};
    uint8_t key[SYM_SEAL_KEY_BYTES];
    enum sym_err err =
        sym_disk_read(&sealed, dir, SYM_FILE_MASTER, MASTER_BYTES + SYM_SEAL_OVERHEAD_BYTES, fault);
    if (err != SYM_OK) {
        return err;
    }
    sym_subkey(key, keys->storage.data, MASTER_PURPOSE, sym_span(NULL, 0));
    err = sealed.len != MASTER_BYTES + SYM_SEAL_OVERHEAD_BYTES
              ? SYM_BAD_FORMAT
              : sym_secret_new(master, MASTER_BYTES);
    if (err == SYM_OK) {
        err = sym_unseal(master->data, key, sym_span_text(MASTER_AD), sym_secret_span(&sealed));
    }
    sym_wipe(key, sizeof key);
    sym_secret_clear(&sealed);
    if (err != SYM_OK) {
        sym_secret_clear(master);
        return sym_fail(fault, err, SYM_FILE_MASTER ": %s; restore it together with node.keys",
                        sym_err_text(err));
    }
    return SYM_OK;
}

static enum sym_err bad_line(struct sym_fault *fault)
{
    return sym_fail(fault, SYM_BAD_FORMAT,
                    SYM_FILE_INIT
                    ": a line is not as symbolon init wrote it; run it again in a new "
                    "directory");
}

/* "NAME ROLES BASE64". */
static enum sym_err import_user(struct sym_users *users, struct sym_span text,
                                struct sym_fault *fault)
{
    char line[256];
    char *rest = NULL;
    uint8_t key[SYM_ED25519_BYTES + 3];
    size_t key_len = sizeof key;
    if (text.len >= sizeof line) {
        return bad_line(fault);
    }
    memcpy(line, text.data, text.len);
    line[text.len] = '\0';
    const char *name = strtok_r(line, " ", &rest);
    const char *roles = strtok_r(NULL, " ", &rest);
    const char *base64 = strtok_r(NULL, " ", &rest);
    if (name == NULL || roles == NULL || base64 == NULL ||
        sym_unbase64(key, &key_len, sym_span_text(base64)) != SYM_OK ||
        key_len != SYM_ED25519_BYTES) {
        return bad_line(fault);
    }
    struct sym_user_add add = {.name = sym_span_text(name),
                               .roles = (uint32_t)strtoul(roles, NULL, 10) & SYM_USER_ANY,
                               .key = sym_span(key, key_len)};
    if (sym_users_by_key(users, add.key) != NULL) {
        return SYM_OK;
    }
    return sym_users_add(users, &add, NULL, sym_wall_ms() / 1000, fault);
}

static enum sym_err import_line(struct sym_settings *settings, struct sym_users *users,
                                struct sym_span line, struct sym_fault *fault)
{
    struct sym_span listen = sym_span_text("listen: ");
    struct sym_span user = sym_span_text("user: ");
    if (line.len > listen.len && sym_span_equal(sym_span(line.data, listen.len), listen)) {
        return sym_settings_set(settings, sym_span_text(sym_setting_text(SYM_SETTING_LISTEN)),
                                sym_span(line.data + listen.len, line.len - listen.len), fault);
    }
    if (line.len > user.len && sym_span_equal(sym_span(line.data, user.len), user)) {
        return import_user(users, sym_span(line.data + user.len, line.len - user.len), fault);
    }
    return bad_line(fault);
}

enum sym_err sym_first_start_import(const struct sym_disk *dir, struct sym_settings *settings,
                                    struct sym_users *users, struct sym_fault *fault)
{
    struct sym_secret text = {0};
    if (!sym_disk_has(dir, SYM_FILE_INIT)) {
        return SYM_OK;
    }
    enum sym_err err = sym_disk_read(&text, dir, SYM_FILE_INIT, INIT_BYTES_MAX, fault);
    size_t start = 0;
    for (size_t i = 0; err == SYM_OK && i < text.len; i++) {
        if (text.data[i] == '\n') {
            err = import_line(settings, users, sym_span(text.data + start, i - start), fault);
            start = i + 1;
        }
    }
    sym_secret_clear(&text);
    if (err == SYM_OK) {
        err = sym_disk_remove(dir, SYM_FILE_INIT, fault);
    }
    return err == SYM_OK ? sym_disk_sync(dir, fault) : err;
}
