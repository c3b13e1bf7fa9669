/* runner: disk */
#include "tests/support/room.h"
#include <fcntl.h>
#include <lmdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB ((size_t)1 << 20)

static void keeps_what_was_committed_over_a_restart(void **state)
{
    struct room *s = *state;
    char text[256];
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "one"), SYM_OK);
    assert_int_equal(room_put(s, SYM_TABLE_PEERS, "alice", "two"), SYM_OK);
    room_reopen(s);
    room_get(s, SYM_TABLE_USERS, "alice", text);
    assert_string_equal(text, "one");
    room_get(s, SYM_TABLE_PEERS, "alice", text);
    assert_string_equal(text, "two");
    assert_int_equal(room_has(s, SYM_TABLE_HELD, "alice"), SYM_NOT_FOUND);
}

static void replaces_a_value(void **state)
{
    struct room *s = *state;
    char text[256];
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "one"), SYM_OK);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "another"), SYM_OK);
    room_get(s, SYM_TABLE_USERS, "alice", text);
    assert_string_equal(text, "another");
    assert_int_equal(room_count(s, SYM_TABLE_USERS), 1);
}

static enum sym_err delete_alice(struct sym_transaction *t, void *context)
{
    (void)context;
    return sym_store_delete(t, SYM_TABLE_USERS, sym_span_text("alice"));
}

static void deletes_for_good_and_only_once(void **state)
{
    struct room *s = *state;
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "one"), SYM_OK);
    assert_int_equal(sym_store_write(s->store, delete_alice, NULL), SYM_OK);
    assert_int_equal(room_has(s, SYM_TABLE_USERS, "alice"), SYM_NOT_FOUND);
    assert_int_equal(sym_store_write(s->store, delete_alice, NULL), SYM_NOT_FOUND);
    room_reopen(s);
    assert_int_equal(room_has(s, SYM_TABLE_USERS, "alice"), SYM_NOT_FOUND);
}

/* Puts into two tables and deletes from a third, then fails. */
static enum sym_err change_and_fail(struct sym_transaction *t, void *context)
{
    struct sym_span alice = sym_span_text("alice");
    assert_int_equal(sym_store_put(t, SYM_TABLE_USERS, alice, sym_span_text("new")), SYM_OK);
    assert_int_equal(sym_store_put(t, SYM_TABLE_PEERS, alice, sym_span_text("new")), SYM_OK);
    assert_int_equal(sym_store_delete(t, SYM_TABLE_HELD, alice), SYM_OK);
    return *(const enum sym_err *)context;
}

static void leaves_nothing_of_a_function_that_fails(void **state)
{
    struct room *s = *state;
    enum sym_err err = SYM_DENIED;
    char text[256];
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "old"), SYM_OK);
    assert_int_equal(room_put(s, SYM_TABLE_HELD, "alice", "old"), SYM_OK);
    assert_int_equal(sym_store_write(s->store, change_and_fail, &err), SYM_DENIED);
    for (int restart = 0; restart < 2; restart++) {
        room_get(s, SYM_TABLE_USERS, "alice", text);
        assert_string_equal(text, "old");
        room_get(s, SYM_TABLE_HELD, "alice", text);
        assert_string_equal(text, "old");
        assert_int_equal(room_has(s, SYM_TABLE_PEERS, "alice"), SYM_NOT_FOUND);
        room_reopen(s);
    }
    err = SYM_OK;
    assert_int_equal(sym_store_write(s->store, change_and_fail, &err), SYM_OK);
    assert_int_equal(room_has(s, SYM_TABLE_PEERS, "alice"), SYM_OK);
}

static enum sym_err write_in_read(struct sym_transaction *t, void *context)
{
    struct room *s = context;
    (void)t;
    return room_put(s, SYM_TABLE_USERS, "inner", "x");
}

static enum sym_err try_to_nest(struct sym_transaction *t, void *context)
{
    struct room *s = context;
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "inner", "x"), SYM_WRONG_STATE);
    assert_int_equal(room_has(s, SYM_TABLE_USERS, "inner"), SYM_WRONG_STATE);
    return sym_store_put(t, SYM_TABLE_USERS, sym_span_text("outer"), sym_span_text("y"));
}

static void refuses_a_transaction_inside_another(void **state)
{
    struct room *s = *state;
    assert_int_equal(sym_store_write(s->store, try_to_nest, s), SYM_OK);
    assert_int_equal(room_has(s, SYM_TABLE_USERS, "outer"), SYM_OK);
    assert_int_equal(room_has(s, SYM_TABLE_USERS, "inner"), SYM_NOT_FOUND);
    assert_int_equal(sym_store_read(s->store, write_in_read, s), SYM_WRONG_STATE);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "inner", "x"), SYM_OK);
}

static enum sym_err put_in_read(struct sym_transaction *t, void *context)
{
    (void)context;
    return sym_store_put(t, SYM_TABLE_USERS, sym_span_text("alice"), sym_span_text("x"));
}

static void refuses_to_write_in_a_read_transaction(void **state)
{
    struct room *s = *state;
    assert_int_not_equal(sym_store_read(s->store, put_in_read, NULL), SYM_OK);
    assert_int_equal(room_has(s, SYM_TABLE_USERS, "alice"), SYM_NOT_FOUND);
}

/* A walk that writes down what it meets. */
struct walk {
    struct sym_transaction *t;
    char met[64];
    size_t stop_after;
    bool deletes;
};

static enum sym_err meet(void *context, struct sym_span key, struct sym_span value)
{
    struct walk *w = context;
    size_t len = strlen(w->met);
    (void)snprintf(w->met + len, sizeof w->met - len, "%.*s=%.*s ", (int)key.len,
                   (const char *)key.data, (int)value.len, (const char *)value.data);
    if (w->deletes) {
        assert_int_equal(sym_store_delete(w->t, SYM_TABLE_USERS, key), SYM_OK);
    }
    return --w->stop_after == 0 ? SYM_DENIED : SYM_OK;
}

static enum sym_err walk(struct sym_transaction *t, void *context)
{
    struct walk *w = context;
    w->t = t;
    return sym_store_each(t, SYM_TABLE_USERS, meet, w);
}

static void put_three(struct room *s)
{
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "b", "2"), SYM_OK);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "c", "3"), SYM_OK);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "a", "1"), SYM_OK);
    assert_int_equal(room_put(s, SYM_TABLE_PEERS, "aa", "9"), SYM_OK);
}

static void walks_one_table_in_the_order_of_its_keys(void **state)
{
    struct room *s = *state;
    struct walk w = {.stop_after = 100};
    assert_int_equal(sym_store_read(s->store, walk, &w), SYM_OK);
    assert_string_equal(w.met, "");
    put_three(s);
    assert_int_equal(sym_store_read(s->store, walk, &w), SYM_OK);
    assert_string_equal(w.met, "a=1 b=2 c=3 ");
}

static void ends_a_walk_with_the_first_error(void **state)
{
    struct room *s = *state;
    struct walk w = {.stop_after = 2};
    put_three(s);
    assert_int_equal(sym_store_read(s->store, walk, &w), SYM_DENIED);
    assert_string_equal(w.met, "a=1 b=2 ");
}

static void lets_a_walk_delete_what_it_meets(void **state)
{
    struct room *s = *state;
    struct walk w = {.stop_after = 100, .deletes = true};
    put_three(s);
    assert_int_equal(sym_store_write(s->store, walk, &w), SYM_OK);
    assert_string_equal(w.met, "a=1 b=2 c=3 ");
    assert_int_equal(room_count(s, SYM_TABLE_USERS), 0);
    assert_int_equal(room_count(s, SYM_TABLE_PEERS), 1);
}

struct last {
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len;
};

static enum sym_err find_last(struct sym_transaction *t, void *context)
{
    struct last *l = context;
    return sym_store_last(t, SYM_TABLE_USERS, l->key, &l->len);
}

static void finds_the_last_key_of_a_table(void **state)
{
    struct room *s = *state;
    struct last l = {.len = 0};
    assert_int_equal(sym_store_read(s->store, find_last, &l), SYM_NOT_FOUND);
    put_three(s);
    assert_int_equal(sym_store_read(s->store, find_last, &l), SYM_OK);
    assert_int_equal(l.len, 1);
    assert_int_equal(l.key[0], 'c');
}

struct next {
    const char *after;
    char key[SYM_STORE_KEY_BYTES + 1];
};

static enum sym_err find_next(struct sym_transaction *t, void *context)
{
    struct next *n = context;
    size_t len = 0;
    enum sym_err err =
        sym_store_next(t, SYM_TABLE_USERS, sym_span_text(n->after), (uint8_t *)n->key, &len);
    if (err == SYM_OK) {
        n->key[len] = '\0';
    }
    return err;
}

static void finds_the_key_behind_another(void **state)
{
    struct room *s = *state;
    const char *const steps[][2] = {{"", "a"}, {"a", "b"}, {"aa", "b"}, {"B", "a"}, {"b", "c"}};
    struct next n = {.after = ""};
    assert_int_equal(sym_store_read(s->store, find_next, &n), SYM_NOT_FOUND);
    put_three(s);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        n.after = steps[i][0];
        assert_int_equal(sym_store_read(s->store, find_next, &n), SYM_OK);
        assert_string_equal(n.key, steps[i][1]);
    }
    n.after = "c";
    assert_int_equal(sym_store_read(s->store, find_next, &n), SYM_NOT_FOUND);
}

struct under {
    struct sym_secret key;
    struct sym_secret value;
    const char *at;
};

static enum sym_err put_under(struct sym_transaction *t, void *context)
{
    const struct under *u = context;
    return sym_store_put_under(t, SYM_TABLE_USERS, sym_span_text(u->at), &u->key,
                               sym_span_text("mine"));
}

static enum sym_err get_under(struct sym_transaction *t, void *context)
{
    struct under *u = context;
    return sym_store_get_under(t, SYM_TABLE_USERS, sym_span_text(u->at), &u->key, &u->value);
}

static void opens_a_value_of_another_key_under_that_key_only(void **state)
{
    struct room *s = *state;
    struct under u = {.at = "alice"};
    assert_int_equal(sym_secret_random(&u.key, 32), SYM_OK);
    assert_int_equal(sym_store_write(s->store, put_under, &u), SYM_OK);
    assert_int_equal(sym_store_read(s->store, get_under, &u), SYM_OK);
    assert_true(sym_span_equal(sym_secret_span(&u.value), sym_span_text("mine")));
    sym_secret_clear(&u.value);
    u.key.data[0] ^= 1;
    assert_int_equal(sym_store_read(s->store, get_under, &u), SYM_BAD_TAG);
    u.at = "bob";
    assert_int_equal(sym_store_read(s->store, get_under, &u), SYM_NOT_FOUND);
    assert_null(u.value.data);
    sym_secret_clear(&u.key);
}

struct move {
    struct sym_secret from;
    struct sym_secret to;
    struct sym_span value;
    const char *at;
};

static enum sym_err put_from(struct sym_transaction *t, void *context)
{
    const struct move *m = context;
    return sym_store_put_under(t, SYM_TABLE_USERS, sym_span_text(m->at), &m->from, m->value);
}

static enum sym_err move_under(struct sym_transaction *t, void *context)
{
    const struct move *m = context;
    return sym_store_move_under(t, SYM_TABLE_USERS, sym_span_text(m->at), &m->from, &m->to);
}

static void moves_a_short_value_under_another_key(void **state)
{
    struct room *s = *state;
    uint8_t bytes[SYM_SEALED_SHORT_BYTES + 1] = "mine";
    struct move m = {.at = "alice", .value = sym_span(bytes, SYM_SEALED_SHORT_BYTES)};
    struct under u = {.at = "alice"};
    assert_int_equal(sym_secret_random(&m.from, 32), SYM_OK);
    assert_int_equal(sym_secret_random(&m.to, 32), SYM_OK);
    assert_int_equal(sym_store_write(s->store, move_under, &m), SYM_NOT_FOUND);
    assert_int_equal(sym_store_write(s->store, put_from, &m), SYM_OK);
    assert_int_equal(sym_store_write(s->store, move_under, &m), SYM_OK);
    u.key = m.to;
    assert_int_equal(sym_store_read(s->store, get_under, &u), SYM_OK);
    assert_true(sym_span_equal(sym_secret_span(&u.value), m.value));
    sym_secret_clear(&u.value);
    u.key = m.from;
    assert_int_equal(sym_store_read(s->store, get_under, &u), SYM_BAD_TAG);
    assert_int_equal(sym_store_write(s->store, move_under, &m), SYM_BAD_TAG);
    m.value.len++;
    assert_int_equal(sym_store_write(s->store, put_from, &m), SYM_OK);
    assert_int_equal(sym_store_write(s->store, move_under, &m), SYM_TOO_LONG);
    sym_secret_clear(&m.from);
    sym_secret_clear(&m.to);
}

struct sizes {
    size_t key;
    size_t value;
    bool same; /* reads back what was put */
};

static enum sym_err put_sized(struct sym_transaction *t, void *context)
{
    SYM_SECRET_AUTO back = {0};
    struct sizes *z = context;
    uint8_t *bytes = calloc(1, z->value + 1);
    uint8_t key[128] = {1};
    assert_non_null(bytes);
    enum sym_err err =
        sym_store_put(t, SYM_TABLE_PEERS, sym_span(key, z->key), sym_span(bytes, z->value));
    free(bytes);
    if (err == SYM_OK) {
        err = sym_store_get(t, SYM_TABLE_PEERS, sym_span(key, z->key), &back);
        z->same = err == SYM_OK && back.len == z->value;
    }
    return err;
}

static void refuses_keys_and_values_beyond_their_lengths(void **state)
{
    struct room *s = *state;
    struct sizes bad[] = {{.key = 0, .value = 1},
                          {.key = SYM_STORE_KEY_BYTES + 1, .value = 1},
                          {.key = 1, .value = 0},
                          {.key = 1, .value = SYM_STORE_VALUE_BYTES + 1}};
    struct sizes good[] = {{.key = 1, .value = 1},
                           {.key = SYM_STORE_KEY_BYTES, .value = SYM_STORE_VALUE_BYTES}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(sym_store_write(s->store, put_sized, &bad[i]), SYM_TOO_LONG);
    }
    assert_int_equal(room_count(s, SYM_TABLE_PEERS), 0);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(sym_store_write(s->store, put_sized, &good[i]), SYM_OK);
        assert_true(good[i].same);
    }
    assert_int_equal(room_count(s, SYM_TABLE_PEERS), 2);
}

/* Growing. */

struct bulk {
    unsigned first;
    unsigned n;
    unsigned runs;
    bool swallow;
};

static enum sym_err put_bulk(struct sym_transaction *t, void *context)
{
    struct bulk *b = context;
    uint8_t *bytes = malloc(SYM_STORE_VALUE_BYTES);
    enum sym_err err = SYM_OK;
    assert_non_null(bytes);
    b->runs++;
    for (unsigned i = 0; err == SYM_OK && i < b->n; i++) {
        uint8_t key[8];
        sym_put_u64(key, b->first + i);
        memset(bytes, (int)(b->first + i), SYM_STORE_VALUE_BYTES);
        err = sym_store_put(t, SYM_TABLE_EXCHANGES, sym_span(key, sizeof key),
                            sym_span(bytes, SYM_STORE_VALUE_BYTES));
    }
    free(bytes);
    return b->swallow ? SYM_OK : err;
}

static enum sym_err check_bulk(void *context, struct sym_span key, struct sym_span value)
{
    unsigned *met = context;
    uint8_t wanted = (uint8_t)sym_get_u64(key.data);
    assert_int_equal(value.len, SYM_STORE_VALUE_BYTES);
    assert_int_equal(value.data[0], wanted);
    assert_int_equal(value.data[value.len - 1], wanted);
    (*met)++;
    return SYM_OK;
}

static enum sym_err walk_bulk(struct sym_transaction *t, void *context)
{
    return sym_store_each(t, SYM_TABLE_EXCHANGES, check_bulk, context);
}

static void grows_within_one_transaction_and_from_one_to_the_next(void **state)
{
    struct room *s = *state;
    struct bulk one = {.first = 0, .n = 10};
    unsigned met = 0;
    uint64_t before = sym_store_bytes(s->store);
    assert_int_equal(sym_store_write(s->store, put_bulk, &one), SYM_OK);
    assert_true(one.runs > 1);
    for (unsigned i = 10; i < 14; i++) {
        struct bulk more = {.first = i, .n = 1};
        assert_int_equal(sym_store_write(s->store, put_bulk, &more), SYM_OK);
    }
    assert_true(sym_store_bytes(s->store) > before + 14 * 8 * MIB);
    room_reopen(s);
    assert_int_equal(sym_store_read(s->store, walk_bulk, &met), SYM_OK);
    assert_int_equal(met, 14);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "one"), SYM_OK);
}

static void runs_again_also_a_function_that_ignores_that_the_map_is_full(void **state)
{
    struct room *s = *state;
    struct bulk b = {.first = 0, .n = 3, .swallow = true};
    unsigned met = 0;
    assert_int_equal(sym_store_write(s->store, put_bulk, &b), SYM_OK);
    assert_int_equal(sym_store_read(s->store, walk_bulk, &met), SYM_OK);
    assert_int_equal(met, 3);
}

/* The file, edited behind the store's back. */

struct raw {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi table;
};

static void raw_open(struct raw *r, struct room *s, const char *table)
{
    sym_store_close(s->store);
    s->store = NULL;
    assert_int_equal(mdb_env_create(&r->env), 0);
    assert_int_equal(mdb_env_set_maxdbs(r->env, SYM_TABLE_COUNT + 1), 0);
    assert_int_equal(mdb_env_open(r->env, room_path(s, "store"), 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(r->env, NULL, 0, &r->txn), 0);
    assert_int_equal(mdb_dbi_open(r->txn, table, 0, &r->table), 0);
}

static void raw_close(struct raw *r)
{
    assert_int_equal(mdb_txn_commit(r->txn), 0);
    mdb_env_close(r->env);
}

static MDB_val raw_val(void *data, size_t len)
{
    return (MDB_val){.mv_data = data, .mv_size = len};
}

/* A copy of what is stored; returns its length. */
static size_t raw_get(const struct raw *r, char *key, uint8_t out[512])
{
    MDB_val k = raw_val(key, strlen(key));
    MDB_val v;
    assert_int_equal(mdb_get(r->txn, r->table, &k, &v), 0);
    assert_true(v.mv_size <= 512);
    memcpy(out, v.mv_data, v.mv_size);
    return v.mv_size;
}

static void raw_put(const struct raw *r, char *key, uint8_t *bytes, size_t len)
{
    MDB_val k = raw_val(key, strlen(key));
    MDB_val v = raw_val(bytes, len);
    assert_int_equal(mdb_put(r->txn, r->table, &k, &v, 0), 0);
}

struct wanted {
    enum sym_table table;
    const char *key;
};

static enum sym_err get_value(struct sym_transaction *t, void *context)
{
    SYM_SECRET_AUTO value = {0};
    const struct wanted *w = context;
    enum sym_err err = sym_store_get(t, w->table, sym_span_text(w->key), &value);
    assert_true(err == SYM_OK || value.data == NULL);
    return err;
}

static enum sym_err read_value(struct room *s, enum sym_table table, const char *key)
{
    struct wanted w = {.table = table, .key = key};
    return sym_store_read(s->store, get_value, &w);
}

static void refuses_a_value_that_was_moved_to_another_key(void **state)
{
    struct room *s = *state;
    struct raw r;
    uint8_t bytes[512];
    char a[] = "a";
    char b[] = "b";
    struct walk w = {.stop_after = 100};
    put_three(s);
    raw_open(&r, s, "users");
    size_t len = raw_get(&r, a, bytes);
    raw_put(&r, b, bytes, len);
    raw_close(&r);
    room_reopen(s);
    assert_int_equal(read_value(s, SYM_TABLE_USERS, "a"), SYM_OK);
    assert_int_equal(read_value(s, SYM_TABLE_USERS, "b"), SYM_BAD_TAG);
    assert_int_equal(sym_store_read(s->store, walk, &w), SYM_BAD_TAG);
    assert_string_equal(w.met, "a=1 ");
}

static void refuses_a_value_that_was_moved_to_another_table(void **state)
{
    struct room *s = *state;
    struct raw r;
    uint8_t bytes[512];
    char a[] = "a";
    put_three(s);
    raw_open(&r, s, "users");
    size_t len = raw_get(&r, a, bytes);
    assert_int_equal(mdb_dbi_open(r.txn, "peers", 0, &r.table), 0);
    raw_put(&r, a, bytes, len);
    raw_close(&r);
    room_reopen(s);
    assert_int_equal(read_value(s, SYM_TABLE_USERS, "a"), SYM_OK);
    assert_int_equal(read_value(s, SYM_TABLE_PEERS, "a"), SYM_BAD_TAG);
}

static void refuses_a_value_with_any_byte_altered_or_cut_off(void **state)
{
    struct room *s = *state;
    struct raw r;
    uint8_t bytes[512];
    char key[8] = "";
    const size_t len = 1 + SYM_SEAL_OVERHEAD_BYTES;
    for (size_t i = 0; i <= len + 1; i++) {
        (void)snprintf(key, sizeof key, "%zu", i);
        assert_int_equal(room_put(s, SYM_TABLE_USERS, key, "x"), SYM_OK);
    }
    raw_open(&r, s, "users");
    for (size_t i = 0; i <= len + 1; i++) {
        (void)snprintf(key, sizeof key, "%zu", i);
        assert_int_equal(raw_get(&r, key, bytes), len);
        bytes[i < len ? i : 0] ^= i < len ? 0x80 : 0;
        raw_put(&r, key, bytes, i < len ? len : i == len ? len - 1 : 0);
    }
    raw_close(&r);
    room_reopen(s);
    for (size_t i = 0; i <= len + 1; i++) {
        (void)snprintf(key, sizeof key, "%zu", i);
        assert_int_equal(read_value(s, SYM_TABLE_USERS, key), SYM_BAD_TAG);
    }
}

static void refuses_a_key_that_it_could_not_have_written(void **state)
{
    struct room *s = *state;
    struct raw r;
    struct last l = {.len = 0};
    struct walk w = {.stop_after = 100};
    char long_key[SYM_STORE_KEY_BYTES + 2];
    uint8_t bytes[64] = {0};
    memset(long_key, 'k', sizeof long_key);
    long_key[sizeof long_key - 1] = '\0';
    raw_open(&r, s, "users");
    raw_put(&r, long_key, bytes, sizeof bytes);
    raw_close(&r);
    room_reopen(s);
    assert_int_equal(sym_store_read(s->store, find_last, &l), SYM_BAD_TAG);
    assert_int_equal(sym_store_read(s->store, walk, &w), SYM_BAD_TAG);
    assert_int_equal(read_value(s, SYM_TABLE_USERS, long_key), SYM_TOO_LONG);
}

/* Opening. */

static enum sym_err open_with(struct room *s, const uint8_t *master, size_t len,
                              struct sym_fault *fault)
{
    sym_store_close(s->store);
    s->store = NULL;
    return sym_store_open(&s->store, s->dir, sym_span(master, len), fault);
}

static void refuses_another_master_key_and_harms_nothing(void **state)
{
    struct room *s = *state;
    struct sym_fault fault = {.text = ""};
    uint8_t other[32];
    char text[256];
    memcpy(other, s->master, sizeof other);
    other[31] ^= 1;
    /* Also while the tables are empty. */
    assert_int_equal(open_with(s, other, sizeof other, &fault), SYM_BAD_TAG);
    assert_null(s->store);
    assert_non_null(strstr(fault.text, "/store: "));
    assert_non_null(strstr(fault.text, "master.key"));
    room_reopen(s);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "one"), SYM_OK);
    assert_int_equal(open_with(s, other, sizeof other, NULL), SYM_BAD_TAG);
    room_reopen(s);
    room_get(s, SYM_TABLE_USERS, "alice", text);
    assert_string_equal(text, "one");
}

static void refuses_a_master_key_of_another_length(void **state)
{
    struct room *s = *state;
    struct sym_fault fault = {.text = ""};
    uint8_t longer[33] = {0};
    assert_int_equal(open_with(s, longer, sizeof longer, &fault), SYM_BAD_VALUE);
    assert_int_equal(open_with(s, longer, 31, &fault), SYM_BAD_VALUE);
    assert_int_equal(open_with(s, NULL, 0, &fault), SYM_BAD_VALUE);
    assert_non_null(strstr(fault.text, "32 bytes"));
}

static void refuses_a_store_whose_key_check_was_altered_or_removed(void **state)
{
    struct room *s = *state;
    struct raw r;
    uint8_t bytes[512];
    char key[] = "key";
    raw_open(&r, s, "meta");
    size_t len = raw_get(&r, key, bytes);
    bytes[len - 1] ^= 1;
    raw_put(&r, key, bytes, len);
    raw_close(&r);
    assert_int_equal(open_with(s, s->master, 32, NULL), SYM_BAD_TAG);
    raw_open(&r, s, "meta");
    MDB_val k = raw_val(key, strlen(key));
    assert_int_equal(mdb_del(r.txn, r.table, &k, NULL), 0);
    raw_close(&r);
    assert_int_equal(open_with(s, s->master, 32, NULL), SYM_BAD_TAG);
}

static void refuses_another_format_and_names_both(void **state)
{
    struct room *s = *state;
    struct sym_fault fault = {.text = ""};
    struct raw r;
    uint8_t number[8];
    char key[] = "format";
    const uint64_t others[] = {0, SYM_STORE_FORMAT + 41, UINT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        raw_open(&r, s, "meta");
        sym_put_u64(number, others[i]);
        raw_put(&r, key, number, sizeof number);
        raw_close(&r);
        assert_int_equal(open_with(s, s->master, 32, &fault), SYM_BAD_VERSION);
    }
    raw_open(&r, s, "meta");
    sym_put_u64(number, 42);
    raw_put(&r, key, number, sizeof number);
    raw_close(&r);
    assert_int_equal(open_with(s, s->master, 32, &fault), SYM_BAD_VERSION);
    assert_non_null(strstr(fault.text, "format 42"));
    assert_non_null(strstr(fault.text, "knows 3"));
    assert_non_null(strstr(fault.text, "/store: "));
    /* Nothing was changed meanwhile. */
    raw_open(&r, s, "meta");
    uint8_t back[512];
    assert_int_equal(raw_get(&r, key, back), 8);
    assert_memory_equal(back, number, 8);
    raw_put(&r, key, number, 7);
    raw_close(&r);
    assert_int_equal(open_with(s, s->master, 32, &fault), SYM_IO);
    assert_non_null(strstr(fault.text, "restore a backup"));
}

static void adds_a_table_to_a_store_that_fills_its_map(void **state)
{
    struct room *s = *state;
    struct bulk b = {.first = 0, .n = 3};
    struct raw r;
    assert_int_equal(sym_store_write(s->store, put_bulk, &b), SYM_OK);
    raw_open(&r, s, "held");
    assert_int_equal(mdb_drop(r.txn, r.table, 1), 0);
    raw_close(&r);
    room_reopen(s);
    assert_int_equal(room_put(s, SYM_TABLE_HELD, "1", "one"), SYM_OK);
}

static void refuses_paths_that_cannot_hold_a_store(void **state)
{
    struct room *s = *state;
    struct sym_fault fault = {.text = ""};
    struct sym_store *store = NULL;
    struct sym_span master = sym_span(s->master, 32);
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s", room_path(s, "absent"));
    assert_int_equal(sym_store_open(&store, path, master, &fault), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "absent"));
    assert_int_equal(mkdir(path, 0700), 0);
    int fd = open(room_path(s, "absent/store"), O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    assert_int_equal(sym_store_open(&store, path, master, &fault), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "absent/store"));
    assert_non_null(strstr(fault.text, "not a directory"));
    assert_null(store);
}

static void refuses_a_path_that_is_too_long_and_shows_its_end(void **state)
{
    struct room *s = *state;
    struct sym_fault fault = {.text = ""};
    struct sym_store *store = NULL;
    static char path[5000];
    memset(path, 'x', sizeof path - 1);
    memcpy(path + sizeof path - 5, "/end", 4);
    assert_int_equal(sym_store_open(&store, path, sym_span(s->master, 32), &fault), SYM_TOO_LONG);
    assert_non_null(strstr(fault.text, "/end: "));
    assert_null(store);
}

static void refuses_a_data_file_that_is_none(void **state)
{
    struct room *s = *state;
    struct sym_fault fault = {.text = ""};
    char junk[16384];
    memset(junk, 'j', sizeof junk);
    sym_store_close(s->store);
    s->store = NULL;
    int fd = open(room_path(s, "store/data.mdb"), O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, junk, sizeof junk), (ssize_t)sizeof junk);
    (void)close(fd);
    assert_int_equal(open_with(s, s->master, 32, &fault), SYM_IO);
    assert_non_null(strstr(fault.text, "restore a backup"));
    struct stat info;
    assert_int_equal(stat(room_path(s, "store/data.mdb"), &info), 0);
    assert_int_equal(info.st_size, sizeof junk);
}

static void makes_files_for_its_owner_only(void **state)
{
    struct room *s = *state;
    const char *const names[] = {"store", "store/data.mdb", "store/lock.mdb"};
    for (size_t i = 0; i < 3; i++) {
        struct stat info;
        assert_int_equal(stat(room_path(s, names[i]), &info), 0);
        assert_int_equal(info.st_mode & 077, 0);
    }
}

/* What lies on the disk. */

static bool file_holds(const char *path, const void *needle, size_t len)
{
    struct stat info;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &info), 0);
    uint8_t *bytes = malloc((size_t)info.st_size);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, (size_t)info.st_size), info.st_size);
    bool found = memmem(bytes, (size_t)info.st_size, needle, len) != NULL;
    free(bytes);
    (void)close(fd);
    return found;
}

static void writes_no_value_and_no_key_of_its_own_in_the_clear(void **state)
{
    struct room *s = *state;
    static const char marker[] = "IBAN GB82 WEST 1234 5698 7654 32";
    char key[] = "a-key-that-is-stored-as-given";
    for (enum sym_table t = 0; t < SYM_TABLE_COUNT; t++) {
        assert_int_equal(room_put(s, t, key, marker), SYM_OK);
        assert_int_equal(room_put(s, t, key, marker), SYM_OK);
    }
    const char *const files[] = {"store/data.mdb", "store/lock.mdb"};
    for (size_t i = 0; i < 2; i++) {
        assert_false(file_holds(room_path(s, files[i]), marker, 12));
        assert_false(file_holds(room_path(s, files[i]), s->master, sizeof s->master));
    }
    assert_true(file_holds(room_path(s, "store/data.mdb"), key, strlen(key)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_what_was_committed_over_a_restart),
        TEST(replaces_a_value),
        TEST(deletes_for_good_and_only_once),
        TEST(leaves_nothing_of_a_function_that_fails),
        TEST(refuses_a_transaction_inside_another),
        TEST(refuses_to_write_in_a_read_transaction),
        TEST(walks_one_table_in_the_order_of_its_keys),
        TEST(ends_a_walk_with_the_first_error),
        TEST(lets_a_walk_delete_what_it_meets),
        TEST(finds_the_last_key_of_a_table),
        TEST(finds_the_key_behind_another),
        TEST(moves_a_short_value_under_another_key),
        TEST(opens_a_value_of_another_key_under_that_key_only),
        TEST(refuses_keys_and_values_beyond_their_lengths),
        TEST(grows_within_one_transaction_and_from_one_to_the_next),
        TEST(runs_again_also_a_function_that_ignores_that_the_map_is_full),
        TEST(refuses_a_value_that_was_moved_to_another_key),
        TEST(refuses_a_value_that_was_moved_to_another_table),
        TEST(refuses_a_value_with_any_byte_altered_or_cut_off),
        TEST(refuses_a_key_that_it_could_not_have_written),
        TEST(refuses_another_master_key_and_harms_nothing),
        TEST(refuses_a_master_key_of_another_length),
        TEST(refuses_a_store_whose_key_check_was_altered_or_removed),
        TEST(refuses_another_format_and_names_both),
        TEST(adds_a_table_to_a_store_that_fills_its_map),
        TEST(refuses_paths_that_cannot_hold_a_store),
        TEST(refuses_a_path_that_is_too_long_and_shows_its_end),
        TEST(refuses_a_data_file_that_is_none),
        TEST(makes_files_for_its_owner_only),
        TEST(writes_no_value_and_no_key_of_its_own_in_the_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
