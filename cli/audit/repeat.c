#include "cli/audit/repeat.h"

#include "proto/tabulation.h"

static enum sym_audit_repeat repeat_of(struct sym_span parameters)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tabulate t;
    if (sym_decode(&arena, &t, &sym_msg_tabulate, parameters) != SYM_OK || t.answered.len == 0) {
        return SYM_REPEAT_NONE;
    }
    return sym_span_equal(t.answered, t.tabulation) ? SYM_REPEAT_BRINGS : SYM_REPEAT_CONFIRMS;
}

enum sym_audit_repeat sym_audit_repeat(const struct sym_audit_entry *e)
{
    SYM_ARENA_AUTO outer = {0};
    SYM_ARENA_AUTO inner = {0};
    struct sym_signed s;
    struct sym_request r;
    bool is_request = e->body.exchange_kind == SYM_KIND_TABULATE && e->body.request.len > 0 &&
                      sym_decode(&outer, &s, &sym_msg_signed, e->body.request) == SYM_OK &&
                      sym_decode(&inner, &r, &sym_msg_request, s.body) == SYM_OK;
    return is_request ? repeat_of(r.parameters) : SYM_REPEAT_NONE;
}

/* Who asked has the reason before the other side's words. */
static bool ends_with(struct sym_span text, struct sym_span end)
{
    return text.len >= end.len &&
           sym_span_equal(sym_span(text.data + text.len - end.len, end.len), end);
}

bool sym_audit_is_there(enum sym_audit_repeat repeat, const struct sym_entry_body *decided)
{
    return repeat == SYM_REPEAT_BRINGS && decided->decision == SYM_DECISION_DENIED &&
           decided->reason == SYM_REASON_TERMS &&
           ends_with(decided->detail, sym_span_text(SYM_TAB_IS_THERE));
}
