/* table_lies.h - what a cheating party of an overlap table (table_rig.h) says: payloads changed and
 * signed again with its own keys, so that nothing but what the change breaks can give it away. */
#ifndef SYM_TESTS_SUPPORT_TABLE_LIES_H
#define SYM_TESTS_SUPPORT_TABLE_LIES_H

#include "tests/support/table_rig.h"

/* Changes an answer; elements holds said->elements answers, asked what they answer to. */
typedef void table_answer_lie_fn(struct sym_table_answer *said, struct sym_element *elements,
                                 const struct sym_element *asked);
/* proves: a proof with the secret that it consented with is made for what the answers are then. */
void table_lie_answer(struct table_rig *r, struct table_sent *sent, table_answer_lie_fn *lie,
                      bool proves);

typedef void table_consent_lie_fn(struct sym_table_consent *c);
/* A signed consent, as it lies in a payload CONSENT behind the type. */
void table_lie_consent(struct table_rig *r, struct table_sent *sent, table_consent_lie_fn *lie);
/* In a payload CONSENTS: that of the party at `place` becomes this, signed by the party `signer`.
 */
void table_lie_consents(struct table_rig *r, struct table_sent *sent, uint32_t place,
                        uint32_t signer, table_consent_lie_fn *lie);

typedef void table_release_lie_fn(struct sym_table_release *release);
/* In a payload RELEASE, signed by the tallier. */
void table_lie_release(struct table_rig *r, struct table_sent *sent, table_release_lie_fn *lie);

#endif
