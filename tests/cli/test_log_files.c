/* What leaves the node as files: proofs, checkpoints, exports, reports. Each is checked with
 * `symbolon verify`, which knows nothing of the node, and none is written of a log that is wrong.
 */
#include "tests/cli/node_files.h"

#include <sys/stat.h>

static bool is_there(const struct fake_node *node, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", node->dir, name);
    return access(path, F_OK) == 0;
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
    assert_shows(r.err, "/no/out: its directory does not exist; make it with \"mkdir -p ");
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

static void refuses_a_proof_of_nothing(void **state)
{
    (void)state;
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
        WITH_NODE(refuses_a_proof_of_nothing),
    };
    return cmocka_run_group_tests_name("log_files", tests, fake_node_start_tests, NULL);
}
