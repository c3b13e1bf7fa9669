/* peer ping: what it starts, follows, cancels and prints. */
#include "tests/cli/fake_node.h"
#include "tests/cli/json_is.h"

static const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {1, 2, 3};

/* Starts an exchange, noting its wish; row is its state when asked. */
static enum sym_err serve(struct fake_call *call, const struct sym_exchange_row *row)
{
    static const struct sym_exchange_name name = {.id = {id, sizeof id}};
    if (call->verb == SYM_VERB_PING_START) {
        const struct sym_ping_start *wish = call->arguments;
        char note[128];
        (void)snprintf(note, sizeof note, "%.*s bytes=%llu timeout=%u", (int)wish->alias.len,
                       (const char *)wish->alias.data, (unsigned long long)wish->bytes,
                       wish->timeout_ms);
        fake_note(call->node, note);
    }
    call->answer = call->verb == SYM_VERB_PING_START       ? (const void *)&name
                   : call->verb == SYM_VERB_EXCHANGE_STATE ? (const void *)row
                                                           : NULL;
    return SYM_OK;
}

/* Waits, runs, and is done when asked for the third time. */
static enum sym_err a_peer_that_answers(struct fake_call *call)
{
    static struct sym_exchange_row row;
    enum sym_exchange_state states[] = {SYM_EXCHANGE_WAITING, SYM_EXCHANGE_RUNNING,
                                        SYM_EXCHANGE_DONE};
    unsigned step = call->number % 4 == 0 ? 0 : call->number % 4 - 1;
    row = (struct sym_exchange_row){.id = sym_span(id, sizeof id),
                                    .alias = sym_span_text("bank-b"),
                                    .state = states[step],
                                    .done = 1024,
                                    .total = 4096,
                                    .elapsed_us = 2000000,
                                    .round_trip_us = 1800 + 1000 * (call->number / 4)};
    return serve(call, &row);
}

static void prints_the_round_trip(void **state)
{
    struct run r;
    char asked[8192];
    fake_node_start(*state, a_peer_that_answers);
    run(&r, "peer|ping|bank-b");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "bank-b: 1.80 ms, sealed core to core\n");
    fake_notes(asked, *state);
    assert_string_equal(asked, "PING_START\nbank-b bytes=0 timeout=10000\nEXCHANGE_STATE\n"
                               "EXCHANGE_STATE\nEXCHANGE_STATE\n");
}

static void prints_throughput_and_no_progress_in_a_pipe(void **state)
{
    struct run r;
    char asked[8192];
    fake_node_start(*state, a_peer_that_answers);
    run(&r, "peer|ping|bank-b|--mib|64|--timeout|60");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out,
                        "bank-b: 1.80 ms, 64.0 MiB in 2.00 s (32.0 MiB/s), sealed core to core\n");
    fake_notes(asked, *state);
    assert_shows(asked, "bank-b bytes=67108864 timeout=60000\n");
}

static void several_pings_end_in_a_summary(void **state)
{
    struct run r;
    fake_node_start(*state, a_peer_that_answers);
    run(&r, "peer|ping|bank-b|--count|3");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "bank-b: 1.80 ms, sealed core to core\n"
                               "bank-b: 2.80 ms, sealed core to core\n"
                               "bank-b: 3.80 ms, sealed core to core\n"
                               "bank-b: 3 sent, 3 answered; min 1.80 ms, avg 2.80 ms, max 3.80 "
                               "ms\n");
}

static void speaks_json(void **state)
{
    struct run r;
    fake_node_start(*state, a_peer_that_answers);
    run(&r, "peer|ping|bank-b|--json|--mib|1|--count|2");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    json_is(r.out, "{\"peer\":\"bank-b\",\"sent\":2,\"answered\":2,\"round_trip_us\":"
                   "{\"min\":1800,\"avg\":2300,\"max\":2800},\"bytes\":2097152,"
                   "\"elapsed_us\":4000000,\"bytes_per_second\":524288}");
}

static enum sym_err ended(struct fake_call *call, enum sym_exchange_state end, enum sym_err result,
                          const char *fault)
{
    static struct sym_exchange_row row;
    row = (struct sym_exchange_row){.id = sym_span(id, sizeof id),
                                    .state = end,
                                    .result = (uint32_t)result,
                                    .fault = sym_span_text(fault)};
    return serve(call, &row);
}

static enum sym_err a_peer_that_is_down(struct fake_call *call)
{
    return ended(call, SYM_EXCHANGE_ABORTED, SYM_UNREACHABLE,
                 "bank-b: cannot be reached: connection refused");
}

static void a_peer_that_is_down_exits_4(void **state)
{
    struct run r;
    fake_node_start(*state, a_peer_that_is_down);
    run(&r, "peer|ping|bank-b");
    assert_int_equal(r.code, SYM_EXIT_UNREACHABLE);
    assert_string_equal(r.err, "symbolon: bank-b: cannot be reached: connection refused\n");
    assert_string_equal(r.out, "");
    run(&r, "peer|ping|bank-b|--count|2|--json");
    assert_int_equal(r.code, SYM_EXIT_UNREACHABLE);
    assert_shows(r.out, "\"answered\": 0");
    assert_shows(r.out, "\"error\": \"UNREACHABLE\"");
    assert_shows(r.out, "\"reason\": \"bank-b: cannot be reached: connection refused\"");
    assert_shows_not(r.out, "round_trip_us");
}

static enum sym_err a_peer_that_denies(struct fake_call *call)
{
    return ended(call, SYM_EXCHANGE_DENIED, SYM_OK, "");
}

static void a_peer_that_denies_exits_3_and_is_not_asked_again(void **state)
{
    struct run r;
    char asked[8192];
    fake_node_start(*state, a_peer_that_denies);
    run(&r, "peer|ping|bank-b|--count|5");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_shows(r.out, "bank-b: 1 sent, 0 answered\n");
    fake_notes(asked, *state);
    assert_null(strstr(strstr(asked, "PING_START") + 1, "PING_START"));
}

static enum sym_err an_exchange_that_aborts(struct fake_call *call)
{
    return ended(call, SYM_EXCHANGE_ABORTED, SYM_BAD_TAG, "bank-b: \x7f\tdoes not authenticate");
}

static void an_abort_exits_1_with_its_reason_made_harmless(void **state)
{
    struct run r;
    fake_node_start(*state, an_exchange_that_aborts);
    run(&r, "peer|ping|bank-b");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows_not(r.err, "\x7f");
}

static enum sym_err an_exchange_whose_peer_stops(struct fake_call *call)
{
    return ended(call, SYM_EXCHANGE_ABORTED, SYM_CLOSED, "it took longer than allowed");
}

static void an_abort_says_which_peer_it_is_about(void **state)
{
    struct run r;
    fake_node_start(*state, an_exchange_whose_peer_stops);
    run(&r, "peer|ping|bank-b");
    assert_string_equal(r.err, "symbolon: bank-b: it took longer than allowed\n");
}

static enum sym_err never_ends(struct fake_call *call)
{
    static const struct sym_exchange_row row = {.id = {id, sizeof id},
                                                .state = SYM_EXCHANGE_RUNNING};
    return serve(call, &row);
}

/* Presses Ctrl-C once the core has noted this; what was printed on standard error. */
static void interrupt(char err_text[1024], struct fake_node *node, const char *noted)
{
    char asked[8192];
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    assert_non_null(out);
    assert_non_null(err);
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        run_child("peer|ping|bank-b|--count|100000", out, err);
    }
    for (int i = 0; i < 2000; i++) {
        fake_notes(asked, node);
        if (strstr(asked, noted) != NULL) {
            break;
        }
        (void)usleep(10000);
    }
    assert_int_equal(kill(child, SIGINT), 0);
    assert_int_equal(run_code(child), SYM_EXIT_FAILED);
    run_read(err_text, 1024, err);
    (void)fclose(out);
}

static void ctrl_c_cancels_the_exchange(void **state)
{
    char err[1024];
    char asked[8192];
    fake_node_start(*state, never_ends);
    interrupt(err, *state, "EXCHANGE_STATE");
    assert_string_equal(err, "symbolon: bank-b: cancelled\n");
    fake_notes(asked, *state);
    assert_shows(asked, "EXCHANGE_CANCEL\n");
}

static enum sym_err ends_at_once(struct fake_call *call)
{
    return ended(call, SYM_EXCHANGE_DONE, SYM_OK, "");
}

static void ctrl_c_between_two_pings_ends_them(void **state)
{
    char err[1024];
    fake_node_start(*state, ends_at_once);
    interrupt(err, *state, "EXCHANGE_STATE");
    assert_string_equal(err, "symbolon: bank-b: cancelled\n");
}

static enum sym_err no_such_peer(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "bank-x: does not exist; see peer list");
    return SYM_NOT_FOUND;
}

static void refuses_a_peer_that_does_not_exist(void **state)
{
    struct run r;
    fake_node_start(*state, no_such_peer);
    run(&r, "peer|ping|bank-x");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: bank-x: does not exist; see peer list\n");
}

static void refuses_numbers_outside_their_range(void **state)
{
    (void)state;
    struct run r;
    static const char *const words[] = {"peer|ping|b|--count|0",   "peer|ping|b|--count|100001",
                                        "peer|ping|b|--mib|0",     "peer|ping|b|--mib|4097",
                                        "peer|ping|b|--timeout|0", "peer|ping|b|--timeout|601"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        run(&r, words[i]);
        assert_int_equal(r.code, SYM_EXIT_USAGE);
        assert_shows(r.err, "is not a whole number from 1 to ");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(prints_the_round_trip),
        WITH_NODE(prints_throughput_and_no_progress_in_a_pipe),
        WITH_NODE(several_pings_end_in_a_summary),
        WITH_NODE(speaks_json),
        WITH_NODE(a_peer_that_is_down_exits_4),
        WITH_NODE(a_peer_that_denies_exits_3_and_is_not_asked_again),
        WITH_NODE(an_abort_exits_1_with_its_reason_made_harmless),
        WITH_NODE(an_abort_says_which_peer_it_is_about),
        WITH_NODE(ctrl_c_cancels_the_exchange),
        WITH_NODE(ctrl_c_between_two_pings_ends_them),
        WITH_NODE(refuses_a_peer_that_does_not_exist),
        WITH_NODE(refuses_numbers_outside_their_range),
    };
    return cmocka_run_group_tests_name("ping", tests, fake_node_start_tests, NULL);
}
