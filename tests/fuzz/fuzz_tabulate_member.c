/* Tabulations: a member whose initiator says anything. */
#include "tests/support/tab_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tab_fuzz(data, size, false);
    return 0;
}
