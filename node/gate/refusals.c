#include "node/gate/refusals.h"

#include "node/log.h"

#include <stdio.h>

void sym_refusals_note(struct sym_refusals *r, uint64_t now_ms, const struct sym_address *from,
                       const struct sym_fault *why)
{
    char address[SYM_ADDRESS_BYTES];

    r->total++;
    if (now_ms - r->second_began_ms >= 1000) {
        r->second_began_ms = now_ms;
        r->lines = 0;
    }
    if (r->lines >= SYM_REFUSALS_PER_SECOND) {
        r->unlogged++;
        return;
    }
    r->lines++;
    sym_address_text(address, from);
    sym_log(SYM_LEVEL_WARN, "refused", "reason", sym_err_name(why->err), "address", address,
            "detail", why->text, NULL);
}

void sym_refusals_flush(struct sym_refusals *r)
{
    char count[24];

    if (r->unlogged > 0) {
        (void)snprintf(count, sizeof count, "%llu", (unsigned long long)r->unlogged);
        sym_log(SYM_LEVEL_WARN, "refused-more", "count", count, NULL);
        r->unlogged = 0;
    }
}
