/* directory.h - a node's directory: is it one, is it ours alone, does nobody else use it?
 *
 *     format        "symbolon 1": written last by init; a newer number is refused
 *     lock          locked while a daemon, or a rotation, uses the directory; holds its process id
 *     node.keys     the wrapped private keys (crypto/seal.h)
 *     node.card     the card (crypto/card.h)
 *     master.key    the sealed master key of the store
 *     erasure.keys  the master key of what can be erased (node/store/erasure.h)
 *     store/        LMDB's files
 *     init          what core imports at its first start, and then removes
 *     users/        private keys of users
 *     restored      a backup was restored here; core begins a new log, and then removes it
 *     restore.new/  a restore that was not finished
 *     run           link to the run directory while the node runs (rundir.h)
 *     format.new    instead of format: an init that was not finished
 *
 * All that is asked before any key is read. Errors: SYM_NOT_FOUND, SYM_BAD_PERMISSIONS,
 * SYM_BAD_VERSION, SYM_BAD_FORMAT, SYM_IN_USE and those of disk.h, each with its line in fault.
 */
#ifndef SYM_NODE_SUPERVISOR_DIRECTORY_H
#define SYM_NODE_SUPERVISOR_DIRECTORY_H

#include "node/disk.h"

#include <limits.h>

#define SYM_DIRECTORY_FORMAT 1

#define SYM_FILE_FORMAT     "format"
#define SYM_FILE_UNFINISHED "format.new"
#define SYM_FILE_LOCK       "lock"
#define SYM_FILE_KEYS       "node.keys"
#define SYM_FILE_CARD       "node.card"
#define SYM_FILE_MASTER     "master.key"
#define SYM_FILE_INIT       "init"
#define SYM_FILE_RUN        "run"
#define SYM_FILE_RESTORED   "restored"

/* The file `restored`: this line, then "id: HEX", "backup: MS", "restored: MS" (wall clock). */
#define SYM_RESTORED_FIRST     "symbolon-restored/1\n"
#define SYM_RESTORED_BYTES_MAX 256u
#define SYM_RESTORE_ID_BYTES   16u

/* master.key is 32 random bytes under sym_seal: its key is the subkey of keys.storage for this
 * purpose (no context), and this is its associated data. */
#define SYM_MASTER_PURPOSE "master key file"
#define SYM_MASTER_AD      "symbolon-master-1"
#define SYM_MASTER_BYTES   32u

struct sym_directory {
    struct sym_disk disk;
    int lock;            /* the lock holds until every copy of this descriptor is closed */
    char path[PATH_MAX]; /* absolute, without links */
};
#define SYM_DIRECTORY_CLOSED                                                                       \
    {                                                                                              \
        .disk = {.fd = -1}, .lock = -1                                                             \
    }

/* Checks, in this order: a directory, of this user, closed to others, made by init, of a format
 * that is known, complete, its keys closed to others, not in use. Then it is locked. */
SYM_MUST enum sym_err sym_directory_open(struct sym_directory *d, const char *path,
                                         struct sym_fault *fault);
/* A closed one is fine. */
void sym_directory_close(struct sym_directory *d);

/* The first two checks only, for a directory that is about to become a node's: opens disk. */
SYM_MUST enum sym_err sym_directory_reach(struct sym_disk *disk, const char *path,
                                          struct sym_fault *fault);

#endif
