/* terminal.h - asks one question at the terminal without echo.
 *
 * Errors: SYM_NOT_FOUND (no terminal), SYM_CANCELLED (end of input, or cancel), SYM_TOO_LONG,
 * SYM_IO, SYM_NO_MEMORY.
 */
#ifndef SYM_NODE_SUPERVISOR_TERMINAL_H
#define SYM_NODE_SUPERVISOR_TERMINAL_H

#include "crypto/secret.h"

/* Waits until fd has something to read, or its end; cancel as below. Any descriptor will do. */
SYM_MUST enum sym_err sym_terminal_await(int fd, int cancel);

/* The line that was typed, without its end, at most max bytes; out must be empty and stays so for
 * an empty line. cancel: a descriptor that ends the question when it gets readable, or -1. */
SYM_MUST enum sym_err sym_terminal_ask(struct sym_secret *out, const char *question, size_t max,
                                       int cancel);

#endif
