/* command.h - the table of commands: it dispatches, and help and completion are made from it.
 *
 * A command is one file: cmd_….c defines a struct sym_command next to the function that runs it,
 * and has one row in SYM_COMMAND_LIST. A command prints its answer on standard output; what goes
 * wrong is one line on standard error that names the thing, the reason and the remedy, and an exit
 * code below.
 */
#ifndef SYM_CLI_COMMAND_H
#define SYM_CLI_COMMAND_H

#include "cli/options.h"

#include <stdio.h>

/* In the order of the help. */
#define SYM_COMMAND_LIST(X)                                                                        \
    X(init)                                                                                        \
    X(status)                                                                                      \
    X(card)                                                                                        \
    X(peer_add)                                                                                    \
    X(peer_list)                                                                                   \
    X(peer_ping)                                                                                   \
    X(peer_psk)                                                                                    \
    X(peer_remove)                                                                                 \
    X(roster_show)                                                                                 \
    X(explain)                                                                                     \
    X(import)                                                                                      \
    X(dataset_list)                                                                                \
    X(dataset_show)                                                                                \
    X(dataset_publish)                                                                             \
    X(dataset_forget)                                                                              \
    X(dataset_drop)                                                                                \
    X(grant)                                                                                       \
    X(grants_list)                                                                                 \
    X(revoke)                                                                                      \
    X(requests)                                                                                    \
    X(approve)                                                                                     \
    X(deny)                                                                                        \
    X(overlap)                                                                                     \
    X(overlap_table)                                                                               \
    X(hotspots)                                                                                    \
    X(routes)                                                                                      \
    X(trends)                                                                                      \
    X(tabulate)                                                                                    \
    X(estimate)                                                                                    \
    X(ui)                                                                                          \
    X(budget)                                                                                      \
    X(exchange_list)                                                                               \
    X(exchange_show)                                                                               \
    X(exchange_result)                                                                             \
    X(exchange_cancel)                                                                             \
    X(exchange_settle)                                                                             \
    X(exchange_forget)                                                                             \
    X(report)                                                                                      \
    X(log_list)                                                                                    \
    X(log_show)                                                                                    \
    X(log_verify)                                                                                  \
    X(log_prove)                                                                                   \
    X(log_checkpoint)                                                                              \
    X(log_export)                                                                                  \
    X(log_compare)                                                                                 \
    X(log_witnesses)                                                                               \
    X(log_exhibit)                                                                                 \
    X(log_accept)                                                                                  \
    X(log_report)                                                                                  \
    X(log_erase_bodies)                                                                            \
    X(log_restore)                                                                                 \
    X(user_add)                                                                                    \
    X(user_list)                                                                                   \
    X(user_remove)                                                                                 \
    X(settings_list)                                                                               \
    X(settings_set)                                                                                \
    X(backup)                                                                                      \
    X(restore)                                                                                     \
    X(rotate)                                                                                      \
    X(verify)                                                                                      \
    X(completion)                                                                                  \
    X(help)                                                                                        \
    X(version)

/* A promise of the command line contract. */
enum sym_exit {
    SYM_EXIT_DONE,
    SYM_EXIT_FAILED,
    SYM_EXIT_USAGE,
    SYM_EXIT_DENIED,
    SYM_EXIT_UNREACHABLE
};

/* Shared options that a command takes beside its own and --help. */
enum sym_takes {
    SYM_TAKES_NOTHING = 0,
    SYM_TAKES_DIR = 1u,       /* --dir */
    SYM_TAKES_NODE = 1u | 2u, /* --dir, --as, --wait: it asks the running node */
    SYM_TAKES_JSON = 4u       /* --json */
};

struct sym_command;

/* One invocation. */
struct sym_call {
    const struct sym_command *command;
    struct sym_args args;
    const char *dir;  /* of the node, for commands with SYM_TAKES_DIR */
    unsigned wait_ms; /* for one answer, for commands with SYM_TAKES_NODE */
    char **argv;      /* as it was given, without the name of the command; ends with NULL */
};

struct sym_command {
    const char *name;         /* "peer add" */
    const char *summary;      /* one line */
    const char *usage[4];     /* what follows the name, one per way to use it */
    const char *example;      /* for --help, behind "symbolon"; NULL where there is no need */
    const char *const *notes; /* lines below the options in --help; NULL, or ends in NULL */
    const struct sym_option *options; /* its own; NULL: none */
    unsigned takes;                   /* of enum sym_takes */
    const char *without_node;         /* its option with which it needs no node; NULL: none */
    size_t min_operands, max_operands;
    enum sym_exit (*run)(const struct sym_call *call);
};

#define SYM_COMMAND_EXTERN(name) extern const struct sym_command sym_cmd_##name;
SYM_COMMAND_LIST(SYM_COMMAND_EXTERN)
#undef SYM_COMMAND_EXTERN

/* Command number at, NULL after the last. */
const struct sym_command *sym_command_at(size_t at);
/* The command that the first words name, and how many words that took; NULL when there is none. */
const struct sym_command *sym_command_find(size_t *n_words, char *const *words, size_t n);
/* Everything that the command understands, shared options included. */
void sym_command_options(struct sym_args *args, const struct sym_command *command);
/* The shared options alone: those that may stand before the command. */
void sym_command_shared_options(struct sym_args *args);

/* Prints "symbolon: …" on standard error; the exit code for err. */
enum sym_exit sym_command_failed(const struct sym_fault *fault);
/* The lines that show how the command is used. */
void sym_command_print_usage(FILE *to, const struct sym_command *command);
/* Prints what is wrong with the command line, and how it is used. */
enum sym_exit sym_command_usage(const struct sym_call *call, const char *format, ...)
    SYM_PRINTF(2, 3);
/* For what printed an answer: done, or failed with the reason. */
enum sym_exit sym_command_printed(enum sym_err err);
enum sym_exit sym_exit_of(enum sym_err err);

#endif
