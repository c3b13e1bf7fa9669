/* table_parts_room.h - a node that is asked to take part in overlap tables: its peer in the rig,
 * bank-b, asks as the test says; three more are pinned, and never reached. */
#ifndef SYM_TESTS_NODE_TABLE_PARTS_ROOM_H
#define SYM_TESTS_NODE_TABLE_PARTS_ROOM_H

#include "tests/node/exchange_rig.c"

#include "node/exchange/table_part_state.h"
#include "node/exchange/tables_state.h"
#include "proto/codec.h"
#include "proto/table_mode.h"

#define EXTRAS   3u
#define ELEMENTS 20u
#define ASKED    8u

static struct exchange_rig *rig;
static struct partner extras[EXTRAS];
static struct sym_session *sessions[ASKED];
static struct {
    unsigned asked;
    unsigned granted;
    unsigned denied;
    uint32_t reason; /* of a receipt or an abort */
    char remark[SYM_FAULT_BYTES];
} heard;
static uint8_t *frame;

/* The node and its peers -----------------------------------------------------------------------
 */

static void pin_extra(unsigned i)
{
    char name[16];
    struct sym_peer *peer = NULL;
    struct sym_node_id replaced;
    struct sym_fault fault = {.text = ""};
    struct rig_side *s = &rig->sides[0];
    int64_t now_s = (int64_t)(sym_wall_ms() / 1000);
    (void)snprintf(name, sizeof name, "extra-%u", i);
    partner_open(&extras[i], name, NULL);
    extras[i].card.issued_s = now_s - 60;
    extras[i].card.expires_s = now_s + 86400;
    partner_sign(&extras[i], NULL);
    const struct sym_peer_addition add = {.card = partner_text(&extras[i]),
                                          .alias = sym_span_text(name),
                                          .self = &s->self.id,
                                          .now_s = now_s};
    if (sym_peers_add(&s->peers, &peer, &replaced, &add, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static int set_up(void **state)
{
    (void)state;
    rig = exchange_rig_open(NULL);
    exchange_rig_fill(rig, 0, 0, ELEMENTS);
    for (unsigned i = 0; i < EXTRAS; i++) {
        pin_extra(i);
    }
    memset(sessions, 0, sizeof sessions);
    memset(&heard, 0, sizeof heard);
    frame = malloc(SYM_FRAME_BYTES_MAX);
    assert_non_null(frame);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ASKED; i++) {
        sym_session_free(sessions[i]);
    }
    free(frame);
    exchange_rig_close(rig);
    for (unsigned i = 0; i < EXTRAS; i++) {
        partner_close(&extras[i]);
    }
    return 0;
}

/* Questions ------------------------------------------------------------------------------------
 */

static const struct partner *partner_at(unsigned i)
{
    return i == 0 ? &rig->sides[0].self : i == 1 ? &rig->sides[1].self : &extras[i - 2];
}

static int by_id(const void *a, const void *b)
{
    const struct sym_table_party *x = a;
    const struct sym_table_party *y = b;
    return memcmp(x->id, y->id, sizeof x->id);
}

/* Of three lists; each party is one of partner_at. */
static struct sym_table_question question_of(const unsigned lists[3], unsigned tallier,
                                             unsigned asker)
{
    struct sym_table_question q = {.n = 3,
                                   .type = SYM_TOKEN_ACCOUNT,
                                   .type_version = SYM_TOKEN_LIST_VERSION,
                                   .canon_version = SYM_CANON_VERSION,
                                   .mode = SYM_TABLE_EXACT,
                                   .dataset = "list",
                                   .purpose = SYM_PURPOSE_STATISTICS,
                                   .basis = SYM_BASIS_CONSENT};
    for (unsigned i = 0; i <= q.n; i++) {
        const struct partner *p = partner_at(i < q.n ? lists[i] : tallier);
        memcpy(q.parties[i].id, p->id.bytes, SYM_HASH_BYTES);
        memcpy(q.parties[i].identity, p->keys.identity.public_key, SYM_ED25519_BYTES);
    }
    qsort(q.parties, q.n, sizeof *q.parties, by_id);
    memcpy(q.asker, partner_at(asker)->id.bytes, sizeof q.asker);
    sym_random(q.table, sizeof q.table);
    return q;
}

static uint32_t place_of(const struct sym_table_question *q, unsigned partner)
{
    uint32_t place = 0;
    assert_int_equal(sym_table_place(&place, q, partner_at(partner)->id.bytes), SYM_OK);
    return place;
}

static enum sym_err new_part(struct sym_table_part **out, const struct sym_table_question *q,
                             unsigned asker, struct sym_fault *fault)
{
    const struct sym_table_part_config c = {.question = *q,
                                            .place = place_of(q, 0),
                                            .alias = asker == 0 ? "" : "somebody",
                                            .id = q->table,
                                            .user = "",
                                            .case_ref = "",
                                            .note = "",
                                            .until_ms = sym_now_ms() + SYM_TABLE_MS_MAX};
    return sym_table_part_new(out, rig->sides[0].exchanges, &c, fault);
}
/* This node, bank-b and extra-0; extra-1 tallies. */
static const unsigned contributes[3] = {0, 1, 2};

/* What bank-b asks for -------------------------------------------------------------------------
 */

static void ask(uint32_t kind, struct sym_span parameters)
{
    struct sym_session_parties parties;
    uint8_t exchange[SYM_EXCHANGE_ID_BYTES];
    size_t len = 0;
    exchange_rig_parties(rig, &parties);
    sym_random(exchange, sizeof exchange);
    assert_true(heard.asked < ASKED);
    struct sym_session **s = &sessions[heard.asked++];
    assert_int_equal(sym_session_new(s, SYM_SESSION_INITIATOR, &parties, exchange), SYM_OK);
    struct sym_request request = {
        .kind = kind,
        .purpose = SYM_PURPOSE_STATISTICS,
        .basis = SYM_BASIS_CONSENT,
        .dataset = sym_span_text("list"),
        .parameters = parameters,
        .evidence = exchange_rig_evidence(rig, SYM_ENTRY_REQUESTED, exchange, true)};
    assert_int_equal(
        sym_session_ask(*s, &request, sym_wall_ms(), 60000, frame, SYM_SESSION_FRAME_BYTES, &len),
        SYM_OK);
    exchange_rig_send(rig, frame, len);
}

static void hear(struct exchange_rig *r, uint8_t *bytes, size_t len)
{
    struct sym_session_event event;
    struct sym_session *s = sessions[heard.asked - 1];
    (void)r;
    if (sym_session_receive(s, bytes, len, sym_wall_ms(), &event) != SYM_OK) {
        return;
    }
    if (event.kind == SYM_EVENT_ANSWERED && event.receipt.decision == SYM_DECISION_GRANTED) {
        heard.granted++;
        assert_int_equal(sym_session_confirm(s), SYM_OK);
    } else if (event.kind == SYM_EVENT_ANSWERED) {
        heard.denied++;
        heard.reason = event.receipt.reason;
        (void)snprintf(heard.remark, sizeof heard.remark, "%.*s", (int)event.receipt.remark.len,
                       (const char *)event.receipt.remark.data);
    } else if (event.kind == SYM_EVENT_ABORTED) {
        heard.reason = event.abort.reason;
    }
}

static bool is_answered(struct exchange_rig *r)
{
    (void)r;
    return heard.granted + heard.denied == heard.asked;
}

/* A table of the lists of this node, extra-0 and extra-1, tallied by bank-b. */
static void ask_as_own_user(void)
{
    struct sym_fault fault = {.text = ""};
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    const struct sym_span peers[] = {sym_span_text("extra-0"), sym_span_text("extra-1")};
    const struct sym_overlap_table_start start = {.peers = peers,
                                                  .n_peers = 2,
                                                  .tallier = sym_span_text("bank-b"),
                                                  .dataset = sym_span_text("list"),
                                                  .type = SYM_TOKEN_ACCOUNT,
                                                  .mode = SYM_TABLE_EXACT,
                                                  .purpose = SYM_PURPOSE_STATISTICS,
                                                  .basis = SYM_BASIS_CONSENT,
                                                  .case_ref = sym_span_text("c")};
    if (sym_table_ask(rig->sides[0].exchanges, id, &start, "ada", &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

#endif
