#include "node/supervisor/restore.h"

#include "crypto/utc.h"
#include "node/loop.h"
#include "node/supervisor/directory.h"
#include "node/supervisor/report.h"
#include "node/supervisor/unpack.h"
#include "node/supervisor/vacant.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGE     "restore.new"
#define STORE_DIR "store"
#define USERS_DIR "users"

static const struct sym_settler settler = {
    .name = "restore", .advice = "restore into a new directory", .left = STAGE};

struct work {
    const char *path;
    struct sym_disk dir;
    struct sym_disk stage;
    bool made_dir;
    int fd; /* of the member at hand */
    char name[SYM_BACKUP_NAME_BYTES];
    unsigned user_keys;
    struct sym_backup_about about;
    struct sym_card card;
};

/* The stage ------------------------------------------------------------------------------ */

static enum sym_err open_below(struct sym_disk *out, const struct sym_disk *above, const char *name,
                               struct sym_fault *fault)
{
    struct sym_disk d = *above;
    d.fd = openat(above->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (d.fd < 0) {
        return sym_disk_fail(fault, above, name, errno);
    }
    *out = d;
    return SYM_OK;
}

static enum sym_err make_below(const struct sym_disk *above, const char *name,
                               struct sym_fault *fault)
{
    return mkdirat(above->fd, name, 0700) == 0 || errno == EEXIST
               ? SYM_OK
               : sym_disk_fail(fault, above, name, errno);
}

/* All files of one directory that restore has made; others stay. */
static void empty_dir(int above, const char *name)
{
    int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (entries == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return;
    }
    for (struct dirent *e = readdir(entries); e != NULL; e = readdir(entries)) {
        (void)unlinkat(dirfd(entries), e->d_name, 0);
    }
    (void)closedir(entries);
    (void)unlinkat(above, name, AT_REMOVEDIR);
}

static void clear_stage(const struct sym_disk *dir)
{
    int stage = openat(dir->fd, STAGE, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (stage >= 0) {
        empty_dir(stage, STORE_DIR);
        empty_dir(stage, USERS_DIR);
        (void)close(stage);
        empty_dir(dir->fd, STAGE);
    }
}

static enum sym_err open_stage(struct work *w, struct sym_fault *fault)
{
    clear_stage(&w->dir);
    enum sym_err err = make_below(&w->dir, STAGE, fault);
    if (err == SYM_OK) {
        err = open_below(&w->stage, &w->dir, STAGE, fault);
    }
    if (err == SYM_OK) {
        err = make_below(&w->stage, STORE_DIR, fault);
    }
    return err == SYM_OK ? make_below(&w->stage, USERS_DIR, fault) : err;
}

/* What comes from the file -------------------------------------------------------------------- */

static enum sym_err on_member(void *owner, enum sym_backup_kind kind, const char *name,
                              struct sym_fault *fault)
{
    struct work *w = owner;
    (void)snprintf(w->name, sizeof w->name, "%s", name);
    w->user_keys += kind == SYM_BACKUP_USER;
    w->fd = openat(w->stage.fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                   (mode_t)0600);
    return w->fd >= 0 ? SYM_OK : sym_disk_fail(fault, &w->dir, name, errno);
}

static enum sym_err on_bytes(void *owner, struct sym_span bytes, struct sym_fault *fault)
{
    struct work *w = owner;
    while (bytes.len > 0) {
        ssize_t n = write(w->fd, bytes.data, bytes.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return sym_disk_fail(fault, &w->dir, w->name, errno);
        }
        bytes = sym_span(bytes.data + n, bytes.len - (size_t)n);
    }
    return SYM_OK;
}

static void close_member(struct work *w)
{
    if (w->fd >= 0) {
        (void)close(w->fd);
        w->fd = -1;
    }
}

static enum sym_err on_done(void *owner, struct sym_fault *fault)
{
    struct work *w = owner;
    int code = fsync(w->fd) == 0 ? 0 : errno;
    close_member(w);
    return code == 0 ? SYM_OK : sym_disk_fail(fault, &w->dir, w->name, code);
}

/* Each file was as it should be when it was sealed: so the card must be one, of the node that the
 * header names. */
static enum sym_err check_card(struct work *w, struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    struct sym_node_id id;
    struct sym_fault why = {.text = ""};
    enum sym_err err =
        sym_disk_read(&text, &w->stage, SYM_FILE_CARD, SYM_BACKUP_SMALL_BYTES_MAX, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_card_parse(&w->card, sym_secret_span(&text), &why);
    if (err == SYM_OK) {
        sym_node_id_of(&id, w->card.identity);
        err = sym_node_id_equal(&id, &w->about.node) ? SYM_OK : SYM_BAD_VALUE;
    }
    return err == SYM_OK ? err
                         : sym_fail(fault, err, "the backup: the card in it %s",
                                    why.text[0] != '\0' ? why.text : sym_err_text(err));
}

/* Tells core what it is; each restore has an id of its own, so that core begins anew just once. */
static enum sym_err write_mark(const struct work *w, struct sym_fault *fault)
{
    uint8_t id[SYM_RESTORE_ID_BYTES];
    char hex[2 * SYM_RESTORE_ID_BYTES + 1];
    char text[SYM_RESTORED_BYTES_MAX];
    sym_random(id, sizeof id);
    sym_hex(hex, id, sizeof id);
    int len =
        snprintf(text, sizeof text, SYM_RESTORED_FIRST "id: %s\nbackup: %llu\nrestored: %llu\n",
                 hex, (unsigned long long)w->about.time_ms, (unsigned long long)sym_wall_ms());
    return sym_disk_write(&w->stage, SYM_FILE_RESTORED, 0600, sym_span(text, (size_t)len), fault);
}

static enum sym_err sync_below(const struct work *w, const char *name, struct sym_fault *fault)
{
    struct sym_disk d = {.fd = -1};
    enum sym_err err = open_below(&d, &w->stage, name, fault);
    if (err == SYM_OK) {
        err = sym_disk_sync(&d, fault);
        sym_disk_close(&d);
    }
    return err;
}

static enum sym_err fill_stage(struct work *w, const char *file,
                               const struct sym_secret_source *from, struct sym_fault *fault)
{
    struct sym_unpack_sink sink = {
        .owner = w, .member = on_member, .bytes = on_bytes, .done = on_done};
    enum sym_err err = sym_unpack(&w->about, file, from, &sink, fault);
    close_member(w);
    if (err == SYM_OK) {
        err = check_card(w, fault);
    }
    if (err == SYM_OK) {
        err = write_mark(w, fault);
    }
    if (err == SYM_OK) {
        err = sync_below(w, STORE_DIR, fault);
    }
    if (err == SYM_OK) {
        err = sync_below(w, USERS_DIR, fault);
    }
    return err == SYM_OK ? sym_disk_sync(&w->stage, fault) : err;
}

/* To its place -------------------------------------------------------------------------------- */

static const char *const places[] = {SYM_FILE_RESTORED, SYM_FILE_KEYS,  SYM_FILE_CARD,
                                     SYM_FILE_MASTER,   "erasure.keys", "evidence.keys",
                                     STORE_DIR,         USERS_DIR};

static enum sym_err move(const struct work *w, const char *name, struct sym_fault *fault)
{
    return renameat(w->stage.fd, name, w->dir.fd, name) == 0 || errno == ENOENT
               ? SYM_OK
               : sym_disk_fail(fault, &w->dir, name, errno);
}

/* What was moved goes back, so that it is cleared away with the rest. */
static void move_back(const struct work *w)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        (void)renameat(w->dir.fd, places[i], w->stage.fd, places[i]);
    }
}

static enum sym_err commit(const struct work *w, struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    for (size_t i = 0; i < sizeof places / sizeof *places && err == SYM_OK; i++) {
        err = move(w, places[i], fault);
    }
    if (err == SYM_OK) {
        err = sym_disk_sync(&w->dir, fault);
    }
    if (err == SYM_OK) {
        err = move(w, SYM_FILE_FORMAT, fault);
    }
    if (err != SYM_OK) {
        move_back(w);
        return err;
    }
    /* From here on it is a node. */
    clear_stage(&w->dir);
    err = sym_disk_sync(&w->dir, fault);
    return err == SYM_OK && w->made_dir ? sym_vacant_sync_above(&w->dir, fault) : err;
}

static void report(const struct work *w)
{
    char when[SYM_UTC_BYTES] = "an unknown time";
    enum sym_err err = sym_utc_format(when, (int64_t)(w->about.time_ms / 1000));
    (void)err;
    sym_report_card(&w->card);
    (void)printf(
        "Restored as it was at %s. What happened since is not in it: lists, grants, peers "
        "and users that\nwere added are missing, and what was forgotten or revoked since is "
        "there again.\n"
        "At its first start it begins a new evidence log, which names the newest entry of the "
        "old one.\nIts privacy budgets count as spent for a year, as what was spent since is not "
        "known.\nNever start it beside the node that the backup was taken of.\n",
        when);
    if (w->user_keys == 0) {
        (void)printf("It holds no users' keys: put them back into %s/" USERS_DIR
                     ", or name them with --as FILE.\n",
                     w->dir.shown);
    }
    (void)printf("Next:\n");
    sym_report_step("start it, with what opens its keys:", "symbolond --dir %s", w->path);
    sym_report_step("look at what is there:", "symbolon status --dir %s", w->path);
    (void)printf(
        "Tell your partners by telephone that you restored the node: they see a new log, and "
        "compare it with\nthe last entry they hold. Forget again what had been forgotten since "
        "the backup.\n");
    (void)fflush(stdout);
}

enum sym_err sym_restore_run(const char *file, const char *dir,
                             const struct sym_secret_source *from, struct sym_fault *fault)
{
    struct work w = {.path = dir, .dir = {.fd = -1}, .stage = {.fd = -1}, .fd = -1};
    enum sym_err err = sym_vacant_take(&w.dir, &w.made_dir, dir, &settler, fault);
    bool locked = err == SYM_OK;
    if (err == SYM_OK) {
        err = open_stage(&w, fault);
    }
    if (err == SYM_OK) {
        err = fill_stage(&w, file, from, fault);
    }
    if (err == SYM_OK) {
        err = commit(&w, fault);
    }
    if (err == SYM_OK) {
        report(&w);
    } else if (locked) {
        clear_stage(&w.dir);
    }
    if (err != SYM_OK && w.made_dir) {
        (void)rmdir(dir); /* stays if anybody has put something there */
    }
    sym_disk_close(&w.stage);
    sym_disk_close(&w.dir);
    return err;
}
