/* dataset_segment.h - records in columns: filled from the chunks of an import, read from the bytes
 * that the vault keeps, and without the records of one id. A record has tokens (identifiers) or a
 * row (incidents and aggregates, proto/incident.h), never both. Pure.
 *
 *     version (1) | records (4) | bytes of ids (4) | tokens (4) | bytes of rows (4)
 *     id lengths | ids | token counts | types | digests | row lengths (2 each) | rows
 *
 * Errors: SYM_BAD_VERSION, SYM_BAD_FORMAT (no segment of ours), SYM_NO_MEMORY.
 */
#ifndef SYM_NODE_DATA_DATASET_SEGMENT_H
#define SYM_NODE_DATA_DATASET_SEGMENT_H

#include "crypto/secret.h"
#include "proto/dataset.h"
#include "proto/incident.h"

/* The longest: head, id lengths, token counts, ids, row lengths and rows, which take more than
 * types and digests. */
#define SYM_SEGMENT_BYTES_MAX                                                                      \
    (17u + SYM_SEGMENT_RECORDS_MAX * (2u + SYM_RECORD_ID_BYTES_MAX + 2u + SYM_INCIDENT_BYTES_MAX))

/* Key in the vault: domain, content, number of the segment in it (4 bytes). */
#define SYM_SEGMENT_DOMAIN    "dataset/"
#define SYM_CONTENT_ID_BYTES  16u
#define SYM_SEGMENT_KEY_BYTES (8u + SYM_CONTENT_ID_BYTES + 4u)

struct sym_span sym_segment_key(uint8_t out[SYM_SEGMENT_KEY_BYTES],
                                const uint8_t content[SYM_CONTENT_ID_BYTES], uint32_t number);
/* The part of the keys that all segments of a content share. */
struct sym_span sym_content_prefix(uint8_t out[SYM_SEGMENT_KEY_BYTES],
                                   const uint8_t content[SYM_CONTENT_ID_BYTES]);

/* Some records in columns, in the memory of `value`; none when all were forgotten. Tokens stand in
 * the order of their records. */
struct sym_segment {
    size_t n_records;
    size_t n_tokens;
    const uint8_t *id_lengths;                  /* n_records */
    const uint8_t *ids;                         /* one after the other */
    const uint8_t *token_counts;                /* n_records */
    const uint8_t *types;                       /* n_tokens */
    const uint8_t (*digests)[SYM_DIGEST_BYTES]; /* n_tokens */
    struct sym_span row_lengths;                /* empty, or 2 bytes for each record, big-endian */
    struct sym_span rows;                       /* one after the other */
    size_t len;                                 /* of it, in value */
    struct sym_secret value;
};
void sym_segment_clear(struct sym_segment *s);
/* Bytes of the row of record i; 0 where records have none. */
size_t sym_segment_row_length(const struct sym_segment *s, size_t i);

/* Columns with room for SYM_SEGMENT_RECORDS_MAX records. */
struct sym_columns {
    uint8_t *block;
    size_t n_records;
    size_t n_tokens;
    size_t ids_len;
    uint8_t *id_lengths;
    uint8_t *ids;
    uint8_t *token_counts;
    uint8_t *types;
    uint8_t *digests;
    bool has_rows; /* row_lengths has two bytes for each record, token_counts only zeros */
    size_t rows_len;
    uint8_t *row_lengths;
    uint8_t *rows;
};

SYM_MUST enum sym_err sym_columns_new(struct sym_columns *c);
/* Wipes. */
void sym_columns_clear(struct sym_columns *c);
bool sym_columns_full(const struct sym_columns *c);

/* Moves as many records as fit from `left`, whose columns become shorter. */
void sym_columns_take(struct sym_columns *c, struct sym_import_chunk *left);

size_t sym_columns_bytes(const struct sym_columns *c);
/* out: sym_columns_bytes; the columns are empty afterwards. */
void sym_columns_write(struct sym_columns *c, uint8_t *out);

/* The segment in the first s->len bytes of s->value, which stays its own. */
SYM_MUST enum sym_err sym_segment_read(struct sym_segment *s);
bool sym_segment_has(const struct sym_segment *s, struct sym_span id);
/* The records of s that have another id, into empty columns. What is left out is counted: tokens by
 * type, all of them under SYM_TOKEN_NONE. */
void sym_columns_without(struct sym_columns *c, const struct sym_segment *s, struct sym_span id,
                         uint64_t *records, uint64_t tokens[SYM_TOKEN_TYPE_COUNT]);

#endif
