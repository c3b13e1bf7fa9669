#include "cli/daemon.h"

#include "cli/beside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "symbolond"

struct sym_daemon sym_daemon(void)
{
    return (struct sym_daemon){.args = {"symbolon"}, .n = 1}; /* by this name it complains */
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

enum sym_err sym_daemon_exec(const struct sym_daemon *d, struct sym_fault *fault)
{
    char *argv[SYM_DAEMON_ARGS_MAX + 1] = {NULL};
    enum sym_err err = SYM_OK;
    for (size_t i = 0; i < d->n && err == SYM_OK; i++) {
        argv[i] = strdup(d->args[i]); /* exec wants to own what it may write to */
        err = argv[i] != NULL ? SYM_OK : SYM_NO_MEMORY;
    }
    err = err == SYM_OK ? sym_beside_exec(PROGRAM, argv, fault)
                        : sym_fail(fault, err, PROGRAM ": %s", sym_err_text(err));
    for (size_t i = 0; i < d->n; i++) {
        free(argv[i]);
    }
    return err;
}
