#include "node/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmocka.h>

static char got[4096];

static int out = -1;
static int saved = -1;

/* stderr becomes a pipe for the time of one line. */
static void begin(void)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    out = ends[0];
    saved = dup(STDERR_FILENO);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(close(ends[1]), 0);
}

static void end(void)
{
    (void)dup2(saved, STDERR_FILENO);
    (void)close(saved);
    ssize_t n = read(out, got, sizeof got - 1);
    (void)close(out);
    assert_true(n > 0);
    got[n] = '\0';
}

static void expect_end(const char *tail)
{
    size_t len = strlen(got);
    assert_true(len >= strlen(tail));
    assert_string_equal(got + len - strlen(tail), tail);
}

static void writes_time_level_process_event_and_pairs(void **state)
{
    (void)state;
    assert_int_equal(prctl(PR_SET_NAME, "symbolond-gate", 0, 0, 0), 0);
    begin();
    sym_log(SYM_LEVEL_INFO, "link-up", "peer", "bank-b", "address", "127.0.0.1:7702", NULL);
    end();
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int ms = 0;
    char z = 0;
    assert_int_equal(sscanf(got, "time=%4d-%2d-%2dT%2d:%2d:%2d.%3d%c", &year, &month, &day, &hour,
                            &minute, &second, &ms, &z),
                     8);
    assert_int_equal(z, 'Z');
    assert_true(year >= 2024 && month <= 12 && day <= 31);
    expect_end(" level=info process=gate event=link-up peer=bank-b address=127.0.0.1:7702\n");
}

static void names_the_level(void **state)
{
    (void)state;
    begin();
    sym_log(SYM_LEVEL_ERROR, "x", NULL);
    end();
    assert_non_null(strstr(got, " level=error "));
    begin();
    sym_log(SYM_LEVEL_WARN, "x", NULL);
    end();
    assert_non_null(strstr(got, " level=warn "));
}

static void prints_a_name_without_dash_whole(void **state)
{
    (void)state;
    assert_int_equal(prctl(PR_SET_NAME, "symbolond", 0, 0, 0), 0);
    begin();
    sym_log(SYM_LEVEL_INFO, "x", NULL);
    end();
    assert_non_null(strstr(got, " process=symbolond "));
}

static void refuses_to_let_a_value_break_the_line(void **state)
{
    (void)state;
    begin();
    sym_log(SYM_LEVEL_INFO, "x", "v", "a\nlevel=error \"b\"\\\x01\x7f\xc3\xa9", NULL);
    end();
    expect_end(" v=\"a\\nlevel=error \\\"b\\\"\\\\\\x01\\x7f\\xc3\\xa9\"\n");
    assert_ptr_equal(strchr(got, '\n'), got + strlen(got) - 1);
}

static void quotes_what_could_be_mistaken_for_a_pair(void **state)
{
    (void)state;
    begin();
    sym_log(SYM_LEVEL_INFO, "x", "a", "k=v", "b", "", "c", NULL, "d", "caf\xc3\xa9", "e", "\x7f",
            NULL);
    end();
    expect_end(" a=\"k=v\" b=\"\" c=- d=\"caf\\xc3\\xa9\" e=\"\\x7f\"\n");
}

static void cuts_a_line_that_is_too_long(void **state)
{
    (void)state;
    char flood[3000];
    memset(flood, '\n', sizeof flood);
    flood[sizeof flood - 1] = '\0';
    begin();
    sym_log(SYM_LEVEL_INFO, "x", "v", flood, "never", "seen", NULL);
    end();
    assert_true(strlen(got) <= SYM_LOG_BYTES);
    assert_true(strlen(got) >= SYM_LOG_BYTES - 8);
    expect_end("\\n...\n");
    assert_null(strstr(got, "never"));
}

/* Until a pipe that nobody reads takes no more. */
static void fill(int in)
{
    static const char some[1024];
    int flags = fcntl(in, F_GETFL);
    assert_int_equal(fcntl(in, F_SETFL, flags | O_NONBLOCK), 0);
    while (write(in, some, sizeof some) > 0) {
    }
    assert_int_equal(fcntl(in, F_SETFL, flags), 0);
}

static void drain(void)
{
    char some[1024];
    int flags = fcntl(out, F_GETFL);
    assert_int_equal(fcntl(out, F_SETFL, flags | O_NONBLOCK), 0);
    while (read(out, some, sizeof some) > 0) {
    }
    assert_int_equal(fcntl(out, F_SETFL, flags), 0);
}

static void does_not_wait_for_a_reader_that_has_stopped(void **state)
{
    (void)state;
    begin();
    fill(STDERR_FILENO);
    (void)alarm(10); /* ends this program where a line waits */
    sym_log(SYM_LEVEL_INFO, "first", NULL);
    sym_log(SYM_LEVEL_INFO, "second", NULL);
    (void)alarm(0);
    drain();
    sym_log(SYM_LEVEL_INFO, "third", NULL);
    end();
    const char *lost = strstr(got, " event=lines-lost count=2\n");
    assert_non_null(lost);
    assert_non_null(strstr(lost, " event=third\n"));
    assert_null(strstr(got, "first"));
    begin();
    sym_log(SYM_LEVEL_INFO, "fourth", NULL);
    end();
    assert_null(strstr(got, "lines-lost"));
}

static void counts_what_a_full_disk_does_not_take(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    int before = dup(STDERR_FILENO);
    assert_true(full >= 0 && before >= 0);
    assert_int_equal(dup2(full, STDERR_FILENO), STDERR_FILENO);
    for (int i = 0; i < 3; i++) {
        sym_log(SYM_LEVEL_INFO, "into-nothing", NULL);
    }
    assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
    (void)close(before);
    (void)close(full);
    begin();
    sym_log(SYM_LEVEL_INFO, "there-is-room", NULL);
    end();
    const char *lost = strstr(got, " event=lines-lost count=3\n");
    assert_non_null(lost);
    assert_non_null(strstr(lost, " event=there-is-room\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_time_level_process_event_and_pairs),
        cmocka_unit_test(names_the_level),
        cmocka_unit_test(prints_a_name_without_dash_whole),
        cmocka_unit_test(refuses_to_let_a_value_break_the_line),
        cmocka_unit_test(quotes_what_could_be_mistaken_for_a_pair),
        cmocka_unit_test(cuts_a_line_that_is_too_long),
        cmocka_unit_test(does_not_wait_for_a_reader_that_has_stopped),
        cmocka_unit_test(counts_what_a_full_disk_does_not_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
