/* runner: disk */
#include "node/disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct scratch scratch;
static struct sym_disk disk;

static int prepare(void **state)
{
    (void)state;
    scratch_new(&scratch);
    return sym_disk_open(&disk, scratch.path, NULL) == SYM_OK ? 0 : -1;
}

static int sweep(void **state)
{
    (void)state;
    sym_disk_close(&disk);
    scratch_remove(&scratch);
    return 0;
}

static void what_is_written_is_read(void **state)
{
    SYM_SECRET_AUTO text = {0};
    (void)state;
    assert_int_equal(sym_disk_write(&disk, "file", 0600, sym_span_text("some text"), NULL), SYM_OK);
    assert_int_equal(sym_disk_sync(&disk, NULL), SYM_OK);
    assert_true(sym_disk_has(&disk, "file"));
    assert_int_equal(sym_disk_read(&text, &disk, "file", 9, NULL), SYM_OK);
    assert_int_equal(text.len, 9);
    assert_memory_equal(text.data, "some text", 9);
}

static void an_empty_file_reads_as_nothing(void **state)
{
    SYM_SECRET_AUTO text = {0};
    (void)state;
    assert_int_equal(sym_disk_write(&disk, "file", 0600, sym_span(NULL, 0), NULL), SYM_OK);
    assert_int_equal(sym_disk_read(&text, &disk, "file", 9, NULL), SYM_OK);
    assert_int_equal(text.len, 0);
}

static void the_mode_is_what_was_asked_for_whatever_the_umask(void **state)
{
    struct stat info;
    mode_t before = umask(077);
    (void)state;
    assert_int_equal(sym_disk_write(&disk, "card", 0644, sym_span_text("x"), NULL), SYM_OK);
    (void)umask(0);
    assert_int_equal(sym_disk_write(&disk, "key", 0600, sym_span_text("x"), NULL), SYM_OK);
    (void)umask(before);
    assert_int_equal(fstatat(disk.fd, "card", &info, 0), 0);
    assert_int_equal(info.st_mode & 07777, 0644);
    assert_int_equal(fstatat(disk.fd, "key", &info, 0), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
}

static void rename_replaces_and_remove_removes(void **state)
{
    char text[16] = "";
    (void)state;
    assert_int_equal(sym_disk_write(&disk, "old", 0600, sym_span_text("old"), NULL), SYM_OK);
    assert_int_equal(sym_disk_write(&disk, "new", 0600, sym_span_text("new"), NULL), SYM_OK);
    assert_int_equal(sym_disk_rename(&disk, "new", "old", NULL), SYM_OK);
    assert_int_equal(scratch_read(scratch.path, "old", text, sizeof text), 3);
    assert_string_equal(text, "new");
    assert_int_equal(sym_disk_remove(&disk, "old", NULL), SYM_OK);
    assert_int_equal(sym_disk_remove(&disk, "old", NULL), SYM_OK);
    assert_false(sym_disk_has(&disk, "old"));
}

static void failed(enum sym_err got, enum sym_err expected, const struct sym_fault *fault,
                   const char *reason)
{
    assert_int_equal(got, expected);
    assert_int_equal(fault->err, expected);
    if (strncmp(fault->text, scratch.path, strlen(scratch.path)) != 0 ||
        strstr(fault->text, reason) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", fault->text, reason);
    }
}

static void refuses_to_overwrite(void **state)
{
    struct sym_fault fault = {.text = ""};
    char text[16] = "";
    (void)state;
    scratch_write(scratch.path, "file", 0600, sym_span_text("dear"));
    failed(sym_disk_write(&disk, "file", 0600, sym_span_text("x"), &fault), SYM_EXISTS, &fault,
           "/file: File exists");
    assert_int_equal(scratch_read(scratch.path, "file", text, sizeof text), 4);
    assert_string_equal(text, "dear");
}

static void refuses_a_file_that_is_longer_than_allowed(void **state)
{
    SYM_SECRET_AUTO text = {0};
    struct sym_fault fault = {.text = ""};
    (void)state;
    scratch_write(scratch.path, "file", 0600, sym_span_text("0123456789"));
    failed(sym_disk_read(&text, &disk, "file", 9, &fault), SYM_TOO_LONG, &fault,
           "/file: is longer than the limit");
    assert_int_equal(text.len, 0);
}

static void refuses_what_is_no_file(void **state)
{
    SYM_SECRET_AUTO text = {0};
    struct sym_fault fault = {.text = ""};
    (void)state;
    failed(sym_disk_read(&text, &disk, "none", 9, &fault), SYM_NOT_FOUND, &fault,
           "/none: No such file");
    assert_int_equal(mkdirat(disk.fd, "folder", 0700), 0);
    failed(sym_disk_read(&text, &disk, "folder", 9, &fault), SYM_IO, &fault, "/folder: Is a dir");
    assert_int_equal(symlinkat("/etc/passwd", disk.fd, "link"), 0);
    failed(sym_disk_read(&text, &disk, "link", 9999, &fault), SYM_IO, &fault, "/link: ");
    failed(sym_disk_remove(&disk, "folder", &fault), SYM_IO, &fault, "/folder: ");
    failed(sym_disk_rename(&disk, "none", "other", &fault), SYM_NOT_FOUND, &fault, "/other: No");
}

static void a_pipe_in_the_place_of_a_file_does_not_block(void **state)
{
    SYM_SECRET_AUTO text = {0};
    (void)state;
    assert_int_equal(mkfifoat(disk.fd, "pipe", 0600), 0);
    assert_int_equal(sym_disk_read(&text, &disk, "pipe", 9, NULL), SYM_OK);
    assert_int_equal(text.len, 0);
}

static void refuses_to_open_what_is_no_directory(void **state)
{
    struct sym_disk other = {.fd = -1};
    struct sym_fault fault = {.text = ""};
    char path[PATH_MAX];
    (void)state;
    scratch_join(path, scratch.path, "none");
    failed(sym_disk_open(&other, path, &fault), SYM_NOT_FOUND, &fault, "does not exist");
    scratch_write(scratch.path, "file", 0600, sym_span_text("x"));
    scratch_join(path, scratch.path, "file");
    failed(sym_disk_open(&other, path, &fault), SYM_NOT_FOUND, &fault,
           "/file: is not a directory: move away what is there, or name another place with --dir");
    assert_int_equal(other.fd, -1);
    sym_disk_close(&other);
}

static void a_write_that_fails_leaves_no_file(void **state)
{
    int status = 0;
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {.rlim_cur = 3, .rlim_max = 3};
        (void)signal(SIGXFSZ, SIG_IGN);
        (void)setrlimit(RLIMIT_FSIZE, &limit);
        enum sym_err err = sym_disk_write(&disk, "file", 0600, sym_span_text("some text"), NULL);
        _exit(err == SYM_NO_SPACE ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(sym_disk_has(&disk, "file"));
}

static void each_system_error_has_its_meaning_and_remedy(void **state)
{
    static const struct {
        int code;
        enum sym_err err;
        const char *remedy;
    } rows[] = {
        {ENOSPC, SYM_NO_SPACE, "make room"},
        {EDQUOT, SYM_NO_SPACE, "make room"},
        {EFBIG, SYM_NO_SPACE, "make room"},
        {EACCES, SYM_BAD_PERMISSIONS, "as the owner"},
        {EROFS, SYM_BAD_PERMISSIONS, "can be written to"},
        {ENOENT, SYM_NOT_FOUND, "from a backup"},
        {ENAMETOOLONG, SYM_TOO_LONG, "too long"},
        {ENOMEM, SYM_NO_MEMORY, "memory"},
        {EIO, SYM_IO, "error"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sym_fault fault = {.text = ""};
        failed(sym_disk_fail(&fault, &disk, "file", rows[i].code), rows[i].err, &fault,
               rows[i].remedy);
    }
}

static void a_long_path_is_shown_by_its_end(void **state)
{
    char shown[SYM_SHOWN_BYTES];
    char path[400];
    (void)state;
    memset(path, 'a', sizeof path);
    path[sizeof path - 1] = '\0';
    path[99] = '\0';
    sym_disk_show(shown, path);
    assert_string_equal(shown, path); /* the longest that is shown whole */
    path[99] = 'a';
    memcpy(path + sizeof path - 5, "/end", 4);
    sym_disk_show(shown, path);
    assert_int_equal(strlen(shown), SYM_SHOWN_BYTES - 1);
    assert_int_equal(strncmp(shown, "…aaa", strlen("…aaa")), 0);
    assert_string_equal(shown + strlen(shown) - 5, "a/end");
    for (size_t i = 0; i + 2 < sizeof path; i += 2) {
        memcpy(path + i, "\xc3\xa9", 2); /* é, and the cut within one */
    }
    path[0] = 'x';
    memmove(path + 1, path + 2, sizeof path - 2);
    sym_disk_show(shown, path);
    assert_int_equal((uint8_t)shown[strlen("…")], 0xc3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read, prepare, sweep),
        cmocka_unit_test_setup_teardown(an_empty_file_reads_as_nothing, prepare, sweep),
        cmocka_unit_test_setup_teardown(the_mode_is_what_was_asked_for_whatever_the_umask, prepare,
                                        sweep),
        cmocka_unit_test_setup_teardown(rename_replaces_and_remove_removes, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_to_overwrite, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_file_that_is_longer_than_allowed, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_file, prepare, sweep),
        cmocka_unit_test_setup_teardown(a_pipe_in_the_place_of_a_file_does_not_block, prepare,
                                        sweep),
        cmocka_unit_test_setup_teardown(refuses_to_open_what_is_no_directory, prepare, sweep),
        cmocka_unit_test_setup_teardown(a_write_that_fails_leaves_no_file, prepare, sweep),
        cmocka_unit_test_setup_teardown(each_system_error_has_its_meaning_and_remedy, prepare,
                                        sweep),
        cmocka_unit_test(a_long_path_is_shown_by_its_end),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests_name("disk", tests, NULL, NULL);
}
