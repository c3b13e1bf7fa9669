/* text.h - UTF-8 (RFC 3629), and what a name may be made of.
 *
 * Nothing here allocates or depends on a locale; spans borrow.
 */
#ifndef SYM_CRYPTO_TEXT_H
#define SYM_CRYPTO_TEXT_H

#include "crypto/bytes.h"

/* Cuts the first character off *rest, which is not empty. False, with *rest untouched, when it is
 * not one: a stray or missing continuation byte, an overlong form, a surrogate, beyond U+10FFFF. */
bool sym_text_next(uint32_t *character, struct sym_span *rest);

/* May this be shown in one line as the name of something? At least one character, all UTF-8; no
 * control, formatting or invisible characters, no other space than U+0020 and none at either end:
 * two names that look alike should be alike, and none should reorder the text around it. */
bool sym_text_is_name(struct sym_span text);

/* Can this be typed at a prompt? Nothing of what editors put into files beside it: no byte order
 * mark in front, no carriage return or other control character. Any bytes else. Asked about
 * passphrases: its time depends on the length and the answer alone. */
bool sym_text_is_typed(struct sym_span text);

/* May this be a local name of a peer, a dataset or a user? At least one of a-z A-Z 0-9 . _ - and
 * none of the marks first: it is also a file's, and never a way out of its directory. */
bool sym_text_is_alias(struct sym_span text);

#endif
