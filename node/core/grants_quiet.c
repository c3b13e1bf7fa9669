#include "node/core/grants_quiet.h"

static size_t find(const struct sym_quiet *q, const struct sym_node_id *peer)
{
    for (size_t i = 0; i < q->n; i++) {
        if (sym_node_id_equal(&q->rows[i].peer, peer)) {
            return i;
        }
    }
    return SYM_PEERS_MAX;
}

static bool is_over(const struct sym_quiet_row *row, uint64_t now_ms)
{
    return now_ms < row->said_ms || now_ms - row->said_ms >= SYM_QUIET_MS;
}

bool sym_quiet_due(const struct sym_quiet *q, const struct sym_node_id *peer, uint64_t now_ms,
                   uint64_t *left_out)
{
    size_t at = find(q, peer);
    *left_out = at < SYM_PEERS_MAX ? q->rows[at].left_out : 0;
    return at == SYM_PEERS_MAX || is_over(&q->rows[at], now_ms);
}

void sym_quiet_said(struct sym_quiet *q, const struct sym_node_id *peer, uint64_t now_ms)
{
    size_t at = find(q, peer);
    if (at == SYM_PEERS_MAX && q->n < SYM_PEERS_MAX) {
        at = q->n++;
    } else if (at == SYM_PEERS_MAX) {
        at = 0; /* as many as there can be peers: one that was here is none any more */
    }
    q->rows[at] = (struct sym_quiet_row){.peer = *peer, .said_ms = now_ms};
}

void sym_quiet_skip(struct sym_quiet *q, const struct sym_node_id *peer)
{
    size_t at = find(q, peer);
    if (at < SYM_PEERS_MAX) {
        q->rows[at].left_out++;
    }
}

const struct sym_quiet_row *sym_quiet_overdue(const struct sym_quiet *q, uint64_t now_ms)
{
    for (size_t i = 0; i < q->n; i++) {
        if (q->rows[i].left_out > 0 && is_over(&q->rows[i], now_ms)) {
            return &q->rows[i];
        }
    }
    return NULL;
}

void sym_quiet_forget(struct sym_quiet *q, const struct sym_node_id *peer)
{
    size_t at = find(q, peer);
    if (at < SYM_PEERS_MAX) {
        q->rows[at] = q->rows[--q->n];
    }
}
