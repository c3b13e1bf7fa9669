/* Files and credentials; prompts are tested at a pseudo terminal, in
 * tests/e2e/test_supervisor_secrets.py. */
#include "node/supervisor/passphrase.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OF "dir/node.keys"

static struct scratch scratch;
static char file[PATH_MAX];

static int prepare(void **state)
{
    (void)state;
    (void)unsetenv("CREDENTIALS_DIRECTORY");
    scratch_new(&scratch);
    scratch_join(file, scratch.path, "file");
    return 0;
}

static int sweep(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

static void put(struct sym_span bytes)
{
    scratch_write(scratch.path, "file", 0600, bytes);
}

static struct sym_secret_source named(enum sym_wrap kind)
{
    return (struct sym_secret_source){
        .passphrase_file = kind == SYM_WRAP_PASSPHRASE ? file : NULL,
        .key_file = kind == SYM_WRAP_KEY ? file : NULL,
        .cancel = -1,
    };
}

static const struct sym_secret_source unnamed = {.cancel = -1};

static void got(enum sym_wrap kind, const struct sym_secret_source *from, struct sym_span expected)
{
    SYM_SECRET_AUTO secret = {0};
    struct sym_fault fault = {.text = ""};
    if (sym_passphrase_get(&secret, kind, from, OF, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
    assert_int_equal(secret.len, expected.len);
    assert_memory_equal(secret.data, expected.data, expected.len);
}

static void refused(enum sym_wrap kind, const struct sym_secret_source *from, enum sym_err err,
                    const char *reason)
{
    SYM_SECRET_AUTO secret = {0};
    struct sym_fault fault = {.text = ""};
    assert_int_equal(sym_passphrase_get(&secret, kind, from, OF, &fault), err);
    assert_int_equal(secret.len, 0);
    if (strstr(fault.text, reason) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", fault.text, reason);
    }
}

static void one_line_feed_at_the_end_does_not_count(void **state)
{
    struct sym_secret_source from = named(SYM_WRAP_PASSPHRASE);
    (void)state;
    put(sym_span_text("correct horse battery\n"));
    got(SYM_WRAP_PASSPHRASE, &from, sym_span_text("correct horse battery"));
    put(sym_span_text("correct horse battery"));
    got(SYM_WRAP_PASSPHRASE, &from, sym_span_text("correct horse battery"));
    put(sym_span_text(" two lines\nof it \n\n"));
    got(SYM_WRAP_PASSPHRASE, &from, sym_span_text(" two lines\nof it \n"));
}

static void a_key_counts_byte_for_byte(void **state)
{
    struct sym_secret_source from = named(SYM_WRAP_KEY);
    uint8_t key[SYM_KEY_FILE_BYTES_MAX];
    (void)state;
    memset(key, '\n', sizeof key);
    put(sym_span(key, sizeof key));
    got(SYM_WRAP_KEY, &from, sym_span(key, sizeof key));
    put(sym_span(key, 32));
    got(SYM_WRAP_KEY, &from, sym_span(key, 32));
}

static void the_longest_passphrase_is_taken_and_no_longer_one(void **state)
{
    struct sym_secret_source from = named(SYM_WRAP_PASSPHRASE);
    uint8_t text[SYM_PASSPHRASE_BYTES_MAX + 2];
    (void)state;
    memset(text, 'x', sizeof text);
    text[SYM_PASSPHRASE_BYTES_MAX] = '\n';
    put(sym_span(text, SYM_PASSPHRASE_BYTES_MAX + 1));
    got(SYM_WRAP_PASSPHRASE, &from, sym_span(text, SYM_PASSPHRASE_BYTES_MAX));
    text[SYM_PASSPHRASE_BYTES_MAX] = 'x';
    put(sym_span(text, SYM_PASSPHRASE_BYTES_MAX + 1));
    refused(SYM_WRAP_PASSPHRASE, &from, SYM_TOO_LONG, "is longer than 1024 bytes");
    put(sym_span(text, SYM_PASSPHRASE_BYTES_MAX + 2));
    refused(SYM_WRAP_PASSPHRASE, &from, SYM_TOO_LONG, "is longer than");
}

static void a_pipe_will_do(void **state)
{
    struct sym_secret_source from = named(SYM_WRAP_PASSPHRASE);
    int ends[2];
    char path[64];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "correct horse\n", 14), 14);
    (void)close(ends[1]);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    from.passphrase_file = path;
    got(SYM_WRAP_PASSPHRASE, &from, sym_span_text("correct horse"));
    (void)close(ends[0]);
}

static void a_named_pipe_is_read_to_its_end(void **state)
{
    struct sym_secret_source from = named(SYM_WRAP_PASSPHRASE);
    const struct timespec moment = {.tv_nsec = 50000000};
    (void)state;
    assert_int_equal(mkfifo(file, 0600), 0);
    pid_t writer = fork();
    if (writer == 0) {
        (void)nanosleep(&moment, NULL);
        int fd = open(file, O_WRONLY);
        (void)nanosleep(&moment, NULL);
        bool done = write(fd, "correct ", 8) == 8;
        (void)nanosleep(&moment, NULL);
        _exit(done && write(fd, "horse\n", 6) == 6 ? 0 : 1);
    }
    got(SYM_WRAP_PASSPHRASE, &from, sym_span_text("correct horse"));
    assert_int_equal(waitpid(writer, NULL, 0), writer);
}

static void a_silent_pipe_can_be_cancelled(void **state)
{
    struct sym_secret_source from = named(SYM_WRAP_PASSPHRASE);
    int ends[2];
    (void)state;
    assert_int_equal(mkfifo(file, 0600), 0);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "", 1), 1);
    from.cancel = ends[0];
    (void)alarm(20);
    refused(SYM_WRAP_PASSPHRASE, &from, SYM_CANCELLED, "stopped while waiting");
    int writer = open(file, O_RDWR); /* one that says nothing */
    refused(SYM_WRAP_PASSPHRASE, &from, SYM_CANCELLED, "stopped while waiting");
    (void)alarm(0);
    (void)close(writer);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void refuses_a_file_that_others_may_read(void **state)
{
    struct sym_secret_source from = named(SYM_WRAP_PASSPHRASE);
    const mode_t modes[] = {0640, 0604, 0660, 0602, 0610};
    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        scratch_write(scratch.path, "file", modes[i], sym_span_text("correct horse battery"));
        refused(SYM_WRAP_PASSPHRASE, &from, SYM_BAD_PERMISSIONS, "others may read this secret");
        refused(SYM_WRAP_PASSPHRASE, &from, SYM_BAD_PERMISSIONS, "chmod 600");
    }
}

static void refuses_a_file_of_another_user(void **state)
{
    struct sym_secret_source from = named(SYM_WRAP_PASSPHRASE);
    (void)state;
    if (geteuid() != 0) {
        print_message("SKIP: only root can give a file away\n");
        skip();
    }
    put(sym_span_text("correct horse battery"));
    assert_int_equal(chown(file, 12345, 12345), 0);
    refused(SYM_WRAP_PASSPHRASE, &from, SYM_BAD_PERMISSIONS, "belongs to user 12345");
}

static void refuses_what_holds_nothing(void **state)
{
    struct sym_secret_source from = named(SYM_WRAP_PASSPHRASE);
    (void)state;
    refused(SYM_WRAP_PASSPHRASE, &from, SYM_NOT_FOUND,
            "does not exist: name the file that holds the passphrase: --passphrase-file FILE");
    put(sym_span(NULL, 0));
    refused(SYM_WRAP_PASSPHRASE, &from, SYM_SHORT, "is empty");
    put(sym_span_text("\n"));
    refused(SYM_WRAP_PASSPHRASE, &from, SYM_SHORT, "is empty");
    from.passphrase_file = scratch.path;
    refused(SYM_WRAP_PASSPHRASE, &from, SYM_IO, "is a directory");
}

static void refuses_the_other_kind(void **state)
{
    struct sym_secret_source passphrase = named(SYM_WRAP_PASSPHRASE);
    struct sym_secret_source key = named(SYM_WRAP_KEY);
    (void)state;
    put(sym_span_text("0123456789 0123456789 0123456789 0123456789"));
    refused(SYM_WRAP_KEY, &passphrase, SYM_BAD_VALUE,
            OF ": is wrapped by a key, not by a passphrase: give --key-file FILE, the file that it "
               "was made with");
    refused(
        SYM_WRAP_PASSPHRASE, &key, SYM_BAD_VALUE,
        OF
        ": is wrapped by a passphrase, not by a key: give --passphrase-file FILE, or neither and "
        "type it");
    refused(SYM_WRAP_KEY, &unnamed, SYM_BAD_VALUE, "give --key-file");
}

/* Credentials */

static void put_credential(const char *name, mode_t mode, const char *text)
{
    char directory[PATH_MAX];
    scratch_join(directory, scratch.path, "credentials");
    (void)mkdir(directory, 0700);
    (void)setenv("CREDENTIALS_DIRECTORY", directory, 1);
    scratch_write(directory, name, mode, sym_span_text(text));
}

static void credentials_are_found_and_may_be_readable(void **state)
{
    struct sym_secret_source from = named(SYM_WRAP_PASSPHRASE);
    char path[PATH_MAX];
    (void)state;
    put_credential("passphrase", 0440, "correct horse battery\n");
    got(SYM_WRAP_PASSPHRASE, &unnamed, sym_span_text("correct horse battery"));
    scratch_join(path, scratch.path, "credentials/passphrase");
    from.passphrase_file = path; /* as the unit names it: %d/passphrase */
    got(SYM_WRAP_PASSPHRASE, &from, sym_span_text("correct horse battery"));
    put_credential("key", 0440, "0123456789 0123456789 0123456789");
    got(SYM_WRAP_KEY, &unnamed, sym_span_text("0123456789 0123456789 0123456789"));
    got(SYM_WRAP_PASSPHRASE, &unnamed, sym_span_text("correct horse battery"));
}

static void what_is_named_comes_before_credentials(void **state)
{
    struct sym_secret_source from = named(SYM_WRAP_PASSPHRASE);
    (void)state;
    put_credential("passphrase", 0400, "of the service");
    put(sym_span_text("of the caller"));
    got(SYM_WRAP_PASSPHRASE, &from, sym_span_text("of the caller"));
}

static void a_file_beside_the_credentials_is_none(void **state)
{
    struct sym_secret_source from = named(SYM_WRAP_PASSPHRASE);
    char path[PATH_MAX];
    (void)state;
    put_credential("passphrase", 0400, "of the service");
    scratch_join(path, scratch.path, "credentials-not");
    assert_int_equal(mkdir(path, 0700), 0);
    scratch_write(path, "file", 0644, sym_span_text("of the caller"));
    scratch_join(path, scratch.path, "credentials-not/file");
    from.passphrase_file = path;
    refused(SYM_WRAP_PASSPHRASE, &from, SYM_BAD_PERMISSIONS, "others may read");
    scratch_join(path, scratch.path, "credentials/../credentials-not/file");
    refused(SYM_WRAP_PASSPHRASE, &from, SYM_BAD_PERMISSIONS, "others may read");
}

static void refuses_a_credential_of_the_other_kind(void **state)
{
    (void)state;
    put_credential("passphrase", 0400, "of the service");
    refused(SYM_WRAP_KEY, &unnamed, SYM_BAD_VALUE, "give --key-file");
}

/* Choosing one */

static void chosen(const struct sym_secret_source *from, enum sym_err err, enum sym_wrap kind,
                   const char *reason)
{
    SYM_SECRET_AUTO secret = {0};
    struct sym_fault fault = {.text = ""};
    enum sym_wrap made = SYM_WRAP_PASSPHRASE;
    assert_int_equal(sym_passphrase_choose(&secret, &made, from, OF, &fault), err);
    assert_int_equal(made, kind);
    assert_int_equal(secret.len > 0, err == SYM_OK);
    if (strstr(fault.text, reason) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", fault.text, reason);
    }
}

static void the_option_says_which_kind_a_new_one_is(void **state)
{
    struct sym_secret_source passphrase = named(SYM_WRAP_PASSPHRASE);
    struct sym_secret_source key = named(SYM_WRAP_KEY);
    (void)state;
    put(sym_span_text("0123456789 0123456789 0123456789"));
    chosen(&passphrase, SYM_OK, SYM_WRAP_PASSPHRASE, "");
    chosen(&key, SYM_OK, SYM_WRAP_KEY, "");
    put_credential("key", 0400, "0123456789 0123456789 0123456789");
    chosen(&unnamed, SYM_OK, SYM_WRAP_KEY, "");
    put_credential("passphrase", 0400, "correct horse battery");
    chosen(&unnamed, SYM_OK, SYM_WRAP_PASSPHRASE, "");
}

static void refuses_a_new_one_that_is_too_short(void **state)
{
    struct sym_secret_source passphrase = named(SYM_WRAP_PASSPHRASE);
    struct sym_secret_source key = named(SYM_WRAP_KEY);
    (void)state;
    put(sym_span_text("elevenchars\n"));
    chosen(&passphrase, SYM_SHORT, SYM_WRAP_PASSPHRASE, "at least 12 characters");
    put(sym_span_text("twelve chars\n"));
    chosen(&passphrase, SYM_OK, SYM_WRAP_PASSPHRASE, "");
    put(sym_span_text("0123456789012345678901234567890"));
    chosen(&key, SYM_SHORT, SYM_WRAP_PASSPHRASE, "at least 32 random bytes");
    put(sym_span_text("01234567890123456789012345678901"));
    chosen(&key, SYM_OK, SYM_WRAP_KEY, "");
}

/* The file would open it for ever, and nobody who remembers the words. */
static void refuses_a_new_one_that_nobody_can_type(void **state)
{
    struct sym_secret_source passphrase = named(SYM_WRAP_PASSPHRASE);
    struct sym_secret_source key = named(SYM_WRAP_KEY);
    (void)state;
    put(sym_span_text("correct horse battery\r\n"));
    chosen(&passphrase, SYM_BAD_FORMAT, SYM_WRAP_PASSPHRASE, "could never be typed");
    put(sym_span_text("\ufeffcorrect horse battery\n"));
    chosen(&passphrase, SYM_BAD_FORMAT, SYM_WRAP_PASSPHRASE, "byte order mark");
    put(sym_span_text("correct horse b\u00e4ttery\n"));
    chosen(&passphrase, SYM_OK, SYM_WRAP_PASSPHRASE, "");
    put(sym_span_text("01234567890123456789012345678901\r\n"));
    chosen(&key, SYM_OK, SYM_WRAP_KEY, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_line_feed_at_the_end_does_not_count, prepare, sweep),
        cmocka_unit_test_setup_teardown(a_key_counts_byte_for_byte, prepare, sweep),
        cmocka_unit_test_setup_teardown(the_longest_passphrase_is_taken_and_no_longer_one, prepare,
                                        sweep),
        cmocka_unit_test_setup_teardown(a_pipe_will_do, prepare, sweep),
        cmocka_unit_test_setup_teardown(a_named_pipe_is_read_to_its_end, prepare, sweep),
        cmocka_unit_test_setup_teardown(a_silent_pipe_can_be_cancelled, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_file_that_others_may_read, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_file_of_another_user, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_what_holds_nothing, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_the_other_kind, prepare, sweep),
        cmocka_unit_test_setup_teardown(credentials_are_found_and_may_be_readable, prepare, sweep),
        cmocka_unit_test_setup_teardown(what_is_named_comes_before_credentials, prepare, sweep),
        cmocka_unit_test_setup_teardown(a_file_beside_the_credentials_is_none, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_credential_of_the_other_kind, prepare, sweep),
        cmocka_unit_test_setup_teardown(the_option_says_which_kind_a_new_one_is, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_new_one_that_is_too_short, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_new_one_that_nobody_can_type, prepare, sweep),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests_name("passphrase", tests, NULL, NULL);
}
