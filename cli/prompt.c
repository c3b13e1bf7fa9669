#include "cli/prompt.h"

#include "cli/pause.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#define LOOK_UP_EVERY_MS 50 /* whether somebody pressed Ctrl-C */

/* A descriptor of the terminal, -1 when there is none. The caller closes it. */
static int open_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && isatty(STDIN_FILENO)) {
        fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    }
    return fd;
}

bool sym_prompt_possible(void)
{
    int fd = open_terminal();
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0;
}

static bool says_yes(char *line)
{
    line[strcspn(line, "\r\n")] = '\0';
    return strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0;
}

enum sym_answer sym_prompt_confirm(const char *question)
{
    int fd = open_terminal();
    FILE *terminal = fd >= 0 ? fdopen(fd, "r+") : NULL;
    if (terminal == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return SYM_ANSWER_NOBODY;
    }
    char line[32] = "";
    (void)fflush(stdout);
    (void)fprintf(terminal, "%s ", question);
    (void)fflush(terminal);
    bool read = fgets(line, sizeof line, terminal) != NULL;
    (void)fclose(terminal);
    return read && says_yes(line) ? SYM_ANSWER_YES : SYM_ANSWER_NO;
}

static bool is_due(int fd)
{
    struct pollfd input = {.fd = fd, .events = POLLIN};
    return poll(&input, 1, LOOK_UP_EVERY_MS) > 0;
}

/* Up to and without the LF; *len <= room. */
static enum sym_err read_line(uint8_t *out, size_t room, size_t *len, int fd)
{
    size_t got = 0;
    for (;;) {
        if (!is_due(fd)) {
            if (sym_pause(0)) {
                return SYM_CANCELLED;
            }
            continue;
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
            return n == 0 ? SYM_CANCELLED : SYM_IO;
        }
        if (out[got] == '\n') {
            *len = got;
            return SYM_OK;
        }
        got++;
    }
}

static void say(int fd, const char *text)
{
    ssize_t n = write(fd, text, strlen(text));
    (void)n; /* who cannot see the question will not answer it */
}

/* With the echo off. Ctrl-Z would leave the shell without it: that has to wait. */
static enum sym_err ask_hushed(struct sym_secret *line, size_t *len, const char *question, int fd)
{
    struct termios before;
    sigset_t stop;
    sigset_t mask;
    if (tcgetattr(fd, &before) != 0) {
        return SYM_NOT_FOUND;
    }
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTSTP);
    (void)sigprocmask(SIG_BLOCK, &stop, &mask);
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    enum sym_err err = SYM_IO;
    if (tcsetattr(fd, TCSAFLUSH, &silent) == 0) {
        say(fd, question);
        err = read_line(line->data, line->len, len, fd);
        say(fd, "\n");
        (void)tcsetattr(fd, TCSAFLUSH, &before);
    }
    /* Not the signals of sym_pause: one that was taken stays taken. */
    (void)sigprocmask(sigismember(&mask, SIGTSTP) == 1 ? SIG_BLOCK : SIG_UNBLOCK, &stop, NULL);
    return err;
}

enum sym_err sym_prompt_secret(struct sym_secret *out, const char *question, size_t max)
{
    SYM_SECRET_AUTO line = {0};
    size_t len = 0;
    enum sym_err err = sym_secret_new(&line, max + 1);
    if (err != SYM_OK) {
        return err;
    }
    int fd = open_terminal();
    if (fd < 0) {
        return SYM_NOT_FOUND;
    }
    (void)fflush(stdout);
    err = ask_hushed(&line, &len, question, fd);
    (void)close(fd);
    return err == SYM_OK && len > 0 ? sym_secret_copy(out, sym_span(line.data, len)) : err;
}
