#include "proto/breach.h"

#include "crypto/lines.h"

#include <stdlib.h>

#define EXHIBIT "exhibit: "

enum sym_err sym_breach_write(char *out, size_t max, size_t *len, struct sym_span exhibit,
                              struct sym_span card)
{
    struct sym_writer w =
        sym_writer((uint8_t *)out, max < SYM_EXHIBIT_BYTES_MAX ? max : SYM_EXHIBIT_BYTES_MAX);
    struct sym_span written;
    sym_write_span(&w, sym_span_text(SYM_BREACH_HEAD "\n" EXHIBIT));
    if (w.err == SYM_OK &&
        (exhibit.len >= w.max || SYM_BASE64_BYTES(exhibit.len) > w.max - w.len)) {
        return SYM_TOO_LONG;
    }
    if (w.err == SYM_OK) {
        sym_base64((char *)w.start + w.len, exhibit.data, exhibit.len);
        w.len += SYM_BASE64_BYTES(exhibit.len) - 1;
    }
    sym_write_span(&w, sym_span_text("\n\n"));
    sym_write_span(&w, card);
    enum sym_err err = sym_write_end(&w, &written);
    if (err == SYM_OK) {
        *len = written.len;
    }
    return err;
}

enum sym_err sym_breach_read(struct sym_card *card, struct sym_span text,
                             const struct sym_ristretto *with, const char *name,
                             struct sym_fault *fault)
{
    struct sym_lines lines = sym_lines(text, name, fault);
    uint8_t *exhibit = malloc(SYM_TABLE_EXHIBIT_BYTES_MAX);
    size_t len = SYM_TABLE_EXHIBIT_BYTES_MAX;
    if (exhibit == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "%s: %s", name, sym_err_text(SYM_NO_MEMORY));
    }
    sym_lines_expect(&lines, SYM_BREACH_HEAD);
    struct sym_span value = sym_lines_value(&lines, EXHIBIT);
    if (lines.err == SYM_OK && sym_unbase64(exhibit, &len, value) != SYM_OK) {
        sym_lines_refuse(&lines, SYM_BAD_FORMAT, "this is not base64, or too long");
    }
    sym_lines_expect(&lines, "");
    struct sym_span rest = sym_lines_rest(&lines);
    enum sym_err err = lines.err;
    if (err == SYM_OK) {
        err = sym_exhibit_card(card, rest, name, fault);
    }
    if (err == SYM_OK) {
        err = sym_table_exhibit_check(sym_span(exhibit, len), card->identity, with);
        err = err == SYM_OK ? err
                            : sym_fail(fault, err, "%s:2: %s", name,
                                       err == SYM_DENIED
                                           ? "what was signed is right: it proves no breach"
                                           : "this is nothing that the owner of the card signed");
    }
    free(exhibit);
    return err;
}
