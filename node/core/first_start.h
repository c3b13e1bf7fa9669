/* first_start.h - what `symbolond --init` left for core: the sealed master key, and the first
 * settings and user, which go into the store at the first start.
 *
 * DIR/master.key holds 32 bytes sealed under the storage key. DIR/init holds lines `listen:
 * ADDRESS` and `user: NAME ROLES BASE64-KEY` (roles as a decimal set of bits), of which at least
 * one names a user; it is removed once its contents are durable in the store, and reading it twice
 * does no harm. Errors: those of disk.h, seal.h and store.h, SYM_BAD_FORMAT, with a line in fault.
 */
#ifndef SYM_NODE_CORE_FIRST_START_H
#define SYM_NODE_CORE_FIRST_START_H

#include "node/party/settings.h"
#include "node/party/users.h"
#include "node/supervisor/directory.h"

/* master must be empty, and stays so on failure. */
SYM_MUST enum sym_err sym_first_start_master(struct sym_secret *master, const struct sym_disk *dir,
                                             const struct sym_node_keys *keys,
                                             struct sym_fault *fault);
/* There is a user, or somebody to import. SYM_NOT_FOUND: an empty store was just made in the place
 * of one that is gone; nothing else in the directory may be touched, since it belongs to that one.
 */
SYM_MUST enum sym_err sym_first_start_check(const struct sym_disk *dir,
                                            const struct sym_users *users, struct sym_fault *fault);
/* Imports DIR/init if it is there; the log introduces the users. */
SYM_MUST enum sym_err sym_first_start_import(const struct sym_disk *dir,
                                             struct sym_settings *settings, struct sym_users *users,
                                             struct sym_log *log, struct sym_fault *fault);

#endif
