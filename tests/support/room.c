#include "tests/support/room.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

static void open_store(struct room *s)
{
    struct sym_fault fault = {.text = ""};
    struct sym_span master = sym_span(s->master, sizeof s->master);
    if (sym_store_open(&s->store, s->dir, master, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

void room_open(struct room *s)
{
    assert_int_equal(sym_crypto_init(), SYM_OK);
    scratch_new(&s->scratch);
    s->dir = s->scratch.path;
    sym_random(s->master, sizeof s->master);
    open_store(s);
}

void room_reopen(struct room *s)
{
    sym_store_close(s->store);
    s->store = NULL;
    open_store(s);
}

void room_close(struct room *s)
{
    sym_store_close(s->store);
    scratch_remove(&s->scratch);
}

int room_set_up(void **state)
{
    struct room *s = malloc(sizeof *s);
    if (s == NULL) {
        return -1;
    }
    room_open(s);
    *state = s;
    return 0;
}

int room_tear_down(void **state)
{
    room_fill_disk(false);
    room_close(*state);
    free(*state);
    return 0;
}

const char *room_path(const struct room *s, const char *name)
{
    static char path[PATH_MAX];
    scratch_join(path, s->dir, name);
    return path;
}

void room_fill_disk(bool full)
{
    struct rlimit limit;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = full ? 0 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

struct entry {
    enum sym_table table;
    struct sym_span key;
    struct sym_span value;
    char *text;
    size_t count;
};

static enum sym_err put(struct sym_transaction *t, void *context)
{
    const struct entry *e = context;
    return sym_store_put(t, e->table, e->key, e->value);
}

enum sym_err room_put(struct room *s, enum sym_table table, const char *key, const char *value)
{
    struct entry e = {.table = table, .key = sym_span_text(key), .value = sym_span_text(value)};
    return sym_store_write(s->store, put, &e);
}

static enum sym_err has(struct sym_transaction *t, void *context)
{
    const struct entry *e = context;
    return sym_store_has(t, e->table, e->key);
}

enum sym_err room_has(struct room *s, enum sym_table table, const char *key)
{
    struct entry e = {.table = table, .key = sym_span_text(key)};
    return sym_store_read(s->store, has, &e);
}

static enum sym_err get(struct sym_transaction *t, void *context)
{
    SYM_SECRET_AUTO value = {0};
    const struct entry *e = context;
    enum sym_err err = sym_store_get(t, e->table, e->key, &value);
    if (err == SYM_OK) {
        assert_true(value.len < 256);
        memcpy(e->text, value.data, value.len);
        e->text[value.len] = '\0';
    }
    return err;
}

void room_get(struct room *s, enum sym_table table, const char *key, char out[256])
{
    struct entry e = {.table = table, .key = sym_span_text(key), .text = out};
    assert_int_equal(sym_store_read(s->store, get, &e), SYM_OK);
}

static enum sym_err count_one(void *context, struct sym_span key, struct sym_span value)
{
    struct entry *e = context;
    (void)key;
    (void)value;
    e->count++;
    return SYM_OK;
}

static enum sym_err count(struct sym_transaction *t, void *context)
{
    const struct entry *e = context;
    return sym_store_each(t, e->table, count_one, context);
}

size_t room_count(struct room *s, enum sym_table table)
{
    struct entry e = {.table = table};
    assert_int_equal(sym_store_read(s->store, count, &e), SYM_OK);
    return e.count;
}
