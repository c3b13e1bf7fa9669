#include "node/grant/grants_state.h"
#include "proto/codec.h"
#include "proto/overlap_agree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_VERSION 1u
#define HEAD_BYTES     (1u + SYM_NODE_ID_BYTES + SYM_DIGEST_BYTES + 4u)
#define RECORD_BYTES   1536u /* beside the parameters */

#define PERSONALISATION "symbolon-held--1"

_Static_assert(sizeof PERSONALISATION - 1 == SYM_PERSONALISATION_BYTES, "all of it is used");

void sym_held_item_row(struct sym_grants *g, struct sym_held_request *row,
                       const struct sym_held_item *item)
{
    const struct sym_peer *peer = sym_peers_by_id(g->config.peers, &item->peer);
    *row = item->terms;
    row->id = sym_span(item->id, sizeof item->id);
    row->alias = sym_span_text(peer != NULL ? peer->alias : "removed");
    row->dataset = sym_span_text(item->dataset);
    row->decided_by = sym_span_text(item->decided_by);
    row->why = sym_span_text(item->why);
    row->because = sym_span_text(item->because);
    row->parameters = sym_span(item->parameters, item->parameters_len);
    row->case_hash =
        item->has_case ? sym_span(item->case_hash, sizeof item->case_hash) : sym_span(NULL, 0);
}

/* Record: version | node id | digest of what it is for | reason (4) | the message. */
enum sym_err sym_held_item_put(struct sym_grants *g, struct sym_transaction *t,
                               const struct sym_held_item *item)
{
    struct sym_held_request row;
    struct sym_span head;
    size_t len = 0;
    size_t max = RECORD_BYTES + item->parameters_len;
    uint8_t *bytes = malloc(max);
    if (bytes == NULL) {
        return SYM_NO_MEMORY;
    }
    struct sym_writer w = sym_writer(bytes, max);
    sym_write_u8(&w, RECORD_VERSION);
    sym_write_bytes(&w, item->peer.bytes, SYM_NODE_ID_BYTES);
    sym_write_bytes(&w, item->what_for, sizeof item->what_for);
    sym_write_u32(&w, item->reason);
    sym_held_item_row(g, &row, item);
    enum sym_err err = sym_write_end(&w, &head);
    if (err == SYM_OK) {
        err = sym_encode(bytes + head.len, max - head.len, &len, &sym_msg_held_request, &row);
    }
    if (err == SYM_OK) {
        err = sym_store_put(t, SYM_TABLE_HELD, row.id, sym_span(bytes, head.len + len));
    }
    free(bytes);
    return err;
}

enum sym_err sym_held_item_delete(struct sym_transaction *t, const struct sym_held_item *item)
{
    return sym_store_delete(t, SYM_TABLE_HELD, sym_span(item->id, sizeof item->id));
}

static enum sym_err keep_parameters(struct sym_held_item *item, struct sym_span from)
{
    if (from.len == 0) {
        return SYM_OK;
    }
    item->parameters = malloc(from.len);
    if (item->parameters == NULL) {
        return SYM_NO_MEMORY;
    }
    memcpy(item->parameters, from.data, from.len);
    item->parameters_len = from.len;
    return SYM_OK;
}

void sym_held_item_clear(struct sym_held_item *item)
{
    free(item->parameters);
    *item = (struct sym_held_item){.reason = 0};
}

static enum sym_err load_one(void *context, struct sym_span key, struct sym_span value)
{
    struct sym_grants *g = context;
    SYM_ARENA_AUTO arena = {0};
    struct sym_held_request row;
    struct sym_reader r = sym_reader(value);
    if (key.len != SYM_EXCHANGE_ID_BYTES || value.len < HEAD_BYTES) {
        return SYM_BAD_FORMAT;
    }
    if (sym_read_u8(&r) != RECORD_VERSION) {
        return SYM_BAD_VERSION;
    }
    if (g->n_held >= SYM_HELD_MAX) {
        return SYM_LIMIT;
    }
    struct sym_held_item item = {.reason = 0};
    sym_read_bytes(&r, item.peer.bytes, SYM_NODE_ID_BYTES);
    sym_read_bytes(&r, item.what_for, sizeof item.what_for);
    item.reason = sym_read_u32(&r);
    struct sym_span message = sym_read_span(&r, r.left);
    enum sym_err err = sym_read_end(&r);
    if (err == SYM_OK) {
        err = sym_decode(&arena, &row, &sym_msg_held_request, message);
    }
    if (err == SYM_OK && !sym_span_equal(key, row.id)) {
        err = SYM_BAD_FORMAT;
    }
    if (err != SYM_OK) {
        return err;
    }
    memcpy(item.id, row.id.data, sizeof item.id);
    memcpy(item.dataset, row.dataset.data, row.dataset.len);
    memcpy(item.decided_by, row.decided_by.data, row.decided_by.len);
    memcpy(item.why, row.why.data, row.why.len);
    memcpy(item.because, row.because.data, row.because.len);
    err = keep_parameters(&item, row.parameters);
    if (err != SYM_OK) {
        return err;
    }
    item.terms = row;
    item.terms.id = item.terms.alias = item.terms.dataset = sym_span(NULL, 0);
    item.terms.decided_by = item.terms.why = sym_span(NULL, 0);
    item.terms.because = item.terms.parameters = sym_span(NULL, 0);
    item.has_case = row.case_hash.len > 0;
    if (item.has_case) {
        memcpy(item.case_hash, row.case_hash.data, sizeof item.case_hash);
    }
    item.terms.case_hash = sym_span(NULL, 0);
    g->held[g->n_held++] = item;
    return SYM_OK;
}

static int by_time(const void *a, const void *b)
{
    uint64_t first = ((const struct sym_held_item *)a)->terms.received_ms;
    uint64_t second = ((const struct sym_held_item *)b)->terms.received_ms;
    return first < second ? -1 : first > second;
}

enum sym_err sym_held_load(struct sym_grants *g, struct sym_transaction *t)
{
    sym_held_clear(g);
    enum sym_err err = sym_store_each(t, SYM_TABLE_HELD, load_one, g);
    if (err == SYM_OK) {
        qsort(g->held, g->n_held, sizeof *g->held, by_time);
    }
    return err;
}

bool sym_held_is_open(const struct sym_held_item *item)
{
    return item->terms.state == SYM_HELD_WAITING || item->terms.state == SYM_HELD_APPROVED;
}

/* Given before a restore it may have been used since the backup. */
static bool is_from_before_restore(const struct sym_grants *g, const struct sym_held_item *item)
{
    return item->terms.state == SYM_HELD_APPROVED && g->config.restored_ms != NULL &&
           item->terms.decided_ms <= *g->config.restored_ms;
}

static bool has_expired(const struct sym_grants *g, const struct sym_held_item *item,
                        uint64_t now_ms)
{
    return sym_held_is_open(item) &&
           (now_ms >= item->terms.expires_ms || is_from_before_restore(g, item));
}

static bool is_over(const struct sym_held_item *item, uint64_t now_ms)
{
    return !sym_held_is_open(item) && now_ms >= item->terms.decided_ms &&
           now_ms - item->terms.decided_ms >= SYM_HELD_MS;
}

struct tidying {
    struct sym_grants *grants;
    uint64_t now_ms;
};

static enum sym_err expire(struct sym_grants *g, struct sym_transaction *t, uint64_t now_ms,
                           const struct sym_held_item *item)
{
    struct sym_held_item expired = *item;
    struct sym_held_request row;
    expired.terms.state = SYM_HELD_EXPIRED;
    expired.terms.decided_ms = now_ms;
    sym_held_item_row(g, &row, &expired);
    const struct sym_entry_body body = {.event = sym_span_text("request-expired"),
                                        .alias = row.alias,
                                        .subject = sym_span_text(item->dataset),
                                        .exchange_kind = row.kind};
    const struct sym_entry entry = {.kind = SYM_ENTRY_DECIDED,
                                    .exchange_id = item->id,
                                    .initiator = &item->peer,
                                    .body = &body};
    enum sym_err err = sym_held_item_put(g, t, &expired);
    return err == SYM_OK ? sym_log_append(g->config.log, t, &entry, NULL) : err;
}

static enum sym_err put_tidied(struct sym_transaction *t, void *context)
{
    const struct tidying *c = context;
    struct sym_grants *g = c->grants;
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < g->n_held; i++) {
        if (is_over(&g->held[i], c->now_ms)) {
            err = sym_held_item_delete(t, &g->held[i]);
        } else if (has_expired(g, &g->held[i], c->now_ms)) {
            err = expire(g, t, c->now_ms, &g->held[i]);
        }
    }
    return err;
}

enum sym_err sym_held_tidy(struct sym_grants *g, uint64_t now_ms)
{
    bool due = false;
    for (size_t i = 0; i < g->n_held; i++) {
        due = due || is_over(&g->held[i], now_ms) || has_expired(g, &g->held[i], now_ms);
    }
    if (!due) {
        return SYM_OK;
    }
    struct tidying c = {.grants = g, .now_ms = now_ms};
    enum sym_err err = sym_store_write(g->config.store, put_tidied, &c);
    if (err != SYM_OK) {
        return err;
    }
    size_t kept = 0;
    for (size_t i = 0; i < g->n_held; i++) {
        struct sym_held_item item = g->held[i];
        if (is_over(&item, now_ms)) {
            sym_held_item_clear(&item);
            continue;
        }
        if (has_expired(g, &item, now_ms)) {
            item.terms.state = SYM_HELD_EXPIRED;
            item.terms.decided_ms = now_ms;
        }
        g->held[kept++] = item;
    }
    g->n_held = kept;
    return SYM_OK;
}

void sym_held_clear(struct sym_grants *g)
{
    while (g->n_held > 0) {
        sym_held_item_clear(&g->held[--g->n_held]);
    }
}

void sym_held_remove_peer(struct sym_grants *g, const struct sym_node_id *id)
{
    size_t kept = 0;
    for (size_t i = 0; i < g->n_held; i++) {
        if (!sym_node_id_equal(&g->held[i].peer, id)) {
            g->held[kept++] = g->held[i];
        } else {
            sym_held_item_clear(&g->held[i]);
        }
    }
    g->n_held = kept;
}

struct sym_held_item *sym_held_find(struct sym_grants *g, struct sym_span id)
{
    for (size_t i = 0; i < g->n_held; i++) {
        if (sym_span_equal(id, sym_span(g->held[i].id, SYM_EXCHANGE_ID_BYTES))) {
            return &g->held[i];
        }
    }
    return NULL;
}

/* Which of the four there are, then those, then the rest: no two sets make the same bytes. The
 * engines, because with another a list of this size may test more. */
static void digest_what_for(uint8_t out[SYM_DIGEST_BYTES], const struct sym_ask *ask)
{
    static const struct sym_commitments none = {.note = {NULL, 0}};
    const struct sym_commitments *c = ask->request->commitments;
    const struct sym_commitments *from = c != NULL ? c : &none;
    uint8_t lengths[4] = {(uint8_t)from->case_ref.len, (uint8_t)from->note.len,
                          (uint8_t)from->user.len, (uint8_t)from->approver.len};
    uint8_t engines = (uint8_t)(ask->engines & sym_overlap_engines_of(ask->request->kind));
    const struct sym_span parts[] = {sym_span(lengths, sizeof lengths),
                                     sym_span(&engines, sizeof engines),
                                     from->case_ref,
                                     from->note,
                                     from->user,
                                     from->approver,
                                     ask->bound};
    sym_digest(out, PERSONALISATION, parts, sizeof parts / sizeof *parts);
}

static bool has_terms_of(const struct sym_held_item *item, const struct sym_ask *ask)
{
    const struct sym_request *r = ask->request;
    return item->terms.kind == r->kind && item->terms.type == ask->type &&
           item->terms.purpose == r->purpose && item->terms.basis == r->basis &&
           ask->elements <= item->terms.elements &&
           sym_node_id_equal(&item->peer, &ask->peer->id) &&
           sym_span_equal(sym_span_text(item->dataset), r->dataset);
}

/* A decision comes before one that waits. */
static unsigned rank(const struct sym_held_item *item)
{
    switch (item->terms.state) {
    case SYM_HELD_APPROVED:
        return 3;
    case SYM_HELD_DENIED:
        return 2;
    case SYM_HELD_WAITING:
        return 1;
    default:
        return 0;
    }
}

struct sym_held_item *sym_held_match(struct sym_grants *g, const struct sym_ask *ask)
{
    uint8_t what_for[SYM_DIGEST_BYTES];
    struct sym_held_item *found = NULL;
    unsigned best = 0;
    digest_what_for(what_for, ask);
    for (size_t i = 0; i < g->n_held; i++) {
        struct sym_held_item *item = &g->held[i];
        if (has_terms_of(item, ask) && sym_equal(item->what_for, what_for, sizeof what_for)) {
            unsigned own = rank(item);
            found = own > best ? item : found;
            best = own > best ? own : best;
        }
    }
    return found;
}

enum sym_err sym_held_item_new(struct sym_held_item *out, const struct sym_ask *ask,
                               const char *because)
{
    const struct sym_request *r = ask->request;
    *out = (struct sym_held_item){.peer = ask->peer->id,
                                  .terms = {.kind = r->kind,
                                            .type = ask->type,
                                            .purpose = r->purpose,
                                            .basis = r->basis,
                                            .elements = ask->elements,
                                            .received_ms = ask->wall_ms,
                                            .expires_ms = ask->wall_ms + SYM_HELD_MS,
                                            .state = SYM_HELD_WAITING}};
    memcpy(out->id, r->exchange_id.data, sizeof out->id);
    memcpy(out->dataset, r->dataset.data, r->dataset.len);
    digest_what_for(out->what_for, ask);
    out->has_case = r->commitments != NULL && r->commitments->case_ref.len == SYM_HASH_BYTES;
    if (out->has_case) {
        memcpy(out->case_hash, r->commitments->case_ref.data, sizeof out->case_hash);
    }
    (void)snprintf(out->because, sizeof out->because, "%s", because);
    bool joint = r->kind == SYM_KIND_TABULATE || r->kind == SYM_KIND_OVERLAP_TABLE;
    return joint ? keep_parameters(out, r->parameters) : SYM_OK;
}

static enum sym_err delete_one(struct sym_transaction *t, void *context)
{
    return sym_held_item_delete(t, context);
}

/* What was decided is forgotten earlier when the room is needed. */
enum sym_err sym_held_make_room(struct sym_grants *g, const struct sym_node_id *peer)
{
    size_t open = 0;
    size_t oldest = SYM_HELD_MAX;
    for (size_t i = g->n_held; i-- > 0;) {
        bool is_open = sym_held_is_open(&g->held[i]);
        open += is_open && sym_node_id_equal(&g->held[i].peer, peer);
        oldest = is_open ? oldest : i;
    }
    if (open >= SYM_HELD_PER_PEER_MAX || (g->n_held == SYM_HELD_MAX && oldest == SYM_HELD_MAX)) {
        return SYM_LIMIT;
    }
    if (g->n_held < SYM_HELD_MAX) {
        return SYM_OK;
    }
    enum sym_err err = sym_store_write(g->config.store, delete_one, &g->held[oldest]);
    if (err == SYM_OK) {
        sym_held_item_clear(&g->held[oldest]);
        g->n_held--;
        memmove(&g->held[oldest], &g->held[oldest + 1], (g->n_held - oldest) * sizeof *g->held);
    }
    return err;
}

/* As it stands now, whether or not it was tidied since. False: it is forgotten. */
static bool row_now(struct sym_grants *g, struct sym_held_request *row,
                    const struct sym_held_item *item, uint64_t now_ms)
{
    if (is_over(item, now_ms)) {
        return false;
    }
    sym_held_item_row(g, row, item);
    if (has_expired(g, item, now_ms)) {
        row->state = SYM_HELD_EXPIRED;
        row->decided_ms = now_ms < item->terms.expires_ms ? now_ms : item->terms.expires_ms;
    }
    return true;
}

size_t sym_grants_requests(struct sym_grants *g, const struct sym_held_request **rows)
{
    uint64_t now_ms = sym_grants_now(g);
    size_t n = 0;
    for (size_t i = 0; i < g->n_held; i++) {
        n += row_now(g, &g->held_rows[n], &g->held[i], now_ms);
    }
    *rows = g->held_rows;
    return n;
}

bool sym_grants_request(struct sym_grants *g, struct sym_held_request *out, struct sym_span id)
{
    const struct sym_held_item *item = sym_held_find(g, id);
    return item != NULL && row_now(g, out, item, sym_grants_now(g));
}
