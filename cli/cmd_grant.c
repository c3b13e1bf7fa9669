#include "cli/answers.h"
#include "cli/client.h"
#include "cli/grant_row.h"
#include "cli/grant_wish.h"
#include "cli/terms.h"
#include "proto/overlap_agree.h"

#include <inttypes.h>

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
    if (sym_grant_shuts_out_vole(g)) {
        (void)fprintf(stderr,
                      "note: vole is never used under this grant: with it the shortest list counts "
                      "as %" PRIu64 ", and --max-size is %" PRIu32 "\n",
                      sym_overlap_testable(SYM_OVERLAP_ENGINE_VOLE, g->min_elements),
                      g->max_elements);
    }
}

static enum sym_err add(struct sym_grant_added *out, struct sym_arena *arena,
                        const struct sym_call *call, const struct sym_grant *wish,
                        struct sym_fault *fault)
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
    struct sym_grant_added added;
    struct sym_fault fault;
    if (sym_grant_wish_read(&wish, &call->args, &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    fault.err = add(&added, &arena, call, &wish, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    return sym_command_printed(sym_args_has(&call->args, "json")
                                   ? sym_grant_write_added_json(stdout, &added)
                                   : sym_grant_print_added(&added));
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
    "Without a grant nothing is allowed. A grant for the same peer, dataset and kind is replaced,",
    "options that are left out too: what it was is shown, and what became wider.",
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

enum sym_err sym_grants_answer(FILE *to, struct sym_client *client, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_empty nothing = {0};
    struct sym_grant_list list;
    enum sym_err err = sym_client_ask(client, SYM_VERB_GRANT_LIST, &nothing, &arena, &list, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_grant_write_json(to, &list);
    return err == SYM_OK ? err : sym_fail(fault, err, "the answer %s", sym_err_text(err));
}

static enum sym_exit run_list(const struct sym_call *call)
{
    struct sym_fault fault;
    SYM_ARENA_AUTO arena = {0};
    struct sym_grant_list list;
    fault.err = sym_client_fetch(call, SYM_VERB_GRANT_LIST, &arena, &list, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    return sym_command_printed(sym_args_has(&call->args, "json")
                                   ? sym_grant_write_json(stdout, &list)
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
    if (sym_grant_names_read(&name.alias, &name.dataset, &name.kind, &call->args, &fault) !=
        SYM_OK) {
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
