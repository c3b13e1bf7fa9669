#include "cli/audit/erasures.h"

#include "crypto/lines.h"

void sym_erasures_take(struct sym_erasures *e, uint64_t index, const struct sym_leaf *leaf,
                       const struct sym_entry_body *body)
{
    uint64_t before_ms = 0;
    if (body == NULL) {
        *e = (struct sym_erasures){.open = true, .index = index, .time_ms = leaf->time_ms};
    } else if (leaf->kind == SYM_ENTRY_ERASED && sym_text_number(&before_ms, body->subject) &&
               e->time_ms < before_ms) {
        e->open = false;
    }
}
