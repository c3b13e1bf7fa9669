/* dataset_stage.h - records of an import on their way into the store: chunks go in, segments come
 * out, several for one commit. Wipes what it lets go of. Errors: SYM_NO_MEMORY, those of vault.h.
 */
#ifndef SYM_NODE_DATA_DATASET_STAGE_H
#define SYM_NODE_DATA_DATASET_STAGE_H

#include "node/data/dataset_segment.h"
#include "node/store/vault.h"

struct sym_stage;

/* SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_stage_new(struct sym_stage **out);
/* NULL is fine. */
void sym_stage_free(struct sym_stage *s);

/* Should its segments be written before more is taken? It holds some 4 MiB then. */
bool sym_stage_is_full(const struct sym_stage *s);
/* A chunk that was checked, when it is not full. After SYM_NO_MEMORY it has taken half of it. */
SYM_MUST enum sym_err sym_stage_take(struct sym_stage *s, const struct sym_import_chunk *chunk);
/* Makes a segment of the last records, too. */
SYM_MUST enum sym_err sym_stage_finish(struct sym_stage *s);

/* How many segments it holds. */
uint32_t sym_stage_segments(const struct sym_stage *s);
/* Bytes of all segments that it ever made. */
uint64_t sym_stage_bytes(const struct sym_stage *s);
/* Puts them under numbers from first on; the stage keeps them. */
SYM_MUST enum sym_err sym_stage_put(const struct sym_stage *s, struct sym_transaction *t,
                                    struct sym_vault *vault,
                                    const uint8_t content[SYM_CONTENT_ID_BYTES], uint32_t first);
/* Lets go of its segments. */
void sym_stage_clear(struct sym_stage *s);

#endif
