#include "cli/client.h"
#include "cli/file.h"

#include <stdio.h>
#include <unistd.h>

static const struct sym_option options[] = {
    {.name = "file", .argument = "FILE", .help = "use the preshared key in FILE"},
    {.name = "new", .argument = "FILE", .help = "make a preshared key, write it to FILE, use it"},
    {.name = "remove", .help = "use none from now on"},
    {0},
};

static const char *const notes[] = {
    "Both sides need the same key; hand the file over in person or by another safe way, then "
    "remove",
    "it. With a preshared key, traffic recorded today stays closed to a future quantum computer.",
    NULL,
};

static enum sym_err make_psk(struct sym_secret *psk, const char *path, struct sym_fault *fault)
{
    enum sym_err err = sym_secret_random(psk, SYM_PSK_BYTES);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the preshared key %s", sym_err_text(err));
    }
    char text[SYM_BASE64_BYTES(SYM_PSK_BYTES)];
    sym_base64(text, psk->data, psk->len);
    text[sizeof text - 1] = '\n';
    err = sym_file_create_private(path, sym_span(text, sizeof text), fault);
    sym_wipe(text, sizeof text);
    return err;
}

/* Of a node that gave no answer nobody knows whether it uses the key already. */
static void drop_psk(const struct sym_client *client, const char *path, struct sym_fault *fault)
{
    const struct sym_fault why = *fault;
    if (!client->in_doubt) {
        (void)unlink(path);
        return;
    }
    (void)sym_fail(fault, why.err,
                   "%.120s: is kept, as the node may use it already; give it again with --file: "
                   "%.190s",
                   path, why.text);
}

static enum sym_err set_psk(const struct sym_call *call, const char *new_path,
                            struct sym_fault *fault)
{
    const char *path = sym_args_value(&call->args, "file");
    SYM_CLIENT_AUTO client = {0};
    SYM_SECRET_AUTO psk = {0};
    enum sym_err err = sym_client_open(&client, call, fault);
    if (err == SYM_OK && path != NULL) {
        err = sym_file_read_psk(&psk, path, fault);
    }
    if (err == SYM_OK && new_path != NULL) {
        err = make_psk(&psk, new_path, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    struct sym_peer_secret wish = {.alias = sym_span_text(call->args.operands[0]),
                                   .psk = sym_secret_span(&psk)};
    err = sym_client_do(&client, SYM_VERB_PEER_SECRET, &wish, fault);
    if (err != SYM_OK && new_path != NULL) {
        drop_psk(&client, new_path, fault);
    }
    return err;
}

static enum sym_exit run(const struct sym_call *call)
{
    const char *alias = call->args.operands[0];
    const char *new_path = sym_args_value(&call->args, "new");
    int ways = (sym_args_has(&call->args, "file") ? 1 : 0) + (new_path != NULL ? 1 : 0) +
               (sym_args_has(&call->args, "remove") ? 1 : 0);
    if (ways != 1) {
        return sym_command_usage(call, "give one of --file, --new and --remove");
    }
    struct sym_fault fault;
    fault.err = set_psk(call, new_path, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    if (sym_args_has(&call->args, "remove")) {
        (void)printf("%s: no preshared key any more\n", alias);
    } else if (new_path != NULL) {
        (void)printf("%s: preshared key set; hand %s to the partner by a safe way\n", alias,
                     new_path);
    } else {
        (void)printf("%s: preshared key set\n", alias);
    }
    return SYM_EXIT_DONE;
}

const struct sym_command sym_cmd_peer_psk = {
    .name = "peer psk",
    .summary = "set or remove the preshared key shared with a peer",
    .usage = {"ALIAS --file FILE", "ALIAS --new FILE", "ALIAS --remove"},
    .example = "peer psk bank-b --new bank-b.psk",
    .notes = notes,
    .options = options,
    .takes = SYM_TAKES_NODE,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
