/* answers.h - what the listing commands print with --json, for whoever wants the same documents:
 * the local page (ui/). Each asks the node and writes one document; it stands beside the command
 * that prints it.
 *
 * Errors: those of client.h and json.h; the fault is a complete line, and nothing was written then.
 */
#ifndef SYM_CLI_ANSWERS_H
#define SYM_CLI_ANSWERS_H

#include "cli/client.h"

#include <stdio.h>

SYM_MUST enum sym_err sym_status_answer(FILE *to, struct sym_client *client,
                                        struct sym_fault *fault);
SYM_MUST enum sym_err sym_peers_answer(FILE *to, struct sym_client *client,
                                       struct sym_fault *fault);
SYM_MUST enum sym_err sym_grants_answer(FILE *to, struct sym_client *client,
                                        struct sym_fault *fault);
SYM_MUST enum sym_err sym_requests_answer(FILE *to, struct sym_client *client,
                                          struct sym_fault *fault);
/* Of one dataset; none for an empty name. */
SYM_MUST enum sym_err sym_budgets_answer(FILE *to, struct sym_client *client,
                                         struct sym_span dataset, struct sym_fault *fault);
/* Decides, then writes the request as it was decided. */
SYM_MUST enum sym_err sym_decision_answer(FILE *to, struct sym_client *client,
                                          const struct sym_request_decision *decision,
                                          struct sym_fault *fault);

/* The partners whose logs this node watches, as the log's own view of them. */
SYM_MUST enum sym_err sym_witnesses_answer(FILE *to, struct sym_client *client,
                                           struct sym_fault *fault);
/* The whole log, without cards of partners beside those that the node has pinned. SYM_CANCELLED
 * when it was interrupted (pause.h). */
SYM_MUST enum sym_err sym_log_verify_answer(FILE *to, struct sym_client *client,
                                            struct sym_fault *fault);

/* Begins a comparison with a peer; id names it below. */
SYM_MUST enum sym_err sym_compare_begin(uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                        struct sym_client *client, const char *alias,
                                        uint64_t timeout_s, struct sym_fault *fault);
/* As far as it has come: "done": false, or what was found. Does not wait. */
SYM_MUST enum sym_err sym_compare_answer(FILE *to, struct sym_client *client, const char *alias,
                                         struct sym_span id, struct sym_fault *fault);

#endif
