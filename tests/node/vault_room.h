/* vault_room.h - a node's store with a vault in it, and what is done to its values: for the tests
 * of the vault. Such a program can be killed at any step (tests/support/crashing.h). */
#ifndef SYM_TESTS_NODE_VAULT_ROOM_H
#define SYM_TESTS_NODE_VAULT_ROOM_H

#include "node/store/erasure.h"
#include "node/store/vault.h"
#include "tests/support/crashing.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct vault_room {
    struct room room;
    struct sym_disk dir;
    struct sym_vault *vault;
};

static inline enum sym_err try_open(struct vault_room *s, struct sym_fault *fault)
{
    return sym_vault_open(&s->vault, SYM_VAULT_DATA, s->room.store, &s->dir,
                          sym_span(s->room.master, 32), fault);
}

static inline void open_vault(struct vault_room *s)
{
    struct sym_fault fault = {.text = ""};
    if (try_open(s, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static inline void close_all(struct vault_room *s)
{
    sym_vault_close(s->vault);
    s->vault = NULL;
    sym_store_close(s->room.store);
    s->room.store = NULL;
}

static inline void reopen(struct vault_room *s)
{
    sym_vault_close(s->vault);
    s->vault = NULL;
    room_reopen(&s->room);
    open_vault(s);
}

static inline void begin(struct vault_room *s)
{
    room_open(&s->room);
    s->vault = NULL;
    assert_int_equal(sym_disk_open(&s->dir, s->room.dir, NULL), SYM_OK);
    open_vault(s);
}

static inline void end(struct vault_room *s)
{
    room_fill_disk(false);
    close_all(s);
    sym_disk_close(&s->dir);
    room_close(&s->room);
}

static inline int set_up(void **state)
{
    static struct vault_room s;
    begin(&s);
    *state = &s;
    return 0;
}

static inline int tear_down(void **state)
{
    steps_watch = NULL;
    end(*state);
    return 0;
}

/* One thing in a transaction of its own. */
struct act {
    struct sym_vault *vault;
    const char *key;
    const char *value; /* NULL: delete */
    enum sym_err result;
    char text[256];
};

static inline enum sym_err change_fn(struct sym_transaction *t, void *context)
{
    const struct act *a = context;
    struct sym_span key = sym_span_text(a->key);
    enum sym_err err = a->value == NULL ? sym_vault_delete(a->vault, t, key)
                                        : sym_vault_put(a->vault, t, key, sym_span_text(a->value));
    return err == SYM_OK ? a->result : err;
}

static inline enum sym_err put(struct vault_room *s, const char *key, const char *value)
{
    struct act a = {.vault = s->vault, .key = key, .value = value};
    return sym_store_write(s->room.store, change_fn, &a);
}

static inline enum sym_err drop(struct vault_room *s, const char *prefix)
{
    return put(s, prefix, NULL);
}

static inline enum sym_err get_fn(struct sym_transaction *t, void *context)
{
    SYM_SECRET_AUTO value = {0};
    struct act *a = context;
    enum sym_err err = sym_vault_get(a->vault, t, sym_span_text(a->key), &value);
    if (err == SYM_OK) {
        assert_true(value.len < sizeof a->text);
        memcpy(a->text, value.data, value.len);
        a->text[value.len] = '\0';
    }
    return err;
}

static inline enum sym_err get(struct vault_room *s, const char *key, char out[256])
{
    struct act a = {.vault = s->vault, .key = key};
    enum sym_err err = sym_store_read(s->room.store, get_fn, &a);
    memcpy(out, a.text, sizeof a.text);
    return err;
}

static inline void assert_holds(struct vault_room *s, const char *key, const char *value)
{
    char text[256];
    assert_int_equal(get(s, key, text), SYM_OK);
    assert_string_equal(text, value);
}

static inline void assert_gone(struct vault_room *s, const char *key)
{
    char text[256];
    assert_int_equal(get(s, key, text), SYM_NOT_FOUND);
}

static inline void sweep(struct vault_room *s)
{
    struct sym_fault fault = {.text = ""};
    if (sym_vault_sweep(s->vault, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
