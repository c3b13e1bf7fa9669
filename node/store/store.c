#include "node/store/store_state.h"

#include <errno.h>
#include <sys/statvfs.h>

#define MAP_MAX_BYTES ((size_t)1 << 42)
/* A commit needs pages beside the values: the way to them, and the list of free ones. */
#define COMMIT_SPARE_BYTES ((uint64_t)1 << 20)

const char *const sym_table_names[SYM_TABLE_COUNT] = {
#define SYM_TABLE_NAME(name, text) [SYM_TABLE_##name] = text,
    SYM_TABLE_LIST(SYM_TABLE_NAME)
#undef SYM_TABLE_NAME
};

enum sym_err sym_store_err_of(int code)
{
    switch (code) {
    case MDB_SUCCESS:
        return SYM_OK;
    case MDB_NOTFOUND:
        return SYM_NOT_FOUND;
    case MDB_MAP_FULL:
        return SYM_LIMIT;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return SYM_NO_SPACE;
    case ENOMEM:
        return SYM_NO_MEMORY;
    case MDB_BAD_VALSIZE:
    case ENAMETOOLONG:
        return SYM_TOO_LONG;
    case MDB_VERSION_MISMATCH:
        return SYM_BAD_VERSION;
    case EACCES:
    case EPERM:
    case EROFS:
        return SYM_BAD_PERMISSIONS;
    default:
        return SYM_IO;
    }
}

int sym_store_honest(const struct sym_store *s, int code, uint64_t bytes)
{
    uint64_t room = 0;
    bool full =
        code == EIO && sym_store_room(s, &room) == SYM_OK && room < bytes + COMMIT_SPARE_BYTES;
    return full ? ENOSPC : code;
}

const uint8_t *sym_store_next_nonce(struct sym_store *s)
{
    if (s->nonces_left == 0) {
        sym_random_many(s->nonces[0], sizeof s->nonces);
        s->nonces_left = SYM_STORE_NONCES;
    }
    return s->nonces[--s->nonces_left];
}

uint64_t sym_store_bytes(const struct sym_store *s)
{
    MDB_envinfo info;
    MDB_stat stat;
    if (s->env == NULL || mdb_env_info(s->env, &info) != MDB_SUCCESS ||
        mdb_env_stat(s->env, &stat) != MDB_SUCCESS) {
        return 0;
    }
    return ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}

enum sym_err sym_store_room(const struct sym_store *s, uint64_t *bytes)
{
    struct statvfs disk;
    if (statvfs(s->path, &disk) != 0) {
        return SYM_IO;
    }
    *bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    return SYM_OK;
}

bool sym_store_was_full(const struct sym_store *s)
{
    return s->was_full;
}

/* LMDB refuses everything after a commit whose last write failed, until it is opened anew. What
 * that commit held is not there then, as far as the disk still tells the truth. */
enum sym_err sym_store_begin(struct sym_transaction *t, unsigned flags)
{
    struct sym_store *s = t->store;
    if (s->busy) {
        return SYM_WRONG_STATE;
    }
    int code = s->env == NULL ? MDB_PANIC : mdb_txn_begin(s->env, NULL, flags, &t->txn);
    if (code == MDB_PANIC) {
        sym_store_close_env(s);
        enum sym_err err = sym_store_open_env(s, NULL);
        if (err != SYM_OK) {
            return err;
        }
        code = mdb_txn_begin(s->env, NULL, flags, &t->txn);
    }
    s->busy = code == MDB_SUCCESS;
    return sym_store_err_of(code);
}

/* When its new map is refused, LMDB is left without one. */
static enum sym_err grow(struct sym_store *s)
{
    if (s->map_bytes >= MAP_MAX_BYTES) {
        return SYM_NO_SPACE;
    }
    int code = mdb_env_set_mapsize(s->env, s->map_bytes * 2);
    if (code != MDB_SUCCESS) {
        sym_store_close_env(s);
        return sym_store_err_of(code);
    }
    s->map_bytes *= 2;
    return SYM_OK;
}

void sym_store_watch(struct sym_store *s, struct sym_store_watch *w)
{
    w->next = s->watches;
    s->watches = w;
}

void sym_store_unwatch(struct sym_store *s, const struct sym_store_watch *w)
{
    struct sym_store_watch **at = &s->watches;
    while (*at != NULL && *at != w) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = w->next;
    }
}

static enum sym_err seal_all(struct sym_transaction *t)
{
    enum sym_err err = SYM_OK;
    for (const struct sym_store_watch *w = t->store->watches; err == SYM_OK && w != NULL;
         w = w->next) {
        err = w->seal(t, w->owner);
    }
    return err;
}

static void tell_all(const struct sym_store *s, bool committed)
{
    for (const struct sym_store_watch *w = s->watches; w != NULL; w = w->next) {
        w->done(w->owner, committed);
    }
}

/* Commits, or gives up: LMDB's code. */
static int end_write(struct sym_transaction *t, bool commit)
{
    int code = MDB_SUCCESS;
    t->store->busy = false;
    if (commit) {
        code = mdb_txn_commit(t->txn);
    } else {
        mdb_txn_abort(t->txn);
    }
    tell_all(t->store, commit && code == MDB_SUCCESS);
    return code;
}

static enum sym_err write_once(struct sym_store *s, sym_store_fn *fn, void *context, bool *full)
{
    struct sym_transaction t = {.store = s};
    if (!s->busy) {
        sym_store_reach_ahead(s);
    }
    enum sym_err err = sym_store_begin(&t, 0);
    if (err != SYM_OK) {
        return err;
    }
    err = fn(&t, context);
    err = err == SYM_OK && !t.full ? seal_all(&t) : err;
    if (err != SYM_OK || t.full) {
        (void)end_write(&t, false);
        *full = t.full;
        return err;
    }
    int code = end_write(&t, true);
    *full = code == MDB_MAP_FULL;
    return sym_store_err_of(sym_store_honest(s, code, t.bytes));
}

static enum sym_err write_growing(struct sym_store *s, sym_store_fn *fn, void *context)
{
    for (;;) {
        bool full = false;
        enum sym_err err = write_once(s, fn, context, &full);
        if (!full) {
            return err;
        }
        err = grow(s);
        if (err != SYM_OK) {
            return err;
        }
    }
}

enum sym_err sym_store_write(struct sym_store *s, sym_store_fn *fn, void *context)
{
    enum sym_err err = write_growing(s, fn, context);
    s->was_full = err == SYM_NO_SPACE || (s->was_full && err != SYM_OK);
    return err;
}

enum sym_err sym_store_read(struct sym_store *s, sym_store_fn *fn, void *context)
{
    struct sym_transaction t = {.store = s};
    t.reads = true;
    enum sym_err err = sym_store_begin(&t, MDB_RDONLY);
    if (err != SYM_OK) {
        return err;
    }
    err = fn(&t, context);
    s->busy = false;
    mdb_txn_abort(t.txn);
    return err;
}
