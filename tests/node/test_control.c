/* What a control socket answers, to whom, and what is recorded of it. */
#include "tests/node/control_room.h"

#include <stdatomic.h>

/* The clocks of the socket and of who asks it: once they are stopped, time passes as a test says.
 */
static atomic_bool stopped;
static atomic_ullong steady_ms;
static atomic_ullong time_ms;

uint64_t __real_sym_now_ms(void);
uint64_t __wrap_sym_now_ms(void);
uint64_t __real_sym_wall_ms(void);
uint64_t __wrap_sym_wall_ms(void);

uint64_t __wrap_sym_now_ms(void)
{
    return atomic_load(&stopped) ? atomic_load(&steady_ms) : __real_sym_now_ms();
}

uint64_t __wrap_sym_wall_ms(void)
{
    return atomic_load(&stopped) ? atomic_load(&time_ms) : __real_sym_wall_ms();
}

static void stop_clocks(void)
{
    atomic_store(&steady_ms, __real_sym_now_ms());
    atomic_store(&time_ms, __real_sym_wall_ms());
    atomic_store(&stopped, true);
}

static void pass_ms(unsigned ms)
{
    atomic_fetch_add(&steady_ms, ms);
    atomic_fetch_add(&time_ms, ms);
}

static int set_up_with_clocks(void **state)
{
    atomic_store(&stopped, false);
    return set_up(state);
}

/* Tests. */

static void runs_what_a_user_asks_and_gives_the_answer(void **state)
{
    (void)state;
    struct request r = signed_by(ALICE, SYM_VERB_CARD, &nothing);
    struct reply got = ask(sym_span(r.bytes, r.len));
    assert_int_equal(got.result, SYM_OK);
    assert_true(sym_span_equal(got.message.nonce, sym_span(r.nonce, sizeof r.nonce)));
    SYM_ARENA_AUTO arena = {0};
    struct sym_card_text text;
    assert_int_equal(sym_decode(&arena, &text, &sym_msg_card_text, got.message.answer), SYM_OK);
    assert_int_equal(text.text.len, 100);
    assert_int_equal(f.runs, 1);
    assert_int_equal(f.verb, SYM_VERB_CARD);
    assert_string_equal(f.user, "alice");
    assert_int_equal(journal().n, 0);
    reply_end(&got);
    request_end(&r);
}

static void gives_a_verb_its_decoded_arguments(void **state)
{
    (void)state;
    struct sym_peer_name name = {.alias = sym_span_text("bank-b")};
    expect(signed_by(OLGA, SYM_VERB_PEER_REMOVE, &name), SYM_OK, NULL);
    assert_int_equal(f.verb, SYM_VERB_PEER_REMOVE);
    assert_string_equal(f.user, "olga");
    assert_string_equal(f.alias, "bank-b");
}

static void repeats_the_answer_to_a_repeated_request_and_runs_it_once(void **state)
{
    (void)state;
    struct request r = signed_by(ALICE, SYM_VERB_CARD, &nothing);
    struct reply first = ask(sym_span(r.bytes, r.len));
    for (int i = 0; i < 3; i++) {
        struct reply again = ask(sym_span(r.bytes, r.len));
        assert_int_equal(again.len, first.len);
        assert_memory_equal(again.bytes, first.bytes, first.len);
        reply_end(&again);
    }
    assert_int_equal(f.runs, 1);
    reply_end(&first);
    request_end(&r);
}

static void repeats_a_refusal_of_the_verb_and_runs_it_once(void **state)
{
    (void)state;
    struct sym_peer_name name = {.alias = sym_span_text("bank-b")};
    struct request r = signed_by(OLGA, SYM_VERB_PEER_REMOVE, &name);
    f.result = SYM_NOT_FOUND;
    f.fault = "peer bank-b: is not pinned";
    for (int i = 0; i < 3; i++) {
        struct reply got = ask(sym_span(r.bytes, r.len));
        assert_int_equal(got.result, SYM_NOT_FOUND);
        assert_true(says(&got, "bank-b: is not pinned"));
        reply_end(&got);
    }
    assert_int_equal(f.runs, 1);
    request_end(&r);
}

static void refuses_a_repeated_request_whose_answer_is_forgotten(void **state)
{
    (void)state;
    struct request r = signed_by(ALICE, SYM_VERB_CARD, &nothing);
    struct reply got = ask(sym_span(r.bytes, r.len));
    reply_end(&got);
    for (int i = 0; i < 40; i++) {
        still_serves();
    }
    expect(r, SYM_REPLAY, "made before");
    assert_int_equal(f.runs, 41);
    assert_int_equal(journal().n, 1);
}

static void refuses_a_repeated_request_whose_answer_was_too_long_to_keep(void **state)
{
    (void)state;
    f.answer_bytes = SYM_CARD_BYTES_MAX;
    struct request r = signed_by(ALICE, SYM_VERB_CARD, &nothing);
    struct reply got = ask(sym_span(r.bytes, r.len));
    assert_int_equal(got.result, SYM_OK);
    reply_end(&got);
    expect(r, SYM_REPLAY, NULL);
    assert_int_equal(f.runs, 1);
}

static void refuses_and_records_a_request_for_another_node(void **state)
{
    (void)state;
    uint8_t nonce[SYM_NONCE_BYTES];
    uint8_t other[SYM_NODE_ID_BYTES];
    for (size_t i = 0; i < 2; i++) {
        struct sym_control_body body = body_of(nonce, SYM_VERB_CARD);
        memcpy(other, f.self.bytes, sizeof other);
        other[i * 31] ^= 1;
        body.node = sym_span(other, sizeof other);
        expect(with_body(ALICE, &body), SYM_DENIED, "another node");
    }
    assert_int_equal(journal().n, 2);
    assert_non_null(strstr(journal().last, "control-denied user=alice"));
    still_serves();
}

static void refuses_requests_that_have_expired_or_hold_for_too_long(void **state)
{
    (void)state;
    uint8_t nonce[SYM_NONCE_BYTES];
    stop_clocks();
    struct sym_control_body body = body_of(nonce, SYM_VERB_CARD);
    const uint64_t expired[] = {1, sym_wall_ms(), sym_wall_ms() - LIFE_MS};
    const uint64_t too_far[] = {sym_wall_ms() + SYM_CONTROL_LIFE_MS + 1, UINT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        body.expires_ms = expired[i];
        expect(with_body(ALICE, &body), SYM_EXPIRED, "is the clock right?");
    }
    for (size_t i = 0; i < 2; i++) {
        body.expires_ms = too_far[i];
        expect(with_body(ALICE, &body), SYM_STALE, "valid for too long");
    }
    assert_int_equal(f.runs, 0);
    /* None of them has used the nonce up, or is repeated. */
    body.expires_ms = sym_wall_ms() + SYM_CONTROL_LIFE_MS;
    expect(with_body(ALICE, &body), SYM_OK, NULL);
    assert_int_equal(journal().n, 0);
}

static void runs_nothing_once_more_after_it_was_started_again(void **state)
{
    (void)state;
    stop_clocks();
    struct request r = signed_by(ALICE, SYM_VERB_CARD, &nothing);
    struct reply got = ask(sym_span(r.bytes, r.len));
    assert_int_equal(got.result, SYM_OK);
    reply_end(&got);
    pass_ms(2);
    stop();
    start();
    expect(r, SYM_REPLAY, "signed before this node started");
    assert_int_equal(f.runs, 1);
    assert_int_equal(journal().n, 1);
    still_serves();
}

static void refuses_what_could_have_been_signed_before_it_started(void **state)
{
    (void)state;
    uint8_t nonce[SYM_NONCE_BYTES];
    stop_clocks();
    stop();
    start();
    struct sym_control_body body = body_of(nonce, SYM_VERB_CARD);
    pass_ms(60);
    body.expires_ms = sym_wall_ms() + LIFE_MS - 62;
    expect(with_body(ALICE, &body), SYM_REPLAY, "run it again");
    assert_int_equal(f.runs, 0);
    body.expires_ms = sym_wall_ms() + LIFE_MS - 60;
    expect(with_body(ALICE, &body), SYM_OK, NULL);
}

static void refuses_a_key_that_it_does_not_know(void **state)
{
    (void)state;
    struct sym_sign_key stranger = {.seed = {0}};
    uint8_t nonce[SYM_NONCE_BYTES];
    uint8_t bytes[1024];
    size_t len = 0;
    struct sym_control_body body = body_of(nonce, SYM_VERB_STATUS);
    assert_int_equal(sym_sign_key_new(&stranger), SYM_OK);
    assert_int_equal(sym_encode(bytes, sizeof bytes, &len, &sym_msg_control_body, &body), SYM_OK);
    expect(signed_body(&stranger, sym_span(bytes, len)), SYM_DENIED, "does not know the user key");
    sym_sign_key_clear(&stranger);
    still_serves();
}

static void refuses_a_user_who_was_removed(void **state)
{
    (void)state;
    struct sym_user by = {.roles = SYM_USER_ANY};
    still_serves();
    assert_int_equal(sym_users_remove(&f.users, sym_span_text("alice"), &by, NULL, NULL), SYM_OK);
    expect(signed_by(ALICE, SYM_VERB_STATUS, &nothing), SYM_DENIED, "does not know the user key");
    expect(signed_by(OTTO, SYM_VERB_STATUS, &nothing), SYM_OK, NULL);
}

static void refuses_and_records_what_the_role_of_a_user_does_not_allow(void **state)
{
    (void)state;
    struct sym_peer_name name = {.alias = sym_span_text("bank-b")};
    expect(
        signed_by(ALICE, SYM_VERB_PEER_REMOVE, &name), SYM_DENIED,
        "alice: does not have the role for this (needs one of: operator); choose who has it with "
        "--as NAME, or let an operator add one: \"symbolon user add NAME --role operator\"");
    struct room_lines l = journal();
    assert_int_equal(l.n, 1);
    assert_non_null(strstr(l.last, "control-denied user=alice subject=PEER_REMOVE"));
    assert_int_equal(f.runs, 0);
}

static void tells_how_to_add_who_has_the_role(void **state)
{
    (void)state;
    const struct sym_log_query query = {.most = 1};
    expect(signed_by(OLGA, SYM_VERB_LOG_LIST, &query), SYM_DENIED,
           "(needs one of: auditor); choose who has it with --as NAME, or add one: \"symbolon user "
           "add NAME --role auditor");
    expect(signed_by(ANNA, SYM_VERB_DATASET_LIST, &nothing), SYM_DENIED,
           "(needs one of: analyst,operator); choose who has it with --as NAME, or let an operator "
           "add one: \"symbolon user add NAME --role ROLE\"");
}

/* The table of control.h is the only place that says who may do what. */
static void lets_each_role_run_exactly_the_verbs_of_its_rows(void **state)
{
    (void)state;
    struct sample sample;
    size_t denied = 0;
    sample_open(&sample, SAMPLE_LEAST, 1);
    for (uint32_t verb = 1; verb < SYM_VERB_COUNT; verb++) {
        const struct sym_verb_row *row = sym_verb_row(verb);
        const void *arguments = sample_value(&sample, row->arguments);
        for (enum who who = 0; who < PEOPLE; who++) {
            unsigned before = f.runs;
            struct request r = signed_by(who, (enum sym_verb)verb, arguments);
            struct reply got = ask(sym_span(r.bytes, r.len));
            bool may = (row->roles & roles[who]) != 0;
            assert_int_equal(got.result == SYM_DENIED, !may);
            assert_int_equal(f.runs - before, may);
            denied += !may;
            reply_end(&got);
            request_end(&r);
        }
    }
    assert_true(denied > 0);
    size_t recorded = journal().n; /* only so many a minute */
    assert_true(recorded == denied || (recorded < denied && recorded >= 60));
    sample_close(&sample);
}

static void records_what_a_verb_denies_and_nothing_else_of_its_errors(void **state)
{
    (void)state;
    const enum sym_err errors[] = {SYM_NOT_FOUND, SYM_EXISTS, SYM_NO_SPACE, SYM_DENIED};
    for (size_t i = 0; i < 4; i++) {
        f.result = errors[i];
        f.fault = "because of the verb";
        expect(signed_by(OLGA, SYM_VERB_CARD, &nothing), errors[i], "because of the verb");
        assert_int_equal(journal().n, i == 3);
    }
    assert_non_null(strstr(journal().last, "control-denied user=olga subject=CARD"));
}

/* Otherwise its user would wait in vain. */
static void answers_also_when_what_a_verb_says_cannot_be_encoded(void **state)
{
    (void)state;
    f.result = SYM_NOT_FOUND;
    f.fault = "peer \xff: is not pinned";
    expect(signed_by(OLGA, SYM_VERB_CARD, &nothing), SYM_NOT_FOUND, "cannot put its answer");
    still_serves();
}

/* Each costs a synced write: a burst is recorded, then one a second. */
static void records_denials_only_so_often(void **state)
{
    (void)state;
    struct sym_peer_name name = {.alias = sym_span_text("bank-b")};
    const struct sym_log_query query = {.first = 0};
    stop_clocks();
    for (int i = 0; i < 150; i++) {
        expect(signed_by(ALICE, SYM_VERB_PEER_REMOVE, &name), SYM_DENIED, NULL);
    }
    assert_int_equal(journal().n, 61);
    assert_int_equal(f.runs, 0);
    pass_ms(999);
    expect(signed_by(OLGA, SYM_VERB_LOG_LIST, &query), SYM_DENIED, NULL);
    assert_int_equal(journal().n, 61);
    /* A burst is no cover: the next entry counts what was left out. */
    pass_ms(1);
    expect(signed_by(OLGA, SYM_VERB_LOG_LIST, &query), SYM_DENIED, NULL);
    assert_int_equal(journal().n, 62);
    assert_non_null(strstr(journal().last, " 90 denials before it were not recorded"));
    assert_non_null(strstr(journal().last, "user=olga subject=LOG_LIST"));
}

/* In the name of a user, with another key: who did it is not known, and that user did not. */
static void records_a_forged_request_and_blames_nobody(void **state)
{
    (void)state;
    struct request r = signed_by(OLGA, SYM_VERB_STATUS, &nothing);
    r.bytes[r.len - 1] ^= 1;
    expect(r, SYM_BAD_SIGNATURE, NULL);
    assert_int_equal(journal().n, 1);
    assert_string_equal(
        journal().last,
        "control-denied subject=unknown in the name of olga, signed by another key");
}

/* It may hold records, which are in no log. */
static void keeps_only_the_hash_of_a_part_of_an_import(void **state)
{
    (void)state;
    SYM_SECRET_AUTO bytes = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_entry_body body;
    uint8_t salt[SYM_HASH_BYTES];
    struct sample sample;
    sample_open(&sample, SAMPLE_LEAST, 1);
    const struct sym_verb_row *row = sym_verb_row(SYM_VERB_IMPORT_CHUNK);
    expect(signed_by(ANNA, SYM_VERB_IMPORT_CHUNK, sample_value(&sample, row->arguments)),
           SYM_DENIED, NULL);
    sample_close(&sample);
    struct sym_log *log = room_log(&f.room);
    assert_int_equal(sym_log_body(log, salt, &bytes, sym_log_head(log)->size - 1), SYM_OK);
    assert_int_equal(sym_decode(&arena, &body, &sym_msg_entry_body, sym_secret_span(&bytes)),
                     SYM_OK);
    assert_int_equal(body.command.len, 0);
    assert_int_equal(body.command_hash.len, SYM_HASH_BYTES);
}

static void denies_also_what_it_cannot_record(void **state)
{
    (void)state;
    struct sym_peer_name name = {.alias = sym_span_text("bank-b")};
    room_fill_disk(true);
    expect(signed_by(ALICE, SYM_VERB_PEER_REMOVE, &name), SYM_DENIED, NULL);
    room_fill_disk(false);
    assert_int_equal(journal().n, 0);
    assert_int_equal(f.runs, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_with_clocks, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(runs_what_a_user_asks_and_gives_the_answer),
        TEST(gives_a_verb_its_decoded_arguments),
        TEST(repeats_the_answer_to_a_repeated_request_and_runs_it_once),
        TEST(repeats_a_refusal_of_the_verb_and_runs_it_once),
        TEST(refuses_a_repeated_request_whose_answer_is_forgotten),
        TEST(refuses_a_repeated_request_whose_answer_was_too_long_to_keep),
        TEST(refuses_and_records_a_request_for_another_node),
        TEST(refuses_requests_that_have_expired_or_hold_for_too_long),
        TEST(runs_nothing_once_more_after_it_was_started_again),
        TEST(refuses_what_could_have_been_signed_before_it_started),
        TEST(refuses_a_key_that_it_does_not_know),
        TEST(refuses_a_user_who_was_removed),
        TEST(refuses_and_records_what_the_role_of_a_user_does_not_allow),
        TEST(tells_how_to_add_who_has_the_role),
        TEST(lets_each_role_run_exactly_the_verbs_of_its_rows),
        TEST(records_what_a_verb_denies_and_nothing_else_of_its_errors),
        TEST(answers_also_when_what_a_verb_says_cannot_be_encoded),
        TEST(records_denials_only_so_often),
        TEST(records_a_forged_request_and_blames_nobody),
        TEST(keeps_only_the_hash_of_a_part_of_an_import),
        TEST(denies_also_what_it_cannot_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
