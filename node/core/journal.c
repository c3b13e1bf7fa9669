#include "node/core/journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static enum sym_err put(struct sym_journal *j, struct sym_transaction *t, const char *text)
{
    char event[64];
    char words[SYM_DETAIL_BYTES_MAX + 1];
    (void)snprintf(event, sizeof event, "%.*s", (int)strcspn(text, " "), text);
    const struct sym_entry_body body = {.event = sym_span_text(event),
                                        .detail = sym_log_words(words, sizeof words, "%s", text)};
    const struct sym_entry entry = {.kind = SYM_ENTRY_SETTING, .body = &body};
    return t == NULL ? sym_log_add(j->log, &entry) : sym_log_append(j->log, t, &entry, NULL);
}

enum sym_err sym_journal_add(struct sym_journal *j, uint64_t wall_ms, const char *format, ...)
{
    char text[SYM_JOURNAL_BYTES];
    va_list args;
    (void)wall_ms;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return put(j, NULL, text);
}

enum sym_err sym_journal_put(struct sym_journal *j, struct sym_transaction *t, uint64_t wall_ms,
                             const char *format, ...)
{
    char text[SYM_JOURNAL_BYTES];
    va_list args;
    (void)wall_ms;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return put(j, t, text);
}

enum sym_err sym_journal_change(const struct sym_author *author, struct sym_store *store,
                                const char *event, struct sym_span subject, sym_store_fn *fn,
                                void *context)
{
    return sym_log_change(author, store, SYM_ENTRY_SETTING, event, subject, fn, context);
}
