#include "cli/estimate/stepwise.h"

#include <math.h>

#define NORMAL_95 1.959963984540054
#define LOWER     1e-6 /* an AIC that is lower by less is not lower */

static uint32_t is_on_several(uint32_t cell)
{
    return cell & (cell - 1);
}

static bool have_any_in_common(const struct sym_combinations *c)
{
    for (uint32_t cell = 1; cell < c->cells; cell++) {
        if (is_on_several(cell) != 0 && (c->counts[cell] > 0 && !c->suppressed[cell])) {
            return true;
        }
    }
    return false;
}

/* The best of the models that differ from this one in one pair; false when none is better. */
static enum sym_err improve(struct sym_model *model, bool *better, const struct sym_combinations *c)
{
    uint32_t pairs = c->lists * (c->lists - 1) / 2;
    struct sym_model best = *model;
    *better = false;
    for (uint32_t pair = 0; pair < pairs; pair++) {
        struct sym_model tried;
        enum sym_err err = sym_model_fit(&tried, c, model->pairs ^ UINT64_C(1) << pair);
        if (err == SYM_NO_MEMORY) {
            return err;
        }
        if (err == SYM_OK && tried.aic < best.aic - LOWER) {
            best = tried;
            *better = true;
        }
    }
    *model = best;
    return SYM_OK;
}

enum sym_err sym_estimate(struct sym_population_estimate *out, const struct sym_combinations *c,
                          struct sym_fault *fault)
{
    *out = (struct sym_population_estimate){.total = 0};
    if (!have_any_in_common(c)) {
        return sym_fail(
            fault, SYM_BAD_VALUE,
            "no count of two or more lists together is above 0: without overlap nothing "
            "can be estimated");
    }
    bool better = true;
    enum sym_err err = sym_model_fit(&out->model, c, 0);
    while (err == SYM_OK && better) {
        err = improve(&out->model, &better, c);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s",
                        err == SYM_NO_MEMORY
                            ? "does not fit into memory"
                            : "no log-linear model fits these counts: too many of them are 0 or "
                              "suppressed");
    }
    for (uint32_t cell = 1; cell < c->cells; cell++) {
        out->suppressed += c->suppressed[cell] ? 1 : 0;
    }
    const struct sym_model *m = &out->model;
    out->total = m->listed + m->hidden;
    out->low = m->listed + m->hidden * exp(-NORMAL_95 * m->log_se);
    out->high = m->listed + m->hidden * exp(NORMAL_95 * m->log_se);
    return SYM_OK;
}
