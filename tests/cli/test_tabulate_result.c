/* What became of joint tabulations: releases in all formats, exchanges, evidence and budgets. */
#include "tests/cli/fake_joint.h"

#include <cjson/cJSON.h>

static void json_is_the_release_format(void **state)
{
    static struct run r;
    static const char *const keys[] = {
        "format",      "kind",       "exchange", "query_id", "released", "purpose",
        "basis",       "asker",      "dataset",  "measure",  "cohort",   "privacy",
        "suppression", "dimensions", "levels",   "evidence", "notes"};
    fake_node_start(*state, tabulates);
    run(&r, SMALL "|--format|json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    cJSON *j = cJSON_Parse(r.out);
    assert_non_null(j);
    assert_int_equal(cJSON_GetArraySize(j), sizeof keys / sizeof *keys);
    for (int i = 0; i < cJSON_GetArraySize(j); i++) {
        assert_string_equal(cJSON_GetArrayItem(j, i)->string, keys[i]);
    }
    assert_string_equal(cJSON_GetObjectItem(j, "format")->valuestring, "symbolon-release/1");
    cJSON *cohort = cJSON_GetObjectItem(j, "cohort");
    assert_int_equal(cJSON_GetObjectItem(cohort, "asked")->valueint, 5);
    assert_int_equal(cJSON_GetObjectItem(cohort, "included")->valueint, 4);
    cJSON *members = cJSON_GetObjectItem(cohort, "members");
    assert_int_equal(cJSON_GetArraySize(members), 5);
    cJSON *missing = cJSON_GetArrayItem(members, 3);
    assert_string_equal(cJSON_GetObjectItem(missing, "alias")->valuestring, "ngo-north");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(missing, "included")));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(members, 1), "included")));
    cJSON *evidence = cJSON_GetObjectItem(j, "evidence");
    assert_string_equal(cJSON_GetObjectItem(evidence, "state")->valuestring, "not-in-log");
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(evidence, "entry")));
    cJSON *notes = cJSON_GetObjectItem(j, "notes");
    assert_string_equal(cJSON_GetArrayItem(notes, cJSON_GetArraySize(notes) - 1)->valuestring,
                        "Asked, but not in these counts: ngo-north.");
    cJSON *privacy = cJSON_GetObjectItem(j, "privacy");
    assert_true(cJSON_GetObjectItem(privacy, "epsilon_if_held_by_3_nano")->valuedouble == 3e9);
    assert_int_equal(
        cJSON_GetObjectItem(cJSON_GetObjectItem(privacy, "noise"), "scale_milli")->valueint, 2000);
    cJSON *country = cJSON_GetArrayItem(cJSON_GetObjectItem(j, "dimensions"), 0);
    assert_string_equal(cJSON_GetObjectItem(country, "role")->valuestring, "place");
    cJSON *points = cJSON_GetObjectItem(country, "points");
    assert_int_equal(cJSON_GetArraySize(points), 3);
    assert_int_equal(cJSON_GetArrayItem(cJSON_GetArrayItem(points, 0), 0)->valueint / 1000000, 11);
    cJSON *level = cJSON_GetArrayItem(cJSON_GetObjectItem(j, "levels"), 0);
    cJSON *cells = cJSON_GetObjectItem(level, "cells");
    assert_int_equal(cJSON_GetArrayItem(cells, 0)->valueint, 100);
    assert_true(cJSON_IsNull(cJSON_GetArrayItem(cells, 1)));
    assert_int_equal(cJSON_GetObjectItem(level, "threshold")->valueint, 25);
    cJSON_Delete(j);
}

static void a_table_and_a_map_say_what_was_counted(void **state)
{
    static struct run r;
    fake_node_start(*state, tabulates);
    run(&r, SMALL);
    assert_shows(r.out, "counted       incidents\n");
    run(&r, SMALL "|--unit|persons|--persons-max|3|--cells-per-incident|2");
    assert_shows(r.out,
                 "counted       persons, at most 3 of one incident; an incident in at most 2 "
                 "cells of a level\n");
    run(&r, SMALL "|--unit|persons|--persons-max|3|--preview");
    assert_shows(r.out, "Counted are persons, at most 3 of one incident.\n");
    run(&r, SMALL "|--unit|persons|--persons-max|3|--format|geojson");
    assert_shows(r.out, "\"unit\": \"persons\"");
}

static void csv_has_each_cell_and_suppressed_ones_without_a_count(void **state)
{
    static struct run r;
    fake_node_start(*state, tabulates);
    run(&r, SMALL "|--format|csv");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(
        r.out,
        "\"level\",\"country\",\"country_name\",\"year\",\"year_name\",\"status\",\"count\","
        "\"least\",\"most\"\n"
        "\"country\",\"IT\",\"Italy\",\"\",\"\",\"released\",\"100\",\"93\",\"107\"\n"
        "\"country\",\"MT\",\"Malta\",\"\",\"\",\"released\",\"40\",\"33\",\"47\"\n"
        "\"country\",\"LY\",\"Libya\",\"\",\"\",\"suppressed\",\"\",\"\",\"\"\n"
        "\"country x year\",\"IT\",\"Italy\",\"2019\",\"2019\",\"released\",\"100\",\"93\","
        "\"107\"\n"
        "\"country x year\",\"LY\",\"Libya\",\"2019\",\"2019\",\"released\",\"40\",\"33\","
        "\"47\"\n"
        "\"country x year\",\"IT\",\"Italy\",\"2020\",\"2020\",\"suppressed\",\"\",\"\",\"\"\n"
        "\"country x year\",\"LY\",\"Libya\",\"2020\",\"2020\",\"suppressed\",\"\",\"\",\"\"\n"
        "\"country x year\",\"MT\",\"Malta\",\"2019\",\"2019\",\"suppressed\",\"\",\"\",\"\"\n"
        "\"country x year\",\"MT\",\"Malta\",\"2020\",\"2020\",\"suppressed\",\"\",\"\","
        "\"\"\n");
}

static void maps_have_points_and_routes_have_lines(void **state)
{
    static struct run r;
    fake_node_start(*state, tabulates);
    run(&r, SMALL "|--format|geojson");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    cJSON *j = cJSON_Parse(r.out);
    assert_non_null(j);
    cJSON *features = cJSON_GetObjectItem(j, "features");
    assert_int_equal(cJSON_GetArraySize(features), 4);
    cJSON *geometry = cJSON_GetObjectItem(cJSON_GetArrayItem(features, 0), "geometry");
    assert_string_equal(cJSON_GetObjectItem(geometry, "type")->valuestring, "Point");
    assert_int_equal(cJSON_GetObjectItem(j, "suppressed")->valueint, 5);
    cJSON_Delete(j);
    run(&r, "routes" JOINT "|--by|origin,destination|--only|origin=NG|--only|destination=IT,MT,NG|"
            "--format|geojson");
    j = cJSON_Parse(r.out);
    assert_non_null(j);
    cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItem(j, "features"), 0);
    geometry = cJSON_GetObjectItem(first, "geometry");
    assert_string_equal(cJSON_GetObjectItem(geometry, "type")->valuestring, "LineString");
    cJSON *ends = cJSON_GetObjectItem(geometry, "coordinates");
    assert_int_equal(cJSON_GetArraySize(ends), 2);
    assert_true(cJSON_GetArrayItem(cJSON_GetArrayItem(ends, 0), 1)->valuedouble < 15);
    assert_true(cJSON_GetArrayItem(cJSON_GetArrayItem(ends, 1), 1)->valuedouble > 35);
    cJSON *properties = cJSON_GetObjectItem(first, "properties");
    assert_string_equal(cJSON_GetObjectItem(properties, "name")->valuestring, "Nigeria to Italy");
    cJSON *home = cJSON_GetArrayItem(cJSON_GetObjectItem(j, "features"), 1);
    geometry = cJSON_GetObjectItem(home, "geometry");
    assert_string_equal(cJSON_GetObjectItem(geometry, "type")->valuestring, "Point");
    cJSON_Delete(j);
}

static void rates_rank_by_population(void **state)
{
    static struct run r;
    char words[1024];
    const struct fake_node *node = *state;
    fake_node_start(*state, tabulates);
    fake_write(node->dir, "p.csv",
               sym_span_text("code,name,population\nIT,Italy,59000000\nMT,Malta,530000\n"), 0600);
    (void)snprintf(words, sizeof words, SMALL "|--population|%s/p.csv", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "1  MT Malta     40  33 to 47       7.55 (6.23 to 8.87)");
    assert_shows(r.out, "2  IT Italy    100  93 to 107      0.17 (0.16 to 0.18)");
    static const char *const bad[][2] = {
        {"place,population\nIT,5\n", "lacks a column code or population"},
        {"code,population\nIT,many\n", "p.csv:2: population is not a whole number"},
        {"code,population\nIT,0\n", "p.csv:2: population is not a whole number"},
        {"code,population\n,7\n", "p.csv:2: has no code"},
        {"code,population\nIT,5\nIT,6\n", "has the code IT twice"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fake_write(node->dir, "p.csv", sym_span_text(bad[i][0]), 0600);
        run(&r, words);
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        assert_shows(r.err, bad[i][1]);
    }
}

/* One that this node asked for, and one that it took part in; both have the release. */
static enum sym_err remembers(struct fake_call *call)
{
    static const uint8_t others[SYM_EXCHANGE_ID_BYTES] = {0x77, 1};
    static const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES] = {0x99};
    static struct sym_exchange_entry rows[2];
    static struct sym_exchange_list list;
    for (size_t i = 0; i < 2; i++) {
        rows[i] =
            (struct sym_exchange_entry){.id = i == 0 ? sym_span(id, 16) : sym_span(others, 16),
                                        .alias = sym_span_text(i == 0 ? "" : "ngo-c"),
                                        .role = i == 0 ? SYM_AS_INITIATOR : SYM_AS_PARTICIPANT,
                                        .kind = SYM_KIND_TABULATE,
                                        .state = SYM_EXCHANGE_DONE,
                                        .purpose = SYM_PURPOSE_TEST,
                                        .basis = SYM_BASIS_CONSENT,
                                        .mine = sym_span_text("incidents"),
                                        .has_result = true,
                                        .started_ms = UINT64_C(1000) * FAKE_NOW_S,
                                        .ended_ms = UINT64_C(1000) * FAKE_NOW_S,
                                        .tabulation = sym_span(tabulation, 16),
                                        .participants = 12,
                                        .cells = 9,
                                        .epsilon_nano = 500000000};
    }
    list = (struct sym_exchange_list){.exchanges = rows, .n_exchanges = 2};
    if (call->verb == SYM_VERB_EXCHANGE_LIST) {
        call->answer = &list;
        return SYM_OK;
    }
    if (call->verb == SYM_VERB_EXCHANGE_SHOW) {
        const struct sym_exchange_name *name = call->arguments;
        call->answer = sym_span_equal(name->id, rows[0].id) ? &rows[0] : &rows[1];
        return SYM_OK;
    }
    return tabulates(call);
}

static void exchanges_show_tabulations_as_what_they_are(void **state)
{
    static struct run r;
    fake_node_start(*state, remembers);
    run(&r, "exchange|list");
    assert_string_equal(
        r.out, "ID            PEER      ROLE         KIND      STATE  OWN SIZE  PEER SIZE  COMMON  "
               "STARTED               CASE\n"
               "4f1caa010000  12 nodes  initiator    tabulate  done          -          -       -  "
               "2026-09-21T14:13:20Z  \n"
               "770100000000  ngo-c     participant  tabulate  done          -          -       -  "
               "2026-09-21T14:13:20Z  \n");
    run(&r, "exchange|show|4f1c");
    assert_string_equal(r.out,
                        "exchange      4f1caa01000000000000000000000000\n"
                        "kind          tabulate, asked by this node\n"
                        "state         done\n"
                        "purpose       test, basis consent\n"
                        "dataset       incidents\n"
                        "participants  12\n"
                        "cells         9\n"
                        "epsilon       0.5\n"
                        "release       the same for all participants; see \"symbolon exchange "
                        "result\"\n"
                        "started       2026-09-21T14:13:20Z\n"
                        "ended         2026-09-21T14:13:20Z\n");
    run(&r, "exchange|show|7701|--json");
    cJSON *j = cJSON_Parse(r.out);
    assert_non_null(j);
    assert_int_equal(cJSON_GetObjectItem(j, "participants")->valueint, 12);
    assert_true(cJSON_GetObjectItem(j, "epsilon_nano")->valuedouble == 5e8);
    cJSON_Delete(j);
}

static void a_participant_has_the_release_too(void **state)
{
    static struct run r;
    char words[1024];
    const struct fake_node *node = *state;
    fake_node_start(*state, remembers);
    run(&r, SMALL "|--format|csv");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    static struct run again;
    run(&again, "exchange|result|7701|--format|csv");
    assert_int_equal(again.code, SYM_EXIT_DONE);
    assert_string_equal(again.out, r.out);
    (void)snprintf(words, sizeof words, "exchange|result|7701|--format|geojson|--out|%s/o",
                   node->dir);
    run(&again, words);
    assert_int_equal(again.code, SYM_EXIT_DONE);
    assert_shows(again.out, "/o: 4 of 9 cells, the others are below 25 or empty\n");
    run(&again, words);
    assert_int_equal(again.code, SYM_EXIT_FAILED);
    assert_shows(again.err, "exists already; --force replaces it");
    run(&again, "exchange|result|7701|--at-least|2");
    assert_int_equal(again.code, SYM_EXIT_FAILED);
    assert_string_equal(again.err, "symbolon: --at-least: is for overlap tables\n");
    run(&again, "exchange|result|7701|--top|1");
    assert_shows(again.out, "1 more cell has a count; --top 0 shows it\n");
}

static enum sym_err has_budgets(struct fake_call *call)
{
    static const struct sym_budget rows[] = {{.dataset = {(const uint8_t *)"incidents", 9},
                                              .year = 2026,
                                              .cap_nano = 8000000000u,
                                              .spent_nano = 1250000000u,
                                              .reserved_nano = 1000000000u,
                                              .renews_ms = UINT64_C(1798761600000),
                                              .left_nano = 5750000000u},
                                             {.dataset = {(const uint8_t *)"incidents", 9},
                                              .alias = {(const uint8_t *)"bank-b", 6},
                                              .year = 2026,
                                              .cap_nano = 1000000000u,
                                              .spent_nano = 1250000000u,
                                              .renews_ms = UINT64_C(1798761600000)}};
    static struct sym_budget_list list;
    const struct sym_budget_query *q = call->arguments;
    bool known = q->dataset.len == 0 || sym_span_equal(q->dataset, sym_span_text("incidents"));
    list = (struct sym_budget_list){.budgets = rows, .n_budgets = known ? 2 : 0};
    call->answer = &list;
    return SYM_OK;
}

static void budgets_are_listed(void **state)
{
    static struct run r;
    fake_node_start(*state, has_budgets);
    run(&r, "budget");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(
        r.out, "DATASET    ASKED BY      CAP  SPENT  RESERVED  LEFT  RENEWS\n"
               "incidents  all together    8   1.25         1  5.75  2027-01-01T00:00:00Z\n"
               "incidents  bank-b          1   1.25         0     0  2027-01-01T00:00:00Z\n");
    run(&r, "budget|--dataset|incidents|--json");
    cJSON *j = cJSON_Parse(r.out);
    assert_non_null(j);
    cJSON *first = cJSON_GetArrayItem(j, 0);
    assert_true(cJSON_GetObjectItem(first, "left_nano")->valuedouble == 5.75e9);
    cJSON_Delete(j);
    run(&r, "budget|--dataset|other");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "other: there is no such dataset");
    run(&r, "budget|--dataset|a b");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
}

static enum sym_err has_restored_budgets(struct fake_call *call)
{
    static const struct sym_budget row = {.dataset = {(const uint8_t *)"incidents", 9},
                                          .year = 2026,
                                          .cap_nano = 8000000000u,
                                          .spent_nano = 1250000000u,
                                          .renews_ms = UINT64_C(1798761600000),
                                          .restored = true};
    static const struct sym_budget_list list = {.budgets = &row, .n_budgets = 1};
    call->answer = &list;
    return SYM_OK;
}

static void a_restored_node_says_why_nothing_is_left(void **state)
{
    static struct run r;
    fake_node_start(*state, has_restored_budgets);
    run(&r, "budget");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out,
                 "8   1.25         0     0  2027-01-01T00:00:00Z\n"
                 "nothing is left before 2027-01-01T00:00:00Z: this node is a restored copy");
    run(&r, "budget|--json");
    assert_shows(r.out, "\"left_nano\": 0");
    assert_shows(r.out, "\"restored\": true");
}

static enum sym_err lies_about_cells(struct fake_call *call)
{
    enum sym_err err = tabulates(call);
    if (call->verb == SYM_VERB_RELEASE_CELLS) {
        static struct sym_cells_page page;
        page = *(const struct sym_cells_page *)call->answer;
        page.first = 1;
        call->answer = &page;
    }
    return err;
}

/* A leaf of one entry, in a head that somebody else has signed. */
static enum sym_err lies_about_evidence(struct fake_call *call)
{
    static const char head[] =
        "symbolon/x/evidence\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"
        "\xe2\x80\x94 symbolon/x/evidence "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAA=\n";
    static struct sym_release_evidence evidence;
    if (call->verb != SYM_VERB_RELEASE_EVIDENCE) {
        return tabulates(call);
    }
    evidence = (struct sym_release_evidence){.index = 0,
                                             .size = 1,
                                             .leaf = sym_span(qid, 32),
                                             .salt = sym_span(qid, 32),
                                             .body = sym_span(qid, 32),
                                             .checkpoint = sym_span_text(head)};
    call->answer = &evidence;
    return SYM_OK;
}

static void evidence_that_proves_nothing_is_called_wrong(void **state)
{
    static struct run r;
    fake_node_start(*state, lies_about_evidence);
    run(&r, SMALL);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out,
                 "evidence      WRONG: the log of this node does not prove it; see \"symbolon "
                 "log verify\"\n");
    run(&r, SMALL "|--format|json");
    cJSON *j = cJSON_Parse(r.out);
    assert_non_null(j);
    cJSON *evidence = cJSON_GetObjectItem(j, "evidence");
    assert_string_equal(cJSON_GetObjectItem(evidence, "state")->valuestring, "wrong");
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(evidence, "checkpoint_size")));
    cJSON_Delete(j);
}

static enum sym_err lies_about_size(struct fake_call *call)
{
    enum sym_err err = tabulates(call);
    if (call->verb == SYM_VERB_RELEASE_SHOW) {
        static struct sym_release release;
        release = *(const struct sym_release *)call->answer;
        release.cells++;
        call->answer = &release;
    }
    return err;
}

static void refuses_answers_that_make_no_sense(void **state)
{
    static struct run r;
    fake_node_start(*state, lies_about_cells);
    run(&r, SMALL);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
    assert_shows(r.err, "make no sense");
    fake_node_stop(*state);
    fake_node_start(*state, lies_about_size);
    run(&r, SMALL);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "make no sense");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(json_is_the_release_format),
        WITH_NODE(a_table_and_a_map_say_what_was_counted),
        WITH_NODE(csv_has_each_cell_and_suppressed_ones_without_a_count),
        WITH_NODE(maps_have_points_and_routes_have_lines),
        WITH_NODE(rates_rank_by_population),
        WITH_NODE(budgets_are_listed),
        WITH_NODE(a_restored_node_says_why_nothing_is_left),
        WITH_NODE(exchanges_show_tabulations_as_what_they_are),
        WITH_NODE(a_participant_has_the_release_too),
        WITH_NODE(evidence_that_proves_nothing_is_called_wrong),
        WITH_NODE(refuses_answers_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, fake_node_start_tests, NULL);
}
