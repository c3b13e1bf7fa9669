/* datasets.h - the datasets of this node: what they are called, how they come in, how they go, and
 * their content in columns.
 *
 * Content is kept in sealed, erasable segments of some thousand records (node/store/vault.h). An
 * import fills segments that nobody sees yet; its end makes them the content of the dataset in one
 * transaction. What an import replaces, what is forgotten or dropped is erased as soon as no
 * exchange reads it any more, and at the next start at the latest; so are imports that were never
 * ended. The list is in memory; every change is durable, with its entry in the evidence log, before
 * it counts. Errors: those of store.h, SYM_NOT_FOUND, SYM_EXISTS, SYM_LIMIT, SYM_BAD_VALUE,
 * SYM_WRONG_STATE (a chunk that is not due), each with a line in fault.
 */
#ifndef SYM_NODE_DATA_DATASETS_H
#define SYM_NODE_DATA_DATASETS_H

#include "node/data/dataset_segment.h"
#include "node/data/results.h"
#include "node/data/standing.h"
#include "node/evidence/log.h"
#include "node/party/users.h"
#include "node/store/vault.h"
#include "proto/dataset.h"

struct sym_datasets;

struct sym_datasets_config {
    struct sym_store *store;
    struct sym_vault *vault;
    struct sym_results *results;     /* of which forgetting and dropping take out; NULL: none */
    struct sym_standings *standings; /* likewise; NULL: none */
    struct sym_log *log;
    uint64_t (*now_ms)(void); /* NULL: sym_now_ms */
};

/* Loads the table, and erases what an end in the middle has left. Everything in config is borrowed,
 * and outlives it. Errors: those of store.h. */
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

/* What content and snapshot are at this moment: other after every import, publication and
 * forgetting.
 */
void sym_datasets_basis(const struct sym_datasets *d, size_t at, uint8_t out[SYM_DIGEST_BYTES]);
/* Tokens of one type, of all types for SYM_TOKEN_NONE. */
uint64_t sym_datasets_tokens(const struct sym_datasets *d, size_t at, enum sym_token_type type);

/* Identifiers, canonical by rules that are no longer those of this node: they would silently meet
 * less than they should. */
bool sym_datasets_is_outdated(const struct sym_datasets *d, size_t at);

/* Gives up imports that were silent for too long, and erases what could not be erased when it was
 * due. To be called every minute or so. */
void sym_datasets_tidy(struct sym_datasets *d);

/* Imports: SYM_IMPORTS_MAX at once, one at a time for one dataset (SYM_EXISTS). A begin that is
 * repeated with its id goes on where it was. An import that hears nothing for SYM_IMPORT_IDLE_MS is
 * given up; after SYM_IMPORT_TAKEOVER_MS the same user may begin another in its place. */
SYM_MUST enum sym_err sym_datasets_import_begin(struct sym_datasets *d, uint64_t *next,
                                                const struct sym_import_begin *begin,
                                                const struct sym_author *author,
                                                struct sym_fault *fault);
/* What the import adds to: prints of the ids of its records, those of whole segments from number
 * begin->prints_from on (from 1), as many as there is room for, SYM_IMPORT_PRINTS_MAX; *next: the
 * number to go on with, 0 at the end. SYM_NO_MEMORY, those of vault.h. */
SYM_MUST enum sym_err sym_datasets_prints(struct sym_datasets *d, struct sym_writer *out,
                                          uint32_t *next, const struct sym_import_begin *begin,
                                          struct sym_fault *fault);
SYM_MUST enum sym_err sym_datasets_import_chunk(struct sym_datasets *d, uint64_t *next,
                                                const struct sym_import_chunk *chunk,
                                                const struct sym_author *author,
                                                struct sym_fault *fault);
/* *row: the dataset that was made, replaced or added to; for an import that is given up no more
 * than name and kind, unless the dataset was there before. An end that is repeated answers the
 * same. After SYM_NO_SPACE the import is where it was: it may be ended again, or given up. */
SYM_MUST enum sym_err sym_datasets_import_end(struct sym_datasets *d, struct sym_dataset_row *row,
                                              const struct sym_import_end *end,
                                              const struct sym_author *author,
                                              struct sym_fault *fault);

/* What is published next has an epoch above this one. A name that there is none of is fine. */
void sym_datasets_go_beyond(struct sym_datasets *d, struct sym_span name, uint64_t epoch);
SYM_MUST enum sym_err sym_datasets_publish(struct sym_datasets *d, size_t *at, struct sym_span name,
                                           const struct sym_author *author,
                                           struct sym_fault *fault);
/* All records of this id. Time grows with the dataset, some 100 ms for a million tokens. */
SYM_MUST enum sym_err sym_datasets_forget(struct sym_datasets *d, struct sym_dataset_forgotten *out,
                                          const struct sym_dataset_forget *asked,
                                          const struct sym_author *author, struct sym_fault *fault);
SYM_MUST enum sym_err sym_datasets_drop(struct sym_datasets *d, struct sym_span name,
                                        const struct sym_author *author, struct sym_fault *fault);

/* The content of a dataset at one moment, which stays readable until it is released, whatever
 * happens to the dataset; except that a dropped dataset and a forgotten record are gone at once:
 * sym_content_segment then fails with SYM_CANCELLED. All are released before the datasets are
 * closed. */
struct sym_content;

/* SYM_NOT_FOUND: there is no such dataset. SYM_UNSUPPORTED: it is outdated. */
SYM_MUST enum sym_err sym_content_hold(struct sym_content **out, struct sym_datasets *d,
                                       struct sym_span name, struct sym_fault *fault);
void sym_content_release(struct sym_content *c);
/* Why a list of identifiers is not tabulated, and what to do instead; of the name's length and the
 * name. */
#define SYM_DATASET_NOT_TABULATED                                                                  \
    "dataset %.*s: holds identifiers, not incidents; compare it with \"symbolon overlap\", or "    \
    "import incidents into another dataset (\"symbolon import --profile htcds\", for one)"
/* The same for the published snapshot of a dataset of incidents or aggregates; *row: what is known
 * of it, valid until the next call that changes anything. SYM_WRONG_STATE: never published;
 * SYM_UNSUPPORTED: it has identifiers. */
SYM_MUST enum sym_err sym_snapshot_hold(struct sym_content **out, struct sym_dataset_row *row,
                                        struct sym_datasets *d, struct sym_span name,
                                        struct sym_fault *fault);
/* Since it was held, was its dataset dropped, or a record of it forgotten? */
bool sym_content_is_cancelled(const struct sym_content *c);
size_t sym_content_segments(const struct sym_content *c);
/* Tokens of one type, of all types for SYM_TOKEN_NONE. */
uint64_t sym_content_tokens(const struct sym_content *c, enum sym_token_type type);

/* Reads segment number at (sym_segment_clear frees it), from 0. out is empty, or a segment whose
 * memory is used again: new key memory costs as much as what is read into it. Not within a
 * transaction. */
SYM_MUST enum sym_err sym_content_segment(const struct sym_content *c, size_t at,
                                          struct sym_segment *out);

#endif
