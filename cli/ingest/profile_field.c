#include "cli/ingest/profile_field.h"

#include "cli/ingest/place_name.h"
#include "cli/nearest.h"

#include <stdio.h>
#include <string.h>

struct target_row {
    const char *text;
    enum sym_dimension dimension;
};

static const struct target_row targets[SYM_TARGET_NUMBER] = {
    [SYM_TARGET_NONE] = {"none", SYM_DIMENSION_NONE},
#define ROW(name, text, dimension) [SYM_TARGET_##name] = {text, SYM_DIMENSION_##dimension},
    SYM_PROFILE_TARGET_LIST(ROW)
#undef ROW
};

const char *sym_profile_target_text(enum sym_profile_target target)
{
    return targets[target].text;
}

enum sym_dimension sym_profile_target_dimension(enum sym_profile_target target)
{
    return targets[target].dimension;
}

static enum sym_err find_target(enum sym_profile_target *out, const char *text, size_t len,
                                struct sym_fault *reason)
{
    char name[32];
    (void)snprintf(name, sizeof name, "%.*s", (int)(len < 31 ? len : 31), text);
    struct sym_nearest nearest = sym_nearest(name);
    for (enum sym_profile_target t = SYM_TARGET_NONE + 1; t < SYM_TARGET_NUMBER; t++) {
        if (strcmp(name, targets[t].text) == 0) {
            *out = t;
            return SYM_OK;
        }
        sym_nearest_try(&nearest, targets[t].text, targets[t].text);
    }
    if (nearest.best != NULL) {
        return sym_fail(reason, SYM_BAD_VALUE, "an incident has no field \"%s\"; did you mean %s?",
                        name, nearest.best);
    }
    return sym_fail(reason, SYM_BAD_VALUE,
                    "an incident has no field \"%s\"; symbolon-profile(5) lists them", name);
}

/* Says which codes there are. */
static enum sym_err check_code(enum sym_profile_target target, const char *code,
                               struct sym_fault *reason)
{
    char list[256] = "";
    size_t n = 0;
    enum sym_dimension dimension = targets[target].dimension;
    if (dimension == SYM_DIMENSION_NONE) {
        return sym_fail(reason, SYM_BAD_VALUE, "%s has no codes", targets[target].text);
    }
    if (sym_dimension_check(dimension, sym_span_text(code)) == SYM_OK) {
        return SYM_OK;
    }
    const char *const *words = sym_dimension_words(dimension, &n);
    for (size_t i = 0; i < n; i++) {
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s",
                       i > 0 ? ", " : "; there are: ", words[i]);
    }
    return sym_fail(reason, SYM_BAD_VALUE, "%s has no code \"%.80s\"%s", targets[target].text, code,
                    list);
}

enum sym_err sym_profile_fields_add(struct sym_profile_fields *f, const char *title,
                                    const char *target, unsigned line, struct sym_fault *reason)
{
    struct sym_profile_field field = {.line = line};
    size_t title_len = strlen(title);
    size_t len = strcspn(target, ".");
    if (title_len == 0 || title_len >= sizeof field.title) {
        return sym_fail(reason, SYM_BAD_FORMAT, "the name of the column is missing");
    }
    if (f->n == SYM_PROFILE_COLUMNS_MAX) {
        return sym_fail(reason, SYM_LIMIT, "more than %u columns", SYM_PROFILE_COLUMNS_MAX);
    }
    enum sym_err err = find_target(&field.target, target, len, reason);
    if (err == SYM_OK && target[len] == '.') {
        err = check_code(field.target, target + len + 1, reason);
    }
    if (err != SYM_OK) {
        return err;
    }
    memcpy(field.title, title, title_len + 1);
    if (target[len] == '.') {
        memcpy(field.code, target + len + 1, strlen(target + len + 1) + 1);
    }
    for (size_t i = 0; i < f->n; i++) {
        const struct sym_profile_field *other = &f->list[i];
        if (strcmp(other->title, title) == 0 && other->target == field.target) {
            return sym_fail(reason, SYM_BAD_VALUE, "line %u says so already", other->line);
        }
    }
    f->list[f->n++] = field;
    return SYM_OK;
}

enum sym_err sym_profile_fields_mean(struct sym_profile_fields *f, const char *section,
                                     const char *word, const char *code, struct sym_fault *reason)
{
    struct sym_profile_meaning m = {.target = SYM_TARGET_NONE};
    enum sym_err err = find_target(&m.target, section, strlen(section), reason);
    if (err == SYM_OK) {
        err = check_code(m.target, code, reason);
    }
    if (err != SYM_OK) {
        return err;
    }
    size_t len = sym_place_name_fold(m.word, sizeof m.word - 1, sym_span_text(word));
    if (len == 0 || strlen(word) >= SYM_PROFILE_WORD_BYTES) {
        return sym_fail(reason, SYM_BAD_FORMAT,
                        "a word has to have a letter or a digit, and at most %u bytes",
                        SYM_PROFILE_WORD_BYTES - 1);
    }
    if (sym_profile_meaning(f, m.target, sym_span_text(word)) != NULL) {
        return sym_fail(reason, SYM_BAD_VALUE, "[%s] has \"%.63s\" already", section, word);
    }
    if (f->n_meanings == SYM_PROFILE_MEANINGS_MAX) {
        return sym_fail(reason, SYM_LIMIT, "more than %u words", SYM_PROFILE_MEANINGS_MAX);
    }
    memcpy(m.code, code, strlen(code) + 1);
    f->meanings[f->n_meanings++] = m;
    return SYM_OK;
}

const char *sym_profile_meaning(const struct sym_profile_fields *f, enum sym_profile_target target,
                                struct sym_span text)
{
    char room[SYM_PLACE_NAME_BYTES];
    struct sym_span folded = {NULL, 0};
    for (size_t i = 0; i < f->n_meanings; i++) {
        if (f->meanings[i].target != target) {
            continue;
        }
        if (folded.data == NULL) {
            folded = sym_span(room, sym_place_name_fold(room, sizeof room, text));
        }
        if (sym_span_equal(folded, sym_span_text(f->meanings[i].word))) {
            return f->meanings[i].code;
        }
    }
    return NULL;
}

static bool has(const struct sym_profile_fields *f, enum sym_profile_target target)
{
    for (size_t i = 0; i < f->n; i++) {
        if (f->list[i].target == target) {
            return true;
        }
    }
    return false;
}

enum sym_err sym_profile_fields_check(const struct sym_profile_fields *f, bool aggregates,
                                      struct sym_fault *reason)
{
    if (f->n == 0) {
        return sym_fail(reason, SYM_BAD_VALUE, "[columns] maps no column to a field");
    }
    if (has(f, SYM_TARGET_LATITUDE) != has(f, SYM_TARGET_LONGITUDE)) {
        return sym_fail(reason, SYM_BAD_VALUE, "latitude and longitude belong together");
    }
    if (aggregates != has(f, SYM_TARGET_COUNT)) {
        return sym_fail(reason, SYM_BAD_VALUE,
                        aggregates ? "aggregates need a column that is mapped to count"
                                   : "only aggregates have a count: kind = aggregates");
    }
    return SYM_OK;
}

enum sym_err sym_profile_bound_parse(uint32_t *out, const char *text)
{
    uint32_t n = 0;
    size_t len = 0;
    for (; text[len] >= '0' && text[len] <= '9' && len < 8; len++) {
        n = 10 * n + (uint32_t)(text[len] - '0');
    }
    if (len == 0 || text[len] != '\0' || n < 1 || n > SYM_PROFILE_BOUND_MAX) {
        return SYM_BAD_VALUE;
    }
    *out = n;
    return SYM_OK;
}
