#include "cli/cards.h"
#include "cli/client.h"
#include "cli/file.h"
#include "cli/format.h"
#include "cli/prompt.h"

#include <stdlib.h>
#include <string.h>

static const struct sym_option options[] = {
    {.name = "alias",
     .argument = "ALIAS",
     .help = "local name; default: made from the card's name"},
    {.name = "psk-file",
     .argument = "FILE",
     .help = "preshared key agreed with the partner; see \"peer psk\""},
    {.name = "replace-identity",
     .help = "let the card take the place of a peer whose old key signed the new one"},
    {.name = "yes", .help = "do not ask: the fingerprint was compared before"},
    {0},
};

static const char *const notes[] = {
    "A file with several cards is a roster: its peers are named after themselves, and one",
    "fingerprint stands for all. Nothing is trusted before you compared the fingerprint with what",
    "the partner reads to you.",
    NULL,
};

/* What becomes of one card of the file. */
struct plan {
    char alias[SYM_ALIAS_BYTES];
    bool is_self;
    bool is_known; /* this node, or the one it replaces, is pinned already */
};

static bool is_pinned_as(const struct sym_peer_list *pinned, const char *alias)
{
    for (size_t i = 0; i < pinned->n_peers; i++) {
        if (sym_span_equal(pinned->peers[i].alias, sym_span_text(alias))) {
            return true;
        }
    }
    return false;
}

static bool is_planned(const struct plan *plans, size_t n, const char *alias)
{
    for (size_t i = 0; i < n; i++) {
        if (!plans[i].is_self && strcmp(plans[i].alias, alias) == 0) {
            return true;
        }
    }
    return false;
}

/* The alias under which this node, or the one that it replaces, is pinned already. */
static bool known_alias(char out[SYM_ALIAS_BYTES], const struct sym_card_entry *entry,
                        const struct sym_peer_list *pinned)
{
    struct sym_node_id previous = entry->id;
    if (entry->card.has_previous) {
        sym_node_id_of(&previous, entry->card.previous);
    }
    for (size_t i = 0; i < pinned->n_peers; i++) {
        const struct sym_peer_row *peer = &pinned->peers[i];
        bool same = sym_span_equal(peer->id, sym_span(entry->id.bytes, SYM_NODE_ID_BYTES)) ||
                    sym_span_equal(peer->id, sym_span(previous.bytes, SYM_NODE_ID_BYTES));
        if (same && peer->alias.len < SYM_ALIAS_BYTES) {
            memcpy(out, peer->alias.data, peer->alias.len);
            out[peer->alias.len] = '\0';
            return true;
        }
    }
    return false;
}

/* plans[0..at) are made. */
static void make_plan(struct plan *plans, size_t at, const struct sym_card_entry *entries,
                      const struct sym_peer_list *pinned, const struct sym_node_id *self)
{
    const struct sym_card_entry *entry = &entries[at];
    struct plan *plan = &plans[at];
    char base[SYM_ALIAS_BYTES];
    plan->is_self = sym_node_id_equal(&entry->id, self);
    plan->is_known = known_alias(plan->alias, entry, pinned);
    if (plan->is_known) {
        return;
    }
    for (size_t i = 0; i < at; i++) {
        if (sym_node_id_equal(&entries[i].id, &entry->id)) {
            memcpy(plan->alias, plans[i].alias, sizeof plan->alias);
            return;
        }
    }
    sym_alias_derive(base, entry->card.name);
    memcpy(plan->alias, base, sizeof base);
    for (unsigned number = 2;
         is_pinned_as(pinned, plan->alias) || is_planned(plans, at, plan->alias); number++) {
        sym_alias_number(plan->alias, base, number);
    }
}

static enum sym_err make_plans(struct plan *plans, const struct sym_cards *cards,
                               struct sym_client *client, const char *alias,
                               struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_empty nothing = {0};
    struct sym_peer_list pinned;
    enum sym_err err = sym_client_ask(client, SYM_VERB_PEER_LIST, &nothing, &arena, &pinned, fault);
    if (err != SYM_OK) {
        return err;
    }
    for (size_t i = 0; i < cards->n; i++) {
        make_plan(plans, i, cards->entries, &pinned, &client->node);
    }
    if (alias != NULL) {
        (void)snprintf(plans[0].alias, sizeof plans[0].alias, "%s", alias);
    }
    return SYM_OK;
}

static enum sym_err add_one(struct sym_client *client, const struct sym_card_entry *entry,
                            const struct plan *plan, struct sym_span psk, bool replace_identity,
                            struct sym_fault *fault)
{
    struct sym_peer_add wish = {.cards = entry->text,
                                .alias = sym_span_text(plan->alias),
                                .psk = psk,
                                .replace_identity = replace_identity};
    SYM_ARENA_AUTO arena = {0};
    struct sym_peer_list answer;
    enum sym_err err = sym_client_ask(client, SYM_VERB_PEER_ADD, &wish, &arena, &answer, fault);
    if (err == SYM_OK) {
        (void)printf("%s: pinned\n", plan->alias);
    }
    return err;
}

/* The node knows no file, and says "card: …" of what it was sent; in a roster the line has to say
 * whose card it is about. */
static enum sym_exit failed(const struct sym_fault *fault, const struct plan *plan,
                            const char *path, size_t n_cards)
{
    struct sym_fault named;
    bool of_card = strncmp(fault->text, "card:", 5) == 0;
    if (n_cards == 1 && !of_card) {
        return sym_command_failed(fault);
    }
    if (n_cards == 1) {
        named.err = sym_fail(&named, fault->err, "%.200s%s", path, fault->text + 4);
        return sym_command_failed(&named);
    }
    named.err = sym_fail(&named, fault->err, "%s: %.240s", plan->alias, fault->text);
    return sym_command_failed(&named);
}

/* Will the other cards fare no better? A denial of a card itself has to do with a pinned one. */
static bool is_hopeless(enum sym_err err, const struct plan *plan)
{
    return err == SYM_CLOSED || (err == SYM_DENIED && !plan->is_known);
}

/* A card that is refused does not keep the others out. */
static enum sym_exit add_all(struct sym_client *client, const char *path,
                             const struct sym_cards *cards, const struct plan *plans,
                             const struct sym_secret *psk, bool replace)
{
    enum sym_exit code = SYM_EXIT_DONE;
    bool hopeless = false;
    for (size_t i = 0; i < cards->n && !hopeless; i++) {
        struct sym_fault fault;
        if (plans[i].is_self && cards->n > 1) {
            (void)printf("%s: left out, it is this node\n", plans[i].alias);
            continue;
        }
        enum sym_err err =
            add_one(client, &cards->entries[i], &plans[i], sym_secret_span(psk), replace, &fault);
        if (err != SYM_OK) {
            hopeless = is_hopeless(err, &plans[i]);
            code = failed(&fault, &plans[i], path, cards->n);
        }
    }
    return code;
}

static enum sym_err show(const struct sym_cards *cards, const struct plan *plans)
{
    if (cards->n > 1) {
        return sym_cards_show_roster(stdout, cards);
    }
    (void)printf("%-13s%s\n", "alias", plans[0].alias);
    return sym_cards_show(stdout, &cards->entries[0].card);
}

static enum sym_answer ask(const struct sym_cards *cards)
{
    char question[384];
    if (cards->n > 1) {
        return sym_prompt_confirm(
            "Compare this with the fingerprint that the issuer of the roster reads to you. Add? "
            "[y/N]");
    }
    char name[SYM_FORMAT_TEXT_BYTES(SYM_NAME_BYTES)];
    sym_format_text(name, sizeof name, sym_span_text(cards->entries[0].card.name));
    (void)snprintf(question, sizeof question,
                   "Compare this with the fingerprint that %.256s reads to you. Add? [y/N]", name);
    return sym_prompt_confirm(question);
}

static enum sym_exit check(const struct sym_call *call, const struct sym_cards *cards)
{
    const char *alias = sym_args_value(&call->args, "alias");
    if (alias != NULL && sym_alias_check(sym_span_text(alias)) != SYM_OK) {
        return sym_command_usage(call,
                                 "--alias: \"%s\" is not 1 to 63 characters a-z A-Z 0-9 . _ "
                                 "-, the first a letter or digit",
                                 alias);
    }
    if (cards->n > 1 && (alias != NULL || sym_args_has(&call->args, "psk-file"))) {
        return sym_command_usage(call, "%s holds %zu cards: --alias and --psk-file are for one",
                                 call->args.operands[0], cards->n);
    }
    if (!sym_args_has(&call->args, "yes") && !sym_prompt_possible()) {
        return sym_command_usage(call, "there is no terminal to compare the fingerprint at; give "
                                       "--yes if you did");
    }
    return SYM_EXIT_DONE;
}

static enum sym_exit confirm_and_add(const struct sym_call *call, struct sym_client *client,
                                     const struct sym_cards *cards, const struct plan *plans,
                                     const struct sym_secret *psk)
{
    enum sym_err err = show(cards, plans);
    if (err != SYM_OK) {
        return sym_command_printed(err);
    }
    if (!sym_args_has(&call->args, "yes") && ask(cards) != SYM_ANSWER_YES) {
        struct sym_fault fault;
        fault.err =
            sym_fail(&fault, SYM_CANCELLED, "%s: nothing was added", call->args.operands[0]);
        return sym_command_failed(&fault);
    }
    return add_all(client, call->args.operands[0], cards, plans, psk,
                   sym_args_has(&call->args, "replace-identity"));
}

static enum sym_exit run(const struct sym_call *call)
{
    const char *psk_path = sym_args_value(&call->args, "psk-file");
    struct sym_fault fault;
    SYM_CARDS_AUTO cards = {0};
    SYM_SECRET_AUTO psk = {0};
    SYM_CLIENT_AUTO client = {0};
    fault.err = sym_cards_load(&cards, call->args.operands[0], &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    enum sym_exit code = check(call, &cards);
    if (code != SYM_EXIT_DONE) {
        return code;
    }
    if (psk_path != NULL) {
        fault.err = sym_file_read_psk(&psk, psk_path, &fault);
    }
    if (fault.err == SYM_OK) {
        fault.err = sym_client_open(&client, call, &fault);
    }
    struct plan *plans = calloc(cards.n, sizeof *plans);
    if (plans == NULL && fault.err == SYM_OK) {
        fault.err = sym_fail(&fault, SYM_NO_MEMORY, "the cards: %s", sym_err_text(SYM_NO_MEMORY));
    }
    if (fault.err == SYM_OK) {
        const char *alias = sym_args_value(&call->args, "alias");
        fault.err = make_plans(plans, &cards, &client, alias, &fault);
    }
    code = fault.err != SYM_OK ? sym_command_failed(&fault)
                               : confirm_and_add(call, &client, &cards, plans, &psk);
    free(plans);
    return code;
}

const struct sym_command sym_cmd_peer_add = {
    .name = "peer add",
    .summary = "pin the card of a partner, or all cards of a roster",
    .usage = {"FILE [--alias ALIAS] [--psk-file FILE] [--replace-identity] [--yes]"},
    .example = "peer add bank-b.card --alias bank-b",
    .notes = notes,
    .options = options,
    .takes = SYM_TAKES_NODE,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
