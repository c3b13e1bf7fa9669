/* utc.h - points in time as text: YYYY-MM-DDTHH:MM:SSZ (RFC 3339), years 2000 to 9999.
 *
 * One time has one text, so that signed text can be written again byte for byte. Seconds count
 * from 1970-01-01T00:00:00Z, without leap seconds. Computed here because the C library's functions
 * read the time zone from files.
 * Errors: SYM_BAD_FORMAT, SYM_BAD_VALUE (no such day or hour, or another year).
 */
#ifndef SYM_CRYPTO_UTC_H
#define SYM_CRYPTO_UTC_H

#include "crypto/bytes.h"

#define SYM_UTC_BYTES 21u /* with terminator */

/* "2026-11-22T18:00:00Z", and back; seconds since 1970. */
SYM_MUST enum sym_err sym_utc_parse(int64_t *out_s, struct sym_span text);
SYM_MUST enum sym_err sym_utc_format(char out[SYM_UTC_BYTES], int64_t time_s);

#endif
