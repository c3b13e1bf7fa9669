#include "node/supervisor/vacant.h"

#include "node/supervisor/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* But for what is called so. */
static bool is_empty(int dir, const char *but)
{
    bool empty = true;
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (entries == NULL) {
        if (copy >= 0) {
            (void)close(copy);
        }
        return false;
    }
    for (struct dirent *e = readdir(entries); e != NULL && empty; e = readdir(entries)) {
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
                strcmp(e->d_name, but) == 0;
    }
    (void)closedir(entries);
    return empty;
}

static enum sym_err check_free(const struct sym_disk *disk, const struct sym_settler *who,
                               struct sym_fault *fault)
{
    if (sym_disk_has(disk, SYM_FILE_FORMAT)) {
        return sym_fail(fault, SYM_EXISTS, "%s: holds a node already: %s", disk->shown,
                        who->advice);
    }
    if (who->left_more && sym_disk_has(disk, who->left)) {
        return SYM_OK;
    }
    return is_empty(disk->fd, who->left)
               ? SYM_OK
               : sym_fail(fault, SYM_EXISTS,
                          "%s: is not empty: choose a new directory, or an empty one", disk->shown);
}

/* Opens it. What is full is not to be closed to others, as the check of its rights would advise. */
static enum sym_err reach(struct sym_disk *out, const char *path, const struct sym_settler *who,
                          struct sym_fault *fault)
{
    struct sym_disk full;
    enum sym_err err = sym_disk_open(&full, path, fault);
    if (err == SYM_OK) {
        err = check_free(&full, who, fault);
        sym_disk_close(&full);
    }
    return err == SYM_OK ? sym_directory_reach(out, path, fault) : err;
}

enum sym_err sym_vacant_check(const char *path, const struct sym_settler *who,
                              struct sym_fault *fault)
{
    struct sym_disk disk;
    struct stat info;
    if (stat(path, &info) != 0 && errno == ENOENT) {
        return SYM_OK;
    }
    enum sym_err err = reach(&disk, path, who, fault);
    if (err == SYM_OK) {
        sym_disk_close(&disk);
    }
    return err;
}

static enum sym_err no_directory_above(const struct sym_disk *disk, const char *path,
                                       struct sym_fault *fault)
{
    char above[PATH_MAX];
    char shown[SYM_SHOWN_BYTES];
    (void)snprintf(above, sizeof above, "%s", path);
    sym_disk_show(shown, dirname(above));
    return sym_fail(fault, SYM_NOT_FOUND,
                    "%s: the directory above it does not exist: make that with: \"mkdir -p %s\"",
                    disk->shown, shown);
}

static enum sym_err make(const struct sym_disk *disk, bool *made, const char *path,
                         struct sym_fault *fault)
{
    *made = mkdir(path, 0700) == 0;
    if (*made || errno == EEXIST) {
        return SYM_OK;
    }
    return errno == ENOENT ? no_directory_above(disk, path, fault)
                           : sym_disk_fail(fault, disk, NULL, errno);
}

static enum sym_err lock(const struct sym_disk *disk, const struct sym_settler *who,
                         struct sym_fault *fault)
{
    if (flock(disk->fd, LOCK_EX | LOCK_NB) == 0) {
        return check_free(disk, who, fault);
    }
    return errno == EWOULDBLOCK ? sym_fail(fault, SYM_IN_USE, "%s: another %s is at work here",
                                           disk->shown, who->name)
                                : sym_disk_fail(fault, disk, NULL, errno);
}

enum sym_err sym_vacant_take(struct sym_disk *disk, bool *made, const char *path,
                             const struct sym_settler *who, struct sym_fault *fault)
{
    sym_disk_show(disk->shown, path);
    enum sym_err err = make(disk, made, path, fault);
    if (err == SYM_OK) {
        err = reach(disk, path, who, fault);
    }
    return err == SYM_OK ? lock(disk, who, fault) : err;
}

enum sym_err sym_vacant_sync_above(const struct sym_disk *disk, struct sym_fault *fault)
{
    struct sym_disk above = *disk;
    above.fd = openat(disk->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above.fd < 0) {
        return SYM_OK;
    }
    enum sym_err err = sym_disk_sync(&above, fault);
    sym_disk_close(&above);
    return err;
}
