#include "cli/ingest/csv.h"

#include <string.h>

/* The stream is this thread's alone: a lock for each byte would cost more than the byte. */
static void put_field(FILE *to, struct sym_span field)
{
    (void)putc_unlocked('"', to);
    for (size_t i = 0; i < field.len; i++) {
        if (field.data[i] == '"') {
            (void)putc_unlocked('"', to);
        }
        (void)putc_unlocked(field.data[i], to);
    }
    (void)putc_unlocked('"', to);
}

/* = + - @ after spaces or not, also in full width; a tab or a line end by itself. */
static bool is_formula(struct sym_span text)
{
    static const char *const wide[] = {"\uff1d", "\uff0b", "\uff0d", "\uff20"};
    size_t at = 0;
    while (at < text.len && text.data[at] == ' ') {
        at++;
    }
    const struct sym_span from = sym_span(text.data + at, text.len - at);
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        const size_t len = strlen(wide[i]);
        if (from.len >= len && memcmp(from.data, wide[i], len) == 0) {
            return true;
        }
    }
    return from.len > 0 && memchr("=+-@\t\r\n", from.data[0], 7) != NULL;
}

size_t sym_csv_disarm(char *out, size_t room, struct sym_span text)
{
    size_t len = 0;
    bool begins = true;
    for (size_t i = 0; i < text.len && len < room; i++) {
        if (begins && is_formula(sym_span(text.data + i, text.len - i))) {
            out[len++] = '\'';
        }
        if (len < room) {
            out[len++] = (char)text.data[i];
        }
        begins = memchr(";\t\r\n", text.data[i], 4) != NULL;
    }
    return len;
}

void sym_csv_write(FILE *to, const struct sym_span *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            (void)putc_unlocked(',', to);
        }
        put_field(to, fields[i]);
    }
    (void)putc_unlocked('\n', to);
}
