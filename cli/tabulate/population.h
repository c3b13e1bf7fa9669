/* population.h - how many people live at a place, from a CSV file with the columns code and
 * population: for rates.
 *
 * Codes are those of the dimension (IT, IT.09); other columns are ignored. A population is a whole
 * number from 1 to 10^10.
 * Errors: those of csv.h, SYM_BAD_VALUE, SYM_EXISTS (a code twice), SYM_LIMIT. The fault is a
 * complete sentence.
 */
#ifndef SYM_CLI_TABULATE_POPULATION_H
#define SYM_CLI_TABULATE_POPULATION_H

#include "crypto/bytes.h"

struct sym_population;

/* The fault names file and line. Errors: those of csv.h. */
SYM_MUST enum sym_err sym_population_read(struct sym_population **out, const char *path,
                                          struct sym_fault *fault);
/* NULL is fine. */
void sym_population_free(struct sym_population *p);
/* 0: not known. */
uint64_t sym_population_of(const struct sym_population *p, struct sym_span code);

#endif
