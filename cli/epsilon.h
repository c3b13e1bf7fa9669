/* epsilon.h - amounts of privacy budget as people write them: "1", "0.25". Pure. How they are
 * shown: proto/epsilon.h.
 *
 * Errors: SYM_BAD_VALUE.
 */
#ifndef SYM_CLI_EPSILON_H
#define SYM_CLI_EPSILON_H

#include "crypto/bytes.h"
#include "proto/epsilon.h"

/* Digits, and at most `digits` (1 to 9) more behind a point: the amount times 10^digits, at most
 * most. No sign, no exponent. */
SYM_MUST enum sym_err sym_epsilon_parse(uint64_t *out, const char *text, unsigned digits,
                                        uint64_t most);
#endif
