/* prompt.h - one question to the person at the terminal, never to a file or pipe. */
#ifndef SYM_CLI_PROMPT_H
#define SYM_CLI_PROMPT_H

#include "crypto/secret.h"

enum sym_answer { SYM_ANSWER_NO, SYM_ANSWER_YES, SYM_ANSWER_NOBODY };

/* Is there a terminal to ask at? */
bool sym_prompt_possible(void);

/* Asks on the controlling terminal (or on standard input, when that is a terminal). Yes is "y" or
 * "yes"; everything else, the end of input included, is no. SYM_ANSWER_NOBODY without terminal. */
enum sym_answer sym_prompt_confirm(const char *question);

/* Asks for one line without showing it, at most max bytes; out must be empty, and stays so for an
 * empty line. Call sym_pause_begin (pause.h) first: Ctrl-C then ends the question and the echo is
 * back. SYM_NOT_FOUND without terminal, SYM_CANCELLED, SYM_TOO_LONG, SYM_IO, SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_prompt_secret(struct sym_secret *out, const char *question, size_t max);

#endif
