#include "cli/epsilon.h"

#include "cli/options.h"

#include <string.h>

#define WHOLE_DIGITS 7u

enum sym_err sym_epsilon_parse(uint64_t *out, const char *text, unsigned digits, uint64_t most)
{
    uint64_t unit = 1;
    for (unsigned i = 0; i < digits; i++) {
        unit *= 10;
    }
    char whole_text[WHOLE_DIGITS + 1] = "";
    size_t len = strcspn(text, ".");
    const char *behind = text[len] == '.' ? text + len + 1 : "0";
    size_t n = strlen(behind);
    uint64_t whole = 0;
    uint64_t part = 0;
    if (len == 0 || len > WHOLE_DIGITS || n == 0 || n > digits) {
        return SYM_BAD_VALUE;
    }
    memcpy(whole_text, text, len);
    if (sym_number_parse(&whole, whole_text, 0, most / unit) != SYM_OK ||
        sym_number_parse(&part, behind, 0, unit - 1) != SYM_OK) {
        return SYM_BAD_VALUE;
    }
    for (; n < digits; n++) {
        part *= 10;
    }
    if (part > most - whole * unit) {
        return SYM_BAD_VALUE;
    }
    *out = whole * unit + part;
    return SYM_OK;
}
