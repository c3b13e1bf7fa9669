/* report: a page around a JSON document, what of others stays text in it, what may not be in it. */
#include "cli/report/html.h"
#include "cli/report/page.h"
#include "tests/cli/fake_overlap.h"

#include <cjson/cJSON.h>

#define HOSTILE "</script><img src=x onerror=alert(1)>&\"'"
#define TAIL                                                                                       \
    "\"suppression\":{\"threshold\":36,\"cells\":3,\"suppressed\":1},"                             \
    "\"privacy\":{\"epsilon_nano\":500000000,\"half_width\":24},"                                  \
    "\"evidence\":{\"state\":\"in-log\",\"entry\":4711},\"notes\":[\"<i>note</i>\"]}],"            \
    "\"estimates\":[],\"notes\":[]}"
#define HEAD(format, lang)                                                                         \
    "{\"format\":\"" format "\",\"lang\":\"" lang "\",\"made\":\"2026-11-22T10:00:00Z\","          \
    "\"node\":\"</script><img src=x "                                                              \
    "onerror=alert(1)>&\\\"'\",\"results\":[{\"kind\":\"hotspots\","                               \
    "\"asker\":\"this node\",\"exchange\":\"4f1c\",\"purpose\":\"test\",\"basis\":\"consent\","
#define DIMENSIONS                                                                                 \
    "\"dimensions\":[{\"id\":\"country\",\"label\":\"Country\",\"codes\":[\"LY\",\"IT\",\"MT\"],"  \
    "\"labels\":[\"<b>Libya</b>\",\"\xe2\x80\xaeylatI\",\"Malta\"]}],"
#define LEVEL(cells)                                                                               \
    "\"levels\":[{\"dimensions\":[\"country\"],\"half_width\":24,\"threshold\":36,"                \
    "\"cells\":" cells "}],"
#define DOCUMENT HEAD("symbolon-report/1", "en") DIMENSIONS LEVEL("[1999,40,null]") TAIL

static const struct sym_page plain;

static struct sym_page parts(void)
{
    return (struct sym_page){.top = sym_span_text("<top>"),
                             .middle = sym_span_text("</top><script>"),
                             .bottom = sym_span_text("</script><bottom>")};
}

static enum sym_err page_of(char **text, const char *document, const struct sym_page *page)
{
    size_t len = 0;
    FILE *to = open_memstream(text, &len);
    assert_non_null(to);
    enum sym_err err = sym_report_page(to, document, page);
    assert_int_equal(fclose(to), 0);
    return err;
}

static char *good_page(const char *document, const struct sym_page *page)
{
    char *written = NULL;
    assert_int_equal(page_of(&written, document, page), SYM_OK);
    char *text = strdup(written); /* gcc takes what a memory stream wrote for our own frame */
    assert_non_null(text);
    free(written);
    return text;
}

static size_t times(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what)) {
        n++;
    }
    return n;
}

static void text_of_others_stays_text(void **state)
{
    char *text = NULL;
    size_t len = 0;
    (void)state;
    FILE *to = open_memstream(&text, &len);
    assert_non_null(to);
    sym_html_text(to, HOSTILE "\x1b[2J\xe2\x80\xae\xff\xc3\xa9");
    assert_int_equal(fclose(to), 0);
    assert_string_equal(text, "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;"
                              "\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9");
    free(text);
}

static void no_label_opens_an_element_in_tables_or_document(void **state)
{
    (void)state;
    char *text = good_page(DOCUMENT, &plain);
    assert_null(strstr(text, "<img"));
    assert_null(strstr(text, "<b>"));
    assert_null(strstr(text, "<i>"));
    assert_null(strstr(text, "\xe2\x80\xaeylatI</bdi>"));
    assert_int_equal(times(text, "</script>"), 1);
    assert_non_null(strstr(text, "&lt;b&gt;Libya&lt;/b&gt;"));
    free(text);
}

static void the_document_is_in_it_byte_for_byte_but_for_its_angle_brackets(void **state)
{
    (void)state;
    const struct sym_page page = parts();
    char *text = good_page(DOCUMENT, &page);
    char *data = strstr(text, "</top><script>");
    assert_non_null(data);
    data += strlen("</top><script>");
    char *end = strstr(data, "</script><bottom>");
    assert_non_null(end);
    assert_string_equal(end, "</script><bottom>");
    *end = '\0';
    assert_null(strchr(data, '<'));
    const char *want = DOCUMENT;
    for (const char *at = data; *at != '\0'; want++) {
        bool bracket = *want == '<';
        assert_memory_equal(at, bracket ? "\\u003c" : want, bracket ? 6 : 1);
        at += bracket ? 6 : 1;
    }
    assert_int_equal(*want, '\0');
    assert_memory_equal(text, "<top><main lang=\"en\">", strlen("<top><main lang=\"en\">"));
    free(text);
}

static void what_is_not_shown_is_never_zero(void **state)
{
    (void)state;
    char *text = good_page(DOCUMENT, &plain);
    assert_non_null(strstr(text, "<td>1999</td><td>1975 to 2023</td>"));
    assert_non_null(strstr(text, "<td>40</td><td>16 to 64; perhaps noise alone</td>"));
    assert_non_null(strstr(text, "<td><bdi>Malta</bdi></td><td>&lt; 36 or none</td><td></td>"));
    assert_int_equal(times(text, "<td>0</td>"), 0);
    assert_null(strstr(text, "2039")); /* nothing is added up */
    assert_non_null(strstr(text, "1 of 3: below 36 or none"));
    assert_non_null(strstr(text, "\xce\xb5 0.5<"));
    assert_non_null(strstr(text, "in the log, entry 4711"));
    assert_null(strstr(text, "before a restore"));
    assert_null(strstr(strstr(text, "<main"), "<dd><bdi>this node</bdi>"));
    free(text);
}

static void a_plain_page_runs_nothing_and_says_why_it_is_plain(void **state)
{
    (void)state;
    char *text = good_page(DOCUMENT, &plain);
    assert_non_null(strstr(text, "default-src 'none'; style-src 'sha256-"));
    assert_int_equal(times(text, "<script"), 1);
    assert_non_null(strstr(text, "<script type=\"application/json\" id=\"data\">"));
    assert_non_null(strstr(text, "Tables without pictures"));
    free(text);
    text = good_page(HEAD("symbolon-report/1", "fr") DIMENSIONS LEVEL("[1,2,null]") TAIL, &plain);
    assert_non_null(strstr(text, "&lt; 36 ou rien"));
    assert_non_null(strstr(text, "<td><bdi>Malta</bdi> (MT)</td>"));
    free(text);
}

#define NOISY_TAIL                                                                                 \
    "\"suppression\":{\"threshold\":36,\"cells\":64009,\"suppressed\":1,"                          \
    "\"expected_ghosts_per_million\":5},\"notes\":[]}],\"estimates\":[],\"notes\":[]}"

static void a_heading_says_of_what_data_and_time(void **state)
{
    (void)state;
    char *text = good_page(HEAD("symbolon-report/1", "en") "\"dataset\":\"<i>incidents\","
                                                           "\"dimensions\":[{\"id\":\"year\","
                                                           "\"label\":\"Year\",\"role\":\"time\","
                                                           "\"codes\":[\"2014\",\"2015\",\"2026\"],"
                                                           "\"labels\":[]}]," NOISY_TAIL,
                           &plain);
    assert_non_null(strstr(
        text, "<h2>Hotspots \xc2\xb7 <bdi>&lt;i&gt;incidents</bdi> \xc2\xb7 2014 to 2026</h2>"));
    assert_non_null(strstr(text, "<dt>False cells</dt><dd>at most 0.321 expected: empty, and shown "
                                 "by noise</dd>"));
    free(text);
}

static void a_column_of_counts_says_of_what(void **state)
{
    static const char *const rows[][3] = {
        {"en", "\"measure\":{\"unit\":\"persons\"},", "<th scope=\"col\">Persons</th>"},
        {"fr", "\"measure\":{\"unit\":\"persons\"},", "<th scope=\"col\">Personnes</th>"},
        {"en", "\"measure\":{\"unit\":\"incidents\"},", "<th scope=\"col\">Incidents</th>"},
        {"en", "\"measure\":{\"unit\":\"<b>\"},", "<th scope=\"col\">Count</th>"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char document[4096];
        (void)snprintf(document, sizeof document,
                       HEAD("symbolon-report/1", "%s") "%s" DIMENSIONS LEVEL("[1999,40,null]") TAIL,
                       rows[i][0], rows[i][1]);
        char *text = good_page(document, &plain);
        assert_non_null(strstr(text, rows[i][2]));
        free(text);
    }
}

static void a_dataset_may_be_called_this_node_and_stays_so(void **state)
{
    (void)state;
    char *text = good_page(HEAD("symbolon-report/1", "en") "\"lists\":[{\"name\":\"this node\","
                                                           "\"dataset\":\"this node\",\"size\":9},"
                                                           "{\"name\":\"bank-b\","
                                                           "\"dataset\":\"this node\",\"size\":8}],"
                                                           "\"common\":3," NOISY_TAIL,
                           &plain);
    assert_int_equal(times(text, "<td><bdi>this node</bdi></td>"), 2);
    assert_non_null(strstr(text, "<h2>Hotspots \xc2\xb7 <bdi>this node</bdi></h2>"));
    free(text);
}

#define SHARED                                                                                     \
    "\"type\":\"phone\",\"tallier\":\"this node\",\"lists\":[],\"combinations\":[],"               \
    "\"suppression\":null,\"notes\":[]}],\"estimates\":[],\"notes\":[]}"

static void an_overlap_says_what_was_compared_and_who_counted(void **state)
{
    (void)state;
    char *text = good_page(HEAD("symbolon-report/1", "en") SHARED, &plain);
    assert_non_null(strstr(text, "<dt>Identifier</dt><dd><bdi>phone</bdi></dd>"));
    assert_non_null(strstr(text, "<dt>Counted by</dt><dd><bdi>&lt;/script&gt;"));
    free(text);
    text = good_page(HEAD("symbolon-report/1", "fr") SHARED, &plain);
    assert_non_null(strstr(text, "<dt>Identifiant</dt><dd><bdi>phone</bdi></dd>"));
    assert_non_null(strstr(text, "<dt>Compt\xc3\xa9 par</dt><dd><bdi>&lt;/script&gt;"));
    free(text);
    text = good_page(DOCUMENT, &plain);
    assert_null(strstr(text, "Identifier"));
    assert_null(strstr(text, "Counted by"));
    free(text);
}

static void large_levels_list_what_has_a_count(void **state)
{
    enum { CODES = 1000 };
    (void)state;
    char *document = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&document, &len);
    assert_non_null(to);
    (void)fputs(
        HEAD("symbolon-report/1", "en") "\"dimensions\":[{\"id\":\"country\",\"label\":\"C\","
                                        "\"labels\":[],\"codes\":[",
        to);
    for (int i = 0; i < CODES; i++) {
        (void)fprintf(to, "%s\"c%d\"", i > 0 ? "," : "", i);
    }
    (void)fputs("]}],\"levels\":[{\"dimensions\":[\"country\"],\"half_width\":1,\"threshold\":5,"
                "\"cells\":[",
                to);
    for (int i = 0; i < CODES; i++) {
        (void)fprintf(to, i < 600 ? "%s%d" : "%snull", i > 0 ? "," : "", 1000 + i);
    }
    (void)fputs("]}]," TAIL, to);
    assert_int_equal(fclose(to), 0);
    char *text = good_page(document, &plain);
    assert_int_equal(times(text, "<tr><td>"), 500);
    assert_non_null(strstr(text, "<td><bdi>c599</bdi></td><td>1599</td>"));
    assert_null(strstr(text, "<td>1000</td>"));
    assert_non_null(strstr(text, "<p>100 further rows are only in the data"));
    assert_non_null(strstr(text, "<p>400 further cells are not shown"));
    free(text);
    free(document);
}

static void refuses_what_is_no_report_or_does_not_agree_with_itself(void **state)
{
    static const char *const wrong[] = {
        "",
        "{",
        "[]",
        "null",
        "{\"format\":\"symbolon-release/1\"}",
        HEAD("symbolon-preview/1", "en") DIMENSIONS LEVEL("[1,2,3]") TAIL,
        HEAD("symbolon-report/1", "de") DIMENSIONS LEVEL("[1,2,3]") TAIL,
        HEAD("symbolon-report/1", "en") DIMENSIONS LEVEL("[1,2]") TAIL,
        HEAD("symbolon-report/1", "en") DIMENSIONS LEVEL("[1,2,3,4]") TAIL,
        HEAD("symbolon-report/1", "en") LEVEL("[1,2,3]") TAIL,
        HEAD("symbolon-report/1",
             "en") "\"lists\":[],\"combinations\":[{\"in\":[],\"count\":null}],"
                   "\"notes\":[]}]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *text = NULL;
        assert_int_equal(page_of(&text, wrong[i], &plain), SYM_BAD_FORMAT);
        free(text);
    }
}

/* The command -----------------------------------------------------------------------------------
 */

static char *path_in(char out[256], const struct fake_node *node)
{
    (void)snprintf(out, 256, "%s/page.html", node->dir);
    (void)unlink(out);
    return out;
}

static enum sym_err counts_and_notes(struct fake_call *call)
{
    if (call->verb == SYM_VERB_REPORT_MADE) {
        const struct sym_report_made *made = call->arguments;
        fake_note(call->node, made->n_exchanges == 1 && made->size > 0 ? "made" : "odd");
        return SYM_OK;
    }
    return a_count(call);
}

static void writes_a_private_file_and_has_it_logged(void **state)
{
    static struct run r;
    static char page[1 << 20];
    char path[256];
    char words[512];
    char notes[8192];
    struct stat s;
    fake_node_start(*state, counts_and_notes);
    (void)snprintf(words, sizeof words, "report|%s|--exchange|4f1c", path_in(path, *state));
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "a report of 1 result, ");
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    fake_notes(notes, *state);
    assert_non_null(strstr(notes, "made"));
    run_read(page, sizeof page, fopen(path, "r"));
    assert_shows(page, "\"common\": 3,");
    assert_null(strstr(page, "C-17")); /* its case stays here */
    assert_null(strstr(page, "alice"));
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "exists already; --force replaces it");
}

static enum sym_err does_not_log(struct fake_call *call)
{
    if (call->verb == SYM_VERB_REPORT_MADE) {
        (void)snprintf(call->fault, sizeof call->fault, "report: no space for its entry");
        return SYM_NO_SPACE;
    }
    return a_count(call);
}

static void leaves_no_file_that_the_log_does_not_know(void **state)
{
    static struct run r;
    char path[256];
    char words[512];
    fake_node_start(*state, does_not_log);
    (void)snprintf(words, sizeof words, "report|%s|--exchange|4f1c", path_in(path, *state));
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "no space for its entry");
    assert_int_not_equal(access(path, F_OK), 0);
}

static void refuses_single_records_before_it_asks_for_them(void **state)
{
    static struct run r;
    char path[256];
    char words[512];
    fake_node_start(*state, matches);
    (void)snprintf(words, sizeof words, "report|%s|--exchange|4f1c", path_in(path, *state));
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_shows(r.err,
                 "4f1caa010000: says which records matched, and a report holds nothing about "
                 "single records");
    assert_int_not_equal(access(path, F_OK), 0);
}

static struct sym_exchange_entry changed;

static enum sym_err as_changed(struct fake_call *call)
{
    return serve(call, SYM_EXCHANGE_DONE, &changed);
}

static void refuses_what_has_no_result_and_says_why(void **state)
{
    static const struct {
        enum sym_kind kind;
        enum sym_exchange_state state;
        bool withheld;
        int code;
        const char *says;
    } cases[] = {
        {SYM_KIND_OVERLAP_COUNT, SYM_EXCHANGE_RUNNING, false, SYM_EXIT_FAILED, "has not ended yet"},
        {SYM_KIND_OVERLAP_COUNT, SYM_EXCHANGE_HELD, false, SYM_EXIT_DENIED,
         "waits for an approver"},
        {SYM_KIND_OVERLAP_COUNT, SYM_EXCHANGE_DENIED, false, SYM_EXIT_DENIED, "was denied"},
        {SYM_KIND_OVERLAP_COUNT, SYM_EXCHANGE_ABORTED, false, SYM_EXIT_FAILED, "was aborted"},
        {SYM_KIND_OVERLAP_COUNT, SYM_EXCHANGE_DONE, true, SYM_EXIT_DENIED, "is withheld"},
        {SYM_KIND_TABULATE, SYM_EXCHANGE_DONE, false, SYM_EXIT_FAILED, "no longer here"},
        {SYM_KIND_OVERLAP_TABLE, SYM_EXCHANGE_RUNNING, false, SYM_EXIT_FAILED, "has not ended yet"},
        {SYM_KIND_PING, SYM_EXCHANGE_DONE, false, SYM_EXIT_FAILED, "counts nothing"},
    };
    static struct run r;
    char path[256];
    char words[512];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        changed = entry(cases[i].kind, cases[i].state);
        changed.withheld = cases[i].withheld;
        fake_node_start(*state, as_changed);
        (void)snprintf(words, sizeof words, "report|%s|--exchange|4f1c", path_in(path, *state));
        run(&r, words);
        assert_shows(r.err, cases[i].says);
        assert_int_equal(r.code, cases[i].code);
        assert_int_not_equal(access(path, F_OK), 0);
        fake_node_stop(*state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_others_stays_text),
        cmocka_unit_test(no_label_opens_an_element_in_tables_or_document),
        cmocka_unit_test(the_document_is_in_it_byte_for_byte_but_for_its_angle_brackets),
        cmocka_unit_test(what_is_not_shown_is_never_zero),
        cmocka_unit_test(a_plain_page_runs_nothing_and_says_why_it_is_plain),
        cmocka_unit_test(a_heading_says_of_what_data_and_time),
        cmocka_unit_test(a_column_of_counts_says_of_what),
        cmocka_unit_test(a_dataset_may_be_called_this_node_and_stays_so),
        cmocka_unit_test(an_overlap_says_what_was_compared_and_who_counted),
        cmocka_unit_test(large_levels_list_what_has_a_count),
        cmocka_unit_test(refuses_what_is_no_report_or_does_not_agree_with_itself),
        WITH_NODE(writes_a_private_file_and_has_it_logged),
        WITH_NODE(leaves_no_file_that_the_log_does_not_know),
        WITH_NODE(refuses_single_records_before_it_asks_for_them),
        WITH_NODE(refuses_what_has_no_result_and_says_why),
    };
    return cmocka_run_group_tests(tests, fake_node_start_tests, NULL);
}
