/* dataset.h - the messages about datasets and imports (dataset.proto).
 *
 * An import is begun under a random id, handed over in chunks that are numbered from 0, and ended:
 * kept as a whole, or given up. Every request may be repeated: a chunk that is there already is
 * acknowledged again, so that an import survives a control connection that was lost.
 */
#ifndef SYM_PROTO_DATASET_H
#define SYM_PROTO_DATASET_H

#include "proto/limits.h"
#include "proto/message.h"
#include "proto/token.h"

#define SYM_DATASET_KIND_LIST(X)                                                                   \
    X(IDENTIFIERS, "identifiers") X(INCIDENTS, "incidents") X(AGGREGATES, "aggregates")

enum sym_dataset_kind {
    SYM_DATASET_NONE,
#define SYM_DATASET_KIND_ENUM(name, text) SYM_DATASET_##name,
    SYM_DATASET_KIND_LIST(SYM_DATASET_KIND_ENUM)
#undef SYM_DATASET_KIND_ENUM
        SYM_DATASET_KIND_COUNT
};

/* "identifiers"; "unknown" for a number that is no kind. */
const char *sym_dataset_kind_text(uint32_t kind);

/* What tells whether a dataset holds a record of this id, in place of the id. */
#define SYM_ID_PRINT_BYTES 16u
void sym_id_print(uint8_t out[SYM_ID_PRINT_BYTES], struct sym_span id);

struct sym_cube;

struct sym_import_begin {
    struct sym_span id; /* SYM_IMPORT_ID_BYTES */
    struct sym_span dataset;
    struct sym_span profile;
    bool append;
    uint32_t kind;
    uint32_t cells_per_incident;
    uint32_t persons_max;
    uint32_t prints_from;   /* a segment, from 1; 0: none are wanted */
    bool goes_on;           /* SYM_NOT_FOUND when it is not known, instead of a new one */
    uint32_t canon_version; /* of the rules that made its identifiers canonical; 0: the first */
};

struct sym_import_next {
    uint64_t chunk;
    struct sym_span prints; /* SYM_ID_PRINT_BYTES each */
    uint32_t prints_next;   /* segment; 0: there are no more */
};

struct sym_import_chunk {
    struct sym_span id;
    uint64_t number;
    struct sym_span id_lengths;
    struct sym_span ids;
    struct sym_span token_counts;
    struct sym_span types;
    struct sym_span digests;
    struct sym_span row_lengths;
    struct sym_span rows;
};

struct sym_import_end {
    struct sym_span id;
    bool keep;
    uint64_t chunks;
};

struct sym_dataset_name {
    struct sym_span name;
};

struct sym_dataset_forget {
    struct sym_span name;
    struct sym_span record;
};

struct sym_dataset_forgotten {
    uint64_t records;
    uint64_t tokens;
    uint64_t results;
    uint64_t published_records; /* of the published snapshot, which may be those as well */
};

struct sym_type_count {
    uint32_t type;
    uint64_t tokens;
};

struct sym_dataset_row {
    struct sym_span name;
    uint32_t kind;
    struct sym_span profile;
    uint64_t records;
    uint64_t tokens;
    const struct sym_type_count *types;
    size_t n_types;
    uint64_t epoch;
    uint64_t imported_ms;
    uint64_t published_ms;
    struct sym_span imported_by;
    uint64_t bytes;
    uint32_t cells_per_incident;
    uint32_t persons_max;
    uint64_t published_records;
    uint32_t canon_version; /* of its imports the oldest */
};

/* In how many of its records one incident is at most: 1, or as aggregates declare. */
uint32_t sym_dataset_records_per_incident(const struct sym_dataset_row *row);
/* Does the question promise at least what its aggregates declare? The noise is that of what it
 * promises. SYM_DENIED, with what to ask with. */
SYM_MUST enum sym_err sym_dataset_check_bounds(const struct sym_dataset_row *row,
                                               const struct sym_cube *cube,
                                               struct sym_fault *fault);

struct sym_dataset_list {
    const struct sym_dataset_row *datasets;
    size_t n_datasets;
};

/* A standing list of a peer's, as this node has received it. */
struct sym_standing_copy {
    struct sym_span alias;   /* empty: of nobody who is pinned */
    struct sym_span dataset; /* there */
    uint32_t type;           /* of identifiers, or 0 for any */
    uint32_t size;           /* with padding */
    uint64_t bytes;
    uint64_t received_ms;
};

struct sym_standing_copies {
    const struct sym_standing_copy *copies;
    size_t n_copies;
};

/* All copies from this peer of this dataset. */
struct sym_standing_copy_name {
    struct sym_span alias;
    struct sym_span dataset;
};

extern const struct sym_message sym_msg_import_begin;
extern const struct sym_message sym_msg_import_next;
extern const struct sym_message sym_msg_import_chunk;
extern const struct sym_message sym_msg_import_end;
extern const struct sym_message sym_msg_dataset_name;
extern const struct sym_message sym_msg_dataset_forget;
extern const struct sym_message sym_msg_dataset_forgotten;
extern const struct sym_message sym_msg_dataset;
extern const struct sym_message sym_msg_dataset_list;
extern const struct sym_message sym_msg_standing_copy;
extern const struct sym_message sym_msg_standing_copies;
extern const struct sym_message sym_msg_standing_name;

/* Do the columns of a chunk fit each other: at least one record, ids of 1 to
 * SYM_RECORD_ID_BYTES_MAX bytes; at least one token for each record and at most
 * SYM_TOKENS_PER_RECORD_MAX, of known types; or a row for each that incident.h can read?
 * SYM_BAD_VALUE otherwise. */
SYM_MUST enum sym_err sym_import_chunk_check(const struct sym_import_chunk *chunk);

#endif
