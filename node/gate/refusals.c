#include "node/gate/refusals.h"

#include "node/log.h"

void sym_refusals_note(struct sym_refusals *r, uint64_t now_ms, const struct sym_address *from,
                       const struct sym_fault *why)
{
    char address[SYM_ADDRESS_BYTES];

    r->total++;
    if (now_ms - r->second_began_ms >= 1000) {
        r->second_began_ms = now_ms;
        r->lines = 0;
    }
    if (r->budget.left_out > 0 || r->lines >= SYM_REFUSALS_PER_SECOND ||
        !sym_line_budget_take(&r->budget, now_ms)) {
        sym_line_budget_skip(&r->budget);
        return;
    }
    r->lines++;
    sym_address_text(address, from);
    sym_log(SYM_LEVEL_WARN, "refused", "reason", sym_err_name(why->err), "address", address,
            "detail", why->text, NULL);
}

void sym_refusals_flush(struct sym_refusals *r, uint64_t now_ms)
{
    char count[SYM_LINES_COUNT_TEXT];

    if (r->budget.left_out > 0 && sym_line_budget_take(&r->budget, now_ms)) {
        sym_line_budget_tell(count, &r->budget);
        sym_log(SYM_LEVEL_WARN, "refused-more", "count", count, NULL);
    }
}
