#include "cli/nearest.h"

#include <string.h>

#define WORD_MAX 40u /* longer words are nobody's slip */

struct sym_nearest sym_nearest(const char *typed)
{
    /* A third of the letters may be wrong, and always one. */
    return (struct sym_nearest){.typed = typed, .best = NULL, .distance = strlen(typed) / 3 + 2};
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Levenshtein's edit distance: letters put in, left out or changed. */
static size_t edits(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(row[j] + 1, row[j - 1] + 1, changed);
        }
    }
    return row[b_len];
}

void sym_nearest_try(struct sym_nearest *n, const char *spelling, const char *meaning)
{
    size_t typed_len = strlen(n->typed);
    size_t len = strlen(spelling);
    if (typed_len > WORD_MAX || len > WORD_MAX) {
        return;
    }
    size_t distance = edits(n->typed, typed_len, spelling, len);
    if (distance < n->distance) {
        n->best = meaning;
        n->distance = distance;
    }
}
