/* Requests that wait for an approver, and what becomes of approvals. */
#include "proto/overlap_agree.h"
#include "proto/token.h"
#include "tests/support/grants_rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <cmocka.h>

/* LMDB finds these before those of the C library. unistd.h is left out, as it declares them with
 * attributes of its own. */
ssize_t pwrite(int fd, const void *data, size_t len, off_t at);
int fdatasync(int fd);
long syscall(long number, ...);
pid_t fork(void);
void _exit(int code) __attribute__((noreturn));

#define GRANTED SYM_DECISION_GRANTED
#define DENIED  SYM_DECISION_DENIED
#define HELD    SYM_DECISION_HELD
#define CRASHED 86

static long steps_left = -1; /* until the process ends; negative: it does not */

static void step(void)
{
    if (steps_left == 0) {
        _exit(CRASHED);
    }
    steps_left -= steps_left > 0;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    step();
    return syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    step();
    return syscall(SYS_writev, fd, parts, n);
}

int fdatasync(int fd)
{
    (void)fd; /* a process that ends loses nothing that the kernel has */
    step();
    return 0;
}

static int set_up(void **state)
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
static struct rig_ask again(struct grants_rig *r, const struct rig_ask *first)
{
    struct rig_ask ask;
    grants_rig_ask(r, &ask, 0);
    memcpy(ask.case_ref, first->case_ref, sizeof ask.case_ref);
    return ask;
}

static enum sym_decision decide(struct grants_rig *r, struct rig_ask *ask)
{
    assert_int_equal(grants_rig_decide(r, ask), SYM_OK);
    return r->verdict.decision;
}

static enum sym_decision decide_again(struct grants_rig *r, const struct rig_ask *first)
{
    struct rig_ask ask = again(r, first);
    return decide(r, &ask);
}

static void hold(struct grants_rig *r, struct rig_ask *ask)
{
    grants_rig_ask(r, ask, 0);
    assert_int_equal(decide(r, ask), HELD);
}

static void approve(struct grants_rig *r, const struct rig_ask *ask)
{
    struct sym_held_request row;
    if (grants_rig_resolve(r, &row, ask->id, true) != SYM_OK) {
        fail_msg("%s", r->fault.text);
    }
}

static void deny(struct grants_rig *r, const struct rig_ask *ask)
{
    struct sym_held_request row;
    if (grants_rig_resolve(r, &row, ask->id, false) != SYM_OK) {
        fail_msg("%s", r->fault.text);
    }
}

static size_t count(struct grants_rig *r, enum sym_held_state state)
{
    const struct sym_held_request *rows;
    size_t n = sym_grants_requests(r->grants, &rows);
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        found += rows[i].state == (uint32_t)state;
    }
    return found;
}

static void shows_the_question_of_a_tabulation_and_why_it_is_held(void **state)
{
    struct grants_rig *r = *state;
    const struct sym_held_request *rows;
    struct rig_ask ask;
    struct sym_span parameters = sym_span_text("what is asked");
    struct sym_grant row = grants_rig_row();
    row.kind = SYM_KIND_TABULATE;
    row.min_result = 0;
    grants_rig_add(r, &row);
    grants_rig_ask(r, &ask, 0);
    ask.request.kind = SYM_KIND_TABULATE;
    ask.request.parameters = parameters;
    ask.ask.must_hold = "the participants are almost those of an earlier query";
    assert_int_equal(decide(r, &ask), HELD);
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(sym_grants_requests(r->grants, &rows), 1);
        assert_true(sym_span_equal(rows[0].parameters, parameters));
        assert_true(rows[0].parameters.data != parameters.data);
        assert_true(sym_span_equal(rows[0].because,
                                   sym_span_text("an approver has to agree first: the participants "
                                                 "are almost those of an earlier query")));
        grants_rig_restart(r);
    }
    approve(r, &ask);
    assert_int_equal(sym_grants_requests(r->grants, &rows), 1);
    assert_true(sym_span_equal(rows[0].parameters, parameters));
    grants_rig_set_clock(grants_rig_clock() + 3 * RIG_DAY);
    hold(r, &ask); /* an overlap, which has no such question; the other is forgotten */
    size_t n = sym_grants_requests(r->grants, &rows);
    assert_int_equal(rows[n - 1].parameters.len, 0);
    assert_true(
        sym_span_equal(rows[n - 1].because, sym_span_text("an approver has to agree first")));
}

static void shows_a_request_that_waits_after_a_restart(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    const struct sym_held_request *rows;
    hold(r, &ask);
    assert_memory_equal(r->approval.held_id, ask.id, sizeof ask.id);
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(sym_grants_requests(r->grants, &rows), 1);
        assert_true(sym_span_equal(rows[0].id, sym_span(ask.id, sizeof ask.id)));
        assert_true(sym_span_equal(rows[0].alias, sym_span_text("peer-0")));
        assert_true(sym_span_equal(rows[0].dataset, sym_span_text("suspects")));
        assert_int_equal(rows[0].kind, SYM_KIND_OVERLAP_MATCHES);
        assert_int_equal(rows[0].type, SYM_TOKEN_IBAN);
        assert_int_equal(rows[0].purpose, SYM_PURPOSE_AML);
        assert_int_equal(rows[0].basis, SYM_BASIS_314B);
        assert_int_equal(rows[0].elements, 100);
        assert_int_equal(rows[0].received_ms, RIG_NOW);
        assert_int_equal(rows[0].expires_ms, RIG_NOW + RIG_DAY);
        assert_int_equal(rows[0].state, SYM_HELD_WAITING);
        assert_int_equal(rows[0].decided_by.len, 0);
        grants_rig_restart(r);
    }
}

static void lists_the_oldest_first(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    const struct sym_held_request *rows;
    for (unsigned i = 0; i < 5; i++) {
        grants_rig_set_clock(RIG_NOW + i);
        grants_rig_ask(r, &ask, 0);
        ask.id[0] = (uint8_t)(0xf0 - i); /* not the order of the ids */
        ask.ask.elements = 10 + i;
        assert_int_equal(decide(r, &ask), HELD);
    }
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(sym_grants_requests(r->grants, &rows), 5);
        for (unsigned i = 0; i < 5; i++) {
            assert_int_equal(rows[i].elements, 10 + i);
        }
        grants_rig_restart(r);
    }
}

static void one_who_asks_again_is_neither_counted_nor_written_down(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    hold(r, &ask);
    for (unsigned i = 0; i < 50; i++) {
        if (i == 25) {
            grants_rig_restart(r);
        }
        assert_int_equal(decide_again(r, &ask), HELD);
        assert_memory_equal(r->approval.held_id, ask.id, sizeof ask.id);
    }
    assert_int_equal(grants_rig_asked(r), 1);
    assert_int_equal(count(r, SYM_HELD_WAITING), 1);
    room_fill_disk(true); /* it takes no room at all */
    enum sym_decision decision = decide_again(r, &ask);
    room_fill_disk(false);
    assert_int_equal(decision, HELD);
}

static void an_approval_is_good_for_one_exchange(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    hold(r, &ask);
    approve(r, &ask);
    struct rig_ask second = again(r, &ask);
    assert_int_equal(decide(r, &second), GRANTED);
    assert_string_equal(r->approval.approver, "anna");
    assert_memory_equal(r->approval.held_id, ask.id, sizeof ask.id);
    assert_int_equal(grants_rig_asked(r), 1);
    struct rig_ask third = again(r, &ask);
    assert_int_equal(decide(r, &third), HELD); /* a request of its own */
    assert_memory_equal(r->approval.held_id, third.id, sizeof third.id);
    assert_string_equal(r->approval.approver, "");
    assert_int_equal(grants_rig_asked(r), 2);
    assert_int_equal(count(r, SYM_HELD_USED), 1);
    assert_int_equal(count(r, SYM_HELD_WAITING), 1);
    assert_int_equal(grants_rig_lines(r, "request-approved"), 1);
}

static void an_approval_survives_a_restart_and_its_use_does_too(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    hold(r, &ask);
    grants_rig_restart(r);
    approve(r, &ask);
    grants_rig_restart(r);
    assert_int_equal(decide_again(r, &ask), GRANTED);
    assert_string_equal(r->approval.approver, "anna");
    grants_rig_restart(r);
    assert_int_equal(decide_again(r, &ask), HELD);
}

static void the_same_request_for_fewer_elements_finds_the_approval(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    hold(r, &ask);
    approve(r, &ask);
    struct rig_ask other = again(r, &ask);
    other.ask.elements = 99;
    assert_int_equal(decide(r, &other), GRANTED);
    assert_int_equal(grants_rig_asked(r), 1);
}

/* With `vole` a list of the same size tests more. */
static void an_approval_is_good_for_the_engines_it_was_given_for(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    row.approval = true;
    row.engines = SYM_OVERLAP_ENGINES;
    row.max_elements = 10000;
    grants_rig_add(r, &row);
    struct rig_ask ask;
    hold(r, &ask);
    approve(r, &ask);
    struct rig_ask other = again(r, &ask);
    other.ask.engines = 1u << SYM_OVERLAP_ENGINE_VOLE;
    assert_int_equal(decide(r, &other), HELD);
    assert_int_equal(decide_again(r, &ask), GRANTED);
}

static void an_approval_is_good_for_the_case_it_was_given_for(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask first;
    struct rig_ask second;
    hold(r, &first);
    hold(r, &second); /* on the same terms: waits beside it */
    assert_int_equal(count(r, SYM_HELD_WAITING), 2);
    assert_memory_equal(r->approval.held_id, second.id, sizeof second.id);
    approve(r, &second);
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(decide_again(r, &first), HELD);
        assert_memory_equal(r->approval.held_id, first.id, sizeof first.id);
        grants_rig_restart(r);
    }
    assert_int_equal(count(r, SYM_HELD_APPROVED), 1);
    assert_int_equal(decide_again(r, &second), GRANTED);
    assert_memory_equal(r->approval.held_id, second.id, sizeof second.id);
    assert_int_equal(grants_rig_asked(r), 2);
}

/* What an approval was not given for. */
static void an_approval_is_good_for_nothing_else(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct rig_ask ask;
    row.approval = true;
    row.purposes = UINT32_MAX;
    row.types = UINT64_MAX;
    row.per_day = 100;
    grants_rig_add(r, &row);
    row.kind = SYM_KIND_OVERLAP_COUNT;
    grants_rig_add(r, &row);
    row.kind = SYM_KIND_OVERLAP_MATCHES;
    row.dataset = sym_span_text("clients");
    grants_rig_add(r, &row);
    row.dataset = sym_span_text("suspects");
    row.alias = sym_span_text("peer-1");
    grants_rig_add(r, &row);
    hold(r, &ask);
    approve(r, &ask);
    for (unsigned change = 0; change < 12; change++) {
        struct rig_ask other = again(r, &ask);
        switch (change) {
        case 0:
            other.request.kind = SYM_KIND_OVERLAP_COUNT;
            break;
        case 1:
            other.request.dataset = sym_span_text("clients");
            break;
        case 2:
            other.ask.peer = &r->peer[1];
            break;
        case 3:
            other.ask.type = SYM_TOKEN_PHONE;
            break;
        case 4:
            other.request.purpose = SYM_PURPOSE_CFT;
            break;
        case 5:
            other.request.basis = SYM_BASIS_CONSENT;
            break;
        case 6:
            other.ask.elements = 101;
            break;
        case 7:
            other.case_ref[31] ^= 1;
            break;
        case 8:
            other.commitments.note = sym_span(other.id, sizeof other.id);
            break;
        case 9:
            other.commitments.user = sym_span(other.id, sizeof other.id);
            break;
        case 10:
            other.commitments.approver = sym_span(other.id, sizeof other.id);
            break;
        default:
            other.ask.bound = sym_span_text("another question");
            break;
        }
        if (decide(r, &other) != HELD) {
            fail_msg("change %u is not held", change);
        }
        assert_memory_equal(r->approval.held_id, other.id, sizeof other.id);
    }
    assert_int_equal(count(r, SYM_HELD_APPROVED), 1);
    assert_int_equal(decide_again(r, &ask), GRANTED);
}

static void a_denial_answers_whoever_asks_again_and_says_why(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    hold(r, &ask);
    deny(r, &ask);
    for (unsigned i = 0; i < 20; i++) {
        if (i == 10) {
            grants_rig_restart(r);
        }
        assert_int_equal(decide_again(r, &ask), DENIED);
        assert_int_equal(r->verdict.reason, SYM_REASON_APPROVER);
        assert_string_equal(r->verdict.remark, "why");
    }
    assert_int_equal(grants_rig_asked(r), 1);
    assert_int_equal(grants_rig_lines(r, "request-refused"), 1);
    assert_int_equal(grants_rig_lines(r, "why"), 0); /* what it says is not for the journal */
    struct rig_ask other;
    hold(r, &other); /* another case is another request */
    assert_int_equal(grants_rig_asked(r), 2);
}

static void each_of_two_gets_its_own_decision(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask first;
    struct rig_ask second;
    for (unsigned order = 0; order < 2; order++) {
        grants_rig_ask(r, &first, 0); /* for more elements, so that the second does not repeat it */
        grants_rig_ask(r, &second, 0);
        first.ask.elements = order == 0 ? 100 : 101;
        second.ask.elements = order == 0 ? 101 : 100;
        assert_int_equal(decide(r, order == 0 ? &first : &second), HELD);
        assert_int_equal(decide(r, order == 0 ? &second : &first), HELD);
        deny(r, &first);
        approve(r, &second);
        assert_int_equal(decide_again(r, &first), DENIED);
        assert_int_equal(decide_again(r, &second), GRANTED);
    }
}

static void an_approval_is_found_behind_one_that_waits(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask small;
    hold(r, &small);
    struct rig_ask large = again(r, &small);
    large.ask.elements = 200;
    assert_int_equal(decide(r, &large), HELD);
    approve(r, &large);
    assert_int_equal(decide_again(r, &small), GRANTED);
    assert_memory_equal(r->approval.held_id, large.id, sizeof large.id);
}

static void nobody_decides_twice(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask first;
    struct rig_ask second;
    hold(r, &first);
    approve(r, &first);
    assert_int_equal(grants_rig_resolve(r, &row, first.id, false), SYM_WRONG_STATE);
    assert_non_null(strstr(r->fault.text, "approved, by anna"));
    assert_int_equal(grants_rig_resolve(r, &row, first.id, true), SYM_WRONG_STATE);
    assert_int_equal(decide_again(r, &first), GRANTED);
    assert_int_equal(grants_rig_resolve(r, &row, first.id, true), SYM_WRONG_STATE);
    hold(r, &second);
    deny(r, &second);
    assert_int_equal(grants_rig_resolve(r, &row, second.id, true), SYM_WRONG_STATE);
    assert_non_null(strstr(r->fault.text, "denied, by anna"));
    assert_int_equal(decide_again(r, &second), DENIED);
}

static void nobody_decides_what_does_not_wait(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask ask;
    static const uint8_t nothing[SYM_EXCHANGE_ID_BYTES] = {0};
    hold(r, &ask);
    assert_int_equal(grants_rig_resolve(r, &row, nothing, true), SYM_NOT_FOUND);
    assert_non_null(strstr(r->fault.text, "symbolon requests"));
    for (size_t i = 0; i < sizeof ask.id; i++) {
        uint8_t id[SYM_EXCHANGE_ID_BYTES];
        memcpy(id, ask.id, sizeof id);
        id[i] ^= 1;
        assert_int_equal(grants_rig_resolve(r, &row, id, true), SYM_NOT_FOUND);
    }
    struct sym_request_decision part = {.id = sym_span(ask.id, 15), .approve = true};
    assert_int_equal(sym_grants_resolve(r->grants, &row, &part, &r->approver, &r->fault),
                     SYM_NOT_FOUND);
    assert_int_equal(decide_again(r, &ask), HELD);
}

static void only_an_approver_decides(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask ask;
    struct sym_author user = {.user = "olga", .roles = SYM_USER_ANY & ~(unsigned)SYM_USER_APPROVER};
    hold(r, &ask);
    struct sym_request_decision d = {.id = sym_span(ask.id, sizeof ask.id), .approve = true};
    assert_int_equal(sym_grants_resolve(r->grants, &row, &d, &user, &r->fault), SYM_DENIED);
    assert_int_equal(decide_again(r, &ask), HELD);
    user.roles = SYM_USER_APPROVER | SYM_USER_OPERATOR; /* who has added the grant herself */
    assert_int_equal(sym_grants_resolve(r->grants, &row, &d, &user, &r->fault), SYM_OK);
    assert_int_equal(row.state, SYM_HELD_APPROVED);
    assert_true(sym_span_equal(row.decided_by, sym_span_text("olga")));
    assert_int_equal(row.decided_ms, RIG_NOW);
}

static void a_denial_needs_a_reason_that_fits(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask ask;
    char why[SYM_REASON_BYTES_MAX + 1];
    memset(why, 'w', sizeof why);
    hold(r, &ask);
    struct sym_request_decision d = {.id = sym_span(ask.id, sizeof ask.id)};
    assert_int_equal(sym_grants_resolve(r->grants, &row, &d, &r->approver, &r->fault),
                     SYM_BAD_VALUE);
    assert_non_null(strstr(r->fault.text, "--why"));
    d.why = sym_span(why, sizeof why);
    assert_int_equal(sym_grants_resolve(r->grants, &row, &d, &r->approver, &r->fault),
                     SYM_BAD_VALUE);
    d.why.len--;
    assert_int_equal(sym_grants_resolve(r->grants, &row, &d, &r->approver, &r->fault), SYM_OK);
    grants_rig_restart(r);
    assert_int_equal(decide_again(r, &ask), DENIED);
    assert_int_equal(strlen(r->verdict.remark), SYM_REASON_BYTES_MAX);
}

static void a_request_that_nobody_decides_expires_after_a_day(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask ask;
    hold(r, &ask);
    grants_rig_set_clock(RIG_NOW + RIG_DAY - 1);
    assert_int_equal(decide_again(r, &ask), HELD);
    assert_int_equal(grants_rig_asked(r), 1);
    grants_rig_set_clock(RIG_NOW + RIG_DAY);
    assert_int_equal(count(r, SYM_HELD_EXPIRED), 1);
    assert_int_equal(grants_rig_resolve(r, &row, ask.id, true), SYM_EXPIRED);
    assert_non_null(strstr(r->fault.text, "ask again"));
    grants_rig_set_clock(RIG_NOW); /* does not come back when the clock is set back */
    assert_int_equal(grants_rig_resolve(r, &row, ask.id, true), SYM_EXPIRED);
    grants_rig_restart(r);
    assert_int_equal(decide_again(r, &ask), HELD);
    assert_int_equal(grants_rig_asked(r), 2);
    assert_int_equal(grants_rig_lines(r, "request-expired"), 1);
}

static void an_approval_holds_for_a_day(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    hold(r, &ask);
    grants_rig_set_clock(RIG_NOW + RIG_DAY / 2);
    approve(r, &ask);
    grants_rig_set_clock(RIG_NOW + RIG_DAY / 2 + RIG_DAY);
    assert_int_equal(decide_again(r, &ask), HELD);
    assert_int_equal(grants_rig_asked(r), 1); /* the first is forgotten by now */
    struct rig_ask second;
    grants_rig_ask(r, &second, 0);
    second.ask.elements = 500;
    assert_int_equal(decide(r, &second), HELD);
    grants_rig_set_clock(grants_rig_clock() + RIG_DAY - 1); /* a day from the approval, not from */
    approve(r, &second);                                    /* the request */
    grants_rig_set_clock(grants_rig_clock() + RIG_DAY - 1);
    struct rig_ask third = again(r, &second);
    third.ask.elements = 500;
    assert_int_equal(decide(r, &third), GRANTED);
}

static void forgets_what_was_decided_a_day_ago(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    const struct sym_held_request *rows;
    hold(r, &ask);
    deny(r, &ask);
    grants_rig_set_clock(RIG_NOW + RIG_DAY - 1);
    assert_int_equal(sym_grants_requests(r->grants, &rows), 1);
    assert_int_equal(decide_again(r, &ask), DENIED);
    grants_rig_set_clock(RIG_NOW + RIG_DAY);
    assert_int_equal(sym_grants_requests(r->grants, &rows), 0);
    assert_int_equal(decide_again(r, &ask), HELD);
    assert_int_equal(room_count(&r->room, SYM_TABLE_HELD), 1);
}

static void a_grant_that_has_changed_is_looked_at_once_more(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct rig_ask waiting;
    struct rig_ask approved;
    hold(r, &approved);
    approve(r, &approved);
    row.approval = true;
    row.max_elements = 99;
    grants_rig_add(r, &row);
    assert_int_equal(decide_again(r, &approved), DENIED);
    assert_string_equal(r->verdict.cause, "max-size");
    assert_int_equal(decide_again(r, &approved), DENIED); /* and stays so */
    const struct sym_held_request *rows;
    assert_int_equal(sym_grants_requests(r->grants, &rows), 1);
    assert_int_equal(rows[0].decided_by.len, 0); /* it was no approver who denied it */
    row.max_elements = 1000;
    grants_rig_add(r, &row);
    hold(r, &waiting);
    row.approval = false;
    grants_rig_add(r, &row);
    assert_int_equal(decide_again(r, &waiting), GRANTED);
    assert_string_equal(r->approval.approver, "");
    assert_int_equal(count(r, SYM_HELD_USED), 1);
    assert_int_equal(grants_rig_asked(r), 2);
}

static void an_approval_does_not_outlive_the_expiry_of_the_grant(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct rig_ask ask;
    row.approval = true;
    row.expires_s = RIG_NOW / 1000 + 60;
    grants_rig_add(r, &row);
    hold(r, &ask);
    approve(r, &ask);
    grants_rig_set_clock(RIG_NOW + RIG_MINUTE);
    assert_int_equal(decide_again(r, &ask), DENIED);
    assert_string_equal(r->verdict.cause, "expired");
}

static void one_at_its_rate_may_still_fetch_what_was_approved(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask[5];
    for (unsigned i = 0; i < 5; i++) {
        grants_rig_ask(r, &ask[i], 0);
        ask[i].ask.elements = 10 + i;
        assert_int_equal(decide(r, &ask[i]), HELD);
    }
    approve(r, &ask[4]);
    struct rig_ask last = again(r, &ask[4]);
    last.ask.elements = 14;
    assert_int_equal(decide(r, &last), GRANTED);
    grants_rig_ask(r, &last, 0);
    assert_int_equal(decide(r, &last), DENIED);
    assert_string_equal(r->verdict.cause, "per-day");
}

static void revoking_a_grant_denies_what_waits_under_it(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct sym_held_request out;
    struct rig_ask waiting;
    struct rig_ask approved;
    struct rig_ask elsewhere;
    struct sym_grant_name name = {.alias = sym_span_text("peer-0"),
                                  .dataset = sym_span_text("suspects"),
                                  .kind = SYM_KIND_OVERLAP_MATCHES};
    row.approval = true;
    row.dataset = sym_span_text("clients");
    grants_rig_add(r, &row);
    hold(r, &approved);
    approve(r, &approved);
    grants_rig_ask(r, &waiting, 0);
    waiting.ask.elements = 500;
    assert_int_equal(decide(r, &waiting), HELD);
    grants_rig_ask(r, &elsewhere, 0);
    elsewhere.request.dataset = sym_span_text("clients");
    assert_int_equal(decide(r, &elsewhere), HELD);
    assert_int_equal(sym_grants_revoke(r->grants, &name, &r->operator_, &r->fault), SYM_OK);
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(count(r, SYM_HELD_DENIED), 2);
        assert_int_equal(count(r, SYM_HELD_WAITING), 1);
        assert_int_equal(decide_again(r, &approved), DENIED);
        assert_int_equal(grants_rig_resolve(r, &out, waiting.id, true), SYM_WRONG_STATE);
        grants_rig_restart(r);
    }
    assert_int_equal(grants_rig_resolve(r, &out, elsewhere.id, true), SYM_OK);
}

static void a_peer_has_a_limited_number_of_requests_that_wait(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct rig_ask ask;
    struct rig_ask first;
    row.approval = true;
    row.per_day = 100;
    grants_rig_add(r, &row);
    for (unsigned i = 0; i < 16; i++) {
        grants_rig_ask(r, &ask, 0);
        ask.ask.elements = 100 + i;
        assert_int_equal(decide(r, &ask), HELD);
        first = i == 0 ? ask : first;
    }
    grants_rig_ask(r, &ask, 0);
    ask.ask.elements = 200;
    assert_int_equal(decide(r, &ask), DENIED);
    assert_int_equal(r->verdict.reason, SYM_REASON_LIMIT);
    assert_non_null(strstr(r->verdict.remark, "try again later"));
    assert_int_equal(grants_rig_asked(r), 17);
    deny(r, &first);
    assert_int_equal(decide(r, &ask), HELD);
}

static void all_peers_together_have_a_limited_number_of_requests(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct rig_ask ask;
    struct rig_ask first;
    row.approval = true;
    row.per_day = 100;
    for (unsigned peer = 0; peer < 33; peer++) {
        row.alias = sym_span_text(r->peer[peer].alias);
        grants_rig_add(r, &row);
        for (unsigned i = 0; i < 16 && peer < 32; i++) {
            grants_rig_ask(r, &ask, peer);
            ask.ask.elements = 100 + i;
            assert_int_equal(decide(r, &ask), HELD);
            first = peer == 0 && i == 0 ? ask : first;
        }
    }
    const struct sym_held_request *rows;
    assert_int_equal(sym_grants_requests(r->grants, &rows), SYM_HELD_MAX);
    assert_int_equal(grants_rig_decision(r, 32), DENIED);
    assert_string_equal(r->verdict.cause, "held");
    deny(r, &first); /* what was decided makes room */
    grants_rig_ask(r, &ask, 32);
    assert_int_equal(decide(r, &ask), HELD);
    assert_int_equal(sym_grants_requests(r->grants, &rows), SYM_HELD_MAX);
    assert_int_equal(room_count(&r->room, SYM_TABLE_HELD), SYM_HELD_MAX);
    struct rig_ask same;
    grants_rig_ask(r, &same, 32);
    memcpy(same.case_ref, ask.case_ref, sizeof same.case_ref);
    assert_int_equal(decide(r, &same), HELD);
    assert_int_equal(grants_rig_decision(r, 32), DENIED); /* of another case */
    grants_rig_restart(r);
    assert_int_equal(sym_grants_requests(r->grants, &rows), SYM_HELD_MAX);
}

static void the_id_of_a_held_request_is_not_taken_for_another(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    hold(r, &ask);
    ask.ask.elements = 101;
    assert_int_equal(grants_rig_decide(r, &ask), SYM_REPLAY);
    ask.ask.elements = 100;
    approve(r, &ask);
    assert_int_equal(decide_again(r, &ask), GRANTED);
    assert_int_equal(grants_rig_decide(r, &ask), SYM_REPLAY);
    assert_int_equal(grants_rig_asked(r), 1);
    assert_int_equal(room_count(&r->room, SYM_TABLE_HELD), 1);
}

static void a_full_disk_neither_holds_nor_approves_nor_grants(void **state)
{
    struct grants_rig *r = *state;
    struct sym_held_request row;
    struct rig_ask ask;
    grants_rig_ask(r, &ask, 0);
    room_fill_disk(true);
    enum sym_err held = grants_rig_decide(r, &ask);
    room_fill_disk(false);
    assert_int_equal(held, SYM_NO_SPACE);
    assert_int_equal(count(r, SYM_HELD_WAITING), 0);
    assert_int_equal(decide(r, &ask), HELD);
    room_fill_disk(true);
    enum sym_err approved = grants_rig_resolve(r, &row, ask.id, true);
    room_fill_disk(false);
    assert_int_equal(approved, SYM_NO_SPACE);
    assert_int_equal(decide_again(r, &ask), HELD);
    approve(r, &ask);
    struct rig_ask second = again(r, &ask);
    room_fill_disk(true);
    enum sym_err granted = grants_rig_decide(r, &second);
    room_fill_disk(false);
    assert_int_equal(granted, SYM_NO_SPACE);
    assert_int_equal(count(r, SYM_HELD_APPROVED), 1);
    grants_rig_restart(r);
    assert_int_equal(decide(r, &second), GRANTED);
    assert_int_equal(decide_again(r, &ask), HELD);
}

/* In a child that ends before this step of writing: 100 and the decision, an error, or CRASHED. */
static int decide_and_crash(struct grants_rig *r, struct rig_ask *ask, long steps)
{
    int status = 0;
    sym_grants_close(r->grants);
    sym_log_close(r->room.log);
    sym_store_close(r->room.store);
    r->grants = NULL;
    r->room.log = NULL;
    r->room.store = NULL;
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        grants_rig_restart(r);
        steps_left = steps;
        enum sym_err err = grants_rig_decide(r, ask);
        _exit(err == SYM_OK ? 100 + (int)r->verdict.decision : (int)err);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    grants_rig_restart(r);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_crash_at_any_step_never_makes_two_exchanges_of_one_approval(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    row.approval = true;
    row.per_day = 1000;
    grants_rig_add(r, &row);
    unsigned crashed = 0;
    unsigned spent = 0;
    int code = CRASHED;
    for (long steps = 0; code == CRASHED; steps++) {
        struct rig_ask ask;
        hold(r, &ask);
        approve(r, &ask);
        struct rig_ask first = again(r, &ask);
        struct rig_ask second = again(r, &ask);
        code = decide_and_crash(r, &first, steps);
        assert_true(code == CRASHED || code == 100 + GRANTED);
        crashed += code == CRASHED;
        enum sym_decision decision = decide(r, &second);
        if (code == 100 + GRANTED) {
            assert_int_equal(decision, HELD);
        }
        spent += decision == HELD;
        /* One use, one line, whoever got it. */
        if (decision == HELD) {
            deny(r, &second);
        }
        assert_true(steps < 50);
    }
    assert_true(crashed >= 2);
    assert_true(spent >= 1 && spent <= crashed + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, grants_rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shows_the_question_of_a_tabulation_and_why_it_is_held),
        TEST(shows_a_request_that_waits_after_a_restart),
        TEST(lists_the_oldest_first),
        TEST(one_who_asks_again_is_neither_counted_nor_written_down),
        TEST(an_approval_is_good_for_one_exchange),
        TEST(an_approval_survives_a_restart_and_its_use_does_too),
        TEST(the_same_request_for_fewer_elements_finds_the_approval),
        TEST(an_approval_is_good_for_the_engines_it_was_given_for),
        TEST(an_approval_is_good_for_the_case_it_was_given_for),
        TEST(an_approval_is_good_for_nothing_else),
        TEST(a_denial_answers_whoever_asks_again_and_says_why),
        TEST(each_of_two_gets_its_own_decision),
        TEST(an_approval_is_found_behind_one_that_waits),
        TEST(nobody_decides_twice),
        TEST(nobody_decides_what_does_not_wait),
        TEST(only_an_approver_decides),
        TEST(a_denial_needs_a_reason_that_fits),
        TEST(a_request_that_nobody_decides_expires_after_a_day),
        TEST(an_approval_holds_for_a_day),
        TEST(forgets_what_was_decided_a_day_ago),
        TEST(a_grant_that_has_changed_is_looked_at_once_more),
        TEST(an_approval_does_not_outlive_the_expiry_of_the_grant),
        TEST(one_at_its_rate_may_still_fetch_what_was_approved),
        TEST(revoking_a_grant_denies_what_waits_under_it),
        TEST(a_peer_has_a_limited_number_of_requests_that_wait),
        TEST(all_peers_together_have_a_limited_number_of_requests),
        TEST(the_id_of_a_held_request_is_not_taken_for_another),
        TEST(a_full_disk_neither_holds_nor_approves_nor_grants),
        TEST(a_crash_at_any_step_never_makes_two_exchanges_of_one_approval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
