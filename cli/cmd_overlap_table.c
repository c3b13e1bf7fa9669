#include "cli/asked.h"
#include "cli/epsilon.h"
#include "cli/follow.h"
#include "cli/overlap_table/view.h"
#include "cli/pause.h"
#include "cli/terms.h"
#include "proto/table_control.h"

#define NANO_DIGITS  9u
#define EPSILON_MOST UINT64_C(12000000000)
#define EPSILON_ONE  UINT64_C(1000000000)

/* What the options say. */
struct wish {
    struct sym_overlap_table_start start;
    struct sym_span peers[SYM_TABLE_LISTS_MAX];
    struct sym_target target;
};

static enum sym_err read_peers(struct wish *w, const struct sym_args *args, struct sym_fault *fault)
{
    const char *text = sym_args_value(args, "peers");
    w->start.peers = w->peers;
    return text != NULL
               ? sym_asked_peers(w->peers, &w->start.n_peers, SYM_TABLE_LISTS_MAX, text, fault)
               : sym_fail(fault, SYM_BAD_VALUE, "--peers is missing: aliases such as a,b,c");
}

static enum sym_err read_tallier(struct wish *w, const struct sym_args *args,
                                 struct sym_fault *fault)
{
    enum sym_err err = sym_asked_name(&w->start.tallier, args, "tallier", fault);
    for (size_t i = 0; err == SYM_OK && i < w->start.n_peers; i++) {
        if (sym_span_equal(w->peers[i], w->start.tallier)) {
            err = sym_fail(fault, SYM_BAD_VALUE,
                           "--tallier: %.*s has a list; choose one that has none, so that nobody "
                           "sees rows and knows whose they are",
                           (int)w->start.tallier.len, (const char *)w->start.tallier.data);
        }
    }
    return err;
}

static enum sym_err read_mode(struct wish *w, const struct sym_args *args, struct sym_fault *fault)
{
    const char *epsilon = sym_args_value(args, "epsilon");
    enum sym_err err = sym_asked_term(&w->start.mode, args, "mode", sym_terms_mode, fault);
    bool dp = w->start.mode == SYM_TABLE_DP;
    w->start.epsilon_nano = dp ? EPSILON_ONE : 0;
    if (err != SYM_OK || epsilon == NULL) {
        return err;
    }
    if (!dp) {
        return sym_fail(fault, SYM_BAD_VALUE, "--epsilon: is for --mode dp; exact has no noise");
    }
    return sym_epsilon_parse(&w->start.epsilon_nano, epsilon, NANO_DIGITS, EPSILON_MOST) ==
                       SYM_OK &&
                   w->start.epsilon_nano > 0
               ? SYM_OK
               : sym_fail(fault, SYM_BAD_VALUE,
                          "--epsilon: \"%.64s\" is not a number above 0 and up "
                          "to 12, such as 1 or 0.5",
                          epsilon);
}

static enum sym_err read_wish(struct wish *w, const struct sym_args *args, struct sym_fault *fault)
{
    struct sym_overlap_table_start *s = &w->start;
    enum sym_err err = SYM_OK;
    s->without_own = sym_args_has(args, "without-own");
    if ((err = sym_asked_name(&s->dataset, args, "dataset", fault)) != SYM_OK ||
        (err = read_peers(w, args, fault)) != SYM_OK ||
        (err = read_tallier(w, args, fault)) != SYM_OK ||
        (err = sym_asked_term(&s->type, args, "type", sym_terms_type, fault)) != SYM_OK ||
        (err = read_mode(w, args, fault)) != SYM_OK ||
        (err = sym_asked_term(&s->purpose, args, "purpose", sym_terms_purpose, fault)) != SYM_OK ||
        (err = sym_asked_term(&s->basis, args, "basis", sym_terms_basis, fault)) != SYM_OK ||
        (err = sym_asked_case(&s->case_ref, &s->note, args, fault)) != SYM_OK ||
        (err = sym_asked_timeout(&s->timeout_ms, args, fault)) != SYM_OK) {
        return err;
    }
    err = sym_target_read(&w->target, args, fault);
    if (err == SYM_OK && w->target.at_least > 0 && s->mode != SYM_TABLE_EXACT) {
        err = sym_fail(fault, SYM_BAD_VALUE,
                       "--at-least: a table with noise shows no sums; it is for --mode exact");
    }
    return err;
}

static enum sym_err ask(struct sym_client *client, const struct wish *w, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_name name;
    struct sym_exchange_row row;
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_OVERLAP_TABLE_START, &w->start, &arena, &name, fault);
    if (err != SYM_OK) {
        return err;
    }
    const struct sym_follow follow = {
        .client = client, .alias = "overlap-table", .unit = SYM_PROGRESS_ELEMENTS, .shown = true};
    err = sym_follow(&row, &follow, name.id, fault);
    return err == SYM_OK ? sym_table_show(&w->target, client, name.id, fault) : err;
}

static enum sym_exit run(const struct sym_call *call)
{
    struct wish w = {.target = {.path = NULL}};
    struct sym_fault fault;
    fault.err = read_wish(&w, &call->args, &fault);
    if (fault.err == SYM_EXISTS || fault.err == SYM_UNSUPPORTED) {
        return sym_command_failed(&fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    SYM_CLIENT_AUTO client = {0};
    sym_pause_begin();
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = ask(&client, &w, &fault);
    }
    return fault.err == SYM_OK ? SYM_EXIT_DONE : sym_command_failed(&fault);
}

static const struct sym_option options[] = {
    {.name = "peers", .argument = "ALIAS,...", .help = "who contributes a list, beside this node"},
    {.name = "tallier", .argument = "ALIAS", .help = "who counts, and has no list"},
    {.name = "dataset", .argument = "NAME", .help = "of this name at every contributor"},
    {.name = "type", .argument = SYM_TERMS_TYPES, .help = "by identifiers of this type"},
    {.name = "mode", .argument = SYM_TERMS_MODES, .help = "every count as it is, or with noise"},
    {.name = "epsilon",
     .argument = "E",
     .help = "of --mode dp: privacy budget to spend, up to 12: more is less noise; default: 1"},
    {.name = "purpose", .argument = SYM_TERMS_PURPOSES, .help = "what for"},
    {.name = "basis", .argument = SYM_TERMS_BASES, .help = "on which legal basis"},
    {.name = "case", .argument = "REF", .help = "the case that this belongs to; stays here"},
    {.name = "note", .argument = "TEXT", .help = "a remark; stays here"},
    {.name = "without-own", .help = "ask, but contribute no list"},
    {.name = "at-least",
     .argument = "K",
     .help = "of --mode exact: only records on K lists or more, and how many they are"},
    {.name = "timeout", .argument = "SECONDS", .help = "give up after this long; default: 3600"},
    SYM_TARGET_OPTIONS,
    SYM_FORMAT_OPTION,
    {0},
};

static const char *const notes[] = {
    "Of 3 to 16 lists it tells how many records are on exactly which of them. No list leaves its "
    "node:",
    "each record travels as a blinded point that all contributors have to evaluate, and the "
    "tallier",
    "counts rows that it can match but not read. The tallier is trusted to count and to add noise; "
    "it",
    "must not work together with a contributor.",
    "",
    "Every contributor and the tallier needs this node's grant overlap:table, and gives one: exact",
    "counts as matches do, dp spends privacy budget of each list. All have to stay to the end: who",
    "drops out or breaks the rules ends it for all, and is named where that can be known.",
    NULL,
};

const struct sym_command sym_cmd_overlap_table = {
    .name = "overlap-table",
    .summary = "count on exactly which of many lists records are",
    .usage =
        {"--peers ALIAS,... --tallier ALIAS --dataset NAME --type TYPE\n"
         "           --mode exact|dp [--epsilon E] --purpose PURPOSE --basis BASIS --case REF\n"
         "           [--note TEXT] [--without-own] [--at-least K] [--timeout SECONDS]\n"
         "           [--format table|csv|json] [--out FILE [--force]]"},
    .example = "overlap-table --peers police,shelter,border --tallier auditor --dataset victims "
               "--type name_dob --mode dp --purpose statistics --basis public-task --case C-17",
    .notes = notes,
    .options = options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run,
};
