/* What happens inside a transaction: getting, putting, walking. */
#include "node/store/store_state.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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
    MDB_val k = sym_val_of(key);
    MDB_val found;
    int code = mdb_get(t->txn, t->store->tables[table], &k, &found);
    if (code != MDB_SUCCESS) {
        return sym_store_err_of(code);
    }
    struct sym_place place = {.table = sym_table_names[table], .key = key};
    enum sym_err err = sym_sealed_read(value, under, &place, sym_val_span(found));
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
    MDB_val k = sym_val_of(key);
    MDB_val found;
    int code = mdb_get(t->txn, t->store->tables[table], &k, &found);
    if (code != MDB_SUCCESS) {
        return sym_store_err_of(code);
    }
    struct sym_place place = {.table = sym_table_names[table], .key = key};
    enum sym_err err = sym_sealed_read_into(out, max, len, under == NULL ? &t->store->key : under,
                                            &place, sym_val_span(found));
    if (t->reads) {
        let_go(&found);
    }
    return err;
}

enum sym_err sym_store_has(struct sym_transaction *t, enum sym_table table, struct sym_span key)
{
    MDB_val k = sym_val_of(key);
    MDB_val found;
    return sym_store_err_of(mdb_get(t->txn, t->store->tables[table], &k, &found));
}

/* Room for a value, in the place where it will be written from. LMDB fills a page to the brim when
 * it knows that what comes next belongs behind it. */
static int reserve(struct sym_transaction *t, enum sym_table table, struct sym_span key, MDB_val *v,
                   bool last)
{
    MDB_val k = sym_val_of(key);
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
    struct sym_place place = {.table = sym_table_names[table], .key = key};
    int code = reserve(t, table, key, &v, last);
    t->full = t->full || code == MDB_MAP_FULL;
    t->bytes += v.mv_size;
    return code == MDB_SUCCESS ? sym_sealed_write(v.mv_data, &t->store->cipher, under,
                                                  sym_store_next_nonce(t->store), &place, value)
                               : sym_store_err_of(code);
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
    MDB_val k = sym_val_of(key);
    MDB_val v;
    int code = mdb_get(t->txn, t->store->tables[table], &k, &v);
    if (code != MDB_SUCCESS) {
        return sym_store_err_of(code);
    }
    struct sym_place place = {.table = sym_table_names[table], .key = key};
    enum sym_err err = sym_sealed_again(sealed, from, to, &place, sym_val_span(v));
    if (err != SYM_OK) {
        return err;
    }
    v = sym_val_of(sym_span(sealed, v.mv_size));
    code = mdb_put(t->txn, t->store->tables[table], &k, &v, 0);
    t->full = t->full || code == MDB_MAP_FULL;
    t->bytes += v.mv_size;
    return sym_store_err_of(code);
}

enum sym_err sym_store_delete(struct sym_transaction *t, enum sym_table table, struct sym_span key)
{
    MDB_val k = sym_val_of(key);
    int code = mdb_del(t->txn, t->store->tables[table], &k, NULL);
    t->full = t->full || code == MDB_MAP_FULL;
    return sym_store_err_of(code);
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
    struct sym_place place = {.table = sym_table_names[table], .key = sym_span(key, at.len)};
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
    enum sym_err err = sym_store_err_of(mdb_cursor_open(t->txn, t->store->tables[table], &cursor));
    if (err != SYM_OK) {
        return err;
    }
    MDB_val k = sym_val_of(from);
    MDB_val v;
    int code = mdb_cursor_get(cursor, &k, &v, from.len == 0 ? MDB_FIRST : MDB_SET_RANGE);
    while (err == SYM_OK && code == MDB_SUCCESS) {
        err = visit(t, table, sym_val_span(k), sym_val_span(v), &room, fn, context);
        code = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return err != SYM_OK || code == MDB_NOTFOUND ? err : sym_store_err_of(code);
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
    enum sym_err err = sym_store_err_of(mdb_cursor_open(t->txn, t->store->tables[table], &cursor));
    if (err != SYM_OK) {
        return err;
    }
    MDB_val k;
    MDB_val v;
    err = sym_store_err_of(mdb_cursor_get(cursor, &k, &v, MDB_LAST));
    err = err == SYM_OK ? copy_key(key, len, k) : err;
    mdb_cursor_close(cursor);
    return err;
}

enum sym_err sym_store_next(struct sym_transaction *t, enum sym_table table, struct sym_span after,
                            uint8_t key[SYM_STORE_KEY_BYTES], size_t *len)
{
    MDB_cursor *cursor = NULL;
    enum sym_err err = sym_store_err_of(mdb_cursor_open(t->txn, t->store->tables[table], &cursor));
    if (err != SYM_OK) {
        return err;
    }
    MDB_val k = sym_val_of(after);
    MDB_val v;
    int code = mdb_cursor_get(cursor, &k, &v, after.len == 0 ? MDB_FIRST : MDB_SET_RANGE);
    if (code == MDB_SUCCESS && sym_span_equal(sym_val_span(k), after)) {
        code = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    err = code == MDB_SUCCESS ? copy_key(key, len, k) : sym_store_err_of(code);
    mdb_cursor_close(cursor);
    return err;
}
