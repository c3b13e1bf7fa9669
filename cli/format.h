/* format.h - values as people read them: text from elsewhere made harmless, times in UTC, durations
 * and sizes. Output is UTF-8 and always terminated; what does not fit is cut between characters.
 * Which characters have a shape, and how wide it is, comes from LC_CTYPE: a UTF-8 locale.
 */
#ifndef SYM_CLI_FORMAT_H
#define SYM_CLI_FORMAT_H

#include "crypto/bytes.h"

/* Room for any of the fixed-size texts below, terminator included, bytes. */
#define SYM_FORMAT_BYTES 64u
/* Worst case of sym_format_text: every byte becomes \xNN. */
#define SYM_FORMAT_TEXT_BYTES(len) (4u * (len) + 1u)

/* Copies text; control characters, characters that change direction or have no shape, and bytes
 * that are not UTF-8 appear as \xNN or \u{N}. LF and TAB too: one value stays in one line. */
void sym_format_text(char *out, size_t size, struct sym_span text);
/* The columns that a text takes on a terminal. */
size_t sym_format_columns(const char *text);

/* Cuts a text, which lies in size bytes, to so many columns, between characters; what was cut ends
 * with "…" where size has room for that. */
void sym_format_cut(char *text, size_t size, size_t columns);

/* "2026-11-21T20:00:00Z"; "-" outside the years 2000 to 9999. */
void sym_format_time(char out[SYM_FORMAT_BYTES], uint64_t seconds);
/* "3 days 4 hours", "2 minutes 1 second", "0 seconds": the two largest units. */
void sym_format_duration(char out[SYM_FORMAT_BYTES], uint64_t seconds);
/* "1.80 ms", "32 us", "4.21 s": three digits. */
void sym_format_latency(char out[SYM_FORMAT_BYTES], uint64_t microseconds);
/* "512 bytes", "1.50 KiB", "64.0 MiB": three digits. */
void sym_format_bytes(char out[SYM_FORMAT_BYTES], uint64_t bytes);
/* "1a2b 3c4d …": n bytes in groups of four digits; size holds 5 * n / 2 + 2 bytes. */
void sym_format_hex_groups(char *out, size_t size, const uint8_t *data, size_t n);

#endif
