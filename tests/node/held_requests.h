/* held_requests.h - a node whose grant wants an approver, and who decides there: for the tests of
 * requests that wait. */
#ifndef SYM_TESTS_NODE_HELD_REQUESTS_H
#define SYM_TESTS_NODE_HELD_REQUESTS_H

#include "tests/support/grants_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define GRANTED SYM_DECISION_GRANTED
#define DENIED  SYM_DECISION_DENIED
#define HELD    SYM_DECISION_HELD
#define CRASHED 86

static inline int set_up(void **state)
{
    if (grants_rig_set_up(state) != 0) {
        return -1;
    }
    struct sym_grant row = grants_rig_row();
    row.approval = true;
    grants_rig_add(*state, &row);
    return 0;
}

/* The same request as first, under the next id: as the initiator asks again. */
static inline struct rig_ask again(struct grants_rig *r, const struct rig_ask *first)
{
    struct rig_ask ask;
    grants_rig_ask(r, &ask, 0);
    memcpy(ask.case_ref, first->case_ref, sizeof ask.case_ref);
    return ask;
}

static inline enum sym_decision decide(struct grants_rig *r, struct rig_ask *ask)
{
    assert_int_equal(grants_rig_decide(r, ask), SYM_OK);
    return r->verdict.decision;
}

static inline enum sym_decision decide_again(struct grants_rig *r, const struct rig_ask *first)
{
    struct rig_ask ask = again(r, first);
    return decide(r, &ask);
}

static inline void hold(struct grants_rig *r, struct rig_ask *ask)
{
    grants_rig_ask(r, ask, 0);
    assert_int_equal(decide(r, ask), HELD);
}

static inline void approve(struct grants_rig *r, const struct rig_ask *ask)
{
    struct sym_held_request row;
    if (grants_rig_resolve(r, &row, ask->id, true) != SYM_OK) {
        fail_msg("%s", r->fault.text);
    }
}

static inline void deny(struct grants_rig *r, const struct rig_ask *ask)
{
    struct sym_held_request row;
    if (grants_rig_resolve(r, &row, ask->id, false) != SYM_OK) {
        fail_msg("%s", r->fault.text);
    }
}

static inline size_t count(struct grants_rig *r, enum sym_held_state state)
{
    const struct sym_held_request *rows;
    size_t n = sym_grants_requests(r->grants, &rows);
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        found += rows[i].state == (uint32_t)state;
    }
    return found;
}

#endif
