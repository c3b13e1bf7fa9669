#include "proto/codec_check.h"

#include "crypto/text.h"

/* No control characters but LF and TAB. Most text is plain from end to end. */
static bool text_is_clean(struct sym_span s)
{
    uint32_t c = 0;
    size_t plain = 0;
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
