/* Opening the store, for the first time or again, and what says that it is one. */
#include "node/store/store_state.h"

#include <stdlib.h>
#include <string.h>

#define MAP_FIRST_BYTES ((size_t)16 << 20)

#define META_NAME  "meta"
#define FORMAT_KEY "format"
#define CHECK_KEY  "key"
#define CHECK_TEXT "symbolon-store-1"

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

static enum sym_err fail(const struct sym_store *s, struct sym_fault *fault, int cause)
{
    int code = sym_store_honest(s, cause, 0);
    enum sym_err err = sym_store_err_of(code);
    return sym_fail(fault, err, "%s: cannot be opened: %s%s", s->shown, mdb_strerror(code),
                    remedy_of(err));
}

/* The key check tells a wrong master key before anything is read, or written under it. */
static const struct sym_place check_place = {
    .table = META_NAME, .key = {(const uint8_t *)CHECK_KEY, sizeof CHECK_KEY - 1}};

static enum sym_err write_meta(struct sym_store *s, MDB_txn *txn)
{
    uint8_t number[8];
    uint8_t sealed[sizeof CHECK_TEXT - 1 + SYM_SEAL_OVERHEAD_BYTES];
    MDB_val format_key = sym_val_of(sym_span_text(FORMAT_KEY));
    MDB_val check_key = sym_val_of(check_place.key);
    MDB_val format = sym_val_of(sym_span(number, sizeof number));
    MDB_val check = sym_val_of(sym_span(sealed, sizeof sealed));
    sym_put_u64(number, SYM_STORE_FORMAT);
    enum sym_err err = sym_sealed_write(sealed, &s->cipher, &s->key, sym_store_next_nonce(s),
                                        &check_place, sym_span_text(CHECK_TEXT));
    if (err == SYM_OK) {
        err = sym_store_err_of(mdb_put(txn, s->meta, &format_key, &format, 0));
    }
    return err == SYM_OK ? sym_store_err_of(mdb_put(txn, s->meta, &check_key, &check, 0)) : err;
}

static enum sym_err check_key(const struct sym_store *s, MDB_txn *txn, struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    MDB_val key = sym_val_of(check_place.key);
    MDB_val found;
    enum sym_err err = sym_store_err_of(mdb_get(txn, s->meta, &key, &found));
    if (err == SYM_OK) {
        err = sym_sealed_read(&text, &s->key, &check_place, sym_val_span(found));
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
    MDB_val key = sym_val_of(sym_span_text(FORMAT_KEY));
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
        const char *name = i == SYM_TABLE_LOG_HEAD ? NULL : sym_table_names[i];
        code = mdb_dbi_open(txn, name, name == NULL ? 0 : MDB_CREATE, &s->tables[i]);
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

void sym_store_close_env(struct sym_store *s)
{
    sym_store_snapshot_end(s);
    s->reached = 0;
    s->used_before = 0;
    if (s->env != NULL) {
        mdb_env_close(s->env);
        s->env = NULL;
    }
}

enum sym_err sym_store_open_env(struct sym_store *s, struct sym_fault *fault)
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
        sym_store_close_env(s);
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
    err = sym_store_open_env(s, fault);
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
        sym_store_close_env(s);
        sym_secret_clear(&s->key);
        sym_aead_clear(&s->cipher);
        free(s);
    }
}
