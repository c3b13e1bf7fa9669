/* table_came.h - how far each party of an overlap table (table.h) is, in its own words, and whose
 * doing it is when time is up.
 *
 * While all compute, each party tells the asker what has come of each contributor (CAME): a
 * contributor how many frames of its own list that one has evaluated, the tallier 1 once its rows
 * are complete; how many rows that were it keeps to itself. No number ever falls, and each message
 * says more than the one before, so that there are no more of them than frames.
 *
 * Words prove nothing: who is late by the words of another is said to be by that one, and a tallier
 * that says nothing is itself the one waited for. One is named only if for a while no other was
 * waited for. Pure.
 */
#ifndef SYM_PROTO_TABLE_CAME_H
#define SYM_PROTO_TABLE_CAME_H

#include "proto/table.h"

struct sym_table_came {
    uint32_t of[SYM_TABLE_LISTS_MAX]; /* by place of the contributor */
};

#define TABLE_CAME_BYTES_MAX (4u * SYM_TABLE_LISTS_MAX)

/* What can come to the party at `place` of each contributor but itself. */
uint32_t sym_table_came_most(const struct sym_table_agreed *agreed, uint32_t place);
/* Content of a payload CAME, 4 bytes for each of n contributors; out is its room. */
struct sym_span sym_table_came_put(uint8_t out[TABLE_CAME_BYTES_MAX],
                                   const struct sym_table_came *came, uint32_t n);
/* What the party at `place` says after `came`, which becomes it. SYM_BAD_FORMAT: another length;
 * SYM_LIMIT: more than can come; SYM_REPLAY: of somebody less than before, or nothing new. */
SYM_MUST enum sym_err sym_table_came_take(struct sym_table_came *came, struct sym_span content,
                                          const struct sym_table_agreed *agreed, uint32_t place);

/* Do these words of the party at `place` say that it waits for all of this set (of places)? */
bool sym_table_came_lacks(const struct sym_table_came *came, uint32_t set,
                          const struct sym_table_agreed *agreed, uint32_t place);

/* Of all lists, by the words of all parties (by place): frames that have been evaluated; lists
 * whose rows are complete at the tallier. */
struct sym_table_progress sym_table_came_evaluated(const struct sym_table_came came[],
                                                   const struct sym_table_agreed *agreed);
struct sym_table_progress sym_table_came_tallied(const struct sym_table_came came[],
                                                 const struct sym_table_agreed *agreed);

/* These are waited for: one of them is named, of several the set is. */
struct sym_table_failure sym_table_late_of(uint32_t awaited, enum sym_table_cause cause,
                                           uint32_t said_by);
/* All compute, and time is up: who is waited for, by these words of all parties (by place) and
 * their ends (bit set of places)? A place is named when all that is missing is owed by it, or to
 * it; else the failure has the set of those that are waited for. own: the place whose words need no
 * witness, as it is this node's; SYM_TABLE_NOBODY: none is. */
struct sym_table_failure sym_table_came_late(const struct sym_table_came came[], uint32_t ended,
                                             const struct sym_table_agreed *agreed, uint32_t own);

/* Who was waited for, and when. Without that, one that does its part at the last moment would leave
 * all the blame to whoever is next. */
struct sym_table_waits {
    uint32_t set;                             /* since the latest change: bit set of places */
    uint32_t been;                            /* before */
    uint64_t until_ms[SYM_TABLE_PARTIES_MAX]; /* when that ended, of those that have been */
};

/* Something came: from now on these are waited for, as sym_table_came_late says. */
void sym_table_waits_change(struct sym_table_waits *w, struct sym_table_failure late,
                            uint64_t now_ms);
/* `late`, if it was like that from since_ms on; else nobody is named, and the failure has the set
 * of all that were waited for since then. */
struct sym_table_failure sym_table_waits_since(const struct sym_table_waits *w,
                                               struct sym_table_failure late, uint64_t since_ms);

#endif
