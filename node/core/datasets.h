/* datasets.h - the datasets of this node: what they are called, how they come in, how they go, and
 * their content in columns.
 *
 * Content is kept in sealed, erasable segments of some thousand records (node/store/vault.h). An
 * import fills segments that nobody sees yet; its end makes them the content of the dataset in one
 * transaction. What an import replaces, what is forgotten or dropped is erased as soon as no
 * exchange reads it any more, and at the next start at the latest; so are imports that were never
 * ended. The list is in memory; every change is durable, with its line in the journal, before it
 * counts.
 * Errors: those of store.h, SYM_NOT_FOUND, SYM_EXISTS, SYM_LIMIT, SYM_BAD_VALUE, SYM_WRONG_STATE
 * (a chunk that is not due), each with a line in fault.
 */
#ifndef SYM_NODE_CORE_DATASETS_H
#define SYM_NODE_CORE_DATASETS_H

#include "node/core/journal.h"
#include "node/core/users.h"
#include "node/store/vault.h"
#include "proto/dataset.h"

struct sym_datasets;

struct sym_datasets_config {
    struct sym_store *store;
    struct sym_vault *vault;
    struct sym_journal *journal;
};

SYM_MUST enum sym_err sym_datasets_open(struct sym_datasets **out,
                                        const struct sym_datasets_config *config,
                                        struct sym_fault *fault);
void sym_datasets_close(struct sym_datasets *d);

/* Spans in *row are valid until the next call that changes anything. */
size_t sym_datasets_count(const struct sym_datasets *d);
void sym_datasets_row(const struct sym_datasets *d, size_t at, struct sym_dataset_row *row);
/* The place of this name; SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_datasets_find(const struct sym_datasets *d, size_t *at,
                                        struct sym_span name, struct sym_fault *fault);

/* Imports: any number of users, one at a time for one dataset. A begin that is repeated with its id
 * goes on where it was. An import that hears nothing for ten minutes is given up. */
SYM_MUST enum sym_err sym_datasets_import_begin(struct sym_datasets *d, uint64_t *next,
                                                const struct sym_import_begin *begin,
                                                const struct sym_user *user,
                                                struct sym_fault *fault);
SYM_MUST enum sym_err sym_datasets_import_chunk(struct sym_datasets *d, uint64_t *next,
                                                const struct sym_import_chunk *chunk,
                                                const struct sym_user *user,
                                                struct sym_fault *fault);
/* *at: the dataset that was made or replaced. An end that is repeated answers the same. */
SYM_MUST enum sym_err sym_datasets_import_end(struct sym_datasets *d, size_t *at,
                                              const struct sym_import_end *end,
                                              const struct sym_user *user, struct sym_fault *fault);

SYM_MUST enum sym_err sym_datasets_publish(struct sym_datasets *d, size_t *at, struct sym_span name,
                                           const struct sym_user *user, struct sym_fault *fault);
SYM_MUST enum sym_err sym_datasets_forget(struct sym_datasets *d, struct sym_dataset_forgotten *out,
                                          const struct sym_dataset_forget *asked,
                                          const struct sym_user *user, struct sym_fault *fault);
SYM_MUST enum sym_err sym_datasets_drop(struct sym_datasets *d, struct sym_span name,
                                        const struct sym_user *user, struct sym_fault *fault);

/* The content of a dataset at one moment, which stays readable until it is released, whatever
 * happens to the dataset; except that a dropped dataset and a forgotten record are gone at once:
 * sym_content_segment then fails with SYM_CANCELLED. */
struct sym_content;

SYM_MUST enum sym_err sym_content_hold(struct sym_content **out, struct sym_datasets *d,
                                       struct sym_span name, struct sym_fault *fault);
void sym_content_release(struct sym_content *c);
size_t sym_content_segments(const struct sym_content *c);
/* Tokens of one type, of all types for SYM_TOKEN_NONE. */
uint64_t sym_content_tokens(const struct sym_content *c, enum sym_token_type type);

/* Some records in columns, in the memory of `value`. Tokens stand in the order of their records. */
struct sym_segment {
    size_t n_records;
    size_t n_tokens;
    const uint8_t *id_lengths;                  /* n_records */
    const uint8_t *ids;                         /* one after the other */
    const uint8_t *token_counts;                /* n_records */
    const uint8_t *types;                       /* n_tokens */
    const uint8_t (*digests)[SYM_DIGEST_BYTES]; /* n_tokens */
    struct sym_secret value;
};

/* Reads segment number at, from 0; out must be empty. */
SYM_MUST enum sym_err sym_content_segment(const struct sym_content *c, size_t at,
                                          struct sym_segment *out);
void sym_segment_clear(struct sym_segment *s);

#endif
