#include "cli/ingest/canon_run.h"
#include "cli/ingest/phone_shim.h"

#include <string.h>

/* libphonenumber looks for a number in longer text; a value of a file is one, and nothing else. */
#define PHONE_BYTES_MAX 64u

static enum sym_err refuse(const struct sym_canon_run *run, enum sym_phone why)
{
    const char *region = run->rules->region;
    switch (why) {
    case SYM_PHONE_NO_COUNTRY:
        if (region[0] == '\0' && run->value.data[0] != '+') {
            return sym_canon_refuse(run, SYM_NOT_FOUND,
                                    "has no country code; start it with +, or give the country "
                                    "of such numbers with --region");
        }
        return sym_canon_refuse(run, SYM_BAD_VALUE, "starts with a country code that is not used");
    case SYM_PHONE_TOO_SHORT:
        return sym_canon_refuse(run, SYM_BAD_VALUE, "has too few digits for its country");
    case SYM_PHONE_TOO_LONG:
        return sym_canon_refuse(run, SYM_BAD_VALUE, "has too many digits for its country");
    case SYM_PHONE_LOCAL:
        return sym_canon_refuse(run, SYM_BAD_VALUE, "lacks its area code");
    case SYM_PHONE_LENGTH:
        return sym_canon_refuse(run, SYM_BAD_VALUE, "no number of its country has so many digits");
    case SYM_PHONE_NOT_USED:
        return sym_canon_refuse(run, SYM_BAD_VALUE, "lies in no range of numbers that %s uses",
                                run->value.data[0] == '+' || region[0] == '\0' ? "its country"
                                                                               : region);
    case SYM_PHONE_WORDS:
        return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                "holds a word, whose letters a telephone would dial; write the "
                                "number alone, in digits");
    case SYM_PHONE_NO_NUMBER:
    case SYM_PHONE_OK:
        break;
    }
    return sym_canon_refuse(run, SYM_BAD_FORMAT, "is not written like a telephone number");
}

/* Ends in seven or more equal digits: 0000000000 must not match in two lists. */
static bool is_placeholder(const char *e164)
{
    size_t len = strlen(e164);
    size_t equal = 1;
    while (equal < len && e164[len - 1 - equal] == e164[len - 1]) {
        equal++;
    }
    return equal >= 7;
}

/* Outside known ranges libphonenumber may see a prefix to strip where it has stripped one already:
 * what becomes another number when it is read again is no canonical form. */
static bool is_stable(const char *e164)
{
    char again[SYM_PHONE_BYTES];
    bool extension = false;
    return sym_phone_e164(again, &extension, e164, strlen(e164), "") == SYM_PHONE_NOT_USED &&
           strcmp(again, e164) == 0;
}

enum sym_err sym_canon_phone(struct sym_canon_run *run)
{
    char e164[SYM_PHONE_BYTES];
    bool extension = false;
    if (run->value.len > PHONE_BYTES_MAX) {
        return sym_canon_refuse(run, SYM_TOO_LONG, "is longer than %u bytes; one number in a field",
                                PHONE_BYTES_MAX);
    }
    enum sym_phone result = sym_phone_e164(e164, &extension, (const char *)run->value.data,
                                           run->value.len, run->rules->region);
    if (result == SYM_PHONE_NOT_USED && run->rules->phones_possible && !is_placeholder(e164) &&
        is_stable(e164)) {
        run->remark = "a number outside the ranges that its country is known to use";
    } else if (result != SYM_PHONE_OK) {
        return refuse(run, result);
    }
    if (extension && run->remark == NULL) {
        run->remark = "its extension is left out: all behind that number match";
    }
    sym_canon_step(run, extension ? "E.164, without the extension" : "E.164", sym_span_text(e164));
    sym_write_span(&run->out, sym_span_text(e164));
    return SYM_OK;
}
