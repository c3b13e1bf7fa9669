#include "node/core/journal.h"

#include "node/loop.h"

#include <stdarg.h>
#include <stdio.h>

struct line {
    uint64_t number;
    size_t len;
    char text[SYM_JOURNAL_BYTES];
};

static enum sym_err find_last(struct sym_transaction *t, void *context)
{
    struct sym_journal *j = context;
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    enum sym_err err = sym_store_last(t, SYM_TABLE_EVENTS, key, &len);
    if (err == SYM_NOT_FOUND) {
        j->next = 1;
        return SYM_OK;
    }
    if (err == SYM_OK && len != 8) {
        return SYM_BAD_FORMAT;
    }
    if (err == SYM_OK) {
        j->next = sym_get_u64(key) + 1;
    }
    return err;
}

enum sym_err sym_journal_open(struct sym_journal *j, struct sym_store *store,
                              struct sym_fault *fault)
{
    *j = (struct sym_journal){.store = store};
    enum sym_err err = sym_store_read(store, find_last, j);
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err, "events: the stored table %s; restore a backup",
                                    sym_err_text(err));
}

/* Appends only: an entry that is there stays as it is. */
static enum sym_err put(struct sym_transaction *t, void *context)
{
    const struct line *l = context;
    uint8_t bytes[8];
    sym_put_u64(bytes, l->number);
    struct sym_span key = sym_span(bytes, sizeof bytes);
    enum sym_err err = sym_store_has(t, SYM_TABLE_EVENTS, key);
    if (err == SYM_OK) {
        return SYM_EXISTS;
    }
    return err == SYM_NOT_FOUND ? sym_store_put(t, SYM_TABLE_EVENTS, key, sym_span(l->text, l->len))
                                : err;
}

/* What users and peers have written is part of a line, and must not begin another. */
static void keep_on_one_line(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((uint8_t)text[i] < ' ' || text[i] == 0x7f) {
            text[i] = '?';
        }
    }
}

/* The number is set by the caller. */
static enum sym_err write_line(struct line *l, uint64_t wall_ms, const char *format, va_list args)
    SYM_PRINTF(3, 0);

static enum sym_err write_line(struct line *l, uint64_t wall_ms, const char *format, va_list args)
{
    int head = snprintf(l->text, sizeof l->text, "%llu ", (unsigned long long)wall_ms);
    if (head < 0) {
        return SYM_INTERNAL;
    }
    int body = vsnprintf(l->text + head, sizeof l->text - (size_t)head, format, args);
    if (body < 0) {
        return SYM_INTERNAL;
    }
    size_t len = (size_t)head + (size_t)body;
    l->len = len < sizeof l->text ? len : sizeof l->text - 1;
    keep_on_one_line(l->text, l->len);
    return SYM_OK;
}

enum sym_err sym_journal_add(struct sym_journal *j, uint64_t wall_ms, const char *format, ...)
{
    struct line l = {.number = j->next};
    va_list args;
    va_start(args, format);
    enum sym_err err = write_line(&l, wall_ms, format, args);
    va_end(args);
    if (err == SYM_OK) {
        err = sym_store_write(j->store, put, &l);
    }
    if (err == SYM_OK) {
        j->next++;
    }
    return err;
}

struct change {
    struct line line;
    sym_store_fn *fn;
    void *context;
};

static enum sym_err put_change(struct sym_transaction *t, void *context)
{
    struct change *c = context;
    enum sym_err err = c->fn(t, c->context);
    return err == SYM_OK ? put(t, &c->line) : err;
}

static enum sym_err write_change_line(struct line *l, const char *format, ...) SYM_PRINTF(2, 3);

static enum sym_err write_change_line(struct line *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum sym_err err = write_line(l, sym_wall_ms(), format, args);
    va_end(args);
    return err;
}

enum sym_err sym_journal_change(const struct sym_author *author, struct sym_store *store,
                                const char *event, struct sym_span subject, sym_store_fn *fn,
                                void *context)
{
    if (author == NULL) {
        return sym_store_write(store, fn, context);
    }
    struct change c = {.line = {.number = author->journal->next}, .fn = fn, .context = context};
    enum sym_err err =
        write_change_line(&c.line, "%s user=%s subject=%.*s", event, author->user, (int)subject.len,
                          subject.len > 0 ? (const char *)subject.data : "");
    if (err == SYM_OK) {
        err = sym_store_write(store, put_change, &c);
    }
    if (err == SYM_OK) {
        author->journal->next++;
    }
    return err;
}
