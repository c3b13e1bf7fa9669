/* tab_owed.h - a joint tabulation of three that is over (tab_rig.h), and its release on the way to
 * the last of them once more: from a giver (tab_giver.h) to a member that only remembers what it is
 * owed. What must not fail ends the program. */
#ifndef SYM_TESTS_SUPPORT_TAB_OWED_H
#define SYM_TESTS_SUPPORT_TAB_OWED_H

#include "proto/tab_giver.h"
#include "tests/support/tab_rig.h"

#define TAB_OWED_PLACE 2u

struct tab_owed {
    struct tab_rig rig;
    struct tab_bytes head; /* of the release, and its cells */
    struct tab_bytes cells;
    struct sym_tab_owed owed;
    struct sym_tab_giver *giver;
    struct sym_tab_member *late;
};

void tab_owed_open(struct tab_owed *o);
void tab_owed_close(struct tab_owed *o);
/* A new giver of this release, and a new member that is owed `owed`; those before are gone. */
void tab_owed_begin(struct tab_owed *o, struct sym_span head, struct sym_span cells,
                    const struct sym_tab_owed *owed);

/* What the giver, or the member, says next; out must be empty. False: nothing. */
bool tab_owed_says(struct tab_owed *o, bool giver, struct tab_bytes *out);
/* The giver, or the member, takes it; the member then does all its works. */
SYM_MUST enum sym_err tab_owed_takes(struct tab_owed *o, bool giver, struct sym_span payload);
/* Passes what both say until neither says anything; the first error. */
SYM_MUST enum sym_err tab_owed_run(struct tab_owed *o);
/* The member has a release to keep, and it is that of the tabulation. */
bool tab_owed_has_it(const struct tab_owed *o);

#endif
