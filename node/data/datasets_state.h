/* datasets_state.h - what the files of the datasets share; nobody else sees it. datasets.c has the
 * list, dataset_row.c its rows in the store, dataset_imports.c the imports that run,
 * dataset_begin.c how they begin, dataset_import.c chunks and the end, dataset_content.c what is
 * inside.
 */
#ifndef SYM_NODE_DATA_DATASETS_STATE_H
#define SYM_NODE_DATA_DATASETS_STATE_H

#include "node/data/dataset_stage.h"
#include "node/evidence/log.h"
#include "node/party/users.h"

/* Imports that have ended and may be asked about again. */
#define SYM_IMPORTS_ENDED 16u

struct sym_dataset {
    char name[SYM_ALIAS_BYTES];
    char profile[SYM_ALIAS_BYTES];
    char imported_by[SYM_ALIAS_BYTES];
    uint32_t kind;
    uint8_t content[SYM_CONTENT_ID_BYTES];
    uint32_t segments;
    uint64_t records;
    uint64_t tokens[SYM_TOKEN_TYPE_COUNT]; /* by type; all under SYM_TOKEN_NONE */
    uint64_t bytes;
    uint64_t epoch;
    uint64_t imported_ms;
    uint64_t published_ms;
    uint32_t cells_per_incident; /* declared, of aggregates */
    uint32_t persons_max;
    bool has_snapshot; /* of incidents and aggregates: what joint tabulations count */
    uint8_t snapshot[SYM_CONTENT_ID_BYTES];
    uint32_t snapshot_segments;
    uint64_t snapshot_records;
    struct sym_type_count types[SYM_TOKEN_TYPE_COUNT]; /* of tokens, without those of none */
    size_t n_types;
    bool has_import;                     /* false: the row is from before these were kept */
    uint8_t import[SYM_IMPORT_ID_BYTES]; /* the last one that was kept */
    uint8_t canon_version;               /* of all of them, the oldest */
};

struct sym_import {
    uint8_t id[SYM_IMPORT_ID_BYTES];
    char user[SYM_ALIAS_BYTES];
    bool append;
    struct sym_dataset added; /* name, profile, content, and what the import adds */
    uint32_t first;           /* number of its first segment */
    uint32_t written;         /* of its segments, how many are in the store */
    bool failed;              /* a transaction did: something may be in old pages */
    uint64_t next;            /* the chunk that is due */
    uint64_t heard_ms;
    struct sym_stage *stage; /* what is not in the store yet */
};

struct sym_import_ended {
    uint8_t id[SYM_IMPORT_ID_BYTES];
    char dataset[SYM_ALIAS_BYTES];
    char user[SYM_ALIAS_BYTES];
    uint32_t kind;
    bool kept;
};

struct sym_content {
    struct sym_datasets *owner;
    struct sym_content *next;
    char dataset[SYM_ALIAS_BYTES];
    uint8_t id[SYM_CONTENT_ID_BYTES];
    uint32_t segments;
    uint64_t tokens[SYM_TOKEN_TYPE_COUNT];
    bool cancelled;
};

struct sym_datasets {
    struct {
        struct sym_store *store;
        struct sym_vault *vault;
        struct sym_results *results;
        struct sym_standings *standings;
        struct sym_log *log;
        uint64_t (*now_ms)(void);
    } config;
    struct sym_dataset *items[SYM_DATASETS_MAX]; /* n, by name */
    size_t n;
    struct sym_import *imports[SYM_IMPORTS_MAX]; /* NULL where there is none */
    struct sym_import_ended ended[SYM_IMPORTS_ENDED];
    size_t n_ended;            /* so far; the newest is the one before, modulo their number */
    struct sym_content *holds; /* all that are held */
    bool litter;               /* something could not be erased when it was due */
};

/* dataset_row.c */

SYM_MUST enum sym_err sym_dataset_put(struct sym_transaction *t, const struct sym_dataset *s);
/* Reads a record; name is its key. */
SYM_MUST enum sym_err sym_dataset_read(struct sym_dataset *out, struct sym_span name,
                                       struct sym_span record);
/* Fills types and n_types from tokens. */
void sym_dataset_count(struct sym_dataset *s);
void sym_dataset_row_of(const struct sym_dataset *s, struct sym_dataset_row *row);

/* datasets.c */

/* NULL when there is none. */
struct sym_dataset *sym_datasets_named(const struct sym_datasets *d, struct sym_span name);
/* Whose last import has this id; NULL. */
const struct sym_dataset *sym_datasets_imported(const struct sym_datasets *d, struct sym_span id);
/* Puts a dataset in its place: adds it, or replaces the one of its name. It has room. */
void sym_datasets_place(struct sym_datasets *d, struct sym_dataset *fresh);
/* Erases what nothing refers to any more, and what a user wants erased now: what fails is made up
 * for, and said. done: "dropped".
 */
SYM_MUST enum sym_err sym_datasets_erase(struct sym_datasets *d, const struct sym_dataset *s,
                                         const char *done, struct sym_fault *fault);
/* Sweeps after a deletion; what fails is logged, and made up for by sym_datasets_tidy. */
void sym_datasets_sweep(struct sym_datasets *d);

/* dataset_imports.c */

/* By its id; SYM_IMPORTS_MAX when there is none. */
size_t sym_import_find(const struct sym_datasets *d, struct sym_span id);
/* One that ended lately; NULL when there is none. */
const struct sym_import_ended *sym_import_find_ended(const struct sym_datasets *d,
                                                     struct sym_span id);
/* One that runs, for the user who has begun it; or why there is none. */
SYM_MUST enum sym_err sym_import_get(const struct sym_datasets *d, size_t *at, struct sym_span id,
                                     const struct sym_author *author, struct sym_fault *fault);
SYM_MUST enum sym_err sym_import_check_user(const char *owner, const char *dataset,
                                            const struct sym_author *author,
                                            struct sym_fault *fault);
uint64_t sym_import_silent_ms(const struct sym_datasets *d, const struct sym_import *m);
/* That it has ended; kept: it has become the content. */
void sym_import_remember(struct sym_datasets *d, const struct sym_import *m, bool kept);
/* Erases what it has written, and frees it. */
void sym_import_give_up(struct sym_datasets *d, size_t at);
/* NULL is fine. */
void sym_import_free(struct sym_import *m);
/* Gives up the import of this dataset, if there is one. */
void sym_imports_drop(struct sym_datasets *d, struct sym_span dataset);
void sym_imports_expire(struct sym_datasets *d);
/* Without a trace in the store. */
void sym_imports_clear(struct sym_datasets *d);

/* dataset_content.c */

/* How many segments of this content somebody holds, from its first on. */
uint32_t sym_content_held(const struct sym_datasets *d, const uint8_t id[SYM_CONTENT_ID_BYTES]);
/* Nothing that was held of this dataset can be read any more. */
void sym_contents_cancel(struct sym_datasets *d, struct sym_span dataset);

/* Adds an entry about a dataset to a change of it: count as the kind of entry has it, and words. */
SYM_MUST enum sym_err sym_dataset_say(const struct sym_datasets *d, struct sym_transaction *t,
                                      const struct sym_author *author, enum sym_entry_kind kind,
                                      const char *event, const struct sym_dataset *about,
                                      uint64_t count, const char *format, ...) SYM_PRINTF(8, 9);

#endif
