/* Overlap tables: what the asker and the others say of consents and ends. */
#include "tests/support/table_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    table_fuzz(data, size, TABLE_LINK_LEG);
    return 0;
}
