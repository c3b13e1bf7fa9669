#include "cli/prompt.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

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
