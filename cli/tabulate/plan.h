/* plan.h - what a joint tabulation will do, shown before it does it: who takes part, how many
 * cells, how much noise, and what it costs.
 *
 * Errors: SYM_NO_MEMORY.
 */
#ifndef SYM_CLI_TABULATE_PLAN_H
#define SYM_CLI_TABULATE_PLAN_H

#include "cli/tabulate/question.h"

#include <stdio.h>

SYM_MUST enum sym_err sym_plan_write(FILE *to, const struct sym_tabulate_plan *plan,
                                     const struct sym_question *question,
                                     const struct sym_tabulate_start *start);
/* The own budget does not suffice, and no answer is there that costs nothing. */
bool sym_plan_is_refused(const struct sym_tabulate_plan *plan);

#endif
