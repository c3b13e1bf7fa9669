/* forge_log DIR KEY_FILE HOW ENTRY [OTHER]: alters the evidence log of a stopped node, as somebody
 * with access to its disk could, or with all its keys, for tests of what notices that.
 *
 * In the store's file alone; the row is that of all entries that share the commit:
 *   flip     one bit of the sealed row of the leaf    flip-body  of what the entry says
 *   drop     the row of the leaf is deleted           drop-body  of what the entry says
 *   edit     the time in the leaf is another, properly sealed
 *   swap     ENTRY and OTHER change places, properly sealed
 * With everything that follows made again (tree, bodies, and a head signed by the node's own key),
 * and without the heads that partners have cosigned, so that the log is whole in itself:
 *   forge-edit, forge-drop, forge-swap
 *   forge-body  what the entry says is another, and so is the commitment in its leaf */
#include "node/core/first_start.h"
#include "node/evidence/log_state.h"
#include "node/party/own_card.h"
#include "node/supervisor/keyring.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GENERATION 1u

struct entry {
    uint8_t leaf[SYM_LEAF_BYTES_MAX];
    size_t leaf_len;
    uint8_t *body; /* salt and body, or NULL: key memory has no room for that of a long log */
    size_t body_len;
};

struct forge {
    struct sym_directory directory;
    struct sym_keyring keyring;
    struct sym_disk dir;
    struct sym_secret master;
    struct sym_own_card card;
    struct sym_store *store;
    struct sym_log *log;
    struct entry *entries;
    uint64_t n;
    uint64_t a;
    uint64_t b;
    const char *how;
};

static void must(bool holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "forge_log: %s\n", what);
        exit(1);
    }
}

static void must_do(enum sym_err err, const char *what)
{
    if (err != SYM_OK) {
        (void)fprintf(stderr, "forge_log: %s: %s\n", what, sym_err_text(err));
        exit(1);
    }
}

static void open_keys(struct forge *f, const char *dir, const char *key_file)
{
    struct sym_fault fault = {.text = ""};
    const struct sym_secret_source from = {.key_file = key_file, .cancel = -1};
    f->directory = (struct sym_directory)SYM_DIRECTORY_CLOSED;
    must_do(sym_crypto_init(), "crypto");
    must_do(sym_directory_open(&f->directory, dir, &fault), fault.text);
    must_do(sym_keyring_open(&f->keyring, &f->directory, &from, &fault), fault.text);
    must_do(sym_directory_reach(&f->dir, dir, &fault), fault.text);
    must_do(sym_own_card_load(&f->card, &f->dir, &f->keyring.keys, &fault), fault.text);
    must_do(sym_first_start_master(&f->master, &f->dir, &f->keyring.keys, &fault), fault.text);
}

/* In the file itself ---------------------------------------------------------------------------
 */

/* The row of the entry is the first of its part that does not lie before it. */
static void alter_raw(const struct forge *f, const char *dir, enum sym_log_part part, bool drop)
{
    char path[4096];
    uint8_t number[SYM_LOG_ROW_BYTES];
    uint8_t bytes[SYM_LOG_BODY_ROOM + 64];
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    MDB_dbi dbi = 0;
    MDB_val key = {.mv_size = sizeof number, .mv_data = number};
    MDB_val value;
    sym_log_row_key(number, GENERATION, f->a, part);
    (void)snprintf(path, sizeof path, "%s/store", dir);
    must(mdb_env_create(&env) == 0 && mdb_env_set_maxdbs(env, SYM_TABLE_COUNT + 1) == 0 &&
             mdb_env_open(env, path, 0, 0600) == 0 && mdb_txn_begin(env, NULL, 0, &txn) == 0 &&
             mdb_dbi_open(txn, "log", 0, &dbi) == 0,
         "the store's file cannot be opened");
    must(mdb_cursor_open(txn, dbi, &cursor) == 0, "the store's file cannot be read");
    int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (code == 0 && ((const uint8_t *)key.mv_data)[SYM_LOG_KEY_BYTES] != part) {
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    must(code == 0, "there is no such entry");
    if (drop) {
        must(mdb_cursor_del(cursor, 0) == 0, "cannot delete");
    } else {
        must(value.mv_size <= sizeof bytes, "the entry is too long");
        memcpy(bytes, value.mv_data, value.mv_size);
        bytes[value.mv_size / 2] ^= 1;
        value.mv_data = bytes;
        must(mdb_cursor_put(cursor, &key, &value, MDB_CURRENT) == 0, "cannot write");
    }
    mdb_cursor_close(cursor);
    must(mdb_txn_commit(txn) == 0, "cannot commit");
    mdb_env_close(env);
}

/* With the store's key -------------------------------------------------------------------------
 */

static void open_log(struct forge *f)
{
    struct sym_fault fault = {.text = ""};
    const struct sym_log_config config = {.store = f->store,
                                          .dir = &f->dir,
                                          .master = sym_secret_span(&f->master),
                                          .self = f->card.id,
                                          .key = &f->keyring.keys.log,
                                          .cosign_key = &f->keyring.keys.cosign};
    must_do(sym_log_open(&f->log, &config, &fault), fault.text);
}

static void read_entry(struct forge *f, struct sym_transaction *t, uint64_t index)
{
    struct entry *e = &f->entries[index];
    struct sym_span got;
    must_do(sym_log_get_leaf(f->log, t, &got, GENERATION, index), "a leaf");
    memcpy(e->leaf, got.data, got.len);
    e->leaf_len = got.len;
    if (sym_log_get_body(f->log, t, &got, GENERATION, index) == SYM_OK) {
        e->body = malloc(got.len);
        must(e->body != NULL, "no memory");
        memcpy(e->body, got.data, got.len);
        e->body_len = got.len;
    }
}

static enum sym_err read_all(struct sym_transaction *t, void *context)
{
    struct forge *f = context;
    for (uint64_t i = 0; i < f->n; i++) {
        read_entry(f, t, i);
    }
    return SYM_OK;
}

/* The leaf with another time (a second earlier) or commitment. */
static void rewrite_leaf(struct entry *e, uint64_t less_ms, const uint8_t *commitment)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    uint8_t bytes[SYM_LEAF_BYTES_MAX];
    size_t len = 0;
    must_do(sym_decode(&arena, &leaf, &sym_msg_leaf, sym_span(e->leaf, e->leaf_len)), "a leaf");
    leaf.time_ms -= less_ms;
    if (commitment != NULL) {
        leaf.commitment = sym_span(commitment, SYM_HASH_BYTES);
    }
    must_do(sym_encode(bytes, sizeof bytes, &len, &sym_msg_leaf, &leaf), "a leaf");
    memcpy(e->leaf, bytes, len);
    e->leaf_len = len;
}

/* Another salt is enough to make another commitment. */
static void rewrite_body(struct entry *e)
{
    uint8_t commitment[SYM_HASH_BYTES];
    must(e->body_len > SYM_HASH_BYTES, "this entry has no body");
    e->body[0] ^= 1;
    must_do(sym_body_commit(commitment, e->body,
                            sym_span(e->body + SYM_HASH_BYTES, e->body_len - SYM_HASH_BYTES)),
            "a body");
    rewrite_leaf(e, 0, commitment);
}

static void change_entries(struct forge *f, const char *how)
{
    must(f->a < f->n && f->b < f->n, "there is no such entry");
    struct entry *a = &f->entries[f->a];
    if (strcmp(how, "edit") == 0) {
        rewrite_leaf(a, 1000, NULL);
    } else if (strcmp(how, "body") == 0) {
        rewrite_body(a);
    } else if (strcmp(how, "swap") == 0) {
        struct entry held = *a;
        *a = f->entries[f->b];
        f->entries[f->b] = held;
    } else {
        must(strcmp(how, "drop") == 0, "there is no such way");
        free(a->body);
        memmove(a, a + 1, (size_t)(f->n - f->a - 1) * sizeof *a);
        f->n--;
    }
}

static enum sym_err clear_table(struct sym_transaction *t, enum sym_table table)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && sym_store_next(t, table, sym_span(NULL, 0), key, &len) == SYM_OK) {
        err = sym_store_delete(t, table, sym_span(key, len));
    }
    return err;
}

static enum sym_err clear_log(struct sym_transaction *t, void *context)
{
    static const enum sym_table tables[] = {SYM_TABLE_LOG, SYM_TABLE_TILES, SYM_TABLE_WITNESSES};
    (void)context;
    enum sym_err err = sym_store_delete(t, SYM_TABLE_LOG_HEAD, sym_span_text("head"));
    for (size_t i = 0; err == SYM_OK && i < sizeof tables / sizeof *tables; i++) {
        err = clear_table(t, tables[i]);
    }
    return err;
}

/* All leaves, with nothing else made to fit them. */
static enum sym_err put_leaves(struct sym_transaction *t, void *context)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    uint32_t generation = 0;
    uint64_t last = 0;
    const struct forge *f = context;
    enum sym_err err = SYM_OK;
    while (err == SYM_OK &&
           sym_log_rows_next(t, SYM_LOG_LEAVES, key, &len, &generation, &last) == SYM_OK) {
        err = sym_store_delete(t, SYM_TABLE_LOG, sym_span(key, len));
    }
    for (uint64_t i = 0; err == SYM_OK && i < f->n; i++) {
        const struct entry *e = &f->entries[i];
        err = sym_log_put_leaf(f->log, t, GENERATION, i, sym_span(e->leaf, e->leaf_len));
    }
    return err == SYM_OK ? sym_log_put_rest(f->log, t) : err;
}

struct job {
    struct forge *forge;
    struct sym_transaction *t;
};

static enum sym_err keep_tile(void *context, unsigned level, uint64_t number,
                              uint8_t hashes[SYM_TILE_WIDTH][SYM_HASH_BYTES])
{
    const struct job *job = context;
    const struct sym_log_side *s = &job->forge->log->pending;
    return sym_log_put_tile(job->t, hashes, s->marks, GENERATION, level, number);
}

static enum sym_err append_again(struct job *job, uint64_t index)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    uint8_t hash[SYM_HASH_BYTES];
    struct forge *f = job->forge;
    struct entry *e = &f->entries[index];
    struct sym_log_side *s = &f->log->pending;
    enum sym_err err =
        sym_log_put_leaf(f->log, job->t, GENERATION, index, sym_span(e->leaf, e->leaf_len));
    if (err == SYM_OK && e->body != NULL) {
        err = sym_log_put_body(f->log, job->t, GENERATION, index, sym_span(e->body, e->body_len));
    }
    if (err == SYM_OK) {
        err = sym_log_put_rest(f->log, job->t);
    }
    if (err == SYM_OK) {
        err = sym_decode(&arena, &leaf, &sym_msg_leaf, sym_span(e->leaf, e->leaf_len));
    }
    if (err == SYM_OK) {
        sym_log_mark_stored(&s->marks[index % SYM_TILE_WIDTH], f->log, job->t, GENERATION, index,
                            &leaf);
        err = sym_merkle_leaf(hash, sym_span(e->leaf, e->leaf_len));
    }
    if (err == SYM_OK) {
        s->time_ms = leaf.time_ms;
        s->head.size++;
        err = sym_log_edge_add(&s->edge, hash, keep_tile, job);
    }
    return err;
}

/* The watch of the log signs the head at the end of the transaction. */
static enum sym_err append_all(struct sym_transaction *t, void *context)
{
    struct forge *f = context;
    struct job job = {.forge = f, .t = t};
    enum sym_err err = SYM_OK;
    f->log->changed = true;
    for (uint64_t i = 0; err == SYM_OK && i < f->n; i++) {
        err = append_again(&job, i);
    }
    return err;
}

static void alter_sealed(struct forge *f, const char *dir)
{
    struct sym_fault fault = {.text = ""};
    bool forge = strncmp(f->how, "forge-", 6) == 0;
    must_do(sym_store_open(&f->store, dir, sym_secret_span(&f->master), &fault), fault.text);
    open_log(f);
    f->n = sym_log_head(f->log)->size;
    f->entries = calloc((size_t)f->n, sizeof *f->entries);
    must(f->entries != NULL, "no memory");
    must_do(sym_store_read(f->store, read_all, f), "reading the log");
    uint64_t n = f->n;
    change_entries(f, f->how + (forge ? 6 : 0));
    if (!forge) {
        must_do(sym_store_write(f->store, put_leaves, f), "writing the leaves");
    }
    sym_log_close(f->log);
    if (forge) {
        must_do(sym_store_write(f->store, clear_log, f), "clearing the log");
        open_log(f);
        must_do(sym_store_write(f->store, append_all, f), "writing the log again");
        sym_log_close(f->log);
    }
    for (uint64_t i = 0; i < f->n; i++) {
        free(f->entries[i].body);
    }
    free(f->entries);
    sym_store_close(f->store);
    (void)printf("%s: %llu entries, then %llu\n", f->how, (unsigned long long)n,
                 (unsigned long long)f->n);
}

int main(int argc, char **argv)
{
    struct forge f = {.a = 0};
    must(argc == 5 || argc == 6, "usage: forge_log DIR KEY_FILE HOW ENTRY [OTHER]");
    f.how = argv[3];
    f.a = strtoull(argv[4], NULL, 10);
    f.b = argc == 6 ? strtoull(argv[5], NULL, 10) : f.a;
    open_keys(&f, argv[1], argv[2]);
    if (strncmp(f.how, "flip", 4) == 0 || strcmp(f.how, "drop") == 0 ||
        strcmp(f.how, "drop-body") == 0) {
        bool body = strcmp(f.how, "flip-body") == 0 || strcmp(f.how, "drop-body") == 0;
        alter_raw(&f, argv[1], body ? SYM_LOG_BODIES : SYM_LOG_LEAVES, f.how[0] == 'd');
    } else {
        alter_sealed(&f, argv[1]);
    }
    sym_secret_clear(&f.master);
    sym_keyring_clear(&f.keyring);
    sym_directory_close(&f.directory);
    return 0;
}
