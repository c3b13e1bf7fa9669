/* Engine vole, side S: what an honest R says, altered on its way; see tests/support/vole_fuzz.h. */
#include "tests/support/vole_fuzz.h"
#include "tests/support/vole_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return vole_fuzz(VOLE_S, data, size);
}
