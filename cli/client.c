#include "cli/client.h"

#include "cli/format.h"

#include <stdlib.h>
#include <time.h>

enum sym_err sym_client_open(struct sym_client *c, const struct sym_call *call,
                             struct sym_fault *fault)
{
    c->bus = (struct sym_bus)SYM_BUS_CLOSED;
    c->dir = call->dir;
    c->wait_ms = call->wait_ms;
    SYM_SECRET_AUTO card_text = {0};
    enum sym_err err = sym_nodedir_card(&c->card, &card_text, c->dir, fault);
    if (err != SYM_OK) {
        return err;
    }
    sym_node_id_of(&c->node, c->card.identity);
    const char *as = sym_args_value(&call->args, "as");
    err = sym_nodedir_user(&c->user, c->user_name, c->dir,
                           as != NULL ? as : getenv("SYMBOLON_USER"), fault);
    if (err != SYM_OK) {
        return err;
    }
    c->request = malloc(SYM_CONTROL_BYTES_MAX);
    if (c->request == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "the request %s", sym_err_text(SYM_NO_MEMORY));
    }
    return sym_client_connect(c, fault);
}

enum sym_err sym_client_connect(struct sym_client *c, struct sym_fault *fault)
{
    char url[SYM_BUS_URL_BYTES];
    sym_bus_close(&c->bus);
    c->bus = (struct sym_bus)SYM_BUS_CLOSED;
    enum sym_err err = sym_nodedir_control_url(url, c->dir, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_bus_open(&c->bus, SYM_BUS_ASK, SYM_CONTROL_BYTES_MAX);
    if (err == SYM_OK) {
        err = sym_bus_connect(&c->bus, url);
    }
    return err == SYM_OK ? err : sym_fail(fault, err, "%s: %s", url, sym_err_text(err));
}

void sym_client_close(struct sym_client *c)
{
    if (c->request != NULL) {
        sym_bus_close(&c->bus);
    }
    free(c->request);
    sym_sign_key_clear(&c->user);
    *c = (struct sym_client){.bus = SYM_BUS_CLOSED};
}

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* The reply, in memory of the bus. */
static enum sym_err exchange(struct sym_client *c, uint8_t **reply, size_t *reply_len,
                             const uint8_t nonce[SYM_NONCE_BYTES], enum sym_verb verb,
                             const void *arguments, struct sym_fault *fault)
{
    size_t len = 0;
    enum sym_err err = sym_control_sign(c->request, SYM_CONTROL_BYTES_MAX, &len, &c->user, &c->node,
                                        nonce, now_ms() + SYM_CONTROL_LIFE_MS, verb, arguments);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the request %s", sym_err_text(err));
    }
    c->in_doubt = true;
    err = sym_bus_ask(&c->bus, sym_span(c->request, len), reply, reply_len, c->wait_ms);
    sym_wipe(c->request, len); /* it may hold a preshared key */
    if (err == SYM_UNREACHABLE) {
        return sym_nodedir_not_running(fault, c->dir);
    }
    if (err == SYM_TIMEOUT) {
        return sym_fail(fault, SYM_CLOSED,
                        "the node in %s did not answer within %u s; look at its log, or give it "
                        "longer with --wait",
                        c->dir, c->wait_ms / 1000u);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, SYM_CLOSED, "the node in %s: its control socket %s", c->dir,
                        sym_err_text(err));
    }
    return SYM_OK;
}

static enum sym_err makes_no_sense(const struct sym_client *c, struct sym_fault *fault)
{
    return sym_fail(fault, SYM_BAD_FORMAT,
                    "the node in %s: its answer cannot be understood; are symbolon and symbolond "
                    "of the same version?",
                    c->dir);
}

/* What the node says went wrong. */
static enum sym_err refusal(const struct sym_control_reply *reply, struct sym_fault *fault)
{
    enum sym_err err = (enum sym_err)reply->result;
    if (reply->fault.len > 0) {
        char line[SYM_FAULT_BYTES];
        sym_format_text(line, sizeof line, reply->fault);
        return sym_fail(fault, err, "%s", line);
    }
    return sym_fail(fault, err, "the node refused: what was asked %s", sym_err_text(err));
}

enum sym_err sym_client_ask(struct sym_client *c, enum sym_verb verb, const void *arguments,
                            struct sym_arena *arena, void *answer, struct sym_fault *fault)
{
    uint8_t nonce[SYM_NONCE_BYTES];
    sym_random(nonce, sizeof nonce);
    uint8_t *bytes = NULL;
    size_t len = 0;
    c->in_doubt = false;
    enum sym_err err = exchange(c, &bytes, &len, nonce, verb, arguments, fault);
    if (err != SYM_OK) {
        return err;
    }
    SYM_ARENA_AUTO reply_arena = {0};
    struct sym_control_reply reply;
    err = sym_decode(&reply_arena, &reply, &sym_msg_control_reply, sym_span(bytes, len));
    sym_bus_release(bytes);
    if (err != SYM_OK) {
        return makes_no_sense(c, fault);
    }
    if (reply.result != SYM_OK) {
        c->in_doubt = false;
        return refusal(&reply, fault);
    }
    const struct sym_verb_row *row = sym_verb_row((uint32_t)verb);
    if (row == NULL || !sym_span_equal(reply.nonce, sym_span(nonce, sizeof nonce)) ||
        sym_decode(arena, answer, row->answer, reply.answer) != SYM_OK) {
        return makes_no_sense(c, fault);
    }
    c->in_doubt = false;
    return SYM_OK;
}

enum sym_err sym_client_do(struct sym_client *c, enum sym_verb verb, const void *arguments,
                           struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_empty nothing;
    return sym_client_ask(c, verb, arguments, &arena, &nothing, fault);
}

enum sym_err sym_client_fetch(const struct sym_call *call, enum sym_verb verb,
                              struct sym_arena *arena, void *answer, struct sym_fault *fault)
{
    SYM_CLIENT_AUTO client = {0};
    struct sym_empty nothing = {0};
    enum sym_err err = sym_client_open(&client, call, fault);
    return err != SYM_OK ? err : sym_client_ask(&client, verb, &nothing, arena, answer, fault);
}
