#include "node/store/store.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAP_FIRST_BYTES ((size_t)16 << 20)
#define MAP_MAX_BYTES   ((size_t)1 << 42)
#define FORMAT_KEY      "format"
#define PATH_BYTES      4096

struct sym_store {
    MDB_env *env;
    MDB_dbi tables[SYM_TABLE_COUNT];
    MDB_dbi meta; /* unsealed: the format number, readable before any key is */
    size_t map_bytes;
    struct sym_secret key;
};

struct sym_transaction {
    struct sym_store *store;
    MDB_txn *txn;
    bool full; /* the map has to grow before this can be written */
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
        return SYM_NO_SPACE;
    case ENOMEM:
        return SYM_NO_MEMORY;
    case MDB_BAD_VALSIZE:
        return SYM_TOO_LONG;
    case MDB_VERSION_MISMATCH:
        return SYM_BAD_VERSION;
    case EACCES:
        return SYM_BAD_PERMISSIONS;
    default:
        return SYM_IO;
    }
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

static enum sym_err check_format(struct sym_store *s, MDB_txn *txn, const char *dir,
                                 struct sym_fault *fault)
{
    MDB_val key = val_of(sym_span_text(FORMAT_KEY));
    MDB_val found;
    int code = mdb_get(txn, s->meta, &key, &found);
    if (code == MDB_NOTFOUND) {
        uint8_t number[8];
        sym_put_u64(number, SYM_STORE_FORMAT);
        MDB_val value = val_of(sym_span(number, sizeof number));
        return err_of(mdb_put(txn, s->meta, &key, &value, 0));
    }
    if (code != MDB_SUCCESS || found.mv_size != 8) {
        return sym_fail(fault, SYM_IO,
                        "%s/store: its format number cannot be read; restore a backup", dir);
    }
    uint64_t format = sym_get_u64(found.mv_data);
    if (format != SYM_STORE_FORMAT) {
        return sym_fail(fault, SYM_BAD_VERSION,
                        "%s/store: is of format %llu, this program knows %u; start the newer "
                        "symbolond that wrote it",
                        dir, (unsigned long long)format, SYM_STORE_FORMAT);
    }
    return SYM_OK;
}

static enum sym_err open_tables(struct sym_store *s, const char *dir, struct sym_fault *fault)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(s->env, NULL, 0, &txn);
    if (code == MDB_SUCCESS) {
        code = mdb_dbi_open(txn, "meta", MDB_CREATE, &s->meta);
    }
    for (size_t i = 0; code == MDB_SUCCESS && i < SYM_TABLE_COUNT; i++) {
        code = mdb_dbi_open(txn, table_names[i], MDB_CREATE, &s->tables[i]);
    }
    if (code != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return sym_fail(fault, err_of(code), "%s/store: cannot be opened: %s", dir,
                        mdb_strerror(code));
    }
    enum sym_err err = check_format(s, txn, dir, fault);
    if (err != SYM_OK) {
        mdb_txn_abort(txn);
        return err;
    }
    code = mdb_txn_commit(txn);
    return code == MDB_SUCCESS
               ? SYM_OK
               : sym_fail(fault, err_of(code), "%s/store: cannot be written: %s; free some space",
                          dir, mdb_strerror(code));
}

static enum sym_err open_env(struct sym_store *s, const char *dir, struct sym_fault *fault)
{
    char path[PATH_BYTES];
    int len = snprintf(path, sizeof path, "%s/store", dir);
    if (len < 0 || (size_t)len >= sizeof path) {
        return sym_fail(fault, SYM_TOO_LONG, "%s: path is too long", dir);
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return sym_fail(fault, errno == ENOSPC ? SYM_NO_SPACE : SYM_IO, "%s: cannot be made: %s",
                        path, strerror(errno));
    }
    int code = mdb_env_create(&s->env);
    if (code == MDB_SUCCESS) {
        code = mdb_env_set_maxdbs(s->env, SYM_TABLE_COUNT + 1);
    }
    if (code == MDB_SUCCESS) {
        code = mdb_env_set_mapsize(s->env, s->map_bytes);
    }
    if (code == MDB_SUCCESS) {
        code = mdb_env_open(s->env, path, MDB_NOTLS, 0600);
    }
    if (code != MDB_SUCCESS) {
        return sym_fail(fault, err_of(code), "%s: cannot be opened: %s", path, mdb_strerror(code));
    }
    MDB_envinfo info;
    code = mdb_env_info(s->env, &info);
    if (code == MDB_SUCCESS && info.me_mapsize > s->map_bytes) {
        s->map_bytes = info.me_mapsize;
    }
    return err_of(code);
}

enum sym_err sym_store_open(struct sym_store **out, const char *dir, struct sym_span master,
                            struct sym_fault *fault)
{
    struct sym_store *s = calloc(1, sizeof *s);
    if (s == NULL || master.len != SYM_SEAL_KEY_BYTES) {
        free(s);
        return sym_fail(fault, SYM_NO_MEMORY, "%s/store: no memory", dir);
    }
    s->map_bytes = MAP_FIRST_BYTES;
    enum sym_err err = sym_secret_new(&s->key, SYM_SEAL_KEY_BYTES);
    if (err == SYM_OK) {
        sym_subkey(s->key.data, master.data, "store values", sym_span(NULL, 0));
        err = open_env(s, dir, fault);
    }
    if (err == SYM_OK) {
        err = open_tables(s, dir, fault);
    }
    if (err != SYM_OK) {
        sym_store_close(s);
        return err;
    }
    *out = s;
    return SYM_OK;
}

void sym_store_close(struct sym_store *s)
{
    if (s == NULL) {
        return;
    }
    if (s->env != NULL) {
        mdb_env_close(s->env);
    }
    sym_secret_clear(&s->key);
    free(s);
}

uint64_t sym_store_bytes(const struct sym_store *s)
{
    MDB_envinfo info;
    MDB_stat stat;
    if (mdb_env_info(s->env, &info) != MDB_SUCCESS || mdb_env_stat(s->env, &stat) != MDB_SUCCESS) {
        return 0;
    }
    return ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}

static enum sym_err grow(struct sym_store *s)
{
    if (s->map_bytes >= MAP_MAX_BYTES) {
        return SYM_NO_SPACE;
    }
    int code = mdb_env_set_mapsize(s->env, s->map_bytes * 2);
    if (code == MDB_SUCCESS) {
        s->map_bytes *= 2;
    }
    return err_of(code);
}

static enum sym_err write_once(struct sym_store *s, sym_store_fn *fn, void *context, bool *full)
{
    struct sym_transaction t = {.store = s};
    int code = mdb_txn_begin(s->env, NULL, 0, &t.txn);
    if (code != MDB_SUCCESS) {
        return err_of(code);
    }
    enum sym_err err = fn(&t, context);
    *full = t.full;
    if (err != SYM_OK) {
        mdb_txn_abort(t.txn);
        return err;
    }
    code = mdb_txn_commit(t.txn);
    *full = code == MDB_MAP_FULL;
    return err_of(code);
}

enum sym_err sym_store_write(struct sym_store *s, sym_store_fn *fn, void *context)
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

enum sym_err sym_store_read(struct sym_store *s, sym_store_fn *fn, void *context)
{
    struct sym_transaction t = {.store = s};
    int code = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &t.txn);
    if (code != MDB_SUCCESS) {
        return err_of(code);
    }
    enum sym_err err = fn(&t, context);
    mdb_txn_abort(t.txn);
    return err;
}

#define AD_BYTES (32u + 8u + SYM_STORE_KEY_BYTES)

/* Table, format and key: what a sealed value is bound to. */
static enum sym_err associated(uint8_t out[AD_BYTES], struct sym_span *ad, enum sym_table table,
                               struct sym_span key)
{
    struct sym_writer w = sym_writer(out, AD_BYTES);
    sym_write_span(&w, sym_span_text(table_names[table]));
    sym_write_u8(&w, 0);
    sym_write_u32(&w, SYM_STORE_FORMAT);
    sym_write_span(&w, key);
    return sym_write_end(&w, ad);
}

static enum sym_err unseal(struct sym_transaction *t, enum sym_table table, struct sym_span key,
                           struct sym_span sealed, struct sym_secret *value)
{
    uint8_t ad_bytes[AD_BYTES];
    struct sym_span ad;
    if (sealed.len <= SYM_SEAL_OVERHEAD_BYTES) {
        return SYM_BAD_TAG;
    }
    enum sym_err err = associated(ad_bytes, &ad, table, key);
    if (err == SYM_OK) {
        err = sym_secret_new(value, sealed.len - SYM_SEAL_OVERHEAD_BYTES);
    }
    if (err != SYM_OK) {
        return err;
    }
    err = sym_unseal(value->data, t->store->key.data, ad, sealed);
    if (err != SYM_OK) {
        sym_secret_clear(value);
    }
    return err;
}

enum sym_err sym_store_get(struct sym_transaction *t, enum sym_table table, struct sym_span key,
                           struct sym_secret *value)
{
    MDB_val k = val_of(key);
    MDB_val found;
    int code = mdb_get(t->txn, t->store->tables[table], &k, &found);
    return code == MDB_SUCCESS ? unseal(t, table, key, span_of(found), value) : err_of(code);
}

enum sym_err sym_store_has(struct sym_transaction *t, enum sym_table table, struct sym_span key)
{
    MDB_val k = val_of(key);
    MDB_val found;
    return err_of(mdb_get(t->txn, t->store->tables[table], &k, &found));
}

enum sym_err sym_store_put(struct sym_transaction *t, enum sym_table table, struct sym_span key,
                           struct sym_span value)
{
    if (key.len < 1 || key.len > SYM_STORE_KEY_BYTES || value.len < 1 ||
        value.len > SYM_STORE_VALUE_BYTES) {
        return SYM_TOO_LONG;
    }
    uint8_t ad_bytes[AD_BYTES];
    struct sym_span ad;
    enum sym_err err = associated(ad_bytes, &ad, table, key);
    if (err != SYM_OK) {
        return err;
    }
    size_t sealed_len = value.len + SYM_SEAL_OVERHEAD_BYTES;
    uint8_t *sealed = malloc(sealed_len);
    if (sealed == NULL) {
        return SYM_NO_MEMORY;
    }
    err = sym_seal(sealed, t->store->key.data, ad, value);
    if (err == SYM_OK) {
        MDB_val k = val_of(key);
        MDB_val v = val_of(sym_span(sealed, sealed_len));
        int code = mdb_put(t->txn, t->store->tables[table], &k, &v, 0);
        t->full = t->full || code == MDB_MAP_FULL;
        err = err_of(code);
    }
    free(sealed);
    return err;
}

enum sym_err sym_store_delete(struct sym_transaction *t, enum sym_table table, struct sym_span key)
{
    MDB_val k = val_of(key);
    int code = mdb_del(t->txn, t->store->tables[table], &k, NULL);
    t->full = t->full || code == MDB_MAP_FULL;
    return err_of(code);
}

enum sym_err sym_store_each(struct sym_transaction *t, enum sym_table table, sym_store_each_fn *fn,
                            void *context)
{
    MDB_cursor *cursor = NULL;
    enum sym_err err = err_of(mdb_cursor_open(t->txn, t->store->tables[table], &cursor));
    if (err != SYM_OK) {
        return err;
    }
    MDB_val k;
    MDB_val v;
    int code = mdb_cursor_get(cursor, &k, &v, MDB_FIRST);
    while (err == SYM_OK && code == MDB_SUCCESS) {
        struct sym_secret value = {0};
        err = unseal(t, table, span_of(k), span_of(v), &value);
        if (err == SYM_OK) {
            err = fn(context, span_of(k), sym_secret_span(&value));
        }
        sym_secret_clear(&value);
        code = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return err != SYM_OK || code == MDB_NOTFOUND ? err : err_of(code);
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
    if (err == SYM_OK && k.mv_size > SYM_STORE_KEY_BYTES) {
        err = SYM_TOO_LONG;
    }
    if (err == SYM_OK) {
        memcpy(key, k.mv_data, k.mv_size);
        *len = k.mv_size;
    }
    mdb_cursor_close(cursor);
    return err;
}
