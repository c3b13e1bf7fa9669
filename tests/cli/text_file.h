/* text_file.h - a file with given contents, without a name on the disk: for tests that read files.
 * What must not fail fails the running test. */
#ifndef SYM_TESTS_CLI_TEXT_FILE_H
#define SYM_TESTS_CLI_TEXT_FILE_H

#include "crypto/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

struct text_file {
    int fd;
    char path[32];
};

static inline void text_file_new(struct text_file *f, struct sym_span text)
{
    f->fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(f->fd >= 0);
    for (size_t done = 0; done < text.len;) {
        ssize_t n = write(f->fd, text.data + done, text.len - done);
        assert_true(n > 0);
        done += (size_t)n;
    }
    (void)snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->fd);
}

static inline void text_file_free(struct text_file *f)
{
    (void)close(f->fd);
}

#endif
