#include "cli/backup_file.h"

#include "proto/backup.h"

#include <stdlib.h>
#include <string.h>

struct sym_backup_file {
    struct sym_new_file file;
    struct sym_backup *sealer;
    uint64_t bytes; /* written */
    uint32_t members;
    size_t filled;
    uint8_t content[SYM_BACKUP_CHUNK_BYTES];
    uint8_t sealed[SYM_BACKUP_CHUNK_BYTES + SYM_BACKUP_OVERHEAD_BYTES];
};

static enum sym_err write_out(struct sym_backup_file *f, struct sym_span bytes,
                              struct sym_fault *fault)
{
    if (fwrite(bytes.data, 1, bytes.len, f->file.stream) != bytes.len) {
        return sym_file_fault(fault, f->file.path);
    }
    f->bytes += bytes.len;
    return SYM_OK;
}

static enum sym_err begin(struct sym_backup_file *f, const struct sym_backup_about *about,
                          const struct sym_secret *passphrase, struct sym_fault *fault)
{
    SYM_SECRET_AUTO key = {0};
    uint8_t header[SYM_BACKUP_HEADER_BYTES];
    sym_backup_header(header, about);
    enum sym_err err = sym_backup_key(&key, header, sym_secret_span(passphrase));
    if (err == SYM_OK) {
        err = sym_backup_write(&f->sealer, header, &key);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the key of the backup, which takes 256 MiB of memory: it %s",
                        sym_err_text(err));
    }
    return write_out(f, sym_span(header, sizeof header), fault);
}

enum sym_err sym_backup_file_new(struct sym_backup_file **out, const char *path,
                                 const struct sym_backup_about *about,
                                 const struct sym_secret *passphrase, struct sym_fault *fault)
{
    struct sym_backup_file *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "backup: %s", sym_err_text(SYM_NO_MEMORY));
    }
    enum sym_err err = sym_new_file_open(&f->file, path, fault);
    if (err != SYM_OK) {
        free(f);
        return err;
    }
    err = begin(f, about, passphrase, fault);
    if (err != SYM_OK) {
        uint64_t unread;
        return sym_backup_file_end(f, err, false, &unread, fault);
    }
    *out = f;
    return SYM_OK;
}

static enum sym_err flush(struct sym_backup_file *f, bool last, struct sym_fault *fault)
{
    enum sym_err err = sym_backup_seal(f->sealer, f->sealed, sym_span(f->content, f->filled), last);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "backup: a chunk of it %s", sym_err_text(err));
    }
    size_t len = f->filled + SYM_BACKUP_OVERHEAD_BYTES;
    f->filled = 0;
    return write_out(f, sym_span(f->sealed, len), fault);
}

enum sym_err sym_backup_file_add(struct sym_backup_file *f, struct sym_span bytes,
                                 struct sym_fault *fault)
{
    while (bytes.len > 0) {
        /* A full one waits for more: it might be the last. */
        if (f->filled == sizeof f->content) {
            enum sym_err err = flush(f, false, fault);
            if (err != SYM_OK) {
                return err;
            }
        }
        size_t room = sizeof f->content - f->filled;
        size_t n = bytes.len < room ? bytes.len : room;
        memcpy(f->content + f->filled, bytes.data, n);
        f->filled += n;
        bytes = sym_span(bytes.data + n, bytes.len - n);
    }
    return SYM_OK;
}

enum sym_err sym_backup_file_member(struct sym_backup_file *f, struct sym_span name, uint64_t bytes,
                                    struct sym_fault *fault)
{
    uint8_t head[SYM_BACKUP_HEAD_BYTES];
    size_t len = 0;
    enum sym_err err = sym_backup_put_head(head, &len, name, bytes);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "backup: %.*s of %llu bytes does not belong into it: it %s",
                        (int)(name.len < 100 ? name.len : 100), (const char *)name.data,
                        (unsigned long long)bytes, sym_err_text(err));
    }
    f->members++;
    return sym_backup_file_add(f, sym_span(head, len), fault);
}

enum sym_err sym_backup_file_end(struct sym_backup_file *f, enum sym_err err, bool replace,
                                 uint64_t *bytes, struct sym_fault *fault)
{
    uint8_t tail[SYM_BACKUP_TAIL_BYTES];
    sym_backup_put_tail(tail, f->members);
    if (err == SYM_OK) {
        err = sym_backup_file_add(f, sym_span(tail, sizeof tail), fault);
    }
    if (err == SYM_OK) {
        err = flush(f, true, fault);
    }
    err = sym_new_file_close(&f->file, err, replace, fault);
    *bytes = f->bytes;
    sym_backup_free(f->sealer);
    sym_wipe(f->content, sizeof f->content); /* it may have held users' keys */
    free(f);
    return err;
}
