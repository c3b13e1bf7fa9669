/* node_files.h - commands that write files into the directory of the fake node, and those files. */
#ifndef SYM_TESTS_CLI_NODE_FILES_H
#define SYM_TESTS_CLI_NODE_FILES_H

#include "tests/cli/fake_auditing.h"

#include <dirent.h>

static struct run r;
static char words[2048];

static inline void start(struct fake_node *node)
{
    fake_node_start(node, fake_log_serve);
}

static inline void read_file(char *out, size_t size, const struct fake_node *node, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", node->dir, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        print_error("%s is missing\n", path);
    }
    assert_non_null(file);
    run_read(out, size, file);
}

/* Nothing in the node's directory has a name that begins so. */
static inline void assert_nothing(const struct fake_node *node, const char *begin)
{
    DIR *dir = opendir(node->dir);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        assert_true(strncmp(e->d_name, begin, strlen(begin)) != 0);
    }
    (void)closedir(dir);
}

/* Words with @ for the node's directory. */
static inline void run_in(const struct fake_node *node, const char *with_marks)
{
    size_t used = 0;
    for (const char *c = with_marks; *c != '\0'; c++) {
        used += (size_t)snprintf(words + used, sizeof words - used, "%.*s",
                                 *c == '@' ? (int)sizeof node->dir : 1, *c == '@' ? node->dir : c);
        assert_true(used < sizeof words);
    }
    run(&r, words);
}

#endif
