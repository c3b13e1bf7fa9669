/* backup.h - hands a backup of the data directory to the command line, piece by piece, while the
 * node goes on.
 *
 * All pieces are of one moment: the small files are read when it begins, the store keeps that
 * moment readable until it ends (store.h). What was deleted before is swept first, so that no key
 * of it goes along. Nothing here opens a value: all members but the card are sealed or wrapped as
 * they lie on the disk, and the command line seals them once more. One backup at a time; the entry
 * that says who takes one is durable before the first byte leaves. Nothing is written beside the
 * store: a backup that is left alone leaves nothing behind. Errors: those of store.h, vault.h,
 * disk.h; SYM_IN_USE, SYM_NOT_FOUND (no such backup), SYM_LIMIT.
 */
#ifndef SYM_NODE_CORE_BACKUP_H
#define SYM_NODE_CORE_BACKUP_H

#include "node/evidence/log.h"
#include "proto/backup.h"

struct sym_backups;

struct sym_backups_config {
    struct sym_store *store;
    struct sym_vault *vault;
    struct sym_log *log;
    const struct sym_disk *dir;
    uint64_t (*now_ms)(void); /* NULL: the loop's clock */
};

/* Everything in config is borrowed, and outlives it. SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_backups_new(struct sym_backups **out,
                                      const struct sym_backups_config *config,
                                      struct sym_fault *fault);
/* NULL is fine. */
void sym_backups_free(struct sym_backups *b);

/* The rows borrow from b. Asked again under the same id, it answers the same. */
SYM_MUST enum sym_err sym_backups_begin(struct sym_backups *b, struct sym_backup_begun *out,
                                        struct sym_span id, const struct sym_author *author,
                                        struct sym_fault *fault);
/* The bytes borrow from b until the next call. Any part may be asked for again. */
SYM_MUST enum sym_err sym_backups_read(struct sym_backups *b, struct sym_span *out,
                                       const struct sym_backup_query *query,
                                       struct sym_fault *fault);
/* whole: all of it was fetched; that is recorded. */
SYM_MUST enum sym_err sym_backups_end(struct sym_backups *b, struct sym_span id, bool whole,
                                      const struct sym_author *author, struct sym_fault *fault);
/* Gives up one that nobody asks for any more. */
void sym_backups_tidy(struct sym_backups *b);

#endif
