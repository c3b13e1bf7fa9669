/* tally.h - counts by several words: rows of a report, each a key of words and some numbers, shown
 * in the order of their keys, so that the same log makes the same report. Rows of which nothing was
 * counted are not shown.
 *
 * Zero-initialised but for the columns means empty. A failure to allocate is kept in `failed`.
 */
#ifndef SYM_CLI_AUDIT_TALLY_H
#define SYM_CLI_AUDIT_TALLY_H

#include "cli/json.h"

#define SYM_TALLY_WORDS   8u
#define SYM_TALLY_NUMBERS 9u
#define SYM_NO_TALLY      SIZE_MAX

struct sym_tally_row {
    char *words[SYM_TALLY_WORDS];
    uint64_t numbers[SYM_TALLY_NUMBERS];
};

struct sym_tally {
    /* Names of words, then of numbers, as JSON keys; each list ends with NULL. */
    const char *word_names[SYM_TALLY_WORDS + 1];
    const char *number_names[SYM_TALLY_NUMBERS + 1];
    /* That of these numbers which is thousand millionths of epsilon: in Markdown a decimal. NULL:
     * none. */
    const char *epsilon_name;
    struct sym_tally_row *rows; /* as they came */
    size_t *order;              /* of the rows */
    size_t n, max;
    bool failed;
};

void sym_tally_clear(struct sym_tally *t);
/* The number of the row with these words, as many as the tally has; made where it is not there.
 * SYM_NO_TALLY without memory. It stays the same. */
size_t sym_tally_row(struct sym_tally *t, const struct sym_span *words);
/* Adds to a number of a row; nothing for SYM_NO_TALLY. */
void sym_tally_add(struct sym_tally *t, size_t row, size_t number, uint64_t amount);

/* An array of objects. */
void sym_tally_json(struct sym_json *j, const char *key, const struct sym_tally *t);
/* A table of Markdown, or "None." */
void sym_tally_markdown(FILE *to, const struct sym_tally *t);
/* Text made harmless in a cell of Markdown. */
void sym_markdown_text(FILE *to, struct sym_span text);

#endif
