#include "cli/command.h"
#include "cli/file.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/verify.h"
#include "proto/exhibit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool same_key(const uint8_t a[SYM_ED25519_BYTES], const uint8_t b[SYM_ED25519_BYTES])
{
    return sym_span_equal(sym_span(a, SYM_ED25519_BYTES), sym_span(b, SYM_ED25519_BYTES));
}

bool sym_trust_is_empty(const struct sym_trust *t)
{
    return t->n_keys == 0 && t->n_cards == 0;
}

const uint8_t *sym_trust_log_key(const struct sym_trust *t, struct sym_span origin)
{
    for (size_t i = 0; i < t->n_keys; i++) {
        if (t->keys[i].type == SYM_NOTE_ED25519 &&
            sym_span_equal(sym_span_text(t->keys[i].name), origin)) {
            return t->keys[i].key;
        }
    }
    for (size_t i = 0; i < t->n_cards; i++) {
        struct sym_node_id id;
        sym_node_id_of(&id, t->cards[i].identity);
        if (sym_origin_is_of(origin, &id)) {
            return t->cards[i].log;
        }
    }
    return NULL;
}

bool sym_trust_card(const struct sym_trust *t, const struct sym_card *card)
{
    struct sym_node_id id;
    sym_node_id_of(&id, card->identity);
    for (size_t i = 0; i < t->n_cards; i++) {
        if (same_key(t->cards[i].identity, card->identity) &&
            same_key(t->cards[i].log, card->log)) {
            return true;
        }
    }
    /* The origin of a log names the identity: its key vouches for the card that has both. */
    for (size_t i = 0; i < t->n_keys; i++) {
        if (t->keys[i].type == SYM_NOTE_ED25519 && same_key(t->keys[i].key, card->log) &&
            sym_origin_is_of(sym_span_text(t->keys[i].name), &id)) {
            return true;
        }
    }
    return false;
}

static enum sym_err check_cosigner(size_t *n, const struct sym_note *note,
                                   const struct sym_note_key *key, const char *name,
                                   struct sym_fault *fault)
{
    enum sym_err err = sym_note_verify(note, key, NULL);
    if (err == SYM_NOT_FOUND) {
        return SYM_OK;
    }
    *n += err == SYM_OK ? 1 : 0;
    return err == SYM_OK ? err
                         : sym_fail(fault, err, "%s: the cosignature of %s %s", name, key->name,
                                    sym_err_text(err));
}

/* The keys first, then those of the cards; a key of a log is left out. */
static bool cosigner_at(struct sym_note_key *out, const struct sym_trust *t, size_t at)
{
    if (at < t->n_keys) {
        *out = t->keys[at];
        return out->type == SYM_NOTE_COSIGNATURE;
    }
    const struct sym_card *card = &t->cards[at - t->n_keys];
    struct sym_node_id id;
    *out = (struct sym_note_key){.type = SYM_NOTE_COSIGNATURE};
    sym_node_id_of(&id, card->identity);
    sym_witness_name(out->name, &id);
    memcpy(out->key, card->cosign, sizeof out->key);
    return true;
}

/* Somebody who is given twice, by key and by card, has signed once. */
static bool is_first(const struct sym_trust *t, const struct sym_note_key *key, size_t at)
{
    struct sym_note_key before;
    for (size_t i = 0; i < at; i++) {
        if (cosigner_at(&before, t, i) && strcmp(before.name, key->name) == 0 &&
            same_key(before.key, key->key)) {
            return false;
        }
    }
    return true;
}

enum sym_err sym_trust_cosigners(const struct sym_trust *t, size_t *n, const struct sym_note *note,
                                 const char *name, struct sym_fault *fault)
{
    struct sym_note_key key;
    enum sym_err err = SYM_OK;
    for (size_t i = 0; i < t->n_keys + t->n_cards && err == SYM_OK; i++) {
        if (cosigner_at(&key, t, i) && is_first(t, &key, i)) {
            err = check_cosigner(n, note, &key, name, fault);
        }
    }
    return err;
}

static enum sym_err read_trust(struct sym_trust *t, const struct sym_args *args,
                               struct sym_fault *fault)
{
    const char *values[SYM_TRUST_MAX];
    enum sym_err err = SYM_OK;
    size_t n = sym_args_values(values, SYM_TRUST_MAX, args, "key");
    for (size_t i = 0; i < n && err == SYM_OK; i++) {
        err = sym_vkey_read(&t->keys[t->n_keys++], sym_span_text(values[i]));
        if (err != SYM_OK) {
            return sym_fail(fault, err,
                            "--key %zu: is not a verifier key, NAME+ID+BASE64, as the file keys "
                            "of an exported log has it",
                            i + 1);
        }
    }
    n = sym_args_values(values, SYM_TRUST_MAX, args, "card");
    for (size_t i = 0; i < n && err == SYM_OK; i++) {
        SYM_SECRET_AUTO text = {0};
        char name[SYM_FAULT_BYTES];
        struct sym_fault why;
        err = sym_file_read(&text, values[i], SYM_CARD_BYTES_MAX, fault);
        if (err == SYM_OK) {
            err = sym_card_parse(&t->cards[t->n_cards++], sym_secret_span(&text), &why);
            if (err != SYM_OK) {
                return sym_fail(fault, err, "%s: %s", sym_file_show(name, values[i]), why.text);
            }
        }
    }
    return err;
}

struct findings {
    struct sym_verdict *verdicts;
    char **paths;
    size_t n;
};

static enum sym_err show_table(const struct findings *f)
{
    static const struct sym_column columns[] = {
        {.title = "FILE"}, {.title = "KIND"}, {.title = "VERDICT"}, {.title = "WHAT"}};
    struct sym_table *t = sym_table_new(columns, 4);
    for (size_t i = 0; i < f->n; i++) {
        const struct sym_verdict *v = &f->verdicts[i];
        sym_table_text(t, sym_span_text(f->paths[i]));
        sym_table_format(t, "%s", v->kind);
        sym_table_format(t, "%s",
                         v->good      ? "good"
                         : v->absent  ? "missing"
                         : v->strange ? "unknown key"
                                      : "WRONG");
        sym_table_text(t, sym_span_text(v->text));
    }
    return sym_table_print(t, stdout);
}

static enum sym_err show_json(const struct findings *f)
{
    struct sym_json *j = sym_json_new(stdout);
    sym_json_array(j, NULL);
    for (size_t i = 0; i < f->n; i++) {
        const struct sym_verdict *v = &f->verdicts[i];
        sym_json_object(j, NULL);
        sym_json_string(j, "file", f->paths[i]);
        sym_json_string(j, "kind", v->kind);
        sym_json_bool(j, "good", v->good);
        sym_json_bool(j, "missing", v->absent);
        sym_json_bool(j, "trusted", v->trusted);
        sym_json_string(j, "what", v->text);
        if (v->origin[0] != '\0') {
            sym_json_string(j, "origin", v->origin);
            sym_json_number(j, "size", v->size);
            sym_json_string(j, "head", sym_head_text(v));
        }
        sym_json_end(j);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

/* The export that is verified next: the shortest first, as its head is compared with longer ones.
 * SIZE_MAX: none is left. */
static size_t next_export(const struct findings *f)
{
    size_t next = SIZE_MAX;
    for (size_t i = 0; i < f->n; i++) {
        bool waits = f->verdicts[i].kind == NULL;
        next =
            waits && (next == SIZE_MAX || f->verdicts[i].size < f->verdicts[next].size) ? i : next;
    }
    return next;
}

/* Files first, then exports, with which the heads that came before are compared. */
static void verify_each(const struct findings *f, const struct sym_trust *trust)
{
    const struct sym_heads heads = {.verdicts = f->verdicts, .paths = f->paths, .n = f->n};
    char name[SYM_FAULT_BYTES];
    struct stat st;
    for (size_t i = 0; i < f->n; i++) {
        if (stat(f->paths[i], &st) == 0 && S_ISDIR(st.st_mode)) {
            f->verdicts[i].size = sym_heads_claimed(f->paths[i]);
        } else {
            sym_verify_file(&f->verdicts[i], trust, f->paths[i]);
        }
    }
    for (size_t i; (i = next_export(f)) != SIZE_MAX;) {
        sym_verify_directory(&f->verdicts[i], trust, f->paths[i], &heads);
        sym_heads_settle(&heads, &f->verdicts[i], sym_file_show(name, f->paths[i]));
    }
    sym_heads_end(&heads);
}

static enum sym_exit verify_all(const struct sym_call *call, const struct sym_trust *trust)
{
    struct findings f = {.paths = call->args.operands, .n = call->args.n_operands};
    bool good = true;
    bool wrong = false;
    f.verdicts = calloc(f.n, sizeof *f.verdicts);
    if (f.verdicts == NULL) {
        return sym_command_printed(SYM_NO_MEMORY);
    }
    verify_each(&f, trust);
    for (size_t i = 0; i < f.n; i++) {
        good = good && f.verdicts[i].good;
        wrong = wrong || (!f.verdicts[i].good && !f.verdicts[i].absent);
    }
    enum sym_exit code =
        sym_command_printed(sym_args_has(&call->args, "json") ? show_json(&f) : show_table(&f));
    free(f.verdicts);
    return good ? code : wrong ? SYM_EXIT_FAILED : SYM_EXIT_USAGE;
}

static enum sym_exit run_verify(const struct sym_call *call)
{
    struct sym_fault fault;
    struct sym_trust *trust = calloc(1, sizeof *trust);
    if (trust == NULL) {
        return sym_command_printed(SYM_NO_MEMORY);
    }
    fault.err = read_trust(trust, &call->args, &fault);
    enum sym_exit code =
        fault.err == SYM_OK ? verify_all(call, trust) : sym_command_usage(call, "%s", fault.text);
    free(trust);
    return code;
}

static const struct sym_option options[] = {
    {.name = "key",
     .argument = "VKEY",
     .help = "a key that is trusted: NAME+ID+BASE64 of a log or cosigner",
     .many = true},
    {.name = "card",
     .argument = "FILE",
     .help = "the card of a node that is trusted",
     .many = true},
    {0},
};

static const char *const notes[] = {
    "FILE is a proof, checkpoint, receipt, split, breach, report or card, or the directory of an "
    "exported "
    "log.",
    "Without --key and --card a file is compared with the card that it brings along, and the",
    "verdict says so; proofs and checkpoints bring none. An unknown key is said of what was signed",
    "with a key that is none of those given, WRONG of what does not hold (exit code 1), missing of",
    "a file that is not there (exit code 2 where nothing else is amiss).",
    "",
    "Cosignatures are partners' signatures on the head of the log; those of partners whose card or",
    "key is given, or stands in the export, are checked and counted. A head that is newer than the",
    "last exchange has none yet.",
    "",
    "An export is checked against the head in it. Another head, such as a checkpoint that was "
    "kept,",
    "a report or an older export, is compared with the entries only when both are named at once:",
    "the verdict says whether the first entries make it, or that it was not compared. Two heads of",
    "one size with different roots contradict each other without an export.",
    NULL,
};

const struct sym_command sym_cmd_verify = {
    .name = "verify",
    .summary = "check exported evidence; needs no node",
    .usage = {"FILE [FILE...] [--key VKEY]... [--card FILE]..."},
    .example = "verify evidence report.md.exhibit --card bank-a.card",
    .notes = notes,
    .options = options,
    .takes = SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1000,
    .run = run_verify,
};
