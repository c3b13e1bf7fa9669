/* when.h - points in time as users type them: YYYY-MM-DD, YYYY-MM-DDTHH:MM or
 * YYYY-MM-DDTHH:MM:SS, with or without Z, always UTC.
 *
 * Errors: SYM_BAD_VALUE with a complete sentence that names the option.
 */
#ifndef SYM_CLI_AUDIT_WHEN_H
#define SYM_CLI_AUDIT_WHEN_H

#include "cli/options.h"

/* Milliseconds since 1970 of the first moment that is meant; left alone when it was not given. */
SYM_MUST enum sym_err sym_when_from(uint64_t *out_ms, const struct sym_args *args,
                                    const char *option, struct sym_fault *fault);
/* Of the first moment behind what is meant: a day counts to its end, a time is the end. */
SYM_MUST enum sym_err sym_when_until(uint64_t *out_ms, const struct sym_args *args,
                                     const char *option, struct sym_fault *fault);

#endif
