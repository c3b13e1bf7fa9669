#include "node/supervisor/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A terminal whose echo is off. */
struct quiet {
    int fd;
    struct termios before;
    sigset_t mask;
};

/* Ctrl-Z would leave the shell without echo: it has to wait. */
static enum sym_err hush(struct quiet *q)
{
    struct termios silent;
    sigset_t stop;

    q->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (q->fd < 0) {
        return SYM_NOT_FOUND;
    }
    if (tcgetattr(q->fd, &q->before) != 0) {
        (void)close(q->fd);
        return SYM_NOT_FOUND;
    }
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTSTP);
    (void)sigprocmask(SIG_BLOCK, &stop, &q->mask);
    silent = q->before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    /* What was typed before the question is no answer to it. */
    if (tcsetattr(q->fd, TCSAFLUSH, &silent) != 0) {
        (void)sigprocmask(SIG_SETMASK, &q->mask, NULL);
        (void)close(q->fd);
        return SYM_IO;
    }
    return SYM_OK;
}

static void restore(struct quiet *q)
{
    (void)tcsetattr(q->fd, TCSAFLUSH, &q->before);
    (void)sigprocmask(SIG_SETMASK, &q->mask, NULL);
    (void)close(q->fd);
}

static void say(const struct quiet *q, const char *text)
{
    ssize_t n = write(q->fd, text, strlen(text));
    (void)n; /* who cannot see the question will not answer it */
}

enum sym_err sym_terminal_await(int fd, int cancel)
{
    struct pollfd either[2] = {{.fd = fd, .events = POLLIN}, {.fd = cancel, .events = POLLIN}};
    for (;;) {
        int n = poll(either, 2, -1);
        if (n < 0 && errno != EINTR) {
            return SYM_IO;
        }
        if (n > 0 && either[1].revents != 0) {
            return SYM_CANCELLED;
        }
        if (n > 0) {
            return SYM_OK;
        }
    }
}

/* Up to and without the LF; *len <= room. */
static enum sym_err read_line(uint8_t *out, size_t room, size_t *len, int fd, int cancel)
{
    size_t got = 0;
    for (;;) {
        enum sym_err err = sym_terminal_await(fd, cancel);
        if (err != SYM_OK) {
            return err;
        }
        if (got == room) {
            return SYM_TOO_LONG;
        }
        /* One by one: what comes after the line belongs to somebody else. */
        ssize_t n = read(fd, out + got, 1);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n == 0 || errno == EIO ? SYM_CANCELLED : SYM_IO;
        }
        if (out[got] == '\n') {
            *len = got;
            return SYM_OK;
        }
        got++;
    }
}

enum sym_err sym_terminal_ask(struct sym_secret *out, const char *question, size_t max, int cancel)
{
    SYM_SECRET_AUTO line = {0};
    struct quiet q;
    size_t len = 0;
    enum sym_err err = sym_secret_new(&line, max + 1);
    if (err != SYM_OK) {
        return err;
    }
    err = hush(&q);
    if (err != SYM_OK) {
        return err;
    }
    say(&q, question);
    err = read_line(line.data, line.len, &len, q.fd, cancel);
    say(&q, "\n");
    restore(&q);
    if (err != SYM_OK || len == 0) {
        return err;
    }
    return sym_secret_copy(out, sym_span(line.data, len));
}
