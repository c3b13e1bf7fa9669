/* Erasing bodies: first the entry that says so, in one commit with the date that the state keeps;
 * then, portion by portion, the bodies; at last the keys are renewed. What a disk that fails leaves
 * of it is finished by the next sweep, what a crash leaves when the log is opened again. */
#include "node/evidence/log_state.h"
#include "node/loop.h"

#include <stdio.h>

/* Tiles of one transaction. */
#define TILES_AT_ONCE 16u

/* One row of bodies that may have to go: the first whose key is behind `key`. */
struct cursor {
    struct sym_log *log;
    struct sym_transaction *t;
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len;
    uint32_t generation;
    uint64_t first; /* in the row, as far as it can be read; otherwise its last */
    uint64_t last;
    uint64_t n_old; /* of the bodies in it, from the first on */
};

static enum sym_err is_old(struct cursor *c, bool *old, uint64_t index, uint64_t before_ms)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    struct sym_span bytes;
    enum sym_err err = sym_log_get_leaf(c->log, c->t, &bytes, c->generation, index);
    if (err == SYM_OK) {
        err = sym_decode(&arena, &leaf, &sym_msg_leaf, bytes);
    }
    if (err == SYM_OK) {
        *old = leaf.time_ms < before_ms;
    }
    return err == SYM_NOT_FOUND ? SYM_BAD_TAG : err;
}

/* Before the first row of bodies that can be read: each tile with such has a secret. */
static enum sym_err begin(struct cursor *c)
{
    enum sym_err err = sym_vault_next(c->log->vault, c->t, sym_span(NULL, 0), c->key, &c->len);
    struct sym_reader r = sym_reader(sym_span(c->key, c->len));
    if (err != SYM_OK) {
        return err;
    }
    uint32_t generation = sym_read_u32(&r);
    uint64_t tile = sym_read_u64(&r);
    sym_log_place(c->key, generation, tile * SYM_TILE_WIDTH);
    return sym_read_end(&r);
}

/* SYM_NOT_FOUND: there is none left with a body that is older than the date. */
static enum sym_err next_old(struct cursor *c, uint64_t before_ms)
{
    bool old = true;
    struct sym_span body;
    enum sym_err err =
        sym_log_rows_next(c->t, SYM_LOG_BODIES, c->key, &c->len, &c->generation, &c->last);
    c->first = c->last;
    c->n_old = 0;
    if (err == SYM_OK && sym_log_get_body(c->log, c->t, &body, c->generation, c->last) == SYM_OK) {
        c->first = c->last + 1 - c->log->bodies.n;
    }
    for (uint64_t i = c->first; err == SYM_OK && old && i <= c->last; i++) {
        err = is_old(c, &old, i, before_ms);
        c->n_old += err == SYM_OK && old;
    }
    return err == SYM_OK && c->n_old == 0 ? SYM_NOT_FOUND : err;
}

static bool is_all_old(const struct cursor *c)
{
    return c->n_old == c->last + 1 - c->first;
}

struct job {
    struct sym_log *log;
    const struct sym_author *author;
    uint64_t before_ms;
    uint64_t n;
};

static enum sym_err count(struct sym_transaction *t, void *context)
{
    struct job *job = context;
    struct cursor c = {.log = job->log, .t = t};
    enum sym_err err = begin(&c);
    job->n = 0;
    while (err == SYM_OK) {
        err = next_old(&c, job->before_ms);
        job->n += err == SYM_OK ? c.n_old : 0;
    }
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

static enum sym_err announce(struct sym_transaction *t, void *context)
{
    const struct job *job = context;
    char before[24];
    (void)snprintf(before, sizeof before, "%llu", (unsigned long long)job->before_ms);
    const struct sym_entry_body body = {
        .event = sym_span_text("bodies-erased"), .subject = sym_span_text(before), .count = job->n};
    const struct sym_entry entry = {.kind = SYM_ENTRY_ERASED, .author = job->author, .body = &body};
    struct sym_log_side *s = &job->log->pending;
    enum sym_err err = sym_log_begin(job->log, t);
    if (err != SYM_OK) {
        return err;
    }
    s->time_ms = job->before_ms > s->time_ms ? job->before_ms : s->time_ms; /* so that it stays */
    s->erased_ms = job->before_ms > s->erased_ms ? job->before_ms : s->erased_ms;
    s->erasing = true;
    return sym_log_append(job->log, t, &entry, NULL);
}

/* What stays of a tile: bodies from its first index that is not old on, under a new secret. Their
 * rows go as soon as they were read, so that none stays beside those that are written. */
static enum sym_err move_rest(struct sym_log *l, struct sym_transaction *t, uint32_t generation,
                              uint64_t from)
{
    uint8_t key[SYM_LOG_ROW_BYTES];
    enum sym_err err = SYM_OK;
    uint64_t end = (from / SYM_TILE_WIDTH + 1) * SYM_TILE_WIDTH;
    for (uint64_t i = from; err == SYM_OK && i < end; i++) {
        struct sym_span body;
        bool known = sym_log_rows_find(&l->bodies, &body, generation, i);
        err = sym_log_get_body(l, t, &body, generation, i);
        if (err == SYM_OK && !(known && i > from)) {
            sym_log_row_key(key, generation, l->bodies.last, SYM_LOG_BODIES);
            err = sym_store_delete(t, SYM_TABLE_LOG, sym_span(key, sizeof key));
        }
        if (err == SYM_OK) {
            err = sym_log_put_body(l, t, generation, i, body);
        } else if (err == SYM_NOT_FOUND) {
            err = SYM_OK;
        }
    }
    err = err == SYM_OK ? sym_log_put_rest(l, t) : err;
    sym_log_forget_rows(l);
    sym_log_forget_secrets(l);
    return err;
}

/* Deletes the old bodies of the tile that the first one lies in. SYM_NOT_FOUND: there is none. */
static enum sym_err erase_tile(struct sym_log *l, struct sym_transaction *t, uint64_t before_ms)
{
    uint8_t place[SYM_LOG_KEY_BYTES];
    struct cursor c = {.log = l, .t = t};
    enum sym_err err = begin(&c);
    err = err == SYM_OK ? next_old(&c, before_ms) : err;
    if (err != SYM_OK) {
        return err;
    }
    uint32_t generation = c.generation;
    uint64_t tile = c.last / SYM_TILE_WIDTH;
    uint64_t end = c.first;
    sym_log_place(place, generation, tile);
    while (err == SYM_OK && c.generation == generation && c.last / SYM_TILE_WIDTH == tile) {
        end = c.first + c.n_old;
        if (!is_all_old(&c)) {
            err = SYM_NOT_FOUND;
            break;
        }
        err = sym_store_delete(t, SYM_TABLE_LOG, sym_span(c.key, c.len));
        err = err == SYM_OK ? next_old(&c, before_ms) : err;
    }
    if (err != SYM_OK && err != SYM_NOT_FOUND) {
        return err;
    }
    bool cut = err == SYM_NOT_FOUND && end % SYM_TILE_WIDTH != 0;
    err = cut ? sym_log_renew_secret(l, t, place)
              : sym_vault_delete(l->vault, t, sym_span(place, sizeof place));
    return err == SYM_OK && cut ? move_rest(l, t, generation, end) : err;
}

static enum sym_err erase_some(struct sym_transaction *t, void *context)
{
    struct job *job = context;
    struct sym_log *l = job->log;
    enum sym_err err = SYM_OK;
    sym_log_forget_secrets(l);
    job->n = 0;
    while (err == SYM_OK && job->n < TILES_AT_ONCE) {
        err = erase_tile(l, t, l->durable.erased_ms);
        job->n += err == SYM_OK;
    }
    if (err != SYM_NOT_FOUND) {
        return err;
    }
    job->n = 0;
    return sym_log_end_erasing(l, t);
}

enum sym_err sym_log_finish_erasing(struct sym_log *l, struct sym_fault *fault)
{
    struct job job = {.log = l};
    enum sym_err err = SYM_OK;
    do {
        err = sym_store_write(l->store, erase_some, &job);
    } while (err == SYM_OK && job.n > 0);
    sym_log_forget_secrets(l);
    if (err != SYM_OK) {
        return sym_fail(fault, err,
                        "evidence log: not all bodies could be erased (it %s): the rest is erased "
                        "when that is remedied (it is tried again every minute)",
                        sym_err_text(err));
    }
    return sym_vault_sweep(l->vault, fault);
}

/* The time behind all entries there are: what is appended from now on carries none before it, also
 * where the clock was ahead once, and entries carry a time that is still to come. */
static uint64_t all_until_now(const struct sym_log *l)
{
    uint64_t now_ms = sym_wall_ms();
    return l->durable.time_ms >= now_ms ? l->durable.time_ms + 1 : now_ms;
}

enum sym_err sym_log_erase_bodies(struct sym_log *l, const struct sym_author *author,
                                  uint64_t before_ms, uint64_t *n, struct sym_fault *fault)
{
    uint64_t latest_ms = all_until_now(l);
    struct job job = {
        .log = l, .author = author, .before_ms = before_ms < latest_ms ? before_ms : latest_ms};
    enum sym_err err = sym_store_read(l->store, count, &job);
    *n = err == SYM_OK ? job.n : 0;
    if (err == SYM_OK && job.n > 0) {
        err = sym_store_write(l->store, announce, &job);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "evidence log: no body was erased: it %s", sym_err_text(err));
    }
    return job.n > 0 ? sym_log_finish_erasing(l, fault) : sym_log_sweep(l, fault);
}

bool sym_log_erasing_is_due(const struct sym_log *l)
{
    return l->durable.erasing || sym_vault_is_due(l->vault);
}

enum sym_err sym_log_sweep(struct sym_log *l, struct sym_fault *fault)
{
    return l->durable.erasing ? sym_log_finish_erasing(l, fault) : sym_vault_sweep(l->vault, fault);
}
