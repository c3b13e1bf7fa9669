#include "node/core/control.h"

#include "node/core/nonces.h"
#include "node/log.h"
#include "proto/codec.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Large enough for the arguments and answers of every verb in control.h. */
#define ARGUMENTS_BYTES 512u
/* How many denials may be recorded ahead of one a second, milliseconds. */
#define DENIALS_AHEAD_MS 60000u
/* Requests taken before the links have their turn. */
#define REQUESTS_PER_TURN 16u

struct sym_control {
    struct sym_control_config config;
    struct sym_bus socket;
    struct sym_watch *receive;
    struct sym_nonces *nonces;
    uint64_t began_ms;         /* monotonic: since then nonces are remembered */
    uint64_t denials_until_ms; /* denials are paid for in time; see may_record_denial */
    uint64_t denials_left_out; /* since one was recorded last */
    uint8_t *answer_bytes;     /* SYM_CONTROL_BYTES_MAX */
    uint8_t *reply_bytes;      /* SYM_CONTROL_BYTES_MAX */
};

enum sym_err sym_answer_write(struct sym_answer *answer, const void *value)
{
    return sym_encode(answer->bytes, SYM_CONTROL_BYTES_MAX - SYM_CONTROL_OVERHEAD_BYTES,
                      &answer->len, answer->message, value);
}

/* A request on its way through the checks. */
struct asked {
    struct sym_arena outer;
    struct sym_arena inner;
    struct sym_arena arguments_arena;
    struct sym_control_request request;
    struct sym_control_body body;
    struct sym_span bytes; /* the request, exactly as it came */
    const struct sym_verb_row *row;
    const struct sym_user *user;
    bool is_signed; /* by that user */
    union {
        uint8_t bytes[ARGUMENTS_BYTES];
        max_align_t aligned;
    } arguments;
};

static void asked_clear(struct asked *a)
{
    sym_arena_clear(&a->outer);
    sym_arena_clear(&a->inner);
    sym_arena_clear(&a->arguments_arena);
}

static enum sym_err authenticate(const struct sym_control *c, struct asked *a,
                                 struct sym_span bytes, struct sym_fault *fault)
{
    enum sym_err err = sym_decode(&a->outer, &a->request, &sym_msg_control_request, bytes);
    if (err == SYM_OK) {
        a->user = sym_users_by_key(c->config.users, a->request.user);
        if (a->user == NULL) {
            return sym_fail(fault, SYM_DENIED,
                            "this node does not know the user key; an operator adds users with: "
                            "\"symbolon user add\"");
        }
        err = sym_verify(a->request.signature.data, a->user->key, SYM_DOMAIN_CONTROL,
                         a->request.body);
    }
    a->is_signed = err == SYM_OK;
    if (err == SYM_OK) {
        err = sym_decode(&a->inner, &a->body, &sym_msg_control_body, a->request.body);
    }
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err,
                                    "control request: %s; do command line and daemon "
                                    "have the same version?",
                                    sym_err_text(err));
}

static enum sym_err check_place_and_time(const struct sym_control *c, const struct asked *a,
                                         struct sym_fault *fault)
{
    uint64_t now_ms = sym_wall_ms();
    if (!sym_span_equal(a->body.node, sym_span(c->config.self.bytes, SYM_NODE_ID_BYTES))) {
        return sym_fail(fault, SYM_DENIED, "control request: is meant for another node");
    }
    if (a->body.expires_ms <= now_ms) {
        return sym_fail(fault, SYM_EXPIRED, "control request: has expired; is the clock right?");
    }
    uint64_t left_ms = a->body.expires_ms - now_ms;
    if (left_ms > SYM_CONTROL_LIFE_MS) {
        return sym_fail(fault, SYM_STALE,
                        "control request: is valid for too long; is the clock "
                        "right?");
    }
    /* Ages are compared, not times: the clock may have been set since the start. Both clocks are
     * cut to milliseconds. */
    if (SYM_CONTROL_LIFE_MS - left_ms > sym_now_ms() - c->began_ms + 1) {
        return sym_fail(fault, SYM_REPLAY,
                        "control request: was signed before this node started, and may have been "
                        "run then; run it again");
    }
    return SYM_OK;
}

static enum sym_err check_role(const struct asked *a, struct sym_fault *fault)
{
    char needed[64];
    if ((a->user->roles & a->row->roles) != 0) {
        return SYM_OK;
    }
    sym_user_roles_text(needed, sizeof needed, a->row->roles);
    bool may_add = (a->user->roles & SYM_USER_OPERATOR) != 0;
    return sym_fail(fault, SYM_DENIED,
                    "%s: does not have the role for this (needs one of: %s); choose who has it "
                    "with --as NAME, or %s one: \"symbolon user add NAME --role %s\"",
                    a->user->name, needed, may_add ? "add" : "let an operator add",
                    strchr(needed, ',') == NULL ? needed : "ROLE");
}

static enum sym_err decode_arguments(struct asked *a, struct sym_fault *fault)
{
    if (a->row->arguments->size > sizeof a->arguments) {
        return sym_fail(fault, SYM_INTERNAL, "control request: no room for its arguments");
    }
    enum sym_err err =
        sym_decode(&a->arguments_arena, a->arguments.bytes, a->row->arguments, a->body.arguments);
    return err == SYM_OK
               ? SYM_OK
               : sym_fail(fault, err, "%s: its arguments: one %s", a->row->name, sym_err_text(err));
}

static enum sym_err check(struct sym_control *c, struct asked *a, struct sym_span bytes,
                          struct sym_fault *fault)
{
    enum sym_err err = authenticate(c, a, bytes, fault);
    if (err == SYM_OK) {
        err = check_place_and_time(c, a, fault);
    }
    if (err == SYM_OK) {
        a->row = sym_verb_row(a->body.verb);
        err = a->row == NULL ? sym_fail(fault, SYM_NOT_FOUND,
                                        "control request: unknown verb; update "
                                        "the daemon")
                             : check_role(a, fault);
    }
    return err;
}

static void send_reply(struct sym_control *c, const struct sym_bus_route *route,
                       struct sym_span reply)
{
    uint8_t *buffer = sym_bus_buffer(reply.len);
    if (buffer == NULL) {
        return;
    }
    memcpy(buffer, reply.data, reply.len);
    if (sym_bus_send_to(&c->socket, buffer, route) != SYM_OK) {
        sym_bus_release(buffer);
    }
}

static enum sym_err write_reply(struct sym_control *c, struct sym_span *out, struct sym_span nonce,
                                enum sym_err result, const struct sym_fault *fault,
                                const struct sym_answer *answer)
{
    size_t len = 0;
    struct sym_control_reply reply = {
        .nonce = nonce,
        .result = (uint32_t)result,
        .fault = result == SYM_OK ? sym_span(NULL, 0) : sym_span_text(fault->text),
        .answer = result == SYM_OK ? sym_span(answer->bytes, answer->len) : sym_span(NULL, 0)};
    enum sym_err err =
        sym_encode(c->reply_bytes, SYM_CONTROL_BYTES_MAX, &len, &sym_msg_control_reply, &reply);
    *out = sym_span(c->reply_bytes, len);
    return err;
}

/* Nobody should have to wait for an answer that cannot be written down. */
static enum sym_err write_some_reply(struct sym_control *c, struct sym_span *out,
                                     struct sym_span nonce, enum sym_err result,
                                     const struct sym_fault *fault, const struct sym_answer *answer)
{
    enum sym_err err = write_reply(c, out, nonce, result, fault, answer);
    if (err == SYM_OK) {
        return SYM_OK;
    }
    struct sym_fault instead;
    err = sym_fail(&instead, result == SYM_OK ? SYM_INTERNAL : result,
                   "the node cannot put its answer into words (%s); look at its log",
                   sym_err_text(err));
    sym_log(SYM_LEVEL_ERROR, "reply-not-written", "reason", instead.text, NULL);
    return write_reply(c, out, nonce, err, &instead, answer);
}

static bool brings_key(struct sym_span arguments)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_peer_add add;
    return sym_decode(&arena, &add, &sym_msg_peer_add, arguments) != SYM_OK || add.psk.len > 0;
}

/* Arguments that no log may hold: a record's id, records, also those that nobody wanted, a
 * preshared key. Without one, the cards of partners are what an auditor checks their signatures
 * with. */
static bool is_private(const struct sym_control_body *body)
{
    return body->verb == SYM_VERB_DATASET_FORGET || body->verb == SYM_VERB_PEER_SECRET ||
           body->verb == SYM_VERB_IMPORT_CHUNK ||
           (body->verb == SYM_VERB_PEER_ADD && brings_key(body->arguments));
}

static struct sym_author author_of(const struct sym_control *c, const struct asked *a)
{
    return (struct sym_author){.log = c->config.log,
                               .user = a->user->name,
                               .roles = a->user->roles,
                               .command = a->bytes,
                               .hash_only = is_private(&a->body)};
}

/* Each recorded denial costs a second, and a burst may go ahead of the clock: so each is recorded
 * in ordinary life, and nobody can fill the disk with them. */
static bool may_record_denial(struct sym_control *c)
{
    uint64_t now_ms = sym_now_ms();
    if (c->denials_until_ms > now_ms + DENIALS_AHEAD_MS) {
        c->denials_left_out++;
        return false;
    }
    c->denials_until_ms = (c->denials_until_ms > now_ms ? c->denials_until_ms : now_ms) + 1000;
    return true;
}

/* Of one that somebody else signed in the name of a user nothing is kept but that: the user did not
 * make it, and its bytes prove nothing. One by a key that nobody here has is the journal's alone.
 */
static void record_denial(struct sym_control *c, const struct asked *a, bool forged,
                          const struct sym_fault *fault)
{
    char detail[SYM_DETAIL_BYTES_MAX + 1];
    char before[80] = "";
    if (!may_record_denial(c)) {
        return;
    }
    const char *user = a->user == NULL || forged ? "unknown" : a->user->name;
    const char *verb = a->row == NULL ? "unknown" : a->row->name;
    sym_log(SYM_LEVEL_WARN, "control-denied", "user", user, "verb", verb, "reason", fault->text,
            NULL);
    if (a->user == NULL) {
        c->denials_left_out++;
        return;
    }
    if (c->denials_left_out > 0) {
        (void)snprintf(before, sizeof before, "%s%llu denials before it were not recorded",
                       forged ? "; " : "", (unsigned long long)c->denials_left_out);
    }
    const struct sym_entry_body body = {
        .event = sym_span_text("control-denied"),
        .subject = sym_span_text(verb),
        .detail = forged ? sym_log_words(detail, sizeof detail,
                                         "in the name of %s, signed by another key%s",
                                         a->user->name, before)
                         : sym_span_text(before),
        .count = c->denials_left_out};
    const struct sym_author author = author_of(c, a);
    const struct sym_entry entry = {
        .kind = SYM_ENTRY_REFUSED, .author = forged ? NULL : &author, .body = &body};
    if (sym_log_add(c->config.log, &entry) == SYM_OK) {
        c->denials_left_out = 0;
    }
}

/* A decision that comes too late, or twice, is worth knowing of, and so is what was played again or
 * forged. */
static bool is_refusal(const struct asked *a, enum sym_err err)
{
    return err == SYM_DENIED || err == SYM_REPLAY || (err == SYM_BAD_SIGNATURE && !a->is_signed) ||
           (a->row != NULL && a->body.verb == SYM_VERB_REQUEST_DECIDE &&
            (err == SYM_EXPIRED || err == SYM_WRONG_STATE));
}

static void handle(struct sym_control *c, struct sym_span bytes, const struct sym_bus_route *route)
{
    struct asked a = {.bytes = bytes};
    struct sym_fault fault = {0};
    struct sym_span reply;
    struct sym_answer answer = {.bytes = c->answer_bytes};
    enum sym_err err = check(c, &a, bytes, &fault);
    struct sym_span nonce = a.body.nonce;
    struct sym_span user = a.request.user;
    bool taken = false;
    if (err == SYM_OK && sym_nonces_answer(c->nonces, user, nonce, &reply) == SYM_OK) {
        send_reply(c, route, reply);
        asked_clear(&a);
        return;
    }
    if (err == SYM_OK) {
        struct sym_nonce_holder holder = {.user = user,
                                          .is_operator = (a.user->roles & SYM_USER_OPERATOR) != 0};
        err = sym_nonces_add(c->nonces, &holder, nonce, a.body.expires_ms, sym_now_ms(), &fault);
        taken = err == SYM_OK;
    }
    if (err == SYM_OK) {
        err = decode_arguments(&a, &fault);
    }
    if (err == SYM_OK) {
        const struct sym_author author = author_of(c, &a);
        answer.message = a.row->answer;
        err = c->config.run(c->config.owner, (enum sym_verb)a.body.verb, &author, a.arguments.bytes,
                            &answer, &fault);
    }
    if (is_refusal(&a, err)) {
        record_denial(c, &a, !a.is_signed, &fault);
    }
    if (write_some_reply(c, &reply, nonce, err, &fault, &answer) == SYM_OK) {
        if (taken) {
            sym_nonces_keep(c->nonces, user, nonce, reply);
        }
        send_reply(c, route, reply);
    }
    asked_clear(&a);
}

static void on_request(void *owner, short ready)
{
    struct sym_control *c = owner;
    (void)ready;
    for (unsigned i = 0; i < REQUESTS_PER_TURN; i++) {
        struct sym_bus_route route;
        uint8_t *bytes = NULL;
        size_t len = 0;
        if (sym_bus_receive_from(&c->socket, &bytes, &len, &route) != SYM_OK) {
            return;
        }
        handle(c, sym_span(bytes, len), &route);
        sym_wipe(bytes, len); /* a request may carry a preshared key */
        sym_bus_release(bytes);
    }
}

enum sym_err sym_control_new(struct sym_control **out, const struct sym_control_config *config,
                             struct sym_fault *fault)
{
    char url[SYM_BUS_URL_BYTES];
    struct sym_control *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "control: no memory");
    }
    c->config = *config;
    c->socket.socket = -1;
    c->began_ms = sym_now_ms();
    c->answer_bytes = malloc(SYM_CONTROL_BYTES_MAX);
    c->reply_bytes = malloc(SYM_CONTROL_BYTES_MAX);
    int len = snprintf(url, sizeof url, "ipc://%s/control", config->run_dir);
    enum sym_err err = len < 0 || (size_t)len >= sizeof url ? SYM_TOO_LONG
                       : c->answer_bytes == NULL || c->reply_bytes == NULL
                           ? SYM_NO_MEMORY
                           : sym_nonces_new(&c->nonces);
    if (err == SYM_OK) {
        err = sym_bus_open(&c->socket, SYM_BUS_REPLY, SYM_CONTROL_BYTES_MAX);
    }
    if (err == SYM_OK) {
        err = sym_bus_bind(&c->socket, url);
    }
    if (err == SYM_OK) {
        err = sym_loop_watch(config->loop, &c->receive, sym_bus_receive_fd(&c->socket), POLLIN,
                             on_request, c);
    }
    if (err != SYM_OK) {
        sym_control_free(c);
        return sym_fail(fault, err, "%s/control: the control socket %s", config->run_dir,
                        sym_err_text(err));
    }
    *out = c;
    return SYM_OK;
}

void sym_control_free(struct sym_control *c)
{
    if (c == NULL) {
        return;
    }
    sym_watch_remove(&c->receive);
    sym_bus_close(&c->socket);
    sym_nonces_free(c->nonces);
    free(c->answer_bytes);
    free(c->reply_bytes);
    free(c);
}
