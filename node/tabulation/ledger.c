#include "node/tabulation/ledger.h"

#include "proto/epsilon.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* No calendar year is longer, so that of a restore has ended by then. */
#define AFTER_RESTORE_MS (UINT64_C(366) * 86400000u)
#define NANO             UINT64_C(1000000000)
/* How long an id that was not paid for is kept after its consent is void: the clock may be set back
 * by so much. */
#define VOID_MS UINT64_C(86400000)

/* BUDGETS: dataset and a zero byte, year (4), peer (32) -> nano epsilon spent (8). */
#define NAME_BYTES_MAX   SYM_DATASET_BYTES_MAX
#define BUDGET_TAIL      (1u + 4u + SYM_HASH_BYTES)
#define BUDGET_KEY_BYTES (NAME_BYTES_MAX + BUDGET_TAIL)

_Static_assert(BUDGET_KEY_BYTES <= SYM_STORE_KEY_BYTES, "a key of the store");

/* QUERY_IDS: qid -> state (1), year (4), peer (32), epsilon (8), expires (8), dataset. */
enum state { RESERVED = 1, RELEASED, DEBITED, UNMASKED };
#define QUERY_HEAD  (1u + 4u + SYM_HASH_BYTES + 8u + 8u)
#define QUERY_BYTES (QUERY_HEAD + NAME_BYTES_MAX)

struct query {
    uint8_t state;
    uint32_t year;
    struct sym_node_id peer;
    uint64_t epsilon_nano;
    uint64_t expires_ms;
    struct sym_span dataset; /* in the value that it was read from */
};

static const struct sym_node_id whole;

static uint32_t year_of(uint64_t ms, uint64_t *renews_ms)
{
    time_t s = (time_t)(ms / 1000u);
    struct tm at = {0};
    (void)gmtime_r(&s, &at);
    struct tm next = {.tm_year = at.tm_year + 1, .tm_mday = 1};
    *renews_ms = (uint64_t)timegm(&next) * 1000u;
    return (uint32_t)at.tm_year + 1900u;
}

void sym_ledger_left_text(char out[SYM_LEDGER_TEXT_BYTES], uint64_t left_nano, uint64_t renews_ms)
{
    char left[SYM_EPSILON_BYTES];
    char day[16] = "";
    time_t renews = (time_t)(renews_ms / 1000u);
    struct tm at = {0};
    (void)gmtime_r(&renews, &at);
    (void)strftime(day, sizeof day, "%Y-%m-%d", &at);
    sym_epsilon_text(left, left_nano);
    (void)snprintf(out, SYM_LEDGER_TEXT_BYTES, "epsilon %s is left of this year's; it renews on %s",
                   left, day);
}

/* Rows ----------------------------------------------------------------------------------------- */

static struct sym_span budget_key(uint8_t out[BUDGET_KEY_BYTES], struct sym_span dataset,
                                  uint32_t year, const struct sym_node_id *peer)
{
    struct sym_writer w = sym_writer(out, BUDGET_KEY_BYTES);
    sym_write_span(&w, dataset);
    sym_write_u8(&w, 0);
    sym_write_u32(&w, year);
    sym_write_bytes(&w, peer->bytes, sizeof peer->bytes);
    return sym_span(out, w.len);
}

static enum sym_err get_spent(uint64_t *out, struct sym_transaction *t, struct sym_span key)
{
    uint8_t value[8];
    size_t len = 0;
    *out = 0;
    enum sym_err err =
        sym_store_get_into(t, SYM_TABLE_BUDGETS, key, NULL, value, sizeof value, &len);
    if (err == SYM_NOT_FOUND) {
        return SYM_OK;
    }
    if (err == SYM_OK && len != sizeof value) {
        return SYM_BAD_FORMAT;
    }
    *out = err == SYM_OK ? sym_get_u64(value) : 0;
    return err;
}

static enum sym_err add_spent(struct sym_transaction *t, const struct query *q,
                              const struct sym_node_id *peer)
{
    uint8_t room[BUDGET_KEY_BYTES];
    struct sym_span key = budget_key(room, q->dataset, q->year, peer);
    uint64_t spent = 0;
    enum sym_err err = get_spent(&spent, t, key);
    if (err != SYM_OK) {
        return err;
    }
    uint8_t value[8];
    sym_put_u64(value, spent > UINT64_MAX - q->epsilon_nano ? UINT64_MAX : spent + q->epsilon_nano);
    return sym_store_put(t, SYM_TABLE_BUDGETS, key, sym_span(value, sizeof value));
}

static enum sym_err read_query(struct query *out, struct sym_span value)
{
    struct sym_reader in = sym_reader(value);
    out->state = sym_read_u8(&in);
    out->year = sym_read_u32(&in);
    sym_read_bytes(&in, out->peer.bytes, sizeof out->peer.bytes);
    out->epsilon_nano = sym_read_u64(&in);
    out->expires_ms = sym_read_u64(&in);
    out->dataset = sym_read_span(&in, in.left);
    enum sym_err err = sym_read_end(&in);
    return err == SYM_OK && (out->state < RESERVED || out->state > UNMASKED) ? SYM_BAD_FORMAT : err;
}

static enum sym_err put_query(struct sym_transaction *t, const uint8_t qid[SYM_HASH_BYTES],
                              const struct query *q)
{
    uint8_t room[QUERY_BYTES];
    struct sym_span value;
    struct sym_writer w = sym_writer(room, sizeof room);
    sym_write_u8(&w, q->state);
    sym_write_u32(&w, q->year);
    sym_write_bytes(&w, q->peer.bytes, sizeof q->peer.bytes);
    sym_write_u64(&w, q->epsilon_nano);
    sym_write_u64(&w, q->expires_ms);
    sym_write_span(&w, q->dataset);
    enum sym_err err = sym_write_end(&w, &value);
    return err == SYM_OK
               ? sym_store_put(t, SYM_TABLE_QUERY_IDS, sym_span(qid, SYM_HASH_BYTES), value)
               : err;
}

static enum sym_err get_query(struct query *out, uint8_t room[QUERY_BYTES],
                              struct sym_transaction *t, const uint8_t qid[SYM_HASH_BYTES])
{
    size_t len = 0;
    enum sym_err err = sym_store_get_into(t, SYM_TABLE_QUERY_IDS, sym_span(qid, SYM_HASH_BYTES),
                                          NULL, room, QUERY_BYTES, &len);
    return err == SYM_OK ? read_query(out, sym_span(room, len)) : err;
}

/* What is left --------------------------------------------------------------------------------- */

struct reserved {
    struct sym_span dataset;
    uint32_t year;
    const struct sym_node_id *peer;
    uint64_t now_ms;
    uint64_t all;
    uint64_t of_peer;
};

static enum sym_err add_reserved(void *context, struct sym_span key, struct sym_span value)
{
    struct reserved *r = context;
    struct query q;
    (void)key;
    enum sym_err err = read_query(&q, value);
    if (err == SYM_OK && q.state == RESERVED && q.expires_ms > r->now_ms && q.year == r->year &&
        sym_span_equal(q.dataset, r->dataset)) {
        r->all += q.epsilon_nano;
        if (sym_equal(q.peer.bytes, r->peer->bytes, sizeof q.peer.bytes)) {
            r->of_peer += q.epsilon_nano;
        }
    }
    return err;
}

static uint64_t less(uint64_t from, uint64_t spent, uint64_t reserved)
{
    uint64_t used = spent > UINT64_MAX - reserved ? UINT64_MAX : spent + reserved;
    return from > used ? from - used : 0;
}

/* After a restore nobody knows what was spent behind the backup. *renews_ms: until when. */
static bool all_is_spent(const struct sym_ledger *l, uint64_t now_ms, uint64_t *renews_ms)
{
    uint64_t from_ms = l->restored_ms != NULL ? *l->restored_ms : 0;
    if (from_ms == 0 || (now_ms > from_ms && now_ms - from_ms >= AFTER_RESTORE_MS)) {
        return false;
    }
    *renews_ms = from_ms + AFTER_RESTORE_MS;
    return true;
}

enum sym_err sym_ledger_left(const struct sym_ledger *l, struct sym_transaction *t,
                             struct sym_ledger_left *out, const struct sym_ledger_ask *ask)
{
    uint8_t room[BUDGET_KEY_BYTES];
    uint64_t of_peer = 0;
    if (ask->dataset.len > NAME_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    uint32_t year = year_of(ask->now_ms, &out->renews_ms);
    struct reserved r = {
        .dataset = ask->dataset, .year = year, .peer = ask->peer, .now_ms = ask->now_ms};
    enum sym_err err = sym_store_each(t, SYM_TABLE_QUERY_IDS, add_reserved, &r);
    if (err == SYM_OK) {
        err = get_spent(&out->spent_nano, t, budget_key(room, ask->dataset, year, &whole));
    }
    if (err == SYM_OK) {
        err = get_spent(&of_peer, t, budget_key(room, ask->dataset, year, ask->peer));
    }
    if (err != SYM_OK) {
        return err;
    }
    out->reserved_nano = r.all;
    out->left_nano = less(ask->cap_nano, out->spent_nano, r.all);
    if (ask->peer_cap_nano > 0) {
        uint64_t left = less(ask->peer_cap_nano, of_peer, r.of_peer);
        out->left_nano = left < out->left_nano ? left : out->left_nano;
    }
    out->restored = all_is_spent(l, ask->now_ms, &out->renews_ms);
    out->left_nano = out->restored ? 0 : out->left_nano;
    return SYM_OK;
}

/* Changing it ---------------------------------------------------------------------------------- */

enum sym_err sym_ledger_release(struct sym_transaction *t, const uint8_t qid[SYM_HASH_BYTES])
{
    uint8_t room[QUERY_BYTES];
    struct query q;
    enum sym_err err = get_query(&q, room, t, qid);
    if (err == SYM_OK && q.state == RESERVED) {
        q.state = RELEASED;
        return put_query(t, qid, &q);
    }
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

static enum sym_err release_if_reserved(void *context, struct sym_span key, struct sym_span value)
{
    (void)value;
    return key.len == SYM_HASH_BYTES ? sym_ledger_release(context, key.data) : SYM_BAD_FORMAT;
}

struct forgetting {
    struct sym_transaction *t;
    uint64_t now_ms;
};

/* What has expired is given back for good: others are promised what it had, and a clock that is set
 * back must not revive it. */
static enum sym_err forget_void(void *context, struct sym_span key, struct sym_span value)
{
    const struct forgetting *f = context;
    struct query q;
    enum sym_err err = read_query(&q, value);
    bool is_paid = err == SYM_OK && (q.state == DEBITED || q.state == UNMASKED);
    if (err != SYM_OK || is_paid || q.expires_ms > f->now_ms) {
        return err;
    }
    if (f->now_ms >= VOID_MS && q.expires_ms <= f->now_ms - VOID_MS) {
        return sym_store_delete(f->t, SYM_TABLE_QUERY_IDS, key);
    }
    return release_if_reserved(f->t, key, value);
}

/* SYM_REPLAY: this id was consented to. Those whose consent nobody can use any more go first. */
static enum sym_err check_new(struct sym_transaction *t, const uint8_t qid[SYM_HASH_BYTES],
                              uint64_t now_ms)
{
    struct forgetting f = {.t = t, .now_ms = now_ms};
    enum sym_err err = sym_store_each(t, SYM_TABLE_QUERY_IDS, forget_void, &f);
    if (err == SYM_OK) {
        err = sym_store_has(t, SYM_TABLE_QUERY_IDS, sym_span(qid, SYM_HASH_BYTES));
    }
    return err == SYM_NOT_FOUND ? SYM_OK : err == SYM_OK ? SYM_REPLAY : err;
}

enum sym_err sym_ledger_reserve(const struct sym_ledger *l, struct sym_transaction *t,
                                const uint8_t qid[SYM_HASH_BYTES], const struct sym_ledger_ask *ask,
                                uint64_t epsilon_nano, uint64_t expires_ms)
{
    struct sym_ledger_left left;
    uint64_t renews_ms = 0;
    enum sym_err err = check_new(t, qid, ask->now_ms);
    if (err == SYM_OK) {
        err = sym_ledger_left(l, t, &left, ask);
    }
    if (err == SYM_OK && (epsilon_nano == 0 || left.left_nano < epsilon_nano)) {
        err = SYM_LIMIT;
    }
    if (err != SYM_OK) {
        return err;
    }
    const struct query q = {.state = RESERVED,
                            .year = year_of(ask->now_ms, &renews_ms),
                            .peer = *ask->peer,
                            .epsilon_nano = epsilon_nano,
                            .expires_ms = expires_ms,
                            .dataset = ask->dataset};
    return put_query(t, qid, &q);
}

enum sym_err sym_ledger_note(struct sym_transaction *t, const uint8_t qid[SYM_HASH_BYTES],
                             const struct sym_ledger_ask *ask)
{
    uint64_t renews_ms = 0;
    enum sym_err err = check_new(t, qid, ask->now_ms);
    const struct query q = {.state = RELEASED,
                            .year = year_of(ask->now_ms, &renews_ms),
                            .peer = *ask->peer,
                            .expires_ms = ask->now_ms,
                            .dataset = ask->dataset};
    return err == SYM_OK ? put_query(t, qid, &q) : err;
}

static enum sym_err append(const struct sym_ledger *l, struct sym_transaction *t,
                           const struct sym_ledger_exchange *x, struct sym_entry_body *body)
{
    body->alias = sym_span_text(x->alias);
    body->exchange_kind = x->kind;
    body->purpose = x->purpose;
    body->basis = x->basis;
    body->mine = body->subject;
    if (x->handle != NULL) {
        body->handle = sym_span(x->handle, SYM_EXCHANGE_ID_BYTES);
    }
    const struct sym_entry entry = {.kind = SYM_ENTRY_BUDGET,
                                    .exchange_id = x->id,
                                    .initiator = x->initiator,
                                    .responder = x->responder,
                                    .body = body};
    return sym_log_append(l->log, t, &entry, NULL);
}

static enum sym_err log_debit(const struct sym_ledger *l, struct sym_transaction *t,
                              const struct query *q, const struct sym_ledger_exchange *x)
{
    char words[SYM_DETAIL_BYTES_MAX + 1];
    struct sym_entry_body body = {
        .event = sym_span_text("debited"),
        .subject = q->dataset,
        .detail = sym_log_words(words, sizeof words,
                                "epsilon %" PRIu64 ".%09" PRIu64 " of the year %" PRIu32,
                                q->epsilon_nano / NANO, q->epsilon_nano % NANO, q->year),
        .count = q->epsilon_nano,
    };
    return append(l, t, x, &body);
}

enum sym_err sym_ledger_answered(const struct sym_ledger *l, struct sym_transaction *t,
                                 struct sym_span dataset, const struct sym_ledger_exchange *x,
                                 const uint8_t released[SYM_EXCHANGE_ID_BYTES])
{
    char words[SYM_DETAIL_BYTES_MAX + 1];
    char hex[2 * SYM_EXCHANGE_ID_BYTES + 1];
    sym_hex(hex, released, SYM_EXCHANGE_ID_BYTES);
    struct sym_entry_body body = {
        .event = sym_span_text("answered-before"),
        .subject = dataset,
        .detail = sym_log_words(words, sizeof words, "by the release of tabulation %s", hex),
    };
    return append(l, t, x, &body);
}

enum sym_err sym_ledger_debit(const struct sym_ledger *l, struct sym_transaction *t,
                              const uint8_t qid[SYM_HASH_BYTES],
                              const struct sym_ledger_exchange *x, uint64_t now_ms)
{
    uint8_t room[QUERY_BYTES];
    struct query q;
    enum sym_err err = get_query(&q, room, t, qid);
    if (err != SYM_OK) {
        return err;
    }
    if (q.state == DEBITED || q.state == UNMASKED) {
        return SYM_REPLAY;
    }
    if (q.state == RELEASED || q.expires_ms <= now_ms) {
        return SYM_EXPIRED;
    }
    q.state = DEBITED;
    err = put_query(t, qid, &q);
    if (err == SYM_OK) {
        err = add_spent(t, &q, &whole);
    }
    if (err == SYM_OK) {
        err = add_spent(t, &q, &q.peer);
    }
    return err == SYM_OK ? log_debit(l, t, &q, x) : err;
}

enum sym_err sym_ledger_start(struct sym_transaction *t)
{
    return sym_store_each(t, SYM_TABLE_QUERY_IDS, release_if_reserved, t);
}

enum sym_err sym_ledger_unmask(struct sym_transaction *t, const uint8_t qid[SYM_HASH_BYTES])
{
    uint8_t room[QUERY_BYTES];
    struct query q;
    enum sym_err err = get_query(&q, room, t, qid);
    if (err != SYM_OK) {
        return err;
    }
    if (q.state != DEBITED) {
        return q.state == UNMASKED ? SYM_REPLAY : SYM_NOT_FOUND;
    }
    q.state = UNMASKED;
    return put_query(t, qid, &q);
}

/* Listing -------------------------------------------------------------------------------------- */

struct listing {
    struct sym_transaction *t;
    uint32_t year;
    uint64_t now_ms;
    sym_ledger_each_fn *fn;
    void *context;
};

/* A dataset of which something is only reserved has no row before; peers come with the debit. */
static enum sym_err list_row(struct listing *at, struct sym_span dataset,
                             const struct sym_node_id *peer, uint64_t spent)
{
    struct reserved r = {.dataset = dataset, .year = at->year, .peer = peer, .now_ms = at->now_ms};
    enum sym_err err = sym_store_each(at->t, SYM_TABLE_QUERY_IDS, add_reserved, &r);
    bool is_whole = sym_equal(peer->bytes, whole.bytes, sizeof whole.bytes);
    const struct sym_ledger_row row = {.dataset = dataset,
                                       .peer = *peer,
                                       .year = at->year,
                                       .spent_nano = spent,
                                       .reserved_nano = is_whole ? r.all : r.of_peer};
    return err == SYM_OK ? at->fn(at->context, &row) : err;
}

static enum sym_err list_budget(void *context, struct sym_span key, struct sym_span value)
{
    struct listing *at = context;
    struct sym_node_id peer;
    if (key.len <= BUDGET_TAIL || value.len != 8) {
        return SYM_BAD_FORMAT;
    }
    struct sym_reader in = sym_reader(key);
    struct sym_span dataset = sym_read_span(&in, key.len - BUDGET_TAIL);
    (void)sym_read_u8(&in);
    uint32_t year = sym_read_u32(&in);
    sym_read_bytes(&in, peer.bytes, sizeof peer.bytes);
    enum sym_err err = sym_read_end(&in);
    return err == SYM_OK && year == at->year ? list_row(at, dataset, &peer, sym_get_u64(value.data))
                                             : err;
}

enum sym_err sym_ledger_each(struct sym_transaction *t, uint64_t now_ms, sym_ledger_each_fn *fn,
                             void *context)
{
    uint64_t renews_ms = 0;
    struct listing at = {.t = t,
                         .year = year_of(now_ms, &renews_ms),
                         .now_ms = now_ms,
                         .fn = fn,
                         .context = context};
    return sym_store_each(t, SYM_TABLE_BUDGETS, list_budget, &at);
}
