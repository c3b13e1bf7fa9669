/* symbolon verify on exported logs: good ones and altered ones. */
#include "tests/cli/verify_files.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>

/* An exported log -------------------------------------------------------------------------------
 */

static bool directories_end_early;

/* Stands in for that of the C library. */
struct dirent *readdir(DIR *d)
{
    if (directories_end_early) {
        errno = EIO;
        return NULL;
    }
    return (struct dirent *)readdir64(d);
}

/* What was not seen might not belong there. */
static void a_directory_that_cannot_be_read_to_its_end_is_not_good(void **state)
{
    (void)state;
    static struct run r;
    directories_end_early = true;
    verify(&r, "log", "");
    directories_end_early = false;
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "WRONG");
    assert_shows(r.out, "/log/: Input/output error");
}

static void an_exported_log_is_good_and_told_in_one_line(void **state)
{
    (void)state;
    static struct run r;
    verify(&r, "log", "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.err, "");
    assert_shows(r.out,
                 " log   good     600 entries, 515 bodies, 85 erased, cosigned by 0 of the keys "
                 "given, 2 other signatures; signed by Node 1 (");
    assert_shows(r.out, "not compared with a key you trust");
    verify(&r, "log", with_card("node.card"));
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows_not(r.out, "not compared");
}

static void a_log_of_another_node_than_the_trusted_one_is_wrong(void **state)
{
    (void)state;
    static struct run r;
    verify(&r, "log", with_card("witness.card"));
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "none of the keys and cards given; where it may be, give its card, too");
    assert_shows(r.out, "unknown key");
    assert_shows_not(r.out, "WRONG"); /* that is said of what was altered */
}

/* None of them may be left out: a file would be compared with less than was given. */
static void every_card_on_the_command_line_is_compared(void **state)
{
    (void)state;
    static struct run r;
    char words[4096] = "verify|log";
    assert_int_equal(chdir(scratch.path), 0);
    for (size_t i = 0; i < 70; i++) {
        (void)strcat(words, "|--card|witness.card");
    }
    (void)strcat(words, "|--card|node.card");
    run(&r, words);
    assert_shows(r.out, "  good");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_int_equal(chdir("/"), 0);
}

static void logs_of_all_shapes_are_good(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 1, 255, 256, 257, 511, 512, 513};
    static struct run r;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct exported e;
        char name[32];
        char path[PATH_MAX];
        exported_new(&e, 4, sizes[i]);
        (void)snprintf(name, sizeof name, "log-%zu", i);
        scratch_join(path, scratch.path, name);
        exported_write(&e, path, NULL, 0);
        verify(&r, name, "");
        assert_string_equal(r.err, "");
        if (r.code != SYM_EXIT_DONE) {
            fail_msg("%s", r.out);
        }
        scratch_remove_tree(path);
        exported_free(&e);
    }
}

static char found[FILES_MAX][PATH_MAX];
static size_t n_found;

static int note_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)at;
    if (type == FTW_F) {
        assert_true(n_found < FILES_MAX);
        (void)snprintf(found[n_found++], PATH_MAX, "%s", path);
    }
    return 0;
}

static void find_files(void)
{
    n_found = 0;
    assert_int_equal(nftw(dir, note_file, 8, FTW_PHYS), 0);
    assert_int_equal(n_found, 4 + 3 + 3 + 1); /* card …; entries; level 0; level 1 */
}

static void any_bit_flipped_in_any_file_is_found_and_the_file_named(void **state)
{
    (void)state;
    static struct run r;
    uint32_t draw = 12345;
    find_files();
    for (size_t i = 0; i < n_found; i++) {
        FILE *f = fopen(found[i], "rb");
        assert_non_null(f);
        long bits = 8 * size_of(f);
        (void)fclose(f);
        /* All kinds of places: the first and last bytes, and 30 that are drawn. */
        for (int k = 0; k < 46; k++) {
            draw = draw * 1664525u + 1013904223u;
            long bit = k < 8 ? k : k < 16 ? bits - 1 - (k - 8) : (long)(draw % (uint32_t)bits);
            flip(found[i], bit);
            verify(&r, "log", "");
            flip(found[i], bit);
            if (r.code != SYM_EXIT_FAILED || strstr(r.out, "WRONG") == NULL) {
                fail_msg("bit %ld of %s: %s%s", bit, found[i], r.out, r.err);
            }
        }
    }
    verify(&r, "log", "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

/* What was read from a file, so that it can be put back. */
static char kept[1 << 20];

static size_t keep(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t len = fread(kept, 1, sizeof kept, f);
    (void)fclose(f);
    assert_true(len > 0 && len < sizeof kept);
    return len;
}

static void put(const char *path, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(kept, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void a_byte_more_or_less_in_any_file_is_found(void **state)
{
    (void)state;
    static struct run r;
    find_files();
    for (size_t i = 0; i < n_found; i++) {
        size_t len = keep(found[i]);
        put(found[i], len - 1);
        verify(&r, "log", "");
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        kept[len] = '\n';
        put(found[i], len + 1);
        verify(&r, "log", "");
        if (r.code != SYM_EXIT_FAILED) {
            fail_msg("%s: %s", found[i], r.out);
        }
        put(found[i], len);
    }
}

static void refuses_keys_that_are_not_those_of_the_checkpoint(void **state)
{
    (void)state;
    static struct run r;
    char path[PATH_MAX];
    scratch_join(path, dir, "keys");
    size_t len = keep(path);
    char *second = memchr(kept, '\n', len);
    assert_non_null(second);
    size_t first_len = (size_t)(second + 1 - kept);
    char *third = memchr(second + 1, '\n', len - first_len);
    assert_non_null(third);
    put(path, (size_t)(third + 1 - kept)); /* without the last cosigner */
    verify(&r, "log", "");
    assert_shows(r.out, "log/keys: names 2 keys, but the checkpoint has 3 signatures");
    memmove(third + 1, second + 1, (size_t)(third - second)); /* the first cosigner twice */
    put(path, (size_t)(third + 1 - kept) + (size_t)(third - second));
    verify(&r, "log", "");
    assert_shows(r.out, "log/keys:3: this key stands here twice");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    scratch_remove_tree(dir);
    exported_write(&node, dir, witnesses, 2);
    /* A key that comes again behind another one vouches for a line that is nobody's. */
    len = keep(path);
    second = memchr(kept, '\n', len);
    third = memchr(second + 1, '\n', len - (size_t)(second + 1 - kept));
    size_t one = (size_t)(third - second);
    memcpy(kept + len, second + 1, one);
    put(path, len + one);
    char checkpoint[PATH_MAX];
    scratch_join(checkpoint, dir, "checkpoint");
    FILE *f = fopen(checkpoint, "ab");
    assert_non_null(f);
    (void)fprintf(f, "\xe2\x80\x94 nobody AAAAAAAAAAAAAAAA\n");
    assert_int_equal(fclose(f), 0);
    verify(&r, "log", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "log/keys:4: this key stands here twice");
    scratch_remove_tree(dir);
    exported_write(&node, dir, witnesses, 2);
}

static void names_the_entry_and_the_file_at_fault(void **state)
{
    (void)state;
    static struct run r;
    char path[PATH_MAX];
    scratch_join(path, dir, "tile/0/001");
    flip(path, 8 * 32 * 10);
    verify(&r, "log", "");
    assert_shows(r.out, "log/tile/0/001: hash 10 is not that of the entries: entry 266");
    flip(path, 8 * 32 * 10);
    scratch_join(path, dir, "bodies.jsonl");
    flip(path, 8 * 60 + 2);
    verify(&r, "log", "");
    assert_shows(r.out, "log/bodies.jsonl:1: entry 0: ");
    flip(path, 8 * 60 + 2);
    scratch_join(path, dir, "keys");
    flip(path, 8 * 30);
    verify(&r, "log", "");
    assert_shows(r.out, "log/keys:1: ");
    flip(path, 8 * 30);
}

static void refuses_files_that_are_missing_or_too_many(void **state)
{
    (void)state;
    static struct run r;
    char from[PATH_MAX];
    char to[PATH_MAX];
    scratch_join(to, scratch.path, "aside");
    find_files();
    for (size_t i = 0; i < n_found; i++) {
        memcpy(from, found[i], sizeof from);
        assert_int_equal(rename(from, to), 0);
        verify(&r, "log", "");
        assert_int_equal(rename(to, from), 0);
        if (strstr(from, "bodies.jsonl") != NULL) {
            assert_shows(r.out, "without bodies");
            assert_int_equal(r.code, SYM_EXIT_DONE);
        } else {
            assert_int_equal(r.code, SYM_EXIT_FAILED);
            assert_shows(r.out, strrchr(from, '/'));
        }
    }
    static const char *const extra[] = {
        "more",      "tile/0/003", "tile/0/002.p/87", "tile/2", "tile/entries/x000/001",
        "tile/0/00", "tile/0/000~"};
    for (size_t i = 0; i < sizeof extra / sizeof extra[0]; i++) {
        scratch_join(to, dir, extra[i]);
        char *slash = strrchr(to, '/');
        *slash = '\0';
        bool made = mkdir(to, 0755) == 0;
        *slash = '/';
        scratch_write(dir, extra[i], 0644, sym_span_text("x"));
        verify(&r, "log", "");
        assert_int_equal(unlink(to), 0);
        *slash = '\0';
        if (made) {
            (void)rmdir(to);
        }
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        assert_shows(r.out, "does not belong");
    }
}

static void refuses_a_log_that_is_shorter_than_its_checkpoint(void **state)
{
    (void)state;
    static struct run r;
    struct exported longer;
    char other[PATH_MAX];
    char from[PATH_MAX];
    char to[PATH_MAX];
    exported_new(&longer, 1, ENTRIES + 1);
    scratch_join(other, scratch.path, "longer");
    exported_write(&longer, other, witnesses, 2);
    scratch_join(from, other, "checkpoint");
    scratch_join(to, scratch.path, "checkpoint-before");
    char checkpoint[PATH_MAX];
    scratch_join(checkpoint, dir, "checkpoint");
    assert_int_equal(rename(checkpoint, to), 0);
    assert_int_equal(link(from, checkpoint), 0);
    verify(&r, "log", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_int_equal(unlink(checkpoint), 0);
    assert_int_equal(rename(to, checkpoint), 0);
    scratch_remove_tree(other);
    exported_free(&longer);
}

static void refuses_a_signed_log_in_which_time_goes_back(void **state)
{
    (void)state;
    static struct run r;
    struct exported e;
    char path[PATH_MAX];
    exported_new_early(&e, 4, 9, 5);
    scratch_join(path, scratch.path, "early");
    exported_write(&e, path, NULL, 0);
    verify(&r, "early", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "early/tile/entries/000.p/9: entry 5 carries an earlier time than the one");
    scratch_remove_tree(path);
    exported_free(&e);
}

/* Who hands out a log may not leave out what it does not like. */
static void refuses_bodies_that_nothing_says_were_erased(void **state)
{
    (void)state;
    static struct run r;
    struct exported e;
    char path[PATH_MAX];
    exported_new_silent(&e, 4, 120);
    scratch_join(path, scratch.path, "silent");
    exported_write(&e, path, NULL, 0);
    verify(&r, "silent", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "silent/bodies.jsonl: entry 94 has no body, and no entry of the log says");
    scratch_remove_tree(path);
    exported_free(&e);
}

static void refuses_a_body_that_is_younger_than_what_was_erased(void **state)
{
    (void)state;
    static struct run r;
    char path[PATH_MAX];
    scratch_join(path, dir, "bodies.jsonl");
    size_t len = keep(path);
    char *at = kept;
    for (int i = 0; i < 599; i++) {
        at = (char *)memchr(at, '\n', len) + 1;
    }
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(kept, 1, (size_t)(at - kept), f), at - kept);
    (void)fprintf(f, "{\"index\":599,\"erased\":true}\n");
    assert_int_equal(fclose(f), 0);
    verify(&r, "log", "");
    put(path, len);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "bodies.jsonl: entry 599 has no body, and no entry of the log says");
}

static void refuses_an_endless_line_and_what_is_no_file(void **state)
{
    (void)state;
    static struct run r;
    char path[PATH_MAX];
    char aside[PATH_MAX];
    scratch_join(path, dir, "bodies.jsonl");
    scratch_join(aside, scratch.path, "aside");
    assert_int_equal(rename(path, aside), 0);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), (off_t)1 << 36), 0); /* more than there is memory */
    assert_int_equal(fclose(f), 0);
    verify(&r, "log", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "log/bodies.jsonl:1: entry 0: the line is not in its one form");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/zero", path), 0);
    verify(&r, "log", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "log/bodies.jsonl: is not an ordinary file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0644), 0);
    verify(&r, "log", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "log/bodies.jsonl: is not an ordinary file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rename(aside, path), 0);
}

/* Of a partner's archive, which may hold anything: a pipe would be read for ever. */
static void refuses_a_pipe_in_place_of_any_file(void **state)
{
    (void)state;
    static const char *const names[] = {"card", "checkpoint", "keys", "tile/0/000",
                                        "tile/entries/000"};
    static struct run r;
    char path[PATH_MAX];
    char aside[PATH_MAX];
    scratch_join(aside, scratch.path, "aside");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[64];
        scratch_join(path, dir, names[i]);
        assert_int_equal(rename(path, aside), 0);
        assert_int_equal(mkfifo(path, 0644), 0);
        (void)alarm(20);
        verify(&r, "log", "");
        (void)alarm(0);
        (void)snprintf(text, sizeof text, "log/%s: is not an ordinary file", names[i]);
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        assert_shows(r.out, text);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rename(aside, path), 0);
    }
}

static void refuses_a_pipe_or_device_that_is_named_itself(void **state)
{
    (void)state;
    static const char *const names[] = {"pipe", "pipe.tlog-proof", "pipe.body.jsonl", "device"};
    static struct run r;
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        scratch_join(path, scratch.path, names[i]);
        assert_int_equal(i < 3 ? mkfifo(path, 0600) : symlink("/dev/zero", path), 0);
        (void)alarm(20);
        verify(&r, names[i], "");
        (void)alarm(0);
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        assert_shows(r.out, names[i]);
        assert_shows(r.out, ": is not an ordinary file; write what comes from it into one");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exported_log_is_good_and_told_in_one_line),
        cmocka_unit_test(a_directory_that_cannot_be_read_to_its_end_is_not_good),
        cmocka_unit_test(a_log_of_another_node_than_the_trusted_one_is_wrong),
        cmocka_unit_test(every_card_on_the_command_line_is_compared),
        cmocka_unit_test(logs_of_all_shapes_are_good),
        cmocka_unit_test(any_bit_flipped_in_any_file_is_found_and_the_file_named),
        cmocka_unit_test(a_byte_more_or_less_in_any_file_is_found),
        cmocka_unit_test(refuses_keys_that_are_not_those_of_the_checkpoint),
        cmocka_unit_test(names_the_entry_and_the_file_at_fault),
        cmocka_unit_test(refuses_files_that_are_missing_or_too_many),
        cmocka_unit_test(refuses_a_log_that_is_shorter_than_its_checkpoint),
        cmocka_unit_test(refuses_a_signed_log_in_which_time_goes_back),
        cmocka_unit_test(refuses_bodies_that_nothing_says_were_erased),
        cmocka_unit_test(refuses_a_body_that_is_younger_than_what_was_erased),
        cmocka_unit_test(refuses_an_endless_line_and_what_is_no_file),
        cmocka_unit_test(refuses_a_pipe_in_place_of_any_file),
        cmocka_unit_test(refuses_a_pipe_or_device_that_is_named_itself),
    };
    return cmocka_run_group_tests_name("verify", tests, set_up, tear_down);
}
