#include "node/supervisor/passphrase.h"

#include "crypto/text.h"
#include "node/disk.h"
#include "node/supervisor/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CREDENTIALS "CREDENTIALS_DIRECTORY"

static const char *const credential_of[] = {
    [SYM_WRAP_PASSPHRASE] = "passphrase", [SYM_WRAP_KEY] = "key"};
static const char *const option_of[] = {
    [SYM_WRAP_PASSPHRASE] = "--passphrase-file", [SYM_WRAP_KEY] = "--key-file"};

/* Does this file lie in the directory that systemd made for credentials? */
static bool is_credential(const char *path)
{
    char file[PATH_MAX];
    char directory[PATH_MAX];
    const char *given = getenv(CREDENTIALS);

    if (given == NULL || realpath(given, directory) == NULL || realpath(path, file) == NULL) {
        return false;
    }
    size_t len = strlen(directory);
    return strncmp(file, directory, len) == 0 && file[len] == '/';
}

static enum sym_err check_rights(int fd, const char *path, const char *shown,
                                 struct sym_fault *fault)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return sym_fail(fault, SYM_IO, "%s: %s", shown, strerror(errno));
    }
    if (S_ISDIR(info.st_mode)) {
        return sym_fail(fault, SYM_IO, "%s: is a directory: name a file", shown);
    }
    if (!S_ISREG(info.st_mode) || is_credential(path)) {
        return SYM_OK;
    }
    if ((info.st_mode & 077) != 0) {
        return sym_fail(fault, SYM_BAD_PERMISSIONS,
                        "%s: others may read this secret (mode %04o): \"chmod 600 %s\"", shown,
                        (unsigned)info.st_mode & 07777u, shown);
    }
    if (info.st_uid != geteuid() && info.st_uid != 0) {
        return sym_fail(fault, SYM_BAD_PERMISSIONS,
                        "%s: this secret belongs to user %u: chown it to user %u", shown,
                        (unsigned)info.st_uid, (unsigned)geteuid());
    }
    return SYM_OK;
}

/* Until the end, at most max bytes; a pipe may be silent for as long as nobody cancels. */
static enum sym_err drain(struct sym_secret *out, int fd, size_t max, int cancel)
{
    SYM_SECRET_AUTO room = {0};
    size_t got = 0;
    /* One byte more than allowed, so that a longer file shows. */
    enum sym_err err = sym_secret_new(&room, max + 1);
    while (err == SYM_OK && got <= max) {
        err = sym_terminal_await(fd, cancel);
        if (err != SYM_OK) {
            break;
        }
        ssize_t n = read(fd, room.data + got, room.len - got);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            return SYM_IO;
        }
        if (n == 0) {
            return got == 0 ? SYM_OK : sym_secret_copy(out, sym_span(room.data, got));
        }
        got += n > 0 ? (size_t)n : 0;
    }
    return err == SYM_OK ? SYM_TOO_LONG : err;
}

static enum sym_err read_open(struct sym_secret *out, int fd, const char *shown, size_t max,
                              int cancel, struct sym_fault *fault)
{
    enum sym_err err = drain(out, fd, max, cancel);
    if (err == SYM_CANCELLED) {
        return sym_fail(fault, err, "%s: stopped while waiting for the secret in it", shown);
    }
    if (err == SYM_TOO_LONG) {
        return sym_fail(fault, err, "%s: is longer than %zu bytes", shown, max);
    }
    if (err == SYM_IO) {
        return sym_fail(fault, err, "%s: %s", shown, strerror(errno));
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s: %s", shown, sym_err_text(err));
    }
    if (out->len == 0) {
        return sym_fail(fault, SYM_SHORT, "%s: is empty", shown);
    }
    return SYM_OK;
}

/* out is empty: without its last byte. */
static enum sym_err copy_without_newline(struct sym_secret *out, const struct sym_secret *text,
                                         const char *shown, struct sym_fault *fault)
{
    size_t len = text->len;
    if (text->data[len - 1] == '\n') {
        len--;
    }
    if (len == 0) {
        return sym_fail(fault, SYM_SHORT, "%s: is empty", shown);
    }
    if (len > SYM_PASSPHRASE_BYTES_MAX) {
        return sym_fail(fault, SYM_TOO_LONG, "%s: is longer than %u bytes", shown,
                        SYM_PASSPHRASE_BYTES_MAX);
    }
    enum sym_err err = sym_secret_copy(out, sym_span(text->data, len));
    return err == SYM_OK ? err : sym_fail(fault, err, "%s: %s", shown, sym_err_text(err));
}

static enum sym_err read_file(struct sym_secret *out, enum sym_wrap kind, const char *path,
                              int cancel, struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    char shown[SYM_SHOWN_BYTES];
    size_t max =
        kind == SYM_WRAP_PASSPHRASE ? SYM_PASSPHRASE_BYTES_MAX + 1 : SYM_KEY_FILE_BYTES_MAX;
    sym_disk_show(shown, path);
    /* A pipe without a writer must not hold up the open: signals are blocked. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT
                   ? sym_fail(fault, SYM_NOT_FOUND,
                              "%s: does not exist: name the file that holds the %s: %s FILE", shown,
                              credential_of[kind], option_of[kind])
                   : sym_fail(fault, SYM_IO, "%s: %s", shown, strerror(errno));
    }
    enum sym_err err = check_rights(fd, path, shown, fault);
    if (err == SYM_OK) {
        err = read_open(&text, fd, shown, max, cancel, fault);
    }
    (void)close(fd);
    if (err != SYM_OK) {
        return err;
    }
    if (kind == SYM_WRAP_PASSPHRASE) {
        return copy_without_newline(out, &text, shown, fault);
    }
    *out = text;
    text = (struct sym_secret){0};
    return SYM_OK;
}

/* Where a secret was given. path is NULL when nowhere; credential is the room for one. */
struct place {
    enum sym_wrap kind;
    const char *path;
    char credential[PATH_MAX];
};

static bool find_credential(struct place *p, enum sym_wrap kind)
{
    const char *directory = getenv(CREDENTIALS);
    if (directory == NULL || directory[0] == '\0') {
        return false;
    }
    int n = snprintf(p->credential, sizeof p->credential, "%s/%s", directory, credential_of[kind]);
    if (n < 0 || (size_t)n >= sizeof p->credential || access(p->credential, F_OK) != 0) {
        return false;
    }
    p->kind = kind;
    p->path = p->credential;
    return true;
}

/* The command line comes before credentials, and there the kind that is wanted before the other. */
static void locate(struct place *p, enum sym_wrap wanted, const struct sym_secret_source *from)
{
    enum sym_wrap other = wanted == SYM_WRAP_KEY ? SYM_WRAP_PASSPHRASE : SYM_WRAP_KEY;
    p->path = NULL;
    if (from->passphrase_file != NULL) {
        p->kind = SYM_WRAP_PASSPHRASE;
        p->path = from->passphrase_file;
    } else if (from->key_file != NULL) {
        p->kind = SYM_WRAP_KEY;
        p->path = from->key_file;
    } else if (!find_credential(p, wanted)) {
        (void)find_credential(p, other);
    }
}

static enum sym_err ask(struct sym_secret *out, const char *question,
                        const struct sym_secret_source *from, const char *of,
                        struct sym_fault *fault)
{
    enum sym_err err = sym_terminal_ask(out, question, SYM_PASSPHRASE_BYTES_MAX, from->cancel);
    if (err == SYM_NOT_FOUND) {
        return sym_fail(fault, err,
                        "%s: needs a passphrase, and there is no terminal to ask at: give "
                        "--passphrase-file FILE",
                        of);
    }
    if (err == SYM_CANCELLED || (err == SYM_OK && out->len == 0)) {
        return sym_fail(fault, SYM_CANCELLED, "%s: no passphrase was given", of);
    }
    if (err == SYM_TOO_LONG) {
        return sym_fail(fault, err, "%s: a passphrase has at most %u bytes", of,
                        SYM_PASSPHRASE_BYTES_MAX);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s: the terminal %s", of, sym_err_text(err));
    }
    return SYM_OK;
}

enum sym_err sym_passphrase_get(struct sym_secret *out, enum sym_wrap kind,
                                const struct sym_secret_source *from, const char *of,
                                struct sym_fault *fault)
{
    struct place p;
    char question[SYM_SHOWN_BYTES + 64];

    locate(&p, kind, from);
    if (p.path != NULL && p.kind == kind) {
        return read_file(out, kind, p.path, from->cancel, fault);
    }
    if (kind == SYM_WRAP_KEY) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%s: is wrapped by a key, not by a passphrase: give --key-file FILE, the "
                        "file that it was made with",
                        of);
    }
    if (p.path != NULL) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%s: is wrapped by a passphrase, not by a key: give --passphrase-file "
                        "FILE, or neither and type it",
                        of);
    }
    (void)snprintf(question, sizeof question, "Passphrase of %s: ", of);
    return ask(out, question, from, of, fault);
}

/* path: the file that it is from; NULL: it was typed. */
static enum sym_err check_new(const struct sym_secret *secret, enum sym_wrap kind, const char *path,
                              const char *of, struct sym_fault *fault)
{
    char from[SYM_SHOWN_BYTES] = "";
    if (path != NULL) {
        sym_disk_show(from, path);
        of = from;
    }
    if (kind == SYM_WRAP_PASSPHRASE && secret->len < SYM_PASSPHRASE_BYTES_MIN) {
        return sym_fail(fault, SYM_SHORT,
                        "%s: the passphrase is too short: choose one of at least %u characters", of,
                        SYM_PASSPHRASE_BYTES_MIN);
    }
    if (kind == SYM_WRAP_PASSPHRASE && path != NULL &&
        !sym_text_is_typed(sym_secret_span(secret))) {
        return sym_fail(fault, SYM_BAD_FORMAT,
                        "%s: the passphrase in it could never be typed: an editor has put a byte "
                        "order mark in front, or other line ends than LF; save it without them",
                        of);
    }
    if (kind == SYM_WRAP_KEY && secret->len < SYM_WRAP_KEY_BYTES_MIN) {
        return sym_fail(fault, SYM_SHORT,
                        "%s: the key in it is too short: take at least %u random bytes (head -c 32 "
                        "/dev/urandom)",
                        of, SYM_WRAP_KEY_BYTES_MIN);
    }
    return SYM_OK;
}

static enum sym_err ask_twice(struct sym_secret *out, const struct sym_secret_source *from,
                              const char *of, struct sym_fault *fault)
{
    SYM_SECRET_AUTO first = {0};
    SYM_SECRET_AUTO second = {0};
    char question[SYM_SHOWN_BYTES + 64];

    (void)snprintf(question, sizeof question, "New passphrase of %s (%u characters or more): ", of,
                   SYM_PASSPHRASE_BYTES_MIN);
    enum sym_err err = ask(&first, question, from, of, fault);
    if (err == SYM_OK) {
        err = check_new(&first, SYM_WRAP_PASSPHRASE, NULL, of, fault);
    }
    if (err == SYM_OK) {
        err = ask(&second, "Once more: ", from, of, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (first.len != second.len || !sym_equal(first.data, second.data, first.len)) {
        return sym_fail(fault, SYM_BAD_VALUE, "%s: the two passphrases differ: try again", of);
    }
    *out = first;
    first = (struct sym_secret){0};
    return SYM_OK;
}

enum sym_err sym_passphrase_choose(struct sym_secret *out, enum sym_wrap *kind,
                                   const struct sym_secret_source *from, const char *of,
                                   struct sym_fault *fault)
{
    SYM_SECRET_AUTO secret = {0};
    struct place p = {.kind = SYM_WRAP_PASSPHRASE};

    locate(&p, SYM_WRAP_PASSPHRASE, from);
    enum sym_err err = p.path == NULL ? ask_twice(&secret, from, of, fault)
                                      : read_file(&secret, p.kind, p.path, from->cancel, fault);
    if (err == SYM_OK) {
        err = check_new(&secret, p.kind, p.path, of, fault);
    }
    if (err == SYM_OK) {
        *out = secret;
        *kind = p.kind;
        secret = (struct sym_secret){0};
    }
    return err;
}
