/* own_card.h - the card of this node, as text and parsed, and its renewal. The text lies in
 * DIR/node.card for everybody to read. Errors: those of card.h and disk.h, with a line in fault.
 */
#ifndef SYM_NODE_PARTY_OWN_CARD_H
#define SYM_NODE_PARTY_OWN_CARD_H

#include "crypto/card.h"
#include "node/disk.h"
#include "node/evidence/log.h"
#include "proto/control.h"

struct sym_own_card {
    struct sym_card card;
    struct sym_node_id id;
    char text[SYM_CARD_BYTES_MAX];
    size_t len;
};

/* Reads DIR/node.card, which must fit the keys. */
SYM_MUST enum sym_err sym_own_card_load(struct sym_own_card *own, const struct sym_disk *dir,
                                        const struct sym_node_keys *keys, struct sym_fault *fault);
/* Signs a card with the next serial and what is asked (an empty name, no endpoints, 0 days: as
 * before), records that with its author, who may be NULL, and replaces the file durably. After a
 * failure the card is the old one, except when only the last sync failed: then it is the new one,
 * as in the file. */
SYM_MUST enum sym_err sym_own_card_renew(struct sym_own_card *own, const struct sym_disk *dir,
                                         const struct sym_node_keys *keys,
                                         const struct sym_card_renew *asked,
                                         const struct sym_author *author, int64_t now_s,
                                         struct sym_fault *fault);

#endif
