#include "cli/audit/filter.h"
#include "cli/audit/report.h"
#include "cli/audit/when.h"
#include "cli/file.h"
#include "cli/pause.h"
#include "cli/terms.h"
#include "crypto/aead.h"
#include "proto/exhibit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One report on its way. */
struct made {
    char *json;
    size_t json_len;
    char *text; /* what is shown */
    size_t text_len;
    bool markdown;
    uint64_t entries; /* that it is made of */
};

static enum sym_err too_little_memory(struct sym_fault *fault)
{
    return sym_fail(fault, SYM_NO_MEMORY, "the report %s", sym_err_text(SYM_NO_MEMORY));
}

static enum sym_err write_json(struct made *m, const struct sym_report *r, struct sym_fault *fault)
{
    FILE *to = open_memstream(&m->json, &m->json_len);
    if (to == NULL) {
        return too_little_memory(fault);
    }
    enum sym_err err = sym_report_json(to, r);
    bool lost = fclose(to) != 0;
    return err == SYM_OK && !lost ? SYM_OK : too_little_memory(fault);
}

static enum sym_err write_text(struct made *m, const struct sym_report *r, struct sym_fault *fault)
{
    uint8_t hash[SYM_HASH_BYTES];
    FILE *to = open_memstream(&m->text, &m->text_len);
    if (to == NULL || sym_sha256(hash, sym_span(m->json, m->json_len)) != SYM_OK) {
        return too_little_memory(fault);
    }
    if (m->markdown) {
        sym_report_markdown(to, r, hash);
    } else {
        (void)fwrite(m->json, 1, m->json_len, to);
    }
    return fclose(to) == 0 ? SYM_OK : too_little_memory(fault);
}

static enum sym_err write_new(const char *path, struct sym_span bytes, struct sym_fault *fault)
{
    struct sym_new_file file = {0};
    enum sym_err err = sym_new_file_open(&file, path, fault);
    if (err == SYM_OK) {
        (void)fwrite(bytes.data, 1, bytes.len, file.stream);
        err = sym_new_file_close(&file, SYM_OK, false, fault);
    }
    return err;
}

/* What the node signed must be what was asked, and hold without it. entries: of the log by then. */
static enum sym_err check_signed(uint64_t *entries, const struct made *m, struct sym_span text,
                                 struct sym_fault *fault)
{
    struct sym_report_exhibit e = {.memory = NULL};
    struct sym_fault why;
    enum sym_err err = sym_report_read(&e, text, "the signed report", &why);
    if (err != SYM_OK) {
        err = sym_fail(fault, err, "%s", why.text);
    } else if (!sym_span_equal(e.payload, sym_span(m->json, m->json_len))) {
        err = sym_fail(fault, SYM_BAD_TAG, "the node signed another report than this one");
    }
    *entries = e.head.size;
    sym_report_clear(&e);
    return err;
}

static void say_written(const struct made *m, const char *path, const char *name, uint64_t entries)
{
    char shown[SYM_FAULT_BYTES];
    (void)printf("%s: the report, made of %" PRIu64 " entries\n", sym_file_show(shown, path),
                 m->entries);
    (void)printf("%s: the same as JSON, signed by the node at %" PRIu64
                 " entries, as the signing is an entry itself\n",
                 sym_file_show(shown, name), entries);
}

/* The two files, while nothing was signed; name: of the second. */
static enum sym_err check_targets(char name[SYM_PATH_BYTES], const char *path,
                                  struct sym_fault *fault)
{
    int len = snprintf(name, SYM_PATH_BYTES, "%s.exhibit", path);
    if (len < 0 || (size_t)len >= SYM_PATH_BYTES) {
        return sym_fail(fault, SYM_TOO_LONG, "--out: the name is too long");
    }
    const char *const paths[] = {path, name};
    for (size_t i = 0; i < 2; i++) {
        char shown[SYM_FAULT_BYTES];
        if (access(paths[i], F_OK) == 0) {
            return sym_fail(fault, SYM_EXISTS,
                            "%.230s: exists already and is not overwritten; choose another name or "
                            "remove it",
                            sym_file_show(shown, paths[i]));
        }
    }
    return SYM_OK;
}

static enum sym_err sign(const struct made *m, struct sym_client *client, const char *path,
                         const char *name, struct sym_fault *fault)
{
    uint64_t entries = 0;
    SYM_ARENA_AUTO arena = {0};
    struct sym_exhibit answer;
    const struct sym_exhibit wish = {.text = sym_span(m->json, m->json_len)};
    if (m->json_len > SYM_EXHIBIT_BYTES_MAX / 2) {
        return sym_fail(fault, SYM_TOO_LONG,
                        "the report is longer than a signed one can be; choose a shorter time with "
                        "--since and --until");
    }
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_LOG_SIGN_REPORT, &wish, &arena, &answer, fault);
    if (err == SYM_OK) {
        err = check_signed(&entries, m, answer.text, fault);
    }
    if (err == SYM_OK) {
        err = write_new(path, sym_span(m->text, m->text_len), fault);
    }
    if (err == SYM_OK) {
        err = write_new(name, answer.text, fault);
    }
    if (err == SYM_OK) {
        say_written(m, path, name, entries);
    }
    return err;
}

static enum sym_err make(struct made *m, struct sym_report *r, const struct sym_call *call,
                         struct sym_fault *fault)
{
    SYM_CLIENT_AUTO client = {0};
    const char *path = sym_args_value(&call->args, "out");
    char name[SYM_PATH_BYTES];
    enum sym_err err = path != NULL ? check_targets(name, path, fault) : SYM_OK;
    if (err == SYM_OK) {
        err = sym_client_open(&client, call, fault);
    }
    if (err == SYM_OK) {
        err = sym_report_collect(r, &client, fault);
        m->entries = r->tree.size;
    }
    if (err == SYM_OK) {
        err = write_json(m, r, fault);
    }
    if (err == SYM_OK) {
        err = write_text(m, r, fault);
    }
    if (err == SYM_OK && path != NULL) {
        err = sign(m, &client, path, name, fault);
    } else if (err == SYM_OK) {
        (void)fwrite(m->text, 1, m->text_len, stdout);
    }
    return err;
}

static enum sym_err read_options(struct made *m, struct sym_report *r, const struct sym_args *args,
                                 struct sym_fault *fault)
{
    const char *format = sym_args_value(args, "format");
    m->markdown = format != NULL ? strcmp(format, "md") == 0 : !sym_args_has(args, "json");
    if (format != NULL && !m->markdown && strcmp(format, "json") != 0) {
        return sym_fail(fault, SYM_BAD_VALUE, "--format: \"%.64s\" is not one of md, json", format);
    }
    if (m->markdown && sym_args_has(args, "json")) {
        return sym_fail(fault, SYM_BAD_VALUE, "--json and --format md exclude each other");
    }
    enum sym_err err = sym_when_from(&r->from_ms, args, "since", fault);
    if (err == SYM_OK) {
        err = sym_when_until(&r->until_ms, args, "until", fault);
    }
    if (err == SYM_OK && r->until_ms != 0 && r->from_ms >= r->until_ms) {
        err = sym_fail(fault, SYM_BAD_VALUE, "--since lies behind --until");
    }
    return err;
}

static enum sym_exit run(const struct sym_call *call)
{
    struct made m = {.json = NULL};
    struct sym_fault fault;
    struct sym_report *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return sym_command_printed(SYM_NO_MEMORY);
    }
    enum sym_exit code = SYM_EXIT_DONE;
    if (read_options(&m, r, &call->args, &fault) != SYM_OK) {
        code = sym_command_usage(call, "%s", fault.text);
    } else {
        sym_pause_begin();
        fault.err = make(&m, r, call, &fault);
        code = fault.err != SYM_OK ? sym_command_failed(&fault) : SYM_EXIT_DONE;
    }
    sym_report_free(r);
    free(r);
    free(m.json);
    free(m.text);
    return code;
}

static const struct sym_option options[] = {
    SYM_AUDIT_PERIOD_OPTIONS,
    {.name = "format", .argument = "md|json", .help = "how it is written; default: md"},
    {.name = "out",
     .argument = "FILE",
     .help = "write it to a new file, and signed as JSON to FILE.exhibit"},
    {0},
};

static const char *const notes[] = {
    "Made of the entries alone, after the whole log was checked: the same log and time make the "
    "same",
    "report. With --out the node signs the JSON, which is a later entry of the log, so that an "
    "export "
    "made afterwards has one more;",
    "\"symbolon verify FILE.exhibit\" checks it anywhere, and the Markdown names its SHA-256.",
    NULL,
};

const struct sym_command sym_cmd_log_report = {
    .name = "log report",
    .summary = "sum up who asked whom for what, and what was denied",
    .usage = {"[--since DATE] [--until DATE] [--format md|json] [--out FILE] [--json]"},
    .example = "log report --since 2026-01-01 --out report.md --as anna",
    .notes = notes,
    .options = options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run,
};
