#include "cli/runs.h"
#include "proto/limits.h"

static const struct sym_option options[] = {
    {.name = "exchange",
     .argument = "ID",
     .help = "an exchange whose result it shows; may be repeated",
     .many = true},
    {.name = "lang", .argument = "en|fr", .help = "the language of the page; default: en"},
    {.name = "title", .argument = "TEXT", .help = "its title"},
    {.name = "estimate", .help = "with each overlap table, how many are on none of the lists"},
    {.name = "force", .help = "replace that file"},
    {0},
};

static const char *const notes[] = {
    "One file, mode 0600, that opens in any browser without a network. Counts, hotspots, routes,",
    "trends and overlap tables get in; which records matched does not. The evidence log says who",
    "made it of what; the SHA-256 of the file is in that entry.",
    NULL,
};

const struct sym_command sym_cmd_report = {
    .name = "report",
    .summary = "write results as one offline page, with maps and charts",
    .usage = {"FILE.html --exchange ID... [--lang en|fr] [--title TEXT] [--estimate]\n"
              "           [--force]"},
    .example = "report january.html --exchange 4f1c --exchange 07ab",
    .notes = notes,
    .options = options,
    .takes = SYM_TAKES_NODE,
    .min_operands = 1,
    .max_operands = 1 + SYM_REPORT_EXCHANGES_MAX,
    .run = sym_report_run,
};
