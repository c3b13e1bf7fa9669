/* partner.h - another node with its keys and its card, for tests that pin one. What must not fail
 * fails the running test. */
#ifndef SYM_TESTS_SUPPORT_PARTNER_H
#define SYM_TESTS_SUPPORT_PARTNER_H

#include "crypto/card.h"

#define PARTNER_NOW 1790000000 /* seconds since 1970: when its card is issued */

struct partner {
    struct sym_node_keys keys;
    struct sym_card card;
    struct sym_node_id id;
    char text[SYM_CARD_BYTES_MAX]; /* of the card, as last signed */
    size_t len;
};

/* New keys, and a card of serial 1 that holds for a year and names one endpoint (NULL: none). */
void partner_open(struct partner *p, const char *name, const char *endpoint);
void partner_close(struct partner *p);
/* Signs the card as it stands; previous may be NULL unless it has a previous identity. */
void partner_sign(struct partner *p, const struct sym_sign_key *previous);
struct sym_span partner_text(const struct partner *p);

#endif
