#include "cli/json.h"

#include "cli/format.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

#define DEPTH_MAX 16u
#define MILLION   UINT64_C(1000000)

struct sym_json {
    yajl_gen gen;
    FILE *to;
    bool is_array[DEPTH_MAX];
    size_t depth;
    enum sym_err err;
};

static void print(void *context, const char *text, size_t len)
{
    struct sym_json *j = context;
    (void)fwrite(text, 1, len, j->to); /* the stream remembers failures; main looks */
}

struct sym_json *sym_json_new(FILE *to)
{
    struct sym_json *j = calloc(1, sizeof *j);
    if (j == NULL) {
        return NULL;
    }
    j->to = to;
    j->gen = yajl_gen_alloc(NULL);
    if (j->gen == NULL) {
        free(j);
        return NULL;
    }
    (void)yajl_gen_config(j->gen, yajl_gen_print_callback, print, j);
    (void)yajl_gen_config(j->gen, yajl_gen_beautify, 1);
    (void)yajl_gen_config(j->gen, yajl_gen_indent_string, "  ");
    (void)yajl_gen_config(j->gen, yajl_gen_validate_utf8, 1);
    return j;
}

static void check(struct sym_json *j, yajl_gen_status status)
{
    if (j->err == SYM_OK && status != yajl_gen_status_ok) {
        j->err = SYM_INTERNAL;
    }
}

static yajl_gen_status put_text(struct sym_json *j, struct sym_span text)
{
    static const unsigned char empty[1];
    return yajl_gen_string(j->gen, text.len > 0 ? text.data : empty, text.len);
}

/* True when a value may follow. */
static bool put_key(struct sym_json *j, const char *key)
{
    if (j == NULL || j->err != SYM_OK) {
        return false;
    }
    if (key != NULL) {
        check(j, put_text(j, sym_span_text(key)));
    }
    return j->err == SYM_OK;
}

static void open_level(struct sym_json *j, const char *key, bool is_array)
{
    if (!put_key(j, key)) {
        return;
    }
    if (j->depth == DEPTH_MAX) {
        j->err = SYM_INTERNAL;
        return;
    }
    j->is_array[j->depth++] = is_array;
    check(j, is_array ? yajl_gen_array_open(j->gen) : yajl_gen_map_open(j->gen));
}

void sym_json_object(struct sym_json *j, const char *key)
{
    open_level(j, key, false);
}

void sym_json_array(struct sym_json *j, const char *key)
{
    open_level(j, key, true);
}

void sym_json_end(struct sym_json *j)
{
    if (j == NULL || j->err != SYM_OK) {
        return;
    }
    if (j->depth == 0) {
        j->err = SYM_INTERNAL;
        return;
    }
    bool is_array = j->is_array[--j->depth];
    check(j, is_array ? yajl_gen_array_close(j->gen) : yajl_gen_map_close(j->gen));
}

/* Copies text with U+FFFD for every byte that is no part of a character; NULL without memory. */
static uint8_t *repaired(size_t *len, struct sym_span text)
{
    static const char replacement[] = "\xef\xbf\xbd";
    size_t max = 3 * text.len + 1;
    uint8_t *out = malloc(max);
    if (out == NULL) {
        return NULL;
    }
    struct sym_writer w = sym_writer(out, max);
    while (text.len > 0) {
        uint32_t character = 0;
        struct sym_span rest = text;
        bool fine = sym_text_next(&character, &rest);
        rest = fine ? rest : sym_span(text.data + 1, text.len - 1);
        sym_write_span(&w, fine ? sym_span(text.data, text.len - rest.len)
                                : sym_span_text(replacement));
        text = rest;
    }
    *len = w.len;
    return out;
}

void sym_json_text(struct sym_json *j, const char *key, struct sym_span text)
{
    if (!put_key(j, key)) {
        return;
    }
    size_t len = 0;
    uint8_t *clean = repaired(&len, text);
    if (clean == NULL) {
        j->err = SYM_NO_MEMORY;
        return;
    }
    check(j, put_text(j, sym_span(clean, len)));
    free(clean);
}

void sym_json_string(struct sym_json *j, const char *key, const char *text)
{
    sym_json_text(j, key, sym_span_text(text));
}

void sym_json_number(struct sym_json *j, const char *key, uint64_t value)
{
    if (put_key(j, key)) {
        char digits[24];
        int len = snprintf(digits, sizeof digits, "%" PRIu64, value);
        check(j, yajl_gen_number(j->gen, digits, (size_t)len));
    }
}

void sym_json_integer(struct sym_json *j, const char *key, int64_t value)
{
    if (put_key(j, key)) {
        char digits[24];
        int len = snprintf(digits, sizeof digits, "%" PRId64, value);
        check(j, yajl_gen_number(j->gen, digits, (size_t)len));
    }
}

void sym_json_millionths(struct sym_json *j, const char *key, int64_t value)
{
    if (put_key(j, key)) {
        char digits[32];
        uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
        int len = snprintf(digits, sizeof digits, "%s%" PRIu64 ".%06" PRIu64, value < 0 ? "-" : "",
                           size / MILLION, size % MILLION);
        check(j, yajl_gen_number(j->gen, digits, (size_t)len));
    }
}

void sym_json_null(struct sym_json *j, const char *key)
{
    if (put_key(j, key)) {
        check(j, yajl_gen_null(j->gen));
    }
}

void sym_json_bool(struct sym_json *j, const char *key, bool value)
{
    if (put_key(j, key)) {
        check(j, yajl_gen_bool(j->gen, value));
    }
}

void sym_json_hex(struct sym_json *j, const char *key, struct sym_span bytes)
{
    char *text = malloc(2 * bytes.len + 1);
    if (text != NULL) {
        sym_hex(text, bytes.data, bytes.len);
        sym_json_string(j, key, text);
    } else if (j != NULL) {
        j->err = SYM_NO_MEMORY;
    }
    free(text);
}

void sym_json_time(struct sym_json *j, const char *key, uint64_t seconds)
{
    char text[SYM_FORMAT_BYTES];
    sym_format_time(text, seconds);
    if (strcmp(text, "-") != 0) {
        sym_json_string(j, key, text);
    } else if (put_key(j, key)) {
        check(j, yajl_gen_null(j->gen));
    }
}

void sym_json_raw(struct sym_json *j, const char *key, const char *text, size_t len)
{
    if (put_key(j, key)) {
        check(j, yajl_gen_number(j->gen, text, len)); /* yajl writes a number as it comes */
    }
}

enum sym_err sym_json_finish(struct sym_json *j)
{
    if (j == NULL) {
        return SYM_NO_MEMORY;
    }
    enum sym_err err = j->err == SYM_OK && j->depth > 0 ? SYM_INTERNAL : j->err;
    yajl_gen_free(j->gen);
    free(j);
    return err;
}

/* Reading ------------------------------------------------------------------------------------- */

/* A value is yajl's; only this file knows. */
static yajl_val inside(const struct sym_json_value *v)
{
    return (yajl_val)(uintptr_t)v;
}

static const struct sym_json_value *outside(yajl_val v)
{
    return (const struct sym_json_value *)v;
}

enum sym_err sym_json_read(struct sym_json_value **out, const char *text)
{
    char why[1];
    yajl_val v = yajl_tree_parse(text, why, sizeof why);
    if (v == NULL) {
        return SYM_BAD_FORMAT;
    }
    *out = (struct sym_json_value *)v;
    return SYM_OK;
}

void sym_json_free(struct sym_json_value *document)
{
    yajl_tree_free(inside(document));
}

const struct sym_json_value *sym_json_get(const struct sym_json_value *v, const char *key)
{
    const char *path[] = {key, NULL};
    return v != NULL ? outside(yajl_tree_get(inside(v), path, yajl_t_any)) : NULL;
}

size_t sym_json_count(const struct sym_json_value *v)
{
    return v != NULL && YAJL_IS_ARRAY(inside(v)) ? YAJL_GET_ARRAY(inside(v))->len : 0;
}

const struct sym_json_value *sym_json_at(const struct sym_json_value *v, size_t at)
{
    return at < sym_json_count(v) ? outside(YAJL_GET_ARRAY(inside(v))->values[at]) : NULL;
}

bool sym_json_whole(int64_t *out, const struct sym_json_value *v)
{
    if (v == NULL || !YAJL_IS_INTEGER(inside(v))) {
        return false;
    }
    *out = YAJL_GET_INTEGER(inside(v));
    return true;
}

bool sym_json_is_true(const struct sym_json_value *v)
{
    return v != NULL && YAJL_IS_TRUE(inside(v));
}

const char *sym_json_words(const struct sym_json_value *v)
{
    return v != NULL && YAJL_IS_STRING(inside(v)) ? YAJL_GET_STRING(inside(v)) : "";
}
