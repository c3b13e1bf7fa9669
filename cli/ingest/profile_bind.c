#include "cli/format.h"
#include "cli/ingest/batch.h"
#include "cli/ingest/profile.h"
#include "cli/ingest/unicode.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Composed, of any that a profile can name. */
#define TITLE_BYTES_MAX (3u * SYM_PROFILE_TITLE_BYTES)

struct titles {
    const struct sym_span *at;
    size_t n;
    const char *file;
};

/* How titles are compared: without blanks around them, also those that are copied along from web
 * pages, and with accents in one form, whichever the system writes. room holds what is composed. */
static struct sym_span plain(uint8_t room[TITLE_BYTES_MAX], struct sym_span title)
{
    const struct sym_span text = sym_batch_trimmed(title);
    struct sym_writer w = sym_writer(room, TITLE_BYTES_MAX);
    return sym_unicode_compose(&w, text) == SYM_OK && w.err == SYM_OK ? sym_span(room, w.len)
                                                                      : text;
}

/* "@3" is the third column, whatever it is called. */
static bool numbered(size_t *place, const char *title, size_t n)
{
    char *end = NULL;
    if (title[0] != '@' || title[1] < '1' || title[1] > '9') {
        return false;
    }
    unsigned long number = strtoul(title + 1, &end, 10);
    *place = number <= n ? (size_t)number - 1 : SYM_BOUND_NONE;
    return *end == '\0';
}

/* How many columns have this title, and one of them. */
static size_t count(size_t *place, const struct titles *t, const char *title, bool exactly)
{
    size_t found = 0;
    uint8_t rooms[2][TITLE_BYTES_MAX];
    const struct sym_span name = plain(rooms[0], sym_span_text(title));
    for (size_t i = 0; i < t->n; i++) {
        const struct sym_span other = plain(rooms[1], t->at[i]);
        const char *text = (const char *)other.data;
        if (other.len == name.len && name.len > 0 &&
            (exactly ? memcmp(text, name.data, name.len) == 0
                     : strncasecmp(text, (const char *)name.data, name.len) == 0)) {
            *place = i;
            found++;
        }
    }
    return found;
}

/* The titles that fit into a fault, made harmless. */
static void list_titles(char *out, size_t size, const struct titles *t)
{
    size_t used = 0;
    for (size_t i = 0; i < t->n; i++) {
        char title[SYM_FORMAT_TEXT_BYTES(40)];
        struct sym_span text = sym_batch_trimmed(t->at[i]);
        text.len = text.len < 40 ? text.len : 40;
        sym_format_text(title, sizeof title, text);
        const char *comma = i > 0 ? ", " : "";
        if (used + strlen(title) + 24 > size) {
            (void)snprintf(out + used, size - used, " and %zu more", t->n - i);
            return;
        }
        used += (size_t)snprintf(out + used, size - used, "%s%s", comma, title);
    }
}

static enum sym_err refuse(struct sym_fault *fault, enum sym_err err, const char *format, ...)
    SYM_PRINTF(3, 4);

/* Titles may hold anything. */
static enum sym_err refuse(struct sym_fault *fault, enum sym_err err, const char *format, ...)
{
    char text[SYM_FAULT_BYTES];
    char shown[SYM_FAULT_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sym_format_text(shown, sizeof shown, sym_span_text(text));
    return sym_fail(fault, err, "%s", shown);
}

/* The delimiter that the titles hold oftener than they are many, as --delimiter calls it; NULL. */
static const char *likely_delimiter(const struct titles *t, char now)
{
    static const struct {
        char mark;
        const char *word;
    } marks[] = {{';', "semicolon"}, {'\t', "tab"}, {',', "comma"}};
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++) {
        size_t found = 0;
        for (size_t i = 0; i < t->n && marks[k].mark != now; i++) {
            for (size_t at = 0; at < t->at[i].len; at++) {
                found += t->at[i].data[at] == (uint8_t)marks[k].mark;
            }
        }
        if (found > 0 && found >= t->n) {
            return marks[k].word;
        }
    }
    return NULL;
}

static enum sym_err refuse_unknown(const struct titles *t, const struct sym_profile *p,
                                   const char *title, unsigned line, struct sym_fault *fault)
{
    char list[160] = "";
    char place[24] = "";
    const char *other = likely_delimiter(t, p->delimiter);
    if (other != NULL) {
        (void)snprintf(list, sizeof list, "titles with a %s between them; try --delimiter %s",
                       other, other);
    } else {
        list_titles(list, sizeof list, t);
    }
    if (line > 0) {
        (void)snprintf(place, sizeof place, ", line %u", line);
    }
    return refuse(fault, SYM_NOT_FOUND,
                  "%s:1: has no column \"%.40s\" (profile %.60s%s); there are: %s", t->file, title,
                  p->source, place, list);
}

/* *place becomes SYM_BOUND_NONE when an optional column is not there. */
static enum sym_err find(size_t *place, const struct titles *t, const struct sym_profile *p,
                         const char *title, unsigned line, bool optional, struct sym_fault *fault)
{
    size_t at = SYM_BOUND_NONE;
    bool by_number = numbered(&at, title, t->n);
    size_t found = by_number ? 1 : count(&at, t, title, true);
    if (found == 0) {
        found = count(&at, t, title, false);
    }
    if (found > 1) {
        return refuse(fault, SYM_BAD_VALUE,
                      "%s:1: %zu columns are called \"%.40s\"; name the right one by its number, "
                      "such as @3",
                      t->file, found, title);
    }
    if (at == SYM_BOUND_NONE && (!optional || by_number)) {
        return refuse_unknown(t, p, title, line, fault);
    }
    *place = at;
    return SYM_OK;
}

static const char *fixed_second(const struct sym_profile *p, enum sym_token_type type)
{
    const char *part = sym_canon_part(type);
    const char *text = part == NULL                    ? ""
                       : strcmp(part, "bank") == 0     ? p->bank
                       : strcmp(part, "issuer") == 0   ? p->issuer
                       : strcmp(part, "platform") == 0 ? p->platform
                                                       : "";
    return text[0] != '\0' ? text : NULL;
}

/* The column of the second part in this group, or else in the first. */
static enum sym_err find_second(size_t *place, const struct titles *t, const struct sym_profile *p,
                                const struct sym_profile_column *of, struct sym_fault *fault)
{
    const struct sym_profile_column *best = NULL;
    for (size_t i = 0; i < p->n_columns; i++) {
        const struct sym_profile_column *c = &p->columns[i];
        bool fits = c->second && c->type == of->type && (c->group == of->group || c->group == 1);
        if (fits && (best == NULL || c->group == of->group)) {
            best = c;
        }
    }
    *place = SYM_BOUND_NONE;
    return best == NULL ? SYM_OK : find(place, t, p, best->title, best->line, p->optional, fault);
}

/* Names in several columns of one group are one identifier; everything else is one each. */
static struct sym_bound *bound_for(struct sym_binding *b, const struct sym_profile_column *c,
                                   const unsigned groups[SYM_TOKENS_PER_RECORD_MAX])
{
    for (size_t i = 0; i < b->n && c->type == SYM_TOKEN_NAME_DOB; i++) {
        if (b->identifiers[i].type == c->type && groups[i] == c->group) {
            return &b->identifiers[i];
        }
    }
    if (b->n == SYM_TOKENS_PER_RECORD_MAX) {
        return NULL;
    }
    b->identifiers[b->n] = (struct sym_bound){.type = c->type, .second = SYM_BOUND_NONE};
    return &b->identifiers[b->n++];
}

/* A name in several columns is one in all of them: given names alone are those of many people. */
static enum sym_err has_all_parts(bool *all, const struct titles *t, const struct sym_profile *p,
                                  const struct sym_profile_column *of, struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    *all = true;
    for (size_t i = 0; i < p->n_columns && err == SYM_OK && of->type == SYM_TOKEN_NAME_DOB; i++) {
        const struct sym_profile_column *c = &p->columns[i];
        size_t place = 0;
        if (c->type == of->type && !c->second && c->group == of->group) {
            err = find(&place, t, p, c->title, c->line, p->optional, fault);
            *all = *all && place != SYM_BOUND_NONE;
        }
    }
    return err;
}

static enum sym_err bind_column(struct sym_binding *b, unsigned groups[SYM_TOKENS_PER_RECORD_MAX],
                                const struct titles *t, const struct sym_profile *p,
                                const struct sym_profile_column *c, struct sym_fault *fault)
{
    size_t place = SYM_BOUND_NONE;
    size_t second = SYM_BOUND_NONE;
    enum sym_err err = find(&place, t, p, c->title, c->line, p->optional, fault);
    bool all = false;
    if (err == SYM_OK) {
        err = has_all_parts(&all, t, p, c, fault);
    }
    if (err == SYM_OK) {
        err = find_second(&second, t, p, c, fault);
    }
    bool lacks_second = second == SYM_BOUND_NONE && fixed_second(p, c->type) == NULL &&
                        sym_canon_part(c->type) != NULL && c->type != SYM_TOKEN_ACCOUNT &&
                        c->type != SYM_TOKEN_HANDLE;
    if (err != SYM_OK || place == SYM_BOUND_NONE || !all || lacks_second) {
        return err;
    }
    struct sym_bound *bound = bound_for(b, c, groups);
    if (bound == NULL || bound->n_values == SYM_BOUND_PARTS_MAX) {
        return refuse(fault, SYM_LIMIT,
                      "%s:%u: more than %u identifiers of one record, or more than %u columns "
                      "for one name",
                      p->source, c->line, SYM_TOKENS_PER_RECORD_MAX, SYM_BOUND_PARTS_MAX);
    }
    groups[bound - b->identifiers] = c->group;
    bound->values[bound->n_values++] = place;
    bound->second = second;
    bound->fixed = fixed_second(p, c->type);
    return SYM_OK;
}

/* The columns of keys. */
static enum sym_err bind_person(struct sym_binding *b, const struct titles *t,
                                const struct sym_profile *p, struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    for (size_t i = 0; i < SYM_PERSON_PARTS; i++) {
        b->person[i] = SYM_BOUND_NONE;
    }
    for (size_t i = 0; i < p->n_columns && err == SYM_OK; i++) {
        const struct sym_profile_column *c = &p->columns[i];
        if (c->person != SYM_PERSON_NONE) {
            size_t *place = &b->person[c->person];
            err = find(place, t, p, c->title, c->line, p->optional, fault);
            b->has_person = b->has_person || *place != SYM_BOUND_NONE;
        }
    }
    if (err == SYM_OK && b->has_person && b->n + SYM_PERSON_KEYS_MAX > SYM_TOKENS_PER_RECORD_MAX) {
        return refuse(fault, SYM_LIMIT,
                      "profile %s: more than %u identifiers of one record beside the %u keys of a "
                      "person; leave some of them out",
                      p->source, SYM_TOKENS_PER_RECORD_MAX - SYM_PERSON_KEYS_MAX,
                      SYM_PERSON_KEYS_MAX);
    }
    return err;
}

static enum sym_err check_region(const struct sym_binding *b, const struct sym_profile *p,
                                 struct sym_fault *fault)
{
    for (size_t i = 0; i < b->n; i++) {
        if (b->identifiers[i].type == SYM_TOKEN_PHONE && p->rules.region[0] == '\0') {
            return refuse(fault, SYM_NOT_FOUND,
                          "profile %s: which country do telephone numbers without country code "
                          "belong to? Give --region, such as --region GB",
                          p->source);
        }
    }
    return SYM_OK;
}

/* The id of an incident: the first of some titles that is there, or the number of the row. */
static enum sym_err find_id(size_t *place, const struct titles *t, const struct sym_profile *p,
                            struct sym_fault *fault)
{
    const char *at = p->id;
    for (;;) {
        char title[SYM_PROFILE_TITLE_BYTES];
        size_t len = strcspn(at, "|");
        memcpy(title, at, len);
        title[len] = '\0';
        *place = SYM_BOUND_ROW;
        if (strcmp(title, "@0") == 0) {
            return SYM_OK;
        }
        bool last = at[len] == '\0';
        enum sym_err err = find(place, t, p, title, 0, !last, fault);
        if (err != SYM_OK || *place != SYM_BOUND_NONE) {
            return err;
        }
        at += len + 1;
    }
}

/* Sorted by target; those of one target stay in their order. */
static void put_field(struct sym_binding *b, struct sym_bound_field field)
{
    size_t at = b->n_fields++;
    for (; at > 0 && b->fields[at - 1].target > field.target; at--) {
        b->fields[at] = b->fields[at - 1];
    }
    b->fields[at] = field;
}

static enum sym_err bind_fields(struct sym_binding *b, const struct titles *t,
                                const struct sym_profile *p, struct sym_fault *fault)
{
    bool counted = p->kind != SYM_DATASET_AGGREGATES;
    enum sym_err err = find_id(&b->id, t, p, fault);
    b->profile = p;
    for (size_t i = 0; i < p->fields.n && err == SYM_OK; i++) {
        const struct sym_profile_field *f = &p->fields.list[i];
        struct sym_bound_field field = {.target = f->target,
                                        .code = f->code[0] != '\0' ? f->code : NULL};
        bool optional = p->optional && f->target != SYM_TARGET_COUNT;
        err = find(&field.column, t, p, f->title, f->line, optional, fault);
        if (err == SYM_OK && field.column != SYM_BOUND_NONE) {
            put_field(b, field);
            counted = counted || field.target == SYM_TARGET_COUNT;
        }
    }
    if (err == SYM_OK && (b->n_fields == 0 || !counted)) {
        return refuse_unknown(t, p, p->fields.list[0].title, p->fields.list[0].line, fault);
    }
    return err;
}

enum sym_err sym_profile_bind(struct sym_binding *out, const struct sym_profile *p,
                              const struct sym_span *titles, size_t n, const char *csv_name,
                              struct sym_fault *fault)
{
    unsigned groups[SYM_TOKENS_PER_RECORD_MAX] = {0};
    struct sym_binding b = {.n_columns = n};
    struct titles t = {.at = titles, .n = n, .file = csv_name};
    enum sym_err err = SYM_OK;
    if (p->kind == SYM_DATASET_INCIDENTS || p->kind == SYM_DATASET_AGGREGATES) {
        err = bind_fields(&b, &t, p, fault);
        if (err == SYM_OK) {
            *out = b;
        }
        return err;
    }
    err = find(&b.id, &t, p, p->id, 0, false, fault);
    for (size_t i = 0; i < p->n_columns && err == SYM_OK; i++) {
        if (!p->columns[i].second && p->columns[i].person == SYM_PERSON_NONE) {
            err = bind_column(&b, groups, &t, p, &p->columns[i], fault);
        }
    }
    if (err == SYM_OK) {
        err = bind_person(&b, &t, p, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (b.n == 0 && !b.has_person) {
        return refuse_unknown(&t, p, p->columns[0].title, p->columns[0].line, fault);
    }
    err = check_region(&b, p, fault);
    if (err == SYM_OK) {
        *out = b;
    }
    return err;
}
