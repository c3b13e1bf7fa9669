/* Held requests that were approved: what an approval is good for, and for how long. */
#include "proto/overlap_agree.h"
#include "proto/token.h"
#include "tests/node/held_requests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

/* LMDB finds these before those of the C library. unistd.h is left out, as it declares them with
 * attributes of its own. */
ssize_t pwrite(int fd, const void *data, size_t len, off_t at);
int fdatasync(int fd);
long syscall(long number, ...);
pid_t fork(void);
void _exit(int code) __attribute__((noreturn));

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

static enum sym_err put_step(struct sym_transaction *t, void *context)
{
    return sym_grants_put(context, t);
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

/* As of participants that became almost those of an earlier query while this one waited. */
static void an_approval_is_not_good_for_what_came_up_after_it(void **state)
{
    struct grants_rig *r = *state;
    const struct sym_held_request *rows;
    struct rig_ask ask;
    hold(r, &ask);
    approve(r, &ask);
    struct rig_ask closer = again(r, &ask);
    closer.ask.must_hold = "it is close";
    grants_rig_set_clock(RIG_NOW + RIG_HOUR);
    assert_int_equal(decide(r, &closer), HELD);
    assert_memory_equal(r->approval.held_id, ask.id, sizeof ask.id);
    grants_rig_restart(r);
    assert_int_equal(sym_grants_requests(r->grants, &rows), 1);
    assert_int_equal(rows[0].state, SYM_HELD_WAITING);
    assert_int_equal(rows[0].expires_ms, RIG_NOW + RIG_HOUR + RIG_DAY);
    assert_int_equal(rows[0].decided_by.len, 0);
    assert_true(sym_span_equal(rows[0].because,
                               sym_span_text("an approver has to agree first: it is close")));
    struct rig_ask plain = again(r, &ask);
    assert_int_equal(decide(r, &plain), HELD); /* the first approval is gone */
    approve(r, &ask);
    struct rig_ask last = again(r, &ask);
    last.ask.must_hold = "it is close";
    assert_int_equal(decide(r, &last), GRANTED);
}

static void who_decides_what_still_waits_is_told_of_what_came_up(void **state)
{
    struct grants_rig *r = *state;
    const struct sym_held_request *rows;
    struct rig_ask ask;
    hold(r, &ask);
    struct rig_ask closer = again(r, &ask);
    closer.ask.must_hold = "it is close";
    assert_int_equal(decide(r, &closer), HELD);
    assert_int_equal(sym_grants_requests(r->grants, &rows), 1);
    assert_true(sym_span_equal(rows[0].because,
                               sym_span_text("an approver has to agree first: it is close")));
}

/* Uses up the approval of this request, and gives it back. */
static bool give_back(struct grants_rig *r, const struct rig_ask *ask)
{
    struct sym_grants_step *s = NULL;
    assert_int_equal(sym_grants_give_back(r->grants, &s, ask->id), SYM_OK);
    if (s == NULL) {
        return false;
    }
    assert_int_equal(sym_store_write(r->room.store, put_step, s), SYM_OK);
    sym_grants_end(s, SYM_OK);
    return true;
}

static void what_came_to_nothing_gives_its_approval_back_for_as_long_as_it_was_good(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    hold(r, &ask);
    approve(r, &ask);
    assert_false(give_back(r, &ask)); /* it was not used */
    grants_rig_set_clock(RIG_NOW + 23 * RIG_HOUR);
    assert_int_equal(decide_again(r, &ask), GRANTED);
    assert_true(give_back(r, &ask));
    assert_false(give_back(r, &ask)); /* once for each use */
    assert_int_equal(grants_rig_lines(r, "approval-kept"), 1);
    assert_int_equal(grants_rig_asked(r), 2);
    grants_rig_restart(r);
    assert_int_equal(count(r, SYM_HELD_APPROVED), 1);
    assert_int_equal(decide_again(r, &ask), GRANTED);
    assert_string_equal(r->approval.approver, "anna");
    grants_rig_set_clock(RIG_NOW + 25 * RIG_HOUR);
    assert_false(give_back(r, &ask));
    assert_int_equal(decide_again(r, &ask), HELD);
}

static void each_attempt_on_one_approval_is_one_request_of_the_day(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    unsigned attempts = 0;
    hold(r, &ask);
    approve(r, &ask);
    do {
        assert_int_equal(decide_again(r, &ask), GRANTED);
        attempts++;
    } while (attempts < 10 && give_back(r, &ask));
    assert_int_equal(attempts, 5);
    assert_int_equal(grants_rig_asked(r), 5);
}

static void no_approval_is_given_back_after_a_restart_or_once_its_grant_was_revoked(void **state)
{
    struct grants_rig *r = *state;
    const struct sym_grant_name name = {.alias = sym_span_text("peer-0"),
                                        .dataset = sym_span_text("suspects"),
                                        .kind = SYM_KIND_OVERLAP_MATCHES};
    struct sym_grant row = grants_rig_row();
    struct rig_ask ask;
    hold(r, &ask);
    approve(r, &ask);
    assert_int_equal(decide_again(r, &ask), GRANTED);
    grants_rig_restart(r);
    assert_false(give_back(r, &ask));
    hold(r, &ask);
    approve(r, &ask);
    assert_int_equal(decide_again(r, &ask), GRANTED);
    assert_int_equal(sym_grants_revoke(r->grants, &name, &r->operator_, &r->fault), SYM_OK);
    assert_false(give_back(r, &ask));
    row.approval = true;
    grants_rig_add(r, &row);
    assert_false(give_back(r, &ask));
    assert_int_equal(decide_again(r, &ask), HELD);
}

/* Denied by what the grant knows nothing of: the budget, the edition, who takes part. */
static void what_the_node_itself_denies_leaves_the_approval_as_it_was(void **state)
{
    struct grants_rig *r = *state;
    struct sym_policy_verdict verdict;
    struct sym_approval approval;
    struct sym_grants_step *s = NULL;
    struct rig_ask ask;
    hold(r, &ask);
    approve(r, &ask);
    struct rig_ask second = again(r, &ask);
    grants_rig_fill(&second);
    assert_int_equal(sym_grants_begin(r->grants, &s, &verdict, &approval, &second.ask), SYM_OK);
    assert_int_equal(verdict.decision, GRANTED);
    sym_grants_keep_approval(s, grants_rig_clock());
    assert_int_equal(sym_store_write(r->room.store, put_step, s), SYM_OK);
    sym_grants_end(s, SYM_OK);
    assert_int_equal(grants_rig_asked(r), 2);
    grants_rig_restart(r);
    assert_int_equal(grants_rig_asked(r), 2);
    assert_int_equal(decide_again(r, &ask), GRANTED);
    assert_string_equal(r->approval.approver, "anna");
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
    row.standing_days = 30;
    row.elements_per_day = 1000;
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

/* It may have been used since the backup. */
static void an_approval_from_before_a_restore_is_good_for_nothing(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    struct rig_ask waiting;
    hold(r, &ask);
    hold(r, &waiting);
    approve(r, &ask);
    r->restored_ms = grants_rig_clock() + RIG_SECOND;
    grants_rig_set_clock(r->restored_ms + RIG_SECOND);
    grants_rig_restart(r);
    assert_int_equal(count(r, SYM_HELD_APPROVED), 0);
    assert_int_equal(count(r, SYM_HELD_EXPIRED), 1);
    struct rig_ask second = again(r, &ask);
    assert_int_equal(decide(r, &second), HELD);
    assert_int_equal(grants_rig_lines(r, "request-expired"), 1);
    /* What an approver says now is known here, whatever was said before. */
    approve(r, &waiting);
    approve(r, &second);
    assert_int_equal(decide_again(r, &waiting), GRANTED);
    assert_int_equal(decide_again(r, &ask), GRANTED);
}

static void an_approval_expires_when_the_log_is_begun_again(void **state)
{
    struct grants_rig *r = *state;
    struct rig_ask ask;
    hold(r, &ask);
    approve(r, &ask);
    r->restored_ms = grants_rig_clock(); /* while the node runs */
    assert_int_equal(decide_again(r, &ask), HELD);
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
        TEST(an_approval_is_good_for_one_exchange),
        TEST(an_approval_is_not_good_for_what_came_up_after_it),
        TEST(who_decides_what_still_waits_is_told_of_what_came_up),
        TEST(what_came_to_nothing_gives_its_approval_back_for_as_long_as_it_was_good),
        TEST(each_attempt_on_one_approval_is_one_request_of_the_day),
        TEST(no_approval_is_given_back_after_a_restart_or_once_its_grant_was_revoked),
        TEST(what_the_node_itself_denies_leaves_the_approval_as_it_was),
        TEST(an_approval_survives_a_restart_and_its_use_does_too),
        TEST(the_same_request_for_fewer_elements_finds_the_approval),
        TEST(an_approval_is_good_for_the_engines_it_was_given_for),
        TEST(an_approval_is_good_for_the_case_it_was_given_for),
        TEST(an_approval_is_good_for_nothing_else),
        TEST(a_denial_answers_whoever_asks_again_and_says_why),
        TEST(each_of_two_gets_its_own_decision),
        TEST(an_approval_is_found_behind_one_that_waits),
        TEST(an_approval_from_before_a_restore_is_good_for_nothing),
        TEST(an_approval_expires_when_the_log_is_begun_again),
        TEST(an_approval_holds_for_a_day),
        TEST(forgets_what_was_decided_a_day_ago),
        TEST(a_grant_that_has_changed_is_looked_at_once_more),
        TEST(an_approval_does_not_outlive_the_expiry_of_the_grant),
        TEST(one_at_its_rate_may_still_fetch_what_was_approved),
        TEST(a_crash_at_any_step_never_makes_two_exchanges_of_one_approval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
