#include "node/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ELLIPSIS "…"

void sym_disk_show(char out[SYM_SHOWN_BYTES], const char *path)
{
    size_t len = strlen(path);
    if (len < SYM_SHOWN_BYTES) {
        memcpy(out, path, len + 1);
    } else {
        const char *tail = path + len - (SYM_SHOWN_BYTES - sizeof ELLIPSIS);
        while (((uint8_t)*tail & 0xc0) == 0x80) { /* inside a character of UTF-8 */
            tail++;
        }
        (void)snprintf(out, SYM_SHOWN_BYTES, ELLIPSIS "%s", tail);
    }
}

static enum sym_err err_of(int code)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return SYM_NOT_FOUND;
    case EEXIST:
    case ENOTEMPTY:
        return SYM_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return SYM_BAD_PERMISSIONS;
    case ENAMETOOLONG:
        return SYM_TOO_LONG;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return SYM_NO_SPACE;
    case ENOMEM:
        return SYM_NO_MEMORY;
    default:
        return SYM_IO;
    }
}

static const char *remedy_of(enum sym_err err)
{
    if (err == SYM_NOT_FOUND) {
        return ": restore it from a backup";
    }
    if (err == SYM_NO_SPACE) {
        return ": make room and try again";
    }
    if (err == SYM_BAD_PERMISSIONS) {
        return ": run this as the owner of the directory, on a disk that can be written to";
    }
    return "";
}

enum sym_err sym_disk_fail(struct sym_fault *fault, const struct sym_disk *d, const char *name,
                           int code)
{
    enum sym_err err = err_of(code);
    return sym_fail(fault, err, "%s%s%s: %s%s", d->shown, name == NULL ? "" : "/",
                    name == NULL ? "" : name, strerror(code), remedy_of(err));
}

enum sym_err sym_disk_open(struct sym_disk *d, const char *path, struct sym_fault *fault)
{
    struct sym_disk opened;
    sym_disk_show(opened.shown, path);
    opened.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened.fd >= 0) {
        *d = opened;
        return SYM_OK;
    }
    if (errno == ENOENT) {
        return sym_fail(
            fault, SYM_NOT_FOUND,
            "%s: does not exist: correct --dir, or make a node there with: \"symbolon init "
            "--dir %s …\"",
            opened.shown, opened.shown);
    }
    if (errno == ENOTDIR) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "%s: is not a directory: move away what is there, or name another place "
                        "with --dir",
                        opened.shown);
    }
    return sym_disk_fail(fault, &opened, NULL, errno);
}

void sym_disk_close(struct sym_disk *d)
{
    if (d->fd >= 0) {
        (void)close(d->fd);
        d->fd = -1;
    }
}

/* Reads until room bytes or the end. */
static ssize_t fill(uint8_t *out, size_t room, int fd)
{
    size_t got = 0;
    while (got < room) {
        ssize_t n = read(fd, out + got, room - got);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        got += (size_t)n;
    }
    return (ssize_t)got;
}

/* All that fd yields until its end, at most max bytes, into key memory; out is empty, and stays so
 * for an empty file. After SYM_IO errno says more. */
static enum sym_err drain(struct sym_secret *out, int fd, size_t max)
{
    SYM_SECRET_AUTO room = {0};
    /* One byte more than allowed, so that a longer file shows. */
    enum sym_err err = sym_secret_new(&room, max + 1);
    if (err != SYM_OK) {
        return err;
    }
    ssize_t n = fill(room.data, room.len, fd);
    if (n < 0) {
        return SYM_IO;
    }
    if ((size_t)n > max) {
        return SYM_TOO_LONG;
    }
    return n == 0 ? SYM_OK : sym_secret_copy(out, sym_span(room.data, (size_t)n));
}

enum sym_err sym_disk_read(struct sym_secret *out, const struct sym_disk *d, const char *name,
                           size_t max, struct sym_fault *fault)
{
    int fd = openat(d->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return sym_disk_fail(fault, d, name, errno);
    }
    enum sym_err err = drain(out, fd, max);
    if (err == SYM_IO) {
        err = sym_disk_fail(fault, d, name, errno);
    } else if (err != SYM_OK) {
        (void)sym_fail(fault, err, "%s/%s: %s: restore it from a backup", d->shown, name,
                       sym_err_text(err));
    }
    (void)close(fd);
    return err;
}

/* 0, or the operating system's error. */
static int put(int fd, struct sym_span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return errno;
        }
        bytes = sym_span(bytes.data + n, bytes.len - (size_t)n);
    }
    return fsync(fd) == 0 ? 0 : errno;
}

enum sym_err sym_disk_write(const struct sym_disk *d, const char *name, mode_t mode,
                            struct sym_span bytes, struct sym_fault *fault)
{
    int fd = openat(d->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) {
        return sym_disk_fail(fault, d, name, errno);
    }
    /* The umask has taken bits from mode. */
    int code = fchmod(fd, mode) == 0 ? put(fd, bytes) : errno;
    if (close(fd) != 0 && code == 0) {
        code = errno;
    }
    if (code != 0) {
        (void)unlinkat(d->fd, name, 0);
        return sym_disk_fail(fault, d, name, code);
    }
    return SYM_OK;
}

enum sym_err sym_disk_rename(const struct sym_disk *d, const char *from, const char *to,
                             struct sym_fault *fault)
{
    if (renameat(d->fd, from, d->fd, to) != 0) {
        return sym_disk_fail(fault, d, to, errno);
    }
    return SYM_OK;
}

enum sym_err sym_disk_remove(const struct sym_disk *d, const char *name, struct sym_fault *fault)
{
    if (unlinkat(d->fd, name, 0) != 0 && errno != ENOENT) {
        return sym_disk_fail(fault, d, name, errno);
    }
    return SYM_OK;
}

enum sym_err sym_disk_sync(const struct sym_disk *d, struct sym_fault *fault)
{
    return fsync(d->fd) == 0 ? SYM_OK : sym_disk_fail(fault, d, NULL, errno);
}

bool sym_disk_has(const struct sym_disk *d, const char *name)
{
    struct stat info;
    return fstatat(d->fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}
