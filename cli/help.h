/* help.h - help texts made from the table of commands. Nothing here fails; prints to the given
 * stream only. */
#ifndef SYM_CLI_HELP_H
#define SYM_CLI_HELP_H

#include "cli/command.h"

#include <stdio.h>

/* The list of all commands. */
void sym_help_all(FILE *to);
/* Do commands of two words start with this one ("peer")? */
bool sym_help_is_group(const char *word);
/* Those commands. */
void sym_help_group(FILE *to, const char *word);
void sym_help_command(FILE *to, const struct sym_command *command);
/* Says on standard error what the words were probably meant to be. */
enum sym_exit sym_help_unknown(char *const *words, size_t n);

#endif
