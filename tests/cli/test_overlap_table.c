/* overlap-table: what it asks, and the table that comes back, shown in three ways. */
#include "cli/command.h"
#include "proto/table.h"
#include "proto/tabulate.h"
#include "tests/cli/fake_node.h"

#include <cjson/cJSON.h>

#define ASK "overlap-table|--peers|police,shelter|--tallier|office|--dataset|people|--type|phone"
#define WHY "|--purpose|statistics|--basis|public-task|--case|C-17"

static const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0x4f, 0x1c, 1};
/* In the order of the release: police, this node, shelter. Cells 1 … 7. */
static uint64_t counts[7] = {30, 40, 7, 50, 3, 9, 2};
static uint32_t sensitivity = SYM_TABLE_SENSITIVITY;

static void note_question(const struct fake_call *call, const struct sym_overlap_table_start *s)
{
    char line[512];
    (void)snprintf(line, sizeof line,
                   "%.*s %zu peers, tallier %.*s, type %u mode %u epsilon %llu%s",
                   (int)s->dataset.len, (const char *)s->dataset.data, s->n_peers,
                   (int)s->tallier.len, (const char *)s->tallier.data, s->type, s->mode,
                   (unsigned long long)s->epsilon_nano, s->without_own ? " without own" : "");
    fake_note(call->node, line);
}

static struct sym_span release_of(const struct fake_call *call, uint32_t mode)
{
    static uint8_t bytes[4096];
    static uint8_t cohort[3 * SYM_HASH_BYTES];
    static const uint8_t some[SYM_HASH_BYTES] = {9};
    uint8_t varints[128];
    uint8_t elements[12] = {0, 0, 0, 42, 0, 0, 0, 58, 0, 0, 0, 64};
    uint8_t epochs[24] = {0};
    size_t len = 0;
    size_t done = 0;
    cohort[0] = 1;
    memcpy(cohort + SYM_HASH_BYTES, call->node->id.bytes, SYM_HASH_BYTES);
    cohort[2 * SYM_HASH_BYTES] = 3;
    sym_cells_write(varints, sizeof varints, &len, counts, 7, &done);
    assert_int_equal(done, 7);
    const struct sym_span hash = sym_span(some, sizeof some);
    struct sym_table_release r = {.version = 1,
                                  .table = sym_span(id, sizeof id),
                                  .qid = hash,
                                  .asker = sym_span(cohort + SYM_HASH_BYTES, SYM_HASH_BYTES),
                                  .cohort = sym_span(cohort, sizeof cohort),
                                  .tallier = hash,
                                  .dataset = sym_span_text("people"),
                                  .purpose = SYM_PURPOSE_STATISTICS,
                                  .basis = SYM_BASIS_PUBLIC_TASK,
                                  .type = SYM_TOKEN_PHONE,
                                  .type_version = 1,
                                  .canon_version = 1,
                                  .mode = mode,
                                  .elements = sym_span(elements, sizeof elements),
                                  .epochs = sym_span(epochs, sizeof epochs),
                                  .consents_hash = hash,
                                  .released_ms = FAKE_NOW_S * UINT64_C(1000),
                                  .counts = sym_span(varints, len)};
    if (mode == SYM_TABLE_DP) {
        r.epsilon_nano = 500000000;
        r.sensitivity = sensitivity;
        r.half_width = 6;
        r.threshold = 23;
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            r.suppressed += counts[i] == 0;
        }
    }
    assert_int_equal(sym_encode(bytes + SYM_SIGNATURE_BYTES, sizeof bytes - SYM_SIGNATURE_BYTES,
                                &len, &sym_msg_table_release, &r),
                     SYM_OK);
    return sym_span(bytes, SYM_SIGNATURE_BYTES + len);
}

static enum sym_err answer(struct fake_call *call, uint32_t mode)
{
    static struct sym_overlap_table_shown shown;
    static const struct sym_exchange_name name = {.id = {id, sizeof id}};
    static struct sym_exchange_row row;
    static uint8_t ids[3][SYM_HASH_BYTES] = {{1}, {3}, {9}};
    static struct sym_peer_row peers[3];
    static struct sym_exchange_entry entry;
    static const struct sym_peer_list list = {.peers = peers, .n_peers = 3};
    static const char *const names[] = {"police", "shelter", "office"};
    if (call->verb == SYM_VERB_OVERLAP_TABLE_START) {
        note_question(call, call->arguments);
        call->answer = &name;
    } else if (call->verb == SYM_VERB_EXCHANGE_STATE) {
        row = (struct sym_exchange_row){.id = sym_span(id, sizeof id),
                                        .kind = SYM_KIND_OVERLAP_TABLE,
                                        .state = SYM_EXCHANGE_DONE};
        call->answer = &row;
    } else if (call->verb == SYM_VERB_OVERLAP_TABLE_SHOW) {
        shown = (struct sym_overlap_table_shown){.release = release_of(call, mode),
                                                 .exchange = sym_span(id, sizeof id)};
        call->answer = &shown;
    } else if (call->verb == SYM_VERB_EXCHANGE_SHOW) {
        entry = (struct sym_exchange_entry){.id = sym_span(id, sizeof id),
                                            .role = SYM_AS_INITIATOR,
                                            .kind = SYM_KIND_OVERLAP_TABLE,
                                            .state = SYM_EXCHANGE_DONE,
                                            .has_result = true};
        call->answer = &entry;
    } else if (call->verb == SYM_VERB_PEER_LIST) {
        for (size_t i = 0; i < 3; i++) {
            peers[i] = (struct sym_peer_row){.alias = sym_span_text(names[i]),
                                             .name = sym_span_text(names[i]),
                                             .role = 1,
                                             .serial = 1,
                                             .id = sym_span(ids[i], SYM_HASH_BYTES)};
        }
        call->answer = &list;
    } else if (call->verb == SYM_VERB_RELEASE_EVIDENCE) {
        return SYM_NOT_FOUND;
    }
    return SYM_OK;
}

static enum sym_err exact(struct fake_call *call)
{
    return answer(call, SYM_TABLE_EXACT);
}

static enum sym_err noisy(struct fake_call *call)
{
    static const uint64_t shown[7] = {30, 40, 0, 50, 0, 0, 0};
    memcpy(counts, shown, sizeof counts);
    return answer(call, SYM_TABLE_DP);
}

static enum sym_err noisy_and_large(struct fake_call *call)
{
    static const uint64_t shown[7] = {30, 40, 35, 50, 25, 24, 23};
    memcpy(counts, shown, sizeof counts);
    return answer(call, SYM_TABLE_DP);
}

static enum sym_err noisy_of_an_older_version(struct fake_call *call)
{
    sensitivity = 2;
    enum sym_err err = noisy(call);
    sensitivity = SYM_TABLE_SENSITIVITY;
    return err;
}

static void an_exact_table_has_bars_and_what_two_lists_share(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, exact);
    run(&r, ASK "|--mode|exact" WHY);
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "3 lists, by phone; asked by this node, counted by office\n141 records");
    assert_shows(r.out, "\nthis node  police  shelter  COUNT  \n");
    /* The largest is on the shelter's list alone. */
    assert_shows(r.out, "     50  ");
    assert_true(strstr(r.out, "  50  ") < strstr(r.out, "  40  "));
    assert_shows(r.out,
                 "\nON BOTH    this node  police  shelter\nthis node         58       9       11\n"
                 "police             9      42        5\nshelter           11       5       64\n");
    fake_notes(asked, *state);
    assert_shows(asked, "people 2 peers, tallier office, type 4 mode 1 epsilon 0\n");
}

static void csv_has_a_column_for_each_list(void **state)
{
    static struct run r;
    fake_node_start(*state, exact);
    run(&r, ASK "|--mode|exact|--format|csv" WHY);
    assert_string_equal(
        r.out, "\"this node\",\"police\",\"shelter\",\"count\"\n1,0,0,40\n0,1,0,30\n1,1,0,7\n"
               "0,0,1,50\n1,0,1,9\n0,1,1,3\n1,1,1,2\n");
}

static void json_is_complete(void **state)
{
    static struct run r;
    fake_node_start(*state, exact);
    run(&r, ASK "|--mode|exact|--json|--at-least|2" WHY);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    cJSON *j = cJSON_Parse(r.out);
    assert_non_null(j);
    const cJSON *cells = cJSON_GetObjectItem(j, "cells");
    assert_int_equal(cJSON_GetArraySize(cells), 4);
    const cJSON *last = cJSON_GetArrayItem(cells, 3);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(last, "lists")), 3);
    assert_int_equal(cJSON_GetObjectItem(last, "count")->valueint, 2);
    assert_int_equal(cJSON_GetObjectItem(j, "records")->valueint, 141);
    const cJSON *least = cJSON_GetObjectItem(j, "at_least");
    assert_int_equal(cJSON_GetObjectItem(least, "lists")->valueint, 2);
    assert_int_equal(cJSON_GetObjectItem(least, "count")->valueint, 21);
    const cJSON *lists = cJSON_GetObjectItem(j, "lists");
    assert_string_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(lists, 0), "name")->valuestring,
                        "this node");
    assert_int_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(lists, 0), "announced")->valueint, 58);
    cJSON_Delete(j);
}

static void what_is_suppressed_is_not_zero_and_has_no_sums(void **state)
{
    static struct run r;
    fake_node_start(*state, noisy);
    run(&r, ASK "|--mode|dp|--epsilon|0.5" WHY);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "4 of 7 combinations are not shown: below 23, which does not mean 0");
    assert_null(strstr(r.out, "ON BOTH"));
    assert_null(strstr(r.out, " 0  "));
    run(&r, ASK "|--mode|dp|--epsilon|0.5|--json" WHY);
    cJSON *j = cJSON_Parse(r.out);
    const cJSON *third = cJSON_GetArrayItem(cJSON_GetObjectItem(j, "cells"), 2);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(third, "count")));
    assert_null(cJSON_GetObjectItem(j, "totals"));
    assert_null(cJSON_GetObjectItem(j, "pairs"));
    assert_null(cJSON_GetObjectItem(j, "records"));
    cJSON_Delete(j);
    run(&r, ASK "|--mode|dp|--epsilon|0.5|--format|csv" WHY);
    assert_shows(r.out, "\n1,1,0,\n");
    fake_node_stop(*state);
    fake_node_start(*state, noisy_and_large);
    run(&r, ASK "|--mode|dp|--epsilon|0.5" WHY);
    assert_shows(r.out,
                 " in 95 of 100 cases\nThe noise hides whether a list has one record or another "
                 "in its place, not how many it has.\nall 7 combinations are shown\n\n");
    run(&r, "exchange|result|4f1c0100000000000000000000000000|--at-least|2");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "shows no sums");
    fake_node_stop(*state);
    fake_node_start(*state, noisy_of_an_older_version);
    run(&r, ASK "|--mode|dp|--epsilon|0.5|--json" WHY);
    assert_shows(r.out, "Made by an older version: as the sizes of lists are known");
    assert_null(strstr(r.out, "The noise hides"));
}

static void refuses_what_makes_no_sense(void **state)
{
    static const char *const rows[][2] = {
        {"overlap-table|--tallier|t|--dataset|d|--type|phone|--mode|exact" WHY,
         "--peers is missing"},
        {"overlap-table|--peers|a,b,a|--tallier|t|--dataset|d|--type|phone|--mode|exact" WHY,
         "--peers: names a twice"},
        {"overlap-table|--peers|a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q|--tallier|t|--dataset|d|--type|"
         "phone"
         "|--mode|exact" WHY,
         "--peers: at most 16 can take part"},
        {"overlap-table|--peers|a,b|--tallier|b|--dataset|d|--type|phone|--mode|exact" WHY,
         "--tallier: b has a list"},
        {"overlap-table|--peers|a,b|--dataset|d|--type|phone|--mode|exact" WHY, "--tallier"},
        {"overlap-table|--peers|a,b|--tallier|t|--dataset|d|--mode|exact" WHY, "--type"},
        {ASK WHY, "--mode"},
        {ASK "|--mode|some" WHY, "is not one of exact|dp"},
        {ASK "|--mode|exact|--epsilon|1" WHY, "--epsilon: is for --mode dp"},
        {ASK "|--mode|dp|--epsilon|0" WHY, "is not a number above 0"},
        {ASK "|--mode|dp|--epsilon|12.1" WHY, "is not a number above 0"},
        {ASK "|--mode|dp|--at-least|2" WHY, "--at-least: a table with noise"},
        {ASK "|--mode|exact|--at-least|17" WHY, "from 1 to 16"},
        {ASK "|--mode|exact|--format|geojson" WHY, "is not one of table, csv, json"},
        {ASK "|--mode|exact|--hold|30" WHY, "--hold"}, /* approvers are not waited for */
        {ASK "|--mode|exact|--purpose|test|--basis|consent", "--case"},
    };
    static struct run r;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        run(&r, rows[i][0]);
        if (r.code != SYM_EXIT_USAGE) {
            print_error("%s: %s\n", rows[i][0], r.err);
        }
        assert_int_equal(r.code, SYM_EXIT_USAGE);
        assert_shows(r.err, rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(an_exact_table_has_bars_and_what_two_lists_share),
        WITH_NODE(csv_has_a_column_for_each_list),
        WITH_NODE(json_is_complete),
        WITH_NODE(what_is_suppressed_is_not_zero_and_has_no_sums),
        WITH_NODE(refuses_what_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, fake_node_start_tests, NULL);
}
