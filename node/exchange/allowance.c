#include "node/exchange/allowance.h"

static struct sym_allowance_row *row_of(struct sym_allowance *a, const struct sym_node_id *peer)
{
    size_t fullest = 0;
    for (size_t i = 0; i < a->n; i++) {
        if (sym_node_id_equal(&a->rows[i].peer, peer)) {
            return &a->rows[i];
        }
        fullest = a->rows[i].full_ms < a->rows[fullest].full_ms ? i : fullest;
    }
    /* As many rows as there can be peers: one of them is none any more. */
    size_t at = a->n < SYM_PEERS_MAX ? a->n++ : fullest;
    a->rows[at] = (struct sym_allowance_row){.peer = *peer};
    return &a->rows[at];
}

bool sym_allowance_take(struct sym_allowance *a, const struct sym_node_id *peer, uint64_t now_ms,
                        uint64_t *left_out)
{
    struct sym_allowance_row *row = row_of(a, peer);
    uint64_t from_ms = row->full_ms > now_ms ? row->full_ms : now_ms;
    if (from_ms + SYM_ALLOWANCE_EACH_MS - now_ms >
        (uint64_t)SYM_ALLOWANCE_BURST * SYM_ALLOWANCE_EACH_MS) {
        row->left_out++;
        return false;
    }
    row->full_ms = from_ms + SYM_ALLOWANCE_EACH_MS;
    *left_out = row->left_out;
    row->left_out = 0;
    return true;
}
