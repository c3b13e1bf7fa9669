/* result.h - the result of an overlap: fetched from the node whole, then written as a table, as CSV
 * or as JSON, to standard output or to a file that was not there before or is replaced at once.
 *
 * Record ids are exact in CSV and JSON; the table shows them as text from elsewhere is shown.
 * Errors: those of client.h and file.h, SYM_NOT_FOUND (there is no result), SYM_BAD_FORMAT. The
 * fault is a complete line.
 */
#ifndef SYM_CLI_RESULT_H
#define SYM_CLI_RESULT_H

#include "cli/client.h"

enum sym_result_format { SYM_RESULT_TABLE, SYM_RESULT_CSV, SYM_RESULT_JSON };

/* For --out, --force and --format of a command, which takes --json, too. */
#define SYM_RESULT_OPTIONS                                                                         \
    {.name = "out", .argument = "FILE", .help = "write the result to a new file, mode 0600"},      \
        {.name = "force", .help = "replace that file"},                                            \
    {                                                                                              \
        .name = "format", .argument = "table|csv|json",                                            \
        .help = "how the result is written; default: table"                                        \
    }

/* Where to, and how. */
struct sym_result_target {
    enum sym_result_format format;
    const char *path; /* NULL: standard output */
    bool force;
};

/* From the options. SYM_BAD_VALUE when they make no sense; SYM_EXISTS for a file that may not be
 * replaced, before anything was asked. */
SYM_MUST enum sym_err sym_result_target(struct sym_result_target *out, const struct sym_args *args,
                                        struct sym_fault *fault);

/* Fetches the result of this exchange and writes it. */
SYM_MUST enum sym_err sym_result_show(const struct sym_result_target *target,
                                      struct sym_client *client, struct sym_span id,
                                      struct sym_fault *fault);

#endif
