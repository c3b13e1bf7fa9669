#include "cli/audit/outdir.h"

#include "cli/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES 256u

static bool is_empty_directory(const char *path)
{
    DIR *dir = opendir(path);
    bool empty = dir != NULL;
    for (struct dirent *e; empty && (e = readdir(dir)) != NULL;) {
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return empty;
}

enum sym_err sym_outdir_open(struct sym_outdir *o, const char *path, struct sym_fault *fault)
{
    struct stat st;
    char shown[SYM_FAULT_BYTES];
    size_t len = strlen(path);
    o->path = path;
    o->fd = -1;
    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    if (len == 0) {
        return sym_fail(fault, SYM_BAD_VALUE, "the name of the directory is empty");
    }
    if (lstat(path, &st) == 0 && !is_empty_directory(path)) {
        return sym_fail(fault, SYM_EXISTS,
                        "%.200s: exists and is no empty directory; name one that does not exist",
                        sym_file_show(shown, path));
    }
    if (asprintf(&o->temporary, "%.*s.XXXXXX", (int)len, path) < 0) {
        o->temporary = NULL;
        return sym_fail(fault, SYM_NO_MEMORY, "the directory %s", sym_err_text(SYM_NO_MEMORY));
    }
    if (mkdtemp(o->temporary) == NULL) {
        enum sym_err err = sym_file_new_fault(fault, path);
        free(o->temporary);
        o->temporary = NULL;
        return err;
    }
    o->fd = open(o->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return o->fd >= 0 ? SYM_OK : sym_file_fault(fault, o->temporary);
}

static bool make_directories(const struct sym_outdir *o, const char *name)
{
    char part[NAME_BYTES];
    for (const char *at = strchr(name, '/'); at != NULL; at = strchr(at + 1, '/')) {
        (void)snprintf(part, sizeof part, "%.*s", (int)(at - name), name);
        if (mkdirat(o->fd, part, 0700) != 0 && errno != EEXIST) {
            return false;
        }
    }
    return true;
}

enum sym_err sym_outdir_file(FILE **out, const struct sym_outdir *o, const char *name,
                             struct sym_fault *fault)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = openat(o->fd, name, flags, 0600);
    if (fd < 0 && errno == ENOENT && make_directories(o, name)) {
        fd = openat(o->fd, name, flags, 0600);
    }
    *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (*out == NULL) {
        enum sym_err err = sym_file_fault(fault, o->path);
        if (fd >= 0) {
            (void)close(fd);
        }
        return err;
    }
    return SYM_OK;
}

enum sym_err sym_outdir_end(FILE *file, const struct sym_outdir *o, struct sym_fault *fault)
{
    bool lost = fflush(file) != 0 || ferror(file) != 0;
    enum sym_err err = lost ? sym_file_fault(fault, o->path) : SYM_OK;
    if (fclose(file) != 0 && err == SYM_OK) {
        err = sym_file_fault(fault, o->path);
    }
    return err;
}

enum sym_err sym_outdir_write(const struct sym_outdir *o, const char *name, struct sym_span bytes,
                              struct sym_fault *fault)
{
    FILE *file = NULL;
    enum sym_err err = sym_outdir_file(&file, o, name, fault);
    if (err == SYM_OK) {
        (void)fwrite(bytes.data, 1, bytes.len, file);
        err = sym_outdir_end(file, o, fault);
    }
    return err;
}

/* Removes what is below this descriptor, which it closes. */
static void empty(int fd)
{
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        (void)close(fd);
        return;
    }
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        bool dots = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
        if (dots || unlinkat(fd, e->d_name, 0) == 0) {
            continue;
        }
        int below = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below >= 0) {
            empty(below);
            (void)unlinkat(fd, e->d_name, AT_REMOVEDIR);
        }
    }
    (void)closedir(dir);
}

enum sym_err sym_outdir_close(struct sym_outdir *o, enum sym_err err, struct sym_fault *fault)
{
    if (o->temporary == NULL) {
        return err;
    }
    if (err == SYM_OK && (syncfs(o->fd) != 0 || rename(o->temporary, o->path) != 0)) {
        err = sym_file_fault(fault, o->path);
    }
    if (err != SYM_OK && o->fd >= 0) {
        empty(o->fd);
        (void)rmdir(o->temporary);
    } else if (o->fd >= 0) {
        (void)close(o->fd);
        err = sym_file_keep_name(o->path, fault);
    }
    free(o->temporary);
    *o = (struct sym_outdir){.fd = -1};
    return err;
}
