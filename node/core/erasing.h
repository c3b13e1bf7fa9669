/* erasing.h - what was deleted, and is not beyond recovery yet because the disk failed: finished in
 * both vaults, that of the data and that of the evidence log, as soon as the disk works again.
 *
 * Not from within a transaction. Errors: those of vault.h and log.h, with a line in fault.
 */
#ifndef SYM_NODE_CORE_ERASING_H
#define SYM_NODE_CORE_ERASING_H

#include "node/evidence/log.h"

bool sym_erasing_is_due(const struct sym_vault *data, const struct sym_log *log);
/* Tries both, also when one fails, and tells of the first that did. */
SYM_MUST enum sym_err sym_erasing_finish(struct sym_vault *data, struct sym_log *log,
                                         struct sym_fault *fault);

#endif
