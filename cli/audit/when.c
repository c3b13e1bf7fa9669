#include "cli/audit/when.h"

#include "cli/format.h"
#include "crypto/utc.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS      UINT64_C(86400000)
#define DATE_LEN    10u /* YYYY-MM-DD */
#define MINUTES_LEN 16u /* YYYY-MM-DDTHH:MM */
#define SECONDS_LEN 19u

static enum sym_err parse(uint64_t *out_ms, bool *is_day, const char *text, const char *option,
                          struct sym_fault *fault)
{
    static const char rest[] = "0000-00-00T00:00:00Z";
    char utc[SYM_UTC_BYTES];
    char shown[SYM_FAULT_BYTES];
    int64_t time_s = 0;
    size_t len = strlen(text);
    len -= len > DATE_LEN && text[len - 1] == 'Z' ? 1 : 0;
    bool fits = len == DATE_LEN || len == MINUTES_LEN || len == SECONDS_LEN;
    if (fits) {
        (void)snprintf(utc, sizeof utc, "%.*s%s", (int)len, text, rest + len);
    }
    if (!fits || sym_utc_parse(&time_s, sym_span_text(utc)) != SYM_OK) {
        sym_format_text(shown, sizeof shown, sym_span_text(text));
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--%s: \"%.64s\" is not a date YYYY-MM-DD or a time YYYY-MM-DDTHH:MM:SS "
                        "(UTC)",
                        option, shown);
    }
    *is_day = len == DATE_LEN;
    *out_ms = (uint64_t)time_s * 1000u;
    return SYM_OK;
}

enum sym_err sym_when_from(uint64_t *out_ms, const struct sym_args *args, const char *option,
                           struct sym_fault *fault)
{
    const char *text = sym_args_value(args, option);
    bool is_day = false;
    return text != NULL ? parse(out_ms, &is_day, text, option, fault) : SYM_OK;
}

enum sym_err sym_when_until(uint64_t *out_ms, const struct sym_args *args, const char *option,
                            struct sym_fault *fault)
{
    const char *text = sym_args_value(args, option);
    bool is_day = false;
    enum sym_err err = text != NULL ? parse(out_ms, &is_day, text, option, fault) : SYM_OK;
    *out_ms += is_day ? DAY_MS : 0;
    return err;
}
