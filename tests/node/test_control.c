#include "node/core/control.h"

#include "crypto/card.h"
#include "proto/codec.h"
#include "tests/support/messages.h"
#include "tests/support/room.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS       5000u
#define LIFE_MS       SYM_CONTROL_LIFE_MS
#define REQUEST_BYTES 65536u

enum who { ALICE, OLGA, ANNA, OTTO, PEOPLE };
static const char *const names[PEOPLE] = {"alice", "olga", "anna", "otto"};
static const unsigned roles[PEOPLE] = {SYM_USER_ANALYST, SYM_USER_OPERATOR, SYM_USER_APPROVER,
                                       SYM_USER_AUDITOR};

/* A control socket whose loop runs on a thread of its own, and what its verbs were asked. The loop
 * is idle whenever a reply has come, so the test may look at all of this then. */
static struct {
    struct room room;
    struct sym_users users;
    struct sym_control *control;
    struct sym_loop *loop;
    struct sym_watch *stop;
    int stop_pipe[2];
    pthread_t thread;
    struct sym_node_id self;
    struct sym_sign_key keys[PEOPLE];
    struct sym_bus client;
    /* Of the verbs. */
    unsigned runs;
    enum sym_verb verb;
    char user[SYM_ALIAS_BYTES];
    char alias[SYM_ALIAS_BYTES];
    enum sym_err result;
    const char *fault;
    size_t answer_bytes; /* of a card text */
} f;

static enum sym_err run_verb(void *owner, enum sym_verb verb, const struct sym_author *author,
                             const void *arguments, struct sym_answer *answer,
                             struct sym_fault *fault)
{
    static uint8_t text[SYM_CARD_BYTES_MAX];
    assert_ptr_equal(owner, &f);
    f.runs++;
    f.verb = verb;
    (void)snprintf(f.user, sizeof f.user, "%s", author->user);
    if (verb == SYM_VERB_PEER_REMOVE) {
        const struct sym_peer_name *name = arguments;
        (void)snprintf(f.alias, sizeof f.alias, "%.*s", (int)name->alias.len,
                       (const char *)name->alias.data);
    }
    if (f.result != SYM_OK) {
        return sym_fail(fault, f.result, "%s", f.fault);
    }
    if (verb == SYM_VERB_CARD) {
        memset(text, 'c', sizeof text);
        text[0] = (uint8_t)('0' + f.runs);
        struct sym_card_text t = {.text = sym_span(text, f.answer_bytes)};
        return sym_answer_write(answer, &t);
    }
    return answer->message == &sym_msg_empty
               ? sym_answer_write(answer, &(struct sym_empty){.unused = 0})
               : SYM_OK;
}

static void on_stop(void *owner, short ready)
{
    (void)owner;
    (void)ready;
    sym_loop_stop(f.loop);
}

static void *run_loop(void *context)
{
    (void)context;
    assert_int_equal(sym_loop_run(f.loop), SYM_OK);
    return NULL;
}

static void connect_client(void)
{
    char url[SYM_BUS_URL_BYTES];
    assert_true(snprintf(url, sizeof url, "ipc://%s/control", f.room.dir) < (int)sizeof url);
    f.client = (struct sym_bus)SYM_BUS_CLOSED;
    assert_int_equal(sym_bus_open(&f.client, SYM_BUS_ASK, 2 * SYM_CONTROL_BYTES_MAX), SYM_OK);
    assert_int_equal(sym_bus_connect(&f.client, url), SYM_OK);
}

static void start(void)
{
    struct sym_fault fault = {.text = ""};
    struct sym_control_config config = {.run_dir = f.room.dir,
                                        .self = f.self,
                                        .users = &f.users,
                                        .log = room_log(&f.room),
                                        .owner = &f,
                                        .run = run_verb};
    assert_int_equal(sym_loop_new(&f.loop), SYM_OK);
    config.loop = f.loop;
    assert_int_equal(pipe(f.stop_pipe), 0);
    assert_int_equal(sym_loop_watch(f.loop, &f.stop, f.stop_pipe[0], POLLIN, on_stop, NULL),
                     SYM_OK);
    if (sym_control_new(&f.control, &config, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
    assert_int_equal(pthread_create(&f.thread, NULL, run_loop, NULL), 0);
    connect_client();
}

static int set_up(void **state)
{
    (void)state;
    memset(&f, 0, sizeof f);
    room_open(&f.room);
    sym_random(f.self.bytes, sizeof f.self.bytes);
    f.answer_bytes = 100;
    assert_int_equal(sym_users_load(&f.users, f.room.store, NULL), SYM_OK);
    for (size_t i = 0; i < PEOPLE; i++) {
        assert_int_equal(sym_sign_key_new(&f.keys[i]), SYM_OK);
        struct sym_user_add a = {.name = sym_span_text(names[i]),
                                 .roles = roles[i],
                                 .key = sym_span(f.keys[i].public_key, SYM_ED25519_BYTES)};
        assert_int_equal(sym_users_add(&f.users, &a, NULL, NULL, 0, NULL), SYM_OK);
    }
    start();
    return 0;
}

static void stop(void)
{
    (void)!write(f.stop_pipe[1], "x", 1);
    (void)pthread_join(f.thread, NULL);
    sym_bus_close(&f.client);
    sym_control_free(f.control);
    sym_watch_remove(&f.stop);
    f.stop = NULL;
    sym_loop_free(f.loop);
    (void)close(f.stop_pipe[0]);
    (void)close(f.stop_pipe[1]);
}

static int tear_down(void **state)
{
    (void)state;
    room_fill_disk(false);
    stop();
    for (size_t i = 0; i < PEOPLE; i++) {
        sym_sign_key_clear(&f.keys[i]);
    }
    room_close(&f.room);
    return 0;
}

/* Requests. */

struct request {
    uint8_t *bytes; /* freed by request_end */
    size_t len;
    uint8_t nonce[SYM_NONCE_BYTES];
};

static const struct sym_empty nothing;

static struct request signed_by(enum who who, enum sym_verb verb, const void *arguments)
{
    struct request r = {.bytes = malloc(REQUEST_BYTES)};
    assert_non_null(r.bytes);
    sym_random(r.nonce, sizeof r.nonce);
    assert_int_equal(sym_control_sign(r.bytes, REQUEST_BYTES, &r.len, &f.keys[who], &f.self,
                                      r.nonce, sym_wall_ms() + LIFE_MS, verb, arguments),
                     SYM_OK);
    return r;
}

/* Signs any body. */
static struct request signed_body(const struct sym_sign_key *key, struct sym_span body)
{
    struct request r = {.bytes = malloc(REQUEST_BYTES)};
    uint8_t signature[SYM_SIGNATURE_BYTES];
    assert_non_null(r.bytes);
    assert_int_equal(sym_sign(signature, key, SYM_DOMAIN_CONTROL, body), SYM_OK);
    struct sym_control_request request = {.body = body,
                                          .user = sym_span(key->public_key, SYM_ED25519_BYTES),
                                          .signature = sym_span(signature, sizeof signature)};
    assert_int_equal(sym_encode(r.bytes, REQUEST_BYTES, &r.len, &sym_msg_control_request, &request),
                     SYM_OK);
    return r;
}

/* A good body, to be spoilt. */
static struct sym_control_body body_of(uint8_t nonce[SYM_NONCE_BYTES], enum sym_verb verb)
{
    sym_random(nonce, SYM_NONCE_BYTES);
    return (struct sym_control_body){.node = sym_span(f.self.bytes, sizeof f.self.bytes),
                                     .nonce = sym_span(nonce, SYM_NONCE_BYTES),
                                     .expires_ms = sym_wall_ms() + LIFE_MS,
                                     .verb = (uint32_t)verb};
}

static struct request with_body(enum who who, const struct sym_control_body *body)
{
    uint8_t bytes[1024];
    size_t len = 0;
    assert_int_equal(sym_encode(bytes, sizeof bytes, &len, &sym_msg_control_body, body), SYM_OK);
    return signed_body(&f.keys[who], sym_span(bytes, len));
}

static void request_end(struct request *r)
{
    free(r->bytes);
}

/* Replies. */

struct reply {
    struct sym_arena arena;
    struct sym_control_reply message;
    uint8_t *bytes;
    size_t len;
    enum sym_err result;
};

static struct reply ask(struct sym_span request)
{
    struct reply r = {.bytes = NULL};
    if (sym_bus_ask(&f.client, request, &r.bytes, &r.len, WAIT_MS) != SYM_OK) {
        fail_msg("no reply");
    }
    assert_int_equal(
        sym_decode(&r.arena, &r.message, &sym_msg_control_reply, sym_span(r.bytes, r.len)), SYM_OK);
    r.result = (enum sym_err)r.message.result;
    assert_int_equal(r.result == SYM_OK, r.message.fault.len == 0);
    assert_true(r.result == SYM_OK || r.message.answer.len == 0);
    return r;
}

static void reply_end(struct reply *r)
{
    sym_arena_clear(&r->arena);
    sym_bus_release(r->bytes);
}

static bool says(const struct reply *r, const char *text)
{
    return memmem(r->message.fault.data, r->message.fault.len, text, strlen(text)) != NULL;
}

/* Asks and looks at the result and, unless NULL, at what the fault says. */
static void expect(struct request r, enum sym_err wanted, const char *text)
{
    unsigned before = f.runs;
    struct reply got = ask(sym_span(r.bytes, r.len));
    if (got.result != wanted || (text != NULL && !says(&got, text))) {
        fail_msg("%s: %.*s", sym_err_name(got.result), (int)got.message.fault.len,
                 (const char *)got.message.fault.data);
    }
    assert_true(wanted == SYM_OK || f.result != SYM_OK || f.runs == before);
    reply_end(&got);
    request_end(&r);
}

static void still_serves(void)
{
    unsigned before = f.runs;
    f.result = SYM_OK;
    expect(signed_by(ALICE, SYM_VERB_STATUS, &nothing), SYM_OK, NULL);
    assert_int_equal(f.runs, before + 1);
}

static struct room_lines journal(void)
{
    return room_lines(&f.room, NULL);
}

static void pause_ms(unsigned ms)
{
    const struct timespec t = {.tv_nsec = (long)ms * 1000000};
    (void)nanosleep(&t, NULL);
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
    struct sym_control_body body = body_of(nonce, SYM_VERB_CARD);
    const uint64_t expired[] = {1, sym_wall_ms() - 1, sym_wall_ms() - LIFE_MS};
    const uint64_t too_far[] = {sym_wall_ms() + SYM_CONTROL_LIFE_MS + 5000, UINT64_MAX};
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
    struct request r = signed_by(ALICE, SYM_VERB_CARD, &nothing);
    struct reply got = ask(sym_span(r.bytes, r.len));
    assert_int_equal(got.result, SYM_OK);
    reply_end(&got);
    pause_ms(20);
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
    struct sym_control_body body = body_of(nonce, SYM_VERB_CARD);
    body.expires_ms = sym_wall_ms() + LIFE_MS - 2000;
    expect(with_body(ALICE, &body), SYM_REPLAY, "run it again");
    assert_int_equal(f.runs, 0);
    pause_ms(60);
    body.expires_ms = sym_wall_ms() + LIFE_MS - 50;
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
    expect(signed_by(ALICE, SYM_VERB_PEER_REMOVE, &name), SYM_DENIED, "operator");
    struct room_lines l = journal();
    assert_int_equal(l.n, 1);
    assert_non_null(strstr(l.last, "control-denied user=alice subject=PEER_REMOVE"));
    assert_int_equal(f.runs, 0);
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
    for (int i = 0; i < 150; i++) {
        expect(signed_by(ALICE, SYM_VERB_PEER_REMOVE, &name), SYM_DENIED, NULL);
    }
    size_t n = journal().n;
    assert_true(n >= 60 && n < 120);
    assert_int_equal(f.runs, 0);
    /* A burst is no cover: the next entry counts what was left out. */
    do {
        (void)usleep(100000);
        expect(signed_by(OLGA, SYM_VERB_LOG_LIST, &query), SYM_DENIED, NULL);
    } while (journal().n == n);
    const char *counted = strstr(journal().last, "denials before it were not recorded");
    assert_non_null(counted);
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

static void refuses_requests_with_any_byte_altered(void **state)
{
    (void)state;
    struct request good = signed_by(ALICE, SYM_VERB_STATUS, &nothing);
    for (size_t i = 0; i < good.len; i++) {
        good.bytes[i] ^= 0x10;
        struct reply got = ask(sym_span(good.bytes, good.len));
        assert_int_not_equal(got.result, SYM_OK);
        assert_true(got.message.fault.len > 20);
        reply_end(&got);
        good.bytes[i] ^= 0x10;
    }
    assert_int_equal(f.runs, 0);
    expect(good, SYM_OK, NULL);
}

static void refuses_requests_that_are_cut_off_or_longer_than_they_should_be(void **state)
{
    (void)state;
    struct request good = signed_by(ALICE, SYM_VERB_STATUS, &nothing);
    for (size_t len = 0; len < good.len; len++) {
        struct reply got = ask(sym_span(good.bytes, len));
        assert_int_not_equal(got.result, SYM_OK);
        reply_end(&got);
    }
    good.bytes[good.len] = 0;
    struct reply got = ask(sym_span(good.bytes, good.len + 1));
    assert_int_not_equal(got.result, SYM_OK);
    reply_end(&got);
    assert_int_equal(f.runs, 0);
    expect(good, SYM_OK, NULL);
}

static void refuses_a_signature_of_another_user_or_another_domain(void **state)
{
    (void)state;
    uint8_t nonce[SYM_NONCE_BYTES];
    uint8_t bytes[1024];
    uint8_t out[2048];
    uint8_t signature[SYM_SIGNATURE_BYTES];
    size_t len = 0;
    size_t out_len = 0;
    struct sym_control_body body = body_of(nonce, SYM_VERB_STATUS);
    assert_int_equal(sym_encode(bytes, sizeof bytes, &len, &sym_msg_control_body, &body), SYM_OK);
    const char *const domains[] = {SYM_DOMAIN_CONTROL, SYM_DOMAIN_REQUEST};
    const enum who signers[] = {ALICE, OLGA};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sym_sign(signature, &f.keys[signers[i]], domains[i], sym_span(bytes, len)),
                         SYM_OK);
        struct sym_control_request request = {
            .body = sym_span(bytes, len),
            .user = sym_span(f.keys[OLGA].public_key, SYM_ED25519_BYTES),
            .signature = sym_span(signature, sizeof signature)};
        assert_int_equal(sym_encode(out, sizeof out, &out_len, &sym_msg_control_request, &request),
                         SYM_OK);
        struct reply got = ask(sym_span(out, out_len));
        assert_int_equal(got.result, SYM_BAD_SIGNATURE);
        reply_end(&got);
    }
    assert_int_equal(f.runs, 0);
}

/* As a newer command line would. */
static void refuses_a_verb_that_it_does_not_know(void **state)
{
    (void)state;
    const uint64_t verbs[] = {0, SYM_VERB_COUNT, 200, UINT32_MAX};
    for (size_t i = 0; i < 4; i++) {
        uint8_t nonce[SYM_NONCE_BYTES];
        struct wire w;
        sym_random(nonce, sizeof nonce);
        wire_open(&w);
        wire_bytes(&w, 1, sym_span(f.self.bytes, sizeof f.self.bytes));
        wire_bytes(&w, 2, sym_span(nonce, sizeof nonce));
        wire_number(&w, 3, sym_wall_ms() + LIFE_MS);
        if (verbs[i] != 0) {
            wire_number(&w, 4, verbs[i]);
        }
        struct request r = signed_body(&f.keys[OLGA], wire_span(&w));
        struct reply got = ask(sym_span(r.bytes, r.len));
        assert_int_equal(got.result, SYM_BAD_VALUE);
        assert_true(says(&got, "the same version?"));
        reply_end(&got);
        request_end(&r);
        wire_close(&w);
    }
    assert_int_equal(f.runs, 0);
    still_serves();
}

static void refuses_arguments_that_do_not_decode_and_names_the_verb(void **state)
{
    (void)state;
    static const uint8_t junk[] = {0xff, 0xff, 0xff};
    static const uint8_t unknown_field[] = {0x7a, 0x01, 0x00};
    static const uint8_t alias_missing[] = {0};
    const struct sym_span bad[] = {sym_span(junk, sizeof junk),
                                   sym_span(unknown_field, sizeof unknown_field),
                                   sym_span(alias_missing, 0)};
    for (size_t i = 0; i < 3; i++) {
        uint8_t nonce[SYM_NONCE_BYTES];
        struct sym_control_body body = body_of(nonce, SYM_VERB_PEER_REMOVE);
        body.arguments = bad[i];
        struct request r = with_body(OLGA, &body);
        struct reply got = ask(sym_span(r.bytes, r.len));
        assert_int_not_equal(got.result, SYM_OK);
        assert_int_not_equal(got.result, SYM_DENIED);
        assert_true(says(&got, "PEER_REMOVE"));
        reply_end(&got);
        request_end(&r);
    }
    assert_int_equal(f.runs, 0);
    still_serves();
}

static void refuses_a_user_who_asks_too_often_but_not_the_operators(void **state)
{
    (void)state;
    uint64_t began_ms = sym_now_ms();
    for (unsigned i = 0; i < SYM_CONTROL_NONCES_PER_USER_MAX; i++) {
        expect(signed_by(ALICE, SYM_VERB_STATUS, &nothing), SYM_OK, NULL);
    }
    if (sym_now_ms() - began_ms > LIFE_MS / 2) {
        print_message("SKIP: too slow here to ask 1,024 times within a minute\n");
        skip();
    }
    expect(signed_by(ALICE, SYM_VERB_STATUS, &nothing), SYM_LIMIT, "try again later");
    expect(signed_by(OTTO, SYM_VERB_STATUS, &nothing), SYM_OK, NULL);
    for (unsigned i = 0; i < SYM_CONTROL_NONCES_PER_USER_MAX + 1; i++) {
        expect(signed_by(OLGA, SYM_VERB_STATUS, &nothing), SYM_OK, NULL);
    }
}

/* What no command line sends. */

static int connect_raw(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_true(snprintf(address.sun_path, sizeof address.sun_path, "%s/control", f.room.dir) <
                (int)sizeof address.sun_path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_raw(struct sym_span bytes)
{
    int fd = connect_raw();
    (void)send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_WR);
    uint8_t sink[256];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (poll(&p, 1, 20) > 0 && read(fd, sink, sizeof sink) > 0) {
    }
    (void)close(fd);
}

/* One thing it does not survive: nanomsg ends the process at a message whose first byte is not 1.
 * Who can open the socket is the node's own user, or gate. */
static void survives_bytes_that_are_not_of_its_protocol(void **state)
{
    (void)state;
    static const uint8_t greeting[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0}; /* REQ */
    uint8_t bytes[300];
    for (size_t i = 0; i < 30; i++) {
        sym_random(bytes, sizeof bytes);
        send_raw(sym_span(bytes, i));
        memcpy(bytes, greeting, sizeof greeting);
        bytes[8] = 1;
        send_raw(sym_span(bytes, 8 + i * 9));
    }
    still_serves();
    assert_int_equal(f.runs, 1);
}

static void survives_messages_without_or_with_odd_headers(void **state)
{
    (void)state;
    static const uint8_t greeting[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
    for (uint64_t len = 0; len < 80; len++) {
        uint8_t bytes[8 + 9 + 80];
        memcpy(bytes, greeting, sizeof greeting);
        bytes[8] = 1; /* nanomsg's mark of a message */
        sym_put_u64(bytes + 9, len);
        memset(bytes + 17, len % 2 == 0 ? 0 : 0x80, 80);
        send_raw(sym_span(bytes, 17 + len));
    }
    still_serves();
}

static void survives_claims_of_enormous_lengths(void **state)
{
    (void)state;
    static const uint8_t greeting[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
    const uint64_t lens[] = {SYM_CONTROL_BYTES_MAX + 100000, 1ull << 32, 1ull << 62, UINT64_MAX};
    for (size_t i = 0; i < 4; i++) {
        uint8_t bytes[17 + 64] = {0};
        memcpy(bytes, greeting, sizeof greeting);
        bytes[8] = 1;
        sym_put_u64(bytes + 9, lens[i]);
        send_raw(sym_span(bytes, sizeof bytes));
    }
    still_serves();
}

static void does_not_answer_a_request_that_is_too_large_and_goes_on(void **state)
{
    (void)state;
    uint8_t *large = calloc(1, SYM_CONTROL_BYTES_MAX + 4096);
    uint8_t *bytes = NULL;
    size_t len = 0;
    assert_non_null(large);
    assert_int_not_equal(
        sym_bus_ask(&f.client, sym_span(large, SYM_CONTROL_BYTES_MAX + 4096), &bytes, &len, 300),
        SYM_OK);
    sym_bus_close(&f.client);
    connect_client();
    still_serves();
    struct reply got = ask(sym_span(large, SYM_CONTROL_BYTES_MAX));
    assert_int_not_equal(got.result, SYM_OK);
    reply_end(&got);
    free(large);
    assert_int_equal(f.runs, 1);
}

static void refuses_a_run_directory_whose_path_is_too_long(void **state)
{
    (void)state;
    struct sym_control *control = NULL;
    struct sym_fault fault = {.text = ""};
    char path[200];
    memset(path, 'r', sizeof path);
    path[sizeof path - 1] = '\0';
    struct sym_control_config config = {.loop = f.loop, .run_dir = path};
    assert_int_equal(sym_control_new(&control, &config, &fault), SYM_TOO_LONG);
    config.run_dir = room_path(&f.room, "absent");
    assert_int_not_equal(sym_control_new(&control, &config, &fault), SYM_OK);
    assert_non_null(strstr(fault.text, "absent"));
    assert_null(control);
    sym_control_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
        TEST(lets_each_role_run_exactly_the_verbs_of_its_rows),
        TEST(records_what_a_verb_denies_and_nothing_else_of_its_errors),
        TEST(answers_also_when_what_a_verb_says_cannot_be_encoded),
        TEST(records_denials_only_so_often),
        TEST(records_a_forged_request_and_blames_nobody),
        TEST(keeps_only_the_hash_of_a_part_of_an_import),
        TEST(denies_also_what_it_cannot_record),
        TEST(refuses_requests_with_any_byte_altered),
        TEST(refuses_requests_that_are_cut_off_or_longer_than_they_should_be),
        TEST(refuses_a_signature_of_another_user_or_another_domain),
        TEST(refuses_a_verb_that_it_does_not_know),
        TEST(refuses_arguments_that_do_not_decode_and_names_the_verb),
        TEST(refuses_a_user_who_asks_too_often_but_not_the_operators),
        TEST(survives_bytes_that_are_not_of_its_protocol),
        TEST(survives_messages_without_or_with_odd_headers),
        TEST(survives_claims_of_enormous_lengths),
        TEST(does_not_answer_a_request_that_is_too_large_and_goes_on),
        TEST(refuses_a_run_directory_whose_path_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
