#include "cli/cards.h"

#include "cli/file.h"
#include "cli/format.h"
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>

#define ROSTER_FILE_BYTES_MAX (SYM_ROSTER_CARDS_MAX * SYM_CARD_BYTES_MAX)
#define LABEL_COLUMNS         13
#define WORDS_PER_LINE        8
#define HEX_GROUPS_BYTES      (SYM_NODE_ID_BYTES * 5 / 2 + 2)

static size_t count_cards(struct sym_span text)
{
    struct sym_span one;
    size_t n = 0;
    while (n <= SYM_ROSTER_CARDS_MAX && sym_card_next(&one, &text) == SYM_OK) {
        n++;
    }
    return n;
}

static enum sym_err parse_entry(struct sym_card_entry *entry, const char *path, size_t number,
                                size_t n, struct sym_fault *fault)
{
    struct sym_fault why = {.err = SYM_OK, .text = ""};
    enum sym_err err = sym_card_parse(&entry->card, entry->text, &why);
    if (err == SYM_OK) {
        sym_node_id_of(&entry->id, entry->card.identity);
        return SYM_OK;
    }
    if (n == 1 && strncmp(why.text, "card:", 5) == 0) {
        return sym_fail(fault, err, "%s%s", path, why.text + 4); /* "a.card:3: …" */
    }
    const char *reason = why.err != SYM_OK ? why.text : sym_err_text(err);
    if (n > 1) {
        return sym_fail(fault, err, "%s: number %zu of %zu: %s", path, number, n, reason);
    }
    return sym_fail(fault, err, "%s: %s", path, reason);
}

/* Some editors put a byte order mark in front, which is no part of a card. */
static struct sym_span without_mark(struct sym_span text)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    const bool marked = text.len >= sizeof mark && memcmp(text.data, mark, sizeof mark) == 0;
    return marked ? sym_span(text.data + sizeof mark, text.len - sizeof mark) : text;
}

enum sym_err sym_cards_load(struct sym_cards *cards, const char *path, struct sym_fault *fault)
{
    enum sym_err err = sym_file_read(&cards->file, path, ROSTER_FILE_BYTES_MAX, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_span rest = without_mark(sym_secret_span(&cards->file));
    size_t n = count_cards(rest);
    if (n == 0) {
        return sym_fail(fault, SYM_BAD_FORMAT,
                        "%s: holds no card; a card starts with the line symbolon-card/1", path);
    }
    if (n > SYM_ROSTER_CARDS_MAX) {
        return sym_fail(fault, SYM_LIMIT, "%s: holds more than %u cards; split the file", path,
                        SYM_ROSTER_CARDS_MAX);
    }
    cards->entries = calloc(n, sizeof *cards->entries);
    if (cards->entries == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "%s: %s", path, sym_err_text(SYM_NO_MEMORY));
    }
    while (cards->n < n) {
        struct sym_card_entry *entry = &cards->entries[cards->n];
        if (sym_card_next(&entry->text, &rest) != SYM_OK) {
            break;
        }
        cards->n++;
        err = parse_entry(entry, path, cards->n, n, fault);
        if (err != SYM_OK) {
            return err;
        }
    }
    return SYM_OK;
}

void sym_cards_clear(struct sym_cards *cards)
{
    free(cards->entries);
    sym_secret_clear(&cards->file);
    *cards = (struct sym_cards){0};
}

enum sym_err sym_cards_fingerprint(struct sym_node_id *out, const struct sym_cards *cards)
{
    struct sym_card *all = calloc(cards->n, sizeof *all);
    if (all == NULL) {
        return SYM_NO_MEMORY;
    }
    for (size_t i = 0; i < cards->n; i++) {
        all[i] = cards->entries[i].card;
    }
    enum sym_err err = sym_roster_fingerprint(out->bytes, all, cards->n);
    free(all);
    return err;
}

/* The first n words; *rest points behind them. */
static int words_bytes(const char *words, size_t n)
{
    const char *at = words;
    while (n-- > 0 && *at != '\0') {
        at += strcspn(at + 1, " ") + 1;
    }
    return (int)(at - words);
}

void sym_cards_show_fingerprint(FILE *to, const struct sym_node_id *id)
{
    char words[SYM_FINGERPRINT_BYTES];
    char hex[HEX_GROUPS_BYTES];
    sym_fingerprint_words(words, id);
    sym_format_hex_groups(hex, sizeof hex, id->bytes, sizeof id->bytes);
    int first = words_bytes(words, WORDS_PER_LINE);
    (void)fprintf(to, "%-*s%.*s\n%*s%s\n", LABEL_COLUMNS, "fingerprint", first, words,
                  LABEL_COLUMNS - 1, "", words + first);
    (void)fprintf(to, "%-*s%s\n", LABEL_COLUMNS, "as hex", hex);
}

static const struct sym_column plain_columns[] = {{.title = NULL}, {.title = NULL}};

static void put_endpoints(struct sym_table *t, const struct sym_card *card)
{
    char list[SYM_CARD_ENDPOINTS_MAX * (SYM_ENDPOINT_BYTES + 2)] = "";
    struct sym_writer w = sym_writer((uint8_t *)list, sizeof list);
    for (size_t i = 0; i < card->n_endpoint; i++) {
        sym_write_span(&w, sym_span_text(i > 0 ? ", " : ""));
        sym_write_span(&w, sym_span_text(card->endpoint[i]));
    }
    sym_table_text(t, w.len > 0 ? sym_span(list, w.len) : sym_span_text("none"));
}

enum sym_err sym_cards_show(FILE *to, const struct sym_card *card)
{
    char issued[SYM_FORMAT_BYTES];
    char expires[SYM_FORMAT_BYTES];
    sym_format_time(issued, (uint64_t)card->issued_s);
    sym_format_time(expires, (uint64_t)card->expires_s);
    struct sym_table *t = sym_table_new(plain_columns, 2);
    sym_table_format(t, "name       ");
    sym_table_text(t, sym_span_text(card->name));
    sym_table_format(t, "role");
    sym_table_format(t, "%s", sym_role_text(card->role));
    sym_table_format(t, "endpoints");
    put_endpoints(t, card);
    sym_table_format(t, "serial");
    sym_table_format(t, "%llu", (unsigned long long)card->serial);
    sym_table_format(t, "valid");
    sym_table_format(t, "%s to %s", issued, expires);
    enum sym_err err = sym_table_print(t, to);
    if (err == SYM_OK) {
        struct sym_node_id id;
        sym_node_id_of(&id, card->identity);
        sym_cards_show_fingerprint(to, &id);
    }
    return err;
}

enum sym_err sym_cards_show_roster(FILE *to, const struct sym_cards *cards)
{
    static const struct sym_column columns[] = {
        {.title = "NAME"},    {.title = "ROLE"},      {.title = "SERIAL", .right = true},
        {.title = "EXPIRES"}, {.title = "ENDPOINTS"}, {.title = "FINGERPRINT"}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < cards->n; i++) {
        const struct sym_card *card = &cards->entries[i].card;
        char hex[HEX_GROUPS_BYTES];
        sym_format_hex_groups(hex, sizeof hex, cards->entries[i].id.bytes, 8);
        sym_table_text(t, sym_span_text(card->name));
        sym_table_format(t, "%s", sym_role_text(card->role));
        sym_table_format(t, "%llu", (unsigned long long)card->serial);
        sym_table_time(t, (uint64_t)card->expires_s);
        put_endpoints(t, card);
        sym_table_format(t, "%s …", hex);
    }
    enum sym_err err = sym_table_print(t, to);
    struct sym_node_id id;
    if (err == SYM_OK) {
        err = sym_cards_fingerprint(&id, cards);
    }
    if (err == SYM_OK) {
        (void)fprintf(to, "\nroster of %zu card%s\n", cards->n, cards->n == 1 ? "" : "s");
        sym_cards_show_fingerprint(to, &id);
    }
    return err;
}

void sym_cards_json_fingerprint(struct sym_json *j, const char *key, struct sym_span fingerprint)
{
    struct sym_node_id id = {.bytes = {0}};
    char words[SYM_FINGERPRINT_BYTES] = "";
    if (fingerprint.len == sizeof id.bytes) {
        memcpy(id.bytes, fingerprint.data, sizeof id.bytes);
        sym_fingerprint_words(words, &id);
    }
    sym_json_object(j, key);
    sym_json_hex(j, "hex", fingerprint);
    sym_json_string(j, "words", words);
    sym_json_end(j);
}

static void put_keys(struct sym_json *j, const char *key, const uint8_t keys[][SYM_ED25519_BYTES],
                     size_t n)
{
    sym_json_array(j, key);
    for (size_t i = 0; i < n; i++) {
        sym_json_hex(j, NULL, sym_span(keys[i], SYM_ED25519_BYTES));
    }
    sym_json_end(j);
}

void sym_cards_json(struct sym_json *j, const char *key, const struct sym_card *card)
{
    struct sym_node_id id;
    sym_node_id_of(&id, card->identity);
    sym_json_object(j, key);
    sym_json_string(j, "name", card->name);
    sym_json_string(j, "role", sym_role_text(card->role));
    sym_json_number(j, "serial", card->serial);
    sym_json_time(j, "issued", (uint64_t)card->issued_s);
    sym_json_time(j, "expires", (uint64_t)card->expires_s);
    sym_json_array(j, "endpoints");
    for (size_t i = 0; i < card->n_endpoint; i++) {
        sym_json_string(j, NULL, card->endpoint[i]);
    }
    sym_json_end(j);
    sym_cards_json_fingerprint(j, "fingerprint", sym_span(id.bytes, sizeof id.bytes));
    sym_json_hex(j, "identity_key", sym_span(card->identity, sizeof card->identity));
    put_keys(j, "tls_keys", card->tls, card->n_tls);
    put_keys(j, "exchange_keys", card->exchange, card->n_exchange);
    sym_json_hex(j, "log_key", sym_span(card->log, sizeof card->log));
    sym_json_hex(j, "cosign_key", sym_span(card->cosign, sizeof card->cosign));
    if (card->has_previous) {
        sym_json_hex(j, "previous_identity_key", sym_span(card->previous, sizeof card->previous));
    }
    sym_json_end(j);
}

void sym_alias_derive(char out[SYM_ALIAS_BYTES], const char *name)
{
    size_t len = 0;
    for (; *name != '\0' && len + 1 < SYM_ALIAS_BYTES; name++) {
        char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
        bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (kept) {
            out[len++] = c;
        } else if (len > 0 && out[len - 1] != '-') {
            out[len++] = '-';
        }
    }
    while (len > 0 && out[len - 1] == '-') {
        len--;
    }
    out[len] = '\0';
    if (len == 0) {
        memcpy(out, "peer", sizeof "peer");
    }
}

void sym_alias_number(char out[SYM_ALIAS_BYTES], const char *alias, unsigned number)
{
    char suffix[16];
    int suffix_len = snprintf(suffix, sizeof suffix, "-%u", number);
    int room = (int)SYM_ALIAS_BYTES - 1 - suffix_len;
    (void)snprintf(out, SYM_ALIAS_BYTES, "%.*s%s", room, alias, suffix);
}
