#include "cli/ingest/canon.h"

#include "cli/format.h"
#include "cli/ingest/canon_run.h"
#include "cli/ingest/phone_shim.h"
#include "crypto/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A longer value is no identifier of any type, bytes. */
#define VALUE_BYTES_MAX SYM_CANONICAL_BYTES_MAX

struct type_row {
    enum sym_err (*family)(struct sym_canon_run *run); /* NULL: a key (person.h) */
    const char *part;                                  /* name of the second part; NULL: none */
    const char *part_like;                             /* how to write both in one */
};

static const struct type_row rows[SYM_TOKEN_TYPE_COUNT] = {
    [SYM_TOKEN_IBAN] = {sym_canon_iban, NULL, NULL},
    [SYM_TOKEN_ACCOUNT] = {sym_canon_account, "bank", "BANK:NUMBER"},
    [SYM_TOKEN_BIC] = {sym_canon_bic, NULL, NULL},
    [SYM_TOKEN_PHONE] = {sym_canon_phone, NULL, NULL},
    [SYM_TOKEN_EMAIL] = {sym_canon_email, NULL, NULL},
    [SYM_TOKEN_PASSPORT] = {sym_canon_passport, "issuer", "COUNTRY:NUMBER"},
    [SYM_TOKEN_NATIONAL_ID] = {sym_canon_national_id, "issuer", "COUNTRY:NUMBER"},
    [SYM_TOKEN_PLATE] = {sym_canon_plate, "issuer", "COUNTRY:NUMBER"},
    [SYM_TOKEN_NAME_DOB] = {sym_canon_name_dob, "dob", "NAME:YYYY-MM-DD"},
    [SYM_TOKEN_HANDLE] = {sym_canon_handle, "platform", "PLATFORM:NAME"},
    [SYM_TOKEN_URL] = {sym_canon_url, NULL, NULL},
    [SYM_TOKEN_WALLET] = {sym_canon_wallet, NULL, NULL},
    [SYM_TOKEN_PAYMENT_REF] = {sym_canon_payment_ref, NULL, NULL},
};

enum sym_err sym_canon_set_region(struct sym_canon_rules *rules, const char *region,
                                  struct sym_fault *fault)
{
    if (strlen(region) != 2 || !sym_phone_region_known(region)) {
        char shown[SYM_FORMAT_BYTES];
        sym_format_text(shown, sizeof shown, sym_span_text(region));
        return sym_fail(fault, SYM_BAD_VALUE,
                        "region: \"%s\" is no country with telephone numbers; give its two-letter "
                        "code in capitals, such as GB",
                        shown);
    }
    memcpy(rules->region, region, sizeof rules->region);
    return SYM_OK;
}

enum sym_err sym_canon_new(struct sym_canon **out, const struct sym_canon_rules *rules,
                           struct sym_fault *fault)
{
    struct sym_canon_rules checked = *rules;
    enum sym_err err = SYM_OK;
    if (rules->region[0] != '\0') {
        err = sym_canon_set_region(&checked, rules->region, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    struct sym_canon *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "canonical forms: %s", sym_err_text(SYM_NO_MEMORY));
    }
    err = sym_unicode_new(&c->unicode);
    if (err != SYM_OK) {
        free(c);
        return sym_fail(fault, err, "ICU: its tables cannot be loaded; install libicu72 anew");
    }
    c->rules = *rules;
    *out = c;
    return SYM_OK;
}

void sym_canon_free(struct sym_canon *c)
{
    if (c != NULL) {
        sym_unicode_free(c->unicode);
        free(c);
    }
}

const char *sym_canon_part(enum sym_token_type type)
{
    return type > SYM_TOKEN_NONE && type < SYM_TOKEN_TYPE_COUNT ? rows[type].part : NULL;
}

enum sym_err sym_canon_refuse(const struct sym_canon_run *run, enum sym_err err, const char *format,
                              ...)
{
    if (run->fault != NULL) {
        char *at = run->fault->text;
        size_t room = sizeof run->fault->text;
        int used = snprintf(at, room, "%s: ", sym_token_type_name(run->type));
        va_list args;
        va_start(args, format);
        (void)vsnprintf(at + used, room - (size_t)used, format, args);
        va_end(args);
        run->fault->err = err;
    }
    return err;
}

void sym_canon_step(struct sym_canon_run *run, const char *what, struct sym_span text)
{
    struct sym_canon_steps *s = run->steps;
    if (s == NULL || s->n == SYM_CANON_STEPS_MAX || text.len >= sizeof s->step[0].text) {
        return;
    }
    if (s->n > 0 && sym_span_equal(text, sym_span_text(s->step[s->n - 1].text))) {
        return;
    }
    s->step[s->n].what = what;
    memcpy(s->step[s->n].text, text.len > 0 ? text.data : (const uint8_t *)"", text.len);
    s->step[s->n].text[text.len] = '\0';
    s->n++;
}

/* Unicode's White_Space. */
static bool is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

/* What word processors and address books leave between visible characters. The joiners U+200C and
 * U+200D are part of some spellings and stay. */
static bool is_invisible(uint32_t c)
{
    return c == 0xad || c == 0x200b || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x2064) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

bool sym_canon_is_blank(struct sym_span value)
{
    uint32_t c = 0;
    while (value.len > 0) {
        if (!sym_text_next(&c, &value) || (!is_space(c) && !is_invisible(c))) {
            return false;
        }
    }
    return true;
}

enum sym_err sym_canon_tidy(struct sym_span *tidied, char *out, const struct sym_canon_run *run,
                            struct sym_span text)
{
    size_t len = 0;
    size_t end = 0; /* behind the last character that is no space */
    if (text.len > VALUE_BYTES_MAX) {
        return sym_canon_refuse(run, SYM_TOO_LONG, "is longer than %u bytes", VALUE_BYTES_MAX);
    }
    while (text.len > 0) {
        const uint8_t *at = text.data;
        uint32_t c = *at;
        if (c >= 0x20 && c < 0x7f) {
            text = sym_span(at + 1, text.len - 1);
        } else if (!sym_text_next(&c, &text)) {
            return sym_canon_refuse(run, SYM_BAD_FORMAT, "is not UTF-8");
        }
        if (is_space(c)) {
            out[len] = ' ';
            len += len > 0 ? 1 : 0;
        } else if (is_control(c)) {
            return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                    "holds a control character (U+%04X); remove it", (unsigned)c);
        } else if (!is_invisible(c)) {
            memcpy(out + len, at, (size_t)(text.data - at));
            len += (size_t)(text.data - at);
            end = len;
        }
    }
    *tidied = sym_span(out, end);
    return SYM_OK;
}

static struct sym_span without_spaces_around(struct sym_span text)
{
    while (text.len > 0 && text.data[0] == ' ') {
        text = sym_span(text.data + 1, text.len - 1);
    }
    while (text.len > 0 && text.data[text.len - 1] == ' ') {
        text.len--;
    }
    return text;
}

/* "PART:VALUE", or "NAME:DATE". */
static enum sym_err split(struct sym_canon_run *run, const struct type_row *row)
{
    bool last = run->type == SYM_TOKEN_NAME_DOB;
    run->value = last ? sym_date_without_midnight(run->value) : run->value;
    const char *text = (const char *)run->value.data;
    const char *colon =
        last ? memrchr(text, ':', run->value.len) : memchr(text, ':', run->value.len);
    if (colon == NULL) {
        return sym_canon_refuse(
            run, SYM_NOT_FOUND, "the %s is missing: it comes from a column for %s.%s, or write %s",
            row->part, sym_token_type_name(run->type), row->part, row->part_like);
    }
    size_t before = (size_t)(colon - text);
    struct sym_span first = without_spaces_around(sym_span(text, before));
    struct sym_span second =
        without_spaces_around(sym_span(colon + 1, run->value.len - before - 1));
    run->value = last ? first : second;
    run->part = last ? second : first;
    return SYM_OK;
}

/* An MRZ names its issuer itself; canon_document.c looks into it. */
static bool may_lack_part(const struct sym_canon_run *run)
{
    return run->type == SYM_TOKEN_PASSPORT && sym_canon_is_mrz(run->value);
}

/* What programs make of identifiers that are digits; a user name may be anything. */
static enum sym_err check_number(const struct sym_canon_run *run)
{
    if (run->type == SYM_TOKEN_HANDLE) {
        return SYM_OK;
    }
    if (sym_canon_is_rounded(run->value)) {
        return sym_canon_refuse(run, SYM_BAD_VALUE,
                                "is a number that a spreadsheet has rounded; make its column text "
                                "there, enter the numbers again and export anew");
    }
    return !sym_canon_has_decimal(run->value)
               ? SYM_OK
               : sym_canon_refuse(run, SYM_BAD_VALUE,
                                  "ends in .0, as from a program that took it for a number; export "
                                  "the column as text, with the zeros in front");
}

static enum sym_err run_family(struct sym_canon_run *run)
{
    char value[VALUE_BYTES_MAX + 1];
    char part[VALUE_BYTES_MAX + 1];
    const struct type_row *row = &rows[run->type];
    sym_canon_step(run, "as given", run->value);
    enum sym_err err = sym_canon_tidy(&run->value, value, run, run->value);
    if (err == SYM_OK) {
        err = sym_canon_tidy(&run->part, part, run, run->part);
    }
    if (err != SYM_OK) {
        return err;
    }
    sym_canon_step(run, "trimmed, invisible characters removed", run->value);
    if (row->part != NULL && run->part.len == 0 && !may_lack_part(run)) {
        err = split(run, row);
    }
    if (err == SYM_OK && run->value.len == 0) {
        err = sym_canon_refuse(run, SYM_BAD_FORMAT, "is empty");
    }
    err = err == SYM_OK ? check_number(run) : err;
    return err == SYM_OK ? row->family(run) : err;
}

static enum sym_err refuse_key(const struct sym_canon_run *run)
{
    return sym_canon_refuse(run, SYM_UNSUPPORTED,
                            "is made of what is known of a person: columns for person.given, "
                            "person.surname, person.dob, person.postcode and person.town");
}

enum sym_err sym_canon(struct sym_canonical *out, struct sym_canon_steps *steps,
                       struct sym_canon *c, enum sym_token_type type, struct sym_canon_value value,
                       struct sym_fault *fault)
{
    if (type <= SYM_TOKEN_NONE || type >= SYM_TOKEN_TYPE_COUNT) {
        return sym_fail(fault, SYM_INTERNAL, "canonical forms: type %d does not exist", (int)type);
    }
    if (steps != NULL) {
        steps->n = 0;
    }
    struct sym_canon_run run = {.rules = &c->rules,
                                .unicode = c->unicode,
                                .type = type,
                                .value = value.value,
                                .part = value.part,
                                .steps = steps,
                                .fault = fault};
    uint8_t text[SYM_CANONICAL_BYTES_MAX];
    struct sym_span canonical = {NULL, 0};
    run.out = sym_writer(text, sizeof text);
    enum sym_err err = rows[type].family != NULL ? run_family(&run) : refuse_key(&run);
    if (err == SYM_OK && sym_write_end(&run.out, &canonical) != SYM_OK) {
        err = sym_canon_refuse(&run, SYM_TOO_LONG, "its canonical form is longer than %u bytes",
                               SYM_CANONICAL_BYTES_MAX);
    }
    if (err != SYM_OK) {
        return err;
    }
    memcpy(out->text, canonical.data, canonical.len);
    out->text[canonical.len] = '\0';
    out->len = canonical.len;
    out->remark = run.remark;
    return SYM_OK;
}
