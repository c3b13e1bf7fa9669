#include "crypto/result.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct err_row {
    const char *name;
    const char *text;
};

static const struct err_row rows[SYM_ERR_COUNT] = {
#define SYM_ERR_ROW(name, text) {#name, text},
    SYM_ERR_LIST(SYM_ERR_ROW)
#undef SYM_ERR_ROW
};

static const struct err_row *row_of(enum sym_err err)
{
    size_t at = (size_t)err;
    return at < SYM_ERR_COUNT ? &rows[at] : &rows[SYM_INTERNAL];
}

const char *sym_err_text(enum sym_err err)
{
    return row_of(err)->text;
}

const char *sym_err_name(enum sym_err err)
{
    return row_of(err)->name;
}

/* Drops the last character when it was cut in two: what begins within the last three bytes and
 * says that more follow than there are. */
static void drop_half_character(char *text, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        uint8_t first = (uint8_t)text[len - back];
        if (first < 0x80) {
            return;
        }
        if (first >= 0xc0) {
            size_t whole = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
            text[len - back] = whole > back ? '\0' : text[len - back];
            return;
        }
    }
}

enum sym_err sym_fail(struct sym_fault *fault, enum sym_err err, const char *format, ...)
{
    if (fault != NULL) {
        fault->err = err;
        va_list args;
        va_start(args, format);
        int len = vsnprintf(fault->text, sizeof fault->text, format, args);
        va_end(args);
        if (len >= (int)sizeof fault->text) {
            drop_half_character(fault->text, sizeof fault->text - 1);
        }
    }
    return err;
}
