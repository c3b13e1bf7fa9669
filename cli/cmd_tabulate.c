#include "cli/asked.h"
#include "cli/follow.h"
#include "cli/pause.h"
#include "cli/prompt.h"
#include "cli/result.h"
#include "cli/tabulate/plan.h"
#include "cli/tabulate/population.h"
#include "cli/tabulate/show.h"
#include "cli/tabulate/spatial.h"
#include "cli/terms.h"

#include <string.h>
#include <time.h>

/* What the options say. */
struct wish {
    struct sym_tabulate_start start;
    struct sym_question question;
    struct sym_span peers[SYM_TAB_MEMBERS_MAX];
    struct sym_target target;
    bool yes;
};

/* "all", or aliases with commas between them. */
static enum sym_err read_peers(struct wish *w, const struct sym_args *args, struct sym_fault *fault)
{
    const char *text = sym_args_value(args, "peers");
    w->start.peers = w->peers;
    if (text == NULL) {
        return sym_fail(fault, SYM_BAD_VALUE, "--peers is missing: all, or aliases such as a,b,c");
    }
    return strcmp(text, "all") == 0
               ? SYM_OK
               : sym_asked_peers(w->peers, &w->start.n_peers, SYM_TAB_MEMBERS_MAX, text, fault);
}

/* What a joint computation needs, and a preview does not. */
static enum sym_err read_joint(struct wish *w, const struct sym_args *args, struct sym_fault *fault)
{
    struct sym_tabulate_start *s = &w->start;
    enum sym_err err = read_peers(w, args, fault);
    if (err == SYM_OK) {
        err = sym_asked_term(&s->purpose, args, "purpose", sym_terms_purpose, fault);
    }
    if (err == SYM_OK) {
        err = sym_asked_term(&s->basis, args, "basis", sym_terms_basis, fault);
    }
    return err == SYM_OK ? sym_asked_case(&s->case_ref, &s->note, args, fault) : err;
}

static enum sym_err read_wish(struct wish *w, enum sym_tab_shape shape, const struct sym_args *args,
                              struct sym_fault *fault)
{
    enum sym_err err = sym_asked_name(&w->start.dataset, args, "dataset", fault);
    if (err == SYM_OK && !sym_args_has(args, "preview")) {
        err = read_joint(w, args, fault);
    }
    if (err == SYM_OK) {
        err = sym_asked_timeout(&w->start.timeout_ms, args, fault);
    }
    if (err == SYM_OK) {
        err = sym_target_read(&w->target, args, fault);
    }
    if (err == SYM_OK) {
        err = sym_question_read(&w->question, shape, args, (uint64_t)time(NULL), fault);
    }
    if (err == SYM_OK) {
        err =
            sym_spatial_check(&w->question.query, &w->target, sym_args_has(args, "preview"), fault);
    }
    w->start.query = w->question.exact;
    w->start.without_own = sym_args_has(args, "without-own");
    w->yes = sym_args_has(args, "yes");
    return err;
}

/* A file that cannot be used is found before the question has spent anything. */
static enum sym_err check_population(const struct sym_target *target, struct sym_fault *fault)
{
    struct sym_population *population = NULL;
    enum sym_err err = target->population != NULL
                           ? sym_population_read(&population, target->population, fault)
                           : SYM_OK;
    sym_population_free(population);
    return err;
}

/* Shows what will happen, and asks. */
static enum sym_err agree(struct sym_client *client, const struct wish *w, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tabulate_plan plan;
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_TABULATE_PLAN, &w->start, &arena, &plan, fault);
    if (err != SYM_OK) {
        return err;
    }
    if ((err = sym_plan_write(stderr, &plan, &w->question, &w->start)) != SYM_OK) {
        return sym_fail(fault, err, "the plan %s", sym_err_text(err));
    }
    if (w->yes || sym_plan_is_refused(&plan)) {
        return SYM_OK; /* the node refuses what cannot be paid, and says what is left */
    }
    switch (sym_prompt_confirm("Ask this question? [y/N]")) {
    case SYM_ANSWER_YES:
        return SYM_OK;
    case SYM_ANSWER_NO:
        return sym_fail(fault, SYM_CANCELLED, "nothing was asked, and nothing is spent");
    case SYM_ANSWER_NOBODY:
        break;
    }
    return sym_fail(fault, SYM_CANCELLED,
                    "nothing was asked: there is no terminal to agree at; read the plan above and "
                    "repeat the command with --yes");
}

static enum sym_err ask(struct sym_client *client, const struct wish *w, const char *label,
                        struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO entry_arena = {0};
    struct sym_exchange_name name;
    struct sym_exchange_row row;
    enum sym_err err = check_population(&w->target, fault);
    if (err == SYM_OK) {
        err = agree(client, w, fault);
    }
    if (err == SYM_OK) {
        sym_pause_begin(); /* until here Ctrl-C leaves nothing behind */
        err = sym_client_ask(client, SYM_VERB_TABULATE_START, &w->start, &arena, &name, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    const struct sym_follow follow = {
        .client = client, .alias = label, .unit = SYM_PROGRESS_ELEMENTS, .shown = true};
    struct sym_exchange_entry entry = {.answered_before = false};
    err = sym_follow(&row, &follow, name.id, fault);
    if (err == SYM_OK) {
        err = sym_client_ask(client, SYM_VERB_EXCHANGE_SHOW, &name, &entry_arena, &entry, fault);
    }
    if (err == SYM_OK) {
        err = sym_release_show(&w->target, entry.answered_before, client, name.id, fault);
    }
    if (err == SYM_OK && entry.answered_before) {
        (void)fprintf(stderr, "The same question was answered before, about the same data: this is "
                              "that answer, and nothing was spent.\n");
    }
    return err;
}

static enum sym_exit run_wish(const struct sym_call *call, const struct wish *w)
{
    SYM_CLIENT_AUTO client = {0};
    struct sym_fault fault;
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK && sym_args_has(&call->args, "preview")) {
        sym_pause_begin();
        fault.err = sym_preview_show(&w->target, &client, &w->start, &fault);
    } else if (fault.err == SYM_OK) {
        fault.err = ask(&client, w, call->command->name, &fault);
    }
    return fault.err == SYM_OK ? SYM_EXIT_DONE : sym_command_failed(&fault);
}

static enum sym_exit run(const struct sym_call *call, enum sym_tab_shape shape)
{
    struct wish w = {.yes = false};
    struct sym_fault fault;
    enum sym_exit code = SYM_EXIT_USAGE;
    fault.err = read_wish(&w, shape, &call->args, &fault);
    if (fault.err == SYM_OK) {
        code = run_wish(call, &w);
    } else if (fault.err == SYM_BAD_VALUE) {
        code = sym_command_usage(call, "%s", fault.text);
    } else {
        code = sym_command_failed(&fault);
    }
    sym_question_clear(&w.question);
    return code;
}

static enum sym_exit run_hotspots(const struct sym_call *call)
{
    return run(call, SYM_TAB_HOTSPOTS);
}

static enum sym_exit run_routes(const struct sym_call *call)
{
    return run(call, SYM_TAB_ROUTES);
}

static enum sym_exit run_trends(const struct sym_call *call)
{
    return run(call, SYM_TAB_TRENDS);
}

static enum sym_exit run_tabulate(const struct sym_call *call)
{
    return run(call, SYM_TAB_TABULATE);
}

static const struct sym_option options[] = {
    {.name = "peers", .argument = "all|ALIAS,...", .help = "who is asked; all: every peer"},
    {.name = "dataset", .argument = "NAME", .help = "of this name at every participant"},
    SYM_QUESTION_OPTIONS,
    {.name = "purpose", .argument = SYM_TERMS_PURPOSES, .help = "what for"},
    {.name = "basis", .argument = SYM_TERMS_BASES, .help = "on which legal basis"},
    {.name = "case", .argument = "REF", .help = "the case that this belongs to; stays here"},
    {.name = "note", .argument = "TEXT", .help = "a remark; stays here"},
    {.name = "without-own", .help = "ask, but contribute nothing"},
    {.name = "preview", .help = "show what this node would contribute, and ask nobody"},
    {.name = "yes", .help = "do not ask before it runs"},
    {.name = "timeout", .argument = "SECONDS", .help = "give up after this long; default: 3600"},
    SYM_TARGET_OPTIONS,
    SYM_FORMAT_OPTIONS_OF_MAPS,
    {0},
};

#define USAGE                                                                                      \
    "--peers all|ALIAS,... --dataset NAME --purpose PURPOSE --basis BASIS\n"                       \
    "           --case REF [--note TEXT]\n" SYM_QUESTION_USAGE                                     \
    "           [--without-own] [--preview] [--yes] [--timeout SECONDS]\n"                         \
    "           [--format table|csv|json|geojson] [--out FILE [--force]]\n"                        \
    "           [--population FILE] [--scan] [--gi-star] [--top N]"

#define NOTES                                                                                      \
    "No node sees the counts of another: only their sum, with noise, and only where it is large\n" \
    "enough. What it does is shown before it runs. Each question spends privacy budget of every\n" \
    "participant's dataset, which renews with the calendar year; the same question about the "     \
    "same\n"                                                                                       \
    "data costs nothing. symbolon-tabulate(7) explains it in plain words."

static const char *const hotspots_notes[] = {
    "Counted are places, places x periods, and everything in --by together, each by itself.",
    "Default: --by country,year,exploitation.", "", NOTES, NULL};

static const char *const routes_notes[] = {
    "Counted are pairs of origin and destination, these x periods, and everything in --by\n"
    "together, each by itself. Default: --by origin,destination,year. Where nobody records\n"
    "destinations: --by origin,country, from origins to the places of the incidents.",
    "", NOTES, NULL};

static const char *const trends_notes[] = {
    "Counted are periods, and everything in --by together, each by itself.",
    "Default: --by year,exploitation.", "", NOTES, NULL};

static const char *const tabulate_notes[] = {
    "Counted is everything in --by together, or each level of --levels by itself.", "", NOTES,
    NULL};

const struct sym_command sym_cmd_hotspots = {
    .name = "hotspots",
    .summary = "count incidents of all participants by place, period and type",
    .usage = {USAGE},
    .example = "hotspots --peers all --dataset incidents --purpose trafficking --basis public-task "
               "--case C-17 --by country,month,exploitation --from 2019 --to 2020-06",
    .notes = hotspots_notes,
    .options = options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run_hotspots,
};

const struct sym_command sym_cmd_routes = {
    .name = "routes",
    .summary = "count incidents of all participants by origin and destination",
    .usage = {USAGE},
    .example = "routes --peers all --dataset incidents --purpose trafficking --basis public-task "
               "--case C-17 --only destination=IT,MT",
    .notes = routes_notes,
    .options = options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run_routes,
};

const struct sym_command sym_cmd_trends = {
    .name = "trends",
    .summary = "count incidents of all participants by period and type",
    .usage = {USAGE},
    .example = "trends --peers all --dataset incidents --purpose trafficking --basis public-task "
               "--case C-17 --by month,exploitation --from 2019",
    .notes = trends_notes,
    .options = options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run_trends,
};

const struct sym_command sym_cmd_tabulate = {
    .name = "tabulate",
    .summary = "count incidents of all participants by any dimensions",
    .usage = {USAGE},
    .example = "tabulate --peers all --dataset incidents --purpose trafficking --basis public-task "
               "--case C-17 --by sex,age --levels sex/age/sex,age",
    .notes = tabulate_notes,
    .options = options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run_tabulate,
};
