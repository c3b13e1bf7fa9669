/* count_json.h - how many identifiers two lists have in common, as JSON: a release of the format
 * symbolon-release/1, as symbolon(1) documents it, of the kind "overlap". No record is named.
 */
#ifndef SYM_CLI_COUNT_JSON_H
#define SYM_CLI_COUNT_JSON_H

#include "cli/parties.h"
#include "cli/proof.h"

#include <stdio.h>

struct sym_count {
    const struct sym_exchange_entry *exchange; /* borrowed */
    struct sym_parties parties;
    struct sym_proof proof;
};

/* Asks for the names of nodes and for the proof of an exchange of the kind overlap:count that is
 * done, was asked for here and is not withheld. *out is zero-initialised; clear it in every case.
 * Errors: those of client.h. */
SYM_MUST enum sym_err sym_count_fetch(struct sym_count *out, struct sym_client *client,
                                      const struct sym_exchange_entry *entry,
                                      struct sym_fault *fault);
void sym_count_clear(struct sym_count *c);
/* SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_count_json(FILE *to, const struct sym_count *c);

#endif
