/* Leaves and bodies. Bodies lie under the secret of their tile, which lies in a vault: so a sweep
 * wraps one key for 256 of them. */
#include "node/evidence/log_state.h"

#include <string.h>

void sym_log_place(uint8_t out[SYM_LOG_KEY_BYTES], uint32_t generation, uint64_t number)
{
    struct sym_writer w = sym_writer(out, SYM_LOG_KEY_BYTES);
    sym_write_u32(&w, generation);
    sym_write_u64(&w, number);
}

static void forget(struct sym_log_secret *s)
{
    sym_wipe(s->secret.data, s->secret.len);
    s->known = false;
}

void sym_log_forget_secrets(struct sym_log *l)
{
    forget(&l->write);
    forget(&l->read);
}

static enum sym_err find_secret(struct sym_log *l, struct sym_transaction *t,
                                struct sym_log_secret *s, uint32_t generation, uint64_t tile)
{
    uint8_t place[SYM_LOG_KEY_BYTES];
    sym_log_place(place, generation, tile);
    if (s->known && memcmp(place, s->place, sizeof place) == 0) {
        return SYM_OK;
    }
    forget(s);
    memcpy(s->place, place, sizeof place);
    enum sym_err err = sym_vault_key(l->vault, t, sym_span(place, sizeof place), s->secret.data);
    s->known = err == SYM_OK;
    return err;
}

static enum sym_err make_secret(struct sym_log *l, struct sym_transaction *t,
                                struct sym_log_secret *s)
{
    enum sym_err err =
        sym_vault_new_key(l->vault, t, sym_span(s->place, sizeof s->place), s->secret.data);
    s->known = err == SYM_OK;
    return err;
}

enum sym_err sym_log_renew_secret(struct sym_log *l, struct sym_transaction *t,
                                  const uint8_t place[SYM_LOG_KEY_BYTES])
{
    struct sym_reader r = sym_reader(sym_span(place, SYM_LOG_KEY_BYTES));
    uint32_t generation = sym_read_u32(&r);
    enum sym_err err = find_secret(l, t, &l->read, generation, sym_read_u64(&r));
    if (err == SYM_OK) {
        forget(&l->write);
        memcpy(l->write.place, place, sizeof l->write.place);
        err = make_secret(l, t, &l->write);
    }
    return err == SYM_NOT_FOUND ? SYM_BAD_TAG : err;
}

enum sym_err sym_log_put_bodies(struct sym_log *l, struct sym_transaction *t)
{
    const struct sym_log_run *run = &l->new_bodies;
    if (run->n == 0) {
        return SYM_OK;
    }
    enum sym_err err = sym_log_hash_rest(l, t);
    if (err == SYM_OK) {
        err = find_secret(l, t, &l->write, run->generation, run->last / SYM_TILE_WIDTH);
    }
    if (err == SYM_NOT_FOUND) {
        err = make_secret(l, t, &l->write);
    }
    return err == SYM_OK ? sym_log_rows_put(&l->new_bodies, t, &l->write.secret) : err;
}

enum sym_err sym_log_put_leaves(struct sym_log *l, struct sym_transaction *t)
{
    if (l->new_leaves.n == 0) {
        return SYM_OK;
    }
    enum sym_err err = sym_log_hash_rest(l, t);
    return err == SYM_OK ? sym_log_rows_put(&l->new_leaves, t, NULL) : err;
}

enum sym_err sym_log_put_rest(struct sym_log *l, struct sym_transaction *t)
{
    enum sym_err err = sym_log_put_bodies(l, t);
    return err == SYM_OK ? sym_log_put_leaves(l, t) : err;
}

enum sym_err sym_log_put_leaf(struct sym_log *l, struct sym_transaction *t, uint32_t generation,
                              uint64_t index, struct sym_span leaf)
{
    if (sym_log_rows_add(&l->new_leaves, generation, index, leaf)) {
        return SYM_OK;
    }
    enum sym_err err = sym_log_put_leaves(l, t);
    if (err == SYM_OK && !sym_log_rows_add(&l->new_leaves, generation, index, leaf)) {
        err = SYM_TOO_LONG;
    }
    return err;
}

enum sym_err sym_log_put_body(struct sym_log *l, struct sym_transaction *t, uint32_t generation,
                              uint64_t index, struct sym_span salted)
{
    if (sym_log_rows_add(&l->new_bodies, generation, index, salted)) {
        return SYM_OK;
    }
    enum sym_err err = sym_log_put_bodies(l, t);
    if (err == SYM_OK && !sym_log_rows_add(&l->new_bodies, generation, index, salted)) {
        err = SYM_TOO_LONG;
    }
    return err;
}

enum sym_err sym_log_get_leaf(struct sym_log *l, struct sym_transaction *t, struct sym_span *out,
                              uint32_t generation, uint64_t index)
{
    if (sym_log_rows_find(&l->leaves, out, generation, index)) {
        return SYM_OK;
    }
    enum sym_err err = sym_log_rows_get(&l->leaves, t, NULL, generation, index);
    if (err == SYM_OK &&
        (!sym_log_rows_find(&l->leaves, out, generation, index) || out->len > SYM_LEAF_BYTES_MAX)) {
        err = SYM_BAD_FORMAT;
    }
    return err;
}

enum sym_err sym_log_get_body(struct sym_log *l, struct sym_transaction *t, struct sym_span *out,
                              uint32_t generation, uint64_t index)
{
    enum sym_err err = SYM_OK;
    if (!sym_log_rows_find(&l->bodies, out, generation, index)) {
        err = find_secret(l, t, &l->read, generation, index / SYM_TILE_WIDTH);
        if (err == SYM_OK) {
            err = sym_log_rows_get(&l->bodies, t, &l->read.secret, generation, index);
        }
        if (err == SYM_OK && !sym_log_rows_find(&l->bodies, out, generation, index)) {
            err = SYM_NOT_FOUND;
        }
    }
    return err == SYM_OK && out->len <= SYM_HASH_BYTES ? SYM_BAD_FORMAT : err;
}

void sym_log_forget_rows(struct sym_log *l)
{
    sym_log_rows_forget(&l->leaves);
    sym_log_rows_forget(&l->bodies);
}

enum sym_err sym_log_look(struct sym_log *l, sym_store_fn *fn, void *context)
{
    enum sym_err err = sym_store_read(l->store, fn, context);
    sym_log_forget_rows(l);
    return err;
}

static void begin_of(uint8_t out[SYM_LOG_MARK_BYTES], struct sym_span id)
{
    static const uint8_t none[SYM_LOG_MARK_BYTES];
    memset(out, 0, SYM_LOG_MARK_BYTES);
    if (id.len >= SYM_LOG_MARK_BYTES) {
        memcpy(out, id.data, SYM_LOG_MARK_BYTES);
        out[0] = sym_equal(out, none, sizeof none) ? 1 : out[0];
    }
}

void sym_log_mark(struct sym_log_mark *out, const struct sym_log *l, const struct sym_leaf *leaf,
                  struct sym_span handle)
{
    struct sym_span self = sym_span(l->self.bytes, sizeof l->self.bytes);
    begin_of(out->exchange, leaf->exchange_id);
    begin_of(out->handle, handle);
    begin_of(out->peer, sym_span_equal(leaf->initiator, self) ? leaf->responder : leaf->initiator);
}

void sym_log_mark_stored(struct sym_log_mark *out, struct sym_log *l, struct sym_transaction *t,
                         uint32_t generation, uint64_t index, const struct sym_leaf *leaf)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_entry_body body = {.event = {NULL, 0}};
    struct sym_span salted = {NULL, 0};
    enum sym_err err = SYM_NOT_FOUND;
    if (leaf->exchange_id.len > 0) {
        err = sym_log_get_body(l, t, &salted, generation, index);
    }
    if (err == SYM_OK) {
        err = sym_decode(&arena, &body, &sym_msg_entry_body,
                         sym_span(salted.data + SYM_HASH_BYTES, salted.len - SYM_HASH_BYTES));
    }
    sym_log_mark(out, l, leaf, err == SYM_OK ? body.handle : sym_span(NULL, 0));
}
