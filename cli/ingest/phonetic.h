/* phonetic.h - how names sound: American Soundex and Metaphone, as published.
 *
 * Soundex: the letter and three digits of the US National Archives (General Information Leaflet 55:
 * h and w do not part letters of one code, vowels do). Metaphone: L. Philips, "Hanging on the
 * Metaphone", Computer Language 7(12), 1990, with the refinements that most programs make (gh as f
 * behind "rou", ch as k before r or behind s). Debian has neither as a library in C; the known
 * answers in tests/vectors/phonetic.txt come from its two Perl modules.
 *
 * Words are letters a-z; everything else in them is passed over. Codes are terminated; both are
 * made for English, and a name of another language sounds wrong in the same way on both sides.
 */
#ifndef SYM_CLI_INGEST_PHONETIC_H
#define SYM_CLI_INGEST_PHONETIC_H

#include "crypto/bytes.h"

#define SYM_SOUNDEX_BYTES 5u
/* Longer codes are cut: no name sounds longer. */
#define SYM_METAPHONE_BYTES 17u

/* "R163"; "" for a word without letters. */
void sym_soundex(char out[SYM_SOUNDEX_BYTES], struct sym_span word);
/* "RBRT"; "" for a word without letters, or of silent ones alone. */
void sym_metaphone(char out[SYM_METAPHONE_BYTES], struct sym_span word);

#endif
