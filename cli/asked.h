/* asked.h - the options that every joint computation takes: names, words, local texts.
 *
 * Errors: SYM_BAD_VALUE; the fault is a complete sentence that begins with the option.
 */
#ifndef SYM_CLI_ASKED_H
#define SYM_CLI_ASKED_H

#include "cli/options.h"

/* A name of a peer or dataset; the option must be there. */
SYM_MUST enum sym_err sym_asked_name(struct sym_span *out, const struct sym_args *args,
                                     const char *option, struct sym_fault *fault);

/* The value of --peers: names with commas between them, each once; out has room for max. */
SYM_MUST enum sym_err sym_asked_peers(struct sym_span *out, size_t *n, size_t max, const char *text,
                                      struct sym_fault *fault);

/* A word to its number; the fault lists the words there are. */
typedef enum sym_err sym_asked_parse(uint32_t *out, const char *text, struct sym_fault *fault);
/* One word of several (terms.h); the option must be there. */
SYM_MUST enum sym_err sym_asked_term(uint32_t *out, const struct sym_args *args, const char *option,
                                     sym_asked_parse *parse, struct sym_fault *fault);
/* --case, which must be there, and --note. */
SYM_MUST enum sym_err sym_asked_case(struct sym_span *case_ref, struct sym_span *note,
                                     const struct sym_args *args, struct sym_fault *fault);
/* --timeout; an hour without it. */
SYM_MUST enum sym_err sym_asked_timeout(uint32_t *timeout_ms, const struct sym_args *args,
                                        struct sym_fault *fault);

#endif
