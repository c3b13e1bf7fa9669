/* grants_asked.h - how often something was asked within the last 24 hours, in counts of a quarter
 * of an hour: a request counts for 24 hours at least and a quarter more at most.
 *
 * A clock that is set back by less than a day forgets nothing and ages nothing until it has caught
 * up; set back further, all that is known counts as asked now. Pure: the clock is an argument,
 * milliseconds. Errors: SYM_BAD_FORMAT.
 */
#ifndef SYM_NODE_GRANT_GRANTS_ASKED_H
#define SYM_NODE_GRANT_GRANTS_ASKED_H

#include "crypto/bytes.h"
#include "proto/limits.h"

#define SYM_ASKED_SLOT_MS 900000u
#define SYM_ASKED_SLOTS   97u /* of 24 hours, and the one that has begun */
/* What is stored: version, slot, counts. */
#define SYM_ASKED_BYTES (9u + 4u * SYM_ASKED_SLOTS)

/* Zero-initialised: never asked. */
struct sym_asked {
    uint64_t slot;                    /* the newest, since 1970 */
    uint32_t counts[SYM_ASKED_SLOTS]; /* the newest first; each bounded, so that the sum fits */
};

/* Within the 24 hours before this time. */
uint32_t sym_asked_count(const struct sym_asked *a, uint64_t wall_ms);
/* True when this changed anything; a flood does so no more after a while. */
bool sym_asked_add(struct sym_asked *a, uint64_t wall_ms);

/* Adds n at once, of things of which a day allows SYM_STANDING_PER_DAY_MAX at most. */
void sym_asked_add_many(struct sym_asked *a, uint64_t wall_ms, uint32_t n);

/* As it is stored; SYM_BAD_FORMAT: it is not. */
void sym_asked_write(uint8_t out[SYM_ASKED_BYTES], const struct sym_asked *a);
SYM_MUST enum sym_err sym_asked_read(struct sym_asked *a, struct sym_span bytes);

#endif
