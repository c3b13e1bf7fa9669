/* compare_page.h - one page of what the own log tells of exchanges with a partner, for the partner
 * that compares it with its own: entries that involve it, each proven in the head that was shown
 * with the first page. Errors: those of log.h and witness.h; SYM_NO_MEMORY.
 */
#ifndef SYM_NODE_EXCHANGE_COMPARE_PAGE_H
#define SYM_NODE_EXCHANGE_COMPARE_PAGE_H

#include "node/exchange/run_kind.h"

/* What one comparison was shown so far; begins with zeros. */
struct sym_compare_told {
    bool has_head;
    uint64_t head_size; /* of the head that it has, in entries */
    uint64_t entries;
    uint64_t next; /* that it was told to ask for */
    bool all;      /* the last page was shown; an initiator that still reads its own log asks on */
    uint32_t asks;
};

/* Encodes the page that begins at the own entry `first`, *len bytes of at most SYM_DATA_BYTES_MAX,
 * and counts it in *told. After the last page there are empty ones. SYM_WRONG_STATE: `first` is not
 * where the page before ended; SYM_LIMIT: so many were asked for. */
SYM_MUST enum sym_err sym_compare_page_write(uint8_t *frame, size_t *len,
                                             struct sym_compare_told *told,
                                             const struct sym_run_evidence *with, uint64_t first);

#endif
