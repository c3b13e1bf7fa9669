/* control_room.h - a control socket whose loop runs on a thread of its own, users with keys, and
 * their requests: for the tests of the control socket. */
#ifndef SYM_TESTS_NODE_CONTROL_ROOM_H
#define SYM_TESTS_NODE_CONTROL_ROOM_H

#include "node/core/control.h"

#include "crypto/card.h"
#include "proto/codec.h"
#include "tests/support/messages.h"
#include "tests/support/room.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static inline enum sym_err run_verb(void *owner, enum sym_verb verb,
                                    const struct sym_author *author, const void *arguments,
                                    struct sym_answer *answer, struct sym_fault *fault)
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

static inline void on_stop(void *owner, short ready)
{
    (void)owner;
    (void)ready;
    sym_loop_stop(f.loop);
}

static inline void *run_loop(void *context)
{
    (void)context;
    assert_int_equal(sym_loop_run(f.loop), SYM_OK);
    return NULL;
}

static inline void connect_client(void)
{
    char url[SYM_BUS_URL_BYTES];
    assert_true(snprintf(url, sizeof url, "ipc://%s/control", f.room.dir) < (int)sizeof url);
    f.client = (struct sym_bus)SYM_BUS_CLOSED;
    assert_int_equal(sym_bus_open(&f.client, SYM_BUS_ASK, 2 * SYM_CONTROL_BYTES_MAX), SYM_OK);
    assert_int_equal(sym_bus_connect(&f.client, url), SYM_OK);
}

static inline void start(void)
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

static inline int set_up(void **state)
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

static inline void stop(void)
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

static inline int tear_down(void **state)
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

static inline struct request signed_by(enum who who, enum sym_verb verb, const void *arguments)
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
static inline struct request signed_body(const struct sym_sign_key *key, struct sym_span body)
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
static inline struct sym_control_body body_of(uint8_t nonce[SYM_NONCE_BYTES], enum sym_verb verb)
{
    sym_random(nonce, SYM_NONCE_BYTES);
    return (struct sym_control_body){.node = sym_span(f.self.bytes, sizeof f.self.bytes),
                                     .nonce = sym_span(nonce, SYM_NONCE_BYTES),
                                     .expires_ms = sym_wall_ms() + LIFE_MS,
                                     .verb = (uint32_t)verb};
}

static inline struct request with_body(enum who who, const struct sym_control_body *body)
{
    uint8_t bytes[1024];
    size_t len = 0;
    assert_int_equal(sym_encode(bytes, sizeof bytes, &len, &sym_msg_control_body, body), SYM_OK);
    return signed_body(&f.keys[who], sym_span(bytes, len));
}

static inline void request_end(struct request *r)
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

static inline struct reply ask(struct sym_span request)
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

static inline void reply_end(struct reply *r)
{
    sym_arena_clear(&r->arena);
    sym_bus_release(r->bytes);
}

static inline bool says(const struct reply *r, const char *text)
{
    return memmem(r->message.fault.data, r->message.fault.len, text, strlen(text)) != NULL;
}

/* Asks and looks at the result and, unless NULL, at what the fault says. */
static inline void expect(struct request r, enum sym_err wanted, const char *text)
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

static inline void still_serves(void)
{
    unsigned before = f.runs;
    f.result = SYM_OK;
    expect(signed_by(ALICE, SYM_VERB_STATUS, &nothing), SYM_OK, NULL);
    assert_int_equal(f.runs, before + 1);
}

static inline struct room_lines journal(void)
{
    return room_lines(&f.room, NULL);
}

#endif
