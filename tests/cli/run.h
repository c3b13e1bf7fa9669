/* run.h - runs the command line in a child of the test and keeps what it printed: for tests of
 * cli/. The child has no terminal, no standard input and no SYMBOLON_ variable. What must not fail
 * fails the running test. */
#ifndef SYM_TESTS_CLI_RUN_H
#define SYM_TESTS_CLI_RUN_H

#include "cli/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN_WORDS_MAX 160

struct run {
    int code; /* exit code; 128 and the signal when it was ended by one */
    char out[65536];
    char err[16384];
};

static inline void run_read(char *text, size_t size, FILE *from)
{
    rewind(from);
    text[fread(text, 1, size - 1, from)] = '\0';
    (void)fclose(from);
}

static inline _Noreturn void run_child(const char *words, FILE *out, FILE *err)
{
    char copy[4096];
    char *argv[RUN_WORDS_MAX] = {copy};
    int argc = 0;
    char *rest = NULL;
    int len = snprintf(copy, sizeof copy, "symbolon|%s", words);
    if (len < 0 || (size_t)len >= sizeof copy) {
        (void)fprintf(err, "run: these are more words than %zu bytes hold\n", sizeof copy);
        (void)fflush(err);
        _exit(125);
    }
    for (char *word = strtok_r(copy, "|", &rest); word != NULL && argc + 1 < RUN_WORDS_MAX;
         word = strtok_r(NULL, "|", &rest)) {
        argv[argc++] = word;
    }
    argv[argc] = NULL;
    (void)setsid();
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) < 0 || dup2(fileno(out), 1) < 0 || dup2(fileno(err), 2) < 0) {
        _exit(99);
    }
    (void)close(null);
    exit((int)sym_dispatch(argc, argv));
}

static inline int run_code(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* words: what follows "symbolon", with "|" between the words. */
static inline void run(struct run *r, const char *words)
{
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    assert_non_null(out);
    assert_non_null(err);
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        run_child(words, out, err);
    }
    r->code = run_code(child);
    run_read(r->out, sizeof r->out, out);
    run_read(r->err, sizeof r->err, err);
}

/* Fails the test and shows all when text is not part of shown. */
static inline void assert_shows(const char *shown, const char *text)
{
    if (strstr(shown, text) == NULL) {
        print_error("expected: %s\nshown: %s\n", text, shown);
        fail();
    }
}

static inline void assert_shows_not(const char *shown, const char *text)
{
    if (strstr(shown, text) != NULL) {
        print_error("not expected: %s\nshown: %s\n", text, shown);
        fail();
    }
}

#endif
