#include "node/supervisor/report.h"

#include "crypto/utc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LABEL_COLUMNS  13
#define WORDS_PER_LINE 8u

/* Bytes of the first n words. */
static size_t words_len(const char *words, size_t n)
{
    size_t len = 0;
    while (n > 0 && words[len] != '\0') {
        len++;
        if (words[len] == ' ') {
            n--;
        }
    }
    return len;
}

static void print_fingerprint(const struct sym_node_id *id)
{
    char words[SYM_FINGERPRINT_BYTES];
    sym_fingerprint_words(words, id);
    size_t first = words_len(words, WORDS_PER_LINE);
    (void)printf("%-*s%.*s\n%*s%s\n%-*s", LABEL_COLUMNS, "fingerprint", (int)first, words,
                 LABEL_COLUMNS - 1, "", words + first, LABEL_COLUMNS, "as hex");
    for (size_t i = 0; i < sizeof id->bytes; i++) {
        (void)printf("%s%02x", i > 0 && i % 2 == 0 ? " " : "", id->bytes[i]);
    }
    (void)printf("\n");
}

void sym_report_card(const struct sym_card *card)
{
    char expires[SYM_UTC_BYTES] = "-";
    struct sym_node_id id;
    sym_node_id_of(&id, card->identity);
    enum sym_err err = sym_utc_format(expires, card->expires_s);
    (void)printf("%-*s%s (%s)\n%-*s%" PRIu64 ", valid until %s\n", LABEL_COLUMNS, "node",
                 card->name, sym_role_text(card->role), LABEL_COLUMNS, "card serial", card->serial,
                 err == SYM_OK ? expires : "-");
    print_fingerprint(&id);
}

/* As a shell takes it, when it holds more than plain characters. */
static const char *quote_for(const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+";
    return word[strspn(word, plain)] == '\0' ? "" : strchr(word, '\'') == NULL ? "'" : "\"";
}

static void print_quoted(const char *word)
{
    const char *quote = quote_for(word);
    (void)printf("%s%s%s", quote, word, quote);
}

void sym_report_step(const char *purpose, const char *command, const char *dir)
{
    const char *at = strstr(command, "%s");
    int head = at == NULL ? (int)strlen(command) : (int)(at - command);
    (void)printf("  %-35s %.*s", purpose, head, command);
    if (at != NULL) {
        print_quoted(dir);
        (void)printf("%s", at + 2);
    }
    (void)printf("\n");
}

/* A credential has a path of one run only. */
void sym_report_start(const char *dir, enum sym_wrap wrap, const struct sym_secret_source *from)
{
    (void)printf("  %-35s symbolond --dir ", "start the node:");
    print_quoted(dir);
    if (wrap == SYM_WRAP_KEY) {
        (void)printf(" --key-file ");
        print_quoted(from->key_file != NULL ? from->key_file : "FILE");
    }
    (void)printf("\n");
}
