/* tab_lies.h - payloads of a tabulation that are altered on their way (tab_rig.h): the first of a
 * type, from or to one member. What must not fail ends the program. */
#ifndef SYM_TESTS_SUPPORT_TAB_LIES_H
#define SYM_TESTS_SUPPORT_TAB_LIES_H

#include "tests/support/tab_rig.h"

struct tab_payload {
    uint32_t place;  /* of the member at the other end from the lead */
    uint8_t **bytes; /* malloc */
    size_t *len;
};

typedef void tab_lie_fn(struct tab_rig *r, const struct tab_payload *p);

/* Forgets all lies, and lets the rig tell those that follow: four at most. */
void tab_lies_open(struct tab_rig *r);
void tab_lie(uint32_t place, bool to_lead, enum tab_type type, tab_lie_fn *fn);
/* All have been told. */
bool tab_lies_told(void);

/* Lies about any payload. */
tab_lie_fn tab_lie_longer;
tab_lie_fn tab_lie_shorter;
tab_lie_fn tab_lie_last_byte;
tab_lie_fn tab_lie_empty;
tab_lie_fn tab_lie_unknown;
tab_lie_fn tab_lie_send; /* SEND in its place */

struct sym_span tab_payload_content(const struct tab_payload *p);
void tab_payload_replace(const struct tab_payload *p, enum tab_type type, struct sym_span content);
/* Replaces it by a message that is signed by the member at `signer`. */
void tab_payload_sign(const struct tab_payload *p, struct tab_rig *r, enum tab_type type,
                      uint32_t signer, const struct sym_message *kind, const void *value,
                      size_t variable);

#endif
