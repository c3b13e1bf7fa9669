#include "proto/codec_check.h"

#include "crypto/text.h"

#include <string.h>

/* How much of it, in steps of eight bytes, is of 0x20 to 0x7e: most text, from end to end. */
static size_t plain_begin(struct sym_span s)
{
    const uint64_t top = 0x8080808080808080u;
    size_t n = 0;
    for (; s.len - n >= 8; n += 8) {
        uint64_t x;
        memcpy(&x, s.data + n, sizeof x);
        bool plain = (x & top) == 0 && ((x + 0x6060606060606060u) & top) == top &&
                     ((x + 0x0101010101010101u) & top) == 0;
        if (!plain) {
            break;
        }
    }
    return n;
}

/* No control characters but LF and TAB. */
static bool text_is_clean(struct sym_span s)
{
    uint32_t c = 0;
    size_t plain = plain_begin(s);
    while (plain < s.len && s.data[plain] >= 0x20 && s.data[plain] < 0x7f) {
        plain++;
    }
    s = sym_span(s.data + plain, s.len - plain);
    while (s.len > 0) {
        if (!sym_text_next(&c, &s) || (c < 0x20 && c != '\n' && c != '\t') ||
            (c >= 0x7f && c < 0xa0)) {
            return false;
        }
    }
    return true;
}

enum sym_err sym_field_check_span(const struct sym_field *f, struct sym_span s)
{
    if (s.len == 0 && (f->or_absent || f->min == 0)) {
        return SYM_OK;
    }
    if (s.len > f->max) {
        return SYM_TOO_LONG;
    }
    if (s.len < f->min) {
        return SYM_BAD_VALUE;
    }
    bool text = f->kind == SYM_TEXT || f->kind == SYM_MANY_TEXT;
    return !text || text_is_clean(s) ? SYM_OK : SYM_BAD_FORMAT;
}

enum sym_err sym_field_check_number(const struct sym_field *f, uint64_t v)
{
    return v >= f->min && v <= f->max ? SYM_OK : SYM_BAD_VALUE;
}
