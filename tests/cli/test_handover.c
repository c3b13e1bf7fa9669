/* The handover of an import: how long it waits for a node that is away or busy, and what it sends
 * again. */
#include "cli/handover.h"
#include "tests/cli/import_core.h"

#define LONG_MS  20000u /* what a slow machine needs as well */
#define SHORT_MS 300u   /* for a node that is not there */
#define LOST_MS  2000u  /* for an answer that does not come, and for its repetition that does */

/* The handover alone, with less patience than people have. Not on the stack: its thread goes on
 * when a check fails, until the test is torn down. */
static struct handed {
    struct sym_client client;
    struct sym_handover *handover;
    struct sym_fault fault;
    struct sym_repeats *held; /* of what it adds to */
} handed;

static enum sym_err hand_over(struct handed *h, const struct fake_node *node, unsigned wait_ms,
                              unsigned busy_ms)
{
    static const struct sym_option options[] = {{.name = "as", .argument = "NAME"}, {0}};
    struct sym_call call = {.dir = node->dir, .wait_ms = wait_ms};
    sym_args_know(&call.args, options);
    const struct sym_handover_terms terms = {
        .dataset = "suspects",
        .profile = "accounts",
        .append = h->held != NULL,
        .held = h->held,
        .patience = {.tries = 5, .pause_ms = 20, .busy_ms = busy_ms}};
    h->client = (struct sym_client){.request = NULL};
    h->handover = NULL;
    enum sym_err err = sym_client_open(&h->client, &call, &h->fault);
    return err == SYM_OK ? sym_handover_begin(&h->handover, &h->client, &terms, &h->fault) : err;
}

static enum sym_err add_record(struct handed *h)
{
    static const uint8_t digests[1][SYM_DIGEST_BYTES];
    static const uint32_t id_end = 2;
    static const uint32_t record;
    static const uint8_t type = SYM_TOKEN_IBAN;
    const struct sym_import_batch batch = {.n_records = 1,
                                           .ids = (const uint8_t *)"r1",
                                           .id_ends = &id_end,
                                           .n_tokens = 1,
                                           .records = &record,
                                           .types = &type,
                                           .digests = digests};
    return sym_handover_add(h->handover, &batch, &h->fault);
}

static enum sym_err keep(struct handed *h)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_dataset_row row;
    return sym_handover_keep(h->handover, &arena, &row, &h->fault);
}

static void end(struct handed *h)
{
    sym_handover_end(h->handover);
    h->handover = NULL;
    sym_client_close(&h->client);
}

static int tear_down(void **state)
{
    end(&handed);
    return fake_node_tear_down(state);
}

static uint64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static void gives_up_when_the_node_stays_away(void **state)
{
    struct fake_node *node = *state;
    struct handed *h = &handed;
    fake_node_start(node, a_new_dataset);
    assert_int_equal(hand_over(h, node, LONG_MS, 0), SYM_OK);
    fake_node_stop(node);
    h->client.wait_ms = SHORT_MS;
    assert_int_equal(add_record(h), SYM_OK);
    assert_int_equal(keep(h), SYM_CLOSED);
    assert_shows(h->fault.text, " is not running; start it with: \"symbolond --dir ");
    end(h);
}

static enum sym_err loses_an_answer(struct fake_call *call)
{
    static unsigned chunks;
    enum sym_err err = takes(call, false);
    call->silent = call->verb == SYM_VERB_IMPORT_CHUNK && chunks++ == 0;
    return err;
}

static void a_chunk_whose_answer_was_lost_is_sent_again(void **state)
{
    struct fake_node *node = *state;
    struct handed *h = &handed;
    char asked[8192];
    fake_node_start(node, loses_an_answer);
    assert_int_equal(hand_over(h, node, LOST_MS, 0), SYM_OK);
    assert_int_equal(add_record(h), SYM_OK);
    assert_int_equal(keep(h), SYM_OK);
    end(h);
    fake_notes(asked, node);
    const char *first = strstr(asked, "chunk 0: ");
    assert_non_null(first);
    assert_shows(first + 1, "chunk 0: 1 records, first r1\n");
    assert_shows(asked, "keep=1 chunks=1\n");
}

static enum sym_err never_answers_the_end(struct fake_call *call)
{
    enum sym_err err = takes(call, false);
    call->silent = call->verb == SYM_VERB_IMPORT_END;
    return err;
}

static void does_not_know_whether_an_end_without_an_answer_arrived(void **state)
{
    struct fake_node *node = *state;
    struct handed *h = &handed;
    fake_node_start(node, never_answers_the_end);
    assert_int_equal(hand_over(h, node, SHORT_MS, 0), SYM_OK);
    assert_int_equal(add_record(h), SYM_OK);
    assert_int_equal(keep(h), SYM_CLOSED);
    assert_shows(h->fault.text, "before you import the file again, look with \"symbolon dataset "
                                "show\" whether it was kept");
}

static size_t count_of(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        n++;
    }
    return n;
}

/* Waits until the node was asked to begin so often. */
static void await_begins(const struct fake_node *node, size_t n)
{
    char asked[8192];
    uint64_t began_ms = clock_ms();
    do {
        assert_true(clock_ms() - began_ms < LONG_MS);
        (void)usleep(10000);
        fake_notes(asked, node);
    } while (count_of(asked, "IMPORT_BEGIN\n") < n);
}

static void shows_life_while_the_file_is_silent(void **state)
{
    struct fake_node *node = *state;
    struct handed *h = &handed;
    char asked[8192];
    fake_node_start(node, a_new_dataset);
    uint64_t began_ms = clock_ms();
    assert_int_equal(hand_over(h, node, LONG_MS, 0), SYM_OK);
    await_begins(node, 3);
    assert_true(clock_ms() - began_ms >= 500);
    assert_int_equal(add_record(h), SYM_OK);
    assert_int_equal(keep(h), SYM_OK);
    end(h);
    fake_notes(asked, node);
    assert_shows(asked, "keep=1 chunks=1\n");
    assert_int_equal(count_of(asked, "chunk 0: "), 1);
}

static enum sym_err is_taken_over(struct fake_call *call)
{
    static unsigned begins;
    if (call->verb == SYM_VERB_IMPORT_BEGIN && begins++ > 0) {
        (void)snprintf(call->fault, sizeof call->fault, "import of suspects: was given up");
        return SYM_WRONG_STATE;
    }
    return takes(call, false);
}

static void an_import_that_was_given_up_meanwhile_ends(void **state)
{
    struct fake_node *node = *state;
    struct handed *h = &handed;
    fake_node_start(node, is_taken_over);
    assert_int_equal(hand_over(h, node, LONG_MS, 0), SYM_OK);
    await_begins(node, 2);
    assert_int_equal(add_record(h), SYM_OK);
    assert_int_equal(keep(h), SYM_WRONG_STATE);
    assert_string_equal(h->fault.text, "import of suspects: was given up");
    end(h);
}

static enum sym_err is_started_again(struct fake_call *call)
{
    static unsigned begins;
    const struct sym_import_begin *begin = call->arguments;
    if (call->verb == SYM_VERB_IMPORT_BEGIN && begins++ == 2 && begin->goes_on) {
        return SYM_NOT_FOUND;
    }
    return takes(call, true);
}

/* Another import may have come between, whose ids it was not told. */
static void what_adds_incidents_is_not_begun_anew_at_a_node_that_was_started_again(void **state)
{
    struct fake_node *node = *state;
    struct handed *h = &handed;
    struct sym_repeats ids = sym_repeats(1, SYM_IMPORT_ROWS_MAX);
    h->held = &ids;
    fake_node_start(node, is_started_again);
    enum sym_err err = hand_over(h, node, LONG_MS, 0);
    h->held = NULL;
    assert_int_equal(err, SYM_OK);
    await_begins(node, 3);
    assert_int_equal(add_record(h), SYM_OK);
    assert_int_equal(keep(h), SYM_NOT_FOUND);
    assert_shows(h->fault.text, "was started again meanwhile; nothing of it was kept");
    end(h);
    sym_repeats_clear(&ids);
}

static enum sym_err is_busy_for_a_while(struct fake_call *call)
{
    static unsigned begins;
    if (call->verb == SYM_VERB_IMPORT_BEGIN && begins++ < 3) {
        (void)snprintf(call->fault, sizeof call->fault, "dataset suspects: is being imported");
        return SYM_EXISTS;
    }
    return takes(call, false);
}

static void waits_for_an_import_that_was_cut_off(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_csv(node, "id,iban\nr1,GB82WEST12345698765432\n");
    fake_node_start(node, is_busy_for_a_while);
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.err, "");
    fake_notes(asked, node);
    assert_int_equal(count_of(asked, "IMPORT_BEGIN\n"), 4);
    assert_shows(asked, "keep=1 chunks=1\n");
}

static enum sym_err is_busy(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "dataset suspects: is being imported");
    return call->verb == SYM_VERB_IMPORT_BEGIN ? SYM_EXISTS : takes(call, false);
}

static void an_import_that_goes_on_is_not_waited_for_without_end(void **state)
{
    struct fake_node *node = *state;
    struct handed *h = &handed;
    char asked[8192];
    fake_node_start(node, is_busy);
    assert_int_equal(hand_over(h, node, LONG_MS, 600), SYM_EXISTS);
    assert_string_equal(h->fault.text, "dataset suspects: is being imported");
    end(h);
    fake_notes(asked, node);
    assert_int_equal(count_of(asked, "IMPORT_BEGIN\n"), 4);
    assert_shows_not(asked, "IMPORT_END");
    assert_int_equal(sym_handover_patience.busy_ms, 5000);
}

#define WITH_HANDOVER(test) cmocka_unit_test_setup_teardown(test, fake_node_set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_HANDOVER(a_chunk_whose_answer_was_lost_is_sent_again),
        WITH_HANDOVER(gives_up_when_the_node_stays_away),
        WITH_HANDOVER(does_not_know_whether_an_end_without_an_answer_arrived),
        WITH_HANDOVER(shows_life_while_the_file_is_silent),
        WITH_HANDOVER(an_import_that_was_given_up_meanwhile_ends),
        WITH_HANDOVER(what_adds_incidents_is_not_begun_anew_at_a_node_that_was_started_again),
        WITH_HANDOVER(waits_for_an_import_that_was_cut_off),
        WITH_HANDOVER(an_import_that_goes_on_is_not_waited_for_without_end),
    };
    return cmocka_run_group_tests_name("handover", tests, fake_node_start_tests, NULL);
}
