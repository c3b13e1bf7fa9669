#include "cli/cards.h"
#include "cli/client.h"
#include "cli/file.h"
#include "cli/format.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CARD_MODE 0644 /* for everybody */

static const struct sym_option card_options[] = {
    {.name = "out",
     .argument = "FILE",
     .help = "write the card to FILE, which is new or has an older one"},
    {.name = "fingerprint", .help = "show words and hex on standard error, terminal or not"},
    {.name = "renew", .help = "issue a new card first, with a higher serial and a new expiry"},
    {.name = "endpoint",
     .argument = "HOST:PORT",
     .help = "with --renew: how peers reach the node; up to 4 times",
     .many = true},
    {.name = "name", .argument = "NAME", .help = "with --renew: the organisation's new name"},
    {.name = "days", .argument = "N", .help = "with --renew: days until the card expires"},
    {0},
};

/* Asks the node to sign a new card, which it also writes to DIR/node.card. */
static enum sym_err renew(struct sym_secret *text, const struct sym_call *call, uint64_t days,
                          struct sym_fault *fault)
{
    const char *values[SYM_CARD_ENDPOINTS_MAX];
    struct sym_span endpoints[SYM_CARD_ENDPOINTS_MAX];
    size_t n = sym_args_values(values, SYM_CARD_ENDPOINTS_MAX, &call->args, "endpoint");
    for (size_t i = 0; i < n; i++) {
        endpoints[i] = sym_span_text(values[i]);
    }
    const char *name = sym_args_value(&call->args, "name");
    SYM_CLIENT_AUTO client = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_card_renew wish = {.endpoints = endpoints,
                                  .n_endpoints = n,
                                  .name = sym_span_text(name != NULL ? name : ""),
                                  .days = (uint32_t)days};
    struct sym_card_text answer;
    enum sym_err err = sym_client_open(&client, call, fault);
    if (err == SYM_OK) {
        err = sym_client_ask(&client, SYM_VERB_CARD_RENEW, &wish, &arena, &answer, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    err = sym_secret_copy(text, answer.text);
    return err == SYM_OK ? err : sym_fail(fault, err, "the card %s", sym_err_text(err));
}

static enum sym_err get_card(struct sym_card *card, struct sym_secret *text,
                             const struct sym_call *call, uint64_t days, struct sym_fault *fault)
{
    if (!sym_args_has(&call->args, "renew")) {
        return sym_nodedir_card(card, text, call->dir, fault);
    }
    enum sym_err err = renew(text, call, days, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_card_parse(card, sym_secret_span(text), fault);
    return err == SYM_OK ? err : sym_fail(fault, err, "the renewed card %s", sym_err_text(err));
}

/* To a device, a pipe or what a link leads to: that is what it stays. */
static enum sym_err pass_card(const char *path, struct sym_span text, struct sym_fault *fault)
{
    FILE *to = fopen(path, "we");
    if (to == NULL) {
        return sym_file_fault(fault, path);
    }
    (void)fwrite(text.data, 1, text.len, to);
    return fclose(to) == 0 ? SYM_OK : sym_file_fault(fault, path);
}

/* The file itself may be written all the same. That empties it first, so nobody does it unasked. */
static enum sym_err offer_other_way(const char *path, enum sym_err err, struct sym_fault *fault)
{
    struct sym_fault why = *fault;
    if ((err != SYM_BAD_PERMISSIONS && err != SYM_IN_USE) || access(path, W_OK) != 0) {
        return err;
    }
    return sym_fail(fault, err, "%.270s; or write into this one: \"symbolon card > FILE\"",
                    why.text);
}

static enum sym_err replace_card(const char *path, struct sym_span text, struct sym_fault *fault)
{
    struct sym_new_file file = {0};
    enum sym_err err = sym_new_file_open(&file, path, fault);
    if (err == SYM_OK) {
        (void)fwrite(text.data, 1, text.len, file.stream);
        err = fchmod(fileno(file.stream), CARD_MODE) == 0 ? SYM_OK : sym_file_fault(fault, path);
        err = sym_new_file_close(&file, err, true, fault);
    }
    return err == SYM_OK ? err : offer_other_way(path, err, fault);
}

/* An older card of this node may be written again, also one of an identity that it had before, and
 * nothing is lost with an empty file; anything else was named by mistake. */
static enum sym_err check_old(const char *path, const struct sym_card *own, struct sym_fault *fault)
{
    SYM_SECRET_AUTO old = {0};
    struct sym_card card;
    struct stat st;
    struct sym_fault unread;
    char shown[SYM_FAULT_BYTES];
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
        return SYM_OK;
    }
    enum sym_err err = sym_file_read(&old, path, SYM_CARD_BYTES_MAX, fault);
    if (err != SYM_OK && err != SYM_TOO_LONG) {
        return err;
    }
    bool is_own = err == SYM_OK &&
                  sym_card_parse(&card, sym_secret_span(&old), &unread) == SYM_OK &&
                  (sym_equal(card.identity, own->identity, sizeof card.identity) ||
                   strcmp(card.name, own->name) == 0);
    return is_own ? SYM_OK
                  : sym_fail(fault, SYM_EXISTS,
                             "%s: exists already, is no card of this node and is not overwritten; "
                             "choose another name or remove it",
                             sym_file_show(shown, path));
}

static enum sym_err write_card(const char *path, struct sym_span text, const struct sym_card *own,
                               struct sym_fault *fault)
{
    struct stat st;
    enum sym_err err = check_old(path, own, fault);
    if (err != SYM_OK) {
        return err;
    }
    return lstat(path, &st) == 0 && !S_ISREG(st.st_mode) ? pass_card(path, text, fault)
                                                         : replace_card(path, text, fault);
}

static enum sym_err print_card(const struct sym_card *card, const struct sym_secret *text,
                               const struct sym_call *call, struct sym_fault *fault)
{
    const char *path = sym_args_value(&call->args, "out");
    enum sym_err err = SYM_OK;
    if (path != NULL) {
        err = write_card(path, sym_secret_span(text), card, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (sym_args_has(&call->args, "json")) {
        struct sym_json *j = sym_json_new(stdout);
        sym_cards_json(j, NULL, card);
        err = sym_json_finish(j);
        return err == SYM_OK ? err : sym_fail(fault, err, "JSON: %s", sym_err_text(err));
    }
    if (path == NULL) {
        (void)fwrite(text->data, 1, text->len, stdout);
        (void)fflush(stdout);
    }
    return SYM_OK;
}

static void tell_more(const struct sym_card *card, const struct sym_call *call)
{
    if (sym_args_has(&call->args, "fingerprint") ||
        (isatty(STDOUT_FILENO) && !sym_args_has(&call->args, "json"))) {
        struct sym_node_id id;
        sym_node_id_of(&id, card->identity);
        sym_cards_show_fingerprint(stderr, &id);
    }
    if (card->expires_s <= (int64_t)time(NULL)) {
        char expired[SYM_FORMAT_BYTES];
        sym_format_time(expired, (uint64_t)card->expires_s);
        (void)fprintf(stderr,
                      "symbolon: this card expired on %s; make a new one with: \"symbolon "
                      "card --renew\"\n",
                      expired);
    }
}

static enum sym_exit check(uint64_t *days, const struct sym_call *call)
{
    static const char *const renewing[] = {"endpoint", "name", "days"};
    const char *too_many[SYM_CARD_ENDPOINTS_MAX + 1];
    for (size_t i = 0; i < sizeof renewing / sizeof *renewing; i++) {
        if (sym_args_has(&call->args, renewing[i]) && !sym_args_has(&call->args, "renew")) {
            return sym_command_usage(call, "--%s changes the card only with --renew", renewing[i]);
        }
    }
    if (sym_args_values(too_many, SYM_CARD_ENDPOINTS_MAX + 1, &call->args, "endpoint") >
        SYM_CARD_ENDPOINTS_MAX) {
        return sym_command_usage(call, "--endpoint: a card holds at most %u",
                                 SYM_CARD_ENDPOINTS_MAX);
    }
    struct sym_fault fault;
    if (sym_args_number(days, &call->args, "days", 1, 1096, &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    return SYM_EXIT_DONE;
}

static enum sym_exit run_card(const struct sym_call *call)
{
    uint64_t days = 0; /* as long as before */
    enum sym_exit code = check(&days, call);
    if (code != SYM_EXIT_DONE) {
        return code;
    }
    struct sym_fault fault;
    struct sym_card card;
    SYM_SECRET_AUTO text = {0};
    fault.err = get_card(&card, &text, call, days, &fault);
    if (fault.err == SYM_OK) {
        fault.err = print_card(&card, &text, call, &fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    tell_more(&card, call);
    return SYM_EXIT_DONE;
}

const struct sym_command sym_cmd_card = {
    .name = "card",
    .summary = "print this node's card, to be given to partners",
    .usage = {"[--out FILE] [--fingerprint]",
              "--renew [--endpoint HOST:PORT]... [--name NAME] [--days N]"},
    .example = "card --out bank-a.card --fingerprint",
    .options = card_options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run_card,
};
