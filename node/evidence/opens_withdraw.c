/* Requests that wait at a peer, and that were cancelled here: told to it over a link. */
#include "node/evidence/opens_state.h"

#include "node/loop.h"

#include <string.h>

/* The oldest makes room: it expires at the peer. */
static struct sym_withdrawal *next_free(struct sym_opens *o)
{
    if (o->n_withdrawals == SYM_WITHDRAWALS_MAX) {
        o->n_withdrawals--;
        memmove(o->withdrawals, o->withdrawals + 1, o->n_withdrawals * sizeof *o->withdrawals);
    }
    return &o->withdrawals[o->n_withdrawals];
}

enum sym_err sym_opens_withdraw(struct sym_opens *o, const struct sym_statement *held)
{
    struct sym_statement st = *held;
    struct sym_withdrawal w = {.peer = held->responder};
    st.is_abort = true;
    st.reason = SYM_REASON_CANCELLED;
    st.time_ms = sym_wall_ms();
    enum sym_err err = sym_statement_forget(&st);
    if (err == SYM_OK) {
        err = sym_statement_write(w.bytes, sizeof w.bytes, &w.len, &st, o->config.identity);
    }
    if (err == SYM_OK) {
        *next_free(o) = w;
        o->n_withdrawals++;
    }
    return err;
}

bool sym_opens_withdraws(const struct sym_opens *o, const struct sym_node_id *peer)
{
    bool untold = false;
    for (size_t i = 0; i < o->n_withdrawals; i++) {
        const struct sym_withdrawal *w = &o->withdrawals[i];
        untold = untold || (!w->told && sym_node_id_equal(&w->peer, peer));
    }
    return untold;
}

enum sym_err sym_opens_tell_withdrawals(struct sym_opens *o, const struct sym_node_id *peer,
                                        sym_opens_each_fn *fn, void *context)
{
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < o->n_withdrawals; i++) {
        struct sym_withdrawal *w = &o->withdrawals[i];
        if (sym_node_id_equal(&w->peer, peer)) {
            err = fn(context, sym_span(w->bytes, w->len));
            w->told = true;
        }
    }
    return err;
}

void sym_opens_withdrawn(struct sym_opens *o, const struct sym_node_id *peer)
{
    size_t kept = 0;
    for (size_t i = 0; i < o->n_withdrawals; i++) {
        if (!o->withdrawals[i].told || !sym_node_id_equal(&o->withdrawals[i].peer, peer)) {
            o->withdrawals[kept++] = o->withdrawals[i];
        }
    }
    o->n_withdrawals = kept;
}
