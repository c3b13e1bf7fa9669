#include "node/data/history.h"

#include "node/loop.h"
#include "proto/control.h"
#include "proto/exchange.h"

#include <string.h>

#define ENTRY_VERSION  1u
#define ENTRY_BYTES    4096u
#define HEAD_BYTES     9u  /* version, start */
#define TIME_KEY_BYTES 24u /* start, the latest first; id */
#define RESTARTED      "the node was restarted"
/* What an initiator had not saved is lost, also when both sides had closed. */
#define RESTARTED_LATE RESTARTED "; the other side may count it as done: ask again"

/* A participant has nothing to do for a request that is held; the initiator goes on asking. */
static bool is_in_flight(const struct sym_exchange_entry *e)
{
    return e->state == SYM_EXCHANGE_WAITING || e->state == SYM_EXCHANGE_RUNNING ||
           (e->state == SYM_EXCHANGE_HELD && e->role == SYM_AS_INITIATOR);
}

/* The one key that sorts by start, the latest first. */
static struct sym_span time_key(uint8_t out[TIME_KEY_BYTES], uint64_t started_ms,
                                struct sym_span id)
{
    sym_put_u64(out, ~started_ms);
    memcpy(out + 8, id.data, SYM_EXCHANGE_ID_BYTES);
    return sym_span(out, TIME_KEY_BYTES);
}

static enum sym_err delete_if_there(struct sym_transaction *t, enum sym_table table,
                                    struct sym_span key)
{
    enum sym_err err = sym_store_delete(t, table, key);
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

/* An earlier entry of the id is found by its start no longer. */
static enum sym_err unlist(struct sym_transaction *t, struct sym_span id)
{
    SYM_SECRET_AUTO old = {0};
    uint8_t key[TIME_KEY_BYTES];
    enum sym_err err = sym_store_get(t, SYM_TABLE_HISTORY, id, &old);
    if (err != SYM_OK) {
        return err == SYM_NOT_FOUND ? SYM_OK : err;
    }
    if (old.len < HEAD_BYTES) {
        return SYM_BAD_FORMAT;
    }
    return delete_if_there(t, SYM_TABLE_HISTORY_TIMES,
                           time_key(key, sym_get_u64(old.data + 1), id));
}

static enum sym_err list(struct sym_transaction *t, const struct sym_exchange_entry *e)
{
    uint8_t key[TIME_KEY_BYTES];
    uint8_t alias[SYM_ALIAS_BYTES + 1];
    struct sym_span value;
    struct sym_writer w = sym_writer(alias, sizeof alias);
    sym_write_u8(&w, ENTRY_VERSION);
    sym_write_span(&w, e->alias);
    enum sym_err err = sym_write_end(&w, &value);
    if (err == SYM_OK) {
        err = sym_store_put(t, SYM_TABLE_HISTORY_TIMES, time_key(key, e->started_ms, e->id), value);
    }
    if (err != SYM_OK) {
        return err;
    }
    return is_in_flight(e) ? sym_store_put(t, SYM_TABLE_HISTORY_OPEN, e->id, value)
                           : delete_if_there(t, SYM_TABLE_HISTORY_OPEN, e->id);
}

enum sym_err sym_history_put(struct sym_transaction *t, const struct sym_exchange_entry *e)
{
    uint8_t bytes[ENTRY_BYTES];
    size_t len = 0;
    bytes[0] = ENTRY_VERSION;
    sym_put_u64(bytes + 1, e->started_ms);
    enum sym_err err =
        sym_encode(bytes + HEAD_BYTES, sizeof bytes - HEAD_BYTES, &len, &sym_msg_exchange, e);
    if (err == SYM_OK) {
        err = unlist(t, e->id);
    }
    if (err == SYM_OK) {
        err = sym_store_put(t, SYM_TABLE_HISTORY, e->id, sym_span(bytes, HEAD_BYTES + len));
    }
    sym_wipe(bytes, sizeof bytes); /* case and note */
    return err == SYM_OK ? list(t, e) : err;
}

static enum sym_err read_entry(struct sym_transaction *t, struct sym_arena *arena,
                               struct sym_exchange_entry *out, struct sym_span id)
{
    SYM_SECRET_AUTO value = {0};
    enum sym_err err = sym_store_get(t, SYM_TABLE_HISTORY, id, &value);
    if (err != SYM_OK) {
        return err;
    }
    if (value.len < HEAD_BYTES || value.data[0] != ENTRY_VERSION) {
        return value.len < HEAD_BYTES ? SYM_BAD_FORMAT : SYM_BAD_VERSION;
    }
    return sym_decode(arena, out, &sym_msg_exchange,
                      sym_span(value.data + HEAD_BYTES, value.len - HEAD_BYTES));
}

enum sym_err sym_history_read(struct sym_transaction *t, struct sym_arena *arena,
                              struct sym_exchange_entry *out, struct sym_span id)
{
    return read_entry(t, arena, out, id);
}

struct restart {
    struct sym_transaction *transaction;
    uint64_t now_ms;
};

static enum sym_err end_one(void *context, struct sym_span id, struct sym_span value)
{
    const struct restart *r = context;
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry e;
    (void)value;
    enum sym_err err = read_entry(r->transaction, &arena, &e, id);
    if (err != SYM_OK) {
        return err;
    }
    bool late = e.role == SYM_AS_INITIATOR && e.state == SYM_EXCHANGE_RUNNING;
    e.state = SYM_EXCHANGE_ABORTED;
    e.result = SYM_CLOSED;
    e.fault = sym_span_text(late ? RESTARTED_LATE : RESTARTED);
    e.ended_ms = r->now_ms;
    return sym_history_put(r->transaction, &e);
}

static enum sym_err end_all(struct sym_transaction *t, void *context)
{
    struct restart *r = context;
    r->transaction = t;
    return sym_store_each(t, SYM_TABLE_HISTORY_OPEN, end_one, r);
}

static enum sym_err find_open(struct sym_transaction *t, void *context)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    (void)context;
    return sym_store_last(t, SYM_TABLE_HISTORY_OPEN, key, &len);
}

enum sym_err sym_history_open(struct sym_history *h, struct sym_store *store,
                              struct sym_fault *fault)
{
    *h = (struct sym_history){.store = store};
    struct restart r = {.now_ms = sym_wall_ms()};
    enum sym_err err = sym_store_read(store, find_open, NULL);
    if (err == SYM_OK) {
        err = sym_store_write(store, end_all, &r);
    } else if (err == SYM_NOT_FOUND) {
        err = SYM_OK;
    }
    if (err == SYM_NO_SPACE) {
        return sym_fail(fault, err,
                        "history: what was in flight could not be recorded as aborted: the disk is "
                        "full; make room and start again");
    }
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err, "history: the stored table %s; restore a backup",
                                    sym_err_text(err));
}

struct lookup {
    struct sym_arena *arena;
    struct sym_exchange_entry *out;
    struct sym_span id;
};

static enum sym_err get(struct sym_transaction *t, void *context)
{
    struct lookup *l = context;
    return read_entry(t, l->arena, l->out, l->id);
}

enum sym_err sym_history_get(struct sym_history *h, struct sym_arena *arena,
                             struct sym_exchange_entry *out, struct sym_span id)
{
    struct lookup l = {.arena = arena, .out = out, .id = id};
    return id.len == SYM_EXCHANGE_ID_BYTES ? sym_store_read(h->store, get, &l) : SYM_NOT_FOUND;
}

struct walk {
    struct sym_transaction *transaction;
    const struct sym_exchange_query *query;
    sym_history_each_fn *fn;
    void *context;
};

static enum sym_err visit(void *context, struct sym_span key, struct sym_span value)
{
    const struct walk *w = context;
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry e;
    if (key.len != TIME_KEY_BYTES || value.len < 1) {
        return SYM_BAD_FORMAT;
    }
    uint64_t started_ms = ~sym_get_u64(key.data);
    struct sym_span alias = sym_span(value.data + 1, value.len - 1);
    if ((w->query->before_ms != 0 && started_ms >= w->query->before_ms) ||
        (w->query->alias.len > 0 && !sym_span_equal(alias, w->query->alias))) {
        return SYM_OK;
    }
    enum sym_err err =
        read_entry(w->transaction, &arena, &e, sym_span(key.data + 8, SYM_EXCHANGE_ID_BYTES));
    return err == SYM_OK ? w->fn(w->context, &e) : err;
}

static enum sym_err visit_all(struct sym_transaction *t, void *context)
{
    struct walk *w = context;
    w->transaction = t;
    return sym_store_each(t, SYM_TABLE_HISTORY_TIMES, visit, w);
}

enum sym_err sym_history_each(struct sym_history *h, const struct sym_exchange_query *query,
                              sym_history_each_fn *fn, void *context)
{
    struct walk w = {.query = query, .fn = fn, .context = context};
    return sym_store_read(h->store, visit_all, &w);
}
