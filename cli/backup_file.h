/* backup_file.h - writes the file of a backup: members, one after the other (proto/backup.h),
 * sealed in chunks (crypto/backup.h), in a file that comes into being whole or not at all (file.h).
 *
 * Errors: those of file.h, crypto/backup.h and proto/backup.h; the fault is a complete line.
 */
#ifndef SYM_CLI_BACKUP_FILE_H
#define SYM_CLI_BACKUP_FILE_H

#include "cli/file.h"
#include "crypto/backup.h"

struct sym_backup_file;

/* Derives the key and makes the file beside its place. */
SYM_MUST enum sym_err sym_backup_file_new(struct sym_backup_file **out, const char *path,
                                          const struct sym_backup_about *about,
                                          const struct sym_secret *passphrase,
                                          struct sym_fault *fault);
/* A member begins. */
SYM_MUST enum sym_err sym_backup_file_member(struct sym_backup_file *f, struct sym_span name,
                                             uint64_t bytes, struct sym_fault *fault);
SYM_MUST enum sym_err sym_backup_file_add(struct sym_backup_file *f, struct sym_span bytes,
                                          struct sym_fault *fault);
/* Ends it when err is SYM_OK, and puts it in its place; otherwise nothing stays. Frees f. *bytes:
 * how long it has become. Returns err, or what went wrong now. */
SYM_MUST enum sym_err sym_backup_file_end(struct sym_backup_file *f, enum sym_err err, bool replace,
                                          uint64_t *bytes, struct sym_fault *fault);

#endif
