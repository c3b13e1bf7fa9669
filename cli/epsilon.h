/* epsilon.h - amounts of privacy budget as people write them: "1", "0.25". Pure.
 *
 * Errors: SYM_BAD_VALUE.
 */
#ifndef SYM_CLI_EPSILON_H
#define SYM_CLI_EPSILON_H

#include "crypto/bytes.h"

/* Room for an amount as text, terminator included, bytes. */
#define SYM_EPSILON_BYTES 32u

/* Digits, and at most `digits` (1 to 9) more behind a point: the amount times 10^digits, at most
 * most. No sign, no exponent. */
SYM_MUST enum sym_err sym_epsilon_parse(uint64_t *out, const char *text, unsigned digits,
                                        uint64_t most);
/* "0.25" of thousand millionths, without zeros at its end. */
void sym_epsilon_text(char out[SYM_EPSILON_BYTES], uint64_t nano);

#endif
