/* Tabulations: an initiator to whom a member says anything. */
#include "tests/support/tab_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tab_fuzz(data, size, true);
    return 0;
}
