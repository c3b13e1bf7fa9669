#include "node/data/results_state.h"

#include <stdlib.h>
#include <string.h>

static struct sym_span prefix_of(uint8_t out[RESULT_KEY_BYTES], struct sym_span id)
{
    struct sym_span key = sym_result_key(out, id, 0);
    return sym_span(key.data, key.len - 4);
}

enum sym_err sym_results_drop(const struct sym_results *r, struct sym_transaction *t,
                              struct sym_span id)
{
    uint8_t key[RESULT_KEY_BYTES];
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

static enum sym_err has_fn(struct sym_transaction *t, void *context)
{
    const struct sym_span *id = context;
    return sym_store_has(t, SYM_TABLE_RESULTS, *id);
}

bool sym_results_has(const struct sym_results *r, struct sym_span id)
{
    return sym_store_read(r->store, has_fn, &id) != SYM_NOT_FOUND;
}

static enum sym_err add_id(void *context, struct sym_span key, struct sym_span value)
{
    struct result_ids *all = context;
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

enum sym_err sym_result_list_ids(struct sym_transaction *t, void *context)
{
    struct result_ids *all = context;
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
    uint8_t key[RESULT_KEY_BYTES];
    enum sym_err err = sym_result_page_encode(&value, &c->rows);
    if (err == SYM_OK) {
        err = sym_vault_put(c->r->vault, c->t, sym_result_key(key, c->id, c->written),
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
    uint8_t key[RESULT_KEY_BYTES];
    struct sym_result_page page = {.first = 0};
    enum sym_err err = sym_vault_get(c->r->vault, c->t, sym_result_key(key, c->id, number), &value);
    if (err == SYM_OK) {
        err = sym_result_page_read(&page, sym_secret_span(&value), 0);
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
    uint8_t key[RESULT_KEY_BYTES];
    uint8_t pages[4];
    struct sym_writer w = sym_writer(pages, sizeof pages);
    enum sym_err err = c->rows.n > 0 ? write_page(c) : SYM_OK;
    for (uint32_t i = c->written; err == SYM_OK && i < c->pages; i++) {
        err = sym_vault_delete(c->r->vault, c->t, sym_result_key(key, c->id, i));
    }
    sym_write_u32(&w, c->written);
    return err == SYM_OK
               ? sym_store_put(c->t, SYM_TABLE_RESULTS, c->id, sym_span(pages, sizeof pages))
               : err;
}

static enum sym_err cut_result(struct cut *c)
{
    enum sym_err err = sym_result_page_count(&c->pages, c->t, c->id);
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
    struct result_ids all = {0};
    struct cut *c = malloc(sizeof *c);
    *gone = (struct sym_results_gone){.results = 0};
    enum sym_err err = c == NULL ? SYM_NO_MEMORY : sym_result_list_ids(t, &all);
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
