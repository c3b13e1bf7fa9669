/* file.h - small files, read and written whole.
 *
 * Reading is bounded and takes regular files and pipes, a silent one for ten seconds (SYM_IO);
 * contents go to self-wiping memory, because some of them are keys. Writing makes the bytes durable
 * before it answers.
 * Errors: SYM_NOT_FOUND, SYM_EXISTS, SYM_DENIED never (a file that may not be read is
 * SYM_BAD_PERMISSIONS), SYM_TOO_LONG, SYM_NO_SPACE, SYM_NO_MEMORY, SYM_IO. The fault is a complete
 * sentence that starts with the path.
 */
#ifndef SYM_CLI_FILE_H
#define SYM_CLI_FILE_H

#include "crypto/secret.h"

#include <stdio.h>

/* All of the file, at most max bytes; out must be empty and stays empty for an empty file. */
SYM_MUST enum sym_err sym_file_read(struct sym_secret *out, const char *path, size_t max,
                                    struct sym_fault *fault);
/* As above, but refuses a file that group or others may read or write. */
SYM_MUST enum sym_err sym_file_read_private(struct sym_secret *out, const char *path, size_t max,
                                            struct sym_fault *fault);
/* Creates the file with mode 0600; SYM_EXISTS when there is one. */
SYM_MUST enum sym_err sym_file_create_private(const char *path, struct sym_span bytes,
                                              struct sym_fault *fault);
/* What has come to this path stays there after a power cut. */
SYM_MUST enum sym_err sym_file_keep_name(const char *path, struct sym_fault *fault);

/* A file that comes into being whole or not at all: written beside its place under another name,
 * mode 0600, made durable and moved there. */
struct sym_new_file {
    FILE *stream;
    const char *path; /* borrowed */
    char *temporary;
};

/* SYM_BAD_VALUE when something is at path that is no ordinary file, SYM_BAD_PERMISSIONS when its
 * directory may not be written. f is zero-initialised. */
SYM_MUST enum sym_err sym_new_file_open(struct sym_new_file *f, const char *path,
                                        struct sym_fault *fault);
/* Ends it: in its place when err is SYM_OK, removed otherwise. Returns err, or what went wrong now:
 * SYM_EXISTS when there is a file of that name and replace is not set, SYM_IN_USE when another is
 * mounted there. The file may be in its place
 * with SYM_IO, when it cannot be said that its name is durable. */
SYM_MUST enum sym_err sym_new_file_close(struct sym_new_file *f, enum sym_err err, bool replace,
                                         struct sym_fault *fault);

/* Reads a preshared key: base64 of 32 bytes on one line, in a private file. out must be empty. */
SYM_MUST enum sym_err sym_file_read_psk(struct sym_secret *out, const char *path,
                                        struct sym_fault *fault);
/* A path as faults show it, harmless at a terminal (cli/format.h); returns out. */
const char *sym_file_show(char out[SYM_FAULT_BYTES], const char *path);
/* The last error of the operating system (errno) on this path, as a fault; of what is not there
 * it says where to look. */
SYM_MUST enum sym_err sym_file_fault(struct sym_fault *fault, const char *path);
/* As above, where something new was to be: if its directory is missing, how to make that. */
SYM_MUST enum sym_err sym_file_new_fault(struct sym_fault *fault, const char *path);

#endif
