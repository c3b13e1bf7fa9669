#include "cli/runs.h"

static const struct sym_option options[] = {
    {.name = "approve", .help = "requests of peers may be approved and denied on the page, too"},
    {.name = "no-browser", .help = "open no browser; print which file to open"},
    {.name = "port", .argument = "N", .help = "listen on this port of 127.0.0.1; default: any"},
    {0},
};

static const char *const notes[] = {
    "The page is served to this machine alone, until Ctrl-C, or until what started the command "
    "ends.",
    "It shows what the user who started it may see: status, exchanges with their progress and",
    "results, requests, grants, budgets, the evidence log. The browser is let in by a file that "
    "only",
    "this user can read, once. Without --approve nothing can be changed there; with it, approving",
    "asks for the peer's alias to be typed, and is signed by this user as \"approve\" is.",
    NULL,
};

const struct sym_command sym_cmd_ui = {
    .name = "ui",
    .summary = "look at the node and its results in a browser on this machine",
    .usage = {"[--approve] [--no-browser] [--port N]"},
    .example = "ui --as anna",
    .options = options,
    .notes = notes,
    .takes = SYM_TAKES_NODE,
    .run = sym_ui_run,
};
