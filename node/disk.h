/* disk.h - the small files of a node's directory, read whole and written durably. Supervisor and
 * core both use it.
 *
 * A struct sym_disk is an open directory; names are relative to it, so that its path may be of any
 * length. A file is created, never overwritten: what replaces a file is written beside it and
 * renamed. Durable means: the file's bytes are on the disk when sym_disk_write answers, its name
 * when sym_disk_sync has answered. Faults begin with the path.
 * Errors: SYM_NOT_FOUND, SYM_EXISTS, SYM_BAD_PERMISSIONS, SYM_TOO_LONG, SYM_NO_SPACE,
 * SYM_NO_MEMORY, SYM_IO.
 */
#ifndef SYM_NODE_DISK_H
#define SYM_NODE_DISK_H

#include "crypto/secret.h"

#include <sys/types.h>

/* A path as faults show it, terminator included: a long one shows its end. */
#define SYM_SHOWN_BYTES 100u

struct sym_disk {
    int fd; /* of the directory; -1 when closed */
    char shown[SYM_SHOWN_BYTES];
};

/* Opens an existing directory. */
SYM_MUST enum sym_err sym_disk_open(struct sym_disk *d, const char *path, struct sym_fault *fault);
/* A closed one is fine. */
void sym_disk_close(struct sym_disk *d);

/* The path without control characters, cut where it is too long: for faults. */
void sym_disk_show(char out[SYM_SHOWN_BYTES], const char *path);

/* A fault for the operating system's error code on this file (NULL: the directory). */
SYM_MUST enum sym_err sym_disk_fail(struct sym_fault *fault, const struct sym_disk *d,
                                    const char *name, int code);

/* All of a file. */
SYM_MUST enum sym_err sym_disk_read(struct sym_secret *out, const struct sym_disk *d,
                                    const char *name, size_t max, struct sym_fault *fault);
/* Creates the file. On failure it is gone, except that SYM_EXISTS leaves what was there. */
SYM_MUST enum sym_err sym_disk_write(const struct sym_disk *d, const char *name, mode_t mode,
                                     struct sym_span bytes, struct sym_fault *fault);
SYM_MUST enum sym_err sym_disk_rename(const struct sym_disk *d, const char *from, const char *to,
                                      struct sym_fault *fault);
/* A file that does not exist is fine. */
SYM_MUST enum sym_err sym_disk_remove(const struct sym_disk *d, const char *name,
                                      struct sym_fault *fault);
SYM_MUST enum sym_err sym_disk_sync(const struct sym_disk *d, struct sym_fault *fault);
bool sym_disk_has(const struct sym_disk *d, const char *name);

#endif
