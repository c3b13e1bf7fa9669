#include "cli/ingest/profile_column.h"

#include <stdio.h>
#include <string.h>

static enum sym_err refuse_type(struct sym_span name, struct sym_fault *reason)
{
    char list[SYM_FAULT_BYTES] = "";
    for (enum sym_token_type t = SYM_TOKEN_NONE + 1; t < SYM_TOKEN_TYPE_COUNT; t++) {
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                       sym_token_type_name(t));
    }
    return sym_fail(reason, SYM_BAD_VALUE, "there is no identifier type \"%.*s\"; there are: %s",
                    (int)(name.len < 40 ? name.len : 40), (const char *)name.data, list);
}

/* "person.PART" */
static enum sym_err read_person(struct sym_profile_column *c, const char *part,
                                struct sym_fault *reason)
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
    return sym_fail(reason, SYM_BAD_VALUE, "a person has no part \"%.40s\"; there are: %s", part,
                    list);
}

/* "TYPE", "TYPE.PART", "TYPE/N", "TYPE/N.PART" or "person.PART" */
static enum sym_err read_target(struct sym_profile_column *c, const char *text,
                                struct sym_fault *reason)
{
    const char *dot = strchr(text, '.');
    const char *slash = strchr(text, '/');
    size_t len = strcspn(text, "./");
    struct sym_span name = sym_span(text, len);
    if (strncmp(text, "person.", 7) == 0) {
        return read_person(c, text + 7, reason);
    }
    if (sym_token_type_parse(&c->type, name) != SYM_OK) {
        return refuse_type(name, reason);
    }
    if ((SYM_TOKEN_WEAK_TYPES >> c->type & 1) != 0) {
        return sym_fail(reason, SYM_BAD_VALUE,
                        "%s is a key: map columns to person.given, person.surname, person.dob, "
                        "person.postcode and person.town, of which keys are made",
                        sym_token_type_name(c->type));
    }
    c->group = 1;
    if (slash != NULL && (dot == NULL || slash < dot)) {
        c->group = (unsigned)(slash[1] - '0');
        if (c->group < 1 || c->group > SYM_PROFILE_GROUPS_MAX ||
            (slash[2] != '\0' && slash + 2 != dot)) {
            return sym_fail(reason, SYM_BAD_FORMAT, "behind / stands one digit from 1 to %u",
                            SYM_PROFILE_GROUPS_MAX);
        }
    }
    const char *part = sym_canon_part(c->type);
    c->second = dot != NULL;
    if (c->second && part == NULL) {
        return sym_fail(reason, SYM_BAD_VALUE, "%s has no parts", sym_token_type_name(c->type));
    }
    if (c->second && strcmp(dot + 1, part) != 0) {
        return sym_fail(reason, SYM_BAD_VALUE, "the second part of %s is %s.%s",
                        sym_token_type_name(c->type), sym_token_type_name(c->type), part);
    }
    return SYM_OK;
}

static bool is_same_target(const struct sym_profile_column *a, const struct sym_profile_column *b)
{
    return a->type == b->type && a->second == b->second && a->group == b->group &&
           a->person == b->person;
}

enum sym_err sym_profile_columns_add(struct sym_profile_column *columns, size_t *n,
                                     const char *title, const char *target, unsigned line,
                                     struct sym_fault *reason)
{
    struct sym_profile_column c = {.line = line};
    size_t len = strlen(title);
    if (len == 0 || len >= sizeof c.title) {
        return sym_fail(reason, SYM_BAD_FORMAT, "the name of the column is missing");
    }
    if (*n == SYM_PROFILE_COLUMNS_MAX) {
        return sym_fail(reason, SYM_LIMIT, "more than %u columns", SYM_PROFILE_COLUMNS_MAX);
    }
    memcpy(c.title, title, len + 1);
    enum sym_err err = read_target(&c, target, reason);
    for (size_t i = 0; i < *n && err == SYM_OK; i++) {
        const struct sym_profile_column *other = &columns[i];
        if (is_same_target(other, &c) && c.person != SYM_PERSON_NONE) {
            err = sym_fail(reason, SYM_BAD_VALUE, "line %u maps person.%s already", other->line,
                           sym_person_part_text(c.person));
        } else if (is_same_target(other, &c) && (c.second || strcmp(other->title, c.title) == 0)) {
            err = sym_fail(reason, SYM_BAD_VALUE,
                           "line %u says so already; write %s/2 for another one", other->line,
                           sym_token_type_name(c.type));
        }
    }
    if (err == SYM_OK) {
        columns[(*n)++] = c;
    }
    return err;
}

static bool has_column(const struct sym_profile_column *columns, size_t n, enum sym_token_type type,
                       bool second)
{
    for (size_t i = 0; i < n; i++) {
        if (columns[i].type == type && columns[i].second == second) {
            return true;
        }
    }
    return false;
}

/* Banks and platforms may stand in the value itself, "BANK:NUMBER". */
static bool needs_second(bool has_issuer, enum sym_token_type type)
{
    switch (type) {
    case SYM_TOKEN_PASSPORT:
    case SYM_TOKEN_NATIONAL_ID:
    case SYM_TOKEN_PLATE:
        return !has_issuer;
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
static enum sym_err check_person(const struct sym_profile_column *columns, size_t n, unsigned *line,
                                 struct sym_fault *reason)
{
    unsigned facts = 0;
    unsigned first = 0;
    for (size_t i = 0; i < n; i++) {
        enum sym_person_part part = columns[i].person;
        bool is_name = part == SYM_PERSON_NAME || part == SYM_PERSON_GIVEN;
        first = part != SYM_PERSON_NONE && first == 0 ? columns[i].line : first;
        facts |= part != SYM_PERSON_NONE ? 1u << (is_name ? SYM_PERSON_SURNAME : part) : 0;
    }
    if (facts == 0 || (facts & (facts - 1)) != 0) {
        return SYM_OK;
    }
    *line = first;
    return sym_fail(reason, SYM_BAD_VALUE,
                    "a key is made of two facts at least: map columns to two or more of a name, "
                    "person.dob, person.postcode and person.town");
}

static enum sym_err check_parts(const struct sym_profile_column *columns, size_t n, bool has_issuer,
                                unsigned *line, struct sym_fault *reason)
{
    for (size_t i = 0; i < n; i++) {
        const struct sym_profile_column *c = &columns[i];
        const char *type = sym_token_type_name(c->type);
        *line = c->line;
        if (c->second && !has_column(columns, n, c->type, false)) {
            return sym_fail(reason, SYM_BAD_VALUE, "%s.%s is mapped, but no column to %s itself",
                            type, sym_canon_part(c->type), type);
        }
        if (!c->second && needs_second(has_issuer, c->type) &&
            !has_column(columns, n, c->type, true)) {
            return sym_fail(reason, SYM_BAD_VALUE, "%s needs a column that is mapped to %s.%s%s",
                            type, type, sym_canon_part(c->type),
                            c->type == SYM_TOKEN_NAME_DOB ? "" : ", or issuer = in [profile]");
        }
    }
    return SYM_OK;
}

enum sym_err sym_profile_columns_check(const struct sym_profile_column *columns, size_t n,
                                       bool has_issuer, unsigned *line, struct sym_fault *reason)
{
    if (n == 0) {
        return sym_fail(reason, SYM_BAD_VALUE, "[columns] maps no column to an identifier");
    }
    enum sym_err err = check_parts(columns, n, has_issuer, line, reason);
    return err == SYM_OK ? check_person(columns, n, line, reason) : err;
}
