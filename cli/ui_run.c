#include "cli/file.h"
#include "cli/pause.h"
#include "cli/pictures/page.h"
#include "cli/runs.h"
#include "cli/ui/redirect.h"
#include "cli/ui/routes.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* How soon the end of the program that started this one is noticed. */
#define LOOK_MS 500

/* A page that is open. */
struct serving {
    struct sym_ui ui;
    struct sym_redirect redirect;
    struct sym_http *http;
    int signals;
    pid_t parent;
};

static sigset_t ends(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    return set;
}

/* Ctrl-C, a request to end, and a terminal that closes end the page in order. */
static enum sym_err take_signals(struct serving *s, struct sym_fault *fault)
{
    const sigset_t set = ends();
    sym_pause_begin();
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signals >= 0 ? SYM_OK : sym_fail(fault, SYM_IO, "signals: %s", sym_err_text(SYM_IO));
}

static void say_where(const struct serving *s, bool opened)
{
    char shown[SYM_FAULT_BYTES];
    (void)printf("%s page at %s, %s\n%s file://%s in a browser of yours%s\n",
                 s->ui.may_decide ? "deciding" : "read-only", s->ui.door.origin,
                 "until Ctrl-C ends it", opened ? "if none opens, open" : "open",
                 sym_file_show(shown, s->redirect.path), "; it works once");
    (void)fflush(stdout);
}

static enum sym_err open_page(struct serving *s, const struct sym_call *call,
                              struct sym_client *client, uint16_t port, struct sym_fault *fault)
{
    enum sym_err err = sym_client_open(client, call, fault);
    if (err == SYM_OK) {
        err = take_signals(s, fault);
    }
    if (err == SYM_OK) {
        err = sym_http_open(&s->http, port, sym_ui_answer, &s->ui, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    s->ui.client = client;
    err = sym_door_open(&s->ui.door, sym_http_port(s->http));
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the page %s", sym_err_text(err));
    }
    return sym_redirect_write(&s->redirect, s->ui.door.origin, &s->ui.door.token, fault);
}

/* Until a signal comes, or whoever started this is gone. */
static void serve(struct serving *s)
{
    struct pollfd waits[] = {{.fd = sym_http_fd(s->http), .events = POLLIN},
                             {.fd = s->signals, .events = POLLIN}};
    while (!s->ui.interrupted && getppid() == s->parent) {
        (void)poll(waits, 2, sym_http_idle_ms(s->http, LOOK_MS));
        if (waits[1].revents != 0) {
            return;
        }
        sym_http_run(s->http);
        if (s->ui.came) {
            sym_redirect_remove(&s->redirect);
        }
        if (sym_redirect_failed(&s->redirect)) {
            (void)fputs("symbolon: ui: no browser could be opened; open the file by hand\n",
                        stderr);
        }
    }
}

static void close_page(struct serving *s)
{
    sym_http_close(s->http);
    sym_redirect_remove(&s->redirect);
    sym_door_clear(&s->ui.door);
    if (s->signals >= 0) {
        (void)close(s->signals);
    }
}

enum sym_exit sym_ui_run(const struct sym_call *call)
{
    SYM_CLIENT_AUTO client = {0};
    struct serving s = {.signals = -1, .parent = getppid()};
    struct sym_fault fault;
    uint64_t port = 0;
    if (sym_args_number(&port, &call->args, "port", 1024, UINT16_MAX, &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    if (sym_page_of_server().bottom.len == 0) {
        fault.err =
            sym_fail(&fault, SYM_UNSUPPORTED,
                     "ui: this program was built without its page, because npm was missing; "
                     "install it and build again, or use the commands");
        return sym_command_failed(&fault);
    }
    s.ui.may_decide = sym_args_has(&call->args, "approve");
    /* Token and session go into no core dump, and no other process looks into this one. */
    (void)prctl(PR_SET_DUMPABLE, 0);
    fault.err = open_page(&s, call, &client, (uint16_t)port, &fault);
    if (fault.err == SYM_OK) {
        bool browser = !sym_args_has(&call->args, "no-browser");
        say_where(&s, browser && sym_redirect_open(&s.redirect));
        serve(&s);
    }
    close_page(&s);
    return fault.err != SYM_OK ? sym_command_failed(&fault) : SYM_EXIT_DONE;
}
