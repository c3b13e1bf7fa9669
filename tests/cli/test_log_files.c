/* What leaves the node as files: proofs, checkpoints, exports, reports. Each is checked with
 * `symbolon verify`, which knows nothing of the node, and none is written of a log that is wrong.
 */
#include "proto/tabulation.h"
#include "tests/cli/fake_auditing.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <sys/stat.h>

static struct run r;
static char words[2048];

static void start(struct fake_node *node)
{
    fake_node_start(node, fake_log_serve);
}

static void read_file(char *out, size_t size, const struct fake_node *node, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", node->dir, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        print_error("%s is missing\n", path);
    }
    assert_non_null(file);
    run_read(out, size, file);
}

static bool is_there(const struct fake_node *node, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", node->dir, name);
    return access(path, F_OK) == 0;
}

/* Nothing in the node's directory has a name that begins so. */
static void assert_nothing(const struct fake_node *node, const char *begin)
{
    DIR *dir = opendir(node->dir);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        assert_true(strncmp(e->d_name, begin, strlen(begin)) != 0);
    }
    (void)closedir(dir);
}

/* Words with @ for the node's directory. */
static void run_in(const struct fake_node *node, const char *with_marks)
{
    size_t used = 0;
    for (const char *c = with_marks; *c != '\0'; c++) {
        used += (size_t)snprintf(words + used, sizeof words - used, "%.*s",
                                 *c == '@' ? (int)sizeof node->dir : 1, *c == '@' ? node->dir : c);
        assert_true(used < sizeof words);
    }
    run(&r, words);
}

static void exports_nothing_when_a_body_is_gone_that_was_not_erased(void **state)
{
    struct fake_node *node = *state;
    fake_log_make(node);
    fake_log.entries[FAKE_ANNOUNCED + 1].erased = true;
    start(node);
    run_in(node, "log|export|@/out");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "entry 13 has no body, and no entry of the log says");
    assert_false(is_there(node, "out"));
    run(&r, "log|report");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "entry 13 has no body, and no entry of the log says");
}

/* Cases, notes and users stand in bodies: what leaves the store is its owner's alone, until he
 * gives it on. */
static void what_is_exported_is_for_its_owner_alone(void **state)
{
    struct fake_node *node = *state;
    static const char *const names[] = {
        "out",   "out/bodies.jsonl",         "out/tile", "out/tile/0/001",
        "proof", "proof/entry-4.body.jsonl", "report.md"};
    char path[PATH_MAX];
    struct stat st;
    mode_t before = umask(0);
    fake_log_make(node);
    start(node);
    run_in(node, "log|export|@/out");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    run_in(node, "log|prove|4|--out|@/proof");
    assert_string_equal(r.err, "");
    run_in(node, "log|report|--out|@/report.md");
    (void)umask(before);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", node->dir, names[i]);
        assert_int_equal(stat(path, &st), 0);
        if ((st.st_mode & 077) != 0) {
            fail_msg("%s: mode %o", names[i], st.st_mode & 0777u);
        }
    }
}

static void an_export_is_verified_without_the_node(void **state)
{
    struct fake_node *node = *state;
    static char text[65536];
    fake_log_make(node);
    start(node);
    run_in(node, "log|export|@/out");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "/out: 600 entries, 1 of them with an erased body\n");
    fake_node_stop(node);
    run_in(node, "verify|@/out|--card|@/node.card");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    read_file(text, sizeof text, node, "out/checkpoint");
    assert_string_equal(text, fake_log.checkpoint);
    read_file(text, sizeof text, node, "out/keys");
    assert_shows(text, "/evidence+");
    assert_shows(text, "/witness+");
    assert_true(is_there(node, "out/tile/0/001"));
    assert_true(is_there(node, "out/tile/0/002.p/88"));
    assert_true(is_there(node, "out/tile/1/000.p/2"));
    assert_true(is_there(node, "out/tile/entries/002.p/88"));
}

static void an_export_can_leave_bodies_out(void **state)
{
    struct fake_node *node = *state;
    fake_log_make(node);
    start(node);
    run_in(node, "log|export|@/out/|--no-bodies");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_false(is_there(node, "out/bodies.jsonl"));
    run_in(node, "verify|@/out|--card|@/node.card");
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static void an_export_leaves_out_what_nobody_known_has_signed(void **state)
{
    struct fake_node *node = *state;
    static char text[65536];
    static char before[sizeof fake_log.checkpoint];
    fake_log_make(node);
    memcpy(before, fake_log.checkpoint, sizeof before);
    strcat(fake_log.checkpoint, "\xe2\x80\x94 stranger AAAAAAA=\n");
    start(node);
    run_in(node, "log|export|@/out");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    read_file(text, sizeof text, node, "out/checkpoint");
    assert_string_equal(text, before);
    run_in(node, "verify|@/out|--card|@/node.card");
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static void an_export_takes_only_what_is_signed(void **state)
{
    struct fake_node *node = *state;
    fake_log_make(node);
    fake_log.lies.frozen = true;
    const struct sym_entry_body b = {.event = fake_text("late")};
    (void)fake_log_add(SYM_ENTRY_STARTED, NULL, false, &b);
    start(node);
    run_in(node, "log|export|@/out");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "/out: 600 entries");
    run_in(node, "verify|@/out|--card|@/node.card");
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static void refuses_to_export(struct fake_node *node, const char *why)
{
    start(node);
    run_in(node, "log|export|@/out");
    fake_node_stop(node);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
    assert_shows(r.err, why);
    assert_nothing(node, "out");
}

static void exports_nothing_of_a_log_that_is_wrong(void **state)
{
    fake_log_make(*state);
    fake_log.entries[300].body[9] ^= 1;
    refuses_to_export(*state, "entry 300 has another body than the one the log has committed to; "
                              "nothing was exported");
    fake_log_make(*state);
    fake_log.entries[300].leaf[5] ^= 1;
    refuses_to_export(*state, "the entries do not make the root of the signed checkpoint");
    fake_log_make(*state);
    fake_log.lies.missing = true;
    refuses_to_export(*state, "entry 30 is missing; nothing was exported");
    fake_log_make(*state);
    fake_log_sign(&fake_log.peer_keys.log);
    refuses_to_export(*state, "the checkpoint is not signed by the log key");
}

static void writes_only_into_a_directory_that_is_new_or_empty(void **state)
{
    struct fake_node *node = *state;
    fake_log_make(node);
    start(node);
    run_in(node, "log|export|@/users");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "/users: exists and is no empty directory");
    run_in(node, "log|export|@/node.card");
    assert_shows(r.err, "/node.card: exists and is no empty directory");
    run_in(node, "log|export|@/no/out");
    assert_shows(r.err, "/no/out: No such file or directory");
    char path[512];
    (void)snprintf(path, sizeof path, "%s/out", node->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    run_in(node, "log|export|@/out");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    run_in(node, "log|export|@/out");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
}

static void proofs_of_an_exchange_are_verified_without_the_node(void **state)
{
    struct fake_node *node = *state;
    fake_log_make(node);
    start(node);
    run_in(node, "log|prove|4f1c|--out|@/proofs");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    fake_node_stop(node);
    static const char *const files[] = {"entry-4.tlog-proof",      "entry-5.tlog-proof",
                                        "entry-6.tlog-proof",      "entry-7.tlog-proof",
                                        "entry-4.request.exhibit", "entry-5.receipt.exhibit",
                                        "entry-6.close.exhibit",   "entry-7.peer-close.exhibit"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        bool peer = i == 5 || i == 7;
        fake_write(node->dir, "peer.card", fake_text(fake_log.peer_card), 0644);
        (void)snprintf(words, sizeof words, "verify|%s/proofs/%s|--card|%s/%s", node->dir, files[i],
                       node->dir, peer ? "peer.card" : "node.card");
        run(&r, words);
        assert_string_equal(r.err, "");
        assert_int_equal(r.code, SYM_EXIT_DONE);
    }
    assert_true(is_there(node, "proofs/entry-4.body.jsonl"));
    assert_false(is_there(node, "proofs/entry-8.tlog-proof"));
}

static void one_proof_is_printed(void **state)
{
    struct fake_node *node = *state;
    fake_log_make(node);
    start(node);
    run(&r, "log|prove|9");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_int_equal(strncmp(r.out, "c2sp.org/tlog-proof@v1\nextra ", 29), 0);
    assert_shows(r.out, "\nindex 9\n");
    run(&r, "log|prove|4f1c");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "an exchange has several entries: give --out DIR");
    run(&r, "log|prove|600");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "600: no entry of it is in the newest checkpoint");
    run_in(node, "log|prove|9|--out|@/proofs");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    run_in(node, "log|prove|9|--out|@/proofs");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "exists already and is not overwritten");
}

static void refuses_a_proof_that_does_not_hold(void **state)
{
    struct fake_node *node = *state;
    fake_log_make(node);
    fake_log.lies.proof = true;
    start(node);
    run(&r, "log|prove|9");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
    assert_shows(r.err, "entry 9: the node's proof of it does not hold");
}

static void the_checkpoint_is_printed_as_it_is_signed(void **state)
{
    struct fake_node *node = *state;
    static char text[8192];
    fake_log_make(node);
    start(node);
    run(&r, "log|checkpoint");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, fake_log.checkpoint);
    run_in(node, "log|checkpoint|--out|@/head");
    assert_shows(r.out, "/head: 600 entries, 1 cosignature\n");
    read_file(text, sizeof text, node, "head");
    assert_string_equal(text, fake_log.checkpoint);
    run_in(node, "log|checkpoint|--out|@/head"); /* an older one is kept to be compared */
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "/head: exists already and is not overwritten");
    fake_node_stop(node);
    fake_log_sign(&fake_log.peer_keys.log);
    start(node);
    run(&r, "log|checkpoint");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
}

static void a_report_sums_up_and_is_signed(void **state)
{
    struct fake_node *node = *state;
    static char report[65536];
    static char again[65536];
    fake_log_make(node);
    start(node);
    run_in(node, "log|report|--out|@/report.md");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    read_file(report, sizeof report, node, "report.md");
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
    run(&r, "log|report");
    assert_string_equal(r.out, report); /* no clock in it */
    run(&r, "log|report|--json");
    uint8_t hash[SYM_HASH_BYTES];
    char hex[2 * SYM_HASH_BYTES + 1];
    assert_int_equal(sym_sha256(hash, fake_text(r.out)), SYM_OK);
    sym_hex(hex, hash, sizeof hash);
    assert_shows(report, hex);
    (void)strcpy(again, r.out);
    run_in(node, "log|report|--format|json|--out|@/report.json");
    read_file(report, sizeof report, node, "report.json");
    assert_string_equal(report, again);
    fake_node_stop(node);
    run_in(node, "verify|@/report.md.exhibit|@/report.json.exhibit|--card|@/node.card");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
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
    run(&r, "log|prove|zz");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(exports_nothing_when_a_body_is_gone_that_was_not_erased),
        WITH_NODE(what_is_exported_is_for_its_owner_alone),
        WITH_NODE(an_export_is_verified_without_the_node),
        WITH_NODE(an_export_can_leave_bodies_out),
        WITH_NODE(an_export_leaves_out_what_nobody_known_has_signed),
        WITH_NODE(an_export_takes_only_what_is_signed),
        WITH_NODE(exports_nothing_of_a_log_that_is_wrong),
        WITH_NODE(writes_only_into_a_directory_that_is_new_or_empty),
        WITH_NODE(proofs_of_an_exchange_are_verified_without_the_node),
        WITH_NODE(one_proof_is_printed),
        WITH_NODE(refuses_a_proof_that_does_not_hold),
        WITH_NODE(the_checkpoint_is_printed_as_it_is_signed),
        WITH_NODE(a_report_sums_up_and_is_signed),
        WITH_NODE(a_report_counts_each_tabulation_that_was_asked_for_once),
        WITH_NODE(a_report_counts_what_was_answered_before_as_no_denial),
        WITH_NODE(a_report_keeps_to_its_time),
        WITH_NODE(there_is_no_report_of_a_log_that_is_wrong),
        WITH_NODE(refuses_options_that_make_no_sense),
    };
    return cmocka_run_group_tests_name("log_files", tests, fake_node_start_tests, NULL);
}
