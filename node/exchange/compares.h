/* compares.h - what comparisons of logs have found, for as long as somebody may ask: the latest
 * SYM_COMPARES_KEPT of them.
 *
 * A comparison is an exchange (kind COMPARE); its run puts what it has found here, under the handle
 * of the exchange. Owned here from then on. Errors: SYM_NOT_FOUND.
 */
#ifndef SYM_NODE_EXCHANGE_COMPARES_H
#define SYM_NODE_EXCHANGE_COMPARES_H

#include "proto/compare.h"

#define SYM_COMPARES_KEPT 8u

struct sym_compares {
    struct {
        uint8_t handle[SYM_EXCHANGE_ID_BYTES];
        struct sym_compare *compare; /* finished; NULL: none */
    } kept[SYM_COMPARES_KEPT];
    size_t next; /* the oldest */
};

void sym_compares_clear(struct sym_compares *c);
void sym_compares_keep(struct sym_compares *c, const uint8_t handle[SYM_EXCHANGE_ID_BYTES],
                       struct sym_compare *compare);
/* Findings from number first on; spans of *page are valid until the next call of anything here.
 * rows: room for SYM_FINDINGS_MAX. */
SYM_MUST enum sym_err sym_compares_page(const struct sym_compares *c, struct sym_compare_page *page,
                                        struct sym_finding *rows, struct sym_span handle,
                                        uint64_t first);

#endif
