#include "cli/epsilon.h"
#include "cli/estimate/combinations_csv.h"
#include "cli/estimate/show.h"
#include "cli/runs.h"
#include "proto/table.h"

#define BELOW_MAX   1000000u
#define MICRO       6u /* digits behind the point of an epsilon */
#define EPSILON_MAX UINT64_C(1000000000)

static enum sym_err read_noise(double *variance, const struct sym_args *args,
                               struct sym_fault *fault)
{
    uint64_t micro = 0;
    const char *text = sym_args_value(args, "epsilon");
    *variance = 0;
    if (text == NULL) {
        return SYM_OK;
    }
    if (sym_epsilon_parse(&micro, text, MICRO, EPSILON_MAX) != SYM_OK || micro == 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--epsilon: \"%.32s\" is no amount of budget, such as 1 or 0.5", text);
    }
    *variance = sym_combinations_noise(SYM_TABLE_SENSITIVITY * 1e6 / (double)micro);
    return SYM_OK;
}

enum sym_exit sym_estimate_run(const struct sym_call *call)
{
    SYM_COMBINATIONS_AUTO table = {0};
    struct sym_population_estimate estimate;
    struct sym_fault fault;
    double noise = 0;
    uint64_t below = 0;
    const char *path = call->args.operands[0];
    enum sym_err err =
        sym_args_number(&below, &call->args, "suppressed-below", 1, BELOW_MAX, &fault);
    if (err == SYM_OK) {
        err = read_noise(&noise, &call->args, &fault);
    }
    if (err != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    fault.err = sym_combinations_read(&table, path, (uint32_t)below, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    struct sym_fault why;
    table.noise_variance = noise;
    if (sym_estimate(&estimate, &table, &why) != SYM_OK) {
        (void)sym_fail(&fault, why.err, "%.200s: %s", path, why.text);
        return sym_command_failed(&fault);
    }
    return sym_command_printed(sym_args_has(&call->args, "json")
                                   ? sym_estimate_write_json(stdout, &estimate, &table)
                                   : sym_estimate_show(stdout, &estimate, &table));
}
