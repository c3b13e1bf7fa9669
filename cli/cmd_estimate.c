#include "cli/runs.h"

static const struct sym_option options[] = {
    {.name = "suppressed-below",
     .argument = "N",
     .help = "counts that are missing were suppressed, each being below N"},
    {.name = "epsilon",
     .argument = "E",
     .help = "the counts carry the noise of an overlap table with this epsilon"},
    {0},
};

const struct sym_command sym_cmd_estimate = {
    .name = "estimate",
    .summary = "estimate how many people are on none of several lists; needs no node",
    .usage = {"FILE.csv [--suppressed-below N] [--epsilon E]"},
    .example = "estimate lists.csv",
    .options = options,
    .takes = SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1,
    .run = sym_estimate_run,
};
