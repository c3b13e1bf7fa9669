/* vole_fuzz.h - one side of engine vole against an honest other side whose payloads arrive as the
 * input says. */
#ifndef SYM_TESTS_SUPPORT_VOLE_FUZZ_H
#define SYM_TESTS_SUPPORT_VOLE_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* side: VOLE_R or VOLE_S. The first bytes choose sizes and an order of works. Then there is an
 * operation for each payload that comes to that side (none left: it comes as it is): as it is, with
 * a byte altered, cut, longer, replaced by bytes of the input, or as another event. Returns 0. */
int vole_fuzz(int side, const uint8_t *data, size_t size);

#endif
