/* spare.h - the columns of a file of which a profile uses nothing: mostly what nobody wants to
 * import, and now and then the one that is called otherwise in the profile.
 *
 * Columns without a title, and those that a file of rejected rows has in front, are passed over.
 * Errors: SYM_NO_MEMORY.
 */
#ifndef SYM_CLI_INGEST_SPARE_H
#define SYM_CLI_INGEST_SPARE_H

#include "cli/ingest/profile.h"

#define SYM_SPARE_BYTES 65u

struct sym_spare {
    char (*titles)[SYM_SPARE_BYTES]; /* their start, in UTF-8 as in the file */
    size_t n;
};

/* titles: the n of the first row. */
SYM_MUST enum sym_err sym_spare_find(struct sym_spare *out, const struct sym_binding *b,
                                     const struct sym_span *titles, size_t n);
void sym_spare_clear(struct sym_spare *s);

#endif
