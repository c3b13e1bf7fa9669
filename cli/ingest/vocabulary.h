/* vocabulary.h - the words of other standards for the codes of dimension.h.
 *
 * The picklists of IOM's Human Trafficking Case Data Standard 2.0 (its names and its labels), the
 * values of the codebook of the Counter-Trafficking Data Collaborative, and the codes themselves,
 * whatever the case of their letters and their punctuation. Pure.
 */
#ifndef SYM_CLI_INGEST_VOCABULARY_H
#define SYM_CLI_INGEST_VOCABULARY_H

#include "proto/dimension.h"

/* Does the text say that nothing is known: empty, "unknown", "N/A", "null", "-99" …? */
bool sym_vocabulary_is_blank(struct sym_span text);
/* The code that a text means in a dimension with words; NULL: no known one. */
const char *sym_vocabulary_code(enum sym_dimension dimension, struct sym_span text);
/* The age band of an age in years. */
const char *sym_vocabulary_age(unsigned years);
/* "mixed", "several" … */
bool sym_vocabulary_is_several(struct sym_span text);

#endif
