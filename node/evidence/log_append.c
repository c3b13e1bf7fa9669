/* Appending: an entry is encoded where its row is written from, and hashed with all others that are
 * to become durable with it. */
#include "node/evidence/log_state.h"
#include "node/loop.h"

#include <string.h>

/* Adding to the tree --------------------------------------------------------------------------
 */

struct tile_job {
    struct sym_log *log;
    struct sym_transaction *t;
};

static enum sym_err keep_tile(void *context, unsigned level, uint64_t number,
                              uint8_t hashes[SYM_TILE_WIDTH][SYM_HASH_BYTES])
{
    const struct tile_job *job = context;
    const struct sym_log_side *s = &job->log->pending;
    return sym_log_put_tile(job->t, hashes, s->marks, s->head.generation, level, number);
}

/* What a run holds of n entries from this one on. */
static enum sym_err parts_of(struct sym_span *out, const struct sym_log_run *run,
                             const struct sym_log_side *s, uint64_t first, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!sym_log_rows_find(run, &out[i], s->head.generation, first + i)) {
            return SYM_INTERNAL;
        }
    }
    return SYM_OK;
}

/* The commitment is what a leaf ends with. */
static void fill_in(struct sym_log_run *leaves, const struct sym_span *parts,
                    uint8_t (*commitments)[SYM_HASH_BYTES], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t end = (size_t)(parts[i].data - leaves->bytes) + parts[i].len;
        memcpy(leaves->bytes + end - SYM_HASH_BYTES, commitments[i], SYM_HASH_BYTES);
    }
}

enum sym_err sym_log_hash_rest(struct sym_log *l, struct sym_transaction *t)
{
    uint8_t hashes[SYM_TILE_WIDTH][SYM_HASH_BYTES];
    struct sym_span parts[SYM_TILE_WIDTH] = {{NULL, 0}};
    struct tile_job job = {.log = l, .t = t};
    struct sym_log_side *s = &l->pending;
    size_t n = l->unhashed;
    uint64_t first = s->head.size - n;
    l->unhashed = 0;
    enum sym_err err = parts_of(parts, &l->new_bodies, s, first, n);
    if (err == SYM_OK) {
        err = sym_body_commit_many(hashes, &l->many, parts, n);
    }
    if (err == SYM_OK) {
        err = parts_of(parts, &l->new_leaves, s, first, n);
    }
    if (err == SYM_OK) {
        fill_in(&l->new_leaves, parts, hashes, n);
        err = sym_merkle_leaf_many(hashes, &l->many, parts, n);
    }
    return err == SYM_OK ? sym_log_edge_add_many(&s->edge, &l->many, hashes, n, keep_tile, &job)
                         : err;
}

/* One entry -----------------------------------------------------------------------------------
 */

static void take_salt(struct sym_log *l, uint8_t out[SYM_HASH_BYTES])
{
    if (l->salts_left == 0) {
        sym_random_many(l->salts.data, l->salts.len);
        l->salts_left = SYM_LOG_SALTS;
    }
    uint8_t *salt = l->salts.data + --l->salts_left * SYM_HASH_BYTES;
    memcpy(out, salt, SYM_HASH_BYTES);
    sym_wipe(salt, SYM_HASH_BYTES);
}

/* SYM_TOO_LONG: also when it belongs into a new row. */
static enum sym_err encode_body(struct sym_log *l, const struct sym_entry_body *body)
{
    const struct sym_log_side *s = &l->pending;
    size_t max = 0;
    size_t len = 0;
    uint8_t *out = sym_log_rows_room(&l->new_bodies, s->head.generation, s->head.size, &max);
    if (out == NULL || max < SYM_HASH_BYTES) {
        return SYM_TOO_LONG;
    }
    max -= SYM_HASH_BYTES;
    enum sym_err err =
        sym_encode(out + SYM_HASH_BYTES, max < SYM_BODY_BYTES_MAX ? max : SYM_BODY_BYTES_MAX, &len,
                   &sym_msg_entry_body, body);
    if (err == SYM_OK) {
        take_salt(l, out);
        sym_log_rows_took(&l->new_bodies, s->head.generation, s->head.size, SYM_HASH_BYTES + len);
    }
    return err;
}

static enum sym_err write_body(struct sym_log *l, struct sym_transaction *t,
                               const struct sym_entry *entry)
{
    uint8_t hash[SYM_HASH_BYTES];
    struct sym_entry_body body = *entry->body;
    enum sym_err err = SYM_OK;
    if (entry->author != NULL) {
        body.user = sym_span_text(entry->author->user);
        body.command = entry->author->command;
        if (entry->author->approver != NULL) {
            body.approver = sym_span_text(entry->author->approver);
            body.approval = entry->author->approval;
        }
    }
    bool hide = entry->author != NULL && entry->author->hash_only && body.command.len > 0;
    if (hide || body.command.len > SYM_COMMAND_KEPT_BYTES) {
        err = sym_sha256(hash, body.command);
        body.command_hash = sym_span(hash, sizeof hash);
        body.command = sym_span(NULL, 0);
    }
    err = err == SYM_OK ? encode_body(l, &body) : err;
    if (err == SYM_TOO_LONG) {
        err = sym_log_put_bodies(l, t);
        err = err == SYM_OK ? encode_body(l, &body) : err;
    }
    return err;
}

/* As encode_body. */
static enum sym_err encode_leaf(struct sym_log *l, const struct sym_leaf *leaf)
{
    const struct sym_log_side *s = &l->pending;
    size_t max = 0;
    size_t len = 0;
    uint8_t *out = sym_log_rows_room(&l->new_leaves, s->head.generation, s->head.size, &max);
    if (out == NULL) {
        return SYM_TOO_LONG;
    }
    enum sym_err err = sym_encode(out, max < SYM_LEAF_BYTES_MAX ? max : SYM_LEAF_BYTES_MAX, &len,
                                  &sym_msg_leaf, leaf);
    if (err == SYM_OK) {
        sym_log_rows_took(&l->new_leaves, s->head.generation, s->head.size, len);
    }
    return err;
}

static struct sym_span node_span(const struct sym_node_id *id)
{
    return id == NULL ? sym_span(NULL, 0) : sym_span(id->bytes, sizeof id->bytes);
}

/* With zeros in the place of the commitment. */
static enum sym_err write_leaf(struct sym_log *l, struct sym_transaction *t,
                               const struct sym_entry *entry)
{
    static const uint8_t zeros[SYM_HASH_BYTES];
    struct sym_log_side *s = &l->pending;
    const struct sym_leaf leaf = {
        .version = SYM_LEAF_VERSION,
        .time_ms = s->time_ms,
        .kind = entry->kind,
        .exchange_id =
            sym_span(entry->exchange_id, entry->exchange_id == NULL ? 0 : SYM_EXCHANGE_ID_BYTES),
        .initiator = node_span(entry->initiator),
        .responder = node_span(entry->responder),
        .commitment = sym_span(zeros, sizeof zeros)};
    enum sym_err err = encode_leaf(l, &leaf);
    if (err == SYM_TOO_LONG) {
        err = sym_log_put_leaves(l, t);
        err = err == SYM_OK ? encode_leaf(l, &leaf) : err;
    }
    if (err == SYM_OK) {
        sym_log_mark(&s->marks[s->head.size % SYM_TILE_WIDTH], l, &leaf, entry->body->handle);
    }
    return err;
}

enum sym_err sym_log_append(struct sym_log *l, struct sym_transaction *t,
                            const struct sym_entry *entry, uint64_t *index)
{
    uint64_t now_ms = sym_wall_ms();
    struct sym_log_side *s = &l->pending;
    enum sym_err err = sym_log_begin(l, t);
    if (err == SYM_OK) {
        s->time_ms = now_ms > s->time_ms ? now_ms : s->time_ms;
        err = write_body(l, t, entry);
    }
    if (err == SYM_OK) {
        err = write_leaf(l, t, entry);
    }
    if (err != SYM_OK) {
        return err;
    }
    l->unhashed++;
    if (index != NULL) {
        *index = s->head.size;
    }
    s->head.size++;
    return SYM_OK;
}
