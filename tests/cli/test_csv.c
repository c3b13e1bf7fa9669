#include "cli/ingest/csv.h"
#include "tests/cli/text_file.h"
#include "tests/support/scratch.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A file that was read to its end, or to its fault. */
struct reading {
    char text[4096]; /* fields end with |, rows with $ */
    uint64_t lines[32];
    size_t n_rows;
    bool unended;
    enum sym_err err;
    struct sym_fault fault;
};

static void append(struct reading *r, struct sym_span s)
{
    size_t used = strlen(r->text);
    size_t len = s.len < sizeof r->text - used - 3 ? s.len : sizeof r->text - used - 3;
    memcpy(r->text + used, len > 0 ? s.data : (const uint8_t *)"", len);
    r->text[used + len] = '\0';
}

static void read_rows(struct reading *r, struct sym_csv *csv)
{
    struct sym_csv_row row = {.n = 1};
    while (r->err == SYM_OK && row.n > 0) {
        r->err = sym_csv_next(&row, csv, &r->fault);
        if (r->err != SYM_OK || row.n == 0) {
            break;
        }
        if (r->n_rows < sizeof r->lines / sizeof *r->lines) {
            r->lines[r->n_rows] = row.line;
        }
        r->n_rows++;
        r->unended = row.unended;
        for (size_t i = 0; i < row.n; i++) {
            append(r, row.fields[i]);
            append(r, sym_span_text("|"));
        }
        append(r, sym_span_text("$"));
    }
}

static void read_bytes(struct reading *r, struct sym_span bytes, char delimiter)
{
    struct text_file file;
    struct sym_csv *csv = NULL;
    *r = (struct reading){.err = SYM_OK};
    text_file_new(&file, bytes);
    assert_int_equal(sym_csv_open(&csv, file.path, delimiter, &r->fault), SYM_OK);
    read_rows(r, csv);
    sym_csv_close(csv);
    text_file_free(&file);
}

static void assert_rows(const char *text, const char *want)
{
    struct reading r;
    read_bytes(&r, sym_span_text(text), ',');
    if (r.err != SYM_OK) {
        fail_msg("%s", r.fault.text);
    }
    assert_string_equal(r.text, want);
}

/* why follows the path, which ends in a number: ":3: is …" */
static void assert_refused_bytes(struct sym_span bytes, enum sym_err err, const char *why)
{
    struct reading r;
    read_bytes(&r, bytes, ',');
    if (r.err != err || strstr(r.fault.text, why) == NULL) {
        fail_msg("%s: \"%s\" instead of \"%s\"", sym_err_name(r.err), r.fault.text, why);
    }
    assert_int_equal(strncmp(r.fault.text, "/proc/self/fd/", 14), 0);
    assert_int_equal(r.fault.err, err);
}

static void assert_refused(const char *text, const char *why)
{
    assert_refused_bytes(sym_span_text(text), SYM_BAD_FORMAT, why);
}

static void reads_rows_with_either_line_end_and_without_the_last(void **state)
{
    (void)state;
    assert_rows("a,b\n1,2\n", "a|b|$1|2|$");
    assert_rows("a,b\r\n1,2\r\n", "a|b|$1|2|$");
    assert_rows("a,b\n1,2", "a|b|$1|2|$");
    assert_rows("a,b\r\n1,2\r", "a|b|$1|2|$");
    assert_rows("a", "a|$");
}

static void a_byte_order_mark_is_no_part_of_the_first_title(void **state)
{
    (void)state;
    assert_rows("\xef\xbb\xbfid,b\n1,2\n", "id|b|$1|2|$");
    assert_rows("\xef\xbb\xbf\"id\",b\n", "id|b|$");
    assert_rows("x\xef\xbb\xbf,b\n", "x\xef\xbb\xbf|b|$");
}

static void quoted_fields_hold_commas_line_ends_and_marks(void **state)
{
    (void)state;
    assert_rows("\"a,b\",\"c\nd\",\"e\r\nf\",\"g\"\"h\"\n", "a,b|c\nd|e\r\nf|g\"h|$");
    assert_rows("\"\",\n", "||$");
    assert_rows(",\n", "||$");
    assert_rows("\"\"\"\"\n", "\"|$");
}

static void spaces_belong_to_their_field(void **state)
{
    (void)state;
    assert_rows(" a ,\tb\t,c d\n", " a |\tb\t|c d|$");
}

static void lines_without_anything_are_passed_over(void **state)
{
    (void)state;
    assert_rows("\n\r\na,b\n\n\n1,2\n\n", "a|b|$1|2|$");
}

static void rows_know_their_line(void **state)
{
    (void)state;
    struct reading r;
    read_bytes(&r, sym_span_text("a,b\n\n\"x\ny\nz\",2\r\n3,4\n\n5,6"), ',');
    assert_int_equal(r.n_rows, 4);
    assert_int_equal(r.lines[0], 1);
    assert_int_equal(r.lines[1], 3);
    assert_int_equal(r.lines[2], 6);
    assert_int_equal(r.lines[3], 8);
    assert_true(r.unended);
    read_bytes(&r, sym_span_text("a,b\n1,2\n"), ',');
    assert_false(r.unended);
}

static void other_delimiters_are_taken(void **state)
{
    (void)state;
    struct reading r;
    read_bytes(&r, sym_span_text("a;b,c\n"), ';');
    assert_string_equal(r.text, "a|b,c|$");
    read_bytes(&r, sym_span_text("a\tb,c\n"), '\t');
    assert_string_equal(r.text, "a|b,c|$");
}

static void text_of_all_scripts_passes(void **state)
{
    (void)state;
    assert_rows("José,Иван,毛,😀\n", "José|Иван|毛|😀|$");
}

/* A row of more than the buffer, with its line end across the end of the buffer. */
static void line_ends_are_not_cut_by_the_buffer(void **state)
{
    (void)state;
    const size_t buffer = 262144;
    uint8_t *bytes = malloc(buffer + 64);
    assert_non_null(bytes);
    for (size_t before = 0; before <= 2; before++) {
        struct reading r;
        memset(bytes, 'x', buffer + 64);
        for (size_t i = 1000; i < buffer; i += 1000) {
            bytes[i] = ',';
        }
        memcpy(bytes + buffer - before, "\r\n", 2);
        bytes[buffer + 63] = '\n';
        read_bytes(&r, sym_span(bytes, buffer + 64), ',');
        if (r.err != SYM_OK) {
            fail_msg("%s", r.fault.text);
        }
        assert_int_equal(r.n_rows, 2);
        assert_int_equal(r.lines[1], 2);
    }
    free(bytes);
}

/* Each length puts a character of two, three or four bytes across the end of the read buffer. */
static void characters_are_not_cut_by_the_buffer(void **state)
{
    (void)state;
    static const char *const characters[] = {"é", "毛", "😀"};
    const size_t buffer = 262144;
    uint8_t *bytes = malloc(buffer + 64);
    assert_non_null(bytes);
    for (size_t c = 0; c < 3; c++) {
        size_t len = strlen(characters[c]);
        for (size_t before = 1; before <= len; before++) {
            struct reading r;
            memset(bytes, 'x', buffer + 64);
            for (size_t i = 1000; i < buffer; i += 1000) {
                bytes[i] = ',';
            }
            memcpy(bytes + buffer - before, characters[c], len);
            bytes[buffer + 63] = '\n';
            read_bytes(&r, sym_span(bytes, buffer + 64), ',');
            if (r.err != SYM_OK) {
                fail_msg("%s", r.fault.text);
            }
            assert_int_equal(r.n_rows, 1);
        }
    }
    free(bytes);
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    char text[256] = "";
    FILE *to = fmemopen(text, sizeof text, "w");
    const struct sym_span fields[] = {sym_span_text("a"), sym_span_text("b,\"c\"\nd"),
                                      sym_span(NULL, 0), sym_span_text(" e ")};
    assert_non_null(to);
    sym_csv_write(to, fields, 4);
    assert_int_equal(fclose(to), 0);
    assert_rows(text, "a|b,\"c\"\nd|| e |$");
}

static void formulas_are_disarmed_wherever_a_cell_may_begin(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"Roma", "Roma"},
        {"=1+1", "'=1+1"},
        {"  @sum", "'  @sum"},
        {"IT.09.x;=1+1", "IT.09.x;'=1+1"},
        {"a; -2;b", "a;' -2;b"},
        {"a;b", "a;b"},
        {"1-2", "1-2"},
        {"x\n=1", "x\n'=1"},
        {"\uff1d1", "'\uff1d1"},
        {";", ";"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[64];
        size_t len = sym_csv_disarm(out, sizeof out, sym_span_text(rows[i][0]));
        assert_int_equal(len, strlen(rows[i][1]));
        assert_memory_equal(out, rows[i][1], len);
    }
    char small[4];
    assert_int_equal(sym_csv_disarm(small, sizeof small, sym_span_text("=1+1")), 4);
    assert_memory_equal(small, "'=1+", 4);
    assert_int_equal(sym_csv_disarm(small, 1, sym_span_text("=1+1")), 1);
}

static void refuses_a_file_with_nothing_in_it(void **state)
{
    (void)state;
    assert_refused("", ":1: is empty");
    assert_refused("\n\n\r\n", ":1: is empty");
    assert_refused("\xef\xbb\xbf", ":1: is empty");
}

static void refuses_bytes_that_are_no_utf_8(void **state)
{
    (void)state;
    assert_refused("a\nJos\xe9\n", ":2: byte 0xe9 is not UTF-8; save the file as UTF-8");
    assert_refused("a\n\n\xc3", ":3: byte 0xc3 is not UTF-8");
    assert_refused("a\n\xed\xa0\x80\n", ":2: byte 0xed is not UTF-8");
    assert_refused("a\n\xc0\xaf\n", ":2: byte 0xc0 is not UTF-8");
    assert_refused("a\n12345678\x80xxxxxxxx\n", ":2: byte 0x80 is not UTF-8");
}

static void refuses_binary_files(void **state)
{
    (void)state;
    static const char nul[] = "a,b\n1,2\n1\0,2\n";
    static const char late[] = "a,b\n12345678901234567890\0,2\n";
    assert_refused_bytes(sym_span(nul, sizeof nul - 1), SYM_BAD_FORMAT, ":3: holds a NUL byte");
    assert_refused_bytes(sym_span(late, sizeof late - 1), SYM_BAD_FORMAT, ":2: holds a NUL byte");
    assert_refused("PK\x03\x04\x14", "is a spreadsheet or an archive");
    assert_refused("\x1f\x8b\x08", "is compressed");
    assert_refused_bytes(sym_span("\xff\xfe\x61\x00", 4), SYM_BAD_FORMAT, "is UTF-16");
    assert_refused_bytes(sym_span("\xfe\xff\x00\x61", 4), SYM_BAD_FORMAT, "is UTF-16");
}

static void refuses_marks_out_of_place(void **state)
{
    (void)state;
    assert_refused("a,b\n1,x\"y\"\n", ":2: a quotation mark inside a field");
    assert_refused("a,b\n1,\"x\"y\n", ":2: a quotation mark inside a field");
    assert_refused("a,b\n1, \"x\"\n", ":2: a quotation mark inside a field");
    assert_refused("a,b\n\"x\ny\"z,1\n", ":3: a quotation mark inside a field");
}

static void refuses_a_file_that_ends_inside_quotes(void **state)
{
    (void)state;
    assert_refused("a,b\n1,\"x\ny\nz\n", ":2: the row that starts here ends inside quotes");
    assert_refused("\"", ":1: the row that starts here ends inside quotes");
    assert_refused("a\n\"x\"\"", ":2: the row that starts here ends inside quotes");
}

static void refuses_carriage_returns_as_line_ends(void **state)
{
    (void)state;
    assert_refused("a,b\r1,2\r3,4\r", ":1: a carriage return alone ends a row");
    assert_refused("a,b\n1,2\r3,4\n", ":2: a carriage return alone ends a row");
    assert_refused("a\n1\r2", ":2: a carriage return alone ends a row");
    assert_refused("a\n1\r\"2\n\"", ":2: a carriage return alone ends a row");
    assert_refused("a\n\"1\n1\"\r\r2\n", ":3: a carriage return alone ends a row");
}

static struct sym_span filled(char c, size_t len)
{
    static char *bytes;
    free(bytes);
    bytes = malloc(len);
    assert_non_null(bytes);
    memset(bytes, c, len);
    return sym_span(bytes, len);
}

static void refuses_fields_without_end(void **state)
{
    (void)state;
    assert_refused_bytes(filled('x', SYM_CSV_FIELD_BYTES_MAX + 1), SYM_TOO_LONG,
                         ":1: a field of the row that starts here is longer than 64 KiB");
    assert_refused_bytes(filled('x', 4u << 20), SYM_TOO_LONG, "longer than 64 KiB");
    struct reading r;
    read_bytes(&r, filled('x', SYM_CSV_FIELD_BYTES_MAX), ',');
    assert_int_equal(r.err, SYM_OK);
}

/* Every line is short; the mark that nobody closes makes one field of them. */
static void refuses_a_mark_that_swallows_the_file(void **state)
{
    (void)state;
    struct sym_span bytes = filled('\n', 1u << 20);
    uint8_t *start = malloc(bytes.len);
    assert_non_null(start);
    memcpy(start, bytes.data, bytes.len);
    memcpy(start, "a,b\n1,\"", 7);
    assert_refused_bytes(sym_span(start, bytes.len), SYM_TOO_LONG,
                         ":2: a field of the row that starts here is longer than 64 KiB; is a "
                         "closing quotation mark missing?");
    free(start);
}

static void refuses_rows_without_end(void **state)
{
    (void)state;
    struct sym_span bytes = filled('x', 2u << 20);
    uint8_t *row = malloc(bytes.len);
    assert_non_null(row);
    memcpy(row, bytes.data, bytes.len);
    for (size_t i = 60000; i < bytes.len; i += 60000) {
        row[i] = ',';
    }
    assert_refused_bytes(sym_span(row, bytes.len), SYM_TOO_LONG,
                         ":1: the row is longer than 1 MiB");
    free(row);
    assert_refused_bytes(filled(',', SYM_CSV_COLUMNS_MAX), SYM_LIMIT,
                         ":1: has more than 512 columns");
    struct reading r;
    read_bytes(&r, filled(',', SYM_CSV_COLUMNS_MAX - 1), ',');
    assert_int_equal(r.err, SYM_OK);
}

static void refuses_files_that_cannot_be_read(void **state)
{
    (void)state;
    struct sym_csv *csv = NULL;
    struct sym_fault fault;
    assert_int_equal(sym_csv_open(&csv, "/nowhere/x.csv", ',', &fault), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "/nowhere/x.csv: "));
    assert_int_equal(sym_csv_open(&csv, "/", ',', &fault), SYM_IO);
    assert_string_equal(fault.text, "/: is a directory; name a file");
    assert_null(csv);
}

/* A pipe gives its bytes in pieces, and has no length. */
static void reads_standard_input_in_pieces(void **state)
{
    (void)state;
    int ends[2];
    struct reading r = {.err = SYM_OK};
    struct sym_csv *csv = NULL;
    uint64_t done = 0;
    uint64_t total = 1;
    int kept = dup(0);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[0], 0), 0);
    pid_t child = fork();
    if (child == 0) {
        for (const char *at = "a,b\n\"1\n\",é\n"; *at != '\0'; at++) {
            if (write(ends[1], at, 1) != 1) {
                _exit(1);
            }
        }
        _exit(0);
    }
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_int_equal(sym_csv_open(&csv, "-", ',', &r.fault), SYM_OK);
    read_rows(&r, csv);
    assert_string_equal(r.text, "a|b|$1\n|é|$");
    sym_csv_position(&done, &total, csv);
    assert_int_equal(done, 12);
    assert_int_equal(total, 0);
    sym_csv_close(csv);
    if (kept >= 0) {
        assert_int_equal(dup2(kept, 0), 0);
        (void)close(kept);
    }
}

/* The open of a pipe without a writer must not wait for one. */
static void a_pipe_is_read_when_somebody_writes(void **state)
{
    (void)state;
    struct scratch s;
    char path[PATH_MAX];
    struct reading r = {.err = SYM_OK};
    struct sym_csv *csv = NULL;
    scratch_new(&s);
    scratch_join(path, s.path, "pipe\x1b");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(sym_csv_open(&csv, path, ',', &r.fault), SYM_OK);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(path, O_WRONLY);
        _exit(fd >= 0 && write(fd, "a\n1\"\n", 6) == 6 ? 0 : 1);
    }
    read_rows(&r, csv);
    assert_string_equal(r.text, "a|$");
    assert_int_equal(r.err, SYM_BAD_FORMAT);
    assert_non_null(strstr(r.fault.text, "/pipe\\x1b:2: a quotation mark"));
    sym_csv_close(csv);
    scratch_remove(&s);
}

/* A file of 24 MiB must not take 24 MiB. */
/* What is read of it is neither what it was nor what it will be. */
static void refuses_a_file_that_is_written_meanwhile(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        struct text_file file;
        struct reading r = {.err = SYM_OK};
        struct sym_csv *csv = NULL;
        const struct timespec then[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
        text_file_new(&file, sym_span_text("a,b\n1,2\n"));
        assert_int_equal(sym_csv_open(&csv, file.path, ',', &r.fault), SYM_OK);
        assert_int_equal(how == 0   ? ftruncate(file.fd, 4)
                         : how == 1 ? (int)write(file.fd, "3,4\n", 4) - 4
                                    : futimens(file.fd, then),
                         0);
        read_rows(&r, csv);
        assert_int_equal(r.err, SYM_IO);
        assert_non_null(strstr(r.fault.text, "was written to while it was read"));
        sym_csv_close(csv);
        text_file_free(&file);
    }
}

static void memory_does_not_grow_with_the_file(void **state)
{
    (void)state;
    struct text_file file;
    struct sym_csv *csv = NULL;
    struct sym_csv_row row = {.n = 1};
    struct sym_fault fault;
    uint64_t done = 0;
    uint64_t total = 0;
    size_t rows = 0;
    size_t before = mallinfo2().uordblks;
    static char line[4096];
    memset(line, 'x', sizeof line);
    line[2000] = ',';
    line[sizeof line - 1] = '\n';
    text_file_new(&file, sym_span(NULL, 0));
    for (size_t i = 0; i < 6144; i++) {
        assert_int_equal(write(file.fd, line, sizeof line), (ssize_t)sizeof line);
    }
    assert_int_equal(sym_csv_open(&csv, file.path, ',', &fault), SYM_OK);
    while (row.n > 0) {
        assert_int_equal(sym_csv_next(&row, csv, &fault), SYM_OK);
        rows += row.n > 0 ? 1 : 0;
    }
    sym_csv_position(&done, &total, csv);
    assert_int_equal(rows, 6144);
    assert_int_equal(done, sizeof line * 6144);
    assert_int_equal(total, done);
    assert_true(mallinfo2().uordblks < before + 512u * 1024);
    sym_csv_close(csv);
    text_file_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rows_with_either_line_end_and_without_the_last),
        cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_first_title),
        cmocka_unit_test(quoted_fields_hold_commas_line_ends_and_marks),
        cmocka_unit_test(spaces_belong_to_their_field),
        cmocka_unit_test(lines_without_anything_are_passed_over),
        cmocka_unit_test(rows_know_their_line),
        cmocka_unit_test(other_delimiters_are_taken),
        cmocka_unit_test(text_of_all_scripts_passes),
        cmocka_unit_test(line_ends_are_not_cut_by_the_buffer),
        cmocka_unit_test(characters_are_not_cut_by_the_buffer),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(formulas_are_disarmed_wherever_a_cell_may_begin),
        cmocka_unit_test(refuses_a_file_with_nothing_in_it),
        cmocka_unit_test(refuses_bytes_that_are_no_utf_8),
        cmocka_unit_test(refuses_binary_files),
        cmocka_unit_test(refuses_marks_out_of_place),
        cmocka_unit_test(refuses_a_file_that_ends_inside_quotes),
        cmocka_unit_test(refuses_carriage_returns_as_line_ends),
        cmocka_unit_test(refuses_fields_without_end),
        cmocka_unit_test(refuses_a_mark_that_swallows_the_file),
        cmocka_unit_test(refuses_rows_without_end),
        cmocka_unit_test(refuses_files_that_cannot_be_read),
        cmocka_unit_test(reads_standard_input_in_pieces),
        cmocka_unit_test(a_pipe_is_read_when_somebody_writes),
        cmocka_unit_test(refuses_a_file_that_is_written_meanwhile),
        cmocka_unit_test(memory_does_not_grow_with_the_file),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
