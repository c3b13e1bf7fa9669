/* escape - what a captured process of the node would try, tried inside the real sandbox.
 *
 *     escape ROLE list | status | timing | all | ATTEMPT... [--without CALL]...
 *
 * Each attempt runs in a child of its own that has prepared and entered the sandbox for ROLE (gate
 * or core). One line per attempt: "NAME: refused EPERM", "NAME: killed SIGSYS" or "NAME: works"
 * where that was expected, else "NAME: ESCAPED" (with the errno, when another part of the kernel
 * refused it) or "NAME: BROKEN EPERM" for something that a node needs; then the exit code is 1.
 * --without simulates a kernel or container that lacks unshare, chroot, landlock or seccomp.
 */
#include "node/sandbox.h"
#include "tests/attack/attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct lack {
    const char *name;
    long call;
    int error;
};

static const struct lack lacks[] = {
    {"unshare", SYS_unshare, EPERM},
    {"chroot", SYS_chroot, EPERM},
    {"landlock", SYS_landlock_create_ruleset, ENOSYS},
    {"seccomp", SYS_seccomp, ENOSYS},
};
#define LACK_COUNT (sizeof lacks / sizeof lacks[0])

struct job {
    unsigned role;
    bool without[LACK_COUNT];
};

static void clear_scene(const struct scene *s)
{
    (void)unlink(in(s->run, "core"));
    (void)rmdir(in(s->data, "new"));
    (void)unlink(s->service);
    (void)unlink(s->outside);
    (void)rmdir(s->data);
    (void)rmdir(s->run);
    (void)rmdir(s->base);
}

static void die(const char *what)
{
    (void)fprintf(stderr, "escape: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void forbid(const struct lack *lack)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)lack->call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)lack->error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        die("cannot simulate");
    }
}

static void set_scene(struct scene *s, unsigned role)
{
    const char *tmp = getenv("TMPDIR");
    struct sockaddr_un core;
    struct sockaddr_un service;

    memset(s, 0, sizeof *s);
    (void)snprintf(s->base, sizeof s->base, "%s/escape-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(s->base) == NULL) {
        die(s->base);
    }
    (void)snprintf(s->data, sizeof s->data, "%s/data", s->base);
    (void)snprintf(s->run, sizeof s->run, "%s/run", s->base);
    (void)snprintf(s->outside, sizeof s->outside, "%s/outside", s->base);
    (void)snprintf(s->service, sizeof s->service, "%s/service", s->base);
    s->parent = getpid();
    (void)snprintf(s->parent_status, sizeof s->parent_status, "/proc/%d/status", (int)s->parent);
    s->program = open("/bin/true", O_RDONLY | O_CLOEXEC);
    if (mkdir(s->data, 0700) != 0 || mkdir(s->run, 0700) != 0 ||
        close(open(s->outside, O_RDWR | O_CREAT, 0600)) != 0) {
        die(s->base);
    }
    core = unix_address(in(s->run, "core"));
    service = unix_address(s->service);
    int a = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int b = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(a, (struct sockaddr *)&core, sizeof core) != 0 || listen(a, 200) != 0 ||
        bind(b, (struct sockaddr *)&service, sizeof service) != 0 || listen(b, 200) != 0) {
        die("cannot make sockets");
    }
    s->listener = -1;
    if (role == GATE) {
        struct sockaddr_in at = loopback(0);
        socklen_t len = sizeof at;
        s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (bind(s->listener, (struct sockaddr *)&at, len) != 0 || listen(s->listener, 200) != 0 ||
            getsockname(s->listener, (struct sockaddr *)&at, &len) != 0) {
            die("cannot listen");
        }
        s->port = ntohs(at.sin_port);
    }
}

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

struct entered {
    struct sym_sandbox_state state;
    double prepare_ms;
    double enter_ms;
};

/* In the child. Leaves with a message when the sandbox cannot be entered. */
static struct entered enter_sandbox(const struct scene *s, const struct job *job)
{
    enum sym_sandbox_role role = job->role == GATE ? SYM_SANDBOX_GATE : SYM_SANDBOX_CORE;
    struct entered e;
    struct sym_fault fault = {.err = SYM_OK, .text = ""};

    for (size_t i = 0; i < LACK_COUNT; i++) {
        if (job->without[i]) {
            forbid(&lacks[i]);
        }
    }
    double start = now_ms();
    enum sym_err err = sym_sandbox_prepare(&e.state, role, &fault);
    double middle = now_ms();
    if (err == SYM_OK) {
        err = sym_sandbox_enter(&e.state, role, s->data, s->run, &fault);
    }
    e.prepare_ms = middle - start;
    e.enter_ms = now_ms() - middle;
    if (err != SYM_OK) {
        (void)fprintf(stderr, "escape: %s: %s\n", sym_err_name(err), fault.text);
        _exit(NOT_ENTERED);
    }
    return e;
}

static void print_result(const struct attempt *a, int status, bool answered, int answer)
{
    if (WIFSIGNALED(status)) {
        int sig = WTERMSIG(status);
        (void)printf("%s: %s SIG%s\n", a->name, a->right == KILLED(sig) ? "killed" : "BROKEN",
                     sigabbrev_np(sig));
    } else if (answered && a->right == 0) {
        (void)printf("%s: %s%s\n", a->name, answer == 0 ? "works" : "BROKEN ",
                     answer == 0 ? "" : strerrorname_np(answer));
    } else if (answered && answer != 0) {
        (void)printf("%s: %s %s\n", a->name, answer == a->right ? "refused" : "ESCAPED",
                     strerrorname_np(answer));
    } else {
        (void)printf("%s: ESCAPED\n", a->name);
    }
}

/* True when the outcome is right. */
static bool run_attempt(const struct scene *scene, const struct job *job, const struct attempt *a)
{
    int channel[2];
    int answers[2];
    int answer = 0;
    int status = 0;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel) != 0 || pipe(answers) != 0) {
        die("cannot make a channel");
    }
    pid_t child = fork();
    if (child == 0) {
        struct scene mine = *scene;
        (void)close(answers[0]);
        (void)fcntl(answers[1], F_SETFD, FD_CLOEXEC);
        mine.channel = channel[1];
        (void)enter_sandbox(&mine, job);
        answer = a->run(&mine);
        _exit(write(answers[1], &answer, sizeof answer) == sizeof answer ? 0 : 4);
    }
    (void)close(answers[1]);
    int pushed = socket(AF_INET, SOCK_STREAM, 0);
    send_socket(channel[0], pushed);
    bool answered = read(answers[0], &answer, sizeof answer) == sizeof answer;
    (void)waitpid(child, &status, 0);
    (void)close(pushed);
    (void)close(answers[0]);
    (void)close(channel[0]);
    (void)close(channel[1]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_ENTERED) {
        clear_scene(scene);
        exit(NOT_ENTERED);
    }
    print_result(a, status, answered, answer);
    (void)fflush(stdout);
    if (WIFSIGNALED(status)) {
        return a->right == KILLED(WTERMSIG(status));
    }
    return answered && answer == a->right;
}

static void print_lines(const char *path, const char *const *wanted, size_t n)
{
    char line[256];
    FILE *f = fopen(path, "re");

    if (f == NULL) {
        (void)printf("%s=unreadable\n", path);
        return;
    }
    while (fgets(line, sizeof line, f) != NULL) {
        for (size_t i = 0; i < n; i++) {
            size_t len = strlen(wanted[i]);
            if (strncmp(line, wanted[i], len) == 0) {
                (void)printf("%.*s=%s", (int)len - 1, line, line + len + strspn(line + len, " \t"));
            }
        }
    }
    (void)fclose(f);
}

static void print_interfaces(const char *path)
{
    char line[256];
    FILE *f = fopen(path, "re");

    (void)printf("interfaces=");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        char *colon = strchr(line, ':');
        if (colon != NULL) {
            *colon = '\0';
            (void)printf("%s,", line + strspn(line, " "));
        }
    }
    (void)printf("%s\n", f == NULL ? "unreadable" : "");
    if (f != NULL) {
        (void)fclose(f);
    }
}

static void print_state(const struct sym_sandbox_state *s)
{
    (void)printf("seccomp=%d\nno_new_privs=%d\nnot_dumpable=%d\nno_core=%d\nno_capabilities=%d\n"
                 "own_network=%d\nown_root=%d\nlandlock=%d\nlandlock_abi=%d\n",
                 s->seccomp, s->no_new_privs, s->not_dumpable, s->no_core, s->no_capabilities,
                 s->own_network, s->own_root, s->landlock, s->landlock_abi);
}

/* What the child says, and what /proc says about the child. */
static void show_status(const struct scene *scene, const struct job *job)
{
    static const char *const fields[] = {
        "Seccomp:", "NoNewPrivs:", "CapInh:", "CapPrm:", "CapEff:"};
    int answers[2];
    int gone[2];
    struct entered e;
    char path[64];
    char byte;

    if (pipe(answers) != 0 || pipe(gone) != 0) {
        die("cannot make a channel");
    }
    pid_t child = fork();
    if (child == 0) {
        (void)close(gone[1]);
        e = enter_sandbox(scene, job);
        _exit(write(answers[1], &e, sizeof e) == sizeof e && read(gone[0], &byte, 1) == 0 ? 0 : 4);
    }
    (void)close(answers[1]);
    if (read(answers[0], &e, sizeof e) != sizeof e) {
        (void)waitpid(child, NULL, 0);
        clear_scene(scene);
        exit(NOT_ENTERED);
    }
    print_state(&e.state);
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)child);
    print_lines(path, fields, sizeof fields / sizeof fields[0]);
    (void)snprintf(path, sizeof path, "/proc/%d/net/dev", (int)child);
    print_interfaces(path);
    (void)close(gone[1]);
    (void)waitpid(child, NULL, 0);
}

static void show_timing(const struct scene *scene, const struct job *job)
{
    struct entered e;
    int answers[2];

    for (int i = 0; i < 20; i++) {
        if (pipe(answers) != 0) {
            die("cannot make a channel");
        }
        if (fork() == 0) {
            e = enter_sandbox(scene, job);
            _exit(write(answers[1], &e, sizeof e) == sizeof e ? 0 : 4);
        }
        (void)close(answers[1]);
        if (read(answers[0], &e, sizeof e) == sizeof e) {
            (void)printf("prepare %.2f ms, enter %.2f ms\n", e.prepare_ms, e.enter_ms);
        }
        (void)close(answers[0]);
        (void)wait(NULL);
    }
}

static bool run_named(const struct scene *scene, const struct job *job, const char *name)
{
    bool right = true;
    size_t found = 0;

    for (size_t i = 0; i < ATTEMPT_COUNT; i++) {
        if ((attempts[i].roles & job->role) == 0 ||
            (strcmp(name, "all") != 0 && strcmp(name, attempts[i].name) != 0)) {
            continue;
        }
        found++;
        right = run_attempt(scene, job, &attempts[i]) && right;
    }
    if (found == 0) {
        (void)fprintf(stderr, "escape: no attempt is called %s\n", name);
        exit(2);
    }
    return right;
}

static void list(unsigned role)
{
    for (size_t i = 0; i < ATTEMPT_COUNT; i++) {
        if ((attempts[i].roles & role) != 0) {
            (void)printf("%s\n", attempts[i].name);
        }
    }
}

static void read_lack(struct job *job, const char *name)
{
    for (size_t i = 0; i < LACK_COUNT; i++) {
        if (strcmp(name, lacks[i].name) == 0) {
            job->without[i] = true;
            return;
        }
    }
    errno = EINVAL;
    die(name);
}

int main(int argc, char **argv)
{
    struct scene scene;
    struct job job = {.role = argc > 1 && strcmp(argv[1], "gate") == 0 ? GATE : CORE};
    bool right = true;

    if (argc < 3 || (job.role == CORE && strcmp(argv[1], "core") != 0)) {
        (void)fprintf(stderr, "usage: escape gate|core list|status|timing|all|ATTEMPT... "
                              "[--without unshare|chroot|landlock|seccomp]...\n");
        return 2;
    }
    for (int i = 2; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--without") == 0) {
            read_lack(&job, argv[i + 1]);
        }
    }
    set_scene(&scene, job.role);
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--without") == 0) {
            i++;
        } else if (strcmp(argv[i], "list") == 0) {
            list(job.role);
        } else if (strcmp(argv[i], "status") == 0) {
            show_status(&scene, &job);
        } else if (strcmp(argv[i], "timing") == 0) {
            show_timing(&scene, &job);
        } else {
            right = run_named(&scene, &job, argv[i]) && right;
        }
    }
    clear_scene(&scene);
    return right ? 0 : 1;
}
