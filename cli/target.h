/* target.h - where an answer goes and how it is written: --format, --out and --force. A file was
 * not there before or is replaced at once.
 *
 * Errors: those of file.h; the fault is a complete line.
 */
#ifndef SYM_CLI_TARGET_H
#define SYM_CLI_TARGET_H

#include "cli/options.h"

#include <stdio.h>

enum sym_format { SYM_FORMAT_TABLE, SYM_FORMAT_CSV, SYM_FORMAT_JSON, SYM_FORMAT_GEOJSON };

/* For --out and --force of a command, which takes --json, too. */
#define SYM_TARGET_OPTIONS                                                                         \
    {.name = "out", .argument = "FILE", .help = "write the result to a new file, mode 0600"},      \
    {                                                                                              \
        .name = "force", .help = "replace that file"                                               \
    }
#define SYM_FORMAT_OPTION                                                                          \
    {                                                                                              \
        .name = "format", .argument = "table|csv|json",                                            \
        .help = "how the result is written; default: table"                                        \
    }
/* Of a command that shows joint tabulations. */
#define SYM_FORMAT_OPTIONS_OF_MAPS                                                                 \
    {.name = "format",                                                                             \
     .argument = "table|csv|json|geojson",                                                         \
     .help = "how the result is written; default: table"},                                         \
        {.name = "population",                                                                     \
         .argument = "FILE",                                                                       \
         .help = "CSV with the columns code,population: rank by rate per 100,000"},                \
        {.name = "scan",                                                                           \
         .help = "find clusters of places by Kulldorff's scan statistic; needs --population"},     \
        {.name = "gi-star", .help = "tell hot spots from chance by Getis and Ord's Gi*"},          \
    {                                                                                              \
        .name = "top", .argument = "N",                                                            \
        .help = "rows of a table for each level; 0: all; default: 20"                              \
    }

struct sym_target {
    enum sym_format format;
    FILE *stream;     /* where to, instead of path and standard output; NULL: there */
    const char *path; /* NULL: standard output */
    bool force;
    const char *population; /* NULL: none */
    bool scan;              /* has a population, then */
    bool gi_star;
    uint64_t top;
    bool has_top;      /* it was asked for */
    uint64_t at_least; /* lists, of an overlap table; 0: any */
};

/* --format, or --json: one of the first n formats (3: without GeoJSON). SYM_BAD_VALUE. */
SYM_MUST enum sym_err sym_target_format(enum sym_format *out, size_t n, const struct sym_args *args,
                                        struct sym_fault *fault);
/* From the options. SYM_BAD_VALUE when they make no sense; SYM_EXISTS for a file that may not be
 * replaced, before anything was asked. */
SYM_MUST enum sym_err sym_target_read(struct sym_target *out, const struct sym_args *args,
                                      struct sym_fault *fault);

/* Writes the answer to where it goes. */
typedef enum sym_err sym_target_fn(void *context, FILE *to, const struct sym_target *target);
/* Calls write once. Into a file: it ends in its place when all went well, and nowhere otherwise. */
SYM_MUST enum sym_err sym_target_write(const struct sym_target *target, sym_target_fn *write,
                                       void *context, struct sym_fault *fault);

#endif
