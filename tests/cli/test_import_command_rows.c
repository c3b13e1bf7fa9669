/* import of incidents and aggregates: rows instead of identifiers. */
#include "proto/incident.h"
#include "tests/cli/import_core.h"

#include <cjson/cJSON.h>

/* The rows of a chunk, one note each. */
static enum sym_err take_rows(const struct fake_call *call, const struct sym_import_chunk *chunk)
{
    struct sym_reader lengths = sym_reader(chunk->row_lengths);
    struct sym_reader rows = sym_reader(chunk->rows);
    if (sym_import_chunk_check(chunk) != SYM_OK || chunk->types.len > 0) {
        return SYM_BAD_VALUE;
    }
    for (size_t r = 0; r < chunk->id_lengths.len; r++) {
        struct sym_incident i;
        struct sym_span row = sym_read_span(&rows, sym_read_u16(&lengths));
        if (sym_incident_read(&i, row) != SYM_OK) {
            return SYM_BAD_VALUE;
        }
        note(call, "row of %zu codes, count %llu", i.n_codes, (unsigned long long)i.count);
    }
    return sym_read_end(&rows) == SYM_OK ? sym_read_end(&lengths) : SYM_BAD_VALUE;
}

/* A core that takes rows and says what they are. */
static enum sym_err takes_incidents(struct fake_call *call)
{
    static struct sym_import_next next;
    if (call->verb == SYM_VERB_IMPORT_BEGIN) {
        const struct sym_import_begin *begin = call->arguments;
        note(call, "kind %u, k %u, p %u", begin->kind, begin->cells_per_incident,
             begin->persons_max);
    }
    if (call->verb != SYM_VERB_IMPORT_CHUNK) {
        return takes(call, false);
    }
    const struct sym_import_chunk *chunk = call->arguments;
    next.chunk = chunk->number + 1;
    call->answer = &next;
    return take_rows(call, chunk);
}

static void import_as(struct run *r, const struct fake_node *node, const char *more)
{
    char words[1024];
    (void)snprintf(words, sizeof words, "import|%s/s.csv|--dataset|suspects|--profile|%s",
                   node->dir, more);
    run(r, words);
}

static void hands_over_incidents_and_says_what_it_did_not_understand(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_csv(node, "yearOfRegistration,gender,CountryOfExploitation,isForcedLabour\n"
                    "2016,Woman,ITA,1\n2017,Mermaid,Atlantis,1\n2018,Mermaid,,\n");
    fake_node_start(node, takes_incidents);
    import_as(&r, node, "ctdc");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "records                3\n"
                        "values not understood  3\n");
    assert_shows(r.out, "country           1        2               1\n");
    assert_shows(r.out, "sex             Mermaid       2           3\n");
    fake_notes(asked, node);
    assert_shows(asked, "kind 2, k 0, p 0\n");
    assert_shows(asked, "row of 3 codes, count 1\nrow of 1 codes, count 1\nrow of 0 codes");
}

static void hands_over_aggregates_with_what_they_declare(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_csv(node, "country,year,count\nIT,2019,12\n");
    fake_node_start(node, takes_incidents);
    import_as(&r, node, "aggregates|--cells-per-incident|2|--persons-max|5");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    fake_notes(asked, node);
    assert_shows(asked, "kind 3, k 2, p 5\n");
    assert_shows(asked, "row of 1 codes, count 12\n");
}

static enum sym_err has_published(struct fake_call *call)
{
    static struct sym_dataset_row row;
    enum sym_err err = takes_incidents(call);
    if (call->verb == SYM_VERB_IMPORT_END) {
        row = *(const struct sym_dataset_row *)call->answer;
        row.epoch = 3;
        row.published_records = 4;
        call->answer = &row;
    }
    return err;
}

static void says_what_is_counted_until_it_is_published(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, "id,hte_Country\nr1,IT\n");
    fake_node_start(node, has_published);
    import_as(&r, node, "htcds");
    assert_string_equal(r.err, "");
    assert_shows(r.out, "\nwhat was published (edition 3, 4 records) stays what is counted until: "
                        "\"symbolon dataset publish suspects\"\n");
    import_as(&r, node, "htcds|--dry-run");
    assert_null(strstr(r.out, "dataset publish"));
}

static void names_publishing_as_the_next_step(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, "id,hte_Country\nr1,IT\n");
    fake_node_start(node, takes_incidents);
    import_as(&r, node, "htcds");
    assert_shows(r.out,
                 "\nit is counted once it is published: \"symbolon dataset publish suspects\"\n");
}

/* A core whose dataset has r0 to r5 in three segments, of which it tells one at a time. */
static enum sym_err has_some(struct fake_call *call)
{
    static struct sym_import_next next;
    static uint8_t prints[2][SYM_ID_PRINT_BYTES];
    const struct sym_import_begin *begin = call->arguments;
    enum sym_err err = takes_incidents(call);
    if (call->verb != SYM_VERB_IMPORT_BEGIN || begin->prints_from == 0) {
        return err;
    }
    for (uint32_t i = 0; i < 2; i++) {
        const uint8_t id[2] = {'r', (uint8_t)('0' + 2 * (begin->prints_from - 1) + i)};
        sym_id_print(prints[i], sym_span(id, sizeof id));
    }
    next = (struct sym_import_next){.prints = sym_span(prints[0], sizeof prints),
                                    .prints_next =
                                        begin->prints_from < 3 ? begin->prints_from + 1 : 0};
    call->answer = &next;
    return err;
}

static void adds_no_incident_that_the_dataset_has(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_csv(node, "id,hte_Country\nr9,IT\nr0,IT\nr5,IT\nr6,IT\n");
    fake_node_start(node, has_some);
    import_as(&r, node, "htcds|--append");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.err, "s.csv:3: id: the dataset has a record of this id already: leave the row "
                        "out, or give it an id of its own\n");
    assert_shows(r.out, "  rejected             2\n"
                        "    their id taken     2\n"
                        "records                2\n");
    fake_notes(asked, node);
    assert_null(strstr(strstr(strstr(asked, "row of") + 1, "row of") + 1, "row of"));
    write_csv(node, "id,hte_Country\nr0,IT\nr1,FR\n");
    import_as(&r, node, "htcds|--append");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err,
                 "nothing to import: 2 of 2 rows have an id that dataset suspects has already");
}

static void adds_no_rows_without_ids(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, "hte_Country\nIT\n");
    fake_node_start(node, has_some);
    import_as(&r, node, "htcds|--append");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "--append: rows without an id of their own");
    import_as(&r, node, "htcds");
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

/* One that never comes to an end. */
static enum sym_err goes_around(struct fake_call *call)
{
    static struct sym_import_next next = {.prints_next = 1};
    enum sym_err err = takes_incidents(call);
    call->answer = call->verb == SYM_VERB_IMPORT_BEGIN ? &next : call->answer;
    return err;
}

static void a_node_that_never_stops_telling_ids_is_left(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, "id,hte_Country\nr9,IT\n");
    fake_node_start(node, goes_around);
    import_as(&r, node, "htcds|--append");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "the node goes around in a circle");
}

static void refuses_aggregates_that_declare_nothing(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, "country,year,count\nIT,2019,12\n");
    import_as(&r, node, "aggregates|--persons-max|5|--dry-run");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "--cells-per-incident is missing");
    import_as(&r, node, "aggregates|--cells-per-incident|1|--dry-run");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "--persons-max is missing");
    import_as(&r, node, "aggregates|--cells-per-incident|0|--persons-max|5|--dry-run");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "--cells-per-incident: has to be a number from 1 to 1000000");
    import_as(&r, node, "accounts|--cells-per-incident|1|--dry-run");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "--cells-per-incident: belongs to a profile of aggregates");
}

static void a_dry_run_shows_the_first_records(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, "id,hte_Date,hte_Country,vic_TypeOfExploitation\n"
                    "a1,2019-03-02,Italy,ForcedLabour;Other\n");
    import_as(&r, node, "htcds|--dry-run");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "The first records, as they would be kept:\n"
                        "RECORD  DATE        country  exploitation          PERSONS  COUNT\n"
                        "a1      2019-03-02  IT       forced-labour, other        0      1\n");
    import_as(&r, node, "htcds|--dry-run|--json");
    cJSON *json = cJSON_Parse(r.out);
    const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "first_records"), 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(first, "date")), "2019-03-02");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(first, "exploitation")), 2);
    cJSON_Delete(json);
}

/* More different ones than the report keeps. */
static void counts_what_it_does_not_list(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    static char csv[65536] = "id,hte_Country\n";
    size_t used = strlen(csv);
    for (unsigned i = 0; i < 1030; i++) {
        used += (size_t)snprintf(csv + used, sizeof csv - used, "%u,Nowhere %u\n", i, i);
    }
    write_csv(node, csv);
    import_as(&r, node, "htcds|--dry-run");
    assert_shows(r.out, "\nand 1004 other values; --json lists them\n"
                        "and others, 6 times, which are not listed\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(counts_what_it_does_not_list),
        WITH_NODE(hands_over_incidents_and_says_what_it_did_not_understand),
        WITH_NODE(hands_over_aggregates_with_what_they_declare),
        WITH_NODE(says_what_is_counted_until_it_is_published),
        WITH_NODE(names_publishing_as_the_next_step),
        WITH_NODE(refuses_aggregates_that_declare_nothing),
        WITH_NODE(adds_no_incident_that_the_dataset_has),
        WITH_NODE(adds_no_rows_without_ids),
        WITH_NODE(a_node_that_never_stops_telling_ids_is_left),
        WITH_NODE(a_dry_run_shows_the_first_records),
    };
    return cmocka_run_group_tests_name("import command, rows", tests, fake_node_start_tests, NULL);
}
