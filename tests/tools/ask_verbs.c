/* ask_verbs DIR USER: asks the running node each verb there is, as this user, with arguments that
 * no verb takes. A role that may not is found out before arguments are read, so nothing is ever
 * done. Prints `VERB allowed` or `VERB denied` for each.
 */
#include "cli/client.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAIT_MS 30000u

/* A field that no message has, of a wire type that does not exist. */
static const uint8_t nonsense[] = {0xff, 0xff, 0xff, 0xff, 0x0f};

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static enum sym_err write_request(struct sym_client *c, uint32_t verb, size_t *len)
{
    uint8_t nonce[SYM_NONCE_BYTES];
    uint8_t bytes[1024];
    uint8_t signature[SYM_SIGNATURE_BYTES];
    size_t n = 0;
    sym_random(nonce, sizeof nonce);
    struct sym_control_body body = {.node = sym_span(c->node.bytes, SYM_NODE_ID_BYTES),
                                    .nonce = sym_span(nonce, sizeof nonce),
                                    .expires_ms = now_ms() + SYM_CONTROL_LIFE_MS,
                                    .verb = verb,
                                    .arguments = sym_span(nonsense, sizeof nonsense)};
    enum sym_err err = sym_encode(bytes, sizeof bytes, &n, &sym_msg_control_body, &body);
    if (err == SYM_OK) {
        err = sym_sign(signature, &c->user, SYM_DOMAIN_CONTROL, sym_span(bytes, n));
    }
    struct sym_control_request request = {
        .body = sym_span(bytes, n),
        .user = sym_span(c->user.public_key, sizeof c->user.public_key),
        .signature = sym_span(signature, sizeof signature)};
    return err == SYM_OK ? sym_encode(c->request, SYM_CONTROL_BYTES_MAX, len,
                                      &sym_msg_control_request, &request)
                         : err;
}

/* What the node answers: its result. */
static enum sym_err ask(struct sym_client *c, uint32_t verb, uint32_t *result)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_control_reply reply;
    uint8_t *bytes = NULL;
    size_t len = 0;
    enum sym_err err = write_request(c, verb, &len);
    if (err == SYM_OK) {
        err = sym_bus_ask(&c->bus, sym_span(c->request, len), &bytes, &len, WAIT_MS);
    }
    if (err == SYM_OK) {
        err = sym_decode(&arena, &reply, &sym_msg_control_reply, sym_span(bytes, len));
        sym_bus_release(bytes);
    }
    if (err == SYM_OK) {
        *result = reply.result;
    }
    return err;
}

static enum sym_err ask_all(struct sym_client *c)
{
    enum sym_err err = SYM_OK;
    for (uint32_t verb = SYM_VERB_NONE + 1; err == SYM_OK && verb < SYM_VERB_COUNT; verb++) {
        uint32_t result = SYM_OK;
        const struct sym_verb_row *row = sym_verb_row(verb);
        err = ask(c, verb, &result);
        const char *said = result == SYM_DENIED       ? "denied"
                           : result == SYM_BAD_FORMAT ? "allowed"
                                                      : sym_err_name((enum sym_err)result);
        (void)printf("%s %s\n", row != NULL ? row->name : "?", said);
    }
    return err;
}

int main(int argc, char **argv)
{
    struct sym_client client = {0};
    struct sym_call call = {.dir = argc == 3 ? argv[1] : NULL, .wait_ms = WAIT_MS};
    struct sym_fault fault = {.text = "usage: ask_verbs DIR USER"};
    enum sym_err err = SYM_BAD_VALUE;
    sym_command_options(&call.args, &sym_cmd_status);
    if (argc == 3 && setenv("SYMBOLON_USER", argv[2], 1) == 0 && sym_crypto_init() == SYM_OK) {
        err = sym_client_open(&client, &call, &fault);
    }
    if (err == SYM_OK) {
        err = ask_all(&client);
        (void)sym_fail(&fault, err, "%s", sym_err_text(err));
    }
    sym_client_close(&client);
    if (err != SYM_OK) {
        (void)fprintf(stderr, "ask_verbs: %s\n", fault.text);
        return 1;
    }
    return 0;
}
