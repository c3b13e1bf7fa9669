#include "cli/runs.h"
#include "proto/token.h"

static const struct sym_option options[] = {
    {.name = "region",
     .argument = "CC",
     .help = "country of telephone numbers without country code, such as GB"},
    {.name = "profile", .argument = "PROFILE", .help = "with the rules of this mapping profile"},
    {.name = "nicknames",
     .argument = "FILE",
     .help = "of a person: short forms of given names, beside those that are built in"},
    {0},
};

static const char *const notes[] = {
    "A person, NAME:YYYY-MM-DD:POSTCODE:TOWN, of which any may be empty, becomes several keys, and",
    "so are lists compared that spell people differently (profile person-keys):",
    "  symbolon explain person \"Bill Smith:1980-02-03:SW1A 1AA:London\"",
    "",
    "Identifier types; those with two parts are written PART:VALUE, a person NAME:YYYY-MM-DD:",
#define TYPE_NOTE(id, name, meaning) "  " name ": " meaning,
    SYM_TOKEN_TYPE_LIST(TYPE_NOTE)
#undef TYPE_NOTE
        NULL,
};

const struct sym_command sym_cmd_explain = {
    .name = "explain",
    .summary = "show how a value becomes canonical, or why it is refused; needs no node",
    .usage = {"TYPE VALUE [--region CC] [--profile PROFILE]",
              "person NAME:DATE:POSTCODE:TOWN [--nicknames FILE] [--profile PROFILE]"},
    .example = "explain phone \"020 7946 0123\" --region GB",
    .notes = notes,
    .options = options,
    .takes = SYM_TAKES_JSON,
    .min_operands = 2,
    .max_operands = 2,
    .run = sym_explain_run,
};
