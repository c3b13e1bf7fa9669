#include "cli/asked.h"

#include "crypto/text.h"
#include "proto/control.h"

#define TIMEOUT_DEFAULT_S 3600u

enum sym_err sym_asked_name(struct sym_span *out, const struct sym_args *args, const char *option,
                            struct sym_fault *fault)
{
    const char *value = sym_args_value(args, option);
    if (value == NULL) {
        return sym_fail(fault, SYM_BAD_VALUE, "--%s is missing", option);
    }
    *out = sym_span_text(value);
    if (sym_alias_check(*out) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "--%s: \"%.64s\" is not a name", option, value);
    }
    return SYM_OK;
}

enum sym_err sym_asked_term(uint32_t *out, const struct sym_args *args, const char *option,
                            sym_asked_parse *parse, struct sym_fault *fault)
{
    const char *value = sym_args_value(args, option);
    struct sym_fault why;
    if (value == NULL) {
        return sym_fail(fault, SYM_BAD_VALUE, "--%s is missing", option);
    }
    enum sym_err err = parse(out, value, &why);
    return err == SYM_OK ? err : sym_fail(fault, err, "--%s: %.280s", option, why.text);
}

/* A line of at most max bytes that stays in this node; empty without the option. */
static enum sym_err read_line(struct sym_span *out, const struct sym_args *args, const char *option,
                              size_t max, struct sym_fault *fault)
{
    const char *value = sym_args_value(args, option);
    *out = sym_span_text(value != NULL ? value : "");
    if (out->len > max || (out->len > 0 && !sym_text_is_name(*out))) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--%s: is not one line of at most %zu bytes without invisible characters",
                        option, max);
    }
    return SYM_OK;
}

enum sym_err sym_asked_case(struct sym_span *case_ref, struct sym_span *note,
                            const struct sym_args *args, struct sym_fault *fault)
{
    enum sym_err err = read_line(case_ref, args, "case", SYM_CASE_BYTES_MAX, fault);
    if (err == SYM_OK) {
        err = read_line(note, args, "note", SYM_NOTE_BYTES_MAX, fault);
    }
    if (err == SYM_OK && case_ref->len == 0) {
        err = sym_fail(fault, SYM_BAD_VALUE, "--case is missing");
    }
    return err;
}

enum sym_err sym_asked_timeout(uint32_t *timeout_ms, const struct sym_args *args,
                               struct sym_fault *fault)
{
    uint64_t timeout_s = TIMEOUT_DEFAULT_S;
    enum sym_err err =
        sym_args_number(&timeout_s, args, "timeout", 1, SYM_EXCHANGE_MS_MAX / 1000u, fault);
    *timeout_ms = (uint32_t)timeout_s * 1000u;
    return err;
}
