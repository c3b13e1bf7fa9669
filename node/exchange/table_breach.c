/* A party broke an overlap table before the eyes of this node: what proves it is kept, the log says
 * so, and what that peer asks from now on waits for an approver. */
#include "node/exchange/table_part_state.h"
#include "node/grant/breaches.h"
#include "node/log.h"
#include "proto/breach.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct breach {
    const struct sym_table_part *p;
    const struct sym_peer *peer;
    struct sym_span proof;
};

/* What only a node does that was altered. A peer of another version may speak out of turn. */
static bool is_breach(enum sym_table_cause cause)
{
    return cause == SYM_TABLE_CAUSE_PROOF || cause == SYM_TABLE_CAUSE_SIGNATURE ||
           cause == SYM_TABLE_CAUSE_ELEMENT || cause == SYM_TABLE_CAUSE_REPEATED ||
           cause == SYM_TABLE_CAUSE_COUNT || cause == SYM_TABLE_CAUSE_ROWS ||
           cause == SYM_TABLE_CAUSE_RELEASE;
}

static enum sym_err put(struct sym_transaction *t, void *context)
{
    const struct breach *b = context;
    const struct sym_table_part *p = b->p;
    char words[SYM_DETAIL_BYTES_MAX + 1];
    const struct sym_entry_body body = {
        .event = sym_span_text("table-broken"),
        .alias = sym_span_text(b->peer->alias),
        .exchange_kind = SYM_KIND_OVERLAP_TABLE,
        .subject = sym_span_text(p->question.dataset),
        .handle = sym_span(p->question.table, SYM_EXCHANGE_ID_BYTES),
        .detail = sym_log_words(words, sizeof words, "%s%s", p->fault,
                                b->proof.len > 0 ? "; log exhibit has the proof" : "")};
    const struct sym_entry entry = {.kind = SYM_ENTRY_REFUSED,
                                    .initiator = &b->peer->id,
                                    .responder = &p->x->config.self,
                                    .body = &body};
    enum sym_err err = sym_breach_put(t, &b->peer->id, p->failure.cause, b->proof);
    return err == SYM_OK ? sym_log_append(p->x->config.log, t, &entry, NULL) : err;
}

/* The proof as a file; empty where there is none. */
static struct sym_span write_proof(const struct sym_table_part *p, const struct sym_peer *peer,
                                   char *room)
{
    char card[SYM_CARD_BYTES_MAX];
    size_t card_len = 0;
    size_t len = 0;
    struct sym_span exhibit = p->list != NULL ? sym_table_list_exhibit(p->list) : sym_span(NULL, 0);
    if (exhibit.len == 0 || sym_peers_card_text(p->x->config.peers, card, sizeof card, &card_len,
                                                &peer->id) != SYM_OK) {
        return sym_span(NULL, 0);
    }
    enum sym_err err =
        sym_breach_write(room, SYM_EXHIBIT_BYTES_MAX, &len, exhibit, sym_span(card, card_len));
    return err == SYM_OK ? sym_span(room, len) : sym_span(NULL, 0);
}

void sym_table_part_accuse(const struct sym_table_part *p)
{
    struct sym_node_id id;
    if (!is_breach(p->failure.cause) || p->failure.said_by != SYM_TABLE_NOBODY ||
        p->failure.place > p->question.n || p->failure.place == p->place) {
        return;
    }
    memcpy(id.bytes, p->question.parties[p->failure.place].id, sizeof id.bytes);
    struct breach b = {.p = p, .peer = sym_peers_by_id(p->x->config.peers, &id)};
    char *room = malloc(SYM_EXHIBIT_BYTES_MAX);
    if (b.peer != NULL && room != NULL) {
        b.proof = write_proof(p, b.peer, room);
    }
    if (b.peer == NULL || sym_store_write(p->x->config.store, put, &b) != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "breach-not-recorded", "reason", p->fault, NULL);
    }
    free(room);
}
