/* repeats.h - a set of fingerprints, to notice what comes a second time.
 *
 * Keys are 8 or 16 bytes of a digest, so that they are spread already. Open addressing; the table
 * doubles at three quarters, hence 1.3 to 2.7 keys of memory for each key held.
 * Errors: SYM_NO_MEMORY, SYM_LIMIT.
 */
#ifndef SYM_CLI_INGEST_REPEATS_H
#define SYM_CLI_INGEST_REPEATS_H

#include "crypto/bytes.h"

struct sym_repeats {
    uint64_t *words; /* width for each place; all zero: free */
    size_t width;    /* of a key: 1 or 2 words of 8 bytes */
    size_t n, places;
    size_t max; /* keys at most */
};

/* Holds nothing yet; width as above. */
struct sym_repeats sym_repeats(size_t width, size_t max);
void sym_repeats_clear(struct sym_repeats *s);

bool sym_repeats_has(const struct sym_repeats *s, const uint8_t *key);
/* Adds 8 * width bytes of key; *before tells whether they were there. */
SYM_MUST enum sym_err sym_repeats_add(bool *before, struct sym_repeats *s, const uint8_t *key);

#endif
