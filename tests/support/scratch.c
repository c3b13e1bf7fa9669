#include "tests/support/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void give_up(const char *what)
{
    perror(what);
    exit(70);
}

void scratch_new(struct scratch *s)
{
    const char *tmp = getenv("TMPDIR");
    int len = snprintf(s->path, sizeof s->path, "%s/scratch-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (len < 0 || (size_t)len >= sizeof s->path || mkdtemp(s->path) == NULL) {
        give_up("scratch");
    }
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

void scratch_remove_tree(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT) {
        give_up(path);
    }
}

void scratch_remove(const struct scratch *s)
{
    scratch_remove_tree(s->path);
}

void scratch_join(char out[PATH_MAX], const char *path, const char *name)
{
    int len = snprintf(out, PATH_MAX, "%s/%s", path, name);
    if (len < 0 || len >= PATH_MAX) {
        give_up(path);
    }
}

void scratch_write(const char *path, const char *name, mode_t mode, struct sym_span bytes)
{
    char whole[PATH_MAX];
    scratch_join(whole, path, name);
    int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0 || write(fd, bytes.data, bytes.len) != (ssize_t)bytes.len || fchmod(fd, mode) != 0 ||
        close(fd) != 0) {
        give_up(whole);
    }
}

ssize_t scratch_read(const char *path, const char *name, void *out, size_t max)
{
    char whole[PATH_MAX];
    scratch_join(whole, path, name);
    int fd = open(whole, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    ssize_t n = read(fd, out, max);
    (void)close(fd);
    return n;
}

bool scratch_has(const char *path, const char *name)
{
    char whole[PATH_MAX];
    struct stat info;
    scratch_join(whole, path, name);
    return lstat(whole, &info) == 0;
}

int scratch_count(const char *path)
{
    int n = 0;
    DIR *entries = opendir(path);
    if (entries == NULL) {
        return -1;
    }
    for (struct dirent *e = readdir(entries); e != NULL; e = readdir(entries)) {
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    }
    (void)closedir(entries);
    return n;
}
