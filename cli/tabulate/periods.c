#include "cli/tabulate/periods.h"

#include "cli/options.h"
#include "crypto/utc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MONTHS 12u

/* The first and the last month of a period; false: it is none. */
static bool read_period(uint32_t *first, uint32_t *last, const char *text)
{
    static const struct {
        enum sym_dimension dimension;
        uint32_t months;
    } kinds[] = {{SYM_DIMENSION_YEAR, 12}, {SYM_DIMENSION_QUARTER, 3}, {SYM_DIMENSION_MONTH, 1}};
    for (size_t i = 0; i < 3; i++) {
        uint64_t year = 0;
        uint64_t part = 1;
        char digits[5] = "";
        if (strcmp(text, SYM_CODE_UNKNOWN) == 0 ||
            sym_dimension_check(kinds[i].dimension, sym_span_text(text)) != SYM_OK) {
            continue;
        }
        memcpy(digits, text, 4);
        const char *behind = text[4] == '\0' ? "1" : text[5] == 'Q' ? text + 6 : text + 5;
        if (sym_number_parse(&year, digits, SYM_YEAR_MIN, SYM_YEAR_MAX) != SYM_OK ||
            sym_number_parse(&part, behind, 1, MONTHS) != SYM_OK) {
            continue;
        }
        *first = (uint32_t)year * MONTHS + ((uint32_t)part - 1) * kinds[i].months;
        *last = *first + kinds[i].months - 1;
        return true;
    }
    return false;
}

static enum sym_err refuse(const char *option, const char *text, struct sym_fault *fault)
{
    return sym_fail(fault, SYM_BAD_VALUE,
                    "--%s: \"%.64s\" is no period; write 2019, 2019-Q2 or 2019-06", option, text);
}

enum sym_err sym_periods_read(struct sym_periods *out, const char *from, const char *to,
                              uint64_t now_s, struct sym_fault *fault)
{
    char utc[SYM_UTC_BYTES];
    char year[5] = "";
    uint32_t unused = 0;
    uint64_t this_year = 0;
    if (sym_utc_format(utc, (int64_t)now_s) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "the clock of this machine is wrong; set it");
    }
    memcpy(year, utc, 4);
    if (sym_number_parse(&this_year, year, SYM_YEAR_MIN, SYM_YEAR_MAX) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "the clock of this machine is wrong; set it");
    }
    *out = (struct sym_periods){.last = (uint32_t)this_year * MONTHS + MONTHS - 1,
                                .is_default = from == NULL && to == NULL};
    if (to != NULL && !read_period(&unused, &out->last, to)) {
        return refuse("to", to, fault);
    }
    out->first = (out->last / MONTHS - (SYM_PERIODS_YEARS - 1)) * MONTHS;
    if (from != NULL && !read_period(&out->first, &unused, from)) {
        return refuse("from", from, fault);
    }
    if (out->first > out->last) {
        return sym_fail(fault, SYM_BAD_VALUE, "--from %.16s is later than --to %.16s",
                        from != NULL ? from : "", to != NULL ? to : "the end of this year");
    }
    return SYM_OK;
}

static uint32_t months_of(enum sym_dimension dimension)
{
    return dimension == SYM_DIMENSION_YEAR ? 12 : dimension == SYM_DIMENSION_QUARTER ? 3 : 1;
}

enum sym_err sym_periods_fit(const struct sym_periods *p, enum sym_dimension finest,
                             struct sym_fault *fault)
{
    char code[SYM_CODE_BYTES_MAX + 1];
    uint32_t months = months_of(finest);
    bool begins = p->first % months == 0;
    const char *option = begins ? "to" : "from";
    if (begins && (p->last + 1) % months == 0) {
        return SYM_OK;
    }
    sym_periods_code(code, p, finest, begins ? sym_periods_count(p, finest) - 1 : 0);
    return sym_fail(fault, SYM_BAD_VALUE,
                    "--%s: the question is by %s, so that all of %s would count; write --%s %s, or "
                    "add a finer period to --by",
                    option, sym_dimension_text((uint32_t)finest), code, option, code);
}

size_t sym_periods_count(const struct sym_periods *p, enum sym_dimension dimension)
{
    uint32_t months = months_of(dimension);
    return p->last / months - p->first / months + 1;
}

void sym_periods_code(char out[SYM_CODE_BYTES_MAX + 1], const struct sym_periods *p,
                      enum sym_dimension dimension, size_t at)
{
    uint32_t months = months_of(dimension);
    uint32_t period = p->first / months + (uint32_t)at;
    uint32_t per_year = MONTHS / months;
    uint32_t year = period / per_year;
    uint32_t part = period % per_year + 1;
    if (dimension == SYM_DIMENSION_YEAR) {
        (void)snprintf(out, SYM_CODE_BYTES_MAX + 1, "%04" PRIu32, year);
    } else if (dimension == SYM_DIMENSION_QUARTER) {
        (void)snprintf(out, SYM_CODE_BYTES_MAX + 1, "%04" PRIu32 "-Q%" PRIu32, year, part);
    } else {
        (void)snprintf(out, SYM_CODE_BYTES_MAX + 1, "%04" PRIu32 "-%02" PRIu32, year, part);
    }
}

bool sym_periods_place(uint64_t *out, enum sym_dimension dimension, struct sym_span code)
{
    char text[SYM_CODE_BYTES_MAX + 1] = "";
    uint32_t first = 0;
    uint32_t last = 0;
    if (sym_dimension_check(dimension, code) != SYM_OK) {
        return false;
    }
    memcpy(text, code.data, code.len);
    if (!read_period(&first, &last, text)) {
        return false;
    }
    *out = first / months_of(dimension);
    return true;
}
