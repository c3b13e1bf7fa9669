/* combinations.h - how many records lie on exactly each combination of some lists.
 *
 * A combination is a bit mask of lists, bit i being list i; the empty one is what is estimated.
 * A plain struct, filled by its reader; release with sym_combinations_clear.
 */
#ifndef SYM_CLI_ESTIMATE_COMBINATIONS_H
#define SYM_CLI_ESTIMATE_COMBINATIONS_H

#include "crypto/bytes.h"

/* With two lists nothing would be left to check the model with; the models of more than ten take
 * minutes. */
#define SYM_ESTIMATE_LISTS_MIN  3u
#define SYM_ESTIMATE_LISTS_MAX  10u
#define SYM_ESTIMATE_NAME_BYTES 64u

struct sym_combinations {
    uint32_t lists;
    char (*names)[SYM_ESTIMATE_NAME_BYTES]; /* of lists */
    uint32_t cells;                         /* 2^lists: cell 0 is not used */
    double *counts;
    bool *suppressed;      /* these counts are only known to be below the next */
    double below;          /* 0: none is suppressed */
    double noise_variance; /* of the noise in each count; 0: exact */
};

/* Of so many lists, all counts 0. SYM_LIMIT with a line in fault for a number out of bounds;
 * SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_combinations_init(struct sym_combinations *out, uint32_t lists,
                                            struct sym_fault *fault);
void sym_combinations_clear(struct sym_combinations *c);

#define SYM_COMBINATIONS_AUTO                                                                      \
    __attribute__((cleanup(sym_combinations_clear))) struct sym_combinations

/* The variance of discrete Laplace noise of this scale (sensitivity / epsilon). */
double sym_combinations_noise(double scale);

#endif
