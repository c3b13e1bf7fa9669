/* table_rig_links.h - the links of a table_rig: payloads from machine to machine, past the tap. For
 * table_rig.c alone. */
#ifndef SYM_TESTS_SUPPORT_TABLE_RIG_LINKS_H
#define SYM_TESTS_SUPPORT_TABLE_RIG_LINKS_H

#include "tests/support/table_rig.h"

/* What must not fail ends the program. */
void table_rig_insist(bool holds);

/* Is the session of this party open, and has its machine not failed? */
bool table_rig_alive(const struct table_rig *r, uint32_t place);
/* As a node fails a member whose part has failed. */
void table_rig_fail(struct table_rig *r, uint32_t place, struct sym_table_failure failure);
void table_rig_list_failed(struct table_rig *r, uint32_t place);

/* At most one payload each way between the asker and a party; then between all others that are
 * linked. true: something was done. */
bool table_rig_carry_leg(struct table_rig *r, uint32_t place);
bool table_rig_carry_rest(struct table_rig *r);

#endif
