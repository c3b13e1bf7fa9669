/* made_node.h - the directory of a node, as symbolon init makes it, for tests of what works on such
 * directories. Its keys are wrapped by a key file: that takes no time.
 */
#ifndef SYM_TESTS_SUPPORT_MADE_NODE_H
#define SYM_TESTS_SUPPORT_MADE_NODE_H

#include "node/supervisor/init.h"
#include "node/supervisor/keyring.h"
#include "tests/support/scratch.h"

#define MADE_NODE_OUTPUT_BYTES 4096u

struct made_node {
    struct scratch scratch;
    char dir[PATH_MAX]; /* scratch/node */
    char key_file[PATH_MAX];
    struct sym_init init; /* as it was, or will be, made */
};

/* The stage without the node: scratch directory and key file. */
void made_node_prepare(struct made_node *n);
/* And the node. */
void made_node_new(struct made_node *n);
void made_node_remove(const struct made_node *n);

/* sym_init_run; what it printed, if out is not NULL. */
enum sym_err made_node_init(const struct made_node *n, char out[MADE_NODE_OUTPUT_BYTES],
                            struct sym_fault *fault);

/* Opens directory and keys as a daemon would, and closes the directory again. */
enum sym_err made_node_keys(const struct made_node *n, struct sym_keyring *k,
                            struct sym_fault *fault);

/* Runs with standard output going to a file; then that file's text is in out (may be NULL). */
void made_node_quietly(const struct made_node *n, char out[MADE_NODE_OUTPUT_BYTES],
                       void (*run)(void *context), void *context);

#endif
