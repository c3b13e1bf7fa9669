/* tab_giver.h - the initiator of a joint tabulation, later on: gives the release that it has kept
 * to one participant that has not confirmed it, as either side was cut off.
 *
 *     giver                                     member, which remembers what it is owed
 *     PROPOSE    query                  ---->   makes its cube, and by that the query id
 *                                       <----   SEND        it waits for the release
 *     RELEASE    head, CELLS ...        ---->   it is the one that is owed; keeps it
 *                                       <----   KEPT        signature over its hash
 *     close                             <--->   close
 *
 * A sans-IO machine like tab_member.h. Payloads and checks are those of the tabulation itself.
 * After an error it is dead: the caller aborts the session.
 * Errors: SYM_WRONG_STATE, SYM_BAD_FORMAT, SYM_BAD_SIGNATURE, SYM_NO_MEMORY.
 */
#ifndef SYM_PROTO_TAB_GIVER_H
#define SYM_PROTO_TAB_GIVER_H

#include "proto/tab_member.h"

struct sym_tab_giver;

/* head: Release; cells: their varints; both copied. identity: of the participant. SYM_BAD_FORMAT:
 * these are none. */
SYM_MUST enum sym_err sym_tab_giver_new(struct sym_tab_giver **out, struct sym_span head,
                                        struct sym_span cells,
                                        const uint8_t identity[SYM_ED25519_BYTES]);
void sym_tab_giver_free(struct sym_tab_giver *g);

enum sym_tab_step sym_tab_giver_step(const struct sym_tab_giver *g, size_t *len);
/* A close has no payload. */
SYM_MUST enum sym_err sym_tab_giver_write(struct sym_tab_giver *g, uint8_t *payload, size_t len);
SYM_MUST enum sym_err sym_tab_giver_take(struct sym_tab_giver *g, struct sym_span payload);
/* The participant has signed that it keeps it. */
bool sym_tab_giver_is_kept(const struct sym_tab_giver *g);
const uint8_t *sym_tab_giver_hash(const struct sym_tab_giver *g);

#endif
