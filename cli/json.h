/* json.h - writes one JSON document, piece by piece, to a stream; reads one that this program
 * wrote. The only user of yajl.
 *
 * Keys are snake_case and stay as they are: programs read them. Numbers are whole (but for
 * sym_json_millionths) and without loss; times are ISO 8601 in UTC, binary values lower-case hex.
 * Bytes that are not UTF-8 become U+FFFD. Errors stick and are reported at the end.
 */
#ifndef SYM_CLI_JSON_H
#define SYM_CLI_JSON_H

#include "crypto/bytes.h"

#include <stdio.h>

struct sym_json;

/* NULL when there is no memory; all calls below accept that. */
struct sym_json *sym_json_new(FILE *to);

/* An object or array, as the next value of an array (or the whole document) when key is NULL. */
void sym_json_object(struct sym_json *j, const char *key);
void sym_json_array(struct sym_json *j, const char *key);
/* Ends the innermost object or array. */
void sym_json_end(struct sym_json *j);

/* Values; key is NULL in an array. */
void sym_json_text(struct sym_json *j, const char *key, struct sym_span text);
void sym_json_string(struct sym_json *j, const char *key, const char *text);
void sym_json_number(struct sym_json *j, const char *key, uint64_t value);
/* Signed. */
void sym_json_integer(struct sym_json *j, const char *key, int64_t value);
/* Millionths, as a number with six digits behind the point. */
void sym_json_millionths(struct sym_json *j, const char *key, int64_t value);
void sym_json_null(struct sym_json *j, const char *key);
void sym_json_bool(struct sym_json *j, const char *key, bool value);
void sym_json_hex(struct sym_json *j, const char *key, struct sym_span bytes);
/* Seconds since 1970; null for 0. */
void sym_json_time(struct sym_json *j, const char *key, uint64_t seconds);

/* A whole document as the next value: `len` bytes that this module wrote. */
void sym_json_raw(struct sym_json *j, const char *key, const char *text, size_t len);

/* Ends the line and frees. SYM_NO_MEMORY, or SYM_INTERNAL when the pieces made no document. */
SYM_MUST enum sym_err sym_json_finish(struct sym_json *j);

/* A value of a document that was read. All calls take NULL for a value that is not there, so that
 * a path can be followed without a look at every step. */
struct sym_json_value;

/* text ends with NUL. SYM_BAD_FORMAT: it is no JSON. The document is freed by sym_json_free. */
SYM_MUST enum sym_err sym_json_read(struct sym_json_value **out, const char *text);
void sym_json_free(struct sym_json_value *document);

/* A member of an object; NULL where there is none. */
const struct sym_json_value *sym_json_get(const struct sym_json_value *v, const char *key);
/* The elements of an array; 0 of what is none. */
size_t sym_json_count(const struct sym_json_value *v);
const struct sym_json_value *sym_json_at(const struct sym_json_value *v, size_t at);
/* Is it a whole number? Then that in *out. null is none. */
bool sym_json_whole(int64_t *out, const struct sym_json_value *v);
/* Is it true? */
bool sym_json_is_true(const struct sym_json_value *v);
/* Text; empty where it is none. */
const char *sym_json_words(const struct sym_json_value *v);

#endif
