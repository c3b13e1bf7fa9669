#include "cli/daemon.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "symbolond"

struct sym_daemon sym_daemon(void)
{
    return (struct sym_daemon){.args = {PROGRAM}, .n = 1};
}

void sym_daemon_flag(struct sym_daemon *d, const char *flag)
{
    assert(d->n < SYM_DAEMON_ARGS_MAX);
    d->args[d->n++] = flag;
    d->args[d->n] = NULL;
}

void sym_daemon_option(struct sym_daemon *d, const char *flag, const char *value)
{
    if (value != NULL) {
        sym_daemon_flag(d, flag);
        sym_daemon_flag(d, value);
    }
}

/* Where this program lies, then the daemon's name; false when it is not there. */
static bool beside(char out[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - sizeof PROGRAM);
    if (len <= 0) {
        return false;
    }
    out[len] = '\0';
    char *slash = strrchr(out, '/');
    if (slash == NULL) {
        return false;
    }
    memcpy(slash + 1, PROGRAM, sizeof PROGRAM);
    return access(out, X_OK) == 0;
}

enum sym_err sym_daemon_exec(const struct sym_daemon *d, struct sym_fault *fault)
{
    char path[PATH_MAX];
    char *argv[SYM_DAEMON_ARGS_MAX + 1] = {NULL};
    enum sym_err err = SYM_OK;
    for (size_t i = 0; i < d->n && err == SYM_OK; i++) {
        argv[i] = strdup(d->args[i]); /* exec wants to own what it may write to */
        err = argv[i] != NULL ? SYM_OK : SYM_NO_MEMORY;
    }
    if (err == SYM_OK) {
        (void)fflush(stdout);
        (void)(beside(path) ? execv(path, argv) : execvp(PROGRAM, argv));
        err = errno == ENOENT ? SYM_NOT_FOUND : SYM_IO;
        (void)sym_fail(fault, err,
                       PROGRAM ": %s; it must lie beside symbolon, or in a directory of PATH",
                       strerror(errno));
    } else {
        (void)sym_fail(fault, err, PROGRAM ": %s", sym_err_text(err));
    }
    for (size_t i = 0; i < d->n; i++) {
        free(argv[i]);
    }
    return err;
}
