#include "node/core/journal.h"

#include <stdarg.h>
#include <stdio.h>

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

/* What users and peers have written is part of a line, and must not begin another. */
static void keep_on_one_line(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((uint8_t)text[i] < ' ' || text[i] == 0x7f) {
            text[i] = '?';
        }
    }
}

struct line {
    struct sym_journal *journal;
    char text[SYM_JOURNAL_BYTES];
    size_t len;
};

static enum sym_err format_line(struct line *l, uint64_t wall_ms, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static enum sym_err format_line(struct line *l, uint64_t wall_ms, const char *format, va_list args)
{
    int head = snprintf(l->text, sizeof l->text, "%llu ", (unsigned long long)wall_ms);
    if (head < 0) {
        return SYM_INTERNAL;
    }
    int body = vsnprintf(l->text + head, sizeof l->text - (size_t)head, format, args);
    if (body < 0) {
        return SYM_INTERNAL;
    }
    l->len = (size_t)head + (size_t)body;
    l->len = l->len < sizeof l->text ? l->len : sizeof l->text - 1;
    keep_on_one_line(l->text, l->len);
    return SYM_OK;
}

/* Appends only: an entry that is there stays as it is. A transaction that put entries and then
 * failed has left a number that is too high. */
static enum sym_err append(struct sym_transaction *t, const struct line *l)
{
    struct sym_journal *j = l->journal;
    uint8_t bytes[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    uint64_t last = 0;
    enum sym_err err = sym_store_last(t, SYM_TABLE_EVENTS, bytes, &len);
    if (err == SYM_OK) {
        last = sym_get_u64(bytes);
    } else if (err != SYM_NOT_FOUND) {
        return err;
    }
    uint64_t number = j->next <= last ? j->next : last + 1;
    sym_put_u64(bytes, number);
    struct sym_span key = sym_span(bytes, 8);
    err = sym_store_has(t, SYM_TABLE_EVENTS, key);
    if (err == SYM_OK) {
        return SYM_EXISTS;
    }
    if (err == SYM_NOT_FOUND) {
        err = sym_store_put(t, SYM_TABLE_EVENTS, key, sym_span(l->text, l->len));
    }
    if (err == SYM_OK) {
        j->next = number + 1;
    }
    return err;
}

static enum sym_err append_alone(struct sym_transaction *t, void *context)
{
    return append(t, context);
}

enum sym_err sym_journal_add(struct sym_journal *j, uint64_t wall_ms, const char *format, ...)
{
    struct line l = {.journal = j};
    va_list args;
    va_start(args, format);
    enum sym_err err = format_line(&l, wall_ms, format, args);
    va_end(args);
    return err == SYM_OK ? sym_store_write(j->store, append_alone, &l) : err;
}

enum sym_err sym_journal_put(struct sym_journal *j, struct sym_transaction *t, uint64_t wall_ms,
                             const char *format, ...)
{
    struct line l = {.journal = j};
    va_list args;
    va_start(args, format);
    enum sym_err err = format_line(&l, wall_ms, format, args);
    va_end(args);
    return err == SYM_OK ? append(t, &l) : err;
}
