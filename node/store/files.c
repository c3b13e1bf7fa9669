#include "node/store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_DIR "store"
#define DATA_FILE "data.mdb"
#define LOCK_FILE "lock.mdb"
/* What LMDB wants of its lock file for 126 readers. */
#define LOCK_BYTES 8192

/* LMDB would extend the file with a hole and write to it through memory: on a full disk that is a
 * SIGBUS. */
static enum sym_err reserve_lock(const struct sym_disk *dir, struct sym_fault *fault)
{
    int fd = openat(dir->fd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, (mode_t)0600);
    if (fd < 0) {
        return sym_disk_fail(fault, dir, LOCK_FILE, errno);
    }
    int code;
    do {
        code = posix_fallocate(fd, 0, LOCK_BYTES);
    } while (code == EINTR);
    (void)close(fd);
    return code == 0 ? SYM_OK : sym_disk_fail(fault, dir, LOCK_FILE, code);
}

static bool has_data(const struct sym_disk *dir)
{
    struct stat info;
    return fstatat(dir->fd, DATA_FILE, &info, AT_SYMLINK_NOFOLLOW) == 0 && info.st_size > 0;
}

static enum sym_err make_dir(const char *path, const char *above, struct sym_fault *fault)
{
    struct sym_disk parent;
    enum sym_err err = sym_disk_open(&parent, above, fault);
    if (err != SYM_OK) {
        return err;
    }
    if (mkdir(path, 0700) == 0) {
        err = sym_disk_sync(&parent, fault);
    } else if (errno != EEXIST) {
        err = sym_disk_fail(fault, &parent, STORE_DIR, errno);
    }
    sym_disk_close(&parent);
    return err;
}

enum sym_err sym_store_files_open(struct sym_store_files *f, const char *dir,
                                  struct sym_fault *fault)
{
    int len = snprintf(f->path, sizeof f->path, "%s/" STORE_DIR, dir);
    if (len < 0 || (size_t)len >= sizeof f->path) {
        sym_disk_show(f->dir.shown, dir);
        return sym_fail(fault, SYM_TOO_LONG, "%s: its path is too long: use a shorter one",
                        f->dir.shown);
    }
    enum sym_err err = make_dir(f->path, dir, fault);
    if (err == SYM_OK) {
        err = sym_disk_open(&f->dir, f->path, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    f->fresh = !has_data(&f->dir);
    err = reserve_lock(&f->dir, fault);
    if (err != SYM_OK) {
        sym_store_files_close(f);
    }
    return err;
}

enum sym_err sym_store_files_settle(struct sym_store_files *f, bool opened, struct sym_fault *fault)
{
    if (!f->fresh) {
        return SYM_OK;
    }
    return opened ? sym_disk_sync(&f->dir, fault) : sym_disk_remove(&f->dir, DATA_FILE, fault);
}

void sym_store_files_close(struct sym_store_files *f)
{
    sym_disk_close(&f->dir);
}
