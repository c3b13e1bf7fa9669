#include "tests/support/ristretto_pair.h"

#include <string.h>

struct answer {
    enum sym_err err;
    size_t bad;
    struct sym_element out[PAIR_MAX];
};

enum call { CHECK, MULTIPLY, ADD, ADD_MULTIPLY, SUM, DERIVE, DERIVE_MULTIPLY, CALLS };

static const char *const names[] = {"check",  "multiply",       "add", "add_multiply", "sum",
                                    "derive", "derive_multiply"};

static void ask(struct answer *a, enum call call, const struct sym_ristretto *with,
                const struct sym_element *in, const struct sym_uniform *uniform, size_t n,
                const struct sym_scalar *k)
{
    const struct sym_element *const sets[] = {in, in + 1, in, in + 2};
    memset(a, 0, sizeof *a);
    a->bad = PAIR_MAX + 1;
    switch (call) {
    case CHECK:
        a->err = sym_ristretto_check(&a->bad, with, in, n);
        break;
    case MULTIPLY:
        a->err = sym_ristretto_multiply(a->out, &a->bad, with, in, n, k);
        break;
    case ADD:
        a->err = sym_ristretto_add(a->out, &a->bad, with, in, in + 1, n > 0 ? n - 1 : 0);
        break;
    case ADD_MULTIPLY:
        a->err = sym_ristretto_add_multiply(a->out, &a->bad, with, sets, 4, n > 1 ? n - 2 : 0, k);
        break;
    case SUM:
        a->err = sym_ristretto_sum(a->out, &a->bad, with, in, n, uniform[0].bytes,
                                   SYM_SHORT_WEIGHT_BYTES);
        break;
    case DERIVE:
        a->err = sym_ristretto_derive(a->out, &a->bad, with, uniform, n);
        break;
    case DERIVE_MULTIPLY:
        a->err = sym_ristretto_derive_multiply(a->out, &a->bad, with, uniform, n, k);
        break;
    case CALLS:
        break;
    }
}

const char *ristretto_pair_differs(const struct sym_ristretto *with, const struct sym_element *in,
                                   const struct sym_uniform *uniform, size_t n,
                                   const struct sym_scalar *k)
{
    static struct answer want;
    static struct answer got;
    const struct sym_ristretto *sodium = NULL;
    if (n > PAIR_MAX || sym_ristretto_choose(&sodium, "sodium") != SYM_OK) {
        return "set-up";
    }
    for (int call = 0; call < CALLS; call++) {
        ask(&want, (enum call)call, sodium, in, uniform, n, k);
        ask(&got, (enum call)call, with, in, uniform, n, k);
        if (got.err != want.err || got.bad != want.bad ||
            memcmp(got.out, want.out, sizeof got.out) != 0) {
            return names[call];
        }
    }
    return NULL;
}
