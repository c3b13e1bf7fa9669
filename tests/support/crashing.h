/* crashing.h - ends the process at the n-th step that changes a file, so that tests can look at
 * what a crash leaves. A program that includes this has its own write, pwrite, writev, fsync,
 * fdatasync, renameat, unlinkat and mkdirat in front of the C library's, and of LMDB's: they count,
 * and the one that would be beyond the limit is the end. To be included by one file of the test
 * program.
 */
#ifndef SYM_TESTS_SUPPORT_CRASHING_H
#define SYM_TESTS_SUPPORT_CRASHING_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CRASHED 86

static long steps_left = -1; /* negative: no crash */
/* When set, sees each step on an open file: 'w' for writing, 's' for making durable. */
static void (*steps_watch)(char what, int fd);

static void step(void)
{
    if (steps_left == 0) {
        _exit(CRASHED);
    }
    if (steps_left > 0) {
        steps_left--;
    }
}

static void file_step(char what, int fd)
{
    step();
    if (steps_watch != NULL) {
        steps_watch(what, fd);
    }
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    file_step('w', fd);
    return syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    file_step('w', fd);
    return syscall(SYS_writev, fd, parts, n);
}

int fdatasync(int fd)
{
    file_step('s', fd);
    return 0;
}

ssize_t write(int fd, const void *data, size_t len)
{
    if (fd > STDERR_FILENO) {
        file_step('w', fd);
    }
    return syscall(SYS_write, fd, data, len);
}

/* Counted, and not done: a process that ends loses nothing that the kernel has. */
int fsync(int fd)
{
    file_step('s', fd);
    return 0;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    step();
    return (int)syscall(SYS_renameat, from_dir, from, to_dir, to);
}

int unlinkat(int dir, const char *name, int flags)
{
    step();
    return (int)syscall(SYS_unlinkat, dir, name, flags);
}

int mkdirat(int dir, const char *name, mode_t mode)
{
    step();
    return (int)syscall(SYS_mkdirat, dir, name, mode);
}

/* Runs fn in a child that ends before step number steps (from 0); true when it got that far, false
 * when it was done before. *code: what fn returned then. */
static bool crash_at(long steps, int (*fn)(void *context), void *context, int *code)
{
    int status = 0;
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        steps_left = steps;
        _exit(fn(context));
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return *code == CRASHED;
}

#endif
