#include "cli/roles_json.h"

#include "proto/control.h"

void sym_roles_put_json(struct sym_json *j, const char *key, unsigned roles)
{
    sym_json_array(j, key);
    for (unsigned role = 0; role < SYM_USER_ROLE_COUNT; role++) {
        if ((roles & (1u << role)) != 0) {
            sym_json_string(j, NULL, sym_user_role_text((enum sym_user_role)role));
        }
    }
    sym_json_end(j);
}
