#include "node/tabulation/table_releases.h"

enum sym_err sym_table_release_put(struct sym_transaction *t,
                                   const uint8_t table[SYM_EXCHANGE_ID_BYTES],
                                   struct sym_span release)
{
    struct sym_span id = sym_span(table, SYM_EXCHANGE_ID_BYTES);
    SYM_SECRET_AUTO there = {0};
    enum sym_err err = sym_store_get(t, SYM_TABLE_TABLES, id, &there);
    if (err == SYM_OK) {
        return sym_span_equal(sym_secret_span(&there), release) ? SYM_OK : SYM_REPLAY;
    }
    return err == SYM_NOT_FOUND ? sym_store_put(t, SYM_TABLE_TABLES, id, release) : err;
}

enum sym_err sym_table_release_get(struct sym_transaction *t, struct sym_secret *out,
                                   struct sym_span table)
{
    return sym_store_get(t, SYM_TABLE_TABLES, table, out);
}
