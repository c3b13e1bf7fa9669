/* requests, approve and deny. */
#include "proto/tabulation.h"
#include "tests/cli/fake_node.h"
#include "tests/cli/json_is.h"

static const uint8_t ids[3][SYM_EXCHANGE_ID_BYTES] = {
    {0x4f, 0x1c, 0xaa, 1}, {0x4f, 0x1c, 0xab, 2}, {0x50, 0x00, 0x00, 3}};

static struct sym_held_request request(size_t at)
{
    return (struct sym_held_request){.id = sym_span(ids[at], sizeof ids[at]),
                                     .alias = sym_span_text("police"),
                                     .dataset = sym_span_text("suspects"),
                                     .kind = SYM_KIND_OVERLAP_MATCHES,
                                     .type = at == 0 ? SYM_TOKEN_IBAN : SYM_TOKEN_NONE,
                                     .purpose = SYM_PURPOSE_AML,
                                     .basis = SYM_BASIS_314B,
                                     .elements = 250,
                                     .received_ms = UINT64_C(1000) * FAKE_NOW_S,
                                     .expires_ms = UINT64_C(1000) * (FAKE_NOW_S + 86400)};
}

static enum sym_err three_requests(struct fake_call *call)
{
    static struct sym_held_request requests[3];
    static const struct sym_request_list list = {.requests = requests, .n_requests = 3};
    static struct sym_held_request decided;
    for (size_t i = 0; i < 3; i++) {
        requests[i] = request(i);
    }
    static const uint8_t hash[32] = {1, 2, 3, 4, 5};
    requests[0].case_hash = sym_span(hash, sizeof hash);
    requests[1].state = SYM_HELD_DENIED;
    requests[1].decided_by = sym_span_text("officer");
    requests[1].decided_ms = UINT64_C(1000) * (FAKE_NOW_S + 5);
    requests[1].why = sym_span_text("no case");
    call->answer = &list;
    if (call->verb == SYM_VERB_REQUEST_DECIDE) {
        const struct sym_request_decision *d = call->arguments;
        char line[256];
        char hex[2 * SYM_EXCHANGE_ID_BYTES + 1];
        sym_hex(hex, d->id.data, d->id.len);
        (void)snprintf(line, sizeof line, "%s approve=%d why=%.*s", hex, d->approve,
                       (int)d->why.len, (const char *)d->why.data);
        fake_note(call->node, line);
        decided = request(0);
        decided.state = d->approve ? SYM_HELD_APPROVED : SYM_HELD_DENIED;
        call->answer = &decided;
    }
    return SYM_OK;
}

static void lists_requests_in_columns(void **state)
{
    static struct run r;
    fake_node_start(*state, three_requests);
    run(&r, "requests");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out,
                 "ID            PEER    DATASET   KIND             TYPE  PURPOSE  BASIS  SIZE  "
                 "RECEIVED              EXPIRES               STATE\n"
                 "4f1caa010000  police  suspects  overlap:matches  iban  aml      314b    250  "
                 "2026-09-21T14:13:20Z  2026-09-22T14:13:20Z  waiting\n"
                 "4f1cab020000  police  suspects  overlap:matches  any   aml      314b    250  "
                 "2026-09-21T14:13:20Z  2026-09-22T14:13:20Z  denied by officer\n");
    run(&r, "requests|--json");
    assert_shows(r.out, "\"case_commitment\": \"0102030405");
    json_at(r.out, 1,
            "{\"id\":\"4f1cab02000000000000000000000000\",\"peer\":\"police\","
            "\"dataset\":\"suspects\",\"kind\":\"overlap:matches\",\"type\":\"any\","
            "\"purpose\":\"aml\",\"basis\":\"314b\",\"elements\":250,"
            "\"received\":\"2026-09-21T14:13:20Z\",\"expires\":\"2026-09-22T14:13:20Z\","
            "\"state\":\"denied\",\"decided_by\":\"officer\","
            "\"decided\":\"2026-09-21T14:13:25Z\",\"why\":\"no "
            "case\",\"case_commitment\":\"\",\"own\":false,\"user\":\"\",\"what\":\"\","
            "\"exchange\":\"\",\"because\":\"\",\"question\":null}");
}

static enum sym_err ended_requests(struct fake_call *call)
{
    static struct sym_held_request requests[3];
    static const struct sym_request_list list = {.requests = requests, .n_requests = 3};
    for (size_t i = 0; i < 3; i++) {
        requests[i] = request(i);
        requests[i].state = i < 2 ? SYM_HELD_CANCELLED : SYM_HELD_EXPIRED;
        requests[i].decided_by = sym_span_text(i == 0 ? "" : "olga");
    }
    call->answer = &list;
    return SYM_OK;
}

static void does_not_say_that_the_approver_cancelled_what_the_peer_did(void **state)
{
    static struct run r;
    fake_node_start(*state, ended_requests);
    run(&r, "requests");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "14:13:20Z  cancelled by the peer\n");
    assert_shows(r.out, "14:13:20Z  cancelled by the peer, approved by olga\n");
    assert_shows(r.out, "14:13:20Z  expired, approved by olga\n");
}

/* Hotspots of 13 and of all countries, by year; of three nodes: a peer, this one, a stranger. */
static struct sym_span parameters(const struct fake_node *node)
{
    static uint8_t bytes[SYM_TABULATE_BYTES_MAX];
    static uint8_t cohort[3 * 32];
    uint8_t outline[SYM_TAB_OUTLINE_BYTES_MAX];
    size_t outline_len = 0;
    size_t len = 0;
    const struct sym_span years[] = {sym_span_text("2019"), sym_span_text("2020"),
                                     sym_span_text("2021")};
    const struct sym_span gaps[] = {sym_span_text("2019-Q1"), sym_span_text("2019-Q4"),
                                    sym_span_text("2020-Q1")};
    const struct sym_span months[] = {sym_span_text("2019-01"), sym_span_text("2022-12")};
    const struct sym_span ends[] = {sym_span_text("AD"), sym_span_text("IT")};
    const struct sym_span all[] = {sym_span_text("AD"), sym_span_text("unknown")};
    const struct sym_span sexes[] = {sym_span_text("female"), sym_span_text("male")};
    const struct sym_tab_outlined dimensions[] = {
        {SYM_DIMENSION_COUNTRY, 13, ends, 2, 1}, {SYM_DIMENSION_ORIGIN, 253, all, 2, 0},
        {SYM_DIMENSION_YEAR, 3, years, 3, 1},    {SYM_DIMENSION_SEX, 2, sexes, 2, 0},
        {SYM_DIMENSION_QUARTER, 3, gaps, 3, 0},  {SYM_DIMENSION_MONTH, 47, months, 2, 0}};
    const struct sym_tab_level levels[] = {{sym_span("\0", 1)}, {sym_span("\0\2\3", 3)}};
    const struct sym_tab_outline o = {.shape = SYM_TAB_HOTSPOTS,
                                      .unit = SYM_TAB_PERSONS,
                                      .persons_max = 4,
                                      .cells_per_incident = 1,
                                      .dimensions = dimensions,
                                      .n_dimensions = 6,
                                      .levels = levels,
                                      .n_levels = 2};
    assert_int_equal(sym_encode(outline, sizeof outline, &outline_len, &sym_msg_tab_outline, &o),
                     SYM_OK);
    memcpy(cohort, node->id.bytes, 32);
    cohort[32] = 1;
    cohort[64] = 2;
    const struct sym_tabulate t = {.suite = 1,
                                   .tabulation = sym_span(cohort, SYM_EXCHANGE_ID_BYTES),
                                   .query_hash = sym_span(cohort, 32),
                                   .cohort = sym_span(cohort, sizeof cohort),
                                   .epsilon_nano = 500000000u,
                                   .cells = 91,
                                   .outline = sym_span(outline, outline_len)};
    assert_int_equal(sym_encode(bytes, sizeof bytes, &len, &sym_msg_tabulate, &t), SYM_OK);
    return sym_span(bytes, len);
}

static enum sym_err a_tabulation_waits(struct fake_call *call)
{
    static const uint8_t peer[32] = {1};
    static const struct sym_peer_row pinned = {.alias = {(const uint8_t *)"police", 6},
                                               .name = {(const uint8_t *)"P", 1},
                                               .id = {peer, 32},
                                               .serial = 1};
    static const struct sym_peer_list peers = {.peers = &pinned, .n_peers = 1};
    static struct sym_held_request waits;
    static const struct sym_request_list list = {.requests = &waits, .n_requests = 1};
    waits = request(0);
    waits.kind = SYM_KIND_TABULATE;
    waits.type = waits.elements = 0;
    waits.because = sym_span_text("an approver has to agree first");
    waits.parameters = parameters(call->node);
    call->answer = call->verb == SYM_VERB_PEER_LIST        ? (const void *)&peers
                   : call->verb == SYM_VERB_REQUEST_DECIDE ? (const void *)&waits
                                                           : (const void *)&list;
    return SYM_OK;
}

static void a_tabulation_shows_what_is_asked_of_whom_and_what_it_costs(void **state)
{
    static struct run r;
    fake_node_start(*state, a_tabulation_waits);
    run(&r, "requests");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "4f1caa010000  police  suspects  hotspots  -     aml      314b      -  ");
    assert_shows(
        r.out,
        "\n4f1caa010000: hotspots\n"
        "  by            country (13: AD to IT), origin (253, as many as there are: AD to "
        "unknown), "
        "year (2019 to 2021), sex (female, male), quarter (2019-Q1, 2019-Q4, 2020-Q1), "
        "month (47, with gaps: 2019-01 to 2022-12)\n"
        "  only          records within the lists of country and year; others count in no level\n"
        "  levels        country; country x year x sex\n"
        "  counted       persons, at most 4 of one incident, in 1 cell of each level\n"
        "  cells         91\n"
        "  epsilon       0.5 of the dataset's privacy budget\n"
        "  participants  3: this node, police, node 020000000000, not pinned\n"
        "  held          an approver has to agree first\n");
    run(&r, "approve|4f1c");
    assert_shows(r.out, ": waiting: hotspots of suspects by police\n");
    run(&r, "requests|--json");
    cJSON *j = cJSON_Parse(r.out);
    assert_non_null(j);
    cJSON *question = cJSON_GetObjectItem(cJSON_GetArrayItem(j, 0), "question");
    assert_string_equal(cJSON_GetObjectItem(question, "shape")->valuestring, "hotspots");
    assert_true(cJSON_GetObjectItem(question, "epsilon_nano")->valuedouble == 5e8);
    cJSON *dimensions = cJSON_GetObjectItem(question, "dimensions");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(cJSON_GetArrayItem(dimensions, 1), "all")));
    assert_int_equal(
        cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetArrayItem(dimensions, 2), "list")), 3);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(dimensions, 2), "narrows")));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(cJSON_GetArrayItem(dimensions, 1), "narrows")));
    cJSON *participants = cJSON_GetObjectItem(question, "participants");
    assert_string_equal(
        cJSON_GetObjectItem(cJSON_GetArrayItem(participants, 1), "alias")->valuestring, "police");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(participants, 0), "self")));
    cJSON_Delete(j);
}

static void approves_by_the_first_digits(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, three_requests);
    run(&r, "approve|4F1Caa");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "4f1caa010000: approved: overlap:matches of suspects by police, 250 "
                               "identifiers\n");
    fake_notes(asked, *state);
    assert_string_equal(asked, "REQUEST_LIST\nREQUEST_DECIDE\n"
                               "4f1caa01000000000000000000000000 approve=1 why=\n");
}

static void denies_with_a_reason(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, three_requests);
    run(&r, "deny|50000003000000000000000000000000|--why|not our case|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\"state\": \"denied\"");
    fake_notes(asked, *state);
    assert_string_equal(asked, "REQUEST_DECIDE\n"
                               "50000003000000000000000000000000 approve=0 why=not our case\n");
}

static void refuses_digits_that_name_none_or_several(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, three_requests);
    run(&r, "approve|4f1c");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: 4f1c: 2 requests begin with these digits; give more of "
                               "them, see \"symbolon requests\"\n");
    run(&r, "deny|aaaa|--why|x");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: aaaa: no request begins with these digits; see "
                               "\"symbolon requests\"\n");
    fake_notes(asked, *state);
    assert_shows_not(asked, "DECIDE");
}

static enum sym_err only_approvers(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "approve: only an approver may");
    return call->verb == SYM_VERB_REQUEST_DECIDE ? SYM_DENIED : three_requests(call);
}

static void a_user_who_may_not_decide_exits_3(void **state)
{
    static struct run r;
    fake_node_start(*state, only_approvers);
    run(&r, "approve|5000");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_string_equal(r.err, "symbolon: approve: only an approver may\n");
    assert_string_equal(r.out, "");
}

static void refuses_decisions_that_make_no_sense(void **state)
{
    static char words[512];
    static struct run r;
    static const char *const refused[] = {"approve",
                                          "approve|4f1",
                                          "approve|xyzw",
                                          "approve|4f1c|5000",
                                          "deny|5000",
                                          "deny|5000|--why|",
                                          "deny|5000|--why|two\nlines",
                                          "approve|",
                                          "approve|5000|--why|x",
                                          "approve|500000030000000000000000000000001"};
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        run(&r, refused[i]);
        assert_int_equal(r.code, SYM_EXIT_USAGE);
        assert_string_equal(r.out, "");
    }
    (void)snprintf(words, sizeof words, "deny|5000|--why|%0161d", 1);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "1 to 160 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(lists_requests_in_columns),
        WITH_NODE(does_not_say_that_the_approver_cancelled_what_the_peer_did),
        WITH_NODE(a_tabulation_shows_what_is_asked_of_whom_and_what_it_costs),
        WITH_NODE(approves_by_the_first_digits),
        WITH_NODE(denies_with_a_reason),
        WITH_NODE(refuses_digits_that_name_none_or_several),
        WITH_NODE(a_user_who_may_not_decide_exits_3),
        WITH_NODE(refuses_decisions_that_make_no_sense),
    };
    return cmocka_run_group_tests_name("requests", tests, fake_node_start_tests, NULL);
}
