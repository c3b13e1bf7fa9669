#include "node/tabulation/releases.h"

#include "proto/codec.h"

#include <string.h>

/* RELEASE_CELLS: tabulation, first cell of the page (4) -> number of cells (4), their varints. */
#define PAGE_KEY_BYTES (SYM_EXCHANGE_ID_BYTES + 4u)
#define PAGE_HEAD      4u
#define PAGE_BYTES     262144u

/* QUESTIONS: question id, tabulation -> tabulation. */
#define QUESTION_KEY_BYTES (SYM_HASH_BYTES + SYM_EXCHANGE_ID_BYTES)

/* WITHHELD: tabulation -> initiator (32), when it is due (8), and once that is known, what is owed:
 * agreed (32), outcome (32), whether there is one (1). EXCUSED in when it is due: this node's own
 * end cut it off. */
#define WITHHELD_BYTES (SYM_HASH_BYTES + 8u)
#define OWED_BYTES     (2u * SYM_HASH_BYTES + 1u)
#define EXCUSED        (UINT64_C(1) << 63)

/* DELIVERIES: tabulation, participant -> when it was released (8). */
#define DELIVERY_KEY_BYTES (SYM_EXCHANGE_ID_BYTES + SYM_HASH_BYTES)

/* Releases ------------------------------------------------------------------------------------- */

static struct sym_span page_key(uint8_t out[PAGE_KEY_BYTES], struct sym_span tabulation,
                                uint32_t first)
{
    struct sym_writer w = sym_writer(out, PAGE_KEY_BYTES);
    sym_write_span(&w, tabulation);
    sym_write_u32(&w, first);
    return sym_span(out, w.len);
}

/* Bytes of the whole varints within the first `max` bytes, and how many they are. */
static size_t whole_cells(struct sym_span cells, size_t max, uint32_t *n)
{
    size_t end = 0;
    *n = 0;
    for (size_t i = 0; i < cells.len && i < max; i++) {
        if (cells.data[i] < 0x80u) {
            end = i + 1;
            ++*n;
        }
    }
    return end;
}

static enum sym_err put_cells(struct sym_transaction *t, struct sym_span tabulation,
                              struct sym_span cells)
{
    enum sym_err err = SYM_OK;
    uint32_t first = 0;
    SYM_SECRET_AUTO value = {0};
    err = sym_secret_new(&value, PAGE_HEAD + PAGE_BYTES);
    while (err == SYM_OK && cells.len > 0) {
        uint8_t key[PAGE_KEY_BYTES];
        uint32_t n = 0;
        size_t len = whole_cells(cells, PAGE_BYTES, &n);
        if (len == 0) {
            return SYM_BAD_FORMAT;
        }
        struct sym_writer w = sym_writer(value.data, value.len);
        sym_write_u32(&w, n);
        sym_write_bytes(&w, cells.data, len);
        err = sym_store_put(t, SYM_TABLE_RELEASE_CELLS, page_key(key, tabulation, first),
                            sym_span(value.data, w.len));
        cells = sym_span(cells.data + len, cells.len - len);
        first += n;
    }
    return err;
}

enum sym_err sym_release_put(struct sym_transaction *t,
                             const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                             const uint8_t question[SYM_HASH_BYTES], struct sym_span head,
                             struct sym_span cells)
{
    struct sym_span id = sym_span(tabulation, SYM_EXCHANGE_ID_BYTES);
    SYM_SECRET_AUTO there = {0};
    enum sym_err err = sym_store_get(t, SYM_TABLE_RELEASES, id, &there);
    if (err == SYM_OK) {
        return sym_span_equal(sym_secret_span(&there), head) ? SYM_OK : SYM_REPLAY;
    }
    if (err != SYM_NOT_FOUND) {
        return err;
    }
    err = sym_store_put(t, SYM_TABLE_RELEASES, id, head);
    if (err == SYM_OK) {
        uint8_t key[QUESTION_KEY_BYTES];
        memcpy(key, question, SYM_HASH_BYTES);
        memcpy(key + SYM_HASH_BYTES, tabulation, SYM_EXCHANGE_ID_BYTES);
        err = sym_store_put(t, SYM_TABLE_QUESTIONS, sym_span(key, sizeof key), id);
    }
    return err == SYM_OK ? put_cells(t, id, cells) : err;
}

enum sym_err sym_release_answers(struct sym_span head, struct sym_span dataset, uint32_t purpose,
                                 uint32_t basis)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_release r;
    enum sym_err err = sym_decode(&arena, &r, &sym_msg_release, head);
    if (err != SYM_OK) {
        return err;
    }
    bool same = sym_span_equal(r.dataset, dataset) && r.purpose == purpose && r.basis == basis;
    return same ? SYM_OK : SYM_BAD_VALUE;
}

enum sym_err sym_release_head(struct sym_transaction *t, struct sym_secret *out,
                              struct sym_span tabulation)
{
    return sym_store_get(t, SYM_TABLE_RELEASES, tabulation, out);
}

struct page {
    struct sym_span tabulation;
    uint32_t cell;
    uint32_t first;
    uint32_t n;
    struct sym_secret *out;
};

/* Ends the walk with SYM_CANCELLED when it has the page. */
static enum sym_err look_at_page(void *context, struct sym_span key, struct sym_span value)
{
    struct page *p = context;
    struct sym_reader in = sym_reader(key);
    struct sym_span tabulation = sym_read_span(&in, SYM_EXCHANGE_ID_BYTES);
    uint32_t first = sym_read_u32(&in);
    if (sym_read_end(&in) != SYM_OK || value.len < PAGE_HEAD) {
        return SYM_BAD_FORMAT;
    }
    if (!sym_span_equal(tabulation, p->tabulation)) {
        return SYM_NOT_FOUND;
    }
    in = sym_reader(value);
    uint32_t n = sym_read_u32(&in);
    if (p->cell < first || p->cell - first >= n) {
        return SYM_OK;
    }
    p->first = first;
    p->n = n;
    enum sym_err err = sym_secret_new(p->out, in.left);
    if (err == SYM_OK) {
        sym_read_bytes(&in, p->out->data, p->out->len);
        err = SYM_CANCELLED;
    }
    return err;
}

enum sym_err sym_release_page(struct sym_transaction *t, struct sym_secret *out, uint32_t *first,
                              uint32_t *n, struct sym_span tabulation, uint32_t cell)
{
    uint8_t key[PAGE_KEY_BYTES];
    struct page p = {.tabulation = tabulation, .cell = cell, .out = out};
    enum sym_err err = sym_store_each_from(t, SYM_TABLE_RELEASE_CELLS, page_key(key, tabulation, 0),
                                           look_at_page, &p);
    if (err != SYM_CANCELLED) {
        return err == SYM_OK ? SYM_NOT_FOUND : err;
    }
    *first = p.first;
    *n = p.n;
    return SYM_OK;
}

struct finding {
    struct sym_transaction *t;
    struct sym_span question;
    const uint64_t *epochs;
    uint32_t n;
    uint8_t *tabulation;
    uint64_t released_ms;
    bool found;
};

/* Have all that were added up the epochs that they had then, as far as is known? */
static bool is_of_these(const struct sym_release *r, const struct finding *f)
{
    for (size_t i = 0; i < r->survivors.len; i++) {
        size_t place = r->survivors.data[i];
        if (place >= f->n || place >= r->epochs.len / 8u) {
            return false;
        }
        uint64_t then = sym_get_u64(r->epochs.data + 8u * place);
        if (f->epochs[place] != 0 && f->epochs[place] != then) {
            return false;
        }
    }
    return true;
}

static enum sym_err look_at_answer(void *context, struct sym_span key, struct sym_span value)
{
    SYM_ARENA_AUTO arena = {0};
    SYM_SECRET_AUTO head = {0};
    struct finding *f = context;
    struct sym_release r;
    if (key.len < f->question.len ||
        !sym_span_equal(sym_span(key.data, f->question.len), f->question)) {
        return SYM_CANCELLED;
    }
    if (value.len != SYM_EXCHANGE_ID_BYTES) {
        return SYM_BAD_FORMAT;
    }
    enum sym_err err = sym_release_head(f->t, &head, value);
    if (err == SYM_OK) {
        err = sym_decode(&arena, &r, &sym_msg_release, sym_secret_span(&head));
    }
    if (err == SYM_OK && is_of_these(&r, f) && r.released_ms >= f->released_ms) {
        f->found = true;
        f->released_ms = r.released_ms;
        memcpy(f->tabulation, value.data, value.len);
    }
    return err;
}

enum sym_err sym_release_find(struct sym_transaction *t, uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                              const uint8_t question[SYM_HASH_BYTES], const uint64_t *epochs,
                              uint32_t n)
{
    struct finding f = {.t = t,
                        .question = sym_span(question, SYM_HASH_BYTES),
                        .epochs = epochs,
                        .n = n,
                        .tabulation = tabulation};
    enum sym_err err = sym_store_each_from(t, SYM_TABLE_QUESTIONS, f.question, look_at_answer, &f);
    err = err == SYM_CANCELLED ? SYM_OK : err;
    return err == SYM_OK && !f.found ? SYM_NOT_FOUND : err;
}

/* Withheld ------------------------------------------------------------------------------------- */

enum sym_err sym_withheld_put(struct sym_transaction *t,
                              const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                              const struct sym_node_id *initiator, uint64_t due_ms)
{
    uint8_t value[WITHHELD_BYTES];
    memcpy(value, initiator->bytes, SYM_HASH_BYTES);
    sym_put_u64(value + SYM_HASH_BYTES, due_ms);
    return sym_store_put(t, SYM_TABLE_WITHHELD, sym_span(tabulation, SYM_EXCHANGE_ID_BYTES),
                         sym_span(value, sizeof value));
}

enum sym_err sym_withheld_owe(struct sym_transaction *t,
                              const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                              const struct sym_tab_owed *owed)
{
    uint8_t value[WITHHELD_BYTES + OWED_BYTES];
    size_t len = 0;
    struct sym_span key = sym_span(tabulation, SYM_EXCHANGE_ID_BYTES);
    enum sym_err err =
        sym_store_get_into(t, SYM_TABLE_WITHHELD, key, NULL, value, sizeof value, &len);
    if (err == SYM_OK && len < WITHHELD_BYTES) {
        err = SYM_BAD_FORMAT;
    }
    if (err != SYM_OK) {
        return err;
    }
    memcpy(value + WITHHELD_BYTES, owed->agreed, SYM_HASH_BYTES);
    memcpy(value + WITHHELD_BYTES + SYM_HASH_BYTES, owed->outcome, SYM_HASH_BYTES);
    value[sizeof value - 1] = owed->has_outcome;
    return sym_store_put(t, SYM_TABLE_WITHHELD, key, sym_span(value, sizeof value));
}

enum sym_err sym_withheld_owed(struct sym_transaction *t, struct sym_tab_owed *out,
                               struct sym_span tabulation, const struct sym_node_id *initiator)
{
    uint8_t value[WITHHELD_BYTES + OWED_BYTES];
    size_t len = 0;
    enum sym_err err =
        sym_store_get_into(t, SYM_TABLE_WITHHELD, tabulation, NULL, value, sizeof value, &len);
    if (err != SYM_OK) {
        return err;
    }
    if (len != sizeof value || !sym_equal(value, initiator->bytes, SYM_HASH_BYTES)) {
        return SYM_NOT_FOUND;
    }
    memcpy(out->agreed, value + WITHHELD_BYTES, SYM_HASH_BYTES);
    memcpy(out->outcome, value + WITHHELD_BYTES + SYM_HASH_BYTES, SYM_HASH_BYTES);
    out->has_outcome = value[sizeof value - 1] != 0;
    return SYM_OK;
}

enum sym_err sym_withheld_clear(struct sym_transaction *t,
                                const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES])
{
    enum sym_err err =
        sym_store_delete(t, SYM_TABLE_WITHHELD, sym_span(tabulation, SYM_EXCHANGE_ID_BYTES));
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

enum sym_err sym_withheld_has(struct sym_transaction *t, struct sym_span tabulation)
{
    return sym_store_has(t, SYM_TABLE_WITHHELD, tabulation);
}

enum sym_err sym_tabulation_is_new(struct sym_transaction *t,
                                   const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES])
{
    struct sym_span id = sym_span(tabulation, SYM_EXCHANGE_ID_BYTES);
    enum sym_err err = sym_store_has(t, SYM_TABLE_RELEASES, id);
    if (err == SYM_NOT_FOUND) {
        err = sym_withheld_has(t, id);
    }
    return err == SYM_OK ? SYM_REPLAY : err == SYM_NOT_FOUND ? SYM_OK : err;
}

static uint64_t due_of(struct sym_span value)
{
    return sym_get_u64(value.data + SYM_HASH_BYTES);
}

struct withheld {
    uint8_t *tabulation;
    const struct sym_node_id *initiator;
    uint64_t now_ms;
};

static enum sym_err look_at_withheld(void *context, struct sym_span key, struct sym_span value)
{
    struct withheld *w = context;
    if (key.len != SYM_EXCHANGE_ID_BYTES || value.len < WITHHELD_BYTES) {
        return SYM_BAD_FORMAT;
    }
    if (!sym_equal(value.data, w->initiator->bytes, SYM_HASH_BYTES) || due_of(value) > w->now_ms ||
        (due_of(value) & EXCUSED) != 0) {
        return SYM_OK;
    }
    memcpy(w->tabulation, key.data, key.len);
    return SYM_CANCELLED;
}

enum sym_err sym_withheld_find(struct sym_transaction *t, uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                               const struct sym_node_id *initiator, uint64_t now_ms)
{
    struct withheld w = {.tabulation = tabulation, .initiator = initiator, .now_ms = now_ms};
    enum sym_err err = sym_store_each(t, SYM_TABLE_WITHHELD, look_at_withheld, &w);
    return err == SYM_CANCELLED ? SYM_OK : err == SYM_OK ? SYM_NOT_FOUND : err;
}

struct cut_off {
    struct sym_transaction *t;
    uint64_t now_ms;
};

static enum sym_err forget_cut_off(void *context, struct sym_span key, struct sym_span value)
{
    const struct cut_off *c = context;
    if (key.len != SYM_EXCHANGE_ID_BYTES || value.len < WITHHELD_BYTES) {
        return SYM_BAD_FORMAT;
    }
    uint64_t due = due_of(value) & ~EXCUSED;
    uint8_t room[WITHHELD_BYTES + OWED_BYTES];
    if (due + SYM_DELIVERY_MS <= c->now_ms && due != due_of(value)) {
        return sym_withheld_clear(c->t, key.data);
    }
    if (due <= c->now_ms || due != due_of(value)) {
        return SYM_OK;
    }
    if (value.len != sizeof room) {
        return sym_withheld_clear(c->t, key.data);
    }
    memcpy(room, value.data, sizeof room);
    sym_put_u64(room + SYM_HASH_BYTES, due | EXCUSED);
    return sym_store_put(c->t, SYM_TABLE_WITHHELD, key, sym_span(room, sizeof room));
}

enum sym_err sym_withheld_forget(struct sym_transaction *t, uint64_t now_ms)
{
    struct cut_off c = {.t = t, .now_ms = now_ms};
    return sym_store_each(t, SYM_TABLE_WITHHELD, forget_cut_off, &c);
}

/* Deliveries ----------------------------------------------------------------------------------- */

enum sym_err sym_delivery_put(struct sym_transaction *t,
                              const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                              const uint8_t participant[SYM_HASH_BYTES], uint64_t released_ms)
{
    uint8_t key[DELIVERY_KEY_BYTES];
    uint8_t value[8];
    memcpy(key, tabulation, SYM_EXCHANGE_ID_BYTES);
    memcpy(key + SYM_EXCHANGE_ID_BYTES, participant, SYM_HASH_BYTES);
    sym_put_u64(value, released_ms);
    return sym_store_put(t, SYM_TABLE_DELIVERIES, sym_span(key, sizeof key),
                         sym_span(value, sizeof value));
}

enum sym_err sym_delivery_made(struct sym_transaction *t,
                               const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                               const uint8_t participant[SYM_HASH_BYTES])
{
    uint8_t key[DELIVERY_KEY_BYTES];
    memcpy(key, tabulation, SYM_EXCHANGE_ID_BYTES);
    memcpy(key + SYM_EXCHANGE_ID_BYTES, participant, SYM_HASH_BYTES);
    enum sym_err err = sym_store_delete(t, SYM_TABLE_DELIVERIES, sym_span(key, sizeof key));
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

enum sym_err sym_delivery_next(struct sym_transaction *t, struct sym_delivery_row *row)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    uint8_t value[8];
    size_t len = 0;
    memcpy(key, row->tabulation, SYM_EXCHANGE_ID_BYTES);
    memcpy(key + SYM_EXCHANGE_ID_BYTES, row->participant, SYM_HASH_BYTES);
    enum sym_err err =
        sym_store_next(t, SYM_TABLE_DELIVERIES, sym_span(key, DELIVERY_KEY_BYTES), key, &len);
    if (err == SYM_OK && len != DELIVERY_KEY_BYTES) {
        err = SYM_BAD_FORMAT;
    }
    if (err == SYM_OK) {
        size_t value_len = 0;
        err = sym_store_get_into(t, SYM_TABLE_DELIVERIES, sym_span(key, len), NULL, value,
                                 sizeof value, &value_len);
        if (err == SYM_OK && value_len != sizeof value) {
            err = SYM_BAD_FORMAT;
        }
    }
    if (err == SYM_OK) {
        memcpy(row->tabulation, key, SYM_EXCHANGE_ID_BYTES);
        memcpy(row->participant, key + SYM_EXCHANGE_ID_BYTES, SYM_HASH_BYTES);
        row->released_ms = sym_get_u64(value);
    }
    return err;
}
