/* Imports: chunks become segments that nobody sees, until their end makes them the content. */
#include "node/data/datasets.h"
#include "node/data/datasets_state.h"
#include "node/loop.h"
#include "proto/incident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void import_free(struct sym_import *m)
{
    if (m != NULL) {
        sym_stage_free(m->stage);
        free(m);
    }
}

void sym_imports_clear(struct sym_datasets *d)
{
    for (size_t i = 0; i < SYM_IMPORTS_MAX; i++) {
        import_free(d->imports[i]);
        d->imports[i] = NULL;
    }
}

/* Giving up. */

struct removal {
    struct sym_datasets *datasets;
    const struct sym_import *import;
};

/* One more than it has written: a transaction that failed may have left it in old pages. */
static enum sym_err remove_fn(struct sym_transaction *t, void *context)
{
    const struct removal *r = context;
    const struct sym_import *m = r->import;
    enum sym_err err = SYM_OK;
    for (uint32_t i = 0; i <= m->written && err == SYM_OK; i++) {
        uint8_t key[SYM_SEGMENT_KEY_BYTES];
        err = sym_vault_delete(r->datasets->config.vault, t,
                               sym_segment_key(key, m->added.content, m->first + i));
    }
    return err;
}

static void remember(struct sym_datasets *d, const struct sym_import *m, bool kept)
{
    struct sym_import_ended *e = &d->ended[d->n_ended++ % SYM_IMPORTS_ENDED];
    *e = (struct sym_import_ended){.kept = kept, .kind = m->added.kind};
    memcpy(e->id, m->id, sizeof e->id);
    memcpy(e->dataset, m->added.name, sizeof e->dataset);
    memcpy(e->user, m->user, sizeof e->user);
}

static void give_up(struct sym_datasets *d, size_t at)
{
    struct sym_import *m = d->imports[at];
    struct removal r = {.datasets = d, .import = m};
    d->imports[at] = NULL;
    remember(d, m, false);
    if (m->written > 0 || m->failed) {
        /* What fails here, tidying makes up for. */
        d->litter = sym_store_write(d->config.store, remove_fn, &r) != SYM_OK || d->litter;
        sym_datasets_sweep(d);
    }
    import_free(m);
}

void sym_imports_drop(struct sym_datasets *d, struct sym_span dataset)
{
    for (size_t i = 0; i < SYM_IMPORTS_MAX; i++) {
        if (d->imports[i] != NULL &&
            sym_span_equal(sym_span_text(d->imports[i]->added.name), dataset)) {
            give_up(d, i);
        }
    }
}

static uint64_t silent_ms(const struct sym_datasets *d, const struct sym_import *m)
{
    uint64_t now = d->config.now_ms();
    return now > m->heard_ms ? now - m->heard_ms : 0;
}

void sym_imports_expire(struct sym_datasets *d)
{
    for (size_t i = 0; i < SYM_IMPORTS_MAX; i++) {
        if (d->imports[i] != NULL && silent_ms(d, d->imports[i]) > SYM_IMPORT_IDLE_MS) {
            give_up(d, i);
        }
    }
}

/* Finding. */

static const struct sym_import_ended *find_ended(const struct sym_datasets *d, struct sym_span id)
{
    size_t n = d->n_ended < SYM_IMPORTS_ENDED ? d->n_ended : SYM_IMPORTS_ENDED;
    for (size_t i = 0; i < n; i++) {
        if (sym_span_equal(sym_span(d->ended[i].id, SYM_IMPORT_ID_BYTES), id)) {
            return &d->ended[i];
        }
    }
    return NULL;
}

/* SYM_IMPORTS_MAX when there is none. */
static size_t find_import(const struct sym_datasets *d, struct sym_span id)
{
    size_t at = 0;
    while (at < SYM_IMPORTS_MAX &&
           (d->imports[at] == NULL ||
            !sym_span_equal(sym_span(d->imports[at]->id, SYM_IMPORT_ID_BYTES), id))) {
        at++;
    }
    return at;
}

static enum sym_err check_user(const char *owner, const char *dataset,
                               const struct sym_author *author, struct sym_fault *fault)
{
    return strcmp(owner, author->user) == 0
               ? SYM_OK
               : sym_fail(fault, SYM_DENIED,
                          "import of %s: was begun by %s, and goes on with that user only", dataset,
                          owner);
}

static enum sym_err get_import(const struct sym_datasets *d, size_t *at, struct sym_span id,
                               const struct sym_author *author, struct sym_fault *fault)
{
    size_t found = find_import(d, id);
    if (found < SYM_IMPORTS_MAX) {
        *at = found;
        return check_user(d->imports[found]->user, d->imports[found]->added.name, author, fault);
    }
    const struct sym_import_ended *e = find_ended(d, id);
    if (e == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "import: is not known; the node was started again since, or gave it up "
                        "after ten minutes without a word: run the command again");
    }
    return sym_fail(fault, SYM_WRONG_STATE, "import of %s: %s; run the command again", e->dataset,
                    e->kept ? "has ended" : "was given up");
}

/* Beginning. */

static enum sym_err check_names(const struct sym_import_begin *begin, struct sym_fault *fault)
{
    bool named = sym_alias_check(begin->dataset) == SYM_OK;
    if (begin->id.len == SYM_IMPORT_ID_BYTES && named &&
        sym_alias_check(begin->profile) == SYM_OK) {
        return SYM_OK;
    }
    return sym_fail(fault, SYM_BAD_VALUE,
                    "%s: 1 to 63 letters, digits, dots, dashes or underscores are needed, the "
                    "first a letter or digit",
                    named ? "profile name" : "dataset name");
}

/* Makes way where the same user was cut off a while ago. */
static enum sym_err check_alone(struct sym_datasets *d, const struct sym_import_begin *begin,
                                const struct sym_author *author, struct sym_fault *fault)
{
    for (size_t i = 0; i < SYM_IMPORTS_MAX; i++) {
        struct sym_import *m = d->imports[i];
        if (m == NULL || !sym_span_equal(sym_span_text(m->added.name), begin->dataset)) {
            continue;
        }
        bool own = strcmp(m->user, author->user) == 0;
        if (!own || silent_ms(d, m) < SYM_IMPORT_TAKEOVER_MS) {
            return sym_fail(fault, SYM_EXISTS,
                            "dataset %s: is being imported by %s; wait until that has ended, or "
                            "for %s without a word",
                            m->added.name, m->user, own ? "two seconds" : "ten minutes");
        }
        give_up(d, i);
    }
    return SYM_OK;
}

static enum sym_err check_room(const struct sym_datasets *d, size_t *at,
                               const struct sym_import_begin *begin, struct sym_fault *fault)
{
    size_t datasets = d->n + (sym_datasets_named(d, begin->dataset) == NULL);
    size_t free_at = SYM_IMPORTS_MAX;
    for (size_t i = 0; i < SYM_IMPORTS_MAX; i++) {
        if (d->imports[i] == NULL) {
            free_at = i;
        } else {
            datasets += sym_datasets_named(d, sym_span_text(d->imports[i]->added.name)) == NULL;
        }
    }
    if (free_at == SYM_IMPORTS_MAX) {
        return sym_fail(fault, SYM_LIMIT,
                        "import: %u run, the most there can be; wait until one has ended",
                        SYM_IMPORTS_MAX);
    }
    if (datasets > SYM_DATASETS_MAX) {
        return sym_fail(
            fault, SYM_LIMIT, "dataset %.*s: there are %u, the most there can be; drop one first",
            (int)begin->dataset.len, (const char *)begin->dataset.data, SYM_DATASETS_MAX);
    }
    *at = free_at;
    return SYM_OK;
}

static uint32_t kind_of(const struct sym_import_begin *begin)
{
    return begin->kind == SYM_DATASET_NONE ? SYM_DATASET_IDENTIFIERS : begin->kind;
}

/* What is added to must be of the same kind, and aggregates declare the same bounds. */
static enum sym_err check_kind(const struct sym_datasets *d, const struct sym_import_begin *begin,
                               struct sym_fault *fault)
{
    const struct sym_dataset *old = sym_datasets_named(d, begin->dataset);
    bool bounded = begin->cells_per_incident > 0 && begin->persons_max > 0;
    bool declares = begin->cells_per_incident > 0 || begin->persons_max > 0;
    if (kind_of(begin) == SYM_DATASET_AGGREGATES ? !bounded : declares) {
        return sym_fail(
            fault, SYM_BAD_VALUE,
            "dataset %.*s: aggregates declare in how many cells one incident counts, and "
            "how many persons of it; others declare nothing",
            (int)begin->dataset.len, (const char *)begin->dataset.data);
    }
    if (old == NULL || !begin->append) {
        return SYM_OK;
    }
    if (old->kind != kind_of(begin)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "dataset %s: holds %s, and these are %s; import them under another name",
                        old->name, sym_dataset_kind_text(old->kind),
                        sym_dataset_kind_text(kind_of(begin)));
    }
    if (old->cells_per_incident != begin->cells_per_incident ||
        old->persons_max != begin->persons_max) {
        return sym_fail(
            fault, SYM_BAD_VALUE,
            "dataset %s: was declared with %u cells per incident and %u persons; append "
            "with the same",
            old->name, (unsigned)old->cells_per_incident, (unsigned)old->persons_max);
    }
    return SYM_OK;
}

static struct sym_import *import_new(const struct sym_datasets *d,
                                     const struct sym_import_begin *begin,
                                     const struct sym_author *author)
{
    struct sym_import *m = calloc(1, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    if (sym_stage_new(&m->stage) != SYM_OK) {
        import_free(m);
        return NULL;
    }
    memcpy(m->id, begin->id.data, sizeof m->id);
    (void)snprintf(m->user, sizeof m->user, "%s", author->user);
    memcpy(m->added.name, begin->dataset.data, begin->dataset.len);
    memcpy(m->added.profile, begin->profile.data, begin->profile.len);
    (void)snprintf(m->added.imported_by, sizeof m->added.imported_by, "%s", author->user);
    m->added.kind = kind_of(begin);
    m->added.cells_per_incident = begin->cells_per_incident;
    m->added.persons_max = begin->persons_max;
    m->append = begin->append;
    const struct sym_dataset *old = sym_datasets_named(d, begin->dataset);
    if (begin->append && old != NULL) {
        memcpy(m->added.content, old->content, sizeof m->added.content);
        m->first = old->segments;
    } else {
        sym_random(m->added.content, sizeof m->added.content);
    }
    return m;
}

static enum sym_err go_on(const struct sym_import *m, const struct sym_import_begin *begin,
                          struct sym_fault *fault)
{
    bool same = sym_span_equal(sym_span_text(m->added.name), begin->dataset) &&
                sym_span_equal(sym_span_text(m->added.profile), begin->profile) &&
                m->append == begin->append && m->added.kind == kind_of(begin);
    return same ? SYM_OK
                : sym_fail(fault, SYM_WRONG_STATE,
                           "import of %s: was begun in another way under this id; run the command "
                           "again",
                           m->added.name);
}

enum sym_err sym_datasets_import_begin(struct sym_datasets *d, uint64_t *next,
                                       const struct sym_import_begin *begin,
                                       const struct sym_author *author, struct sym_fault *fault)
{
    size_t at = find_import(d, begin->id);
    if (at < SYM_IMPORTS_MAX || find_ended(d, begin->id) != NULL) {
        enum sym_err err = get_import(d, &at, begin->id, author, fault);
        if (err == SYM_OK) {
            err = go_on(d->imports[at], begin, fault);
        }
        if (err == SYM_OK) {
            d->imports[at]->heard_ms = d->config.now_ms();
            *next = d->imports[at]->next;
        }
        return err;
    }
    sym_datasets_tidy(d);
    enum sym_err err = check_names(begin, fault);
    if (err == SYM_OK) {
        err = check_kind(d, begin, fault);
    }
    if (err == SYM_OK) {
        err = check_alone(d, begin, author, fault);
    }
    if (err == SYM_OK) {
        err = check_room(d, &at, begin, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    struct sym_import *m = import_new(d, begin, author);
    if (m == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "import of %.*s: no memory", (int)begin->dataset.len,
                        (const char *)begin->dataset.data);
    }
    m->heard_ms = d->config.now_ms();
    d->imports[at] = m;
    *next = 0;
    return SYM_OK;
}

/* Chunks. */

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
    enum sym_err err = get_import(d, &at, chunk->id, author, fault);
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
        give_up(d, at);
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
    return a->kind == b->kind && a->cells_per_incident == b->cells_per_incident &&
           a->persons_max == b->persons_max;
}

/* What the dataset is once the import has ended. */
static void combine(struct sym_dataset *out, const struct sym_import *m,
                    const struct sym_dataset *old)
{
    *out = m->added;
    out->segments = m->first + m->written + sym_stage_segments(m->stage);
    out->bytes = sym_stage_bytes(m->stage);
    out->imported_ms = sym_wall_ms();
    if (old != NULL) {
        out->epoch = old->epoch;
        out->published_ms = old->published_ms;
    }
    if (old != NULL && has_bounds_of(&m->added, old)) {
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
    /* Of another kind or other bounds: what was published is of no use any more. */
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
    remember(d, m, true);
    import_free(m);
    if (at_once) {
        sym_datasets_sweep(d);
    }
    return SYM_OK;
}

/* The dataset as it is, or as much of it as is left. */
static enum sym_err answer(const struct sym_datasets *d, struct sym_dataset_row *row,
                           const struct sym_import_end *end, const struct sym_author *author,
                           struct sym_fault *fault)
{
    const struct sym_import_ended *e = find_ended(d, end->id);
    if (e == NULL || e->kept != end->keep) {
        size_t at = 0;
        return get_import(d, &at, end->id, author, fault);
    }
    enum sym_err err = check_user(e->user, e->dataset, author, fault);
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
    size_t at = find_import(d, end->id);
    if (at == SYM_IMPORTS_MAX) {
        return answer(d, row, end, author, fault);
    }
    struct sym_import *m = d->imports[at];
    enum sym_err err = check_user(m->user, m->added.name, author, fault);
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
        give_up(d, at);
    }
    return err == SYM_OK ? answer(d, row, end, author, fault) : err;
}
