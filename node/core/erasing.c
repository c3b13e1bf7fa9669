#include "node/core/erasing.h"

bool sym_erasing_is_due(const struct sym_vault *data, const struct sym_log *log)
{
    return sym_vault_is_due(data) || sym_log_erasing_is_due(log);
}

enum sym_err sym_erasing_finish(struct sym_vault *data, struct sym_log *log,
                                struct sym_fault *fault)
{
    enum sym_err of_data = sym_vault_sweep(data, fault);
    enum sym_err of_log = sym_log_sweep(log, of_data == SYM_OK ? fault : NULL);
    return of_data != SYM_OK ? of_data : of_log;
}
