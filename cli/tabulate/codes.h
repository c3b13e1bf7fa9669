/* codes.h - the public code list of one dimension of a question: all that there is, or what --only
 * says.
 *
 * Lists depend on the options and the gazetteer alone, never on data. Countries come with at-sea,
 * several and unknown; divisions and towns are those of the countries (or divisions) that --only
 * names; words come from proto/dimension.h.
 * Errors: SYM_BAD_VALUE, SYM_LIMIT, SYM_NO_MEMORY; the fault is a complete sentence.
 */
#ifndef SYM_CLI_TABULATE_CODES_H
#define SYM_CLI_TABULATE_CODES_H

#include "cli/ingest/gazetteer.h"
#include "cli/tabulate/periods.h"

/* Zero-initialised means empty. */
struct sym_codes {
    char (*texts)[SYM_CODE_BYTES_MAX + 1];
    struct sym_span *spans; /* of the texts, once the list is made */
    size_t n;
    size_t room;
};

/* --only DIMENSION=CODE,CODE */
struct sym_only {
    enum sym_dimension dimension;
    const char *codes; /* borrowed */
    bool used;
};

#define SYM_ONLY_MAX 24u

struct sym_code_source {
    const struct sym_gazetteer *places; /* NULL where no dimension is a place */
    struct sym_only *only;
    size_t n_only;
    struct sym_periods periods;
};

/* Reads one value of --only. */
SYM_MUST enum sym_err sym_only_read(struct sym_only *out, const char *text,
                                    struct sym_fault *fault);
/* A dimension by name; the fault lists those that there are. */
SYM_MUST enum sym_err sym_dimension_read(enum sym_dimension *out, struct sym_span name,
                                         const char *option, struct sym_fault *fault);

/* Marks the filters that it used. */
SYM_MUST enum sym_err sym_codes_make(struct sym_codes *out, enum sym_dimension dimension,
                                     struct sym_code_source *source, struct sym_fault *fault);
void sym_codes_clear(struct sym_codes *c);

#endif
