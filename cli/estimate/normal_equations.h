/* normal_equations.h - the weighted normal equations of a regression, (X' W X) step = X' r. The
 * only user of LAPACK.
 *
 * Rows are added one by one, so that X is never held. Release with sym_normal_free.
 */
#ifndef SYM_CLI_ESTIMATE_NORMAL_EQUATIONS_H
#define SYM_CLI_ESTIMATE_NORMAL_EQUATIONS_H

#include "crypto/bytes.h"

struct sym_normal;

/* For so many coefficients, from 1; NULL without memory. */
struct sym_normal *sym_normal_new(size_t terms);
void sym_normal_free(struct sym_normal *n);
void sym_normal_reset(struct sym_normal *n);

/* Adds weight * x x' to the matrix and residual * x to the right side. x is 1 in the n terms that
 * at names, each once, and 0 in all others. */
void sym_normal_add(struct sym_normal *n, const size_t *at, size_t n_at, double weight,
                    double residual);
/* The step, and the first row of the inverse of the matrix (of terms numbers each). SYM_BAD_VALUE
 * when the matrix is not positive definite, or so close to that that the answer would mean nothing.
 */
SYM_MUST enum sym_err sym_normal_solve(const struct sym_normal *n, double *step, double *row);

#endif
