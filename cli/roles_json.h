/* roles_json.h - roles of users as an array of their names: "operator", "analyst", "approver",
 * "auditor".
 */
#ifndef SYM_CLI_ROLES_JSON_H
#define SYM_CLI_ROLES_JSON_H

#include "cli/json.h"

/* roles: SYM_USER_… bits; none makes an empty array. */
void sym_roles_put_json(struct sym_json *j, const char *key, unsigned roles);

#endif
