#include "node/core/verbs.h"
#include "node/exchange/exchange_matter.h"
#include "node/exchange/tabulations.h"
#include "node/tabulation/ledger.h"
#include "node/tabulation/releases.h"
#include "proto/codec.h"

#include <stdlib.h>
#include <string.h>

#define NANO          UINT64_C(1000000000)
#define MICRO_IN_NANO UINT64_C(1000)

/* Asking --------------------------------------------------------------------------------------- */

static enum sym_err check_codes(const struct sym_tabulate_start *s, struct sym_fault *fault)
{
    if (s->purpose < SYM_PURPOSE_AML || s->purpose > SYM_PURPOSE_TEST) {
        return sym_fail(fault, SYM_BAD_VALUE, "tabulation: a purpose is required; see --help");
    }
    if (s->basis < SYM_BASIS_CONSENT || s->basis > SYM_BASIS_AGREEMENT) {
        return sym_fail(fault, SYM_BAD_VALUE, "tabulation: a legal basis is required; see --help");
    }
    if (sym_alias_check(s->dataset) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "tabulation: --dataset is no name of a dataset");
    }
    return SYM_OK;
}

static enum sym_err verb_tabulate_plan(struct sym_core *core, const struct sym_author *author,
                                       const void *arguments, struct sym_answer *answer,
                                       struct sym_fault *fault)
{
    struct sym_span names[SYM_TAB_MEMBERS_MAX];
    uint8_t released[SYM_EXCHANGE_ID_BYTES];
    struct sym_tabulate_plan plan;
    (void)author;
    enum sym_err err = check_codes(arguments, fault);
    if (err == SYM_OK) {
        err = sym_tabulation_plan(core->exchanges, &plan, names, released, arguments, fault);
    }
    return err == SYM_OK ? sym_answer_write(answer, &plan) : err;
}

static enum sym_err verb_tabulate_start(struct sym_core *core, const struct sym_author *author,
                                        const void *arguments, struct sym_answer *answer,
                                        struct sym_fault *fault)
{
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    enum sym_err err = check_codes(arguments, fault);
    if (err == SYM_OK) {
        err = sym_tabulation_start(core->exchanges, id, arguments, author->user, fault);
    }
    const struct sym_exchange_name name = {.id = sym_span(id, sizeof id)};
    return err == SYM_OK ? sym_answer_write(answer, &name) : err;
}

static enum sym_err verb_tabulate_preview(struct sym_core *core, const struct sym_author *author,
                                          const void *arguments, struct sym_answer *answer,
                                          struct sym_fault *fault)
{
    const struct sym_cells_query *asked = arguments;
    struct sym_cells_page page;
    (void)author;
    if (asked->start == NULL) {
        return sym_fail(fault, SYM_BAD_VALUE, "preview: names no query");
    }
    uint8_t *room = malloc(SYM_CELLS_PAGE_BYTES);
    if (room == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "preview: no memory for the answer");
    }
    enum sym_err err =
        sym_preview_page(&core->preview, &page, room, asked->start, asked->first, fault);
    if (err == SYM_OK) {
        err = sym_answer_write(answer, &page);
    }
    sym_wipe(room, SYM_CELLS_PAGE_BYTES);
    free(room);
    return err;
}

/* Releases ------------------------------------------------------------------------------------- */

struct fetch {
    struct sym_span tabulation;
    uint32_t cell;
    uint32_t first;
    uint32_t n;
    uint32_t total;
    struct sym_secret head;
    struct sym_secret page;
};

static enum sym_err fetch_head(struct sym_transaction *t, void *context)
{
    struct fetch *f = context;
    return sym_release_head(t, &f->head, f->tabulation);
}

static enum sym_err fetch_page(struct sym_transaction *t, void *context)
{
    SYM_ARENA_AUTO arena = {0};
    struct fetch *f = context;
    struct sym_release release;
    enum sym_err err = fetch_head(t, context);
    if (err == SYM_OK) {
        err = sym_decode(&arena, &release, &sym_msg_release, sym_secret_span(&f->head));
        f->total = err == SYM_OK ? release.cells : 0;
    }
    sym_secret_clear(&f->head);
    return err == SYM_OK ? sym_release_page(t, &f->page, &f->first, &f->n, f->tabulation, f->cell)
                         : err;
}

/* By the id of a tabulation, which plans name. */
static bool has_release(struct sym_core *core, struct sym_span tabulation)
{
    struct fetch f = {.tabulation = tabulation};
    bool found = sym_store_read(core->store, fetch_head, &f) == SYM_OK;
    sym_secret_clear(&f.head);
    return found;
}

/* The tabulation whose release an exchange has, by the id that users know. */
static enum sym_err find_release(struct sym_core *core, uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                                 struct sym_span id, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry entry;
    enum sym_err err = sym_history_get(&core->history, &arena, &entry, id);
    if (err == SYM_NOT_FOUND && has_release(core, id)) {
        memcpy(tabulation, id.data, SYM_EXCHANGE_ID_BYTES);
        return SYM_OK;
    }
    if (err == SYM_NOT_FOUND) {
        return sym_fail(fault, err,
                        "exchange: does not exist; \"symbolon exchange list\" shows those that do");
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "exchange: the stored entry %s; restore a backup",
                        sym_err_text(err));
    }
    if (entry.kind != SYM_KIND_TABULATE) {
        return sym_fail(fault, SYM_NOT_FOUND, "exchange: is no joint tabulation");
    }
    if (!entry.has_result) {
        return entry.ended_ms == 0
                   ? sym_fail(fault, SYM_AGAIN, "exchange: has not ended yet; there is no release")
                   : sym_fail(fault, SYM_NOT_FOUND, "exchange: has no release: %.*s",
                              (int)entry.fault.len, (const char *)entry.fault.data);
    }
    memcpy(tabulation, entry.tabulation.data, SYM_EXCHANGE_ID_BYTES);
    return SYM_OK;
}

static enum sym_err verb_release_show(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_exchange_name *asked = arguments;
    uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0};
    struct sym_release release;
    struct fetch f = {.tabulation = sym_span(id, sizeof id)};
    (void)author;
    enum sym_err err = find_release(core, id, asked->id, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_store_read(core->store, fetch_head, &f);
    if (err == SYM_OK) {
        err = sym_decode(&arena, &release, &sym_msg_release, sym_secret_span(&f.head));
    }
    err = err == SYM_OK ? sym_answer_write(answer, &release)
                        : sym_fail(fault, err, "release: the stored one %s; restore a backup",
                                   sym_err_text(err));
    sym_secret_clear(&f.head);
    return err;
}

/* A page begins where the store's page does. */
static enum sym_err verb_release_cells(struct sym_core *core, const struct sym_author *author,
                                       const void *arguments, struct sym_answer *answer,
                                       struct sym_fault *fault)
{
    const struct sym_cells_query *asked = arguments;
    uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0};
    struct fetch f = {.tabulation = sym_span(id, sizeof id), .cell = asked->first};
    (void)author;
    if (asked->id.len == 0) {
        return sym_fail(fault, SYM_BAD_VALUE, "release: names no exchange");
    }
    enum sym_err err = find_release(core, id, asked->id, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_store_read(core->store, fetch_page, &f);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "release: has no such cell, or the stored one is damaged");
    }
    uint32_t next = f.first + f.n;
    const struct sym_cells_page page = {.first = f.first,
                                        .cells = sym_secret_span(&f.page),
                                        .next = next < f.total ? next : 0,
                                        .total = f.total};
    err = sym_answer_write(answer, &page);
    sym_secret_clear(&f.page);
    return err;
}

/* Budgets -------------------------------------------------------------------------------------- */

struct budgets {
    struct sym_core *core;
    const struct sym_budget_query *asked;
    struct sym_ledger ledger;
    struct sym_transaction *t; /* while the ledger is read */
    uint64_t now_ms;
    uint64_t cap_nano;
    size_t n;
    struct sym_budget rows[SYM_BUDGETS_MAX];
    char names[SYM_BUDGETS_MAX][2][SYM_ALIAS_BYTES];
};

/* Of the grant; 0: as much as the dataset. */
static uint64_t cap_of(struct budgets *b, struct sym_span dataset, const struct sym_peer *peer)
{
    const struct sym_grant *rows = NULL;
    size_t n = sym_grants_list(b->core->grants, &rows);
    for (size_t i = 0; i < n; i++) {
        bool spends = rows[i].kind == SYM_KIND_TABULATE || rows[i].kind == SYM_KIND_OVERLAP_TABLE;
        if (spends && sym_span_equal(rows[i].dataset, dataset) &&
            sym_span_equal(rows[i].alias, sym_span_text(peer->alias)) &&
            rows[i].epsilon_micro > 0) {
            return rows[i].epsilon_micro * MICRO_IN_NANO;
        }
    }
    return 0;
}

static struct sym_span keep_name(char room[SYM_ALIAS_BYTES], struct sym_span name)
{
    sym_matter_text(room, SYM_ALIAS_BYTES, name);
    return sym_span_text(room);
}

/* A peer that was removed is no longer told apart from the whole. */
static enum sym_err add_budget(void *context, const struct sym_ledger_row *row)
{
    static const struct sym_node_id whole;
    struct budgets *b = context;
    bool is_whole = sym_node_id_equal(&row->peer, &whole);
    bool is_own = sym_node_id_equal(&row->peer, &b->core->card.id);
    const struct sym_peer *peer = sym_peers_by_id(&b->core->peers, &row->peer);
    if ((b->asked->dataset.len > 0 && !sym_span_equal(b->asked->dataset, row->dataset)) ||
        (!is_whole && !is_own && peer == NULL) || b->n == SYM_BUDGETS_MAX) {
        return SYM_OK;
    }
    uint64_t peer_cap = peer != NULL ? cap_of(b, row->dataset, peer) : 0;
    const struct sym_ledger_ask ask = {.dataset = row->dataset,
                                       .peer = &row->peer,
                                       .cap_nano = b->cap_nano,
                                       .peer_cap_nano = peer_cap,
                                       .now_ms = b->now_ms};
    struct sym_ledger_left left;
    enum sym_err err = sym_ledger_left(&b->ledger, b->t, &left, &ask);
    if (err != SYM_OK) {
        return err;
    }
    b->rows[b->n] = (struct sym_budget){
        .dataset = keep_name(b->names[b->n][0], row->dataset),
        .alias = keep_name(b->names[b->n][1], sym_span_text(is_whole ? ""
                                                            : is_own ? "this node"
                                                                     : peer->alias)),
        .year = row->year,
        .cap_nano = peer_cap > 0 ? peer_cap : b->cap_nano,
        .spent_nano = row->spent_nano,
        .reserved_nano = row->reserved_nano,
        .renews_ms = left.renews_ms,
        .left_nano = left.left_nano,
        .restored = left.restored};
    b->n++;
    return SYM_OK;
}

static enum sym_err list_spent(struct sym_transaction *t, void *context)
{
    struct budgets *b = context;
    b->n = 0;
    b->t = t;
    return sym_ledger_each(t, b->now_ms, add_budget, b);
}

static enum sym_err list_left(struct sym_transaction *t, void *context)
{
    struct budgets *b = context;
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < sym_datasets_count(b->core->datasets); i++) {
        struct sym_dataset_row row;
        struct sym_ledger_left left;
        sym_datasets_row(b->core->datasets, i, &row);
        bool listed = row.kind == SYM_DATASET_IDENTIFIERS ||
                      (b->asked->dataset.len > 0 && !sym_span_equal(b->asked->dataset, row.name)) ||
                      b->n == SYM_BUDGETS_MAX;
        for (size_t k = 0; k < b->n; k++) {
            listed = listed || sym_span_equal(b->rows[k].dataset, row.name);
        }
        const struct sym_ledger_ask ask = {.dataset = row.name,
                                           .peer = &b->core->card.id,
                                           .cap_nano = b->cap_nano,
                                           .now_ms = b->now_ms};
        if (!listed && (err = sym_ledger_left(&b->ledger, t, &left, &ask)) == SYM_OK) {
            b->rows[b->n] = (struct sym_budget){.dataset = keep_name(b->names[b->n][0], row.name),
                                                .cap_nano = b->cap_nano,
                                                .spent_nano = left.spent_nano,
                                                .reserved_nano = left.reserved_nano,
                                                .renews_ms = left.renews_ms,
                                                .left_nano = left.left_nano,
                                                .restored = left.restored};
            b->n++;
        }
    }
    return err;
}

static enum sym_err verb_budget_list(struct sym_core *core, const struct sym_author *author,
                                     const void *arguments, struct sym_answer *answer,
                                     struct sym_fault *fault)
{
    struct budgets *b = calloc(1, sizeof *b);
    (void)author;
    if (b == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "budget: no memory for the answer");
    }
    b->core = core;
    b->asked = arguments;
    b->ledger = (struct sym_ledger){.log = core->log, .restored_ms = &core->restored.restored_ms};
    b->now_ms = sym_wall_ms();
    b->cap_nano = NANO * sym_settings_number(&core->settings, SYM_SETTING_EPSILON);
    enum sym_err err = sym_store_read(core->store, list_spent, b);
    if (err == SYM_OK) {
        err = sym_store_read(core->store, list_left, b);
    }
    const struct sym_budget_list list = {.budgets = b->rows, .n_budgets = b->n};
    err = err == SYM_OK ? sym_answer_write(answer, &list)
                        : sym_fail(fault, err, "budget: the stored table %s; restore a backup",
                                   sym_err_text(err));
    free(b);
    return err;
}

sym_verb_fn *const sym_verbs_tabulate[SYM_VERB_COUNT] = {
    [SYM_VERB_TABULATE_PLAN] = verb_tabulate_plan,
    [SYM_VERB_TABULATE_PREVIEW] = verb_tabulate_preview,
    [SYM_VERB_TABULATE_START] = verb_tabulate_start,
    [SYM_VERB_RELEASE_SHOW] = verb_release_show,
    [SYM_VERB_RELEASE_CELLS] = verb_release_cells,
    [SYM_VERB_BUDGET_LIST] = verb_budget_list,
};
