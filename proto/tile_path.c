#include "proto/tile_path.h"

#include <stdio.h>
#include <string.h>

#define GROUPS_MAX 7 /* of three digits: 2^63 has 19 */

void sym_tile_path(char out[SYM_TILE_PATH_BYTES], unsigned level, uint64_t number, unsigned width)
{
    unsigned group[GROUPS_MAX];
    size_t n = 0;
    size_t at = 0;
    do {
        group[n++] = (unsigned)(number % 1000);
        number /= 1000;
    } while (number > 0 && n < GROUPS_MAX);
    at +=
        (size_t)(level == SYM_TILE_ENTRIES ? snprintf(out, SYM_TILE_PATH_BYTES, "tile/entries")
                                           : snprintf(out, SYM_TILE_PATH_BYTES, "tile/%u", level));
    while (n > 0) {
        n--;
        at += (size_t)snprintf(out + at, SYM_TILE_PATH_BYTES - at, n > 0 ? "/x%03u" : "/%03u",
                               group[n]);
    }
    if (width < SYM_TILE_WIDTH) {
        (void)snprintf(out + at, SYM_TILE_PATH_BYTES - at, ".p/%u", width);
    }
}

/* How many hashes there are at this level in a log of size entries. */
static uint64_t hashes_at(unsigned level, uint64_t size)
{
    return level == SYM_TILE_ENTRIES ? size : level < 8 ? size >> (8 * level) : 0;
}

/* The number that the digits of a path say, whatever stands between them. */
static bool read_number(uint64_t *out, const char *text, const char *end)
{
    uint64_t n = 0;
    for (const char *at = text; at < end; at++) {
        if (*at >= '0' && *at <= '9') {
            if (n > (uint64_t)INT64_MAX / 10) {
                return false;
            }
            n = n * 10 + (uint64_t)(*at - '0');
        }
    }
    *out = n;
    return true;
}

bool sym_tile_path_is(const char *path, uint64_t size)
{
    char again[SYM_TILE_PATH_BYTES];
    uint64_t number = 0;
    const char *after = strncmp(path, "tile/", 5) == 0 ? strchr(path + 5, '/') : NULL;
    if (after == NULL || path[5] == '\0') {
        return false;
    }
    unsigned level = path[5] == 'e' ? SYM_TILE_ENTRIES : (unsigned)(uint8_t)path[5] - '0';
    const char *partial = strstr(after, ".p/");
    if (!read_number(&number, after, partial != NULL ? partial : after + strlen(after))) {
        return false;
    }
    uint64_t hashes = hashes_at(level, size);
    unsigned width = partial == NULL ? SYM_TILE_WIDTH : (unsigned)(hashes % SYM_TILE_WIDTH);
    if (number > hashes / SYM_TILE_WIDTH || width == 0 ||
        (number < hashes / SYM_TILE_WIDTH) != (width == SYM_TILE_WIDTH)) {
        return false;
    }
    sym_tile_path(again, level, number, width);
    return strcmp(path, again) == 0;
}
