/* import: what it hands over to the node, and what it tells. */
#include "tests/cli/import_core.h"

#include <cjson/cJSON.h>

static void hands_over_what_the_file_holds_and_reports_it(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    char expected[1024];
    write_csv(node, small);
    fake_node_start(node, a_new_dataset);
    import(&r, node, "");
    (void)snprintf(expected, sizeof expected,
                   "%s/s.csv:3: iban: check digits do not match (mod 97 = 28)\n", node->dir);
    assert_string_equal(r.err, expected);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    (void)snprintf(expected, sizeof expected,
                   "suspects: %s/s.csv, profile accounts: new\n"
                   "rows             5\n"
                   "  repeated       1\n"
                   "  rejected       1\n"
                   "records          3\n"
                   "identifiers      3\n"
                   "  repeated       1\n"
                   "values refused   1\n"
                   "values doubtful  0\n"
                   "\n"
                   "TYPE  IDENTIFIERS  RECORDS  REFUSED\n"
                   "iban            3        3        1\n",
                   node->dir);
    assert_string_equal(r.out, expected);
    fake_notes(asked, node);
    assert_string_equal(asked, "DATASET_SHOW\nIMPORT_BEGIN\nsuspects accounts append=0\n"
                               "IMPORT_CHUNK\nchunk 0: 3 records, first r1\n"
                               "IMPORT_END\nkeep=1 chunks=1\n");
}

static void says_when_it_took_the_place_of_something_and_when_it_added(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_csv(node, small);
    fake_node_start(node, a_known_dataset);
    import(&r, node, "");
    assert_shows(r.out, "profile accounts: took the place of what it held\n");
    import(&r, node, "|--append");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "profile accounts: added to what it holds\n");
    fake_notes(asked, node);
    assert_shows(asked, "suspects accounts append=1\n");
}

static void speaks_json(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, small);
    fake_node_start(node, a_known_dataset);
    import(&r, node, "|--json");
    cJSON *json = cJSON_Parse(r.out);
    char *text = cJSON_PrintUnformatted(json);
    assert_string_equal(
        text, "{\"dataset\":\"suspects\",\"profile\":\"accounts\","
              "\"kind\":\"identifiers\",\"dry_run\":false,\"rows\":5,\"records\":3,\"rejected\":1,"
              "\"duplicate_rows\":1,\"tokens\":3,\"duplicate_tokens\":1,"
              "\"refused\":1,\"doubtful\":0,\"types\":[{\"type\":\"iban\","
              "\"tokens\":3,\"records\":3,\"refused\":1}],\"unused_columns\":[],"
              "\"replaced\":true}");
    cJSON_free(text);
    cJSON_Delete(json);
}

static void a_dry_run_needs_no_node_and_reports_the_same(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, small);
    (void)unsetenv("SYMBOLON_DIR");
    import(&r, node, "|--dry-run");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.err, "/s.csv:3: iban: check digits");
    assert_shows(r.out, "profile accounts: dry run, nothing is stored\nrows             5\n");
    import(&r, node, "|--dry-run|--json");
    assert_shows(r.out, "\"dry_run\": true");
    assert_shows_not(r.out, "replaced");
}

/* A column that is called otherwise in the profile, or that lacks the one beside it, is left out
 * with all it holds. */
static void columns_that_the_profile_does_not_use_are_named(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char words[256];
    write_csv(node, "id,iban,DOB,passport,\x1b[2J,,symbolon_line,bank\n"
                    "1,GB29NWBK60161331926819,1980-02-03,925665416,x,,3,\n");
    (void)unsetenv("SYMBOLON_DIR");
    (void)snprintf(words, sizeof words,
                   "import|%s/s.csv|--dataset|d|--profile|persons|--region|GB|--dry-run",
                   node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "columns that the profile does not use: DOB, passport, \\x1b[2J, bank\n");
    (void)strcat(words, "|--json");
    run(&r, words);
    assert_shows(r.out, "\"passport\",");
    write_csv(node, "id,iban\n1,GB29NWBK60161331926819\n");
    import(&r, node, "|--dry-run");
    assert_shows_not(r.out, "does not use");
    write_csv(node,
              "id,iban,a,b,c,d,e,f,g,h,i,j,k,l,m,n\n1,GB29NWBK60161331926819,,,,,,,,,,,,,,\n");
    import(&r, node, "|--dry-run");
    assert_shows(r.out, "use: a, b, c, d, e, f, g, h, i, j, k, l and 2 more; --json lists them\n");
}

static void a_large_file_goes_in_chunks_that_are_numbered(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_many(node);
    fake_node_start(node, a_new_dataset);
    import(&r, node, "|--bank|200001");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "records          30000\n");
    fake_notes(asked, node);
    assert_shows(asked, "chunk 0: 8192 records, first record-0\n");
    assert_shows(asked, "chunk 3: 5424 records, first record-24576\n");
    assert_shows(asked, "keep=1 chunks=4\n");
}

static void lists_the_first_refused_values_and_saves_all_when_asked(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    static char text[8192] = "id,iban\nr,GB82WEST12345698765432\n";
    char more[512];
    char path[512];
    static char saved[16384];
    for (int i = 0; i < 25; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, "r%d,XX\n", i);
    }
    write_csv(node, text);
    import(&r, node, "|--dry-run");
    assert_shows(r.err, "/s.csv:22: iban: ");
    assert_shows_not(r.err, "/s.csv:23: iban: ");
    assert_shows(r.err, "/s.csv: and 5 more refused values or rows; --rejects FILE saves all of "
                        "them\n");
    (void)snprintf(more, sizeof more, "|--dry-run|--rejects|%s/bad.csv", node->dir);
    import(&r, node, more);
    assert_shows(r.err, "/s.csv: and 5 more refused values or rows\n");
    (void)snprintf(path, sizeof path, "%s/bad.csv", node->dir);
    FILE *from = fopen(path, "r");
    assert_non_null(from);
    run_read(saved, sizeof saved, from);
    assert_shows(saved, "\"27\",\"no\",");
    import(&r, node, more);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "bad.csv: exists already and is not overwritten");
}

static void a_file_without_anything_to_import_changes_nothing(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    fake_node_start(node, a_known_dataset);
    write_csv(node, "id,iban\nr1,XX\n");
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "no row has an identifier that can be used\n");
    write_csv(node, "id,iban\n");
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "has no rows behind its first\n");
    write_csv(node, "");
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    fake_notes(asked, node);
    assert_shows(asked, "keep=0");
    assert_shows_not(asked, "keep=1");
}

static void a_dry_run_that_finds_nothing_reports_and_fails(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, "id,iban\nr1,XX\n");
    import(&r, node, "|--dry-run");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "records          0\n");
}

static void refuses_profiles_that_do_not_exist_and_names_those_that_do(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char words[512];
    write_csv(node, small);
    (void)snprintf(words, sizeof words, "import|%s/s.csv|--dataset|d|--profile|acounts|--dry-run",
                   node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "acounts: there is no such file, and the profiles that are built in are "
                        "accounts, persons, person-keys, htcds, ctdc, iom-missing-migrants and "
                        "aggregates");
}

static void refuses_what_the_options_may_not_say(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    static const char *const more[][2] = {
        {"--profile|accounts", "--dataset is missing"},
        {"--dataset|d", "--profile is missing"},
        {"--dataset|a b|--profile|accounts", "--dataset: \"a b\" is not"},
        {"--dataset|../d|--profile|accounts", "--dataset: \"../d\" is not"},
        {"--dataset|d|--profile|accounts|--region|England|--dry-run", "England"},
        {"--dataset|d|--profile|accounts|--issuer|GB|--dry-run",
         "--issuer: the profile accounts maps no column to which that belongs"},
        {"--dataset|d|--profile|accounts|--bank|", "--bank: "},
    };
    write_csv(node, small);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        char words[512];
        (void)snprintf(words, sizeof words, "import|%s/s.csv|%s", node->dir, more[i][0]);
        run(&r, words);
        assert_int_equal(r.code, SYM_EXIT_USAGE);
        assert_shows(r.err, more[i][1]);
        assert_string_equal(r.out, "");
    }
    (void)unsetenv("SYMBOLON_DIR");
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "which node?");
}

static void a_region_lets_telephone_numbers_in(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char words[512];
    write_csv(node, "id,phone\nr1,020 7946 0018\n");
    (void)snprintf(words, sizeof words, "import|%s/s.csv|--dataset|d|--profile|persons|--dry-run",
                   node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "Give --region, such as --region GB");
    (void)strcat(words, "|--region|GB");
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\nphone            1        1        0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(hands_over_what_the_file_holds_and_reports_it),
        WITH_NODE(says_when_it_took_the_place_of_something_and_when_it_added),
        WITH_NODE(speaks_json),
        WITH_NODE(a_dry_run_needs_no_node_and_reports_the_same),
        WITH_NODE(columns_that_the_profile_does_not_use_are_named),
        WITH_NODE(a_large_file_goes_in_chunks_that_are_numbered),
        WITH_NODE(lists_the_first_refused_values_and_saves_all_when_asked),
        WITH_NODE(a_file_without_anything_to_import_changes_nothing),
        WITH_NODE(a_dry_run_that_finds_nothing_reports_and_fails),
        WITH_NODE(refuses_profiles_that_do_not_exist_and_names_those_that_do),
        WITH_NODE(refuses_what_the_options_may_not_say),
        WITH_NODE(a_region_lets_telephone_numbers_in),
    };
    return cmocka_run_group_tests_name("import command", tests, fake_node_start_tests, NULL);
}
