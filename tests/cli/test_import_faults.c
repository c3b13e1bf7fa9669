/* What an import cannot take: rows that it saves for mending, and faults that end it. */
#include "crypto/secret.h"
#include "tests/cli/import_seen.h"
#include "tests/support/scratch.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void rejected_rows_are_saved_as_they_were_with_their_reasons(void **state)
{
    struct scratch *s = *state;
    char path[PATH_MAX];
    char text[2048] = "";
    struct stat st;
    scratch_join(path, s->path, "saved.csv");
    use_profile(ACCOUNTS);
    assert_int_equal(import_text("id,iban,bic\na,wrong,\"x,\"\"\ny\"\nb," IBAN ",wrong\nc," IBAN
                                 ",\nd\n",
                                 path, 2),
                     SYM_OK);
    assert_true(scratch_read(s->path, "saved.csv", text, sizeof text - 1) > 0);
    assert_string_equal(
        text,
        "\"symbolon_line\",\"symbolon_kept\",\"symbolon_reason\",\"id\",\"iban\",\"bic\"\n"
        "\"2\",\"no\",\"iban: does not start with two letters and two check digits; "
        "bic: character 2 of the BIC is neither a letter A-Z nor a digit\","
        "\"a\",\"wrong\",\"x,\"\"\ny\"\n"
        "\"4\",\"yes\",\"bic: a BIC has 8 or 11 characters, not 5\",\"b\",\"" IBAN "\",\"wrong\"\n"
        "\"6\",\"no\",\"the row has 1 of 3 columns\",\"d\"\n");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_reason_names_the_column_once(void **state)
{
    struct scratch *s = *state;
    char path[PATH_MAX];
    char text[2048] = "";
    scratch_join(path, s->path, "named.csv");
    use_profile("[profile]\nid = id\n[columns]\nIBAN = iban\nib = bic\n");
    assert_int_equal(import_text("id,IBAN,ib\na,wrong,no\n", path, 1), SYM_OK);
    assert_true(scratch_read(s->path, "named.csv", text, sizeof text - 1) > 0);
    assert_non_null(strstr(text, "\"iban: does not start with two letters and two check digits; "
                                 "ib: bic: a BIC has 8 or 11 characters, not 2\""));
}

static void what_was_saved_can_be_mended_and_imported(void **state)
{
    (void)state;
    use_profile(ACCOUNTS);
    imports("\"symbolon_line\",\"symbolon_kept\",\"symbolon_reason\",\"id\",\"iban\",\"bic\"\n"
            "\"2\",\"no\",\"…\",\"a\",\"" IBAN "\",\"\"\n");
    assert_string_equal(seen.records, "a:iban;");
}

static void a_file_that_exists_is_not_overwritten_with_rejects(void **state)
{
    struct scratch *s = *state;
    char path[PATH_MAX];
    scratch_write(s->path, "mine.csv", 0644, sym_span_text("mine"));
    scratch_join(path, s->path, "mine.csv");
    use_profile(ACCOUNTS);
    assert_int_equal(import_text("id,iban,bic\na,wrong,\n", path, 1), SYM_EXISTS);
    assert_non_null(strstr(fault.text, "mine.csv: exists already"));
    assert_true(scratch_has(s->path, "mine.csv"));
}

static void a_failed_import_leaves_no_rejects(void **state)
{
    struct scratch *s = *state;
    char path[PATH_MAX];
    scratch_join(path, s->path, "failed.csv");
    use_profile(ACCOUNTS);
    assert_int_equal(import_text("id,iban,bic\na,wrong,\nb,\"x\n", path, 1), SYM_BAD_FORMAT);
    assert_false(scratch_has(s->path, "failed.csv"));
}

static bool streams_run_out;

/* Stands in for that of the C library. */
FILE *fdopen(int fd, const char *mode)
{
    FILE *(*next)(int, const char *) = NULL;
    void *symbol = dlsym(RTLD_NEXT, "fdopen");
    memcpy(&next, &symbol, sizeof next);
    if (streams_run_out) {
        errno = ENOMEM;
        return NULL;
    }
    return next(fd, mode);
}

static size_t open_descriptors(void)
{
    size_t n = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    while (readdir(d) != NULL) {
        n++;
    }
    (void)closedir(d);
    return n;
}

static void rejects_that_cannot_be_opened_leave_nothing(void **state)
{
    struct scratch *s = *state;
    char path[PATH_MAX];
    size_t before = open_descriptors();
    scratch_join(path, s->path, "empty.csv");
    use_profile(ACCOUNTS);
    streams_run_out = true;
    enum sym_err err = import_text("id,iban,bic\na,wrong,\n", path, 1);
    streams_run_out = false;
    assert_int_equal(err, SYM_IO);
    assert_false(scratch_has(s->path, "empty.csv"));
    assert_int_equal(open_descriptors(), before);
}

/* A limit on the size of files stands in for a full disk. */
static void rejects_that_cannot_be_written_end_the_import(void **state)
{
    struct scratch *s = *state;
    char path[PATH_MAX];
    struct rlimit old;
    struct text_file file;
    char *text = many_rows();
    scratch_join(path, s->path, "lost.csv");
    use_profile("[profile]\nid = id\n[columns]\na = iban\n");
    forget();
    text_file_new(&file, sym_span_text(text));
    const struct sym_import_source source = {
        .path = file.path, .profile = &profile, .rejects = path};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    const struct rlimit small = {.rlim_cur = 8192, .rlim_max = old.rlim_max};
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum sym_err err = sym_import(&counts, &source, &calls, &fault);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, before);
    assert_int_equal(err, SYM_IO);
    assert_non_null(strstr(fault.text, "lost.csv: "));
    assert_false(scratch_has(s->path, "lost.csv"));
    text_file_free(&file);
    free(text);
}

static void refuses_a_file_that_was_cut_off(void **state)
{
    (void)state;
    use_profile(ACCOUNTS);
    assert_int_equal(import_text("id,iban,bic\na," IBAN ",\nb,GB29", NULL, 2), SYM_BAD_FORMAT);
    assert_non_null(strstr(fault.text, ":3: the file ends in the middle of this row"));
    assert_int_equal(import_text("id,iban,bic\na," IBAN ",\nb," IBAN ",", NULL, 2), SYM_OK);
}

static void a_fault_far_down_names_its_line(void **state)
{
    (void)state;
    char *text = many_rows();
    memcpy(strstr(text, "\n4711,") + 1, "47\"1,", 5);
    use_profile("[profile]\nid = id\n[columns]\na = account\n");
    assert_int_equal(import_text(text, NULL, 2), SYM_BAD_FORMAT);
    assert_non_null(strstr(fault.text, ":4713: a quotation mark inside a field"));
    free(text);
}

static void an_answer_of_the_sink_ends_the_import(void **state)
{
    (void)state;
    char *text = many_rows();
    use_profile("[profile]\nid = id\n[columns]\na = account\n");
    seen.sink_err = SYM_UNREACHABLE;
    assert_int_equal(import_text(text, NULL, 2), SYM_UNREACHABLE);
    assert_string_equal(fault.text, "the sink is full");
    assert_int_equal(seen.n_batches, 1);
    seen.sink_err = SYM_OK;
    free(text);
}

static void progress_can_cancel(void **state)
{
    (void)state;
    char *text = many_rows();
    use_profile("[profile]\nid = id\n[columns]\na = account\n");
    seen.stop_after = 2;
    assert_int_equal(import_text(text, NULL, 2), SYM_CANCELLED);
    assert_non_null(strstr(fault.text, "the import was cancelled"));
    assert_int_equal(seen.n_batches, 2);
    seen.stop_after = 0;
    free(text);
}

static void refuses_files_and_columns_that_are_not_there(void **state)
{
    (void)state;
    const struct sym_import_source source = {.path = "/nowhere/x.csv", .profile = &profile};
    use_profile(ACCOUNTS);
    assert_int_equal(sym_import(&counts, &source, &calls, &fault), SYM_NOT_FOUND);
    assert_int_equal(import_text("", NULL, 1), SYM_BAD_FORMAT);
    assert_int_equal(import_text("id,name\n", NULL, 1), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "has no column \"iban\""));
}

static void refuses_a_region_that_does_not_exist(void **state)
{
    (void)state;
    use_profile("[profile]\nid = id\nregion = XX\n[columns]\nv = phone\n");
    assert_int_equal(import_text("id,v\n1,020 7946 0958\n", NULL, 2), SYM_BAD_VALUE);
    assert_non_null(strstr(fault.text, "region: \"XX\""));
}

static int setup(void **state)
{
    static struct scratch s;
    *state = &s;
    scratch_new(&s);
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

static int teardown(void **state)
{
    scratch_remove(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rejected_rows_are_saved_as_they_were_with_their_reasons),
        cmocka_unit_test(a_reason_names_the_column_once),
        cmocka_unit_test(what_was_saved_can_be_mended_and_imported),
        cmocka_unit_test(a_file_that_exists_is_not_overwritten_with_rejects),
        cmocka_unit_test(a_failed_import_leaves_no_rejects),
        cmocka_unit_test(rejects_that_cannot_be_opened_leave_nothing),
        cmocka_unit_test(rejects_that_cannot_be_written_end_the_import),
        cmocka_unit_test(refuses_a_file_that_was_cut_off),
        cmocka_unit_test(a_fault_far_down_names_its_line),
        cmocka_unit_test(an_answer_of_the_sink_ends_the_import),
        cmocka_unit_test(progress_can_cancel),
        cmocka_unit_test(refuses_files_and_columns_that_are_not_there),
        cmocka_unit_test(refuses_a_region_that_does_not_exist),
    };
    return cmocka_run_group_tests_name("import faults", tests, setup, teardown);
}
