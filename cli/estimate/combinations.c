#include "cli/estimate/combinations.h"

#include <math.h>
#include <stdlib.h>

enum sym_err sym_combinations_init(struct sym_combinations *out, uint32_t lists,
                                   struct sym_fault *fault)
{
    *out = (struct sym_combinations){.lists = lists};
    if (lists < SYM_ESTIMATE_LISTS_MIN || lists > SYM_ESTIMATE_LISTS_MAX) {
        return sym_fail(fault, SYM_LIMIT,
                        "has %u lists, and an estimate takes %u to %u; unite lists that are alike",
                        lists, SYM_ESTIMATE_LISTS_MIN, SYM_ESTIMATE_LISTS_MAX);
    }
    out->cells = 1u << lists;
    out->names = calloc(lists, sizeof *out->names);
    out->counts = calloc(out->cells, sizeof *out->counts);
    out->suppressed = calloc(out->cells, sizeof *out->suppressed);
    if (out->names == NULL || out->counts == NULL || out->suppressed == NULL) {
        sym_combinations_clear(out);
        return sym_fail(fault, SYM_NO_MEMORY, "does not fit into memory");
    }
    return SYM_OK;
}

void sym_combinations_clear(struct sym_combinations *c)
{
    free(c->names);
    free(c->counts);
    free(c->suppressed);
    *c = (struct sym_combinations){.lists = 0};
}

double sym_combinations_noise(double scale)
{
    double q = exp(-1 / scale);
    return 2 * q / ((1 - q) * (1 - q));
}
