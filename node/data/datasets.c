#include "node/data/datasets.h"

#include "node/data/datasets_state.h"
#include "node/log.h"
#include "node/loop.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The list. */

/* The place of the first that is not before name. */
static size_t place_of(const struct sym_datasets *d, struct sym_span name)
{
    size_t at = 0;
    while (at < d->n && sym_span_compare(sym_span_text(d->items[at]->name), name) < 0) {
        at++;
    }
    return at;
}

static bool is_at(const struct sym_datasets *d, size_t at, struct sym_span name)
{
    return at < d->n && sym_span_equal(sym_span_text(d->items[at]->name), name);
}

struct sym_dataset *sym_datasets_named(const struct sym_datasets *d, struct sym_span name)
{
    size_t at = place_of(d, name);
    return is_at(d, at, name) ? d->items[at] : NULL;
}

const struct sym_dataset *sym_datasets_imported(const struct sym_datasets *d, struct sym_span id)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct sym_dataset *s = d->items[i];
        if (s->has_import && sym_span_equal(sym_span(s->import, sizeof s->import), id)) {
            return s;
        }
    }
    return NULL;
}

void sym_datasets_place(struct sym_datasets *d, struct sym_dataset *fresh)
{
    struct sym_span name = sym_span_text(fresh->name);
    size_t at = place_of(d, name);
    if (is_at(d, at, name)) {
        free(d->items[at]);
    } else {
        memmove(&d->items[at + 1], &d->items[at], (d->n - at) * sizeof(struct sym_dataset *));
        d->n++;
    }
    d->items[at] = fresh;
}

static void remove_at(struct sym_datasets *d, size_t at)
{
    free(d->items[at]);
    d->n--;
    memmove(&d->items[at], &d->items[at + 1], (d->n - at) * sizeof(struct sym_dataset *));
}

size_t sym_datasets_count(const struct sym_datasets *d)
{
    return d->n;
}

void sym_datasets_row(const struct sym_datasets *d, size_t at, struct sym_dataset_row *row)
{
    sym_dataset_row_of(d->items[at], row);
}

enum sym_err sym_datasets_find(const struct sym_datasets *d, size_t *at, struct sym_span name,
                               struct sym_fault *fault)
{
    size_t found = place_of(d, name);
    if (!is_at(d, found, name)) {
        return sym_fail(
            fault, SYM_NOT_FOUND,
            "dataset %.*s: does not exist; \"symbolon dataset list\" names those that do",
            (int)name.len, (const char *)name.data);
    }
    *at = found;
    return SYM_OK;
}

/* What nothing refers to. */

struct litter {
    struct sym_datasets *datasets;
    bool remove; /* otherwise only looks */
    bool found;
};

/* How many segments of this content are referred to, from its first on. */
static uint32_t count_referred(const struct sym_datasets *d, const uint8_t *content)
{
    uint32_t count = sym_content_held(d, content);
    for (size_t i = 0; i < SYM_IMPORTS_MAX; i++) {
        if (d->imports[i] != NULL &&
            sym_equal(d->imports[i]->added.content, content, SYM_CONTENT_ID_BYTES)) {
            return UINT32_MAX;
        }
    }
    for (size_t i = 0; i < d->n; i++) {
        const struct sym_dataset *s = d->items[i];
        if (s->segments > count && sym_equal(s->content, content, SYM_CONTENT_ID_BYTES)) {
            count = s->segments;
        }
        if (s->has_snapshot && s->snapshot_segments > count &&
            sym_equal(s->snapshot, content, SYM_CONTENT_ID_BYTES)) {
            count = s->snapshot_segments;
        }
    }
    return count;
}

/* One step of the walk: removes the segment under key, or goes behind those that are referred to.
 */
static enum sym_err collect_at(struct sym_transaction *t, struct litter *l,
                               uint8_t key[SYM_STORE_KEY_BYTES], size_t len)
{
    struct sym_reader r = sym_reader(sym_span(key, len));
    uint8_t content[SYM_CONTENT_ID_BYTES];
    (void)sym_read_span(&r, sizeof SYM_SEGMENT_DOMAIN - 1);
    sym_read_bytes(&r, content, sizeof content);
    uint32_t number = sym_read_u32(&r);
    if (sym_read_end(&r) != SYM_OK) {
        return SYM_BAD_FORMAT;
    }
    uint32_t referred = count_referred(l->datasets, content);
    if (number < referred) {
        (void)sym_segment_key(key, content, referred - 1);
        return SYM_OK;
    }
    l->found = true;
    return l->remove ? sym_vault_delete(l->datasets->config.vault, t, sym_span(key, len)) : SYM_OK;
}

static enum sym_err walk_litter(struct sym_transaction *t, void *context)
{
    struct litter *l = context;
    uint8_t key[SYM_STORE_KEY_BYTES] = SYM_SEGMENT_DOMAIN;
    size_t len = sizeof SYM_SEGMENT_DOMAIN - 1;
    struct sym_span domain = sym_span_text(SYM_SEGMENT_DOMAIN);
    enum sym_err err = SYM_OK;
    l->found = false;
    while (err == SYM_OK && (l->remove || !l->found)) {
        err = sym_vault_next(l->datasets->config.vault, t, sym_span(key, len), key, &len);
        if (err == SYM_NOT_FOUND ||
            (err == SYM_OK &&
             (len < domain.len || !sym_span_equal(sym_span(key, domain.len), domain)))) {
            return SYM_OK;
        }
        err = err == SYM_OK ? collect_at(t, l, key, len) : err;
    }
    return err;
}

/* Erases what nothing refers to: no dataset, import or hold. */
static enum sym_err collect(struct sym_datasets *d, struct sym_fault *fault)
{
    struct litter l = {.datasets = d};
    enum sym_err err = sym_store_read(d->config.store, walk_litter, &l);
    if (err == SYM_OK && l.found) {
        l.remove = true;
        err = sym_store_write(d->config.store, walk_litter, &l);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "datasets: what is no longer used could not be erased: it %s",
                        sym_err_text(err));
    }
    return sym_vault_sweep(d->config.vault, fault);
}

static void note_litter(struct sym_datasets *d, const struct sym_fault *fault)
{
    d->litter = true;
    sym_log(SYM_LEVEL_WARN, "erasure-delayed", "reason", fault->text, NULL);
}

void sym_datasets_sweep(struct sym_datasets *d)
{
    struct sym_fault fault = {.text = ""};
    if (sym_vault_sweep(d->config.vault, &fault) != SYM_OK) {
        note_litter(d, &fault);
    }
}

enum sym_err sym_datasets_erase(struct sym_datasets *d, const struct sym_dataset *s,
                                const char *done, struct sym_fault *fault)
{
    struct sym_fault delayed = {.text = ""};
    enum sym_err err = collect(d, &delayed);
    if (err == SYM_OK) {
        return SYM_OK;
    }
    note_litter(d, &delayed);
    return sym_fail(
        fault, err,
        "dataset %s: was %s, but can still be recovered from the disk: it %s; make room, "
        "and the node erases it within a minute, or at its next start",
        s->name, done, sym_err_text(err));
}

void sym_datasets_tidy(struct sym_datasets *d)
{
    struct sym_fault fault = {.text = ""};
    sym_imports_expire(d);
    if (d->litter) {
        d->litter = false;
        if (collect(d, &fault) != SYM_OK) {
            note_litter(d, &fault);
        }
    }
}

/* Opening. */

static enum sym_err load_one(void *context, struct sym_span key, struct sym_span value)
{
    struct sym_datasets *d = context;
    if (d->n >= SYM_DATASETS_MAX) {
        return SYM_LIMIT;
    }
    struct sym_dataset *s = malloc(sizeof *s);
    enum sym_err err = s == NULL ? SYM_NO_MEMORY : sym_dataset_read(s, key, value);
    if (err != SYM_OK) {
        free(s);
        return err;
    }
    sym_datasets_place(d, s);
    return SYM_OK;
}

static enum sym_err load_all(struct sym_transaction *t, void *context)
{
    return sym_store_each(t, SYM_TABLE_DATASETS, load_one, context);
}

enum sym_err sym_datasets_open(struct sym_datasets **out, const struct sym_datasets_config *config,
                               struct sym_fault *fault)
{
    struct sym_datasets *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "datasets: no memory");
    }
    d->config.store = config->store;
    d->config.vault = config->vault;
    d->config.results = config->results;
    d->config.standings = config->standings;
    d->config.log = config->log;
    d->config.now_ms = config->now_ms == NULL ? sym_now_ms : config->now_ms;
    enum sym_err err = sym_store_read(config->store, load_all, d);
    if (err == SYM_OK) {
        err = collect(d, fault);
    } else {
        (void)sym_fail(fault, err, "datasets: the stored table %s; restore a backup",
                       sym_err_text(err));
    }
    if (err != SYM_OK) {
        sym_datasets_close(d);
        return err;
    }
    *out = d;
    return SYM_OK;
}

void sym_datasets_close(struct sym_datasets *d)
{
    if (d == NULL) {
        return;
    }
    sym_imports_clear(d);
    for (size_t i = 0; i < d->n; i++) {
        free(d->items[i]);
    }
    free(d);
}

/* Publishing and dropping. */

struct change {
    struct sym_datasets *datasets;
    const struct sym_author *author;
    struct sym_dataset after;
    uint64_t wall_ms;
};

enum sym_err sym_dataset_say(const struct sym_datasets *d, struct sym_transaction *t,
                             const struct sym_author *author, enum sym_entry_kind kind,
                             const char *event, const struct sym_dataset *about, uint64_t count,
                             const char *format, ...)
{
    char words[SYM_DETAIL_BYTES_MAX + 1];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(words, sizeof words, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof words) {
        return SYM_TOO_LONG;
    }
    const struct sym_entry_body body = {.event = sym_span_text(event),
                                        .subject = sym_span_text(about->name),
                                        .detail = sym_span_text(words),
                                        .count = count};
    const struct sym_entry entry = {.kind = kind, .author = author, .body = &body};
    return sym_log_append(d->config.log, t, &entry, NULL);
}

/* Publishes what a dataset of incidents or aggregates holds; true: an earlier snapshot is no longer
 * referred to. */
static bool take_snapshot(struct sym_dataset *s)
{
    if (s->kind == SYM_DATASET_IDENTIFIERS) {
        return false;
    }
    bool leaves = s->has_snapshot && !sym_equal(s->snapshot, s->content, sizeof s->snapshot);
    s->has_snapshot = true;
    memcpy(s->snapshot, s->content, sizeof s->snapshot);
    s->snapshot_segments = s->segments;
    s->snapshot_records = s->records;
    return leaves;
}

static enum sym_err publish_fn(struct sym_transaction *t, void *context)
{
    struct change *c = context;
    enum sym_err err = sym_dataset_put(t, &c->after);
    return err == SYM_OK ? sym_dataset_say(c->datasets, t, c->author, SYM_ENTRY_PUBLISHED,
                                           "dataset-published", &c->after, c->after.records,
                                           "epoch=%llu", (unsigned long long)c->after.epoch)
                         : err;
}

bool sym_datasets_is_outdated(const struct sym_datasets *d, size_t at)
{
    const struct sym_dataset *s = d->items[at];
    return s->kind == SYM_DATASET_IDENTIFIERS && s->canon_version != SYM_CANON_VERSION;
}

void sym_datasets_basis(const struct sym_datasets *d, size_t at, uint8_t out[SYM_DIGEST_BYTES])
{
    const struct sym_dataset *s = d->items[at];
    uint8_t numbers[8 * (6 + SYM_TOKEN_TYPE_COUNT)];
    struct sym_writer w = sym_writer(numbers, sizeof numbers);
    sym_write_u64(&w, s->segments);
    sym_write_u64(&w, s->records);
    sym_write_u64(&w, s->epoch);
    sym_write_u64(&w, s->imported_ms);
    sym_write_u64(&w, s->published_ms);
    for (size_t i = 0; i < SYM_TOKEN_TYPE_COUNT; i++) {
        sym_write_u64(&w, s->tokens[i]);
    }
    if (s->has_snapshot) {
        sym_write_u64(&w, s->snapshot_records);
    }
    const struct sym_span parts[] = {sym_span(s->content, sizeof s->content),
                                     sym_span(numbers, w.len)};
    sym_digest(out, "symbolon-basis-1", parts, 2);
}

uint64_t sym_datasets_tokens(const struct sym_datasets *d, size_t at, enum sym_token_type type)
{
    return d->items[at]->tokens[type];
}

void sym_datasets_go_beyond(struct sym_datasets *d, struct sym_span name, uint64_t epoch)
{
    size_t at = 0;
    if (sym_datasets_find(d, &at, name, NULL) == SYM_OK && d->items[at]->epoch < epoch) {
        d->items[at]->epoch = epoch;
    }
}

enum sym_err sym_datasets_publish(struct sym_datasets *d, size_t *at, struct sym_span name,
                                  const struct sym_author *author, struct sym_fault *fault)
{
    size_t place = 0;
    enum sym_err err = sym_datasets_find(d, &place, name, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct change c = {
        .datasets = d, .author = author, .after = *d->items[place], .wall_ms = sym_wall_ms()};
    c.after.epoch++;
    c.after.published_ms = c.wall_ms;
    bool leaves = take_snapshot(&c.after);
    err = sym_store_write(d->config.store, publish_fn, &c);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "dataset %s: it %s; nothing was published", c.after.name,
                        sym_err_text(err));
    }
    *d->items[place] = c.after;
    *at = place;
    if (leaves) {
        d->litter = true;
        sym_datasets_tidy(d);
    }
    return SYM_OK;
}

static enum sym_err drop_fn(struct sym_transaction *t, void *context)
{
    struct change *c = context;
    uint8_t key[SYM_SEGMENT_KEY_BYTES];
    struct sym_datasets *d = c->datasets;
    enum sym_err err = sym_store_delete(t, SYM_TABLE_DATASETS, sym_span_text(c->after.name));
    if (err == SYM_OK) {
        err = sym_vault_delete(d->config.vault, t, sym_content_prefix(key, c->after.content));
    }
    if (err == SYM_OK && c->after.has_snapshot) {
        err = sym_vault_delete(d->config.vault, t, sym_content_prefix(key, c->after.snapshot));
    }
    struct sym_results_gone gone = {.results = 0};
    if (err == SYM_OK && d->config.standings != NULL) {
        err = sym_standings_forget_of(d->config.standings, t, sym_span_text(c->after.name));
    }
    if (err == SYM_OK && d->config.results != NULL) {
        err = sym_results_forget_of(d->config.results, t, sym_span_text(c->after.name),
                                    sym_span(NULL, 0), &gone);
    }
    return err == SYM_OK
               ? sym_dataset_say(d, t, c->author, SYM_ENTRY_DROPPED, "dataset-dropped", &c->after,
                                 c->after.records, "records=%llu tokens=%llu results=%llu",
                                 (unsigned long long)c->after.records,
                                 (unsigned long long)c->after.tokens[SYM_TOKEN_NONE],
                                 (unsigned long long)gone.results)
               : err;
}

enum sym_err sym_datasets_drop(struct sym_datasets *d, struct sym_span name,
                               const struct sym_author *author, struct sym_fault *fault)
{
    size_t place = 0;
    enum sym_err err = sym_datasets_find(d, &place, name, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct change c = {
        .datasets = d, .author = author, .after = *d->items[place], .wall_ms = sym_wall_ms()};
    err = sym_store_write(d->config.store, drop_fn, &c);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "dataset %s: it %s; nothing was dropped", c.after.name,
                        sym_err_text(err));
    }
    remove_at(d, place);
    sym_contents_cancel(d, sym_span_text(c.after.name));
    sym_imports_drop(d, sym_span_text(c.after.name));
    return sym_datasets_erase(d, &c.after, "dropped", fault);
}
