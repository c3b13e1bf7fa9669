/* The file of the store: altered, of another node or format, and what lies in it. runner: disk */
#include "tests/node/store_walk.h"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

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
