/* country.h - country codes as documents and banks write them, to one code for each issuer.
 *
 * Known are ISO 3166-1 (alpha-2 and alpha-3), "UK" and "EL", Kosovo, and the issuers that ICAO Doc
 * 9303-3 section 5 adds for travel documents. Pure; nothing here allocates.
 * Errors: SYM_NOT_FOUND.
 */
#ifndef SYM_CLI_INGEST_COUNTRY_H
#define SYM_CLI_INGEST_COUNTRY_H

#include "crypto/bytes.h"

#define SYM_COUNTRY_BYTES 4u /* with terminator */

/* Two letters, or the three of an issuer that is no country (such as UNO); either case is taken. */
SYM_MUST enum sym_err sym_country_parse(char out[SYM_COUNTRY_BYTES], struct sym_span code);

/* Is this a code of two capital letters from ISO 3166-1, or XK? */
bool sym_country_is_alpha2(struct sym_span code);

#endif
