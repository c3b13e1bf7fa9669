#include "node/core/results.h"

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

struct put {
    struct sym_results *r;
    struct sym_span id;
    uint32_t page;
    struct sym_span value;
};

/* The table names the results there are, as the vault cannot be listed. */
static enum sym_err put_page(struct sym_transaction *t, void *context)
{
    const struct put *p = context;
    uint8_t key[KEY_BYTES];
    uint8_t pages[4];
    struct sym_writer w = sym_writer(pages, sizeof pages);
    sym_write_u32(&w, p->page + 1);
    enum sym_err err = sym_store_put(t, SYM_TABLE_RESULTS, p->id, sym_span(pages, sizeof pages));
    return err == SYM_OK ? sym_vault_put(p->r->vault, t, page_key(key, p->id, p->page), p->value)
                         : err;
}

enum sym_err sym_results_put(struct sym_results *r, struct sym_span id, uint32_t page,
                             const struct sym_result_rows *rows)
{
    SYM_SECRET_AUTO value = {0};
    enum sym_err err = sym_secret_new(&value, HEAD_BYTES + 9 * rows->n + rows->ids_len);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_writer w = sym_writer(value.data, value.len);
    sym_write_u32(&w, (uint32_t)rows->n);
    sym_write_u32(&w, (uint32_t)rows->ids_len);
    sym_write_bytes(&w, rows->id_lengths, rows->n);
    sym_write_bytes(&w, rows->types, 8 * rows->n);
    sym_write_bytes(&w, rows->ids, rows->ids_len);
    struct put p = {.r = r, .id = id, .page = page};
    err = sym_write_end(&w, &p.value);
    return err == SYM_OK ? sym_store_write(r->store, put_page, &p) : err;
}

/* Reading --------------------------------------------------------------------------------------
 */

struct get {
    struct sym_results *r;
    struct sym_secret *value;
    struct sym_span id;
    uint32_t page;
    uint32_t pages;
};

static enum sym_err get_page(struct sym_transaction *t, void *context)
{
    struct get *g = context;
    SYM_SECRET_AUTO pages = {0};
    uint8_t key[KEY_BYTES];
    enum sym_err err = sym_store_get(t, SYM_TABLE_RESULTS, g->id, &pages);
    if (err == SYM_OK) {
        struct sym_reader in = sym_reader(sym_secret_span(&pages));
        g->pages = sym_read_u32(&in);
        err = sym_read_end(&in);
    }
    if (err == SYM_OK) {
        err = g->page < g->pages
                  ? sym_vault_get(g->r->vault, t, page_key(key, g->id, g->page), g->value)
                  : SYM_NOT_FOUND;
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

enum sym_err sym_results_get(struct sym_results *r, struct sym_secret *value,
                             struct sym_result_page *out, struct sym_span id, uint64_t first)
{
    if (first / SYM_RESULT_ROWS_MAX >= UINT32_MAX) {
        return SYM_NOT_FOUND;
    }
    struct get g = {
        .r = r, .value = value, .id = id, .page = (uint32_t)(first / SYM_RESULT_ROWS_MAX)};
    enum sym_err err = sym_store_read(r->store, get_page, &g);
    if (err == SYM_OK) {
        err = read_rows(out, sym_secret_span(value), first % SYM_RESULT_ROWS_MAX);
    }
    if (err == SYM_OK) {
        out->first = first;
        out->more = g.page + 1 < g.pages;
    }
    return err;
}

/* Erasing --------------------------------------------------------------------------------------
 */

struct drop {
    struct sym_results *r;
    struct sym_span id;
    bool dropped;
};

static enum sym_err drop_pages(struct sym_transaction *t, void *context)
{
    struct drop *d = context;
    uint8_t key[KEY_BYTES];
    d->dropped = false;
    enum sym_err err = sym_store_has(t, SYM_TABLE_RESULTS, d->id);
    if (err == SYM_NOT_FOUND) {
        return SYM_OK;
    }
    if (err == SYM_OK) {
        err = sym_store_delete(t, SYM_TABLE_RESULTS, d->id);
    }
    if (err == SYM_OK) {
        err = sym_vault_delete(d->r->vault, t, prefix_of(key, d->id));
    }
    d->dropped = err == SYM_OK;
    return err;
}

enum sym_err sym_results_forget(struct sym_results *r, struct sym_span id, struct sym_fault *fault)
{
    struct drop d = {.r = r, .id = id};
    enum sym_err err = sym_store_write(r->store, drop_pages, &d);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "result: could not be erased: the store %s; try again",
                        sym_err_text(err));
    }
    return d.dropped ? sym_vault_sweep(r->vault, fault) : SYM_OK;
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

static enum sym_err drop_unless_kept(struct sym_results *r, struct sym_history *history,
                                     struct sym_span id, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry entry;
    enum sym_err err = sym_history_get(history, &arena, &entry, id);
    if (err == SYM_OK && entry.has_result) {
        return SYM_OK;
    }
    return err == SYM_OK || err == SYM_NOT_FOUND ? sym_results_forget(r, id, fault) : err;
}

enum sym_err sym_results_open(struct sym_results *r, struct sym_store *store,
                              struct sym_vault *vault, struct sym_history *history,
                              struct sym_fault *fault)
{
    struct ids all = {0};
    *r = (struct sym_results){.store = store, .vault = vault};
    enum sym_err err = sym_store_read(store, list_ids, &all);
    for (size_t i = 0; err == SYM_OK && i < all.n; i++) {
        err = drop_unless_kept(r, history, sym_span(all.items[i], sizeof all.items[i]), fault);
    }
    free(all.items);
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err, "results: the stored table %s; restore a backup",
                                    sym_err_text(err));
}
