#include "cli/audit/keys.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void sym_audit_keys_clear(struct sym_audit_keys *k)
{
    free(k->users);
    free(k->nodes);
    *k = (struct sym_audit_keys){.failed = false};
}

/* The text without what mail adds to it. */
static void tidy(struct sym_audit_node *node, struct sym_span text)
{
    node->len = 0;
    for (size_t i = 0; i < text.len && node->len + 1 < sizeof node->text; i++) {
        if (text.data[i] != '\r') {
            node->text[node->len++] = (char)text.data[i];
        }
    }
    while (node->len > 1 && node->text[node->len - 1] == '\n' &&
           node->text[node->len - 2] == '\n') {
        node->len--;
    }
}

static void add_card(struct sym_audit_keys *k, const struct sym_card *card, struct sym_span text)
{
    struct sym_audit_node *grown = reallocarray(k->nodes, k->n_nodes + 1, sizeof *grown);
    if (grown == NULL) {
        k->failed = true;
        return;
    }
    k->nodes = grown;
    struct sym_audit_node *node = &k->nodes[k->n_nodes++];
    *node = (struct sym_audit_node){.card = *card};
    sym_node_id_of(&node->id, card->identity);
    tidy(node, text);
}

/* The node's word which card is whose does not count: a card says so itself. */
static enum sym_err add_partners(struct sym_audit_keys *k, struct sym_client *client,
                                 struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_witness_list list;
    struct sym_empty nothing = {0};
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_LOG_WITNESSES, &nothing, &arena, &list, fault);
    for (size_t i = 0; err == SYM_OK && i < list.n_witnesses; i++) {
        struct sym_card card;
        if (sym_card_parse(&card, list.witnesses[i].card, NULL) == SYM_OK) {
            add_card(k, &card, list.witnesses[i].card);
        }
    }
    return err;
}

enum sym_err sym_audit_keys_begin(struct sym_audit_keys *k, struct sym_client *client,
                                  const struct sym_args *args, struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    struct sym_card own;
    const char *paths[SYM_GIVEN_MAX];
    size_t n = sym_args_values(paths, SYM_GIVEN_MAX, args, "card");
    enum sym_err err = sym_nodedir_card(&own, &text, client->dir, fault);
    if (err == SYM_OK) {
        add_card(k, &own, sym_secret_span(&text));
    }
    for (size_t i = 0; err == SYM_OK && i < n; i++) {
        SYM_CARDS_AUTO cards = {0};
        err = sym_cards_load(&cards, paths[i], fault);
        for (size_t c = 0; err == SYM_OK && c < cards.n; c++) {
            add_card(k, &cards.entries[c].card, cards.entries[c].text);
        }
    }
    if (err == SYM_OK) {
        err = add_partners(k, client, fault);
    }
    if (err == SYM_OK && k->failed) {
        err = sym_fail(fault, SYM_NO_MEMORY, "the cards %s", sym_err_text(SYM_NO_MEMORY));
    }
    return err;
}

static bool learn(void *context, const struct sym_audit_entry *e)
{
    sym_audit_keys_learn(context, e);
    return true;
}

static enum sym_err learn_from(struct sym_audit_keys *k, struct sym_client *client,
                               uint32_t generation, struct sym_fault *fault)
{
    const struct sym_audit_walk walk = {
        .query = {.bodies = true,
                  .generation = generation,
                  .kinds = UINT64_C(1) << SYM_ENTRY_USER | UINT64_C(1) << SYM_ENTRY_PEER},
    };
    return sym_audit_walk(client, &walk, learn, k, fault);
}

/* Goes on to the log that was begun after this one. */
static enum sym_err step(struct sym_client *client, uint32_t *generation, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_log_list list = {.later = 0};
    const struct sym_log_query one = {.generation = *generation, .most = 1};
    enum sym_err err = sym_client_ask(client, SYM_VERB_LOG_LIST, &one, &arena, &list, fault);
    if (err == SYM_OK && list.later <= *generation) {
        return sym_fail(fault, SYM_BAD_FORMAT,
                        "evidence log: the node does not say which log came after generation "
                        "%" PRIu32,
                        *generation);
    }
    *generation = err == SYM_OK ? list.later : *generation;
    return err;
}

enum sym_err sym_audit_keys_earlier(struct sym_audit_keys *k, struct sym_client *client,
                                    uint32_t generation, struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    k->earlier = true;
    uint32_t g = 1;
    while (err == SYM_OK && g < generation) {
        err = learn_from(k, client, g, fault);
        err = err == SYM_OK ? step(client, &g, fault) : err;
    }
    k->earlier = false;
    return err;
}

enum sym_err sym_audit_keys_gather(struct sym_audit_keys *k, struct sym_client *client,
                                   const struct sym_args *args, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_log_head head = {.generation = 0};
    struct sym_empty nothing = {0};
    enum sym_err err = sym_audit_keys_begin(k, client, args, fault);
    if (err == SYM_OK) {
        err = sym_client_ask(client, SYM_VERB_LOG_HEAD, &nothing, &arena, &head, fault);
    }
    if (err == SYM_OK) {
        err = sym_audit_keys_earlier(k, client, head.generation, fault);
    }
    return err == SYM_OK ? learn_from(k, client, head.generation, fault) : err;
}

static void add_user(struct sym_audit_keys *k, const struct sym_user_add *add, uint64_t index)
{
    struct sym_audit_user *grown = reallocarray(k->users, k->n_users + 1, sizeof *grown);
    if (grown == NULL) {
        k->failed = true;
        return;
    }
    k->users = grown;
    struct sym_audit_user *u = &k->users[k->n_users++];
    *u = (struct sym_audit_user){.roles = add->roles, .index = index, .earlier = k->earlier};
    (void)snprintf(u->name, sizeof u->name, "%.*s", (int)add->name.len,
                   (const char *)add->name.data);
    memcpy(u->key, add->key.data, sizeof u->key);
}

static void add_cards(struct sym_audit_keys *k, struct sym_span text)
{
    struct sym_span one;
    struct sym_card card;
    while (sym_card_next(&one, &text) == SYM_OK) {
        if (sym_card_parse(&card, one, NULL) == SYM_OK) {
            add_card(k, &card, one);
        }
    }
}

/* The arguments of a command, when it is one of this verb. */
static bool has_arguments(struct sym_arena *arena, void *arguments, enum sym_verb verb,
                          struct sym_span command)
{
    SYM_ARENA_AUTO outer = {0};
    SYM_ARENA_AUTO inner = {0};
    struct sym_control_request request;
    struct sym_control_body body;
    const struct sym_verb_row *row = sym_verb_row((uint32_t)verb);
    return row != NULL &&
           sym_decode(&outer, &request, &sym_msg_control_request, command) == SYM_OK &&
           sym_decode(&inner, &body, &sym_msg_control_body, request.body) == SYM_OK &&
           body.verb == (uint32_t)verb &&
           sym_decode(arena, arguments, row->arguments, body.arguments) == SYM_OK;
}

/* Whom no command has added: init did. */
static void learn_introduced(struct sym_audit_keys *k, const struct sym_audit_entry *entry)
{
    unsigned roles = 0;
    uint8_t key[SYM_ED25519_BYTES];
    struct sym_span name = entry->body.subject;
    if (entry->leaf.kind == SYM_ENTRY_USER && sym_alias_check(name) == SYM_OK &&
        sym_introduction_read(&roles, key, entry->body.detail) == SYM_OK) {
        const struct sym_user_add user = {
            .name = name, .roles = roles, .key = sym_span(key, sizeof key)};
        add_user(k, &user, entry->index);
    }
}

void sym_audit_keys_learn(struct sym_audit_keys *k, const struct sym_audit_entry *entry)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_user_add user;
    struct sym_peer_add peer;
    struct sym_span command = entry->body.command;
    if (command.len == 0) {
        learn_introduced(k, entry);
        return;
    }
    if (entry->leaf.kind == SYM_ENTRY_USER &&
        has_arguments(&arena, &user, SYM_VERB_USER_ADD, command)) {
        add_user(k, &user, entry->index);
    } else if (entry->leaf.kind == SYM_ENTRY_PEER &&
               has_arguments(&arena, &peer, SYM_VERB_PEER_ADD, command)) {
        add_cards(k, peer.cards);
    }
}

const struct sym_audit_node *sym_audit_keys_node(const struct sym_audit_keys *k, struct sym_span id)
{
    const struct sym_audit_node *best = NULL;
    for (size_t i = 0; i < k->n_nodes; i++) {
        const struct sym_audit_node *n = &k->nodes[i];
        bool fits = sym_span_equal(id, sym_span(n->id.bytes, sizeof n->id.bytes));
        if (fits && (best == NULL || n->card.serial >= best->card.serial)) {
            best = n;
        }
    }
    return best;
}

const struct sym_audit_user *sym_audit_keys_user(const struct sym_audit_keys *k,
                                                 struct sym_span key)
{
    for (size_t i = k->n_users; i > 0; i--) {
        const struct sym_audit_user *u = &k->users[i - 1];
        if (sym_span_equal(key, sym_span(u->key, sizeof u->key))) {
            return u;
        }
    }
    return NULL;
}
