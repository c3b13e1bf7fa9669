/* Records of incidents: what is read is written again byte for byte, and every code that is
 * computed from it is one of its dimension. */
#include "proto/incident.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_incident i;
    uint8_t again[SYM_INCIDENT_BYTES_MAX];
    size_t len = 0;
    if (sym_incident_read(&i, sym_span(data, size)) != SYM_OK) {
        return 0;
    }
    insist(sym_incident_write(again, sizeof again, &len, &i) == SYM_OK);
    insist(len == size && memcmp(again, data, size) == 0);
    for (enum sym_dimension d = SYM_DIMENSION_NONE + 1; d < SYM_DIMENSION_COUNT; d++) {
        char room[SYM_CODE_BYTES_MAX];
        insist(sym_dimension_check(d, sym_incident_derived(room, &i, d)) == SYM_OK);
    }
    return 0;
}
