/* Card and roster files, aliases, and the commands that need no running node. */
#include "cli/cards.h"
#include "tests/cli/fake_node.h"

#include <cjson/cJSON.h>
#include <errno.h>

static void alias_is(const char *name, const char *alias)
{
    char out[SYM_ALIAS_BYTES];
    sym_alias_derive(out, name);
    assert_string_equal(out, alias);
    assert_int_equal(sym_alias_check(sym_span_text(out)), SYM_OK);
}

static void aliases_are_made_of_letters_and_digits(void **state)
{
    (void)state;
    alias_is("Bank B", "bank-b");
    alias_is("  --Stop the Traffik (UK)! ", "stop-the-traffik-uk");
    alias_is("Police_2.0", "police-2-0");
    alias_is("Banca d'Italia", "banca-d-italia");
    alias_is("Zo\xc3\xab", "zo");
    alias_is("\xe6\x97\xa5\xe6\x9c\xac", "peer");
    alias_is("---", "peer");
    alias_is("", "peer");
}

static void long_names_make_aliases_of_63_characters(void **state)
{
    (void)state;
    char name[100];
    char out[SYM_ALIAS_BYTES];
    memset(name, 'A', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    sym_alias_derive(out, name);
    assert_int_equal(strlen(out), 63);
    memset(name + 62, ' ', 10); /* no dash at the end */
    sym_alias_derive(out, name);
    assert_int_equal(strlen(out), 62);
    assert_int_equal(sym_alias_check(sym_span_text(out)), SYM_OK);
}

static void numbered_aliases_keep_within_their_length(void **state)
{
    (void)state;
    char alias[SYM_ALIAS_BYTES];
    char out[SYM_ALIAS_BYTES];
    sym_alias_number(out, "bank", 2);
    assert_string_equal(out, "bank-2");
    memset(alias, 'a', sizeof alias - 1);
    alias[sizeof alias - 1] = '\0';
    sym_alias_number(out, alias, 1024);
    assert_int_equal(strlen(out), 63);
    assert_string_equal(out + 58, "-1024");
}

/* Writes text to DIR/name and loads it. */
static enum sym_err load(struct sym_cards *cards, const struct fake_node *node, const char *text,
                         struct sym_fault *fault)
{
    char path[512];
    fake_write(node->dir, "file", sym_span_text(text), 0644);
    (void)snprintf(path, sizeof path, "%s/file", node->dir);
    return sym_cards_load(cards, path, fault);
}

static void loads_all_cards_of_a_roster(void **state)
{
    struct sym_fault fault;
    char text[16384] = "";
    SYM_CARDS_AUTO cards = {0};
    fake_card(text, sizeof text, NULL, "Bank B", "b.example:1");
    fake_card(text, sizeof text, NULL, "Police", "p.example:1");
    strcat(text, "\n\n");
    assert_int_equal(load(&cards, *state, text, &fault), SYM_OK);
    assert_int_equal(cards.n, 2);
    assert_string_equal(cards.entries[0].card.name, "Bank B");
    assert_string_equal(cards.entries[1].card.name, "Police");
    struct sym_card again;
    assert_int_equal(sym_card_parse(&again, cards.entries[1].text, &fault), SYM_OK);
}

/* As Windows keeps text. */
static void a_card_may_have_a_byte_order_mark_and_line_ends_of_windows(void **state)
{
    struct sym_fault fault;
    char text[8192] = "\ufeff";
    char windows[8192];
    size_t n = 0;
    SYM_CARDS_AUTO cards = {0};
    fake_card(text, sizeof text, NULL, "Bank B", "b.example:1");
    for (const char *c = text; *c != '\0'; c++) {
        n += (size_t)snprintf(windows + n, sizeof windows - n, "%s%c", *c == '\n' ? "\r" : "", *c);
    }
    assert_int_equal(load(&cards, *state, windows, &fault), SYM_OK);
    assert_int_equal(cards.n, 1);
    assert_string_equal(cards.entries[0].card.name, "Bank B");
}

static void the_fingerprint_of_a_roster_does_not_depend_on_its_order(void **state)
{
    struct sym_fault fault;
    char a[8192] = "";
    char b[8192] = "";
    char text[16384];
    struct sym_node_id one;
    struct sym_node_id two;
    fake_card(a, sizeof a, NULL, "Bank B", "b.example:1");
    fake_card(b, sizeof b, NULL, "Police", "p.example:1");
    SYM_CARDS_AUTO first = {0};
    SYM_CARDS_AUTO second = {0};
    (void)snprintf(text, sizeof text, "%s%s", a, b);
    assert_int_equal(load(&first, *state, text, &fault), SYM_OK);
    assert_int_equal(sym_cards_fingerprint(&one, &first), SYM_OK);
    (void)snprintf(text, sizeof text, "%s%s", b, a);
    assert_int_equal(load(&second, *state, text, &fault), SYM_OK);
    assert_int_equal(sym_cards_fingerprint(&two, &second), SYM_OK);
    assert_true(sym_node_id_equal(&one, &two));
}

static void refuse(void **state, const char *text, const char *part)
{
    struct sym_fault fault = {.err = SYM_OK};
    SYM_CARDS_AUTO cards = {0};
    assert_int_not_equal(load(&cards, *state, text, &fault), SYM_OK);
    assert_shows(fault.text, "/file:");
    assert_shows(fault.text, part);
}

static void refuses_a_file_without_a_card(void **state)
{
    refuse(state, "", "holds no card");
    refuse(state, "\n\n  \n", "");
    refuse(state, "%PDF-1.7 hello\n", "");
}

static void refuses_a_card_that_was_edited(void **state)
{
    char text[8192] = "";
    fake_card(text, sizeof text, NULL, "Bank B", "b.example:1");
    *strstr(text, "Bank B") = 'T';
    refuse(state, text, "signature");
}

static void names_the_card_of_a_roster_that_is_bad(void **state)
{
    char text[16384] = "";
    fake_card(text, sizeof text, NULL, "Bank B", "b.example:1");
    fake_card(text, sizeof text, NULL, "Police", "p.example:1");
    *strstr(text, "Police") = 'T';
    refuse(state, text, "number 2 of 2: ");
}

static void refuses_a_file_that_is_not_there_or_is_a_directory(void **state)
{
    struct fake_node *node = *state;
    struct sym_fault fault;
    SYM_CARDS_AUTO cards = {0};
    assert_int_equal(sym_cards_load(&cards, "/nonexistent", &fault), SYM_NOT_FOUND);
    assert_int_equal(sym_cards_load(&cards, node->dir, &fault), SYM_IO);
    assert_shows(fault.text, ": is a directory; name a file");
    assert_int_equal(sym_cards_load(&cards, "/none\033[31m", &fault), SYM_NOT_FOUND);
    assert_shows(fault.text, "/none\\x1b[31m: ");
}

static void gives_up_on_a_pipe_that_stays_silent(void **state)
{
    struct fake_node *node = *state;
    struct sym_fault fault;
    char path[256];
    SYM_CARDS_AUTO cards = {0};
    (void)snprintf(path, sizeof path, "%s/pipe", node->dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    (void)alarm(30);
    assert_int_equal(sym_cards_load(&cards, path, &fault), SYM_IO);
    (void)alarm(0);
    assert_shows(fault.text, "/pipe: is a pipe into which nobody has written");
}

static void refuses_more_cards_than_a_roster_may_hold(void **state)
{
    struct sym_fault fault;
    SYM_CARDS_AUTO cards = {0};
    size_t line = strlen("symbolon-card/1\n");
    char *text = calloc(SYM_ROSTER_CARDS_MAX + 2, line);
    assert_non_null(text);
    for (size_t i = 0; i < SYM_ROSTER_CARDS_MAX + 1; i++) {
        memcpy(text + i * line, "symbolon-card/1\n", line);
    }
    assert_int_equal(load(&cards, *state, text, &fault), SYM_LIMIT);
    free(text);
}

static void card_prints_exactly_the_file_in_a_pipe(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char path[512];
    char text[8192];
    (void)snprintf(path, sizeof path, "%s/node.card", node->dir);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    run_read(text, sizeof text, file);
    run(&r, "card");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, text);
    assert_string_equal(r.err, "");
}

static void card_shows_the_fingerprint_beside_it_when_asked(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char words[SYM_FINGERPRINT_BYTES];
    sym_fingerprint_words(words, &node->id);
    run(&r, "card|--fingerprint");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_true(strncmp(r.out, "symbolon-card/1\n", 16) == 0);
    assert_shows(r.err, "fingerprint  ");
    assert_shows(r.err, "as hex       ");
    words[strcspn(words, " ")] = '\0';
    assert_shows(r.err, words);
    assert_shows_not(r.out, "fingerprint");
}

static void card_writes_to_a_file(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char words[512];
    struct sym_fault fault;
    SYM_CARDS_AUTO cards = {0};
    (void)snprintf(words, sizeof words, "card|--out|%s/out.card", node->dir);
    for (int i = 0; i < 2; i++) { /* a public file may be written again */
        run(&r, words);
        assert_int_equal(r.code, SYM_EXIT_DONE);
        assert_string_equal(r.out, "");
    }
    assert_int_equal(sym_cards_load(&cards, strstr(words, "/"), &fault), SYM_OK);
    assert_int_equal(cards.n, 1);
}

/* Whoever reads the old one meanwhile, or has no space for the new one, keeps a whole card. */
static void card_is_replaced_at_once(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    struct stat st;
    char words[512];
    char kept[512];
    struct stat before;
    (void)snprintf(words, sizeof words, "card|--out|%s/out.card", node->dir);
    (void)snprintf(kept, sizeof kept, "%s/kept.card", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_int_equal(chmod(strstr(words, "/"), 0600), 0);
    assert_int_equal(link(strstr(words, "/"), kept), 0);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_int_equal(stat(strstr(words, "/"), &st), 0);
    assert_int_equal(stat(kept, &before), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    assert_int_not_equal(st.st_ino, before.st_ino); /* nobody read half of it */
    run(&r, "card|--out|/dev/stdout");              /* which stays what it is */
    assert_int_equal(r.code, SYM_EXIT_DONE);
    run(&r, "card|--out|/dev/full");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "/dev/full: No space left on device");
}

static void card_does_not_overwrite_what_is_no_card(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char words[512];
    (void)snprintf(words, sizeof words, "card|--out|%s/a.csv", node->dir);
    fake_write(node->dir, "a.csv", sym_span_text("id,iban\n"), 0644);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "a.csv: exists already, is no card of this node and is not overwritten");
}

static void card_does_not_overwrite_that_of_a_partner(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char words[512];
    char text[8192] = "";
    fake_card(text, sizeof text, NULL, "Bank B", "b.example:1");
    (void)snprintf(words, sizeof words, "card|--out|%s/b.card", node->dir);
    fake_write(node->dir, "b.card", sym_span_text(text), 0644);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "b.card: exists already, is no card of this node and is not overwritten");
}

static void card_says_which_file_it_cannot_write(void **state)
{
    (void)state;
    struct run r;
    run(&r, "card|--out|/nonexistent/out.card");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "symbolon: /nonexistent/out.card: ");
}

static int temporary_errno; /* what making a file beside another fails with; 0: it works */
static int rename_errno;    /* likewise what giving it its name does */

int mkostemp(char *name, int flags)
{
    if (temporary_errno != 0) {
        errno = temporary_errno;
        return -1;
    }
    return mkostemps(name, 0, flags);
}

int rename(const char *from, const char *to)
{
    errno = rename_errno;
    return rename_errno != 0 ? -1 : renameat(AT_FDCWD, from, AT_FDCWD, to);
}

/* It could be written in place, but then a full disk would leave it empty. */
static void card_says_why_it_cannot_replace_a_file_and_what_to_do(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char words[512];
    char folder[512];
    const int codes[] = {EACCES, EROFS, EPERM};
    (void)snprintf(words, sizeof words, "card|--out|%s/out.card", node->dir);
    (void)snprintf(
        folder, sizeof folder,
        "out.card: its directory %s, in which it is made whole first, may not be written (",
        node->dir);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        (void)unlink(strstr(words, "/"));
        temporary_errno = codes[i];
        run(&r, words);
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        assert_shows(r.err, folder);
        assert_shows(r.err, "); name a file in another\n");
        fake_write(node->dir, "out.card", sym_span(NULL, 0), 0644);
        run(&r, words);
        assert_shows(r.err, "in another; or write into this one: \"symbolon card > FILE\"\n");
    }
    temporary_errno = 0;
    rename_errno = EBUSY;
    run(&r, words);
    rename_errno = 0;
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "out.card: is a mount, which no file can take the place of; name another "
                        "file; or write into this one: \"symbolon card > FILE\"\n");
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static void card_speaks_json(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char hex[2 * SYM_NODE_ID_BYTES + 1];
    run(&r, "card|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    cJSON *card = cJSON_Parse(r.out);
    assert_non_null(card);
    sym_hex(hex, node->id.bytes, sizeof node->id.bytes);
    const cJSON *fingerprint = cJSON_GetObjectItem(card, "fingerprint");
    assert_string_equal(cJSON_GetObjectItem(card, "name")->valuestring, "Bank A");
    assert_string_equal(cJSON_GetObjectItem(card, "role")->valuestring, "bank");
    assert_string_equal(cJSON_GetObjectItem(fingerprint, "hex")->valuestring, hex);
    assert_int_equal(cJSON_GetObjectItem(card, "serial")->valueint, 3);
    assert_string_equal(cJSON_GetObjectItem(card, "issued")->valuestring, "2026-09-21T14:13:20Z");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(card, "endpoints")), 1);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(card, "tls_keys")), 1);
    cJSON_Delete(card);
}

static void card_refuses_changes_without_renewing(void **state)
{
    (void)state;
    struct run r;
    run(&r, "card|--endpoint|a:1");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    run(&r, "card|--name|B");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    run(&r, "card|--renew|--days|0");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    run(&r,
        "card|--renew|--endpoint|a:1|--endpoint|a:2|--endpoint|a:3|--endpoint|a:4|--endpoint|a:5");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "at most 4");
}

static enum sym_err renewing(struct fake_call *call)
{
    static char text[8192];
    static struct sym_card_text answer;
    char note[256];
    const struct sym_card_renew *wish = call->arguments;
    if (call->verb != SYM_VERB_CARD_RENEW) {
        return SYM_INTERNAL;
    }
    (void)snprintf(note, sizeof note, "name=%.*s days=%u endpoints=%zu", (int)wish->name.len,
                   (const char *)wish->name.data, wish->days, wish->n_endpoints);
    fake_note(call->node, note);
    text[0] = '\0';
    fake_card(text, sizeof text, NULL, "New Bank", "new.example:7701");
    answer.text = sym_span_text(text);
    call->answer = &answer;
    return SYM_OK;
}

static void card_renews_through_the_node_and_prints_the_new_one(void **state)
{
    struct run r;
    char asked[8192];
    fake_node_start(*state, renewing);
    run(&r, "card|--renew|--name|New Bank|--days|30|--endpoint|a:1|--endpoint|b:2");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\nname: New Bank\n");
    fake_notes(asked, *state);
    assert_string_equal(asked, "CARD_RENEW\nname=New Bank days=30 endpoints=2\n");
}

static enum sym_err a_broken_card(struct fake_call *call)
{
    static const struct sym_card_text answer = {.text = {(const uint8_t *)"no card", 7}};
    call->answer = &answer;
    return SYM_OK;
}

static void card_refuses_a_renewed_card_that_is_none(void **state)
{
    struct run r;
    fake_node_start(*state, a_broken_card);
    run(&r, "card|--renew");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
    assert_shows(r.err, "the renewed card");
}

static void roster_show_lists_cards_without_any_node(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char words[512];
    char text[16384] = "";
    fake_card(text, sizeof text, NULL, "Bank B", "b.example:1");
    fake_card(text, sizeof text, NULL, "Police", "p.example:1");
    fake_write(node->dir, "roster", sym_span_text(text), 0644);
    (void)unsetenv("SYMBOLON_DIR");
    (void)snprintf(words, sizeof words, "roster|show|%s/roster", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "NAME    ROLE  SERIAL  EXPIRES               ENDPOINTS    FINGERPRINT\n");
    assert_shows(r.out, "Bank B  bank       3  2028-09-20T14:13:20Z  b.example:1  ");
    assert_shows(r.out, "roster of 2 cards\nfingerprint  ");
    strcat(words, "|--json");
    run(&r, words);
    cJSON *roster = cJSON_Parse(r.out);
    assert_non_null(roster);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(roster, "cards")), 2);
    assert_non_null(cJSON_GetObjectItem(cJSON_GetObjectItem(roster, "fingerprint"), "words"));
    cJSON_Delete(roster);
    run(&r, "roster|show|/nonexistent");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aliases_are_made_of_letters_and_digits),
        cmocka_unit_test(long_names_make_aliases_of_63_characters),
        cmocka_unit_test(numbered_aliases_keep_within_their_length),
        WITH_NODE(loads_all_cards_of_a_roster),
        WITH_NODE(a_card_may_have_a_byte_order_mark_and_line_ends_of_windows),
        WITH_NODE(the_fingerprint_of_a_roster_does_not_depend_on_its_order),
        WITH_NODE(refuses_a_file_without_a_card),
        WITH_NODE(refuses_a_card_that_was_edited),
        WITH_NODE(names_the_card_of_a_roster_that_is_bad),
        WITH_NODE(refuses_a_file_that_is_not_there_or_is_a_directory),
        WITH_NODE(gives_up_on_a_pipe_that_stays_silent),
        WITH_NODE(refuses_more_cards_than_a_roster_may_hold),
        WITH_NODE(card_prints_exactly_the_file_in_a_pipe),
        WITH_NODE(card_shows_the_fingerprint_beside_it_when_asked),
        WITH_NODE(card_writes_to_a_file),
        WITH_NODE(card_is_replaced_at_once),
        WITH_NODE(card_does_not_overwrite_what_is_no_card),
        WITH_NODE(card_does_not_overwrite_that_of_a_partner),
        WITH_NODE(card_says_which_file_it_cannot_write),
        WITH_NODE(card_says_why_it_cannot_replace_a_file_and_what_to_do),
        WITH_NODE(card_speaks_json),
        WITH_NODE(card_refuses_changes_without_renewing),
        WITH_NODE(card_renews_through_the_node_and_prints_the_new_one),
        WITH_NODE(card_refuses_a_renewed_card_that_is_none),
        WITH_NODE(roster_show_lists_cards_without_any_node),
    };
    return cmocka_run_group_tests_name("cards", tests, fake_node_start_tests, NULL);
}
