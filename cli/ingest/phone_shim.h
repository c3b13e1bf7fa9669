/* phone_shim.h - libphonenumber, seen from C.
 *
 * The one file in C++ is behind it; no exception leaves. May be called from several threads.
 */
#ifndef SYM_CLI_INGEST_PHONE_SHIM_H
#define SYM_CLI_INGEST_PHONE_SHIM_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SYM_PHONE_BYTES                                                                            \
    24 /* "+" and at most 17 digits, terminator included, with some to spare                       \
        */

enum sym_phone {
    SYM_PHONE_OK,
    SYM_PHONE_NO_NUMBER,  /* not written like a telephone number */
    SYM_PHONE_NO_COUNTRY, /* neither a country code that exists nor a region */
    SYM_PHONE_TOO_SHORT,
    SYM_PHONE_TOO_LONG,
    SYM_PHONE_LOCAL,    /* area code missing */
    SYM_PHONE_LENGTH,   /* no number of the country has so many digits */
    SYM_PHONE_NOT_USED, /* in no range of numbers that the country has assigned */
    SYM_PHONE_WORDS     /* holds letters that would be dialled */
};

/* out becomes E.164: "+442079460000"; for SYM_PHONE_NOT_USED too. region: two capital letters, or
 * "" for numbers that have to start with "+". *extension says that digits behind the number were
 * left out. */
enum sym_phone sym_phone_e164(char out[SYM_PHONE_BYTES], bool *extension, const char *text,
                              size_t len, const char *region);

/* Has libphonenumber rules for numbers of this country (two capital letters)? */
bool sym_phone_region_known(const char *region);

#ifdef __cplusplus
}
#endif

#endif
