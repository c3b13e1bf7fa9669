#include "proto/epsilon.h"

#include <inttypes.h>
#include <stdio.h>

#define NANO UINT64_C(1000000000)

void sym_epsilon_text(char out[SYM_EPSILON_BYTES], uint64_t nano)
{
    int len = snprintf(out, SYM_EPSILON_BYTES, "%" PRIu64 ".%09" PRIu64, nano / NANO, nano % NANO);
    while (len > 0 && out[len - 1] == '0') {
        out[--len] = '\0';
    }
    if (len > 0 && out[len - 1] == '.') {
        out[len - 1] = '\0';
    }
}
