/* words.h - the PGP word list (Juola and Zimmermann, 1995), for bytes that are read aloud.
 *
 * Even positions are words of two syllables, odd positions words of three, so that a word that was
 * lost, repeated or swapped is heard. The words are ASCII, at most SYM_WORD_BYTES_MAX long, and no
 * two of the 512 are alike. Static text; no errors.
 */
#ifndef SYM_CRYPTO_WORDS_H
#define SYM_CRYPTO_WORDS_H

#include <stddef.h>
#include <stdint.h>

#define SYM_WORD_BYTES_MAX 11u

/* The word for value at this position (from 0) of the text. */
const char *sym_word(size_t position, uint8_t value);

#endif
