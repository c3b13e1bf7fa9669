/* places.h - the bytes of places.bin, which gazetteer.py makes, as they stand in the program. */
#ifndef SYM_CLI_INGEST_PLACES_H
#define SYM_CLI_INGEST_PLACES_H

#include "crypto/bytes.h"

/* Static. */
struct sym_span sym_places(void);

#endif
