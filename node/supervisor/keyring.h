/* keyring.h - a node's private keys and its card, as they lie in its directory.
 *
 * A rotation replaces two files that belong together, and may be interrupted between any two
 * steps. Both are first written beside the old ones, keys first, each durably:
 *     1. node.keys.rotated   2. node.card.rotated   3. rename the keys   4. rename the card
 * Opening finishes or undoes what is found: with node.keys.rotated the rotation has not happened,
 * both are removed (the card first); with node.card.rotated alone step 3 was done, so 4 is done.
 * The caller holds the lock of the directory. Errors: those of disk.h, passphrase.h, seal.h,
 * card.h, each with its line in fault.
 */
#ifndef SYM_NODE_SUPERVISOR_KEYRING_H
#define SYM_NODE_SUPERVISOR_KEYRING_H

#include "crypto/card.h"
#include "node/supervisor/directory.h"
#include "node/supervisor/passphrase.h"

struct sym_keyring {
    struct sym_node_keys keys;
    struct sym_card card;
    enum sym_wrap wrap;
    struct sym_secret secret; /* what wraps the keys */
};

/* Asks for the secret, if it was not given, and opens the key file; k must be empty. */
SYM_MUST enum sym_err sym_keyring_open(struct sym_keyring *k, const struct sym_directory *d,
                                       const struct sym_secret_source *from,
                                       struct sym_fault *fault);
void sym_keyring_clear(struct sym_keyring *k);
#define SYM_KEYRING_AUTO __attribute__((cleanup(sym_keyring_clear))) struct sym_keyring

/* Replaces keys and card; the keys of the card are filled in and it is signed, by previous too
 * when the card has a previous identity. */
SYM_MUST enum sym_err sym_keyring_replace(struct sym_keyring *k, const struct sym_directory *d,
                                          const struct sym_sign_key *previous,
                                          struct sym_fault *fault);

/* Writes the two texts under these names; neither file may exist. Init does the same with the
 * final names. */
SYM_MUST enum sym_err sym_keyring_write(const struct sym_keyring *k, const struct sym_disk *disk,
                                        const char *keys_name, const char *card_name,
                                        const struct sym_sign_key *previous,
                                        struct sym_fault *fault);

#endif
