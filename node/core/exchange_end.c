#include "node/core/exchanges_state.h"
#include "node/log.h"

#include <stdlib.h>
#include <string.h>

void sym_exchange_parties(const struct sym_exchanges *x, struct sym_session_parties *p,
                          const struct sym_peer *peer, const struct sym_link *link, size_t own_slot,
                          size_t peer_slot)
{
    *p = (struct sym_session_parties){.self = x->config.self,
                                      .peer = peer->id,
                                      .identity = &x->config.keys->identity,
                                      .exchange = &x->config.keys->exchange[own_slot],
                                      .psk = sym_secret_span(&peer->psk)};
    memcpy(p->peer_identity, peer->card.identity, sizeof p->peer_identity);
    memcpy(p->peer_exchange, peer->card.exchange[peer_slot], sizeof p->peer_exchange);
    memcpy(p->exporter, sym_link_exporter(link), sizeof p->exporter);
}

enum sym_err sym_exchange_record(struct sym_exchanges *x, const struct sym_exchange *e,
                                 const char *event, const char *detail)
{
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
    sym_hex(id, e->id, sizeof e->id);
    sym_log(SYM_LEVEL_INFO, event, "exchange", id, "peer", e->alias, "kind", sym_kind_text(e->kind),
            "detail", detail, NULL);
    enum sym_err err =
        sym_journal_add(x->config.journal, sym_wall_ms(), "%s exchange=%s peer=%s kind=%s %s",
                        event, id, e->alias, sym_kind_text(e->kind), detail);
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "journal-not-written", "reason", sym_err_text(err), NULL);
    }
    return err;
}

void sym_exchange_end(struct sym_exchanges *x, struct sym_exchange *e,
                      enum sym_exchange_state state, enum sym_err result, const char *fault)
{
    if (sym_exchange_ended(e)) {
        return;
    }
    e->result = result;
    (void)sym_fail(&e->fault, result, "%s", fault);
    const char *event = state == SYM_EXCHANGE_DONE     ? "closed"
                        : state == SYM_EXCHANGE_DENIED ? "denied"
                        : state == SYM_EXCHANGE_HELD   ? "held"
                                                       : "aborted";
    enum sym_err err = sym_exchange_record(x, e, event, fault);
    if (err != SYM_OK && result == SYM_OK) {
        state = SYM_EXCHANGE_ABORTED;
        e->result = err;
        (void)sym_fail(&e->fault, err, "the end of the exchange could not be recorded");
    }
    sym_exchange_finish(e, state, sym_now_us());
}

enum sym_err sym_exchange_send_copy(struct sym_exchange *e, const uint8_t *frame, size_t len)
{
    if (e->link == NULL) {
        return SYM_CLOSED;
    }
    uint8_t *buffer = sym_bus_buffer(len);
    if (buffer == NULL) {
        return SYM_NO_MEMORY;
    }
    memcpy(buffer, frame, len);
    enum sym_err err = sym_exchange_queue(e, buffer, len);
    if (err != SYM_OK) {
        sym_bus_release(buffer);
    }
    return err;
}

void sym_exchange_abort(struct sym_exchanges *x, struct sym_exchange *e, enum sym_reason reason,
                        enum sym_err result, const char *fault)
{
    uint8_t *frame = malloc(SYM_SESSION_FRAME_BYTES);
    size_t len = 0;
    struct sym_abort a = {.reason = (uint32_t)reason};
    if (frame != NULL && e->session != NULL && e->link != NULL &&
        sym_session_abort(e->session, &a, sym_wall_ms(), frame, SYM_SESSION_FRAME_BYTES, &len) ==
            SYM_OK) {
        enum sym_err err = sym_exchange_send_copy(e, frame, len);
        (void)err;
    }
    free(frame);
    sym_exchange_end(x, e, SYM_EXCHANGE_ABORTED, result, fault);
}
