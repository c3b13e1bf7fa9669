#include "cli/file.h"
#include "cli/pause.h"
#include "cli/report/document.h"
#include "cli/report/entry.h"
#include "cli/report/estimates.h"
#include "cli/report/page.h"
#include "cli/runs.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TITLE_BYTES_MAX 200u

struct report {
    const char *path;
    bool force;
    struct sym_document document;
    char *page;
    size_t len;
    char hex[2 * SYM_HASH_BYTES + 1];
};

static enum sym_err make_page(struct report *r, struct sym_fault *fault)
{
    const struct sym_page parts = sym_page_of_report();
    FILE *to = open_memstream(&r->page, &r->len);
    enum sym_err err = to != NULL ? SYM_OK : SYM_NO_MEMORY;
    if (err == SYM_OK) {
        err = sym_report_page(to, r->document.text, &parts);
        bool good = ferror(to) == 0;
        good = fclose(to) == 0 && good;
        err = err == SYM_OK && !good ? SYM_NO_MEMORY : err;
    }
    if (err == SYM_OK && r->len > SYM_REPORT_BYTES_MAX) {
        return sym_fail(fault, SYM_LIMIT,
                        "the report has %zu bytes, and %u are taken; make several", r->len,
                        SYM_REPORT_BYTES_MAX);
    }
    return err == SYM_OK ? err : sym_fail(fault, err, "the report %s", sym_err_text(err));
}

/* All of it is on the disk, under another name, before the log says that there is a report. */
static enum sym_err write_file(struct report *r, struct sym_client *client, struct sym_fault *fault)
{
    struct sym_new_file file = {0};
    enum sym_err err = sym_new_file_open(&file, r->path, fault);
    if (err != SYM_OK) {
        return err;
    }
    if (fwrite(r->page, 1, r->len, file.stream) != r->len || fflush(file.stream) != 0 ||
        fsync(fileno(file.stream)) != 0) {
        err = sym_file_fault(fault, r->path);
    }
    if (err == SYM_OK) {
        uint8_t hash[SYM_HASH_BYTES];
        err = sym_report_enter(hash, client, &r->document,
                               sym_span((const uint8_t *)r->page, r->len), fault);
        if (err == SYM_OK) {
            sym_hex(r->hex, hash, sizeof hash);
        }
    }
    return sym_new_file_close(&file, err, r->force, fault);
}

static enum sym_err make(struct report *r, const struct sym_document_wish *wish,
                         const struct sym_call *call, struct sym_fault *fault)
{
    SYM_CLIENT_AUTO client = {0};
    enum sym_err err = sym_client_open(&client, call, fault);
    if (err == SYM_OK) {
        err = sym_document_make(&r->document, &client, wish, fault);
    }
    if (err == SYM_OK) {
        err = make_page(r, fault);
    }
    return err == SYM_OK ? write_file(r, &client, fault) : err;
}

static void tell(const struct report *r)
{
    const struct sym_page parts = sym_page_of_report();
    char shown[SYM_FAULT_BYTES];
    (void)printf("%s: a report of %zu %s, %zu bytes; the log of this node has an entry about it\n",
                 sym_file_show(shown, r->path), r->document.n,
                 r->document.n == 1 ? "result" : "results", r->len);
    (void)printf("SHA-256 %s\n", r->hex);
    if (!sym_report_draws(&parts)) {
        (void)printf("plain tables without pictures: this program was built without npm\n");
    }
}

/* Ids behind --exchange, and behind the file. */
static size_t list_exchanges(const char *ids[SYM_REPORT_EXCHANGES_MAX + 1u],
                             const struct sym_args *args)
{
    size_t n = sym_args_values(ids, SYM_REPORT_EXCHANGES_MAX + 1u, args, "exchange");
    for (size_t i = 1; i < args->n_operands && n <= SYM_REPORT_EXCHANGES_MAX; i++) {
        ids[n++] = args->operands[i];
    }
    return n;
}

static enum sym_err read_options(struct sym_document_wish *wish, const struct sym_args *args,
                                 struct sym_fault *fault)
{
    const char *language = sym_args_value(args, "lang");
    wish->title = sym_args_value(args, "title");
    wish->estimate = sym_args_has(args, "estimate") ? sym_report_estimate : NULL;
    if (language != NULL && sym_language_parse(&wish->language, language) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "--lang: \"%.32s\" is not one of en, fr", language);
    }
    if (wish->title != NULL &&
        (strlen(wish->title) > TITLE_BYTES_MAX || !sym_text_is_name(sym_span_text(wish->title)))) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--title: takes one line of 1 to %u bytes without control characters",
                        TITLE_BYTES_MAX);
    }
    if (wish->n_exchanges == 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--exchange ID is missing: which results? see \"symbolon exchange list\"");
    }
    return wish->n_exchanges > SYM_REPORT_EXCHANGES_MAX
               ? sym_fail(fault, SYM_LIMIT, "a report shows at most %u exchanges; make several",
                          SYM_REPORT_EXCHANGES_MAX)
               : SYM_OK;
}

enum sym_exit sym_report_run(const struct sym_call *call)
{
    const char *ids[SYM_REPORT_EXCHANGES_MAX + 1u];
    struct report r = {.path = call->args.operands[0], .force = sym_args_has(&call->args, "force")};
    struct sym_document_wish wish = {.exchanges = ids,
                                     .n_exchanges = list_exchanges(ids, &call->args)};
    struct sym_fault fault;
    char shown[SYM_FAULT_BYTES];
    if (read_options(&wish, &call->args, &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    if (!r.force && access(r.path, F_OK) == 0) {
        fault.err = sym_fail(&fault, SYM_EXISTS, "%.256s: exists already; --force replaces it",
                             sym_file_show(shown, r.path));
        return sym_command_failed(&fault);
    }
    sym_pause_begin();
    fault.err = make(&r, &wish, call, &fault);
    if (fault.err == SYM_OK) {
        tell(&r);
    }
    sym_document_clear(&r.document);
    free(r.page);
    return fault.err != SYM_OK ? sym_command_failed(&fault) : SYM_EXIT_DONE;
}
