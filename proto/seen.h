/* seen.h - which group elements have come already: a set of their first 16 bytes, of a size that is
 * fixed when it is made. 20 bytes of memory per element, of which pages count only once an element
 * has touched them.
 *
 * Places are drawn with a secret, strongly universal hash (multilinear, after Lemire and Kaser), so
 * that a peer who chooses its elements cannot aim them at one place. Two different elements with
 * the same first 16 bytes count as one; among honest, random ones that does not happen.
 * Errors: SYM_REPLAY (there already), SYM_LIMIT (more than announced), SYM_NO_MEMORY.
 */
#ifndef SYM_PROTO_SEEN_H
#define SYM_PROTO_SEEN_H

#include "crypto/bytes.h"

#define SYM_SEEN_BYTES 16u

struct sym_seen;

/* A set for at most `most` elements, below 2^31. */
SYM_MUST enum sym_err sym_seen_new(struct sym_seen **out, size_t most);
void sym_seen_free(struct sym_seen *s);

/* Adds the first SYM_SEEN_BYTES of item. */
SYM_MUST enum sym_err sym_seen_add(struct sym_seen *s, const uint8_t *item);

#endif
