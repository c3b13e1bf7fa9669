/* grants_quiet.h - lines of the journal that a peer can cause without end: at most one a minute for
 * each peer, which says how many requests it stands for.
 *
 * In memory; a restart forgets at most a minute. Times are those of the wall clock, milliseconds;
 * after one that was set back a line is due.
 */
#ifndef SYM_NODE_CORE_GRANTS_QUIET_H
#define SYM_NODE_CORE_GRANTS_QUIET_H

#include "crypto/identity.h"
#include "proto/limits.h"

#define SYM_QUIET_MS 60000u

struct sym_quiet_row {
    struct sym_node_id peer;
    uint64_t said_ms;  /* when the last line was written */
    uint64_t left_out; /* requests since then */
};

struct sym_quiet {
    struct sym_quiet_row rows[SYM_PEERS_MAX];
    size_t n;
};

/* Is a line due? *left_out: how many were left out before. */
bool sym_quiet_due(const struct sym_quiet *q, const struct sym_node_id *peer, uint64_t now_ms,
                   uint64_t *left_out);
/* A line was written. */
void sym_quiet_said(struct sym_quiet *q, const struct sym_node_id *peer, uint64_t now_ms);
/* One was left out. */
void sym_quiet_skip(struct sym_quiet *q, const struct sym_node_id *peer);
/* A peer whose minute is over and of whom something was left out; NULL when there is none. Any
 * minute is over at UINT64_MAX. */
const struct sym_quiet_row *sym_quiet_overdue(const struct sym_quiet *q, uint64_t now_ms);
void sym_quiet_forget(struct sym_quiet *q, const struct sym_node_id *peer);

#endif
