#include "node/data/results.h"

#include <stdlib.h>
#include <string.h>

#define DOMAIN     "result/"
#define KEY_BYTES  (sizeof DOMAIN - 1 + SYM_EXCHANGE_ID_BYTES + 4u)
#define HEAD_BYTES 8u

/* A key of the vault: domain, id, page. The prefix of a result is all but the page. */
static struct sym_span page_key(uint8_t out[KEY_BYTES], struct sym_span id, uint32_t page)
{
    struct sym_writer w = sym_writer(out, KEY_BYTES);
    sym_write_span(&w, sym_span_text(DOMAIN));
    sym_write_span(&w, id);
    sym_write_u32(&w, page);
    return sym_span(out, w.len);
}

static struct sym_span prefix_of(uint8_t out[KEY_BYTES], struct sym_span id)
{
    struct sym_span key = page_key(out, id, 0);
    return sym_span(key.data, key.len - 4);
}

/* Writing --------------------------------------------------------------------------------------
 */

enum sym_err sym_result_rows_add(struct sym_result_rows *rows, struct sym_span id, uint64_t types)
{
    if (rows->n == SYM_RESULT_ROWS_MAX) {
        return SYM_LIMIT;
    }
    if (id.len > SYM_RECORD_ID_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    rows->id_lengths[rows->n] = (uint8_t)id.len;
    sym_put_u64(rows->types + 8 * rows->n, types);
    memcpy(rows->ids + rows->ids_len, id.data, id.len);
    rows->ids_len += id.len;
    rows->n++;
    return SYM_OK;
}

static enum sym_err encode_page(struct sym_secret *value, const struct sym_result_rows *rows)
{
    enum sym_err err = sym_secret_new(value, HEAD_BYTES + 9 * rows->n + rows->ids_len);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_span out;
    struct sym_writer w = sym_writer(value->data, value->len);
    sym_write_u32(&w, (uint32_t)rows->n);
    sym_write_u32(&w, (uint32_t)rows->ids_len);
    sym_write_bytes(&w, rows->id_lengths, rows->n);
    sym_write_bytes(&w, rows->types, 8 * rows->n);
    sym_write_bytes(&w, rows->ids, rows->ids_len);
    err = sym_write_end(&w, &out);
    if (err != SYM_OK) {
        sym_secret_clear(value);
    }
    return err;
}

enum sym_err sym_result_pages_add(struct sym_result_pages *pages,
                                  const struct sym_result_rows *rows)
{
    enum sym_err err =
        pages->n < SYM_RESULT_PAGES_MAX ? encode_page(&pages->values[pages->n], rows) : SYM_LIMIT;
    pages->n += err == SYM_OK;
    return err;
}

void sym_result_pages_clear(struct sym_result_pages *pages)
{
    for (size_t i = 0; i < pages->n; i++) {
        sym_secret_clear(&pages->values[i]);
    }
    pages->first += (uint32_t)pages->n;
    pages->n = 0;
}

struct put {
    struct sym_results *r;
    struct sym_span id;
    const struct sym_result_pages *pages;
};

/* The table names the results there are, as the vault cannot be listed. */
static enum sym_err put_pages(struct sym_transaction *t, void *context)
{
    const struct put *p = context;
    uint8_t key[KEY_BYTES];
    uint8_t count[4];
    struct sym_writer w = sym_writer(count, sizeof count);
    sym_write_u32(&w, p->pages->first + (uint32_t)p->pages->n);
    enum sym_err err = sym_store_put(t, SYM_TABLE_RESULTS, p->id, sym_span(count, sizeof count));
    for (uint32_t i = 0; err == SYM_OK && i < p->pages->n; i++) {
        err = sym_vault_put(p->r->vault, t, page_key(key, p->id, p->pages->first + i),
                            sym_secret_span(&p->pages->values[i]));
    }
    return err;
}

enum sym_err sym_results_put(struct sym_results *r, struct sym_span id,
                             struct sym_result_pages *pages)
{
    struct put p = {.r = r, .id = id, .pages = pages};
    enum sym_err err = pages->n > 0 ? sym_store_write(r->store, put_pages, &p) : SYM_OK;
    if (err == SYM_OK) {
        sym_result_pages_clear(pages);
    }
    return err;
}

/* Reading --------------------------------------------------------------------------------------
 */

/* Pages that follow one another, as many as one answer takes. */
struct get {
    struct sym_results *r;
    struct sym_span id;
    uint32_t first;
    uint32_t pages; /* of the whole result */
    struct sym_secret values[SYM_RESULT_ANSWER_PAGES_MAX];
    size_t n;
    size_t bytes;
};

static enum sym_err count_pages(uint32_t *out, struct sym_transaction *t, struct sym_span id)
{
    SYM_SECRET_AUTO pages = {0};
    enum sym_err err = sym_store_get(t, SYM_TABLE_RESULTS, id, &pages);
    if (err == SYM_OK) {
        struct sym_reader in = sym_reader(sym_secret_span(&pages));
        *out = sym_read_u32(&in);
        err = sym_read_end(&in);
    }
    return err;
}

static void clear_values(struct get *g)
{
    while (g->n > 0) {
        sym_secret_clear(&g->values[--g->n]);
    }
    g->bytes = 0;
}

static enum sym_err get_pages(struct sym_transaction *t, void *context)
{
    struct get *g = context;
    uint8_t key[KEY_BYTES];
    clear_values(g);
    enum sym_err err = count_pages(&g->pages, t, g->id);
    if (err == SYM_OK && g->first >= g->pages) {
        err = SYM_NOT_FOUND;
    }
    while (err == SYM_OK && g->n < SYM_RESULT_ANSWER_PAGES_MAX && g->first + g->n < g->pages) {
        struct sym_secret *value = &g->values[g->n];
        err = sym_vault_get(g->r->vault, t, page_key(key, g->id, g->first + (uint32_t)g->n), value);
        if (err == SYM_OK && g->bytes + value->len > SYM_RESULT_ANSWER_BYTES_MAX) {
            sym_secret_clear(value); /* the next answer begins with it */
            break;
        }
        if (err == SYM_OK) {
            g->bytes += value->len;
            g->n++;
        }
    }
    return err;
}

/* Passes over the first `skip` rows of the page. */
static enum sym_err read_rows(struct sym_result_page *out, struct sym_span value, size_t skip)
{
    struct sym_reader in = sym_reader(value);
    size_t n = sym_read_u32(&in);
    size_t ids_len = sym_read_u32(&in);
    struct sym_span lengths = sym_read_span(&in, n);
    struct sym_span types = sym_read_span(&in, n <= SYM_RESULT_ROWS_MAX ? 8 * n : in.left + 1);
    struct sym_span ids = sym_read_span(&in, ids_len);
    enum sym_err err = sym_read_end(&in);
    if (err != SYM_OK) {
        return err;
    }
    size_t before = 0;
    for (size_t i = 0; i < skip && i < n; i++) {
        before += lengths.data[i];
    }
    if (skip >= n || before > ids.len) {
        return SYM_NOT_FOUND;
    }
    out->id_lengths = sym_span(lengths.data + skip, n - skip);
    out->types = sym_span(types.data + 8 * skip, 8 * (n - skip));
    out->ids = sym_span(ids.data + before, ids.len - before);
    return SYM_OK;
}

static uint8_t *append(uint8_t *to, struct sym_span bytes)
{
    memcpy(to, bytes.data, bytes.len);
    return to + bytes.len;
}

/* The rows of the pages behind one another, but for the first `skip`. */
static enum sym_err join_pages(struct sym_secret *value, struct sym_result_page *out,
                               const struct get *g, size_t skip)
{
    struct sym_result_page parts[SYM_RESULT_ANSWER_PAGES_MAX];
    size_t rows = 0;
    size_t ids_len = 0;
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < g->n; i++) {
        err = read_rows(&parts[i], sym_secret_span(&g->values[i]), i == 0 ? skip : 0);
        if (err == SYM_OK) {
            rows += parts[i].id_lengths.len;
            ids_len += parts[i].ids.len;
        }
    }
    if (err == SYM_OK) {
        err = sym_secret_new(value, 9 * rows + ids_len);
    }
    if (err != SYM_OK) {
        return err;
    }
    uint8_t *lengths = value->data;
    uint8_t *types = lengths + rows;
    uint8_t *ids = types + 8 * rows;
    out->id_lengths = sym_span(lengths, rows);
    out->types = sym_span(types, 8 * rows);
    out->ids = sym_span(ids, ids_len);
    for (size_t i = 0; i < g->n; i++) {
        lengths = append(lengths, parts[i].id_lengths);
        types = append(types, parts[i].types);
        ids = append(ids, parts[i].ids);
    }
    return SYM_OK;
}

enum sym_err sym_results_get(struct sym_results *r, struct sym_secret *value,
                             struct sym_result_page *out, struct sym_span id, uint64_t first)
{
    if (first / SYM_RESULT_ROWS_MAX >= UINT32_MAX) {
        return SYM_NOT_FOUND;
    }
    struct get g = {.r = r, .id = id, .first = (uint32_t)(first / SYM_RESULT_ROWS_MAX)};
    enum sym_err err = sym_store_read(r->store, get_pages, &g);
    if (err == SYM_OK) {
        err = join_pages(value, out, &g, first % SYM_RESULT_ROWS_MAX);
    }
    if (err == SYM_OK) {
        out->first = first;
        out->more = g.first + g.n < g.pages;
    }
    clear_values(&g);
    return err;
}

enum sym_err sym_results_count(const struct sym_results *r, struct sym_transaction *t,
                               struct sym_span id, uint64_t *records)
{
    SYM_SECRET_AUTO last = {0};
    uint8_t key[KEY_BYTES];
    uint32_t pages = 0;
    uint64_t n = 0;
    enum sym_err err = count_pages(&pages, t, id);
    if (err == SYM_OK && pages > 0) {
        struct sym_result_page page = {.first = 0};
        err = sym_vault_get(r->vault, t, page_key(key, id, pages - 1), &last);
        if (err == SYM_OK) {
            err = read_rows(&page, sym_secret_span(&last), 0);
        }
        err = err == SYM_NOT_FOUND ? SYM_BAD_FORMAT : err; /* no page is empty */
        n = (uint64_t)(pages - 1) * SYM_RESULT_ROWS_MAX + page.id_lengths.len;
    }
    if (err == SYM_OK) {
        *records = n;
    }
    return err;
}

/* Erasing --------------------------------------------------------------------------------------
 */

enum sym_err sym_results_drop(const struct sym_results *r, struct sym_transaction *t,
                              struct sym_span id)
{
    uint8_t key[KEY_BYTES];
    enum sym_err err = sym_store_has(t, SYM_TABLE_RESULTS, id);
    if (err == SYM_NOT_FOUND) {
        return SYM_OK;
    }
    if (err == SYM_OK) {
        err = sym_store_delete(t, SYM_TABLE_RESULTS, id);
    }
    return err == SYM_OK ? sym_vault_delete(r->vault, t, prefix_of(key, id)) : err;
}

struct drop {
    const struct sym_results *r;
    struct sym_span id;
};

static enum sym_err drop_fn(struct sym_transaction *t, void *context)
{
    const struct drop *d = context;
    return sym_results_drop(d->r, t, d->id);
}

enum sym_err sym_results_forget(struct sym_results *r, struct sym_span id, struct sym_fault *fault)
{
    struct drop d = {.r = r, .id = id};
    enum sym_err err = sym_store_write(r->store, drop_fn, &d);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "result: could not be erased: the store %s; try again",
                        sym_err_text(err));
    }
    return sym_vault_sweep(r->vault, fault);
}

struct ids {
    uint8_t (*items)[SYM_EXCHANGE_ID_BYTES];
    size_t n;
    size_t room;
};

static enum sym_err add_id(void *context, struct sym_span key, struct sym_span value)
{
    struct ids *all = context;
    (void)value;
    if (key.len != SYM_EXCHANGE_ID_BYTES) {
        return SYM_BAD_FORMAT;
    }
    if (all->n == all->room) {
        size_t room = all->room > 0 ? 2 * all->room : 64;
        void *items = realloc(all->items, room * sizeof *all->items);
        if (items == NULL) {
            return SYM_NO_MEMORY;
        }
        all->items = items;
        all->room = room;
    }
    memcpy(all->items[all->n++], key.data, key.len);
    return SYM_OK;
}

static enum sym_err list_ids(struct sym_transaction *t, void *context)
{
    struct ids *all = context;
    all->n = 0;
    return sym_store_each(t, SYM_TABLE_RESULTS, add_id, all);
}

/* Erasing what came from a dataset -------------------------------------------------------------
 */

/* One result without a record: its pages are read, and written again from the first on that names
 * it, none of them later than the one that was read. */
struct cut {
    struct sym_results *r;
    struct sym_transaction *t;
    struct sym_span id;
    struct sym_span record;
    uint32_t pages;   /* as they are now */
    uint32_t written; /* so far */
    bool changing;    /* the record was met */
    uint64_t gone;
    struct sym_result_rows rows; /* of the page that is being filled */
};

static enum sym_err write_page(struct cut *c)
{
    SYM_SECRET_AUTO value = {0};
    uint8_t key[KEY_BYTES];
    enum sym_err err = encode_page(&value, &c->rows);
    if (err == SYM_OK) {
        err = sym_vault_put(c->r->vault, c->t, page_key(key, c->id, c->written),
                            sym_secret_span(&value));
    }
    sym_wipe(&c->rows, sizeof c->rows);
    c->written++;
    return err;
}

static enum sym_err keep_row(struct cut *c, struct sym_span id, uint64_t types)
{
    enum sym_err err = sym_result_rows_add(&c->rows, id, types);
    if (err == SYM_LIMIT) {
        err = write_page(c);
        err = err == SYM_OK ? sym_result_rows_add(&c->rows, id, types) : err;
    }
    return err;
}

static bool names(const struct sym_result_page *page, struct sym_span record)
{
    const uint8_t *at = page->ids.data;
    for (size_t i = 0; i < page->id_lengths.len; i++) {
        if (sym_span_equal(sym_span(at, page->id_lengths.data[i]), record)) {
            return true;
        }
        at += page->id_lengths.data[i];
    }
    return false;
}

static enum sym_err cut_rows(struct cut *c, const struct sym_result_page *page)
{
    const uint8_t *at = page->ids.data;
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < page->id_lengths.len; i++) {
        struct sym_span id = sym_span(at, page->id_lengths.data[i]);
        at += id.len;
        if (sym_span_equal(id, c->record)) {
            c->gone++;
        } else {
            err = keep_row(c, id, sym_get_u64(page->types.data + 8 * i));
        }
    }
    return err;
}

static enum sym_err cut_page(struct cut *c, uint32_t number)
{
    SYM_SECRET_AUTO value = {0};
    uint8_t key[KEY_BYTES];
    struct sym_result_page page = {.first = 0};
    enum sym_err err = sym_vault_get(c->r->vault, c->t, page_key(key, c->id, number), &value);
    if (err == SYM_OK) {
        err = read_rows(&page, sym_secret_span(&value), 0);
    }
    if (err != SYM_OK) {
        return err == SYM_NOT_FOUND ? SYM_BAD_FORMAT : err; /* no page is empty */
    }
    if (!c->changing && !names(&page, c->record)) {
        c->written = number + 1;
        return SYM_OK;
    }
    c->changing = true;
    return cut_rows(c, &page);
}

static enum sym_err finish_cut(struct cut *c)
{
    uint8_t key[KEY_BYTES];
    uint8_t pages[4];
    struct sym_writer w = sym_writer(pages, sizeof pages);
    enum sym_err err = c->rows.n > 0 ? write_page(c) : SYM_OK;
    for (uint32_t i = c->written; err == SYM_OK && i < c->pages; i++) {
        err = sym_vault_delete(c->r->vault, c->t, page_key(key, c->id, i));
    }
    sym_write_u32(&w, c->written);
    return err == SYM_OK
               ? sym_store_put(c->t, SYM_TABLE_RESULTS, c->id, sym_span(pages, sizeof pages))
               : err;
}

static enum sym_err cut_result(struct cut *c)
{
    enum sym_err err = count_pages(&c->pages, c->t, c->id);
    for (uint32_t i = 0; err == SYM_OK && i < c->pages; i++) {
        err = cut_page(c, i);
    }
    if (err == SYM_OK && c->changing) {
        err = finish_cut(c);
    }
    sym_wipe(&c->rows, sizeof c->rows);
    return err;
}

/* One result: the history follows, where it tells of the result already. */
static enum sym_err forget_in(struct cut *c, struct sym_span dataset, struct sym_results_gone *gone)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry entry;
    enum sym_err err = sym_history_read(c->t, &arena, &entry, c->id);
    if (err != SYM_OK || !sym_span_equal(entry.mine, dataset)) {
        return err == SYM_NOT_FOUND ? SYM_OK : err;
    }
    bool all = c->record.len == 0;
    err = all ? sym_results_drop(c->r, c->t, c->id) : cut_result(c);
    if (err != SYM_OK || (!all && c->gone == 0)) {
        return err;
    }
    gone->results++;
    gone->records += all ? entry.records : c->gone;
    if (!entry.has_result) {
        return SYM_OK;
    }
    entry.has_result = !all;
    entry.records -= all || c->gone > entry.records ? entry.records : c->gone;
    return sym_history_put(c->t, &entry);
}

enum sym_err sym_results_forget_of(struct sym_results *r, struct sym_transaction *t,
                                   struct sym_span dataset, struct sym_span record,
                                   struct sym_results_gone *gone)
{
    struct ids all = {0};
    struct cut *c = malloc(sizeof *c);
    *gone = (struct sym_results_gone){.results = 0};
    enum sym_err err = c == NULL ? SYM_NO_MEMORY : list_ids(t, &all);
    for (size_t i = 0; err == SYM_OK && i < all.n; i++) {
        memset(c, 0, sizeof *c);
        c->r = r;
        c->t = t;
        c->id = sym_span(all.items[i], sizeof all.items[i]);
        c->record = record;
        err = forget_in(c, dataset, gone);
    }
    free(all.items);
    free(c);
    return err;
}

/* Opening --------------------------------------------------------------------------------------
 */

static enum sym_err damaged(struct sym_fault *fault, enum sym_err err)
{
    return sym_fail(fault, err, "results: the stored table %s; restore a backup",
                    sym_err_text(err));
}

static enum sym_err drop_unless_kept(struct sym_results *r, struct sym_history *history,
                                     struct sym_span id, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry entry;
    enum sym_err err = sym_history_get(history, &arena, &entry, id);
    if (err != SYM_OK && err != SYM_NOT_FOUND) {
        return damaged(fault, err);
    }
    if (err == SYM_OK && entry.has_result) {
        return SYM_OK;
    }
    err = sym_results_forget(r, id, fault);
    return err == SYM_NO_SPACE
               ? sym_fail(fault, err,
                          "results: what a crash left behind could not be erased: the disk is "
                          "full; make room and start again")
               : err;
}

enum sym_err sym_results_open(struct sym_results *r, struct sym_store *store,
                              struct sym_vault *vault, struct sym_history *history,
                              struct sym_fault *fault)
{
    struct ids all = {0};
    *r = (struct sym_results){.store = store, .vault = vault};
    enum sym_err err = sym_store_read(store, list_ids, &all);
    if (err != SYM_OK) {
        (void)damaged(fault, err);
    }
    for (size_t i = 0; err == SYM_OK && i < all.n; i++) {
        err = drop_unless_kept(r, history, sym_span(all.items[i], sizeof all.items[i]), fault);
    }
    free(all.items);
    return err;
}
