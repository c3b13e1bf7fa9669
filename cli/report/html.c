#include "cli/report/html.h"

#include "crypto/text.h"

#include <string.h>

/* Characters that nobody sees, and that change what is seen around them. */
static bool is_hidden(uint32_t c)
{
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    bool turns = c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
                 (c >= 0x2066 && c <= 0x2069);
    return control || turns || c == 0x2028 || c == 0x2029 || c == 0xfeff;
}

static const char *reference(uint32_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return is_hidden(c) ? "\xef\xbf\xbd" : NULL;
    }
}

void sym_html_text(FILE *to, const char *text)
{
    struct sym_span left = sym_span_text(text);
    while (left.len > 0) {
        uint32_t c = 0;
        struct sym_span rest = left;
        if (!sym_text_next(&c, &rest)) {
            (void)fputs("\xef\xbf\xbd", to);
            left = sym_span(left.data + 1, left.len - 1);
            continue;
        }
        const char *instead = reference(c);
        if (instead != NULL) {
            (void)fputs(instead, to);
        } else {
            (void)fwrite(left.data, 1, left.len - rest.len, to);
        }
        left = rest;
    }
}

void sym_html_name(FILE *to, const char *text)
{
    (void)fputs("<bdi>", to);
    sym_html_text(to, text);
    (void)fputs("</bdi>", to);
}

void sym_html_json(FILE *to, struct sym_span json)
{
    while (json.len > 0) {
        const uint8_t *at = memchr(json.data, '<', json.len);
        size_t plain = at != NULL ? (size_t)(at - json.data) : json.len;
        (void)fwrite(json.data, 1, plain, to);
        if (at != NULL) {
            (void)fputs("\\u003c", to);
            plain++;
        }
        json = sym_span(json.data + plain, json.len - plain);
    }
}
