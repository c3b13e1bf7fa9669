/* log.h - one line per event to stderr, key=value, for journald and for people.
 *
 *     time=2026-11-21T20:31:07.512Z level=info process=gate event=link-up peer=bank-b
 *
 * The process is the name of the calling thread ("symbolond-gate" prints gate). Values that are
 * empty or hold spaces, quotes, backslashes, = or anything but printable ASCII are quoted and
 * escaped as in C, so that nothing a peer sends can break a line; a line that would exceed
 * SYM_LOG_BYTES ends in
 * "...". One write(2) per line. Never a secret, an imported value, a case or a note.
 * Nobody waits for a reader of stderr that has stopped, or for a full disk: lines are lost then,
 * and the next that is written is event=lines-lost with their count.
 */
#ifndef SYM_NODE_LOG_H
#define SYM_NODE_LOG_H

#include "crypto/result.h"

/* The longest line, newline included: written at once even into a pipe. */
#define SYM_LOG_BYTES 1024

enum sym_level { SYM_LEVEL_INFO, SYM_LEVEL_WARN, SYM_LEVEL_ERROR };

/* One line; pairs are key, value, key, value, …, NULL (all const char *; a NULL value prints "-").
 * Keys are literals of this program. */
void sym_log(enum sym_level level, const char *event, ...) __attribute__((sentinel));

#endif
