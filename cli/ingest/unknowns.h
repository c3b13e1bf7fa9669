/* unknowns.h - the values of a file that nothing is known of: which, how often, where first.
 *
 * A table of at most SYM_UNKNOWNS_MAX different values; what comes later is counted together.
 * Errors: SYM_NO_MEMORY.
 */
#ifndef SYM_CLI_INGEST_UNKNOWNS_H
#define SYM_CLI_INGEST_UNKNOWNS_H

#include "cli/ingest/profile_field.h"

#include <stdint.h>

#define SYM_UNKNOWNS_MAX   1024u
#define SYM_UNKNOWN_LENGTH 48u

struct sym_unknown {
    enum sym_profile_target target;
    char value[SYM_UNKNOWN_LENGTH + 1]; /* its start */
    uint64_t n;
    uint64_t first_line;
};

struct sym_unknowns {
    struct sym_unknown *list;
    size_t n;
    uint64_t others; /* values, with repetitions, beyond the table */
};

void sym_unknowns_clear(struct sym_unknowns *u);
SYM_MUST enum sym_err sym_unknowns_add(struct sym_unknowns *u, enum sym_profile_target target,
                                       const char *value, uint64_t line);
/* By field, and within one the most frequent first. */
void sym_unknowns_sort(struct sym_unknowns *u);

#endif
