/* noise_json.h - what a release tells of its noise and of what is not shown: the members "privacy"
 * and "suppression" of the format symbolon-release/1, as symbolon(1) documents it.
 */
#ifndef SYM_CLI_NOISE_JSON_H
#define SYM_CLI_NOISE_JSON_H

#include "cli/json.h"

struct sym_noise_told {
    const char *distribution;
    uint64_t epsilon_nano; /* of this release, not 0 */
    uint64_t sensitivity;  /* cells that one record can change */
    uint64_t half_width;   /* of the interval of 95 % */
    uint64_t threshold;    /* cells below it are not shown */
    uint64_t cells;
    uint64_t suppressed;
    uint64_t ghosts_per_million; /* cells of nothing that are expected to be shown */
};

/* Members of the object that is open. */
void sym_noise_put_json(struct sym_json *j, const struct sym_noise_told *n);

#endif
