#include "cli/backup_file.h"
#include "cli/client.h"
#include "cli/daemon.h"
#include "cli/format.h"
#include "cli/json.h"
#include "cli/pause.h"
#include "cli/progress.h"
#include "cli/prompt.h"
#include "crypto/seal.h"
#include "crypto/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES          5u
#define PAUSE_US       500000u
#define FREE_PARTS     512u /* before the pace counts */
#define PARTS_A_SECOND 50u  /* so that other users' requests find room, too */

static const struct sym_option backup_options[] = {
    {.name = "passphrase-file",
     .argument = "FILE",
     .help = "holds the passphrase of the backup; otherwise it is asked for"},
    {.name = "with-user-keys", .help = "put the private keys in DIR/users into it, too"},
    {.name = "force", .help = "replace the file when there is one"},
    {0},
};

static const char *const backup_notes[] = {
    "The node goes on meanwhile; the backup is of the moment in which it began. It has a "
    "passphrase",
    "of its own; the node in it still needs the one it was made with, which is not in the backup.",
    "Users' private keys are theirs: keep them elsewhere, or nobody can ask a restored node.",
    NULL,
};

struct work {
    const struct sym_call *call;
    struct sym_client client;
    struct sym_backup_file *file;
    struct sym_secret passphrase;
    uint8_t id[SYM_BACKUP_ID_BYTES];
    bool begun;
    struct sym_progress progress;
    uint64_t began_us;
    uint64_t total;
    uint64_t done;
    uint64_t parts;
    unsigned user_keys;
    struct sym_backup_about about;
    uint64_t file_bytes;
};

/* The passphrase ------------------------------------------------------------------------------ */

static enum sym_err too_short(struct sym_fault *fault)
{
    return sym_fail(fault, SYM_SHORT,
                    "the passphrase is too short: choose one of at least %u characters",
                    SYM_PASSPHRASE_BYTES_MIN);
}

static enum sym_err read_passphrase(struct sym_secret *out, const char *path,
                                    struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    enum sym_err err = sym_file_read_private(&text, path, SYM_PASSPHRASE_BYTES_MAX + 1, fault);
    if (err != SYM_OK) {
        return err;
    }
    size_t len = text.len > 0 && text.data[text.len - 1] == '\n' ? text.len - 1 : text.len;
    if (len < SYM_PASSPHRASE_BYTES_MIN) {
        return too_short(fault);
    }
    if (!sym_text_is_typed(sym_span(text.data, len))) {
        char shown[SYM_FAULT_BYTES];
        return sym_fail(fault, SYM_BAD_FORMAT,
                        "%.120s: the passphrase in it could never be typed: an editor has put a "
                        "byte order mark in front, or other line ends than LF; save it without "
                        "them",
                        sym_file_show(shown, path));
    }
    err = sym_secret_copy(out, sym_span(text.data, len));
    return err == SYM_OK ? err : sym_fail(fault, err, "the passphrase %s", sym_err_text(err));
}

static enum sym_err ask(struct sym_secret *out, const char *question, struct sym_fault *fault)
{
    enum sym_err err = sym_prompt_secret(out, question, SYM_PASSPHRASE_BYTES_MAX);
    if (err == SYM_NOT_FOUND) {
        return sym_fail(fault, err,
                        "a backup needs a passphrase, and there is no terminal to ask at: give "
                        "--passphrase-file");
    }
    return err == SYM_OK ? err : sym_fail(fault, err, "the passphrase %s", sym_err_text(err));
}

static enum sym_err ask_twice(struct sym_secret *out, struct sym_fault *fault)
{
    SYM_SECRET_AUTO again = {0};
    char question[80];
    (void)snprintf(question, sizeof question,
                   "Passphrase of the backup (%u characters or more): ", SYM_PASSPHRASE_BYTES_MIN);
    enum sym_err err = ask(out, question, fault);
    if (err == SYM_OK && out->len < SYM_PASSPHRASE_BYTES_MIN) {
        err = too_short(fault);
    }
    if (err == SYM_OK) {
        err = ask(&again, "Once more: ", fault);
    }
    if (err == SYM_OK && (again.len != out->len || !sym_equal(again.data, out->data, out->len))) {
        err = sym_fail(fault, SYM_BAD_VALUE, "the two passphrases differ: try again");
    }
    return err;
}

/* Fetching ------------------------------------------------------------------------------------ */

/* A lost answer is no reason to give up, and neither are many requests at once. */
static enum sym_err fetch(struct work *w, enum sym_verb verb, const void *arguments,
                          struct sym_arena *arena, void *answer, struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    for (unsigned i = 0; i < TRIES; i++) {
        err = i > 0 ? sym_client_connect(&w->client, fault) : SYM_OK;
        if (err == SYM_OK) {
            err = sym_client_ask(&w->client, verb, arguments, arena, answer, fault);
        }
        if ((err != SYM_CLOSED && err != SYM_LIMIT) || i + 1 == TRIES) {
            break;
        }
        if (sym_pause(PAUSE_US)) {
            return sym_fail(fault, SYM_CANCELLED, "the backup was cancelled");
        }
    }
    return err;
}

static bool keep_pace(const struct work *w)
{
    uint64_t due_us = w->parts <= FREE_PARTS
                          ? 0
                          : w->began_us + (w->parts - FREE_PARTS) * 1000000u / PARTS_A_SECOND;
    uint64_t now_us = sym_steady_us();
    return sym_pause(due_us > now_us ? due_us - now_us : 0);
}

static enum sym_err fetch_part(struct work *w, const struct sym_backup_query *query, uint64_t *len,
                               struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_backup_bytes part = {.bytes = sym_span(NULL, 0)};
    if (keep_pace(w)) {
        return sym_fail(fault, SYM_CANCELLED, "the backup was cancelled");
    }
    enum sym_err err = fetch(w, SYM_VERB_BACKUP_CHUNK, query, &arena, &part, fault);
    if (err != SYM_OK) {
        return err;
    }
    w->parts++;
    w->done += part.bytes.len;
    *len = part.bytes.len;
    sym_progress_update(&w->progress, w->done, w->total, sym_steady_us());
    return sym_backup_file_add(w->file, part.bytes, fault);
}

static enum sym_err fetch_member(struct work *w, const struct sym_backup_member *member,
                                 uint32_t number, struct sym_fault *fault)
{
    enum sym_err err = sym_backup_file_member(w->file, member->name, member->bytes, fault);
    struct sym_backup_query query = {.id = sym_span(w->id, sizeof w->id), .member = number};
    while (err == SYM_OK && query.at < member->bytes) {
        uint64_t len = 0;
        err = fetch_part(w, &query, &len, fault);
        query.at += len;
    }
    if (err == SYM_OK && query.at > member->bytes) {
        err = sym_fail(fault, SYM_BAD_FORMAT,
                       "the node sent more than it has announced: take the "
                       "backup again");
    }
    return err;
}

static enum sym_err open_file(struct work *w, uint64_t time_ms, struct sym_fault *fault)
{
    w->about = (struct sym_backup_about){.node = w->client.node, .time_ms = time_ms};
    return sym_backup_file_new(&w->file, w->call->args.operands[0], &w->about, &w->passphrase,
                               fault);
}

static enum sym_err fetch_all(struct work *w, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_backup_begun begun;
    struct sym_backup_begin begin = {.id = sym_span(w->id, sizeof w->id)};
    enum sym_err err = fetch(w, SYM_VERB_BACKUP_BEGIN, &begin, &arena, &begun, fault);
    if (err != SYM_OK) {
        return err;
    }
    w->begun = true;
    for (size_t i = 0; i < begun.n_members; i++) {
        w->total += begun.members[i].bytes;
    }
    err = open_file(w, begun.time_ms, fault);
    w->began_us = sym_steady_us();
    w->progress = sym_progress("backup", SYM_PROGRESS_BYTES, w->began_us);
    for (size_t i = 0; i < begun.n_members && err == SYM_OK; i++) {
        err = fetch_member(w, &begun.members[i], (uint32_t)i, fault);
    }
    sym_progress_end(&w->progress);
    return err;
}

/* Users' keys --------------------------------------------------------------------------------- */

static int is_key(const struct dirent *entry)
{
    char name[sizeof SYM_BACKUP_USER_DIR + sizeof entry->d_name];
    enum sym_backup_kind kind;
    (void)snprintf(name, sizeof name, SYM_BACKUP_USER_DIR "%s", entry->d_name);
    return sym_backup_kind(&kind, sym_span_text(name)) == SYM_OK;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum sym_err add_key(struct work *w, const char *file, struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    char name[sizeof SYM_BACKUP_USER_DIR + NAME_MAX];
    char path[SYM_PATH_BYTES];
    (void)snprintf(name, sizeof name, SYM_BACKUP_USER_DIR "%s", file);
    enum sym_err err = sym_nodedir_path(path, w->call->dir, name, fault);
    if (err == SYM_OK) {
        err = sym_file_read_private(&text, path, SYM_USERKEY_BYTES_MAX, fault);
    }
    if (err == SYM_OK) {
        err = sym_backup_file_member(w->file, sym_span_text(name), text.len, fault);
    }
    if (err == SYM_OK) {
        err = sym_backup_file_add(w->file, sym_secret_span(&text), fault);
        w->user_keys++;
    }
    return err;
}

static enum sym_err add_keys(struct work *w, struct sym_fault *fault)
{
    char path[SYM_PATH_BYTES];
    struct dirent **found = NULL;
    enum sym_err err = sym_nodedir_path(path, w->call->dir, "users", fault);
    if (err != SYM_OK) {
        return err;
    }
    int n = scandir(path, &found, is_key, by_bytes);
    if (n < 0) {
        return sym_file_fault(fault, path);
    }
    for (int i = 0; i < n; i++) {
        err = err == SYM_OK ? add_key(w, found[i]->d_name, fault) : err;
        free(found[i]);
    }
    free(found);
    return err;
}

/* The command --------------------------------------------------------------------------------- */

static enum sym_err check_target(const struct sym_call *call, struct sym_fault *fault)
{
    const char *path = call->args.operands[0];
    struct stat there;
    char shown[SYM_FAULT_BYTES];
    if (lstat(path, &there) != 0 || sym_args_has(&call->args, "force")) {
        return SYM_OK;
    }
    return sym_fail(fault, SYM_EXISTS, "%.200s: exists already; choose another name, or --force",
                    sym_file_show(shown, path));
}

/* The file is in its place, whatever becomes of the telling. */
static enum sym_err tell_whole(struct work *w, const struct sym_backup_ended *end,
                               struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_empty nothing;
    struct sym_fault why;
    char shown[SYM_FAULT_BYTES];
    enum sym_err err = fetch(w, SYM_VERB_BACKUP_END, end, &arena, &nothing, &why);
    return err == SYM_OK
               ? err
               : sym_fail(fault, err,
                          "%.120s: is a whole backup, but the log of the node may have no "
                          "entry about it: %.180s",
                          sym_file_show(shown, w->call->args.operands[0]), why.text);
}

/* The node is told in every case: until then it keeps the moment. What cannot be said is noticed
 * there before long. */
static enum sym_err tell_end(struct work *w, enum sym_err err, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_empty nothing;
    struct sym_fault unread;
    struct sym_backup_ended end = {.id = sym_span(w->id, sizeof w->id), .whole = err == SYM_OK};
    if (err == SYM_OK) {
        return tell_whole(w, &end, fault);
    }
    enum sym_err told =
        sym_client_ask(&w->client, SYM_VERB_BACKUP_END, &end, &arena, &nothing, &unread);
    (void)told;
    return err;
}

static enum sym_err take(struct work *w, struct sym_fault *fault)
{
    const char *file = sym_args_value(&w->call->args, "passphrase-file");
    enum sym_err err = check_target(w->call, fault);
    if (err == SYM_OK) {
        err = file != NULL ? read_passphrase(&w->passphrase, file, fault)
                           : ask_twice(&w->passphrase, fault);
    }
    if (err == SYM_OK) {
        err = sym_client_open(&w->client, w->call, fault);
    }
    if (err == SYM_OK) {
        sym_random(w->id, sizeof w->id);
        err = fetch_all(w, fault);
    }
    if (err == SYM_OK && sym_args_has(&w->call->args, "with-user-keys")) {
        err = add_keys(w, fault);
    }
    if (w->file != NULL) {
        err = sym_backup_file_end(w->file, err, sym_args_has(&w->call->args, "force"),
                                  &w->file_bytes, fault);
    }
    if (w->begun) {
        err = tell_end(w, err, fault);
    }
    return err;
}

static enum sym_err print_json(const struct work *w)
{
    struct sym_json *j = sym_json_new(stdout);
    sym_json_object(j, NULL);
    sym_json_string(j, "file", w->call->args.operands[0]);
    sym_json_number(j, "bytes", w->file_bytes);
    sym_json_hex(j, "node", sym_span(w->about.node.bytes, sizeof w->about.node.bytes));
    sym_json_time(j, "time", w->about.time_ms / 1000);
    sym_json_number(j, "user_keys", w->user_keys);
    sym_json_end(j);
    return sym_json_finish(j);
}

static enum sym_err print_text(const struct work *w)
{
    char size[SYM_FORMAT_BYTES];
    char shown[SYM_FAULT_BYTES];
    sym_format_bytes(size, w->file_bytes);
    (void)printf(
        "%s: %s, sealed under its own passphrase\n"
        "To restore it you also need what opens the keys of the node (its passphrase or key "
        "file): that is not in it.\n",
        sym_file_show(shown, w->call->args.operands[0]), size);
    if (w->user_keys == 0) {
        (void)printf("Users' private keys are not in it: keep copies elsewhere, or add "
                     "--with-user-keys.\n");
    }
    return SYM_OK;
}

static enum sym_exit run_backup(const struct sym_call *call)
{
    struct work w = {.call = call, .client = {.bus = SYM_BUS_CLOSED}};
    struct sym_fault fault = {.text = ""};
    sym_pause_begin();
    fault.err = take(&w, &fault);
    sym_secret_clear(&w.passphrase);
    sym_client_close(&w.client);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    return sym_command_printed(sym_args_has(&call->args, "json") ? print_json(&w) : print_text(&w));
}

const struct sym_command sym_cmd_backup = {
    .name = "backup",
    .summary = "write an encrypted backup of the running node to a file",
    .usage = {"FILE [--passphrase-file FILE] [--with-user-keys] [--force] [--json]"},
    .example = "backup bank-a.backup --passphrase-file backup.pass",
    .notes = backup_notes,
    .options = backup_options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_backup,
};

static const struct sym_option restore_options[] = {
    {.name = "passphrase-file",
     .argument = "FILE",
     .help = "holds the passphrase of the backup; otherwise it is asked for"},
    {0},
};

static const char *const restore_notes[] = {
    "DIR must not exist, or be empty. Nothing is in its place before all of the file was checked.",
    "The restored node begins a new evidence log that names the newest entry of the backup, and",
    "partners see that. Privacy budgets count as spent for 366 days. Never let it run beside the",
    "node that the backup was taken of.",
    NULL,
};

static enum sym_exit run_restore(const struct sym_call *call)
{
    struct sym_daemon d = sym_daemon();
    sym_daemon_option(&d, "--restore", call->args.operands[0]);
    sym_daemon_option(&d, "--dir", call->dir);
    sym_daemon_option(&d, "--passphrase-file", sym_args_value(&call->args, "passphrase-file"));
    struct sym_fault fault;
    fault.err = sym_daemon_exec(&d, &fault);
    return sym_command_failed(&fault);
}

const struct sym_command sym_cmd_restore = {
    .name = "restore",
    .summary = "make a node from a backup, in a new directory",
    .usage = {"FILE --dir DIR [--passphrase-file FILE]"},
    .example = "restore bank-a.backup --dir bank-a --passphrase-file backup.pass",
    .notes = restore_notes,
    .options = restore_options,
    .takes = SYM_TAKES_DIR,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_restore,
};
