#include "cli/ingest/nicknames.h"

#include "cli/file.h"
#include "cli/format.h"
#include "cli/ingest/ascii.h"
#include "cli/ingest/unicode.h"
#include "crypto/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    char form[SYM_NICKNAME_BYTES];
    char name[SYM_NICKNAME_BYTES];
    unsigned line; /* of the own file; 0: built in */
};

struct sym_nicknames {
    size_t n, max;
    struct entry *entries; /* ascending by form, once parsed */
};

/* One text on its way in. */
struct reading {
    struct sym_nicknames *to;
    const char *source; /* harmless */
    unsigned line;
    bool own;
    struct sym_unicode *unicode; /* made when a word needs it */
    struct sym_fault *fault;
};

static enum sym_err refuse(const struct reading *r, enum sym_err err, const char *what,
                           struct sym_span word, const char *remedy)
{
    char shown[SYM_FORMAT_TEXT_BYTES(SYM_NICKNAME_BYTES)];
    word.len = word.len < SYM_NICKNAME_BYTES ? word.len : SYM_NICKNAME_BYTES;
    sym_format_text(shown, sizeof shown, word);
    return sym_fail(r->fault, err, "%.128s:%u: \"%s\" %s; %s", r->source, r->line, shown, what,
                    remedy);
}

static struct sym_span trimmed(struct sym_span text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text = sym_span(text.data + 1, text.len - 1);
    }
    while (text.len > 0 && strchr(" \t\r", text.data[text.len - 1]) != NULL) {
        text.len--;
    }
    return text;
}

/* Cuts off what stands before the mark, or all of it. */
static struct sym_span cut(struct sym_span *rest, char mark)
{
    const uint8_t *at = rest->len > 0 ? memchr(rest->data, mark, rest->len) : NULL;
    size_t len = at != NULL ? (size_t)(at - rest->data) : rest->len;
    struct sym_span first = sym_span(rest->data, len);
    len += at != NULL ? 1 : 0;
    *rest = sym_span(rest->data + len, rest->len - len);
    return first;
}

/* Letters a-z, at least two of them and a terminator. */
static bool fold(char out[SYM_NICKNAME_BYTES], struct reading *r, struct sym_span word)
{
    struct sym_writer w = sym_writer((uint8_t *)out, SYM_NICKNAME_BYTES - 1);
    if (sym_is_ascii(word)) {
        sym_write_span(&w, word);
    } else if ((r->unicode == NULL && sym_unicode_new(&r->unicode) != SYM_OK) ||
               sym_unicode_latin(&w, r->unicode, word) != SYM_OK) {
        return false;
    }
    for (size_t i = 0; i < w.len; i++) {
        out[i] = out[i] >= 'A' && out[i] <= 'Z' ? (char)(out[i] - 'A' + 'a') : out[i];
        if (out[i] < 'a' || out[i] > 'z') {
            return false;
        }
    }
    out[w.len < SYM_NICKNAME_BYTES ? w.len : 0] = '\0';
    return w.err == SYM_OK && w.len >= 2;
}

static enum sym_err read_word(char out[SYM_NICKNAME_BYTES], struct reading *r, struct sym_span text)
{
    struct sym_span word = trimmed(text);
    return fold(out, r, word)
               ? SYM_OK
               : refuse(r, SYM_BAD_VALUE, "is no name", word,
                        "write one word of 2 to 31 letters that have a Latin spelling");
}

static enum sym_err add(struct reading *r, const struct entry *entry)
{
    struct sym_nicknames *n = r->to;
    if (n->n == SYM_NICKNAMES_MAX) {
        return sym_fail(r->fault, SYM_LIMIT,
                        "%.128s:%u: there are more than %u forms; leave out what your lists do not "
                        "have",
                        r->source, r->line, SYM_NICKNAMES_MAX);
    }
    if (n->n == n->max) {
        size_t wanted = n->max > 0 ? 2 * n->max : 1024;
        struct entry *grown = reallocarray(n->entries, wanted, sizeof *grown);
        if (grown == NULL) {
            return sym_fail(r->fault, SYM_NO_MEMORY, "%.128s: %s", r->source,
                            sym_err_text(SYM_NO_MEMORY));
        }
        n->entries = grown;
        n->max = wanted;
    }
    n->entries[n->n++] = *entry;
    return SYM_OK;
}

static enum sym_err read_line(struct reading *r, struct sym_span line)
{
    struct entry entry = {.line = r->own ? r->line : 0};
    struct sym_span text = trimmed(cut(&line, '#'));
    struct sym_span forms = text;
    struct sym_span name = cut(&forms, ':');
    if (text.len == 0) {
        return SYM_OK;
    }
    if (name.len == text.len || trimmed(forms).len == 0) {
        return refuse(r, SYM_BAD_FORMAT, "is not followed by a colon and forms of it",
                      trimmed(name), "write NAME: FORM, FORM");
    }
    enum sym_err err = read_word(entry.name, r, name);
    if (err == SYM_OK) { /* it stands for itself */
        memcpy(entry.form, entry.name, sizeof entry.form);
        err = add(r, &entry);
    }
    while (err == SYM_OK && forms.len > 0) {
        memset(entry.form, 0, sizeof entry.form);
        err = read_word(entry.form, r, cut(&forms, ','));
        if (err == SYM_OK && strcmp(entry.form, entry.name) != 0) {
            err = add(r, &entry);
        }
    }
    return err;
}

static enum sym_err read_text(struct reading *r, struct sym_span text)
{
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && text.len > 0) {
        r->line++;
        err = read_line(r, cut(&text, '\n'));
    }
    sym_unicode_free(r->unicode);
    r->unicode = NULL;
    return err;
}

/* Those of the own file stand first, in its order. */
static int compare(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    int order = strcmp(x->form, y->form);
    if (order != 0) {
        return order;
    }
    if ((x->line == 0) != (y->line == 0)) {
        return x->line == 0 ? 1 : -1;
    }
    return (x->line > y->line) - (x->line < y->line);
}

static enum sym_err refuse_second(struct reading *r, const struct entry *first,
                                  const struct entry *second)
{
    r->line = second->line;
    return sym_fail(r->fault, SYM_BAD_VALUE,
                    "%.128s:%u: \"%s\" stands for %s already (line %u); leave one of them out",
                    r->source, second->line, second->form, first->name, first->line);
}

/* One entry for each form. */
static enum sym_err settle(struct reading *r)
{
    struct sym_nicknames *n = r->to;
    size_t kept = 0;
    qsort(n->entries, n->n, sizeof *n->entries, compare);
    for (size_t i = 0; i < n->n; i++) {
        const struct entry *last = kept > 0 ? &n->entries[kept - 1] : NULL;
        const struct entry *next = &n->entries[i];
        if (last == NULL || strcmp(last->form, next->form) != 0) {
            n->entries[kept++] = *next;
        } else if (next->line > 0 && strcmp(last->name, next->name) != 0) {
            return refuse_second(r, last, next);
        }
    }
    n->n = kept;
    return SYM_OK;
}

static int compare_form(const void *key, const void *entry)
{
    return strcmp(key, ((const struct entry *)entry)->form);
}

static const struct entry *look_up(const struct sym_nicknames *n, const char *word)
{
    return bsearch(word, n->entries, n->n, sizeof *n->entries, compare_form);
}

/* Where the own file gives another name to what is a name in the built-in table, that one's forms
 * follow. */
static void follow(struct sym_nicknames *n)
{
    for (size_t i = 0; i < n->n; i++) {
        const struct entry *on = look_up(n, n->entries[i].name);
        if (on != NULL && on != &n->entries[i]) {
            memcpy(n->entries[i].name, on->name, sizeof on->name);
        }
    }
}

enum sym_err sym_nicknames_parse(struct sym_nicknames **out, const char *source,
                                 struct sym_span text, struct sym_fault *fault)
{
    char shown[SYM_FAULT_BYTES];
    struct sym_nicknames *n = calloc(1, sizeof *n);
    struct reading r = {.to = n, .source = "the built-in table", .fault = fault};
    if (n == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "nicknames: %s", sym_err_text(SYM_NO_MEMORY));
    }
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && sym_nicknames_builtin(i) != NULL; i++) {
        err = read_line(&r, sym_span_text(sym_nicknames_builtin(i)));
    }
    r = (struct reading){
        .to = n, .source = sym_file_show(shown, source), .own = true, .fault = fault};
    if (err == SYM_OK && text.len > SYM_NICKNAMES_FILE_BYTES_MAX) {
        err = sym_fail(fault, SYM_TOO_LONG,
                       "%.128s: is longer than %u bytes; leave out what your lists do not have",
                       r.source, SYM_NICKNAMES_FILE_BYTES_MAX);
    }
    if (err == SYM_OK && text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0) {
        text = sym_span(text.data + 3, text.len - 3);
    }
    if (err == SYM_OK) {
        err = read_text(&r, text);
    }
    if (err == SYM_OK) {
        err = settle(&r);
    }
    if (err != SYM_OK) {
        sym_nicknames_free(n);
        return err;
    }
    follow(n);
    *out = n;
    return SYM_OK;
}

enum sym_err sym_nicknames_load(struct sym_nicknames **out, const char *path,
                                struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    if (path == NULL) {
        return sym_nicknames_parse(out, "", sym_span("", 0), fault);
    }
    enum sym_err err = sym_file_read(&text, path, SYM_NICKNAMES_FILE_BYTES_MAX, fault);
    return err == SYM_OK ? sym_nicknames_parse(out, path, sym_secret_span(&text), fault) : err;
}

void sym_nicknames_free(struct sym_nicknames *n)
{
    if (n != NULL) {
        free(n->entries);
        free(n);
    }
}

struct sym_span sym_nicknames_find(const struct sym_nicknames *n, struct sym_span word)
{
    char text[SYM_NICKNAME_BYTES];
    if (n == NULL || word.len >= sizeof text) {
        return word;
    }
    memcpy(text, word.data, word.len);
    text[word.len] = '\0';
    const struct entry *found = look_up(n, text);
    return found != NULL ? sym_span_text(found->name) : word;
}
