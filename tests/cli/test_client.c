/* Asking the node: what is asked, and what comes of every kind of answer. */
#include "tests/cli/fake_node.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <sys/file.h>

static enum sym_err two_settings(struct fake_call *call)
{
    static const struct sym_setting settings[] = {
        {.name = {(const uint8_t *)"idle-seconds", 12}, .value = {(const uint8_t *)"120", 3}},
        {.name = {(const uint8_t *)"a", 1}, .value = {(const uint8_t *)"x\ty", 3}}};
    static const struct sym_setting_list list = {.settings = settings, .n_settings = 2};
    call->answer = &list;
    return SYM_OK;
}

static void shows_a_listing_as_a_table(void **state)
{
    struct run r;
    fake_node_start(*state, two_settings);
    run(&r, "settings|list");
    assert_string_equal(r.err, "");
    assert_string_equal(r.out, "SETTING       VALUE\nidle-seconds  120\na             x\\x09y\n");
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static void shows_a_listing_as_json(void **state)
{
    struct run r;
    fake_node_start(*state, two_settings);
    run(&r, "settings|list|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "{\n  \"idle-seconds\": \"120\",\n  \"a\": \"x\\ty\"\n}\n");
}

/* Each list of proto/control.h with nothing in it. */
static enum sym_err knows_nothing(struct fake_call *call)
{
    static const max_align_t nothing[64];
    call->answer = nothing;
    return SYM_OK;
}

static void a_listing_of_nothing_says_so_and_what_to_do(void **state)
{
    static const char *const lists[][2] = {
        {"peer|list", "no peers yet: \"symbolon peer add CARD --alias NAME\"\n"},
        {"dataset|list",
         "no datasets yet: \"symbolon import FILE --dataset NAME --profile PROFILE\"\n"},
        {"dataset|list|--received",
         "no standing lists yet: a peer offers one with \"symbolon grant --standing DAYS\"\n"},
        {"grants|list", "no grants yet, all peers are denied: \"symbolon grant --help\"\n"},
        {"requests", "no requests yet: what an approver has to decide comes here\n"},
        {"exchange|list", "no exchanges yet: \"symbolon overlap --help\"\n"},
        {"budget", "no datasets of incidents or aggregates yet: \"symbolon import --help\"\n"},
        {"log|witnesses",
         "no peers yet who could be witnesses: \"symbolon peer add CARD --alias NAME\"\n"}};
    static struct run r;
    char words[64];
    fake_node_start(*state, knows_nothing);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        run(&r, lists[i][0]);
        assert_string_equal(r.err, "");
        assert_string_equal(r.out, lists[i][1]);
        assert_int_equal(r.code, SYM_EXIT_DONE);
        (void)snprintf(words, sizeof words, "%s|--json", lists[i][0]);
        run(&r, words);
        assert_string_equal(r.out, "[\n\n]\n");
    }
}

static void takes_the_directory_from_an_option_anywhere(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char words[256];
    fake_node_start(node, two_settings);
    assert_int_equal(setenv("SYMBOLON_DIR", "/nonexistent", 1), 0);
    (void)snprintf(words, sizeof words, "--dir|%s|settings|list", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    (void)snprintf(words, sizeof words, "settings|list|--dir=%s", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static enum sym_err a_fault(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault,
                   "idle-seconds: 0 is below 1; give 1 to 3600\nsecond line \xe2\x80\xae");
    return SYM_BAD_VALUE;
}

static void shows_a_fault_in_one_line_and_exits_1(void **state)
{
    struct run r;
    fake_node_start(*state, a_fault);
    run(&r, "settings|set|idle-seconds|0");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
    assert_string_equal(r.err, "symbolon: idle-seconds: 0 is below 1; give 1 to 3600\\x0asecond "
                               "line \\u{202e}\n");
}

static enum sym_err a_fault_without_text(struct fake_call *call)
{
    (void)call;
    return SYM_NO_SPACE;
}

static void shows_the_reason_when_the_node_gives_no_line(void **state)
{
    struct run r;
    fake_node_start(*state, a_fault_without_text);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, sym_err_text(SYM_NO_SPACE));
}

static enum sym_err a_denial(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "user list: operator may not");
    return SYM_DENIED;
}

static void a_denial_exits_3(void **state)
{
    struct run r;
    fake_node_start(*state, a_denial);
    run(&r, "user|list");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_string_equal(r.err, "symbolon: user list: operator may not\n");
}

static enum sym_err an_unreachable_peer(struct fake_call *call)
{
    return call->number == 0 ? SYM_UNREACHABLE : SYM_TIMEOUT;
}

static void an_unreachable_peer_exits_4(void **state)
{
    struct run r;
    fake_node_start(*state, an_unreachable_peer);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_UNREACHABLE);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_UNREACHABLE);
}

static enum sym_err no_answer(struct fake_call *call)
{
    call->silent = true;
    return SYM_OK;
}

static void gives_up_after_the_time_that_was_asked_for(void **state)
{
    struct run r;
    fake_node_start(*state, no_answer);
    run(&r, "settings|list|--wait|1");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "did not answer within 1 s");
}

static enum sym_err garbage(struct fake_call *call)
{
    call->raw = sym_span_text("\xff\xff this is no message");
    return SYM_OK;
}

static void refuses_an_answer_that_is_garbage(void **state)
{
    struct run r;
    fake_node_start(*state, garbage);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "cannot be understood");
    assert_string_equal(r.out, "");
}

static enum sym_err another_verb(struct fake_call *call)
{
    static const struct sym_card_text text = {.text = {(const uint8_t *)"\xff\x00 text", 7}};
    call->verb = SYM_VERB_CARD;
    call->answer = &text;
    return SYM_OK;
}

static void refuses_the_answer_to_another_question(void **state)
{
    struct run r;
    fake_node_start(*state, another_verb);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "cannot be understood");
}

static enum sym_err another_nonce(struct fake_call *call)
{
    call->other_nonce = true;
    return two_settings(call);
}

static void refuses_the_answer_to_another_request(void **state)
{
    struct run r;
    fake_node_start(*state, another_nonce);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
}

static enum sym_err too_much(struct fake_call *call)
{
    static uint8_t bytes[SYM_CONTROL_BYTES_MAX + 1];
    memset(bytes, 'x', sizeof bytes);
    call->raw = sym_span(bytes, sizeof bytes);
    return SYM_OK;
}

static void does_not_take_an_answer_beyond_the_limit(void **state)
{
    struct run r;
    fake_node_start(*state, too_much);
    run(&r, "settings|list|--wait|1");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
}

static void says_how_to_start_a_node_that_does_not_run(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char expected[512];
    char path[256];
    (void)snprintf(
        expected, sizeof expected,
        "symbolon: the node in %s is not running; start it with: \"symbolond --dir %s\"\n",
        node->dir, node->dir);
    run(&r, "settings|list"); /* no socket */
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, expected);
    fake_node_start(node, two_settings);
    fake_node_stop(node);
    run(&r, "settings|list"); /* a socket that nobody listens at */
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, expected);
    (void)snprintf(path, sizeof path, "%s/run", node->dir);
    assert_int_equal(unlink(path), 0);
    run(&r, "settings|list"); /* no link */
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, expected);
    assert_int_equal(symlink("/nonexistent/directory", path), 0);
    run(&r, "settings|list"); /* a link to nowhere */
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, expected);
}

static void does_not_say_that_a_node_is_to_be_started_that_holds_its_directory(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/lock", node->dir);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(lock >= 0);
    run(&r, "settings|list"); /* left by one that has ended */
    assert_non_null(strstr(r.err, "is not running; start it with"));
    assert_int_equal(flock(lock, LOCK_EX), 0);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_non_null(strstr(r.err, " does not answer: it is starting, or hangs; try again"));
    (void)close(lock);
    assert_int_equal(unlink(path), 0);
}

static void refuses_a_run_directory_that_others_can_use(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    fake_node_start(node, two_settings);
    assert_int_equal(chmod(node->run, 0755), 0);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "is not a directory that only the owner");
}

static void says_so_when_there_is_no_node_at_all(void **state)
{
    (void)state;
    struct run r;
    run(&r, "settings|list|--dir|/nonexistent");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "/nonexistent: there is no node here; correct --dir or SYMBOLON_DIR, or "
                        "make one with: \"symbolon init --dir /nonexistent …\"");
    run(&r, "settings|list|--dir|/usr"); /* init would refuse what is not empty */
    assert_shows(r.err, "make one with: \"symbolon init --dir /usr/node …\"");
}

static void refuses_a_card_of_the_node_that_was_edited(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    fake_write(node->dir, "node.card", sym_span_text("symbolon-card/1\nname: Bank B\n"), 0644);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "/node.card: ");
}

static void asks_which_user_when_several_keys_can_be_read(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    fake_user(node, "alice");
    fake_write(node->dir, "users/notes.txt", sym_span_text("x"), 0600);
    fake_write(node->dir, "users/.key", sym_span_text("x"), 0600);
    fake_node_start(node, two_settings);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "choose with --as NAME or SYMBOLON_USER");
    assert_shows(r.err, "alice");
    assert_shows(r.err, "operator");
    assert_shows_not(r.err, "notes");
    run(&r, "settings|list|--as|alice");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_int_equal(setenv("SYMBOLON_USER", "operator", 1), 0);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static void takes_a_user_key_from_any_file(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char words[512];
    char from[256];
    char to[256];
    fake_user(node, "alice");
    (void)snprintf(from, sizeof from, "%s/users/alice.key", node->dir);
    (void)snprintf(to, sizeof to, "%s/elsewhere", node->dir);
    assert_int_equal(rename(from, to), 0);
    fake_node_start(node, two_settings);
    (void)snprintf(words, sizeof words, "settings|list|--as|%s", to);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static void shortens_a_long_list_of_users(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    for (int i = 0; i < 40; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "analyst-%02d", i);
        fake_user(node, name);
    }
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, ", …; choose with --as NAME");
}

static void a_pipe_among_the_user_keys_is_passed_over(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/users/trap.key", node->dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    fake_node_start(node, two_settings);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static void refuses_a_user_without_a_key(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char path[256];
    run(&r, "settings|list|--as|nobody");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "users/nobody.key: there is no such user key; those here that you may "
                        "read are of operator");
    run(&r, "settings|list|--as|../node");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    run(&r, "settings|list|--as|.hidden");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "is not a user name");
    (void)snprintf(path, sizeof path, "%s/users/operator.key", node->dir);
    assert_int_equal(unlink(path), 0);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "holds no user key that you may read");
}

static void refuses_a_user_key_that_others_can_read(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char path[256];
    fake_node_start(node, two_settings);
    (void)snprintf(path, sizeof path, "%s/users/operator.key", node->dir);
    assert_int_equal(chmod(path, 0640), 0);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "use this secret: \"chmod 600 ");
}

static void refuses_a_user_key_that_is_none(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char long_text[1024];
    memset(long_text, 'k', sizeof long_text);
    fake_write(node->dir, "users/operator.key", sym_span_text("hello\n"), 0600);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "operator.key: as a user key it ");
    fake_write(node->dir, "users/operator.key", sym_span(long_text, sizeof long_text), 0600);
    run(&r, "settings|list");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "is longer than 192 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(shows_a_listing_as_a_table),
        WITH_NODE(shows_a_listing_as_json),
        WITH_NODE(a_listing_of_nothing_says_so_and_what_to_do),
        WITH_NODE(takes_the_directory_from_an_option_anywhere),
        WITH_NODE(shows_a_fault_in_one_line_and_exits_1),
        WITH_NODE(shows_the_reason_when_the_node_gives_no_line),
        WITH_NODE(a_denial_exits_3),
        WITH_NODE(an_unreachable_peer_exits_4),
        WITH_NODE(gives_up_after_the_time_that_was_asked_for),
        WITH_NODE(refuses_an_answer_that_is_garbage),
        WITH_NODE(refuses_the_answer_to_another_question),
        WITH_NODE(refuses_the_answer_to_another_request),
        WITH_NODE(does_not_take_an_answer_beyond_the_limit),
        WITH_NODE(says_how_to_start_a_node_that_does_not_run),
        WITH_NODE(does_not_say_that_a_node_is_to_be_started_that_holds_its_directory),
        WITH_NODE(refuses_a_run_directory_that_others_can_use),
        WITH_NODE(says_so_when_there_is_no_node_at_all),
        WITH_NODE(refuses_a_card_of_the_node_that_was_edited),
        WITH_NODE(asks_which_user_when_several_keys_can_be_read),
        WITH_NODE(takes_a_user_key_from_any_file),
        WITH_NODE(shortens_a_long_list_of_users),
        WITH_NODE(a_pipe_among_the_user_keys_is_passed_over),
        WITH_NODE(refuses_a_user_without_a_key),
        WITH_NODE(refuses_a_user_key_that_others_can_read),
        WITH_NODE(refuses_a_user_key_that_is_none),
    };
    return cmocka_run_group_tests_name("client", tests, fake_node_start_tests, NULL);
}
