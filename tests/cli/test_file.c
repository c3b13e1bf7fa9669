/* New files and directories, where the file system lacks something: the system calls that make
 * them are stood in for here. */
#include "cli/audit/outdir.h"
#include "cli/file.h"
#include "tests/cli/run.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static char dir[128];
static char path[256];

static int no_replace_errno;    /* what a rename that replaces nothing fails with; 0: it works */
static int directory_errno;     /* what making a directory durable fails with; 0: it works */
static unsigned synced;         /* directories, since the last set_up */
static struct stat last_synced; /* of them */

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    if ((flags & RENAME_NOREPLACE) != 0 && no_replace_errno != 0) {
        errno = no_replace_errno;
        return -1;
    }
    return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

int fsync(int fd)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        synced++;
        last_synced = st;
        errno = directory_errno;
        return directory_errno == 0 ? 0 : -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

static int set_up(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(dir, sizeof dir, "%.80s/filesXXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/new", dir);
    no_replace_errno = 0;
    directory_errno = 0;
    synced = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[256];
    (void)snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command);
}

/* All that the directory holds is one file with this text, or nothing with NULL. */
static void assert_holds(const char *text)
{
    char found[64] = "";
    unsigned n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        n += e->d_name[0] == '.' ? 0 : 1;
    }
    (void)closedir(d);
    assert_int_equal(n, text != NULL ? 1 : 0);
    if (text != NULL) {
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        run_read(found, sizeof found, file);
        assert_string_equal(found, text);
    }
}

static enum sym_err make(const char *text, bool replace, struct sym_fault *fault)
{
    struct sym_new_file file = {0};
    enum sym_err err = sym_new_file_open(&file, path, fault);
    assert_int_equal(err, SYM_OK);
    (void)fputs(text, file.stream);
    return sym_new_file_close(&file, SYM_OK, replace, fault);
}

static void a_file_comes_into_being_where_no_rename_spares_others(void **state)
{
    static const int lacking[] = {EINVAL, ENOSYS}; /* NFS and some of FUSE; old kernels */
    (void)state;
    struct sym_fault fault;
    for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++) {
        no_replace_errno = lacking[i];
        assert_int_equal(make("one", false, &fault), SYM_OK);
        assert_holds("one");
        assert_int_equal(make("two", false, &fault), SYM_EXISTS);
        assert_shows(fault.text, "/new: exists already and is not overwritten");
        assert_holds("one");
        assert_int_equal(unlink(path), 0);
    }
    no_replace_errno = EIO;
    assert_int_equal(make("one", false, &fault), SYM_IO);
    assert_holds(NULL);
}

static void assert_name_is_durable(void)
{
    struct stat st;
    assert_int_equal(synced, 1);
    assert_int_equal(stat(dir, &st), 0);
    assert_true(st.st_dev == last_synced.st_dev && st.st_ino == last_synced.st_ino);
    synced = 0;
}

static void names_of_new_files_are_made_durable(void **state)
{
    (void)state;
    struct sym_fault fault;
    struct sym_outdir out = {0};
    assert_int_equal(make("one", false, &fault), SYM_OK);
    assert_name_is_durable();
    assert_int_equal(make("two", true, &fault), SYM_OK);
    assert_name_is_durable();
    assert_int_equal(unlink(path), 0);
    assert_int_equal(sym_file_create_private(path, sym_span_text("key"), &fault), SYM_OK);
    assert_name_is_durable();
    assert_int_equal(unlink(path), 0);
    (void)snprintf(path, sizeof path, "%s/new//", dir);
    assert_int_equal(sym_outdir_open(&out, path, &fault), SYM_OK);
    assert_int_equal(sym_outdir_close(&out, SYM_OK, &fault), SYM_OK);
    assert_name_is_durable();
}

static void a_name_beside_the_caller_is_made_durable_too(void **state)
{
    (void)state;
    struct sym_fault fault;
    assert_int_equal(chdir(dir), 0);
    assert_int_equal(sym_file_create_private("new", sym_span_text("key"), &fault), SYM_OK);
    assert_name_is_durable();
    assert_int_equal(chdir("/"), 0);
}

static void a_name_that_may_be_lost_is_a_fault(void **state)
{
    (void)state;
    struct sym_fault fault;
    struct sym_outdir out = {0};
    directory_errno = EIO;
    assert_int_equal(make("one", false, &fault), SYM_IO);
    assert_shows(fault.text, "/new: is written, but may be gone after a power cut: ");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(sym_file_create_private(path, sym_span_text("key"), &fault), SYM_IO);
    assert_shows(fault.text, "/new: was not kept: ");
    assert_holds(NULL);
    assert_int_equal(sym_outdir_open(&out, path, &fault), SYM_OK);
    assert_int_equal(sym_outdir_close(&out, SYM_OK, &fault), SYM_IO);
}

static void directories_that_cannot_be_made_durable_are_left_as_they_are(void **state)
{
    (void)state;
    struct sym_fault fault;
    directory_errno = EINVAL;
    assert_int_equal(make("one", false, &fault), SYM_OK);
    assert_holds("one");
}

/* Ends in a command to type. */
static void fault_is(enum sym_err err, const struct sym_fault *fault, const char *said)
{
    char expected[SYM_FAULT_BYTES];
    assert_int_equal(err, SYM_NOT_FOUND);
    (void)snprintf(expected, sizeof expected, "%.100s: %.200s", path, said);
    assert_string_equal(fault->text, expected);
}

static void a_file_that_is_not_there_is_told_from_a_directory_that_is_not(void **state)
{
    (void)state;
    struct sym_fault fault;
    struct sym_secret out = {0};
    assert_int_equal(chdir(dir), 0);
    (void)snprintf(path, sizeof path, "new");
    fault_is(sym_file_read(&out, path, 1, &fault), &fault,
             "does not exist; what is there is shown by \"ls .\"");
    (void)snprintf(path, sizeof path, "no/such/new");
    fault_is(sym_file_read(&out, path, 1, &fault), &fault,
             "its directory does not exist; what is there is shown by \"ls .\"");
    assert_int_equal(mkdir("no", 0700), 0);
    fault_is(sym_file_read(&out, path, 1, &fault), &fault,
             "its directory does not exist; what is there is shown by \"ls no\"");
    assert_int_equal(close(creat("no/such", 0600)), 0);
    fault_is(sym_file_read(&out, path, 1, &fault), &fault,
             "its directory does not exist; what is there is shown by \"ls no\"");
    assert_int_equal(chdir("/"), 0);
}

static void a_directory_that_is_missing_for_a_new_file_can_be_made_with_what_is_said(void **state)
{
    (void)state;
    struct sym_fault fault;
    struct sym_new_file file = {0};
    struct sym_outdir out = {0};
    const char *said = "its directory does not exist; make it with \"mkdir -p a/b\"";
    assert_int_equal(chdir(dir), 0);
    (void)snprintf(path, sizeof path, "a/b/new");
    fault_is(sym_file_create_private(path, sym_span_text("key"), &fault), &fault, said);
    fault_is(sym_new_file_open(&file, path, &fault), &fault, said);
    fault_is(sym_outdir_open(&out, path, &fault), &fault, said);
    (void)snprintf(path, sizeof path, "new node; b/new");
    fault_is(sym_file_create_private(path, sym_span_text("key"), &fault), &fault,
             "its directory does not exist; make it with \"mkdir -p 'new node; b'\"");
    (void)snprintf(path, sizeof path, "the node's/new");
    fault_is(sym_file_create_private(path, sym_span_text("key"), &fault), &fault,
             "its directory does not exist; make it with \"mkdir -p …\"");
    assert_int_equal(chdir("/"), 0);
}

static void no_command_is_shown_cut_however_long_the_path(void **state)
{
    static char far[5000];
    (void)state;
    struct sym_fault fault;
    struct sym_secret out = {0};
    for (size_t i = 0; i + 1 < 3000; i++) {
        far[i] = i % 100 == 99 ? '/' : 'a';
    }
    assert_int_equal(sym_file_read(&out, far, 1, &fault), SYM_NOT_FOUND);
    assert_shows(fault.text, "; what is there is shown by \"ls .\"");
    assert_int_equal(sym_file_create_private(far, sym_span_text("key"), &fault), SYM_NOT_FOUND);
    assert_shows(fault.text, "…: its directory does not exist; make it with \"mkdir -p …\"");
    memset(far, 'a', sizeof far - 1);
    assert_int_equal(sym_file_read(&out, far, 1, &fault), SYM_TOO_LONG);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(a_file_comes_into_being_where_no_rename_spares_others),
        IN_DIRECTORY(names_of_new_files_are_made_durable),
        IN_DIRECTORY(a_name_beside_the_caller_is_made_durable_too),
        IN_DIRECTORY(a_name_that_may_be_lost_is_a_fault),
        IN_DIRECTORY(directories_that_cannot_be_made_durable_are_left_as_they_are),
        IN_DIRECTORY(a_file_that_is_not_there_is_told_from_a_directory_that_is_not),
        IN_DIRECTORY(a_directory_that_is_missing_for_a_new_file_can_be_made_with_what_is_said),
        IN_DIRECTORY(no_command_is_shown_cut_however_long_the_path),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
