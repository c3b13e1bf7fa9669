/* id_check.h - check digits of national identity numbers, where the number has the shape of one.
 *
 * A country issues several kinds of numbers (a register number, a card number); only the kinds
 * below carry check digits that are published, so that any other shape passes unchecked:
 *
 *   BE register number, BG EGN and LNCh, BR CPF, CL RUT, CN resident number, CZ and SK birth number
 * (10 digits), EE and LT personal code, ES DNI and NIE, FI HETU, FR NIR, HR OIB, IT codice fiscale,
 *   MX CURP, NL BSN, NO birth number, PL PESEL, RO CNP, SE personnummer, TR T.C. kimlik no, ZA ID.
 *
 * Pure; nothing here allocates.
 */
#ifndef SYM_CLI_INGEST_ID_CHECK_H
#define SYM_CLI_INGEST_ID_CHECK_H

#include "crypto/bytes.h"

enum sym_id_check { SYM_ID_UNCHECKED, SYM_ID_MATCHES, SYM_ID_DIFFERS };

/* country: two capital letters; number: capital letters and digits. *kind becomes the name of the
 * number, such as "PESEL", unless it is unchecked. */
enum sym_id_check sym_id_check(const char **kind, const char *country, struct sym_span number);
/* Of a number that is unchecked: would its check digits match with one to three zeros in front? */
bool sym_id_lacks_zeros(const char *country, struct sym_span number);

#endif
