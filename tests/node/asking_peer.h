/* asking_peer.h - a peer with the true keys of side 1 that asks side 0 again and again, and ends
 * what it was granted as the test says: for tests that include exchange_rig.c before. */
#ifndef SYM_TESTS_NODE_ASKING_PEER_H
#define SYM_TESTS_NODE_ASKING_PEER_H

#include "tests/node/exchange_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum asking_end {
    ASKING_CANCELS,
    ASKING_BREAKS, /* sends what makes no sense, and never says its word */
    ASKING_HANGS   /* says nothing at all */
};

static struct {
    struct exchange_rig *rig;
    uint32_t kind;
    struct sym_span parameters;
    enum asking_end end;
    unsigned most; /* times */
    struct sym_session *session;
    uint8_t frame[SYM_FRAME_BYTES_MAX];
    unsigned asked;
    unsigned granted;
    unsigned denied;
    uint32_t reason; /* of the last denial */
    char remark[256];
} asking;

static void asking_send(size_t len)
{
    exchange_rig_send(asking.rig, asking.frame, len);
}

static void asking_ask(void)
{
    struct sym_session_parties parties;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    size_t len = 0;
    sym_random(id, sizeof id);
    exchange_rig_parties(asking.rig, &parties);
    sym_session_free(asking.session);
    assert_int_equal(sym_session_new(&asking.session, SYM_SESSION_INITIATOR, &parties, id), SYM_OK);
    struct sym_request request = {
        .kind = asking.kind,
        .purpose = SYM_PURPOSE_STATISTICS,
        .basis = SYM_BASIS_CONSENT,
        .dataset = sym_span_text("list"),
        .parameters = asking.parameters,
        .evidence = exchange_rig_evidence(asking.rig, SYM_ENTRY_REQUESTED, id, true)};
    assert_int_equal(sym_session_ask(asking.session, &request, sym_wall_ms(), 60000, asking.frame,
                                     SYM_SESSION_FRAME_BYTES, &len),
                     SYM_OK);
    asking.asked++;
    asking_send(len);
}

static void asking_ends(void)
{
    struct sym_abort a = {.reason = SYM_REASON_CANCELLED};
    size_t len = 3;
    switch (asking.end) {
    case ASKING_CANCELS:
        assert_int_equal(sym_session_abort(asking.session, &a, sym_wall_ms(), asking.frame,
                                           SYM_SESSION_FRAME_BYTES, &len),
                         SYM_OK);
        asking_send(len);
        break;
    case ASKING_BREAKS:
        memset(asking.frame + SYM_FRAME_HEAD_BYTES, 0xff, len);
        assert_int_equal(sym_session_seal(asking.session, asking.frame, len), SYM_OK);
        asking_send(len + SYM_FRAME_HEAD_BYTES + SYM_FRAME_TAIL_BYTES);
        break;
    case ASKING_HANGS:
        break;
    }
}

static void asking_hears(struct exchange_rig *r, uint8_t *bytes, size_t len)
{
    struct sym_session_event event;
    (void)r;
    if (sym_session_state(asking.session) != SYM_SESSION_ASKED) {
        return; /* how it ended */
    }
    assert_int_equal(sym_session_receive(asking.session, bytes, len, sym_wall_ms(), &event),
                     SYM_OK);
    if (event.receipt.decision != SYM_DECISION_GRANTED) {
        asking.denied++;
        asking.reason = event.receipt.reason;
        (void)snprintf(asking.remark, sizeof asking.remark, "%.*s", (int)event.receipt.remark.len,
                       (const char *)event.receipt.remark.data);
        return;
    }
    asking.granted++;
    assert_int_equal(sym_session_confirm(asking.session), SYM_OK);
    asking_ends();
}

static bool asking_goes_on(struct exchange_rig *r)
{
    bool answered = asking.granted + asking.denied == asking.asked;
    if (!answered || (asking.end != ASKING_HANGS && !exchange_rig_quiet(r))) {
        return false;
    }
    if (asking.asked == asking.most) {
        return true;
    }
    asking_ask();
    return false;
}

/* Asks n times more, one after the other, and counts the answers from 0 on. */
static void asking_times(struct exchange_rig *rig, unsigned n)
{
    asking.rig = rig;
    asking.asked = 0;
    asking.granted = 0;
    asking.denied = 0;
    asking.most = n;
    rig->liar = asking_hears;
    exchange_rig_run(rig, asking_goes_on);
}

static void asking_begin(uint32_t kind, struct sym_span parameters, enum asking_end end)
{
    asking.kind = kind;
    asking.parameters = parameters;
    asking.end = end;
}

static void asking_clear(void)
{
    sym_session_free(asking.session);
    asking.session = NULL;
}

#endif
