/* nicknames.h - short and pet forms of given names: "bill" is "william".
 *
 * A text of lines "william: bill, billy, will". Each form stands for the one name before the colon,
 * and the name for itself; # begins a comment. What an own file says of a word takes the place of
 * what the built-in table (nicknames_builtin.c) says. Words are single, and have letters that can
 * be written in Latin ones; case and accents do not matter. Many forms could stand for several
 * names: both sides of an overlap only have to take the same one, so that both should use the same
 * table.
 *
 * Never changed once made, so that threads may share it. Errors: SYM_BAD_FORMAT, SYM_BAD_VALUE,
 * SYM_TOO_LONG, SYM_LIMIT, those of file.h. The fault is a complete sentence with file and line.
 */
#ifndef SYM_CLI_INGEST_NICKNAMES_H
#define SYM_CLI_INGEST_NICKNAMES_H

#include "crypto/bytes.h"
#include "crypto/result.h"

/* One word, its terminator included; forms of the built-in table and an own file together; an own
 * file, bytes. */
#define SYM_NICKNAME_BYTES           32u
#define SYM_NICKNAMES_MAX            8192u
#define SYM_NICKNAMES_FILE_BYTES_MAX 262144u

struct sym_nicknames;

/* The built-in table alone where text is empty. source names the text in faults. */
SYM_MUST enum sym_err sym_nicknames_parse(struct sym_nicknames **out, const char *source,
                                          struct sym_span text, struct sym_fault *fault);
/* path: an own file, NULL for the built-in table alone. */
SYM_MUST enum sym_err sym_nicknames_load(struct sym_nicknames **out, const char *path,
                                         struct sym_fault *fault);
void sym_nicknames_free(struct sym_nicknames *n);

/* What a word stands for: itself when nothing is known of it. Borrowed from n or word. */
struct sym_span sym_nicknames_find(const struct sym_nicknames *n, struct sym_span word);

/* Line number at of the built-in table, NULL after the last. */
const char *sym_nicknames_builtin(size_t at);

#endif
