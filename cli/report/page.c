#include "cli/report/page.h"

#include "cli/report/html.h"
#include "cli/report/tables.h"
#include "crypto/aead.h"

#include <string.h>

static const char style[] =
    "body{font:15px/1.45 system-ui,sans-serif;max-width:70rem;margin:1rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:1rem 0}caption{text-align:start;font-weight:bold}"
    "td,th{border:1px solid #888;padding:.2rem .6rem;text-align:start}"
    "dt{font-weight:bold;float:left;clear:left;margin-inline-end:.6rem}";

bool sym_report_draws(const struct sym_page *page)
{
    return page->top.len > 0 && page->middle.len > 0 && page->bottom.len > 0;
}

static void put_part(FILE *to, struct sym_span part)
{
    (void)fwrite(part.data, 1, part.len, to);
}

/* Nothing of it runs, and it asks nobody for anything. */
static enum sym_err plain_top(FILE *to, enum sym_language language)
{
    uint8_t hash[SYM_HASH_BYTES];
    char base64[SYM_BASE64_BYTES(SYM_HASH_BYTES)];
    enum sym_err err = sym_sha256(hash, sym_span_text(style));
    if (err != SYM_OK) {
        return err;
    }
    sym_base64(base64, hash, sizeof hash);
    (void)fprintf(to,
                  "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n",
                  sym_language_text(language), base64, sym_report_word(language, SYM_WORD_REPORT),
                  style);
    return SYM_OK;
}

static enum sym_err put(FILE *to, const struct sym_json_value *report, const char *document,
                        const struct sym_page *page)
{
    enum sym_language language = SYM_LANGUAGE_EN;
    bool draws = sym_report_draws(page);
    enum sym_err err = SYM_OK;
    if (strcmp(sym_json_words(sym_json_get(report, "format")), "symbolon-report/1") != 0 ||
        sym_language_parse(&language, sym_json_words(sym_json_get(report, "lang"))) != SYM_OK) {
        return SYM_BAD_FORMAT;
    }
    if (draws) {
        put_part(to, page->top);
    } else {
        err = plain_top(to, language);
    }
    if (err == SYM_OK) {
        err = sym_tables_write(to, report, language);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (draws) {
        put_part(to, page->middle);
    } else {
        (void)fputs("<script type=\"application/json\" id=\"data\">", to);
    }
    sym_html_json(to, sym_span_text(document));
    if (draws) {
        put_part(to, page->bottom);
    } else {
        (void)fputs("</script>\n</body>\n</html>\n", to);
    }
    return SYM_OK;
}

enum sym_err sym_report_page(FILE *to, const char *document, const struct sym_page *page)
{
    struct sym_json_value *report = NULL;
    enum sym_err err = sym_json_read(&report, document);
    if (err == SYM_OK) {
        err = put(to, report, document, page);
        sym_json_free(report);
    }
    return err;
}
