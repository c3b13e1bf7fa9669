/* grant, grants list and revoke; requests, approve and deny. */
#include "cli/terms.h"
#include "proto/overlap_agree.h"
#include "proto/tabulation.h"
#include "tests/cli/fake_node.h"

#include <cjson/cJSON.h>

static const uint8_t ids[3][SYM_EXCHANGE_ID_BYTES] = {
    {0x4f, 0x1c, 0xaa, 1}, {0x4f, 0x1c, 0xab, 2}, {0x50, 0x00, 0x00, 3}};

static void note_grant(const struct fake_call *call, const struct sym_grant *g)
{
    char line[512];
    uint64_t now_s = (uint64_t)time(NULL);
    uint64_t left_s = g->expires_s > now_s ? g->expires_s - now_s : 0;
    (void)snprintf(line, sizeof line,
                   "%.*s %.*s %s %u-%u per_day=%u purposes=%x types=%llx days=%llu approval=%d "
                   "min_result=%u engines=%x epsilon=%u modes=%x",
                   (int)g->alias.len, (const char *)g->alias.data, (int)g->dataset.len,
                   (const char *)g->dataset.data, sym_kind_text(g->kind), g->min_elements,
                   g->max_elements, g->per_day, g->purposes, (unsigned long long)g->types,
                   (unsigned long long)((left_s + 43200) / 86400), g->approval, g->min_result,
                   g->engines, g->epsilon_micro, g->modes);
    fake_note(call->node, line);
}

/* Keeps every grant. */
static enum sym_err keeps(struct fake_call *call)
{
    static struct sym_grant kept;
    if (call->verb == SYM_VERB_GRANT_ADD) {
        note_grant(call, call->arguments);
        kept = *(const struct sym_grant *)call->arguments;
        kept.added_s = FAKE_NOW_S;
        kept.added_by = sym_span_text("operator");
        call->answer = &kept;
    } else if (call->verb == SYM_VERB_GRANT_REVOKE) {
        const struct sym_grant_name *name = call->arguments;
        char line[256];
        (void)snprintf(line, sizeof line, "%.*s %.*s %s", (int)name->alias.len,
                       (const char *)name->alias.data, (int)name->dataset.len,
                       (const char *)name->dataset.data, sym_kind_text(name->kind));
        fake_note(call->node, line);
    } else if (call->verb == SYM_VERB_DATASET_SHOW) {
        static struct sym_dataset_row row;
        const struct sym_dataset_name *asked = call->arguments;
        row = (struct sym_dataset_row){.name = asked->name, .kind = SYM_DATASET_IDENTIFIERS};
        call->answer = &row;
    }
    return SYM_OK;
}

static void a_grant_without_options_has_the_defaults(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, keeps);
    run(&r, "grant|bank-b|suspects|overlap:matches");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "PEER    DATASET   KIND             MIN SIZE  MAX SIZE  PER DAY  ASKED  "
                        "APPROVAL  EXPIRES               PURPOSES  TYPES  MIN RESULT  ENGINES  "
                        "EPSILON  MODE\n"
                        "bank-b  suspects  overlap:matches         1   1048576      100      0  "
                        "no        ");
    assert_shows(r.out, "Z  all       all             0  dh             -  -\n");
    fake_notes(asked, *state);
    assert_string_equal(asked, "GRANT_ADD\nbank-b suspects overlap:matches 1-1048576 per_day=100 "
                               "purposes=fe types=3fff days=365 approval=0 min_result=0 "
                               "engines=2 epsilon=0 modes=0\nDATASET_SHOW\n");
}

static void a_grant_says_what_its_options_say(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, keeps);
    run(&r, "grant|bank-b|suspects|overlap:count|--min-size|100|--max-size|20000|--per-day|5"
            "|--purposes|aml,test|--types|iban,phone|--expires|30|--approval"
            "|--min-result|7|--engines|dh|--epsilon|1.25");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "     100     20000        5      0  yes  ");
    assert_shows(r.out, "  aml,test  iban,phone           7  dh             -  -\n");
    run(&r, "grant|bank-b|suspects|overlap:count|--expires|never");
    assert_shows(r.out, "  never    all ");
    fake_notes(asked, *state);
    assert_shows(asked, "bank-b suspects overlap:count 100-20000 per_day=5 purposes=82 types=12 "
                        "days=30 approval=1 min_result=7 engines=2 epsilon=1250000 modes=0\n");
    assert_shows(asked, "days=0 approval=0 min_result=0 engines=2 epsilon=0 modes=0\n");
}

static void a_budget_has_at_most_six_digits_behind_the_point(void **state)
{
    static const char *const good[][2] = {
        {"0", "0"},        {"1", "1000000"},       {"0.1", "100000"},
        {"0.000001", "1"}, {"1000", "1000000000"}, {"999.999999", "999999999"}};
    static struct run r;
    char words[128];
    char shown[64];
    fake_node_start(*state, keeps);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        (void)snprintf(words, sizeof words, "grant|b|d|tabulate|--json|--epsilon|%s", good[i][0]);
        (void)snprintf(shown, sizeof shown, "\"epsilon_micro\": %s", good[i][1]);
        run(&r, words);
        assert_int_equal(r.code, SYM_EXIT_DONE);
        assert_shows(r.out, shown);
    }
    run(&r, "grant|b|d|tabulate|--epsilon|2.5");
    assert_shows(r.out, "  -            2.5  -\n");
    run(&r, "grant|b|d|tabulate");
    assert_shows(r.out, "  -        the dataset's  -\n");
}

static void a_grant_can_end_on_a_date(void **state)
{
    static struct run r;
    fake_node_start(*state, keeps);
    run(&r, "grant|bank-b|suspects|overlap:count|--expires|2999-12-31|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\"expires\": \"2999-12-31T00:00:00Z\"");
}

static enum sym_err keeps_without_dataset(struct fake_call *call)
{
    return call->verb == SYM_VERB_DATASET_SHOW ? SYM_NOT_FOUND : keeps(call);
}

static void a_grant_of_a_dataset_that_is_still_to_come_is_kept_with_a_note(void **state)
{
    static const char note[] = "note: there is no dataset supsects yet\n";
    static struct run r;
    fake_node_start(*state, keeps_without_dataset);
    run(&r, "grant|bank-b|supsects|overlap:count");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.err, note);
    assert_shows(r.out, "bank-b  supsects  overlap:count");
    run(&r, "grant|bank-b|supsects|overlap:count|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.err, note);
    cJSON *grant = cJSON_Parse(r.out);
    assert_non_null(grant);
    cJSON_Delete(grant);
}

static enum sym_err keeps_and_cannot_look(struct fake_call *call)
{
    return call->verb == SYM_VERB_DATASET_SHOW ? SYM_DENIED : keeps(call);
}

static void who_cannot_look_for_the_dataset_gets_no_note(void **state)
{
    static struct run r;
    fake_node_start(*state, keeps_and_cannot_look);
    run(&r, "grant|bank-b|suspects|overlap:count");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.err, "");
}

static void a_table_is_granted_with_noise_unless_asked_otherwise(void **state)
{
    static struct run r;
    fake_node_start(*state, keeps);
    run(&r, "grant|bank-b|suspects|overlap:table");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.err, "");
    assert_shows(r.out, "  -        the dataset's  dp\n");
    run(&r, "grant|bank-b|suspects|overlap:table|--json");
    assert_shows(r.out, "\"dp\"");
    run(&r, "grant|bank-b|suspects|overlap:table|--mode|exact|--epsilon|2");
    assert_shows(r.out, "  exact\n");
    run(&r, "grant|bank-b|suspects|overlap:table|--mode|dp,exact");
    assert_shows(r.out, "  exact,dp\n");
}

static void refuses_grants_that_make_no_sense(void **state)
{
    static const char *const refused[][2] = {
        {"grant|bank-b|suspects", "|overlap:table|tabulate is missing"},
        {"grant|bank b|suspects|overlap:count", "\"bank b\" is not the alias of a peer"},
        {"grant|bank-b|sus/pects|overlap:count", "\"sus/pects\" is not the name of a dataset"},
        {"grant|bank-b|suspects|overlap", "\"overlap\" is not one of overlap:matches|overlap:c"},
        {"grant|bank-b|suspects|ping", "\"ping\" is not one of"},
        {"grant|bank-b|suspects|witness", "\"witness\" is not one of"},
        {"grant|bank-b|suspects|unknown", "\"unknown\" is not one of"},
        {"grant|b|d|overlap:count|--min-size|0", "from 1 to 67108864"},
        {"grant|b|d|overlap:count|--max-size|67108865", "from 1 to 67108864"},
        {"grant|b|d|overlap:count|--min-size|9|--max-size|8", "is more than --max-size 8"},
        {"grant|b|d|overlap:count|--per-day|0", "from 1 to 100000"},
        {"grant|b|d|overlap:count|--purposes|aml,", "--purposes: \"\" is not one of aml|cft"},
        {"grant|b|d|overlap:count|--purposes|none", "--purposes: \"none\" is not one of"},
        {"grant|b|d|overlap:count|--purposes|aml, cft", "--purposes: \" cft\" is not one of"},
        {"grant|b|d|overlap:count|--types|ibna", "--types: \"ibna\" is not one of iban|account"},
        {"grant|b|d|overlap:count|--types|any", "--types: \"any\" is not one of"},
        {"grant|b|d|overlap:count|--min-result|-1", "from 0 to 67108864"},
        {"grant|b|d|overlap:count|--max-size|8|--min-result|9", "is more than --max-size 8"},
        {"grant|b|d|tabulate|--min-result|9", "finds no identifiers in common"},
        {"grant|b|d|overlap:count|--engines|", "--engines: needs a value"},
        {"grant|b|d|overlap:count|--engines|auto", "--engines: \"auto\" is not one of dh|vole"},
        {"grant|b|d|overlap:count|--engines|dh,", "--engines: \"\" is not one of dh|vole"},
        {"grant|b|d|overlap:count|--engines|vole", "a count needs dh"},
        {"grant|b|d|tabulate|--engines|dh", "--engines: a tabulation is always"},
        {"grant|b|d|overlap:table|--engines|dh", "--engines: a table is always"},
        {"grant|b|d|overlap:table|--min-result|9", "--min-result: a table has none"},
        {"grant|b|d|overlap:table|--mode|some", "--mode: \"some\" is not one of exact|dp"},
        {"grant|b|d|overlap:table|--mode|dp,", "--mode: \"\" is not one of exact|dp"},
        {"grant|b|d|overlap:count|--mode|dp", "--mode: is for overlap:table"},
        {"grant|b|d|tabulate|--epsilon|1000.000001", "--epsilon: \"1000.000001\" is not a number"},
        {"grant|b|d|tabulate|--epsilon|0.0000001", "--epsilon: \"0.0000001\" is not a number"},
        {"grant|b|d|tabulate|--epsilon|3.", "--epsilon: \"3.\" is not a number"},
        {"grant|b|d|tabulate|--epsilon|.5", "--epsilon: \".5\" is not a number"},
        {"grant|b|d|tabulate|--epsilon|-1", "--epsilon: \"-1\" is not a number"},
        {"grant|b|d|tabulate|--epsilon|1e3", "--epsilon: \"1e3\" is not a number"},
        {"grant|b|d|tabulate|--epsilon|1.2.3", "--epsilon: \"1.2.3\" is not a number"},
        {"grant|b|d|overlap:count|--expires|0", "--expires: \"0\" is not"},
        {"grant|b|d|overlap:count|--expires|soon", "--expires: \"soon\" is not"},
        {"grant|b|d|overlap:count|--expires|2027-02-30", "--expires: \"2027-02-30\" is not"},
        {"grant|b|d|overlap:count|--expires|2027-02-03T00", "--expires: "},
        {"grant|b|d|overlap:count|--expires|2026-01-01", "2026-01-01 has begun already"},
        {"revoke|b|d|ping", "\"ping\" is not one of"},
        {"revoke|b|d", "|overlap:table|tabulate is missing"},
    };
    static struct run r;
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        run(&r, refused[i][0]);
        assert_int_equal(r.code, SYM_EXIT_USAGE);
        assert_shows(r.err, refused[i][1]);
    }
}

static void the_help_tells_what_a_count_does_not_keep(void **state)
{
    static struct run r;
    (void)state;
    run(&r, "grant|--help");
    assert_shows(r.out, "a peer that cheats in a count can find out which of its identifiers");
    assert_shows(r.out, "exactly as matches are");
}

static enum sym_err two_grants(struct fake_call *call)
{
    static struct sym_grant grants[2];
    static const struct sym_grant_list list = {.grants = grants, .n_grants = 2};
    grants[0] = (struct sym_grant){.alias = sym_span_text("bank-b"),
                                   .dataset = sym_span_text("suspects"),
                                   .kind = SYM_KIND_OVERLAP_MATCHES,
                                   .min_elements = 100,
                                   .max_elements = 20000,
                                   .per_day = 5,
                                   .purposes = 1u << SYM_PURPOSE_AML | 1u << SYM_PURPOSE_CFT,
                                   .types = 1u << SYM_TOKEN_IBAN,
                                   .expires_s = 1000000000,
                                   .approval = true,
                                   .added_s = FAKE_NOW_S,
                                   .added_by = sym_span_text("operator"),
                                   .asked = 3,
                                   .min_result = 12,
                                   .engines = 1u << SYM_OVERLAP_ENGINE_DH,
                                   .epsilon_micro = 2500000};
    grants[1] = (struct sym_grant){.alias = sym_span_text("police"),
                                   .dataset = sym_span_text("p"),
                                   .kind = SYM_KIND_OVERLAP_COUNT,
                                   .min_elements = 1,
                                   .max_elements = 1,
                                   .per_day = 1,
                                   .purposes = UINT32_MAX,
                                   .types = UINT64_MAX,
                                   .engines = SYM_OVERLAP_ENGINES};
    call->answer = &list;
    return SYM_OK;
}

static void lists_grants_in_columns(void **state)
{
    static struct run r;
    fake_node_start(*state, two_grants);
    run(&r, "grants|list");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(
        r.out,
        "PEER    DATASET   KIND             MIN SIZE  MAX SIZE  PER DAY  ASKED  APPROVAL  "
        "EXPIRES                         PURPOSES  TYPES  MIN RESULT  ENGINES  EPSILON  MODE\n"
        "bank-b  suspects  overlap:matches       100     20000        5      3  yes       "
        "2001-09-09T01:46:40Z (expired)  aml,cft   iban           12  dh             -  -\n"
        "police  p         overlap:count           1         1        1      0  no        "
        "never                           all       all             0  dh,vole        -  -\n");
}

static void json_is(const char *shown, int at, const char *expected)
{
    cJSON *json = cJSON_Parse(shown);
    char *text = cJSON_PrintUnformatted(at < 0 ? json : cJSON_GetArrayItem(json, at));
    assert_string_equal(text, expected);
    cJSON_free(text);
    cJSON_Delete(json);
}

static void lists_grants_as_json(void **state)
{
    static struct run r;
    fake_node_start(*state, two_grants);
    run(&r, "grants|list|--json");
    json_is(r.out, 0,
            "{\"peer\":\"bank-b\",\"dataset\":\"suspects\",\"kind\":\"overlap:matches\","
            "\"min_size\":100,\"max_size\":20000,\"per_day\":5,\"asked\":3,"
            "\"purposes\":[\"aml\",\"cft\"],\"types\":[\"iban\"],"
            "\"expires\":\"2001-09-09T01:46:40Z\",\"approval\":true,"
            "\"added\":\"2026-09-21T14:13:20Z\",\"added_by\":\"operator\","
            "\"min_result\":12,\"engines\":[\"dh\"],\"epsilon_micro\":2500000,\"modes\":[]}");
    assert_shows(r.out, "\"expires\": null");
}

static void revokes_by_peer_dataset_and_kind(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, keeps);
    run(&r, "revoke|bank-b|suspects|overlap:count");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "bank-b: may no longer ask overlap:count of suspects\n");
    fake_notes(asked, *state);
    assert_string_equal(asked, "GRANT_REVOKE\nbank-b suspects overlap:count\n");
}

/* Requests ------------------------------------------------------------------------------------ */

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
                 "RECEIVED              EXPIRES               STATE              CASE\n"
                 "4f1caa010000  police  suspects  overlap:matches  iban  aml      314b    250  "
                 "2026-09-21T14:13:20Z  2026-09-22T14:13:20Z  waiting            01020304\n"
                 "4f1cab020000  police  suspects  overlap:matches  any   aml      314b    250  "
                 "2026-09-21T14:13:20Z  2026-09-22T14:13:20Z  denied by officer  -\n");
    run(&r, "requests|--json");
    json_is(r.out, 1,
            "{\"id\":\"4f1cab02000000000000000000000000\",\"peer\":\"police\","
            "\"dataset\":\"suspects\",\"kind\":\"overlap:matches\",\"type\":\"any\","
            "\"purpose\":\"aml\",\"basis\":\"314b\",\"elements\":250,"
            "\"received\":\"2026-09-21T14:13:20Z\",\"expires\":\"2026-09-22T14:13:20Z\","
            "\"state\":\"denied\",\"decided_by\":\"officer\","
            "\"decided\":\"2026-09-21T14:13:25Z\",\"why\":\"no "
            "case\",\"case_commitment\":\"\",\"own\":false,\"user\":\"\",\"what\":\"\","
            "\"exchange\":\"\",\"because\":\"\",\"question\":null}");
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
    const struct sym_span ends[] = {sym_span_text("AD"), sym_span_text("IT")};
    const struct sym_span all[] = {sym_span_text("AD"), sym_span_text("unknown")};
    const struct sym_span sexes[] = {sym_span_text("female"), sym_span_text("male")};
    const struct sym_tab_outlined dimensions[] = {{SYM_DIMENSION_COUNTRY, 13, ends, 2},
                                                  {SYM_DIMENSION_ORIGIN, 253, all, 2},
                                                  {SYM_DIMENSION_YEAR, 3, years, 3},
                                                  {SYM_DIMENSION_SEX, 2, sexes, 2}};
    const struct sym_tab_level levels[] = {{sym_span("\0", 1)}, {sym_span("\0\2\3", 3)}};
    const struct sym_tab_outline o = {.shape = SYM_TAB_HOTSPOTS,
                                      .unit = SYM_TAB_PERSONS,
                                      .persons_max = 4,
                                      .cells_per_incident = 1,
                                      .dimensions = dimensions,
                                      .n_dimensions = 4,
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
    assert_shows(r.out,
                 "\n4f1caa010000: hotspots\n"
                 "  by            country (13: AD to IT), origin (all 253), year (2019 to 2021), "
                 "sex (female, male)\n"
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
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(dimensions, 1), "all")));
    assert_int_equal(
        cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetArrayItem(dimensions, 2), "list")), 3);
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

/* The words that help and completion show are exactly those that are understood. */
static void words_are(const char *words, const char *(*text)(uint32_t),
                      enum sym_err (*parse)(uint32_t *, const char *, struct sym_fault *))
{
    char copy[512];
    char *rest = NULL;
    size_t n = 0;
    uint32_t number = 0;
    struct sym_fault fault;
    (void)snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok_r(copy, "|", &rest); word; word = strtok_r(NULL, "|", &rest)) {
        assert_int_equal(parse(&number, word, &fault), SYM_OK);
        assert_string_equal(text(number), word);
        n++;
    }
    size_t understood = 0;
    for (uint32_t i = 0; i < 256; i++) {
        understood += parse(&number, text(i), &fault) == SYM_OK ? 1 : 0;
    }
    assert_int_equal(understood, n);
}

static void every_word_that_is_shown_is_understood(void **state)
{
    (void)state;
    words_are(SYM_TERMS_KINDS, sym_kind_text, sym_terms_kind);
    words_are(SYM_TERMS_PURPOSES, sym_purpose_text, sym_terms_purpose);
    words_are(SYM_TERMS_BASES, sym_basis_text, sym_terms_basis);
    words_are(SYM_TERMS_TYPES, sym_terms_type_text, sym_terms_type);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(a_grant_without_options_has_the_defaults),
        WITH_NODE(a_grant_says_what_its_options_say),
        WITH_NODE(a_budget_has_at_most_six_digits_behind_the_point),
        WITH_NODE(a_grant_can_end_on_a_date),
        WITH_NODE(a_grant_of_a_dataset_that_is_still_to_come_is_kept_with_a_note),
        WITH_NODE(who_cannot_look_for_the_dataset_gets_no_note),
        WITH_NODE(a_table_is_granted_with_noise_unless_asked_otherwise),
        WITH_NODE(refuses_grants_that_make_no_sense),
        WITH_NODE(the_help_tells_what_a_count_does_not_keep),
        WITH_NODE(lists_grants_in_columns),
        WITH_NODE(lists_grants_as_json),
        WITH_NODE(revokes_by_peer_dataset_and_kind),
        WITH_NODE(lists_requests_in_columns),
        WITH_NODE(a_tabulation_shows_what_is_asked_of_whom_and_what_it_costs),
        WITH_NODE(approves_by_the_first_digits),
        WITH_NODE(denies_with_a_reason),
        WITH_NODE(refuses_digits_that_name_none_or_several),
        WITH_NODE(a_user_who_may_not_decide_exits_3),
        WITH_NODE(refuses_decisions_that_make_no_sense),
        cmocka_unit_test(every_word_that_is_shown_is_understood),
    };
    return cmocka_run_group_tests_name("grant", tests, fake_node_start_tests, NULL);
}
