#include "cli/ingest/repeats.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_PLACES 4096u
#define WIDTH_MAX    2u

struct sym_repeats sym_repeats(size_t width, size_t max)
{
    return (struct sym_repeats){.width = width, .max = max};
}

void sym_repeats_clear(struct sym_repeats *s)
{
    free(s->words);
    *s = sym_repeats(s->width, s->max);
}

/* The place of the key, or the free one where it belongs; places is a power of two. A place is free
 * while its first word is zero, which no key has. */
static uint64_t *place_of(uint64_t *words, size_t places, size_t width, const uint64_t *key)
{
    for (size_t at = (size_t)key[0] & (places - 1);; at = (at + 1) & (places - 1)) {
        uint64_t *place = words + at * width;
        if (place[0] == 0 || memcmp(place, key, width * sizeof *key) == 0) {
            return place;
        }
    }
}

static enum sym_err grow(struct sym_repeats *s)
{
    size_t places = s->places > 0 ? 2 * s->places : FIRST_PLACES;
    uint64_t *words = calloc(places, s->width * sizeof *words);
    if (words == NULL) {
        return SYM_NO_MEMORY;
    }
    for (size_t i = 0; i < s->places; i++) {
        const uint64_t *key = s->words + i * s->width;
        if (key[0] != 0) {
            memcpy(place_of(words, places, s->width, key), key, s->width * sizeof *key);
        }
    }
    free(s->words);
    s->words = words;
    s->places = places;
    return SYM_OK;
}

static void words_of(uint64_t words[WIDTH_MAX], const uint8_t *key, size_t width)
{
    memcpy(words, key, width * sizeof *words);
    words[0] = words[0] != 0 ? words[0] : 1;
}

bool sym_repeats_has(const struct sym_repeats *s, const uint8_t *key)
{
    uint64_t words[WIDTH_MAX] = {0};
    words_of(words, key, s->width);
    return s->places > 0 && *place_of(s->words, s->places, s->width, words) != 0;
}

enum sym_err sym_repeats_add(bool *before, struct sym_repeats *s, const uint8_t *key)
{
    uint64_t words[WIDTH_MAX] = {0};
    words_of(words, key, s->width);
    enum sym_err err = s->n >= s->places / 4 * 3 ? grow(s) : SYM_OK;
    if (err != SYM_OK) {
        return err;
    }
    uint64_t *place = place_of(s->words, s->places, s->width, words);
    bool held = place[0] != 0;
    if (!held && s->n == s->max) {
        return SYM_LIMIT;
    }
    if (!held) {
        memcpy(place, words, s->width * sizeof *words);
        s->n++;
    }
    *before = held;
    return SYM_OK;
}
