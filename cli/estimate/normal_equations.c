#include "cli/estimate/normal_equations.h"

#include <lapacke.h>
#include <stdlib.h>
#include <string.h>

/* Reciprocal condition numbers of the scaled matrix below it are those of models whose terms the
 * data cannot tell apart. */
#define CONDITION_MIN 1e-11

struct sym_normal {
    size_t terms;
    double *matrix;
    double *right;
    double *room; /* copies of the matrix, its factor, both right sides and answers, scales */
};

struct sym_normal *sym_normal_new(size_t terms)
{
    struct sym_normal *n = calloc(1, sizeof *n);
    if (n == NULL) {
        return NULL;
    }
    n->terms = terms;
    n->matrix = calloc(terms * terms, sizeof *n->matrix);
    n->right = calloc(terms, sizeof *n->right);
    n->room = calloc((2 * terms + 5) * terms, sizeof *n->room);
    if (n->matrix == NULL || n->right == NULL || n->room == NULL) {
        sym_normal_free(n);
        return NULL;
    }
    return n;
}

void sym_normal_free(struct sym_normal *n)
{
    if (n != NULL) {
        free(n->matrix);
        free(n->right);
        free(n->room);
        free(n);
    }
}

void sym_normal_reset(struct sym_normal *n)
{
    memset(n->matrix, 0, n->terms * n->terms * sizeof *n->matrix);
    memset(n->right, 0, n->terms * sizeof *n->right);
}

void sym_normal_add(struct sym_normal *n, const size_t *at, size_t n_at, double weight,
                    double residual)
{
    for (size_t i = 0; i < n_at; i++) {
        n->right[at[i]] += residual;
        for (size_t j = 0; j < n_at; j++) {
            n->matrix[at[i] * n->terms + at[j]] += weight;
        }
    }
}

enum sym_err sym_normal_solve(const struct sym_normal *n, double *step, double *row)
{
    size_t terms = n->terms;
    double *matrix = n->room;
    double *factor = matrix + terms * terms;
    double *right = factor + terms * terms; /* two: the residuals, and (1, 0, …) */
    double *answer = right + 2 * terms;
    double *scale = answer + 2 * terms;
    double condition, forward[2], backward[2];
    char equed = 'N';
    lapack_int t = (lapack_int)terms;
    memcpy(matrix, n->matrix, terms * terms * sizeof *matrix);
    memcpy(right, n->right, terms * sizeof *right);
    memset(right + terms, 0, terms * sizeof *right);
    right[terms] = 1;
    lapack_int info = LAPACKE_dposvx(LAPACK_COL_MAJOR, 'E', 'U', t, 2, matrix, t, factor, t, &equed,
                                     scale, right, t, answer, t, &condition, forward, backward);
    if (info != 0 || !(condition >= CONDITION_MIN)) {
        return SYM_BAD_VALUE;
    }
    memcpy(step, answer, terms * sizeof *step);
    memcpy(row, answer + terms, terms * sizeof *row);
    return SYM_OK;
}
