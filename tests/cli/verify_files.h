/* verify_files.h - a scratch directory with the exported log of a node that two others witness, and
 * symbolon verify on a file of it: for the tests of verify. */
#ifndef SYM_TESTS_CLI_VERIFY_FILES_H
#define SYM_TESTS_CLI_VERIFY_FILES_H

#include "tests/cli/run.h"

#include "proto/exhibit.h"
#include "tests/support/exported.h"
#include "tests/support/scratch.h"

#define ENTRIES   600u
#define FILES_MAX 64

static struct scratch scratch;
static struct exported node;
static struct exported witnesses[2];
static char dir[PATH_MAX];

static inline int set_up(void **state)
{
    (void)state;
    scratch_new(&scratch);
    exported_new(&node, 1, ENTRIES);
    exported_new(&witnesses[0], 2, 0);
    exported_new(&witnesses[1], 3, 0);
    scratch_join(dir, scratch.path, "log");
    exported_write(&node, dir, witnesses, 2);
    scratch_write(scratch.path, "node.card", 0644, exported_card(&node));
    scratch_write(scratch.path, "witness.card", 0644, exported_card(&witnesses[0]));
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    exported_free(&node);
    exported_free(&witnesses[0]);
    exported_free(&witnesses[1]);
    return 0;
}

/* symbolon verify on a file of the scratch directory, with more words (may be ""). */
static inline void verify(struct run *r, const char *name, const char *more)
{
    char words[4 * PATH_MAX];
    (void)snprintf(words, sizeof words, "verify|%s/%s%s", scratch.path, name, more);
    run(r, words);
}

static inline const char *with_card(const char *name)
{
    static char words[PATH_MAX];
    (void)snprintf(words, sizeof words, "|--card|%s/%s", scratch.path, name);
    return words;
}

static inline void put_text(const char *name, const char *text, size_t len)
{
    char path[PATH_MAX];
    scratch_join(path, scratch.path, name);
    (void)unlink(path);
    scratch_write(scratch.path, name, 0644, sym_span(text, len));
}

static inline long size_of(FILE *f)
{
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    return ftell(f);
}

static inline void flip(const char *path, long bit)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, bit / 8, SEEK_SET), 0);
    int c = fgetc(f);
    assert_int_equal(fseek(f, bit / 8, SEEK_SET), 0);
    (void)fputc(c ^ (1 << (bit % 8)), f);
    assert_int_equal(fclose(f), 0);
}

#endif
