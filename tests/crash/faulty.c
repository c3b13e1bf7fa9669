/* faulty - a disk that fails when it is told to: preloaded into symbolond or into the writer.
 *
 * The environment is read once, before any process of the node empties or sandboxes itself; what
 * comes later is told through a shared page (struct orders, tests/crash/disks.py), which works
 * behind every wall of the sandbox, for it takes no call to read.
 *
 *     FAULTY       path of a file of FAULTY_BYTES: the page
 *     FAULTY_ONLY  name of the only process whose calls count, such as symbolond-core
 *
 * Calls that count are those that write or sync a regular file or a directory, standard streams
 * apart. Those from number `first` on, `many` of them, fail with `code`, having done nothing, or
 * (`late`) all that was asked. When one has failed, the thread stands still while `hold` is set, so
 * that a test can look at what is outside by then. With a code of 0 it works after that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FAULTY_BYTES 4096u
#define TRACE_BYTES  4032u
#define COMM_BYTES   16u
#define HOLD_MS_MAX  600000u /* a test that died must not leave a process behind for ever */

struct orders {
    _Atomic uint32_t swallow; /* syncs do nothing, as with MDB_NOSYNC */
    _Atomic uint32_t first;   /* 0: none fails */
    _Atomic uint32_t many;
    _Atomic uint32_t code;
    _Atomic uint32_t hold;
    _Atomic uint32_t calls;   /* answers: how many counted */
    _Atomic uint32_t failed;  /* and how many of them failed */
    _Atomic uint32_t late;    /* a call that fails has done its work nevertheless */
    _Atomic uint32_t kind;    /* a letter of the trace: calls of this kind count alone; 0: all */
    _Atomic uint32_t gave_up; /* an answer: a thread has not stood still until it was let go */
    uint32_t spare[6];
    char trace[TRACE_BYTES]; /* a letter for each that counted, a capital where it failed */
};
_Static_assert(sizeof(struct orders) == FAULTY_BYTES, "one page");

static struct orders *orders;
static char only[COMM_BYTES];

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULTY");
    const char *name = getenv("FAULTY_ONLY");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    void *page = mmap(NULL, FAULTY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (page == MAP_FAILED) {
        abort();
    }
    if (name != NULL) {
        strncpy(only, name, sizeof only - 1);
    }
    orders = page;
}

static bool is_meant(void)
{
    char comm[COMM_BYTES] = "";
    return only[0] == '\0' || (prctl(PR_GET_NAME, comm, 0, 0, 0) == 0 && strcmp(comm, only) == 0);
}

static bool counts(int fd)
{
    struct stat info;
    return orders != NULL && fd > STDERR_FILENO && is_meant() && fstat(fd, &info) == 0 &&
           (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode));
}

static void hold(void)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    for (unsigned ms = 0; atomic_load(&orders->hold) != 0; ms++) {
        if (ms == HOLD_MS_MAX) {
            atomic_store(&orders->gave_up, 1);
            return;
        }
        (void)nanosleep(&moment, NULL);
    }
}

/* Does this call, which counts, fail? */
static bool fails_here(char kind)
{
    uint32_t meant = atomic_load(&orders->kind);
    if (meant != 0 && meant != (uint32_t)kind) {
        return false;
    }
    uint32_t at = atomic_fetch_add(&orders->calls, 1) + 1;
    uint32_t first = atomic_load(&orders->first);
    bool hit = first != 0 && at >= first && at - first < atomic_load(&orders->many);
    if (at <= TRACE_BYTES) {
        orders->trace[at - 1] = (char)(hit ? kind - 'a' + 'A' : kind);
    }
    if (hit) {
        atomic_fetch_add(&orders->failed, 1);
        hold();
    }
    return hit && atomic_load(&orders->code) != 0;
}

static bool fails(char kind, int fd)
{
    return counts(fd) && fails_here(kind);
}

/* What a call that fails has done nevertheless: nothing, or all. */
static bool is_left_out(bool fails)
{
    return fails && atomic_load(&orders->late) == 0;
}

static long answer(bool fails, long result)
{
    if (fails) {
        errno = (int)atomic_load(&orders->code);
    }
    return fails ? -1 : result;
}

static bool is_swallowed(void)
{
    return orders != NULL && atomic_load(&orders->swallow) != 0;
}

/* The C library's declarations of these lack the attributes that a definition would need. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

ssize_t write(int fd, const void *data, size_t len)
{
    bool hit = fails('w', fd);
    return answer(hit, is_left_out(hit) ? 0 : syscall(SYS_write, fd, data, len));
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    bool hit = fails('v', fd);
    return answer(hit, is_left_out(hit) ? 0 : syscall(SYS_writev, fd, parts, n));
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    bool hit = fails('p', fd);
    return answer(hit, is_left_out(hit) ? 0 : syscall(SYS_pwrite64, fd, data, len, at));
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    bool hit = fails('p', fd);
    return answer(hit, is_left_out(hit) ? 0 : syscall(SYS_pwrite64, fd, data, len, at));
}

ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t at)
{
    bool hit = fails('q', fd);
    return answer(hit, is_left_out(hit) ? 0 : syscall(SYS_pwritev, fd, parts, n, at, 0));
}

int ftruncate(int fd, off_t len)
{
    bool hit = fails('t', fd);
    return (int)answer(hit, is_left_out(hit) ? 0 : syscall(SYS_ftruncate, fd, len));
}

int ftruncate64(int fd, off64_t len)
{
    bool hit = fails('t', fd);
    return (int)answer(hit, is_left_out(hit) ? 0 : syscall(SYS_ftruncate, fd, len));
}

int fsync(int fd)
{
    if (is_swallowed()) {
        return 0;
    }
    bool hit = fails('f', fd);
    return (int)answer(hit, is_left_out(hit) ? 0 : syscall(SYS_fsync, fd));
}

int fdatasync(int fd)
{
    if (is_swallowed()) {
        return 0;
    }
    bool hit = fails('d', fd);
    return (int)answer(hit, is_left_out(hit) ? 0 : syscall(SYS_fdatasync, fd));
}

int msync(void *at, size_t len, int flags)
{
    if (is_swallowed()) {
        return 0;
    }
    /* No descriptor tells whose it is: whatever is synced this way is a file. */
    bool hit = orders != NULL && is_meant() && fails_here('m');
    return (int)answer(hit, is_left_out(hit) ? 0 : syscall(SYS_msync, at, len, flags));
}

/* With MDB_NOSYNC LMDB's own descriptor for its first pages would not sync either. */
static int open_flags(int flags)
{
    return is_swallowed() ? flags & ~(O_SYNC | O_DSYNC) : flags;
}

/* O_TMPFILE is more than one bit, and one of them is O_DIRECTORY. */
static bool takes_mode(int flags)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = takes_mode(flags) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return (int)syscall(SYS_openat, AT_FDCWD, path, open_flags(flags), mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = takes_mode(flags) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return (int)syscall(SYS_openat, AT_FDCWD, path, open_flags(flags), mode);
}
