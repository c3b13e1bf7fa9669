/* redirect.h - how the browser learns the token: from a file that only its user can read and that
 * sends it on to the page. On a command line everybody would see it.
 *
 * The file lies in $XDG_RUNTIME_DIR, $TMPDIR or /tmp. Errors: those of file.h; the fault is a
 * complete line.
 */
#ifndef SYM_CLI_UI_REDIRECT_H
#define SYM_CLI_UI_REDIRECT_H

#include "crypto/secret.h"

#include <limits.h>
#include <sys/types.h>

struct sym_redirect {
    char path[PATH_MAX]; /* "": there is no file */
    pid_t browser;       /* what was started to open it; 0: nothing */
};

/* Writes the file, mode 0600. origin: "http://127.0.0.1:4711". */
SYM_MUST enum sym_err sym_redirect_write(struct sym_redirect *r, const char *origin,
                                         const struct sym_secret *token, struct sym_fault *fault);
/* Starts the browser on it, without waiting; false when that failed at once. */
bool sym_redirect_open(struct sym_redirect *r);
/* True when what was started has ended and could open nothing. */
bool sym_redirect_failed(struct sym_redirect *r);
/* Removes the file; does nothing the second time. */
void sym_redirect_remove(struct sym_redirect *r);

#endif
