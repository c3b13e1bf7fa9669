#include "cli/nodedir.h"

#include "cli/file.h"
#include "proto/control.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_SUFFIX  ".key"
#define SHOWN_BYTES 160u /* of the names of users, in one fault */

enum sym_err sym_nodedir_path(char out[SYM_PATH_BYTES], const char *dir, const char *name,
                              struct sym_fault *fault)
{
    int len = snprintf(out, SYM_PATH_BYTES, "%s/%s", dir, name);
    if (len < 0 || (size_t)len >= SYM_PATH_BYTES) {
        char shown[SYM_FAULT_BYTES];
        return sym_fail(fault, SYM_TOO_LONG, "%.200s…: the path is too long",
                        sym_file_show(shown, dir));
    }
    return SYM_OK;
}

enum sym_err sym_nodedir_userkey_path(char out[SYM_PATH_BYTES], const char *dir, const char *name,
                                      struct sym_fault *fault)
{
    char shown[SYM_FAULT_BYTES];
    char file[sizeof "users/" + SYM_ALIAS_BYTES + sizeof KEY_SUFFIX];
    if (sym_alias_check(sym_span_text(name)) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "\"%s\": is not a user name: 1 to 63 characters a-z A-Z 0-9 . _ -, the "
                        "first a letter or digit",
                        sym_file_show(shown, name));
    }
    (void)snprintf(file, sizeof file, "users/%s" KEY_SUFFIX, name);
    return sym_nodedir_path(out, dir, file, fault);
}

/* init takes none that holds something. */
static bool is_full(const char *dir)
{
    DIR *entries = opendir(dir);
    size_t n = 0; /* with . and .. */
    while (entries != NULL && n < 3 && readdir(entries) != NULL) {
        n++;
    }
    if (entries != NULL) {
        (void)closedir(entries);
    }
    return n >= 3;
}

enum sym_err sym_nodedir_card(struct sym_card *card, struct sym_secret *text, const char *dir,
                              struct sym_fault *fault)
{
    char path[SYM_PATH_BYTES];
    char shown[SYM_FAULT_BYTES];
    enum sym_err err = sym_nodedir_path(path, dir, "node.card", fault);
    if (err == SYM_OK) {
        err = sym_file_read(text, path, SYM_CARD_BYTES_MAX, fault);
    }
    if (err == SYM_NOT_FOUND) {
        (void)sym_file_show(shown, dir);
        return sym_fail(fault, err,
                        "%.120s: there is no node here; correct --dir or SYMBOLON_DIR, or make one "
                        "with: \"symbolon init --dir %.120s%s …\"",
                        shown, shown, is_full(dir) ? "/node" : "");
    }
    if (err != SYM_OK) {
        return err;
    }
    struct sym_fault why = {.err = SYM_OK};
    err = sym_card_parse(card, sym_secret_span(text), &why);
    if (err != SYM_OK) {
        sym_secret_clear(text);
        return sym_fail(fault, err, "%s: %s; put the node's own card back from a backup",
                        sym_file_show(shown, path),
                        why.err != SYM_OK ? why.text : sym_err_text(err));
    }
    return SYM_OK;
}

static bool ends_in_key(const char *name, size_t *stem)
{
    size_t len = strlen(name);
    size_t suffix = sizeof KEY_SUFFIX - 1;
    *stem = len > suffix ? len - suffix : 0;
    return *stem > 0 && strcmp(name + *stem, KEY_SUFFIX) == 0;
}

/* Appends a name to the list that a fault shows. */
static void list_name(char list[SHOWN_BYTES], const char *name, size_t len)
{
    size_t used = strlen(list);
    if (used + len + sizeof ", …" < SHOWN_BYTES) {
        (void)snprintf(list + used, SHOWN_BYTES - used, "%s%.*s", used > 0 ? ", " : "", (int)len,
                       name);
    } else if (used > 0 && strcmp(list + used - strlen("…"), "…") != 0) {
        (void)snprintf(list + used, SHOWN_BYTES - used, ", …");
    }
}

/* The names of the keys in DIR/users that this process can read; found receives the last one. */
static size_t readable_keys(char found[SYM_PATH_BYTES], char list[SHOWN_BYTES], DIR *users,
                            const char *users_path)
{
    size_t n = 0;
    struct dirent *entry;
    struct stat st;
    while ((entry = readdir(users)) != NULL) {
        size_t stem = 0;
        if (!ends_in_key(entry->d_name, &stem) ||
            sym_alias_check(sym_span(entry->d_name, stem)) != SYM_OK ||
            fstatat(dirfd(users), entry->d_name, &st, 0) != 0 || !S_ISREG(st.st_mode) ||
            faccessat(dirfd(users), entry->d_name, R_OK, AT_EACCESS) != 0) {
            continue;
        }
        struct sym_fault ignored;
        if (sym_nodedir_path(found, users_path, entry->d_name, &ignored) == SYM_OK) {
            list_name(list, entry->d_name, stem);
            n++;
        }
    }
    return n;
}

static enum sym_err only_key(char out[SYM_PATH_BYTES], const char *dir, struct sym_fault *fault)
{
    char users_path[SYM_PATH_BYTES];
    char shown[SYM_FAULT_BYTES];
    enum sym_err err = sym_nodedir_path(users_path, dir, "users", fault);
    if (err != SYM_OK) {
        return err;
    }
    DIR *users = opendir(users_path);
    if (users == NULL) {
        return sym_file_fault(fault, users_path);
    }
    char list[SHOWN_BYTES] = "";
    size_t n = readable_keys(out, list, users, users_path);
    (void)closedir(users);
    if (n == 0) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "%s: holds no user key that you may read; name yours with --as FILE or "
                        "SYMBOLON_USER",
                        sym_file_show(shown, users_path));
    }
    if (n > 1) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%s: who is asking? You may read the keys of %s; choose with --as NAME or "
                        "SYMBOLON_USER",
                        sym_file_show(shown, users_path), list);
    }
    return SYM_OK;
}

static enum sym_err key_path(char out[SYM_PATH_BYTES], const char *dir, const char *as,
                             struct sym_fault *fault)
{
    size_t stem = 0;
    if (as == NULL || *as == '\0') {
        return only_key(out, dir, fault);
    }
    if (strchr(as, '/') == NULL && !ends_in_key(as, &stem)) {
        return sym_nodedir_userkey_path(out, dir, as, fault);
    }
    if (strlen(as) >= SYM_PATH_BYTES) {
        char shown[SYM_FAULT_BYTES];
        return sym_fail(fault, SYM_TOO_LONG, "%.200s…: the path is too long",
                        sym_file_show(shown, as));
    }
    memcpy(out, as, strlen(as) + 1);
    return SYM_OK;
}

static enum sym_err no_such_key(struct sym_fault *fault, const char *dir, const char *path)
{
    char users_path[SYM_PATH_BYTES];
    char found[SYM_PATH_BYTES];
    char shown[SYM_FAULT_BYTES];
    char list[SHOWN_BYTES] = "";
    enum sym_err err = sym_nodedir_path(users_path, dir, "users", fault);
    if (err != SYM_OK) {
        return err;
    }
    DIR *users = opendir(users_path);
    if (users != NULL) {
        (void)readable_keys(found, list, users, users_path);
        (void)closedir(users);
    }
    (void)sym_file_show(shown, path);
    return *list != '\0'
               ? sym_fail(fault, SYM_NOT_FOUND,
                          "%.300s: there is no such user key; those here that you may read are of "
                          "%s, others are named by their file: --as FILE",
                          shown, list)
               : sym_fail(fault, SYM_NOT_FOUND,
                          "%.300s: there is no such user key; name yours with --as FILE", shown);
}

enum sym_err sym_nodedir_user(struct sym_sign_key *key, char name[SYM_USERKEY_NAME_BYTES],
                              const char *dir, const char *as, struct sym_fault *fault)
{
    char path[SYM_PATH_BYTES];
    SYM_SECRET_AUTO text = {0};
    enum sym_err err = key_path(path, dir, as, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_file_read_private(&text, path, SYM_USERKEY_BYTES_MAX, fault);
    if (err == SYM_NOT_FOUND) {
        return no_such_key(fault, dir, path);
    }
    if (err != SYM_OK) {
        return err;
    }
    err = sym_userkey_read(key, name, sym_secret_span(&text));
    if (err != SYM_OK) {
        char shown[SYM_FAULT_BYTES];
        return sym_fail(fault, err, "%s: as a user key it %s", sym_file_show(shown, path),
                        sym_err_text(err));
    }
    return SYM_OK;
}

/* Whether somebody holds DIR/lock, as a node does from its first moment on. The kernel is asked:
 * taking the lock, however briefly, could keep a node from starting. */
static bool is_locked(const char *dir)
{
    char path[SYM_PATH_BYTES];
    char inode[32];
    char line[256];
    struct stat info;
    bool found = false;
    if (sym_nodedir_path(path, dir, "lock", NULL) != SYM_OK || lstat(path, &info) != 0) {
        return false;
    }
    FILE *locks = fopen("/proc/locks", "re");
    (void)snprintf(inode, sizeof inode, ":%llu ", (unsigned long long)info.st_ino);
    while (locks != NULL && !found && fgets(line, sizeof line, locks) != NULL) {
        found = strstr(line, " FLOCK ") != NULL && strstr(line, inode) != NULL;
    }
    if (locks != NULL) {
        (void)fclose(locks);
    }
    return found;
}

enum sym_err sym_nodedir_not_running(struct sym_fault *fault, const char *dir)
{
    char shown[SYM_FAULT_BYTES];
    (void)sym_file_show(shown, dir);
    if (is_locked(dir)) {
        return sym_fail(fault, SYM_CLOSED,
                        "the node in %s does not answer: it is starting, or hangs; try again, and "
                        "look at its log",
                        shown);
    }
    return sym_fail(fault, SYM_CLOSED,
                    "the node in %s is not running; start it with: \"symbolond --dir %s\"", shown,
                    shown);
}

/* The run directory lies outside DIR, where others may make directories: what is asked there is
 * only told to a socket in a directory of the node's owner. */
static enum sym_err check_owner(const char *run, const char *dir, struct sym_fault *fault)
{
    struct stat of_run;
    struct stat of_dir;
    if (stat(run, &of_run) != 0) {
        return errno == ENOENT ? sym_nodedir_not_running(fault, dir) : sym_file_fault(fault, run);
    }
    if (stat(dir, &of_dir) != 0) {
        return sym_file_fault(fault, dir);
    }
    char shown_run[SYM_FAULT_BYTES];
    char shown[SYM_FAULT_BYTES];
    (void)sym_file_show(shown, dir);
    if (!S_ISDIR(of_run.st_mode) || of_run.st_uid != of_dir.st_uid || (of_run.st_mode & 077) != 0) {
        return sym_fail(fault, SYM_BAD_PERMISSIONS,
                        "%s: is not a directory that only the owner of %s can use; stop the node, "
                        "remove %s/run and start it again",
                        sym_file_show(shown_run, run), shown, shown);
    }
    return SYM_OK;
}

enum sym_err sym_nodedir_control_url(char out[SYM_BUS_URL_BYTES], const char *dir,
                                     struct sym_fault *fault)
{
    char link[SYM_PATH_BYTES];
    char run[SYM_PATH_BYTES];
    char shown[SYM_FAULT_BYTES];
    enum sym_err err = sym_nodedir_path(link, dir, "run", fault);
    if (err != SYM_OK) {
        return err;
    }
    ssize_t len = readlink(link, run, sizeof run - 1);
    if (len < 0) {
        return errno == ENOENT ? sym_nodedir_not_running(fault, dir) : sym_file_fault(fault, link);
    }
    run[len] = '\0';
    err = check_owner(run, dir, fault);
    if (err != SYM_OK) {
        return err;
    }
    char url[SYM_PATH_BYTES + sizeof "ipc:///control"];
    int url_len = snprintf(url, sizeof url, "ipc://%s/control", run);
    if (run[0] != '/' || url_len < 0 || (size_t)url_len >= SYM_BUS_URL_BYTES) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%s: does not point to a short absolute path; remove it and start the node "
                        "again",
                        sym_file_show(shown, link));
    }
    memcpy(out, url, (size_t)url_len + 1);
    return SYM_OK;
}
