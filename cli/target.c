#include "cli/target.h"

#include "cli/file.h"
#include "proto/limits.h"

#include <string.h>
#include <unistd.h>

#define TOP_DEFAULT 20u
#define TOP_MAX     1000000u

enum sym_err sym_target_format(enum sym_format *out, size_t n, const struct sym_args *args,
                               struct sym_fault *fault)
{
    static const char *const words[] = {"table", "csv", "json", "geojson"};
    const char *format = sym_args_value(args, "format");
    bool json = sym_args_has(args, "json");
    size_t at = json ? SYM_FORMAT_JSON : SYM_FORMAT_TABLE;
    if (format != NULL) {
        for (at = 0; at < n && strcmp(format, words[at]) != 0; at++) {
        }
    }
    if (at == n) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--format: \"%.64s\" is not one of table, csv, json%s", format,
                        n == 4 ? ", geojson" : "");
    }
    *out = (enum sym_format)at;
    return json && at != SYM_FORMAT_JSON
               ? sym_fail(fault, SYM_BAD_VALUE, "--json and --format %s exclude each other", format)
               : SYM_OK;
}

enum sym_err sym_target_read(struct sym_target *out, const struct sym_args *args,
                             struct sym_fault *fault)
{
    bool of_maps = sym_args_knows(args, "population");
    enum sym_format format = SYM_FORMAT_TABLE;
    enum sym_err err = sym_target_format(&format, of_maps ? 4 : 3, args, fault);
    if (err != SYM_OK) {
        return err;
    }
    *out = (struct sym_target){.format = format,
                               .path = sym_args_value(args, "out"),
                               .force = sym_args_has(args, "force"),
                               .top = TOP_DEFAULT};
    if (of_maps) {
        out->population = sym_args_value(args, "population");
        out->scan = sym_args_has(args, "scan");
        out->gi_star = sym_args_has(args, "gi-star");
        out->has_top = sym_args_has(args, "top");
        err = sym_args_number(&out->top, args, "top", 0, TOP_MAX, fault);
        if (err != SYM_OK) {
            return err;
        }
    }
    if (sym_args_knows(args, "at-least") && sym_args_has(args, "at-least")) {
        err = sym_args_number(&out->at_least, args, "at-least", 1, SYM_TABLE_LISTS_MAX, fault);
        if (err != SYM_OK) {
            return err;
        }
    }
    if (out->scan && out->population == NULL) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--scan: needs --population FILE, to know how many are to be expected");
    }
    if (out->force && out->path == NULL) {
        return sym_fail(fault, SYM_BAD_VALUE, "--force is for --out");
    }
    if (out->path != NULL && !out->force && access(out->path, F_OK) == 0) {
        char shown[SYM_FAULT_BYTES];
        return sym_fail(fault, SYM_EXISTS, "%.256s: exists already; --force replaces it",
                        sym_file_show(shown, out->path));
    }
    return SYM_OK;
}

static enum sym_err failed(struct sym_fault *fault, enum sym_err err)
{
    return err == SYM_OK ? err : sym_fail(fault, err, "the result %s", sym_err_text(err));
}

enum sym_err sym_target_write(const struct sym_target *target, sym_target_fn *write, void *context,
                              struct sym_fault *fault)
{
    if (target->path == NULL || target->stream != NULL) {
        FILE *to = target->stream != NULL ? target->stream : stdout;
        return failed(fault, write(context, to, target));
    }
    struct sym_new_file file = {0};
    enum sym_err err = sym_new_file_open(&file, target->path, fault);
    if (err == SYM_OK) {
        err = failed(fault, write(context, file.stream, target));
        err = sym_new_file_close(&file, err, target->force, fault);
    }
    return err;
}
