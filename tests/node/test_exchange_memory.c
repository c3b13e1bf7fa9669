/* A node that has no memory to read a frame says that of itself, not of who sent it. */
#include "tests/node/exchange_rig.c"

#include "tests/support/toy_group.h"

static struct exchange_rig *rig;
static uint8_t id[SYM_EXCHANGE_ID_BYTES];
static unsigned received;
static unsigned fails_at;
static enum sym_err fails_with;

/* The linker puts these in the places of their like (Makefile). */
enum sym_err __real_sym_session_receive(struct sym_session *s, uint8_t *frame, size_t len,
                                        uint64_t now_ms, struct sym_session_event *event);
enum sym_err __wrap_sym_session_receive(struct sym_session *s, uint8_t *frame, size_t len,
                                        uint64_t now_ms, struct sym_session_event *event);
enum sym_err __wrap_sym_session_receive(struct sym_session *s, uint8_t *frame, size_t len,
                                        uint64_t now_ms, struct sym_session_event *event)
{
    if (++received == fails_at) {
        *event = (struct sym_session_event){0};
        return fails_with;
    }
    return __real_sym_session_receive(s, frame, len, now_ms, event);
}

static int set_up(void **state)
{
    (void)state;
    rig = exchange_rig_open(&toy_group);
    exchange_rig_fill(rig, 0, 0, 100);
    exchange_rig_fill(rig, 1, 50, 100);
    received = 0;
    fails_at = 3; /* the request, the answer, the first data: at side 1 */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    exchange_rig_close(rig);
    return 0;
}

/* What both have of an overlap whose first data could not be read for this. */
static void expect(enum sym_err err, uint32_t reason, const char *fault)
{
    SYM_ARENA_AUTO first = {0};
    SYM_ARENA_AUTO second = {0};
    fails_with = err;
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    const struct sym_exchange_entry here = exchange_rig_entry(rig, 1, &first, NULL);
    const struct sym_exchange_entry there = exchange_rig_entry(rig, 0, &second, id);
    assert_int_equal(here.state, SYM_EXCHANGE_ABORTED);
    assert_int_equal(here.reason, reason);
    assert_int_equal(here.result, err);
    assert_true(sym_span_equal(here.fault, sym_span_text(fault)));
    assert_int_equal(there.state, SYM_EXCHANGE_ABORTED);
    assert_int_equal(there.reason, reason);
}

static void who_has_no_memory_for_a_frame_blames_nobody(void **state)
{
    (void)state;
    expect(SYM_NO_MEMORY, SYM_REASON_FAULT, "no memory to read a frame");
    assert_int_equal(ends[1].hung_up, 0);
}

static void a_frame_that_was_altered_is_a_protocol_failure(void **state)
{
    (void)state;
    expect(SYM_BAD_TAG, SYM_REASON_PROTOCOL, "a frame was lost, repeated or altered on the way");
    assert_true(ends[1].hung_up > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(who_has_no_memory_for_a_frame_blames_nobody),
        TEST(a_frame_that_was_altered_is_a_protocol_failure),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
