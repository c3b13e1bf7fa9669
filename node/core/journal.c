#include "node/core/journal.h"

#include <stdarg.h>
#include <stdio.h>

/* Cut at its end, as a line of the journal is. */
struct line {
    char text[SYM_JOURNAL_BYTES];
    size_t len;
};

static enum sym_err find_next(struct sym_transaction *t, uint64_t *next)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    enum sym_err err = sym_store_last(t, SYM_TABLE_EVENTS, key, &len);
    if (err == SYM_NOT_FOUND) {
        *next = 1;
        return SYM_OK;
    }
    if (err == SYM_OK && len != 8) {
        return SYM_BAD_FORMAT;
    }
    if (err == SYM_OK) {
        *next = sym_get_u64(key) + 1;
    }
    return err;
}

static enum sym_err check(struct sym_transaction *t, void *context)
{
    return find_next(t, context);
}

enum sym_err sym_journal_open(struct sym_journal *j, struct sym_store *store,
                              struct sym_fault *fault)
{
    uint64_t next = 0;
    *j = (struct sym_journal){.store = store};
    enum sym_err err = sym_store_read(store, check, &next);
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err, "events: the stored table %s; restore a backup",
                                    sym_err_text(err));
}

/* Behind the last entry of the transaction: one that is there stays as it is. */
static enum sym_err put(struct sym_transaction *t, void *context)
{
    const struct line *l = context;
    uint8_t key[8];
    uint64_t next = 0;
    enum sym_err err = find_next(t, &next);
    if (err != SYM_OK) {
        return err;
    }
    sym_put_u64(key, next);
    return sym_store_put(t, SYM_TABLE_EVENTS, sym_span(key, sizeof key), sym_span(l->text, l->len));
}

/* What users and peers have written is part of a line, and must not begin another. */
static void keep_on_one_line(struct line *l)
{
    for (size_t i = 0; i < l->len; i++) {
        if ((uint8_t)l->text[i] < ' ' || l->text[i] == 0x7f) {
            l->text[i] = '?';
        }
    }
}

static enum sym_err write_line(struct line *l, uint64_t wall_ms, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

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
    keep_on_one_line(l);
    return SYM_OK;
}

enum sym_err sym_journal_add(struct sym_journal *j, uint64_t wall_ms, const char *format, ...)
{
    struct line l = {.len = 0};
    va_list args;
    va_start(args, format);
    enum sym_err err = write_line(&l, wall_ms, format, args);
    va_end(args);
    return err == SYM_OK ? sym_store_write(j->store, put, &l) : err;
}

enum sym_err sym_journal_put(struct sym_journal *j, struct sym_transaction *t, uint64_t wall_ms,
                             const char *format, ...)
{
    struct line l = {.len = 0};
    va_list args;
    (void)j;
    va_start(args, format);
    enum sym_err err = write_line(&l, wall_ms, format, args);
    va_end(args);
    return err == SYM_OK ? put(t, &l) : err;
}
