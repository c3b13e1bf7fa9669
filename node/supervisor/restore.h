/* restore.h - makes a node's directory from a backup: symbolond --restore.
 *
 * The directory must not exist, or be empty. All is written into DIR/restore.new first, and moved
 * to its place when the whole file was opened and nothing is missing; `format` comes last, so that
 * what was interrupted is no node, and the next restore clears it away. DIR/restored tells core
 * that this store is an old one: before it does anything else, core begins a new generation of the
 * evidence log (node/core/restored.h). Each restore of a file makes a directory that says so anew.
 * The caller blocks signals. Errors: those of disk.h, passphrase.h, crypto/backup.h,
 * proto/backup.h; SYM_EXISTS, SYM_IN_USE, SYM_CANCELLED.
 */
#ifndef SYM_NODE_SUPERVISOR_RESTORE_H
#define SYM_NODE_SUPERVISOR_RESTORE_H

#include "node/supervisor/passphrase.h"

/* from: of the backup's own passphrase. */
SYM_MUST enum sym_err sym_restore_run(const char *file, const char *dir,
                                      const struct sym_secret_source *from,
                                      struct sym_fault *fault);

#endif
