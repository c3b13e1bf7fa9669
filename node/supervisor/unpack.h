/* unpack.h - reads the file of a backup, member by member, for who puts them somewhere.
 *
 * What is handed out has been authenticated, but the file as a whole only when SYM_OK is returned:
 * until then nothing of it may be used. Errors: those of passphrase.h, crypto/backup.h and
 * proto/backup.h, SYM_NOT_FOUND, SYM_BAD_PERMISSIONS, SYM_IO, SYM_CANCELLED, each with its line in
 * fault, which names the chunk.
 */
#ifndef SYM_NODE_SUPERVISOR_UNPACK_H
#define SYM_NODE_SUPERVISOR_UNPACK_H

#include "crypto/backup.h"
#include "node/supervisor/passphrase.h"
#include "proto/backup.h"

/* Where it goes. An error ends the reading; each fills fault. */
struct sym_unpack_sink {
    void *owner;
    enum sym_err (*member)(void *owner, enum sym_backup_kind kind, const char *name,
                           struct sym_fault *fault);
    enum sym_err (*bytes)(void *owner, struct sym_span bytes, struct sym_fault *fault);
    enum sym_err (*done)(void *owner, struct sym_fault *fault); /* with that member */
};

/* Asks for the passphrase and reads to the end. */
SYM_MUST enum sym_err sym_unpack(struct sym_backup_about *about, const char *file,
                                 const struct sym_secret_source *from,
                                 const struct sym_unpack_sink *sink, struct sym_fault *fault);

#endif
