#include "cli/audit/tally.h"

#include "cli/format.h"
#include "proto/epsilon.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_FIRST 64u

void sym_tally_clear(struct sym_tally *t)
{
    for (size_t i = 0; i < t->n; i++) {
        for (size_t w = 0; w < SYM_TALLY_WORDS; w++) {
            free(t->rows[i].words[w]);
        }
    }
    free(t->rows);
    free(t->order);
    t->rows = NULL;
    t->order = NULL;
    t->n = t->max = 0;
}

static int compare_word(const char *word, struct sym_span text)
{
    size_t len = strlen(word);
    size_t both = len < text.len ? len : text.len;
    int order = both > 0 ? memcmp(word, text.data, both) : 0;
    return order != 0 ? order : (len > text.len) - (len < text.len);
}

static int compare(const struct sym_tally *t, const struct sym_tally_row *row,
                   const struct sym_span *words)
{
    int order = 0;
    for (size_t w = 0; order == 0 && t->word_names[w] != NULL; w++) {
        order = compare_word(row->words[w], words[w]);
    }
    return order;
}

/* The place in the order where the words are, or belong. */
static size_t place_of(bool *found, const struct sym_tally *t, const struct sym_span *words)
{
    size_t first = 0;
    size_t end = t->n;
    *found = false;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int order = compare(t, &t->rows[t->order[middle]], words);
        if (order == 0) {
            *found = true;
            return middle;
        }
        first = order < 0 ? middle + 1 : first;
        end = order > 0 ? middle : end;
    }
    return first;
}

static bool make_room(struct sym_tally *t)
{
    if (t->n < t->max) {
        return true;
    }
    size_t max = t->max > 0 ? 2 * t->max : ROWS_FIRST;
    struct sym_tally_row *rows = reallocarray(t->rows, max, sizeof *rows);
    if (rows == NULL) {
        return false;
    }
    t->rows = rows;
    size_t *order = reallocarray(t->order, max, sizeof *order);
    if (order == NULL) {
        return false;
    }
    t->order = order;
    t->max = max;
    return true;
}

/* Text without NUL, which no text of a message has. */
static bool copy_words(struct sym_tally *t, struct sym_tally_row *row, const struct sym_span *words)
{
    *row = (struct sym_tally_row){.numbers = {0}};
    bool whole = true;
    for (size_t w = 0; t->word_names[w] != NULL; w++) {
        row->words[w] = strndup(words[w].len > 0 ? (const char *)words[w].data : "", words[w].len);
        whole &= row->words[w] != NULL;
    }
    return whole;
}

size_t sym_tally_row(struct sym_tally *t, const struct sym_span *words)
{
    bool found = false;
    size_t at = place_of(&found, t, words);
    if (found) {
        return t->order[at];
    }
    if (!make_room(t) || !copy_words(t, &t->rows[t->n], words)) {
        t->failed = true;
        return SYM_NO_TALLY;
    }
    memmove(t->order + at + 1, t->order + at, (t->n - at) * sizeof *t->order);
    t->order[at] = t->n;
    return t->n++;
}

void sym_tally_add(struct sym_tally *t, size_t row, size_t number, uint64_t amount)
{
    if (row != SYM_NO_TALLY) {
        t->rows[row].numbers[number] += amount;
    }
}

/* Rows are made before it is known whether something of them counts. */
static bool counts(const struct sym_tally *t, const struct sym_tally_row *row)
{
    uint64_t all = 0;
    for (size_t n = 0; t->number_names[n] != NULL; n++) {
        all |= row->numbers[n];
    }
    return all != 0;
}

static bool has_any(const struct sym_tally *t)
{
    for (size_t i = 0; i < t->n; i++) {
        if (counts(t, &t->rows[i])) {
            return true;
        }
    }
    return false;
}

void sym_tally_json(struct sym_json *j, const char *key, const struct sym_tally *t)
{
    sym_json_array(j, key);
    for (size_t i = 0; i < t->n; i++) {
        const struct sym_tally_row *row = &t->rows[t->order[i]];
        if (!counts(t, row)) {
            continue;
        }
        sym_json_object(j, NULL);
        for (size_t w = 0; t->word_names[w] != NULL; w++) {
            sym_json_string(j, t->word_names[w], row->words[w]);
        }
        for (size_t n = 0; t->number_names[n] != NULL; n++) {
            sym_json_number(j, t->number_names[n], row->numbers[n]);
        }
        sym_json_end(j);
    }
    sym_json_end(j);
}

void sym_markdown_text(FILE *to, struct sym_span text)
{
    char *shown = malloc(SYM_FORMAT_TEXT_BYTES(text.len));
    if (shown == NULL) {
        (void)fputc('?', to);
        return;
    }
    sym_format_text(shown, SYM_FORMAT_TEXT_BYTES(text.len), text);
    for (const char *c = shown; *c != '\0'; c++) {
        if (strchr("\\`*_[]<>|#~&", *c) != NULL) {
            (void)fputc('\\', to);
        }
        (void)fputc(*c, to);
    }
    free(shown);
}

/* "bytes_sent" as a title: "bytes sent". */
static void put_title(FILE *to, const char *name)
{
    (void)fputs("| ", to);
    for (; *name != '\0'; name++) {
        (void)fputc(*name == '_' ? ' ' : *name, to);
    }
    (void)fputc(' ', to);
}

static void put_titles(FILE *to, const struct sym_tally *t)
{
    for (size_t w = 0; t->word_names[w] != NULL; w++) {
        put_title(to, t->word_names[w]);
    }
    for (size_t n = 0; t->number_names[n] != NULL; n++) {
        put_title(to, t->number_names[n]);
    }
    (void)fputs("|\n", to);
    for (size_t w = 0; t->word_names[w] != NULL; w++) {
        (void)fputs("|---", to);
    }
    for (size_t n = 0; t->number_names[n] != NULL; n++) {
        (void)fputs("|--:", to);
    }
    (void)fputs("|\n", to);
}

static void put_number(FILE *to, const struct sym_tally *t, size_t n, uint64_t number)
{
    char epsilon[SYM_EPSILON_BYTES];
    if (t->epsilon_name != NULL && strcmp(t->number_names[n], t->epsilon_name) == 0) {
        sym_epsilon_text(epsilon, number);
        (void)fprintf(to, "| %s ", epsilon);
    } else {
        (void)fprintf(to, "| %" PRIu64 " ", number);
    }
}

void sym_tally_markdown(FILE *to, const struct sym_tally *t)
{
    if (!has_any(t)) {
        (void)fputs("None.\n", to);
        return;
    }
    put_titles(to, t);
    for (size_t i = 0; i < t->n; i++) {
        const struct sym_tally_row *row = &t->rows[t->order[i]];
        if (!counts(t, row)) {
            continue;
        }
        for (size_t w = 0; t->word_names[w] != NULL; w++) {
            (void)fputs("| ", to);
            sym_markdown_text(to, sym_span_text(*row->words[w] != '\0' ? row->words[w] : "-"));
            (void)fputc(' ', to);
        }
        for (size_t n = 0; t->number_names[n] != NULL; n++) {
            put_number(to, t, n, row->numbers[n]);
        }
        (void)fputs("|\n", to);
    }
}
