#include "cli/command.h"
#include "cli/daemon.h"
#include "crypto/card.h"

#include <string.h>

static const struct sym_option init_options[] = {
    {.name = "name", .argument = "NAME", .help = "name of the organisation, as partners read it"},
    {.name = "role", .argument = "bank|ngo|police|auditor|other", .help = "what it is"},
    {.name = "listen",
     .argument = "ADDRESS:PORT",
     .help = "numeric, where peers connect to; 0.0.0.0 and [::] need --endpoint"},
    {.name = "endpoint",
     .argument = "HOST:PORT",
     .help = "how peers reach it from outside; up to 4 times; default: --listen",
     .many = true},
    {.name = "passphrase-file", .argument = "FILE", .help = "holds the passphrase for the keys"},
    {.name = "key-file",
     .argument = "FILE",
     .help = "holds 32 or more random bytes instead (a systemd credential)"},
    {.name = "days", .argument = "N", .help = "days until the card expires; default: 365"},
    {0},
};

static const char *const init_notes[] = {
    "Without --passphrase-file and --key-file the passphrase is asked for at the terminal.",
    "The first user is made, too: operator, with the roles operator and analyst.",
    NULL,
};

static enum sym_exit check(const struct sym_call *call)
{
    static const char *const needed[] = {"name", "role", "listen"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (sym_args_value(&call->args, needed[i]) == NULL) {
            return sym_command_usage(call, "--%s is missing", needed[i]);
        }
    }
    enum sym_role role;
    const char *role_text = sym_args_value(&call->args, "role");
    if (sym_role_parse(&role, sym_span_text(role_text)) != SYM_OK) {
        return sym_command_usage(call,
                                 "--role: \"%s\" is not one of bank, ngo, police, auditor, "
                                 "other",
                                 role_text);
    }
    if (sym_args_has(&call->args, "passphrase-file") && sym_args_has(&call->args, "key-file")) {
        return sym_command_usage(call, "--passphrase-file and --key-file exclude each other");
    }
    struct sym_fault fault;
    uint64_t days = 0;
    if (sym_args_number(&days, &call->args, "days", 1, 1096, &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    return SYM_EXIT_DONE;
}

static enum sym_exit run_init(const struct sym_call *call)
{
    enum sym_exit code = check(call);
    if (code != SYM_EXIT_DONE) {
        return code;
    }
    const char *endpoints[SYM_CARD_ENDPOINTS_MAX + 1];
    size_t n = sym_args_values(endpoints, SYM_CARD_ENDPOINTS_MAX + 1, &call->args, "endpoint");
    if (n > SYM_CARD_ENDPOINTS_MAX) {
        return sym_command_usage(call, "--endpoint: a card holds at most %u",
                                 SYM_CARD_ENDPOINTS_MAX);
    }
    struct sym_daemon d = sym_daemon();
    sym_daemon_flag(&d, "--init");
    sym_daemon_option(&d, "--dir", call->dir);
    sym_daemon_option(&d, "--name", sym_args_value(&call->args, "name"));
    sym_daemon_option(&d, "--role", sym_args_value(&call->args, "role"));
    sym_daemon_option(&d, "--listen", sym_args_value(&call->args, "listen"));
    for (size_t i = 0; i < n; i++) {
        sym_daemon_option(&d, "--endpoint", endpoints[i]);
    }
    sym_daemon_option(&d, "--passphrase-file", sym_args_value(&call->args, "passphrase-file"));
    sym_daemon_option(&d, "--key-file", sym_args_value(&call->args, "key-file"));
    sym_daemon_option(&d, "--days", sym_args_value(&call->args, "days"));
    struct sym_fault fault;
    fault.err = sym_daemon_exec(&d, &fault);
    return sym_command_failed(&fault);
}

const struct sym_command sym_cmd_init = {
    .name = "init",
    .summary = "make a node: keys, card and store in a new directory",
    .usage = {"--dir DIR --name NAME --role ROLE --listen ADDRESS:PORT [--endpoint HOST:PORT]...\n"
              "                     [--passphrase-file FILE | --key-file FILE] [--days N]"},
    .example = "init --dir bank-a --name \"Bank A\" --role bank --listen 192.0.2.7:7701",
    .notes = init_notes,
    .options = init_options,
    .takes = SYM_TAKES_DIR,
    .run = run_init,
};

static const struct sym_option rotate_options[] = {
    {.name = "passphrase-file", .argument = "FILE", .help = "holds the passphrase for the keys"},
    {.name = "key-file", .argument = "FILE", .help = "holds the key for the keys instead"},
    {0},
};

static const char *const rotate_notes[] = {
    "tls, exchange   a new key is announced in the card beside the old one; once the peers hold",
    "                that card, \"rotate finish\" makes it the only one",
    "identity        the old key signs the card of the new one: the fingerprint changes",
    "log, cosign     a new key signs from here on",
    "The node must be stopped. Give the new card to every peer.",
    NULL,
};

static enum sym_exit run_rotate(const struct sym_call *call)
{
    static const char *const kinds[] = {"tls", "exchange", "finish", "log", "cosign", "identity"};
    const char *what = call->args.operands[0];
    bool known = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        known = known || strcmp(kinds[i], what) == 0;
    }
    if (!known) {
        return sym_command_usage(
            call, "\"%s\" is not one of tls, exchange, finish, log, cosign, identity", what);
    }
    struct sym_daemon d = sym_daemon();
    sym_daemon_option(&d, "--rotate", what);
    sym_daemon_option(&d, "--dir", call->dir);
    sym_daemon_option(&d, "--passphrase-file", sym_args_value(&call->args, "passphrase-file"));
    sym_daemon_option(&d, "--key-file", sym_args_value(&call->args, "key-file"));
    struct sym_fault fault;
    fault.err = sym_daemon_exec(&d, &fault);
    return sym_command_failed(&fault);
}

const struct sym_command sym_cmd_rotate = {
    .name = "rotate",
    .summary = "replace keys of a stopped node",
    .usage = {"tls|exchange|finish|log|cosign|identity [--passphrase-file FILE | --key-file FILE]"},
    .example = "rotate tls --dir bank-a",
    .notes = rotate_notes,
    .options = rotate_options,
    .takes = SYM_TAKES_DIR,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_rotate,
};
