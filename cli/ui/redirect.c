#include "cli/ui/redirect.h"

#include "cli/file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BROWSER "xdg-open"
#define ENDING  ".html"
/* The page below, with address and token twice. */
#define FILE_BYTES_MAX 1024u

/* Where others may not put a file of theirs in the place of this one. */
static bool is_safe(const char *dir)
{
    struct stat st;
    return dir[0] == '/' && stat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
           (st.st_uid == geteuid() || st.st_uid == 0) &&
           ((st.st_mode & (S_IWGRP | S_IWOTH)) == 0 || (st.st_mode & S_ISVTX) != 0) &&
           access(dir, W_OK | X_OK) == 0;
}

static const char *directory(void)
{
    static const char *const names[] = {"XDG_RUNTIME_DIR", "TMPDIR"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *dir = getenv(names[i]);
        if (dir != NULL && is_safe(dir)) {
            return dir;
        }
    }
    return "/tmp";
}

static enum sym_err write_all(int fd, const struct sym_secret *text, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = write(fd, text->data + done, len - done);
        if (n <= 0) {
            return SYM_IO;
        }
        done += (size_t)n;
    }
    return SYM_OK;
}

enum sym_err sym_redirect_write(struct sym_redirect *r, const char *origin,
                                const struct sym_secret *token, struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    if (sym_secret_new(&text, FILE_BYTES_MAX) != SYM_OK) {
        return sym_fail(fault, SYM_NO_MEMORY, "the page %s", sym_err_text(SYM_NO_MEMORY));
    }
    int len = snprintf((char *)text.data, text.len,
                       "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
                       "<meta name=\"referrer\" content=\"no-referrer\">"
                       "<meta http-equiv=\"refresh\" content=\"0;url=%s/#%.*s\">"
                       "<title>Symbolon</title><p><a href=\"%s/#%.*s\">Symbolon</a></p></html>\n",
                       origin, (int)token->len, (const char *)token->data, origin, (int)token->len,
                       (const char *)token->data);
    int room = snprintf(r->path, sizeof r->path, "%s/symbolon-ui-XXXXXX" ENDING, directory());
    if (len < 0 || (size_t)len >= text.len || room < 0 || (size_t)room >= sizeof r->path) {
        r->path[0] = '\0';
        return sym_fail(fault, SYM_TOO_LONG, "$XDG_RUNTIME_DIR: %s", sym_err_text(SYM_TOO_LONG));
    }
    int fd = mkostemps(r->path, sizeof ENDING - 1, O_CLOEXEC);
    if (fd < 0) {
        enum sym_err err = sym_file_new_fault(fault, r->path);
        r->path[0] = '\0';
        return err;
    }
    enum sym_err err = write_all(fd, &text, (size_t)len);
    err = err == SYM_OK ? err : sym_file_fault(fault, r->path);
    (void)close(fd);
    if (err != SYM_OK) {
        sym_redirect_remove(r);
    }
    return err;
}

/* In the child: nothing of this process but the name of the file. */
static void become_browser(const char *path)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)setsid();
    int null = open("/dev/null", O_RDWR);
    if (null >= 0) {
        (void)dup2(null, STDIN_FILENO);
        (void)dup2(null, STDOUT_FILENO);
        (void)dup2(null, STDERR_FILENO);
    }
    (void)close_range(STDERR_FILENO + 1, ~0u, 0);
    (void)execlp(BROWSER, BROWSER, path, (char *)NULL);
    _exit(127);
}

bool sym_redirect_open(struct sym_redirect *r)
{
    r->browser = fork();
    if (r->browser == 0) {
        become_browser(r->path);
    }
    return r->browser > 0;
}

bool sym_redirect_failed(struct sym_redirect *r)
{
    int status = 0;
    if (r->browser <= 0 || waitpid(r->browser, &status, WNOHANG) != r->browser) {
        return false;
    }
    r->browser = 0;
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

void sym_redirect_remove(struct sym_redirect *r)
{
    if (r->path[0] != '\0') {
        (void)unlink(r->path);
        r->path[0] = '\0';
    }
}
