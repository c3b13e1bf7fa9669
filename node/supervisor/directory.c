#include "node/supervisor/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FORMAT_HEAD      "symbolon "
#define FORMAT_BYTES_MAX 32u
#define PID_BYTES        16u /* a process id in decimal, LF, terminator */
#define ENDING_MS        2000
#define ENDING_TRIES     40

static enum sym_err check_rights(const struct sym_disk *disk, struct sym_fault *fault)
{
    struct stat info;
    if (fstat(disk->fd, &info) != 0) {
        return sym_disk_fail(fault, disk, NULL, errno);
    }
    if (info.st_uid != geteuid()) {
        return sym_fail(fault, SYM_BAD_PERMISSIONS,
                        "%s: belongs to user %u, and this runs as user %u: run it as the owner",
                        disk->shown, (unsigned)info.st_uid, (unsigned)geteuid());
    }
    if ((info.st_mode & 077) != 0) {
        return sym_fail(fault, SYM_BAD_PERMISSIONS,
                        "%s: is open to other users (mode %04o): \"chmod 700 %s\"", disk->shown,
                        (unsigned)info.st_mode & 07777u, disk->shown);
    }
    return SYM_OK;
}

enum sym_err sym_directory_reach(struct sym_disk *disk, const char *path, struct sym_fault *fault)
{
    struct sym_disk opened;
    enum sym_err err = sym_disk_open(&opened, path, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = check_rights(&opened, fault);
    if (err != SYM_OK) {
        sym_disk_close(&opened);
        return err;
    }
    *disk = opened;
    return SYM_OK;
}

/* "symbolon N" LF; 0 when it is not that. */
static unsigned long format_number(struct sym_span text)
{
    char copy[FORMAT_BYTES_MAX + 1] = "";
    size_t head = sizeof FORMAT_HEAD - 1;
    if (text.len <= head + 1 || text.len > FORMAT_BYTES_MAX || text.data[text.len - 1] != '\n') {
        return 0;
    }
    memcpy(copy, text.data, text.len - 1);
    size_t digits = strspn(copy + head, "0123456789");
    if (strncmp(copy, FORMAT_HEAD, head) != 0 || digits != text.len - 1 - head || digits > 9) {
        return 0;
    }
    return strtoul(copy + head, NULL, 10);
}

static enum sym_err check_format(const struct sym_disk *disk, struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    if (!sym_disk_has(disk, SYM_FILE_FORMAT)) {
        return sym_disk_has(disk, SYM_FILE_UNFINISHED)
                   ? sym_fail(fault, SYM_NOT_FOUND,
                              "%s: symbolon init was interrupted here: run it again", disk->shown)
                   : sym_fail(fault, SYM_NOT_FOUND,
                              "%s: is not a node directory: make one with \"symbolon init\"",
                              disk->shown);
    }
    enum sym_err err = sym_disk_read(&text, disk, SYM_FILE_FORMAT, FORMAT_BYTES_MAX, fault);
    if (err != SYM_OK) {
        return err;
    }
    unsigned long number = format_number(sym_secret_span(&text));
    if (number == 0) {
        return sym_fail(fault, SYM_BAD_FORMAT,
                        "%s/" SYM_FILE_FORMAT ": is not \"symbolon %d\": restore it from a backup",
                        disk->shown, SYM_DIRECTORY_FORMAT);
    }
    if (number > SYM_DIRECTORY_FORMAT) {
        return sym_fail(fault, SYM_BAD_VERSION,
                        "%s: is of format %lu, and this symbolond knows %d: use the newer version "
                        "that last ran here",
                        disk->shown, number, SYM_DIRECTORY_FORMAT);
    }
    return SYM_OK;
}

static enum sym_err check_complete(const struct sym_disk *disk, struct sym_fault *fault)
{
    static const char *const files[] = {SYM_FILE_KEYS, SYM_FILE_CARD, SYM_FILE_MASTER};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (!sym_disk_has(disk, files[i])) {
            return sym_disk_fail(fault, disk, files[i], ENOENT);
        }
    }
    return SYM_OK;
}

/* The directory is closed to others, but copies and backups of its files keep their rights. */
static enum sym_err check_private(const struct sym_disk *disk, struct sym_fault *fault)
{
    static const char *const files[] = {SYM_FILE_KEYS, SYM_FILE_MASTER};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct stat info;
        if (fstatat(disk->fd, files[i], &info, AT_SYMLINK_NOFOLLOW) != 0) {
            return sym_disk_fail(fault, disk, files[i], errno);
        }
        if (S_ISREG(info.st_mode) && (info.st_mode & 077) != 0) {
            return sym_fail(fault, SYM_BAD_PERMISSIONS,
                            "%s/%s: is open to other users (mode %04o): \"chmod 600 %s/%s\"",
                            disk->shown, files[i], (unsigned)info.st_mode & 07777u, disk->shown,
                            files[i]);
        }
    }
    return SYM_OK;
}

/* Who has the lock; 0 when the file does not say. */
static pid_t holder(int lock)
{
    char pid[PID_BYTES] = "";
    ssize_t n = pread(lock, pid, sizeof pid - 1, 0);
    pid[n > 0 ? n : 0] = '\0';
    return (pid_t)strtol(pid, NULL, 10);
}

static enum sym_err refuse_locked(const struct sym_disk *disk, int lock, struct sym_fault *fault)
{
    int pid = (int)holder(lock);
    return pid > 0 ? sym_fail(fault, SYM_IN_USE,
                              "%s: is in use by process %d: stop that first: \"kill %d\"",
                              disk->shown, pid, pid)
                   : sym_fail(fault, SYM_IN_USE,
                              "%s: is in use by another process: stop that first", disk->shown);
}

/* A core whose supervisor was killed needs a moment to end. */
static bool is_ending(int lock)
{
    pid_t pid = holder(lock);
    return pid > 0 && kill(pid, 0) != 0 && errno == ESRCH;
}

static bool lock_at_once_or_soon(int lock)
{
    const struct timespec pause = {.tv_nsec = ENDING_MS * 1000000L / ENDING_TRIES};
    for (int i = 0; flock(lock, LOCK_EX | LOCK_NB) != 0; i++) {
        if (errno != EWOULDBLOCK || i == ENDING_TRIES || !is_ending(lock)) {
            return false;
        }
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

/* For the fault of others only: a full disk does not matter. */
static void write_holder(int lock)
{
    char pid[PID_BYTES];
    int len = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (ftruncate(lock, 0) == 0) {
        ssize_t n = pwrite(lock, pid, (size_t)len, 0);
        (void)n;
    }
}

static enum sym_err take_lock(int *out, const struct sym_disk *disk, struct sym_fault *fault)
{
    int lock =
        openat(disk->fd, SYM_FILE_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, (mode_t)0600);
    if (lock < 0) {
        return sym_disk_fail(fault, disk, SYM_FILE_LOCK, errno);
    }
    if (!lock_at_once_or_soon(lock)) {
        enum sym_err err = refuse_locked(disk, lock, fault);
        (void)close(lock);
        return err;
    }
    write_holder(lock);
    *out = lock;
    return SYM_OK;
}

enum sym_err sym_directory_open(struct sym_directory *d, const char *path, struct sym_fault *fault)
{
    struct sym_disk disk;
    int lock = -1;
    enum sym_err err = sym_directory_reach(&disk, path, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = check_format(&disk, fault);
    if (err == SYM_OK) {
        err = check_complete(&disk, fault);
    }
    if (err == SYM_OK) {
        err = check_private(&disk, fault);
    }
    if (err == SYM_OK && realpath(path, d->path) == NULL) {
        err = sym_disk_fail(fault, &disk, NULL, errno);
    }
    if (err == SYM_OK) {
        err = take_lock(&lock, &disk, fault);
    }
    if (err != SYM_OK) {
        sym_disk_close(&disk);
        return err;
    }
    d->disk = disk;
    d->lock = lock;
    return SYM_OK;
}

void sym_directory_close(struct sym_directory *d)
{
    if (d->lock >= 0) {
        (void)close(d->lock);
    }
    d->lock = -1;
    sym_disk_close(&d->disk);
}
