#include "proto/seen.h"

#include "crypto/secret.h"

#include <stdlib.h>
#include <string.h>

#define WORDS (SYM_SEEN_BYTES / 4u)

struct seen_item {
    uint32_t words[WORDS];
};

struct sym_seen {
    uint64_t keys[WORDS + 1];
    size_t most;
    size_t n;
    size_t places;
    bool zero_seen; /* a place of zeros is empty, so the item of zeros has none */
    struct seen_item items[];
};

enum sym_err sym_seen_new(struct sym_seen **out, size_t most)
{
    if (most > INT32_MAX) {
        return SYM_LIMIT;
    }
    size_t places = most + most / 4 + 1;
    struct sym_seen *s = calloc(1, sizeof *s + places * sizeof(struct seen_item));
    if (s == NULL) {
        return SYM_NO_MEMORY;
    }
    s->most = most;
    s->places = places;
    sym_random((uint8_t *)s->keys, sizeof s->keys);
    *out = s;
    return SYM_OK;
}

void sym_seen_free(struct sym_seen *s)
{
    free(s);
}

static size_t place_of(const struct sym_seen *s, const struct seen_item *item)
{
    uint64_t sum = s->keys[WORDS];
    for (size_t i = 0; i < WORDS; i++) {
        sum += s->keys[i] * item->words[i];
    }
    return (size_t)(((sum >> 32) * s->places) >> 32);
}

static bool is_zero(const struct seen_item *item)
{
    return (item->words[0] | item->words[1] | item->words[2] | item->words[3]) == 0;
}

static bool is_same(const struct seen_item *a, const struct seen_item *b)
{
    uint32_t differ = 0;
    for (size_t i = 0; i < WORDS; i++) {
        differ |= a->words[i] ^ b->words[i];
    }
    return differ == 0;
}

enum sym_err sym_seen_add(struct sym_seen *s, const uint8_t *bytes)
{
    struct seen_item item;
    memcpy(&item, bytes, sizeof item);
    size_t at = place_of(s, &item);
    while (!is_zero(&s->items[at])) {
        if (is_same(&s->items[at], &item)) {
            return SYM_REPLAY;
        }
        at = at + 1 < s->places ? at + 1 : 0;
    }
    if (is_zero(&item) && s->zero_seen) {
        return SYM_REPLAY;
    }
    if (s->n == s->most) {
        return SYM_LIMIT;
    }
    s->items[at] = item;
    s->zero_seen = s->zero_seen || is_zero(&item);
    s->n++;
    return SYM_OK;
}
