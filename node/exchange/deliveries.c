/* Releases of own tabulations that participants have not confirmed, as they or this node were cut
 * off: brought to them later, one at a time, for 30 days. All are gone through every ten seconds.
 * Whom it failed with comes behind them, with one release each time: after ten seconds, then twice
 * as long each time that it fails, at most ten minutes. So nobody holds up what is owed to others.
 */
#include "node/exchange/exchanges_state.h"
#include "node/log.h"
#include "node/loop.h"
#include "node/tabulation/releases.h"
#include "proto/codec.h"
#include "proto/cube.h"
#include "proto/outline.h"
#include "proto/tab_giver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS_MIN 10000u
#define WAIT_MS_MAX 600000u
#define NEXT_MS     1000u
/* How often a row is looked at again while a link to its participant comes up. */
#define LINK_LOOKS 3u
/* How long the request may stay without an answer, and all of it take: some time, and more for what
 * is long. */
#define ANSWER_MS    10000u
#define TAKE_MS      20000u
#define BYTES_PER_MS 50u

struct sym_delivery {
    struct sym_leg leg; /* first: what its calls are given */
    struct sym_tab_giver *giver;
    struct sym_delivery_row row;
    uint64_t take_ms;
    char alias[SYM_ALIAS_BYTES];
};

static const struct sym_delivery *of_leg(const struct sym_leg *leg)
{
    return (const struct sym_delivery *)(const void *)leg;
}

static enum sym_tab_step leg_step(const struct sym_leg *leg, size_t *len)
{
    return sym_tab_giver_step(of_leg(leg)->giver, len);
}

static enum sym_err leg_write(struct sym_leg *leg, uint8_t *payload, size_t len)
{
    return sym_tab_giver_write(of_leg(leg)->giver, payload, len);
}

static enum sym_err leg_take(struct sym_leg *leg, struct sym_span payload)
{
    return sym_tab_giver_take(of_leg(leg)->giver, payload);
}

static void leg_closing(const struct sym_leg *leg, struct sym_statement *word)
{
    word->has_release = true;
    memcpy(word->release_hash, sym_tab_giver_hash(of_leg(leg)->giver), sizeof word->release_hash);
}

static const struct sym_leg_calls leg_calls = {
    .step = leg_step, .write = leg_write, .take = leg_take, .closing = leg_closing};

static void drop(struct sym_exchanges *x)
{
    sym_tab_giver_free(x->delivery->giver);
    free(x->delivery);
    x->delivery = NULL;
}

/* What is kept ---------------------------------------------------------------------------------
 */

struct loading {
    const struct sym_delivery_row *row;
    struct sym_secret head;
    uint8_t *cells;
    size_t len;
};

static enum sym_err load_cells(struct sym_transaction *t, struct loading *l, uint32_t cells)
{
    enum sym_err err = SYM_OK;
    for (uint32_t at = 0; err == SYM_OK && at < cells;) {
        SYM_SECRET_AUTO page = {0};
        uint32_t first = 0;
        uint32_t n = 0;
        err = sym_release_page(t, &page, &first, &n,
                               sym_span(l->row->tabulation, SYM_EXCHANGE_ID_BYTES), at);
        uint8_t *grown = err == SYM_OK ? realloc(l->cells, l->len + page.len) : NULL;
        if (grown == NULL) {
            return err == SYM_OK ? SYM_NO_MEMORY : err;
        }
        memcpy(grown + l->len, page.data, page.len);
        l->cells = grown;
        l->len += page.len;
        at = first + n;
    }
    return err;
}

static enum sym_err load(struct sym_transaction *t, void *context)
{
    SYM_ARENA_AUTO arena = {0};
    struct loading *l = context;
    struct sym_release r;
    enum sym_err err =
        sym_release_head(t, &l->head, sym_span(l->row->tabulation, SYM_EXCHANGE_ID_BYTES));
    if (err == SYM_OK) {
        err = sym_decode(&arena, &r, &sym_msg_release, sym_secret_span(&l->head));
    }
    return err == SYM_OK ? load_cells(t, l, r.cells) : err;
}

static enum sym_err made(struct sym_transaction *t, void *context)
{
    const struct sym_delivery_row *row = context;
    return sym_delivery_made(t, row->tabulation, row->participant);
}

static void forget(struct sym_exchanges *x, struct sym_delivery_row *row)
{
    if (sym_store_write(x->config.store, made, row) != SYM_OK) {
        sym_log(SYM_LEVEL_WARN, "delivery-not-recorded", NULL); /* the other side says so again */
    }
}

/* One delivery ---------------------------------------------------------------------------------
 */

/* The request of the tabulation once more: that it is its own answer says what is wanted. */
static enum sym_err start(struct sym_exchanges *x, const struct sym_peer *peer,
                          const struct sym_release *r)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_query query;
    struct sym_fault fault = {.text = ""};
    uint8_t hash[SYM_HASH_BYTES];
    uint8_t bound[SYM_DIGEST_BYTES];
    uint8_t parameters[SYM_HASH_BYTES * (SYM_TAB_MEMBERS_MAX + 8u)];
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    char dataset[SYM_ALIAS_BYTES];
    uint8_t outline[SYM_TAB_OUTLINE_BYTES_MAX];
    size_t outline_len = 0;
    size_t len = 0;
    enum sym_err err = sym_decode(&arena, &query, &sym_msg_tab_query, r->query);
    if (err == SYM_OK) {
        err = sym_sha256(hash, r->query);
    }
    if (err == SYM_OK) {
        err = sym_tab_outline_write(outline, &outline_len, &query);
    }
    const struct sym_tabulate p = {.suite = SYM_TAB_SUITE,
                                   .tabulation = r->tabulation,
                                   .query_hash = sym_span(hash, sizeof hash),
                                   .cohort = r->cohort,
                                   .epsilon_nano = err == SYM_OK ? query.epsilon_nano : 0,
                                   .cells = r->cells,
                                   .outline = sym_span(outline, outline_len),
                                   .answered = r->tabulation};
    if (err == SYM_OK) {
        err = sym_encode(parameters, sizeof parameters, &len, &sym_msg_tabulate, &p);
    }
    if (err != SYM_OK) {
        return err;
    }
    sym_joint_bound(bound, &p);
    sym_matter_text(dataset, sizeof dataset, r->dataset);
    const struct sym_joint joint = {.tabulation = r->tabulation.data,
                                    .purpose = r->purpose,
                                    .basis = r->basis,
                                    .case_ref = "",
                                    .note = "",
                                    .user = "",
                                    .dataset = dataset,
                                    .bound = sym_span(bound, sizeof bound),
                                    .participants = (uint32_t)(r->cohort.len / SYM_HASH_BYTES),
                                    .cells = r->cells,
                                    .epsilon_nano = p.epsilon_nano};
    const struct sym_exchange_plan plan = {.peer = peer,
                                           .kind = SYM_KIND_TABULATE,
                                           .parameters = sym_span(parameters, len),
                                           .timeout_ms = SYM_DELIVERY_EACH_MS,
                                           .joint = &joint,
                                           .leg = &x->delivery->leg};
    return sym_exchanges_start(x, id, &plan, &fault);
}

static enum sym_err begin(struct sym_exchanges *x, const struct sym_peer *peer,
                          const struct sym_delivery_row *row)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_release r;
    struct loading l = {.row = row};
    struct sym_delivery *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return SYM_NO_MEMORY;
    }
    x->delivery = d;
    d->leg.calls = &leg_calls;
    d->row = *row;
    memcpy(d->alias, peer->alias, sizeof d->alias);
    enum sym_err err = sym_store_read(x->config.store, load, &l);
    if (err == SYM_OK) {
        d->take_ms = TAKE_MS + l.len / BYTES_PER_MS;
        err = sym_tab_giver_new(&d->giver, sym_secret_span(&l.head), sym_span(l.cells, l.len),
                                peer->card.identity);
    }
    if (err == SYM_OK) {
        err = sym_decode(&arena, &r, &sym_msg_release, sym_secret_span(&l.head));
    }
    if (err == SYM_OK) {
        err = start(x, peer, &r);
    }
    sym_secret_clear(&l.head);
    free(l.cells);
    if (err != SYM_OK) {
        drop(x);
    }
    return err;
}

/* Who comes last ---------------------------------------------------------------------------------
 */

/* SYM_DELIVERIES_LATE_MAX: it does not. */
static size_t late_place(const struct sym_exchanges *x, const uint8_t participant[SYM_HASH_BYTES])
{
    for (size_t i = 0; i < x->n_deliveries_late; i++) {
        if (sym_equal(x->deliveries_late[i], participant, SYM_HASH_BYTES)) {
            return i;
        }
    }
    return SYM_DELIVERIES_LATE_MAX;
}

static void come_as_others(struct sym_exchanges *x, const uint8_t participant[SYM_HASH_BYTES])
{
    size_t at = late_place(x, participant);
    if (at < SYM_DELIVERIES_LATE_MAX) {
        x->n_deliveries_late--;
        memmove(x->deliveries_late + at, x->deliveries_late + at + 1,
                (x->n_deliveries_late - at) * sizeof x->deliveries_late[0]);
    }
}

/* Without room the one who was last the longest is as others again. */
static void come_last(struct sym_exchanges *x, const struct sym_delivery_row *row)
{
    uint64_t twice = 2 * x->delivery_wait_ms;
    x->delivery_late_ms = sym_now_ms() + x->delivery_wait_ms;
    x->delivery_wait_ms = twice < WAIT_MS_MAX ? twice : WAIT_MS_MAX;
    x->delivery_late = *row;
    if (late_place(x, row->participant) < SYM_DELIVERIES_LATE_MAX) {
        return;
    }
    if (x->n_deliveries_late == SYM_DELIVERIES_LATE_MAX) {
        come_as_others(x, x->deliveries_late[0]);
    }
    memcpy(x->deliveries_late[x->n_deliveries_late++], row->participant, SYM_HASH_BYTES);
}

/* The end of one -------------------------------------------------------------------------------
 */

/* Nobody else gets a release meanwhile. */
static void leave_late(struct sym_exchanges *x)
{
    char text[SYM_FAULT_BYTES];
    struct sym_exchange *e = x->delivery->leg.exchange;
    if (e == NULL || e->phase == SYM_PHASE_ENDING) {
        return;
    }
    bool waits = e->phase == SYM_PHASE_ASKING || e->phase == SYM_PHASE_ASKED;
    uint64_t most_ms = waits ? ANSWER_MS : x->delivery->take_ms;
    if (sym_now_us() - e->started_us > UINT64_C(1000) * most_ms) {
        (void)snprintf(text, sizeof text, "%s did not %s in time", e->alias,
                       waits ? "answer" : "take it");
        sym_exchange_abort(x, e, SYM_REASON_TIMEOUT, SYM_TIMEOUT, text);
    }
}

static void conclude(struct sym_exchanges *x)
{
    struct sym_delivery *d = x->delivery;
    bool kept = d->leg.state == SYM_EXCHANGE_DONE && sym_tab_giver_is_kept(d->giver);
    bool refused = d->leg.state == SYM_EXCHANGE_DENIED && d->leg.reason == SYM_REASON_TERMS;
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
    sym_hex(id, d->row.tabulation, sizeof d->row.tabulation);
    sym_log(SYM_LEVEL_INFO, kept ? "release-delivered" : "release-not-delivered", "tabulation", id,
            "peer", d->alias, "reason", kept ? "" : d->leg.fault, NULL);
    if (kept || refused) {
        forget(x, &d->row);
        come_as_others(x, d->row.participant);
        x->delivery_wait_ms = WAIT_MS_MIN;
    } else {
        come_last(x, &d->row);
    }
    drop(x);
}

/* All of them, one after the other ---------------------------------------------------------------
 */

/* The next row behind this one of those who come last, or of all others. */
struct sought {
    const struct sym_exchanges *x;
    struct sym_delivery_row row;
    bool late;
};

static enum sym_err next_row(struct sym_transaction *t, void *context)
{
    struct sought *s = context;
    enum sym_err err = SYM_OK;
    do {
        err = sym_delivery_next(t, &s->row);
    } while (err == SYM_OK &&
             (late_place(s->x, s->row.participant) < SYM_DELIVERIES_LATE_MAX) != s->late);
    return err;
}

/* False: there is no link yet, and the same is to be looked at next. One that comes up later is
 * closed again, as nobody uses it, before all the others have had their turn. Behind them nobody is
 * held up: the exchange itself waits for the link. */
static bool look_at_row(struct sym_exchanges *x, struct sym_delivery_row *row, bool late)
{
    struct sym_node_id id;
    memcpy(id.bytes, row->participant, sizeof id.bytes);
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, &id);
    if (peer == NULL || row->released_ms + SYM_DELIVERY_MS < sym_wall_ms()) {
        forget(x, row);
    } else if (sym_tabulation_has_id(x, sym_span(row->tabulation, sizeof row->tabulation))) {
        return true; /* its own leg brings it */
    } else if (!late && sym_links_of(x->links, &id) == NULL) {
        if (x->delivery_looks == 0) {
            sym_links_want(x->links, peer);
        }
        return x->delivery_looks++ == LINK_LOOKS;
    } else if (begin(x, peer, row) != SYM_OK) {
        come_last(x, row);
    }
    return true;
}

/* All others have had their turn: one release to one of those who come last, each in its turn. */
static void look_at_late(struct sym_exchanges *x)
{
    struct sought s = {.x = x, .row = x->delivery_late, .late = true};
    enum sym_err err =
        x->n_deliveries_late == 0 ? SYM_NOT_FOUND : sym_store_read(x->config.store, next_row, &s);
    if (err != SYM_OK && x->n_deliveries_late > 0) {
        s.row = (struct sym_delivery_row){.released_ms = 0};
        err = sym_store_read(x->config.store, next_row, &s);
    }
    if (err == SYM_OK) {
        x->delivery_late = s.row;
        (void)look_at_row(x, &s.row, true);
    } else {
        x->n_deliveries_late = 0; /* nothing is owed to them any more */
    }
}

void sym_deliveries_tick(struct sym_exchanges *x)
{
    uint64_t now_ms = sym_now_ms();
    if (x->delivery != NULL) {
        if (x->delivery->leg.over) {
            conclude(x);
        } else {
            leave_late(x);
        }
        return;
    }
    if (now_ms < x->delivery_ms) {
        return;
    }
    if (x->delivery_wait_ms == 0) {
        x->delivery_wait_ms = WAIT_MS_MIN;
    }
    struct sought s = {.x = x, .row = x->delivery_last};
    if (sym_store_read(x->config.store, next_row, &s) == SYM_OK) {
        x->delivery_ms = now_ms + NEXT_MS;
        if (look_at_row(x, &s.row, false)) {
            x->delivery_last = s.row;
            x->delivery_looks = 0;
        }
    } else {
        x->delivery_last = (struct sym_delivery_row){.released_ms = 0};
        x->delivery_ms = now_ms + WAIT_MS_MIN;
        if (now_ms >= x->delivery_late_ms) {
            look_at_late(x);
        }
    }
}

void sym_deliveries_clear(struct sym_exchanges *x)
{
    if (x->delivery != NULL) {
        drop(x);
    }
}
