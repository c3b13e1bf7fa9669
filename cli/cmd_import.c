#include "cli/runs.h"

static const struct sym_option options[] = {
    {.name = "dataset", .argument = "NAME", .help = "what it is called in this node"},
    {.name = "profile",
     .argument = "accounts|persons|person-keys|htcds|ctdc|iom-missing-migrants|aggregates|FILE",
     .help = "which column is what: a profile that is built in, or a file"},
    {.name = "region",
     .argument = "CC",
     .help = "country of telephone numbers without country code, such as GB"},
    {.name = "bank", .argument = "BANK", .help = "of accounts whose row does not tell it"},
    {.name = "issuer", .argument = "CC", .help = "of documents whose row does not tell it"},
    {.name = "platform", .argument = "NAME", .help = "of handles whose row does not tell it"},
    {.name = "nicknames",
     .argument = "FILE",
     .help = "for keys of persons: short forms of given names, beside those that are built in"},
    {.name = "delimiter",
     .argument = "comma|semicolon|tab",
     .help = "between columns, in place of what the profile says"},
    {.name = "cells-per-incident",
     .argument = "K",
     .help = "of aggregates: in how many of the counts one incident is, at most"},
    {.name = "persons-max",
     .argument = "P",
     .help = "of aggregates: how many persons of one incident the counts have, at most"},
    {.name = "append",
     .help = "add to what the dataset holds; an identifier that is there comes twice"},
    {.name = "force", .help = "replace a dataset although most rows are rejected"},
    {.name = "rejects", .argument = "FILE", .help = "save rows with refused values, and why"},
    {.name = "dry-run", .help = "report only; needs no node"},
    {0},
};

static const char *const notes[] = {
    "The dataset becomes what the file says, all at once or not at all: importing a file twice is",
    "importing it once. FILE may be - for standard input. Profiles that are built in: accounts,",
    "persons (identifiers); person-keys (up to nine keys of each person, for people who are spelt",
    "differently elsewhere); htcds, ctdc, iom-missing-migrants (incidents); aggregates (counts "
    "that",
    "were made elsewhere). symbolon-profile(5) describes them and how to write others.",
    "",
    "Of incidents, one row is one, and has an id that no other has: rows whose id is taken, in the",
    "file or with --append in the dataset, are rejected.",
    "A value that is refused is left out, a row without any other is rejected; they are listed on",
    "standard error, the first 20. Of incidents, a value that is not understood becomes "
    "\"unknown\";",
    "the report lists them.",
    NULL,
};

const struct sym_command sym_cmd_import = {
    .name = "import",
    .summary = "read a CSV file of identifiers or incidents into a dataset of the node",
    .usage = {"FILE --dataset NAME --profile PROFILE [--region CC] [--bank BANK]\n"
              "           [--issuer CC] [--platform NAME] [--nicknames FILE] [--delimiter NAME] "
              "[--append]\n"
              "           [--force] [--cells-per-incident K] [--persons-max P] [--rejects FILE] "
              "[--dry-run]"},
    .example = "import suspects.csv --dataset suspects --profile accounts --dry-run",
    .notes = notes,
    .options = options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .without_node = "dry-run",
    .min_operands = 1,
    .max_operands = 1,
    .run = sym_import_run,
};
