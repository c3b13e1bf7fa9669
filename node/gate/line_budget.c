#include "node/gate/line_budget.h"

#include <stdio.h>

bool sym_line_budget_take(struct sym_line_budget *b, uint64_t now_ms)
{
    uint64_t from_ms = b->full_ms > now_ms ? b->full_ms : now_ms;
    if (from_ms + SYM_LINES_EACH_MS - now_ms > (uint64_t)SYM_LINES_BURST * SYM_LINES_EACH_MS) {
        return false;
    }
    b->full_ms = from_ms + SYM_LINES_EACH_MS;
    return true;
}

void sym_line_budget_skip(struct sym_line_budget *b)
{
    b->left_out++;
}

void sym_line_budget_tell(char out[SYM_LINES_COUNT_TEXT], struct sym_line_budget *b)
{
    (void)snprintf(out, SYM_LINES_COUNT_TEXT, "%llu", (unsigned long long)b->left_out);
    b->left_out = 0;
}

bool sym_line_budget_event(struct sym_line_budget *b, uint64_t now_ms,
                           char left_out[SYM_LINES_COUNT_TEXT])
{
    left_out[0] = '\0';
    if (b->left_out > 0 && sym_line_budget_take(b, now_ms)) {
        sym_line_budget_tell(left_out, b);
    }
    if (b->left_out == 0 && sym_line_budget_take(b, now_ms)) {
        return true;
    }
    sym_line_budget_skip(b);
    return false;
}
