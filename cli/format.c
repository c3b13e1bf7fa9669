#include "cli/format.h"

#include "crypto/text.h"
#include "crypto/utc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

struct range {
    uint32_t first, last;
};

/* Unicode format characters that hide or reorder what stands around them (UTS 36); the joiners
 * U+200C and U+200D are needed to write some languages and stay. */
static const struct range harmful[] = {
    {0x00ad, 0x00ad}, {0x061c, 0x061c}, {0x180e, 0x180e}, {0x200b, 0x200b}, {0x200e, 0x200f},
    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
};

static bool is_shown(uint32_t c)
{
    for (size_t i = 0; i < sizeof harmful / sizeof *harmful; i++) {
        if (c >= harmful[i].first && c <= harmful[i].last) {
            return false;
        }
    }
    return c != 0 && wcwidth((wchar_t)c) >= 0;
}

void sym_format_text(char *out, size_t size, struct sym_span text)
{
    struct sym_writer w = sym_writer((uint8_t *)out, size - 1);
    while (text.len > 0 && w.err == SYM_OK) {
        uint32_t c = 0;
        char escaped[16] = "";
        struct sym_span shown = text;
        uint8_t byte = text.data[0];
        if (!sym_text_next(&c, &text)) {
            text = sym_span(text.data + 1, text.len - 1);
            (void)snprintf(escaped, sizeof escaped, "\\x%02x", byte);
        } else if (!is_shown(c)) {
            (void)snprintf(escaped, sizeof escaped, c < 0x80 ? "\\x%02" PRIx32 : "\\u{%" PRIx32 "}",
                           c);
        }
        shown.len -= text.len;
        sym_write_span(&w, escaped[0] != '\0' ? sym_span_text(escaped) : shown);
    }
    out[w.len] = '\0';
}

/* Takes the next character, or a byte that is none; its columns. */
static size_t next_columns(struct sym_span *left)
{
    uint32_t c = 0;
    if (!sym_text_next(&c, left)) {
        *left = sym_span(left->data + 1, left->len - 1);
    }
    int width = wcwidth((wchar_t)c);
    return width > 0 ? (size_t)width : 0;
}

size_t sym_format_columns(const char *text)
{
    size_t columns = 0;
    struct sym_span left = sym_span_text(text);
    while (left.len > 0) {
        columns += next_columns(&left);
    }
    return columns;
}

void sym_format_cut(char *text, size_t size, size_t columns)
{
    static const char more[] = "\xe2\x80\xa6"; /* one column */
    size_t used = 0;
    size_t kept = 0;
    struct sym_span left = sym_span_text(text);
    size_t len = left.len;
    if (sym_format_columns(text) <= columns) {
        return;
    }
    while (left.len > 0 && (used += next_columns(&left)) < columns) {
        kept = len - left.len;
    }
    text[kept] = '\0';
    if (columns > 0 && size - kept >= sizeof more) {
        memcpy(text + kept, more, sizeof more);
    }
}

void sym_format_time(char out[SYM_FORMAT_BYTES], uint64_t seconds)
{
    if (seconds > INT64_MAX || sym_utc_format(out, (int64_t)seconds) != SYM_OK) {
        memcpy(out, "-", sizeof "-");
    }
}

struct unit {
    const char *name;
    uint64_t size;
};

void sym_format_duration(char out[SYM_FORMAT_BYTES], uint64_t seconds)
{
    static const struct unit units[] = {
        {"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}, {NULL, 0}};
    const struct unit *unit = units;
    while (unit->size > 1 && seconds < unit->size) {
        unit++;
    }
    uint64_t first = seconds / unit->size;
    int used = snprintf(out, SYM_FORMAT_BYTES, "%" PRIu64 " %s%s", first, unit->name,
                        first == 1 ? "" : "s");
    uint64_t rest = seconds % unit->size;
    unit++;
    if (unit->name != NULL && rest >= unit->size && used > 0) {
        uint64_t second = rest / unit->size;
        (void)snprintf(out + used, SYM_FORMAT_BYTES - (size_t)used, " %" PRIu64 " %s%s", second,
                       unit->name, second == 1 ? "" : "s");
    }
}

/* Three significant digits of a value below 1000 (or all digits of a larger one). */
static void format_three_digits(char out[SYM_FORMAT_BYTES], double value, const char *unit)
{
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    (void)snprintf(out, SYM_FORMAT_BYTES, "%.*f %s", decimals, value, unit);
}

void sym_format_latency(char out[SYM_FORMAT_BYTES], uint64_t microseconds)
{
    if (microseconds < 1000) {
        (void)snprintf(out, SYM_FORMAT_BYTES, "%" PRIu64 " us", microseconds);
    } else if (microseconds < 999500) {
        format_three_digits(out, (double)microseconds / 1e3, "ms");
    } else {
        format_three_digits(out, (double)microseconds / 1e6, "s");
    }
}

void sym_format_bytes(char out[SYM_FORMAT_BYTES], uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        (void)snprintf(out, SYM_FORMAT_BYTES, "%" PRIu64 " bytes", bytes);
        return;
    }
    double value = (double)bytes / 1024;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    format_three_digits(out, value, units[unit]);
}

void sym_format_hex_groups(char *out, size_t size, const uint8_t *data, size_t n)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < n && used + 4 <= size; i++) {
        const char *space = i > 0 && i % 2 == 0 ? " " : "";
        used += (size_t)snprintf(out + used, size - used, "%s%02x", space, data[i]);
    }
}
