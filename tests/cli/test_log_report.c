/* log report: what is counted, and that it agrees with what the node signs. */
#include "proto/tabulation.h"
#include "tests/cli/node_files.h"

#include <cjson/cJSON.h>

static void a_report_sums_up_and_is_signed(void **state)
{
    struct fake_node *node = *state;
    static char report[65536];
    static char again[65536];
    fake_log_make(node);
    start(node);
    run(&r, "log|report");
    (void)strcpy(again, r.out);
    run(&r, "log|report|--json");
    uint8_t hash[SYM_HASH_BYTES];
    char hex[2 * SYM_HASH_BYTES + 1];
    assert_int_equal(sym_sha256(hash, fake_text(r.out)), SYM_OK);
    sym_hex(hex, hash, sizeof hash);
    run_in(node, "log|report|--out|@/report.md");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    read_file(report, sizeof report, node, "report.md");
    assert_string_equal(report, again); /* no clock in it */
    assert_shows(report, hex);
    assert_shows(report,
                 "# Exchanges of Bank A\n\nFrom the beginning to the end of the log (UTC).\n");
    assert_shows(report,
                 "| this node | bank-b | alice | overlap:matches | aml | 314b | 1 | 1 | 0 | 0 | 0 "
                 "| 1 | 0 | 1280000 | 1400000 |\n");
    assert_shows(report,
                 "| the peer | bank-b | - | overlap:matches | cft | 314b | 1 | 0 | 0 | 1 | 0 "
                 "| 0 | 0 | 0 | 0 |\n");
    assert_shows(report, "| the peer | bank-b | overlap:matches | cft | a limit of the grant is "
                         "reached | more than 100 requests a day | 1 |\n");
    assert_shows(report, "| imported | imported | alice | 588 | 9996 |\n");
    assert_shows(report, "## Budgets spent\n\nNone.\n");
    run(&r, "log|report|--json");
    (void)strcpy(again, r.out);
    run_in(node, "log|report|--format|json|--out|@/report.json");
    read_file(report, sizeof report, node, "report.json");
    assert_string_equal(report, again);
    fake_node_stop(node);
    run_in(node, "verify|@/report.md.exhibit|@/report.json.exhibit|--card|@/node.card");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static void a_report_that_finds_no_place_is_not_signed(void **state)
{
    static const char *const there[] = {"report.md", "report.md.exhibit"};
    struct fake_node *node = *state;
    char asked[8192];
    char path[512];
    char said[128];
    fake_log_make(node);
    start(node);
    for (size_t i = 0; i < 2; i++) {
        fake_write(node->dir, there[i], sym_span_text("older"), 0600);
        run_in(node, "log|report|--out|@/report.md");
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        (void)snprintf(said, sizeof said, "/%s: exists already and is not overwritten", there[i]);
        assert_shows(r.err, said);
        (void)snprintf(path, sizeof path, "%s/%s", node->dir, there[i]);
        assert_int_equal(unlink(path), 0);
        assert_nothing(node, "report.md");
    }
    fake_notes(asked, node);
    assert_shows_not(asked, "LOG_SIGN_REPORT");
}

/* The entry of the signing is in the head that the node signs, and in no figure of the report. */
static void a_report_says_which_entries_it_was_made_of(void **state)
{
    struct fake_node *node = *state;
    static char report[65536];
    fake_log_make(node);
    start(node);
    run_in(node, "log|report|--out|@/report.md");
    assert_shows(r.out, "report.md: the report, made of 600 entries\n");
    assert_shows(r.out, "signed by the node at 601 entries, as the signing is an entry itself\n");
    read_file(report, sizeof report, node, "report.md");
    assert_shows(report,
                 ", 600 entries; where this report is signed, that is an entry behind them\n");
    run_in(node, "log|export|@/evidence");
    assert_shows(r.out, "evidence: 601 entries");
    fake_node_stop(node);
    run_in(node, "verify|@/report.md.exhibit|--card|@/node.card");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, " bytes, signed in a log of 601 entries, SHA-256 ");
}

/* Under exchange ids of its own, with the handle of the tabulation. */
static void add_leg(uint8_t number, uint8_t tabulation, bool initiated, enum sym_decision decision)
{
    const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0xe0, number};
    const uint8_t handle[SYM_EXCHANGE_ID_BYTES] = {0x7a, tabulation};
    struct sym_entry_body b = {.event = fake_text("leg"),
                               .alias = fake_text("bank-b"),
                               .user = fake_text(initiated ? "alice" : ""),
                               .exchange_kind = SYM_KIND_TABULATE,
                               .purpose = SYM_PURPOSE_STATISTICS,
                               .basis = SYM_BASIS_PUBLIC_TASK,
                               .handle = sym_span(handle, sizeof handle)};
    (void)fake_log_add(SYM_ENTRY_REQUESTED, id, initiated, &b);
    b.decision = decision;
    (void)fake_log_add(SYM_ENTRY_DECIDED, id, initiated, &b);
    b.decision = 0;
    if (decision == SYM_DECISION_GRANTED) {
        (void)fake_log_add(SYM_ENTRY_CLOSED, id, initiated, &b);
    }
}

/* A request with the handle of tabulation 1 for what `answered` has answered, and its decision. */
static void add_repeat(uint8_t number, uint8_t answered, bool initiated, enum sym_decision decision,
                       const char *detail)
{
    const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0xe0, number};
    const uint8_t handle[SYM_EXCHANGE_ID_BYTES] = {0x7a, 1};
    const uint8_t before[SYM_EXCHANGE_ID_BYTES] = {0x7a, answered};
    const uint8_t cohort[3 * SYM_HASH_BYTES] = {0};
    uint8_t parameters[512];
    uint8_t request[2048];
    size_t len = 0;
    const struct sym_tabulate t = {.suite = SYM_TAB_SUITE,
                                   .tabulation = sym_span(handle, sizeof handle),
                                   .query_hash = sym_span(fake_zero, sizeof fake_zero),
                                   .cohort = sym_span(cohort, sizeof cohort),
                                   .epsilon_nano = 1000000000,
                                   .outline = sym_span_text("?"),
                                   .cells = 7,
                                   .answered = sym_span(before, sizeof before)};
    assert_int_equal(sym_encode(parameters, sizeof parameters, &len, &sym_msg_tabulate, &t),
                     SYM_OK);
    const struct sym_request asked = {.kind = SYM_KIND_TABULATE,
                                      .purpose = SYM_PURPOSE_STATISTICS,
                                      .basis = SYM_BASIS_PUBLIC_TASK,
                                      .parameters = sym_span(parameters, len)};
    len = fake_request_of(request, sizeof request, id, initiated, &asked);
    struct sym_entry_body b = {.event = fake_text("requested"),
                               .alias = fake_text("bank-b"),
                               .exchange_kind = SYM_KIND_TABULATE,
                               .purpose = SYM_PURPOSE_STATISTICS,
                               .basis = SYM_BASIS_PUBLIC_TASK,
                               .handle = sym_span(handle, sizeof handle)};
    b.request = sym_span(request, initiated ? 0 : len); /* it is made behind this entry */
    (void)fake_log_add(SYM_ENTRY_REQUESTED, id, initiated, &b);
    b.request = sym_span(request, initiated ? len : 0);
    b.decision = decision;
    b.reason = decision == SYM_DECISION_DENIED ? SYM_REASON_TERMS : 0;
    b.detail = fake_text(detail);
    (void)fake_log_add(SYM_ENTRY_DECIDED, id, initiated, &b);
}

static void add_budget(uint8_t tabulation, bool initiated, const char *event, const char *detail,
                       uint64_t count)
{
    const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0x7a, tabulation};
    const struct sym_entry_body b = {.event = fake_text(event),
                                     .alias = fake_text(initiated ? "" : "bank-b"),
                                     .subject = fake_text("incidents"),
                                     .detail = fake_text(detail),
                                     .exchange_kind = SYM_KIND_TABULATE,
                                     .count = count};
    (void)fake_log_add(SYM_ENTRY_BUDGET, id, initiated, &b);
}

/* The exchanges of a tabulation have its handle, and each of them an id of its own: one for each
 * participant, and others where one is held and asked again. */
static void a_report_counts_each_tabulation_that_was_asked_for_once(void **state)
{
    struct fake_node *node = *state;
    fake_log_make(node);
    add_leg(1, 1, true, SYM_DECISION_GRANTED);
    add_leg(2, 1, false, SYM_DECISION_HELD);
    add_leg(3, 1, false, SYM_DECISION_HELD);
    add_leg(4, 1, false, SYM_DECISION_GRANTED);
    add_leg(5, 2, false, SYM_DECISION_GRANTED);
    add_budget(1, true, "debited", "epsilon 1.000000000 of the year 2026", 1000000000);
    add_budget(1, false, "debited", "epsilon 1.000000000 of the year 2026", 1000000000);
    add_budget(2, true, "answered-before", "by the release of tabulation 7a01", 0);
    add_budget(3, true, "answered-before", "by the release of tabulation 7a02", 0);
    fake_log_sign(&fake_log.keys.log);
    start(node);
    run(&r, "log|report");
    assert_string_equal(r.err, "");
    assert_shows(r.out, "| this node | bank-b | alice | tabulate | statistics | public-task | 1 | "
                        "1 | 0 | 0 | 0 | 1 | 0 | 0 | 0 |\n");
    assert_shows(r.out, "| the peer | bank-b | - | tabulate | statistics | public-task | 2 | 2 | "
                        "1 | 0 | 0 | 2 | 0 | 0 | 0 |\n");
    assert_shows(r.out,
                 "| bank-b | incidents | debited | epsilon 1.000000000 of the year 2026 | 1 | 1 |\n"
                 "| this node | incidents | answered-before | - | 2 | 0 |\n"
                 "| this node | incidents | debited | epsilon 1.000000000 of the year 2026 | 1 | 1 "
                 "|\n");
    run(&r, "log|report|--since|2026-09-22T00:18"); /* of those that were held only the second */
    assert_shows(r.out, "| the peer | bank-b | - | tabulate | statistics | public-task | 1 | 2 | "
                        "0 | 0 | 0 | 2 | 0 | 0 | 0 |\n");
}

/* Asked again, or brought again: at no cost, and where it is there already, that is no denial. But
 * who says so of anything else denies it. */
static void a_report_counts_what_was_answered_before_as_no_denial(void **state)
{
    struct fake_node *node = *state;
    fake_log_make(node);
    add_repeat(1, 2, true, SYM_DECISION_GRANTED, "");
    add_repeat(2, 1, true, SYM_DECISION_DENIED,
               "bank-b denied it: it does not take part on these terms: " SYM_TAB_IS_THERE);
    add_repeat(3, 1, false, SYM_DECISION_DENIED, SYM_TAB_IS_THERE);
    add_repeat(4, 1, false, SYM_DECISION_DENIED, "it waits for no release of this one");
    add_repeat(5, 2, false, SYM_DECISION_DENIED, SYM_TAB_IS_THERE);
    fake_log_sign(&fake_log.keys.log);
    start(node);
    run(&r, "log|report");
    assert_string_equal(r.err, "");
    assert_shows(r.out, "| this node | bank-b | - | tabulate | statistics | public-task | 1 | "
                        "1 | 0 | 0 | 2 | 0 | 0 | 0 | 0 |\n");
    assert_shows(r.out, "| the peer | bank-b | - | tabulate | statistics | public-task | 1 | "
                        "0 | 0 | 2 | 1 | 0 | 0 | 0 | 0 |\n");
    assert_shows(r.out, "| the peer | bank-b | tabulate | statistics | it does not take part on "
                        "these terms | " SYM_TAB_IS_THERE " | 1 |\n");
    assert_null(strstr(r.out, "| this node | bank-b | tabulate | statistics | it does not"));
}

static void a_report_keeps_to_its_time(void **state)
{
    fake_log_make(*state);
    start(*state);
    run(&r, "log|report|--json|--since|2026-09-21T14:19|--until|2026-09-21T14:21");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    cJSON *json = cJSON_Parse(r.out);
    assert_non_null(json);
    assert_int_equal(cJSON_GetObjectItem(json, "entries")->valueint, 2);
    const cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "exchanges"), 0);
    assert_string_equal(cJSON_GetObjectItem(row, "purpose")->valuestring, "aml");
    assert_int_equal(cJSON_GetObjectItem(row, "requested")->valueint, 0);
    assert_int_equal(cJSON_GetObjectItem(row, "closed")->valueint, 1);
    cJSON_Delete(json);
}

static void there_is_no_report_of_a_log_that_is_wrong(void **state)
{
    struct fake_node *node = *state;
    fake_log_make(node);
    fake_log.entries[300].body[9] ^= 1;
    start(node);
    run_in(node, "log|report|--out|@/report.md");
    fake_node_stop(node);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "entry 300 has another body");
    assert_nothing(node, "report");
    fake_log_make(node);
    fake_log.entries[300].leaf[5] ^= 1;
    start(node);
    run(&r, "log|report");
    fake_node_stop(node);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
    assert_shows(r.err, "there is no report of a log that is wrong");
    fake_log_make(node);
    fake_log.lies.other_report = true;
    start(node);
    run_in(node, "log|report|--out|@/report.md");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "the node signed another report than this one");
    assert_nothing(node, "report");
}

static void refuses_options_that_make_no_sense(void **state)
{
    (void)state;
    run(&r, "log|report|--format|pdf");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "--format: \"pdf\" is not one of md, json");
    run(&r, "log|report|--format|md|--json");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    run(&r, "log|report|--since|2026-01-02|--until|2026-01-01");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(a_report_sums_up_and_is_signed),
        WITH_NODE(a_report_that_finds_no_place_is_not_signed),
        WITH_NODE(a_report_says_which_entries_it_was_made_of),
        WITH_NODE(a_report_counts_each_tabulation_that_was_asked_for_once),
        WITH_NODE(a_report_counts_what_was_answered_before_as_no_denial),
        WITH_NODE(a_report_keeps_to_its_time),
        WITH_NODE(there_is_no_report_of_a_log_that_is_wrong),
        WITH_NODE(refuses_options_that_make_no_sense),
    };
    return cmocka_run_group_tests_name("log_report", tests, fake_node_start_tests, NULL);
}
