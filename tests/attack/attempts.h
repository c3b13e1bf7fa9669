/* attempts.h - what the program escape tries, and what is right: a table at the end, before it the
 * functions of those attempts that take more than a call.
 */
#ifndef SYM_TESTS_ATTACK_ATTEMPTS_H
#define SYM_TESTS_ATTACK_ATTEMPTS_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GATE = 1, CORE = 2, BOTH = 3 };

#define PATH_ROOM   200
#define X32_BIT     0x40000000L
#define KILLED(sig) (-(sig))
#define PAGE        4096u
#define NOT_ENTERED 3 /* exit code: prepare or enter failed */

/* What an attempt finds around it. The directory base holds data/, run/ and, outside of both,
 * the socket of a service of the same user. */
struct scene {
    char base[PATH_ROOM / 2];
    char data[PATH_ROOM];
    char run[PATH_ROOM];
    char outside[PATH_ROOM];
    char service[PATH_ROOM];
    char parent_status[PATH_ROOM];
    pid_t parent;
    int program;  /* an executable file, open for reading */
    int channel;  /* the parent sends a network socket here */
    int listener; /* -1, or gate: a TCP socket */
    uint16_t port;
};

static const char *in(const char *dir, const char *name)
{
    static char path[2 * PATH_ROOM];

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return to;
}

static struct sockaddr_un unix_address(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    (void)snprintf(to.sun_path, sizeof to.sun_path, "%.107s", path);
    return to;
}

static long connect_unix(const char *path)
{
    struct sockaddr_un to = unix_address(path);

    return connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof to);
}

static long bind_unix(const char *path)
{
    struct sockaddr_un to = unix_address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (bind(fd, (struct sockaddr *)&to, sizeof to) != 0 || listen(fd, 1) != 0) {
        return -1;
    }
    return unlink(path);
}

/* fd as it is opened by the caller: nothing is checked in between. */
static long connect_tcp(int fd, uint16_t port)
{
    struct sockaddr_in to = loopback(port);

    return connect(fd, (struct sockaddr *)&to, sizeof to);
}

static long bind_tcp(int fd)
{
    struct sockaddr_in at = loopback(0);

    return bind(fd, (struct sockaddr *)&at, sizeof at);
}

static long set_option(int domain, int level, int option)
{
    int on = 1;
    int fd = socket(domain, SOCK_STREAM, 0);

    return setsockopt(fd, level, option, &on, sizeof on);
}

/* 0 or an errno: a socket that the parent passes, once, over a connection both have. */
static int receive_socket(const struct scene *s)
{
    char byte = 0;
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    int fd = -1;

    if (recvmsg(s->channel, &message, 0) == 1 && CMSG_FIRSTHDR(&message) != NULL) {
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    }
    return fd;
}

static void send_socket(int channel, int fd)
{
    char byte = 0;
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);

    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    (void)sendmsg(channel, &message, MSG_NOSIGNAL);
}

static long new_process(long flags)
{
    long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

    if (pid == 0) {
        _exit(0);
    }
    return pid;
}

static long map(int prot, int flags, int fd)
{
    return mmap(NULL, PAGE, prot, flags, fd, 0) == MAP_FAILED ? -1 : 0;
}

static long make_executable(bool with_key)
{
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return with_key ? syscall(SYS_pkey_mprotect, page, PAGE, PROT_READ | PROT_EXEC, -1)
                    : mprotect(page, PAGE, PROT_READ | PROT_EXEC);
}

static long share_memory(void)
{
    int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);

    return id < 0 ? -1 : shmctl(id, IPC_RMID, NULL);
}

static long read_own_memory(void)
{
    char from[8] = "memory";
    char to[8];
    struct iovec there = {from, sizeof from};
    struct iovec here = {to, sizeof to};

    return process_vm_readv(getpid(), &here, 1, &there, 1, 0);
}

static long set_core_limit(void)
{
    struct rlimit limit = {0, 0};

    return setrlimit(RLIMIT_CORE, &limit);
}

static long io_uring(void)
{
    uint64_t params[15] = {0};

    return syscall(SYS_io_uring_setup, 1, params);
}

/* A program that starts gets as far as its loader, whose complaint nobody needs. */
static long run_program(const char *path)
{
    char *const argv[] = {NULL};

    (void)close(STDERR_FILENO);
    return execve(path, argv, argv);
}

static long run_descriptor(int fd)
{
    char *const argv[] = {NULL};

    return syscall(SYS_execveat, fd, "", argv, argv, AT_EMPTY_PATH);
}

static long run_memory(void)
{
    int fd = (int)syscall(SYS_memfd_create, "x", 0);

    return fd < 0 ? -1 : run_descriptor(fd);
}

static long open_how(const char *path)
{
    uint64_t how[3] = {O_RDONLY, 0, 0};

    return syscall(SYS_openat2, AT_FDCWD, path, how, sizeof how);
}

static long status_of(const char *path, int flags)
{
    struct stat info;

    return syscall(SYS_newfstatat, AT_FDCWD, path, &info, flags);
}

static void *raise_flag(void *flag)
{
    *(int *)flag = 1;
    return NULL;
}

static long run_thread(void)
{
    pthread_t thread;
    int flag = 0;

    errno = pthread_create(&thread, NULL, raise_flag, &flag);
    if (errno != 0 || pthread_join(thread, NULL) != 0) {
        return -1;
    }
    return flag == 1 ? 0 : -1;
}

static long talk_to_itself(void)
{
    int ends[2];
    char byte = 'x';

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0 ||
        sendto(ends[0], &byte, 1, MSG_NOSIGNAL, NULL, 0) != 1) {
        return -1;
    }
    struct pollfd ready = {.fd = ends[1], .events = POLLIN};
    return poll(&ready, 1, 1000) == 1 ? 0 : -1;
}

static long write_store(const struct scene *s)
{
    char path[PATH_ROOM + 8];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    (void)snprintf(path, sizeof path, "%s/store", s->data);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, PAGE) != 0 || fcntl(fd, F_SETLK, &lock) != 0 ||
        flock(fd, LOCK_EX) != 0 || pwrite(fd, "x", 1, 1) != 1 || fdatasync(fd) != 0 ||
        fsync(fd) != 0 || fchmod(fd, 0400) != 0 ||
        map(PROT_READ | PROT_WRITE, MAP_SHARED, fd) != 0) {
        return -1;
    }
    return rename(path, in(s->data, "renamed")) != 0 || unlink(in(s->data, "renamed")) != 0 ? -1
                                                                                            : 0;
}

static long read_own_status(void)
{
    char line[64];
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

    return fd < 0 ? -1 : read(fd, line, sizeof line);
}

/* An architecture without the protocol still shows that the filter let the call pass. */
static long filter_passes(long rc)
{
    return rc < 0 && errno == EPERM ? -1 : 0;
}

#ifdef __x86_64__
/* The socket call of the 32-bit table, which has other numbers. */
static long socket_by_int80(void)
{
    long rc = 359;

    __asm__ volatile("int $0x80"
                     : "+a"(rc)
                     : "b"(AF_INET), "c"(SOCK_STREAM), "d"(0)
                     : "memory", "r8", "r9", "r10", "r11");
    errno = rc < 0 ? (int)-rc : 0;
    return rc < 0 ? -1 : rc;
}

#define X86_ATTEMPTS(X)                                                                            \
    X(BOTH, x32_getpid, KILLED(SIGSYS), syscall(X32_BIT | SYS_getpid))                             \
    X(BOTH, x32_socket, KILLED(SIGSYS), syscall(X32_BIT | SYS_socket, AF_INET, SOCK_STREAM, 0))    \
    X(BOTH, int80_socket, KILLED(SIGSYS), socket_by_int80())                                       \
    X(GATE, open_path, EPERM, syscall(SYS_open, "/etc/passwd", O_RDONLY))                          \
    X(GATE, creat_path, EPERM, syscall(SYS_creat, "new", 0600))                                    \
    X(GATE, stat_path, EPERM, syscall(SYS_stat, ".", NULL))
#else
#define X86_ATTEMPTS(X)
#endif

/* Who tries, name, what is right (an errno; 0: it must work; KILLED), and how. s is the scene.
 * Where possible the call would succeed without the filter, or else fail with another errno. */
#define ATTEMPTS(X)                                                                                \
    X86_ATTEMPTS(X)                                                                                \
    /* Reach the network. */                                                                       \
    X(CORE, inet_socket, EPERM, socket(AF_INET, SOCK_STREAM, 0))                                   \
    X(CORE, inet6_socket, EPERM, socket(AF_INET6, SOCK_STREAM, 0))                                 \
    X(CORE, inet_socket_high_bits, EPERM,                                                          \
      syscall(SYS_socket, (1L << 32) | AF_INET, SOCK_STREAM, 0))                                   \
    X(CORE, connect_passed_socket, EPERM, connect_tcp(receive_socket(s), 9))                       \
    X(CORE, bind_passed_socket, EACCES, bind_tcp(receive_socket(s)))                               \
    X(BOTH, inet_datagram, EPERM, socket(AF_INET, SOCK_DGRAM, 0))                                  \
    X(BOTH, inet_sctp, EPERM, socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP))                          \
    X(BOTH, inet_raw, EPERM, socket(AF_INET, SOCK_RAW, IPPROTO_ICMP))                              \
    X(BOTH, netlink_socket, EPERM, socket(AF_NETLINK, SOCK_RAW, 0))                                \
    X(BOTH, packet_socket, EPERM, socket(AF_PACKET, SOCK_RAW, 0))                                  \
    X(BOTH, vsock_socket, EPERM, socket(AF_VSOCK, SOCK_STREAM, 0))                                 \
    X(BOTH, crypto_socket, EPERM, socket(AF_ALG, SOCK_SEQPACKET, 0))                               \
    X(BOTH, unix_datagram, EPERM, socket(AF_UNIX, SOCK_DGRAM, 0))                                  \
    X(BOTH, socketpair_datagram, EPERM, socketpair(AF_UNIX, SOCK_DGRAM, 0, (int[2]){0, 0}))        \
    X(CORE, connect_service, EPERM, connect_unix(s->service))                                      \
    X(GATE, connect_service, ENOENT, connect_unix(s->service))                                     \
    X(GATE, bind_inet, EPERM, bind_tcp(socket(AF_INET, SOCK_STREAM, 0)))                           \
    X(GATE, listen_inet, EPERM, listen(socket(AF_INET, SOCK_STREAM, 0), 1))                        \
    X(GATE, tcp_upper_protocol, EPERM, set_option(AF_INET, IPPROTO_TCP, TCP_ULP))                  \
    X(BOTH, attach_socket_filter, EPERM, set_option(AF_UNIX, SOL_SOCKET, SO_ATTACH_FILTER))        \
    X(BOTH, unshare_network, EPERM, unshare(CLONE_NEWUSER | CLONE_NEWNET))                         \
    X(BOTH, setns, EPERM, setns(-1, 0))                                                            \
    /* Have the kernel do it. */                                                                   \
    X(BOTH, io_uring_setup, EPERM, io_uring())                                                     \
    X(BOTH, io_uring_enter, EPERM, syscall(426, -1, 0, 0, 0, NULL, 0))                             \
    X(BOTH, io_uring_register, EPERM, syscall(427, -1, 0, NULL, 0))                                \
    X(BOTH, bpf, EPERM, syscall(SYS_bpf, 0, NULL, 0))                                              \
    X(BOTH, userfaultfd, EPERM, syscall(SYS_userfaultfd, O_CLOEXEC | 1))                           \
    X(BOTH, perf_event_open, EPERM, syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0))              \
    X(BOTH, keyctl, EPERM, syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -2, 1))                      \
    X(BOTH, add_key, EPERM, syscall(SYS_add_key, "user", "x", "y", 1, -2))                         \
    X(BOTH, mount, EPERM, mount("none", "/tmp", "tmpfs", 0, NULL))                                 \
    X(BOTH, chroot, EPERM, chroot("/nowhere"))                                                     \
    /* Use another process, or become one. */                                                      \
    X(BOTH, ptrace_attach, EPERM, ptrace(PTRACE_ATTACH, s->parent, NULL, NULL))                    \
    X(BOTH, ptrace_traceme, EPERM, ptrace(PTRACE_TRACEME, 0, NULL, NULL))                          \
    X(BOTH, pidfd_open, EPERM, syscall(SYS_pidfd_open, s->parent, 0))                              \
    X(BOTH, pidfd_getfd, EPERM, syscall(SYS_pidfd_getfd, -1, 0, 0))                                \
    X(BOTH, pidfd_send_signal, EPERM, syscall(SYS_pidfd_send_signal, -1, 0, NULL, 0))              \
    X(BOTH, process_vm_readv, EPERM, read_own_memory())                                            \
    X(BOTH, process_vm_writev, EPERM, process_vm_writev(getpid(), NULL, 0, NULL, 0, 0))            \
    X(BOTH, execve, EPERM, run_program("/bin/true"))                                               \
    X(BOTH, execveat_descriptor, EPERM, run_descriptor(s->program))                                \
    X(BOTH, execveat_memory, EPERM, run_memory())                                                  \
    X(BOTH, fork, EPERM, new_process(0))                                                           \
    X(BOTH, vfork, EPERM, new_process(CLONE_VFORK))                                                \
    X(BOTH, clone_new_user, EPERM, new_process(CLONE_NEWUSER))                                     \
    X(BOTH, clone3, ENOSYS, syscall(SYS_clone3, NULL, 0))                                          \
    X(BOTH, kill_parent, EPERM, kill(s->parent, 0))                                                \
    X(BOTH, kill_itself, EPERM, kill(getpid(), 0))                                                 \
    X(BOTH, tgkill_parent, EPERM, syscall(SYS_tgkill, s->parent, s->parent, 0))                    \
    X(BOTH, tkill, EPERM, syscall(SYS_tkill, getpid(), 0))                                         \
    X(BOTH, fcntl_setown, EPERM, fcntl(s->channel, F_SETOWN, s->parent))                           \
    X(BOTH, fcntl_setsig, EPERM, fcntl(s->channel, F_SETSIG, SIGKILL))                             \
    X(BOTH, ioctl_setown, EPERM, ioctl(s->channel, FIOSETOWN, &s->parent))                         \
    X(BOTH, ioctl_type_ahead, EPERM, ioctl(s->channel, TIOCSTI, "x"))                              \
    /* Run injected code. */                                                                       \
    X(BOTH, mmap_exec, EPERM, map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1))         \
    X(BOTH, mmap_exec_file, EPERM, map(PROT_READ | PROT_EXEC, MAP_PRIVATE, s->program))            \
    X(BOTH, mprotect_exec, EPERM, make_executable(false))                                          \
    X(BOTH, pkey_mprotect_exec, EPERM, make_executable(true))                                      \
    X(BOTH, read_implies_exec, EPERM, personality(READ_IMPLIES_EXEC))                              \
    X(BOTH, shared_memory, EPERM, share_memory())                                                  \
    X(BOTH, memfd_create, EPERM, syscall(SYS_memfd_create, "x", 0))                                \
    /* Take the walls down. */                                                                     \
    X(BOTH, become_dumpable, EPERM, prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))                            \
    X(BOTH, set_core_limit, EPERM, set_core_limit())                                               \
    X(BOTH, seccomp_again, EPERM, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL))          \
    X(BOTH, prctl_seccomp, EPERM, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL))                \
    X(BOTH, setuid, EPERM, setresuid((uid_t)-1, (uid_t)-1, (uid_t)-1))                             \
    /* Files: gate has none. */                                                                    \
    X(GATE, openat, EPERM, openat(AT_FDCWD, s->outside, O_RDONLY))                                 \
    X(GATE, openat_created, EPERM, openat(AT_FDCWD, "new", O_RDWR | O_CREAT, 0600))                \
    X(BOTH, openat2, EPERM, open_how("."))                                                         \
    X(BOTH, open_by_handle_at, EPERM, open_by_handle_at(-1, NULL, 0))                              \
    X(GATE, newfstatat, EPERM, status_of(".", 0))                                                  \
    X(GATE, newfstatat_empty_path, EPERM, status_of(".", AT_EMPTY_PATH))                           \
    X(GATE, statx, EPERM, syscall(SYS_statx, AT_FDCWD, ".", 0, 0, NULL))                           \
    X(GATE, access, EPERM, access(".", F_OK))                                                      \
    X(GATE, readlink, EPERM, readlink("core", (char[8]){0}, 8))                                    \
    X(GATE, unlink, EPERM, unlink("core"))                                                         \
    X(GATE, rename, EPERM, rename("core", "other"))                                                \
    X(GATE, truncate, EPERM, truncate("core", 0))                                                  \
    X(GATE, mkdir, EPERM, mkdir("new", 0700))                                                      \
    X(BOTH, symlink, EPERM, symlink("/", in(s->data, "new")))                                      \
    X(BOTH, chmod, EPERM, chmod(s->data, 0777))                                                    \
    X(BOTH, chdir, EPERM, chdir(".."))                                                             \
    /* Files: core has its own; the rest is refused by Landlock. */                                \
    X(CORE, open_passwd, EACCES, open("/etc/passwd", O_RDONLY))                                    \
    X(CORE, open_outside, EACCES, open(s->outside, O_RDONLY))                                      \
    X(CORE, write_outside, EACCES, open(in(s->data, "../new"), O_RDWR | O_CREAT, 0600))            \
    X(CORE, mkdir_outside, EACCES, mkdir(in(s->run, "new"), 0700))                                 \
    X(CORE, unlink_outside, EACCES, unlink(s->outside))                                            \
    X(CORE, write_own_memory, EACCES, open("/proc/self/mem", O_RDWR))                              \
    X(CORE, read_parent, EACCES, open(s->parent_status, O_RDONLY))                                 \
    X(CORE, list_root, EACCES, open("/", O_RDONLY | O_DIRECTORY))                                  \
    /* What a node needs. */                                                                       \
    X(BOTH, can_run_a_thread, 0, run_thread())                                                     \
    X(BOTH, can_talk_to_itself, 0, talk_to_itself())                                               \
    X(BOTH, can_name_its_thread, 0, prctl(PR_SET_NAME, "symbolon"))                                \
    X(BOTH, can_abort, KILLED(SIGABRT), (abort(), 0))                                              \
    X(GATE, can_open_inet, 0, socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP))           \
    X(GATE, can_open_inet6, 0, filter_passes(socket(AF_INET6, SOCK_STREAM, 0)))                    \
    X(GATE, can_connect_tcp, 0, connect_tcp(socket(AF_INET, SOCK_STREAM, 0), s->port))             \
    X(GATE, can_accept_tcp, 0, filter_passes(accept4(s->listener, NULL, NULL, SOCK_CLOEXEC)))      \
    X(GATE, can_set_nodelay, 0, set_option(AF_INET, IPPROTO_TCP, TCP_NODELAY))                     \
    X(GATE, can_connect_core, 0, connect_unix("core"))                                             \
    X(CORE, can_write_store, 0, write_store(s))                                                    \
    X(CORE, can_make_directory, 0, mkdir(in(s->data, "new"), 0700))                                \
    X(CORE, can_bind_in_run, 0, bind_unix(in(s->run, "core2")))                                    \
    X(CORE, can_read_own_status, 0, read_own_status())

#define FUNCTION(roles, name, right, expression)                                                   \
    static int roles##_##name(const struct scene *s)                                               \
    {                                                                                              \
        (void)s;                                                                                   \
        return (long)(expression) < 0 ? errno : 0;                                                 \
    }
ATTEMPTS(FUNCTION)

struct attempt {
    unsigned roles;
    const char *name;
    int right;
    int (*run)(const struct scene *s);
};

#define ENTRY(roles, name, right, expression) {roles, #name, right, roles##_##name},
static const struct attempt attempts[] = {ATTEMPTS(ENTRY)};
#define ATTEMPT_COUNT (sizeof attempts / sizeof attempts[0])

#endif
