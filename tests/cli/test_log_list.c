/* log list and log show: filters, formats, and what is said of entries that do not fit. */
#include "tests/cli/fake_auditing.h"

#include <cjson/cJSON.h>

/* The numbers of the entries that are listed, with commas. */
static void lists(const char *words, const char *entries)
{
    static struct run r;
    char all[4096];
    char numbers[512] = "";
    (void)snprintf(all, sizeof all, "log|list|--json|%s", words);
    run(&r, all);
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    cJSON *json = cJSON_Parse(r.out);
    assert_non_null(json);
    const cJSON *row = NULL;
    cJSON_ArrayForEach(row, json)
    {
        size_t used = strlen(numbers);
        (void)snprintf(numbers + used, sizeof numbers - used, "%s%d", used > 0 ? "," : "",
                       cJSON_GetObjectItem(row, "entry")->valueint);
    }
    cJSON_Delete(json);
    if (strcmp(numbers, entries) != 0) {
        print_error("with: %s\n", words);
    }
    assert_string_equal(numbers, entries);
}

static void filters_take_what_was_asked_for(void **state)
{
    fake_log_make(*state);
    fake_node_start(*state, fake_log_serve);
    lists("--peer|bank-b", "4,5,6,7,8,9");
    lists("--purpose|aml", "4,5,6,7");
    lists("--purpose|cft", "8,9");
    lists("--purpose|cft|--kind|decided", "9");
    lists("--case|C-17", "4,5,6,7");
    lists("--case|C-17|--kind|closed|--kind|settled", "6,7");
    lists("--case|C-1", "");
    lists("--decision|denied", "9");
    lists("--decision|granted", "5");
    lists("--decision|held", "");
    lists("--kind|user|--kind|peer", "1,2,3");
    lists("--exchange|4f1c", "4,5,6,7");
    lists("--exchange|7701", "8,9");
}

/* As many as a command line takes. */
static void no_kind_is_left_out(void **state)
{
    char words[4096] = "--kind|peer";
    fake_log_make(*state);
    fake_node_start(*state, fake_log_serve);
    for (size_t i = 0; i < 70; i++) {
        (void)strcat(words, "|--kind|peer");
    }
    (void)strcat(words, "|--kind|user");
    lists(words, "1,2,3");
}

static void filters_by_date_and_time(void **state)
{
    fake_log_make(*state);
    fake_node_start(*state, fake_log_serve);
    /* Entry n is from 2026-09-21T14:13:20Z and n minutes. */
    lists("--since|2026-09-21T14:20:00|--until|2026-09-21T14:23:00Z", "7,8,9");
    lists("--since|2026-09-21T14:20|--until|2026-09-21T14:23", "7,8,9");
    lists("--until|2026-09-21T14:15", "0,1");
    lists("--until|2026-09-20", "");
    lists("--since|2026-09-22T00:12", "599");
    lists("--since|2026-09-23", "");
    lists("--case|C-17|--since|2026-09-21T14:19", "6,7");
}

/* The log has 600 entries, in pages of 50; 512 of them are read first. */
static void a_limit_takes_the_newest_unless_a_beginning_is_named(void **state)
{
    fake_log_make(*state);
    fake_node_start(*state, fake_log_serve);
    lists("--limit|3", "597,598,599");
    lists("--kind|imported|--limit|2", "598,599");
    lists("--kind|user|--kind|peer|--limit|2", "2,3");
    lists("--kind|user|--kind|peer|--limit|9223372036854775807", "1,2,3");
    lists("--peer|bank-b|--limit|4", "6,7,8,9");
    lists("--decision|granted|--limit|1", "5");
    lists("--purpose|aml|--limit|2", "6,7");
    lists("--purpose|aml|--limit|100", "4,5,6,7");
    lists("--case|C-17|--limit|1", "7");
    lists("--case|C-1|--limit|1", "");
    lists("--exchange|4f1c|--limit|3", "5,6,7");
    lists("--until|2026-09-21T14:18|--limit|2", "3,4");
    lists("--since|2026-09-21T14:18:20|--limit|2", "5,6");
    lists("--since|2026-09-21T14:18:20|--until|2026-09-21T14:20:30|--limit|9", "5,6,7");
}

static void a_peer_can_be_named_by_its_id(void **state)
{
    char words[128] = "--peer|";
    static struct run r;
    fake_log_make(*state);
    fake_node_start(*state, fake_log_serve);
    sym_hex(words + strlen(words), fake_log.peer.bytes, sizeof fake_log.peer.bytes);
    lists(words, "4,5,6,7,8,9");
    run(&r, "log|list|--peer|bank-c");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "bank-c: no peer has this alias");
    assert_string_equal(r.out, "");
}

static void a_table_has_one_row_for_each_entry(void **state)
{
    static struct run r;
    fake_log_make(*state);
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|list|--until|2001-01-01");
    assert_string_equal(r.err, "");
    assert_string_equal(r.out, "no entries match: \"symbolon log list --help\"\n");
    run(&r, "log|list|--until|2001-01-01|--format|csv");
    assert_shows_not(r.out, "no entries");
    run(&r, "log|list|--exchange|4f1c");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(
        r.out, "ENTRY  TIME                  KIND       PEER    EXCHANGE      PURPOSE  DECISION  "
               "USER   ABOUT                     BODY\n"
               "    4  2026-09-21T14:17:20Z  requested  bank-b  4f1caa010000  aml      -         "
               "alice  overlap:matches suspects  fits\n"
               "    5  2026-09-21T14:18:20Z  decided    bank-b  4f1caa010000  -        granted   "
               "-      overlap:matches           fits\n"
               "    6  2026-09-21T14:19:20Z  closed     bank-b  4f1caa010000  -        -         "
               "-      overlap:matches           fits\n"
               "    7  2026-09-21T14:20:20Z  settled    bank-b  4f1caa010000  -        -         "
               "-      overlap:matches           fits\n");
    run(&r, "log|list|--kind|imported|--since|2026-09-21|--limit|2");
    assert_shows(r.out, "imported =1+1|\"x\"  fits\n");
    assert_shows(r.out, "erased\n");
}

/* Entries 4 to 9 become those of one exchange that was held and asked twice more. */
static void make_held(void)
{
    static uint8_t first[SYM_EXCHANGE_ID_BYTES] = {0xcc, 0xc3, 0x69};
    static uint8_t again[SYM_EXCHANGE_ID_BYTES] = {0x15, 0x63, 0xa0};
    static uint8_t last[SYM_EXCHANGE_ID_BYTES] = {0x8d, 0x23, 0xef};
    uint8_t *const ids[] = {first, first, again, again, last, last};
    size_t n = fake_log.n;
    fake_log.n = 4;
    for (size_t i = 0; i < 6; i++) {
        struct sym_entry_body b = {.event = fake_text(i % 2 == 0 ? "requested"
                                                      : i == 5   ? "granted"
                                                                 : "held"),
                                   .alias = fake_text("bank-b"),
                                   .mine = fake_text("suspects"),
                                   .exchange_kind = SYM_KIND_OVERLAP_MATCHES,
                                   .purpose = SYM_PURPOSE_AML};
        b.decision = i % 2 == 0 ? 0 : i == 5 ? SYM_DECISION_GRANTED : SYM_DECISION_HELD;
        b.handle = i > 1 ? sym_span(first, sizeof first) : sym_span(NULL, 0);
        b.approver = i == 5 ? fake_text("bob") : b.approver;
        (void)fake_log_add(i % 2 == 0 ? SYM_ENTRY_REQUESTED : SYM_ENTRY_DECIDED, ids[i], false, &b);
    }
    fake_log.n = n;
    fake_log_sign(&fake_log.keys.log);
}

static void an_exchange_that_was_held_is_one(void **state)
{
    static struct run r;
    fake_log_make(*state);
    make_held();
    fake_node_start(*state, fake_log_serve);
    lists("--exchange|ccc3", "4,5,6,7,8,9");
    lists("--exchange|1563", "6,7");
    run(&r, "log|show|ccc369");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "9, decided\n");
    run(&r, "log|list|--exchange|ccc3|--decision|granted");
    assert_shows(r.out, "overlap:matches suspects, approver bob  fits\n");
    run(&r, "log|report");
    assert_shows(r.out, "| the peer | bank-b | - | overlap:matches | aml | - | 1 | 1 | 1 | 0 |");
}

static void a_report_names_as_approvers_those_who_approved(void **state)
{
    static struct run r;
    struct sym_entry_body held = {.event = fake_text("command-held"),
                                  .user = fake_text("operator")};
    struct sym_entry_body done = {.event = fake_text("command-approved"),
                                  .user = fake_text("operator"),
                                  .approver = fake_text("bob")};
    struct sym_entry_body refused = {.event = fake_text("control-denied"),
                                     .user = fake_text("eve"),
                                     .subject = fake_text("LOG_LIST")};
    fake_log_make(*state);
    size_t n = fake_log.n;
    fake_log.n = FAKE_ANNOUNCED + 1;
    (void)fake_log_add(SYM_ENTRY_APPROVAL, NULL, false, &held);
    (void)fake_log_add(SYM_ENTRY_APPROVAL, NULL, false, &done);
    (void)fake_log_add(SYM_ENTRY_REFUSED, NULL, false, &refused);
    fake_log.n = n;
    fake_log_sign(&fake_log.keys.log);
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|report");
    assert_shows(r.out, "| bob | approval | command-approved | operator | 1 |\n");
    assert_null(strstr(r.out, "| operator | approval"));
    assert_shows(r.out, "| control-denied | - | eve | LOG\\_LIST | 1 |\n");
}

static void csv_quotes_and_disarms_formulas(void **state)
{
    static struct run r;
    fake_log_make(*state);
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|list|--kind|imported|--since|2026-09-21|--limit|1|--format|csv");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "entry,time,kind,event,exchange,handle,initiator,responder,peer,role,");
    assert_shows(r.out, "\n\"10\",\"2026-09-21T14:23:20Z\",\"imported\",\"imported\",\"\",");
    assert_shows(r.out, "\"alice\",\"\",\"'=1+1|\"\"x\"\"\",\"'@sum\",");
    assert_shows(r.out, ",\"17\",\"fits\",\"\",\"\"\n");
    run(&r, "log|list|--exchange|4f1c|--format|csv");
    assert_shows(r.out, "\"bank-b\",\"initiator\",\"overlap:matches\",\"aml\",\"314b\",");
}

static void entries_that_do_not_fit_are_shown_whatever_the_filter(void **state)
{
    static struct run r;
    fake_log_make(*state);
    fake_log.entries[13].body[5] ^= 1;
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|list|--decision|granted");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "   13  2026-09-21T14:26:20Z  imported  -       -");
    assert_shows(r.out, "WRONG\n");
    assert_shows(r.out, "granted   -     overlap:matches  fits\n");
    assert_string_equal(r.err,
                        "symbolon: entry 13 has another body than the one the log has committed "
                        "to; wrong among these entries: 1; \"symbolon log verify\" looks at all "
                        "of the log\n");
    run(&r, "log|list|--decision|granted|--json");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "\"body\": \"wrong\"");
    run(&r, "log|list|--decision|granted|--format|csv");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out,
                 "\"wrong\",\"has another body than the one the log has committed to\",\"\"\n");
}

static void refuses(const char *words, const char *shown)
{
    static struct run r;
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_string_equal(r.out, "");
    assert_shows(r.err, shown);
}

static void refuses_filters_that_make_no_sense(void **state)
{
    (void)state;
    refuses("log|list|--since|yesterday", "--since: \"yesterday\" is not a date YYYY-MM-DD or a");
    refuses("log|list|--since|2026-02-30", "is not a date");
    refuses("log|list|--until|2026-09-21T25:00", "is not a date");
    refuses("log|list|--since|2026-09-22|--until|2026-09-21", "--since lies behind --until");
    refuses("log|list|--purpose|fun", "--purpose: \"fun\" is not one of aml");
    refuses("log|list|--decision|maybe", "--decision: \"maybe\" is not one of granted");
    refuses("log|list|--kind|thing", "--kind: \"thing\" is not one of requested");
    refuses("log|list|--kind|unknown", "--kind: \"unknown\" is not one of requested");
    refuses("log|list|--exchange|xyz1", "--exchange: \"xyz1\" is not an id");
    refuses("log|list|--limit|0", "--limit");
    refuses("log|list|--format|xml", "--format: \"xml\" is not one of table, csv, json");
    refuses("log|list|--format|csv|--json", "--json and --format csv exclude each other");
    refuses("log|show", "INDEX|EXCHANGE-ID is missing");
    refuses("log|show|4z",
            "\"4z\" is not an id: 4 to 32 hex digits; nor is it the number of an entry");
}

static void show_says_all_and_verifies_signatures(void **state)
{
    static struct run r;
    fake_log_make(*state);
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|show|4");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "entry              4, requested\n");
    assert_shows(r.out, "exchange           4f1caa01000000000000000000000000\n");
    assert_shows(r.out, " (Bank A, this node)\n");
    assert_shows(r.out, " (Bank B)\n");
    assert_shows(r.out, "body               is the one that the log has committed to\n");
    assert_shows(r.out, "case               C-17 (a commitment to it travelled)\n");
    assert_shows(r.out, "purpose            aml\n");
    assert_shows(r.out, "own size           20000\n");
    assert_shows(r.out, "request            verified: signed by Bank A\n");
    run(&r, "log|show|2");
    assert_shows(r.out, "command     verified: USER_ADD, signed by operator (key ");
    assert_shows(r.out, "…, added with entry 1)\n");
    run(&r, "log|show|11");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "body        erased; the entry and its proofs stay\n");
}

static void show_takes_all_entries_of_an_exchange(void **state)
{
    static struct run r;
    fake_log_make(*state);
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|show|4f1c|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.err, "");
    cJSON *json = cJSON_Parse(r.out);
    assert_int_equal(cJSON_GetArraySize(json), 4);
    const cJSON *last = cJSON_GetArrayItem(json, 3);
    const cJSON *first_signed = cJSON_GetArrayItem(cJSON_GetObjectItem(last, "signed"), 0);
    assert_string_equal(cJSON_GetObjectItem(first_signed, "what")->valuestring, "close");
    assert_string_equal(cJSON_GetObjectItem(first_signed, "signature")->valuestring, "good");
    assert_string_equal(cJSON_GetObjectItem(first_signed, "text")->valuestring, "signed by Bank B");
    cJSON_Delete(json);
}

static void show_tells_what_it_could_not_check(void **state)
{
    struct sym_entry_body b = {.event = fake_text("peer-added"), .subject = fake_text("bank-b")};
    struct fake_node *node = *state;
    static struct run r;
    char words[4096];
    fake_log_make(node);
    size_t n = fake_log.n;
    fake_log.n = 3;
    (void)fake_log_add(SYM_ENTRY_PEER, NULL, false, &b); /* without the card */
    fake_log.n = n;
    fake_node_start(node, fake_log_serve);
    run(&r, "log|show|5");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "receipt            not checked: by the node ");
    assert_shows(r.out, "whose card is not in the log; give --card\n");
    fake_write(node->dir, "b.card", fake_text(fake_log.peer_card), 0644);
    (void)snprintf(words, sizeof words, "log|show|5|--card|%s/b.card", node->dir);
    run(&r, words);
    assert_shows(r.out, "receipt            verified: signed by Bank B\n");
    assert_int_equal(chdir(node->dir), 0);
    (void)strcpy(words, "log|show|5");
    for (size_t i = 0; i < 70; i++) {
        (void)strcat(words, "|--card|node.card");
    }
    (void)strcat(words, "|--card|b.card"); /* the last of many */
    run(&r, words);
    assert_shows(r.out, "receipt            verified: signed by Bank B\n");
    assert_int_equal(chdir("/"), 0);
}

static void show_fails_when_something_is_wrong(void **state)
{
    static struct run r;
    fake_log_make(*state);
    fake_log.entries[4].body[40] ^= 1;
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|show|4");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out,
                 "WRONG: the entry has another body than the one the log has committed to\n");
    assert_shows(r.err, "something here is wrong");
    run(&r, "log|show|600");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
    assert_shows(r.err, "600: the log has no such entry");
    run(&r, "log|show|abcd|--json");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
    assert_shows(r.err, "abcd: no exchange begins with these digits");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(filters_take_what_was_asked_for),
        WITH_NODE(no_kind_is_left_out),
        WITH_NODE(filters_by_date_and_time),
        WITH_NODE(a_limit_takes_the_newest_unless_a_beginning_is_named),
        WITH_NODE(a_peer_can_be_named_by_its_id),
        WITH_NODE(a_table_has_one_row_for_each_entry),
        WITH_NODE(an_exchange_that_was_held_is_one),
        WITH_NODE(a_report_names_as_approvers_those_who_approved),
        WITH_NODE(csv_quotes_and_disarms_formulas),
        WITH_NODE(entries_that_do_not_fit_are_shown_whatever_the_filter),
        WITH_NODE(refuses_filters_that_make_no_sense),
        WITH_NODE(show_says_all_and_verifies_signatures),
        WITH_NODE(show_takes_all_entries_of_an_exchange),
        WITH_NODE(show_tells_what_it_could_not_check),
        WITH_NODE(show_fails_when_something_is_wrong),
    };
    return cmocka_run_group_tests_name("log_list", tests, fake_node_start_tests, NULL);
}
