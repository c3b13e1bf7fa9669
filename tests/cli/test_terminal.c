/* What is different at a terminal: questions, progress, the fingerprint beside the card. */
#include "cli/format.h"
#include "cli/progress.h"
#include "cli/prompt.h"
#include "tests/cli/fake_node.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

/* Makes the terminal at this path the only one of the child: input, output and errors. */
static void take_terminal(const char *path)
{
    (void)setsid();
    int fd = open(path, O_RDWR);
    struct termios plain;
    if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) != 0 || tcgetattr(fd, &plain) != 0) {
        _exit(98);
    }
    plain.c_lflag &= ~(tcflag_t)ECHO;
    plain.c_oflag &= ~(tcflag_t)OPOST;
    (void)tcsetattr(fd, TCSANOW, &plain);
    (void)dup2(fd, 0);
    (void)dup2(fd, 1);
    (void)dup2(fd, 2);
    (void)signal(SIGINT, SIG_DFL); /* who runs in the background ignores it */
}

/* All that is printed until the terminal is closed; typed is sent when "[y/N]" appears. */
static void talk(char *out, size_t size, int terminal, const char *typed)
{
    size_t used = 0;
    ssize_t n;
    while (used + 1 < size && (n = read(terminal, out + used, size - 1 - used)) > 0) {
        used += (size_t)n;
        out[used] = '\0';
        if (typed != NULL && strstr(out, "[y/N]") != NULL) {
            assert_int_equal(write(terminal, typed, strlen(typed)), (ssize_t)strlen(typed));
            typed = NULL;
        }
    }
    out[used] = '\0';
}

/* Runs the command line at a terminal of its own, so wide; 0: it does not say. */
static int at_narrow(char *out, size_t size, unsigned short columns, const char *words,
                     const char *typed)
{
    const struct winsize window = {.ws_row = columns > 0 ? 24 : 0, .ws_col = columns};
    char copy[1024];
    char *argv[RUN_WORDS_MAX] = {NULL};
    int argc = 0;
    char *rest = NULL;
    char path[128];
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    assert_int_equal(ptsname_r(terminal, path, sizeof path), 0);
    assert_int_equal(ioctl(terminal, TIOCSWINSZ, &window), 0);
    (void)snprintf(copy, sizeof copy, "symbolon|%s", words);
    for (char *word = strtok_r(copy, "|", &rest); word != NULL; word = strtok_r(NULL, "|", &rest)) {
        argv[argc++] = word;
    }
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(terminal);
        take_terminal(path);
        exit((int)sym_dispatch(argc, argv));
    }
    talk(out, size, terminal, typed);
    (void)close(terminal);
    return run_code(child);
}

static int at_terminal(char *out, size_t size, const char *words, const char *typed)
{
    return at_narrow(out, size, 0, words, typed);
}

static enum sym_err a_core(struct fake_call *call)
{
    static const struct sym_peer_list list = {0};
    call->answer = &list;
    return SYM_OK;
}

static int add(char out[16384], struct fake_node *node, const char *typed)
{
    static char text[8192];
    char words[512];
    text[0] = '\0';
    fake_card(text, sizeof text, NULL, "Bank D", "d.example:7701");
    fake_write(node->dir, "card", sym_span_text(text), 0644);
    (void)snprintf(words, sizeof words, "peer|add|%s/card", node->dir);
    return at_terminal(out, 16384, words, typed);
}

static void a_peer_is_added_when_the_fingerprint_is_confirmed(void **state)
{
    static char out[16384];
    char asked[8192];
    fake_node_start(*state, a_core);
    assert_int_equal(add(out, *state, "y\n"), SYM_EXIT_DONE);
    assert_shows(out, "Compare this with the fingerprint that Bank D reads to you. Add? [y/N]");
    assert_shows(out, "bank-d: pinned\n");
    assert_int_equal(add(out, *state, "YES\n"), SYM_EXIT_DONE);
    fake_notes(asked, *state);
    assert_string_equal(asked, "PEER_LIST\nPEER_ADD\nPEER_LIST\nPEER_ADD\n");
}

static void nothing_is_added_without_a_clear_yes(void **state)
{
    static const char *const typed[] = {"n\n", "\n", "yesterday\n", "\x04", "y es\n"};
    static char out[16384];
    char asked[8192];
    fake_node_start(*state, a_core);
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        assert_int_equal(add(out, *state, typed[i]), SYM_EXIT_FAILED);
        assert_shows(out, "nothing was added");
    }
    fake_notes(asked, *state);
    assert_null(strstr(asked, "PEER_ADD"));
}

/* Bank D is a peer, and suspects a dataset; nothing else is here. */
static enum sym_err a_full_core(struct fake_call *call)
{
    static const uint8_t id[SYM_NODE_ID_BYTES] = {1};
    static struct sym_peer_row peer;
    static const struct sym_peer_list peers = {.peers = &peer, .n_peers = 1};
    static struct sym_dataset_row dataset;
    peer = (struct sym_peer_row){.alias = sym_span_text("bank-d"),
                                 .name = sym_span_text("Bank D"),
                                 .role = SYM_ROLE_BANK,
                                 .id = sym_span(id, sizeof id),
                                 .serial = 1};
    dataset = (struct sym_dataset_row){.name = sym_span_text("suspects")};
    if (call->verb == SYM_VERB_PEER_LIST) {
        call->answer = &peers;
    } else if (call->verb == SYM_VERB_DATASET_SHOW) {
        const struct sym_dataset_name *name = call->arguments;
        call->answer = &dataset;
        (void)snprintf(call->fault, sizeof call->fault, "dataset: does not exist");
        return sym_span_equal(name->name, dataset.name) ? SYM_OK : SYM_NOT_FOUND;
    }
    return SYM_OK;
}

static void nobody_is_asked_about_what_is_not_there(void **state)
{
    static char out[16384];
    char asked[8192];
    fake_node_start(*state, a_full_core);
    assert_int_equal(at_terminal(out, sizeof out, "peer|remove|bank-x", "y\n"), SYM_EXIT_FAILED);
    assert_shows(out, "peer bank-x: is not pinned; \"symbolon peer list\" names those that are");
    assert_shows_not(out, "[y/N]");
    assert_int_equal(at_terminal(out, sizeof out, "dataset|drop|nope", "y\n"), SYM_EXIT_FAILED);
    assert_shows(out, "dataset: does not exist");
    assert_shows_not(out, "[y/N]");
    assert_int_equal(at_terminal(out, sizeof out, "log|accept|bank-x", "y\n"), SYM_EXIT_FAILED);
    assert_shows(out, "peer bank-x: is not pinned; \"symbolon peer list\" names those that are");
    assert_shows_not(out, "[y/N]");
    fake_notes(asked, *state);
    assert_string_equal(asked, "PEER_LIST\nDATASET_SHOW\nPEER_LIST\n");
}

static void a_peer_stays_unless_its_removal_is_confirmed(void **state)
{
    static char out[16384];
    char asked[8192];
    fake_node_start(*state, a_full_core);
    assert_int_equal(at_terminal(out, sizeof out, "peer|remove|bank-d", "n\n"), SYM_EXIT_FAILED);
    assert_shows(out, "bank-d: stays");
    fake_notes(asked, *state);
    assert_string_equal(asked, "PEER_LIST\n");
    assert_int_equal(at_terminal(out, sizeof out, "peer|remove|bank-d", "y\n"), SYM_EXIT_DONE);
    assert_int_equal(at_terminal(out, sizeof out, "peer|remove|bank-d|--yes", NULL), SYM_EXIT_DONE);
    assert_shows_not(out, "[y/N]");
}

static void the_card_at_a_terminal_has_its_fingerprint_beside_it(void **state)
{
    struct fake_node *node = *state;
    static char out[16384];
    char words[SYM_FINGERPRINT_BYTES];
    assert_int_equal(at_terminal(out, sizeof out, "card", NULL), SYM_EXIT_DONE);
    sym_fingerprint_words(words, &node->id);
    words[strcspn(words, " ")] = '\0';
    assert_shows(out, "symbolon-card/1\n");
    assert_shows(out, "fingerprint  ");
    assert_shows(out, words);
}

static enum sym_err half_way(struct fake_call *call)
{
    static const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {1};
    static const struct sym_exchange_name name = {.id = {id, sizeof id}};
    static struct sym_exchange_row row;
    row = (struct sym_exchange_row){.id = sym_span(id, sizeof id),
                                    .state =
                                        call->number < 4 ? SYM_EXCHANGE_RUNNING : SYM_EXCHANGE_DONE,
                                    .done = 1 << 20,
                                    .total = 2 << 20,
                                    .elapsed_us = 1000000,
                                    .round_trip_us = 1000};
    call->answer = call->verb == SYM_VERB_PING_START ? (const void *)&name : (const void *)&row;
    return SYM_OK;
}

static void long_work_shows_progress_and_takes_it_away(void **state)
{
    static char out[16384];
    fake_node_start(*state, half_way);
    assert_int_equal(at_terminal(out, sizeof out, "peer|ping|bank-b|--mib|2", NULL), SYM_EXIT_DONE);
    const char *drawn = strstr(out, "\r\033[Kbank-b: 1.00 MiB of 2.00 MiB, ");
    assert_non_null(drawn);
    assert_shows(drawn, "\r\033[Kbank-b: 1.00 ms, 2.00 MiB in 1.00 s (2.00 MiB/s)");
}

/* A line that is as wide as the terminal, or wider, goes on in the next, which nothing takes away.
 */
static void progress_stays_within_one_line_of_the_terminal(void **state)
{
    static const char clear[] = "\r\033[K";
    static char out[16384];
    fake_node_start(*state, half_way);
    assert_int_equal(at_narrow(out, sizeof out, 24, "peer|ping|bank-b|--mib|2", NULL),
                     SYM_EXIT_DONE);
    assert_shows(out, "\r\033[Kbank-b: 1.00 MiB of 2.\xe2\x80\xa6\r");
    size_t drawn = 0;
    for (char *at = strstr(out, clear); at != NULL; drawn++) {
        char *line = at + strlen(clear);
        at = strstr(line, clear);
        if (at != NULL) {
            *at = '\0';
            assert_in_range(sym_format_columns(line), 0, 23);
        }
    }
    assert_true(drawn > 1);
}

static enum sym_err an_overlap(struct fake_call *call)
{
    static const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {1};
    static const struct sym_exchange_name name = {.id = {id, sizeof id}};
    static struct sym_exchange_row row;
    row = (struct sym_exchange_row){.id = sym_span(id, sizeof id),
                                    .state = call->number < 8 ? SYM_EXCHANGE_RUNNING
                                                              : SYM_EXCHANGE_ABORTED,
                                    .done = 10000,
                                    .total = 40000,
                                    .bytes_sent = 1 << 20,
                                    .bytes_received = 1 << 20};
    call->answer = call->verb == SYM_VERB_OVERLAP_START ? (const void *)&name : (const void *)&row;
    return SYM_OK;
}

static void an_overlap_shows_elements_bytes_rate_and_time_left(void **state)
{
    static char out[16384];
    fake_node_start(*state, an_overlap);
    assert_int_equal(at_terminal(out, sizeof out,
                                 "overlap|--peer|bank-b|--mine|m|--theirs|t|--reveal|count"
                                 "|--purpose|aml|--basis|314b|--case|C",
                                 NULL),
                     SYM_EXIT_FAILED);
    const char *drawn = strstr(out, "\r\033[Kbank-b: 10000 of 40000, 2.00 MiB, ");
    assert_non_null(drawn);
    assert_shows(drawn, "/s, ");
    assert_shows(drawn, " left");
}

static enum sym_err a_plan(struct fake_call *call)
{
    static const struct sym_span members[1] = {{NULL, 0}};
    static const struct sym_tabulate_plan plan = {.members = members, .n_members = 1};
    call->answer = &plan;
    return SYM_OK;
}

#define JOINT                                                                                      \
    "hotspots|--peers|all|--dataset|d|--purpose|test|--basis|consent|--case|C|--by|country,year"

static void a_question_is_not_asked_without_a_clear_yes(void **state)
{
    static char out[16384];
    char asked[8192];
    fake_node_start(*state, a_plan);
    assert_int_equal(at_terminal(out, sizeof out, JOINT, "n\n"), SYM_EXIT_FAILED);
    assert_shows(out, "nothing was asked, and nothing is spent");
    assert_int_equal(at_terminal(out, sizeof out, JOINT, "\x03\n"), 128 + SIGINT); /* Ctrl-C */
    fake_notes(asked, *state);
    assert_string_equal(asked, "TABULATE_PLAN\nTABULATE_PLAN\n");
}

static void a_dataset_stays_unless_its_end_is_confirmed(void **state)
{
    static char out[16384];
    char asked[8192];
    fake_node_start(*state, a_full_core);
    assert_int_equal(at_terminal(out, sizeof out, "dataset|drop|suspects", "n\n"), SYM_EXIT_FAILED);
    assert_shows(out, "Erase all that suspects holds? [y/N]");
    assert_shows(out, "suspects: stays");
    fake_notes(asked, *state);
    assert_string_equal(asked, "DATASET_SHOW\n");
    assert_int_equal(at_terminal(out, sizeof out, "dataset|drop|suspects", "y\n"), SYM_EXIT_DONE);
    assert_shows(out, "suspects: erased");
    assert_int_equal(at_terminal(out, sizeof out, "dataset|drop|suspects|--yes", NULL),
                     SYM_EXIT_DONE);
    assert_shows_not(out, "[y/N]");
}

static void an_import_shows_progress_and_takes_it_away_for_what_it_lists(void **state)
{
    struct fake_node *node = *state;
    static char out[16384];
    char words[512];
    fake_write(node->dir, "s.csv", sym_span_text("id,iban\nr1,XX\nr2,DE89370400440532013000\n"),
               0600);
    (void)snprintf(words, sizeof words, "import|%s/s.csv|--dataset|d|--profile|accounts|--dry-run",
                   node->dir);
    assert_int_equal(at_terminal(out, sizeof out, words, NULL), SYM_EXIT_DONE);
    assert_shows(out, "/s.csv:2: iban: ");
    assert_shows(out, "\033[Kd: ");
}

static void text_is(enum sym_progress_unit unit, uint64_t done, uint64_t total, uint64_t now_us,
                    const char *text)
{
    char out[SYM_PROGRESS_BYTES_MAX];
    struct sym_progress p = {.label = "x", .unit = unit, .began_us = 1000000};
    sym_progress_text(out, &p, done, total, now_us);
    assert_string_equal(out, text);
}

static void progress_tells_part_rate_and_time_left(void **state)
{
    (void)state;
    text_is(SYM_PROGRESS_BYTES, 64 << 20, 128 << 20, 3000000,
            "x: 64.0 MiB of 128 MiB, 32.0 MiB/s, 2 seconds left");
    text_is(SYM_PROGRESS_ELEMENTS, 500, 1000, 2000000, "x: 500 of 1000, 500/s, 1 second left");
    text_is(SYM_PROGRESS_ELEMENTS, 1000, 1000, 2000000, "x: 1000 of 1000, 1000/s, 0 seconds left");
}

static void progress_of_elements_tells_their_bytes(void **state)
{
    (void)state;
    char out[SYM_PROGRESS_BYTES_MAX];
    struct sym_progress p = {
        .label = "x", .unit = SYM_PROGRESS_ELEMENTS, .began_us = 1000000, .bytes = 2048};
    sym_progress_text(out, &p, 500, 1000, 2000000);
    assert_string_equal(out, "x: 500 of 1000, 2.00 KiB, 500/s, 1 second left");
    sym_progress_text(out, &p, 500, 0, 2000000);
    assert_string_equal(out, "x: 500, 2.00 KiB, 500/s");
}

static void progress_survives_impossible_figures(void **state)
{
    (void)state;
    text_is(SYM_PROGRESS_BYTES, 0, 100, 1000000, "x: 0 bytes, 0 bytes/s");
    text_is(SYM_PROGRESS_BYTES, 5, 0, 2000000, "x: 5 bytes, 5 bytes/s");
    text_is(SYM_PROGRESS_ELEMENTS, 7, 3, 2000000, "x: 7 of 3, 7/s, 0 seconds left");
    text_is(SYM_PROGRESS_ELEMENTS, 7, 9, 0, "x: 7, 0/s"); /* a clock that ran backwards */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(a_peer_is_added_when_the_fingerprint_is_confirmed),
        WITH_NODE(nothing_is_added_without_a_clear_yes),
        WITH_NODE(a_peer_stays_unless_its_removal_is_confirmed),
        WITH_NODE(nobody_is_asked_about_what_is_not_there),
        WITH_NODE(the_card_at_a_terminal_has_its_fingerprint_beside_it),
        WITH_NODE(long_work_shows_progress_and_takes_it_away),
        WITH_NODE(progress_stays_within_one_line_of_the_terminal),
        WITH_NODE(an_overlap_shows_elements_bytes_rate_and_time_left),
        WITH_NODE(a_question_is_not_asked_without_a_clear_yes),
        WITH_NODE(a_dataset_stays_unless_its_end_is_confirmed),
        WITH_NODE(an_import_shows_progress_and_takes_it_away_for_what_it_lists),
        cmocka_unit_test(progress_tells_part_rate_and_time_left),
        cmocka_unit_test(progress_of_elements_tells_their_bytes),
        cmocka_unit_test(progress_survives_impossible_figures),
    };
    return cmocka_run_group_tests_name("terminal", tests, fake_node_start_tests, NULL);
}
