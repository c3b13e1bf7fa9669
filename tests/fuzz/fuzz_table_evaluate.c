/* Overlap tables: elements and answers between two contributors. */
#include "tests/support/table_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    table_fuzz(data, size, TABLE_LINK_EVALUATE);
    return 0;
}
