#include "cli/audit/findings.h"

#include "cli/format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

void sym_audit_find(struct sym_audit_findings *f, uint64_t index, const char *format, ...)
{
    f->first = f->n == 0 || index < f->first ? index : f->first;
    if (f->n++ >= SYM_FINDINGS_SHOWN) {
        return;
    }
    struct sym_audit_finding *one = &f->shown[f->n - 1];
    va_list args;
    va_start(args, format);
    if (vasprintf(&one->text, format, args) < 0) {
        one->text = NULL;
        f->failed = true;
    }
    va_end(args);
    one->index = index;
}

void sym_audit_findings_clear(struct sym_audit_findings *f)
{
    for (size_t i = 0; i < SYM_FINDINGS_SHOWN; i++) {
        free(f->shown[i].text);
    }
    *f = (struct sym_audit_findings){.n = 0};
}

void sym_audit_findings_print(FILE *to, const struct sym_audit_findings *f)
{
    for (size_t i = 0; i < SYM_FINDINGS_SHOWN && i < f->n; i++) {
        const struct sym_audit_finding *one = &f->shown[i];
        char text[SYM_FORMAT_TEXT_BYTES(SYM_FAULT_BYTES)];
        sym_format_text(text, sizeof text, sym_span_text(one->text != NULL ? one->text : "?"));
        if (one->index == SYM_NO_ENTRY) {
            (void)fprintf(to, "%s\n", text);
        } else {
            (void)fprintf(to, "entry %" PRIu64 ": %s\n", one->index, text);
        }
    }
    if (f->n > SYM_FINDINGS_SHOWN) {
        (void)fprintf(to, "and %" PRIu64 " more\n", f->n - SYM_FINDINGS_SHOWN);
    }
}

void sym_audit_findings_json(struct sym_json *j, const struct sym_audit_findings *f)
{
    sym_json_number(j, "findings_count", f->n);
    sym_json_array(j, "findings");
    for (size_t i = 0; i < SYM_FINDINGS_SHOWN && i < f->n; i++) {
        sym_json_object(j, NULL);
        if (f->shown[i].index != SYM_NO_ENTRY) {
            sym_json_number(j, "entry", f->shown[i].index);
        }
        sym_json_string(j, "text", f->shown[i].text != NULL ? f->shown[i].text : "");
        sym_json_end(j);
    }
    sym_json_end(j);
}
