#include "cli/asked.h"

#include "crypto/text.h"
#include "proto/control.h"

#include <string.h>

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

/* One more of them. */
static enum sym_err add_peer(struct sym_span *out, size_t *n, size_t max, struct sym_span alias,
                             struct sym_fault *fault)
{
    const char *text = (const char *)alias.data;
    int shown = alias.len < 64 ? (int)alias.len : 64;
    if (sym_alias_check(alias) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "--peers: \"%.*s\" is not a name", shown, text);
    }
    for (size_t i = 0; i < *n; i++) {
        if (sym_span_equal(out[i], alias)) {
            return sym_fail(fault, SYM_BAD_VALUE, "--peers: names %.*s twice", shown, text);
        }
    }
    if (*n == max) {
        return sym_fail(fault, SYM_BAD_VALUE, "--peers: at most %zu can take part", max);
    }
    out[(*n)++] = alias;
    return SYM_OK;
}

enum sym_err sym_asked_peers(struct sym_span *out, size_t *n, size_t max, const char *text,
                             struct sym_fault *fault)
{
    *n = 0;
    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ",");
        enum sym_err err = add_peer(out, n, max, sym_span(at, len), fault);
        at += len;
        if (err != SYM_OK || *at == '\0') {
            return err;
        }
    }
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
