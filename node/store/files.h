/* files.h - the directory that LMDB keeps its two files in: made, looked at, made ready.
 *
 * Errors: those of disk.h, each with a line in fault.
 */
#ifndef SYM_NODE_STORE_FILES_H
#define SYM_NODE_STORE_FILES_H

#include "node/disk.h"

#include <limits.h>

struct sym_store_files {
    struct sym_disk dir;
    char path[PATH_MAX];
    bool fresh; /* there is no data yet */
};

/* Opens DIR/store, making it when absent, and gives the lock file the room it needs. */
SYM_MUST enum sym_err sym_store_files_open(struct sym_store_files *f, const char *dir,
                                           struct sym_fault *fault);
/* After LMDB has opened the files, or failed to: made durable, or as before. A disk that is full
 * when the data file is made would leave half of it, which never opens. */
SYM_MUST enum sym_err sym_store_files_settle(struct sym_store_files *f, bool opened,
                                             struct sym_fault *fault);
void sym_store_files_close(struct sym_store_files *f);

#endif
