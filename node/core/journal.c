#include "node/core/journal.h"

#include <stdarg.h>
#include <stdio.h>

struct line {
    uint64_t number;
    struct sym_span text;
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
    return err == SYM_NOT_FOUND ? sym_store_put(t, SYM_TABLE_EVENTS, key, l->text) : err;
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

enum sym_err sym_journal_add(struct sym_journal *j, uint64_t wall_ms, const char *format, ...)
{
    char text[SYM_JOURNAL_BYTES];
    int head = snprintf(text, sizeof text, "%llu ", (unsigned long long)wall_ms);
    if (head < 0) {
        return SYM_INTERNAL;
    }
    va_list args;
    va_start(args, format);
    int body = vsnprintf(text + head, sizeof text - (size_t)head, format, args);
    va_end(args);
    if (body < 0) {
        return SYM_INTERNAL;
    }
    size_t len = (size_t)head + (size_t)body;
    len = len < sizeof text ? len : sizeof text - 1;
    keep_on_one_line(text, len);
    struct line l = {.number = j->next, .text = sym_span(text, len)};
    enum sym_err err = sym_store_write(j->store, put, &l);
    if (err == SYM_OK) {
        j->next++;
    }
    return err;
}
