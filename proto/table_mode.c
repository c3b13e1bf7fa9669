#include "proto/table_mode.h"

const char *sym_table_mode_text(uint32_t mode)
{
    switch (mode) {
#define SYM_TABLE_MODE_CASE(name, number, text)                                                    \
    case number:                                                                                   \
        return text;
        SYM_TABLE_MODE_LIST(SYM_TABLE_MODE_CASE)
#undef SYM_TABLE_MODE_CASE
    default:
        return "unknown";
    }
}
