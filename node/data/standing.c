#include "node/data/standing.h"

#include "crypto/secret.h"

#include <stdlib.h>
#include <string.h>

#define DOMAIN       "standing/"
#define KEY_BYTES    (sizeof DOMAIN - 1 + SYM_STANDING_ID_BYTES + 4u)
#define RECORD_BYTES 256u
#define VERSION      1u
#define ROWS_MAX     (2u * SYM_STANDING_KEPT_MAX)

/* A key of the vault: domain, list, part; part 0 is the head, part i + 1 block i. The prefix of a
 * list is all but the part. */
static struct sym_span part_key(uint8_t out[KEY_BYTES], const uint8_t *number, uint32_t part)
{
    struct sym_writer w = sym_writer(out, KEY_BYTES);
    sym_write_span(&w, sym_span_text(DOMAIN));
    sym_write_bytes(&w, number, SYM_STANDING_ID_BYTES);
    sym_write_u32(&w, part);
    return sym_span(out, w.len);
}

static struct sym_span prefix_of(uint8_t out[KEY_BYTES], const uint8_t *number)
{
    struct sym_span key = part_key(out, number, 0);
    return sym_span(key.data, key.len - 4);
}

/* Rows -----------------------------------------------------------------------------------------
 */

static struct sym_span write_row(uint8_t out[RECORD_BYTES], const struct sym_standing_row *row)
{
    size_t name = strlen(row->dataset);
    struct sym_writer w = sym_writer(out, RECORD_BYTES);
    sym_write_u8(&w, VERSION);
    sym_write_u8(&w, row->own);
    sym_write_bytes(&w, row->peer.bytes, SYM_NODE_ID_BYTES);
    sym_write_u8(&w, (uint8_t)name);
    sym_write_bytes(&w, row->dataset, name);
    sym_write_u32(&w, row->type);
    sym_write_bytes(&w, row->epoch, sizeof row->epoch);
    sym_write_bytes(&w, row->basis, sizeof row->basis);
    sym_write_u64(&w, row->made_ms);
    sym_write_u64(&w, row->expires_ms);
    sym_write_u64(&w, row->bytes);
    sym_write_u64(&w, row->most);
    sym_write_u64(&w, row->used);
    sym_write_u32(&w, row->list.n);
    sym_write_u32(&w, row->list.bits);
    return sym_span(out, w.len);
}

static void copy(void *to, size_t len, struct sym_reader *r)
{
    struct sym_span bytes = sym_read_span(r, len);
    if (bytes.len == len) {
        memcpy(to, bytes.data, len);
    }
}

static enum sym_err read_row(struct sym_standing_row *row, struct sym_span key,
                             struct sym_span value)
{
    struct sym_reader r = sym_reader(value);
    *row = (struct sym_standing_row){.own = false};
    uint8_t version = sym_read_u8(&r);
    uint8_t own = sym_read_u8(&r);
    copy(row->peer.bytes, SYM_NODE_ID_BYTES, &r);
    size_t name = sym_read_u8(&r);
    if (key.len != sizeof row->number || version != VERSION || own > 1 ||
        name >= sizeof row->dataset) {
        return SYM_BAD_FORMAT;
    }
    memcpy(row->number, key.data, key.len);
    row->own = own == 1;
    copy(row->dataset, name, &r);
    row->type = sym_read_u32(&r);
    copy(row->epoch, sizeof row->epoch, &r);
    copy(row->basis, sizeof row->basis, &r);
    row->made_ms = sym_read_u64(&r);
    row->expires_ms = sym_read_u64(&r);
    row->bytes = sym_read_u64(&r);
    row->most = sym_read_u64(&r);
    row->used = sym_read_u64(&r);
    row->list.n = sym_read_u32(&r);
    row->list.bits = sym_read_u32(&r);
    return sym_read_end(&r);
}

struct rows {
    const struct sym_standings *s;
    struct sym_standing_row items[ROWS_MAX];
    size_t n;
};

static enum sym_err add_row(void *context, struct sym_span key, struct sym_span value)
{
    struct rows *all = context;
    if (all->n == ROWS_MAX) {
        return SYM_BAD_FORMAT;
    }
    return read_row(&all->items[all->n++], key, value);
}

static enum sym_err list_rows(struct sym_transaction *t, void *context)
{
    struct rows *all = context;
    all->n = 0;
    return sym_store_each(t, SYM_TABLE_STANDING, add_row, all);
}

enum sym_err sym_standings_list(const struct sym_standings *s, struct sym_standing_row **rows,
                                size_t *n)
{
    struct rows *all = malloc(sizeof *all);
    struct sym_standing_row *out = NULL;
    enum sym_err err = all == NULL ? SYM_NO_MEMORY : sym_store_read(s->store, list_rows, all);
    if (err == SYM_OK) {
        out = malloc((all->n > 0 ? all->n : 1) * sizeof *out);
        err = out == NULL ? SYM_NO_MEMORY : SYM_OK;
    }
    if (err == SYM_OK) {
        memcpy(out, all->items, all->n * sizeof *out);
        *rows = out;
        *n = all->n;
    }
    free(all);
    return err;
}

static bool is_named(const struct sym_standing_row *row, const struct sym_standing_name *name)
{
    return row->own == name->own && row->type == name->type &&
           sym_node_id_equal(&row->peer, name->peer) &&
           sym_span_equal(sym_span_text(row->dataset), name->dataset);
}

enum sym_err sym_standings_find(const struct sym_standings *s, struct sym_standing_row *out,
                                const struct sym_standing_name *name)
{
    struct sym_standing_row *rows = NULL;
    size_t n = 0;
    enum sym_err err = sym_standings_list(s, &rows, &n);
    if (err != SYM_OK) {
        return err;
    }
    err = SYM_NOT_FOUND;
    for (size_t i = 0; err != SYM_OK && i < n; i++) {
        if (is_named(&rows[i], name)) {
            *out = rows[i];
            err = SYM_OK;
        }
    }
    free(rows);
    return err;
}

struct one {
    struct sym_span key;
    struct sym_standing_row row;
};

static enum sym_err get_one(struct sym_transaction *t, void *context)
{
    struct one *o = context;
    uint8_t bytes[RECORD_BYTES];
    size_t len = 0;
    enum sym_err err =
        sym_store_get_into(t, SYM_TABLE_STANDING, o->key, NULL, bytes, sizeof bytes, &len);
    return err == SYM_OK ? read_row(&o->row, o->key, sym_span(bytes, len)) : err;
}

enum sym_err sym_standings_check(const struct sym_standings *s, const struct sym_standing_row *row)
{
    struct one o = {.key = sym_span(row->number, sizeof row->number)};
    return sym_store_read(s->store, get_one, &o);
}

enum sym_err sym_standings_charge(struct sym_transaction *t, const struct sym_standing_row *row,
                                  uint32_t elements)
{
    struct one o = {.key = sym_span(row->number, sizeof row->number)};
    uint8_t record[RECORD_BYTES];
    enum sym_err err = get_one(t, &o);
    if (err != SYM_OK) {
        return err;
    }
    if (o.row.used > o.row.most || elements > o.row.most - o.row.used) {
        return SYM_LIMIT;
    }
    o.row.used += elements;
    return sym_store_put(t, SYM_TABLE_STANDING, o.key, write_row(record, &o.row));
}

/* Erasing --------------------------------------------------------------------------------------
 */

static enum sym_err drop_row(const struct sym_standings *s, struct sym_transaction *t,
                             const struct sym_standing_row *row)
{
    uint8_t key[KEY_BYTES];
    enum sym_err err =
        sym_store_delete(t, SYM_TABLE_STANDING, sym_span(row->number, sizeof row->number));
    return err == SYM_OK ? sym_vault_delete(s->vault, t, prefix_of(key, row->number)) : err;
}

enum sym_err sym_standings_drop(const struct sym_standings *s, struct sym_transaction *t,
                                sym_standing_goes_fn *goes, void *context, size_t *n)
{
    struct rows *all = malloc(sizeof *all);
    enum sym_err err = all == NULL ? SYM_NO_MEMORY : list_rows(t, all);
    *n = 0;
    for (size_t i = 0; err == SYM_OK && i < all->n; i++) {
        if (goes(context, &all->items[i])) {
            err = drop_row(s, t, &all->items[i]);
            ++*n;
        }
    }
    free(all);
    return err;
}

struct erasing {
    const struct sym_standings *s;
    sym_standing_goes_fn *goes;
    void *context;
    size_t n;
};

static enum sym_err erase_fn(struct sym_transaction *t, void *context)
{
    struct erasing *e = context;
    return sym_standings_drop(e->s, t, e->goes, e->context, &e->n);
}

enum sym_err sym_standings_erase(const struct sym_standings *s, sym_standing_goes_fn *goes,
                                 void *context, size_t *n, struct sym_fault *fault)
{
    struct erasing e = {.s = s, .goes = goes, .context = context};
    struct sym_standing_row *rows = NULL;
    size_t n_rows = 0;
    bool any = false;
    *n = 0;
    enum sym_err err = sym_standings_list(s, &rows, &n_rows);
    for (size_t i = 0; err == SYM_OK && i < n_rows; i++) {
        any = any || goes(context, &rows[i]);
    }
    free(rows);
    if (err == SYM_OK && any) {
        err = sym_store_write(s->store, erase_fn, &e);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "standing lists: could not be erased: the store %s; try again",
                        sym_err_text(err));
    }
    *n = e.n;
    return any ? sym_vault_sweep(s->vault, fault) : SYM_OK;
}

static bool is_of_peer(void *context, const struct sym_standing_row *row)
{
    return sym_node_id_equal(&row->peer, context);
}

enum sym_err sym_standings_drop_peer(const struct sym_standings *s, const struct sym_node_id *peer,
                                     struct sym_fault *fault)
{
    struct sym_node_id id = *peer;
    size_t n = 0;
    return sym_standings_erase(s, is_of_peer, &id, &n, fault);
}

static bool is_of_dataset(void *context, const struct sym_standing_row *row)
{
    const struct sym_span *dataset = context;
    return row->own && sym_span_equal(sym_span_text(row->dataset), *dataset);
}

enum sym_err sym_standings_forget_of(const struct sym_standings *s, struct sym_transaction *t,
                                     struct sym_span dataset)
{
    size_t n = 0;
    return sym_standings_drop(s, t, is_of_dataset, &dataset, &n);
}

/* Keeping --------------------------------------------------------------------------------------
 */

struct put {
    const struct sym_standings *s;
    const struct sym_standing_row *row;
    struct sym_span head;
    const struct sym_span *blocks;
    bool replaces;
    uint8_t oldest[SYM_STANDING_ID_BYTES];
};

static bool is_replaced(void *context, const struct sym_standing_row *old)
{
    const struct put *p = context;
    const struct sym_standing_name name = {.own = p->row->own,
                                           .peer = &p->row->peer,
                                           .dataset = sym_span_text(p->row->dataset),
                                           .type = p->row->type};
    return is_named(old, &name);
}

static bool is_oldest(void *context, const struct sym_standing_row *old)
{
    const struct put *p = context;
    return sym_equal(old->number, p->oldest, sizeof p->oldest);
}

struct fullness {
    size_t lists;
    uint64_t bytes;
    const struct sym_standing_row *oldest;
};

/* Of all lists of one sort. */
static struct fullness fullness_of(const struct rows *all, bool own)
{
    struct fullness f = {.oldest = NULL};
    for (size_t i = 0; i < all->n; i++) {
        const struct sym_standing_row *row = &all->items[i];
        if (row->own == own) {
            f.lists++;
            f.bytes += row->bytes;
            f.oldest = f.oldest == NULL || row->made_ms < f.oldest->made_ms ? row : f.oldest;
        }
    }
    return f;
}

static bool has_room(const struct put *p, const struct fullness *f)
{
    uint64_t most = p->s->received_max > 0 ? p->s->received_max : SYM_STANDING_RECEIVED_BYTES_MAX;
    return f->lists < SYM_STANDING_KEPT_MAX &&
           (p->row->own || f->lists == 0 || f->bytes + p->row->bytes <= most);
}

/* One list more fits; of those received the oldest go for it. */
static enum sym_err make_room(struct put *p, struct sym_transaction *t)
{
    struct rows *all = malloc(sizeof *all);
    enum sym_err err = all == NULL ? SYM_NO_MEMORY : list_rows(t, all);
    while (err == SYM_OK) {
        struct fullness f = fullness_of(all, p->row->own);
        size_t n = 0;
        if (has_room(p, &f)) {
            break;
        }
        if (p->row->own) {
            err = SYM_LIMIT;
        } else {
            memcpy(p->oldest, f.oldest->number, sizeof p->oldest);
            p->replaces = true;
            err = sym_standings_drop(p->s, t, is_oldest, p, &n);
        }
        if (err == SYM_OK) {
            err = list_rows(t, all);
        }
    }
    free(all);
    return err;
}

static enum sym_err put_fn(struct sym_transaction *t, void *context)
{
    struct put *p = context;
    uint8_t key[KEY_BYTES];
    uint8_t record[RECORD_BYTES];
    size_t n = 0;
    enum sym_err err = sym_standings_drop(p->s, t, is_replaced, p, &n);
    p->replaces = n > 0;
    if (err == SYM_OK) {
        err = make_room(p, t);
    }
    if (err == SYM_OK) {
        err = sym_store_put(t, SYM_TABLE_STANDING, sym_span(p->row->number, sizeof p->row->number),
                            write_row(record, p->row));
    }
    if (err == SYM_OK) {
        err = sym_vault_put(p->s->vault, t, part_key(key, p->row->number, 0), p->head);
    }
    uint32_t blocks = sym_standing_blocks(p->row->list.n);
    for (uint32_t i = 0; err == SYM_OK && i < blocks; i++) {
        err = sym_vault_put(p->s->vault, t, part_key(key, p->row->number, i + 1), p->blocks[i]);
    }
    return err;
}

enum sym_err sym_standings_put(const struct sym_standings *s, struct sym_standing_row *row,
                               struct sym_span head, const struct sym_span *blocks,
                               struct sym_fault *fault)
{
    struct put p = {.s = s, .row = row, .head = head, .blocks = blocks};
    uint32_t n = sym_standing_blocks(row->list.n);
    sym_random(row->number, sizeof row->number);
    row->bytes = 0;
    for (uint32_t i = 0; i < n; i++) {
        row->bytes += blocks[i].len;
    }
    enum sym_err err = sym_store_write(s->store, put_fn, &p);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "standing list of %s: could not be kept: it %s", row->dataset,
                        sym_err_text(err));
    }
    return p.replaces ? sym_vault_sweep(s->vault, fault) : SYM_OK;
}

/* Reading --------------------------------------------------------------------------------------
 */

struct get {
    const struct sym_standings *s;
    struct sym_span key;
    struct sym_secret *out;
};

static enum sym_err get_fn(struct sym_transaction *t, void *context)
{
    const struct get *g = context;
    return sym_vault_get(g->s->vault, t, g->key, g->out);
}

static enum sym_err get_part(const struct sym_standings *s, const struct sym_standing_row *row,
                             uint32_t part, struct sym_secret *out)
{
    uint8_t key[KEY_BYTES];
    struct get g = {.s = s, .key = part_key(key, row->number, part), .out = out};
    return sym_store_read(s->store, get_fn, &g);
}

enum sym_err sym_standings_head(const struct sym_standings *s, const struct sym_standing_row *row,
                                struct sym_secret *out)
{
    return get_part(s, row, 0, out);
}

enum sym_err sym_standings_block(const struct sym_standings *s, const struct sym_standing_row *row,
                                 uint32_t number, struct sym_secret *out)
{
    return number < sym_standing_blocks(row->list.n) ? get_part(s, row, number + 1, out)
                                                     : SYM_NOT_FOUND;
}

struct get_into {
    const struct sym_standings *s;
    struct sym_span key;
    uint8_t *out;
    size_t *len;
};

static enum sym_err get_into_fn(struct sym_transaction *t, void *context)
{
    const struct get_into *g = context;
    return sym_vault_get_into(g->s->vault, t, g->key, g->out, SYM_TAG_BLOCK_BYTES_MAX, g->len);
}

enum sym_err sym_standings_block_into(const struct sym_standings *s,
                                      const struct sym_standing_row *row, uint32_t number,
                                      uint8_t *out, size_t *len)
{
    uint8_t key[KEY_BYTES];
    struct get_into g = {.s = s, .out = out, .len = len};
    if (number >= sym_standing_blocks(row->list.n)) {
        return SYM_NOT_FOUND;
    }
    g.key = part_key(key, row->number, number + 1);
    return sym_store_read(s->store, get_into_fn, &g);
}
