#include "cli/noise_json.h"

#define HOLDERS             3u
#define CONFIDENCE_PERMILLE 950u
#define MILLI               1000u
#define NANO                UINT64_C(1000000000)

void sym_noise_put_json(struct sym_json *j, const struct sym_noise_told *n)
{
    sym_json_object(j, "privacy");
    sym_json_number(j, "epsilon_nano", n->epsilon_nano);
    sym_json_number(j, "epsilon_if_held_by_3_nano", HOLDERS * n->epsilon_nano);
    sym_json_object(j, "noise");
    sym_json_string(j, "distribution", n->distribution);
    sym_json_number(j, "scale_milli", n->sensitivity * MILLI * NANO / n->epsilon_nano);
    sym_json_end(j);
    sym_json_number(j, "confidence_permille", CONFIDENCE_PERMILLE);
    sym_json_number(j, "half_width", n->half_width);
    sym_json_end(j);
    sym_json_object(j, "suppression");
    sym_json_number(j, "threshold", n->threshold);
    sym_json_number(j, "cells", n->cells);
    sym_json_number(j, "suppressed", n->suppressed);
    sym_json_number(j, "expected_ghosts_per_million", n->ghosts_per_million);
    sym_json_end(j);
}
