/* routes of the local page: what is asked of the node for each, and what is not asked at all. */
#include "cli/ui/routes.h"
#include "tests/cli/fake_node.h"

#include <cjson/cJSON.h>

#define PORT 4711
#define ID   "00112233445566778899aabbccddeeff"

struct rig {
    struct fake_node node;
    struct sym_client client;
    struct sym_ui ui;
    char session[2 * SYM_DOOR_DIGITS];
};

static int set_up(void **state)
{
    static struct rig rig;
    memset(&rig, 0, sizeof rig);
    fake_node_make(&rig.node);
    rig.ui.client = &rig.client;
    *state = &rig;
    return sym_door_open(&rig.ui.door, PORT) == SYM_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    sym_door_clear(&rig->ui.door);
    sym_client_close(&rig->client);
    fake_node_remove(&rig->node);
    return 0;
}

/* Lets the browser in, with a node behind the page. */
static void enter(struct rig *rig, fake_serve *serve)
{
    static const struct sym_option options[] = {{.name = "as", .argument = "NAME"}, {0}};
    struct sym_call call = {.dir = rig->node.dir, .wait_ms = 20000};
    sym_args_know(&call.args, options);
    struct sym_fault fault = {.text = ""};
    fake_node_start(&rig->node, serve);
    assert_int_equal(sym_client_open(&rig->client, &call, &fault), SYM_OK);
    struct sym_http_request r = {.method = "POST", .path = "/session", .host = "127.0.0.1:4711"};
    struct sym_http_reply reply = {.status = 0};
    (void)snprintf(rig->session, sizeof rig->session, "Bearer %.*s", (int)SYM_DOOR_DIGITS,
                   (const char *)rig->ui.door.token.data);
    r.authorization = rig->session;
    sym_ui_answer(&rig->ui, &r, &reply);
    assert_int_equal(reply.status, 200);
    assert_true(reply.secret);
    assert_true(rig->ui.came);
    (void)snprintf(rig->session, sizeof rig->session, "Bearer %.*s", (int)reply.len, reply.body);
    free(reply.body);
}

/* The answer as JSON; freed by the caller. */
static cJSON *ask(struct rig *rig, unsigned status, const char *method, const char *path,
                  const char *body)
{
    const struct sym_http_request r = {.method = method,
                                       .path = path,
                                       .host = "127.0.0.1:4711",
                                       .authorization = rig->session,
                                       .body = sym_span_text(body)};
    struct sym_http_reply reply = {.status = 0};
    sym_ui_answer(&rig->ui, &r, &reply);
    if (reply.status != status) {
        print_error("%s %s: %u\n", method, path, reply.status);
    }
    assert_int_equal(reply.status, status);
    assert_string_equal(reply.type, "application/json");
    assert_shows(reply.policy, "default-src 'none'");
    cJSON *answer = cJSON_ParseWithLength(reply.body, reply.len);
    assert_non_null(answer);
    free(reply.body);
    return answer;
}

static void refused(struct rig *rig, unsigned status, const char *method, const char *path,
                    const char *body, const char *why)
{
    cJSON *answer = ask(rig, status, method, path, body);
    assert_shows(cJSON_GetObjectItem(answer, "error")->valuestring, why);
    cJSON_Delete(answer);
}

static const char *asked_of(const struct rig *rig)
{
    static char notes[8192];
    fake_notes(notes, &rig->node);
    return notes;
}

/* A node, and an auditor before it. */
static enum sym_err knows_an_auditor(struct fake_call *call)
{
    static struct sym_status status;
    if (call->verb != SYM_VERB_STATUS) {
        (void)snprintf(call->fault, sizeof call->fault, "operator: does not have the role");
        return SYM_DENIED;
    }
    status = (struct sym_status){.version = sym_span_text("0.1.0"),
                                 .name = sym_span_text("Bank A"),
                                 .role = SYM_ROLE_BANK,
                                 .id = sym_span(call->node->id.bytes, SYM_NODE_ID_BYTES),
                                 .serial = 1,
                                 .asker_roles = SYM_USER_AUDITOR};
    call->answer = &status;
    return SYM_OK;
}

static bool names(const cJSON *list, const char *role)
{
    const cJSON *one = NULL;
    cJSON_ArrayForEach(one, list)
    {
        if (strcmp(one->valuestring, role) == 0) {
            return true;
        }
    }
    return false;
}

static void the_page_is_told_what_the_role_allows(void **state)
{
    struct rig *rig = *state;
    enter(rig, knows_an_auditor);
    cJSON *told = ask(rig, 200, "GET", "/api/session", "");
    const cJSON *roles = cJSON_GetObjectItem(told, "roles");
    const cJSON *things = cJSON_GetObjectItem(told, "for");
    assert_string_equal(cJSON_GetObjectItem(told, "user")->valuestring, "operator");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(told, "approve")));
    assert_int_equal(cJSON_GetArraySize(roles), 1);
    assert_true(names(roles, "auditor"));
    static const struct {
        const char *what;
        bool auditor, operator, analyst, approver;
    } rows[] = {{"peers", false, true, true, true},       {"exchanges", false, true, true, true},
                {"progress", false, true, true, false},   {"results", false, false, true, false},
                {"requests", false, true, true, true},    {"decisions", false, false, false, true},
                {"grants", false, true, false, true},     {"budgets", false, true, true, true},
                {"partners", true, true, false, false},   {"log", true, false, false, false},
                {"comparison", true, false, false, false}};
    assert_int_equal(cJSON_GetArraySize(things), sizeof rows / sizeof *rows);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const cJSON *may = cJSON_GetObjectItem(things, rows[i].what);
        assert_int_equal(names(may, "auditor"), rows[i].auditor);
        assert_int_equal(names(may, "operator"), rows[i].operator);
        assert_int_equal(names(may, "analyst"), rows[i].analyst);
        assert_int_equal(names(may, "approver"), rows[i].approver);
    }
    assert_string_equal(asked_of(rig), "STATUS\n");
    cJSON_Delete(told);
}

static void what_the_node_denies_is_403_in_its_words(void **state)
{
    struct rig *rig = *state;
    enter(rig, knows_an_auditor);
    refused(rig, 403, "GET", "/api/grants", "", "does not have the role");
    assert_string_equal(asked_of(rig), "GRANT_LIST\n");
}

static void what_makes_no_sense_is_not_asked_of_the_node(void **state)
{
    struct rig *rig = *state;
    enter(rig, knows_an_auditor);
    refused(rig, 422, "POST", "/api/log/compare", "", "peer: none is named");
    refused(rig, 422, "GET", "/api/log/compare/" ID, "", "symbolon log witnesses");
    refused(rig, 422, "GET", "/api/report", "", "exchange: none is named");
    rig->ui.may_decide = true;
    refused(rig, 422, "POST", "/api/requests/" ID "/deny", "", "nothing was denied");
    refused(rig, 422, "POST", "/api/requests/" ID "/deny", "two\nlines", "one line");
    assert_string_equal(asked_of(rig), "");
}

static void what_is_not_there_is_404_and_the_wrong_method_405(void **state)
{
    struct rig *rig = *state;
    static const char *const paths[] = {"/api",
                                        "/api/",
                                        "/api/status/",
                                        "/api/Status",
                                        "//api/status",
                                        "/api/exchanges/",
                                        "/api/exchanges/x",
                                        "/api/exchanges/" ID "0",
                                        "/api/exchanges/0" ID,
                                        "/api/exchanges/00112233445566778899aabbccddeefg",
                                        "/api/exchanges/" ID "/",
                                        "/api/exchanges/" ID "/progress/",
                                        "/api/requests/" ID,
                                        "/api/requests/" ID "/approv",
                                        "/elsewhere",
                                        ""};
    enter(rig, knows_an_auditor);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        refused(rig, 404, "GET", paths[i], "", "There is nothing at this address");
    }
    refused(rig, 405, "POST", "/api/status", "", "not asked in this way");
    refused(rig, 405, "get", "/api/status", "", "not asked in this way");
    refused(rig, 405, "GET", "/api/requests/" ID "/approve", "", "not asked in this way");
    assert_string_equal(asked_of(rig), "");
}

static void nothing_is_decided_without_the_flag(void **state)
{
    struct rig *rig = *state;
    enter(rig, knows_an_auditor);
    refused(rig, 403, "POST", "/api/requests/" ID "/approve", "bank-b", "--approve");
    refused(rig, 403, "POST", "/api/requests/" ID "/deny", "no", "--approve");
    assert_string_equal(asked_of(rig), "");
}

static enum sym_err has_a_request(struct fake_call *call)
{
    static uint8_t id[16];
    static struct sym_held_request request;
    static const struct sym_request_list list = {.requests = &request, .n_requests = 1};
    if (call->verb == SYM_VERB_REQUEST_DECIDE) {
        call->answer = &request;
        return SYM_OK;
    }
    assert_int_equal(sym_unhex(id, sizeof id, sym_span_text(ID)), SYM_OK);
    request =
        (struct sym_held_request){.id = sym_span(id, sizeof id), .alias = sym_span_text("bank-b")};
    call->answer = &list;
    return call->verb == SYM_VERB_REQUEST_LIST ? SYM_OK : SYM_DENIED;
}

static void an_approval_needs_the_very_alias(void **state)
{
    struct rig *rig = *state;
    static const char *const typed[] = {"", "bank-a", "Bank-b", "bank-b ", "bank-", "bank-bb"};
    enter(rig, has_a_request);
    rig->ui.may_decide = true;
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        refused(rig, 422, "POST", "/api/requests/" ID "/approve", typed[i],
                "nothing was approved: type the alias of the peer that asks, bank-b");
    }
    refused(rig, 404, "POST", "/api/requests/ffffffffffffffffffffffffffffffff/approve", "bank-b",
            "no such request any more");
    assert_shows_not(asked_of(rig), "REQUEST_DECIDE");
}

static void without_the_session_nothing_is_asked_at_all(void **state)
{
    struct rig *rig = *state;
    enter(rig, knows_an_auditor);
    rig->session[strlen(rig->session) - 1] ^= 1;
    refused(rig, 401, "GET", "/api/session", "", "not yours");
    refused(rig, 401, "GET", "/api/nothing", "", "not yours");
    refused(rig, 401, "POST", "/api/log/compare", "", "not yours");
    assert_string_equal(asked_of(rig), "");
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RIG(the_page_is_told_what_the_role_allows),
        WITH_RIG(what_the_node_denies_is_403_in_its_words),
        WITH_RIG(what_makes_no_sense_is_not_asked_of_the_node),
        WITH_RIG(what_is_not_there_is_404_and_the_wrong_method_405),
        WITH_RIG(nothing_is_decided_without_the_flag),
        WITH_RIG(an_approval_needs_the_very_alias),
        WITH_RIG(without_the_session_nothing_is_asked_at_all),
    };
    return cmocka_run_group_tests(tests, fake_node_start_tests, NULL);
}
