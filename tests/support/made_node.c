#include "tests/support/made_node.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT "output"

void made_node_prepare(struct made_node *n)
{
    uint8_t key[32];
    memset(n, 0, sizeof *n);
    scratch_new(&n->scratch);
    scratch_join(n->dir, n->scratch.path, "node");
    scratch_join(n->key_file, n->scratch.path, "key");
    sym_random(key, sizeof key);
    scratch_write(n->scratch.path, "key", 0600, sym_span(key, sizeof key));
    n->init = (struct sym_init){.dir = n->dir,
                                .name = "Bank A",
                                .role = SYM_ROLE_BANK,
                                .listen = "127.0.0.1:7701",
                                .days = 10,
                                .from = {.key_file = n->key_file, .cancel = -1}};
}

void made_node_new(struct made_node *n)
{
    struct sym_fault fault = {.text = ""};
    made_node_prepare(n);
    if (made_node_init(n, NULL, &fault) != SYM_OK) {
        (void)fprintf(stderr, "made_node: %s\n", fault.text);
        exit(70);
    }
}

void made_node_remove(const struct made_node *n)
{
    scratch_remove(&n->scratch);
}

void made_node_quietly(const struct made_node *n, char out[MADE_NODE_OUTPUT_BYTES],
                       void (*run)(void *context), void *context)
{
    char path[PATH_MAX];
    scratch_join(path, n->scratch.path, OUTPUT);
    (void)fflush(stdout);
    int before = dup(STDOUT_FILENO);
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    (void)dup2(to, STDOUT_FILENO);
    (void)close(to);
    run(context);
    (void)fflush(stdout);
    (void)dup2(before, STDOUT_FILENO);
    (void)close(before);
    if (out != NULL) {
        ssize_t len = scratch_read(n->scratch.path, OUTPUT, out, MADE_NODE_OUTPUT_BYTES - 1);
        out[len > 0 ? len : 0] = '\0';
    }
}

struct init_call {
    const struct made_node *n;
    struct sym_fault *fault;
    enum sym_err err;
};

static void run_init(void *context)
{
    struct init_call *call = context;
    call->err = sym_init_run(&call->n->init, call->fault);
}

enum sym_err made_node_init(const struct made_node *n, char out[MADE_NODE_OUTPUT_BYTES],
                            struct sym_fault *fault)
{
    struct init_call call = {.n = n, .fault = fault};
    made_node_quietly(n, out, run_init, &call);
    return call.err;
}

enum sym_err made_node_keys(const struct made_node *n, struct sym_keyring *k,
                            struct sym_fault *fault)
{
    struct sym_directory d = SYM_DIRECTORY_CLOSED;
    enum sym_err err = sym_directory_open(&d, n->dir, fault);
    if (err == SYM_OK) {
        err = sym_keyring_open(k, &d, &n->init.from, fault);
    }
    sym_directory_close(&d);
    return err;
}
