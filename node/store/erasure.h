/* erasure.h - DIR/erasure.keys, DIR/evidence.keys: the master key of a vault, outside of LMDB,
 * where it can be overwritten in place.
 *
 * Two slots, each on pages of its own, so that writing one never touches the other. A slot holds
 * generation (8 bytes) and key (32), sealed under a key of the store's and bound to its slot, or
 * random bytes. Both are in use only in the middle of a sweep (vault.h). What is reported as
 * written or overwritten is on the disk.
 * Errors: those of disk.h, SYM_NO_MEMORY, each with a line in fault.
 */
#ifndef SYM_NODE_STORE_ERASURE_H
#define SYM_NODE_STORE_ERASURE_H

#include "node/disk.h"

#define SYM_ERASURE_SLOTS      2u
#define SYM_ERASURE_SLOT_BYTES 4096u /* from one to the next */

struct sym_erasure {
    int fd;
    const char *file;      /* its name; the caller's */
    struct sym_disk dir;   /* for faults; its descriptor is the caller's */
    struct sym_secret own; /* seals the slots */
    struct sym_erasure_slot {
        uint64_t generation; /* from 1; 0: holds no key */
        bool blank;          /* was overwritten by this process */
        struct sym_secret key;
    } slots[SYM_ERASURE_SLOTS];
};

/* Opens the file that is there; SYM_NOT_FOUND. master: 32 bytes, the store's; not kept. */
SYM_MUST enum sym_err sym_erasure_open(struct sym_erasure *e, const struct sym_disk *dir,
                                       const char *file, struct sym_span master,
                                       struct sym_fault *fault);
/* Makes the file, in the place of one that may be there, with a key of generation 1. */
SYM_MUST enum sym_err sym_erasure_make(struct sym_erasure *e, const struct sym_disk *dir,
                                       const char *file, struct sym_span master,
                                       struct sym_fault *fault);
/* One that was never opened must have fd -1. */
void sym_erasure_close(struct sym_erasure *e);

/* NULL when no slot holds it. */
const struct sym_secret *sym_erasure_key(const struct sym_erasure *e, uint64_t generation);
/* Does a slot hold another key than that of this generation? */
bool sym_erasure_has_other(const struct sym_erasure *e, uint64_t generation);
/* Was the slot that does not hold generation overwritten by this process, and not used since? */
bool sym_erasure_is_alone(const struct sym_erasure *e, uint64_t generation);
/* A new random key of generation + 1, in the slot that does not hold generation. */
SYM_MUST enum sym_err sym_erasure_add(struct sym_erasure *e, uint64_t generation,
                                      struct sym_fault *fault);
/* Overwrites the slot that does not hold generation, unless this process has done so before. */
SYM_MUST enum sym_err sym_erasure_keep(struct sym_erasure *e, uint64_t generation,
                                       struct sym_fault *fault);

#endif
