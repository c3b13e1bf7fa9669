#include "node/supervisor/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX  "symbolon-"
#define NEW_RUN SYM_FILE_RUN ".new"

/* Sockets only: whatever else lies in a directory was not put there by a node. */
static void remove_sockets(int dir)
{
    int copy = dup(dir);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (entries == NULL) {
        if (copy >= 0) {
            (void)close(copy);
        }
        return;
    }
    for (struct dirent *e = readdir(entries); e != NULL; e = readdir(entries)) {
        struct stat info;
        if (fstatat(dir, e->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(info.st_mode)) {
            (void)unlinkat(dir, e->d_name, 0);
        }
    }
    (void)closedir(entries);
}

static bool is_ours(int dir)
{
    struct stat info;
    return fstat(dir, &info) == 0 && info.st_uid == geteuid() && (info.st_mode & 0777) == 0700;
}

/* The directory of a node that runs is locked: a copy of that node's directory links to it, too. */
static bool is_abandoned(int dir)
{
    return flock(dir, LOCK_EX | LOCK_NB) == 0;
}

static void remove_run_directory(const char *path)
{
    const char *name = strrchr(path, '/');
    if (name == NULL || strncmp(name + 1, PREFIX, sizeof PREFIX - 1) != 0) {
        return;
    }
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dir < 0) {
        return;
    }
    if (is_ours(dir) && is_abandoned(dir)) {
        remove_sockets(dir);
        (void)rmdir(path);
    }
    (void)close(dir);
}

/* What a node that crashed has left. */
static void remove_stale(const struct sym_directory *d)
{
    char target[PATH_MAX];
    ssize_t len = readlinkat(d->disk.fd, SYM_FILE_RUN, target, sizeof target - 1);
    if (len > 0) {
        target[len] = '\0';
        remove_run_directory(target);
    }
    (void)unlinkat(d->disk.fd, NEW_RUN, 0);
}

/* Makes one in base, whose first len bytes count; middle makes the name tell whose it is. */
static bool make_below(struct sym_rundir *r, const char *base, size_t len, const char *middle)
{
    char path[SYM_RUNDIR_BYTES];
    int n = snprintf(path, sizeof path, "%.*s/" PREFIX "%sXXXXXX", (int)len, base, middle);
    if (len == 0 || base[0] != '/' || n < 0 || (size_t)n >= sizeof path || mkdtemp(path) == NULL) {
        return false;
    }
    memcpy(r->path, path, sizeof path);
    return true;
}

static bool make_below_variable(struct sym_rundir *r, const char *variable)
{
    const char *value = getenv(variable);
    /* systemd lists several with colons between them. */
    return value != NULL && strlen(value) < PATH_MAX &&
           make_below(r, value, strcspn(value, ":"), "");
}

/* That of a login is removed with everything in it when the user logs out, and a node goes on. */
static bool make_below_users(struct sym_rundir *r, bool of_login)
{
    return (getenv("XDG_SESSION_ID") != NULL) == of_login &&
           make_below_variable(r, "XDG_RUNTIME_DIR");
}

static enum sym_err make(struct sym_rundir *r, struct sym_fault *fault)
{
    char user[16];
    (void)snprintf(user, sizeof user, "%u-", (unsigned)geteuid());
    if (make_below_variable(r, "RUNTIME_DIRECTORY") || make_below_users(r, false) ||
        make_below(r, "/tmp", sizeof "/tmp" - 1, user) || make_below_users(r, true)) {
        return SYM_OK;
    }
    return sym_fail(fault, SYM_IO,
                    "/tmp: no run directory can be made there: %s: set XDG_RUNTIME_DIR to a "
                    "directory that can be written to, with a path of at most %u bytes",
                    strerror(errno), (unsigned)(SYM_RUNDIR_BYTES - sizeof "/" PREFIX "XXXXXX"));
}

static void unlock(const struct sym_rundir *r)
{
    if (r->lock >= 0) {
        (void)close(r->lock);
    }
}

enum sym_err sym_rundir_new(struct sym_rundir *r, const struct sym_directory *d,
                            struct sym_fault *fault)
{
    struct sym_rundir made = {.lock = -1};
    remove_stale(d);
    enum sym_err err = make(&made, fault);
    if (err != SYM_OK) {
        return err;
    }
    made.lock = open(made.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (made.lock < 0 || !is_abandoned(made.lock)) {
        err = sym_fail(fault, SYM_IO, "%s: the run directory cannot be locked: %s", made.path,
                       strerror(errno));
    } else if (symlinkat(made.path, d->disk.fd, NEW_RUN) != 0) {
        err = sym_disk_fail(fault, &d->disk, NEW_RUN, errno);
    } else {
        err = sym_disk_rename(&d->disk, NEW_RUN, SYM_FILE_RUN, fault);
    }
    if (err != SYM_OK) {
        unlock(&made);
        remove_run_directory(made.path);
        return err;
    }
    *r = made;
    return SYM_OK;
}

bool sym_rundir_is_there(const struct sym_rundir *r, const char *socket)
{
    struct stat held;
    struct stat found;
    return fstat(r->lock, &held) == 0 && stat(r->path, &found) == 0 &&
           held.st_dev == found.st_dev && held.st_ino == found.st_ino &&
           fstatat(r->lock, socket, &found, AT_SYMLINK_NOFOLLOW) == 0;
}

void sym_rundir_remove(struct sym_rundir *r, const struct sym_directory *d)
{
    if (r->path[0] != '\0') {
        (void)unlinkat(d->disk.fd, SYM_FILE_RUN, 0);
        unlock(r);
        remove_run_directory(r->path);
        r->path[0] = '\0';
    }
}
