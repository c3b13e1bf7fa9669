#include "tests/node/exchange_rig.h"

#include "crypto/ristretto.h"
#include "crypto/vole/kernel.h"
#include "proto/overlap_agree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PER_SEGMENT 1000u
#define PATIENCE_MS 60000u

static struct exchange_rig *the_rig;

#include "tests/node/exchange_rig_links.c"

/* Datasets -------------------------------------------------------------------------------------
 */

/* A sym_datasets is a side here. */
static struct rig_side *side_of(const struct sym_datasets *d)
{
    return (const void *)d == &the_rig->sides[0] ? &the_rig->sides[0] : &the_rig->sides[1];
}

enum sym_err sym_datasets_find(const struct sym_datasets *d, size_t *at, struct sym_span name,
                               struct sym_fault *fault)
{
    (void)d;
    *at = 0;
    return sym_span_equal(name, sym_span_text("list"))
               ? SYM_OK
               : sym_fail(fault, SYM_NOT_FOUND, "dataset: does not exist");
}

void sym_datasets_row(const struct sym_datasets *d, size_t at, struct sym_dataset_row *row)
{
    static struct sym_type_count types[SYM_TOKEN_TYPE_COUNT];
    const struct rig_list *l = &side_of(d)->list;
    (void)at;
    memset(types, 0, sizeof types);
    for (size_t i = 0; i < l->n; i++) {
        struct sym_type_count *count = &types[l->tokens[i].type % SYM_TOKEN_TYPE_COUNT];
        count->type = l->tokens[i].type;
        count->tokens++;
    }
    *row = (struct sym_dataset_row){.name = sym_span_text("list"),
                                    .kind = SYM_DATASET_IDENTIFIERS,
                                    .records = l->records,
                                    .tokens = l->n,
                                    .types = types,
                                    .n_types = SYM_TOKEN_TYPE_COUNT};
}

bool sym_datasets_is_outdated(const struct sym_datasets *d, size_t at)
{
    (void)at;
    return side_of(d)->list.outdated;
}

void sym_datasets_basis(const struct sym_datasets *d, size_t at, uint8_t out[SYM_DIGEST_BYTES])
{
    (void)at;
    memset(out, 0, SYM_DIGEST_BYTES);
    sym_put_u64(out, side_of(d)->content);
}

uint64_t sym_datasets_tokens(const struct sym_datasets *d, size_t at, enum sym_token_type type)
{
    const struct rig_list *l = &side_of(d)->list;
    uint64_t n = 0;
    (void)at;
    for (size_t i = 0; i < l->n; i++) {
        n += type == SYM_TOKEN_NONE || l->tokens[i].type == (uint8_t)type;
    }
    return n;
}

struct sym_content {
    struct rig_list *list;
};

enum sym_err sym_content_hold(struct sym_content **out, struct sym_datasets *d,
                              struct sym_span name, struct sym_fault *fault)
{
    size_t at = 0;
    enum sym_err err = sym_datasets_find(d, &at, name, fault);
    if (err == SYM_OK) {
        *out = calloc(1, sizeof **out);
        assert_non_null(*out);
        (*out)->list = &side_of(d)->list;
        (*out)->list->held++;
    }
    return err;
}

void sym_content_release(struct sym_content *c)
{
    c->list->held--;
    free(c);
}

bool sym_content_is_cancelled(const struct sym_content *c)
{
    return c->list->gone;
}

size_t sym_content_segments(const struct sym_content *c)
{
    return (c->list->records + PER_SEGMENT - 1) / PER_SEGMENT;
}

uint64_t sym_content_tokens(const struct sym_content *c, enum sym_token_type type)
{
    uint64_t n = 0;
    for (size_t i = 0; i < c->list->n; i++) {
        n += type == SYM_TOKEN_NONE || c->list->tokens[i].type == (uint8_t)type;
    }
    return n;
}

static void digest_of(uint8_t out[SYM_DIGEST_BYTES], const struct rig_token *t)
{
    uint8_t bytes[9] = {t->type};
    struct sym_span part = sym_span(bytes, sizeof bytes);
    sym_put_u64(bytes + 1, t->number);
    sym_digest(out, "symbolon-tests-1", &part, 1);
}

/* One block that the segment's columns lie in. */
struct columns {
    uint8_t id_lengths[PER_SEGMENT];
    uint8_t ids[PER_SEGMENT * 16u];
    uint8_t token_counts[PER_SEGMENT];
    uint8_t types[PER_SEGMENT * SYM_TOKENS_PER_RECORD_MAX];
    uint8_t digests[PER_SEGMENT * SYM_TOKENS_PER_RECORD_MAX][SYM_DIGEST_BYTES];
};

enum sym_err sym_content_segment(const struct sym_content *c, size_t at, struct sym_segment *out)
{
    struct rig_list *l = c->list;
    if (l->gone) {
        return SYM_CANCELLED;
    }
    if (l->unreadable > 0) {
        l->unreadable--;
        return SYM_BAD_TAG;
    }
    l->gone = ++l->reads == l->gone_after;
    sym_segment_clear(out);
    assert_int_equal(sym_secret_new(&out->value, sizeof(struct columns)), SYM_OK);
    struct columns *k = (void *)out->value.data;
    size_t first = at * PER_SEGMENT;
    size_t end = first + PER_SEGMENT < l->records ? first + PER_SEGMENT : l->records;
    size_t ids_len = 0;
    for (size_t r = first; r < end; r++) {
        int len = snprintf((char *)k->ids + ids_len, 16, "r%zu", r);
        k->id_lengths[r - first] = (uint8_t)len;
        ids_len += (size_t)len;
    }
    for (size_t i = 0; i < l->n; i++) {
        const struct rig_token *t = &l->tokens[i];
        if (t->record >= first && t->record < end) {
            k->types[out->n_tokens] = t->type;
            digest_of(k->digests[out->n_tokens++], t);
            k->token_counts[t->record - first]++;
        }
    }
    out->n_records = end - first;
    out->id_lengths = k->id_lengths;
    out->ids = k->ids;
    out->token_counts = k->token_counts;
    out->types = k->types;
    out->digests = (const uint8_t(*)[SYM_DIGEST_BYTES])k->digests;
    return SYM_OK;
}

void sym_segment_clear(struct sym_segment *s)
{
    sym_secret_clear(&s->value);
    memset(s, 0, sizeof *s);
}

/* Nothing here is tabulated. */
size_t sym_segment_row_length(const struct sym_segment *s, size_t i)
{
    (void)s;
    (void)i;
    return 0;
}

enum sym_err sym_snapshot_hold(struct sym_content **out, struct sym_dataset_row *row,
                               struct sym_datasets *d, struct sym_span name,
                               struct sym_fault *fault)
{
    (void)out;
    (void)row;
    (void)d;
    return sym_fail(fault, SYM_UNSUPPORTED, "dataset %.*s: holds identifiers", (int)name.len,
                    (const char *)name.data);
}

/* Grants ---------------------------------------------------------------------------------------
 */

/* Nothing waits here. */
enum sym_err sym_grants_withdraw(struct sym_grants *g, const struct sym_node_id *peer,
                                 const uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    (void)g;
    (void)peer;
    (void)id;
    return SYM_NOT_FOUND;
}

/* A sym_grants is a side here, and so is its step. */
enum sym_err sym_grants_begin(struct sym_grants *g, struct sym_grants_step **out,
                              struct sym_policy_verdict *verdict, struct sym_approval *approval,
                              const struct sym_ask *ask)
{
    struct rig_side *side = (void *)g;
    side->asked++;
    side->held_back += ask->must_hold != NULL;
    side->last = *ask->request;
    if (ask->request->commitments != NULL) {
        struct sym_span hash = ask->request->commitments->case_ref;
        assert_int_equal(hash.len, sizeof side->case_hash);
        memcpy(side->case_hash, hash.data, sizeof side->case_hash);
    }
    *verdict = side->verdict;
    verdict->engines = ask->engines & side->engines;
    *approval = side->approval;
    *out = (void *)side;
    assert_int_equal(ask->dataset_known,
                     sym_span_equal(ask->request->dataset, sym_span_text("list")));
    return SYM_OK;
}

void sym_grants_look(struct sym_grants *g, struct sym_policy_verdict *out,
                     const struct sym_ask *ask)
{
    const struct rig_side *side = (void *)g;
    (void)ask;
    *out = side->verdict;
}

enum sym_err sym_grants_put(const struct sym_grants_step *s, struct sym_transaction *t)
{
    (void)s;
    (void)t;
    return SYM_OK;
}

void sym_grants_end(struct sym_grants_step *s, enum sym_err err)
{
    struct rig_side *side = (void *)s;
    if (side != NULL) {
        side->taken_back += err != SYM_OK;
    }
}

void sym_grants_keep_approval(struct sym_grants_step *s, uint64_t wall_ms)
{
    (void)s;
    (void)wall_ms;
}

enum sym_err sym_grants_give_back(struct sym_grants *g, struct sym_grants_step **out,
                                  const uint8_t held_id[SYM_EXCHANGE_ID_BYTES])
{
    (void)g;
    (void)held_id;
    *out = NULL;
    return SYM_OK;
}

size_t sym_grants_offers(struct sym_grants *g, struct sym_standing_offer *out, size_t max)
{
    struct rig_side *side = (void *)g;
    const struct rig_side *other = &the_rig->sides[side == &the_rig->sides[0] ? 1 : 0];
    if (side->standing_days == 0 || max == 0) {
        return 0;
    }
    *out =
        (struct sym_standing_offer){.peer = other->self.id,
                                    .dataset = sym_span_text("list"),
                                    .types = side->standing_types != 0 ? side->standing_types : 1,
                                    .days = side->standing_days,
                                    .elements_per_day = side->elements_per_day,
                                    .number = 1,
                                    .restored_ms = side->restored_ms};
    return 1;
}

enum sym_err sym_grants_charge(struct sym_grants *g, const struct sym_node_id *peer,
                               struct sym_span dataset, uint32_t elements)
{
    struct rig_side *side = (void *)g;
    (void)peer;
    assert_true(sym_span_equal(dataset, sym_span_text("list")));
    if (elements > side->elements_per_day - side->evaluated) {
        return SYM_LIMIT;
    }
    side->evaluated += elements;
    return SYM_OK;
}

enum sym_err sym_grants_put_charge(struct sym_grants *g, struct sym_transaction *t,
                                   const struct sym_node_id *peer, struct sym_span dataset)
{
    struct rig_side *side = (void *)g;
    (void)t;
    (void)peer;
    (void)dataset;
    side->evaluated_put = side->evaluated;
    return SYM_OK;
}

/* The rig --------------------------------------------------------------------------------------
 */

static enum sym_err card_of(void *owner, char *out, size_t max, size_t *len,
                            const struct sym_node_id *peer)
{
    const struct rig_side *s = owner;
    return sym_peers_card_text(&s->peers, out, max, len, peer);
}

static void open_evidence(struct exchange_rig *rig, struct rig_side *s)
{
    struct sym_fault fault = {.text = ""};
    s->log = room_log(&s->room);
    struct sym_witness_config w = {.store = s->room.store,
                                   .log = s->log,
                                   .self = s->self.id,
                                   .cosign_key = &s->room.cosign_key,
                                   .card = card_of,
                                   .owner = s};
    const struct sym_opens_config o = {.store = s->room.store,
                                       .log = s->log,
                                       .self = s->self.id,
                                       .identity = &s->self.keys.identity};
    assert_int_equal(sym_vault_open(&s->vault, SYM_VAULT_DATA, s->room.store, &s->dir,
                                    sym_span(s->room.master, 32), &fault),
                     SYM_OK);
    assert_int_equal(sym_history_open(&s->history, s->room.store, &fault), SYM_OK);
    memcpy(w.log_key, s->room.log_key.public_key, sizeof w.log_key);
    assert_int_equal(sym_witness_open(&s->witness, &w, &fault), SYM_OK);
    assert_int_equal(sym_opens_open(&s->opens, &o, &fault), SYM_OK);
    assert_int_equal(sym_group_new(&s->group, rig->loop, s->room.store), SYM_OK);
    assert_int_equal(sym_results_open(&s->results, s->room.store, s->vault, &s->history, &fault),
                     SYM_OK);
    assert_int_equal(sym_settings_load(&s->settings, s->room.store, &fault), SYM_OK);
    assert_int_equal(sym_peers_load(&s->peers, s->room.store, &fault), SYM_OK);
    assert_int_equal(sym_workers_new(&s->workers, rig->loop, 2), SYM_OK);
}

static void open_side(struct exchange_rig *rig, unsigned at, const char *name)
{
    struct rig_side *s = &rig->sides[at];
    struct sym_fault fault = {.text = ""};
    room_open(&s->room);
    partner_open(&s->self, name, "127.0.0.1:7701");
    memcpy(s->self.card.log, s->room.log_key.public_key, sizeof s->self.card.log);
    memcpy(s->self.card.cosign, s->room.cosign_key.public_key, sizeof s->self.card.cosign);
    s->room.self = s->self.id;
    s->self.card.issued_s = (int64_t)(sym_wall_ms() / 1000) - 60;
    s->self.card.expires_s = s->self.card.issued_s + 86400;
    partner_sign(&s->self, NULL);
    assert_int_equal(sym_disk_open(&s->dir, s->room.dir, &fault), SYM_OK);
    open_evidence(rig, s);
    s->engines = 1u << SYM_OVERLAP_ENGINE_DH;
    s->verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_GRANTED};
}

static void open_exchanges(struct exchange_rig *rig, struct rig_side *s)
{
    const struct sym_standing_maker_config m = {.loop = rig->loop,
                                                .workers = s->workers,
                                                .standings = &s->standings,
                                                .datasets = (void *)s,
                                                .grants = (void *)s,
                                                .settings = &s->settings,
                                                .ristretto = rig->with};
    s->standings = (struct sym_standings){.store = s->room.store, .vault = s->vault};
    assert_int_equal(sym_standing_maker_new(&s->maker, &m), SYM_OK);
    struct sym_exchanges_config c = {.loop = rig->loop,
                                     .standings = &s->standings,
                                     .maker = s->maker,
                                     .store = s->room.store,
                                     .group = s->group,
                                     .log = s->log,
                                     .witness = s->witness,
                                     .opens = s->opens,
                                     .peers = &s->peers,
                                     .keys = &s->self.keys,
                                     .ristretto = rig->with,
                                     .kernel = rig->kernel,
                                     .self = s->self.id,
                                     .workers = s->workers,
                                     .datasets = (void *)s,
                                     .grants = (void *)s,
                                     .history = &s->history,
                                     .results = &s->results,
                                     .settings = &s->settings};
    assert_int_equal(sym_exchanges_new(&s->exchanges, &c), SYM_OK);
}

static void join_side(struct exchange_rig *rig, unsigned at)
{
    struct rig_side *s = &rig->sides[at];
    struct sym_peer *peer = NULL;
    struct sym_node_id replaced;
    struct sym_fault fault = {.text = ""};
    struct sym_peer_addition add = {.card = partner_text(&rig->sides[1 - at].self),
                                    .alias = sym_span_text(at == 0 ? "bank-b" : "bank-a"),
                                    .self = &s->self.id,
                                    .now_s = (int64_t)(sym_wall_ms() / 1000)};
    if (sym_peers_add(&s->peers, &peer, &replaced, &add, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
    open_exchanges(rig, s);
}

static void close_rooms(struct rig_side *s)
{
    sym_workers_free(s->workers);
    sym_exchanges_free(s->exchanges);
    sym_standing_maker_free(s->maker);
    sym_group_free(s->group);
    sym_opens_close(s->opens);
    sym_witness_close(s->witness);
    sym_vault_close(s->vault);
    sym_peers_clear(&s->peers);
}

/* What waits for the disk is lost, as are all frames. */
void exchange_rig_kill(struct exchange_rig *rig, unsigned side)
{
    struct rig_side *s = &rig->sides[side];
    rig->linked = false;
    drop_frames(&ends[0]);
    drop_frames(&ends[1]);
    room_fill_disk(true);
    close_rooms(s);
    room_fill_disk(false);
    room_reopen(&s->room);
    open_evidence(rig, s);
    open_exchanges(rig, s);
    sym_exchanges_link_down(rig->sides[1 - side].exchanges, &ends[1 - side],
                            sym_span_text("the other side was killed"));
}

struct exchange_rig *exchange_rig_open(const struct sym_ristretto *with)
{
    struct exchange_rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    the_rig = rig;
    rig->with = with;
    if (with == NULL) {
        assert_int_equal(sym_ristretto_choose(&rig->with, NULL), SYM_OK);
    }
    assert_int_equal(sym_vole_kernel_choose(&rig->kernel, NULL), SYM_OK);
    memset(ends, 0, sizeof ends);
    sym_random(ends[0].exporter, sizeof ends[0].exporter);
    memcpy(ends[1].exporter, ends[0].exporter, sizeof ends[0].exporter);
    ends[1].side = 1;
    rig->linked = true;
    assert_int_equal(sym_loop_new(&rig->loop), SYM_OK);
    open_side(rig, 0, "Bank A");
    open_side(rig, 1, "Bank B");
    join_side(rig, 0);
    join_side(rig, 1);
    meet(rig);
    return rig;
}

void exchange_rig_close(struct exchange_rig *rig)
{
    for (unsigned i = 0; i < 2; i++) {
        struct rig_side *s = &rig->sides[i];
        drop_frames(&ends[i]);
        close_rooms(s);
        assert_int_equal(s->list.held, 0);
        partner_close(&s->self);
        sym_disk_close(&s->dir);
        room_close(&s->room);
        free(s->list.tokens);
    }
    sym_loop_free(rig->loop);
    free(rig);
    the_rig = NULL;
}

void exchange_rig_token(struct exchange_rig *rig, unsigned side, uint32_t record, uint8_t type,
                        uint64_t number)
{
    struct rig_list *l = &rig->sides[side].list;
    if ((l->n & (l->n + 1)) == 0) {
        l->tokens = realloc(l->tokens, 2 * (l->n + 1) * sizeof *l->tokens);
        assert_non_null(l->tokens);
    }
    l->tokens[l->n++] = (struct rig_token){.record = record, .type = type, .number = number};
    l->records = record + 1u;
}

void exchange_rig_fill(struct exchange_rig *rig, unsigned side, uint64_t first, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        exchange_rig_token(rig, side, (uint32_t)i, SYM_TOKEN_ACCOUNT, first + i);
    }
}

void exchange_rig_start(struct exchange_rig *rig, unsigned side, uint32_t kind, uint32_t type,
                        uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    exchange_rig_start_case(rig, side, kind, type, "case 7", id);
}

void exchange_rig_start_case(struct exchange_rig *rig, unsigned side, uint32_t kind, uint32_t type,
                             const char *case_ref, uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    struct sym_fault fault = {.text = ""};
    struct sym_overlap_start o = {.mine = sym_span_text("list"),
                                  .theirs = sym_span_text("list"),
                                  .kind = kind,
                                  .type = type,
                                  .engine = rig->engine,
                                  .rule = rig->rule,
                                  .purpose = SYM_PURPOSE_AML,
                                  .basis = SYM_BASIS_AGREEMENT,
                                  .case_ref = sym_span_text(case_ref),
                                  .note = sym_span_text("a note")};
    struct sym_exchange_plan plan = {.peer = rig->sides[side].peers.items[0],
                                     .kind = kind,
                                     .timeout_ms = 30000,
                                     .user = "ada",
                                     .overlap = &o};
    if (sym_exchanges_start(rig->sides[side].exchanges, id, &plan, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
    assert_true(rig->n_started[side] < RIG_STARTED_MAX);
    memcpy(rig->started[side][rig->n_started[side]++], id, SYM_EXCHANGE_ID_BYTES);
}

static bool is_writing(const struct rig_side *s)
{
    for (size_t i = 0; i < s->exchanges->table.n; i++) {
        if (s->exchanges->table.items[i]->writing != NULL) {
            return true;
        }
    }
    return false;
}

bool exchange_rig_quiet(const struct exchange_rig *rig)
{
    return !is_writing(&rig->sides[0]) && !is_writing(&rig->sides[1]) &&
           sym_exchanges_in_flight(rig->sides[0].exchanges) == 0 &&
           sym_exchanges_in_flight(rig->sides[1].exchanges) == 0 && ends[0].n == 0 &&
           ends[1].n == 0;
}

static void on_turn(void *owner)
{
    struct exchange_rig *rig = owner;
    deliver(rig, 0);
    deliver(rig, 1);
    bool busy = ends[0].n > 0 || ends[1].n > 0;
    for (size_t i = 0; i < 2 * RIG_STARTED_MAX && !rig->users_are_gone; i++) {
        if (i / 2 < rig->n_started[i % 2]) {
            sym_exchanges_heeded(rig->sides[i % 2].exchanges,
                                 sym_span(rig->started[i % 2][i / 2], SYM_EXCHANGE_ID_BYTES));
        }
    }
    if (rig->until != NULL ? rig->until(rig) : exchange_rig_quiet(rig)) {
        sym_loop_stop(rig->loop);
    }
    if (sym_now_ms() - rig->began_ms > PATIENCE_MS) {
        fail_msg("the exchanges did not end");
    }
    sym_timer_set(rig->turn, busy ? 0 : 1);
}

void exchange_rig_run(struct exchange_rig *rig, bool (*until)(struct exchange_rig *rig))
{
    rig->until = until;
    rig->began_ms = sym_now_ms();
    assert_int_equal(sym_loop_timer(rig->loop, &rig->turn, 0, on_turn, rig), SYM_OK);
    assert_int_equal(sym_loop_run(rig->loop), SYM_OK);
    sym_timer_remove(&rig->turn);
}

struct last_entry {
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    size_t n;
};

static enum sym_err note_entry(void *context, const struct sym_exchange_entry *entry)
{
    struct last_entry *l = context;
    memcpy(l->id, entry->id.data, sizeof l->id);
    l->n++;
    return SYM_OK;
}

static struct last_entry list_entries(struct exchange_rig *rig, unsigned side)
{
    struct last_entry l = {.n = 0};
    struct sym_exchange_query all = {.most = 0};
    assert_int_equal(sym_history_each(&rig->sides[side].history, &all, note_entry, &l), SYM_OK);
    return l;
}

size_t exchange_rig_entries(struct exchange_rig *rig, unsigned side)
{
    return list_entries(rig, side).n;
}

struct sym_exchange_entry exchange_rig_entry(struct exchange_rig *rig, unsigned side,
                                             struct sym_arena *arena, const uint8_t *id)
{
    struct sym_exchange_entry entry = {.role = 0};
    struct last_entry l = {.n = 1};
    if (id == NULL) {
        l = list_entries(rig, side);
        assert_int_equal(l.n, 1);
        id = l.id;
    }
    assert_int_equal(sym_history_get(&rig->sides[side].history, arena, &entry,
                                     sym_span(id, SYM_EXCHANGE_ID_BYTES)),
                     SYM_OK);
    return entry;
}
