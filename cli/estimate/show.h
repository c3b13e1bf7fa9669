/* show.h - an estimate for a person, with what it rests on, and for a program. */
#ifndef SYM_CLI_ESTIMATE_SHOW_H
#define SYM_CLI_ESTIMATE_SHOW_H

#include "cli/estimate/stepwise.h"

#include <stdio.h>

SYM_MUST enum sym_err sym_estimate_show(FILE *to, const struct sym_population_estimate *e,
                                        const struct sym_combinations *c);
SYM_MUST enum sym_err sym_estimate_write_json(FILE *to, const struct sym_population_estimate *e,
                                              const struct sym_combinations *c);

#endif
