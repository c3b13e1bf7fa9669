/* cheap_backup.h - backups whose passphrase costs a twelfth of what it costs people, and no less
 * than a header may say: for tests that are about something else. Linked with
 * --wrap=sym_backup_header; whoever reads such a backup finds what it costs in its header, as ever.
 */
#ifndef SYM_TESTS_SUPPORT_CHEAP_BACKUP_H
#define SYM_TESTS_SUPPORT_CHEAP_BACKUP_H

#include "crypto/backup.h"

void __wrap_sym_backup_header(uint8_t out[SYM_BACKUP_HEADER_BYTES],
                              const struct sym_backup_about *about);

#endif
