/* ids.h - a set of exchange ids, each with a number: 0, 1 … in the order they were added.
 *
 * Peers choose ids, so the places are found by a hash under a random key. Memory grows with the
 * set; a failure to allocate is told by SYM_NO_ID.
 */
#ifndef SYM_CLI_AUDIT_IDS_H
#define SYM_CLI_AUDIT_IDS_H

#include "proto/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYM_NO_ID SIZE_MAX

/* Zero-initialised means empty. */
struct sym_ids {
    uint8_t (*ids)[SYM_EXCHANGE_ID_BYTES];
    size_t n, max;
    size_t *slots; /* number + 1; 0: free */
    size_t n_slots;
    uint8_t key[16];
};

void sym_ids_clear(struct sym_ids *s);
/* The number of this id, SYM_NO_ID when it is not there. */
size_t sym_ids_find(const struct sym_ids *s, const uint8_t id[SYM_EXCHANGE_ID_BYTES]);
/* Adds it unless it is there; SYM_NO_ID without memory. */
size_t sym_ids_add(struct sym_ids *s, const uint8_t id[SYM_EXCHANGE_ID_BYTES]);

#endif
