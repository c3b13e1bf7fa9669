#include "cli/beside.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where this program lies, then the other's name; false when it is not there. */
static bool find(char out[PATH_MAX], const char *program)
{
    size_t name = strlen(program) + 1;
    ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - name);
    if (len <= 0) {
        return false;
    }
    out[len] = '\0';
    char *slash = strrchr(out, '/');
    if (slash == NULL) {
        return false;
    }
    memcpy(slash + 1, program, name);
    return access(out, X_OK) == 0;
}

/* A link to this very program would begin it again and again. */
static bool is_this(const char *path)
{
    struct stat self;
    struct stat other;
    return stat("/proc/self/exe", &self) == 0 && stat(path, &other) == 0 &&
           self.st_dev == other.st_dev && self.st_ino == other.st_ino;
}

/* In the directories of PATH that are named from the root: where a command is called must not say
 * which program gets its input. */
static bool find_in_path(char out[PATH_MAX], const char *program)
{
    const char *at = getenv("PATH");
    while (at != NULL && *at != '\0') {
        size_t len = strcspn(at, ":");
        int written = snprintf(out, PATH_MAX, "%.*s/%s", (int)len, at, program);
        if (*at == '/' && written > 0 && written < PATH_MAX && access(out, X_OK) == 0) {
            return true;
        }
        at += len + (at[len] == ':');
    }
    errno = ENOENT;
    return false;
}

enum sym_err sym_beside_exec(const char *program, char *const argv[], struct sym_fault *fault)
{
    char path[PATH_MAX];
    (void)fflush(stdout);
    bool found = find(path, program) || find_in_path(path, program);
    if (found && is_this(path)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%s: is a link to symbolon itself; install the program of that name",
                        program);
    }
    if (found) {
        (void)execv(path, argv);
    }
    return sym_fail(fault, errno == ENOENT ? SYM_NOT_FOUND : SYM_IO,
                    "%s: %s; it must lie beside symbolon, or in a directory of PATH that is "
                    "named from the root",
                    program, strerror(errno));
}
