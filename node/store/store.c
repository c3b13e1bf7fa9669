#include "node/store/store.h"

#include "node/store/files.h"
#include "node/store/sealed.h"

#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MAP_FIRST_BYTES ((size_t)16 << 20)
#define MAP_MAX_BYTES   ((size_t)1 << 42)
/* A commit needs pages beside the values: the way to them, and the list of free ones. */
#define COMMIT_SPARE_BYTES ((uint64_t)1 << 20)

#define META_NAME  "meta"
#define FORMAT_KEY "format"
#define CHECK_KEY  "key"
#define CHECK_TEXT "symbolon-store-1"

/* A moment that is kept. Pages that it needs are not written to while its reader is there; what
 * lies in them is read from the file, so that the map may grow meanwhile. */
struct snapshot {
    MDB_txn *reader; /* NULL when there is none */
    uint64_t bytes;
    uint8_t *head; /* the first pages, which say which moment it is: the next commit changes them */
    size_t head_len;
};

/* Nonces drawn at once: a system call for each would cost as much as sealing. */
#define NONCES 128u

struct sym_store {
    MDB_env *env; /* NULL while it could not be opened again after a failure */
    MDB_dbi tables[SYM_TABLE_COUNT];
    MDB_dbi meta; /* the format number, unsealed, and a text under the key */
    size_t map_bytes;
    bool busy;     /* a transaction is open */
    bool was_full; /* the latest write ended with SYM_NO_SPACE */
    struct snapshot snapshot;
    struct sym_store_watch *watches; /* the latest first */
    struct sym_secret key;
    uint8_t nonces[NONCES][SYM_SEAL_NONCE_BYTES];
    size_t nonces_left;
    char path[PATH_MAX];
    char shown[SYM_SHOWN_BYTES];
};

struct sym_transaction {
    struct sym_store *store;
    MDB_txn *txn;
    uint64_t bytes; /* of sealed values that were put */
    bool full;      /* the map has to grow before this can be written */
    bool reads;     /* and does not write: values lie in the map, never in pages of its own */
};

static const char *const table_names[SYM_TABLE_COUNT] = {
#define SYM_TABLE_NAME(name, text) [SYM_TABLE_##name] = text,
    SYM_TABLE_LIST(SYM_TABLE_NAME)
#undef SYM_TABLE_NAME
};

static enum sym_err err_of(int code)
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

static const char *remedy_of(enum sym_err err)
{
    if (err == SYM_NO_SPACE) {
        return ": make room and try again";
    }
    if (err == SYM_BAD_PERMISSIONS) {
        return ": run this as the owner of the directory, on a disk that can be written to";
    }
    return err == SYM_IO || err == SYM_BAD_VERSION ? ": check the disk, or restore a backup" : "";
}

/* LMDB reports a write that was cut short as EIO, although it mostly means a full disk. bytes: how
 * many were to be written. */
static int honest(const struct sym_store *s, int code, uint64_t bytes)
{
    uint64_t room = 0;
    bool full =
        code == EIO && sym_store_room(s, &room) == SYM_OK && room < bytes + COMMIT_SPARE_BYTES;
    return full ? ENOSPC : code;
}

static enum sym_err fail(const struct sym_store *s, struct sym_fault *fault, int cause)
{
    int code = honest(s, cause, 0);
    enum sym_err err = err_of(code);
    return sym_fail(fault, err, "%s: cannot be opened: %s%s", s->shown, mdb_strerror(code),
                    remedy_of(err));
}

/* LMDB's key and value type holds a mutable pointer; LMDB does not write through it. */
static MDB_val val_of(struct sym_span s)
{
    union {
        const uint8_t *from;
        void *to;
    } borrowed = {.from = s.data};
    return (MDB_val){.mv_size = s.len, .mv_data = borrowed.to};
}

static struct sym_span span_of(MDB_val v)
{
    return sym_span(v.mv_data, v.mv_size);
}

static const uint8_t *next_nonce(struct sym_store *s)
{
    if (s->nonces_left == 0) {
        sym_random_many(s->nonces[0], sizeof s->nonces);
        s->nonces_left = NONCES;
    }
    return s->nonces[--s->nonces_left];
}

/* The key check tells a wrong master key before anything is read, or written under it. */
static const struct sym_place check_place = {
    .table = META_NAME, .key = {(const uint8_t *)CHECK_KEY, sizeof CHECK_KEY - 1}};

static enum sym_err write_meta(struct sym_store *s, MDB_txn *txn)
{
    uint8_t number[8];
    uint8_t sealed[sizeof CHECK_TEXT - 1 + SYM_SEAL_OVERHEAD_BYTES];
    MDB_val format_key = val_of(sym_span_text(FORMAT_KEY));
    MDB_val check_key = val_of(check_place.key);
    MDB_val format = val_of(sym_span(number, sizeof number));
    MDB_val check = val_of(sym_span(sealed, sizeof sealed));
    sym_put_u64(number, SYM_STORE_FORMAT);
    enum sym_err err =
        sym_sealed_write(sealed, &s->key, next_nonce(s), &check_place, sym_span_text(CHECK_TEXT));
    if (err == SYM_OK) {
        err = err_of(mdb_put(txn, s->meta, &format_key, &format, 0));
    }
    return err == SYM_OK ? err_of(mdb_put(txn, s->meta, &check_key, &check, 0)) : err;
}

static enum sym_err check_key(const struct sym_store *s, MDB_txn *txn, struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    MDB_val key = val_of(check_place.key);
    MDB_val found;
    enum sym_err err = err_of(mdb_get(txn, s->meta, &key, &found));
    if (err == SYM_OK) {
        err = sym_sealed_read(&text, &s->key, &check_place, span_of(found));
    }
    if (err == SYM_OK) {
        return SYM_OK;
    }
    return sym_fail(fault, err == SYM_NO_MEMORY ? err : SYM_BAD_TAG,
                    "%s: was written under another master key: restore the store and master.key "
                    "from the same backup",
                    s->shown);
}

static enum sym_err check_meta(struct sym_store *s, MDB_txn *txn, struct sym_fault *fault)
{
    MDB_val key = val_of(sym_span_text(FORMAT_KEY));
    MDB_val found;
    int code = mdb_get(txn, s->meta, &key, &found);
    if (code == MDB_NOTFOUND) {
        enum sym_err err = write_meta(s, txn);
        return err == SYM_OK ? err
                             : sym_fail(fault, err, "%s: cannot be written: it %s", s->shown,
                                        sym_err_text(err));
    }
    if (code != MDB_SUCCESS || found.mv_size != 8) {
        return sym_fail(fault, SYM_IO, "%s: its format number cannot be read; restore a backup",
                        s->shown);
    }
    uint64_t format = sym_get_u64(found.mv_data);
    if (format != SYM_STORE_FORMAT) {
        return sym_fail(fault, SYM_BAD_VERSION,
                        "%s: is of format %llu, and this program knows %u; start the symbolond "
                        "that wrote it",
                        s->shown, (unsigned long long)format, SYM_STORE_FORMAT);
    }
    return check_key(s, txn, fault);
}

static enum sym_err open_tables(struct sym_store *s, struct sym_fault *fault)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(s->env, NULL, 0, &txn);
    if (code == MDB_SUCCESS) {
        code = mdb_dbi_open(txn, META_NAME, MDB_CREATE, &s->meta);
    }
    for (size_t i = 0; code == MDB_SUCCESS && i < SYM_TABLE_COUNT; i++) {
        code = mdb_dbi_open(txn, table_names[i], MDB_CREATE, &s->tables[i]);
    }
    if (code != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return fail(s, fault, code);
    }
    enum sym_err err = check_meta(s, txn, fault);
    if (err != SYM_OK) {
        mdb_txn_abort(txn);
        return err;
    }
    code = mdb_txn_commit(txn);
    return code == MDB_SUCCESS ? SYM_OK : fail(s, fault, code);
}

/* At least one more transaction fits into the map, such as the one that adds a table. */
static int widen(struct sym_store *s)
{
    MDB_envinfo info;
    int code = mdb_env_info(s->env, &info);
    uint64_t used = sym_store_bytes(s);
    while (s->map_bytes < used + MAP_FIRST_BYTES / 2) {
        s->map_bytes *= 2;
    }
    return code == MDB_SUCCESS && info.me_mapsize < s->map_bytes
               ? mdb_env_set_mapsize(s->env, s->map_bytes)
               : code;
}

void sym_store_snapshot_end(struct sym_store *s)
{
    if (s->snapshot.reader != NULL) {
        mdb_txn_abort(s->snapshot.reader);
        free(s->snapshot.head);
        s->snapshot = (struct snapshot){.reader = NULL};
    }
}

static void close_env(struct sym_store *s)
{
    sym_store_snapshot_end(s);
    if (s->env != NULL) {
        mdb_env_close(s->env);
        s->env = NULL;
    }
}

static enum sym_err open_env(struct sym_store *s, struct sym_fault *fault)
{
    int code = mdb_env_create(&s->env);
    if (code == MDB_SUCCESS) {
        code = mdb_env_set_maxdbs(s->env, SYM_TABLE_COUNT + 1);
    }
    if (code == MDB_SUCCESS) {
        code = mdb_env_set_mapsize(s->env, s->map_bytes);
    }
    if (code == MDB_SUCCESS) {
        code = mdb_env_open(s->env, s->path, MDB_NOTLS, 0600);
    }
    if (code == MDB_SUCCESS) {
        code = widen(s);
    }
    enum sym_err err = code == MDB_SUCCESS ? open_tables(s, fault) : fail(s, fault, code);
    if (err != SYM_OK) {
        close_env(s);
    }
    return err;
}

static enum sym_err open_store(struct sym_store *s, const char *dir, struct sym_fault *fault)
{
    struct sym_store_files files = {.dir = {.fd = -1}};
    enum sym_err err = sym_store_files_open(&files, dir, fault);
    if (err != SYM_OK) {
        return err;
    }
    memcpy(s->path, files.path, sizeof s->path);
    memcpy(s->shown, files.dir.shown, sizeof s->shown);
    err = open_env(s, fault);
    enum sym_err settled =
        sym_store_files_settle(&files, err == SYM_OK, err == SYM_OK ? fault : NULL);
    sym_store_files_close(&files);
    return err == SYM_OK ? settled : err;
}

enum sym_err sym_store_open(struct sym_store **out, const char *dir, struct sym_span master,
                            struct sym_fault *fault)
{
    if (master.len != SYM_SEAL_KEY_BYTES) {
        return sym_fail(fault, SYM_BAD_VALUE, "store: the master key has not %u bytes",
                        SYM_SEAL_KEY_BYTES);
    }
    struct sym_store *s = calloc(1, sizeof *s);
    enum sym_err err = s == NULL ? SYM_NO_MEMORY : sym_secret_new(&s->key, SYM_SEAL_KEY_BYTES);
    if (err != SYM_OK) {
        free(s);
        return sym_fail(fault, err, "store: no memory");
    }
    s->map_bytes = MAP_FIRST_BYTES;
    sym_subkey(s->key.data, master.data, "store values", sym_span(NULL, 0));
    err = open_store(s, dir, fault);
    if (err != SYM_OK) {
        sym_store_close(s);
        return err;
    }
    *out = s;
    return SYM_OK;
}

void sym_store_close(struct sym_store *s)
{
    if (s != NULL) {
        close_env(s);
        sym_secret_clear(&s->key);
        free(s);
    }
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
static enum sym_err begin(struct sym_transaction *t, unsigned flags)
{
    struct sym_store *s = t->store;
    if (s->busy) {
        return SYM_WRONG_STATE;
    }
    int code = s->env == NULL ? MDB_PANIC : mdb_txn_begin(s->env, NULL, flags, &t->txn);
    if (code == MDB_PANIC) {
        close_env(s);
        enum sym_err err = open_env(s, NULL);
        if (err != SYM_OK) {
            return err;
        }
        code = mdb_txn_begin(s->env, NULL, flags, &t->txn);
    }
    s->busy = code == MDB_SUCCESS;
    return err_of(code);
}

/* When its new map is refused, LMDB is left without one. */
static enum sym_err grow(struct sym_store *s)
{
    if (s->map_bytes >= MAP_MAX_BYTES) {
        return SYM_NO_SPACE;
    }
    int code = mdb_env_set_mapsize(s->env, s->map_bytes * 2);
    if (code != MDB_SUCCESS) {
        close_env(s);
        return err_of(code);
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
    enum sym_err err = begin(&t, 0);
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
    return err_of(honest(s, code, t.bytes));
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
    enum sym_err err = begin(&t, MDB_RDONLY);
    if (err != SYM_OK) {
        return err;
    }
    err = fn(&t, context);
    s->busy = false;
    mdb_txn_abort(t.txn);
    return err;
}

/* Least room for the values of a walk. */
#define WALK_ROOM_BYTES 4096u
/* Values that lie in pages of their own. */
#define LARGE_BYTES 16384u

/* Pages of the map that were read count as this process's memory, though the kernel keeps them
 * elsewhere, too: a long value is read once. */
static void let_go(const MDB_val *v)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)v->mv_data + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)v->mv_data + v->mv_size) / page * page;
    if (v->mv_size >= LARGE_BYTES && first < end) {
        int code = madvise((uint8_t *)v->mv_data + (first - (uintptr_t)v->mv_data), end - first,
                           MADV_DONTNEED);
        (void)code;
    }
}

enum sym_err sym_store_get_under(struct sym_transaction *t, enum sym_table table,
                                 struct sym_span key, const struct sym_secret *under,
                                 struct sym_secret *value)
{
    MDB_val k = val_of(key);
    MDB_val found;
    int code = mdb_get(t->txn, t->store->tables[table], &k, &found);
    if (code != MDB_SUCCESS) {
        return err_of(code);
    }
    struct sym_place place = {.table = table_names[table], .key = key};
    enum sym_err err = sym_sealed_read(value, under, &place, span_of(found));
    if (t->reads) {
        let_go(&found);
    }
    return err;
}

enum sym_err sym_store_get(struct sym_transaction *t, enum sym_table table, struct sym_span key,
                           struct sym_secret *value)
{
    return sym_store_get_under(t, table, key, &t->store->key, value);
}

enum sym_err sym_store_get_into(struct sym_transaction *t, enum sym_table table,
                                struct sym_span key, const struct sym_secret *under, uint8_t *out,
                                size_t max, size_t *len)
{
    MDB_val k = val_of(key);
    MDB_val found;
    int code = mdb_get(t->txn, t->store->tables[table], &k, &found);
    if (code != MDB_SUCCESS) {
        return err_of(code);
    }
    struct sym_place place = {.table = table_names[table], .key = key};
    return sym_sealed_read_into(out, max, len, under == NULL ? &t->store->key : under, &place,
                                span_of(found));
}

enum sym_err sym_store_has(struct sym_transaction *t, enum sym_table table, struct sym_span key)
{
    MDB_val k = val_of(key);
    MDB_val found;
    return err_of(mdb_get(t->txn, t->store->tables[table], &k, &found));
}

/* Room for a value, in the place where it will be written from. LMDB fills a page to the brim when
 * it knows that what comes next belongs behind it. */
static int reserve(struct sym_transaction *t, enum sym_table table, struct sym_span key, MDB_val *v,
                   bool last)
{
    MDB_val k = val_of(key);
    int code = MDB_KEYEXIST;
    if (last) {
        code = mdb_put(t->txn, t->store->tables[table], &k, v, MDB_APPEND | MDB_RESERVE);
    }
    return code == MDB_KEYEXIST ? mdb_put(t->txn, t->store->tables[table], &k, v, MDB_RESERVE)
                                : code;
}

static enum sym_err seal_and_put(struct sym_transaction *t, enum sym_table table,
                                 struct sym_span key, const struct sym_secret *under,
                                 struct sym_span value, bool last)
{
    if (key.len < 1 || key.len > SYM_STORE_KEY_BYTES || value.len < 1 ||
        value.len > SYM_STORE_VALUE_BYTES) {
        return SYM_TOO_LONG;
    }
    MDB_val v = {.mv_size = value.len + SYM_SEAL_OVERHEAD_BYTES};
    struct sym_place place = {.table = table_names[table], .key = key};
    int code = reserve(t, table, key, &v, last);
    t->full = t->full || code == MDB_MAP_FULL;
    t->bytes += v.mv_size;
    return code == MDB_SUCCESS
               ? sym_sealed_write(v.mv_data, under, next_nonce(t->store), &place, value)
               : err_of(code);
}

enum sym_err sym_store_put_under(struct sym_transaction *t, enum sym_table table,
                                 struct sym_span key, const struct sym_secret *under,
                                 struct sym_span value)
{
    return seal_and_put(t, table, key, under, value, false);
}

enum sym_err sym_store_append(struct sym_transaction *t, enum sym_table table, struct sym_span key,
                              const struct sym_secret *under, struct sym_span value)
{
    return seal_and_put(t, table, key, under == NULL ? &t->store->key : under, value, true);
}

enum sym_err sym_store_put(struct sym_transaction *t, enum sym_table table, struct sym_span key,
                           struct sym_span value)
{
    return sym_store_put_under(t, table, key, &t->store->key, value);
}

enum sym_err sym_store_move_under(struct sym_transaction *t, enum sym_table table,
                                  struct sym_span key, const struct sym_secret *from,
                                  const struct sym_secret *to)
{
    uint8_t sealed[SYM_SEALED_SHORT_BYTES + SYM_SEAL_OVERHEAD_BYTES];
    MDB_val k = val_of(key);
    MDB_val v;
    int code = mdb_get(t->txn, t->store->tables[table], &k, &v);
    if (code != MDB_SUCCESS) {
        return err_of(code);
    }
    struct sym_place place = {.table = table_names[table], .key = key};
    enum sym_err err = sym_sealed_again(sealed, from, to, &place, span_of(v));
    if (err != SYM_OK) {
        return err;
    }
    v = val_of(sym_span(sealed, v.mv_size));
    code = mdb_put(t->txn, t->store->tables[table], &k, &v, 0);
    t->full = t->full || code == MDB_MAP_FULL;
    t->bytes += v.mv_size;
    return err_of(code);
}

enum sym_err sym_store_delete(struct sym_transaction *t, enum sym_table table, struct sym_span key)
{
    MDB_val k = val_of(key);
    int code = mdb_del(t->txn, t->store->tables[table], &k, NULL);
    t->full = t->full || code == MDB_MAP_FULL;
    return err_of(code);
}

/* Room for the values of a walk, in key memory that is made anew only for a longer one. */
static enum sym_err make_room(struct sym_secret *room, size_t len)
{
    if (room->len >= len) {
        return SYM_OK;
    }
    sym_secret_clear(room);
    return sym_secret_new(room, len < WALK_ROOM_BYTES ? WALK_ROOM_BYTES : len);
}

/* Copies, so that fn may change the table. */
static enum sym_err visit(const struct sym_transaction *t, enum sym_table table, struct sym_span at,
                          struct sym_span sealed, struct sym_secret *room, sym_store_each_fn *fn,
                          void *context)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    if (at.len > sizeof key) {
        return SYM_BAD_TAG;
    }
    memcpy(key, at.data, at.len);
    struct sym_place place = {.table = table_names[table], .key = sym_span(key, at.len)};
    enum sym_err err = make_room(room, sealed.len);
    if (err == SYM_OK) {
        err = sym_sealed_read_into(room->data, room->len, &len, &t->store->key, &place, sealed);
    }
    return err == SYM_OK ? fn(context, place.key, sym_span(room->data, len)) : err;
}

enum sym_err sym_store_each_from(struct sym_transaction *t, enum sym_table table,
                                 struct sym_span from, sym_store_each_fn *fn, void *context)
{
    SYM_SECRET_AUTO room = {0};
    MDB_cursor *cursor = NULL;
    enum sym_err err = err_of(mdb_cursor_open(t->txn, t->store->tables[table], &cursor));
    if (err != SYM_OK) {
        return err;
    }
    MDB_val k = val_of(from);
    MDB_val v;
    int code = mdb_cursor_get(cursor, &k, &v, from.len == 0 ? MDB_FIRST : MDB_SET_RANGE);
    while (err == SYM_OK && code == MDB_SUCCESS) {
        err = visit(t, table, span_of(k), span_of(v), &room, fn, context);
        code = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return err != SYM_OK || code == MDB_NOTFOUND ? err : err_of(code);
}

enum sym_err sym_store_each(struct sym_transaction *t, enum sym_table table, sym_store_each_fn *fn,
                            void *context)
{
    return sym_store_each_from(t, table, sym_span(NULL, 0), fn, context);
}

static enum sym_err copy_key(uint8_t out[SYM_STORE_KEY_BYTES], size_t *len, MDB_val key)
{
    if (key.mv_size > SYM_STORE_KEY_BYTES) {
        return SYM_BAD_TAG;
    }
    memcpy(out, key.mv_data, key.mv_size);
    *len = key.mv_size;
    return SYM_OK;
}

enum sym_err sym_store_last(struct sym_transaction *t, enum sym_table table,
                            uint8_t key[SYM_STORE_KEY_BYTES], size_t *len)
{
    MDB_cursor *cursor = NULL;
    enum sym_err err = err_of(mdb_cursor_open(t->txn, t->store->tables[table], &cursor));
    if (err != SYM_OK) {
        return err;
    }
    MDB_val k;
    MDB_val v;
    err = err_of(mdb_cursor_get(cursor, &k, &v, MDB_LAST));
    err = err == SYM_OK ? copy_key(key, len, k) : err;
    mdb_cursor_close(cursor);
    return err;
}

enum sym_err sym_store_next(struct sym_transaction *t, enum sym_table table, struct sym_span after,
                            uint8_t key[SYM_STORE_KEY_BYTES], size_t *len)
{
    MDB_cursor *cursor = NULL;
    enum sym_err err = err_of(mdb_cursor_open(t->txn, t->store->tables[table], &cursor));
    if (err != SYM_OK) {
        return err;
    }
    MDB_val k = val_of(after);
    MDB_val v;
    int code = mdb_cursor_get(cursor, &k, &v, after.len == 0 ? MDB_FIRST : MDB_SET_RANGE);
    if (code == MDB_SUCCESS && sym_span_equal(span_of(k), after)) {
        code = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    err = code == MDB_SUCCESS ? copy_key(key, len, k) : err_of(code);
    mdb_cursor_close(cursor);
    return err;
}

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
static enum sym_err keep_moment(struct sym_store *s, struct snapshot *kept)
{
    MDB_stat stat;
    struct stat file;
    int fd = -1;
    int code = mdb_env_stat(s->env, &stat);
    if (code == MDB_SUCCESS) {
        code = mdb_env_get_fd(s->env, &fd);
    }
    if (code != MDB_SUCCESS || fstat(fd, &file) != 0) {
        return err_of(code == MDB_SUCCESS ? errno : code);
    }
    kept->bytes = sym_store_bytes(s);
    kept->bytes = kept->bytes < (uint64_t)file.st_size ? kept->bytes : (uint64_t)file.st_size;
    kept->head_len = (size_t)2 * stat.ms_psize;
    kept->head = malloc(kept->head_len);
    if (kept->head == NULL || kept->bytes < kept->head_len) {
        return kept->head == NULL ? SYM_NO_MEMORY : SYM_IO;
    }
    return read_file(s, kept->head, kept->head_len, 0) ? SYM_OK : err_of(errno);
}

enum sym_err sym_store_snapshot(struct sym_store *s, uint64_t *bytes)
{
    struct sym_transaction t = {.store = s};
    struct snapshot kept = {.reader = NULL};
    if (s->snapshot.reader != NULL) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = begin(&t, MDB_RDONLY);
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
    const struct snapshot *kept = &s->snapshot;
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
    return len == 0 || read_file(s, out, len, at) ? SYM_OK : err_of(errno);
}
