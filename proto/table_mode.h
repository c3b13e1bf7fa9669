/* table_mode.h - how an overlap table is released, as grants, requests and commands name it.
 *
 * Sets of modes are bit sets: bit m stands for mode m.
 */
#ifndef SYM_PROTO_TABLE_MODE_H
#define SYM_PROTO_TABLE_MODE_H

#include <stdint.h>

#define SYM_TABLE_MODE_LIST(X)                                                                     \
    X(EXACT, 1, "exact") /* every count as it is: counts as matches do */                          \
    X(DP, 2, "dp")       /* counts with noise, small ones suppressed */

enum sym_table_mode {
    SYM_TABLE_MODE_NONE = 0,
#define SYM_TABLE_MODE_ENUM(name, number, text) SYM_TABLE_##name = (number),
    SYM_TABLE_MODE_LIST(SYM_TABLE_MODE_ENUM)
#undef SYM_TABLE_MODE_ENUM
        SYM_TABLE_MODE_END
};

#define SYM_TABLE_MODES (1u << SYM_TABLE_EXACT | 1u << SYM_TABLE_DP)

/* "exact"; "unknown" for a number that is no mode. */
const char *sym_table_mode_text(uint32_t mode);

#endif
