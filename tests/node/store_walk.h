/* store_walk.h - a store that is filled, and a walk over it that writes down what it meets: for the
 * tests of the store. */
#ifndef SYM_TESTS_NODE_STORE_WALK_H
#define SYM_TESTS_NODE_STORE_WALK_H

#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB ((size_t)1 << 20)

/* A walk that writes down what it meets. */
struct walk {
    struct sym_transaction *t;
    char met[64];
    size_t stop_after;
    bool deletes;
};

static inline enum sym_err meet(void *context, struct sym_span key, struct sym_span value)
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

static inline enum sym_err walk(struct sym_transaction *t, void *context)
{
    struct walk *w = context;
    w->t = t;
    return sym_store_each(t, SYM_TABLE_USERS, meet, w);
}

static inline void put_three(struct room *s)
{
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "b", "2"), SYM_OK);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "c", "3"), SYM_OK);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "a", "1"), SYM_OK);
    assert_int_equal(room_put(s, SYM_TABLE_PEERS, "aa", "9"), SYM_OK);
}

struct last {
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len;
};

static inline enum sym_err find_last(struct sym_transaction *t, void *context)
{
    struct last *l = context;
    return sym_store_last(t, SYM_TABLE_USERS, l->key, &l->len);
}

struct bulk {
    unsigned first;
    unsigned n;
    unsigned runs;
    bool swallow;
};

static inline enum sym_err put_bulk(struct sym_transaction *t, void *context)
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

#endif
