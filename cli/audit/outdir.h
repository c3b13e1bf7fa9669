/* outdir.h - a directory of files that comes into being whole or not at all: written beside its
 * place under another name, made durable and moved there.
 *
 * Files and directories are private (0600, 0700): bodies of entries hold cases, notes and users,
 * and whom they are for is for their owner to say. Errors: those of file.h; SYM_EXISTS when
 * something that is not an empty directory is there. The fault is a complete sentence.
 */
#ifndef SYM_CLI_AUDIT_OUTDIR_H
#define SYM_CLI_AUDIT_OUTDIR_H

#include "crypto/bytes.h"

#include <stdio.h>

struct sym_outdir {
    const char *path; /* borrowed */
    char *temporary;  /* NULL: none */
    int fd;
};

/* o is zero-initialised. */
SYM_MUST enum sym_err sym_outdir_open(struct sym_outdir *o, const char *path,
                                      struct sym_fault *fault);
/* A new file at name, "a/b/c"; missing directories are made. The caller closes it with
 * sym_outdir_end. */
SYM_MUST enum sym_err sym_outdir_file(FILE **out, const struct sym_outdir *o, const char *name,
                                      struct sym_fault *fault);
SYM_MUST enum sym_err sym_outdir_end(FILE *file, const struct sym_outdir *o,
                                     struct sym_fault *fault);
/* A whole file. */
SYM_MUST enum sym_err sym_outdir_write(const struct sym_outdir *o, const char *name,
                                       struct sym_span bytes, struct sym_fault *fault);
/* Ends it: in its place when err is SYM_OK, removed otherwise. Returns err, or what went wrong. */
SYM_MUST enum sym_err sym_outdir_close(struct sym_outdir *o, enum sym_err err,
                                       struct sym_fault *fault);

#endif
