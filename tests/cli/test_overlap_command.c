/* overlap: what is asked, followed, cancelled, fetched and written. */
#include "cli/pause.h"
#include "tests/cli/fake_overlap.h"
#include "tests/cli/json_is.h"

#include <sys/mman.h>

#define ROWS_MANY 7000u
#define LOOKS     60u

/* What the command has slept, shared with the process it runs in. While this is not NULL it only
 * says so, and no other time passes for it. */
static uint64_t *slept_us;

bool __real_sym_pause(uint64_t microseconds);
bool __wrap_sym_pause(uint64_t microseconds);
uint64_t __real_sym_steady_us(void);
uint64_t __wrap_sym_steady_us(void);

bool __wrap_sym_pause(uint64_t microseconds)
{
    if (slept_us != NULL) {
        *slept_us += microseconds;
    }
    return __real_sym_pause(slept_us != NULL ? 0 : microseconds);
}

uint64_t __wrap_sym_steady_us(void)
{
    return slept_us != NULL ? *slept_us : __real_sym_steady_us();
}

#define ASK                                                                                        \
    "overlap|--peer|bank-b|--mine|suspects|--theirs|watch|--purpose|aml|--basis|314b|--case|C-17"
#define HEAD(kind)                                                                                 \
    "exchange           4f1caa01000000000000000000000000\n"                                        \
    "peer               bank-b\n"                                                                  \
    "kind               " kind ", asked by this node; identifiers: any\n"                          \
    "state              done\n"                                                                    \
    "purpose            aml, basis 314b\n"                                                         \
    "case               C-17\n"                                                                    \
    "user               alice\n"                                                                   \
    "own dataset        suspects, 20000 identifiers\n"                                             \
    "peer's dataset     watch, 18000 identifiers\n"                                                \
    "started            2026-09-21T14:13:20Z\n"                                                    \
    "ended              2026-09-21T14:13:24Z\n"                                                    \
    "sent               1.22 MiB\n"                                                                \
    "received           1.34 MiB\n"                                                                \
    "common             3 identifiers\n"

static void shows_own_records_and_what_each_side_learned(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, matches);
    run(&r, ASK "|--reveal|matches|--type|iban|--note|second try|--timeout|60|--engine|dh");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(
        r.out, HEAD("overlap:matches") "records            2\n"
                                       "this node learned  which of its own records the peer has, "
                                       "too, and how many identifiers the peer has\n"
                                       "the peer learned   how many identifiers this node has\n"
                                       "\n"
                                       "RECORD       TYPES\n"
                                       "r-1          iban\n"
                                       "=1+\"\\u{9b};  iban,phone\n");
    fake_notes(asked, *state);
    assert_string_equal(asked, "OVERLAP_START\nbank-b suspects watch kind=2 type=1 engine=1 "
                               "purpose=1 basis=6 case=C-17 note=second try timeout=60000\n"
                               "EXCHANGE_STATE\nEXCHANGE_STATE\nEXCHANGE_SHOW\nEXCHANGE_RESULT\n");
}

static void a_count_has_no_records(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, a_count);
    run(&r, ASK "|--reveal|count");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(
        r.out, HEAD("overlap:count") "this node learned  how many identifiers both have, and how "
                                     "many the peer has\n"
                                     "the peer learned   how many identifiers this node has\n");
    run(&r, ASK "|--reveal|count|--format|csv");
    assert_string_equal(r.out, "common\n3\n");
    fake_notes(asked, *state);
    assert_shows_not(asked, "EXCHANGE_RESULT");
    assert_shows(asked, "kind=3 type=0 engine=0 purpose=1 basis=6 case=C-17 note= "
                        "timeout=3600000\n");
}

#define ROW_JSON(kind, records, has)                                                               \
    "{\"id\":\"4f1caa01000000000000000000000000\",\"peer\":\"bank-b\",\"peer_id\":\"09"            \
    "00000000000000000000000000000000000000000000000000000000000000\","                            \
    "\"role\":\"initiator\",\"kind\":\"" kind "\",\"state\":\"done\",\"result\":\"OK\","           \
    "\"fault\":\"\",\"reason\":\"none\",\"purpose\":\"aml\",\"basis\":\"314b\","                   \
    "\"case\":\"C-17\",\"note\":\"\",\"user\":\"alice\",\"approver\":\"\","                        \
    "\"mine\":\"suspects\",\"theirs\":\"watch\",\"type\":\"any\",\"own_size\":20000,"              \
    "\"peer_size\":18000,\"common\":3,\"records\":" records ",\"has_result\":" has ","             \
    "\"started\":\"2026-09-21T14:13:20Z\",\"ended\":\"2026-09-21T14:13:24Z\","                     \
    "\"bytes_sent\":1280000,\"bytes_received\":1400000,"                                           \
    "\"min_result\":0,\"withheld\":false,\"rule\":\"any\"}"

#define MATCHES_JSON                                                                               \
    "{\"exchange\":" ROW_JSON("overlap:matches", "2",                                              \
                              "true") ",\"common\":3,\"records\":2,\"matches\":["                  \
                                      "{\"record\":\"r-1\",\"types\":[\"iban\"]},"                 \
                                      "{\"record\":\"=1+\\\"\xc2\x9b;\",\"types\":[\"iban\","      \
                                      "\"phone\"]}]}"

static void speaks_json_and_csv_with_exact_ids(void **state)
{
    static struct run r;
    fake_node_start(*state, matches);
    run(&r, ASK "|--reveal|matches|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    json_is(r.out, MATCHES_JSON);
    run(&r, "exchange|result|4f1caa01000000000000000000000000|--format|json");
    json_is(r.out, MATCHES_JSON);
    run(&r, "exchange|result|4f1c|--format|csv");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "record,types\n\"r-1\",\"iban\"\n"
                               "\"=1+\"\"\xc2\x9b;\",\"iban;phone\"\n");
    run(&r, "exchange|show|4f1c|--json");
    json_is(r.out, ROW_JSON("overlap:matches", "2", "true"));
}

static void read_file(char *out, size_t size, const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    run_read(out, size, file);
}

static void a_file_of_the_result_is_private_and_whole(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    struct stat st;
    char words[512];
    char path[256];
    char text[4096];
    fake_node_start(node, matches);
    (void)snprintf(path, sizeof path, "%s/common.csv", node->dir);
    (void)snprintf(words, sizeof words, ASK "|--reveal|matches|--format|csv|--out|%s", path);
    run(&r, words);
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "/common.csv: 3 identifiers in common, 2 records\n");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    read_file(text, sizeof text, path);
    assert_shows(text, "record,types\n\"r-1\",\"iban\"\n");
}

static void never_overwrites_a_file_unless_told(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char words[512];
    char path[256];
    char text[4096];
    char asked[8192];
    fake_write(node->dir, "common.csv", sym_span_text("precious"), 0600);
    fake_node_start(node, matches);
    (void)snprintf(path, sizeof path, "%s/common.csv", node->dir);
    (void)snprintf(words, sizeof words, ASK "|--reveal|matches|--format|csv|--out|%s", path);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "/common.csv: exists already; --force replaces it\n");
    fake_notes(asked, node);
    assert_string_equal(asked, ""); /* before anything was asked */
    (void)strcat(words, "|--force");
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    read_file(text, sizeof text, path);
    assert_shows(text, "record,types\n");
    (void)snprintf(words, sizeof words, ASK "|--reveal|matches|--out|%s/users|--force", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "/users: is not an ordinary file\n");
}

static enum sym_err breaks_off(struct fake_call *call)
{
    enum sym_err err = matches(call);
    (void)snprintf(call->fault, sizeof call->fault, "the result could not be read");
    return call->verb == SYM_VERB_EXCHANGE_RESULT ? SYM_IO : err;
}

static void a_result_that_breaks_off_leaves_no_file(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char words[512];
    fake_node_start(node, breaks_off);
    (void)snprintf(words, sizeof words, "exchange|result|4f1c|--out|%s/common", node->dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: the result could not be read\n");
    assert_int_not_equal(access(strrchr(words, '|') + 1, F_OK), 0);
    run(&r, "exchange|result|4f1c|--format|csv");
    assert_string_equal(r.out, "");
}

/* Pages of 3000 rows, as the question says, of a result without its first rows. */
static enum sym_err rows_without(struct fake_call *call, unsigned gone)
{
    static struct sym_exchange_entry e;
    static uint8_t lengths[3000];
    static uint8_t ids[3000 * 6];
    static uint8_t bits[3000 * 8];
    static struct sym_result_page page;
    enum sym_err err = matches(call);
    if (call->verb != SYM_VERB_EXCHANGE_RESULT) {
        return err;
    }
    const struct sym_result_query *query = call->arguments;
    size_t left = (size_t)(ROWS_MANY - gone - query->first);
    size_t n = left < 3000 ? left : 3000;
    e = entry(SYM_KIND_OVERLAP_MATCHES, SYM_EXCHANGE_DONE);
    e.records = ROWS_MANY - gone;
    for (size_t i = 0; i < n; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "r%05u", (unsigned)(query->first + i) + gone);
        lengths[i] = 6;
        memcpy(ids + 6 * i, text, 6);
        bits[8 * i + 7] = 1u << SYM_TOKEN_IBAN;
    }
    page = (struct sym_result_page){.exchange = &e,
                                    .first = query->first,
                                    .id_lengths = {lengths, n},
                                    .ids = {ids, 6 * n},
                                    .types = {bits, 8 * n},
                                    .more = n < left};
    call->answer = &page;
    return SYM_OK;
}

static enum sym_err many_rows(struct fake_call *call)
{
    return rows_without(call, 0);
}

/* The first record is forgotten behind the first page. */
static enum sym_err fewer_rows(struct fake_call *call)
{
    static unsigned pages;
    pages += call->verb == SYM_VERB_EXCHANGE_RESULT;
    return rows_without(call, pages > 1 ? 1 : 0);
}

/* One with every page. */
static enum sym_err ever_fewer_rows(struct fake_call *call)
{
    static unsigned pages;
    pages += call->verb == SYM_VERB_EXCHANGE_RESULT;
    return rows_without(call, pages);
}

static void a_large_result_comes_in_pages(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    static char text[262144];
    char words[512];
    fake_node_start(node, many_rows);
    (void)snprintf(words, sizeof words, "exchange|result|4f1c|--format|csv|--out|%s/common",
                   node->dir);
    run(&r, words);
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    read_file(text, sizeof text, strrchr(words, '|') + 1);
    assert_int_equal(strlen(text), strlen("record,types\n") + ROWS_MANY * 16);
    assert_shows(text, "\"r02999\",\"iban\"\n\"r03000\",\"iban\"\n");
    assert_shows(text, "\"r06999\",\"iban\"\n");
}

static void a_result_that_changes_meanwhile_is_fetched_again(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    static char text[262144];
    char words[512];
    fake_node_start(node, fewer_rows);
    (void)snprintf(words, sizeof words, "exchange|result|4f1c|--format|csv|--out|%s/common",
                   node->dir);
    run(&r, words);
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, " 6999 records\n");
    read_file(text, sizeof text, strrchr(words, '|') + 1);
    assert_int_equal(strlen(text), strlen("record,types\n") + (ROWS_MANY - 1) * 16);
    assert_shows(text, "record,types\n\"r00001\",\"iban\"\n");
    assert_shows(text, "\"r02999\",\"iban\"\n\"r03000\",\"iban\"\n\"r03001\",\"iban\"\n");
}

static void a_result_that_never_stands_still_is_given_up(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    fake_node_start(node, ever_fewer_rows);
    run(&r, "exchange|result|4f1c|--format|csv");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "the result changes while it is fetched");
    assert_string_equal(r.out, "");
}

/* Runs for some looks more, though all is counted. */
static enum sym_err counted(struct fake_call *call)
{
    static struct sym_exchange_entry e;
    static struct sym_exchange_row row;
    static unsigned looks;
    e = entry(SYM_KIND_OVERLAP_MATCHES, SYM_EXCHANGE_DONE);
    if (call->verb != SYM_VERB_EXCHANGE_STATE || looks++ >= LOOKS) {
        return serve(call, SYM_EXCHANGE_DONE, &e);
    }
    enum sym_err err = serve(call, SYM_EXCHANGE_RUNNING, &e);
    row = *(const struct sym_exchange_row *)call->answer;
    row.done = row.total;
    call->answer = &row;
    return err;
}

/* A millisecond for each look; if each waited an eighth of the time so far, 3.6 s in all. */
static void the_end_is_not_slept_through_once_all_is_counted(void **state)
{
    struct run r;
    fake_node_start(*state, counted);
    slept_us =
        mmap(NULL, sizeof *slept_us, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(slept_us, MAP_FAILED);
    run(&r, ASK "|--reveal|matches");
    const uint64_t slept = *slept_us;
    assert_int_equal(munmap(slept_us, sizeof *slept_us), 0);
    slept_us = NULL;
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_int_equal(slept, LOOKS * 1000u);
}

/* Pages that lie, one for each number. */
static enum sym_err a_page_that_lies(struct fake_call *call)
{
    static struct sym_result_page page;
    static struct sym_exchange_entry e;
    static unsigned lie;
    enum sym_err err = matches(call);
    if (call->verb != SYM_VERB_EXCHANGE_RESULT) {
        return err;
    }
    page = *(const struct sym_result_page *)call->answer;
    e = *page.exchange;
    page.exchange = &e;
    switch (lie++) {
    case 0:
        page.ids.len--;
        break;
    case 1:
        page.types.len -= 8;
        break;
    case 2:
        page.first = 1;
        break;
    case 3:
        e.id = sym_span(other_id, sizeof other_id);
        break;
    default:
        page.id_lengths.len = page.ids.len = page.types.len = 0;
        page.more = true;
        break;
    }
    call->answer = &page;
    return SYM_OK;
}

static void refuses_pages_that_make_no_sense(void **state)
{
    static struct run r;
    fake_node_start(*state, a_page_that_lies);
    for (int i = 0; i < 5; i++) {
        run(&r, "exchange|result|4f1c|--json");
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        assert_shows(r.err, "the result that the node answers makes no sense");
        assert_string_equal(r.out, "");
    }
}

static enum sym_err waits_for_an_approver(struct fake_call *call)
{
    static struct sym_exchange_entry e;
    e = entry(SYM_KIND_OVERLAP_MATCHES, SYM_EXCHANGE_HELD);
    return serve(call, SYM_EXCHANGE_HELD, &e);
}

static void held_exits_3_and_says_how_to_go_on(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, waits_for_an_approver);
    run(&r, ASK "|--reveal|matches");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_string_equal(r.err, "symbolon: bank-b: the request waits for an approver; \"symbolon "
                               "exchange show 4f1caa01\" follows it, \"symbolon exchange result "
                               "4f1caa01\" fetches the result\n");
    assert_string_equal(r.out, "");
    fake_notes(asked, *state);
    assert_shows_not(asked, "CANCEL");
    run(&r, ASK "|--reveal|matches|--json");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_shows(r.out, "\"state\": \"held\"");
    run(&r, "exchange|result|4f1c");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(
        r.err, "symbolon: 4f1caa010000: has no result yet: bank-b holds it until an approver "
               "decides there; an overlap then goes on by itself within half a minute\n");
}

static enum sym_err is_done(struct fake_call *call)
{
    static struct sym_exchange_entry e;
    e = entry(SYM_KIND_OVERLAP_COUNT, SYM_EXCHANGE_DONE);
    return serve(call, SYM_EXCHANGE_DONE, &e);
}

static void what_means_nothing_for_an_overlap_is_refused(void **state)
{
    static struct run r;
    fake_node_start(*state, is_done);
    run(&r, "exchange|result|4f1c|--at-least|2");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: --at-least: is for overlap tables\n");
    run(&r, "exchange|result|4f1c|--top|5");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "leave --format geojson, --population, --scan, --gi-star and --top\n");
}

static enum sym_err is_approved_in_the_end(struct fake_call *call)
{
    static struct sym_exchange_entry e;
    e = entry(SYM_KIND_OVERLAP_MATCHES, SYM_EXCHANGE_DONE);
    return serve(call, call->number < 4 ? SYM_EXCHANGE_HELD : SYM_EXCHANGE_DONE, &e);
}

static void hold_stays_until_an_approver_has_decided(void **state)
{
    static struct run r;
    fake_node_start(*state, is_approved_in_the_end);
    run(&r, ASK "|--reveal|matches|--hold|30|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\"record\": \"r-1\"");
}

static enum sym_err is_denied(struct fake_call *call)
{
    static struct sym_exchange_entry e;
    e = entry(SYM_KIND_OVERLAP_MATCHES, SYM_EXCHANGE_DENIED);
    e.result = SYM_DENIED;
    e.reason = SYM_REASON_APPROVER;
    e.fault = sym_span_text("bank-b: denied: an approver denied it: no case");
    e.has_result = false;
    e.own_size = 1;
    e.peer_size = 0;
    return serve(call, SYM_EXCHANGE_DENIED, &e);
}

static void denied_exits_3_with_the_reason(void **state)
{
    static struct run r;
    fake_node_start(*state, is_denied);
    run(&r, ASK "|--reveal|matches");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_string_equal(r.err, "symbolon: bank-b: denied: an approver denied it: no case\n");
    assert_string_equal(r.out, "");
    run(&r, "exchange|show|4f1c");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "state           denied: bank-b: denied: an approver denied it: no case\n");
    assert_shows(r.out, "own dataset     suspects, 1 identifier\n");
    assert_shows_not(r.out, "learned");
    run(&r, "exchange|list");
    assert_shows(r.out, "overlap:matches  denied         1          -       -  ");
}

static enum sym_err cannot_be_reached(struct fake_call *call)
{
    static struct sym_exchange_entry e;
    e = entry(SYM_KIND_OVERLAP_MATCHES, SYM_EXCHANGE_ABORTED);
    e.result = SYM_UNREACHABLE;
    return serve(call, SYM_EXCHANGE_ABORTED, &e);
}

static void a_peer_that_is_down_exits_4(void **state)
{
    static struct run r;
    fake_node_start(*state, cannot_be_reached);
    run(&r, ASK "|--reveal|matches|--json");
    assert_int_equal(r.code, SYM_EXIT_UNREACHABLE);
    assert_string_equal(r.err, "symbolon: bank-b: cannot be reached\n");
    assert_shows(r.out, "\"result\": \"UNREACHABLE\"");
}

static enum sym_err never_ends(struct fake_call *call)
{
    static struct sym_exchange_entry e;
    e = entry(SYM_KIND_OVERLAP_MATCHES, SYM_EXCHANGE_RUNNING);
    return serve(call, SYM_EXCHANGE_RUNNING, &e);
}

static void ctrl_c_cancels_the_exchange(void **state)
{
    char asked[8192] = "";
    char err_text[1024];
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    fake_node_start(*state, never_ends);
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        run_child(ASK "|--reveal|matches", out, err);
    }
    for (int i = 0; i < 2000 && strstr(asked, "EXCHANGE_STATE") == NULL; i++) {
        (void)usleep(10000);
        fake_notes(asked, *state);
    }
    assert_int_equal(kill(child, SIGINT), 0);
    assert_int_equal(run_code(child), SYM_EXIT_FAILED);
    run_read(err_text, sizeof err_text, err);
    (void)fclose(out);
    assert_string_equal(err_text, "symbolon: bank-b: cancelled\n");
    fake_notes(asked, *state);
    assert_shows(asked, "EXCHANGE_CANCEL\n");
}

static void refuses_what_the_options_may_not_say(void **state)
{
    static const char *const refused[][2] = {
        {"overlap", "--peer is missing"},
        {"overlap|--peer|b", "--mine is missing"},
        {"overlap|--peer|b|--mine|m", "--theirs is missing"},
        {"overlap|--peer|b|--mine|m|--theirs|t", "--reveal is missing"},
        {"overlap|--peer|b|--mine|m|--theirs|t|--reveal|count", "--purpose is missing"},
        {"overlap|--peer|b|--mine|m|--theirs|t|--reveal|count|--purpose|aml", "--basis is miss"},
        {"overlap|--peer|b|--mine|m|--theirs|t|--reveal|count|--purpose|aml|--basis|314b",
         "--case is missing"},
        {ASK "|--reveal|all", "--reveal: \"all\" is not one of matches, count"},
        {ASK "|--reveal|count|--type|ibna", "--type: \"ibna\" is not one of iban|account"},
        {ASK "|--reveal|count|--engine|vole", "--engine vole computes matches only"},
        {ASK "|--reveal|count|--engine|rsa",
         "--engine: \"rsa\" is not one of auto, dh, vole, standing"},
        {ASK "|--reveal|count|--timeout|0", "from 1 to 86400"},
        {ASK "|--reveal|count|--hold|86401", "from 0 to 86400"},
        {ASK "|--reveal|count|--format|xml", "--format: \"xml\" is not one of table, csv, json"},
        {ASK "|--reveal|count|--format|csv|--json", "--json and --format csv exclude each other"},
        {ASK "|--reveal|count|--force", "--force is for --out"},
        {ASK "|--reveal|count|--note|a\nb", "--note: is not one line of at most 1023 bytes"},
        {"overlap|--peer|b b|--mine|m|--theirs|t", "--peer: \"b b\" is not a name"},
        {"overlap|--peer|b|--mine|m|--theirs|t|--reveal|count|--purpose|none", "--purpose: \"none"},
        {"overlap|--peer|b|--mine|m|--theirs|t|--reveal|count|--purpose|aml|--basis|law",
         "--basis: \"law\" is not one of consent"},
    };
    static struct run r;
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        run(&r, refused[i][0]);
        assert_int_equal(r.code, SYM_EXIT_USAGE);
        assert_shows(r.err, refused[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(shows_own_records_and_what_each_side_learned),
        WITH_NODE(a_count_has_no_records),
        WITH_NODE(speaks_json_and_csv_with_exact_ids),
        WITH_NODE(a_file_of_the_result_is_private_and_whole),
        WITH_NODE(never_overwrites_a_file_unless_told),
        WITH_NODE(a_result_that_breaks_off_leaves_no_file),
        WITH_NODE(a_large_result_comes_in_pages),
        WITH_NODE(the_end_is_not_slept_through_once_all_is_counted),
        WITH_NODE(a_result_that_changes_meanwhile_is_fetched_again),
        WITH_NODE(a_result_that_never_stands_still_is_given_up),
        WITH_NODE(refuses_pages_that_make_no_sense),
        WITH_NODE(held_exits_3_and_says_how_to_go_on),
        WITH_NODE(what_means_nothing_for_an_overlap_is_refused),
        WITH_NODE(hold_stays_until_an_approver_has_decided),
        WITH_NODE(denied_exits_3_with_the_reason),
        WITH_NODE(a_peer_that_is_down_exits_4),
        WITH_NODE(ctrl_c_cancels_the_exchange),
        WITH_NODE(refuses_what_the_options_may_not_say),
    };
    return cmocka_run_group_tests_name("overlap command", tests, fake_node_start_tests, NULL);
}
