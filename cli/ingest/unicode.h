/* unicode.h - what text needs of Unicode's tables: case folding, composition, Latin spelling,
 * domain names.
 *
 * The only user of ICU. One struct sym_unicode serves one thread: it holds scratch memory. Input is
 * UTF-8, output goes to a writer as UTF-8; a writer that is full says so at its end, as usual.
 * Texts longer than SYM_UNICODE_BYTES_MAX are SYM_TOO_LONG.
 * Sources: UAX 15 (NFC) and UAX 44 (NFKC_Casefold), CLDR transliteration, UTS 46 (domain names).
 * Errors: SYM_TOO_LONG, SYM_BAD_FORMAT (not UTF-8), SYM_BAD_VALUE (no domain name), SYM_NO_MEMORY,
 * SYM_UNSUPPORTED (ICU was installed without its data).
 */
#ifndef SYM_CLI_INGEST_UNICODE_H
#define SYM_CLI_INGEST_UNICODE_H

#include "crypto/bytes.h"

#define SYM_UNICODE_BYTES_MAX 2048u

struct sym_unicode;

/* Opens the tables of ICU. SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_unicode_new(struct sym_unicode **out);
void sym_unicode_free(struct sym_unicode *u);

/* Compatibility forms and upper case removed: equal for all spellings of one text. */
SYM_MUST enum sym_err sym_unicode_fold(struct sym_writer *out, struct sym_unicode *u,
                                       struct sym_span text);
/* Written in Latin letters without accents, then folded. Letters of scripts for which CLDR has no
 * transliteration stay as they are; accents, vowel points and modifier letters are gone. Errors
 * also: SYM_INTERNAL (ICU was installed without its transliterations, which are read at the first
 * call). */
SYM_MUST enum sym_err sym_unicode_latin(struct sym_writer *out, struct sym_unicode *u,
                                        struct sym_span text);
/* A domain name in ASCII ("xn--…" labels), lower case. Only what UTS 46 calls valid, without
 * transitional mappings; ASCII labels with hyphens in the third and fourth place are taken. */
SYM_MUST enum sym_err sym_unicode_domain(struct sym_writer *out, struct sym_unicode *u,
                                         struct sym_span name);

#define SYM_UNICODE_ID_BYTES_MAX 512u

/* Accents and what they stand on as one character where there is one (NFC): equal for what looks
 * the same, whichever system wrote it. Of at most SYM_UNICODE_ID_BYTES_MAX bytes. */
SYM_MUST enum sym_err sym_unicode_compose(struct sym_writer *out, struct sym_span text);

/* Is this character (a code point) a letter of any script? */
bool sym_unicode_is_letter(uint32_t character);

#endif
