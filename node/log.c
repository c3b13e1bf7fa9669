#include "node/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* Kept free for what must always fit: the ellipsis of a cut line and its newline. */
#define TAIL_BYTES 4
#define NAME_BYTES 16 /* of a thread, as the kernel keeps it */
/* How long a line waits for who reads stderr. Once that was in vain the next ones do not. */
#define PATIENCE_MS 100

/* Lines that were lost since the last one that stderr took: the one thing here that changes, and of
 * the process as stderr is. */
static _Atomic unsigned lost;

struct line {
    char text[SYM_LOG_BYTES];
    size_t len;
    bool full;
};

static void add(struct line *l, const char *bytes, size_t len)
{
    if (l->full || len > SYM_LOG_BYTES - TAIL_BYTES - l->len) {
        l->full = true;
        return;
    }
    memcpy(l->text + l->len, bytes, len);
    l->len += len;
}

static void add_text(struct line *l, const char *text)
{
    add(l, text, strlen(text));
}

static bool is_plain(const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || strchr("\"\\=", *c) != NULL) {
            return false;
        }
    }
    return value[0] != '\0';
}

static void add_escaped(struct line *l, char c)
{
    char escape[5];
    if (c == '"' || c == '\\') {
        (void)snprintf(escape, sizeof escape, "\\%c", c);
    } else if (c == '\n') {
        (void)snprintf(escape, sizeof escape, "\\n");
    } else if (c < ' ' || c > '~') {
        (void)snprintf(escape, sizeof escape, "\\x%02x", (unsigned)(unsigned char)c);
    } else {
        (void)snprintf(escape, sizeof escape, "%c", c);
    }
    add_text(l, escape);
}

static void add_value(struct line *l, const char *value)
{
    if (value == NULL) {
        add_text(l, "-");
    } else if (is_plain(value)) {
        add_text(l, value);
    } else {
        add_text(l, "\"");
        for (const char *c = value; *c != '\0'; c++) {
            add_escaped(l, *c);
        }
        add_text(l, "\"");
    }
}

static void add_pair(struct line *l, const char *key, const char *value)
{
    if (l->len > 0) {
        add_text(l, " ");
    }
    add_text(l, key);
    add_text(l, "=");
    add_value(l, value);
}

static void add_time(struct line *l)
{
    struct timespec now;
    struct tm day;
    char seconds[40];
    char stamp[64];

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &day);
    (void)strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &day);
    (void)snprintf(stamp, sizeof stamp, "%s.%03ldZ", seconds, now.tv_nsec / 1000000);
    add_pair(l, "time", stamp);
}

static void add_process(struct line *l)
{
    char name[NAME_BYTES + 1] = "";
    (void)prctl(PR_GET_NAME, name, 0, 0, 0);
    const char *dash = strrchr(name, '-');
    add_pair(l, "process", dash == NULL || dash[1] == '\0' ? name : dash + 1);
}

static void begin_line(struct line *l, enum sym_level level, const char *event)
{
    static const char *const levels[] = {
        [SYM_LEVEL_INFO] = "info", [SYM_LEVEL_WARN] = "warn", [SYM_LEVEL_ERROR] = "error"};

    add_time(l);
    add_pair(l, "level", levels[level]);
    add_process(l);
    add_pair(l, "event", event);
}

/* Who reads stderr may have stopped (a pager, Ctrl-S, a journal that hangs) without having gone:
 * writing would stop this process, and with it the node. */
static bool takes_lines(void)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    int n;
    do {
        n = poll(&out, 1, atomic_load(&lost) == 0 ? PATIENCE_MS : 0);
    } while (n < 0 && errno == EINTR);
    return n != 0;
}

/* False when it is lost: the disk may be full. */
static bool write_out(struct line *l)
{
    ssize_t n;
    if (l->full) {
        memcpy(l->text + l->len, "...", 3);
        l->len += 3;
    }
    l->text[l->len++] = '\n';
    do {
        n = write(STDERR_FILENO, l->text, l->len);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)l->len;
}

static bool tell_lost(void)
{
    char count[16];
    struct line l = {.len = 0};
    unsigned n = atomic_exchange(&lost, 0);
    if (n == 0) {
        return true;
    }
    (void)snprintf(count, sizeof count, "%u", n);
    begin_line(&l, SYM_LEVEL_WARN, "lines-lost");
    add_pair(&l, "count", count);
    bool told = write_out(&l);
    if (!told) {
        (void)atomic_fetch_add(&lost, n);
    }
    return told;
}

void sym_log(enum sym_level level, const char *event, ...)
{
    struct line l = {.len = 0};

    begin_line(&l, level, event);
    va_list pairs;
    va_start(pairs, event);
    for (const char *key = va_arg(pairs, const char *); key != NULL;
         key = va_arg(pairs, const char *)) {
        add_pair(&l, key, va_arg(pairs, const char *));
    }
    va_end(pairs);
    if (!takes_lines() || !tell_lost() || !write_out(&l)) {
        (void)atomic_fetch_add(&lost, 1);
    }
}
