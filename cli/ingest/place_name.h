/* place_name.h - names reduced to what people agree on when they write them: small letters without
 * accents, and digits; no blanks, no punctuation. "Côte d'Ivoire" and "COTE D’IVOIRE" become
 * "cotedivoire". Letters beyond Latin stay as they are. Pure; allocates nothing.
 */
#ifndef SYM_CLI_INGEST_PLACE_NAME_H
#define SYM_CLI_INGEST_PLACE_NAME_H

#include "crypto/bytes.h"

/* Bytes of a folded name: none is longer than what it came from. */
#define SYM_PLACE_NAME_BYTES 256u

/* Returns the length; what does not fit into max, and all behind bytes that are no UTF-8, is left
 * out. */
size_t sym_place_name_fold(char *out, size_t max, struct sym_span text);
/* For tables in memory only. */
uint32_t sym_place_name_hash(struct sym_span folded, uint32_t seed);

#endif
