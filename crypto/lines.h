/* lines.h - reads a text file of evidence line by line: every line ends with LF, has one form, and
 * what is wrong is said with the number of its line.
 *
 * Sticky, as sym_reader is: after the first fault nothing more is read and the fault stays. Spans
 * borrow from the text. Errors: SYM_BAD_FORMAT, SYM_BAD_VALUE, SYM_TOO_LONG; the fault is a
 * complete line, "what:line: reason", and never shows what stands in the file.
 */
#ifndef SYM_CRYPTO_LINES_H
#define SYM_CRYPTO_LINES_H

#include "crypto/bytes.h"

struct sym_lines {
    struct sym_span rest;
    const char *what; /* how faults name the file */
    unsigned line;    /* number of the last line taken, from 1 */
    struct sym_fault *fault;
    enum sym_err err;
};

/* A cursor before the first line of text, which is borrowed, as what and fault (which may be NULL).
 */
struct sym_lines sym_lines(struct sym_span text, const char *what, struct sym_fault *fault);

/* The first fault counts. */
void sym_lines_refuse(struct sym_lines *l, enum sym_err err, const char *why);
/* As above, of the line that comes next. */
void sym_lines_refuse_next(struct sym_lines *l, enum sym_err err, const char *why);
/* The next line, without its LF; empty after a fault. */
struct sym_span sym_lines_take(struct sym_lines *l);
/* The next line must be this. */
void sym_lines_expect(struct sym_lines *l, const char *line);
/* Does the next line begin so? */
bool sym_lines_next_is(const struct sym_lines *l, const char *start);
/* What follows `start` on the next line, which must begin so. */
struct sym_span sym_lines_value(struct sym_lines *l, const char *start);
/* The same, decoded: exactly len bytes, canonical base64. */
void sym_lines_bytes(struct sym_lines *l, const char *start, uint8_t *out, size_t len);
/* The same: 0 to 2^63 - 1 in its one decimal form. */
uint64_t sym_lines_number(struct sym_lines *l, const char *start);
/* All that is left, without another look at its lines. */
struct sym_span sym_lines_rest(struct sym_lines *l);

/* 0 to 2^63 - 1 in its one decimal form. */
bool sym_text_number(uint64_t *out, struct sym_span text);

#endif
