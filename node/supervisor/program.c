#include "node/supervisor/program.h"

#include "node/memory.h"
#include "node/supervisor/options.h"
#include "node/supervisor/restore.h"
#include "node/supervisor/supervisor.h"
#include "proto/version.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* A link costs three descriptors of nanomsg and the connection itself. */
#define DESCRIPTORS_MAX 16384u

/* For memory.h: the largest control message is 2 MiB. */
#define IN_HEAP_MIB 32u
#define KEPT_MIB    8u

enum { EXIT_DONE, EXIT_FAILED, EXIT_WRONG_USE };

/* Or a socket would become standard output. */
static bool have_standard_descriptors(void)
{
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO) {
        fd = open("/dev/null", O_RDWR);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0;
}

static void raise_limit(__rlimit_resource_t what, rlim_t most)
{
    struct rlimit limit;
    if (getrlimit(what, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        rlim_t wanted = limit.rlim_max < most ? limit.rlim_max : most;
        limit.rlim_cur = wanted > limit.rlim_cur ? wanted : limit.rlim_cur;
        (void)setrlimit(what, &limit);
    }
}

static bool harden(void)
{
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    (void)umask(077);
    raise_limit(RLIMIT_NOFILE, DESCRIPTORS_MAX);
    raise_limit(RLIMIT_MEMLOCK, RLIM_INFINITY);
    return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* A full disk or a closed pipe is an error like others, and a terminal may go. */
static int take_signals(void)
{
    sigset_t mine;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)sigemptyset(&mine);
    (void)sigaddset(&mine, SIGTERM);
    (void)sigaddset(&mine, SIGINT);
    (void)sigaddset(&mine, SIGQUIT);
    (void)sigaddset(&mine, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &mine, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
}

static enum sym_err dispatch(struct sym_options *o, struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    struct sym_secret_source *from = &o->init.from;

    from->cancel = take_signals();
    if (from->cancel < 0 || !harden()) {
        return sym_fail(fault, SYM_UNSUPPORTED, "this system refuses to harden the process");
    }
    err = sym_crypto_init();
    if (err != SYM_OK) {
        return sym_fail(fault, err, "no random numbers can be had: %s", sym_err_text(err));
    }
    if (o->mode == SYM_MODE_RUN) {
        err = sym_supervisor_run(o->init.dir, o->listen, from, fault);
    } else {
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        err = o->mode == SYM_MODE_INIT     ? sym_init_run(&o->init, fault)
              : o->mode == SYM_MODE_ROTATE ? sym_rotate_run(o->init.dir, o->what, from, fault)
                                           : sym_restore_run(o->backup, o->init.dir, from, fault);
    }
    (void)close(from->cancel);
    return err;
}

/* Whose help is meant by somebody who makes a node or rotates its keys: the command line calls this
 * program for it. */
static const char *front_of(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--init") == 0) {
            return "symbolon init";
        }
        if (strncmp(argv[i], "--rotate", 8) == 0) {
            return "symbolon rotate";
        }
        if (strncmp(argv[i], "--restore", 9) == 0) {
            return "symbolon restore";
        }
    }
    return "symbolond";
}

/* Who speaks: what somebody typed, where the command line has become this program. */
static const char *name_of(int argc, char **argv)
{
    return argc > 0 && strcmp(argv[0], "symbolon") == 0 ? "symbolon" : "symbolond";
}

int sym_program_main(int argc, char **argv)
{
    struct sym_options options = {.mode = SYM_MODE_HELP};
    struct sym_fault fault = {.text = ""};
    const char *name = name_of(argc, argv);

    sym_memory_tune(IN_HEAP_MIB, KEPT_MIB);
    if (!have_standard_descriptors()) {
        return EXIT_FAILED;
    }
    if (sym_options_parse(&options, argc, argv, &fault) != SYM_OK) {
        (void)fprintf(stderr, "%s: %s\nTry: %s --help\n", name, fault.text, front_of(argc, argv));
        return EXIT_WRONG_USE;
    }
    if (options.mode == SYM_MODE_HELP) {
        (void)fputs(sym_options_help, stdout);
        return EXIT_DONE;
    }
    if (options.mode == SYM_MODE_VERSION) {
        (void)printf("symbolond %s\n", SYM_VERSION);
        return EXIT_DONE;
    }
    if (dispatch(&options, &fault) != SYM_OK) {
        (void)fprintf(stderr, "%s: %s\n", name, fault.text);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}
