/* import.h - a CSV file and a profile in, records with their tokens out, or of incidents, batch by
 * batch.
 *
 * One thread reads the file and calls back; others canonicalise. Batches arrive in the order of the
 * file, rejected rows in theirs. Memory holds some batches, and 24 to 48 bytes for each row and
 * token to notice repetitions; nothing else grows with the file.
 *
 * A value that is refused is left out. A row is rejected when no identifier remains, its own id is
 * missing, or it has not as many columns as the first row. A row that repeats an earlier one, with
 * the same id and the same tokens, is dropped. Of incidents (and counts of them) an id is that of
 * one record: a row whose id was that of another, in the file or in what it is added to, is
 * rejected. Errors: those of csv.h and profile.h, SYM_LIMIT (too many rows), SYM_CANCELLED,
 * SYM_NO_SPACE, and what the sink returns. The fault is a complete sentence.
 */
#ifndef SYM_CLI_INGEST_IMPORT_H
#define SYM_CLI_INGEST_IMPORT_H

#include "cli/ingest/profile.h"
#include "cli/ingest/repeats.h"
#include "cli/ingest/spare.h"
#include "cli/ingest/unknowns.h"
#include "proto/incident.h"

/* In columns, so that they can be stored as they are. Borrowed during the call. */
struct sym_import_batch {
    size_t n_records;        /* 1 to SYM_IMPORT_BATCH_RECORDS */
    const uint8_t *ids;      /* one after the other */
    const uint32_t *id_ends; /* of each in ids */
    size_t n_tokens;         /* at least one for each record; of incidents none */
    const uint32_t *records; /* of each token: which record, ascending */
    const uint8_t *types;    /* of each token: enum sym_token_type */
    const uint8_t (*digests)[SYM_DIGEST_BYTES];
    const uint8_t *rows; /* of incidents: their records (proto/incident.h), one after the other */
    const uint32_t *row_ends; /* of each in rows */
};

struct sym_import_counts {
    uint64_t rows;             /* after the first, which names the columns */
    uint64_t records;          /* rows kept */
    uint64_t rejected;         /* rows without any identifier left, or with an id that is taken */
    uint64_t taken;            /* of them: the latter */
    uint64_t duplicate_rows;   /* dropped */
    uint64_t tokens;           /* of the rows kept */
    uint64_t duplicate_tokens; /* of them: an earlier row had them, too */
    uint64_t refused;          /* values left out */
    uint64_t doubtful;         /* values kept with a remark */
    uint64_t tokens_by_type[SYM_TOKEN_TYPE_COUNT];
    uint64_t records_by_type[SYM_TOKEN_TYPE_COUNT]; /* that have one or several */
    uint64_t refused_by_type[SYM_TOKEN_TYPE_COUNT];
    /* Of incidents and aggregates. */
    uint64_t unknown; /* values that became "unknown", as nothing is known of them */
    uint64_t unknown_by_target[SYM_TARGET_NUMBER];
    uint64_t known_by_field[SYM_FIELD_OF_POINT + 1]; /* records that say something there */
};

/* One reason why a value was left out or doubted, or a row rejected. */
struct sym_import_remark {
    uint64_t line;
    const char *column; /* NULL: the row as a whole; made harmless for a terminal */
    const char *reason; /* "iban: …" */
    bool refused;       /* false: kept, but doubtful */
    bool row_kept;
};

/* The column to name before the reason; NULL when there is none, or when the reason begins with
 * that word: reasons start with the type. */
const char *sym_import_prefix(const struct sym_import_remark *remark);

/* Any of them may be NULL. All are called on the thread of sym_import. */
struct sym_import_calls {
    void *context;
    /* The sink; what it returns ends the import, unless SYM_OK. */
    enum sym_err (*batch)(void *context, const struct sym_import_batch *batch,
                          struct sym_fault *fault);
    void (*remark)(void *context, const struct sym_import_remark *remark);
    /* Bytes of the file, total 0 when unknown; false cancels. */
    bool (*progress)(void *context, uint64_t done, uint64_t total,
                     const struct sym_import_counts *counts);
};

struct sym_import_source {
    const char *path; /* of the CSV file, "-" for standard input */
    const struct sym_profile *profile;
    const struct sym_repeats *held; /* prints of ids (proto/dataset.h) of what incidents are added
                                     * to, which must not come again; NULL: they are not added */
    struct sym_unknowns *unknowns;  /* of incidents: added to; NULL: they are only counted */
    struct sym_spare *spare; /* becomes the columns that nothing is used of; NULL: nobody asks */
    const char *rejects;     /* path for rows with refused values; must not exist; NULL: none */
    unsigned threads;        /* that canonicalise; 0: one for each processor */
};

/* Counts are written also after a failure: how far it got. */
SYM_MUST enum sym_err sym_import(struct sym_import_counts *counts,
                                 const struct sym_import_source *source,
                                 const struct sym_import_calls *calls, struct sym_fault *fault);

#endif
