#include "crypto/result.h"

#include <stdarg.h>
#include <stddef.h>
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

enum sym_err sym_fail(struct sym_fault *fault, enum sym_err err, const char *format, ...)
{
    if (fault != NULL) {
        fault->err = err;
        va_list args;
        va_start(args, format);
        (void)vsnprintf(fault->text, sizeof fault->text, format, args);
        va_end(args);
    }
    return err;
}
