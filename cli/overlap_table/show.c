#include "cli/file.h"
#include "cli/overlap_table/view.h"

#include <inttypes.h>

static enum sym_err write(void *context, FILE *to, const struct sym_target *target)
{
    const struct sym_table_view *v = context;
    switch (target->format) {
    case SYM_FORMAT_TABLE:
        break;
    case SYM_FORMAT_CSV:
        return sym_table_write_csv(to, v, target);
    case SYM_FORMAT_JSON:
        return sym_table_write_json(to, v, target);
    case SYM_FORMAT_GEOJSON:
        return SYM_UNSUPPORTED;
    }
    return sym_table_write_table(to, v, target);
}

static enum sym_err check(const struct sym_table_view *v, const struct sym_target *target,
                          struct sym_fault *fault)
{
    if (target->format == SYM_FORMAT_GEOJSON || target->population != NULL || target->gi_star ||
        target->has_top) {
        return sym_fail(
            fault, SYM_BAD_VALUE,
            "an overlap table lies on no map and has no rates or levels: leave --format "
            "geojson, --population, --scan, --gi-star and --top");
    }
    if (target->at_least > 0 && !sym_table_view_is_exact(v)) {
        return sym_fail(
            fault, SYM_BAD_VALUE,
            "--at-least: this table has noise and shows no sums; it is for --mode exact");
    }
    return target->at_least > v->n
               ? sym_fail(fault, SYM_BAD_VALUE, "--at-least: the table has %" PRIu32 " lists", v->n)
               : SYM_OK;
}

enum sym_err sym_table_show(const struct sym_target *target, struct sym_client *client,
                            struct sym_span exchange, struct sym_fault *fault)
{
    struct sym_table_view v = {.n = 0};
    enum sym_err err = sym_table_view(&v, client, exchange, fault);
    if (err == SYM_OK) {
        err = check(&v, target, fault);
    }
    if (err == SYM_OK) {
        err = sym_target_write(target, write, &v, fault);
    }
    if (err == SYM_OK && target->path != NULL) {
        char shown[SYM_FAULT_BYTES];
        (void)printf("%s: a table of %" PRIu32 " lists\n", sym_file_show(shown, target->path), v.n);
    }
    sym_table_view_clear(&v);
    return err;
}
