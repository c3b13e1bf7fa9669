/* vacant.h - a directory that init or restore is about to make a node's: new, or with nothing in it
 * that is not theirs, and theirs alone while they are at work.
 *
 * Errors: SYM_EXISTS, SYM_IN_USE, SYM_NOT_FOUND and those of directory.h, each with its line in
 * fault.
 */
#ifndef SYM_NODE_SUPERVISOR_VACANT_H
#define SYM_NODE_SUPERVISOR_VACANT_H

#include "node/disk.h"

/* Who makes it a node's. */
struct sym_settler {
    const char *name;   /* for whom it finds at work already: "symbolon init" */
    const char *advice; /* for whom a node is there already: "choose another directory" */
    const char *left;   /* what one that was cut short has left, which does not count */
    bool left_more;     /* and others beside it, which do not count either */
};

/* Before anything is asked or written: would it do? One that does not exist yet is fine. */
SYM_MUST enum sym_err sym_vacant_check(const char *path, const struct sym_settler *who,
                                       struct sym_fault *fault);
/* Makes it unless it is there, checks it and locks it until disk is closed, which has to be closed
 * (fd -1) before. *made: it was not there; also after an error. disk->shown is set in any case. */
SYM_MUST enum sym_err sym_vacant_take(struct sym_disk *disk, bool *made, const char *path,
                                      const struct sym_settler *who, struct sym_fault *fault);
/* Its name becomes durable. One may write to the directory above without reading it: that is
 * fine. */
SYM_MUST enum sym_err sym_vacant_sync_above(const struct sym_disk *disk, struct sym_fault *fault);

#endif
