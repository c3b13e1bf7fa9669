/* client.h - asks the running node: signs control requests with the user's key, sends them to the
 * node's control socket and decodes the answers.
 *
 * Errors: what the node answers (SYM_DENIED and all others), or SYM_CLOSED when it is not running
 * or does not answer, SYM_BAD_FORMAT when its answer makes no sense. The fault is a complete line
 * in every case.
 */
#ifndef SYM_CLI_CLIENT_H
#define SYM_CLI_CLIENT_H

#include "cli/command.h"
#include "cli/nodedir.h"
#include "proto/codec.h"
#include "proto/control.h"

struct sym_client {
    struct sym_bus bus;
    struct sym_sign_key user;
    char user_name[SYM_USERKEY_NAME_BYTES];
    struct sym_node_id node;
    struct sym_card card; /* the node's own */
    const char *dir;
    unsigned wait_ms;
    bool in_doubt;    /* the node may have done what was asked last, and did not say so */
    uint8_t *request; /* SYM_CONTROL_BYTES_MAX bytes */
};

/* For a command with SYM_TAKES_NODE. c is zero-initialised; call close in every case. */
SYM_MUST enum sym_err sym_client_open(struct sym_client *c, const struct sym_call *call,
                                      struct sym_fault *fault);
void sym_client_close(struct sym_client *c);
#define SYM_CLIENT_AUTO __attribute__((cleanup(sym_client_close))) struct sym_client

/* Connects anew: a node that was started again listens elsewhere. */
SYM_MUST enum sym_err sym_client_connect(struct sym_client *c, struct sym_fault *fault);

/* Asks one thing and decodes the answer into *answer, the struct of the verb; arena must be empty
 * and owns what the answer points to. */
SYM_MUST enum sym_err sym_client_ask(struct sym_client *c, enum sym_verb verb,
                                     const void *arguments, struct sym_arena *arena, void *answer,
                                     struct sym_fault *fault);
/* One question without arguments: opens, asks and closes. */
SYM_MUST enum sym_err sym_client_fetch(const struct sym_call *call, enum sym_verb verb,
                                       struct sym_arena *arena, void *answer,
                                       struct sym_fault *fault);
/* Asks for something whose answer is empty. */
SYM_MUST enum sym_err sym_client_do(struct sym_client *c, enum sym_verb verb, const void *arguments,
                                    struct sym_fault *fault);

#endif
