/* restored.h - a store that was restored from a backup: the log begins anew before anything else
 * happens, and what must not happen twice counts as having happened.
 *
 * `symbolond --restore` leaves the file DIR/restored. At the first start that finds it, core begins
 * a new generation of the evidence log, whose first entry names the newest head of the backup,
 * keeps the two times in the store, and removes the file. A crash in between begins no second one.
 * Errors: those of store.h and disk.h, SYM_BAD_FORMAT, each with its line in fault.
 */
#ifndef SYM_NODE_CORE_RESTORED_H
#define SYM_NODE_CORE_RESTORED_H

#include "node/evidence/log.h"

/* The latest restore; zeros: there was none. Wall clock, milliseconds. Whoever keeps a budget takes
 * it for spent for a year from restored_ms on: what was spent behind backup_ms is not in the store.
 * No request from before restored_ms is answered: its exchange id may have been seen. */
struct sym_restored {
    uint64_t restored_ms;
    uint64_t backup_ms;
};

/* Takes the file, if there is one, and tells what the store knows. For the start, before anything
 * is appended to the log. */
SYM_MUST enum sym_err sym_restored_take(struct sym_restored *out, const struct sym_disk *dir,
                                        struct sym_store *store, struct sym_log *log,
                                        struct sym_fault *fault);

#endif
