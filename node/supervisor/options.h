/* options.h - the command line of symbolond.
 *
 * Texts borrow from argv. Errors: SYM_BAD_VALUE with its line in fault.
 */
#ifndef SYM_NODE_SUPERVISOR_OPTIONS_H
#define SYM_NODE_SUPERVISOR_OPTIONS_H

#include "node/supervisor/init.h"
#include "node/supervisor/rotate.h"

enum sym_mode {
    SYM_MODE_RUN,
    SYM_MODE_INIT,
    SYM_MODE_ROTATE,
    SYM_MODE_RESTORE,
    SYM_MODE_HELP,
    SYM_MODE_VERSION
};

struct sym_options {
    enum sym_mode mode;
    struct sym_init init; /* dir and from are those of every mode */
    const char *listen;   /* with SYM_MODE_RUN: in place of the setting; NULL: as that says */
    enum sym_rotate what; /* with SYM_MODE_ROTATE */
    const char *backup;   /* with SYM_MODE_RESTORE: its file */
};

/* argv ends in NULL and is reordered. */
SYM_MUST enum sym_err sym_options_parse(struct sym_options *out, int argc, char **argv,
                                        struct sym_fault *fault);

extern const char sym_options_help[];

#endif
