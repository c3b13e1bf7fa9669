/* follow.h - waits for an exchange that the node runs, with progress at a terminal. Ctrl-C cancels
 * the exchange (see pause.h: sym_pause_begin comes first).
 *
 * Errors: what the exchange ended with; SYM_AGAIN when it waits for an approver at the peer, and
 * goes on without this program; SYM_CANCELLED; those of client.h. The fault is a complete line.
 */
#ifndef SYM_CLI_FOLLOW_H
#define SYM_CLI_FOLLOW_H

#include "cli/client.h"
#include "cli/progress.h"

struct sym_follow {
    struct sym_client *client;
    const char *alias; /* of the peer */
    enum sym_progress_unit unit;
    bool shown;       /* progress, where there is a terminal */
    uint64_t hold_us; /* how long to stay while an approver is awaited */
    uint64_t tries_s; /* how long the node tries to reach the peer; 0: not told of */
};

/* *out without its texts. */
SYM_MUST enum sym_err sym_follow(struct sym_exchange_row *out, const struct sym_follow *f,
                                 struct sym_span id, struct sym_fault *fault);

#endif
