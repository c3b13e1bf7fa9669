#include "node/supervisor/unpack.h"

#include "node/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct unpack {
    int fd;
    int cancel;
    char shown[SYM_SHOWN_BYTES];
    struct sym_backup *opener;
    const struct sym_unpack_sink *sink;
    struct sym_backup_parser parser;
    uint8_t sealed[SYM_BACKUP_CHUNK_BYTES + SYM_BACKUP_OVERHEAD_BYTES];
    uint8_t content[SYM_BACKUP_CHUNK_BYTES];
};

static enum sym_err open_file(struct unpack *u, const char *file, struct sym_fault *fault)
{
    struct stat info;
    sym_disk_show(u->shown, file);
    u->fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (u->fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "%s: does not exist: name the file that \"symbolon backup\" wrote",
                        u->shown);
    }
    if (u->fd < 0 || fstat(u->fd, &info) != 0) {
        enum sym_err err = errno == EACCES ? SYM_BAD_PERMISSIONS : SYM_IO;
        return sym_fail(fault, err, "%s: %s", u->shown, strerror(errno));
    }
    return S_ISREG(info.st_mode)
               ? SYM_OK
               : sym_fail(fault, SYM_BAD_VALUE, "%s: is not an ordinary file", u->shown);
}

/* Until room bytes or the end. */
static enum sym_err fill(struct unpack *u, uint8_t *out, size_t room, size_t *len,
                         struct sym_fault *fault)
{
    size_t got = 0;
    while (got < room) {
        ssize_t n = read(u->fd, out + got, room - got);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return sym_fail(fault, SYM_IO, "%s: %s", u->shown, strerror(errno));
        }
        if (n == 0) {
            break;
        }
        got += (size_t)n;
    }
    *len = got;
    return SYM_OK;
}

static enum sym_err read_header(struct unpack *u, uint8_t header[SYM_BACKUP_HEADER_BYTES],
                                struct sym_backup_about *about, struct sym_fault *fault)
{
    size_t len = 0;
    enum sym_err err = fill(u, header, SYM_BACKUP_HEADER_BYTES, &len, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = len < SYM_BACKUP_HEADER_BYTES ? SYM_SHORT : sym_backup_about(about, header);
    if (err == SYM_BAD_VERSION) {
        return sym_fail(fault, err,
                        "%s: is a backup of a newer version: use that one to restore it", u->shown);
    }
    return err == SYM_OK ? err
                         : sym_fail(fault, err,
                                    "%s: is not a backup of a node, or its beginning was "
                                    "altered: its header %s",
                                    u->shown, sym_err_text(err));
}

static enum sym_err unlock(struct unpack *u, const uint8_t header[SYM_BACKUP_HEADER_BYTES],
                           const struct sym_secret_source *from, struct sym_fault *fault)
{
    SYM_SECRET_AUTO passphrase = {0};
    SYM_SECRET_AUTO key = {0};
    enum sym_err err = sym_passphrase_get(&passphrase, SYM_WRAP_PASSPHRASE, from, u->shown, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_backup_key(&key, header, sym_secret_span(&passphrase));
    if (err == SYM_OK) {
        err = sym_backup_read(&u->opener, header, &key);
    }
    return err == SYM_OK ? err
                         : sym_fail(fault, err, "%s: its key %s", u->shown, sym_err_text(err));
}

static enum sym_err refuse_chunk(const struct unpack *u, enum sym_err err, struct sym_fault *fault)
{
    uint64_t number = sym_backup_chunks(u->opener);
    if (number == 0 && err == SYM_BAD_TAG) {
        return sym_fail(
            fault, err,
            "%s: does not open: the passphrase is wrong, or chunk 0, its beginning, was "
            "altered or cut off: try the passphrase once more, then another copy of the file",
            u->shown);
    }
    return sym_fail(fault, err,
                    "%s: chunk %llu was altered, cut off or is not of this backup (it %s): take "
                    "another copy of the file",
                    u->shown, (unsigned long long)number, sym_err_text(err));
}

static enum sym_err refuse_content(const struct unpack *u, enum sym_err err,
                                   struct sym_fault *fault)
{
    return sym_fail(fault, err,
                    "%s: what it holds is not the content of a backup, up to chunk %llu: it %s",
                    u->shown, (unsigned long long)sym_backup_chunks(u->opener), sym_err_text(err));
}

/* One chunk of content, on its way. */
static enum sym_err pass_on(struct unpack *u, struct sym_span content, struct sym_fault *fault)
{
    enum sym_backup_part part;
    for (;;) {
        enum sym_err err = sym_backup_next(&u->parser, &part, &content);
        if (err != SYM_OK) {
            return refuse_content(u, err, fault);
        }
        switch (part) {
        case SYM_BACKUP_MORE:
            return SYM_OK;
        case SYM_BACKUP_MEMBER:
            err = u->sink->member(u->sink->owner, u->parser.kind, u->parser.name, fault);
            break;
        case SYM_BACKUP_BYTES:
            err = u->sink->bytes(u->sink->owner, u->parser.span, fault);
            break;
        case SYM_BACKUP_DONE:
            err = u->sink->done(u->sink->owner, fault);
            break;
        }
        if (err != SYM_OK) {
            return err;
        }
    }
}

static bool is_cancelled(const struct unpack *u)
{
    struct pollfd p = {.fd = u->cancel, .events = POLLIN};
    return u->cancel >= 0 && poll(&p, 1, 0) > 0;
}

static enum sym_err next_chunk(struct unpack *u, bool *last, struct sym_fault *fault)
{
    size_t len = 0;
    if (is_cancelled(u)) {
        return sym_fail(fault, SYM_CANCELLED, "%s: the restore was cancelled", u->shown);
    }
    enum sym_err err = fill(u, u->sealed, sizeof u->sealed, &len, fault);
    if (err != SYM_OK) {
        return err;
    }
    if (len == 0) {
        return sym_fail(
            fault, SYM_SHORT,
            "%s: ends too early: chunk %llu and what follows are missing: it was cut off", u->shown,
            (unsigned long long)sym_backup_chunks(u->opener));
    }
    err = sym_backup_unseal(u->opener, u->content, last, sym_span(u->sealed, len));
    if (err != SYM_OK) {
        return refuse_chunk(u, err, fault);
    }
    return pass_on(u, sym_span(u->content, len - SYM_BACKUP_OVERHEAD_BYTES), fault);
}

static enum sym_err read_all(struct unpack *u, struct sym_fault *fault)
{
    bool last = false;
    uint8_t more;
    size_t len = 0;
    while (!last) {
        enum sym_err err = next_chunk(u, &last, fault);
        if (err != SYM_OK) {
            return err;
        }
    }
    enum sym_err err = fill(u, &more, 1, &len, fault);
    if (err == SYM_OK && len > 0) {
        return refuse_chunk(u, SYM_TRAILING, fault);
    }
    if (err == SYM_OK) {
        err = sym_backup_end(&u->parser);
        return err == SYM_OK ? err : refuse_content(u, err, fault);
    }
    return err;
}

enum sym_err sym_unpack(struct sym_backup_about *about, const char *file,
                        const struct sym_secret_source *from, const struct sym_unpack_sink *sink,
                        struct sym_fault *fault)
{
    uint8_t header[SYM_BACKUP_HEADER_BYTES];
    struct unpack *u = calloc(1, sizeof *u);
    if (u == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "restore: no memory");
    }
    u->sink = sink;
    u->cancel = from->cancel;
    enum sym_err err = open_file(u, file, fault);
    if (err == SYM_OK) {
        err = read_header(u, header, about, fault);
    }
    if (err == SYM_OK) {
        err = unlock(u, header, from, fault);
    }
    if (err == SYM_OK) {
        err = read_all(u, fault);
    }
    if (u->fd >= 0) {
        (void)close(u->fd);
    }
    sym_backup_free(u->opener);
    sym_wipe(u->content, sizeof u->content);
    free(u);
    return err;
}
