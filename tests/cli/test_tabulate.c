/* Joint tabulations: questions made from options, previews, releases in all formats, budgets. */
#include "proto/cube.h"
#include "proto/evidence.h"
#include "proto/tabulate.h"
#include "tests/cli/fake_node.h"

#include <cjson/cJSON.h>

#define CELLS_MAX 400000u

static const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0x4f, 0x1c, 0xaa, 1};
static const uint8_t qid[32] = {7};

/* What a fake core remembers of the question, and answers. */
static struct {
    uint8_t query[SYM_TAB_QUERY_BYTES_MAX];
    size_t query_len;
    struct sym_arena arena;
    struct sym_tab_query decoded;
    struct sym_cube *cube;
} asked;

/* One line of what was asked, and the cube, for the answers. */
static void take_question(const struct fake_call *call, const struct sym_tabulate_start *s)
{
    struct sym_fault fault = {.text = ""};
    char line[1024];
    asked.query_len = s->query.len;
    memcpy(asked.query, s->query.data, s->query.len);
    sym_cube_free(asked.cube);
    asked.cube = NULL;
    sym_arena_clear(&asked.arena);
    if (sym_decode(&asked.arena, &asked.decoded, &sym_msg_tab_query,
                   sym_span(asked.query, asked.query_len)) != SYM_OK ||
        sym_cube_new(&asked.cube, &asked.decoded, &fault) != SYM_OK) {
        fake_note(call->node, "no question");
        return;
    }
    (void)snprintf(line, sizeof line,
                   "%.*s peers=%zu own=%d purpose=%u basis=%u case=%.*s shape=%s unit=%u p=%u k=%u "
                   "epsilon=%llu cells=%zu levels=%zu",
                   (int)s->dataset.len, (const char *)s->dataset.data, s->n_peers, !s->without_own,
                   s->purpose, s->basis, (int)s->case_ref.len, (const char *)s->case_ref.data,
                   sym_tab_shape_text(asked.decoded.shape), asked.decoded.unit,
                   asked.decoded.persons_max, asked.decoded.cells_per_incident,
                   (unsigned long long)asked.decoded.epsilon_nano, sym_cube_cells(asked.cube),
                   asked.decoded.n_levels);
    fake_note(call->node, line);
    for (size_t i = 0; i < asked.decoded.n_dimensions; i++) {
        const struct sym_tab_dimension *d = &asked.decoded.dimensions[i];
        struct sym_span last = d->codes[d->n_codes - 1];
        (void)snprintf(line, sizeof line, "%s: %.*s .. %.*s, %zu", sym_dimension_text(d->dimension),
                       (int)d->codes[0].len, (const char *)d->codes[0].data, (int)last.len,
                       (const char *)last.data, d->n_codes);
        fake_note(call->node, line);
    }
}

/* Cells are 0 but for the first of each level: 100, and the third: 40. */
static const void *some_cells(uint32_t first, bool preview)
{
    static uint64_t cells[CELLS_MAX];
    static uint8_t bytes[SYM_CELLS_PAGE_BYTES];
    static struct sym_cells_page page;
    size_t n = sym_cube_cells(asked.cube);
    size_t len = 0;
    size_t done = 0;
    memset(cells, 0, sizeof cells);
    for (size_t i = 0; i < sym_cube_levels(asked.cube); i++) {
        size_t at = 0;
        size_t size = 0;
        sym_cube_level(asked.cube, i, &at, &size);
        cells[at] = 100;
        cells[at + (size > 2 ? 2 : 0)] = size > 2 ? 40 : 100;
    }
    sym_cells_write(bytes, sizeof bytes, &len, cells + first, n - first, &done);
    page = (struct sym_cells_page){.first = first,
                                   .cells = sym_span(bytes, len),
                                   .next = first + done < n ? first + (uint32_t)done : 0,
                                   .total = (uint32_t)n,
                                   .records = preview ? 140 : 0,
                                   .left_out = preview ? 5 : 0};
    return &page;
}

static const void *the_plan(uint32_t n)
{
    static struct sym_span members[5];
    static struct sym_tabulate_plan plan;
    for (size_t i = 0; i < 5; i++) {
        members[i] = sym_span_text(i == 0 ? "" : "bank-b");
    }
    plan = (struct sym_tabulate_plan){.members = members,
                                      .n_members = n,
                                      .quorum = 4,
                                      .colluders = 1,
                                      .minimum = 5,
                                      .cells = (uint32_t)sym_cube_cells(asked.cube),
                                      .sensitivity = sym_cube_sensitivity(asked.cube),
                                      .half_width = 7,
                                      .threshold = 25,
                                      .ghosts_per_million = 10,
                                      .epsilon_nano = sym_cube_epsilon(asked.cube),
                                      .budget_left_nano = 7500000000u,
                                      .budget_cap_nano = 8000000000u,
                                      .renews_ms = UINT64_C(1798761600000),
                                      .contributes = true};
    return &plan;
}

static const void *the_release(void)
{
    static uint8_t cohort[5 * 32];
    static uint8_t epochs[5 * 8];
    static const uint8_t survivors[] = {0, 1, 2, 4};
    static struct sym_release release;
    size_t cells = sym_cube_cells(asked.cube);
    size_t n_shown = 0;
    for (size_t i = 0; i < sym_cube_levels(asked.cube); i++) {
        size_t first = 0;
        size_t n = 0;
        sym_cube_level(asked.cube, i, &first, &n);
        n_shown += n > 2 ? 2 : 1;
    }
    for (uint8_t i = 0; i < 5; i++) {
        cohort[32 * i] = i;
    }
    release = (struct sym_release){.version = 1,
                                   .tabulation = sym_span(id, sizeof id),
                                   .qid = sym_span(qid, sizeof qid),
                                   .initiator = sym_span(cohort, 32),
                                   .dataset = sym_span_text("incidents"),
                                   .purpose = SYM_PURPOSE_TEST,
                                   .basis = SYM_BASIS_CONSENT,
                                   .released_ms = UINT64_C(1000) * FAKE_NOW_S,
                                   .query = sym_span(asked.query, asked.query_len),
                                   .cohort = sym_span(cohort, sizeof cohort),
                                   .epochs = sym_span(epochs, sizeof epochs),
                                   .survivors = sym_span(survivors, sizeof survivors),
                                   .quorum = 4,
                                   .colluders = 1,
                                   .noise_shares = 3,
                                   .sensitivity = sym_cube_sensitivity(asked.cube),
                                   .half_width = 7,
                                   .threshold = 25,
                                   .cells = (uint32_t)cells,
                                   .suppressed = (uint32_t)(cells - n_shown),
                                   .ghosts_per_million = 10,
                                   .consents_hash = sym_span(qid, 32),
                                   .survivors_hash = sym_span(qid, 32),
                                   .cells_hash = sym_span(qid, 32)};
    return &release;
}

/* Those at the places 1 and 3 of the release; who asked is pinned no more. */
static const void *the_peers(void)
{
    static uint8_t ids[2][32];
    static struct sym_peer_row rows[2];
    static struct sym_peer_list list = {.peers = rows, .n_peers = 2};
    for (uint8_t i = 0; i < 2; i++) {
        ids[i][0] = (uint8_t)(1 + 2 * i);
        rows[i] = (struct sym_peer_row){.alias = sym_span_text(i == 0 ? "bank-b" : "ngo-north"),
                                        .name = sym_span_text("Somebody"),
                                        .role = SYM_ROLE_BANK,
                                        .id = sym_span(ids[i], 32),
                                        .serial = 1};
    }
    return &list;
}

static enum sym_err tabulates(struct fake_call *call)
{
    static const struct sym_exchange_name name = {.id = {id, sizeof id}};
    static struct sym_exchange_row row;
    static unsigned previews;
    row = (struct sym_exchange_row){.id = sym_span(id, sizeof id), .state = SYM_EXCHANGE_DONE};
    if (call->verb == SYM_VERB_TABULATE_PLAN) {
        take_question(call, call->arguments);
        call->answer = the_plan(5);
    } else if (call->verb == SYM_VERB_TABULATE_START) {
        call->answer = &name;
    } else if (call->verb == SYM_VERB_EXCHANGE_STATE) {
        call->answer = &row;
    } else if (call->verb == SYM_VERB_RELEASE_SHOW) {
        call->answer = the_release();
    } else if (call->verb == SYM_VERB_PEER_LIST) {
        call->answer = the_peers();
    } else if (call->verb == SYM_VERB_RELEASE_EVIDENCE) {
        return SYM_NOT_FOUND;
    } else if (call->verb == SYM_VERB_RELEASE_CELLS) {
        call->answer = some_cells(((const struct sym_cells_query *)call->arguments)->first, false);
    } else if (call->verb == SYM_VERB_TABULATE_PREVIEW) {
        const struct sym_cells_query *q = call->arguments;
        if (previews++ == 0) {
            take_question(call, q->start);
            return SYM_AGAIN;
        }
        call->answer = some_cells(q->first, true);
    }
    return SYM_OK;
}

#define JOINT "|--peers|all|--dataset|incidents|--purpose|test|--basis|consent|--case|C-17|--yes"
#define SMALL "hotspots" JOINT "|--by|country,year|--only|country=IT,Libya,MT|--from|2019|--to|2020"

static void shows_the_plan_then_ranks_what_was_released(void **state)
{
    static struct run r;
    char notes[8192];
    fake_node_start(*state, tabulates);
    run(&r, SMALL);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.err, "participants      5: this node, bank-b, bank-b, bank-b, bank-b\n");
    assert_shows(r.err, "needed            5 of them; the others may ask for more\n");
    assert_shows(r.err, "cells             9\n  country         3\n  country x year  6\n");
    assert_shows(r.err, "sensitivity       2: 1 (cells per incident) x 1 (persons) x 2 (levels)\n");
    assert_shows(r.err, "noise             95 % of counts within 7 of the true sum\n");
    assert_shows(r.err, "budget left       7.5 of 8 of the own dataset; renews 2027-01-01T");
    assert_shows(r.err, "With 5 participants, one that drops out ends it without a result.\n");
    assert_shows(r.err, "the budget is spent all the same");
    assert_shows(r.out, "asked by      node 000000000000, not pinned\n");
    assert_shows(r.out, "participants  4 of 5; 4 were needed\nmissing       ngo-north\n");
    assert_shows(r.out, "epsilon       1 spent; 3 for an incident that 3 organisations hold\n");
    assert_shows(r.out, "\ncountry\n#  country   count  95 % interval  \n"
                        "1  IT Italy    100  93 to 107      ████████████████████████\n"
                        "2  MT Malta     40  33 to 47       █████████▌\n"
                        "1 of 3 cells are below 25 or empty and not shown\n");
    assert_shows(r.out, "1  IT Italy  2019    100  93 to 107");
    assert_shows(r.out, "2  LY Libya  2019     40  33 to 47");
    fake_notes(notes, *state);
    assert_string_equal(notes,
                        "TABULATE_PLAN\n"
                        "incidents peers=0 own=1 purpose=7 basis=1 case=C-17 shape=hotspots unit=0 "
                        "p=1 k=1 epsilon=1000000000 cells=9 levels=2\n"
                        "country: IT .. MT, 3\nyear: 2019 .. 2020, 2\n"
                        "TABULATE_START\nEXCHANGE_STATE\nRELEASE_SHOW\nPEER_LIST\n"
                        "RELEASE_EVIDENCE\nRELEASE_CELLS\n");
}

static void nothing_is_asked_without_agreement(void **state)
{
    static struct run r;
    char notes[8192];
    fake_node_start(*state, tabulates);
    run(&r, "trends|--peers|a,b|--dataset|incidents|--purpose|test|--basis|consent|--case|C-17");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
    assert_shows(r.err, "repeat the command with --yes");
    assert_shows(r.err, "as nothing was said; see --from and --to");
    fake_notes(notes, *state);
    assert_shows_not(notes, "TABULATE_START");
    assert_shows(notes, "peers=2 ");
}

static void a_preview_asks_nobody_and_waits_until_it_is_counted(void **state)
{
    static struct run r;
    char notes[8192];
    fake_node_start(*state, tabulates);
    run(&r, "hotspots|--dataset|incidents|--by|country|--only|country=IT,LY,MT|--preview");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(
        r.out,
        "incidents: 140 of 145 records count; of the others, some code is not in the lists.\n"
        "This is what the node would add, before noise. Nothing has left it.\n\ncountry\n#  "
        "country   count  \n"
        "1  IT Italy    100  ████████████████████████\n"
        "2  MT Malta     40  █████████▌\n1 of 3 cells are empty\n");
    run(&r, "hotspots|--dataset|incidents|--by|country|--only|country=IT,LY,MT|--preview|--json");
    cJSON *j = cJSON_Parse(r.out);
    assert_non_null(j);
    assert_string_equal(cJSON_GetObjectItem(j, "format")->valuestring, "symbolon-preview/1");
    cJSON *cells =
        cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(j, "levels"), 0), "cells");
    assert_int_equal(cJSON_GetArrayItem(cells, 1)->valueint, 0);
    assert_true(cJSON_IsNumber(cJSON_GetArrayItem(cells, 1)));
    cJSON_Delete(j);
    fake_notes(notes, *state);
    assert_shows_not(notes, "TABULATE_PLAN");
    assert_shows_not(notes, "TABULATE_START");
}

static void json_is_the_release_format(void **state)
{
    static struct run r;
    static const char *const keys[] = {"format",   "kind",     "exchange",    "query_id",
                                       "released", "purpose",  "basis",       "measure",
                                       "cohort",   "privacy",  "suppression", "dimensions",
                                       "levels",   "evidence", "notes"};
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

/* Each question, and a line that the core notes of it. */
static void questions_are_what_the_options_say(void **state)
{
    static const char *const rows[][2] = {
        {"hotspots" JOINT "|--by|country,month,exploitation", "shape=hotspots"},
        {"hotspots" JOINT "|--by|country,month,exploitation", "month: "},
        {"hotspots" JOINT "|--by|country,quarter|--from|2019-02|--to|2020",
         "quarter: 2019-Q1 .. 2020-Q4, 8"},
        {"trends" JOINT "|--by|month|--from|2019-Q4|--to|2020-02", "month: 2019-10 .. 2020-02, 5"},
        {"trends" JOINT "|--by|year|--to|2019", "year: 2015 .. 2019, 5"},
        {"trends" JOINT "|--by|year|--only|year=2017,unknown", "year: 2017 .. unknown, 2"},
        {"tabulate" JOINT "|--by|country", " .. unknown, 25"},
        {"tabulate" JOINT "|--by|admin1|--only|country=IT", "admin1: IT.01 .. IT.20, 20"},
        {"tabulate" JOINT "|--by|admin1|--only|admin1=IT.09,unknown",
         "admin1: IT.09 .. unknown, 2"},
        {"tabulate" JOINT "|--by|city|--only|city=IT.09.Milan", "city: IT.09.Milan .. "},
        {"tabulate" JOINT "|--by|geohash-2|--only|geohash-2=u", "geohash-2: u0 .. uz, 32"},
        {"tabulate" JOINT "|--by|geohash-3", "geohash-3: 000 .. unknown, 32769"},
        {"tabulate" JOINT "|--by|sex,age|--levels|sex/age/sex,age", "levels=3"},
        {"tabulate" JOINT "|--by|sex,age", "levels=1"},
        {"tabulate" JOINT "|--by|sex|--unit|persons|--persons-max|3|--cells-per-incident|2",
         "unit=1 p=3 k=2 "},
        {"tabulate" JOINT "|--by|sex|--epsilon|0.25|--without-own", "own=0 "},
        {"tabulate" JOINT "|--by|sex|--epsilon|0.25", "epsilon=250000000 "},
        {"routes" JOINT "|--by|origin,country|--only|country=IT", "levels=1"},
        {"routes" JOINT "|--by|origin,transit,destination|--only|origin=NG|--only|transit=LY|"
         "--only|destination=IT",
         "cells=2 levels=2"},
    };
    static struct run r;
    char notes[8192];
    char asks[512];
    const struct fake_node *node = *state;
    fake_node_start(*state, tabulates);
    (void)snprintf(asks, sizeof asks, "%s/asked", node->dir);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)unlink(asks);
        run(&r, rows[i][0]);
        if (r.code != SYM_EXIT_DONE) {
            print_error("%s\n", r.err);
        }
        assert_int_equal(r.code, SYM_EXIT_DONE);
        fake_notes(notes, *state);
        assert_shows(notes, rows[i][1]);
    }
}

static void refuses_questions_that_make_no_sense(void **state)
{
    static const char *const rows[][2] = {
        {"hotspots", "--dataset is missing"},
        {"hotspots|--dataset|d", "--peers is missing"},
        {"hotspots|--dataset|d|--peers|a,b c", "\"b c\" is not a name"},
        {"hotspots|--dataset|d|--peers|a,b,a", "names a twice"},
        {"hotspots|--dataset|d|--peers|all", "--purpose is missing"},
        {"hotspots|--dataset|d|--peers|all|--purpose|test", "--basis is missing"},
        {"hotspots|--dataset|d|--peers|all|--purpose|test|--basis|consent", "--case is missing"},
        {"hotspots" JOINT "|--by|contry", "did you mean country?"},
        {"hotspots" JOINT "|--by|weather", "there are country, admin1"},
        {"hotspots" JOINT "|--by|country,country", "names country twice"},
        {"hotspots" JOINT "|--by|year", "hotspots need a place"},
        {"hotspots" JOINT "|--by|country,year,sex,age,control,transport,month", "at most 6"},
        {"routes" JOINT "|--by|destination,year", "routes need origin"},
        {"trends" JOINT "|--by|sex", "trends need a period"},
        {"tabulate" JOINT, "--by is missing"},
        {"tabulate" JOINT "|--by|sex|--only|sex=femal", "did you mean female?"},
        {"tabulate" JOINT "|--by|sex|--only|sex=x", "there are female, male"},
        {"tabulate" JOINT "|--by|sex|--only|sex", "is not DIMENSION=CODE"},
        {"tabulate" JOINT "|--by|sex|--only|sex=male|--only|sex=female", "sex is there twice"},
        {"tabulate" JOINT "|--by|sex|--only|age=9-17", "age is not among the dimensions"},
        {"tabulate" JOINT "|--by|country|--only|country=Itlay", "did you mean \"Italy\"?"},
        {"tabulate" JOINT "|--by|admin1|--only|admin1=IT.99", "is no code of admin1"},
        {"tabulate" JOINT "|--by|city|--only|city=Milan", "is no code of city"},
        {"tabulate" JOINT "|--by|geohash-2|--only|geohash-2=uuu", "is no geohash"},
        {"tabulate" JOINT "|--by|year|--only|year=19", "is no code of year"},
        {"tabulate" JOINT "|--by|sex,age|--levels|sex", "age is in none of them"},
        {"tabulate" JOINT "|--by|sex|--levels|sex/age", "age is not among the dimensions"},
        {"tabulate" JOINT "|--by|sex|--from|2019", "is for questions by year"},
        {"trends" JOINT "|--from|2019-13", "\"2019-13\" is no period"},
        {"trends" JOINT "|--from|2020|--to|2019", "is later than"},
        {"trends" JOINT "|--epsilon|0", "is not a number from 0.01 to 12"},
        {"trends" JOINT "|--epsilon|-1", "is not a number from 0.01 to 12"},
        {"trends" JOINT "|--epsilon|12.5", "is not a number from 0.01 to 12"},
        {"trends" JOINT "|--epsilon|1e1", "is not a number from 0.01 to 12"},
        {"trends" JOINT "|--unit|cases", "is not one of incidents, persons"},
        {"trends" JOINT "|--unit|persons", "--persons-max is missing"},
        {"trends" JOINT "|--persons-max|3", "is for --unit persons"},
        {"trends" JOINT "|--unit|persons|--persons-max|65", "from 1 to 64"},
        {"trends" JOINT "|--cells-per-incident|17", "from 1 to 16"},
        {"trends" JOINT "|--format|xml", "is not one of table, csv, json, geojson"},
        {"trends" JOINT "|--top|some", "--top"},
        {"trends" JOINT "|--epsilon|0.01|--cells-per-incident|16", "raise --epsilon"},
    };
    static struct run r;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        run(&r, rows[i][0]);
        if (r.code != SYM_EXIT_USAGE) {
            print_error("%s: %s\n", rows[i][0], r.err);
        }
        assert_int_equal(r.code, SYM_EXIT_USAGE);
        assert_string_equal(r.out, "");
        assert_shows(r.err, rows[i][1]);
    }
    run(&r, "hotspots" JOINT "|--by|country,month,exploitation,sex,age");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err,
                 "more than the 1000000 that one query may have; narrow its codes with --only");
    run(&r, "tabulate" JOINT "|--by|city");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "city: has more than 65000 codes; narrow it with --only city=");
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
    assert_string_equal(r.out, "exchange      4f1caa01000000000000000000000000\n"
                               "kind          tabulate, asked by this node\n"
                               "state         done\n"
                               "purpose       test, basis consent\n"
                               "dataset       incidents\n"
                               "participants  12\n"
                               "cells         9\n"
                               "epsilon       0.5\n"
                               "release       the same for all participants; see symbolon exchange "
                               "result\n"
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
                                              .renews_ms = UINT64_C(1798761600000)},
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
    assert_shows(r.out, "evidence      WRONG: the log of this node does not prove it; see symbolon "
                        "log verify\n");
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
        WITH_NODE(shows_the_plan_then_ranks_what_was_released),
        WITH_NODE(nothing_is_asked_without_agreement),
        WITH_NODE(a_preview_asks_nobody_and_waits_until_it_is_counted),
        WITH_NODE(json_is_the_release_format),
        WITH_NODE(csv_has_each_cell_and_suppressed_ones_without_a_count),
        WITH_NODE(maps_have_points_and_routes_have_lines),
        WITH_NODE(rates_rank_by_population),
        WITH_NODE(questions_are_what_the_options_say),
        WITH_NODE(refuses_questions_that_make_no_sense),
        WITH_NODE(budgets_are_listed),
        WITH_NODE(exchanges_show_tabulations_as_what_they_are),
        WITH_NODE(a_participant_has_the_release_too),
        WITH_NODE(evidence_that_proves_nothing_is_called_wrong),
        WITH_NODE(refuses_answers_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, fake_node_start_tests, NULL);
}
