/* What is inside of datasets: held, read, and forgotten record by record. */
#include "node/data/datasets.h"
#include "node/data/datasets_state.h"
#include "node/loop.h"

#include <stdlib.h>
#include <string.h>

uint32_t sym_content_held(const struct sym_datasets *d, const uint8_t id[SYM_CONTENT_ID_BYTES])
{
    uint32_t segments = 0;
    for (const struct sym_content *c = d->holds; c != NULL; c = c->next) {
        if (!c->cancelled && c->segments > segments && sym_equal(c->id, id, SYM_CONTENT_ID_BYTES)) {
            segments = c->segments;
        }
    }
    return segments;
}

void sym_contents_cancel(struct sym_datasets *d, struct sym_span dataset)
{
    for (struct sym_content *c = d->holds; c != NULL; c = c->next) {
        c->cancelled = c->cancelled || sym_span_equal(sym_span_text(c->dataset), dataset);
    }
}

enum sym_err sym_content_hold(struct sym_content **out, struct sym_datasets *d,
                              struct sym_span name, struct sym_fault *fault)
{
    size_t at = 0;
    enum sym_err err = sym_datasets_find(d, &at, name, fault);
    if (err != SYM_OK) {
        return err;
    }
    const struct sym_dataset *s = d->items[at];
    if (sym_datasets_is_outdated(d, at)) {
        return sym_fail(fault, SYM_UNSUPPORTED,
                        "dataset %s: was imported with older rules of canonical forms, by which "
                        "identifiers of today would be missed; import its file again",
                        s->name);
    }
    struct sym_content *c = malloc(sizeof *c);
    if (c == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "dataset %s: no memory to read it", s->name);
    }
    *c = (struct sym_content){.owner = d, .next = d->holds, .segments = s->segments};
    memcpy(c->dataset, s->name, sizeof c->dataset);
    memcpy(c->id, s->content, sizeof c->id);
    memcpy(c->tokens, s->tokens, sizeof c->tokens);
    d->holds = c;
    *out = c;
    return SYM_OK;
}

enum sym_err sym_snapshot_hold(struct sym_content **out, struct sym_dataset_row *row,
                               struct sym_datasets *d, struct sym_span name,
                               struct sym_fault *fault)
{
    size_t at = 0;
    enum sym_err err = sym_datasets_find(d, &at, name, fault);
    if (err != SYM_OK) {
        return err;
    }
    const struct sym_dataset *s = d->items[at];
    if (s->kind == SYM_DATASET_IDENTIFIERS) {
        return sym_fail(fault, SYM_UNSUPPORTED, SYM_DATASET_NOT_TABULATED, (int)sizeof s->name,
                        s->name);
    }
    if (!s->has_snapshot) {
        return sym_fail(fault, SYM_WRONG_STATE,
                        "dataset %s: was never published; run: \"symbolon dataset publish %s\"",
                        s->name, s->name);
    }
    err = sym_content_hold(out, d, name, fault);
    if (err == SYM_OK) {
        memcpy((*out)->id, s->snapshot, sizeof(*out)->id);
        (*out)->segments = s->snapshot_segments;
        sym_dataset_row_of(s, row);
    }
    return err;
}

/* Is this content that of a dataset, or its snapshot? */
static bool is_current(const struct sym_datasets *d, const uint8_t id[SYM_CONTENT_ID_BYTES])
{
    for (size_t i = 0; i < d->n; i++) {
        const struct sym_dataset *s = d->items[i];
        if (sym_equal(s->content, id, SYM_CONTENT_ID_BYTES) ||
            (s->has_snapshot && sym_equal(s->snapshot, id, SYM_CONTENT_ID_BYTES))) {
            return true;
        }
    }
    return false;
}

void sym_content_release(struct sym_content *c)
{
    if (c == NULL) {
        return;
    }
    struct sym_datasets *d = c->owner;
    struct sym_content **link = &d->holds;
    while (*link != c) {
        link = &(*link)->next;
    }
    *link = c->next;
    bool last = !c->cancelled && !is_current(d, c->id) && sym_content_held(d, c->id) == 0;
    free(c);
    if (last) {
        d->litter = true;
        sym_datasets_tidy(d);
    }
}

bool sym_content_is_cancelled(const struct sym_content *c)
{
    return c->cancelled;
}

size_t sym_content_segments(const struct sym_content *c)
{
    return c->segments;
}

uint64_t sym_content_tokens(const struct sym_content *c, enum sym_token_type type)
{
    return (unsigned)type < SYM_TOKEN_TYPE_COUNT ? c->tokens[type] : 0;
}

struct reading {
    struct sym_vault *vault;
    struct sym_span key;
    struct sym_segment *out;
};

static enum sym_err read_anew(struct sym_transaction *t, const struct reading *r)
{
    enum sym_err err = sym_vault_get(r->vault, t, r->key, &r->out->value);
    r->out->len = r->out->value.len;
    return err;
}

/* Segments of one content differ a little in length: there is room for one that is longer. */
static enum sym_err read_wider(struct sym_transaction *t, const struct reading *r)
{
    struct sym_segment *s = r->out;
    struct sym_secret wider = {0};
    sym_secret_clear(&s->value);
    enum sym_err err = read_anew(t, r);
    if (err == SYM_OK) {
        err = sym_secret_new(&wider, s->len + s->len / 8);
    }
    if (err == SYM_OK) {
        memcpy(wider.data, s->value.data, s->len);
        sym_secret_clear(&s->value);
        s->value = wider;
    }
    return err;
}

static enum sym_err read_fn(struct sym_transaction *t, void *context)
{
    const struct reading *r = context;
    struct sym_segment *s = r->out;
    if (s->value.data == NULL) {
        return read_anew(t, r);
    }
    enum sym_err err =
        sym_vault_get_into(r->vault, t, r->key, s->value.data, s->value.len, &s->len);
    return err == SYM_TOO_LONG ? read_wider(t, r) : err;
}

/* One that should be there and is not is damage, and no lack of a dataset. */
static enum sym_err finish_segment(struct sym_segment *s, enum sym_err read)
{
    enum sym_err err = read == SYM_NOT_FOUND ? SYM_BAD_FORMAT : read;
    err = err == SYM_OK ? sym_segment_read(s) : err;
    if (err != SYM_OK) {
        sym_segment_clear(s);
    }
    return err;
}

enum sym_err sym_content_segment(const struct sym_content *c, size_t at, struct sym_segment *out)
{
    uint8_t key[SYM_SEGMENT_KEY_BYTES];
    if (c->cancelled) {
        return SYM_CANCELLED;
    }
    if (at >= c->segments) {
        return SYM_NOT_FOUND;
    }
    struct reading r = {.vault = c->owner->config.vault,
                        .key = sym_segment_key(key, c->id, (uint32_t)at),
                        .out = out};
    return finish_segment(out, sym_store_read(c->owner->config.store, read_fn, &r));
}

static void put_prints(struct sym_writer *out, const struct sym_segment *s)
{
    const uint8_t *id = s->ids;
    for (size_t i = 0; i < s->n_records; id += s->id_lengths[i++]) {
        uint8_t print[SYM_ID_PRINT_BYTES];
        sym_id_print(print, sym_span(id, s->id_lengths[i]));
        sym_write_bytes(out, print, sizeof print);
    }
}

enum sym_err sym_datasets_prints(struct sym_datasets *d, struct sym_writer *out, uint32_t *next,
                                 const struct sym_import_begin *begin, struct sym_fault *fault)
{
    const size_t full = (SYM_IMPORT_PRINTS_MAX - SYM_SEGMENT_RECORDS_MAX) * SYM_ID_PRINT_BYTES;
    struct sym_content *c = NULL;
    struct sym_segment segment = {0};
    uint32_t at = begin->prints_from - 1;
    *next = 0;
    if (!begin->append || sym_datasets_named(d, begin->dataset) == NULL) {
        return SYM_OK;
    }
    enum sym_err err = sym_content_hold(&c, d, begin->dataset, fault);
    if (err != SYM_OK) {
        return err;
    }
    for (; err == SYM_OK && at < c->segments && out->len <= full; at++) {
        err = sym_content_segment(c, at, &segment);
        if (err == SYM_OK) {
            put_prints(out, &segment);
        }
    }
    *next = at < c->segments ? at + 1 : 0;
    sym_segment_clear(&segment);
    sym_content_release(c);
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err, "import of %.*s: what the dataset holds %s",
                                    (int)begin->dataset.len, (const char *)begin->dataset.data,
                                    sym_err_text(err));
}

/* Forgetting. */

struct forgetting {
    struct sym_datasets *datasets;
    const struct sym_dataset *before;
    const struct sym_author *author;
    struct sym_span record;
    uint32_t segments;  /* of the content, and of a snapshot that is another content */
    uint8_t *concerned; /* one for each segment: does it hold the record? */
    struct sym_columns columns;
    uint64_t wall_ms;
    struct sym_dataset after;
    struct sym_results_gone gone;
};

static bool snapshot_is_apart(const struct sym_dataset *s)
{
    return s->has_snapshot && !sym_equal(s->snapshot, s->content, sizeof s->snapshot);
}

static struct sym_span key_of(uint8_t key[SYM_SEGMENT_KEY_BYTES], const struct forgetting *f,
                              uint32_t at)
{
    const struct sym_dataset *s = f->before;
    return at < s->segments ? sym_segment_key(key, s->content, at)
                            : sym_segment_key(key, s->snapshot, at - s->segments);
}

static enum sym_err get_segment(struct sym_transaction *t, const struct forgetting *f,
                                uint32_t number, struct sym_segment *out)
{
    uint8_t key[SYM_SEGMENT_KEY_BYTES];
    const struct reading r = {
        .vault = f->datasets->config.vault, .key = key_of(key, f, number), .out = out};
    return finish_segment(out, read_anew(t, &r));
}

static enum sym_err look_fn(struct sym_transaction *t, void *context)
{
    struct forgetting *f = context;
    enum sym_err err = SYM_OK;
    for (uint32_t i = 0; i < f->segments && err == SYM_OK; i++) {
        struct sym_segment s = {.n_records = 0};
        err = get_segment(t, f, i, &s);
        f->concerned[i] = err == SYM_OK && sym_segment_has(&s, f->record);
        sym_segment_clear(&s);
    }
    return err;
}

/* Writes the segment anew without the record, and counts what is gone. */
static enum sym_err cut_segment(struct sym_transaction *t, struct forgetting *f, uint32_t number)
{
    uint8_t key[SYM_SEGMENT_KEY_BYTES];
    SYM_SECRET_AUTO bytes = {0};
    struct sym_segment s = {.n_records = 0};
    uint64_t tokens[SYM_TOKEN_TYPE_COUNT] = {0};
    uint64_t records = 0;
    enum sym_err err = get_segment(t, f, number, &s);
    if (err != SYM_OK) {
        return err;
    }
    size_t before = s.len;
    sym_columns_without(&f->columns, &s, f->record, &records, tokens);
    sym_segment_clear(&s);
    err = sym_secret_new(&bytes, sym_columns_bytes(&f->columns));
    if (err != SYM_OK) {
        return err;
    }
    sym_columns_write(&f->columns, bytes.data);
    bool current = number < f->before->segments;
    if (current) {
        f->after.records -= records;
        f->after.bytes -= before - bytes.len;
        for (size_t i = 0; i < SYM_TOKEN_TYPE_COUNT; i++) {
            f->after.tokens[i] -= tokens[i];
        }
    }
    if (!current || (f->before->has_snapshot && !snapshot_is_apart(f->before) &&
                     number < f->before->snapshot_segments)) {
        f->after.snapshot_records -= records;
    }
    return sym_vault_put(f->datasets->config.vault, t, key_of(key, f, number),
                         sym_secret_span(&bytes));
}

/* Also of a record that an import has replaced: results name it still. */
static enum sym_err forget_in_results(struct sym_transaction *t, struct forgetting *f)
{
    struct sym_results *r = f->datasets->config.results;
    f->gone = (struct sym_results_gone){.results = 0};
    enum sym_err err =
        r == NULL || f->record.len == 0
            ? SYM_OK
            : sym_results_forget_of(r, t, sym_span_text(f->before->name), f->record, &f->gone);
    bool none = memchr(f->concerned, 1, f->segments) == NULL && f->gone.records == 0;
    return err == SYM_OK && none ? SYM_NOT_FOUND : err;
}

static enum sym_err forget_fn(struct sym_transaction *t, void *context)
{
    struct forgetting *f = context;
    enum sym_err err = forget_in_results(t, f);
    f->after = *f->before;
    for (uint32_t i = 0; i < f->segments && err == SYM_OK; i++) {
        err = f->concerned[i] ? cut_segment(t, f, i) : SYM_OK;
    }
    sym_dataset_count(&f->after);
    if (err == SYM_OK && f->datasets->config.standings != NULL) {
        err = sym_standings_forget_of(f->datasets->config.standings, t,
                                      sym_span_text(f->before->name));
    }
    if (err == SYM_OK) {
        err = sym_dataset_put(t, &f->after);
    }
    return err == SYM_OK
               ? sym_dataset_say(
                     f->datasets, t, f->author, SYM_ENTRY_FORGOTTEN, "record-forgotten", &f->after,
                     f->before->records - f->after.records,
                     "records=%llu tokens=%llu results=%llu published=%llu",
                     (unsigned long long)(f->before->records - f->after.records),
                     (unsigned long long)(f->before->tokens[SYM_TOKEN_NONE] -
                                          f->after.tokens[SYM_TOKEN_NONE]),
                     (unsigned long long)f->gone.results,
                     (unsigned long long)(f->before->snapshot_records - f->after.snapshot_records))
               : err;
}

static enum sym_err find_and_forget(struct forgetting *f, struct sym_fault *fault)
{
    struct sym_datasets *d = f->datasets;
    const char *name = f->before->name;
    enum sym_err err = sym_store_read(d->config.store, look_fn, f);
    bool looked = err == SYM_OK;
    if (looked) {
        err = sym_store_write(d->config.store, forget_fn, f);
    }
    if (looked && err == SYM_NOT_FOUND) {
        return sym_fail(fault, err,
                        "dataset %s: has no record of this id, nor has a result; ids are those of "
                        "the column that the profile names",
                        name);
    }
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err, "dataset %s: it %s; nothing was forgotten", name,
                                    sym_err_text(err));
}

enum sym_err sym_datasets_forget(struct sym_datasets *d, struct sym_dataset_forgotten *out,
                                 const struct sym_dataset_forget *asked,
                                 const struct sym_author *author, struct sym_fault *fault)
{
    size_t at = 0;
    enum sym_err err = sym_datasets_find(d, &at, asked->name, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_dataset *s = d->items[at];
    struct forgetting f = {.datasets = d,
                           .before = s,
                           .author = author,
                           .record = asked->record,
                           .wall_ms = sym_wall_ms()};
    f.segments = s->segments + (snapshot_is_apart(s) ? s->snapshot_segments : 0);
    f.concerned = calloc(1, (size_t)f.segments + 1);
    if (f.concerned == NULL || sym_columns_new(&f.columns) != SYM_OK) {
        free(f.concerned);
        return sym_fail(fault, SYM_NO_MEMORY, "dataset %s: no memory to read it", s->name);
    }
    err = find_and_forget(&f, fault);
    sym_columns_clear(&f.columns);
    free(f.concerned);
    if (err != SYM_OK) {
        return err;
    }
    out->records = s->records - f.after.records;
    out->tokens = s->tokens[SYM_TOKEN_NONE] - f.after.tokens[SYM_TOKEN_NONE];
    out->results = f.gone.results;
    out->published_records = s->snapshot_records - f.after.snapshot_records;
    *s = f.after;
    sym_contents_cancel(d, sym_span_text(s->name));
    return sym_datasets_erase(d, s, "changed", fault);
}
