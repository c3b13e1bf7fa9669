/* scratch.h - directories and files for tests, below $TMPDIR. Whatever fails ends the test program:
 * a test that cannot set up its stage has nothing to say.
 */
#ifndef SYM_TESTS_SUPPORT_SCRATCH_H
#define SYM_TESTS_SUPPORT_SCRATCH_H

#include "crypto/bytes.h"

#include <limits.h>
#include <sys/types.h>

struct scratch {
    char path[PATH_MAX / 4]; /* a new directory, mode 0700 */
};

void scratch_new(struct scratch *s);
/* With all that is in it. */
void scratch_remove(const struct scratch *s);

/* A directory with all that is in it; none is fine. */
void scratch_remove_tree(const char *path);

/* path/name */
void scratch_join(char out[PATH_MAX], const char *path, const char *name);
void scratch_write(const char *path, const char *name, mode_t mode, struct sym_span bytes);
/* What the file holds, at most max bytes; -1 when there is none. */
ssize_t scratch_read(const char *path, const char *name, void *out, size_t max);
bool scratch_has(const char *path, const char *name);
/* Entries of a directory, without . and ..; -1 when it is none. */
int scratch_count(const char *path);

#endif
