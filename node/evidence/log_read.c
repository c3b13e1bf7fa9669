/* Leaves and bodies, one by one and by what they are about. */
#include "node/evidence/log_state.h"

#include <stdlib.h>
#include <string.h>

/* Leaves that one call for rows looks at, so that nobody waits for it; a tile of marks takes as
 * long as some of them. */
#define LOOK_MAX  65536u
#define TILE_COST 64u

struct one {
    struct sym_log *log;
    uint64_t index;
    uint8_t *leaf;
    size_t *leaf_len;
    uint8_t *salt;
    struct sym_secret *body;
};

static enum sym_err get_one_leaf(struct sym_transaction *t, void *context)
{
    const struct one *o = context;
    struct sym_span leaf;
    enum sym_err err =
        sym_log_get_leaf(o->log, t, &leaf, o->log->durable.head.generation, o->index);
    if (err == SYM_OK) {
        memcpy(o->leaf, leaf.data, leaf.len);
        *o->leaf_len = leaf.len;
    }
    return err;
}

enum sym_err sym_log_leaf(struct sym_log *l, uint8_t *out, size_t *len, uint64_t index)
{
    struct one o = {.log = l, .index = index, .leaf = out, .leaf_len = len};
    if (index >= l->durable.head.size) {
        return SYM_BAD_VALUE;
    }
    enum sym_err err = sym_log_look(l, get_one_leaf, &o);
    return err == SYM_NOT_FOUND ? SYM_BAD_TAG : err;
}

/* Was a body with a leaf of this time erased, as far as the log says? */
static bool was_erased(struct sym_log *l, struct sym_transaction *t, uint32_t generation,
                       uint64_t index)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf = {.time_ms = 0};
    struct sym_span bytes;
    enum sym_err err = sym_log_get_leaf(l, t, &bytes, generation, index);
    if (err == SYM_OK) {
        err = sym_decode(&arena, &leaf, &sym_msg_leaf, bytes);
    }
    return err == SYM_OK && leaf.time_ms < l->durable.erased_ms;
}

static enum sym_err get_one_body(struct sym_transaction *t, void *context)
{
    const struct one *o = context;
    struct sym_log *l = o->log;
    struct sym_span salted = {NULL, 0};
    uint32_t generation = l->durable.head.generation;
    enum sym_err err = sym_log_get_body(l, t, &salted, generation, o->index);
    if (err == SYM_OK) {
        memcpy(o->salt, salted.data, SYM_HASH_BYTES);
        return sym_secret_copy(o->body,
                               sym_span(salted.data + SYM_HASH_BYTES, salted.len - SYM_HASH_BYTES));
    }
    return err == SYM_NOT_FOUND && !was_erased(l, t, generation, o->index) ? SYM_BAD_TAG : err;
}

enum sym_err sym_log_body(struct sym_log *l, uint8_t salt[SYM_HASH_BYTES], struct sym_secret *body,
                          uint64_t index)
{
    struct one o = {.log = l, .index = index, .salt = salt, .body = body};
    return index >= l->durable.head.size ? SYM_BAD_VALUE : sym_log_look(l, get_one_body, &o);
}

/* Walking -------------------------------------------------------------------------------------
 */

struct walk {
    struct sym_log *log;
    struct sym_transaction *t;
    const struct sym_log_query *query;
    struct sym_log_side *side;
    struct sym_log_mark peer;     /* what is looked for */
    struct sym_log_mark exchange; /* its exchange and handle are both the id */
    struct sym_log_mark marks[SYM_TILE_WIDTH];
    bool asks;      /* for something that only the leaf tells */
    bool has_marks; /* of the tile that is looked at; otherwise each leaf is */
    uint64_t at;
    uint64_t found;
    bool more;
    sym_log_row_fn *fn;
    void *context;
};

static void begin_walk(struct walk *w)
{
    const struct sym_leaf by_peer = {.initiator = w->query->peer};
    const struct sym_leaf by_id = {.exchange_id = w->query->exchange_id};
    w->asks = w->query->kinds != 0 || w->query->from_ms != 0 || w->query->until_ms != 0 ||
              w->query->peer.len + w->query->exchange_id.len > 0;
    sym_log_mark(&w->peer, w->log, &by_peer, sym_span(NULL, 0));
    sym_log_mark(&w->exchange, w->log, &by_id, w->query->exchange_id);
}

/* Without marks the leaves are read themselves. */
static void load_marks(struct walk *w)
{
    uint8_t hashes[SYM_TILE_WIDTH][SYM_HASH_BYTES];
    uint64_t tile = w->at / SYM_TILE_WIDTH;
    w->has_marks = w->query->peer.len + w->query->exchange_id.len > 0;
    if (tile == w->side->head.size / SYM_TILE_WIDTH) {
        memcpy(w->marks, w->side->marks, sizeof w->marks);
    } else if (w->has_marks) {
        w->has_marks =
            sym_log_get_tile(w->t, hashes, w->marks, w->side->head.generation, 0, tile) == SYM_OK;
    }
}

static bool is_marked(const struct walk *w)
{
    const struct sym_log_mark *m = &w->marks[w->at % SYM_TILE_WIDTH];
    if (!w->has_marks) {
        return true;
    }
    if (w->query->peer.len > 0 && memcmp(m->peer, w->peer.peer, sizeof m->peer) != 0) {
        return false;
    }
    return w->query->exchange_id.len == 0 ||
           memcmp(m->exchange, w->exchange.exchange, sizeof m->exchange) == 0 ||
           memcmp(m->handle, w->exchange.exchange, sizeof m->handle) == 0;
}

static bool is_about_exchange(const struct walk *w, const struct sym_leaf *leaf)
{
    struct sym_log_mark mark = w->marks[w->at % SYM_TILE_WIDTH];
    struct sym_span id = w->query->exchange_id;
    if (id.len == 0 || sym_span_equal(leaf->exchange_id, id)) {
        return true;
    }
    if (!w->has_marks) {
        sym_log_mark_stored(&mark, w->log, w->t, w->side->head.generation, w->at, leaf);
    }
    return memcmp(mark.handle, w->exchange.handle, sizeof mark.handle) == 0;
}

static bool is_wanted(const struct walk *w, const struct sym_leaf *leaf)
{
    const struct sym_log_query *q = w->query;
    if (q->kinds != 0 && (leaf->kind >= 64 || (q->kinds >> leaf->kind & 1u) == 0)) {
        return false;
    }
    if (leaf->time_ms < q->from_ms || (q->until_ms != 0 && leaf->time_ms >= q->until_ms)) {
        return false;
    }
    if (q->peer.len > 0 && !sym_span_equal(leaf->initiator, q->peer) &&
        !sym_span_equal(leaf->responder, q->peer)) {
        return false;
    }
    return is_about_exchange(w, leaf);
}

/* A body that is not there was erased, or is missing: as the log says. */
static enum sym_err tell(struct walk *w, struct sym_log_row *row)
{
    struct sym_span salted = {NULL, 0};
    enum sym_err err = SYM_NOT_FOUND;
    if (w->query->bodies) {
        err = sym_log_get_body(w->log, w->t, &salted, w->side->head.generation, w->at);
        row->erased =
            err == SYM_NOT_FOUND && was_erased(w->log, w->t, w->side->head.generation, w->at);
    }
    if (err == SYM_OK) {
        row->salt = sym_span(salted.data, SYM_HASH_BYTES);
        row->body = sym_span(salted.data + SYM_HASH_BYTES, salted.len - SYM_HASH_BYTES);
    }
    return w->fn(w->context, row);
}

static enum sym_err look_at_one(struct walk *w)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf = {.time_ms = 0};
    struct sym_span bytes;
    struct sym_log_row row = {.index = w->at};
    enum sym_err err = sym_log_get_leaf(w->log, w->t, &bytes, w->side->head.generation, w->at);
    if (err == SYM_OK && w->asks) {
        err = sym_decode(&arena, &leaf, &sym_msg_leaf, bytes);
    }
    if (err == SYM_OK && w->asks && !is_wanted(w, &leaf)) {
        return SYM_OK;
    }
    if (err == SYM_OK) {
        row.leaf = bytes;
    } else if (err != SYM_NOT_FOUND && err != SYM_BAD_TAG && err != SYM_BAD_FORMAT) {
        return err;
    }
    err = tell(w, &row);
    w->found += err == SYM_OK;
    return err;
}

static enum sym_err look_at_all(struct sym_transaction *t, void *context)
{
    struct walk *w = context;
    w->t = t;
    enum sym_err err = sym_log_side_of(w->log, t, &w->side, w->query->generation);
    if (err != SYM_OK) {
        return err;
    }
    uint64_t size = w->side->head.size;
    uint64_t most = w->query->most == 0 ? SYM_LOG_ROWS_MAX : w->query->most;
    uint64_t looked = 0;
    begin_walk(w);
    for (bool fresh = true; w->at < size && err == SYM_OK; w->at++, fresh = false) {
        if (w->found == most || looked >= LOOK_MAX) {
            break;
        }
        if (fresh || w->at % SYM_TILE_WIDTH == 0) {
            load_marks(w);
            looked += w->has_marks ? TILE_COST : 0;
        }
        if (is_marked(w)) {
            err = look_at_one(w);
            looked++;
        }
        if (err != SYM_OK) {
            break;
        }
    }
    w->more = w->at < size;
    return err == SYM_LIMIT ? SYM_OK : err;
}

enum sym_err sym_log_rows(struct sym_log *l, const struct sym_log_query *q, uint64_t *next,
                          bool *more, sym_log_row_fn *fn, void *context)
{
    struct walk *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return SYM_NO_MEMORY;
    }
    w->log = l;
    w->query = q;
    w->at = q->first;
    w->fn = fn;
    w->context = context;
    enum sym_err err = sym_log_look(l, look_at_all, w);
    *next = w->at;
    *more = w->more;
    free(w);
    return err;
}
