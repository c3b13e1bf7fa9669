/* periods.h - the years, quarters and months of a question: from one period up to another.
 *
 * Months are counted from year 0: 12 * year + month - 1. Pure.
 * Errors: SYM_BAD_VALUE; the fault is a complete sentence.
 */
#ifndef SYM_CLI_TABULATE_PERIODS_H
#define SYM_CLI_TABULATE_PERIODS_H

#include "proto/dimension.h"

/* Calendar years that are asked for where nothing is said, the present one included. */
#define SYM_PERIODS_YEARS 5u

struct sym_periods {
    uint32_t first; /* month */
    uint32_t last;
    bool is_default; /* nobody said it, and it matters */
};

/* "2019", "2019-Q2" or "2019-06" each, NULL where the option was not given. now_s: seconds since
 * 1970. */
SYM_MUST enum sym_err sym_periods_read(struct sym_periods *out, const char *from, const char *to,
                                       uint64_t now_s, struct sym_fault *fault);

/* Of a question that is by no finer time than this: it begins and ends with whole codes. */
SYM_MUST enum sym_err sym_periods_fit(const struct sym_periods *p, enum sym_dimension finest,
                                      struct sym_fault *fault);

/* How many codes of a dimension of time cover it, and number `at` of them. */
size_t sym_periods_count(const struct sym_periods *p, enum sym_dimension dimension);
void sym_periods_code(char out[SYM_CODE_BYTES_MAX + 1], const struct sym_periods *p,
                      enum sym_dimension dimension, size_t at);

/* The place of a period among all of its dimension; false: it is none. */
bool sym_periods_place(uint64_t *out, enum sym_dimension dimension, struct sym_span code);

#endif
