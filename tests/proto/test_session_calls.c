/* Walks the table of a session: every state with every call. */
#include "tests/proto/session_situations.h"

static enum sym_session_state state_after_call(enum situation s, enum local_call what)
{
    static const enum sym_session_state states[LOCAL_CALLS] = {
        [ASK] = SYM_SESSION_ASKED,          [ANSWER] = SYM_SESSION_GRANTED,
        [CONFIRM] = SYM_SESSION_OPEN,       [SEAL] = SYM_SESSION_OPEN,
        [FILL] = SYM_SESSION_OPEN,          [CLOSE] = SYM_SESSION_CLOSED_HERE,
        [ABORT] = SYM_SESSION_ABORTED_HERE,
    };
    if (what == ABORT && (was_aborted(s) || situations[s].state == SYM_SESSION_CLOSED_THERE)) {
        return SYM_SESSION_DEAD;
    }
    bool second_close = what == CLOSE && situations[s].state == SYM_SESSION_CLOSED_THERE;
    return second_close ? SYM_SESSION_ENDED : states[what];
}

static void every_state_does_what_it_may_and_refuses_any_other_call(void **state)
{
    (void)state;
    for (int s = 0; s < SITUATION_COUNT; s++) {
        for (int what = 0; what < LOCAL_CALLS; what++) {
            struct pair p;
            reach(&p, (enum situation)s);
            struct sym_session *subject =
                is_initiator((enum situation)s) ? p.initiator : p.responder;
            if ((calls_in((enum situation)s) & 1u << what) != 0) {
                enum sym_err err = call(&p, subject, (enum local_call)what);
                if (err != SYM_OK) {
                    fail_msg("%s: local call %d: %s", situations[s].name, what, sym_err_name(err));
                }
                assert_int_equal(sym_session_state(subject),
                                 state_after_call((enum situation)s, (enum local_call)what));
            } else {
                assert_no_call(&p, subject, (enum local_call)what, situations[s].name);
            }
            pair_close(&p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_does_what_it_may_and_refuses_any_other_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
