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

#include "tests/node/exchange_rig_data.c"
#include "tests/node/exchange_rig_links.c"

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
