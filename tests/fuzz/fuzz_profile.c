/* Profiles: up to a NUL the text of a profile, behind it the titles of a file, one per line. */
#include "cli/ingest/profile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TITLES_MAX 64u

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_fault(enum sym_err err, const struct sym_fault *fault)
{
    insist(err == fault->err && (err == SYM_OK) == (fault->text[0] == '\0'));
}

static void check_fields(const struct sym_profile_fields *f)
{
    insist(f->n > 0 && f->n <= SYM_PROFILE_COLUMNS_MAX);
    insist(f->n_meanings <= SYM_PROFILE_MEANINGS_MAX);
    for (size_t i = 0; i < f->n; i++) {
        const struct sym_profile_field *one = &f->list[i];
        enum sym_dimension dimension = sym_profile_target_dimension(one->target);
        insist(one->title[0] != '\0' && strlen(one->title) < sizeof one->title);
        insist(one->code[0] == '\0' ||
               sym_dimension_check(dimension, sym_span_text(one->code)) == SYM_OK);
    }
    for (size_t i = 0; i < f->n_meanings; i++) {
        const struct sym_profile_meaning *m = &f->meanings[i];
        insist(sym_dimension_check(sym_profile_target_dimension(m->target),
                                   sym_span_text(m->code)) == SYM_OK);
        insist(sym_profile_meaning(f, m->target, sym_span_text(m->word)) != NULL);
    }
}

static void check_profile(const struct sym_profile *p)
{
    if (p->kind != SYM_DATASET_IDENTIFIERS) {
        insist(p->id[0] != '\0' && p->n_columns == 0);
        check_fields(&p->fields);
        return;
    }
    insist(p->id[0] != '\0' && p->n_columns > 0 && p->n_columns <= SYM_PROFILE_COLUMNS_MAX);
    insist(p->delimiter == ',' || p->delimiter == ';' || p->delimiter == '\t');
    insist(strlen(p->rules.region) == 0 || strlen(p->rules.region) == 2);
    for (size_t i = 0; i < p->n_columns; i++) {
        const struct sym_profile_column *c = &p->columns[i];
        insist(c->title[0] != '\0' && strlen(c->title) < sizeof c->title);
        insist(c->type > SYM_TOKEN_NONE && c->type < SYM_TOKEN_TYPE_COUNT);
        insist(c->group >= 1 && c->group <= SYM_PROFILE_GROUPS_MAX);
        insist(!c->second || sym_canon_part(c->type) != NULL);
    }
}

static void check_bound_fields(const struct sym_binding *b, size_t n_titles)
{
    insist(b->id < n_titles || b->id == SYM_BOUND_ROW);
    insist(b->n == 0 && b->n_fields <= SYM_PROFILE_COLUMNS_MAX);
    for (size_t i = 0; i < b->n_fields; i++) {
        insist(b->fields[i].column < n_titles);
        insist(i == 0 || b->fields[i - 1].target <= b->fields[i].target);
    }
}

static void check_binding(const struct sym_binding *b, size_t n_titles)
{
    if (b->n_fields > 0) {
        check_bound_fields(b, n_titles);
        return;
    }
    insist(b->id < n_titles && b->n_columns == n_titles);
    insist(b->n > 0 && b->n <= SYM_TOKENS_PER_RECORD_MAX);
    for (size_t i = 0; i < b->n; i++) {
        const struct sym_bound *one = &b->identifiers[i];
        insist(one->n_values > 0 && one->n_values <= SYM_BOUND_PARTS_MAX);
        insist(one->second == SYM_BOUND_NONE || one->second < n_titles);
        for (size_t k = 0; k < one->n_values; k++) {
            insist(one->values[k] < n_titles);
        }
    }
}

static size_t cut_titles(struct sym_span out[TITLES_MAX], struct sym_span text)
{
    size_t n = 0;
    while (n < TITLES_MAX) {
        const uint8_t *end = text.len > 0 ? memchr(text.data, '\n', text.len) : NULL;
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        out[n++] = sym_span(text.data, len);
        if (end == NULL) {
            break;
        }
        text = sym_span(end + 1, text.len - len - 1);
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sym_profile profile;
    struct sym_binding binding;
    struct sym_span titles[TITLES_MAX];
    struct sym_fault fault = {SYM_OK, ""};
    const uint8_t *nul = size > 0 ? memchr(data, '\0', size) : NULL;
    size_t len = nul != NULL ? (size_t)(nul - data) : size;
    enum sym_err err = sym_profile_parse(&profile, "fuzz.ini", sym_span(data, len), &fault);
    check_fault(err, &fault);
    if (err != SYM_OK) {
        return 0;
    }
    check_profile(&profile);
    size_t rest = nul != NULL ? size - len - 1 : 0;
    size_t n = cut_titles(titles, sym_span(nul != NULL ? nul + 1 : data, rest));
    err = sym_profile_bind(&binding, &profile, titles, n, "fuzz.csv", &fault);
    check_fault(err, &fault);
    if (err == SYM_OK) {
        check_binding(&binding, n);
    }
    return 0;
}
