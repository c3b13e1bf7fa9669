#include "cli/progress.h"

#include "cli/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DRAW_EVERY_US 100000u
#define STALLED_US    3000000u

struct sym_progress sym_progress(const char *label, enum sym_progress_unit unit, uint64_t now_us)
{
    return (struct sym_progress){
        .label = label, .unit = unit, .shown = isatty(STDERR_FILENO) != 0, .began_us = now_us};
}

static void format_amount(char out[SYM_FORMAT_BYTES], enum sym_progress_unit unit, uint64_t amount)
{
    if (unit == SYM_PROGRESS_BYTES) {
        sym_format_bytes(out, amount);
    } else {
        (void)snprintf(out, SYM_FORMAT_BYTES, "%" PRIu64, amount);
    }
}

void sym_progress_text(char out[SYM_PROGRESS_BYTES_MAX], const struct sym_progress *p,
                       uint64_t done, uint64_t total, uint64_t now_us)
{
    double elapsed_s = now_us > p->began_us ? (double)(now_us - p->began_us) / 1e6 : 0;
    double rate = elapsed_s > 0 ? (double)done / elapsed_s : 0;
    char done_text[SYM_FORMAT_BYTES];
    char rate_text[SYM_FORMAT_BYTES];
    format_amount(done_text, p->unit, done);
    format_amount(rate_text, p->unit, (uint64_t)rate);
    char bytes_text[SYM_FORMAT_BYTES + 2] = "";
    if (p->unit != SYM_PROGRESS_BYTES && p->bytes > 0) {
        memcpy(bytes_text, ", ", sizeof ", ");
        sym_format_bytes(bytes_text + 2, p->bytes);
    }
    if (total == 0 || rate <= 0) {
        (void)snprintf(out, SYM_PROGRESS_BYTES_MAX, "%s: %s%s, %s/s", p->label, done_text,
                       bytes_text, rate_text);
        return;
    }
    char total_text[SYM_FORMAT_BYTES];
    char left_text[SYM_FORMAT_BYTES];
    uint64_t left = total > done ? total - done : 0;
    format_amount(total_text, p->unit, total);
    sym_format_duration(left_text, (uint64_t)((double)left / rate + 0.5));
    (void)snprintf(out, SYM_PROGRESS_BYTES_MAX, "%s: %s of %s%s, %s/s, %s left", p->label,
                   done_text, total_text, bytes_text, rate_text, left_text);
}

/* Over the line before. A terminal that does not say how wide it is gets all of it. */
static void draw(struct sym_progress *p, char text[SYM_PROGRESS_BYTES_MAX], uint64_t now_us)
{
    struct winsize window;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0) {
        /* What fills the last column may begin the next line. */
        sym_format_cut(text, SYM_PROGRESS_BYTES_MAX, window.ws_col - 1u);
    }
    p->drawn_us = now_us;
    (void)fprintf(stderr, "\r\033[K%s", text);
    (void)fflush(stderr);
}

void sym_progress_update(struct sym_progress *p, uint64_t done, uint64_t total, uint64_t now_us)
{
    if (!p->shown || (p->drawn_us != 0 && now_us < p->drawn_us + DRAW_EVERY_US)) {
        return;
    }
    char text[SYM_PROGRESS_BYTES_MAX];
    sym_progress_text(text, p, done, total, now_us);
    draw(p, text, now_us);
}

void sym_progress_stalled(struct sym_progress *p, const char *why, uint64_t until_s,
                          uint64_t now_us)
{
    char until[SYM_FORMAT_BYTES];
    char text[SYM_PROGRESS_BYTES_MAX];
    size_t label = strlen(p->label);
    bool named = strncmp(why, p->label, label) == 0 && why[label] == ':';
    bool due = p->shown ? p->drawn_us == 0 || now_us >= p->drawn_us + DRAW_EVERY_US : !p->told;
    if (now_us < p->began_us + STALLED_US || !due) {
        return;
    }
    sym_format_time(until, until_s);
    (void)snprintf(text, sizeof text, "%s%s%s; trying until %s", named ? "" : p->label,
                   named ? "" : ": ", why, until);
    p->told = true;
    if (!p->shown) {
        (void)fprintf(stderr, "symbolon: %s\n", text);
        return;
    }
    draw(p, text, now_us);
}

void sym_progress_end(struct sym_progress *p)
{
    if (p->drawn_us != 0) {
        (void)fprintf(stderr, "\r\033[K");
        (void)fflush(stderr);
        p->drawn_us = 0;
    }
}
