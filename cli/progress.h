/* progress.h - one line on the terminal that tells how far long work is: part, rate, time left.
 *
 * It goes to standard error, and only when that is a terminal: pipes and files stay clean. It is
 * cut to the width of the terminal. Times come from the caller, in microseconds of any steady
 * clock.
 */
#ifndef SYM_CLI_PROGRESS_H
#define SYM_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

enum sym_progress_unit { SYM_PROGRESS_BYTES, SYM_PROGRESS_ELEMENTS };

struct sym_progress {
    const char *label; /* borrowed */
    enum sym_progress_unit unit;
    bool shown;     /* there is a terminal */
    uint64_t bytes; /* that went with the elements; 0: not shown. The caller keeps it current. */
    uint64_t began_us;
    uint64_t drawn_us; /* 0: not yet */
    bool told;         /* that nothing moves */
};

/* Begins now; shown where standard error is a terminal. */
struct sym_progress sym_progress(const char *label, enum sym_progress_unit unit, uint64_t now_us);

/* Draws again, at most ten times a second. total is 0 while it is unknown. */
void sym_progress_update(struct sym_progress *p, uint64_t done, uint64_t total, uint64_t now_us);
/* Nothing has moved yet, for the reason `why`, and it is tried until until_s (Unix time, UTC).
 * After three seconds a terminal shows this line instead; anything else gets one line, once. */
void sym_progress_stalled(struct sym_progress *p, const char *why, uint64_t until_s,
                          uint64_t now_us);
/* Removes the line. */
void sym_progress_end(struct sym_progress *p);

#define SYM_PROGRESS_BYTES_MAX 384u
/* The text of the line alone. */
void sym_progress_text(char out[SYM_PROGRESS_BYTES_MAX], const struct sym_progress *p,
                       uint64_t done, uint64_t total, uint64_t now_us);

#endif
