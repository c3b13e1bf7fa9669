#include "crypto/lines.h"

#include <stdio.h>
#include <string.h>

#define BYTES_MAX  64u /* that sym_lines_bytes decodes */
#define DIGITS_MAX 19u /* of 2^63 - 1 */

struct sym_lines sym_lines(struct sym_span text, const char *what, struct sym_fault *fault)
{
    return (struct sym_lines){.rest = text, .what = what, .fault = fault, .err = SYM_OK};
}

void sym_lines_refuse(struct sym_lines *l, enum sym_err err, const char *why)
{
    if (l->err == SYM_OK) {
        l->err = sym_fail(l->fault, err, "%s:%u: %s", l->what, l->line, why);
    }
}

void sym_lines_refuse_next(struct sym_lines *l, enum sym_err err, const char *why)
{
    l->line++;
    sym_lines_refuse(l, err, why);
}

struct sym_span sym_lines_take(struct sym_lines *l)
{
    if (l->err != SYM_OK) {
        return sym_span(NULL, 0);
    }
    l->line++;
    const uint8_t *end = l->rest.len == 0 ? NULL : memchr(l->rest.data, '\n', l->rest.len);
    if (end == NULL) {
        sym_lines_refuse(l, SYM_BAD_FORMAT,
                         l->rest.len == 0 ? "the text ends before this line"
                                          : "the line has no end");
        return sym_span(NULL, 0);
    }
    size_t len = (size_t)(end - l->rest.data);
    struct sym_span line = sym_span(l->rest.data, len);
    l->rest = sym_span(end + 1, l->rest.len - len - 1);
    return line;
}

void sym_lines_expect(struct sym_lines *l, const char *line)
{
    struct sym_span got = sym_lines_take(l);
    char why[128];
    if (!sym_span_equal(got, sym_span_text(line))) {
        (void)snprintf(why, sizeof why,
                       line[0] == '\0' ? "this line should be empty%s"
                                       : "this should be the line \"%s\"",
                       line);
        sym_lines_refuse(l, SYM_BAD_FORMAT, why);
    }
}

bool sym_lines_next_is(const struct sym_lines *l, const char *start)
{
    return l->err == SYM_OK && sym_span_begins(l->rest, sym_span_text(start));
}

struct sym_span sym_lines_value(struct sym_lines *l, const char *start)
{
    struct sym_span line = sym_lines_take(l);
    struct sym_span head = sym_span_text(start);
    char why[128];
    if (l->err == SYM_OK && !sym_span_begins(line, head)) {
        (void)snprintf(why, sizeof why, "this should be the line \"%s...\"", start);
        sym_lines_refuse(l, SYM_BAD_FORMAT, why);
    }
    return l->err == SYM_OK ? sym_span(line.data + head.len, line.len - head.len)
                            : sym_span(NULL, 0);
}

void sym_lines_bytes(struct sym_lines *l, const char *start, uint8_t *out, size_t len)
{
    uint8_t bytes[BYTES_MAX + 3];
    size_t got = sizeof bytes;
    struct sym_span value = sym_lines_value(l, start);
    char why[64];
    if (l->err != SYM_OK) {
        return;
    }
    if (sym_unbase64(bytes, &got, value) != SYM_OK || got != len) {
        (void)snprintf(why, sizeof why, "this is not the base64 of %zu bytes", len);
        sym_lines_refuse(l, SYM_BAD_FORMAT, why);
        return;
    }
    memcpy(out, bytes, len);
}

uint64_t sym_lines_number(struct sym_lines *l, const char *start)
{
    uint64_t n = 0;
    struct sym_span value = sym_lines_value(l, start);
    if (l->err == SYM_OK && !sym_text_number(&n, value)) {
        sym_lines_refuse(l, SYM_BAD_VALUE, "this is not a whole number, or is too large");
    }
    return n;
}

struct sym_span sym_lines_rest(struct sym_lines *l)
{
    struct sym_span rest = l->err == SYM_OK ? l->rest : sym_span(NULL, 0);
    l->rest = sym_span(NULL, 0);
    return rest;
}

bool sym_text_number(uint64_t *out, struct sym_span text)
{
    uint64_t n = 0;
    if (text.len == 0 || text.len > DIGITS_MAX || (text.data[0] == '0' && text.len > 1)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        n = n * 10 + (uint64_t)(text.data[i] - '0');
    }
    if (n > INT64_MAX) {
        return false;
    }
    *out = n;
    return true;
}
