#include "node/sandbox_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is not in these tables fails with EPERM. It does not kill: libraries probe for calls and
 * live without them, and a list that kills would give a peer who finds an odd path, or the next
 * update of glibc, the power to stop a node. A call of another architecture does kill: no honest
 * code of this process makes one.
 *
 * A filter cannot look behind pointers. So connect(2) is all or nothing, and recvmsg(2), which
 * nanomsg needs, takes any descriptor that comes along (SCM_RIGHTS): a captured gate can push a
 * connected network socket into core, which neither seccomp nor the empty namespace stops (Landlock
 * stops a TCP socket that is not connected yet). Only a captured core would use it: nanomsg closes
 * the first such descriptor and forgets the others, so that an honest core at worst runs out of
 * them. And two captured processes need no descriptor: the ordinary pipe between them leads to the
 * network. The promise is that core alone, or with an honest gate, cannot open a connection. */

/* Holds when (argument & mask) == value. A mask of 0 ends the list. */
struct check {
    unsigned arg;
    uint64_t mask;
    uint64_t value;
};

#define CHECKS_MAX 3

struct rule {
    int call;
    struct check when[CHECKS_MAX];
};

/* Stands for the process's own id, which is not known here. */
#define OWN_PID UINT64_MAX
/* The kernel reads an int from the lower half; the upper one may hold anything. */
#define INT_MASK 0xffffffffu
/* SOCK_NONBLOCK and SOCK_CLOEXEC are above it. */
#define SOCK_TYPE_MASK 0xfu

/* clang-format off */
#define ALLOW(call)           {SCMP_SYS(call), {{0}}}
#define ALLOW_IF(call, ...)   {SCMP_SYS(call), {__VA_ARGS__}}
#define INT_IS(arg, value)    {arg, INT_MASK, value}
#define PTR_IS_NULL(arg)      {arg, UINT64_MAX, 0}
#define LACKS(arg, flags)     {arg, flags, 0}
#define HAS_OF(arg, of, flag) {arg, of, flag}
#define IS_STREAM(arg)        {arg, SOCK_TYPE_MASK, SOCK_STREAM}

#define SOCKET(family, protocol)                                                                   \
    ALLOW_IF(socket, INT_IS(0, family), IS_STREAM(1), INT_IS(2, protocol))
#define SETSOCKOPT(level, option) ALLOW_IF(setsockopt, INT_IS(1, level), INT_IS(2, option))
#define FCNTL(command)            ALLOW_IF(fcntl, INT_IS(1, command))
#define IOCTL(command)            ALLOW_IF(ioctl, INT_IS(1, command))
#define PRCTL(option)             ALLOW_IF(prctl, INT_IS(0, option))

/* A thread shares everything: what makes a process or a namespace is no thread. */
#define CLONE_NEW (CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | \
                   CLONE_NEWUSER | CLONE_NEWUTS)

static const struct rule both_rules[] = {
    /* Memory. Nothing becomes executable after the start: injected code has no place to lie. */
    ALLOW(brk), ALLOW(munmap), ALLOW(mremap), ALLOW(madvise), ALLOW(mlock), ALLOW(mlock2),
    ALLOW(munlock),
    ALLOW_IF(mmap, LACKS(2, PROT_EXEC)),
    ALLOW_IF(mprotect, LACKS(2, PROT_EXEC)),

    /* Threads, but no processes. clone3 hides its flags behind a pointer: see add_all_rules. */
    ALLOW_IF(clone, HAS_OF(0, CLONE_THREAD | CLONE_NEW, CLONE_THREAD)),
    ALLOW(futex), ALLOW(set_robust_list), ALLOW(rseq), ALLOW(membarrier), ALLOW(sched_yield),
    ALLOW(sched_getaffinity), ALLOW(getcpu), ALLOW(gettid), ALLOW(exit), ALLOW(exit_group),
    /* The thread's name. Not PR_SET_DUMPABLE and the like. */
    PRCTL(PR_SET_NAME), PRCTL(PR_GET_NAME),

    /* Signals: any may be handled; sent are those to a thread of this process (abort, raise). */
    ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(rt_sigsuspend),
    ALLOW(rt_sigtimedwait), ALLOW(sigaltstack), ALLOW(signalfd4), ALLOW(restart_syscall),
    ALLOW_IF(tgkill, INT_IS(0, OWN_PID)),

    /* Clocks, timers, random numbers. */
    ALLOW(clock_gettime), ALLOW(clock_getres), ALLOW(gettimeofday), ALLOW(time),
    ALLOW(clock_nanosleep), ALLOW(nanosleep), ALLOW(timerfd_create), ALLOW(timerfd_settime),
    ALLOW(timerfd_gettime), ALLOW(getrandom),

    /* Event loops. */
    ALLOW(poll), ALLOW(ppoll), ALLOW(epoll_create1), ALLOW(epoll_ctl), ALLOW(epoll_wait),
    ALLOW(epoll_pwait), ALLOW(eventfd2), ALLOW(pipe2),

    /* Open descriptors. F_SETOWN and F_SETSIG would send any signal to any process of the user,
     * TIOCSTI would type into the operator's terminal. */
    ALLOW(read), ALLOW(readv), ALLOW(write), ALLOW(writev), ALLOW(close), ALLOW(fstat),
    FCNTL(F_GETFD), FCNTL(F_SETFD), FCNTL(F_GETFL), FCNTL(F_SETFL),
    IOCTL(FIONBIO), IOCTL(FIONREAD),

    /* Sockets of the kinds that each role may have. */
    ALLOW(accept4), ALLOW(recvfrom), ALLOW(recvmsg), ALLOW(sendto), ALLOW(sendmsg),
    ALLOW(shutdown), ALLOW(getsockname), ALLOW(getpeername), ALLOW(getsockopt),
    SETSOCKOPT(SOL_SOCKET, SO_SNDBUF),
    SETSOCKOPT(SOL_SOCKET, SO_RCVBUF),
    SETSOCKOPT(SOL_SOCKET, SO_REUSEADDR),
    /* Streams only: sendto on a datagram socket would reach any socket file of the user. */
    SOCKET(AF_UNIX, 0),
    ALLOW_IF(socketpair, INT_IS(0, AF_UNIX), IS_STREAM(1), INT_IS(2, 0)),

    /* Questions about this process. prlimit64 only asks: own process, no new limit. */
    ALLOW(getpid), ALLOW(getppid), ALLOW(getuid), ALLOW(geteuid), ALLOW(getgid), ALLOW(getegid),
    ALLOW(getrusage), ALLOW(sysinfo), ALLOW(uname),
    ALLOW_IF(prlimit64, INT_IS(0, 0), PTR_IS_NULL(2)),
};

static const struct rule gate_rules[] = {
    /* TCP, and nothing else that the internet families have (SCTP, UDP, raw). */
    SOCKET(AF_INET, 0),
    SOCKET(AF_INET, IPPROTO_TCP),
    SOCKET(AF_INET6, 0),
    SOCKET(AF_INET6, IPPROTO_TCP),

    /* To peers, and to core's nanomsg sockets in the run directory. No bind, no listen. */
    ALLOW(connect),

    /* By name: others load kernel code (TCP_ULP, SO_ATTACH_FILTER) or forge packets. */
    SETSOCKOPT(SOL_SOCKET, SO_KEEPALIVE),
    SETSOCKOPT(SOL_SOCKET, SO_LINGER),
    SETSOCKOPT(IPPROTO_TCP, TCP_NODELAY),
    SETSOCKOPT(IPPROTO_TCP, TCP_KEEPIDLE),
    SETSOCKOPT(IPPROTO_TCP, TCP_KEEPINTVL),
    SETSOCKOPT(IPPROTO_TCP, TCP_KEEPCNT),
    SETSOCKOPT(IPPROTO_TCP, TCP_USER_TIMEOUT),
    SETSOCKOPT(IPPROTO_IPV6, IPV6_V6ONLY),
};

static const struct rule core_rules[] = {
    /* nanomsg's ends of the ipc:// sockets. No connect: it would reach every socket file that the
     * user may write to, a system or session bus among them. */
    ALLOW(bind), ALLOW(listen),

    /* Files; which ones is Landlock's business, which leaves stat: it tells what exists anywhere.
     * No link, no chown, no chmod by path. */
    ALLOW(open), ALLOW(openat), ALLOW(stat), ALLOW(lstat), ALLOW(newfstatat), ALLOW(statx),
    ALLOW(access), ALLOW(faccessat), ALLOW(faccessat2), ALLOW(getdents64), ALLOW(statfs),
    ALLOW(fstatfs), ALLOW(unlink), ALLOW(unlinkat), ALLOW(rename), ALLOW(renameat),
    ALLOW(renameat2), ALLOW(mkdir), ALLOW(mkdirat), ALLOW(fchmod), ALLOW(umask),

    /* Their contents: LMDB and the key files. */
    ALLOW(lseek), ALLOW(pread64), ALLOW(preadv), ALLOW(pwrite64), ALLOW(pwritev),
    ALLOW(ftruncate), ALLOW(fsync), ALLOW(fdatasync), ALLOW(sync_file_range), ALLOW(msync),
    ALLOW(mincore), ALLOW(flock),
    FCNTL(F_GETLK), FCNTL(F_SETLK), FCNTL(F_SETLKW),
};
/* clang-format on */

static int add_rules(scmp_filter_ctx filter, const struct rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct scmp_arg_cmp compare[CHECKS_MAX];
        unsigned count = 0;

        while (count < CHECKS_MAX && rules[i].when[count].mask != 0) {
            const struct check *c = &rules[i].when[count];

            compare[count].arg = c->arg;
            compare[count].op = SCMP_CMP_MASKED_EQ;
            compare[count].datum_a = c->mask;
            compare[count].datum_b = c->value == OWN_PID ? (scmp_datum_t)getpid() : c->value;
            count++;
        }
        int rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rules[i].call, count, compare);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int add_all_rules(scmp_filter_ctx filter, enum sym_sandbox_role role)
{
    int rc = add_rules(filter, both_rules, sizeof both_rules / sizeof both_rules[0]);
    if (rc == 0 && role == SYM_SANDBOX_GATE) {
        rc = add_rules(filter, gate_rules, sizeof gate_rules / sizeof gate_rules[0]);
    }
    if (rc == 0 && role == SYM_SANDBOX_CORE) {
        rc = add_rules(filter, core_rules, sizeof core_rules / sizeof core_rules[0]);
    }
    if (rc == 0) {
        /* "No such call" makes glibc fall back to clone, whose flags can be checked. */
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    }
    return rc;
}

enum sym_err sym_sandbox_filter(enum sym_sandbox_role role, struct sym_fault *fault)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "sandbox: the seccomp filter does not fit in memory");
    }
    int rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (rc == 0) {
        rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    }
    if (rc == 0) {
        rc = add_all_rules(filter, role);
    }
    if (rc == 0) {
        rc = seccomp_load(filter);
    }
    seccomp_release(filter);
    if (rc != 0) {
        return sym_fail(fault, SYM_UNSUPPORTED,
                        "sandbox: the seccomp filter was refused (%s): use a kernel and a "
                        "container that allow seccomp filters",
                        strerror(-rc));
    }
    return SYM_OK;
}
