/* Overlap tables: rows to the tallier, and its release. */
#include "tests/support/table_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    table_fuzz(data, size, TABLE_LINK_ROWS);
    return 0;
}
