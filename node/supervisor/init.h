/* init.h - makes a new node in a new or empty directory.
 *
 * Draws the node's keys and those of its first user, operator (roles operator and analyst), and
 * writes the files that directory.h lists. The store is made by core at its first start; what it
 * has to know then stands in DIR/init (mode 0600), one line each:
 *     listen: 127.0.0.1:7701
 *     user: operator 9 <base64, 32 bytes, public key>      (the roles as in proto/control.h)
 * DIR/master.key is as directory.h says.
 *
 * The directory becomes a node's when, as the last step, format.new is renamed to format. Whatever
 * fails before removes all that was made; after a crash, the next init does.
 * Errors: SYM_EXISTS, SYM_IN_USE, those of directory.h, passphrase.h, card.h.
 */
#ifndef SYM_NODE_SUPERVISOR_INIT_H
#define SYM_NODE_SUPERVISOR_INIT_H

#include "crypto/card.h"
#include "node/supervisor/passphrase.h"

#define SYM_INIT_DAYS 365u /* how long the first card holds, unless said otherwise */

struct sym_init {
    const char *dir;
    const char *name;
    enum sym_role role;
    const char *listen;                           /* numeric address:port */
    const char *endpoint[SYM_CARD_ENDPOINTS_MAX]; /* none: listen */
    size_t n_endpoint;
    unsigned days;
    struct sym_secret_source from;
};

/* Makes it, and prints the fingerprint and the next steps. */
SYM_MUST enum sym_err sym_init_run(const struct sym_init *init, struct sym_fault *fault);

#endif
