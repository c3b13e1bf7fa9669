/* prompt.h - one question to the person at the terminal, never to a file or pipe. */
#ifndef SYM_CLI_PROMPT_H
#define SYM_CLI_PROMPT_H

#include <stdbool.h>

enum sym_answer { SYM_ANSWER_NO, SYM_ANSWER_YES, SYM_ANSWER_NOBODY };

/* Is there a terminal to ask at? */
bool sym_prompt_possible(void);

/* Asks on the controlling terminal (or on standard input, when that is a terminal). Yes is "y" or
 * "yes"; everything else, the end of input included, is no. SYM_ANSWER_NOBODY without terminal. */
enum sym_answer sym_prompt_confirm(const char *question);

#endif
