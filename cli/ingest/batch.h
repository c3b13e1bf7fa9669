/* batch.h - up to SYM_IMPORT_BATCH_RECORDS rows on their way through an import.
 *
 * A batch is filled with rows, worked on by one thread, looked at, and used again: its memory grows
 * to what the largest rows need and stays. Rows, fields, tokens and remarks are counted from 0.
 * Errors: SYM_NO_MEMORY.
 */
#ifndef SYM_CLI_INGEST_BATCH_H
#define SYM_CLI_INGEST_BATCH_H

#include "cli/ingest/csv.h"
#include "cli/ingest/profile.h"
#include "proto/dataset.h"

#define SYM_FINGERPRINT_BYTES 16u
/* The start of a value that is reported, terminated. */
#define SYM_UNKNOWN_BYTES 49u

struct sym_batch_row {
    uint64_t line;
    uint32_t first_field;
    uint32_t n_fields;
    uint32_t n_tokens;   /* after the work */
    uint32_t record_len; /* of incidents; 0: rejected */
    uint32_t fields;     /* of them: what is known, by enum sym_incident_field */
    uint32_t id_len;     /* 0: rejected; the id lies in ids */
    bool repeats;        /* an earlier row, with its id and all it says: dropped */
    bool taken;          /* its id is that of another incident: rejected */
    uint8_t fingerprint[SYM_FINGERPRINT_BYTES]; /* of id and tokens */
    uint8_t print[SYM_ID_PRINT_BYTES];          /* of the id, of incidents */
};

/* column: a place in the row, or SYM_BOUND_NONE for the row as a whole. */
struct sym_batch_remark {
    uint32_t row;
    bool refused;
    enum sym_token_type type;
    enum sym_profile_target unknown; /* a value of this field that nothing is known of: the text is
                                      * the value, its start; NONE: it is a reason */
    size_t column;
    size_t text; /* where it starts in texts; terminated */
};

struct sym_batch {
    const struct sym_binding *binding; /* borrowed */
    uint8_t *bytes;                    /* of all fields */
    size_t len, max_len;
    uint32_t *ends; /* of each field in bytes */
    size_t n_fields, max_fields;
    struct sym_batch_row *rows;
    size_t n_rows;
    uint8_t *ids; /* SYM_RECORD_ID_BYTES_MAX for each row */
    uint8_t *types;
    uint8_t (*digests)[SYM_DIGEST_BYTES];
    size_t n_tokens;              /* row by row */
    struct sym_person_keys *keys; /* of the row that is worked on; NULL: the file has none */
    uint8_t *records;             /* of incidents (proto/incident.h), row by row */
    size_t records_len, max_records;
    struct sym_batch_remark *remarks;
    size_t n_remarks, max_remarks;
    char *texts;
    size_t texts_len, max_texts;
    enum sym_err err; /* of the work */
};

SYM_MUST enum sym_err sym_batch_init(struct sym_batch *b, const struct sym_binding *binding);
void sym_batch_clear(struct sym_batch *b);
/* Empty again; the memory stays. */
void sym_batch_reset(struct sym_batch *b);

/* Copies the row. Call it only while the batch is not full. */
SYM_MUST enum sym_err sym_batch_add(struct sym_batch *b, const struct sym_csv_row *row);
bool sym_batch_is_full(const struct sym_batch *b);

/* Makes tokens and remarks of all rows; b->err says how that went. */
void sym_batch_work(struct sym_batch *b, struct sym_canon *canon);

/* Field number at of a row; empty when the row has not so many. */
struct sym_span sym_batch_field(const struct sym_batch *b, size_t row, size_t at);

/* For incident_row.c, which works on the rows of incidents. Afterwards the id of a row lies
 * in ids, or the row is rejected, for its number of columns or its id, and false returned. */
bool sym_batch_take_id(struct sym_batch *b, size_t row);
void sym_batch_reject(struct sym_batch *b, size_t row, size_t column, const char *text);
void sym_batch_unknown(struct sym_batch *b, size_t row, size_t column,
                       enum sym_profile_target target, struct sym_span value);
/* Of a batch that was worked on: the remarks of a row stand together again, in the order of rows.
 */
void sym_batch_sort_remarks(struct sym_batch *b);
/* Keeps the record of a row, and takes its fingerprint. */
void sym_batch_keep(struct sym_batch *b, size_t row, struct sym_span record);
struct sym_span sym_batch_trimmed(struct sym_span text);
/* The start of a text in whole characters, terminated; size in bytes. */
void sym_batch_start(char *out, size_t size, struct sym_span text);

#endif
