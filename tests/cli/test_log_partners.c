/* log compare, witnesses, exhibit, accept, erase-bodies and restore. */
#include "tests/cli/fake_auditing.h"

#include <cjson/cJSON.h>

static struct run r;

static void logs_that_agree_exit_0(void **state)
{
    fake_log_make(*state);
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|compare|bank-b");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "bank-b: 12 exchanges agree (48 entries there, each proven in the "
                               "tree)\n");
    char asked[8192];
    fake_notes(asked, *state);
    assert_string_equal(asked, "COMPARE_START\nCOMPARE_RESULT\nCOMPARE_RESULT\nCOMPARE_RESULT\n"
                               "COMPARE_RESULT\n");
}

static void findings_come_in_pages_and_exit_1(void **state)
{
    fake_log_make(*state);
    fake_log.lies.findings = 5;
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|compare|bank-b");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: bank-b: 5 findings in 12 exchanges\n");
    assert_shows(r.out, "EXCHANGE      HERE  THERE  FINDING");
    assert_shows(r.out, "4f1caa010000     0      -  here, but not there");
    assert_shows(r.out, "4f1caa010000     4      8  the transcripts differ  no entry there\n");
}

static void exchanges_that_were_cut_off_are_listed_and_agree(void **state)
{
    fake_log_make(*state);
    fake_log.lies.findings = 3;
    fake_log.lies.cut_off = true;
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|compare|bank-b");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.err, "");
    assert_shows(r.out, "4f1caa010000     0      -  cut off: one side saw the beginning");
    assert_shows(r.out, "12 exchanges agree (48 entries there, each proven in the tree); 3 of them "
                        "were cut off\n");
    run(&r, "log|compare|bank-b|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    cJSON *json = cJSON_Parse(r.out);
    assert_non_null(json);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(json, "agree")));
    const cJSON *one = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "findings"), 0);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(one, "note")));
    cJSON_Delete(json);
}

static void what_could_not_be_compared_is_counted(void **state)
{
    fake_log_make(*state);
    fake_log.lies.untold = 4;
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|compare|bank-b");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "12 exchanges agree (48 entries there, each proven in the tree); of 4 one "
                        "side has no signed word any more");
    run(&r, "log|compare|bank-b|--json");
    assert_shows(r.out, "\"untold\": 4");
}

static void what_a_restore_and_denials_leave_out_is_told(void **state)
{
    fake_log_make(*state);
    fake_log.lies.lost = 18;
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|compare|bank-b");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "18 exchanges that this log has were not compared, from before bank-b "
                        "began its log again, and it shows no earlier one; \"symbolon log "
                        "compare\" there looks at what it still has\n");
    assert_shows(r.out, "9 exchanges were not compared: this node lost entries of them when it "
                        "began its log again; what it still has of its earlier logs was "
                        "compared\n");
    assert_shows(r.out, "18 requests of bank-b, of which it shows no end, are not in this log");
    assert_shows(r.out, "one by one (9 are counted)\n");
    run(&r, "log|compare|bank-b|--json");
    assert_shows(r.out, "\"lost_there\": 18");
    assert_shows(r.out, "\"generation_there\": 3");
    assert_shows(r.out, "\"denied_unrecorded\": 9");
    fake_log.lies.lost = 2;
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|compare|bank-b");
    assert_shows(r.out, "bank-b: 1 exchange was not compared: this node lost entries of it when ");
    assert_shows(r.out, "(1 is counted)\n");
}

static void a_partner_that_cannot_be_reached_is_told_of_once(void **state)
{
    fake_log_make(*state);
    fake_log.lies.waiting = "bank-b: 127.0.0.1:7702 refuses connections";
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|compare|bank-b|--timeout|60");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.err, "bank-b: 127.0.0.1:7702 refuses connections; trying until 20");
    assert_ptr_equal(strchr(r.err, '\n'), strrchr(r.err, '\n'));
}

static void findings_as_json(void **state)
{
    fake_log_make(*state);
    fake_log.lies.findings = 1;
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|compare|bank-b|--json");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    cJSON *json = cJSON_Parse(r.out);
    assert_non_null(json);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(json, "agree")));
    const cJSON *one = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "findings"), 0);
    assert_int_equal(cJSON_GetObjectItem(one, "entry_here")->valueint, 0);
    assert_null(cJSON_GetObjectItem(one, "entry_there"));
    assert_string_equal(cJSON_GetObjectItem(one, "finding")->valuestring, "here, but not there");
    cJSON_Delete(json);
}

static void refuses_findings_without_end(void **state)
{
    fake_log_make(*state);
    fake_log.lies.endless = true;
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|compare|bank-b");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "bank-b: the findings that the node answers do not come to an end");
}

static enum sym_err is_down(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "bank-b: cannot be reached");
    return call->verb == SYM_VERB_COMPARE_START ? fake_serve_compare(call) : SYM_UNREACHABLE;
}

static void a_partner_that_is_down_exits_4(void **state)
{
    fake_log_make(*state);
    fake_node_start(*state, is_down);
    run(&r, "log|compare|bank-b");
    assert_int_equal(r.code, SYM_EXIT_UNREACHABLE);
    assert_string_equal(r.err, "symbolon: bank-b: cannot be reached\n");
}

static void witnesses_and_alarms_are_listed(void **state)
{
    fake_log_make(*state);
    fake_log.lies.ours = true;
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|witnesses");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "PEER    STATE  ITS ENTRIES  COSIGNED  HOLDS OF US  OPEN  SINCE     "
                               "            ALARM\n"
                               "bank-b  split           44        40          605     1  "
                               "2026-09-21T14:13:20Z  two heads of 44\n");
    run(&r, "log|witnesses|--json");
    assert_shows(r.out, "\"state\": \"split\"");
    assert_shows(r.out, "\"holds_of_this_log\": 605");
}

static void an_exhibit_is_verified_without_the_node(void **state)
{
    struct fake_node *node = *state;
    char words[1024];
    fake_log_make(node);
    fake_write(node->dir, "peer.card", fake_text(fake_log.peer_card), 0644);
    fake_node_start(node, fake_log_serve);
    (void)snprintf(words, sizeof words, "log|exhibit|bank-b|--out|%s/split", node->dir);
    run(&r, words);
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    fake_node_stop(node);
    (void)snprintf(words, sizeof words, "verify|%s/split|--card|%s/peer.card", node->dir,
                   node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static void an_exhibit_that_proves_nothing_is_not_written(void **state)
{
    struct fake_node *node = *state;
    char words[1024];
    fake_log_make(node);
    fake_log.lies.proof = true;
    fake_node_start(node, fake_log_serve);
    (void)snprintf(words, sizeof words, "log|exhibit|bank-b|--out|%s/split", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "the node's exhibit:");
    assert_int_not_equal(access(strrchr(words, '|') + 1, F_OK), 0);
    run(&r, "log|exhibit|bank-b");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "--out is missing");
}

static void what_cannot_be_undone_needs_a_yes(void **state)
{
    char asked[8192];
    fake_log_make(*state);
    fake_log.lies.frozen = true;
    fake_node_start(*state, fake_log_serve);
    static const char *const words[] = {"log|erase-bodies|--before|2026-09-21", "log|restore",
                                        "log|accept|bank-b"};
    for (size_t i = 0; i < 3; i++) {
        run(&r, words[i]);
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        assert_shows(r.err, "give --yes\n");
        assert_string_equal(r.out, "");
    }
    fake_notes(asked, *state);
    assert_string_equal(asked, "LOG_HEAD\nPEER_LIST\n");
}

static void nobody_is_asked_to_give_up_a_log_that_is_whole(void **state)
{
    fake_log_make(*state);
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|restore");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: log: is not frozen: no partner holds a head that it does "
                               "not lead to\n");
}

static void an_operator_erases_restores_and_accepts(void **state)
{
    char asked[8192];
    fake_log_make(*state);
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|erase-bodies|--before|2026-09-21|--yes");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out,
                        "17 bodies from before 2026-09-21T00:00:00Z are erased; the tree and "
                        "every proof stay\n");
    fake_notes(asked, *state);
    assert_string_equal(asked, "LOG_ERASE\nbefore 1789948800000\n");
    run(&r, "log|erase-bodies|--all|--yes");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "17 bodies from before this moment are erased");
    fake_notes(asked, *state);
    assert_shows(asked, "before 9223372036854775807\n");
    run(&r, "log|restore|--yes");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "a new log was begun: symbolon/");
    run(&r, "log|accept|bank-b|--yes");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "bank-b: accepted\n");
}

static enum sym_err holds(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "waits for an approver: \"symbolon requests\"");
    return SYM_HELD;
}

static void a_restore_that_is_held_exits_3(void **state)
{
    fake_node_start(*state, holds);
    run(&r, "log|restore|--yes");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_shows(r.err, "waits for an approver");
}

static void refuses(const char *words, const char *shown)
{
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, shown);
}

static void refuses_words_that_make_no_sense(void **state)
{
    (void)state;
    refuses("log|compare|-/|--", "there is no such option");
    refuses("log|compare|a/b", "\"a/b\" is not the alias of a peer");
    refuses("log|compare|bank-b|--timeout|0", "--timeout");
    refuses("log|exhibit|a/b", "\"a/b\" is not the alias of a peer");
    refuses("log|accept|a/b", "\"a/b\" is not the alias of a peer");
    refuses("log|erase-bodies", "--before is missing");
    refuses("log|erase-bodies|--all|--before|2021-01-01", "give one of them");
    refuses("log|erase-bodies|--before|soon", "is not a date");
    refuses("log|erase-bodies|--before|2226-01-01|--yes", "--before: lies in the future");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(logs_that_agree_exit_0),
        WITH_NODE(exchanges_that_were_cut_off_are_listed_and_agree),
        WITH_NODE(what_could_not_be_compared_is_counted),
        WITH_NODE(what_a_restore_and_denials_leave_out_is_told),
        WITH_NODE(a_partner_that_cannot_be_reached_is_told_of_once),
        WITH_NODE(findings_come_in_pages_and_exit_1),
        WITH_NODE(findings_as_json),
        WITH_NODE(refuses_findings_without_end),
        WITH_NODE(a_partner_that_is_down_exits_4),
        WITH_NODE(witnesses_and_alarms_are_listed),
        WITH_NODE(an_exhibit_is_verified_without_the_node),
        WITH_NODE(an_exhibit_that_proves_nothing_is_not_written),
        WITH_NODE(what_cannot_be_undone_needs_a_yes),
        WITH_NODE(nobody_is_asked_to_give_up_a_log_that_is_whole),
        WITH_NODE(an_operator_erases_restores_and_accepts),
        WITH_NODE(a_restore_that_is_held_exits_3),
        WITH_NODE(refuses_words_that_make_no_sense),
    };
    return cmocka_run_group_tests_name("log_partners", tests, fake_node_start_tests, NULL);
}
