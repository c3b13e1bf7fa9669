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

/* Lines of [columns] --------------------------------------------------------------------------- */

static enum sym_err refuse_type(struct parsing *at, struct sym_span name)
{
    char list[SYM_FAULT_BYTES] = "";
    for (enum sym_token_type t = SYM_TOKEN_NONE + 1; t < SYM_TOKEN_TYPE_COUNT; t++) {
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                       sym_token_type_name(t));
    }
    return refuse(at, SYM_BAD_VALUE, "there is no identifier type \"%.*s\"; there are: %s",
                  (int)(name.len < 40 ? name.len : 40), (const char *)name.data, list);
}

/* "person.PART" */
static enum sym_err read_person(struct sym_profile_column *c, struct parsing *at, const char *part)
{
    char list[64] = "";
    if (sym_person_part_parse(&c->person, sym_span_text(part)) == SYM_OK) {
        return SYM_OK;
    }
    for (enum sym_person_part p = SYM_PERSON_NONE + 1; p < SYM_PERSON_PARTS; p++) {
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                       sym_person_part_text(p));
    }
    return refuse(at, SYM_BAD_VALUE, "a person has no part \"%.40s\"; there are: %s", part, list);
}

/* "TYPE", "TYPE.PART", "TYPE/N", "TYPE/N.PART" or "person.PART" */
static enum sym_err read_target(struct sym_profile_column *c, struct parsing *at, const char *text)
{
    const char *dot = strchr(text, '.');
    const char *slash = strchr(text, '/');
    size_t len = strcspn(text, "./");
    struct sym_span name = sym_span(text, len);
    if (strncmp(text, "person.", 7) == 0) {
        return read_person(c, at, text + 7);
    }
    if (sym_token_type_parse(&c->type, name) != SYM_OK) {
        return refuse_type(at, name);
    }
    if ((SYM_TOKEN_WEAK_TYPES >> c->type & 1) != 0) {
        return refuse(at, SYM_BAD_VALUE,
                      "%s is a key: map columns to person.given, person.surname, person.dob, "
                      "person.postcode and person.town, of which keys are made",
                      sym_token_type_name(c->type));
    }
    c->group = 1;
    if (slash != NULL && (dot == NULL || slash < dot)) {
        c->group = (unsigned)(slash[1] - '0');
        if (c->group < 1 || c->group > SYM_PROFILE_GROUPS_MAX ||
            (slash[2] != '\0' && slash + 2 != dot)) {
            return refuse(at, SYM_BAD_FORMAT, "behind / stands one digit from 1 to %u",
                          SYM_PROFILE_GROUPS_MAX);
        }
    }
    const char *part = sym_canon_part(c->type);
    c->second = dot != NULL;
    if (c->second && part == NULL) {
        return refuse(at, SYM_BAD_VALUE, "%s has no parts", sym_token_type_name(c->type));
    }
    if (c->second && strcmp(dot + 1, part) != 0) {
        return refuse(at, SYM_BAD_VALUE, "the second part of %s is %s.%s",
                      sym_token_type_name(c->type), sym_token_type_name(c->type), part);
    }
    return SYM_OK;
}

static bool is_same_target(const struct sym_profile_column *a, const struct sym_profile_column *b)
{
    return a->type == b->type && a->second == b->second && a->group == b->group &&
           a->person == b->person;
}

static bool holds_identifiers(const struct parsing *at)
{
    return at->choice[KEY_KIND] == 0;
}

/* A line of [columns] or of [FIELD] in a profile of incidents. */
static enum sym_err take_field(struct parsing *at, const char *section, const char *name,
                               const char *value)
{
    struct sym_fault reason = {SYM_OK, ""};
    enum sym_err err = strcmp(section, "columns") == 0
                           ? sym_profile_fields_add(&at->p->fields, name, value, at->line, &reason)
                           : sym_profile_fields_mean(&at->p->fields, section, name, value, &reason);
    return err == SYM_OK ? err : refuse(at, err, "%s", reason.text);
}

static enum sym_err take_column(struct parsing *at, const char *title, const char *target)
{
    struct sym_profile *p = at->p;
    struct sym_profile_column c = {.line = at->line};
    size_t len = strlen(title);
    if (len == 0 || len >= sizeof c.title) {
        return refuse(at, SYM_BAD_FORMAT, "the name of the column is missing");
    }
    if (p->n_columns == SYM_PROFILE_COLUMNS_MAX) {
        return refuse(at, SYM_LIMIT, "more than %u columns", SYM_PROFILE_COLUMNS_MAX);
    }
    memcpy(c.title, title, len + 1);
    enum sym_err err = read_target(&c, at, target);
    for (size_t i = 0; i < p->n_columns && err == SYM_OK; i++) {
        const struct sym_profile_column *other = &p->columns[i];
        if (is_same_target(other, &c) && c.person != SYM_PERSON_NONE) {
            err = refuse(at, SYM_BAD_VALUE, "line %u maps person.%s already", other->line,
                         sym_person_part_text(c.person));
        } else if (is_same_target(other, &c) && (c.second || strcmp(other->title, c.title) == 0)) {
            err = refuse(at, SYM_BAD_VALUE, "line %u says so already; write %s/2 for another one",
                         other->line, sym_token_type_name(c.type));
        }
    }
    if (err == SYM_OK) {
        p->columns[p->n_columns++] = c;
    }
    return err;
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
    if (!holds_identifiers(at)) {
        return take_field(at, section, name, value) == SYM_OK;
    }
    if (strcmp(section, "columns") == 0) {
        return take_column(at, name, value) == SYM_OK;
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

static bool has_column(const struct sym_profile *p, enum sym_token_type type, bool second)
{
    for (size_t i = 0; i < p->n_columns; i++) {
        if (p->columns[i].type == type && p->columns[i].second == second) {
            return true;
        }
    }
    return false;
}

/* Banks and platforms may stand in the value itself, "BANK:NUMBER". */
static bool needs_second(const struct sym_profile *p, enum sym_token_type type)
{
    switch (type) {
    case SYM_TOKEN_PASSPORT:
    case SYM_TOKEN_NATIONAL_ID:
    case SYM_TOKEN_PLATE:
        return p->issuer[0] == '\0';
    case SYM_TOKEN_NAME_DOB:
        return true;
    case SYM_TOKEN_NONE:
    case SYM_TOKEN_IBAN:
    case SYM_TOKEN_ACCOUNT:
    case SYM_TOKEN_BIC:
    case SYM_TOKEN_PHONE:
    case SYM_TOKEN_EMAIL:
    case SYM_TOKEN_HANDLE:
    case SYM_TOKEN_URL:
    case SYM_TOKEN_WALLET:
    case SYM_TOKEN_PAYMENT_REF:
    case SYM_TOKEN_NAMES_DOB:
    case SYM_TOKEN_SURNAME_DOB:
    case SYM_TOKEN_GIVEN_DOB:
    case SYM_TOKEN_DOB_POSTCODE:
    case SYM_TOKEN_DOB_TOWN:
    case SYM_TOKEN_NAMES_POSTCODE:
    case SYM_TOKEN_NAMES_TOWN:
    case SYM_TOKEN_SURNAME_POSTCODE_YEAR:
    case SYM_TOKEN_TYPE_COUNT:
        break;
    }
    return false;
}

/* Every key takes two facts; given name and surname are one. */
static enum sym_err check_person(struct parsing *at)
{
    unsigned facts = 0;
    unsigned line = 0;
    for (size_t i = 0; i < at->p->n_columns; i++) {
        enum sym_person_part part = at->p->columns[i].person;
        bool is_name = part == SYM_PERSON_NAME || part == SYM_PERSON_GIVEN;
        line = part != SYM_PERSON_NONE && line == 0 ? at->p->columns[i].line : line;
        facts |= part != SYM_PERSON_NONE ? 1u << (is_name ? SYM_PERSON_SURNAME : part) : 0;
    }
    if (facts == 0 || (facts & (facts - 1)) != 0) {
        return SYM_OK;
    }
    at->line = line;
    return refuse(at, SYM_BAD_VALUE,
                  "a key is made of two facts at least: map columns to two or more of a name, "
                  "person.dob, person.postcode and person.town");
}

static enum sym_err check_parts(struct parsing *at)
{
    for (size_t i = 0; i < at->p->n_columns; i++) {
        const struct sym_profile_column *c = &at->p->columns[i];
        const char *type = sym_token_type_name(c->type);
        at->line = c->line;
        if (c->second && !has_column(at->p, c->type, false)) {
            return refuse(at, SYM_BAD_VALUE, "%s.%s is mapped, but no column to %s itself", type,
                          sym_canon_part(c->type), type);
        }
        if (!c->second && needs_second(at->p, c->type) && !has_column(at->p, c->type, true)) {
            return refuse(at, SYM_BAD_VALUE, "%s needs a column that is mapped to %s.%s%s", type,
                          type, sym_canon_part(c->type),
                          c->type == SYM_TOKEN_NAME_DOB ? "" : ", or issuer = in [profile]");
        }
    }
    return SYM_OK;
}

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
    if (!holds_identifiers(at)) {
        struct sym_fault reason = {SYM_OK, ""};
        enum sym_err err = sym_profile_fields_check(
            &at->p->fields, at->choice[KEY_KIND] == SYM_DATASET_AGGREGATES - 1u, &reason);
        return err == SYM_OK ? err : refuse(at, err, "%s", reason.text);
    }
    if (at->p->n_columns == 0) {
        return refuse(at, SYM_BAD_VALUE, "[columns] maps no column to an identifier");
    }
    enum sym_err err = check_parts(at);
    return err == SYM_OK ? check_person(at) : err;
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
