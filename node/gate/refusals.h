/* refusals.h - log lines about connections that did not become links: a bounded number per second
 * and per hour (line_budget.h), then one line that counts the rest, so that a flood cannot fill a
 * disk.
 */
#ifndef SYM_NODE_GATE_REFUSALS_H
#define SYM_NODE_GATE_REFUSALS_H

#include "node/gate/address.h"
#include "node/gate/line_budget.h"

#define SYM_REFUSALS_PER_SECOND 10u

/* Zero-initialised is ready. */
struct sym_refusals {
    uint64_t second_began_ms;
    unsigned lines; /* in this second */
    struct sym_line_budget budget;
    uint64_t total;
};

/* Counts one, and logs it while there are few in this second and this hour. Once one was left out,
 * the next line is the one that counts. */
void sym_refusals_note(struct sym_refusals *r, uint64_t now_ms, const struct sym_address *from,
                       const struct sym_fault *why);
/* Writes the line that counts the rest, if there is one to write and room for it. */
void sym_refusals_flush(struct sym_refusals *r, uint64_t now_ms);

#endif
