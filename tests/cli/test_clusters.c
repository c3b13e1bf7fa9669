/* Clusters of places as commands show them: --scan and --gi-star, of a release in all formats. */
#include "tests/cli/fake_joint.h"

#include <cjson/cJSON.h>

/* Belgium, the Netherlands and Luxemburg have more than their share; those without a count are
 * suppressed. */
static const struct {
    const char *code;
    uint64_t count;
} counted[] = {{"BE", 400}, {"NL", 300}, {"LU", 0},  {"DE", 180},    {"FR", 120},
               {"IT", 110}, {"ES", 100}, {"AT", 30}, {"at-sea", 70}, {"DK", 0}};

/* In the first level. */
static void in_countries(uint64_t *cells)
{
    for (size_t i = 0; i < asked.decoded.dimensions[0].n_codes; i++) {
        for (size_t k = 0; k < sizeof counted / sizeof *counted; k++) {
            if (sym_span_equal(asked.decoded.dimensions[0].codes[i],
                               sym_span_text(counted[k].code))) {
                cells[i] = counted[k].count;
            }
        }
    }
}

/* Nobody is missing. Exchanges whose id begins otherwise are overlaps. */
static enum sym_err has_exchanges(struct fake_call *call)
{
    static const uint8_t survivors[] = {0, 1, 2, 3, 4};
    static struct sym_release release;
    static struct sym_exchange_entry entry = {.alias = {(const uint8_t *)"bank-b", 6},
                                              .role = SYM_AS_INITIATOR,
                                              .state = SYM_EXCHANGE_DONE,
                                              .purpose = SYM_PURPOSE_TEST,
                                              .basis = SYM_BASIS_CONSENT,
                                              .participants = 5,
                                              .cells = 13,
                                              .epsilon_nano = 1000000000};
    if (call->verb == SYM_VERB_RELEASE_SHOW) {
        release = *(const struct sym_release *)the_release();
        release.survivors = sym_span(survivors, sizeof survivors);
        call->answer = &release;
        return SYM_OK;
    }
    if (call->verb != SYM_VERB_EXCHANGE_SHOW) {
        return tabulates(call);
    }
    entry.id = ((const struct sym_exchange_name *)call->arguments)->id;
    entry.kind = entry.id.data[0] == id[0] ? SYM_KIND_TABULATE : SYM_KIND_OVERLAP_MATCHES;
    entry.tabulation = entry.id;
    call->answer = &entry;
    return SYM_OK;
}

#define EUROPE                                                                                     \
    "tabulate" JOINT "|--by|country|--only|country=at-sea,AT,BE,NL,LU,DE,FR,IT,ES,DK,FI,NO,"       \
    "unknown"

/* The words of a command, with a file of populations that lacks Spain. */
static const char *with_population(const struct fake_node *node, const char *command,
                                   const char *more)
{
    static char words[2048];
    fake_write(node->dir, "p.csv",
               sym_span_text("code,population\nAT,9000000\nBE,12000000\nNL,18000000\nLU,650000\n"
                             "DE,84000000\nFR,66000000\nIT,59000000\nDK,6000000\nFI,5600000\n"
                             "NO,5500000\n"),
               0600);
    (void)snprintf(words, sizeof words, "%s|--population|%s/p.csv%s", command, node->dir, more);
    return words;
}

static void clusters_are_tables_after_the_counts(void **state)
{
    static struct run r;
    static struct run later;
    fake_node_start(*state, has_exchanges);
    run(&r, with_population(*state, EUROPE, "|--scan|--gi-star|--top|4"));
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\ncountry: scan statistic\n"
                        "#  around          radius  count  95 % interval  expected  relative risk  "
                        "log ratio      p  places\n"
                        "1  NL Netherlands  164 km    700  695 to 705        137.2          10.68  "
                        "  760.626  0.001  BE, NL\n"
                        "10 of 13 codes take part; the others have no point or no population.\n"
                        "p is of 999 repetitions with equal rates, noise and threshold; seed 1. "
                        "Places not shown\n"
                        "are taken to hold what their population would, at most 24.\n");
    assert_shows(r.out, "\ncountry: Gi*\n"
                        "#  place           count    Gi*       p  \n"
                        "1  BE Belgium        400  2.279  0.0227  \n"
                        "2  NL Netherlands    300  2.279  0.0227  \n"
                        "3  LU Luxembourg       -  2.279  0.0227  \n"
                        "4  FR France         120  0.949  0.3427  \n"
                        "6 more have a score; --top 0 shows them all\n"
                        "10 of 13 codes take part; the others have no point or no population.\n"
                        "Of what exceeds the expected count, with the 2 nearest places;");
    run(&later, with_population(*state, "exchange|result|4f1caa01000000000000000000000000",
                                "|--scan|--gi-star|--top|4"));
    assert_int_equal(later.code, SYM_EXIT_DONE);
    assert_string_equal(later.out, r.out);
}

static void gi_star_alone_is_of_counts_and_needs_no_population(void **state)
{
    static struct run r;
    fake_node_start(*state, has_exchanges);
    run(&r, EUROPE "|--gi-star");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "11 of 13 codes take part; the others have no point.\n"
                        "Of counts, with the 2 nearest places;");
    assert_shows_not(r.out, "scan statistic");
    run(&r, EUROPE "|--gi-star|--json");
    cJSON *j = cJSON_Parse(r.out);
    assert_non_null(j);
    assert_null(cJSON_GetObjectItem(j, "scan"));
    cJSON *gi = cJSON_GetObjectItem(j, "gi_star");
    assert_string_equal(cJSON_GetObjectItem(gi, "values")->valuestring, "counts");
    cJSON *austria = cJSON_GetArrayItem(cJSON_GetObjectItem(gi, "scores"), 0);
    /* With Germany and Italy, the nearest: 320, among 30 400 300 12 180 120 110 100 12 12 12. */
    assert_int_equal(cJSON_GetObjectItem(austria, "gi_star_milli")->valueint, -163);
    cJSON_Delete(j);
}

static void json_has_clusters_in_whole_numbers(void **state)
{
    static struct run r;
    fake_node_start(*state, has_exchanges);
    run(&r, with_population(*state, EUROPE, "|--scan|--json"));
    cJSON *j = cJSON_Parse(r.out);
    assert_non_null(j);
    assert_null(cJSON_GetObjectItem(j, "gi_star"));
    cJSON *scan = cJSON_GetObjectItem(j, "scan");
    assert_int_equal(cJSON_GetObjectItem(scan, "seed")->valueint, 1);
    assert_int_equal(cJSON_GetObjectItem(scan, "repetitions")->valueint, 999);
    assert_int_equal(cJSON_GetObjectItem(scan, "places")->valueint, 10);
    assert_int_equal(cJSON_GetObjectItem(scan, "left_out")->valueint, 3);
    cJSON *clusters = cJSON_GetObjectItem(scan, "clusters");
    assert_int_equal(cJSON_GetArraySize(clusters), 1);
    cJSON *c = cJSON_GetArrayItem(clusters, 0);
    assert_string_equal(cJSON_GetObjectItem(c, "centre")->valuestring, "NL");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(c, "codes")), 2);
    assert_int_equal(cJSON_GetObjectItem(c, "observed_milli")->valueint, 700000);
    assert_int_equal(cJSON_GetObjectItem(c, "population")->valueint, 30000000);
    assert_int_equal(cJSON_GetObjectItem(c, "p_millionths")->valueint, 1000);
    *strstr(r.out, "\"evidence\"") = '\0';
    assert_shows_not(strstr(r.out, "\"scan\""), ".");
    cJSON_Delete(j);
}

static void csv_and_maps_say_it_of_each_place(void **state)
{
    static struct run r;
    fake_node_start(*state, has_exchanges);
    run(&r, with_population(*state, EUROPE, "|--scan|--gi-star|--format|csv"));
    assert_shows(r.out, "\"per_100000_most\",\"scan_cluster\",\"scan_p\",\"gi_star\",\"gi_star_p\","
                        "\"gi_star_significant\"\n");
    assert_shows(r.out, "\"3.39\",\"1\",\"0.001\",\"2.279\",\"0.022684\",\"false\"\n");
    assert_shows(r.out, "\"0.41\",\"\",\"\",\"-1.269\",\"0.204557\",\"false\"\n");
    assert_shows(r.out,
                 "\"at sea\",\"released\",\"70\",\"63\",\"77\",\"\",\"\",\"\",\"\",\"\",\"\","
                 "\"\",\"\",\"\"\n");
    run(&r, with_population(*state, EUROPE, "|--scan|--gi-star|--format|geojson"));
    cJSON *j = cJSON_Parse(r.out);
    assert_non_null(j);
    assert_non_null(cJSON_GetObjectItem(j, "scan"));
    assert_non_null(cJSON_GetObjectItem(j, "gi_star"));
    cJSON *features = cJSON_GetObjectItem(j, "features");
    cJSON *belgium = cJSON_GetObjectItem(cJSON_GetArrayItem(features, 0), "properties");
    assert_int_equal(cJSON_GetObjectItem(belgium, "scan_cluster")->valueint, 1);
    assert_true(cJSON_GetObjectItem(belgium, "scan_p")->valuedouble == 0.001);
    cJSON *austria = cJSON_GetObjectItem(cJSON_GetArrayItem(features, 2), "properties");
    assert_null(cJSON_GetObjectItem(austria, "scan_cluster"));
    assert_true(cJSON_GetObjectItem(austria, "gi_star")->valuedouble < -1.26);
    cJSON_Delete(j);
}

static void finer_levels_have_neither(void **state)
{
    static struct run r;
    fake_node_start(*state, has_exchanges);
    run(&r, with_population(*state,
                            "hotspots" JOINT "|--by|country,year|--only|country=BE,NL,DE,FR,IT|"
                            "--from|2019|--to|2020",
                            "|--scan|--gi-star|--format|csv"));
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\"country\",\"NL\",\"Netherlands\",\"\",\"\",\"released\",\"300\"");
    char *finer = strstr(r.out, "\"country x year\",\"BE\"");
    assert_non_null(finer);
    *strchr(finer, '\n') = '\0';
    assert_shows(finer, ",\"\",\"\",\"\",\"\",\"\"");
}

/* Each is refused before the node is asked anything. */
static void refuses_what_has_no_clusters(void **state)
{
    static struct run r;
    static const char overlap[] = "exchange|result|77010000000000000000000000000000";
    char notes[8192];
    static const struct {
        const char *words;
        const char *why;
    } bad[] = {
        {EUROPE "|--scan", "--scan: needs --population FILE"},
        {EUROPE "|--gi-star|--preview", "--gi-star: is of what was released"},
        {"trends" JOINT "|--gi-star", "--gi-star: no level is of places alone"},
        {"routes" JOINT "|--gi-star", "no level is of places alone"},
        {"tabulate" JOINT "|--by|country,year|--gi-star", "no level is of places alone"},
        {"hotspots" JOINT "|--by|geohash-3,year|--from|2020|--to|2020|--gi-star",
         "--gi-star: 32769 places are more than 2048; narrow them with --only"},
    };
    fake_node_start(*state, has_exchanges);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        run(&r, bad[i].words);
        assert_int_equal(r.code, SYM_EXIT_USAGE);
        assert_shows(r.err, bad[i].why);
        assert_string_equal(r.out, "");
    }
    fake_notes(notes, *state);
    assert_string_equal(notes, "");
    run(&r, with_population(*state, overlap, "|--scan"));
    assert_shows(r.err, "leave --format geojson, --population, --scan, --gi-star and --top");
    (void)snprintf(notes, sizeof notes, "%s|--gi-star", overlap);
    run(&r, notes);
    assert_shows(r.err, "an overlap lies on no map");
}

int main(void)
{
    count_cells = in_countries;
    const struct CMUnitTest tests[] = {
        WITH_NODE(clusters_are_tables_after_the_counts),
        WITH_NODE(gi_star_alone_is_of_counts_and_needs_no_population),
        WITH_NODE(json_has_clusters_in_whole_numbers),
        WITH_NODE(csv_and_maps_say_it_of_each_place),
        WITH_NODE(finer_levels_have_neither),
        WITH_NODE(refuses_what_has_no_clusters),
    };
    return cmocka_run_group_tests(tests, fake_node_start_tests, NULL);
}
