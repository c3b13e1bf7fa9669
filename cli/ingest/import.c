#include "cli/ingest/import.h"

#include "cli/file.h"
#include "cli/format.h"
#include "cli/ingest/crew.h"
#include "cli/ingest/gazetteer.h"
#include "cli/ingest/rejects.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A batch, with a length for each id and a number for each token, is one control request. */
_Static_assert(SYM_IMPORT_BATCH_RECORDS *(SYM_RECORD_ID_BYTES_MAX + 4u +
                                          SYM_TOKENS_PER_RECORD_MAX *
                                              (SYM_DIGEST_BYTES + 1u + 4u)) <
                   SYM_CONTROL_BYTES_MAX - 65536u,
               "as limits.h says");

#define TITLE_BYTES SYM_FORMAT_TEXT_BYTES(64)

struct import {
    const struct sym_import_source *source;
    const struct sym_import_calls *calls;
    struct sym_import_counts *counts;
    struct sym_fault *fault;
    char path[SYM_FAULT_BYTES]; /* of the file, harmless */
    struct sym_csv *csv;
    struct sym_binding binding;
    struct sym_crew *crew;
    struct sym_gazetteer *gazetteer; /* of incidents */
    char (*titles)[TITLE_BYTES];     /* of the columns, harmless */
    struct sym_rejects rejects;
    struct sym_repeats rows;
    struct sym_repeats tokens;
    struct sym_repeats prints; /* of ids, of incidents */
    /* What the sink gets: records, and tokens that belong to them. */
    uint8_t ids[SYM_IMPORT_BATCH_RECORDS * SYM_RECORD_ID_BYTES_MAX];
    uint32_t id_ends[SYM_IMPORT_BATCH_RECORDS];
    uint32_t records[SYM_IMPORT_BATCH_RECORDS * SYM_TOKENS_PER_RECORD_MAX];
    uint32_t row_ends[SYM_IMPORT_BATCH_RECORDS];
};

/* The start ---------------------------------------------------------------------------------- */

static enum sym_err keep_titles(struct import *im, const struct sym_csv_row *row)
{
    im->titles = calloc(row->n, sizeof *im->titles);
    if (im->titles == NULL) {
        return sym_fail(im->fault, SYM_NO_MEMORY, "import: %s", sym_err_text(SYM_NO_MEMORY));
    }
    for (size_t i = 0; i < row->n; i++) {
        struct sym_span title = row->fields[i];
        title.len = title.len < 64 ? title.len : 64;
        sym_format_text(im->titles[i], sizeof im->titles[i], title);
    }
    return SYM_OK;
}

/* Rows are incidents, or counts of them. */
static bool has_incidents(const struct import *im)
{
    return im->source->profile->kind != SYM_DATASET_IDENTIFIERS;
}

/* A line number says nothing about what another file held on that line. */
static enum sym_err check_ids(struct import *im)
{
    if (!has_incidents(im) || im->binding.id != SYM_BOUND_ROW || im->source->held == NULL ||
        im->source->held->n == 0) {
        return SYM_OK;
    }
    return sym_fail(im->fault, SYM_BAD_VALUE,
                    "%s: --append: rows without an id of their own could be there already; give "
                    "them one, or import all rows in one file",
                    im->path);
}

static enum sym_err begin(struct import *im)
{
    const struct sym_profile *p = im->source->profile;
    struct sym_csv_row row;
    enum sym_err err = sym_csv_open(&im->csv, im->source->path, p->delimiter, im->fault);
    if (err == SYM_OK) {
        err = sym_csv_next(&row, im->csv, im->fault);
    }
    if (err == SYM_OK) {
        err = sym_profile_bind(&im->binding, p, row.fields, row.n, im->path, im->fault);
    }
    if (err == SYM_OK) {
        err = check_ids(im);
    }
    if (err == SYM_OK) {
        err = keep_titles(im, &row);
    }
    if (err == SYM_OK && im->source->spare != NULL) {
        err = sym_spare_find(im->source->spare, &im->binding, row.fields, row.n);
        if (err != SYM_OK) {
            return sym_fail(im->fault, err, "import: %s", sym_err_text(err));
        }
    }
    if (err == SYM_OK) {
        err = sym_rejects_open(&im->rejects, im->source->rejects, &row, im->fault);
    }
    if (err == SYM_OK && im->binding.n_fields > 0) {
        err = sym_gazetteer_new(&im->gazetteer);
        im->binding.gazetteer = im->gazetteer;
        if (err != SYM_OK) {
            return sym_fail(im->fault, err, "import: the gazetteer %s", sym_err_text(err));
        }
    }
    if (err == SYM_OK) {
        err = sym_crew_new(&im->crew, &im->binding, &p->rules, im->source->threads, im->fault);
    }
    return err;
}

/* One batch that was worked on --------------------------------------------------------------- */

static enum sym_err refuse_more(struct import *im, enum sym_err err)
{
    if (err == SYM_LIMIT) {
        return sym_fail(im->fault, err,
                        "%s: holds more than %u rows or tokens; import it in several parts",
                        im->path, SYM_IMPORT_ROWS_MAX);
    }
    return err == SYM_OK ? err : sym_fail(im->fault, err, "import: %s", sym_err_text(err));
}

/* Tokens of a row from number first on, moved down to their place behind those kept so far. */
static enum sym_err keep_tokens(struct import *im, struct sym_batch *b, size_t first, size_t n,
                                size_t kept, uint32_t record)
{
    uint64_t types = 0;
    for (size_t i = 0; i < n; i++) {
        bool before = false;
        b->types[kept + i] = b->types[first + i];
        memmove(b->digests[kept + i], b->digests[first + i], SYM_DIGEST_BYTES);
        im->records[kept + i] = record;
        enum sym_err err = sym_repeats_add(&before, &im->tokens, b->digests[kept + i]);
        if (err != SYM_OK) {
            return refuse_more(im, err);
        }
        im->counts->duplicate_tokens += before ? 1 : 0;
        uint8_t type = b->types[kept + i];
        im->counts->tokens_by_type[type]++;
        im->counts->records_by_type[type] += (types >> type & 1) == 0 ? 1 : 0;
        types |= UINT64_C(1) << type;
    }
    im->counts->tokens += n;
    return SYM_OK;
}

/* The record of a row, moved down likewise. */
static void keep_record(struct import *im, struct sym_batch *b, const struct sym_batch_row *r,
                        size_t first, size_t record)
{
    uint32_t start = record > 0 ? im->row_ends[record - 1] : 0;
    if (r->record_len == 0) {
        return;
    }
    memmove(b->records + start, b->records + first, r->record_len);
    im->row_ends[record] = start + r->record_len;
    for (size_t field = 0; field <= SYM_FIELD_OF_POINT; field++) {
        im->counts->known_by_field[field] += r->fields >> field & 1u;
    }
}

static bool is_kept(const struct sym_batch_row *r)
{
    return (r->n_tokens > 0 || r->record_len > 0) && !r->taken;
}

/* The noise of a tabulation hides one record, so each has to be all of an incident. */
static enum sym_err take_id(struct import *im, struct sym_batch *b, size_t row)
{
    struct sym_batch_row *r = &b->rows[row];
    bool before = false;
    bool held = im->source->held != NULL && sym_repeats_has(im->source->held, r->print);
    enum sym_err err = held ? SYM_OK : sym_repeats_add(&before, &im->prints, r->print);
    if (err != SYM_OK || (!held && !before)) {
        return refuse_more(im, err);
    }
    r->taken = true;
    im->counts->taken++;
    sym_batch_reject(
        b, row, b->binding->id,
        held ? "the dataset has a record of this id already: leave the row out, or "
               "give it an id of its own"
             : "an earlier row has this id: give each row an id of its own (id = COLUMN "
               "in a profile), or make one row of those of one case");
    return b->err;
}

/* Says of each row whether it repeats another, or has the id of another. */
static enum sym_err compare_rows(struct import *im, struct sym_batch *b)
{
    enum sym_err err = SYM_OK;
    uint64_t taken = im->counts->taken;
    for (size_t i = 0; i < b->n_rows && err == SYM_OK; i++) {
        struct sym_batch_row *r = &b->rows[i];
        if (is_kept(r)) {
            err = refuse_more(im, sym_repeats_add(&r->repeats, &im->rows, r->fingerprint));
            err = err == SYM_OK && has_incidents(im) && !r->repeats ? take_id(im, b, i) : err;
        }
    }
    if (im->counts->taken > taken) {
        sym_batch_sort_remarks(b);
    }
    return err;
}

/* Leaves out rejected and repeated rows. */
static enum sym_err compact(struct sym_import_batch *out, struct import *im, struct sym_batch *b)
{
    size_t first = 0;
    size_t first_record = 0;
    uint32_t ids_len = 0;
    *out = (struct sym_import_batch){.ids = im->ids, .id_ends = im->id_ends};
    for (size_t i = 0; i < b->n_rows; i++) {
        const struct sym_batch_row *r = &b->rows[i];
        size_t at = first;
        size_t at_record = first_record;
        first += r->n_tokens;
        first_record += r->record_len;
        if (!is_kept(r)) {
            im->counts->rejected++;
            continue;
        }
        if (r->repeats) {
            im->counts->duplicate_rows++;
            continue;
        }
        enum sym_err err =
            keep_tokens(im, b, at, r->n_tokens, out->n_tokens, (uint32_t)out->n_records);
        if (err != SYM_OK) {
            return err;
        }
        keep_record(im, b, r, at_record, out->n_records);
        memcpy(im->ids + ids_len, b->ids + i * SYM_RECORD_ID_BYTES_MAX, r->id_len);
        ids_len += r->id_len;
        im->id_ends[out->n_records++] = ids_len;
        out->n_tokens += r->n_tokens;
        im->counts->records++;
    }
    out->records = im->records;
    out->types = b->types;
    out->digests = (const uint8_t(*)[SYM_DIGEST_BYTES])b->digests;
    out->rows = b->records;
    out->row_ends = im->row_ends;
    return SYM_OK;
}

const char *sym_import_prefix(const struct sym_import_remark *m)
{
    size_t len = m->column != NULL ? strlen(m->column) : 0;
    bool said = len > 0 && strncasecmp(m->reason, m->column, len) == 0 && m->reason[len] == ':';
    return said ? NULL : m->column;
}

static void save_reject(struct import *im, const struct sym_batch *b, size_t row)
{
    struct sym_span fields[SYM_CSV_COLUMNS_MAX] = {{NULL, 0}};
    const struct sym_batch_row *r = &b->rows[row];
    for (size_t i = 0; i < r->n_fields; i++) {
        fields[i] = sym_batch_field(b, row, i);
    }
    sym_rejects_put(&im->rejects, r->line, is_kept(r), fields, r->n_fields);
}

/* What became unknown is told at the end, each value once. */
static enum sym_err count_unknown(struct import *im, const struct sym_batch *b,
                                  const struct sym_batch_remark *m)
{
    im->counts->unknown++;
    im->counts->unknown_by_target[m->unknown]++;
    if (im->source->unknowns == NULL) {
        return SYM_OK;
    }
    enum sym_err err = sym_unknowns_add(im->source->unknowns, m->unknown, b->texts + m->text,
                                        b->rows[m->row].line);
    return err == SYM_OK ? err : sym_fail(im->fault, err, "import: %s", sym_err_text(err));
}

static enum sym_err tell_one(struct import *im, const struct sym_batch *b,
                             const struct sym_batch_remark *m)
{
    const struct sym_batch_row *r = &b->rows[m->row];
    const char *column = m->column != SYM_BOUND_NONE ? im->titles[m->column] : NULL;
    const char *reason = b->texts + m->text;
    if (m->unknown != SYM_TARGET_NONE) {
        return count_unknown(im, b, m);
    }
    im->counts->doubtful += m->refused ? 0 : 1;
    if (m->refused && m->type != SYM_TOKEN_NONE) {
        im->counts->refused++;
        im->counts->refused_by_type[m->type]++;
    }
    const struct sym_import_remark told = {.line = r->line,
                                           .column = column,
                                           .reason = reason,
                                           .refused = m->refused,
                                           .row_kept = is_kept(r)};
    if (im->calls->remark != NULL) {
        im->calls->remark(im->calls->context, &told);
    }
    return m->refused ? sym_rejects_add(&im->rejects, sym_import_prefix(&told), reason, im->fault)
                      : SYM_OK;
}

static enum sym_err tell(struct import *im, const struct sym_batch *b)
{
    enum sym_err err = SYM_OK;
    for (size_t i = 0; i < b->n_remarks && err == SYM_OK; i++) {
        err = tell_one(im, b, &b->remarks[i]);
        bool last = i + 1 == b->n_remarks || b->remarks[i + 1].row != b->remarks[i].row;
        if (err == SYM_OK && last && sym_rejects_waits(&im->rejects)) {
            save_reject(im, b, b->remarks[i].row);
        }
    }
    return err == SYM_OK ? sym_rejects_check(&im->rejects, im->fault) : err;
}

static enum sym_err look_at(struct import *im, struct sym_batch *b)
{
    struct sym_import_batch out;
    uint64_t done = 0;
    uint64_t total = 0;
    enum sym_err err = b->err;
    if (err != SYM_OK) {
        return sym_fail(im->fault, err, "import: %s", sym_err_text(err));
    }
    im->counts->rows += b->n_rows;
    err = compare_rows(im, b);
    if (err == SYM_OK) {
        err = tell(im, b);
    }
    if (err == SYM_OK) {
        err = compact(&out, im, b);
    }
    if (err == SYM_OK && out.n_records > 0 && im->calls->batch != NULL) {
        err = im->calls->batch(im->calls->context, &out, im->fault);
    }
    sym_csv_position(&done, &total, im->csv);
    if (err == SYM_OK && im->calls->progress != NULL &&
        !im->calls->progress(im->calls->context, done, total, im->counts)) {
        err = sym_fail(im->fault, SYM_CANCELLED, "%s: the import was cancelled", im->path);
    }
    return err;
}

/* All of them ---------------------------------------------------------------------------------- */

static enum sym_err check_end(struct import *im, const struct sym_csv_row *row)
{
    if (!row->unended || row->n >= im->binding.n_columns) {
        return SYM_OK;
    }
    return sym_fail(im->fault, SYM_BAD_FORMAT,
                    "%s:%" PRIu64 ": the file ends in the middle of this row: it was cut off",
                    im->path, row->line);
}

/* Fills the batch, as far as the file goes; *more says whether it goes on. */
static enum sym_err fill(struct import *im, struct sym_batch *b, bool *more)
{
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && *more && !sym_batch_is_full(b)) {
        struct sym_csv_row row;
        err = sym_csv_next(&row, im->csv, im->fault);
        if (err == SYM_OK) {
            *more = row.n > 0;
            err = check_end(im, &row);
        }
        if (err == SYM_OK && *more && sym_batch_add(b, &row) != SYM_OK) {
            err = sym_fail(im->fault, SYM_NO_MEMORY, "import: %s", sym_err_text(SYM_NO_MEMORY));
        }
    }
    return err;
}

static enum sym_err drain(struct import *im, bool wait)
{
    enum sym_err err = SYM_OK;
    struct sym_batch *b;
    while (err == SYM_OK && (b = sym_crew_get_back(im->crew, wait)) != NULL) {
        err = look_at(im, b);
    }
    return err;
}

static enum sym_err run(struct import *im)
{
    bool more = true;
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && more) {
        struct sym_batch *b = sym_crew_free_batch(im->crew);
        if (b == NULL) {
            b = sym_crew_get_back(im->crew, true);
            err = look_at(im, b);
            continue;
        }
        err = fill(im, b, &more);
        if (err == SYM_OK && b->n_rows > 0) {
            sym_crew_hand_in(im->crew);
        }
        err = err == SYM_OK ? drain(im, false) : err;
    }
    return err == SYM_OK ? drain(im, true) : err;
}

enum sym_err sym_import(struct sym_import_counts *counts, const struct sym_import_source *source,
                        const struct sym_import_calls *calls, struct sym_fault *fault)
{
    struct sym_fault unread = {SYM_OK, ""};
    struct import *im = calloc(1, sizeof *im);
    *counts = (struct sym_import_counts){.rows = 0};
    if (im == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "import: %s", sym_err_text(SYM_NO_MEMORY));
    }
    im->source = source;
    im->calls = calls;
    im->counts = counts;
    im->fault = fault != NULL ? fault : &unread;
    (void)sym_file_show(im->path, source->path);
    im->rows = sym_repeats(2, SYM_IMPORT_ROWS_MAX);
    im->tokens = sym_repeats(1, SYM_IMPORT_ROWS_MAX);
    im->prints = sym_repeats(2, SYM_IMPORT_ROWS_MAX);
    enum sym_err err = begin(im);
    if (err == SYM_OK) {
        err = run(im);
    }
    err = sym_rejects_close(&im->rejects, err, im->fault);
    sym_crew_free(im->crew);
    sym_gazetteer_free(im->gazetteer);
    sym_csv_close(im->csv);
    sym_repeats_clear(&im->rows);
    sym_repeats_clear(&im->tokens);
    sym_repeats_clear(&im->prints);
    free(im->titles);
    free(im);
    return err;
}
