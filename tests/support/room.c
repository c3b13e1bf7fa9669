#include "tests/support/room.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
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
    *s = (struct room){.disk = {.fd = -1}};
    sym_random(s->self.bytes, sizeof s->self.bytes);
    assert_int_equal(sym_sign_key_new(&s->log_key), SYM_OK);
    assert_int_equal(sym_sign_key_new(&s->cosign_key), SYM_OK);
    scratch_new(&s->scratch);
    s->dir = s->scratch.path;
    sym_random(s->master, sizeof s->master);
    open_store(s);
}

enum sym_err room_try_log(struct room *s, struct sym_fault *fault)
{
    if (s->log != NULL) {
        return SYM_OK;
    }
    if (s->disk.fd < 0) {
        assert_int_equal(sym_disk_open(&s->disk, s->dir, fault), SYM_OK);
    }
    const struct sym_log_config c = {.store = s->store,
                                     .dir = &s->disk,
                                     .master = sym_span(s->master, sizeof s->master),
                                     .self = s->self,
                                     .key = &s->log_key,
                                     .cosign_key = &s->cosign_key};
    return sym_log_open(&s->log, &c, fault);
}

struct sym_log *room_log(struct room *s)
{
    struct sym_fault fault = {.text = ""};
    if (room_try_log(s, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
    return s->log;
}

static void write_part(char out[2048], const char *name, struct sym_span text)
{
    size_t len = strlen(out);
    if (text.len > 0) {
        (void)snprintf(out + len, 2048 - len, "%s%.*s", name, (int)text.len,
                       (const char *)text.data);
    }
}

static enum sym_err take_line(void *context, const struct sym_log_row *row)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_entry_body b;
    struct room_lines *l = context;
    assert_int_equal(sym_decode(&arena, &b, &sym_msg_entry_body, row->body), SYM_OK);
    l->last[0] = '\0';
    write_part(l->last, "", b.event);
    write_part(l->last, " user=", b.user);
    write_part(l->last, " approver=", b.approver);
    write_part(l->last, " peer=", b.alias);
    write_part(l->last, " subject=", b.subject);
    write_part(l->last, " ", b.detail);
    l->n++;
    l->found += l->wanted != NULL && strstr(l->last, l->wanted) != NULL;
    return SYM_OK;
}

struct room_lines room_lines(struct room *s, const char *wanted)
{
    struct room_lines l = {.wanted = wanted};
    struct sym_log_query q = {.bodies = true};
    for (bool more = true; more;) {
        assert_int_equal(sym_log_rows(room_log(s), &q, &q.first, &more, take_line, &l), SYM_OK);
    }
    return l;
}

static void close_all(struct room *s)
{
    sym_log_close(s->log);
    s->log = NULL;
    sym_store_close(s->store);
    s->store = NULL;
}

void room_reopen(struct room *s)
{
    close_all(s);
    open_store(s);
}

void room_close(struct room *s)
{
    close_all(s);
    sym_disk_close(&s->disk);
    sym_sign_key_clear(&s->log_key);
    sym_sign_key_clear(&s->cosign_key);
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
