/* fake_node.h - a node directory with a card and users, and in another process a core that answers
 * control requests as a test wants: for tests of cli/. What must not fail fails the running test.
 */
#ifndef SYM_TESTS_CLI_FAKE_NODE_H
#define SYM_TESTS_CLI_FAKE_NODE_H

#include "crypto/card.h"
#include "crypto/userkey.h"
#include "proto/bus.h"
#include "proto/codec.h"
#include "proto/control.h"
#include "tests/cli/run.h"

#include <ftw.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>

#define FAKE_NOW_S 1790000000

struct fake_node {
    char dir[128];
    char run[160];
    uint8_t identity[SYM_ED25519_BYTES];
    struct sym_node_id id;
    pid_t core; /* 0: not running */
};

/* One request as a core sees it. The function that serves it fills answer (a struct of the verb) or
 * returns an error, with its line in fault. */
struct fake_call {
    const struct fake_node *node;
    unsigned number; /* from 0 */
    enum sym_verb verb;
    const void *arguments;
    const void *answer;
    char fault[SYM_FAULT_BYTES];
    bool silent;         /* no reply at all */
    bool other_nonce;    /* the reply to another request */
    struct sym_span raw; /* sent instead of a reply, when there is any */
};

typedef enum sym_err fake_serve(struct fake_call *call);

static inline void fake_write(const char *dir, const char *name, struct sym_span bytes, mode_t mode)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(write(fd, bytes.data, bytes.len), (ssize_t)bytes.len);
    (void)close(fd);
}

/* Appends a line to DIR/asked, for the test to read. Also called in the core's process. */
static inline void fake_note(const struct fake_node *node, const char *line)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/asked", node->dir);
    FILE *to = fopen(path, "a");
    if (to != NULL) {
        (void)fprintf(to, "%s\n", line);
        (void)fclose(to);
    }
}

static inline void fake_notes(char out[8192], const struct fake_node *node)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/asked", node->dir);
    FILE *from = fopen(path, "r");
    out[0] = '\0';
    if (from != NULL) {
        run_read(out, 8192, from);
    }
}

/* A signed card of a node with new keys, appended to text. */
static inline void fake_card(char *text, size_t size, uint8_t identity[SYM_ED25519_BYTES],
                             const char *name, const char *endpoint)
{
    struct sym_node_keys keys = {0};
    struct sym_card card = {.role = SYM_ROLE_BANK,
                            .serial = 3,
                            .issued_s = FAKE_NOW_S,
                            .expires_s = FAKE_NOW_S + 2 * 31536000,
                            .n_endpoint = 1};
    size_t used = strlen(text);
    size_t len = 0;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(sym_node_keys_new(&keys), SYM_OK);
    (void)snprintf(card.name, sizeof card.name, "%s", name);
    (void)snprintf(card.endpoint[0], sizeof card.endpoint[0], "%s", endpoint);
    sym_card_keys(&card, &keys);
    enum sym_err err =
        sym_card_write(text + used, size - used - 1, &len, &card, &keys.identity, NULL, &fault);
    if (err != SYM_OK) {
        print_error("%s: %s\n", sym_err_name(err), fault.text);
    }
    assert_int_equal(err, SYM_OK);
    text[used + len] = '\0';
    if (identity != NULL) {
        memcpy(identity, card.identity, sizeof card.identity);
    }
    sym_node_keys_clear(&keys);
}

static inline void fake_user(const struct fake_node *node, const char *name)
{
    struct sym_sign_key key = {0};
    char text[SYM_USERKEY_BYTES_MAX];
    char file[128];
    size_t len = 0;
    assert_int_equal(sym_sign_key_new(&key), SYM_OK);
    assert_int_equal(sym_userkey_write(text, sizeof text, &len, sym_span_text(name), &key), SYM_OK);
    (void)snprintf(file, sizeof file, "users/%s.key", name);
    fake_write(node->dir, file, sym_span(text, len), 0600);
    sym_sign_key_clear(&key);
}

/* Makes the directory with one user, operator; no core runs yet. SYMBOLON_DIR names it. */
static inline void fake_node_make(struct fake_node *node)
{
    char text[SYM_CARD_BYTES_MAX] = "";
    char path[512];
    const char *tmp = getenv("TMPDIR");
    memset(node, 0, sizeof *node);
    (void)snprintf(node->dir, sizeof node->dir, "%.80s/nodeXXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(node->dir));
    (void)snprintf(path, sizeof path, "%s/users", node->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(node->run, sizeof node->run, "%s/r", node->dir);
    assert_int_equal(mkdir(node->run, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/run", node->dir);
    assert_int_equal(symlink(node->run, path), 0);
    fake_card(text, sizeof text, node->identity, "Bank A", "bank-a.example:7701");
    sym_node_id_of(&node->id, node->identity);
    fake_write(node->dir, "node.card", sym_span_text(text), 0644);
    fake_user(node, "operator");
    assert_int_equal(setenv("SYMBOLON_DIR", node->dir, 1), 0);
    (void)unsetenv("SYMBOLON_USER");
}

/* The body of a request that deserves an answer: fresh, for this node, signed. */
static inline enum sym_err fake_open(struct sym_arena *arena, struct sym_control_body *body,
                                     const struct fake_node *node, struct sym_span bytes)
{
    SYM_ARENA_AUTO outer = {0};
    struct sym_control_request request;
    enum sym_err err = sym_decode(&outer, &request, &sym_msg_control_request, bytes);
    if (err == SYM_OK) {
        err =
            sym_verify(request.signature.data, request.user.data, SYM_DOMAIN_CONTROL, request.body);
    }
    if (err == SYM_OK) {
        err = sym_decode(arena, body, &sym_msg_control_body, request.body);
    }
    if (err != SYM_OK) {
        return err;
    }
    uint64_t now_ms = (uint64_t)time(NULL) * 1000u;
    if (!sym_span_equal(body->node, sym_span(node->id.bytes, sizeof node->id.bytes))) {
        return SYM_DENIED;
    }
    bool fresh = body->expires_ms > now_ms &&
                 body->expires_ms <=
                     now_ms + 2000 + SYM_CONTROL_LIFE_MS; /* now_ms is a whole second, and late */
    return fresh ? SYM_OK : SYM_STALE;
}

static inline void fake_send(struct sym_bus *bus, const struct sym_bus_route *route,
                             struct sym_span bytes)
{
    uint8_t *out = sym_bus_buffer(bytes.len);
    if (out != NULL) {
        memcpy(out, bytes.data, bytes.len);
        if (sym_bus_send_to(bus, out, route) != SYM_OK) {
            sym_bus_release(out);
        }
    }
}

static inline void fake_reply(struct sym_bus *bus, const struct sym_bus_route *route,
                              struct fake_call *call, enum sym_err err, struct sym_span nonce)
{
    static uint8_t answer[SYM_CONTROL_BYTES_MAX];
    static uint8_t reply_bytes[SYM_CONTROL_BYTES_MAX];
    static const uint8_t other[SYM_NONCE_BYTES] = {1};
    struct sym_control_reply reply = {.nonce = nonce, .result = (uint32_t)err};
    size_t len = 0;
    if (call->silent) {
        return;
    }
    if (call->raw.len > 0) {
        fake_send(bus, route, call->raw);
        return;
    }
    if (err == SYM_OK) {
        const struct sym_verb_row *row = sym_verb_row((uint32_t)call->verb);
        const struct sym_empty nothing = {0};
        const void *value = call->answer != NULL ? call->answer : &nothing;
        err = sym_encode(answer, sizeof answer, &len, row->answer, value);
        reply.result = (uint32_t)err;
        reply.answer = sym_span(answer, len);
    }
    reply.nonce = call->other_nonce ? sym_span(other, sizeof other) : nonce;
    reply.fault = sym_span_text(call->fault);
    if (sym_encode(reply_bytes, sizeof reply_bytes, &len, &sym_msg_control_reply, &reply) ==
        SYM_OK) {
        fake_send(bus, route, sym_span(reply_bytes, len));
    }
}

static inline void fake_serve_one(struct sym_bus *bus, const struct fake_node *node,
                                  fake_serve *serve, unsigned number)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    struct sym_bus_route route;
    if (sym_bus_receive_from(bus, &bytes, &len, &route) != SYM_OK) {
        return;
    }
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO arguments_arena = {0};
    union {
        struct sym_peer_add peer_add;
        struct sym_peer_secret peer_secret;
        struct sym_card_renew card_renew;
        struct sym_setting setting;
        struct sym_ping_start ping;
        struct sym_import_begin import_begin;
        struct sym_import_chunk import_chunk;
        struct sym_import_end import_end;
        struct sym_dataset_forget forget;
        struct sym_grant grant;
        struct sym_grant_name grant_name;
        struct sym_request_decision decision;
        struct sym_overlap_start overlap;
        struct sym_exchange_query query;
        struct sym_result_query result;
        struct sym_log_query log;
        struct sym_tile_query tile;
        struct sym_proof_query proof;
        struct sym_witness_query witness;
        struct sym_exhibit exhibit;
        struct sym_log_erase erase;
        struct sym_compare_start compare;
        struct sym_compare_query compared;
        struct sym_exchange_name exchange;
        struct sym_tabulate_start tabulate;
        struct sym_cells_query cells;
        struct sym_budget_query budget;
        struct sym_overlap_table_start table;
    } arguments;
    struct sym_control_body body = {.verb = SYM_VERB_STATUS};
    struct fake_call call = {.node = node, .number = number, .arguments = &arguments};
    enum sym_err err = fake_open(&arena, &body, node, sym_span(bytes, len));
    sym_bus_release(bytes);
    call.verb = (enum sym_verb)body.verb;
    const struct sym_verb_row *row = sym_verb_row(body.verb);
    if (err == SYM_OK) {
        err = sym_decode(&arguments_arena, &arguments, row->arguments, body.arguments);
    }
    if (err == SYM_OK) {
        fake_note(node, row->name);
        err = serve(&call);
    }
    fake_reply(bus, &route, &call, err, body.nonce);
}

static inline _Noreturn void fake_core(const struct fake_node *node, fake_serve *serve, int ready)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashed leaves no core behind */
    struct sym_bus bus = SYM_BUS_CLOSED;
    char url[SYM_BUS_URL_BYTES];
    (void)snprintf(url, sizeof url, "ipc://%.100s/control", node->run);
    if (sym_bus_open(&bus, SYM_BUS_REPLY, SYM_CONTROL_BYTES_MAX) != SYM_OK ||
        sym_bus_bind(&bus, url) != SYM_OK || write(ready, "", 1) != 1) {
        _exit(1);
    }
    for (unsigned number = 0;; number++) {
        struct pollfd wait = {.fd = sym_bus_receive_fd(&bus), .events = POLLIN};
        (void)poll(&wait, 1, -1);
        fake_serve_one(&bus, node, serve, number);
    }
}

static inline void fake_node_start(struct fake_node *node, fake_serve *serve)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    (void)fflush(NULL);
    node->core = fork();
    assert_true(node->core >= 0);
    if (node->core == 0) {
        (void)close(ready[0]);
        fake_core(node, serve, ready[1]);
    }
    (void)close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
}

/* As kill -9 does: the socket file stays. */
static inline void fake_node_stop(struct fake_node *node)
{
    if (node->core > 0) {
        (void)kill(node->core, SIGKILL);
        (void)waitpid(node->core, NULL, 0);
        node->core = 0;
    }
}

static inline int fake_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void fake_node_remove(struct fake_node *node)
{
    fake_node_stop(node);
    (void)nftw(node->dir, fake_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    (void)unsetenv("SYMBOLON_DIR");
    (void)unsetenv("SYMBOLON_USER");
}

/* For tests that have a node, not running yet, as their state. */
static inline int fake_node_set_up(void **state)
{
    static struct fake_node node;
    fake_node_make(&node);
    *state = &node;
    return 0;
}

static inline int fake_node_tear_down(void **state)
{
    fake_node_remove(*state);
    return 0;
}

/* For the group: texts in UTF-8, as at a terminal. */
static inline int fake_node_start_tests(void **state)
{
    (void)state;
    bool ready = setlocale(LC_CTYPE, "C.UTF-8") != NULL && sym_crypto_init() == SYM_OK;
    return ready ? 0 : -1;
}

#define WITH_NODE(test) cmocka_unit_test_setup_teardown(test, fake_node_set_up, fake_node_tear_down)

#endif
