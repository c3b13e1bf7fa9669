/* Imports: chunks become segments that nobody sees, until their end makes them the content. */
#include "node/data/datasets.h"
#include "node/data/datasets_state.h"
#include "node/loop.h"
#include "proto/incident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writing {
    struct sym_datasets *datasets;
    struct sym_import *import;
    const struct sym_dataset *after;   /* at the end */
    const struct sym_dataset *dropped; /* at the end: its content goes */
    const struct sym_author *author;
};

static enum sym_err put_stage(struct sym_transaction *t, const struct writing *w)
{
    const struct sym_import *m = w->import;
    return sym_stage_put(m->stage, t, w->datasets->config.vault, m->added.content,
                         m->first + m->written);
}

static enum sym_err flush_fn(struct sym_transaction *t, void *context)
{
    return put_stage(t, context);
}

static enum sym_err write_out(struct writing *w, sym_store_fn *fn, struct sym_fault *fault)
{
    struct sym_import *m = w->import;
    enum sym_err err = sym_store_write(w->datasets->config.store, fn, w);
    if (err != SYM_OK) {
        m->failed = true;
        return sym_fail(fault, err, "import of %s: it %s%s; nothing was imported", m->added.name,
                        sym_err_text(err), err == SYM_NO_SPACE ? ": make room" : "");
    }
    m->written += sym_stage_segments(m->stage);
    sym_stage_clear(m->stage);
    return SYM_OK;
}

/* One of several incidents would be hidden by the noise of one. Rows that can be read. */
static bool each_is_one(const struct sym_import_chunk *chunk)
{
    struct sym_reader lengths = sym_reader(chunk->row_lengths);
    struct sym_reader rows = sym_reader(chunk->rows);
    struct sym_incident incident;
    while (lengths.left > 0) {
        struct sym_span row = sym_read_span(&rows, sym_read_u16(&lengths));
        if (sym_incident_read(&incident, row) != SYM_OK || incident.count != 1) {
            return false;
        }
    }
    return true;
}

static enum sym_err check_chunk(const struct sym_datasets *d, const struct sym_import *m,
                                const struct sym_import_chunk *chunk, struct sym_fault *fault)
{
    const char *name = m->added.name;
    const struct sym_dataset *old = m->append ? sym_datasets_named(d, sym_span_text(name)) : NULL;
    uint64_t tokens = m->added.tokens[SYM_TOKEN_NONE];
    tokens += old == NULL ? 0 : old->tokens[SYM_TOKEN_NONE];
    if (chunk->number > m->next) {
        return sym_fail(fault, SYM_WRONG_STATE,
                        "import of %s: chunk %llu came where %llu is due; run the command again",
                        name, (unsigned long long)chunk->number, (unsigned long long)m->next);
    }
    bool has_rows = chunk->row_lengths.len > 0;
    if (sym_import_chunk_check(chunk) != SYM_OK ||
        has_rows != (m->added.kind != SYM_DATASET_IDENTIFIERS)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "import of %s: the columns of chunk %llu do not fit each other; use the "
                        "symbolon of the same version as the daemon",
                        name, (unsigned long long)chunk->number);
    }
    if (m->added.kind == SYM_DATASET_INCIDENTS && !each_is_one(chunk)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "import of %s: a record of chunk %llu stands for several incidents; import "
                        "such as aggregates",
                        name, (unsigned long long)chunk->number);
    }
    if (chunk->types.len > SYM_SET_MAX - tokens) {
        return sym_fail(fault, SYM_LIMIT,
                        "import of %s: it has more than %u identifiers, the most that a dataset "
                        "can hold; split the file",
                        name, SYM_SET_MAX);
    }
    return SYM_OK;
}

static void count(struct sym_import *m, const struct sym_import_chunk *chunk)
{
    for (size_t i = 0; i < chunk->types.len; i++) {
        m->added.tokens[chunk->types.data[i]]++;
    }
    m->added.tokens[SYM_TOKEN_NONE] += chunk->types.len;
    m->added.records += chunk->id_lengths.len;
    m->next++;
}

enum sym_err sym_datasets_import_chunk(struct sym_datasets *d, uint64_t *next,
                                       const struct sym_import_chunk *chunk,
                                       const struct sym_author *author, struct sym_fault *fault)
{
    size_t at = 0;
    sym_imports_expire(d);
    enum sym_err err = sym_import_get(d, &at, chunk->id, author, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_import *m = d->imports[at];
    m->heard_ms = d->config.now_ms();
    if (chunk->number < m->next) {
        *next = m->next;
        return SYM_OK;
    }
    err = check_chunk(d, m, chunk, fault);
    if (err == SYM_OK && sym_stage_is_full(m->stage)) {
        struct writing w = {.datasets = d, .import = m};
        err = write_out(&w, flush_fn, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    err = sym_stage_take(m->stage, chunk);
    if (err != SYM_OK) {
        /* Half a chunk was taken. */
        (void)sym_fail(fault, err, "import of %s: no memory; it was given up", m->added.name);
        sym_import_give_up(d, at);
        return err;
    }
    count(m, chunk);
    m->heard_ms = d->config.now_ms(); /* writing took some time, in which nothing could be heard */
    *next = m->next;
    return SYM_OK;
}

/* Ending. */

static enum sym_err end_fn(struct sym_transaction *t, void *context)
{
    const struct writing *w = context;
    struct sym_datasets *d = w->datasets;
    const struct sym_dataset *s = w->after;
    uint8_t key[SYM_SEGMENT_KEY_BYTES];
    enum sym_err err = put_stage(t, w);
    if (err == SYM_OK) {
        err = sym_dataset_put(t, s);
    }
    if (err == SYM_OK && w->dropped != NULL) {
        err = sym_vault_delete(d->config.vault, t, sym_content_prefix(key, w->dropped->content));
    }
    return err == SYM_OK
               ? sym_dataset_say(d, t, w->author, SYM_ENTRY_IMPORTED, "dataset-imported", s,
                                 s->records, "profile=%s append=%d records=%llu tokens=%llu",
                                 s->profile, w->import->append, (unsigned long long)s->records,
                                 (unsigned long long)s->tokens[SYM_TOKEN_NONE])
               : err;
}

/* What a dataset says of its bounds is said of its snapshot, too. */
static bool has_bounds_of(const struct sym_dataset *a, const struct sym_dataset *b)
{
    return a->cells_per_incident == b->cells_per_incident && a->persons_max == b->persons_max;
}

/* What the dataset is once the import has ended. */
static void combine(struct sym_dataset *out, const struct sym_import *m,
                    const struct sym_dataset *old)
{
    *out = m->added;
    out->segments = m->first + m->written + sym_stage_segments(m->stage);
    out->bytes = sym_stage_bytes(m->stage);
    out->imported_ms = sym_wall_ms();
    out->has_import = true;
    memcpy(out->import, m->id, sizeof out->import);
    if (old != NULL) {
        out->epoch = old->epoch;
    }
    if (old != NULL && has_bounds_of(&m->added, old)) {
        out->published_ms = old->published_ms;
        out->has_snapshot = old->has_snapshot;
        memcpy(out->snapshot, old->snapshot, sizeof out->snapshot);
        out->snapshot_segments = old->snapshot_segments;
        out->snapshot_records = old->snapshot_records;
    }
    if (old != NULL && m->append) {
        out->records += old->records;
        out->bytes += old->bytes;
        for (size_t i = 0; i < SYM_TOKEN_TYPE_COUNT; i++) {
            out->tokens[i] += old->tokens[i];
        }
    }
    sym_dataset_count(out);
}

static enum sym_err keep(struct sym_datasets *d, size_t at, const struct sym_author *author,
                         struct sym_fault *fault)
{
    struct sym_import *m = d->imports[at];
    const struct sym_dataset *old = sym_datasets_named(d, sym_span_text(m->added.name));
    struct sym_dataset *after = malloc(sizeof *after);
    enum sym_err err = after == NULL ? SYM_NO_MEMORY : sym_stage_finish(m->stage);
    if (err != SYM_OK) {
        free(after);
        return sym_fail(fault, err, "import of %s: no memory", m->added.name);
    }
    combine(after, m, old);
    bool replaces = old != NULL && !m->append;
    bool is_snapshot = replaces && after->has_snapshot &&
                       sym_equal(after->snapshot, old->content, sizeof after->snapshot);
    bool at_once = replaces && !is_snapshot && sym_content_held(d, old->content) == 0;
    /* Of other bounds: what was published is of no use any more. */
    d->litter = d->litter || (replaces && old->has_snapshot && !after->has_snapshot);
    struct writing w = {.datasets = d,
                        .import = m,
                        .after = after,
                        .dropped = at_once ? old : NULL,
                        .author = author};
    err = write_out(&w, end_fn, fault);
    if (err != SYM_OK) {
        free(after);
        return err;
    }
    sym_datasets_place(d, after);
    d->imports[at] = NULL;
    sym_import_remember(d, m, true);
    sym_import_free(m);
    if (at_once) {
        sym_datasets_sweep(d);
    }
    return SYM_OK;
}

/* An end that the node has kept, and could not say so before it was started again. */
static enum sym_err answer_from_row(const struct sym_datasets *d, struct sym_dataset_row *row,
                                    const struct sym_import_end *end,
                                    const struct sym_author *author, struct sym_fault *fault)
{
    size_t at = 0;
    const struct sym_dataset *s = end->keep ? sym_datasets_imported(d, end->id) : NULL;
    if (s == NULL) {
        return sym_import_get(d, &at, end->id, author, fault);
    }
    enum sym_err err = sym_import_check_user(s->imported_by, s->name, author, fault);
    if (err == SYM_OK) {
        sym_dataset_row_of(s, row);
    }
    return err;
}

/* The dataset as it is, or as much of it as is left. */
static enum sym_err answer(const struct sym_datasets *d, struct sym_dataset_row *row,
                           const struct sym_import_end *end, const struct sym_author *author,
                           struct sym_fault *fault)
{
    const struct sym_import_ended *e = sym_import_find_ended(d, end->id);
    if (e == NULL || e->kept != end->keep) {
        return answer_from_row(d, row, end, author, fault);
    }
    enum sym_err err = sym_import_check_user(e->user, e->dataset, author, fault);
    if (err != SYM_OK) {
        return err;
    }
    const struct sym_dataset *s = sym_datasets_named(d, sym_span_text(e->dataset));
    if (s != NULL) {
        sym_dataset_row_of(s, row);
        return SYM_OK;
    }
    if (e->kept) {
        return sym_fail(fault, SYM_NOT_FOUND, "dataset %s: was imported, and dropped since",
                        e->dataset);
    }
    *row = (struct sym_dataset_row){.name = sym_span_text(e->dataset), .kind = e->kind};
    return SYM_OK;
}

enum sym_err sym_datasets_import_end(struct sym_datasets *d, struct sym_dataset_row *row,
                                     const struct sym_import_end *end,
                                     const struct sym_author *author, struct sym_fault *fault)
{
    size_t at = sym_import_find(d, end->id);
    if (at == SYM_IMPORTS_MAX) {
        return answer(d, row, end, author, fault);
    }
    struct sym_import *m = d->imports[at];
    enum sym_err err = sym_import_check_user(m->user, m->added.name, author, fault);
    if (err == SYM_OK && end->keep && end->chunks != m->next) {
        err = sym_fail(fault, SYM_WRONG_STATE,
                       "import of %s: %llu chunks were handed over, and %llu are here; run the "
                       "command again",
                       m->added.name, (unsigned long long)end->chunks, (unsigned long long)m->next);
    }
    if (err != SYM_OK) {
        return err;
    }
    m->heard_ms = d->config.now_ms();
    if (end->keep) {
        err = keep(d, at, author, fault);
    } else {
        sym_import_give_up(d, at);
    }
    return err == SYM_OK ? answer(d, row, end, author, fault) : err;
}
