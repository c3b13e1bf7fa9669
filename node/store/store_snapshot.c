/* One moment that stays readable while others come. */
#include "node/store/store_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* False with errno when not all of it can be read. */
static bool read_file(const struct sym_store *s, uint8_t *out, size_t len, uint64_t at)
{
    int fd = -1;
    if (mdb_env_get_fd(s->env, &fd) != MDB_SUCCESS) {
        errno = EINVAL;
        return false;
    }
    while (len > 0) {
        ssize_t n = pread(fd, out, len, (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? EIO : errno;
            return false;
        }
        out += n;
        len -= (size_t)n;
        at += (uint64_t)n;
    }
    return true;
}

/* No transaction is open: what the newest one has written is in the file, and the first pages name
 * it. Pages at the end that were given back before their commit are not in the file. */
static enum sym_err keep_moment(struct sym_store *s, struct sym_moment *kept)
{
    MDB_stat stat;
    struct stat file;
    int fd = -1;
    int code = mdb_env_stat(s->env, &stat);
    if (code == MDB_SUCCESS) {
        code = mdb_env_get_fd(s->env, &fd);
    }
    if (code != MDB_SUCCESS || fstat(fd, &file) != 0) {
        return sym_store_err_of(code == MDB_SUCCESS ? errno : code);
    }
    kept->bytes = sym_store_bytes(s);
    kept->bytes = kept->bytes < (uint64_t)file.st_size ? kept->bytes : (uint64_t)file.st_size;
    kept->head_len = (size_t)2 * stat.ms_psize;
    kept->head = malloc(kept->head_len);
    if (kept->head == NULL || kept->bytes < kept->head_len) {
        return kept->head == NULL ? SYM_NO_MEMORY : SYM_IO;
    }
    return read_file(s, kept->head, kept->head_len, 0) ? SYM_OK : sym_store_err_of(errno);
}

enum sym_err sym_store_snapshot(struct sym_store *s, uint64_t *bytes)
{
    struct sym_transaction t = {.store = s};
    struct sym_moment kept = {.reader = NULL};
    if (s->snapshot.reader != NULL) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_store_begin(&t, MDB_RDONLY);
    if (err != SYM_OK) {
        return err;
    }
    s->busy = false; /* the reader only keeps pages; others may come and go */
    err = keep_moment(s, &kept);
    if (err != SYM_OK) {
        free(kept.head);
        mdb_txn_abort(t.txn);
        return err;
    }
    kept.reader = t.txn;
    s->snapshot = kept;
    *bytes = kept.bytes;
    return SYM_OK;
}

enum sym_err sym_store_snapshot_read(const struct sym_store *s, uint8_t *out, size_t len,
                                     uint64_t at)
{
    const struct sym_moment *kept = &s->snapshot;
    if (kept->reader == NULL) {
        return SYM_CLOSED;
    }
    if (at > kept->bytes || len > kept->bytes - at) {
        return SYM_TOO_LONG;
    }
    if (at < kept->head_len) {
        size_t from_head = len < kept->head_len - at ? len : kept->head_len - (size_t)at;
        memcpy(out, kept->head + at, from_head);
        out += from_head;
        len -= from_head;
        at += from_head;
    }
    return len == 0 || read_file(s, out, len, at) ? SYM_OK : sym_store_err_of(errno);
}

void sym_store_snapshot_end(struct sym_store *s)
{
    if (s->snapshot.reader != NULL) {
        mdb_txn_abort(s->snapshot.reader);
        free(s->snapshot.head);
        s->snapshot = (struct sym_moment){.reader = NULL};
    }
}
