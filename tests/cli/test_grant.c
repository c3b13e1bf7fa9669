/* grant, grants list and revoke. */
#include "cli/grant_wider.h"
#include "cli/terms.h"
#include "proto/overlap_agree.h"
#include "proto/tabulation.h"
#include "tests/cli/fake_node.h"
#include "tests/cli/json_is.h"

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
    static struct sym_grant_added added;
    if (call->verb == SYM_VERB_GRANT_ADD) {
        note_grant(call, call->arguments);
        kept = *(const struct sym_grant *)call->arguments;
        kept.added_s = FAKE_NOW_S;
        kept.added_by = sym_span_text("operator");
        added = (struct sym_grant_added){.grant = &kept};
        call->answer = &added;
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
    assert_shows(r.out, "PEER    DATASET   KIND             SIZE          TODAY     LIMIT    IS\n"
                        "bank-b  suspects  overlap:matches  1 to 1048576  0 of 100  engines  dh\n");
    assert_shows(r.out, "  expires  ");
    assert_null(strstr(r.out, "  purposes"));
    fake_notes(asked, *state);
    assert_string_equal(asked, "GRANT_ADD\nbank-b suspects overlap:matches 1-1048576 per_day=100 "
                               "purposes=fe types=3fffff days=365 approval=0 min_result=0 "
                               "engines=2 epsilon=0 modes=0\nDATASET_SHOW\n");
}

/* In place of one with an approver. */
static enum sym_err replaces(struct fake_call *call)
{
    static struct sym_grant before;
    static struct sym_grant_added added;
    enum sym_err err = keeps(call);
    if (call->verb == SYM_VERB_GRANT_ADD) {
        added = *(const struct sym_grant_added *)call->answer;
        before = *added.grant;
        before.approval = true;
        before.max_elements = 7;
        before.added_by = sym_span_text("olga");
        added.replaced = &before;
        call->answer = &added;
    }
    return err;
}

static void a_grant_shows_the_one_that_it_replaces(void **state)
{
    static struct run r;
    fake_node_start(*state, replaces);
    run(&r, "grant|bank-b|suspects|overlap:matches|--expires|never");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out,
                        "PEER    DATASET   KIND             SIZE          TODAY     LIMIT    IS\n"
                        "bank-b  suspects  overlap:matches  1 to 1048576  0 of 100  engines  dh\n"
                        "\n"
                        "It replaces this one, which olga gave on 2026-09-21T14:13:20Z:\n"
                        "PEER    DATASET   KIND             SIZE    TODAY     LIMIT     IS\n"
                        "bank-b  suspects  overlap:matches  1 to 7  0 of 100  engines   dh\n"
                        "                                                     approval  yes\n"
                        "\n"
                        "wider: lists to 1048576 (was 7), no approval (was needed)\n");
    run(&r, "grant|bank-b|suspects|overlap:matches|--json");
    cJSON *grant = cJSON_Parse(r.out);
    assert_non_null(grant);
    const cJSON *before = cJSON_GetObjectItem(grant, "replaced");
    assert_false(cJSON_IsTrue(cJSON_GetObjectItem(grant, "approval")));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(before, "approval")));
    assert_string_equal(cJSON_GetObjectItem(before, "added_by")->valuestring, "olga");
    cJSON_Delete(grant);
}

static void what_is_wider_is_told_and_nothing_else(void **state)
{
    char text[SYM_GRANT_WIDER_BYTES];
    const struct sym_grant before = {.purposes = 6,
                                     .types = 4,
                                     .engines = 2,
                                     .modes = 4,
                                     .min_elements = 50,
                                     .max_elements = 1000,
                                     .per_day = 3,
                                     .min_result = 2,
                                     .epsilon_micro = 1500000,
                                     .expires_s = FAKE_NOW_S};
    struct sym_grant now = before;
    (void)state;
    sym_grant_wider_text(text, &now, &before);
    assert_string_equal(text, "");
    now.purposes = sym_terms_all_purposes();
    now.per_day = 100;
    now.min_elements = 60;
    now.max_elements = 999;
    sym_grant_wider_text(text, &now, &before);
    assert_string_equal(text, "any purpose (was aml,cft), 100 a day (was 3)");
    sym_grant_wider_text(text, &before, &now);
    assert_string_equal(text, "lists from 50 (was 60), lists to 1000 (was 999)");
    now = before;
    now.purposes = 4;
    now.types = 6;
    now.engines = 6;
    now.modes = 6;
    now.min_result = 1;
    now.expires_s = 0;
    now.epsilon_micro = 0;
    now.standing_days = 30;
    sym_grant_wider_text(text, &now, &before);
    assert_string_equal(text, "types iban,account (was account), engines dh,vole (was dh), mode "
                              "exact,dp (was dp), results from 1 (was 2), never expires (was "
                              "2026-09-21T14:13:20Z), epsilon the dataset's (was 1.5), a standing "
                              "list for 30 days (was 0)");
    now = before;
    now.expires_s += 86399;
    sym_grant_wider_text(text, &now, &before);
    assert_string_equal(text, "");
    now.expires_s++;
    sym_grant_wider_text(text, &now, &before);
    assert_string_equal(text, "expires 2026-09-22T14:13:20Z (was 2026-09-21T14:13:20Z)");
}

static void a_grant_says_what_its_options_say(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, keeps);
    run(&r, "grant|bank-b|suspects|overlap:count|--min-size|100|--max-size|20000|--per-day|5"
            "|--purposes|aml,test|--types|iban,phone|--expires|30|--approval"
            "|--min-result|7|--engines|dh");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "  100 to 20000  0 of 5  ");
    assert_shows(r.out, "  approval    yes\n");
    assert_shows(r.out, "  min result  7\n");
    run(&r, "grant|bank-b|suspects|overlap:table|--epsilon|1.25");
    run(&r, "grant|bank-b|suspects|overlap:count|--expires|never");
    assert_null(strstr(r.out, "expires"));
    fake_notes(asked, *state);
    assert_shows(asked, "bank-b suspects overlap:count 100-20000 per_day=5 purposes=82 types=12 "
                        "days=30 approval=1 min_result=7 engines=2 epsilon=0 modes=0\n");
    assert_shows(asked, "engines=2 epsilon=1250000 modes=");
    assert_shows(asked, "days=0 approval=0 min_result=0 engines=2 epsilon=0 modes=0\n");
}

static void a_standing_list_brings_its_engine_along(void **state)
{
    static struct run r;
    fake_node_start(*state, keeps);
    run(&r, "grant|bank-b|suspects|overlap:matches|--standing|30|--elements-per-day|200|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\"dh\"");
    assert_shows(r.out, "\"standing\"");
    assert_shows(r.out, "\"standing_days\": 30");
    assert_shows(r.out, "\"elements_per_day\": 200");
    assert_shows(r.out, "\"replaced\": null");
    run(&r, "grant|bank-b|suspects|overlap:matches|--standing|1");
    assert_shows(r.out, "being prepared; 0 of 1000 used today");
    run(&r, "grant|bank-b|suspects|overlap:matches|--standing|0");
    assert_null(strstr(r.out, "standing list"));
}

static void refuses_a_standing_list_that_cannot_be(void **state)
{
    static const char *const words[] = {
        "grant|bank-b|suspects|overlap:matches|--engines|dh,standing",
        "grant|bank-b|suspects|overlap:matches|--elements-per-day|5",
        "grant|bank-b|suspects|overlap:matches|--standing|1|--elements-per-day|0",
        "grant|bank-b|suspects|overlap:matches|--standing|367",
        "grant|bank-b|suspects|overlap:count|--standing|1",
        "grant|bank-b|suspects|tabulate|--standing|1",
    };
    static struct run r;
    fake_node_start(*state, keeps);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        run(&r, words[i]);
        assert_int_equal(r.code, SYM_EXIT_USAGE);
    }
}

static void a_budget_has_at_most_six_digits_behind_the_point(void **state)
{
    static const char *const good[][2] = {
        {"0", "0"},           {"1", "1000000000"},       {"0.1", "100000000"},
        {"0.000001", "1000"}, {"1000", "1000000000000"}, {"999.999999", "999999999000"}};
    static struct run r;
    char words[128];
    char shown[64];
    fake_node_start(*state, keeps);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        (void)snprintf(words, sizeof words, "grant|b|d|tabulate|--json|--epsilon|%s", good[i][0]);
        (void)snprintf(shown, sizeof shown, "\"epsilon_nano\": %s", good[i][1]);
        run(&r, words);
        assert_int_equal(r.code, SYM_EXIT_DONE);
        assert_shows(r.out, shown);
    }
    run(&r, "grant|b|d|tabulate|--epsilon|2.5");
    assert_shows(r.out, "  epsilon  2.5\n");
    run(&r, "grant|b|d|tabulate");
    assert_shows(r.out, "  epsilon  the dataset's\n");
    assert_shows(r.out, "tabulate  -     0 of 100");
}

/* With vole the shortest list counts as 1,469. */
static void an_engine_that_no_list_is_short_enough_for_is_kept_with_a_note(void **state)
{
    static const char note[] = "note: vole is never used under this grant: with it the shortest "
                               "list counts as 1469, and --max-size is 1468\n";
    static struct run r;
    fake_node_start(*state, keeps);
    run(&r, "grant|bank-b|suspects|overlap:matches|--engines|dh,vole|--max-size|1468");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.err, note);
    run(&r, "grant|bank-b|suspects|overlap:matches|--engines|dh,vole|--max-size|1469");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.err, "");
    run(&r, "grant|bank-b|suspects|overlap:matches|--engines|vole|--max-size|1469");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.err, "");
    run(&r, "grant|bank-b|suspects|overlap:matches|--engines|dh|--max-size|10");
    assert_string_equal(r.err, "");
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

static enum sym_err keeps_with_keys(struct fake_call *call)
{
    static const struct sym_type_count types[] = {{SYM_TOKEN_IBAN, 3}, {SYM_TOKEN_DOB_TOWN, 3}};
    enum sym_err err = keeps(call);
    if (call->verb == SYM_VERB_DATASET_SHOW) {
        static struct sym_dataset_row row;
        row = (struct sym_dataset_row){.name = sym_span_text("people"),
                                       .kind = SYM_DATASET_IDENTIFIERS,
                                       .types = types,
                                       .n_types = 2};
        call->answer = &row;
    }
    return err;
}

static void a_grant_of_keys_of_persons_says_that_they_can_be_guessed(void **state)
{
    static struct run r;
    fake_node_start(*state, keeps_with_keys);
    run(&r, "grant|bank-b|people|overlap:matches|--per-day|5");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.err,
                        "note: people holds keys of persons, which can be guessed: 1048576 of "
                        "them in one request, 5 requests a day; lower --max-size and "
                        "--per-day, or add --approval\n");
    run(&r, "grant|bank-b|people|overlap:matches|--types|iban");
    assert_string_equal(r.err, "");
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
    run(&r, "grant|bank-b|supsects|overlap:table");
    assert_string_equal(r.err, "note: there is no dataset supsects yet; without one this node can "
                               "tally, and not contribute\n");
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
    assert_shows(r.out, "  mode     dp\n");
    assert_shows(r.out, "  epsilon  the dataset's\n");
    run(&r, "grant|bank-b|suspects|overlap:table|--json");
    assert_shows(r.out, "\"dp\"");
    run(&r, "grant|bank-b|suspects|overlap:table|--mode|exact|--epsilon|2");
    assert_shows(r.out, "  mode     exact\n");
    run(&r, "grant|bank-b|suspects|overlap:table|--mode|dp,exact");
    assert_shows(r.out, "  mode     exact,dp\n");
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
        {"grant|b|d|overlap:matches|--engines|vole|--max-size|1468",
         "--engines: with vole alone the shortest list counts as 1469, and --max-size is 1468"},
        {"grant|b|d|overlap:matches|--engines|vole|--min-size|5000|--max-size|5100",
         "raise --max-size to that at least, or add dh"},
        {"grant|b|d|tabulate|--engines|dh", "--engines: a tabulation is always"},
        {"grant|b|d|overlap:table|--engines|dh", "--engines: a table is always"},
        {"grant|b|d|overlap:table|--min-result|9", "--min-result: a table has none"},
        {"grant|b|d|overlap:table|--mode|some", "--mode: \"some\" is not one of exact|dp"},
        {"grant|b|d|overlap:table|--mode|dp,", "--mode: \"\" is not one of exact|dp"},
        {"grant|b|d|overlap:count|--mode|dp", "--mode: is for overlap:table"},
        {"grant|b|d|overlap:count|--epsilon|2", "--epsilon: is for tabulate and overlap:table"},
        {"grant|b|d|overlap:matches|--epsilon|0", "--epsilon: is for tabulate and overlap:table"},
        {"grant|b|d|tabulate|--types|iban", "--types: with a tabulation the peer brings no list"},
        {"grant|b|d|tabulate|--min-size|4", "--min-size: with a tabulation the peer brings no"},
        {"grant|b|d|tabulate|--max-size|10", "--max-size: with a tabulation the peer brings no"},
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
        "PEER    DATASET   KIND             SIZE          TODAY   LIMIT       IS\n"
        "bank-b  suspects  overlap:matches  100 to 20000  3 of 5  engines     dh\n"
        "                                                         approval    yes\n"
        "                                                         expires     "
        "2001-09-09T01:46:40Z (expired)\n"
        "                                                         purposes    aml,cft\n"
        "                                                         types       iban\n"
        "                                                         min result  12\n"
        "police  p         overlap:count    1 to 1        0 of 1  engines     dh,vole,standing\n");
}

static void lists_grants_as_json(void **state)
{
    static struct run r;
    fake_node_start(*state, two_grants);
    run(&r, "grants|list|--json");
    json_at(r.out, 0,
            "{\"peer\":\"bank-b\",\"dataset\":\"suspects\",\"kind\":\"overlap:matches\","
            "\"min_size\":100,\"max_size\":20000,\"per_day\":5,\"asked\":3,"
            "\"purposes\":[\"aml\",\"cft\"],\"types\":[\"iban\"],"
            "\"expires\":\"2001-09-09T01:46:40Z\",\"approval\":true,"
            "\"added\":\"2026-09-21T14:13:20Z\",\"added_by\":\"operator\","
            "\"min_result\":12,\"engines\":[\"dh\"],\"epsilon_nano\":2500000000,\"modes\":[],"
            "\"standing_days\":0,\"elements_per_day\":0,\"evaluated\":0,\"standing_until\":null}");
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
        WITH_NODE(a_grant_shows_the_one_that_it_replaces),
        cmocka_unit_test(what_is_wider_is_told_and_nothing_else),
        WITH_NODE(a_grant_says_what_its_options_say),
        WITH_NODE(a_budget_has_at_most_six_digits_behind_the_point),
        WITH_NODE(an_engine_that_no_list_is_short_enough_for_is_kept_with_a_note),
        WITH_NODE(a_grant_can_end_on_a_date),
        WITH_NODE(a_grant_of_keys_of_persons_says_that_they_can_be_guessed),
        WITH_NODE(a_grant_of_a_dataset_that_is_still_to_come_is_kept_with_a_note),
        WITH_NODE(who_cannot_look_for_the_dataset_gets_no_note),
        WITH_NODE(a_table_is_granted_with_noise_unless_asked_otherwise),
        WITH_NODE(refuses_grants_that_make_no_sense),
        WITH_NODE(the_help_tells_what_a_count_does_not_keep),
        WITH_NODE(a_standing_list_brings_its_engine_along),
        WITH_NODE(refuses_a_standing_list_that_cannot_be),
        WITH_NODE(lists_grants_in_columns),
        WITH_NODE(lists_grants_as_json),
        WITH_NODE(revokes_by_peer_dataset_and_kind),
        cmocka_unit_test(every_word_that_is_shown_is_understood),
    };
    return cmocka_run_group_tests_name("grant", tests, fake_node_start_tests, NULL);
}
