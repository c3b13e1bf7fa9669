/* What is told of an exchange that was held for an approver, while its request is known and after.
 */
#include "node/core/held_end.h"
#include "tests/node/held_requests.h"

static struct sym_exchange_entry told(struct grants_rig *r, const struct rig_ask *ask,
                                      uint32_t kind, char words[SYM_FAULT_BYTES])
{
    struct sym_exchange_entry e = {.id = sym_span(ask->id, sizeof ask->id),
                                   .alias = sym_span_text("peer-0"),
                                   .role = SYM_AS_PARTICIPANT,
                                   .kind = kind,
                                   .state = SYM_EXCHANGE_HELD};
    sym_held_end_tell(r->grants, &e, words);
    return e;
}

static void what_waits_is_held_and_what_is_forgotten_is_not(void **state)
{
    static const uint32_t kinds[] = {SYM_KIND_OVERLAP_MATCHES, SYM_KIND_OVERLAP_COUNT,
                                     SYM_KIND_TABULATE, SYM_KIND_OVERLAP_TABLE};
    struct grants_rig *r = *state;
    struct rig_ask ask;
    char words[SYM_FAULT_BYTES];
    hold(r, &ask);
    assert_int_equal(told(r, &ask, kinds[0], words).state, SYM_EXCHANGE_HELD);
    grants_rig_set_clock(RIG_NOW + RIG_DAY);
    assert_int_equal(told(r, &ask, kinds[0], words).state, SYM_EXCHANGE_ABORTED);
    assert_string_equal(words, "expired");
    assert_int_equal(decide_again(r, &ask), HELD); /* which writes down that it has expired */
    grants_rig_set_clock(RIG_NOW + 3 * RIG_DAY);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct sym_exchange_entry e = told(r, &ask, kinds[i], words);
        const char *course = i < 2 ? "it waits no more, and never began; "
                                   : "it waits no more, and went on as another exchange or not at "
                                     "all; ";
        assert_int_equal(e.state, SYM_EXCHANGE_ABORTED);
        assert_memory_equal(words, course, strlen(course));
        assert_true(sym_span_equal(e.fault, sym_span_text(words)));
    }
}

static void what_this_node_asked_for_is_left_alone(void **state)
{
    struct grants_rig *r = *state;
    char words[SYM_FAULT_BYTES];
    uint8_t id[SYM_EXCHANGE_ID_BYTES] = {1};
    struct sym_exchange_entry e = {.id = sym_span(id, sizeof id),
                                   .role = SYM_AS_INITIATOR,
                                   .kind = SYM_KIND_TABULATE,
                                   .state = SYM_EXCHANGE_HELD};
    sym_held_end_tell(r->grants, &e, words);
    assert_int_equal(e.state, SYM_EXCHANGE_HELD);
    assert_string_equal(words, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, grants_rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_waits_is_held_and_what_is_forgotten_is_not),
        TEST(what_this_node_asked_for_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
