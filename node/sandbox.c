#include "node/sandbox_filter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SYM_SANDBOX_OPEN
static const bool sealed = false;
#else
static const bool sealed = true;
#endif

/* The two halves of a 64-bit set. */
#define CAP_HALVES 2

static bool read_capabilities(struct __user_cap_data_struct sets[CAP_HALVES])
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};

    memset(sets, 0, CAP_HALVES * sizeof sets[0]);
    return syscall(SYS_capget, &header, sets) == 0;
}

static bool has_capability(unsigned cap)
{
    struct __user_cap_data_struct sets[CAP_HALVES];

    return read_capabilities(sets) && (sets[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap)) != 0;
}

/* Keeps those of the lower half that are in keep. Fails only if the kernel has no capabilities. */
static enum sym_err drop_capabilities(uint32_t keep, struct sym_fault *fault)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct sets[CAP_HALVES];

    if (!read_capabilities(sets)) {
        return sym_fail(fault, SYM_UNSUPPORTED, "sandbox: capabilities cannot be read: %s",
                        strerror(errno));
    }
    sets[0].effective &= keep;
    sets[0].permitted &= keep;
    sets[0].inheritable = 0;
    memset(&sets[1], 0, sizeof sets[1]);
    /* Without CAP_SETPCAP the bounding set stays, and matters to exec only, which is refused. */
    for (int cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++) {
    }
    if (syscall(SYS_capset, &header, sets) != 0) {
        return sym_fail(fault, SYM_DENIED, "sandbox: capabilities cannot be dropped: %s",
                        strerror(errno));
    }
    return SYM_OK;
}

static void measure(struct sym_sandbox_state *state)
{
    struct rlimit core = {.rlim_cur = 1, .rlim_max = 1};
    struct __user_cap_data_struct sets[CAP_HALVES];

    state->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    state->not_dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
    state->no_core = getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0;
    state->no_capabilities = read_capabilities(sets);
    for (size_t i = 0; i < CAP_HALVES && state->no_capabilities; i++) {
        state->no_capabilities = (sets[i].effective | sets[i].permitted | sets[i].inheritable) == 0;
    }
}

static bool write_line(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool whole = write(fd, line, strlen(line)) == (ssize_t)strlen(line);
    (void)close(fd);
    return whole;
}

/* The process's own user and group are the only ones of its user namespace, under their own
 * numbers. Where this is refused (AppArmor may), ids read as 65534; access goes by the real ones.
 */
static void map_own_ids(unsigned uid, unsigned gid)
{
    char line[64];

    (void)snprintf(line, sizeof line, "%u %u 1", uid, uid);
    if (!write_line("/proc/self/uid_map", line) || !write_line("/proc/self/setgroups", "deny")) {
        return;
    }
    (void)snprintf(line, sizeof line, "%u %u 1", gid, gid);
    (void)write_line("/proc/self/gid_map", line);
}

/* A user namespace gives an unprivileged process the right to the other flags. */
static bool unshare_as_user(int flags)
{
    unsigned uid = geteuid();
    unsigned gid = getegid();

    if (unshare(CLONE_NEWUSER | flags) != 0) {
        return false;
    }
    map_own_ids(uid, gid);
    return true;
}

static bool leave_network(void)
{
    return unshare(CLONE_NEWNET) == 0 || unshare_as_user(CLONE_NEWNET);
}

/* Relative addresses work with and without the new root. Under the old one connect(2) would reach
 * every socket file of the user: with a session bus among them, that is a way to run programs. */
static enum sym_err move_into(struct sym_sandbox_state *state, const char *run_dir,
                              struct sym_fault *fault)
{
    if (chdir(run_dir) != 0) {
        return sym_fail(fault, SYM_NOT_FOUND, "sandbox: run directory %s cannot be entered: %s",
                        run_dir, strerror(errno));
    }
    state->own_root = sealed && chroot(".") == 0;
    return SYM_OK;
}

/* Landlock restricts the calling thread and those it starts. Newer than Debian 12's header: */
#define ACCESS_FS_TRUNCATE  (1ULL << 14) /* version 3 */
#define ACCESS_FS_IOCTL_DEV (1ULL << 15) /* version 5 */
#define ACCESS_NET_BIND     (1ULL << 0)  /* version 4 */
#define ACCESS_NET_CONNECT  (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX (1ULL << 0) /* version 6 */
#define SCOPE_SIGNAL        (1ULL << 1)

/* An older kernel takes it as long as what it does not know is zero. */
struct landlock_attr {
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

#define DATA_ACCESS                                                                                \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_DIR |  \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |  \
     ACCESS_FS_TRUNCATE)
#define RUN_ACCESS                                                                                 \
    (LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE)
/* Read only: writing to /proc/self/mem would go around the ban on executable memory. */
#define PROC_ACCESS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

struct place {
    const char *path;
    uint64_t access;
};

static int landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return version > 0 ? (int)version : 0;
}

static struct landlock_attr landlock_handled(int version, enum sym_sandbox_role role)
{
    struct landlock_attr attr = {.fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};

    if (version >= 2) {
        attr.fs |= LANDLOCK_ACCESS_FS_REFER;
    }
    if (version >= 3) {
        attr.fs |= ACCESS_FS_TRUNCATE;
    }
    if (version >= 4) {
        attr.net = ACCESS_NET_BIND | (role == SYM_SANDBOX_CORE ? ACCESS_NET_CONNECT : 0);
    }
    if (version >= 5) {
        attr.fs |= ACCESS_FS_IOCTL_DEV;
    }
    if (version >= 6) {
        attr.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
    }
    return attr;
}

static bool allow_place(int ruleset, const struct place *place, uint64_t handled)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = place->access & handled};

    beneath.parent_fd = open(place->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (beneath.parent_fd < 0) {
        return false;
    }
    long rc = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    (void)close(beneath.parent_fd);
    return rc == 0;
}

/* All that Landlock knows is denied, except what places (n) grant. */
static bool restrict_self(int version, enum sym_sandbox_role role, const struct place *places,
                          size_t n)
{
    struct landlock_attr attr = landlock_handled(version, role);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    bool done = ruleset >= 0;

    for (size_t i = 0; i < n && done; i++) {
        done = allow_place(ruleset, &places[i], attr.fs);
    }
    done = done && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    if (ruleset >= 0) {
        (void)close(ruleset);
    }
    return done;
}

static enum sym_err check_directory(const char *what, const char *path, struct sym_fault *fault)
{
    struct stat info;

    if (path == NULL || stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return sym_fail(
            fault, SYM_NOT_FOUND,
            "sandbox: %s directory %s is not a directory any more: start the node again", what,
            path == NULL ? "(none)" : path);
    }
    return SYM_OK;
}

static enum sym_err check_single_thread(struct sym_fault *fault)
{
    struct stat tasks;

    /* A directory has two links of its own, and one for each directory in it. */
    if (stat("/proc/self/task", &tasks) != 0 || tasks.st_nlink < 3) {
        return sym_fail(fault, SYM_UNSUPPORTED, "sandbox: threads cannot be counted: mount /proc");
    }
    if (tasks.st_nlink > 3) {
        return sym_fail(fault, SYM_WRONG_STATE,
                        "sandbox: %lu threads run already: start threads afterwards",
                        (unsigned long)tasks.st_nlink - 2);
    }
    return SYM_OK;
}

static bool is_network_socket(int fd)
{
    int domain = AF_UNIX;
    socklen_t len = sizeof domain;

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain != AF_UNIX;
}

static enum sym_err check_no_network_socket(struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    DIR *descriptors = opendir("/proc/self/fd");
    if (descriptors == NULL) {
        return sym_fail(fault, SYM_UNSUPPORTED, "sandbox: descriptors cannot be listed: %s",
                        strerror(errno));
    }
    for (struct dirent *d = readdir(descriptors); d != NULL && err == SYM_OK;
         d = readdir(descriptors)) {
        int fd = (int)strtol(d->d_name, NULL, 10);

        if (d->d_name[0] != '.' && is_network_socket(fd)) {
            err = sym_fail(fault, SYM_WRONG_STATE,
                           "sandbox: descriptor %d of core is a network socket: close it in the "
                           "child that becomes core",
                           fd);
        }
    }
    (void)closedir(descriptors);
    return err;
}

enum sym_err sym_sandbox_prepare(struct sym_sandbox_state *state, enum sym_sandbox_role role,
                                 struct sym_fault *fault)
{
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    uint32_t keep = 0;

    memset(state, 0, sizeof *state);
    enum sym_err err = check_single_thread(fault);
    if (err != SYM_OK) {
        return err;
    }
    if (role == SYM_SANDBOX_CORE) {
        state->own_network = leave_network();
    } else {
        keep = CAP_TO_MASK(CAP_SYS_CHROOT);
        if (!has_capability(CAP_SYS_CHROOT)) {
            (void)unshare_as_user(0);
        }
    }
    err = drop_capabilities(keep, fault);
    if (err != SYM_OK) {
        return err;
    }
    /* The limit does not count where dumps are piped to a program; not being dumpable does. */
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return sym_fail(fault, SYM_UNSUPPORTED, "sandbox: this kernel refuses to harden: %s",
                        strerror(errno));
    }
    measure(state);
    return SYM_OK;
}

static enum sym_err enter_gate(struct sym_sandbox_state *state, const char *run_dir,
                               struct sym_fault *fault)
{
    enum sym_err err = move_into(state, run_dir, fault);
    if (err == SYM_OK) {
        err = drop_capabilities(0, fault);
    }
    if (err == SYM_OK && sealed) {
        state->landlock = restrict_self(state->landlock_abi, SYM_SANDBOX_GATE, NULL, 0);
    }
    return err;
}

static enum sym_err enter_core(struct sym_sandbox_state *state, const char *data_dir,
                               const char *run_dir, struct sym_fault *fault)
{
    const struct place places[] = {
        {data_dir, DATA_ACCESS}, {run_dir, RUN_ACCESS}, {"/proc/self", PROC_ACCESS}};
    enum sym_err err = check_no_network_socket(fault);

    if (err == SYM_OK) {
        err = check_directory("data", data_dir, fault);
    }
    if (err == SYM_OK && sealed) {
        state->landlock = restrict_self(state->landlock_abi, SYM_SANDBOX_CORE, places,
                                        sizeof places / sizeof places[0]);
    }
    return err;
}

enum sym_err sym_sandbox_enter(struct sym_sandbox_state *state, enum sym_sandbox_role role,
                               const char *data_dir, const char *run_dir, struct sym_fault *fault)
{
    if (!state->not_dumpable || !state->no_new_privs) {
        return sym_fail(fault, SYM_WRONG_STATE, "sandbox: entered before it was prepared");
    }
    enum sym_err err = check_single_thread(fault);
    if (err == SYM_OK) {
        err = check_directory("run", run_dir, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    state->landlock_abi = sealed ? landlock_version() : 0;
    if (role == SYM_SANDBOX_GATE) {
        err = enter_gate(state, run_dir, fault);
    } else {
        err = enter_core(state, data_dir, run_dir, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    measure(state);
    if (sealed) {
        err = sym_sandbox_filter(role, fault);
        state->seccomp = err == SYM_OK;
    }
    return err;
}
