/* erasures.h - bodies that are said to be erased, against what the log itself says of that: before
 * bodies are erased an entry announces it, with the time before which they are (kind
 * BODIES_ERASED). So a body that is younger, or without such an entry behind it, is missing.
 *
 * Entries are told in order. Zero-initialised. No errors.
 */
#ifndef SYM_CLI_AUDIT_ERASURES_H
#define SYM_CLI_AUDIT_ERASURES_H

#include "proto/evidence.h"

struct sym_erasures {
    bool open; /* of the last one below nothing has been said yet; times never go back */
    uint64_t index;
    uint64_t time_ms;
};

/* The next entry. body: NULL when it is said to be erased, otherwise what it says. */
void sym_erasures_take(struct sym_erasures *e, uint64_t index, const struct sym_leaf *leaf,
                       const struct sym_entry_body *body);

/* What is wrong when the log has ended and one is open, behind "entry N". */
#define SYM_ERASURES_FAULT                                                                         \
    "has no body, and no entry of the log says that those of its time were erased (if that "       \
    "happened just now, do this again)"

#endif
