#include "cli/client.h"
#include "cli/exchange_id.h"
#include "cli/file.h"
#include "cli/format.h"
#include "cli/roles_json.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROLES_BYTES 64u

static const struct sym_option add_options[] = {
    {.name = "role",
     .argument = "analyst|approver|auditor|operator",
     .help = "what the user may do; several with commas between them"},
    {.name = "out", .argument = "FILE", .help = "write the private key there; default: DIR/users"},
    {0},
};

/* Writes the private key, to a new file. */
static enum sym_err write_key(const char *path, const char *name, const struct sym_sign_key *key,
                              struct sym_fault *fault)
{
    char text[SYM_USERKEY_BYTES_MAX];
    size_t len = 0;
    enum sym_err err = sym_userkey_write(text, sizeof text, &len, sym_span_text(name), key);
    if (err == SYM_OK) {
        err = sym_file_create_private(path, sym_span(text, len), fault);
    } else {
        (void)sym_fail(fault, err, "%s: the user key %s", path, sym_err_text(err));
    }
    sym_wipe(text, sizeof text);
    return err;
}

/* Is this the wish to add a user of this name? The node tells it in words alone. */
static bool adds(const struct sym_held_request *r, const char *name)
{
    char words[SYM_DETAIL_BYTES_MAX + 1u];
    int n = snprintf(words, sizeof words, "user add %s as ", name);
    return r->verb == SYM_VERB_USER_ADD && r->state == SYM_HELD_WAITING && n > 0 &&
           (size_t)n < sizeof words && r->what.len >= (size_t)n &&
           memcmp(r->what.data, words, (size_t)n) == 0;
}

/* The key of one whom an approver has to admit first: nobody may take it for a leftover. */
static enum sym_err tell_waiting(struct sym_client *client, const char *path, const char *name,
                                 struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_empty nothing = {0};
    struct sym_request_list list;
    char shown[SYM_FAULT_BYTES];
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_REQUEST_LIST, &nothing, &arena, &list, fault);
    if (err != SYM_OK) {
        return err;
    }
    for (size_t i = 0; i < list.n_requests; i++) {
        char id[SYM_ID_SHOWN_BYTES];
        if (adds(&list.requests[i], name)) {
            sym_id_show(id, list.requests[i].id);
            return sym_fail(fault, SYM_EXISTS,
                            "user %s: waits for an approver, and the key is kept in %.160s; an "
                            "approver decides: \"symbolon approve %s\"",
                            name, sym_file_show(shown, path), id);
        }
    }
    return sym_fail(fault, SYM_EXISTS,
                    "%.160s: is a key of nobody whom the node knows or who waits for an approver; "
                    "move it away",
                    sym_file_show(shown, path));
}

/* There is a key of this name in DIR/users: of a user, of one who waits, or left behind. */
static enum sym_err tell_taken(struct sym_client *client, const char *path, const char *name,
                               struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_empty nothing = {0};
    struct sym_user_list list;
    enum sym_err err = sym_client_ask(client, SYM_VERB_USER_LIST, &nothing, &arena, &list, fault);
    if (err != SYM_OK) {
        return err;
    }
    for (size_t i = 0; i < list.n_users; i++) {
        char roles[ROLES_BYTES];
        if (sym_span_equal(list.users[i].name, sym_span_text(name))) {
            sym_user_roles_text(roles, sizeof roles, list.users[i].roles);
            return sym_fail(fault, SYM_EXISTS,
                            "user %s: exists already, as %s; choose another name, or take it away "
                            "first: \"symbolon user remove %s\"",
                            name, roles, name);
        }
    }
    return tell_waiting(client, path, name, fault);
}

/* The node has admitted the key, or may have. */
static void tell_kept(struct sym_fault *fault, const char *path, bool in_doubt)
{
    const struct sym_fault why = *fault;
    if (in_doubt) {
        (void)sym_fail(fault, why.err,
                       "%.120s: the private key is kept, as the node may have admitted it "
                       "(\"symbolon user list\" tells): %.190s",
                       path, why.text);
    } else {
        (void)sym_fail(fault, why.err, "%.190s; the private key is kept in %.120s", why.text, path);
    }
}

/* The file comes first: a user whose key was lost would have to be removed again. */
static enum sym_err add(struct sym_client *client, const char *path, const char *name,
                        unsigned roles, struct sym_fault *fault)
{
    struct sym_sign_key key = {0};
    enum sym_err err = sym_sign_key_new(&key);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "a new key %s", sym_err_text(err));
    }
    err = write_key(path, name, &key, fault);
    if (err == SYM_OK) {
        struct sym_user_add wish = {.name = sym_span_text(name),
                                    .roles = roles,
                                    .key = sym_span(key.public_key, sizeof key.public_key)};
        err = sym_client_do(client, SYM_VERB_USER_ADD, &wish, fault);
        if (err == SYM_HELD || client->in_doubt) {
            tell_kept(fault, path, client->in_doubt);
        } else if (err != SYM_OK) {
            (void)unlink(path);
        }
    }
    sym_sign_key_clear(&key);
    return err;
}

static enum sym_exit run_add(const struct sym_call *call)
{
    const char *name = call->args.operands[0];
    const char *role = sym_args_value(&call->args, "role");
    const char *out = sym_args_value(&call->args, "out");
    char path[SYM_PATH_BYTES];
    struct sym_fault fault;
    unsigned roles = 0;
    if (role == NULL) {
        return sym_command_usage(call, "--role is missing");
    }
    if (sym_user_roles_parse(&roles, sym_span_text(role)) != SYM_OK) {
        return sym_command_usage(
            call, "--role: \"%s\" is not a list of analyst, approver, auditor, operator", role);
    }
    if (sym_nodedir_userkey_path(path, call->dir, name, &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    SYM_CLIENT_AUTO client = {0};
    const char *file = out != NULL ? out : path;
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = out == NULL && access(path, F_OK) == 0
                        ? tell_taken(&client, path, name, &fault)
                        : add(&client, file, name, roles, &fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    char roles_text[ROLES_BYTES];
    sym_user_roles_text(roles_text, sizeof roles_text, roles);
    (void)printf("%s: added as %s; the private key is in %s\n", name, roles_text, file);
    return SYM_EXIT_DONE;
}

const struct sym_command sym_cmd_user_add = {
    .name = "user add",
    .summary = "make a key for a user of this node and admit it",
    .usage = {"NAME --role ROLE[,ROLE]... [--out FILE]"},
    .example = "user add anna --role approver --out anna.key",
    .options = add_options,
    .takes = SYM_TAKES_NODE,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_add,
};

static enum sym_err print_json(const struct sym_user_list *list)
{
    struct sym_json *j = sym_json_new(stdout);
    sym_json_array(j, NULL);
    for (size_t i = 0; i < list->n_users; i++) {
        const struct sym_user_row *user = &list->users[i];
        sym_json_object(j, NULL);
        sym_json_text(j, "name", user->name);
        sym_roles_put_json(j, "roles", user->roles);
        sym_json_hex(j, "public_key", user->key);
        sym_json_time(j, "added", user->added_s);
        sym_json_end(j);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

static enum sym_err print_table(const struct sym_user_list *list)
{
    static const struct sym_column columns[] = {
        {.title = "NAME"}, {.title = "ROLES"}, {.title = "ADDED"}, {.title = "PUBLIC KEY"}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < list->n_users; i++) {
        const struct sym_user_row *user = &list->users[i];
        char roles[ROLES_BYTES];
        char key[2 * SYM_ED25519_BYTES + 1] = "";
        sym_user_roles_text(roles, sizeof roles, user->roles);
        if (user->key.len == SYM_ED25519_BYTES) {
            sym_hex(key, user->key.data, user->key.len);
        }
        sym_table_text(t, user->name);
        sym_table_format(t, "%s", roles);
        sym_table_time(t, user->added_s);
        sym_table_format(t, "%s", key);
    }
    return sym_table_print(t, stdout);
}

static enum sym_exit run_list(const struct sym_call *call)
{
    struct sym_fault fault;
    SYM_ARENA_AUTO arena = {0};
    struct sym_user_list list;
    fault.err = sym_client_fetch(call, SYM_VERB_USER_LIST, &arena, &list, &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    return sym_command_printed(sym_args_has(&call->args, "json") ? print_json(&list)
                                                                 : print_table(&list));
}

const struct sym_command sym_cmd_user_list = {
    .name = "user list",
    .summary = "list the users of this node and their roles",
    .usage = {"[--json]"},
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run_list,
};

static enum sym_exit run_remove(const struct sym_call *call)
{
    const char *name = call->args.operands[0];
    char path[SYM_PATH_BYTES];
    struct sym_fault fault;
    if (sym_nodedir_userkey_path(path, call->dir, name, &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    SYM_CLIENT_AUTO client = {0};
    struct sym_user_name wish = {.name = sym_span_text(name)};
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = sym_client_do(&client, SYM_VERB_USER_REMOVE, &wish, &fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    /* The key opens nothing any more; left behind, it would be one more to choose from. */
    bool removed = unlink(path) == 0;
    (void)printf("%s: removed%s%s\n", name, removed ? ", with " : "", removed ? path : "");
    return SYM_EXIT_DONE;
}

const struct sym_command sym_cmd_user_remove = {
    .name = "user remove",
    .summary = "stop accepting the key of a user, and delete it from DIR/users",
    .usage = {"NAME"},
    .example = "user remove anna",
    .takes = SYM_TAKES_NODE,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_remove,
};
