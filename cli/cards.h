/* cards.h - card and roster files as users meet them: read, shown, and named.
 *
 * A loaded card is authentic, not trusted: pinning is the user's act.
 * Errors: those of file.h and card.h; faults are complete sentences that name the file and, in a
 * roster, the card.
 */
#ifndef SYM_CLI_CARDS_H
#define SYM_CLI_CARDS_H

#include "cli/json.h"
#include "crypto/card.h"
#include "crypto/secret.h"
#include "proto/limits.h"

#include <stdio.h>

struct sym_card_entry {
    struct sym_card card;
    struct sym_node_id id;
    struct sym_span text; /* its part of the file */
};

struct sym_cards {
    struct sym_card_entry *entries;
    size_t n;
    struct sym_secret file;
};

/* Reads one card or a roster; cards is zero-initialised. Clear it in every case. */
SYM_MUST enum sym_err sym_cards_load(struct sym_cards *cards, const char *path,
                                     struct sym_fault *fault);
void sym_cards_clear(struct sym_cards *cards);
#define SYM_CARDS_AUTO __attribute__((cleanup(sym_cards_clear))) struct sym_cards

/* SHA-256 over all of them, in the form of a node id, so that it can be shown like one. */
SYM_MUST enum sym_err sym_cards_fingerprint(struct sym_node_id *out, const struct sym_cards *cards);

/* Name, role, endpoints, validity and fingerprint, one per line. */
SYM_MUST enum sym_err sym_cards_show(FILE *to, const struct sym_card *card);
/* One row per card, then the fingerprint of the roster. */
SYM_MUST enum sym_err sym_cards_show_roster(FILE *to, const struct sym_cards *cards);
/* Words and hex of a fingerprint, for comparing by voice. */
void sym_cards_show_fingerprint(FILE *to, const struct sym_node_id *id);

/* All fields of a card as one object. */
void sym_cards_json(struct sym_json *j, const char *key, const struct sym_card *card);
/* Hex and words of a fingerprint (32 bytes) as one object. */
void sym_cards_json_fingerprint(struct sym_json *j, const char *key, struct sym_span fingerprint);

/* An alias made of a node's name: lower-cased ASCII letters and digits, "-" for each run of other
 * characters; "peer" when nothing is left. */
void sym_alias_derive(char out[SYM_ALIAS_BYTES], const char *name);
/* Puts "-N" behind alias, shortening it where necessary. */
void sym_alias_number(char out[SYM_ALIAS_BYTES], const char *alias, unsigned number);

#endif
