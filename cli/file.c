#include "cli/file.h"

#include "cli/format.h"
#include "crypto/noise.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SILENCE_MS      10000 /* of a pipe */
#define ABOVE_BYTES     4096u /* a longer path is none for the operating system */
#define SHOWN_BYTES_MAX 120u  /* of each of two paths in a fault */
#define OPERAND_BYTES   (SHOWN_BYTES_MAX + 3u)

const char *sym_file_show(char out[SYM_FAULT_BYTES], const char *path)
{
    sym_format_text(out, SYM_FAULT_BYTES, sym_span_text(path));
    return out;
}

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* path becomes the directory above it. */
static void go_up(char path[ABOVE_BYTES])
{
    const char *up = dirname(path);
    memmove(path, up, strlen(up) + 1);
}

static const char *directory_of(char out[ABOVE_BYTES], const char *path)
{
    (void)snprintf(out, ABOVE_BYTES, "%s", path);
    go_up(out);
    return out;
}

/* The directory above path; false when it is not there, and out is the lowest of those that are. */
static bool look_above(char out[ABOVE_BYTES], const char *path)
{
    bool there = is_directory(directory_of(out, path));
    while (!is_directory(out) && strcmp(out, ".") != 0 && strcmp(out, "/") != 0) {
        go_up(out);
    }
    return there;
}

/* A path as a shell takes it; "…" where it cannot be shown so: a command that was cut would do
 * something else. */
static void show_operand(char out[OPERAND_BYTES], const char *path)
{
    char shown[SYM_FAULT_BYTES];
    bool fits = strlen(sym_file_show(shown, path)) <= SHOWN_BYTES_MAX && strcmp(shown, path) == 0 &&
                strchr(shown, '\'') == NULL;
    const char *quote = fits && strpbrk(shown, " \"#$&()*;<>?[\\]`{|}~!") != NULL ? "'" : "";
    (void)snprintf(out, OPERAND_BYTES, "%s%.*s%s", quote, (int)SHOWN_BYTES_MAX, fits ? shown : "…",
                   quote);
}

/* command begins with the quotation mark that ends behind its operand. */
static enum sym_err missing(struct sym_fault *fault, const char *path, const char *reason,
                            const char *command, const char *operand)
{
    char shown[SYM_FAULT_BYTES];
    char place[OPERAND_BYTES];
    bool cut = strlen(sym_file_show(shown, path)) > SHOWN_BYTES_MAX;
    show_operand(place, operand);
    return sym_fail(fault, SYM_NOT_FOUND, "%.*s%s: %s; %s %s\"", (int)SHOWN_BYTES_MAX, shown,
                    cut ? "…" : "", reason, command, place);
}

static enum sym_err not_there(struct sym_fault *fault, const char *path)
{
    char nearest[ABOVE_BYTES];
    bool above = look_above(nearest, path);
    return missing(fault, path, above ? "does not exist" : "its directory does not exist",
                   "what is there is shown by \"ls", nearest);
}

enum sym_err sym_file_new_fault(struct sym_fault *fault, const char *path)
{
    char above[ABOVE_BYTES];
    int code = errno;
    if (code == ENOENT && !look_above(above, path)) {
        return missing(fault, path, "its directory does not exist", "make it with \"mkdir -p",
                       directory_of(above, path));
    }
    errno = code;
    return sym_file_fault(fault, path);
}

enum sym_err sym_file_fault(struct sym_fault *fault, const char *given)
{
    int code = errno;
    const char *why = strerror(code);
    char shown[SYM_FAULT_BYTES];
    const char *path = sym_file_show(shown, given);
    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return not_there(fault, given);
    case EACCES:
    case EPERM:
    case EROFS:
        return sym_fail(fault, SYM_BAD_PERMISSIONS, "%s: %s", path, why);
    case EEXIST:
        return sym_fail(fault, SYM_EXISTS,
                        "%s: exists already and is not overwritten; choose "
                        "another name or remove it",
                        path);
    case ENOSPC:
    case EDQUOT:
        return sym_fail(fault, SYM_NO_SPACE, "%s: %s", path, why);
    case ENAMETOOLONG:
        return sym_fail(fault, SYM_TOO_LONG, "%s: %s", path, why);
    default:
        return sym_fail(fault, SYM_IO, "%s: %s", path, why);
    }
}

/* A person at a terminal may take all the time; a pipe into which nobody writes may not. */
static enum sym_err await(int fd, const char *path, struct sym_fault *fault)
{
    struct pollfd input = {.fd = fd, .events = POLLIN};
    int n = poll(&input, 1, isatty(fd) == 1 ? -1 : SILENCE_MS);
    if (n == 0) {
        return sym_fail(fault, SYM_IO,
                        "%s: is a pipe into which nobody has written for %d seconds; name a file",
                        path, SILENCE_MS / 1000);
    }
    return n > 0 || errno == EINTR ? SYM_OK : sym_file_fault(fault, path);
}

/* Fills up to room bytes. */
static enum sym_err read_all(uint8_t *out, size_t room, size_t *len, int fd, const char *path,
                             struct sym_fault *fault)
{
    size_t got = 0;
    while (got < room) {
        enum sym_err err = await(fd, path, fault);
        if (err != SYM_OK) {
            return err;
        }
        ssize_t n = read(fd, out + got, room - got);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (n < 0) {
            return sym_file_fault(fault, path);
        }
        if (n == 0) {
            break;
        }
        got += (size_t)n;
    }
    *len = got;
    return SYM_OK;
}

/* One byte more than allowed is asked for, so that a longer file shows. */
static enum sym_err read_open_file(struct sym_secret *out, int fd, const char *path, size_t max,
                                   struct sym_fault *fault)
{
    SYM_SECRET_AUTO room = {0};
    size_t len = 0;
    enum sym_err err = sym_secret_new(&room, max + 1);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s: %s", path, sym_err_text(err));
    }
    err = read_all(room.data, room.len, &len, fd, path, fault);
    if (err != SYM_OK) {
        return err;
    }
    if (len > max) {
        return sym_fail(fault, SYM_TOO_LONG, "%s: is longer than %zu bytes", path, max);
    }
    if (len == 0) {
        return SYM_OK;
    }
    err = sym_secret_copy(out, sym_span(room.data, len));
    return err == SYM_OK ? err : sym_fail(fault, err, "%s: %s", path, sym_err_text(err));
}

static enum sym_err read_file(struct sym_secret *out, const char *given, size_t max, bool secret,
                              struct sym_fault *fault)
{
    int fd = open(given, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return sym_file_fault(fault, given);
    }
    char shown[SYM_FAULT_BYTES];
    const char *path = sym_file_show(shown, given);
    struct stat st;
    enum sym_err err = SYM_OK;
    if (fstat(fd, &st) != 0) {
        err = sym_file_fault(fault, path);
    } else if (S_ISDIR(st.st_mode)) {
        err = sym_fail(fault, SYM_IO, "%s: is a directory; name a file", path);
    } else if (secret && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0) {
        char place[OPERAND_BYTES];
        show_operand(place, given);
        err = sym_fail(fault, SYM_BAD_PERMISSIONS,
                       "%.*s: others than its owner may use this secret: \"chmod 600 %s\"",
                       (int)SHOWN_BYTES_MAX, path, place);
    }
    if (err == SYM_OK) {
        err = read_open_file(out, fd, path, max, fault);
    }
    (void)close(fd);
    return err;
}

enum sym_err sym_file_read(struct sym_secret *out, const char *path, size_t max,
                           struct sym_fault *fault)
{
    return read_file(out, path, max, false, fault);
}

enum sym_err sym_file_read_private(struct sym_secret *out, const char *path, size_t max,
                                   struct sym_fault *fault)
{
    return read_file(out, path, max, true, fault);
}

static bool write_all(int fd, struct sym_span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return false;
        }
        bytes = sym_span(bytes.data + n, bytes.len - (size_t)n);
    }
    return fsync(fd) == 0;
}

/* What: of the file, where this fails. Not every file system makes directories durable when asked,
 * and one that may only be written to cannot be asked. */
static enum sym_err make_durable(const char *path, const char *what, struct sym_fault *fault)
{
    char above[ABOVE_BYTES];
    char shown[SYM_FAULT_BYTES];
    int fd = open(directory_of(above, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool lost = fd >= 0 && fsync(fd) != 0 && errno != EINVAL && errno != EROFS;
    enum sym_err err = lost ? sym_fail(fault, SYM_IO,
                                       "%s: %s: its directory could not be made durable (%s); look "
                                       "at the disk",
                                       sym_file_show(shown, path), what, strerror(errno))
                            : SYM_OK;
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

enum sym_err sym_file_keep_name(const char *path, struct sym_fault *fault)
{
    return make_durable(path, "is written, but may be gone after a power cut", fault);
}

enum sym_err sym_file_create_private(const char *path, struct sym_span bytes,
                                     struct sym_fault *fault)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0) {
        return sym_file_new_fault(fault, path);
    }
    enum sym_err err = write_all(fd, bytes) ? SYM_OK : sym_file_fault(fault, path);
    if (close(fd) != 0 && err == SYM_OK) {
        err = sym_file_fault(fault, path);
    }
    if (err == SYM_OK) {
        err = make_durable(path, "was not kept", fault);
    }
    if (err != SYM_OK) {
        (void)unlink(path);
    }
    return err;
}

/* Why nothing can be made beside the file, errno. */
static enum sym_err beside_fault(struct sym_fault *fault, const char *path)
{
    char above[ABOVE_BYTES];
    char shown[SYM_FAULT_BYTES];
    char place[SYM_FAULT_BYTES];
    if (errno != EACCES && errno != EPERM && errno != EROFS) {
        return sym_file_new_fault(fault, path);
    }
    const char *why = strerror(errno);
    return sym_fail(
        fault, SYM_BAD_PERMISSIONS,
        "%.90s: its directory %.70s, in which it is made whole first, may not be written "
        "(%s); name a file in another",
        sym_file_show(shown, path), sym_file_show(place, directory_of(above, path)), why);
}

/* Why the file did not get its name, errno. */
static enum sym_err place_fault(struct sym_fault *fault, const char *path)
{
    char shown[SYM_FAULT_BYTES];
    return errno != EBUSY ? sym_file_fault(fault, path)
                          : sym_fail(fault, SYM_IN_USE,
                                     "%.160s: is a mount, which no file can take the place of; "
                                     "name another file",
                                     sym_file_show(shown, path));
}

enum sym_err sym_new_file_open(struct sym_new_file *f, const char *path, struct sym_fault *fault)
{
    struct stat st;
    char shown[SYM_FAULT_BYTES];
    f->path = path;
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        return sym_fail(fault, SYM_BAD_VALUE, "%.256s: is not an ordinary file",
                        sym_file_show(shown, path));
    }
    if (asprintf(&f->temporary, "%s.XXXXXX", path) < 0) {
        f->temporary = NULL;
        return sym_fail(fault, SYM_NO_MEMORY, "the file %s", sym_err_text(SYM_NO_MEMORY));
    }
    int fd = mkostemp(f->temporary, O_CLOEXEC); /* mode 0600 */
    f->stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f->stream == NULL) {
        enum sym_err err = beside_fault(fault, path);
        if (fd >= 0) {
            (void)close(fd);
            (void)unlink(f->temporary);
        }
        free(f->temporary);
        f->temporary = NULL;
        return err;
    }
    return SYM_OK;
}

static bool move_into_place(const struct sym_new_file *f, bool replace)
{
    if (replace) {
        return rename(f->temporary, f->path) == 0;
    }
    if (renameat2(AT_FDCWD, f->temporary, AT_FDCWD, f->path, RENAME_NOREPLACE) == 0) {
        return true;
    }
    /* NFS and some others cannot do that, but a second name does not replace a file either. */
    return (errno == EINVAL || errno == ENOSYS) && link(f->temporary, f->path) == 0 &&
           unlink(f->temporary) == 0;
}

enum sym_err sym_new_file_close(struct sym_new_file *f, enum sym_err err, bool replace,
                                struct sym_fault *fault)
{
    bool lost = fflush(f->stream) != 0 || ferror(f->stream) || fsync(fileno(f->stream)) != 0;
    if (lost && err == SYM_OK) {
        err = sym_file_fault(fault, f->path);
    }
    if (fclose(f->stream) != 0 && err == SYM_OK) {
        err = sym_file_fault(fault, f->path);
    }
    if (err == SYM_OK && !move_into_place(f, replace)) {
        err = place_fault(fault, f->path);
    }
    if (err != SYM_OK) {
        (void)unlink(f->temporary);
    } else {
        err = sym_file_keep_name(f->path, fault);
    }
    free(f->temporary);
    *f = (struct sym_new_file){.stream = NULL};
    return err;
}

enum sym_err sym_file_read_psk(struct sym_secret *out, const char *path, struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    char shown[SYM_FAULT_BYTES];
    enum sym_err err =
        sym_file_read_private(&text, path, SYM_BASE64_BYTES(SYM_PSK_BYTES) + 1, fault);
    if (err != SYM_OK && err != SYM_TOO_LONG) {
        return err;
    }
    struct sym_span line = sym_secret_span(&text);
    if (line.len > 0 && line.data[line.len - 1] == '\n') {
        line.len--;
    }
    uint8_t psk[SYM_PSK_BYTES];
    size_t len = sizeof psk;
    if (err != SYM_OK || sym_unbase64(psk, &len, line) != SYM_OK || len != sizeof psk) {
        err = sym_fail(fault, SYM_BAD_FORMAT,
                       "%s: is not a preshared key: one line, base64 of 32 random bytes; "
                       "\"symbolon peer psk ALIAS --new FILE\" makes one",
                       sym_file_show(shown, path));
    } else if ((err = sym_secret_copy(out, sym_span(psk, sizeof psk))) != SYM_OK) {
        (void)sym_fail(fault, err, "%s: %s", sym_file_show(shown, path), sym_err_text(err));
    }
    sym_wipe(psk, sizeof psk);
    return err;
}
