#include "node/exchange/tabulations_state.h"
#include "node/loop.h"

#include "crypto/laplace.h"
#include "proto/epsilon.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who ------------------------------------------------------------------------------------------ */

struct asked {
    uint32_t n;
    const struct sym_peer *peers[SYM_TAB_MEMBERS_MAX]; /* NULL: the own node */
};

static enum sym_err add_peer(struct asked *a, const struct sym_peer *peer, struct sym_fault *fault)
{
    for (uint32_t i = 0; i < a->n; i++) {
        if (a->peers[i] == peer) {
            return sym_fail(fault, SYM_BAD_VALUE, "tabulation: names the peer %s twice",
                            peer->alias);
        }
    }
    if (a->n == SYM_TAB_MEMBERS_MAX) {
        return sym_fail(fault, SYM_LIMIT, "tabulation: %u participants are the most there can be",
                        SYM_TAB_MEMBERS_MAX);
    }
    a->peers[a->n++] = peer;
    return SYM_OK;
}

static enum sym_err add_peers(struct asked *a, const struct sym_exchanges *x,
                              const struct sym_tabulate_start *start, struct sym_fault *fault)
{
    const struct sym_peers *peers = x->config.peers;
    int64_t now_s = (int64_t)(sym_wall_ms() / 1000u);
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && start->n_peers == 0 && i < peers->n; i++) {
        /* All: but who has no valid card, or is there to look at logs alone. */
        const struct sym_peer *peer = peers->items[i];
        if (!sym_peer_is_expired(peer, now_s) && peer->card.role != SYM_ROLE_AUDITOR) {
            err = add_peer(a, peer, fault);
        }
    }
    for (size_t i = 0; err == SYM_OK && i < start->n_peers; i++) {
        const struct sym_peer *peer = sym_peers_by_alias(peers, start->peers[i]);
        if (peer == NULL) {
            return sym_fail(fault, SYM_NOT_FOUND,
                            "peer %.*s: is not pinned; \"symbolon peer list\" names those that are",
                            (int)start->peers[i].len, (const char *)start->peers[i].data);
        }
        err = sym_peer_is_expired(peer, now_s)
                  ? sym_fail(fault, SYM_EXPIRED, "peer %s: its card has expired", peer->alias)
                  : add_peer(a, peer, fault);
    }
    return err;
}

/* Has this node something to add? Without such a dataset it asks and adds nothing. */
static enum sym_err contributes(bool *out, const struct sym_exchanges *x,
                                const struct sym_tabulate_start *start, struct sym_fault *fault)
{
    size_t at = 0;
    struct sym_dataset_row row;
    *out = false;
    if (start->without_own ||
        sym_datasets_find(x->config.datasets, &at, start->dataset, NULL) != SYM_OK) {
        return SYM_OK;
    }
    sym_datasets_row(x->config.datasets, at, &row);
    if (row.kind == SYM_DATASET_IDENTIFIERS) {
        return sym_fail(fault, SYM_UNSUPPORTED,
                        SYM_DATASET_NOT_TABULATED "; or ask with --without-own", (int)row.name.len,
                        (const char *)row.name.data);
    }
    if (row.published_ms == 0) {
        return sym_fail(
            fault, SYM_WRONG_STATE,
            "dataset %.*s: was never published; run: \"symbolon dataset publish %.*s\", or "
            "ask with --without-own",
            (int)row.name.len, (const char *)row.name.data, (int)row.name.len,
            (const char *)row.name.data);
    }
    *out = true;
    return SYM_OK;
}

static const uint8_t *id_of(const struct sym_exchanges *x, const struct sym_peer *peer)
{
    return peer != NULL ? peer->id.bytes : x->config.self.bytes;
}

/* Insertion sort: at most some hundred. */
static void put_in_order(struct asked *a, const struct sym_exchanges *x)
{
    for (uint32_t i = 1; i < a->n; i++) {
        const struct sym_peer *peer = a->peers[i];
        uint32_t at = i;
        while (at > 0 && memcmp(id_of(x, a->peers[at - 1]), id_of(x, peer), SYM_HASH_BYTES) > 0) {
            a->peers[at] = a->peers[at - 1];
            at--;
        }
        a->peers[at] = peer;
    }
}

static void fill_cohort(struct sym_tab_cohort *c, const struct sym_exchanges *x,
                        const struct asked *a)
{
    *c = (struct sym_tab_cohort){.n = a->n, .own = SYM_TAB_NO_PLACE};
    for (uint32_t i = 0; i < a->n; i++) {
        const struct sym_peer *peer = a->peers[i];
        memcpy(c->ids + i * SYM_HASH_BYTES, id_of(x, peer), SYM_HASH_BYTES);
        (void)snprintf(c->names[i], sizeof c->names[i], "%s",
                       peer != NULL ? peer->alias : "this node");
        c->own = peer == NULL ? i : c->own;
    }
}

enum sym_err sym_tab_cohort_look_up(struct sym_tab_cohort *c, const struct sym_exchanges *x,
                                    struct sym_fault *fault)
{
    size_t unknown = 0;
    enum sym_err err =
        sym_exchange_parties_of(x, c->parties, sym_span(c->ids, c->n * SYM_HASH_BYTES), &unknown);
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err,
                                    "tabulation: %zu of its participants %s pinned any more, or "
                                    "the card has expired",
                                    unknown, unknown == 1 ? "is not" : "are not");
}

const struct sym_peer *sym_tab_cohort_peer(const struct sym_tab_cohort *c,
                                           const struct sym_exchanges *x, uint32_t place)
{
    struct sym_node_id id;
    memcpy(id.bytes, c->ids + place * SYM_HASH_BYTES, sizeof id.bytes);
    return sym_peers_by_id(x->config.peers, &id);
}

/* Below three none may be asked for. */
static enum sym_err too_few(struct sym_fault *fault, unsigned n, unsigned minimum)
{
    char remedy[80] = "";
    if (n >= SYM_TAB_MEMBERS_MIN) {
        (void)snprintf(remedy, sizeof remedy,
                       ", or lower that: \"symbolon settings set tabulate-minimum %u\"", n);
    }
    return sym_fail(fault, SYM_BAD_VALUE,
                    "tabulation: %u participants are fewer than the %u that this node asks for; "
                    "name more peers%s",
                    n, minimum, remedy);
}

enum sym_err sym_tab_cohort_of(struct sym_tab_cohort *out, const struct sym_exchanges *x,
                               const struct sym_tabulate_start *start, struct sym_fault *fault)
{
    bool own = false;
    struct asked a = {.n = 0};
    uint32_t minimum = (uint32_t)sym_settings_number(x->config.settings, SYM_SETTING_MINIMUM);
    enum sym_err err = contributes(&own, x, start, fault);
    if (err == SYM_OK && own) {
        a.peers[a.n++] = NULL;
    }
    if (err == SYM_OK) {
        err = add_peers(&a, x, start, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (a.n < minimum) {
        return too_few(fault, (unsigned)a.n, (unsigned)minimum);
    }
    put_in_order(&a, x);
    fill_cohort(out, x, &a);
    return sym_tab_cohort_look_up(out, x, fault);
}

/* What ------------------------------------------------------------------------------------------
 */

enum sym_err sym_tab_read_query(struct sym_arena *arena, struct sym_tab_query *query,
                                struct sym_cube **cube, struct sym_span bytes,
                                struct sym_fault *fault)
{
    enum sym_err err = sym_decode(arena, query, &sym_msg_tab_query, bytes);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "query: it %s", sym_err_text(err));
    }
    return sym_cube_new(cube, query, fault);
}

static enum sym_err plan_budget(struct sym_exchanges *x, struct sym_tabulate_plan *out,
                                struct sym_span dataset, struct sym_fault *fault)
{
    struct sym_ledger_left left;
    enum sym_err err = sym_exchange_budget_left(x, &left, dataset, &x->config.self, 0);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "budget: the stored table %s; restore a backup",
                        sym_err_text(err));
    }
    out->budget_cap_nano = sym_exchange_budget_cap(x);
    out->budget_left_nano = left.left_nano;
    out->renews_ms = left.renews_ms;
    return SYM_OK;
}

static enum sym_err plan_noise(struct sym_tabulate_plan *out, const struct sym_cube *cube,
                               uint32_t n, struct sym_fault *fault)
{
    struct sym_tab_rules rules = sym_tab_rules(n);
    const struct sym_laplace_params p = {.epsilon_nano = sym_cube_epsilon(cube),
                                         .sensitivity = sym_cube_sensitivity(cube),
                                         .shares = rules.noise_shares};
    struct sym_laplace_release r;
    enum sym_err err = sym_laplace_release(&r, &p, n, sym_cube_cells(cube));
    if (err != SYM_OK) {
        return sym_fail(fault, err,
                        "query: noise of this scale cannot be made; choose another "
                        "--epsilon");
    }
    out->quorum = rules.quorum;
    out->colluders = rules.colluders;
    out->cells = (uint32_t)sym_cube_cells(cube);
    out->sensitivity = p.sensitivity;
    out->epsilon_nano = p.epsilon_nano;
    out->half_width = r.half_width;
    out->threshold = r.threshold;
    out->ghosts_per_million = (r.ghost_nano + 999u) / 1000u;
    return SYM_OK;
}

/* The own part would be refused when all others have been asked. */
static enum sym_err check_own(const struct sym_exchanges *x, const struct sym_tab_cohort *c,
                              struct sym_span dataset, const struct sym_cube *cube,
                              struct sym_fault *fault)
{
    size_t at = 0;
    struct sym_dataset_row row;
    if (c->own == SYM_TAB_NO_PLACE ||
        sym_datasets_find(x->config.datasets, &at, dataset, NULL) != SYM_OK) {
        return SYM_OK;
    }
    sym_datasets_row(x->config.datasets, at, &row);
    return sym_dataset_check_bounds(&row, cube, fault);
}

static enum sym_err fill_plan(struct sym_exchanges *x, struct sym_tabulate_plan *out,
                              struct sym_span *names, const struct sym_tab_cohort *c,
                              const struct sym_tabulate_start *start, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_query query;
    struct sym_cube *cube = NULL;
    *out = (struct sym_tabulate_plan){
        .members = names,
        .n_members = c->n,
        .minimum = (uint32_t)sym_settings_number(x->config.settings, SYM_SETTING_MINIMUM),
        .contributes = c->own != SYM_TAB_NO_PLACE};
    for (uint32_t i = 0; i < c->n; i++) {
        const struct sym_peer *peer = sym_tab_cohort_peer(c, x, i);
        names[i] = sym_span_text(peer != NULL ? peer->alias : "");
    }
    enum sym_err err = sym_tab_read_query(&arena, &query, &cube, start->query, fault);
    if (err == SYM_OK) {
        err = check_own(x, c, start->dataset, cube, fault);
    }
    if (err == SYM_OK) {
        err = plan_noise(out, cube, c->n, fault);
    }
    if (err == SYM_OK) {
        err = plan_budget(x, out, start->dataset, fault);
    }
    sym_cube_free(cube);
    return err;
}

struct answered {
    uint8_t question[SYM_HASH_BYTES];
    uint64_t epochs[SYM_TAB_MEMBERS_MAX];
    uint32_t n;
    uint8_t *tabulation;
};

static enum sym_err look_for_answer(struct sym_transaction *t, void *context)
{
    const struct answered *a = context;
    return sym_release_find(t, a->tabulation, a->question, a->epochs, a->n);
}

enum sym_err sym_tab_answer_of(struct sym_exchanges *x, uint8_t released[SYM_EXCHANGE_ID_BYTES],
                               const struct sym_tab_cohort *c, struct sym_span query,
                               struct sym_span dataset)
{
    size_t at = 0;
    struct sym_dataset_row row;
    struct answered a = {.n = c->n, .tabulation = released};
    const struct sym_tab_question q = {
        .cohort = c->parties, .n = c->n, .query = query, .dataset = dataset};
    if (c->own != SYM_TAB_NO_PLACE &&
        sym_datasets_find(x->config.datasets, &at, dataset, NULL) == SYM_OK) {
        sym_datasets_row(x->config.datasets, at, &row);
        a.epochs[c->own] = row.epoch;
    }
    enum sym_err err = sym_tab_question_id(a.question, &q);
    return err == SYM_OK ? sym_store_read(x->config.store, look_for_answer, &a) : err;
}

static enum sym_err plan_answer(struct sym_exchanges *x, struct sym_tabulate_plan *out,
                                uint8_t released[SYM_EXCHANGE_ID_BYTES],
                                const struct sym_tab_cohort *c,
                                const struct sym_tabulate_start *start, struct sym_fault *fault)
{
    enum sym_err err = sym_tab_answer_of(x, released, c, start->query, start->dataset);
    if (err == SYM_OK) {
        out->released = sym_span(released, SYM_EXCHANGE_ID_BYTES);
    } else if (err != SYM_NOT_FOUND) {
        return sym_fail(fault, err, "releases: the stored table %s; restore a backup",
                        sym_err_text(err));
    }
    return SYM_OK;
}

/* A question that the own dataset cannot pay would end without an answer, having told everybody of
 * it. An answer that is kept here needs no question. */
enum sym_err sym_tab_can_pay(struct sym_exchanges *x, const struct sym_tab_cohort *c,
                             const struct sym_tabulate_start *start, const struct sym_cube *cube,
                             struct sym_fault *fault)
{
    struct sym_tabulate_plan p = {.epsilon_nano = sym_cube_epsilon(cube)};
    char left[SYM_LEDGER_TEXT_BYTES];
    char price[SYM_EPSILON_BYTES];
    if (c->own == SYM_TAB_NO_PLACE) {
        return SYM_OK;
    }
    enum sym_err err = plan_budget(x, &p, start->dataset, fault);
    if (err != SYM_OK || p.budget_left_nano >= p.epsilon_nano) {
        return err;
    }
    sym_epsilon_text(price, p.epsilon_nano);
    sym_ledger_left_text(left, p.budget_left_nano, p.renews_ms);
    return sym_fail(fault, SYM_DENIED,
                    "dataset %.*s: %s, and the question costs %s; nobody was asked",
                    (int)start->dataset.len, (const char *)start->dataset.data, left, price);
}

enum sym_err sym_tabulation_plan(struct sym_exchanges *x, struct sym_tabulate_plan *out,
                                 struct sym_span *names, uint8_t released[SYM_EXCHANGE_ID_BYTES],
                                 const struct sym_tabulate_start *start, struct sym_fault *fault)
{
    struct sym_tab_cohort *c = malloc(sizeof *c);
    if (c == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "tabulation: no memory");
    }
    enum sym_err err = sym_tab_cohort_of(c, x, start, fault);
    if (err == SYM_OK) {
        err = fill_plan(x, out, names, c, start, fault);
    }
    if (err == SYM_OK) {
        err = plan_answer(x, out, released, c, start, fault);
    }
    free(c);
    return err;
}
