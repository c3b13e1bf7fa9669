/* The store: what it keeps, refuses and grows to. runner: disk */
#include "tests/node/store_walk.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
