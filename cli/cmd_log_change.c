#include "cli/audit/when.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/prompt.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* SYM_EXIT_DONE when the person agrees. What cannot be undone needs a yes. */
static enum sym_exit confirm(const struct sym_call *call, const char *question, const char *thing)
{
    struct sym_fault fault;
    if (sym_args_has(&call->args, "yes")) {
        return SYM_EXIT_DONE;
    }
    switch (sym_prompt_confirm(question)) {
    case SYM_ANSWER_YES:
        return SYM_EXIT_DONE;
    case SYM_ANSWER_NO:
        fault.err = sym_fail(&fault, SYM_CANCELLED, "%s: nothing was changed", thing);
        return sym_command_failed(&fault);
    case SYM_ANSWER_NOBODY:
        break;
    }
    fault.err =
        sym_fail(&fault, SYM_CANCELLED, "%s: there is no terminal to ask at; give --yes", thing);
    return sym_command_failed(&fault);
}

/* day: what is erased, in words. False, with the reason: not with these options. */
static bool read_erase(struct sym_log_erase *erase, char day[SYM_FORMAT_BYTES],
                       const struct sym_args *args, struct sym_fault *fault)
{
    bool all = sym_args_has(args, "all");
    if (all == sym_args_has(args, "before")) {
        fault->err = sym_fail(fault, SYM_BAD_VALUE,
                              all ? "--all and --before: give one of them"
                                  : "--before is missing (or --all)");
        return false;
    }
    if (all) {
        erase->before_ms = SYM_LOG_ERASE_ALL;
        (void)snprintf(day, SYM_FORMAT_BYTES, "this moment");
        return true;
    }
    fault->err = sym_when_from(&erase->before_ms, args, "before", fault);
    if (fault->err == SYM_OK && erase->before_ms / 1000 > (uint64_t)time(NULL)) {
        fault->err = sym_fail(fault, SYM_BAD_VALUE,
                              "--before: lies in the future: nothing of the log would stay "
                              "readable; give a day that has passed, or --all");
    }
    sym_format_time(day, erase->before_ms / 1000);
    return fault->err == SYM_OK;
}

static enum sym_exit run_erase(const struct sym_call *call)
{
    SYM_CLIENT_AUTO client = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_log_erase erase = {.before_ms = 0};
    struct sym_log_erased erased;
    struct sym_fault fault;
    char day[SYM_FORMAT_BYTES];
    char question[SYM_FAULT_BYTES];
    if (!read_erase(&erase, day, &call->args, &fault)) {
        return sym_command_usage(call, "%s", fault.text);
    }
    (void)snprintf(question, sizeof question,
                   "Erase what all entries before %s say? The entries and their proofs stay; the "
                   "rest is gone for good. [y/N]",
                   day);
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    enum sym_exit code = confirm(call, question, "log erase-bodies");
    if (code != SYM_EXIT_DONE) {
        return code;
    }
    fault.err = sym_client_ask(&client, SYM_VERB_LOG_ERASE, &erase, &arena, &erased, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    (void)printf("%" PRIu64 " bodies from before %s are erased; the tree and every proof stay\n",
                 erased.bodies, day);
    return SYM_EXIT_DONE;
}

static const char *const erase_notes[] = {
    "Where another user is an approver, the command is held, with exit status 3, until one "
    "approves.",
    NULL,
};

static const struct sym_option erase_options[] = {
    {.name = "before", .argument = "DATE", .help = "of entries older than this day or time (UTC)"},
    {.name = "all", .help = "of all entries until now, also where the log is ahead of the clock"},
    {.name = "yes", .help = "do not ask"},
    {0},
};

const struct sym_command sym_cmd_log_erase_bodies = {
    .name = "log erase-bodies",
    .summary = "erase what old entries say; the tree and its proofs stay valid",
    .usage = {"--before DATE [--yes]", "--all [--yes]"},
    .notes = erase_notes,
    .example = "log erase-bodies --before 2021-01-01",
    .options = erase_options,
    .takes = SYM_TAKES_NODE,
    .run = run_erase,
};

/* Nobody is asked to give up a log that is whole. */
static enum sym_err check_frozen(const struct sym_call *call, struct sym_client *client,
                                 struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_empty nothing = {0};
    struct sym_log_head head;
    if (sym_args_has(&call->args, "yes")) {
        return SYM_OK;
    }
    enum sym_err err = sym_client_ask(client, SYM_VERB_LOG_HEAD, &nothing, &arena, &head, fault);
    return err != SYM_OK || head.frozen
               ? err
               : sym_fail(fault, SYM_WRONG_STATE,
                          "log: is not frozen: no partner holds a head that it does not lead to");
}

static enum sym_exit run_restore(const struct sym_call *call)
{
    SYM_CLIENT_AUTO client = {0};
    SYM_ARENA_AUTO arena = {0};
    const struct sym_empty nothing = {0};
    struct sym_log_head head;
    struct sym_fault fault;
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = check_frozen(call, &client, &fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    enum sym_exit code = confirm(call,
                                 "Give up the present log and begin a new one? Partners see that, "
                                 "and keep the proof of what was lost. The privacy budgets of "
                                 "this node count as spent for 366 days. [y/N]",
                                 "log restore");
    if (code != SYM_EXIT_DONE) {
        return code;
    }
    fault.err = sym_client_ask(&client, SYM_VERB_LOG_RESTORE, &nothing, &arena, &head, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    char origin[SYM_FORMAT_TEXT_BYTES(SYM_ORIGIN_BYTES_MAX)];
    sym_format_text(origin, sizeof origin, head.origin);
    (void)printf("a new log was begun: %s (generation %" PRIu32 ")\n", origin, head.generation);
    return SYM_EXIT_DONE;
}

static const struct sym_option restore_options[] = {
    {.name = "yes", .help = "do not ask"},
    {0},
};

static const char *const restore_notes[] = {
    "For a node whose data came from an old copy: partners hold newer heads of its log, so that it",
    "signs nothing any more. The new log begins with an entry that names the heads that were lost.",
    "What was spent of the privacy budgets since the copy is not known: they count as spent for "
    "366",
    "days.",
    NULL,
};

const struct sym_command sym_cmd_log_restore = {
    .name = "log restore",
    .summary = "begin a new log after entries of the old one were lost",
    .usage = {"[--yes]"},
    .notes = restore_notes,
    .options = restore_options,
    .takes = SYM_TAKES_NODE,
    .run = run_restore,
};
