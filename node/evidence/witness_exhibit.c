#include "node/evidence/witness_state.h"

#include <stdio.h>

enum sym_err sym_witness_write_exhibit(char *out, size_t max, size_t *len,
                                       const struct sym_witness_peer *p,
                                       const struct sym_witnessed *peer,
                                       const struct sym_judgement *j, struct sym_span signed_bytes)
{
    (void)peer;
    (void)p;
    (void)signed_bytes;
    int n = snprintf(out, max, "symbolon-split/1\n%s\n%s", j->before.note, j->after.head.note);
    if (n < 0 || (size_t)n >= max) {
        return SYM_TOO_LONG;
    }
    *len = (size_t)n;
    return SYM_OK;
}
