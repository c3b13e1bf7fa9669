#include "node/data/results_state.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES 8u

struct sym_span sym_result_key(uint8_t out[RESULT_KEY_BYTES], struct sym_span id, uint32_t page)
{
    struct sym_writer w = sym_writer(out, RESULT_KEY_BYTES);
    sym_write_span(&w, sym_span_text(RESULT_DOMAIN));
    sym_write_span(&w, id);
    sym_write_u32(&w, page);
    return sym_span(out, w.len);
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

enum sym_err sym_result_page_encode(struct sym_secret *value, const struct sym_result_rows *rows)
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
    enum sym_err err = pages->n < SYM_RESULT_PAGES_MAX
                           ? sym_result_page_encode(&pages->values[pages->n], rows)
                           : SYM_LIMIT;
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
    uint8_t key[RESULT_KEY_BYTES];
    uint8_t count[4];
    struct sym_writer w = sym_writer(count, sizeof count);
    sym_write_u32(&w, p->pages->first + (uint32_t)p->pages->n);
    enum sym_err err = sym_store_put(t, SYM_TABLE_RESULTS, p->id, sym_span(count, sizeof count));
    for (uint32_t i = 0; err == SYM_OK && i < p->pages->n; i++) {
        err = sym_vault_put(p->r->vault, t, sym_result_key(key, p->id, p->pages->first + i),
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

enum sym_err sym_result_page_count(uint32_t *out, struct sym_transaction *t, struct sym_span id)
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
    uint8_t key[RESULT_KEY_BYTES];
    clear_values(g);
    enum sym_err err = sym_result_page_count(&g->pages, t, g->id);
    if (err == SYM_OK && g->first >= g->pages) {
        err = SYM_NOT_FOUND;
    }
    while (err == SYM_OK && g->n < SYM_RESULT_ANSWER_PAGES_MAX && g->first + g->n < g->pages) {
        struct sym_secret *value = &g->values[g->n];
        err = sym_vault_get(g->r->vault, t, sym_result_key(key, g->id, g->first + (uint32_t)g->n),
                            value);
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

enum sym_err sym_result_page_read(struct sym_result_page *out, struct sym_span value, size_t skip)
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
        err = sym_result_page_read(&parts[i], sym_secret_span(&g->values[i]), i == 0 ? skip : 0);
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
    uint8_t key[RESULT_KEY_BYTES];
    uint32_t pages = 0;
    uint64_t n = 0;
    enum sym_err err = sym_result_page_count(&pages, t, id);
    if (err == SYM_OK && pages > 0) {
        struct sym_result_page page = {.first = 0};
        err = sym_vault_get(r->vault, t, sym_result_key(key, id, pages - 1), &last);
        if (err == SYM_OK) {
            err = sym_result_page_read(&page, sym_secret_span(&last), 0);
        }
        err = err == SYM_NOT_FOUND ? SYM_BAD_FORMAT : err; /* no page is empty */
        n = (uint64_t)(pages - 1) * SYM_RESULT_ROWS_MAX + page.id_lengths.len;
    }
    if (err == SYM_OK) {
        *records = n;
    }
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
    struct result_ids all = {0};
    *r = (struct sym_results){.store = store, .vault = vault};
    enum sym_err err = sym_store_read(store, sym_result_list_ids, &all);
    if (err != SYM_OK) {
        (void)damaged(fault, err);
    }
    for (size_t i = 0; err == SYM_OK && i < all.n; i++) {
        err = drop_unless_kept(r, history, sym_span(all.items[i], sizeof all.items[i]), fault);
    }
    free(all.items);
    return err;
}
