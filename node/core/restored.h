/* restored.h - a store that was restored from a backup: the log begins anew before anything else
 * happens, and what must not happen twice counts as having happened.
 *
 * `symbolond --restore` leaves the file DIR/restored. At the first start that finds it, core begins
 * a new generation of the evidence log, whose first entry names the newest head of the backup,
 * keeps the two times in the store, and removes the file. A crash in between begins no second one.
 * `log restore`, for a directory that was put back by hand, comes to the same while the node runs.
 * Errors: those of store.h and disk.h, SYM_BAD_FORMAT, each with its line in fault.
 */
#ifndef SYM_NODE_CORE_RESTORED_H
#define SYM_NODE_CORE_RESTORED_H

#include "node/evidence/log.h"

/* The latest restore; zeros: there was none. Wall clock, milliseconds. Whoever keeps a budget takes
 * it for spent for 366 days from restored_ms on: what was spent behind backup_ms is not in the
 * store. No request from before restored_ms is answered: its exchange id may have been seen. */
struct sym_restored {
    uint64_t restored_ms;
    uint64_t backup_ms; /* 0: of unknown age, a copy made by hand */
};

/* Takes the file, if there is one, and tells what the store knows. For the start, before anything
 * is appended to the log. */
SYM_MUST enum sym_err sym_restored_take(struct sym_restored *out, const struct sym_disk *dir,
                                        struct sym_store *store, struct sym_log *log,
                                        struct sym_fault *fault);

/* From now on the store counts as a copy that was restored now, later than at any earlier time;
 * what was reserved of a budget is given back. For the log's restore, before it begins anew: a node
 * that is cut off between the two spends nothing either. */
SYM_MUST enum sym_err sym_restored_note(struct sym_restored *restored, struct sym_store *store,
                                        uint64_t now_ms, struct sym_fault *fault);

#endif
