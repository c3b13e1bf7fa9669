/* passphrase.h - where the secret that wraps a node's keys comes from: a file that was named, a
 * systemd credential ($CREDENTIALS_DIRECTORY/passphrase or /key), or a person at the terminal.
 *
 * Never an argument or a variable: others can read those. A passphrase file may end in one LF,
 * which does not count; a key file counts byte for byte. Files that others may read are refused,
 * except credentials, whose rights systemd keeps. Prompts go to the terminal without echo, which
 * comes back on every way out. Secrets are the caller's to clear; signals are the caller's to
 * block. Errors: SYM_NOT_FOUND, SYM_BAD_PERMISSIONS, SYM_TOO_LONG, SYM_SHORT, SYM_BAD_VALUE (the
 * wrong kind, or two that differ), SYM_CANCELLED, SYM_IO, SYM_NO_MEMORY, each with its line in
 * fault.
 */
#ifndef SYM_NODE_SUPERVISOR_PASSPHRASE_H
#define SYM_NODE_SUPERVISOR_PASSPHRASE_H

#include "crypto/seal.h"

/* Bytes of a key file: enough for any, little enough for locked memory. */
#define SYM_KEY_FILE_BYTES_MAX 4096u

struct sym_secret_source {
    const char *passphrase_file; /* NULL: not named */
    const char *key_file;        /* NULL: not named */
    int cancel;                  /* a descriptor that gets readable when waiting must end; -1 */
};

/* The secret of a key file that wants this kind; of: what it opens, for prompt and faults. */
SYM_MUST enum sym_err sym_passphrase_get(struct sym_secret *out, enum sym_wrap kind,
                                         const struct sym_secret_source *from, const char *of,
                                         struct sym_fault *fault);
/* A secret for a new key file, long enough; a prompt asks twice. */
SYM_MUST enum sym_err sym_passphrase_choose(struct sym_secret *out, enum sym_wrap *kind,
                                            const struct sym_secret_source *from, const char *of,
                                            struct sym_fault *fault);

#endif
