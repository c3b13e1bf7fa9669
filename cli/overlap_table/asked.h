/* asked.h - a peer's request for an overlap table, for a person who decides about it.
 *
 * Errors: SYM_BAD_FORMAT, SYM_NO_MEMORY.
 */
#ifndef SYM_CLI_OVERLAP_TABLE_ASKED_H
#define SYM_CLI_OVERLAP_TABLE_ASKED_H

#include "cli/json.h"
#include "cli/parties.h"
#include "cli/table.h"
#include "proto/table.h"

struct sym_table_asked {
    struct sym_arena arena;
    struct sym_overlap_table asked;
};

/* Of the parameters of a held request; out is empty. Clear it in every case. */
SYM_MUST enum sym_err sym_table_asked_read(struct sym_table_asked *out, struct sym_span parameters);
void sym_table_asked_clear(struct sym_table_asked *a);

/* Lines of two columns. */
void sym_table_asked_put_lines(struct sym_table *t, const struct sym_table_asked *a,
                               const struct sym_parties *parties);
/* An object. */
void sym_table_asked_put_json(struct sym_json *j, const char *key, const struct sym_table_asked *a,
                              const struct sym_parties *parties);

#endif
