#include "node/supervisor/child.h"

#include "node/leash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Closes first to last; last may be ~0u. */
static void close_between(unsigned first, unsigned last)
{
    if (first > last || close_range(first, last, 0) == 0) {
        return;
    }
    /* A kernel without the call. */
    unsigned most = (unsigned)sysconf(_SC_OPEN_MAX);
    for (unsigned fd = first; fd <= last && fd < most; fd++) {
        (void)close((int)fd);
    }
}

/* All but the standard ones, a and b (which may be -1). */
static void close_others(int a, int b)
{
    unsigned low = (unsigned)(a < b ? a : b);
    unsigned high = (unsigned)(a < b ? b : a);
    unsigned from = STDERR_FILENO + 1;
    if (a >= 0 && b >= 0) {
        close_between(from, low - 1);
        from = low + 1;
    }
    close_between(from, high - 1);
    close_between(high + 1, ~0u);
}

static void redirect_standard(void)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0) {
        (void)dup2(nothing, STDIN_FILENO);
    }
    /* Standard output has one line, and that is the supervisor's. */
    (void)dup2(STDERR_FILENO, STDOUT_FILENO);
}

static void reset_signals(void)
{
    sigset_t none;
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGQUIT, SIG_IGN);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Which arithmetic is used (core.c). */
static bool is_kept(const char *variable)
{
    static const char *const kept[] = {"SYMBOLON_RISTRETTO=", "SYMBOLON_VOLE="};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (strncmp(variable, kept[i], strlen(kept[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Emptied where it lies, too: that is what /proc shows of a process. */
static void forget_environment(void)
{
    char **to = environ;
    for (char **at = environ; at != NULL && *at != NULL; at++) {
        if (is_kept(*at)) {
            *to++ = *at;
        } else {
            memset(*at, 0, strlen(*at));
        }
    }
    if (to != NULL) {
        *to = NULL;
    }
}

/* In the child. */
static void become(const char *name, pid_t supervisor)
{
    char title[16]; /* as much as the kernel keeps */
    (void)snprintf(title, sizeof title, "symbolond-%s", name);
    (void)prctl(PR_SET_NAME, title, 0, 0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != supervisor) {
        _exit(1); /* it died before the line above */
    }
    forget_environment();
    reset_signals();
    redirect_standard();
}

enum sym_err sym_child_start(struct sym_child *c, const char *name, int keep, sym_child_fn *fn,
                             const void *context, struct sym_fault *fault)
{
    int ends[2];
    pid_t supervisor = getpid();
    enum sym_err err = sym_leash_new(ends);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s: no socket for it: %s", name, strerror(errno));
    }
    (void)fflush(NULL); /* or the child writes it again */
    pid_t pid = fork();
    if (pid < 0) {
        err = sym_fail(fault, errno == ENOMEM ? SYM_NO_MEMORY : SYM_LIMIT,
                       "%s: the process cannot be started: %s", name, strerror(errno));
        (void)close(ends[0]);
        (void)close(ends[1]);
        return err;
    }
    if (pid == 0) {
        become(name, supervisor);
        close_others(ends[1], keep);
        exit(fn(ends[1], context));
    }
    (void)close(ends[1]);
    *c = (struct sym_child){.name = name, .pid = pid, .leash = ends[0]};
    return SYM_OK;
}

bool sym_child_reap(struct sym_child *c, char how[SYM_CHILD_END_BYTES], bool *cleanly)
{
    int status = 0;
    if (c->pid == 0 || waitpid(c->pid, &status, WNOHANG) != c->pid) {
        return false;
    }
    *cleanly = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        (void)snprintf(how, SYM_CHILD_END_BYTES, "signal %s", name == NULL ? "unknown" : name);
    } else {
        (void)snprintf(how, SYM_CHILD_END_BYTES, "exit code %d", WEXITSTATUS(status));
    }
    (void)close(c->leash);
    c->leash = -1;
    c->pid = 0;
    return true;
}

void sym_child_kill(const struct sym_child *c)
{
    if (c->pid > 0) {
        (void)kill(c->pid, SIGKILL);
    }
}
