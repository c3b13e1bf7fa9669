#include "cli/asked.h"
#include "cli/exchange_row.h"
#include "cli/follow.h"
#include "cli/pause.h"
#include "cli/result.h"
#include "cli/terms.h"
#include "proto/keys.h"
#include "proto/overlap_agree.h"

#include <string.h>

#define HOLD_MAX_S (SYM_EXCHANGE_MS_MAX / 1000u)

/* What the options say. */
struct wish {
    struct sym_overlap_start start;
    const char *alias;
    uint64_t hold_s;
    struct sym_target target;
};

static enum sym_err parse_reveal(uint32_t *out, const char *text, struct sym_fault *fault)
{
    if (strcmp(text, "matches") == 0) {
        *out = SYM_KIND_OVERLAP_MATCHES;
    } else if (strcmp(text, "count") == 0) {
        *out = SYM_KIND_OVERLAP_COUNT;
    } else {
        return sym_fail(fault, SYM_BAD_VALUE, "\"%.64s\" is not one of matches, count", text);
    }
    return SYM_OK;
}

static enum sym_err parse_engine(uint32_t *out, const char *text, struct sym_fault *fault)
{
    if (strcmp(text, "auto") == 0) {
        *out = SYM_OVERLAP_ENGINE_AUTO;
    } else if (strcmp(text, "dh") == 0) {
        *out = SYM_OVERLAP_ENGINE_DH;
    } else if (strcmp(text, "vole") == 0) {
        *out = SYM_OVERLAP_ENGINE_VOLE;
    } else if (strcmp(text, "standing") == 0) {
        *out = SYM_OVERLAP_ENGINE_STANDING;
    } else {
        return sym_fail(fault, SYM_BAD_VALUE, "\"%.64s\" is not one of auto, dh, vole, standing",
                        text);
    }
    return SYM_OK;
}

static enum sym_err parse_rule(uint32_t *out, const char *text, struct sym_fault *fault)
{
    for (uint32_t rule = 0; rule < SYM_RULE_COUNT; rule++) {
        if (strcmp(text, sym_overlap_rule_text(rule)) == 0) {
            *out = rule;
            return SYM_OK;
        }
    }
    return sym_fail(fault, SYM_BAD_VALUE, "\"%.64s\" is not one of any, two", text);
}

/* Two keys of one type there are not, and a count has no records that a rule could keep. */
static enum sym_err check_rule(const struct sym_overlap_start *s, struct sym_fault *fault)
{
    if (s->rule != SYM_RULE_ANY && s->kind != SYM_KIND_OVERLAP_MATCHES) {
        return sym_fail(fault, SYM_BAD_VALUE, "--rule %s is about matches, not about a count",
                        sym_overlap_rule_text(s->rule));
    }
    if (s->rule != SYM_RULE_ANY && s->type != SYM_TOKEN_NONE) {
        return sym_fail(fault, SYM_BAD_VALUE, "--rule %s takes keys of several types: leave --type",
                        sym_overlap_rule_text(s->rule));
    }
    return SYM_OK;
}

static enum sym_err read_wish(struct wish *w, const struct sym_args *args, struct sym_fault *fault)
{
    struct sym_overlap_start *s = &w->start;
    enum sym_err err = SYM_OK;
    if ((err = sym_asked_name(&s->alias, args, "peer", fault)) != SYM_OK ||
        (err = sym_asked_name(&s->mine, args, "mine", fault)) != SYM_OK ||
        (err = sym_asked_name(&s->theirs, args, "theirs", fault)) != SYM_OK ||
        (err = sym_asked_term(&s->kind, args, "reveal", parse_reveal, fault)) != SYM_OK ||
        (err = sym_asked_term(&s->purpose, args, "purpose", sym_terms_purpose, fault)) != SYM_OK ||
        (err = sym_asked_term(&s->basis, args, "basis", sym_terms_basis, fault)) != SYM_OK ||
        (err = sym_asked_case(&s->case_ref, &s->note, args, fault)) != SYM_OK ||
        (err = sym_asked_timeout(&w->start.timeout_ms, args, fault)) != SYM_OK ||
        (err = sym_args_number(&w->hold_s, args, "hold", 0, HOLD_MAX_S, fault)) != SYM_OK ||
        (err = sym_target_read(&w->target, args, fault)) != SYM_OK) {
        return err;
    }
    if (sym_args_has(args, "type")) {
        err = sym_asked_term(&s->type, args, "type", sym_terms_type, fault);
    }
    if (err == SYM_OK && sym_args_has(args, "rule")) {
        err = sym_asked_term(&s->rule, args, "rule", parse_rule, fault);
    }
    if (err == SYM_OK) {
        err = check_rule(s, fault);
    }
    if (err == SYM_OK && sym_args_has(args, "engine")) {
        err = sym_asked_term(&s->engine, args, "engine", parse_engine, fault);
    }
    if (err == SYM_OK && s->engine != SYM_OVERLAP_ENGINE_AUTO &&
        (sym_overlap_engines_of(s->kind) >> s->engine & 1u) == 0) {
        err = sym_fail(fault, SYM_BAD_VALUE, "--engine %s computes matches only: use dh or auto",
                       sym_overlap_engine_text(s->engine));
    }
    w->alias = sym_args_value(args, "peer");
    return err;
}

/* Programs get the exchange also when it has no result. */
static void show_failed(struct sym_client *client, struct sym_span id)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_fault unread;
    struct sym_exchange_entry entry;
    struct sym_exchange_name name = {.id = id};
    if (sym_client_ask(client, SYM_VERB_EXCHANGE_SHOW, &name, &arena, &entry, &unread) == SYM_OK) {
        struct sym_json *j = sym_json_new(stdout);
        sym_json_object(j, NULL);
        sym_exchange_put_json(j, "exchange", &entry, NULL);
        sym_json_end(j);
        (void)sym_command_printed(sym_json_finish(j));
    }
}

static enum sym_err overlap(struct sym_client *client, const struct wish *w,
                            struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_name name;
    struct sym_exchange_row row;
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_OVERLAP_START, &w->start, &arena, &name, fault);
    if (err != SYM_OK) {
        return err;
    }
    const struct sym_follow follow = {.client = client,
                                      .alias = w->alias,
                                      .unit = SYM_PROGRESS_ELEMENTS,
                                      .shown = true,
                                      .hold_us = w->hold_s * 1000000u,
                                      .tries_s = w->start.timeout_ms / 1000u};
    err = sym_follow(&row, &follow, name.id, fault);
    if (err == SYM_OK) {
        return sym_result_show(&w->target, client, name.id, fault);
    }
    if (w->target.format == SYM_FORMAT_JSON && w->target.path == NULL) {
        show_failed(client, name.id);
    }
    return err;
}

static enum sym_exit run(const struct sym_call *call)
{
    struct wish w = {.hold_s = 0};
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
        fault.err = overlap(&client, &w, &fault);
    }
    if (fault.err == SYM_OK) {
        return SYM_EXIT_DONE;
    }
    enum sym_exit code = sym_command_failed(&fault);
    return fault.err == SYM_AGAIN ? SYM_EXIT_DENIED : code;
}

static const struct sym_option options[] = {
    {.name = "peer", .argument = "ALIAS", .help = "with whom"},
    {.name = "mine", .argument = "DATASET", .help = "the dataset of this node"},
    {.name = "theirs", .argument = "DATASET", .help = "the dataset of the peer, by its name there"},
    {.name = "reveal",
     .argument = "matches|count",
     .help = "which own records the peer has, too; or only how many identifiers"},
    {.name = "purpose", .argument = SYM_TERMS_PURPOSES, .help = "what for"},
    {.name = "basis", .argument = SYM_TERMS_BASES, .help = "on which legal basis"},
    {.name = "case", .argument = "REF", .help = "the case that this belongs to; stays here"},
    {.name = "note", .argument = "TEXT", .help = "a remark; stays here"},
    {.name = "type", .argument = SYM_TERMS_TYPES, .help = "identifiers of this type only"},
    {.name = "rule",
     .argument = "any|two",
     .help = "of keys of persons, how many must match; default: any"},
    {.name = "engine",
     .argument = "auto|dh|vole|standing",
     .help = "how it is computed; default: auto"},
    {.name = "timeout",
     .argument = "SECONDS",
     .help = "give up after this long, also while the peer cannot be reached; default: 3600"},
    {.name = "hold",
     .argument = "SECONDS",
     .help = "how long to stay when an approver of the peer must decide; default: 0"},
    SYM_TARGET_OPTIONS,
    SYM_FORMAT_OPTION,
    {0},
};

static const char *const notes[] = {
    "Both sides learn how many identifiers the other side has. With matches this node learns",
    "which of its own records the peer has, too, with count only how many identifiers; the peer",
    "learns neither. Case, note and user stay in this node; purpose and basis travel.",
    "",
    "Of people who may be spelt differently (profile person-keys), a record matches through any of",
    "its keys, or with --rule two through two; the result names them, and tells how many records "
    "are",
    "expected to match by chance. Two keys may have hit different records of the peer. What is no "
    "key",
    "of a person, an IBAN say, needs no second one; a list without such keys takes no --rule two.",
    "",
    "A request that waits for an approver ends this command with exit status 3; it goes on in the",
    "node, and the same command finds the approval later. Ctrl-C cancels the exchange.",
    NULL,
};

const struct sym_command sym_cmd_overlap = {
    .name = "overlap",
    .summary = "find what a dataset has in common with one of a peer",
    .usage = {"--peer ALIAS --mine DATASET --theirs DATASET --reveal matches|count\n"
              "           --purpose PURPOSE --basis BASIS --case REF [--note TEXT] [--type TYPE]\n"
              "           [--rule any|two] [--engine auto|dh|vole|standing] [--timeout SECONDS]\n"
              "           [--hold SECONDS] [--out FILE [--force]] [--format table|csv|json]"},
    .example = "overlap --peer bank-b --mine suspects --theirs suspects --reveal matches --purpose "
               "aml --basis 314b --case C-17",
    .notes = notes,
    .options = options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run,
};
