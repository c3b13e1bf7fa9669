#include "node/core/held_end.h"

#include <stdio.h>

#define SPAN(s) (int)(s).len, (s).len > 0 ? (const char *)(s).data : ""

static void end(struct sym_exchange_entry *e, enum sym_exchange_state state, enum sym_err result,
                enum sym_reason reason, uint64_t ended_ms)
{
    e->state = (uint32_t)state;
    e->result = (uint32_t)result;
    e->reason = (uint32_t)reason;
    e->ended_ms = ended_ms;
}

/* An overlap that was approved goes on as the same exchange, which is held no longer, and a joint
 * count as another: what is forgotten here never began under this id. */
static void tell_forgotten(struct sym_exchange_entry *e, char words[SYM_FAULT_BYTES])
{
    bool joint = e->kind == SYM_KIND_TABULATE || e->kind == SYM_KIND_OVERLAP_TABLE;
    end(e, SYM_EXCHANGE_ABORTED, SYM_NOT_FOUND, SYM_REASON_NONE, e->ended_ms);
    (void)snprintf(words, SYM_FAULT_BYTES,
                   "it waits no more, and %s; \"symbolon log list --peer %.*s\" says %s",
                   joint ? "went on as another exchange or not at all" : "never began",
                   SPAN(e->alias), joint ? "which" : "why");
}

static void tell(struct sym_exchange_entry *e, char words[SYM_FAULT_BYTES],
                 const struct sym_held_request *r)
{
    struct sym_span by = r->decided_by;
    const char *approved = by.len > 0 ? "; approved before by " : "";
    switch ((enum sym_held_state)r->state) {
    case SYM_HELD_APPROVED:
        e->approver = by;
        (void)snprintf(words, SYM_FAULT_BYTES, "approved by %.*s; the peer has to ask again",
                       SPAN(by));
        break;
    case SYM_HELD_USED:
        e->approver = by;
        (void)snprintf(words, SYM_FAULT_BYTES,
                       "approved by %.*s; the peer has asked again, as another exchange", SPAN(by));
        break;
    case SYM_HELD_DENIED:
        end(e, SYM_EXCHANGE_DENIED, SYM_DENIED, SYM_REASON_APPROVER, r->decided_ms);
        (void)snprintf(words, SYM_FAULT_BYTES, "%s%.*s%s%.*s", by.len > 0 ? "by " : "", SPAN(by),
                       by.len > 0 ? ": " : "", SPAN(r->why));
        break;
    case SYM_HELD_EXPIRED:
        end(e, SYM_EXCHANGE_ABORTED, SYM_EXPIRED, SYM_REASON_TIMEOUT, r->decided_ms);
        (void)snprintf(words, SYM_FAULT_BYTES, "expired%s%.*s", approved, SPAN(by));
        break;
    case SYM_HELD_CANCELLED:
        end(e, SYM_EXCHANGE_ABORTED, SYM_CANCELLED, SYM_REASON_CANCELLED, r->decided_ms);
        (void)snprintf(words, SYM_FAULT_BYTES, "cancelled by the peer%s%.*s", approved, SPAN(by));
        break;
    case SYM_HELD_WAITING:
    case SYM_HELD_STATE_COUNT:
        break;
    }
}

void sym_held_end_tell(struct sym_grants *g, struct sym_exchange_entry *e,
                       char words[SYM_FAULT_BYTES])
{
    struct sym_held_request row;
    words[0] = '\0';
    if (e->state != SYM_EXCHANGE_HELD || e->role == SYM_AS_INITIATOR) {
        return;
    }
    if (sym_grants_request(g, &row, e->id)) {
        tell(e, words, &row);
    } else {
        tell_forgotten(e, words);
    }
    e->fault = words[0] != '\0' ? sym_span_text(words) : e->fault;
}
