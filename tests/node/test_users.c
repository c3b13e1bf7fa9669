#include "node/party/users.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1790000000u

static const struct sym_user an_operator = {.name = "olga", .roles = SYM_USER_OPERATOR};
static const struct sym_user an_approver = {.name = "anna",
                                            .roles = SYM_USER_OPERATOR | SYM_USER_APPROVER};

static void load(struct sym_users *users, struct room *s)
{
    assert_int_equal(sym_users_load(users, s->store, NULL), SYM_OK);
}

/* The key of this number; valid until the next call. */
static struct sym_span key(unsigned number)
{
    static uint8_t bytes[SYM_ED25519_BYTES];
    memset(bytes, 7, sizeof bytes);
    sym_put_u64(bytes, number);
    return sym_span(bytes, sizeof bytes);
}

static enum sym_err add(struct sym_users *users, const char *name, unsigned roles, unsigned number,
                        const struct sym_user *by, struct sym_fault *fault)
{
    struct sym_user_add a = {.name = sym_span_text(name), .roles = roles, .key = key(number)};
    return sym_users_add(users, &a, by, NULL, NOW, fault);
}

static enum sym_err remove_user(struct sym_users *users, const char *name,
                                const struct sym_user *by, struct sym_fault *fault)
{
    return sym_users_remove(users, sym_span_text(name), by, NULL, fault);
}

static bool knows(const struct sym_users *users, const char *name)
{
    return sym_users_by_name(users, sym_span_text(name)) != NULL;
}

static void keeps_users_over_a_restart(void **state)
{
    struct room *s = *state;
    struct sym_users users;
    load(&users, s);
    assert_int_equal(users.n, 0);
    assert_int_equal(add(&users, "olga", SYM_USER_OPERATOR, 1, NULL, NULL), SYM_OK);
    assert_int_equal(
        add(&users, "alice", SYM_USER_ANALYST | SYM_USER_AUDITOR, 2, &an_operator, NULL), SYM_OK);
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(users.n, 2);
        const struct sym_user *alice = sym_users_by_key(&users, key(2));
        assert_non_null(alice);
        assert_string_equal(alice->name, "alice");
        assert_int_equal(alice->roles, SYM_USER_ANALYST | SYM_USER_AUDITOR);
        assert_int_equal(alice->added_s, NOW);
        assert_ptr_equal(alice, sym_users_by_name(&users, sym_span_text("alice")));
        room_reopen(s);
        load(&users, s);
    }
}

static void removes_a_user_for_good(void **state)
{
    struct room *s = *state;
    struct sym_users users;
    load(&users, s);
    assert_int_equal(add(&users, "olga", SYM_USER_OPERATOR, 1, NULL, NULL), SYM_OK);
    assert_int_equal(add(&users, "alice", SYM_USER_ANALYST, 2, &an_operator, NULL), SYM_OK);
    assert_int_equal(add(&users, "bob", SYM_USER_ANALYST, 3, &an_operator, NULL), SYM_OK);
    assert_int_equal(remove_user(&users, "alice", &an_operator, NULL), SYM_OK);
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(users.n, 2);
        assert_null(sym_users_by_key(&users, key(2)));
        assert_false(knows(&users, "alice"));
        assert_true(knows(&users, "olga") && knows(&users, "bob"));
        assert_ptr_equal(sym_users_by_key(&users, key(3)),
                         sym_users_by_name(&users, sym_span_text("bob")));
        room_reopen(s);
        load(&users, s);
    }
    assert_int_equal(add(&users, "alice", SYM_USER_ANALYST, 2, &an_operator, NULL), SYM_OK);
}

static void finds_nobody_by_a_key_or_name_that_is_close(void **state)
{
    struct sym_users users;
    load(&users, *state);
    assert_int_equal(add(&users, "alice", SYM_USER_OPERATOR, 1, NULL, NULL), SYM_OK);
    const char *const names[] = {"", "alic", "alice2", "Alice"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_false(knows(&users, names[i]));
    }
    assert_null(sym_users_by_key(&users, key(2)));
    assert_null(sym_users_by_key(&users, sym_span(key(1).data, 31)));
    assert_null(sym_users_by_key(&users, sym_span(NULL, 0)));
}

static void refuses_a_name_or_key_that_is_taken(void **state)
{
    struct sym_users users;
    struct sym_fault fault = {.text = ""};
    load(&users, *state);
    assert_int_equal(add(&users, "alice", SYM_USER_OPERATOR, 1, NULL, NULL), SYM_OK);
    assert_int_equal(add(&users, "alice", SYM_USER_ANALYST, 2, NULL, &fault), SYM_EXISTS);
    assert_non_null(strstr(
        fault.text, "user alice: exists already, as operator; choose another name, or take it "
                    "away first: \"symbolon user remove alice\""));
    assert_int_equal(add(&users, "bob", SYM_USER_ANALYST, 1, NULL, &fault), SYM_EXISTS);
    assert_non_null(strstr(fault.text, "this key belongs to another user"));
    assert_int_equal(users.n, 1);
    assert_int_equal(users.items[0].roles, SYM_USER_OPERATOR);
}

static void refuses_names_roles_and_keys_that_are_none(void **state)
{
    struct room *s = *state;
    struct sym_users users;
    char long_name[65];
    memset(long_name, 'a', sizeof long_name);
    long_name[64] = '\0';
    const char *const names[] = {"",       ".alice",       "-alice",  "al ice",
                                 "al/ice", "alic\xc3\xa9", "alice\n", long_name};
    load(&users, s);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sym_fault fault = {.text = ""};
        assert_int_equal(add(&users, names[i], SYM_USER_ANALYST, 1, NULL, &fault), SYM_BAD_VALUE);
        assert_non_null(strstr(fault.text, "user name: "));
    }
    assert_int_equal(add(&users, "alice", 0, 1, NULL, NULL), SYM_BAD_VALUE);
    assert_int_equal(add(&users, "alice", SYM_USER_ANY + 1, 1, NULL, NULL), SYM_BAD_VALUE);
    struct sym_user_add a = {.name = sym_span_text("alice"),
                             .roles = SYM_USER_ANALYST,
                             .key = sym_span(key(1).data, 31)};
    assert_int_equal(sym_users_add(&users, &a, NULL, NULL, NOW, NULL), SYM_BAD_VALUE);
    assert_int_equal(room_count(s, SYM_TABLE_USERS), 0);
    assert_int_equal(add(&users, long_name + 1, SYM_USER_ANY, 1, NULL, NULL), SYM_OK);
}

static void lets_only_an_approver_add_a_second_approver(void **state)
{
    struct sym_users users;
    struct sym_fault fault = {.text = ""};
    load(&users, *state);
    assert_int_equal(add(&users, "anna", SYM_USER_APPROVER, 1, &an_operator, NULL), SYM_OK);
    assert_int_equal(add(&users, "otto", SYM_USER_APPROVER, 2, &an_operator, &fault), SYM_DENIED);
    assert_non_null(strstr(fault.text, "user otto: an approver is added by an approver"));
    assert_int_equal(
        add(&users, "otto", SYM_USER_ANALYST | SYM_USER_APPROVER, 2, &an_operator, NULL),
        SYM_DENIED);
    assert_int_equal(add(&users, "otto", SYM_USER_ANALYST, 2, &an_operator, NULL), SYM_OK);
    assert_int_equal(add(&users, "axel", SYM_USER_APPROVER, 3, &an_approver, NULL), SYM_OK);
}

static void lets_only_an_approver_remove_an_approver(void **state)
{
    struct sym_users users;
    struct sym_fault fault = {.text = ""};
    load(&users, *state);
    assert_int_equal(add(&users, "olga", SYM_USER_OPERATOR, 1, NULL, NULL), SYM_OK);
    assert_int_equal(add(&users, "anna", SYM_USER_APPROVER, 2, NULL, NULL), SYM_OK);
    assert_int_equal(remove_user(&users, "anna", &an_operator, &fault), SYM_DENIED);
    assert_non_null(strstr(fault.text, "user anna: an approver is removed by an approver"));
    assert_true(knows(&users, "anna"));
    assert_int_equal(remove_user(&users, "anna", &an_approver, NULL), SYM_OK);
    assert_int_equal(add(&users, "otto", SYM_USER_APPROVER, 3, &an_operator, NULL), SYM_OK);
}

static void refuses_to_remove_the_last_operator(void **state)
{
    struct sym_users users;
    struct sym_fault fault = {.text = ""};
    load(&users, *state);
    assert_int_equal(add(&users, "olga", SYM_USER_OPERATOR | SYM_USER_APPROVER, 1, NULL, NULL),
                     SYM_OK);
    assert_int_equal(add(&users, "alice", SYM_USER_ANALYST, 2, NULL, NULL), SYM_OK);
    assert_int_equal(remove_user(&users, "olga", &an_approver, &fault), SYM_DENIED);
    assert_non_null(strstr(fault.text, "is the last operator"));
    assert_true(knows(&users, "olga"));
    assert_int_equal(add(&users, "otto", SYM_USER_OPERATOR, 3, &an_operator, NULL), SYM_OK);
    assert_int_equal(remove_user(&users, "olga", &an_approver, NULL), SYM_OK);
    assert_int_equal(remove_user(&users, "otto", &an_operator, NULL), SYM_DENIED);
}

static void refuses_to_remove_somebody_who_does_not_exist(void **state)
{
    struct sym_users users;
    struct sym_fault fault = {.text = ""};
    load(&users, *state);
    assert_int_equal(add(&users, "olga", SYM_USER_OPERATOR, 1, NULL, NULL), SYM_OK);
    assert_int_equal(remove_user(&users, "nobody", &an_operator, &fault), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "user nobody: does not exist"));
    assert_int_equal(users.n, 1);
}

static void refuses_more_users_than_the_limit(void **state)
{
    struct sym_users *users = malloc(sizeof *users);
    struct sym_fault fault = {.text = ""};
    char name[32];
    assert_non_null(users);
    load(users, *state);
    for (unsigned i = 0; i < SYM_USERS_MAX; i++) {
        (void)snprintf(name, sizeof name, "user-%u", i);
        assert_int_equal(add(users, name, SYM_USER_OPERATOR, i, NULL, NULL), SYM_OK);
    }
    assert_int_equal(add(users, "more", SYM_USER_ANALYST, 9999, NULL, &fault), SYM_LIMIT);
    assert_non_null(strstr(fault.text, "the most there can be"));
    load(users, *state);
    assert_int_equal(users->n, SYM_USERS_MAX);
    assert_int_equal(remove_user(users, "user-0", &an_operator, NULL), SYM_OK);
    assert_int_equal(add(users, "more", SYM_USER_ANALYST, 9999, NULL, NULL), SYM_OK);
    free(users);
}

static void changes_nothing_when_the_disk_is_full(void **state)
{
    struct room *s = *state;
    struct sym_users users;
    struct sym_fault added = {.text = ""};
    struct sym_fault removed = {.text = ""};
    load(&users, s);
    assert_int_equal(add(&users, "olga", SYM_USER_OPERATOR, 1, NULL, NULL), SYM_OK);
    assert_int_equal(add(&users, "alice", SYM_USER_ANALYST, 2, NULL, NULL), SYM_OK);
    room_fill_disk(true);
    enum sym_err add_err = add(&users, "bob", SYM_USER_ANALYST, 3, &an_operator, &added);
    enum sym_err remove_err = remove_user(&users, "alice", &an_operator, &removed);
    room_fill_disk(false);
    assert_int_equal(add_err, SYM_NO_SPACE);
    assert_non_null(strstr(added.text, "nothing was changed"));
    assert_int_equal(remove_err, SYM_NO_SPACE);
    assert_non_null(strstr(removed.text, "the user is still there"));
    for (int reload = 0; reload < 2; reload++) {
        assert_int_equal(users.n, 2);
        assert_true(knows(&users, "alice") && !knows(&users, "bob"));
        load(&users, s);
    }
}

struct record {
    struct sym_span key;
    struct sym_span value;
};

static enum sym_err put_record(struct sym_transaction *t, void *context)
{
    const struct record *r = context;
    return sym_store_put(t, SYM_TABLE_USERS, r->key, r->value);
}

static enum sym_err load_after(struct room *s, struct sym_span of, struct sym_span value)
{
    struct sym_fault fault = {.text = ""};
    struct sym_users users;
    struct record r = {.key = of, .value = value};
    assert_int_equal(sym_store_write(s->store, put_record, &r), SYM_OK);
    enum sym_err err = sym_users_load(&users, s->store, &fault);
    assert_int_equal(err == SYM_OK, strstr(fault.text, "restore a backup") == NULL);
    assert_int_equal(err == SYM_OK, users.n == 1 && knows(&users, "bob"));
    return err;
}

static void refuses_stored_records_that_it_did_not_write(void **state)
{
    struct room *s = *state;
    const uint8_t good[] = {1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1, 'b', 'o', 'b'};
    uint8_t other_version[sizeof good];
    uint8_t bad_name[sizeof good];
    memcpy(other_version, good, sizeof good);
    other_version[0] = 2;
    memcpy(bad_name, good, sizeof good);
    bad_name[14] = '/';
    struct sym_span bad[] = {sym_span(other_version, sizeof good), sym_span(bad_name, sizeof good),
                             sym_span(good, 13), sym_span(good, 5)};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(load_after(s, key(1), bad[i]), SYM_BAD_FORMAT);
    }
    assert_int_equal(load_after(s, key(1), sym_span(good, sizeof good)), SYM_OK);
    assert_int_equal(load_after(s, sym_span(key(1).data, 31), sym_span(good, sizeof good)),
                     SYM_BAD_FORMAT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_users_over_a_restart),
        TEST(removes_a_user_for_good),
        TEST(finds_nobody_by_a_key_or_name_that_is_close),
        TEST(refuses_a_name_or_key_that_is_taken),
        TEST(refuses_names_roles_and_keys_that_are_none),
        TEST(lets_only_an_approver_add_a_second_approver),
        TEST(lets_only_an_approver_remove_an_approver),
        TEST(refuses_to_remove_the_last_operator),
        TEST(refuses_to_remove_somebody_who_does_not_exist),
        TEST(refuses_more_users_than_the_limit),
        TEST(changes_nothing_when_the_disk_is_full),
        TEST(refuses_stored_records_that_it_did_not_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
