/* Users of a node, and what status shows. */
#include "tests/cli/fake_node.h"

#include <cjson/cJSON.h>
#include <locale.h>

static int make(void **state)
{
    int made = fake_node_set_up(state);
    assert_int_equal(setenv("SYMBOLON_USER", "operator", 1), 0);
    return made;
}

/* Notes the wish, with the public key in hex. */
static enum sym_err admits(struct fake_call *call)
{
    if (call->verb == SYM_VERB_USER_ADD) {
        const struct sym_user_add *wish = call->arguments;
        char hex[2 * SYM_ED25519_BYTES + 1];
        char note[256];
        sym_hex(hex, wish->key.data, SYM_ED25519_BYTES);
        (void)snprintf(note, sizeof note, "%.*s roles=%u key=%s", (int)wish->name.len,
                       (const char *)wish->name.data, wish->roles, hex);
        fake_note(call->node, note);
    }
    return SYM_OK;
}

static void a_new_user_gets_a_private_key_file_and_the_node_its_public_half(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    struct stat st;
    char path[256];
    char text[8192];
    char name[SYM_USERKEY_NAME_BYTES];
    char hex[2 * SYM_ED25519_BYTES + 1];
    char expected[256];
    struct sym_sign_key key = {0};
    fake_node_start(node, admits);
    run(&r, "user|add|alice|--role|analyst,auditor");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "alice: added as analyst,auditor; the private key is in ");
    (void)snprintf(path, sizeof path, "%s/users/alice.key", node->dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    run_read(text, sizeof text, file);
    assert_int_equal(sym_userkey_read(&key, name, sym_span_text(text)), SYM_OK);
    assert_string_equal(name, "alice");
    sym_hex(hex, key.public_key, sizeof key.public_key);
    (void)snprintf(expected, sizeof expected, "alice roles=%u key=%s\n",
                   SYM_USER_ANALYST | SYM_USER_AUDITOR, hex);
    fake_notes(text, node);
    assert_shows(text, expected);
    sym_sign_key_clear(&key);
}

static void the_key_goes_to_another_file_when_asked(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char words[512];
    fake_node_start(node, admits);
    (void)snprintf(words, sizeof words, "user|add|alice|--role|analyst|--out|%s/a", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_int_equal(access(strstr(words, "/"), F_OK), 0);
    (void)snprintf(words, sizeof words, "%s/users/alice.key", node->dir);
    assert_int_not_equal(access(words, F_OK), 0);
}

static enum sym_err denies(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "user add: only an operator may");
    return SYM_DENIED;
}

static void a_user_that_is_refused_leaves_no_key(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char path[256];
    fake_node_start(node, denies);
    run(&r, "user|add|alice|--role|analyst");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_string_equal(r.err, "symbolon: user add: only an operator may\n");
    (void)snprintf(path, sizeof path, "%s/users/alice.key", node->dir);
    assert_int_not_equal(access(path, F_OK), 0);
}

static enum sym_err says_nothing(struct fake_call *call)
{
    call->silent = true;
    return SYM_OK;
}

static enum sym_err says_nonsense(struct fake_call *call)
{
    call->other_nonce = true;
    return SYM_OK;
}

/* The node may have admitted the key: nobody else has it. */
static void a_key_that_the_node_may_know_is_kept(void **state)
{
    static fake_serve *const serves[] = {says_nothing, says_nonsense};
    struct fake_node *node = *state;
    struct run r;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/users/alice.key", node->dir);
    for (size_t i = 0; i < sizeof serves / sizeof *serves; i++) {
        fake_node_start(node, serves[i]);
        run(&r, "user|add|alice|--role|approver|--wait|1");
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        assert_shows(r.err, "/users/alice.key: the private key is kept, as the node may have "
                            "admitted it (\"symbolon user list\" tells): the node in ");
        assert_int_equal(unlink(path), 0);
        fake_node_stop(node);
    }
}

/* Alice is a user; an approver has to say whether carol becomes one, and has refused bob. */
static enum sym_err knows_alice(struct fake_call *call)
{
    static const uint8_t key[SYM_ED25519_BYTES] = {1};
    static const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0x4f, 0x1c, 0xaa, 1};
    static const struct sym_user_row alice = {.name = {(const uint8_t *)"alice", 5},
                                              .key = {key, sizeof key},
                                              .roles = SYM_USER_AUDITOR | SYM_USER_ANALYST};
    static const struct sym_user_list list = {.users = &alice, .n_users = 1};
    static struct sym_held_request held[2];
    static const struct sym_request_list requests = {.requests = held, .n_requests = 2};
    for (size_t i = 0; i < 2; i++) {
        held[i] = (struct sym_held_request){.id = sym_span(id, sizeof id),
                                            .verb = SYM_VERB_USER_ADD,
                                            .user = sym_span_text("operator")};
    }
    held[0].what = sym_span_text("user add bob as approver");
    held[0].state = SYM_HELD_DENIED;
    held[1].what = sym_span_text("user add carol as approver");
    call->answer = &list;
    if (call->verb == SYM_VERB_REQUEST_LIST) {
        call->answer = &requests;
    }
    return SYM_OK;
}

static void never_overwrites_a_key(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char asked[8192];
    fake_node_start(node, knows_alice);
    fake_write(node->dir, "users/alice.key", sym_span_text("precious"), 0600);
    fake_write(node->dir, "users/bob.key", sym_span_text("precious"), 0600);
    run(&r, "user|add|alice|--role|analyst");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err,
                        "symbolon: user alice: exists already, as analyst,auditor; choose "
                        "another name, or take it away first: \"symbolon user remove alice\"\n");
    run(&r, "user|add|bob|--role|analyst");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "/users/bob.key: is a key of nobody whom the node knows or who waits for "
                        "an approver; move it away\n");
    fake_write(node->dir, "mine.key", sym_span_text("precious"), 0600);
    char words[512];
    (void)snprintf(words, sizeof words, "user|add|eve|--role|analyst|--out|%s/mine.key", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "mine.key: exists already and is not overwritten");
    fake_notes(asked, node);
    assert_string_equal(asked, "USER_LIST\nUSER_LIST\nREQUEST_LIST\n");
}

static void keeps_the_key_of_one_who_waits_for_an_approver(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    fake_node_start(node, knows_alice);
    fake_write(node->dir, "users/carol.key", sym_span_text("precious"), 0600);
    fake_write(node->dir, "users/car.key", sym_span_text("precious"), 0600);
    run(&r, "user|add|carol|--role|approver");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "user carol: waits for an approver, and the key is kept in ");
    assert_shows(r.err,
                 "/users/carol.key; an approver decides: \"symbolon approve 4f1caa010000\"\n");
    run(&r, "user|add|car|--role|approver");
    assert_shows(r.err, "/users/car.key: is a key of nobody");
}

static void refuses_users_without_a_good_name_or_role(void **state)
{
    (void)state;
    struct run r;
    static const char *const words[] = {"user|add|alice",
                                        "user|add|alice|--role|boss",
                                        "user|add|alice|--role|analyst,",
                                        "user|add|alice|--role|analyst, auditor",
                                        "user|add|../alice|--role|analyst",
                                        "user|add|a/b|--role|analyst",
                                        "user|add|.a|--role|analyst",
                                        "user|remove|../operator"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        run(&r, words[i]);
        assert_int_equal(r.code, SYM_EXIT_USAGE);
    }
}

static enum sym_err two_users(struct fake_call *call)
{
    static uint8_t key[SYM_ED25519_BYTES] = {0xab};
    static struct sym_user_row rows[2];
    static const struct sym_user_list list = {.users = rows, .n_users = 2};
    rows[0] = (struct sym_user_row){.name = sym_span_text("operator"),
                                    .roles = SYM_USER_OPERATOR | SYM_USER_ANALYST,
                                    .key = sym_span(key, sizeof key),
                                    .added_s = FAKE_NOW_S};
    rows[1] = (struct sym_user_row){
        .name = sym_span_text("bob"), .roles = SYM_USER_APPROVER, .key = sym_span(key, sizeof key)};
    call->answer = &list;
    return SYM_OK;
}

static void lists_users_with_their_roles(void **state)
{
    struct run r;
    fake_node_start(*state, two_users);
    run(&r, "user|list");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "NAME      ROLES             ADDED                 PUBLIC KEY\n"
                        "operator  analyst,operator  2026-09-21T14:13:20Z  ab00");
    assert_shows(r.out, "\nbob       approver          -                     ab00");
    run(&r, "user|list|--json");
    cJSON *list = cJSON_Parse(r.out);
    char *first = cJSON_PrintUnformatted(cJSON_GetArrayItem(list, 0));
    assert_shows(first, "{\"name\":\"operator\",\"roles\":[\"analyst\",\"operator\"],"
                        "\"public_key\":\"ab00");
    assert_shows(first, "\"added\":\"2026-09-21T14:13:20Z\"}");
    cJSON_free(first);
    cJSON_Delete(list);
}

static void removing_a_user_deletes_the_key_file(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char path[256];
    fake_user(node, "bob");
    fake_node_start(node, admits);
    run(&r, "user|remove|bob");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "bob: removed, with ");
    (void)snprintf(path, sizeof path, "%s/users/bob.key", node->dir);
    assert_int_not_equal(access(path, F_OK), 0);
    run(&r, "user|remove|carol");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "carol: removed\n");
}

static void a_user_that_may_not_be_removed_keeps_the_key_file(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char path[256];
    fake_user(node, "bob");
    fake_node_start(node, denies);
    run(&r, "user|remove|bob");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    (void)snprintf(path, sizeof path, "%s/users/bob.key", node->dir);
    assert_int_equal(access(path, F_OK), 0);
}

static enum sym_err a_healthy_node(struct fake_call *call)
{
    static struct sym_process_row processes[2];
    static struct sym_span warnings[1];
    static struct sym_status s;
    processes[0] = (struct sym_process_row){.name = sym_span_text("gate"),
                                            .pid = 99,
                                            .seccomp = true,
                                            .no_new_privs = true,
                                            .not_dumpable = true,
                                            .no_core = true,
                                            .no_capabilities = true,
                                            .landlock = true,
                                            .own_root = true};
    processes[1] = processes[0];
    processes[1].name = sym_span_text("core");
    processes[1].pid = 12345;
    processes[1].own_network = true;
    processes[1].landlock = false;
    warnings[0] = sym_span_text("memory cannot be locked: raise RLIMIT_MEMLOCK");
    s = (struct sym_status){.version = sym_span_text("0.1.0"),
                            .name = sym_span_text("Bank A"),
                            .role = SYM_ROLE_BANK,
                            .id = sym_span(call->node->id.bytes, SYM_NODE_ID_BYTES),
                            .serial = 3,
                            .expires_s = 4102444800,
                            .listening = sym_span_text("127.0.0.1:7701"),
                            .started_ms = ((uint64_t)time(NULL) - 3600) * 1000,
                            .peers = 2,
                            .links = 1,
                            .exchanges = 1,
                            .users = 4,
                            .processes = processes,
                            .n_processes = 2,
                            .refused_connections = 17,
                            .half_open = 3,
                            .ristretto = sym_span_text("portable"),
                            .workers = 8,
                            .warnings = warnings,
                            .n_warnings = 1,
                            .store_bytes = 1048576,
                            .standing_made = 2,
                            .standing_due = 1,
                            .standing_received = 3,
                            .standing_bytes = 7340032,
                            .asker_roles = SYM_USER_AUDITOR | SYM_USER_ANALYST};
    call->answer = &s;
    return SYM_OK;
}

static void status_is_aligned_and_complete(void **state)
{
    struct fake_node *node = *state;
    struct run r;
    char expected[128];
    fake_node_start(node, a_healthy_node);
    run(&r, "status");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    (void)snprintf(expected, sizeof expected, "\nfingerprint  %02x%02x %02x%02x ",
                   node->id.bytes[0], node->id.bytes[1], node->id.bytes[2], node->id.bytes[3]);
    assert_shows(r.out, "node         Bank A\nrole         bank\n");
    assert_shows(r.out, expected);
    assert_shows(r.out, "\ncard         serial 3, expires 2100-01-01T00:00:00Z\n"
                        "listening    127.0.0.1:7701\nrunning      1 hour");
    assert_shows(
        r.out,
        ", version 0.1.0\npeers        2 pinned, 1 linked, 1 exchange\n"
        "users        4\nconnections  3 half open, 17 refused\n"
        "store        1.00 MiB\n"
        "standing     2 prepared and 1 being prepared, one for each peer and type; 3 received; "
        "7.00 MiB\n"
        "computing    ristretto255 portable, 8 workers\n\n"
        "PROCESS    PID  SECCOMP  NO NEW PRIVILEGES  NOT DUMPABLE  NO CORE DUMPS  "
        "NO CAPABILITIES  OWN NETWORK OR ROOT  LANDLOCK\n"
        "gate        99  yes      yes                yes           yes            "
        "yes              yes                  yes\n"
        "core     12345  yes      yes                yes           yes            "
        "yes              yes                  no\n\n"
        "warning:  memory cannot be locked: raise RLIMIT_MEMLOCK\n");
}

static void status_as_json_has_every_field(void **state)
{
    struct run r;
    static const char *const keys[] = {"version",      "name",
                                       "role",         "fingerprint",
                                       "card_serial",  "listening",
                                       "started",      "peers",
                                       "card_expires", "half_open_connections",
                                       "exchanges",    "users",
                                       "workers",      "refused_connections",
                                       "store_bytes",  "ristretto",
                                       "processes",    "links",
                                       "warnings",     "standing_lists",
                                       "asker_roles"};
    fake_node_start(*state, a_healthy_node);
    run(&r, "status|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    cJSON *status = cJSON_Parse(r.out);
    assert_non_null(status);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (!cJSON_HasObjectItem(status, keys[i])) {
            print_error("status lacks %s\n", keys[i]);
            fail();
        }
    }
    assert_int_equal(cJSON_GetArraySize(status), sizeof keys / sizeof *keys);
    const cJSON *roles = cJSON_GetObjectItem(status, "asker_roles");
    assert_int_equal(cJSON_GetArraySize(roles), 2);
    assert_string_equal(cJSON_GetArrayItem(roles, 0)->valuestring, "analyst");
    assert_string_equal(cJSON_GetArrayItem(roles, 1)->valuestring, "auditor");
    const cJSON *core = cJSON_GetArrayItem(cJSON_GetObjectItem(status, "processes"), 1);
    assert_string_equal(cJSON_GetObjectItem(core, "name")->valuestring, "core");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(core, "own_network")));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(core, "landlock")));
    assert_int_equal(cJSON_GetArraySize(core), 10);
    cJSON_Delete(status);
}

static enum sym_err a_bare_node(struct fake_call *call)
{
    static struct sym_status s;
    s = (struct sym_status){.version = sym_span_text("0.1.0"),
                            .name = sym_span_text("A"),
                            .id = sym_span(call->node->id.bytes, SYM_NODE_ID_BYTES),
                            .serial = 1,
                            .expires_s = FAKE_NOW_S - 1000000000};
    call->answer = &s;
    return SYM_OK;
}

static void status_of_a_node_with_nothing_yet_is_short(void **state)
{
    struct run r;
    fake_node_start(*state, a_bare_node);
    run(&r, "status");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\nlistening    no\n");
    assert_shows(r.out, " (expired)\n");
    assert_shows_not(r.out, "PROCESS");
    assert_shows_not(r.out, "warning");
}

#define AS_OPERATOR(test) cmocka_unit_test_setup_teardown(test, make, fake_node_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AS_OPERATOR(a_new_user_gets_a_private_key_file_and_the_node_its_public_half),
        AS_OPERATOR(the_key_goes_to_another_file_when_asked),
        AS_OPERATOR(a_user_that_is_refused_leaves_no_key),
        AS_OPERATOR(a_key_that_the_node_may_know_is_kept),
        AS_OPERATOR(never_overwrites_a_key),
        AS_OPERATOR(keeps_the_key_of_one_who_waits_for_an_approver),
        AS_OPERATOR(refuses_users_without_a_good_name_or_role),
        AS_OPERATOR(lists_users_with_their_roles),
        AS_OPERATOR(removing_a_user_deletes_the_key_file),
        AS_OPERATOR(a_user_that_may_not_be_removed_keeps_the_key_file),
        AS_OPERATOR(status_is_aligned_and_complete),
        AS_OPERATOR(status_as_json_has_every_field),
        AS_OPERATOR(status_of_a_node_with_nothing_yet_is_short),
    };
    return cmocka_run_group_tests_name("user", tests, fake_node_start_tests, NULL);
}
