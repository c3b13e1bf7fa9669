/* userkey.h - the file that holds the private key of one user of a node.
 *
 *     symbolon-user-key/1
 *     name: alice
 *     seed: <base64, 32 bytes, Ed25519>
 *
 * Three lines in exactly this order, each ended by LF, and nothing else. The name is 1 to 63
 * characters a-z A-Z 0-9 . _ -, the first a letter or digit. It is a label for people: a node knows
 * a user by the public key. Whoever holds the file may act as the user, so it is kept with mode
 * 0600; the text is as secret as the seed, and callers wipe it.
 * Errors: SYM_BAD_FORMAT, SYM_BAD_VALUE (the name), SYM_BAD_VERSION, SYM_SHORT, SYM_TRAILING,
 * SYM_TOO_LONG, SYM_NO_MEMORY.
 */
#ifndef SYM_CRYPTO_USERKEY_H
#define SYM_CRYPTO_USERKEY_H

#include "crypto/identity.h"

#define SYM_USERKEY_NAME_BYTES 64u  /* with terminator */
#define SYM_USERKEY_BYTES_MAX  192u /* the whole text */

/* Writes the text (*len bytes, no terminator) of the key of user name. Wipe it after use. */
SYM_MUST enum sym_err sym_userkey_write(char *out, size_t max, size_t *len, struct sym_span name,
                                        const struct sym_sign_key *key);

/* Reads a text; key must be empty and is the caller's to clear. */
SYM_MUST enum sym_err sym_userkey_read(struct sym_sign_key *key, char name[SYM_USERKEY_NAME_BYTES],
                                       struct sym_span text);

#endif
