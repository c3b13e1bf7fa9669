/* card_parse.h - what the files of the card module share. */
#ifndef SYM_CRYPTO_CARD_PARSE_H
#define SYM_CRYPTO_CARD_PARSE_H

#include "crypto/card.h"

#define SYM_CARD_FAMILY  "symbolon-card/"
#define SYM_CARD_VERSION "1"

/* sym_card_parse, with a remedy of the caller's in the fault. */
SYM_MUST enum sym_err sym_card_parse_as(struct sym_card *out, struct sym_span text,
                                        const char *remedy, struct sym_fault *fault);

#endif
