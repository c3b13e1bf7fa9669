/* Tables, and the values in them. */
#include "cli/format.h"
#include "cli/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <string.h>

#define OUT_BYTES 16384

static const struct sym_column columns[] = {
    {.title = "NAME"}, {.title = "COUNT", .right = true}, {.title = "NOTE"}};

static void print(char out[OUT_BYTES], struct sym_table *t)
{
    FILE *to = tmpfile();
    assert_non_null(to);
    assert_int_equal(sym_table_print(t, to), SYM_OK);
    rewind(to);
    out[fread(out, 1, OUT_BYTES - 1, to)] = '\0';
    (void)fclose(to);
}

static void put_row(struct sym_table *t, const char *name, int n, const char *note)
{
    sym_table_text(t, sym_span_text(name));
    sym_table_format(t, "%d", n);
    sym_table_text(t, sym_span_text(note));
}

static void columns_line_up_with_numbers_to_the_right(void **state)
{
    (void)state;
    char out[OUT_BYTES];
    struct sym_table *t = sym_table_new(columns, 3);
    put_row(t, "a", 5, "x");
    put_row(t, "longer name", 1234567, "");
    print(out, t);
    assert_string_equal(out, "NAME           COUNT  NOTE\n"
                             "a                  5  x\n"
                             "longer name  1234567  \n");
}

static void wide_and_combining_characters_take_the_columns_of_a_terminal(void **state)
{
    (void)state;
    char out[OUT_BYTES];
    struct sym_table *t = sym_table_new(columns, 3);
    put_row(t, "\xe6\x97\xa5\xe6\x9c\xac", 1, "wide");       /* two characters, four columns */
    put_row(t, "e\xcc\x81t\xc3\xa9", 1, "combining accent"); /* three columns */
    put_row(t, "abcd", 1, "plain");
    print(out, t);
    assert_string_equal(out, "NAME  COUNT  NOTE\n"
                             "\xe6\x97\xa5\xe6\x9c\xac      1  wide\n"
                             "e\xcc\x81t\xc3\xa9       1  combining accent\n"
                             "abcd      1  plain\n");
}

static void an_empty_table_shows_its_titles(void **state)
{
    (void)state;
    char out[OUT_BYTES];
    print(out, sym_table_new(columns, 3));
    assert_string_equal(out, "NAME  COUNT  NOTE\n");
}

static void a_line_takes_the_place_of_titles_above_nothing(void **state)
{
    (void)state;
    char out[OUT_BYTES];
    struct sym_table *t = sym_table_new(columns, 3);
    sym_table_when_empty(t, "no names yet: symbolon name");
    print(out, t);
    assert_string_equal(out, "no names yet: symbolon name\n");
    t = sym_table_new(columns, 3);
    sym_table_when_empty(t, "no names yet: symbolon name");
    put_row(t, "a", 1, "x");
    print(out, t);
    assert_string_equal(out, "NAME  COUNT  NOTE\na         1  x\n");
    sym_table_when_empty(NULL, "nothing");
}

static void without_titles_there_are_only_rows(void **state)
{
    (void)state;
    static const struct sym_column plain[] = {{.title = NULL}, {.title = NULL}};
    char out[OUT_BYTES];
    struct sym_table *t = sym_table_new(plain, 2);
    sym_table_format(t, "node");
    sym_table_bool(t, true);
    sym_table_format(t, "started");
    sym_table_time(t, 1790000000);
    print(out, t);
    assert_string_equal(out, "node     yes\nstarted  2026-09-21T14:13:20Z\n");
}

static void nothing_is_cut_however_long(void **state)
{
    (void)state;
    char name[3000];
    char out[OUT_BYTES];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct sym_table *t = sym_table_new(columns, 3);
    put_row(t, name, 1, "end");
    print(out, t);
    assert_non_null(strstr(out, name));
    assert_non_null(strstr(out, "end\n"));
}

static void a_table_without_memory_is_an_error_not_a_crash(void **state)
{
    (void)state;
    sym_table_text(NULL, sym_span_text("x"));
    sym_table_format(NULL, "%d", 1);
    sym_table_free(NULL);
    assert_int_equal(sym_table_print(NULL, stdout), SYM_NO_MEMORY);
}

static void holds_many_cells_and_frees_them_unprinted(void **state)
{
    (void)state;
    struct sym_table *t = sym_table_new(columns, 3);
    for (int i = 0; i < 1000; i++) {
        put_row(t, "name", i, "note");
    }
    sym_table_free(t);
}

static void shows(const char *from, size_t len, const char *to)
{
    char out[256];
    sym_format_text(out, sizeof out, sym_span(from, len));
    assert_string_equal(out, to);
}

#define SHOWS(from, to) shows(from, sizeof from - 1, to)

static void names_in_any_script_are_shown_as_they_are(void **state)
{
    (void)state;
    SHOWS("Bank A", "Bank A");
    SHOWS("Zo\xc3\xab & \xd0\x91\xd0\xb0\xd0\xbd\xd0\xba",
          "Zo\xc3\xab & \xd0\x91\xd0\xb0\xd0\xbd\xd0\xba");
    SHOWS("\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae",
          "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae"); /* joiner */
    SHOWS("", "");
}

static void control_characters_cannot_reach_the_terminal(void **state)
{
    (void)state;
    SHOWS("a\x1b[2Jb", "a\\x1b[2Jb");
    SHOWS("a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd");
    SHOWS("a\x7f", "a\\x7f");
    SHOWS("a\0b", "a\\x00b");
    SHOWS("a\xc2\x9b"
          "2J",
          "a\\u{9b}2J"); /* the one-byte CSI of some terminals */
}

static void characters_that_hide_or_reorder_are_shown_by_number(void **state)
{
    (void)state;
    SHOWS("A\xe2\x80\xae"
          "knab",
          "A\\u{202e}knab");
    SHOWS("A\xe2\x80\x8b"
          "B",
          "A\\u{200b}B");
    SHOWS("\xef\xbb\xbf"
          "A",
          "\\u{feff}A");
    SHOWS("\xf3\xa0\x81\x81", "\\u{e0041}");
}

static void bytes_that_are_not_utf8_are_shown_one_by_one(void **state)
{
    (void)state;
    SHOWS("a\xff\xfe"
          "b",
          "a\\xff\\xfe"
          "b");
    SHOWS("\xc0\xaf", "\\xc0\\xaf");          /* overlong */
    SHOWS("\xed\xa0\x80", "\\xed\\xa0\\x80"); /* surrogate */
    SHOWS("\xe2\x82", "\\xe2\\x82");          /* cut */
}

static void text_that_does_not_fit_is_cut_between_characters(void **state)
{
    (void)state;
    char out[6];
    sym_format_text(out, sizeof out, sym_span_text("abc\xe2\x82\xac"));
    assert_string_equal(out, "abc");
    sym_format_text(out, sizeof out, sym_span_text("ab\x1b"));
    assert_string_equal(out, "ab");
}

static void cut_is(const char *text, size_t most, const char *to)
{
    char out[64];
    (void)snprintf(out, sizeof out, "%s", text);
    sym_format_cut(out, sizeof out, most);
    assert_string_equal(out, to);
    assert_true(sym_format_columns(out) <= most);
}

static void text_that_is_too_wide_is_cut_by_columns(void **state)
{
    (void)state;
    cut_is("Bank A", 6, "Bank A");
    cut_is("Bank A", 5, "Bank\xe2\x80\xa6");
    cut_is("Bank A", 2, "B\xe2\x80\xa6");
    cut_is("Bank A", 1, "\xe2\x80\xa6");
    cut_is("Bank A", 0, "");
    cut_is("", 0, "");
    /* Two bytes, one column; three bytes, two columns; a mark that takes none. */
    cut_is("Zo\xc3\xab Bank", 5, "Zo\xc3\xab \xe2\x80\xa6");
    cut_is("\xe9\x8a\x80\xe8\xa1\x8c", 4, "\xe9\x8a\x80\xe8\xa1\x8c");
    cut_is("\xe9\x8a\x80\xe8\xa1\x8c", 3, "\xe9\x8a\x80\xe2\x80\xa6");
    cut_is("\xe9\x8a\x80\xe8\xa1\x8c", 2, "\xe2\x80\xa6");
    cut_is("e\xcc\x81"
           "ab",
           2, "e\xcc\x81\xe2\x80\xa6");
    char tight[3] = "ab"; /* no room for the mark */
    sym_format_cut(tight, sizeof tight, 1);
    assert_string_equal(tight, "");
}

static void time_is(uint64_t seconds, const char *text)
{
    char out[SYM_FORMAT_BYTES];
    sym_format_time(out, seconds);
    assert_string_equal(out, text);
}

static void times_are_in_utc_and_impossible_ones_a_dash(void **state)
{
    (void)state;
    time_is(1790000000, "2026-09-21T14:13:20Z");
    time_is(253402300799, "9999-12-31T23:59:59Z");
    time_is(0, "-");
    time_is(253402300800, "-");
    time_is(UINT64_MAX, "-");
}

static void duration_is(uint64_t seconds, const char *text)
{
    char out[SYM_FORMAT_BYTES];
    sym_format_duration(out, seconds);
    assert_string_equal(out, text);
}

static void durations_are_words(void **state)
{
    (void)state;
    duration_is(0, "0 seconds");
    duration_is(1, "1 second");
    duration_is(59, "59 seconds");
    duration_is(60, "1 minute");
    duration_is(61, "1 minute 1 second");
    duration_is(7322, "2 hours 2 minutes");
    duration_is(86400, "1 day");
    duration_is(86401, "1 day");
    duration_is(3 * 86400 + 7200, "3 days 2 hours");
    duration_is(UINT64_MAX, "213503982334601 days 7 hours");
}

static void latency_is(uint64_t us, const char *text)
{
    char out[SYM_FORMAT_BYTES];
    sym_format_latency(out, us);
    assert_string_equal(out, text);
}

static void latencies_have_three_digits(void **state)
{
    (void)state;
    latency_is(0, "0 us");
    latency_is(999, "999 us");
    latency_is(1000, "1.00 ms");
    latency_is(9996, "10.0 ms");
    latency_is(12345, "12.3 ms");
    latency_is(123456, "123 ms");
    latency_is(999499, "999 ms");
    latency_is(999500, "1.00 s");
    latency_is(61000000, "61.0 s");
}

static void bytes_are(uint64_t bytes, const char *text)
{
    char out[SYM_FORMAT_BYTES];
    sym_format_bytes(out, bytes);
    assert_string_equal(out, text);
}

static void sizes_are_in_powers_of_1024(void **state)
{
    (void)state;
    bytes_are(0, "0 bytes");
    bytes_are(1023, "1023 bytes");
    bytes_are(1024, "1.00 KiB");
    bytes_are(64 << 20, "64.0 MiB");
    bytes_are(1023 * 1024, "1.00 MiB");
    bytes_are(UINT64_MAX, "16.0 EiB");
}

static void hex_stands_in_groups_and_stays_in_its_room(void **state)
{
    (void)state;
    const uint8_t data[] = {0x1a, 0x2b, 0x3c, 0x4d, 0x5e};
    char out[5 * 5 / 2 + 2];
    sym_format_hex_groups(out, sizeof out, data, 5);
    assert_string_equal(out, "1a2b 3c4d 5e");
    sym_format_hex_groups(out, 6, data, 5);
    assert_string_equal(out, "1a2b");
    sym_format_hex_groups(out, sizeof out, data, 0);
    assert_string_equal(out, "");
}

static int start(void **state)
{
    (void)state;
    return setlocale(LC_CTYPE, "C.UTF-8") != NULL ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_line_up_with_numbers_to_the_right),
        cmocka_unit_test(wide_and_combining_characters_take_the_columns_of_a_terminal),
        cmocka_unit_test(an_empty_table_shows_its_titles),
        cmocka_unit_test(a_line_takes_the_place_of_titles_above_nothing),
        cmocka_unit_test(without_titles_there_are_only_rows),
        cmocka_unit_test(nothing_is_cut_however_long),
        cmocka_unit_test(a_table_without_memory_is_an_error_not_a_crash),
        cmocka_unit_test(holds_many_cells_and_frees_them_unprinted),
        cmocka_unit_test(names_in_any_script_are_shown_as_they_are),
        cmocka_unit_test(control_characters_cannot_reach_the_terminal),
        cmocka_unit_test(characters_that_hide_or_reorder_are_shown_by_number),
        cmocka_unit_test(bytes_that_are_not_utf8_are_shown_one_by_one),
        cmocka_unit_test(text_that_does_not_fit_is_cut_between_characters),
        cmocka_unit_test(text_that_is_too_wide_is_cut_by_columns),
        cmocka_unit_test(times_are_in_utc_and_impossible_ones_a_dash),
        cmocka_unit_test(durations_are_words),
        cmocka_unit_test(latencies_have_three_digits),
        cmocka_unit_test(sizes_are_in_powers_of_1024),
        cmocka_unit_test(hex_stands_in_groups_and_stays_in_its_room),
    };
    return cmocka_run_group_tests_name("table", tests, start, NULL);
}
