/* views.h - the answers that no command prints in this form: pages of exchanges and of the log,
 * progress, and decisions.
 *
 * Errors: those of client.h and json.h; SYM_BAD_VALUE for a query that makes no sense. The fault is
 * a complete line.
 */
#ifndef SYM_CLI_UI_VIEWS_H
#define SYM_CLI_UI_VIEWS_H

#include "cli/client.h"

#include <stdio.h>

/* Rows of one page. */
#define SYM_UI_ROWS 100u

/* Who asks: {"node", "user", "approve", "roles": [of that user], "for": {"log": [roles that may
 * look at it], …}}. The page asks for nothing that it does not allow: core enters each refusal into
 * the log. */
SYM_MUST enum sym_err sym_ui_session(FILE *to, struct sym_client *client, bool may_decide,
                                     struct sym_fault *fault);
/* Those that started before so many milliseconds since 1970 (NULL: any). */
SYM_MUST enum sym_err sym_ui_exchanges(FILE *to, struct sym_client *client, const char *before,
                                       struct sym_fault *fault);
SYM_MUST enum sym_err sym_ui_exchange(FILE *to, struct sym_client *client, struct sym_span id,
                                      struct sym_fault *fault);
SYM_MUST enum sym_err sym_ui_progress(FILE *to, struct sym_client *client, struct sym_span id,
                                      struct sym_fault *fault);
/* The document of a report about one result (cli/report/document.h). It is handed out only when the
 * log has an entry about it. language: "en", "fr", NULL: en. */
SYM_MUST enum sym_err sym_ui_report(FILE *to, struct sym_client *client, const char *exchange,
                                    const char *language, struct sym_fault *fault);
/* Those before entry number `before` (NULL: the newest). */
SYM_MUST enum sym_err sym_ui_log(FILE *to, struct sym_client *client, const char *before,
                                 struct sym_fault *fault);

/* Approves the request when `typed` is the alias of the peer who asks, or for an own command the
 * name of its user. SYM_BAD_VALUE when it is not, and nothing is decided then. */
SYM_MUST enum sym_err sym_ui_approve(FILE *to, struct sym_client *client, struct sym_span id,
                                     struct sym_span typed, struct sym_fault *fault);
SYM_MUST enum sym_err sym_ui_deny(FILE *to, struct sym_client *client, struct sym_span id,
                                  struct sym_span why, struct sym_fault *fault);

#endif
