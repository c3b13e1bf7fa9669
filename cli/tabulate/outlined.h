/* outlined.h - a peer's request to take part in a joint tabulation, for a person who decides: what
 * is asked, of whom, and what it costs. The query itself comes once it is granted; that it is what
 * the request says, the node checks then (proto/outline.h).
 *
 * Errors: those of codec.h.
 */
#ifndef SYM_CLI_TABULATE_OUTLINED_H
#define SYM_CLI_TABULATE_OUTLINED_H

#include "cli/json.h"
#include "cli/parties.h"
#include "cli/table.h"
#include "proto/tabulation.h"

struct sym_outlined {
    struct sym_arena request;
    struct sym_arena body;
    struct sym_tabulate asked;
    struct sym_tab_outline outline;
};

/* *out must be zero-initialised; clear it in every case. */
SYM_MUST enum sym_err sym_outlined_read(struct sym_outlined *out, struct sym_span parameters);
void sym_outlined_clear(struct sym_outlined *o);

/* Lines of a name and its value. */
void sym_outlined_put_lines(struct sym_table *t, const struct sym_outlined *o,
                            const struct sym_parties *parties);
/* An object. */
void sym_outlined_put_json(struct sym_json *j, const char *key, const struct sym_outlined *o,
                           const struct sym_parties *parties);

#endif
