#include "cli/client.h"
#include "cli/epsilon.h"
#include "cli/format.h"
#include "cli/grant_row.h"
#include "cli/terms.h"
#include "crypto/utc.h"
#include "proto/overlap_agree.h"
#include "proto/table_mode.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define MAX_SIZE_DEFAULT 1048576u
#define PER_DAY_DEFAULT  100u
#define ELEMENTS_DEFAULT 1000u
#define DAYS_DEFAULT     365u
#define DAYS_MAX         36500u
#define DAY_S            86400u
#define MICRO            1000000u
#define MICRO_DIGITS     6u

static enum sym_err read_names(struct sym_span *alias, struct sym_span *dataset, uint32_t *kind,
                               const struct sym_args *args, struct sym_fault *fault)
{
    *alias = sym_span_text(args->operands[0]);
    *dataset = sym_span_text(args->operands[1]);
    if (sym_alias_check(*alias) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "\"%.64s\" is not the alias of a peer",
                        args->operands[0]);
    }
    if (sym_alias_check(*dataset) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "\"%.64s\" is not the name of a dataset",
                        args->operands[1]);
    }
    return sym_terms_kind(kind, args->operands[2], fault);
}

/* "never", a number of days from now on, or the day on which it ends. */
static enum sym_err read_expiry(uint64_t *out, const char *text, uint64_t now_s,
                                struct sym_fault *fault)
{
    uint64_t days = DAYS_DEFAULT;
    int64_t date_s = 0;
    char utc[SYM_UTC_BYTES];
    if (text != NULL && strcmp(text, "never") == 0) {
        *out = 0;
        return SYM_OK;
    }
    if (text == NULL || sym_number_parse(&days, text, 1, DAYS_MAX) == SYM_OK) {
        *out = now_s + days * DAY_S;
        return SYM_OK;
    }
    (void)snprintf(utc, sizeof utc, "%.10sT00:00:00Z", text);
    if (strlen(text) != 10 || sym_utc_parse(&date_s, sym_span_text(utc)) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--expires: \"%.64s\" is not a number of days from 1 to %u, a date "
                        "YYYY-MM-DD or never",
                        text, DAYS_MAX);
    }
    if ((uint64_t)date_s <= now_s) {
        return sym_fail(fault, SYM_BAD_VALUE, "--expires: %s has begun already", text);
    }
    *out = (uint64_t)date_s;
    return SYM_OK;
}

static enum sym_err read_sizes(struct sym_grant *g, const struct sym_args *args,
                               struct sym_fault *fault)
{
    uint64_t least = 1;
    uint64_t most = MAX_SIZE_DEFAULT;
    uint64_t per_day = PER_DAY_DEFAULT;
    enum sym_err err = sym_args_number(&least, args, "min-size", 1, SYM_SET_MAX, fault);
    if (err == SYM_OK) {
        err = sym_args_number(&most, args, "max-size", 1, SYM_SET_MAX, fault);
    }
    if (err == SYM_OK) {
        err = sym_args_number(&per_day, args, "per-day", 1, SYM_EXCHANGES_PER_DAY_MAX, fault);
    }
    if (err == SYM_OK && least > most) {
        err = sym_fail(fault, SYM_BAD_VALUE,
                       "--min-size %" PRIu64 " is more than --max-size %" PRIu64, least, most);
    }
    g->min_elements = (uint32_t)least;
    g->max_elements = (uint32_t)most;
    g->per_day = (uint32_t)per_day;
    return err;
}

/* "1", "0.25": at most six digits behind the point; nothing without the option. */
static enum sym_err read_epsilon(uint32_t *out, const char *text, struct sym_fault *fault)
{
    uint64_t micro = 0;
    if (text != NULL &&
        sym_epsilon_parse(&micro, text, MICRO_DIGITS, SYM_EPSILON_MICRO_MAX) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--epsilon: \"%.64s\" is not a number from 0 to %u with at most six digits "
                        "behind the point",
                        text, SYM_EPSILON_MICRO_MAX / MICRO);
    }
    *out = (uint32_t)micro;
    return SYM_OK;
}

/* A standing list, and the engine that goes with it. */
static enum sym_err read_standing(struct sym_grant *g, const struct sym_args *args,
                                  struct sym_fault *fault)
{
    uint64_t days = 0;
    uint64_t elements = ELEMENTS_DEFAULT;
    uint32_t bit = 1u << SYM_OVERLAP_ENGINE_STANDING;
    enum sym_err err = sym_args_number(&days, args, "standing", 0, SYM_STANDING_DAYS_MAX, fault);
    if (err == SYM_OK) {
        err = sym_args_number(&elements, args, "elements-per-day", 1, SYM_STANDING_PER_DAY_MAX,
                              fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (days == 0 && ((g->engines & bit) != 0 || sym_args_has(args, "elements-per-day"))) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%s: needs a standing list; say for how many days with --standing DAYS",
                        (g->engines & bit) != 0 ? "--engines standing" : "--elements-per-day");
    }
    if (days > 0 && g->kind != SYM_KIND_OVERLAP_MATCHES) {
        return sym_fail(fault, SYM_BAD_VALUE, "--standing: only overlap:matches has such a list");
    }
    g->standing_days = (uint32_t)days;
    g->elements_per_day = days > 0 ? (uint32_t)elements : 0;
    g->engines |= days > 0 ? bit : 0;
    return SYM_OK;
}

/* The words behind --engines; dh without them. A grant that no question could use is a slip. */
static enum sym_err read_engines(struct sym_grant *g, const char *engines, struct sym_fault *fault)
{
    struct sym_fault why;
    g->engines = 1u << SYM_OVERLAP_ENGINE_DH;
    if (engines == NULL) {
        return SYM_OK;
    }
    if (g->kind == SYM_KIND_TABULATE || g->kind == SYM_KIND_OVERLAP_TABLE) {
        return sym_fail(fault, SYM_BAD_VALUE, "--engines: a %s is always computed in the same way",
                        g->kind == SYM_KIND_TABULATE ? "tabulation" : "table");
    }
    if (sym_terms_engines(&g->engines, engines, &why) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "--engines: %.280s", why.text);
    }
    if (g->kind == SYM_KIND_OVERLAP_COUNT && (g->engines & sym_overlap_engines_of(g->kind)) == 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--engines: %s computes matches only: a count needs dh", engines);
    }
    return SYM_OK;
}

/* The words behind --mode, of a table; dp without them: exact counts as matches do. */
static enum sym_err read_modes(struct sym_grant *g, const char *modes, struct sym_fault *fault)
{
    struct sym_fault why;
    bool is_table = g->kind == SYM_KIND_OVERLAP_TABLE;
    g->modes = is_table ? 1u << SYM_TABLE_DP : 0;
    if (modes == NULL) {
        return SYM_OK;
    }
    if (!is_table) {
        return sym_fail(fault, SYM_BAD_VALUE, "--mode: is for overlap:table");
    }
    return sym_terms_modes(&g->modes, modes, &why) == SYM_OK
               ? SYM_OK
               : sym_fail(fault, SYM_BAD_VALUE, "--mode: %.280s", why.text);
}

/* What is not about the list that the peer brings. */
static enum sym_err read_outcome(struct sym_grant *g, const struct sym_args *args,
                                 struct sym_fault *fault)
{
    uint64_t least = 0;
    enum sym_err err = sym_args_number(&least, args, "min-result", 0, SYM_SET_MAX, fault);
    if (err == SYM_OK && least > g->max_elements) {
        err = sym_fail(fault, SYM_BAD_VALUE,
                       "--min-result %" PRIu64 " is more than --max-size %" PRIu32, least,
                       g->max_elements);
    }
    if (err == SYM_OK && least > 0 && g->kind == SYM_KIND_TABULATE) {
        err = sym_fail(fault, SYM_BAD_VALUE,
                       "--min-result: a tabulation finds no identifiers in common");
    }
    if (err == SYM_OK && least > 0 && g->kind == SYM_KIND_OVERLAP_TABLE) {
        err = sym_fail(fault, SYM_BAD_VALUE, "--min-result: a table has none");
    }
    g->min_result = (uint32_t)least;
    if (err == SYM_OK) {
        err = read_engines(g, sym_args_value(args, "engines"), fault);
    }
    if (err == SYM_OK) {
        err = read_modes(g, sym_args_value(args, "mode"), fault);
    }
    if (err == SYM_OK) {
        err = read_standing(g, args, fault);
    }
    return err == SYM_OK ? read_epsilon(&g->epsilon_micro, sym_args_value(args, "epsilon"), fault)
                         : err;
}

/* With vole the shortest list that may come counts as too long. */
static bool shuts_out_vole(const struct sym_grant *g)
{
    return g->kind == SYM_KIND_OVERLAP_MATCHES &&
           (g->engines & 1u << SYM_OVERLAP_ENGINE_VOLE) != 0 &&
           sym_overlap_testable(SYM_OVERLAP_ENGINE_VOLE, g->min_elements) > g->max_elements;
}

static enum sym_err check_sizes(const struct sym_grant *g, struct sym_fault *fault)
{
    if (g->engines != 1u << SYM_OVERLAP_ENGINE_VOLE || !shuts_out_vole(g)) {
        return SYM_OK;
    }
    return sym_fail(fault, SYM_BAD_VALUE,
                    "--engines: with vole alone the shortest list counts as %" PRIu64
                    ", and --max-size is %" PRIu32 "; raise --max-size to that at least, or add dh",
                    sym_overlap_testable(SYM_OVERLAP_ENGINE_VOLE, g->min_elements),
                    g->max_elements);
}

/* The words behind --purposes and --types; all without them. */
static enum sym_err read_sets(struct sym_grant *g, const struct sym_args *args,
                              struct sym_fault *fault)
{
    const char *purposes = sym_args_value(args, "purposes");
    const char *types = sym_args_value(args, "types");
    struct sym_fault why;
    g->purposes = sym_terms_all_purposes();
    g->types = sym_terms_all_types();
    if (purposes != NULL && sym_terms_purposes(&g->purposes, purposes, &why) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "--purposes: %.280s", why.text);
    }
    if (types != NULL && sym_terms_types(&g->types, types, &why) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "--types: %.280s", why.text);
    }
    return SYM_OK;
}

static enum sym_err read_grant(struct sym_grant *g, const struct sym_args *args,
                               struct sym_fault *fault)
{
    enum sym_err err = read_names(&g->alias, &g->dataset, &g->kind, args, fault);
    if (err == SYM_OK) {
        err = read_sizes(g, args, fault);
    }
    if (err == SYM_OK) {
        err = read_sets(g, args, fault);
    }
    if (err == SYM_OK) {
        err = read_outcome(g, args, fault);
    }
    if (err == SYM_OK) {
        err = check_sizes(g, fault);
    }
    if (err == SYM_OK) {
        err = read_expiry(&g->expires_s, sym_args_value(args, "expires"), (uint64_t)time(NULL),
                          fault);
    }
    g->approval = sym_args_has(args, "approval");
    return err;
}

/* The dataset may come later; but its name may be a slip, too. */
static void note_dataset(struct sym_client *client, const struct sym_grant *wish)
{
    struct sym_span dataset = wish->dataset;
    SYM_ARENA_AUTO arena = {0};
    struct sym_dataset_row row;
    struct sym_fault unread;
    const struct sym_dataset_name name = {.name = dataset};
    enum sym_err err = sym_client_ask(client, SYM_VERB_DATASET_SHOW, &name, &arena, &row, &unread);
    if (err == SYM_NOT_FOUND) {
        (void)fprintf(stderr, "note: there is no dataset %.*s yet%s\n", (int)dataset.len,
                      (const char *)dataset.data,
                      wish->kind == SYM_KIND_OVERLAP_TABLE
                          ? "; without one this node can tally, and not contribute"
                          : "");
    }
    bool overlap = wish->kind == SYM_KIND_OVERLAP_MATCHES || wish->kind == SYM_KIND_OVERLAP_COUNT;
    bool guessable = false;
    for (size_t i = 0; err == SYM_OK && overlap && i < row.n_types; i++) {
        uint32_t type = row.types[i].type;
        bool granted = type < SYM_TOKEN_TYPE_COUNT && (wish->types >> type & 1) != 0;
        guessable = guessable || (granted && (SYM_TOKEN_WEAK_TYPES >> type & 1) != 0);
    }
    if (guessable) {
        (void)fprintf(stderr,
                      "note: %.*s holds keys of persons, which can be guessed: %" PRIu64
                      " of them in one request, %" PRIu64
                      " requests a day; lower --max-size and --per-day, or add --approval\n",
                      (int)dataset.len, (const char *)dataset.data, (uint64_t)wish->max_elements,
                      (uint64_t)wish->per_day);
    }
}

static void note_sizes(const struct sym_grant *g)
{
    if (shuts_out_vole(g)) {
        (void)fprintf(stderr,
                      "note: vole is never used under this grant: with it the shortest list counts "
                      "as %" PRIu64 ", and --max-size is %" PRIu32 "\n",
                      sym_overlap_testable(SYM_OVERLAP_ENGINE_VOLE, g->min_elements),
                      g->max_elements);
    }
}

static enum sym_err add(struct sym_grant *out, struct sym_arena *arena, const struct sym_call *call,
                        const struct sym_grant *wish, struct sym_fault *fault)
{
    SYM_CLIENT_AUTO client = {0};
    enum sym_err err = sym_client_open(&client, call, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_client_ask(&client, SYM_VERB_GRANT_ADD, wish, arena, out, fault);
    if (err == SYM_OK) {
        note_dataset(&client, wish);
        note_sizes(wish);
    }
    return err;
}

static enum sym_exit run_grant(const struct sym_call *call)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_grant wish = {.kind = 0};
    struct sym_grant kept;
    struct sym_fault fault;
    if (read_grant(&wish, &call->args, &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    fault.err = add(&kept, &arena, call, &wish, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    if (sym_args_has(&call->args, "json")) {
        struct sym_json *j = sym_json_new(stdout);
        sym_grant_put_json(j, &kept);
        return sym_command_printed(sym_json_finish(j));
    }
    struct sym_grant_list list = {.grants = &kept, .n_grants = 1};
    return sym_command_printed(sym_grant_print_table(&list));
}

static const struct sym_option grant_options[] = {
    {.name = "min-size",
     .argument = "N",
     .help = "identifiers the peer brings, at least; default: 1"},
    {.name = "max-size", .argument = "N", .help = "and at most; default: 1048576"},
    {.name = "per-day", .argument = "N", .help = "exchanges within 24 hours; default: 100"},
    {.name = "purposes",
     .argument = SYM_TERMS_PURPOSES,
     .help = "for these only; several with commas between them"},
    {.name = "types",
     .argument = SYM_TERMS_TYPES,
     .help = "identifiers of these types only; several with commas between them"},
    {.name = "min-result",
     .argument = "N",
     .help = "with fewer identifiers in common the peer's node shows nothing; default: 0"},
    {.name = "engines",
     .argument = SYM_TERMS_ENGINES,
     .help = "how it may be computed; several with commas between them; default: dh"},
    {.name = "mode",
     .argument = SYM_TERMS_MODES,
     .help = "of overlap:table: how it may be released; both with a comma; default: dp"},
    {.name = "standing",
     .argument = "DAYS",
     .help = "offer a standing list, anew after so many days; default: 0, none"},
    {.name = "elements-per-day",
     .argument = "N",
     .help = "identifiers looked up in it within 24 hours; default: 1000"},
    {.name = "epsilon",
     .argument = "E",
     .help = "privacy budget in a calendar year, of tabulate and of overlap:table in the mode dp; "
             "0: that of the dataset; default: 0"},
    {.name = "expires", .argument = "DAYS|DATE|never", .help = "default: 365"},
    {.name = "approval", .help = "each request waits for an approver of this node"},
    {0},
};

static const char *const grant_notes[] = {
    "Without a grant nothing is allowed. A grant for the same peer, dataset and kind is replaced.",
    "",
    "overlap:matches shows the peer which of its records are in this dataset. overlap:count shows",
    "it how many; but a peer that cheats in a count can find out which of its identifiers matched,",
    "so a count is limited in size, rate and approval exactly as matches are: grant it only to "
    "whom",
    "you would grant matches. Requests that are denied count against --per-day, too.",
    "",
    "--min-result binds a peer whose node keeps to the rules: that node computes the result, then",
    "withholds one that is too small and erases it. A node that was altered can show it.",
    "",
    "overlap:table lets the peer take part in tables over many lists, and ask for them. All that",
    "bring a list to one need this grant from each other, with the size of their lists within it.",
    "--mode dp releases counts with noise, which spend privacy budget; --mode exact every count as",
    "it is: a peer whose list is one person reads from that where the person is listed, so exact "
    "is",
    "limited as matches are: grant it only to whom you would grant matches.",
    "",
    "--standing prepares the list once, so that a short query takes no longer than its own",
    "length needs. The peer keeps it, in tags that say nothing without this node: it learns the",
    "list's length, and looks up what it likes, --elements-per-day at most, each of which this",
    "node counts and logs. It may ask at any time of those days, and keep what it was answered;",
    "a one-shot exchange ends with its result. A forgotten record is erased here at once, with",
    "the list and its key; the peer's copy is useless then. SECURITY.md says more.",
    "",
    "tabulate lets the peer count incidents of this dataset together with those of others: it "
    "learns",
    "sums with noise, never this node's counts. Each question spends privacy budget of the "
    "dataset,",
    "which has the setting epsilon-per-year in each calendar year (UTC), whoever asks; --epsilon "
    "is",
    "what this peer may spend of it. The amounts of all peers together may not be more than that.",
    "",
    "A DATE is YYYY-MM-DD; the grant ends when that day begins in UTC.",
    NULL,
};

const struct sym_command sym_cmd_grant = {
    .name = "grant",
    .summary = "allow a peer to ask something of a dataset, within limits",
    .usage = {"ALIAS DATASET " SYM_TERMS_KINDS "\n"
              "           [--min-size N] [--max-size N] [--per-day N] [--purposes PURPOSE,...]\n"
              "           [--types TYPE,...] [--min-result N] [--engines ENGINE,...]\n"
              "           [--mode exact|dp,...] [--standing DAYS] [--elements-per-day N]\n"
              "           [--epsilon E] [--expires DAYS|DATE|never] [--approval] [--json]"},
    .example =
        "grant bank-b suspects overlap:matches --purposes aml,cft --max-size 20000 --approval",
    .notes = grant_notes,
    .options = grant_options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .min_operands = 3,
    .max_operands = 3,
    .run = run_grant,
};

static enum sym_exit run_list(const struct sym_call *call)
{
    struct sym_fault fault;
    SYM_ARENA_AUTO arena = {0};
    struct sym_grant_list list;
    fault.err = sym_client_fetch(call, SYM_VERB_GRANT_LIST, &arena, &list, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    return sym_command_printed(sym_args_has(&call->args, "json") ? sym_grant_print_json(&list)
                                                                 : sym_grant_print_table(&list));
}

const struct sym_command sym_cmd_grants_list = {
    .name = "grants list",
    .summary = "list what peers may ask, and how often they did within 24 hours",
    .usage = {"[--json]"},
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run_list,
};

static enum sym_exit run_revoke(const struct sym_call *call)
{
    SYM_CLIENT_AUTO client = {0};
    struct sym_grant_name name = {.kind = 0};
    struct sym_fault fault;
    if (read_names(&name.alias, &name.dataset, &name.kind, &call->args, &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = sym_client_do(&client, SYM_VERB_GRANT_REVOKE, &name, &fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    (void)printf("%s: may no longer ask %s of %s\n", call->args.operands[0], call->args.operands[2],
                 call->args.operands[1]);
    return SYM_EXIT_DONE;
}

const struct sym_command sym_cmd_revoke = {
    .name = "revoke",
    .summary = "take a grant back",
    .usage = {"ALIAS DATASET " SYM_TERMS_KINDS},
    .example = "revoke bank-b suspects overlap:matches",
    .takes = SYM_TAKES_NODE,
    .min_operands = 3,
    .max_operands = 3,
    .run = run_revoke,
};
