/* Adding, listing, removing and pinging peers, and their preshared keys. */
#include "cli/file.h"
#include "tests/cli/fake_node.h"

#include <cjson/cJSON.h>

/* Bank C is pinned as "bank-b", a name that others would have got. */
static struct sym_peer_list pinned(struct sym_span id)
{
    static const struct sym_span endpoints[] = {{(const uint8_t *)"c.example:7701", 14},
                                                {(const uint8_t *)"[::1]:7701", 10}};
    static struct sym_peer_row rows[2];
    rows[0] = (struct sym_peer_row){.alias = sym_span_text("bank-b"),
                                    .name = sym_span_text("Bank C \xe6\x97\xa5"),
                                    .role = SYM_ROLE_BANK,
                                    .id = id,
                                    .serial = 12,
                                    .expires_s = FAKE_NOW_S,
                                    .link = SYM_LINK_LIVE,
                                    .has_psk = true,
                                    .link_since_ms = 1000ull * FAKE_NOW_S,
                                    .bytes_sent = 1536,
                                    .bytes_received = UINT64_MAX,
                                    .endpoints = endpoints,
                                    .n_endpoints = 2,
                                    .expired = true};
    rows[1] = rows[0];
    rows[1].alias = sym_span_text("police");
    rows[1].name = sym_span_text("P\xe2\x80\xae olice");
    rows[1].role = SYM_ROLE_POLICE;
    rows[1].link = SYM_LINK_NONE;
    rows[1].link_since_ms = 0;
    rows[1].has_psk = false;
    rows[1].expired = false;
    return (struct sym_peer_list){.peers = rows, .n_peers = 2};
}

/* Answers with these two peers; notes what is to be pinned. The id of the first one is that of the
 * card in DIR/pinned.card, where there is one. */
static enum sym_err a_core(struct fake_call *call)
{
    static uint8_t id[SYM_NODE_ID_BYTES];
    static struct sym_peer_list list;
    list = pinned(sym_span(id, sizeof id));
    if (call->verb == SYM_VERB_PEER_ADD) {
        const struct sym_peer_add *wish = call->arguments;
        char note[256];
        (void)snprintf(note, sizeof note, "alias=%.*s psk=%zu replace=%d", (int)wish->alias.len,
                       (const char *)wish->alias.data, wish->psk.len, wish->replace_identity);
        fake_note(call->node, note);
    }
    if (call->verb == SYM_VERB_PEER_SECRET) {
        const struct sym_peer_secret *wish = call->arguments;
        fake_note(call->node, wish->psk.len == SYM_PSK_BYTES ? "psk" : "no psk");
        return SYM_OK;
    }
    call->answer = call->verb == SYM_VERB_PEER_REMOVE ? NULL : &list;
    return SYM_OK;
}

static void write_cards(struct fake_node *node, const char *file, const char *const *names)
{
    static char text[65536];
    text[0] = '\0';
    for (; *names != NULL; names++) {
        fake_card(text, sizeof text, NULL, *names, "peer.example:7701");
    }
    fake_write(node->dir, file, sym_span_text(text), 0644);
}

/* Runs "peer add DIR/FILE" with these words behind it. */
static void add(struct run *r, const struct fake_node *node, const char *file, const char *more)
{
    char words[1024];
    (void)snprintf(words, sizeof words, "peer|add|%s/%s%s", node->dir, file, more);
    run(r, words);
}

static void a_card_is_pinned_under_the_given_alias(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    fake_node_start(node, a_core);
    write_cards(node, "card", (const char *const[]){"Bank D", NULL});
    add(&r, node, "card", "|--alias|d|--yes");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "alias        d\nname         Bank D\nrole         bank\n");
    assert_shows(r.out, "endpoints    peer.example:7701\n");
    assert_shows(r.out, "valid        2026-09-21T14:13:20Z to 2028-09-20T14:13:20Z\n");
    assert_shows(r.out, "fingerprint  ");
    assert_shows(r.out, "\nd: pinned\n");
    fake_notes(asked, node);
    assert_string_equal(asked, "PEER_LIST\nPEER_ADD\nalias=d psk=0 replace=0\n");
}

static void without_an_alias_a_free_one_is_made(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    fake_node_start(node, a_core);
    write_cards(node, "card", (const char *const[]){"Bank B", NULL});
    add(&r, node, "card", "|--yes|--replace-identity");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    fake_notes(asked, node);
    assert_shows(asked, "alias=bank-b-2 psk=0 replace=1\n");
}

static void a_roster_is_pinned_card_by_card_without_the_node_itself(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    static char text[65536];
    char asked[8192];
    char path[512];
    fake_node_start(node, a_core);
    (void)snprintf(path, sizeof path, "%s/node.card", node->dir);
    FILE *own = fopen(path, "r");
    assert_non_null(own);
    run_read(text, sizeof text, own);
    fake_card(text, sizeof text, NULL, "Bank B", "b.example:1");
    fake_card(text, sizeof text, NULL, "BANK-B", "b2.example:1");
    fake_card(text, sizeof text, NULL, "\xe6\x97\xa5\xe6\x9c\xac", "j.example:1");
    fake_write(node->dir, "roster", sym_span_text(text), 0644);
    add(&r, node, "roster", "|--yes");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "roster of 4 cards\n");
    assert_shows(r.out, "bank-a: left out, it is this node\n");
    fake_notes(asked, node);
    assert_string_equal(asked, "PEER_LIST\n"
                               "PEER_ADD\nalias=bank-b-2 psk=0 replace=0\n"
                               "PEER_ADD\nalias=bank-b-3 psk=0 replace=0\n"
                               "PEER_ADD\nalias=peer psk=0 replace=0\n");
}

static void two_cards_of_one_node_in_a_roster_are_one_peer(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    static char text[16384];
    char asked[8192];
    text[0] = '\0';
    fake_card(text, sizeof text, NULL, "Bank D", "d.example:1");
    memcpy(text + strlen(text), text, strlen(text)); /* text is static: zeros follow */
    fake_write(node->dir, "roster", sym_span_text(text), 0644);
    fake_node_start(node, a_core);
    add(&r, node, "roster", "|--yes");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    fake_notes(asked, node);
    assert_string_equal(asked, "PEER_LIST\nPEER_ADD\nalias=bank-d psk=0 replace=0\n"
                               "PEER_ADD\nalias=bank-d psk=0 replace=0\n");
}

static enum sym_err refuses_the_second(struct fake_call *call)
{
    if (call->number == 2) {
        (void)snprintf(call->fault, sizeof call->fault, "card: has expired; ask for a new one");
        return SYM_EXPIRED;
    }
    return a_core(call);
}

static void a_refused_card_does_not_keep_the_others_of_a_roster_out(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    fake_node_start(node, refuses_the_second);
    write_cards(node, "roster", (const char *const[]){"One", "Two", "Three", NULL});
    add(&r, node, "roster", "|--yes");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "one: pinned\n");
    assert_shows(r.out, "three: pinned\n");
    assert_shows_not(r.out, "two: pinned\n");
    assert_string_equal(r.err, "symbolon: two: card: has expired; ask for a new one\n");
}

static enum sym_err finds_it_expired(struct fake_call *call)
{
    if (call->verb == SYM_VERB_PEER_ADD) {
        (void)snprintf(call->fault, sizeof call->fault, "card: has expired; ask for a new one");
        return SYM_EXPIRED;
    }
    return a_core(call);
}

static void a_refused_card_is_named_by_its_file(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char wanted[256];
    fake_node_start(node, finds_it_expired);
    write_cards(node, "card", (const char *const[]){"One", NULL});
    add(&r, node, "card", "|--yes");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    (void)snprintf(wanted, sizeof wanted, "symbolon: %s/card: has expired; ask for a new one\n",
                   node->dir);
    assert_string_equal(r.err, wanted);
    fake_write(node->dir, "b", sym_span_text("symbolon-card/1\nname: x\nrole: king\n"), 0644);
    add(&r, node, "b", "|--yes");
    (void)snprintf(wanted, sizeof wanted, "symbolon: %s/b:3: ", node->dir);
    assert_int_equal(strncmp(r.err, wanted, strlen(wanted)), 0);
}

static enum sym_err denies_to_add(struct fake_call *call)
{
    return call->verb == SYM_VERB_PEER_ADD ? SYM_DENIED : a_core(call);
}

static void a_denial_ends_a_roster_at_once(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    fake_node_start(node, denies_to_add);
    write_cards(node, "roster", (const char *const[]){"One", "Two", NULL});
    add(&r, node, "roster", "|--yes");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    fake_notes(asked, node);
    assert_string_equal(asked, "PEER_LIST\nPEER_ADD\n");
}

static enum sym_err ends_at_the_first_card(struct fake_call *call)
{
    call->silent = call->verb == SYM_VERB_PEER_ADD;
    return a_core(call);
}

static void a_node_that_ends_meanwhile_is_not_asked_for_every_card(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    fake_node_start(node, ends_at_the_first_card);
    write_cards(node, "roster", (const char *const[]){"One", "Two", "Three", NULL});
    add(&r, node, "roster", "|--yes|--wait|1");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    fake_notes(asked, node);
    assert_string_equal(asked, "PEER_LIST\nPEER_ADD\nalias=one psk=0 replace=0\n");
}

/* The peer list names this card's node as bank-b. */
static enum sym_err knows_the_card(struct fake_call *call)
{
    static uint8_t id[SYM_NODE_ID_BYTES];
    static struct sym_peer_list list;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/id", call->node->dir);
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, id, sizeof id);
    (void)close(fd);
    if (n != sizeof id || call->verb != SYM_VERB_PEER_LIST) {
        return a_core(call);
    }
    list = pinned(sym_span(id, sizeof id));
    call->answer = &list;
    return SYM_OK;
}

static void a_newer_card_of_a_pinned_node_keeps_its_alias(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char text[8192] = "";
    char asked[8192];
    uint8_t identity[SYM_ED25519_BYTES];
    struct sym_node_id id;
    fake_card(text, sizeof text, identity, "Renamed Bank", "b.example:1");
    sym_node_id_of(&id, identity);
    fake_write(node->dir, "card", sym_span_text(text), 0644);
    fake_write(node->dir, "id", sym_span(id.bytes, sizeof id.bytes), 0644);
    fake_node_start(node, knows_the_card);
    add(&r, node, "card", "|--yes");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    fake_notes(asked, node);
    assert_shows(asked, "alias=bank-b psk=0");
}

static enum sym_err knows_the_card_and_denies_it(struct fake_call *call)
{
    enum sym_err err = knows_the_card(call);
    return call->number == 1 ? SYM_DENIED : err;
}

static void a_denied_card_of_a_pinned_node_does_not_end_a_roster(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    static char text[16384];
    uint8_t identity[SYM_ED25519_BYTES];
    struct sym_node_id id;
    text[0] = '\0';
    fake_card(text, sizeof text, identity, "Changed", "b.example:1");
    fake_card(text, sizeof text, NULL, "Other", "o.example:1");
    sym_node_id_of(&id, identity);
    fake_write(node->dir, "roster", sym_span_text(text), 0644);
    fake_write(node->dir, "id", sym_span(id.bytes, sizeof id.bytes), 0644);
    fake_node_start(node, knows_the_card_and_denies_it);
    add(&r, node, "roster", "|--yes");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_shows(r.err, "symbolon: bank-b: ");
    assert_shows(r.out, "other: pinned\n");
}

static void refuses_to_add_unseen(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    fake_node_start(node, a_core);
    write_cards(node, "card", (const char *const[]){"Bank D", NULL});
    add(&r, node, "card", "");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "there is no terminal to compare the fingerprint at");
    fake_notes(asked, node);
    assert_string_equal(asked, "");
}

static void refuses_aliases_and_options_that_do_not_fit(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_cards(node, "card", (const char *const[]){"Bank D", NULL});
    write_cards(node, "roster", (const char *const[]){"One", "Two", NULL});
    add(&r, node, "card", "|--yes|--alias|-x");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    add(&r, node, "card", "|--yes|--alias|a b");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    add(&r, node, "roster", "|--yes|--alias|x");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "holds 2 cards: --alias and --psk-file are for one");
    add(&r, node, "roster", "|--yes|--psk-file|x");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
}

static void refuses_a_file_that_holds_no_good_card_before_asking_the_node(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    add(&r, node, "nothing", "|--yes");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "/nothing: does not exist; what is there is shown by \"ls ");
    fake_write(node->dir, "junk", sym_span_text("hello\n"), 0644);
    add(&r, node, "junk", "|--yes");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "/junk:1: ");
}

static void write_psk(struct fake_node *node, const char *text, mode_t mode)
{
    fake_write(node->dir, "psk", sym_span_text(text), mode);
}

static void a_preshared_key_goes_with_the_card(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char more[512];
    char asked[8192];
    fake_node_start(node, a_core);
    write_cards(node, "card", (const char *const[]){"Bank D", NULL});
    write_psk(node, "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n", 0600);
    (void)snprintf(more, sizeof more, "|--yes|--psk-file|%s/psk", node->dir);
    add(&r, node, "card", more);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    fake_notes(asked, node);
    assert_shows(asked, "alias=bank-d psk=32 replace=0\n");
}

static void refuse_psk(struct fake_node *node, const char *text, const char *shown)
{
    static struct run r;
    char words[512];
    write_psk(node, text, 0600);
    (void)snprintf(words, sizeof words, "peer|psk|bank-b|--file|%s/psk", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, shown);
}

static void refuses_a_preshared_key_that_is_none(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char words[512];
    char asked[8192];
    fake_node_start(node, a_core);
    refuse_psk(node, "", "is not a preshared key");
    refuse_psk(node, "hello\n", "is not a preshared key");
    refuse_psk(node, "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyu\n", "is not a preshared key");
    refuse_psk(node, "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n\n", "is not a preshared key");
    refuse_psk(node,
               "nWGxne\xaf"
               "9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n",
               "is not a preshared key");
    refuse_psk(node, "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=nWGxne/9WmC6hEr0kuwsx\n",
               "is not a preshared key");
    write_psk(node, "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n", 0604);
    (void)snprintf(words, sizeof words, "peer|psk|bank-b|--file|%s/psk", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "/psk\"\n");
    fake_notes(asked, node);
    assert_string_equal(asked, "");
}

static void a_new_preshared_key_can_be_read_by_the_other_side(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char words[512];
    char asked[8192];
    struct sym_fault fault;
    struct stat st;
    SYM_SECRET_AUTO psk = {0};
    fake_node_start(node, a_core);
    (void)snprintf(words, sizeof words, "peer|psk|bank-b|--new|%s/new.psk", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "bank-b: preshared key set; hand ");
    const char *path = strstr(words, "/");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(sym_file_read_psk(&psk, path, &fault), SYM_OK);
    assert_int_equal(psk.len, SYM_PSK_BYTES);
    run(&r, words); /* the file is there now */
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "exists already and is not overwritten");
    run(&r, "peer|psk|bank-b|--remove");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    fake_notes(asked, node);
    assert_string_equal(asked, "PEER_SECRET\npsk\nPEER_SECRET\nno psk\n");
}

static enum sym_err denies(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "only an operator may do this");
    return SYM_DENIED;
}

static void a_new_preshared_key_that_is_refused_leaves_no_file(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char words[512];
    fake_node_start(node, denies);
    (void)snprintf(words, sizeof words, "peer|psk|bank-b|--new|%s/new.psk", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_int_not_equal(access(strstr(words, "/"), F_OK), 0);
}

static enum sym_err says_nothing(struct fake_call *call)
{
    call->silent = true;
    return SYM_OK;
}

static void a_new_preshared_key_that_the_node_may_use_is_kept(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char words[512];
    fake_node_start(node, says_nothing);
    (void)snprintf(words, sizeof words, "peer|psk|bank-b|--wait|1|--new|%s/new.psk", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "/new.psk: is kept, as the node may use it already; give it again with "
                        "--file: the node in ");
    assert_int_equal(access(strstr(words, "/"), F_OK), 0);
}

static void refuses_a_preshared_key_without_or_with_two_ways(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "peer|psk|bank-b");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    run(&r, "peer|psk|bank-b|--remove|--new|x");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
}

static void the_list_is_aligned_and_harmless(void **state)
{
    static struct run r;
    fake_node_start(*state, a_core);
    run(&r, "peer|list");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(
        r.out, "ALIAS   NAME             ROLE    LINK  PSK      SENT  RECEIVED  CARD EXPIRES\n"
               "bank-b  Bank C \xe6\x97\xa5        bank    live  yes  1.50 KiB  16.0 EiB  "
               "2026-09-21T14:13:20Z (expired)\n"
               "police  P\\u{202e} olice  police  none  no   1.50 KiB  16.0 EiB  "
               "2026-09-21T14:13:20Z\n");
}

static void the_list_as_json_has_every_field(void **state)
{
    static struct run r;
    fake_node_start(*state, a_core);
    run(&r, "peer|list|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    cJSON *list = cJSON_Parse(r.out);
    assert_int_equal(cJSON_GetArraySize(list), 2);
    char *first = cJSON_PrintUnformatted(cJSON_GetArrayItem(list, 0));
    assert_shows(first, "{\"alias\":\"bank-b\",\"name\":\"Bank C \xe6\x97\xa5\",\"role\":\"bank\","
                        "\"fingerprint\":{\"hex\":\"00000000");
    assert_shows(first, "\"serial\":12,\"expires\":\"2026-09-21T14:13:20Z\",\"expired\":true,"
                        "\"endpoints\":[\"c.example:7701\",\"[::1]:7701\"],\"preshared_key\":true,"
                        "\"link\":\"live\",\"link_since\":\"2026-09-21T14:13:20Z\","
                        "\"bytes_sent\":1536,\"bytes_received\":1.8446744073709552e+19}");
    assert_shows(r.out, "\"link_since\": null");
    assert_shows(r.out, "18446744073709551615");
    cJSON_free(first);
    cJSON_Delete(list);
}

static void a_peer_is_removed_without_asking_where_there_is_nobody_to_ask(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, a_core);
    run(&r, "peer|remove|bank-b");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "bank-b: removed\n");
    fake_notes(asked, *state);
    assert_string_equal(asked, "PEER_REMOVE\n");
}

static enum sym_err no_such_peer(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "bank-x: does not exist; see peer list");
    return SYM_NOT_FOUND;
}

static void refuses_to_remove_a_peer_that_does_not_exist(void **state)
{
    static struct run r;
    fake_node_start(*state, no_such_peer);
    run(&r, "peer|remove|bank-x");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: bank-x: does not exist; see peer list\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(a_card_is_pinned_under_the_given_alias),
        WITH_NODE(without_an_alias_a_free_one_is_made),
        WITH_NODE(a_roster_is_pinned_card_by_card_without_the_node_itself),
        WITH_NODE(two_cards_of_one_node_in_a_roster_are_one_peer),
        WITH_NODE(a_refused_card_does_not_keep_the_others_of_a_roster_out),
        WITH_NODE(a_refused_card_is_named_by_its_file),
        WITH_NODE(a_denial_ends_a_roster_at_once),
        WITH_NODE(a_node_that_ends_meanwhile_is_not_asked_for_every_card),
        WITH_NODE(a_denied_card_of_a_pinned_node_does_not_end_a_roster),
        WITH_NODE(a_newer_card_of_a_pinned_node_keeps_its_alias),
        WITH_NODE(refuses_to_add_unseen),
        WITH_NODE(refuses_aliases_and_options_that_do_not_fit),
        WITH_NODE(refuses_a_file_that_holds_no_good_card_before_asking_the_node),
        WITH_NODE(a_preshared_key_goes_with_the_card),
        WITH_NODE(refuses_a_preshared_key_that_is_none),
        WITH_NODE(a_new_preshared_key_can_be_read_by_the_other_side),
        WITH_NODE(a_new_preshared_key_that_is_refused_leaves_no_file),
        WITH_NODE(a_new_preshared_key_that_the_node_may_use_is_kept),
        WITH_NODE(refuses_a_preshared_key_without_or_with_two_ways),
        WITH_NODE(the_list_is_aligned_and_harmless),
        WITH_NODE(the_list_as_json_has_every_field),
        WITH_NODE(a_peer_is_removed_without_asking_where_there_is_nobody_to_ask),
        WITH_NODE(refuses_to_remove_a_peer_that_does_not_exist),
    };
    return cmocka_run_group_tests_name("peer", tests, fake_node_start_tests, NULL);
}
