#include "cli/ingest/profile.h"

#include "cli/file.h"
#include "cli/format.h"
#include "cli/nearest.h"
#include "crypto/text.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum key {
    KEY_NAME,
    KEY_KIND,
    KEY_ID,
    KEY_REGION,
    KEY_BANK,
    KEY_ISSUER,
    KEY_PLATFORM,
    KEY_DATES,
    KEY_DELIMITER,
    KEY_COLUMNS,
    KEY_PHONES,
    KEY_EMAILS,
    KEY_URLS,
    KEY_SEPARATOR,
    KEY_CELLS,
    KEY_PERSONS,
    KEY_COUNT
};

struct parsing {
    struct sym_profile *p;
    struct sym_span left;       /* text that inih has not asked for yet */
    unsigned line;              /* that it asked for last */
    unsigned given;             /* keys of [profile] seen, by bit */
    unsigned choice[KEY_COUNT]; /* of those that choose between words */
    struct sym_fault *fault;
    enum sym_err err; /* sticky */
};

static enum sym_err refuse(struct parsing *at, enum sym_err err, const char *format, ...)
    SYM_PRINTF(3, 4);

/* Keeps the first fault. */
static enum sym_err refuse(struct parsing *at, enum sym_err err, const char *format, ...)
{
    char reason[SYM_FAULT_BYTES];
    char shown[SYM_FAULT_BYTES];
    if (at->err != SYM_OK) {
        return at->err;
    }
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    at->err = err;
    sym_format_text(shown, sizeof shown, sym_span_text(reason));
    return sym_fail(at->fault, err, "%s:%u: %s", at->p->source, at->line, shown);
}

/* A key of [profile] takes a text, one of some words of which the first is the default, or
 * (without words) a number. */
struct key_row {
    const char *key;
    size_t offset, size; /* of the text in struct sym_profile; size 0: words */
    const char *words[5];
};

#define TEXT(member) offsetof(struct sym_profile, member), sizeof((struct sym_profile *)0)->member

static const struct key_row keys[KEY_COUNT] = {
    [KEY_NAME] = {"name", TEXT(name), {NULL}},
    [KEY_KIND] = {"kind", 0, 0, {"identifiers", "incidents", "aggregates", NULL}},
    [KEY_ID] = {"id", TEXT(id), {NULL}},
    [KEY_REGION] = {"region", TEXT(rules.region), {NULL}},
    [KEY_BANK] = {"bank", TEXT(bank), {NULL}},
    [KEY_ISSUER] = {"issuer", TEXT(issuer), {NULL}},
    [KEY_PLATFORM] = {"platform", TEXT(platform), {NULL}},
    [KEY_DATES] = {"dates", 0, 0, {"iso", "dmy", "mdy", NULL}},
    [KEY_DELIMITER] = {"delimiter", 0, 0, {"comma", "semicolon", "tab", NULL}},
    [KEY_COLUMNS] = {"columns", 0, 0, {"required", "optional", NULL}},
    [KEY_PHONES] = {"phones", 0, 0, {"valid", "possible", NULL}},
    [KEY_EMAILS] = {"emails", 0, 0, {"plain", "provider", NULL}},
    [KEY_URLS] = {"urls", 0, 0, {"plain", "without-tracking", NULL}},
    [KEY_SEPARATOR] = {"separator", 0, 0, {"semicolon", "comma", "pipe", "none", NULL}},
    [KEY_CELLS] = {"cells-per-incident",
                   offsetof(struct sym_profile, fields.cells_per_incident),
                   0,
                   {NULL}},
    [KEY_PERSONS] = {"persons-max", offsetof(struct sym_profile, fields.persons_max), 0, {NULL}},
};

static bool is_region(const char *text)
{
    return text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z' && text[2] == '\0';
}

static enum sym_err put_text(struct parsing *at, const struct key_row *row, const char *value)
{
    size_t len = strlen(value);
    if (row != &keys[KEY_REGION] && (len == 0 || len >= row->size)) {
        return refuse(at, SYM_TOO_LONG, "%s takes 1 to %zu bytes", row->key, row->size - 1);
    }
    if (row == &keys[KEY_REGION] && !is_region(value)) {
        return refuse(at, SYM_BAD_VALUE, "region has to be two capital letters, such as GB");
    }
    memcpy((char *)at->p + row->offset, value, len + 1);
    return SYM_OK;
}

static enum sym_err put_number(struct parsing *at, const struct key_row *row, const char *value)
{
    uint32_t *number = (uint32_t *)(void *)((char *)at->p + row->offset);
    if (sym_profile_bound_parse(number, value) != SYM_OK) {
        return refuse(at, SYM_BAD_VALUE, "%s has to be a number from 1 to %u", row->key,
                      SYM_PROFILE_BOUND_MAX);
    }
    return SYM_OK;
}

static enum sym_err put_choice(struct parsing *at, const struct key_row *row, const char *value)
{
    char list[64] = "";
    for (unsigned i = 0; row->words[i] != NULL; i++) {
        if (strcmp(row->words[i], value) == 0) {
            at->choice[row - keys] = i;
            return SYM_OK;
        }
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? " or " : "", row->words[i]);
    }
    return refuse(at, SYM_BAD_VALUE, "%s has to be %s", row->key, list);
}

static enum sym_err take_key(struct parsing *at, const char *key, const char *value)
{
    struct sym_nearest nearest = sym_nearest(key);
    for (const struct key_row *row = keys; row < keys + KEY_COUNT; row++) {
        unsigned bit = 1u << (row - keys);
        sym_nearest_try(&nearest, row->key, row->key);
        if (strcmp(row->key, key) != 0) {
            continue;
        }
        if ((at->given & bit) != 0) {
            return refuse(at, SYM_BAD_VALUE, "%s was given before", key);
        }
        at->given |= bit;
        if (row == &keys[KEY_KIND] && at->p->n_columns + at->p->fields.n > 0) {
            return refuse(at, SYM_BAD_VALUE, "kind has to stand before [columns]");
        }
        return row->size > 0           ? put_text(at, row, value)
               : row->words[0] != NULL ? put_choice(at, row, value)
                                       : put_number(at, row, value);
    }
    return nearest.best != NULL
               ? refuse(at, SYM_BAD_VALUE, "[profile] has no key \"%s\"; did you mean %s?", key,
                        nearest.best)
               : refuse(at, SYM_BAD_VALUE,
                        "[profile] has no key \"%s\"; symbolon-profile(5) "
                        "lists them",
                        key);
}

static bool holds_identifiers(const struct parsing *at)
{
    return at->choice[KEY_KIND] == 0;
}

/* A line of [columns], or of [FIELD] in a profile of incidents. */
static enum sym_err take_column(struct parsing *at, const char *section, const char *name,
                                const char *value)
{
    struct sym_profile *p = at->p;
    struct sym_fault reason = {SYM_OK, ""};
    enum sym_err err =
        holds_identifiers(at)
            ? sym_profile_columns_add(p->columns, &p->n_columns, name, value, at->line, &reason)
        : strcmp(section, "columns") == 0
            ? sym_profile_fields_add(&p->fields, name, value, at->line, &reason)
            : sym_profile_fields_mean(&p->fields, section, name, value, &reason);
    return err == SYM_OK ? err : refuse(at, err, "%s", reason.text);
}

/* What inih calls ----------------------------------------------------------------------------- */

static int take_line(void *context, const char *section, const char *name, const char *value)
{
    struct parsing *at = context;
    if (at->err != SYM_OK) {
        return 0;
    }
    if (strcmp(section, "profile") == 0) {
        return take_key(at, name, value) == SYM_OK;
    }
    if (!holds_identifiers(at) || strcmp(section, "columns") == 0) {
        return take_column(at, section, name, value) == SYM_OK;
    }
    return refuse(at, SYM_BAD_FORMAT, "the only sections are [profile] and [columns]%s",
                  section[0] == '\0' ? "; this line stands before any of them" : "") == SYM_OK;
}

/* Clean UTF-8 in one line that inih takes whole. */
static enum sym_err check_line(struct parsing *at, struct sym_span line)
{
    uint32_t c = 0;
    if (line.len > SYM_PROFILE_LINE_BYTES_MAX) {
        return refuse(at, SYM_TOO_LONG, "the line is longer than %u bytes",
                      SYM_PROFILE_LINE_BYTES_MAX);
    }
    while (line.len > 0) {
        if (!sym_text_next(&c, &line)) {
            return refuse(at, SYM_BAD_FORMAT, "is not UTF-8; save the file as UTF-8");
        }
        if (c < 0x20 && c != '\t' && c != '\r') {
            return refuse(at, SYM_BAD_FORMAT, "holds a control character");
        }
    }
    return SYM_OK;
}

/* As fgets. Blanks at the start of a line go: inih would take it for more of the line before. */
static char *next_line(char *out, int size, void *context)
{
    struct parsing *at = context;
    if (at->left.len == 0 || at->err != SYM_OK) {
        return NULL;
    }
    const uint8_t *end = memchr(at->left.data, '\n', at->left.len);
    size_t len = end != NULL ? (size_t)(end - at->left.data) : at->left.len;
    struct sym_span line = sym_span(at->left.data, len);
    size_t taken = end != NULL ? len + 1 : len;
    at->left = sym_span(at->left.data + taken, at->left.len - taken);
    at->line++;
    while (line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t')) {
        line = sym_span(line.data + 1, line.len - 1);
    }
    if (check_line(at, line) != SYM_OK) {
        return NULL;
    }
    if (size < 2 || line.len > (size_t)size - 2) {
        (void)refuse(at, SYM_TOO_LONG, "the line is longer than inih takes");
        return NULL;
    }
    memcpy(out, line.data, line.len);
    memcpy(out + line.len, "\n", 2);
    return out;
}

/* The whole -------------------------------------------------------------------------------- */

static enum sym_err check_whole(struct parsing *at)
{
    if (at->err != SYM_OK) {
        return at->err;
    }
    if (at->p->id[0] == '\0' && !holds_identifiers(at)) {
        memcpy(at->p->id, "@0", 3);
    }
    if (at->p->id[0] == '\0') {
        return refuse(at, SYM_BAD_VALUE,
                      "[profile] does not say which column holds your own id of a record: id = …");
    }
    struct sym_fault reason = {SYM_OK, ""};
    enum sym_err err =
        holds_identifiers(at)
            ? sym_profile_columns_check(at->p->columns, at->p->n_columns, at->p->issuer[0] != '\0',
                                        &at->line, &reason)
            : sym_profile_fields_check(
                  &at->p->fields, at->choice[KEY_KIND] == SYM_DATASET_AGGREGATES - 1u, &reason);
    return err == SYM_OK ? err : refuse(at, err, "%s", reason.text);
}

enum sym_err sym_profile_parse(struct sym_profile *out, const char *source, struct sym_span text,
                               struct sym_fault *fault)
{
    struct sym_profile p = {.source = ""};
    (void)sym_file_show(p.source, source);
    struct parsing at = {.p = &p, .left = text, .fault = fault};
    if (text.len > SYM_PROFILE_BYTES_MAX) {
        return refuse(&at, SYM_TOO_LONG, "is longer than %u bytes", SYM_PROFILE_BYTES_MAX);
    }
    int line = ini_parse_stream(next_line, &at, take_line, &at);
    if (line > 0 && (at.err == SYM_OK || (unsigned)line < at.line)) {
        /* inih goes on behind a line that it cannot read: what is wrong later comes second. */
        at.err = SYM_OK;
        at.line = (unsigned)line;
        return refuse(&at, SYM_BAD_FORMAT, "is neither a [section] nor a line \"name = value\"");
    }
    enum sym_err err = check_whole(&at);
    if (err != SYM_OK) {
        return err;
    }
    p.rules.dates = (enum sym_dates)at.choice[KEY_DATES];
    p.rules.phones_possible = at.choice[KEY_PHONES] == 1;
    p.rules.email_providers = at.choice[KEY_EMAILS] == 1;
    p.rules.url_drop_tracking = at.choice[KEY_URLS] == 1;
    p.kind = (enum sym_dataset_kind)(SYM_DATASET_IDENTIFIERS + at.choice[KEY_KIND]);
    p.fields.separator = ";,|"[at.choice[KEY_SEPARATOR]];
    p.optional = at.choice[KEY_COLUMNS] == 1;
    p.delimiter = ",;\t"[at.choice[KEY_DELIMITER]];
    *out = p;
    return SYM_OK;
}

enum sym_err sym_profile_load(struct sym_profile *out, const char *name, struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    const char *own = NULL;
    for (size_t i = 0; sym_profile_builtin(&own, i) != NULL; i++) {
        if (strcmp(name, sym_profile_builtin(&own, i)) == 0) {
            return sym_profile_parse(out, name, sym_span_text(own), fault);
        }
    }
    enum sym_err err = sym_file_read(&text, name, SYM_PROFILE_BYTES_MAX, fault);
    if (err == SYM_NOT_FOUND) {
        char shown[SYM_FAULT_BYTES];
        return sym_fail(fault, err,
                        "%s: there is no such file, and the profiles that are built in are "
                        "accounts, persons, person-keys, htcds, ctdc, iom-missing-migrants and "
                        "aggregates",
                        sym_file_show(shown, name));
    }
    return err == SYM_OK ? sym_profile_parse(out, name, sym_secret_span(&text), fault) : err;
}
