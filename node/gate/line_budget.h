/* line_budget.h - how many lines of the log somebody from outside may cause: a burst, and then two
 * a minute. What is left out is counted, for the next line to tell.
 *
 * Times are monotonic, milliseconds.
 */
#ifndef SYM_NODE_GATE_LINE_BUDGET_H
#define SYM_NODE_GATE_LINE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#define SYM_LINES_BURST      120u
#define SYM_LINES_EACH_MS    30000u
#define SYM_LINES_COUNT_TEXT 24 /* bytes */

/* Zero-initialised is ready. */
struct sym_line_budget {
    uint64_t full_ms; /* when nothing will have been used any more */
    uint64_t left_out;
};

/* May one line be written now? Then it is paid for. */
bool sym_line_budget_take(struct sym_line_budget *b, uint64_t now_ms);
/* Counts one that is not written. */
void sym_line_budget_skip(struct sym_line_budget *b);
/* How many were not written, as text; begins to count anew. */
void sym_line_budget_tell(char out[SYM_LINES_COUNT_TEXT], struct sym_line_budget *b);
/* All of it for one event: may its line be written now? left_out: how many were not before it, for
 * a line of its own in front of that, which is paid for, too; empty: there is no such line. */
bool sym_line_budget_event(struct sym_line_budget *b, uint64_t now_ms,
                           char left_out[SYM_LINES_COUNT_TEXT]);

#endif
