/* epsilon.h - amounts of privacy budget as people read them: "1", "0.25". Pure. */
#ifndef SYM_PROTO_EPSILON_H
#define SYM_PROTO_EPSILON_H

#include <stdint.h>

/* Room for an amount as text, terminator included, bytes. */
#define SYM_EPSILON_BYTES 32u

/* "0.25" of thousand millionths, without zeros at its end. */
void sym_epsilon_text(char out[SYM_EPSILON_BYTES], uint64_t nano);

#endif
