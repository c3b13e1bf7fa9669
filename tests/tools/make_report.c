/* make_report REPORT.json - the page of a report as `symbolon report` writes it, from a document
 * of the format symbolon-report/1, so that tests need no node for it.
 */
#include "cli/report/page.h"

#include <stdlib.h>

#define DOCUMENT_BYTES_MAX (16u << 20)

static char *read_document(const char *path)
{
    char *text = malloc(DOCUMENT_BYTES_MAX + 1);
    FILE *from = fopen(path, "rb");
    if (text != NULL && from != NULL) {
        text[fread(text, 1, DOCUMENT_BYTES_MAX, from)] = '\0';
    }
    if (from == NULL) {
        free(text);
        return NULL;
    }
    (void)fclose(from);
    return text;
}

int main(int argc, char **argv)
{
    const struct sym_page page = sym_page_of_report();
    char *document = argc == 2 ? read_document(argv[1]) : NULL;
    if (document == NULL) {
        (void)fputs("usage: make_report REPORT.json\n", stderr);
        return 2;
    }
    enum sym_err err = sym_report_page(stdout, document, &page);
    free(document);
    if (err != SYM_OK) {
        (void)fprintf(stderr, "make_report: %s\n", sym_err_text(err));
        return 1;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
