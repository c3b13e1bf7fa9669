/* nodedir.h - what the command line looks up in the directory of its node.
 *
 *     DIR/node.card         the node's own card, public
 *     DIR/users/NAME.key    private keys of users (crypto/userkey.h), mode 0600
 *     DIR/run               link to the short directory that holds the socket "control"
 *
 * Faults are complete sentences. Errors: those of file.h, of card.h and of userkey.h; SYM_CLOSED
 * when the node is not running; SYM_BAD_VALUE when it is open which user is meant.
 */
#ifndef SYM_CLI_NODEDIR_H
#define SYM_CLI_NODEDIR_H

#include "crypto/card.h"
#include "crypto/userkey.h"
#include "proto/bus.h"

#define SYM_PATH_BYTES 4096u

/* DIR/name. */
SYM_MUST enum sym_err sym_nodedir_path(char out[SYM_PATH_BYTES], const char *dir, const char *name,
                                       struct sym_fault *fault);
/* DIR/users/NAME.key */
SYM_MUST enum sym_err sym_nodedir_userkey_path(char out[SYM_PATH_BYTES], const char *dir,
                                               const char *name, struct sym_fault *fault);

/* The node's own card; text (must be empty) receives its exact bytes. */
SYM_MUST enum sym_err sym_nodedir_card(struct sym_card *card, struct sym_secret *text,
                                       const char *dir, struct sym_fault *fault);

/* The key of the user who asks. as is a name, or a file when it holds a slash or ends in .key;
 * NULL takes the only key in DIR/users that this process can read. key must be empty. */
SYM_MUST enum sym_err sym_nodedir_user(struct sym_sign_key *key, char name[SYM_USERKEY_NAME_BYTES],
                                       const char *dir, const char *as, struct sym_fault *fault);

/* The address of the control socket. That it exists does not mean that somebody listens. */
SYM_MUST enum sym_err sym_nodedir_control_url(char out[SYM_BUS_URL_BYTES], const char *dir,
                                              struct sym_fault *fault);
/* Says so, and how to start it; of one that holds its directory, that it does not answer. */
SYM_MUST enum sym_err sym_nodedir_not_running(struct sym_fault *fault, const char *dir);

#endif
