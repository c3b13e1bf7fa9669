/* codec_check.h - what a table of message.h allows one value to be; for both halves of the codec.
 *
 * Errors: SYM_TOO_LONG, SYM_BAD_VALUE (too short, or out of range), SYM_BAD_FORMAT (no clean text).
 */
#ifndef SYM_PROTO_CODEC_CHECK_H
#define SYM_PROTO_CODEC_CHECK_H

#include "proto/message.h"

/* The length of bytes or of a text, or of an element of a list; a text has to be clean UTF-8. */
SYM_MUST enum sym_err sym_field_check_span(const struct sym_field *f, struct sym_span s);
SYM_MUST enum sym_err sym_field_check_number(const struct sym_field *f, uint64_t v);

#endif
