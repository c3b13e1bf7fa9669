/* rotate.h - replaces keys of a stopped node, and writes the card that says so.
 *
 * TLS and exchange keys change in two steps, so that no link is lost: the next key is announced
 * beside the one in use (a card with both), and once all partners hold that card, finish makes it
 * the only one. Log and cosigning keys change at once. A new identity is a new node id: its card
 * carries the old key's signature, and partners take it with `peer add --replace-identity`. Each
 * step writes a card with the next serial, which holds as long as the one before did.
 * Errors: SYM_EXISTS (a key is announced already), SYM_NOT_FOUND (nothing to finish), those of
 * directory.h and keyring.h.
 */
#ifndef SYM_NODE_SUPERVISOR_ROTATE_H
#define SYM_NODE_SUPERVISOR_ROTATE_H

#include "node/supervisor/passphrase.h"

#define SYM_ROTATE_LIST(X)                                                                         \
    X(TLS, "tls")                                                                                  \
    X(EXCHANGE, "exchange")                                                                        \
    X(LOG, "log")                                                                                  \
    X(COSIGN, "cosign")                                                                            \
    X(IDENTITY, "identity")                                                                        \
    X(FINISH, "finish")

enum sym_rotate {
#define SYM_ROTATE_ENUM(name, text) SYM_ROTATE_##name,
    SYM_ROTATE_LIST(SYM_ROTATE_ENUM)
#undef SYM_ROTATE_ENUM
};

SYM_MUST enum sym_err sym_rotate_parse(enum sym_rotate *out, const char *text);

/* Does it, and prints the new card in short and the next steps. */
SYM_MUST enum sym_err sym_rotate_run(const char *dir, enum sym_rotate what,
                                     const struct sym_secret_source *from, struct sym_fault *fault);

#endif
