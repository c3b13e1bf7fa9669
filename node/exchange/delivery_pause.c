#include "node/exchange/delivery_pause.h"

#include <string.h>

static struct sym_delivery_pause *row_of(struct sym_delivery_pauses *p, const uint8_t *tabulation)
{
    size_t oldest = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (memcmp(p->rows[i].tabulation, tabulation, SYM_EXCHANGE_ID_BYTES) == 0) {
            return &p->rows[i];
        }
        oldest = p->rows[i].until_ms < p->rows[oldest].until_ms ? i : oldest;
    }
    size_t at = p->n < SYM_DELIVERY_PAUSES ? p->n++ : oldest;
    p->rows[at] = (struct sym_delivery_pause){.next_ms = SYM_DELIVERY_PAUSE_MS};
    memcpy(p->rows[at].tabulation, tabulation, SYM_EXCHANGE_ID_BYTES);
    return &p->rows[at];
}

bool sym_delivery_pause_over(struct sym_delivery_pauses *p,
                             const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES], uint64_t now_ms)
{
    struct sym_delivery_pause *row = row_of(p, tabulation);
    if (now_ms < row->until_ms) {
        return false;
    }
    row->until_ms = now_ms + row->next_ms;
    row->next_ms =
        2 * row->next_ms < SYM_DELIVERY_PAUSE_MS_MAX ? 2 * row->next_ms : SYM_DELIVERY_PAUSE_MS_MAX;
    return true;
}
