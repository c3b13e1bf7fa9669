/* view.h - an overlap table as it is shown: the release that the node keeps, with the names of its
 * lists. A cell is a combination of lists, as a bit set of their places as they are shown: this
 * node's first, then by name; cells[0] is the combination 1.
 *
 * Errors: those of client.h, SYM_BAD_FORMAT (the node's answer makes no sense), SYM_NO_MEMORY. The
 * fault is a complete line.
 */
#ifndef SYM_CLI_OVERLAP_TABLE_VIEW_H
#define SYM_CLI_OVERLAP_TABLE_VIEW_H

#include "cli/parties.h"
#include "cli/proof.h"
#include "cli/target.h"
#include "proto/table.h"

/* The zero cells of more lists than that are not listed: there are too many. */
#define SYM_TABLE_LISTED_ALL 10u

struct sym_table_view {
    struct sym_arena shown; /* what the spans of release point to */
    struct sym_arena body;
    struct sym_parties parties;
    struct sym_table_release release;
    struct sym_proof proof;
    uint8_t exchange[SYM_EXCHANGE_ID_BYTES];
    uint32_t n;                          /* lists */
    uint32_t order[SYM_TABLE_LISTS_MAX]; /* their places in the release */
    char names[SYM_TABLE_LISTS_MAX][SYM_PARTY_BYTES];
    char asker[SYM_PARTY_BYTES];
    char tallier[SYM_PARTY_BYTES];
    uint32_t n_cells;
    uint64_t *cells; /* dp: 0 is suppressed */
};

/* With a zero-initialised view; clear it in every case. */
SYM_MUST enum sym_err sym_table_view(struct sym_table_view *out, struct sym_client *client,
                                     struct sym_span exchange, struct sym_fault *fault);
void sym_table_view_clear(struct sym_table_view *v);

bool sym_table_view_is_exact(const struct sym_table_view *v);
/* Of one with noise: what that hides, a sentence. */
const char *sym_table_view_protects(const struct sym_table_view *v);
unsigned sym_table_lists(uint32_t cell);
/* Of an exact table: records on all lists of `cell`, whatever else they are on, and records on at
 * least so many lists. */
uint64_t sym_table_on_all(const struct sym_table_view *v, uint32_t cell);
uint64_t sym_table_on_at_least(const struct sym_table_view *v, unsigned lists);
/* Is this cell shown in a listing? Those that nobody is in are not, once there are many lists, nor
 * those on fewer lists than were asked for. */
bool sym_table_is_listed(const struct sym_table_view *v, const struct sym_target *target,
                         uint32_t cell);

SYM_MUST enum sym_err sym_table_write_table(FILE *to, const struct sym_table_view *v,
                                            const struct sym_target *target);
SYM_MUST enum sym_err sym_table_write_csv(FILE *to, const struct sym_table_view *v,
                                          const struct sym_target *target);
SYM_MUST enum sym_err sym_table_write_json(FILE *to, const struct sym_table_view *v,
                                           const struct sym_target *target);

/* Fetches and writes it to where the target says. */
SYM_MUST enum sym_err sym_table_show(const struct sym_target *target, struct sym_client *client,
                                     struct sym_span exchange, struct sym_fault *fault);

#endif
